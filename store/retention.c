#include "store/retention.h"

#include <stdlib.h>

#include "adapters/deflate.h"
#include "core/memory.h"
#include "store/ledger.h"
#include "store/sql.h"

#define PACK_GROUP   200   /* payloads in one transaction */
#define FORGET_GROUP 100   /* digests in one event */
#define FORGET_MAX   20000 /* payloads in one run */

/* ---- packing ---- */

struct packing {
    struct store *store;
    struct deflate *deflate;
    struct buffer packed;
    int64_t after; /* the last payload that was packed, or would not be fewer bytes */
    struct retention_done *done;
};

static enum status read_after(struct store *store, int64_t *after, struct error *error)
{
    return sql_number(store, "SELECT CAST(value AS INTEGER) FROM setting WHERE name = 'packed_to'", NULL,
                      after, error);
}

static enum status write_after(struct store *store, int64_t after, struct error *error)
{
    return sql_run(store, "INSERT OR REPLACE INTO setting (name, value) VALUES ('packed_to', ?1)",
                   SQL_WITH(SQL_NUMBER(after)), error);
}

static enum status pack_one(struct packing *packing, int64_t payload, struct text bytes, struct error *error)
{
    struct sqlite_statement *statement;
    if (!deflate_pack(packing->deflate, bytes, &packing->packed))
        return STATUS_OK;
    if (store_sql(packing->store, "UPDATE payload SET bytes = ?2, encoding = 1 WHERE id = ?1", &statement,
                  error))
        return error->status;
    packing->done->packed++;
    packing->done->bytes_before += (int64_t)bytes.length;
    packing->done->bytes_after += (int64_t)packing->packed.length;
    sqlite_bind_number(statement, 1, payload);
    sqlite_bind_bytes(statement, 2, buffer_view(&packing->packed));
    return sqlite_execute(statement, error);
}

/* STATUS_END: everything of earlier runs has been looked at. Most was packed on its way in (extract/ingest.c): the index
 * payload_plain leads to what was not. */
static enum status pack_group(struct packing *packing, struct error *error)
{
    struct sqlite_statement *rows;
    if (sql_rows(packing->store,
                 "SELECT id, bytes FROM payload WHERE kept = 0 AND encoding = 0 AND bytes IS NOT NULL"
                 " AND id > ?1 AND run < ?3 ORDER BY id LIMIT ?2",
                 SQL_WITH(SQL_NUMBER(packing->after), SQL_NUMBER(PACK_GROUP),
                          SQL_NUMBER(store_run(packing->store))),
                 &rows, error))
        return error->status;
    enum status status;
    int count = 0;
    while ((status = sqlite_step(rows, error)) == STATUS_OK) {
        count++;
        packing->after = sqlite_number(rows, 0);
        status = pack_one(packing, packing->after, sqlite_bytes(rows, 1), error);
        if (status)
            break;
    }
    sqlite_reset_statement(rows);
    if (status > STATUS_END || (count && write_after(packing->store, packing->after, error)))
        return error->status;
    return count == PACK_GROUP ? STATUS_OK : STATUS_END;
}

static enum status pack(struct store *store, int64_t budget_ms, struct retention_done *done,
                        struct error *error)
{
    struct clock *clock = store_clock(store);
    int64_t late = clock->ticks(clock) + budget_ms * 1000;
    struct packing packing = { .store = store, .deflate = deflate_open(), .done = done };
    enum status status = read_after(store, &packing.after, error);
    if (status == STATUS_OK)
        do {
            status = store_begin(store, error);
            if (status)
                break;
            status = pack_group(&packing, error);
            enum status ended = store_end(store, status == STATUS_END ? STATUS_OK : status, error);
            status = ended ? ended : status;
        } while (status == STATUS_OK && (!budget_ms || clock->ticks(clock) < late));
    deflate_close(packing.deflate);
    buffer_free(&packing.packed);
    return status == STATUS_END ? STATUS_OK : status;
}

/* ---- forgetting ---- */

struct forgetting {
    struct store *store;
    int64_t until_run; /* what was last needed before this run is forgotten */
    char before[CLOCK_TEXT];
    struct arena arena;
    int64_t payloads[FORGET_GROUP];
    struct value *digests;
    size_t count;
};

static enum status find_run(struct forgetting *forgetting, struct error *error)
{
    struct sqlite_statement *row;
    enum status status = sql_row(
        forgetting->store, "SELECT coalesce(max(run), 0) FROM ledger WHERE event = 'run-started' AND at < ?1",
        SQL_WITH(SQL_TEXT(text_of(forgetting->before))), &row, error);
    if (status == STATUS_OK)
        forgetting->until_run = sqlite_number(row, 0);
    sqlite_reset_statement(row);
    return status;
}

