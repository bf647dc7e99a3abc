#include "store/rule_report.h"

#include <string.h>

#include "adapters/json.h"
#include "store/department.h"
#include "store/sql.h"

enum kind { TEXT_COLUMN, NUMBER_COLUMN, TRUTH_COLUMN, JSON_COLUMN };

struct column {
    const char *name;
    enum kind kind;
};

static enum status read_rows(struct sqlite_statement *statement, struct arena *arena,
                             const struct column *columns, int count, struct value **rows,
                             struct error *error)
{
    enum status status;
    struct error ignored;
    *rows = value_list(arena);
    while ((status = sqlite_step(statement, error)) == STATUS_OK) {
        struct value *row = value_append(*rows, value_object(arena));
        for (int i = 0; i < count; i++) {
            struct value *value;
            if (sqlite_is_null(statement, i))
                continue;
            if (columns[i].kind == NUMBER_COLUMN)
                value = value_integer(arena, sqlite_number(statement, i));
            else if (columns[i].kind == TRUTH_COLUMN)
                value = value_boolean(arena, sqlite_number(statement, i));
            else if (columns[i].kind == JSON_COLUMN &&
                     json_parse(arena, sqlite_take_text(arena, statement, i), &value, &ignored) == STATUS_OK)
                ;
            else
                value = value_text(arena, sqlite_take_text(arena, statement, i));
            value_set(row, columns[i].name, value);
        }
    }
    return status == STATUS_END ? STATUS_OK : status;
}

enum status rule_report(struct store *store, struct arena *arena, struct value **rows, struct error *error)
{
    static const struct column columns[] = {
        { "rule", TEXT_COLUMN },        { "severity", TEXT_COLUMN },    { "cites", TEXT_COLUMN },
        { "source", TEXT_COLUMN },      { "department", TEXT_COLUMN },  { "records", NUMBER_COLUMN },
        { "kept_back", NUMBER_COLUMN }, { "since_run", NUMBER_COLUMN }, { "since", TEXT_COLUMN },
        { "code", TEXT_COLUMN },        { "field", TEXT_COLUMN },       { "value", TEXT_COLUMN },
        { "reason", TEXT_COLUMN },      { "arguments", JSON_COLUMN },   { "message", TEXT_COLUMN },
    };
    struct sqlite_statement *statement;
    struct departments departments;
    if (department_read(store, arena, &departments, error) ||
        sql_rows(
            store,
            "WITH found AS (SELECT f.rowid AS finding, f.rule, f.severity, f.cites, f.since_run, r.id AS "
            "record, "
            "r.code,"
            "   r.outcome, s.name AS source, " DEPARTMENT_CALLED(
                "coalesce(r.department, s.name)",
                "?1") " AS department"
                      "  FROM finding f JOIN record r ON r.id = f.record AND r.present = 1 JOIN source s ON "
                      "s.id = "
                      "r.source WHERE f.stage > 0)"
                      " SELECT g.rule, g.severity, g.cites, source, department, records, kept, g.since_run,"
                      "  (SELECT e.at FROM ledger e WHERE e.run = g.since_run AND e.event = 'run-started'), "
                      "code,"
                      "  f.field, f.value, f.reason, f.arguments, f.message"
                      " FROM (SELECT rule, severity, max(cites) AS cites, source, department,"
                      "    count(DISTINCT record) AS records,"
                      "    count(DISTINCT CASE WHEN severity = 'error' AND outcome IN ('rejected', 'held') "
                      "THEN record "
                      "END)"
                      "      AS kept,"
                      "    min(since_run) AS since_run, min(finding) AS finding, min(code) AS code"
                      "  FROM found GROUP BY rule, severity, source, department) g JOIN finding f ON f.rowid "
                      "= "
                      "g.finding"
                      " ORDER BY g.severity, kept DESC, records DESC, g.rule, g.since_run, source, "
                      "department",
            SQL_WITH(SQL_TEXT(departments.others)), &statement, error))
        return error->status;
    return read_rows(statement, arena, columns, sizeof columns / sizeof *columns, rows, error);
}

enum status rule_report_deadlines(struct store *store, struct arena *arena, const char *today,
                                  const char *until, struct value **rows, struct error *error)
{
    static const struct column columns[] = {
        { "code", TEXT_COLUMN },       { "name", TEXT_COLUMN },     { "rule", TEXT_COLUMN },
        { "due", TEXT_COLUMN },        { "overdue", TRUTH_COLUMN }, { "outcome", TEXT_COLUMN },
        { "department", TEXT_COLUMN }, { "source", TEXT_COLUMN },
    };
    struct sqlite_statement *statement;
    struct departments departments;
    if (department_read(store, arena, &departments, error) ||
        sql_rows(
            store,
            "SELECT coalesce(r.code, r.key), json_extract(CAST(p.bytes AS TEXT), '$.name'), d.rule, d.due,"
            " d.due < ?1, r.outcome, " DEPARTMENT_CALLED(
                "coalesce(r.department, s.name)",
                "?3") ", s.name"
                      " FROM " RULE_REPORT_TERMS " JOIN source s ON "
                      "s.id = "
                      "r.source"
                      " LEFT JOIN payload p ON p.id = r.content"
                      " WHERE ?2 IS NULL OR d.due <= ?2 ORDER BY d.due, r.code, d.rule",
            SQL_WITH(SQL_TEXT(text_of(today)), SQL_TEXT(text_of(until)), SQL_TEXT(departments.others)),
            &statement, error))
        return error->status;
    return read_rows(statement, arena, columns, sizeof columns / sizeof *columns, rows, error);
}
