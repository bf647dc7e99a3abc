#include "store/reconciliation.h"

#include <string.h>

#include "store/ledger.h"
#include "store/sql.h"
#include "store/statement_rows.h"

/* ---- the listing ---- */

enum status reconciliation_listing_begin(struct store *store, struct error *error)
{
    if (store_begin(store, error))
        return error->status;
    return store_end(store, sql_run(store, "DELETE FROM portal_listing", NULL, error), error);
}

#define ENTRY(entry)                                                                                         \
    SQL_WITH(SQL_TEXT((entry)->code), SQL_TEXT((entry)->version), SQL_DIGEST((entry)->digest),               \
             SQL_TEXT(text_of((entry)->status)))

/* Listed twice, and otherwise: neither is said. */
static enum status doubt_listed(struct store *store, const struct reconciliation_entry *entry,
                                struct error *error)
{
    return sql_run(
        store,
        "UPDATE portal_listing SET version = NULL, digest = NULL, status = NULL WHERE code = ?1 AND"
        " (version IS NOT ?2 OR digest IS NOT ?3 OR status IS NOT ?4)",
        ENTRY(entry), error);
}

enum status reconciliation_listing_put(struct store *store, const struct reconciliation_entry *entry,
                                       bool *added, struct error *error)
{
    if (sql_run(
            store,
            "INSERT OR IGNORE INTO portal_listing (code, version, digest, status) VALUES (?1, ?2, ?3, ?4)",
            ENTRY(entry), error))
        return error->status;
    *added = sqlite_changed_rows(store_database(store)) > 0;
    return *added ? STATUS_OK : doubt_listed(store, entry, error);
}

/* ---- comparing ---- */

#define HELD "p.held_status IN ('published', 'abolished')"

/* A delivery that was left open may have arrived: the next load finds that out. */
#define ARRIVED                                                                                              \
    "(p.state IN ('intended', 'unknown', 'failed') AND ((p.intent_action = 'publish' AND"                    \
    " l.digest = p.intent_digest AND coalesce(l.status, 'published') = 'published') OR (p.intent_action = "  \
    "'withdraw' AND"                                                                                         \
    " l.status = 'abolished')))"

/* An adopted content may have come in other bytes than its canonical ones: the event names the portal's digest. So does
 * the order by which another hand's content was withdrawn that the portal does not show. */
#define OUR_DIGEST                                                                                           \
    "(l.digest = p.held_digest OR lower(hex(l.digest)) ="                                                    \
    " (SELECT json_extract(e.detail, '$.portal_digest') FROM ledger e WHERE e.code = p.code"                 \
    "  AND (e.event = 'published' OR (e.event = 'overwrite-ordered' AND e.seq < p.held_event"                \
    "   AND p.held_status = 'abolished' AND json_extract(e.detail, '$.action') = 'withdraw'))"               \
    "  ORDER BY e.seq DESC LIMIT 1))"

/* Something must say so: a listing that only names the code, or a digest without a status of what was withdrawn (which
 * keeps it), is no sign that nothing happened. */
#define SAME_STATUS  "coalesce(l.status, p.held_status) = p.held_status"
#define SAME_VERSION "(l.version IS NOT NULL AND l.version IS p.held_version)"
#define STANDS                                                                                               \
    "(" SAME_STATUS " AND ((l.digest IS NULL AND (" SAME_VERSION                                             \
    "   OR (l.version IS NULL AND l.status = 'abolished')))"                                                 \
    " OR (p.held_digest IS NULL AND (l.status IS NOT NULL OR " SAME_VERSION "))"                             \
    " OR ((p.held_status = 'published' OR l.status IS NOT NULL OR " SAME_VERSION ") AND " OUR_DIGEST ")))"

/* What the listing does not say, it does not say otherwise. */
#define UNTOLD "(" SAME_STATUS " AND (l.digest IS NULL OR p.held_digest IS NULL OR " OUR_DIGEST "))"

/* A listing says less than an answer to a question, and may say something else. */
enum status reconciliation_doubtful(struct store *store, struct arena *arena, struct value **codes,
                                    struct error *error)
{
    struct sqlite_statement *rows;
    if (store_sql(store,
                  "SELECT p.code AS code FROM procedure_state p LEFT JOIN portal_listing l ON l.code = p.code"
                  " WHERE " HELD " AND (l.code IS NULL OR NOT (coalesce(" ARRIVED ", 0) OR coalesce(" STANDS
                  ", 0))) ORDER BY p.code",
                  &rows, error))
        return error->status;
    return statement_rows(rows, arena, NULL, codes, error);
}

