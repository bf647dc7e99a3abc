/* Workbooks as we write them: strings stay strings, whatever they hold. */
#include "adapters/xlsx_write.h"

#include "tests/support/test.h"

static struct text make(struct text text)
{
    struct error error = { 0 };
    struct xlsx_write *book;
    struct spool_file spool = { 0 };
    struct text bytes = TEXT_NONE;
    CHECK_INT(xlsx_write_open(&book, &error), STATUS_OK);
    xlsx_write_sheet(book, "Số liệu [1]: a/b");
    xlsx_write_text(book, 0, 0, text, XLSX_PLAIN);
    xlsx_write_number(book, 0, 1, 1515, 0);
    xlsx_write_sheet(book, "Số liệu [1]: a/b");
    CHECK_INT(xlsx_write_close(book, &spool, &error), STATUS_OK);
    CHECK_INT(spool_file_start(&spool, &test_arena, 1 << 20, &bytes, &error), STATUS_OK);
    spool_file_close(&spool);
    return bytes;
}

TEST("a workbook is a zip, the same bytes for the same cells, and a sheet's name twice does no harm")
{
    struct text one = make(TEXT("=1+1")), two = make(TEXT("=1+1"));
    CHECK(text_starts(one, TEXT("PK")));
    CHECK_INT(one.length, two.length);
    CHECK(text_equal(one, two));
}

TEST("bytes that are no text, control characters and endless cells still make a workbook")
{
    struct buffer long_text = { 0 };
    for (int i = 0; i < 40000; i++)
        buffer_string(&long_text, "Đ");
    CHECK(text_starts(make(buffer_view(&long_text)), TEXT("PK")));
    CHECK(text_starts(make(TEXT("\xff\xfe\x01\x00\xef\xbf\xbf")), TEXT("PK")));
    buffer_free(&long_text);
}
