#include "transform/map.h"

#include <string.h>

#include <ctype.h>
#include <stdio.h>

#include "core/count.h"
#include "core/field_words.h"
#include "core/vietnamese.h"
#include "transform/map_inside.h"

static size_t write_place(const struct map_place *place, char *out, size_t size)
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

static void find_as(struct map_running *running, bool is_error, const struct map_place *place,
                    const char *rule, struct text value, const struct reason *reason)
{
    char where[256] = "";
    if (place)
        write_place(place, where, sizeof where);
    finding_add(running->arena, &running->result->findings, is_error, text_of(rule), place ? where : NULL,
                value, reason);
}

void map_find_reason(struct map_running *running, const struct map_place *place, const char *rule,
                     struct text value, const struct reason *reason)
{
    find_as(running, true, place, rule, value, reason);
}

void map_find_error(struct map_running *running, const struct map_place *place, const char *rule,
                    struct text value, const char *reason, const struct error *error)
{
    struct reason why = { .id = reason };
    reason_add_error(&why, error);
    map_find_reason(running, place, rule, value, &why);
}

/* The entry of the text in the node's list. False: there is nothing to take; what the list lacks is told, or
 * kept. */
static bool find_code(struct map_running *running, const struct map_node *node, struct text text,
                      const struct code **code, const struct map_place *place)
{
    *code = codes_lookup(node->codes, running->arena, text);
    if (*code && !(*code)->to.length)
        running->unplaced = text;
    if (*code)
        return (*code)->to.length > 0;
    /* What is to be kept as it stands is a rule's to judge. */
    if (node->keep_unknown)
        return true;
    struct reason reason =
        REASON("code.unknown", text_of(node->codes->name), text_of(node->codes->path), TEXT_NONE);
    map_find_reason(running, place, "congkhai/codes", text, &reason);
    return false;
}

static struct value *run_group(struct map_running *running, const struct map_group *group,
                               const struct record *record, const struct record_item *item,
                               const struct map_place *place);
static struct value *run_node(struct map_running *running, const struct map_node *node,
                              const struct record *record, const struct record_item *item,
                              const struct map_place *place);

/* One item of the target: from a text or from an item of the source. */
static struct value *make_item(struct map_running *running, const struct map_node *node,
                               const struct field *target, const struct record *record,
                               const struct map_piece *piece, const struct map_place *place)
{
    static const struct record_format text_format_ = { .shape = RECORD_TEXT };
    const struct code *code = NULL;
    struct text text = piece->text;
    running->number = piece->number;
    if (piece->item)
        return node->scalar ? run_node(running, node->scalar, record, piece->item, place)
                            : run_group(running, node->items, record, piece->item, place);
    if (node->codes && !find_code(running, node, text, &code, place))
        return NULL;
    if (node->items) {
        struct record item = { .format = &text_format_, .root.text = code ? code->to : text };
        return run_group(running, node->items, &item, &item.root, place);
    }
    if (target->kind == FIELD_GROUP)
        return map_convert_group(running, node, target, text, code, place);
    return map_convert(running, node, target, code ? code->to : text, place);
}

/* Is one of the addresses the item itself? */
static bool takes_text(const struct map_node *node)
{
    for (size_t i = 0; i < node->from_count; i++) {
        struct text address = record_address_text(node->from[i]);
        if (!address.length || text_is(address, "."))
            return true;
    }
    return false;
}

static bool takes_texts(const struct map_group *group)
{
    for (size_t i = 0; i < group->count; i++) {
        const struct map_member *member = &group->members[i];
        if (!member->outer && (member->node ? takes_text(member->node) : takes_texts(member->group)))
            return true;
    }
    return false;
}

/* A text where the map expects an object: the addresses (of `group`, or NULL: of the node's one) find nothing in it, and it would
 * be gone without a word. */
