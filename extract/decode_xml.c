#include "adapters/xml.h"

#include "extract/decode.h"

static enum status open_reader(const struct source *source, struct file_stream *stream, const char *unicode,
                               struct xml_reader **reader, struct error *error)
{
    return xml_reader_open(stream, text_of(source->records), source->record.namespaces,
                           source->record.namespace_count, unicode, (size_t)source->record_limit, reader,
                           error);
}

static enum status check_xml(struct arena *arena, const struct source *source, struct error *error)
{
    struct file_stream nothing;
    struct xml_reader *reader;
    (void)arena;
    file_stream_memory(TEXT(""), "", &nothing);
    if (open_reader(source, &nothing, NULL, &reader, error))
        return error->status;
    xml_reader_close(reader);
    return STATUS_OK;
}

static enum status open_xml(struct decode *decode, struct error *error)
{
    struct xml_reader *reader;
    enum status status =
        open_reader(decode->source, &decode->document->stream, decode->unicode, &reader, error);
    decode->user_data = status == STATUS_OK ? reader : NULL;
    return status;
}

/* The one record of a document is whole when the document is: what comes behind its root would be lost. */
static enum status next_whole(struct decode *decode, struct decoded *decoded, struct error *error)
{
    struct text rest;
    enum status status = xml_reader_next(decode->user_data, &decoded->bytes, &decoded->number, error);
    if (status)
        return status;
    struct text bytes = text_copy(decode->arena, decoded->bytes);
    status = xml_reader_next(decode->user_data, &rest, &decoded->number, error);
    decoded->bytes = bytes;
    return status == STATUS_END ? STATUS_OK : status;
}

static enum status next_xml(struct decode *decode, struct decoded *decoded, struct error *error)
{
    bool whole = source_is_whole(decode->source);
    *decoded = (struct decoded){ .mark = ':' };
    if (!whole)
        return xml_reader_next(decode->user_data, &decoded->bytes, &decoded->number, error);
    enum status status = next_whole(decode, decoded, error);
    decoded->number = 0;
    return status;
}

static void close_xml(struct decode *decode)
{
    xml_reader_close(decode->user_data);
}

const struct decode_driver decode_xml = {
    .check = check_xml, .open = open_xml, .next = next_xml, .close = close_xml
};
