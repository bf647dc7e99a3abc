#include "adapters/xml.h"

#include <pthread.h>

#include "tests/support/test.h"

static struct error error;

__attribute__((constructor)) static void start(void)
{
    xml_start();
}

static struct xml_document *parse(const char *bytes, bool html)
{
    struct xml_document *document = NULL;
    error.message[0] = 0;
    (void)xml_parse(text_of(bytes), html, "utf-8", &document, &error);
    return document;
}

/* What an expression gives on a document, joined with "|"; "error: …" otherwise. */
static struct text select_on(struct xml_document *document, const char *expression, bool html)
{
    static const struct xml_namespace namespaces[] = { { "t", "urn:tthc" } };
    struct xml_path *path;
    struct xml_result result;
    struct buffer out = { 0 };
    if (xml_path_compile(text_of(expression), namespaces, 1, &path, &error) ||
        xml_path_select(path, document, NULL, &test_arena, &result, &error))
        buffer_printf(&out, "error: %s", error.message);
    else if (result.count && !result.nodes)
        buffer_text(&out, result.text);
    else
        for (size_t i = 0; i < result.count; i++) {
            buffer_string(&out, i ? "|" : "");
            buffer_text(&out, xml_node_text(&test_arena, result.nodes[i], html));
        }
    xml_path_free(path);
    struct text text = text_copy(&test_arena, buffer_view(&out));
    buffer_free(&out);
    return text;
}

#define RECORD                                                                                               \
    "<thuTuc ma='1.001640'><ten>Đăng ký &amp; "                                                           \
    "cấp</ten><buoc><ten>Một</ten></buoc><buoc><ten>Hai</ten></buoc>"                                    \
    "<phi>50000</phi><phi>25000</phi></thuTuc>"

TEST("an address is seen from the root element, and an absolute one sees the record as a document")
{
    struct xml_document *document = parse(RECORD, false);
    CHECK_TEXT(select_on(document, "ten", false), TEXT("Đăng ký & cấp"));
    CHECK_TEXT(select_on(document, "/thuTuc/ten", false), TEXT("Đăng ký & cấp"));
    CHECK_TEXT(select_on(document, "//ten", false), TEXT("Đăng ký & cấp|Một|Hai"));
    CHECK_TEXT(select_on(document, "buoc/ten", false), TEXT("Một|Hai"));
    CHECK_TEXT(select_on(document, "@ma", false), TEXT("1.001640"));
    CHECK_TEXT(select_on(document, "buoc[2]/ten/text()", false), TEXT("Hai"));
    CHECK_TEXT(select_on(document, ".", false), TEXT("Đăng ký & cấpMộtHai5000025000"));
    CHECK_TEXT(select_on(document, "", false), TEXT("Đăng ký & cấpMộtHai5000025000"));
    CHECK_TEXT(select_on(document, "khong_co", false), TEXT(""));
    CHECK_TEXT(select_on(document, "buoc[2]/preceding-sibling::*", false), TEXT("Đăng ký & cấp|Một"));
    xml_document_free(document);
}

TEST("plain names are walked to as XPath finds them, in the order of the document")
{
    static const char *const documents[] = {
        "<r><a><b>1</b><c/><b>2</b></a><b>3</b><a><b>4<b>5</b></b></a><!-- b --><?b b?>b<A><b>6</b></A></r>",
        "<r xmlns='urn:tthc'><a><b>1</b></a><b xmlns=''>2</b></r>",
        "<t:r xmlns:t='urn:tthc'><t:b>1</t:b><b>2</b><a><t:b>3</t:b><b>4</b></a></t:r>",
        "<r><_a.b-c>1</_a.b-c><div><mod>2</mod></div><text>3</text></r>",
        "<r b='1'><![CDATA[<b>]]></r>",
    };
    static const char *const addresses[] = {
        "b", "a/b", "a/b/b", "a", "A/b", "_a.b-c", "div/mod", "text", "r"
    };
    for (size_t i = 0; i < sizeof documents / sizeof *documents; i++)
        for (int html = 0; html < 2; html++) {
            struct xml_document *document = parse(documents[i], html);
            for (size_t j = 0; document && j < sizeof addresses / sizeof *addresses; j++) {
                struct text slow = text_format(&test_arena, "(%s)", addresses[j]);
                CHECK_TEXT(select_on(document, addresses[j], false), select_on(document, slow.bytes, false));
            }
            xml_document_free(document);
        }
    CHECK(text_starts(select_on(NULL, "a/", false), TEXT("error: ")));
    CHECK(text_starts(select_on(NULL, "a//", false), TEXT("error: ")));
}

