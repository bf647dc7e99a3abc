#include "adapters/inflate.h"

#include "tests/support/test.h"

/* "thủ tục " four times, as a gzip member, as zlib has it, and bare. */
static const unsigned char gzip_member[] = { 0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02,
                                             0x03, 0x2b, 0xc9, 0x78, 0xb8, 0x7b, 0xb9, 0x42, 0xc9,
                                             0xc3, 0xdd, 0x4b, 0x93, 0x15, 0x4a, 0x88, 0x60, 0x03,
                                             0x00, 0x83, 0x97, 0x40, 0x38, 0x30, 0x00, 0x00, 0x00 };
static const unsigned char zlib_stream[] = { 0x78, 0xda, 0x2b, 0xc9, 0x78, 0xb8, 0x7b, 0xb9,
                                             0x42, 0xc9, 0xc3, 0xdd, 0x4b, 0x93, 0x15, 0x4a,
                                             0x88, 0x60, 0x03, 0x00, 0x82, 0xb2, 0x19, 0xdd };
static const unsigned char bare_stream[] = { 0x2b, 0xc9, 0x78, 0xb8, 0x7b, 0xb9, 0x42, 0xc9, 0xc3,
                                             0xdd, 0x4b, 0x93, 0x15, 0x4a, 0x88, 0x60, 0x03, 0x00 };
static const unsigned char large_member[] = {
    0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xed, 0xc1, 0x31, 0x01, 0x00, 0x00, 0x00,
    0xc2, 0xa0, 0xac, 0xeb, 0x5f, 0xc2, 0x1a, 0x1e, 0x40, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0xaf, 0x06, 0x87, 0xfa, 0xe2, 0x1b, 0xa0, 0x86, 0x01, 0x00
};

#define BYTES(array) ((struct text){ (const char *)(array), sizeof(array) })

static bool put_text(void *user_data, struct text piece)
{
    buffer_text(user_data, piece);
    return true;
}

static bool refuse(void *user_data, struct text piece)
{
    (void)user_data, (void)piece;
    return false;
}

static enum inflate_result feed_by(struct inflate *packed, struct text bytes, size_t step, struct buffer *out)
{
    enum inflate_result result = INFLATE_FINE;
    for (size_t at = 0; at < bytes.length && result == INFLATE_FINE; at += step)
        result = inflate_feed(packed, text_slice(bytes, at, step), put_text, out);
    return result;
}

TEST("what comes in pieces of any size is unpacked, whichever the shape, and its end is known")
{
    struct inflate *packed = inflate_open();
    const struct text shapes[] = { BYTES(gzip_member), BYTES(zlib_stream), BYTES(bare_stream) };
    for (size_t shape = 0; shape < 3; shape++)
        for (size_t step = 1; step < 60; step += 7) {
            BUFFER_OWNED struct buffer out = { 0 };
            inflate_begin(packed, shape ? INFLATE_DEFLATE : INFLATE_GZIP);
            CHECK(inflate_is_whole(packed));
            CHECK_INT(feed_by(packed, text_slice(shapes[shape], 0, shapes[shape].length - 1), step, &out),
                      INFLATE_FINE);
            CHECK(!inflate_is_whole(packed));
            CHECK_INT(
                feed_by(packed, text_slice(shapes[shape], shapes[shape].length - 1, SIZE_MAX), step, &out),
                INFLATE_FINE);
            CHECK(inflate_is_whole(packed));
            CHECK_TEXT(buffer_view(&out), TEXT("thủ tục thủ tục thủ tục thủ tục "));
        }
    inflate_close(packed);
    inflate_close(NULL);
}

TEST("a large text from few bytes comes in pieces; several members are one; what follows them is damage")
{
    struct inflate *packed = inflate_open();
    BUFFER_OWNED struct buffer out = { 0 }, two = { 0 };
    inflate_begin(packed, INFLATE_GZIP);
    CHECK_INT(feed_by(packed, BYTES(large_member), 1000, &out), INFLATE_FINE);
    CHECK_INT(out.length, 100000);
    CHECK(inflate_is_whole(packed));
    buffer_text(&two, BYTES(gzip_member));
    buffer_text(&two, BYTES(gzip_member));
    inflate_begin(packed, INFLATE_GZIP);
    buffer_clear(&out);
    CHECK_INT(feed_by(packed, buffer_view(&two), 1000, &out), INFLATE_FINE);
    CHECK_INT(out.length, 2 * sizeof "thủ tục thủ tục thủ tục thủ tục " - 2);
    buffer_string(&two, "garbage");
    inflate_begin(packed, INFLATE_GZIP);
    CHECK_INT(feed_by(packed, buffer_view(&two), 1000, &out), INFLATE_DAMAGED);
    CHECK(!inflate_is_whole(packed));
    inflate_begin(packed, INFLATE_GZIP);
    CHECK_INT(inflate_feed(packed, BYTES(gzip_member), refuse, NULL), INFLATE_REFUSED);
    inflate_begin(packed, INFLATE_DEFLATE);
    CHECK_INT(feed_by(packed, TEXT("<html>"), 6, &out), INFLATE_DAMAGED);
    inflate_close(packed);
}
