#include "core/reason.h"

#include <string.h>

#include "core/document_kind.h"
#include "core/field_words.h"
#include "core/reason_table.h"

static const struct reason_row *find_row(struct text id)
{
    for (size_t i = 0; id.length && i < reason_row_count; i++)
        if (text_is(id, reason_rows[i].id))
            return &reason_rows[i];
    return NULL;
}

bool reason_known(struct text id)
{
    return find_row(id) != NULL;
}

struct reason reason_copy(struct arena *arena, const struct reason *reason)
{
    const struct reason_row *row = find_row(text_of(reason->id));
    struct reason copy = { .count = reason->count < REASON_VALUES ? reason->count : REASON_VALUES };
    if (reason->id)
        copy.id = row ? row->id : text_string(arena, text_of(reason->id));
    for (size_t i = 0; i < copy.count; i++)
        copy.values[i] = text_copy(arena, reason->values[i]);
    return copy;
}

/* What a template is filled with. */
struct filling {
    struct arena *arena;
    const struct reason *reason;
    struct text field;
    enum language language;
    struct buffer *out;
};

static struct text script_words(struct text name, enum language language)
{
    static const struct words scripts[] = {
        WORDS("La-tinh khác", "Latin"), WORDS("phiên âm", "phonetic"), WORDS("Hy Lạp", "Greek"),
        WORDS("Kirin", "Cyrillic"),     WORDS("Armenia", "Armenian"),  WORDS("Do Thái", "Hebrew"),
        WORDS("Ả Rập", "Arabic"),       WORDS("Thái", "Thai"),         WORDS("Lào", "Lao"),
        WORDS("Gruzia", "Georgian"),    WORDS("chữ Hán", "Han"),       WORDS("toàn độ rộng", "full-width"),
        WORDS("khác", "other"),
    };
    for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++)
        if (text_is(name, scripts[i].in[LANGUAGE_EN]))
            return text_of(scripts[i].in[language]);
    return name;
}

static struct text kind_words(struct text name, enum language language)
{
    for (int kind = 0; kind <= DOCUMENT_OTHER; kind++)
        if (text_is(name, document_kind_text((enum document_kind)kind)))
            return text_of(document_kind_words((enum document_kind)kind)->in[language]);
    return name;
}

static void put_places(const struct filling *filling, struct text places)
{
    for (size_t at = 0; at < places.length;) {
        size_t end = at;
        while (end < places.length && places.bytes[end] != ',')
            end++;
        struct text place = text_trim(text_slice(places, at, end - at));
        buffer_string(filling->out, at ? "; " : "");
        buffer_text(filling->out, field_words_place(filling->arena, place, filling->language));
        at = end + 1;
    }
}

/* A day, or "today", which must not change from night to night and so is kept as a word. */
static struct text day_words(const struct filling *filling, struct text value)
{
    static const struct field day = { .kind = FIELD_DATE };
    if (text_is(value, "today"))
        return filling->language == LANGUAGE_VI ? TEXT("hôm nay") : TEXT("today");
    return field_words_value(filling->arena, &day, value, filling->language);
}

void reason_add_error(struct reason *reason, const struct error *error)
{
    struct error_part parts[ERROR_PARTS];
    size_t count = error_parts(error, parts), room = REASON_VALUES - reason->count - 1, wanted = 0;
    reason->values[reason->count++] = text_of(error->message);
    for (size_t i = 0; i < count; i++)
        wanted += error_id_of(parts[i].format) ? 1 + parts[i].count : room + 1;
    for (size_t i = 0; i < count && wanted <= room; i++) {
        reason->values[reason->count++] = text_of(error_id_of(parts[i].format));
        for (size_t k = 0; k < parts[i].count; k++)
            reason->values[reason->count++] = text_of(parts[i].values[k]);
    }
}

static struct text value_at(const struct filling *filling, char digit)
{
    size_t index = (size_t)(digit - '1');
    return index < filling->reason->count ? filling->reason->values[index] : TEXT_NONE;
}

