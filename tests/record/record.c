#include "record/record.h"

#include <stdio.h>

#include "record/encoding.h"
#include "tests/support/encoding_writer.h"
#include "tests/support/test.h"

static struct error error;
static struct record record;

/* The texts that an address finds in a record, a bar behind each; or the error. */
static const char *select_in(const struct record_format *format, struct text bytes, struct text context,
                             const char *at)
{
    struct record_address *address;
    struct record_items items, opened;
    struct buffer out = { 0 };
    xml_start();
    if (record_address_compile(&test_arena, format, text_of(at), &address, &error) ||
        record_open(&test_arena, format, bytes, context, &record, &error))
        return error.message;
    if (record_select(&record, &record.root, address, &test_arena, &items, &error))
        return error.message;
    record_items_open(&test_arena, &items, &opened);
    for (size_t i = 0; i < opened.count; i++) {
        struct text text = TEXT_NONE;
        if (record_item_text(&record, &opened.items[i], &test_arena, &text, NULL, &error))
            buffer_printf(&out, "(%s)", error.message);
        buffer_text(&out, text);
        buffer_char(&out, '|');
    }
    if (items.unknown)
        buffer_string(&out, "unknown");
    record_address_free(address);
    record_close(&record);
    const char *text = text_string(&test_arena, buffer_view(&out));
    buffer_free(&out);
    return text;
}

static const char *json(const char *text, const char *at)
{
    struct record_format format = { .shape = RECORD_JSON };
    return select_in(&format, text_of(text), TEXT_NONE, at);
}

TEST("a JSON Pointer finds texts, numbers as written, truths, and the items of a list")
{
    const char *text =
        "{\"a\":\"x\",\"n\":1.50,\"t\":true,\"l\":[1,null,\"b\"],\"o\":{\"k/e\":\"y\"},\"z\":null}";
    CHECK_STRING(json(text, "/a"), "x|");
    CHECK_STRING(json(text, "/n"), "1.50|");
    CHECK_STRING(json(text, "/t"), "true|");
    CHECK_STRING(json(text, "/l"), "1|b|");
    CHECK_STRING(json(text, "/o/k~1e"), "y|");
    CHECK_STRING(json(text, "/z"), "");
    CHECK_STRING(json(text, "/none/at/all"), "");
    CHECK_STRING(json("{\"e\":{}}", "/e"), "");
    CHECK_STRING(json("{\"e\":[]}", "/e"), "");
    CHECK_STRING(json("{\"e\":[{},[],\"a\",null]}", "/e"), "a|");
    CHECK_CONTAINS(json(text, "/o"), "the value is an object, not a text");
    CHECK_CONTAINS(json("[[1]]", "/0"), "1|");
    CHECK_STRING(json("\"t\"", "."), "t|");
    CHECK_CONTAINS(json(text, "a"), "\"a\" is no JSON Pointer: it starts with \"/\"");
}

TEST("a record that is no JSON or no UTF-8 is refused with its place")
{
    CHECK_CONTAINS(json("{\"a\":}", "/a"), "line 1, column 6");
    CHECK_CONTAINS(json("{\"a\":\"\xe1\xbb\"}", "/a"), "byte 6 (0xE1) is not UTF-8");
}

static const char *csv(const char *row, const char *context, const char *at)
{
    struct record_format format = { .shape = RECORD_CSV };
    return select_in(&format, text_of(row), text_of(context), at);
}

TEST("a column is addressed by its heading, whatever its case, blanks or way of writing the tone")
{
    const char *context = "{\"header\":[\"Mã số\",\"Hòa\\n giải\",\"x\",\"x\",\"\"],\"separator\":\";\"}";
    CHECK_STRING(csv("1;2;3;4;5", context, "Mã số"), "1|");
    CHECK_STRING(csv("1;2;3;4;5", context, "mã  SỐ"), "1|");
    CHECK_STRING(csv("1;2;3;4;5", context, "hoà giải"), "2|");
    CHECK_STRING(csv("1;2;3;4;5", context, "x"), "3|");
    CHECK_STRING(csv("1;2;3;4;5", context, "x (2)"), "4|");
    CHECK_STRING(csv("1;2;3;4;5", context, "Tên"), "unknown");
}

