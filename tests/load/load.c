/* load against the simulator: what stands at the portal, what the store says, and how many requests it took.
 */
#include "tests/load/simulated.h"

TEST("what is wanted is published once, and a second run sends nothing")
{
    simulated_start(NULL);
    simulated_want_many(40, "first");
    CHECK_INT(simulated_load("in_flight: 4"), STATUS_OK);
    simulated_check_account();
    CHECK_INT(simulated.counts.sent, 40);
    CHECK_INT(simulated.counts.published, 40);
    CHECK_INT(simulated.counts.pending, 0);
    CHECK_INT(simulated_number("requests"), 40);
    CHECK_INT(simulated_number("effects"), 40);
    struct outbox_item item = simulated_item("1.000007");
    CHECK(item.held && !item.wanted && item.state == OUTBOX_IDLE);
    CHECK_TEXT(item.version, TEXT("1"));
    CHECK_TEXT(item.etag, TEXT("\"1\""));
    simulated_next_run();
    CHECK_INT(simulated_load("in_flight: 4"), STATUS_OK);
    CHECK_INT(simulated.counts.sent, 0);
    CHECK_INT(simulated_number("requests"), 40);
    simulated_close();
}

TEST("a changed record sends one request, on top of the version it replaces")
{
    simulated_start(NULL);
    simulated_want_many(3, "first");
    CHECK_INT(simulated_load(""), STATUS_OK);
    simulated_want("1.000001", "second");
    CHECK_INT(simulated_load(""), STATUS_OK);
    CHECK_INT(simulated.counts.published, 1);
    CHECK_INT(simulated_number("requests"), 4);
    CHECK_INT(simulated_number("unconditional"), 0);
    CHECK_TEXT(simulated_item("1.000001").version, TEXT("2"));
    simulated_want("1.000001", "second"); /* wanted again: it stands there already */
    CHECK_INT(simulated_load(""), STATUS_OK);
    CHECK_INT(simulated_number("requests"), 4);
    simulated_close();
}

TEST("an abolished procedure is withdrawn with the number of its decision, and stays so")
{
    simulated_start(NULL);
    simulated_want("1.000001", "first");
    CHECK_INT(simulated_load(""), STATUS_OK);
    simulated_want_action("1.000001", "first", OUTBOX_WITHDRAW);
    CHECK_INT(simulated_load(""), STATUS_OK);
    CHECK_INT(simulated.counts.withdrawn, 1);
    CHECK_INT(simulated.counts.sent, 1);
    CHECK_INT(simulated_number("effects_by_action.withdraw"), 1);
    CHECK_INT(simulated_number("unconditional"), 0);
    CHECK(simulated_item("1.000001").held_abolished);
    simulated_want_action("1.000001", "first, corrected", OUTBOX_WITHDRAW);
    CHECK_INT(simulated_load(""), STATUS_OK);
    CHECK_INT(simulated.counts.sent, 0);
    simulated_want("1.000001", "first"); /* announced again: the same content must be sent again */
    CHECK_INT(simulated_load(""), STATUS_OK);
    CHECK_INT(simulated.counts.published, 1);
    CHECK_INT(simulated_number("effects_by_action.publish"), 2);
    simulated_close();
}

TEST("what the portal never had need not be withdrawn, and is not asked about every night")
{
    simulated_start(NULL);
    simulated_want_action("1.000001", "never there", OUTBOX_WITHDRAW);
    CHECK_INT(simulated_load(""), STATUS_OK);
    CHECK_INT(simulated.counts.sent, 0);
    CHECK_INT(simulated.counts.pending, 0);
    CHECK_INT(simulated_number("by_operation.get"), 1);
    CHECK_INT(simulated_number("by_operation.withdrawal"), 0);
    CHECK_INT(simulated_events("recalled"), 1);
    simulated_want_action("1.000001", "never there", OUTBOX_WITHDRAW);
    CHECK_INT(simulated_load(""), STATUS_OK);
    CHECK_INT(simulated_number("requests"), 1);
    simulated_close();
}

