/* Settling: an operator says which side is right. */
#include <string.h>

#include "adapters/crypto.h"
#include "store/ledger.h"
#include "store/merkle.h"
#include "store/reconciliation.h"
#include "store/sql.h"
#include "store/transform_queue.h"

/* The order of a withdrawal that was made: an operator's that stands, else the last that was sent. */
#define ORDER                                                                                                \
    "(SELECT p.id FROM payload p WHERE p.digest = coalesce("                                                 \
    "  (SELECT e.digest FROM ledger e WHERE e.seq = w.ordered),"                                             \
    "  (SELECT e.digest FROM ledger e WHERE e.code = w.code AND e.event = 'withdrawn'"                       \
    "   AND json_extract(e.detail, '$.adopted') IS NULL ORDER BY e.seq DESC LIMIT 1)))"

/* What is to stand there: what is wanted, else what an operator ordered or the record says, else what was
 * acknowledged last. What was withdrawn is not published for that; a record that has another code by now says nothing of
 * this one. */
static const char to_stand[] =
    "WITH w AS (SELECT s.*, r.content AS said, CASE WHEN s.wanted_action IS NOT NULL THEN 'wanted'"
    "  WHEN r.status = 'announced' AND s.ordered IS NULL THEN 'announced'"
    "  WHEN s.ordered IS NOT NULL OR s.held_status = 'abolished' THEN 'withdrawn'"
    "  WHEN r.status = 'abolished' THEN 'abolished' ELSE 'held' END AS which"
    "  FROM procedure_state s LEFT JOIN record r ON r.id = s.record AND r.code = s.code AND r.present = 1"
    "  AND r.outcome = 'accepted' WHERE s.code = ?1)"
    " SELECT w.action, p.id, p.digest FROM (SELECT CASE w.which WHEN 'wanted' THEN w.wanted_action"
    "  WHEN 'withdrawn' THEN 'withdraw' WHEN 'abolished' THEN 'withdraw' ELSE 'publish' END AS action,"
    "  CASE w.which WHEN 'wanted' THEN w.wanted_content WHEN 'withdrawn' THEN " ORDER
    "  WHEN 'held' THEN CASE w.held_status WHEN 'published' THEN w.held_content END ELSE w.said END AS "
    "content"
    "  FROM w) w"
    " LEFT JOIN payload p ON p.id = w.content";

static enum status find_wish(struct store *store, struct text code, struct outbox_wish *wish,
                             struct error *error)
{
    struct sqlite_statement *row;
    *wish = (struct outbox_wish){ .event = 0 };
    enum status status = sql_row(store, to_stand, SQL_WITH(SQL_TEXT(code)), &row, error);
    if (status)
        return status;
    wish->action = text_is(sqlite_column_text(row, 0), "withdraw") ? OUTBOX_WITHDRAW : OUTBOX_PUBLISH;
    wish->content = sqlite_number(row, 1);
    bool found = sqlite_digest(row, 2, &wish->digest);
    sqlite_reset_statement(row);
    return found ? STATUS_OK : STATUS_END;
}

/* ---- is there anything to settle? ---- */

static enum status is_believed(struct store *store, const struct reconciliation_decision *decision,
                               bool *believed, struct error *error)
{
    return sql_any(
        store,
        "SELECT 1 FROM procedure_state WHERE code = ?1 AND state = 'idle' AND wanted_action IS NULL"
        " AND overwrite IS NULL AND held_status = ?2 AND held_digest = ?3 AND held_version IS ?4",
        SQL_WITH(SQL_TEXT(decision->code),
                 SQL_TEXT(decision->abolished ? TEXT("abolished") : TEXT("published")),
                 SQL_DIGEST(decision->has_digest ? &decision->digest : NULL), SQL_TEXT(decision->version)),
        believed, error);
}

enum status reconciliation_weigh(struct store *store, const struct reconciliation_decision *decision,
                                 bool *believed, bool *ours, struct error *error)
{
    struct outbox_wish wish;
    *ours = false;
    if (is_believed(store, decision, believed, error))
        return error->status;
    enum status status = find_wish(store, decision->code, &wish, error);
    if (status)
        return status == STATUS_END ? STATUS_OK : status;
    *ours = wish.action == OUTBOX_WITHDRAW ? decision->abolished
                                           : decision->has_digest && !decision->abolished &&
                                                 digest_equal(&wish.digest, &decision->digest);
    return STATUS_OK;
}

/* ---- adopting ---- */

/* The event's digest is of bytes that the store has; where the portal names another one, it came in other
 * bytes. */
static enum status append_adopted(struct store *store, const struct reconciliation_decision *decision,
                                  const char *event_name, const char *action, const struct outbox_item *item,
                                  struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct value *detail = value_object(&arena);
    value_set(detail, "action", value_string(&arena, action));
    value_set(detail, "adopted", value_boolean(&arena, true));
    value_set(detail, "asked", value_boolean(&arena, true));
    if (item->has_dismissed)
        value_set(detail, "dismissed", value_digest(&arena, &item->dismissed));
    value_put(&arena, detail, "etag", decision->etag);
    if (decision->has_digest && !digest_equal(&decision->digest, &item->held_digest))
        value_set(detail, "portal_digest", value_digest(&arena, &decision->digest));
    value_set(detail, "reason", value_string(&arena, decision->reason));
    value_put(&arena, detail, "version", decision->version.bytes ? decision->version : decision->etag);
    struct ledger_event event = { .event = event_name,
                                  .code = decision->code,
                                  .digest = &item->held_digest,
                                  .actor = decision->actor,
                                  .detail = detail };
    return ledger_append(store, &event, NULL, error);
}

