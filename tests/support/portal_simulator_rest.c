#include <string.h>
#include <strings.h>

#include "adapters/crypto.h"
#include "tests/support/portal_simulator.h"
#include "tests/support/portal_simulator_change.h"
#include "tests/support/portal_simulator_state.h"

#define PAGE_USUAL 200
#define PAGE_MAX   1000
#define KEY_MAX    255

static bool method_is(const struct simulator_request *request, const char *method)
{
    return strcmp(request->method, method) == 0;
}

static bool reads(const struct simulator_request *request)
{
    return method_is(request, "GET") || method_is(request, "HEAD");
}

/* A code may itself hold slashes, so only the two ends of the path count. */
static bool claim_procedure(struct simulator_request *request, struct text code)
{
    static const struct text withdrawal = { "/withdrawal", 11 };
    if (method_is(request, "POST") && text_ends(code, withdrawal)) {
        request->operation = OPERATION_WITHDRAWAL;
        code = text_slice(code, 0, code.length - withdrawal.length);
    } else if (method_is(request, "PUT")) {
        request->operation = OPERATION_PUT;
    } else if (reads(request)) {
        request->operation = OPERATION_GET;
    }
    if (request->code_count == 0)
        simulator_request_code(request, code);
    return true;
}

static void claim_items(struct simulator_request *request)
{
    const struct value *body = simulator_request_json(request, NULL);
    const struct value *items = body ? value_find(body, "items") : NULL;
    if (!items || request->code_count > 0)
        return;
    for (const struct value *item = items->first; item; item = item->next) {
        struct text code = value_text_of(item, "code");
        if (code.length > 0)
            simulator_request_code(request, code);
    }
}

bool simulator_rest_claims(struct simulator_request *request)
{
    struct text path = request->path;
    if (!text_starts(path, TEXT("/v1/")))
        return false;
    path = text_slice(path, 3, path.length);
    if (text_is(path, "/procedures")) {
        request->operation = reads(request) ? OPERATION_LIST : OPERATION_OTHER;
    } else if (text_is(path, "/batches")) {
        request->operation = method_is(request, "POST") ? OPERATION_BATCH : OPERATION_OTHER;
        if (request->operation == OPERATION_BATCH)
            claim_items(request);
    } else if (text_starts(path, TEXT("/procedures/")) && path.length > 12) {
        claim_procedure(request, text_slice(path, 12, path.length));
    }
    return true;
}

static void answer_held(struct simulator_request *request, int status, const struct simulator_held *held)
{
    struct buffer *body = simulator_answer_json(request, status);
    buffer_char(body, '{');
    simulator_held_write(body, held);
    if (held->content.bytes) {
        buffer_string(body, ",\"content\":");
        /* A byte order mark is allowed in front of a body but not inside one. */
        bool marked = text_starts(held->content, TEXT("\xef\xbb\xbf"));
        buffer_text(body, text_slice(held->content, marked ? 3 : 0, held->content.length));
    }
    buffer_char(body, '}');
    simulator_answer_header(request, "ETag",
                            text_format(&request->arena, "\"%lld\"", (long long)held->version));
}

static void answer_list(struct simulator_request *request)
{
    struct arena *arena = &request->arena;
    struct text agency = simulator_request_parameter(request, "agency");
    int64_t limit = 0;
    if (!agency.length) {
        simulator_answer_problem(request, 400, NULL, "The parameter agency is required.");
        return;
    }
    if (!simulator_request_number(request, "limit", 1, PAGE_MAX, PAGE_USUAL, &limit)) {
        simulator_answer_problem(request, 400, NULL, "limit must be a number from 1 to %d.", PAGE_MAX);
        return;
    }
    /* One more than asked tells whether there is a next page. */
    struct simulator_held *list = arena_array(arena, struct simulator_held, (size_t)limit + 1);
    size_t count =
        simulator_state_list(request->simulator->state, arena, agency,
                             simulator_request_parameter(request, "after"), (size_t)limit + 1, false, list);
    bool more = count > (size_t)limit;
    if (more)
        count--;
    struct buffer *body = simulator_answer_json(request, 200);
    buffer_string(body, "{\"items\":[");
    for (size_t at = 0; at < count; at++) {
        buffer_string(body, at ? ",{" : "{");
        simulator_held_write(body, &list[at]);
        buffer_char(body, '}');
    }
    buffer_char(body, ']');
    if (more) {
        buffer_char(body, ',');
        simulator_json_string(body, "next", list[count - 1].code);
    }
    buffer_char(body, '}');
}

