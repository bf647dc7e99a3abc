/* The map at work: procedures out, and items compared. */
#include "load/portal_mapi_map.h"

#include <stdio.h>
#include <string.h>

#include "adapters/unicode.h"
#include "core/clock.h"
#include "core/date.h"

#define WHERE_MAX 400

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

struct comparing {
    struct arena *arena;
    const struct mapi_field *status;
    const char *const *without;
    char where[WHERE_MAX]; /* the path to what is looked at */
    size_t length;
};

static struct text scalar_text(const struct value *value)
{
    if (!value || value->kind == VALUE_NULL)
        return TEXT("");
    if (value->kind == VALUE_BOOLEAN)
        return value->truth ? TEXT("true") : TEXT("false");
    struct text text = scalar_of(value);
    return text.length ? text : TEXT("");
}

static bool is_gap(struct text text, size_t at, size_t *length)
{
    unsigned char byte = (unsigned char)text.bytes[at];
    bool no_break = byte == 0xc2 && at + 1 < text.length && (unsigned char)text.bytes[at + 1] == 0xa0;
    *length = no_break ? 2 : 1;
    return no_break || byte <= ' ';
}

/* Every run of blanks is one; NFC. */
static struct text plain(struct arena *arena, const struct value *value)
{
    struct text text = scalar_text(value);
    BUFFER_OWNED struct buffer out = { 0 };
    size_t length;
    bool gap = false;
    for (size_t at = 0; at < text.length; at += length) {
        if (is_gap(text, at, &length)) {
            gap = out.length > 0;
            continue;
        }
        if (gap)
            buffer_char(&out, ' ');
        gap = false;
        buffer_put(&out, text.bytes + at, length);
    }
    return unicode_nfc(arena, text_copy(arena, buffer_view(&out)));
}

/* The day alone: an adapter keeps dates in a form of its own, with or without a time. */
static bool read_day(const struct mapi_field *field, struct text text, struct date *date)
{
    static const char *const forms[] = {
        "yyyyMMddHHmmss",      "yyyyMMdd",           "yyyy-MM-dd", "dd/MM/yyyy", "yyyy-MM-dd'T'HH:mm:ss",
        "yyyy-MM-dd HH:mm:ss", "dd/MM/yyyy HH:mm:ss"
    };
    if (date_parse(text, field->date, date))
        return true;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (date_parse(text, text_of(forms[i]), date))
            return true;
    return false;
}

/* "007.50" and 7.5: without zeros that say nothing. */
static struct text plain_number(struct text text)
{
    size_t point;
    bool fraction = text_find(text, TEXT("."), &point);
    for (size_t i = 0; i < text.length; i++)
        if ((text.bytes[i] < '0' || text.bytes[i] > '9') && !(fraction && i == point))
            return text;
    while (fraction && (text_ends(text, TEXT("0")) || text_ends(text, TEXT(".")))) {
        bool done = text_ends(text, TEXT("."));
        text.length--;
        if (done)
            break;
    }
    while (text.length > 1 && text.bytes[0] == '0' && text.bytes[1] != '.')
        text = text_slice(text, 1, text.length - 1);
    return text;
}

static bool same_scalars(const struct comparing *comparing, const struct mapi_field *field,
                         const struct value *left, const struct value *right)
{
    struct date days[2];
    struct text one = plain(comparing->arena, left), other = plain(comparing->arena, right);
    if (field->date.bytes && read_day(field, one, &days[0]) && read_day(field, other, &days[1]))
        return date_days(days[0]) == date_days(days[1]);
    return field->number ? text_equal(plain_number(one), plain_number(other)) : text_equal(one, other);
}

static bool counts(const struct comparing *comparing, const struct mapi_field *field)
{
    if (!field->compared || field == comparing->status)
        return false;
    for (size_t i = 0; comparing->without && comparing->without[i]; i++)
        if (text_is(field->name, comparing->without[i]))
            return false;
    return true;
}

static bool is_blank(const struct comparing *comparing, const struct mapi_field *field,
                     const struct value *value);

static bool has_blank_members(const struct comparing *comparing, const struct mapi_field *field,
                              const struct value *item)
{
    for (size_t i = 0; i < field->count; i++)
        if (counts(comparing, &field->members[i]) &&
            !is_blank(comparing, &field->members[i], value_find_text(item, field->members[i].name)))
            return false;
    return true;
}

/* An item of a list. */
static bool is_blank_item(const struct comparing *comparing, const struct mapi_field *field,
                          const struct value *item)
{
    if (field->kind == MAPI_TEXTS || item->kind != VALUE_OBJECT)
        return value_is_scalar(item) && !plain(comparing->arena, item).length;
    return has_blank_members(comparing, field, item);
}

static bool is_blank(const struct comparing *comparing, const struct mapi_field *field,
                     const struct value *value)
{
    if (!value || value_is_scalar(value))
        return !plain(comparing->arena, value).length;
    if (field->kind == MAPI_OBJECT)
        return value->kind == VALUE_OBJECT && has_blank_members(comparing, field, value);
    if (field->kind == MAPI_SCALAR)
        return false;
    if (value->kind == VALUE_OBJECT)
        return is_blank_item(comparing, field, value);
    for (const struct value *item = value->first; item; item = item->next)
        if (!is_blank_item(comparing, field, item))
            return false;
    return true;
}