TEST("what is withdrawn already is known after the store was lost; what stands there unknown is a conflict")
{
    simulated_start(NULL);
    simulated_want_many(2, "first");
    CHECK_INT(simulated_load(""), STATUS_OK);
    simulated_want_action("1.000000", "first", OUTBOX_WITHDRAW);
    CHECK_INT(simulated_load(""), STATUS_OK);
    simulated_die();
    char path[300];
    snprintf(path, sizeof path, "rm -f %s/store.db*", simulated.folder);
    CHECK_INT(system(path), 0);
    simulated_open();
    simulated_want_action("1.000000", "first", OUTBOX_WITHDRAW);
    simulated_want_action("1.000001", "first", OUTBOX_WITHDRAW);
    CHECK_INT(simulated_load(""), STATUS_OK);
    CHECK_INT(simulated.counts.withdrawn, 1);
    CHECK_INT(simulated.counts.conflict, 1);
    CHECK_INT(simulated_number("effects_by_action.withdraw"), 1);
    CHECK_CONTAINS(simulated_words("1.000001"), "version 1");
    simulated_close();
}

TEST("a store that was lost finds its way back: 412, asked, our digest, published with the portal's version")
{
    simulated_start(NULL);
    simulated_want_many(5, "first");
    CHECK_INT(simulated_load(""), STATUS_OK);
    simulated_want("1.000003", "second");
    CHECK_INT(simulated_load(""), STATUS_OK);
    simulated_die();
    char path[300];
    snprintf(path, sizeof path, "rm -f %s/store.db*", simulated.folder);
    CHECK_INT(system(path), 0);
    simulated_open();
    simulated_want_many(5, "first");
    simulated_want("1.000003", "second");
    CHECK_INT(simulated_load(""), STATUS_OK);
    CHECK_INT(simulated.counts.published, 5);
    CHECK_INT(simulated.counts.sent, 5);
    CHECK_INT(simulated_number("effects"), 6);
    CHECK_INT(simulated_number("by_operation.get"), 5);
    CHECK_TEXT(simulated_item("1.000003").version, TEXT("2"));
    simulated_close();
}

TEST("a refusal keeps the portal's words and is not sent again until the record changes")
{
    simulated_start(NULL);
    simulated_faults("[\"kind=status:422,on=put,code=1.000001\"]");
    simulated_want_many(3, "first");
    CHECK_INT(simulated_load(""), STATUS_OK);
    CHECK_INT(simulated.counts.published, 2);
    CHECK_INT(simulated.counts.refused, 1);
    CHECK_INT(simulated.counts.sent, 3);
    CHECK_INT(simulated_item("1.000001").state, OUTBOX_REFUSED);
    CHECK_CONTAINS(simulated_words("1.000001"), "/name: A fault of the simulator's plan.");
    simulated_next_run();
    simulated_want("1.000001", "first");
    CHECK_INT(simulated_load(""), STATUS_OK);
    CHECK_INT(simulated.counts.sent, 0);
    CHECK_INT(simulated_number("requests"), 3);
    simulated_faults("[]");
    simulated_want("1.000001", "mended");
    CHECK_INT(simulated_load(""), STATUS_OK);
    CHECK_INT(simulated.counts.published, 1);
    simulated_close();
}

TEST("another hand's version is not overwritten: a conflict that says what stands there")
{
    simulated_start(NULL);
    simulated_want_many(2, "first");
    CHECK_INT(simulated_load(""), STATUS_OK);
    simulated_faults("[\"kind=conflict,on=put,code=1.000001,count=1\"]");
    simulated_want_many(2, "second");
    CHECK_INT(simulated_load(""), STATUS_OK);
    CHECK_INT(simulated.counts.published, 1);
    CHECK_INT(simulated.counts.conflict, 1);
    CHECK_INT(simulated_item("1.000001").state, OUTBOX_CONFLICT);
    CHECK_CONTAINS(simulated_words("1.000001"),
                   "the portal holds something else, published there: version 2");
    simulated_want("1.000001", "third"); /* an operator must decide first */
    CHECK_INT(simulated_load(""), STATUS_OK);
    CHECK_INT(simulated.counts.sent, 0);
    simulated_close();
}

TEST("only the codes and sources that are asked for are delivered")
{
    simulated_start(NULL);
    simulated_want_many(5, "first");
    char url[160];
    snprintf(url, sizeof url, "%s/v1", simulated.url);
    struct text codes[] = { TEXT("1.000003"), TEXT("1.000001"), TEXT("9.999999") };
    struct outbox_filter filter = { .codes = codes, .code_count = 3 };
    CHECK_INT(simulated_load_at(url, "", &filter), STATUS_OK);
    CHECK_INT(simulated.counts.published, 2);
    CHECK_INT(simulated.counts.pending, 3);
    CHECK(simulated_item("1.000003").held && !simulated_item("1.000000").held);
    simulated_close();
}

