#include "transform/rule_example.h"

#include <string.h>

#include "core/canonical.h"
#include "transform/cross_record_rules.h"
#include "transform/rule_inside.h"

static enum status read_value(const struct setting_context *context, const struct field *field,
                              const struct value *tree, struct value **value, struct error *error);

static enum status check_fields(const struct setting_context *context, const struct field *group,
                                const struct value *tree, const char *const *extra, struct error *error)
{
    const char *names[48];
    size_t count = field_names(group, names, 32);
    for (; extra && *extra && count < 48; extra++)
        names[count++] = *extra;
    for (const struct value *member = tree->first; member; member = member->next) {
        size_t i = 0;
        while (i < count && !text_is(member->name, names[i]))
            i++;
        if (i < count)
            continue;
        const char *nearest = text_nearest(member->name, names, count);
        return setting_fault(context, member, error,
                             nearest ? _("a procedure has no field \"%.*s\"; did you mean \"%s\"?")
                                     : _("a procedure has no field \"%.*s\""),
                             TEXT_ARG(member->name), nearest);
    }
    return STATUS_OK;
}

static enum status read_group(const struct setting_context *context, const struct field *group,
                              const struct value *tree, const char *const *extra, struct value **value,
                              struct error *error)
{
    if (tree->kind != VALUE_OBJECT)
        return setting_fault(context, tree, error, _("an object of fields and values is expected"));
    if (check_fields(context, group, tree, extra, error))
        return error->status;
    *value = value_object(context->arena);
    for (size_t i = 0; i < group->count; i++) {
        const struct value *member = value_find(tree, group->fields[i].name);
        struct value *read = NULL;
        if (!member)
            continue;
        if (read_value(context, &group->fields[i], member, &read, error))
            return error->status;
        if (rule_is_something(read))
            value_set(*value, group->fields[i].name, read);
    }
    return STATUS_OK;
}

static enum status read_list(const struct setting_context *context, const struct field *field,
                             const struct value *tree, struct value **value, struct error *error)
{
    const struct value *item = tree->kind == VALUE_LIST ? tree->first : tree;
    *value = value_list(context->arena);
    for (; item; item = tree->kind == VALUE_LIST ? item->next : NULL) {
        struct value *read = NULL;
        if (read_value(context, field->item, item, &read, error))
            return error->status;
        if (read)
            value_append(*value, read);
    }
    return STATUS_OK;
}

static enum status read_scalar(const struct setting_context *context, const struct field *field,
                               const struct value *tree, struct value **value, struct error *error)
{
    struct date date;
    size_t known = 0;
    if (tree->kind != VALUE_TEXT)
        return setting_fault(context, tree, error, _("one value is expected"));
    if (!tree->text.length)
        return STATUS_OK;
    if (field->kind == FIELD_DATE && !date_read(tree->text, &date))
        return setting_fault(context, tree, error, _("\"%.*s\" is no day such as 2010-10-14"),
                             TEXT_ARG(tree->text));
    while (field->kind == FIELD_CHOICE && field->choices[known] &&
           !text_is(tree->text, field->choices[known]))
        known++;
    if (field->kind == FIELD_CHOICE && !field->choices[known]) {
        const char *nearest = text_nearest(tree->text, field->choices, known);
        return setting_fault(context, tree, error,
                             nearest ? _("\"%.*s\" is none of the field's values; did you mean \"%s\"?")
                                     : _("\"%.*s\" is none of the field's values"),
                             TEXT_ARG(tree->text), nearest);
    }
    *value = field->kind == FIELD_INTEGER ? value_number(context->arena, tree->text)
                                          : value_text(context->arena, tree->text);
    return STATUS_OK;
}

static enum status read_value(const struct setting_context *context, const struct field *field,
                              const struct value *tree, struct value **value, struct error *error)
{
    if (field->kind == FIELD_LIST)
        return read_list(context, field, tree, value, error);
    if (field->kind != FIELD_GROUP)
        return read_scalar(context, field, tree, value, error);
    if (tree->kind != VALUE_TEXT || !field->main)
        return read_group(context, field, tree, NULL, value, error);
    *value = value_object(context->arena);
    value_set(*value, field->main, value_text(context->arena, tree->text));
    return STATUS_OK;
}

