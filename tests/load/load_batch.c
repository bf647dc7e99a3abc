/* Batches: several records a request, each judged for itself. */
#include "tests/load/simulated.h"

TEST("a batch takes many records in one request, and each has its own version")
{
    simulated_start(NULL);
    simulated_want_many(250, "first");
    CHECK_INT(simulated_load("batch: 100"), STATUS_OK);
    CHECK_INT(simulated.counts.published, 250);
    CHECK_INT(simulated_number("effects"), 250);
    CHECK(simulated_number("by_operation.batch") <= 12);
    CHECK_INT(simulated_number("by_operation.put"), 0);
    CHECK_TEXT(simulated_item("1.000249").version, TEXT("1"));
    simulated_want_many(250, "second");
    CHECK_INT(simulated_load("batch: 100"), STATUS_OK);
    CHECK_INT(simulated.counts.published, 250);
    CHECK_INT(simulated_number("unconditional"), 0);
    CHECK_TEXT(simulated_item("1.000007").version, TEXT("2"));
    simulated_close();
}

TEST("each item of a batch is refused, in conflict or taken for itself")
{
    simulated_start(NULL);
    simulated_faults(
        "[\"kind=status:422,on=item,code=1.000003\",\"kind=conflict,on=item,code=1.000004\","
        "\"kind=wrong-digest,on=item,code=1.000005\",\"kind=status:503,on=item,code=1.000006,count=1\","
        "\"kind=status:500,on=item,code=1.000007,count=1\",\"kind=no-digest,on=item,code=1.000008\"]");
    simulated_want_many(20, "first");
    CHECK_INT(simulated_load("batch: 50"), STATUS_OK);
    CHECK_INT(simulated.counts.refused, 1);
    CHECK_INT(simulated.counts.conflict, 1);
    CHECK_INT(simulated.counts.published, 18);
    CHECK_INT(simulated.counts.sent, 20);
    CHECK_INT(simulated_item("1.000003").state, OUTBOX_REFUSED);
    CHECK_INT(simulated_item("1.000004").state, OUTBOX_CONFLICT);
    CHECK_CONTAINS(simulated_words("1.000003"), "A fault of the simulator's plan.");
    CHECK_INT(simulated_number("effects"), 20 - 1 - 1 + 1); /* and the other hand's */
    simulated_close();
}

TEST("a batch refused as a whole is halved until the culprit stands alone")
{
    simulated_start(NULL);
    simulated_faults(
        "[\"kind=status:422,on=batch|put,code=1.000077\",\"kind=status:400,on=batch|put,code=1.000013\"]");
    simulated_want_many(100, "first");
    CHECK_INT(simulated_load("batch: 100\nin_flight: 2"), STATUS_OK);
    CHECK_INT(simulated.counts.refused, 2);
    CHECK_INT(simulated.counts.published, 98);
    CHECK_INT(simulated_number("effects"), 98);
    CHECK(simulated_number("requests") < 40);
    CHECK_INT(simulated_item("1.000077").state, OUTBOX_REFUSED);
    simulated_close();
}

TEST("a batch that is too large makes the next ones smaller")
{
    const char *options[] = { "--max-body", "4000", NULL };
    simulated_start(options);
    simulated_want_many(300, "first");
    CHECK_INT(simulated_load("batch: 200\nin_flight: 1"), STATUS_OK);
    CHECK_INT(simulated.counts.published, 300);
    CHECK_INT(simulated_number("effects"), 300);
    CHECK(simulated_number("by_status.413") < 60);
    simulated_close();
}

TEST("one record that is too large by itself does not end the batches of the others")
{
    const char *options[] = { "--max-body", "20000", NULL };
    static char name[25000];
    simulated_start(options);
    simulated_want_many(400, "first");
    memset(name, 'x', sizeof name - 1);
    simulated_want("1.000005", name);
    CHECK_INT(simulated_load("batch: 64\nin_flight: 1"), STATUS_OK);
    CHECK_INT(simulated.counts.published, 399);
    CHECK_INT(simulated_item("1.000005").state, OUTBOX_REFUSED);
    CHECK(simulated_number("by_operation.put") < 60);
    simulated_close();
}

