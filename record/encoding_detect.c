#include "record/encoding_detect.h"

#include <limits.h>
#include <string.h>

#include "adapters/unicode.h"
#include "record/encoding_chunk.h"

/* What a survey remembers beside its result. A word counts once: the same abbreviation ten times proves no
 * more than once. Past SEEN words it no longer matters. */
#define SEEN 2048

struct walk {
    struct encoding_survey *survey;
    uint64_t seen[SEEN];
    uint64_t contrary[SEEN]; /* a bit for each pair of readings */
    size_t seen_count;
};

static int points(enum encoding_word word)
{
    static const int all[] = {
        [WORD_BAD] = SURVEY_BAD, [WORD_ABBREVIATION] = 1, [WORD_GLUED] = 1, [WORD_GOOD] = SURVEY_GOOD
    };
    return all[word];
}

/* The slot of a word, and whether it was there before. */
static size_t recall(struct walk *walk, const unsigned char *bytes, size_t length, bool *known)
{
    uint64_t hash = text_hash((struct text){ (const char *)bytes, length }), key = hash ? hash : 1;
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

/* Adds up the points of a new word; the pairs of which the first reads it badly and the second well. Bytes
 * that make a word in UTF-8 are one, unless they make a good one of letters alone in another way, too. */
static uint64_t compare(struct encoding_survey *survey, const struct encoding_chunk *chunks, bool bytes,
                        struct encoding_place place)
{
    uint64_t contrary = 0;
    survey->words++;
    for (int first = 0; first < READING_COUNT; first++) {
        enum encoding_word word = chunks[first].word;
        survey->points[first] += points(word);
        survey->counts[first].good += word == WORD_GOOD;
        survey->counts[first].bad += word == WORD_BAD;
        for (int second = 0; second < READING_COUNT; second++) {
            if (first == READING_UTF8)
                survey->foreign[second] += word == WORD_FOREIGN && chunks[second].word == WORD_BAD;
            if (second == first || encoding_chunk_same(&chunks[first], &chunks[second]))
                continue;
            if (survey->differ[first][second]++ == 0)
                survey->differ_place[first][second] = place;
            survey->gain[first][second] += points(word) - points(chunks[second].word);
            bool bad = word < WORD_SLIP || (bytes && second == READING_UTF8 &&
                                            (word < WORD_GLUED || encoding_chunk_signs(&chunks[first])));
            if (bad && encoding_chunk_speaks(&chunks[second]))
                contrary |= pair(first, second);
            if (first != READING_UTF8)
                continue;
            survey->slips[second] += word == WORD_SLIP && chunks[second].word == WORD_GOOD;
        }
    }
    return contrary;
}

static void note_contrary(struct encoding_survey *survey, uint64_t contrary, struct encoding_place place)
{
    for (int first = 0; first < READING_COUNT && contrary; first++)
        for (int second = 0; second < READING_COUNT; second++)
            if ((contrary & pair(first, second)) && survey->contrary[first][second]++ == 0)
                survey->contrary_place[first][second] = place;
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
    struct encoding_chunk chunks[READING_COUNT];
    *survey = (struct encoding_survey){ 0 };
    for (size_t at = 0; at < text.length;) {
        size_t start = at;
        bool beyond = false;
        while (at < text.length && at - start < CHUNK_BYTES && in_chunk(bytes[at])) {
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
            encoding_chunk_read((enum encoding_reading)reading, bytes + start, at - start, &chunks[reading]);
        if (!known)
            contrary = compare(survey, chunks, true, (struct encoding_place){ start, at - start });
        if (slot < SEEN)
            walk.contrary[slot] = contrary;
        note_contrary(survey, contrary, (struct encoding_place){ start, at - start });
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
    return !encoding_separates(second) || is_small(before) ||
           (at < utf8.length && is_small(unicode_next(utf8, &at)));
}

/* A word of a typed text: the bytes that its characters may stand for, or the letters that only Unicode has.
 */
struct typed {
    unsigned char bytes[CHUNK_BYTES];
    int32_t characters[CHUNK_BYTES];
    size_t count;
    bool latin, beyond, own, strange;
    bool odd; /* no letter of a European language in Latin script */
    struct encoding_place place;
};

static uint64_t survey_typed_word(struct walk *walk, const struct typed *typed)
{
    struct encoding_survey *survey = walk->survey;
    struct encoding_chunk chunks[READING_COUNT] = { 0 };
    struct encoding_chunk *stands = &chunks[READING_UTF8];
    bool known;
    size_t slot = recall(walk, typed->bytes, typed->count, &known);
    if (known)
        return walk->contrary[slot];
    stands->count = typed->count;
    memcpy(stands->characters, typed->characters, typed->count * sizeof *typed->characters);
    encoding_chunk_judge(stands);
    for (int reading = READING_UTF8 + 1; reading < READING_COUNT; reading++)
        encoding_chunk_read((enum encoding_reading)reading, typed->bytes, typed->count, &chunks[reading]);
    uint64_t contrary = compare(survey, chunks, false, typed->place);
    bool common = encoding_chunk_common(stands);
    survey->common += common;
    for (int reading = READING_UTF8 + 1; reading < READING_COUNT; reading++)
        survey->rather[reading] += !common && stands->word == WORD_GOOD &&
                                   !encoding_chunk_same(stands, &chunks[reading]) &&
                                   encoding_chunk_common(&chunks[reading]);
    if (slot < SEEN)
        walk->contrary[slot] = contrary;
    return contrary;
}

static void typed_end(struct walk *walk, const struct typed *typed)
{
    if (!typed->beyond)
        return;
    if (typed->strange && !typed->own) {
        bool alone = typed->count == 1 && typed->characters[0] < 0x800;
        walk->survey->strange += typed->odd && (typed->latin || alone);
        walk->survey->scripts += !typed->latin && !alone;
        return;
    }
    walk->survey->own += typed->own;
    if (!typed->own)
        note_contrary(walk->survey, survey_typed_word(walk, typed), typed->place);
}

static void typed_add(struct typed *typed, int32_t character, size_t start, size_t end)
{
    int byte = encoding_windows_byte(character);
    if (typed->count == 0)
        *typed = (struct typed){ .place = { start, 0 } };
    typed->beyond |= character >= 0x80;
    typed->latin |= character < 0x80 || (character >= 0x180 && character < 0x2B0);
    if (byte < 0) {
        bool own = encoding_letter_of(character).base != 0;
        typed->own |= own;
        typed->strange |= !own;
        typed->odd |= !own && character >= 0x180;
        byte = 0;
    }
    typed->characters[typed->count] = character;
    typed->bytes[typed->count++] = (unsigned char)byte;
    typed->place.length = end - typed->place.at;
}

/* A guillemet at the edge of a word whose counterpart is near, «so» or »so«, and so no letter of a font. */
static bool is_quote(struct text utf8, size_t start, size_t end, size_t letters_before)
{
    struct text sign = text_slice(utf8, start, end - start);
    bool left = text_equal(sign, TEXT("\u00AB"));
    if (!left && !text_equal(sign, TEXT("\u00BB")))
        return false;
    struct text other = left ? TEXT("\u00BB") : TEXT("\u00AB");
    size_t found, from = start > 400 ? start - 400 : 0, next = end;
    if (letters_before == 0)
        return text_find(text_slice(utf8, end, 400), other, &found);
    return (end == utf8.length || !encoding_is_letter(unicode_next(utf8, &next))) &&
           text_find(text_slice(utf8, from, start - from), other, &found);
}

/* Is the character at `start` part of a word, as a letter or as a sign that a font may show as one? */
static bool belongs(struct text utf8, size_t start, size_t end, int32_t character, size_t letters_before)
{
    if (encoding_is_letter(character))
        return true;
    if (encoding_windows_byte(character) < 0 || is_quote(utf8, start, end, letters_before))
        return false;
    bool inner = letters_before && end < utf8.length && encoding_is_letter(unicode_next(utf8, &end));
    return !encoding_separates(character) || (encoding_opens(character) && inner);
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
        bool inside = belongs(utf8, start, at, character, typed.count);
        if (inside)
            typed_add(&typed, character, start, at);
        if (typed.count && (!inside || typed.count == CHUNK_BYTES || at == utf8.length)) {
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
