#include "adapters/crypto.h"
#include "core/canonical.h"
#include "tests/support/portal_simulator.h"
#include "tests/support/portal_simulator_change.h"
#include "tests/support/portal_simulator_faults.h"
#include "tests/support/portal_simulator_state.h"

struct item {
    const struct value *value;
    struct simulator_change change;
    struct simulator_outcome outcome;
    struct simulator_decision decision;
    struct text errors; /* of a refused content */
};

static void refuse(struct item *item, int status, const char *detail)
{
    item->outcome.status = status;
    simulator_problem_set(&item->outcome.problem, status, status == 422 ? "urn:procedure:invalid" : NULL,
                          "%s", detail);
}

/* Content in RFC 8785 form: its digest is then that of the same procedure sent by PUT, and so is the key's
 * fingerprint. */
static struct text canonical_content(struct arena *arena, const struct value *content)
{
    struct buffer BUFFER_OWNED bytes = { 0 };
    if (content)
        canonical_write(&bytes, content);
    return text_copy(arena, buffer_view(&bytes));
}

static bool read_action(struct item *item)
{
    struct text action = value_text_of(item->value, "action");
    bool publishes = text_is(action, "publish");
    if (!publishes && !text_is(action, "withdraw"))
        return false;
    item->change.action = publishes ? "publish" : "withdraw";
    item->change.version = value_text_of(item->value, "base");
    item->change.base = item->change.version.bytes ? BASE_VERSION : publishes ? BASE_NOTHING : BASE_ANY;
    return true;
}

static bool read_item(struct simulator_request *request, struct item *item)
{
    struct arena *arena = &request->arena;
    const struct value *content = value_find(item->value, "content");
    item->change.source = "batch";
    item->change.form = TEXT("canonical");
    item->change.key = value_text_of(item->value, "key");
    item->change.code = value_text_of(item->value, "code");
    if (item->value->kind != VALUE_OBJECT || !item->change.key.length || item->change.key.length > 255 ||
        !item->change.code.length) {
        refuse(item, 400, "An item is an object with a key of 1 to 255 bytes, an action and a code.");
        return false;
    }
    if (!read_action(item)) {
        refuse(item, 422, "The action is publish or withdraw.");
        return false;
    }
    item->change.content = canonical_content(arena, content);
    item->change.digest = crypto_sha256(item->change.content);
    if (text_is(text_of(item->change.action), "withdraw")) {
        item->change.content = TEXT_NONE; /* it told of the decision */
        return true;
    }
    if (!content) {
        refuse(item, 422, "A publication has content.");
        return false;
    }
    struct buffer BUFFER_OWNED errors = { 0 };
    if (simulator_change_check(content, item->change.code, &errors) > 0) {
        refuse(item, 422, "The procedure is refused; errors says why.");
        item->errors = text_copy(arena, buffer_view(&errors));
        return false;
    }
    simulator_change_describe(content, &item->change);
    return true;
}

static void take_item(struct simulator_request *request, struct item *item)
{
    struct simulator_decision *decision = &item->decision;
    if (!read_item(request, item))
        return;
    struct text code = text_copy(&request->arena, item->change.code);
    simulator_faults_decide(request->simulator->faults, &request->arena, OPERATION_ITEM, &code, 1, decision);
    if (decision->kind == FAULT_CONFLICT)
        simulator_change_foreign(request, code);
    if (decision->kind != FAULT_STATUS || !decision->before)
        simulator_change_apply(request, &item->change, &item->outcome);
    if (decision->kind == FAULT_STATUS)
        refuse(item, (int)decision->number, "A fault of the simulator's plan.");
    if (decision->kind == FAULT_WRONG_DIGEST && item->outcome.held.digest.bytes) {
        struct digest other = crypto_sha256(item->outcome.held.digest);
        char *hex = arena_alloc(&request->arena, DIGEST_HEX);
        digest_hex(&other, hex);
        item->outcome.held.digest = text_of(hex);
    }
}

static void write_item(struct buffer *body, const struct item *item)
{
    const struct simulator_outcome *outcome = &item->outcome;
    buffer_char(body, '{');
    simulator_json_string(body, "key", item->change.key);
    buffer_printf(body, ",\"status\":%d", outcome->status);
    if (outcome->problem.status) {
        buffer_string(body, ",\"problem\":");
        simulator_problem_write(body, outcome->problem.status, outcome->problem.type, outcome->problem.detail,
                                item->errors);
    } else {
        buffer_printf(body, ",\"version\":\"%lld\"", (long long)outcome->held.version);
        /* Followed by something, so that the fault no-digest can cut it out with its comma. */
        if (item->decision.kind != FAULT_NO_DIGEST) {
            buffer_char(body, ',');
            simulator_json_string(body, "digest", outcome->held.digest);
        }
        buffer_char(body, ',');
        simulator_json_string(body, "code", outcome->held.code);
    }
    buffer_char(body, '}');
}

void simulator_batch_answer(struct simulator_request *request)
{
    struct error error = { 0 };
    const struct value *json = simulator_request_json(request, &error);
    if (!json) {
        simulator_answer_problem(request, 400, "urn:procedure:invalid", "%s", error.message);
        return;
    }
    const struct value *items = value_find(json, "items");
    if (!items || items->kind != VALUE_LIST) {
        simulator_answer_problem(request, 422, "urn:procedure:invalid",
                                 "A batch is an object with a list items.");
        return;
    }
    if (items->count > SIMULATOR_BATCH_MAX) {
        simulator_answer_problem(request, 413, NULL, "A batch has at most %d items, not %zu.",
                                 SIMULATOR_BATCH_MAX, items->count);
        return;
    }
    struct buffer *body = simulator_answer_json(request, 200);
    buffer_string(body, "{\"items\":[");
    for (const struct value *value = items->first; value; value = value->next) {
        struct item item = { .value = value };
        take_item(request, &item);
        buffer_string(body, value == items->first ? "\n" : ",\n");
        write_item(body, &item);
    }
    buffer_string(body, "]}");
}
