#include "core/finding.h"

struct finding *finding_add(struct arena *arena, struct findings *findings, bool is_error, struct text rule,
                            const char *field, struct text value, struct text message)
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
    finding->message = text_copy(arena, message);
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
            finding_add(arena, to, finding->is_error, finding->rule, NULL, finding->value, finding->message);
        copy->field = text_copy(arena, finding->field);
        copy->cites = text_copy(arena, finding->cites);
    }
    to->errors = from->errors;
    to->warnings = from->warnings;
}
