#include "load/delivery_task.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/crypto.h"
#include "adapters/json.h"
#include "core/canonical.h"
#include "core/memory.h"
#include "store/store_run.h"

#define BYTES_KEPT ((size_t)64 * 1024) /* a larger buffer is not kept for the next delivery */

struct delivery_task *delivery_task_new(void)
{
    return memory_new(struct delivery_task);
}

void delivery_task_free(struct delivery_task *delivery_task)
{
    buffer_free(&delivery_task->bytes);
    buffer_free(&delivery_task->message);
    free(delivery_task->why);
    buffer_free(&delivery_task->answered_version);
    buffer_free(&delivery_task->answered_etag);
    buffer_free(&delivery_task->base_version);
    buffer_free(&delivery_task->base_etag);
    free(delivery_task);
}

/* ---- content ---- */

/* The order of a withdrawal: the decision that abolished the procedure. A content that is itself an order (an
 * operator's) goes as it is. It depends on the content alone, so that it is the same when it is sent again.
 */
static enum status write_order(struct arena *scratch, struct text content, struct text *body,
                               struct error *error)
{
    struct value *tree;
    if (json_parse(scratch, content, &tree, error))
        return error->status;
    const struct value *decision = value_find(tree, "decision");
    if (decision && decision->kind == VALUE_TEXT) {
        *body = content;
        return STATUS_OK;
    }
    struct value *order = value_object(scratch);
    struct text number = value_text_of(decision, "number");
    if (number.bytes) /* transform/resolve keeps back what lacks it; a carrier's package may go without */
        value_set(order, "decision", value_text(scratch, number));
    *body = canonical_copy(scratch, order);
    return STATUS_OK;
}

static enum status read_content(struct store *store, struct arena *scratch, const struct outbox_item *item,
                                int64_t content, const struct digest *digest, struct text *bytes,
                                struct error *error)
{
    enum status status = store_payload_of(store, scratch, content, digest, bytes, error);
    if (status != STATUS_END)
        return status;
    return error_set(error, STATUS_LEDGER,
                     _("the store has lost the content of " TEXT_PRINT "; run \"congkhai audit verify\" and "
                       "restore a backup of the store"),
                     TEXT_ARG(item->code));
}

/* ---- packing ---- */

static struct text move_text(struct buffer *bytes, struct text text)
{
    if (!text.bytes)
        return TEXT_NONE;
    char *to = bytes->bytes + bytes->length;
    if (text.length)
        memcpy(to, text.bytes, text.length);
    to[text.length] = 0;
    bytes->length += text.length + 1;
    return (struct text){ to, text.length };
}

/* Everything the delivery needs moves out of the scratch arena into one block of its own. */
static void pack(struct delivery_task *delivery_task, struct text body)
{
    struct outbox_item *item = &delivery_task->item;
    size_t size = item->code.length + item->version.length + item->etag.length + item->key.length +
                  item->intent_base.length + item->overwrite.length + body.length + 7;
    if (delivery_task->bytes.capacity > BYTES_KEPT)
        buffer_free(&delivery_task->bytes);
    buffer_clear(&delivery_task->bytes);
    buffer_room(&delivery_task->bytes, size);
    item->code = move_text(&delivery_task->bytes, item->code);
    item->version = move_text(&delivery_task->bytes, item->version);
    item->etag = move_text(&delivery_task->bytes, item->etag);
    item->key = move_text(&delivery_task->bytes, item->key);
    item->intent_base = move_text(&delivery_task->bytes, item->intent_base);
    item->overwrite = move_text(&delivery_task->bytes, item->overwrite);
    item->message = TEXT_NONE; /* the end of the delivery says its own */
    delivery_task->request.body = move_text(&delivery_task->bytes, body);
}

enum status delivery_task_content(void *user_data, const struct portal_request *request,
                                  enum portal_content_kind kind, struct arena *arena,
                                  struct portal_content *content, struct error *error)
{
    const struct delivery_task *delivery_task = request->owner;
    const struct outbox_item *item = &delivery_task->item;
    bool held = kind == PORTAL_CONTENT_HELD;
    if (held && (!item->held || !item->has_held_digest))
        return STATUS_END;
    *content = (struct portal_content){ .digest = held ? item->held_digest : item->intent_digest,
                                        .abolished = held && item->held_abolished };
    return read_content(user_data, arena, item, held ? item->held_content : item->intent_content,
                        &content->digest, &content->bytes, error);
}

