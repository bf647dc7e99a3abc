#include "extract/xlsx.h"

#include <stdlib.h>
#include <string.h>

#include "adapters/unicode.h"
#include "core/memory.h"
#include "extract/xlsx_header.h"

#define ROW_LIMIT ((size_t)16 << 20)

/* The merged range that a column is in, while the rows go by. */
struct spread {
    unsigned bottom; /* 0: none */
    struct xlsx_cell cell;
};

struct xlsx {
    struct arena arena;
    struct xlsx_book book;
    const struct xlsx_book_sheet *chosen;
    const char *label; /* of book and sheet, for messages */
    struct xlsx_header header;
    size_t row_limit;

    size_t range_count, range_at; /* the next one whose top has not come */
    struct xlsx_range *ranges;    /* by their top row */
    struct spread *spreads;       /* per column */
    bool over;                    /* this row's are more than may be */
    struct buffer *spread_texts;  /* what the spreads show, since a row's texts go with it */

    size_t key; /* its column; as many as there are: none of them */

    size_t other_count; /* sheets with the key that are not read */
    struct text other;

    struct xlsx_sheet sheet;
    struct xlsx_cell *cells;
};

static int by_top(const void *left, const void *right)
{
    const struct xlsx_range *a = left, *b = right;
    if (a->top != b->top)
        return a->top < b->top ? -1 : 1;
    return a->left < b->left ? -1 : a->left > b->left;
}

/* The merged ranges stand behind the rows that they concern, so the sheet is read twice. */
static enum status look_through(struct xlsx *xlsx, const struct xlsx_options *options, struct error *error)
{
    struct xlsx_sample sample = { 0 };
    struct xlsx_sheet sheet;
    enum status status =
        xlsx_sheet_open(&sheet, &xlsx->book, xlsx->chosen->part, xlsx->label, xlsx->row_limit, error);
    while (!status) {
        status = xlsx_sheet_next(&sheet, error);
        if (status == STATUS_REJECT)
            status = STATUS_OK; /* said again when the rows are given */
        else if (!status)
            xlsx_sample_add(&sample, &sheet, options->header_row);
    }
    if (status == STATUS_END) {
        xlsx->ranges = sheet.ranges;
        xlsx->range_count = sheet.range_count;
        sheet.ranges = NULL;
        if (xlsx->range_count)
            qsort(xlsx->ranges, xlsx->range_count, sizeof *xlsx->ranges, by_top);
        status = xlsx_header_find(&xlsx->arena, options, &sample, xlsx->ranges, xlsx->range_count,
                                  &xlsx->header, error);
        if (status)
            (void)error_add(error, "%s", xlsx->label);
    } else if (status == STATUS_STOP)
        status = STATUS_REJECT; /* nothing was given yet: the workbook as a whole is set aside */
    if (error)
        error->status = status;
    xlsx_sheet_close(&sheet);
    xlsx_sample_free(&sample);
    return status;
}

#define FIRST_ROWS 30

static bool has_key(struct xlsx *xlsx, const struct xlsx_book_sheet *other, struct text key)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct xlsx_sheet sheet;
    struct error unused = { 0 };
    bool found = false;
    struct text folded = unicode_fold(&arena, key);
    enum status status =
        xlsx_sheet_open(&sheet, &xlsx->book, other->part, xlsx->label, xlsx->row_limit, &unused);
    while (!status && !found && sheet.number < FIRST_ROWS) {
        status = xlsx_sheet_next(&sheet, &unused);
        for (size_t i = 0; !status && i < sheet.count && !found; i++) {
            struct text cell = sheet.cells[i].cell.text;
            found =
                cell.length < 1000 && text_equal(unicode_fold(&arena, xlsx_one_line(&arena, cell)), folded);
        }
    }
    xlsx_sheet_close(&sheet);
    return found;
}

