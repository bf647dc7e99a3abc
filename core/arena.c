#include "core/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_POISONED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_POISONED 1
#endif
#endif

/* Under AddressSanitizer what is not handed out is poisoned and a gap stands behind each piece, so that
 * reading past an end or after a clear is found although the block lives on. */
#ifdef ARENA_POISONED
#include <sanitizer/asan_interface.h>
#define ARENA_GAP             16
#define poison(bytes, size)   __asan_poison_memory_region((bytes), (size))
#define unpoison(bytes, size) __asan_unpoison_memory_region((bytes), (size))
#else
#define ARENA_GAP             0
#define poison(bytes, size)   ((void)(bytes), (void)(size))
#define unpoison(bytes, size) ((void)(bytes), (void)(size))
#endif

#define ARENA_ALIGN 16
#define ARENA_FIRST ((size_t)64 * 1024)
#define ARENA_MAX   ((size_t)1024 * 1024) /* of a block that is not made for one large piece */

struct arena_block {
    struct arena_block *previous;
    size_t capacity;
    _Alignas(ARENA_ALIGN) char bytes[];
};

static struct arena_block *block_new(size_t capacity)
{
    if (capacity > SIZE_MAX - sizeof(struct arena_block))
        capacity = SIZE_MAX - sizeof(struct arena_block); /* which memory_take refuses */
    struct arena_block *block = memory_take(sizeof(struct arena_block) + capacity);
    block->previous = NULL;
    block->capacity = capacity;
    poison(block->bytes, capacity);
    return block;
}

static void block_free(struct arena_block *block)
{
    unpoison(block->bytes, block->capacity);
    free(block);
}

__attribute__((noinline)) static void *take_from_new_block(struct arena *arena, size_t size, size_t needed)
{
    struct arena_block *newest = arena->block;
    /* A large piece gets a block behind the newest one, whose rest stays in use. */
    if (newest && needed > newest->capacity / 4) {
        struct arena_block *separate = block_new(needed);
        separate->previous = newest->previous;
        newest->previous = separate;
        arena->total += needed;
        unpoison(separate->bytes, size);
        return separate->bytes;
    }
    size_t capacity = newest ? newest->capacity * 2 : ARENA_FIRST;
    if (capacity > ARENA_MAX)
        capacity = ARENA_MAX;
    if (capacity < needed)
        capacity = needed;
    struct arena_block *block = block_new(capacity);
    block->previous = newest;
    arena->block = block;
    arena->used = needed;
    arena->total += needed;
    unpoison(block->bytes, size);
    return block->bytes;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    /* An impossible size must stay one: rounding it up may not turn it into a small one. */
    size_t needed =
        size > SIZE_MAX / 2 ? size : (size + ARENA_GAP + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
    struct arena_block *block = arena->block;
    if (__builtin_expect(!block || needed > block->capacity - arena->used, 0))
        return take_from_new_block(arena, size, needed);
    char *bytes = block->bytes + arena->used;
    arena->used += needed;
    arena->total += needed;
    unpoison(bytes, size);
    return bytes;
}

void *arena_alloc_zeroed(struct arena *arena, size_t size)
{
    return memset(arena_alloc(arena, size), 0, size);
}

void *arena_alloc_items(struct arena *arena, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        bytes = SIZE_MAX;
    return arena_alloc_zeroed(arena, bytes);
}

void arena_clear(struct arena *arena)
{
    /* The largest of the ordinary blocks stays: the next record probably needs as much. */
    struct arena_block *kept = NULL;
    for (struct arena_block *block = arena->block, *previous; block; block = previous) {
        previous = block->previous;
        struct arena_block *loser = block;
        if (block->capacity <= ARENA_MAX && (!kept || block->capacity > kept->capacity)) {
            loser = kept;
            kept = block;
        }
        if (loser)
            block_free(loser);
    }
    if (kept) {
        kept->previous = NULL;
        poison(kept->bytes, kept->capacity);
    }
    arena->block = kept;
    arena->used = 0;
    arena->total = 0;
}

void arena_free(struct arena *arena)
{
    for (struct arena_block *block = arena->block, *previous; block; block = previous) {
        previous = block->previous;
        block_free(block);
    }
    *arena = (struct arena){ 0 };
}
