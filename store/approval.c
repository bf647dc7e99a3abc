#include "store/approval.h"

#include <string.h>

#include "adapters/crypto.h"
#include "adapters/json.h"
#include "store/approval_rows.h"
#include "store/approval_signature.h"
#include "store/ledger_entry.h"
#include "store/merkle.h"
#include "store/outbox_scan.h"
#include "store/sql.h"

#define ONE_EVENT                                                                                            \
    "SELECT seq, run, at, event, code, actor, detail, digest, hash, source FROM ledger "                     \
    "WHERE " APPROVAL_EVENTS " ORDER BY seq"

struct reader {
    struct store *store;
    struct approval_reading *reading;
    struct approval_state *state;
    struct arena arena; /* of an event */
    struct buffer bytes;
    int64_t now;
};

static enum status doubt(struct reader *reader, int64_t event, const char *sentence, struct error *error)
{
    if (reader->reading->doubt)
        return reader->reading->doubt(reader->reading->user_data, event, sentence, error);
    return error_set(
        error, STATUS_LEDGER,
        _("%s: event %lld, by which something would be approved, does not hold: %s; nothing was sent. "
          "\"congkhai audit verify\" looks at all of it; keep a copy of the file and restore a backup"),
        store_path(reader->store), (long long)event, sentence);
}

enum status approval_document(struct store *store, struct arena *arena, const struct digest *digest,
                              struct value **document, struct error *error)
{
    struct text bytes;
    enum status status = store_payload_by_digest(store, arena, digest, &bytes, error);
    if (status)
        return status;
    struct digest seen = crypto_sha256(bytes);
    struct error reason;
    return !digest_equal(&seen, digest) || json_parse(arena, bytes, document, &reason) ? STATUS_END
                                                                                       : STATUS_OK;
}

/* Does anything that can still happen rest on this signature? */
static bool matters(const struct reader *reader, const struct approval_list *list,
                    const struct approval_event *event)
{
    return reader->reading->all || !list || list->people ||
           event->at + reader->state->force.expires >= reader->now;
}

static enum status verify_signature(struct reader *reader, const struct approval_event *event,
                                    const char **sentence, struct error *error)
{
    static char words[400];
    const struct approval_list *list =
        approval_state_list(reader->state, value_number_of(event->detail, "list"));
    struct digest text;
    const char *why;
    if (!list || !digest_from_hex(value_text_of(event->detail, "text_digest"), &text) ||
        !matters(reader, list, event))
        return STATUS_OK; /* the fold says it */
    struct approval_signature signature = { .person = approval_state_approver(reader->state, list,
                                                                              event->actor, &why),
                                            .authorities = reader->state->force.authorities,
                                            .document = event->digest,
                                            .detail = event->detail,
                                            .at = event->at };
    if (!signature.person)
        return STATUS_OK;
    enum status status =
        store_payload_by_digest(reader->store, &reader->arena, &text, &signature.text, error);
    if (status > STATUS_END)
        return status;
    struct error reason = { 0 };
    struct approval_payloads payloads = approval_payloads_of(reader->store);
    struct digest seen = crypto_sha256(status ? TEXT("") : signature.text);
    if (status || !digest_equal(&seen, &text))
        status = error_set(&reason, STATUS_REJECT, _("the words that were signed are gone or were changed"));
    else
        status = approval_signature_verify(&payloads, &signature, &reason);
    if (status && status != STATUS_REJECT)
        return error_copy(error, status, &reason);
    if (status) {
        text_print(words, sizeof words, "%s", reason.message);
        *sentence = words;
        reader->reading->unverified++;
    } else {
        reader->reading->verified++;
    }
    return STATUS_OK;
}

/* The statement is the store's own, and other statements run while it stands: all of it moves into the arena. */
static bool read_row(struct reader *reader, struct sqlite_statement *row, struct approval_event *event)
{
    struct arena *arena = &reader->arena;
    struct value *detail;
    struct error reason;
    arena_clear(arena);
    struct ledger_entry entry = { .seq = sqlite_number(row, 0),
                                  .run = sqlite_number(row, 1),
                                  .at = sqlite_take_text(arena, row, 2),
                                  .event = sqlite_take_text(arena, row, 3),
                                  .code = sqlite_take_text(arena, row, 4),
                                  .actor = sqlite_take_text(arena, row, 5),
                                  .detail = sqlite_take_text(arena, row, 6),
                                  .source = sqlite_take_text(arena, row, 9) };
    entry.has_digest = sqlite_digest(row, 7, &entry.digest);
    sqlite_digest(row, 8, &entry.hash);
    *event = (struct approval_event){ .seq = entry.seq,
                                      .run = entry.run,
                                      .event = entry.event,
                                      .code = entry.code,
                                      .actor = entry.actor,
                                      .has_digest = entry.has_digest,
                                      .digest = entry.digest };
    ledger_canonical(&reader->bytes, &entry);
    struct digest leaf = merkle_leaf(buffer_view(&reader->bytes));
    bool read = digest_equal(&leaf, &entry.hash) && clock_parse(entry.at, &event->at) &&
                !json_parse(arena, entry.detail, &detail, &reason);
    event->detail = read ? detail : NULL;
    return read;
}

