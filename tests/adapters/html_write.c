/* What goes into a page cannot become markup. */
#include "adapters/html_write.h"

#include "tests/adapters/visible_texts.h"
#include "tests/support/test.h"

static struct text escaped(struct text text)
{
    struct buffer out = { 0 };
    html_text(&out, text);
    struct text copy = text_copy(&test_arena, buffer_view(&out));
    buffer_free(&out);
    return copy;
}

TEST("the five signs of markup become references, and letters stay")
{
    CHECK_TEXT(escaped(TEXT("<a href='x'>&\"Đ</a>")),
               TEXT("&lt;a href=&#39;x&#39;&gt;&amp;&quot;Đ&lt;/a&gt;"));
    CHECK_TEXT(escaped(TEXT("Hòa\tnhập\n")), TEXT("Hòa\tnhập\n"));
}

TEST("what cannot be seen is written out")
{
    CHECK_TEXT(escaped(TEXT("a\x1b[2J\0b")), TEXT("a[U+001B][2J[U+0000]b"));
    CHECK_TEXT(escaped(TEXT("\xe2\x80\xae"
                            "abc")),
               TEXT("[U+202E]abc"));
    CHECK_TEXT(escaped(TEXT("\xc2\x9b")), TEXT("[U+009B]"));
    CHECK_TEXT(escaped(TEXT("\xef\xbf\xbe")), TEXT("[U+FFFE]"));
}

TEST("bytes that are not UTF-8 become the replacement character, one each")
{
    CHECK_TEXT(escaped(TEXT("\xff<")), TEXT("\xef\xbf\xbd&lt;"));
    CHECK_TEXT(escaped(TEXT("\xc0\xbc")), TEXT("\xef\xbf\xbd\xef\xbf\xbd")); /* an overlong < */
    CHECK_TEXT(escaped(TEXT("\xe1\xba")), TEXT("\xef\xbf\xbd\xef\xbf\xbd"));
    CHECK_TEXT(escaped(TEXT("\xed\xa0\x80")), TEXT("\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"));
}

TEST("attributes are quoted, and a pair without a value is left out")
{
    struct buffer out = { 0 };
    html_open(&out, "td", "class", (char *)NULL, "title", "\"><script>", NULL);
    html_close(&out, "td");
    CHECK_TEXT(buffer_view(&out), TEXT("<td title=\"&quot;&gt;&lt;script&gt;\"></td>"));
    buffer_free(&out);
}

TEST("what nobody sees, or a screen would act on, is written out")
{
    for (size_t i = 0; i < sizeof visible_texts / sizeof *visible_texts; i++) {
        struct buffer out = { 0 };
        struct text text = text_of(visible_texts[i][0]);
        html_text(&out, text);
        struct text written = buffer_view(&out);
        if (text_starts(written, TEXT("\"")))
            written = text_slice(written, 1, written.length - 2);
        CHECK_TEXT(written, text_of(visible_texts[i][1]));
        buffer_free(&out);
    }
}
