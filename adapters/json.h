/* The door to cJSON: strict RFC 8259 texts into values.
 *
 * Refused, each with line, column and what to do: invalid UTF-8, a NUL, raw control characters in a text, a
 * name that occurs twice in one object, trailing bytes, numbers outside the grammar, unpaired \uD800 escapes,
 * more than JSON_DEPTH (adapters/json_guard.h) levels. Numbers keep their digits as written (cJSON would pass them through a double).
 * Names are compared exactly. A byte order mark at the start is skipped.
 */
#ifndef ADAPTERS_JSON_H
#define ADAPTERS_JSON_H

#include "core/arena.h"
#include "core/error.h"
#include "core/value.h"

/* STATUS_REJECT when the text is no JSON. The tree lives in the arena and does not borrow from `text`.
 * Thread-safe. */
enum status json_parse(struct arena *arena, struct text text, struct value **value, struct error *error);

/* The first member whose name an earlier member of the object has too, or NULL. n log n whatever the names
 * are. */
const struct value *json_repeated_name(const struct value *object);

#endif
