#include "extract/decode.h"
#include "extract/json_splitter.h"

struct json_document {
    struct json_splitter splitter;
    struct json_pointer pointer;
};

static enum status check_json(struct arena *arena, const struct source *source, struct error *error)
{
    struct json_pointer pointer;
    if (json_pointer_compile(arena, text_of(source->records), &pointer, error))
        return error->status;
    if (pointer.count > JSON_SPLITTER_DEPTH)
        return error_set(error, STATUS_USAGE, _("\"records\" goes down more than %d levels"),
                         JSON_SPLITTER_DEPTH);
    return STATUS_OK;
}

static enum status open_json(struct decode *decode, struct error *error)
{
    struct json_document *document = arena_new(decode->arena, struct json_document);
    decode->user_data = document;
    if (json_pointer_compile(decode->arena, text_of(decode->source->records), &document->pointer, error))
        return error->status;
    json_splitter_open(&document->splitter, &decode->document->stream, &document->pointer,
                       (size_t)decode->source->record_limit);
    document->splitter.null_is_empty = decode->document->null_is_empty;
    return STATUS_OK;
}

static enum status next_json(struct decode *decode, struct decoded *decoded, struct error *error)
{
    struct json_document *document = decode->user_data;
    *decoded = (struct decoded){ .mark = '#' };
    enum status status = json_splitter_next(&document->splitter, &decoded->bytes, error);
    decoded->number = document->splitter.index;
    decode->document->nothing = document->splitter.nothing;
    return status;
}

static void close_json(struct decode *decode)
{
    struct json_document *document = decode->user_data;
    json_splitter_close(&document->splitter);
}

const struct decode_driver decode_json = {
    .check = check_json, .open = open_json, .next = next_json, .close = close_json
};