static bool tell_lost(struct map_running *running, const struct map_node *node, const struct map_group *group,
                      const struct record_item *item, const struct map_place *place)
{
    const struct value *value = item ? item->value : NULL;
    if (!value || (!group && !node->scalar) || (value->kind != VALUE_TEXT && value->kind != VALUE_NUMBER))
        return false;
    struct text text = text_trim(value->text);
    if (!text.length || map_is_nothing(node, text) || (group ? takes_texts(group) : takes_text(node->scalar)))
        return false;
    struct reason reason = REASON("item.lost", TEXT_NONE);
    find_as(running, false, place, "congkhai/item", text, &reason);
    return true;
}

static void parse_piece(struct map_running *running, const struct map_node *node, const struct record *record,
                        struct text text, struct value *list, const struct map_place *place, bool *told);

static void insert_sorted(struct value *object, const char *name, struct value *value);

/* The items of an inner list, each with the outer item's fields; without one, these alone. *told: what was lost of the list was
 * told. */
static void flatten(struct map_running *running, const struct map_node *node, const struct record *record,
                    const struct record_item *outer, struct value *list, const struct map_place *place,
                    bool *told)
{
    const struct map_group *group = node->items;
    struct record_items items, opened;
    struct error error;
    size_t first = list->count;
    struct map_place at = { place, NULL, (long)first };
    if (record_select(record, outer, group->each, running->arena, &items, &error)) {
        map_find_error(running, &at, "congkhai/address", TEXT_NONE, "address", &error);
        return;
    }
    record_items_open(running->arena, &items, &opened);
    if (opened.count)
        running->result->gave[group->each_number] = '1';
    const struct record_item *around = running->outer;
    bool gave = running->gave;
    for (size_t i = 0; i < opened.count; i++) {
        at.index = (long)(first + i);
        running->outer = outer;
        running->gave = !group->inner->sourced;
        struct value *item = run_group(running, group->inner, record, &opened.items[i], &at);
        if (item && running->gave)
            value_append(list, item);
        else
            *told = *told || tell_lost(running, node, group->inner, &opened.items[i], &at);
    }
    running->outer = around;
    running->gave = gave;
    struct value *alone = opened.count ? NULL : run_group(running, group, record, outer, &at);
    if (alone)
        value_append(list, alone);
}

static struct value *make_list(struct map_running *running, const struct map_node *node,
                               const struct record *record, const struct map_pieces *pieces,
                               const struct map_place *place)
{
    struct value *list = value_list(running->arena);
    bool told = false;
    for (size_t i = 0; i < pieces->count; i++) {
        const struct map_piece *piece = &pieces->list[i];
        struct map_place at = { place, NULL, (long)i }; /* what an official counts, dropped items too */
        struct value *item = NULL;
        size_t before = list->count;
        if (node->parse != RECORD_TEXT)
            parse_piece(running, node, record, piece->text, list, place, &told);
        else if (node->items && node->items->inner && piece->item)
            flatten(running, node, record, piece->item, list, place, &told);
        else
            item = make_item(running, node, node->field->item, record, piece, &at);
        if (item)
            value_append(list, item);
        if (list->count == before)
            told = told || tell_lost(running, node, node->items, piece->item, &at);
    }
    return list->count ? list : NULL;
}

/* What the address names, or the constant; nothing when no choice fits. */
static void take_pieces(struct map_running *running, const struct map_node *node, const struct record *record,
                        const struct record_item *item, struct map_pieces *pieces,
                        const struct map_place *place)
{
    struct record_items items;
    if (!node->from)
        map_take_text(running, node, node->constant, pieces, false, place);
    else if (map_choose(running, node, record, item, &items, place)) {
        size_t before = pieces->count;
        map_gather(running, node, record, &items, pieces, place);
        if (pieces->count > before)
            running->result->gave[node->number] = '1';
    }
}

/* Texts for a list of texts: everything that the address names. */
static void add_scalars(struct map_running *running, const struct map_node *node, const struct record *record,
                        const struct record_item *item, struct value *list, const struct map_place *place)
{
    struct map_pieces pieces = { 0 };
    size_t first = list->count;
    take_pieces(running, node, record, item, &pieces, place);
    for (size_t i = 0; i < pieces.count; i++) {
        struct map_place at = { place, NULL, (long)(first + i) };
        struct value *made = make_item(running, node, node->field, record, &pieces.list[i], &at);
        if (made)
            value_append(list, made);
    }
}

