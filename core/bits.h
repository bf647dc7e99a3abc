/* A set of numbers from 0 on, a bit each; it grows with the largest. Begins as { 0 }. */
#ifndef CORE_BITS_H
#define CORE_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bits {
    unsigned char *bytes;
    size_t count; /* of bytes */
    int64_t set;  /* how many numbers are in it */
};

bool bits_has(const struct bits *bits, int64_t number);
void bits_add(struct bits *bits, int64_t number);
/* The smallest one behind `after`; 0: there is none. */
int64_t bits_next(const struct bits *bits, int64_t after);
void bits_free(struct bits *bits); /* it is { 0 } again */

#endif
