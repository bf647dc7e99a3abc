#include "core/vietnamese.h"

#include "tests/support/test.h"

TEST("every Vietnamese letter is known in both cases and keeps its length")
{
    static const char upper[] =
        "AÀÁẢÃẠĂẰẮẲẴẶÂẦẤẨẪẬBCDĐEÈÉẺẼẸÊỀẾỂỄỆGHIÌÍỈĨỊKLMNOÒÓỎÕỌÔỒỐỔỖỘƠỜỚỞỠỢPQRSTUÙÚỦŨỤƯỪỨỬỮỰVXYỲÝỶỸỴ";
    static const char lower[] =
        "aàáảãạăằắẳẵặâầấẩẫậbcdđeèéẻẽẹêềếểễệghiìíỉĩịklmnoòóỏõọôồốổỗộơờớởỡợpqrstuùúủũụưừứửữựvxyỳýỷỹỵ";
    struct text up = text_of(upper), low = text_of(lower);
    CHECK_INT(up.length, low.length);
    size_t up_at = 0, low_at = 0;
    while (up_at < up.length) {
        uint32_t above = vietnamese_next(up, &up_at), below = vietnamese_next(low, &low_at);
        CHECK(vietnamese_is_letter(above));
        CHECK(vietnamese_is_letter(below));
        CHECK_INT(vietnamese_lower(above), below);
        CHECK_INT(vietnamese_lower(below), below);
        CHECK_INT(up_at, low_at);
    }
    CHECK(vietnamese_is(up, lower));
    CHECK(vietnamese_is(low, upper));
}

TEST("what is no letter has no other case")
{
    CHECK_INT(vietnamese_lower(0xD7), 0xD7);
    CHECK_INT(vietnamese_lower('['), '[');
    CHECK_INT(vietnamese_lower(0x421), 0x421);
    CHECK(!vietnamese_is_letter(0xD7));
    CHECK(!vietnamese_is_letter('1'));
    CHECK(!vietnamese_is_letter(0x421));
}

TEST("bytes that are not UTF-8 are passed one by one")
{
    static const struct text texts[] = {
        { "\xff", 1 },
        { "\x80", 1 },
        { "\xc3", 1 },
        { "\xe1\xba", 2 },
        { "\xc0\x80", 2 },
        { "\xed\xa0\x80", 3 },
        { "\xe0\x80\x80", 3 },
        { "\xf4\x90\x80\x80", 4 },
        { "\xf8\x88\x80\x80\x80", 5 },
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        size_t at = 0, characters = 0;
        while (at < texts[i].length) {
            CHECK_INT(vietnamese_next(texts[i], &at), 0xFFFD);
            characters++;
        }
        CHECK_INT(characters, texts[i].length);
    }
}

TEST("words are the same whatever their case, and only whole")
{
    CHECK(vietnamese_is(TEXT("MIỄN PHÍ"), "Miễn phí"));
    CHECK(!vietnamese_is(TEXT("Miễn phí."), "miễn phí"));
    CHECK(!vietnamese_is(TEXT("Miễn"), "miễn phí"));
    CHECK(!vietnamese_is(TEXT_NONE, "miễn phí"));
    CHECK(vietnamese_is(TEXT_NONE, ""));
    CHECK(!vietnamese_is(TEXT("a"), ""));
}

TEST("a word at the start ends where no letter and no digit follows")
{
    CHECK_INT(vietnamese_starts(TEXT("SỐ 64"), "số"), sizeof "SỐ" - 1);
    CHECK_INT(vietnamese_starts(TEXT("Số: 64"), "số"), sizeof "Số" - 1);
    CHECK_INT(vietnamese_starts(TEXT("Số"), "số"), sizeof "Số" - 1);
    CHECK_INT(vietnamese_starts(TEXT("Sống"), "số"), 0);
    CHECK_INT(vietnamese_starts(TEXT("Số64"), "số"), 0);
    CHECK_INT(vietnamese_starts(TEXT("S"), "số"), 0);
    CHECK_INT(vietnamese_starts(TEXT("Số"), ""), 0);
}

TEST("taking words takes the blanks behind them")
{
    struct text rest = TEXT("Quyết định  số 1");
    CHECK(vietnamese_take(&rest, "quyết định"));
    CHECK_TEXT(rest, TEXT("số 1"));
    CHECK(!vietnamese_take(&rest, "quyết định"));
    CHECK_TEXT(rest, TEXT("số 1"));
}
