/* Sixteen bytes of a text at once, as a vector: comparisons give 0xff where they hold. */
#ifndef CORE_BYTES16_H
#define CORE_BYTES16_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef uint8_t bytes16 __attribute__((vector_size(16)));

static inline bytes16 bytes16_load(const char *bytes)
{
    bytes16 loaded;
    memcpy(&loaded, bytes, sizeof loaded);
    return loaded;
}

static inline bool bytes16_any(bytes16 bytes)
{
    uint64_t halves[2];
    memcpy(halves, &bytes, sizeof halves);
    return halves[0] || halves[1];
}

/* The place of the first byte that is not 0; 16 where all are. */
static inline size_t bytes16_first(bytes16 bytes)
{
    uint64_t halves[2];
    memcpy(halves, &bytes, sizeof halves);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return halves[0]   ? (size_t)__builtin_ctzll(halves[0]) / 8
           : halves[1] ? 8 + (size_t)__builtin_ctzll(halves[1]) / 8
                       : 16;
#else
    return halves[0]   ? (size_t)__builtin_clzll(halves[0]) / 8
           : halves[1] ? 8 + (size_t)__builtin_clzll(halves[1]) / 8
                       : 16;
#endif
}

#endif
