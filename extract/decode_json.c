#include "extract/decode.h"

#include <string.h>

#include "adapters/json.h"
#include "core/memory.h"
#include "core/pointer.h"

#define BLOCK 65536

/* Where records begin and end in a JSON text of any size: brackets and quotes are followed, nothing is
 * decoded here but the names on the way to the records. Whether a record is JSON, adapters/json.h says. */
struct splitter {
    struct file_stream *stream;
    struct pointer pointer;
    struct buffer block; /* what was read and not passed yet, from `at` */
    size_t at;
    bool ended;
    struct buffer record;
    size_t limit;
    long index;
    bool inside; /* between the brackets of the list of records */
    bool started, finished;
    char closers[64]; /* of the containers on the way, outermost first */
    size_t depth;
};

static enum status refill(struct splitter *splitter, struct error *error)
{
    size_t got;
    buffer_clear(&splitter->block);
    splitter->at = 0;
    char *room = buffer_room(&splitter->block, BLOCK);
    enum status status = splitter->stream->read(splitter->stream, room, BLOCK, &got, error);
    if (status)
        return status;
    splitter->block.length = got;
    splitter->ended = !got;
    return STATUS_OK;
}

static enum status cut(struct error *error)
{
    return error_set(error, STATUS_STOP, _("the JSON text ends in the middle: the file was cut"));
}

/* The next byte without passing it; STATUS_END at the end of the text. */
static enum status peek(struct splitter *splitter, char *byte, struct error *error)
{
    while (splitter->at == splitter->block.length) {
        if (splitter->ended)
            return STATUS_END;
        enum status status = refill(splitter, error);
        if (status)
            return status;
    }
    *byte = splitter->block.bytes[splitter->at];
    return STATUS_OK;
}

static enum status peek_token(struct splitter *splitter, char *byte, struct error *error)
{
    for (;;) {
        enum status status = peek(splitter, byte, error);
        if (status)
            return status;
        if (*byte != ' ' && *byte != '\t' && *byte != '\n' && *byte != '\r')
            return STATUS_OK;
        splitter->at++;
    }
}

static void keep(struct splitter *splitter, const char *bytes, size_t length, bool keeping)
{
    if (!keeping)
        return;
    if (splitter->record.length + length > splitter->limit)
        splitter->record.over = true;
    else if (!splitter->record.over)
        buffer_put(&splitter->record, bytes, length);
}

/* How far a value goes on in the bytes at hand. */
struct extent {
    size_t depth;
    bool in_text, escaped, scalar, whole;
};

static size_t extend(struct extent *extent, const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        char byte = bytes[i];
        if (extent->in_text) {
            if (extent->escaped)
                extent->escaped = false;
            else if (byte == '\\')
                extent->escaped = true;
            else if (byte == '"' && !(extent->in_text = false) && !extent->depth) {
                extent->whole = true;
                return i + 1;
            }
        } else if (extent->scalar) {
            if (byte == ',' || byte == ']' || byte == '}' || byte == ' ' || byte == '\n' || byte == '\r' ||
                byte == '\t') {
                extent->whole = true;
                return i;
            }
        } else if (byte == '"') {
            extent->in_text = true;
        } else if (byte == '{' || byte == '[') {
            extent->depth++;
        } else if (byte == '}' || byte == ']') {
            if (extent->depth && --extent->depth == 0) {
                extent->whole = true;
                return i + 1;
            }
        } else if (!extent->depth) {
            extent->scalar = true;
        }
    }
    return length;
}

static enum status pass_value(struct splitter *splitter, bool keeping, struct error *error)
{
    struct extent extent = { 0 };
    char byte;
    buffer_clear(&splitter->record);
    enum status status = peek_token(splitter, &byte, error);
    if (status)
        return status == STATUS_END ? cut(error) : status;
    if (strchr(",]}:", byte))
        return error_set(error, STATUS_STOP, _("a value is missing before \"%c\""), byte);
    while (!extent.whole) {
        status = peek(splitter, &byte, error);
        if (status == STATUS_END)
            return extent.scalar ? STATUS_OK : cut(error);
        if (status)
            return status;
        const char *bytes = splitter->block.bytes + splitter->at;
        size_t passed = extend(&extent, bytes, splitter->block.length - splitter->at);
        keep(splitter, bytes, passed, keeping);
        splitter->at += passed;
    }
    return STATUS_OK;
}

