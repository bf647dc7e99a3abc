/* How the pace answers to what the portal does. */
#include "load/congestion.h"

#include "tests/support/test.h"

static const struct backoff retry = { .attempts = 3, .first = 1000, .most = 8000 };

static struct congestion congestion_of(int64_t in_flight)
{
    struct congestion congestion;
    congestion_start(&congestion, &retry, in_flight, 60000);
    return congestion;
}

static struct congestion_report report_of(enum delivery_event event, bool asked)
{
    return (struct congestion_report){
        .event = event, .asked = asked, .sent_before = asked, .retry_after = -1, .took = 20
    };
}

static enum congestion_fault answer(struct congestion *congestion, struct congestion_mark *mark,
                                    enum delivery_event event, bool asked, int64_t now)
{
    struct congestion_report report = report_of(event, asked);
    congestion_left(congestion, mark, asked);
    return congestion_answered(congestion, mark, &report, now, 500);
}

TEST("the window opens as the portal answers, up to in_flight and not beyond")
{
    struct congestion congestion = congestion_of(64);
    struct congestion_mark mark = { .known = false };
    CHECK(congestion_allows(&congestion, false, 15, 15, 0) &&
          !congestion_allows(&congestion, false, 16, 16, 0));
    for (int i = 0; i < 100; i++)
        answer(&congestion, &mark, EVENT_TAKEN, false, 0);
    CHECK(congestion_allows(&congestion, false, 63, 63, 0) &&
          !congestion_allows(&congestion, false, 64, 64, 0));
    congestion = congestion_of(3);
    CHECK(congestion_allows(&congestion, false, 2, 2, 0) && !congestion_allows(&congestion, false, 3, 3, 0));
}

TEST("429 halves the window once for all that were under way, and answers open it again slowly")
{
    struct congestion congestion = congestion_of(16);
    struct congestion_mark marks[16] = { { .known = false } };
    struct congestion_report busy = report_of(EVENT_BUSY, false);
    busy.shared = true;
    answer(&congestion, &marks[0], EVENT_TAKEN, false, 0);
    for (int i = 0; i < 16; i++)
        congestion_left(&congestion, &marks[i], false);
    for (int i = 0; i < 8; i++)
        congestion_answered(&congestion, &marks[i], &busy, 0, 500);
    CHECK_INT((int)congestion.window, 8);
    for (int i = 0; i < 8; i++)
        answer(&congestion, &marks[0], EVENT_TAKEN, false, 0);
    CHECK_INT((int)congestion.window, 8); /* one more a round, not one more an answer */
    for (int i = 0; i < 8; i++)
        answer(&congestion, &marks[0], EVENT_TAKEN, false, 0);
    CHECK_INT((int)congestion.window, 9);
    for (int i = 0; i < 20; i++) {
        congestion_left(&congestion, &marks[0], false);
        congestion_answered(&congestion, &marks[0], &busy, 0, 500);
        answer(&congestion, &marks[1], EVENT_TAKEN, false, 0);
    }
    CHECK(congestion.window >= 1 && congestion.window < 3);
    CHECK(congestion_allows(&congestion, false, 0, 0, 0));
}

TEST("answers that take more than half of the timeout narrow the window too")
{
    struct congestion congestion = congestion_of(16);
    struct congestion_mark mark = { .known = false };
    struct congestion_report slow = report_of(EVENT_TAKEN, false);
    slow.took = 31000;
    congestion_left(&congestion, &mark, false);
    CHECK_INT(congestion_answered(&congestion, &mark, &slow, 0, 0), CONGESTION_NONE);
    CHECK_INT((int)congestion.window, 8);
}

