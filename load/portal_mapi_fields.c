/* The configuration's `fields` into a map. */
#include "load/portal_mapi_fields.h"

#include <string.h>

#include "core/date.h"

#define TABLES_MAX   32
#define COUNT(table) (sizeof(table) / sizeof *(table))
#define OF(member)   offsetof(struct mapi_field, member)

/* The assembler reads the file, so that it is there wherever the program stands alone. */
__asm__(".pushsection .rodata\n"
        ".global portal_mapi_defaults\n"
        "portal_mapi_defaults:\n"
        ".incbin \"config/mapi.yaml\"\n"
        ".byte 0\n"
        ".popsection\n");

struct compiling {
    const struct setting_context *context;
    const struct mapi_map_settings *settings;
    const struct value *codes;      /* tables */
    const char *tables[TABLES_MAX]; /* that are known: the defaults', and what fields name */
    size_t table_count;
};

static const struct setting field_settings[] = {
    { "from", SETTING_TEXT, OF(from), .fallback = NULL },
    { "value", SETTING_TEXT, OF(value), .fallback = NULL },
    { "each", SETTING_TEXT, OF(each), .fallback = NULL },
    { "by", SETTING_TEXT, OF(by), .fallback = NULL },
    { "codes", SETTING_TEXT, OF(codes), .fallback = NULL },
    { "date", SETTING_TEXT, OF(date), .fallback = NULL },
    { "map", SETTING_OBJECT, OF(map), .fallback = NULL },
};

static bool is_scalar(const struct field *type)
{
    return type->kind != FIELD_GROUP && type->kind != FIELD_LIST;
}

/* The type that a path from `from` leads to; "." is none of its own. */
static enum status resolve(const struct compiling *compiling, const struct value *at,
                           const struct field *from, const char *text, struct field_path *path,
                           const struct field **type, struct error *error)
{
    *path = (struct field_path){ .count = 0 };
    *type = from;
    if (text_is(TEXT("."), text))
        return STATUS_OK;
    if (field_path_compile(from, text_of(text), path, error))
        return setting_place(compiling->context, at, error);
    for (size_t i = 0; i < path->count; i++)
        if (path->each[i])
            return setting_fault(compiling->context, at, error, _("\"%s\" is a list: use \"each\""),
                                 path->steps[i]->name);
    *type = path->steps[path->count - 1];
    return STATUS_OK;
}

struct text mapi_map_word(const struct mapi_field *field, struct text word)
{
    const struct value *entry = value_find_text(field->words, word);
    return entry ? entry->text : word;
}

/* A word that the adapter does not know must not reach it: where the words are known, all are in the table. */
static enum status compile_codes(struct compiling *compiling, const struct value *at,
                                 struct mapi_field *field, struct error *error)
{
    const struct setting_context *context = compiling->context;
    const char *const *choices = field->type->kind == FIELD_CHOICE ? field->type->choices : NULL;
    size_t count = 0;
    field->words = value_find(compiling->codes, field->codes);
    if (!field->words || field->words->kind != VALUE_OBJECT)
        return setting_fault(context, at, error,
                             _("there is no table \"%s\" in \"codes\": words and their codes"), field->codes);
    if (compiling->table_count < TABLES_MAX)
        compiling->tables[compiling->table_count++] = field->codes;
    for (const struct value *entry = field->words->first; entry; entry = entry->next)
        if (!value_is_scalar(entry))
            return setting_fault(context, entry, error, _("the code of \"" TEXT_PRINT "\" must be a text"),
                                 TEXT_ARG(entry->name));
    for (; choices && choices[count]; count++)
        if (!value_find(field->words, choices[count]))
            return setting_fault(context, at, error,
                                 _("the table \"%s\" has no entry for \"%s\"; write \"\" where the adapter "
                                   "has no word for it"),
                                 field->codes, choices[count]);
    return choices ? setting_check_names(context, field->words, field->codes, choices, count, error)
                   : STATUS_OK;
}