static enum status load_body(struct store *store, struct arena *scratch, struct delivery_task *delivery_task,
                             struct error *error)
{
    struct outbox_item *item = &delivery_task->item;
    struct text content, body;
    if (read_content(store, scratch, item, item->content, &item->digest, &content, error))
        return error->status;
    body = content;
    if (item->action == OUTBOX_WITHDRAW && write_order(scratch, content, &body, error))
        return error->status;
    delivery_task->request.body_digest = item->action == OUTBOX_WITHDRAW ? crypto_sha256(body) : item->digest;
    pack(delivery_task, body);
    return STATUS_OK;
}

/* The portal is known to have lost what was to be replaced, or what was sent: it can only be refused, or answered with
 * the answer of the first time, and what is wanted begins anew without a base. */
static bool is_lost(const struct outbox_item *item)
{
    bool since = item->intent_base.bytes || item->held_event > item->intent_event;
    return item->held_absent && since && !item->overwrite.length;
}

/* Nothing follows that would meet at the portal what was sent, so nobody would see that a queue carried it out. */
static bool is_last_word(const struct outbox_item *item)
{
    return !item->wanted || outbox_is_satisfied(item) || (item->action == OUTBOX_WITHDRAW && !item->held);
}

enum status delivery_task_fill(struct store *store, struct arena *scratch, struct text code,
                               struct delivery_task *delivery_task, enum delivery_event *event,
                               struct error *error)
{
    struct outbox_item *item = &delivery_task->item;
    arena_clear(scratch);
    struct delivery_task fresh = { .bytes = delivery_task->bytes,
                                   .message = delivery_task->message,
                                   .answered_version = delivery_task->answered_version,
                                   .answered_etag = delivery_task->answered_etag,
                                   .base_version = delivery_task->base_version,
                                   .base_etag = delivery_task->base_etag,
                                   .place = delivery_task->place };
    free(delivery_task->why);
    *delivery_task = fresh;
    struct buffer *buffers[] = { &delivery_task->message, &delivery_task->answered_version,
                                 &delivery_task->answered_etag, &delivery_task->base_version,
                                 &delivery_task->base_etag };
    for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++)
        buffer_clear(buffers[i]);
    enum status status = outbox_find(store, scratch, code, item, error);
    if (status)
        return status;
    bool open = outbox_is_open(item);
    if (!open && (item->state != OUTBOX_IDLE || !item->wanted))
        return STATUS_END;
    *event = EVENT_BEGIN;
    if (!open)
        return STATUS_OK;
    bool same = outbox_is_intended(item) && !is_lost(item);
    *event = same ? EVENT_RESUME : EVENT_SETTLE;
    delivery_task->left_over = true;
    delivery_task->delivery.kept = same;
    delivery_task->delivery.noted = item->state == OUTBOX_UNKNOWN;
    delivery_task->delivery.replaces = item->intent_base.bytes != NULL;
    delivery_task->delivery.rests = item->held && (!item->wanted || outbox_is_satisfied(item));
    delivery_task->delivery.ordered = outbox_is_retried(item);
    if (same)
        return load_body(store, scratch, delivery_task, error);
    if (item->state == OUTBOX_UNKNOWN && is_last_word(item) &&
        outbox_was_queued(store, item, &delivery_task->delivery.queued, error))
        return error->status;
    pack(delivery_task, TEXT_NONE);
    return STATUS_OK;
}

enum status delivery_task_intend(struct store *store, struct arena *scratch,
                                 struct delivery_task *delivery_task, struct error *error)
{
    char quoted[DELIVERY_BASE_MAX];
    struct text base = delivery_base(&delivery_task->item, quoted);
    if (outbox_intend(store, scratch, &delivery_task->item, base, error))
        return error->status;
    delivery_task->delivery.replaces = base.bytes != NULL;
    return load_body(store, scratch, delivery_task, error);
}

/* The intent replaces what is held, and not what an operator saw there. */
static bool replaces_held(const struct outbox_item *item)
{
    char quoted[DELIVERY_BASE_MAX];
    struct outbox_item plain = *item;
    plain.overwrite = TEXT_NONE;
    return text_equal(delivery_base(&plain, quoted), item->intent_base);
}

