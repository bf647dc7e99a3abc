/* The configuration's `fields` into a map. */
#include "load/portal_mapi_fields.h"

#include "core/date.h"

#define DEPTH_MAX    16
#define COUNT(table) (sizeof(table) / sizeof *(table))

/* What a path is relative to. */
struct scope {
    const struct field *type;
    struct text by; /* inside a group: the field that its items share; bytes NULL elsewhere */
    int depth;
};

struct compiling {
    const struct setting_context *context;
    const struct mapi_map_settings *settings;
    struct value *codes; /* tables */
};

struct field_settings {
    const char *from, *each, *by, *codes, *date;
    const struct value *value, *map;
};
static const struct setting field_settings[] = {
    { "from", SETTING_TEXT, offsetof(struct field_settings, from),
      .help = N_("the procedure's field that it is taken from") },
    { "value", SETTING_TREE, offsetof(struct field_settings, value), .help = N_("a constant") },
    { "each", SETTING_TEXT, offsetof(struct field_settings, each), .help = N_("the list of its items") },
    { "by", SETTING_TEXT, offsetof(struct field_settings, by),
      .help = N_("the field that the items of a group share") },
    { "map", SETTING_OBJECT, offsetof(struct field_settings, map), .help = N_("the fields of each item") },
    { "codes", SETTING_TEXT, offsetof(struct field_settings, codes),
      .help = N_("the table that its values are translated by") },
    { "date", SETTING_TEXT, offsetof(struct field_settings, date), .help = N_("the format of its date") },
};

static enum status compile_members(const struct compiling *compiling, const struct value *tree,
                                   struct scope scope, struct mapi_field **members, size_t *count,
                                   struct error *error);

/* ---- paths ---- */

static enum status no_field(const struct compiling *compiling, const struct value *at,
                            const struct field *group, struct text name, struct error *error)
{
    const char *names[32];
    size_t count = field_names(group, names, COUNT(names));
    const char *nearest = text_nearest(name, names, count);
    if (nearest)
        return setting_fault(compiling->context, at, error,
                             _("there is no field \"" TEXT_PRINT "\" here; did you mean \"%s\"?"),
                             TEXT_ARG(name), nearest);
    return setting_fault(compiling->context, at, error, _("there is no field \"" TEXT_PRINT "\" here"),
                         TEXT_ARG(name));
}

/* The type that a path leads to; "." is none of its own. */
static enum status resolve(const struct compiling *compiling, const struct value *at, struct scope scope,
                           struct text *path, const struct field **type, struct error *error)
{
    *type = scope.type;
    if (text_is(*path, ".")) {
        *path = TEXT_NONE;
        return STATUS_OK;
    }
    for (size_t from = 0; from <= path->length;) {
        size_t end = from;
        while (end < path->length && path->bytes[end] != '.')
            end++;
        struct text name = text_slice(*path, from, end - from);
        if ((*type)->kind != FIELD_GROUP)
            return setting_fault(compiling->context, at, error,
                                 _("\"" TEXT_PRINT "\" leads into what has no fields%s"), TEXT_ARG(*path),
                                 (*type)->kind == FIELD_LIST ? _(": use \"each\" for the items of a list")
                                                             : "");
        const struct field *found = field_find(*type, name);
        if (!found)
            return no_field(compiling, at, *type, name, error);
        *type = found;
        from = end + 1;
    }
    return STATUS_OK;
}

static bool is_scalar(const struct field *type)
{
    return type->kind != FIELD_GROUP && type->kind != FIELD_LIST;
}

/* ---- codes and dates ---- */

bool mapi_field_code(const struct mapi_field *field, struct text from, struct text *to)
{
    const struct value *entry = value_find_text(field->codes, from);
    if (!entry)
        return false;
    *to = entry->text;
    return true;
}

/* A word that the adapter does not know must not reach it: where the words are known, all are in the table.
 */
static enum status check_codes(const struct compiling *compiling, const struct value *at, const char *table,
                               const struct field *type, const struct mapi_field *field, struct error *error)
{
    struct text to;
    const char *names[32] = { NULL };
    size_t count = 0;
    if (type->kind != FIELD_CHOICE)
        return STATUS_OK;
    for (; type->choices[count] && count < COUNT(names); count++) {
        names[count] = type->choices[count];
        if (!mapi_field_code(field, text_of(names[count]), &to))
            return setting_fault(compiling->context, at, error,
                                 _("the table \"%s\" has no entry for \"%s\"; write \"\" where the adapter "
                                   "has no word for it"),
                                 table, names[count]);
    }
    for (const struct value *entry = field->codes->first; entry; entry = entry->next) {
        size_t known = 0;
        while (known < count && !text_is(entry->name, names[known]))
            known++;
        const char *nearest = known < count ? NULL : text_nearest(entry->name, names, count);
        if (known == count)
            return setting_fault(
                compiling->context, entry, error,
                _("the table \"%s\" translates \"" TEXT_PRINT "\", which a procedure never says%s%s%s"),
                table, TEXT_ARG(entry->name), nearest ? _("; did you mean \"") : "", nearest ? nearest : "",
                nearest ? "\"?" : "");
    }
    return STATUS_OK;
}

