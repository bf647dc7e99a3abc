#include "store/kept.h"

#include "core/canonical.h"
#include "store/approval_rows.h"
#include "store/approval_view.h"
#include "store/department.h"
#include "store/outbox.h"
#include "store/said.h"
#include "store/sql.h"
#include "store/statement_rows.h"
#include "store/store_run.h"

/* clang-format off */
/* Records with their errors, a row an error; deliveries that did not end, but for those that a run is making just now
 * (?12); what was sent back. */
#define RECORDS                                                                                              \
    " FROM record r JOIN source s ON s.id = r.source"                                                            \
    "  LEFT JOIN finding f ON f.record = r.id AND f.severity = 'error'"                                          \
    " WHERE r.outcome IN ('rejected', 'held') AND r.present = 1"
#define DELIVERIES                                                                                           \
    " FROM procedure_state q LEFT JOIN record r ON r.id = q.record LEFT JOIN source s ON s.id = r.source"        \
    " WHERE q.state <> 'idle' AND " OUTBOX_LEFT("q", "?12")
#define ASKED                                                                                                \
    " FROM json_each(coalesce(?11, '[]')) j JOIN procedure_state q ON q.code = json_extract(j.value, '$.code')"   \
    "  LEFT JOIN record r ON r.id = q.record LEFT JOIN source s ON s.id = r.source"
/* Its record may have another code by now, and be another procedure's. */
#define DELIVERED                                                                                            \
    "CASE WHEN r.code <> q.code THEN coalesce(q.held_content, q.wanted_content) ELSE r.content END"
/* A conflict has no intent any more: the run that met it. */
#define DELIVERED_IN                                                                                         \
    "coalesce((SELECT l.run FROM ledger l WHERE l.seq = q.intent_event), CASE q.state WHEN 'conflict' THEN"  \
    " (SELECT l.run FROM ledger l WHERE l.code = q.code AND l.event IN ('conflict', 'differs', 'withheld')"  \
    "  ORDER BY l.seq DESC LIMIT 1) END)"
#define STATE OUTBOX_SHOWN("q")
#define DEPARTMENT DEPARTMENT_CALLED("coalesce(r.department, s.name, '')", "?14")
/* What took up, tried or decided anew since then, and ended as before, is not new. A refusal ends with the content: where its
 * record was kept back itself, nothing was refused any more. */
#define STOOD_SO(run)                                                                                        \
    STATE                                                                                                    \
    " IS (SELECT CASE WHEN l.event = 'refused' AND EXISTS (SELECT 1 FROM ledger x WHERE x.code = l.code"     \
    "   AND x.seq > l.seq AND x.run <= " run " AND x.event IN ('rejected', 'held') AND x.source IS s.name"   \
    "   AND json_extract(x.detail, '$.key') IS r.key) THEN NULL"                                             \
    "  WHEN l.event IN ('conflict', 'differs', 'withheld') THEN 'conflict' WHEN l.event = 'intended' THEN"   \
    "   'unknown' WHEN l.event IN ('refused', 'unknown', 'failed') THEN l.event END"                         \
    "  FROM ledger l WHERE l.code = q.code AND l.run <= " run " AND l.event IN ('conflict', 'differs',"      \
    "   'withheld', 'intended', 'refused', 'unknown', 'failed', 'published', 'withdrawn', 'recalled',"       \
    "   'overwrite-ordered', 'withdrawal-ordered', 'order-ended', 'retried')"                                \
    "   AND (l.event <> 'retried' OR l.source IS NULL) ORDER BY l.seq DESC LIMIT 1)"

/* What waits for approval waits since it was wanted, since what stood in its way ended, or since its approval lapsed. (The plus
 * keeps SQLite from walking the whole ledger for the greatest.) */
#define WAITS_SINCE                                                                                          \
    "CASE json_extract(j.value, '$.outcome') WHEN 'waiting' THEN (SELECT max(b.run, coalesce((SELECT max(+e.run)" \
    "   FROM ledger e, json_each(e.detail, '$.codes') c WHERE e." APPROVAL_EVENTS                            \
    "   AND e.event = 'approval-lapsed' AND e.seq > b.seq AND c.value = q.code), 0))"                        \
    "  FROM ledger b WHERE b.seq = " OUTBOX_WANTED_SINCE("q.wanted_event") ")"                               \
    " ELSE CAST(json_extract(j.value, '$.run') AS INTEGER) END"
