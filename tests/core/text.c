#include "core/text.h"

#include <string.h>

#include "core/arena.h"
#include "tests/support/test.h"

TEST("texts are compared by bytes, a NUL among them counts")
{
    CHECK(text_equal(TEXT("a\0b"), TEXT("a\0b")));
    CHECK(!text_equal(TEXT("a\0b"), TEXT("a\0c")));
    CHECK(!text_equal(TEXT("a"), TEXT("a\0")));
    CHECK(text_equal(TEXT_NONE, TEXT("")));
    CHECK(text_is(TEXT("mã"), "mã"));
    CHECK(!text_is(TEXT("mã"), "mãx"));
    CHECK(!text_of(NULL).bytes);
}

TEST("texts are ordered bytewise, the shorter first, bytes unsigned")
{
    CHECK(text_compare(TEXT("a"), TEXT("b")) < 0);
    CHECK(text_compare(TEXT("ab"), TEXT("a")) > 0);
    CHECK(text_compare(TEXT("z"), TEXT("đ")) < 0);
    CHECK_INT(text_compare(TEXT("ab"), TEXT("ab")), 0);
    CHECK_INT(text_compare(TEXT_NONE, TEXT("")), 0);
    CHECK(text_compare(TEXT_NONE, TEXT("a")) < 0);
}

TEST("a text starts and ends with its parts and with nothing")
{
    CHECK(text_starts(TEXT("1.001640"), TEXT("1.")));
    CHECK(!text_starts(TEXT("1"), TEXT("1.")));
    CHECK(text_ends(TEXT("1.json"), TEXT(".json")));
    CHECK(!text_ends(TEXT("json"), TEXT(".json")));
    CHECK(text_starts(TEXT_NONE, TEXT("")) && text_ends(TEXT_NONE, TEXT_NONE));
    CHECK(!text_starts(TEXT_NONE, TEXT("a")) && !text_ends(TEXT_NONE, TEXT("a")));
}

TEST("a slice is clipped to its text")
{
    CHECK_TEXT(text_slice(TEXT("abcdef"), 2, 3), TEXT("cde"));
    CHECK_TEXT(text_slice(TEXT("abcdef"), 4, SIZE_MAX), TEXT("ef"));
    CHECK_TEXT(text_slice(TEXT("abcdef"), 6, 1), TEXT(""));
    CHECK_TEXT(text_slice(TEXT("abcdef"), SIZE_MAX, SIZE_MAX), TEXT(""));
    CHECK(!text_slice(TEXT_NONE, 3, 3).bytes);
}

TEST("trimming takes ASCII white space at both ends alone")
{
    CHECK_TEXT(text_trim(TEXT(" \t\r\n a b \n")), TEXT("a b"));
    CHECK_TEXT(text_trim(TEXT(" \t ")), TEXT(""));
    CHECK_TEXT(text_trim(TEXT("\xc2\xa0 a")), TEXT("\xc2\xa0 a"));
    CHECK_TEXT(text_trim(TEXT_NONE), TEXT(""));
}

TEST("the first place of a needle is found")
{
    size_t at = 99;
    CHECK(text_find(TEXT("Kết quả. Mã: KQ.G02. Mã: X"), TEXT("Mã: "), &at));
    CHECK_INT(at, strlen("Kết quả. "));
    CHECK(!text_find(TEXT("abc"), TEXT("abcd"), &at));
    CHECK(!text_find(TEXT_NONE, TEXT("a"), &at));
    CHECK(text_find(TEXT_NONE, TEXT(""), &at));
    CHECK_INT(at, 0);
    CHECK(text_find(TEXT("a\0b"), TEXT("\0b"), NULL));
}

TEST("copies are terminated, and an absent text stays absent")
{
    struct text copy = text_copy(&test_arena, text_slice(TEXT("abcdef"), 1, 2));
    CHECK_STRING(copy.bytes, "bc");
    CHECK(!text_copy(&test_arena, TEXT_NONE).bytes);
    CHECK(text_copy(&test_arena, TEXT("")).bytes != NULL);
    CHECK_STRING(text_string(&test_arena, TEXT_NONE), "");
}

TEST("formatting works across the size of its first try")
{
    for (int width = 505; width < 520; width++) {
        struct text text = text_format(&test_arena, "%*d|", width, 7);
        CHECK_INT(text.length, width + 1);
        CHECK(text_ends(text, TEXT("7|")) && text.bytes[text.length] == 0);
    }
    CHECK_TEXT(text_format(&test_arena, "%s", ""), TEXT(""));
}

TEST("a cut never falls inside a letter")
{
    struct text text = TEXT("aộ😀đ"); /* 1, 3, 4 and 2 bytes */
    const size_t cuts[] = { 0, 1, 1, 1, 4, 4, 4, 4, 8, 8, 10, 10 };
    for (size_t most = 0; most < sizeof cuts / sizeof *cuts; most++)
        CHECK_INT(text_cut(text, most), cuts[most]);
    CHECK_INT(text_cut(text, SIZE_MAX), 10);
    CHECK_INT(text_cut(TEXT_NONE, 5), 0);
    CHECK_INT(text_cut(TEXT("\x80\x80\x80\x80\x80\x80"), 5), 5);
}

