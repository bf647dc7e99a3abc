#include <stdio.h>
#include <string.h>

#include "transform/rule_inside.h"

_Static_assert(RULE_ROOTS <= 64, "roots are few");

enum status rule_path_compile(struct text text, struct rule_path *path, struct error *error)
{
    *path = (struct rule_path){ 0 };
    if (field_path_compile(&procedure_root, text, &path->path, error))
        return error->status;
    for (size_t i = 0; i < path->path.count; i++)
        path->names[i] = text_of(path->path.steps[i]->name);
    path->root = (size_t)(path->path.steps[0] - procedure_root.fields);
    size_t last = path->path.count - 1;
    path->target = path->path.each[last] ? path->path.steps[last]->item : path->path.steps[last];
    return STATUS_OK;
}

static bool is_named(const struct text *name, const struct value *member)
{
    return member->name.length == name->length && !memcmp(member->name.bytes, name->bytes, name->length);
}

/* Canonical procedures have their fields in the order of the table, so that each is found where the one
 * before it ended. */
void rule_view_of(const struct rule_set *rules, const struct value *procedure, struct rule_view *view)
{
    size_t count = procedure_root.count, at = 0;
    memset(view, 0, sizeof *view);
    view->procedure = procedure;
    for (const struct value *member = procedure ? procedure->first : NULL; member; member = member->next) {
        size_t i = at;
        while (i < count && !is_named(&rules->root_names[i], member))
            i++;
        if (i == count) {
            i = 0;
            while (i < at && !is_named(&rules->root_names[i], member))
                i++;
            if (i == at)
                continue;
        }
        view->roots[i] = member;
        at = i + 1;
    }
}

const struct rule_grams *rule_view_grams(const struct rule_view *view)
{
    if (view->grams && !view->grams->built)
        rule_grams_build(view->grams, view->procedure);
    return view->grams;
}

struct visiting {
    const struct rule_path *path;
    rule_visitor *visit;
    void *user_data;
    struct rule_place place;
};

static const struct value *find_member(const struct value *group, const struct text *name)
{
    if (!group || group->kind != VALUE_OBJECT)
        return NULL;
    const struct value *member = group->first;
    while (member && !is_named(name, member))
        member = member->next;
    return member;
}

static bool visit_value(struct visiting *visiting, size_t step, const struct value *value)
{
    const struct rule_path *path = visiting->path;
    bool last = step + 1 == path->path.count;
    if (!path->path.each[step]) {
        if (last)
            return visiting->visit(visiting->user_data, value, &visiting->place);
        return visit_value(visiting, step + 1, find_member(value, &path->names[step + 1]));
    }
    if (!value || value->kind != VALUE_LIST)
        return true;
    visiting->place.index[step] = 0;
    for (const struct value *item = value->first; item; item = item->next, visiting->place.index[step]++)
        if (last ? !visiting->visit(visiting->user_data, item, &visiting->place)
                 : !visit_value(visiting, step + 1, find_member(item, &path->names[step + 1])))
            return false;
    return true;
}

bool rule_path_visit(const struct rule_path *path, const struct rule_view *view, rule_visitor *visit,
                     void *user_data)
{
    struct visiting visiting = { .path = path, .visit = visit, .user_data = user_data, .place.path = path };
    return visit_value(&visiting, 0, view->roots[path->root]);
}

void rule_place_write(const struct rule_place *place, char out[RULE_PLACE_TEXT])
{
    const struct field_path *path = &place->path->path;
    size_t length = 0;
    for (size_t i = 0; i < path->count && length < RULE_PLACE_TEXT - 1; i++) {
        int written = path->each[i] ? snprintf(out + length, RULE_PLACE_TEXT - length, "%s%s[%zu]",
                                               i ? "." : "", path->steps[i]->name, place->index[i])
                                    : snprintf(out + length, RULE_PLACE_TEXT - length, "%s%s", i ? "." : "",
                                               path->steps[i]->name);
        length += (size_t)written;
    }
}

bool rule_is_something(const struct value *value)
{
    if (!value || value->kind == VALUE_NULL)
        return false;
    if (value->kind == VALUE_LIST || value->kind == VALUE_OBJECT)
        return value->count > 0;
    return value->kind == VALUE_BOOLEAN || value->text.length > 0;
}

static bool take_first(void *user_data, const struct value *value, const struct rule_place *place)
{
    const struct value **found = user_data;
    (void)place;
    if (rule_is_something(value))
        *found = value;
    return !*found;
}

const struct value *rule_path_first(const struct rule_path *path, const struct rule_view *view)
{
    const struct value *found = NULL;
    rule_path_visit(path, view, take_first, &found);
    return found;
}

