#include "extract/xlsx_sheet.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

#define RANGES_MAX 200000

enum status xlsx_sheet_open(struct xlsx_sheet *sheet, struct xlsx_book *book, struct text member,
                            const char *label, size_t row_limit, struct error *error)
{
    *sheet = (struct xlsx_sheet){ .book = book, .label = label, .row_limit = row_limit };
    return xlsx_part_open(book, member, &sheet->part, error);
}

void xlsx_sheet_close(struct xlsx_sheet *sheet)
{
    xlsx_part_close(&sheet->part);
    buffer_free(&sheet->scratch);
    buffer_free(&sheet->rich);
    arena_free(&sheet->arena);
    free(sheet->cells);
    free(sheet->ranges);
    *sheet = (struct xlsx_sheet){ 0 };
}

void xlsx_column_name(unsigned column, char name[4])
{
    char reversed[4];
    size_t count = 0;
    for (; column && count < 3; column = (column - 1) / 26)
        reversed[count++] = (char)('A' + (column - 1) % 26);
    for (size_t i = 0; i < count; i++)
        name[i] = reversed[count - 1 - i];
    name[count] = 0;
}

/* "C5", or "$C$5": false when it is no cell of a sheet. */
static bool read_reference(struct text text, unsigned *column, unsigned *row)
{
    size_t at = 0, number;
    *column = 0;
    at += text_starts(text, TEXT("$"));
    for (; at < text.length; at++) {
        char letter = (char)(text.bytes[at] & ~0x20);
        if (letter < 'A' || letter > 'Z')
            break;
        *column = *column * 26 + (unsigned)(letter - 'A' + 1);
        if (*column > XLSX_COLUMNS)
            return false;
    }
    at += at < text.length && text.bytes[at] == '$';
    if (!*column || !xlsx_digits(text_slice(text, at, text.length), XLSX_ROWS, &number) || !number)
        return false;
    *row = (unsigned)number;
    return true;
}

static enum status broken(const struct xlsx_sheet *sheet, const char *what, struct text value,
                          struct error *error)
{
    return error_set(error, STATUS_STOP, _("%s, row %zu: %s: \"" TEXT_PRINT "\"; save the workbook again"),
                     sheet->label, sheet->number, what, TEXT_ARG(value));
}

static enum status add_range(struct xlsx_sheet *sheet, const struct xml_event *event, struct error *error)
{
    struct text reference = TEXT_NONE;
    struct xlsx_range range;
    xml_event_attribute(event, "ref", &reference);
    const char *colon = reference.length ? memchr(reference.bytes, ':', reference.length) : NULL;
    size_t at = colon ? (size_t)(colon - reference.bytes) : reference.length;
    if (!colon || !read_reference(text_slice(reference, 0, at), &range.left, &range.top) ||
        !read_reference(text_slice(reference, at + 1, reference.length), &range.right, &range.bottom) ||
        range.left > range.right || range.top > range.bottom)
        return STATUS_OK; /* what cannot be understood merges nothing */
    if (sheet->range_count == RANGES_MAX)
        return error_set(error, STATUS_STOP, _("%s has more than %d merged ranges and is refused"),
                         sheet->label, RANGES_MAX);
    sheet->ranges = memory_more(sheet->ranges, sheet->range_count, &sheet->range_room, sizeof *sheet->ranges);
    sheet->ranges[sheet->range_count++] = range;
    return STATUS_OK;
}

/* ---- a cell ---- */

/* What the elements of one <c> have said of it. */
struct reading {
    unsigned column;
    char type[12];
    size_t style;
    bool formula, value, inline_text, phonetic; /* inside of, or seen */
    bool collecting;
    bool has_value, has_inline;
    struct xlsx_runs runs;
};

static bool is_blank(struct text text)
{
    return !text_trim(text).length;
}

static bool is_type(const char *type, const char *name)
{
    return !strcmp(type, name);
}

