/* JSON Pointer, RFC 6901. "." and "" are the whole value. STATUS_USAGE when a text is no pointer. */
#ifndef CORE_POINTER_H
#define CORE_POINTER_H

#include "core/error.h"
#include "core/text.h"
#include "core/value.h"

struct arena;

struct pointer {
    size_t count;
    struct text *tokens; /* unescaped */
};

enum status pointer_compile(struct arena *arena, struct text text, struct pointer *pointer,
                            struct error *error);
const struct value *pointer_find(const struct pointer *pointer,
                                 const struct value *value); /* NULL: not there */

#endif
