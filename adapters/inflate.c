#include "adapters/inflate.h"

#include <stdint.h>
#include <stdlib.h>
#include <zlib.h>

#include "core/memory.h"

#define PIECE 32768

struct inflate {
    z_stream stream;
    enum inflate_shape shape;
    bool open;  /* the stream has its memory */
    bool begun; /* a member was begun, and not ended */
    bool ended; /* a member was ended */
    bool damaged;
    unsigned char piece[PIECE];
};

struct inflate *inflate_open(void)
{
    return memory_new(struct inflate);
}

void inflate_close(struct inflate *packed)
{
    if (!packed)
        return;
    if (packed->open)
        inflateEnd(&packed->stream);
    free(packed);
}

void inflate_begin(struct inflate *packed, enum inflate_shape shape)
{
    packed->shape = shape;
    packed->begun = packed->ended = packed->damaged = false;
}

/* The first byte tells the two that go by the name of deflate from each other: 8 is the method of RFC 1950.
 */
static bool begin_member(struct inflate *packed, unsigned char first)
{
    int window = packed->shape == INFLATE_GZIP ? 15 + 16 : (first & 0x8f) == 8 ? 15 : -15;
    if (packed->ended && packed->shape != INFLATE_GZIP)
        return false;
    int code = packed->open ? inflateReset2(&packed->stream, window) : inflateInit2(&packed->stream, window);
    packed->open = packed->open || code == Z_OK;
    packed->begun = code == Z_OK;
    return packed->begun;
}

enum inflate_result inflate_feed(struct inflate *packed, struct text bytes,
                                 bool (*put)(void *user_data, struct text piece), void *user_data)
{
    z_stream *stream = &packed->stream;
    int code = Z_OK;
    stream->next_in = (Bytef *)(uintptr_t)bytes.bytes;
    stream->avail_in = (uInt)bytes.length;
    stream->avail_out = 1;
    /* A full piece may not have been all that the bytes taken so far hold. */
    while (!packed->damaged && (stream->avail_in || (packed->begun && !stream->avail_out))) {
        if (!packed->begun && !begin_member(packed, *stream->next_in)) {
            packed->damaged = true;
            break;
        }
        stream->next_out = packed->piece;
        stream->avail_out = PIECE;
        code = inflate(stream, Z_NO_FLUSH);
        struct text piece = { (const char *)packed->piece, PIECE - stream->avail_out };
        if (piece.length && !put(user_data, piece))
            return INFLATE_REFUSED;
        if (code == Z_STREAM_END)
            packed->begun = !(packed->ended = true);
        else if (code != Z_OK && code != Z_BUF_ERROR)
            packed->damaged = true;
    }
    return packed->damaged ? INFLATE_DAMAGED : INFLATE_FINE;
}

bool inflate_is_whole(const struct inflate *packed)
{
    return !packed->begun && !packed->damaged;
}
