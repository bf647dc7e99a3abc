#include "tests/support/portal_simulator_change.h"

#include <stdarg.h>
#include <stdio.h>

#include "adapters/crypto.h"
#include "core/canonical.h"

void simulator_problem_set(struct simulator_problem *problem, int status, const char *type,
                           const char *format, ...)
{
    problem->status = status;
    problem->type = type;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(problem->detail, sizeof problem->detail, format, arguments);
    va_end(arguments);
}

void simulator_problem_write(struct buffer *out, int status, const char *type, const char *detail,
                             struct text errors)
{
    buffer_char(out, '{');
    simulator_json_string(out, "type", text_of(type ? type : "about:blank"));
    buffer_char(out, ',');
    simulator_json_string(out, "title", text_of(simulator_status_title(status)));
    buffer_printf(out, ",\"status\":%d,", status);
    simulator_json_string(out, "detail", text_slice(text_of(detail), 0, text_cut(text_of(detail), 790)));
    if (errors.bytes) {
        buffer_string(out, ",\"errors\":[");
        buffer_text(out, errors);
        buffer_char(out, ']');
    }
    buffer_char(out, '}');
}

void simulator_held_write(struct buffer *out, const struct simulator_held *held)
{
    simulator_json_string(out, "code", held->code);
    buffer_printf(out, ",\"version\":\"%lld\",", (long long)held->version);
    simulator_json_string(out, "digest", held->digest);
    buffer_char(out, ',');
    simulator_json_string(out, "status", held->status);
    buffer_char(out, ',');
    simulator_json_string(out, "updated_at", held->updated_at);
}

static void complain(struct buffer *errors, size_t wrong, const char *pointer, const char *detail)
{
    buffer_string(errors, wrong ? ",{" : "{");
    simulator_json_string(errors, "pointer", text_of(pointer));
    buffer_char(errors, ',');
    simulator_json_string(errors, "detail", text_of(detail));
    buffer_char(errors, '}');
}

size_t simulator_change_check(const struct value *procedure, struct text code, struct buffer *errors)
{
    static const struct {
        const char *name, *pointer;
    } required[] = { { "code", "/code" }, { "name", "/name" }, { "kind", "/kind" }, { "status", "/status" } };
    size_t wrong = 0;
    if (procedure->kind != VALUE_OBJECT) {
        complain(errors, wrong++, "", "A procedure is a JSON object.");
        return wrong;
    }
    for (size_t at = 0; at < sizeof required / sizeof required[0]; at++) {
        const struct value *member = value_find(procedure, required[at].name);
        if (!member)
            complain(errors, wrong++, required[at].pointer, "It is required.");
        else if (member->kind != VALUE_TEXT || member->text.length == 0)
            complain(errors, wrong++, required[at].pointer, "It must be a text that is not empty.");
        else if (at == 0 && code.bytes && !text_equal(member->text, code))
            complain(errors, wrong++, required[at].pointer, "It is not the code that the request names.");
    }
    return wrong;
}

void simulator_change_describe(const struct value *procedure, struct simulator_change *change)
{
    change->agency = value_text_of(value_find(procedure, "agency"), "code");
    bool abolished = text_is(value_text_of(procedure, "status"), "abolished");
    change->status = abolished ? TEXT("abolished") : TEXT("published");
}

static struct text hex_of(struct arena *arena, const struct digest *digest)
{
    char *hex = arena_alloc(arena, DIGEST_HEX);
    digest_hex(digest, hex);
    return text_of(hex);
}

/* The base as the request states it against what is held. */
static bool base_holds(const struct simulator_change *change, const struct simulator_held *held, bool found,
                       struct simulator_problem *problem)
{
    const char *type = "urn:procedure:version";
    char version[24];
    snprintf(version, sizeof version, "%lld", (long long)held->version);
    if (change->base == BASE_NOTHING && found)
        simulator_problem_set(problem, 412, type, TEXT_PRINT " is held already, in version %s.",
                              TEXT_ARG(change->code), version);
    else if ((change->base == BASE_VERSION || change->base == BASE_HELD) && !found)
        simulator_problem_set(problem, 412, type,
                              TEXT_PRINT " is not held, so nothing of it can be replaced.",
                              TEXT_ARG(change->code));
    else if (change->base == BASE_VERSION && !text_is(change->version, version))
        simulator_problem_set(problem, 412, type, TEXT_PRINT " is held in version %s, not " TEXT_PRINT ".",
                              TEXT_ARG(change->code), version, TEXT_ARG(change->version));
    return problem->status == 0;
}

