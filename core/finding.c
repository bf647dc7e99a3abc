#include "core/finding.h"

struct finding *finding_add(struct arena *arena, struct findings *findings, bool is_error, struct text rule,
                            const char *field, struct text value, const struct reason *reason)
{
    if (is_error)
        findings->errors++;
    else
        findings->warnings++;
    if (findings->errors + findings->warnings > FINDING_MAX)
        return NULL;
    struct finding *finding = arena_new(arena, struct finding);
    finding->rule = text_copy(arena, rule);
    finding->is_error = is_error;
    finding->field = field ? text_copy(arena, text_of(field)) : TEXT_NONE;
    finding->value =
        value.bytes ? text_copy(arena, text_slice(value, 0, text_cut(value, FINDING_VALUE))) : TEXT_NONE;
    finding->reason = reason_copy(arena, reason);
    for (size_t i = 0; i < finding->reason.count; i++)
        finding->reason.values[i].length = text_cut(finding->reason.values[i], FINDING_VALUE);
    if (findings->last)
        findings->last->next = finding;
    else
        findings->first = finding;
    findings->last = finding;
    return finding;
}

void findings_copy(struct arena *arena, const struct findings *from, struct findings *to)
{
    *to = (struct findings){ 0 };
    for (const struct finding *finding = from->first; finding; finding = finding->next) {
        struct finding *copy =
            finding_add(arena, to, finding->is_error, finding->rule, NULL, finding->value, &finding->reason);
        copy->field = text_copy(arena, finding->field);
        copy->message = text_copy(arena, finding->message);
        copy->cites = text_copy(arena, finding->cites);
    }
    to->errors = from->errors;
    to->warnings = from->warnings;
}

struct value *finding_value(struct arena *arena, const struct finding *finding)
{
    struct value *object = value_object(arena);
    value_put(arena, object, "rule", finding->rule);
    value_set(object, "severity", value_string(arena, finding->is_error ? "error" : "warning"));
    value_put(arena, object, "field", finding->field);
    value_put(arena, object, "value", finding->value);
    value_put(arena, object, "reason", text_of(finding->reason.id));
    if (finding->reason.count) {
        struct value *arguments = value_set(object, "arguments", value_list(arena));
        for (size_t i = 0; i < finding->reason.count; i++)
            value_append(
                arguments,
                value_text(arena, finding->reason.values[i].bytes ? finding->reason.values[i] : TEXT("")));
    }
    value_put(arena, object, "message", finding->message);
    value_put(arena, object, "cites", finding->cites);
    return object;
}

void finding_read(struct arena *arena, const struct value *value, struct finding *finding)
{
    const struct value *arguments = value_find(value, "arguments");
    struct text reason = value_text_of(value, "reason");
    *finding = (struct finding){
        .rule = value_text_of(value, "rule"),
        .is_error = text_is(value_text_of(value, "severity"), "error"),
        .field = value_text_of(value, "field"),
        .value = value_text_of(value, "value"),
        .message = value_text_of(value, "message"),
        .cites = value_text_of(value, "cites"),
    };
    if (reason.length)
        finding->reason.id = text_string(arena, reason);
    for (const struct value *item = arguments && arguments->kind == VALUE_LIST ? arguments->first : NULL;
         item && finding->reason.count < REASON_VALUES; item = item->next)
        finding->reason.values[finding->reason.count++] = item->text;
}