/* A document inside a text: its list's items, or itself, are the items. */
static void parse_piece(struct map_running *running, const struct map_node *node, const struct record *record,
                        struct text text, struct value *list, const struct map_place *place, bool *told)
{
    struct record inner;
    struct error error;
    struct record_items items = { 0 }, opened;
    if (record_item_parse(running->arena, node->parse, record->format, text, &inner, &error)) {
        map_find_error(running, place, "congkhai/parse", text, "record.inner-unreadable", &error);
        return;
    }
    size_t first = list->count;
    items.count = 1;
    items.items = &inner.root;
    record_items_open(running->arena, &items, &opened);
    for (size_t i = 0; i < opened.count; i++) {
        struct map_place at = { place, NULL, (long)(first + i) };
        struct map_piece piece = { .item = &opened.items[i] };
        struct value *item = NULL;
        size_t before = list->count;
        if (node->items && node->items->inner) {
            flatten(running, node, &inner, piece.item, list, place, told);
        } else if (node->items) {
            item = make_item(running, node, node->field->item, &inner, &piece, &at);
        } else if (node->scalar) {
            add_scalars(running, node->scalar, &inner, piece.item, list, place);
        } else if (record_item_text(&inner, piece.item, running->arena, &piece.text, NULL, &error) ==
                   STATUS_OK) {
            struct map_pieces pieces = { 0 };
            map_take_text(running, node, piece.text, &pieces, true, &at);
            if (pieces.count)
                item = make_item(running, node, node->field->item, &inner, &pieces.list[0], &at);
        } else {
            map_find_error(running, &at, "congkhai/text", TEXT_NONE, "text.unreadable", &error);
        }
        if (item)
            value_append(list, item);
        if (list->count == before)
            *told = *told || tell_lost(running, node, node->items, piece.item, &at);
    }
    /* Texts of an XML document are copied by then: an item's text lives in the arena. */
    record_close(&inner);
}

/* One value out of a document inside a text. */
static struct value *run_inside(struct map_running *running, const struct map_node *node,
                                const struct record *record, struct text text, const struct map_place *place)
{
    struct record inner;
    struct error error;
    if (record_item_parse(running->arena, node->parse, record->format, text, &inner, &error)) {
        map_find_error(running, place, "congkhai/parse", text, "record.inner-unreadable", &error);
        return NULL;
    }
    struct value *value = run_node(running, node->scalar, &inner, &inner.root, place);
    record_close(&inner);
    return value;
}

static struct value *run_node(struct map_running *running, const struct map_node *node,
                              const struct record *record, const struct record_item *item,
                              const struct map_place *place)
{
    struct map_pieces pieces = { 0 };
    take_pieces(running, node, record, item, &pieces, place);
    if (!pieces.count)
        return NULL;
    if (node->field->kind == FIELD_LIST)
        return make_list(running, node, record, &pieces, place);
    struct map_piece piece = pieces.list[0];
    if (!piece.item)
        piece.text = map_join(running, &pieces, node->field);
    if (node->scalar && node->parse != RECORD_TEXT)
        return run_inside(running, node, record, piece.text, place);
    struct value *value = make_item(running, node, node->field, record, &piece, place);
    if (!value)
        (void)tell_lost(running, node, node->items, piece.item, place);
    return value;
}

struct findings map_try_constant(const struct map *map, const struct map_node *node, struct arena *arena,
                                 bool *nothing)
{
    static const struct record_format format = { .shape = RECORD_TEXT };
    struct record record = { .format = &format };
    struct map_result result = { 0 };
    struct map_running running = { .map = map, .arena = arena, .result = &result };
    struct map_place place = { NULL, node->field->name, -1 };
    *nothing = !run_node(&running, node, &record, &record.root, &place) && !running.prose.length;
    return result.findings;
}

