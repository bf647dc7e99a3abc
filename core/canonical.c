#include "core/canonical.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/bytes16.h"
#include "core/memory.h"

#define WIDTH           16
#define CERTAIN_DEPTH   16
#define CERTAIN_MEMBERS 32 /* their names are compared with each other */

/* RFC 8785 §3.2.2.2 names the bytes that are escaped; all are below 0x20 but these two. */
static size_t first_special(const char *bytes)
{
    bytes16 loaded = bytes16_load(bytes);
    return bytes16_first((bytes16)(loaded < 0x20) | (bytes16)(loaded == '"') | (bytes16)(loaded == '\\'));
}

size_t canonical_ordinary(const char *bytes, size_t length)
{
    size_t at = 0, first = WIDTH;
    char tail[WIDTH] = "";
    for (; length - at >= WIDTH && first == WIDTH; at += first)
        first = first_special(bytes + at);
    if (first < WIDTH || at == length)
        return at;
    memcpy(tail, bytes + at, length - at); /* the NUL behind it is special */
    return at + first_special(tail);
}

static void put_escaped(struct buffer *out, char byte)
{
    static const char digits[] = "0123456789abcdef";
    static const char letters[0x20] = {
        ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'
    };
    unsigned char number = (unsigned char)byte;
    char letter = number < 0x20 ? letters[number] : byte;
    if (letter)
        buffer_put(out, (char[]){ '\\', letter }, 2);
    else
        buffer_put(out, (char[]){ '\\', 'u', '0', '0', digits[number >> 4], digits[number & 15] }, 6);
}

static void put_text(struct buffer *out, struct text text, char behind)
{
    size_t run = canonical_ordinary(text.bytes, text.length);
    char *bytes = run == text.length ? buffer_room(out, run + 2 + (behind != 0)) : NULL;
    if (bytes) {
        *bytes++ = '"';
        if (run)
            memcpy(bytes, text.bytes, run);
        bytes[run] = '"';
        bytes[run + 1] = behind;
        out->length += run + 2 + (behind != 0);
        return;
    }
    buffer_char(out, '"');
    for (size_t at = 0; at < text.length; run = canonical_ordinary(text.bytes + at, text.length - at)) {
        buffer_put(out, text.bytes + at, run);
        at += run;
        if (at < text.length)
            put_escaped(out, text.bytes[at++]);
    }
    buffer_put(out, (char[]){ '"', behind }, 1 + (behind != 0));
}

void canonical_text(struct buffer *out, struct text text)
{
    put_text(out, text, 0);
}

/* UTF-8 sorts by code points. UTF-16 differs only where a surrogate pair (U+10000 and up, lead bytes F0 to
 * F4) meets U+E000 to U+FFFF (lead bytes EE and EF): the pair, which begins with D8 to DB, comes first. */
static int compare_names(struct text left, struct text right)
{
    size_t common = left.length < right.length ? left.length : right.length;
    for (size_t i = 0; i < common; i++) {
        unsigned char one = (unsigned char)left.bytes[i], other = (unsigned char)right.bytes[i];
        if (one == other)
            continue;
        if (one >= 0xee && other >= 0xee && (one >= 0xf0) != (other >= 0xf0))
            return one >= 0xf0 ? -1 : 1;
        return one < other ? -1 : 1;
    }
    return (left.length > right.length) - (left.length < right.length);
}

static int compare_children(const void *left, const void *right)
{
    const struct value *const *one = left, *const *other = right;
    return compare_names((*one)->name, (*other)->name);
}

static void put_member(struct buffer *out, const struct value *child, bool is_first)
{
    if (!is_first)
        buffer_char(out, ',');
    put_text(out, child->name, ':');
    canonical_write(out, child);
}

/* Kept out of line: its array would weigh on every level of the recursion. */
__attribute__((noinline)) static void put_sorted(struct buffer *out, const struct value *object)
{
    const struct value *few[32];
    const struct value **children = few;
    if (object->count > sizeof few / sizeof *few)
        children = memory_grow(NULL, object->count, sizeof *children);
    size_t count = 0;
    for (const struct value *child = object->first; child; child = child->next)
        children[count++] = child;
    qsort(children, count, sizeof *children, compare_children);
    for (size_t i = 0; i < count; i++)
        put_member(out, children[i], i == 0);
    if (children != few)
        free(children);
}

static void put_object(struct buffer *out, const struct value *object)
{
    const struct value *child = object->first;
    while (child && child->next && compare_names(child->name, child->next->name) <= 0)
        child = child->next;
    buffer_char(out, '{');
    if (child && child->next)
        put_sorted(out, object);
    else
        for (child = object->first; child; child = child->next)
            put_member(out, child, child == object->first);
    buffer_char(out, '}');
}

static size_t digits_length(struct text text, size_t at)
{
    size_t from = at;
    while (at < text.length && text.bytes[at] >= '0' && text.bytes[at] <= '9')
        at++;
    return at - from;
}

