/* A set of digests and keys by 64 bits of each, to be sure that something is new without asking the store:
 * what it does not hold certainly was not added; what it seems to hold is to be looked for. Memory: 16 to 32
 * bytes for each. */
#ifndef STORE_FINGERPRINTS_H
#define STORE_FINGERPRINTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/text.h"

#define FINGERPRINTS_MAX ((size_t)1 << 20) /* then the set is full: fingerprints_has is always true */

struct fingerprints {
    uint64_t *slots; /* 0: free; room is a power of two */
    size_t count, capacity;
};

void fingerprints_add(struct fingerprints *set, struct text bytes);
bool fingerprints_has(const struct fingerprints *set, struct text bytes);
void fingerprints_free(struct fingerprints *set);

#endif
