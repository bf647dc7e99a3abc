#include "core/arena.h"

#include <string.h>

#include "tests/support/test.h"

TEST("pieces are aligned to 16, do not overlap and keep their bytes")
{
    struct arena arena = { 0 };
    char *pieces[2000];
    for (size_t i = 0; i < 2000; i++) {
        pieces[i] = arena_alloc(&arena, i % 313);
        CHECK_INT((uintptr_t)pieces[i] % 16, 0);
        memset(pieces[i], (int)(i & 127), i % 313);
    }
    bool kept = true;
    for (size_t i = 0; i < 2000; i++)
        for (size_t j = 0; j < i % 313; j++)
            kept = kept && pieces[i][j] == (char)(i & 127);
    CHECK(kept);
    arena_free(&arena);
}

TEST("a large piece does not waste the rest of the block in use")
{
    struct arena arena = { 0 };
    char *before = arena_alloc(&arena, 16);
    char *large = arena_alloc(&arena, 3000000);
    char *behind = arena_alloc(&arena, 16);
    memset(large, 1, 3000000);
    CHECK(behind > before && behind - before < 100);
    CHECK(arena.total >= 3000032);
    arena_free(&arena);
    CHECK(!arena.block);
    CHECK_INT(arena.total, 0);
}

TEST("a cleared arena keeps one ordinary block and uses it again")
{
    struct arena arena = { 0 };
    for (int round = 0; round < 5; round++) {
        for (int i = 0; i < 3000; i++)
            memset(arena_alloc(&arena, 100), 1, 100);
        memset(arena_alloc(&arena, 5000000), 1, 5000000);
        arena_clear(&arena);
        CHECK(arena.block);
        CHECK_INT(arena.used, 0);
        CHECK_INT(arena.total, 0);
    }
    char *first = arena_alloc(&arena, 100);
    arena_clear(&arena);
    CHECK(arena_alloc(&arena, 100) == first);
    arena_free(&arena);
}

TEST("zeroed pieces are zero in memory that was used before")
{
    struct arena arena = { 0 };
    memset(arena_alloc(&arena, 1000), 0xff, 1000);
    arena_clear(&arena);
    char *bytes = arena_alloc_zeroed(&arena, 500);
    uint64_t *items = arena_array(&arena, uint64_t, 30);
    bool zero = true;
    for (size_t i = 0; i < 500; i++)
        zero = zero && !bytes[i];
    for (size_t i = 0; i < 30; i++)
        zero = zero && !items[i];
    CHECK(zero);
    arena_free(&arena);
}

TEST("an arena that was never used can be cleared and freed")
{
    struct arena ARENA_OWNED arena = { 0 };
    arena_clear(&arena);
    arena_free(&arena);
    CHECK(arena_alloc(&arena, 0) != NULL);
}
