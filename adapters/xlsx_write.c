#include "adapters/xlsx_write.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <xlsxwriter.h>

#include "adapters/unicode.h"
#include "core/memory.h"

#define CELL_CHARACTERS 32767
#define SHEET_NAME      31
#define STYLES          (XLSX_TOTAL + 1)

struct xlsx_write {
    struct spool_file spool;
    lxw_workbook *workbook;
    lxw_worksheet *sheet;
    lxw_format *styles[STYLES], *whole, *decimal;
    lxw_error fault; /* the first */
    struct buffer text, valid;
};

static void keep(struct xlsx_write *book, lxw_error fault)
{
    if (!book->fault)
        book->fault = fault;
}

/* Bytes that are not UTF-8 become U+FFFD. Borrowed until the next call. */
static struct text make_valid(struct xlsx_write *book, struct text text)
{
    buffer_clear(&book->valid);
    while (text.length) {
        size_t good = unicode_invalid_at(text);
        buffer_put(&book->valid, text.bytes, good);
        if (good < text.length)
            buffer_string(&book->valid, "\xef\xbf\xbd");
        text = text_slice(text, good + 1, text.length);
    }
    return buffer_view(&book->valid);
}

enum status xlsx_write_open(struct xlsx_write **opened, struct error *error)
{
    struct xlsx_write *book = memory_new(struct xlsx_write);
    char path[SPOOL_FILE_PATH];
    lxw_workbook_options options = { .constant_memory = LXW_TRUE };
    if (spool_file_open(&book->spool, error)) {
        free(book);
        return error->status;
    }
    spool_file_path(&book->spool, path);
    /* No clock in the file: the same figures give the same bytes. */
    lxw_doc_properties properties = { .created = 946684800 };
    book->workbook = workbook_new_opt(path, &options);
    if (!book->workbook || workbook_set_properties(book->workbook, &properties)) {
        /* A workbook that has no properties is left: libxlsxwriter 1.1 would free what they never were. */
        spool_file_close(&book->spool);
        free(book);
        return error_set(error, STATUS_FATAL, _("no workbook can be made: there is no memory"));
    }
    for (int i = 0; i < STYLES; i++) {
        lxw_format *format = book->styles[i] = workbook_add_format(book->workbook);
        format_set_align(format, LXW_ALIGN_VERTICAL_TOP);
        format_set_num_format(format, "@");
        if (i == XLSX_TITLE || i == XLSX_HEADING || i == XLSX_TOTAL)
            format_set_bold(format);
        if (i == XLSX_TITLE)
            format_set_font_size(format, 14);
        if (i == XLSX_WRAP || i == XLSX_HEADING)
            format_set_text_wrap(format);
        if (i == XLSX_HEADING)
            format_set_border(format, LXW_BORDER_THIN);
    }
    book->whole = workbook_add_format(book->workbook);
    format_set_num_format(book->whole, "#,##0");
    book->decimal = workbook_add_format(book->workbook);
    format_set_num_format(book->decimal, "0.00");
    *opened = book;
    return STATUS_OK;
}

void xlsx_write_sheet(struct xlsx_write *book, const char *name)
{
    struct text text = make_valid(book, text_of(name));
    size_t characters = 0;
    buffer_clear(&book->text);
    for (size_t at = 0; at < text.length && characters < SHEET_NAME; characters++) {
        char bytes[4];
        int32_t character = unicode_next(text, &at);
        if (character < 0x80 && strchr("[]:*?/\\'", (int)character))
            character = ' ';
        buffer_put(&book->text, bytes, unicode_put(character, bytes));
    }
    book->sheet = workbook_add_worksheet(book->workbook, book->text.bytes);
    if (!book->sheet) { /* a name twice: the library's own then */
        book->sheet = workbook_add_worksheet(book->workbook, NULL);
        keep(book, book->sheet ? LXW_NO_ERROR : LXW_ERROR_MEMORY_MALLOC_FAILED);
    }
    if (book->sheet) {
        worksheet_set_paper(book->sheet, 9); /* A4 */
        worksheet_set_landscape(book->sheet);
        worksheet_fit_to_pages(book->sheet, 1, 0);
    }
}

void xlsx_write_width(struct xlsx_write *book, uint16_t column, double characters)
{
    keep(book, worksheet_set_column(book->sheet, column, column, characters, NULL));
}

void xlsx_write_text(struct xlsx_write *book, uint32_t row, uint16_t column, struct text text,
                     enum xlsx_style style)
{
    size_t characters = 0;
    text = make_valid(book, text);
    buffer_clear(&book->text);
    for (size_t at = 0; at < text.length;) {
        char bytes[4];
        int32_t character = unicode_next(text, &at);
        if (characters == CELL_CHARACTERS - 1 && at < text.length) {
            buffer_string(&book->text, "…");
            break;
        }
        characters += character >= 0x10000 ? 2 : 1;
        /* XML has no place for these. */
        if (!character || (character & 0xfffe) == 0xfffe)
            character = 0xfffd;
        buffer_put(&book->text, bytes, unicode_put(character, bytes));
    }
    buffer_char(&book->text, 0);
    keep(book, worksheet_write_string(book->sheet, row, column, book->text.bytes, book->styles[style]));
}

void xlsx_write_number(struct xlsx_write *book, uint32_t row, uint16_t column, double number, int decimals)
{
    keep(book,
         worksheet_write_number(book->sheet, row, column, number, decimals ? book->decimal : book->whole));
}

void xlsx_write_freeze(struct xlsx_write *book, uint32_t row)
{
    worksheet_freeze_panes(book->sheet, row, 0);
    keep(book, worksheet_repeat_rows(book->sheet, row ? row - 1 : 0, row ? row - 1 : 0));
}

enum status xlsx_write_close(struct xlsx_write *book, struct spool_file *spool, struct error *error)
{
    lxw_error fault = workbook_close(book->workbook);
    enum status status = STATUS_OK;
    if (book->fault)
        fault = book->fault;
    if (fault) {
        status = error_set(error, STATUS_FATAL, _("the workbook cannot be written: %s"), lxw_strerror(fault));
        spool_file_close(&book->spool);
    } else {
        struct stat file;
        *spool = book->spool;
        spool->length = fstat(spool->descriptor, &file) ? 0 : (uint64_t)file.st_size;
    }
    buffer_free(&book->text);
    buffer_free(&book->valid);
    free(book);
    return status;
}
