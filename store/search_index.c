#include "store/search_index.h"

#include <string.h>

#include "adapters/json.h"
#include "adapters/unicode.h"

#define FORMAT    "congkhai-search/1"
#define WORDS_MAX 16

void search_index_path(const struct store *store, struct buffer *path)
{
    buffer_printf(path, "%s.search", store_path(store));
}

/* Case, marks and đ folded, everything that is neither letter nor digit a blank. In the arena. */
static struct text fold(struct arena *arena, struct text text)
{
    BUFFER_OWNED struct buffer out = { 0 };
    struct text apart;
    if (!text.length || unicode_invalid_at(text) < text.length)
        return TEXT("");
    apart = unicode_nfd(arena, unicode_fold(arena, text));
    for (size_t at = 0; at < apart.length;) {
        char bytes[4];
        int32_t character = unicode_next(apart, &at);
        bool ascii = character < 0x80; /* most are, and need no look into a table */
        bool kept = ((character | 0x20) >= 'a' && (character | 0x20) <= 'z' && ascii) ||
                    (character >= '0' && character <= '9') || character == '.' ||
                    (!ascii && unicode_is_letter(character));
        if (!ascii && unicode_is_mark(character))
            continue;
        if (character == 0x111) /* đ has no mark to take off */
            character = 'd';
        if (kept)
            buffer_put(&out, bytes, unicode_put(character, bytes));
        else if (out.length && out.bytes[out.length - 1] != ' ')
            buffer_char(&out, ' ');
    }
    return text_copy(arena, text_trim(buffer_view(&out)));
}

/* ---- a line ---- */

static void put_words(struct buffer *out, struct text text)
{
    if (!text.length)
        return;
    buffer_char(out, ' ');
    buffer_text(out, text);
}

/* A name, or those of a list of { code, name }. */
static void put_names(struct buffer *out, const struct value *names)
{
    if (names->kind == VALUE_TEXT)
        put_words(out, names->text);
    for (const struct value *item = names->kind == VALUE_LIST ? names->first : NULL; item; item = item->next)
        put_words(out, value_text_of(item, "name"));
}

static enum status put_line(struct store *store, struct text code, struct buffer *out, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    BUFFER_OWNED struct buffer words = { 0 };
    struct sqlite_statement *row;
    struct value *names = NULL;
    struct error ignored;
    if (store_sql(
            store,
            "SELECT json_extract(CAST(p.bytes AS TEXT), '$.name', '$.agency.name', '$.executing_agencies',"
            " '$.fields'), r.department, s.name FROM (SELECT ?1 AS code) k"
            " LEFT JOIN procedure_state q ON q.code = k.code LEFT JOIN record r ON r.id = coalesce(q.record,"
            "  (SELECT n.id FROM record n WHERE n.code = k.code ORDER BY n.present DESC, n.id DESC LIMIT 1))"
            " LEFT JOIN source s ON s.id = r.source"
            " LEFT JOIN payload p ON p.id = coalesce(q.held_content, r.content) AND p.encoding = 0",
            &row, error))
        return error->status;
    sqlite_bind_text(row, 1, code);
    if (sqlite_step(row, error))
        return error->status;
    buffer_text(&words, code);
    /* The content has a hundred values, and four are wanted: SQLite finds them in a third of the time of a parse. */
    if (!sqlite_is_null(row, 0) &&
        json_parse(&arena, sqlite_column_text(row, 0), &names, &ignored) == STATUS_OK)
        for (const struct value *found = names->first; found; found = found->next)
            put_names(&words, found);
    for (int i = 1; i < 3; i++)
        if (!sqlite_is_null(row, i))
            put_words(&words, sqlite_column_text(row, i));
    sqlite_reset_statement(row);
    buffer_text(out, code);
    buffer_char(out, '\t');
    buffer_text(out, fold(&arena, buffer_view(&words)));
    buffer_char(out, '\n');
    return STATUS_OK;
}

/* ---- all lines ---- */

static struct text take_line(struct text *rest)
{
    const char *end = rest->length ? memchr(rest->bytes, '\n', rest->length) : NULL;
    struct text line = text_slice(*rest, 0, end ? (size_t)(end - rest->bytes) : rest->length);
    *rest = text_slice(*rest, line.length + (end != NULL), rest->length);
    return line;
}

/* The text in front of the first such byte; *line goes on behind it. */
static struct text take_part(struct text *line, char byte)
{
    const char *end = line->length ? memchr(line->bytes, byte, line->length) : NULL;
    struct text part = text_slice(*line, 0, end ? (size_t)(end - line->bytes) : line->length);
    *line = text_slice(*line, part.length + (end != NULL), line->length);
    return part;
}

/* The head of an index: its number of events, 0 where it is none. */
static int64_t read_head(struct text *index, struct text *root)
{
    int64_t events = 0;
    struct text line = take_line(index);
    if (!text_is(take_part(&line, ' '), FORMAT))
        return 0;
    struct text number = take_part(&line, ' ');
    for (size_t i = 0; i < number.length && number.length < 16; i++)
        events = events * 10 + (number.bytes[i] - '0');
    *root = line;
    return events;
}

bool search_index_is_of(struct text index, struct text root)
{
    struct text own;
    return root.length && read_head(&index, &own) && text_equal(own, root);
}

