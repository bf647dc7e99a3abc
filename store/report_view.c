#include "store/report_view.h"

#include "store/sql.h"
#include "store/statement_rows.h"

static enum status read_rows(struct store *store, struct arena *arena, const char *sql, const char *day,
                             struct value **rows, struct error *error)
{
    struct sqlite_statement *statement;
    if (store_sql(store, sql, &statement, error))
        return error->status;
    if (day)
        sqlite_bind_text(statement, 1, text_of(day));
    return statement_rows(statement, arena, report_lists, rows, error);
}

enum status report_view_standing(struct store *store, const struct report_memory *memory, struct arena *arena,
                                 const char *day, struct value **rows, struct error *error)
{
    if (memory) {
        *rows = report_memory_rows(memory, day, true, arena);
        return STATUS_OK;
    }
    return read_rows(store, arena,
                     "SELECT * FROM report_procedures WHERE day <= ?1 AND (to_day IS NULL OR to_day > ?1)"
                     " ORDER BY code",
                     day, rows, error);
}

enum status report_view_versions(struct store *store, const struct report_memory *memory, struct arena *arena,
                                 const char *day, struct value **rows, struct error *error)
{
    if (memory) {
        *rows = report_memory_rows(memory, day, false, arena);
        return STATUS_OK;
    }
    return read_rows(
        store, arena,
        "SELECT code, number, seq, day, status, kind, name, decision, signed_on, issuer, shortened,"
        " announcement, content_digest, legal_effective, legal_issued, agency, agency_code"
        " FROM report_procedures WHERE day <= ?1 ORDER BY code, number",
        day, rows, error);
}

enum status report_view_wanted(struct store *store, struct arena *arena, struct value **rows,
                               struct error *error)
{
    return read_rows(store, arena, "SELECT * FROM report_wanted ORDER BY code", NULL, rows, error);
}

/* By the runs, of which there are few. */
enum status report_view_adopted(struct store *store, struct arena *arena, struct value **rows,
                                struct error *error)
{
    return read_rows(
        store, arena,
        "SELECT m.seq, m.code, date(m.at, '+7 hours') AS day, NOT EXISTS (SELECT 1 FROM ledger e"
        " WHERE e.code = m.code AND e.event IN ('published', 'withdrawn') AND e.seq < m.seq) AS first"
        " FROM ledger s CROSS JOIN ledger m ON m.run = s.run AND m.event IN ('published', 'withdrawn')"
        " WHERE s.event = 'run-started' AND json_extract(s.detail, '$.command') = 'reconcile'"
        " AND json_extract(m.detail, '$.adopted') ORDER BY m.code, m.seq",
        NULL, rows, error);
}

enum status report_view_head(struct store *store, struct arena *arena, struct value **head,
                             struct error *error)
{
    struct value *rows;
    if (read_rows(
            store, arena,
            "SELECT c.run, c.size AS events, CASE WHEN c.root NOTNULL THEN lower(hex(c.root)) END AS root,"
            " c.note, l.at, (SELECT nullif(count(*), 0) FROM ledger b WHERE b.seq > coalesce(c.size, 0)"
            "  AND b.event <> 'copy-failed') AS events_behind FROM ledger l LEFT JOIN checkpoint c ON c.run "
            "= (SELECT max(run) FROM checkpoint)"
            " ORDER BY l.seq DESC LIMIT 1",
            NULL, &rows, error))
        return error->status;
    *head = rows->first ? rows->first : value_object(arena);
    return STATUS_OK;
}

enum status report_view_events(struct store *store, int64_t *events, struct error *error)
{
    return sql_number(store, "SELECT coalesce(max(seq), 0) FROM ledger", NULL, events, error);
}

static enum status read_day(struct store *store, struct arena *arena, const char *sql, struct text *day,
                            struct error *error)
{
    struct value *rows;
    if (read_rows(store, arena, sql, NULL, &rows, error))
        return error->status;
    *day = rows->first ? value_text_of(rows->first, "day") : TEXT_NONE;
    return STATUS_OK;
}

enum status report_view_beginning(struct store *store, struct arena *arena, struct text *day,
                                  struct error *error)
{
    return read_day(store, arena, "SELECT date(at, '+7 hours') AS day FROM ledger ORDER BY seq LIMIT 1", day,
                    error);
}

enum status report_view_first_day(struct store *store, struct arena *arena, struct text *day,
                                  struct error *error)
{
    return read_day(store, arena,
                    "SELECT date(at, '+7 hours') AS day FROM ledger WHERE event = 'published'"
                    " AND json_extract(detail, '$.adopted') IS NULL ORDER BY seq LIMIT 1",
                    day, error);
}
