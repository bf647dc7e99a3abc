#include "core/setting.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum status setting_place(const struct setting_context *context, const struct value *at, struct error *error)
{
    if (at && at->line)
        return error_add(error, "%s:%u:%u", context->file, at->line, at->column);
    return error_add(error, "%s", context->file);
}

enum status setting_fault(const struct setting_context *context, const struct value *at, struct error *error,
                          const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)error_set_list(error, STATUS_USAGE, format, arguments);
    va_end(arguments);
    return setting_place(context, at, error);
}

static bool read_integer(struct text text, int64_t *number, struct text *rest)
{
    char digits[32];
    size_t length = 0;
    while (length < text.length && length < sizeof digits - 1 &&
           ((text.bytes[length] >= '0' && text.bytes[length] <= '9') || (!length && text.bytes[0] == '-')))
        length++;
    if (!length || length == sizeof digits - 1)
        return false;
    memcpy(digits, text.bytes, length);
    digits[length] = 0;
    char *end;
    errno = 0;
    *number = strtoll(digits, &end, 10);
    *rest = text_slice(text, length, text.length);
    return !errno && !*end && end != digits;
}

static bool scaled(struct text text, const char *const *units, const int64_t *factors, int64_t bare,
                   int64_t *out)
{
    struct text unit;
    int64_t number;
    if (!read_integer(text, &number, &unit) || number < 0)
        return false;
    int64_t factor = unit.length ? 0 : bare;
    for (size_t i = 0; units[i]; i++)
        if (text_is(unit, units[i]))
            factor = factors[i];
    return factor && !__builtin_mul_overflow(number, factor, out);
}

static const char *const duration_units[] = { "ms", "s", "m", "h", "d", NULL };
static const int64_t duration_factors[] = { 1, 1000, 60000, 3600000, 86400000 };
static const char *const size_units[] = { "k", "K", "M", "G", "KiB", "MiB", "GiB", NULL };
static const int64_t size_factors[] = { 1024, 1024, 1 << 20, 1 << 30, 1024, 1 << 20, 1 << 30 };

bool setting_duration(struct text text, int64_t *milliseconds)
{
    return scaled(text, duration_units, duration_factors, 1000, milliseconds);
}

static bool read_size(struct text text, int64_t *bytes)
{
    return scaled(text, size_units, size_factors, 1, bytes);
}

static bool read_share(struct text text, double *share)
{
    char digits[32];
    if (!text.length || text.length >= sizeof digits)
        return false;
    bool percent = text.bytes[text.length - 1] == '%';
    size_t length = text.length - percent;
    for (size_t i = 0; i < length; i++)
        if (!strchr("0123456789.", text.bytes[i]))
            return false;
    memcpy(digits, text.bytes, length);
    digits[length] = 0;
    char *end;
    *share = strtod(digits, &end) / (percent ? 100 : 1);
    return end != digits && !*end && *share >= 0 && *share <= 1;
}

static bool read_boolean(struct text text, bool *truth)
{
    static const char *const yes[] = { "true", "yes", "on", "True", "Yes", "On" };
    static const char *const no[] = { "false", "no", "off", "False", "No", "Off" };
    for (size_t i = 0; i < 6; i++) {
        if (text_is(text, yes[i]))
            return *truth = true;
        if (text_is(text, no[i])) {
            *truth = false;
            return true;
        }
    }
    return false;
}

bool setting_goes_on(const struct setting_context *context, const struct error *error)
{
    struct setting_faults *faults = context->faults;
    if (!faults || error->status != STATUS_USAGE)
        return false;
    for (const struct setting_fault_item *known = faults->first; known; known = known->next)
        if (!strcmp(known->error.message, error->message))
            return true;
    struct setting_fault_item *fault = arena_new(faults->arena, struct setting_fault_item);
    *fault = (struct setting_fault_item){ *error, NULL };
    *(faults->last ? &faults->last->next : &faults->first) = fault;
    faults->last = fault;
    faults->count++;
    return true;
}

bool setting_step(const struct setting_context *context, enum status *all, enum status one,
                  const struct error *error)
{
    if (!one)
        return true;
    *all = one;
    return setting_goes_on(context, error);
}

