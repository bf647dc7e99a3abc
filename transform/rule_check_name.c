/* known_name: does the code belong to a procedure of this name?
 *
 * The list says what each code is known as: from=code, to=name (several names: "one | other"). Two wordings
 * of one procedure share the words that matter; two procedures share words such as "cấp giấy phép". So a word
 * weighs the more the fewer names of the list hold it, and what two names share is measured against the
 * lighter of them:
 *
 *     weight(word) = log((names + 1) / (names with the word + 1/2))
 *     likeness     = weight(words of both) / min(weight(one), weight(other))
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/unicode.h"
#include "transform/rule_inside.h"

#define WORDS_MAX 200

struct word {
    uint64_t hash; /* 0: an empty slot */
    double weight;
};

struct name {
    struct text code, name;
    uint64_t *words; /* rising */
    size_t count;
    double weight;
    uint64_t whole;       /* of all words as they stand */
    struct name *another; /* of the same code */
};

struct known {
    const struct code_list *list;
    struct name *names;
    size_t count;
    struct word *words;
    struct name **codes;  /* by code: its first name */
    struct name **wholes; /* by whole name */
    size_t word_mask, mask;
    double strange; /* the weight of a word that no name holds */
    double least;
    int unknown;
};

struct known_settings {
    const char *list;
    double least;
    int unknown;
};

enum { UNKNOWN_IGNORE, UNKNOWN_REJECT };
static const char *const unknowns[] = { "ignore", "reject", NULL };

static size_t find_word(const struct known *known, uint64_t hash)
{
    size_t at = (size_t)(hash ^ hash >> 32) & known->word_mask;
    while (known->words[at].hash && known->words[at].hash != hash)
        at = (at + 1) & known->word_mask;
    return at;
}

static double weigh(const struct known *known, uint64_t hash)
{
    const struct word *word = &known->words[find_word(known, hash)];
    return word->hash ? word->weight : known->strange;
}

static int compare_hashes(const void *left, const void *right)
{
    uint64_t one = *(const uint64_t *)left, other = *(const uint64_t *)right;
    return (one > other) - (one < other);
}

/* The words of a name, folded, each once; a leading "Thủ tục" is no part of it. */
static size_t read_words(struct arena *arena, struct text text, uint64_t words[WORDS_MAX], uint64_t *whole)
{
    struct text folded = unicode_fold(arena, text);
    size_t count = 0, at = 0, kept = 0;
    if (text_starts(folded, TEXT("thủ tục ")))
        at = sizeof "thủ tục";
    *whole = 0;
    while (at < folded.length && count < WORDS_MAX) {
        size_t start = at, next = at;
        while (next < folded.length) {
            size_t behind = next;
            int32_t character = unicode_next(folded, &behind);
            if (!unicode_is_letter(character) && !unicode_is_mark(character) &&
                (character < '0' || character > '9'))
                break;
            next = behind;
        }
        if (next > start) {
            uint64_t hash = text_hash(text_slice(folded, start, next - start));
            words[count] = hash ? hash : 1; /* 0: a free place */
            *whole = (*whole ^ words[count++]) * 1099511628211u;
            at = next;
        } else {
            unicode_next(folded, &at);
        }
    }
    qsort(words, count, sizeof *words, compare_hashes);
    for (size_t i = 0; i < count; i++)
        if (!kept || words[kept - 1] != words[i])
            words[kept++] = words[i];
    return kept;
}

static double weigh_all(const struct known *known, const uint64_t *words, size_t count)
{
    double weight = 0;
    for (size_t i = 0; i < count; i++)
        weight += weigh(known, words[i]);
    return weight;
}

static double shared_weight(const struct known *known, const struct name *one, const struct name *other)
{
    double weight = 0;
    for (size_t i = 0, j = 0; i < one->count && j < other->count;) {
        if (one->words[i] == other->words[j]) {
            weight += weigh(known, one->words[i]);
            i++;
            j++;
        } else if (one->words[i] < other->words[j]) {
            i++;
        } else {
            j++;
        }
    }
    return weight;
}

