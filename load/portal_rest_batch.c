/* Batches: several publications and withdrawals in one request, each taken or refused for itself. */
#include "load/portal_rest.h"

#include "core/canonical.h"
#include "load/portal_answer.h"

#define SLOW_GROWTH (1.0 / 16) /* of what is tried again although it was too large once */

size_t rest_batch_most(const struct rest *rest)
{
    return rest->no_batches || rest->batch_most < 2 ? 1 : (size_t)rest->batch_most;
}

/* A batch names what is replaced by its version: it has no place for an ETag or "any version", nor for a withdrawal of
 * whatever stands there, which would look like one of what never stood there. */
bool rest_batch_alone(const struct portal *portal, const struct portal_request *request)
{
    bool first = request->kind == PORTAL_PUBLISH && !request->base.bytes;
    (void)portal;
    return request->kind == PORTAL_ASK || !rest_can_name(request->code) || !(first || request->version.bytes);
}

static void put_member(struct buffer *out, const char *name, struct text text)
{
    buffer_printf(out, "\"%s\":", name);
    canonical_text(out, text);
    buffer_char(out, ',');
}

void rest_batch_write(struct rest_call *call)
{
    struct buffer *out = &call->body;
    call->batch = true;
    buffer_clear(out);
    buffer_string(out, "{\"items\":[");
    for (size_t i = 0; i < call->count; i++) {
        const struct portal_request *request = call->requests[i];
        buffer_string(out, i ? ",{" : "{");
        put_member(out, "key", request->key);
        put_member(out, "action", request->kind == PORTAL_WITHDRAW ? TEXT("withdraw") : TEXT("publish"));
        put_member(out, "code", request->code);
        if (request->base.bytes)
            put_member(out, "base", request->version);
        buffer_string(out, "\"content\":");
        buffer_text(out, request->body);
        buffer_char(out, '}');
    }
    buffer_string(out, "]}");
}

/* A piece of one item goes as it would alone: then it is certain who is to blame. */
static enum status submit_piece(struct rest *rest, const struct rest_call *whole, size_t from, size_t to,
                                struct error *error)
{
    struct rest_call *piece = rest_call_new(rest, whole->submission);
    for (size_t i = from; i < to; i++)
        rest_call_add(piece, whole->requests[i]);
    if (piece->count > 1)
        rest_batch_write(piece);
    return rest_call_submit(rest, piece, error);
}

static enum status submit_pieces(struct rest *rest, struct rest_call *call, size_t size, struct error *error)
{
    for (size_t from = 0; from < call->count; from += size) {
        size_t to = from + size < call->count ? from + size : call->count;
        if (submit_piece(rest, call, from, to, error))
            return error->status;
    }
    rest_call_free(rest, call);
    return STATUS_OK;
}

static void adapt(struct rest *rest, const struct rest_call *call, long status, int64_t took)
{
    const struct portal_settings *settings = rest->portal->settings;
    bool large = status == 413 || took > settings->timeout / 2;
    if (large && (double)call->count <= rest->batch_most) {
        rest->batch_most = call->count > 2 ? (double)call->count / 2 : 1;
        rest->batch_knee = (double)call->count;
    } else if (!large && rest->batch_most < (double)settings->batch) {
        rest->batch_most +=
            rest->batch_most + 1 < rest->batch_knee || rest->batch_knee <= 0 ? 1 : SLOW_GROWTH;
        if (rest->batch_most > rest->batch_knee)
            rest->batch_knee = 0;
    }
}

void rest_batch_took_one(struct rest *rest, const struct portal_response *report)
{
    bool taken = report->said == RESULT_TAKEN && report->request->kind != PORTAL_ASK;
    if (taken && rest->batch_most < 2 && rest->portal->settings->batch > 1)
        rest->batch_most += SLOW_GROWTH;
}

enum status rest_batch_answered(struct rest *rest, struct rest_call *call, const struct http_response *answer,
                                bool *again, struct error *error)
{
    struct portal_response *report = &rest->report;
    *again = true;
    if (answer->failure == HTTP_ANSWERED)
        adapt(rest, call, answer->status, report->took);
    if (answer->failure == HTTP_TIMEOUT) /* the next ones are smaller; these are asked for one by one */
        adapt(rest, call, 0, rest->portal->settings->timeout);
    bool none =
        answer->status == 404 || answer->status == 405 || answer->status == 410 || answer->status == 501;
    if (!answer->failure && none) {
        if (!rest->no_batches)
            portal_notice(rest->portal,
                          _("the portal %s takes no batches (HTTP %ld): records are sent one by one"),
                          rest->portal->settings->shown, answer->status);
        rest->no_batches = true;
        return submit_pieces(rest, call, 1, error);
    }
    if (report->said == RESULT_REFUSED)
        return submit_pieces(rest, call, (call->count + 1) / 2, error);
    *again = false;
    const struct value *items = value_find(rest->body, "items");
    bool taken = report->said == RESULT_TAKEN, listed = items && items->kind == VALUE_LIST;
    rest->items = taken && listed && !report->remote.failed ? items : NULL;
    if (taken && !rest->items) {
        report->said = RESULT_LOST;
        if (!report->remote.failed)
            portal_say(report, &rest->arena, _("HTTP %ld, but the answer has no list of items"),
                       answer->status);
    }
    report->remote = (struct remote_state){ .has_digest = false };
    rest->answered = call;
    rest->given = 0;
    return STATUS_OK;
}

/* The key stands for the code, once: two items for one key contradict each other. */
static const struct value *find_item(const struct rest *rest, struct text key)
{
    const struct value *found = NULL;
    for (const struct value *item = rest->items->first; item; item = item->next)
        if (text_equal(value_text_of(item, "key"), key)) {
            if (found)
                return NULL;
            found = item;
        }
    return found;
}

static long status_of(const struct value *item)
{
    struct text text = value_text_of(item, "status");
    long status = 0;
    for (size_t i = 0; i < text.length; i++) {
        if (text.bytes[i] < '0' || text.bytes[i] > '9' || status > 999)
            return 0;
        status = status * 10 + (text.bytes[i] - '0');
    }
    return status;
}

void rest_batch_report(struct rest *rest, struct portal_response *report)
{
    struct portal_request *request = rest->answered->requests[rest->given++];
    *report = rest->report;
    report->request = request;
    if (!rest->items)
        return;
    const struct value *item = find_item(rest, request->key);
    const struct value *problem = value_find(item, "problem");
    report->status = status_of(item);
    report->remote = (struct remote_state){ .has_digest = false };
    report->said = report->status ? portal_answer_said(report->status, problem) : RESULT_LOST;
    report->shared = report->status == 429 || report->status == 503;
    bool told = report->said != RESULT_TAKEN && report->said != RESULT_LOST;
    if (report->said == RESULT_TAKEN && portal_answer_held(item, request->code, &report->remote)) {
        report->remote.named = true;
        told = report->remote.failed;
        if (!told)
            return;
    } else if (report->said == RESULT_TAKEN) {
        report->said = RESULT_LOST;
    }
    if (told || (item && report->status))
        report->message = portal_answer_words(&rest->arena, report->status, problem, TEXT(""));
    else
        portal_say(report, &rest->arena, _("the answer to the batch says nothing about this item"));
}
