/* Checks of days, terms and numbers. */
#include <stdio.h>
#include <string.h>

#include "core/decimal.h"
#include "core/workday.h"
#include "record/calendar.h"
#include "transform/rule_inside.h"

/* date: { after, before, not_before, not_after }: the first two leave the day itself out. */
enum { AFTER, BEFORE, NOT_BEFORE, NOT_AFTER, BOUNDS };
static const char *const bound_names[] = { "after", "before", "not_before", "not_after" };

struct span {
    struct rule_day bounds[BOUNDS];
};

static enum status check_names(const struct rule_compiling *compiling, const struct value *options,
                               const char *what, const char *const *names, size_t count, struct error *error)
{
    if (options->kind != VALUE_OBJECT)
        return setting_fault(compiling->context, options, error,
                             _("\"%s\" must be an object of names and values"), what);
    return setting_check_names(compiling->context, options, what, names, count, error);
}

static enum status compile_date(struct rule *rule, const struct rule_compiling *compiling,
                                const struct value *options, void **user_data, struct error *error)
{
    struct span *span = arena_new(compiling->context->arena, struct span);
    *user_data = span;
    if (check_names(compiling, options, "date", bound_names, BOUNDS, error))
        return error->status;
    if (!options->count)
        return setting_fault(compiling->context, options, error,
                             _("\"date\" wants \"after\", \"before\", \"not_before\" or \"not_after\""));
    for (int i = 0; i < BOUNDS; i++)
        if (rule_day_compile(rule, compiling, value_find(options, bound_names[i]), false, &span->bounds[i],
                             error))
            return error->status;
    for (int low = AFTER; low <= NOT_BEFORE; low += NOT_BEFORE)
        for (int high = BEFORE; high <= NOT_AFTER; high += NOT_BEFORE) {
            const struct rule_day *first = &span->bounds[low], *last = &span->bounds[high];
            int least = low == NOT_BEFORE && high == NOT_AFTER ? 0 : 1;
            if (first->kind == RULE_DAY_CONSTANT && last->kind == RULE_DAY_CONSTANT &&
                date_days(last->date) - date_days(first->date) < least + (low == AFTER && high == BEFORE))
                return setting_fault(compiling->context, options, error,
                                     _("no day lies between \"%s\" and \"%s\""), bound_names[low],
                                     bound_names[high]);
        }
    return STATUS_OK;
}

static bool in_bound(int bound, struct date date, struct date limit)
{
    int order = date_compare(date, limit);
    switch (bound) {
    case AFTER:
        return order > 0;
    case BEFORE:
        return order < 0;
    case NOT_BEFORE:
        return order >= 0;
    default:
        return order <= 0;
    }
}

static struct text day_text(struct arena *arena, struct date date)
{
    char text[DATE_TEXT];
    date_write(date, text);
    return text_copy(arena, text_of(text));
}

/* The words must not change from night to night: "today" is not written out. */
static void say_bound(int bound, const struct rule_day *day, struct date limit, struct arena *arena,
                      struct rule_why *why)
{
    static const char *const reasons[] = { "date.after", "date.before", "date.not-before", "date.not-after" };
    struct text said = TEXT("today");
    if (day->kind != RULE_DAY_TODAY)
        said = day_text(arena, limit);
    reason_set(&why->reason, reasons[bound], said,
               day->kind == RULE_DAY_FIELD || day->kind == RULE_DAY_LATEST ? day->text : TEXT(""));
}

static bool holds_date(const void *user_data, const struct rule_subject *subject, struct rule_why *why)
{
    const struct span *span = user_data;
    struct date date, limit;
    if (!date_read(subject->value->text, &date)) {
        reason_set(&why->reason, "date.none");
        return false;
    }
    for (int i = 0; i < BOUNDS; i++) {
        if (!rule_day_find(&span->bounds[i], subject, date, &limit) || in_bound(i, date, limit))
            continue;
        say_bound(i, &span->bounds[i], limit, subject->arena, why);
        return false;
    }
    return true;
}

static void watch_day(const struct rule_day *day, void (*add)(void *mask, const struct rule_path *path),
                      void *mask)
{
    if (day->kind == RULE_DAY_FIELD || day->kind == RULE_DAY_LATEST)
        add(mask, &day->path);
}

static void watch_date(const void *user_data, void (*add)(void *mask, const struct rule_path *path),
                       void *mask)
{
    const struct span *span = user_data;
    for (int i = 0; i < BOUNDS; i++)
        watch_day(&span->bounds[i], add, mask);
}

/* number: { min, max }, in decimals */
struct amounts {
    struct text minimum, maximum;
};