static enum status compile_codes(const struct compiling *compiling, const struct value *at, const char *table,
                                 const struct field *type, struct mapi_field *field, struct error *error)
{
    if (!table)
        return STATUS_OK;
    field->codes = value_find(compiling->codes, table);
    if (!field->codes)
        return setting_fault(compiling->context, value_find(at, "codes"), error,
                             _("there is no table \"%s\" in \"codes\""), table);
    for (const struct value *entry = field->codes->first; entry; entry = entry->next)
        if (!value_is_scalar(entry))
            return setting_fault(compiling->context, entry, error,
                                 _("the code of \"" TEXT_PRINT "\" must be a text"), TEXT_ARG(entry->name));
    return check_codes(compiling, value_find(at, "codes"), table, type, field, error);
}

static enum status compile_date(const struct compiling *compiling, const struct value *at,
                                const char *configured, const struct field *type, struct mapi_field *field,
                                struct error *error)
{
    field->number = type->kind == FIELD_INTEGER || type->kind == FIELD_DECIMAL;
    if (type->kind != FIELD_DATE) {
        if (configured)
            return setting_fault(compiling->context, value_find(at, "date"), error,
                                 _("the field is no date"));
        return STATUS_OK;
    }
    field->date = text_of(configured ? configured : compiling->settings->dates);
    if (!date_format_valid(field->date))
        return setting_fault(compiling->context, at, error,
                             _("\"" TEXT_PRINT "\" is no format of dates; such is yyyyMMddHHmmss"),
                             TEXT_ARG(field->date));
    return STATUS_OK;
}

/* ---- fields ---- */

static enum status compile_scalar(const struct compiling *compiling, const struct value *at,
                                  struct scope scope, const struct field_settings *settings,
                                  struct mapi_field *field, struct error *error)
{
    const struct field *type;
    field->kind = MAPI_SCALAR;
    field->path = text_of(settings->from);
    if (scope.by.bytes && !text_equal(field->path, scope.by))
        return setting_fault(compiling->context, at, error,
                             _("the items of a group share \"" TEXT_PRINT
                               "\" alone; use \"each: .\" for what each of them has"),
                             TEXT_ARG(scope.by));
    if (resolve(compiling, at, scope, &field->path, &type, error))
        return error->status;
    if (!is_scalar(type))
        return setting_fault(compiling->context, at, error,
                             type->kind == FIELD_LIST ? _("\"%s\" is a list: use \"each\"")
                                                      : _("\"%s\" has fields of its own: name one"),
                             settings->from);
    if (compile_codes(compiling, at, settings->codes, type, field, error))
        return error->status;
    return compile_date(compiling, at, settings->date, type, field, error);
}

static enum status compile_list(const struct compiling *compiling, const struct value *at, struct scope scope,
                                const struct field_settings *settings, struct mapi_field *field,
                                struct error *error)
{
    const struct field *type;
    struct scope inner = { .depth = scope.depth + 1 };
    field->path = text_of(settings->each);
    if (scope.by.bytes && !text_is(field->path, "."))
        return setting_fault(compiling->context, at, error,
                             _("inside a group, \"each\" is \".\": the items of the group"));
    if (resolve(compiling, at, scope, &field->path, &type, error))
        return error->status;
    inner.type = type->kind == FIELD_LIST ? type->item : type;
    if (settings->map) {
        field->kind = settings->by ? MAPI_GROUPS : MAPI_OBJECTS;
    } else {
        field->kind = MAPI_TEXTS;
        if (!is_scalar(inner.type))
            return setting_fault(compiling->context, at, error,
                                 _("the items of \"%s\" have fields of their own: they need a \"map\""),
                                 settings->each);
        if (compile_codes(compiling, at, settings->codes, inner.type, field, error))
            return error->status;
        return compile_date(compiling, at, settings->date, inner.type, field, error);
    }
    if (settings->by) {
        struct text path = text_of(settings->by);
        const struct field *shared;
        inner.by = field->by = path;
        if (resolve(compiling, value_find(at, "by"), inner, &path, &shared, error))
            return error->status;
        if (!path.bytes || !is_scalar(shared))
            return setting_fault(compiling->context, value_find(at, "by"), error,
                                 _("\"by\" must name a field of the items that holds a text"));
    }
    return compile_members(compiling, settings->map, inner, &field->members, &field->count, error);
}

