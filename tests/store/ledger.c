#include "store/ledger.h"
#include "store/ledger_entry.h"

#include "store/merkle.h"
#include "tests/support/night.h"
#include "tests/support/test.h"

static struct night night;

static const char *open_store(void)
{
    char *path = text_string(&test_arena, text_format(&test_arena, "%s/a.db", test_folder()));
    night = (struct night){ 0 };
    night_open(&night, path, NULL);
    return path;
}

static struct text row_text(const char *sql)
{
    struct sqlite_statement *row;
    struct error error = { 0 };
    struct text text = TEXT_NONE;
    if (sqlite_prepare(store_database(night.store), sql, &row, &error) == STATUS_OK) {
        if (sqlite_step(row, &error) == STATUS_OK)
            text = text_copy(&test_arena, sqlite_column_text(row, 0));
        sqlite_finish(row);
    }
    return text;
}

TEST("an event is hashed as canonical JSON, its members sorted, what is nothing absent")
{
    BUFFER_OWNED struct buffer bytes = { 0 };
    struct ledger_entry entry = { .seq = 7,
                                  .run = 3,
                                  .at = TEXT("2026-03-12T01:02:03.004Z"),
                                  .event = TEXT("published"),
                                  .code = TEXT("1.003976"),
                                  .detail = TEXT("{\"key\":\"k\"}"),
                                  .has_digest = true };
    ledger_canonical(&bytes, &entry);
    CHECK_TEXT(buffer_view(&bytes),
               TEXT("{\"at\":\"2026-03-12T01:02:03.004Z\",\"code\":\"1.003976\",\"detail\":{\"key\":\"k\"},"
                    "\"digest\":\"0000000000000000000000000000000000000000000000000000000000000000\","
                    "\"event\":\"published\",\"run\":3,\"seq\":7}"));
    entry.actor = TEXT("Trần \"A\"\n");
    entry.source = TEXT("sở");
    entry.code = TEXT_NONE;
    entry.has_digest = false;
    ledger_canonical(&bytes, &entry);
    CHECK_TEXT(buffer_view(&bytes),
               TEXT("{\"actor\":\"Trần \\\"A\\\"\\n\",\"at\":\"2026-03-12T01:02:03.004Z\","
                    "\"detail\":{\"key\":\"k\"},\"event\":\"published\",\"run\":3,\"seq\":7,"
                    "\"source\":\"sở\"}"));
}

TEST("events are numbered from one, and each grows the tree by its leaf")
{
    struct error error = { 0 };
    int64_t first, second;
    open_store();
    CHECK_INT(store_begin(night.store, &error), STATUS_OK);
    CHECK_INT(ledger_append(night.store, &(struct ledger_event){ .event = "a" }, &first, &error), STATUS_OK);
    CHECK_INT(ledger_append(night.store, &(struct ledger_event){ .event = "b" }, &second, &error), STATUS_OK);
    CHECK_INT(store_commit(night.store, &error), STATUS_OK);
    CHECK_INT(first, 1);
    CHECK_INT(second, 2);
    CHECK_INT(store_tree(night.store)->size, 2);
    CHECK_STRING(text_string(&test_arena, row_text("SELECT group_concat(event, '') FROM ledger")), "ab");
    night_close(&night);
}

TEST("what is rolled back leaves no number and no leaf behind")
{
    struct error error = { 0 };
    int64_t event;
    open_store();
    CHECK_INT(store_begin(night.store, &error), STATUS_OK);
    CHECK_INT(ledger_append(night.store, &(struct ledger_event){ .event = "a" }, &event, &error), STATUS_OK);
    CHECK_INT(store_commit(night.store, &error), STATUS_OK);
    struct digest root = merkle_root(store_tree(night.store));
    CHECK_INT(store_begin(night.store, &error), STATUS_OK);
    CHECK_INT(ledger_append(night.store, &(struct ledger_event){ .event = "b" }, &event, &error), STATUS_OK);
    store_rollback(night.store);
    struct digest after = merkle_root(store_tree(night.store));
    CHECK(digest_equal(&root, &after));
    CHECK_INT(store_begin(night.store, &error), STATUS_OK);
    CHECK_INT(ledger_append(night.store, &(struct ledger_event){ .event = "c" }, &event, &error), STATUS_OK);
    CHECK_INT(store_commit(night.store, &error), STATUS_OK);
    CHECK_INT(event, 2);
    night_close(&night);
}

