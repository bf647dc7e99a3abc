#include "extract/xlsx.h"

#include <string.h>
#include <sys/resource.h>

#include "adapters/archive.h"
#include "adapters/xml.h"
#include "extract/xlsx_number.h"
#include "tests/support/test.h"
#include "tests/support/workbook.h"

static struct error error;

__attribute__((constructor)) static void start(void)
{
    xml_start();
}

/* Headings in brackets, then a line for each row: its number, and its cells with a mark for their kind and a
 * comma between. */
static struct text read_all(struct text bytes, const struct xlsx_options *options)
{
    static const char marks[] = " tndbeul";
    struct buffer out = { 0 };
    struct xlsx *xlsx;
    struct xlsx_row row;
    const struct text *names;
    if (xlsx_open(NULL, bytes, "list.xlsx", options ? options : &(struct xlsx_options){ 0 }, &xlsx, &error)) {
        buffer_printf(&out, "error %d: %s", (int)error.status, error.message);
    } else {
        enum status status = STATUS_OK;
        size_t count = xlsx_headings(xlsx, &names);
        for (size_t i = 0; i < count; i++)
            buffer_printf(&out, "[" TEXT_PRINT "]", TEXT_ARG(names[i]));
        while (!status || status == STATUS_REJECT) {
            status = xlsx_next(xlsx, &row, &error);
            if (status == STATUS_OK) {
                buffer_printf(&out, "\n%zu%s:", row.number, row.title ? " title" : "");
                for (size_t i = 0; i < row.count; i++)
                    buffer_printf(&out, "%s%c%s%s%s" TEXT_PRINT, i ? "," : "", marks[row.cells[i].kind],
                                  row.cells[i].shown ? "!" : "", row.cells[i].merged ? "^" : "",
                                  row.cells[i].struck   ? "-"
                                  : row.cells[i].partly ? "~"
                                                        : "",
                                  TEXT_ARG(row.cells[i].text));
                if (row.beyond)
                    buffer_printf(&out, " +%zu", row.beyond);
            } else if (status != STATUS_END)
                buffer_printf(&out, "\nerror %d: %s", (int)status, error.message);
        }
        xlsx_close(xlsx);
    }
    struct text text = text_copy(&test_arena, buffer_view(&out));
    buffer_free(&out);
    return text;
}

/* A workbook of one sheet with these rows, shared texts and formats (each NULL or inner XML). */
static struct text read_rows(const char *rows, const char *behind, const char *strings, const char *styles)
{
    struct zip_writer zip = { 0 };
    workbook_add(&zip,
                 &(struct workbook){ .rows = rows, .behind = behind, .strings = strings, .styles = styles });
    struct text text = read_all(zip_finish(&zip), NULL);
    zip_free(&zip);
    return text;
}

#define T(ref, text) "<c r='" ref "' t='inlineStr'><is><t>" text "</t></is></c>"
#define N(ref, text) "<c r='" ref "'><v>" text "</v></c>"
#define HEAD         "<row r='1'>" T("A1", "Mã") T("B1", "Tên") "</row>"

TEST("a list with a merged title, headings and line breaks in its cells is read")
{
    CHECK_TEXT(
        read_rows(
            "<row r='1'>" T("A1", "DANH MỤC\nTHỦ TỤC") "<c r='B1'/><c r='C1'/></row>"
                                                       "<row r='2'><c r='A2' t='s'><v>0</v></c><c r='B2' "
                                                       "t='s'><v>1</v></c><c r='C2' t='s'><v>2</v></c></row>"
                                                       "<row r='3'><c r='A3' t='s'><v>3</v></c><c r='B3' "
                                                       "t='s'><v>4</v></c></row>"
                                                       "<row r='5'><c r='A5' t='s'><v>3</v></c><c r='C5' "
                                                       "t='s'><v>4</v></c></row>",
            "<mergeCells count='1'><mergeCell ref='A1:C1'/></mergeCells>",
            "<si><t>Mã\n TTHC</t></si><si><t>Tên</t></si><si><t>Lĩnh vực</t></si><si><t>1.001640</t></si>"
            "<si><r><rPr><b/></rPr><t>Đăng </t></r><r><t>ký_x000D_\nđất</t></r><rPh sb='0' "
            "eb='1'><t>XX</t></rPh></si>",
            NULL),
        TEXT("[Mã TTHC][Tên][Lĩnh vực]\n3:t1.001640,tĐăng ký\r\nđất, \n5:t1.001640, ,tĐăng ký\r\nđất"));
}

TEST("cells without references, in any order, given twice, and rows without numbers find their places")
{
    CHECK_TEXT(
        read_rows("<row><c t='str'><v>a</v></c><c t='str'><v>b</v></c><c r='D1' t='str'><v>d</v></c></row>"
                  "<row><c/><c><v>2</v></c></row><row r='7'><c r='D7'><v>4</v></c><c "
                  "r='A7'><v>1</v></c><c><v>2</v></c>"
                  "<c r='A7'><v>9</v></c></row><row><c><v>3</v></c></row>",
                  NULL, NULL, NULL),
        TEXT("[a][b][C][d]\n2: ,n2, , \n7:n9,n2, ,n4\n8:n3, , , "));
}

