/* JSON Pointer, RFC 6901. "." and "" are the whole value. STATUS_USAGE when a text is no pointer. */
#ifndef CORE_JSON_POINTER_H
#define CORE_JSON_POINTER_H

#include "core/error.h"
#include "core/text.h"
#include "core/value.h"

struct arena;

struct json_pointer {
    size_t count;
    struct text *tokens; /* unescaped */
};

enum status json_pointer_compile(struct arena *arena, struct text text, struct json_pointer *pointer,
                                 struct error *error);
const struct value *json_pointer_find(const struct json_pointer *pointer,
                                      const struct value *value); /* NULL: not there */

#endif
