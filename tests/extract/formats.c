/* Each format from a file to its records: what is staged, where it says it stands, and that the map can
 * address it. */
#include "record/encoding.h"
#include "tests/extract/nightly.h"
#include "tests/support/encoding_writer.h"
#include "tests/support/workbook.h"

#define BYTES                                                                                                \
    "SELECT group_concat(b, '|') FROM (SELECT CAST(p.bytes AS TEXT) AS b FROM record r JOIN payload p ON "   \
    "p.id = r.payload ORDER BY r.id)"
#define CONTEXT "SELECT CAST(bytes AS TEXT) FROM payload WHERE id = (SELECT max(context) FROM record)"

static const char *source(const char *rest)
{
    return text_format(&test_arena, "- { name: s, fetch: { file: doc }, %s }\n", rest).bytes;
}

/* The text at an address of the first record of a source, as transform will see it. */
static const char *address(const char *folder, const char *yaml, const char *at)
{
    struct setting_context context;
    size_t count;
    struct text bytes, shared, text = TEXT_NONE;
    char locator[600];
    struct record record;
    struct record_address *compiled;
    struct record_items items;
    struct source *sources = read_sources(&context, yaml, &count);
    if (!CHECK(sources))
        return "";
    struct extract_request request = request_of(&context, sources, count, folder);
    if (!CHECK_INT(extract_first(&request, sources, &test_arena, &bytes, &shared, locator, &error),
                   STATUS_OK) ||
        !CHECK_INT(record_address_compile(&test_arena, &sources->record, text_of(at), &compiled, &error),
                   STATUS_OK) ||
        !CHECK_INT(record_open(&test_arena, &sources->record, bytes, shared, &record, &error), STATUS_OK))
        return error.message;
    CHECK_INT(record_select(&record, &record.root, compiled, &test_arena, &items, &error), STATUS_OK);
    if (items.count &&
        CHECK_INT(record_item_text(&record, &items.items[0], &test_arena, &text, NULL, &error), STATUS_OK))
        text = text_copy(&test_arena, text);
    record_address_free(compiled);
    record_close(&record);
    return text_string(&test_arena, text);
}

/* ---- XML ---- */

TEST("elements of a SOAP answer are records, with the namespaces they need and the line they began on")
{
    const char *folder = begin_nights();
    put_file(folder, "doc",
             TEXT("<?xml version='1.0'?>\n<s:Envelope xmlns:s='urn:soap'>\n<s:Body><r xmlns='urn:p'>\n"
                  "<tt><ma>1.000001</ma><ct>{\"a\":1}</ct></tt>\n<tt><ma>1.000002</ma></tt>\n</r></s:Body></"
                  "s:Envelope>"));
    const char *yaml =
        source("format: xml, records: '/s:Envelope/s:Body/p:r/p:tt', key: 'p:ma', namespaces: { s: "
               "'urn:soap', p: 'urn:p' }, map: {}");
    CHECK_INT(night(folder, yaml), STATUS_OK);
    CHECK(result->whole);
    CHECK_TEXT(stored(KEYS), TEXT("1.000001 1.000002"));
    CHECK_TEXT(stored(LOCATORS), TEXT("doc:4 doc:5"));
    CHECK_STRING(address(folder, yaml, "p:ct"), "{\"a\":1}");
    end_nights();
}

TEST("a whole XML document is one record, and a broken one keeps what came before the fault")
{
    const char *folder = begin_nights();
    put_file(folder, "doc", TEXT("<tt><ma>7</ma></tt>"));
    CHECK_INT(night(folder, source("format: xml, key: ma, map: {}")), STATUS_OK);
    CHECK_TEXT(stored(KEYS), TEXT("7"));
    CHECK_TEXT(stored(LOCATORS), TEXT("doc"));
    put_file(folder, "doc", TEXT("<l><tt><ma>8</ma></tt><tt><ma>9</m></tt></l>"));
    CHECK_INT(night(folder, source("format: xml, records: /l/tt, key: ma, map: {}")), STATUS_OK);
    CHECK(!result->whole);
    CHECK_CONTAINS(result->why, "line 1");
    CHECK_TEXT(stored(KEYS), TEXT("7 8"));
    end_nights();
}