/* Where neither content, digest nor version is shown, a strong ETag that is still the one acknowledged tells. */
static enum status name_by_etag(struct store *store, struct text code, struct text etag, struct error *error)
{
    return sql_run(store,
                   "UPDATE portal_listing AS l SET digest = p.held_digest, status = coalesce(l.status, "
                   "p.held_status)"
                   " FROM procedure_state p WHERE l.code = ?1 AND p.code = l.code AND p.held_etag = ?2"
                   " AND lower(substr(?2, 1, 2)) <> 'w/' AND l.digest IS NULL AND l.version IS NULL",
                   SQL_WITH(SQL_TEXT(code), SQL_TEXT(etag)), error);
}

enum status reconciliation_told(struct store *store, struct text code,
                                const struct reconciliation_entry *entry, struct text etag,
                                struct error *error)
{
    bool added;
    if (sql_run(store, "DELETE FROM portal_listing WHERE code = ?1", SQL_WITH(SQL_TEXT(code)), error))
        return error->status;
    if (!entry)
        return STATUS_OK;
    enum status status = reconciliation_listing_put(store, entry, &added, error);
    return status || !etag.bytes ? status : name_by_etag(store, code, etag, error);
}

static enum status judge(struct store *store, struct error *error)
{
    if (sql_run(store,
                "UPDATE portal_listing AS l SET verdict = coalesce((SELECT CASE WHEN " ARRIVED
                " THEN 'same' WHEN NOT coalesce(" HELD ", 0) THEN 'only' WHEN " STANDS
                " THEN 'same' WHEN " UNTOLD
                " THEN 'untold' ELSE 'differs' END FROM procedure_state p WHERE p.code = l.code), 'only')",
                NULL, error))
        return error->status;
    return sql_run(
        store,
        "INSERT INTO portal_listing (code, verdict) SELECT p.code, 'missing' FROM procedure_state p"
        " WHERE " HELD " AND NOT EXISTS (SELECT 1 FROM portal_listing l WHERE l.code = p.code)",
        NULL, error);
}

static enum status count(struct store *store, struct reconciliation_counts *counts, struct error *error)
{
    struct sqlite_statement *row;
    if (store_sql(
            store,
            "SELECT count(*) FILTER (WHERE verdict = 'same'), count(*) FILTER (WHERE verdict = 'differs'),"
            " count(*) FILTER (WHERE verdict = 'missing'), count(*) FILTER (WHERE verdict = 'only'),"
            " count(*) FILTER (WHERE verdict = 'untold') FROM portal_listing",
            &row, error) ||
        sqlite_step(row, error))
        return error->status;
    counts->same = sqlite_number(row, 0);
    counts->differs = sqlite_number(row, 1);
    counts->missing = sqlite_number(row, 2);
    counts->only = sqlite_number(row, 3);
    counts->untold = sqlite_number(row, 4);
    counts->listed = counts->same + counts->differs + counts->only + counts->untold;
    sqlite_reset_statement(row);
    return STATUS_OK;
}

/* ---- one procedure ---- */

/* A row of the comparison: what is there, by the listing; texts live in the arena. */
struct difference {
    struct text code, version, status;
    bool has_digest;
    struct digest digest;
};

typedef enum status settle_one(struct store *store, struct arena *arena, const struct difference *difference,
                               struct error *error);

/* Each row of a query over the listing is settled; rows of the listing do not change meanwhile. */
static enum status each(struct store *store, const char *sql, settle_one *settle, int64_t *count,
                        struct error *error)
{
    struct sqlite_statement *rows;
    if (store_sql(store, sql, &rows, error))
        return error->status;
    enum status status;
    while ((status = sqlite_step(rows, error)) == STATUS_OK) {
        ARENA_OWNED struct arena arena = { 0 };
        struct difference difference = { .code = sqlite_take_text(&arena, rows, 0),
                                         .version = sqlite_take_text(&arena, rows, 1),
                                         .status = sqlite_take_text(&arena, rows, 3) };
        difference.has_digest = sqlite_digest(rows, 2, &difference.digest);
        if (settle(store, &arena, &difference, error)) {
            sqlite_reset_statement(rows);
            return error->status;
        }
        ++*count;
    }
    return status == STATUS_END ? STATUS_OK : status;
}