static enum status read_limit(const struct rule_compiling *compiling, const struct value *options,
                              const char *name, struct text *limit, struct error *error)
{
    const struct value *value = value_find(options, name);
    *limit = TEXT_NONE;
    if (!value)
        return STATUS_OK;
    if (value->kind != VALUE_TEXT || !decimal_valid(value->text))
        return setting_fault(compiling->context, value, error,
                             _("\"%s\" must be a number such as 50000 or 0.5"), name);
    *limit = value->text;
    return STATUS_OK;
}

static enum status compile_number(struct rule *rule, const struct rule_compiling *compiling,
                                  const struct value *options, void **user_data, struct error *error)
{
    static const char *const names[] = { "min", "max" };
    struct amounts *amounts = arena_new(compiling->context->arena, struct amounts);
    (void)rule;
    *user_data = amounts;
    if (check_names(compiling, options, "number", names, 2, error) ||
        read_limit(compiling, options, "min", &amounts->minimum, error) ||
        read_limit(compiling, options, "max", &amounts->maximum, error))
        return error->status;
    if (!options->count)
        return setting_fault(compiling->context, options, error, _("\"number\" wants \"min\" or \"max\""));
    if (amounts->minimum.bytes && amounts->maximum.bytes &&
        decimal_compare(amounts->minimum, amounts->maximum) > 0)
        return setting_fault(compiling->context, options, error,
                             _("\"min\" is larger than \"max\": nothing can hold"));
    return STATUS_OK;
}

static bool holds_number(const void *user_data, const struct rule_subject *subject, struct rule_why *why)
{
    const struct amounts *amounts = user_data;
    struct text number = subject->value->text;
    if (!decimal_valid(number) && decimal_read(subject->arena, number, &number) != DECIMAL_READ) {
        reason_set(&why->reason, "number.none");
        return false;
    }
    if (amounts->minimum.bytes && decimal_compare(number, amounts->minimum) < 0)
        reason_set(&why->reason, "number.less", number, amounts->minimum);
    else if (amounts->maximum.bytes && decimal_compare(number, amounts->maximum) > 0)
        reason_set(&why->reason, "number.more", number, amounts->maximum);
    else
        return true;
    return false;
}

/* working_days: { from, to, at_most | at_least, unit, within, holidays } */
enum { UNIT_WORKING_DAY, UNIT_DAY };
static const char *const units[] = { "working_day", "day", NULL };

struct term {
    struct rule_day from, to;
    int64_t at_most, at_least; /* -1: not asked */
    int64_t within;            /* 0: not asked */
    int unit;
    struct workday_calendar calendar;
    int last_year; /* that the list knows */
};

struct term_settings {
    const struct value *from, *to;
    const char *holidays;
    int64_t at_most, at_least, within;
    int unit;
};

static enum status read_calendar(const struct rule_compiling *compiling, const struct code_list *list,
                                 const struct value *at, struct term *term, struct error *error)
{
    struct calendar calendar;
    const struct code *bad = calendar_read(compiling->context->arena, list, &calendar);
    if (bad)
        return setting_fault(
            compiling->context, at, error,
            _("the calendar \"%s\" (%s:%ld) has the line \"%.*s,%.*s\": a day yyyy-mm-dd and "
              "\"holiday\", \"working\" or \"proposed\" are expected"),
            list->name, list->path, bad->line, TEXT_ARG(bad->from), TEXT_ARG(bad->to));
    term->calendar = calendar.days;
    term->last_year = calendar.last_year;
    return STATUS_OK;
}

static enum status compile_working_days(struct rule *rule, const struct rule_compiling *compiling,
                                        const struct value *options, void **user_data, struct error *error)
{
    static const struct setting settings[] = {
        { "from", SETTING_TREE, offsetof(struct term_settings, from), .required = true,
          .help = N_("the day the term starts from; it is not counted") },
        { "to", SETTING_TREE, offsetof(struct term_settings, to), .required = true,
          .help = N_("the day it is done; \"published\" is the day the portal acknowledged it, or today") },
        { "at_most", SETTING_NUMBER, offsetof(struct term_settings, at_most), .fallback = "-1", .minimum = -1,
          .maximum = 10000, .help = N_("working days at most") },
        { "at_least", SETTING_NUMBER, offsetof(struct term_settings, at_least), .fallback = "-1",
          .minimum = -1, .maximum = 10000, .help = N_("working days at least") },
        { "unit", SETTING_CHOICE, offsetof(struct term_settings, unit), .fallback = "working_day",
          .choices = units, .help = N_("what is counted: working days, or days") },
        { "within", SETTING_NUMBER, offsetof(struct term_settings, within), .fallback = "0", .minimum = 1,
          .maximum = 10000,
          .help = N_("days that lie further apart than so many have nothing to do with each other") },
        { "holidays", SETTING_TEXT, offsetof(struct term_settings, holidays), .fallback = "holidays",
          .help = N_("the code list of the calendar") },
    };
    const struct setting_context *context = compiling->context;
    struct term *term = arena_new(context->arena, struct term);
    struct term_settings read = { 0 };
    const struct code_list *list;
    *user_data = term;
    if (setting_read(context, settings, sizeof settings / sizeof *settings, options, "working_days", &read,
                     error))
        return error->status;
    struct value name = {
        .kind = VALUE_TEXT, .text = text_of(read.holidays), .line = options->line, .column = options->column
    };
    if ((read.at_most < 0) == (read.at_least < 0))
        return setting_fault(context, options, error,
                             _("\"working_days\" wants one of \"at_most\" and \"at_least\""));
    term->at_most = read.at_most;
    term->at_least = read.at_least;
    term->within = read.within;
    term->unit = read.unit;
    enum status all = STATUS_OK;
    (void)(setting_step(context, &all,
                        rule_day_compile(rule, compiling, read.from, false, &term->from, error), error) &&
           setting_step(context, &all, rule_day_compile(rule, compiling, read.to, true, &term->to, error),
                        error) &&
           setting_step(context, &all, rule_list(rule, compiling, &name, &list, error), error));
    return all ? all : read_calendar(compiling, list, options, term, error);
}

