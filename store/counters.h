/* Numbers by text, in memory: a text is known by 64 bits of it, so two of them may share a number. For what may be off by a
 * few without being wrong. */
#ifndef STORE_COUNTERS_H
#define STORE_COUNTERS_H

#include <stddef.h>
#include <stdint.h>

#include "core/text.h"

struct counters {
    struct counter {
        uint64_t text; /* 0: free */
        int64_t number;
    } * slots; /* capacity is a power of two */
    size_t count, capacity;
};

/* Leaves `number` as it is where there is none. */
void counters_get(const struct counters *counters, struct text text, int64_t *number);
void counters_set(struct counters *counters, struct text text, int64_t number);
void counters_free(struct counters *counters);

#endif