static enum status read_day(const struct setting_context *context, const struct value *tree, const char *name,
                            struct date *date, struct error *error)
{
    const struct value *day = value_find(tree, name);
    if (day && (day->kind != VALUE_TEXT || !date_read(day->text, date)))
        return setting_fault(context, day, error, _("\"%s\" must be a day such as 2010-10-14"), name);
    return STATUS_OK;
}

enum status rule_scene_read(const struct setting_context *context, const struct value *tree,
                            struct rule_scene *scene, struct error *error)
{
    static const char *const extra[] = { "today", "published", "baseline", "others", NULL };
    struct value *procedure;
    *scene = (struct rule_scene){ 0 };
    if (read_group(context, &procedure_root, tree, extra, &procedure, error) ||
        read_day(context, tree, "today", &scene->today, error) ||
        read_day(context, tree, "published", &scene->published, error) ||
        read_day(context, tree, "baseline", &scene->baseline, error))
        return error->status;
    scene->procedure = procedure;
    const struct value *others = value_find(tree, "others");
    if (!others)
        return STATUS_OK;
    if (others->kind != VALUE_LIST)
        return setting_fault(context, others, error, _("\"others\" is a list of procedures"));
    scene->others = arena_array(context->arena, const struct value *, others->count + 1);
    for (const struct value *item = others->first; item; item = item->next) {
        struct value *other;
        if (read_group(context, &procedure_root, item, NULL, &other, error))
            return error->status;
        scene->others[scene->other_count++] = other;
    }
    return STATUS_OK;
}

enum status rule_scene_value(const struct setting_context *context, const struct field *field,
                             const struct value *tree, struct value **value, struct error *error)
{
    *value = NULL;
    return read_value(context, field, tree, value, error);
}

static bool say_published(void *user_data, struct date from, struct date *day)
{
    const struct rule_scene *scene = user_data;
    if (!scene->published.year || date_compare(scene->published, from) < 0)
        return false;
    *day = scene->published;
    return true;
}

static struct rule_record record_of(struct rule_scene *scene, const struct value *procedure, int64_t number,
                                    struct arena *arena)
{
    struct text code = value_text_of(procedure, "code");
    return (struct rule_record){ .number = number,
                                 .code = code.length ? code : TEXT_NONE,
                                 .label = text_format(arena, "#%lld", (long long)number),
                                 .published = number ? NULL : say_published,
                                 .user_data = scene };
}

static struct cross_record_sample sample_of(const struct value *procedure, struct arena *arena)
{
    struct buffer bytes = { 0 };
    canonical_write(&bytes, procedure);
    struct cross_record_sample sample = { value_text_of(procedure, "code"),
                                          value_text_of(procedure, "status"),
                                          text_copy(arena, buffer_view(&bytes)) };
    buffer_free(&bytes);
    return sample;
}

static enum status run_queries(struct cross_record_rules *all, const struct rule_scene *scene,
                               struct arena *arena, struct error *error)
{
    const struct rule_query *queries;
    size_t count = cross_record_rules_queries(all, &queries);
    if (!count)
        return STATUS_OK;
    struct cross_record_sample *samples =
        arena_array(arena, struct cross_record_sample, scene->other_count + 1);
    samples[0] = sample_of(scene->procedure, arena);
    for (size_t i = 0; i < scene->other_count; i++)
        samples[i + 1] = sample_of(scene->others[i], arena);
    for (size_t i = 0; i < count; i++) {
        struct cross_record_asked asked = { all, queries[i].rule };
        if (cross_record_query_samples(samples, scene->other_count + 1, queries[i].sql,
                                       cross_record_rules_hit, &asked, error))
            return error_add(error, "%s:%u:%u", queries[i].file, queries[i].line, queries[i].column);
    }
    return STATUS_OK;
}

