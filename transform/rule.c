#include "transform/rule.h"

#include <stdio.h>
#include <string.h>

#include "core/finding_words.h"
#include "transform/rule_inside.h"

struct meeting {
    const struct rule_condition *condition;
    const struct rule_moment *moment;
    bool met;
};

static bool between(const struct rule_condition *condition, const struct value *value)
{
    struct date date;
    return date_read(value->text, &date) &&
           (!condition->after.year || date_compare(date, condition->after) > 0) &&
           (!condition->before.year || date_compare(date, condition->before) < 0);
}

static bool is_since(struct date baseline, struct text text)
{
    struct date date;
    return !baseline.year || (date_read(text, &date) && date_compare(date, baseline) >= 0);
}

static bool is_met(const struct meeting *meeting, const struct value *value)
{
    const struct rule_condition *condition = meeting->condition;
    if (condition->count)
        return text_among(value->text, condition->values, condition->count);
    /* An expression that gives up has not matched, and the rule is asked: it must not pass in silence. */
    return (!condition->since_baseline || is_since(meeting->moment->baseline, value->text)) &&
           (!condition->matches ||
            regex_search(condition->matches, value->text, 0, NULL, NULL) != STATUS_END) &&
           ((!condition->after.year && !condition->before.year) || between(condition, value));
}

static bool meet(void *user_data, const struct value *value, const struct rule_place *place)
{
    struct meeting *meeting = user_data;
    (void)place;
    const struct value *item = value && value->kind == VALUE_LIST ? value->first : value;
    for (; item && !meeting->met; item = value->kind == VALUE_LIST ? item->next : NULL)
        meeting->met = value_is_scalar(item) && is_met(meeting, item);
    return !meeting->met;
}

static bool wants_value(const struct rule_condition *condition)
{
    return condition->count || condition->matches || condition->after.year || condition->before.year ||
           condition->since_baseline;
}

bool rule_own_day(const struct rule_set *rules, const struct rule_view *view, struct date *day)
{
    const struct value *value = rule_path_first(&rules->own_day, view);
    return value && value->kind == VALUE_TEXT && date_read(value->text, day);
}

static bool is_in_force(const struct rule_set *rules, const struct rule *rule, const struct rule_view *view,
                        const struct rule_moment *moment)
{
    struct date day;
    if (!rule->from.year && !rule->to.year)
        return true;
    if (!rule_own_day(rules, view, &day))
        day = moment->today;
    return (!rule->from.year || date_compare(day, rule->from) >= 0) &&
           (!rule->to.year || date_compare(day, rule->to) <= 0);
}

bool rule_applies(const struct rule_set *rules, const struct rule *rule, const struct rule_view *view,
                  const struct rule_moment *moment)
{
    if (!is_in_force(rules, rule, view, moment))
        return false;
    for (size_t i = 0; i < rule->when_count; i++) {
        const struct rule_condition *condition = &rule->when[i];
        struct meeting meeting = { condition, moment, false };
        if (condition->each)
            continue;
        if (condition->agency) {
            const struct value *code = rule_path_first(&condition->path, view);
            if (agency_kind_beside(code ? code->text : TEXT_NONE, rules->agency, rules->agency_kind) !=
                condition->agency)
                return false;
            continue;
        }
        if (condition->asks_presence && condition->presence != !!rule_path_first(&condition->path, view))
            return false;
        if (!wants_value(condition))
            continue;
        rule_path_visit(&condition->path, view, meet, &meeting);
        if (!meeting.met)
            return false;
    }
    return true;
}

/* The conditions that are asked for each item. */
static bool applies_here(const struct rule_trial *trial, const struct rule_place *place)
{
    const struct rule *rule = trial->rule;
    for (size_t i = 0; i < rule->when_count; i++) {
        const struct rule_condition *condition = &rule->when[i];
        struct meeting meeting = { condition, trial->moment, false };
        if (!condition->each)
            continue;
        const struct value *value = rule_path_find(&condition->path, trial->view, place);
        if (condition->asks_presence && condition->presence != rule_is_something(value))
            return false;
        if (wants_value(condition))
            meet(&meeting, value, place);
        if (wants_value(condition) && !meeting.met)
            return false;
    }
    return true;
}

