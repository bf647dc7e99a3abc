#include <stdio.h>
#include <string.h>

#include "adapters/crypto.h"
#include "core/canonical.h"
#include "core/count.h"
#include "transform/rule_inside.h"

#define ID_MAX 64

struct rule_settings {
    const char *id, *cites;
    const struct value *field, *check, *when, *in_force, *message, *to_do, *operator_, *examples, *reason;
    int severity;
};

static const char *const severities[] = { "error", "warning", NULL };

#define AT(member) offsetof(struct rule_settings, member)
static const struct setting rule_settings[] = {
    { "id", SETTING_TEXT, AT(id), .required = true, .help = N_("the rule's name in rejections and views") },
    { "field", SETTING_LIST, AT(field),
      .help = N_("a field, or legal_bases[].number for each of a list; or several of them") },
    { "check", SETTING_OBJECT, AT(check), .required = true, .help = N_("what must hold") },
    { "severity", SETTING_CHOICE, AT(severity), .fallback = "error", .choices = severities,
      .help = N_("error keeps the record back; warning only reports") },
    { "when", SETTING_OBJECT, AT(when),
      .help = N_("fields and the values they must have for the rule to apply") },
    { "in_force", SETTING_OBJECT, AT(in_force),
      .help = N_("from and to: the days between which the rule applies") },
    { "cites", SETTING_TEXT, AT(cites), .help = N_("the article of the law") },
    { "message", SETTING_OBJECT, AT(message),
      .help = N_("vi and en: what is wrong, for the official who mends it") },
    { "to_do", SETTING_OBJECT, AT(to_do), .help = N_("vi and en: what that official is to do") },
    { "operator", SETTING_OBJECT, AT(operator_),
      .help = N_("vi and en: what the configuration has to do with it, for the operator alone") },
    { "reason", SETTING_TREE, AT(reason), .help = N_("why the rule is there, where no law is cited") },
    { "examples", SETTING_OBJECT, AT(examples),
      .help = N_("pass and fail: procedures for the rule's own test") },
};

static enum status read_day(const struct setting_context *context, const struct value *tree, const char *name,
                            struct date *date, struct error *error)
{
    const struct value *day = value_find(tree, name);
    if (!day)
        return STATUS_OK;
    if (day->kind != VALUE_TEXT || !date_read(day->text, date))
        return setting_fault(context, day, error, _("\"%s\" must be a day such as 2010-10-14"), name);
    return STATUS_OK;
}

static enum status read_in_force(const struct setting_context *context, const struct value *tree,
                                 struct rule *rule, struct error *error)
{
    static const char *const names[] = { "from", "to" };
    if (!tree)
        return STATUS_OK;
    enum status all = STATUS_OK;
    (void)(setting_step(context, &all,
                        setting_check_names(context, tree, "in_force", names, COUNT(names), error), error) &&
           setting_step(context, &all, read_day(context, tree, "from", &rule->from, error), error) &&
           setting_step(context, &all, read_day(context, tree, "to", &rule->to, error), error));
    if (all)
        return all;
    if (rule->from.year && rule->to.year && date_compare(rule->from, rule->to) > 0)
        return setting_fault(context, tree, error,
                             _("in_force: \"from\" is behind \"to\": the rule can never be in force"));
    return STATUS_OK;
}

static bool is_in_force(const struct rule *rule, struct date day)
{
    return (!rule->from.year || date_compare(day, rule->from) >= 0) &&
           (!rule->to.year || date_compare(day, rule->to) <= 0);
}

enum status rule_values_read(const struct setting_context *context, const struct value *list,
                             struct text **values, size_t *count, struct error *error)
{
    if (setting_texts(context, list, values, count, error))
        return error->status;
    return *count ? STATUS_OK
                  : setting_fault(context, list, error, _("an empty list: no value can be one of none"));
}

static enum status check_choices(const struct setting_context *context, const struct rule_path *path,
                                 const struct value *list, const struct text *values, size_t count,
                                 struct error *error)
{
    const char *const *choices = path->target->kind == FIELD_CHOICE ? path->target->choices : NULL;
    for (size_t i = 0; choices && i < count; i++) {
        size_t known = 0;
        while (choices[known] && !text_is(values[i], choices[known]))
            known++;
        if (choices[known])
            continue;
        const char *nearest = text_nearest(values[i], choices, known);
        return setting_fault(context, list, error,
                             nearest ? _("\"%.*s\" never has the value \"%.*s\"; did you mean \"%s\"?")
                                     : _("\"%.*s\" never has the value \"%.*s\""),
                             TEXT_ARG(path->path.text), TEXT_ARG(values[i]), nearest);
    }
    return STATUS_OK;
}

