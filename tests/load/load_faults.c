/* Every fault of the portal × before and after it committed × once and for ever: outcome, effects, requests.
 */
#include "tests/load/simulated.h"

#define SETTINGS "timeout: 200ms\nin_flight: 4\nretry: { attempts: 3, first: 2ms, most: 10ms }"

struct fault {
    const char *kind, *when, *count; /* as the simulator takes them */
};

/* One record, published on top of a first version when `replaces`, withdrawn when `withdraws`. */
static enum status deliver(const char *fault, bool withdraws, bool replaces)
{
    char list[400];
    simulated_start(NULL);
    if (withdraws || replaces) {
        simulated_want("1.000001", "first");
        CHECK_INT(simulated_load(""), STATUS_OK);
    }
    if (withdraws)
        simulated_want_action("1.000001", "second", OUTBOX_WITHDRAW);
    else
        simulated_want("1.000001", "second");
    simulated_want("1.000002", "beside"); /* meets no fault: the portal is not down */
    snprintf(list, sizeof list, "[\"%s,code=1.000001\"]", fault);
    simulated_faults(list);
    return simulated_load(SETTINGS);
}

static int64_t effects_on_it(void)
{
    const struct value *effects = simulated_control("effects?code=1.000001", "GET", NULL);
    return effects ? (int64_t)effects->count : -1;
}

static void check_taken(const char *fault, bool withdraws, bool replaces)
{
    bool ok = CHECK_INT(deliver(fault, withdraws, replaces), STATUS_OK);
    struct outbox_item item = simulated_item("1.000001");
    ok &= CHECK_INT(simulated.counts.sent, 2);
    ok &= CHECK_INT(simulated.counts.published + simulated.counts.withdrawn, 2);
    ok &= CHECK_INT(effects_on_it(), 1 + (withdraws || replaces));
    ok &= CHECK(item.state == OUTBOX_IDLE && !item.wanted && item.held && item.held_abolished == withdraws);
    if (!ok)
        printf("  with %s%s%s: %s\n", fault, withdraws ? ", withdrawal" : "", replaces ? ", replacement" : "",
               simulated.error.message);
    simulated_close();
}

TEST("what fails once, before or after the portal has committed, is there once in the end")
{
    static const char *const kinds[] = { "reset",      "timeout",      "cut",        "html",
                                         "html-200",   "garbage",      "empty",      "no-http",
                                         "drip:300",   "wrong-digest", "status:500", "status:502",
                                         "status:504", "status:503",   "status:429", "status:408",
                                         "status:425" };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        for (int way = 0; way < 6; way++) {
            char fault[200];
            snprintf(fault, sizeof fault, "kind=%s,when=%s,count=1,on=%s", kinds[i],
                     way & 1 ? "after" : "before", way / 2 == 1 ? "withdrawal" : "put");
            check_taken(fault, way / 2 == 1, way / 2 == 2);
        }
}

TEST("what fails twice, questions too, is there once in the end")
{
    static const char *const kinds[] = { "reset", "timeout", "cut", "html-200", "status:500", "status:503" };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        for (int way = 0; way < 2; way++) {
            char fault[200];
            snprintf(fault, sizeof fault, "kind=%s,when=%s,count=2,on=put|get", kinds[i],
                     way ? "after" : "before");
            check_taken(fault, false, way);
        }
}

TEST("a publication that never gets through is failed when the portal says that it is not there")
{
    static const char *const kinds[] = { "reset",   "timeout",    "cut",        "html-200",
                                         "garbage", "status:500", "status:503", "status:429" };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        for (int replaces = 0; replaces < 2; replaces++) {
            char fault[200];
            snprintf(fault, sizeof fault, "kind=%s,when=before,on=put", kinds[i]);
            CHECK_INT(deliver(fault, false, replaces), STATUS_OK);
            bool ok = CHECK_INT(simulated.counts.failed, 1);
            ok &= CHECK_INT(simulated.counts.published, 1);
            ok &= CHECK_INT(simulated_item("1.000001").state, OUTBOX_FAILED);
            ok &= CHECK_INT(simulated_number("by_operation.put"), 4 + replaces);
            ok &= CHECK_INT(effects_on_it(), replaces);
            struct text key = simulated_item("1.000001").key;
            simulated_faults("[]");
            simulated_next_run();
            ok &= CHECK_INT(simulated_load(SETTINGS), STATUS_OK);
            ok &= CHECK_INT(simulated.counts.published, 1);
            simulated_check_account();
            const struct value *effects = simulated_control("effects?code=1.000001", "GET", NULL);
            ok &= CHECK_TEXT(value_text_of(effects->last, "key"), key);
            ok &= CHECK_INT(effects->count, 1 + replaces);
            if (!ok)
                printf("  with %s\n", fault);
            simulated_close();
        }
}