static bool same_field(struct comparing *comparing, const struct mapi_field *field, const struct value *left,
                       const struct value *right);

static bool same_members(struct comparing *comparing, const struct mapi_field *fields, size_t count,
                         const struct value *left, const struct value *right)
{
    size_t length = comparing->length;
    for (size_t i = 0; i < count; i++) {
        if (!counts(comparing, &fields[i]))
            continue;
        int written = snprintf(comparing->where + length, WHERE_MAX - length, "%s" TEXT_PRINT,
                               length ? "." : "", TEXT_ARG(fields[i].name));
        comparing->length =
            written > 0 && length + (size_t)written < WHERE_MAX ? length + (size_t)written : length;
        if (!same_field(comparing, &fields[i], value_find_text(left, fields[i].name),
                        value_find_text(right, fields[i].name)))
            return false;
    }
    comparing->length = length;
    return true;
}

/* The next item that says something. */
static const struct value *next_item(const struct comparing *comparing, const struct mapi_field *field,
                                     const struct value *item)
{
    while (item && is_blank_item(comparing, field, item))
        item = item->next;
    return item;
}

static bool same_item(struct comparing *comparing, const struct mapi_field *field, const struct value *left,
                      const struct value *right)
{
    if (!left || !right)
        return false;
    if (field->kind == MAPI_TEXTS || left->kind != VALUE_OBJECT || right->kind != VALUE_OBJECT)
        return value_is_scalar(left) && value_is_scalar(right) && same_scalars(comparing, field, left, right);
    return same_members(comparing, field->members, field->count, left, right);
}

static bool same_items(struct comparing *comparing, const struct mapi_field *field, const struct value *left,
                       const struct value *right)
{
    size_t length = comparing->length, index = 0;
    left = next_item(comparing, field, left ? left->first : NULL);
    right = next_item(comparing, field, right ? right->first : NULL);
    for (; left || right; index++) {
        int written = snprintf(comparing->where + length, WHERE_MAX - length, "[%zu]", index);
        comparing->length =
            written > 0 && length + (size_t)written < WHERE_MAX ? length + (size_t)written : length;
        if (!same_item(comparing, field, left, right))
            return false;
        left = next_item(comparing, field, left->next);
        right = next_item(comparing, field, right->next);
    }
    comparing->length = length;
    return true;
}

/* Each of the left has one of the right, whatever their order. */
static bool same_sets(struct comparing *comparing, const struct mapi_field *field, const struct value *left,
                      const struct value *right)
{
    size_t length = comparing->length, count = right->count;
    bool *taken = arena_alloc_zeroed(comparing->arena, count + 1);
    size_t left_count = 0, found_count = 0, right_count = 0;
    for (const struct value *at = next_item(comparing, field, right->first); at;
         at = next_item(comparing, field, at->next))
        right_count++;
    for (const struct value *at = next_item(comparing, field, left->first); at;
         at = next_item(comparing, field, at->next), left_count++) {
        size_t index = 0;
        bool found = false;
        for (const struct value *other = next_item(comparing, field, right->first); other && !found;
             other = next_item(comparing, field, other->next), index++) {
            if (taken[index] || !same_item(comparing, field, at, other)) {
                comparing->length = length;
                continue;
            }
            found = taken[index] = true;
        }
        found_count += found;
    }
    comparing->length = length;
    comparing->where[length] = 0;
    return found_count == left_count && left_count == right_count;
}

/* A single item stands for a list of it. */
static const struct value *list_of(struct arena *arena, const struct value *value)
{
    if (value->kind == VALUE_LIST)
        return value;
    struct value *list = value_list(arena);
    value_append(list, value_copy(arena, value));
    return list;
}

static bool same_field(struct comparing *comparing, const struct mapi_field *field, const struct value *left,
                       const struct value *right)
{
    bool blank = is_blank(comparing, field, left);
    if (blank || is_blank(comparing, field, right))
        return blank && is_blank(comparing, field, right);
    if (field->kind != MAPI_SCALAR && field->kind != MAPI_OBJECT && field->kind != MAPI_CONSTANT) {
        left = list_of(comparing->arena, left);
        right = list_of(comparing->arena, right);
        return (field->unordered ? same_sets : same_items)(comparing, field, left, right);
    }
    if (field->kind == MAPI_OBJECT && left->kind == VALUE_OBJECT && right->kind == VALUE_OBJECT)
        return same_members(comparing, field->members, field->count, left, right);
    return value_is_scalar(left) && value_is_scalar(right) && same_scalars(comparing, field, left, right);
}

bool mapi_map_same(const struct mapi_map *map, struct arena *arena, const struct value *left,
                   const struct value *right, const char *const *without, struct buffer *where)
{
    struct comparing comparing = { .arena = arena, .status = map->status, .without = without };
    if (same_members(&comparing, map->fields, map->count, left, right))
        return true;
    if (where)
        buffer_string(where, comparing.where);
    return false;
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