TEST("texts, numbers and truths are results too, a number without needless digits")
{
    struct xml_document *document = parse(RECORD, false);
    CHECK_TEXT(select_on(document, "string(@ma)", false), TEXT("1.001640"));
    CHECK_TEXT(select_on(document, "count(buoc)", false), TEXT("2"));
    CHECK_TEXT(select_on(document, "sum(phi)", false), TEXT("75000"));
    CHECK_TEXT(select_on(document, "sum(phi) div 8", false), TEXT("9375"));
    CHECK_TEXT(select_on(document, "1 div 8", false), TEXT("0.125"));
    CHECK_TEXT(select_on(document, "0.1 + 0.2", false), TEXT("0.3"));
    CHECK_TEXT(select_on(document, "-1 div 1000000", false), TEXT("-0.000001"));
    CHECK_TEXT(select_on(document, "12345678901 * 1", false), TEXT("12345678901"));
    CHECK_TEXT(select_on(document, "number('x')", false), TEXT("NaN"));
    CHECK_TEXT(select_on(document, "boolean(phi)", false), TEXT("true"));
    CHECK_TEXT(select_on(document, "normalize-space(concat(' a ', ten))", false), TEXT("a Đăng ký & cấp"));
    xml_document_free(document);
}

TEST("an XPath that is wrong is told when it is compiled, with what to do")
{
    struct xml_path *path;
    static const struct xml_namespace namespaces[] = { { "t", "urn:tthc" } };
    CHECK_INT(xml_path_compile(TEXT("//a[["), NULL, 0, &path, &error), STATUS_USAGE);
    CHECK_CONTAINS(error.message, "XPath //a[[: wrong at byte");
    CHECK_INT(xml_path_compile(TEXT("x:a"), namespaces, 1, &path, &error), STATUS_USAGE);
    CHECK_CONTAINS(error.message, "the prefix x is not declared; add it to the source's namespaces");
    CHECK_INT(xml_path_compile(TEXT("contain(a, 'x:y')"), NULL, 0, &path, &error), STATUS_USAGE);
    CHECK_CONTAINS(error.message, "there is no function contain() in XPath 1.0; did you mean contains()?");
    CHECK_INT(xml_path_compile(TEXT("a[$x]"), NULL, 0, &path, &error), STATUS_USAGE);
    CHECK_CONTAINS(error.message, "there are no variables");
    CHECK_INT(xml_path_compile(TEXT("a['x]"), NULL, 0, &path, &error), STATUS_USAGE);
    CHECK_CONTAINS(error.message, "the text that begins at byte 2 does not end");
    CHECK(!path);
    CHECK_INT(xml_path_compile(TEXT("a[not(b) and (c or d)]/child::t:x | self::node()"), namespaces, 1, &path,
                               &error),
              STATUS_OK);
    xml_path_free(path);
}

TEST("namespaces are found by the configuration's prefixes, whatever the document's are")
{
    struct xml_document *document = parse("<x:a xmlns:x='urn:tthc'><x:ma>1</x:ma><ma>2</ma></x:a>", false);
    CHECK_TEXT(select_on(document, "t:ma", false), TEXT("1"));
    CHECK_TEXT(select_on(document, "ma", false), TEXT("2"));
    CHECK_TEXT(select_on(document, "namespace::*", false),
               TEXT("error: XPath namespace::*: namespaces cannot be selected"));
    xml_document_free(document);
}

