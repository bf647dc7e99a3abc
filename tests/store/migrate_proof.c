/* What 0.1.0 wanted, sent and decided, and the proof of it: it named no events, and had none for some things that it did. */
#include "store/outbox_proof.h"

#include "tests/support/night.h"
#include "tests/support/old_store.h"
#include "tests/support/test.h"
#include "tests/support/verified.h"

static struct night night;

static void begin(void)
{
    struct error error = { 0 };
    if (!CHECK_INT(night_try_begin(&night, &error), STATUS_OK))
        fprintf(stderr, "%s\n", error.message);
}

static const char *doubted;

static enum status say(void *user_data, struct text code, int64_t event, const char *sentence,
                       struct error *error)
{
    (void)event, (void)error;
    ++*(size_t *)user_data;
    doubted = text_format(&test_arena, TEXT_PRINT ": %s", TEXT_ARG(code), sentence).bytes;
    return STATUS_OK;
}

static size_t doubts(void)
{
    struct error error = { 0 };
    size_t count = 0;
    doubted = "";
    CHECK_INT(outbox_prove(night.store, NULL, say, &count, &error), STATUS_OK);
    return count;
}

static void doubt_after(const char *code, const char *set, size_t wanted)
{
    struct error error = { 0 };
    CHECK_INT(store_begin(night.store, &error), STATUS_OK);
    CHECK_INT(
        sqlite_run(
            store_database(night.store),
            text_format(&test_arena, "UPDATE procedure_state SET %s WHERE code = '%s'", set, code).bytes,
            &error),
        STATUS_OK);
    if (!CHECK_INT(doubts(), wanted))
        printf("  %s: %s: %s\n", code, set, doubted);
    store_rollback(night.store);
}

/* A store as 0.1.0 left it, in which a run begins. */
static const char *old_store_begin(struct sqlite **database)
{
    struct error error = { 0 };
    const char *path = old_store_make();
    CHECK_INT(sqlite_open_file(path, SQLITE_WRITE, database, &error), STATUS_OK);
    old_store_append(*database, "run-started", NULL, NULL, NULL,
                     "{\"command\":\"run\",\"version\":\"0.1.0\"}");
    return path;
}

TEST("what 0.1.0 wanted follows from its events, before and after, and what it did not want does not")
{
    struct error error = { 0 };
    struct sqlite *database;
    const char *path = old_store_begin(&database);
    old_store_want(database, 20, "1.000003", "publish", "{\"code\":\"1.000003\",\"status\":\"announced\"}");
    /* Wanted all the same: its record was accepted anew, which 0.1.0 wrote no event of where the content was the same. */
    old_store_append(database, "rejected", "one", "1.000003", NULL, "{\"key\":\"1.000003\"}");
    old_store_want(database, 21, "1.000002", "withdraw", "{\"code\":\"1.000002\",\"status\":\"abolished\"}");
    /* An order, which 0.1.0 named with neither what it set aside nor its number. */
    struct digest order = crypto_sha256(TEXT("{\"decision\":\"1/QĐ\"}"));
    old_store_append(database, "withdrawal-ordered", NULL, "1.000004", &order, "{}");
    CHECK_INT(
        sqlite_run(database,
                   "INSERT INTO payload (id, digest, kind, encoding, size, run, bytes)"
                   " SELECT 22, digest, 1, 0, 22, 3, CAST('{\"decision\":\"1/QĐ\"}' AS BLOB) FROM ledger"
                   " WHERE code = '1.000004' AND event = 'withdrawal-ordered';"
                   "INSERT INTO procedure_state (code, record, wanted_action, wanted_content, wanted_digest,"
                   " wanted_run, state, ordered, dismissed)"
                   " SELECT code, 4, 'withdraw', 22, digest, 3, 'idle', seq, randomblob(32) FROM ledger"
                   " WHERE code = '1.000004' AND event = 'withdrawal-ordered'",
                   &error),
        STATUS_OK);
    old_store_settle(database);
    sqlite_close_file(database);

    night = (struct night){ 0 };
    CHECK_INT(store_open(path, STORE_READ_OLDER, clock_system(), &night.store, &error), STATUS_OK);
    if (!CHECK_INT(doubts(), 0))
        printf("  %s\n", doubted);
    store_close(night.store);

    night_open(&night, path, NULL);
    begin();
    CHECK_INT(night_number(&night, "SELECT count(*) FROM procedure_state WHERE wanted_event > 21"), 3);
    if (!CHECK_INT(doubts(), 0))
        printf("  %s\n", doubted);
    doubt_after("1.000003", "wanted_action = 'withdraw'", 1);
    doubt_after("1.000003", "wanted_digest = held_digest, wanted_content = held_content", 1);
    doubt_after("1.000003", "wanted_event = wanted_event - 1", 1);
    doubt_after("1.000002", "wanted_action = 'publish'", 1);
    doubt_after("1.000002", "held_status = 'abolished'", 1);
    doubt_after("1.000002", "held_version = '3'", 1);
    doubt_after("1.000001", "state = 'intended', intent_key = 'k', intent_action = 'publish'", 1);
    doubt_after("1.000001",
                "wanted_action = 'publish', wanted_event = 3, wanted_content = 20, wanted_digest ="
                " (SELECT digest FROM payload WHERE id = 20)",
                1);
    doubt_after("1.000004", "wanted_action = 'publish'", 1);
    doubt_after("1.000004", "wanted_event = wanted_event - 1", 1);
    doubt_after("1.000001", "overwrite = '*', overwrite_event = 3", 1);
    /* What it did not say is not asked of it. */
    doubt_after("1.000003",
                "wanted_action = NULL, wanted_digest = NULL, wanted_content = NULL, wanted_event = NULL", 0);
    night_end(&night);
    night_close(&night);
}