static double likeness(const struct known *known, const struct name *one, const struct name *other)
{
    double lighter = fmin(one->weight, other->weight);
    return lighter > 0 ? shared_weight(known, one, other) / lighter : 0;
}

/* For the one that a person probably means: what is shared against both. */
static double closeness(const struct known *known, const struct name *one, const struct name *other)
{
    double both = one->weight + other->weight;
    return both > 0 ? 2 * shared_weight(known, one, other) / both : 0;
}

static size_t find_code(const struct known *known, struct text code)
{
    uint64_t hash = text_hash(code);
    size_t at = (size_t)(hash ^ hash >> 32) & known->mask;
    while (known->codes[at] && !text_equal(known->codes[at]->code, code))
        at = (at + 1) & known->mask;
    return at;
}

static size_t find_whole(const struct known *known, uint64_t whole)
{
    size_t at = (size_t)(whole ^ whole >> 32) & known->mask;
    while (known->wholes[at] && known->wholes[at]->whole != whole)
        at = (at + 1) & known->mask;
    return at;
}

static void add_name(struct known *known, struct arena *arena, struct text code, struct text text)
{
    uint64_t words[WORDS_MAX];
    struct name *name = &known->names[known->count++];
    name->code = code;
    name->name = text;
    name->count = read_words(arena, text, words, &name->whole);
    name->words = arena_array(arena, uint64_t, name->count + 1);
    memcpy(name->words, words, name->count * sizeof *words);
    struct name **slot = &known->codes[find_code(known, code)];
    name->another = *slot;
    *slot = name;
    slot = &known->wholes[find_whole(known, name->whole)];
    if (!*slot)
        *slot = name;
}

static size_t count_names(struct text names)
{
    size_t count = 1, at;
    while (text_find(names, TEXT(" | "), &at)) {
        names = text_slice(names, at + 3, names.length);
        count++;
    }
    return count;
}

static size_t power_above(size_t count)
{
    size_t size = 16;
    while (size < count * 2)
        size *= 2;
    return size;
}

static void weigh_names(struct known *known, struct arena *arena)
{
    size_t words = 0;
    for (size_t i = 0; i < known->count; i++)
        words += known->names[i].count;
    known->word_mask = power_above(words) - 1;
    known->words = arena_array(arena, struct word, known->word_mask + 1);
    for (size_t i = 0; i < known->count; i++)
        for (size_t j = 0; j < known->names[i].count; j++) {
            struct word *word = &known->words[find_word(known, known->names[i].words[j])];
            word->hash = known->names[i].words[j];
            word->weight += 1;
        }
    double names = (double)known->count;
    for (size_t i = 0; i <= known->word_mask; i++)
        known->words[i].weight = log((names + 1) / (known->words[i].weight + 0.5));
    known->strange = log((names + 1) / 0.5);
    for (size_t i = 0; i < known->count; i++)
        known->names[i].weight = weigh_all(known, known->names[i].words, known->names[i].count);
}

static void build(struct known *known, struct arena *arena)
{
    size_t total = 0;
    for (const struct code *code = known->list->first; code; code = code->after)
        total += count_names(code->to);
    known->names = arena_array(arena, struct name, total + 1);
    known->mask = power_above(total) - 1;
    known->codes = arena_array(arena, struct name *, known->mask + 1);
    known->wholes = arena_array(arena, struct name *, known->mask + 1);
    for (const struct code *code = known->list->first; code; code = code->after) {
        struct text rest = code->to;
        size_t at;
        while (text_find(rest, TEXT(" | "), &at)) {
            add_name(known, arena, code->from, text_slice(rest, 0, at));
            rest = text_slice(rest, at + 3, rest.length);
        }
        add_name(known, arena, code->from, rest);
    }
    weigh_names(known, arena);
}

