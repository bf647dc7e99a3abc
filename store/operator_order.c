#include "store/operator_order.h"

#include "adapters/crypto.h"
#include "core/canonical.h"
#include "store/approval.h"
#include "store/ledger.h"
#include "store/merkle.h"
#include "store/sql.h"
#include "store/transform_queue.h"

#define GROUP 500 /* records at a time */

struct taking {
    struct store *store;
    const struct operator_order_request *request;
    struct operator_order_counts *counts;
    struct arena lists; /* of the filter */
    struct text codes, sources;
    struct arena arena; /* of a group */
    struct approval_gate gate;
};

static void bind_filter(const struct taking *taking, struct sqlite_statement *statement)
{
    sqlite_bind_text(statement, 1, taking->codes);
    sqlite_bind_text(statement, 2, taking->sources);
    if (taking->request->run)
        sqlite_bind_number(statement, 3, taking->request->run);
}

static enum status append(struct taking *taking, const char *source, struct text key, struct text code,
                          const char *state, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct value *detail = value_object(&arena);
    value_put(&arena, detail, "key", key);
    value_set(detail, "reason", value_string(&arena, taking->request->reason));
    value_set(detail, "state", value_string(&arena, state));
    struct ledger_event event = {
        .event = "retried", .source = source, .code = code, .actor = taking->request->actor, .detail = detail
    };
    return ledger_append(taking->store, &event, NULL, error);
}

/* ---- records ---- */

struct kept_record {
    int64_t record;
    const char *source;
    struct text key, code;
    bool held;
};

static enum status list_records(struct taking *taking, int64_t after, struct kept_record *list, size_t *count,
                                struct error *error)
{
    struct sqlite_statement *row;
    *count = 0;
    if (store_sql(
            taking->store,
            "SELECT r.id, s.name, r.key, r.code, r.outcome = 'held' FROM record r JOIN source s"
            " ON s.id = r.source WHERE r.outcome IN ('rejected', 'held') AND r.present = 1 AND r.id > ?5"
            " AND (?1 IS NULL OR r.code IN (SELECT value FROM json_each(?1))"
            "  OR r.key IN (SELECT value FROM json_each(?1)))"
            " AND (?2 IS NULL OR s.name IN (SELECT value FROM json_each(?2)))"
            " AND (?3 IS NULL OR r.id IN (SELECT o.id FROM ledger e JOIN source b ON b.name = e.source"
            "  JOIN record o ON o.source = b.id AND o.key = json_extract(e.detail, '$.key')"
            "  WHERE e.run = ?3 AND e.event IN ('rejected', 'held')))"
            " AND (?4 IS NULL OR EXISTS (SELECT 1 FROM finding f WHERE f.record = r.id AND +f.rule = ?4"
            "  AND +f.severity = 'error'))"
            /* What was abolished comes back only on the word of somebody who names it. */
            " AND (?1 IS NOT NULL OR NOT EXISTS (SELECT 1 FROM finding f WHERE f.record = r.id AND f.stage = "
            "3"
            "  AND f.rule = 'congkhai/abolished')) ORDER BY r.id LIMIT ?6",
            &row, error))
        return error->status;
    bind_filter(taking, row);
    sqlite_bind_text(row, 4, text_of(taking->request->rule));
    sqlite_bind_number(row, 5, after);
    sqlite_bind_number(row, 6, GROUP);
    enum status status;
    while ((status = sqlite_step(row, error)) == STATUS_OK)
        list[(*count)++] =
            (struct kept_record){ .record = sqlite_number(row, 0),
                                  .source = text_string(&taking->arena, sqlite_column_text(row, 1)),
                                  .key = sqlite_take_text(&taking->arena, row, 2),
                                  .code = sqlite_take_text(&taking->arena, row, 3),
                                  .held = sqlite_number(row, 4) };
    return status == STATUS_END ? STATUS_OK : status;
}

