#include "adapters/xml.h"

#include <pthread.h>
#include <string.h>
#include <sys/resource.h>

#include "adapters/file.h"
#include "core/memory.h"
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
    xml_parse(text_of(bytes), html, "utf-8", &document, &error);
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
    CHECK_INT(xml_node_line(result.nodes[0]), 1);
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

/* ---- the reader ---- */

/* A stream that gives a few bytes at a time. */
struct drip {
    struct text bytes;
    size_t step, at;
};

static enum status drip_read(struct file_stream *stream, void *bytes, size_t length, size_t *got,
                             struct error *unused)
{
    struct drip *drip = stream->own;
    (void)unused;
    size_t left = drip->bytes.length - drip->at;
    *got = length < drip->step ? length : drip->step;
    *got = *got < left ? *got : left;
    memcpy(bytes, drip->bytes.bytes + drip->at, *got);
    drip->at += *got;
    return STATUS_OK;
}

/* All records joined with "|", "(why)" for one set aside, "!" and the message when it stops. */
static struct text read_records(struct text bytes, const char *records, const char *encoding, size_t limit,
                                size_t step)
{
    static const struct xml_namespace namespaces[] = { { "t", "urn:tthc" } };
    struct drip drip = { bytes, step, 0 };
    struct file_stream stream = { .read = drip_read, .name = "list.xml", .own = &drip };
    struct xml_reader *reader;
    struct buffer out = { 0 };
    struct text record;
    long line;
    enum status status =
        xml_reader_open(&stream, text_of(records), namespaces, 1, encoding, limit, &reader, &error);
    if (status)
        buffer_printf(&out, "error: %s", error.message);
    while (!status) {
        status = xml_reader_next(reader, &record, &line, &error);
        if (status == STATUS_OK)
            buffer_printf(&out, "%ld:%.*s|", line, (int)record.length, record.bytes);
        else if (status == STATUS_REJECT) {
            buffer_printf(&out, "(%s)|", error.message);
            status = STATUS_OK;
        } else if (status != STATUS_END)
            buffer_printf(&out, "! %s", error.message);
    }
    xml_reader_close(reader);
    struct text text = text_copy(&test_arena, buffer_view(&out));
    buffer_free(&out);
    return text;
}

#define LIST                                                                                                 \
    "<?xml version='1.0'?>\n<l><i n='1'>Đất &amp; <b/><![CDATA[<x>]]></i>\n<j><i n='2'/></j><k/>\n<i>"    \
    "<i>trong</i></i></l>"

TEST("records are cut out by their path, at any size of the pieces that come")
{
    const size_t steps[] = { 1, 2, 7, 100000 };
    for (int i = 0; i < 4; i++) {
        CHECK_TEXT(read_records(TEXT(LIST), "/l/i", NULL, 1000, steps[i]),
                   TEXT("2:<i n=\"1\">Đất &amp; <b/>&lt;x&gt;</i>|4:<i><i>trong</i></i>|"));
        CHECK_TEXT(read_records(TEXT(LIST), "//i", NULL, 1000, steps[i]),
                   TEXT("2:<i n=\"1\">Đất &amp; <b/>&lt;x&gt;</i>|3:<i n=\"2\"/>|4:<i><i>trong</i></i>|"));
        CHECK_TEXT(read_records(TEXT(LIST), "/l/*[@n]", NULL, 1000, steps[i]),
                   TEXT("2:<i n=\"1\">Đất &amp; <b/>&lt;x&gt;</i>|"));
        CHECK_TEXT(read_records(TEXT(LIST), "/l//i[@n = '2']", NULL, 1000, steps[i]),
                   TEXT("3:<i n=\"2\"/>|"));
    }
    CHECK_TEXT(read_records(TEXT("<a>\r\n\t<b c='1&#10;2&quot;'>&#13;</b></a>"), "", NULL, 1000, 100),
               TEXT("1:<a>\n\t<b c=\"1&#10;2&quot;\">&#13;</b></a>|"));
    CHECK_TEXT(read_records(TEXT(LIST), "/x/y", NULL, 1000, 100), TEXT(""));
    for (size_t step = 1; step < 60; step++)
        CHECK_TEXT(read_records(TEXT("<a>\r\n<![CDATA[\r\nb\r\n\r\rc\r]]><b/><![CDATA[\n]]></a>"), "/a", NULL,
                                1000, step),
                   TEXT("1:<a>\n\nb\n\n\nc\n<b/>\n</a>|"));
    CHECK_TEXT(read_records(TEXT("<a><!--x--><b><!-- c --><?p q?></b></a>"), "a/b", NULL, 1000, 100),
               TEXT("1:<b><!-- c --><?p q?></b>|"));
}

