/* Checks of what is written: expressions and letters. */
#include <string.h>

#include "adapters/unicode.h"
#include "transform/rule_inside.h"

#define PROBE_LENGTH 300

/* matches and not_matches: PCRE2, Unicode. A careless expression shows itself on long runs of one character,
 * which real texts hold sooner or later. What stands behind the run keeps PCRE2 from seeing at once that a
 * letter of the expression is missing. */
static enum status probe(const struct regex *pattern, struct error *error)
{
    static const char *const pieces[] = { "a", "A", "1", " ", "\n", "-", ".", "a ", "a1", "đ" };
    static const char behind[] =
        "\x01"
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,:;-_/()[]<>&=!?@#%đĐ";
    char text[PROBE_LENGTH * 2 + sizeof behind];
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        size_t length = 0, size = strlen(pieces[i]);
        for (; length < PROBE_LENGTH; length += size)
            memcpy(text + length, pieces[i], size);
        memcpy(text + length, behind, sizeof behind - 1);
        length += sizeof behind - 1;
        if (regex_search(pattern, (struct text){ text, length }, 0, NULL, error) == STATUS_REJECT)
            return STATUS_REJECT;
    }
    return STATUS_OK;
}

enum status rule_pattern_compile(const struct rule_compiling *compiling, const struct value *expression,
                                 struct regex **pattern, struct error *error)
{
    *pattern = NULL;
    if (expression->kind != VALUE_TEXT)
        return setting_fault(compiling->context, expression, error, _("a regular expression is expected"));
    if (!expression->text.length)
        return setting_fault(compiling->context, expression, error,
                             _("an empty expression is found in every text; say what is looked for"));
    if (regex_compile(expression->text, pattern, error))
        return setting_place(compiling->context, expression, error);
    if (probe(*pattern, error) == STATUS_OK)
        return STATUS_OK;
    regex_free(*pattern);
    *pattern = NULL;
    error->status = STATUS_USAGE;
    return setting_place(compiling->context, expression, error);
}

struct expression {
    struct regex *pattern;
    struct rule_literals literals; /* not_matches only */
};

static enum status compile_matches(struct rule *rule, const struct rule_compiling *compiling,
                                   const struct value *options, void **user_data, struct error *error)
{
    struct expression *expression = arena_new(compiling->context->arena, struct expression);
    (void)rule;
    *user_data = expression;
    return rule_pattern_compile(compiling, options, &expression->pattern, error);
}

static enum status compile_not_matches(struct rule *rule, const struct rule_compiling *compiling,
                                       const struct value *options, void **user_data, struct error *error)
{
    if (compile_matches(rule, compiling, options, user_data, error))
        return error->status;
    struct expression *expression = *user_data;
    rule_literals_find(compiling->context->arena, options->text, &expression->literals);
    return STATUS_OK;
}

static void free_expression(void *user_data)
{
    struct expression *expression = user_data;
    regex_free(expression->pattern);
}

static bool holds_matches(const void *user_data, const struct rule_subject *subject, struct rule_why *why)
{
    const struct expression *expression = user_data;
    enum status status = regex_search(expression->pattern, subject->value->text, 0, NULL, &why->error);
    if (status == STATUS_END)
        reason_set(&why->reason, "form");
    return status == STATUS_OK;
}

static bool idle_not_matches(const void *user_data, const struct rule_view *view)
{
    const struct expression *expression = user_data;
    const struct rule_grams *grams = expression->literals.count ? rule_view_grams(view) : NULL;
    return grams && !rule_literals_may_stand(&expression->literals, grams);
}

static bool holds_not_matches(const void *user_data, const struct rule_subject *subject, struct rule_why *why)
{
    const struct expression *expression = user_data;
    struct regex_match match;
    enum status status = regex_search(expression->pattern, subject->value->text, 0, &match, &why->error);
    if (status == STATUS_OK)
        reason_set(&why->reason, "forbidden", match.whole);
    return status == STATUS_END;
}

/* ---- letters ---- */

static bool is_latin(int32_t character)
{
    return character < 0x370 || (character >= 0x1d00 && character <= 0x1eff) ||
           (character >= 0x2c60 && character <= 0x2c7f) || (character >= 0xa720 && character <= 0xa7ff) ||
           (character >= 0xfb00 && character <= 0xfb06);
}

