/* The map at work: procedures out, and items compared. */
#include "load/portal_mapi_fields.h"

#include <stdlib.h>
#include <string.h>

#include "adapters/unicode.h"
#include "core/canonical.h"
#include "core/clock.h"
#include "core/date.h"
#include "core/diff.h"

/* What a path starts from: an item, or the items of a group. */
struct scope {
    const struct value *item;
    const struct value *const *group; /* NULL: no group */
    size_t count;
};

static const struct value *follow(const struct value *item, struct text path)
{
    for (size_t from = 0; path.bytes && item && from <= path.length;) {
        size_t end = from;
        while (end < path.length && path.bytes[end] != '.')
            end++;
        item = value_find_text(item, text_slice(path, from, end - from));
        from = end + 1;
    }
    return item;
}

static struct text scalar_of(const struct value *value)
{
    return value && (value->kind == VALUE_TEXT || value->kind == VALUE_NUMBER) ? value->text : TEXT_NONE;
}

/* ---- out ---- */

/* Like date_parse reads them; the time is the day's beginning. */
static struct text write_date(struct arena *arena, struct text format, struct text text)
{
    struct date date;
    struct buffer BUFFER_OWNED out = { 0 };
    if (!date_read(text, &date))
        return text;
    int64_t seconds = date_days(date) * 86400 - CLOCK_ZONE_MINUTES * 60;
    if (text_is(format, "epoch") || text_is(format, "epoch_ms"))
        return text_format(arena, "%lld%s", (long long)seconds, text_is(format, "epoch") ? "" : "000");
    bool quoted = false;
    for (size_t at = 0; at < format.length;) {
        size_t run = 1;
        char letter = format.bytes[at];
        while (at + run < format.length && format.bytes[at + run] == letter)
            run++;
        if (letter == '\'') {
            if (run >= 2)
                buffer_char(&out, '\'');
            quoted ^= run & 1;
        } else if (!quoted && letter == 'y') {
            buffer_printf(&out, "%04d", date.year);
        } else if (!quoted && (letter == 'M' || letter == 'd')) {
            buffer_printf(&out, "%0*d", run > 1 ? 2 : 1, letter == 'M' ? date.month : date.day);
        } else if (!quoted && strchr("HmsS", letter)) {
            buffer_printf(&out, "%0*d", (int)run, 0);
        } else if (!quoted && letter == 'X') {
            buffer_string(&out, "+07:00");
        } else {
            buffer_put(&out, format.bytes + at, run);
        }
        at += run;
    }
    return text_copy(arena, buffer_view(&out));
}

static struct value *write_scalar(struct arena *arena, const struct mapi_field *field, struct text text)
{
    struct text code;
    if (field->date.bytes && text.length)
        text = write_date(arena, field->date, text);
    else if (text.length && mapi_field_code(field, text, &code))
        text = code;
    return value_text(arena, text.bytes ? text : TEXT(""));
}

static void write_members(struct arena *arena, struct value *out, const struct mapi_field *fields,
                          size_t count, struct scope scope);

static void append_object(struct arena *arena, struct value *list, const struct mapi_field *field,
                          struct scope scope)
{
    write_members(arena, value_append(list, value_object(arena)), field->members, field->count, scope);
}

static void write_groups(struct arena *arena, struct value *list, const struct mapi_field *field,
                         const struct value *items)
{
    const struct value **group = arena_array(arena, const struct value *, items->count);
    const struct value **rest = arena_array(arena, const struct value *, items->count);
    size_t left = 0;
    for (const struct value *item = items->first; item; item = item->next)
        rest[left++] = item;
    while (left) {
        size_t count = 0, kept = 0;
        struct text by = scalar_of(follow(rest[0], field->by));
        for (size_t i = 0; i < left; i++) {
            struct text chosen = scalar_of(follow(rest[i], field->by));
            bool same = chosen.length == by.length && (!by.length || text_equal(chosen, by));
            if (same)
                group[count++] = rest[i];
            else
                rest[kept++] = rest[i];
        }
        left = kept;
        append_object(arena, list, field, (struct scope){ group[0], group, count });
    }
}