TEST("a document with two roots is broken: nothing of it is a record")
{
    const char *folder = begin_nights();
    const char *yaml = source("format: xml, key: ma, map: {}");
    put_file(folder, "doc", TEXT("<tt><ma>1</ma></tt>\n<tt><ma>2</ma></tt>"));
    CHECK_INT(night(folder, yaml), STATUS_OK);
    CHECK_CONTAINS(stored(FAULTS).bytes, "Extra content");
    put_file(folder, "doc", TEXT("<tt><ma>1</ma></tt>\n<!-- end -->\n<?end?>\n"));
    CHECK_INT(night(folder, yaml), STATUS_OK);
    CHECK_TEXT(stored("SELECT CAST(sum(fault IS NULL) AS TEXT) FROM record"), TEXT("1"));
    end_nights();
}

TEST("external entities and a billion laughs are refused and nothing of them is staged")
{
    const char *folder = begin_nights();
    const char *yaml = source("format: xml, records: /l/tt, key: ma, map: {}");
    put_file(folder, "doc",
             TEXT("<!DOCTYPE l [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><l><tt><ma>&x;</ma></tt></l>"));
    CHECK_INT(night(folder, yaml), STATUS_OK);
    CHECK(!result->whole);
    put_file(folder, "doc",
             TEXT("<!DOCTYPE l [<!ENTITY a 'haha'><!ENTITY b '&a;&a;&a;'>]><l><tt><ma>&b;</ma></tt></l>"));
    CHECK_INT(night(folder, yaml), STATUS_OK);
    CHECK(!result->whole);
    CHECK_TEXT(stored("SELECT count(*) FROM record WHERE fault IS NULL"), TEXT("0"));
    end_nights();
}

static struct text typed(enum encoding encoding, const char *utf8)
{
    struct text bytes = TEXT_NONE;
    CHECK(encoding_written(&test_arena, encoding, text_of(utf8), &bytes));
    return bytes;
}

static const char phrase[] = "Thủ tục đăng ký khai sinh được thực hiện tại Ủy ban nhân dân cấp xã";

TEST("XML and HTML in an old encoding are cut as they are and decoded text by text")
{
    const char *folder = begin_nights();
    struct text bytes = typed(ENCODING_VISCII, phrase);
    struct text xml = text_format(&test_arena, "<l><tt><ma>1</ma><ten>%.*s</ten></tt></l>", TEXT_ARG(bytes));
    struct text html =
        text_format(&test_arena, "<html><body><p id=a>%.*s</p><p id=b>x</p></body></html>", TEXT_ARG(bytes));
    put_file(folder, "doc", xml);
    for (int i = 0; i < 2; i++) {
        const char *encoding = i ? "auto" : "viscii";
        const char *yaml = source(
            text_format(&test_arena, "format: xml, records: /l/tt, key: ma, encoding: %s, map: {}", encoding)
                .bytes);
        CHECK_STRING(address(folder, yaml, "ten"), phrase);
    }
    put_file(folder, "doc", html);
    for (int i = 0; i < 2; i++) {
        const char *encoding = i ? "auto" : "viscii";
        CHECK_STRING(
            address(folder,
                    source(text_format(&test_arena, "format: html, encoding: %s, map: {}", encoding).bytes),
                    "//p[1]"),
            phrase);
        CHECK_STRING(
            address(
                folder,
                source(text_format(&test_arena,
                                   "format: html, records: //p, key: '@id', encoding: %s, map: {}", encoding)
                           .bytes),
                "."),
            phrase);
    }
    end_nights();
}

/* ---- HTML ---- */