/* What a text is made from. */
static enum status compile_leaf(struct compiling *compiling, const struct value *at, struct mapi_field *field,
                                struct error *error)
{
    const struct setting_context *context = compiling->context;
    bool dated = field->type->kind == FIELD_DATE;
    if (!is_scalar(field->type))
        return setting_fault(context, at, error,
                             _("\"%s\" is no single text: a list wants \"each\", and what has fields of its "
                               "own a \"map\", or one of them named"),
                             field->each ? field->each : field->from);
    if (field->codes && compile_codes(compiling, at, field, error))
        return error->status;
    if (field->date && !dated)
        return setting_fault(context, at, error, _("the field is no date"));
    if (dated && !field->date)
        field->date = compiling->settings->dates;
    if (dated && !date_format_valid(text_of(field->date)))
        return setting_fault(context, at, error,
                             _("\"" TEXT_PRINT "\" is no format of dates; such is yyyyMMddHHmmss"),
                             TEXT_ARG(text_of(field->date)));
    return STATUS_OK;
}

/* ---- fields ---- */

/* Where it comes from and, of groups, what their items share: of the item of a group (`shared`), what it shares alone. */
static enum status compile_path(struct compiling *compiling, const struct value *at,
                                const struct mapi_field *parent, const char *shared, struct mapi_field *field,
                                struct error *error)
{
    const char *path = field->from ? field->from : field->each;
    const struct field *type;
    if (shared && strcmp(path, field->each ? "." : shared) != 0)
        return setting_fault(compiling->context, at, error,
                             _("the items of a group share \"%s\" alone; \"each: .\" has what each of them "
                               "has"),
                             shared);
    if (resolve(compiling, at, parent->type, path, &field->path, &field->type, error))
        return error->status;
    if (field->each && field->type->kind == FIELD_LIST)
        field->type = field->type->item;
    if (!field->by)
        return STATUS_OK;
    if (resolve(compiling, at, field->type, field->by, &field->shared, &type, error))
        return error->status;
    if (!field->shared.count || !is_scalar(type))
        return setting_fault(compiling->context, at, error,
                             _("\"by\" must name a field of the items that holds a text"));
    return STATUS_OK;
}

static bool is_named(const struct value *list, struct text name)
{
    for (const struct value *item = list && list->kind == VALUE_LIST ? list->first : list; item;
         item = item->next)
        if (text_equal(item->text, name))
            return true;
    return false;
}

static enum status compile_members(struct compiling *compiling, const struct value *tree, const char *shared,
                                   struct mapi_field *field, struct error *error);

/* An object stands for what its parent stands for, until a path leads on. */
static enum status compile_field(struct compiling *compiling, const struct value *at,
                                 const struct mapi_field *parent, const char *shared,
                                 struct mapi_field *field, struct error *error)
{
    const struct setting_context *context = compiling->context;
    if (value_is_scalar(at))
        field->from = text_string(context->arena, at->text);
    else if (setting_read(context, field_settings, COUNT(field_settings), at, "fields", field, error))
        return error->status;
    int ways = (field->from != NULL) + (field->value != NULL) + (field->each != NULL);
    if (ways > 1 || (!ways && !field->map) || (field->map && ways && !field->each) ||
        (field->by && !(field->map && field->each)))
        return setting_fault(context, at, error,
                             _("\"" TEXT_PRINT "\" needs one of \"from\", \"value\" and \"each\", or a "
                               "\"map\" alone; \"map\" goes with \"each\", and \"by\" with both"),
                             TEXT_ARG(at->name));
    field->name = at->name;
    field->type = parent->type;
    field->compared = !field->value && !is_named(compiling->settings->not_compared, at->name);
    field->unordered = is_named(compiling->settings->unordered, at->name);
    if (field->value)
        return STATUS_OK;
    if (ways && compile_path(compiling, at, parent, shared, field, error))
        return error->status;
    return field->map ? compile_members(compiling, field->map, ways ? field->by : shared, field, error)
                      : compile_leaf(compiling, at, field, error);
}

