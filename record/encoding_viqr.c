#include "record/encoding_viqr.h"

#include <string.h>

#include "adapters/unicode.h"
#include "record/encoding_syllable.h"
#include "record/encoding_viqr_address.h"
#include "record/encoding_viqr_word.h"

static void put(struct buffer *out, int32_t character)
{
    char bytes[4];
    buffer_put(out, bytes, unicode_put(character, bytes));
}

/* "d\dd": the backslash keeps the first d from the đ behind it. */
static bool parts_stroke(struct text viqr, size_t at)
{
    return at && viqr_is_d(viqr.bytes[at - 1]) && viqr_is_d(viqr_peek(viqr, at + 1)) &&
           viqr_is_d(viqr_peek(viqr, at + 2));
}

bool encoding_viqr_decode(struct text viqr, struct buffer *out, size_t *at)
{
    struct viqr_reading reading = viqr_begin(viqr);
    struct viqr_address address = viqr_address_find(viqr, 0);
    for (*at = 0; *at < viqr.length;) {
        char byte = viqr.bytes[*at];
        if (*at >= address.start) {
            buffer_text(out, text_slice(viqr, *at, address.end - *at));
            *at = address.end;
            address = viqr_address_find(viqr, address.end);
            continue;
        }
        if ((unsigned char)byte >= 0x80)
            return false;
        if (byte == '\\' && *at + 1 < viqr.length && (unsigned char)viqr.bytes[*at + 1] < 0x80) {
            bool parts = parts_stroke(viqr, *at);
            if (!parts)
                buffer_char(out, viqr.bytes[*at + 1]);
            *at += parts ? 1 : 2;
            continue;
        }
        if (!viqr_is_letter(byte)) {
            buffer_char(out, byte);
            (*at)++;
            continue;
        }
        struct viqr_word word;
        size_t end = viqr_read_word(&reading, text_slice(viqr, 0, address.start), *at, &word);
        if (word.count > VIQR_WORD) { /* no word: letter by letter, as the standard has it */
            word = (struct viqr_word){ .count = 0 };
            end = viqr_read_letter(viqr, *at, &word);
        }
        if (word.triple)
            return false;
        for (size_t i = 0; i < word.count; i++)
            put(out,
                encoding_letter_compose(word.letters[i].base, word.letters[i].tone, word.letters[i].upper));
        *at = end;
    }
    return true;
}

static bool touches(struct text text, size_t start, size_t end)
{
    return (start && (unsigned char)text.bytes[start - 1] >= 0x80) ||
           (end < text.length && (unsigned char)text.bytes[end] >= 0x80);
}

/* An apostrophe that closes nothing: "Tu'". */
static bool lone_apostrophe(struct text text, size_t start, size_t end)
{
    size_t before = 0;
    for (size_t i = start; i-- > 0 && start - i < 200;)
        before += text.bytes[i] == '\'';
    return before % 2 == 0 && !viqr_is_letter(viqr_peek(text, end));
}

static bool has_onset(const struct viqr_word *word)
{
    return !viqr_carries_tone(word->letters[0].base);
}

enum sign { SIGN_NONE, SIGN_STRANGE, SIGN_OPPOSED, SIGN_TAIL, SIGN_FAINT, SIGN_WEAK, SIGN_DECISIVE };

/* Full stops, question marks and apostrophes inside a syllable; "a.m", "I'm" and "cho.Ban" are none. At its
 * end they may be a tone where they would be odd signs: the sentence goes on behind, nothing was quoted. */
static enum sign judge_faint(struct text text, size_t start, size_t end, const struct viqr_word *word)
{
    bool i_am = word->count == 2 && text.bytes[start] == 'I' && word->letters[1].base == 'm';
    bool whole = encoding_syllable(word->letters, word->count) == SYLLABLE_GOOD;
    if (word->inner_sign == '.' ? whole && has_onset(word) : word->inner_sign && (has_onset(word) || !i_am))
        return SIGN_FAINT;
    if (!word->tones || word->inner_sign)
        return SIGN_NONE;
    bool followed = viqr_goes_on(text, end) || (viqr_peek(text, end) && strchr(",;:)", viqr_peek(text, end)));
    bool tail = (strchr(".?", word->last) && followed && word->count > 1) ||
                (word->last == '\'' && lone_apostrophe(text, start, end));
    return tail ? SIGN_TAIL : SIGN_NONE;
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* An amount of money, and no piece of a longer code: "50.000dd". */
static bool is_amount(struct text text, size_t start, size_t end)
{
    size_t first = start;
    while (first && (is_digit(text.bytes[first - 1]) || strchr(".,", text.bytes[first - 1])))
        first--;
    char before = first ? text.bytes[first - 1] : ' ', behind = viqr_peek(text, end);
    return first < start && !viqr_is_letter(before) && before != '-' && behind != '-' && !is_digit(behind);
}

/* 50.000dd; and abbreviations in capitals with a DD: 1940/QDD-UBND, NLDD. Those of other languages are known.
 */
static bool is_stroked(struct text text, size_t start, size_t end, const struct viqr_word *word)
{
    static const char *const others[] = { "D",   "hD",  "tD", "fD", "bD", "gD", "pD",
                                          "mmD", "Dmm", "Dr", "Ds", "Dl", "Dc" };
    char bases[VIQR_WORD + 1];
    if (!word->strokes)
        return false;
    for (size_t i = 0; i < word->count; i++) {
        bases[i] = word->letters[i].base;
        if (viqr_carries_tone(bases[i]) || (word->count > 1 && !word->letters[i].upper))
            return false;
    }
    bases[word->count] = 0;
    if (word->count == 1)
        return is_amount(text, start, end);
    bool in_code = is_digit(viqr_peek(text, end)) || (start && is_digit(text.bytes[start - 1]));
    if (in_code && strspn(bases, "bcDf") == word->count) /* hexadecimal */
        return false;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcmp(others[i], bases) == 0)
            return false;
    return true;
}