TEST("headings that come again at other places begin another table, which is not read by the first")
{
    static const char *const again[] = { "<row r='3'>" T("A3", "Tên") T("B3", "Mã") "</row>",
                                         "<row r='3'>" T("A3", "Mã") T("B3", "Tên") "</row>" };
    for (size_t i = 0; i < 2; i++) {
        const char *rows =
            text_format(&test_arena,
                        HEAD "<row r='2'>" T("A2", "1") T("B2", "a") "</row>%s<row r='4'>" T("A4", "2")
                            T("B4", "b") "</row>",
                        again[i])
                .bytes;
        struct text read = read_rows(rows, NULL, NULL, NULL);
        if (i)
            CHECK_TEXT(read, TEXT("[Mã][Tên]\n2:t1,ta\n4:t2,tb"));
        else
            CHECK_CONTAINS(read.bytes, "row 3: headings come again, at other places than above");
        CHECK_INT(strstr(read.bytes, "tb") != NULL, i == 1);
    }
}

TEST("numbers are written as a person sees them, and marked")
{
    CHECK_TEXT(
        read_rows(
            HEAD "<row r='2'>" N("A2", "1.0016400000000001") N(
                "B2",
                "1.1000000000000001") "</row>"
                                      "<row r='3'>" N("A3", "50000") N(
                                          "B3",
                                          "1.5E+3") "</row>"
                                                    "<row r='4'>" N("A4", "1.2345E-4") N(
                                                        "B4",
                                                        "0.30000000000000004") "</row>"
                                                                               "<row r='5'>" N("A5", "1234567"
                                                                                                     "8901234"
                                                                                                     "56789")
                                                                                   N("B5",
                                                                                     "1e20") "</row>"
                                                                                             "<row r='6'>" N(
                                                                                                 "A6", "-0")
                                                                                                 N("B6",
                                                                                                   "-7.50") "</"
                                                                                                            "ro"
                                                                                                            "w>"
                                                                                                            "<r"
                                                                                                            "ow"
                                                                                                            " r"
                                                                                                            "='"
                                                                                                            "7'"
                                                                                                            ">" N(
                                                                                                                "A7",
                                                                                                                "999999999999999.9")
                                                                                                                N("B7",
                                                                                                                  "chữ") "</row>",
            NULL, NULL, NULL),
        TEXT("[Mã][Tên]\n2:n1.00164,n1.1\n3:n50000,n1500\n4:n0.00012345,n0.3\n5:n1234567890123456789,"
             "n100000000000000000000\n6:n0,n-7.50\n7:n1000000000000000,tchữ"));
}

TEST("a format of zeros gives a code its zeros back, and dates are dates in both calendars")
{
    const char *styles =
        "<numFmts><numFmt numFmtId='164' formatCode='0.000000'/><numFmt numFmtId='165' formatCode='00000'/>"
        "<numFmt numFmtId='166' formatCode='dd&quot;/&quot;mm\\/yyyy;@'/><numFmt numFmtId='167' "
        "formatCode='#,##0\\ &quot;đ&quot;'/>"
        "</numFmts><cellStyleXfs><xf numFmtId='14'/></cellStyleXfs><cellXfs><xf numFmtId='0'/><xf "
        "numFmtId='164'/>"
        "<xf numFmtId='165'/><xf numFmtId='166'/><xf numFmtId='22'/><xf numFmtId='167'/><xf "
        "numFmtId='20'/></cellXfs>";
    const char *rows =
        HEAD "<row r='2'><c r='A2' s='1'><v>1.00164</v></c><c r='B2' s='2'><v>42</v></c></row>"
             "<row r='3'><c r='A3' s='3'><v>45310</v></c><c r='B3' s='4'><v>45310.75</v></c></row>"
             "<row r='4'><c r='A4' s='5'><v>50000</v></c><c r='B4' s='6'><v>0.5</v></c></row>"
             "<row r='5'><c r='A5' s='3'><v>-1</v></c><c r='B5' s='99'><v>45310</v></c></row>"
             "<row r='6'><c r='A6' t='d'><v>2024-01-19T00:00:00</v></c><c r='B6' "
             "t='d'><v>2024-01-19T08:30:00Z</v></c></row>";
    CHECK_TEXT(
        read_rows(rows, NULL, NULL, styles),
        TEXT("[Mã][Tên]\n2:n!1.001640,n!00042\n3:d2024-01-19,d2024-01-19 18:00:00\n4:t50000 đ,d12:00:00\n"
             "5:n-1,n45310\n6:d2024-01-19,d2024-01-19 08:30:00"));
    struct zip_writer zip = { 0 };
    workbook_add(&zip, &(struct workbook){ .rows = HEAD "<row r='2'><c r='A2' s='3'><v>43848</v></c></row>",
                                           .styles = styles,
                                           .since_1904 = true });
    CHECK_TEXT(read_all(zip_finish(&zip), NULL), TEXT("[Mã][Tên]\n2:d2024-01-19, "));
    zip_free(&zip);
}

static struct text number_as(const char *lexeme, unsigned number, const char *code)
{
    struct xlsx_cell cell = { 0 };
    xlsx_number_cell(&test_arena, text_of(lexeme), xlsx_format_of(&test_arena, number, text_of(code)), false,
                     &cell);
    return cell.text;
}

