#include "transform/resolve.h"

#include <stdio.h>
#include <string.h>

#include "adapters/crypto.h"
#include "store/outbox.h"
#include "store/staging.h"
#include "store/store_run.h"
#include "store/transform_queue.h"
#include "tests/support/test.h"

static struct store *store;
static struct error error;
static struct resolve_counts counts;
static const char *standing = "announced"; /* of the records that are mapped */
static int64_t rules_in_force;             /* those that the last work was checked by */

static void open_store(void)
{
    struct text path = text_format(&test_arena, "%s/store.db", test_folder());
    struct run_start start = { .command = "run", .operator_ = "tester", .host = "here", .version = "0" };
    int64_t run;
    CHECK_INT(store_open(path.bytes, STORE_RUN, clock_system(), &store, &error), STATUS_OK);
    CHECK_INT(store_run_begin(store, &start, &run, &error), STATUS_OK);
}

static void stage(const char *source, const char *const *keys)
{
    struct staging *staging;
    struct staging_counts staged;
    CHECK_INT(staging_open(store, source, NULL, &staging, &error), STATUS_OK);
    for (; *keys; keys++) {
        struct text bytes = text_format(&test_arena, "%s %s", source, *keys);
        struct staged_record record = {
            .key = text_of(*keys), .locator = bytes, .bytes = bytes, .digest = crypto_sha256(bytes)
        };
        bool known;
        CHECK_INT(staging_known(staging, &record.digest, record.locator, &known, &error), STATUS_OK);
        if (!known)
            CHECK_INT(staging_put(staging, &record, &error), STATUS_OK);
    }
    CHECK_INT(
        staging_finish(staging, &(struct staging_verdict){ .whole = true, .full = true }, &staged, &error),
        STATUS_OK);
}

/* Maps every waiting record of a source to a code and a name; a name of "bad" is a finding. */
static void work(const char *source, const char *code, const char *name, const char *map_version)
{
    struct digest map = crypto_sha256(text_of(map_version)), rules = crypto_sha256(TEXT("rules"));
    struct transform_digests transform_digests;
    struct transform_item items[16];
    size_t count;
    CHECK_INT(store_begin(store, &error), STATUS_OK);
    CHECK_INT(transform_queue_recipes(store, &map, &rules, &transform_digests, &error), STATUS_OK);
    CHECK_INT(transform_queue_mark(store, source, &transform_digests, &error), STATUS_OK);
    rules_in_force = transform_digests.rules;
    CHECK_INT(
        transform_queue_next(store, source, WORK_MAP, NULL, 0, 0, &test_arena, items, 16, &count, &error),
        STATUS_OK);
    for (size_t i = 0; i < count; i++) {
        struct findings findings = { 0 };
        if (!strcmp(name, "bad"))
            finding_add(&test_arena, &findings, true, TEXT("R1"), "name", TEXT("bad"),
                        &(const struct reason){ .id = "form" })
                ->message = TEXT("It is bad");
        struct text content = text_format(&test_arena, "{\"code\":\"%s\",\"name\":\"%s\",\"status\":\"%s\"}",
                                          code, name, standing);
        struct transform_result result = { .record = items[i].record,
                                           .code = text_of(code),
                                           .status = text_of(standing),
                                           .content = content,
                                           .digest = crypto_sha256(content),
                                           .fresh = items[i].fresh,
                                           .findings = &findings };
        CHECK_INT(transform_queue_put(store, &result, &transform_digests, &error), STATUS_OK);
    }
    CHECK_INT(store_commit(store, &error), STATUS_OK);
}

static void settle(const char *const *precedence, size_t number)
{
    struct resolve_precedence order = { precedence, number, LANGUAGE_EN };
    counts = (struct resolve_counts){ 0 };
    CHECK_INT(resolve_all(store, &order, rules_in_force, NULL, &counts, &error), STATUS_OK);
}

static struct text text(const char *sql)
{
    struct sqlite_statement *statement;
    if (!CHECK_INT(sqlite_prepare(store_database(store), sql, &statement, &error), STATUS_OK))
        return TEXT_NONE;
    struct text found = TEXT("nothing");
    if (sqlite_step(statement, &error) == STATUS_OK)
        found = text_copy(&test_arena, sqlite_column_text(statement, 0));
    sqlite_finish(statement);
    return found;
}

static const char *const key[] = { "k", NULL };

/* One code from two sources, under a name from each. */
static void stage_both(const char *first, const char *second)
{
    stage("a", key);
    stage("b", key);
    work("a", "1.000001", first, "1");
    work("b", "1.000001", second, "1");
}

TEST("an accepted record is wanted at the portal")
{
    open_store();
    stage("a", key);
    work("a", "1.000001", "x", "1");
    settle(NULL, 0);
    CHECK_INT(counts.accepted, 1);
    CHECK_INT(counts.changed, 1);
    CHECK_TEXT(text("SELECT wanted_action FROM procedure_state WHERE code = '1.000001'"), TEXT("publish"));
    CHECK_TEXT(text("SELECT outcome FROM audit_records"), TEXT("accepted"));
    settle(NULL, 0);
    CHECK_INT(counts.changed, 0);
    store_close(store);
}

