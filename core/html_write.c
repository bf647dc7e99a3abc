#include "core/html_write.h"

#include <stdarg.h>
#include <stdint.h>

/* The sequence at *at, or -1 for bytes that are none (one byte is gone past). */
static int32_t next(struct text text, size_t *at)
{
    const unsigned char *bytes = (const unsigned char *)text.bytes + *at;
    size_t left = text.length - *at;
    size_t length = bytes[0] < 0x80                       ? 1
                    : bytes[0] >= 0xf0 && bytes[0] < 0xf5 ? 4
                    : bytes[0] >= 0xe0 && bytes[0] < 0xf0 ? 3
                    : bytes[0] >= 0xc2 && bytes[0] < 0xe0 ? 2
                                                          : 0;
    static const int32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
    if (!length || length > left) {
        *at += 1;
        return -1;
    }
    int32_t character = length == 1 ? bytes[0] : bytes[0] & (0x7f >> length);
    for (size_t i = 1; i < length; i++) {
        if ((bytes[i] & 0xc0) != 0x80) {
            *at += 1;
            return -1;
        }
        character = character << 6 | (bytes[i] & 0x3f);
    }
    if (character < least[length] || (character >= 0xd800 && character < 0xe000) || character > 0x10ffff) {
        *at += 1;
        return -1;
    }
    *at += length;
    return character;
}

static bool is_invisible(int32_t character)
{
    return (character < 0x20 && character != '\t' && character != '\n') ||
           (character >= 0x7f && character < 0xa0) || (character >= 0x200b && character <= 0x200f) ||
           (character >= 0x2028 && character <= 0x202e) || (character >= 0x2060 && character <= 0x2069) ||
           character == 0xad || character == 0x61c || character == 0xfeff || (character & 0xfffe) == 0xfffe ||
           (character >= 0xe0000 && character <= 0xe007f);
}

void html_text(struct buffer *out, struct text text)
{
    for (size_t at = 0; at < text.length;) {
        size_t from = at;
        int32_t character = next(text, &at);
        if (character < 0)
            buffer_string(out, "\xef\xbf\xbd");
        else if (character == '&')
            buffer_string(out, "&amp;");
        else if (character == '<')
            buffer_string(out, "&lt;");
        else if (character == '>')
            buffer_string(out, "&gt;");
        else if (character == '"')
            buffer_string(out, "&quot;");
        else if (character == '\'')
            buffer_string(out, "&#39;");
        else if (is_invisible(character))
            buffer_printf(out, "[U+%04X]", (unsigned)character);
        else
            buffer_put(out, text.bytes + from, at - from);
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
