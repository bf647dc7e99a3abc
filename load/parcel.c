#include "load/parcel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/crypto.h"
#include "adapters/json.h"
#include "core/canonical.h"
#include "core/memory.h"

#define BYTES_KEPT ((size_t)64 * 1024) /* a larger buffer is not kept for the next delivery */

struct parcel *parcel_new(void)
{
    return memory_new(struct parcel);
}

void parcel_free(struct parcel *parcel)
{
    buffer_free(&parcel->bytes);
    buffer_free(&parcel->words);
    free(parcel);
}

/* ---- content ---- */

/* The order of a withdrawal: the decision that abolished the procedure. A content that is itself an order (an
 * operator's) goes as it is. It depends on the content alone, so that it is the same when it is sent again.
 */
static enum status write_order(struct arena *scratch, struct text content, struct text *body,
                               struct error *error)
{
    struct value *tree;
    struct buffer BUFFER_OWNED out = { 0 };
    if (json_parse(scratch, content, &tree, error))
        return error->status;
    const struct value *decision = value_find(tree, "decision");
    if (decision && decision->kind == VALUE_TEXT) {
        *body = content;
        return STATUS_OK;
    }
    struct value *order = value_object(scratch);
    struct text number = value_text_of(decision, "number");
    if (number.bytes) /* store/settle keeps back what lacks it; a carrier's package may go without */
        value_set(order, "decision", value_text(scratch, number));
    canonical_write(&out, order);
    *body = text_copy(scratch, buffer_view(&out));
    return STATUS_OK;
}