static const char *expectation(enum setting_kind kind)
{
    switch (kind) {
    case SETTING_NUMBER:
        return _("a whole number");
    case SETTING_DURATION:
        return _("a duration such as 500ms, 60s, 5m, 2h or 30d");
    case SETTING_SIZE:
        return _("a size such as 512, 64k, 16M or 2G");
    case SETTING_SHARE:
        return _("a share such as 0.3 or 30%");
    case SETTING_BOOLEAN:
        return _("true or false");
    case SETTING_LIST:
        return _("a list");
    case SETTING_OBJECT:
        return _("an object of names and values");
    case SETTING_TEXT:
    case SETTING_CHOICE:
    case SETTING_TREE:
        break;
    }
    return _("a text");
}

static bool choose(const struct setting *setting, struct text text, int *index)
{
    for (int i = 0; setting->choices[i]; i++)
        if (text_is(text, setting->choices[i])) {
            *index = i;
            return true;
        }
    return false;
}

static enum status wrong_choice(const struct setting_context *context, const struct setting *setting,
                                const struct value *value, struct error *error)
{
    char known[256] = "";
    size_t count = 0;
    for (; setting->choices[count]; count++) {
        size_t length = strlen(known);
        snprintf(known + length, sizeof known - length, "%s%s", count ? ", " : "", setting->choices[count]);
    }
    return setting_fault(context, value, error, _("\"%s\" cannot be \"%.*s\"; it is one of: %s"),
                         setting->name, TEXT_ARG(value->text), known);
}

static bool read_scalar(const struct setting_context *context, const struct setting *setting,
                        struct text text, void *slot)
{
    switch (setting->kind) {
    case SETTING_TEXT:
        *(const char **)slot = text_string(context->arena, text);
        return !memchr(text.bytes ? text.bytes : "", 0, text.length);
    case SETTING_NUMBER: {
        struct text rest;
        return read_integer(text, slot, &rest) && !rest.length;
    }
    case SETTING_DURATION:
        return setting_duration(text, slot);
    case SETTING_SIZE:
        return read_size(text, slot);
    case SETTING_SHARE:
        return read_share(text, slot);
    case SETTING_BOOLEAN:
        return read_boolean(text, slot);
    case SETTING_CHOICE:
        return choose(setting, text, slot);
    case SETTING_TREE:
    case SETTING_LIST:
    case SETTING_OBJECT:
        break;
    }
    return false;
}

static bool bounded(const struct setting *setting, const void *slot)
{
    if (setting->kind != SETTING_NUMBER && setting->kind != SETTING_DURATION && setting->kind != SETTING_SIZE)
        return true;
    int64_t number = *(const int64_t *)slot;
    return (!setting->minimum && !setting->maximum) ||
           (number >= setting->minimum && number <= setting->maximum);
}

/* A bound as the file would have it: "7d", "16M", "30". */
static void bound_text(const struct setting *setting, int64_t number, char *out, size_t size)
{
    bool is_size = setting->kind == SETTING_SIZE, scales = is_size || setting->kind == SETTING_DURATION;
    const char *const *units = is_size ? size_units : duration_units;
    const int64_t *factors = is_size ? size_factors : duration_factors;
    const char *unit = "";
    int64_t best = 1;
    for (size_t i = 0; scales && number && units[i]; i++)
        if (number % factors[i] == 0 && (factors[i] > best || (!*unit && factors[i] == best))) {
            unit = units[i];
            best = factors[i];
        }
    snprintf(out, size, "%lld%s", (long long)(number / best), unit);
}

static enum status out_of_bounds(const struct setting_context *context, const struct setting *setting,
                                 const struct value *value, struct error *error)
{
    char least[32], most[32];
    bound_text(setting, setting->minimum, least, sizeof least);
    bound_text(setting, setting->maximum, most, sizeof most);
    return setting_fault(context, value, error, _("\"%s\" must be between %s and %s, not \"%.*s\""),
                         setting->name, least, most, TEXT_ARG(value->text));
}