TEST("the name nearest to a mistyped one is found, and none when none is near")
{
    static const char *const names[] = { "sources", "source", "match", "map", "format", "url", "timeout" };
    const size_t count = sizeof names / sizeof *names;
    CHECK_STRING(text_nearest(TEXT("soruces"), names, count), "sources");
    CHECK_STRING(text_nearest(TEXT("sourc"), names, count), "source");
    CHECK_STRING(text_nearest(TEXT("timeuot"), names, count), "timeout");
    CHECK_STRING(text_nearest(TEXT("fromat"), names, count), "format");
    CHECK_STRING(text_nearest(TEXT("ulr"), names, count), "url");
    CHECK_STRING(text_nearest(TEXT("mapp"), names, count), "map");
    CHECK_STRING(text_nearest(TEXT("url"), names, count), "url");
    CHECK(!text_nearest(TEXT("portal"), names, count));
    CHECK(!text_nearest(TEXT(""), names, count));
    CHECK(!text_nearest(TEXT_NONE, names, 0));
    char longest[200];
    memset(longest, 'a', sizeof longest);
    CHECK(!text_nearest((struct text){ longest, sizeof longest }, names, count));
}

TEST("a swap of neighbours is one edit and two edits in three letters are too many")
{
    static const char *const names[] = { "abc" };
    CHECK_STRING(text_nearest(TEXT("acb"), names, 1), "abc");
    CHECK_STRING(text_nearest(TEXT("xbc"), names, 1), "abc");
    CHECK_STRING(text_nearest(TEXT("bc"), names, 1), "abc");
    CHECK(!text_nearest(TEXT("cab"), names, 1));
    CHECK(!text_nearest(TEXT("ABc"), names, 1));
}

TEST("a buffer grows and stays terminated")
{
    struct buffer BUFFER_OWNED buffer = { 0 };
    CHECK_TEXT(buffer_view(&buffer), TEXT(""));
    CHECK(buffer_view(&buffer).bytes != NULL);
    for (int i = 0; i < 1000; i++) {
        buffer_string(&buffer, "ab");
        buffer_char(&buffer, 'c');
        buffer_text(&buffer, TEXT("d"));
        if (!CHECK_INT(buffer.bytes[buffer.length], 0))
            return;
    }
    CHECK_INT(buffer.length, 4000);
    CHECK_STRING(buffer.bytes + 3996, "abcd");
    buffer_put(&buffer, NULL, 0);
    buffer_text(&buffer, TEXT_NONE);
    buffer_string(&buffer, NULL);
    CHECK_INT(buffer.length, 4000);
    size_t capacity = buffer.capacity;
    buffer_clear(&buffer);
    CHECK_TEXT(buffer_view(&buffer), TEXT(""));
    CHECK_INT(buffer.capacity, capacity);
}

TEST("a buffer stops at its limit with a true beginning of what was put")
{
    struct buffer BUFFER_OWNED buffer = { .limit = 5 };
    buffer_string(&buffer, "abc");
    CHECK(!buffer.over);
    buffer_string(&buffer, "def");
    CHECK(buffer.over);
    buffer_char(&buffer, 'g');
    CHECK(!buffer_room(&buffer, 1));
    buffer_printf(&buffer, "%d", 1);
    CHECK_TEXT(buffer_view(&buffer), TEXT("abc"));
    buffer_clear(&buffer);
    buffer_string(&buffer, "abcde");
    CHECK(!buffer.over);
    CHECK_STRING(buffer.bytes, "abcde");
    buffer_char(&buffer, 'f');
    CHECK(buffer.over);
    buffer_free(&buffer);
    CHECK(!buffer.bytes && !buffer.over);
    CHECK_INT(buffer.limit, 5);
    CHECK(!buffer_room(&buffer, SIZE_MAX));
}

TEST("room is filled by the caller, and what fills it exactly is terminated")
{
    struct buffer BUFFER_OWNED buffer = { 0 };
    char *capacity = buffer_room(&buffer, 64);
    memset(capacity, 'x', 64);
    buffer.length += 64;
    CHECK_INT(strlen(buffer.bytes), 64);
    capacity = buffer_room(&buffer, 1000);
    memcpy(capacity, "yz", 3);
    buffer.length += 2;
    CHECK_STRING(buffer.bytes + 62, "xxyz");
}

TEST("a buffer prints across the size of its first try")
{
    struct buffer BUFFER_OWNED buffer = { 0 };
    for (int width = 508; width < 516; width++) {
        buffer_clear(&buffer);
        buffer_string(&buffer, "<");
        buffer_printf(&buffer, "%*s>", width, "e");
        CHECK_INT(buffer.length, width + 2);
        CHECK_STRING(buffer.bytes + width, "e>");
    }
}

TEST("what does not fit is cut between letters, wherever the end falls")
{
    char out[20];
    const char *words = "aầbẩ😀ế";
    for (size_t size = 1; size <= sizeof out; size++) {
        size_t length = text_print(out, size, "%s", words);
        CHECK(length < size && strlen(out) == length);
        CHECK_INT(strncmp(out, words, length), 0);
        CHECK(((unsigned char)words[length] & 0xc0) != 0x80);
        CHECK(length + 4 >= size || length == strlen(words));
    }
}
