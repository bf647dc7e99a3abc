#include "store/source_state.h"

#include <stdio.h>

#include "store/fingerprints.h"
#include "store/staging.h"
#include "tests/support/test.h"

static struct error error;

TEST("a source's state is kept, replaced and forgotten, each source's its own")
{
    struct store *store;
    struct staging *staging;
    struct staging_counts counts;
    struct text state;
    struct text path = text_format(&test_arena, "%s/store.db", test_folder());
    CHECK_INT(store_open(path.bytes, STORE_RUN, clock_system(), &store, &error), STATUS_OK);
    for (int i = 0; i < 2; i++) {
        CHECK_INT(staging_open(store, i ? "b" : "a", NULL, &staging, &error), STATUS_OK);
        CHECK_INT(source_state_put(store, i ? "b" : "a", i ? TEXT("state b") : TEXT("old"), &error),
                  STATUS_OK);
        CHECK_INT(staging_finish(staging, &(struct staging_verdict){ .whole = true, .full = true }, &counts,
                                 &error),
                  STATUS_OK);
    }
    CHECK_INT(source_state_put(store, "a", TEXT("a\0a"), &error), STATUS_OK);
    CHECK_INT(source_state_get(store, &test_arena, "a", &state, &error), STATUS_OK);
    CHECK_TEXT(state, TEXT("a\0a"));
    CHECK_INT(source_state_put(store, "a", TEXT_NONE, &error), STATUS_OK);
    CHECK_INT(source_state_get(store, &test_arena, "a", &state, &error), STATUS_OK);
    CHECK(!state.bytes);
    CHECK_INT(source_state_get(store, &test_arena, "b", &state, &error), STATUS_OK);
    CHECK_TEXT(state, TEXT("state b"));
    CHECK_INT(source_state_get(store, &test_arena, "c", &state, &error), STATUS_OK);
    CHECK(!state.bytes);
    store_close(store);
}

TEST("an unchanged source sees what was present, and loses nothing")
{
    struct store *store;
    struct staging *staging;
    struct staging_counts counts;
    struct text path = text_format(&test_arena, "%s/store.db", test_folder());
    CHECK_INT(store_open(path.bytes, STORE_RUN, clock_system(), &store, &error), STATUS_OK);
    for (int night = 0; night < 2; night++) {
        CHECK_INT(staging_open(store, "a", NULL, &staging, &error), STATUS_OK);
        for (int i = 0; i < 3 && !night; i++) {
            struct text key = text_format(&test_arena, "%d", i);
            struct staged_record record = { .key = key, .locator = key, .bytes = key };
            record.digest.bytes[0] = (unsigned char)i;
            CHECK_INT(staging_put(staging, &record, &error), STATUS_OK);
        }
        if (night)
            CHECK_INT(staging_unchanged(staging, &error), STATUS_OK);
        CHECK_INT(staging_finish(staging, &(struct staging_verdict){ .whole = true, .full = true }, &counts,
                                 &error),
                  STATUS_OK);
        CHECK_INT(counts.seen, 3);
        CHECK_INT(counts.missing, 0);
        CHECK_INT(counts.changed, night ? 0 : 3);
    }
    store_close(store);
}

TEST("what a set of fingerprints does not hold was never added")
{
    struct fingerprints set = { 0 };
    CHECK(!fingerprints_has(&set, TEXT("a")));
    for (int i = 0; i < 20000; i++)
        fingerprints_add(&set, text_format(&test_arena, "key %d", i));
    CHECK_INT(set.count, 20000);
    bool all = true;
    int wrong = 0;
    for (int i = 0; i < 20000; i++) {
        all = all && fingerprints_has(&set, text_format(&test_arena, "key %d", i));
        wrong += fingerprints_has(&set, text_format(&test_arena, "other %d", i));
    }
    CHECK(all);
    CHECK_INT(wrong, 0);
    fingerprints_free(&set);
}