/* One sheet is read; that it is one of several of its kind should not go unsaid. */
static void look_for_others(struct xlsx *xlsx, const struct xlsx_options *options)
{
    if (options->sheet.length || !options->key.length)
        return;
    for (size_t i = 0; i < xlsx->book.sheet_count; i++) {
        const struct xlsx_book_sheet *other = &xlsx->book.sheets[i];
        if (other == xlsx->chosen || other->hidden || !other->part.length ||
            !has_key(xlsx, other, options->key))
            continue;
        if (!xlsx->other_count++)
            xlsx->other = other->name;
    }
}

static enum status open_sheet(struct xlsx *xlsx, const struct xlsx_options *options, struct error *error)
{
    enum status status = xlsx_book_find(&xlsx->book, options->sheet, &xlsx->chosen, error);
    if (status)
        return status;
    BUFFER_OWNED struct buffer label = { 0 };
    buffer_printf(&label, _(TEXT_PRINT ", sheet \"" TEXT_PRINT "\""), TEXT_ARG(xlsx->book.name),
                  TEXT_ARG(xlsx->chosen->name));
    xlsx->label = text_string(&xlsx->arena, buffer_view(&label));
    look_for_others(xlsx, options);
    status = look_through(xlsx, options, error);
    if (!status)
        status = xlsx_sheet_open(&xlsx->sheet, &xlsx->book, xlsx->chosen->part, xlsx->label, xlsx->row_limit,
                                 error);
    if (status)
        return status;
    xlsx->key = options->key.length
                    ? unicode_find_folded(options->key, xlsx->header.names, xlsx->header.count)
                    : xlsx->header.count;
    xlsx->cells = memory_take_zeroed(xlsx->header.count, sizeof *xlsx->cells);
    xlsx->spreads = memory_take_zeroed(xlsx->header.count, sizeof *xlsx->spreads);
    xlsx->spread_texts = memory_take_zeroed(xlsx->header.count, sizeof *xlsx->spread_texts);
    return STATUS_OK;
}

enum status xlsx_open(const char *path, struct text bytes, const char *name,
                      const struct xlsx_options *options, struct xlsx **out, struct error *error)
{
    struct xlsx *xlsx = memory_new(struct xlsx);
    *out = NULL;
    xlsx->row_limit = options->row_limit ? options->row_limit : ROW_LIMIT;
    enum status status = xlsx_book_open(&xlsx->book, path, bytes, name, options->limits, error);
    if (!status)
        status = open_sheet(xlsx, options, error);
    if (status)
        xlsx_close(xlsx);
    else
        *out = xlsx;
    return status;
}

void xlsx_close(struct xlsx *xlsx)
{
    if (!xlsx)
        return;
    xlsx_sheet_close(&xlsx->sheet);
    for (size_t i = 0; xlsx->spread_texts && i < xlsx->header.count; i++)
        buffer_free(&xlsx->spread_texts[i]);
    free(xlsx->spread_texts);
    free(xlsx->spreads);
    free(xlsx->ranges);
    free(xlsx->cells);
    xlsx_book_close(&xlsx->book);
    arena_free(&xlsx->arena);
    free(xlsx);
}

size_t xlsx_headings(const struct xlsx *xlsx, const struct text **names)
{
    *names = xlsx->header.names;
    return xlsx->header.count;
}

struct text xlsx_sheet_name(const struct xlsx *xlsx)
{
    return xlsx->chosen->name;
}

size_t xlsx_other_tables(const struct xlsx *xlsx, struct text *name)
{
    *name = xlsx->other;
    return xlsx->other_count;
}

/* ---- rows ---- */

/* A text that outlives its row, and the row's limit counts for all of them together: a small workbook can
 * merge a large text into every column. False when it does not fit. */