static enum status compile_known_name(struct rule *rule, const struct rule_compiling *compiling,
                                      const struct value *options, void **user_data, struct error *error)
{
    static const struct setting settings[] = {
        { "list", SETTING_TEXT, offsetof(struct known_settings, list), .required = true,
          .help = N_("the code list: from=code, to=name") },
        { "least", SETTING_SHARE, offsetof(struct known_settings, least), .fallback = "25%",
          .help = N_("how much of its words a name must share with the known one") },
        { "unknown", SETTING_CHOICE, offsetof(struct known_settings, unknown), .fallback = "ignore",
          .choices = unknowns, .help = N_("a code that the list does not hold") },
    };
    struct arena *arena = compiling->context->arena;
    struct known *known = arena_new(arena, struct known);
    struct known_settings read = { .least = 0.25 };
    *user_data = known;
    for (size_t i = 0; i < rule->path_count; i++)
        if (!text_is(rule->paths[i].path.text, "name"))
            return setting_fault(compiling->context, options, error,
                                 _("\"known_name\" is put to the field \"name\""));
    if (options->kind == VALUE_OBJECT &&
        setting_read(compiling->context, settings, 3, options, "known_name", &read, error))
        return error->status;
    const struct value *list = options->kind == VALUE_OBJECT ? value_find(options, "list") : options;
    if (rule_list(rule, compiling, list, &known->list, error))
        return error->status;
    known->least = read.least;
    known->unknown = read.unknown;
    build(known, arena);
    return STATUS_OK;
}

#define NEAR 0.6 /* a name that deserves to be shown */

/* Another code whose name is much like it; NULL: none. */
static const struct name *name_nearest(const struct known *known, const struct name *mine)
{
    const struct name *best = NULL;
    double most = NEAR;
    for (size_t i = 0; i < known->count; i++) {
        double close = closeness(known, mine, &known->names[i]);
        if (close >= most && !text_equal(known->names[i].code, mine->code)) {
            best = &known->names[i];
            most = close + 1e-9;
        }
    }
    return best;
}

/* 1.001640.H13 is the province's own copy of 1.001640. */
static struct text national_code(struct text code)
{
    return code.length > 8 && code.bytes[1] == '.' && code.bytes[8] == '.' ? text_slice(code, 0, 8) : code;
}

static bool holds_known_name(const void *user_data, const struct rule_subject *subject, struct rule_why *why)
{
    const struct known *known = user_data;
    static const struct text field = { "code", 4 };
    const struct value *code = NULL;
    uint64_t words[WORDS_MAX];
    for (size_t i = 0; i < procedure_root.count && !code; i++)
        if (subject->procedure->roots[i] && text_equal(subject->procedure->roots[i]->name, field))
            code = subject->procedure->roots[i];
    if (!code || !value_is_scalar(code))
        return true;
    struct name mine = { .code = national_code(code->text), .name = subject->value->text, .words = words };
    const struct name *names = known->codes[find_code(known, mine.code)];
    for (const struct name *name = names; name; name = name->another)
        if (text_equal(name->name, mine.name))
            return true;
    mine.count = read_words(subject->arena, mine.name, words, &mine.whole);
    mine.weight = weigh_all(known, words, mine.count);
    double most = 0;
    for (const struct name *name = names; name; name = name->another)
        most = fmax(most, likeness(known, &mine, name));
    const struct name *same = known->wholes[find_whole(known, mine.whole)];
    if (names && most >= known->least)
        return true;
    if (!names && known->unknown == UNKNOWN_IGNORE && !same)
        return true;
    const struct name *nearest = name_nearest(known, &mine);
    reason_set(&why->reason, names ? "name.other" : "name.unknown", mine.code, names ? names->name : TEXT(""),
               nearest ? nearest->code : TEXT(""), nearest ? nearest->name : TEXT(""));
    return false;
}

const struct rule_check rule_check_known_name = {
    .name = "known_name", .takes = RULE_TAKES_SCALAR, .compile = compile_known_name, .holds = holds_known_name
};