/* Once a run: what no record has needed for so long. The same bytes may be needed by another record, or again. What an
 * event calls a content is never forgotten, whatever stands beside the bytes: the ledger decides, not the mark. */
static enum status find_candidates(struct forgetting *forgetting, struct error *error)
{
    static const char *const statements[] = {
        "CREATE TEMP TABLE IF NOT EXISTS forgettable (payload INTEGER PRIMARY KEY, digest BLOB NOT NULL "
        "UNIQUE)",
        "DELETE FROM forgettable",
        "INSERT INTO forgettable SELECT p.id, p.digest FROM superseded s JOIN payload p ON p.id = s.payload"
        " WHERE s.run <= ?1 AND p.kept = 0 AND p.bytes IS NOT NULL AND NOT EXISTS"
        " (SELECT 1 FROM record r WHERE r.payload = p.id AND r.present = 1) LIMIT ?2",
        "DELETE FROM forgettable WHERE digest IN"
        " (SELECT f.digest FROM ledger l CROSS JOIN forgettable f ON f.digest = l.digest)",
    };
    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++) {
        struct sqlite_statement *statement;
        if (sqlite_prepare(store_database(forgetting->store), statements[i], &statement, error))
            return error->status;
        if (i == 2) {
            sqlite_bind_number(statement, 1, forgetting->until_run);
            sqlite_bind_number(statement, 2, FORGET_MAX);
        }
        enum status status = sqlite_execute(statement, error);
        sqlite_finish(statement);
        if (status)
            return status;
    }
    return STATUS_OK;
}

static enum status find_group(struct forgetting *forgetting, struct error *error)
{
    struct sqlite_statement *rows;
    arena_clear(&forgetting->arena);
    forgetting->digests = value_list(&forgetting->arena);
    forgetting->count = 0;
    if (sql_rows(forgetting->store,
                 "SELECT f.payload, lower(hex(f.digest)) FROM temp.forgettable f JOIN payload p ON p.id = "
                 "f.payload"
                 " WHERE p.bytes IS NOT NULL LIMIT ?1",
                 SQL_WITH(SQL_NUMBER(FORGET_GROUP)), &rows, error))
        return error->status;
    enum status status;
    while ((status = sqlite_step(rows, error)) == STATUS_OK) {
        forgetting->payloads[forgetting->count++] = sqlite_number(rows, 0);
        value_append(forgetting->digests,
                     value_text(&forgetting->arena, sqlite_take_text(&forgetting->arena, rows, 1)));
    }
    return status == STATUS_END ? STATUS_OK : status;
}

static enum status forget_one(struct store *store, int64_t payload, int64_t event, struct error *error)
{
    if (sql_run(store, "UPDATE payload SET bytes = NULL, encoding = 0, forgotten = ?2 WHERE id = ?1",
                SQL_WITH(SQL_NUMBER(payload), SQL_NUMBER(event)), error))
        return error->status;
    return sql_run(store, "DELETE FROM superseded WHERE payload = ?1", SQL_WITH(SQL_NUMBER(payload)), error);
}

static enum status forget_group(struct forgetting *forgetting, struct error *error)
{
    struct arena *arena = &forgetting->arena;
    struct value *detail = value_object(arena);
    int64_t event;
    value_set(detail, "before", value_string(arena, forgetting->before));
    value_set(detail, "digests", forgetting->digests);
    if (ledger_append(forgetting->store, &(struct ledger_event){ .event = "forgotten", .detail = detail },
                      &event, error))
        return error->status;
    for (size_t i = 0; i < forgetting->count; i++)
        if (forget_one(forgetting->store, forgetting->payloads[i], event, error))
            return error->status;
    return STATUS_OK;
}

static enum status forget(struct store *store, int64_t source_ms, struct retention_done *done,
                          struct error *error)
{
    struct clock *clock = store_clock(store);
    struct forgetting *forgetting = memory_new(struct forgetting);
    forgetting->store = store;
    clock_format(clock->now(clock) - source_ms, forgetting->before);
    enum status status = find_run(forgetting, error);
    status = status ? status : find_candidates(forgetting, error);
    while (!status && done->forgotten < FORGET_MAX) {
        status = find_group(forgetting, error);
        if (status || !forgetting->count)
            break;
        status = store_begin(store, error);
        if (status)
            break;
        status = store_end(store, forget_group(forgetting, error), error);
        done->forgotten += (int64_t)forgetting->count;
    }
    arena_free(&forgetting->arena);
    free(forgetting);
    return status;
}

enum status retention_run(struct store *store, const struct retention_settings *settings,
                          struct retention_done *done, struct error *error)
{
    *done = (struct retention_done){ 0 };
    if (pack(store, settings->budget_ms, done, error))
        return error->status;
    return settings->source_ms ? forget(store, settings->source_ms, done, error) : STATUS_OK;
}