TEST("a row with too many or too few cells is refused, empty ones at its end are nothing")
{
    const char *context = "{\"header\":[\"a\",\"b\"],\"separator\":\",\"}";
    CHECK_STRING(csv("1,2,,", context, "b"), "2|");
    CHECK_CONTAINS(csv("1,2,3", context, "b"), "the row has 3 cells, the heading 2");
    CHECK_CONTAINS(csv("1", context, "b"), "the row has 1 cells, the heading 2");
    CHECK_CONTAINS(csv("1,2", "{}", "b"), "the table has no heading");
    CHECK_CONTAINS(csv("1,2", "[", "b"), "heading: ");
}

TEST("a row of a workbook or a query may be shorter than its heading")
{
    struct record_format format = { .shape = RECORD_TABLE };
    CHECK_STRING(select_in(&format, TEXT("[\"1\",null]"), TEXT("[\"a\",\"b\",\"c\"]"), "c"), "|");
    CHECK_STRING(select_in(&format, TEXT("[\"1\",\"2\"]"), TEXT("[\"a\",\"b\",\"c\"]"), "b"), "2|");
    CHECK_CONTAINS(select_in(&format, TEXT("[\"1\",\"2\"]"), TEXT("[\"a\"]"), "a"), "the row has 2 cells");
}

TEST("a cell that holds an error, a formula without its result, or what was merged with a row set aside is "
     "no text")
{
    struct record_format format = { .shape = RECORD_TABLE };
    struct text row = TEXT("[1.50,{\"error\":\"#REF!\"},{\"error\":\"\"},{\"merged\":\"7\"}]"),
                headings = TEXT("[\"a\",\"b\",\"c\",\"d\"]");
    CHECK_STRING(select_in(&format, row, headings, "a"), "1.50|");
    CHECK_STRING(select_in(&format, row, headings, "b"),
                 "(the cell under \"b\" holds the error #REF! of its formula)|");
    CHECK_CONTAINS(select_in(&format, row, headings, "."), "the value is an object, not a text");
    CHECK_CONTAINS(select_in(&format, row, headings, "c"),
                   "the cell under \"c\" holds a formula without its result");
    CHECK_STRING(select_in(&format, row, headings, "d"),
                 "(the cell under \"d\" is merged with row 7, which is set aside: mend that one)|");
}

TEST("XPath finds nodes and texts, in a record's own document and from its root")
{
    struct xml_namespace spaces[] = { { "p", "urn:p" } };
    struct record_format format = { .shape = RECORD_XML, .namespaces = spaces, .namespace_count = 1 };
    struct text xml = TEXT("<p:t xmlns:p='urn:p'><p:a>1</p:a><p:a>2</p:a><b x='y'/></p:t>");
    CHECK_STRING(select_in(&format, xml, TEXT_NONE, "p:a"), "1|2|");
    CHECK_STRING(select_in(&format, xml, TEXT_NONE, "/p:t/p:a[2]"), "2|");
    CHECK_STRING(select_in(&format, xml, TEXT_NONE, "b/@x"), "y|");
    CHECK_STRING(select_in(&format, xml, TEXT_NONE, "count(p:a)"), "2|");
    CHECK_STRING(select_in(&format, xml, TEXT_NONE, "none"), "");
    CHECK_CONTAINS(select_in(&format, xml, TEXT_NONE, "q:a"), "q");
}

TEST("an element of a page is addressed from itself, a page from its root")
{
    struct record_format format = { .shape = RECORD_HTML };
    struct text page = TEXT("<html><body><h1>A</h1><li>x<br>y</li></body></html>");
    CHECK_STRING(select_in(&format, page, TEXT_NONE, "body/h1"), "A|");
    CHECK_STRING(select_in(&format, page, TEXT_NONE, "//li"), "x\ny|");
    struct text element = TEXT(RECORD_HTML_ELEMENT);
    CHECK_STRING(select_in(&format, TEXT("<tr><td>a</td><td>b</td></tr>"), element, "td[2]"), "b|");
    CHECK_STRING(select_in(&format, TEXT("<li>x</li>"), element, "."), "x|");
    CHECK_STRING(select_in(&format, TEXT("<div><p>x</p></div>"), element, "p"), "x|");
}

/* ---- old encodings ---- */

static const char phrase[] = "Cấp giấy phép xây dựng nhà ở riêng lẻ tại đô thị";

static struct text encoded(enum encoding encoding, const char *utf8)
{
    struct text bytes = TEXT_NONE;
    CHECK(encoding_written(&test_arena, encoding, text_of(utf8), &bytes));
    return bytes;
}

