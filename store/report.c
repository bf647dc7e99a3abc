#include "store/report.h"

#include <string.h>

#include "adapters/json.h"
#include "core/digest.h"
#include "store/outbox.h"
#include "store/said.h"
#include "store/sql.h"
#include "store/staging.h"
#include "store/statement_rows.h"
#include "store/store_run.h"

static const char *const lists[] = { "arguments", NULL };

static enum status read_rows(struct store *store, struct arena *arena, const char *sql, int64_t most,
                             struct value **rows, struct error *error)
{
    struct sqlite_statement *statement;
    if (store_sql(store, sql, &statement, error))
        return error->status;
    if (most >= 0)
        sqlite_bind_number(statement, 1, most);
    return statement_rows(statement, arena, lists, rows, error);
}

#define RUNS                                                                                                 \
    "SELECT *, (SELECT json_extract(e.detail, '$.error') FROM ledger e WHERE e.run = audit_runs.run AND"     \
    " e.event = 'run-finished') AS said_of_why FROM audit_runs"

static enum status read_runs(struct store *store, struct arena *arena, const char *sql, int64_t number,
                             struct value **rows, struct error *error)
{
    if (read_rows(store, arena, sql, number, rows, error))
        return error->status;
    for (struct value *row = (*rows)->first; row; row = row->next) {
        int64_t run = value_number_of(row, "run");
        if (!value_find(row, "exit_code") && store_run_tell_broken_off(store, arena, run, row, error))
            return error->status;
    }
    return STATUS_OK;
}

enum status report_runs(struct store *store, struct arena *arena, int64_t most, struct value **rows,
                        struct error *error)
{
    return read_runs(store, arena, RUNS " WHERE run > (SELECT max(run) FROM ledger) - ?1 ORDER BY run DESC",
                     most, rows, error);
}

enum status report_run(struct store *store, struct arena *arena, int64_t number, struct value **run,
                       struct error *error)
{
    struct value *rows;
    if (read_runs(store, arena, RUNS " WHERE run = ?1", number, &rows, error))
        return error->status;
    *run = rows->first;
    return rows->first ? STATUS_OK : STATUS_END;
}

enum status report_sources(struct store *store, struct arena *arena, struct value **rows, struct error *error)
{
    return read_rows(
        store, arena,
        "SELECT s.name AS source, count(r.id) FILTER (WHERE r.present = 1) AS present,"
        " count(*) FILTER (WHERE r.present = 1 AND r.outcome = 'accepted') AS accepted,"
        " count(*) FILTER (WHERE r.present = 1 AND r.outcome = 'rejected') AS rejected,"
        " count(*) FILTER (WHERE r.present = 1 AND r.outcome = 'held') AS held,"
        " count(*) FILTER (WHERE " STAGING_MISSING(
            "r") ") AS missing,"
                 " (SELECT json_extract(e.detail, '$.whole') FROM ledger e WHERE " STAGING_A_LISTING(
                     "e") " AND"
                          "  e.source = s.name ORDER BY e.seq DESC LIMIT 1) AS whole,"
                          " (SELECT coalesce(json_extract(e.detail, '$.why'), '') FROM ledger e WHERE"
                          "  " STAGING_A_LISTING(
                              "e") " AND e.source = s.name ORDER BY e.seq DESC LIMIT 1) AS why,"
                                   " (SELECT json_extract(e.detail, '$.errors') FROM ledger e WHERE"
                                   "  " STAGING_A_LISTING(
                                       "e") " AND e.source = s.name ORDER BY e.seq DESC LIMIT 1) AS "
                                            "said_of_why,"
                                            " (SELECT e.at FROM ledger e WHERE e.event = 'listed' AND "
                                            "e.source = "
                                            "s.name AND"
                                            "  json_extract(e.detail, '$.whole') = 1"
                                            "  ORDER BY e.seq DESC LIMIT 1) AS whole_at,"
                                            " (SELECT e.at FROM ledger e WHERE " STAGING_A_LISTING(
                                                "e") " AND e.source = s.name AND"
                                                     "  json_extract(e.detail, '$.unchanged') IS NULL"
                                                     "  ORDER BY e.seq DESC LIMIT 1) AS "
                                                     "read_at"
                                                     " FROM source s LEFT JOIN record r ON r.source = s.id "
                                                     "GROUP BY "
                                                     "s.id ORDER BY s.id",
        -1, rows, error);
}

