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

/* ---- out ---- */

static struct value *write_scalar(struct arena *arena, const struct mapi_field *field,
                                  const struct value *value)
{
    BUFFER_OWNED struct buffer out = { 0 };
    struct text text = scalar_of(value);
    struct date date;
    if (!field->date.bytes || !date_read(text, &date))
        return value_text(arena, text.length ? mapi_map_word(field, text) : text);
    date_format(&out, field->date, date);
    return value_text(arena, text_copy(arena, buffer_view(&out)));
}

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

static struct value *write_field(struct arena *arena, const struct mapi_field *field,
                                 const struct value *item);

static struct value *write_one(struct arena *arena, const struct mapi_field *field, const struct value *item)
{
    if (!field->members)
        return write_scalar(arena, field, item);
    struct value *object = value_object(arena);
    for (size_t i = 0; i < field->count; i++)
        value_set_text(object, field->members[i].name, write_field(arena, &field->members[i], item));
    return object;
}

static struct value *write_field(struct arena *arena, const struct mapi_field *field,
                                 const struct value *item)
{
    if (field->constant.bytes)
        return value_text(arena, field->constant);
    item = follow(item, &field->path);
    if (!field->list)
        return write_one(arena, field, item);
    struct value *list = value_list(arena);
    bool many = item && item->kind == VALUE_LIST;
    if (many && field->by.count)
        item = group(arena, item, &field->by);
    for (const struct value *one = many ? item->first : item; one; one = many ? one->next : NULL)
        value_append(list, write_one(arena, field, one));
    return list;
}

struct value *mapi_map_write(const struct mapi_map *map, struct arena *arena, const struct value *procedure)
{
    return write_one(arena, &map->root, procedure);
}

/* ---- back ---- */

/* Two items are compared by what is left of them: a name for all that says something, in one form. */

static struct text plain_text(struct arena *arena, struct text text)
{
    struct normalise_counts uncounted = { 0 };
    struct error error;
    struct text plain;
    return normalise(arena, text, false, &uncounted, &plain, &error) ? text : plain;
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

static struct value *plain_members(struct arena *arena, const struct mapi_field *field,
                                   const struct value *item);

/* NULL: it says nothing. */
static struct value *plain_one(struct arena *arena, const struct mapi_field *field, const struct value *item)
{
    if (item->kind == VALUE_LIST || (item->kind == VALUE_OBJECT && !field->members))
        return value_copy(arena, item);
    if (item->kind == VALUE_OBJECT)
        return plain_members(arena, field, item);
    struct text text = plain_text(arena, item->text);
    if (field->date.bytes)
        text = plain_day(arena, field->date, text);
    if (field->type->kind == FIELD_INTEGER || field->type->kind == FIELD_DECIMAL)
        text = plain_number(arena, text);
    return text.length ? value_text(arena, text) : NULL;
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

/* A single item stands for a list of it. */
static struct value *plain_field(struct arena *arena, const struct mapi_field *field,
                                 const struct value *value)
{
    if (!field->list)
        return plain_one(arena, field, value);
    struct value *list = value_list(arena);
    bool many = value->kind == VALUE_LIST;
    for (const struct value *item = many ? value->first : value; item; item = many ? item->next : NULL) {
        struct value *said = plain_one(arena, field, item);
        if (said && field->unordered)
            put_sorted(arena, list, said);
        else if (said)
            value_append(list, said);
    }
    return list->count ? list : NULL;
}

static struct value *plain_members(struct arena *arena, const struct mapi_field *field,
                                   const struct value *item)
{
    struct value *object = value_object(arena);
    for (const struct mapi_field *at = field->members; at < field->members + field->count; at++) {
        const struct value *member = at->compared ? value_find_text(item, at->name) : NULL;
        struct value *said = member ? plain_field(arena, at, member) : NULL;
        if (said)
            value_set_text(object, at->name, said);
    }
    return object->count ? object : NULL;
}

bool mapi_map_same(const struct mapi_map *map, struct arena *arena, const struct value *left,
                   const struct value *right, struct buffer *where)
{
    const struct diff *first =
        diff_find(arena, plain_members(arena, &map->root, left), plain_members(arena, &map->root, right));
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
