#include "extract/xlsx_header.h"

#include <stdlib.h>
#include <string.h>

#include "adapters/unicode.h"
#include "core/memory.h"

#define ROWS_KEPT  100
#define BELOW      50   /* rows that are asked whether they fill the columns of the headings */
#define LINES_MAX  5    /* of one heading */
#define NAME_MAX   1000 /* bytes */
#define MASK_WORDS (XLSX_HEADINGS / 64)

struct columns {
    uint64_t bits[MASK_WORDS];
};

static void columns_add(struct columns *columns, unsigned column)
{
    if (column && column <= XLSX_HEADINGS)
        columns->bits[(column - 1) / 64] |= (uint64_t)1 << ((column - 1) % 64);
}

static bool columns_has(const struct columns *columns, unsigned column)
{
    return columns->bits[(column - 1) / 64] >> ((column - 1) % 64) & 1;
}

static unsigned columns_common(const struct columns *left, const struct columns *right)
{
    unsigned count = 0;
    for (size_t i = 0; i < MASK_WORDS; i++)
        count += (unsigned)__builtin_popcountll(left->bits[i] & right->bits[i]);
    return count;
}

struct text xlsx_one_line(struct arena *arena, struct text text)
{
    char *bytes = arena_alloc(arena, text.length + 1);
    size_t length = 0;
    for (size_t i = 0; i < text.length; i++) {
        bool blank = memchr(" \t\r\n", text.bytes[i], 4) != NULL;
        if (!blank)
            bytes[length++] = text.bytes[i];
        else if (length && bytes[length - 1] != ' ')
            bytes[length++] = ' ';
    }
    while (length && bytes[length - 1] == ' ')
        length--;
    bytes[length] = 0;
    return (struct text){ bytes, length };
}

/* Never inside a letter. */
static struct text cut(struct text text)
{
    size_t length = text.length < NAME_MAX ? text.length : NAME_MAX;
    while (length < text.length && length && ((unsigned char)text.bytes[length] & 0xC0) == 0x80)
        length--;
    return text_slice(text, 0, length);
}

void xlsx_sample_add(struct xlsx_sample *sample, const struct xlsx_sheet *sheet, size_t header_row)
{
    if (sample->count == ROWS_KEPT || sheet->number < header_row ||
        (header_row && sheet->number > header_row + BELOW))
        return;
    sample->rows = memory_more(sample->rows, sample->count, &sample->capacity, sizeof *sample->rows);
    struct xlsx_kept_row *row = &sample->rows[sample->count++];
    *row = (struct xlsx_kept_row){ .number = sheet->number };
    row->cells = arena_array(&sample->arena, struct xlsx_place, sheet->count);
    for (size_t i = 0; i < sheet->count && sheet->cells[i].column <= XLSX_HEADINGS; i++) {
        row->cells[row->count] = sheet->cells[i];
        row->cells[row->count++].cell.text = xlsx_one_line(&sample->arena, cut(sheet->cells[i].cell.text));
    }
}

void xlsx_sample_free(struct xlsx_sample *sample)
{
    arena_free(&sample->arena);
    free(sample->rows);
    *sample = (struct xlsx_sample){ 0 };
}

/* ---- finding ---- */

struct search {
    const struct xlsx_sample *sample;
    const struct xlsx_range *ranges;
    size_t range_count;
    struct columns *filled; /* per kept row, merged ranges counted as filled */
};