TEST("a portal whose limit stays the same is seldom tried beyond it")
{
    const char *options[] = { "--max-body", "1800", NULL };
    simulated_start(options);
    simulated_want_many(600, "first");
    CHECK_INT(simulated_load("batch: 200\nin_flight: 1"), STATUS_OK);
    CHECK_INT(simulated_number("effects"), 600);
    /* 31 on the way down from 200, all of whose pieces are out at once. */
    CHECK(simulated_number("by_status.413") < 45);
    simulated_close();
}

TEST("a portal without batches gets the records one by one, and a person is told so")
{
    const char *options[] = { "--no-batches", NULL };
    simulated_start(options);
    simulated_want_many(30, "first");
    CHECK_INT(simulated_load("batch: 10"), STATUS_OK);
    CHECK_INT(simulated.counts.published, 30);
    CHECK_INT(simulated_number("by_operation.put"), 30);
    CHECK_CONTAINS(simulated.notice, "takes no batches (HTTP 404): records are sent one by one");
    simulated_close();
}

TEST("a batch without an answer is asked about, item by item, and only what is not there is sent again")
{
    static const char *const kinds[] = { "reset", "timeout",    "cut",        "html-200", "garbage",
                                         "empty", "status:500", "status:503", "no-http" };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        for (int after = 0; after < 2; after++) {
            char fault[200];
            simulated_start(NULL);
            simulated_want_many(40, "first");
            snprintf(fault, sizeof fault, "[\"kind=%s,when=%s,on=batch,count=1\"]", kinds[i],
                     after ? "after" : "before");
            simulated_faults(fault);
            bool ok = CHECK_INT(simulated_load("batch: 20\nin_flight: 1\ntimeout: 200ms\n"
                                               "retry: { attempts: 3, first: 2ms }"),
                                STATUS_OK);
            ok &= CHECK_INT(simulated.counts.published, 40);
            ok &= CHECK_INT(simulated_number("effects"), 40);
            if (!ok)
                printf("  with %s: %s\n", fault, simulated.error.message);
            simulated_close();
        }
}

TEST("withdrawals travel with publications, with their decision; what names no version goes alone")
{
    simulated_start(NULL);
    simulated_want_many(10, "first");
    CHECK_INT(simulated_load("batch: 5"), STATUS_OK);
    simulated_want_many(10, "second");
    simulated_want_action("1.000002", "first", OUTBOX_WITHDRAW);
    CHECK_INT(simulated_load("batch: 5"), STATUS_OK);
    CHECK_INT(simulated.counts.published, 9);
    CHECK_INT(simulated.counts.withdrawn, 1);
    CHECK_INT(simulated_number("by_operation.withdrawal"), 0);
    CHECK_INT(simulated_number("by_operation.batch"), 4);
    CHECK_INT(simulated_number("effects"), 20);
    CHECK(simulated_item("1.000002").held_abolished);
    simulated_want_action("9.000001", "never published from here", OUTBOX_WITHDRAW);
    simulated_want_action("1.000003", "second", OUTBOX_WITHDRAW);
    CHECK_INT(simulated_load("batch: 5"), STATUS_OK);
    CHECK_INT(simulated.counts.withdrawn, 1);
    CHECK_INT(simulated_number("by_operation.withdrawal"), 1);
    CHECK_INT(simulated_number("effects"), 21);
    simulated_close();
}

TEST("refused credentials at a batch stop the run with everything pending")
{
    const char *options[] = { "--token", "right", NULL };
    simulated_start(options);
    simulated_want_many(30, "first");
    CHECK_INT(simulated_load("batch: 10\nauth: { bearer: left }"), STATUS_STOP);
    CHECK_INT(simulated.counts.sent, 0);
    CHECK_INT(simulated.counts.pending, 30);
    simulated_close();
}
