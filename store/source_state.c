#include "store/source_state.h"

#include "store/sql.h"

enum status source_state_get(struct store *store, struct arena *arena, const char *source, struct text *state,
                             struct error *error)
{
    struct sqlite_statement *statement;
    *state = TEXT_NONE;
    enum status status = sql_row(
        store, "SELECT t.state FROM source_state t JOIN source s ON s.id = t.source WHERE s.name = ?1",
        SQL_WITH(SQL_TEXT(text_of(source))), &statement, error);
    if (status == STATUS_OK)
        *state = text_copy(arena, sqlite_bytes(statement, 0));
    return sql_end(statement, status);
}

enum status source_state_put(struct store *store, const char *source, struct text state, struct error *error)
{
    struct sqlite_statement *statement;
    if (sql_rows(store,
                 state.bytes
                     ? "INSERT OR REPLACE INTO source_state (source, state)"
                       " SELECT id, ?2 FROM source WHERE name = ?1"
                     : "DELETE FROM source_state WHERE source = (SELECT id FROM source WHERE name = ?1)",
                 SQL_WITH(SQL_TEXT(text_of(source))), &statement, error))
        return error->status;
    if (state.bytes)
        sqlite_bind_bytes(statement, 2, state);
    return sqlite_execute(statement, error);
}