/* Was it approved then, with nothing published since and no lapse? A list of more than 200 kB is not looked through: it may be. */
#define APPROVED_THEN(run)                                                                                   \
    "EXISTS (SELECT 1 FROM ledger a JOIN payload p ON p.digest = a.digest WHERE a." APPROVAL_EVENTS          \
    "  AND a.event = 'approved' AND +a.run <= " run " AND a.seq > coalesce((SELECT max(+d.seq) FROM ledger d"  \
    "   WHERE d.code = l.code AND d.run <= " run " AND d.event IN ('published', 'withdrawn')), 0)"           \
    "  AND (p.size > 200000 OR CASE l.event WHEN 'accepted' THEN"                                           \
    "    instr(p.bytes, CAST('\"digest\":\"' || lower(hex(l.digest)) || '\"' AS BLOB)) ELSE a.seq > l.seq END)" \
    "  AND NOT EXISTS (SELECT 1 FROM ledger e, json_each(e.detail, '$.codes') c WHERE e." APPROVAL_EVENTS    \
    "   AND e.event = 'approval-lapsed' AND +e.run <= " run " AND json_extract(e.detail, '$.approved') = a.seq AND c.value = l.code))"
/* In another content, or by another wish, it waited then: the last that was said of it was wanted and not there, rules were in
 * force, nothing stood in its way, and no approval of it was open. */
#define WAITED_SO(run)                                                                                       \
    "CASE WHEN json_extract(j.value, '$.outcome') = 'waiting' AND " WAITS_SINCE " > " run                    \
    " AND EXISTS (SELECT 1 FROM ledger WHERE " APPROVAL_EVENTS " AND event = 'approval-founded' AND run <= " run ")"           \
    " THEN coalesce((SELECT CASE WHEN l.event IN ('withdrawal-ordered', 'overwrite-ordered') THEN 1"         \
    "   WHEN l.event <> 'accepted' OR l.source IS NOT s.name OR json_extract(l.detail, '$.key') IS NOT r.key" \
    "    OR json_extract(l.detail, '$.status') = 'draft' THEN 0"                                             \
    "   ELSE coalesce((SELECT CASE json_extract(l.detail, '$.status') WHEN 'abolished' THEN d.event = 'published'" \
    "     ELSE d.event <> 'published' OR d.digest IS NOT l.digest END FROM ledger d WHERE d.code = l.code"   \
    "     AND d.seq < l.seq AND d.event IN ('published', 'withdrawn') ORDER BY d.seq DESC LIMIT 1),"         \
    "    json_extract(l.detail, '$.status') IS NOT 'abolished' OR NOT EXISTS (SELECT 1 FROM ledger d"        \
    "     WHERE d.code = l.code AND d.seq < l.seq AND d.event = 'recalled' AND json_extract(d.detail, '$.absent'))) END" \
    "  AND (q.wanted_action = 'publish' OR l.event = 'withdrawal-ordered' OR json_extract(l.detail, '$.status') = 'abolished')" \
    "  AND NOT EXISTS (SELECT 1 FROM ledger d WHERE d.code = l.code AND d.run <= " run " AND d.event IN ('conflict', 'differs'," \
    "    'withheld') AND d.seq > coalesce((SELECT max(+e.seq) FROM ledger e WHERE e.code = l.code AND e.run <= " run \
    "     AND e.event IN ('published', 'withdrawn')), 0))"                                                   \
    "  AND NOT " APPROVED_THEN(run)                                                                          \
    "  FROM ledger l WHERE l.code = q.code AND l.run <= " run " AND l.event IN ('accepted', 'rejected', 'held'," \
    "   'recoded', 'sent-back', 'conflict', 'differs', 'withheld', 'intended', 'refused', 'unknown', 'failed'," \
    "   'published', 'withdrawn', 'recalled', 'overwrite-ordered', 'withdrawal-ordered', 'order-ended', 'retried')" \
    "   AND (l.event <> 'recalled' OR json_extract(l.detail, '$.action') IS NOT 'publish') ORDER BY l.seq DESC LIMIT 1), 0)" \
    " ELSE 0 END"