/* What the check says, or that it gave up. */
static struct reason reason_of(const struct rule_trial *trial, const struct rule_why *why)
{
    struct reason reason = why->reason;
    if (why->error.status == STATUS_REJECT) {
        reason_set(&reason, "undecided", text_of(trial->rule->file),
                   text_format(trial->arena, "%u", trial->rule->line));
        reason_add_error(&reason, &why->error);
    }
    return reason;
}

/* The night's words: the rule's own message, with {why} and {value} filled in. */
static struct text say(const struct rule_trial *trial, const struct finding *finding)
{
    enum language language = language_named(trial->rules->language);
    struct text why = reason_words(trial->arena, &finding->reason, finding->field, REASON_WHAT, language);
    if (!trial->rule->message.length || !strcmp(finding->reason.id, "undecided"))
        return why;
    return finding_words_fill(trial->arena, trial->rule->message, why, finding->value, &finding->reason);
}

void rule_find(const struct rule_trial *trial, const struct rule_place *place, const struct value *value,
               const struct rule_why *why)
{
    const struct rule *rule = trial->rule;
    char where[RULE_PLACE_TEXT] = "";
    struct text shown = value && value_is_scalar(value) ? value->text : TEXT_NONE;
    struct reason reason = reason_of(trial, why);
    if (place)
        rule_place_write(place, where);
    struct finding *finding = finding_add(trial->arena, trial->findings, rule->is_error, rule->id,
                                          place ? where : NULL, shown, &reason);
    if (!finding)
        return;
    finding->message = say(trial, finding);
    finding->cites = rule->cites;
}

static bool try_value(void *user_data, const struct value *value, const struct rule_place *place)
{
    const struct rule_trial *trial = user_data;
    const struct rule *rule = trial->rule;
    struct rule_subject subject = { trial->view, value, place,      trial->moment, trial->arena,
                                    trial->due,  rule,  trial->all, trial->record };
    struct rule_why why;
    if (rule->asks_each && !applies_here(trial, place))
        return true;
    for (size_t i = 0; i < rule->check_count; i++) {
        const struct rule_check *kind = rule->checks[i].kind;
        if (!kind->holds || (!value && !kind->on_absent))
            continue;
        why.reason = (struct reason){ 0 };
        why.error.status = STATUS_OK;
        if (kind->holds(rule->checks[i].user_data, &subject, &why))
            continue;
        rule_find(trial, place, value, &why);
        break;
    }
    return true;
}

static bool is_idle(const struct rule *rule, const struct rule_view *view)
{
    for (size_t i = 0; i < rule->check_count; i++)
        if (!rule->checks[i].kind->idle || !rule->checks[i].kind->idle(rule->checks[i].user_data, view))
            return false;
    return true;
}

void rule_try(const struct rule_trial *trial)
{
    if (is_idle(trial->rule, trial->view))
        return;
    for (size_t i = 0; i < trial->rule->path_count; i++) {
        struct rule_trial inner = *trial;
        rule_path_visit(&trial->rule->paths[i], trial->view, try_value, &inner);
    }
}

void rule_run(const struct rule_set *rules, struct arena *arena, const struct value *procedure,
              struct findings *findings)
{
    struct rule_view view;
    struct rule_grams grams;
    rule_view_of(rules, procedure, &view);
    grams.built = false;
    view.grams = &grams;
    struct rule_trial trial = {
        .rules = rules, .view = &view, .moment = &rules->moment, .arena = arena, .findings = findings
    };
    for (size_t i = 0; i < rules->count; i++) {
        trial.rule = &rules->rules[i];
        if (!trial.rule->set_wise && rule_applies(rules, trial.rule, &view, &rules->moment))
            rule_try(&trial);
    }
}
