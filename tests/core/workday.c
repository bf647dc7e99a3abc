#include "core/workday.h"

#include "tests/support/test.h"

/* 2025: Tết from 25 January to 2 February (a Sunday, still off); 2 May off for 26 April worked. */
static const struct date holidays[] = {
    { 2025, 1, 1 },  { 2025, 1, 25 }, { 2025, 1, 26 }, { 2025, 1, 27 }, { 2025, 1, 28 },
    { 2025, 1, 29 }, { 2025, 1, 30 }, { 2025, 1, 31 }, { 2025, 4, 7 },  { 2025, 4, 30 },
    { 2025, 5, 1 },  { 2025, 5, 2 },  { 2025, 9, 1 },  { 2025, 9, 2 },
};
static const struct date moved[] = { { 2025, 4, 26 } };
static const struct workday_calendar calendar = { holidays, sizeof holidays / sizeof *holidays, moved, 1 };
static const struct workday_calendar empty;

static struct date day(const char *text)
{
    struct date date = { 0 };
    CHECK(date_read(text_of(text), &date));
    return date;
}

static bool contains(const struct date *dates, size_t count, struct date date)
{
    for (size_t i = 0; i < count; i++)
        if (!date_compare(dates[i], date))
            return true;
    return false;
}

/* By the lists, and as counting has it. */
static bool is_workday(const struct workday_calendar *days_off, struct date date)
{
    bool off = date_weekday(date) >= 5 || contains(days_off->holidays, days_off->holiday_count, date);
    bool works = !off || contains(days_off->moved, days_off->moved_count, date);
    CHECK_INT(workday_between(days_off, date_from_days(date_days(date) - 1), date), works);
    return works;
}

static void adds(const struct workday_calendar *days_off, const char *from, int64_t days,
                 const char *expected)
{
    struct date date = { 0 };
    char text[DATE_TEXT];
    CHECK(workday_add(days_off, day(from), days, &date));
    date_write(date, text);
    CHECK_STRING(text, expected);
}

TEST("Saturdays, Sundays and holidays are no working days, a moved day is one")
{
    CHECK(is_workday(&calendar, day("2025-01-24")));
    CHECK(!is_workday(&calendar, day("2025-01-27")));
    CHECK(!is_workday(&calendar, day("2025-02-02")));
    CHECK(!is_workday(&calendar, day("2025-03-08")));
    CHECK(is_workday(&calendar, day("2025-04-26")));
    CHECK(!is_workday(&calendar, day("2025-05-02")));
    CHECK(is_workday(&empty, day("2025-01-27")));
    CHECK(!is_workday(&empty, day("2025-04-26")));
}

TEST("the day of signing is not counted")
{
    adds(&empty, "2025-03-03", 5, "2025-03-10");
    adds(&empty, "2025-03-03", 1, "2025-03-04");
    adds(&empty, "2025-03-07", 1, "2025-03-10");
    adds(&empty, "2025-03-08", 1, "2025-03-10");
    adds(&empty, "2025-03-08", 0, "2025-03-08");
    CHECK_INT(workday_between(&empty, day("2025-03-03"), day("2025-03-10")), 5);
    CHECK_INT(workday_between(&empty, day("2025-03-03"), day("2025-03-03")), 0);
    CHECK_INT(workday_between(&empty, day("2025-03-07"), day("2025-03-09")), 0);
}

TEST("a term runs over Tết and takes a moved day in")
{
    adds(&calendar, "2025-01-24", 1, "2025-02-03");
    adds(&calendar, "2025-01-20", 5, "2025-02-03");
    adds(&calendar, "2025-04-25", 1, "2025-04-26");
    adds(&calendar, "2025-04-25", 5, "2025-05-06");
    CHECK_INT(workday_between(&calendar, day("2025-04-25"), day("2025-05-06")), 5);
    CHECK_INT(workday_between(&calendar, day("2025-01-24"), day("2025-02-02")), 0);
}

TEST("a term can be counted backwards")
{
    adds(&empty, "2025-03-10", -5, "2025-03-03");
    adds(&calendar, "2025-02-03", -1, "2025-01-24");
    CHECK_INT(workday_between(&empty, day("2025-03-10"), day("2025-03-03")), -5);
    CHECK_INT(workday_between(&calendar, day("2025-02-03"), day("2025-01-24")), -1);
}

