#include <stdio.h>
#include <string.h>

#include "core/count.h"
#include "core/date.h"
#include "core/decimal.h"
#include "core/duration.h"
#include "core/money.h"
#include "core/vietnamese.h"
#include "transform/map_inside.h"

static struct value *convert_date(struct map_running *running, const struct map_node *node, struct text text,
                                  const struct map_place *place)
{
    struct date date;
    bool fits = ((!node->date_count || running->table) && date_read(text, &date)) ||
                (running->table && date_read_moment(text, &date));
    for (size_t i = 0; !fits && i < node->date_count; i++)
        fits = date_parse(text, node->dates[i], &date);
    if (!fits) {
        map_find(running, place, "congkhai/date", text, "date.form");
        return NULL;
    }
    char *canonical = arena_alloc(running->arena, DATE_TEXT);
    date_write(date, canonical);
    return value_string(running->arena, canonical);
}

static struct value *convert_choice(struct map_running *running, const struct field *field, struct text text,
                                    const struct map_place *place)
{
    for (size_t i = 0; field->choices[i]; i++)
        if (text_is(text, field->choices[i]))
            return value_text(running->arena, text);
    /* Who is told what can be chosen writes the words that he was told. */
    for (size_t i = 0; field->choice_words && field->choices[i]; i++)
        for (int language = 0; language < LANGUAGES; language++)
            if (vietnamese_is(text, field->choice_words[i].in[language]))
                return value_string(running->arena, field->choices[i]);
    map_find(running, place, "congkhai/choice", text, "choice");
    return NULL;
}

enum number { NO_NUMBER, NUMBER_READ, NUMBER_UNCLEAR };

/* A number of the source's own is that number. Where a person typed it into a cell, 1.515 may have been meant for thousands:
 * what reads otherwise as people write it is nobody's to guess. */
static enum number take_number(const struct map_running *running, struct text text, struct text *plain)
{
    struct text written;
    if (!running->number || !decimal_from_number(running->arena, text, plain))
        return NO_NUMBER;
    bool otherwise = running->typed && decimal_read(running->arena, text, &written) == DECIMAL_READ &&
                     !text_equal(written, *plain);
    return otherwise ? NUMBER_UNCLEAR : NUMBER_READ;
}

/* "02 bản", as people write it and as a workbook's format shows a 2: what is counted says nothing more. */
static struct text without_counted(struct text text)
{
    static const char *const counted[] = { "bản", "bản chính", "bản sao", "bản gốc", "bộ" };
    size_t digits = 0;
    while (digits < text.length && text.bytes[digits] >= '0' && text.bytes[digits] <= '9')
        digits++;
    for (size_t i = 0; digits && i < COUNT(counted); i++)
        if (vietnamese_is(text_trim(text_slice(text, digits, text.length)), counted[i]))
            return text_slice(text, 0, digits);
    return text;
}

static struct value *convert_integer(struct map_running *running, struct text text,
                                     const struct map_place *place)
{
    size_t start = 0;
    struct text plain; /* 2.0 and 2e0 are how some programs write 2 */
    enum number number = take_number(running, text, &plain);
    if (number == NUMBER_UNCLEAR) {
        map_find(running, place, "congkhai/number", text, "number.unclear");
        return NULL;
    }
    text = number ? plain : without_counted(text);
    while (start + 1 < text.length && text.bytes[start] == '0')
        start++;
    for (size_t i = 0; i < text.length; i++)
        if (text.bytes[i] < '0' || text.bytes[i] > '9' || text.length - start > 9) {
            map_find(running, place, "congkhai/number", text, "number.whole");
            return NULL;
        }
    return value_number(running->arena, text_slice(text, start, text.length));
}

/* No duration: STATUS_END says that it is prose, anything else that it can be read in two ways. */
static struct value *convert_untimed(struct map_running *running, struct text text, enum status status,
                                     const struct map_place *place)
{
    if (status == STATUS_END)
        map_add_prose(running, text);
    else
        map_find(running, place, "congkhai/number", text, "duration.unclear");
    return NULL;
}

/* Where a duration's amount is expected, "5 ngày làm việc" is one, with its unit. */
static struct value *convert_timed(struct map_running *running, struct text text,
                                   const struct map_place *place)
{
    struct duration span;
    struct error error;
    enum status status = duration_read(running->arena, text, &span, &error);
    if (status)
        return convert_untimed(running, text, status, place);
    running->timed = text;
    running->span = span;
    return value_text(running->arena, span.amount);
}

/* An amount that is prose stays prose; one that can be read in two ways is nobody's to guess. */
static struct value *convert_decimal(struct map_running *running, struct text text,
                                     const struct map_place *place)
{
    struct money money;
    struct error error;
    struct text plain;
    enum number number = take_number(running, text, &plain);
    if (number == NUMBER_READ)
        return value_text(running->arena, plain);
    switch (number ? STATUS_REJECT : money_read(running->arena, text, &money, &error)) {
    case STATUS_OK:
        if (decimal_read(running->arena, text, &plain) != DECIMAL_READ) {
            running->priced = text;
            running->price = money;
        }
        return value_text(running->arena, money.amount);
    case STATUS_END:
        if (running->around && field_find(running->around, TEXT("unit")))
            return convert_timed(running, text, place);
        map_add_prose(running, text);
        return NULL;
    default:
        map_find(running, place, "congkhai/number", text, "number.unclear");
        return NULL;
    }
}

struct value *map_convert(struct map_running *running, const struct map_node *node, const struct field *field,
                          struct text text, const struct map_place *place)
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
static struct value *bare_duration(struct map_running *running, struct text text,
                                   const struct map_place *place)
{
    struct duration duration;
    struct error error;
    enum status status = duration_read(running->arena, text, &duration, &error);
    if (status)
        return convert_untimed(running, text, status, place);
    struct value *object = value_object(running->arena);
    value_set(object, "amount", value_text(running->arena, duration.amount));
    value_set(object, "unit", value_string(running->arena, duration_unit_name(duration.unit)));
    return object;
}

/* "50.000 đồng", or a number: amount and currency; prose stays the fee's text. */
static struct value *bare_fee(struct map_running *running, struct text text, const struct map_place *place)
{
    struct money money = { 0 };
    struct error error;
    struct value *object = value_object(running->arena);
    enum number number = take_number(running, text, &money.amount);
    if (number == NUMBER_UNCLEAR) {
        map_find(running, place, "congkhai/number", text, "number.unclear");
        return NULL;
    }
    bool read = number || money_read(running->arena, text, &money, &error) == STATUS_OK;
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

struct value *map_convert_group(struct map_running *running, const struct map_node *node,
                                const struct field *group, struct text text, const struct code *code,
                                const struct map_place *place)
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
        return bare_fee(running, text, place);
    const struct field *main = field_find(group, text_of(group->main));
    struct value *value = map_convert(running, node, main, code ? code->to : text, place);
    return value ? (value_set(object, main->name, value), object) : NULL;
}