static enum status read_content(struct store *store, struct arena *scratch, const struct outbox_item *item,
                                int64_t content, const struct digest *digest, struct text *bytes,
                                struct error *error)
{
    enum status status = store_payload(store, scratch, content, bytes, error);
    if (status == STATUS_END)
        return error_set(error, STATUS_FATAL,
                         _("the store has lost the content of " TEXT_PRINT
                           "; run \"congkhai audit verify\" and "
                           "restore a backup of the store"),
                         TEXT_ARG(item->code));
    if (status)
        return status;
    struct digest seen = crypto_sha256(*bytes);
    if (!digest_equal(&seen, digest))
        return error_set(error, STATUS_FATAL,
                         _("the content of " TEXT_PRINT
                           " in the store is not what its digest says; run \"congkhai "
                           "audit verify\" and restore a backup of the store"),
                         TEXT_ARG(item->code));
    return STATUS_OK;
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
static void pack(struct parcel *parcel, struct text body)
{
    struct outbox_item *item = &parcel->item;
    size_t size = item->code.length + item->version.length + item->etag.length + item->key.length +
                  item->intent_base.length + item->overwrite.length + body.length + 7;
    if (parcel->bytes.capacity > BYTES_KEPT)
        buffer_free(&parcel->bytes);
    buffer_clear(&parcel->bytes);
    buffer_room(&parcel->bytes, size);
    item->code = move_text(&parcel->bytes, item->code);
    item->version = move_text(&parcel->bytes, item->version);
    item->etag = move_text(&parcel->bytes, item->etag);
    item->key = move_text(&parcel->bytes, item->key);
    item->intent_base = move_text(&parcel->bytes, item->intent_base);
    item->overwrite = move_text(&parcel->bytes, item->overwrite);
    parcel->errand.body = move_text(&parcel->bytes, body);
}

enum status parcel_content(void *own, const struct portal_errand *errand, enum portal_content_kind kind,
                           struct arena *arena, struct portal_content *content, struct error *error)
{
    const struct parcel *parcel = errand->owner;
    const struct outbox_item *item = &parcel->item;
    bool held = kind == PORTAL_CONTENT_HELD;
    if (held && (!item->held || !item->has_held_digest))
        return STATUS_END;
    *content = (struct portal_content){ .digest = held ? item->held_digest : item->intent_digest,
                                        .abolished = held && item->held_abolished };
    return read_content(own, arena, item, held ? item->held_content : item->intent_content, &content->digest,
                        &content->bytes, error);
}

static enum status load_body(struct store *store, struct arena *scratch, struct parcel *parcel,
                             struct error *error)
{
    struct outbox_item *item = &parcel->item;
    struct text content, body;
    if (read_content(store, scratch, item, item->content, &item->digest, &content, error))
        return error->status;
    body = content;
    if (item->action == OUTBOX_WITHDRAW && write_order(scratch, content, &body, error))
        return error->status;
    parcel->errand.body_digest = item->action == OUTBOX_WITHDRAW ? crypto_sha256(body) : item->digest;
    pack(parcel, body);
    return STATUS_OK;
}

enum status parcel_fill(struct store *store, struct arena *scratch, struct text code, struct parcel *parcel,
                        enum delivery_event *event, struct error *error)
{
    struct outbox_item *item = &parcel->item;
    arena_clear(scratch);
    buffer_clear(&parcel->words);
    *parcel = (struct parcel){ .bytes = parcel->bytes, .words = parcel->words, .place = parcel->place };
    enum status status = outbox_find(store, scratch, code, item, error);
    if (status)
        return status;
    bool open = outbox_is_open(item);
    if (!open && (item->state != OUTBOX_IDLE || !item->wanted))
        return STATUS_END;
    *event = EVENT_BEGIN;
    if (!open)
        return STATUS_OK;
    bool same = outbox_is_intended(item);
    *event = same ? EVENT_RESUME : EVENT_SETTLE;
    parcel->left_over = true;
    parcel->delivery.noted = item->state == OUTBOX_UNKNOWN;
    if (same)
        return load_body(store, scratch, parcel, error);
    pack(parcel, TEXT_NONE);
    return STATUS_OK;
}

enum status parcel_intend(struct store *store, struct arena *scratch, struct parcel *parcel,
                          struct error *error)
{
    char quoted[DELIVERY_BASE_MOST];
    struct text base = delivery_base(&parcel->item, quoted);
    if (outbox_intend(store, scratch, &parcel->item, base, error))
        return error->status;
    return load_body(store, scratch, parcel, error);
}

void parcel_address(struct parcel *parcel, enum delivery_action action)
{
    const struct outbox_item *item = &parcel->item;
    struct portal_errand *errand = &parcel->errand;
    bool withdraws = item->intent_action == OUTBOX_WITHDRAW;
    errand->kind = action == DELIVERY_ASK ? PORTAL_ASK : withdraws ? PORTAL_WITHDRAW : PORTAL_PUBLISH;
    errand->withdraws = withdraws;
    errand->unknown = parcel->delivery.noted;
    errand->code = item->code;
    errand->key = item->key;
    errand->digest = item->intent_digest;
    errand->base = item->intent_base;
    errand->version = item->version;
    errand->owner = parcel;
}

/* ---- back into the outbox ---- */

/* What the portal holds instead: an operator must decide, and reads this. */
static struct text describe_conflict(const struct outbox_item *item, const struct portal_report *report,
                                     char *room, size_t size)
{
    char digest[DIGEST_HEX] = "";
    const struct delivery_sight *sight = &report->sight;
    if (report->said == SAID_UNKNOWN)
        return text_of(item->held
                           ? _("the portal does not know the procedure, though it acknowledged it before")
                           : _("the portal took something else first, but does not know the procedure"));
    if (sight->has_digest)
        digest_hex(&sight->digest, digest);
    struct text version = sight->version.bytes ? sight->version : sight->etag;
    const char *standing = sight->standing == STANDING_ABOLISHED ? _("abolished") : _("published");
    if (report->words.length) { /* a driver that compares contents says more than a digest does */
        snprintf(room, size, _("the portal holds something else: " TEXT_PRINT "; %s"),
                 TEXT_ARG(report->words), standing);
        return text_of(room);
    }
    snprintf(room, size, _("the portal holds something else: version " TEXT_PRINT ", digest %.16s…, %s"),
             TEXT_ARG(version), digest, standing);
    return text_of(room);
}

void parcel_note(struct parcel *parcel, const struct portal_report *report)
{
    buffer_clear(&parcel->words);
    buffer_text(&parcel->words, report->words);
    parcel->words_status = report->status;
}

static void count(struct run_counts *counts, enum outbox_outcome outcome)
{
    switch (outcome) {
    case OUTBOX_PUBLISHED:
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

enum status parcel_answer(struct store *store, struct parcel *parcel, const struct portal_report *report,
                          struct run_counts *counts, struct error *error)
{
    char room[600];
    struct outbox_answer answer = { .attempts = parcel->requests, .started_at = parcel->started_at };
    if (!delivery_outcome(parcel->delivery.state, parcel->item.intent_action, &answer.outcome))
        return STATUS_OK;
    bool open_ended = answer.outcome == OUTBOX_HAS_FAILED || answer.outcome == OUTBOX_STILL_UNKNOWN;
    if (report) {
        answer.status = report->status;
        answer.asked = report->errand->kind == PORTAL_ASK;
        answer.answer_digest = report->answer_digest;
        answer.version = report->sight.version;
        answer.etag = report->sight.etag;
        answer.words = answer.outcome == OUTBOX_IN_CONFLICT
                           ? describe_conflict(&parcel->item, report, room, sizeof room)
                           : report->words;
    } else if (open_ended) {
        answer.words = text_of(_("the run ended before the portal had said what it holds"));
    }
    if (answer.outcome == OUTBOX_IN_CONFLICT &&
        parcel->mismatch) /* the question only says what stands there */
        answer.status = parcel->mismatch;
    if (open_ended && parcel->words.length) {
        answer.status = parcel->words_status;
        answer.words = buffer_view(&parcel->words);
    }
    if (answer.outcome == OUTBOX_RECALLED && (!report || report->said != SAID_CLOSED))
        answer.words = TEXT_NONE;
    count(counts, answer.outcome);
    return outbox_answer(store, &parcel->item, &answer, error);
}
