/* What the stages work with against the ledger: it must not say anything else. */
#include "store/audit_verify.h"
#include "store/outbox_proof.h"
#include "store/steering.h"

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
        audit_find(pass, AUDIT_STATE, event, "%.*s: %s", TEXT_ARG(what), _(format));
    }
    sqlite_finish(rows);
    return status == STATUS_END ? STATUS_OK : status;
}

static enum status doubt(void *user_data, struct text code, int64_t event, const char *sentence,
                         struct error *error)
{
    (void)error;
    audit_find(user_data, AUDIT_STATE, event, "%.*s: %s", TEXT_ARG(code), sentence);
    return STATUS_OK;
}

enum status audit_verify_state(struct audit_pass *pass, struct error *error)
{
    static const struct {
        const char *sql, *sentence;
    } looks[] = {
        { held_lost, N_("the ledger knows of deliveries, but the stages know nothing of the procedure") },
        { outcome_differs, N_("the outcome of the record is not what the ledger says") },
        { nameless_outcome_differs, N_("the outcome of the record is not what the ledger says") },
    };
    bool same;
    int64_t run;
    if (outbox_prove(pass->store, NULL, doubt, pass, error) ||
        steering_compare(pass->store, &same, &run, error))
        return error->status;
    for (size_t i = 0; i < sizeof looks / sizeof *looks; i++)
        if (look(pass, looks[i].sql, looks[i].sentence, error))
            return error->status;
    if (!same)
        audit_find(pass, AUDIT_STATE, 0, _("what the stages work with is not as run %lld left it"),
                   (long long)run);
    return STATUS_OK;
}