static enum status play_scene(const struct rule_set *rules, const struct rule_scene *scene,
                              struct arena *arena, struct findings *findings, struct error *error)
{
    struct rule_set day = *rules;
    struct rule_scene mutable_scene = *scene;
    struct cross_record_deadline *deadlines = NULL;
    if (scene->today.year)
        day.moment.today = scene->today;
    rule_run(&day, arena, scene->procedure, findings);
    struct cross_record_rules *all = cross_record_rules_open(&day);
    enum status status = run_queries(all, scene, arena, error);
    struct rule_record record = record_of(&mutable_scene, scene->procedure, 0, arena);
    cross_record_rules_asked(all);
    do {
        cross_record_rules_gather(all, scene->procedure, &record);
        for (size_t i = 0; i < scene->other_count; i++) {
            struct rule_record other = record_of(&mutable_scene, scene->others[i], (int64_t)i + 1, arena);
            cross_record_rules_gather(all, scene->others[i], &other);
        }
    } while (cross_record_rules_again(all));
    if (status == STATUS_OK)
        cross_record_rules_judge(all, arena, scene->procedure, &record, findings, &deadlines);
    cross_record_rules_close(all);
    return status;
}

enum status rule_scene_play(const struct rule_set *rules, const struct rule_scene *scene, struct arena *arena,
                            struct findings *findings, struct error *error)
{
    struct rule_set day = *rules;
    /* As on a first night: before anything is published, what was announced earlier is not late. */
    if (scene->baseline.year)
        day.moment.baseline = scene->baseline;
    else if (!day.moment.baseline.year && !scene->published.year)
        day.moment.baseline = scene->today.year ? scene->today : day.moment.today;
    return play_scene(&day, scene, arena, findings, error);
}

/* A set of this one rule, in force unless the example's day, or the procedure's own, says otherwise. */
static struct rule_set alone(const struct rule_set *rules, const struct rule *rule, struct rule *copy,
                             const struct rule_scene *scene)
{
    struct rule_set set = *rules;
    *copy = *rule;
    copy->number = 0;
    struct rule_view view;
    struct date own;
    rule_view_of(rules, scene->procedure, &view);
    if (!scene->today.year && !rule_own_day(rules, &view, &own))
        copy->from = copy->to = (struct date){ 0 };
    /* What an agency is, its code says there: examples hold wherever they are tried. */
    set.agency = TEXT_NONE;
    set.agency_kind = AGENCY_UNKNOWN;
    set.moment.baseline = scene->baseline;
    set.rules = copy;
    set.count = 1;
    return set;
}

static enum status try_examples(const struct rule_set *rules, const struct rule *rule,
                                const struct value *list, bool should_pass, rule_example_visitor *visit,
                                void *user_data, struct error *error)
{
    size_t number = 0;
    const struct value *tree = list && list->kind == VALUE_LIST ? list->first : list;
    for (; tree; tree = list->kind == VALUE_LIST ? tree->next : NULL) {
        ARENA_OWNED struct arena arena = { 0 };
        struct setting_context context = { &arena, rule->file, NULL };
        struct rule_scene scene;
        struct rule copy;
        struct findings findings = { 0 };
        if (rule_scene_read(&context, tree, &scene, error))
            return error->status;
        struct rule_set set = alone(rules, rule, &copy, &scene);
        if (play_scene(&set, &scene, &arena, &findings, error))
            return error->status;
        struct rule_example example = { .rule = rule->id,
                                        .should_pass = should_pass,
                                        .held = !findings.first,
                                        .number = ++number,
                                        .file = rule->file,
                                        .line = tree->line,
                                        .column = tree->column,
                                        .finding = findings.first };
        visit(user_data, &example);
    }
    return STATUS_OK;
}

enum status rule_examples(const struct rule_set *rules, rule_example_visitor *visit, void *user_data,
                          struct error *error)
{
    static const char *const names[] = { "pass", "fail" };
    for (size_t i = 0; i < rules->count; i++) {
        const struct rule *rule = &rules->rules[i];
        const struct value *examples = value_find(rule->tree, "examples");
        struct setting_context context = { rules->arena, rule->file, NULL };
        for (const struct value *member = examples ? examples->first : NULL; member; member = member->next)
            if (!text_is(member->name, "pass") && !text_is(member->name, "fail"))
                return setting_fault(
                    &context, member, error, _("examples: unknown key \"%.*s\"; did you mean \"%s\"?"),
                    TEXT_ARG(member->name),
                    text_nearest(member->name, names, 2) ? text_nearest(member->name, names, 2) : "pass");
        if (try_examples(rules, rule, value_find(examples, "pass"), true, visit, user_data, error) ||
            try_examples(rules, rule, value_find(examples, "fail"), false, visit, user_data, error))
            return error->status;
    }
    return STATUS_OK;
}