static struct text wide(struct text bytes)
{
    struct buffer out = { 0 };
    for (size_t i = 0; i < bytes.length; i++) {
        unsigned char byte = (unsigned char)bytes.bytes[i];
        if (byte >= 0x80)
            buffer_char(&out, (char)(0xc0 | byte >> 6));
        buffer_char(&out, byte >= 0x80 ? (char)(0x80 | (byte & 0x3f)) : (char)byte);
    }
    struct text text = text_copy(&test_arena, buffer_view(&out));
    buffer_free(&out);
    return text;
}

TEST("a record in an old encoding is decoded, whether it is named or found")
{
    static const enum encoding all[] = { ENCODING_TCVN3, ENCODING_VNI, ENCODING_VISCII, ENCODING_VPS,
                                         ENCODING_CP1258 };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct text bytes = encoded(all[i], phrase);
        struct text object = text_format(&test_arena, "{\"ten\":\"%.*s\"}", TEXT_ARG(bytes));
        struct record_format named = { .shape = RECORD_JSON, .encoding = encoding_name(all[i]) };
        struct record_format found = { .shape = RECORD_JSON, .encoding = "auto" };
        const char *expected = text_format(&test_arena, "%s|", phrase).bytes;
        CHECK_STRING(select_in(&named, object, TEXT_NONE, "/ten"), expected);
        CHECK_STRING(select_in(&found, object, TEXT_NONE, "/ten"), expected);
    }
}

TEST("texts typed in an old font inside a Unicode record are decoded, others stay")
{
    struct text typed = wide(encoded(ENCODING_TCVN3, phrase));
    const char *expected = text_format(&test_arena, "%s|", phrase).bytes;
    struct text object = text_format(&test_arena, "{\"a\":\"%.*s\",\"b\":\"abc\"}", TEXT_ARG(typed));
    struct record_format named = { .shape = RECORD_JSON, .encoding = "tcvn3" };
    struct record_format found = { .shape = RECORD_JSON, .encoding = "auto" };
    CHECK_STRING(select_in(&named, object, TEXT_NONE, "/a"), expected);
    CHECK_STRING(select_in(&found, object, TEXT_NONE, "/a"), expected);
    CHECK_STRING(select_in(&found, object, TEXT_NONE, "/b"), "abc|");
    struct text plain = text_format(&test_arena, "{\"a\":\"%s\"}", phrase);
    CHECK_STRING(select_in(&found, plain, TEXT_NONE, "/a"), expected);
    struct record_format none = { .shape = RECORD_JSON };
    CHECK_STRING(select_in(&none, object, TEXT_NONE, "/a"),
                 text_format(&test_arena, "%.*s|", TEXT_ARG(typed)).bytes);
}

TEST("VIQR is decoded text by text, so that the marks of JSON stay its own")
{
    struct record_format format = { .shape = RECORD_JSON, .encoding = "viqr" };
    CHECK_STRING(select_in(&format, TEXT("{\"ten\":\"Thu? tu.c \\\"ca^'p\\\"\"}"), TEXT_NONE, "/ten"),
                 "Thủ tục \"cấp\"|");
}

TEST("UTF-16 was made UTF-8 before: such a record is read as it is")
{
    struct record_format format = { .shape = RECORD_JSON, .encoding = "utf-16" };
    CHECK_STRING(select_in(&format, TEXT("{\"a\":\"ñ\"}"), TEXT_NONE, "/a"), "ñ|");
}

TEST("a document inside a text is opened in its own shape")
{
    struct record_format outer = { .shape = RECORD_CSV, .encoding = "tcvn3" };
    struct record inner;
    CHECK_INT(record_item_parse(&test_arena, RECORD_JSON, &outer, TEXT("[{\"a\":1}]"), &inner, &error),
              STATUS_OK);
    CHECK_INT(inner.root.value->count, 1);
    record_close(&inner);
    CHECK_INT(record_item_parse(&test_arena, RECORD_XML, &outer, TEXT("<a>x</a>"), &inner, &error),
              STATUS_OK);
    CHECK_TEXT(xml_node_text(&test_arena, inner.root.node, false), TEXT("x"));
    record_close(&inner);
    CHECK_INT(record_item_parse(&test_arena, RECORD_JSON, &outer, TEXT("[{"), &inner, &error), STATUS_REJECT);
}