/* The length of the integer that a number begins with by the grammar of RFC 8259, or 0. */
static size_t integer_length(struct text text)
{
    size_t sign = text.length && *text.bytes == '-';
    size_t digits = digits_length(text, sign);
    if (!digits || (digits > 1 && text.bytes[sign] == '0'))
        return 0;
    return sign + digits;
}

static void put_integer(struct buffer *out, struct text lexeme)
{
    static const char most[] = "9007199254740991"; /* 2^53 - 1, RFC 7493 §2.2 */
    size_t length = integer_length(lexeme);
    struct text digits = text_slice(lexeme, length && *lexeme.bytes == '-', lexeme.length);
    bool fits = length && length == lexeme.length &&
                (digits.length < sizeof most - 1 ||
                 (digits.length == sizeof most - 1 && memcmp(digits.bytes, most, sizeof most - 1) <= 0));
    if (!fits)
        canonical_text(out, lexeme);
    else if (*digits.bytes == '0')
        buffer_char(out, '0');
    else
        buffer_text(out, lexeme);
}

bool canonical_is_number(struct text text)
{
    size_t at = integer_length(text);
    if (!at)
        return false;
    if (at < text.length && text.bytes[at] == '.') {
        size_t digits = digits_length(text, at + 1);
        if (!digits)
            return false;
        at += 1 + digits;
    }
    if (at < text.length && (text.bytes[at] == 'e' || text.bytes[at] == 'E')) {
        at++;
        if (at < text.length && (text.bytes[at] == '+' || text.bytes[at] == '-'))
            at++;
        size_t digits = digits_length(text, at);
        if (!digits)
            return false;
        at += digits;
    }
    return at == text.length;
}

static void put_null_or_boolean(struct buffer *out, const struct value *value)
{
    buffer_string(out, value->kind == VALUE_NULL ? "null" : value->truth ? "true" : "false");
}

void canonical_write(struct buffer *out, const struct value *value)
{
    switch (value->kind) {
    case VALUE_NULL:
    case VALUE_BOOLEAN:
        put_null_or_boolean(out, value);
        break;
    case VALUE_NUMBER:
        put_integer(out, value->text);
        break;
    case VALUE_TEXT:
        canonical_text(out, value->text);
        break;
    case VALUE_LIST:
        buffer_char(out, '[');
        for (const struct value *child = value->first; child; child = child->next) {
            if (child != value->first)
                buffer_char(out, ',');
            canonical_write(out, child);
        }
        buffer_char(out, ']');
        break;
    case VALUE_OBJECT:
        put_object(out, value);
        break;
    }
}

struct text canonical_copy(struct arena *arena, const struct value *value)
{
    BUFFER_OWNED struct buffer bytes = { 0 };
    canonical_write(&bytes, value);
    return text_copy(arena, buffer_view(&bytes));
}

/* ---- is it certain? ---- */

static bool has_nul(struct text text)
{
    return text.length && memchr(text.bytes, 0, text.length);
}

/* A name that is there twice is read once. */
static bool is_named_once(const struct value *child)
{
    if (!child->name.length || has_nul(child->name))
        return false;
    for (const struct value *other = child->next; other; other = other->next)
        if (text_equal(other->name, child->name))
            return false;
    return true;
}

static bool reads_back(const struct value *value, unsigned depth)
{
    bool object = value->kind == VALUE_OBJECT;
    if (depth > CERTAIN_DEPTH || has_nul(value->text) || (object && value->count > CERTAIN_MEMBERS))
        return false;
    for (const struct value *child = value->first; child; child = child->next)
        if ((object && !is_named_once(child)) || !reads_back(child, depth + 1))
            return false;
    return true;
}

bool canonical_reads_back(const struct value *value)
{
    return reads_back(value, 0);
}

static void break_line(struct buffer *out, size_t depth)
{
    buffer_char(out, '\n');
    while (depth--)
        buffer_put(out, "  ", 2);
}

static void put_pretty(struct buffer *out, const struct value *value, size_t depth)
{
    bool is_object = value->kind == VALUE_OBJECT;
    if (value_is_scalar(value)) {
        if (value->kind == VALUE_TEXT || (value->kind == VALUE_NUMBER && !canonical_is_number(value->text)))
            canonical_text(out, value->text);
        else if (value->kind == VALUE_NUMBER)
            buffer_text(out, value->text);
        else
            put_null_or_boolean(out, value);
        return;
    }
    buffer_char(out, is_object ? '{' : '[');
    for (const struct value *child = value->first; child; child = child->next) {
        if (child != value->first)
            buffer_char(out, ',');
        break_line(out, depth + 1);
        if (is_object) {
            canonical_text(out, child->name);
            buffer_put(out, ": ", 2);
        }
        put_pretty(out, child, depth + 1);
    }
    if (value->first)
        break_line(out, depth);
    buffer_char(out, is_object ? '}' : ']');
}

void canonical_pretty(struct buffer *out, const struct value *value)
{
    put_pretty(out, value, 0);
}