TEST("formats are told apart: what is a date, what only looks like one")
{
    CHECK_TEXT(number_as("1", 14, NULL), TEXT("1900-01-01"));
    CHECK_TEXT(number_as("59", 14, NULL), TEXT("1900-02-28"));
    CHECK_TEXT(number_as("60", 14, NULL), TEXT("60"));
    CHECK_TEXT(number_as("61", 14, NULL), TEXT("1900-03-01"));
    CHECK_TEXT(number_as("2958465", 14, NULL), TEXT("9999-12-31"));
    CHECK_TEXT(number_as("2958466", 14, NULL), TEXT("2958466"));
    CHECK_TEXT(number_as("45310.99999999", 22, NULL), TEXT("2024-01-20"));
    CHECK_TEXT(number_as("45310.5", 14, NULL), TEXT("2024-01-19"));
    CHECK_TEXT(number_as("1.5", 46, NULL), TEXT("36:00:00"));
    CHECK_TEXT(number_as("1.5", 164, "[h]:mm"), TEXT("36:00:00"));
    CHECK_TEXT(number_as("0.25", 164, "h:mm AM/PM"), TEXT("06:00:00"));
    CHECK_TEXT(number_as("45310", 164, "[$-42A]dd mmmm yyyy"), TEXT("2024-01-19"));
    CHECK_TEXT(number_as("45310", 164, "mmmm"), TEXT("2024-01-19"));
    CHECK_TEXT(number_as("45310", 164, "[Red]0"), TEXT("45310"));
    CHECK_TEXT(number_as("45310", 164, "\"ngày\" 0"), TEXT("ngày 45310"));
    CHECK_TEXT(number_as("45310", 164, "0\\d"), TEXT("45310d"));
    CHECK_TEXT(number_as("45310", 164, "0;yyyy"), TEXT("45310"));
    CHECK_TEXT(number_as("45310", 164, "General"), TEXT("45310"));
    CHECK_TEXT(number_as("5", 2, NULL), TEXT("5"));
    CHECK_TEXT(number_as("5", 164, "0.00"), TEXT("5"));
    CHECK_TEXT(number_as("-0.5", 164, "00.000"), TEXT("-00.500"));
    CHECK_TEXT(number_as("0.0000000000000000000001", 0, NULL), TEXT("0.0000000000000000000001"));
    CHECK_TEXT(number_as("1e999", 0, NULL), TEXT("1e999"));
    CHECK_TEXT(number_as("9.9999999999999999", 0, NULL), TEXT("10"));
    CHECK_TEXT(number_as("+5", 0, NULL), TEXT("5"));
    CHECK_TEXT(number_as(".5", 0, NULL), TEXT("0.5"));
    CHECK_TEXT(number_as("5.", 0, NULL), TEXT("5"));
    CHECK_TEXT(number_as("0.0", 0, NULL), TEXT("0"));
}

TEST("what a format shows around a number is read with it")
{
    CHECK_TEXT(number_as("0.5", 9, NULL), TEXT("50%"));
    CHECK_TEXT(number_as("0.125", 10, NULL), TEXT("12.5%"));
    CHECK_TEXT(number_as("0", 164, "0%"), TEXT("0%"));
    CHECK_TEXT(number_as("-0.07", 164, "0.0%;[Red]0.0%"), TEXT("-7%"));
    CHECK_TEXT(number_as("5", 164, "0\" ngày\""), TEXT("5 ngày"));
    CHECK_TEXT(number_as("5", 164, "\"NB-\"000"), TEXT("NB-005"));
    CHECK_TEXT(number_as("50000", 164, "#,##0\\ \"đồng\";\"âm\" 0"), TEXT("50000 đồng"));
    CHECK_TEXT(number_as("1640", 164, "\"1.\"000000"), TEXT("1.001640"));
    CHECK_TEXT(number_as("50", 164, "0\".000\""), TEXT("50.000"));
    CHECK_TEXT(number_as("5", 164, "0\".\""), TEXT("5"));
    /* for others there may be other words, or none */
    CHECK_TEXT(number_as("-5", 164, "0\" ngày\";0"), TEXT("-5"));
    CHECK_TEXT(number_as("0", 164, "0\" ngày\";;\"không\""), TEXT("0"));
    CHECK_TEXT(number_as("1.515", 164, "0\" ngày\""), TEXT("1.515"));
    CHECK_TEXT(number_as("5", 164, "0\"-\"0"), TEXT("5"));
    CHECK_TEXT(number_as("5", 164, "General\" ngày\""), TEXT("5 ngày"));
    CHECK_TEXT(number_as("5", 164, "\"Số \"general"), TEXT("Số 5"));
    CHECK_TEXT(number_as("5", 164, "General\" ngày\"General"), TEXT("5"));
    CHECK_TEXT(number_as("5", 164, "General;\"âm \"General"), TEXT("5"));
    CHECK_TEXT(number_as("1.5", 164, "General\" ngày\""), TEXT("1.5 ngày"));
    CHECK_TEXT(number_as("1.5", 164, "0.0\" ngày\""), TEXT("1.5 ngày"));
    CHECK_TEXT(number_as("1.500", 164, "0.0##\" ngày\""), TEXT("1.5 ngày"));
    CHECK_TEXT(number_as("1.5", 164, "0\" ngày\""), TEXT("1.5"));      /* shown as 2 ngày */
    CHECK_TEXT(number_as("1.515", 164, "0.000\" đ\""), TEXT("1.515")); /* or 1515 */
    CHECK_TEXT(number_as("5", 164, "0.000\" đ\""), TEXT("5.000"));
    CHECK_TEXT(number_as("0.05", 164, "0%\" giá trị\""), TEXT("5% giá trị"));
}