TEST("a page is one record under its name; elements of it are records that begin at themselves")
{
    const char *folder = begin_nights();
    put_file(folder, "doc",
             TEXT("<!doctype html><title>T</title><table><tr><th>Mã<th>Tên</tr>\r\n<tr><td>1.000001<td>Một "
                  "<b>hai</b>"
                  "<br>ba</tr><tr><td>1.000002<td>&lt;c&gt;</tr></table>"));
    CHECK_INT(night(folder, source("format: html, map: {}")), STATUS_OK);
    CHECK_TEXT(stored(KEYS), TEXT("doc"));
    const char *yaml = source("format: html, records: '//tr[td]', key: 'td[1]', map: {}");
    CHECK_INT(night(folder, yaml), STATUS_OK);
    CHECK_TEXT(stored(KEYS), TEXT("1.000001 1.000002"));
    CHECK_TEXT(stored(LOCATORS), TEXT("doc#1 doc#2"));
    CHECK_TEXT(stored(CONTEXT), TEXT("{\"element\":true}"));
    CHECK_STRING(address(folder, yaml, "td[2]"), "Một hai\nba");
    CHECK_STRING(address(folder, yaml, "."), "1.000001 Một hai\nba");
    CHECK_INT(night(folder, source("format: html, records: 'string(//td)', key: ., map: {}")), STATUS_OK);
    CHECK(!result->whole);
    CHECK_CONTAINS(result->why, "must find elements of the page");
    end_nights();
}

TEST("UTF-16 pages, lists and tables are read like others")
{
    const char *folder = begin_nights();
    put_file(folder, "doc", typed(ENCODING_UTF16LE, "\xef\xbb\xbfMã;Tên\r\n1;Một\r\n2;\"a\nb\"\r\n"));
    CHECK_INT(night(folder, source("format: csv, encoding: utf-16, key: Mã, map: {}")), STATUS_OK);
    CHECK_TEXT(stored(BYTES), TEXT("1;Một|2;\"a\nb\""));
    CHECK_STRING(address(folder, source("format: csv, encoding: utf-16, key: Mã, map: {}"), "tên"), "Một");
    struct text cut = typed(ENCODING_UTF16LE, "\xef\xbb\xbfMã;Tên\r\n3;Ba\r\n4;Bốn\r\n");
    put_file(folder, "doc", text_slice(cut, 0, cut.length - 1));
    CHECK_INT(night(folder, source("format: csv, encoding: utf-16, key: Mã, map: {}")), STATUS_OK);
    CHECK_CONTAINS(result->why, "ends in the middle of a UTF-16 character");
    CHECK_CONTAINS(stored(BYTES).bytes, "3;Ba"); /* what came before the cut is not lost */
    CHECK(!result->whole);
    put_file(folder, "doc", typed(ENCODING_UTF16BE, "<p>Đơn</p>"));
    CHECK_STRING(address(folder, source("format: html, encoding: utf-16be, map: {}"), "//p"), "Đơn");
    put_file(folder, "doc", typed(ENCODING_UTF16BE, "[{\"a\":\"Đơn\"}]"));
    CHECK_STRING(address(folder, source("format: json, encoding: utf-16be, key: /a, map: {}"), "/a"), "Đơn");
    end_nights();
}