#define LISTED                                                                                               \
    "SELECT l.code, l.version, l.digest, l.status FROM portal_listing l"                                     \
    " CROSS JOIN procedure_state p ON p.code = l.code WHERE l.verdict = "

/* ---- another version of the same ---- */

static const char refreshed[] =
    LISTED "'same' AND l.version <> p.held_version"
           " AND p.state NOT IN ('intended', 'unknown', 'failed') ORDER BY l.code";

static enum status refresh(struct store *store, struct arena *arena, const struct difference *difference,
                           struct error *error)
{
    struct outbox_item item;
    struct value *detail = value_object(arena);
    if (outbox_find(store, arena, difference->code, &item, error))
        return error->status;
    value_put(arena, detail, "version", difference->version);
    struct ledger_event event = { .event = "refreshed",
                                  .code = difference->code,
                                  .digest = item.has_held_digest ? &item.held_digest : NULL,
                                  .detail = detail };
    outbox_item_refresh(&item, difference->version);
    return ledger_append(store, &event, NULL, error) ? error->status : outbox_save(store, &item, error);
}

/* ---- what differs ---- */

/* That it differs is told once: what an operator must settle for it already stays as it is (a conflict may have another
 * cause), and so does what the next load finds out by itself. */
#define TOLD                                                                                                 \
    "(p.state = 'conflict' AND EXISTS (SELECT 1 FROM ledger e WHERE e.code = p.code AND e.event IN"          \
    " ('conflict', 'differs') AND e.seq > (SELECT max(k.seq) FROM ledger k WHERE k.code = p.code"            \
    "  AND k.event IN ('published', 'withdrawn', 'refreshed'))))"
static const char different[] =
    LISTED "'differs' AND p.state NOT IN ('intended', 'unknown') AND NOT " TOLD
           " AND p.overwrite IS NULL AND NOT (p.wanted_action IS"
           " 'publish' AND p.wanted_digest IS l.digest AND l.status IS NOT 'abolished') ORDER BY l.code";

static enum status note_difference(struct store *store, struct arena *arena,
                                   const struct difference *difference, struct error *error)
{
    char hex[DIGEST_HEX] = "";
    struct outbox_item item;
    struct error why;
    struct value *detail = value_object(arena);
    if (outbox_find(store, arena, difference->code, &item, error))
        return error->status;
    if (difference->has_digest) {
        value_set(detail, "portal_digest", value_digest(arena, &difference->digest));
        digest_hex(&difference->digest, hex);
    }
    value_put(arena, detail, "status", difference->status);
    value_put(arena, detail, "version", difference->version);
    struct ledger_event event = { .event = "differs",
                                  .code = difference->code,
                                  .digest = item.has_held_digest ? &item.held_digest : NULL,
                                  .detail = detail };
    if (difference->status.length)
        (void)error_set(&why, STATUS_REJECT,
                        _("the portal holds something else than it acknowledged: version " TEXT_PRINT
                          ", digest %.16s…, " TEXT_PRINT
                          "; settle it with \"congkhai reconcile --adopt\" or --overwrite"),
                        TEXT_ARG(difference->version), hex, TEXT_ARG(difference->status));
    else
        (void)error_set(
            &why, STATUS_REJECT,
            _("the portal holds something else than it acknowledged, and does not say its status: "
              "version " TEXT_PRINT
              ", digest %.16s…; settle it with \"congkhai reconcile --adopt\" or --overwrite"),
            TEXT_ARG(difference->version), hex);
    struct said said = said_of(&why);
    said_put(arena, detail, &said);
    outbox_item_differ(&item, said.words);
    return ledger_append(store, &event, NULL, error) ? error->status : outbox_save(store, &item, error);
}

/* ---- what is missing ---- */

/* Of what was withdrawn nothing is to stand there any more that could be sent again, and what an operator's order withholds
 * waits for its word still. A delivery that nobody has an answer to keeps its intent, and the next load its question. */