static enum status take(struct reader *reader, struct approval_event *event, struct error *error)
{
    const char *sentence = NULL;
    struct value *document = NULL;
    if (event->has_digest && approval_is_decision(event->event) &&
        approval_document(reader->store, &reader->arena, &event->digest, &document, error) > STATUS_END)
        return error->status;
    event->document = document;
    if (text_is(event->event, "approved") && verify_signature(reader, event, &sentence, error))
        return error->status;
    if (!sentence) {
        sentence = approval_state_take(reader->state, event);
        sentence = sentence ? _(sentence) : NULL;
    }
    return sentence ? doubt(reader, event->seq, sentence, error) : STATUS_OK;
}

enum status approval_read(struct store *store, struct arena *arena, struct approval_reading *reading,
                          struct approval_state *state, struct error *error)
{
    struct clock *clock = store_clock(store);
    struct reader reader = { .store = store, .reading = reading, .state = state, .now = clock->now(clock) };
    struct sqlite_statement *rows;
    *state = (struct approval_state){ .arena = arena };
    if (sqlite_prepare(store_database(store), ONE_EVENT, &rows, error))
        return error->status;
    enum status status;
    while ((status = sqlite_step(rows, error)) == STATUS_OK) {
        struct approval_event event;
        if (read_row(&reader, rows, &event))
            status = take(&reader, &event, error);
        else
            status =
                doubt(&reader, event.seq, _("an event it rests on is not the one that was written"), error);
        if (status)
            break;
    }
    sqlite_finish(rows);
    arena_free(&reader.arena);
    buffer_free(&reader.bytes);
    approval_state_close(state);
    return status == STATUS_END ? STATUS_OK : status;
}

/* ---- the gate ---- */

enum status approval_gate_open(struct store *store, struct approval_gate *gate, struct error *error)
{
    struct approval_reading reading = { .all = false };
    *gate = (struct approval_gate){ .store = store };
    if (approval_read(store, &gate->arena, &reading, &gate->state, error))
        return error->status;
    gate->bound = gate->state.founded && approval_rules_bind(&gate->state.force);
    if (!gate->bound || !approval_rules_ask_extent(&gate->state.force))
        return STATUS_OK;
    /* Of everything that is wanted, whatever a command is held to: else a large night could go in small pieces. */
    struct outbox_filter all = { .code_count = 0 };
    struct outbox_extent extent;
    if (outbox_extent(store, &all, &extent, error))
        return error->status;
    gate->published = extent.published;
    gate->changes = outbox_extent_replaced(&extent) + extent.withdrawals;
    return STATUS_OK;
}

void approval_gate_close(struct approval_gate *gate)
{
    arena_free(&gate->arena);
    arena_free(&gate->scratch);
}

static enum status find_source(struct approval_gate *gate, const struct outbox_item *item,
                               struct approval_facts *facts, struct error *error)
{
    struct sqlite_statement *row;
    enum status status =
        sql_row(gate->store, APPROVAL_SOURCE_OF_RECORD, SQL_WITH(SQL_NUMBER(item->record)), &row, error);
    if (status == STATUS_OK) {
        facts->source = sqlite_take_text(&gate->scratch, row, 0);
        facts->department = sqlite_take_text(&gate->scratch, row, 1);
    }
    return sql_end(row, status);
}

/* An intent that was recalled has used nothing; nor has, yet, the one that is open. */
enum status approval_was_used(struct store *store, const struct approval_entry *entry, bool *used,
                              struct error *error)
{
    return sql_any(store,
                   "SELECT 1 FROM ledger i WHERE i.code = ?1 AND i.event = 'intended'"
                   " AND json_extract(i.detail, '$.approval') = ?2 AND NOT EXISTS (SELECT 1 FROM ledger r"
                   "  WHERE r.code = ?1 AND r.seq > i.seq AND r.event = 'recalled'"
                   "  AND json_extract(r.detail, '$.key') = json_extract(i.detail, '$.key')"
                   "  AND json_extract(r.detail, '$.reconciled') IS NULL AND json_extract(r.detail, "
                   "'$.absent') IS NULL)"
                   " AND NOT EXISTS (SELECT 1 FROM procedure_state s WHERE s.code = ?1"
                   "  AND s.intent_event = i.seq AND s.state IN ('intended', 'unknown', 'failed'))",
                   SQL_WITH(SQL_TEXT(entry->step.code), SQL_NUMBER(entry->event)), used, error);
}

/* What is open goes on by the approval that its intent names, and by no other. */
static enum status find_intended_by(struct store *store, const struct outbox_item *item, int64_t *approved,
                                    struct error *error)
{
    return sql_number(store,
                      "SELECT coalesce(json_extract(detail, '$.approval'), 0) FROM ledger WHERE seq = ?1",
                      SQL_WITH(SQL_NUMBER(item->intent_event)), approved, error);
}