TEST("auto sees UTF-16 without a byte order mark, and a mark counts more than what XML declares")
{
    static const enum encoding orders[] = { ENCODING_UTF16LE, ENCODING_UTF16BE };
    const char *folder = begin_nights();
    const char *xml = source("format: xml, records: /l/tt, key: ma, encoding: auto, map: {}");
    for (int i = 0; i < 2; i++) {
        put_file(folder, "doc", typed(orders[i], "Mã;Tên\r\n1;Thủ tục\r\n"));
        CHECK_STRING(address(folder, source("format: csv, encoding: auto, key: Mã, map: {}"), "Tên"),
                     "Thủ tục");
        put_file(folder, "doc", typed(orders[i], "[{\"a\":\"Thủ tục\"}]"));
        CHECK_STRING(address(folder, source("format: json, encoding: auto, key: /a, map: {}"), "/a"),
                     "Thủ tục");
        put_file(folder, "doc", typed(orders[i], "<p>Thủ tục</p>"));
        CHECK_STRING(address(folder, source("format: html, encoding: auto, map: {}"), "//p"), "Thủ tục");
        put_file(folder, "doc", typed(orders[i], "<l><tt><ma>1</ma><ten>Thủ tục</ten></tt></l>"));
        CHECK_STRING(address(folder, xml, "ten"), "Thủ tục");
        put_file(folder, "doc",
                 typed(orders[i], "\xef\xbb\xbf<?xml version='1.0' encoding='ISO-8859-1'?>"
                                  "<l><tt><ma>1</ma><ten>Thủ tục</ten></tt></l>"));
        CHECK_STRING(address(folder, xml, "ten"), "Thủ tục");
        CHECK_STRING(address(folder, source("format: xml, records: /l/tt, key: ma, map: {}"), "ten"),
                     "Thủ tục");
    }
    end_nights();
}

/* ---- CSV ---- */

TEST("a table in an old encoding: auto decides by the whole file, for a heading is too short")
{
    const char *folder = begin_nights();
    struct buffer table = { 0 };
    buffer_string(&table, "Mã;Tên;Ghi chú\r\n");
    for (int i = 0; i < 20; i++)
        buffer_printf(&table, "%d;%s;Lệ phí\r\n", i, phrase);
    buffer_string(&table, "20;Có;\r\n");
    put_file(folder, "doc", typed(ENCODING_VNI, table.bytes));
    for (int i = 0; i < 2; i++) {
        const char *yaml =
            source(text_format(&test_arena, "format: csv, separator: ';', key: Mã, encoding: %s, map: {}",
                               i ? "auto" : "vni")
                       .bytes);
        CHECK_INT(night(folder, yaml), STATUS_OK);
        CHECK_INT(result->counts.seen, 21);
        CHECK_INT(stored(FAULTS).length, 0);
        CHECK_STRING(address(folder, yaml, "Tên"), phrase);
        CHECK_STRING(address(folder, yaml, "Ghi chú"), "Lệ phí");
    }
    CHECK_CONTAINS(stored(CONTEXT).bytes, "\"encoding\":\"vni\"");
    CHECK_INT(night(folder, source("format: csv, separator: ';', key: Mã, map: {}")), STATUS_OK);
    CHECK_CONTAINS(result->why, "the heading row is not UTF-8; name the source's encoding");
    buffer_free(&table);
    end_nights();
}

TEST("the heading row is found below a title, given by its number, or named")
{
    const char *folder = begin_nights();
    put_file(folder, "doc", TEXT("DANH SÁCH;;\nMã;Tên;\n1;a;\n;;\n2;b;\n"));
    CHECK_INT(night(folder, source("format: csv, key: Mã, map: {}")), STATUS_OK);
    CHECK_TEXT(stored(KEYS), TEXT("1 2"));
    CHECK_TEXT(stored(LOCATORS), TEXT("doc:3 doc:5"));
    put_file(folder, "doc", TEXT("Số;x\nMã;Tên\n1;a\n"));
    CHECK_INT(night(folder, source("format: csv, header: 2, key: Mã, map: {}")), STATUS_OK);
    CHECK_TEXT(stored(KEYS), TEXT("1"));
    put_file(folder, "doc", TEXT("1|a\n3|b\n"));
    CHECK_INT(night(folder, source("format: csv, separator: '|', header: [Mã, Tên], key: Mã, map: {}")),
              STATUS_OK);
    CHECK_TEXT(stored(KEYS), TEXT("1 3"));
    put_file(folder, "doc", TEXT("5;a, b\n6;b\n"));
    CHECK_INT(night(folder, source("format: csv, header: [Mã, Tên], key: Mã, map: {}")), STATUS_OK);
    CHECK_TEXT(stored(KEYS), TEXT("5 6"));
    put_file(folder, "doc", TEXT("\n\n"));
    CHECK_INT(night(folder, source("format: csv, key: Mã, map: {}")), STATUS_OK);
    CHECK_CONTAINS(result->why, "no heading row was found");
    CHECK_INT(result->counts.missing, 0);
    end_nights();
}

