/* Packed bytes, whole and in pieces, give the same: the same text, the same end or fault. The first byte says
 * in what form and in how large pieces. */
#include "adapters/inflate.h"

#include <stdint.h>
#include <stdlib.h>

#define MOST ((size_t)1 << 20) /* unpacked */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool keep(void *user_data, struct text piece)
{
    struct buffer *out = user_data;
    if (out->length + piece.length > MOST)
        return false;
    buffer_text(out, piece);
    return true;
}

static enum inflate_result feed(struct inflate *packed, struct text bytes, size_t step, struct buffer *out)
{
    enum inflate_result result = INFLATE_FINE;
    for (size_t at = 0; at < bytes.length && result == INFLATE_FINE; at += step)
        result = inflate_feed(packed, text_slice(bytes, at, step), keep, out);
    return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct inflate *packed;
    BUFFER_OWNED struct buffer whole = { 0 }, pieces = { 0 };
    if (!size)
        return 0;
    packed = packed ? packed : inflate_open();
    struct text bytes = { (const char *)data + 1, size - 1 };
    enum inflate_shape shape = data[0] & 1 ? INFLATE_DEFLATE : INFLATE_GZIP;
    inflate_begin(packed, shape);
    enum inflate_result first = feed(packed, bytes, bytes.length + 1, &whole);
    bool ended = inflate_is_whole(packed);
    inflate_begin(packed, shape);
    enum inflate_result second = feed(packed, bytes, (size_t)(data[0] >> 1) + 1, &pieces);
    if (first == INFLATE_REFUSED || second == INFLATE_REFUSED)
        return 0;
    if (first != second || ended != inflate_is_whole(packed) ||
        !text_equal(buffer_view(&whole), buffer_view(&pieces)))
        abort();
    return 0;
}
