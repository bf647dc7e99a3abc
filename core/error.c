#include "core/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"

/* The length of the UTF-8 sequence at `at`, or 0 when there is none or it stands for a C1 control character.
 */
static size_t sequence_length(const unsigned char *bytes, size_t length, size_t at)
{
    unsigned char lead = bytes[at];
    if (lead < 0x80)
        return 1;
    size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || size > length - at)
        return 0;
    for (size_t i = 1; i < size; i++)
        if ((bytes[at + i] & 0xc0) != 0x80)
            return 0;
    unsigned char second = bytes[at + 1];
    if ((lead == 0xc2 && second < 0xa0) || (lead == 0xe0 && second < 0xa0) ||
        (lead == 0xed && second > 0x9f) || (lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second > 0x8f))
        return 0;
    return size;
}

/* A message is one line of text, whatever a file name or a portal's word in it holds: control characters and
 * bytes that are no UTF-8 are written out, as adapters/visible.h does. Returns the length. */
static size_t make_printable(char *out, size_t capacity, const char *message, size_t length)
{
    const unsigned char *bytes = (const unsigned char *)message;
    size_t used = 0;
    for (size_t at = 0; at < length;) {
        char written[8];
        size_t size = sequence_length(bytes, length, at);
        if (!size && bytes[at] == 0xc2 && at + 1 < length && (bytes[at + 1] & 0xe0) == 0x80) {
            snprintf(written, sizeof written, "\\u%04x", bytes[at + 1]);
            size = 2;
        } else if (!size) {
            snprintf(written, sizeof written, "<%02X>", bytes[at]);
            size = 1;
        } else if (size == 1 && (bytes[at] < 0x20 || bytes[at] == 0x7f)) {
            snprintf(written, sizeof written, "\\u%04x", bytes[at]);
        } else {
            memcpy(written, bytes + at, size);
            written[size] = 0;
        }
        size_t width = strlen(written);
        if (used + width >= capacity)
            break;
        memcpy(out + used, written, width);
        used += width;
        at += size;
    }
    return used;
}

static size_t (*_Atomic covers)(char *message, size_t length, size_t room);

void error_cover_with(size_t (*cover)(char *message, size_t length, size_t room))
{
    covers = cover;
}

/* Takes out what nobody may see. */
static size_t cover(char *bytes, size_t length, size_t capacity)
{
    size_t (*chosen)(char *, size_t, size_t) = covers;
    return chosen ? chosen(bytes, length, capacity) : length;
}

/* Formats into a message of its own, because the arguments may point into the one that is to be replaced. */
__attribute__((format(printf, 2, 0))) static size_t compose(char message[ERROR_MESSAGE_SIZE],
                                                            const char *format, va_list arguments)
{
    char raw[ERROR_MESSAGE_SIZE];
    int wanted = vsnprintf(raw, ERROR_MESSAGE_SIZE, format, arguments);
    if (wanted < 0) {
        message[0] = 0;
        return 0;
    }
    size_t length = (size_t)wanted;
    if (length >= ERROR_MESSAGE_SIZE) {
        /* What was left out is not known any more: an unfinished sequence at the end is the cut letter. */
        length = ERROR_MESSAGE_SIZE - 1;
        size_t last = length;
        while (last && length - last < 4 && ((unsigned char)raw[last - 1] & 0xc0) == 0x80)
            last--;
        if (last && (unsigned char)raw[last - 1] >= 0xc0 &&
            !sequence_length((unsigned char *)raw, length, last - 1))
            length = last - 1;
    }
    length = cover(raw, length, sizeof raw);
    length = make_printable(message, ERROR_MESSAGE_SIZE, raw, length);
    message[length] = 0;
    return length;
}

/* ---- what a message is made of ---- */

/* A conversion of a format: where it ends, what is between % and its letter. */
struct conversion {
    const char *begin, *end; /* of all of it */
    unsigned position;       /* %N$…; 0: the next */
    unsigned stars, longs;
    bool size, precision;
    char letter; /* 0: no conversion but text, or %% */
};

/* The next % of the format from `at` on; false: none. */
static bool next_conversion(const char *at, struct conversion *found)
{
    const char *percent = strchr(at, '%');
    if (!percent || !percent[1])
        return false;
    *found = (struct conversion){ .begin = percent };
    at = percent + 1;
    if (*at == '%') {
        found->end = at + 1;
        return true;
    }
    size_t digits = strspn(at, "0123456789");
    if (digits && at[digits] == '$') {
        found->position = (unsigned)strtoul(at, NULL, 10);
        at += digits + 1;
    }
    for (; *at && strchr("-+ #0123456789.*lzjh", *at); at++) {
        found->stars += *at == '*';
        found->longs += *at == 'l';
        found->size = found->size || *at == 'z' || *at == 'j';
        found->precision = found->precision || *at == '.';
    }
    found->letter = *at;
    found->end = *at ? at + 1 : at;
    return true;
}

