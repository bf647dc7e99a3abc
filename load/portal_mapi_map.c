/* The map at work. */
#include "load/portal_mapi_map.h"

#include <string.h>

#include "core/canonical.h"
#include "core/count.h"
#include "core/date.h"
#include "core/decimal.h"
#include "core/diff.h"
#include "core/procedure.h"
#include "record/normalise.h"

#define TABLES_MAX 32

/* The assembler reads the file, so that it is there wherever the program stands alone. */
__asm__(".pushsection .rodata\n"
        ".global portal_mapi_defaults\n"
        "portal_mapi_defaults:\n"
        ".incbin \"config/mapi.yaml\"\n"
        ".byte 0\n"
        ".popsection\n");

/* A field of the adapter, where the walk stands. */
struct mapi_field {
    const struct value *node; /* in the configuration */
    const char *from, *value, *each, *by, *codes, *date;
    const struct value *map;
    const struct field *type; /* of what it stands for */
    const struct value
        *item;          /* of the procedure or, on the way back, of the adapter; NULL: none, or a check */
    const char *shared; /* what the items of a group share; NULL: it is none */
};
#define OF(member) offsetof(struct mapi_field, member)
static const struct setting field_settings[] = {
    { "from", SETTING_TEXT, OF(from), .fallback = NULL },
    { "value", SETTING_TEXT, OF(value), .fallback = NULL },
    { "each", SETTING_TEXT, OF(each), .fallback = NULL },
    { "by", SETTING_TEXT, OF(by), .fallback = NULL },
    { "codes", SETTING_TEXT, OF(codes), .fallback = NULL },
    { "date", SETTING_TEXT, OF(date), .fallback = NULL },
    { "map", SETTING_OBJECT, OF(map), .fallback = NULL },
};

/* One walk checks the map, writes procedures (OUT) and takes items to the form in which they are compared (BACK: what says
 * nothing is NULL). A check is the walk over nothing, which goes into each list. */
enum way { CHECK, OUT, BACK };

struct walk {
    const struct mapi_map *map;
    struct setting_context context;
    struct error *error; /* the first fault of a check; a map that is checked has none */
    enum way way;
    const char *tables[TABLES_MAX]; /* of codes: the defaults', and what fields name */
    size_t table_count;
};

static struct text scalar_of(const struct value *value)
{
    return value && (value->kind == VALUE_TEXT || value->kind == VALUE_NUMBER) ? value->text : TEXT("");
}

bool mapi_is_named(const struct value *list, struct text name)
{
    if (value_is_scalar(list))
        return text_equal(text_trim(list->text), name);
    const struct value *item = list ? list->first : NULL;
    while (item && !text_equal(text_trim(item->text), name))
        item = item->next;
    return item != NULL;
}

/* ---- texts ---- */

/* The day alone: an adapter keeps dates in a form of its own, with or without a time. */
static struct text plain_day(struct arena *arena, struct text format, struct text text)
{
    static const char *const forms[] = { "yyyyMMddHHmmss", "yyyyMMdd", "yyyy-MM-dd", "dd/MM/yyyy",
                                         "dd/MM/yyyy HH:mm:ss" };
    struct date date;
    bool found = date_read_moment(text, &date) || date_parse(text, format, &date);
    for (size_t i = 0; !found && i < COUNT(forms); i++)
        found = date_parse(text, text_of(forms[i]), &date);
    return found ? text_format(arena, "%lld", (long long)date_days(date)) : text;
}

/* "007.50" and 7.5: without zeros that say nothing. */
static struct text plain_number(struct arena *arena, struct text text)
{
    struct text number = text, decimal;
    while (number.length > 1 && number.bytes[0] == '0' && number.bytes[1] != '.')
        number = text_slice(number, 1, number.length - 1);
    return decimal_from_number(arena, number, &decimal) ? decimal : text;
}

static struct value *plain(struct arena *arena, enum field_kind kind, struct text format, struct text text)
{
    struct normalise_counts uncounted = { 0 };
    struct error error;
    struct text said;
    if (normalise(arena, text, false, &uncounted, &said, &error))
        said = text;
    if (kind == FIELD_DATE)
        said = plain_day(arena, format, said);
    else if (kind == FIELD_INTEGER || kind == FIELD_DECIMAL)
        said = plain_number(arena, said);
    return said.length ? value_text(arena, said) : NULL;
}