static enum status is_spent(struct store *store, const struct outbox_item *item,
                            const struct approval_entry *entry, bool *spent, struct error *error)
{
    int64_t approved = 0;
    if (approval_was_used(store, entry, spent, error))
        return error->status;
    if (*spent || !outbox_is_open(item))
        return STATUS_OK;
    if (find_intended_by(store, item, &approved, error))
        return error->status;
    *spent = approved != entry->event;
    return STATUS_OK;
}

enum status approval_gate_judge(struct approval_gate *gate, const struct outbox_item *item,
                                enum approval_standing *standing, const struct approval_entry **entry,
                                struct error *error)
{
    struct approval_step step;
    struct approval_facts facts = { .withdraws = item->action == OUTBOX_WITHDRAW,
                                    .published = gate->published,
                                    .changes = gate->changes };
    struct clock *clock = store_clock(gate->store);
    *standing = APPROVAL_FREE;
    *entry = NULL;
    if (!gate->bound)
        return STATUS_OK;
    arena_clear(&gate->scratch);
    if (approval_rules_ask_source(&gate->state.force) && item->record &&
        find_source(gate, item, &facts, error))
        return error->status;
    approval_step_of(item, &step);
    bool needed = approval_rules_need(&gate->state.force, &facts), spent = false;
    *standing =
        approval_state_judge(&gate->state, &step, needed, clock->now(clock) + APPROVAL_STAMP_MS, entry);
    if (*standing == APPROVAL_APPROVED && is_spent(gate->store, item, *entry, &spent, error))
        return error->status;
    if (spent)
        *standing = needed ? APPROVAL_UNSUBMITTED : APPROVAL_FREE;
    return STATUS_OK;
}

/* Does it leave, by that? */
static bool lets_pass(enum approval_standing standing)
{
    return standing == APPROVAL_FREE || standing == APPROVAL_APPROVED;
}

static bool is_pending(const struct outbox_item *item)
{
    return item->wanted && item->state == OUTBOX_IDLE;
}

static void count_extent(struct outbox_extent *extent, const struct outbox_item *item)
{
    bool published = item->held && !item->held_abolished;
    if (!item->wanted)
        return;
    extent->fresh += !item->held && item->action == OUTBOX_PUBLISH;
    if (!published)
        return;
    extent->withdrawals += item->action == OUTBOX_WITHDRAW;
    extent->changes += item->action == OUTBOX_PUBLISH &&
                       !(item->has_held_digest && digest_equal(&item->digest, &item->held_digest));
}

enum status approval_gate_extent(struct approval_gate *gate, const struct outbox_filter *filter,
                                 struct outbox_extent *extent, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct outbox_scan pass;
    struct outbox_item item;
    if (outbox_extent(gate->store, filter, extent, error))
        return error->status;
    if (!gate->bound || (!extent->changes && !extent->withdrawals && !extent->left))
        return STATUS_OK;
    extent->changes = extent->withdrawals = extent->fresh = 0;
    if (outbox_scan_open(&pass, gate->store, filter, error))
        return error->status;
    enum status status;
    while ((status = outbox_scan_next(&pass, &arena, &item, error)) == STATUS_OK) {
        enum approval_standing standing = APPROVAL_FREE;
        const struct approval_entry *entry;
        if (is_pending(&item) && (status = approval_gate_judge(gate, &item, &standing, &entry, error)))
            break;
        if (standing == APPROVAL_FREE)
            count_extent(extent, &item);
        arena_clear(&arena);
    }
    outbox_scan_close(&pass);
    return status == STATUS_END ? STATUS_OK : status;
}

static enum status count_all(struct approval_gate *gate, struct approval_counts *counts, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct outbox_filter all = { .code_count = 0 };
    struct outbox_scan pass;
    struct outbox_item item;
    if (outbox_scan_open(&pass, gate->store, &all, error))
        return error->status;
    enum status status;
    while ((status = outbox_scan_next(&pass, &arena, &item, error)) == STATUS_OK) {
        enum approval_standing standing = APPROVAL_FREE;
        const struct approval_entry *entry;
        if (is_pending(&item) && (status = approval_gate_judge(gate, &item, &standing, &entry, error)))
            break;
        counts->sent_back += standing == APPROVAL_SENT_BACK;
        counts->approved += standing == APPROVAL_APPROVED;
        counts->waiting += !lets_pass(standing) && standing != APPROVAL_SENT_BACK;
        arena_clear(&arena);
    }
    outbox_scan_close(&pass);
    return status == STATUS_END ? STATUS_OK : status;
}

enum status approval_count(struct store *store, struct approval_counts *counts, struct error *error)
{
    struct approval_gate gate;
    *counts = (struct approval_counts){ .waiting = 0 };
    enum status status = approval_gate_open(store, &gate, error);
    if (!status && gate.bound)
        status = count_all(&gate, counts, error);
    approval_gate_close(&gate);
    return status;
}