/* ---- the run stops, and nothing is marked against a record ---- */

TEST("refused credentials stop the run with everything pending")
{
    const char *options[] = { "--token", "right", NULL };
    simulated_start(options);
    simulated_want_many(30, "first");
    CHECK_INT(simulated_load("auth: { bearer: s3cr3t }"), STATUS_STOP);
    CHECK_CONTAINS(simulated.error.message, "refuses the credentials (HTTP 401");
    CHECK_CONTAINS(simulated.error.message, simulated.url);
    CHECK_CONTAINS(simulated.error.message, "everything stays pending and the same command goes on");
    CHECK(!strstr(simulated.error.message, "s3cr3t"));
    CHECK_INT(simulated.counts.sent, 0);
    CHECK_INT(simulated.counts.pending, 30);
    CHECK_INT(simulated_item("1.000000").state, OUTBOX_IDLE);
    CHECK(simulated_number("requests") <= 16);
    simulated_next_run();
    CHECK_INT(simulated_load("auth: { bearer: right }"), STATUS_OK);
    CHECK_INT(simulated.counts.published, 30);
    CHECK_INT(simulated_number("effects"), 30);
    simulated_close();
}

TEST("a wrong endpoint and a redirect stop the run")
{
    char url[160];
    simulated_start(NULL);
    simulated_want_many(3, "first");
    snprintf(url, sizeof url, "%s/v2", simulated.url);
    CHECK_INT(simulated_load_at(url, "", NULL), STATUS_STOP);
    CHECK_CONTAINS(simulated.error.message, "does not serve what it is asked for (HTTP 404");
    CHECK_CONTAINS(simulated.error.message, "check portal.url");
    CHECK_INT(simulated.counts.pending, 3);
    simulated_faults("[\"kind=redirect:http://127.0.0.1:1/,on=put\"]");
    CHECK_INT(simulated_load(""), STATUS_STOP);
    CHECK_CONTAINS(simulated.error.message, "sends elsewhere (HTTP 307");
    CHECK_INT(simulated.counts.pending, 3);
    simulated_faults("[\"kind=status:405,on=put\"]");
    CHECK_INT(simulated_load(""), STATUS_STOP);
    simulated_faults("[\"kind=status:403,on=put\"]");
    CHECK_INT(simulated_load(""), STATUS_STOP);
    CHECK_INT(simulated.counts.sent, 0);
    CHECK_INT(simulated.counts.pending, 3);
    CHECK_INT(simulated_number("effects"), 0);
    simulated_close();
}

TEST("a portal that is not there stops the run at once")
{
    simulated_start(NULL);
    simulated_want_many(20, "first");
    simulated_kill();
    CHECK_INT(simulated_load("retry: { attempts: 5, first: 60s, most: 60s }"), STATUS_STOP);
    CHECK_CONTAINS(simulated.error.message, "cannot be reached");
    CHECK_INT(simulated.counts.sent, 0);
    CHECK_INT(simulated.counts.pending, 20);
    CHECK_INT(simulated_load_at("http://no.such.host.invalid/v1", "", NULL), STATUS_STOP);
    CHECK_CONTAINS(simulated.error.message, "no.such.host.invalid");
    CHECK_INT(simulated.counts.pending, 20);
    CHECK_INT(simulated_load_at("https://127.0.0.1:1/v1", "", NULL), STATUS_STOP);
    simulated_close();
}

TEST("a portal that speaks no TLS stops the run")
{
    char url[160];
    simulated_start(NULL);
    simulated_want_many(2, "first");
    snprintf(url, sizeof url, "https://%.100s/v1", simulated.url + strlen("http://"));
    CHECK_INT(simulated_load_at(url, "", NULL), STATUS_STOP);
    /* It may answer in its own protocol, or hang up first: that alone is no matter of trust. */
    CHECK(strstr(simulated.error.message, "no safe or usable connection") ||
          strstr(simulated.error.message, "cannot be reached"));
    CHECK_INT(simulated.counts.pending, 2);
    simulated_close();
}

static void stop_at(void *user_data, int64_t done, int64_t total)
{
    (void)user_data, (void)total;
    simulated.stop |= done >= 5;
}

