#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "adapters/crypto.h"
#include "core/clock.h"
#include "tests/support/portal_simulator.h"
#include "tests/support/portal_simulator_change.h"
#include "tests/support/portal_simulator_faults.h"
#include "tests/support/portal_simulator_state.h"

typedef void answerer(struct simulator_request *request);

static bool control_claims(struct simulator_request *request)
{
    if (!text_starts(request->path, TEXT("/_control/")))
        return false;
    request->operation = OPERATION_CONTROL;
    return true;
}

static const struct {
    bool (*claims)(struct simulator_request *request);
    answerer *answer;
} parts[] = {
    { control_claims, simulator_control_answer },       { simulator_rest_claims, simulator_rest_answer },
    { simulator_mapi_claims, simulator_mapi_answer },   { simulator_public_claims, simulator_public_answer },
    { simulator_files_claims, simulator_files_answer },
};
#define PARTS (sizeof parts / sizeof parts[0])

static bool above_rate(struct simulator *simulator)
{
    if (simulator->options.rate == 0)
        return false;
    int64_t window = clock_system()->ticks(clock_system()) / 1000000;
    if (window != simulator->rate_window) {
        simulator->rate_window = window;
        simulator->rate_used = 0;
    }
    return ++simulator->rate_used > simulator->options.rate;
}

void simulator_begin(struct simulator_request *request)
{
    struct simulator *simulator = request->simulator;
    request->operation = OPERATION_OTHER;
    request->key = simulator_request_header(request, "Idempotency-Key");
    for (size_t at = 0; at < PARTS && !parts[at].claims(request); at++)
        ;
    if (request->operation == OPERATION_CONTROL)
        return;
    request->limited = above_rate(simulator);
    if (request->limited)
        return;
    simulator_faults_decide(simulator->faults, &request->arena, request->operation, request->codes,
                            request->code_count, &request->decision);
    request->decision.pause_after += simulator->options.delay_ms;
}

static void answer_html(struct simulator_request *request, int status)
{
    /* The page of a firewall in front of the public portal, as it has been seen. */
    buffer_string(
        simulator_answer_start(request, status, "text/html; charset=utf-8"),
        "<html><head><title>Request Rejected</title></head><body>The requested URL was rejected. Please "
        "consult with your administrator.<br><br>Your support ID is: 1234567890123456789<br><br><a "
        "href='javascript:history.back();'>[Go Back]</a></body></html>\n");
}

static void answer_status(struct simulator_request *request, int status)
{
    const struct simulator_decision *decision = &request->decision;
    if (status < 300) {
        buffer_string(simulator_answer_json(request, status), "{}");
    } else if (status == 422) {
        struct buffer *body = simulator_answer_start(request, status, "application/problem+json");
        simulator_problem_write(
            body, status, "urn:procedure:invalid", "A fault of the simulator's plan: refused.",
            TEXT("{\"pointer\":\"/name\",\"detail\":\"A fault of the simulator's plan.\"}"));
    } else {
        simulator_answer_problem(request, status, NULL, "A fault of the simulator's plan: status %d.",
                                 status);
    }
    if (status == 401)
        simulator_answer_header(request, "WWW-Authenticate", TEXT("Bearer realm=\"portal-simulator\""));
    if (decision->retry_after)
        simulator_answer_header(request, "Retry-After", text_of(decision->retry_after));
}

/* Puts the fault's answer in the place of the true one, where the fault has an answer. */
static void answer_fault(struct simulator_request *request)
{
    const struct simulator_decision *decision = &request->decision;
    switch (decision->kind) {
    case FAULT_STATUS:
        answer_status(request, (int)decision->number);
        break;
    case FAULT_HTML:
        answer_html(request, (int)decision->number);
        break;
    case FAULT_HTML_200:
        answer_html(request, 200);
        break;
    case FAULT_GARBAGE:
        buffer_string(simulator_answer_json(request, 200), "{\"code\": \"1.0\xff\", \"version\": ");
        break;
    case FAULT_EMPTY:
        simulator_answer_json(request, 200);
        break;
    case FAULT_REDIRECT:
        simulator_answer_json(request, 307);
        simulator_answer_header(request, "Location", text_of(decision->url));
        break;
    case FAULT_EXPIRED_SESSION:
        simulator_mapi_expire(request);
        break;
    case FAULT_RESET:
    case FAULT_TIMEOUT:
    case FAULT_NO_HTTP:
    case FAULT_CRASH:
        simulator_answer_start(request, 0, NULL);
        break;
    default:
        break;
    }
}

/* Whether the fault leaves nothing of the true answer, so that with `before` nothing need be done at all. */
static bool replaces(enum simulator_fault_kind kind)
{
    return kind != FAULT_NONE && kind != FAULT_CUT && kind != FAULT_DRIP && kind != FAULT_WRONG_DIGEST &&
           kind != FAULT_NO_DIGEST && kind != FAULT_CONFLICT;
}