bool rule_path_beside(const struct rule *rule, const struct rule_path *path)
{
    for (size_t step = 0; step < path->path.count; step++) {
        if (!path->path.each[step])
            continue;
        for (size_t i = 0; i < rule->path_count; i++)
            for (size_t j = 0; j <= step; j++)
                if (j >= rule->paths[i].path.count || rule->paths[i].path.steps[j] != path->path.steps[j] ||
                    rule->paths[i].path.each[j] != path->path.each[j])
                    return false;
    }
    return true;
}

static enum status compile_latest(const struct setting_context *context, const struct value *value,
                                  struct rule_day *day, struct error *error)
{
    static const char *const names[] = { "latest" };
    const struct value *field = value_find(value, "latest");
    if (setting_check_names(context, value, "day", names, 1, error))
        return error->status;
    if (!field || field->kind != VALUE_TEXT)
        return setting_fault(context, value, error, _("\"latest\" names a field that holds days"));
    day->kind = RULE_DAY_LATEST;
    day->text = field->text;
    if (rule_path_compile(field->text, &day->path, error))
        return setting_place(context, field, error);
    if (day->path.target->kind != FIELD_DATE)
        return setting_fault(context, field, error, _("\"%.*s\" holds no day"), TEXT_ARG(field->text));
    return STATUS_OK;
}

enum status rule_day_compile(struct rule *rule, const struct rule_compiling *compiling,
                             const struct value *value, bool publication, struct rule_day *day,
                             struct error *error)
{
    const struct setting_context *context = compiling->context;
    if (!value)
        return STATUS_OK;
    if (value->kind == VALUE_OBJECT)
        return compile_latest(context, value, day, error);
    if (value->kind != VALUE_TEXT || !value->text.length)
        return setting_fault(context, value, error,
                             _("a day is expected: yyyy-mm-dd, today, a field, or { latest: FIELD }"));
    day->text = value->text;
    if (text_is(value->text, "today") || (publication && text_is(value->text, "published"))) {
        day->kind = text_is(value->text, "today") ? RULE_DAY_TODAY : RULE_DAY_PUBLISHED;
        rule->set_wise = true;
        return STATUS_OK;
    }
    if (value->text.bytes[0] >= '0' && value->text.bytes[0] <= '9') {
        day->kind = RULE_DAY_CONSTANT;
        if (!date_read(value->text, &day->date))
            return setting_fault(context, value, error, _("\"%.*s\" is no day such as 2010-10-14"),
                                 TEXT_ARG(value->text));
        return STATUS_OK;
    }
    day->kind = RULE_DAY_FIELD;
    if (rule_path_compile(value->text, &day->path, error))
        return setting_place(context, value, error);
    if (day->path.target->kind != FIELD_DATE)
        return setting_fault(context, value, error, _("\"%.*s\" holds no day"), TEXT_ARG(value->text));
    if (!rule_path_beside(rule, &day->path))
        return setting_fault(context, value, error,
                             _("\"%.*s\" goes through a list that the rule's own field does not go through"),
                             TEXT_ARG(value->text));
    return STATUS_OK;
}

const struct value *rule_path_find(const struct rule_path *path, const struct rule_view *view,
                                   const struct rule_place *place)
{
    const struct value *value = view->roots[path->root];
    for (size_t step = 0; step < path->path.count && value; step++) {
        if (step)
            value = find_member(value, &path->names[step]);
        if (!value || !path->path.each[step])
            continue;
        value = value->kind == VALUE_LIST ? value->first : NULL;
        for (size_t i = place->index[step]; value && i; i--)
            value = value->next;
    }
    return value;
}

static bool take_latest(void *user_data, const struct value *value, const struct rule_place *place)
{
    struct date *latest = user_data, date;
    (void)place;
    if (value && value->kind == VALUE_TEXT && date_read(value->text, &date) &&
        (!latest->year || date_compare(date, *latest) > 0))
        *latest = date;
    return true;
}

static bool find_latest(const struct rule_day *day, const struct rule_subject *subject, struct date *date)
{
    *date = (struct date){ 0 };
    rule_path_visit(&day->path, subject->procedure, take_latest, date);
    return date->year != 0;
}

bool rule_day_find(const struct rule_day *day, const struct rule_subject *subject, struct date from,
                   struct date *date)
{
    const struct rule_moment *moment = subject->moment;
    const struct value *value;
    switch (day->kind) {
    case RULE_DAY_NONE:
        return false;
    case RULE_DAY_CONSTANT:
        *date = day->date;
        return true;
    case RULE_DAY_PUBLISHED:
        if (moment->published && moment->published(moment->user_data, from, date))
            return true;
        *date = moment->today;
        return true;
    case RULE_DAY_TODAY:
        *date = moment->today;
        return true;
    case RULE_DAY_LATEST:
        return find_latest(day, subject, date);
    case RULE_DAY_FIELD:
        break;
    }
    value = rule_path_find(&day->path, subject->procedure, subject->place);
    return value && value->kind == VALUE_TEXT && date_read(value->text, date);
}
