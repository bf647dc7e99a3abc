/* The driver of portals that speak portal.openapi.yaml. */
#include "load/portal_rest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/crypto.h"
#include "adapters/json.h"
#include "core/memory.h"
#include "load/portal_answer.h"

#define HEADERS_MOST 8
#define BODY_KEPT    ((size_t)256 * 1024) /* a larger buffer is not kept for the next call */

static enum status check_rest(struct portal *portal, const struct setting_context *context,
                              const struct value *tree, struct error *error)
{
    if (!portal->settings->url)
        return setting_fault(context, tree, error, _("\"portal\" needs \"url\" for the driver rest"));
    return STATUS_OK;
}

static enum status open_rest(struct portal *portal, struct error *error)
{
    const struct portal_settings *settings = portal->settings;
    struct rest *rest = memory_new(struct rest);
    struct http_options options = {
        .in_flight = (long)settings->in_flight,
        .timeout_ms = (long)settings->timeout,
        .ca_file = settings->ca_file,
        .certificate = settings->auth.certificate,
        .key = settings->auth.key,
        .user_agent = "congkhai/" CONGKHAI_VERSION,
    };
    rest->portal = portal;
    rest->base = text_of(settings->url);
    while (text_ends(rest->base, TEXT("/")))
        rest->base.length--;
    rest->batch_most = (double)settings->batch;
    portal->own = rest;
    return http_open(&options, &rest->client, error);
}

static void close_rest(struct portal *portal)
{
    struct rest *rest = portal->own;
    if (!rest)
        return;
    http_close(rest->client);
    for (struct rest_call *call = rest->every, *next; call; call = next) {
        next = call->every;
        buffer_free(&call->body);
        free(call->errands);
        free(call);
    }
    for (struct rest_submission *submission = rest->every_submission, *next; submission; submission = next) {
        next = submission->every;
        free(submission);
    }
    buffer_free(&rest->url);
    buffer_free(&rest->digest);
    arena_free(&rest->arena);
    free(rest);
    portal->own = NULL;
}

/* ---- requests ---- */

struct rest_call *rest_call_new(struct rest *rest, struct rest_submission *submission)
{
    struct rest_call *call = rest->idle;
    if (call) {
        rest->idle = call->next;
    } else {
        call = memory_new(struct rest_call);
        call->every = rest->every;
        rest->every = call;
    }
    call->count = 0;
    call->batch = call->renewed = call->proving = false;
    call->submission = submission;
    buffer_clear(&call->body);
    return call;
}

void rest_call_free(struct rest *rest, struct rest_call *call)
{
    if (call->body.capacity > BODY_KEPT)
        buffer_free(&call->body);
    call->next = rest->idle;
    rest->idle = call;
}

void rest_call_add(struct rest_call *call, struct portal_errand *errand)
{
    if (call->count == call->capacity) {
        call->capacity = call->capacity ? call->capacity * 2 : 1;
        call->errands = memory_grow(call->errands, call->capacity, sizeof *call->errands);
    }
    call->errands[call->count++] = errand;
}

static void put_header(struct http_request *request, struct http_header *headers, const char *name,
                       struct text value)
{
    headers[request->header_count++] = (struct http_header){ name, value };
}

/* RFC 9530. */
static struct text content_digest(struct rest *rest, const struct digest *digest)
{
    buffer_clear(&rest->digest);
    buffer_string(&rest->digest, "sha-256=:");
    crypto_base64(&rest->digest, (struct text){ (const char *)digest->bytes, DIGEST_SIZE });
    buffer_char(&rest->digest, ':');
    return buffer_view(&rest->digest);
}

static void describe_one(struct rest *rest, const struct portal_errand *errand, struct http_request *request,
                         struct http_header *headers)
{
    buffer_string(&rest->url, "/procedures/");
    http_escape(&rest->url, errand->code);
    if (errand->kind == PORTAL_ASK) {
        request->method = "GET";
        return;
    }
    if (errand->kind == PORTAL_WITHDRAW)
        buffer_string(&rest->url, "/withdrawal");
    request->method = errand->kind == PORTAL_WITHDRAW ? "POST" : "PUT";
    request->body = errand->body;
    put_header(request, headers, "Content-Type", TEXT("application/json"));
    put_header(request, headers, "Content-Digest", content_digest(rest, &errand->body_digest));
    put_header(request, headers, "Idempotency-Key", errand->key);
    if (errand->base.bytes)
        put_header(request, headers, "If-Match", errand->base);
    else if (errand->kind == PORTAL_PUBLISH)
        put_header(request, headers, "If-None-Match", TEXT("*"));
}