/* Changes the digests of an answer in place: "digest":"<hex>" is written by this program only, outside of the
 * content that a GET carries behind its own digest. */
static void spoil_digests(struct simulator_request *request)
{
    static const struct text mark = { "\"digest\":\"", 10 };
    struct buffer *body = &request->answer.body;
    struct buffer spoilt = { 0 };
    struct text rest = buffer_view(body);
    size_t at = 0;
    while (text_find(rest, mark, &at) && at + mark.length + DIGEST_HEX <= rest.length) {
        struct text hex = text_slice(rest, at + mark.length, DIGEST_HEX - 1);
        buffer_text(&spoilt, text_slice(rest, 0, at));
        if (request->decision.kind == FAULT_WRONG_DIGEST) {
            struct digest other = crypto_sha256(hex);
            char text[DIGEST_HEX];
            digest_hex(&other, text);
            buffer_printf(&spoilt, "\"digest\":\"%s\",", text);
        }
        rest = text_slice(rest, at + mark.length + DIGEST_HEX + 1, rest.length);
        if (request->operation != OPERATION_BATCH && request->operation != OPERATION_LIST)
            break;
    }
    buffer_text(&spoilt, rest);
    buffer_free(body);
    *body = spoilt;
}

static void foreign_hand(struct simulator_request *request)
{
    const char *glob = request->decision.glob;
    for (size_t at = 0; at < request->code_count; at++) {
        if (!glob || simulator_glob(glob, request->codes[at].bytes))
            simulator_change_foreign(request, request->codes[at]);
    }
}

static void route(struct simulator_request *request)
{
    if (request->decision.kind == FAULT_CONFLICT)
        foreign_hand(request);
    simulator_answer_problem(request, 404, NULL, "The simulator serves nothing under " TEXT_PRINT ".",
                             TEXT_ARG(request->path));
    for (size_t at = 0; at < PARTS; at++) {
        if (parts[at].claims(request)) {
            parts[at].answer(request);
            break;
        }
    }
    /* A change without a precondition meets no conflict by itself. */
    if (request->decision.kind == FAULT_CONFLICT && request->answer.status < 300 &&
        (request->operation & (OPERATION_PUT | OPERATION_WITHDRAWAL)))
        simulator_answer_problem(request, 409, "urn:procedure:version", "Another hand was faster.");
}

static void count(struct simulator_request *request)
{
    struct simulator_statistics *statistics = &request->simulator->statistics;
    statistics->requests++;
    statistics->bytes_in += request->body_size;
    statistics->bytes_out += (int64_t)request->answer.body.length;
    statistics->by_status[request->answer.status]++;
    for (unsigned bit = 0; bit < 16; bit++) {
        if ((unsigned)request->operation == 1u << bit)
            statistics->by_operation[bit]++;
    }
}

static void log_request(struct simulator_request *request)
{
    struct text at = simulator_now(&request->arena);
    struct text fault = request->limited ? TEXT("rate") : request->decision.name;
    simulator_state_log(request->simulator->state, at, request->method, request->path, request->key,
                        request->answer.status, fault);
    if (request->simulator->options.verbose)
        fprintf(stderr, "%s %s " TEXT_PRINT " %d%s" TEXT_PRINT "\n", at.bytes, request->method,
                TEXT_ARG(request->path), request->answer.status, fault.length ? " fault " : "",
                TEXT_ARG(fault));
}

static void perform(struct simulator_request *request)
{
    struct simulator_state *state = request->simulator->state;
    const struct simulator_decision *decision = &request->decision;
    struct error error = { 0 };
    if (request->limited) {
        request->simulator->statistics.limited++;
        simulator_answer_problem(request, 429, NULL, "More than %lld requests a second.",
                                 (long long)request->simulator->options.rate);
        simulator_answer_header(request, "Retry-After", TEXT("1"));
    } else if (decision->before && replaces(decision->kind)) {
        answer_fault(request);
    } else {
        bool writes = request->operation & OPERATION_WRITES;
        if (writes)
            simulator_state_begin(state);
        route(request);
        if (writes && decision->kind != FAULT_NONE && decision->before)
            (void)simulator_state_end(state, false, &error);
        if (decision->kind == FAULT_WRONG_DIGEST || decision->kind == FAULT_NO_DIGEST)
            spoil_digests(request);
        answer_fault(request);
    }
    log_request(request);
    if (error.status == STATUS_OK)
        (void)simulator_state_end(state, true, &error);
    if (error.status != STATUS_OK) {
        fprintf(stderr, "portal-simulator: %s\n", error.message);
        simulator_answer_problem(request, 500, NULL, "%s", error.message);
    }
    if (decision->kind == FAULT_CRASH)
        kill(getpid(), SIGKILL);
}

void simulator_perform(struct simulator_request *request)
{
    if (request->operation == OPERATION_CONTROL) {
        simulator_control_answer(request);
        return;
    }
    perform(request);
    count(request);
}
