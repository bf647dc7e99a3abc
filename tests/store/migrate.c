#include "store/migrate.h"

#include <unistd.h>

#include "store/history.h"
#include "store/ledger.h"
#include "store/ledger_entry.h"
#include "store/merkle.h"
#include "store/outbox_proof.h"
#include "store/schema.h"
#include "tests/support/night.h"
#include "tests/support/test.h"

/* A store as 0.1.0 left it after two nights: three records published, one of them changed and one missing since, one
 * whose bytes are its canonical content (0.1.0 packed it), one rejected, one empty file. */
#define OLD_STORE "tests/store/stores/0.1.0.sql"

static struct night night;

static const char *make_old_store(void)
{
    struct error error = { 0 };
    struct text sql;
    struct sqlite *database;
    const char *path = text_format(&test_arena, "%s/old.db", test_folder()).bytes;
    unlink(path);
    CHECK_INT(file_read(&test_arena, OLD_STORE, 1 << 20, &sql, &error), STATUS_OK);
    CHECK_INT(sqlite_open_file(path, SQLITE_CREATE, &database, &error), STATUS_OK);
    if (!CHECK_INT(sqlite_run(database, text_string(&test_arena, sql), &error), STATUS_OK))
        fprintf(stderr, "%s\n", error.message);
    sqlite_close_file(database);
    return path;
}

static void forge(const char *path, const char *sql)
{
    struct error error = { 0 };
    struct sqlite *database;
    CHECK_INT(sqlite_open_file(path, SQLITE_WRITE, &database, &error), STATUS_OK);
    if (!CHECK_INT(sqlite_run(database, sql, &error), STATUS_OK))
        fprintf(stderr, "%s\n", error.message);
    sqlite_close_file(database);
}

static void begin(void)
{
    struct error error = { 0 };
    if (!CHECK_INT(night_try_begin(&night, &error), STATUS_OK))
        fprintf(stderr, "%s\n", error.message);
}

static void check_standing(enum schema_standing wanted)
{
    struct error error = { 0 };
    enum schema_standing standing;
    CHECK_INT(schema_judge(store_database(night.store), store_version(night.store), &standing, &error),
              STATUS_OK);
    CHECK_INT(standing, wanted);
}

TEST("every step knows its schema")
{
    struct error error = { 0 };
    struct digest digest;
    char hex[DIGEST_HEX];
    night = (struct night){ 0 };
    CHECK_INT(store_open(make_old_store(), STORE_READ_OLDER, clock_system(), &night.store, &error),
              STATUS_OK);
    CHECK_INT(schema_digest(store_database(night.store), &digest, &error), STATUS_OK);
    digest_hex(&digest, hex);
    CHECK_STRING(hex, "8117b58b316f0571d600c66f18b54746761c0044b880f0bdaa521ab3c305cda2");
    CHECK_INT(schema_version_knows(1, &digest), true);
    CHECK_INT(schema_version_knows(2, &digest), false);
    store_close(night.store);
}

TEST("who only reads names the command that brings a store up to date")
{
    struct error error = { 0 };
    struct store *store;
    const char *path = make_old_store();
    CHECK_INT(store_open(path, STORE_READ, clock_system(), &store, &error), STATUS_USAGE);
    CHECK_CONTAINS(error.message, "congkhai 0.1.0");
    CHECK_CONTAINS(error.message, "congkhai run");
}

TEST("an older store is read as it is and stays as it is")
{
    struct error error = { 0 };
    struct value *page;
    struct text before, after;
    const char *path = make_old_store();
    night = (struct night){ 0 };
    CHECK_INT(file_read(&test_arena, path, 1 << 20, &before, &error), STATUS_OK);
    CHECK_INT(store_open(path, STORE_READ_OLDER, clock_system(), &night.store, &error), STATUS_OK);
    CHECK_INT(night_number(&night, "SELECT count(*) FROM audit_current"), 3);
    CHECK_INT(night_number(&night, "SELECT count(*) FROM record"), 5);
    CHECK_INT(night_number(&night, "SELECT published FROM audit_runs WHERE run = 1"), 3);
    CHECK_INT(history_show(night.store, &test_arena, TEXT("1.000002"), &page, &error), STATUS_OK);
    store_close(night.store);
    CHECK_INT(file_read(&test_arena, path, 1 << 20, &after, &error), STATUS_OK);
    CHECK(text_equal(before, after));
}

