#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "adapters/unicode.h"
#include "core/canonical.h"
#include "extract/decode.h"
#include "extract/xlsx.h"
#include "record/encoding.h"

#define SAMPLE   20 /* rows that `auto` looks at */
#define WARNINGS 20 /* of one workbook that name their cell */

struct workbook {
    struct xlsx *xlsx;
    const char *sheet;
    struct text context;
    const struct text *headings;
    size_t count;
    bool *used;  /* by the key or the map */
    bool *codes; /* holds codes, as far as the configuration or the heading tells */
    struct buffer record;
    bool hidden_told;
    long warned;
    bool others_told;
    char warning[700];
};

/* ---- which columns matter ---- */

static bool is_heading(struct arena *arena, struct text address, struct text heading)
{
    return text_equal(unicode_fold(arena, address), unicode_fold(arena, heading));
}

static void mark(const struct workbook *workbook, struct arena *arena, const struct value *address,
                 bool *marks)
{
    for (size_t i = 0; address->kind == VALUE_TEXT && i < workbook->count; i++)
        if (is_heading(arena, address->text, workbook->headings[i]))
            marks[i] = true;
}

/* Every text of the map may be an address: one that is none only makes us look at a column too many. */
static void mark_all(const struct workbook *workbook, struct arena *arena, const struct value *map,
                     bool *marks)
{
    mark(workbook, arena, map, marks);
    for (const struct value *child = map->first; child; child = child->next)
        mark_all(workbook, arena, child, marks);
}

static void mark_columns(struct decode *decode, struct workbook *workbook)
{
    ARENA_OWNED struct arena arena = { 0 };
    const struct value *key = value_find(decode->source->tree, "key");
    workbook->used = arena_array(decode->arena, bool, workbook->count + 1);
    workbook->codes = arena_array(decode->arena, bool, workbook->count + 1);
    if (key)
        mark(workbook, &arena, key, workbook->used);
    if (decode->source->map)
        mark_all(workbook, &arena, decode->source->map, workbook->used);
    for (size_t i = 0; i < workbook->count; i++)
        workbook->codes[i] = decode_is_code(decode->source, workbook->headings[i]);
}

/* ---- rows ---- */

static void add_lines(struct buffer *all, const struct text *texts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        buffer_printf(all, "%.*s\n", TEXT_ARG(texts[i]));
}

/* Headings alone are too short for `auto`: the first rows tell, too. */
static enum encoding find_encoding(const struct decode *decode, const struct workbook *workbook,
                                   const struct xlsx_options *options)
{
    ARENA_OWNED struct arena arena = { 0 };
    BUFFER_OWNED struct buffer all = { 0 };
    struct encoding_finding finding;
    struct xlsx *sample;
    struct xlsx_row row;
    struct error error;
    struct text decoded;
    add_lines(&all, workbook->headings, workbook->count);
    if (xlsx_open(decode->document->path, TEXT_NONE, decode->document->name, options, &sample, &error))
        return ENCODING_UTF8;
    for (int i = 0; i < SAMPLE && xlsx_next(sample, &row, &error) == STATUS_OK; i++)
        for (size_t cell = 0; cell < row.count; cell++)
            add_lines(&all, &row.cells[cell].text, 1);
    xlsx_close(sample);
    if (encoding_decode_typed(&arena, ENCODING_AUTO, NULL, buffer_view(&all), &decoded, &finding, &error))
        return ENCODING_UTF8;
    return finding.encoding;
}

/* Headings that were typed in an old font, too, so that the map can name them as they read; all or none. */
static void decode_headings(struct decode *decode, struct workbook *workbook,
                            const struct xlsx_options *xlsx_options)
{
    BUFFER_OWNED struct buffer all = { 0 };
    struct encoding_options options = { .capitals = decode->source->record.capitals };
    enum encoding encoding = ENCODING_UTF8;
    struct error error;
    struct text decoded;
    if (decode->source->encoding)
        encoding_named(text_of(decode->source->encoding), &encoding);
    if (encoding == ENCODING_AUTO)
        encoding = find_encoding(decode, workbook, xlsx_options);
    add_lines(&all, workbook->headings, workbook->count);
    if (encoding <= ENCODING_UTF16BE ||
        encoding_decode_typed(decode->arena, encoding, &options, buffer_view(&all), &decoded, NULL, &error))
        return;
    struct text *headings = arena_array(decode->arena, struct text, workbook->count + 1);
    for (size_t i = 0; i < workbook->count; i++)
        if (encoding_decode_typed(decode->arena, encoding, &options, workbook->headings[i], &headings[i],
                                  NULL, &error))
            return;
    workbook->headings = headings;
}

