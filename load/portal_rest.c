/* The driver of portals that speak portal.openapi.yaml. */
#include "load/portal_rest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "adapters/crypto.h"
#include "adapters/json.h"
#include "core/canonical.h"
#include "core/memory.h"
#include "load/portal_answer.h"

#define HEADERS_MAX 8
#define BODY_KEPT   ((size_t)256 * 1024) /* a larger buffer is not kept for the next call */

static enum status open_rest(struct portal *portal, struct error *error)
{
    const struct portal_settings *settings = portal->settings;
    struct rest *rest = memory_new(struct rest);
    rest->portal = portal;
    rest->batch_most = (double)settings->batch;
    portal->user_data = rest;
    return portal_http_open(settings, &rest->client, error);
}

static void close_rest(struct portal *portal)
{
    struct rest *rest = portal->user_data;
    if (!rest)
        return;
    http_close(rest->client);
    for (struct rest_call *call = rest->every, *next; call; call = next) {
        next = call->every;
        buffer_free(&call->body);
        free(call->requests);
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
    portal->user_data = NULL;
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
    call->batch = call->proving = false;
    call->refusals = 0;
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

void rest_call_add(struct rest_call *call, struct portal_request *request)
{
    call->requests = memory_more(call->requests, call->count, &call->capacity, sizeof *call->requests);
    call->requests[call->count++] = request;
}

static void put_header(struct http_request *http_request, struct http_header *headers, const char *name,
                       struct text value)
{
    headers[http_request->header_count++] = (struct http_header){ name, value };
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

bool rest_can_name(struct text code)
{
    return code.length && !text_is(code, ".") && !text_is(code, "..");
}

static void describe_one(struct rest *rest, const struct portal_request *request,
                         struct http_request *http_request, struct http_header *headers)
{
    buffer_string(&rest->url, "/procedures/");
    http_escape(&rest->url, request->code);
    if (request->kind == PORTAL_ASK) {
        http_request->method = "GET";
        return;
    }
    if (request->kind == PORTAL_WITHDRAW)
        buffer_string(&rest->url, "/withdrawal");
    http_request->method = request->kind == PORTAL_WITHDRAW ? "POST" : "PUT";
    http_request->body = request->body;
    put_header(http_request, headers, "Content-Type", TEXT("application/json"));
    put_header(http_request, headers, "Content-Digest", content_digest(rest, &request->body_digest));
    put_header(http_request, headers, "Idempotency-Key", request->key);
    if (request->base.bytes)
        put_header(http_request, headers, "If-Match", request->base);
    else if (request->kind == PORTAL_PUBLISH)
        put_header(http_request, headers, "If-None-Match", TEXT("*"));
}

enum status rest_call_submit(struct rest *rest, struct rest_call *call, struct error *error)
{
    struct http_header headers[HEADERS_MAX];
    struct http_request http_request = { .headers = headers, .owner = call };
    buffer_clear(&rest->url);
    buffer_text(&rest->url, rest->portal->settings->base);
    put_header(&http_request, headers, "Accept", TEXT("application/json"));
    if (call->proving || call->requests[0]->kind == PORTAL_LIST) {
        struct text code = call->requests[0]->code;
        rest_list_put_path(rest, call->proving ? rest_list_before(code) : code);
        http_request.method = "GET";
    } else if (call->batch) {
        buffer_string(&rest->url, "/batches");
        http_request.method = "POST";
        http_request.body = buffer_view(&call->body);
        put_header(&http_request, headers, "Content-Type", TEXT("application/json"));
    } else {
        describe_one(rest, call->requests[0], &http_request, headers);
    }
    auth_apply(&rest->portal->settings->auth, &http_request, headers);
    http_request.url = rest->url.bytes;
    call->generation = rest->portal->settings->auth.generation;
    return http_submit(rest->client, &http_request, error);
}

static size_t most_rest(const struct portal *portal)
{
    return rest_batch_most(portal->user_data);
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

static enum status submit_rest(struct portal *portal, struct portal_request *const *requests, size_t count,
                               struct error *error)
{
    struct rest *rest = portal->user_data;
    if (auth_renew(&portal->settings->auth, portal->clock, false, error))
        return error->status;
    struct rest_submission *submission = submission_new(rest);
    submission->left = count;
    struct rest_call *call = rest_call_new(rest, submission);
    for (size_t i = 0; i < count; i++)
        rest_call_add(call, requests[i]);
    if (count > 1)
        rest_batch_write(call);
    if (count > 1 || requests[0]->kind == PORTAL_LIST || rest_can_name(requests[0]->code))
        return rest_call_submit(rest, call, error);
    call->next = rest->unnameable;
    rest->unnameable = call;
    return STATUS_OK;
}

/* ---- answers ---- */

static bool is_problem(const struct http_response *answer)
{
    static const char name[] = "application/problem+"; /* json, xml */
    struct text type = answer->content_type;           /* in any case, with parameters */
    return type.length >= strlen(name) && !strncasecmp(type.bytes, name, strlen(name));
}

/* 200, 201. What cannot be read shows nothing, and neither does an answer about another procedure; an ETag
 * may be all that an empty one has. */
static void report_taken(struct rest *rest, const struct http_response *answer, const struct value *body,
                         const char *fault, struct portal_response *report)
{
    const struct portal_request *request = report->request;
    bool asked = request->kind >= PORTAL_ASK;
    const char *why = !answer->body.length ? _("it is empty")
                      : !body              ? fault
                                           : _("it is no JSON object about this procedure");
    bool read = portal_answer_held(
        body, request->kind == PORTAL_LIST ? value_text_of(body, "code") : request->code, &report->remote);
    if (read || !answer->body.length)
        portal_answer_etag(answer->etag, &report->remote);
    if (read && is_problem(answer))
        report->remote.failed = true;
    if (read && request->looks && report->remote.has_content) {
        report->shown = canonical_copy(&rest->arena, value_find(body, "content"));
    }
    report->said = asked ? RESULT_HELD : RESULT_TAKEN;
    if (!read && (asked || answer->body.length))
        report->said = RESULT_LOST;
    if (!read)
        portal_say(report, &rest->arena, _("HTTP %ld, but the answer cannot be read: %s"), answer->status,
                   why);
    else if (report->remote.failed)
        portal_say(report, &rest->arena, _("HTTP %ld, but the answer says that it failed: " TEXT_PRINT),
                   answer->status,
                   TEXT_ARG(portal_answer_words(&rest->arena, answer->status, body, answer->body)));
}

static void report_whole(struct rest *rest, const struct http_response *answer,
                         struct portal_request *request, struct portal_response *report)
{
    struct error fault = { 0 };
    struct value *body = NULL;
    rest->body = NULL;
    *report = (struct portal_response){ .request = request };
    if (!portal_answer_read(&rest->arena, answer, report, &body, &fault))
        return;
    rest->body = body;
    if (report->said == RESULT_TAKEN)
        report_taken(rest, answer, body, fault.message, report);
    else if (answer->status == 401 && rest->refusal.status)
        portal_say_error(report, &rest->arena, &rest->refusal);
}

/* What the listing says behind a 404 without the contract's type. */
static void judge_listing(struct rest *rest, struct portal_response *report)
{
    enum rest_listed found =
        report->remote.failed ? REST_UNTOLD : rest_list_finds(rest->body, report->request->code);
    report->remote = (struct remote_state){ .named = found == REST_LISTED };
    report->said = found == REST_UNLISTED ? RESULT_UNKNOWN
                   : found == REST_LISTED ? RESULT_CLOSED
                                          : RESULT_LOST;
    if (found == REST_UNTOLD)
        return;
    report->status = 404;
    if (found == REST_LISTED)
        portal_say(report, &rest->arena, _("its listing has this procedure"));
    else
        report->message = portal_answer_words(&rest->arena, 404, NULL, TEXT(""));
}

/* A 404 without the contract's type may be that of a portal that leaves types out, or of an address that does not serve
 * what is asked: the listing tells whether the procedure is there. */
static enum status proved(struct rest *rest, struct rest_call *call, const struct http_response *answer,
                          struct portal_response *report, bool *again, struct error *error)
{
    *again = false;
    if (call->proving) {
        if (report->said == RESULT_HELD)
            judge_listing(rest, report);
        return STATUS_OK;
    }
    if (report->request->kind != PORTAL_ASK || answer->failure || answer->status != 404 ||
        report->said != RESULT_CLOSED)
        return STATUS_OK;
    *again = call->proving = true;
    return rest_call_submit(rest, call, error);
}

static void give(struct rest *rest, struct rest_call *call, struct portal_response *report)
{
    struct rest_submission *submission = call->submission;
    report->last = --submission->left == 0;
    if (report->last) {
        submission->next = rest->idle_submissions;
        rest->idle_submissions = submission;
    }
}

static bool next_of_batch(struct rest *rest, struct portal_response *report)
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

static bool next_unnameable(struct rest *rest, struct portal_response *report)
{
    struct rest_call *call = rest->unnameable;
    if (!call)
        return false;
    struct portal_request *request = call->requests[0];
    rest->unnameable = call->next;
    *report = (struct portal_response){
        .request = request,
        .retry_after = -1,
        .said = request->kind == PORTAL_ASK ? RESULT_UNKNOWN : RESULT_REFUSED,
    };
    portal_say(report, &rest->arena, _("a code of dots alone cannot be named in a URL, so it was not sent"));
    give(rest, call, report);
    rest_call_free(rest, call);
    return true;
}

static enum status next_rest(struct portal *portal, long wait, struct portal_response *report,
                             struct error *error)
{
    struct rest *rest = portal->user_data;
    struct http_response answer;
    for (;;) {
        if (next_of_batch(rest, report) || next_unnameable(rest, report))
            return STATUS_OK;
        enum status status = http_next(rest->client, wait, &answer, error);
        if (status)
            return status;
        struct rest_call *call = answer.owner;
        bool again;
        arena_clear(&rest->arena);
        if (portal_token_ended(portal, &answer, call->generation, &call->refusals, &rest->refusal)) {
            if (rest_call_submit(rest, call, error))
                return error->status;
            continue;
        }
        report_whole(rest, &answer, call->requests[0], call->batch ? &rest->report : report);
        if (!call->batch) {
            if (proved(rest, call, &answer, report, &again, error))
                return error->status;
            if (again)
                continue;
            rest_batch_took_one(rest, report);
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
    .network = true,
    .open = open_rest,
    .close = close_rest,
    .most = most_rest,
    .alone = rest_batch_alone,
    .submit = submit_rest,
    .next = next_rest,
    .list = rest_list,
};
