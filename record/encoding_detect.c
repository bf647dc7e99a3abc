#include "record/encoding_detect.h"

#include <limits.h>
#include <string.h>

#include "adapters/unicode.h"
#include "record/encoding_syllable.h"

/* Longer runs of letters are cut: they are no words in any reading. */
#define CHUNK 64

enum word { WORD_BAD, WORD_FOREIGN, WORD_SLIP, WORD_NEUTRAL, WORD_ABBREVIATION, WORD_GLUED, WORD_GOOD };

struct chunk {
    int32_t characters[CHUNK];
    size_t count;
    enum word word;
};

/* What a survey remembers beside its result. A word counts once: the same abbreviation ten times proves no
 * more than once. Past SEEN words it no longer matters. */
#define SEEN 1024

struct walk {
    struct encoding_survey *survey;
    size_t run[READING_COUNT][READING_COUNT];
    uint64_t seen[SEEN];
    uint64_t contrary[SEEN]; /* a bit for each pair of readings */
    size_t seen_count;
};

static int points(enum word word)
{
    static const int all[] = {
        [WORD_BAD] = SURVEY_BAD, [WORD_ABBREVIATION] = 1, [WORD_GLUED] = 1, [WORD_GOOD] = SURVEY_GOOD
    };
    return all[word];
}

/* Signs that stand at words' edges in any text. */
static bool separates(int32_t character)
{
    switch (character) {
    case 0xA0:
    case 0x2013:
    case 0x2014:
    case 0x2018:
    case 0x2019:
    case 0x201C:
    case 0x201D:
    case 0x201E:
    case 0x2022:
    case 0x2026:
        return true;
    default:
        return character < 0x80 && (character >= 0x20 || (character >= '\t' && character <= '\r'));
    }
}

static bool is_letter(int32_t character)
{
    if (character < 0xC0)
        return encoding_letter_of(character).base != 0;
    return character != 0xD7 && character != 0xF7 && !(character >= 0x2000 && character < 0x2C00) &&
           !(character >= 0xE000 && character < 0xF900) && character != 0xFEFF;
}

static bool is_sign(int32_t character)
{
    return character > 0x7F && !separates(character) && !is_letter(character);
}

/* What a sign beside letters makes of a word: m², N°, «trích» are ordinary; in Unicode Windows®, 1ª and
 * notes¹ too, as far as no font reads them as a letter. */
static enum word judge_sign(enum encoding_reading reading, int32_t before, int32_t sign, int32_t behind)
{
    bool letter_before = is_letter(before), letter_behind = is_letter(behind);
    if (!letter_before && !letter_behind)
        return is_sign(behind) ? WORD_BAD : WORD_NEUTRAL;
    if (letter_behind)
        return sign == 0xAB && !letter_before ? WORD_NEUTRAL : WORD_BAD;
    if (sign == 0xB2 || sign == 0xB3 || sign == 0xBB ||
        (sign == 0xB0 && before < 0x80 && strchr("NnCF", before)))
        return WORD_NEUTRAL;
    bool noted = sign == 0xB0 || sign == 0xB9 || sign == 0xAE || sign == 0xA9 || sign == 0xAA ||
                 sign == 0xBA || sign == 0x2122;
    return reading == READING_UTF8 && noted ? WORD_SLIP : WORD_BAD;
}

/* A foreign word has its capitals in front or everywhere; a font's letters are capitals in the middle too. */
static bool looks_foreign(const int32_t *characters, const struct encoding_letter *letters, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        bool upper = letters[i].upper || (characters[i] >= 0xC0 && characters[i] < 0xDF);
        bool lower_before =
            characters[i - 1] >= 0xDF || (characters[i - 1] >= 'a' && characters[i - 1] <= 'z');
        if (characters[i] >= 0x80 && upper && lower_before)
            return false;
    }
    return true;
}

static enum word judge_word(enum encoding_reading reading, const int32_t *characters, size_t count)
{
    struct encoding_letter letters[CHUNK];
    bool beyond = false;
    for (size_t i = 0; i < count; i++) {
        bool eth = reading == READING_UTF8 && (characters[i] | 0x20) == 0xF0; /* Ð, often typed for Đ */
        letters[i] = encoding_letter_of(eth ? 0x110 + (characters[i] == 0xF0) : characters[i]);
        letters[i].caseless = !letters[i].upper && encoding_caseless(reading, letters[i]);
        beyond |= characters[i] >= 0x80;
    }
    if (!beyond)
        return WORD_NEUTRAL;
    bool unicode = reading == READING_UTF8;
    enum encoding_syllable found = SYLLABLE_NONE;
    if (!unicode || looks_foreign(characters, letters, count))
        found = encoding_syllables(letters, count);
    switch (found) {
    case SYLLABLE_GOOD:
        return WORD_GOOD;
    case SYLLABLE_GLUED:
        return WORD_GLUED;
    case SYLLABLE_RARE:
        return unicode ? WORD_SLIP : WORD_NEUTRAL;
    case SYLLABLE_ABBREVIATION:
        return WORD_ABBREVIATION;
    case SYLLABLE_TONELESS:
        return unicode ? WORD_SLIP : WORD_BAD;
    default:
        return unicode && looks_foreign(characters, letters, count) ? WORD_FOREIGN : WORD_BAD;
    }
}