/* The adapter's word for a canonical one; the word itself where the table has none. */
static struct text word_in(const struct value *table, struct text word)
{
    const struct value *entry = word.length ? value_find_text(table, word) : NULL;
    return entry ? entry->text : word;
}

/* ---- checks ---- */

/* A path alone is a `from`. */
static enum status read_field(struct walk *walk, struct mapi_field *field)
{
    const struct value *node = field->node;
    if (value_is_scalar(node))
        field->from = text_string(walk->context.arena, node->text);
    else if (setting_read(&walk->context, field_settings, COUNT(field_settings), node, "fields", field,
                          walk->error))
        return walk->error->status;
    int ways = (field->from != NULL) + (field->value != NULL) + (field->each != NULL);
    if (ways > 1 || (!ways && !field->map) || (field->map && ways && !field->each) ||
        (field->by && !(field->map && field->each)))
        return setting_fault(&walk->context, node, walk->error,
                             _("\"" TEXT_PRINT "\" needs one of \"from\", \"value\" and \"each\", or a "
                               "\"map\" alone; \"map\" goes with \"each\", and \"by\" with both"),
                             TEXT_ARG(node->name));
    return STATUS_OK;
}

static enum status check_scalar(struct walk *walk, const struct mapi_field *field, const char *path)
{
    if (field->type->kind != FIELD_GROUP && field->type->kind != FIELD_LIST)
        return STATUS_OK;
    return setting_fault(&walk->context, field->node, walk->error,
                         _("\"%s\" is no single text: a list wants \"each\", and what has fields of its "
                           "own a \"map\", or one of them named"),
                         path);
}

/* A word that the adapter does not know must not reach it: where the words are known, all are in the table. */
static enum status check_codes(struct walk *walk, const struct mapi_field *field)
{
    const struct setting_context *context = &walk->context;
    const struct value *table = value_find(walk->map->codes, field->codes);
    const char *const *choices = field->type->kind == FIELD_CHOICE ? field->type->choices : NULL;
    size_t count = 0;
    if (!table || table->kind != VALUE_OBJECT)
        return setting_fault(context, field->node, walk->error,
                             _("there is no table \"%s\" in \"codes\": words and their codes"), field->codes);
    if (walk->table_count < TABLES_MAX)
        walk->tables[walk->table_count++] = field->codes;
    for (const struct value *entry = table->first; entry; entry = entry->next)
        if (!value_is_scalar(entry))
            return setting_fault(context, entry, walk->error,
                                 _("the code of \"" TEXT_PRINT "\" must be a text"), TEXT_ARG(entry->name));
    for (; choices && choices[count]; count++)
        if (!value_find(table, choices[count]))
            return setting_fault(context, field->node, walk->error,
                                 _("the table \"%s\" has no entry for \"%s\"; write \"\" where the adapter "
                                   "has no word for it"),
                                 field->codes, choices[count]);
    return choices ? setting_check_names(context, table, field->codes, choices, count, walk->error)
                   : STATUS_OK;
}

static enum status check_text(struct walk *walk, const struct mapi_field *field, struct text format)
{
    bool dated = field->type->kind == FIELD_DATE;
    if (check_scalar(walk, field, field->each ? field->each : field->from) ||
        (field->codes && check_codes(walk, field)))
        return walk->error->status;
    if (field->date && !dated)
        return setting_fault(&walk->context, field->node, walk->error, _("the field is no date"));
    if (dated && !date_format_valid(format))
        return setting_fault(&walk->context, field->node, walk->error,
                             _("\"" TEXT_PRINT "\" is no format of dates; such is yyyyMMddHHmmss"),
                             TEXT_ARG(format));
    return STATUS_OK;
}

/* ---- the walk ---- */

/* Where a path leads; "." is where it stands. Of a group of items, what its first one has: they share it. On the way back the
 * adapter's names lead on, and the path says only what they stand for. */
static enum status follow(struct walk *walk, const char *text, struct mapi_field *field)
{
    struct field_path path = { .count = 0 };
    if (strcmp(text, ".") != 0 && field_path_compile(field->type, text_of(text), &path, walk->error))
        return setting_place(&walk->context, field->node, walk->error);
    for (size_t i = 0; i < path.count; i++) {
        const struct value *item = field->item;
        field->type = path.steps[i];
        if (path.each[i])
            return setting_fault(&walk->context, field->node, walk->error,
                                 _("\"%s\" is a list: use \"each\""), field->type->name);
        if (walk->way == OUT)
            field->item =
                value_find(item && item->kind == VALUE_LIST ? item->first : item, field->type->name);
    }
    return STATUS_OK;
}

