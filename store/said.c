#include "store/said.h"

#include "adapters/json.h"
#include "core/error_value.h"

#define WORDS_MAX 2000

struct said said_of(const struct error *why)
{
    return (struct said){ text_of(why->message), why };
}

struct text said_bounded(struct text words)
{
    return text_slice(words, 0, text_cut(words, WORDS_MAX));
}

void said_put(struct arena *arena, struct value *detail, const struct said *said)
{
    if (!said->words.bytes)
        return;
    struct value *made = said->why ? error_value(arena, said->why) : NULL;
    made = made ? made : value_object(arena);
    value_set(made, "by", value_string(arena, said->why ? "program" : "portal"));
    value_set(detail, "said", made);
    value_set(detail, "words", value_text(arena, said_bounded(said->words)));
}

struct text said_now(struct arena *arena, struct text words, struct text said)
{
    struct value *made;
    struct error ignored;
    if (!words.length || !said.length || json_parse(arena, said, &made, &ignored))
        return words;
    if (made->kind == VALUE_OBJECT && text_is(value_text_of(made, "by"), "portal"))
        return text_format(arena, _("the portal says: " TEXT_PRINT), TEXT_ARG(words));
    struct text told = error_value_words(arena, made);
    return told.bytes ? told : words;
}