static bool keep_spread(struct xlsx *xlsx, size_t column, struct text text)
{
    size_t kept = text.length;
    for (size_t i = 0; i < xlsx->header.count; i++) {
        if (xlsx->spreads[i].bottom < xlsx->sheet.number || i == column)
            buffer_free(&xlsx->spread_texts[i]);
        kept += xlsx->spread_texts[i].length;
    }
    if (kept > xlsx->row_limit)
        return false;
    buffer_text(&xlsx->spread_texts[column], text);
    return true;
}

/* A merged range begins in this row: from here on its value stands in its column. Not in the others: what is under another
 * heading is another thing. `lost`: the row is set aside, and nobody knows the value. */
static void begin_spread(struct xlsx *xlsx, const struct xlsx_range *range, bool lost)
{
    size_t column = range->left - 1;
    if (column >= xlsx->header.count || range->bottom == range->top || (!lost && !xlsx->cells[column].kind))
        return;
    struct spread *spread = &xlsx->spreads[column];
    spread->bottom = range->bottom;
    if (!lost && keep_spread(xlsx, column, xlsx->cells[column].text)) {
        spread->cell = xlsx->cells[column];
        spread->cell.text = buffer_view(&xlsx->spread_texts[column]);
    } else {
        xlsx->over = true;
        spread->cell = (struct xlsx_cell){ .kind = XLSX_LOST,
                                           .text = text_format(&xlsx->arena, "%zu", xlsx->sheet.number) };
    }
    spread->cell.merged = true;
}

static void begin_spreads(struct xlsx *xlsx, bool lost)
{
    size_t number = xlsx->sheet.number;
    /* Of ranges whose first row had nothing in it nothing can be spread. */
    while (xlsx->range_at < xlsx->range_count && xlsx->ranges[xlsx->range_at].top < number)
        xlsx->range_at++;
    while (xlsx->range_at < xlsx->range_count && xlsx->ranges[xlsx->range_at].top == number)
        begin_spread(xlsx, &xlsx->ranges[xlsx->range_at++], lost);
}

/* One cell alone, merged over half of the table or more, with no range from above beside it. */
static bool is_title(const struct xlsx *xlsx, size_t filled)
{
    const struct xlsx_sheet *sheet = &xlsx->sheet;
    if (sheet->count != 1)
        return false;
    for (size_t i = xlsx->range_at; i-- > 0 && xlsx->ranges[i].top == sheet->number;) {
        const struct xlsx_range *range = &xlsx->ranges[i];
        size_t last = range->right < xlsx->header.count ? range->right : xlsx->header.count;
        if (range->left == sheet->cells[0].column && last > range->left)
            return filled == 1 && (last - range->left + 1) * 2 >= xlsx->header.count;
    }
    return false;
}

static enum status lay_out(struct xlsx *xlsx, struct xlsx_row *row, struct error *error)
{
    size_t count = xlsx->header.count, bytes = 0, filled = 0;
    const struct xlsx_sheet *sheet = &xlsx->sheet;
    memset(xlsx->cells, 0, count * sizeof *xlsx->cells);
    *row = (struct xlsx_row){
        .number = sheet->number, .count = count, .cells = xlsx->cells, .hidden = sheet->hidden
    };
    for (size_t i = 0; i < sheet->count; i++)
        if (sheet->cells[i].column <= count)
            xlsx->cells[sheet->cells[i].column - 1] = sheet->cells[i].cell;
        else
            row->beyond++;
    xlsx->over = false;
    begin_spreads(xlsx, false);
    for (size_t i = 0; i < count; i++) {
        const struct spread *spread = &xlsx->spreads[i];
        if (xlsx->cells[i].kind == XLSX_EMPTY && spread->bottom >= sheet->number)
            xlsx->cells[i] = spread->cell;
        if (xlsx->cells[i].kind == XLSX_EMPTY)
            xlsx->cells[i].text = TEXT("");
        else
            filled++;
        bytes += xlsx->cells[i].text.length;
    }
    if (bytes > xlsx->row_limit || xlsx->over)
        return error_set(error, STATUS_REJECT, _("%s, row %zu: it has more than %zu bytes and is set aside"),
                         xlsx->label, row->number, xlsx->row_limit);
    bool aside = row->beyond == sheet->count;
    /* A remark or a legend is less than half as wide as the table; this may be a record that was moved. */
    if (aside && row->beyond > 1 && row->beyond * 2 >= count)
        return error_set(
            error, STATUS_REJECT,
            _("%s, row %zu: all its cells stand right of the last heading; move them under the headings, or "
              "take them out"),
            xlsx->label, row->number);
    row->title = aside || is_title(xlsx, filled);
    return STATUS_OK;
}

