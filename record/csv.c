#include "record/csv.h"

#include <string.h>

void csv_reader_open(struct csv_reader *reader, struct file_stream *stream, size_t row_limit)
{
    *reader = (struct csv_reader){ .stream = stream, .next_line = 1, .limit = row_limit };
}

void csv_reader_close(struct csv_reader *reader)
{
    buffer_free(&reader->bytes);
}

static enum status fill(struct csv_reader *reader, struct error *error)
{
    if (reader->at) {
        memmove(reader->bytes.bytes, reader->bytes.bytes + reader->at, reader->bytes.length - reader->at);
        reader->bytes.length -= reader->at;
        reader->at = 0;
    }
    /* The first block has at least the three bytes of a byte order mark, or all there is. */
    do {
        size_t got;
        if (file_stream_more(reader->stream, &reader->bytes, &got, error)) {
            error->status = STATUS_STOP;
            return STATUS_STOP;
        }
        reader->ended = !got;
    } while (reader->bytes.length < 3 && !reader->ended && reader->next_line == 1);
    return STATUS_OK;
}

static void skip_byte_order_mark(struct csv_reader *reader)
{
    if (reader->bytes.length >= 3 && !memcmp(reader->bytes.bytes, "\xef\xbb\xbf", 3))
        reader->at = 3;
}

/* Where a row ends: the scan goes on from where it stopped when more bytes came. */
struct scan {
    size_t length; /* bytes of the row so far */
    bool quoted;   /* inside quotes */
    bool start;    /* at the start of a cell */
    bool closed;   /* behind a quote that closed: another one makes them a quote inside the cell */
    bool dropped;  /* the row is over the limit: its bytes are let go */
    bool whole;
};

static void count_line(struct csv_reader *reader, const char *bytes, size_t at, size_t length)
{
    if (bytes[at] == '\n' || (bytes[at] == '\r' && (at + 1 >= length || bytes[at + 1] != '\n')))
        reader->next_line++;
}

/* A quote opens only at the start of a cell. */
static bool may_separate(char byte)
{
    return byte == ',' || byte == ';' || byte == '\t' || byte == '|' || byte == ':' || byte == '~' ||
           byte == '^';
}

static const char *rest_of(const struct csv_reader *reader)
{
    return reader->bytes.bytes ? reader->bytes.bytes + reader->at : "";
}

static void scan_row(struct csv_reader *reader, struct scan *scan)
{
    const char *bytes = rest_of(reader);
    size_t length = reader->bytes.length - reader->at;
    for (; scan->length < length; scan->length++) {
        char byte = bytes[scan->length];
        if (byte == '\r' && scan->length + 1 == length && !reader->ended)
            return;
        count_line(reader, bytes, scan->length, length);
        if (byte == '"') {
            bool closes = scan->quoted;
            if (closes)
                scan->quoted = false;
            else if (scan->start || scan->closed)
                scan->quoted = true;
            scan->closed = closes;
            scan->start = false;
            continue;
        }
        scan->closed = false;
        if (!scan->quoted && (byte == '\n' || byte == '\r')) {
            scan->whole = true;
            return;
        } else if (!scan->quoted) {
            scan->start = reader->separator ? byte == reader->separator : may_separate(byte);
        }
    }
    scan->whole = reader->ended;
}