/* Where it comes from and, of groups, what their items share. */
static enum status find_source(struct walk *walk, struct mapi_field *field)
{
    const char *path = field->from ? field->from : field->each;
    if (!path) /* an object stands for what its parent stands for */
        return STATUS_OK;
    if (field->shared && strcmp(path, field->each ? "." : field->shared) != 0)
        return setting_fault(&walk->context, field->node, walk->error,
                             _("the items of a group share \"%s\" alone; \"each: .\" has what each of them "
                               "has"),
                             field->shared);
    if (follow(walk, path, field))
        return walk->error->status;
    if (field->each && field->type->kind == FIELD_LIST)
        field->type = field->type->item;
    field->shared = field->by;
    struct mapi_field shared = *field;
    if (field->by && (follow(walk, field->by, &shared) || check_scalar(walk, &shared, field->by)))
        return walk->error->status;
    return STATUS_OK;
}

/* A list of lists: the items that have the same `by`, which names their list, in the order of first mention. */
static const struct value *group(struct walk *walk, const struct mapi_field *field)
{
    struct value *groups = value_list(walk->context.arena);
    for (const struct value *item = field->item->first; item; item = item->next) {
        struct mapi_field shared = *field;
        struct value *found = groups->first, *copy = arena_new(walk->context.arena, struct value);
        shared.item = item;
        struct text by = follow(walk, field->by, &shared) ? TEXT("") : scalar_of(shared.item);
        while (found && !text_equal(found->name, by))
            found = found->next;
        if (!found)
            found = value_set_text(groups, by, value_list(walk->context.arena));
        *copy = *item;
        value_append(found, copy);
    }
    return groups;
}

/* Puts an item where the order of their canonical forms wants it, which stands in its name. */
static void put_sorted(struct arena *arena, struct value *list, struct value *item)
{
    struct value **link = &list->first;
    item->name = canonical_copy(arena, item);
    while (*link && text_compare((*link)->name, item->name) < 0)
        link = &(*link)->next;
    item->next = *link;
    *link = item;
    list->count++;
}

static struct value *walk_text(struct walk *walk, const struct mapi_field *field)
{
    BUFFER_OWNED struct buffer out = { 0 };
    struct arena *arena = walk->context.arena;
    struct text format = text_of(field->date ? field->date : walk->map->dates), text = scalar_of(field->item);
    struct date date;
    if (walk->way == CHECK && check_text(walk, field, format))
        return NULL;
    if (walk->way == BACK)
        return plain(arena, field->type->kind, format, text);
    if (field->type->kind != FIELD_DATE || !date_read(text, &date))
        return value_text(arena,
                          field->codes ? word_in(value_find(walk->map->codes, field->codes), text) : text);
    date_format(&out, format, date);
    return value_text(arena, text_copy(arena, buffer_view(&out)));
}

static struct value *walk_field(struct walk *walk, struct mapi_field field);

static struct value *walk_members(struct walk *walk, const struct value *map, struct mapi_field parent)
{
    struct value *object = value_object(walk->context.arena);
    for (const struct value *node = map->first; node && !walk->error->status; node = node->next) {
        struct mapi_field field = {
            .node = node, .type = parent.type, .item = parent.item, .shared = parent.shared
        };
        bool out = value_is_scalar(node) && !node->text.length; /* taken out */
        struct value *made = out ? NULL : walk_field(walk, field);
        if (made)
            value_set_text(object, node->name, made);
    }
    return object->count || walk->way == OUT ? object : NULL;
}

static struct value *walk_one(struct walk *walk, const struct mapi_field *field)
{
    bool back = walk->way == BACK;
    if (back && (field->item->kind == VALUE_LIST || (field->item->kind == VALUE_OBJECT && !field->map)))
        return value_copy(walk->context.arena, field->item);
    return field->map && !(back && value_is_scalar(field->item)) ? walk_members(walk, field->map, *field)
                                                                 : walk_text(walk, field);
}