TEST("an XPath that never ends is stopped")
{
    struct buffer bytes = { 0 };
    buffer_string(&bytes, "<a>");
    for (int i = 0; i < 3000; i++)
        buffer_string(&bytes, "<b><c/></b>");
    buffer_string(&bytes, "</a>");
    struct xml_document *document = parse(bytes.bytes, false);
    CHECK_CONTAINS(select_on(document, "count(//*[count(//*[count(//*) > 1]) > 1])", false).bytes,
                   "it takes too long; make it simpler");
    CHECK_TEXT(select_on(document, "count(//c)", false), TEXT("3000"));
    xml_document_free(document);
    buffer_free(&bytes);
}

TEST("broken XML is refused with its place")
{
    CHECK(!parse("<a>\n<b></a>", false));
    CHECK_INT(error.status, STATUS_REJECT);
    CHECK_CONTAINS(error.message, "the XML is not well-formed: line 2, column");
    CHECK_CONTAINS(error.message, "Opening and ending tag mismatch");
    CHECK(!parse("  ", false));
    CHECK_CONTAINS(error.message, "the document is empty");
    CHECK(!parse("<a>\xff</a>", false));
    CHECK_CONTAINS(error.message, "not proper UTF-8");
    CHECK(!parse("<a>", false));
    CHECK(!parse("<a/><b/>", false));
}

TEST("no entity is expanded, from inside or outside, and none is lost silently")
{
    static const char *const hostile[] = {
        "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>",
        "<!DOCTYPE a [<!ENTITY b 'ha'><!ENTITY c '&b;&b;&b;&b;'>]><a>&c;&c;</a>",
        "<!DOCTYPE a [<!ENTITY % p SYSTEM 'http://127.0.0.1:1/x.dtd'> %p;]><a/>",
        "<!DOCTYPE a [<!NOTATION n SYSTEM 'n'><!ENTITY u SYSTEM 'u' NDATA n>]><a/>",
    };
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
        CHECK(!parse(hostile[i], false));
        CHECK_CONTAINS(error.message, "the DOCTYPE declares entities, which is refused");
    }
    CHECK(!parse("<!DOCTYPE a [<!ATTLIST b c CDATA 'default'>]><a><b/></a>", false));
    CHECK_CONTAINS(error.message, "the DOCTYPE declares default values");
    CHECK(!parse("<!DOCTYPE a SYSTEM 'a.dtd'><a>Phí&nbsp;lệ phí</a>", false));
    CHECK_CONTAINS(error.message,
                   "&nbsp; is an entity that is not declared here, so that its text would be lost");
    CHECK(!parse("<a>&nbsp;</a>", false));
    struct xml_document *document = parse("<!DOCTYPE a SYSTEM 'a.dtd'><a>&lt;&#272;&amp;</a>", false);
    CHECK_TEXT(select_on(document, ".", false), TEXT("<Đ&"));
    xml_document_free(document);
}

TEST("elements nested without end are refused, in XML and HTML")
{
    struct buffer bytes = { 0 };
    for (int i = 0; i < 100000; i++)
        buffer_string(&bytes, "<a>");
    CHECK(!parse(bytes.bytes, false));
    CHECK_CONTAINS(error.message, "xcessive depth");
    buffer_clear(&bytes);
    for (int i = 0; i < 100000; i++)
        buffer_string(&bytes, "<div>");
    CHECK(!parse(bytes.bytes, true));
    CHECK_CONTAINS(error.message, "the HTML cannot be read to its end");
    CHECK_CONTAINS(error.message, "xcessive depth");
    buffer_free(&bytes);
}

static void put_attributes(struct buffer *out, const char *before, int count, const char *form,
                           const char *after)
{
    buffer_string(out, before);
    for (int i = 0; i < count; i++) {
        buffer_printf(out, " a%d", i);
        buffer_string(out, form);
    }
    buffer_string(out, after);
}

