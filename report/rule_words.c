#include "report/rule_words.h"

#include "adapters/json.h"
#include "store/report.h"

#define RUNS (sizeof((struct rule_words *)0)->runs / sizeof *((struct rule_words *)0)->runs)

static enum status kept_rules(struct rule_words *words, int64_t run, const struct value **tree,
                              struct error *error)
{
    struct value *kept = NULL;
    *tree = NULL;
    for (size_t i = 0; i < words->run_count; i++)
        if (words->runs[i].run == run) {
            *tree = words->runs[i].tree;
            return STATUS_OK;
        }
    enum status status = report_run_rules(words->store, words->arena, run, &kept, error);
    if (status > STATUS_END)
        return status;
    if (words->run_count < RUNS) {
        words->runs[words->run_count].run = run;
        words->runs[words->run_count++].tree = kept;
    }
    *tree = kept;
    return STATUS_OK;
}

enum status rule_words_open(struct text configured, const char *language, struct store *store,
                            struct arena *arena, struct rule_words *words, struct error *error)
{
    struct value *tree = NULL;
    const struct value *newest;
    *words = (struct rule_words){ .store = store, .arena = arena, .language = language_named(language) };
    if (configured.length && json_parse(arena, configured, &tree, error))
        return error->status;
    finding_rules_add(&words->rules, tree);
    if (kept_rules(words, 0, &newest, error))
        return error->status;
    finding_rules_add(&words->rules, newest);
    return STATUS_OK;
}

void rule_words_put_broken_off(struct arena *arena, struct value *object, const char *state,
                               const char *words)
{
    if (text_is(value_text_of(object, state), "unknown") && !value_find(object, words))
        value_set(object, words,
                  value_string(arena, _("a run was broken off before the portal's answer came; the next load "
                                        "asks the portal first")));
}

enum status rule_words_put(struct rule_words *words, struct value *object, int64_t run, struct arena *arena,
                           struct error *error)
{
    struct text rule = value_text_of(object, "rule");
    struct finding_rules rules = { 0 };
    const struct value *kept = NULL;
    if (run) {
        if (kept_rules(words, run, &kept, error))
            return error->status;
        finding_rules_add(&rules, kept);
    }
    for (size_t i = 0; i < words->rules.count; i++)
        finding_rules_add(&rules, words->rules.trees[i]);
    if (!run && rule.length && !finding_rules_find(&rules, rule) && value_number_of(object, "since_run")) {
        if (kept_rules(words, value_number_of(object, "since_run"), &kept, error))
            return error->status;
        finding_rules_add(&rules, kept);
    }
    rule_words_put_broken_off(arena, object, "outcome", "message");
    finding_words_put(arena, object, &rules, words->language);
    return STATUS_OK;
}

enum status rule_words_put_all(struct rule_words *words, struct value *list, int64_t run, struct error *error)
{
    for (struct value *object = list ? list->first : NULL; object; object = object->next)
        if (rule_words_put(words, object, run, words->arena, error))
            return error->status;
    return STATUS_OK;
}

void rule_words_join(struct arena *arena, struct value *list)
{
    for (struct value *object = list->first; object; object = object->next) {
        struct text what = value_text_of(object, "message"), hint = value_text_of(object, "operator");
        if (hint.length)
            what = text_format(arena, TEXT_PRINT ". " TEXT_PRINT, TEXT_ARG(what), TEXT_ARG(hint));
        value_set(object, "why", value_text(arena, what));
    }
}
