#include "record/normalise.h"

#include <stdio.h>

#include "adapters/unicode.h"
#include "record/encoding_damage.h"
#include "tests/support/test.h"

static struct normalise_counts counts;

static struct text clean(const char *text, bool lines)
{
    struct text out = TEXT_NONE;
    struct error error;
    counts = (struct normalise_counts){ 0 };
    CHECK_INT(normalise(&test_arena, text_of(text), lines, &counts, &out, &error), STATUS_OK);
    return out;
}

TEST("a clean text is given back as it is, without a copy")
{
    const char *text = "Đăng ký khai sinh – “lưu động” (xã, phường): 1.000₫? không";
    CHECK(clean("Đăng ký khai sinh – “lưu động”", false).length ==
          sizeof "Đăng ký khai sinh – “lưu động”" - 1);
    struct text plain = TEXT("Đăng ký khai sinh"), out;
    struct error error;
    CHECK_INT(normalise(&test_arena, plain, false, &counts, &out, &error), STATUS_OK);
    CHECK(out.bytes == plain.bytes);
    CHECK_TEXT(clean(text, false), text_of(text));
}

/* A blank behind it makes the text go the long way; then that blank is all there is to repair. */
static bool needs_nothing(struct text text)
{
    struct text out = TEXT_NONE, longer = text_format(&test_arena, "%.*s ", TEXT_ARG(text));
    struct error error;
    counts = (struct normalise_counts){ 0 };
    return normalise(&test_arena, longer, true, &counts, &out, &error) == STATUS_OK &&
           text_equal(out, text) && counts.blanks == 1 &&
           !(counts.composed + counts.d_stroke + counts.invisible + counts.bullets + counts.line_breaks) &&
           !encoding_damage_possible(text);
}

TEST("what is plain needs no repair: every character between letters")
{
    int count = 0;
    for (int32_t character = 1; character <= 0x10ffff; character++) {
        char bytes[8] = "a";
        if (character >= 0xd800 && character <= 0xdfff)
            continue;
        size_t length = 1 + unicode_put(character, bytes + 1);
        bytes[length++] = 'b';
        struct text text = { bytes, length };
        if (!unicode_is_plain(text))
            continue;
        count++;
        if (!CHECK(needs_nothing(text)))
            printf("  U+%04X\n", (unsigned)character);
        arena_clear(&test_arena);
    }
    CHECK(count > 0x60 + 0x200 + 0x100);
}

TEST("what is plain needs no repair: 20,000 texts of blanks, line breaks, letters and what is like them")
{
    static const char *const pieces[] = { "a", "Đ", "ế", "–", " ", "\n", "b", "ừ", "c", "d",
                                          "e", "f", "g", "h", "i", "\t", "Ã", "?", "ð", "e\xcc\x82" };
    uint64_t state = 7;
    int plain = 0;
    for (int round = 0; round < 20000; round++) {
        struct buffer text BUFFER_OWNED = { 0 };
        state = state * 6364136223846793005u + 1442695040888963407u;
        for (uint64_t left = state >> 59, rest = state; left; left--, rest = rest * 5 + 1)
            buffer_string(&text, pieces[(rest >> 40) % (left % 8 ? 15 : sizeof pieces / sizeof *pieces)]);
        if (!unicode_is_plain(buffer_view(&text)))
            continue;
        plain++;
        CHECK(!text.length || needs_nothing(buffer_view(&text)));
        arena_clear(&test_arena);
    }
    CHECK(plain > 1000 && plain < 19000);
}

TEST("a long Vietnamese text is plain, and is not with one odd character anywhere")
{
    static const char *const odd[] = { "\t", "?", "\x7f",         "\xcc\x81",    "\xc2\xa0",
                                       "Ã",  "ð", "\xef\xbf\xbd", "\xe2\x80\x8b" };
    struct buffer text BUFFER_OWNED = { 0 };
    for (int i = 0; i < 3; i++)
        buffer_string(&text, "Thủ tục hành chính – “Đăng ký” …\n");
    text.length--;
    CHECK(unicode_is_plain(buffer_view(&text)));
    for (size_t i = 0; i <= text.length; i++)
        for (size_t j = 0; j < sizeof odd / sizeof *odd; j++) {
            struct buffer changed BUFFER_OWNED = { 0 };
            if (i < text.length && ((unsigned char)text.bytes[i] & 0xc0) == 0x80)
                continue;
            buffer_put(&changed, text.bytes, i);
            buffer_string(&changed, odd[j]);
            buffer_put(&changed, text.bytes + i, text.length - i);
            CHECK(!unicode_is_plain(buffer_view(&changed)));
        }
}

TEST("decomposed and mixed letters become NFC")
{
    CHECK_TEXT(clean("Thu\xcc\x89 tu\xcc\xa3"
                     "c",
                     false),
               TEXT("Thủ tục"));
    CHECK_INT(counts.composed, 1);
    CHECK_TEXT(clean("ho\xcc\x82\xcc\x80 sơ", true), TEXT("hồ sơ"));
    CHECK_TEXT(clean("e\xcc\xa3\xcc\x82", true), TEXT("ệ"));
}

TEST("U+00D0 and U+00F0 become Đ and đ")
{
    CHECK_TEXT(clean("57/2018/NÐ-CP, ð", false), TEXT("57/2018/NĐ-CP, đ"));
    CHECK_INT(counts.d_stroke, 1);
}