static bool takes(const char *before, int count, const char *form, const char *after, bool html)
{
    BUFFER_OWNED struct buffer page = { 0 };
    put_attributes(&page, before, count, form, after);
    struct xml_document *document = parse(page.bytes, html);
    bool taken = document != NULL;
    if (!taken)
        CHECK_CONTAINS(error.message, "more than 1500 attributes");
    xml_document_free(document);
    return taken;
}

TEST("a tag with attributes without end is refused before it is parsed, wherever it hides")
{
    CHECK(takes("<a", 1000, "='x'", "/>", false));
    CHECK(!takes("<a", 40000, "='x'", "/>", false));
    CHECK(!takes("<a", 40000, " = \"x > y\"", "/>", false));
    CHECK(!takes("<r><!-- <b c=' --><a", 4000, "='x'", "/></r>", false));
    CHECK(!takes("<r><![CDATA[ <b c=' ]]><a", 4000, "='x'", "/></r>", false));
    CHECK(!takes("<?p <b c=' ?><a", 4000, "='x'", "/>", false));
    CHECK(!takes("<a", 40000, "", ">", true));
    CHECK(!takes("<p><!--><a", 4000, "=x", ">", true));
    CHECK(!takes("<script>if (a<b && c='</script><a", 4000, "=x", ">", true));
    CHECK(takes("<script>if (a<b) {", 4000, "= 1 +", "}</script><p>x</p>", true));
    CHECK(takes("<p>1 < 2", 4000, " = b", "</p>", true));
    CHECK(takes("<r>", 4000, "=\"x\"", "</r>", false));
    CHECK(takes("<r><!--", 4000, "=\"x\"", "--></r>", false));
}

TEST("a text too long to be kept is refused, never cut")
{
    struct buffer bytes = { 0 };
    buffer_string(&bytes, "<a>");
    for (int i = 0; i < 2100000; i++)
        buffer_string(&bytes, i % 100000 ? "xxxxx" : "&amp;");
    buffer_string(&bytes, "</a>");
    for (int html = 0; html < 2; html++) {
        CHECK(!parse(bytes.bytes, html));
        CHECK_CONTAINS(error.message, "a text has more than 10,000,000 bytes");
    }
    buffer_clear(&bytes);
    buffer_string(&bytes, "<a><!-- ");
    while (bytes.length < 12000000)
        buffer_string(&bytes, "no end ");
    CHECK(!parse(bytes.bytes, false));
    buffer_free(&bytes);
}

TEST("the caller's encoding outranks the declaration, which decides when there is none")
{
    struct xml_document *document = parse("<?xml version='1.0' encoding='windows-1258'?><a>Đất</a>", false);
    CHECK_TEXT(select_on(document, ".", false), TEXT("Đất"));
    xml_document_free(document);
    CHECK_INT(xml_parse(TEXT("<?xml version='1.0' encoding='iso-8859-1'?><a>\xe9</a>"), false, NULL,
                        &document, &error),
              STATUS_OK);
    CHECK_TEXT(select_on(document, ".", false), TEXT("é"));
    xml_document_free(document);
    struct text wide = { "\xff\xfe<\0a\0>\0\x10\x01<\0/\0a\0>\0", 18 };
    const char *const names[] = { NULL, "utf-16", "utf-16le" };
    for (int i = 0; i < 3; i++) {
        if (!CHECK_INT(xml_parse(wide, false, names[i], &document, &error), STATUS_OK))
            return;
        CHECK_TEXT(select_on(document, ".", false), TEXT("Đ"));
        xml_document_free(document);
    }
    CHECK_INT(xml_parse(text_slice(wide, 2, 16), false, "UTF-16", &document, &error), STATUS_OK);
    xml_document_free(document);
    CHECK_INT(xml_parse(TEXT("<a/>"), false, "tcvn3", &document, &error), STATUS_USAGE);
    CHECK_CONTAINS(error.message, "a text in tcvn3 has to be decoded first");
    CHECK_INT(xml_parse(TEXT("<?xml version='1.0' encoding='x-vni'?><a/>"), false, NULL, &document, &error),
              STATUS_REJECT);
    CHECK_CONTAINS(error.message, "Unsupported encoding x-vni");
}