static size_t first_row_from(const struct xlsx_sample *sample, size_t number)
{
    size_t low = 0, high = sample->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (sample->rows[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static const struct xlsx_cell *cell_at(const struct xlsx_sample *sample, size_t number, unsigned column)
{
    size_t at = first_row_from(sample, number);
    if (at == sample->count || sample->rows[at].number != number)
        return NULL;
    const struct xlsx_kept_row *row = &sample->rows[at];
    for (size_t i = 0; i < row->count && row->cells[i].column <= column; i++)
        if (row->cells[i].column == column)
            return &row->cells[i].cell;
    return NULL;
}

static void fill(struct search *search)
{
    const struct xlsx_sample *sample = search->sample;
    search->filled = memory_take_zeroed(sample->count, sizeof *search->filled);
    for (size_t i = 0; i < sample->count; i++)
        for (size_t k = 0; k < sample->rows[i].count; k++)
            columns_add(&search->filled[i], sample->rows[i].cells[k].column);
    for (size_t i = 0; i < search->range_count; i++) {
        const struct xlsx_range *range = &search->ranges[i];
        size_t row = first_row_from(sample, range->top);
        if (row == sample->count || sample->rows[row].number > range->bottom || range->left > XLSX_HEADINGS ||
            !cell_at(sample, range->top, range->left))
            continue;
        for (; row < sample->count && sample->rows[row].number <= range->bottom; row++)
            for (unsigned column = range->left; column <= range->right && column <= XLSX_HEADINGS; column++)
                columns_add(&search->filled[row], column);
    }
}

/* A heading that is merged with cells below it has more than one row. */
static size_t last_line(const struct search *search, size_t top)
{
    size_t last = top;
    for (size_t i = 0; i < search->range_count; i++) {
        const struct xlsx_range *range = &search->ranges[i];
        if (range->top == top && range->left <= XLSX_HEADINGS && range->bottom > last &&
            range->bottom < top + LINES_MAX && cell_at(search->sample, top, range->left))
            last = range->bottom;
    }
    return last;
}

static bool looks_like_headings(const struct xlsx_kept_row *row)
{
    size_t texts = 0;
    bool different = false;
    const struct text *first = NULL;
    for (size_t i = 0; i < row->count; i++) {
        if (row->cells[i].cell.kind != XLSX_TEXT)
            continue;
        texts++;
        if (first && !text_equal(*first, row->cells[i].cell.text))
            different = true;
        if (!first)
            first = &row->cells[i].cell.text;
    }
    return different && texts * 2 > row->count;
}

/* Do the rows below fill the columns that this one names, and no others to speak of? */
static bool is_filled_below(const struct search *search, size_t index, size_t last)
{
    static const struct columns none;
    struct columns named = none, used = none;
    size_t rows = 0, hits = 0;
    unsigned counts[XLSX_HEADINGS + 1] = { 0 };
    const struct xlsx_sample *sample = search->sample;
    size_t below = first_row_from(sample, last + 1);
    for (size_t i = index; i < below; i++)
        for (size_t w = 0; w < MASK_WORDS; w++)
            named.bits[w] |= search->filled[i].bits[w];
    for (size_t i = below; i < sample->count && rows < BELOW; i++, rows++) {
        hits += columns_common(&named, &search->filled[i]);
        for (unsigned column = 1; column <= XLSX_HEADINGS; column++)
            counts[column] += columns_has(&search->filled[i], column);
    }
    if (!rows)
        return false;
    unsigned used_count = 0;
    for (unsigned column = 1; column <= XLSX_HEADINGS; column++)
        if (counts[column] * 2 >= rows) {
            columns_add(&used, column);
            used_count++;
        }
    unsigned named_count = columns_common(&named, &named);
    return hits * 2 >= rows * named_count && columns_common(&named, &used) * 5 >= used_count * 3;
}

static bool guess_row(const struct search *search, struct xlsx_header *header)
{
    const struct xlsx_sample *sample = search->sample;
    size_t only = SIZE_MAX;
    for (size_t i = 0; i < sample->count; i++) {
        if (!looks_like_headings(&sample->rows[i]))
            continue;
        header->row = sample->rows[i].number;
        header->last = last_line(search, header->row);
        if (is_filled_below(search, i, header->last))
            return true;
        if (first_row_from(sample, header->last + 1) == sample->count)
            only = i;
    }
    if (only == SIZE_MAX)
        return false;
    header->row = sample->rows[only].number; /* headings, and no rows yet */
    header->last = last_line(search, header->row);
    return true;
}

/* ---- naming ---- */

/* The text that a cell shows, its own or that of the merged range it is in. */
static struct text shown_at(const struct search *search, size_t number, unsigned column)
{
    const struct xlsx_cell *cell = cell_at(search->sample, number, column);
    for (size_t i = 0; i < search->range_count && !cell; i++) {
        const struct xlsx_range *range = &search->ranges[i];
        if (range->top <= number && number <= range->bottom && range->left <= column &&
            column <= range->right)
            cell = cell_at(search->sample, range->top, range->left);
    }
    return cell ? cell->text : TEXT_NONE;
}

static struct text name_of(struct arena *arena, const struct search *search, const struct xlsx_header *header,
                           unsigned column)
{
    BUFFER_OWNED struct buffer name = { 0 };
    struct text before = TEXT_NONE;
    for (size_t row = header->row; row <= header->last; row++) {
        struct text line = shown_at(search, row, column);
        if (!line.length || text_equal(line, before))
            continue;
        buffer_string(&name, name.length ? " / " : "");
        buffer_text(&name, line);
        before = line;
    }
    return text_copy(arena, buffer_view(&name));
}

static void make_different(struct arena *arena, struct xlsx_header *header)
{
    for (size_t i = 0; i < header->count; i++) {
        struct text name = header->names[i];
        for (unsigned number = 2; text_among(header->names[i], header->names, i); number++) {
            BUFFER_OWNED struct buffer numbered = { 0 };
            buffer_text(&numbered, name);
            buffer_printf(&numbered, " (%u)", number);
            header->names[i] = text_copy(arena, buffer_view(&numbered));
        }
    }
}

static void name_columns(struct arena *arena, const struct search *search, struct xlsx_header *header)
{
    unsigned width = 0;
    for (size_t i = first_row_from(search->sample, header->row);
         i < search->sample->count && search->sample->rows[i].number <= header->last; i++)
        for (unsigned column = 1; column <= XLSX_HEADINGS; column++)
            if (columns_has(&search->filled[i], column) && column > width)
                width = column;
    header->count = width;
    header->names = arena_array(arena, struct text, width);
    for (unsigned column = 1; column <= width; column++) {
        char letters[4];
        header->names[column - 1] = name_of(arena, search, header, column);
        xlsx_column_name(column, letters);
        if (!header->names[column - 1].length)
            header->names[column - 1] = text_copy(arena, text_of(letters));
    }
    make_different(arena, header);
}

/* Cheap, and true of each row of headings that has the key. */
static bool may_name(const struct search *search, const struct xlsx_header *header, struct text key)
{
    ARENA_OWNED struct arena arena = { 0 };
    const struct xlsx_sample *sample = search->sample;
    size_t at;
    for (size_t i = first_row_from(sample, header->row);
         i < sample->count && sample->rows[i].number <= header->last; i++)
        for (size_t k = 0; k < sample->rows[i].count; k++) {
            struct text folded = unicode_fold(&arena, sample->rows[i].cells[k].cell.text);
            if (folded.length && text_find(key, folded, &at))
                return true;
        }
    return false;
}

static bool names_key(const struct search *search, const struct xlsx_header *header, struct text key)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct xlsx_header named = *header;
    if (!may_name(search, header, key))
        return false;
    name_columns(&arena, search, &named);
    for (size_t i = 0; i < named.count; i++)
        if (text_equal(unicode_fold(&arena, named.names[i]), key))
            return true;
    return false;
}

/* Where most columns are empty, a row below the headings looks more like them. One above that names the key is right then; one
 * below is not looked for, since rows would be passed over. */
static bool find_row(const struct search *search, struct text wanted, struct xlsx_header *header)
{
    ARENA_OWNED struct arena arena = { 0 };
    const struct xlsx_sample *sample = search->sample;
    bool found = guess_row(search, header);
    struct text key = unicode_fold(&arena, wanted);
    if (!key.length || (found && names_key(search, header, key)))
        return found;
    for (size_t i = 0; i < sample->count && (!found || sample->rows[i].number < header->row); i++) {
        struct xlsx_header other = { .row = sample->rows[i].number };
        other.last = last_line(search, other.row);
        if (looks_like_headings(&sample->rows[i]) && names_key(search, &other, key)) {
            *header = other;
            return true;
        }
    }
    return found;
}

static void take_given(struct arena *arena, const struct xlsx_options *options,
                       const struct xlsx_sample *sample, struct xlsx_header *header)
{
    header->count = options->header_count;
    header->names = arena_array(arena, struct text, header->count);
    for (size_t i = 0; i < header->count; i++)
        header->names[i] = xlsx_one_line(arena, options->header[i]);
    for (size_t i = 0; i < sample->count && !header->row; i++) {
        const struct xlsx_kept_row *row = &sample->rows[i];
        bool same = row->count >= header->count;
        for (size_t k = 0; same && k < header->count; k++)
            same = row->cells[k].column == k + 1 && text_equal(row->cells[k].cell.text, header->names[k]);
        if (same)
            header->row = header->last = row->number;
    }
}

enum status xlsx_header_find(struct arena *arena, const struct xlsx_options *options,
                             const struct xlsx_sample *sample, const struct xlsx_range *ranges,
                             size_t range_count, struct xlsx_header *header, struct error *error)
{
    struct search search = { .sample = sample, .ranges = ranges, .range_count = range_count };
    *header = (struct xlsx_header){ 0 };
    if (options->header_count > XLSX_HEADINGS)
        return error_set(error, STATUS_USAGE, _("header: there are more than %u names"), XLSX_HEADINGS);
    if (options->header_count && !sample->count && !options->rowless)
        return error_set(error, STATUS_REJECT,
                         _("it holds no row, and no heading that would show that it is an empty list"));
    if (options->header_count) {
        take_given(arena, options, sample, header);
        return STATUS_OK;
    }
    if (options->header_row && (!sample->count || sample->rows[0].number != options->header_row))
        return error_set(error, STATUS_REJECT,
                         _("row %zu, which should hold the headings, is empty; correct `header`"),
                         options->header_row);
    fill(&search);
    bool found = true;
    if (options->header_row) {
        header->row = options->header_row;
        header->last = last_line(&search, header->row);
    } else
        found = find_row(&search, options->key, header);
    if (found)
        name_columns(arena, &search, header);
    free(search.filled);
    return found ? STATUS_OK
                 : error_set(error, STATUS_REJECT,
                             _("no row of headings is found in its first rows; name the row in `header`"));
}
