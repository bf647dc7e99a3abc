/* The map at work: procedures out, and items compared. */
#include "load/portal_mapi_fields.h"

#include "core/canonical.h"
#include "core/date.h"
#include "core/decimal.h"
#include "core/diff.h"
#include "record/normalise.h"

/* Of a group of items, what its first one has: they share it. */
static const struct value *follow(const struct value *item, const struct field_path *path)
{
    for (size_t i = 0; i < path->count; i++)
        item = value_find(item && item->kind == VALUE_LIST ? item->first : item, path->steps[i]->name);
    return item;
}

static struct text scalar_of(const struct value *value)
{
    return value && (value->kind == VALUE_TEXT || value->kind == VALUE_NUMBER) ? value->text : TEXT("");
}

/* ---- texts ---- */

static struct text write_text(struct arena *arena, const struct mapi_field *field, struct text text)
{
    BUFFER_OWNED struct buffer out = { 0 };
    struct date date;
    if (!field->date || !date_read(text, &date))
        return text.length ? mapi_map_word(field, text) : text;
    date_format(&out, text_of(field->date), date);
    return text_copy(arena, buffer_view(&out));
}

/* The day alone: an adapter keeps dates in a form of its own, with or without a time. */
static struct text plain_day(struct arena *arena, struct text format, struct text text)
{
    const struct text forms[] = { format,
                                  TEXT("yyyyMMddHHmmss"),
                                  TEXT("yyyyMMdd"),
                                  TEXT("yyyy-MM-dd"),
                                  TEXT("dd/MM/yyyy"),
                                  TEXT("dd/MM/yyyy HH:mm:ss") };
    struct date date;
    bool found = date_read_moment(text, &date);
    for (size_t i = 0; !found && i < sizeof forms / sizeof *forms; i++)
        found = date_parse(text, forms[i], &date);
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

/* What it says, in one form: two items are compared by that. */
static struct text plain_text(struct arena *arena, const struct mapi_field *field, struct text text)
{
    struct normalise_counts uncounted = { 0 };
    struct error error;
    struct text plain;
    if (normalise(arena, text, false, &uncounted, &plain, &error))
        plain = text;
    if (field->date)
        return plain_day(arena, text_of(field->date), plain);
    bool number = field->type->kind == FIELD_INTEGER || field->type->kind == FIELD_DECIMAL;
    return number ? plain_number(arena, plain) : plain;
}

/* ---- the walk ---- */

/* A list of lists: the items that have the same `by`, in the order of first mention. */
static const struct value *group(struct arena *arena, const struct value *items, const struct field_path *by)
{
    struct value *groups = value_list(arena);
    for (const struct value *item = items->first; item; item = item->next) {
        struct text shared = scalar_of(follow(item, by));
        struct value *found = groups->first, *copy = arena_new(arena, struct value);
        while (found && !text_equal(scalar_of(follow(found, by)), shared))
            found = found->next;
        *copy = *item;
        value_append(found ? found : value_append(groups, value_list(arena)), copy);
    }
    return groups;
}

/* Puts an item where the order of their canonical forms wants it, which stands in its name. */
static void put_sorted(struct arena *arena, struct value *list, struct value *item)
{
    BUFFER_OWNED struct buffer bytes = { 0 };
    struct value **link = &list->first;
    canonical_write(&bytes, item);
    item->name = text_copy(arena, buffer_view(&bytes));
    while (*link && text_compare((*link)->name, item->name) < 0)
        link = &(*link)->next;
    item->next = *link;
    *link = item;
    list->count++;
}

/* The same walk goes both ways: out, from a procedure to what the adapter wants, and back, from an item of the adapter to
 * what of it says something (NULL: nothing). */
enum way { OUT, BACK };

static struct value *walk_field(struct arena *arena, const struct mapi_field *field, const struct value *item,
                                enum way way);

static struct value *walk_one(struct arena *arena, const struct mapi_field *field, const struct value *item,
                              enum way way)
{
    bool leaf = !field->members || (way == BACK && item->kind != VALUE_OBJECT);
    if (leaf && way == OUT)
        return value_text(arena, write_text(arena, field, scalar_of(item)));
    if (leaf && !value_is_scalar(item))
        return value_copy(arena, item);
    if (leaf) {
        struct text plain = plain_text(arena, field, item->text);
        return plain.length ? value_text(arena, plain) : NULL;
    }
    struct value *object = value_object(arena);
    for (const struct mapi_field *member = field->members; member < field->members + field->count; member++) {
        struct value *made = walk_field(arena, member, item, way);
        if (made)
            value_set_text(object, member->name, made);
    }
    return object->count || way == OUT ? object : NULL;
}

/* A single item stands for a list of it. */
static struct value *walk_field(struct arena *arena, const struct mapi_field *field, const struct value *item,
                                enum way way)
{
    if (way == OUT && field->value)
        return value_string(arena, field->value);
    item = way == OUT ? follow(item, &field->path) : value_find_text(item, field->name);
    if (way == BACK && (!field->compared || !item))
        return NULL;
    if (!field->each)
        return walk_one(arena, field, item, way);
    struct value *list = value_list(arena);
    bool many = item && item->kind == VALUE_LIST;
    if (many && way == OUT && field->by)
        item = group(arena, item, &field->shared);
    for (const struct value *one = many ? item->first : item; one; one = many ? one->next : NULL) {
        struct value *made = walk_one(arena, field, one, way);
        if (made && field->unordered && way == BACK)
            put_sorted(arena, list, made);
        else if (made)
            value_append(list, made);
    }
    return list->count || way == OUT ? list : NULL;
}

struct value *mapi_map_write(const struct mapi_map *map, struct arena *arena, const struct value *procedure)
{
    return walk_one(arena, &map->root, procedure, OUT);
}

bool mapi_map_same(const struct mapi_map *map, struct arena *arena, const struct value *left,
                   const struct value *right, struct buffer *where)
{
    const struct diff *first =
        diff_find(arena, walk_one(arena, &map->root, left, BACK), walk_one(arena, &map->root, right, BACK));
    if (first && where)
        buffer_text(where, first->field);
    return !first;
}

enum remote_status mapi_map_standing(const struct mapi_map *map, const struct value *item)
{
    struct text said = text_trim(scalar_of(value_find_text(item, map->status->name)));
    if (text_equal(said, mapi_map_word(map->status, TEXT("abolished"))))
        return REMOTE_ABOLISHED;
    if (text_equal(said, mapi_map_word(map->status, TEXT("announced"))))
        return REMOTE_PUBLISHED;
    return said.length ? REMOTE_STRANGE : REMOTE_UNSAID;
}