TEST("a publication that arrives each time without an answer is published, because the portal says so")
{
    static const char *const kinds[] = {
        "reset", "timeout", "cut", "html-200", "status:500", "wrong-digest"
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        char fault[200];
        snprintf(fault, sizeof fault, "kind=%s,when=after,on=put", kinds[i]);
        check_taken(fault, false, i & 1);
    }
}

TEST("what cannot be asked about stays unknown, and is asked about first the next time")
{
    static const char *const kinds[] = { "reset", "timeout", "html-200", "status:500", "status:503" };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        for (int after = 0; after < 2; after++) {
            char fault[200];
            /* The first publication resets before or after; every question fails. */
            snprintf(fault, sizeof fault,
                     "kind=reset,when=%s,on=put,count=1,code=1.000001\",\"kind=%s,on=get",
                     after ? "after" : "before", kinds[i]);
            bool ok = CHECK_INT(deliver(fault, false, false), STATUS_OK);
            ok &= CHECK_INT(simulated.counts.unknown, 1);
            ok &= CHECK_INT(simulated.counts.sent, 2);
            ok &= CHECK_INT(simulated_item("1.000001").state, OUTBOX_UNKNOWN);
            ok &= CHECK_INT(simulated_number("by_operation.put"), 2);
            simulated_faults("[]");
            simulated_next_run();
            ok &= CHECK_INT(simulated_load(SETTINGS), STATUS_OK);
            ok &= CHECK_INT(simulated.counts.published, 1);
            ok &= CHECK_INT(effects_on_it(), 1);
            ok &= CHECK_INT(simulated_number("by_operation.put"), after ? 2 : 3);
            if (!ok)
                printf("  with %s: %s\n", fault, simulated.error.message);
            simulated_close();
        }
}

TEST("an answer without a digest is taken at its word, and its version is kept")
{
    check_taken("kind=no-digest,on=put", false, true);
    check_taken("kind=no-digest,on=put|get,count=2", false, false);
    (void)deliver("kind=no-digest,on=put", false, true);
    CHECK_TEXT(simulated_item("1.000001").version, TEXT("2"));
    CHECK_INT(simulated_number("by_operation.get"), 0);
    simulated_close();
}

TEST("ours is ours even beside a digest of the portal's own making, with one warning")
{
    (void)deliver("kind=wrong-digest,on=put|get", false, false);
    CHECK_INT(simulated.counts.published, 2);
    CHECK_INT(simulated_number("by_operation.get"), 1);
    CHECK_CONTAINS(simulated.notice, "contents are compared instead");
    simulated_close();
}

TEST("a precondition that fails although the portal holds our base is a conflict")
{
    (void)deliver("kind=status:412,on=put", false, true);
    CHECK_INT(simulated.counts.conflict, 1);
    CHECK_INT(simulated_number("by_operation.get"), 1);
    simulated_close();
    (void)deliver("kind=status:409,on=put", false,
                  false); /* and a key that is taken, of what is not there, is neither */
    CHECK_INT(simulated.counts.unknown, 1);
    CHECK_CONTAINS(simulated_words("1.000001"), "contradicts itself");
    CHECK_CONTAINS(simulated_words("1.000001"), "reconcile --show 1.000001");
    simulated_close();
}

TEST("a withdrawal that the portal does not know, though it acknowledged the procedure, is a conflict")
{
    simulated_start(NULL);
    simulated_want("1.000001", "first");
    CHECK_INT(simulated_load(""), STATUS_OK);
    simulated_control("reset", "POST", "");
    simulated_want_action("1.000001", "first", OUTBOX_WITHDRAW);
    CHECK_INT(simulated_load(""), STATUS_OK);
    CHECK_INT(simulated.counts.conflict, 1);
    CHECK_CONTAINS(simulated_words("1.000001"), "though it acknowledged it before");
    simulated_close();
}