static bool is_foreign(int32_t character)
{
    return !is_latin(character) && unicode_is_letter(character);
}

/* Letters of the Latin script that are taken for Đ: U+00D0, U+00F0 where the normaliser did not come by,
 * U+0189, U+0256. */
static bool is_false_d(int32_t character)
{
    return character == 0xd0 || character == 0xf0 || character == 0x189 || character == 0x256;
}

/* Full-width digits, / - and the point: of numbers, and of none that anybody searches for. */
static bool is_wide_sign(int32_t character)
{
    return character >= 0xff0d && character <= 0xff19;
}

static bool idle_letters(const void *user_data, const struct rule_view *view)
{
    const struct rule_grams *grams = rule_view_grams(view);
    (void)user_data;
    return grams && !grams->strange;
}

struct letters {
    struct buffer words;
    int32_t seen[5];
    size_t count;
};

static void add_letter(struct letters *letters, struct text text, size_t at, int32_t character)
{
    size_t end = at;
    for (size_t i = 0; i < letters->count; i++)
        if (letters->seen[i] == character)
            return;
    if (letters->count == sizeof letters->seen / sizeof *letters->seen)
        return;
    letters->seen[letters->count++] = character;
    unicode_next(text, &end);
    buffer_printf(&letters->words, "%s\"%.*s\" = U+%04X", letters->words.length ? ", " : "", (int)(end - at),
                  text.bytes + at, (unsigned)character);
}

/* The script is the first letter's: the others are mostly of the same. */
static bool tell_letters(struct letters *letters, struct arena *arena, struct rule_why *why)
{
    if (!letters->count)
        return true;
    reason_set(&why->reason, "letters", text_copy(arena, buffer_view(&letters->words)),
               text_of(unicode_script(letters->seen[0])));
    buffer_free(&letters->words);
    return false;
}

/* script: vietnamese */
static enum status compile_script(struct rule *rule, const struct rule_compiling *compiling,
                                  const struct value *options, void **user_data, struct error *error)
{
    (void)rule, (void)user_data;
    if (options->kind != VALUE_TEXT || !text_is(options->text, "vietnamese"))
        return setting_fault(compiling->context, options, error, _("the only script is \"vietnamese\""));
    return STATUS_OK;
}

static bool holds_script(const void *user_data, const struct rule_subject *subject, struct rule_why *why)
{
    struct text text = subject->value->text;
    struct letters letters = { 0 };
    (void)user_data;
    for (size_t at = rule_next_strange(text, 0); at < text.length; at = rule_next_strange(text, at)) {
        size_t start = at;
        int32_t character = unicode_next(text, &at);
        if (is_foreign(character))
            add_letter(&letters, text, start, character);
    }
    return tell_letters(&letters, subject->arena, why);
}

/* look_alikes: none. A word of another script is somebody's language; a letter of another script inside a
 * Latin word, or a piece of a number made of letters that look Latin, is a slip of the keyboard. */
static bool looks_latin(int32_t character)
{
    static const uint16_t table[] = {
        0x391, 0x392, 0x395, 0x396, 0x397, 0x399, 0x39a, 0x39c, 0x39d, 0x39f, 0x3a1, 0x3a4,
        0x3a5, 0x3a7, 0x3bf, 0x3c5, 0x405, 0x406, 0x408, 0x410, 0x412, 0x415, 0x41a, 0x41c,
        0x41d, 0x41e, 0x420, 0x421, 0x422, 0x423, 0x425, 0x430, 0x435, 0x43e, 0x440, 0x441,
        0x443, 0x445, 0x455, 0x456, 0x458, 0x4ae, 0x4af, 0x501, 0x51b, 0x51d,
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i] == character)
            return true;
    return character >= 0xff21 && character <= 0xff5a; /* full-width */
}

static bool is_word(int32_t character)
{
    return unicode_is_letter(character) || unicode_is_mark(character);
}

static size_t step_back(struct text text, size_t at)
{
    do
        at--;
    while (at && ((unsigned char)text.bytes[at] & 0xc0) == 0x80);
    return at;
}