enum status rest_call_submit(struct rest *rest, struct rest_call *call, struct error *error)
{
    struct http_header headers[HEADERS_MOST];
    struct http_request request = { .headers = headers, .owner = call };
    buffer_clear(&rest->url);
    buffer_text(&rest->url, rest->base);
    put_header(&request, headers, "Accept", TEXT("application/json"));
    if (call->proving) {
        rest_list_url(rest, 1);
        request.method = "GET";
    } else if (call->batch) {
        buffer_string(&rest->url, "/batches");
        request.method = "POST";
        request.body = buffer_view(&call->body);
        put_header(&request, headers, "Content-Type", TEXT("application/json"));
    } else {
        describe_one(rest, call->errands[0], &request, headers);
    }
    auth_apply(&rest->portal->settings->auth, &request, headers);
    request.url = rest->url.bytes;
    call->generation = rest->portal->settings->auth.generation;
    return http_submit(rest->client, &request, error);
}

static size_t most_rest(const struct portal *portal, const struct portal_errand *errand)
{
    return rest_batch_most(portal->own, errand);
}

static struct rest_submission *submission_new(struct rest *rest)
{
    struct rest_submission *submission = rest->idle_submissions;
    if (submission) {
        rest->idle_submissions = submission->next;
        return submission;
    }
    submission = memory_new(struct rest_submission);
    submission->every = rest->every_submission;
    rest->every_submission = submission;
    return submission;
}

static enum status submit_rest(struct portal *portal, struct portal_errand *const *errands, size_t count,
                               struct error *error)
{
    struct rest *rest = portal->own;
    if (auth_renew(&portal->settings->auth, portal->clock, false, error))
        return error->status;
    struct rest_submission *submission = submission_new(rest);
    submission->left = count;
    struct rest_call *call = rest_call_new(rest, submission);
    for (size_t i = 0; i < count; i++)
        rest_call_add(call, errands[i]);
    if (count > 1)
        rest_batch_write(call);
    return rest_call_submit(rest, call, error);
}

/* ---- answers ---- */

enum delivery_said rest_said(long status, const struct value *problem)
{
    switch (status) {
    case 202: /* taken for later: only a question can tell whether it was */
        return SAID_LOST;
    case 400:
    case 413:
    case 414:
    case 415:
    case 422:
    case 431:
    case 451:
        return SAID_REFUSED;
    case 404:
        return portal_answer_is_unknown(problem) ? SAID_UNKNOWN : SAID_CLOSED;
    case 409:
    case 412:
        return SAID_MISMATCH;
    case 408:
    case 423:
    case 425:
    case 429:
    case 503:
        return SAID_BUSY;
    default:
        if (status >= 200 && status < 300)
            return SAID_TAKEN;
        return status >= 300 && status < 500 ? SAID_CLOSED : SAID_LOST;
    }
}

static void report_failure(struct rest *rest, const struct http_answer *answer, struct portal_report *report)
{
    report->said = answer->failure == HTTP_NOT_SENT                               ? SAID_NOT_LEFT
                   : answer->failure == HTTP_TLS || answer->failure == HTTP_USAGE ? SAID_CLOSED
                                                                                  : SAID_LOST;
    report->slow = answer->failure == HTTP_TIMEOUT;
    report->words = text_copy(&rest->arena, text_of(answer->why));
}

/* 2xx. What cannot be read tells nothing, and neither does an answer about another procedure. */
static void report_taken(struct rest *rest, const struct http_answer *answer, const struct value *body,
                         const char *fault, struct portal_report *report)
{
    bool asked = report->errand->kind == PORTAL_ASK;
    portal_answer_etag(answer->etag, &report->sight);
    if (answer->status == 204 && !asked)
        return;
    if (portal_answer_held(body, report->errand->code, &report->sight)) {
        report->said = asked ? SAID_HELD : SAID_TAKEN;
        return;
    }
    report->said = SAID_LOST;
    const char *why = !answer->body.length ? _("it is empty")
                      : !body              ? fault
                                           : _("it is no JSON object about this procedure");
    report->words =
        text_format(&rest->arena, _("HTTP %ld, but the answer cannot be read: %s"), answer->status, why);
}

static void take_digest(struct rest *rest, struct text body, struct portal_report *report)
{
    if (!body.length)
        return;
    struct digest digest = crypto_sha256(body);
    char *hex = arena_take(&rest->arena, DIGEST_HEX);
    digest_hex(&digest, hex);
    report->answer_digest = (struct text){ hex, DIGEST_HEX - 1 };
}

