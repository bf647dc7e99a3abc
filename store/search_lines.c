#include "store/search_lines.h"

#include <stdlib.h>
#include <string.h>

#include "adapters/json.h"
#include "adapters/unicode.h"
#include "core/memory.h"

#define CHUNK  1000
#define FOLDED 0x2000 /* characters below are remembered */

/* ---- folding ---- */

struct search_folded {
    struct folded {
        bool known;
        unsigned char length;
        char bytes[6];
    } of[FOLDED];
};

/* "a" of "Ấ", nothing of a mark, a blank of what is neither letter nor digit. */
static void fold_one(struct arena *arena, int32_t character, struct buffer *out)
{
    char bytes[4];
    struct text one = { bytes, unicode_put(character, bytes) };
    struct text apart = unicode_nfd(arena, unicode_fold(arena, one));
    if (!apart.length)
        buffer_char(out, ' ');
    for (size_t at = 0; at < apart.length;) {
        int32_t part = unicode_next(apart, &at);
        if (unicode_is_mark(part))
            continue;
        if (part == 0x111) /* đ has no mark to take off */
            part = 'd';
        if (unicode_is_letter(part) || (part >= '0' && part <= '9'))
            buffer_put(out, bytes, unicode_put(part, bytes));
        else
            buffer_char(out, ' ');
    }
}

static void put_folded(struct text bytes, struct buffer *out)
{
    for (size_t i = 0; i < bytes.length; i++)
        if (bytes.bytes[i] != ' ' || (out->length && out->bytes[out->length - 1] != ' '))
            buffer_char(out, bytes.bytes[i]);
}

/* What one character becomes depends on no other: that is found once. */
static void fold_far(struct search_folded *folded, struct arena *arena, int32_t character, struct buffer *out)
{
    BUFFER_OWNED struct buffer fresh = { 0 };
    struct folded *entry = folded && character < FOLDED ? &folded->of[character] : NULL;
    if (entry && entry->known) {
        put_folded((struct text){ entry->bytes, entry->length }, out);
        return;
    }
    fold_one(arena, character, &fresh);
    put_folded(buffer_view(&fresh), out);
    if (entry && fresh.length <= sizeof entry->bytes) {
        memcpy(entry->bytes, buffer_view(&fresh).bytes, fresh.length);
        entry->length = (unsigned char)fresh.length;
        entry->known = true;
    }
}