TEST("the first run brings a store up to date and says so once")
{
    const char *path = make_old_store();
    night = (struct night){ 0 };
    night_open(&night, path, NULL);
    CHECK_INT(store_version(night.store), 1);
    int64_t hashes = night_number(&night, "SELECT sum(length(hash)) FROM ledger WHERE seq <= 21");
    begin();
    CHECK_INT(store_version(night.store), STORE_VERSION);
    check_standing(SCHEMA_OURS);
    night_end(&night);
    CHECK_INT(night_number(&night, "SELECT user_version FROM pragma_user_version"), STORE_VERSION);
    CHECK_INT(night_number(&night, "SELECT sum(length(hash)) FROM ledger WHERE seq <= 21"), hashes);
    CHECK_INT(night_number(&night, "SELECT count(*) FROM ledger WHERE event = 'migrated'"), 1);
    CHECK_INT(
        night_number(&night, "SELECT json_extract(detail, '$.from') FROM ledger WHERE event = 'migrated'"),
        1);
    CHECK_INT(
        night_number(
            &night,
            "SELECT json_extract(detail, '$.carried.rows.record') FROM ledger WHERE event = 'migrated'"),
        5);
    CHECK_INT(night_number(&night, "SELECT count(*) FROM record"), 5);
    CHECK_INT(night_number(&night, "SELECT count(*) FROM procedure_state WHERE held_status = 'published'"),
              3);
    night_close(&night);
    night_open(&night, path, NULL);
    begin();
    night_end(&night);
    CHECK_INT(night_number(&night, "SELECT count(*) FROM ledger WHERE event = 'migrated'"), 1);
    night_close(&night);
}

/* What was carried over is bound: another row gives another root. */
TEST("the event binds every row that was carried over")
{
    static const char root[] =
        "SELECT json_extract(detail, '$.carried.root') FROM ledger WHERE event = 'migrated'";
    struct error error = { 0 };
    char *roots[2];
    for (int i = 0; i < 2; i++) {
        struct sqlite_statement *row;
        const char *path = make_old_store();
        if (i)
            forge(path, "UPDATE record SET locator = 'elsewhere' WHERE id = 4");
        night = (struct night){ 0 };
        night_open(&night, path, NULL);
        begin();
        night_end(&night);
        CHECK_INT(sqlite_prepare(store_database(night.store), root, &row, &error), STATUS_OK);
        CHECK_INT(sqlite_step(row, &error), STATUS_OK);
        roots[i] = text_string(&test_arena, sqlite_column_text(row, 0));
        sqlite_finish(row);
        night_close(&night);
    }
    CHECK_INT(strlen(roots[0]), DIGEST_HEX - 1);
    CHECK(strcmp(roots[0], roots[1]) != 0);
}

TEST("an older store that was edited is neither read nor brought up to date")
{
    static const char *const edits[] = {
        "DROP VIEW audit_current; CREATE VIEW audit_current AS SELECT 1",
        "DROP TRIGGER ledger_no_update",
        "CREATE TABLE sqlitexstat (x)",
        "DROP INDEX record_digest",
        "ALTER TABLE record ADD COLUMN extra",
    };
    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
        struct error error = { 0 };
        struct store *store;
        const char *path = make_old_store();
        forge(path, edits[i]);
        CHECK_INT(store_open(path, STORE_READ_OLDER, clock_system(), &store, &error), STATUS_LEDGER);
        night = (struct night){ 0 };
        night_open(&night, path, NULL);
        CHECK_INT(night_try_begin(&night, &error), STATUS_LEDGER);
        CHECK_INT(night_number(&night, "SELECT count(*) FROM ledger"), 21);
        night_close(&night);
    }
}

