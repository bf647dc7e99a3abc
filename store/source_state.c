#include "store/source_state.h"

enum status source_state_get(struct store *store, struct arena *arena, const char *source, struct text *state,
                             struct error *error)
{
    struct sqlite_statement *statement;
    *state = TEXT_NONE;
    if (store_sql(store,
                  "SELECT t.state FROM source_state t JOIN source s ON s.id = t.source WHERE s.name = ?1",
                  &statement, error))
        return error->status;
    sqlite_bind_text(statement, 1, text_of(source));
    enum status status = sqlite_step(statement, error);
    if (status == STATUS_OK)
        *state = text_copy(arena, sqlite_bytes(statement, 0));
    sqlite_reset_statement(statement);
    return status == STATUS_END ? STATUS_OK : status;
}

enum status source_state_put(struct store *store, const char *source, struct text state, struct error *error)
{
    struct sqlite_statement *statement;
    if (store_sql(store,
                  state.bytes
                      ? "INSERT OR REPLACE INTO source_state (source, state)"
                        " SELECT id, ?2 FROM source WHERE name = ?1"
                      : "DELETE FROM source_state WHERE source = (SELECT id FROM source WHERE name = ?1)",
                  &statement, error))
        return error->status;
    sqlite_bind_text(statement, 1, text_of(source));
    if (state.bytes)
        sqlite_bind_bytes(statement, 2, state);
    return sqlite_execute(statement, error);
}