static enum status compile_members(struct compiling *compiling, const struct value *tree, const char *shared,
                                   struct mapi_field *field, struct error *error)
{
    field->members = arena_array(compiling->context->arena, struct mapi_field, tree->count + 1);
    for (const struct value *member = tree->first; member; member = member->next)
        if ((!value_is_scalar(member) || member->text.length) &&
            compile_field(compiling, member, field, shared, &field->members[field->count++], error))
            return error->status;
    return STATUS_OK;
}

/* ---- the whole ---- */

/* The defaults with the configuration's own in their places, so many levels deep; new names come behind. */
static struct value *merge(struct arena *arena, const struct value *defaults, const struct value *configured,
                           int levels)
{
    struct value *merged = value_object(arena);
    for (const struct value *member = defaults ? defaults->first : NULL; member; member = member->next) {
        const struct value *own = value_find_text(configured, member->name);
        value_set_text(merged, member->name,
                       own && own->kind == VALUE_OBJECT && levels ? merge(arena, member, own, levels - 1)
                                                                  : value_copy(arena, own ? own : member));
    }
    for (const struct value *member = configured ? configured->first : NULL; member; member = member->next)
        if (!value_find_text(defaults, member->name))
            value_set_text(merged, member->name, value_copy(arena, member));
    return merged;
}

static struct mapi_field *find_from(const struct mapi_map *map, const char *path)
{
    for (struct mapi_field *field = map->root.members; field < map->root.members + map->root.count; field++)
        if (!field->members && text_is(field->path.text, path))
            return field;
    return NULL;
}

static enum status check_map(const struct compiling *compiling, struct mapi_map *map, struct error *error)
{
    const struct value *at = compiling->settings->fields;
    map->code = find_from(map, "code");
    map->status = find_from(map, "status");
    if (!map->code || !map->status)
        return setting_fault(
            compiling->context, at, error,
            _("\"fields\" must have the procedure's \"%s\" under some name: what the adapter "
              "holds cannot be told without"),
            map->code ? "status" : "code");
    if (map->code->words)
        return setting_fault(compiling->context, at, error, _("the procedure's code is never translated"));
    map->status->compared = false; /* it is judged by itself */
    struct text abolished = mapi_map_word(map->status, TEXT("abolished"));
    if (text_equal(mapi_map_word(map->status, TEXT("announced")), abolished) || !abolished.length)
        return setting_fault(
            compiling->context, compiling->settings->codes, error,
            _("announced and abolished procedures must have different codes: how else can it "
              "be seen that one is withdrawn?"));
    return STATUS_OK;
}

enum status mapi_map_compile(const struct setting_context *context, const struct mapi_map_settings *settings,
                             const struct value *defaults, struct mapi_map **map, struct error *error)
{
    struct text *names;
    size_t count;
    const struct value *usual = value_find(defaults, "codes");
    struct compiling compiling = { .context = context,
                                   .settings = settings,
                                   .codes = merge(context->arena, usual, settings->codes, 1) };
    for (const struct value *table = usual->first; table; table = table->next)
        compiling.tables[compiling.table_count++] = text_string(context->arena, table->name);
    const struct value *tree = merge(context->arena, value_find(defaults, "fields"), settings->fields, 0);
    *map = arena_new(context->arena, struct mapi_map);
    **map = (struct mapi_map){ .root = { .type = &procedure_root } };
    if (setting_texts(context, settings->not_compared, &names, &count, error) ||
        setting_texts(context, settings->unordered, &names, &count, error) ||
        compile_members(&compiling, tree, NULL, &(*map)->root, error) || check_map(&compiling, *map, error))
        return error->status;
    return settings->codes ? setting_check_names(context, settings->codes, "codes", compiling.tables,
                                                 compiling.table_count, error)
                           : STATUS_OK;
}