/* One value as text; true when it was understood. Its conversion was checked where the format was written. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
__attribute__((format(printf, 3, 0))) static bool put_value(char *out, size_t size, const char *spec,
                                                            const struct conversion *one, va_list *arguments)
{
    int stars[2] = { 0, 0 };
    for (unsigned i = 0; i < one->stars && i < 2; i++)
        stars[i] = va_arg(*arguments, int);
    int written = -1;
    switch (one->letter) {
    case 's': {
        const char *text = va_arg(*arguments, const char *);
        if (one->precision && one->stars == 1)
            written = snprintf(out, size, "%.*s", stars[0], text ? text : "");
        else if (!one->stars)
            written = snprintf(out, size, spec, text ? text : "");
        break;
    }
    case 'd':
    case 'i':
    case 'u':
    case 'x':
    case 'X':
    case 'o':
        if (one->stars)
            break;
        if (one->longs > 1)
            written = snprintf(out, size, spec, va_arg(*arguments, long long));
        else if (one->longs || one->size)
            written = snprintf(out, size, spec, va_arg(*arguments, long));
        else
            written = snprintf(out, size, spec, va_arg(*arguments, int));
        break;
    case 'c':
        written = snprintf(out, size, "%c", va_arg(*arguments, int));
        break;
    case 'f':
    case 'g':
    case 'e':
        if (!one->stars)
            written = snprintf(out, size, spec, va_arg(*arguments, double));
        break;
    default:
        break;
    }
    return written >= 0 && (size_t)written < size;
}

/* A part: the format's address, how many values, each with its NUL. 0: it cannot be kept. */
__attribute__((format(printf, 3, 0))) static size_t pack(char *out, size_t size, const char *format,
                                                         va_list arguments)
{
    struct conversion one;
    size_t length = sizeof format + 1;
    unsigned char count = 0;
    va_list values;
    if (size < length)
        return 0;
    va_copy(values, arguments);
    for (const char *at = format; length && next_conversion(at, &one); at = one.end) {
        char spec[32];
        size_t size_of_spec = (size_t)(one.end - one.begin);
        if (!one.letter)
            continue;
        if (one.position || count == ERROR_VALUES || size_of_spec >= sizeof spec) {
            length = 0;
            break;
        }
        memcpy(spec, one.begin, size_of_spec);
        spec[size_of_spec] = 0;
        char raw[ERROR_VALUES_SIZE];
        if (!put_value(raw, sizeof raw, spec, &one, &values)) {
            length = 0;
            break;
        }
        size_t room = size - length,
               written = room ? make_printable(out + length, room, raw, strlen(raw)) : 0;
        if (written + 1 >= room) {
            length = 0;
            break;
        }
        out[length + written] = 0;
        length += written + 1;
        count++;
    }
    va_end(values);
    memcpy(out, &format, sizeof format);
    out[sizeof format] = (char)count;
    return length;
}

#pragma GCC diagnostic pop

size_t error_parts(const struct error *error, struct error_part parts[ERROR_PARTS])
{
    size_t count = 0;
    for (size_t at = 0; at < error->length; count++) {
        if (count == ERROR_PARTS)
            return 0;
        struct error_part *part = &parts[count];
        memcpy(&part->format, error->parts + at, sizeof part->format);
        part->count = (unsigned char)error->parts[at + sizeof part->format];
        at += sizeof part->format + 1;
        for (size_t i = 0; i < part->count; i++) {
            part->values[i] = error->parts + at;
            at += strlen(part->values[i]) + 1;
        }
    }
    return count;
}

enum status error_retell(struct error *error, enum status status, const char *message,
                         const struct error_told parts[], size_t count)
{
    char packed[ERROR_VALUES_SIZE];
    size_t length = 0;
    for (size_t i = 0; i < count; i++) {
        const char *format = parts[i].id ? error_format_of(parts[i].id) : NULL;
        if (!format || length + sizeof format + 1 > sizeof packed)
            return error_set(error, status, "%s", message);
        memcpy(packed + length, &format, sizeof format);
        packed[length + sizeof format] = (char)parts[i].count;
        length += sizeof format + 1;
        for (size_t at = 0; at < parts[i].count; at++) {
            const char *value = parts[i].values[at];
            size_t room = sizeof packed - length,
                   written = room ? make_printable(packed + length, room, value, strlen(value)) : 0;
            if (written + 1 >= room)
                return error_set(error, status, "%s", message);
            packed[length + written] = 0;
            length += written + 1;
        }
    }
    (void)error_set(error, status, "%s", message);
    if (length) {
        memcpy(error->parts, packed, length);
        error->length = length;
    }
    return status;
}

