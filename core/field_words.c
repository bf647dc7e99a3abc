#include "core/field_words.h"

#include <stdio.h>
#include <string.h>

#include "core/date.h"

/* One step of a place: "legal_bases[1]". */
struct step {
    struct text name;
    bool list;   /* it has brackets */
    long number; /* from 0; -1: none is named */
    size_t end;  /* where the step ends in the place */
};

#define NUMBER_MAX 100000000

static bool read_number(struct text digits, long *number)
{
    *number = digits.length ? 0 : -1;
    for (size_t i = 0; i < digits.length; i++) {
        if (digits.bytes[i] < '0' || digits.bytes[i] > '9' || *number > NUMBER_MAX)
            return false;
        *number = *number * 10 + (digits.bytes[i] - '0');
    }
    return true;
}

static bool read_step(struct text place, size_t at, struct step *step)
{
    size_t open = at;
    *step = (struct step){ .number = -1 };
    while (open < place.length && place.bytes[open] != '.' && place.bytes[open] != '[')
        open++;
    step->name = text_slice(place, at, open - at);
    step->end = open;
    if (open == place.length || place.bytes[open] == '.')
        return step->name.length > 0;
    size_t close = open;
    while (close < place.length && place.bytes[close] != ']')
        close++;
    step->list = true;
    step->end = close + 1;
    return close < place.length && (step->end == place.length || place.bytes[step->end] == '.') &&
           read_number(text_slice(place, open + 1, close - open - 1), &step->number);
}

/* The field that a step leads to, and what the next step is in. */
static const struct field *follow(const struct field *group, const struct step *step,
                                  const struct field **inside)
{
    const struct field *field = group && group->kind == FIELD_GROUP ? field_find(group, step->name) : NULL;
    if (!field || (step->list && field->kind != FIELD_LIST))
        return NULL;
    *inside = step->list ? field->item : field;
    return field;
}

static void say(struct buffer *out, const struct field *field, const struct step *step,
                enum language language)
{
    const char *one = step->list ? field->one.in[language] : NULL;
    buffer_string(out, one ? one : field->words.in[language]);
    if (step->number >= 0)
        buffer_printf(out, language == LANGUAGE_VI ? " thứ %ld" : " %ld", step->number + 1);
}

struct text field_words_place(struct arena *arena, struct text place, enum language language)
{
    BUFFER_OWNED struct buffer out = { 0 };
    const struct field *inside = &procedure_root;
    for (size_t at = 0; at < place.length;) {
        struct step step;
        const struct field *field = read_step(place, at, &step) ? follow(inside, &step, &inside) : NULL;
        if (out.length)
            buffer_string(&out, ", ");
        if (!field) {
            buffer_text(&out, text_slice(place, at, place.length - at));
            break;
        }
        say(&out, field, &step, language);
        at = step.end + 1;
    }
    return text_copy(arena, out.length ? buffer_view(&out) : TEXT(""));
}

const struct field *field_words_find(struct text place)
{
    const struct field *inside = &procedure_root;
    for (size_t at = 0; at < place.length;) {
        struct step step;
        if (!read_step(place, at, &step) || !follow(inside, &step, &inside))
            return NULL;
        at = step.end + 1;
    }
    return place.length ? inside : NULL;
}

static struct text day_words(struct arena *arena, struct date date)
{
    return text_format(arena, "%02d/%02d/%04d", date.day, date.month, date.year);
}

struct text field_words_value(struct arena *arena, const struct field *field, struct text value,
                              enum language language)
{
    struct date date;
    if (field && field->kind == FIELD_CHOICE)
        for (size_t i = 0; field->choices[i]; i++)
            if (text_is(value, field->choices[i]))
                return text_of(field->choice_words[i].in[language]);
    if (field && field->kind == FIELD_DATE && language == LANGUAGE_VI && date_read(value, &date))
        return day_words(arena, date);
    return value;
}