/* The worst of the words in a chunk, or the best when none is worse than neutral. */
static enum word judge_chunk(enum encoding_reading reading, const int32_t *characters, size_t count)
{
    enum word worst = WORD_GOOD;
    enum word best = WORD_NEUTRAL;
    for (size_t i = 0; i < count;) {
        size_t start = i;
        while (i < count && is_letter(characters[i]))
            i++;
        if (i > start) {
            enum word word = judge_word(reading, characters + start, i - start);
            if (word > best)
                best = word;
            if (word < worst)
                worst = word;
            continue;
        }
        i++;
        int32_t sign = characters[start], behind = i < count ? characters[i] : 0;
        if (separates(sign))
            continue;
        bool micro = reading == READING_UTF8 && sign == 0xB5 && start == 0 && count <= 3; /* µm, µg */
        enum word word = micro         ? WORD_NEUTRAL
                         : sign < 0x20 ? WORD_BAD
                                       : judge_sign(reading, start ? characters[start - 1] : 0, sign, behind);
        if (word < worst)
            worst = word;
    }
    return worst < WORD_NEUTRAL ? worst : best;
}

static void read_chunk(enum encoding_reading reading, const unsigned char *bytes, size_t length,
                       struct chunk *chunk)
{
    chunk->count = 0;
    chunk->word = WORD_BAD;
    for (size_t at = 0; at < length;) {
        int32_t character = encoding_read(reading, bytes, length, &at);
        if (!character) {
            chunk->count = 0;
            return;
        }
        chunk->characters[chunk->count++] = character;
    }
    chunk->word = judge_chunk(reading, chunk->characters, chunk->count);
}

static bool same(const struct chunk *left, const struct chunk *right)
{
    return left->count && left->count == right->count &&
           memcmp(left->characters, right->characters, left->count * sizeof *left->characters) == 0;
}

static uint64_t hash(const unsigned char *bytes, size_t length)
{
    uint64_t value = 14695981039346656037u;
    for (size_t i = 0; i < length; i++)
        value = (value ^ bytes[i]) * 1099511628211u;
    return value ? value : 1;
}

/* The slot of a word, and whether it was there before. */
static size_t recall(struct walk *walk, const unsigned char *bytes, size_t length, bool *known)
{
    uint64_t key = hash(bytes, length);
    size_t slot = (size_t)(key ^ (key >> 32)) % SEEN;
    while (walk->seen[slot] && walk->seen[slot] != key)
        slot = (slot + 1) % SEEN;
    *known = walk->seen[slot] == key;
    if (*known)
        return slot;
    if (walk->seen_count >= SEEN / 4 * 3)
        return SEEN;
    walk->seen_count++;
    walk->seen[slot] = key;
    return slot;
}

static uint64_t pair(int first, int second)
{
    return (uint64_t)1 << (first * READING_COUNT + second);
}

/* Is it a word that speaks for its reading against one that reads it badly? Words that ran together only
 * where an ASCII capital tells so: a font's capital in a foreign word ("NiĐo") does not. */
static bool speaks(const struct chunk *chunk)
{
    bool capital = false;
    for (size_t i = 1; i < chunk->count; i++)
        capital |= chunk->characters[i] >= 'A' && chunk->characters[i] <= 'Z';
    return chunk->word == WORD_GOOD || (chunk->word == WORD_GLUED && capital) ||
           (chunk->word == WORD_ABBREVIATION && chunk->count > 1 && chunk->count < 6);
}

