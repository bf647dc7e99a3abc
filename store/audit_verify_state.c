/* What the stages work with against the ledger: it must not say anything else. */
#include "store/audit_verify.h"

/* What the portal holds by the last event that says so. */
#define LAST_HELD                                                                                            \
    "(SELECT l.seq FROM ledger l WHERE l.code = s.code AND (l.event IN ('published', 'withdrawn') OR"        \
    " (l.event = 'recalled' AND json_extract(l.detail, '$.absent'))) ORDER BY l.seq DESC LIMIT 1)"
#define LAST_PUBLISHED                                                                                       \
    "(SELECT p.digest FROM ledger p WHERE p.code = s.code AND p.event = 'published'"                         \
    " AND p.seq <= e.seq ORDER BY p.seq DESC LIMIT 1)"

static const char held_differs[] =
    "SELECT s.code, e.seq FROM procedure_state s LEFT JOIN ledger e ON e.seq "
    "= " LAST_HELD " WHERE s.held_status IS NOT CASE e.event WHEN 'published' THEN 'published' WHEN "
    "'withdrawn' THEN 'abolished'"
    "  WHEN 'recalled' THEN 'absent' END"
    " OR s.held_event IS NOT e.seq"
    " OR (e.event IN ('published', 'withdrawn') AND s.held_digest IS NOT " LAST_PUBLISHED ")";

/* An intent without an answer is an open question; it must not get lost. */
static const char open_differs[] =
    "SELECT s.code, e.seq FROM procedure_state s LEFT JOIN ledger e ON e.seq ="
    " (SELECT l.seq FROM ledger l WHERE l.code = s.code AND l.event IN ('intended', 'published', 'withdrawn',"
    "  'refused', 'conflict', 'unknown', 'failed', 'recalled') ORDER BY l.seq DESC LIMIT 1)"
    " WHERE (s.state = 'intended') IS NOT coalesce(e.event = 'intended', 0)"
    " OR (s.state = 'intended' AND (s.intent_event IS NOT e.seq OR s.intent_digest IS NOT e.digest"
    "  OR s.intent_key IS NOT json_extract(e.detail, '$.key')))";

static const char held_lost[] =
    "SELECT e.code, max(e.seq) FROM ledger e WHERE e.event IN ('published', 'withdrawn', 'intended')"
    " AND NOT EXISTS (SELECT 1 FROM procedure_state s WHERE s.code = e.code) GROUP BY e.code";

/* Records that wait for their outcome have an old one. */
static const char outcome_differs[] =
    "SELECT s.name || ' ' || r.key, l.seq FROM record r JOIN source s ON s.id = r.source LEFT JOIN ledger l "
    "ON l.seq ="
    " (SELECT e.seq FROM ledger e WHERE e.code = r.code AND e.event IN ('accepted', 'rejected', 'held')"
    "  AND e.source = s.name AND json_extract(e.detail, '$.key') = r.key ORDER BY e.seq DESC LIMIT 1)"
    " WHERE r.code IS NOT NULL AND r.work = 0 AND r.present = 1 AND r.outcome IS NOT NULL"
    " AND (r.outcome IS NOT l.event OR lower(hex(r.source_digest)) IS NOT json_extract(l.detail, "
    "'$.source_digest'))";

static const char nameless_outcome_differs[] =
    "WITH last AS (SELECT e.source AS source, json_extract(e.detail, '$.key') AS key, max(e.seq) AS seq,"
    "  e.event AS event FROM ledger e WHERE e.code IS NULL AND e.event IN ('accepted', 'rejected', 'held')"
    "  GROUP BY 1, 2)"
    " SELECT s.name || ' ' || r.key, l.seq FROM record r JOIN source s ON s.id = r.source LEFT JOIN last l"
    "  ON l.source = s.name AND l.key = r.key"
    " WHERE r.code IS NULL AND r.work = 0 AND r.present = 1 AND r.outcome IS NOT NULL AND r.outcome IS NOT "
    "l.event";

static enum status look(struct audit_pass *pass, const char *sql, const char *format, struct error *error)
{
    struct sqlite_statement *rows;
    if (sqlite_prepare(store_database(pass->store), sql, &rows, error))
        return error->status;
    enum status status;
    while ((status = sqlite_step(rows, error)) == STATUS_OK) {
        struct text what = sqlite_column_text(rows, 0);
        int64_t event = sqlite_number(rows, 1);
        audit_find(pass, AUDIT_STATE, event, "%.*s: %s", TEXT_ARG(what), gettext(format));
    }
    sqlite_finish(rows);
    return status == STATUS_END ? STATUS_OK : status;
}

enum status audit_verify_state(struct audit_pass *pass, struct error *error)
{
    static const struct {
        const char *sql, *sentence;
    } looks[] = {
        { held_differs, N_("what the stages believe to stand at the portal is not what the ledger says") },
        { open_differs, N_("the ledger and the stages do not agree on whether a delivery is open") },
        { held_lost, N_("the ledger knows of deliveries, but the stages know nothing of the procedure") },
        { outcome_differs, N_("the outcome of the record is not what the ledger says") },
        { nameless_outcome_differs, N_("the outcome of the record is not what the ledger says") },
    };
    for (size_t i = 0; i < sizeof looks / sizeof *looks; i++)
        if (look(pass, looks[i].sql, looks[i].sentence, error))
            return error->status;
    return STATUS_OK;
}
