#include "store/migrate_outbox.h"

#include "store/ledger.h"

static const char forget_nameless[] =
    "UPDATE record SET content_digest = (SELECT p.digest FROM payload p WHERE p.id = record.content);"
    "UPDATE record SET work = 1 WHERE id IN (SELECT record FROM procedure_state"
    " WHERE wanted_action IS NOT NULL AND wanted_event IS NULL);"
    "UPDATE procedure_state SET wanted_action = NULL, wanted_content = NULL, wanted_digest = NULL"
    " WHERE wanted_action IS NOT NULL AND wanted_event IS NULL";

static const char renamed_versions[] =
    "SELECT s.code, s.held_digest, s.held_version FROM procedure_state s JOIN ledger e ON e.seq = "
    "s.held_event"
    " WHERE s.held_status IN ('published', 'abolished') AND s.held_version IS NOT NULL AND s.held_etag IS "
    "NULL"
    " AND s.held_version IS NOT json_extract(e.detail, '$.version') ORDER BY s.code";

static enum status append_refreshed(struct store *store, struct sqlite_statement *row, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct digest digest;
    struct value *detail = value_object(&arena);
    value_set(detail, "version", value_text(&arena, sqlite_take_text(&arena, row, 2)));
    struct ledger_event event = { .event = "refreshed",
                                  .code = sqlite_take_text(&arena, row, 0),
                                  .digest = sqlite_digest(row, 1, &digest) ? &digest : NULL,
                                  .detail = detail };
    return ledger_append(store, &event, NULL, error);
}

enum status migrate_outbox(struct store *store, struct error *error)
{
    struct sqlite_statement *rows;
    if (sqlite_run(store_database(store), forget_nameless, error) ||
        sqlite_prepare(store_database(store), renamed_versions, &rows, error))
        return error->status;
    enum status status;
    while ((status = sqlite_step(rows, error)) == STATUS_OK)
        if ((status = append_refreshed(store, rows, error)))
            break;
    sqlite_finish(rows);
    return status == STATUS_END ? STATUS_OK : status;
}