/* Adds up the points of a new word; the pairs of which the first reads it badly and the second well. */
static uint64_t compare(struct encoding_survey *survey, const struct chunk *chunks,
                        struct encoding_place place)
{
    uint64_t contrary = 0;
    survey->words++;
    for (int first = 0; first < READING_COUNT; first++) {
        enum word word = chunks[first].word;
        survey->points[first] += points(word);
        survey->counts[first].good += word == WORD_GOOD;
        survey->counts[first].bad += word == WORD_BAD;
        survey->counts[first].neutral += word != WORD_GOOD && word != WORD_BAD;
        for (int second = 0; second < READING_COUNT; second++) {
            if (second == first || same(&chunks[first], &chunks[second]))
                continue;
            if (survey->differ[first][second]++ == 0)
                survey->differ_place[first][second] = place;
            survey->gain[first][second] += points(word) - points(chunks[second].word);
            if (word < WORD_SLIP && speaks(&chunks[second]))
                contrary |= pair(first, second);
            if (first != READING_UTF8)
                continue;
            survey->slips[second] += word == WORD_SLIP && chunks[second].word == WORD_GOOD;
            survey->foreign[second] += word == WORD_FOREIGN && chunks[second].word == WORD_BAD;
        }
    }
    return contrary;
}

static void note_contrary(struct walk *walk, uint64_t contrary, struct encoding_place place)
{
    struct encoding_survey *survey = walk->survey;
    if (!contrary) {
        memset(walk->run, 0, sizeof walk->run);
        return;
    }
    for (int first = 0; first < READING_COUNT; first++)
        for (int second = 0; second < READING_COUNT; second++) {
            if (!(contrary & pair(first, second))) {
                walk->run[first][second] = 0;
                continue;
            }
            if (survey->contrary[first][second]++ == 0)
                survey->contrary_place[first][second] = place;
            if (++walk->run[first][second] > survey->contrary_run[first][second])
                survey->contrary_run[first][second] = walk->run[first][second];
        }
}

static bool in_chunk(unsigned char byte)
{
    return byte >= 0x80 || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') ||
           (byte && byte < 0x20 && !(byte >= '\t' && byte <= '\r'));
}

void encoding_survey_bytes(struct text text, struct encoding_survey *survey)
{
    const unsigned char *bytes = (const unsigned char *)text.bytes;
    struct walk walk = { .survey = survey };
    struct chunk chunks[READING_COUNT];
    *survey = (struct encoding_survey){ 0 };
    for (size_t at = 0; at < text.length;) {
        size_t start = at;
        bool beyond = false;
        while (at < text.length && at - start < CHUNK && in_chunk(bytes[at])) {
            beyond |= bytes[at] >= 0x80 || bytes[at] < 0x20;
            at++;
        }
        if (at == start)
            at++;
        if (!beyond)
            continue;
        bool known;
        size_t slot = recall(&walk, bytes + start, at - start, &known);
        uint64_t contrary = known ? walk.contrary[slot] : 0;
        for (int reading = 0; !known && reading < READING_COUNT; reading++)
            read_chunk((enum encoding_reading)reading, bytes + start, at - start, &chunks[reading]);
        if (!known)
            contrary = compare(survey, chunks, (struct encoding_place){ start, at - start });
        if (slot < SEEN)
            walk.contrary[slot] = contrary;
        note_contrary(&walk, contrary, (struct encoding_place){ start, at - start });
    }
}

static bool is_small(int32_t character)
{
    struct encoding_letter letter = encoding_letter_of(character);
    return letter.base && !letter.upper;
}

/* Does a letter of Vietnamese stand at `at` (behind the character `first`) whose UTF-8 bytes were shown one
 * by one? "XÃ" before a no-break space or a quote is no such letter (à, Ô) unless small letters stand around
 * it. */
static bool is_mojibake(struct text utf8, size_t at, int32_t before, int32_t first)
{
    if (at == utf8.length)
        return false;
    int32_t second = unicode_next(utf8, &at);
    if (first == 0xB7) /* Mac Roman's E1 before its BA and BB */
        return second == 0x222B || second == 0xAA;
    int byte = encoding_windows_byte(second);
    if (byte < 0x80 || byte >= 0xC0)
        return false;
    if (first == 0xE1) {
        int third = at < utf8.length ? encoding_windows_byte(unicode_next(utf8, &at)) : -1;
        return (byte == 0xBA || byte == 0xBB) && third >= 0x80 && third < 0xC0;
    }
    if (!encoding_letter_of((first & 0x1F) << 6 | (byte & 0x3F)).base)
        return false;
    return !separates(second) || is_small(before) || (at < utf8.length && is_small(unicode_next(utf8, &at)));
}

/* A word of a typed text: the bytes that its characters may stand for, or the letters that only Unicode has.
 */
struct typed {
    unsigned char bytes[CHUNK];
    int32_t characters[CHUNK];
    size_t count;
    bool beyond, own, strange;
    struct encoding_place place;
};

