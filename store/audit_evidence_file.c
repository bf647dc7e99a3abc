/* Files of a bundle, of which a line or a block is in memory. */
#include "store/audit_evidence.h"

#include <string.h>

#include "adapters/crypto.h"

#define LINE_MAX  ((size_t)64 << 20)
#define BYTES_MAX ((int64_t)1 << 30)

const char *evidence_place(struct evidence *evidence, const char *name)
{
    return text_format(&evidence->arena, "%s/%s", evidence->folder, name).bytes;
}

enum status evidence_lines_open(struct evidence *evidence, const char *name, struct evidence_lines *lines,
                                struct error *error)
{
    *lines = (struct evidence_lines){ 0 };
    enum status status =
        file_stream_open(&evidence->arena, evidence_place(evidence, name), &lines->stream, error);
    lines->open = status == STATUS_OK;
    return status;
}

void evidence_lines_close(struct evidence_lines *lines)
{
    if (lines->open)
        lines->stream.close(&lines->stream);
    lines->open = false;
    buffer_free(&lines->buffer);
}

/* Without its line break. STATUS_END; STATUS_REJECT: cut, or too long. */
enum status evidence_lines_next(struct evidence_lines *lines, struct text *line, struct error *error)
{
    size_t seen = lines->at;
    for (;;) {
        const char *end = lines->buffer.length > seen
                              ? memchr(lines->buffer.bytes + seen, '\n', lines->buffer.length - seen)
                              : NULL;
        if (end) {
            *line = (struct text){ lines->buffer.bytes + lines->at,
                                   (size_t)(end - lines->buffer.bytes) - lines->at };
            lines->at = (size_t)(end - lines->buffer.bytes) + 1;
            return STATUS_OK;
        }
        if (lines->ended && lines->at == lines->buffer.length)
            return STATUS_END;
        if (lines->ended || lines->buffer.length - lines->at > LINE_MAX)
            return error_set(error, STATUS_REJECT, _("%s: a line is cut, or too long"), lines->stream.name);
        if (lines->at)
            memmove(lines->buffer.bytes, lines->buffer.bytes + lines->at, lines->buffer.length - lines->at);
        lines->buffer.length -= lines->at;
        lines->at = 0;
        seen = lines->buffer.length;
        size_t got;
        if (file_stream_more(&lines->stream, &lines->buffer, &got, error))
            return error->status;
        lines->ended = !got;
    }
}

enum status evidence_hash_file(struct evidence *evidence, const char *name, struct digest *digest,
                               int64_t *size, struct error *error)
{
    char bytes[FILE_BLOCK];
    struct file_stream stream;
    size_t got = 1;
    *size = 0;
    if (file_stream_open(&evidence->arena, evidence_place(evidence, name), &stream, error))
        return error->status;
    struct crypto_hash *hash = crypto_hash_open();
    enum status status = STATUS_OK;
    while (!status && got && *size <= BYTES_MAX) {
        status = stream.read(&stream, bytes, sizeof bytes, &got, error);
        if (!status)
            crypto_hash_feed(hash, bytes, got);
        *size += status ? 0 : (int64_t)got;
    }
    *digest = crypto_hash_finish(hash);
    crypto_hash_close(hash);
    stream.close(&stream);
    return !status && *size > BYTES_MAX ? evidence_malformed(name, error) : status;
}
