/* Durations as officials write them: how long a procedure takes.
 *
 *     duration = amount ["(" number in words ")"] unit ["."]
 *     amount   = digits and marks, as in core/decimal.h
 *     unit     = giờ | h | tiếng | ngày | ngày làm việc | tháng | năm        whatever the case
 *              | HOUR | DAY | WORKING_DAY | MONTH | YEAR         as interfaces have them
 *
 * So "5 Ngày làm việc", "07 ngày", "0,5 ngày", "10 (mười) ngày làm việc". Words in brackets, up to 999, must
 * say the same number. Everything else is prose and stays text: conditions ("… kể từ ngày nhận"), bounds
 * ("không quá …"), ranges ("3-5 ngày"), weeks and minutes, hours of work, a number or a unit alone.
 */
#ifndef CORE_DURATION_H
#define CORE_DURATION_H

#include <stdbool.h>

#include "core/error.h"
#include "core/text.h"

struct arena;

enum duration_unit { DURATION_HOUR, DURATION_DAY, DURATION_WORKING_DAY, DURATION_MONTH, DURATION_YEAR };

struct duration {
    struct text amount; /* a canonical decimal: "5", "0.5" */
    enum duration_unit unit;
};

/* STATUS_END: nothing, or prose. STATUS_REJECT: an amount that is not certain, or that its own words
 * contradict. */
enum status duration_read(struct arena *arena, struct text text, struct duration *duration,
                          struct error *error);

/* A unit alone, for sources that have it in a field of its own; false: it is none. */
bool duration_unit_read(struct text text, enum duration_unit *unit);
/* The word for a unit of time that no canonical duration has: "phút" of "Phút", "MINUTE"; NULL: it is none. */
const char *duration_other_unit(struct text text);
const char *duration_unit_name(enum duration_unit unit); /* as in the canonical procedure: "working_day" */

#endif