static void answer_get(struct simulator_request *request)
{
    struct simulator_held held;
    if (!simulator_state_find(request->simulator->state, &request->arena, request->codes[0], &held)) {
        simulator_answer_problem(request, 404, "urn:procedure:unknown", TEXT_PRINT " was never published.",
                                 TEXT_ARG(request->codes[0]));
        return;
    }
    answer_held(request, 200, &held);
    struct text known = simulator_request_header(request, "If-None-Match");
    if (known.bytes && text_is(known, request->answer.headers[0].value)) {
        request->answer.status = 304;
        buffer_clear(&request->answer.body);
    }
}

/* RFC 9530: a dictionary of byte sequences, sha-256=:BASE64:, others beside it. */
static bool read_content_digest(struct arena *arena, struct text header, struct digest *digest)
{
    while (header.length > 0) {
        size_t end = header.length;
        text_find(header, TEXT(","), &end);
        struct text member = text_trim(text_slice(header, 0, end)), bytes;
        header = text_slice(header, end + 1, header.length);
        if (!text_starts(member, TEXT("sha-256=:")) || !text_ends(member, TEXT(":")) || member.length < 10)
            continue;
        if (!crypto_base64_decode(arena, text_slice(member, 9, member.length - 10), &bytes) ||
            bytes.length != DIGEST_SIZE)
            return false;
        memcpy(digest->bytes, bytes.bytes, DIGEST_SIZE);
        return true;
    }
    return false;
}

static bool digest_good(struct simulator_request *request, bool required, const struct digest *digest)
{
    struct text header = simulator_request_header(request, "Content-Digest");
    struct digest stated;
    if (!header.bytes && !required)
        return true;
    if (!header.bytes)
        simulator_answer_problem(request, 400, "urn:procedure:digest", "Content-Digest is required.");
    else if (!read_content_digest(&request->arena, header, &stated))
        simulator_answer_problem(request, 400, "urn:procedure:digest",
                                 "Content-Digest must be sha-256=:BASE64: (RFC 9530), not " TEXT_PRINT ".",
                                 TEXT_ARG(header));
    else if (!digest_equal(&stated, digest))
        simulator_answer_problem(request, 400, "urn:procedure:digest",
                                 "Content-Digest is not that of the body.");
    else
        return true;
    return false;
}

static bool key_good(struct simulator_request *request)
{
    if (request->key.length > 0 && request->key.length <= KEY_MAX)
        return true;
    simulator_answer_problem(request, 400, "urn:procedure:key",
                             request->key.bytes ? "Idempotency-Key must have 1 to 255 bytes."
                                                : "Idempotency-Key is required.");
    return false;
}

static bool body_good(struct simulator_request *request)
{
    struct text type = simulator_request_header(request, "Content-Type");
    size_t end = type.length;
    text_find(type, TEXT(";"), &end);
    struct text media = text_trim(text_slice(type, 0, end));
    if (request->body_over)
        simulator_answer_problem(request, 413, NULL, "The body is longer than %zu bytes.",
                                 request->simulator->options.body_most);
    else if (type.bytes && !text_ends(media, TEXT("+json")) &&
             !(media.length == 16 && strncasecmp(media.bytes, "application/json", 16) == 0))
        simulator_answer_problem(request, 415, NULL, "The body must be application/json, not " TEXT_PRINT ".",
                                 TEXT_ARG(media));
    else
        return true;
    return false;
}

/* What If-Match and If-None-Match ask. False when they are no such thing; the 400 is then the answer. */
static bool read_base(struct simulator_request *request, struct simulator_change *change)
{
    struct text match = simulator_request_header(request, "If-Match");
    struct text none = simulator_request_header(request, "If-None-Match");
    if (none.bytes && (match.bytes || !text_is(text_trim(none), "*"))) {
        simulator_answer_problem(request, 400, NULL, "If-None-Match takes * and stands without If-Match.");
        return false;
    }
    match = text_trim(match);
    if (none.bytes) {
        change->base = BASE_NOTHING;
    } else if (text_is(match, "*")) {
        change->base = BASE_HELD;
    } else if (match.bytes) {
        change->base = BASE_VERSION;
        if (match.length < 2 || match.bytes[0] != '"' || !text_ends(match, TEXT("\""))) {
            simulator_answer_problem(request, 400, NULL,
                                     "If-Match takes one version in quotes, not " TEXT_PRINT ".",
                                     TEXT_ARG(match));
            return false;
        }
        change->version = text_slice(match, 1, match.length - 2);
    }
    return true;
}

