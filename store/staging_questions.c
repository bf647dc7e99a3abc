/* What extract asks of a source's records, in a pass and outside one. */
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "store/staging_pass.h"

enum status staging_key_at(struct staging *staging, struct arena *arena, struct text locator,
                           struct text *key, struct error *error)
{
    struct sqlite_statement *statement;
    *key = TEXT_NONE;
    if (store_sql(staging->store,
                  "SELECT key FROM record WHERE source = ?1 AND locator = ?2 AND present = 1 AND nameless = 0"
                  " LIMIT 1",
                  &statement, error))
        return error->status;
    sqlite_bind_number(statement, 1, staging->source);
    sqlite_bind_text(statement, 2, locator);
    enum status status = sqlite_step(statement, error);
    if (status == STATUS_OK)
        *key = sqlite_take_text(arena, statement, 0);
    sqlite_reset_statement(statement);
    return status == STATUS_END ? STATUS_OK : status;
}

enum status staging_doubt(struct staging *staging, struct text key, const struct digest *digest,
                          enum staging_doubt *doubt, struct error *error)
{
    struct sqlite_statement *statement;
    *doubt = STAGING_NO_DOUBT;
    if (store_sql(staging->store,
                  "SELECT doubt FROM record WHERE source = ?1 AND key = ?2 AND source_digest = ?3",
                  &statement, error))
        return error->status;
    sqlite_bind_number(statement, 1, staging->source);
    sqlite_bind_text(statement, 2, key);
    sqlite_bind_digest(statement, 3, digest);
    enum status status = sqlite_step(statement, error);
    if (status == STATUS_OK)
        *doubt = (enum staging_doubt)sqlite_number(statement, 0);
    sqlite_reset_statement(statement);
    return status == STATUS_END ? STATUS_OK : status;
}

static enum status is_there(struct sqlite_statement *statement, bool *is, struct error *error)
{
    enum status status = sqlite_step(statement, error);
    *is = status == STATUS_OK;
    sqlite_reset_statement(statement);
    return status == STATUS_END ? STATUS_OK : status;
}

enum status staging_settle(struct staging *staging, struct error *error)
{
    struct sqlite_statement *statement;
    if (store_sql(staging->store, "UPDATE record SET doubt = ?2 WHERE source = ?1 AND doubt = ?3", &statement,
                  error))
        return error->status;
    sqlite_bind_number(statement, 1, staging->source);
    sqlite_bind_number(statement, 2, STAGING_NO_DOUBT);
    sqlite_bind_number(statement, 3, STAGING_HIDES);
    return sqlite_execute(statement, error);
}

bool staging_is_fresh(const struct staging *staging)
{
    return staging->fresh;
}

enum status staging_is_taken_up(struct staging *staging, struct text locator, bool *taken,
                                struct error *error)
{
    struct sqlite_statement *statement;
    if (store_sql(staging->store,
                  "SELECT 1 FROM record WHERE source = ?1 AND locator = ?2 AND fault IS NOT NULL AND work = 1"
                  " LIMIT 1",
                  &statement, error))
        return error->status;
    sqlite_bind_number(statement, 1, staging->source);
    sqlite_bind_text(statement, 2, locator);
    return is_there(statement, taken, error);
}

enum status staging_has_document(struct staging *staging, struct text document, bool *many,
                                 struct error *error)
{
    struct sqlite_statement *statement;
    if (store_sql(staging->store,
                  "SELECT 1 FROM record WHERE source = ?1 AND present = 1 AND nameless = 0"
                  " AND substr(locator, 1, length(?2) + 1) IN (?2 || ':', ?2 || '#') LIMIT 1",
                  &statement, error))
        return error->status;
    sqlite_bind_number(statement, 1, staging->source);
    sqlite_bind_text(statement, 2, document);
    return is_there(statement, many, error);
}

enum status staging_has_key(struct staging *staging, struct text key, bool *has, struct error *error)
{
    struct sqlite_statement *statement;
    *has = false;
    if (store_sql(staging->store, "SELECT 1 FROM record WHERE source = ?1 AND key = ?2 AND nameless = 0",
                  &statement, error))
        return error->status;
    sqlite_bind_number(statement, 1, staging->source);
    sqlite_bind_text(statement, 2, key);
    return is_there(statement, has, error);
}

enum status staging_has_code(struct staging *staging, struct text key, const struct text *codes, size_t count,
                             bool *its, struct error *error)
{
    struct sqlite_statement *statement;
    *its = false;
    if (store_sql(staging->store, "SELECT code FROM record WHERE source = ?1 AND key = ?2", &statement,
                  error))
        return error->status;
    sqlite_bind_number(statement, 1, staging->source);
    sqlite_bind_text(statement, 2, key);
    enum status status = sqlite_step(statement, error);
    for (size_t i = 0; status == STATUS_OK && i < count; i++)
        *its = *its || text_equal(sqlite_column_text(statement, 0), codes[i]);
    sqlite_reset_statement(statement);
    return status == STATUS_END ? STATUS_OK : status;
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
        if (*count == capacity)
            found = memory_grow(found, capacity = capacity * 2 + 16, sizeof *found);
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
    if (store_sql(store,
                  "SELECT (SELECT count(*) FROM record WHERE source = s.id) -"
                  " (SELECT count(*) FROM record WHERE source = s.id AND present = 0)"
                  " FROM source s WHERE s.name = ?1",
                  &statement, error))
        return error->status;
    sqlite_bind_text(statement, 1, text_of(source));
    enum status status = sqlite_step(statement, error);
    *present = status == STATUS_OK ? sqlite_number(statement, 0) : 0;
    sqlite_reset_statement(statement);
    return status;
}

enum status staging_was_whole(struct store *store, const char *source, bool *whole, struct error *error)
{
    struct sqlite_statement *statement;
    *whole = true;
    if (store_sql(store,
                  "SELECT json_extract(e.detail, '$.whole') FROM ledger e WHERE e.source = ?1 "
                  "AND " STAGING_A_LISTING("e") " ORDER BY e.seq DESC LIMIT 1",
                  &statement, error))
        return error->status;
    sqlite_bind_text(statement, 1, text_of(source));
    enum status status = sqlite_step(statement, error);
    if (status == STATUS_OK)
        *whole = sqlite_number(statement, 0);
    sqlite_reset_statement(statement);
    return status == STATUS_END ? STATUS_OK : status;
}