static bool is_latin_letter_at(struct text text, size_t at)
{
    int32_t character = unicode_next(text, &at);
    return is_latin(character) && unicode_is_letter(character);
}

/* Is a Latin letter joined to the word at `from`…`to` by - or /? */
static bool is_joined(struct text text, size_t from, size_t to)
{
    if (from >= 2 && (text.bytes[from - 1] == '-' || text.bytes[from - 1] == '/') &&
        is_latin_letter_at(text, step_back(text, from - 1)))
        return true;
    return to + 1 < text.length && (text.bytes[to] == '-' || text.bytes[to] == '/') &&
           is_latin_letter_at(text, to + 1);
}

struct word {
    size_t from, to;
    bool latin, foreign_beside_latin, all_alike;
};

/* The word around a foreign letter. */
static struct word read_word(struct text text, size_t at)
{
    struct word word = { .from = at, .all_alike = true };
    while (word.from) {
        size_t before = step_back(text, word.from), next = before;
        if (!is_word(unicode_next(text, &next)))
            break;
        word.from = before;
    }
    for (word.to = word.from; word.to < text.length;) {
        size_t next = word.to;
        int32_t character = unicode_next(text, &next);
        if (!is_word(character))
            break;
        word.to = next;
        if (!unicode_is_letter(character))
            continue;
        bool greek = character >= 0x370 && character <= 0x3ff;
        if (is_latin(character))
            word.latin = true;
        else if (!looks_latin(character))
            word.all_alike = false;
        /* "μg", "kΩ", "α-" are units and names: Greek that nobody takes for Latin. */
        if (is_foreign(character) && (!greek || looks_latin(character)))
            word.foreign_beside_latin = true;
    }
    return word;
}

static bool holds_look_alikes(const void *user_data, const struct rule_subject *subject, struct rule_why *why)
{
    struct text text = subject->value->text;
    struct letters letters = { 0 };
    (void)user_data;
    for (size_t at = rule_next_strange(text, 0); at < text.length; at = rule_next_strange(text, at)) {
        size_t next = at;
        int32_t suspect = unicode_next(text, &next);
        if (is_false_d(suspect) || is_wide_sign(suspect))
            add_letter(&letters, text, at, suspect);
        if (!is_foreign(suspect)) {
            at = next;
            continue;
        }
        struct word word = read_word(text, at);
        bool wrong = (word.latin && word.foreign_beside_latin) ||
                     (!word.latin && word.all_alike && is_joined(text, word.from, word.to));
        for (size_t i = word.from; wrong && i < word.to;) {
            size_t start = i;
            int32_t character = unicode_next(text, &i);
            if (is_foreign(character))
                add_letter(&letters, text, start, character);
        }
        at = word.to > next ? word.to : next;
    }
    return tell_letters(&letters, subject->arena, why);
}

static enum status compile_look_alikes(struct rule *rule, const struct rule_compiling *compiling,
                                       const struct value *options, void **user_data, struct error *error)
{
    (void)rule, (void)user_data;
    if (options->kind != VALUE_TEXT || !text_is(options->text, "none"))
        return setting_fault(compiling->context, options, error, _("\"look_alikes\" can only be none"));
    return STATUS_OK;
}

const struct rule_check rule_check_matches = { .name = "matches",
                                               .takes = RULE_TAKES_SCALAR,
                                               .compile = compile_matches,
                                               .free = free_expression,
                                               .holds = holds_matches };
const struct rule_check rule_check_not_matches = { .name = "not_matches",
                                                   .takes = RULE_TAKES_SCALAR,
                                                   .compile = compile_not_matches,
                                                   .free = free_expression,
                                                   .holds = holds_not_matches,
                                                   .idle = idle_not_matches };
const struct rule_check rule_check_script = { .name = "script",
                                              .takes = RULE_TAKES_SCALAR,
                                              .compile = compile_script,
                                              .holds = holds_script,
                                              .idle = idle_letters };
const struct rule_check rule_check_look_alikes = { .name = "look_alikes",
                                                   .takes = RULE_TAKES_SCALAR,
                                                   .compile = compile_look_alikes,
                                                   .holds = holds_look_alikes,
                                                   .idle = idle_letters };