TEST("a refused withdrawal keeps the portal's words")
{
    (void)deliver("kind=status:422,on=withdrawal", true, false);
    CHECK_INT(simulated.counts.refused, 1);
    CHECK_INT(simulated_item("1.000001").state, OUTBOX_REFUSED);
    simulated_close();
}

/* ---- the portal as a whole ---- */

TEST("what stops the run may have been taken all the same: the next run finds out")
{
    static const char *const kinds[] = { "status:401", "status:403", "status:404", "status:405",
                                         "redirect:http://127.0.0.1:1/" };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        for (int way = 0; way < 4; way++) {
            char fault[200];
            snprintf(fault, sizeof fault, "kind=%s,when=%s,on=put", kinds[i], way & 1 ? "after" : "before");
            bool ok = CHECK_INT(deliver(fault, false, way & 2), STATUS_STOP);
            ok &= CHECK_INT(simulated_item("1.000001").state, OUTBOX_IDLE);
            ok &= CHECK_INT(simulated.counts.pending + simulated.counts.published, 2);
            ok &= CHECK(simulated.counts.pending >= 1);
            ok &= CHECK_INT(simulated.counts.sent, simulated.counts.published);
            simulated_faults("[]");
            simulated_next_run();
            ok &= CHECK_INT(simulated_load(SETTINGS), STATUS_OK);
            ok &= CHECK_INT(effects_on_it(), 1 + (way & 2) / 2);
            ok &= CHECK_INT(simulated.counts.pending + simulated.counts.conflict, 0);
            if (!ok)
                printf("  with %s: %s\n", fault, simulated.error.message);
            simulated_close();
        }
}

TEST("a record at which the run stopped does not keep the others from their turn the next time")
{
    simulated_start(NULL);
    simulated_want_many(10, "first");
    simulated_faults("[\"kind=status:403,on=put,code=1.000002\"]");
    CHECK_INT(simulated_load("in_flight: 1"), STATUS_STOP);
    CHECK_CONTAINS(simulated.error.message, "1.000002");
    CHECK_INT(simulated.counts.published, 2);
    simulated_next_run();
    CHECK_INT(simulated_load("in_flight: 1"), STATUS_STOP);
    CHECK_INT(simulated.counts.published, 7);
    CHECK_INT(simulated.counts.pending, 1);
    simulated_close();
}

TEST("what an earlier run left unknown keeps its key where it is sent again and turned away")
{
    static const char *const faults[] = { "status:429,on=put,retry-after=7200", "status:401,on=put" };
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        char list[100];
        CHECK_INT(deliver("kind=reset,when=before,on=put|get", false, true), STATUS_OK);
        struct outbox_item before = simulated_item("1.000001");
        CHECK_INT(before.state, OUTBOX_UNKNOWN);
        snprintf(list, sizeof list, "[\"kind=%s\"]", faults[i]);
        simulated_faults(list);
        simulated_next_run();
        CHECK_INT(simulated_load("in_flight: 1"), STATUS_STOP);
        simulated_faults("[]");
        simulated_next_run();
        bool ok = CHECK_TEXT(simulated_item("1.000001").key, before.key);
        ok &= CHECK_INT(simulated_load(""), STATUS_OK);
        ok &= CHECK_TEXT(value_text_of(simulated_control("effects?code=1.000001", "GET", NULL)->last, "key"),
                         before.key);
        if (!ok)
            printf("  with %s: %s\n", faults[i], simulated.error.message);
        simulated_close();
    }
}

TEST("of the records at which runs stopped, each has its turn")
{
    simulated_start(NULL);
    simulated_want_many(4, "first");
    simulated_faults("[\"kind=status:403,on=put\"]");
    for (int night = 1; night <= 4; night++) {
        CHECK_INT(simulated_load("in_flight: 1"), STATUS_STOP);
        simulated_next_run();
    }
    simulated_faults("[\"kind=status:403,on=put,code=1.000000\"]");
    CHECK_INT(simulated_load("in_flight: 1"), STATUS_STOP);
    simulated_next_run();
    CHECK_INT(simulated_load("in_flight: 1"), STATUS_STOP);
    CHECK_INT(simulated.counts.published, 3);
    simulated_check_account();
    simulated_close();
}

