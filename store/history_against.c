/* What the ledger itself knows against what was acknowledged last. */
#include "store/history.h"
#include "store/history_rows.h"
#include "store/restoration.h"
#include "store/sql.h"
#include "store/statement_rows.h"

#define NOW "~" /* behind every time */

/* From an intent until its answer, and after one that said nothing, nobody knows what became of it. A refresh is a look
 * that found what was believed. */
#define AGAINST                                                                                              \
    "WITH e AS (SELECT * FROM ledger WHERE code = ?1 AND at < ?2),"                                          \
    " known AS (SELECT coalesce(max(seq) FILTER (WHERE event IN ('published', 'withdrawn')), 0) AS version," \
    "  coalesce(max(seq) FILTER (WHERE event IN ('published', 'withdrawn', 'refreshed')), 0) AS looked,"     \
    "  max(seq) FILTER (WHERE event IN ('intended', 'published', 'withdrawn', 'refused', 'conflict',"        \
    "   'unknown', 'failed') OR (event = 'recalled' AND json_extract(detail, '$.reconciled') IS NULL))"      \
    "   AS delivery FROM e)"                                                                                 \
    "SELECT e.seq AS event, e.at, e.run, CASE WHEN e.event = 'recalled' THEN 'absent'"                       \
    "  WHEN e.event IN ('intended', 'unknown') THEN 'open' ELSE e.event END AS what,"                        \
    " CASE WHEN e.event IN ('intended', 'unknown') THEN lower(hex(e.digest)) ELSE"                           \
    "  json_extract(e.detail, '$.portal_digest') END AS digest,"                                             \
    " CASE WHEN e.event IN ('intended', 'unknown') THEN json_extract(e.detail, '$.action') END AS action,"   \
    " CASE WHEN e.event = 'differs' THEN json_extract(e.detail, '$.status') END AS status,"                  \
    " json_extract(e.detail, '$.version') AS version, json_extract(e.detail, '$.words') AS words,"           \
    " CASE WHEN e.event = 'conflict' THEN json_extract(e.detail, '$.said') END AS said_of_words"             \
    " FROM e, known WHERE (e.event IN ('differs', 'conflict') AND e.seq > known.looked)"                     \
    " OR (e.event = 'recalled' AND json_extract(e.detail, '$.reconciled') AND e.seq > known.version)"        \
    " OR (e.event IN ('intended', 'unknown') AND e.seq = known.delivery)"                                    \
    " UNION ALL SELECT seq, at, run, 'adopted', NULL, NULL, NULL, NULL, NULL, NULL FROM ledger l"            \
    " WHERE code = ?1 AND event IN ('published', 'withdrawn') AND at >= ?2"                                  \
    " AND json_extract(detail, '$.adopted') AND NOT EXISTS (SELECT 1 FROM ledger b WHERE b.code = ?1"        \
    "  AND b.event IN ('published', 'withdrawn') AND b.seq < l.seq) ORDER BY 1"

/* The newest look before that day's end; it counts what it found, without names. */
#define ONLY                                                                                                 \
    "SELECT * FROM (SELECT seq AS event, at, run, 'only' AS what, json_extract(detail, '$.only') AS count"   \
    " FROM ledger WHERE event = 'reconciled' AND at < ?2 ORDER BY seq DESC LIMIT 1) WHERE count > 0"         \
    " AND NOT EXISTS (SELECT 1 FROM ledger e WHERE e.code = ?1 AND e.event IN ('published', 'withdrawn')"    \
    "  AND e.at < ?2)"

static enum status find_own(struct store *store, struct arena *arena, struct text code, const char *until,
                            struct value **own, struct error *error)
{
    struct sqlite_statement *rows;
    if (sql_rows(store, AGAINST, SQL_WITH(SQL_TEXT(code), SQL_TEXT(text_of(until))), &rows, error))
        return error->status;
    return statement_rows(rows, arena, NULL, own, error);
}