/* A single item stands for a list of it. */
static struct value *walk_field(struct walk *walk, struct mapi_field field)
{
    const struct mapi_map *map = walk->map;
    struct text name = field.node->name;
    bool back = walk->way == BACK;
    if (back)
        field.item = field.node == map->status || mapi_is_named(map->not_compared, name)
                         ? NULL
                         : value_find_text(field.item, name);
    if ((back && !field.item) || read_field(walk, &field))
        return NULL;
    if (field.value)
        return back ? NULL : value_string(walk->context.arena, field.value);
    if (find_source(walk, &field))
        return NULL;
    if (!field.each || walk->way == CHECK)
        return walk_one(walk, &field);
    struct value *list = value_list(walk->context.arena);
    bool many = field.item && field.item->kind == VALUE_LIST;
    const struct value *items = many && !back && field.by ? group(walk, &field) : field.item;
    for (field.item = many ? items->first : items; field.item; field.item = many ? field.item->next : NULL) {
        struct value *made = walk_one(walk, &field);
        if (made && back && mapi_is_named(map->unordered, name))
            put_sorted(walk->context.arena, list, made);
        else if (made)
            value_append(list, made);
    }
    return list->count || !back ? list : NULL;
}

/* ---- the whole ---- */

/* Of a map that is checked. */
static struct value *walk_all(const struct mapi_map *map, struct arena *arena, const struct value *item,
                              enum way way)
{
    struct error error = { .status = STATUS_OK };
    struct walk walk = { .map = map, .context = { .arena = arena }, .error = &error, .way = way };
    return walk_members(&walk, map->fields, (struct mapi_field){ .type = &procedure_root, .item = item });
}

struct value *mapi_map_write(const struct mapi_map *map, struct arena *arena, const struct value *procedure)
{
    return walk_all(map, arena, procedure, OUT);
}

bool mapi_map_same(const struct mapi_map *map, struct arena *arena, const struct value *left,
                   const struct value *right, struct buffer *where)
{
    const struct diff *first =
        diff_find(arena, walk_all(map, arena, left, BACK), walk_all(map, arena, right, BACK));
    if (first && where)
        buffer_text(where, first->field);
    return !first;
}

enum remote_status mapi_map_standing(const struct mapi_map *map, const struct value *item)
{
    struct text said = text_trim(scalar_of(value_find_text(item, map->status->name)));
    if (text_equal(said, map->abolished))
        return REMOTE_ABOLISHED;
    if (text_equal(said, map->announced))
        return REMOTE_PUBLISHED;
    return said.length ? REMOTE_STRANGE : REMOTE_UNSAID;
}

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

/* The field at the top that has this one of the procedure's. */
static const struct value *find_from(const struct value *fields, const char *path)
{
    const struct value *node = fields->first;
    while (node && !text_is(value_is_scalar(node) ? node->text : value_text_of(node, "from"), path))
        node = node->next;
    return node;
}

/* What the adapter holds cannot be told without code and status. */
static enum status check_names(const struct walk *walk, struct mapi_map *map, const struct value *configured)
{
    map->code = find_from(map->fields, "code");
    map->status = find_from(map->fields, "status");
    if (!map->code || !map->status)
        return setting_fault(
            &walk->context, configured, walk->error,
            _("\"fields\" must have the procedure's \"%s\" under some name: what the adapter "
              "holds cannot be told without"),
            map->code ? "status" : "code");
    struct text table = value_text_of(map->status, "codes");
    map->announced = word_in(value_find_text(map->codes, table), TEXT("announced"));
    map->abolished = word_in(value_find_text(map->codes, table), TEXT("abolished"));
    if (text_equal(map->announced, map->abolished) || !map->abolished.length)
        return setting_fault(
            &walk->context, map->codes, walk->error,
            _("announced and abolished procedures must have different codes: how else can it "
              "be seen that one is withdrawn?"));
    return STATUS_OK;
}

enum status mapi_map_check(const struct setting_context *context, const struct value *defaults,
                           struct mapi_map *map, struct error *error)
{
    struct text *names;
    size_t count;
    const struct value *own = map->fields, *codes = map->codes, *usual = value_find(defaults, "codes");
    struct walk walk = { .map = map, .context = *context, .error = error, .way = CHECK };
    for (const struct value *table = usual->first; table; table = table->next)
        walk.tables[walk.table_count++] = text_string(context->arena, table->name);
    map->fields = merge(context->arena, value_find(defaults, "fields"), own, 0);
    map->codes = merge(context->arena, usual, codes, 1);
    error->status = STATUS_OK;
    (void)walk_members(&walk, map->fields, (struct mapi_field){ .type = &procedure_root });
    if (error->status || setting_texts(context, map->not_compared, &names, &count, error) ||
        setting_texts(context, map->unordered, &names, &count, error) || check_names(&walk, map, own))
        return error->status;
    return codes ? setting_check_names(context, codes, "codes", walk.tables, walk.table_count, error)
                 : STATUS_OK;
}
