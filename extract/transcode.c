#include "extract/transcode.h"

#include <stdint.h>
#include <string.h>

#include "adapters/unicode.h"
#include "core/memory.h"
#include "extract/sniff.h"
#include "record/encoding.h"
#include "record/encoding_utf16.h"

enum shape { AS_IT_IS, LITTLE, BIG, WIDE };

struct transcode {
    struct file_stream inner;
    enum shape shape;
    struct buffer in;  /* read and not converted, from `at` */
    struct buffer out; /* converted and not given, from `given` */
    size_t at, given;
    uint64_t passed; /* bytes of the document before `in` */
    bool fresh;      /* what was looked at to begin with is not converted yet */
    bool ended;
    struct error fault; /* behind what was converted: told once that is given */
};

static enum status fill(struct transcode *transcode, struct error *error)
{
    size_t got, rest = transcode->in.length - transcode->at;
    if (transcode->at)
        memmove(transcode->in.bytes, transcode->in.bytes + transcode->at, rest);
    transcode->in.length = rest;
    transcode->passed += transcode->at;
    transcode->at = 0;
    enum status status = file_stream_more(&transcode->inner, &transcode->in, &got, error);
    if (status)
        return status;
    transcode->ended = !got;
    return STATUS_OK;
}

static uint32_t unit_at(const struct transcode *transcode, size_t at)
{
    unsigned first = (unsigned char)transcode->in.bytes[at],
             second = (unsigned char)transcode->in.bytes[at + 1];
    return transcode->shape == BIG ? first << 8 | second : second << 8 | first;
}

static enum status wrong_unit(const struct transcode *transcode, uint32_t unit, struct error *error)
{
    return error_set(error, STATUS_STOP, _("byte %llu: U+%04X is no character of UTF-16 text"),
                     (unsigned long long)(transcode->passed + transcode->at), (unsigned)unit);
}

/* A pair that the block's end cuts in two waits for the next block. */
static enum status convert_utf16(struct transcode *transcode, struct error *error)
{
    while (transcode->at + 1 < transcode->in.length) {
        uint32_t unit = unit_at(transcode, transcode->at);
        size_t length = 2;
        char bytes[4];
        if (unit >= 0xD800 && unit < 0xDC00) {
            if (transcode->at + 3 >= transcode->in.length && !transcode->ended)
                return STATUS_OK;
            uint32_t low =
                transcode->at + 3 < transcode->in.length ? unit_at(transcode, transcode->at + 2) : 0;
            if (low < 0xDC00 || low >= 0xE000)
                return wrong_unit(transcode, unit, error);
            unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
            length = 4;
        } else if (!unit || (unit >= 0xDC00 && unit < 0xE000)) {
            return wrong_unit(transcode, unit, error);
        }
        buffer_put(&transcode->out, bytes, unicode_put((int32_t)unit, bytes));
        transcode->at += length;
    }
    if (transcode->ended && transcode->at < transcode->in.length)
        return error_set(error, STATUS_STOP,
                         _("the document ends in the middle of a UTF-16 character: it was cut"));
    return STATUS_OK;
}

static void put_wide(struct buffer *out, struct text bytes)
{
    for (size_t i = 0; i < bytes.length; i++) {
        char wide[4];
        buffer_put(out, wide, unicode_put((unsigned char)bytes.bytes[i], wide));
    }
}

static enum status convert(struct transcode *transcode, struct error *error)
{
    buffer_clear(&transcode->out);
    transcode->given = 0;
    if (transcode->shape == LITTLE || transcode->shape == BIG)
        return convert_utf16(transcode, error);
    struct text bytes = { transcode->in.bytes + transcode->at, transcode->in.length - transcode->at };
    if (transcode->shape == WIDE)
        put_wide(&transcode->out, bytes);
    else
        buffer_text(&transcode->out, bytes);
    transcode->at = transcode->in.length;
    return STATUS_OK;
}

static enum status read_transcode(struct file_stream *stream, void *bytes, size_t length, size_t *got,
                                  struct error *error)
{
    struct transcode *transcode = stream->user_data;
    while (transcode->given == transcode->out.length) {
        *got = 0;
        if (transcode->fault.status)
            return error_copy(error, transcode->fault.status, &transcode->fault);
        if (!transcode->fresh && transcode->ended)
            return STATUS_OK;
        enum status status = transcode->fresh ? STATUS_OK : fill(transcode, error);
        transcode->fresh = false;
        if (status)
            return status;
        (void)convert(transcode, &transcode->fault);
    }
    size_t rest = transcode->out.length - transcode->given;
    *got = rest < length ? rest : length;
    memcpy(bytes, transcode->out.bytes + transcode->given, *got);
    transcode->given += *got;
    return STATUS_OK;
}

static void close_transcode(struct file_stream *stream)
{
    struct transcode *transcode = stream->user_data;
    if (transcode->inner.close)
        transcode->inner.close(&transcode->inner);
    buffer_free(&transcode->in);
    buffer_free(&transcode->out);
    stream->close = NULL;
}

/* ASCII letters are most of what JSON, CSV and HTML are made of: their other byte is 0. */
static enum status find_order(struct transcode *transcode, struct error *error)
{
    size_t zeros[2] = { 0, 0 };
    for (size_t i = 0; i + 1 < transcode->in.length; i++)
        zeros[i % 2] += !transcode->in.bytes[i];
    transcode->shape = zeros[1] > zeros[0] ? LITTLE : BIG;
    if (!transcode->in.length || zeros[0] > 4 * zeros[1] || zeros[1] > 4 * zeros[0])
        return STATUS_OK;
    return error_set(error, STATUS_STOP,
                     _("this is no UTF-16, or its byte order is not certain; name utf-16le or utf-16be, or "
                       "another encoding"));
}

