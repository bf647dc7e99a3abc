#include "record/csv.h"

#include <string.h>

#include "tests/support/stepped_stream.h"
#include "tests/support/test.h"

static struct error error;

/* "LINE:ROW|" for each row, and how it ended. */
static const char *read_by(bool drip, struct text csv, size_t limit, char separator)
{
    struct file_stream stream;
    struct csv_reader reader;
    struct text row;
    struct buffer out = { 0 };
    enum status status;
    if (drip)
        stepped_stream_open(csv, "t", &stream);
    else
        file_stream_memory(csv, "t", &stream);
    csv_reader_open(&reader, &stream, limit);
    reader.separator = separator;
    while ((status = csv_reader_next(&reader, &row, &error)) == STATUS_OK || status == STATUS_REJECT)
        buffer_printf(&out, "%ld:%.*s|", reader.line, status == STATUS_OK ? (int)row.length : 1,
                      status == STATUS_OK ? row.bytes : "!");
    if (status == STATUS_STOP)
        buffer_string(&out, "STOP");
    csv_reader_close(&reader);
    const char *text = text_string(&test_arena, buffer_view(&out));
    buffer_free(&out);
    return text;
}

static const char *rows(const char *csv)
{
    const char *whole = read_by(false, text_of(csv), 1000, 0);
    CHECK_STRING(read_by(true, text_of(csv), 1000, 0), whole);
    return whole;
}

TEST("rows end with LF, CRLF, CR or the file, and empty lines are passed over")
{
    CHECK_STRING(rows("a,b\nc,d\r\ne,f\rg,h"), "1:a,b|2:c,d|3:e,f|4:g,h|");
    CHECK_STRING(rows("\n\r\na\n\n\nb\n"), "3:a|6:b|");
    CHECK_STRING(rows(""), "");
    CHECK_STRING(rows("\xef\xbb\xbf"
                      "a;b\n"),
                 "1:a;b|");
}

TEST("a line break inside quotes belongs to its cell, and lines are counted through it")
{
    CHECK_STRING(rows("a,\"b\nc\r\nd\",e\nf\n"), "1:a,\"b\nc\r\nd\",e|4:f|");
    CHECK_STRING(rows("a,\"x\"\"\n\"\"y\"\nb\n"), "1:a,\"x\"\"\n\"\"y\"|3:b|");
}

TEST("a quote inside an unquoted cell opens nothing")
{
    CHECK_STRING(rows("a,5\" dĩa\nb,c\n"), "1:a,5\" dĩa|2:b,c|");
    CHECK_STRING(read_by(false, TEXT("a;x, \"y\n2\n"), 100, ';'), "1:a;x, \"y|2:2|");
}

TEST("a file that ends inside quotes is not whole")
{
    CHECK_STRING(rows("a,b\nc,\"d\ne\n"), "1:a,b|STOP");
    CHECK_CONTAINS(error.message, "the file ends inside quotes that open in the row of line 2");
}

TEST("a row over the limit is set aside, and the next one is read")
{
    CHECK_STRING(read_by(false, TEXT("aaaaaaaaaaaaaaaaaaaa\nb\n"), 10, 0), "1:!|2:b|");
    CHECK_CONTAINS(error.message, "the row that starts at line 1 is longer than 10 bytes");
    CHECK_STRING(read_by(true, TEXT("aaaaaaaaaaaaaaaaaaaa\nb\n"), 10, 0), "1:!|2:b|");
}

static const char *cells(const char *row, char separator)
{
    struct text *found;
    size_t count;
    struct buffer out = { 0 };
    if (csv_cells(&test_arena, text_of(row), separator, &found, &count, &error))
        return error.message;
    for (size_t i = 0; i < count; i++)
        buffer_printf(&out, "[%.*s]", TEXT_ARG(found[i]));
    const char *text = text_string(&test_arena, buffer_view(&out));
    buffer_free(&out);
    return text;
}

TEST("cells are divided by the separator outside quotes, and doubled quotes are one")
{
    CHECK_STRING(cells("a,b,,c", ','), "[a][b][][c]");
    CHECK_STRING(cells("", ','), "[]");
    CHECK_STRING(cells(",", ','), "[][]");
    CHECK_STRING(cells("\"a,b\";\"c\"\"d\";\"\"", ';'), "[a,b][c\"d][]");
    CHECK_STRING(cells("\"a\nb\"\tc", '\t'), "[a\nb][c]");
    CHECK_STRING(cells("a \"b\" c,d", ','), "[a \"b\" c][d]");
}

TEST("blanks behind a closing quote are no part of the cell, and nothing to refuse")
{
    CHECK_STRING(cells("\"a\" ,\"b\"\t ,c", ','), "[a][b][c]");
    CHECK_STRING(cells("\"a\" ", ','), "[a]");
    CHECK_STRING(cells("\"a\"\t\"b\"", '\t'), "[a][b]");
    CHECK_CONTAINS(cells("\"a\" \"b\",c", ','), "cell 1: something stands behind the closing quote");
}

TEST("a row of quoted cells takes no more memory than itself and its list")
{
    struct buffer row = { 0 };
    struct arena arena = { 0 };
    struct text *list;
    size_t count;
    for (int i = 0; i < 1000; i++)
        buffer_string(&row, i % 10 ? "\"0123456789\"," : "\"01\"\"89\",");
    CHECK_INT(csv_cells(&arena, buffer_view(&row), ',', &list, &count, &error), STATUS_OK);
    CHECK_INT(count, 1001);
    CHECK_TEXT(list[10], TEXT("01\"89"));
    CHECK(arena.total < 2 * row.length + count * sizeof *list);
    arena_free(&arena);
    buffer_free(&row);
}

TEST("a misplaced quote is told with its cell")
{
    CHECK_CONTAINS(cells("a,\"b\"c,d", ','), "cell 2: something stands behind the closing quote");
    CHECK_CONTAINS(cells("a,b,\"c", ','), "cell 3: the quotes are not closed");
    CHECK_CONTAINS(cells("\"", ','), "cell 1: the quotes are not closed");
}

TEST("a NUL is no part of a cell")
{
    struct text *list;
    size_t count;
    CHECK_INT(csv_cells(&test_arena, (struct text){ "a,b\0", 4 }, ',', &list, &count, &error), STATUS_REJECT);
    CHECK_CONTAINS(error.message, "a NUL");
}

TEST("the separator of a heading is the likeliest outside quotes")
{
    CHECK_INT(csv_guess_separator(TEXT("Mã;Tên;\"a,b,c,d\"")), ';');
    CHECK_INT(csv_guess_separator(TEXT("a\tb\tc")), '\t');
    CHECK_INT(csv_guess_separator(TEXT("a|b")), '|');
    CHECK_INT(csv_guess_separator(TEXT("one")), ',');
}
