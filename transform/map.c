#include "transform/map.h"

#include <stdio.h>
#include <string.h>

#include "adapters/unicode.h"
#include "core/date.h"
#include "core/decimal.h"
#include "core/duration.h"
#include "core/money.h"
#include "transform/map_compile.h"

/* Where a value goes, for findings; made into a text only when there is one. */
struct place {
    const struct place *parent;
    const char *name;
    long index; /* -1: no list */
};

struct running {
    const struct map *map;
    struct arena *arena;
    struct map_result *result;
    bool number; /* the text at hand is a number of the source's own */
    struct text
        prose; /* words where an amount was expected; the next object around that has a `text` takes them */
};

static size_t write_place(const struct place *place, char *out, size_t size)
{
    size_t length = place->parent ? write_place(place->parent, out, size) : 0;
    if (length + 1 >= size)
        return length;
    int written;
    if (place->index >= 0)
        written = snprintf(out + length, size - length, "[%ld]", place->index);
    else
        written = snprintf(out + length, size - length, "%s%s", length ? "." : "", place->name);
    return length + (size_t)written < size ? length + (size_t)written : size - 1;
}

static void find(struct running *running, const struct place *place, const char *rule, struct text value,
                 const char *message)
{
    char where[256] = "";
    if (place)
        write_place(place, where, sizeof where);
    finding_add(running->arena, &running->result->findings, true, text_of(rule), place ? where : NULL, value,
                text_of(message));
}

static bool is_nothing(const struct map_node *node, struct text text)
{
    for (size_t i = 0; i < node->nothing_count; i++)
        if (text_equal(node->nothing[i], text))
            return true;
    return !text.length;
}

static struct value *run_group(struct running *running, const struct map_group *group,
                               const struct record *record, const struct record_item *item,
                               const struct place *place);
static struct value *run_node(struct running *running, const struct map_node *node,
                              const struct record *record, const struct record_item *item,
                              const struct place *place);

/* A text into what its field's kind wants. */
static struct value *convert_date(struct running *running, const struct map_node *node, struct text text,
                                  const struct place *place)
{
    struct date date;
    bool fits = !node->date_count && date_read(text, &date);
    for (size_t i = 0; !fits && i < node->date_count; i++)
        fits = date_parse(text, node->dates[i], &date);
    if (!fits) {
        find(running, place, "congkhai/date", text,
             node->date_count ? _("This is no date in any of the formats of the map")
                              : _("This is no date; say its format in the map with \"date\""));
        return NULL;
    }
    char *canonical = arena_take(running->arena, DATE_TEXT);
    date_write(date, canonical);
    return value_string(running->arena, canonical);
}

static struct value *convert_choice(struct running *running, const struct field *field, struct text text,
                                    const struct place *place)
{
    char known[256] = "";
    for (size_t i = 0; field->choices[i]; i++) {
        if (text_is(text, field->choices[i]))
            return value_text(running->arena, text);
        size_t length = strlen(known);
        snprintf(known + length, sizeof known - length, "%s%s", i ? ", " : "", field->choices[i]);
    }
    char message[400];
    snprintf(message, sizeof message, _("This must be one of %s (see \"codes\" in the map)"), known);
    find(running, place, "congkhai/choice", text, message);
    return NULL;
}

static struct value *convert_integer(struct running *running, struct text text, const struct place *place)
{
    size_t start = 0;
    struct text own; /* 2.0 and 2e0 are how some programs write 2 */
    if (running->number && decimal_from_number(running->arena, text, &own))
        text = own;
    while (start + 1 < text.length && text.bytes[start] == '0')
        start++;
    for (size_t i = 0; i < text.length; i++)
        if (text.bytes[i] < '0' || text.bytes[i] > '9' || text.length - start > 9) {
            find(running, place, "congkhai/number", text, _("This must be a whole number"));
            return NULL;
        }
    return value_number(running->arena, text_slice(text, start, text.length));
}