static bool replay(struct simulator_request *request, const struct simulator_change *change,
                   struct text fingerprint, struct simulator_outcome *outcome)
{
    struct simulator_key known;
    if (!change->key.bytes ||
        !simulator_state_key(request->simulator->state, &request->arena, change->key, &known))
        return false;
    if (!text_equal(known.fingerprint, fingerprint)) {
        outcome->status = 409;
        simulator_problem_set(&outcome->problem, 409, "urn:procedure:key",
                              "The idempotency key was used before, with another body, code or action.");
        return true;
    }
    request->simulator->statistics.replays++;
    outcome->status = known.answer;
    outcome->held = known.held;
    outcome->replayed = true;
    return true;
}

void simulator_change_apply(struct simulator_request *request, const struct simulator_change *change,
                            struct simulator_outcome *outcome)
{
    struct simulator_state *state = request->simulator->state;
    struct arena *arena = &request->arena;
    *outcome = (struct simulator_outcome){ 0 };
    bool withdraws = text_is(text_of(change->action), "withdraw");
    struct text digest = hex_of(arena, &change->digest);
    struct text fingerprint = text_format(arena, "%s %.*s %.*s", change->action, (int)change->code.length,
                                          change->code.bytes, (int)digest.length, digest.bytes);
    if (replay(request, change, fingerprint, outcome))
        return;

    struct simulator_held held = { 0 };
    bool found = simulator_state_find(state, arena, change->code, &held);
    if (withdraws && !found)
        simulator_problem_set(&outcome->problem, 404, "urn:procedure:unknown",
                              TEXT_PRINT " was never published.", TEXT_ARG(change->code));
    if (outcome->problem.status || !base_holds(change, &held, found, &outcome->problem)) {
        outcome->status = outcome->problem.status;
        return;
    }
    if (found && change->base == BASE_ANY && !withdraws)
        request->simulator->statistics.unconditional++;

    struct simulator_held next = held;
    next.code = change->code;
    next.version = held.version + 1;
    next.updated_at = simulator_now(arena);
    next.status = withdraws ? TEXT("abolished") : change->status;
    if (change->content.bytes) {
        next.digest = digest;
        next.content = change->content;
        next.form = change->form;
        next.agency = change->agency;
    }
    simulator_state_hold(state, &next);
    simulator_state_effect(state, &next, change->action, change->key, change->source);
    outcome->status = found ? 200 : 201;
    outcome->held = next;
    if (change->key.bytes)
        simulator_state_keep_key(state, &(struct simulator_key){ .key = change->key,
                                                                 .fingerprint = fingerprint,
                                                                 .answer = outcome->status,
                                                                 .held = next });
}

void simulator_change_foreign(struct simulator_request *request, struct text code)
{
    struct buffer BUFFER_OWNED content = { 0 };
    buffer_char(&content, '{');
    simulator_json_string(&content, "code", code);
    buffer_string(
        &content,
        ",\"kind\":\"public\",\"name\":\"Thủ tục do nơi khác công khai\",\"status\":\"announced\"}");
    struct simulator_change change = {
        .action = "publish",
        .source = "other",
        .key = TEXT_NONE,
        .code = code,
        .content = text_copy(&request->arena, buffer_view(&content)),
        .form = TEXT("canonical"),
        .status = TEXT("published"),
        .digest = crypto_sha256(buffer_view(&content)),
    };
    int64_t unconditional = request->simulator->statistics.unconditional;
    struct simulator_outcome outcome;
    simulator_change_apply(request, &change, &outcome);
    request->simulator->statistics.unconditional = unconditional;
}
