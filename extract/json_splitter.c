#include "extract/json_splitter.h"

#include <string.h>

#include "adapters/json.h"

/* The first block has at least the three bytes of a byte order mark, or all there is. */
static enum status refill(struct json_splitter *splitter, struct error *error)
{
    buffer_clear(&splitter->block);
    splitter->at = 0;
    do {
        size_t got;
        if (file_stream_more(splitter->stream, &splitter->block, &got, error)) {
            if (error)
                error->status = STATUS_STOP;
            return STATUS_STOP;
        }
        splitter->ended = !got;
    } while (splitter->block.length < 3 && !splitter->ended && !splitter->started);
    return STATUS_OK;
}

static enum status cut(struct error *error)
{
    return error_set(error, STATUS_STOP, _("the JSON text ends in the middle: the file was cut"));
}

/* The next byte without passing it; STATUS_END at the end of the text. */
static enum status peek(struct json_splitter *splitter, char *byte, struct error *error)
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

static enum status peek_token(struct json_splitter *splitter, char *byte, struct error *error)
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

static void keep(struct buffer *into, size_t limit, const char *bytes, size_t length)
{
    if (!into)
        return;
    if (into->length + length > limit)
        into->over = true;
    else if (!into->over)
        buffer_put(into, bytes, length);
}

/* How far a value goes on in the bytes at hand. */
struct extent {
    size_t depth;
    bool in_text, escaped, scalar, whole;
};

static size_t skip_text(const char *bytes, size_t at, size_t length)
{
    while (at < length && bytes[at] != '"' && bytes[at] != '\\')
        at++;
    return at;
}

static size_t extend(struct extent *extent, const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (extent->in_text) {
            if (extent->escaped) {
                extent->escaped = false;
                continue;
            }
            i = skip_text(bytes, i, length);
            if (i == length)
                break;
            extent->escaped = bytes[i] == '\\';
            extent->in_text = extent->escaped;
            if (!extent->in_text && !extent->depth) {
                extent->whole = true;
                return i + 1;
            }
            continue;
        }
        char byte = bytes[i];
        if (extent->scalar) {
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

/* Past one value; its bytes go into a buffer, unless that is NULL. */
static enum status pass_value(struct json_splitter *splitter, struct buffer *into, struct error *error)
{
    struct extent extent = { 0 };
    char byte;
    if (into)
        buffer_clear(into);
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
        keep(into, splitter->limit, bytes, passed);
        splitter->at += passed;
    }
    return STATUS_OK;
}

static enum status expect(struct json_splitter *splitter, char wanted, struct error *error)
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
static enum status another(struct json_splitter *splitter, char closer, bool first, bool *more,
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

static enum status read_name(struct json_splitter *splitter, struct text token, bool *same,
                             struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct value *name;
    if (pass_value(splitter, &splitter->name, error))
        return error->status;
    if (json_parse(&arena, buffer_view(&splitter->name), &name, error) || name->kind != VALUE_TEXT)
        return error_set(error, STATUS_STOP, _("a name in quotes was expected"));
    *same = text_equal(name->text, token);
    return expect(splitter, ':', error);
}

static enum status not_there(struct json_splitter *splitter, size_t token)
{
    splitter->missing = splitter->pointer->tokens[token];
    return STATUS_END;
}

static enum status enter_object(struct json_splitter *splitter, size_t token, struct error *error)
{
    bool more, same = false;
    for (bool first = true;; first = false) {
        if (another(splitter, '}', first, &more, error))
            return error->status;
        if (!more)
            return not_there(splitter, token);
        if (read_name(splitter, splitter->pointer->tokens[token], &same, error))
            return error->status;
        if (same)
            return STATUS_OK;
        if (pass_value(splitter, NULL, error))
            return error->status;
    }
}

static enum status enter_list(struct json_splitter *splitter, size_t token, struct error *error)
{
    struct text digits = splitter->pointer->tokens[token];
    long index = 0;
    for (size_t i = 0; i < digits.length; i++) {
        if (digits.bytes[i] < '0' || digits.bytes[i] > '9' || i > 8)
            return not_there(splitter, token);
        index = index * 10 + (digits.bytes[i] - '0');
    }
    for (long at = 0;; at++) {
        bool more;
        if (another(splitter, ']', at == 0, &more, error))
            return error->status;
        if (!more)
            return not_there(splitter, token);
        if (at == index)
            return STATUS_OK;
        if (pass_value(splitter, NULL, error))
            return error->status;
    }
}

/* Goes down to where the records are. */
static enum status enter(struct json_splitter *splitter, struct error *error)
{
    char byte;
    enum status status = peek(splitter, &byte, error);
    splitter->started = true;
    if (status == STATUS_OK && text_starts(buffer_view(&splitter->block), TEXT("\xef\xbb\xbf")))
        splitter->at = 3;
    for (size_t token = 0; token < splitter->pointer->count; token++) {
        status = peek_token(splitter, &byte, error);
        if (status)
            return status == STATUS_END ? cut(error) : status;
        if (byte != '{' && byte != '[')
            return not_there(splitter, token);
        splitter->at++;
        splitter->closers[splitter->depth++] = byte == '{' ? '}' : ']';
        status = byte == '{' ? enter_object(splitter, token, error) : enter_list(splitter, token, error);
        if (status)
            return status;
    }
    status = peek_token(splitter, &byte, error);
    if (status == STATUS_END && !splitter->pointer->count)
        return error_set(error, STATUS_STOP, _("the document is empty"));
    return status == STATUS_END ? cut(error) : status;
}

/* What follows the records must close what was opened, and must not bring a second list of the same name. */
static enum status leave(struct json_splitter *splitter, struct error *error)
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
            if (read_name(splitter, splitter->pointer->tokens[token], &same, error))
                return error->status;
            if (same)
                return error_set(error, STATUS_STOP, _("the name \"%.*s\" occurs twice in one object"),
                                 TEXT_ARG(splitter->pointer->tokens[token]));
        }
        if (pass_value(splitter, NULL, error))
            return error->status;
    }
    enum status status = peek_token(splitter, &byte, error);
    if (status == STATUS_OK)
        return error_set(error, STATUS_STOP,
                         _("something stands behind the end of the JSON text; lines that are JSON each are "
                           "format ndjson"));
    return status;
}