TEST("a handful of records that the portal stumbles over does not keep the others from their turn")
{
    simulated_start(NULL);
    simulated_want_many(60, "first");
    simulated_faults("[\"kind=status:500,on=put,code=1.00000?\",\"kind=status:500,on=put,code=1.00001?\"]");
    (void)simulated_load("in_flight: 4"); /* these twenty come first: it may look like an outage */
    simulated_next_run();
    (void)simulated_load("in_flight: 4");
    simulated_next_run();
    CHECK_INT(simulated_load("in_flight: 4"), STATUS_OK);
    CHECK_INT(simulated_number("effects"), 40);
    CHECK_INT(simulated.counts.failed, 20);
    simulated_check_account();
    simulated_close();
}

/* As a run leaves them that died behind its intents. */
static void leave_over(int count)
{
    CHECK_INT(store_begin(simulated.store, &simulated.error), STATUS_OK);
    for (int i = 0; i < count; i++) {
        char code[16];
        snprintf(code, sizeof code, "1.%06d", i);
        struct outbox_item item = simulated_item(code);
        CHECK_INT(outbox_intend(simulated.store, &test_arena, &item, TEXT_NONE, &simulated.error), STATUS_OK);
    }
    CHECK_INT(store_commit(simulated.store, &simulated.error), STATUS_OK);
}

/* About the hundred or the ten codes that stand first. */
static void check_silence(const char *kind, bool many)
{
    char faults[100];
    int silent = many ? 100 : 10;
    simulated_start(NULL);
    simulated_want_many(silent + 40, "first");
    leave_over(silent);
    simulated_next_run();
    snprintf(faults, sizeof faults, "[\"kind=%s,code=1.0000%s\"]", kind, many ? "??" : "0?");
    simulated_faults(faults);
    bool ok =
        CHECK_INT(simulated_load("in_flight: 4\nretry: { attempts: 3, first: 1ms, most: 4ms }"), STATUS_OK);
    ok &= CHECK_INT(simulated_number("effects"), 40);
    ok &= CHECK_INT(simulated.counts.failed, 0);
    simulated_check_account();
    if (!ok)
        printf("  with %s: %s\n", kind, simulated.error.message);
    simulated_close();
}

TEST("what the portal is silent about keeps nobody else from his turn, and is no outage while others are "
     "answered")
{
    check_silence("status:500", true);
    check_silence("status:503", false);
    check_silence("reset", false);
}

TEST("Retry-After is obeyed, by all")
{
    simulated_start(NULL);
    simulated_want_many(20, "first");
    simulated_faults("[\"kind=status:429,on=put,count=1,skip=3,retry-after=1\"]");
    int64_t start = clock_system()->ticks(clock_system());
    CHECK_INT(simulated_load("in_flight: 4"), STATUS_OK);
    CHECK(clock_system()->ticks(clock_system()) - start >= 1000000);
    CHECK_INT(simulated.counts.published, 20);
    CHECK_INT(simulated_number("by_operation.put"), 21);
    CHECK_INT(simulated_number("by_operation.get"), 0);
    simulated_close();
}

TEST("a Retry-After beyond an hour stops the run")
{
    simulated_start(NULL);
    simulated_want_many(3, "first");
    simulated_faults("[\"kind=status:503,on=put,retry-after=7200\"]");
    CHECK_INT(simulated_load("in_flight: 1"), STATUS_STOP);
    CHECK_CONTAINS(simulated.error.message, "asks to be left alone for 120 minutes");
    CHECK_INT(simulated.counts.pending, 3);
    simulated_close();
}

TEST("a rate limit slows the run down and marks nothing")
{
    const char *options[] = { "--rate", "40", NULL };
    simulated_start(options);
    simulated_want_many(100, "first");
    CHECK_INT(simulated_load("in_flight: 32\nretry: { attempts: 5, first: 100ms }"), STATUS_OK);
    CHECK_INT(simulated.counts.published, 100);
    CHECK_INT(simulated_number("effects"), 100);
    CHECK(simulated_number("limited") < 60);
    simulated_close();
}

