/* closed_codes: LIST. A code that stands for nobody any more, since a day that the list knows.
 *
 * The list says what was closed and when: from = the agency's code, to = the day on which it was closed. What
 * was decided before that day was right; a record without a day of its own is not accused. */
#include "core/agency.h"
#include "transform/rule_inside.h"

struct closing {
    struct text code, name;
    struct date day;
};

struct closed {
    const struct rule_set *rules;
    struct closing *closings;
    size_t count;
};

static enum status compile_closed(struct rule *rule, const struct rule_compiling *compiling,
                                  const struct value *options, void **user_data, struct error *error)
{
    const struct code_list *list;
    struct closed *closed = arena_new(compiling->context->arena, struct closed);
    *user_data = closed;
    if (rule_list(rule, compiling, options, &list, error))
        return error->status;
    closed->rules = compiling->rules;
    closed->closings = arena_array(compiling->context->arena, struct closing, list->count + 1);
    for (const struct code *code = list->first; code; code = code->after) {
        struct closing *closing = &closed->closings[closed->count++];
        closing->code = code->from;
        closing->name = code->name;
        if (!date_read(code->to, &closing->day))
            return setting_fault(
                compiling->context, options, error,
                _("the list \"%s\" (%s:%ld) has \"%.*s\" where the day is expected on which the "
                  "code was closed"),
                list->name, list->path, code->line, TEXT_ARG(code->to));
    }
    rule->by_own_day = true;
    return STATUS_OK;
}

static bool holds_closed(const void *user_data, const struct rule_subject *subject, struct rule_why *why)
{
    const struct closed *closed = user_data;
    struct text level = agency_first_level(subject->value->text);
    struct date own;
    char day[DATE_TEXT];
    if (!level.length || !rule_own_day(closed->rules, subject->procedure, &own))
        return true;
    for (size_t i = 0; i < closed->count; i++) {
        const struct closing *closing = &closed->closings[i];
        if (!text_equal(closing->code, level) || date_compare(own, closing->day) < 0)
            continue;
        date_write(closing->day, day);
        reason_set(&why->reason, "agency.closed", closing->code, closing->name,
                   text_copy(subject->arena, text_of(day)));
        return false;
    }
    return true;
}

const struct rule_check rule_check_closed_codes = {
    .name = "closed_codes", .takes = RULE_TAKES_SCALAR, .compile = compile_closed, .holds = holds_closed
};
