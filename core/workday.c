#include "core/workday.h"

#include <stdlib.h>

#define FIRST_DAY  ((struct date){ 1, 1, 1 })
#define LAST_DAY   ((struct date){ 9999, 12, 31 })
#define DAYS_MAX   4000000 /* more than there are between the two */
#define WEEKS_BACK 200000  /* to before the first */

static int compare(const void *left, const void *right)
{
    return date_compare(*(const struct date *)left, *(const struct date *)right);
}

size_t workday_sort(struct date *dates, size_t count)
{
    size_t kept = 0;
    if (count)
        qsort(dates, count, sizeof *dates, compare);
    for (size_t i = 0; i < count; i++)
        if (!kept || date_compare(dates[kept - 1], dates[i]) != 0)
            dates[kept++] = dates[i];
    return kept;
}

/* How many of the dates are before the day. */
static size_t count_before(const struct date *dates, size_t count, int64_t day)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (date_days(dates[middle]) < day)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool contains(const struct date *dates, size_t count, int64_t day)
{
    size_t place = count_before(dates, count, day);
    return place < count && date_days(dates[place]) == day;
}

static bool is_working(const struct workday_calendar *calendar, int64_t day)
{
    if (date_weekday(date_from_days(day)) >= 5)
        return contains(calendar->moved, calendar->moved_count, day);
    return !contains(calendar->holidays, calendar->holiday_count, day) ||
           contains(calendar->moved, calendar->moved_count, day);
}

bool workday_add(const struct workday_calendar *calendar, struct date from, int64_t days, struct date *date)
{
    int64_t day = date_days(from), first = date_days(FIRST_DAY), last = date_days(LAST_DAY);
    int step = days < 0 ? -1 : 1;
    if (days > DAYS_MAX || days < -DAYS_MAX)
        return false;
    while (days) {
        day += step;
        if (day < first || day > last)
            return false;
        if (is_working(calendar, day))
            days -= step;
    }
    *date = date_from_days(day);
    return true;
}

/* Mondays to Fridays before the day, from some Monday on. */
static int64_t weekdays_before(int64_t day)
{
    int64_t since_monday = day + 3 + WEEKS_BACK * 7; /* 1970-01-01 was a Thursday */
    int64_t rest = since_monday % 7;
    return since_monday / 7 * 5 + (rest < 5 ? rest : 5);
}

/* Working days in [begin, end). */
static int64_t count_working(const struct workday_calendar *calendar, int64_t begin, int64_t end)
{
    int64_t count = weekdays_before(end) - weekdays_before(begin);
    size_t last = count_before(calendar->holidays, calendar->holiday_count, end);
    for (size_t i = count_before(calendar->holidays, calendar->holiday_count, begin); i < last; i++)
        count -= date_weekday(calendar->holidays[i]) < 5 &&
                 !is_working(calendar, date_days(calendar->holidays[i]));
    last = count_before(calendar->moved, calendar->moved_count, end);
    for (size_t i = count_before(calendar->moved, calendar->moved_count, begin); i < last; i++)
        count += date_weekday(calendar->moved[i]) >= 5;
    return count;
}

int64_t workday_between(const struct workday_calendar *calendar, struct date from, struct date to)
{
    int64_t begin = date_days(from), end = date_days(to);
    return begin <= end ? count_working(calendar, begin + 1, end + 1) : -count_working(calendar, end, begin);
}

bool workday_within(const struct workday_calendar *calendar, struct date from, struct date to, int64_t days)
{
    struct date due;
    return !workday_add(calendar, from, days, &due) || date_compare(to, due) <= 0;
}

bool workday_knows(const struct workday_calendar *calendar, struct date date)
{
    return !calendar->holiday_count || date.year >= calendar->holidays[0].year;
}

int64_t workday_left(const struct workday_calendar *calendar, struct date today, struct date due)
{
    return date_compare(due, today) < 0 ? -workday_between(calendar, due, today)
                                        : workday_between(calendar, today, due);
}
