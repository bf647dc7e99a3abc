/* What extract asks of a source's records, in a pass and outside one. */
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "store/sql.h"
#include "store/staging_pass.h"

enum status staging_key_at(struct staging *staging, struct arena *arena, struct text locator,
                           struct text *key, struct error *error)
{
    struct sqlite_statement *statement;
    *key = TEXT_NONE;
    enum status status =
        sql_row(staging->store,
                "SELECT key FROM record WHERE source = ?1 AND locator = ?2 AND present = 1 AND nameless = 0"
                " LIMIT 1",
                SQL_WITH(SQL_NUMBER(staging->source), SQL_TEXT(locator)), &statement, error);
    if (status == STATUS_OK)
        *key = sqlite_take_text(arena, statement, 0);
    return sql_end(statement, status);
}

enum status staging_doubt(struct staging *staging, struct text key, const struct digest *digest,
                          enum staging_doubt *doubt, struct error *error)
{
    struct sqlite_statement *statement;
    *doubt = STAGING_NO_DOUBT;
    enum status status = sql_row(
        staging->store, "SELECT doubt FROM record WHERE source = ?1 AND key = ?2 AND source_digest = ?3",
        SQL_WITH(SQL_NUMBER(staging->source), SQL_TEXT(key), SQL_DIGEST(digest)), &statement, error);
    if (status == STATUS_OK)
        *doubt = (enum staging_doubt)sqlite_number(statement, 0);
    return sql_end(statement, status);
}

enum status staging_settle(struct staging *staging, struct error *error)
{
    return sql_run(
        staging->store, "UPDATE record SET doubt = ?2 WHERE source = ?1 AND doubt = ?3",
        SQL_WITH(SQL_NUMBER(staging->source), SQL_NUMBER(STAGING_NO_DOUBT), SQL_NUMBER(STAGING_HIDES)),
        error);
}

bool staging_is_fresh(const struct staging *staging)
{
    return staging->fresh;
}

enum status staging_is_taken_up(struct staging *staging, struct text locator, bool *taken,
                                struct error *error)
{
    return sql_any(
        staging->store,
        "SELECT 1 FROM record WHERE source = ?1 AND locator = ?2 AND fault IS NOT NULL AND work = 1"
        " LIMIT 1",
        SQL_WITH(SQL_NUMBER(staging->source), SQL_TEXT(locator)), taken, error);
}

enum status staging_has_document(struct staging *staging, struct text document, bool *many,
                                 struct error *error)
{
    return sql_any(staging->store,
                   "SELECT 1 FROM record WHERE source = ?1 AND present = 1 AND nameless = 0"
                   " AND substr(locator, 1, length(?2) + 1) IN (?2 || ':', ?2 || '#') LIMIT 1",
                   SQL_WITH(SQL_NUMBER(staging->source), SQL_TEXT(document)), many, error);
}

enum status staging_has_key(struct staging *staging, struct text key, bool *has, struct error *error)
{
    return sql_any(staging->store, "SELECT 1 FROM record WHERE source = ?1 AND key = ?2 AND nameless = 0",
                   SQL_WITH(SQL_NUMBER(staging->source), SQL_TEXT(key)), has, error);
}

enum status staging_has_code(struct staging *staging, struct text key, const struct text *codes, size_t count,
                             bool *its, struct error *error)
{
    struct sqlite_statement *statement;
    enum status status = sql_row(staging->store, "SELECT code FROM record WHERE source = ?1 AND key = ?2",
                                 SQL_WITH(SQL_NUMBER(staging->source), SQL_TEXT(key)), &statement, error);
    *its = status == STATUS_OK && text_among(sqlite_column_text(statement, 0), codes, count);
    return sql_end(statement, status);
}

int64_t staging_seen(const struct staging *staging)
{
    return staging->counts.seen;
}

void staging_seen_again(struct staging *staging, int64_t records)
{
    staging->counts.seen -= records < staging->counts.seen ? records : staging->counts.seen;
}

size_t staging_shared_keys(const struct staging *staging, const char **first)
{
    *first = staging->shared;
    return *staging->shared ? staging->numbers.count : 0;
}

int64_t staging_records(const struct staging *staging)
{
    return staging->seen.set;
}

enum status staging_sources(struct store *store, struct arena *arena, struct text **names, size_t *count,
                            struct error *error)
{
    struct sqlite_statement *statement;
    struct text *found = NULL;
    size_t capacity = *count = 0;
    if (store_sql(
            store,
            "SELECT name FROM source s"
            " WHERE EXISTS (SELECT 1 FROM record r WHERE r.source = s.id AND r.present = 1) ORDER BY s.id",
            &statement, error))
        return error->status;
    enum status status;
    while (!(status = sqlite_step(statement, error))) {
        found = memory_more(found, *count, &capacity, sizeof *found);
        found[(*count)++] = sqlite_take_text(arena, statement, 0);
    }
    *names = arena_array(arena, struct text, *count + 1);
    if (*count)
        memcpy(*names, found, *count * sizeof *found);
    free(found);
    return status == STATUS_END ? STATUS_OK : status;
}

enum status staging_present(struct store *store, const char *source, int64_t *present, struct error *error)
{
    struct sqlite_statement *statement;
    enum status status = sql_row(store,
                                 "SELECT (SELECT count(*) FROM record WHERE source = s.id) -"
                                 " (SELECT count(*) FROM record WHERE source = s.id AND present = 0)"
                                 " FROM source s WHERE s.name = ?1",
                                 SQL_WITH(SQL_TEXT(text_of(source))), &statement, error);
    *present = status == STATUS_OK ? sqlite_number(statement, 0) : 0;
    sqlite_reset_statement(statement);
    return status;
}

enum status staging_was_whole(struct store *store, const char *source, bool *whole, struct error *error)
{
    struct sqlite_statement *statement;
    *whole = true;
    enum status status = sql_row(store,
                                 "SELECT json_extract(e.detail, '$.whole') FROM ledger e WHERE e.source = ?1 "
                                 "AND " STAGING_A_LISTING("e") " ORDER BY e.seq DESC LIMIT 1",
                                 SQL_WITH(SQL_TEXT(text_of(source))), &statement, error);
    if (status == STATUS_OK)
        *whole = sqlite_number(statement, 0);
    return sql_end(statement, status);
}