static enum status typed_cell(struct xlsx_sheet *sheet, const char *type, size_t style, struct text raw,
                              struct xlsx_cell *cell, unsigned *marks, struct error *error)
{
    struct xlsx_book *book = sheet->book;
    struct buffer plain = { 0 };
    cell->kind = XLSX_TEXT;
    if (is_type(type, "s")) {
        if (!xlsx_book_string(book, raw, &cell->text, marks))
            return broken(sheet, _("there is no shared text of this number"), raw, error);
    } else if (is_type(type, "b")) {
        cell->kind = XLSX_BOOLEAN;
        cell->text =
            text_is(text_trim(raw), "0") || text_is(text_trim(raw), "false") ? TEXT("false") : TEXT("true");
    } else if (is_type(type, "str") || is_type(type, "inlineStr") || is_type(type, "e")) {
        if (is_type(type, "e"))
            cell->kind = XLSX_ERROR;
        xlsx_unescape(&plain, raw);
        cell->text = text_copy(&sheet->arena, buffer_view(&plain));
        buffer_free(&plain);
    } else if (is_type(type, "d")) {
        cell->kind = XLSX_DATE;
        cell->text = xlsx_iso_date(&sheet->arena, raw);
    } else {
        struct xlsx_format format = { .shape = XLSX_AS_NUMBER };
        if (style < book->format_count)
            format = book->formats[style];
        xlsx_number_cell(&sheet->arena, raw, format, book->since_1904, cell);
    }
    return STATUS_OK;
}

static void keep_cell(struct xlsx_sheet *sheet, unsigned column, struct xlsx_cell cell)
{
    sheet->bytes += cell.text.length + sizeof *sheet->cells;
    if (sheet->bytes > sheet->row_limit)
        return;
    sheet->cells = memory_more(sheet->cells, sheet->count, &sheet->capacity, sizeof *sheet->cells);
    sheet->ordered = sheet->ordered && (!sheet->count || sheet->cells[sheet->count - 1].column < column);
    sheet->cells[sheet->count] = (struct xlsx_place){ column, sheet->count, cell };
    sheet->count++;
}

static int by_column(const void *left, const void *right)
{
    const struct xlsx_place *a = left, *b = right;
    if (a->column != b->column)
        return a->column < b->column ? -1 : 1;
    return (a->order > b->order) - (a->order < b->order);
}

/* Writers keep the order; where one did not, and where it gave a cell twice, the last counts. */
static void order_cells(struct xlsx_sheet *sheet)
{
    size_t kept = 0;
    if (sheet->ordered || sheet->count < 2)
        return;
    qsort(sheet->cells, sheet->count, sizeof *sheet->cells, by_column);
    for (size_t i = 0; i < sheet->count; i++) {
        if (kept && sheet->cells[kept - 1].column == sheet->cells[i].column)
            kept--;
        sheet->cells[kept++] = sheet->cells[i];
    }
    sheet->count = kept;
}

static void mark_struck(const struct xlsx_book *book, size_t style, unsigned marks, struct xlsx_cell *cell)
{
    bool by_cell = style < book->format_count && book->formats[style].struck;
    if (!marks || marks & XLSX_AS_CELL)
        marks |= by_cell ? XLSX_STRUCK : XLSX_UNSTRUCK;
    cell->struck = !(marks & XLSX_UNSTRUCK);
    cell->partly = !cell->struck && marks & XLSX_STRUCK;
}

static enum status end_cell(struct xlsx_sheet *sheet, const struct reading *reading, struct error *error)
{
    struct xlsx_cell cell = { 0 };
    /* Of a cell that has both, its type says which is shown; of one that has only one, that. */
    struct text value = buffer_view(&sheet->scratch), rich = buffer_view(&sheet->rich);
    bool inline_text = is_blank(value) || (is_type(reading->type, "inlineStr") && reading->has_inline);
    struct text raw = inline_text ? rich : value;
    unsigned marks = inline_text ? reading->runs.marks : 0;
    enum status status = STATUS_OK;
    if (sheet->bytes > sheet->row_limit)
        return STATUS_OK; /* the row is set aside anyway */
    if (!is_blank(raw))
        status = typed_cell(sheet, inline_text ? "inlineStr" : reading->type, reading->style, raw, &cell,
                            &marks, error);
    else if (reading->formula && !(reading->has_value && is_type(reading->type, "str"))) {
        cell.kind = XLSX_UNCALCULATED;
        cell.text = TEXT("");
    }
    mark_struck(sheet->book, reading->style, marks, &cell);
    if (!status && cell.kind && (cell.kind == XLSX_UNCALCULATED || !is_blank(cell.text)))
        keep_cell(sheet, reading->column, cell);
    return status;
}

