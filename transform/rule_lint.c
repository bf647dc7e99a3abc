/* What will surprise whoever relies on the rules. */
#include <stdio.h>

#include "transform/rule_inside.h"

struct remarking {
    void (*say)(void *user_data, const char *remark);
    void *user_data;
};

static void remark(const struct remarking *remarking, const struct rule *rule, const char *words)
{
    char line[1024];
    snprintf(line, sizeof line, _("%s:%u:%u: the rule \"%.*s\": %s"), rule->file, rule->line, rule->column,
             TEXT_ARG(rule->id), words);
    remarking->say(remarking->user_data, line);
}

static void remark_force(const struct remarking *remarking, const struct rule *rule, struct date today)
{
    char words[200], day[DATE_TEXT];
    if (rule->from.year && date_compare(today, rule->from) < 0) {
        date_write(rule->from, day);
        snprintf(words, sizeof words,
                 _("it comes into force on %s; what was decided before is not judged by it"), day);
        remark(remarking, rule, words);
    }
}

/* One condition asks for announced, another rule's field is only of abolished ones, …: what contradicts
 * itself. */
static void remark_conditions(const struct remarking *remarking, const struct rule *rule)
{
    for (size_t i = 0; i < rule->when_count; i++) {
        const struct rule_condition *condition = &rule->when[i];
        if (condition->after.year && condition->before.year &&
            date_days(condition->before) - date_days(condition->after) < 2)
            remark(remarking, rule,
                   _("\"when\" leaves no day between \"after\" and \"before\": it can never fire"));
        for (size_t j = 0; condition->asks_presence && !condition->presence && j < rule->path_count; j++)
            if (text_equal(condition->path.path.text, rule->paths[j].path.text) &&
                !rule->checks[0].kind->on_absent)
                remark(remarking, rule, _("\"when\" asks that its own field is absent: it can never fire"));
    }
}

/* {why}, {found} and {value} are filled; another word in braces is shown as it stands. */
static bool is_filled(struct text hole)
{
    return text_is(hole, "why") || text_is(hole, "found") || text_is(hole, "value");
}

static void remark_holes_in(const struct remarking *remarking, const struct rule *rule, struct text words)
{
    for (size_t at = 0; at < words.length; at++) {
        size_t end = at + 1;
        if (words.bytes[at] != '{')
            continue;
        while (end < words.length && words.bytes[end] >= 'a' && words.bytes[end] <= 'z')
            end++;
        struct text hole = text_slice(words, at + 1, end - at - 1);
        if (!hole.length || end == words.length || words.bytes[end] != '}' || is_filled(hole))
            continue;
        char line[300];
        snprintf(line, sizeof line,
                 _("its message says {%.*s}, which nothing fills: known are {why}, {found}, {value}"),
                 TEXT_ARG(hole));
        remark(remarking, rule, line);
    }
}

static void remark_holes(const struct remarking *remarking, const struct rule *rule)
{
    const struct value *message = value_find(rule->tree, "message");
    for (const struct value *words = message ? message->first : NULL; words; words = words->next)
        if (words->kind == VALUE_TEXT)
            remark_holes_in(remarking, rule, words->text);
}

/* The last year of a calendar's days, or 0. */
static int last_year(const struct code_list *list)
{
    int last = 0;
    for (const struct code *code = list->first; code; code = code->after) {
        struct date date;
        if (date_read(code->from, &date) && date.year > last)
            last = date.year;
    }
    return last;
}

static const struct code_list *calendar_of(const struct rule *rule)
{
    for (size_t i = 0; i < rule->check_count; i++)
        if (rule->checks[i].kind == &rule_check_working_days && rule->list_count)
            return rule->lists[0];
    return NULL;
}

/* Days on which nobody has decided yet. */
static void remark_proposed(const struct remarking *remarking, const struct code_list *list)
{
    char line[1024];
    for (const struct code *code = list->first; code; code = code->after) {
        if (!text_is(code->to, "proposed"))
            continue;
        snprintf(line, sizeof line,
                 _("%s:%ld: %.*s was only proposed and counts as an ordinary day: write holiday or working "
                   "when it "
                   "is decided, or take the line out"),
                 list->path, code->line, TEXT_ARG(code->from));
        remarking->say(remarking->user_data, line);
    }
}

static bool remark_calendar(const struct remarking *remarking, const struct rule *rule, struct date today)
{
    const struct code_list *days = calendar_of(rule);
    char words[300];
    int year = days ? last_year(days) : today.year;
    if (year >= today.year)
        return false;
    snprintf(words, sizeof words,
             _("the calendar %s has no day after %d: add the holidays, or terms are counted without them"),
             days->path, year);
    remark(remarking, rule, words);
    return true;
}

void rule_lint(const struct rule_set *rules, void (*say)(void *user_data, const char *remark),
               void *user_data)
{
    struct remarking remarking = { say, user_data };
    bool calendar = false;
    const struct code_list *told = NULL;
    for (size_t i = 0; i < rules->count; i++) {
        const struct rule *rule = &rules->rules[i];
        struct date today = rules->moment.today;
        remark_force(&remarking, rule, today);
        remark_conditions(&remarking, rule);
        remark_holes(&remarking, rule);
        calendar = calendar || remark_calendar(&remarking, rule, today);
        const struct code_list *days = calendar_of(rule);
        if (days && days != told)
            remark_proposed(&remarking, days);
        told = days ? days : told;
        if (!rule->cites.length && !value_find(rule->tree, "reason"))
            remark(&remarking, rule, _("it neither cites an article nor gives a reason"));
    }
}