static struct value *write_list(struct arena *arena, const struct mapi_field *field, struct scope scope)
{
    struct value *list = value_list(arena);
    if (scope.group && !field->path.bytes) {
        for (size_t i = 0; i < scope.count; i++)
            append_object(arena, list, field, (struct scope){ scope.group[i], NULL, 0 });
        return list;
    }
    const struct value *found = follow(scope.item, field->path);
    if (!found)
        return list;
    if (field->kind == MAPI_GROUPS && found->kind == VALUE_LIST)
        write_groups(arena, list, field, found);
    else if (found->kind != VALUE_LIST && field->kind == MAPI_TEXTS)
        value_append(list, write_scalar(arena, field, scalar_of(found)));
    else if (found->kind != VALUE_LIST)
        append_object(arena, list, field, (struct scope){ found, NULL, 0 });
    else
        for (const struct value *item = found->first; item; item = item->next) {
            if (field->kind == MAPI_TEXTS)
                value_append(list, write_scalar(arena, field, scalar_of(item)));
            else
                append_object(arena, list, field, (struct scope){ item, NULL, 0 });
        }
    return list;
}

static struct value *write_field(struct arena *arena, const struct mapi_field *field, struct scope scope)
{
    struct value *object;
    switch (field->kind) {
    case MAPI_CONSTANT:
        return value_text(arena, field->constant);
    case MAPI_SCALAR:
        return write_scalar(arena, field, scalar_of(follow(scope.item, field->path)));
    case MAPI_TEXTS:
    case MAPI_OBJECTS:
    case MAPI_GROUPS:
        return write_list(arena, field, scope);
    case MAPI_OBJECT:
        break;
    }
    object = value_object(arena);
    write_members(arena, object, field->members, field->count, scope);
    return object;
}

static void write_members(struct arena *arena, struct value *out, const struct mapi_field *fields,
                          size_t count, struct scope scope)
{
    for (size_t i = 0; i < count; i++)
        value_set_text(out, fields[i].name, write_field(arena, &fields[i], scope));
}

struct value *mapi_map_write(const struct mapi_map *map, struct arena *arena, const struct value *procedure)
{
    struct value *item = value_object(arena);
    write_members(arena, item, map->fields, map->count, (struct scope){ procedure, NULL, 0 });
    return item;
}

/* ---- back ---- */

/* Two items are compared by what is left of them: a name for all that says something, in one form. */
struct plain {
    struct arena *arena;
    const struct mapi_field *status;
    const char *const *without;
};

/* Every run of blanks is one; NFC. */
static struct text plain_text(struct arena *arena, struct text text)
{
    BUFFER_OWNED struct buffer out = { 0 };
    bool gap = false;
    for (size_t at = 0; at < text.length; at++) {
        bool no_break = text_starts(text_slice(text, at, 2), TEXT("\xc2\xa0"));
        at += no_break;
        if (no_break || (unsigned char)text.bytes[at] <= ' ') {
            gap = out.length > 0;
            continue;
        }
        if (gap)
            buffer_char(&out, ' ');
        gap = false;
        buffer_char(&out, text.bytes[at]);
    }
    return unicode_nfc(arena, text_copy(arena, buffer_view(&out)));
}

/* The day alone: an adapter keeps dates in a form of its own, with or without a time. */
static struct text plain_day(struct arena *arena, struct text format, struct text text)
{
    static const char *const forms[] = {
        "yyyyMMddHHmmss",      "yyyyMMdd",           "yyyy-MM-dd", "dd/MM/yyyy", "yyyy-MM-dd'T'HH:mm:ss",
        "yyyy-MM-dd HH:mm:ss", "dd/MM/yyyy HH:mm:ss"
    };
    struct date date;
    bool found = date_parse(text, format, &date);
    for (size_t i = 0; !found && i < sizeof forms / sizeof *forms; i++)
        found = date_parse(text, text_of(forms[i]), &date);
    return found ? text_format(arena, "%lld", (long long)date_days(date)) : text;
}

/* "007.50" and 7.5: without zeros that say nothing. */
static struct text plain_number(struct text text)
{
    size_t point = text.length;
    text_find(text, TEXT("."), &point);
    for (size_t i = 0; i < text.length; i++)
        if (i != point && (text.bytes[i] < '0' || text.bytes[i] > '9'))
            return text;
    while (text.length > point && (text_ends(text, TEXT("0")) || text.length == point + 1))
        text.length--;
    while (text.length > 1 && text.bytes[0] == '0' && text.bytes[1] != '.')
        text = text_slice(text, 1, text.length - 1);
    return text;
}