/* agency.kind: ministry | province. No field of the procedure: its agency's code tells it, or the
 * configuration. */
static enum status read_agency_kind(const struct setting_context *context, const struct value *member,
                                    struct rule_condition *condition, struct error *error)
{
    if (member->kind == VALUE_TEXT && text_is(member->text, "ministry"))
        condition->agency = AGENCY_MINISTRY;
    else if (member->kind == VALUE_TEXT && text_is(member->text, "province"))
        condition->agency = AGENCY_PROVINCE;
    else
        return setting_fault(context, member, error, _("\"agency.kind\" is ministry or province"));
    return rule_path_compile(TEXT("agency.code"), &condition->path, error);
}

/* not_before: baseline. That day is known when the rules run, over the store. */
static enum status read_baseline(const struct setting_context *context, const struct value *member,
                                 struct rule_condition *condition, struct error *error)
{
    const struct value *day = value_find(member, "not_before");
    if (!day)
        return STATUS_OK;
    if (day->kind != VALUE_TEXT || !text_is(day->text, "baseline") ||
        condition->path.target->kind != FIELD_DATE)
        return setting_fault(
            context, day, error,
            _("\"not_before\" is \"baseline\", of a field that holds a day; of other days write "
              "\"after\""));
    condition->since_baseline = true;
    return STATUS_OK;
}

/* when: { field: value | [values] | { matches | after, before, not_before | present } } */
static enum status read_condition(const struct rule_compiling *compiling, const struct value *member,
                                  struct rule_condition *condition, struct error *error)
{
    static const char *const names[] = { "matches", "after", "before", "present", "not_before" };
    const struct setting_context *context = compiling->context;
    if (text_is(member->name, "agency.kind"))
        return read_agency_kind(context, member, condition, error);
    if (rule_path_compile(member->name, &condition->path, error))
        return setting_place(context, member, error);
    if (member->kind != VALUE_OBJECT) {
        if (rule_values_read(context, member, &condition->values, &condition->count, error))
            return error->status;
        return check_choices(context, &condition->path, member, condition->values, condition->count, error);
    }
    if (setting_check_names(context, member, "when", names, COUNT(names), error))
        return error->status;
    const struct value *expression = value_find(member, "matches"), *present = value_find(member, "present");
    if (expression && rule_pattern_compile(compiling, expression, &condition->matches, error))
        return error->status;
    if (read_day(context, member, "after", &condition->after, error) ||
        read_day(context, member, "before", &condition->before, error) ||
        read_baseline(context, member, condition, error))
        return error->status;
    condition->asks_presence = present;
    condition->presence = present && text_is(present->text, "true");
    if (present && !condition->presence && !text_is(present->text, "false"))
        return setting_fault(context, present, error, _("\"present\" is true or false"));
    return STATUS_OK;
}

static enum status read_when(const struct rule_compiling *compiling, const struct value *tree,
                             struct rule *rule, struct error *error)
{
    if (!tree)
        return STATUS_OK;
    rule->when = arena_array(compiling->context->arena, struct rule_condition, tree->count + 1);
    enum status all = STATUS_OK;
    for (const struct value *member = tree->first; member; member = member->next) {
        struct rule_condition *condition = &rule->when[rule->when_count++];
        enum status one = read_condition(compiling, member, condition, error);
        if (!setting_step(compiling->context, &all, one, error))
            return all;
        for (size_t i = 0; !one && i < condition->path.path.count; i++)
            condition->each = condition->each || condition->path.path.each[i];
        condition->each = condition->each && rule->path_count && rule_path_beside(rule, &condition->path);
        rule->asks_each = rule->asks_each || condition->each;
        rule->set_wise = rule->set_wise || condition->since_baseline;
    }
    return all;
}

