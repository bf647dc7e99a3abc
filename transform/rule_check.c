#include "transform/rule_inside.h"

#include <stdio.h>
#include <string.h>

#include "adapters/pattern.h"
#include "adapters/unicode.h"

static bool is_something(const struct value *value)
{
    return value && (value_is_scalar(value) ? value->kind != VALUE_NULL && (value->kind == VALUE_BOOLEAN || value->text.length)
                                            : value->count > 0);
}

/* required: true */
static enum status compile_required(struct rule *rule, const struct setting_context *context,
                                    const struct value *options, const struct code_list *lists, void **own,
                                    struct error *error)
{
    (void)rule, (void)lists, (void)own;
    if (options->kind != VALUE_TEXT || !text_is(options->text, "true"))
        return setting_fault(context, options, error, _("\"required\" can only be true; remove the check otherwise"));
    return STATUS_OK;
}

static bool holds_required(const void *own, const struct value *value, const struct rule_today *today,
                           struct error *why)
{
    (void)own, (void)today;
    if (is_something(value))
        return true;
    error_set(why, STATUS_OK, _("This is missing"));
    return false;
}

/* length: { min, max } and count: { min, max } */
struct bounds {
    int64_t minimum, maximum;
};

static enum status compile_bounds(struct rule *rule, const struct setting_context *context,
                                  const struct value *options, const struct code_list *lists, void **own,
                                  struct error *error)
{
    static const struct setting settings[] = {
        { "min", SETTING_NUMBER, offsetof(struct bounds, minimum), .fallback = "0", .minimum = 0, .maximum = INT32_MAX,
          .help = N_("at least") },
        { "max", SETTING_NUMBER, offsetof(struct bounds, maximum), .fallback = "2147483647", .minimum = 0,
          .maximum = INT32_MAX, .help = N_("at most") },
    };
    (void)rule, (void)lists;
    struct bounds *bounds = arena_new(context->arena, struct bounds);
    *own = bounds;
    if (setting_read(context, settings, 2, options, "check", bounds, error))
        return error->status;
    if (bounds->minimum > bounds->maximum)
        return setting_fault(context, options, error, _("\"min\" is larger than \"max\": nothing can hold"));
    return STATUS_OK;
}

static bool in_bounds(const struct bounds *bounds, int64_t number)
{
    return number >= bounds->minimum && number <= bounds->maximum;
}

static bool holds_length(const void *own, const struct value *value, const struct rule_today *today,
                         struct error *why)
{
    const struct bounds *bounds = own;
    (void)today;
    /* A text has no more characters than bytes. */
    if (!value_is_scalar(value) || (!bounds->minimum && (int64_t)value->text.length <= bounds->maximum))
        return true;
    int64_t length = (int64_t)unicode_length(value->text);
    if (in_bounds(bounds, length))
        return true;
    error_set(why, STATUS_OK, _("It has %lld characters; between %lld and %lld are right"), (long long)length,
              (long long)bounds->minimum, (long long)bounds->maximum);
    return false;
}

static bool holds_count(const void *own, const struct value *value, const struct rule_today *today, struct error *why)
{
    const struct bounds *bounds = own;
    (void)today;
    int64_t count = value ? (int64_t)value->count : 0;
    if (in_bounds(bounds, count))
        return true;
    error_set(why, STATUS_OK, _("It has %lld items; between %lld and %lld are right"), (long long)count,
              (long long)bounds->minimum, (long long)bounds->maximum);
    return false;
}

/* matches and not_matches: PCRE2, Unicode */
static enum status compile_matches(struct rule *rule, const struct setting_context *context,
                                   const struct value *options, const struct code_list *lists, void **own,
                                   struct error *error)
{
    struct pattern *pattern;
    (void)rule, (void)lists;
    if (options->kind != VALUE_TEXT)
        return setting_fault(context, options, error, _("a regular expression is expected"));
    if (pattern_compile(options->text, &pattern, error))
        return setting_place(context, options, error);
    *own = pattern;
    return STATUS_OK;
}

static void free_pattern(void *own)
{
    pattern_free(own);
}

