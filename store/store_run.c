#include "store/store_run.h"

#include "adapters/unicode.h"
#include "core/error_value.h"
#include "store/approval.h"
#include "store/audit.h"
#include "store/ledger.h"
#include "store/migrate.h"
#include "store/outbox.h"
#include "store/outbox_proof.h"
#include "store/schema.h"
#include "store/sql.h"
#include "store/staging.h"
#include "store/steering.h"

static enum status keep_configuration(struct store *store, const struct run_start *start, struct error *error)
{
    int64_t payload;
    if (start->configuration.length &&
        store_payload_put(store, PAYLOAD_KEPT, &start->config_digest, start->configuration, &payload, error))
        return error->status;
    if (start->rules.length &&
        store_payload_put(store, PAYLOAD_KEPT, &start->rules_digest, start->rules, &payload, error))
        return error->status;
    return STATUS_OK;
}

static enum status write_start(struct store *store, const struct run_start *start, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct digest schema;
    int64_t run;
    if (sql_number(store, "SELECT coalesce(max(run), 0) + 1 FROM ledger", NULL, &run, error) ||
        schema_own(&schema, error))
        return error->status;
    store_set_run(store, run);
    struct value *detail = value_object(&arena);
    value_set(detail, "command", value_string(&arena, start->command));
    value_set(detail, "config_digest", value_digest(&arena, &start->config_digest));
    if (start->filter)
        value_set(detail, "filter", value_copy(&arena, start->filter));
    value_set(detail, "host", value_text(&arena, unicode_mend(&arena, text_of(start->host))));
    value_set(detail, "rules_digest", value_digest(&arena, &start->rules_digest));
    value_set(detail, "schema", value_digest(&arena, &schema));
    value_set(detail, "version", value_string(&arena, start->version));
    struct ledger_event event = { .event = "run-started", .actor = start->operator_, .detail = detail };
    if (ledger_append(store, &event, NULL, error) || migrate_to_date(store, store_version(store), error))
        return error->status;
    return keep_configuration(store, start, error);
}

enum status store_run_begin(struct store *store, const struct run_start *start, int64_t *run,
                            struct error *error)
{
    if (outbox_remember(store, error) || audit_quick_check(store, store_sealing(store), error) ||
        steering_check(store, error) || audit_mend_head(store, error) || store_begin(store, error))
        return error->status;
    enum status status = store_end(store, write_start(store, start, error), error);
    if (status) {
        store_set_run(store, 0);
        return status;
    }
    store_set_version(store, STORE_VERSION);
    *run = store_run(store);
    return STATUS_OK;
}

enum status store_run_end(struct store *store, int exit_code, const struct run_counts *counts,
                          const struct error *why, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct value *detail = value_object(&arena);
    const struct {
        const char *name;
        int64_t number;
    } members[] = {
        { "accepted", counts->accepted },   { "changed", counts->changed },
        { "conflict", counts->conflict },   { "exit_code", exit_code },
        { "failed", counts->failed },       { "held", counts->held },
        { "missing", counts->missing },     { "pending", counts->pending },
        { "published", counts->published }, { "refused", counts->refused },
        { "rejected", counts->rejected },   { "seen", counts->seen },
        { "sent", counts->sent },           { "unknown", counts->unknown },
        { "waiting", counts->waiting },     { "withdrawn", counts->withdrawn },
    };
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        value_set(detail, members[i].name, value_integer(&arena, members[i].number));
    if (counts->repairs && counts->repairs->first)
        value_set(detail, "repairs", value_copy(&arena, counts->repairs));
    struct value *parts = why ? error_value(&arena, why) : NULL;
    if (parts)
        value_set(detail, "error", parts);
    if (why && *why->message)
        value_set(detail, "why", value_string(&arena, why->message));
    struct ledger_event event = { .event = "run-finished", .detail = detail };
    BUFFER_OWNED struct buffer origin = { 0 };
    /* The head must not be newer than what survives a power failure. */
    if (store_durable(store, true, error) || store_begin(store, error))
        return error->status;
    /* The first head names the log: what is bound must stand before. */
    if (audit_origin(store, store_sealing(store), &origin, error) ||
        steering_put(store, &arena, detail, error) || ledger_append(store, &event, NULL, error) ||
        audit_seal(store, store_sealing(store), error))
        return store_end(store, error->status, error);
    if (store_end(store, STATUS_OK, error))
        return error->status;
    store_set_run(store, 0);
    return audit_write_head(store, error);
}