TEST("a format that shows thousands or millions shows so many with its words")
{
    CHECK_TEXT(number_as("50000", 164, "#,##0,\" nghìn đồng\""), TEXT("50 nghìn đồng"));
    CHECK_TEXT(number_as("5000000", 164, "#,##0,,\" triệu\""), TEXT("5 triệu"));
    CHECK_TEXT(number_as("1500000", 164, "0.0,,\" triệu\""), TEXT("1.5 triệu"));
    CHECK_TEXT(number_as("12000", 164, "#,##0,.0\" nghìn\""), TEXT("12 nghìn"));
    CHECK_TEXT(number_as("5000", 164, "General,\" nghìn\""), TEXT("5 nghìn"));
    /* what is not shown whole is the number itself */
    CHECK_TEXT(number_as("50500", 164, "#,##0,\" nghìn đồng\""), TEXT("50500"));
    CHECK_TEXT(number_as("1550000", 164, "0.0,,\" triệu\""), TEXT("1550000"));
    CHECK_TEXT(number_as("500", 164, "#,##0,\" nghìn\""), TEXT("500"));
    CHECK_TEXT(number_as("50000", 164, "#,##0,"), TEXT("50000"));
    CHECK_TEXT(number_as("5", 164, "[>3]0\" ngày\""), TEXT("5"));
    CHECK_TEXT(number_as("5", 164, "_(* #,##0_);_(* \\(#,##0\\)"), TEXT("5"));
}

TEST("truths, errors, formulas and escapes are read")
{
    CHECK_TEXT(
        read_rows(HEAD "<row r='2'><c r='A2' t='b'><v>1</v></c><c r='B2' t='b'><v>0</v></c></row>"
                       "<row r='3'><c r='A3' t='e'><v>#N/A</v></c><c r='B3'><f>1+1</f><v>2</v></c></row>"
                       "<row r='4'><c r='A4' t='str'><f>A1</f><v>x_x000D_y_x005F_x000D_</v></c><c "
                       "r='B4'><f>A1</f></c></row>"
                       "<row r='5'><c r='A5' t='str'><v>_xD83D__xDE00__xD83D_ _x00zz_ _x0000_</v></c><c "
                       "r='B5' t='str'><f>A1</f><v></v></c></row>"
                       "<row r='6'><c r='A6'><f>A1</f><v></v></c><c r='B6'><f>A1</f><v/></c></row>",
                  NULL, NULL, NULL),
        TEXT(
            "[Mã][Tên]\n2:btrue,bfalse\n3:e#N/A,n2\n4:tx\ry_x000D_,u\n5:t😀_xD83D_ _x00zz_ _x0000_, \n6:u,u"));
}

TEST("of a cell that has a value and a text its type says which counts; one alone counts")
{
    CHECK_TEXT(
        read_rows(HEAD
                  "<row r='2'><c r='A2' t='inlineStr'><v>1.00164</v><is><t>1.001640</t></is></c>"
                  "<c r='B2' t='inlineStr'><is><r><t>Cấp </t></r><r><t>phép</t></r></is><v>0</v></c></row>"
                  "<row r='3'><c r='A3'><v>7</v><is><t>x</t></is></c><c r='B3'><is><t>y</t></is></c></row>"
                  "<row r='4'><c r='A4' t='inlineStr'><v>z</v></c><c r='B4' t='str'><v>w</v><is><t>q</t></is>"
                  "</c></row>",
                  NULL, NULL, NULL),
        TEXT("[Mã][Tên]\n2:t1.001640,tCấp phép\n3:n7,ty\n4:tz,tw"));
}

TEST("shared texts that are all empty are empty cells")
{
    CHECK_TEXT(read_rows(HEAD "<row r='2'>" T("A2", "1") "<c r='B2' t='s'><v>0</v></c></row>", NULL,
                         "<si><t/></si><si/>", NULL),
               TEXT("[Mã][Tên]\n2:t1, "));
}