TEST("a signal ends the run in order, and the next one goes on")
{
    const char *options[] = { "--delay", "30", NULL };
    simulated_start(options);
    simulated_want_many(100, "first");
    simulated.progress = stop_at;
    CHECK_INT(simulated_load("in_flight: 2"), STATUS_STOP);
    CHECK_CONTAINS(simulated.error.message, "told to stop");
    CHECK(simulated.counts.published >= 5 && simulated.counts.published < 100);
    CHECK_INT(simulated.counts.sent, simulated.counts.published);
    CHECK_INT(simulated.counts.pending, 100 - simulated.counts.published);
    CHECK_INT(simulated_number("effects"), simulated.counts.published);
    simulated_check_account();
    simulated.stop = 0;
    simulated.progress = NULL;
    simulated_next_run();
    CHECK_INT(simulated_load("in_flight: 50"), STATUS_OK);
    CHECK_INT(simulated_number("effects"), 100);
    CHECK_INT(simulated_number("by_operation.get"), 0);
    simulated_close();
}

TEST("a signal while an answer is waited for in vain leaves it unknown, and it is asked about first")
{
    simulated_start(NULL);
    simulated_want_many(20, "first");
    simulated_faults("[\"kind=timeout,when=after,on=put,code=1.000001\"]");
    simulated.progress = stop_at;
    CHECK_INT(simulated_load("in_flight: 2\ntimeout: 60s"), STATUS_STOP);
    simulated_check_account();
    CHECK_INT(simulated.counts.unknown, 1);
    CHECK_INT(simulated_item("1.000001").state, OUTBOX_UNKNOWN);
    CHECK_CONTAINS(simulated_words("1.000001"), "the run ended before the portal had said");
    simulated.stop = 0;
    simulated.progress = NULL;
    simulated_faults("[]");
    simulated_next_run();
    CHECK_INT(simulated_load(""), STATUS_OK);
    CHECK_INT(simulated_number("effects"), 20);
    CHECK_INT(simulated_number("by_operation.get"), 1);
    simulated_close();
}

/* ---- where the ledger cannot be written, nothing is sent ---- */

static void run_sql(const char *sql)
{
    struct error error = { .status = STATUS_OK };
    if (!CHECK_INT(sqlite_run(store_database(simulated.store), sql, &error), STATUS_OK))
        printf("%s\n", error.message);
}

TEST("an intent that cannot be written stops the run before anything leaves")
{
    simulated_start(NULL);
    simulated_want_many(40, "first");
    run_sql("CREATE TEMP TRIGGER deaf BEFORE INSERT ON main.ledger WHEN NEW.event = 'intended' AND NEW.code "
            "= '1.000020'"
            " BEGIN SELECT RAISE(ABORT, 'no room'); END");
    CHECK_INT(simulated_load(""), STATUS_LEDGER);
    CHECK_CONTAINS(simulated.error.message, "the ledger cannot be written");
    CHECK_INT(simulated_number("requests"), 0);
    CHECK_INT(simulated_item("1.000000").state, OUTBOX_IDLE);
    run_sql("DROP TRIGGER deaf");
    CHECK_INT(simulated_load(""), STATUS_OK);
    CHECK_INT(simulated_number("effects"), 40);
    simulated_close();
}

TEST("an answer that cannot be written stops the run, and is learned again by asking")
{
    simulated_start(NULL);
    simulated_want_many(40, "first");
    run_sql("CREATE TEMP TRIGGER deaf BEFORE INSERT ON main.ledger WHEN NEW.event = 'published' AND NEW.code "
            "= '1.000020'"
            " BEGIN SELECT RAISE(ABORT, 'no room'); END");
    CHECK_INT(simulated_load("in_flight: 4"), STATUS_LEDGER);
    CHECK(simulated_number("by_operation.put") < 40);
    run_sql("DROP TRIGGER deaf");
    simulated_next_run();
    CHECK_INT(simulated_load(""), STATUS_OK);
    CHECK_INT(simulated.counts.published, simulated.counts.sent);
    CHECK_INT(simulated_number("effects"), 40);
    CHECK_INT(simulated_number("unconditional"), 0);
    simulated_close();
}

/* ---- somebody else's hand ---- */

static void edit_beside(const char *sql)
{
    struct sqlite *other;
    struct error error = { .status = STATUS_OK };
    if (CHECK_INT(sqlite_open_file(store_path(simulated.store), SQLITE_WRITE, &other, &error), STATUS_OK))
        CHECK_INT(sqlite_run(other, sql, &error), STATUS_OK);
    sqlite_close_file(other);
}