enum status report_broken_listings(struct store *store, struct arena *arena, struct value **rows,
                                   struct error *error)
{
    return read_rows(store, arena,
                     "SELECT s.name AS source, l.run, json_extract(l.detail, '$.why') AS why,"
                     " json_extract(l.detail, '$.errors') AS said_of_why FROM source s"
                     " JOIN ledger l ON l.seq = (SELECT n.seq FROM ledger n WHERE " STAGING_A_LISTING(
                         "n") " AND"
                              "  n.source = s.name AND n.run > (SELECT max(run) - 1000 FROM ledger)"
                              "  ORDER BY n.run DESC, n.seq DESC LIMIT 1)"
                              " WHERE NOT json_extract(l.detail, '$.whole') ORDER BY s.id",
                     -1, rows, error);
}

enum status report_kept_records(struct store *store, struct arena *arena, int64_t most, struct value **rows,
                                struct error *error)
{
    return read_rows(
        store, arena,
        "SELECT s.name AS source, r.key, r.code, r.locator, r.outcome, f.rule, f.severity, f.field, f.value,"
        " f.reason, f.arguments, f.message, f.cites, f.since_run FROM"
        /* no more records than rows: the rest need not be sorted */
        " (SELECT * FROM record WHERE outcome IN ('rejected', 'held') AND present = 1 ORDER BY source, id "
        "LIMIT"
        "  ?1) r JOIN source s ON s.id = r.source"
        " LEFT JOIN finding f ON f.record = r.id AND f.severity = 'error'"
        " ORDER BY r.source, r.id, f.rowid LIMIT ?1",
        most, rows, error);
}

#define SHOWN OUTBOX_SHOWN("q")

enum status report_kept_deliveries(struct store *store, struct arena *arena, int64_t most,
                                   struct value **rows, struct error *error)
{
    struct sqlite_statement *statement;
    int64_t run;
    static const char sql[] =
        "SELECT code, " SHOWN
        " AS state, coalesce(intent_action, wanted_action) AS action, intent_key AS idempotency_key,"
        " attempts, (SELECT e.run FROM ledger e WHERE e.seq = intent_event) AS run, words, " SAID_OF(
            "q.code", "q.words") " AS said_of_words FROM procedure_state q WHERE state <> 'idle' "
                                 "AND " OUTBOX_LEFT("q", "?2") " ORDER BY state, code LIMIT ?1";
    if (store_run_elsewhere(store, &run, error) ||
        sql_rows(store, sql, SQL_WITH(SQL_NUMBER(most), SQL_NUMBER(run)), &statement, error))
        return error->status;
    return statement_rows(statement, arena, lists, rows, error);
}

enum status report_missing(struct store *store, struct arena *arena, int64_t most, struct value **rows,
                           struct error *error)
{
    return read_rows(
        store, arena,
        "SELECT s.name AS source, r.key, r.code, r.locator FROM record r JOIN source s ON s.id = r.source"
        " WHERE " STAGING_MISSING("r") " ORDER BY r.source, r.key LIMIT ?1",
        most, rows, error);
}

#define PENDING OUTBOX_PENDING("procedure_state")

enum status report_published(struct store *store, struct arena *arena, struct value **summary,
                             struct error *error)
{
    struct value *rows;
    if (read_rows(store, arena,
                  "SELECT count(*) FILTER (WHERE held_status = 'published') AS published,"
                  " count(*) FILTER (WHERE held_status = 'abolished') AS abolished,"
                  " count(*) FILTER (WHERE " PENDING ") AS pending,"
                  " count(*) FILTER (WHERE held_status = 'published' AND NOT EXISTS"
                  "  (SELECT 1 FROM record r WHERE r.code = procedure_state.code)) AS without_record,"
                  " (SELECT count(DISTINCT code) FROM record WHERE code IS NOT NULL AND status = 'draft'"
                  "  AND outcome = 'accepted' AND present = 1) AS drafts, (SELECT e.at FROM ledger e"
                  "  WHERE e.seq = (SELECT max(held_event) FROM procedure_state)) AS newest"
                  " FROM procedure_state",
                  -1, &rows, error))
        return error->status;
    *summary = rows->first ? rows->first : value_object(arena);
    return STATUS_OK;
}

