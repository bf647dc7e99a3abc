#include "store/state_proof.h"

static const char row_lost[] =
    "SELECT e.code, max(e.seq), 1 FROM (SELECT code FROM ledger WHERE code IS NOT NULL EXCEPT"
    " SELECT code FROM procedure_state) unknown CROSS JOIN ledger e ON e.code = unknown.code"
    " WHERE e.event IN ('published', 'withdrawn', 'intended') OR (e.event = 'accepted'"
    "  AND json_extract(e.detail, '$.status') IN ('announced', 'abolished')) GROUP BY e.code";

/* clang-format off */
#define OUTCOMES "'accepted', 'rejected', 'held'"
#define FINDING(column) "json_extract(j.value, '$." column "') AS " column
#define QUOTED "quote(rule) || quote(severity) || quote(field) || quote(value) || quote(reason) || quote(message) || quote(cites)"

/* Of each record, the last event that says an outcome, and the last that says whether it is in its source. A record that waits
 * for its outcome has an old one, and one that got another key since has none under it. A record that has its code for itself
 * is found by going back over the events of that code; the others by going over the ledger once, for their events may be
 * as many as they are. */
#define PLACES OUTCOMES ", 'missing', 'returned', 'rekeyed'"
#define SHARED "SELECT code FROM record WHERE code IS NOT NULL GROUP BY code HAVING count(*) > 1"
#define LAST(events)                                                                                         \
    "(SELECT e.seq FROM ledger e WHERE e.code = r.code AND e.source = s.name AND e.event IN (" events ")"     \
    " AND json_extract(e.detail, '$.key') = r.key ORDER BY e.seq DESC LIMIT 1)"

#define SAID_BY_CODE                                                                                         \
    "SELECT r.*, s.name, " LAST(OUTCOMES) " AS outcome_event, " LAST(PLACES) " AS place_event"               \
    " FROM record r JOIN source s ON s.id = r.source WHERE r.code IS NOT NULL AND r.code NOT IN (" SHARED ")"

#define SAID_BY_KEY                                                                                          \
    "SELECT r.*, s.name, l.outcome_event, l.place_event FROM record r JOIN source s ON s.id = r.source"      \
    " LEFT JOIN (SELECT k.id AS record, max(CASE WHEN e.event IN (" OUTCOMES ") THEN e.seq END) AS outcome_event," \
    "  max(e.seq) AS place_event FROM ledger e CROSS JOIN source o ON o.name = e.source CROSS JOIN record k"   \
    "  ON k.source = o.id AND k.key = json_extract(e.detail, '$.key') AND k.code IS e.code"                    \
    "  WHERE (e.code IS NULL OR e.code IN (" SHARED ")) AND e.event IN (" PLACES ") GROUP BY 1) l"               \
    " ON l.record = r.id WHERE r.code IS NULL OR r.code IN (" SHARED ")"

#define JUDGED(said)                                                                                         \
    "SELECT r.name || ' ' || r.key, coalesce(l.seq, p.seq), CASE"                                            \
    " WHEN (SELECT digest FROM payload WHERE id = r.payload) IS NOT r.source_digest"                         \
    "  OR (SELECT digest FROM payload WHERE id = r.content) IS NOT r.content_digest THEN 1"                  \
    " WHEN r.work = 0 AND r.outcome IS NOT l.event THEN 2"                                                   \
    " WHEN r.work = 0 AND (lower(hex(r.source_digest)) IS NOT json_extract(l.detail, '$.source_digest')"   \
    "  OR r.content_digest IS NOT l.digest OR r.department IS NOT json_extract(l.detail, '$.department')"    \
    "  OR r.status IS NOT coalesce(json_extract(l.detail, '$.status'), r.status)) THEN 3"                    \
    " WHEN r.work = 0 AND (SELECT group_concat(" QUOTED ") FROM (SELECT * FROM finding WHERE record = r.id ORDER BY rowid))" \
    "  IS NOT (SELECT group_concat(" QUOTED ") FROM (SELECT " FINDING("rule") ", " FINDING("severity") ", " FINDING("field") ", " FINDING("value") ", " \
    FINDING("reason") ", " FINDING("message") ", " FINDING("cites") " FROM json_each(l.detail, '$.findings') j WHERE j.type = 'object')) THEN 4"                                                    \
    " WHEN r.nameless = 0 AND p.event IS NOT 'rekeyed' AND CASE r.present WHEN 0 THEN p.event IS NOT 'missing'" \
    "   WHEN 1 THEN p.event IS 'missing' AND r.work = 0 ELSE 1 END THEN 5 END AS found"                      \
    " FROM (" said ") r LEFT JOIN ledger l ON l.seq = r.outcome_event LEFT JOIN ledger p ON p.seq = r.place_event" \
    " WHERE found"
/* A store of 0.1.0, as it is, has no more than this. */
#define JUDGED_FIRST(said)                                                                                   \
    "SELECT r.name || ' ' || r.key, l.seq, 2 FROM (" said ") r LEFT JOIN ledger l ON l.seq = r.outcome_event" \
    " WHERE r.code IS NOT NULL AND r.work = 0 AND r.present = 1 AND r.outcome IS NOT l.event"
/* clang-format on */

static const char *const record_sentences[] = {
    N_("the bytes that it names have another digest"),
    N_("the outcome of the record is not what the ledger says"),
    N_("what the record says, or who mends it, is not what the ledger says"),
    N_("the findings of the record are not those that the ledger says"),
    N_("whether the record is in its source is not what the ledger says"),
};

/* Each row: what it is about, the event, and which of the sentences (from 1). */
static enum status look(struct store *store, const char *sql, const char *const *sentences, outbox_doubt *say,
                        void *user_data, struct error *error)
{
    struct sqlite_statement *rows;
    if (sqlite_prepare(store_database(store), sql, &rows, error))
        return error->status;
    enum status status;
    while ((status = sqlite_step(rows, error)) == STATUS_OK)
        if ((status = say(user_data, sqlite_column_text(rows, 0), sqlite_number(rows, 1),
                          _(sentences[sqlite_number(rows, 2) - 1]), error)))
            break;
    sqlite_finish(rows);
    return status == STATUS_END ? STATUS_OK : status;
}

enum status state_prove(struct store *store, outbox_doubt *say, void *user_data, struct error *error)
{
    static const char *const lost[] = {
        N_("the ledger says what is wanted or was sent, but the stages know nothing of the procedure"),
    };
    static const char *const records[][2] = { { JUDGED_FIRST(SAID_BY_CODE), JUDGED_FIRST(SAID_BY_KEY) },
                                              { JUDGED(SAID_BY_CODE), JUDGED(SAID_BY_KEY) } };
    bool first_version = store_version(store) < 2;
    enum status status = outbox_prove(store, NULL, say, user_data, error);
    if (!status)
        status = look(store, row_lost, lost, say, user_data, error);
    for (int i = 0; !status && i < 2; i++)
        status = look(store, records[!first_version][i], record_sentences, say, user_data, error);
    return status;
}