TEST("what is struck out run by run is struck out, in shared texts and in a cell's own")
{
#define RUN(look, text) "<r>" look "<t>" text "</t></r>"
#define LOOK(strike)    "<rPr>" strike "<b/></rPr>"
#define CELL(ref, more) "<c r='" ref "' " more "</c>"
    CHECK_TEXT(
        read_rows(
            HEAD "<row r='2'>" CELL("A2", "t='s'><v>0</v>") CELL(
                "B2",
                "t='s'><v>1</v>") "</row>"
                                  "<row r='3'>" CELL("A3", "t='s' s='1'><v>2</v>") CELL(
                                      "B3",
                                      "t='s'><v>2</v>") "</row>"
                                                        "<row r='4'>" CELL(
                                                            "A4",
                                                            "t='inlineStr'><is>" RUN(LOOK("<strike/>"), "a")
                                                                RUN(LOOK("<strike/>"), "b") "</is>")
                                                            CELL(
                                                                "B4",
                                                                "t='inlineStr' s='1'><is>" RUN("", "a") RUN(
                                                                    LOOK(""),
                                                                    "b") "</is>") "</row>"
                                                                                  "<row r='5'>" CELL(
                                                                                      "A5", "s='1'><v>5</v>")
                                                                                      CELL(
                                                                                          "B5",
                                                                                          "t='inlineStr' "
                                                                                          "s='1'><is>" RUN(
                                                                                              LOOK("<strike "
                                                                                                   "val='0'/"
                                                                                                   ">"),
                                                                                              "a") "</is>") "</row>",
            NULL,
            "<si>" RUN(LOOK("<strike/>"), "a") RUN(LOOK(""), " ") RUN(LOOK("<strike/>"), "b") "</si><si>" RUN(
                LOOK("<strike/>"), "a") RUN(LOOK(""), "b") "</si><si><t>c</t></si>",
            "<fonts><font/><font><strike/></font></fonts>"
            "<cellXfs><xf numFmtId='0' fontId='0'/><xf numFmtId='0' fontId='1'/></cellXfs>"),
        TEXT("[Mã][Tên]\n2:t-a b,t~ab\n3:t-c,tc\n4:t-ab,t~ab\n5:n-5,ta"));
}

TEST("a merged value stands in all rows of its range, and under no other heading")
{
    CHECK_TEXT(
        read_rows("<row r='1'>" T("A1", "Lĩnh vực") T("B1", "Mã")
                      T("C1", "Tên") "</row>"
                                     "<row r='2'>" T("A2", "Hộ tịch") T("B2", "1")
                                         T("C2", "a") "</row>"
                                                      "<row r='3'>" T("B3", "2") T(
                                                          "C3", "b") "</row>"
                                                                     "<row r='4'>" T(
                                                                         "B4", "3") "</row>"
                                                                                    "<row r='5'>" T("B5", "4")
                                                                                        T("C5", "d") "</row>",
                  "<mergeCells><mergeCell ref='A2:A4'/><mergeCell ref='B4:C4'/><mergeCell "
                  "ref='A5:XFD1048576'/><mergeCell ref='?'/></mergeCells>",
                  NULL, NULL),
        TEXT("[Lĩnh vực][Mã][Tên]\n2:tHộ tịch,t1,ta\n3:t^Hộ tịch,t2,tb\n4:t^Hộ tịch,t3, \n5: ,t4,td"));
}