/* An amount that is prose stays prose; one that can be read in two ways is nobody's to guess. */
static struct value *convert_decimal(struct running *running, struct text text, const struct place *place)
{
    struct money money;
    struct error error;
    struct text own;
    if (running->number && decimal_valid(text))
        return value_text(running->arena, text);
    if (running->number && decimal_from_number(running->arena, text, &own))
        return value_text(running->arena, own);
    switch (money_read(running->arena, text, &money, &error)) {
    case STATUS_OK:
        return value_text(running->arena, money.amount);
    case STATUS_END:
        running->prose = running->prose.length ? text_format(running->arena, "%.*s; %.*s",
                                                             TEXT_ARG(running->prose), TEXT_ARG(text))
                                               : text;
        return NULL;
    default:
        find(running, place, "congkhai/number", text, error.message);
        return NULL;
    }
}

static struct value *convert(struct running *running, const struct map_node *node, const struct field *field,
                             struct text text, const struct place *place)
{
    struct text normal;
    struct error error;
    switch (field->kind) {
    case FIELD_DATE:
        return convert_date(running, node, text, place);
    case FIELD_CHOICE:
        return convert_choice(running, field, text, place);
    case FIELD_INTEGER:
        return convert_integer(running, text, place);
    case FIELD_DECIMAL:
        return convert_decimal(running, text, place);
    case FIELD_LINE:
    case FIELD_LINES:
        break;
    case FIELD_GROUP:
    case FIELD_LIST:
        return NULL;
    }
    /* A piece is normalised already; only line breaks may have to go. */
    struct normalise_counts uncounted = { 0 };
    normal = text;
    if (field->kind == FIELD_LINE && memchr(text.bytes, '\n', text.length) &&
        normalise(running->arena, text, false, &uncounted, &normal, &error))
        return NULL;
    return normal.length ? value_text(running->arena, normal) : NULL;
}

/* "5 Ngày làm việc": amount and unit; prose otherwise. */
static struct value *bare_duration(struct running *running, struct text text, const struct place *place)
{
    struct duration duration;
    struct error error;
    switch (duration_read(running->arena, text, &duration, &error)) {
    case STATUS_OK: {
        struct value *object = value_object(running->arena);
        value_set(object, "amount", value_text(running->arena, duration.amount));
        value_set(object, "unit", value_string(running->arena, duration_unit_name(duration.unit)));
        return object;
    }
    case STATUS_END:
        running->prose = text;
        return NULL;
    default:
        find(running, place, "congkhai/number", text, error.message);
        return NULL;
    }
}

/* "50.000 đồng": amount and currency; prose stays the fee's text. */
static struct value *bare_fee(struct running *running, struct text text)
{
    struct money money;
    struct error error;
    struct value *object = value_object(running->arena);
    bool read = money_read(running->arena, text, &money, &error) == STATUS_OK;
    if (read) {
        value_set(object, "amount", value_text(running->arena, money.amount));
        if (money.currency.length)
            value_set(object, "currency", value_text(running->arena, money.currency));
        if (money.kind != MONEY_UNKNOWN)
            value_set(object, "kind",
                      value_string(running->arena, money.kind == MONEY_FEE ? "fee" : "charge"));
    }
    if (!read || money.per.length)
        value_set(object, "text", value_text(running->arena, text));
    return object;
}

/* A bare text for a group goes to its main field; with a code list, to code and name. */
static struct value *bare_group(struct running *running, const struct map_node *node,
                                const struct field *group, struct text text, const struct code *code,
                                const struct place *place)
{
    struct value *object = value_object(running->arena);
    const struct field *code_field = code ? field_find(group, TEXT("code")) : NULL;
    if (code_field) {
        value_set(object, "code", value_text(running->arena, code->to));
        value_set(object, "name", value_text(running->arena, code->name.length ? code->name : text));
        return object;
    }
    if (!code && field_find(group, TEXT("unit")))
        return bare_duration(running, text, place);
    if (!code && field_find(group, TEXT("currency")))
        return bare_fee(running, text);
    const struct field *main = field_find(group, text_of(group->main));
    struct value *value = convert(running, node, main, code ? code->to : text, place);
    return value ? (value_set(object, main->name, value), object) : NULL;
}