void json_splitter_open(struct json_splitter *splitter, struct file_stream *stream,
                        const struct json_pointer *pointer, size_t limit)
{
    *splitter = (struct json_splitter){ .stream = stream, .pointer = pointer, .limit = limit };
}

void json_splitter_close(struct json_splitter *splitter)
{
    buffer_free(&splitter->block);
    buffer_free(&splitter->item);
    buffer_free(&splitter->name);
}

static enum status give(struct json_splitter *splitter, struct text *item, struct error *error)
{
    *item = buffer_view(&splitter->item);
    if (!splitter->item.over)
        return STATUS_OK;
    *item = TEXT("");
    return error_set(error, STATUS_REJECT, _("the record is larger than %zu bytes (see \"record_limit\")"),
                     splitter->limit);
}

/* A text that does not even begin as JSON does is told as what it is, not by where it went wrong. */
static bool begins_as_json(struct text text)
{
    return text.length && (strchr("{[\"-0123456789", text.bytes[0]) || text_starts(text, TEXT("true")) ||
                           text_starts(text, TEXT("false")) || text_starts(text, TEXT("null")));
}

static enum status refuse_words(struct text text, struct error *error)
{
    size_t length = 0;
    while (length < text.length && length < 20 && text.bytes[length] > 0x20)
        length++;
    return error_set(error, STATUS_STOP, _("this is no JSON: it begins with \"%.*s\""), (int)length,
                     text.bytes);
}

/* What the pointer leads to is no list: it is the one item. */
static enum status only_item(struct json_splitter *splitter, struct text *item, struct error *error)
{
    enum status status = pass_value(splitter, &splitter->item, error);
    if (status == STATUS_OK && leave(splitter, error) != STATUS_END)
        status = error->status;
    struct text text = buffer_view(&splitter->item);
    if (status == STATUS_STOP && !splitter->pointer->count && text.length && !begins_as_json(text))
        return refuse_words(text, error);
    if (status)
        return status;
    if (!splitter->pointer->count || splitter->item.over || (text.length && text.bytes[0] == '{'))
        return give(splitter, item, error);
    splitter->nothing = splitter->null_is_empty && text_is(text, "null");
    if (splitter->nothing)
        return STATUS_END;
    return error_set(error, STATUS_STOP, _("where the list should be stands %.*s (see \"records\")"),
                     (int)text_cut(text, 40), text.bytes);
}

static enum status next_item(struct json_splitter *splitter, struct text *item, struct error *error)
{
    bool more;
    buffer_clear(&splitter->item);
    if (another(splitter, ']', !splitter->index, &more, error))
        return error->status;
    splitter->index++;
    if (!more)
        return leave(splitter, error);
    if (pass_value(splitter, &splitter->item, error))
        return error->status;
    return give(splitter, item, error);
}

enum status json_splitter_next(struct json_splitter *splitter, struct text *item, struct error *error)
{
    enum status status = STATUS_OK;
    *item = TEXT("");
    if (splitter->finished)
        return STATUS_END;
    if (!splitter->started) {
        status = enter(splitter, error);
        splitter->nothing = status == STATUS_END && splitter->null_is_empty;
        if (status == STATUS_END && !splitter->nothing)
            status =
                error_set(error, STATUS_STOP, _("there is no \"%.*s\" in the document (see \"records\")"),
                          TEXT_ARG(splitter->missing));
        splitter->inside = status == STATUS_OK && splitter->block.bytes[splitter->at] == '[';
        splitter->at += splitter->inside;
        if (status == STATUS_OK && !splitter->inside)
            status = only_item(splitter, item, error);
    }
    if (status == STATUS_OK && splitter->inside)
        status = next_item(splitter, item, error);
    splitter->finished = splitter->finished || (status != STATUS_OK && status != STATUS_REJECT);
    if (status == STATUS_STOP)
        *item = buffer_view(&splitter->item);
    return status;
}

enum status json_splitter_find(struct json_splitter *splitter, struct text *value, struct error *error)
{
    enum status status = enter(splitter, error);
    splitter->finished = true;
    if (status == STATUS_OK)
        status = pass_value(splitter, &splitter->item, error);
    return status == STATUS_OK ? give(splitter, value, error) : status;
}
