/* Rules over the store, night after night. */
#include <stdio.h>
#include <string.h>

#include "adapters/crypto.h"
#include "adapters/file.h"
#include "adapters/yaml.h"
#include "store/ledger.h"
#include "store/rule_report.h"
#include "store/staging.h"
#include "store/store_run.h"
#include "tests/support/broken_statements.h"
#include "tests/support/test.h"
#include "transform/transform.h"

static struct error error;
static struct store *store;
static struct code_list *lists;
static struct source *sources;
static size_t source_count;
static struct setting_context context = { &test_arena, "test.yaml", NULL };

/* ---- a clock that the test sets ---- */

static int64_t moment;

static int64_t now(struct clock *clock)
{
    (void)clock;
    return moment;
}

static struct clock *clock_of(const char *day)
{
    static struct clock clock;
    struct date date;
    clock = *clock_system();
    clock.now = now;
    date_read(text_of(day), &date);
    moment = date_days(date) * 86400000 + 3600000;
    return &clock;
}

static const char source_yaml[] = "- name: s\n"
                                  "  department: { from: /by }\n"
                                  "  fetch: { folder: . }\n"
                                  "  format: json\n"
                                  "  key: /key\n"
                                  "  map:\n"
                                  "    code: /code\n"
                                  "    name: /name\n"
                                  "    status: { from: [/status], match: '(.*)' }\n"
                                  "    decision.signed_on: { from: /signed, date: [yyyy-MM-dd] }\n"
                                  "    replaces: { each: /replaces }\n"
                                  "    executing_agencies: { from: /by, map: { name: . } }\n";

static void begin(void)
{
    struct value *tree, *codes = value_object(&test_arena);
    const char *folder = test_folder();
    const char *path = file_path(&test_arena, folder, "state.db");
    CHECK_INT(file_write(file_path(&test_arena, folder, "holidays.csv"),
                         TEXT("from,to\n2026-03-05,holiday\n2026-03-07,working\n"), 0644, &error),
              STATUS_OK);
    value_set(codes, "holidays", value_string(&test_arena, "holidays.csv"));
    CHECK_INT(codes_load(&context, folder, codes, &lists, &error), STATUS_OK);
    CHECK_INT(yaml_parse(&test_arena, text_of(source_yaml), "test.yaml", &tree, &error), STATUS_OK);
    CHECK_INT(source_read_all(&context, tree, &sources, &source_count, &error), STATUS_OK);
    CHECK_INT(store_open(path, STORE_RUN, clock_of("2026-03-02"), &store, &error), STATUS_OK);
}

static void stage(const char *const *records, size_t count)
{
    struct staging *staging;
    struct staging_counts counts;
    CHECK_INT(staging_open(store, "s", NULL, &staging, &error), STATUS_OK);
    for (size_t i = 0; i < count; i++) {
        char key[32], locator[40];
        bool known;
        snprintf(key, sizeof key, "k%zu", i);
        snprintf(locator, sizeof locator, "file.json#%zu", i + 1);
        struct staged_record record = { .key = text_of(key),
                                        .locator = text_of(locator),
                                        .bytes = text_of(records[i]),
                                        .digest = crypto_sha256(text_of(records[i])) };
        CHECK_INT(staging_known_in(staging, &record.digest, record.key, NULL, record.locator, &known, &error),
                  STATUS_OK);
        if (!known)
            CHECK_INT(staging_put(staging, &record, &error), STATUS_OK);
    }
    CHECK_INT(
        staging_finish(staging, &(struct staging_verdict){ .whole = true, .full = true }, &counts, &error),
        STATUS_OK);
}

static enum status work(const struct transform_request *request, struct transform_counts *counts)
{
    struct transform *transform = transform_open(request);
    enum status status = transform_run(store, transform, counts, &error);
    transform_close(transform);
    return status;
}

/* What is worked by these rules on that day. The request points to `file`. */
static struct transform_request request_of(const char *day, const char *rules, struct rule_file *file)
{
    struct value *tree;
    CHECK_INT(yaml_parse(&test_arena, text_of(rules), "rules.yaml", &tree, &error), STATUS_OK);
    *file = (struct rule_file){ "rules.yaml", tree };
    return (struct transform_request){ .sources = sources,
                                       .source_count = source_count,
                                       .lists = lists,
                                       .rule_files = file,
                                       .rule_file_count = 1,
                                       .language = "en",
                                       .context = &context,
                                       .clock = clock_of(day) };
}