static enum status adopt(struct store *store, struct arena *arena,
                         const struct reconciliation_decision *decision, struct text content,
                         struct error *error)
{
    struct outbox_item item;
    struct digest said;
    bool says;
    /* An abolished one was published before: two events, of which the last says how it stands. */
    struct outbox_standing standing = { .abolished = decision->abolished,
                                        .digest = crypto_sha256(content),
                                        .version = decision->version,
                                        .etag = decision->etag,
                                        .event = (int64_t)store_tree(store)->size + 1 + decision->abolished };
    if (store_payload_put(store, PAYLOAD_KEPT, &standing.digest, content, &standing.content, error) ||
        outbox_find(store, arena, decision->code, &item, error) > STATUS_END ||
        outbox_said(store, &item, &says, &said, error))
        return error->status;
    outbox_item_adopt(&item, &standing, says ? &said : NULL);
    if (append_adopted(store, decision, "published", "publish", &item, error) ||
        (decision->abolished && append_adopted(store, decision, "withdrawn", "withdraw", &item, error)) ||
        outbox_save(store, &item, error))
        return error->status;
    /* There is something to withdraw now: does the record say by which decision? */
    struct transform_shared shared = { .code = decision->code, .abolished = true };
    return transform_queue_share(store, &shared, error);
}

/* STATUS_END: it cannot be had. */
static enum status find_shown(struct store *store, struct arena *arena,
                              const struct reconciliation_decision *decision, struct text *content,
                              struct error *error)
{
    /* One of our own, from before, may be what stands there: the portal may show it in another dress. */
    enum status status = decision->has_digest
                             ? store_payload_by_digest(store, arena, &decision->digest, content, error)
                             : STATUS_END;
    if (status != STATUS_END || !decision->content.bytes)
        return status;
    *content = decision->content;
    return STATUS_OK;
}

enum status reconciliation_adopt(struct store *store, const struct reconciliation_decision *decision,
                                 struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct text content = TEXT_NONE;
    enum status status = find_shown(store, &arena, decision, &content, error);
    if (status || store_begin(store, error))
        return status ? status : error->status;
    return store_end(store, adopt(store, &arena, decision, content, error), error);
}

/* ---- overwriting ---- */

static enum status append_overwrite(struct store *store, const struct reconciliation_decision *decision,
                                    struct text base, struct outbox_wish *wish, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct value *detail = value_object(&arena);
    value_set(detail, "action", value_string(&arena, outbox_action_name(wish->action)));
    value_put(&arena, detail, "base", base);
    if (decision->has_digest)
        value_set(detail, "portal_digest", value_digest(&arena, &decision->digest));
    value_set(detail, "reason", value_string(&arena, decision->reason));
    value_set(detail, "status",
              value_string(&arena, decision->strange     ? "strange"
                                   : decision->abolished ? "abolished"
                                                         : "published"));
    value_put(&arena, detail, "version", decision->version);
    struct ledger_event event = { .event = "overwrite-ordered",
                                  .code = decision->code,
                                  .digest = &wish->digest,
                                  .actor = decision->actor,
                                  .detail = detail };
    return ledger_append(store, &event, &wish->event, error);
}

/* The very thing that was acknowledged last: then the order sends what is wanted as any night would, and nothing once
 * what is wanted stands there again. */
static bool is_held(const struct outbox_item *item, const struct reconciliation_decision *decision)
{
    return item->held && item->has_held_digest && decision->has_digest && !decision->strange &&
           item->held_abolished == decision->abolished &&
           digest_equal(&item->held_digest, &decision->digest) && item->version.bytes &&
           decision->version.bytes && text_equal(item->version, decision->version);
}

enum status reconciliation_overwrite(struct store *store, const struct reconciliation_decision *decision,
                                     struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct outbox_item item;
    struct outbox_wish wish;
    struct text content = TEXT_NONE;
    enum status status = find_wish(store, decision->code, &wish, error);
    if (!status)
        status = outbox_find(store, &arena, decision->code, &item, error);
    struct text base = !status && is_held(&item, decision) ? TEXT_NONE : decision->base;
    /* A withdrawal leaves there what stands there, and that is what is held from then on. */
    if (!status && wish.action == OUTBOX_WITHDRAW && !decision->strange &&
        find_shown(store, &arena, decision, &content, error) > STATUS_END)
        status = error->status;
    if (status || store_begin(store, error))
        return status ? status : error->status;
    status = append_overwrite(store, decision, base, &wish, error);
    if (!status) {
        outbox_item_overwrite(&item, &wish, base);
        status = outbox_save(store, &item, error);
    }
    if (!status && content.bytes)
        status = adopt(store, &arena, decision, content, error);
    return store_end(store, status, error);
}
