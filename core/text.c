#include "core/text.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/memory.h"

struct text text_of(const char *string)
{
    return string ? (struct text){ string, strlen(string) } : TEXT_NONE;
}

bool text_equal(struct text left, struct text right)
{
    return left.length == right.length && (!left.length || memcmp(left.bytes, right.bytes, left.length) == 0);
}

bool text_is(struct text text, const char *string)
{
    return text_equal(text, text_of(string));
}

int text_compare(struct text left, struct text right)
{
    size_t common = left.length < right.length ? left.length : right.length;
    int order = common ? memcmp(left.bytes, right.bytes, common) : 0;
    return order ? order : (left.length > right.length) - (left.length < right.length);
}

bool text_starts(struct text text, struct text start)
{
    return text.length >= start.length && text_equal((struct text){ text.bytes, start.length }, start);
}

bool text_ends(struct text text, struct text end)
{
    return text.length >= end.length &&
           text_equal(text_slice(text, text.length - end.length, end.length), end);
}

bool text_among(struct text text, const struct text *texts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (text_equal(texts[i], text))
            return true;
    return false;
}

uint64_t text_hash(struct text text)
{
    uint64_t hash = 14695981039346656037u;
    for (size_t i = 0; i < text.length; i++)
        hash = (hash ^ (unsigned char)text.bytes[i]) * 1099511628211u;
    return hash;
}

