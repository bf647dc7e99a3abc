#include "store/night.h"

#include "tests/support/test.h"

#define RUN     NIGHT_RUN
#define MINUTES INT64_C(60000)

static struct night_run runs[32];
static size_t count;

/* `at`: Vietnam's clocks, such as "2026-03-11 22:00". */
static void ran(const char *at, enum night_command command, bool filtered, int exit_code)
{
    int64_t began;
    struct text text = text_format(&test_arena, "%.10sT%.5s:00.000Z", at, at + 11);
    CHECK(clock_parse(text, &began));
    began -= 7 * 60 * MINUTES;
    runs[count] = (struct night_run){ .run = (int64_t)count + 1,
                                      .started = began,
                                      .finished = began + MINUTES,
                                      .filtered = filtered,
                                      .exit_code = exit_code };
    runs[count++].command = command;
}

static struct night last(const char *day)
{
    char text[DATE_TEXT];
    struct night night = night_last(runs, count);
    date_write(night.day, text);
    CHECK_STRING(night.known ? text : "none", day);
    return night;
}

TEST("a night is known by its day, from noon to noon, and ends as the last of its runs")
{
    count = 0;
    last("none");
    ran("2026-03-10 22:00", RUN, false, 0);
    last("2026-03-11");
    ran("2026-03-11 22:00", RUN, false, 3);
    ran("2026-03-12 05:00", RUN, false, 1);
    struct night night = last("2026-03-12");
    CHECK_INT(night.runs, 2);
    CHECK_INT(night.first, 2);
    CHECK_INT(night.last, 3);
    CHECK_INT(night.last_exit, 1);
    CHECK_INT(night.worst_exit, 3);
    CHECK_INT(night.worst, 2);
}

TEST("whoever runs it again at noon opens no new night")
{
    count = 0;
    ran("2026-03-12 01:00", RUN, false, 3);
    ran("2026-03-12 12:30", RUN, false, 0);
    struct night night = last("2026-03-12");
    CHECK_INT(night.runs, 2);
    CHECK_INT(night.last, 2);
    CHECK_INT(night.worst_exit, 3);
    ran("2026-03-12 20:00", RUN, false, 1);
    CHECK_INT(last("2026-03-12").runs, 3);
    ran("2026-03-13 01:00", RUN, false, 0);
    CHECK_INT(last("2026-03-13").runs, 1);
}

TEST("nights that begin in the evening follow one another, and an afternoon's run belongs to the one before")
{
    count = 0;
    ran("2026-03-10 22:00", RUN, false, 0);
    ran("2026-03-11 14:00", RUN, false, 0);
    CHECK_INT(last("2026-03-11").runs, 2);
    ran("2026-03-11 21:58", RUN, false, 0);
    CHECK_INT(last("2026-03-12").runs, 1);
    ran("2026-03-12 22:03", RUN, false, 0);
    CHECK_INT(last("2026-03-13").runs, 1);
}

TEST("smaller commands are counted, and are no night")
{
    count = 0;
    ran("2026-03-12 01:00", RUN, false, 1);
    ran("2026-03-12 09:00", NIGHT_OTHER, false, 0);
    ran("2026-03-12 09:10", RUN, true, 3);
    ran("2026-03-12 09:20", NIGHT_LOAD, false, 3);
    struct night night = last("2026-03-12");
    CHECK_INT(night.since, 3);
    CHECK_INT(night.runs, 1);
    CHECK_INT(night.last_exit, 1);
    CHECK_INT(night.worst_exit, 1);
}

TEST("a load behind an extract stands for a night without a run, a load alone never does")
{
    count = 0;
    ran("2026-03-10 23:00", NIGHT_LOAD, false, 0);
    last("none");
    ran("2026-03-11 23:30", NIGHT_EXTRACT, false, 0);
    ran("2026-03-11 23:40", NIGHT_OTHER, false, 0);
    last("none");
    ran("2026-03-12 00:10", NIGHT_LOAD, false, 1);
    struct night night = last("2026-03-12");
    CHECK(night.staged);
    CHECK_INT(night.first, 2);
    CHECK_INT(night.last, 4);
    CHECK_INT(night.since, 0);
    ran("2026-03-12 23:40", NIGHT_LOAD, false, 3);
    CHECK_INT(last("2026-03-12").since, 1);
    ran("2026-03-13 01:00", NIGHT_EXTRACT, true, 0);
    ran("2026-03-13 01:10", NIGHT_LOAD, false, 3);
    CHECK_INT(last("2026-03-12").since, 3);
}

