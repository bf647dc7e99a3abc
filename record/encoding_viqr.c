#include "record/encoding_viqr.h"

#include <string.h>

#include "adapters/unicode.h"
#include "record/encoding_syllable.h"

#define WORD 32

/* A run of letters with its marks. */
struct viqr_word {
    struct encoding_letter letters[WORD];
    size_t count;
    unsigned shapes, tones, strokes;
    bool combined;    /* a shape and a tone on one letter */
    bool inner_shape; /* … with a letter right behind the mark */
    bool inner_tone;  /* ` or ~ with a letter behind */
    char inner_sign;  /* . ? or ' with a letter behind, or 0 */
    bool bracket;     /* the shape is a ( */
    char last;        /* the mark at the word's end, or 0 */
};

static bool is_letter(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

static char peek(struct text text, size_t at)
{
    return at < text.length ? text.bytes[at] : 0;
}

static char shape_of(char base, char mark)
{
    static const char table[][3] = { "a^B", "a(A", "e^E", "o^O", "o+P", "u+U" };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i][0] == base && table[i][1] == mark)
            return table[i][2];
    return 0;
}

static unsigned tone_of(char mark)
{
    static const char marks[] = "`'?~.";
    const char *found = mark ? strchr(marks, mark) : NULL;
    return found ? (unsigned)(found - marks) + 1 : TONE_NONE;
}

static bool carries_tone(char base)
{
    return base && strchr("aABeEioOPuUy", base);
}

/* One letter at `at`; notes its marks. */
static size_t read_letter(struct text text, size_t at, struct viqr_word *word)
{
    struct encoding_letter letter = encoding_letter_of(text.bytes[at]);
    char mark, shape;
    at++;
    word->last = 0;
    if (letter.base == 'd' && (peek(text, at) | 0x20) == 'd') {
        letter.base = 'D';
        word->strokes++;
        at++;
    } else if ((shape = shape_of(letter.base, mark = peek(text, at)))) {
        letter.base = shape;
        word->shapes++;
        word->last = mark;
        word->bracket |= mark == '(';
        at++;
        word->inner_shape |= is_letter(peek(text, at));
    }
    bool shaped = word->last != 0;
    mark = peek(text, at);
    if (carries_tone(letter.base) && tone_of(mark)) {
        letter.tone = (uint8_t)tone_of(mark);
        word->tones++;
        word->last = mark;
        word->combined |= shaped;
        at++;
        bool inner = is_letter(peek(text, at));
        word->inner_tone |= inner && strchr("`~", mark);
        if (inner && !strchr("`~", mark))
            word->inner_sign = mark;
    }
    if (word->count < WORD)
        word->letters[word->count] = letter;
    word->count++;
    return at;
}

/* Gives up the mark at the word's end where the word is a better syllable without it ("theo.", "ba("). */
static size_t settle_end(struct viqr_word *word, size_t end)
{
    if (!word->last || !strchr(".?'(", word->last) || word->count > WORD)
        return end;
    enum encoding_syllable with = encoding_syllables(word->letters, word->count);
    struct encoding_letter *letter = &word->letters[word->count - 1];
    struct encoding_letter kept = *letter;
    if (word->last == '(')
        letter->base = 'a';
    else
        letter->tone = TONE_NONE;
    if (with >= SYLLABLE_GLUED || encoding_syllables(word->letters, word->count) <= with) {
        *letter = kept;
        return end;
    }
    word->shapes -= word->last == '(';
    word->tones -= word->last != '(';
    word->combined &= word->tones > 0;
    word->last = 0;
    return end - 1;
}

static size_t read_word(struct text text, size_t at, struct viqr_word *word)
{
    *word = (struct viqr_word){ .count = 0 };
    while (is_letter(peek(text, at)) && word->count <= WORD)
        at = read_letter(text, at, word);
    return settle_end(word, at);
}

static void put(struct buffer *out, int32_t character)
{
    char bytes[4];
    buffer_put(out, bytes, unicode_put(character, bytes));
}

bool encoding_viqr_decode(struct text viqr, struct buffer *out, size_t *at)
{
    for (*at = 0; *at < viqr.length;) {
        char byte = viqr.bytes[*at];
        if ((unsigned char)byte >= 0x80)
            return false;
        if (byte == '\\' && *at + 1 < viqr.length && (unsigned char)viqr.bytes[*at + 1] < 0x80) {
            buffer_char(out, viqr.bytes[*at + 1]);
            *at += 2;
            continue;
        }
        if (!is_letter(byte)) {
            buffer_char(out, byte);
            (*at)++;
            continue;
        }
        struct viqr_word word;
        size_t end = read_word(viqr, *at, &word);
        if (word.count > WORD) { /* no word: letter by letter, as the standard has it */
            word = (struct viqr_word){ .count = 0 };
            end = read_letter(viqr, *at, &word);
        }
        for (size_t i = 0; i < word.count; i++)
            put(out,
                encoding_letter_compose(word.letters[i].base, word.letters[i].tone, word.letters[i].upper));
        *at = end;
    }
    return true;
}

