#include "extract/decode.h"

#include <string.h>

#define BLOCK 262144

struct lines {
    struct file_stream *stream;
    struct buffer bytes;
    size_t at;
    bool ended, unended; /* the last line has no end */
    long line;
    size_t limit;
};

static enum status open_ndjson(struct decode *decode, struct error *error)
{
    (void)error;
    struct lines *lines = arena_new(decode->arena, struct lines);
    decode->user_data = lines;
    lines->stream = &decode->document->stream;
    lines->limit = (size_t)decode->source->record_limit;
    return STATUS_OK;
}

static enum status more_lines(struct lines *lines, struct error *error)
{
    size_t got;
    if (lines->at)
        memmove(lines->bytes.bytes, lines->bytes.bytes + lines->at, lines->bytes.length - lines->at);
    lines->bytes.length -= lines->at;
    lines->at = 0;
    bool first = !lines->line && !lines->bytes.length;
    /* The first block has at least the three bytes of a byte order mark, or all there is. */
    do {
        char *capacity = buffer_room(&lines->bytes, BLOCK);
        if (lines->stream->read(lines->stream, capacity, BLOCK, &got, error))
            return error->status = STATUS_STOP;
        lines->bytes.length += got;
        lines->ended = !got;
    } while (first && lines->bytes.length < 3 && !lines->ended);
    if (first && text_starts(buffer_view(&lines->bytes), TEXT("\xef\xbb\xbf")))
        lines->at = 3;
    return STATUS_OK;
}

/* A whole line, or what is left of one that is too long: its bytes are let go as they come. */
static enum status next_line(struct lines *lines, struct text *line, bool *over, struct error *error)
{
    size_t searched = 0;
    *over = false;
    for (;;) {
        const char *bytes = lines->bytes.bytes ? lines->bytes.bytes + lines->at : "";
        size_t length = lines->bytes.length - lines->at;
        const char *end = memchr(bytes + searched, '\n', length - searched);
        if (end || lines->ended) {
            size_t whole = end ? (size_t)(end - bytes) : length;
            *line = (struct text){ bytes, *over ? 0 : whole };
            lines->at += whole + (end != NULL);
            if (!end && !whole && !*over)
                return STATUS_END;
            lines->line++;
            lines->unended = !end;
            *over = *over || whole > lines->limit;
            if (*over)
                line->length = 0;
            return STATUS_OK;
        }
        searched = length;
        if (length > lines->limit) {
            *over = true;
            lines->at += length;
            searched = 0;
        }
        enum status status = more_lines(lines, error);
        if (status)
            return status;
    }
}

static enum status next_ndjson(struct decode *decode, struct decoded *decoded, struct error *error)
{
    struct lines *lines = decode->user_data;
    struct text line;
    bool over;
    *decoded = (struct decoded){ .mark = ':' };
    for (;;) {
        enum status status = next_line(lines, &line, &over, error);
        if (status)
            return status;
        decoded->number = lines->line;
        decode->document->unended = lines->unended && line.length;
        if (over)
            return error_set(error, STATUS_REJECT,
                             _("the line is longer than %zu bytes (see \"record_limit\")"), lines->limit);
        line = text_trim(line);
        if (!line.length)
            continue;
        decoded->bytes = line;
        return STATUS_OK;
    }
}

static void close_ndjson(struct decode *decode)
{
    struct lines *lines = decode->user_data;
    buffer_free(&lines->bytes);
}

const struct decode_driver decode_ndjson = {
    .end = DECODE_END_LINE, .open = open_ndjson, .next = next_ndjson, .close = close_ndjson
};