struct piece {
    bool number; /* the source has it as a number */
    struct text text;
    const struct record_item *item; /* an item that is mapped as it stands; text is empty then */
};

/* One item of the target: from a text or from an item of the source. */
static struct value *make_item(struct running *running, const struct map_node *node,
                               const struct field *target, const struct record *record,
                               const struct piece *piece, const struct place *place)
{
    static const struct record_format text_format_ = { .shape = RECORD_TEXT };
    const struct code *code = NULL;
    struct text text = piece->text;
    running->number = piece->number;
    if (piece->item)
        return node->scalar ? run_node(running, node->scalar, record, piece->item, place)
                            : run_group(running, node->items, record, piece->item, place);
    if (node->codes && !(code = codes_lookup(node->codes, running->arena, text))) {
        char message[300];
        snprintf(message, sizeof message,
                 _("This is not in the code list \"%s\" (%s): add it there if it is right"),
                 node->codes->name, node->codes->path);
        find(running, place, "congkhai/codes", text, message);
        return NULL;
    }
    if (node->items) {
        struct record own = { .format = &text_format_, .root.text = code ? code->to : text };
        return run_group(running, node->items, &own, &own.root, place);
    }
    if (target->kind == FIELD_GROUP)
        return bare_group(running, node, target, text, code, place);
    return convert(running, node, target, code ? code->to : text, place);
}

/* The first alternative that is something. */
static bool choose_items(struct running *running, const struct map_node *node, const struct record *record,
                         const struct record_item *from, struct record_items *items,
                         const struct place *place)
{
    struct error error;
    bool known = false;
    for (size_t i = 0; i < node->from_count; i++) {
        if (record_select(record, from, node->from[i], running->arena, items, &error)) {
            find(running, place, "congkhai/address", TEXT_NONE, error.message);
            return false;
        }
        known = known || !items->unknown;
        record_items_open(running->arena, items, items);
        /* Without alternatives to turn to, what is nothing is seen when the text is taken. */
        if (node->from_count == 1 && items->count)
            return true;
        size_t kept = 0;
        for (size_t j = 0; j < items->count; j++) {
            struct text text, normal;
            bool structured = items->items[j].value && !value_is_scalar(items->items[j].value);
            if (!structured) {
                struct normalise_counts uncounted = { 0 };
                if (record_item_text(record, &items->items[j], running->arena, &text, &error) == STATUS_OK &&
                    normalise(running->arena, text, true, &uncounted, &normal, &error) == STATUS_OK &&
                    is_nothing(node, normal))
                    continue;
            } else if (!items->items[j].value->count) {
                continue;
            }
            items->items[kept++] = items->items[j];
        }
        items->count = kept;
        if (kept)
            return true;
    }
    if (!known)
        find(running, place, "congkhai/column", TEXT_NONE, _("The table has no such column (see the map)"));
    return false;
}

struct pieces {
    struct piece *list;
    size_t count, room;
};

static void add_piece(struct running *running, struct pieces *pieces, struct piece piece)
{
    if (pieces->count == pieces->room) {
        size_t room = pieces->room * 2 + 8;
        struct piece *list = arena_take(running->arena, room * sizeof *list);
        if (pieces->count)
            memcpy(list, pieces->list, pieces->count * sizeof *list);
        pieces->list = list;
        pieces->room = room;
    }
    pieces->list[pieces->count++] = piece;
}