/* They are the others' no longer. */
static void take_over(struct value *against, struct value *others)
{
    for (struct value *row = others->first, *next; row; row = next) {
        next = row->next;
        value_append(against, row);
    }
}

/* `code` none: of whatever it is. */
static enum status add_only(struct store *store, struct arena *arena, struct text code, const char *until,
                            struct value *against, struct error *error)
{
    struct sqlite_statement *rows;
    struct value *only;
    if (sql_rows(store, ONLY, SQL_WITH(SQL_TEXT(code), SQL_TEXT(text_of(until))), &rows, error) ||
        statement_rows(rows, arena, NULL, &only, error))
        return error->status;
    take_over(against, only);
    return STATUS_OK;
}

static enum status add_gaps(struct store *store, struct arena *arena, struct text code, const char *until,
                            struct value *against, struct error *error)
{
    struct value *gaps;
    if (restoration_gaps(store, arena, code, text_of(until), &gaps, error))
        return error->status;
    take_over(against, gaps);
    return STATUS_OK;
}

enum status history_against(struct store *store, struct arena *arena, struct text code, const struct date *on,
                            struct value **against, struct error *error)
{
    char until[CLOCK_TEXT] = NOW;
    if (on)
        history_end_of_day(*on, until);
    if (find_own(store, arena, code, until, against, error) ||
        (on && add_only(store, arena, code, until, *against, error)))
        return error->status;
    return add_gaps(store, arena, code, until, *against, error);
}

/* By the runs, of which there are few. Of a run that ended every intent has its answer. What was taken over later stood there
 * before, nobody knows since when. */
#define DOUBTFUL                                                                                             \
    "SELECT m.code AS code FROM ledger s CROSS JOIN ledger m ON m.run = s.run AND m.event IN ('differs', "   \
    "'conflict',"                                                                                            \
    " 'unknown', 'recalled') WHERE s.event = 'run-started' AND s.at < ?1 AND m.code IS NOT NULL"             \
    " UNION SELECT m.code FROM ledger s CROSS JOIN ledger m ON m.run = s.run AND m.event = 'intended'"       \
    " WHERE s.event = 'run-started' AND s.at < ?1 AND NOT EXISTS (SELECT 1 FROM ledger f WHERE"              \
    "  f.run = s.run AND f.event = 'run-finished')"                                                          \
    " UNION SELECT m.code FROM ledger s CROSS JOIN ledger m ON m.run = s.run AND m.event IN ('published',"   \
    " 'withdrawn') WHERE s.event = 'run-started' AND json_extract(s.detail, '$.command') = 'reconcile'"      \
    " AND m.at >= ?1 AND json_extract(m.detail, '$.adopted') ORDER BY 1"

static enum status add_code(struct store *store, struct arena *arena, struct text code, const char *until,
                            struct value *against, struct error *error)
{
    struct value *own;
    if (find_own(store, arena, code, until, &own, error))
        return error->status;
    for (struct value *row = own->first; row; row = row->next)
        value_set(row, "code", value_text(arena, code));
    take_over(against, own);
    return STATUS_OK;
}

enum status history_against_all(struct store *store, struct arena *arena, struct date on,
                                struct value **against, struct error *error)
{
    struct sqlite_statement *rows;
    struct value *codes;
    char until[CLOCK_TEXT];
    history_end_of_day(on, until);
    if (sql_rows(store, DOUBTFUL, SQL_WITH(SQL_TEXT(text_of(until))), &rows, error))
        return error->status;
    if (statement_rows(rows, arena, NULL, &codes, error))
        return error->status;
    *against = value_list(arena);
    for (const struct value *row = codes->first; row; row = row->next)
        if (add_code(store, arena, value_text_of(row, "code"), until, *against, error))
            return error->status;
    return add_only(store, arena, TEXT_NONE, until, *against, error)
               ? error->status
               : add_gaps(store, arena, TEXT_NONE, until, *against, error);
}
