#include "store/fingerprints.h"

#include <stdlib.h>

#include "core/memory.h"

/* A last mix, so that the low bits, which choose the slot, hang on all of the bytes. */
static uint64_t fingerprint(struct text bytes)
{
    uint64_t hash = text_hash(bytes);
    hash ^= hash >> 32;
    return hash ? hash : 1;
}

static size_t slot_of(const struct fingerprints *set, uint64_t print)
{
    size_t at = (size_t)print & (set->capacity - 1);
    while (set->slots[at] && set->slots[at] != print)
        at = (at + 1) & (set->capacity - 1);
    return at;
}

static void grow(struct fingerprints *set)
{
    struct fingerprints larger = { .capacity = set->capacity ? set->capacity * 2 : 1024 };
    larger.slots = memory_take_zeroed(larger.capacity, sizeof *larger.slots);
    for (size_t i = 0; i < set->capacity; i++)
        if (set->slots[i])
            larger.slots[slot_of(&larger, set->slots[i])] = set->slots[i];
    larger.count = set->count;
    free(set->slots);
    *set = larger;
}

void fingerprints_add(struct fingerprints *set, struct text bytes)
{
    if (set->count >= FINGERPRINTS_MAX)
        return;
    if (set->count * 2 >= set->capacity)
        grow(set);
    uint64_t print = fingerprint(bytes);
    size_t at = slot_of(set, print);
    set->count += !set->slots[at];
    set->slots[at] = print;
}

bool fingerprints_has(const struct fingerprints *set, struct text bytes)
{
    if (set->count >= FINGERPRINTS_MAX)
        return true;
    return set->count && set->slots[slot_of(set, fingerprint(bytes))];
}

void fingerprints_free(struct fingerprints *set)
{
    free(set->slots);
    *set = (struct fingerprints){ 0 };
}