/* Each match is a piece. */
static void take_pieces(struct running *running, const struct map_node *node, struct text text,
                        struct pieces *pieces, const struct place *place)
{
    struct pattern_match match;
    struct error error;
    enum status status;
    for (size_t at = 0; (status = pattern_search(node->match, text, at, &match, &error)) == STATUS_OK;) {
        size_t end = (size_t)(match.whole.bytes - text.bytes) + match.whole.length;
        struct text piece = match.group.bytes ? text_trim(match.group) : TEXT_NONE;
        if (!is_nothing(node, piece))
            add_piece(running, pieces, (struct piece){ .text = piece });
        /* An empty match must not be found for ever. */
        if (!match.whole.length && end < text.length)
            unicode_next(text, &end);
        else if (!match.whole.length)
            break;
        at = end;
    }
    if (status == STATUS_REJECT)
        find(running, place, "congkhai/match", text, error.message);
}

/* Normalised, matched, and not nothing: then it is a piece. */
static void take_text(struct running *running, const struct map_node *node, struct text text,
                      struct pieces *pieces, bool matched, const struct place *place)
{
    struct error error;
    struct text normal;
    struct pattern_match match;
    if (normalise(running->arena, text, true, &running->result->repairs, &normal, &error)) {
        find(running, place, "congkhai/control", text, error.message);
        return;
    }
    if (is_nothing(node, normal))
        return;
    if (node->pieces && !matched) {
        take_pieces(running, node, normal, pieces, place);
        return;
    }
    if (node->match && !matched) {
        enum status status = pattern_search(node->match, normal, 0, &match, &error);
        if (status == STATUS_REJECT)
            find(running, place, "congkhai/match", normal, error.message);
        if (status != STATUS_OK || !match.group.bytes)
            return;
        normal = text_trim(match.group);
        if (is_nothing(node, normal))
            return;
    }
    if (normal.length)
        add_piece(running, pieces, (struct piece){ .text = normal });
}

static void split_text(struct running *running, const struct map_node *node, struct text text,
                       struct pieces *pieces, const struct place *place)
{
    struct text rest = text;
    size_t at;
    while (text_find(rest, node->split, &at)) {
        take_text(running, node, text_slice(rest, 0, at), pieces, true, place);
        rest = text_slice(rest, at + node->split.length, rest.length);
    }
    take_text(running, node, rest, pieces, true, place);
}

static void parse_piece(struct running *running, const struct map_node *node, const struct record *record,
                        struct text text, struct value *list, const struct place *place);

static void gather(struct running *running, const struct map_node *node, const struct record *record,
                   const struct record_items *items, struct pieces *pieces, const struct place *place)
{
    bool as_it_stands = (node->items || node->scalar) && !node->match && !node->split.bytes && !node->codes &&
                        node->parse == RECORD_TEXT;
    for (size_t i = 0; i < items->count; i++) {
        struct text text;
        struct error error;
        const struct record_item *item = &items->items[i];
        if (as_it_stands) {
            add_piece(running, pieces, (struct piece){ .item = item });
            continue;
        }
        if (record_item_text(record, item, running->arena, &text, &error)) {
            find(running, place, "congkhai/text", TEXT_NONE, error.message);
            continue;
        }
        if (!node->split.bytes) {
            size_t before = pieces->count;
            take_text(running, node, text, pieces, false, place);
            if (pieces->count > before && item->value && item->value->kind == VALUE_NUMBER && !node->match)
                pieces->list[before].number = true;
            continue;
        }
        if (node->split_raw && !node->match) {
            split_text(running, node, text, pieces, place);
            continue;
        }
        struct pieces whole = { 0 };
        take_text(running, node, text, &whole, false, place);
        for (size_t j = 0; j < whole.count; j++)
            split_text(running, node, whole.list[j].text, pieces, place);
    }
}

static void insert_sorted(struct value *object, const char *name, struct value *value);

