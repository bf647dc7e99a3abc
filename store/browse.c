#include "store/browse.h"

#include "core/canonical.h"
#include "store/outbox.h"
#include "store/sql.h"
#include "store/statement_rows.h"
#include "store/store_run.h"

/* The number of rows, then the rows of the window: two statements with the same parameters, the window's behind them. */
struct query {
    const char *count, *rows;
    struct text texts[4];
    int64_t numbers[2];
    int text_count, number_count;
};

static void bind(struct sqlite_statement *statement, const struct query *query)
{
    int at = 1;
    for (int i = 0; i < query->text_count; i++)
        sqlite_bind_text(statement, at++, query->texts[i]);
    for (int i = 0; i < query->number_count; i++)
        sqlite_bind_number(statement, at++, query->numbers[i]);
}

static enum status read_window(struct store *store, struct arena *arena, const struct query *query,
                               struct browse_window *window, struct value **rows, struct error *error)
{
    struct sqlite_statement *statement;
    int last = query->text_count + query->number_count;
    if (store_sql(store, query->count, &statement, error))
        return error->status;
    bind(statement, query);
    if (sqlite_step(statement, error))
        return error->status;
    window->total = sqlite_number(statement, 0);
    sqlite_reset_statement(statement);
    if (store_sql(store, query->rows, &statement, error))
        return error->status;
    bind(statement, query);
    sqlite_bind_number(statement, last + 1, window->limit);
    sqlite_bind_number(statement, last + 2, window->offset);
    *rows = NULL;
    return window->visit ? statement_each(statement, NULL, window->visit, error)
                         : statement_rows(statement, arena, NULL, rows, error);
}

/* ---- procedures ---- */

/* clang-format off */
#define RECORD_OF                                                                                            \
    "coalesce(q.record, (SELECT n.id FROM record n WHERE n.code = k.code ORDER BY n.present DESC, n.id DESC LIMIT 1))"

#define WHICH(run)                                                                                            \
    " WHERE (?1 IS NULL OR CASE ?1 WHEN 'published' THEN q.held_status = 'published'"                            \
    "  WHEN 'abolished' THEN q.held_status = 'abolished' WHEN 'pending' THEN " OUTBOX_PENDING("q")         \
    "  WHEN 'nowhere' THEN q.held_status IS NULL"                                                                 \
    "  ELSE q.state <> 'idle' AND " OUTBOX_LEFT("q", run) " OR EXISTS (SELECT 1 FROM record o WHERE o.code = k.code AND"      \
    "   o.present = 1 AND o.outcome IN ('rejected', 'held')) END)"

#define ALL    "(SELECT code FROM procedure_state UNION SELECT code FROM record WHERE code IS NOT NULL) k"
#define CHOSEN "(SELECT value AS code, key AS place FROM json_each(?2)) k"
/* An index may be anybody's (store/search_index.h): what no record and no state knows is not a procedure. */
#define KNOWN  " AND (q.code IS NOT NULL OR EXISTS (SELECT 1 FROM record o WHERE o.code = k.code))"
#define JOINED " LEFT JOIN procedure_state q ON q.code = k.code"

#define COLUMNS(run)                                                                                         \
    "SELECT k.code, (SELECT json_extract(CAST(p.bytes AS TEXT), '$.name') FROM payload p WHERE p.encoding = 0 AND"  \
    "  p.id = coalesce(q.held_content, r.content)) AS name, q.held_status AS status,"                             \
    " (SELECT e.at FROM ledger e WHERE e.seq = q.held_event) AS since, q.wanted_action AS action,"                \
    " CASE WHEN " OUTBOX_LEFT("q", run) " THEN nullif(" OUTBOX_SHOWN("q") ", 'idle') END AS state, r.outcome, s.name AS source, coalesce(r.department, s.name) AS department FROM "

#define RECORDED " LEFT JOIN record r ON r.id = " RECORD_OF " LEFT JOIN source s ON s.id = r.source"
/* clang-format on */

enum status browse_procedures(struct store *store, struct arena *arena, const struct value *codes,
                              const char *which, struct browse_window *window, struct value **rows,
                              struct error *error)
{
    int64_t run; /* what it sends just now is in no state yet */
    if (store_run_elsewhere(store, &run, error))
        return error->status;
    struct query all = { .count = "SELECT count(*) FROM " ALL JOINED WHICH("?2"),
                         .rows = COLUMNS("?2")
                             ALL JOINED RECORDED WHICH("?2") " ORDER BY k.code LIMIT ?3 OFFSET ?4",
                         .texts = { text_of(which) },
                         .text_count = 1,
                         .numbers = { run },
                         .number_count = 1 };
    if (!codes)
        return read_window(store, arena, &all, window, rows, error);
    BUFFER_OWNED struct buffer list = { 0 };
    canonical_write(&list, codes);
    struct query chosen = { .count = "SELECT count(*) FROM " CHOSEN JOINED WHICH("?3") KNOWN,
                            .rows = COLUMNS("?3") CHOSEN JOINED RECORDED WHICH("?3") KNOWN
                            " ORDER BY k.place LIMIT ?4 OFFSET ?5",
                            .texts = { text_of(which), buffer_view(&list) },
                            .text_count = 2,
                            .numbers = { run },
                            .number_count = 1 };
    return read_window(store, arena, &chosen, window, rows, error);
}

/* ---- a run ---- */