static enum status compile_object(const struct compiling *compiling, const struct value *at,
                                  struct scope scope, struct mapi_field *field, struct error *error)
{
    struct field_settings settings = { .from = NULL };
    if (setting_read(compiling->context, field_settings, COUNT(field_settings), at, "fields", &settings,
                     error))
        return error->status;
    int kinds = (settings.from != NULL) + (settings.value != NULL) + (settings.each != NULL);
    bool lone = settings.map && !kinds;
    if (kinds > 1 || (!kinds && !lone))
        return setting_fault(compiling->context, at, error,
                             _("\"" TEXT_PRINT "\" needs one of from, value and each, or a map alone"),
                             TEXT_ARG(field->name));
    if ((settings.by && !settings.map) || (settings.map && (settings.from || settings.value)))
        return setting_fault(compiling->context, at, error,
                             _("\"" TEXT_PRINT "\": \"map\" goes with \"each\", and \"by\" with both"),
                             TEXT_ARG(field->name));
    if (settings.value) {
        if (!value_is_scalar(settings.value))
            return setting_fault(compiling->context, settings.value, error, _("\"value\" must be a text"));
        field->kind = MAPI_CONSTANT;
        field->constant = settings.value->text;
        field->compared = false;
        return STATUS_OK;
    }
    if (settings.from)
        return compile_scalar(compiling, at, scope, &settings, field, error);
    if (settings.each)
        return compile_list(compiling, at, scope, &settings, field, error);
    field->kind = MAPI_OBJECT;
    scope.depth++;
    return compile_members(compiling, settings.map, scope, &field->members, &field->count, error);
}

static bool is_named(const struct value *list, struct text name)
{
    if (list && value_is_scalar(list))
        return text_equal(list->text, name);
    for (const struct value *item = list ? list->first : NULL; item; item = item->next)
        if (text_equal(item->text, name))
            return true;
    return false;
}

static enum status compile_field(const struct compiling *compiling, const struct value *at,
                                 struct scope scope, struct mapi_field *field, struct error *error)
{
    *field = (struct mapi_field){ .name = at->name,
                                  .compared = !is_named(compiling->settings->not_compared, at->name),
                                  .unordered = is_named(compiling->settings->unordered, at->name) };
    if (scope.depth > DEPTH_MAX)
        return setting_fault(compiling->context, at, error, _("\"fields\" goes too deep"));
    if (at->kind == VALUE_OBJECT)
        return compile_object(compiling, at, scope, field, error);
    if (!value_is_scalar(at) || !at->text.length)
        return setting_fault(compiling->context, at, error,
                             _("\"" TEXT_PRINT
                               "\" must be a field of the procedure, or an object; write { value: \"\" } "
                               "for what is always blank"),
                             TEXT_ARG(at->name));
    struct field_settings settings = { .from = text_string(compiling->context->arena, at->text) };
    return compile_scalar(compiling, at, scope, &settings, field, error);
}

static enum status compile_members(const struct compiling *compiling, const struct value *tree,
                                   struct scope scope, struct mapi_field **members, size_t *count,
                                   struct error *error)
{
    *members = arena_array(compiling->context->arena, struct mapi_field, tree->count);
    *count = 0;
    for (const struct value *member = tree->first; member; member = member->next)
        if (compile_field(compiling, member, scope, &(*members)[(*count)++], error))
            return error->status;
    return STATUS_OK;
}

/* ---- the whole ---- */

/* Every table of the configuration is used, or goes over one of the defaults. */
static bool uses(const struct mapi_field *fields, size_t count, const struct value *table)
{
    for (size_t i = 0; i < count; i++)
        if (fields[i].codes == table || uses(fields[i].members, fields[i].count, table))
            return true;
    return false;
}