static enum status read_one(const struct setting_context *context, const struct setting *setting,
                            const struct value *value, void *slot, struct error *error)
{
    bool scalar = value->kind == VALUE_TEXT;
    if (setting->kind == SETTING_TREE ||
        (setting->kind == SETTING_LIST && (scalar || value->kind == VALUE_LIST)) ||
        (setting->kind == SETTING_OBJECT && value->kind == VALUE_OBJECT)) {
        *(const struct value **)slot = value;
        return STATUS_OK;
    }
    if (scalar && setting->kind == SETTING_CHOICE && !choose(setting, value->text, slot))
        return wrong_choice(context, setting, value, error);
    if (!scalar || !read_scalar(context, setting, value->text, slot))
        return setting_fault(context, value, error, _("\"%s\" must be %s"), setting->name,
                             expectation(setting->kind));
    if (!bounded(setting, slot))
        return out_of_bounds(context, setting, value, error);
    return STATUS_OK;
}

static enum status unknown_name(const struct setting_context *context, const struct value *member,
                                const char *what, const char *const *names, size_t count, struct error *error)
{
    const char *nearest = text_nearest(member->name, names, count);
    if (nearest)
        return setting_fault(context, member, error, _("%s: unknown key \"%.*s\"; did you mean \"%s\"?"),
                             what, TEXT_ARG(member->name), nearest);
    char known[512] = "";
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(known);
        snprintf(known + length, sizeof known - length, "%s%s", i ? ", " : "", names[i]);
    }
    return setting_fault(context, member, error, _("%s: unknown key \"%.*s\"; known are: %s"), what,
                         TEXT_ARG(member->name), known);
}

enum status setting_check_names(const struct setting_context *context, const struct value *object,
                                const char *what, const char *const *names, size_t count, struct error *error)
{
    enum status status = STATUS_OK;
    for (const struct value *member = object->first; member; member = member->next) {
        size_t at = 0;
        while (at < count && !text_is(member->name, names[at]))
            at++;
        if (at < count)
            continue;
        status = unknown_name(context, member, what, names, count, error);
        if (!setting_goes_on(context, error))
            return status;
    }
    return status;
}

static enum status check_names(const struct setting_context *context, const struct setting *table,
                               size_t count, const struct value *object, const char *what,
                               struct error *error)
{
    const char *names[64] = { NULL };
    for (size_t i = 0; i < count && i < 64; i++)
        names[i] = table[i].name;
    return setting_check_names(context, object, what, names, count < 64 ? count : 64, error);
}

static bool is_left_empty(const struct setting *setting, const struct value *value)
{
    return setting->kind == SETTING_TEXT && !setting->empty && value->kind == VALUE_TEXT &&
           !text_trim(value->text).length;
}

enum status setting_read(const struct setting_context *context, const struct setting *table, size_t count,
                         const struct value *object, const char *what, void *out, struct error *error)
{
    if (object && object->kind != VALUE_OBJECT)
        return setting_fault(context, object, error, _("\"%s\" must be an object of names and values"), what);
    enum status status = STATUS_OK;
    if (object)
        status = check_names(context, table, count, object, what, error);
    if (status && !setting_goes_on(context, error))
        return status;
    for (size_t i = 0; i < count; i++) {
        const struct setting *setting = &table[i];
        void *slot = (char *)out + setting->offset;
        const struct value *value = object ? value_find(object, setting->name) : NULL;
        enum status one = STATUS_OK;
        bool missing = setting->required && (!value || is_left_empty(setting, value));
        if (missing)
            one = setting_fault(context, value ? value : object, error, _("%s: \"%s\" is missing"), what,
                                setting->name);
        else if (setting->members)
            one = setting_read(context, setting->members, setting->member_count, value,
                               text_format(context->arena, "%s.%s", what, setting->name).bytes, out, error);
        else if (value)
            one = read_one(context, setting, value, slot, error);
        else if (setting->fallback)
            read_scalar(context, setting, text_of(setting->fallback), slot);
        if (one && !setting_goes_on(context, error))
            return one;
        status = one ? one : status;
    }
    return status;
}

enum status setting_texts(const struct setting_context *context, const struct value *list,
                          struct text **texts, size_t *count, struct error *error)
{
    *texts = NULL;
    *count = 0;
    if (!list)
        return STATUS_OK;
    const struct value *first = list->kind == VALUE_LIST ? list->first : list;
    size_t total = list->kind == VALUE_LIST ? list->count : 1;
    *texts = arena_array(context->arena, struct text, total);
    for (const struct value *item = first; item && *count < total; item = item->next) {
        if (item->kind != VALUE_TEXT)
            return setting_fault(context, item, error, _("a text is expected here"));
        (*texts)[(*count)++] = item->text;
    }
    return STATUS_OK;
}
