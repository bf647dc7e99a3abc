#include "store/reconciliation.h"

#include <string.h>

#include "store/ledger.h"

/* ---- the listing ---- */

static enum status execute(struct store *store, const char *sql, struct error *error)
{
    struct sqlite_statement *statement;
    return store_sql(store, sql, &statement, error) ? error->status : sqlite_execute(statement, error);
}

enum status reconciliation_listing_begin(struct store *store, struct error *error)
{
    if (store_begin(store, error))
        return error->status;
    if (execute(store, "DELETE FROM portal_listing", error) || store_commit(store, error)) {
        store_rollback(store);
        return error->status;
    }
    return STATUS_OK;
}

enum status reconciliation_listing_put(struct store *store, const struct reconciliation_entry *entry,
                                       bool *added, struct error *error)
{
    struct sqlite_statement *statement;
    if (store_sql(
            store,
            "INSERT OR IGNORE INTO portal_listing (code, version, digest, status) VALUES (?1, ?2, ?3, ?4)",
            &statement, error))
        return error->status;
    sqlite_bind_text(statement, 1, entry->code);
    sqlite_bind_text(statement, 2, entry->version);
    sqlite_bind_digest(statement, 3, entry->digest);
    sqlite_bind_text(statement, 4, text_of(entry->status));
    if (sqlite_execute(statement, error))
        return error->status;
    *added = sqlite_changed_rows(store_database(store)) > 0;
    return STATUS_OK;
}

/* ---- comparing ---- */

#define HELD "p.held_status IN ('published', 'abolished')"

/* A delivery that was left open may have arrived: the next load finds that out. */
#define ARRIVED                                                                                              \
    "(p.state IN ('intended', 'unknown', 'failed') AND ((p.intent_action = 'publish' AND"                    \
    " l.digest = p.intent_digest AND l.status IS NOT 'abolished') OR (p.intent_action = 'withdraw' AND"      \
    " l.status = 'abolished')))"

/* An adopted content may have come in other bytes than its canonical ones: the event names the portal's
 * digest. */
#define STANDS                                                                                               \
    "(coalesce(l.status, p.held_status) = p.held_status AND (p.held_digest IS NULL OR l.digest = "           \
    "p.held_digest OR (l.digest IS NULL AND l.version IS p.held_version) OR lower(hex(l.digest)) ="          \
    " (SELECT json_extract(e.detail, '$.portal_digest') FROM ledger e WHERE e.code = p.code"                 \
    "  AND e.event = 'published' ORDER BY e.seq DESC LIMIT 1)))"

static enum status judge(struct store *store, struct error *error)
{
    if (execute(store,
                "UPDATE portal_listing AS l SET verdict = coalesce((SELECT CASE WHEN " ARRIVED
                " THEN 'same' WHEN NOT coalesce(" HELD ", 0) THEN 'only' WHEN " STANDS
                " THEN 'same' ELSE 'differs' END FROM procedure_state p WHERE p.code = l.code), 'only')",
                error))
        return error->status;
    return execute(
        store,
        "INSERT INTO portal_listing (code, verdict) SELECT p.code, 'missing' FROM procedure_state p"
        " WHERE " HELD " AND NOT EXISTS (SELECT 1 FROM portal_listing l WHERE l.code = p.code)",
        error);
}

static enum status count(struct store *store, struct reconciliation_counts *counts, struct error *error)
{
    struct sqlite_statement *row;
    if (store_sql(
            store,
            "SELECT count(*) FILTER (WHERE verdict = 'same'), count(*) FILTER (WHERE verdict = 'differs'),"
            " count(*) FILTER (WHERE verdict = 'missing'), count(*) FILTER (WHERE verdict = 'only')"
            " FROM portal_listing",
            &row, error) ||
        sqlite_step(row, error))
        return error->status;
    counts->same = sqlite_number(row, 0);
    counts->differs = sqlite_number(row, 1);
    counts->missing = sqlite_number(row, 2);
    counts->only = sqlite_number(row, 3);
    counts->listed = counts->same + counts->differs + counts->only;
    sqlite_reset_statement(row);
    return STATUS_OK;
}