TEST("the headings are found below a letterhead of two columns, in two rows, with names that repeat")
{
    CHECK_TEXT(
        read_rows(
            "<row r='1'>" T(
                "A1", "UBND THÀNH PHỐ") T("E1", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM") "</row>"
                                                                                      "<row r='2'>" T(
                                                                                          "A2", "SỞ TƯ PHÁP") T("E2",
                                                                                                                "Độc lập - Tự do - Hạnh phúc") "</row>"
                                                                                                                                               "<row r='4'>" T("A4",
                                                                                                                                                               "DANH MỤC") "</row>"
                                                                                                                                                                           "<row r='6'>" T("A6",
                                                                                                                                                                                           "STT") T("B6", "Mã") T("C6", "Quyết định") T("E6", "Ghi chú") T("F6", "Ghi chú") "</row>"
                                                                                                                                                                                                                                                                            "<row r='7'>" T(
                                                                                                                                                                                                                                                                                "C7",
                                                                                                                                                                                                                                                                                "Số") T("D7", "Ngày") "</row>"
                                                                                                                                                                                                                                                                                                      "<row r='8'>" N("A8",
                                                                                                                                                                                                                                                                                                                      "1") N("B8",
                                                                                                                                                                                                                                                                                                                             "2") N("C8", "3") N("D8", "4") N("E8",
                                                                                                                                                                                                                                                                                                                                                              "5") "</row>"
                                                                                                                                                                                                                                                                                                                                                                   "<row r='9'>" T("A9",
                                                                                                                                                                                                                                                                                                                                                                                   "I. Hộ tịch") "</row>"
                                                                                                                                                                                                                                                                                                                                                                                                 "<row r='10'>" N(
                                                                                                                                                                                                                                                                                                                                                                                                     "A10", "1") T("B10", "1.001") T("C10",
                                                                                                                                                                                                                                                                                                                                                                                                                                     "1/QĐ") T("D10",
                                                                                                                                                                                                                                                                                                                                                                                                                                               "1/2/2024") T("E10",
                                                                                                                                                                                                                                                                                                                                                                                                                                                             "x") T("F10", "y") T("H10",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                  "ngoài") "</row>"
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                           "<row r='11'>" T("A11", "STT") T("B11",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                            "Mã")
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                               T(
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                   "C11", "Quyết định / Số") T("D11", "Quyết định / Ngày") T("E11", "Ghi chú")
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                   T("F11",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                     "Ghi chú (2)") "</row>"
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                    "<row r='12'>" N("A12", "2") T("B12", "1.002") T("C12", "2/QĐ") T(
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                        "D12",
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                        "1/2/2024") "</row>"
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                    "<row r='13'>" T(
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                        "K13", "lời bên lề") "</row>",
            "<mergeCells><mergeCell ref='A4:F4'/><mergeCell ref='A6:A7'/><mergeCell ref='B6:B7'/><mergeCell "
            "ref='C6:D6'/><mergeCell ref='A9:F9'/></mergeCells>",
            NULL, NULL),
        TEXT("[STT][Mã][Quyết định / Số][Quyết định / Ngày][Ghi chú][Ghi chú (2)]\n"
             "9 title:tI. Hộ tịch, , , , , \n"
             "10:n1,t1.001,t1/QĐ,t1/2/2024,tx,ty +1\n12:n2,t1.002,t2/QĐ,t1/2/2024, , \n13 title: , , , , ,  "
             "+1"));
}

TEST("headings over columns that are mostly empty are known by the key")
{
    struct zip_writer zip = { 0 };
    workbook_add(
        &zip, &(struct workbook){ .rows = "<row r='1'>" T("A1", "MÃ") T("B1", "Tên") T("C1", "Số")
                                      T("D1", "Ngày") "</row><row r='2'>" T("A2", "1.000001")
                                          T("B2", "Một") "</row><row r='3'>" T("A3", "Tổng cộng") "</row>" });
    struct text bytes = zip_finish(&zip);
    CHECK_TEXT(read_all(bytes, NULL), TEXT("[1.000001][Một]\n3:tTổng cộng, "));
    CHECK_TEXT(read_all(bytes, &(struct xlsx_options){ .key = TEXT("mã") }),
               TEXT("[MÃ][Tên][Số][Ngày]\n2:t1.000001,tMột, , \n3:tTổng cộng, , , "));
    CHECK_TEXT(read_all(bytes, &(struct xlsx_options){ .key = TEXT("khác") }),
               TEXT("[1.000001][Một]\n3:tTổng cộng, "));
    zip_free(&zip);
}

TEST("a remark beside the table is passed over, a row that was moved beside it is not")
{
    CHECK_TEXT(
        read_rows(HEAD "<row r='2'>" T("A2", "1") T("B2", "a") "</row><row r='3'>" T(
                      "D3", "ghi chú") "</row><row r='4'>" T("C4", "1.000001")
                      T("D4", "Một") "</row><row r='5'>" T("A5", "2") T("B5", "b") "</row>",
                  NULL, NULL, NULL),
        TEXT("[Mã][Tên]\n2:t1,ta\n3 title: ,  +1\nerror 2: list.xlsx, sheet \"Danh sách\", row 4: all its "
             "cells "
             "stand right of the last heading; move them under the headings, or take them out\n5:t2,tb"));
}

TEST("the headings can be named by their row, or given")
{
    struct zip_writer zip = { 0 };
    workbook_add(&zip, &(struct workbook){
                           .rows = "<row r='1'>" T("A1", "x") T("B1", "y") "</row><row r='2'>" T("A2", "Mã")
                               T("B2", "Tên") "</row>"
                                              "<row r='3'>" T("A3", "1") T("B3", "a") "</row>" });
    struct text bytes = zip_finish(&zip);
    const struct text names[] = { { "Mã", 3 }, { "Tên", 4 } },
                      others[] = { { "k", 1 }, { "l", 1 }, { "m", 1 } };
    CHECK_TEXT(read_all(bytes, NULL), TEXT("[x][y]\n2:tMã,tTên\n3:t1,ta"));
    CHECK_TEXT(read_all(bytes, &(struct xlsx_options){ .header_row = 2 }), TEXT("[Mã][Tên]\n3:t1,ta"));
    CHECK_TEXT(read_all(bytes, &(struct xlsx_options){ .header = names, .header_count = 2 }),
               TEXT("[Mã][Tên]\n3:t1,ta"));
    CHECK_TEXT(read_all(bytes, &(struct xlsx_options){ .header = others, .header_count = 3 }),
               TEXT("[k][l][m]\n1:tx,ty, \n2:tMã,tTên, \n3:t1,ta, "));
    CHECK_TEXT(read_all(bytes, &(struct xlsx_options){ .header_row = 9 }),
               TEXT("error 2: list.xlsx, sheet \"Danh sách\": row 9, which should hold the headings, is "
                    "empty; correct `header`"));
    zip_free(&zip);
    CHECK_TEXT(read_rows("<row r='1'>" T("A1", "một mình") "</row>", NULL, NULL, NULL),
               TEXT("error 2: list.xlsx, sheet \"Danh sách\": no row of headings is found in its first rows; "
                    "name the row in `header`"));
    CHECK_TEXT(read_rows("", NULL, NULL, NULL).length ? TEXT("said") : TEXT(""), TEXT("said"));
    workbook_add(&zip, &(struct workbook){ .rows = "" });
    CHECK_CONTAINS(
        read_all(zip_finish(&zip), &(struct xlsx_options){ .header = names, .header_count = 2 }).bytes,
        "holds no row");
    zip_free(&zip);
    CHECK_TEXT(read_rows(HEAD, NULL, NULL, NULL), TEXT("[Mã][Tên]"));
}

TEST("a sheet is chosen by name or number, hidden or not; one that is not there is told with those that are")
{
    struct zip_writer zip = { 0 };
    workbook_add(&zip, &(struct workbook){ .rows = HEAD "<row r='2'>" T("A2", "1") T("B2", "2") "</row>",
                                           .hidden_first = true });
    struct text bytes = zip_finish(&zip);
    struct xlsx *xlsx;
    const char *const wanted[] = { "", "Danh sách", "2", "danh SÁCH" };
    for (int i = 0; i < 4; i++) {
        struct xlsx_options options = { .sheet = text_of(wanted[i]) };
        if (!CHECK_INT(xlsx_open(NULL, bytes, "l.xlsx", &options, &xlsx, &error), STATUS_OK))
            continue;
        CHECK_TEXT(xlsx_sheet_name(xlsx), TEXT("Danh sách"));
        xlsx_close(xlsx);
    }
    CHECK_TEXT(read_all(bytes, &(struct xlsx_options){ .sheet = TEXT("Ẩn") }), TEXT("[k][v]\n2:n1,n2"));
    CHECK_TEXT(read_all(bytes, &(struct xlsx_options){ .sheet = TEXT("1") }), TEXT("[k][v]\n2:n1,n2"));
    CHECK_TEXT(read_all(bytes, &(struct xlsx_options){ .sheet = TEXT("Sheet1") }),
               TEXT("error 2: list.xlsx has no sheet \"Sheet1\"; it has \"Ẩn\", \"Danh sách\""));
    zip_free(&zip);
}

/* ---- hostile ---- */

TEST("what is no workbook, or lacks a part, is told")
{
    struct zip_writer zip = { 0 };
    zip_add(&zip, "a.txt", TEXT("x"));
    CHECK_TEXT(read_all(zip_finish(&zip), NULL),
               TEXT("error 2: list.xlsx is a zip file, but no .xlsx workbook"));
    zip_free(&zip);
    workbook_add(&zip, &(struct workbook){ .rows = HEAD, .without = "xl/worksheets/sheet1.xml" });
    CHECK_CONTAINS(read_all(zip_finish(&zip), NULL).bytes,
                   "error 2: list.xlsx lacks its part xl/worksheets/sheet1.xml; save it as .xlsx again");
    zip_free(&zip);
    workbook_add(&zip, &(struct workbook){ .rows = HEAD, .without = "xl/workbook.xml" });
    CHECK_CONTAINS(read_all(zip_finish(&zip), NULL).bytes, "lacks its part xl/workbook.xml");
    zip_free(&zip);
    CHECK_CONTAINS(read_all((struct text){ "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8 }, NULL).bytes,
                   "protected by a password, or is an old .xls");
}

TEST("a part with a DOCTYPE, broken XML or endless nesting is refused before any row is given")
{
    CHECK_CONTAINS(read_rows("<row r='1'><c r='A1'></row>", NULL, NULL, NULL).bytes,
                   "error 2: the XML is broken: list.xlsx (xl/worksheets/sheet1.xml), line 1");
    struct zip_writer zip = { 0 };
    workbook_add(&zip, &(struct workbook){ .rows = HEAD, .before = "<!DOCTYPE x [<!ENTITY a 'ha'>]>" });
    CHECK_CONTAINS(read_all(zip_finish(&zip), NULL).bytes, "a DOCTYPE has no place in this kind of file");
    zip_free(&zip);
    struct buffer rows = { 0 };
    for (int i = 0; i < 1000; i++)
        buffer_string(&rows, "<x>");
    CHECK_CONTAINS(read_rows(rows.bytes, NULL, NULL, NULL).bytes, "elements stand more than 256 deep");
    buffer_free(&rows);
    CHECK_CONTAINS(
        read_rows(HEAD "<row r='2'><c r='A2' t='s'><v>5</v></c></row>", NULL, "<si><t>x</t></si>", NULL)
            .bytes,
        "error 2: list.xlsx, sheet \"Danh sách\", row 2: there is no shared text of this number: \"5\"");
    CHECK_CONTAINS(read_rows(HEAD "<row r='1'/>", NULL, NULL, NULL).bytes,
                   "the row behind it is out of order");
    CHECK_CONTAINS(read_rows(HEAD "<row r='1048577'/>", NULL, NULL, NULL).bytes,
                   "a number that cannot be: \"1048577\"");
    CHECK_CONTAINS(read_rows(HEAD "<row r='2'><c r='XFE2'/></row>", NULL, NULL, NULL).bytes,
                   "there is no such cell: \"XFE2\"");
    CHECK_CONTAINS(read_rows(HEAD "<row r='2'><c r='XFD2'/><c/></row>", NULL, NULL, NULL).bytes,
                   "more columns than a sheet can have");
}

static long resident(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

TEST("a million empty cells and a million empty rows take no memory")
{
    struct buffer rows = { 0 };
    buffer_string(&rows, HEAD);
    for (int i = 2; i < 1000; i++) {
        buffer_printf(&rows, "<row r='%d'>", i);
        for (int k = 0; k < 1000; k++)
            buffer_string(&rows, "<c s='3'/>");
        buffer_string(&rows, "</row>");
    }
    for (int i = 0; i < 1000000; i++)
        buffer_string(&rows, "<row/>");
    buffer_string(&rows, "<row>" T("A1001000", "cuối") "</row>");
    long before = resident();
    struct zip_writer zip = { 0 };
    workbook_add(&zip, &(struct workbook){ .rows = rows.bytes });
    struct text bytes = zip_finish(&zip);
    long built = resident();
    CHECK_TEXT(read_all(bytes, &(struct xlsx_options){ .header_row = 1 }),
               TEXT("[Mã][Tên]\n1001000:tcuối, "));
    CHECK(built >= before && resident() - built < 16 * 1024);
    zip_free(&zip);
    buffer_free(&rows);
}

#define SEVENTY "0123456789012345678901234567890123456789012345678901234567890123456789"

TEST("a row beyond the limit is set aside, also when a merged text makes it so; the next one is read")
{
    struct zip_writer zip = { 0 };
    workbook_add(&zip, &(struct workbook){
                           .rows = HEAD "<row r='2'>" T("A2", "1")
                               T("B2", "dài") "</row><row r='3'>" T("A3", SEVENTY) "</row><row r='4'>" T(
                                   "B4", SEVENTY) "</row><row r='5'>" T("A5", "3") T("B5", "c") "</row>",
                           .behind = "<mergeCells><mergeCell ref='A3:A4'/></mergeCells>" });
    struct text bytes = zip_finish(&zip);
    CHECK_TEXT(read_all(bytes, &(struct xlsx_options){ .header_row = 1, .row_limit = 400 }),
               TEXT("[Mã][Tên]\n2:t1,tdài\n3:t" SEVENTY ", \n4:t^" SEVENTY ",t" SEVENTY "\n5:t3,tc"));
    CHECK_CONTAINS(read_all(bytes, &(struct xlsx_options){ .header_row = 1, .row_limit = 139 }).bytes,
                   "\n3:t" SEVENTY
                   ", \nerror 2: list.xlsx, sheet \"Danh sách\", row 4: it has more than 139 bytes "
                   "and is set aside\n5:t3,tc");
    zip_free(&zip);
}

TEST("what is merged down from a row that is set aside is known to be lost in the rows below")
{
    struct zip_writer zip = { 0 };
    workbook_add(&zip, &(struct workbook){ .rows = HEAD "<row r='2'>" T("A2", SEVENTY)
                                               T("B2", SEVENTY) "</row><row r='3'>" T(
                                                   "A3", "2") "</row><row r='4'>" T("A4", "3") "</row>",
                                           .behind = "<mergeCells><mergeCell ref='B2:B3'/></mergeCells>" });
    CHECK_CONTAINS(
        read_all(zip_finish(&zip), &(struct xlsx_options){ .header_row = 1, .row_limit = 139 }).bytes,
        "row 2: it has more than 139 bytes and is set aside\n3:t2,l^2\n4:t3, ");
    zip_free(&zip);
    zip = (struct zip_writer){ 0 }; /* Each fits, and they do not fit together. */
    workbook_add(&zip,
                 &(struct workbook){
                     .rows = HEAD "<row r='2'>" T("A2", SEVENTY) "</row><row r='3'>" T(
                         "B3", SEVENTY) "</row><row r='4'/><row r='5'>" T("A5", "x") "</row>",
                     .behind = "<mergeCells><mergeCell ref='A2:A5'/><mergeCell ref='B3:B5'/></mergeCells>" });
    CHECK_CONTAINS(
        read_all(zip_finish(&zip), &(struct xlsx_options){ .header_row = 1, .row_limit = 139 }).bytes,
        "row 3: it has more than 139 bytes and is set aside\n5:tx,l^3");
    zip_free(&zip);
}

TEST("a sheet cut in its middle is refused")
{
    struct zip_writer zip = { 0 };
    workbook_add(&zip, &(struct workbook){ .rows = HEAD "<row r='2'>" T("A2", "1") "</row>" });
    struct text bytes = zip_finish(&zip);
    for (size_t length = 0; length < bytes.length; length += 7)
        CHECK_CONTAINS(read_all(text_slice(bytes, 0, length), NULL).bytes, "error 2: list.xlsx");
    zip_free(&zip);
}

TEST("a sheet of blanks that unpacks without end is refused")
{
    static char blanks[1 << 20];
    struct zip_writer zip = { 0 };
    memset(blanks, ' ', sizeof blanks);
    workbook_add(&zip, &(struct workbook){ .rows = HEAD, .without = "xl/worksheets/sheet1.xml" });
    zip_add_entry(&zip, &(struct zip_entry){ .name = "xl/worksheets/sheet1.xml",
                                             .bytes = { blanks, sizeof blanks },
                                             .repetitions = 900 });
    CHECK_CONTAINS(read_all(zip_finish(&zip), NULL).bytes,
                   "error 2: list.xlsx (xl/worksheets/sheet1.xml) unpacks to more than 200 times its size");
    zip_free(&zip);
}
