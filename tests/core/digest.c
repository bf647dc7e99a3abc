#include "core/digest.h"

#include "tests/support/test.h"

static const char hex_of_nothing[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

TEST("a digest goes to hex and back")
{
    struct digest digest, again;
    char hex[DIGEST_HEX];
    CHECK(digest_from_hex(text_of(hex_of_nothing), &digest));
    CHECK_INT(digest.bytes[0], 0xe3);
    CHECK_INT(digest.bytes[31], 0x55);
    digest_hex(&digest, hex);
    CHECK_STRING(hex, hex_of_nothing);
    static const char typed[] = "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855";
    CHECK(!digest_from_hex(text_of(typed), &again));
    CHECK(digest_from_typed(text_of(typed), &again));
    CHECK(digest_equal(&digest, &again));
    again.bytes[31] ^= 1;
    CHECK(!digest_equal(&digest, &again));
}

TEST("what is no digest is refused and leaves the old one alone")
{
    struct digest digest = { { 7 } };
    CHECK(!digest_from_hex(TEXT(""), &digest));
    CHECK(!digest_from_hex(TEXT_NONE, &digest));
    CHECK(!digest_from_hex(text_slice(text_of(hex_of_nothing), 0, 63), &digest));
    CHECK(
        !digest_from_hex(TEXT("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b8555"), &digest));
    static const char wrong[] = "gG/:@`\x01\xff x";
    for (size_t i = 0; i < sizeof wrong - 1; i++) {
        struct text copy = text_copy(&test_arena, text_of(hex_of_nothing));
        char *bytes = text_string(&test_arena, copy);
        bytes[63] = wrong[i];
        CHECK(!digest_from_hex(text_of(bytes), &digest));
    }
    CHECK_INT(digest.bytes[0], 7);
}