static void absorb_prose(struct map_running *running, struct value *object)
{
    struct value *text = value_find(object, "text");
    if (text && !text_find(text->text, running->prose, &(size_t){ 0 }))
        text->text = text_format(running->arena, "%s; %s", text_string(running->arena, text->text),
                                 text_string(running->arena, running->prose));
    if (!text)
        insert_sorted(object, "text", value_text(running->arena, running->prose));
    running->prose = TEXT_NONE;
}

void map_add_prose(struct map_running *running, struct text text)
{
    running->prose = running->prose.length ? text_format(running->arena, TEXT_PRINT "; " TEXT_PRINT,
                                                         TEXT_ARG(running->prose), TEXT_ARG(text))
                                           : text;
}

/* Money fills what is said of it beside the amount, or contradicts it; where no money can stand, it is no amount. */
static void absorb_price(struct map_running *running, const struct map_group *group, struct value *object,
                         const struct map_place *place)
{
    const struct money *price = &running->price;
    struct map_place at = { place, "amount", -1 };
    struct text currency = value_text_of(object, "currency"), known = money_currency(currency),
                whole = running->priced;
    running->priced = TEXT_NONE;
    if (!field_find(group->field, TEXT("currency"))) {
        map_find(running, &at, "congkhai/number", whole, "number.unclear");
        return;
    }
    if (known.length && price->currency.length && !text_equal(known, price->currency))
        map_find(running, &at, "congkhai/number", whole, "money.currency", currency);
    if (!currency.length && price->currency.length)
        insert_sorted(object, "currency", value_text(running->arena, price->currency));
    const char *kind = price->kind == MONEY_FEE ? "fee" : "charge";
    if (price->kind != MONEY_UNKNOWN && !value_find(object, "kind"))
        insert_sorted(object, "kind", value_string(running->arena, kind));
    /* "Phí" is said of both; what says otherwise than the kind beside it stays to be read. */
    bool otherwise = price->kind != MONEY_UNKNOWN && !text_is(value_text_of(object, "kind"), kind);
    if (price->per.length || otherwise)
        map_add_prose(running, whole);
}

/* Does it end in a number that wants a unit: "5-7", "không quá 05 (năm)"? The 8 of "khoản 2 Điều 8", the 63 of "Nghị định 63" and
 * the day 01/7/2026 do not: what stands in front has to say that it is how long something takes. */
static bool ends_in_number(struct text text)
{
    static const char *const limits[] = { "quá", "đa",  "trong", "vòng", "hạn", "nhất",  "khoảng", "từ",
                                          "đến", "tới", "hoặc",  "dưới", "hơn", "thiểu", "là" };
    size_t open, end, start;
    if (text_ends(text, TEXT(")")) && text_find(text, TEXT("("), &open))
        text = text_trim(text_slice(text, 0, open));
    for (end = text.length; end && strchr("0123456789.,", text.bytes[end - 1]); end--)
        ;
    if (end == text.length || text.length - end > 4 || !isdigit((unsigned char)text.bytes[text.length - 1]))
        return false;
    text = text_trim(text_slice(text, 0, end));
    if (!text.length || text_ends(text, TEXT("-")) || text_ends(text, TEXT("–")) ||
        text_ends(text, TEXT(":")))
        return true;
    for (start = text.length; start && text.bytes[start - 1] != ' '; start--)
        ;
    for (size_t i = 0; i < COUNT(limits); i++)
        if (vietnamese_is(text_slice(text, start, text.length), limits[i]))
            return true;
    return false;
}

/* The unit beside words goes with them: alone it says nothing, and "5-7" without it nothing either. */
static void absorb_unit(struct map_running *running, struct value *object, const struct field *field,
                        const char *other)
{
    struct text unit = value_text_of(object, "unit");
    if (unit.length)
        other = text_string(running->arena, field_words_value(running->arena, field, unit, LANGUAGE_VI));
    if (other && ends_in_number(running->prose))
        running->prose = text_format(running->arena, TEXT_PRINT " %s", TEXT_ARG(running->prose), other);
}