TEST("a store of today that was edited is not read")
{
    struct error error = { 0 };
    struct store *store;
    const char *path = text_format(&test_arena, "%s/new.db", test_folder()).bytes;
    night = (struct night){ 0 };
    night_open(&night, path, NULL);
    begin();
    night_end(&night);
    night_close(&night);
    forge(path, "CREATE TABLE sqlitexstat (x)");
    CHECK_INT(store_open(path, STORE_READ, clock_system(), &store, &error), STATUS_LEDGER);
    CHECK_CONTAINS(error.message, "sqlitexstat");
    CHECK_INT(store_open(path, STORE_EXAMINE, clock_system(), &store, &error), STATUS_OK);
    store_close(store);
    forge(path, "DROP TABLE sqlitexstat; ANALYZE");
    CHECK_INT(store_open(path, STORE_READ, clock_system(), &store, &error), STATUS_OK);
    store_close(store);
}

/* Another program of the same version made its views in other words: its ledger says so. */
TEST("the text of a view may change without a new version")
{
    struct error error = { 0 };
    struct digest digest;
    const char *path = text_format(&test_arena, "%s/views.db", test_folder()).bytes;
    static const char other[] = "DROP VIEW audit_events; CREATE VIEW audit_events AS SELECT seq FROM ledger";
    night = (struct night){ 0 };
    night_open(&night, path, NULL);
    begin();
    night_end(&night);
    CHECK_INT(sqlite_run(store_database(night.store), other, &error), STATUS_OK);
    CHECK_INT(schema_digest(store_database(night.store), &digest, &error), STATUS_OK);
    check_standing(SCHEMA_FOREIGN);
    struct value *detail = value_object(&test_arena);
    value_set(detail, "schema", value_digest(&test_arena, &digest));
    CHECK_INT(store_begin(night.store, &error), STATUS_OK);
    CHECK_INT(ledger_append_to(night.store, 2,
                               &(struct ledger_event){ .event = "run-started", .detail = detail }, &error),
              STATUS_OK);
    CHECK_INT(store_commit(night.store, &error), STATUS_OK);
    check_standing(SCHEMA_OLDER);
    night_close(&night);

    CHECK_INT(store_open(path, STORE_READ, clock_system(), &night.store, &error), STATUS_OK);
    CHECK_INT(night_number(&night, "SELECT count(*) FROM audit_events WHERE event = 'run-started'"), 2);
    store_close(night.store);

    night_open(&night, path, NULL);
    begin();
    night_end(&night);
    check_standing(SCHEMA_OURS);
    CHECK_INT(night_number(&night, "SELECT count(*) FROM audit_events WHERE event = 'migrated'"), 1);
    night_close(&night);
}

static struct audit_report verify(void)
{
    struct audit_report report;
    struct error error = { 0 };
    struct audit_request request = { 0 };
    if (!CHECK_INT(audit_verify(night.store, &request, &test_arena, &report, &error), STATUS_OK))
        fprintf(stderr, "%s\n", error.message);
    for (const struct audit_finding *finding = report.first; finding; finding = finding->next)
        fprintf(stderr, "found: %s\n", finding->message);
    return report;
}

static bool notes(const struct audit_report *report, const char *words)
{
    for (const struct audit_finding *note = report->notes_; note; note = note->next)
        if (strstr(note->message, words))
            return true;
    return false;
}

TEST("what the first version did wrong is told as its fault, and the rest verifies, before and after")
{
    struct error error = { 0 };
    const char *path = make_old_store();
    night = (struct night){ 0 };
    CHECK_INT(store_open(path, STORE_EXAMINE, clock_system(), &night.store, &error), STATUS_OK);
    struct audit_report report = verify();
    CHECK(report.holds);
    CHECK(notes(&report, "1 events of runs of congkhai 0.1.0 name input without bytes"));
    CHECK(notes(&report, "1 contents of which events of runs of congkhai 0.1.0 speak were packed"));
    store_close(night.store);

    night_open(&night, path, NULL);
    begin();
    night_end(&night);
    report = verify();
    CHECK(report.holds);
    CHECK(notes(&report, "name input without bytes"));
    CHECK(!notes(&report, "were packed"));
    CHECK_INT(night_number(&night, "SELECT count(*) FROM audit_current WHERE name IS NULL"), 0);
    CHECK_INT(
        night_number(&night, "SELECT count(*) FROM audit_fields WHERE code = '1.000003' AND field = 'name'"),
        1);
    CHECK_INT(night_number(
                  &night,
                  "SELECT count(*) FROM procedure_state WHERE wanted_action IS NULL AND held_event IS NULL"),
              0);
    night_close(&night);
}