struct text text_slice(struct text text, size_t from, size_t length)
{
    if (!text.bytes)
        return TEXT_NONE;
    if (from > text.length)
        from = text.length;
    if (length > text.length - from)
        length = text.length - from;
    return (struct text){ text.bytes + from, length };
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

struct text text_trim(struct text text)
{
    while (text.length && is_blank(text.bytes[text.length - 1]))
        text.length--;
    while (text.length && is_blank(*text.bytes)) {
        text.bytes++;
        text.length--;
    }
    return text;
}

bool text_find(struct text text, struct text needle, size_t *at)
{
    const char *place = text.bytes;
    if (needle.length) {
        place = text.length ? memmem(text.bytes, text.length, needle.bytes, needle.length) : NULL;
        if (!place)
            return false;
    }
    if (at)
        *at = needle.length ? (size_t)(place - text.bytes) : 0;
    return true;
}

char *text_string(struct arena *arena, struct text text)
{
    char *copy = arena_alloc(arena, text.length + 1);
    if (text.length)
        memcpy(copy, text.bytes, text.length);
    copy[text.length] = 0;
    return copy;
}

struct text text_copy(struct arena *arena, struct text text)
{
    return text.bytes ? (struct text){ text_string(arena, text), text.length } : TEXT_NONE;
}

struct text text_format(struct arena *arena, const char *format, ...)
{
    char small[512];
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int wanted = vsnprintf(small, sizeof small, format, arguments);
    va_end(arguments);
    size_t length = wanted < 0 ? 0 : (size_t)wanted;
    char *bytes = arena_alloc(arena, length + 1);
    if (length < sizeof small)
        memcpy(bytes, small, length);
    else
        vsnprintf(bytes, length + 1, format, again);
    va_end(again);
    bytes[length] = 0;
    return (struct text){ bytes, length };
}

size_t text_cut(struct text text, size_t most)
{
    if (text.length <= most)
        return text.length;
    size_t cut = most;
    while (cut && most - cut < 3 && ((unsigned char)text.bytes[cut] & 0xc0) == 0x80)
        cut--;
    /* Bytes that only continue are no UTF-8, and there is no border to respect. */
    return ((unsigned char)text.bytes[cut] & 0xc0) == 0x80 ? most : cut;
}

#define NEAREST_MAX 64

static size_t least(size_t left, size_t right)
{
    return left < right ? left : right;
}

/* Optimal string alignment, three rows at a time; both texts have at most NEAREST_MAX bytes. */
static size_t edit_distance(struct text left, struct text right)
{
    size_t rows[3][NEAREST_MAX + 1];
    size_t *before = rows[0], *above = rows[1], *row = rows[2];
    for (size_t j = 0; j <= right.length; j++)
        row[j] = before[j] = above[j] = j;
    for (size_t i = 1; i <= left.length; i++) {
        size_t *spare = before;
        before = above;
        above = row;
        row = spare;
        row[0] = i;
        for (size_t j = 1; j <= right.length; j++) {
            size_t changed = above[j - 1] + (left.bytes[i - 1] != right.bytes[j - 1]);
            row[j] = least(changed, least(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && left.bytes[i - 1] == right.bytes[j - 2] &&
                left.bytes[i - 2] == right.bytes[j - 1])
                row[j] = least(row[j], before[j - 2] + 1);
        }
    }
    return row[right.length];
}

const char *text_nearest(struct text typed, const char *const *names, size_t count)
{
    const char *nearest = NULL;
    size_t nearest_distance = SIZE_MAX;
    for (size_t i = 0; i < count; i++) {
        struct text name = text_of(names[i]);
        if (!name.bytes || typed.length > NEAREST_MAX || name.length > NEAREST_MAX)
            continue;
        size_t longer = typed.length > name.length ? typed.length : name.length;
        size_t distance = edit_distance(typed, name);
        if (distance <= longer / 3 && distance < nearest_distance) {
            nearest = names[i];
            nearest_distance = distance;
        }
    }
    return nearest;
}

#define BUFFER_FIRST 64

/* Makes room for `length` more bytes and the NUL; false when the limit forbids it. */
static bool make_room(struct buffer *buffer, size_t length)
{
    if (buffer->over)
        return false;
    if (buffer->limit && (buffer->length > buffer->limit || length > buffer->limit - buffer->length)) {
        buffer->over = true;
        return false;
    }
    if (__builtin_expect(length < buffer->capacity - buffer->length, 1))
        return true;
    size_t wanted, capacity = buffer->capacity ? buffer->capacity : BUFFER_FIRST;
    if (__builtin_add_overflow(buffer->length, length, &wanted) || wanted >= SIZE_MAX / 2)
        wanted = SIZE_MAX / 2; /* more than there is: memory_resize ends the program */
    while (capacity <= wanted)
        capacity *= 2;
    buffer->bytes = memory_resize(buffer->bytes, capacity);
    buffer->capacity = capacity;
    buffer->bytes[buffer->length] = 0;
    return true;
}

void buffer_put(struct buffer *buffer, const void *bytes, size_t length)
{
    if (!length || !make_room(buffer, length))
        return;
    memcpy(buffer->bytes + buffer->length, bytes, length);
    buffer->length += length;
    buffer->bytes[buffer->length] = 0;
}

void buffer_text(struct buffer *buffer, struct text text)
{
    buffer_put(buffer, text.bytes, text.length);
}

void buffer_string(struct buffer *buffer, const char *string)
{
    buffer_text(buffer, text_of(string));
}

void buffer_char(struct buffer *buffer, char byte)
{
    if (!make_room(buffer, 1))
        return;
    buffer->bytes[buffer->length++] = byte;
    buffer->bytes[buffer->length] = 0;
}

size_t text_print(char *out, size_t size, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int wanted = vsnprintf(out, size, format, arguments);
    va_end(arguments);
    size_t length = wanted < 0 ? 0 : (size_t)wanted;
    if (length < size)
        return length;
    /* The byte that did not fit is the end mark now: whether it began a letter shows in those before it. */
    length = size ? size - 1 : 0;
    size_t last = length;
    while (last && length - last < 3 && ((unsigned char)out[last - 1] & 0xc0) == 0x80)
        last--;
    if (last && (unsigned char)out[last - 1] >= 0xc0) {
        unsigned char lead = (unsigned char)out[last - 1];
        size_t letter = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
        if (last - 1 + letter > length)
            length = last - 1;
    }
    out[length] = 0;
    return length;
}

void buffer_printf(struct buffer *buffer, const char *format, ...)
{
    char small[512];
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int wanted = vsnprintf(small, sizeof small, format, arguments);
    va_end(arguments);
    size_t length = wanted < 0 ? 0 : (size_t)wanted;
    if (length < sizeof small) {
        buffer_put(buffer, small, length);
    } else {
        char *capacity = buffer_room(buffer, length);
        if (capacity) {
            vsnprintf(capacity, length + 1, format, again);
            buffer->length += length;
        }
    }
    va_end(again);
}

char *buffer_room(struct buffer *buffer, size_t length)
{
    if (!make_room(buffer, length))
        return NULL;
    char *capacity = buffer->bytes + buffer->length;
    capacity[length] = 0;
    return capacity;
}

void buffer_clear(struct buffer *buffer)
{
    buffer->length = 0;
    buffer->over = false;
    if (buffer->bytes)
        *buffer->bytes = 0;
}

void buffer_free(struct buffer *buffer)
{
    free(buffer->bytes);
    *buffer = (struct buffer){ .limit = buffer->limit };
}

struct text buffer_view(const struct buffer *buffer)
{
    return (struct text){ buffer->bytes ? buffer->bytes : "", buffer->length };
}