/* One night: these records are in the source, these rules hold, it is this day. */
static struct transform_counts night(const char *day, const char *rules, const char *const *records,
                                     size_t count)
{
    struct transform_counts counts = { 0 };
    struct run_start start = { .command = "transform", .operator_ = "o", .host = "h", .version = "0" };
    struct run_counts ended = { 0 };
    int64_t run;
    struct rule_file file;
    struct transform_request request = request_of(day, rules, &file);
    CHECK_INT(store_run_begin(store, &start, &run, &error), STATUS_OK);
    stage(records, count);
    if (!CHECK_INT(work(&request, &counts), STATUS_OK))
        CHECK_STRING(error.message, "");
    CHECK_INT(store_run_end(store, 0, &ended, NULL, &error), STATUS_OK);
    return counts;
}

static int64_t number(const char *sql)
{
    struct sqlite_statement *statement;
    int64_t result = -1;
    if (CHECK_INT(sqlite_prepare(store_database(store), sql, &statement, &error), STATUS_OK)) {
        if (sqlite_step(statement, &error) == STATUS_OK)
            result = sqlite_number(statement, 0);
        sqlite_finish(statement);
    }
    return result;
}

static const char *words(const char *sql)
{
    struct sqlite_statement *statement;
    const char *result = "";
    if (CHECK_INT(sqlite_prepare(store_database(store), sql, &statement, &error), STATUS_OK)) {
        if (sqlite_step(statement, &error) == STATUS_OK)
            result = text_string(&test_arena, sqlite_column_text(statement, 0));
        sqlite_finish(statement);
    }
    return result;
}

#define RECORD(code, name, rest)                                                                             \
    "{\"key\":\"" code "\",\"code\":\"" code "\",\"name\":\"" name "\",\"status\":\"announced\"" rest "}"

static const char unique_names[] =
    "rules:\n  - { id: U, field: name, check: { unique: true }, severity: error }\n";

TEST("a name that two codes bear rejects both, and one that changes frees the other on the same night")
{
    static const char *const first[] = { RECORD("1.000001", "A", ""), RECORD("1.000002", "A", ""),
                                         RECORD("1.000003", "B", "") };
    static const char *const second[] = { RECORD("1.000001", "A", ""), RECORD("1.000002", "C", ""),
                                          RECORD("1.000003", "B", "") };
    begin();
    struct transform_counts counts = night("2026-03-02", unique_names, first, 3);
    CHECK_INT(counts.work.rejected, 2);
    CHECK_INT(counts.work.accepted, 1);
    CHECK_STRING(words("SELECT message FROM finding WHERE value = 'A' ORDER BY record LIMIT 1"),
                 "The same stands in 1.000002");
    CHECK_STRING(words("SELECT message FROM finding WHERE value = 'A' ORDER BY record DESC LIMIT 1"),
                 "The same stands in 1.000001");
    counts = night("2026-03-03", unique_names, second, 3);
    CHECK_INT(counts.work.accepted, 2);
    CHECK_INT(counts.work.rejected, 0);
    CHECK_INT(number("SELECT count(*) FROM finding"), 0);
    store_close(store);
}

TEST("a night without change writes two rows into the ledger, whatever rules look at the store")
{
    static const char rules[] =
        "rules:\n"
        "  - { id: U, field: name, check: { unique: true }, severity: warning }\n"
        "  - { id: R, field: 'replaces[]', check: { refers_to: code }, severity: warning }\n"
        "  - { id: T, field: decision.signed_on, check: { date: { not_after: today } } }\n"
        "  - { id: Q, check: { sql: \"SELECT code, name AS value FROM procedure WHERE name = 'A'\" },"
        " severity: warning }\n";
    static const char *const records[] = { RECORD("1.000001", "A",
                                                  ",\"signed\":\"2026-03-09\",\"replaces\":[\"1.000009\"]"),
                                           RECORD("1.000002", "A", "") };
    begin();
    night("2026-03-02", rules, records, 2);
    CHECK_INT(number("SELECT count(*) FROM finding"), 6);
    int64_t events = number("SELECT count(*) FROM ledger"), changes = number("SELECT total_changes()");
    struct transform_counts counts = night("2026-03-03", rules, records, 2);
    CHECK_INT(counts.work.changed, 0);
    CHECK_INT(number("SELECT count(*) FROM ledger") - events, 3); /* run-started, listed, run-finished */
    CHECK_INT(number("SELECT count(*) FROM record WHERE work <> 0"), 0);
    CHECK(number("SELECT total_changes()") - changes < 20);
    store_close(store);
}