/* Kept back since then: a delivery says itself how it stood, the others since when they are. */
#define IS_NEW(run) "((kind = 1 OR coalesce(since_run, 0) > " run ") AND NOT stood)"

#define KEPT                                                                                                 \
    "WITH kept AS (SELECT " DEPARTMENT " AS department, s.name AS source, r.key, r.code,"                               \
    "  r.content, r.locator, r.outcome, f.rule, f.severity, f.field, f.value, f.reason, f.arguments, f.message, f.cites,"   \
    "  f.since_run AS since_run, 0 AS kind, r.id AS record, f.rowid AS finding, 0 AS stood" RECORDS                          \
    " UNION ALL SELECT " DEPARTMENT ", s.name, r.key, q.code,"                                             \
    "  " DELIVERED ", r.locator, " STATE ", NULL, NULL, NULL, NULL, NULL, NULL,"        \
    "  q.words, NULL, " DELIVERED_IN ", 1, q.record, 0, " STOOD_SO("?6") DELIVERIES \
    " UNION ALL SELECT " DEPARTMENT ", s.name, r.key, q.code,"                               \
    "  " DELIVERED ", r.locator,"                                                                                    \
    "  json_extract(j.value, '$.outcome'), NULL, NULL, json_extract(j.value, '$.field'), NULL, NULL, NULL,"      \
    "  json_extract(j.value, '$.words'), NULL, " WAITS_SINCE ", 2, q.record, 0, " WAITED_SO("?6")  \
    ASKED "),"                            \
    " chosen AS (SELECT * FROM kept WHERE (?1 IS NULL OR source IN (SELECT value FROM json_each(?1))) AND (?2 IS NULL OR rule = ?2)"             \
    "  AND (?3 IS NULL OR department = ?3) AND (?4 IS NULL OR code IN (SELECT value FROM json_each(?4))"        \
    "   OR key IN (SELECT value FROM json_each(?4)))"                            \
    "  AND (?5 IS NULL OR outcome = ?5) AND (" IS_NEW("?6")                    \
    "   OR since_run IN (SELECT value FROM json_each(?13)))"                                         \
    "  AND (?8 IS NULL OR reason = ?8) AND (?9 IS NULL OR message = ?9)) "

/* Of the rows that are shown alone. */
#define SAID_OF_SHOWN "CASE kind WHEN 1 THEN " SAID_OF("shown.code", "message") " END"

/* Numbers are told apart faster than texts, and nearly all are records. A record that took another code spoke for two
 * deliveries. */
#define DIFFERENT(kind, record, code)                                                                        \
    "count(DISTINCT CASE " kind " WHEN 0 THEN " record " ELSE " kind " || ':' || " code " END)"

#define OF_RECORD(name)                                                                                      \
    "SELECT " name " AS name, 0 AS kind, r.id AS record, r.code, max(1, (SELECT count(*) FROM finding f"           \
    "  WHERE f.record = r.id AND f.severity = 'error')) AS points FROM record r JOIN source s ON s.id = r.source"  \
    " WHERE r.outcome IN ('rejected', 'held') AND r.present = 1"
#define COUNTED(of_records, deliveries, asked)                                                               \
    "SELECT name, " DIFFERENT("kind", "record", "code") " AS records, sum(points) AS points FROM (" of_records     \
    " UNION ALL SELECT " deliveries ", 1, q.record, q.code, 1" DELIVERIES                                        \
    " UNION ALL SELECT " asked ", 2, q.record, q.code, 1" ASKED                                                  \
    ") GROUP BY name ORDER BY records DESC, points DESC, name"
/* clang-format on */

/* What every question needs: what waits for approval or was sent back, as store/approval_view.h gives it, and the run that
 * another process is making. */
struct scene {
    struct text asked;
    int64_t run;
    struct departments departments;
};