/* The words must not change from night to night: how late it is by now is not said. */
static void say_term(const struct term *term, struct date from, struct date to, int64_t days, struct date due,
                     struct arena *arena, struct rule_why *why)
{
    bool working = term->unit == UNIT_WORKING_DAY;
    if (term->at_most < 0 && date_compare(to, from) <= 0)
        reason_set(&why->reason, working ? "term.none" : "term.days-none", day_text(arena, from),
                   day_text(arena, to), text_format(arena, "%lld", (long long)term->at_least));
    else if (term->at_most < 0)
        reason_set(&why->reason, working ? "term.short" : "term.days-short",
                   text_format(arena, "%lld", (long long)days), day_text(arena, from), day_text(arena, to),
                   text_format(arena, "%lld", (long long)term->at_least));
    else
        reason_set(&why->reason, working ? "term.over" : "term.days-over",
                   text_format(arena, "%lld", (long long)term->at_most), day_text(arena, due));
}

static int64_t count_days(const struct term *term, struct date from, struct date to)
{
    return term->unit == UNIT_DAY ? date_days(to) - date_days(from)
                                  : workday_between(&term->calendar, from, to);
}

/* Where the calendar begins later, holidays were counted as working days: nothing is called late by them. */
static bool knows(const struct term *term, struct date from)
{
    return term->unit == UNIT_DAY || workday_knows(&term->calendar, from);
}

static bool find_due(const struct term *term, struct date from, struct date *due)
{
    if (term->unit == UNIT_WORKING_DAY)
        return workday_add(&term->calendar, from, term->at_most, due);
    *due = date_from_days(date_days(from) + term->at_most);
    return due->year <= 9999;
}

static bool holds_working_days(const void *user_data, const struct rule_subject *subject,
                               struct rule_why *why)
{
    const struct term *term = user_data;
    struct date from, to, due = { 0 };
    if (!rule_day_find(&term->from, subject, subject->moment->today, &from) ||
        !rule_day_find(&term->to, subject, from, &to))
        return true;
    int64_t apart = date_days(to) - date_days(from);
    if (term->within && (apart > term->within || -apart > term->within))
        return true;
    int64_t days = count_days(term, from, to);
    if (term->at_most < 0) {
        if (days >= term->at_least)
            return true;
        say_term(term, from, to, days, due, subject->arena, why);
        return false;
    }
    bool is_due = knows(term, from) && find_due(term, from, &due);
    struct date published;
    bool open = term->to.kind == RULE_DAY_TODAY ||
                (term->to.kind == RULE_DAY_PUBLISHED &&
                 !(subject->moment->published &&
                   subject->moment->published(subject->moment->user_data, from, &published)));
    if (subject->due && open && is_due)
        *subject->due = due;
    /* A Saturday behind the last working day counts for nothing, and yet comes too late. */
    if ((days <= term->at_most && !(is_due && date_compare(to, due) > 0)) || !knows(term, from))
        return true;
    say_term(term, from, to, days, due, subject->arena, why);
    return false;
}

static void watch_term(const void *user_data, void (*add)(void *mask, const struct rule_path *path),
                       void *mask)
{
    const struct term *term = user_data;
    watch_day(&term->from, add, mask);
    watch_day(&term->to, add, mask);
}

const struct rule_check rule_check_date = { .name = "date",
                                            .takes = RULE_TAKES_DATE,
                                            .compile = compile_date,
                                            .holds = holds_date,
                                            .watch = watch_date };
const struct rule_check rule_check_number = {
    .name = "number", .takes = RULE_TAKES_SCALAR, .compile = compile_number, .holds = holds_number
};
const struct rule_check rule_check_working_days = { .name = "working_days",
                                                    .takes = RULE_TAKES_ANY,
                                                    .compile = compile_working_days,
                                                    .holds = holds_working_days,
                                                    .watch = watch_term };
