/* Any bytes in any encoding: what is accepted is valid UTF-8 in NFC, and what can be written again is read
 * again as the same (but for the case that TCVN3 loses). The first byte chooses the encoding and the way. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "adapters/unicode.h"
#include "core/arena.h"
#include "record/encoding.h"
#include "tests/support/encoding_writer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool held, const char *what)
{
    if (held)
        return;
    fprintf(stderr, "%s\n", what);
    abort();
}

static bool same(struct arena *arena, enum encoding encoding, struct text left, struct text right)
{
    if (encoding == ENCODING_TCVN3)
        return text_equal(unicode_lower(arena, left), unicode_lower(arena, right));
    return text_equal(left, right);
}

static void check_text(struct arena *arena, struct text utf8)
{
    require(unicode_invalid_at(utf8) == utf8.length, "the result is not UTF-8");
    require(text_equal(unicode_nfc(arena, utf8), utf8), "the result is not NFC");
}

static void check_again(struct arena *arena, enum encoding encoding, struct text utf8)
{
    struct text bytes, back;
    struct encoding_finding finding;
    if (text_starts(utf8, TEXT("\xEF\xBB\xBF")) || !encoding_written(arena, encoding, utf8, &bytes))
        return; /* a byte order mark at the start is taken off */
    if (encoding_decode(arena, encoding, NULL, bytes, &back, &finding, NULL) == STATUS_OK)
        require(same(arena, encoding, back, utf8), "what was written is read as something else");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct arena arena = { 0 };
    struct text bytes = { (const char *)data + 1, size - 1 }, utf8;
    struct encoding_finding finding;
    struct error error;
    enum encoding encoding = (enum encoding)((data[0] & 0x0F) % (ENCODING_VIQR + 1));
    struct encoding_options options = { .capitals = data[0] & 0x10 };
    bool typed = data[0] & 0x20;
    enum status status =
        typed ? encoding_decode_typed(&arena, encoding, &options, bytes, &utf8, &finding, &error)
              : encoding_decode(&arena, encoding, &options, bytes, &utf8, &finding, &error);
    require(finding.certainty >= 0 && finding.certainty <= 100, "the certainty is no share of a hundred");
    if (status) {
        require(status == STATUS_REJECT && error.message[0] && finding.evidence[0],
                "a rejection without a reason");
        require(unicode_invalid_at(text_of(error.message)) == text_of(error.message).length,
                "the message is not UTF-8");
    } else {
        check_text(&arena, utf8);
        for (enum encoding other = ENCODING_UTF8; other <= ENCODING_VIQR; other++)
            check_again(&arena, other, utf8);
    }
    arena_free(&arena);
    return 0;
}