static enum status expect(struct splitter *splitter, char wanted, struct error *error)
{
    char byte;
    enum status status = peek_token(splitter, &byte, error);
    if (status)
        return status == STATUS_END ? cut(error) : status;
    if (byte != wanted)
        return error_set(error, STATUS_STOP, _("\"%c\" was expected, not \"%c\""), wanted, byte);
    splitter->at++;
    return STATUS_OK;
}

/* Is there another member or item? Passes the comma or the closing bracket. */
static enum status another(struct splitter *splitter, char closer, bool first, bool *more,
                           struct error *error)
{
    char byte;
    enum status status = peek_token(splitter, &byte, error);
    if (status)
        return status == STATUS_END ? cut(error) : status;
    *more = byte != closer;
    if (!*more) {
        splitter->at++;
        return STATUS_OK;
    }
    if (first)
        return STATUS_OK;
    if (expect(splitter, ',', error))
        return error->status;
    status = peek_token(splitter, &byte, error);
    if (status)
        return status == STATUS_END ? cut(error) : status;
    if (byte == closer)
        return error_set(error, STATUS_STOP, _("a comma stands before the closing \"%c\""), closer);
    return STATUS_OK;
}

static enum status read_name(struct splitter *splitter, struct text token, bool *same, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct value *name;
    if (pass_value(splitter, true, error))
        return error->status;
    if (json_parse(&arena, buffer_view(&splitter->record), &name, error) || name->kind != VALUE_TEXT)
        return error_set(error, STATUS_STOP, _("a name in quotes was expected"));
    *same = text_equal(name->text, token);
    return expect(splitter, ':', error);
}

static enum status not_there(const struct splitter *splitter, size_t token, struct error *error)
{
    return error_set(error, STATUS_STOP, _("there is no \"%.*s\" in the document (see \"records\")"),
                     TEXT_ARG(splitter->pointer.tokens[token]));
}

static enum status enter_object(struct splitter *splitter, size_t token, struct error *error)
{
    bool more, same = false;
    for (bool first = true;; first = false) {
        if (another(splitter, '}', first, &more, error))
            return error->status;
        if (!more)
            return not_there(splitter, token, error);
        if (read_name(splitter, splitter->pointer.tokens[token], &same, error))
            return error->status;
        if (same)
            return STATUS_OK;
        if (pass_value(splitter, false, error))
            return error->status;
    }
}

static enum status enter_list(struct splitter *splitter, size_t token, struct error *error)
{
    struct text digits = splitter->pointer.tokens[token];
    long index = 0;
    for (size_t i = 0; i < digits.length; i++) {
        if (digits.bytes[i] < '0' || digits.bytes[i] > '9' || i > 8)
            return not_there(splitter, token, error);
        index = index * 10 + (digits.bytes[i] - '0');
    }
    for (long at = 0;; at++) {
        bool more;
        if (another(splitter, ']', at == 0, &more, error))
            return error->status;
        if (!more)
            return not_there(splitter, token, error);
        if (at == index)
            return STATUS_OK;
        if (pass_value(splitter, false, error))
            return error->status;
    }
}