TEST("a load that goes on where the night's load stopped is the last of that night, and the worst stands "
     "beside")
{
    count = 0;
    ran("2026-03-11 23:30", NIGHT_EXTRACT, false, 0);
    ran("2026-03-12 00:10", NIGHT_LOAD, false, 3);
    ran("2026-03-12 07:00", NIGHT_LOAD, true, 0);
    ran("2026-03-12 08:00", NIGHT_LOAD, false, 0);
    struct night night = last("2026-03-12");
    CHECK_INT(night.first, 1);
    CHECK_INT(night.last, 4);
    CHECK_INT(night.last_exit, 0);
    CHECK_INT(night.worst, 2);
    CHECK_INT(night.worst_exit, 3);
    CHECK_INT(night.since, 0);
    CHECK_INT(night.runs, 2);
    ran("2026-03-12 14:00", NIGHT_LOAD, false, 1);
    CHECK_INT(last("2026-03-12").last, 5);
    ran("2026-03-12 23:40", NIGHT_LOAD, false,
        3); /* the next night is due, and nothing was extracted for it */
    night = last("2026-03-12");
    CHECK_INT(night.last, 5);
    CHECK_INT(night.since, 1);
    ran("2026-03-12 23:50", NIGHT_EXTRACT, false, 0);
    ran("2026-03-12 23:55", NIGHT_LOAD, false, 0);
    night = last("2026-03-13");
    CHECK_INT(night.first, 7);
    CHECK_INT(night.runs, 1);
    CHECK_INT(night.worst_exit, 0);
}

TEST("a night of stages ends as its extract or transform did where these stopped, until they are done again")
{
    count = 0;
    ran("2026-03-11 23:30", NIGHT_EXTRACT, false, 3);
    ran("2026-03-11 23:40", NIGHT_TRANSFORM, false, 0);
    ran("2026-03-12 00:10", NIGHT_LOAD, false, 1);
    struct night night = last("2026-03-12");
    CHECK_INT(night.last, 3);
    CHECK_INT(night.ending, 1);
    CHECK_INT(night.last_exit, 3);
    CHECK_INT(night.worst_exit, 3);
    ran("2026-03-12 07:00", NIGHT_LOAD, false, 0);
    night = last("2026-03-12");
    CHECK_INT(night.last, 4);
    CHECK_INT(night.last_exit, 3);
    ran("2026-03-12 08:00", NIGHT_EXTRACT, false, 0);
    ran("2026-03-12 08:10", NIGHT_TRANSFORM, false, -1);
    ran("2026-03-12 08:20", NIGHT_LOAD, false, 0);
    night = last("2026-03-12");
    CHECK_INT(night.ending, 6);
    CHECK_INT(night.last_exit, -1);
    ran("2026-03-12 08:30", NIGHT_TRANSFORM, false, 1);
    ran("2026-03-12 08:40", NIGHT_LOAD, false, 0);
    night = last("2026-03-12");
    CHECK_INT(night.ending, 9);
    CHECK_INT(night.last_exit, 0);
    CHECK_INT(night.worst, 6);
    ran("2026-03-12 23:30", NIGHT_EXTRACT, false, 1);
    ran("2026-03-12 23:40", NIGHT_LOAD, false, 0);
    CHECK_INT(last("2026-03-13").last_exit, 0);
    CHECK_INT(last("2026-03-13").worst_exit, 0);
}

TEST("behind a run a load alone is a smaller command, also where stages stood for the night before")
{
    count = 0;
    ran("2026-03-10 23:30", NIGHT_EXTRACT, false, 0);
    ran("2026-03-10 23:40", NIGHT_LOAD, false, 0);
    ran("2026-03-12 01:00", RUN, false, 3);
    ran("2026-03-12 08:00", NIGHT_LOAD, false, 0);
    struct night night = last("2026-03-12");
    CHECK_INT(night.last, 3);
    CHECK_INT(night.since, 1);
}

TEST("where a run is used, stages of their own are smaller commands")
{
    count = 0;
    ran("2026-03-12 01:00", RUN, false, 0);
    ran("2026-03-12 02:00", NIGHT_EXTRACT, false, 0);
    ran("2026-03-12 02:10", NIGHT_LOAD, false, 3);
    struct night night = last("2026-03-12");
    CHECK_INT(night.last, 1);
    CHECK_INT(night.since, 2);
    CHECK_INT(night.worst_exit, 0);
}

TEST("a run that died is the worst, and a clock that went back is told")
{
    count = 0;
    ran("2026-03-12 01:00", RUN, false, -1);
    ran("2026-03-12 02:00", RUN, false, 5);
    CHECK_INT(last("2026-03-12").worst_exit, -1);
    CHECK_INT(last("2026-03-12").clock_back, 0);
    ran("2026-03-11 01:00", RUN, false, 0);
    CHECK_INT(last("2026-03-11").clock_back, 3);
}