void delivery_task_address(struct delivery_task *delivery_task, enum delivery_action action)
{
    const struct outbox_item *item = &delivery_task->item;
    struct portal_request *request = &delivery_task->request;
    bool withdraws = item->intent_action == OUTBOX_WITHDRAW;
    request->kind = action == DELIVERY_ASK ? PORTAL_ASK : withdraws ? PORTAL_WITHDRAW : PORTAL_PUBLISH;
    request->withdraws = withdraws;
    request->unknown = delivery_task->delivery.noted;
    request->code = item->code;
    request->key = item->key;
    request->digest = item->intent_digest;
    request->base = item->intent_base;
    request->version = replaces_held(item) ? item->version : TEXT_NONE;
    request->owner = delivery_task;
}

/* ---- evidence ---- */

static struct text some(const struct buffer *buffer)
{
    return buffer->length ? buffer_view(buffer) : TEXT_NONE;
}

static struct evidence_facts facts_of(const struct delivery_task *delivery_task, bool asked,
                                      const struct delivery_evidence *evidence)
{
    const struct delivery *delivery = &delivery_task->delivery;
    bool tried = delivery->doubt || delivery_task->left_over;
    return (struct evidence_facts){ .item = &delivery_task->item,
                                    .body = &delivery_task->request.body_digest,
                                    .asked = asked,
                                    .confirm = evidence->confirm,
                                    .again = delivery_task->again,
                                    .vouched = asked && delivery_task->vouched,
                                    .etags = evidence->etags,
                                    .elsewhere = delivery_task->elsewhere,
                                    .replayed = delivery_task->replayed,
                                    .before = delivery->state == DELIVERY_CHECKING_BASE,
                                    .barred = !tried || delivery->state == DELIVERY_CHECKING,
                                    .answered_version = some(&delivery_task->answered_version),
                                    .answered_etag = some(&delivery_task->answered_etag),
                                    .base_version = some(&delivery_task->base_version),
                                    .base_etag = some(&delivery_task->base_etag) };
}

/* Evidence, were it not the answer to what was sent again. */
static bool is_vouched(struct evidence_facts facts, const struct portal_response *report)
{
    facts.again = false;
    return evidence_weigh(&facts, report->said, &report->remote) == EVENT_TAKEN;
}

static void keep(struct buffer *buffer, struct text text)
{
    buffer_clear(buffer);
    buffer_text(buffer, text);
}

static void remember(struct delivery_task *delivery_task, const struct portal_response *report,
                     enum delivery_event event)
{
    const struct remote_state *remote = &report->remote;
    if (report->said == RESULT_TAKEN && !remote->failed) {
        keep(&delivery_task->answered_version, remote->named ? remote->version : TEXT_NONE);
        keep(&delivery_task->answered_etag, remote->etag);
    }
    if (report->said == RESULT_TAKEN)
        delivery_task->answered_status = report->status;
    if (event == EVENT_BASE && delivery_task->delivery.state == DELIVERY_CHECKING_BASE) {
        keep(&delivery_task->base_version, remote->version);
        keep(&delivery_task->base_etag, remote->etag);
    }
    if (delivery_task->delivery.state == DELIVERY_ASKING)
        delivery_task->again |= event == EVENT_BASE || event == EVENT_NOTHING || event == EVENT_UNTOLD;
}

bool delivery_task_awaits_etags(const struct delivery_task *delivery_task,
                                const struct portal_response *report,
                                const struct delivery_evidence *evidence)
{
    struct delivery_evidence hoped = *evidence;
    if (report->said != RESULT_TAKEN || evidence->etags || evidence->useless || evidence->confirm)
        return false;
    hoped.etags = true;
    struct evidence_facts facts = facts_of(delivery_task, false, &hoped);
    return evidence_weigh(&facts, report->said, &report->remote) == EVENT_TAKEN;
}

struct portal_response delivery_task_awaited(struct delivery_task *delivery_task)
{
    return (struct portal_response){ .request = &delivery_task->request,
                                     .said = RESULT_TAKEN,
                                     .status = delivery_task->answered_status,
                                     .retry_after = -1,
                                     .remote = { .version = some(&delivery_task->answered_version),
                                                 .etag = some(&delivery_task->answered_etag) } };
}