static enum status open_xlsx(struct decode *decode, struct error *error)
{
    struct workbook *workbook = arena_new(decode->arena, struct workbook);
    const struct source *source = decode->source;
    const struct value *header = source->header;
    struct xlsx_options options = { .sheet = text_of(source->sheet),
                                    .key = text_of(source->key),
                                    .row_limit = (size_t)source->record_limit };
    if (header && header->kind == VALUE_LIST) {
        struct text *names = arena_array(decode->arena, struct text, header->count + 1);
        for (const struct value *name = header->first; name; name = name->next)
            names[options.header_count++] = name->text;
        options.header = names;
        options.rowless = source->listing != SOURCE_FULL;
    } else if (header) {
        options.header_row = source_header_row(source);
    }
    if (!decode->document->path)
        return error_set(error, STATUS_STOP, _("a workbook can only be read from a file"));
    if (xlsx_open(decode->document->path, TEXT_NONE, decode->document->name, &options, &workbook->xlsx,
                  error))
        return error->status;
    decode->user_data = workbook;
    workbook->sheet = text_string(decode->arena, xlsx_sheet_name(workbook->xlsx));
    workbook->count = xlsx_headings(workbook->xlsx, &workbook->headings);
    decode_headings(decode, workbook, &options);
    workbook->context = decode_list(decode->arena, workbook->headings, workbook->count);
    mark_columns(decode, workbook);
    return decode_check_key(decode, workbook->headings, workbook->count, error);
}

/* A, B, … Z, AA, … */
static void name_cell(size_t column, size_t row, char name[32])
{
    char letters[8];
    size_t count = 0;
    for (size_t rest = column + 1; rest && count < sizeof letters; rest = (rest - 1) / 26)
        letters[count++] = (char)('A' + (rest - 1) % 26);
    size_t at = 0;
    while (count)
        name[at++] = letters[--count];
    snprintf(name + at, 32 - at, "%zu", row);
}

