#include "core/error_value.h"

struct value *error_value(struct arena *arena, const struct error *error)
{
    struct error_part parts[ERROR_PARTS];
    size_t count = error_parts(error, parts);
    struct value *made = value_object(arena), *list = value_list(arena);
    const char *id = error_id(error);
    if (!count || !id)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        const char *name = error_id_of(parts[i].format);
        struct value *part = value_append(list, value_object(arena)), *values = value_list(arena);
        if (!name)
            return NULL;
        for (size_t k = 0; k < parts[i].count; k++)
            value_append(values, value_text(arena, text_copy(arena, text_of(parts[i].values[k]))));
        value_set(part, "id", value_string(arena, name));
        value_set(part, "values", values);
    }
    value_set(made, "id", value_string(arena, id));
    value_set(made, "parts", list);
    return made;
}

struct value *error_values(struct arena *arena, const struct error *errors, size_t count)
{
    struct value *list = value_list(arena);
    for (size_t i = 0; i < count; i++) {
        struct value *one = error_value(arena, &errors[i]);
        if (!one)
            return NULL;
        value_append(list, one);
    }
    return list;
}

static bool read_part(struct arena *arena, const struct value *value, struct error_part *part)
{
    const struct value *values = value_find(value, "values");
    const char *id = text_string(arena, value_text_of(value, "id"));
    *part = (struct error_part){ .format = error_format_of(id) };
    if (!part->format || !values || values->kind != VALUE_LIST || values->count > ERROR_VALUES)
        return false;
    for (const struct value *one = values->first; one; one = one->next)
        part->values[part->count++] = text_string(arena, one->text);
    return true;
}

static struct text list_words(struct arena *arena, const struct value *list)
{
    BUFFER_OWNED struct buffer words = { 0 };
    for (const struct value *one = list->first; one; one = one->next) {
        struct text said = one->kind == VALUE_OBJECT ? error_value_words(arena, one) : TEXT_NONE;
        if (!said.bytes)
            return TEXT_NONE;
        if (words.length)
            buffer_string(&words, "; ");
        buffer_text(&words, said);
    }
    return words.length ? text_copy(arena, buffer_view(&words)) : TEXT_NONE;
}

struct text error_value_words(struct arena *arena, const struct value *value)
{
    if (value && value->kind == VALUE_LIST)
        return list_words(arena, value);
    BUFFER_OWNED struct buffer words = { 0 };
    const struct value *parts = value && value->kind == VALUE_OBJECT ? value_find(value, "parts") : NULL;
    if (!parts || parts->kind != VALUE_LIST)
        return TEXT_NONE;
    for (const struct value *one = parts->first; one; one = one->next) {
        struct error_part part;
        if (one->kind != VALUE_OBJECT || !read_part(arena, one, &part))
            return TEXT_NONE;
        if (words.length)
            buffer_string(&words, ": ");
        error_words(&part, false, &words);
    }
    return words.length ? text_copy(arena, buffer_view(&words)) : TEXT_NONE;
}

struct text error_hint(struct arena *arena, const struct error *error)
{
    BUFFER_OWNED struct buffer words = { 0 };
    struct error_part parts[ERROR_PARTS];
    size_t count = error_parts(error, parts);
    if (count)
        error_words(&parts[count - 1], true, &words);
    return words.length ? text_copy(arena, buffer_view(&words)) : TEXT_NONE;
}
