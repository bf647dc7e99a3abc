/* question_marks: none. A question mark that stands for a letter which got lost on the way: "k?t hôn". One is
 * enough. In addresses and formulas, in anything with / = & @, and behind a whole word it is what it says. */
#include <string.h>

#include "adapters/unicode.h"
#include "transform/rule_inside.h"

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\n' || byte == '\t' || byte == '\r';
}

/* What goes with the mark at `at`, up to the blanks around. */
static struct text token_around(struct text text, size_t at, size_t *start)
{
    size_t end = at;
    *start = at;
    while (*start && !is_blank(text.bytes[*start - 1]))
        --*start;
    while (end < text.length && !is_blank(text.bytes[end]))
        end++;
    return text_slice(text, *start, end - *start);
}

static bool is_address(struct text token)
{
    for (size_t i = 0; i < token.length; i++)
        if (token.bytes[i] && strchr("/=&@", token.bytes[i]))
            return true;
    return text_starts(token, TEXT("www."));
}

/* The letter that begins at `at`, or 0. */
static int32_t letter_at(struct text text, size_t at)
{
    if (at >= text.length)
        return 0;
    int32_t character = unicode_next(text, &at);
    return unicode_is_letter(character) ? character : 0;
}

/* The letter that ends before `at`, or 0. */
static int32_t letter_before(struct text text, size_t at)
{
    if (!at)
        return 0;
    do
        at--;
    while (at && ((unsigned char)text.bytes[at] & 0xc0) == 0x80);
    return letter_at(text, at);
}

static bool is_capital(struct arena *arena, struct text text, size_t at, size_t end)
{
    struct text letter = text_slice(text, at, end - at);
    return !text_equal(unicode_fold(arena, letter), letter);
}

static size_t letter_end(struct text text, size_t at)
{
    unicode_next(text, &at);
    return at;
}

/* "Th" in "Th? t?c", "T" in "T? khai": without a vowel, which no word of the language is; "UBND" may be. */
static bool lacks_vowel(struct text word)
{
    bool small = word.length == 1 || text_is(word, "Đ");
    for (size_t at = 0; at < word.length;) {
        int32_t character = unicode_next(word, &at);
        small = small || (character >= 'a' && character <= 'z') || character == 0x111;
        if ((character >= 0x80 && character != 0x110 && character != 0x111) ||
            (character < 0x80 && strchr("aeiouyAEIOUY", (int)character)) || !unicode_is_letter(character))
            return false;
    }
    return small;
}

/* Do the marks from `at` to `end` stand for letters? */
static bool is_lost(struct arena *arena, struct text text, struct text token, size_t start, size_t at,
                    size_t end)
{
    int32_t before = letter_before(text, at), behind = letter_at(text, end);
    bool capital = behind && is_capital(arena, text, end, letter_end(text, end));
    if (before && behind) {
        size_t from = at - 1;
        while (from && ((unsigned char)text.bytes[from] & 0xc0) == 0x80)
            from--;
        /* "được không?Nếu" lacks a blank. */
        return !capital || is_capital(arena, text, from, at);
    }
    if (behind)
        return !capital && (at == start || strchr("(\"'", text.bytes[at - 1]));
    return before && end == start + token.length && lacks_vowel(text_slice(text, start, at - start)) &&
           end + 1 < text.length && letter_at(text, end + 1) &&
           !is_capital(arena, text, end + 1, letter_end(text, end + 1));
}

static bool holds_question_marks(const void *user_data, const struct rule_subject *subject,
                                 struct rule_why *why)
{
    struct text text = subject->value->text, token = TEXT_NONE;
    size_t start = 0;
    bool address = false;
    (void)user_data;
    for (size_t at = 0; at < text.length;) {
        const char *mark = memchr(text.bytes + at, '?', text.length - at);
        if (!mark)
            return true;
        at = (size_t)(mark - text.bytes);
        size_t end = at;
        if (!token.bytes || at >= start + token.length) {
            token = token_around(text, at, &start);
            address = is_address(token);
        }
        while (end < text.length && text.bytes[end] == '?')
            end++;
        if (!address && is_lost(subject->arena, text, token, start, at, end)) {
            token.length = text_cut(token, token.length < 60 ? token.length : 60);
            reason_set(&why->reason, "letter.lost", token);
            return false;
        }
        at = end;
    }
    return true;
}

static bool idle_question_marks(const void *user_data, const struct rule_view *view)
{
    const struct rule_grams *grams = rule_view_grams(view);
    (void)user_data;
    return grams && !grams->question;
}

static enum status compile_question_marks(struct rule *rule, const struct rule_compiling *compiling,
                                          const struct value *options, void **user_data, struct error *error)
{
    (void)rule, (void)user_data;
    if (options->kind != VALUE_TEXT || !text_is(options->text, "none"))
        return setting_fault(compiling->context, options, error, _("\"question_marks\" can only be none"));
    return STATUS_OK;
}

const struct rule_check rule_check_question_marks = { .name = "question_marks",
                                                      .takes = RULE_TAKES_SCALAR,
                                                      .compile = compile_question_marks,
                                                      .holds = holds_question_marks,
                                                      .idle = idle_question_marks };
