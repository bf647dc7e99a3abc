/* Checks of what is written: expressions, letters, numbers of documents, amounts. */
#include <string.h>

#include "adapters/unicode.h"
#include "core/decimal.h"
#include "core/document_number.h"
#include "core/vietnamese.h"
#include "transform/rule_inside.h"

#define PROBE_LENGTH 300

/* matches and not_matches: PCRE2, Unicode. A careless expression shows itself on long runs of one character,
 * which real texts hold sooner or later. What stands behind the run keeps PCRE2 from seeing at once that a letter of
 * the expression is missing. */
static enum status probe(const struct pattern *pattern, struct error *error)
{
    static const char *const pieces[] = { "a", "A", "1", " ", "\n", "-", ".", "a ", "a1", "đ" };
    static const char behind[] = "\x01" "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,:;-_/()[]<>&=!?@#%đĐ";
    char text[PROBE_LENGTH * 2 + sizeof behind];
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        size_t length = 0, size = strlen(pieces[i]);
        for (; length < PROBE_LENGTH; length += size)
            memcpy(text + length, pieces[i], size);
        memcpy(text + length, behind, sizeof behind - 1);
        length += sizeof behind - 1;
        if (pattern_search(pattern, (struct text){ text, length }, 0, NULL, error) == STATUS_REJECT)
            return STATUS_REJECT;
    }
    return STATUS_OK;
}

enum status rule_pattern_compile(const struct rule_compiling *compiling, const struct value *expression,
                                 struct pattern **pattern, struct error *error)
{
    *pattern = NULL;
    if (expression->kind != VALUE_TEXT)
        return setting_fault(compiling->context, expression, error, _("a regular expression is expected"));
    if (pattern_compile(expression->text, pattern, error))
        return setting_place(compiling->context, expression, error);
    if (probe(*pattern, error) == STATUS_OK)
        return STATUS_OK;
    pattern_free(*pattern);
    *pattern = NULL;
    error->status = STATUS_USAGE;
    return setting_place(compiling->context, expression, error);
}

struct expression {
    struct pattern *pattern;
    struct rule_literals literals; /* not_matches only */
};

static enum status compile_matches(struct rule *rule, const struct rule_compiling *compiling,
                                   const struct value *options, void **own, struct error *error)
{
    struct expression *expression = arena_new(compiling->context->arena, struct expression);
    (void)rule;
    *own = expression;
    return rule_pattern_compile(compiling, options, &expression->pattern, error);
}

static enum status compile_not_matches(struct rule *rule, const struct rule_compiling *compiling,
                                       const struct value *options, void **own, struct error *error)
{
    if (compile_matches(rule, compiling, options, own, error))
        return error->status;
    struct expression *expression = *own;
    rule_literals_find(compiling->context->arena, options->text, &expression->literals);
    return STATUS_OK;
}

static void free_expression(void *own)
{
    struct expression *expression = own;
    pattern_free(expression->pattern);
}

static bool holds_matches(const void *own, const struct rule_subject *subject, struct error *why)
{
    const struct expression *expression = own;
    enum status status = pattern_search(expression->pattern, subject->value->text, 0, NULL, why);
    if (status == STATUS_END)
        error_set(why, STATUS_OK, _("This does not have the form that is asked for"));
    return status == STATUS_OK;
}

static bool idle_not_matches(const void *own, const struct rule_view *view)
{
    const struct expression *expression = own;
    const struct rule_grams *grams = expression->literals.count ? rule_view_grams(view) : NULL;
    return grams && !rule_literals_may_stand(&expression->literals, grams);
}

