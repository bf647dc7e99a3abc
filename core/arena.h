/* An arena: many small allocations that end together (a run, a batch, a record).
 *
 *     struct arena arena = { 0 };        a zeroed arena is ready
 *     char *bytes = arena_alloc(&arena, 100);
 *     arena_clear(&arena);               all at once, keeping one block for the next record
 *     arena_free(&arena);
 */
#ifndef CORE_ARENA_H
#define CORE_ARENA_H

#include <stddef.h>

struct arena_block;

struct arena {
    struct arena_block *block; /* the newest */
    size_t used;               /* in the newest block */
    size_t total;              /* bytes handed out since the last clear */
};

void *arena_alloc(struct arena *arena, size_t size); /* uninitialised, aligned to 16 */
void *arena_alloc_zeroed(struct arena *arena, size_t size);
void *arena_alloc_items(struct arena *arena, size_t count, size_t size); /* zeroed; checks the product */
void arena_clear(struct arena *arena);
void arena_free(struct arena *arena);

#define arena_new(arena, type)          ((type *)arena_alloc_zeroed((arena), sizeof(type)))
#define arena_array(arena, type, count) ((type *)arena_alloc_items((arena), (count), sizeof(type)))
#define ARENA_OWNED                     __attribute__((cleanup(arena_free)))

#endif