static void check_outage(const char *fault, const char *message)
{
    char list[200];
    simulated_start(NULL);
    simulated_want_many(500, "first");
    snprintf(list, sizeof list, "[\"%s\"]", fault);
    simulated_faults(list);
    bool ok = CHECK_INT(
        simulated_load("in_flight: 4\ntimeout: 200ms\nretry: { attempts: 3, first: 2ms, most: 10ms }"),
        STATUS_STOP);
    ok &= CHECK_CONTAINS(simulated.error.message, message);
    ok &= CHECK(simulated_number("requests") < 60);
    ok &= CHECK_INT(simulated.counts.failed + simulated.counts.refused + simulated.counts.conflict, 0);
    ok &= CHECK_INT(simulated.counts.pending, 500 - simulated.counts.sent);
    ok &= CHECK(simulated.counts.unknown < 20);
    simulated_check_account();
    simulated_faults("[]");
    simulated_next_run();
    ok &= CHECK_INT(simulated_load("in_flight: 4"), STATUS_OK);
    ok &= CHECK_INT(simulated_number("effects"), 500);
    if (!ok)
        printf("  with %s: %s\n", fault, simulated.error.message);
    simulated_close();
}

TEST("a portal that goes down is noticed after a few requests; the run stops and the next one goes on")
{
    check_outage("kind=reset,skip=20", "does not answer any more");
    check_outage("kind=timeout,when=after,skip=20", "does not answer any more");
    check_outage("kind=html-200,skip=20", "does not answer any more");
    check_outage("kind=status:503,skip=20", "does not answer any more");
    check_outage("kind=status:500,on=put,skip=20",
                 "takes nothing any more (the last time: Internal Server Error");
    check_outage("kind=reset,on=put,skip=20", "takes nothing any more");
}

TEST("a short outage is waited out")
{
    simulated_start(NULL);
    simulated_want_many(200, "first");
    simulated_faults("[\"kind=reset,skip=20,count=12\"]");
    CHECK_INT(simulated_load("in_flight: 4\nretry: { attempts: 5, first: 5ms, most: 20ms }"), STATUS_OK);
    CHECK_INT(simulated.counts.published, 200);
    CHECK_INT(simulated_number("effects"), 200);
    simulated_close();
}

TEST("one record alone at a portal that answers nothing is an outage, not its failure")
{
    simulated_start(NULL);
    simulated_want("1.000001", "first");
    simulated_faults("[\"kind=reset\"]");
    CHECK_INT(simulated_load(""), STATUS_STOP);
    CHECK_CONTAINS(simulated.error.message, "does not answer any more");
    CHECK_INT(simulated_item("1.000001").state, OUTBOX_UNKNOWN);
    /* left over, it does not speak for the portal */
    simulated_faults("[\"kind=status:503\"]");
    simulated_next_run();
    CHECK_INT(simulated_load(""), STATUS_OK);
    CHECK_INT(simulated_item("1.000001").state, OUTBOX_UNKNOWN);
    simulated_close();
}

TEST("faults at random end with every procedure once at the portal")
{
    static const char *const options[] = { "--seed", "7", NULL };
    simulated_start(options);
    simulated_want_many(300, "first");
    simulated_faults(
        "[\"kind=reset,when=after,on=put,probability=0.1\",\"kind=reset,when=before,probability=0.1\","
        "\"kind=status:500,when=after,probability=0.1\",\"kind=cut,when=after,probability=0.1\","
        "\"kind=status:429,probability=0.05\",\"kind=wrong-digest,on=put,probability=0.05\"]");
    const char *settings = "in_flight: 8\nretry: { attempts: 20, first: 1ms, most: 5ms }";
    CHECK_INT(simulated_load(settings), STATUS_OK);
    CHECK_INT(simulated.counts.published, 300);
    CHECK_INT(simulated_number("effects"), 300);
    simulated_want_many(300, "second");
    CHECK_INT(simulated_load(settings), STATUS_OK);
    CHECK_INT(simulated.counts.published, 300);
    CHECK_INT(simulated_number("effects"), 600);
    CHECK_INT(simulated_number("unconditional"), 0);
    simulated_close();
}