/* ---- HTML ---- */

TEST("a page is read in UTF-8 whatever its meta says, with its faults")
{
    struct xml_document *document =
        parse("<html><head><meta charset='iso-8859-1'><title>T</title></head><body><h1>Đất đai<p>x "
              "&nbsp;y<b>z</body>",
              true);
    CHECK_TEXT(select_on(document, "//h1/text()", true), TEXT("Đất đai"));
    CHECK_TEXT(select_on(document, "//p", true), TEXT("x \u00a0yz"));
    CHECK_TEXT(select_on(document, "string(//p)", true), TEXT("x \u00a0yz"));
    xml_document_free(document);
    CHECK_INT(xml_parse(TEXT("<p>Đất"), true, NULL, &document, &error), STATUS_OK);
    CHECK_TEXT(select_on(document, "//p", true), TEXT("Đất"));
    xml_document_free(document);
    CHECK_INT(xml_parse(TEXT("<meta charset='iso-8859-1'><p>\xe9"), true, NULL, &document, &error),
              STATUS_OK);
    CHECK_TEXT(select_on(document, "//p", true), TEXT("é"));
    xml_document_free(document);
}

TEST("a page that the parser would mend by guessing is refused")
{
    struct xml_document *document;
    CHECK(!parse("<p>\xc4", true));
    CHECK_CONTAINS(error.message, "the page is not UTF-8: byte 3");
    CHECK_INT(xml_parse((struct text){ "<p>a\0b", 6 }, true, NULL, &document, &error), STATUS_REJECT);
    CHECK_CONTAINS(error.message, "the page has a NUL at byte 4");
    CHECK(!parse("<!-- nothing -->", true));
    CHECK_CONTAINS(error.message, "no element");
}

TEST("a page in another encoding is read as it declares, all of it, or not at all")
{
    struct xml_document *document;
    CHECK_INT(xml_parse(TEXT("<title>\xd0\xe3ng</title><meta charset='windows-1258'><p>\xd0\xe3ng</p>"), true,
                        NULL, &document, &error),
              STATUS_OK);
    CHECK_TEXT(select_on(document, "//title", true), TEXT("Đăng")); /* before the declaration, too */
    CHECK_TEXT(select_on(document, "//p", true), TEXT("Đăng"));
    xml_document_free(document);
    static const char *const undeclared[] = { "<p>\xd0\xe3ng", "<meta charset='utf-8'><p>\xd0\xe3ng",
                                              "<meta charset='x-none'><p>\xd0\xe3ng" };
    for (size_t i = 0; i < 3; i++) {
        CHECK_INT(xml_parse(text_of(undeclared[i]), true, NULL, &document, &error), STATUS_REJECT);
        CHECK_CONTAINS(error.message, "the page is not UTF-8: byte");
    }
    static const char *const broken[] = { "<meta charset='us-ascii'><p>a\x90z</p><p>b",
                                          "<meta charset='windows-1252'><p>a\x90z</p><p>b" };
    for (size_t i = 0; i < 2; i++) {
        CHECK_INT(xml_parse(text_of(broken[i]), true, NULL, &document, &error), STATUS_REJECT);
        CHECK_CONTAINS(error.message, "the bytes are not of the encoding that the document declares");
    }
}

TEST("a page that was cut is told from one that comes to its end")
{
    static const char *const whole[] = { "<html><body><p>a</body></html>\n",
                                         "<HTML><p>a</HTML >",
                                         "<body>a</body>",
                                         "<table><tr><td>a</table>",
                                         "<p>a",
                                         "<p>a<script>'<table>'</script>",
                                         "<html><script>if (a < b)</script></html><!-- c" };
    static const char *const cut[] = {
        "<html><body><p>a", "<html><body><p>a</p></bod", "<body>", "<p>a<a href='x", "<table><tr><td>a</td>",
        "<p>a<!-- </html>", "<html><script>'</html>'",   "<p"
    };
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++)
        if (!CHECK(xml_page_ends(text_of(whole[i]))))
            CHECK_STRING(whole[i], "");
    for (size_t i = 0; i < sizeof cut / sizeof *cut; i++)
        if (!CHECK(!xml_page_ends(text_of(cut[i]))))
            CHECK_STRING(cut[i], "");
}