static void report_whole(struct rest *rest, const struct http_answer *answer, struct portal_errand *errand,
                         struct portal_report *report)
{
    struct error fault = { 0 };
    struct value *body = NULL;
    rest->body = NULL;
    *report = (struct portal_report){ .errand = errand,
                                      .status = answer->status,
                                      .retry_after = answer->retry_after_ms,
                                      .took = answer->took_us / 1000 };
    if (answer->failure) {
        report_failure(rest, answer, report);
        return;
    }
    take_digest(rest, answer->body, report);
    if (answer->body.length && json_parse(&rest->arena, answer->body, &body, &fault))
        body = NULL;
    rest->body = body;
    report->said = rest_said(answer->status, body);
    report->shared = answer->status == 429 || answer->status == 503;
    if (report->said == SAID_TAKEN)
        report_taken(rest, answer, body, fault.message, report);
    else if (answer->status == 401 && rest->refusal.status)
        report->words = text_of(rest->refusal.message);
    else
        report->words = portal_answer_words(&rest->arena, answer->status, body, answer->body);
}

/* A token can end between two requests: once, the request is made again with a new one. Where there is none,
 * the 401 stands: the run stops in order, with the answers to the others taken in. */
static enum status renewed(struct rest *rest, struct rest_call *call, const struct http_answer *answer,
                           bool *again, struct error *error)
{
    struct auth *auth = &rest->portal->settings->auth;
    *again = false;
    if (answer->failure || answer->status != 401 || !auth->token_url || call->renewed || rest->refusal.status)
        return STATUS_OK;
    if (call->generation == auth->generation && auth_renew(auth, rest->portal->clock, true, &rest->refusal)) {
        const struct error *why = &rest->refusal;
        return why->status == STATUS_STOP ? STATUS_OK : error_set(error, why->status, "%s", why->message);
    }
    *again = call->renewed = true;
    return rest_call_submit(rest, call, error);
}

/* A 404 without the contract's type may be that of a portal that leaves types out, or of a wrong URL. Its
 * listing tells: where that answers, the portal does not know the procedure. */
static enum status proved(struct rest *rest, struct rest_call *call, const struct http_answer *answer,
                          struct portal_report *report, bool *again, struct error *error)
{
    *again = false;
    if (call->proving) {
        const struct value *items = value_find(rest->body, "items");
        rest->lists = report->said == SAID_HELD && items && items->kind == VALUE_LIST;
        if (rest->lists) { /* so the 404 before it was the portal's own */
            report->sight = (struct delivery_sight){ .has_digest = false };
            report->said = SAID_UNKNOWN;
            report->status = 404;
            report->words = portal_answer_words(&rest->arena, 404, NULL, TEXT(""));
        } else if (report->said == SAID_HELD) {
            report->sight = (struct delivery_sight){ .has_digest = false };
            report->said = SAID_LOST;
        }
        return STATUS_OK;
    }
    bool bare = report->errand->kind == PORTAL_ASK && !answer->failure && answer->status == 404 &&
                report->said == SAID_CLOSED;
    if (bare && rest->lists)
        report->said = SAID_UNKNOWN;
    if (!bare || rest->lists)
        return STATUS_OK;
    *again = call->proving = true;
    return rest_call_submit(rest, call, error);
}

static void give(struct rest *rest, struct rest_call *call, struct portal_report *report)
{
    struct rest_submission *submission = call->submission;
    report->last = --submission->left == 0;
    if (report->last) {
        submission->next = rest->idle_submissions;
        rest->idle_submissions = submission;
    }
}

static bool next_of_batch(struct rest *rest, struct portal_report *report)
{
    struct rest_call *call = rest->answered;
    if (!call)
        return false;
    if (rest->given == call->count) {
        rest->answered = NULL;
        rest_call_free(rest, call);
        return false;
    }
    rest_batch_report(rest, report);
    give(rest, call, report);
    return true;
}

static enum status next_rest(struct portal *portal, long wait, struct portal_report *report,
                             struct error *error)
{
    struct rest *rest = portal->own;
    struct http_answer answer;
    for (;;) {
        if (next_of_batch(rest, report))
            return STATUS_OK;
        enum status status = http_next(rest->client, wait, &answer, error);
        if (status)
            return status;
        struct rest_call *call = answer.owner;
        bool again = false;
        arena_clear(&rest->arena);
        if (renewed(rest, call, &answer, &again, error))
            return error->status;
        if (again)
            continue;
        report_whole(rest, &answer, call->errands[0], call->batch ? &rest->report : report);
        if (!call->batch) {
            if (proved(rest, call, &answer, report, &again, error))
                return error->status;
            if (again)
                continue;
            rest_batch_alone(rest, report);
            give(rest, call, report);
            rest_call_free(rest, call);
            return STATUS_OK;
        }
        if (rest_batch_answered(rest, call, &answer, &again, error))
            return error->status;
    }
}

const struct portal_driver portal_rest = {
    .name = "rest",
    .help = N_("a portal, or a gateway before it, that speaks the publication contract over HTTP"),
    .size = sizeof(struct portal_settings),
    .check = check_rest,
    .open = open_rest,
    .close = close_rest,
    .most = most_rest,
    .submit = submit_rest,
    .next = next_rest,
    .list = rest_list,
    .look = rest_look,
};
