/* Reading: the sets, and the last reconciliation. */
#include <stdlib.h>

#include "adapters/json.h"
#include "store/reconciliation.h"
#include "store/sql.h"

/* What is believed to stand there against what is wanted. What no source gives any more stands there for
 * good: nothing is withdrawn by itself. */
#define BELIEF                                                                                               \
    "CASE WHEN p.held_status IN ('published', 'abolished') THEN CASE"                                        \
    " WHEN p.wanted_action IS NOT NULL THEN 'differs'"                                                       \
    " WHEN p.held_status = 'published' AND p.ordered IS NULL AND NOT EXISTS (SELECT 1 FROM record r WHERE"   \
    "  r.code = p.code AND r.present = 1 AND r.outcome = 'accepted') THEN 'only' ELSE 'same' END"            \
    " WHEN p.wanted_action = 'publish' THEN 'missing' END"

enum status reconciliation_beliefs(struct store *store, struct reconciliation_counts *counts,
                                   struct error *error)
{
    struct sqlite_statement *row;
    *counts = (struct reconciliation_counts){ .same = 0 };
    if (store_sql(store,
                  "SELECT count(*) FILTER (WHERE v = 'same'), count(*) FILTER (WHERE v = 'differs'),"
                  " count(*) FILTER (WHERE v = 'missing'), count(*) FILTER (WHERE v = 'only')"
                  " FROM (SELECT " BELIEF " AS v FROM procedure_state p)",
                  &row, error) ||
        sqlite_step(row, error))
        return error->status;
    counts->same = sqlite_number(row, 0);
    counts->differs = sqlite_number(row, 1);
    counts->missing = sqlite_number(row, 2);
    counts->only = sqlite_number(row, 3);
    sqlite_reset_statement(row);
    return STATUS_OK;
}

#define HEX(column) "CASE WHEN " column " IS NOT NULL THEN lower(hex(" column ")) END"
#define BELIEVED                                                                                             \
    HEX("p.held_digest")                                                                                     \
    " AS believed_digest, p.held_version AS believed_version, p.held_status AS believed_status"
#define WANTED "p.wanted_action AS wanted_action, " HEX("p.wanted_digest") " AS wanted_digest"

static const char online_rows[] =
    "SELECT l.verdict AS \"set\", l.code AS code, " BELIEVED
    ", " HEX("l.digest") " AS there_digest,"
                         " l.version AS there_version, l.status AS there_status, " WANTED
                         " FROM portal_listing l LEFT JOIN procedure_state p ON p.code = l.code"
                         " WHERE l.verdict IS NOT NULL ORDER BY l.code";
static const char belief_rows[] =
    "SELECT \"set\", code, believed_digest, believed_version, believed_status, wanted_action, wanted_digest"
    " FROM (SELECT " BELIEF " AS \"set\", p.code AS code, " BELIEVED ", " WANTED " FROM procedure_state p)"
    " WHERE \"set\" IN ('differs', 'missing', 'only') ORDER BY code";

static struct value *read_row(struct arena *arena, struct sqlite_statement *row)
{
    struct value *object = value_object(arena);
    for (int i = 0; i < sqlite_columns(row); i++)
        if (!sqlite_is_null(row, i))
            value_set_text(object, text_copy(arena, text_of(sqlite_column_title(row, i))),
                           value_text(arena, sqlite_take_text(arena, row, i)));
    return object;
}

enum status reconciliation_rows(struct store *store, bool online,
                                enum status (*visit)(void *user_data, const struct value *row,
                                                     struct error *error),
                                void *user_data, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct sqlite_statement *rows;
    if (sqlite_prepare(store_database(store), online ? online_rows : belief_rows, &rows, error))
        return error->status;
    enum status status;
    while ((status = sqlite_step(rows, error)) == STATUS_OK) {
        status = visit(user_data, read_row(&arena, rows), error);
        arena_clear(&arena);
        if (status)
            break;
    }
    sqlite_finish(rows);
    return status == STATUS_END ? STATUS_OK : status;
}

enum status reconciliation_last(struct store *store, struct arena *arena, struct value **last,
                                struct error *error)
{
    struct sqlite_statement *row;
    struct value *counts;
    enum status status = sql_row(
        store, "SELECT run, at, detail FROM ledger WHERE event = 'reconciled' ORDER BY seq DESC LIMIT 1",
        NULL, &row, error);
    if (status)
        return status;
    *last = value_object(arena);
    value_set(*last, "run", value_integer(arena, sqlite_number(row, 0)));
    value_set(*last, "at", value_text(arena, sqlite_take_text(arena, row, 1)));
    status = json_parse(arena, sqlite_column_text(row, 2), &counts, error);
    sqlite_reset_statement(row);
    for (struct value *item = status ? NULL : counts->first, *next; item; item = next) {
        next = item->next;
        value_set_text(*last, item->name, item);
    }
    return status;
}