static uint64_t survey_typed_word(struct walk *walk, const struct typed *typed)
{
    struct encoding_survey *survey = walk->survey;
    struct chunk chunks[READING_COUNT] = { 0 };
    struct chunk *stands = &chunks[READING_UTF8];
    bool known;
    size_t slot = recall(walk, typed->bytes, typed->count, &known);
    if (known)
        return walk->contrary[slot];
    stands->count = typed->count;
    memcpy(stands->characters, typed->characters, typed->count * sizeof *typed->characters);
    stands->word = judge_chunk(READING_UTF8, typed->characters, typed->count);
    for (int reading = READING_UTF8 + 1; reading < READING_COUNT; reading++)
        read_chunk((enum encoding_reading)reading, typed->bytes, typed->count, &chunks[reading]);
    uint64_t contrary = compare(survey, chunks, typed->place);
    if (slot < SEEN)
        walk->contrary[slot] = contrary;
    return contrary;
}

static void typed_end(struct walk *walk, const struct typed *typed)
{
    if (!typed->beyond)
        return;
    if (typed->strange && !typed->own) {
        walk->survey->strange++;
        return;
    }
    walk->survey->own += typed->own;
    note_contrary(walk, typed->own ? 0 : survey_typed_word(walk, typed), typed->place);
}

static void typed_add(struct typed *typed, int32_t character, size_t start, size_t end)
{
    int byte = encoding_windows_byte(character);
    if (typed->count == 0)
        *typed = (struct typed){ .place = { start, 0 } };
    typed->beyond |= character >= 0x80;
    if (byte < 0) {
        bool own = encoding_letter_of(character).base != 0;
        typed->own |= own;
        typed->strange |= !own;
        byte = 0;
    }
    typed->characters[typed->count] = character;
    typed->bytes[typed->count++] = (unsigned char)byte;
    typed->place.length = end - typed->place.at;
}

/* A guillemet that opens a quotation which is closed, or closes one, and so no letter of a font. */
static bool is_quote(struct text utf8, size_t start, size_t end, size_t letters_before)
{
    struct text sign = text_slice(utf8, start, end - start);
    size_t found;
    if (text_equal(sign, TEXT("\u00AB")))
        return letters_before == 0 && text_find(text_slice(utf8, end, 400), TEXT("\u00BB"), &found);
    size_t from = start > 400 ? start - 400 : 0;
    return text_equal(sign, TEXT("\u00BB")) && (end == utf8.length || !is_letter(unicode_next(utf8, &end))) &&
           text_find(text_slice(utf8, from, start - from), TEXT("\u00AB"), &found);
}

/* The start of the next word that has more than ASCII in it: most have not. */
static size_t skip_ascii(struct text utf8, size_t at)
{
    size_t word = at;
    while (at < utf8.length && (unsigned char)utf8.bytes[at] < 0x80) {
        unsigned char byte = (unsigned char)utf8.bytes[at++] | 0x20;
        if (byte < 'a' || byte > 'z')
            word = at;
    }
    return at < utf8.length ? word : at;
}

void encoding_survey_typed(struct text utf8, struct encoding_survey *survey)
{
    struct walk walk = { .survey = survey };
    struct typed typed = { .count = 0 };
    int32_t before = 0;
    *survey = (struct encoding_survey){ 0 };
    for (size_t at = 0; at < utf8.length;) {
        if (typed.count == 0 && (unsigned char)utf8.bytes[at] < 0x80) {
            size_t word = skip_ascii(utf8, at);
            if (word == utf8.length)
                break;
            before = word > at ? utf8.bytes[word - 1] : before;
            at = word;
        }
        size_t start = at;
        int32_t character = unicode_next(utf8, &at);
        bool lead = (character >= 0xC3 && character <= 0xC6) || character == 0xE1 || character == 0xB7;
        if (lead && is_mojibake(utf8, at, before, character) && survey->mojibake++ == 0)
            survey->mojibake_place = (struct encoding_place){ start, at - start };
        before = character;
        bool inside =
            (!separates(character) || is_letter(character)) && !is_quote(utf8, start, at, typed.count);
        inside &= is_letter(character) || encoding_windows_byte(character) >= 0;
        if (inside)
            typed_add(&typed, character, start, at);
        if (typed.count && (!inside || typed.count == CHUNK || at == utf8.length)) {
            typed_end(&walk, &typed);
            typed.count = 0;
        }
    }
}

enum encoding_reading encoding_survey_best(const struct encoding_survey *survey)
{
    int best = READING_UTF8;
    long most = LONG_MIN;
    for (int reading = 0; reading < READING_COUNT; reading++) {
        long sum = survey->points[reading];
        if (sum > most) {
            most = sum;
            best = reading;
        }
    }
    return (enum encoding_reading)best;
}
