#include "core/finding_words.h"

#include <string.h>

#include "core/field_words.h"

void finding_rules_add(struct finding_rules *rules, const struct value *tree)
{
    if (tree && rules->count < FINDING_RULES)
        rules->trees[rules->count++] = tree;
}

/* The rule of that id in a file of rules, or in a list of such files. */
static const struct value *find_rule(const struct value *tree, struct text id)
{
    const struct value *list = value_find(tree, "rules"), *found = NULL;
    for (const struct value *item = list ? list->first : NULL; item && !found; item = item->next)
        found = value_find(item, "rules")                   ? find_rule(item, id)
                : text_equal(value_text_of(item, "id"), id) ? item
                                                            : NULL;
    return found;
}

const struct value *finding_rules_find(const struct finding_rules *rules, struct text id)
{
    const struct value *found = NULL;
    for (size_t i = 0; rules && i < rules->count && !found; i++)
        found = find_rule(rules->trees[i], id);
    return found;
}

/* The text in that language, else in the other. */
static struct text in_language(const struct value *words, enum language language)
{
    struct text text = value_text_of(words, language_name(language));
    for (int other = 0; other < LANGUAGES && !text.length; other++)
        text = value_text_of(words, language_name((enum language)other));
    return text;
}

/* Words that begin a sentence, inside of one: "Có chữ" is "có chữ", "D stands for Đ" stays. */
static void put_inside(struct buffer *out, struct text words)
{
    bool capital = words.length > 1 && words.bytes[0] >= 'A' && words.bytes[0] <= 'Z' &&
                   (words.bytes[1] >= 'a' || (unsigned char)words.bytes[1] >= 0x80);
    size_t skipped = 0;
    if (capital) {
        buffer_char(out, (char)(words.bytes[0] - 'A' + 'a'));
        skipped = 1;
    } else if (text_starts(words, TEXT("Đ"))) {
        buffer_string(out, "đ");
        skipped = sizeof "Đ" - 1;
    }
    buffer_text(out, text_slice(words, skipped, words.length));
}

struct text finding_words_fill(struct arena *arena, struct text message, struct text why, struct text value,
                               const struct reason *reason)
{
    BUFFER_OWNED struct buffer out = { 0 };
    if (!message.length || !memchr(message.bytes, '{', message.length))
        return message;
    for (size_t at = 0; at < message.length;) {
        struct text rest = text_slice(message, at, message.length);
        if (text_starts(rest, TEXT("{why}"))) {
            if (out.length)
                put_inside(&out, why);
            else
                buffer_text(&out, why);
            at += sizeof "{why}" - 1;
        } else if (text_starts(rest, TEXT("{value}"))) {
            buffer_text(&out, text_slice(value, 0, text_cut(value, FINDING_VALUE)));
            at += sizeof "{value}" - 1;
        } else if (text_starts(rest, TEXT("{found}"))) {
            buffer_text(&out, reason->count ? reason->values[0] : TEXT(""));
            at += sizeof "{found}" - 1;
        } else {
            buffer_char(&out, message.bytes[at++]);
        }
    }
    return text_copy(arena, buffer_view(&out));
}

static struct text something(struct text text)
{
    return text.bytes ? text : TEXT("");
}

/* What a rule could not decide is not what its message says. */
static bool is_decided(const struct finding *finding)
{
    return !finding->reason.id || strcmp(finding->reason.id, "undecided") != 0;
}

static struct text what_words(struct arena *arena, const struct finding *finding, const struct value *rule,
                              enum language language)
{
    size_t at;
    struct text why = reason_words(arena, &finding->reason, finding->field, REASON_WHAT, language),
                message = in_language(value_find(rule, "message"), language);
    if (!is_decided(finding))
        return something(why);
    if (message.length && (why.bytes || !text_find(message, TEXT("{why}"), &at)))
        return finding_words_fill(arena, message, something(why), something(finding->value),
                                  &finding->reason);
    return why.bytes ? why : something(finding->message);
}

void finding_words(struct arena *arena, const struct finding *finding, const struct finding_rules *rules,
                   enum language language, struct finding_words *words)
{
    const struct value *rule = finding_rules_find(rules, finding->rule);
    const struct field *field = field_words_find(something(finding->field));
    struct text cites = value_text_of(rule, "cites"),
                to_do = in_language(value_find(rule, "to_do"), language);
    words->place = field_words_place(arena, something(finding->field), language);
    words->value = something(field_words_value(arena, field, finding->value, language));
    words->what = what_words(arena, finding, rule, language);
    if (!to_do.length || !is_decided(finding))
        to_do = reason_words(arena, &finding->reason, finding->field, REASON_TO_DO, language);
    words->to_do = something(to_do);
    words->article = something(cites.length ? cites : finding->cites);
    struct text operator_ = in_language(value_find(rule, "operator"), language);
    if (!operator_.length || !is_decided(finding))
        operator_ = reason_words(arena, &finding->reason, finding->field, REASON_OPERATOR, language);
    words->operator_ = something(operator_);
}

static void put(struct arena *arena, struct value *object, const char *name, struct text text)
{
    struct value *there = value_find(object, name);
    if (there)
        there->text = text;
    else if (text.length)
        value_set(object, name, value_text(arena, text));
}

void finding_words_put(struct arena *arena, struct value *object, const struct finding_rules *rules,
                       enum language language)
{
    struct finding finding;
    struct finding_words words;
    finding_read(arena, object, &finding);
    if (!finding.rule.length)
        return;
    finding_words(arena, &finding, rules, language, &words);
    put(arena, object, "message", words.what);
    put(arena, object, "cites", words.article);
    put(arena, object, "place", words.place);
    put(arena, object, "to_do", words.to_do);
    put(arena, object, "operator", words.operator_);
}

void finding_words_say(struct arena *arena, struct findings *findings, enum language language)
{
    for (struct finding *finding = findings->first; finding; finding = finding->next)
        if (!finding->message.bytes)
            finding->message = something(
                reason_words(arena, &finding->reason, something(finding->field), REASON_WHAT, language));
}
