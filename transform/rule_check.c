#include "transform/rule_inside.h"

#include <stdio.h>
#include <string.h>

#include "adapters/unicode.h"
#include "core/memory.h"

/* Nobody else names a check, so that another one is a word here. */
#define CHECKS(one)                                                                                          \
    one(required) one(length) one(count) one(closed_codes) one(question_marks) one(matches) one(not_matches) \
        one(one_of) one(codes) one(date) one(number) one(script) one(look_alikes) one(document_number)       \
            one(amounts) one(known_name) one(working_days) one(unique) one(refers_to) one(sql)

#define DECLARED(check) extern const struct rule_check rule_check_##check;
#define ADDRESS(check)  &rule_check_##check,
CHECKS(DECLARED)
const struct rule_check *const rule_checks[] = { CHECKS(ADDRESS) NULL };

/* required: true | { or: [ FIELD, { FIELD: EXPRESSION } ] }: other places that will do, where the expression
 * is found in their text if there is one. A place inside of the rule's own lists is that of the same item. */
struct alternative {
    struct rule_path path;
    struct regex *matches;
    bool beside;
};

struct required {
    struct alternative *alternatives;
    size_t count;
};

static enum status read_alternative(struct rule *rule, const struct rule_compiling *compiling,
                                    const struct value *item, struct alternative *alternative,
                                    struct error *error)
{
    const struct setting_context *context = compiling->context;
    const struct value *expression = item->kind == VALUE_OBJECT ? item->first : NULL;
    if (item->kind == VALUE_LIST || (item->kind == VALUE_OBJECT && item->count != 1))
        return setting_fault(context, item, error, _("a field is expected, or { FIELD: EXPRESSION }"));
    if (rule_path_compile(expression ? expression->name : item->text, &alternative->path, error))
        return setting_place(context, item, error);
    alternative->beside = rule_path_beside(rule, &alternative->path);
    return expression ? rule_pattern_compile(compiling, expression, &alternative->matches, error) : STATUS_OK;
}

static enum status compile_required(struct rule *rule, const struct rule_compiling *compiling,
                                    const struct value *options, void **user_data, struct error *error)
{
    const struct setting_context *context = compiling->context;
    struct required *required = arena_new(context->arena, struct required);
    const struct value *others = value_find(options, "or");
    *user_data = required;
    if (options->kind == VALUE_TEXT && text_is(options->text, "true"))
        return STATUS_OK;
    if (options->kind != VALUE_OBJECT || !others || options->count != 1)
        return setting_fault(context, options, error,
                             _("\"required\" is true, or { or: FIELD } where another field will do; remove "
                               "the check otherwise"));
    const struct value *item = others->kind == VALUE_LIST ? others->first : others;
    required->alternatives = arena_array(context->arena, struct alternative, others->count + 1);
    for (; item; item = others->kind == VALUE_LIST ? item->next : NULL)
        if (read_alternative(rule, compiling, item, &required->alternatives[required->count++], error))
            return error->status;
    return STATUS_OK;
}

static void free_required(void *user_data)
{
    struct required *required = user_data;
    for (size_t i = 0; required && i < required->count; i++)
        regex_free(required->alternatives[i].matches);
}

struct seeking {
    const struct alternative *alternative;
    bool found;
};

static bool seek(void *user_data, const struct value *value, const struct rule_place *place)
{
    struct seeking *seeking = user_data;
    const struct regex *pattern = seeking->alternative->matches;
    (void)place;
    if (rule_is_something(value))
        seeking->found = !pattern || (value_is_scalar(value) &&
                                      regex_search(pattern, value->text, 0, NULL, NULL) == STATUS_OK);
    return !seeking->found;
}

static bool holds_required(const void *user_data, const struct rule_subject *subject, struct rule_why *why)
{
    const struct required *required = user_data;
    if (rule_is_something(subject->value))
        return true;
    for (size_t i = 0; i < required->count; i++) {
        const struct alternative *alternative = &required->alternatives[i];
        struct seeking seeking = { alternative, false };
        if (alternative->beside)
            seek(&seeking, rule_path_find(&alternative->path, subject->procedure, subject->place),
                 subject->place);
        else
            rule_path_visit(&alternative->path, subject->procedure, seek, &seeking);
        if (seeking.found)
            return true;
    }
    reason_set(&why->reason, "missing");
    return false;
}

static void watch_required(const void *user_data, void (*add)(void *mask, const struct rule_path *path),
                           void *mask)
{
    const struct required *required = user_data;
    for (size_t i = 0; i < required->count; i++)
        add(mask, &required->alternatives[i].path);
}

/* length: { min, max } and count: { min, max } */
struct bounds {
    int64_t minimum, maximum;
};

