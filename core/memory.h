/* Memory that is never NULL.
 *
 * The store is made for a death at any instruction, so a process that can get no memory says so and ends with
 * exit 3, as a killed one would: everything stays pending and the next run goes on. Callers need not check.
 */
#ifndef CORE_MEMORY_H
#define CORE_MEMORY_H

#include <stddef.h>

void *memory_take(size_t size);                             /* uninitialised; size 0 gives a valid pointer */
void *memory_take_zeroed(size_t count, size_t size);        /* checks the product */
void *memory_resize(void *memory, size_t size);             /* as realloc */
void *memory_grow(void *memory, size_t count, size_t size); /* as reallocarray: checks the product */
/* The items with room for one more behind `count`: twice as much and some when it is used up. */
void *memory_more(void *items, size_t count, size_t *room, size_t size);
char *memory_copy_string(const char *string);

/* For a program's beginning: what is freed (some MB of it) stays with the process. Else each small document's buffers are
 * taken from the system and given back: a third of the CPU of 20,000 small files. */
void memory_keep(void);

/* Where a library says that it got none: says so and ends, as above. */
_Noreturn void memory_give_up(void);

/* Tests: the allocation with this number from now (1 is the next) fails; 0 never. A program compiled with
 * -DCONGKHAI_FAULTS also takes the number, counted from its start, from the environment:
 * CONGKHAI_MEMORY_FAIL_AT. */
void memory_fail_at(unsigned long number);

#define memory_new(type) ((type *)memory_take_zeroed(1, sizeof(type)))

#endif