TEST("a record takes along the namespaces that it needs and no others")
{
    struct text bytes = TEXT("<x:l xmlns:x='urn:tthc' xmlns='urn:d' xmlns:z='urn:z' xml:lang='vi'>"
                             "<x:i z:a='1' xml:lang='vi'><b><c xmlns=''/></b><x:d/></x:i><i/></x:l>");
    CHECK_TEXT(
        read_records(bytes, "/t:l/t:i", NULL, 1000, 10),
        TEXT("1:<x:i xmlns:x=\"urn:tthc\" xmlns:z=\"urn:z\" z:a=\"1\" xml:lang=\"vi\"><b xmlns=\"urn:d\">"
             "<c xmlns=\"\"/></b><x:d/></x:i>|"));
    CHECK_TEXT(read_records(bytes, "/*/i", NULL, 1000, 10), TEXT(""));
    CHECK_TEXT(read_records(bytes, "/t:*/*", NULL, 1000, 10).length ? TEXT("some") : TEXT("none"),
               TEXT("some"));
    CHECK_TEXT(read_records(TEXT("<a><p:b>x</p:b></a>"), "/a/*", NULL, 1000, 10), TEXT("1:<p:b>x</p:b>|"));
}

TEST("a record beyond the limit is set aside and the next one is read")
{
    CHECK_TEXT(
        read_records(TEXT("<l><i>123456789</i>\n<i>12345678901234567890</i><i>1</i></l>"), "/l/i", NULL, 20,
                     3),
        TEXT("1:<i>123456789</i>|(list.xml, line 2: the record has more than 20 bytes and is set aside; look "
             "whether `records` names the right element)|2:<i>1</i>|"));
}

TEST("a document that breaks gives what came before, then stops with line and column")
{
    struct text out = read_records(TEXT("<l>\n<i>1</i>\n<i>2</i>\n<i>3"), "/l/i", NULL, 100, 1000);
    CHECK_CONTAINS(out.bytes, "2:<i>1</i>|3:<i>2</i>|! the XML is broken: list.xml, line 4, column");
    CHECK_CONTAINS(read_records(TEXT("<l><i>1</i><i>\xff</i></l>"), "/l/i", NULL, 100, 1000).bytes,
                   "1:<i>1</i>|! the XML is broken: list.xml, line 1, column 15: Input is not proper UTF-8");
    CHECK_CONTAINS(
        read_records(TEXT("<l><i><![CDATA[\xf0\x82\x82\x82]]></i></l>"), "/l/i", NULL, 100, 1000).bytes,
        "! the XML is broken: list.xml, line 1, column 16: Input is not proper UTF-8");
    CHECK_CONTAINS(read_records(TEXT(""), "/l/i", NULL, 100, 1000).bytes, "the document is empty");
    CHECK_CONTAINS(read_records(TEXT("{\"a\": 1}"), "/l/i", NULL, 100, 1000).bytes, "there is no XML here");
    struct buffer endless = { 0 };
    buffer_string(&endless, "<l><i>1</i><!-- ");
    while (endless.length < 12000000)
        buffer_string(&endless, "no end ");
    CHECK_CONTAINS(
        read_records(buffer_view(&endless), "/l/i", NULL, 100, 65536).bytes,
        "1:<i>1</i>|! the XML is broken: list.xml, line 1, column 12: a comment, value or CDATA section has "
        "more than 10,000,000 bytes, or does not end");
    buffer_free(&endless);
    CHECK_CONTAINS(read_records(TEXT("<l><i>1</i></l><l/>"), "/l/i", NULL, 100, 1000).bytes, "Extra content");
}

