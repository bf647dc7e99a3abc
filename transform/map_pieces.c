#include <string.h>

#include "adapters/unicode.h"
#include "transform/map_inside.h"

bool map_is_nothing(const struct map_node *node, struct text text)
{
    return !text.length || text_among(text, node->nothing, node->nothing_count);
}

/* Of alternatives, one that the expression does not find is nothing, and the next one counts. */
static bool is_none(const struct map_node *node, struct text text)
{
    return map_is_nothing(node, text) || (node->match && !node->split.bytes &&
                                          regex_search(node->match, text, 0, NULL, NULL) == STATUS_END);
}

bool map_choose(struct map_running *running, const struct map_node *node, const struct record *record,
                const struct record_item *from, struct record_items *items, const struct map_place *place)
{
    struct error error;
    bool known = false;
    for (size_t i = 0; i < node->from_count; i++) {
        if (record_select(record, from, node->from[i], running->arena, items, &error)) {
            map_find_error(running, place, "congkhai/address", TEXT_NONE, "address", &error);
            return false;
        }
        known = known || !items->unknown;
        record_items_open(running->arena, items, items);
        /* Without alternatives to turn to, what is nothing is seen when the text is taken. */
        if (node->from_count == 1 && items->count)
            return true;
        size_t kept = 0;
        for (size_t j = 0; j < items->count; j++) {
            struct text text;
            bool plain, structured = items->items[j].value && !value_is_scalar(items->items[j].value);
            if (!structured) {
                struct normalise_counts uncounted = { 0 };
                if (record_item_text(record, &items->items[j], running->arena, &text, &plain, &error) ==
                        STATUS_OK &&
                    (plain ||
                     normalise(running->arena, text, true, &uncounted, &text, &error) == STATUS_OK) &&
                    is_none(node, text))
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
    if (!known && node->from_count) {
        struct text column = record_address_text(node->from[0]);
        map_find(running, place, "congkhai/column", TEXT_NONE, "column.missing", column);
    }
    return false;
}

static void add_piece(struct map_running *running, struct map_pieces *pieces, struct map_piece piece)
{
    if (pieces->count == pieces->capacity) {
        size_t capacity = pieces->capacity * 2 + 8;
        struct map_piece *list = arena_alloc(running->arena, capacity * sizeof *list);
        if (pieces->count)
            memcpy(list, pieces->list, pieces->count * sizeof *list);
        pieces->list = list;
        pieces->capacity = capacity;
    }
    pieces->list[pieces->count++] = piece;
}

/* Each match is a piece. */
static void take_pieces(struct map_running *running, const struct map_node *node, struct text text,
                        struct map_pieces *pieces, const struct map_place *place)
{
    struct regex_match match;
    struct error error;
    enum status status;
    for (size_t at = 0; (status = regex_search(node->match, text, at, &match, &error)) == STATUS_OK;) {
        size_t end = (size_t)(match.whole.bytes - text.bytes) + match.whole.length;
        struct text piece = match.group.bytes ? text_trim(match.group) : TEXT_NONE;
        if (!map_is_nothing(node, piece))
            add_piece(running, pieces, (struct map_piece){ .text = piece });
        /* An empty match must not be found for ever. */
        if (!match.whole.length && end < text.length)
            unicode_next(text, &end);
        else if (!match.whole.length)
            break;
        at = end;
    }
    if (status == STATUS_REJECT)
        map_find_error(running, place, "congkhai/match", text, "match.limit", &error);
}

/* Matched, and not nothing: then it is a piece. */
static void take_normal(struct map_running *running, const struct map_node *node, struct text normal,
                        struct map_pieces *pieces, bool matched, const struct map_place *place)
{
    struct error error;
    struct regex_match match;
    if (map_is_nothing(node, normal))
        return;
    if (node->pieces && !matched) {
        take_pieces(running, node, normal, pieces, place);
        return;
    }
    if (node->match && !matched) {
        enum status status = regex_search(node->match, normal, 0, &match, &error);
        if (status == STATUS_REJECT)
            map_find_error(running, place, "congkhai/match", normal, "match.limit", &error);
        if (status != STATUS_OK || !match.group.bytes)
            return;
        normal = text_trim(match.group);
        if (map_is_nothing(node, normal))
            return;
    }
    if (normal.length)
        add_piece(running, pieces, (struct map_piece){ .text = normal });
}

void map_take_text(struct map_running *running, const struct map_node *node, struct text text,
                   struct map_pieces *pieces, bool matched, const struct map_place *place)
{
    struct error error;
    struct text normal;
    if (normalise(running->arena, text, true, &running->result->repairs, &normal, &error))
        map_find_error(running, place, "congkhai/control", text, "text.control", &error);
    else
        take_normal(running, node, normal, pieces, matched, place);
}

static void split_text(struct map_running *running, const struct map_node *node, struct text text,
                       struct map_pieces *pieces, const struct map_place *place)
{
    struct text rest = text;
    size_t at;
    while (text_find(rest, node->split, &at)) {
        map_take_text(running, node, text_slice(rest, 0, at), pieces, true, place);
        rest = text_slice(rest, at + node->split.length, rest.length);
    }
    map_take_text(running, node, rest, pieces, true, place);
}

void map_gather(struct map_running *running, const struct map_node *node, const struct record *record,
                const struct record_items *items, struct map_pieces *pieces, const struct map_place *place)
{
    bool as_it_stands = (node->items || node->scalar) && !node->match && !node->split.bytes && !node->codes &&
                        node->parse == RECORD_TEXT;
    for (size_t i = 0; i < items->count; i++) {
        struct text text;
        struct error error;
        bool plain;
        const struct record_item *item = &items->items[i];
        if (as_it_stands) {
            add_piece(running, pieces, (struct map_piece){ .item = item });
            continue;
        }
        if (record_item_text(record, item, running->arena, &text, &plain, &error)) {
            map_find_error(running, place, "congkhai/text", TEXT_NONE, "text.unreadable", &error);
            continue;
        }
        if (!node->split.bytes) {
            size_t before = pieces->count;
            if (plain)
                take_normal(running, node, text, pieces, false, place);
            else
                map_take_text(running, node, text, pieces, false, place);
            if (pieces->count > before && item->value && item->value->kind == VALUE_NUMBER && !node->match)
                pieces->list[before].number = true;
            continue;
        }
        if (node->split_raw && !node->match) {
            split_text(running, node, text, pieces, place);
            continue;
        }
        struct map_pieces whole = { 0 };
        map_take_text(running, node, text, &whole, false, place);
        for (size_t j = 0; j < whole.count; j++)
            split_text(running, node, whole.list[j].text, pieces, place);
    }
}

struct text map_join(struct map_running *running, const struct map_pieces *pieces, const struct field *field)
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
