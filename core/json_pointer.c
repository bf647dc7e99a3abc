#include "core/json_pointer.h"

#include <stdint.h>

#include "core/arena.h"

static enum status unescape(struct arena *arena, struct text text, struct text raw, struct text *token,
                            struct error *error)
{
    char *bytes = arena_alloc(arena, raw.length + 1);
    size_t length = 0;
    for (size_t i = 0; i < raw.length; i++) {
        char byte = raw.bytes[i];
        if (byte == '~') {
            char escaped = i + 1 < raw.length ? raw.bytes[++i] : 0;
            if (escaped != '0' && escaped != '1')
                return error_set(error, STATUS_USAGE,
                                 _("\"%.*s\" is no JSON Pointer: after ~ only 0 or 1 may stand; "
                                   "write ~0 for ~ and ~1 for /"),
                                 TEXT_ARG(text));
            byte = escaped == '0' ? '~' : '/';
        }
        bytes[length++] = byte;
    }
    bytes[length] = 0;
    *token = (struct text){ bytes, length };
    return STATUS_OK;
}

enum status json_pointer_compile(struct arena *arena, struct text text, struct json_pointer *pointer,
                                 struct error *error)
{
    *pointer = (struct json_pointer){ 0 };
    if (!text.length || text_is(text, "."))
        return STATUS_OK;
    if (*text.bytes != '/')
        return error_set(error, STATUS_USAGE,
                         _("\"%.*s\" is no JSON Pointer: it must begin with /; write \"/%.*s\""),
                         TEXT_ARG(text), TEXT_ARG(text));
    size_t count = 0;
    for (size_t i = 0; i < text.length; i++)
        count += text.bytes[i] == '/';
    struct text *tokens = arena_array(arena, struct text, count);
    size_t from = 1;
    for (size_t i = 0; i < count; i++) {
        size_t to = from;
        while (to < text.length && text.bytes[to] != '/')
            to++;
        enum status status = unescape(arena, text, text_slice(text, from, to - from), &tokens[i], error);
        if (status)
            return status;
        from = to + 1;
    }
    *pointer = (struct json_pointer){ count, tokens };
    return STATUS_OK;
}

/* RFC 6901 §4: digits without a leading zero. "-" names what is behind the last item, which is never there.
 */
static const struct value *find_item(const struct value *list, struct text token)
{
    if (!token.length || (token.length > 1 && *token.bytes == '0'))
        return NULL;
    size_t index = 0;
    for (size_t i = 0; i < token.length; i++) {
        if (token.bytes[i] < '0' || token.bytes[i] > '9')
            return NULL;
        index = index * 10 + (size_t)(token.bytes[i] - '0');
        if (index >= list->count)
            return NULL;
    }
    const struct value *item = list->first;
    while (item && index--)
        item = item->next;
    return item;
}

const struct value *json_pointer_find(const struct json_pointer *pointer, const struct value *value)
{
    for (size_t i = 0; value && i < pointer->count; i++) {
        if (value->kind == VALUE_OBJECT)
            value = value_find_text(value, pointer->tokens[i]);
        else if (value->kind == VALUE_LIST)
            value = find_item(value, pointer->tokens[i]);
        else
            value = NULL;
    }
    return value;
}