/* What a digest in the statement's first column names. */
static enum status read_document(struct store *store, struct arena *arena, const char *literal,
                                 const struct sql_value *values, struct value **document, struct error *error)
{
    struct sqlite_statement *statement;
    struct digest digest;
    struct text bytes;
    *document = NULL;
    enum status status = sql_row(store, literal, values, &statement, error);
    if (status)
        return status;
    bool known = digest_from_hex(sqlite_column_text(statement, 0), &digest);
    sqlite_reset_statement(statement);
    if (!known)
        return STATUS_END;
    status = store_payload_by_digest(store, arena, &digest, &bytes, error);
    return status ? status : json_parse(arena, bytes, document, error);
}

enum status report_run_rules(struct store *store, struct arena *arena, int64_t run, struct value **rules,
                             struct error *error)
{
    return read_document(
        store, arena,
        "SELECT json_extract(detail, '$.rules_digest') FROM ledger WHERE event = 'run-started'"
        " AND (?1 = 0 OR run = ?1) ORDER BY run DESC LIMIT 1",
        SQL_WITH(SQL_NUMBER(run)), rules, error);
}

enum status report_knows(struct store *store, struct text code, bool *known, struct error *error)
{
    return sql_any(store,
                   "SELECT 1 WHERE EXISTS (SELECT 1 FROM record WHERE code = ?1)"
                   " OR EXISTS (SELECT 1 FROM procedure_state WHERE code = ?1)"
                   " OR EXISTS (SELECT 1 FROM record WHERE key = ?1)",
                   SQL_WITH(SQL_TEXT(code)), known, error);
}

enum status report_knows_run(struct store *store, int64_t run, bool *known, struct error *error)
{
    return sql_any(store, "SELECT 1 FROM ledger WHERE run = ?1 LIMIT 1", SQL_WITH(SQL_NUMBER(run)), known,
                   error);
}

enum status report_knows_rule(struct store *store, struct text rule, bool *known, struct error *error)
{
    return sql_any(store, "SELECT 1 FROM finding WHERE rule = ?1 LIMIT 1", SQL_WITH(SQL_TEXT(rule)), known,
                   error);
}

enum status report_last_transform(struct store *store, int64_t *run, struct digest *configuration,
                                  struct digest *rules, struct error *error)
{
    struct sqlite_statement *statement;
    enum status status =
        sql_row(store,
                "SELECT run, json_extract(detail, '$.config_digest'), json_extract(detail, '$.rules_digest')"
                " FROM ledger WHERE event = 'run-started'"
                " AND json_extract(detail, '$.command') IN ('run', 'transform') ORDER BY run DESC LIMIT 1",
                NULL, &statement, error);
    if (status)
        return status;
    *run = sqlite_number(statement, 0);
    bool known = digest_from_hex(sqlite_column_text(statement, 1), configuration) &&
                 digest_from_hex(sqlite_column_text(statement, 2), rules);
    sqlite_reset_statement(statement);
    return known ? STATUS_OK : STATUS_END;
}

enum status report_read_for(struct store *store, const char *source, int64_t run, int64_t *began,
                            struct error *error)
{
    struct sqlite_statement *statement;
    enum status status = sql_row(
        store,
        "SELECT CAST(round((julianday(s.at) - 2440587.5) * 86400000) AS INTEGER) FROM ledger l"
        " JOIN ledger s ON s.run = l.run AND s.event = 'run-started'"
        " WHERE " STAGING_A_LISTING("l") " AND l.source = ?1 AND l.run <= ?2 ORDER BY l.seq DESC LIMIT 1",
        SQL_WITH(SQL_TEXT(text_of(source)), SQL_NUMBER(run)), &statement, error);
    if (status)
        return status;
    *began = sqlite_number(statement, 0);
    sqlite_reset_statement(statement);
    return STATUS_OK;
}

enum status report_acknowledged_under(struct store *store, struct arena *arena, struct value **configuration,
                                      struct error *error)
{
    return read_document(
        store, arena,
        "SELECT json_extract(detail, '$.config_digest') FROM ledger WHERE event = 'run-started' AND run ="
        " (SELECT run FROM ledger WHERE seq = (SELECT max(held_event) FROM procedure_state))",
        NULL, configuration, error);
}

enum status report_configuration(struct store *store, struct arena *arena, struct value **configuration,
                                 struct error *error)
{
    return read_document(
        store, arena,
        "SELECT json_extract(detail, '$.config_digest') FROM ledger WHERE event = 'run-started'"
        " ORDER BY run DESC LIMIT 1",
        NULL, configuration, error);
}
