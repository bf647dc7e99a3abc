#include "store/field_presence.h"

#include "adapters/json.h"
#include "core/canonical.h"
#include "store/sql.h"
#include "store/staging.h"

#define RECORDS_LEAST 10
#define SHARE_LEAST   90 /* per cent */

/* Was the last listing read, and whole? */
static enum status was_read(struct store *store, const char *source, bool *read, struct error *error)
{
    struct sqlite_statement *row;
    *read = false;
    enum status status = sql_row(
        store,
        "SELECT json_extract(e.detail, '$.whole') = 1 AND json_extract(e.detail, '$.unchanged') IS NULL"
        " FROM ledger e WHERE e.source = ?1 AND " STAGING_A_LISTING("e") " ORDER BY e.seq DESC LIMIT 1",
        SQL_WITH(SQL_TEXT(text_of(source))), &row, error);
    *read = status == STATUS_OK && sqlite_number(row, 0);
    return sql_end(row, status);
}

static enum status put(struct store *store, const char *source, struct text counted, struct error *error)
{
    return sql_run(store, "UPDATE source SET fields_now = ?2 WHERE name = ?1",
                   SQL_WITH(SQL_TEXT(text_of(source)), SQL_TEXT(counted)), error);
}

/* What the last whole listing gave, and a brake may hold for, goes on until another one is counted; of another map's
 * addresses it says nothing. */
static enum status keep(struct store *store, const char *source, int64_t map, struct error *error)
{
    return sql_run(store,
                   "UPDATE source SET fields_now = NULL WHERE name = ?1 AND fields_now IS NOT NULL"
                   " AND json_extract(fields_now, '$.map') IS NOT ?2",
                   SQL_WITH(SQL_TEXT(text_of(source)), SQL_NUMBER(map)), error);
}

static enum status count_records(struct store *store, const char *source, int64_t map, int64_t *counts,
                                 size_t count, int64_t *records, struct error *error)
{
    struct sqlite_statement *rows;
    if (sql_rows(store,
                 "SELECT r.gave FROM record r JOIN source s ON s.id = r.source WHERE s.name = ?1 AND"
                 " r.present = 1 AND r.mapped_by = ?2 AND r.gave IS NOT NULL",
                 SQL_WITH(SQL_TEXT(text_of(source)), SQL_NUMBER(map)), &rows, error))
        return error->status;
    enum status status;
    while (!(status = sqlite_step(rows, error))) {
        struct text gave = sqlite_column_text(rows, 0);
        ++*records;
        for (size_t i = 0; i < count && i < gave.length; i++)
            counts[i] += gave.bytes[i] == '1';
    }
    return status == STATUS_END ? STATUS_OK : status;
}

/* The digest of all records as this run found them and left them; bytes NULL: it wrote one. */
static struct text records_digest(struct store *store, char hex[DIGEST_HEX])
{
    const struct store_rows_memory *memory = &store_memory(store)->rows[STORE_RECORD];
    if (!memory->known || memory->changed != store_rows_changed(store, STORE_RECORD))
        return TEXT_NONE;
    digest_hex(&memory->digest, hex);
    return text_of(hex);
}

static enum status any_waits(struct store *store, bool *waits, struct error *error)
{
    return sql_any(store,
                   "SELECT 1 FROM finding WHERE rule = 'congkhai/decode' AND reason IN ('record.killed',"
                   " 'record.died') LIMIT 1",
                   NULL, waits, error);
}

static struct value *describe_circumstances(struct arena *arena,
                                            const struct transform_digests *transform_digests,
                                            struct text records)
{
    struct value *object = value_object(arena);
    value_set(object, "map", value_integer(arena, transform_digests->map));
    value_set(object, "records", value_text(arena, text_copy(arena, records)));
    value_set(object, "rules", value_integer(arena, transform_digests->rules));
    value_set(object, "version", value_string(arena, CONGKHAI_VERSION));
    return object;
}

