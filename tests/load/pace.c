/* How the pace answers to what the portal does. */
#include "load/pace.h"

#include "tests/support/test.h"

static const struct retry retry = { .attempts = 3, .first = 1000, .most = 8000 };

static struct pace pace_of(int64_t in_flight)
{
    struct pace pace;
    pace_start(&pace, &retry, in_flight, 60000);
    return pace;
}

static struct pace_report report_of(enum delivery_event event, bool asked)
{
    return (struct pace_report){
        .event = event, .asked = asked, .sent_before = asked, .retry_after = -1, .took = 20
    };
}

static enum pace_fault answer(struct pace *pace, struct pace_mark *mark, enum delivery_event event,
                              bool asked, int64_t now)
{
    struct pace_report report = report_of(event, asked);
    pace_left(pace, mark, asked);
    return pace_answered(pace, mark, &report, now, 500);
}

TEST("the window opens as the portal answers, up to in_flight and not beyond")
{
    struct pace pace = pace_of(64);
    struct pace_mark mark = { .known = false };
    CHECK(pace_allows(&pace, false, 15, 15, 0) && !pace_allows(&pace, false, 16, 16, 0));
    for (int i = 0; i < 100; i++)
        answer(&pace, &mark, EVENT_TAKEN, false, 0);
    CHECK(pace_allows(&pace, false, 63, 63, 0) && !pace_allows(&pace, false, 64, 64, 0));
    pace = pace_of(3);
    CHECK(pace_allows(&pace, false, 2, 2, 0) && !pace_allows(&pace, false, 3, 3, 0));
}

TEST("429 halves the window once for all that were under way, and answers open it again slowly")
{
    struct pace pace = pace_of(16);
    struct pace_mark marks[16] = { { .known = false } };
    struct pace_report busy = report_of(EVENT_BUSY, false);
    busy.shared = true;
    answer(&pace, &marks[0], EVENT_TAKEN, false, 0);
    for (int i = 0; i < 16; i++)
        pace_left(&pace, &marks[i], false);
    for (int i = 0; i < 8; i++)
        pace_answered(&pace, &marks[i], &busy, 0, 500);
    CHECK_INT((int)pace.window, 8);
    for (int i = 0; i < 8; i++)
        answer(&pace, &marks[0], EVENT_TAKEN, false, 0);
    CHECK_INT((int)pace.window, 8); /* one more a round, not one more an answer */
    for (int i = 0; i < 8; i++)
        answer(&pace, &marks[0], EVENT_TAKEN, false, 0);
    CHECK_INT((int)pace.window, 9);
    for (int i = 0; i < 20; i++) {
        pace_left(&pace, &marks[0], false);
        pace_answered(&pace, &marks[0], &busy, 0, 500);
        answer(&pace, &marks[1], EVENT_TAKEN, false, 0);
    }
    CHECK(pace.window >= 1 && pace.window < 3);
    CHECK(pace_allows(&pace, false, 0, 0, 0));
}

TEST("answers that take more than half of the timeout narrow the window too")
{
    struct pace pace = pace_of(16);
    struct pace_mark mark = { .known = false };
    struct pace_report slow = report_of(EVENT_TAKEN, false);
    slow.took = 31000;
    pace_left(&pace, &mark, false);
    CHECK_INT(pace_answered(&pace, &mark, &slow, 0, 0), PACE_WELL);
    CHECK_INT((int)pace.window, 8);
}

TEST("a shared Retry-After holds up everything")
{
    struct pace pace = pace_of(8);
    struct pace_mark mark = { .known = false };
    struct pace_report busy = report_of(EVENT_BUSY, false);
    busy.shared = true;
    busy.retry_after = 2000;
    answer(&pace, &mark, EVENT_TAKEN, false, 0);
    pace_left(&pace, &mark, false);
    CHECK_INT(pace_answered(&pace, &mark, &busy, 100, 0), PACE_WELL);
    CHECK(!pace_allows(&pace, false, 0, 0, 2099) && !pace_allows(&pace, true, 0, 0, 2099));
    CHECK_INT(pace_pause(&pace, 100), 2000);
    CHECK(pace_allows(&pace, false, 0, 0, 2100));
    busy.retry_after = PACE_LONGEST_PAUSE + 1;
    pace_left(&pace, &mark, false);
    CHECK_INT(pace_answered(&pace, &mark, &busy, 100, 0), PACE_RESTING);
}

TEST("no connection before any answer means that there is no portal; later it is one more failure")
{
    struct pace pace = pace_of(8);
    struct pace_mark mark = { .known = false };
    CHECK_INT(answer(&pace, &mark, EVENT_NOT_LEFT, false, 0), PACE_ABSENT);
    pace = pace_of(8);
    answer(&pace, &mark, EVENT_TAKEN, false, 0);
    CHECK_INT(answer(&pace, &mark, EVENT_NOT_LEFT, false, 0), PACE_WELL);
}

