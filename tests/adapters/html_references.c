#include "adapters/html_references.h"

#include <string.h>

#include "adapters/xml.h"
#include "tests/support/test.h"

static struct error error;

__attribute__((constructor)) static void start(void)
{
    xml_start();
}

/* What the first <p> of a page shows, or an attribute where `at` says so. */
static struct text seen(struct text inner, const char *at)
{
    struct xml_document *document;
    struct xml_path *path;
    struct xml_result result = { 0 };
    struct buffer page = { 0 };
    struct text text = TEXT("(none)");
    buffer_string(&page, "<!DOCTYPE html><html><head><title>t</title></head><body>");
    buffer_text(&page, inner);
    buffer_string(&page, "</body></html>");
    enum status status = xml_parse(buffer_view(&page), true, "UTF-8", &document, &error);
    buffer_free(&page);
    if (status)
        return text_of(error.message);
    CHECK_INT(xml_path_compile(text_of(at), NULL, 0, &path, &error), STATUS_OK);
    if (CHECK_INT(xml_path_select(path, document, NULL, &test_arena, &result, &error), STATUS_OK) &&
        result.count)
        text = result.nodes ? xml_node_text(&test_arena, result.nodes[0], true) : result.text;
    xml_path_free(path);
    xml_document_free(document);
    return text;
}

static struct text shown(const char *inner)
{
    struct text page = text_format(&test_arena, "<p>%s</p>", inner);
    return seen(page, "//p");
}

TEST("the names of HTML 5 are what browsers show, with and without their semicolons")
{
    CHECK_TEXT(shown("&Dstrok;iều kiện &dstrok;ăng ký"), TEXT("Điều kiện đăng ký"));
    CHECK_TEXT(shown("a&comma; b&period; &lpar;c&rpar; R&AMP;D"), TEXT("a, b. (c) R&D"));
    CHECK_TEXT(shown("&notit; &notin; &not x &copy2026"), TEXT("¬it; ∉ ¬ x ©2026"));
    CHECK_TEXT(shown("&lt;p&gt; &amp;lt; &NotEqualTilde; a&nbsp;b"), TEXT("<p> &lt; ≂̸ a\u00a0b"));
    CHECK_TEXT(shown("&unknown; & &; AT&T &a"), TEXT("&unknown; & &; AT&T &a"));
    CHECK_TEXT(shown("&CounterClockwiseContourIntegral;"), TEXT("∳"));
}

TEST("numbers from 128 to 159 are windows-1252, and what is no character is U+FFFD")
{
    CHECK_TEXT(shown("5 &#150; 7, hồ sơ&#133; &#x96; &#x96 &#128"), TEXT("5 – 7, hồ sơ… – – €"));
    CHECK_TEXT(shown("a&#0;b&#xD800;c&#1114112;d&#99999999999999999999;e"),
               TEXT("a\ufffdb\ufffdc\ufffdd\ufffde"));
    CHECK_TEXT(shown("&#xFDD1;&#xFFFE;"), TEXT("\ufffd\ufffd"));
    CHECK_TEXT(shown("a\xef\xb7\x90"
                     "b\xef\xb7\x99\xef\xb7\xafz"),
               TEXT("a\ufffdb\ufffd\ufffdz"));
    CHECK_TEXT(shown("a\xef\xbf\xbe"
                     "b\xef\xbf\xbfz\xef\xbf\xbd\xef\xbf\xbc"),
               TEXT("a\ufffdb\ufffdz\ufffd\ufffc"));
    CHECK_TEXT(shown("A&#B &#; &#x; &#xg"), TEXT("A&#B &#; &#x; &#xg"));
    CHECK_TEXT(shown("&#7897;&#X1ED9;"), TEXT("ộộ"));
}

TEST("a reference without its semicolon is none in an address, where the text goes on")
{
    const char *link = "<a href='?a=1&copy=2&lt;&amp;b&reg'>x</a>";
    CHECK_TEXT(seen(text_of(link), "//a/@href"), TEXT("?a=1&copy=2<&b®"));
    CHECK_TEXT(seen(TEXT("<a title='&#1;&#150;'>x</a>"), "//a/@title"), TEXT("\x01–"));
}

TEST("control characters reach the reader, a form feed is a blank, scripts and comments stay as they are")
{
    CHECK_TEXT(seen(TEXT("<p>a\x01"
                         "b\fc\x1b&#x1f;\x0b</p>"),
                    "//p"),
               TEXT("a\x01"
                    "b c\x1b\x1f\x0b"));
    CHECK_TEXT(seen(TEXT("<p>a\x02</p>"), "string(//p)"), TEXT("a\x02"));
    CHECK_TEXT(seen(TEXT("<script>a&comma;'</script>'</script><!-- &comma; --><p>b</p>"), "string(//script)"),
               TEXT("a&comma;'"));
    CHECK_TEXT(seen(TEXT("<!-- &comma; --><p>b</p>"), "string(//comment())"), TEXT(" &comma; "));
}

TEST("a second page behind the first is refused")
{
    CHECK_CONTAINS(seen(TEXT("<p>a</p></body></html>\n<html><body><p>b</p>"), "//p").bytes,
                   "<html> stands twice");
    CHECK_TEXT(seen(TEXT("<!-- <html> --><script>'<html>'</script><p>a &lt;html></p>"), "//p"),
               TEXT("a <html>"));
}

TEST("a page without references and control characters is not copied")
{
    struct buffer out = { 0 };
    CHECK(!html_prepare(TEXT("<p>a\r\n\tb</p>"), &out));
    CHECK(!html_prepare(TEXT(""), &out));
    CHECK_INT(out.length, 0);
    struct text plain = TEXT("a\xef\xb7\x80 b"); /* U+FDC0 is a character */
    CHECK_TEXT(html_restore(&test_arena, plain), plain);
}