enum status browse_run_records(struct store *store, struct arena *arena, int64_t run, const char *outcome,
                               struct browse_window *window, struct value **rows, struct error *error)
{
    struct query query = {
        .count = "SELECT count(*) FROM ledger WHERE event = ?1 AND run = ?2",
        .rows =
            "SELECT e.code, (SELECT json_extract(CAST(p.bytes AS TEXT), '$.name') FROM payload p WHERE"
            "  p.encoding = 0 AND p.digest = e.digest) AS name, e.source,"
            " json_extract(e.detail, '$.key') AS source_key, json_extract(e.detail, '$.locator') AS locator,"
            " lower(hex(e.digest)) AS content_digest, e.seq AS event"
            " FROM ledger e WHERE e.event = ?1 AND e.run = ?2 ORDER BY e.seq LIMIT ?3 OFFSET ?4",
        .texts = { text_of(outcome) },
        .text_count = 1,
        .numbers = { run },
        .number_count = 1,
    };
    return read_window(store, arena, &query, window, rows, error);
}

enum status browse_run_deliveries(struct store *store, struct arena *arena, int64_t run, const char *outcome,
                                  struct browse_window *window, struct value **rows, struct error *error)
{
    struct query query = {
        .count = "SELECT count(*) FROM audit_deliveries WHERE (?1 IS NULL OR outcome = ?1) AND run = ?2",
        .rows =
            "SELECT code, action, outcome, attempt, http_status, portal_version, finished_at, error,"
            " (SELECT json_extract(l.detail, '$.said') FROM ledger l WHERE l.code = d.code AND l.run = d.run"
            "  AND json_extract(l.detail, '$.words') = d.error ORDER BY l.seq DESC LIMIT 1) AS said_of_error"
            " FROM audit_deliveries d WHERE (?1 IS NULL OR outcome = ?1) AND run = ?2"
            " ORDER BY finished_at, code LIMIT ?3 OFFSET ?4",
        .texts = { text_of(outcome) },
        .text_count = 1,
        .numbers = { run },
        .number_count = 1,
    };
    return read_window(store, arena, &query, window, rows, error);
}

/* ---- the ledger ---- */

/* The window is cut from numbers alone: only its rows are made. */
#define EVENTS(condition, window)                                                                            \
    "SELECT seq, at, run, event, source, code, digest, actor, hash, detail FROM audit_events WHERE seq IN"   \
    " (SELECT seq FROM ledger" condition " ORDER BY seq DESC" window ") ORDER BY seq DESC"

enum status browse_events(struct store *store, struct arena *arena, const struct browse_events *filter,
                          struct browse_window *window, struct value **rows, struct error *error)
{
    /* A statement for each way in, so that each finds its index. */
    static const struct {
        const char *count, *rows;
    } ways[] = {
        { "SELECT max(seq) FROM ledger", EVENTS("", " LIMIT ?1 OFFSET ?2") },
        { "SELECT count(*) FROM ledger WHERE (?1 IS NULL OR event = ?1) AND (?2 IS NULL OR code = ?2)",
          EVENTS(" WHERE (?1 IS NULL OR event = ?1) AND (?2 IS NULL OR code = ?2)", " LIMIT ?3 OFFSET ?4") },
        { "SELECT count(*) FROM ledger WHERE code = ?2 AND (?1 IS NULL OR event = ?1)",
          EVENTS(" WHERE code = ?2 AND (?1 IS NULL OR event = ?1)", " LIMIT ?3 OFFSET ?4") },
        { "SELECT count(*) FROM ledger WHERE run = ?3 AND (?1 IS NULL OR event = ?1) AND (?2 IS NULL OR code "
          "= ?2)",
          EVENTS(" WHERE run = ?3 AND (?1 IS NULL OR event = ?1) AND (?2 IS NULL OR code = ?2)",
                 " LIMIT ?4 OFFSET ?5") },
        { "SELECT count(*) FROM ledger WHERE seq = ?3 AND (?1 IS NULL OR event = ?1) AND (?2 IS NULL OR code "
          "= ?2)",
          EVENTS(" WHERE seq = ?3 AND (?1 IS NULL OR event = ?1) AND (?2 IS NULL OR code = ?2)",
                 " LIMIT ?4 OFFSET ?5") },
    };
    int way = filter->seq ? 4 : filter->run ? 3 : filter->code ? 2 : filter->event ? 1 : 0;
    struct query query = { .count = ways[way].count,
                           .rows = ways[way].rows,
                           .texts = { text_of(filter->event), text_of(filter->code) },
                           .text_count = way ? 2 : 0,
                           .numbers = { filter->seq ? filter->seq : filter->run },
                           .number_count = way > 2 };
    return read_window(store, arena, &query, window, rows, error);
}

enum status browse_event_names(struct store *store, struct arena *arena, struct value **names,
                               struct error *error)
{
    *names = value_list(arena);
    /* From run to run of an index that begins with the run every name would be found again: this walks the ledger's
     * newest runs, whose events are those that are looked for. */
    return sql_texts(store, arena,
                     "SELECT DISTINCT event FROM ledger WHERE run > (SELECT max(run) FROM ledger) - 50"
                     " OR run = 1 ORDER BY event",
                     NULL, *names, error);
}

enum status browse_heads(struct store *store, struct arena *arena, struct browse_window *window,
                         struct value **rows, struct error *error)
{
    struct query query = {
        .count = "SELECT count(*) FROM checkpoint",
        .rows = "SELECT run, size AS events, lower(hex(root)) AS root, note,"
                " (SELECT e.at FROM ledger e WHERE e.seq = size) AS at"
                " FROM checkpoint ORDER BY run DESC LIMIT ?1 OFFSET ?2",
    };
    return read_window(store, arena, &query, window, rows, error);
}