static enum status check_fits(const struct setting_context *context, const struct rule *rule,
                              const struct rule_check *kind, const struct value *at, struct error *error)
{
    for (size_t i = 0; i < rule->path_count; i++) {
        const struct rule_path *path = &rule->paths[i];
        enum field_kind field = path->target->kind;
        struct text text = path->path.text;
        bool scalar = field != FIELD_LIST && field != FIELD_GROUP;
        if (kind->takes == RULE_TAKES_LIST && field != FIELD_LIST)
            return setting_fault(context, at, error,
                                 _("\"%s\" counts the items of a list, and \"%.*s\" is none"), kind->name,
                                 TEXT_ARG(text));
        if (kind->takes != RULE_TAKES_ANY && kind->takes != RULE_TAKES_LIST && !scalar)
            return setting_fault(
                context, at, error,
                field == FIELD_LIST
                    ? _("\"%s\" looks at one value, and \"%.*s\" is a list: write \"%.*s[]\" or go deeper")
                    : _("\"%s\" looks at one value, and \"%.*s\" is a group: name one of its fields"),
                kind->name, TEXT_ARG(text), TEXT_ARG(text));
        if (kind->takes == RULE_TAKES_DATE && field != FIELD_DATE)
            return setting_fault(context, at, error, _("\"%s\" looks at days, and \"%.*s\" holds none"),
                                 kind->name, TEXT_ARG(text));
    }
    return STATUS_OK;
}

static enum status find_check(const struct setting_context *context, const struct value *member,
                              const struct rule_check **kind, struct error *error)
{
    const char *names[32];
    size_t count = 0;
    *kind = NULL;
    for (; rule_checks[count]; count++) {
        names[count] = rule_checks[count]->name;
        if (text_is(member->name, names[count]))
            *kind = rule_checks[count];
    }
    if (*kind)
        return STATUS_OK;
    const char *nearest = text_nearest(member->name, names, count);
    return setting_fault(context, member, error,
                         nearest ? _("unknown check \"%.*s\"; did you mean \"%s\"?")
                                 : _("unknown check \"%.*s\""),
                         TEXT_ARG(member->name), nearest);
}

static enum status read_check(const struct rule_compiling *compiling, const struct value *member,
                              struct rule *rule, struct error *error)
{
    const struct setting_context *context = compiling->context;
    const struct rule_check *kind;
    if (find_check(context, member, &kind, error))
        return error->status;
    if (rule->check_count == RULE_CHECKS)
        return setting_fault(context, member, error, _("a rule has at most %d checks: make two rules"),
                             RULE_CHECKS);
    void **user_data = &rule->checks[rule->check_count].user_data;
    rule->checks[rule->check_count].kind = kind;
    if (check_fits(context, rule, kind, member, error))
        return error->status;
    if (kind->compile(rule, compiling, member, user_data, error)) {
        if (kind->free && *user_data)
            kind->free(*user_data);
        *user_data = NULL;
        return error->status;
    }
    rule->check_count++;
    return STATUS_OK;
}

static enum status read_checks(const struct rule_compiling *compiling, const struct value *tree,
                               struct rule *rule, struct error *error)
{
    enum status all = STATUS_OK;
    for (const struct value *member = tree->first; member; member = member->next)
        if (!setting_step(compiling->context, &all, read_check(compiling, member, rule, error), error))
            return all;
    if (!all && !rule->check_count)
        return setting_fault(compiling->context, tree, error, _("the rule checks nothing"));
    return all;
}

/* { vi, en }; NULL: none. */
static enum status check_words(const struct setting_context *context, const struct value *tree,
                               const char *name, struct error *error)
{
    static const char *const names[] = { "vi", "en" };
    if (!tree)
        return STATUS_OK;
    if (setting_check_names(context, tree, name, names, COUNT(names), error))
        return error->status;
    for (const struct value *member = tree->first; member; member = member->next)
        if (member->kind != VALUE_TEXT || !member->text.length)
            return setting_fault(context, member, error, _("%s: a text is expected"), name);
    return STATUS_OK;
}

static enum status read_message(const struct setting_context *context, const struct rule_settings *settings,
                                const char *language, struct rule *rule, struct error *error)
{
    const struct value *tree = settings->message;
    if (check_words(context, tree, "message", error) ||
        check_words(context, settings->to_do, "to_do", error) ||
        check_words(context, settings->operator_, "operator", error))
        return error->status;
    rule->message = value_text_of(tree, language);
    if (!rule->message.length)
        rule->message = value_text_of(tree, "vi");
    if (!rule->message.length)
        rule->message = value_text_of(tree, "en");
    return STATUS_OK;
}

static enum status read_fields(const struct setting_context *context, const struct value *list,
                               struct rule *rule, struct error *error)
{
    struct text *texts;
    if (!list)
        return STATUS_OK;
    if (setting_texts(context, list, &texts, &rule->path_count, error))
        return error->status;
    rule->paths = arena_array(context->arena, struct rule_path, rule->path_count + 1);
    const struct value *item = list->kind == VALUE_LIST ? list->first : list;
    for (size_t i = 0; i < rule->path_count; i++, item = item->next)
        if (rule_path_compile(texts[i], &rule->paths[i], error))
            return setting_place(context, item, error);
    return STATUS_OK;
}

