#include "extract/decode.h"
#include "extract/json_splitter.h"

struct json_document {
    struct json_splitter splitter;
    struct pointer pointer;
};

static enum status check_json(struct arena *arena, const struct source *source, struct error *error)
{
    struct pointer pointer;
    if (pointer_compile(arena, text_of(source->records), &pointer, error))
        return error->status;
    if (pointer.count > JSON_SPLITTER_DEPTH)
        return error_set(error, STATUS_USAGE, _("\"records\" goes down more than %d levels"),
                         JSON_SPLITTER_DEPTH);
    return STATUS_OK;
}

static enum status open_json(struct decode *decode, struct error *error)
{
    struct json_document *own = arena_new(decode->arena, struct json_document);
    decode->own = own;
    if (pointer_compile(decode->arena, text_of(decode->source->records), &own->pointer, error))
        return error->status;
    json_splitter_open(&own->splitter, &decode->document->stream, &own->pointer,
                       (size_t)decode->source->record_limit);
    return STATUS_OK;
}

static enum status next_json(struct decode *decode, struct decoded *decoded, struct error *error)
{
    struct json_document *own = decode->own;
    *decoded = (struct decoded){ .mark = '#' };
    enum status status = json_splitter_next(&own->splitter, &decoded->bytes, error);
    decoded->number = own->splitter.index;
    return status;
}

static void close_json(struct decode *decode)
{
    struct json_document *own = decode->own;
    json_splitter_close(&own->splitter);
}

const struct decode_driver decode_json = {
    .check = check_json, .open = open_json, .next = next_json, .close = close_json
};
