#include "store/rekey.h"

#include "adapters/crypto.h"
#include "store/staging.h"
#include "store/store_run.h"
#include "tests/support/test.h"

static struct store *store;
static struct error error;

static void open_store(void)
{
    struct text path = text_format(&test_arena, "%s/store.db", test_folder());
    struct run_start start = { .command = "run", .operator_ = "tester", .host = "here", .version = "0" };
    int64_t run;
    CHECK_INT(store_open(path.bytes, STORE_RUN, clock_system(), &store, &error), STATUS_OK);
    CHECK_INT(store_run_begin(store, &start, &run, &error), STATUS_OK);
}

/* A record is "old key,new key,name". */
static enum status part(int which, struct text bytes, struct arena *arena, struct text *key,
                        struct error *reason)
{
    size_t comma;
    while (which--) {
        if (!text_find(bytes, TEXT(","), &comma))
            return error_set(reason, STATUS_REJECT, "no key");
        bytes = text_slice(bytes, comma + 1, bytes.length);
    }
    if (text_find(bytes, TEXT(","), &comma))
        bytes = text_slice(bytes, 0, comma);
    *key = text_copy(arena, bytes);
    return key->length ? STATUS_OK : error_set(reason, STATUS_REJECT, "empty");
}

static enum status first_part(void *user_data, struct text bytes, struct text context, struct text locator,
                              struct arena *arena, struct text *key, struct error *reason)
{
    (void)user_data, (void)context, (void)locator;
    return part(0, bytes, arena, key, reason);
}

static enum status second_part(void *user_data, struct text bytes, struct text context, struct text locator,
                               struct arena *arena, struct text *key, struct error *reason)
{
    (void)user_data, (void)context, (void)locator;
    return part(1, bytes, arena, key, reason);
}

static struct staging_counts pass(const char *address, rekey_find *find, const char *const *records)
{
    struct staging *staging;
    struct staging_counts counts = { 0 };
    bool known;
    CHECK_INT(staging_open(store, "s", NULL, &staging, &error), STATUS_OK);
    CHECK_INT(rekey_source(store, "s", address, find, NULL, &error), STATUS_OK);
    for (; *records; records++) {
        struct staged_record record = { .locator = TEXT("f"),
                                        .bytes = text_of(*records),
                                        .digest = crypto_sha256(text_of(*records)) };
        CHECK_INT(staging_known(staging, &record.digest, record.locator, &known, &error), STATUS_OK);
        CHECK_INT(find(NULL, record.bytes, TEXT_NONE, record.locator, &test_arena, &record.key, &error),
                  STATUS_OK);
        if (!known)
            CHECK_INT(staging_put(staging, &record, &error), STATUS_OK);
    }
    CHECK_INT(
        staging_finish(staging, &(struct staging_verdict){ .whole = true, .full = true }, &counts, &error),
        STATUS_OK);
    return counts;
}

static int64_t number(const char *sql)
{
    struct sqlite_statement *statement;
    CHECK_INT(sqlite_prepare(store_database(store), sql, &statement, &error), STATUS_OK);
    CHECK_INT(sqlite_step(statement, &error), STATUS_OK);
    int64_t found = sqlite_number(statement, 0);
    sqlite_finish(statement);
    return found;
}

TEST("under another key nothing is missing: records get the keys that their bytes have there")
{
    open_store();
    static const char *const before[] = { "a,1,A", "b,2,B", "c,3,C", NULL };
    CHECK_INT(pass("/id", first_part, before).changed, 3);
    CHECK_INT(number("SELECT count(*) FROM ledger WHERE event = 'rekeyed'"), 0);
    static const char *const after[] = { "a,1,A2", "b,2,B", "c,3,C", NULL };
    struct staging_counts counts = pass("/ma", second_part, after);
    CHECK_INT(counts.changed, 1);
    CHECK_INT(counts.missing, 0);
    CHECK_INT(number("SELECT count(*) FROM record"), 3);
    CHECK_INT(number("SELECT count(*) FROM record WHERE key IN ('1', '2', '3')"), 3);
    CHECK_INT(
        number("SELECT count(*) FROM ledger WHERE event = 'rekeyed' AND json_extract(detail, '$.was') = 'a'"
               " AND json_extract(detail, '$.key') = '1'"),
        1);
    pass("/ma", second_part, after);
    CHECK_INT(number("SELECT count(*) FROM ledger WHERE event = 'rekeyed'"), 3);
    store_close(store);
}

TEST("keys that change places, meet, or are not there at the new address")
{
    open_store();
    static const char *const before[] = { "a,b,A", "b,a,B", "c,x,C", "d,x,D", "e,,E", NULL };
    pass("/id", first_part, before);
    CHECK_INT(rekey_source(store, "s", "/other", second_part, NULL, &error), STATUS_OK);
    CHECK_INT(number("SELECT id FROM record WHERE key = 'b'"), 1);
    CHECK_INT(number("SELECT id FROM record WHERE key = 'a'"), 2);
    CHECK_INT(number("SELECT count(*) FROM record WHERE key IN ('x', 'x (2)')"), 2);
    CHECK_INT(number("SELECT count(*) FROM record WHERE key = 'e'"), 1);
    CHECK_INT(number("SELECT count(*) FROM ledger WHERE event = 'rekeyed'"), 4);
    store_close(store);
}