TEST("a shared Retry-After holds up everything")
{
    struct congestion congestion = congestion_of(8);
    struct congestion_mark mark = { .known = false };
    struct congestion_report busy = report_of(EVENT_BUSY, false);
    busy.shared = true;
    busy.retry_after = 2000;
    answer(&congestion, &mark, EVENT_TAKEN, false, 0);
    congestion_left(&congestion, &mark, false);
    CHECK_INT(congestion_answered(&congestion, &mark, &busy, 100, 0), CONGESTION_NONE);
    CHECK(!congestion_allows(&congestion, false, 0, 0, 2099) &&
          !congestion_allows(&congestion, true, 0, 0, 2099));
    CHECK_INT(congestion_pause(&congestion, 100), 2000);
    CHECK(congestion_allows(&congestion, false, 0, 0, 2100));
    busy.retry_after = CONGESTION_LONGEST_PAUSE + 1;
    congestion_left(&congestion, &mark, false);
    CHECK_INT(congestion_answered(&congestion, &mark, &busy, 100, 0), CONGESTION_PAUSED);
}

TEST("no connection before any answer means that there is no portal; later it is one more failure")
{
    struct congestion congestion = congestion_of(8);
    struct congestion_mark mark = { .known = false };
    CHECK_INT(answer(&congestion, &mark, EVENT_NOT_LEFT, false, 0), CONGESTION_UNREACHABLE);
    congestion = congestion_of(8);
    answer(&congestion, &mark, EVENT_TAKEN, false, 0);
    CHECK_INT(answer(&congestion, &mark, EVENT_NOT_LEFT, false, 0), CONGESTION_NONE);
}

TEST("a silent portal is down after as many deliveries as may be under way, is probed, and then given up")
{
    struct congestion congestion = congestion_of(8);
    struct congestion_mark marks[10] = { { .known = false } };
    answer(&congestion, &marks[9], EVENT_TAKEN, false, 0);
    for (int i = 0; i < 7; i++) {
        CHECK_INT(answer(&congestion, &marks[i], EVENT_INDETERMINATE, false, 0),
                  CONGESTION_NONE); /* its question will tell */
        CHECK_INT(answer(&congestion, &marks[i], EVENT_INDETERMINATE, true, 0), CONGESTION_NONE);
        CHECK_INT(answer(&congestion, &marks[i], EVENT_INDETERMINATE, true, 0),
                  CONGESTION_NONE); /* one delivery counts once */
        CHECK(!congestion_is_down(&congestion));
    }
    CHECK_INT(answer(&congestion, &marks[7], EVENT_INDETERMINATE, true, 0), CONGESTION_NONE);
    CHECK(congestion_is_down(&congestion));
    CHECK(!congestion_allows(&congestion, true, 0, 0, 499) &&
          congestion_allows(&congestion, true, 0, 0, 500));
    CHECK(!congestion_allows(&congestion, true, 1, 0, 500));
    CHECK_INT(answer(&congestion, &marks[0], EVENT_INDETERMINATE, true, 500), CONGESTION_NONE);
    CHECK_INT(answer(&congestion, &marks[1], EVENT_INDETERMINATE, true, 1000), CONGESTION_NONE);
    CHECK_INT(answer(&congestion, &marks[1], EVENT_INDETERMINATE, true, 2000), CONGESTION_UNRESPONSIVE);
}

TEST("what was under way when the portal went down is no probe")
{
    struct congestion congestion = congestion_of(8);
    struct congestion_mark marks[16] = { { .known = false } };
    struct congestion_report failed = report_of(EVENT_BUSY, true);
    answer(&congestion, &marks[15], EVENT_TAKEN, false, 0);
    for (int i = 0; i < 15; i++)
        congestion_left(&congestion, &marks[i], true);
    for (int i = 0; i < 15; i++)
        CHECK_INT(congestion_answered(&congestion, &marks[i], &failed, 0, 0), CONGESTION_NONE);
    CHECK(congestion_is_down(&congestion));
    CHECK_INT(congestion.probes, 0);
}