enum status field_presence_stands(struct store *store, const char *source,
                                  const struct transform_digests *transform_digests, bool *stands,
                                  struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    char hex[DIGEST_HEX];
    struct text records = records_digest(store, hex);
    struct sqlite_statement *row;
    struct value *counted;
    struct error unread;
    bool waits = false;
    *stands = false;
    if (!records.bytes)
        return STATUS_OK;
    enum status status =
        sql_row(store, "SELECT fields_now FROM source WHERE name = ?1 AND fields_now IS NOT NULL",
                SQL_WITH(SQL_TEXT(text_of(source))), &row, error);
    const struct value *as =
        status == STATUS_OK && !json_parse(&arena, sqlite_column_text(row, 0), &counted, &unread)
            ? value_find(counted, "as")
            : NULL;
    *stands = as && value_equal(as, describe_circumstances(&arena, transform_digests, records));
    sqlite_reset_statement(row);
    if (status > STATUS_END || !*stands)
        return status == STATUS_END ? STATUS_OK : status;
    status = any_waits(store, &waits, error);
    *stands = !status && !waits;
    return status;
}

enum status field_presence_count(struct store *store, const char *source,
                                 const struct transform_digests *transform_digests,
                                 const struct text *addresses, size_t count, struct error *error)
{
    char hex[DIGEST_HEX];
    struct text unwritten = records_digest(store, hex);
    ARENA_OWNED struct arena arena = { 0 };
    bool read;
    int64_t records = 0, *counts = arena_array(&arena, int64_t, count + 1);
    if (was_read(store, source, &read, error))
        return error->status;
    if (!read)
        return keep(store, source, transform_digests->map, error);
    for (size_t i = 0; i < count; i++)
        counts[i] = 0;
    if (count_records(store, source, transform_digests->map, counts, count, &records, error))
        return error->status;
    struct value *object = value_object(&arena), *list = value_list(&arena);
    for (size_t i = 0; i < count; i++) {
        struct value *one = value_append(list, value_object(&arena));
        value_set(one, "address", value_text(&arena, addresses[i]));
        value_set(one, "records", value_integer(&arena, counts[i]));
    }
    value_set(object, "addresses", list);
    if (unwritten.bytes)
        value_set(object, "as", describe_circumstances(&arena, transform_digests, unwritten));
    value_set(object, "map", value_integer(&arena, transform_digests->map));
    value_set(object, "records", value_integer(&arena, records));
    BUFFER_OWNED struct buffer bytes = { 0 };
    canonical_write(&bytes, object);
    return put(store, source, buffer_view(&bytes), error);
}

static struct value *compare(struct arena *arena, const struct value *before, const struct value *now)
{
    int64_t had = value_number_of(before, "records"), has = value_number_of(now, "records");
    const struct value *old = value_find(before, "addresses"), *new = value_find(now, "addresses");
    struct value *vanished = value_list(arena);
    if (had < RECORDS_LEAST || has < RECORDS_LEAST ||
        value_number_of(before, "map") != value_number_of(now, "map") || !old || !new)
        return NULL;
    const struct value *is = new->first;
    for (const struct value *was = old->first; was && is; was = was->next, is = is->next)
        if (value_number_of(was, "records") * 100 >= had * SHARE_LEAST && !value_number_of(is, "records"))
            value_append(vanished, value_text(arena, value_text_of(was, "address")));
    return vanished->count ? vanished : NULL;
}

enum status field_presence_vanished(struct store *store, const char *source, struct arena *arena,
                                    struct value **vanished, int64_t *records, struct error *error)
{
    struct sqlite_statement *row;
    struct error reason;
    struct value *before, *now;
    *vanished = NULL;
    enum status status =
        sql_row(store,
                "SELECT fields, fields_now FROM source WHERE name = ?1 AND fields IS NOT NULL AND fields_now"
                " IS NOT NULL",
                SQL_WITH(SQL_TEXT(text_of(source))), &row, error);
    if (status == STATUS_OK && !json_parse(arena, sqlite_take_text(arena, row, 0), &before, &reason) &&
        !json_parse(arena, sqlite_take_text(arena, row, 1), &now, &reason)) {
        *vanished = compare(arena, before, now);
        *records = value_number_of(now, "records");
    }
    return sql_end(row, status);
}

enum status field_presence_settle(struct store *store, const char *source, struct error *error)
{
    return sql_run(
        store,
        "UPDATE source SET fields = fields_now WHERE name = ?1 AND fields_now IS NOT NULL AND fields"
        " IS NOT fields_now",
        SQL_WITH(SQL_TEXT(text_of(source))), error);
}
