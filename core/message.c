#include "core/message.h"

#include <string.h>

#define NONE UINT32_MAX

static void put_length(struct buffer *out, uint32_t length)
{
    buffer_put(out, &length, sizeof length);
}

size_t message_begin(struct buffer *out, unsigned kind)
{
    size_t start = out->length;
    put_length(out, 0);
    put_length(out, kind);
    return start;
}

void message_end(struct buffer *out, size_t start)
{
    uint32_t length = (uint32_t)(out->length - start - MESSAGE_HEADER);
    memcpy(out->bytes + start, &length, sizeof length);
}

void message_put_number(struct buffer *out, int64_t number)
{
    buffer_put(out, &number, sizeof number);
}

void message_put_text(struct buffer *out, struct text text)
{
    put_length(out, text.bytes ? (uint32_t)text.length : NONE);
    buffer_put(out, text.bytes ? text.bytes : "", text.bytes ? text.length : 0);
}

void message_put_string(struct buffer *out, const char *string)
{
    message_put_text(out, string ? text_of(string) : TEXT_NONE);
}

void message_put_digest(struct buffer *out, const struct digest *digest)
{
    message_put_text(out, (struct text){ (const char *)digest->bytes, sizeof digest->bytes });
}

void message_digest(struct message *message, struct digest *digest)
{
    struct text text = message_text(message);
    message->bad = message->bad || text.length != sizeof digest->bytes;
    if (!message->bad)
        memcpy(digest->bytes, text.bytes, sizeof digest->bytes);
}

void message_put_error(struct buffer *out, const struct error *error)
{
    struct error_part parts[ERROR_PARTS];
    size_t count = error_parts(error, parts);
    message_put_number(out, error->status);
    message_put_string(out, error->message);
    message_put_number(out, (int64_t)count);
    for (size_t i = 0; i < count; i++) {
        message_put_string(out, error_id_of(parts[i].format));
        message_put_number(out, (int64_t)parts[i].count);
        for (size_t at = 0; at < parts[i].count; at++)
            message_put_string(out, parts[i].values[at]);
    }
}

enum status message_read(struct text *bytes, size_t most, struct message *message, size_t *lacking)
{
    uint32_t length, kind;
    *lacking = bytes->length < MESSAGE_HEADER ? MESSAGE_HEADER - bytes->length : 0;
    if (*lacking)
        return STATUS_END;
    memcpy(&length, bytes->bytes, sizeof length);
    memcpy(&kind, bytes->bytes + sizeof length, sizeof kind);
    if (length > most)
        return STATUS_REJECT;
    if (bytes->length - MESSAGE_HEADER < length) {
        *lacking = length - (bytes->length - MESSAGE_HEADER);
        return STATUS_END;
    }
    *message = (struct message){ kind, text_slice(*bytes, MESSAGE_HEADER, length), false };
    *bytes = text_slice(*bytes, MESSAGE_HEADER + length, bytes->length);
    return STATUS_OK;
}

static struct text take(struct message *message, size_t length)
{
    message->bad = message->bad || message->rest.length < length;
    if (message->bad)
        return TEXT_NONE;
    struct text taken = { message->rest.bytes, length };
    message->rest = (struct text){ message->rest.bytes + length, message->rest.length - length };
    return taken;
}

int64_t message_number(struct message *message)
{
    int64_t number = 0;
    struct text bytes = take(message, sizeof number);
    if (bytes.bytes)
        memcpy(&number, bytes.bytes, sizeof number);
    return number;
}

struct text message_text(struct message *message)
{
    uint32_t length = 0;
    struct text bytes = take(message, sizeof length);
    if (bytes.bytes)
        memcpy(&length, bytes.bytes, sizeof length);
    return !bytes.bytes || length == NONE ? TEXT_NONE : take(message, length);
}

const char *message_string(struct message *message, struct arena *arena)
{
    struct text text = message_text(message);
    if (text.length && memchr(text.bytes, 0, text.length))
        message->bad = true;
    return text.bytes && !message->bad ? text_string(arena, text) : NULL;
}

enum status message_error(struct message *message, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct error_told parts[ERROR_PARTS] = { 0 };
    int64_t status = message_number(message);
    const char *words = message_string(message, &arena);
    int64_t count = message_number(message);
    message->bad = message->bad || count < 0 || count > ERROR_PARTS;
    for (int64_t i = 0; i < count && !message->bad; i++) {
        parts[i].id = message_string(message, &arena);
        int64_t values = message_number(message);
        message->bad = message->bad || values < 0 || values > ERROR_VALUES;
        for (int64_t at = 0; at < values && !message->bad; at++) {
            parts[i].values[at] = message_string(message, &arena);
            message->bad = message->bad || !parts[i].values[at];
        }
        parts[i].count = message->bad ? 0 : (size_t)values;
    }
    if (message->bad || !words || status < STATUS_REJECT || status > STATUS_FATAL) {
        message->bad = true;
        return error_set(error, STATUS_FATAL, _("a process of this program says what makes no sense"));
    }
    return error_retell(error, (enum status)status, words, parts, (size_t)count);
}

bool message_whole(const struct message *message)
{
    return !message->bad && !message->rest.length;
}