static void warn(struct workbook *workbook, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void warn(struct workbook *workbook, const char *format, ...)
{
    size_t length = strlen(workbook->warning);
    va_list arguments;
    va_start(arguments, format);
    if (length + 3 < sizeof workbook->warning) {
        if (length)
            length += (size_t)snprintf(workbook->warning + length, sizeof workbook->warning - length, "; ");
        vsnprintf(workbook->warning + length, sizeof workbook->warning - length, format, arguments);
    }
    va_end(arguments);
}

static void look_at_number(struct workbook *workbook, size_t column, size_t row, const struct xlsx_cell *cell)
{
    char name[32], code[16];
    if (cell->shown || cell->merged || !cell->text.length)
        return;
    name_cell(column, row, name);
    if (!decode_lost_zeros(cell->text, workbook->codes[column], code)) {
        if (workbook->codes[column])
            warn(workbook,
                 _("cell %s holds the number %.*s where a code belongs: a spreadsheet drops zeros; make it a "
                   "text"),
                 name, TEXT_ARG(cell->text));
    } else if (!text_is(cell->text, code)) {
        warn(workbook,
             _("cell %s holds the number %.*s, which may have been the code %s before the spreadsheet "
               "dropped its zeros; make the column a text and type it again"),
             name, TEXT_ARG(cell->text), code);
    } else if (workbook->codes[column]) {
        warn(workbook,
             _("cell %s holds the code %s as a number; make the column a text before one ends in 0"), name,
             code);
    }
}

/* What the map makes of a cell without a value is said where it is mapped: the map may change, and the row not. */
static void put_cell(struct workbook *workbook, const struct xlsx_cell *cell)
{
    if (cell->kind != XLSX_ERROR && cell->kind != XLSX_UNCALCULATED && cell->kind != XLSX_LOST) {
        decode_put_cell(&workbook->record, cell->text, cell->kind == XLSX_NUMBER);
        return;
    }
    buffer_string(&workbook->record, cell->kind == XLSX_LOST ? "{\"merged\":" : "{\"error\":");
    canonical_text(&workbook->record, cell->text);
    buffer_char(&workbook->record, '}');
}

static const char *warning_of(struct workbook *workbook)
{
    if (!*workbook->warning || ++workbook->warned > WARNINGS)
        return NULL;
    if (workbook->warned == WARNINGS)
        warn(workbook, _("further ones of this workbook are not named"));
    return workbook->warning;
}

/* Of the cells that the map reads and that have something of their own: are all struck out, or some? */
static void look_at_struck(const struct workbook *workbook, const struct xlsx_row *row, bool *all, bool *some)
{
    size_t filled = 0, struck = 0;
    *some = false;
    for (size_t i = 0; i < row->count; i++) {
        bool counts = workbook->used[i] && row->cells[i].kind != XLSX_EMPTY && !row->cells[i].merged;
        filled += counts;
        struck += counts && row->cells[i].struck;
        *some = *some || (counts && (row->cells[i].struck || row->cells[i].partly));
    }
    *all = filled && struck == filled;
}

/* The next row that is a record. *struck: all of it is struck out. */
static enum status next_row(struct decode *decode, struct xlsx_row *row, bool *struck, struct error *error)
{
    struct workbook *workbook = decode->user_data;
    const struct source *source = decode->source;
    for (;;) {
        bool some;
        enum status status = xlsx_next(workbook->xlsx, row, error);
        if (status != STATUS_OK)
            return status;
        if (row->title) {
            decode->document->skipped++;
            continue;
        }
        look_at_struck(workbook, row, struck, &some);
        bool skip = (row->hidden && source->hidden == SOURCE_HIDDEN_SKIP) ||
                    (*struck && source->struck == SOURCE_STRUCK_SKIP);
        if (skip) {
            decode->document->skipped++;
            continue;
        }
        workbook->warning[0] = 0;
        if (some && !*struck && source->struck != SOURCE_STRUCK_TAKE)
            warn(workbook, _("a part of the row is struck out, and is taken"));
        if (row->hidden && !workbook->hidden_told)
            warn(workbook, _("the row is hidden, and is taken, as are others (see \"hidden\")"));
        workbook->hidden_told = workbook->hidden_told || row->hidden;
        return STATUS_OK;
    }
}

static enum status next_xlsx(struct decode *decode, struct decoded *decoded, struct error *error)
{
    struct workbook *workbook = decode->user_data;
    struct xlsx_row row = { 0 };
    bool struck = false;
    enum status status = next_row(decode, &row, &struck, error);
    *decoded = (struct decoded){ .context = workbook->context,
                                 .number = (long)row.number,
                                 .sheet = workbook->sheet };
    if (status != STATUS_OK)
        return status;
    buffer_clear(&workbook->record);
    for (size_t i = 0; i < row.count; i++) {
        buffer_char(&workbook->record, i ? ',' : '[');
        put_cell(workbook, &row.cells[i]);
        if (row.cells[i].kind == XLSX_NUMBER)
            look_at_number(workbook, i, row.number, &row.cells[i]);
    }
    struct text other;
    size_t others = workbook->others_told ? 0 : xlsx_other_tables(workbook->xlsx, &other);
    workbook->others_told = true;
    if (others)
        warn(workbook,
             _("%zu more sheets of the workbook, such as \"%.*s\", have the key's column and are not read; "
               "give each a source with \"sheet\""),
             others, TEXT_ARG(other));
    if (row.beyond)
        warn(workbook, _("%zu cells of the row stand right of the last heading and are not read"),
             row.beyond);
    buffer_string(&workbook->record, row.count ? "]" : "[]");
    decoded->bytes = buffer_view(&workbook->record);
    decoded->warning = warning_of(workbook);
    if (struck && decode->source->struck == SOURCE_STRUCK_REJECT)
        decoded->kept =
            _("the row is struck out: the procedure may be abolished. Take the row out, or take the "
              "line away; \"struck\" says what becomes of such rows");
    return STATUS_OK;
}

static void close_xlsx(struct decode *decode)
{
    struct workbook *workbook = decode->user_data;
    xlsx_close(workbook->xlsx);
    buffer_free(&workbook->record);
}

const struct decode_driver decode_xlsx = { .open = open_xlsx, .next = next_xlsx, .close = close_xlsx };