static void answer_change(struct simulator_request *request, const struct simulator_change *change)
{
    struct simulator_outcome outcome;
    simulator_change_apply(request, change, &outcome);
    if (outcome.problem.status) {
        simulator_answer_problem(request, outcome.problem.status, outcome.problem.type, "%s",
                                 outcome.problem.detail);
        return;
    }
    outcome.held.content = TEXT_NONE;
    answer_held(request, outcome.status, &outcome.held);
    if (outcome.replayed)
        simulator_answer_header(request, "Idempotent-Replayed", TEXT("true"));
}

/* A key that was used answers before anything else is looked at: a resent first publication must not meet its
 * own If-None-Match. simulator_change_apply sees to that; only what makes the request unreadable comes
 * earlier. */
static void answer_put(struct simulator_request *request)
{
    struct text body = buffer_view(&request->body);
    struct simulator_change change = { .action = "publish",
                                       .source = "put",
                                       .key = request->key,
                                       .code = request->codes[0],
                                       .content = body,
                                       .form = TEXT("canonical") };
    change.digest = crypto_sha256(body);
    if (!body_good(request) || !key_good(request) || !digest_good(request, true, &change.digest) ||
        !read_base(request, &change))
        return;
    struct error error = { 0 };
    const struct value *procedure = simulator_request_json(request, &error);
    if (!procedure) {
        simulator_answer_problem(request, 400, "urn:procedure:invalid", "%s", error.message);
        return;
    }
    struct buffer BUFFER_OWNED errors = { 0 };
    size_t wrong = simulator_change_check(procedure, change.code, &errors);
    if (wrong > 0) {
        struct buffer *answer = simulator_answer_start(request, 422, "application/problem+json");
        simulator_problem_write(answer, 422, "urn:procedure:invalid",
                                "The procedure is refused; errors says why.", buffer_view(&errors));
        return;
    }
    simulator_change_describe(procedure, &change);
    answer_change(request, &change);
}

static void answer_withdrawal(struct simulator_request *request)
{
    struct simulator_change change = {
        .action = "withdraw", .source = "put", .key = request->key, .code = request->codes[0]
    };
    change.digest = crypto_sha256(buffer_view(&request->body));
    if (!body_good(request) || !key_good(request) || !digest_good(request, false, &change.digest) ||
        !read_base(request, &change))
        return;
    struct error error = { 0 };
    const struct value *body = simulator_request_json(request, &error);
    if (!body) {
        simulator_answer_problem(request, 400, "urn:procedure:invalid", "%s", error.message);
        return;
    }
    const struct value *decision = value_find(body, "decision");
    if (!decision || decision->kind != VALUE_TEXT || decision->text.length == 0) {
        struct buffer *answer = simulator_answer_start(request, 422, "application/problem+json");
        simulator_problem_write(answer, 422, "urn:procedure:invalid", "A withdrawal names its decision.",
                                TEXT("{\"pointer\":\"/decision\",\"detail\":\"It is required.\"}"));
        return;
    }
    answer_change(request, &change);
}

static void refuse_method(struct simulator_request *request, const char *allowed)
{
    simulator_answer_problem(request, 405, NULL, "%s is not served here.", request->method);
    simulator_answer_header(request, "Allow", text_of(allowed));
}

void simulator_rest_answer(struct simulator_request *request)
{
    struct text path = request->path;
    if (!simulator_access_allowed(request))
        return;
    if (request->operation == OPERATION_LIST)
        answer_list(request);
    else if (request->operation == OPERATION_GET)
        answer_get(request);
    else if (request->operation == OPERATION_PUT)
        answer_put(request);
    else if (request->operation == OPERATION_WITHDRAWAL)
        answer_withdrawal(request);
    else if (request->operation == OPERATION_BATCH && !request->simulator->options.no_batches &&
             body_good(request))
        simulator_batch_answer(request);
    else if (text_is(path, "/v1/procedures"))
        refuse_method(request, "GET");
    else if (text_is(path, "/v1/batches") && request->operation == OPERATION_OTHER &&
             !request->simulator->options.no_batches)
        refuse_method(request, "POST");
    else if (request->code_count > 0 && request->operation == OPERATION_OTHER)
        refuse_method(request, "GET, PUT");
}
