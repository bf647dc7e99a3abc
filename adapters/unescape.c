#include "adapters/unescape.h"

#include <string.h>

#include "adapters/unicode.h"

/* Digits of the base from `at` on, at most `most` of them; how many there are. */
static size_t read_number(struct text text, size_t at, unsigned base, size_t most, unsigned long *number)
{
    size_t count = 0;
    *number = 0;
    while (count < most && at + count < text.length) {
        char byte = text.bytes[at + count];
        unsigned digit = byte >= '0' && byte <= '9'   ? (unsigned)(byte - '0')
                         : byte >= 'a' && byte <= 'f' ? (unsigned)(byte - 'a' + 10)
                         : byte >= 'A' && byte <= 'F' ? (unsigned)(byte - 'A' + 10)
                                                      : 16;
        if (digit >= base)
            break;
        *number = *number * base + digit;
        count++;
    }
    return count;
}

static void put_character(struct buffer *out, unsigned long character)
{
    char bytes[4];
    if (character && character < 0x110000 && (character < 0xd800 || character > 0xdfff))
        buffer_put(out, bytes, unicode_put((int32_t)character, bytes));
}

static bool is_unicode_escape(struct text text, size_t at, unsigned long *unit)
{
    return at + 6 <= text.length && text.bytes[at] == '\\' && text.bytes[at + 1] == 'u' &&
           read_number(text, at + 2, 16, 4, unit) == 4;
}

/* How many bytes the escape at `at` takes; 0: it is none. */
static size_t take_escape(struct buffer *out, struct text text, size_t at)
{
    unsigned long unit, low;
    if (is_unicode_escape(text, at, &unit)) {
        bool pair = unit >> 10 == 0x36 && is_unicode_escape(text, at + 6, &low) && low >> 10 == 0x37;
        put_character(out, pair ? 0x10000 + ((unit & 0x3ff) << 10) + (low & 0x3ff) : unit);
        return pair ? 12 : 6;
    }
    if (at + 1 == text.length || !strchr("\"\\/", text.bytes[at + 1]))
        return 0;
    buffer_char(out, text.bytes[at + 1]);
    return 2;
}

static size_t take_reference(struct buffer *out, struct text text, size_t at)
{
    static const char names[][7] = { "&amp;", "&lt;", "&gt;", "&quot;", "&apos;" };
    unsigned long number = 0;
    struct text rest = text_slice(text, at, text.length);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (text_starts(rest, text_of(names[i]))) {
            buffer_char(out, "&<>\"'"[i]);
            return strlen(names[i]);
        }
    if (rest.length < 3 || rest.bytes[1] != '#')
        return 0;
    bool hex = rest.bytes[2] == 'x' || rest.bytes[2] == 'X';
    size_t start = hex ? 3 : 2, count = read_number(rest, start, hex ? 16 : 10, 8, &number);
    if (!count)
        return 0;
    put_character(out, number);
    return start + count + (start + count < rest.length && rest.bytes[start + count] == ';');
}

static bool has(struct text text, char first, const char *second)
{
    struct text rest = text;
    const char *at;
    while (rest.length > 1 && (at = memchr(rest.bytes, first, rest.length - 1))) {
        if (strchr(second, at[1]))
            return true;
        rest = text_slice(rest, (size_t)(at - rest.bytes) + 1, rest.length);
    }
    return false;
}

bool unescape_put(struct buffer *out, struct text text)
{
    size_t from = 0;
    if (!has(text, '\\', "u/") && !has(text, '&', "#qa"))
        return false;
    for (size_t at = 0; at < text.length;) {
        char byte = text.bytes[at];
        if (byte != '\\' && byte != '&') {
            at++;
            continue;
        }
        buffer_text(out, text_slice(text, from, at - from));
        size_t taken = byte == '\\' ? take_escape(out, text, at) : take_reference(out, text, at);
        if (!taken)
            buffer_char(out, byte);
        taken += !taken;
        from = at += taken;
    }
    buffer_text(out, text_slice(text, from, text.length));
    return true;
}
