/* Inside of the JSON door: one pass over a text before cJSON sees it, which refuses what cJSON would let pass
 * (bytes that are no UTF-8, halves of surrogate pairs, control characters, lists without end) and turns its
 * numbers into texts; and what is said, with its place, of what cJSON stumbles over. */
#ifndef ADAPTERS_JSON_GUARD_H
#define ADAPTERS_JSON_GUARD_H

#include "core/error.h"
#include "core/text.h"

/* cJSON reads numbers into doubles. It is given each number as a text that begins with this byte, which no
 * valid UTF-8 and no escape can give. */
#define JSON_DEPTH           200
#define JSON_NUMBER_MARK     '\xff'
#define JSON_NUMBER_OVERHEAD 3 /* the mark and two quotes */

struct json_guard {
    struct text source;
    const char *at, *end;
    const char *copied; /* up to here the source stands in `out` */
    char *out;
    const char *root_end; /* behind the bracket that closes the first list or object */
    size_t depth;
    struct error *error;
};

/* Writes cJSON's input and a NUL to `out`, which has room for half as many overheads as the source has bytes;
 * its length to *length. */
enum status json_guard_text(struct json_guard *guard, char *out, size_t *length);
/* Says what cJSON stumbled over; `at` is in what it was given. */
enum status json_guard_syntax(struct json_guard *guard, const char *given, const char *at);
/* STATUS_REJECT with line and column of a place in the source. */
enum status json_guard_refuse(struct json_guard *guard, const char *at, const char *message);
/* The place of a text, name or number in the source, counted from 0. */
const char *json_guard_token(const struct json_guard *guard, size_t number);

#endif