/* A unit that came with the amount fills the one beside it, or contradicts it. False: it is prose, amount and unit: words, or
 * what the source counts in (minutes) no duration has, where a number alone would be read as anything. */
static bool absorb_duration(struct map_running *running, const struct map_group *group, struct value *object,
                            const struct map_place *place)
{
    struct map_place at = { place, "unit", -1 };
    struct text whole = running->timed, unplaced = running->unplaced, unit = value_text_of(object, "unit"),
                amount = value_text_of(object, "amount");
    running->timed = running->unplaced = TEXT_NONE;
    const char *name = duration_unit_name(running->span.unit);
    if (whole.length && unit.length && !text_is(unit, name))
        map_find(running, &at, "congkhai/number", unit, "duration.unit", whole);
    if (whole.length && !unit.length)
        insert_sorted(object, "unit", value_string(running->arena, name));
    const char *other = whole.length || unit.length ? NULL : duration_other_unit(unplaced);
    if (!amount.length && running->prose.length) {
        absorb_unit(running, object, field_find(group->field, TEXT("unit")), other);
        return false;
    }
    if (!amount.length || !other)
        return true;
    map_add_prose(running, text_format(running->arena, TEXT_PRINT " %s", TEXT_ARG(amount), other));
    return false;
}

/* What the outer item says is nothing of the inner one's own; where both fill a field, the outer one's is the second of two
 * alternatives. */
static struct value *run_member(struct map_running *running, const struct map_member *member,
                                const struct record *record, const struct record_item *item,
                                const struct map_place *place, bool *sourced)
{
    const struct map_node *node = member->node, *otherwise = member->otherwise;
    size_t prose = running->prose.length;
    struct value *value = run_node(running, node, record, member->outer ? running->outer : item, place);
    bool gave = value || running->prose.length > prose;
    running->gave = running->gave || (!member->outer && node->from && gave);
    if (otherwise && !gave) {
        node = otherwise;
        value = run_node(running, node, record, running->outer, place);
    } else if (otherwise && otherwise->from) {
        running->result->gave[otherwise->number] = '1';
    }
    *sourced = *sourced || (value && node->from);
    return value;
}