static enum status refresh(struct store *store, struct reconciliation_counts *counts, struct error *error)
{
    if (execute(
            store,
            "UPDATE procedure_state AS p SET held_version = l.version, held_etag = NULL FROM portal_listing l"
            " WHERE l.code = p.code AND l.verdict = 'same' AND l.version <> p.held_version"
            " AND p.state NOT IN ('intended', 'unknown', 'failed')",
            error))
        return error->status;
    counts->refreshed = sqlite_changed_rows(store_database(store));
    return STATUS_OK;
}

static struct text take(struct arena *arena, struct sqlite_statement *row, int at)
{
    return sqlite_is_null(row, at) ? TEXT_NONE : text_copy(arena, sqlite_column_text(row, at));
}

static void set(struct arena *arena, struct value *object, const char *name, struct text text)
{
    if (text.bytes)
        value_set(object, name, value_text(arena, text));
}

/* ---- what differs ---- */

static enum status mark_conflict(struct store *store, struct text code, struct text message,
                                 struct error *error)
{
    struct sqlite_statement *statement;
    if (store_sql(store,
                  "UPDATE procedure_state SET state = 'conflict', words = ?2, intent_key = NULL, "
                  "intent_action = NULL,"
                  " intent_content = NULL, intent_digest = NULL, intent_base = NULL, intent_run = NULL,"
                  " intent_seq = NULL WHERE code = ?1",
                  &statement, error))
        return error->status;
    sqlite_bind_text(statement, 1, code);
    sqlite_bind_text(statement, 2, message);
    return sqlite_execute(statement, error);
}

static enum status note_difference(struct store *store, struct sqlite_statement *row, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct digest there, believed;
    char hex[DIGEST_HEX] = "";
    struct value *detail = value_object(&arena);
    struct text code = take(&arena, row, 0), version = take(&arena, row, 1), status = take(&arena, row, 3);
    if (sqlite_digest(row, 2, &there)) {
        value_set(detail, "portal_digest", value_digest(&arena, &there));
        digest_hex(&there, hex);
    }
    set(&arena, detail, "status", status);
    set(&arena, detail, "version", version);
    bool known = sqlite_digest(row, 4, &believed);
    struct ledger_event event = {
        .event = "differs", .code = code, .digest = known ? &believed : NULL, .detail = detail
    };
    struct text message = text_format(
        &arena,
        _("the portal holds something else than it acknowledged: version " TEXT_PRINT
          ", digest %.16s…, " TEXT_PRINT "; settle it with \"congkhai reconcile --adopt\" or --overwrite"),
        TEXT_ARG(version), hex, TEXT_ARG(status));
    return ledger_append(store, &event, NULL, error) ? error->status
                                                     : mark_conflict(store, code, message, error);
}

/* What an operator must settle already stays as it is, and so does what the next load finds out by itself. */
static enum status note_differences(struct store *store, struct reconciliation_counts *counts,
                                    struct error *error)
{
    struct sqlite_statement *rows;
    if (store_sql(store,
                  "SELECT l.code, l.version, l.digest, l.status, p.held_digest FROM portal_listing l"
                  " CROSS JOIN procedure_state p ON p.code = l.code WHERE l.verdict = 'differs'"
                  " AND p.state IN ('idle', 'failed') AND p.overwrite IS NULL AND NOT (p.wanted_action IS "
                  "'publish' AND"
                  "  p.wanted_digest IS l.digest AND l.status IS NOT 'abolished') ORDER BY l.code",
                  &rows, error))
        return error->status;
    enum status status;
    while ((status = sqlite_step(rows, error)) == STATUS_OK) {
        if (note_difference(store, rows, error)) {
            sqlite_reset_statement(rows);
            return error->status;
        }
        counts->conflict++;
    }
    return status == STATUS_END ? STATUS_OK : status;
}

/* ---- what is missing ---- */