enum status csv_reader_next(struct csv_reader *reader, struct text *row, struct error *error)
{
    struct scan scan = { .start = true };
    reader->line = reader->next_line;
    for (;;) {
        scan_row(reader, &scan);
        if (scan.length > reader->limit) {
            reader->at += scan.length;
            scan.length = 0;
            scan.dropped = true;
        }
        const char *bytes = rest_of(reader);
        if (scan.whole) {
            bool at_end = reader->at + scan.length >= reader->bytes.length;
            struct text found = { bytes, scan.length };
            reader->at += scan.length;
            bool both = !at_end && bytes[scan.length] == '\r' && reader->at + 1 < reader->bytes.length &&
                        bytes[scan.length + 1] == '\n';
            if (!at_end)
                reader->at += both ? 2 : 1;
            reader->next_line += both; /* the scan ended at the CR and left the pair uncounted */
            if (scan.dropped)
                return error_set(error, STATUS_REJECT,
                                 _("the row that starts at line %ld is longer than %zu bytes"), reader->line,
                                 reader->limit);
            if (!found.length && at_end)
                return STATUS_END;
            *row = found;
            if (scan.quoted)
                return error_set(error, STATUS_STOP,
                                 _("the file ends inside quotes that open in the row of line %ld"),
                                 reader->line);
            if (found.length)
                return STATUS_OK;
            scan = (struct scan){ .start = true };
            reader->line = reader->next_line;
            continue;
        }
        if (reader->ended)
            return STATUS_END;
        bool first = !reader->bytes.length && reader->next_line == 1;
        enum status status = fill(reader, error);
        if (status)
            return status;
        if (first)
            skip_byte_order_mark(reader);
    }
}

/* Where the quotes that open at `from` close, or the row's length; `doubled` counts the quotes inside. */
static size_t closing_quote(struct text row, size_t from, size_t *doubled)
{
    *doubled = 0;
    for (size_t at = from + 1; at < row.length;) {
        const char *quote = memchr(row.bytes + at, '"', row.length - at);
        if (!quote)
            break;
        at = (size_t)(quote - row.bytes);
        if (at + 1 >= row.length || row.bytes[at + 1] != '"')
            return at;
        ++*doubled;
        at += 2;
    }
    return row.length;
}

/* A cell is a part of its row; memory is taken only for one that has quotes inside, and no more than for it. */
static enum status quoted_cell(struct arena *arena, struct text row, size_t *at, size_t number,
                               char separator, struct text *cell, struct error *error)
{
    size_t doubled, end = closing_quote(row, *at, &doubled);
    if (end == row.length)
        return error_set(error, STATUS_REJECT, _("cell %zu: the quotes are not closed"), number);
    *cell = text_slice(row, *at + 1, end - *at - 1);
    if (doubled) {
        char *out = arena_alloc(arena, cell->length - doubled);
        size_t length = 0;
        for (size_t i = 0; i < cell->length; i++) {
            out[length++] = cell->bytes[i];
            i += cell->bytes[i] == '"';
        }
        *cell = (struct text){ out, length };
    }
    for (*at = end + 1; *at < row.length && row.bytes[*at] != separator; ++*at)
        if (row.bytes[*at] != ' ' && row.bytes[*at] != '\t')
            return error_set(error, STATUS_REJECT, _("cell %zu: something stands behind the closing quote"),
                             number);
    return STATUS_OK;
}

enum status csv_cells(struct arena *arena, struct text row, char separator, struct text **cells,
                      size_t *count, struct error *error)
{
    size_t most = 1;
    for (size_t i = 0; i < row.length; i++)
        most += row.bytes[i] == separator;
    if (row.length && memchr(row.bytes, 0, row.length))
        return error_set(error, STATUS_REJECT, _("a NUL stands inside a text; take it out"));
    *cells = arena_array(arena, struct text, most);
    *count = 0;
    for (size_t at = 0;; at++) {
        struct text *cell = &(*cells)[(*count)++];
        if (at < row.length && row.bytes[at] == '"') {
            if (quoted_cell(arena, row, &at, *count, separator, cell, error))
                return error->status;
        } else {
            size_t start = at;
            const char *end = at < row.length ? memchr(row.bytes + at, separator, row.length - at) : NULL;
            at = end ? (size_t)(end - row.bytes) : row.length;
            *cell = text_slice(row, start, at - start);
        }
        if (at >= row.length)
            return STATUS_OK;
    }
}

char csv_guess_separator(struct text row)
{
    static const char candidates[] = ",;\t|";
    char best = ',';
    size_t most = 0;
    for (const char *candidate = candidates; *candidate; candidate++) {
        size_t found = 0;
        bool quoted = false;
        for (size_t i = 0; i < row.length; i++) {
            if (row.bytes[i] == '"')
                quoted = !quoted;
            found += !quoted && row.bytes[i] == *candidate;
        }
        if (found > most) {
            most = found;
            best = *candidate;
        }
    }
    return best;
}
