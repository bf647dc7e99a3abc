#include "adapters/html_write.h"

#include <stdarg.h>

#include "adapters/visible.h"

void html_text(struct buffer *out, struct text text)
{
    for (size_t at = 0; at < text.length;) {
        char room[16];
        struct text one = visible_next(text, &at, room);
        char byte = one.length == 1 ? one.bytes[0] : 0;
        const char *entity = byte == '&'    ? "&amp;"
                             : byte == '<'  ? "&lt;"
                             : byte == '>'  ? "&gt;"
                             : byte == '"'  ? "&quot;"
                             : byte == '\'' ? "&#39;"
                                            : NULL;
        if (entity)
            buffer_string(out, entity);
        else
            buffer_text(out, one);
    }
}

void html_string(struct buffer *out, const char *string)
{
    html_text(out, text_of(string));
}

void html_open(struct buffer *out, const char *tag, ...)
{
    va_list pairs;
    const char *name;
    buffer_printf(out, "<%s", tag);
    va_start(pairs, tag);
    while ((name = va_arg(pairs, const char *))) {
        const char *value = va_arg(pairs, const char *);
        if (!value)
            continue;
        buffer_printf(out, " %s=\"", name);
        html_string(out, value);
        buffer_char(out, '"');
    }
    va_end(pairs);
    buffer_char(out, '>');
}

void html_close(struct buffer *out, const char *tag)
{
    buffer_printf(out, "</%s>", tag);
}

void html_element(struct buffer *out, const char *tag, struct text text)
{
    html_open(out, tag, NULL);
    html_text(out, text);
    html_close(out, tag);
}