TEST("a rule about today's date is tried on records that did not change")
{
    static const char rules[] =
        "rules:\n  - { id: T, field: decision.signed_on, check: { date: { not_after: today } } }\n";
    static const char *const records[] = { RECORD("1.000001", "A", ",\"signed\":\"2026-03-03\"") };
    begin();
    CHECK_INT(night("2026-03-02", rules, records, 1).work.rejected, 1);
    CHECK_STRING(words("SELECT outcome FROM record"), "rejected");
    CHECK_INT(night("2026-03-03", rules, records, 1).work.accepted, 1);
    CHECK_STRING(words("SELECT outcome FROM record"), "accepted");
    store_close(store);
}

TEST("a term runs until the portal acknowledges, counts working days, and is told while it is open")
{
    static const char rules[] =
        "rules:\n  - { id: T, field: decision.signed_on, severity: warning,\n"
        "      check: { working_days: { from: decision.signed_on, to: published, at_most: 3 } } }\n";
    static const char *const records[] = { RECORD("1.000001", "A",
                                                  ",\"signed\":\"2026-03-03\",\"by\":\"Sở A\""),
                                           RECORD("1.000002", "B", ",\"signed\":\"2026-03-03\"") };
    struct value *rows;
    begin();
    night("2026-03-04", rules, records, 2);
    /* Thursday the 5th is a holiday, Saturday the 7th is worked: the 4th, 6th and 7th. */
    CHECK_STRING(words("SELECT due FROM deadline"), "2026-03-07");
    CHECK_INT(number("SELECT count(*) FROM finding"), 0);
    CHECK_INT(rule_report_deadlines(store, &test_arena, "2026-03-04", "2026-03-06", &rows, &error),
              STATUS_OK);
    CHECK_INT(rows->count, 0);
    CHECK_INT(rule_report_deadlines(store, &test_arena, "2026-03-08", NULL, &rows, &error), STATUS_OK);
    CHECK_INT(rows->count, 2);
    CHECK_TEXT(value_text_of(rows->first, "department"), TEXT("Sở A"));
    CHECK(value_find(rows->first, "overdue")->truth);
    /* One is acknowledged on the last day. */
    struct run_start start = { .command = "load", .operator_ = "o", .host = "h", .version = "0" };
    struct run_counts ended = { 0 };
    int64_t run;
    clock_of("2026-03-07");
    CHECK_INT(store_run_begin(store, &start, &run, &error), STATUS_OK);
    CHECK_INT(store_begin(store, &error), STATUS_OK);
    struct ledger_event event = { .event = "published",
                                  .code = TEXT("1.000001"),
                                  .detail = value_object(&test_arena) };
    CHECK_INT(ledger_append(store, &event, NULL, &error), STATUS_OK);
    CHECK_INT(store_commit(store, &error), STATUS_OK);
    CHECK_INT(store_run_end(store, 0, &ended, NULL, &error), STATUS_OK);
    night("2026-03-07", rules, records, 2);
    CHECK_INT(number("SELECT count(*) FROM finding"), 0);
    CHECK_STRING(words("SELECT r.code FROM deadline JOIN record r ON r.id = record"), "1.000002");
    night("2026-03-08", rules, records, 2); /* a Sunday, on which it is over already */
    CHECK_STRING(words("SELECT r.code FROM finding JOIN record r ON r.id = record"), "1.000002");
    CHECK_STRING(words("SELECT message FROM finding"),
                 "More than 3 working days; the term ended on 2026-03-07");
    int64_t events = number("SELECT count(*) FROM ledger");
    night("2026-03-20", rules, records, 2);
    CHECK_INT(number("SELECT count(*) FROM ledger") - events, 3);
    store_close(store);
}