static enum status check_id(const struct setting_context *context, const struct value *id,
                            struct error *error)
{
    if (!id->text.length || id->text.length > ID_MAX || memchr(id->text.bytes, ' ', id->text.length))
        return setting_fault(context, id, error, _("an id has 1 to %d characters and no blanks"), ID_MAX);
    if (text_starts(id->text, TEXT("congkhai/")))
        return setting_fault(context, id, error,
                             _("ids that start with \"congkhai/\" are the program's own"));
    return STATUS_OK;
}

static enum status compile_rule(const struct rule_compiling *compiling, const struct value *tree,
                                const struct rule_set *rules, struct rule *rule, struct error *error)
{
    const struct setting_context *context = compiling->context;
    struct rule_settings settings = { 0 };
    enum status all = STATUS_OK;
    if (!setting_step(
            context, &all,
            setting_read(context, rule_settings, COUNT(rule_settings), tree, "rules", &settings, error),
            error))
        return all;
    if (settings.id && !setting_step(context, &all, check_id(context, value_find(tree, "id"), error), error))
        return all;
    rule->id = text_of(settings.id);
    rule->is_error = settings.severity == 0;
    rule->cites = text_of(settings.cites);
    rule->tree = tree;
    rule->file = context->file;
    rule->line = tree->line;
    rule->column = tree->column;
    enum status fields = read_fields(context, settings.field, rule, error);
    rule->path_count = fields ? 0 : rule->path_count; /* what is no field fits no check */
    (void)(setting_step(context, &all, fields, error) &&
           setting_step(context, &all, read_message(context, &settings, rules->language, rule, error),
                        error) &&
           setting_step(context, &all, read_when(compiling, settings.when, rule, error), error) &&
           setting_step(context, &all, read_in_force(context, settings.in_force, rule, error), error) &&
           (!settings.check ||
            setting_step(context, &all, read_checks(compiling, settings.check, rule, error), error)));
    if (all)
        return all;
    bool alone = rule->check_count == 1 && rule->checks[0].kind == &rule_check_sql;
    if (!rule->path_count && !alone)
        return setting_fault(context, tree, error, _("the rule \"%s\" needs a \"field\""), settings.id);
    return STATUS_OK;
}

/* What a rule says and looks at; the rest changes nothing that is kept of a record. */
static struct value *ingredient(struct arena *arena, const struct value *tree)
{
    struct value *copy = value_object(arena);
    for (const struct value *member = tree->first; member; member = member->next)
        if (!text_is(member->name, "examples") && !text_is(member->name, "reason") &&
            !text_is(member->name, "to_do") && !text_is(member->name, "operator"))
            value_set_text(copy, member->name, value_copy(arena, member));
    return copy;
}

/* pack: { name, version }: whose copy the file is, and how old (cli/pack.h). */
static enum status check_pack(const struct setting_context *context, const struct value *tree,
                              struct error *error)
{
    struct {
        const char *name;
        int64_t version;
    } pack;
    static const struct setting settings[] = {
        { "name", SETTING_TEXT, 0, .required = true, .help = N_("of the shipped pack") },
        { "version", SETTING_NUMBER, sizeof(const char *), .required = true, .minimum = 1, .maximum = 100000,
          .help = N_("rises with each change of the shipped pack") },
    };
    return tree ? setting_read(context, settings, COUNT(settings), tree, "pack", &pack, error) : STATUS_OK;
}

static enum status check_once(const struct setting_context *context, const struct value *tree,
                              const struct rule_set *rules, const struct rule *rule, struct error *error)
{
    for (size_t i = 0; rule->id.length && i + 1 < rules->count; i++)
        if (text_equal(rules->rules[i].id, rule->id))
            return setting_fault(context, value_find(tree, "id"), error,
                                 _("the rule id \"%.*s\" is already used in %s:%u"), TEXT_ARG(rule->id),
                                 rules->rules[i].file, rules->rules[i].line);
    return STATUS_OK;
}

static enum status add_rule(const struct rule_compiling *compiling, const struct value *tree,
                            struct rule_set *rules, struct value *ingredients, struct error *error)
{
    struct rule *rule = &rules->rules[rules->count];
    rule->number = rules->count++;
    enum status all = STATUS_OK;
    if (setting_step(compiling->context, &all, compile_rule(compiling, tree, rules, rule, error), error))
        (void)setting_step(compiling->context, &all, check_once(compiling->context, tree, rules, rule, error),
                           error);
    if (all)
        return all;
    value_append(ingredients, ingredient(rules->arena, tree));
    /* Of a record without a day of its own the day decides on which it is checked. */
    if (rule->from.year || rule->to.year)
        value_append(ingredients, value_boolean(rules->arena, is_in_force(rule, rules->moment.today)));
    return STATUS_OK;
}