static enum status begin_cell(struct xlsx_sheet *sheet, const struct xml_event *event,
                              struct reading *reading, struct error *error)
{
    struct text value;
    unsigned column = reading->column + 1, row;
    *reading = (struct reading){ 0 };
    if (xml_event_attribute(event, "r", &value) && !read_reference(value, &column, &row))
        return broken(sheet, _("there is no such cell"), value, error);
    if (column > XLSX_COLUMNS)
        return broken(sheet, _("it has more columns than a sheet can have"), TEXT_NONE, error);
    reading->column = column;
    if (xml_event_attribute(event, "s", &value) && !xlsx_digits(value, (size_t)1 << 30, &reading->style))
        reading->style = SIZE_MAX;
    if (xml_event_attribute(event, "t", &value))
        memcpy(reading->type, value.bytes,
               value.length < sizeof reading->type ? value.length : sizeof reading->type - 1);
    buffer_clear(&sheet->scratch);
    buffer_clear(&sheet->rich);
    return STATUS_OK;
}

/* One event inside a row. */
static enum status take_event(struct xlsx_sheet *sheet, const struct xml_event *event,
                              struct reading *reading, struct error *error)
{
    bool start = event->kind == XML_EVENT_START;
    if (reading->inline_text &&
        (event->kind != XML_EVENT_TEXT || (reading->collecting && !reading->phonetic)))
        xlsx_runs_take(&reading->runs, event);
    if (event->kind == XML_EVENT_TEXT) {
        struct buffer *out = reading->inline_text ? &sheet->rich : &sheet->scratch;
        if (reading->collecting && !reading->phonetic && out->length <= sheet->row_limit)
            buffer_text(out, event->text);
        return STATUS_OK;
    }
    if (!strcmp(event->name, "c"))
        return start ? begin_cell(sheet, event, reading, error) : end_cell(sheet, reading, error);
    if (!strcmp(event->name, "v")) {
        reading->collecting = start && !reading->inline_text;
        reading->has_value = true;
    } else if (!strcmp(event->name, "is")) {
        reading->inline_text = start;
        reading->has_inline = true;
    } else if (!strcmp(event->name, "t"))
        reading->collecting = start && reading->inline_text;
    else if (!strcmp(event->name, "rPh"))
        reading->phonetic = start;
    else if (!strcmp(event->name, "f"))
        reading->formula = true;
    return STATUS_OK;
}

/* ---- a row ---- */

static enum status read_row(struct xlsx_sheet *sheet, const struct xml_event *event, struct error *error)
{
    struct text value;
    struct reading reading = { 0 };
    size_t number = sheet->number + 1;
    if (xml_event_attribute(event, "r", &value) && !xlsx_digits(value, XLSX_ROWS, &number))
        return broken(sheet, _("behind it there is a row with a number that cannot be"), value, error);
    if (number <= sheet->number || number > XLSX_ROWS)
        return broken(sheet, _("the row behind it is out of order"), TEXT_NONE, error);
    sheet->number = number;
    sheet->hidden =
        xml_event_attribute(event, "hidden", &value) && (text_is(value, "1") || text_is(value, "true"));
    sheet->count = sheet->bytes = 0;
    sheet->ordered = true;
    arena_clear(&sheet->arena);
    enum status status = STATUS_OK;
    while (!status && !(status = xml_events_next(sheet->part.events, &event, error))) {
        if (xlsx_is(event, XML_EVENT_END, "row"))
            break;
        status = take_event(sheet, event, &reading, error);
    }
    return status;
}

enum status xlsx_sheet_next(struct xlsx_sheet *sheet, struct error *error)
{
    const struct xml_event *event;
    enum status status;
    while (!(status = xml_events_next(sheet->part.events, &event, error))) {
        if (xlsx_is(event, XML_EVENT_START, "mergeCell"))
            status = add_range(sheet, event, error);
        else if (event->kind != XML_EVENT_TEXT && !strcmp(event->name, "sheetData"))
            sheet->in_data = event->kind == XML_EVENT_START;
        else if (sheet->in_data && xlsx_is(event, XML_EVENT_START, "row")) {
            status = read_row(sheet, event, error);
            if (!status && sheet->bytes > sheet->row_limit)
                return error_set(error, STATUS_REJECT,
                                 _("%s, row %zu: it has more than %zu bytes and is set aside"), sheet->label,
                                 sheet->number, sheet->row_limit);
            order_cells(sheet);
            if (!status && sheet->count)
                return STATUS_OK;
        }
        if (status)
            break;
    }
    /* What the archive refuses in the middle is broken from here on as well. */
    if (status == STATUS_REJECT && error)
        error->status = STATUS_STOP;
    return status == STATUS_REJECT ? STATUS_STOP : status;
}
