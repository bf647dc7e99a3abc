#include "record/encoding_viqr_word.h"

#include "record/encoding_syllable.h"

/* The horn is + in the standard, and often a star. */
/* The letter of a base and a mark for its shape, or 0; the tone of a mark. */
static char shape_of(char base, char mark)
{
    static const char table[][3] = { "a^B", "a(A", "e^E", "o^O", "o+P", "u+U", "o*P", "u*U" };
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

/* Behind the second letter or sign of a đ whose first d stands before `at`; `at` itself where there is none.
 * "d\dd" is a d before a đ. Of three d's the first two are the đ but where an abbreviation is known (GDĐT,
 * QSDĐ). "d-" is an old habit at the beginning of a word. */
static size_t read_stroke(struct text text, size_t at, struct viqr_word *word)
{
    char before = word->count && word->count <= VIQR_WORD ? word->letters[word->count - 1].base : 0;
    bool three = viqr_is_d(viqr_peek(text, at)) && viqr_is_d(viqr_peek(text, at + 1)) &&
                 !viqr_is_d(viqr_peek(text, at + 2));
    if (three && before && strchr("gs", before))
        return at;
    if (viqr_is_d(viqr_peek(text, at))) {
        word->triple |= three && (viqr_peek(text, at + 2) | 0x20) != 'p';
        return at + 1;
    }
    char third = viqr_peek(text, at + 2);
    bool old = word->count == 0 && viqr_peek(text, at) == '-' &&
               viqr_carries_tone((char)(viqr_peek(text, at + 1) | 0x20)) &&
               (viqr_is_letter(third) || tone_of(third) || (third && strchr("^(+*", third)));
    return old ? at + 1 : at;
}

/* "tu+...", "to khai.pdf", "cantho.gov.vn" */
static bool is_dot(struct text text, size_t at)
{
    static const char *const endings[] = { "com", "doc", "docx", "gov", "jpg", "net",
                                           "org", "pdf", "rar",  "vn",  "xls", "xlsx" };
    size_t end = at, behind = at + 1;
    while (viqr_peek(text, end) == '.')
        end++;
    while (viqr_is_letter(viqr_peek(text, behind)))
        behind++;
    if (end - at == 3)
        return true;
    for (size_t i = 0; i < sizeof endings / sizeof *endings && end == at + 1; i++)
        if (text_equal(text_slice(text, end, behind - end), text_of(endings[i])))
            return true;
    return false;
}

/* "a(ii)" */
static bool is_numeral(struct text text, size_t at)
{
    size_t end = at + 1;
    while (viqr_peek(text, end) && strchr("ivx", viqr_peek(text, end)))
        end++;
    return viqr_peek(text, at) == '(' && end > at + 1 && viqr_peek(text, end) == ')';
}

static size_t read_shape(struct text text, size_t at, struct encoding_letter *letter, struct viqr_word *word)
{
    char mark = viqr_peek(text, at), shape = shape_of(letter->base, mark);
    if (!shape || (letter->tone && mark == '(') || is_numeral(text, at))
        return at;
    letter->base = shape;
    word->shapes++;
    word->last = mark;
    word->bracket |= mark == '(';
    word->inner_shape |= viqr_is_letter(viqr_peek(text, at + 1));
    return at + 1;
}

/* A syllable has one tone: a second sign at its vowels is one ("ngoa`i.Ma~u"). */
static size_t read_tone(struct text text, size_t at, struct encoding_letter *letter, struct viqr_word *word)
{
    char mark = viqr_peek(text, at);
    bool sign = mark && strchr(".?'", mark);
    if (!tone_of(mark) || (sign && (word->cluster || is_dot(text, at))))
        return at;
    bool inner = viqr_is_letter(viqr_peek(text, at + 1));
    letter->tone = (uint8_t)tone_of(mark);
    word->tones++;
    word->last = mark;
    word->cluster = true;
    word->inner_tone |= inner && !sign;
    if (inner && sign)
        word->inner_sign = mark;
    return at + 1;
}

/* One letter at `at`; notes its marks: the shape, the tone, and in the order of some the tone first. */
size_t viqr_read_letter(struct text text, size_t at, struct viqr_word *word)
{
    struct encoding_letter letter = encoding_letter_of(text.bytes[at]);
    size_t start = at + 1;
    at = start;
    word->last = 0;
    if (letter.base == 'd' && (at = read_stroke(text, start, word)) > start) {
        letter.base = 'D';
        word->strokes++;
        word->cluster = false;
    } else if (viqr_carries_tone(letter.base)) {
        at = read_shape(text, at, &letter, word);
        bool shaped = at > start;
        at = read_tone(text, at, &letter, word);
        if (!shaped && letter.tone) {
            size_t behind = read_shape(text, at, &letter, word);
            shaped = behind > at;
            at = behind;
        }
        word->combined |= shaped && letter.tone;
    } else {
        word->cluster = false;
    }
    if (word->count < VIQR_WORD)
        word->letters[word->count] = letter;
    word->count++;
    return at;
}

/* Another word of the sentence stands behind. */
bool viqr_goes_on(struct text text, size_t at)
{
    char next = viqr_peek(text, at + 1);
    return viqr_peek(text, at) == ' ' && next >= 'a' && next <= 'z';
}

/* Is the mark at the word's end, which was just taken off, a sign of the sentence? Where full stops are
 * escaped, only if the mark made no syllable at all. */
static bool is_better_without(const struct viqr_reading *reading, const struct viqr_word *word,
                              enum encoding_syllable with, bool ends)
{
    enum encoding_syllable without = encoding_syllables(word->letters, word->count);
    const struct viqr_word *before = &reading->before;
    if (!reading->escaped && ends && word->last == '.' && before->count && before->count <= VIQR_WORD &&
        encoding_syllable_phrase(before->letters, before->count, word->letters, word->count))
        return true;
    if (with >= SYLLABLE_GLUED || without <= with || (without == SYLLABLE_ABBREVIATION && word->count > 5))
        return false;
    return !reading->escaped || (with == SYLLABLE_NONE && without > SYLLABLE_ABBREVIATION);
}

/* Gives up the mark at the word's end where it is none: "theo.", "ba(", "ho^` so+.". */
static size_t settle_end(const struct viqr_reading *reading, struct text text, struct viqr_word *word,
                         size_t end)
{
    bool ends = !viqr_goes_on(text, end);
    if (!word->last || !strchr(".?'(", word->last) || word->count > VIQR_WORD)
        return end;
    enum encoding_syllable with = encoding_syllables(word->letters, word->count);
    struct encoding_letter *letter = &word->letters[word->count - 1];
    struct encoding_letter kept = *letter;
    if (word->last == '(')
        letter->base = 'a';
    else
        letter->tone = TONE_NONE;
    if (!is_better_without(reading, word, with, ends)) {
        *letter = kept;
        return end;
    }
    word->shapes -= word->last == '(';
    word->tones -= word->last != '(';
    word->combined &= word->tones > 0;
    word->last = 0;
    return end - 1;
}

/* A backslash behind a letter that its sign would change: somebody, or a program, escapes. */
struct viqr_reading viqr_begin(struct text text)
{
    struct viqr_reading reading = { .escaped = false };
    for (size_t i = 1; i + 1 < text.length && !reading.escaped; i++)
        reading.escaped = text.bytes[i] == '\\' && strchr(".?", text.bytes[i + 1]) && text.bytes[i + 1] &&
                          (viqr_is_letter(text.bytes[i - 1]) || strchr("^+*(`'?~.", text.bytes[i - 1]));
    return reading;
}

/* "so+.Tru+.c": a capital behind a full stop and a small letter. */
static bool begins_sentence(struct text text, size_t at, const struct viqr_word *word)
{
    return word->count && word->count <= VIQR_WORD && word->last == '.' && text.bytes[at] <= 'Z' &&
           !word->letters[word->count - 1].upper;
}

size_t viqr_read_word(struct viqr_reading *reading, struct text text, size_t at, struct viqr_word *word)
{
    size_t start = at;
    *word = (struct viqr_word){ .count = 0 };
    if (start < 2 || text.bytes[start - 1] != ' ' || start - 1 != reading->end)
        reading->before.count = 0;
    while (viqr_is_letter(viqr_peek(text, at)) && word->count <= VIQR_WORD) {
        if (begins_sentence(text, at, word)) {
            word->inner_sign = 0;
            break;
        }
        at = viqr_read_letter(text, at, word);
    }
    at = settle_end(reading, text, word, at);
    reading->before = *word;
    reading->end = at;
    return at;
}