static enum status take_up_record(struct taking *taking, const struct kept_record *record,
                                  struct error *error)
{
    if (record->held)
        taking->counts->held++;
    else
        taking->counts->rejected++;
    if (append(taking, record->source, record->key, record->code, record->held ? "held" : "rejected",
               error) ||
        sql_run(taking->store, "UPDATE record SET fault = NULL, doubt = 2 WHERE id = ?1 AND doubt = 1",
                SQL_WITH(SQL_NUMBER(record->record)), error))
        return error->status;
    return transform_queue_raise(taking->store, record->record, WORK_MAP, error);
}

static enum status take_up_records(struct taking *taking, struct error *error)
{
    struct kept_record list[GROUP];
    size_t count = GROUP;
    for (int64_t after = 0; count == GROUP; after = count ? list[count - 1].record : after) {
        arena_clear(&taking->arena);
        if (list_records(taking, after, list, &count, error))
            return error->status;
        for (size_t i = 0; i < count; i++)
            if (take_up_record(taking, &list[i], error))
                return error->status;
    }
    return STATUS_OK;
}

/* ---- deliveries ---- */

/* What failed was taken up again, and has not been tried since. */
#define TAKEN_UP                                                                                             \
    "(p.state = 'failed' AND EXISTS (SELECT 1 FROM ledger e WHERE e.code = p.code AND e.event = 'retried'"   \
    " AND e.seq > (SELECT max(f.seq) FROM ledger f WHERE f.code = p.code AND f.event IN ('intended',"        \
    " 'attempted', 'failed', 'unknown'))))"

/* Decided: a withdrawal that was ordered and made, or a content that was dismissed; and, for who names its code, a
 * withdrawal that was ordered, is not made yet and has nothing that could be taken up again. */
#define WITHDRAWS "p.ordered IS NOT NULL AND p.wanted_action = 'withdraw'"
#define DECIDED                                                                                              \
    "((p.ordered IS NOT NULL AND p.held_status IN ('abolished', 'absent'))"                                  \
    " OR (p.ordered IS NULL AND p.dismissed IS NOT NULL)"                                                    \
    " OR (?1 IS NOT NULL AND " WITHDRAWS " AND (p.state = 'idle' OR " TAKEN_UP ")))"

static enum status list_deliveries(struct taking *taking, struct value *list, struct error *error)
{
    struct sqlite_statement *row;
    if (store_sql(
            taking->store,
            "SELECT p.code, " DECIDED ", " WITHDRAWS " FROM procedure_state p WHERE (p.state IN ('refused',"
            " 'failed', 'unknown', 'intended') OR (p.state = 'conflict' AND p.wanted_action IS NOT NULL) OR "
            "(?1 IS "
            "NOT NULL AND p.state = 'idle' AND " DECIDED "))"
            " AND (?1 IS NOT NULL OR NOT " DECIDED ")"
            " AND (?1 IS NULL OR p.code IN (SELECT value FROM json_each(?1)))"
            " AND (?2 IS NULL OR (SELECT s.name FROM record r JOIN source s ON s.id = r.source"
            "  WHERE r.id = p.record) IN (SELECT value FROM json_each(?2)))"
            " AND (?3 IS NULL OR p.code IN (SELECT e.code FROM ledger e WHERE e.run = ?3 AND (e.event IN"
            "  ('refused', 'failed', 'unknown', 'conflict', 'withheld', 'differs') OR (e.event = 'intended'"
            "   AND e.seq = p.intent_event AND p.state = 'intended')))) ORDER BY p.code",
            &row, error))
        return error->status;
    bind_filter(taking, row);
    enum status status;
    while ((status = sqlite_step(row, error)) == STATUS_OK) {
        struct value *item = value_append(list, value_object(&taking->arena));
        value_set(item, "code", value_text(&taking->arena, sqlite_take_text(&taking->arena, row, 0)));
        value_set(item, "decided", value_boolean(&taking->arena, sqlite_number(row, 1)));
        taking->counts->ordered += !sqlite_number(row, 1) && sqlite_number(row, 2);
    }
    return status == STATUS_END ? STATUS_OK : status;
}