TEST("findings keep the run since which they stand, and the report counts them by source and department")
{
    static const char rules[] =
        "rules:\n"
        "  - { id: U, field: name, check: { unique: true } }\n"
        "  - { id: L, field: name, check: { length: { min: 2 } }, severity: warning, cites: C }\n";
    static const char *const first[] = { RECORD("1.000001", "A", ",\"by\":\"Sở A\""),
                                         RECORD("1.000002", "A", ",\"by\":\"Sở B\"") };
    static const char *const second[] = { RECORD("1.000001", "A", ",\"by\":\"Sở A\",\"x\":1"),
                                          RECORD("1.000002", "A", ",\"by\":\"Sở B\""),
                                          RECORD("1.000003", "A", "") };
    struct value *rows;
    begin();
    night("2026-03-02", rules, first, 2);
    night("2026-03-03", rules, second, 3);
    CHECK_INT(number("SELECT count(*) FROM finding WHERE since_run = 1"), 4);
    CHECK_INT(number("SELECT count(*) FROM finding WHERE since_run = 2"), 2);
    if (!CHECK_INT(rule_report(store, &test_arena, &rows, &error), STATUS_OK)) {
        CHECK_STRING(error.message, "");
        return;
    }
    CHECK_INT(rows->count, 6);
    CHECK_TEXT(value_text_of(rows->first, "rule"), TEXT("U"));
    CHECK_TEXT(value_text_of(rows->first, "kept_back"), TEXT("1"));
    CHECK_TEXT(value_text_of(rows->first, "department"), TEXT("Sở A"));
    CHECK_TEXT(value_text_of(rows->first, "since_run"), TEXT("1"));
    CHECK_TEXT(text_slice(value_text_of(rows->first, "since"), 0, 10), TEXT("2026-03-02"));
    CHECK_TEXT(value_text_of(rows->last, "rule"), TEXT("L"));
    CHECK_TEXT(value_text_of(rows->last, "kept_back"), TEXT("0"));
    store_close(store);
}

TEST("what earlier rules over the store found goes when no such rule is left")
{
    static const char none[] = "rules:\n  - { id: L, field: name, check: { length: { max: 9 } } }\n";
    static const char *const records[] = { RECORD("1.000001", "A", ""), RECORD("1.000002", "A", "") };
    begin();
    night("2026-03-02", unique_names, records, 2);
    CHECK_INT(number("SELECT count(*) FROM finding WHERE stage = 2"), 2);
    CHECK_INT(night("2026-03-03", none, records, 2).work.accepted, 2);
    CHECK_INT(number("SELECT count(*) FROM finding"), 0);
    store_close(store);
}

TEST("a record that vanished no longer repeats another, and is no longer referred to")
{
    static const char rules[] = "rules:\n  - { id: R, field: 'replaces[]', check: { refers_to: code } }\n";
    static const char *const first[] = { RECORD("1.000001", "A", ",\"replaces\":[\"1.000002\"]"),
                                         RECORD("1.000002", "B", "") };
    begin();
    CHECK_INT(night("2026-03-02", rules, first, 2).work.accepted, 2);
    CHECK_INT(night("2026-03-03", rules, first, 1).work.rejected, 1);
    CHECK_STRING(words("SELECT message FROM finding"), "No procedure has \"1.000002\" in Code");
    store_close(store);
}

TEST("a query breaks its rule for each code and value it returns")
{
    static const char rules[] =
        "rules:\n  - id: Q\n    field: replaces\n    check:\n      sql: |\n"
        "        SELECT p.code, j.value AS value FROM procedure p, json_each(p.content, '$.replaces') j\n"
        "        WHERE j.value = p.code\n    message: { en: 'It replaces itself: {value}' }\n";
    static const char *const records[] = { RECORD("1.000001", "A", ",\"replaces\":[\"1.000001\"]"),
                                           RECORD("1.000002", "B", ",\"replaces\":[\"1.000001\"]") };
    begin();
    struct transform_counts counts = night("2026-03-02", rules, records, 2);
    CHECK_INT(counts.work.rejected, 1);
    CHECK_STRING(words("SELECT r.code || ' ' || f.field || ' ' || f.value || ' ' || f.message FROM finding f"
                       " JOIN record r ON r.id = f.record"),
                 "1.000001 replaces 1.000001 It replaces itself: 1.000001");
    store_close(store);
}