TEST("a page's text is as a reader sees it: lines, cells and blanks")
{
    struct xml_document *document =
        parse("<div>\n  <p>Một   hai<br>ba<br/>\n bốn</p><p> </p><ul><li>a</li>\n<li>b <i>c</i></li></ul>lời"
              "<script>if (a<b) x('</p>')</script><style>p{}</style><noscript>n</noscript><!-- c -->"
              "<table><tr><th>Mã</th><th>Tên</th></tr><tr><td>1</td>\n<td><p>x</p><p>y</p></td></tr></table>"
              "<pre>  k\n\n l</pre>cuối</div>",
              true);
    CHECK_TEXT(select_on(document, "//div", true),
               TEXT("Một hai\nba\nbốn\na\nb c\nlời\nMã Tên\n1\nx\ny\nk\n\nl\ncuối"));
    CHECK_TEXT(select_on(document, "//p[1]/text()[1]", true), TEXT("Một hai|x"));
    xml_document_free(document);
}

TEST("a piece of a page can be taken out and read again")
{
    struct xml_document *document = parse(
                            "<table><tr><td>Đ &amp; &lt;b&gt;<br>&nbsp;x</td><td a='\"1'>y</td></tr></table>",
                            true),
                        *again;
    struct xml_path *path;
    struct xml_result result;
    CHECK_INT(xml_path_compile(TEXT("//tr"), NULL, 0, &path, &error), STATUS_OK);
    CHECK_INT(xml_path_select(path, document, NULL, &test_arena, &result, &error), STATUS_OK);
    struct text bytes = xml_node_bytes(&test_arena, document, result.nodes[0]);
    CHECK_TEXT(bytes, TEXT("<tr><td>Đ &amp; &lt;b&gt;<br>\u00a0x</td><td a='\"1'>y</td></tr>"));
    CHECK_INT(xml_parse(bytes, true, "utf-8", &again, &error), STATUS_OK);
    CHECK_TEXT(select_on(again, "//td", true), TEXT("Đ & <b>\n\u00a0x|y"));
    xml_path_free(path);
    xml_document_free(document);
    xml_document_free(again);
    document = parse("<a xmlns:p='urn:tthc'><p:b>x<!-- c --></p:b></a>", false);
    struct xml_node *root = xml_document_root(document);
    CHECK_TEXT(xml_node_bytes(&test_arena, document, root),
               TEXT("<a xmlns:p=\"urn:tthc\"><p:b>x<!-- c --></p:b></a>"));
    CHECK_INT(xml_path_compile(TEXT("*"), NULL, 0, &path, &error), STATUS_OK);
    CHECK_INT(xml_path_select(path, document, NULL, &test_arena, &result, &error), STATUS_OK);
    CHECK_TEXT(xml_node_bytes(&test_arena, document, result.nodes[0]),
               TEXT("<p:b xmlns:p=\"urn:tthc\">x<!-- c --></p:b>"));
    xml_path_free(path);
    xml_document_free(document);
}

/* What the path finds, when cells have been spread over the rows; joined with "|". */
static struct text spread_at(const char *table, const char *address)
{
    struct xml_document *document = parse(table, true);
    struct xml_path *path;
    struct xml_result result;
    CHECK_INT(xml_path_compile(TEXT("//tr"), NULL, 0, &path, &error), STATUS_OK);
    CHECK_INT(xml_path_select(path, document, NULL, &test_arena, &result, &error), STATUS_OK);
    enum status status = xml_spread_rows(document, result.nodes, result.count, &error);
    struct text text = status ? text_of(error.message) : select_on(document, address, true);
    xml_path_free(path);
    xml_document_free(document);
    return text;
}

/* The cells of each row, joined with " ". */
static struct text rows_of(const char *table)
{
    return spread_at(table, "//tr");
}