/* The items of an inner list, each with the outer item's fields. */
static void flatten(struct running *running, const struct map_group *group, const struct record *record,
                    const struct record_item *outer, struct value *list, const struct place *place)
{
    struct record_items items, opened;
    struct error error;
    struct place at = { place, NULL, (long)list->count };
    if (record_select(record, outer, group->each, running->arena, &items, &error)) {
        find(running, &at, "congkhai/address", TEXT_NONE, error.message);
        return;
    }
    record_items_open(running->arena, &items, &opened);
    for (size_t i = 0; i < opened.count || i == 0; i++) {
        at.index = (long)list->count;
        struct value *item =
            i < opened.count ? run_group(running, group->inner, record, &opened.items[i], &at) : NULL;
        struct value *shared = run_group(running, group, record, outer, &at);
        if (opened.count && !item)
            continue;
        if (!item)
            item = value_object(running->arena);
        for (struct value *member = shared ? shared->first : NULL, *next; member; member = next) {
            next = member->next;
            if (!value_find_text(item, member->name))
                insert_sorted(item, member->name.bytes, member);
        }
        if (item->count)
            value_append(list, item);
    }
}

static struct value *make_list(struct running *running, const struct map_node *node,
                               const struct record *record, const struct pieces *pieces,
                               const struct place *place)
{
    struct value *list = value_list(running->arena);
    for (size_t i = 0; i < pieces->count; i++) {
        struct place at = { place, NULL, (long)list->count };
        if (node->parse != RECORD_TEXT) {
            parse_piece(running, node, record, pieces->list[i].text, list, place);
            continue;
        }
        if (node->items && node->items->inner && pieces->list[i].item) {
            flatten(running, node->items, record, pieces->list[i].item, list, place);
            continue;
        }
        struct value *item = make_item(running, node, node->field->item, record, &pieces->list[i], &at);
        if (item)
            value_append(list, item);
    }
    return list->count ? list : NULL;
}

/* A document inside a text: its list's items, or itself, are the items. */
static void parse_piece(struct running *running, const struct map_node *node, const struct record *record,
                        struct text text, struct value *list, const struct place *place)
{
    struct record inner;
    struct error error;
    struct record_items items = { 0 }, opened;
    if (record_item_parse(running->arena, node->parse, record->format, text, &inner, &error)) {
        find(running, place, "congkhai/parse", text, error.message);
        return;
    }
    items.count = 1;
    items.items = &inner.root;
    record_items_open(running->arena, &items, &opened);
    for (size_t i = 0; i < opened.count; i++) {
        struct place at = { place, NULL, (long)list->count };
        struct piece piece = { .item = &opened.items[i] };
        struct value *item = NULL;
        if (node->items) {
            item = make_item(running, node, node->field->item, &inner, &piece, &at);
        } else if (record_item_text(&inner, piece.item, running->arena, &piece.text, &error) == STATUS_OK) {
            struct pieces pieces = { 0 };
            take_text(running, node, piece.text, &pieces, true, &at);
            if (pieces.count)
                item = make_item(running, node, node->field->item, &inner, &pieces.list[0], &at);
        } else {
            find(running, &at, "congkhai/text", TEXT_NONE, error.message);
        }
        if (item)
            value_append(list, item);
    }
    /* Texts of an XML document are copied by then: an item's text lives in the arena. */
    record_close(&inner);
}

/* Several values for a field that holds one: texts are joined, so that nothing is lost; of anything else
 * there can only be one, and what the joined text is not, its kind's finding says. */
static struct text join(struct running *running, const struct pieces *pieces, const struct field *field)
{
    if (pieces->count == 1)
        return pieces->list[0].text;
    struct buffer joined = { 0 };
    for (size_t i = 0; i < pieces->count; i++) {
        if (i)
            buffer_string(&joined, field->kind == FIELD_LINES ? "\n" : ", ");
        buffer_text(&joined, pieces->list[i].text);
    }
    struct text text = text_copy(running->arena, buffer_view(&joined));
    buffer_free(&joined);
    return text;
}

