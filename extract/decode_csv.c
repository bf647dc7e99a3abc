#include "extract/decode.h"

#include "adapters/unicode.h"
#include "core/canonical.h"
#include "record/csv.h"
#include "record/encoding.h"

struct table {
    struct csv_reader reader;
    struct text context;
    const char *found;         /* the encoding that `auto` found; NULL: none, or Unicode */
    struct text first;         /* a row that was read ahead; bytes NULL: none */
    struct text heading;       /* as it came; bytes NULL: names are given */
    struct text *headings;     /* … its cells, trimmed */
    size_t heading_count, key; /* key: its column; as many as there are: none of them */
    size_t heading_filled;     /* of the cells */
    char separator;
};

/* {"header":[…],"separator":";"}: what the rows need to be understood, staged once. */
static void make_context(struct decode *decode, struct table *table, const struct text *names, size_t count,
                         char separator)
{
    struct value *header = value_list(decode->arena), *context = value_object(decode->arena);
    for (size_t i = 0; i < count; i++)
        value_append(header, value_text(decode->arena, text_copy(decode->arena, names[i])));
    value_set(context, "header", header);
    value_set(context, "separator",
              value_text(decode->arena, text_copy(decode->arena, (struct text){ &separator, 1 })));
    if (table->found)
        value_set(context, "encoding", value_string(decode->arena, table->found));
    table->context = canonical_copy(decode->arena, context);
}

/* Which separator cuts the first row into as many cells as there are names? */
static char separator_of(struct text row, size_t wanted)
{
    ARENA_OWNED struct arena arena = { 0 };
    static const char known[] = ";\t|,"; /* the comma last: prose has commas */
    for (size_t i = 0; known[i]; i++) {
        struct text *cells;
        struct error error;
        size_t count;
        if (csv_cells(&arena, row, known[i], &cells, &count, &error) == STATUS_OK && count == wanted)
            return known[i];
    }
    return csv_guess_separator(row);
}

static enum status named_header(struct decode *decode, struct table *table, struct error *error)
{
    const struct value *header = decode->source->header;
    struct text *names = arena_array(decode->arena, struct text, header->count + 1), row;
    size_t count = 0;
    for (const struct value *name = header->first; name; name = name->next)
        names[count++] = name->text;
    enum status status = csv_reader_next(&table->reader, &row, error);
    bool pages = decode->source->fetch && value_find(decode->source->fetch, "pages");
    if (status == STATUS_END && decode->source->listing == SOURCE_FULL && !pages)
        return error_set(error, STATUS_STOP,
                         _("it holds no row, and no heading that would show that it is an empty list"));
    if (status == STATUS_OK)
        table->first = row;
    if (status == STATUS_OK && !table->separator)
        table->reader.separator = table->separator = separator_of(row, count);
    make_context(decode, table, names, count, table->separator ? table->separator : ',');
    return decode_check_key(decode, names, count, error);
}

/* A heading row alone is too short to tell an encoding by: all that was read so far tells it. */
static void find_encoding(struct decode *decode, struct table *table)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct encoding_finding finding;
    struct error error;
    struct text sample = buffer_view(&table->reader.bytes), decoded;
    while (sample.length && sample.bytes[sample.length - 1] != '\n')
        sample.length--;
    struct encoding_options options = { .capitals = decode->source->record.capitals };
    if (encoding_decode(&arena, ENCODING_AUTO, &options, sample, &decoded, &finding, &error) == STATUS_OK &&
        finding.encoding > ENCODING_UTF16BE)
        table->found = encoding_name(finding.encoding);
}

static enum status decode_heading(struct decode *decode, struct table *table, struct text *row,
                                  struct error *error)
{
    enum encoding encoding = ENCODING_UTF8;
    if (decode->source->encoding)
        encoding_named(text_of(decode->source->encoding), &encoding);
    if (encoding == ENCODING_AUTO && !table->found)
        find_encoding(decode, table);
    if (table->found)
        encoding_named(text_of(table->found), &encoding);
    bool unicode = encoding == ENCODING_UTF8 || encoding == ENCODING_UTF16 || encoding == ENCODING_UTF16LE ||
                   encoding == ENCODING_UTF16BE;
    size_t invalid = unicode_invalid_at(*row);
    struct encoding_options options = { .capitals = decode->source->record.capitals };
    if (unicode && invalid < row->length)
        return error_set(error, STATUS_STOP,
                         _("the heading row is not UTF-8; name the source's encoding with \"encoding\""));
    enum status status = STATUS_OK;
    if (!unicode && invalid < row->length)
        status = encoding_decode(decode->arena, encoding, &options, *row, row, NULL, error);
    else if (!unicode)
        status = encoding_decode_typed(decode->arena, encoding, &options, *row, row, NULL, error);
    if (status == STATUS_OK)
        return STATUS_OK;
    error->status = STATUS_STOP;
    return error_add(error, _("heading row"));
}

/* As they came, for the rows that repeat them. */
static void keep_headings(struct decode *decode, struct table *table, char separator)
{
    struct error unused;
    (void)csv_cells(decode->arena, table->heading, separator, &table->headings, &table->heading_count,
                    &unused);
    for (size_t i = 0; i < table->heading_count; i++) {
        table->headings[i] = text_trim(table->headings[i]);
        table->heading_filled += table->headings[i].length > 0;
    }
}

