/* What is left to be done with records, as the one pen writes it. */
#include "store/transform_queue.h"

#include "store/operator_order.h"
#include "store/store_run.h"
#include "tests/support/test.h"

static struct store *store;
static struct error error;

static const char *work(void)
{
    struct sqlite_statement *row;
    CHECK_INT(sqlite_prepare(store_database(store),
                             "SELECT group_concat(work, '') FROM (SELECT work FROM record"
                             " ORDER BY id)",
                             &row, &error),
              STATUS_OK);
    CHECK_INT(sqlite_step(row, &error), STATUS_OK);
    const char *text = text_string(&test_arena, sqlite_column_text(row, 0));
    sqlite_finish(row);
    return text;
}

static void set(const char *sql)
{
    CHECK_INT(sqlite_run(store_database(store), sql, &error), STATUS_OK);
}

static void open_store(void)
{
    struct text path = text_format(&test_arena, "%s/store.db", test_folder());
    struct run_start start = { .command = "run", .operator_ = "tester", .host = "here", .version = "0" };
    int64_t run;
    CHECK_INT(store_open(path.bytes, STORE_RUN, clock_system(), &store, &error), STATUS_OK);
    CHECK_INT(store_run_begin(store, &start, &run, &error), STATUS_OK);
    CHECK_INT(store_begin(store, &error), STATUS_OK);
    set("INSERT INTO source (id, name) VALUES (1, 's');");
}

TEST("what is to be done again never makes what is left to be done less")
{
    static const char *const after[4] = {
        /* wanted:       MAP, CHECK, RESOLVE */
        [WORK_DONE] = "123",
        [WORK_MAP] = "111",
        [WORK_CHECK] = "122",
        [WORK_RESOLVE] = "123",
    };
    open_store();
    set("INSERT INTO record (id, source, key, locator, source_digest, payload, present)"
        " VALUES (1, 1, 'a', '', x'', 0, 1), (2, 1, 'b', '', x'', 0, 1), (3, 1, 'c', '', x'', 0, 1)");
    for (int left = WORK_DONE; left <= WORK_RESOLVE; left++) {
        set(text_format(&test_arena, "UPDATE record SET work = %d", left).bytes);
        for (int wanted = WORK_MAP; wanted <= WORK_RESOLVE; wanted++)
            CHECK_INT(transform_queue_raise(store, wanted, (enum transform_work)wanted, &error), STATUS_OK);
        CHECK_STRING(work(), after[left]);
    }
    store_rollback(store);
    store_close(store);
}

TEST("a record whose bytes stand under another number is not passed over in silence")
{
    static const enum transform_work kinds[] = { WORK_MAP, WORK_CHECK };
    struct transform_item items[2];
    size_t count;
    open_store();
    set("INSERT INTO record (id, source, key, locator, source_digest, payload, content, present, work)"
        " VALUES (1, 1, 'a', '', x'', 1000, 1000, 1, 1), (2, 1, 'b', '', x'', 1000, 1000, 1, 2)");
    for (size_t i = 0; i < 2; i++) {
        CHECK_INT(
            transform_queue_next(store, "s", kinds[i], NULL, 0, 0, &test_arena, items, 2, &count, &error),
            STATUS_LEDGER);
        CHECK_CONTAINS(error.message,
                       i ? "the bytes of the record b are gone" : "the bytes of the record a are gone");
    }
    store_rollback(store);
    store_close(store);
}

TEST("records of one code are resolved again together: those in their sources, but the one that is the cause")
{
    open_store();
    set("INSERT INTO record (id, source, key, locator, source_digest, payload, code, status, outcome, "
        "present, work)"
        " VALUES (1, 1, 'a', '', x'', 0, 'A', 'announced', 'accepted', 1, 0),"
        " (2, 1, 'b', '', x'', 0, 'A', 'abolished', 'accepted', 1, 0),"
        " (3, 1, 'c', '', x'', 0, 'A', 'abolished', 'rejected', 1, 0),"
        " (4, 1, 'd', '', x'', 0, 'A', 'announced', 'accepted', 0, 0),"
        " (5, 1, 'e', '', x'', 0, 'B', 'announced', 'accepted', 1, 0),"
        " (6, 1, 'f', '', x'', 0, 'A', 'announced', 'accepted', 1, 1)");
    struct transform_shared shared = { .code = TEXT("A"), .abolished = true, .rejected = true };
    CHECK_INT(transform_queue_share(store, &shared, &error), STATUS_OK);
    CHECK_STRING(work(), "003001");
    shared.rejected = false;
    CHECK_INT(transform_queue_share(store, &shared, &error), STATUS_OK);
    CHECK_STRING(work(), "033001");
    set("UPDATE record SET work = 0 WHERE id < 6");
    CHECK_INT(transform_queue_share(store, &(struct transform_shared){ .code = TEXT("A"), .but = 1 }, &error),
              STATUS_OK);
    CHECK_STRING(work(), "033001");
    CHECK_INT(transform_queue_raise(store, 5, WORK_MAP, &error), STATUS_OK);
    CHECK_INT(transform_queue_raise(store, 5, WORK_RESOLVE, &error), STATUS_OK);
    CHECK_STRING(work(), "033011");
    CHECK_INT(transform_queue_resolved(store, 2, "held", &error), STATUS_OK);
    CHECK_STRING(work(), "003011");
    store_rollback(store);
    store_close(store);
}

/* One rule finds the same in each record of a large source, as rules over dates do: what is looked up for one record must not
 * go through all of them. SQLite has no statistics here, and takes an index of two columns for the better one. */
#define ALIKE "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 4000)"

TEST("a finding is written without a look at what its rule has found elsewhere")
{
    struct finding finding = { .rule = TEXT("RULE"), .message = TEXT("late") };
    open_store();
    set("INSERT INTO record (id, source, key, locator, source_digest, payload, present)"
        " VALUES (1, 1, 'a', '', x'', 0, 1)");
    set("INSERT INTO finding (record, since_run, stage, rule, severity, message)"
        " VALUES (1, 7, -1, 'RULE', 'warning', 'late')");
    set(ALIKE " INSERT INTO finding (record, since_run, stage, rule, severity, message)"
              " SELECT 1 + i, 1, 1, 'RULE', 'warning', 'late' FROM n");
    sqlite_allow(store_database(store), 10000);
    CHECK_INT(transform_queue_put_finding(store, 1, &finding, 1, &error), STATUS_OK);
    sqlite_allow(store_database(store), 0);
    store_rollback(store);
    store_close(store);
}

TEST("what is to be retried by its rule is found without a look at all that the rule has found")
{
    struct operator_order_request request = { .actor = "lan", .rule = "RULE" };
    struct operator_order_counts counts;
    open_store();
    set(ALIKE " INSERT INTO record (id, source, key, locator, source_digest, payload, present, outcome)"
              " SELECT i, 1, 'k' || i, '', x'', 0, 1, 'rejected' FROM n");
    set(ALIKE " INSERT INTO finding (record, since_run, stage, rule, severity, message)"
              " SELECT 4000 + i, 1, 1, 'RULE', 'error', 'bad' FROM n");
    CHECK_INT(store_commit(store, &error), STATUS_OK);
    sqlite_allow(store_database(store), 1000000);
    CHECK_INT(operator_order_retry(store, &request, &counts, &error), STATUS_OK);
    CHECK_INT(counts.rejected, 0);
    sqlite_allow(store_database(store), 0);
    store_close(store);
}