/* Not what we want there, but is it what we sent before? Once a run: who takes turns is no latecomer. */
static enum status find_earlier(struct store *store, const struct delivery_task *delivery_task,
                                const struct remote_state *remote, struct evidence_facts *facts,
                                struct error *error)
{
    struct digest digest;
    if (delivery_task->superseded || remote->standing == REMOTE_ABOLISHED || !remote_digest(remote, &digest))
        return STATUS_OK;
    enum status status = outbox_sent_before(store, delivery_task->item.code, &digest, error);
    facts->earlier = status == STATUS_OK;
    return status == STATUS_END ? STATUS_OK : status;
}

/* Evidence that was given before may be the answer of that time given once more (A, B, A), whatever it shows: then a
 * question decides. */
static enum status find_replayed(struct store *store, struct delivery_task *delivery_task,
                                 const struct portal_response *report, struct evidence_facts *facts,
                                 struct error *error)
{
    const struct remote_state *remote = &report->remote;
    struct evidence_facts hoped = *facts;
    hoped.etags = true;
    hoped.again = hoped.replayed = false;
    if (report->said != RESULT_TAKEN || evidence_weigh(&hoped, report->said, remote) != EVENT_TAKEN)
        return STATUS_OK;
    enum status status = outbox_answered_before(store, &delivery_task->item, remote->version, remote->etag,
                                                remote->standing == REMOTE_ABOLISHED, error);
    facts->replayed = delivery_task->replayed = status == STATUS_OK;
    return status == STATUS_END ? STATUS_OK : status;
}

enum status delivery_task_weigh(struct store *store, struct delivery_task *delivery_task,
                                const struct portal_response *report, struct delivery_evidence *evidence,
                                enum delivery_event *event, struct error *error)
{
    const struct remote_state *remote = &report->remote;
    struct evidence_facts facts = facts_of(delivery_task, report->request->kind == PORTAL_ASK, evidence);
    if (find_replayed(store, delivery_task, report, &facts, error))
        return error->status;
    *event = evidence_weigh(&facts, report->said, remote);
    if (*event == EVENT_OTHER) {
        if (find_earlier(store, delivery_task, remote, &facts, error))
            return error->status;
        *event = evidence_weigh(&facts, report->said, remote);
    }
    if (report->said == RESULT_TAKEN)
        delivery_task->vouched = is_vouched(facts, report);
    evidence->etags |= *event == EVENT_OURS && evidence_shows_etag(&facts, remote);
    delivery_task->meant = *event;
    remember(delivery_task, report, *event);
    return STATUS_OK;
}

/* ---- back into the outbox ---- */

/* Something else stands there. */
static void describe_other(const struct portal_response *report, struct text version, const char *digest,
                           struct error *why)
{
    struct said said = portal_said(report);
    enum remote_status standing = report->remote.standing;
    if (said.why) /* a driver that compares contents says more than a digest does */
        *why = *said.why;
    else if (said.words.length)
        (void)error_set(why, STATUS_REJECT, "%.*s", TEXT_ARG(said.words));
    else
        (void)error_set(why, STATUS_REJECT, _("version " TEXT_PRINT ", digest %.16s…"), TEXT_ARG(version),
                        digest);
    (void)error_add(why, standing == REMOTE_ABOLISHED ? _("the portal holds something else, abolished there")
                         : standing == REMOTE_PUBLISHED
                             ? _("the portal holds something else, published there")
                             : _("the portal holds something else, and does not say its status"));
}

/* What stands in the way at the portal: an operator must decide, and reads this. */
static void describe_conflict(const struct delivery_task *delivery_task, const struct portal_response *report,
                              struct error *why)
{
    char digest[DIGEST_HEX] = "";
    struct digest shown;
    const struct remote_state *remote = &report->remote;
    struct text version = remote->version.bytes ? remote->version : remote->etag;
    if (remote_digest(remote, &shown))
        digest_hex(&shown, digest);
    if (report->said == RESULT_UNKNOWN)
        (void)error_set(why, STATUS_REJECT,
                        delivery_task->item.held
                            ? _("the portal does not know the procedure, though it acknowledged it before")
                            : _("the portal took something else first, but does not know the procedure"));
    else if (report->said == RESULT_GONE)
        (void)error_set(why, STATUS_REJECT,
                        _("the portal says that the procedure is gone there (HTTP 410): " TEXT_PRINT),
                        TEXT_ARG(report->message));
    else if (delivery_task->meant == EVENT_BASE)
        (void)error_set(
            why, STATUS_REJECT,
            _("the portal answers HTTP %ld, and yet shows what it acknowledged before (version " TEXT_PRINT
              ", digest %.16s…); ask those who run it, then \"congkhai retry\""),
            delivery_task->mismatch, TEXT_ARG(version), digest);
    else if (delivery_task->meant == EVENT_UNTOLD)
        (void)error_set(
            why, STATUS_REJECT,
            remote_digest(remote, &shown)
                ? _("what stands at the portal cannot be told from its answer (version " TEXT_PRINT
                    ", and no status that says it)")
                : _("what stands at the portal cannot be told from its answer (version " TEXT_PRINT
                    ", neither digest nor content)"),
            TEXT_ARG(version));
    else
        describe_other(report, version, digest, why);
}