TEST("a cell that spans rows is put into each of them, where its column is, and one that spans columns takes "
     "their room")
{
    CHECK_TEXT(
        rows_of(
            "<table><tr><td>1<td>a<td rowspan=2>S<td>x<tr><td>2<td>b<td>y<tr><td>3<td>c<td>T<td>z</table>"),
        TEXT("1 a S x|2 b S y|3 c T z"));
    CHECK_TEXT(rows_of("<table><tr><th rowspan=0>L<td>a<td rowspan=2>S<tr><td>b<tr><td>c<td>T</table>"),
               TEXT("L a S|L b S|L c T"));
    CHECK_TEXT(rows_of("<table><tr><td rowspan=2 colspan=2>A<td>x<tr><td>y</table>"), TEXT("A x|A y"));
    /* so that td[4] is the fourth column; where most rows have wide cells, their own count is what a map goes by */
    CHECK_TEXT(
        spread_at(
            "<table><tr><td>1<td>a<td>b<td>x<tr><td>2<td colspan=2>S<td>y<tr><td>3<td>c<td>d<td>z</table>",
            "//td[4]"),
        TEXT("x|y|z"));
    CHECK_TEXT(
        spread_at(
            "<table><tr><td>1<td colspan=2>a<td>x<tr><td>2<td colspan=2>b<td>y<tr><td>G<td>c<td>T</table>",
            "//td[3]"),
        TEXT("x|y|T"));
    /* not beyond a section, not into a row that has all its cells, not behind a gap */
    CHECK_TEXT(rows_of("<table><tbody><tr><td rowspan=9>A<td>x</tbody><tbody><tr><td>y</tbody></table>"),
               TEXT("A x|y"));
    CHECK_TEXT(rows_of("<table><tr><td rowspan=2>1<td>a<tr><td>2<td>b</table>"), TEXT("1 a|2 b"));
    CHECK_TEXT(rows_of("<table><tr><td>1<td>a<td rowspan=2>S<tr><td>2</table>"), TEXT("1 a S|2"));
}

TEST("cells that span rows do not make a page that has no end")
{
    BUFFER_OWNED struct buffer page = { 0 };
    buffer_string(&page, "<table><tr><td rowspan=65534>");
    for (int i = 0; i < 4000; i++)
        buffer_string(&page, "0123456789");
    buffer_string(&page, "<td>x");
    for (int i = 0; i < 4000; i++)
        buffer_string(&page, "<tr><td>y");
    CHECK_CONTAINS(rows_of(text_string(&test_arena, buffer_view(&page))).bytes, "more than 67108864 bytes");
}

/* ---- threads ---- */

static void *use_path(void *given)
{
    struct xml_path **paths = given;
    struct arena arena = { 0 };
    for (int i = 0; i < 300; i++) {
        struct xml_document *document;
        struct xml_result result;
        if (xml_parse(TEXT(RECORD), false, "utf-8", &document, NULL))
            return NULL;
        for (int p = 0; p < 3; p++)
            if (xml_path_select(paths[p], document, NULL, &arena, &result, NULL) || !result.count)
                return NULL;
        xml_document_free(document);
        (void)xml_parse(TEXT("<a><b></a>"), false, NULL, &document, NULL);
        arena_clear(&arena);
    }
    arena_free(&arena);
    return given;
}

TEST("one compiled XPath serves many threads")
{
    struct xml_path *paths[3];
    const char *const expressions[] = { "//ten", "concat(string(ten), count(buoc[position() = last()]))",
                                        "buoc[contains(ten, 'a')]" };
    pthread_t threads[4];
    for (int i = 0; i < 3; i++)
        CHECK_INT(xml_path_compile(text_of(expressions[i]), NULL, 0, &paths[i], &error), STATUS_OK);
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, use_path, paths);
    for (int i = 0; i < 4; i++) {
        void *done = NULL;
        pthread_join(threads[i], &done);
        CHECK(done == paths);
    }
    for (int i = 0; i < 3; i++)
        xml_path_free(paths[i]);
}