#define MISSING(which)                                                                                       \
    LISTED "'missing' AND p.state <> 'intended' AND NOT (p.ordered IS NOT NULL AND p.state = 'conflict' AND" \
           " p.held_status IS 'abolished') AND " which                                                       \
           " (p.held_status = 'abolished' AND p.wanted_action IS NULL) ORDER BY l.code"
static const char missing[] = MISSING("p.wanted_action IS NOT 'withdraw' AND p.state <> 'refused' AND NOT"),
                  stuck[] = MISSING("p.wanted_action IS NOT 'withdraw' AND p.state = 'refused' AND NOT"),
                  gone[] = MISSING(""), unneeded[] = MISSING("p.wanted_action = 'withdraw' AND NOT");

static enum status lose(struct store *store, struct arena *arena, struct outbox_item *item, const char *actor,
                        const char *reason, struct error *error)
{
    int64_t seq;
    struct error why;
    struct value *detail = value_object(arena);
    value_set(detail, "absent", value_boolean(arena, true));
    value_set(detail, "action", value_string(arena, "publish"));
    if (reason)
        value_set(detail, "reason", value_string(arena, reason));
    value_set(detail, "reconciled", value_boolean(arena, true));
    (void)error_set(&why, STATUS_REJECT, _("the portal does not know the procedure that it acknowledged"));
    struct said said = said_of(&why);
    said_put(arena, detail, &said);
    struct ledger_event event = { .event = "recalled",
                                  .code = item->code,
                                  .digest = item->has_held_digest ? &item->held_digest : NULL,
                                  .actor = actor,
                                  .detail = detail };
    if (ledger_append(store, &event, &seq, error))
        return error->status;
    outbox_item_lose(item, seq);
    return outbox_save(store, item, error);
}

static enum status note_missing(struct store *store, struct arena *arena, const struct difference *difference,
                                struct error *error)
{
    struct outbox_item item;
    if (outbox_find(store, arena, difference->code, &item, error))
        return error->status;
    return lose(store, arena, &item, NULL, NULL, error);
}

/* ---- the whole ---- */

static enum status append_reconciled(struct store *store, const struct reconciliation_counts *counts,
                                     struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct value *detail = value_object(&arena);
    const struct {
        const char *name;
        int64_t number;
    } members[] = {
        { "conflict", counts->conflict },   { "differs", counts->differs }, { "listed", counts->listed },
        { "missing", counts->missing },     { "only", counts->only },       { "pending", counts->pending },
        { "refreshed", counts->refreshed }, { "same", counts->same },
    };
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        value_set(detail, members[i].name, value_integer(&arena, members[i].number));
    if (counts->untold)
        value_set(detail, "untold", value_integer(&arena, counts->untold));
    struct ledger_event event = { .event = "reconciled", .detail = detail };
    return ledger_append(store, &event, NULL, error);
}

enum status reconciliation_compare(struct store *store, struct reconciliation_counts *counts,
                                   struct error *error)
{
    int64_t unneeded_count = 0; /* to be withdrawn, and not there: the next load finds nothing left to do */
    *counts = (struct reconciliation_counts){ .same = 0 };
    if (store_begin(store, error))
        return error->status;
    if (judge(store, error) || count(store, counts, error) ||
        each(store, refreshed, refresh, &counts->refreshed, error) ||
        each(store, different, note_difference, &counts->conflict, error) ||
        each(store, missing, note_missing, &counts->pending, error) ||
        each(store, stuck, note_missing, &counts->refused, error) ||
        each(store, gone, note_missing, &counts->gone, error) ||
        each(store, unneeded, note_missing, &unneeded_count, error) ||
        sql_run(store, "DELETE FROM portal_listing WHERE verdict = 'same'", NULL, error) ||
        append_reconciled(store, counts, error))
        return store_end(store, error->status, error);
    return store_end(store, STATUS_OK, error);
}

enum status reconciliation_missing(struct store *store, const struct reconciliation_decision *decision,
                                   bool *wanted, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct outbox_item item;
    enum status status = outbox_find(store, &arena, decision->code, &item, error);
    if (status)
        return status;
    *wanted = item.wanted || (item.held && !item.held_abolished);
    if (store_begin(store, error))
        return error->status;
    return store_end(store, lose(store, &arena, &item, decision->actor, decision->reason, error), error);
}