/* How far the old index goes: it is of a head of this very ledger, or of none. */
static enum status find_old(struct store *store, struct text *old, int64_t *from, struct error *error)
{
    struct sqlite_statement *row;
    struct text root;
    int64_t events = old->bytes ? read_head(old, &root) : 0;
    *from = 0;
    if (!events)
        return STATUS_OK;
    if (store_sql(store, "SELECT 1 FROM checkpoint WHERE size = ?1 AND lower(hex(root)) = ?2", &row, error))
        return error->status;
    sqlite_bind_number(row, 1, events);
    sqlite_bind_text(row, 2, root);
    enum status status = sqlite_step(row, error);
    sqlite_reset_statement(row);
    *from = status == STATUS_OK ? events : 0;
    return status == STATUS_END ? STATUS_OK : status;
}

static enum status put_head(struct store *store, struct buffer *out, struct error *error)
{
    struct sqlite_statement *row;
    if (store_sql(store, "SELECT size, lower(hex(root)) FROM checkpoint ORDER BY run DESC LIMIT 1", &row,
                  error))
        return error->status;
    enum status status = sqlite_step(row, error);
    if (status == STATUS_OK)
        buffer_printf(out, FORMAT " %lld %.64s\n", (long long)sqlite_number(row, 0),
                      sqlite_column_text(row, 1).bytes);
    else
        buffer_string(out, FORMAT " 0 -\n");
    sqlite_reset_statement(row);
    return status == STATUS_END ? STATUS_OK : status;
}

/* Codes in order; those of the old index that no event concerns keep their line. */
static enum status put_lines(struct store *store, struct text old, int64_t from, struct buffer *out,
                             struct error *error)
{
    struct sqlite_statement *codes;
    enum status status;
    struct text line = from ? take_line(&old) : TEXT_NONE;
    if (store_sql(
            store,
            "SELECT k.code, CASE WHEN ?1 > 0 THEN k.code NOT IN (SELECT e.code FROM ledger e WHERE e.seq > ?1"
            " AND e.code IS NOT NULL) ELSE 0 END FROM (SELECT code FROM procedure_state UNION SELECT code "
            "FROM record WHERE code IS NOT NULL) k"
            " ORDER BY k.code",
            &codes, error))
        return error->status;
    sqlite_bind_number(codes, 1, from);
    while ((status = sqlite_step(codes, error)) == STATUS_OK) {
        struct text code = sqlite_column_text(codes, 0), rest = line;
        if (memchr(code.bytes, '\t', code.length) || memchr(code.bytes, '\n', code.length))
            continue;
        while (line.length && text_compare(take_part(&rest, '\t'), code) < 0)
            rest = line = take_line(&old);
        rest = line;
        if (sqlite_number(codes, 1) && line.length && text_equal(take_part(&rest, '\t'), code)) {
            buffer_text(out, line);
            buffer_char(out, '\n');
        } else if (put_line(store, code, out, error)) {
            sqlite_reset_statement(codes);
            return error->status;
        }
    }
    return status == STATUS_END ? STATUS_OK : status;
}

/* Has any code come, gone, or been told something since? Each of these is an event. */
static enum status is_new(struct store *store, int64_t from, bool *new, struct error *error)
{
    struct sqlite_statement *row;
    if (store_sql(store, "SELECT 1 FROM ledger WHERE seq > ?1 AND code IS NOT NULL LIMIT 1", &row, error))
        return error->status;
    sqlite_bind_number(row, 1, from);
    enum status status = sqlite_step(row, error);
    *new = status == STATUS_OK;
    sqlite_reset_statement(row);
    return status == STATUS_END ? STATUS_OK : status;
}

static enum status make(struct store *store, struct text old, struct buffer *index, struct error *error)
{
    int64_t from;
    bool new = true;
    enum status status = find_old(store, &old, &from, error);
    status = status ? status : put_head(store, index, error);
    status = status || !from ? status : is_new(store, from, &new, error);
    if (status || new)
        return status ? status : put_lines(store, old, from, index, error);
    buffer_text(index, old);
    return STATUS_OK;
}

enum status search_index_make(struct store *store, struct text old, struct buffer *index, struct error *error)
{
    if (store_snapshot_begin(store, error))
        return error->status;
    enum status status = make(store, old, index, error);
    store_snapshot_end(store);
    return status;
}

enum status search_index_write(struct store *store, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    BUFFER_OWNED struct buffer path = { 0 };
    BUFFER_OWNED struct buffer index = { 0 };
    struct error ignored;
    struct text old = TEXT_NONE, rest;
    int64_t from;
    bool new = true;
    search_index_path(store, &path);
    if (file_exists(path.bytes) && file_read(&arena, path.bytes, SEARCH_INDEX_BYTES, &old, &ignored))
        old = TEXT_NONE;
    rest = old;
    if (find_old(store, &rest, &from, error) || (from && is_new(store, from, &new, error)))
        return error->status;
    if (!new)
        return STATUS_OK;
    if (search_index_make(store, old, &index, error))
        return error->status;
    return file_write(path.bytes, buffer_view(&index), FILE_OURS, error);
}

/* ---- searching ---- */

static size_t split(struct text question, struct text words[WORDS_MAX])
{
    size_t count = 0;
    while (question.length && count < WORDS_MAX) {
        struct text word = take_part(&question, ' ');
        if (word.length)
            words[count++] = word;
    }
    return count;
}

struct value *search_index_find(struct text index, struct text question, struct arena *arena)
{
    struct value *first = value_list(arena), *further = value_list(arena);
    struct text words[WORDS_MAX], root, asked = fold(arena, question);
    size_t count = split(asked, words), at;
    if (!count || !memchr(index.bytes, '\n', index.length))
        return first;
    (void)read_head(&index, &root);
    while (index.length) {
        struct text line = take_line(&index), code = take_part(&line, '\t');
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