void delivery_task_note(struct delivery_task *delivery_task, const struct portal_response *report)
{
    struct said said = portal_said(report);
    buffer_clear(&delivery_task->message);
    buffer_text(&delivery_task->message, said.words);
    free(delivery_task->why);
    delivery_task->why = said.why ? memory_take(sizeof *said.why) : NULL;
    if (said.why)
        *delivery_task->why = *said.why;
    delivery_task->words_status = report->status;
}

static void count(struct run_counts *counts, enum outbox_outcome outcome)
{
    switch (outcome) {
    case OUTBOX_PUBLISHED:
    case OUTBOX_SUPERSEDED: /* what was sent earlier is known to stand there now */
        counts->published++;
        break;
    case OUTBOX_WITHDRAWN:
        counts->withdrawn++;
        break;
    case OUTBOX_REFUSED_BY_PORTAL:
        counts->refused++;
        break;
    case OUTBOX_IN_CONFLICT:
        counts->conflict++;
        break;
    case OUTBOX_STILL_UNKNOWN:
        counts->unknown++;
        break;
    case OUTBOX_HAS_FAILED:
        counts->failed++;
        break;
    case OUTBOX_RECALLED:
    case OUTBOX_ABSENT:
        return; /* nothing was sent, or nothing came of it */
    }
    counts->sent++;
}

enum status delivery_task_answer(struct store *store, struct delivery_task *delivery_task,
                                 const struct portal_response *report, bool stopped,
                                 struct run_counts *counts, struct error *error)
{
    struct error why;
    struct outbox_answer answer = { .attempts = delivery_task->requests,
                                    .started_at = delivery_task->started_at,
                                    .stopped = stopped };
    if (!delivery_outcome(delivery_task->delivery.state, delivery_task->item.intent_action, &answer.outcome))
        return stopped ? outbox_put_behind(store, &delivery_task->item, report->message, error) : STATUS_OK;
    bool open_ended = answer.outcome == OUTBOX_HAS_FAILED || answer.outcome == OUTBOX_STILL_UNKNOWN;
    if (report) {
        answer.status = report->status;
        answer.asked = report->request->kind == PORTAL_ASK;
        answer.answer_digest = report->answer_digest;
        remote_digest(&report->remote, &answer.earlier);
        answer.version = report->remote.version;
        answer.etag = report->remote.etag;
        if (answer.asked && delivery_task->vouched && !answer.version.bytes && !answer.etag.bytes) {
            answer.version = some(&delivery_task->answered_version);
            answer.etag = some(&delivery_task->answered_etag);
        }
        answer.said = portal_said(report);
        if (answer.outcome == OUTBOX_IN_CONFLICT) {
            describe_conflict(delivery_task, report, &why);
            answer.said = said_of(&why);
        }
    } else if (open_ended) {
        (void)error_set(&why, STATUS_REJECT, _("the run ended before the portal had said what it holds"));
        answer.said = said_of(&why);
    }
    if (answer.outcome == OUTBOX_IN_CONFLICT &&
        delivery_task->mismatch) /* the question only says what stands there */
        answer.status = delivery_task->mismatch;
    if (open_ended && delivery_task->message.length) {
        answer.status = delivery_task->words_status;
        answer.said = (struct said){ buffer_view(&delivery_task->message), delivery_task->why };
    }
    if (answer.outcome == OUTBOX_STILL_UNKNOWN && delivery_task->delivery.queued)
        answer.status = OUTBOX_QUEUED; /* by which later runs know it */
    if (answer.outcome == OUTBOX_RECALLED && (!report || report->said != RESULT_CLOSED))
        answer.said = (struct said){ .words = TEXT_NONE };
    count(counts, answer.outcome);
    return outbox_answer(store, &delivery_task->item, &answer, error);
}