static enum status check_tables(const struct compiling *compiling, const struct mapi_map *map,
                                const struct value *known, struct error *error)
{
    const struct value *configured = compiling->settings->codes;
    const char *names[32];
    size_t count = 0;
    for (const struct value *table = known->first; table && count < COUNT(names); table = table->next)
        names[count++] = text_string(compiling->context->arena, table->name);
    for (const struct value *table = configured ? configured->first : NULL; table; table = table->next) {
        if (value_find_text(known, table->name) ||
            uses(map->fields, map->count, value_find_text(compiling->codes, table->name)))
            continue;
        const char *nearest = text_nearest(table->name, names, count);
        return setting_fault(compiling->context, table, error,
                             _("codes: no field uses the table \"" TEXT_PRINT "\"%s%s%s"),
                             TEXT_ARG(table->name), nearest ? _("; did you mean \"") : "",
                             nearest ? nearest : "", nearest ? "\"?" : "");
    }
    return STATUS_OK;
}

/* The defaults with the configuration's own in their places; new names come behind. `out`: an empty text takes one
 * out. */
static struct value *merge(struct arena *arena, const struct value *defaults, const struct value *configured,
                           bool out)
{
    struct value *merged = value_object(arena);
    for (const struct value *member = defaults ? defaults->first : NULL; member; member = member->next)
        if (!value_find_text(configured, member->name))
            value_set_text(merged, member->name, value_copy(arena, member));
    for (const struct value *member = configured ? configured->first : NULL; member; member = member->next)
        if (!out || !value_is_scalar(member) || member->text.length)
            value_set_text(merged, member->name, value_copy(arena, member));
    return merged;
}

static enum status merge_tables(const struct setting_context *context, const struct value *defaults,
                                const struct value *configured, struct value **tables, struct error *error)
{
    *tables = value_object(context->arena);
    for (const struct value *table = defaults->first; table; table = table->next)
        if (!value_find_text(configured, table->name))
            value_set_text(*tables, table->name, value_copy(context->arena, table));
    for (const struct value *table = configured ? configured->first : NULL; table; table = table->next) {
        if (table->kind != VALUE_OBJECT)
            return setting_fault(context, table, error,
                                 _("\"" TEXT_PRINT "\" must be an object of words and their codes"),
                                 TEXT_ARG(table->name));
        const struct value *known = value_find_text(defaults, table->name);
        value_set_text(*tables, table->name, merge(context->arena, known, table, false));
    }
    return STATUS_OK;
}

static const struct mapi_field *find_from(const struct mapi_map *map, const char *path)
{
    for (size_t i = 0; i < map->count; i++)
        if (map->fields[i].kind == MAPI_SCALAR && text_is(map->fields[i].path, path))
            return &map->fields[i];
    return NULL;
}

static enum status check_map(const struct compiling *compiling, struct mapi_map *map, struct error *error)
{
    const struct value *at = compiling->settings->fields;
    struct text announced, abolished;
    map->code = find_from(map, "code");
    map->status = find_from(map, "status");
    if (!map->code || !map->status)
        return setting_fault(
            compiling->context, at, error,
            _("\"fields\" must have the procedure's \"%s\" under some name: what the adapter "
              "holds cannot be told without"),
            map->code ? "status" : "code");
    if (map->code->codes)
        return setting_fault(compiling->context, at, error, _("the procedure's code is never translated"));
    if (!mapi_field_code(map->status, TEXT("announced"), &announced))
        announced = TEXT("announced");
    abolished = mapi_map_abolished(map);
    if (text_equal(announced, abolished) || !abolished.length)
        return setting_fault(
            compiling->context, compiling->settings->codes, error,
            _("announced and abolished procedures must have different codes: how else can it "
              "be seen that one is withdrawn?"));
    return STATUS_OK;
}

struct text mapi_map_abolished(const struct mapi_map *map)
{
    struct text abolished;
    return mapi_field_code(map->status, TEXT("abolished"), &abolished) ? abolished : TEXT("abolished");
}

enum status mapi_map_compile(const struct setting_context *context, const struct mapi_map_settings *settings,
                             const struct value *defaults, struct mapi_map **map, struct error *error)
{
    struct compiling compiling = { context, settings, NULL };
    const struct value *known = value_find(defaults, "codes");
    struct scope scope = { .type = &procedure_root };
    struct mapi_map *compiled = arena_new(context->arena, struct mapi_map);
    const struct value *list = settings->not_compared;
    for (const struct value *item = list ? list->first : NULL; item; item = item->next)
        if (!value_is_scalar(item))
            return setting_fault(context, item, error, _("\"not_compared\" is a list of names"));
    struct value *tree = merge(context->arena, value_find(defaults, "fields"), settings->fields, true);
    if (merge_tables(context, known, settings->codes, &compiling.codes, error) ||
        compile_members(&compiling, tree, scope, &compiled->fields, &compiled->count, error) ||
        check_map(&compiling, compiled, error) || check_tables(&compiling, compiled, known, error))
        return error->status;
    *map = compiled;
    return STATUS_OK;
}