static enum status compile_file(const struct rule_compiling *compiling, const struct rule_file *file,
                                struct rule_set *rules, struct value *ingredients, struct error *error)
{
    static const char *const names[] = { "rules", "pack", "codes" };
    const struct setting_context *context = compiling->context;
    const struct value *list = value_find(file->tree, "rules");
    enum status status = STATUS_OK;
    if (!setting_step(context, &status,
                      setting_check_names(context, file->tree, "rules", names, COUNT(names), error), error) ||
        !setting_step(context, &status, check_pack(context, value_find(file->tree, "pack"), error), error))
        return status;
    if (!list || list->kind != VALUE_LIST)
        return setting_fault(context, list ? list : file->tree, error,
                             _("a file of rules has a list \"rules\""));
    for (const struct value *tree = list->first; tree; tree = tree->next) {
        if (add_rule(compiling, tree, rules, ingredients, error) == STATUS_OK)
            continue;
        status = error->status;
        if (!setting_goes_on(context, error))
            return status;
    }
    return status;
}

static bool uses_list(const struct rule_set *rules, const struct code_list *list)
{
    for (size_t i = 0; i < rules->count; i++)
        for (size_t j = 0; j < rules->rules[i].list_count; j++)
            if (rules->rules[i].lists[j] == list)
                return true;
    return false;
}

static struct digest transform_digest_of(struct rule_set *rules, const struct code_list *lists,
                                         struct value *ingredients)
{
    struct buffer bytes = { 0 };
    for (const struct code_list *list = lists; list; list = list->next)
        if (uses_list(rules, list))
            value_append(ingredients, value_digest(rules->arena, &list->digest));
    value_append(ingredients, value_integer(rules->arena, RULES_VERSION));
    value_append(ingredients, value_text(rules->arena, rules->agency));
    value_append(ingredients, value_integer(rules->arena, (int64_t)rules->agency_kind));
    canonical_write(&bytes, ingredients);
    struct digest transform_digest = crypto_sha256(buffer_view(&bytes));
    buffer_free(&bytes);
    return transform_digest;
}

enum status rule_compile_all(struct arena *arena, const struct rule_file *files, size_t count,
                             const struct rule_options *options, struct rule_set **rules,
                             struct digest *transform_digest, struct error *error)
{
    struct rule_set *made = arena_new(arena, struct rule_set);
    struct value *ingredients = value_list(arena);
    enum status status = STATUS_OK;
    size_t total = 0;
    for (size_t i = 0; i < count; i++) {
        const struct value *list = files[i].tree ? value_find(files[i].tree, "rules") : NULL;
        total += list ? list->count : 0;
    }
    made->arena = arena;
    made->language = options->language ? options->language : "vi";
    made->moment.today = options->today;
    made->moment.baseline = options->baseline;
    made->agency = options->agency;
    made->agency_kind = options->agency_kind;
    if (rule_path_compile(TEXT("decision.signed_on"), &made->own_day, error))
        return error->status;
    made->rules = arena_array(arena, struct rule, total + 1);
    for (size_t i = 0; i < procedure_root.count && i < RULE_ROOTS; i++)
        made->root_names[i] = text_of(procedure_root.fields[i].name);
    *rules = made;
    for (size_t i = 0; i < count; i++) {
        struct setting_context context = { arena, files[i].path, options->faults };
        struct rule_compiling compiling = { &context, options->lists, made };
        if (!files[i].tree || /* told already */
            compile_file(&compiling, &files[i], made, ingredients, error) == STATUS_OK)
            continue;
        status = error->status;
        if (!setting_goes_on(&context, error))
            return status;
    }
    if (status)
        return status;
    *transform_digest = transform_digest_of(made, options->lists, ingredients);
    rule_project_build(made);
    return STATUS_OK;
}

void rule_free_all(struct rule_set *rules)
{
    for (size_t i = 0; rules && i < rules->count; i++) {
        const struct rule *rule = &rules->rules[i];
        for (size_t j = 0; j < rule->when_count; j++)
            regex_free(rule->when[j].matches);
        for (size_t j = 0; j < rule->check_count; j++)
            if (rule->checks[j].kind->free)
                rule->checks[j].kind->free(rule->checks[j].user_data);
    }
}