/* Goes down to where the records are. */
static enum status enter(struct splitter *splitter, struct error *error)
{
    char byte;
    enum status status;
    splitter->started = true;
    if (peek(splitter, &byte, error) == STATUS_OK && splitter->block.length >= 3 &&
        !memcmp(splitter->block.bytes, "\xef\xbb\xbf", 3))
        splitter->at = 3;
    for (size_t token = 0; token < splitter->pointer.count; token++) {
        status = peek_token(splitter, &byte, error);
        if (status)
            return status == STATUS_END ? cut(error) : status;
        if ((byte != '{' && byte != '[') || splitter->depth == sizeof splitter->closers)
            return not_there(splitter, token, error);
        splitter->at++;
        splitter->closers[splitter->depth++] = byte == '{' ? '}' : ']';
        status = byte == '{' ? enter_object(splitter, token, error) : enter_list(splitter, token, error);
        if (status)
            return status;
    }
    status = peek_token(splitter, &byte, error);
    if (status == STATUS_END)
        return error_set(error, STATUS_STOP, _("the document is empty"));
    if (status == STATUS_OK && byte == '[') {
        splitter->at++;
        splitter->inside = true;
    }
    return status;
}

/* What follows the records must close what was opened, and must not bring a second list of the same name. */
static enum status leave(struct splitter *splitter, struct error *error)
{
    char byte;
    splitter->finished = true;
    while (splitter->depth) {
        size_t token = splitter->depth - 1;
        char closer = splitter->closers[token];
        bool more, same;
        if (another(splitter, closer, false, &more, error))
            return error->status;
        if (!more) {
            splitter->depth--;
            continue;
        }
        if (closer == '}') {
            if (read_name(splitter, splitter->pointer.tokens[token], &same, error))
                return error->status;
            if (same)
                return error_set(error, STATUS_STOP, _("the name \"%.*s\" occurs twice in one object"),
                                 TEXT_ARG(splitter->pointer.tokens[token]));
        }
        if (pass_value(splitter, false, error))
            return error->status;
    }
    enum status status = peek_token(splitter, &byte, error);
    if (status == STATUS_OK)
        return error_set(error, STATUS_STOP, _("something stands behind the end of the JSON text"));
    return status;
}

static enum status open_json(struct decode *decode, struct error *error)
{
    struct splitter *splitter = arena_new(decode->arena, struct splitter);
    decode->own = splitter;
    splitter->stream = &decode->document->stream;
    splitter->limit = (size_t)decode->source->record_limit;
    return pointer_compile(decode->arena, text_of(decode->source->records), &splitter->pointer, error);
}

static enum status give(struct splitter *splitter, struct decoded *decoded, struct error *error)
{
    decoded->bytes = buffer_view(&splitter->record);
    if (!splitter->record.over)
        return STATUS_OK;
    return error_set(error, STATUS_REJECT, _("the record is larger than %zu bytes (see \"record_limit\")"),
                     splitter->limit);
}

static enum status next_json(struct decode *decode, struct decoded *decoded, struct error *error)
{
    struct splitter *splitter = decode->own;
    enum status status;
    bool more;
    *decoded = (struct decoded){ .mark = '#' };
    if (splitter->finished)
        return STATUS_END;
    if (!splitter->started) {
        status = enter(splitter, error);
        if (status == STATUS_OK && !splitter->inside) {
            status = pass_value(splitter, true, error);
            if (status == STATUS_OK && leave(splitter, error) != STATUS_END)
                status = error->status;
            if (status == STATUS_OK)
                return give(splitter, decoded, error);
        }
        if (status)
            splitter->finished = true;
        if (status) {
            decoded->bytes = buffer_view(&splitter->record);
            return status;
        }
    }
    decoded->number = splitter->index + 1;
    if ((status = another(splitter, ']', !splitter->index, &more, error)) == STATUS_OK) {
        if (!more)
            return leave(splitter, error);
        splitter->index++;
        if ((status = pass_value(splitter, true, error)) == STATUS_OK)
            return give(splitter, decoded, error);
    }
    splitter->finished = true;
    decoded->bytes = buffer_view(&splitter->record);
    return status;
}

static void close_json(struct decode *decode)
{
    struct splitter *splitter = decode->own;
    buffer_free(&splitter->block);
    buffer_free(&splitter->record);
}

const struct decode_driver decode_json = { .open = open_json, .next = next_json, .close = close_json };