static struct value *run_node(struct running *running, const struct map_node *node,
                              const struct record *record, const struct record_item *item,
                              const struct place *place)
{
    struct pieces pieces = { 0 };
    struct record_items items;
    if (!node->from) {
        take_text(running, node, node->constant, &pieces, false, place);
    } else {
        if (!choose_items(running, node, record, item, &items, place))
            return NULL;
        gather(running, node, record, &items, &pieces, place);
    }
    if (!pieces.count)
        return NULL;
    if (node->field->kind == FIELD_LIST)
        return make_list(running, node, record, &pieces, place);
    struct piece piece = pieces.list[0];
    if (!piece.item)
        piece.text = join(running, &pieces, node->field);
    return make_item(running, node, node->field, record, &piece, place);
}

static void absorb_prose(struct running *running, struct value *object)
{
    struct value *text = value_find(object, "text");
    if (text && !text_find(text->text, running->prose, &(size_t){ 0 }))
        text->text = text_format(running->arena, "%s; %s", text_string(running->arena, text->text),
                                 text_string(running->arena, running->prose));
    if (!text)
        insert_sorted(object, "text", value_text(running->arena, running->prose));
    running->prose = TEXT_NONE;
}

static struct value *run_group(struct running *running, const struct map_group *group,
                               const struct record *record, const struct record_item *item,
                               const struct place *place)
{
    struct value *object = value_object(running->arena);
    bool sourced = !group->sourced;
    for (size_t i = 0; i < group->count; i++) {
        const struct map_member *member = &group->members[i];
        struct place at = { place, member->field->name, -1 };
        struct value *value = member->node ? run_node(running, member->node, record, item, &at)
                                           : run_group(running, member->group, record, item, &at);
        if (!value)
            continue;
        value_set(object, member->field->name, value);
        sourced = sourced || !member->node || member->node->from;
    }
    if (running->prose.length && field_find(group->field, TEXT("text"))) {
        absorb_prose(running, object);
        sourced = true;
    }
    return object->count && sourced ? object : NULL;
}

/* Puts a member where the order of names wants it. */
static void insert_sorted(struct value *object, const char *name, struct value *value)
{
    struct value **link = &object->first;
    while (*link && text_compare((*link)->name, text_of(name)) < 0)
        link = &(*link)->next;
    value->name = text_of(name);
    value->next = *link;
    *link = value;
    if (!value->next)
        object->last = value;
    object->count++;
}

static void add_defaults(struct running *running, struct value *procedure)
{
    const struct map_defaults *defaults = &running->map->defaults;
    if (!value_find(procedure, "agency") && (defaults->agency_code.length || defaults->agency_name.length)) {
        struct value *agency = value_object(running->arena);
        if (defaults->agency_code.length)
            value_set(agency, "code", value_text(running->arena, defaults->agency_code));
        if (defaults->agency_name.length)
            value_set(agency, "name", value_text(running->arena, defaults->agency_name));
        insert_sorted(procedure, "agency", agency);
    }
    if (!value_find(procedure, "kind"))
        insert_sorted(procedure, "kind", value_string(running->arena, "public"));
}

void map_run(const struct map *map, struct arena *arena, struct text bytes, struct text context,
             struct map_result *result)
{
    struct running running = { .map = map, .arena = arena, .result = result };
    struct record record;
    struct error error;
    *result = (struct map_result){ 0 };
    if (record_open(arena, &map->source->record, bytes, context, &record, &error)) {
        find(&running, NULL, "congkhai/decode", TEXT_NONE, error.message);
        return;
    }
    result->procedure = run_group(&running, map->root, &record, &record.root, NULL);
    record_close(&record);
    if (running.prose.length)
        find(&running, NULL, "congkhai/number", running.prose,
             _("This is no amount that can be read with certainty"));
    if (!result->procedure)
        result->procedure = value_object(arena);
    add_defaults(&running, result->procedure);
}
