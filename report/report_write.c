#include "report/report_write.h"

#include <stdlib.h>
#include <string.h>

#include "adapters/csv_write.h"
#include "adapters/xlsx_write.h"
#include "core/clock.h"
#include "core/date.h"

struct text report_number(struct arena *arena, int64_t number, const char *language)
{
    struct text digits = text_format(arena, "%lld", (long long)(number < 0 ? -number : number));
    BUFFER_OWNED struct buffer out = { 0 };
    if (number < 0)
        buffer_char(&out, '-');
    for (size_t i = 0; i < digits.length; i++) {
        if (i && (digits.length - i) % 3 == 0)
            buffer_char(&out, strcmp(language, "vi") ? ',' : '.');
        buffer_char(&out, digits.bytes[i]);
    }
    return text_copy(arena, buffer_view(&out));
}

static int64_t number_of(struct text digits)
{
    int64_t number = 0;
    bool minus = digits.length && digits.bytes[0] == '-';
    for (size_t i = minus; i < digits.length && number < INT64_MAX / 100; i++)
        number = number * 10 + (digits.bytes[i] - '0');
    return minus ? -number : number;
}

struct text report_day(struct arena *arena, struct text day, const char *language)
{
    struct date date;
    if (strcmp(language, "vi") || !date_read(day, &date))
        return day;
    return text_format(arena, "%02d/%02d/%04d", date.day, date.month, date.year);
}

bool report_cell_is_number(const struct value *cell)
{
    return cell->kind == VALUE_NUMBER || value_find(cell, "count") || value_find(cell, "percent");
}

struct text report_cell_text(struct arena *arena, const struct value *cell, const char *language, bool plain)
{
    if (!cell)
        return TEXT("");
    if (cell->kind != VALUE_OBJECT)
        return plain ? cell->text : report_day(arena, cell->text, language);
    struct text count = value_text_of(cell, "count"), percent = value_text_of(cell, "percent");
    if (count.bytes)
        return plain ? count : report_number(arena, number_of(count), language);
    if (!percent.bytes)
        return value_text_of(cell, "missing").bytes ? value_text_of(cell, "missing") : TEXT("");
    if (plain)
        return percent;
    char *words = text_string(arena, text_format(arena, TEXT_PRINT " %%", TEXT_ARG(percent)));
    char *point = strcmp(language, "vi") ? NULL : strchr(words, '.');
    if (point)
        *point = ',';
    return text_of(words);
}

struct text report_period_words(struct arena *arena, const struct value *document, const char *language)
{
    const struct value *period = value_find(document, "period");
    struct text from = value_text_of(period, "from"), to = value_text_of(period, "to");
    if (!from.bytes)
        return text_format(arena, _("On " TEXT_PRINT),
                           TEXT_ARG(report_day(arena, value_text_of(period, "as_of"), language)));
    return text_format(arena, _("From " TEXT_PRINT " to " TEXT_PRINT),
                       TEXT_ARG(report_day(arena, from, language)),
                       TEXT_ARG(report_day(arena, to, language)));
}

struct text report_department_words(struct arena *arena, const struct value *document)
{
    struct text department = value_text_of(document, "department");
    return department.bytes ? text_format(arena, _("Department: " TEXT_PRINT), TEXT_ARG(department))
                            : TEXT_NONE;
}

#define DAY_LENGTH 10 /* of yyyy-mm-dd */