TEST("headings that come again are passed over, and at other places they begin another table")
{
    const char *folder = begin_nights();
    put_file(
        folder, "doc",
        TEXT("Mã;Tên;Ghi chú\n1;a;x\n\"Mã\"; Tên;Ghi chú\n2;Tên;Ghi chú thêm\nMã;Tên;Ghi chú;;\n3;c;z;;\n"));
    CHECK_INT(night(folder, source("format: csv, key: Mã, map: {}")), STATUS_OK);
    CHECK_TEXT(stored(KEYS), TEXT("1 2 3"));
    CHECK(result->whole);
    put_file(folder, "doc", TEXT("Mã;Tên;Ghi chú\n1;a;x\n\xef\xbb\xbfMã;Ghi chú;Tên\n2;y;b\n"));
    CHECK_INT(night(folder, source("format: csv, key: Mã, map: {}")), STATUS_OK);
    CHECK_CONTAINS(result->why, "doc:3: headings come again, at other places than above");
    CHECK_INT(result->counts.missing, 0);
    /* How many there are of each field is another kind of table: for `skip`. */
    put_file(folder, "doc", TEXT("STT;Mã;Tên;Lĩnh vực\n1;1;a;x\nSTT;Lĩnh vực;Số lượng;\n1;x;1;\n"));
    CHECK_INT(
        night(folder, source("format: csv, key: Mã, skip: [{ from: Mã, matches: '^[^0-9]' }], map: {}")),
        STATUS_OK);
    CHECK(result->whole);
    CHECK(!result->why[0]);
    end_nights();
}

TEST("a table without the key's column is no listing: what columns it has is told once")
{
    const char *folder = begin_nights();
    put_file(folder, "doc", TEXT("Mã;Tên\n1;a\n2;b\n"));
    CHECK_INT(night(folder, source("format: csv, key: ' MÃ', map: {}")), STATUS_OK);
    put_file(folder, "doc", TEXT("<html><body>Request Rejected</body></html>\n"));
    CHECK_INT(night(folder, source("format: csv, key: Mã, map: {}")), STATUS_OK);
    put_file(folder, "doc", TEXT("Mã số;Tên\n1;a\n2;b\n"));
    CHECK_INT(night(folder, source("format: csv, key: Mã, map: {}")), STATUS_OK);
    CHECK_STRING(result->why,
                 "doc: the table has no column \"Mã\", which is the key; it has \"Mã số\", \"Tên\"");
    CHECK_INT(result->counts.missing, 0);
    end_nights();
}

