#include "store/migrate.h"

#include "store/history.h"
#include "store/ledger.h"
#include "store/schema.h"
#include "tests/support/night.h"
#include "tests/support/old_store.h"
#include "tests/support/test.h"

static struct night night;

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
    CHECK_INT(store_open(old_store_make(), STORE_READ_OLDER, clock_system(), &night.store, &error),
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
    const char *path = old_store_make();
    CHECK_INT(store_open(path, STORE_READ, clock_system(), &store, &error), STATUS_USAGE);
    CHECK_CONTAINS(error.message, "congkhai 0.1.0");
    CHECK_CONTAINS(error.message, "congkhai run");
}

TEST("an older store is read as it is and stays as it is")
{
    struct error error = { 0 };
    struct value *page;
    struct text before, after;
    const char *path = old_store_make();
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
    const char *path = old_store_make();
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
        const char *path = old_store_make();
        if (i)
            old_store_forge(path, "UPDATE record SET locator = 'elsewhere' WHERE id = 4");
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
        const char *path = old_store_make();
        old_store_forge(path, edits[i]);
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
    old_store_forge(path, "CREATE TABLE sqlitexstat (x)");
    CHECK_INT(store_open(path, STORE_READ, clock_system(), &store, &error), STATUS_LEDGER);
    CHECK_CONTAINS(error.message, "sqlitexstat");
    CHECK_INT(store_open(path, STORE_EXAMINE, clock_system(), &store, &error), STATUS_OK);
    store_close(store);
    old_store_forge(path, "DROP TABLE sqlitexstat; ANALYZE");
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
    const char *path = old_store_make();
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
        const char *path = old_store_make();
        old_store_forge(path, forgeries[i]);
        night = (struct night){ 0 };
        CHECK_INT(store_open(path, STORE_EXAMINE, clock_system(), &night.store, &error), STATUS_OK);
        CHECK_INT(audit_verify(night.store, &request, &test_arena, &report, &error), STATUS_OK);
        CHECK(!report.holds);
        CHECK_STRING(report.first->kind, AUDIT_PAYLOAD);
        store_close(night.store);
    }
}