TEST("a query that takes too long stops the run, says where it stands, and lets nothing pass")
{
    static const char rules[] = "rules:\n  - { id: Q, check: { sql: { select: \"WITH RECURSIVE n(i) AS "
                                "(SELECT 1 UNION ALL SELECT i + 1 FROM n)"
                                " SELECT i AS code FROM n WHERE i < 0\", limit: 100ms } } }\n";
    static const char *const records[] = { RECORD("1.000001", "A", "") };
    struct run_start start = { .command = "transform", .operator_ = "o", .host = "h", .version = "0" };
    struct transform_counts counts = { 0 };
    int64_t run;
    begin();
    struct rule_file file;
    struct transform_request request = request_of("2026-03-02", rules, &file);
    CHECK_INT(store_run_begin(store, &start, &run, &error), STATUS_OK);
    stage(records, 1);
    CHECK_INT(work(&request, &counts), STATUS_STOP);
    CHECK_CONTAINS(error.message, "rules.yaml:2:");
    CHECK_CONTAINS(error.message, "took longer than 100 ms");
    CHECK_INT(number("SELECT count(*) FROM record WHERE outcome IS NOT NULL"), 0);
    store_close(store);
}

static void acknowledge(const char *day, const char *event, const char *code, const struct digest *content)
{
    struct run_start start = { .command = "load", .operator_ = "o", .host = "h", .version = "0" };
    struct run_counts ended = { 0 };
    struct ledger_event told = {
        .event = event, .code = text_of(code), .digest = content, .detail = value_object(&test_arena)
    };
    int64_t run;
    clock_of(day);
    CHECK_INT(store_run_begin(store, &start, &run, &error), STATUS_OK);
    CHECK_INT(store_begin(store, &error), STATUS_OK);
    CHECK_INT(ledger_append(store, &told, NULL, &error), STATUS_OK);
    CHECK_INT(store_commit(store, &error), STATUS_OK);
    CHECK_INT(store_run_end(store, 0, &ended, NULL, &error), STATUS_OK);
}

/* Of the only record, as it is now. */
static struct digest content_digest(void)
{
    struct sqlite_statement *statement;
    struct digest digest = { 0 };
    if (CHECK_INT(sqlite_prepare(store_database(store),
                                 "SELECT p.digest FROM record r JOIN payload p ON p.id = r.content",
                                 &statement, &error),
                  STATUS_OK)) {
        CHECK_INT(sqlite_step(statement, &error), STATUS_OK);
        CHECK(sqlite_digest(statement, 0, &digest));
        sqlite_finish(statement);
    }
    return digest;
}

static const char terms[] =
    "rules:\n  - { id: T, field: decision.signed_on, severity: warning,\n"
    "      when: { status: [announced, abolished], decision.signed_on: { not_before: baseline } },\n"
    "      check: { working_days: { from: decision.signed_on, to: published, at_most: 3 } } }\n";

TEST("Article 24(2): an older content sent again is not the publication of the decision that replaced it")
{
    static const char *const old[] = { RECORD("1.000001", "A", ",\"signed\":\"2026-01-05\"") };
    static const char *const new[] = { RECORD("1.000001", "A", ",\"signed\":\"2026-03-03\"") };
    begin();
    night("2026-03-02", terms, old, 1);
    CHECK_INT(number("SELECT count(*) FROM finding"),
              0); /* nothing was published yet: the baseline is today */
    struct digest before = content_digest();
    acknowledge("2026-03-02", "published", "1.000001", &before);
    night("2026-03-03", terms, old, 1);
    CHECK_INT(number("SELECT count(*) FROM finding"), 0); /* signed before the first publication */
    night("2026-03-04", terms, new, 1);
    struct digest after = content_digest();
    acknowledge("2026-03-04", "published", "1.000001", &before);
    night("2026-03-10", terms, new, 1);
    CHECK_INT(number("SELECT count(*) FROM finding"), 1);
    acknowledge("2026-03-10", "published", "1.000001", &after);
    night("2026-03-11", terms, new, 1);
    CHECK_INT(number("SELECT count(*) FROM finding"), 1); /* late, and it stays so */
    CHECK_INT(number("SELECT count(*) FROM deadline"), 0);
    store_close(store);
}