static struct value *plain_scalar(const struct plain *plain, const struct mapi_field *field,
                                  const struct value *value)
{
    struct text text = value->kind != VALUE_BOOLEAN ? value->text
                       : value->truth               ? TEXT("true")
                                                    : TEXT("false");
    text = plain_text(plain->arena, text);
    if (!text.length)
        return NULL;
    if (field->date.bytes)
        text = plain_day(plain->arena, field->date, text);
    return value_text(plain->arena, field->number ? plain_number(text) : text);
}

static bool counts(const struct plain *plain, const struct mapi_field *field)
{
    if (!field->compared || field == plain->status)
        return false;
    for (size_t i = 0; plain->without && plain->without[i]; i++)
        if (text_is(field->name, plain->without[i]))
            return false;
    return true;
}

static struct value *plain_value(const struct plain *plain, const struct mapi_field *field,
                                 const struct value *value);

static struct value *plain_members(const struct plain *plain, const struct mapi_field *fields, size_t count,
                                   const struct value *item)
{
    struct value *object = value_object(plain->arena);
    for (size_t i = 0; i < count; i++) {
        const struct value *member = value_find_text(item, fields[i].name);
        struct value *said =
            member && counts(plain, &fields[i]) ? plain_value(plain, &fields[i], member) : NULL;
        if (said)
            value_set_text(object, fields[i].name, said);
    }
    return object->count ? object : NULL;
}

static struct value *plain_item(const struct plain *plain, const struct mapi_field *field,
                                const struct value *item)
{
    if (value_is_scalar(item) || item->kind == VALUE_NULL)
        return plain_scalar(plain, field, item);
    return item->kind == VALUE_OBJECT && field->members
               ? plain_members(plain, field->members, field->count, item)
               : value_copy(plain->arena, item);
}

struct sorted {
    struct text bytes;
    struct value *item;
};

static int by_bytes(const void *left, const void *right)
{
    return text_compare(((const struct sorted *)left)->bytes, ((const struct sorted *)right)->bytes);
}

static struct value *sort_list(const struct plain *plain, struct value *list)
{
    struct value *out = value_list(plain->arena), *item = list->first, *next;
    struct sorted *sorted = arena_array(plain->arena, struct sorted, list->count);
    size_t count = 0;
    for (; item; item = next) {
        BUFFER_OWNED struct buffer bytes = { 0 };
        next = item->next;
        item->next = NULL;
        canonical_write(&bytes, item);
        sorted[count++] = (struct sorted){ text_copy(plain->arena, buffer_view(&bytes)), item };
    }
    qsort(sorted, count, sizeof *sorted, by_bytes);
    for (size_t i = 0; i < count; i++)
        value_append(out, sorted[i].item);
    return out;
}

/* NULL: it says nothing. A single item stands for a list of it. */
static struct value *plain_value(const struct plain *plain, const struct mapi_field *field,
                                 const struct value *value)
{
    if (field->kind == MAPI_SCALAR || field->kind == MAPI_OBJECT)
        return plain_item(plain, field, value);
    struct value *list = value_list(plain->arena);
    bool many = value->kind == VALUE_LIST;
    for (const struct value *item = many ? value->first : value; item; item = many ? item->next : NULL) {
        struct value *said = plain_item(plain, field, item);
        if (said)
            value_append(list, said);
    }
    return !list->count ? NULL : field->unordered ? sort_list(plain, list) : list;
}

bool mapi_map_same(const struct mapi_map *map, struct arena *arena, const struct value *left,
                   const struct value *right, const char *const *without, struct buffer *where)
{
    struct plain plain = { .arena = arena, .status = map->status, .without = without };
    const struct value *ours = plain_members(&plain, map->fields, map->count, left),
                       *theirs = plain_members(&plain, map->fields, map->count, right);
    const struct diff *first = ours || theirs ? diff_find(arena, ours, theirs) : NULL;
    if (first && where)
        buffer_text(where, first->field);
    return !first;
}

struct text mapi_map_code_name(const struct mapi_map *map)
{
    return map->code->name;
}

struct text mapi_map_status_name(const struct mapi_map *map)
{
    return map->status->name;
}

enum remote_status mapi_map_standing(const struct mapi_map *map, const struct value *item)
{
    struct text announced = TEXT("announced");
    struct text said = text_trim(scalar_of(value_find_text(item, map->status->name)));
    mapi_field_code(map->status, TEXT("announced"), &announced);
    if (text_equal(said, mapi_map_abolished(map)))
        return REMOTE_ABOLISHED;
    return text_equal(said, announced) ? REMOTE_PUBLISHED : said.length ? REMOTE_STRANGE : REMOTE_UNSAID;
}