TEST("one answer ends the silence")
{
    struct congestion congestion = congestion_of(5);
    struct congestion_mark marks[6] = { { .known = false } };
    for (int i = 0; i < 5; i++)
        answer(&congestion, &marks[i], EVENT_INDETERMINATE, true, 0);
    CHECK(congestion_is_down(&congestion));
    CHECK(congestion_is_unresponsive_for(&congestion, &marks[0]));
    CHECK_INT(answer(&congestion, &marks[5], EVENT_NOTHING, true, 600), CONGESTION_NONE);
    CHECK(!congestion_is_down(&congestion));
    CHECK(!congestion_is_unresponsive_for(&congestion, &marks[0]));
}

TEST("a portal that answers questions but takes nothing is down for publications, not for questions")
{
    struct congestion congestion = congestion_of(5);
    struct congestion_mark marks[12] = { { .known = false } };
    for (int i = 0; i < 5; i++) {
        answer(&congestion, &marks[i], EVENT_INDETERMINATE, false, 0);
        CHECK_INT(answer(&congestion, &marks[i], EVENT_NOTHING, true, 0), CONGESTION_NONE);
    }
    CHECK(congestion_is_down(&congestion));
    CHECK(congestion_allows(&congestion, true, 3, 0, 0));
    CHECK(!congestion_allows(&congestion, false, 0, 0, 0) &&
          congestion_allows(&congestion, false, 0, 0, 500));
    for (int i = 0; i < 3; i++) {
        enum congestion_fault fault = CONGESTION_NONE;
        answer(&congestion, &marks[5], EVENT_INDETERMINATE, false, 1000 + i);
        fault = answer(&congestion, &marks[5], EVENT_NOTHING, true, 1000 + i);
        CHECK_INT(fault, i < 2 ? CONGESTION_NONE : CONGESTION_NOT_ACCEPTING);
    }
}

TEST("what failed last night already says nothing about the portal when it fails again")
{
    struct congestion congestion = congestion_of(5);
    for (int i = 0; i < 50; i++) {
        struct congestion_mark mark = { .known = false };
        struct congestion_report nothing = report_of(EVENT_NOTHING, true);
        nothing.left_over = true;
        answer(&congestion, &mark, EVENT_INDETERMINATE, false, 0);
        congestion_left(&congestion, &mark, true);
        CHECK_INT(congestion_answered(&congestion, &mark, &nothing, 0, 0), CONGESTION_NONE);
    }
    CHECK(!congestion_is_down(&congestion));
}

TEST("an answer that decides nothing is no silence")
{
    struct congestion congestion = congestion_of(4);
    struct congestion_mark marks[40] = { { .known = false } };
    struct congestion_report vague = report_of(EVENT_INDETERMINATE, true);
    vague.spoke = true;
    for (int i = 0; i < 40; i++) {
        congestion_left(&congestion, &marks[i], true);
        CHECK_INT(congestion_answered(&congestion, &marks[i], &vague, 0, 500), CONGESTION_NONE);
    }
    CHECK(!congestion_is_down(&congestion) && !congestion_is_unresponsive_for(&congestion, &marks[0]));
}

TEST("with a thousand lanes a silent portal is noticed after sixteen deliveries all the same")
{
    struct congestion congestion = congestion_of(1000);
    for (int i = 0; i < 16; i++) {
        struct congestion_mark mark = { .known = false };
        CHECK(!congestion_is_down(&congestion));
        answer(&congestion, &mark, EVENT_INDETERMINATE, true, 0);
    }
    CHECK(congestion_is_down(&congestion));
}

TEST("what a question finds taken is a success like any other")
{
    struct congestion congestion = congestion_of(5);
    struct congestion_mark mark = { .known = false };
    for (int i = 0; i < 100; i++) {
        answer(&congestion, &mark, EVENT_INDETERMINATE, false, 0);
        answer(&congestion, &mark, i % 4 ? EVENT_NOTHING : EVENT_OURS, true, 0);
        mark = (struct congestion_mark){ .known = false };
        CHECK(!congestion_is_down(&congestion));
    }
}
