#include "store/search_index.h"

#include <string.h>

#include "store/sql.h"

#define FORMAT    "congkhai-search/1"
#define WORDS_MAX 16

void search_index_path(const struct store *store, struct buffer *path)
{
    buffer_printf(path, "%s.search", store_path(store));
}

/* ---- its head ---- */

static struct text take_line(struct text *rest)
{
    return search_take_part(rest, '\n');
}

/* A first line: the number of events, 0 where it is none. */
static int64_t read_head(struct text line, struct text *root)
{
    int64_t events = 0;
    if (!text_is(search_take_part(&line, ' '), FORMAT))
        return 0;
    struct text number = search_take_part(&line, ' ');
    for (size_t i = 0; i < number.length && number.length < 16; i++)
        events = events * 10 + (number.bytes[i] - '0');
    *root = line;
    return events;
}

bool search_index_is_of(struct text index, struct text root)
{
    struct text own;
    return root.length && read_head(take_line(&index), &own) && text_equal(own, root);
}

/* What lies beside the store, behind its first line; *from: how far it goes, 0 where it is not of a head of this very
 * ledger. */
static enum status open_old(struct store *store, struct arena *arena, struct search_reader *old,
                            int64_t *from, struct error *error)
{
    BUFFER_OWNED struct buffer path = { 0 };
    struct sqlite_statement *row;
    struct error ignored;
    struct text root;
    *from = 0;
    search_index_path(store, &path);
    if (!file_exists(path.bytes) ||
        file_stream_open(arena, text_string(arena, buffer_view(&path)), &old->stream, &ignored))
        return STATUS_OK;
    search_reader_next(old);
    int64_t events = old->line.bytes ? read_head(old->line, &root) : 0;
    if (!events)
        return STATUS_OK;
    enum status status = sql_row(store, "SELECT 1 FROM checkpoint WHERE size = ?1 AND lower(hex(root)) = ?2",
                                 SQL_WITH(SQL_NUMBER(events), SQL_TEXT(root)), &row, error);
    sqlite_reset_statement(row);
    if (status == STATUS_OK)
        *from = events;
    search_reader_next(old);
    return status == STATUS_END ? STATUS_OK : status;
}

static enum status put_head(struct store *store, struct buffer *out, struct error *error)
{
    struct sqlite_statement *row;
    enum status status = sql_row(
        store, "SELECT size, lower(hex(root)) FROM checkpoint ORDER BY run DESC LIMIT 1", NULL, &row, error);
    if (status == STATUS_OK)
        buffer_printf(out, FORMAT " %lld %.64s\n", (long long)sqlite_number(row, 0),
                      sqlite_column_text(row, 1).bytes);
    else
        buffer_string(out, FORMAT " 0 -\n");
    return sql_end(row, status);
}

/* ---- all lines ---- */

/* The old index's line of this code, if it has one. */
static bool find_in_old(struct search_reader *old, struct text code)
{
    for (; old->line.bytes; search_reader_next(old)) {
        struct text rest = old->line;
        int order = text_compare(search_take_part(&rest, '\t'), code);
        if (order >= 0)
            return !order;
    }
    return false;
}

static enum status put_lines(struct search_lines *lines, struct search_reader *old,
                             struct search_ahead *ahead, struct buffer *out, struct spool_file *index,
                             struct error *error)
{
    enum status status;
    while ((status = search_lines_next(lines, error)) == STATUS_OK) {
        struct text line = TEXT_NONE;
        struct search_origin origin;
        if (!lines->fresh && find_in_old(old, lines->code))
            line = old->line;
        else if (search_lines_origin(lines, &origin, error))
            return error->status;
        else if (!ahead || !search_ahead_find(ahead, lines->code, origin, &line))
            line = TEXT_NONE;
        if (line.bytes) {
            buffer_text(out, line);
            buffer_char(out, '\n');
        } else if (search_lines_write(lines, &origin, out, error)) {
            return error->status;
        }
        if (out->length < FILE_BLOCK)
            continue;
        if (spool_file_put(index, buffer_view(out), error))
            return error->status;
        buffer_clear(out);
    }
    return status == STATUS_END ? spool_file_put(index, buffer_view(out), error) : status;
}

static enum status make(struct store *store, struct search_reader *old, int64_t from,
                        struct search_ahead *ahead, struct spool_file *index, struct error *error)
{
    BUFFER_OWNED struct buffer out = { 0 };
    struct search_lines lines;
    if (put_head(store, &out, error) || search_lines_open(store_database(store), from, &lines, error))
        return error->status;
    enum status status = put_lines(&lines, old, ahead, &out, index, error);
    search_lines_close(&lines);
    return status;
}

enum status search_index_make(struct store *store, struct spool_file *index, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct search_reader old = { 0 };
    int64_t from;
    enum status status = open_old(store, &arena, &old, &from, error);
    status = status ? status : make(store, &old, from, NULL, index, error);
    search_reader_close(&old);
    return status;
}

/* Has any code come, gone, or been told something since? Each of these is an event. */
static enum status is_new(struct store *store, int64_t from, bool *new, struct error *error)
{
    return sql_any(store, "SELECT 1 FROM ledger WHERE seq > ?1 AND code IS NOT NULL LIMIT 1",
                   SQL_WITH(SQL_NUMBER(from)), new, error);
}

static enum status write_beside(struct store *store, struct search_reader *old, int64_t from,
                                struct search_ahead *ahead, struct error *error)
{
    BUFFER_OWNED struct buffer path = { 0 };
    struct spool_file index = { 0 };
    struct file_stream stream;
    if (spool_file_open(&index, error))
        return error->status;
    enum status status = make(store, old, from, ahead, &index, error);
    if (!status) {
        search_index_path(store, &path);
        spool_file_stream(&index, path.bytes, &stream);
        status = file_write_stream(path.bytes, &stream, FILE_OURS, error);
        stream.close(&stream);
    }
    spool_file_close(&index);
    return status;
}

enum status search_index_write(struct store *store, struct search_ahead *ahead, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct search_reader old = { 0 };
    int64_t from;
    bool new = true;
    enum status status = open_old(store, &arena, &old, &from, error);
    if (!status && from)
        status = is_new(store, from, &new, error);
    if (!status && new)
        status = write_beside(store, &old, from, ahead, error);
    search_reader_close(&old);
    return status;
}

/* ---- searching ---- */

static size_t split(struct text question, struct text words[WORDS_MAX])
{
    size_t count = 0;
    while (question.length && count < WORDS_MAX) {
        struct text word = search_take_part(&question, ' ');
        if (word.length)
            words[count++] = word;
    }
    return count;
}

struct value *search_index_find(struct text index, struct text question, struct arena *arena)
{
    struct value *first = value_list(arena), *further = value_list(arena);
    struct text words[WORDS_MAX], asked = search_fold(arena, question);
    size_t count = split(asked, words), at;
    if (!count || !memchr(index.bytes, '\n', index.length))
        return first;
    (void)take_line(&index);
    while (index.length) {
        struct text line = take_line(&index), code = search_take_part(&line, '\t');
        bool all = true;
        for (size_t i = 0; i < count && all; i++)
            all = text_find(line, words[i], &at);
        if (all)
            value_append(text_find(line, asked, &at) ? first : further,
                         value_text(arena, text_copy(arena, code)));
    }
    for (struct value *item = further->first, *next; item; item = next) {
        next = item->next;
        item->next = NULL;
        value_append(first, item);
    }
    return first;
}