/* The words of the parts whose names and values stand from `at` on; false: there is none, or not all are known. */
static bool put_parts(const struct filling *filling, size_t at, struct buffer *words)
{
    const struct reason *reason = filling->reason;
    bool first = true;
    for (; at < reason->count; first = false) {
        struct error_part part = { .format =
                                       error_format_of(text_string(filling->arena, reason->values[at++])) };
        size_t count = part.format ? error_format_values(part.format) : 0;
        if (!part.format || at + count > reason->count || count > ERROR_VALUES)
            return false;
        while (part.count < count)
            part.values[part.count++] = text_string(filling->arena, reason->values[at++]);
        if (!first)
            buffer_string(words, ": ");
        error_words(&part, false, words);
    }
    return !first;
}

/* What an error said, in the language spoken now where its names and values stand behind it. */
static void put_said(const struct filling *filling, struct text words, char digit)
{
    BUFFER_OWNED struct buffer anew = { 0 };
    bool known =
        filling->language == language_of_process() && put_parts(filling, (size_t)(digit - '1') + 1, &anew);
    buffer_text(filling->out, known ? buffer_view(&anew) : words);
}

static void put_choices(const struct filling *filling)
{
    const struct field *field = field_words_find(filling->field);
    for (size_t i = 0; field && field->choices && field->choices[i]; i++) {
        buffer_string(filling->out, i ? ", " : "");
        buffer_string(filling->out, field->choice_words[i].in[filling->language]);
    }
}

static void put_value(const struct filling *filling, struct text hole)
{
    struct text value = value_at(filling, hole.bytes[0]),
                how = hole.length > 2 ? text_slice(hole, 2, hole.length) : TEXT_NONE;
    if (text_is(hole, "choices"))
        put_choices(filling);
    else if (text_is(how, "said"))
        put_said(filling, value, hole.bytes[0]);
    else if (text_is(how, "places"))
        put_places(filling, value);
    else if (text_is(how, "place"))
        buffer_text(filling->out, field_words_place(filling->arena, value, filling->language));
    else if (text_is(how, "day"))
        buffer_text(filling->out, day_words(filling, value));
    else if (text_is(how, "choice"))
        buffer_text(filling->out, field_words_value(filling->arena, field_words_find(filling->field), value,
                                                    filling->language));
    else if (text_is(how, "kind"))
        buffer_text(filling->out, kind_words(value, filling->language));
    else if (text_is(how, "script"))
        buffer_text(filling->out, script_words(value, filling->language));
    else
        buffer_text(filling->out, value);
}

/* Is a value inside of the brackets nothing? */
static bool lacks_value(const struct filling *filling, const char *from, const char *to)
{
    for (; from < to; from++)
        if (*from == '{' && from[1] >= '1' && from[1] <= '9' && !value_at(filling, from[1]).length)
            return true;
    return false;
}

static void fill(const struct filling *filling, const char *template)
{
    for (const char *at = template; *at; at++) {
        const char *close = NULL;
        if (*at == '[' && (close = strchr(at, ']')) != NULL && lacks_value(filling, at, close)) {
            at = close;
        } else if (*at == '{' && (close = strchr(at, '}')) != NULL) {
            put_value(filling, (struct text){ at + 1, (size_t)(close - at - 1) });
            at = close;
        } else if (*at != '[' && *at != ']') {
            size_t length = 1 + strcspn(at + 1, "[]{");
            buffer_put(filling->out, at, length);
            at += length - 1;
        }
    }
}

struct text reason_words(struct arena *arena, const struct reason *reason, struct text field,
                         enum reason_voice voice, enum language language)
{
    const struct reason_row *row = find_row(text_of(reason->id));
    const char *template = row ? row->voices[voice].in[language] : NULL;
    BUFFER_OWNED struct buffer out = { 0 };
    struct filling filling = { arena, reason, field, language, &out };
    if (!template)
        return TEXT_NONE;
    fill(&filling, template);
    return text_copy(arena, buffer_view(&out));
}