static enum status compile_bounds(struct rule *rule, const struct rule_compiling *compiling,
                                  const struct value *options, void **user_data, struct error *error)
{
    static const struct setting settings[] = {
        { "min", SETTING_NUMBER, offsetof(struct bounds, minimum), .fallback = "0", .minimum = 0,
          .maximum = INT32_MAX, .help = N_("at least") },
        { "max", SETTING_NUMBER, offsetof(struct bounds, maximum), .fallback = "2147483647", .minimum = 0,
          .maximum = INT32_MAX, .help = N_("at most") },
    };
    (void)rule;
    struct bounds *bounds = arena_new(compiling->context->arena, struct bounds);
    *user_data = bounds;
    if (setting_read(compiling->context, settings, 2, options, "check", bounds, error))
        return error->status;
    if (bounds->minimum > bounds->maximum)
        return setting_fault(compiling->context, options, error,
                             _("\"min\" is larger than \"max\": nothing can hold"));
    if (!bounds->minimum && bounds->maximum == INT32_MAX)
        return setting_fault(compiling->context, options, error,
                             _("without \"min\" and \"max\" nothing can break"
                               " the rule"));
    return STATUS_OK;
}

static bool in_bounds(const struct bounds *bounds, int64_t number)
{
    return number >= bounds->minimum && number <= bounds->maximum;
}

struct bound_reasons {
    const char *least, *most, *between;
};

static void say_bounds(const struct bounds *bounds, int64_t seen, const struct bound_reasons *reasons,
                       struct arena *arena, struct rule_why *why)
{
    struct text numbers[3];
    int64_t each[3] = { seen, bounds->minimum, bounds->maximum };
    for (int i = 0; i < 3; i++)
        numbers[i] = text_format(arena, "%lld", (long long)each[i]);
    if (bounds->maximum == INT32_MAX)
        reason_set(&why->reason, reasons->least, numbers[0], numbers[1]);
    else if (!bounds->minimum)
        reason_set(&why->reason, reasons->most, numbers[0], numbers[2]);
    else
        reason_set(&why->reason, reasons->between, numbers[0], numbers[1], numbers[2]);
}

static const struct bound_reasons length_reasons = { "length.least", "length.most", "length.between" };
static const struct bound_reasons count_reasons = { "count.least", "count.most", "count.between" };

static bool holds_length(const void *user_data, const struct rule_subject *subject, struct rule_why *why)
{
    const struct bounds *bounds = user_data;
    int64_t bytes = (int64_t)subject->value->text.length;
    /* A character has one to four bytes: most texts need not be counted. */
    if (bytes >= 4 * bounds->minimum && bytes <= bounds->maximum)
        return true;
    int64_t length = (int64_t)unicode_length(subject->value->text);
    if (in_bounds(bounds, length))
        return true;
    say_bounds(bounds, length, &length_reasons, subject->arena, why);
    return false;
}

static bool holds_count(const void *user_data, const struct rule_subject *subject, struct rule_why *why)
{
    const struct bounds *bounds = user_data;
    int64_t count = subject->value ? (int64_t)subject->value->count : 0;
    if (in_bounds(bounds, count))
        return true;
    say_bounds(bounds, count, &count_reasons, subject->arena, why);
    return false;
}

/* one_of: [a, b] */
struct choices {
    struct text *texts;
    size_t count;
};

/* Of a field that has choices, only these can be allowed. */
static enum status check_choices(const struct rule *rule, const struct setting_context *context,
                                 const struct choices *choices, const struct value *options,
                                 struct error *error)
{
    for (size_t i = 0; i < rule->path_count; i++) {
        const struct field *target = rule->paths[i].target;
        size_t known = 0;
        if (target->kind != FIELD_CHOICE)
            continue;
        while (target->choices[known])
            known++;
        for (size_t j = 0; j < choices->count; j++) {
            size_t at = 0;
            while (target->choices[at] && !text_is(choices->texts[j], target->choices[at]))
                at++;
            if (target->choices[at])
                continue;
            const char *nearest = text_nearest(choices->texts[j], target->choices, known);
            return setting_fault(context, options, error,
                                 nearest ? _("\"%.*s\" never has the value \"%.*s\"; did you mean \"%s\"?")
                                         : _("\"%.*s\" never has the value \"%.*s\""),
                                 TEXT_ARG(rule->paths[i].path.text), TEXT_ARG(choices->texts[j]), nearest);
        }
    }
    return STATUS_OK;
}

static enum status compile_one_of(struct rule *rule, const struct rule_compiling *compiling,
                                  const struct value *options, void **user_data, struct error *error)
{
    struct choices *choices = arena_new(compiling->context->arena, struct choices);
    *user_data = choices;
    if (options->kind == VALUE_OBJECT)
        return setting_fault(compiling->context, options, error, _("\"one_of\" is a list of texts"));
    if (rule_values_read(compiling->context, options, &choices->texts, &choices->count, error))
        return error->status;
    return check_choices(rule, compiling->context, choices, options, error);
}