TEST("a silent portal is down after as many deliveries as may be under way, is probed, and then given up")
{
    struct pace pace = pace_of(8);
    struct pace_mark marks[10] = { { .known = false } };
    answer(&pace, &marks[9], EVENT_TAKEN, false, 0);
    for (int i = 0; i < 7; i++) {
        CHECK_INT(answer(&pace, &marks[i], EVENT_DOUBT, false, 0), PACE_WELL); /* its question will tell */
        CHECK_INT(answer(&pace, &marks[i], EVENT_DOUBT, true, 0), PACE_WELL);
        CHECK_INT(answer(&pace, &marks[i], EVENT_DOUBT, true, 0), PACE_WELL); /* one delivery counts once */
        CHECK(!pace_is_down(&pace));
    }
    CHECK_INT(answer(&pace, &marks[7], EVENT_DOUBT, true, 0), PACE_WELL);
    CHECK(pace_is_down(&pace));
    CHECK(!pace_allows(&pace, true, 0, 0, 499) && pace_allows(&pace, true, 0, 0, 500));
    CHECK(!pace_allows(&pace, true, 1, 0, 500));
    CHECK_INT(answer(&pace, &marks[0], EVENT_DOUBT, true, 500), PACE_WELL);
    CHECK_INT(answer(&pace, &marks[1], EVENT_DOUBT, true, 1000), PACE_WELL);
    CHECK_INT(answer(&pace, &marks[1], EVENT_DOUBT, true, 2000), PACE_SILENT);
}

TEST("what was under way when the portal went down is no probe")
{
    struct pace pace = pace_of(8);
    struct pace_mark marks[16] = { { .known = false } };
    struct pace_report failed = report_of(EVENT_BUSY, true);
    answer(&pace, &marks[15], EVENT_TAKEN, false, 0);
    for (int i = 0; i < 15; i++)
        pace_left(&pace, &marks[i], true);
    for (int i = 0; i < 15; i++)
        CHECK_INT(pace_answered(&pace, &marks[i], &failed, 0, 0), PACE_WELL);
    CHECK(pace_is_down(&pace));
    CHECK_INT(pace.probes, 0);
}

TEST("one answer ends the silence")
{
    struct pace pace = pace_of(5);
    struct pace_mark marks[6] = { { .known = false } };
    for (int i = 0; i < 5; i++)
        answer(&pace, &marks[i], EVENT_DOUBT, true, 0);
    CHECK(pace_is_down(&pace));
    CHECK(pace_is_silent_for(&pace, &marks[0]));
    CHECK_INT(answer(&pace, &marks[5], EVENT_NOTHING, true, 600), PACE_WELL);
    CHECK(!pace_is_down(&pace));
    CHECK(!pace_is_silent_for(&pace, &marks[0]));
}

TEST("a portal that answers questions but takes nothing is down for publications, not for questions")
{
    struct pace pace = pace_of(5);
    struct pace_mark marks[12] = { { .known = false } };
    for (int i = 0; i < 5; i++) {
        answer(&pace, &marks[i], EVENT_DOUBT, false, 0);
        CHECK_INT(answer(&pace, &marks[i], EVENT_NOTHING, true, 0), PACE_WELL);
    }
    CHECK(pace_is_down(&pace));
    CHECK(pace_allows(&pace, true, 3, 0, 0));
    CHECK(!pace_allows(&pace, false, 0, 0, 0) && pace_allows(&pace, false, 0, 0, 500));
    for (int i = 0; i < 3; i++) {
        enum pace_fault fault = PACE_WELL;
        answer(&pace, &marks[5], EVENT_DOUBT, false, 1000 + i);
        fault = answer(&pace, &marks[5], EVENT_NOTHING, true, 1000 + i);
        CHECK_INT(fault, i < 2 ? PACE_WELL : PACE_BARREN);
    }
}

TEST("what failed last night already says nothing about the portal when it fails again")
{
    struct pace pace = pace_of(5);
    for (int i = 0; i < 50; i++) {
        struct pace_mark mark = { .known = false };
        struct pace_report nothing = report_of(EVENT_NOTHING, true);
        nothing.left_over = true;
        answer(&pace, &mark, EVENT_DOUBT, false, 0);
        pace_left(&pace, &mark, true);
        CHECK_INT(pace_answered(&pace, &mark, &nothing, 0, 0), PACE_WELL);
    }
    CHECK(!pace_is_down(&pace));
}

TEST("an answer that decides nothing is no silence")
{
    struct pace pace = pace_of(4);
    struct pace_mark marks[40] = { { .known = false } };
    struct pace_report vague = report_of(EVENT_DOUBT, true);
    vague.spoke = true;
    for (int i = 0; i < 40; i++) {
        pace_left(&pace, &marks[i], true);
        CHECK_INT(pace_answered(&pace, &marks[i], &vague, 0, 500), PACE_WELL);
    }
    CHECK(!pace_is_down(&pace) && !pace_is_silent_for(&pace, &marks[0]));
}

TEST("with a thousand lanes a silent portal is noticed after sixteen deliveries all the same")
{
    struct pace pace = pace_of(1000);
    for (int i = 0; i < 16; i++) {
        struct pace_mark mark = { .known = false };
        CHECK(!pace_is_down(&pace));
        answer(&pace, &mark, EVENT_DOUBT, true, 0);
    }
    CHECK(pace_is_down(&pace));
}

TEST("what a question finds taken is a success like any other")
{
    struct pace pace = pace_of(5);
    struct pace_mark mark = { .known = false };
    for (int i = 0; i < 100; i++) {
        answer(&pace, &mark, EVENT_DOUBT, false, 0);
        answer(&pace, &mark, i % 4 ? EVENT_NOTHING : EVENT_OURS, true, 0);
        mark = (struct pace_mark){ .known = false };
        CHECK(!pace_is_down(&pace));
    }
}
