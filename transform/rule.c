#include "transform/rule.h"

#include <stdio.h>
#include <string.h>

#include "adapters/crypto.h"
#include "core/canonical.h"
#include "transform/rule_inside.h"

struct rule_settings {
    const char *id, *field, *cites, *note;
    const struct value *check, *when, *in_force, *message, *examples, *reason;
    int severity;
};

static const char *const severities[] = { "error", "warning", NULL };

#define AT(member) offsetof(struct rule_settings, member)
static const struct setting rule_settings[] = {
    { "id", SETTING_TEXT, AT(id), .required = true, .help = N_("the rule's name in rejections and views") },
    { "field", SETTING_TEXT, AT(field), .help = N_("a field, or legal_bases[].number for each of a list") },
    { "check", SETTING_OBJECT, AT(check), .required = true, .help = N_("what must hold") },
    { "severity", SETTING_CHOICE, AT(severity), .fallback = "error", .choices = severities,
      .help = N_("error keeps the record back; warning only reports") },
    { "when", SETTING_OBJECT, AT(when), .help = N_("fields and the values they must have for the rule to apply") },
    { "in_force", SETTING_OBJECT, AT(in_force), .help = N_("from and to: the days between which the rule applies") },
    { "cites", SETTING_TEXT, AT(cites), .help = N_("the article of the law") },
    { "message", SETTING_OBJECT, AT(message), .help = N_("vi and en: what is wrong, for the official who mends it") },
    { "reason", SETTING_TREE, AT(reason), .help = N_("why the rule is there, where no law is cited") },
    { "examples", SETTING_TREE, AT(examples), .help = N_("pass and fail: procedures for the rule's own test") },
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

static enum status read_in_force(const struct setting_context *context, const struct value *tree, struct date today,
                                 struct rule *rule, struct error *error)
{
    static const char *const names[] = { "from", "to" };
    rule->in_force = true;
    if (!tree)
        return STATUS_OK;
    for (const struct value *member = tree->first; member; member = member->next)
        if (!text_is(member->name, "from") && !text_is(member->name, "to"))
            return setting_fault(context, member, error, _("in_force: unknown key \"%.*s\"; did you mean \"%s\"?"),
                                 TEXT_ARG(member->name), text_nearest(member->name, names, 2) ? text_nearest(member->name, names, 2) : "from");
    if (read_day(context, tree, "from", &rule->from, error) || read_day(context, tree, "to", &rule->to, error))
        return error->status;
    rule->in_force = (!rule->from.year || date_compare(today, rule->from) >= 0) &&
                     (!rule->to.year || date_compare(today, rule->to) <= 0);
    return STATUS_OK;
}

static enum status read_when(const struct setting_context *context, const struct value *tree, struct rule *rule,
                             struct error *error)
{
    if (!tree)
        return STATUS_OK;
    rule->when = arena_array(context->arena, struct rule_condition, tree->count + 1);
    for (const struct value *member = tree->first; member; member = member->next) {
        struct rule_condition *condition = &rule->when[rule->when_count++];
        if (field_path_compile(&procedure_root, member->name, &condition->path, error))
            return setting_place(context, member, error);
        if (setting_texts(context, member, &condition->values, &condition->count, error))
            return error->status;
    }
    return STATUS_OK;
}

static enum status read_checks(const struct setting_context *context, const struct value *tree,
                               const struct rule_options *options, struct rule *rule, struct error *error)
{
    for (const struct value *member = tree->first; member; member = member->next) {
        const char *names[32];
        size_t count = 0;
        const struct rule_check *kind = NULL;
        for (; rule_checks[count]; count++) {
            names[count] = rule_checks[count]->name;
            if (text_is(member->name, names[count]))
                kind = rule_checks[count];
        }
        if (!kind) {
            const char *nearest = text_nearest(member->name, names, count);
            return setting_fault(context, member, error,
                                 nearest ? _("unknown check \"%.*s\"; did you mean \"%s\"?") : _("unknown check \"%.*s\""),
                                 TEXT_ARG(member->name), nearest);
        }
        if (rule->check_count == RULE_CHECKS)
            return setting_fault(context, member, error, _("a rule has at most %d checks: make two rules"), RULE_CHECKS);
        void **own = &rule->checks[rule->check_count].own;
        if (kind->compile(rule, context, member, options->lists, own, error))
            return error->status;
        rule->checks[rule->check_count++].kind = kind;
        rule->set_wise = rule->set_wise || kind->set_wise;
    }
    if (!rule->check_count)
        return setting_fault(context, tree, error, _("the rule checks nothing"));
    return STATUS_OK;
}

static enum status read_message(const struct setting_context *context, const struct value *tree,
                                const char *language, struct rule *rule, struct error *error)
{
    for (const struct value *member = tree ? tree->first : NULL; member; member = member->next)
        if (member->kind != VALUE_TEXT || (!text_is(member->name, "vi") && !text_is(member->name, "en")))
            return setting_fault(context, member, error, _("message: texts for \"vi\" and \"en\" are expected"));
    struct text message = value_text_of(tree, language);
    if (!message.length)
        message = value_text_of(tree, "vi");
    if (!message.length)
        message = value_text_of(tree, "en");
    rule->message = message;
    return STATUS_OK;
}

static enum status compile_rule(const struct setting_context *context, const struct value *tree,
                                const struct rule_options *options, struct rule *rule, struct error *error)
{
    struct rule_settings settings = { 0 };
    if (setting_read(context, rule_settings, sizeof rule_settings / sizeof *rule_settings, tree, "rules", &settings, error))
        return error->status;
    rule->id = text_of(settings.id);
    rule->is_error = settings.severity == 0;
    rule->cites = text_of(settings.cites);
    rule->file = context->file;
    rule->line = tree->line;
    rule->column = tree->column;
    if (settings.field) {
        rule->has_path = true;
        if (field_path_compile(&procedure_root, text_of(settings.field), &rule->path, error))
            return setting_place(context, value_find(tree, "field"), error);
    }
    if (read_message(context, settings.message, options->language, rule, error) ||
        read_when(context, settings.when, rule, error) ||
        read_in_force(context, settings.in_force, options->today, rule, error) ||
        read_checks(context, settings.check, options, rule, error))
        return error->status;
    if (!rule->has_path && !rule->set_wise)
        return setting_fault(context, tree, error, _("the rule \"%s\" needs a \"field\""), settings.id);
    return STATUS_OK;
}

static enum status compile_file(struct arena *arena, const struct rule_file *file, const struct rule_options *options,
                                struct rule_set *rules, struct value *ingredients, struct error *error)
{
    struct setting_context context = { arena, file->path };
    const struct value *list = value_find(file->tree, "rules");
    for (const struct value *member = file->tree->first; member; member = member->next)
        if (!text_is(member->name, "rules"))
            return setting_fault(&context, member, error, _("unknown key \"%.*s\"; did you mean \"rules\"?"),
                                 TEXT_ARG(member->name));
    if (!list || list->kind != VALUE_LIST)
        return setting_fault(&context, list ? list : file->tree, error, _("a file of rules has a list \"rules\""));
    for (const struct value *tree = list->first; tree; tree = tree->next) {
        struct rule *rule = &rules->rules[rules->count++];
        if (compile_rule(&context, tree, options, rule, error))
            return error->status;
        for (size_t i = 0; i + 1 < rules->count; i++)
            if (text_equal(rules->rules[i].id, rule->id))
                return setting_fault(&context, tree, error, _("the rule id \"%.*s\" is already used in %s:%u"),
                                     TEXT_ARG(rule->id), rules->rules[i].file, rules->rules[i].line);
        if (rule->in_force)
            value_append(ingredients, value_copy(arena, tree));
    }
    return STATUS_OK;
}

static bool uses_list(const struct rule_set *rules, const struct code_list *list)
{
    for (size_t i = 0; i < rules->count; i++)
        for (size_t j = 0; rules->rules[i].in_force && j < rules->rules[i].check_count; j++)
            if (rules->rules[i].checks[j].own == list)
                return true;
    return false;
}

enum status rule_compile_all(struct arena *arena, const struct rule_file *files, size_t count,
                             const struct rule_options *options, struct rule_set **rules, struct digest *recipe,
                             struct error *error)
{
    struct rule_set *made = arena_new(arena, struct rule_set);
    struct value *ingredients = value_list(arena);
    size_t total = 0;
    for (size_t i = 0; i < count; i++) {
        const struct value *list = value_find(files[i].tree, "rules");
        total += list ? list->count : 0;
    }
    made->arena = arena;
    made->language = options->language;
    made->today.date = options->today;
    made->rules = arena_array(arena, struct rule, total + 1);
    *rules = made;
    for (size_t i = 0; i < count; i++)
        if (compile_file(arena, &files[i], options, made, ingredients, error))
            return error->status;
    for (const struct code_list *list = options->lists; list; list = list->next) {
        if (!uses_list(made, list))
            continue;
        char *hex = arena_take(arena, DIGEST_HEX);
        digest_hex(&list->digest, hex);
        value_append(ingredients, value_string(arena, hex));
    }
    struct buffer bytes = { 0 };
    canonical_write(&bytes, ingredients);
    *recipe = crypto_sha256(buffer_view(&bytes));
    buffer_free(&bytes);
    return STATUS_OK;
}

void rule_free_all(struct rule_set *rules)
{
    for (size_t i = 0; rules && i < rules->count; i++)
        for (size_t j = 0; j < rules->rules[i].check_count; j++)
            if (rules->rules[i].checks[j].kind->free)
                rules->rules[i].checks[j].kind->free(rules->rules[i].checks[j].own);
}

size_t rule_count(const struct rule_set *rules)
{
    return rules->count;
}

struct meeting {
    const struct rule_condition *condition;
    bool met;
};

static bool meet(void *own, const struct value *value, const char *where)
{
    struct meeting *meeting = own;
    (void)where;
    for (const struct value *item = value && value->kind == VALUE_LIST ? value->first : value; item;
         item = value->kind == VALUE_LIST ? item->next : NULL)
        for (size_t i = 0; i < meeting->condition->count; i++)
            meeting->met = meeting->met || text_equal(item->text, meeting->condition->values[i]);
    return !meeting->met;
}

bool rule_applies(const struct rule *rule, const struct value *procedure)
{
    if (!rule->in_force)
        return false;
    for (size_t i = 0; i < rule->when_count; i++) {
        struct meeting meeting = { &rule->when[i], false };
        field_path_visit(&rule->when[i].path, procedure, meet, &meeting);
        if (!meeting.met)
            return false;
    }
    return true;
}

struct trying {
    const struct rule_set *rules;
    const struct rule *rule;
    struct arena *arena;
    struct findings *findings;
};

static bool try_value(void *own, const struct value *value, const char *where)
{
    const struct trying *trying = own;
    const struct rule *rule = trying->rule;
    struct error why;
    for (size_t i = 0; i < rule->check_count; i++) {
        const struct rule_check *kind = rule->checks[i].kind;
        if (kind->set_wise || (!value && !kind->on_absent))
            continue;
        why.status = STATUS_OK;
        why.message[0] = 0;
        if (kind->holds(rule->checks[i].own, value, &trying->rules->today, &why))
            continue;
        struct text shown = value && value_is_scalar(value) ? value->text : TEXT_NONE;
        struct text message = rule->message.length && why.status != STATUS_REJECT ? rule->message : text_of(why.message);
        struct finding *finding =
            finding_add(trying->arena, trying->findings, rule->is_error, rule->id, where, shown, message);
        if (finding)
            finding->cites = rule->cites;
        break;
    }
    return true;
}

void rule_run(const struct rule_set *rules, struct arena *arena, const struct value *procedure,
              struct findings *findings)
{
    for (size_t i = 0; i < rules->count; i++) {
        const struct rule *rule = &rules->rules[i];
        if (rule->set_wise || !rule_applies(rule, procedure))
            continue;
        struct trying trying = { rules, rule, arena, findings };
        field_path_visit(&rule->path, procedure, try_value, &trying);
    }
}
