#include "store/counters.h"

#include <stdlib.h>

#include "core/memory.h"

static uint64_t print_of(struct text text)
{
    uint64_t hash = text_hash(text);
    return hash ? hash : 1;
}

static struct counter *slot_of(const struct counters *counters, uint64_t print)
{
    size_t at = (print ^ print >> 32) & (counters->capacity - 1);
    while (counters->slots[at].text && counters->slots[at].text != print)
        at = (at + 1) & (counters->capacity - 1);
    return &counters->slots[at];
}

void counters_get(const struct counters *counters, struct text text, int64_t *number)
{
    if (!counters->count)
        return;
    const struct counter *slot = slot_of(counters, print_of(text));
    if (slot->text)
        *number = slot->number;
}

static void grow(struct counters *counters)
{
    struct counters larger = { .count = counters->count, .capacity = counters->capacity * 2 + 64 };
    while (larger.capacity & (larger.capacity - 1))
        larger.capacity &= larger.capacity - 1;
    larger.slots = memory_take_zeroed(larger.capacity, sizeof *larger.slots);
    for (size_t i = 0; i < counters->capacity; i++)
        if (counters->slots[i].text)
            *slot_of(&larger, counters->slots[i].text) = counters->slots[i];
    free(counters->slots);
    *counters = larger;
}

void counters_set(struct counters *counters, struct text text, int64_t number)
{
    if (counters->count * 2 >= counters->capacity)
        grow(counters);
    uint64_t print = print_of(text);
    struct counter *slot = slot_of(counters, print);
    counters->count += !slot->text;
    *slot = (struct counter){ print, number };
}

void counters_free(struct counters *counters)
{
    free(counters->slots);
    *counters = (struct counters){ 0 };
}