TEST("soft hyphens, zero-width characters and direction marks go, also between blanks")
{
    CHECK_TEXT(clean("a\xc2\xad"
                     "b\xe2\x80\x8b"
                     "c\xe2\x80\x8e"
                     "d\xe2\x80\xae"
                     "e\xe2\x81\xa0"
                     "f\xef\xbb\xbf",
                     false),
               TEXT("abcdef"));
    CHECK_INT(counts.invisible, 1);
    CHECK_TEXT(clean("a \xe2\x80\x8b b", false), TEXT("a b"));
    CHECK_TEXT(clean("o\xe2\x80\x8b\xcc\x82", false), TEXT("ô"));
}

TEST("a line break stays one break where something invisible stands inside of it")
{
    CHECK_TEXT(clean("a\r\xe2\x80\x8b\nb", true), TEXT("a\nb"));
    CHECK_TEXT(clean("a\r\n\r\xe2\x80\x8b\nb", true), TEXT("a\n\nb"));
    CHECK_TEXT(clean("a\r \nb", true), TEXT("a\n\nb"));
    CHECK_TEXT(clean("a\rb\nc", true), TEXT("a\nb\nc"));
}

TEST("private-use bullets become a minus")
{
    CHECK_TEXT(clean("\xef\x82\xb7 Đơn\n\xef\x82\xa7 Bản sao", true), TEXT("- Đơn\n- Bản sao"));
    CHECK_INT(counts.bullets, 1);
}

TEST("every run of other white space becomes one blank")
{
    CHECK_TEXT(clean("a \t b\xc2\xa0\xc2\xa0"
                     "c\xe2\x80\x83"
                     "d\xe3\x80\x80"
                     "e\xe2\x80\xaf"
                     "f\x0b\x0c"
                     "g",
                     false),
               TEXT("a b c d e f g"));
    CHECK_INT(counts.blanks, 1);
    CHECK_TEXT(clean("  a  ", false), TEXT("a"));
    CHECK_TEXT(clean("   ", false), TEXT(""));
}

TEST("a field of one line has its line breaks made blanks")
{
    CHECK_TEXT(clean("a\r\nb\rc\n\n d", false), TEXT("a b c d"));
    CHECK_TEXT(clean("\na\n", false), TEXT("a"));
}

TEST("a field of many lines has each line trimmed and three or more line breaks made two")
{
    CHECK_TEXT(clean("  a  \r\n\tb\n\n\n\nc \n \n\n d\n", true), TEXT("a\nb\n\nc\n\nd"));
    CHECK_TEXT(clean("a\nb", true), TEXT("a\nb"));
    CHECK_TEXT(clean("a\n\nb", true), TEXT("a\n\nb"));
    CHECK_TEXT(clean("a\n\n\nb", true), TEXT("a\n\nb"));
    CHECK_TEXT(clean("a\n b", true), TEXT("a\nb"));
    CHECK_TEXT(clean("a \nb", true), TEXT("a\nb"));
    CHECK_TEXT(clean("\n\na\n\n", true), TEXT("a"));
}

TEST("other control characters reject, named, with where they stand")
{
    static const char *const texts[] = { "ab\001c", "a\x7f", "a\xc2\x80", "\x1b[31m", "a\xc2\x9f" };
    for (size_t i = 0; i < 5; i++) {
        struct text out;
        struct error error;
        CHECK_INT(normalise(&test_arena, text_of(texts[i]), true, &counts, &out, &error), STATUS_REJECT);
        CHECK_CONTAINS(error.message, "U+00");
    }
    struct text nul = { "a\0b", 3 }, out;
    struct error error;
    CHECK_INT(normalise(&test_arena, nul, false, &counts, &out, &error), STATUS_REJECT);
    CHECK_CONTAINS(error.message, "U+0000");
}

TEST("what is normalised stays as it is when it is normalised again")
{
    static const char *const texts[] = { "a \n\n\n b\xc2\xa0 c", "Thu\xcc\x89 \xef\x82\xb7 tu\xcc\xa3\143 ",
                                         "\xe2\x80\x8b a" };
    for (size_t i = 0; i < 3; i++)
        for (int lines = 0; lines < 2; lines++) {
            struct text once = clean(texts[i], lines), twice;
            struct error error;
            CHECK_INT(normalise(&test_arena, once, lines, &counts, &twice, &error), STATUS_OK);
            CHECK_TEXT(twice, once);
        }
}

TEST("to look into a text, control characters are let through and all else is as its field will read")
{
    CHECK_TEXT(normalise_to_look_into(&test_arena, TEXT("a\u00adb\001 \n c\u200bd\x7f")),
               TEXT("ab\001 cd\x7f"));
    CHECK_TEXT(normalise_to_look_into(&test_arena, TEXT("e\u0302x\xc2\x85\u2060y\xc2\x80")),
               TEXT("\u00eax y\xc2\x80"));
}

TEST("whether something could come together is seen without normalising")
{
    static const char *const stays[] = { "", "abc\n  d", "Đăng ký khai sinh – “trực tuyến”",
                                         "20\u00b0C \u00a0 x" };
    static const char *const goes[] = { "a\u00adb", "a\u200bb", "a\u2060b", "\ufeffx", "\uf0b7", "\u212a" };
    for (size_t i = 0; i < sizeof stays / sizeof *stays; i++)
        CHECK(normalise_keeps_ascii(text_of(stays[i])));
    for (size_t i = 0; i < sizeof goes / sizeof *goes; i++)
        CHECK(!normalise_keeps_ascii(text_of(goes[i])));
}