/* The heading row is the one given, or the first row with at least two filled cells. */
static enum status found_header(struct decode *decode, struct table *table, long wanted, struct error *error)
{
    struct text row, *cells;
    size_t count;
    for (long at = 1;; at++) {
        enum status status = csv_reader_next(&table->reader, &row, error);
        if (status == STATUS_END)
            return error_set(error, STATUS_STOP, _("no heading row was found"));
        if (status)
            return error_set(error, STATUS_STOP, _("the heading row cannot be read"));
        if (wanted && at < wanted)
            continue;
        char separator = source_separator(decode->source);
        if (!separator)
            separator = csv_guess_separator(row);
        table->heading = text_copy(decode->arena, row);
        if (decode_heading(decode, table, &row, error))
            return error->status;
        if (csv_cells(decode->arena, row, separator, &cells, &count, error)) {
            error->status = STATUS_STOP;
            return error_add(error, _("heading row"));
        }
        size_t filled = 0;
        for (size_t i = 0; i < count; i++)
            filled += text_trim(cells[i]).length > 0;
        if (!wanted && filled < 2 && count > 1)
            continue;
        keep_headings(decode, table, separator);
        make_context(decode, table, cells, count, separator);
        table->reader.separator = table->separator = separator;
        table->key = decode_key_column(decode, cells, count);
        return decode_check_key(decode, cells, count, error);
    }
}

static enum status open_csv(struct decode *decode, struct error *error)
{
    struct table *table = arena_new(decode->arena, struct table);
    decode->user_data = table;
    csv_reader_open(&table->reader, &decode->document->stream, (size_t)decode->source->record_limit);
    table->reader.separator = table->separator = source_separator(decode->source);
    const struct value *header = decode->source->header;
    if (!header || header->kind != VALUE_LIST)
        return found_header(decode, table, (long)source_header_row(decode->source), error);
    return named_header(decode, table, error);
}

/* Rows of separators alone stand below many a spreadsheet's table. */
static bool is_blank(struct text row, char separator)
{
    for (size_t i = 0; i < row.length; i++)
        if (row.bytes[i] != separator && row.bytes[i] != ' ' && row.bytes[i] != '\t')
            return false;
    return true;
}

/* Files that were put together, and programs that print pages, repeat the heading between the rows. */
static bool is_passed_over(const struct table *table, struct text row)
{
    if (is_blank(row, table->separator))
        return true;
    if (text_starts(row, TEXT("\xef\xbb\xbf")))
        row = text_slice(row, 3, row.length);
    return table->heading.length && text_equal(row, table->heading);
}

enum again { NO_HEADINGS, SAME_HEADINGS, OTHER_HEADINGS };

/* Most of the row's cells are headings. Not at their places, or with others among them, they begin another table; without the key
 * it is none of the kind, and no row of it can be taken for a record. */
static enum again headings_again(const struct table *table, struct text row)
{
    ARENA_OWNED struct arena arena = { 0 };
    row = text_slice(row, text_starts(row, TEXT("\xef\xbb\xbf")) ? 3 : 0, row.length);
    struct text *cells, first = text_trim(row);
    struct error unused;
    size_t count, filled = 0, named = 0, placed = 0;
    bool like = false, keyed = table->key >= table->heading_count;
    first = text_starts(first, TEXT("\"")) ? text_slice(first, 1, first.length) : first;
    for (size_t i = 0; i < table->heading_count && !like; i++)
        like = table->headings[i].length && text_starts(first, table->headings[i]);
    if (!like || csv_cells(&arena, row, table->separator, &cells, &count, &unused))
        return NO_HEADINGS;
    for (size_t i = 0; i < count; i++) {
        struct text cell = text_trim(cells[i]);
        keyed = keyed || text_equal(cell, table->headings[table->key]);
        if (!cell.length)
            continue;
        filled++;
        named += text_among(cell, table->headings, table->heading_count);
        placed += i < table->heading_count && text_equal(cell, table->headings[i]);
    }
    if (!keyed || named < 2 || named * 2 <= filled)
        return NO_HEADINGS;
    /* Other empty cells behind them make no difference. */
    return placed == filled && filled == table->heading_filled ? SAME_HEADINGS : OTHER_HEADINGS;
}

/* The row given out last is the file's last, and no line break stands behind it. */
static bool has_no_end(const struct csv_reader *reader)
{
    char last = reader->at ? reader->bytes.bytes[reader->at - 1] : '\n';
    return reader->ended && reader->at == reader->bytes.length && last != '\n' && last != '\r';
}

static enum status next_csv(struct decode *decode, struct decoded *decoded, struct error *error)
{
    struct table *table = decode->user_data;
    enum status status;
    *decoded = (struct decoded){ .mark = ':', .context = table->context, .bytes = table->first };
    decoded->number = table->reader.line;
    table->first = TEXT_NONE;
    decode->document->unended = has_no_end(&table->reader);
    if (decoded->bytes.bytes && !is_blank(decoded->bytes, table->separator))
        return STATUS_OK;
    enum again again = NO_HEADINGS;
    do {
        status = csv_reader_next(&table->reader, &decoded->bytes, error);
        if (status == STATUS_OK)
            again = headings_again(table, decoded->bytes);
    } while (status == STATUS_OK && (is_passed_over(table, decoded->bytes) || again == SAME_HEADINGS));
    decoded->number = table->reader.line;
    if (status == STATUS_OK && again == OTHER_HEADINGS)
        return error_set(error, STATUS_STOP,
                         _("%s:%ld: headings come again, at other places than above; give what stands below "
                           "a file of its own"),
                         decode->document->name, decoded->number);
    if (status == STATUS_OK)
        decode->document->unended = has_no_end(&table->reader);
    return status;
}

static void close_csv(struct decode *decode)
{
    struct table *table = decode->user_data;
    csv_reader_close(&table->reader);
}

const struct decode_driver decode_csv = {
    .end = DECODE_END_LINE, .open = open_csv, .next = next_csv, .close = close_csv
};