static struct value *run_group(struct map_running *running, const struct map_group *group,
                               const struct record *record, const struct record_item *item,
                               const struct map_place *place)
{
    struct value *object = value_object(running->arena);
    bool sourced = !group->sourced, whole = true;
    struct text outer = running->prose;
    const struct field *around = running->around;
    running->prose = running->unplaced = TEXT_NONE;
    running->around = group->field;
    for (size_t i = 0; i < group->count; i++) {
        const struct map_member *member = &group->members[i];
        struct map_place at = { place, member->field->name, -1 };
        struct value *value = member->node ? run_member(running, member, record, item, &at, &sourced)
                                           : run_group(running, member->group, record, item, &at);
        if (!value)
            continue;
        value_set(object, member->field->name, value);
        sourced = sourced || !member->node;
    }
    running->around = around;
    if (running->priced.length)
        absorb_price(running, group, object, place);
    if (field_find(group->field, TEXT("unit")))
        whole = absorb_duration(running, group, object, place);
    if (running->prose.length && field_find(group->field, TEXT("text"))) {
        absorb_prose(running, object);
        sourced = true;
    }
    struct text own = running->prose;
    running->prose = outer;
    if (own.length)
        map_add_prose(running, own);
    return object->count && sourced && whole ? object : NULL;
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

static void add_defaults(struct map_running *running, struct value *procedure)
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

/* The highest level among the services; NULL where it is not known: one without a level may be full. */
static const char *highest_service(const struct value *services)
{
    bool known = true;
    for (const struct value *service = services->first; service; service = service->next) {
        struct text level = value_text_of(service, "level");
        if (text_is(level, "full"))
            return "full";
        known = known && level.length;
    }
    return known ? "partial" : NULL;
}

/* The list is what was seen, one service after the other; a level stated beside it is a summary of it. */
static void derive_online_service(struct map_running *running, struct value *procedure)
{
    const struct value *services = value_find(procedure, "services");
    const char *highest = services ? highest_service(services) : NULL;
    struct value *stated = value_find(procedure, "online_service");
    if (!highest || (stated && text_is(stated->text, highest)))
        return;
    if (!stated) {
        insert_sorted(procedure, "online_service", value_string(running->arena, highest));
        return;
    }
    struct reason reason = REASON("online-service", stated->text, text_of(highest), TEXT_NONE);
    finding_add(running->arena, &running->result->findings, false, TEXT("congkhai/online-service"),
                "online_service", stated->text, &reason);
    stated->text = text_of(highest);
}

const struct text *map_addresses(const struct map *map, size_t *count)
{
    *count = map->numbered_count;
    return map->numbered;
}

#define DEPARTMENT_MAX 1000 /* bytes: more is no name */

/* What is wrong with it is no fault of the procedure: it is no part of the content. */
static struct text read_department(const struct map *map, struct arena *arena, const struct record *record)
{
    static const struct map_place place = { NULL, "department", -1 };
    struct map_result result = { .gave = arena_alloc(arena, map->department_room + 1) };
    struct map_running running = { .map = map, .arena = arena, .result = &result };
    running.table = map->source->record.shape == RECORD_TABLE;
    const struct value *name =
        map->department_from ? run_node(&running, map->department_from, record, &record->root, &place) : NULL;
    return name && name->text.length <= DEPARTMENT_MAX ? name->text : TEXT_NONE;
}

struct text map_department(const struct map *map, struct arena *arena, struct text bytes, struct text context)
{
    struct record record;
    struct error error;
    if (!map->department_from || record_open(arena, &map->source->record, bytes, context, &record, &error))
        return map->department;
    struct text department = read_department(map, arena, &record);
    record_close(&record);
    return department;
}

/* A withdrawal sends the code and the decision alone: what else of an abolished record cannot be read keeps no abolition
 * back, it is only told. */
static void spare_abolition(const struct value *procedure, struct findings *findings)
{
    static const char *const rules[] = { "congkhai/date", "congkhai/number", "congkhai/choice",
                                         "congkhai/codes" };
    static const char *const needed[] = { "code", "status", "kind", "decision", "agency", "name" };
    if (!text_is(value_text_of(procedure, "status"), "abolished"))
        return;
    for (struct finding *finding = findings->first; finding; finding = finding->next) {
        bool unread = false, sent = false;
        for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
            unread = unread || text_is(finding->rule, rules[i]);
        for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
            sent = sent || text_starts(finding->field, text_of(needed[i]));
        if (!finding->is_error || !unread || sent || !finding->field.length)
            continue;
        finding->is_error = false;
        findings->errors--;
        findings->warnings++;
    }
}

void map_run(const struct map *map, struct arena *arena, struct text bytes, struct text context,
             struct map_result *result)
{
    struct map_running running = { .map = map, .arena = arena, .result = result };
    running.table = map->source->record.shape == RECORD_TABLE;
    running.typed = map->source->format == SOURCE_XLSX;
    struct record record;
    struct error error;
    *result = (struct map_result){ .gave = arena_alloc(arena, map->numbered_count + 1),
                                   .department = map->department };
    memset(result->gave, '0', map->numbered_count);
    result->gave[map->numbered_count] = 0;
    if (record_open(arena, &map->source->record, bytes, context, &record, &error)) {
        map_find_error(&running, NULL, "congkhai/decode", TEXT_NONE, "record.unreadable", &error);
        return;
    }
    result->procedure = run_group(&running, map->root, &record, &record.root, NULL);
    if (map->department_from)
        result->department = read_department(map, arena, &record);
    record_close(&record);
    if (running.prose.length)
        map_find(&running, NULL, "congkhai/number", running.prose, "number.prose");
    if (!result->procedure)
        result->procedure = value_object(arena);
    add_defaults(&running, result->procedure);
    derive_online_service(&running, result->procedure);
    spare_abolition(result->procedure, &result->findings);
}