static enum status look(struct store *store, struct arena *arena, struct scene *scene, struct error *error)
{
    return approval_view_kept(store, arena, &scene->asked, error)
               ? error->status
               : store_run_elsewhere(store, &scene->run, error);
}

static void bind_scene(struct sqlite_statement *statement, const struct scene *scene)
{
    sqlite_bind_text(statement, 11, scene->asked);
    sqlite_bind_number(statement, 12, scene->run);
}

static void bind(struct arena *arena, struct sqlite_statement *statement, const struct kept_filter *filter,
                 const struct scene *scene)
{
    struct text department = text_of(filter->department),
                called =
                    department.bytes ? department_called(arena, &scene->departments, department) : TEXT_NONE;
    const struct outbox_filter lists = { .codes = filter->codes,
                                         .code_count = filter->code_count,
                                         .sources = filter->sources,
                                         .source_count = filter->source_count };
    sqlite_bind_text(statement, 1, outbox_filter_sources(arena, &lists));
    sqlite_bind_text(statement, 2, text_of(filter->rule));
    sqlite_bind_text(statement, 3, called.bytes ? called : department);
    sqlite_bind_text(statement, 4, outbox_filter_codes(arena, &lists));
    sqlite_bind_text(statement, 5, text_of(filter->outcome));
    sqlite_bind_number(statement, 6, filter->since ? filter->since : -1);
    sqlite_bind_text(statement, 8, text_of(filter->reason));
    sqlite_bind_text(statement, 9, text_of(filter->message));
    sqlite_bind_text(statement, 13, filter->also);
    sqlite_bind_text(statement, 14, scene->departments.others);
    bind_scene(statement, scene);
}

enum status kept_rows(struct store *store, const struct kept_filter *filter, struct arena *arena,
                      struct value **rows, int64_t *total, int64_t *records, struct error *error)
{
    struct sqlite_statement *statement;
    struct scene scene;
    if (look(store, arena, &scene, error) || department_read(store, arena, &scene.departments, error))
        return error->status;
    if (store_sql(store, KEPT "SELECT count(*), " DIFFERENT("kind", "record", "code") " FROM chosen",
                  &statement, error))
        return error->status;
    bind(arena, statement, filter, &scene);
    if (sqlite_step(statement, error))
        return error->status;
    *total = sqlite_number(statement, 0);
    *records = sqlite_number(statement, 1);
    sqlite_reset_statement(statement);
    if (store_sql(
            store,
            KEPT
            /* names and terms of the rows that are shown, not of all that are looked through */
            "SELECT department, source, key, code,"
            " (SELECT json_extract(CAST(p.bytes AS TEXT), '$.name') FROM payload p WHERE p.id = content) AS "
            "name,"
            " locator, outcome, rule, severity, field, value, reason, arguments, message, " SAID_OF_SHOWN
            " AS said_of_message, cites, since_run,"
            " (SELECT at FROM ledger l WHERE l.run = since_run AND l.event = 'run-started') AS since,"
            " (SELECT min(due) FROM deadline d WHERE d.record = shown.record) AS due"
            " FROM (SELECT * FROM chosen ORDER BY department, source, kind, record, code, finding"
            "  LIMIT ?7 OFFSET ?10) shown"
            " ORDER BY department, source, kind, record, code, finding",
            &statement, error))
        return error->status;
    bind(arena, statement, filter, &scene);
    sqlite_bind_number(statement, 7, filter->limit ? filter->limit : -1);
    sqlite_bind_number(statement, 10, filter->offset);
    static const char *const lists[] = { "arguments", NULL };
    *rows = NULL;
    return filter->visit ? statement_each(statement, lists, filter->visit, error)
                         : statement_rows(statement, arena, lists, rows, error);
}

