#include "core/value.h"

#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/memory.h"

static struct value *value_new(struct arena *arena, enum value_kind kind)
{
    struct value *value = arena_new(arena, struct value);
    value->kind = kind;
    return value;
}

struct value *value_null(struct arena *arena)
{
    return value_new(arena, VALUE_NULL);
}

struct value *value_boolean(struct arena *arena, bool truth)
{
    struct value *value = value_new(arena, VALUE_BOOLEAN);
    value->truth = truth;
    return value;
}

struct value *value_integer(struct arena *arena, int64_t number)
{
    char digits[24];
    size_t at = sizeof digits;
    uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    digits[--at] = 0;
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (number < 0)
        digits[--at] = '-';
    return value_number(arena, text_copy(arena, (struct text){ digits + at, sizeof digits - 1 - at }));
}

struct value *value_number(struct arena *arena, struct text lexeme)
{
    struct value *value = value_new(arena, VALUE_NUMBER);
    value->text = lexeme;
    return value;
}

struct value *value_text(struct arena *arena, struct text text)
{
    struct value *value = value_new(arena, VALUE_TEXT);
    value->text = text;
    return value;
}

struct value *value_string(struct arena *arena, const char *string)
{
    return value_text(arena, text_of(string));
}

struct value *value_digest(struct arena *arena, const struct digest *digest)
{
    char *hex = arena_alloc(arena, DIGEST_HEX);
    digest_hex(digest, hex);
    return value_string(arena, hex);
}

struct value *value_list(struct arena *arena)
{
    return value_new(arena, VALUE_LIST);
}

struct value *value_object(struct arena *arena)
{
    return value_new(arena, VALUE_OBJECT);
}

struct value *value_append(struct value *list, struct value *item)
{
    item->next = NULL;
    if (list->last)
        list->last->next = item;
    else
        list->first = item;
    list->last = item;
    list->count++;
    return item;
}

struct value *value_set(struct value *object, const char *name, struct value *value)
{
    return value_set_text(object, text_of(name), value);
}

struct value *value_set_text(struct value *object, struct text name, struct value *value)
{
    value->name = name;
    return value_append(object, value);
}

void value_put(struct arena *arena, struct value *object, const char *name, struct text text)
{
    if (text.bytes)
        value_set(object, name, value_text(arena, text));
}

struct value *value_find(const struct value *object, const char *name)
{
    return value_find_text(object, text_of(name));
}

struct value *value_find_text(const struct value *object, struct text name)
{
    if (!object || object->kind != VALUE_OBJECT)
        return NULL;
    for (struct value *child = object->first; child; child = child->next)
        if (child->name.length == name.length &&
            (!name.length || memcmp(child->name.bytes, name.bytes, name.length) == 0))
            return child;
    return NULL;
}

struct text value_text_of(const struct value *object, const char *name)
{
    const struct value *child = value_find(object, name);
    return child && (child->kind == VALUE_TEXT || child->kind == VALUE_NUMBER) ? child->text : TEXT_NONE;
}

int64_t value_number_of(const struct value *object, const char *name)
{
    char digits[24];
    struct text text = value_text_of(object, name);
    text_print(digits, sizeof digits, "%.*s", TEXT_ARG(text));
    return strtoll(digits, NULL, 10);
}

bool value_is_true(const struct value *object, const char *name)
{
    const struct value *member = value_find(object, name);
    return member && member->kind == VALUE_BOOLEAN && member->truth;
}

bool value_is_scalar(const struct value *value)
{
    return value && value->kind != VALUE_LIST && value->kind != VALUE_OBJECT;
}

struct value *value_copy(struct arena *arena, const struct value *value)
{
    if (!value)
        return NULL;
    struct value *copy = arena_alloc(arena, sizeof *copy);
    *copy = *value;
    copy->text = text_copy(arena, value->text);
    copy->name = text_copy(arena, value->name);
    copy->next = copy->first = copy->last = NULL;
    copy->count = 0;
    for (const struct value *child = value->first; child; child = child->next)
        value_append(copy, value_copy(arena, child));
    return copy;
}

static int compare_names(const void *left, const void *right)
{
    const struct value *const *one = left, *const *other = right;
    return text_compare((*one)->name, (*other)->name);
}

static const struct value **sorted_children(const struct value *object)
{
    const struct value **children = memory_grow(NULL, object->count, sizeof *children);
    size_t count = 0;
    for (const struct value *child = object->first; child; child = child->next)
        children[count++] = child;
    qsort(children, count, sizeof *children, compare_names);
    return children;
}

/* Sorted, because looking each name up would let a hostile object of many names take quadratic time. */
static bool equal_in_any_order(const struct value *left, const struct value *right)
{
    const struct value **lefts = sorted_children(left), **rights = sorted_children(right);
    bool equal = true;
    for (size_t i = 0; equal && i < left->count; i++)
        equal = text_equal(lefts[i]->name, rights[i]->name) && value_equal(lefts[i], rights[i]);
    free(lefts);
    free(rights);
    return equal;
}

static bool children_equal(const struct value *left, const struct value *right)
{
    const struct value *one = left->first, *other = right->first;
    if (left->kind == VALUE_OBJECT) {
        while (one && other && text_equal(one->name, other->name)) {
            one = one->next;
            other = other->next;
        }
        if (one || other)
            return equal_in_any_order(left, right);
    }
    for (one = left->first, other = right->first; one && other; one = one->next, other = other->next)
        if (!value_equal(one, other))
            return false;
    return true;
}

bool value_equal(const struct value *left, const struct value *right)
{
    if (left == right)
        return true;
    if (!left || !right || left->kind != right->kind)
        return false;
    switch (left->kind) {
    case VALUE_NULL:
        return true;
    case VALUE_BOOLEAN:
        return left->truth == right->truth;
    case VALUE_NUMBER:
    case VALUE_TEXT:
        return text_equal(left->text, right->text);
    case VALUE_LIST:
    case VALUE_OBJECT:
        return left->count == right->count && children_equal(left, right);
    }
    return false;
}
