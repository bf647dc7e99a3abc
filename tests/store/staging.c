#include "store/staging.h"

#include <stdio.h>
#include <string.h>

#include "adapters/crypto.h"
#include "store/store_run.h"
#include "store/transform_queue.h"
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

static void offer(struct staging *staging, const char *key, const char *bytes)
{
    struct staged_record record = { .key = text_of(key),
                                    .locator = text_format(&test_arena, "f:%s", key),
                                    .bytes = text_of(bytes),
                                    .digest = crypto_sha256(text_of(bytes)),
                                    .fault = *bytes == '{' ? "broken" : NULL,
                                    .nameless = *bytes == '{' };
    bool known;
    CHECK_INT(staging_known(staging, &record.digest, record.locator, &known, &error), STATUS_OK);
    if (!known)
        CHECK_INT(staging_put(staging, &record, &error), STATUS_OK);
}

/* One pass over a list of key, bytes pairs. */
static struct staging_counts pass(const char *const *pairs, bool whole, bool full)
{
    struct staging *staging;
    struct staging_counts counts = { 0 };
    CHECK_INT(staging_open(store, "s", NULL, &staging, &error), STATUS_OK);
    for (; *pairs; pairs += 2)
        offer(staging, pairs[0], pairs[1]);
    CHECK_INT(
        staging_finish(staging, &(struct staging_verdict){ .whole = whole, .full = full }, &counts, &error),
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

static const char *const three[] = { "a", "A1", "b", "B1", "c", "C1", NULL };

TEST("a record is staged only when its bytes are new")
{
    open_store();
    struct staging_counts counts = pass(three, true, true);
    CHECK_INT(counts.seen, 3);
    CHECK_INT(counts.changed, 3);
    int64_t events = number("SELECT count(*) FROM ledger");
    counts = pass(three, true, true);
    CHECK_INT(counts.seen, 3);
    CHECK_INT(counts.changed, 0);
    CHECK_INT(number("SELECT count(*) FROM ledger"), events + 1);
    static const char *const changed[] = { "a", "A1", "b", "B2", "c", "C1", NULL };
    counts = pass(changed, true, true);
    CHECK_INT(counts.changed, 1);
    CHECK_INT(number("SELECT count(*) FROM record"), 3);
    store_close(store);
}

TEST("what is absent from a whole, full listing is missing, and comes back")
{
    open_store();
    pass(three, true, true);
    static const char *const two[] = { "a", "A1", "c", "C1", NULL };
    CHECK_INT(pass(two, false, true).missing, 0);
    CHECK_INT(pass(two, true, false).missing, 0);
    CHECK_INT(number("SELECT count(*) FROM record WHERE present = 0"), 0);
    CHECK_INT(pass(two, true, true).missing, 1);
    CHECK_INT(number("SELECT count(*) FROM ledger WHERE event = 'missing'"), 1);
    CHECK_INT(pass(two, true, true).missing, 1);
    CHECK_INT(number("SELECT count(*) FROM ledger WHERE event = 'missing'"), 1);
    struct staging_counts counts = pass(three, true, true);
    CHECK_INT(counts.missing, 0);
    CHECK_INT(counts.returned, 1);
    CHECK_INT(number("SELECT count(*) FROM record WHERE present = 1"), 3);
    store_close(store);
}

TEST("a second record with the same key is kept beside the first, night after night")
{
    open_store();
    static const char *const twins[] = { "a", "A1", "a", "A2", NULL };
    CHECK_INT(pass(twins, true, true).changed, 2);
    CHECK_INT(number("SELECT count(*) FROM record WHERE key IN ('a', 'a (2)')"), 2);
    CHECK_INT(pass(twins, true, true).changed, 0);
    static const char *const one[] = { "a", "A1", NULL };
    CHECK_INT(pass(one, true, true).missing, 1);
    store_close(store);
}

TEST("an abandoned pass leaves no trace")
{
    open_store();
    struct staging *staging;
    CHECK_INT(staging_open(store, "s", NULL, &staging, &error), STATUS_OK);
    offer(staging, "a", "A1");
    staging_abandon(staging);
    CHECK_INT(number("SELECT count(*) FROM record"), 0);
    CHECK_INT(number("SELECT count(*) FROM payload WHERE kept = 0"), 0);
    store_close(store);
}

TEST("a record that cannot be read goes without being called missing")
{
    open_store();
    static const char *const broken[] = { "a", "A1", "@f", "{", NULL };
    pass(broken, true, true);
    static const char *const mended[] = { "a", "A1", NULL };
    CHECK_INT(pass(mended, true, true).missing, 0);
    struct store_kept_back kept;
    CHECK_INT(store_kept_back(store, &kept, &error), STATUS_OK);
    CHECK_INT(kept.missing, 0);
    static const char *const none[] = { NULL };
    CHECK_INT(pass(none, true, true).missing, 1);
    CHECK_INT(store_kept_back(store, &kept, &error), STATUS_OK);
    CHECK_INT(kept.missing, 1); /* what could be read once, and only that */
    store_close(store);
}

TEST("a key may begin with @: what has such a key is missing like any other, and a name that was made is not "
     "it")
{
    open_store();
    static const char *const first[] = { "@f", "A1", "b", "B1", NULL };
    pass(first, true, true);
    static const char *const broken[] = { "b", "B1", "@f", "{", NULL };
    struct staging_counts counts = pass(broken, true, true);
    CHECK_INT(counts.missing, 1);
    CHECK_INT(number("SELECT count(*) FROM record WHERE key = '@f' AND nameless = 0 AND present = 0"), 1);
    CHECK_INT(number("SELECT count(*) FROM record WHERE key = '@f (2)' AND nameless = 1 AND present = 1"), 1);
    CHECK_INT(number("SELECT count(*) FROM ledger WHERE event = 'missing'"), 1);
    CHECK_INT(pass(first, true, true).returned, 1);
    store_close(store);
}

#define MANY 5000

TEST("records that all have one key are counted up in one pass, and keep their numbers in the next")
{
    open_store();
    char bytes[20];
    for (int night = 0; night < 2; night++) {
        struct staging *staging;
        struct staging_counts counts;
        CHECK_INT(staging_open(store, "s", NULL, &staging, &error), STATUS_OK);
        for (int i = 0; i < MANY; i++) {
            snprintf(bytes, sizeof bytes, "%d %d", night, i);
            offer(staging, "k", bytes);
        }
        CHECK_INT(staging_finish(staging, &(struct staging_verdict){ .whole = true, .full = true }, &counts,
                                 &error),
                  STATUS_OK);
        CHECK_INT(counts.changed, MANY);
        CHECK_INT(counts.missing, 0);
    }
    CHECK_INT(number("SELECT count(*) FROM record"), MANY);
    CHECK_INT(number("SELECT count(*) FROM record WHERE key = 'k (5000)'"), 1);
    store_close(store);
}

TEST("the same bytes under two headings are two records, and neither is new on the next night")
{
    open_store();
    for (int night = 0; night < 2; night++) {
        struct staging *staging;
        struct staging_counts counts;
        CHECK_INT(staging_open(store, "s", NULL, &staging, &error), STATUS_OK);
        static const char *const headings[] = { "code,name", "code,title" };
        for (int i = 0; i < 2; i++) {
            struct staged_record record = { .key = TEXT("1"),
                                            .locator = text_of(headings[i]),
                                            .bytes = TEXT("1,A"),
                                            .digest = crypto_sha256(TEXT("1,A")),
                                            .context = text_of(headings[i]) };
            bool known;
            CHECK_INT(staging_context(staging, record.context, &error), STATUS_OK);
            CHECK_INT(staging_known(staging, &record.digest, record.locator, &known, &error), STATUS_OK);
            CHECK_INT(known, night);
            if (!known)
                CHECK_INT(staging_put(staging, &record, &error), STATUS_OK);
        }
        CHECK_INT(staging_finish(staging, &(struct staging_verdict){ .whole = true, .full = true }, &counts,
                                 &error),
                  STATUS_OK);
        CHECK_INT(counts.missing, 0);
    }
    store_close(store);
}

TEST("a source without headings is known behind one that has them")
{
    open_store();
    for (int night = 0; night < 2; night++) {
        for (int with = 1; with >= 0; with--) {
            struct staging *staging;
            CHECK_INT(staging_open(store, with ? "s" : "t", NULL, &staging, &error), STATUS_OK);
            for (int i = 0; i < 3; i++) {
                int row = night ? 2 - i : i; /* not one behind the other */
                struct staged_record record = { .key = text_format(&test_arena, "%d", row),
                                                .locator = TEXT("f"),
                                                .bytes = text_format(&test_arena, "%d,%d", with, row),
                                                .context = with ? TEXT("code,name") : TEXT_NONE };
                bool known;
                record.digest = crypto_sha256(record.bytes);
                CHECK_INT(staging_context(staging, record.context, &error), STATUS_OK);
                CHECK_INT(staging_known(staging, &record.digest, record.locator, &known, &error), STATUS_OK);
                CHECK_INT(known, night);
                if (!known)
                    CHECK_INT(staging_put(staging, &record, &error), STATUS_OK);
            }
            struct staging_counts counts;
            CHECK_INT(staging_finish(staging, &(struct staging_verdict){ .whole = true, .full = true },
                                     &counts, &error),
                      STATUS_OK);
        }
    }
    store_close(store);
}

/* As it is taken in: looked up in groups, before what is new is staged. */
static struct staging_counts pass_in(const char *document, const char *const *records)
{
    struct staging *staging;
    struct staging_counts counts = { 0 };
    struct staged_record fresh[10];
    size_t count = 0;
    CHECK_INT(staging_open(store, "s", NULL, &staging, &error), STATUS_OK);
    for (int place = 1; *records; records++, place++) {
        struct staged_record record = { .key = text_of(document),
                                        .locator = text_format(&test_arena, "%s:%d", document, place),
                                        .bytes = text_of(*records),
                                        .digest = crypto_sha256(text_of(*records)) };
        bool known;
        CHECK_INT(staging_known_in(staging, &record.digest, record.key, NULL, record.locator, &known, &error),
                  STATUS_OK);
        if (!known)
            fresh[count++] = record;
    }
    for (size_t i = 0; i < count; i++)
        CHECK_INT(staging_put(staging, &fresh[i], &error), STATUS_OK);
    CHECK_INT(
        staging_finish(staging, &(struct staging_verdict){ .whole = true, .full = true }, &counts, &error),
        STATUS_OK);
    return counts;
}

TEST("equal records without keys keep their places")
{
    open_store();
    static const char *const first[] = { "R", "R", "S", NULL };
    CHECK_INT(pass_in("f", first).changed, 3);
    CHECK_INT(number("SELECT count(*) FROM record WHERE key IN ('f', 'f (2)', 'f (3)')"), 3);
    struct staging_counts counts = pass_in("f", first);
    CHECK_INT(counts.changed + counts.missing, 0);
    static const char *const more[] = { "R", "R", "R", "S", NULL };
    counts = pass_in("f", more);
    CHECK_INT(counts.changed, 1);
    CHECK_INT(counts.missing, 0);
    CHECK_INT(pass_in("f", first).missing, 1);
    CHECK_INT(number("SELECT count(*) FROM record WHERE locator = 'f:2' AND key = 'f (2)'"), 1);
    store_close(store);
}