TEST("what another wrote into the store during its first run is sent to nobody")
{
    simulated_start(NULL);
    simulated_want_many(3, "first");
    edit_beside(
        "UPDATE procedure_state SET held_status = 'published', held_version = 'v1' WHERE code = '1.000001'");
    CHECK_INT(simulated_load(""), STATUS_LEDGER);
    CHECK_CONTAINS(simulated.error.message, "1.000001");
    CHECK_INT(simulated_number("requests"), 0);
    simulated_close();
}

/* ---- after a death ---- */

static void intend_and_die(const char *code)
{
    struct outbox_item item = simulated_item(code);
    struct error error;
    CHECK_INT(store_begin(simulated.store, &error), STATUS_OK);
    CHECK_INT(outbox_intend(simulated.store, &test_arena, &item, item.held ? item.etag : TEXT_NONE, &error),
              STATUS_OK);
    CHECK_INT(store_commit(simulated.store, &error), STATUS_OK);
}

TEST("an intent of a dead process is asked about first, and sent under its own key when it is not there")
{
    simulated_start(NULL);
    simulated_want("1.000001", "first");
    intend_and_die("1.000001");
    struct text key = simulated_item("1.000001").key;
    simulated_next_run();
    CHECK_INT(simulated_load(""), STATUS_OK);
    CHECK_INT(simulated.counts.published, 1);
    CHECK_INT(simulated_number("by_operation.get"), 2); /* and read back */
    CHECK_INT(simulated_number("effects"), 1);
    const struct value *effects = simulated_control("effects", "GET", NULL);
    CHECK_TEXT(value_text_of(effects->first, "key"), key);
    simulated_close();
}

TEST("an intent whose request had arrived before the death is published without sending it again")
{
    simulated_start(NULL);
    simulated_want_many(2, "first");
    simulated_faults("[\"kind=reset,when=after,on=put,code=1.000001\",\"kind=reset,on=get\"]");
    CHECK_INT(simulated_load("in_flight: 1\nretry: { attempts: 2, first: 1ms }"), STATUS_STOP);
    CHECK_INT(simulated_item("1.000001").state, OUTBOX_UNKNOWN);
    CHECK_INT(simulated_number("effects"), 2);
    simulated_faults("[]");
    simulated_next_run();
    CHECK_INT(simulated_load(""), STATUS_OK);
    CHECK_INT(simulated.counts.published, 1);
    CHECK_INT(simulated.counts.sent, 1);
    CHECK_INT(simulated_number("effects"), 2);
    CHECK_INT(simulated_number("by_operation.put"), 2);
    CHECK(simulated_item("1.000001").held);
    simulated_close();
}

TEST("where the content has changed since the death, what arrived is settled first, then the new one sent")
{
    simulated_start(NULL);
    simulated_want("1.000001", "first");
    intend_and_die("1.000001");
    simulated_want("1.000001", "second");
    CHECK_INT(simulated_load(""), STATUS_OK);
    CHECK_INT(simulated.counts.published, 1);
    CHECK_INT(simulated_number("effects"), 1);
    CHECK_INT(simulated_events("recalled"), 1);
    CHECK_INT(simulated_events("intended"), 2);
    simulated_want("1.000001", "third");
    simulated_faults("[\"kind=reset,when=after,on=put\",\"kind=reset,on=get\"]");
    CHECK_INT(simulated_load("retry: { attempts: 2, first: 1ms }"), STATUS_STOP);
    CHECK_INT(simulated_number("effects"), 2);
    simulated_faults("[]");
    simulated_want("1.000001", "fourth");
    simulated_next_run();
    CHECK_INT(simulated_load(""), STATUS_OK);
    simulated_check_account();
    CHECK_INT(simulated.counts.published, 2); /* the third, learned by asking, and the fourth */
    CHECK_INT(simulated_number("effects"), 3);
    CHECK_INT(simulated_number("unconditional"), 0);
    CHECK_TEXT(simulated_item("1.000001").version, TEXT("3"));
    simulated_close();
}

TEST("a withdrawn record that was under way and is no longer wanted is asked about, never sent")
{
    simulated_start(NULL);
    simulated_want("1.000001", "first");
    intend_and_die("1.000001");
    simulated_unwant("1.000001");
    CHECK_INT(simulated_load(""), STATUS_OK);
    CHECK_INT(simulated.counts.sent, 0);
    CHECK_INT(simulated_number("by_operation.put"), 0);
    CHECK_INT(simulated_item("1.000001").state, OUTBOX_IDLE);
    simulated_close();
}