static enum status find_open_run(struct store *store, int64_t *run, struct error *error)
{
    struct sqlite_statement *row;
    enum status status = sql_row(store,
                                 "SELECT s.run FROM (SELECT max(run) AS run FROM ledger) s WHERE NOT EXISTS"
                                 " (SELECT 1 FROM ledger e WHERE e.run = s.run AND e.event = 'run-finished')",
                                 NULL, &row, error);
    if (status == STATUS_OK)
        *run = sqlite_number(row, 0);
    return sql_end(row, status);
}

static enum status find_run_where(struct store *store, enum file_lock_look look, int64_t *run,
                                  struct error *error)
{
    *run = 0;
    return store_run(store) || store_look_at_lock(store) != look ? STATUS_OK
                                                                 : find_open_run(store, run, error);
}

enum status store_run_elsewhere(struct store *store, int64_t *run, struct error *error)
{
    return find_run_where(store, FILE_LOCK_HELD, run, error);
}

enum status store_run_untold(struct store *store, int64_t *run, struct error *error)
{
    return find_run_where(store, FILE_LOCK_UNTOLD, run, error);
}

static enum status is_broken_off(struct store *store, int64_t run, bool *broken_off, struct error *error)
{
    int64_t newest;
    if (sql_number(store, "SELECT max(run) FROM ledger", NULL, &newest, error))
        return error->status;
    *broken_off = newest > run || (store_run(store) != run && store_look_at_lock(store) == FILE_LOCK_FREE);
    return STATUS_OK;
}

enum status store_run_tell_broken_off(struct store *store, struct arena *arena, int64_t run,
                                      struct value *told, struct error *error)
{
    bool broken_off = false;
    if (is_broken_off(store, run, &broken_off, error))
        return error->status;
    if (broken_off) {
        value_set(told, "broken_off", value_boolean(arena, true));
        value_set(told, "why", value_string(arena, _("broken off: nobody is at work")));
    }
    return STATUS_OK;
}

bool store_keeps(const struct store_kept_back *kept)
{
    return kept->rejected || kept->held || kept->refused || kept->failed || kept->conflict || kept->unknown ||
           kept->waiting || kept->sent_back || kept->unread;
}

#define SHOWN OUTBOX_SHOWN("q")

enum status store_kept_back(struct store *store, struct store_kept_back *kept, struct error *error)
{
    int64_t run;
    if (store_run_elsewhere(store, &run, error))
        return error->status;
    /* Each goes along an index but the last: most procedures are neither open nor kept. */
    static const char sql[] =
        "SELECT rejected, held, refused, failed, conflict, unknown, pending, missing, unread FROM"
        " (SELECT count(*) FILTER (WHERE outcome = 'rejected') AS rejected,"
        "  count(*) FILTER (WHERE outcome = 'held') AS held"
        "  FROM record WHERE outcome IN ('rejected', 'held') AND present = 1),"
        " (SELECT count(*) FILTER (WHERE state = 'refused') AS refused,"
        "  count(*) FILTER (WHERE shown = 'failed') AS failed,"
        "  count(*) FILTER (WHERE state = 'conflict') AS conflict,"
        "  count(*) FILTER (WHERE shown = 'unknown') AS unknown"
        "  FROM (SELECT q.state, " SHOWN
        " AS shown FROM procedure_state q WHERE q.state <> 'idle' AND " OUTBOX_LEFT(
            "q", "?1") ")),"
                       " (SELECT (SELECT count(*) FROM procedure_state WHERE wanted_action IS NOT NULL) -"
                       "  (SELECT count(*) FROM procedure_state WHERE state <> 'idle' AND +wanted_action IS "
                       "NOT NULL)"
                       "  AS pending),"
                       " (SELECT count(*) AS missing FROM record r WHERE " STAGING_MISSING(
                           "r") "),"
                                " (SELECT count(*) AS unread FROM record WHERE work > 0 AND present = 1 AND "
                                "fault IS NOT "
                                "NULL"
                                "  AND outcome IS NOT 'rejected')";
    struct sqlite_statement *row;
    if (sql_row(store, sql, SQL_WITH(SQL_NUMBER(run)), &row, error))
        return error->status;
    *kept = (struct store_kept_back){ .rejected = sqlite_number(row, 0),
                                      .held = sqlite_number(row, 1),
                                      .refused = sqlite_number(row, 2),
                                      .failed = sqlite_number(row, 3),
                                      .conflict = sqlite_number(row, 4),
                                      .unknown = sqlite_number(row, 5),
                                      .pending = sqlite_number(row, 6),
                                      .missing = sqlite_number(row, 7),
                                      .unread = sqlite_number(row, 8) };
    sqlite_reset_statement(row);
    struct approval_counts asked;
    if (approval_count(store, &asked, error))
        return error->status;
    kept->waiting = asked.waiting;
    kept->sent_back = asked.sent_back;
    return STATUS_OK;
}