void report_foot(struct arena *arena, const struct value *document, const char *language,
                 struct text lines[4], size_t *count)
{
    const struct value *period = value_find(document, "period"), *head = value_find(document, "rests_on");
    struct text to = value_text_of(period, "to"), known = value_text_of(period, "known_at");
    int64_t at;
    char local[32];
    *count = 0;
    if (!to.bytes)
        to = value_text_of(period, "as_of");
    if (known.bytes && clock_parse(known, &at)) {
        clock_format_local(at, local);
        struct text moment =
            text_format(arena, TEXT_PRINT "%s",
                        TEXT_ARG(report_day(arena, text_slice(text_of(local), 0, DAY_LENGTH), language)),
                        local + DAY_LENGTH);
        lines[(*count)++] =
            text_format(arena, _("Figures as known at %s: of later the ledger says nothing."), moment.bytes);
    } else {
        lines[(*count)++] = text_format(arena, _("Figures up to the end of " TEXT_PRINT "."),
                                        TEXT_ARG(report_day(arena, to, language)));
    }
    if (value_text_of(head, "root").bytes)
        lines[(*count)++] = text_format(
            arena,
            _("Rests on the ledger up to event " TEXT_PRINT " (run " TEXT_PRINT "), head " TEXT_PRINT "."),
            TEXT_ARG(value_text_of(head, "events")), TEXT_ARG(value_text_of(head, "run")),
            TEXT_ARG(value_text_of(head, "root")));
    else
        lines[(*count)++] = text_of(_("The ledger has no head yet."));
    struct text behind = value_text_of(head, "events_behind");
    if (behind.length)
        lines[(*count)++] =
            text_format(arena,
                        _("Behind it stand " TEXT_PRINT
                          " events of a run that has not ended; what they say is in the rows."),
                        TEXT_ARG(behind));
}

/* ---- CSV ---- */

static void csv_row(struct buffer *out, struct arena *arena, const struct value *columns,
                    const struct value *row)
{
    for (const struct value *column = columns->first; column; column = column->next) {
        const struct value *cell = value_find_text(row, value_text_of(column, "name"));
        struct text text = report_cell_text(arena, cell, "en", true);
        if (cell && report_cell_is_number(cell))
            csv_write_number(out, column == columns->first, text);
        else
            csv_write_cell(out, column == columns->first, text);
    }
    csv_write_end_row(out);
}

void report_csv_write(struct buffer *out, const struct value *document)
{
    ARENA_OWNED struct arena arena = { 0 };
    const struct value *columns = value_find(document, "columns"), *rows = value_find(document, "rows");
    const struct value *total = value_find(document, "total");
    csv_write_begin(out);
    for (const struct value *column = columns->first; column; column = column->next)
        csv_write_cell(out, column == columns->first, value_text_of(column, "heading"));
    csv_write_end_row(out);
    for (const struct value *row = rows->first; row; row = row->next)
        csv_row(out, &arena, columns, row);
    if (total)
        csv_row(out, &arena, columns, total);
}

/* ---- XLSX ---- */

struct sheet {
    struct xlsx_write *book;
    struct arena *arena;
    const char *language;
    uint32_t row;
};

static void put_line(struct sheet *sheet, struct text text, enum xlsx_style style)
{
    xlsx_write_text(sheet->book, sheet->row++, 0, text, style);
}

static void put_headings(struct sheet *sheet, const struct value *columns)
{
    uint16_t at = 0;
    for (const struct value *column = columns->first; column; column = column->next, at++) {
        bool text = text_is(value_text_of(column, "kind"), "text");
        xlsx_write_text(sheet->book, sheet->row, at, value_text_of(column, "heading"), XLSX_HEADING);
        xlsx_write_width(sheet->book, at, text ? 36 : 14);
    }
    xlsx_write_freeze(sheet->book, ++sheet->row);
}

static void put_row(struct sheet *sheet, const struct value *columns, const struct value *row,
                    enum xlsx_style style)
{
    uint16_t at = 0;
    for (const struct value *column = columns->first; column; column = column->next, at++) {
        const struct value *cell = value_find_text(row, value_text_of(column, "name"));
        struct text count = value_text_of(cell, "count"), percent = value_text_of(cell, "percent");
        if (count.bytes)
            xlsx_write_number(sheet->book, sheet->row, at, (double)number_of(count), 0);
        else if (percent.bytes)
            xlsx_write_number(sheet->book, sheet->row, at, strtod(text_string(sheet->arena, percent), NULL),
                              2);
        else if (cell)
            xlsx_write_text(sheet->book, sheet->row, at,
                            report_cell_text(sheet->arena, cell, sheet->language, false), style);
    }
    sheet->row++;
}

