/* The door to zlib: packed bytes that arrive piece by piece, and whether they came to their end. */
#ifndef ADAPTERS_INFLATE_H
#define ADAPTERS_INFLATE_H

#include <stdbool.h>

#include "core/text.h"

enum inflate_shape {
    INFLATE_GZIP,    /* RFC 1952, one member or several */
    INFLATE_DEFLATE, /* RFC 1950, or RFC 1951 alone as some servers have it */
};

enum inflate_result { INFLATE_FINE, INFLATE_DAMAGED, INFLATE_REFUSED };

/* One serves one thread; its memory is taken when it is first used. NULL closes too. */
struct inflate;
struct inflate *inflate_open(void);
void inflate_close(struct inflate *packed);

/* Forgets what was read before. */
void inflate_begin(struct inflate *packed, enum inflate_shape shape);

/* Gives what the bytes hold to `put` in pieces; where that says no, it is INFLATE_REFUSED. */
enum inflate_result inflate_feed(struct inflate *packed, struct text bytes,
                                 bool (*put)(void *user_data, struct text piece), void *user_data);

/* Nothing was fed, or what was fed came to its end. */
bool inflate_is_whole(const struct inflate *packed);

#endif