static void fold(struct search_folded *folded, struct arena *arena, struct text text, struct buffer *out)
{
    size_t from = out->length;
    if (!text.length || unicode_invalid_at(text) < text.length)
        return;
    for (size_t at = 0; at < text.length;) {
        unsigned char byte = (unsigned char)text.bytes[at];
        if (byte >= 0x80) {
            fold_far(folded, arena, unicode_next(text, &at), out);
            continue;
        }
        at++;
        if (byte >= 'A' && byte <= 'Z')
            byte |= 0x20;
        bool kept = (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '.';
        if (kept || (out->length > from && out->bytes[out->length - 1] != ' '))
            buffer_char(out, kept ? (char)byte : ' ');
    }
    if (out->length > from && out->bytes[out->length - 1] == ' ')
        out->length--;
}

struct text search_fold(struct arena *arena, struct text text)
{
    BUFFER_OWNED struct buffer out = { 0 };
    fold(NULL, arena, text, &out);
    return text_copy(arena, buffer_view(&out));
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

enum status search_lines_write(struct search_lines *lines, const struct search_origin *origin,
                               struct buffer *out, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    BUFFER_OWNED struct buffer words = { 0 };
    struct value *names = NULL;
    struct error ignored;
    buffer_text(&words, lines->code);
    /* The content has a hundred values, and four are wanted: SQLite finds them in a third of the time of a parse. */
    sqlite_bind_number(lines->content, 1, origin->content);
    enum status status = sqlite_step(lines->content, error);
    if (status == STATUS_OK && !sqlite_is_null(lines->content, 0) &&
        json_parse(&arena, sqlite_column_text(lines->content, 0), &names, &ignored) == STATUS_OK)
        for (const struct value *found = names->first; found; found = found->next)
            put_names(&words, found);
    sqlite_reset_statement(lines->content);
    if (status && status != STATUS_END)
        return status;
    for (int i = 2; i < 4; i++)
        if (!sqlite_is_null(lines->origin, i))
            put_words(&words, sqlite_column_text(lines->origin, i));
    buffer_text(out, lines->code);
    buffer_char(out, '\t');
    fold(lines->folded, &arena, buffer_view(&words), out);
    buffer_char(out, '\n');
    return STATUS_OK;
}

/* ---- all of them ---- */

static enum status step_told(struct search_lines *lines, struct error *error)
{
    enum status status = sqlite_step(lines->told, error);
    lines->any_told = status == STATUS_OK;
    return status == STATUS_END ? STATUS_OK : status;
}

/* Both lists are in order. */
static enum status find_told(struct search_lines *lines, struct error *error)
{
    int order = -1;
    while (lines->any_told && (order = text_compare(sqlite_column_text(lines->told, 0), lines->code)) < 0)
        if (step_told(lines, error))
            return error->status;
    lines->fresh = !lines->from || (lines->any_told && !order);
    return STATUS_OK;
}

enum status search_lines_open(struct sqlite *database, int64_t from, struct search_lines *lines,
                              struct error *error)
{
    *lines = (struct search_lines){ .from = from, .more = true };
    enum status status = sqlite_prepare(
        database,
        "SELECT code FROM (SELECT code FROM procedure_state WHERE code > ?1 ORDER BY code LIMIT ?2)"
        " UNION SELECT code FROM (SELECT code FROM record WHERE code > ?1 ORDER BY code LIMIT ?2)"
        " ORDER BY code LIMIT ?2",
        &lines->codes, error);
    if (!status && from)
        status = sqlite_prepare(
            database, "SELECT DISTINCT code FROM ledger WHERE seq > ?1 AND code IS NOT NULL ORDER BY code",
            &lines->told, error);
    if (!status)
        status = sqlite_prepare(
            database,
            "SELECT r.id, coalesce(q.held_content, r.content), r.department, s.name FROM (SELECT ?1 AS code) "
            "k"
            " LEFT JOIN procedure_state q ON q.code = k.code LEFT JOIN record r ON r.id = coalesce(q.record,"
            "  (SELECT n.id FROM record n WHERE n.code = k.code ORDER BY n.present DESC, n.id DESC LIMIT 1))"
            " LEFT JOIN source s ON s.id = r.source",
            &lines->origin, error);
    if (!status)
        status = sqlite_prepare(
            database,
            "SELECT json_extract(CAST(bytes AS TEXT), '$.name', '$.agency.name', '$.executing_agencies',"
            " '$.fields') FROM payload WHERE id = ?1 AND encoding = 0",
            &lines->content, error);
    if (!status && from) {
        sqlite_bind_number(lines->told, 1, from);
        status = step_told(lines, error);
    }
    if (status) {
        search_lines_close(lines);
        return status;
    }
    lines->folded = memory_take_zeroed(1, sizeof *lines->folded);
    return STATUS_OK;
}

enum status search_lines_next(struct search_lines *lines, struct error *error)
{
    for (;;) {
        if (!lines->begun) {
            if (!lines->more)
                return STATUS_END;
            buffer_clear(&lines->bound);
            buffer_text(&lines->bound, buffer_view(&lines->after));
            sqlite_bind_text(lines->codes, 1, buffer_view(&lines->bound));
            sqlite_bind_number(lines->codes, 2, CHUNK);
            lines->begun = true;
            lines->more = false;
        }
        enum status status = sqlite_step(lines->codes, error);
        if (status == STATUS_END) {
            lines->begun = false;
            sqlite_reset_statement(lines->origin); /* it stands on a row, and would hold the snapshot */
            continue;
        }
        if (status)
            return status;
        lines->more = true;
        buffer_clear(&lines->after);
        buffer_text(&lines->after, sqlite_column_text(lines->codes, 0));
        lines->code = buffer_view(&lines->after);
        if (!memchr(lines->code.bytes, '\t', lines->code.length) &&
            !memchr(lines->code.bytes, '\n', lines->code.length))
            return find_told(lines, error);
    }
}

enum status search_lines_origin(struct search_lines *lines, struct search_origin *origin, struct error *error)
{
    sqlite_reset_statement(lines->origin);
    sqlite_bind_text(lines->origin, 1, lines->code);
    enum status status = sqlite_step(lines->origin, error);
    if (status)
        return status;
    *origin = (struct search_origin){ sqlite_number(lines->origin, 0), sqlite_number(lines->origin, 1),
                                      text_hash(sqlite_column_text(lines->origin, 2)) };
    return STATUS_OK;
}

void search_lines_close(struct search_lines *lines)
{
    sqlite_finish(lines->codes);
    sqlite_finish(lines->told);
    sqlite_finish(lines->origin);
    sqlite_finish(lines->content);
    buffer_free(&lines->after);
    buffer_free(&lines->bound);
    free(lines->folded);
    *lines = (struct search_lines){ 0 };
}

/* ---- read again ---- */

struct text search_take_part(struct text *line, char byte)
{
    const char *end = line->length ? memchr(line->bytes, byte, line->length) : NULL;
    struct text part = text_slice(*line, 0, end ? (size_t)(end - line->bytes) : line->length);
    *line = text_slice(*line, part.length + (end != NULL), line->length);
    return part;
}

/* False: there is no more. */
static bool read_more(struct search_reader *reader)
{
    struct error ignored;
    size_t got = 0;
    size_t rest = reader->read.length - reader->at;
    if (reader->at)
        memmove(reader->read.bytes, reader->read.bytes + reader->at, rest);
    reader->read.length = rest;
    reader->at = 0;
    return reader->stream.read && !file_stream_more(&reader->stream, &reader->read, &got, &ignored) && got;
}

void search_reader_next(struct search_reader *reader)
{
    size_t looked = 0;
    for (;;) {
        struct text rest = text_slice(buffer_view(&reader->read), reader->at, reader->read.length);
        const char *end =
            rest.length > looked ? memchr(rest.bytes + looked, '\n', rest.length - looked) : NULL;
        if (end) {
            reader->line = text_slice(rest, 0, (size_t)(end - rest.bytes));
            reader->at += reader->line.length + 1;
            return;
        }
        looked = rest.length;
        if (looked >= SEARCH_LINE_MAX || !read_more(reader)) {
            reader->line = TEXT_NONE; /* a line that has no end is none */
            return;
        }
    }
}

void search_reader_close(struct search_reader *reader)
{
    if (reader->stream.close)
        reader->stream.close(&reader->stream);
    buffer_free(&reader->read);
    *reader = (struct search_reader){ 0 };
}