/* An abbreviation or a single letter says little: only 1940/QDD-UBND, "HSCo+", "o+?" and "O^" are seldom
 * anything else. */
static enum sign judge_abbreviation(struct text text, size_t start, size_t end, const struct viqr_word *word)
{
    char behind = viqr_peek(text, end);
    bool power = word->last == '^' && is_digit(behind);
    bool marked = (word->count > 1 && (word->shapes || word->tones)) || (word->last == '^' && !power);
    if (marked || word->combined || is_stroked(text, start, end, word))
        return SIGN_WEAK;
    return judge_faint(text, start, end, word);
}

static enum sign judge(struct text text, size_t start, size_t end, const struct viqr_word *word)
{
    bool starred = word->last == '*' && word->shapes == 1 && !word->tones; /* **to** */
    bool strong = (word->shapes && !starred) || word->inner_tone || (word->last && strchr("`~", word->last));
    switch (encoding_syllables(word->letters, word->count)) {
    case SYLLABLE_NONE:
        if (word->combined)
            return SIGN_FAINT; /* a misspelling, perhaps: no other text has such marks */
        return strong ? SIGN_OPPOSED : word->count > 1 ? SIGN_STRANGE : SIGN_NONE;
    case SYLLABLE_TONELESS:
        return SIGN_NONE;
    case SYLLABLE_ABBREVIATION:
        return judge_abbreviation(text, start, end, word);
    default:
        break;
    }
    bool called = word->bracket && viqr_peek(text, end) == ')'; /* la(n) */
    bool quoted = start > 0 && text.bytes[start - 1] == '`';    /* `la` */
    bool onset = has_onset(word);
    if (word->combined || word->shapes > 1 || (word->shapes && word->tones) ||
        (word->strokes && (word->shapes || word->tones)) || (word->inner_shape && onset && !called) ||
        (word->inner_tone && onset))
        return SIGN_DECISIVE;
    if ((strong && !quoted && !called) || word->strokes)
        return SIGN_WEAK;
    return judge_faint(text, start, end, word);
}

static void weigh(struct text text, size_t start, size_t end, const struct viqr_word *word,
                  struct encoding_viqr *survey)
{
    size_t *const counts[] = { [SIGN_STRANGE] = &survey->strange, [SIGN_OPPOSED] = &survey->opposed,
                               [SIGN_TAIL] = &survey->tails,      [SIGN_FAINT] = &survey->faint,
                               [SIGN_WEAK] = &survey->weak,       [SIGN_DECISIVE] = &survey->decisive };
    enum sign sign = judge(text, start, end, word);
    if (sign == SIGN_NONE)
        return;
    bool first = sign >= SIGN_TAIL;
    for (int higher = SIGN_DECISIVE; higher >= (int)sign && first; higher--)
        first = *counts[higher] == 0;
    if (first)
        survey->place = (struct encoding_place){ start, end - start };
    (*counts[sign])++;
}

bool encoding_viqr_possible(struct text text)
{
    for (size_t i = 1; i < text.length; i++)
        switch (text.bytes[i]) {
        case '^':
        case '(':
        case '+':
        case '`':
        case '~':
            if (viqr_carries_tone((char)(text.bytes[i - 1] | 0x20)))
                return true;
        }
    return false;
}

void encoding_viqr_survey(struct text text, struct encoding_viqr *survey)
{
    *survey = (struct encoding_viqr){ 0 };
    struct viqr_reading reading = viqr_begin(text);
    struct viqr_address address = viqr_address_find(text, 0);
    for (size_t at = 0; at < text.length;) {
        if (at >= address.start) {
            at = address.end;
            address = viqr_address_find(text, at);
            continue;
        }
        if (!viqr_is_letter(text.bytes[at])) {
            at += text.bytes[at] == '\\' && at + 1 < text.length ? 2 : 1;
            continue;
        }
        struct viqr_word word;
        size_t end = viqr_read_word(&reading, text_slice(text, 0, address.start), at, &word);
        if (word.count <= VIQR_WORD && !touches(text, at, end))
            weigh(text, at, end, &word, survey);
        at = end;
    }
}