static void put_figures(struct sheet *sheet, const struct value *document)
{
    const struct value *columns = value_find(document, "columns"), *rows = value_find(document, "rows");
    const struct value *total = value_find(document, "total"), *notes = value_find(document, "notes");
    struct text lines[4];
    size_t count;
    xlsx_write_sheet(sheet->book, _("Figures"));
    put_line(sheet, value_text_of(value_find(document, "agency"), "name"), XLSX_PLAIN);
    put_line(sheet, value_text_of(document, "title"), XLSX_TITLE);
    if (value_text_of(document, "department").bytes)
        put_line(sheet, report_department_words(sheet->arena, document), XLSX_PLAIN);
    put_line(sheet, report_period_words(sheet->arena, document, sheet->language), XLSX_PLAIN);
    put_line(sheet,
             text_format(sheet->arena, _("Unit: " TEXT_PRINT), TEXT_ARG(value_text_of(document, "unit"))),
             XLSX_PLAIN);
    sheet->row++;
    put_headings(sheet, columns);
    for (const struct value *row = rows->first; row; row = row->next)
        put_row(sheet, columns, row, XLSX_WRAP);
    if (total)
        put_row(sheet, columns, total, XLSX_TOTAL);
    sheet->row++;
    report_foot(sheet->arena, document, sheet->language, lines, &count);
    for (size_t i = 0; i < count; i++)
        put_line(sheet, lines[i], XLSX_PLAIN);
    put_line(sheet, value_text_of(document, "definition"), XLSX_PLAIN);
    for (const struct value *note = notes ? notes->first : NULL; note; note = note->next)
        put_line(sheet, note->text, XLSX_PLAIN);
}

/* The codes behind each figure: the row's text, the column's heading, the code. */
static void put_codes_of(struct sheet *sheet, const struct value *columns, const struct value *row)
{
    struct text label = report_cell_text(
        sheet->arena, value_find_text(row, value_text_of(columns->first, "name")), sheet->language, false);
    for (const struct value *column = columns->first; column; column = column->next) {
        const struct value *cell = value_find_text(row, value_text_of(column, "name"));
        const struct value *codes = value_find(cell, "codes");
        for (const struct value *code = codes ? codes->first : NULL; code; code = code->next) {
            xlsx_write_text(sheet->book, sheet->row, 0, label, XLSX_PLAIN);
            xlsx_write_text(sheet->book, sheet->row, 1, value_text_of(column, "heading"), XLSX_PLAIN);
            xlsx_write_text(sheet->book, sheet->row++, 2, code->text, XLSX_PLAIN);
        }
    }
}

static void put_codes(struct sheet *sheet, const struct value *document)
{
    const struct value *columns = value_find(document, "columns"), *rows = value_find(document, "rows");
    const char *const headings[] = { _("row"), _("figure"), _("code") };
    sheet->row = 0;
    xlsx_write_sheet(sheet->book, _("Codes"));
    for (uint16_t i = 0; i < 3; i++) {
        xlsx_write_text(sheet->book, 0, i, text_of(headings[i]), XLSX_HEADING);
        xlsx_write_width(sheet->book, i, i ? 24 : 48);
    }
    xlsx_write_freeze(sheet->book, ++sheet->row);
    for (const struct value *row = rows->first; row; row = row->next)
        put_codes_of(sheet, columns, row);
}

enum status report_xlsx_write(const struct value *document, const char *language, struct spool_file *spool,
                              struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct sheet sheet = { .arena = &arena, .language = language };
    const struct value *lists = value_find(document, "lists");
    if (xlsx_write_open(&sheet.book, error))
        return error->status;
    put_figures(&sheet, document);
    put_codes(&sheet, document);
    for (const struct value *list = lists ? lists->first : NULL; list; list = list->next) {
        const struct value *columns = value_find(list, "columns"), *rows = value_find(list, "rows");
        sheet.row = 0;
        xlsx_write_sheet(sheet.book, text_string(&arena, value_text_of(list, "heading")));
        put_headings(&sheet, columns);
        for (const struct value *row = rows->first; row; row = row->next)
            put_row(&sheet, columns, row, XLSX_WRAP);
    }
    return xlsx_write_close(sheet.book, spool, error);
}