#define LOST "wanted_action IS NULL AND held_status = 'published'"

/* What was withdrawn is not published for that. */
static enum status put_back(struct store *store, struct text code, struct error *error)
{
    struct sqlite_statement *statement;
    if (store_sql(
            store,
            "UPDATE procedure_state SET held_status = 'absent', held_version = NULL, held_etag = NULL,"
            " held_run = ?2, overwrite = NULL, words = CASE WHEN state = 'conflict' THEN NULL ELSE words END,"
            " state = CASE WHEN state = 'conflict' THEN 'idle' ELSE state END,"
            " wanted_content = CASE WHEN " LOST " THEN held_content ELSE wanted_content END,"
            " wanted_digest = CASE WHEN " LOST " THEN held_digest ELSE wanted_digest END,"
            " wanted_run = CASE WHEN " LOST " THEN ?2 ELSE wanted_run END,"
            " wanted_action = CASE WHEN " LOST " THEN 'publish' ELSE wanted_action END WHERE code = ?1",
            &statement, error))
        return error->status;
    sqlite_bind_text(statement, 1, code);
    sqlite_bind_number(statement, 2, store_run(store));
    return sqlite_execute(statement, error);
}

static enum status note_missing(struct store *store, struct text code, const struct digest *digest,
                                const char *actor, const char *reason, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct value *detail = value_object(&arena);
    value_set(detail, "absent", value_boolean(&arena, true));
    value_set(detail, "action", value_string(&arena, "publish"));
    if (reason)
        value_set(detail, "reason", value_string(&arena, reason));
    value_set(detail, "reconciled", value_boolean(&arena, true));
    value_set(detail, "words",
              value_string(&arena, _("the portal does not know the procedure that it acknowledged")));
    struct ledger_event event = {
        .event = "recalled", .code = code, .digest = digest, .actor = actor, .detail = detail
    };
    return ledger_append(store, &event, NULL, error) ? error->status : put_back(store, code, error);
}

static enum status note_all_missing(struct store *store, struct reconciliation_counts *counts,
                                    struct error *error)
{
    struct sqlite_statement *rows;
    if (store_sql(store,
                  "SELECT l.code, p.held_digest FROM portal_listing l CROSS JOIN procedure_state p"
                  " ON p.code = l.code WHERE l.verdict = 'missing' AND p.held_status = 'published'"
                  " AND p.state NOT IN ('intended', 'unknown') ORDER BY l.code",
                  &rows, error))
        return error->status;
    enum status status;
    while ((status = sqlite_step(rows, error)) == STATUS_OK) {
        ARENA_OWNED struct arena arena = { 0 };
        struct digest digest;
        struct text code = take(&arena, rows, 0);
        bool known = sqlite_digest(rows, 1, &digest);
        if (note_missing(store, code, known ? &digest : NULL, NULL, NULL, error)) {
            sqlite_reset_statement(rows);
            return error->status;
        }
        counts->pending++;
    }
    return status == STATUS_END ? STATUS_OK : status;
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
    struct ledger_event event = { .event = "reconciled", .detail = detail };
    return ledger_append(store, &event, NULL, error);
}

enum status reconciliation_compare(struct store *store, struct reconciliation_counts *counts,
                                   struct error *error)
{
    *counts = (struct reconciliation_counts){ .same = 0 };
    if (store_begin(store, error))
        return error->status;
    if (judge(store, error) || count(store, counts, error) || refresh(store, counts, error) ||
        note_differences(store, counts, error) || note_all_missing(store, counts, error) ||
        execute(store, "DELETE FROM portal_listing WHERE verdict = 'same'", error) ||
        append_reconciled(store, counts, error) || store_commit(store, error)) {
        store_rollback(store);
        return error->status;
    }
    return STATUS_OK;
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
    if (note_missing(store, decision->code, item.has_held_digest ? &item.held_digest : NULL, decision->actor,
                     decision->reason, error) ||
        store_commit(store, error)) {
        store_rollback(store);
        return error->status;
    }
    return STATUS_OK;
}
