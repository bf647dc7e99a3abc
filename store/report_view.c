#include "store/report_view.h"

#include "adapters/json.h"

static bool is_list(struct text name)
{
    return text_is(name, "fields") || text_is(name, "executing") || text_is(name, "services");
}

static enum status add_column(struct arena *arena, struct value *row, struct sqlite_statement *statement,
                              int at, struct error *error)
{
    struct text text = text_copy(arena, sqlite_column_text(statement, at));
    struct text name = text_copy(arena, text_of(sqlite_column_title(statement, at)));
    struct value *list;
    if (!is_list(name)) {
        bool number = sqlite_is_integer(statement, at);
        value_set_text(row, name, number ? value_number(arena, text) : value_text(arena, text));
        return STATUS_OK;
    }
    if (json_parse(arena, text, &list, error))
        return error->status;
    value_set_text(row, name, list);
    return STATUS_OK;
}

/* Every column becomes a member of its own name; NULLs are left out. */
static enum status read_rows(struct store *store, struct arena *arena, const char *sql, const char *day,
                             struct value **rows, struct error *error)
{
    struct sqlite_statement *statement;
    enum status status;
    *rows = value_list(arena);
    if (store_sql(store, sql, &statement, error))
        return error->status;
    if (day)
        sqlite_bind_text(statement, 1, text_of(day));
    while ((status = sqlite_step(statement, error)) == STATUS_OK) {
        struct value *row = value_append(*rows, value_object(arena));
        for (int i = 0; i < sqlite_columns(statement); i++)
            if (!sqlite_is_null(statement, i) && add_column(arena, row, statement, i, error)) {
                sqlite_reset_statement(statement);
                return error->status;
            }
    }
    return status == STATUS_END ? STATUS_OK : status;
}

enum status report_view_standing(struct store *store, struct arena *arena, const char *day,
                                 struct value **rows, struct error *error)
{
    return read_rows(store, arena,
                     "SELECT * FROM report_procedures WHERE day <= ?1 AND (to_day IS NULL OR to_day > ?1)"
                     " ORDER BY code",
                     day, rows, error);
}

enum status report_view_versions(struct store *store, struct arena *arena, const char *day,
                                 struct value **rows, struct error *error)
{
    return read_rows(store, arena,
                     "SELECT code, number, day, status, kind, name, decision, signed_on, issuer, shortened,"
                     " announcement, content_digest, legal_effective, legal_issued, agency, agency_code"
                     " FROM report_procedures WHERE day <= ?1 ORDER BY code, number",
                     day, rows, error);
}

enum status report_view_wanted(struct store *store, struct arena *arena, struct value **rows,
                               struct error *error)
{
    return read_rows(store, arena, "SELECT * FROM report_wanted ORDER BY code", NULL, rows, error);
}

enum status report_view_head(struct store *store, struct arena *arena, struct value **head,
                             struct error *error)
{
    struct value *rows;
    if (read_rows(store, arena,
                  "SELECT c.run, c.size AS events, lower(hex(c.root)) AS root, c.note,"
                  " (SELECT at FROM ledger ORDER BY seq DESC LIMIT 1) AS at"
                  " FROM checkpoint c ORDER BY c.run DESC LIMIT 1",
                  NULL, &rows, error))
        return error->status;
    *head = rows->first ? rows->first : value_object(arena);
    return STATUS_OK;
}

enum status report_view_first_day(struct store *store, struct arena *arena, struct text *day,
                                  struct error *error)
{
    struct value *rows;
    if (read_rows(store, arena,
                  "SELECT date(at, '+7 hours') AS day FROM ledger WHERE event = 'published'"
                  " AND json_extract(detail, '$.adopted') IS NULL ORDER BY seq LIMIT 1",
                  NULL, &rows, error))
        return error->status;
    *day = rows->first ? value_text_of(rows->first, "day") : TEXT_NONE;
    return STATUS_OK;
}