/* The headings once more, as on every printed page. */
static bool repeats_headings(const struct xlsx *xlsx, const struct xlsx_row *row)
{
    struct arena arena = { 0 };
    bool same = row->count > 0;
    for (size_t i = 0; same && i < row->count; i++)
        same = row->cells[i].text.length < 4096 &&
               text_equal(xlsx_one_line(&arena, row->cells[i].text), xlsx->header.names[i]);
    arena_free(&arena);
    return same;
}

/* The second of one name has a number behind it. */
static bool is_headed(struct text name, struct text cell)
{
    return text_starts(name, cell) && (name.length == cell.length ||
                                       text_starts(text_slice(name, cell.length, name.length), TEXT(" (")));
}

/* Most of the row's cells are headings, and not at their places: it begins another table. One without the key is none of the
 * kind (how many there are of each field), and no row of it can be taken for a record. */
static bool begins_another(const struct xlsx *xlsx, const struct xlsx_row *row)
{
    size_t filled = 0, named = 0, placed = 0;
    bool keyed = xlsx->key == xlsx->header.count;
    for (size_t i = 0; i < row->count; i++) {
        struct text cell = text_trim(row->cells[i].text);
        bool found = false;
        for (size_t j = 0; cell.length && j < row->count && !found; j++)
            found = text_equal(cell, xlsx->header.names[j]);
        if (cell.length && !filled++ && !found)
            return false;
        named += found;
        placed += found && is_headed(xlsx->header.names[i], cell);
        keyed = keyed || text_equal(cell, xlsx->header.names[xlsx->key]);
    }
    return keyed && named > 1 && named * 2 > filled && placed < named;
}

/* "(1) (2) (3) …" below the headings. */
static bool counts_columns(const struct xlsx *xlsx, const struct xlsx_row *row)
{
    size_t expected = 1;
    if (row->number != xlsx->header.last + 1 || !xlsx->header.row)
        return false;
    for (size_t i = 0; i < row->count; i++) {
        size_t number;
        struct text text = text_trim(row->cells[i].text);
        if (!text.length)
            continue;
        if (text.length > 2 && text.bytes[0] == '(' && text.bytes[text.length - 1] == ')')
            text = text_slice(text, 1, text.length - 2);
        if (!xlsx_digits(text, XLSX_HEADINGS, &number) || number != expected++)
            return false;
    }
    return expected > 3;
}

enum status xlsx_next(struct xlsx *xlsx, struct xlsx_row *row, struct error *error)
{
    for (;;) {
        *row = (struct xlsx_row){ 0 };
        enum status status = xlsx_sheet_next(&xlsx->sheet, error);
        row->number = xlsx->sheet.number;
        if (status == STATUS_REJECT)
            begin_spreads(xlsx, true);
        if (status == STATUS_REJECT && row->number <= xlsx->header.last)
            continue;
        if (!status)
            status = lay_out(xlsx, row, error);
        if (status)
            return status;
        if (row->number <= xlsx->header.last || repeats_headings(xlsx, row) || counts_columns(xlsx, row))
            continue;
        if (!begins_another(xlsx, row))
            return STATUS_OK;
        return error_set(error, STATUS_STOP,
                         _("%s, row %zu: headings come again, at other places than above; give what stands "
                           "below a sheet of its own"),
                         xlsx->label, row->number);
    }
}