static char base_of(char shaped, char *mark)
{
    static const char table[][3] = { "Ba^", "Aa(", "Ee^", "Oo^", "Po+", "Uu+" };
    *mark = 0;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i][0] == shaped) {
            *mark = table[i][2];
            return table[i][1];
        }
    return shaped;
}

bool encoding_viqr_encode(struct text utf8, struct buffer *out, size_t *at)
{
    struct encoding_letter last = { 0 };
    for (*at = 0; *at < utf8.length;) {
        size_t next = *at;
        int32_t character = unicode_next(utf8, &next);
        struct encoding_letter letter = encoding_letter_of(character);
        if (character >= 0x80 && !letter.base)
            return false;
        if (character < 0x80) {
            char byte = (char)character;
            bool marks = (last.base && shape_of(last.base, byte) && !last.tone) ||
                         (carries_tone(last.base) && !last.tone && tone_of(byte)) ||
                         (last.base == 'd' && letter.base == 'd');
            if (marks || byte == '\\') {
                buffer_char(out, '\\');
                letter.base = 0;
            }
            buffer_char(out, byte);
        } else {
            char mark, base = letter.base == 'D' ? 'd' : base_of(letter.base, &mark);
            char written = (char)(letter.upper ? base - 32 : base);
            if (last.base == 'd' && base == 'd')
                return false;
            buffer_char(out, written);
            if (letter.base == 'D')
                buffer_char(out, written);
            else if (mark)
                buffer_char(out, mark);
            if (letter.tone)
                buffer_char(out, "`'?~."[letter.tone - 1]);
        }
        last = letter;
        *at = next;
    }
    return true;
}

/* The end of a run without blanks that is an address, or `at` itself. */
static size_t skip_address(struct text text, size_t at)
{
    size_t end = at;
    while (end < text.length && !strchr(" \t\r\n\"<>,;", text.bytes[end]))
        end++;
    struct text run = text_slice(text, at, end - at);
    size_t found;
    bool address = text_find(run, TEXT("@"), &found) || text_find(run, TEXT("://"), &found) ||
                   text_starts(run, TEXT("www."));
    return address ? end : at;
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
    return before % 2 == 0 && !is_letter(peek(text, end));
}

static bool has_onset(const struct viqr_word *word)
{
    return !carries_tone(word->letters[0].base);
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
    bool goes_on = peek(text, end) == ' ' && peek(text, end + 1) >= 'a' && peek(text, end + 1) <= 'z';
    bool tail = (strchr(".?", word->last) && goes_on && word->count > 1) ||
                (word->last == '\'' && lone_apostrophe(text, start, end));
    return tail ? SIGN_TAIL : SIGN_NONE;
}

/* 1940/QDD-UBND */
static bool is_number(struct text text, size_t start, size_t end, const struct viqr_word *word)
{
    return word->strokes && start > 1 && text.bytes[start - 1] == '/' && text.bytes[start - 2] >= '0' &&
           text.bytes[start - 2] <= '9' && peek(text, end) == '-';
}

/* An abbreviation or a single letter says little: only 1940/QDD-UBND, "HSCo+", "o+?" and "O^" are seldom
 * anything else. */
static enum sign judge_abbreviation(struct text text, size_t start, size_t end, const struct viqr_word *word)
{
    char behind = peek(text, end);
    bool power = word->last == '^' && behind >= '0' && behind <= '9';
    bool marked = (word->count > 1 && (word->shapes || word->tones)) || (word->last == '^' && !power);
    if (marked || word->combined || is_number(text, start, end, word))
        return SIGN_WEAK;
    return judge_faint(text, start, end, word);
}

static enum sign judge(struct text text, size_t start, size_t end, const struct viqr_word *word)
{
    bool strong = word->shapes || word->inner_tone || (word->last && strchr("`~", word->last));
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
    bool called = word->bracket && peek(text, end) == ')';   /* la(n) */
    bool quoted = start > 0 && text.bytes[start - 1] == '`'; /* `la` */
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
            if (carries_tone((char)(text.bytes[i - 1] | 0x20)))
                return true;
        }
    return false;
}

void encoding_viqr_survey(struct text text, struct encoding_viqr *survey)
{
    *survey = (struct encoding_viqr){ 0 };
    bool fresh = true; /* behind a blank */
    for (size_t at = 0; at < text.length;) {
        size_t end = fresh ? skip_address(text, at) : at;
        fresh = false;
        if (end > at) {
            at = end;
            continue;
        }
        if (!is_letter(text.bytes[at])) {
            fresh = strchr(" \t\r\n\"<>,;", text.bytes[at]);
            at += text.bytes[at] == '\\' && at + 1 < text.length ? 2 : 1;
            continue;
        }
        struct viqr_word word;
        end = read_word(text, at, &word);
        if (word.count <= WORD && !touches(text, at, end))
            weigh(text, at, end, &word, survey);
        at = end;
    }
}
