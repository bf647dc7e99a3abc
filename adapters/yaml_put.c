/* Writing: libyaml's emitter would choose the layout, which here is for people to read. */
#include <stdio.h>
#include <string.h>

#include "adapters/unicode.h"
#include "adapters/yaml.h"

/* The next character, or U+FFFD for a byte that is none. */
static int32_t next_character(struct text text, size_t *at)
{
    struct text rest = text_slice(text, *at, 4);
    size_t size = 1;
    while (size < rest.length && ((unsigned char)rest.bytes[size] & 0xc0) == 0x80)
        size++;
    rest.length = size;
    if (unicode_invalid_at(rest) == size)
        return unicode_next(text, at);
    ++*at;
    return 0xfffd;
}

/* What YAML takes nowhere, and what nobody sees, by its number. */
static void put_character(struct buffer *out, int32_t character)
{
    char bytes[4];
    if (unicode_is_visible(character) && character != 0xfffe && character != 0xffff)
        buffer_put(out, bytes, unicode_put(character, bytes));
    else
        buffer_printf(out, character < 0x10000 ? "\\u%04X" : "\\U%08X", (unsigned)character);
}

void yaml_put_quoted(struct buffer *out, struct text text)
{
    buffer_char(out, '"');
    for (size_t at = 0; at < text.length;) {
        int32_t character = next_character(text, &at);
        if (character == '"' || character == '\\')
            buffer_char(out, '\\');
        put_character(out, character);
    }
    buffer_char(out, '"');
}

/* An address as it is mostly written: begins with a letter, "/" or "_", and nothing in it is a sign of YAML. */
static bool is_plain(struct text text)
{
    if (!text.length || text.bytes[text.length - 1] == ' ' || text_is(text, "true") ||
        text_is(text, "false") || text_is(text, "null"))
        return false;
    char first = text.bytes[0] | 32;
    bool plain = (first >= 'a' && first <= 'z') || text.bytes[0] == '/' || text.bytes[0] == '_';
    for (size_t at = 0; plain && at < text.length;) {
        int32_t character = next_character(text, &at);
        plain = unicode_is_visible(character) && character != 0xfffd && character < 0xfffe &&
                !(character < 0x80 && strchr(":#{}[],&*!|>'\"%@`\\", (char)character));
    }
    return plain;
}

void yaml_put_scalar(struct buffer *out, struct text text)
{
    if (is_plain(text))
        buffer_text(out, text);
    else
        yaml_put_quoted(out, text);
}

void yaml_put_comment(struct buffer *out, struct text text)
{
    buffer_string(out, "# ");
    for (size_t at = 0; at < text.length;)
        put_character(out, next_character(text, &at));
}