TEST("Article 24(2): an abolition is published by the withdrawal, and what never stood at the portal is not "
     "late")
{
    static const char *const gone[] = { "{\"key\":\"a\",\"code\":\"1.000001\",\"name\":\"A\","
                                        "\"status\":\"abolished\",\"signed\":\"2026-03-03\"}" };
    struct digest none = { 0 };
    begin();
    acknowledge("2026-03-02", "published", "1.000009", &none);
    night("2026-03-10", terms, gone, 1);
    CHECK_INT(number("SELECT count(*) FROM finding"), 0);
    acknowledge("2026-03-10", "published", "1.000001", &none);
    night("2026-03-11", terms, gone, 1);
    CHECK_INT(number("SELECT count(*) FROM finding"), 1);
    acknowledge("2026-03-07", "withdrawn", "1.000001", &none);
    night("2026-03-12", terms, gone, 1);
    CHECK_INT(number("SELECT count(*) FROM finding"), 0);
    store_close(store);
}

/* ---- what breaks off ---- */

static struct transform_request broken_request;
static struct transform_counts broken_counts;
static const char *broken_path;

static void open_again(void)
{
    struct run_start start = { .command = "transform", .operator_ = "o", .host = "h", .version = "0" };
    int64_t run;
    CHECK_INT(store_open(broken_path, STORE_RUN, clock_of("2026-03-08"), &store, &error), STATUS_OK);
    CHECK_INT(store_run_begin(store, &start, &run, &error), STATUS_OK);
}

static enum status work_again(struct error *fault)
{
    error = (struct error){ .status = STATUS_OK };
    enum status status = work(&broken_request, &broken_counts);
    *fault = error;
    return status;
}

static void close_again(void)
{
    store_close(store);
}

TEST("rules over the store that break off anywhere let nothing pass, and the next night judges as the first "
     "would have")
{
    static const char rules[] =
        "rules:\n"
        "  - { id: U, field: name, check: { unique: true } }\n"
        "  - { id: R, field: 'replaces[]', check: { refers_to: code }, severity: warning }\n"
        "  - { id: T, field: decision.signed_on, severity: warning,\n"
        "      check: { working_days: { from: decision.signed_on, to: published, at_most: 3 } } }\n";
    static const char *const records[] = { RECORD("1.000001", "A", ",\"signed\":\"2026-03-03\""),
                                           RECORD("1.000002", "A", ",\"replaces\":[\"1.000009\"]"),
                                           RECORD("1.000003", "B", "") };
    struct run_start start = { .command = "extract", .operator_ = "o", .host = "h", .version = "0" };
    struct run_counts ended = { 0 };
    int64_t run;
    begin();
    struct rule_file file;
    broken_request = request_of("2026-03-08", rules, &file);
    broken_path = text_string(&test_arena, text_of(store_path(store)));
    CHECK_INT(store_run_begin(store, &start, &run, &error), STATUS_OK);
    stage(records, 3);
    CHECK_INT(store_run_end(store, 0, &ended, NULL, &error), STATUS_OK);
    store_close(store);
    CHECK(broken_statements_play(&(struct broken_work){ open_again, work_again, close_again, 1 }) > 60);
    open_again();
    CHECK_INT(number("SELECT count(*) FROM record WHERE outcome = 'rejected'"), 2);
    CHECK_INT(number("SELECT count(*) FROM record WHERE outcome = 'accepted'"), 1);
    CHECK_INT(number("SELECT count(*) FROM finding WHERE rule = 'U'"), 2);
    CHECK_INT(number("SELECT count(*) FROM finding WHERE rule = 'R'"), 1);
    CHECK_INT(number("SELECT count(*) FROM finding WHERE rule = 'T'"), 1);
    CHECK_INT(number("SELECT count(*) FROM ledger WHERE event = 'accepted'"), 1);
    CHECK_INT(number("SELECT count(*) FROM procedure_state WHERE wanted_action IS NOT NULL"), 1);
    close_again();
}