TEST("a rejected record is wanted no more, and its reasons stand in the view")
{
    open_store();
    stage("a", key);
    work("a", "1.000001", "x", "1");
    settle(NULL, 0);
    work("a", "1.000001", "bad", "2");
    settle(NULL, 0);
    CHECK_INT(counts.rejected, 1);
    CHECK_TEXT(text("SELECT coalesce(wanted_action, 'none') FROM procedure_state WHERE code = '1.000001'"),
               TEXT("none"));
    CHECK_TEXT(text("SELECT rule || ' ' || field || ' ' || value || ' ' || message FROM audit_rejections"),
               TEXT("R1 name bad It is bad"));
    store_close(store);
}

static void publish(const char *code)
{
    struct outbox_item item = { .attempts = 0 };
    CHECK_INT(store_begin(store, &error), STATUS_OK);
    CHECK_INT(outbox_find(store, &test_arena, text_of(code), &item, &error), STATUS_OK);
    CHECK_INT(outbox_intend(store, &test_arena, &item, TEXT_NONE, &error), STATUS_OK);
    CHECK_INT(outbox_answer(store, &item, &(struct outbox_answer){ .outcome = OUTBOX_PUBLISHED }, &error),
              STATUS_OK);
    CHECK_INT(store_commit(store, &error), STATUS_OK);
}

TEST("what stands at the portal is abolished by a decision only; an announced record needs none")
{
    open_store();
    stage("a", key);
    work("a", "1.000001", "x", "1");
    settle(NULL, 0);
    publish("1.000001");
    work("a", "1.000001", "y", "2");
    settle(NULL, 0);
    CHECK_INT(counts.rejected, 0);
    CHECK_TEXT(text("SELECT wanted_action FROM procedure_state"), TEXT("publish"));
    standing = "abolished";
    work("a", "1.000001", "y", "3");
    settle(NULL, 0);
    CHECK_INT(counts.rejected, 1);
    CHECK_TEXT(text("SELECT rule FROM audit_rejections"), TEXT("congkhai/decision"));
    CHECK_TEXT(text("SELECT coalesce(wanted_action, 'none') FROM procedure_state"), TEXT("none"));
    standing = "announced";
    store_close(store);
}

TEST("two sources that give one code with other contents are both held")
{
    open_store();
    stage("a", key);
    stage("b", key);
    work("a", "1.000001", "x", "1");
    settle(NULL, 0);
    work("b", "1.000001", "y", "1");
    settle(NULL, 0);
    CHECK_INT(counts.held, 2);
    CHECK_TEXT(text("SELECT count(*) FROM record WHERE outcome = 'held'"), TEXT("2"));
    CHECK_TEXT(text("SELECT coalesce(wanted_action, 'none') FROM procedure_state WHERE code = '1.000001'"),
               TEXT("none"));
    CHECK_CONTAINS(text("SELECT message FROM audit_rejections WHERE source = 'b'").bytes, "a (a k)");
    store_close(store);
}

TEST("records that share a code are settled together once, however many they are")
{
    static const char *const many[] = { "k", "l", "m", NULL };
    struct resolution_waiting list[8];
    size_t count;
    open_store();
    stage("a", many);
    work("a", "1.000001", "x", "1");
    stage("b", key);
    work("b", "1.000002", "y", "1");
    CHECK_INT(store_begin(store, &error), STATUS_OK);
    CHECK_INT(resolution_waiting(store, rules_in_force, &test_arena, list, 8, &count, &error), STATUS_OK);
    CHECK_INT(store_commit(store, &error), STATUS_OK);
    CHECK_INT((int64_t)count, 2);
    CHECK_TEXT(list[0].code, TEXT("1.000001"));
    CHECK_TEXT(list[1].code, TEXT("1.000002"));
    settle(NULL, 0);
    CHECK_INT(counts.accepted, 4);
    store_close(store);
}

TEST("when one of two that were held goes, the other speaks for the code again")
{
    open_store();
    stage_both("x", "y");
    settle(NULL, 0);
    static const char *const none[] = { NULL };
    stage("b", none);
    settle(NULL, 0);
    CHECK_INT(counts.accepted, 1);
    CHECK_TEXT(text("SELECT wanted_action FROM procedure_state WHERE code = '1.000001'"), TEXT("publish"));
    CHECK_TEXT(text("SELECT count(*) FROM finding f JOIN record r ON r.id = f.record WHERE r.present = 1"),
               TEXT("0"));
    store_close(store);
}

TEST("the same words from two sources are accepted twice and wanted once")
{
    open_store();
    stage_both("x", "x");
    settle(NULL, 0);
    CHECK_INT(counts.accepted, 2);
    CHECK_TEXT(text("SELECT count(*) FROM procedure_state WHERE wanted_action = 'publish'"), TEXT("1"));
    store_close(store);
}