static bool marked(const struct transcode *transcode, const char *mark)
{
    return text_starts(buffer_view(&transcode->in), (struct text){ mark, 2 });
}

/* What `auto` sees without a byte order mark. */
static bool is_utf16(const struct transcode *transcode)
{
    struct text start = buffer_view(&transcode->in);
    return encoding_utf16_likely(text_slice(start, 0, start.length & ~(size_t)1));
}

static enum status choose_utf16(struct transcode *transcode, enum encoding encoding, bool named,
                                struct error *error)
{
    bool little = marked(transcode, "\xff\xfe"), big = marked(transcode, "\xfe\xff");
    if (encoding == ENCODING_UTF16LE || encoding == ENCODING_UTF16BE) {
        transcode->shape = encoding == ENCODING_UTF16LE ? LITTLE : BIG;
        transcode->at = transcode->shape == LITTLE ? (little ? 2 : 0) : (big ? 2 : 0);
        return STATUS_OK;
    }
    if (little || big) {
        transcode->shape = little ? LITTLE : BIG;
        transcode->at = 2;
        return STATUS_OK;
    }
    bool wanted = encoding == ENCODING_UTF16 || (encoding == ENCODING_AUTO && named && is_utf16(transcode));
    return wanted ? find_order(transcode, error) : STATUS_OK;
}

/* A block may end inside a character. */
static bool is_utf8(struct text bytes)
{
    size_t invalid = unicode_invalid_at(bytes);
    return invalid == bytes.length || (bytes.length == FILE_BLOCK && invalid + 4 > bytes.length);
}

static bool is_ascii(struct text bytes)
{
    for (size_t i = 0; i < bytes.length; i++)
        if ((unsigned char)bytes.bytes[i] >= 0x80)
            return false;
    return true;
}

static void choose_xml(struct transcode *transcode, enum encoding encoding, bool named, const char **unicode)
{
    struct text start = buffer_view(&transcode->in);
    bool little = marked(transcode, "\xff\xfe"), big = marked(transcode, "\xfe\xff");
    if (little || big) { /* it counts more than what the document declares */
        *unicode = little ? "utf-16le" : "utf-16be";
        transcode->at = 2;
        return;
    }
    if (!named) { /* so does text that can be nothing else */
        *unicode = is_utf8(start) && !is_ascii(start) ? "utf-8" : NULL;
        return;
    }
    if (encoding <= ENCODING_UTF16BE && encoding != ENCODING_AUTO) {
        *unicode = encoding_name(encoding);
        return;
    }
    if (encoding == ENCODING_AUTO && is_utf16(transcode)) {
        *unicode = start.bytes[0] ? "utf-16le" : "utf-16be";
        return;
    }
    *unicode = "utf-8";
    if (!is_utf8(start) || (is_ascii(start) && encoding != ENCODING_AUTO))
        transcode->shape = WIDE;
    else if (is_ascii(start))
        *unicode = NULL;
}

enum status transcode_open(struct arena *arena, const struct source *source, struct document *document,
                           const char **unicode, struct error *error)
{
    enum encoding encoding = ENCODING_UTF8;
    bool named = source->encoding && encoding_named(text_of(source->encoding), &encoding);
    *unicode = NULL;
    if (!document->stream.read || source->format == SOURCE_XLSX ||
        (named && encoding != ENCODING_AUTO && source->format != SOURCE_XML &&
         (encoding < ENCODING_UTF16 || encoding > ENCODING_UTF16BE)))
        return STATUS_OK;
    struct transcode *transcode = arena_new(arena, struct transcode);
    transcode->inner = document->stream;
    transcode->fresh = true;
    document->stream = (struct file_stream){ .read = read_transcode,
                                             .close = close_transcode,
                                             .name = transcode->inner.name,
                                             .user_data = transcode };
    /* Short reads are usual in a transfer: look at a whole block, or all there is. */
    while (transcode->in.length < FILE_BLOCK && !transcode->ended) {
        size_t got;
        size_t wanted = FILE_BLOCK - transcode->in.length;
        char *capacity = buffer_room(&transcode->in, wanted);
        enum status status = transcode->inner.read(&transcode->inner, capacity, wanted, &got, error);
        if (status) {
            error->status = STATUS_STOP;
            return STATUS_STOP;
        }
        transcode->in.length += got;
        transcode->ended = !got;
    }
    if (source->format != SOURCE_XML) {
        if (choose_utf16(transcode, named ? encoding : ENCODING_AUTO, named, error))
            return error->status;
        return transcode->shape ? STATUS_OK : sniff_refuse(source, buffer_view(&transcode->in), error);
    }
    if (sniff_refuse(source, buffer_view(&transcode->in), error))
        return error->status;
    choose_xml(transcode, encoding, named, unicode);
    return STATUS_OK;
}

struct text transcode_widen(struct arena *arena, struct text bytes)
{
    if (unicode_invalid_at(bytes) == bytes.length)
        return bytes;
    BUFFER_OWNED struct buffer wide = { 0 };
    put_wide(&wide, bytes);
    return text_copy(arena, buffer_view(&wide));
}