static void count_delivery(struct operator_order_counts *counts, enum outbox_state state, bool decided)
{
    if (decided)
        counts->lifted++;
    else if (state == OUTBOX_FAILED)
        counts->failed++;
    else if (state == OUTBOX_UNKNOWN ||
             state == OUTBOX_INTENDED) /* its run died: what became of it nobody knows */
        counts->unknown++;
    else if (state == OUTBOX_REFUSED)
        counts->refused++;
    else
        counts->conflict++;
}

static enum status take_up_delivery(struct taking *taking, struct text code, bool decided,
                                    struct error *error)
{
    struct outbox_item item;
    if (outbox_find(taking->store, &taking->arena, code, &item, error))
        return error->status;
    const char *state = decided ? "decided" : outbox_state_name(item.state);
    count_delivery(taking->counts, item.state, decided);
    if (decided)
        outbox_item_lift(&item);
    else
        outbox_item_retry(&item);
    if (append(taking, NULL, TEXT_NONE, code, state, error) || outbox_save(taking->store, &item, error))
        return error->status;
    /* The record wants again what it says. */
    return decided ? transform_queue_raise(taking->store, item.record, WORK_RESOLVE, error) : STATUS_OK;
}

static void note_taken(struct taking *taking, struct text code)
{
    const struct operator_order_request *request = taking->request;
    if (request->taken)
        value_append(request->taken, value_text(request->arena, text_copy(request->arena, code)));
}

/* ---- what approvers sent back ---- */

static enum status is_sent_back(struct taking *taking, struct text code, struct outbox_item *item,
                                bool *sent_back, struct error *error)
{
    enum approval_standing standing = APPROVAL_FREE;
    const struct approval_entry *entry;
    enum status status = outbox_find(taking->store, &taking->arena, code, item, error);
    if (!status && taking->gate.bound && item->wanted && item->state == OUTBOX_IDLE)
        status = approval_gate_judge(&taking->gate, item, &standing, &entry, error);
    *sent_back = standing == APPROVAL_SENT_BACK;
    return status == STATUS_END ? STATUS_OK : status;
}

/* It is asked for anew; a withdrawal that was ordered stays so. */
static enum status ask_anew(struct taking *taking, struct error *error)
{
    const struct outbox_filter *filter = &taking->request->filter;
    for (size_t i = 0; i < filter->code_count; i++) {
        struct outbox_item item;
        bool sent_back;
        arena_clear(&taking->arena);
        if (is_sent_back(taking, filter->codes[i], &item, &sent_back, error))
            return error->status;
        if (!sent_back)
            continue;
        if (append(taking, NULL, TEXT_NONE, item.code, "sent-back", error))
            return error->status;
        taking->counts->sent_back++;
        taking->counts->ordered += item.action == OUTBOX_WITHDRAW && item.ordered;
        note_taken(taking, item.code);
    }
    return STATUS_OK;
}

/* ---- all of them ---- */

static enum status take_up_deliveries(struct taking *taking, struct error *error)
{
    arena_clear(&taking->arena);
    struct value *list = value_list(&taking->arena);
    if (list_deliveries(taking, list, error))
        return error->status;
    for (const struct value *delivery = list->first; delivery; delivery = delivery->next) {
        struct text code = value_text_of(delivery, "code");
        struct outbox_item item;
        bool sent_back;
        if (is_sent_back(taking, code, &item, &sent_back, error))
            return error->status;
        if (sent_back)
            continue;
        if (take_up_delivery(taking, code, value_find(delivery, "decided")->truth, error))
            return error->status;
        note_taken(taking, code);
    }
    return ask_anew(taking, error);
}