TEST("a date that is a holiday and a moved day is worked")
{
    const struct date both[] = { { 2025, 3, 4 }, { 2025, 3, 8 } };
    const struct workday_calendar odd = { both, 2, both, 2 };
    CHECK(is_workday(&odd, both[0]));
    CHECK(is_workday(&odd, both[1]));
    CHECK_INT(workday_between(&odd, day("2025-03-03"), day("2025-03-09")), 5);
}

TEST("counting and adding agree with looking at each day, over three years")
{
    for (int64_t from = date_days(day("2024-06-01")); from < date_days(day("2024-07-15")); from++) {
        int64_t count = 0;
        for (int64_t to = from + 1; to < from + 1000; to++) {
            struct date date = date_from_days(to), found;
            bool working = is_workday(&calendar, date);
            count += working;
            if (!CHECK_INT(workday_between(&calendar, date_from_days(from), date), count))
                return;
            if (working && to % 7 == 0) {
                CHECK(workday_add(&calendar, date_from_days(from), count, &found));
                CHECK_INT(date_days(found), to);
            }
        }
    }
}

TEST("counting backwards is counting forwards from the day before, negated")
{
    struct date from = day("2025-01-15");
    for (int days = 1; days < 400; days++) {
        struct date to = date_from_days(date_days(from) + days);
        int64_t back = workday_between(&calendar, to, from);
        int64_t forth = workday_between(&calendar, from, to);
        CHECK_INT(-back, forth + is_workday(&calendar, from) - is_workday(&calendar, to));
    }
}

TEST("the ends of the calendar are not passed")
{
    struct date date;
    CHECK(!workday_add(&empty, day("9999-12-31"), 1, &date));
    CHECK(!workday_add(&empty, day("2025-01-01"), INT64_MAX, &date));
    CHECK(!workday_add(&empty, day("2025-01-01"), INT64_MIN, &date));
    CHECK(!workday_add(&empty, day("2025-01-01"), 3000000, &date));
    CHECK_INT(workday_between(&empty, (struct date){ 1, 1, 1 }, (struct date){ 9999, 12, 31 }), 2608614);
}

TEST("days left count down to the last one of a term, and the working days behind it")
{
    const struct {
        const char *today, *due;
        int64_t left;
    } cases[] = {
        { "2025-03-06", "2025-03-07", 1 },  { "2025-03-07", "2025-03-07", 0 },
        { "2025-03-09", "2025-03-10", 1 },  { "2025-03-08", "2025-03-07", 0 }, /* Saturday behind a Friday */
        { "2025-03-09", "2025-03-06", -1 }, { "2025-03-10", "2025-03-06", -2 },
        { "2025-02-02", "2025-01-24", 0 },  { "2025-02-03", "2025-01-24", -1 }, /* all of Tết between */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        CHECK_INT(workday_left(&calendar, day(cases[i].today), day(cases[i].due)), cases[i].left);
}

TEST("what comes behind the last day of a term comes too late, on a day off, too")
{
    CHECK(workday_within(&calendar, day("2025-03-03"), day("2025-03-07"), 4));
    CHECK(!workday_within(&calendar, day("2025-03-03"), day("2025-03-08"), 4));
    CHECK(workday_within(&calendar, day("2025-03-03"), day("2025-02-01"), 0));
    CHECK(!workday_within(&calendar, day("2025-01-20"), day("2025-01-25"), 4)); /* the first day of Tết */
    CHECK(workday_knows(&calendar, day("2025-01-01")) && workday_knows(&calendar, day("2031-01-01")));
    CHECK(!workday_knows(&calendar, day("2024-12-31")));
    CHECK(workday_knows(&empty, day("1990-01-01")));
}

TEST("dates are sorted and repeats left out")
{
    struct date dates[] = { { 2025, 9, 2 }, { 2025, 1, 1 }, { 2025, 9, 2 }, { 2024, 9, 2 } };
    CHECK_INT(workday_sort(dates, 4), 3);
    CHECK_INT(date_compare(dates[0], day("2024-09-02")), 0);
    CHECK_INT(date_compare(dates[2], day("2025-09-02")), 0);
    CHECK_INT(workday_sort(dates, 0), 0);
}
