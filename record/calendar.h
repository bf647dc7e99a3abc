/* Days off as an operator keeps them: the code list "holidays" (config/codes/holidays.csv) as a calendar. */
#ifndef RECORD_CALENDAR_H
#define RECORD_CALENDAR_H

#include "core/workday.h"
#include "record/codes.h"

/* `from` is a day, `to` says "holiday" or "working". In the arena; NULL when there is no such list. What is no
 * day is passed over: `check` has refused it. */
const struct workday_calendar *calendar_of(struct arena *arena, const struct code_list *lists);

#endif
