#include "adapters/unicode.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/test.h"

TEST("the offset of the first invalid sequence is where it begins")
{
    static const struct {
        const char *text;
        size_t at;
    } cases[] = {
        { "a\xff", 1 },
        { "ab\xc3", 2 },
        { "\x80", 0 },
        { "đ\xe1\xba", 2 },
        { "\xc0\x80", 0 },
        { "\xc1\xbf", 0 },
        { "\xe0\x80\x80", 0 },
        { "\xe0\x9f\xbf", 0 },
        { "\xed\xa0\x80", 0 },
        { "a\xed\xbf\xbf", 1 },
        { "\xf0\x8f\xbf\xbf", 0 },
        { "\xf4\x90\x80\x80", 0 },
        { "\xf5\x80\x80\x80", 0 },
        { "\xf0\x9f\x98", 0 },
        { "ế\xe1\xba\xbf\xbf", 6 },
        { "\xe1\xba"
          "abc",
          0 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        CHECK_INT(unicode_invalid_at(text_of(cases[i].text)), cases[i].at);
}

TEST("valid texts are valid: the borders of each length of sequence, a NUL, nothing")
{
    struct text valid[] = { TEXT("a\0b"),
                            TEXT("\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf"),
                            TEXT("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"), TEXT(""), TEXT_NONE };
    for (size_t i = 0; i < sizeof valid / sizeof *valid; i++)
        CHECK_INT(unicode_invalid_at(valid[i]), valid[i].length);
}

TEST("a wrong byte is found at every place of a long text, and so is a text cut inside a letter")
{
    char bytes[300];
    for (size_t i = 0; i < sizeof bytes; i += 3)
        memcpy(bytes + i, "ế", 3);
    struct text text = { bytes, sizeof bytes };
    CHECK_INT(unicode_invalid_at(text), sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++) {
        char saved = bytes[i];
        bytes[i] = '\xff';
        CHECK_INT(unicode_invalid_at(text), i / 3 * 3);
        bytes[i] = saved;
        CHECK_INT(unicode_invalid_at((struct text){ bytes, i }), i / 3 * 3);
    }
    memset(bytes, 'a', sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = '\x80';
        CHECK_INT(unicode_invalid_at(text), i);
        bytes[i] = 'a';
    }
}

TEST("a wrong byte is found behind whole letters, wherever they lie in the text")
{
    static const char *const letters[] = { "a", "đ", "ế", "\xf0\x9f\x98\x80" };
    for (size_t before = 0; before < 200; before++) {
        for (size_t i = 0; i < 4; i++) {
            struct buffer text BUFFER_OWNED = { 0 };
            for (size_t j = 0; j < before; j++)
                buffer_char(&text, 'a');
            buffer_string(&text, letters[i]);
            size_t at = text.length;
            buffer_string(&text, "\xef"
                                 "ếa\xff");
            if (!CHECK_INT(unicode_invalid_at(buffer_view(&text)), at))
                return;
        }
    }
}

TEST("every character comes back from its bytes, and every surrogate is refused")
{
    for (int32_t character = 0; character <= 0x10ffff; character++) {
        char bytes[4];
        size_t at = 0;
        if (character >= 0xd800 && character <= 0xdfff) {
            char surrogate[3] = { '\xed', (char)(0x80 | (character >> 6 & 0x3f)),
                                  (char)(0x80 | (character & 0x3f)) };
            if (!CHECK_INT(unicode_invalid_at((struct text){ surrogate, 3 }), 0))
                return;
            continue;
        }
        struct text text = { bytes, unicode_put(character, bytes) };
        if (!CHECK_INT(unicode_invalid_at(text), text.length) ||
            !CHECK_INT(unicode_next(text, &at), character) || !CHECK_INT(at, text.length) ||
            !CHECK_INT(unicode_length(text), 1))
            return;
    }
}

static struct text put(int32_t character, char bytes[4])
{
    return (struct text){ bytes, unicode_put(character, bytes) };
}

static bool is_surrogate(int32_t character)
{
    return character >= 0xd800 && character <= 0xdfff;
}

TEST("what is certain to be NFC is NFC, wherever it stands")
{
    int count = 0;
    for (int32_t character = 0; character <= 0x10ffff; character++) {
        char bytes[4];
        if (is_surrogate(character) || !unicode_nfc_certain(put(character, bytes)))
            continue;
        count++;
        struct text text = put(character, bytes);
        /* A Hangul syllable before it makes the text uncertain and combines with no such character; a mark of
         * the highest class shows whether the character would move in front of it. */
        static const char *const before[] = { "\xea\xb0\x81", "\xea\xb0\x81\xcd\x85" };
        for (size_t i = 0; i < 2; i++) {
            char whole[16];
            int length = snprintf(whole, sizeof whole, "%s", before[i]);
            memcpy(whole + length, text.bytes, text.length);
            struct text joined = { whole, (size_t)length + text.length };
            CHECK(!unicode_nfc_certain(joined));
            if (!CHECK_TEXT(unicode_nfc(&test_arena, joined), joined))
                return;
        }
        arena_clear(&test_arena);
    }
    CHECK(count > 0x300 + 0x100);
}

TEST("what is certain to be NFC combines with nothing before it")
{
    for (int32_t character = 0; character <= 0x10ffff; character++) {
        char bytes[4];
        size_t at = 0;
        if (is_surrogate(character))
            continue;
        struct text parts = unicode_nfd(&test_arena, put(character, bytes));
        unicode_next(parts, &at);
        if (!CHECK_INT(unicode_invalid_at(parts), parts.length))
            return;
        while (at < parts.length) {
            size_t start = at;
            unicode_next(parts, &at);
            if (!CHECK(!unicode_nfc_certain(text_slice(parts, start, at - start)))) {
                printf("  U+%04X\n", (unsigned)character);
                return;
            }
        }
        arena_clear(&test_arena);
    }
}

TEST("a long Vietnamese text is certain, and one combining mark anywhere makes it uncertain")
{
    struct buffer text BUFFER_OWNED = { 0 };
    for (int i = 0; i < 40; i++)
        buffer_string(&text, "Thủ tục hành chính – “Đăng ký” … ");
    CHECK(unicode_nfc_certain(buffer_view(&text)));
    for (size_t i = 0; i + 2 < text.length; i++) {
        if (text.bytes[i] != ' ' || text.bytes[i + 1] == '\xe2')
            continue;
        struct buffer changed BUFFER_OWNED = { 0 };
        buffer_put(&changed, text.bytes, i);
        buffer_string(&changed, "\xcc\x81");
        buffer_put(&changed, text.bytes + i, text.length - i);
        CHECK(!unicode_nfc_certain(buffer_view(&changed)));
    }
}

TEST("what stands between two certain characters is composed as if it stood alone, now and the next time")
{
    static const char *const marks[] = { "\xcc\x81",     "\xcc\x82", "\xcc\xa3",
                                         "\xcc\x9b",     "\xcd\x85", "\xe1\x85\xa1",
                                         "\xe1\x86\xa8", "\xce\xa9", "\xe2\x84\xab" };
    static const char *const bases[] = { "a", "e", "u", " ", "ê", "ạ", "–" };
    uint64_t state = 7;
    for (int round = 0; round < 5000; round++) {
        struct buffer whole BUFFER_OWNED = { 0 }, alone BUFFER_OWNED = { 0 };
        for (int i = 0; i < 8; i++) {
            struct buffer letter BUFFER_OWNED = { 0 };
            state = state * 6364136223846793005u + 1442695040888963407u;
            buffer_string(&letter, bases[(state >> 60) % 7]);
            for (uint64_t j = (state >> 57) % 8, rest = state >> 20; j < 5; j++, rest /= 9)
                buffer_string(&letter, marks[rest % 9]);
            struct text apart = unicode_nfd(&test_arena, buffer_view(&letter));
            buffer_text(&alone, unicode_nfc(&test_arena, apart));
            buffer_text(&whole, buffer_view(&letter));
        }
        CHECK_TEXT(unicode_nfc(&test_arena, buffer_view(&whole)), buffer_view(&alone));
        arena_clear(&test_arena);
    }
}

TEST("NFC composes base letter and marks in any order, and leaves what is NFC where it is")
{
    CHECK_TEXT(unicode_nfc(&test_arena, TEXT("e\xcc\x82\xcc\x81")), TEXT("ế"));
    CHECK_TEXT(unicode_nfc(&test_arena, TEXT("e\xcc\xa3\xcc\x82")), TEXT("ệ"));
    CHECK_TEXT(unicode_nfc(&test_arena, TEXT("e\xcc\x82\xcc\xa3")), TEXT("ệ"));
    CHECK_TEXT(unicode_nfc(&test_arena, TEXT("\xc3\xaa\xcc\xa3")), TEXT("ệ"));
    CHECK_TEXT(unicode_nfc(&test_arena, TEXT("u\xcc\x9b\xcc\x80")), TEXT("ừ"));
    CHECK_TEXT(unicode_nfc(&test_arena, TEXT("\xe2\x84\xa6\xe2\x84\xab")), TEXT("\xce\xa9\xc3\x85"));
    CHECK_TEXT(unicode_nfc(&test_arena, TEXT("\xe1\x84\x80\xe1\x85\xa1\xe1\x86\xa8")), TEXT("\xea\xb0\x81"));
    CHECK_TEXT(unicode_nfc(&test_arena, TEXT("\xcc\x81"
                                             "a")),
               TEXT("\xcc\x81"
                    "a"));
    struct text already = TEXT("\xce\xa9 \xd0\xa1");
    CHECK(unicode_nfc(&test_arena, already).bytes == already.bytes);
    CHECK_TEXT(unicode_nfd(&test_arena, TEXT("ệ Đ")), TEXT("e\xcc\xa3\xcc\x82 Đ"));
    CHECK_TEXT(unicode_nfc(&test_arena, TEXT_NONE), TEXT(""));
}

TEST("a million marks in the worst order take no longer than a million letters")
{
    struct buffer text BUFFER_OWNED = { 0 };
    buffer_char(&text, 'a');
    for (int i = 0; i < 500000; i++)
        buffer_string(&text, "\xcc\x81\xcc\xa3"); /* classes 230 and 220 */
    struct text normal = unicode_nfc(&test_arena, buffer_view(&text));
    CHECK(text_starts(normal, TEXT("ạ\xcc\xa3\xcc\xa3")));
    CHECK(text_ends(normal, TEXT("\xcc\x81\xcc\x81")));
}

TEST("lower case is made of each letter, and the result is NFC")
{
    CHECK_TEXT(unicode_lower(&test_arena, TEXT("THỦ TỤC ĐẶC BIỆT Ư Ơ Ă Â Ð 12")),
               TEXT("thủ tục đặc biệt ư ơ ă â ð 12"));
    CHECK_TEXT(unicode_lower(&test_arena, TEXT("E\xcc\x82\xcc\x81")), TEXT("ế"));
    CHECK_TEXT(unicode_lower(&test_arena, TEXT("\xc8\xba")), TEXT("\xe2\xb1\xa5"));
}

TEST("letters, marks and capitals are told apart")
{
    CHECK(unicode_is_letter('a') && unicode_is_letter(0x110) && unicode_is_letter(0x421) &&
          unicode_is_letter(0x4e00));
    CHECK(!unicode_is_letter('1') && !unicode_is_letter(0x301) && !unicode_is_letter(0xf0b7));
    CHECK(unicode_is_mark(0x301) && unicode_is_mark(0x20dd) && !unicode_is_mark('a'));
}

#define CHECK_FOLDS(text, key) CHECK_TEXT(unicode_fold(&test_arena, TEXT(text)), TEXT(key))

TEST("a key has one case, one blank for any white space, and no ends of blanks")
{
    CHECK_FOLDS("  Cấp\t\xc2\xa0 TỈNH\xe3\x80\x80\r\n\xe2\x80\x83 ", "cấp tỉnh");
    CHECK_FOLDS("a\xe2\x80\xa8"
                "b\xe2\x80\xaf"
                "c\xe1\x9a\x80"
                "d\xc2\x85"
                "e\x0b"
                "f",
                "a b c d e f");
    CHECK_FOLDS(" \xc2\xa0\n", "");
    CHECK_FOLDS("", "");
    CHECK_FOLDS("xa\xcc\x83", "xã");
}

TEST("a key has no unseen characters, and the Icelandic letter is đ")
{
    CHECK_FOLDS("\xef\xbb\xbfxã\xe2\x80\x8b hu\xc2\xadyện", "xã huyện");
    CHECK_FOLDS("57/2018/N\xc3\x90-CP", "57/2018/nđ-cp");
}

TEST("the tone of an open oa, oe or uy has one place in a key, wherever it was written")
{
    static const char *const pairs[][2] = {
        { "òa", "oà" }, { "óa", "oá" }, { "ỏa", "oả" }, { "õa", "oã" }, { "ọa", "oạ" },
        { "òe", "oè" }, { "óe", "oé" }, { "ỏe", "oẻ" }, { "õe", "oẽ" }, { "ọe", "oẹ" },
        { "ùy", "uỳ" }, { "úy", "uý" }, { "ủy", "uỷ" }, { "ũy", "uỹ" }, { "ụy", "uỵ" },
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        CHECK_TEXT(unicode_fold(&test_arena, text_of(pairs[i][0])), text_of(pairs[i][1]));
        CHECK_TEXT(unicode_fold(&test_arena, text_of(pairs[i][1])), text_of(pairs[i][1]));
    }
    CHECK_FOLDS("Hòa Bình", "hoà bình");
    CHECK_FOLDS("HOÀ BÌNH", "hoà bình");
    CHECK_FOLDS("Ủy ban, Uỷ ban", "uỷ ban, uỷ ban");
    CHECK_FOLDS("Thủy sản Thuỷ sản", "thuỷ sản thuỷ sản");
}

TEST("closed syllables, qu and other pairs of vowels keep their tone in a key")
{
    CHECK_FOLDS("hoàn toàn ngoài hoặc khoẻ", "hoàn toàn ngoài hoặc khoẻ");
    CHECK_FOLDS("hòan tòan", "hoàn toàn");
    CHECK_FOLDS("quý quỹ quỳnh huỳnh qúy", "quý quỹ quỳnh huỳnh quý");
    CHECK_FOLDS("của mùa quả lúa tuệ nghĩa chìa", "của mùa quả lúa tuệ nghĩa chìa");
    CHECK_FOLDS("ó a, ù y", "ó a, ù y");
    CHECK_FOLDS("khuya hoa khoe tuy", "khuya hoa khoe tuy");
    CHECK_FOLDS("thuế khóa tuý uỷ", "thuế khoá tuý uỷ");
}

TEST("the key of a key is the key")
{
    static const char *const texts[] = { "Ủy  ban NHÂN dân", "İI\xcc\x87 ẞß Σς", "\xcc\x81 a",
                                         "\xe2\x84\xaa\xe2\x84\xab", "ÒA\xcc\xa3" };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct text key = unicode_fold(&test_arena, text_of(texts[i]));
        CHECK_TEXT(unicode_fold(&test_arena, key), key);
        CHECK_TEXT(unicode_nfc(&test_arena, key), key);
    }
    for (int32_t character = 0; character <= 0x10ffff; character++) {
        char bytes[4];
        if (is_surrogate(character))
            continue;
        struct text key = unicode_fold(&test_arena, put(character, bytes));
        if (!CHECK_TEXT(unicode_fold(&test_arena, key), key))
            return;
        arena_clear(&test_arena);
    }
}

TEST("letters that look like others are named with their script")
{
    CHECK_STRING(unicode_script(0x421), "Cyrillic");
    CHECK_STRING(unicode_script(0x391), "Greek");
    CHECK_STRING(unicode_script(0x555), "Armenian");
    CHECK_STRING(unicode_script(0x4e2d), "Han");
    CHECK_STRING(unicode_script(0xff21), "full-width");
    CHECK_STRING(unicode_script(0xd0), "Latin");
    CHECK_STRING(unicode_script(0x2190), "other");
}
