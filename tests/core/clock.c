#include "core/clock.h"

#include <signal.h>
#include <sys/time.h>

#include "tests/support/test.h"

static struct text formatted(int64_t milliseconds)
{
    char text[CLOCK_TEXT];
    clock_format(milliseconds, text);
    return text_copy(&test_arena, text_of(text));
}

static int64_t parsed(const char *text)
{
    int64_t milliseconds = -99;
    return clock_parse(text_of(text), &milliseconds) ? milliseconds : INT64_MIN;
}

TEST("moments are written in RFC 3339, UTC, to the millisecond")
{
    CHECK_TEXT(formatted(0), TEXT("1970-01-01T00:00:00.000Z"));
    CHECK_TEXT(formatted(1795406706789), TEXT("2026-11-23T04:05:06.789Z"));
    CHECK_TEXT(formatted(-1), TEXT("1969-12-31T23:59:59.999Z"));
    CHECK_TEXT(formatted(951782400000), TEXT("2000-02-29T00:00:00.000Z"));
}

TEST("moments outside the years 1 to 9999 are written as the nearest inside")
{
    CHECK_TEXT(formatted(INT64_MIN), TEXT("0001-01-01T00:00:00.000Z"));
    CHECK_TEXT(formatted(INT64_MAX), TEXT("9999-12-31T23:59:59.999Z"));
    char text[32];
    clock_format_local(INT64_MAX, text);
    CHECK_STRING(text, "9999-12-31 23:59:59 +07");
}

TEST("people read the time of Vietnam")
{
    char text[32], day[11];
    clock_format_local(1795406706789, text);
    CHECK_STRING(text, "2026-11-23 11:05:06 +07");
    clock_format_date(1795406706789, day);
    CHECK_STRING(day, "2026-11-23");
    clock_format_date(1795453199999, day); /* 16:59:59.999Z */
    CHECK_STRING(day, "2026-11-23");
    clock_format_date(1795453200000, day); /* 17:00Z */
    CHECK_STRING(day, "2026-11-24");
}

TEST("RFC 3339 is read with fractions and offsets")
{
    CHECK_INT(parsed("2026-11-23T04:05:06.789Z"), 1795406706789);
    CHECK_INT(parsed("2026-11-23T11:05:06.789+07:00"), 1795406706789);
    CHECK_INT(parsed("2026-11-22t22:05:06.789999-06:00"), 1795406706789);
    CHECK_INT(parsed("1970-01-01T00:00:00z"), 0);
    CHECK_INT(parsed("1970-01-01T00:00:00.5Z"), 500);
    CHECK_INT(parsed("1937-01-01T12:00:27.87+00:20"), -1041337172130);
    CHECK_INT(parsed("1990-12-31T23:59:60Z"), 662688000000);
}

TEST("what is not RFC 3339 is refused")
{
    static const char *const wrong[] = { "",
                                         "2026-11-23",
                                         "2026-11-23T04:05:06",
                                         "2026-11-23T04:05Z",
                                         "2026-11-23 04:05:06Z",
                                         "2026-02-29T04:05:06Z",
                                         "2026-11-23T24:00:00Z",
                                         "2026-11-23T04:60:00Z",
                                         "2026-11-23T04:05:61Z",
                                         "2026-11-23T04:05:06.Z",
                                         "2026-11-23T04:05:06.5",
                                         "2026-11-23T04:05:06+0700",
                                         "2026-11-23T04:05:06+07",
                                         "2026-11-23T04:05:06+07:0",
                                         "2026-11-23T04:05:06+24:00",
                                         "2026-11-23T04:05:06+07:60",
                                         "2026-11-23T04:05:06Zx",
                                         "0000-11-23T04:05:06Z",
                                         "2026-11-23T04:05:0xZ" };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (!CHECK(parsed(wrong[i]) == INT64_MIN))
            CHECK_STRING(wrong[i], "refused");
    int64_t milliseconds;
    CHECK(!clock_parse(TEXT_NONE, &milliseconds));
}

TEST("every moment that is written is read back")
{
    for (int64_t moment = -62135596800000; moment < 253402300799999; moment += 997000000007) {
        int64_t again = 0;
        if (!CHECK(clock_parse(formatted(moment), &again)) || !CHECK_INT(again, moment))
            return;
    }
}

static void wake(int number)
{
    (void)number;
}

TEST("the system's clock runs, sleeps, wakes for a signal and draws lots")
{
    struct clock *clock = clock_system();
    CHECK(clock->now(clock) > 1700000000000);
    int64_t before = clock->ticks(clock);
    clock->sleep(clock, 20);
    int64_t behind = clock->ticks(clock);
    CHECK(behind - before >= 20000);
    clock->sleep(clock, 0);
    clock->sleep(clock, -5);
    CHECK(clock->random(clock) != clock->random(clock));

    struct sigaction action = { .sa_handler = wake }, old;
    sigaction(SIGALRM, &action, &old);
    setitimer(ITIMER_REAL, &(struct itimerval){ .it_value = { .tv_usec = 30000 } }, NULL);
    before = clock->ticks(clock);
    clock->sleep(clock, 30000);
    CHECK(clock->ticks(clock) - before < 20000000);
    sigaction(SIGALRM, &old, NULL);
}