/* The excuse is for what that version wrote: not for a digest that fits no locator, nor for bytes that are there. */
TEST("an excuse of the first version covers nothing else")
{
    static const char *const forgeries[] = {
        "UPDATE payload SET bytes = CAST('x' AS BLOB), size = 1 WHERE size = 0",
        "UPDATE payload SET bytes = x'', size = 0, encoding = 0 WHERE id = 6",
        "UPDATE payload SET bytes = NULL WHERE size = 0",
    };
    for (size_t i = 0; i < sizeof forgeries / sizeof *forgeries; i++) {
        struct audit_report report;
        struct error error = { 0 };
        struct audit_request request = { 0 };
        const char *path = make_old_store();
        forge(path, forgeries[i]);
        night = (struct night){ 0 };
        CHECK_INT(store_open(path, STORE_EXAMINE, clock_system(), &night.store, &error), STATUS_OK);
        CHECK_INT(audit_verify(night.store, &request, &test_arena, &report, &error), STATUS_OK);
        CHECK(!report.holds);
        CHECK_STRING(report.first->kind, AUDIT_PAYLOAD);
        store_close(night.store);
    }
}

/* ---- what 0.1.0 wanted, and the proof of it ---- */

/* An event as 0.1.0 wrote it behind those that are there, in a run 3 that died. */
static void append_old(struct sqlite *database, const char *event, const char *source, const char *code,
                       const struct digest *digest, const char *detail)
{
    struct error error = { 0 };
    struct sqlite_statement *row;
    BUFFER_OWNED struct buffer bytes = { 0 };
    CHECK_INT(sqlite_prepare(database, "SELECT max(seq) + 1 FROM ledger", &row, &error), STATUS_OK);
    CHECK_INT(sqlite_step(row, &error), STATUS_OK);
    struct ledger_entry entry = { .seq = sqlite_number(row, 0),
                                  .run = 3,
                                  .at = TEXT("2026-11-29T23:39:45.000Z"),
                                  .event = text_of(event),
                                  .source = text_of(source),
                                  .code = text_of(code),
                                  .has_digest = digest != NULL,
                                  .digest = digest ? *digest : (struct digest){ .bytes = { 0 } },
                                  .actor = text_of(source ? NULL : "root"),
                                  .detail = text_of(detail) };
    sqlite_finish(row);
    ledger_canonical(&bytes, &entry);
    entry.hash = merkle_leaf(buffer_view(&bytes));
    CHECK_INT(
        sqlite_prepare(database,
                       "INSERT INTO ledger (seq, at, run, event, source, code, digest, actor, detail, hash)"
                       " VALUES (?1, ?2, 3, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                       &row, &error),
        STATUS_OK);
    sqlite_bind_number(row, 1, entry.seq);
    sqlite_bind_text(row, 2, entry.at);
    sqlite_bind_text(row, 3, entry.event);
    sqlite_bind_text(row, 4, entry.source);
    sqlite_bind_text(row, 5, entry.code);
    sqlite_bind_digest(row, 6, digest);
    sqlite_bind_text(row, 7, entry.actor);
    sqlite_bind_text(row, 8, entry.detail);
    sqlite_bind_digest(row, 9, &entry.hash);
    CHECK_INT(sqlite_execute(row, &error), STATUS_OK);
    sqlite_finish(row);
}

/* The tree on disk knows what was appended. */
static void settle_tree(struct sqlite *database)
{
    struct error error = { 0 };
    struct sqlite_statement *row;
    struct merkle_tree tree = { 0 };
    BUFFER_OWNED struct buffer frontier = { 0 };
    CHECK_INT(sqlite_prepare(database, "SELECT hash FROM ledger ORDER BY seq", &row, &error), STATUS_OK);
    while (sqlite_step(row, &error) == STATUS_OK) {
        struct digest hash;
        CHECK(sqlite_digest(row, 0, &hash));
        merkle_append(&tree, &hash);
    }
    sqlite_finish(row);
    merkle_write(&tree, &frontier);
    CHECK_INT(sqlite_prepare(database, "UPDATE tree SET size = ?1, frontier = ?2", &row, &error), STATUS_OK);
    sqlite_bind_number(row, 1, (int64_t)tree.size);
    sqlite_bind_bytes(row, 2, buffer_view(&frontier));
    CHECK_INT(sqlite_execute(row, &error), STATUS_OK);
    sqlite_finish(row);
}

/* A content, the event that accepts it, and what is wanted since; 0.1.0 said neither status nor event. */
static void want_old(struct sqlite *database, int payload, const char *code, const char *action,
                     const char *content)
{
    struct error error = { 0 };
    struct sqlite_statement *row;
    struct digest digest = crypto_sha256(text_of(content));
    append_old(database, "accepted", "one", code, &digest,
               text_format(&test_arena, "{\"key\":\"%s\"}", code).bytes);
    CHECK_INT(sqlite_prepare(database,
                             "INSERT INTO payload (id, digest, kind, encoding, size, run, bytes)"
                             " VALUES (?1, ?2, 1, 0, length(?3), 3, ?3)",
                             &row, &error),
              STATUS_OK);
    sqlite_bind_number(row, 1, payload);
    sqlite_bind_digest(row, 2, &digest);
    sqlite_bind_bytes(row, 3, text_of(content));
    CHECK_INT(sqlite_execute(row, &error), STATUS_OK);
    sqlite_finish(row);
    CHECK_INT(sqlite_prepare(
                  database,
                  "UPDATE procedure_state SET wanted_action = ?2, wanted_content = ?3, wanted_digest = ?4,"
                  " wanted_run = 3 WHERE code = ?1",
                  &row, &error),
              STATUS_OK);
    sqlite_bind_text(row, 1, text_of(code));
    sqlite_bind_text(row, 2, text_of(action));
    sqlite_bind_number(row, 3, payload);
    sqlite_bind_digest(row, 4, &digest);
    CHECK_INT(sqlite_execute(row, &error), STATUS_OK);
    sqlite_finish(row);
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

TEST("what 0.1.0 wanted follows from its events, before and after, and what it did not want does not")
{
    struct error error = { 0 };
    struct sqlite *database;
    const char *path = make_old_store();
    CHECK_INT(sqlite_open_file(path, SQLITE_WRITE, &database, &error), STATUS_OK);
    append_old(database, "run-started", NULL, NULL, NULL, "{\"command\":\"run\",\"version\":\"0.1.0\"}");
    want_old(database, 20, "1.000003", "publish", "{\"code\":\"1.000003\",\"status\":\"announced\"}");
    want_old(database, 21, "1.000002", "withdraw", "{\"code\":\"1.000002\",\"status\":\"abolished\"}");
    /* An order, which 0.1.0 named with neither what it set aside nor its number. */
    struct digest order = crypto_sha256(TEXT("{\"decision\":\"1/QĐ\"}"));
    append_old(database, "withdrawal-ordered", NULL, "1.000004", &order, "{}");
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
    settle_tree(database);
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
    const char *path = make_old_store();
    forge(path, "UPDATE procedure_state SET held_version = '99', held_etag = NULL WHERE code = '1.000001'");
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
    CHECK(verify().holds);
    CHECK_INT(night_try_begin(&night, &error), STATUS_OK);
    CHECK_INT(night_number(&night, "SELECT count(*) FROM ledger WHERE event = 'refreshed'"), 1);
    night_close(&night);
}
