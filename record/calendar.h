/* Days off as an operator keeps them: the code list "holidays" (config/codes/holidays.csv) as a calendar.
 *
 * `from` is the day; `to` says "working" for a weekend day to which work was moved, "proposed" for what is not
 * decided and counts for nothing yet. Anything else makes it a holiday: "holiday", or its name.
 */
#ifndef RECORD_CALENDAR_H
#define RECORD_CALENDAR_H

#include "core/workday.h"
#include "record/codes.h"

struct calendar {
    struct workday_calendar days;
    int last_year; /* that the list knows */
};

/* In the arena. The first line that is no day, or whose word is one of these mistyped; NULL: all are good. */
const struct code *calendar_read(struct arena *arena, const struct code_list *list,
                                 struct calendar *calendar);

#endif
