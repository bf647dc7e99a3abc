/* A tree of values: a decoded JSON document, a YAML configuration, a canonical procedure.
 *
 * Everything lives in an arena; there is nothing to free. A number is its text as it was written: identifiers
 * and money never pass through a double. Children are a linked list in order; in an object each has a name.
 */
#ifndef CORE_VALUE_H
#define CORE_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/digest.h"
#include "core/text.h"

struct arena;

enum value_kind { VALUE_NULL, VALUE_BOOLEAN, VALUE_NUMBER, VALUE_TEXT, VALUE_LIST, VALUE_OBJECT };

struct value {
    enum value_kind kind;
    bool truth;            /* VALUE_BOOLEAN */
    bool plain;            /* YAML: an unquoted scalar (all YAML scalars are VALUE_TEXT) */
    unsigned line, column; /* YAML: of its name in a mapping, else of itself, from 1; elsewhere 0 */
    size_t count;          /* of children */
    struct text text;      /* VALUE_TEXT, VALUE_NUMBER */
    struct text name;      /* in an object */
    struct value *next;    /* the sibling */
    struct value *first, *last;
};

struct value *value_null(struct arena *arena);
struct value *value_boolean(struct arena *arena, bool truth);
struct value *value_integer(struct arena *arena, int64_t number);
struct value *value_number(struct arena *arena, struct text lexeme);          /* borrows */
struct value *value_text(struct arena *arena, struct text text);              /* borrows */
struct value *value_string(struct arena *arena, const char *string);          /* borrows */
struct value *value_digest(struct arena *arena, const struct digest *digest); /* its text in hex */
struct value *value_list(struct arena *arena);
struct value *value_object(struct arena *arena);

/* These append and return what was appended. A child belongs to one parent; a second name is not looked for.
 */
struct value *value_append(struct value *list, struct value *item);
struct value *value_set(struct value *object, const char *name, struct value *value);
struct value *value_set_text(struct value *object, struct text name, struct value *value);
/* A text as a member; nothing is set where it is none. Borrows. */
void value_put(struct arena *arena, struct value *object, const char *name, struct text text);
/* By the exact name; NULL when it is absent, or `object` is NULL or no object. */
struct value *value_find(const struct value *object, const char *name);
struct value *value_find_text(const struct value *object, struct text name);
/* The text of a child that is a text or a number, or none. */
struct text value_text_of(const struct value *object, const char *name);
int64_t value_number_of(const struct value *object,
                        const char *name); /* that text as a whole number; else 0 */
bool value_is_true(const struct value *object, const char *name);
bool value_is_scalar(const struct value *value);
struct value *value_copy(struct arena *arena, const struct value *value); /* deep, texts too */
/* Objects in any order, numbers as written; where YAML found a value does not count. */
bool value_equal(const struct value *left, const struct value *right);

#endif