enum status operator_order_retry(struct store *store, const struct operator_order_request *request,
                                 struct operator_order_counts *counts, struct error *error)
{
    struct taking taking = { .store = store, .request = request, .counts = counts };
    *counts = (struct operator_order_counts){ .rejected = 0 };
    taking.codes = outbox_filter_codes(&taking.lists, &request->filter);
    taking.sources = outbox_filter_sources(&taking.lists, &request->filter);
    enum status status = approval_gate_open(store, &taking.gate, error);
    if (!status && !(status = store_begin(store, error))) {
        status = take_up_records(&taking, error);
        if (!status && !request->rule)
            status = take_up_deliveries(&taking, error);
        status = store_end(store, status, error);
    }
    approval_gate_close(&taking.gate);
    arena_free(&taking.lists);
    arena_free(&taking.arena);
    return status;
}

/* ---- an order to withdraw ---- */

static struct text write_order(struct arena *arena, const struct operator_order *order)
{
    struct value *object = value_object(arena);
    value_set(object, "decision", value_string(arena, order->decision));
    value_set(object, "reason", value_string(arena, order->reason));
    return canonical_copy(arena, object);
}

static enum status append_order(struct store *store, struct arena *arena, const struct operator_order *order,
                                const struct outbox_item *item, struct error *error)
{
    struct value *detail = value_object(arena);
    value_set(detail, "decision", value_string(arena, order->decision));
    if (item->has_dismissed)
        value_set(detail, "dismissed", value_digest(arena, &item->dismissed));
    value_set(detail, "reason", value_string(arena, order->reason));
    struct ledger_event event = { .event = "withdrawal-ordered",
                                  .code = order->code,
                                  .digest = &item->digest,
                                  .actor = order->actor,
                                  .detail = detail };
    return ledger_append(store, &event, NULL, error);
}

static enum status give_order(struct store *store, struct arena *arena, const struct operator_order *order,
                              struct outbox_item *item, struct text bytes, struct outbox_wish *wish,
                              struct error *error)
{
    bool says;
    struct digest said;
    if (store_begin(store, error))
        return error->status;
    wish->event = (int64_t)store_tree(store)->size + 1; /* that of append_order */
    /* A record that only lacked the decision is resolved again. */
    struct transform_shared lacking = { .code = order->code, .abolished = true, .rejected = true };
    if (outbox_said(store, item, &says, &said, error) ||
        store_payload_put(store, PAYLOAD_KEPT, &wish->digest, bytes, &wish->content, error))
        return store_end(store, error->status, error);
    outbox_item_order(item, wish, says ? &said : NULL);
    if (append_order(store, arena, order, item, error) || outbox_save(store, item, error) ||
        transform_queue_share(store, &lacking, error))
        return store_end(store, error->status, error);
    return store_end(store, STATUS_OK, error);
}

enum status operator_order_withdraw(struct store *store, const struct operator_order *order,
                                    enum operator_order_result *ordered, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct outbox_item item;
    enum status status = outbox_find(store, &arena, order->code, &item, error);
    if (status)
        return status;
    struct text bytes = write_order(&arena, order);
    struct outbox_wish wish = { .action = OUTBOX_WITHDRAW, .digest = crypto_sha256(bytes) };
    bool stands = item.ordered && item.wanted && item.action == OUTBOX_WITHDRAW &&
                  digest_equal(&item.digest, &wish.digest);
    *ordered = item.held_abolished && !outbox_is_open(&item) ? OPERATOR_ABOLISHED_ALREADY
               : stands && item.state != OUTBOX_REFUSED && item.state != OUTBOX_CONFLICT
                   ? OPERATOR_ORDERED_BEFORE
                   : OPERATOR_ORDERED;
    return *ordered == OPERATOR_ORDERED ? give_order(store, &arena, order, &item, bytes, &wish, error)
                                        : STATUS_OK;
}