static bool holds_not_matches(const void *own, const struct rule_subject *subject, struct error *why)
{
    const struct expression *expression = own;
    struct pattern_match match;
    enum status status = pattern_search(expression->pattern, subject->value->text, 0, &match, why);
    if (status == STATUS_OK)
        error_set(why, STATUS_OK, _("\"%.*s\" must not stand here"), TEXT_ARG(match.whole));
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

/* Letters of the Latin script that are taken for Đ: U+00D0, U+00F0 where the normaliser did not come by, U+0189,
 * U+0256. */
static bool is_false_d(int32_t character)
{
    return character == 0xd0 || character == 0xf0 || character == 0x189 || character == 0x256;
}

static bool idle_letters(const void *own, const struct rule_view *view)
{
    const struct rule_grams *grams = rule_view_grams(view);
    (void)own;
    return grams && !grams->strange;
}

struct letters {
    struct buffer words;
    int32_t seen[5];
    size_t count;
};

static void add_letter(struct letters *letters, struct text text, size_t at, int32_t character)
{
    char what[48];
    size_t end = at;
    for (size_t i = 0; i < letters->count; i++)
        if (letters->seen[i] == character)
            return;
    if (letters->count == sizeof letters->seen / sizeof *letters->seen)
        return;
    letters->seen[letters->count++] = character;
    unicode_next(text, &end);
    unicode_describe(character, what);
    buffer_printf(&letters->words, "%s\"%.*s\" = %s", letters->words.length ? ", " : "", (int)(end - at),
                  text.bytes + at, what);
}

static bool tell_letters(struct letters *letters, struct error *why)
{
    if (!letters->count)
        return true;
    error_set(why, STATUS_OK, _("Letters of another script stand here: %.*s"), TEXT_ARG(buffer_view(&letters->words)));
    buffer_free(&letters->words);
    return false;
}

/* script: vietnamese */
static enum status compile_script(struct rule *rule, const struct rule_compiling *compiling,
                                  const struct value *options, void **own, struct error *error)
{
    (void)rule, (void)own;
    if (options->kind != VALUE_TEXT || !text_is(options->text, "vietnamese"))
        return setting_fault(compiling->context, options, error, _("the only script is \"vietnamese\""));
    return STATUS_OK;
}

static bool holds_script(const void *own, const struct rule_subject *subject, struct error *why)
{
    struct text text = subject->value->text;
    struct letters letters = { 0 };
    (void)own;
    for (size_t at = rule_next_strange(text, 0); at < text.length; at = rule_next_strange(text, at)) {
        size_t start = at;
        int32_t character = unicode_next(text, &at);
        if (is_foreign(character))
            add_letter(&letters, text, start, character);
    }
    return tell_letters(&letters, why);
}

/* look_alikes: none. A word of another script is somebody's language; a letter of another script inside a
 * Latin word, or a piece of a number made of letters that look Latin, is a slip of the keyboard. */
static bool looks_latin(int32_t character)
{
    static const uint16_t table[] = {
        0x391, 0x392, 0x395, 0x396, 0x397, 0x399, 0x39a, 0x39c, 0x39d, 0x39f, 0x3a1, 0x3a4, 0x3a5,
        0x3a7, 0x3bf, 0x3c5, 0x405, 0x406, 0x408, 0x410, 0x412, 0x415, 0x41a, 0x41c, 0x41d, 0x41e,
        0x420, 0x421, 0x422, 0x423, 0x425, 0x430, 0x435, 0x43e, 0x440, 0x441, 0x443, 0x445, 0x455,
        0x456, 0x458, 0x4ae, 0x4af, 0x501, 0x51b, 0x51d,
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

static bool holds_look_alikes(const void *own, const struct rule_subject *subject, struct error *why)
{
    struct text text = subject->value->text;
    struct letters letters = { 0 };
    (void)own;
    for (size_t at = rule_next_strange(text, 0); at < text.length; at = rule_next_strange(text, at)) {
        size_t next = at;
        int32_t suspect = unicode_next(text, &next);
        if (is_false_d(suspect))
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
    return tell_letters(&letters, why);
}

static enum status compile_look_alikes(struct rule *rule, const struct rule_compiling *compiling,
                                       const struct value *options, void **own, struct error *error)
{
    (void)rule, (void)own;
    if (options->kind != VALUE_TEXT || !text_is(options->text, "none"))
        return setting_fault(compiling->context, options, error, _("\"look_alikes\" can only be none"));
    return STATUS_OK;
}

/* ---- numbers of documents ---- */

/* document_number: true | { kinds: [decision, …], faults: [plain_d, …] }: which kinds are right (all), and which
 * faults break the rule (all). */
struct numbering {
    bool kinds[DOCUMENT_OTHER + 1];
    bool faults[DOCUMENT_NUMBER_FAULTS];
    bool any_kind, has_faults;
};

static const char *const fault_names[DOCUMENT_NUMBER_FAULTS] = {
    [DOCUMENT_NUMBER_RIGHT] = "",
    [DOCUMENT_NUMBER_PREFIX] = "prefix",
    [DOCUMENT_NUMBER_ETH] = "eth",
    [DOCUMENT_NUMBER_DASH] = "dash",
    [DOCUMENT_NUMBER_BLANK] = "blank",
    [DOCUMENT_NUMBER_NO_NUMBER] = "no_number",
    [DOCUMENT_NUMBER_BARE] = "bare",
    [DOCUMENT_NUMBER_NO_KIND] = "no_kind",
    [DOCUMENT_NUMBER_NO_ISSUER] = "no_issuer",
    [DOCUMENT_NUMBER_LOOKALIKE] = "look_alike",
    [DOCUMENT_NUMBER_PLAIN_D] = "plain_d",
    [DOCUMENT_NUMBER_BEHIND] = "behind",
    [DOCUMENT_NUMBER_GLUED] = "glued",
    [DOCUMENT_NUMBER_PUNCTUATION] = "punctuation",
    [DOCUMENT_NUMBER_TEST] = "test",
    [DOCUMENT_NUMBER_YEAR] = "year",
    [DOCUMENT_NUMBER_CASE] = "case",
    [DOCUMENT_NUMBER_DISAGREES] = "disagrees",
    [DOCUMENT_NUMBER_SEVERAL] = "several",
    [DOCUMENT_NUMBER_WORDS] = "words",
    [DOCUMENT_NUMBER_UNREADABLE] = "unreadable",
};

/* Sets chosen[i + offset] for each text that is names[i]. */
static enum status choose(const struct setting_context *context, const struct value *list, const char *const *names,
                          size_t count, bool *chosen, struct error *error)
{
    struct text *texts;
    size_t text_count;
    if (setting_texts(context, list, &texts, &text_count, error))
        return error->status;
    for (size_t i = 0; i < text_count; i++) {
        size_t at = 0;
        while (at < count && !text_is(texts[i], names[at]))
            at++;
        if (at < count) {
            chosen[at] = true;
            continue;
        }
        const char *nearest = text_nearest(texts[i], names, count);
        return setting_fault(context, list, error,
                             nearest ? _("%.*s: \"%.*s\" is unknown; did you mean \"%s\"?")
                                     : _("%.*s: \"%.*s\" is unknown"),
                             TEXT_ARG(list->name), TEXT_ARG(texts[i]), nearest);
    }
    return STATUS_OK;
}

static enum status compile_document_number(struct rule *rule, const struct rule_compiling *compiling,
                                           const struct value *options, void **own, struct error *error)
{
    const struct setting_context *context = compiling->context;
    struct numbering *numbering = arena_new(context->arena, struct numbering);
    const struct value *kinds = value_find(options, "kinds"), *faults = value_find(options, "faults");
    const char *names[DOCUMENT_OTHER];
    (void)rule;
    *own = numbering;
    numbering->any_kind = !kinds;
    numbering->has_faults = faults;
    if (options->kind == VALUE_TEXT && text_is(options->text, "true"))
        return STATUS_OK;
    if (options->kind != VALUE_OBJECT || (!kinds && !faults) || options->count != (size_t)(!!kinds + !!faults))
        return setting_fault(context, options, error,
                             _("\"document_number\" is true, or an object of \"kinds\" and \"faults\""));
    for (size_t kind = 1; kind <= DOCUMENT_OTHER; kind++)
        names[kind - 1] = document_kind_text((enum document_kind)kind);
    if (kinds && choose(context, kinds, names, DOCUMENT_OTHER, numbering->kinds + 1, error))
        return error->status;
    return faults ? choose(context, faults, fault_names + 1, DOCUMENT_NUMBER_FAULTS - 1, numbering->faults + 1, error)
                  : STATUS_OK;
}

static size_t digits(struct text text, size_t at)
{
    size_t count = 0;
    while (at + count < text.length && text.bytes[at + count] >= '0' && text.bytes[at + count] <= '9')
        count++;
    return count;
}

/* Most numbers are plain: "1025/QĐ-BCA", "63/2010/NĐ-CP". What this does not know for certain, the grammar is
 * asked. D in an issuer may stand for Đ, but not in UBND. */
static bool is_plain(struct text text, const struct numbering *numbering)
{
    static const struct {
        struct text symbol;
        enum document_kind kind;
    } symbols[] = { { { "QĐ-", 4 }, DOCUMENT_DECISION },
                    { { "NĐ-", 4 }, DOCUMENT_DECREE },
                    { { "TT-", 3 }, DOCUMENT_CIRCULAR },
                    { { "NQ-", 3 }, DOCUMENT_RESOLUTION } };
    size_t at = digits(text, 0);
    if (!at || at > 5 || at == text.length || text.bytes[at] != '/')
        return false;
    size_t year = digits(text, ++at);
    if (year == 4 && at + 4 < text.length && text.bytes[at + 4] == '/' &&
        ((text.bytes[at] == '1' && text.bytes[at + 1] == '9' && text.bytes[at + 2] >= '5') ||
         (text.bytes[at] == '2' && text.bytes[at + 1] == '0')))
        at += 5;
    else if (year)
        return false;
    if (year && numbering->any_kind && text_starts(text_slice(text, at, text.length), TEXT("QH")))
        return digits(text, at + 2) == 2 && at + 4 == text.length;
    for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++) {
        struct text issuer = text_slice(text, at, text.length);
        if (!text_starts(issuer, symbols[i].symbol))
            continue;
        issuer = text_slice(issuer, symbols[i].symbol.length, text.length);
        if (!numbering->any_kind && !numbering->kinds[symbols[i].kind])
            return false;
        if (text_is(issuer, "UBND"))
            return true;
        for (size_t j = 0; j < issuer.length; j++)
            if (issuer.bytes[j] < 'A' || issuer.bytes[j] > 'Z' || issuer.bytes[j] == 'D')
                return false;
        return issuer.length >= 2 && issuer.length <= 8;
    }
    return false;
}

static bool holds_document_number(const void *own, const struct rule_subject *subject, struct error *why)
{
    const struct numbering *numbering = own;
    struct document_number number;
    if (is_plain(subject->value->text, numbering))
        return true;
    document_number_read(subject->arena, subject->value->text, &number);
    if (number.status == DOCUMENT_NUMBER_OK) {
        if (numbering->any_kind || numbering->kinds[number.kind])
            return true;
        error_set(why, STATUS_OK, _("This is the number of a document of another kind (%s)"),
                  _(document_kind_text(number.kind)));
        return false;
    }
    if (numbering->has_faults && !numbering->faults[number.fault])
        return true;
    struct text better = number.status == DOCUMENT_NUMBER_REPAIRED ? number.text : number.suggestion;
    const char *fault = document_number_fault_text(number.fault);
    if (better.length)
        error_set(why, STATUS_OK, _("%s; perhaps \"%.*s\" is meant"), fault ? _(fault) : "", TEXT_ARG(better));
    else
        error_set(why, STATUS_OK, "%s", fault ? _(fault) : "");
    return false;
}

/* ---- amounts ---- */

static bool is_currency(struct text text)
{
    static const char *const words[] = { "đồng", "đ", "vnđ", "vnd", "usd" };
    text = text_trim(text);
    if (text_starts(text, TEXT("₫")))
        return true;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (vietnamese_starts(text, words[i]))
            return true;
    return false;
}

/* amounts: readable. Sums in prose whose marks can be read in two ways or in none. */
static bool holds_amounts(const void *own, const struct rule_subject *subject, struct error *why)
{
    struct text text = subject->value->text;
    (void)own;
    for (size_t at = 0; at < text.length;) {
        if (text.bytes[at] < '0' || text.bytes[at] > '9') {
            at++;
            continue;
        }
        size_t end = at;
        bool marked = false;
        for (; end < text.length && ((text.bytes[end] >= '0' && text.bytes[end] <= '9') ||
                                     ((text.bytes[end] == '.' || text.bytes[end] == ',') && digits(text, end + 1)));
             end++)
            marked = marked || text.bytes[end] == '.' || text.bytes[end] == ',';
        struct text amount = text_slice(text, at, end - at), decimal;
        at = end;
        if (!marked || !is_currency(text_slice(text, end, 16)) ||
            decimal_read(subject->arena, amount, &decimal) != DECIMAL_DOUBTFUL)
            continue;
        error_set(why, STATUS_OK, _("The amount \"%.*s\" can be read in two ways or in none"), TEXT_ARG(amount));
        return false;
    }
    return true;
}

static enum status compile_amounts(struct rule *rule, const struct rule_compiling *compiling,
                                   const struct value *options, void **own, struct error *error)
{
    (void)rule, (void)own;
    if (options->kind != VALUE_TEXT || !text_is(options->text, "readable"))
        return setting_fault(compiling->context, options, error, _("\"amounts\" can only be readable"));
    return STATUS_OK;
}

const struct rule_check rule_check_matches = { .name = "matches", .takes = RULE_TAKES_SCALAR,
                                               .compile = compile_matches, .free = free_expression,
                                               .holds = holds_matches };
const struct rule_check rule_check_not_matches = { .name = "not_matches", .takes = RULE_TAKES_SCALAR,
                                                   .compile = compile_not_matches,
                                                   .free = free_expression, .holds = holds_not_matches,
                                                   .idle = idle_not_matches };
const struct rule_check rule_check_script = { .name = "script", .takes = RULE_TAKES_SCALAR,
                                              .compile = compile_script, .holds = holds_script,
                                              .idle = idle_letters };
const struct rule_check rule_check_look_alikes = { .name = "look_alikes", .takes = RULE_TAKES_SCALAR,
                                                   .compile = compile_look_alikes, .holds = holds_look_alikes,
                                                   .idle = idle_letters };
const struct rule_check rule_check_document_number = { .name = "document_number", .takes = RULE_TAKES_SCALAR,
                                                       .compile = compile_document_number,
                                                       .holds = holds_document_number };
const struct rule_check rule_check_amounts = { .name = "amounts", .takes = RULE_TAKES_SCALAR,
                                               .compile = compile_amounts, .holds = holds_amounts };
