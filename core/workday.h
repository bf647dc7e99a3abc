/* Working days, as terms of the law count them.
 *
 * A working day is a Monday to Friday that is no holiday, or a day off to which work was moved (ngày làm bù).
 * The day that a term starts from is not counted: "within 5 working days of signing" begins the day after
 * (Civil Code 91/2015/QH13, Article 147). State agencies rest on Saturdays and Sundays (Decision
 * 188/1999/QĐ-TTg); holidays and moved days are named each year (Labour Code 45/2019/QH14, Article 112) and
 * come from a code list.
 */
#ifndef CORE_WORKDAY_H
#define CORE_WORKDAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/date.h"

/* Both lists rise strictly. A date in both is a working day; a holiday on a weekend and a moved day on an
 * ordinary weekday change nothing. Borrowed. */
struct workday_calendar {
    const struct date *holidays;
    size_t holiday_count;
    const struct date *moved; /* Saturdays and Sundays worked */
    size_t moved_count;
};

/* Sorts dates and leaves out repeats; returns how many remain. */
size_t workday_sort(struct date *dates, size_t count);

/* The last day of a term of `days` working days from `from`: the days-th working day behind it (before it,
 * when negative; `from` itself when 0). False: that is before year 1 or behind year 9999. */
bool workday_add(const struct workday_calendar *calendar, struct date from, int64_t days, struct date *date);

/* How many working days lie in (from, to]; when `to` is before `from`, minus those in [to, from). A working day `to` is
 * workday_add(from, workday_between(from, to)). Something done on `to` is within n working days of `from` when `to` is not
 * behind workday_add(from, n): the Saturday behind a term's last day counts for nothing, and yet comes too late. */
int64_t workday_between(const struct workday_calendar *calendar, struct date from, struct date to);
bool workday_within(const struct workday_calendar *calendar, struct date from, struct date to, int64_t days);

/* Does the calendar begin in the year of that day, or before? Where it begins later, counts are at most too high. One without any
 * holiday knows every year. */
bool workday_knows(const struct workday_calendar *calendar, struct date date);

/* How many working days are left until the last one of a term; when it is over, minus those that have passed since. */
int64_t workday_left(const struct workday_calendar *calendar, struct date today, struct date due);

#endif