TEST("by precedence one source wins whoever came last, and the other is told in which fields it differs")
{
    static const char *const order[] = { "b", "a" };
    open_store();
    stage("a", key);
    stage("b", key);
    work("b", "1.000001", "y", "1");
    settle(order, 2);
    work("a", "1.000001", "x", "1");
    settle(order, 2);
    CHECK_INT(counts.held, 0);
    CHECK_TEXT(text("SELECT s.name FROM procedure_state p JOIN record r ON r.id = p.record JOIN source s ON "
                    "s.id = r.source"),
               TEXT("b"));
    CHECK_TEXT(text("SELECT severity FROM audit_rejections WHERE rule = 'congkhai/precedence'"),
               TEXT("warning"));
    CHECK_TEXT(text("SELECT reason || arguments FROM finding WHERE rule = 'congkhai/precedence'"),
               TEXT("precedence.other[\"b\",\"b k\",\"name\"]"));
    CHECK_TEXT(text("SELECT message FROM audit_rejections WHERE rule = 'congkhai/precedence'"),
               TEXT("The source b wins (b k); this record differs in: Name"));
    store_close(store);
}

TEST("what the winner says otherwise now is told to the other with an event, and the same in another "
     "language is not")
{
    static const char *const order[] = { "a", "b" };
    const char *kept =
        "SELECT count(*) FROM finding f JOIN record r ON r.id = f.record JOIN source s ON s.id = r.source"
        " JOIN ledger e ON e.seq = (SELECT max(seq) FROM ledger WHERE source = s.name)"
        " WHERE f.message = json_extract(e.detail, '$.findings[0].message')";
    open_store();
    stage_both("x", "y");
    settle(order, 2);
    CHECK_TEXT(text(kept), TEXT("1"));
    standing = "draft";
    work("a", "1.000001", "x", "2");
    settle(order, 2);
    CHECK_INT(counts.changed, 2);
    CHECK_TEXT(text("SELECT arguments FROM finding"), TEXT("[\"a\",\"a k\",\"name, status\"]"));
    CHECK_TEXT(text(kept), TEXT("1"));
    work("a", "1.000001", "z", "3");
    standing = "announced";
    struct resolve_precedence other = { order, 2, LANGUAGE_VI };
    counts = (struct resolve_counts){ 0 };
    CHECK_INT(resolve_all(store, &other, rules_in_force, NULL, &counts, &error), STATUS_OK);
    CHECK_INT(counts.changed, 1);
    CHECK_TEXT(text(kept), TEXT("1"));
    store_close(store);
}

TEST("a record that comes to speak for its code is wanted, though nothing about it is new")
{
    static const char *const order[] = { "b", "a" };
    open_store();
    stage_both("x", "x");
    settle(NULL, 0);
    work("a", "1.000001", "y", "2");
    settle(order, 2);
    CHECK_INT(counts.held, 0);
    CHECK_TEXT(
        text("SELECT s.name FROM procedure_state p JOIN record r ON r.id = p.record JOIN source s ON s.id ="
             " r.source WHERE p.wanted_action = 'publish'"),
        TEXT("b"));
    store_close(store);
}

TEST("precedence that is given, turned or taken away counts for what was settled before, and once")
{
    static const char *const order[] = { "b", "a" }, *const turned[] = { "a", "b" };
    const char *wanted =
        "SELECT s.name FROM procedure_state p JOIN record r ON r.id = p.record JOIN source s "
        "ON s.id = r.source WHERE p.wanted_action = 'publish'";
    open_store();
    stage_both("x", "y");
    settle(NULL, 0);
    CHECK_INT(counts.held, 2);
    settle(NULL, 0);
    CHECK_INT(counts.changed, 0);
    settle(order, 2);
    CHECK_INT(counts.accepted, 2);
    CHECK_TEXT(text(wanted), TEXT("b"));
    settle(order, 2);
    CHECK_INT(counts.changed, 0);
    settle(turned, 2);
    CHECK_TEXT(text(wanted), TEXT("a"));
    CHECK_TEXT(text("SELECT count(*) FROM finding"), TEXT("1"));
    settle(NULL, 0);
    CHECK_INT(counts.held, 2);
    CHECK_TEXT(text(wanted), TEXT("nothing"));
    store_close(store);
}

TEST("a changed recipe does exactly its source's work again")
{
    open_store();
    static const char *const two[] = { "k", "l", NULL };
    stage("a", key);
    stage("b", two);
    work("a", "1.000001", "x", "1");
    work("b", "1.000002", "x", "1");
    settle(NULL, 0);
    work("a", "1.000001", "x", "2");
    work("b", "1.000002", "x", "1");
    settle(NULL, 0);
    CHECK_INT(counts.changed, 1);
    store_close(store);
}

TEST("a record that changes its code gives up the old one")
{
    open_store();
    stage("a", key);
    work("a", "1.000001", "x", "1");
    settle(NULL, 0);
    work("a", "1.000009", "x", "2");
    settle(NULL, 0);
    CHECK_TEXT(text("SELECT coalesce(wanted_action, 'none') FROM procedure_state WHERE code = '1.000001'"),
               TEXT("none"));
    CHECK_TEXT(text("SELECT wanted_action FROM procedure_state WHERE code = '1.000009'"), TEXT("publish"));
    store_close(store);
}