enum status kept_counts(struct store *store, enum kept_by by, struct arena *arena, struct value **rows,
                        struct error *error)
{
    static const char *const counted[] = {
        [KEPT_BY_OUTCOME] = COUNTED(OF_RECORD("r.outcome"), STATE, "json_extract(j.value, '$.outcome')"),
        [KEPT_BY_RULE] = COUNTED(
            "SELECT f.rule AS name, 0 AS kind, r.id AS record, r.code, 1 AS points" RECORDS, "NULL", "NULL"),
        [KEPT_BY_DEPARTMENT] = COUNTED(OF_RECORD(DEPARTMENT), DEPARTMENT, DEPARTMENT),
    };
    struct sqlite_statement *statement;
    struct scene scene;
    if (look(store, arena, &scene, error) ||
        (by == KEPT_BY_DEPARTMENT && department_read(store, arena, &scene.departments, error)) ||
        store_sql(store, counted[by], &statement, error))
        return error->status;
    bind_scene(statement, &scene);
    if (by == KEPT_BY_DEPARTMENT)
        sqlite_bind_text(statement, 14, scene.departments.others);
    return statement_rows(statement, arena, (const char *const[]){ NULL }, rows, error);
}

enum status kept_count(struct store *store, int64_t since, struct arena *arena, int64_t *records,
                       int64_t *fresh, struct error *error)
{
    struct sqlite_statement *row;
    struct scene scene;
    if (look(store, arena, &scene, error) ||
        store_sql(store,
                  "SELECT " DIFFERENT("kind", "record", "code") ", " DIFFERENT(
                      "kind", "record",
                      "code") " FILTER (WHERE " IS_NEW("?1") ") FROM"
                                                             " (SELECT f.since_run, 0 AS kind, r.id AS "
                                                             "record, r.code, 0 AS stood" RECORDS
                                                             " UNION ALL SELECT " DELIVERED_IN
                                                             ", 1, q.record, q.code, " STOOD_SO("?1")
                                                                 DELIVERIES
                  " UNION ALL SELECT " WAITS_SINCE ", 2, q.record, q.code, " WAITED_SO("?1") ASKED ")",
                  &row, error))
        return error->status;
    sqlite_bind_number(row, 1, since ? since : -1);
    bind_scene(row, &scene);
    if (sqlite_step(row, error))
        return error->status;
    *records = sqlite_number(row, 0);
    *fresh = sqlite_number(row, 1);
    sqlite_reset_statement(row);
    return STATUS_OK;
}

enum status kept_rules(struct store *store, struct arena *arena, struct value **names, struct error *error)
{
    *names = value_list(arena);
    return sql_texts(store, arena, "SELECT DISTINCT rule FROM finding WHERE severity = 'error' ORDER BY rule",
                     NULL, *names, error);
}

enum status kept_groups(struct store *store, const struct kept_filter *filter, struct arena *arena,
                        struct value **rows, struct error *error)
{
    struct sqlite_statement *statement;
    struct scene scene;
    if (look(store, arena, &scene, error) || department_read(store, arena, &scene.departments, error))
        return error->status;
    if (store_sql(store,
                  KEPT
                  /* Grouped by what is short; the long words are those of one finding of each group. */
                  "SELECT outcome, g.rule, g.severity, g.reason, records, points, g.since_run,"
                  " coalesce(g.field, f.field) AS field, f.value, f.arguments, coalesce(told, f.message) AS "
                  "message, told, " SAID_OF(
                      "g.code",
                      "told") " AS said_of_message,"
                              " f.cites FROM (SELECT outcome, rule, severity, reason, CASE WHEN rule IS NULL "
                              "THEN message END"
                              "  AS told, max(CASE kind WHEN 1 THEN code END) AS code, CASE WHEN rule IS "
                              "NULL THEN field END AS field, " DIFFERENT(
                                  "kind", "record",
                                  "code") "  AS records, count(*) AS points, min(since_run) AS since_run, "
                                          "min(finding) AS finding"
                                          "  FROM chosen GROUP BY outcome, rule, reason, told) g LEFT JOIN "
                                          "finding f ON f.rowid = g.finding"
                                          " ORDER BY records DESC, points DESC, g.rule, g.reason, message",
                  &statement, error))
        return error->status;
    bind(arena, statement, filter, &scene);
    return statement_rows(statement, arena, (const char *const[]){ "arguments", NULL }, rows, error);
}