static bool holds_one_of(const void *user_data, const struct rule_subject *subject, struct rule_why *why)
{
    const struct choices *choices = user_data;
    if (text_among(subject->value->text, choices->texts, choices->count))
        return true;
    reason_set(&why->reason, "one-of", subject->value->text);
    return false;
}

/* codes: LIST | { list, or: EXPRESSION }. A table of the list's codes, since lists may be long; what the
 * expression finds is right without them. */
struct code_table {
    const struct code_list *list;
    struct regex *otherwise; /* NULL: none */
    struct text *slots;
    size_t mask;
};

static size_t slot_of(const struct code_table *table, struct text text)
{
    uint64_t hash = text_hash(text);
    size_t at = (size_t)(hash ^ hash >> 32) & table->mask;
    while (table->slots[at].bytes && !text_equal(table->slots[at], text))
        at = (at + 1) & table->mask;
    return at;
}

enum status rule_list(struct rule *rule, const struct rule_compiling *compiling, const struct value *name,
                      const struct code_list **list, struct error *error)
{
    const char *names[64];
    size_t count = 0;
    *list = name->kind == VALUE_TEXT ? codes_find(compiling->lists, name->text) : NULL;
    if (*list) {
        if (rule->list_count < RULE_CHECKS)
            rule->lists[rule->list_count++] = *list;
        return STATUS_OK;
    }
    if (name->kind != VALUE_TEXT)
        return setting_fault(compiling->context, name, error, _("the name of a code list is expected"));
    const struct setting_faults *faults = compiling->context->faults;
    if (faults && faults->lists_unread) /* which there are nobody knows */
        return error_copy(error, STATUS_USAGE, &faults->first->error);
    for (const struct code_list *known = compiling->lists; known && count < 64; known = known->next)
        names[count++] = known->name;
    const char *nearest = text_nearest(name->text, names, count);
    return setting_fault(compiling->context, name, error,
                         nearest ? _("there is no code list \"%.*s\"; did you mean \"%s\"?")
                                 : _("there is no code list \"%.*s\": declare it under \"codes\" in the "
                                     "configuration"),
                         TEXT_ARG(name->text), nearest);
}

static enum status compile_codes(struct rule *rule, const struct rule_compiling *compiling,
                                 const struct value *options, void **user_data, struct error *error)
{
    struct arena *arena = compiling->context->arena;
    static const char *const names[] = { "list", "or" };
    struct code_table *table = arena_new(arena, struct code_table);
    const struct value *list = options, *otherwise = NULL;
    *user_data = table;
    if (options->kind == VALUE_OBJECT) {
        if (setting_check_names(compiling->context, options, "codes", names, 2, error))
            return error->status;
        list = value_find(options, "list");
        otherwise = value_find(options, "or");
        if (!list)
            return setting_fault(compiling->context, options, error,
                                 _("the name of a code list is expected"));
    }
    if (rule_list(rule, compiling, list, &table->list, error) ||
        (otherwise && rule_pattern_compile(compiling, otherwise, &table->otherwise, error)))
        return error->status;
    size_t size = 16;
    while (size < table->list->count * 2)
        size *= 2;
    table->mask = size - 1;
    table->slots = arena_array(arena, struct text, size);
    for (const struct code *code = table->list->first; code; code = code->after)
        if (code->to.bytes)
            table->slots[slot_of(table, code->to)] = code->to;
    return STATUS_OK;
}

static void free_codes(void *user_data)
{
    struct code_table *table = user_data;
    if (table)
        regex_free(table->otherwise);
}

static bool holds_codes(const void *user_data, const struct rule_subject *subject, struct rule_why *why)
{
    const struct code_table *table = user_data;
    if (table->slots[slot_of(table, subject->value->text)].bytes ||
        (table->otherwise &&
         regex_search(table->otherwise, subject->value->text, 0, NULL, NULL) == STATUS_OK))
        return true;
    reason_set(&why->reason, "not-listed", subject->value->text, text_of(table->list->name));
    return false;
}

const struct rule_check rule_check_required = { .name = "required",
                                                .on_absent = true,
                                                .compile = compile_required,
                                                .free = free_required,
                                                .holds = holds_required,
                                                .watch = watch_required };
const struct rule_check rule_check_length = {
    .name = "length", .takes = RULE_TAKES_SCALAR, .compile = compile_bounds, .holds = holds_length
};
const struct rule_check rule_check_count = { .name = "count",
                                             .takes = RULE_TAKES_LIST,
                                             .on_absent = true,
                                             .compile = compile_bounds,
                                             .holds = holds_count };
const struct rule_check rule_check_one_of = {
    .name = "one_of", .takes = RULE_TAKES_SCALAR, .compile = compile_one_of, .holds = holds_one_of
};
const struct rule_check rule_check_codes = { .name = "codes",
                                             .takes = RULE_TAKES_SCALAR,
                                             .compile = compile_codes,
                                             .free = free_codes,
                                             .holds = holds_codes };
