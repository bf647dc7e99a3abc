#include "adapters/deflate.h"

#include <string.h>

#include "tests/support/test.h"

static struct text repeated(char byte, size_t count)
{
    char *bytes = arena_alloc(&test_arena, count);
    memset(bytes, byte, count);
    return (struct text){ bytes, count };
}

TEST("what was packed unpacks to the same bytes, again and again with one handle")
{
    struct deflate *deflate = deflate_open();
    struct buffer packed = { 0 }, unpacked = { 0 };
    struct error error = { 0 };
    for (size_t size = 100; size < 300000; size = size * 3 + 7) {
        struct text text = repeated('a', size);
        CHECK(deflate_pack(deflate, text, &packed));
        CHECK(packed.length < size / 2);
        CHECK_INT(deflate_unpack(deflate, buffer_view(&packed), size, &unpacked, &error), STATUS_OK);
        CHECK(text_equal(buffer_view(&unpacked), text));
    }
    buffer_free(&packed);
    buffer_free(&unpacked);
    deflate_close(deflate);
}

TEST("what would not become fewer bytes is not packed")
{
    struct deflate *deflate = deflate_open();
    struct buffer packed = { 0 };
    CHECK(!deflate_pack(deflate, TEXT(""), &packed));
    CHECK(!deflate_pack(deflate, TEXT("a"), &packed));
    CHECK(!deflate_pack(deflate, TEXT("abcdefgh"), &packed));
    CHECK_INT(packed.length, 0);
    buffer_free(&packed);
    deflate_close(deflate);
    deflate_close(NULL);
}

TEST("damaged bytes, another size and a claim to hold everything are refused")
{
    struct deflate *deflate = deflate_open();
    struct buffer packed = { 0 }, unpacked = { 0 };
    struct error error = { 0 };
    CHECK(deflate_pack(deflate, repeated('a', 5000), &packed));
    CHECK_INT(deflate_unpack(deflate, buffer_view(&packed), 4999, &unpacked, &error), STATUS_REJECT);
    CHECK_CONTAINS(error.message, "they do not give the 4999 bytes");
    CHECK_INT(deflate_unpack(deflate, buffer_view(&packed), 5001, &unpacked, &error), STATUS_REJECT);
    CHECK_INT(deflate_unpack(deflate, text_slice(buffer_view(&packed), 0, 10), 5000, &unpacked, &error),
              STATUS_REJECT);
    CHECK_INT(deflate_unpack(deflate, TEXT("no zlib at all"), 5000, &unpacked, &error), STATUS_REJECT);
    CHECK_INT(deflate_unpack(deflate, buffer_view(&packed), DEFLATE_MAX + 1, &unpacked, &error),
              STATUS_REJECT);
    CHECK_CONTAINS(error.message, "claim to hold");
    CHECK_INT(unpacked.length, 0);
    buffer_free(&packed);
    buffer_free(&unpacked);
    deflate_close(deflate);
}