TEST("the tree goes on where it was when the store is opened again")
{
    struct error error = { 0 };
    const char *path = open_store();
    for (int i = 0; i < 5; i++) {
        CHECK_INT(store_begin(night.store, &error), STATUS_OK);
        CHECK_INT(ledger_append(night.store, &(struct ledger_event){ .event = "a" }, NULL, &error),
                  STATUS_OK);
        CHECK_INT(store_commit(night.store, &error), STATUS_OK);
    }
    struct digest root = merkle_root(store_tree(night.store));
    night_close(&night);
    night_open(&night, path, NULL);
    struct digest again = merkle_root(store_tree(night.store));
    CHECK(digest_equal(&root, &again));
    CHECK_INT(store_tree(night.store)->size, 5);
    night_close(&night);
}

TEST("triggers refuse to change and to delete an event")
{
    struct error error = { 0 };
    open_store();
    CHECK_INT(store_begin(night.store, &error), STATUS_OK);
    CHECK_INT(ledger_append(night.store, &(struct ledger_event){ .event = "a" }, NULL, &error), STATUS_OK);
    CHECK_INT(store_commit(night.store, &error), STATUS_OK);
    CHECK(sqlite_run(store_database(night.store), "UPDATE ledger SET event = 'b'", &error) != STATUS_OK);
    CHECK_CONTAINS(error.message, "append-only");
    CHECK(sqlite_run(store_database(night.store), "DELETE FROM ledger", &error) != STATUS_OK);
    CHECK_CONTAINS(error.message, "append-only");
    night_close(&night);
}

TEST("a ledger that cannot be written is a matter of the ledger")
{
    struct error error = { 0 };
    open_store();
    CHECK_INT(sqlite_run(store_database(night.store), "DROP TABLE ledger", &error), STATUS_OK);
    CHECK_INT(store_begin(night.store, &error), STATUS_OK);
    CHECK_INT(ledger_append(night.store, &(struct ledger_event){ .event = "a" }, NULL, &error),
              STATUS_LEDGER);
    store_rollback(night.store);
    night_close(&night);
}

TEST("what the verifiers would refuse does not enter the ledger; a login's name is written out")
{
    struct error error = { 0 };
    struct value *detail = value_object(&test_arena);
    open_store();
    night_must(night_try_begin(&night, &error), &error, "begin");
    value_set(detail, "locator",
              value_text(&test_arena, TEXT("inbox/t\xea"
                                           "m.json")));
    CHECK_INT(store_begin(night.store, &error), STATUS_OK);
    struct ledger_event event = { .event = "accepted", .detail = detail };
    CHECK_INT(ledger_append(night.store, &event, NULL, &error), STATUS_FATAL);
    CHECK_CONTAINS(error.message, "is no UTF-8");
    struct text nul = { "a\0b", 3 };
    detail = value_object(&test_arena);
    value_set(detail, "value", value_text(&test_arena, nul));
    event.detail = detail;
    CHECK_INT(ledger_append(night.store, &event, NULL, &error), STATUS_FATAL);
    CHECK_CONTAINS(error.message, "is not one JSON object");
    event = (struct ledger_event){ .event = "accepted", .code = nul };
    CHECK_INT(ledger_append(night.store, &event, NULL, &error), STATUS_FATAL);
    CHECK_CONTAINS(error.message, "a NUL");
    event = (struct ledger_event){ .event = "retried", .actor = "l\xe0n" };
    CHECK_INT(ledger_append(night.store, &event, NULL, &error), STATUS_OK);
    CHECK_INT(store_commit(night.store, &error), STATUS_OK);
    CHECK_TEXT(row_text("SELECT actor FROM ledger WHERE event = 'retried'"), TEXT("l<E0>n"));
    CHECK_TEXT(row_text("SELECT count(*) FROM ledger"), TEXT("2"));
    night_close(&night);
}
