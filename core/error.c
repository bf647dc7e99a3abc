#include "core/error.h"

#include <stdarg.h>
#include <stdio.h>
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
static size_t make_printable(char out[ERROR_MESSAGE_SIZE], const char *message, size_t length)
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
        if (used + width >= ERROR_MESSAGE_SIZE)
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
    size_t (*cover)(char *, size_t, size_t) = covers;
    if (cover)
        length = cover(raw, length, sizeof raw);
    length = make_printable(message, raw, length);
    message[length] = 0;
    return length;
}

enum status error_set(struct error *error, enum status status, const char *format, ...)
{
    if (!error)
        return status;
    char message[ERROR_MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    size_t length = compose(message, format, arguments);
    va_end(arguments);
    error->status = status;
    memcpy(error->message, message, length + 1);
    return status;
}

enum status error_add(struct error *error, const char *format, ...)
{
    if (!error)
        return STATUS_FATAL;
    char message[ERROR_MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    size_t length = compose(message, format, arguments);
    va_end(arguments);
    if (length > ERROR_MESSAGE_SIZE - 3)
        length = text_cut((struct text){ message, length }, ERROR_MESSAGE_SIZE - 3);
    message[length++] = ':';
    message[length++] = ' ';
    size_t rest = text_cut(text_of(error->message), ERROR_MESSAGE_SIZE - 1 - length);
    memcpy(message + length, error->message, rest);
    length += rest;
    message[length] = 0;
    memcpy(error->message, message, length + 1);
    return error->status;
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