TEST("a version that 0.1.0 took from a reconciliation without an event gets its event")
{
    struct error error = { 0 };
    const char *path = old_store_make();
    old_store_forge(
        path, "UPDATE procedure_state SET held_version = '99', held_etag = NULL WHERE code = '1.000001'");
    night = (struct night){ 0 };
    night_open(&night, path, NULL);
    begin();
    CHECK_INT(night_number(&night, "SELECT count(*) FROM ledger WHERE event = 'refreshed'"), 1);
    CHECK_INT(
        night_number(&night,
                     "SELECT count(*) FROM ledger e JOIN procedure_state s ON s.code = e.code WHERE event = "
                     "'refreshed'"
                     " AND s.code = '1.000001' AND json_extract(e.detail, '$.version') = '99'"
                     " AND e.digest = s.held_digest"),
        1);
    if (!CHECK_INT(doubts(), 0))
        printf("  %s\n", doubted);
    night_end(&night);
    CHECK(verified(night.store));
    CHECK_INT(night_try_begin(&night, &error), STATUS_OK);
    CHECK_INT(night_number(&night, "SELECT count(*) FROM ledger WHERE event = 'refreshed'"), 1);
    night_close(&night);
}

/* Something that 0.1.0 did to a code with the content that stands at the portal under `of`; and what its row says since
 * ("": as it was). */
static void leave_old(struct sqlite *database, const char *event, const char *code, const char *of,
                      const char *detail, const char *set)
{
    struct error error = { 0 };
    struct sqlite_statement *row;
    struct digest held;
    CHECK_INT(
        sqlite_prepare(database, "SELECT held_digest FROM procedure_state WHERE code = ?1", &row, &error),
        STATUS_OK);
    sqlite_bind_text(row, 1, text_of(of));
    CHECK_INT(sqlite_step(row, &error), STATUS_OK);
    CHECK(sqlite_digest(row, 0, &held));
    sqlite_finish(row);
    old_store_append(database, event, NULL, code, &held, detail);
    const char *sql =
        text_format(&test_arena, "UPDATE procedure_state SET %s WHERE code = '%s'", set, code).bytes;
    if (*set)
        CHECK_INT(sqlite_run(database, sql, &error), STATUS_OK);
}

#define HELD(column, of) "(SELECT o." column " FROM procedure_state o WHERE o.code = '" of "')"
#define OPEN(event, of)                                                                                      \
    "state = 'intended', intent_key = 'k', intent_action = 'withdraw', intent_base = 'b', intent_content "   \
    "= " HELD("held_content", of) ", intent_digest = " HELD(                                                 \
        "held_digest", of) ", " event " = (SELECT max(seq) FROM ledger e WHERE e.code = "                    \
                           "procedure_state.code AND e.event = 'intended')"
#define CLOSED                                                                                               \
    "state = 'idle', intent_key = NULL, intent_action = NULL, intent_base = NULL, intent_content = NULL,"    \
    " intent_digest = NULL, intent_event = NULL"

TEST("what 0.1.0 sent of a wish that no event has, or let go with a decision, is believed of it, and no more")
{
    static const char sent[] = "{\"action\":\"withdraw\",\"base\":\"b\",\"key\":\"k\"}",
                      lifted[] = "{\"state\":\"decided\"}";
    struct sqlite *database;
    const char *path = old_store_begin(&database);
    leave_old(database, "intended", "1.000001", "1.000003", sent, OPEN("intent_seq", "1.000003"));
    /* Closed, and what had been set aside was kept. */
    leave_old(database, "intended", "1.000002", "1.000002", sent, "");
    leave_old(database, "retried", "1.000002", "1.000002", lifted, "dismissed = randomblob(32)");
    /* Sent again since. */
    leave_old(database, "retried", "1.000003", "1.000003", lifted, "");
    leave_old(database, "intended", "1.000003", "1.000003", sent, OPEN("intent_seq", "1.000003"));
    old_store_settle(database);
    sqlite_close_file(database);

    night = (struct night){ 0 };
    night_open(&night, path, NULL);
    begin();
    if (!CHECK_INT(doubts(), 0))
        printf("  %s\n", doubted);
    doubt_after("1.000001", "intent_action = 'publish'", 1);
    doubt_after("1.000001", CLOSED, 1);
    doubt_after("1.000002", OPEN("intent_event", "1.000002"), 0);
    doubt_after("1.000003", CLOSED, 1);
    night_end(&night);
    night_close(&night);
}