TEST("what is no JSON at all is told as what it is")
{
    const char *folder = begin_nights();
    const char *yaml = source("format: json, map: {}");
    put_file(folder, "doc", TEXT("Service unavailable\n"));
    CHECK_INT(night(folder, yaml), STATUS_OK);
    CHECK_CONTAINS(stored(FAULTS).bytes, "this is no JSON: it begins with \"Service\"");
    static const struct {
        struct text bytes;
        const char *told;
    } cases[] = {
        { TEXT("\x1f\x8b\x08 abc"), "this is a gzip file, not json: unpack it first" },
        { TEXT("PK\3\4 abc"), "this is a zip file, not json" },
        { TEXT("%PDF-1.4"), "this is a PDF file" },
        { TEXT("[\0{\0\"\0a\0\"\0:\0"
               "1\0}\0]\0"),
          "UTF-16 without a byte order mark: name it, \"encoding: utf-16le\"" },
        { TEXT("\0[\0"
               "1\0]"),
          "utf-16be" },
        { TEXT("/**/ jQuery_1.cb ([1]);"), "this is JSONP (a call of jQuery_1.cb)" },
        { TEXT(")]}'\n[1]"), "the prefix )]}'" },
        { TEXT("while(1);[1]"), "the prefix while(1);" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        put_file(folder, "doc", cases[i].bytes);
        CHECK_INT(night(folder, yaml), STATUS_OK);
        CHECK_CONTAINS(stored(FAULTS).bytes, cases[i].told);
        end_nights();
        folder = begin_nights();
    }
    put_file(folder, "doc", TEXT("{\"a\":1}\n{\"a\":2}\n"));
    CHECK_INT(night(folder, yaml), STATUS_OK);
    CHECK_CONTAINS(stored(FAULTS).bytes, "lines that are JSON each are format ndjson");
    end_nights();
}

/* ---- workbooks ---- */

static void put_workbook(const char *folder, const struct workbook *book)
{
    struct zip_writer zip = { 0 };
    workbook_add(&zip, book);
    put_file(folder, "doc", zip_finish(&zip));
    zip_free(&zip);
}

#define STR(cell, text) "<c r='" cell "' t='str'><v>" text "</v></c>"
#define NUM(cell, text) "<c r='" cell "'><v>" text "</v></c>"
#define XLSX            source("format: xlsx, key: Mã số, map: { code: Mã số, name: Tên, time_limit: Hạn }")

TEST("rows of a sheet are records under their headings, named by sheet and row")
{
    const char *folder = begin_nights();
    put_workbook(folder, &(struct workbook){
                             .rows = "<row r='1'>" STR("A1", "Mã số") STR("B1", "Tên")
                                 STR("C1", "Hạn") "</row>"
                                                  "<row r='2'>" STR("A2", "1.000010") STR("B2", "Một")
                                                      NUM("C2", "5") "</row>"
                                                                     "<row r='4'>" STR("A4", "1.000020")
                                                                         STR("B4", "Hai") "</row>" });
    CHECK_INT(night(folder, XLSX), STATUS_OK);
    CHECK(result->whole);
    CHECK_TEXT(stored(KEYS), TEXT("1.000010 1.000020"));
    CHECK_TEXT(stored(LOCATORS), TEXT("doc:Danh sách!2 doc:Danh sách!4"));
    CHECK_TEXT(stored(BYTES), TEXT("[\"1.000010\",\"Một\",5]|[\"1.000020\",\"Hai\",\"\"]"));
    CHECK_TEXT(stored(CONTEXT), TEXT("[\"Mã số\",\"Tên\",\"Hạn\"]"));
    CHECK_STRING(noticed(), "");
    CHECK_STRING(address(folder, XLSX, "tên"), "Một");
    end_nights();
}

TEST("headings of a sheet that were typed in an old font are found under what they say")
{
    const char *folder = begin_nights();
    put_workbook(
        folder,
        &(struct workbook){
            .rows = "<row r='1'>" STR("A1", "M· sè")
                STR("B1", "Tªn thñ tôc") "</row>"
                                         "<row r='2'>" STR("A2", "1.000010") STR(
                                             "B2", "CÊp giÊy phÐp x©y dùng cho tæ chøc, c¸ nh©n") "</row>" });
    for (int i = 0; i < 2; i++) {
        const char *yaml = source(
            text_format(&test_arena, "format: xlsx, encoding: %s, key: Mã số, map: {}", i ? "auto" : "tcvn3")
                .bytes);
        CHECK_INT(night(folder, yaml), STATUS_OK);
        CHECK_TEXT(stored(KEYS), TEXT("1.000010"));
        CHECK_STRING(address(folder, yaml, "Tên thủ tục"), "Cấp giấy phép xây dựng cho tổ chức, cá nhân");
    }
    /* in Unicode they stay, whatever the cells are */
    put_workbook(folder, &(struct workbook){ .rows = "<row r='1'>" STR("A1", "Mã số")
                                                 STR("B1", "Ghi chú") "</row>"
                                                                      "<row r='2'>" STR("A2", "1.000010") STR(
                                                                          "B2", "CÊp giÊy phÐp") "</row>" });
    CHECK_STRING(address(folder, source("format: xlsx, encoding: tcvn3, key: Mã số, map: {}"), "Ghi chú"),
                 "Cấp giấy phép");
    end_nights();
}

TEST("a code that a spreadsheet took for a number is warned of, with its cell and what it may have been")
{
    const char *folder = begin_nights();
    put_workbook(
        folder,
        &(struct workbook){
            .rows = "<row r='1'>" STR("A1", "Mã số") STR("B1", "Tên")
                STR("C1", "Hạn") "</row>"
                                 "<row r='2'>" NUM("A2", "1.00164") STR("B2", "Một")
                                     NUM("C2", "2.5") "</row>"
                                                      "<row r='3'>" NUM("A3", "1.001641")
                                                          STR("B3", "Hai") "</row>"
                                                                           "<row r='4'>" NUM("A4", "77")
                                                                               STR("B4", "Ba") STR(
                                                                                   "E4", "bên") "</row>" });
    CHECK_INT(night(folder, XLSX), STATUS_OK);
    CHECK_CONTAINS(
        noticed(),
        "s doc:Danh sách!2: cell A2 holds the number 1.00164, which may have been the code 1.001640");
    CHECK_CONTAINS(noticed(), "cell A3 holds the code 1.001641 as a number");
    CHECK_CONTAINS(noticed(), "cell A4 holds the number 77 where a code belongs");
    CHECK_CONTAINS(noticed(), "1 cells of the row stand right of the last heading");
    CHECK(!strstr(noticed(), "cell C2")); /* two and a half days */
    CHECK_TEXT(stored(KEYS), TEXT("1.00164 1.001641 77"));
    end_nights();
}

TEST("an error or a formula without its result is kept as such, and as a key sets its row aside")
{
    const char *folder = begin_nights();
    put_workbook(
        folder,
        &(struct workbook){
            .rows = "<row r='1'>" STR("A1", "Mã số") STR("B1", "Tên")
                STR("C1",
                    "Khác") "</row>"
                            "<row r='2'>" STR(
                                "A2",
                                "1") "<c r='B2' t='e'><v>#N/A</v></c></row>"
                                     "<row r='3'>" STR(
                                         "A3",
                                         "2") "<c r='B3'><f>A1</f></c></row>"
                                              "<row r='4'>" STR("A4", "3")
                                                  STR("B4",
                                                      "x") "<c r='C4' t='e'><v>#REF!</v></c></row>"
                                                           "<row r='5'><c r='A5' t='e'><v>#REF!</v></c>" STR(
                                                               "B5", "y") "</row>" });
    CHECK_INT(night(folder, XLSX), STATUS_OK);
    CHECK_INT(result->counts.seen, 4);
    CHECK_CONTAINS(stored(FAULTS).bytes, "the cell under \"Mã số\" holds the error #REF! of its formula");
    CHECK_TEXT(stored("SELECT group_concat(key, ' ') FROM record WHERE fault IS NULL"), TEXT("1 2 3"));
    CHECK_TEXT(stored("SELECT count(*) FROM record WHERE fault IS NOT NULL"), TEXT("1"));
    end_nights();
}

TEST("a workbook that cannot be opened leaves its listing standing")
{
    const char *folder = begin_nights();
    put_workbook(folder, &(struct workbook){ .rows = "<row r='1'>" STR("A1", "Mã số")
                                                 STR("B1", "Tên") "</row>"
                                                                  "<row r='2'>" STR("A2", "1")
                                                                      STR("B2", "x") "</row>" });
    CHECK_INT(night(folder, XLSX), STATUS_OK);
    put_file(folder, "doc", TEXT("PK\3\4 no zip"));
    for (int i = 0; i < 2; i++) {
        CHECK_INT(night(folder, XLSX), STATUS_OK);
        CHECK(!result->whole);
        CHECK_INT(result->counts.missing, 0);
    }
    end_nights();
}