static bool holds_matches(const void *own, const struct value *value, const struct rule_today *today,
                          struct error *why)
{
    (void)today;
    if (!value_is_scalar(value))
        return true;
    enum status status = pattern_search(own, value->text, 0, NULL, why);
    if (status == STATUS_END)
        error_set(why, STATUS_OK, _("This does not have the form that is asked for"));
    return status == STATUS_OK;
}

static bool holds_not_matches(const void *own, const struct value *value, const struct rule_today *today,
                              struct error *why)
{
    struct pattern_match match;
    (void)today;
    if (!value_is_scalar(value))
        return true;
    enum status status = pattern_search(own, value->text, 0, &match, why);
    if (status == STATUS_OK)
        error_set(why, STATUS_OK, _("\"%.*s\" must not stand here"), TEXT_ARG(match.whole));
    return status == STATUS_END;
}

/* one_of: [a, b] */
struct choices {
    struct text *texts;
    size_t count;
};

static enum status compile_one_of(struct rule *rule, const struct setting_context *context,
                                  const struct value *options, const struct code_list *lists, void **own,
                                  struct error *error)
{
    (void)rule, (void)lists;
    struct choices *choices = arena_new(context->arena, struct choices);
    *own = choices;
    if (options->kind == VALUE_OBJECT)
        return setting_fault(context, options, error, _("\"one_of\" is a list of texts"));
    return setting_texts(context, options, &choices->texts, &choices->count, error);
}

static bool holds_one_of(const void *own, const struct value *value, const struct rule_today *today,
                         struct error *why)
{
    const struct choices *choices = own;
    (void)today;
    for (size_t i = 0; i < choices->count; i++)
        if (text_equal(choices->texts[i], value->text))
            return true;
    error_set(why, STATUS_OK, _("\"%.*s\" is not one of what is allowed here"), TEXT_ARG(value->text));
    return false;
}

/* codes: LIST */
static enum status compile_codes(struct rule *rule, const struct setting_context *context,
                                 const struct value *options, const struct code_list *lists, void **own,
                                 struct error *error)
{
    const char *names[64];
    size_t count = 0;
    (void)rule;
    const struct code_list *list = options->kind == VALUE_TEXT ? codes_find(lists, options->text) : NULL;
    *own = (void *)(uintptr_t)list;
    if (list)
        return STATUS_OK;
    for (const struct code_list *known = lists; known && count < 64; known = known->next)
        names[count++] = known->name;
    const char *nearest = text_nearest(options->text, names, count);
    return setting_fault(context, options, error,
                         nearest ? _("there is no code list \"%.*s\"; did you mean \"%s\"?")
                                 : _("there is no code list \"%.*s\": declare it under \"codes\""),
                         TEXT_ARG(options->text), nearest);
}

static bool holds_codes(const void *own, const struct value *value, const struct rule_today *today, struct error *why)
{
    const struct code_list *list = own;
    (void)today;
    if (!value_is_scalar(value) || codes_has(list, value->text))
        return true;
    error_set(why, STATUS_OK, _("\"%.*s\" is not in the code list \"%s\""), TEXT_ARG(value->text), list->name);
    return false;
}

static const struct rule_check required = { .name = "required", .on_absent = true, .compile = compile_required,
                                            .holds = holds_required };
static const struct rule_check length = { .name = "length", .compile = compile_bounds, .holds = holds_length };
static const struct rule_check count_ = { .name = "count", .on_absent = true, .compile = compile_bounds,
                                          .holds = holds_count };
static const struct rule_check matches = { .name = "matches", .compile = compile_matches, .free = free_pattern,
                                           .holds = holds_matches };
static const struct rule_check not_matches = { .name = "not_matches", .compile = compile_matches,
                                               .free = free_pattern, .holds = holds_not_matches };
static const struct rule_check one_of = { .name = "one_of", .compile = compile_one_of, .holds = holds_one_of };
static const struct rule_check codes = { .name = "codes", .compile = compile_codes, .holds = holds_codes };

const struct rule_check *const rule_checks[] = { &required, &length, &count_, &matches, &not_matches, &one_of, &codes,
                                                 NULL };