const char *error_id(const struct error *error)
{
    struct error_part parts[ERROR_PARTS];
    size_t count = error_parts(error, parts);
    return count ? error_id_of(parts[count - 1].format) : NULL;
}

/* Behind the first full stop or semicolon; `before`: the conversions in front of it. */
static const char *hint_of(const char *format, size_t *before)
{
    struct conversion one;
    const char *at = format;
    *before = 0;
    for (;;) {
        bool more = next_conversion(at, &one);
        for (const char *sign = at; *sign && (!more || sign < one.begin); sign++)
            if ((*sign == '.' || *sign == ';') && sign[1] == ' ' && sign > format)
                return sign + 2;
        if (!more)
            return NULL;
        *before += one.letter != 0;
        at = one.end;
    }
}

size_t error_format_values(const char *format)
{
    struct conversion one;
    size_t count = 0;
    for (; next_conversion(format, &one); format = one.end)
        count += one.letter != 0;
    return count;
}

void error_words(const struct error_part *part, bool hint, struct buffer *words)
{
    struct conversion one;
    size_t next = 0;
    const char *at = _(part->format);
    if (hint)
        at = hint_of(at, &next);
    while (at && *at) {
        bool more = next_conversion(at, &one);
        buffer_put(words, at, more ? (size_t)(one.begin - at) : strlen(at));
        if (!more)
            return;
        if (!one.letter)
            buffer_char(words, '%');
        else {
            size_t which = one.position ? one.position - 1 : next++;
            if (which < part->count)
                buffer_string(words, part->values[which]);
        }
        at = one.end;
    }
}

enum status error_set_list(struct error *error, enum status status, const char *format, va_list arguments)
{
    if (!error)
        return status;
    char message[ERROR_MESSAGE_SIZE], parts[ERROR_VALUES_SIZE];
    va_list again;
    va_copy(again, arguments);
    size_t length = compose(message, format, arguments);
    size_t kept = pack(parts, sizeof parts, format, again);
    va_end(again);
    error->status = status;
    memcpy(error->message, message, length + 1);
    memcpy(error->parts, parts, kept);
    error->length = kept;
    return status;
}

enum status error_set(struct error *error, enum status status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    status = error_set_list(error, status, format, arguments);
    va_end(arguments);
    return status;
}

enum status error_copy(struct error *error, enum status status, const struct error *other)
{
    if (!error)
        return status;
    if (error != other)
        *error = *other;
    return error->status = status;
}

/* `message` has the size of one, and is used up. */
static enum status put_before(struct error *error, char *message, size_t length, const char *part,
                              size_t kept)
{
    if (length > ERROR_MESSAGE_SIZE - 3)
        length = text_cut((struct text){ message, length }, ERROR_MESSAGE_SIZE - 3);
    message[length++] = ':';
    message[length++] = ' ';
    size_t rest = text_cut(text_of(error->message), ERROR_MESSAGE_SIZE - 1 - length);
    memcpy(message + length, error->message, rest);
    length += rest;
    message[length] = 0;
    memcpy(error->message, message, length + 1);
    if (!kept || !error->length || kept + error->length > sizeof error->parts) {
        error->length = 0;
        return error->status;
    }
    memmove(error->parts + kept, error->parts, error->length);
    memcpy(error->parts, part, kept);
    error->length += kept;
    return error->status;
}

enum status error_add(struct error *error, const char *format, ...)
{
    if (!error)
        return STATUS_FATAL;
    char message[ERROR_MESSAGE_SIZE], part[ERROR_VALUES_SIZE];
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    size_t length = compose(message, format, arguments), kept = pack(part, sizeof part, format, again);
    va_end(again);
    va_end(arguments);
    return put_before(error, message, length, part, kept);
}

enum status error_before(struct error *error, const struct error *other)
{
    char message[ERROR_MESSAGE_SIZE];
    size_t length = strlen(other->message);
    memcpy(message, other->message, length + 1);
    return put_before(error, message, length, other->parts, other->length);
}

int error_exit_code(enum status status)
{
    switch (status) {
    case STATUS_OK:
    case STATUS_END:
    case STATUS_REJECT:
        return 0;
    case STATUS_USAGE:
        return 2;
    case STATUS_BUSY:
        return 4;
    case STATUS_LEDGER:
        return 5;
    case STATUS_RETRY:
    case STATUS_STOP:
    case STATUS_FATAL:
        break;
    }
    return 3;
}
