#include "adapters/visible.h"

#include <stdlib.h>
#include <unistd.h>

#include "tests/support/test.h"

static struct text shown(struct text text, bool lines)
{
    struct buffer out = { 0 };
    visible_put(&out, text, lines);
    struct text copy = text_copy(&test_arena, buffer_view(&out));
    buffer_free(&out);
    return copy;
}

TEST("what a terminal acts on, or turns a line around by, is written out; all else stays")
{
    CHECK_TEXT(shown(TEXT("Hoà Đăng ký 5 – 7 \xf0\x9f\x98\x80"), false),
               TEXT("Hoà Đăng ký 5 – 7 \xf0\x9f\x98\x80"));
    CHECK_TEXT(shown(TEXT("a\x1b[31mb\rc\0d\x7f"), false), TEXT("a\\u001b[31mb\\u000dc\\u0000d\\u007f"));
    CHECK_TEXT(shown(TEXT("a\nb\tc"), true), TEXT("a\nb\tc"));
    CHECK_TEXT(shown(TEXT("a\nb\tc"), false), TEXT("a\\u000ab\\u0009c"));
    CHECK_TEXT(shown(TEXT("\xc2\x9b"
                          "31m"),
                     false),
               TEXT("\\u009b31m"));
    CHECK_TEXT(shown(TEXT("x\u202ey\u2066z\u200b\u061c\ufeff\u2028\u2029"), true),
               TEXT("x\\u202ey\\u2066z\\u200b\\u061c\\ufeff\\u2028\\u2029"));
    CHECK_TEXT(shown(TEXT("t\xf3\xa0\x80\x81"), true), TEXT("t\\udb40\\udc01"));
}

TEST("bytes that are no UTF-8 are written out one by one, and hide nothing behind them")
{
    CHECK_TEXT(shown(TEXT("a\x9b"
                          "31m\xe1\xba\x1b\xff"),
                     true),
               TEXT("a<9B>31m<E1><BA>\\u001b<FF>"));
    CHECK_TEXT(shown(TEXT("cut\xe1\xba"), true), TEXT("cut<E1><BA>"));
}

TEST("a stream writes letters whole, however they come, and the end of one that never comes")
{
    static const char letters[] = "Đế\xf0\x9f\x98\x80\x1b.";
    int ends[2];
    char seen[100];
    if (!CHECK(pipe(ends) == 0))
        return;
    FILE *stream = visible_stream(ends[1]);
    for (size_t i = 0; i < sizeof letters - 1; i++) {
        fputc(letters[i], stream);
        fflush(stream);
    }
    visible_raw(stream, ends[1], TEXT("\r\x1b[K"));
    fputs("a\xe1\xba", stream);
    fclose(stream);
    close(ends[1]);
    ssize_t got = read(ends[0], seen, sizeof seen);
    close(ends[0]);
    CHECK_TEXT(((struct text){ seen, got > 0 ? (size_t)got : 0 }),
               TEXT("Đế\xf0\x9f\x98\x80\\u001b.\r\x1b[Ka<E1><BA>"));
}

TEST("a stream that cannot be written says so")
{
    FILE *stream = visible_stream(-1);
    fputs("a", stream);
    CHECK(fflush(stream) != 0);
    CHECK(ferror(stream) != 0);
    CHECK(!visible_raw(stream, -1, TEXT("b")));
    fclose(stream);
}