TEST("the reader expands no entity and nests no deeper than its ceiling")
{
    const char *bomb = "<!DOCTYPE l [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;'>]><l><i>&b;</i></l>";
    for (size_t step = 1; step < 200; step *= 3)
        CHECK_CONTAINS(read_records(text_of(bomb), "/l/i", NULL, 100, step).bytes,
                       "! the XML is broken: list.xml, line 1, column");
    CHECK_CONTAINS(read_records(text_of(bomb), "/l/i", NULL, 100, 100).bytes,
                   "the DOCTYPE declares entities");
    CHECK_CONTAINS(read_records(TEXT("<!DOCTYPE l [<!ENTITY x SYSTEM '/etc/passwd'>]><l><i>&x;</i></l>"),
                                "/l/i", NULL, 100, 100)
                       .bytes,
                   "the DOCTYPE declares entities");
    CHECK_CONTAINS(
        read_records(TEXT("<!DOCTYPE l [<!ATTLIST i a CDATA 'x'>]><l><i/></l>"), "/l/i", NULL, 100, 100)
            .bytes,
        "declares default values");
    CHECK_CONTAINS(
        read_records(TEXT("<!DOCTYPE l SYSTEM 'l.dtd'><l><i a='&nbsp;'/></l>"), "/l/i", NULL, 100, 100).bytes,
        "&nbsp; is an entity that is not declared here");
    CHECK_TEXT(read_records(TEXT("<!DOCTYPE l SYSTEM 'l.dtd' [<!ELEMENT l ANY>]><l><i/></l>"), "/l/i", NULL,
                            100, 100),
               TEXT("1:<i/>|"));
    struct buffer bytes = { 0 };
    for (int i = 0; i < 100000; i++)
        buffer_string(&bytes, "<a>");
    CHECK_CONTAINS(read_records(buffer_view(&bytes), "//x", NULL, 100, 1000).bytes,
                   "elements stand more than 256 deep");
    buffer_free(&bytes);
}

TEST("a path that cannot be tested while reading is told")
{
    CHECK_CONTAINS(read_records(TEXT("<a/>"), "/a[1]/b", NULL, 9, 9).bytes,
                   "records: /a[1]/b: at byte 2: positions and neighbours");
    CHECK_CONTAINS(read_records(TEXT("<a/>"), "/a[@x]/b", NULL, 9, 9).bytes, "behind the last step only");
    CHECK_CONTAINS(read_records(TEXT("<a/>"), "/a/b[position() < 3]", NULL, 9, 9).bytes,
                   "positions and neighbours");
    CHECK_CONTAINS(read_records(TEXT("<a/>"), "/a/q:b", NULL, 9, 9).bytes, "the prefix is not declared");
    CHECK_CONTAINS(read_records(TEXT("<a/>"), "/a/descendant::b", NULL, 9, 9).bytes, "axes and functions");
    CHECK_CONTAINS(read_records(TEXT("<a/>"), "/a | /b", NULL, 9, 9).bytes, "cannot be tested while reading");
    CHECK_CONTAINS(read_records(TEXT("<a/>"), "/a/", NULL, 9, 9).bytes, "the name of an element is missing");
    CHECK_CONTAINS(read_records(TEXT("<a/>"), "/a[x", NULL, 9, 9).bytes, "the bracket does not end");
    CHECK_CONTAINS(read_records(TEXT("<a/>"), "/a[x(]", NULL, 9, 9).bytes, "there is no function x()");
    CHECK_CONTAINS(read_records(TEXT("<a/>"), "/a", "vni", 9, 9).bytes,
                   "a text in vni has to be decoded first");
}

TEST("wide text is read with and without a mark, declared or named, in small pieces")
{
    struct buffer bytes = { 0 };
    const char *start_ = "<?xml version='1.0' encoding='UTF-16'?><l><i>", *end_ = "</i></l>";
    buffer_put(&bytes, "\xff\xfe", 2);
    for (const char *at = start_; *at; at++)
        buffer_put(&bytes, (char[]){ *at, 0 }, 2);
    for (int i = 0; i < 500; i++)
        buffer_put(&bytes, "\x10\x01", 2);
    for (const char *at = end_; *at; at++)
        buffer_put(&bytes, (char[]){ *at, 0 }, 2);
    struct text all = buffer_view(&bytes);
    const size_t steps[] = { 1, 3, 100000 };
    for (int i = 0; i < 3; i++) {
        CHECK_INT(read_records(all, "/l/i", NULL, 5000, steps[i]).length, 2 + 7 + 1000 + 1);
        CHECK_INT(read_records(all, "/l/i", "utf-16", 5000, steps[i]).length, 2 + 7 + 1000 + 1);
        CHECK_INT(read_records(text_slice(all, 2, all.length), "/l/i", "utf-16", 5000, steps[i]).length,
                  2 + 7 + 1000 + 1);
    }
    buffer_free(&bytes);
    CHECK_TEXT(read_records(TEXT("\xef\xbb\xbf<l><i>Đ</i></l>"), "/l/i", NULL, 99, 99), TEXT("1:<i>Đ</i>|"));
    CHECK_TEXT(read_records(TEXT("\xef\xbb\xbf<l><i>Đ</i></l>"), "/l/i", "utf-8", 99, 2),
               TEXT("1:<i>Đ</i>|"));
    CHECK_TEXT(read_records(TEXT("<?xml version='1.0' encoding='windows-1258'?><l><i>Đ</i></l>"), "/l/i",
                            "utf-8", 99, 99),
               TEXT("1:<i>Đ</i>|"));
}

