/* CSV that a spreadsheet opens and does not run. */
#include "adapters/csv_write.h"

#include "tests/adapters/visible_texts.h"
#include "tests/support/test.h"

static struct text row(const struct text *cells, size_t count)
{
    struct buffer out = { 0 };
    for (size_t i = 0; i < count; i++)
        csv_write_cell(&out, !i, cells[i]);
    csv_write_end_row(&out);
    struct text copy = text_copy(&test_arena, buffer_view(&out));
    buffer_free(&out);
    return copy;
}

TEST("cells with commas, quotes and line breaks are quoted as RFC 4180 has it")
{
    CHECK_TEXT(row((struct text[]){ TEXT("a,b"), TEXT("say \"x\""), TEXT("one\ntwo"), TEXT("Đ") }, 4),
               TEXT("\"a,b\",\"say \"\"x\"\"\",\"one\ntwo\",Đ\r\n"));
}

TEST("what a spreadsheet would compute gets an apostrophe in front")
{
    static const char signs[] = "=+-@\t\r";
    for (size_t i = 0; signs[i]; i++) {
        char cell[3] = { signs[i], '1', 0 };
        struct text text = row(&(struct text){ cell, 2 }, 1);
        CHECK(text.bytes[0] == '\'' || (text.bytes[0] == '"' && text.bytes[1] == '\''));
    }
    CHECK_TEXT(row(&TEXT("a=1"), 1), TEXT("a=1\r\n"));
    struct buffer out = { 0 };
    csv_write_number(&out, true, TEXT("-3"));
    CHECK_TEXT(buffer_view(&out), TEXT("-3"));
    buffer_free(&out);
}

TEST("what nobody sees, or a screen would act on, is written out")
{
    for (size_t i = 0; i < sizeof visible_texts / sizeof *visible_texts; i++) {
        struct buffer out = { 0 };
        struct text text = text_of(visible_texts[i][0]);
        csv_write_cell(&out, true, text);
        struct text written = buffer_view(&out);
        if (text_starts(written, TEXT("\"")))
            written = text_slice(written, 1, written.length - 2);
        CHECK_TEXT(written, text_of(visible_texts[i][1]));
        buffer_free(&out);
    }
}