/* Gives <i>…</i> for as long as is asked. */
static enum status endless_read(struct file_stream *stream, void *bytes, size_t length, size_t *got,
                                struct error *unused)
{
    long *left = stream->own;
    (void)unused;
    *got = 0;
    if ((*left)-- > 0)
        for (char *at = bytes; *got + 40 <= length; *got += 40)
            memcpy(at + *got, "<i><ma>1.000001</ma><ten>Tên X</ten></i>", 40);
    return STATUS_OK;
}

TEST("memory does not grow with the document, nor with an element that has no end")
{
    long left = 600;
    struct file_stream stream = { .read = endless_read, .name = "endless.xml", .own = &left };
    const char *const paths[] = { "//i", "//ma", "/i" };
    struct rusage before, after;
    getrusage(RUSAGE_SELF, &before);
    for (int i = 0; i < 3; i++) {
        struct xml_reader *reader;
        struct text record;
        long line;
        left = 600;
        CHECK_INT(xml_reader_open(&stream, text_of(paths[i]), NULL, 0, NULL, 1000, &reader, &error),
                  STATUS_OK);
        while (!xml_reader_next(reader, &record, &line, &error))
            ;
        xml_reader_close(reader);
    }
    getrusage(RUSAGE_SELF, &after);
    CHECK(after.ru_maxrss - before.ru_maxrss < 16 * 1024);
}

/* ---- events ---- */

static struct text events_of(struct text bytes, size_t step)
{
    struct drip drip = { bytes, step, 0 };
    struct file_stream stream = { .read = drip_read, .name = "part.xml", .own = &drip };
    struct xml_events *events;
    const struct xml_event *event;
    struct buffer out = { 0 };
    CHECK_INT(xml_events_open(&stream, &events, &error), STATUS_OK);
    enum status status;
    while (!(status = xml_events_next(events, &event, &error)))
        if (event->kind == XML_EVENT_START) {
            buffer_printf(&out, "<%s", event->name);
            for (size_t i = 0; i < event->count; i++)
                buffer_printf(&out, " %s=%.*s", event->attributes[i].name,
                              TEXT_ARG(event->attributes[i].value));
            buffer_printf(&out, " %u>", event->depth);
        } else if (event->kind == XML_EVENT_END)
            buffer_printf(&out, "</%s %u>", event->name, event->depth);
        else
            buffer_text(&out, event->text);
    if (status != STATUS_END)
        buffer_printf(&out, "! %s", error.message);
    xml_events_close(events);
    struct text text = text_copy(&test_arena, buffer_view(&out));
    buffer_free(&out);
    return text;
}

TEST("a document can be read event by event")
{
    for (size_t step = 1; step < 200; step *= 5)
        CHECK_TEXT(events_of(TEXT("<x:a xmlns:x='u' b='1&amp;2' x:b='3'><c>Đất &lt; <![CDATA[&]]></c><!-- no "
                                  "--><d/></x:a>"),
                             step),
                   TEXT("<a b=1&2 b=3 1><c 2>Đất < &</c 2><d 2></d 2></a 1>"));
    CHECK_CONTAINS(events_of(TEXT("<a><![CDATA[\xc0\x80]]></a>"), 100).bytes, "not proper UTF-8");
    CHECK_CONTAINS(events_of(TEXT("<a><b></a>"), 100).bytes,
                   "<a 1><b 2>! the XML is broken: part.xml, line 1");
    CHECK_CONTAINS(events_of(TEXT("<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>"), 100).bytes,
                   "a DOCTYPE has no place in this kind of file");
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
        xml_parse(TEXT("<a><b></a>"), false, NULL, &document, NULL);
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
