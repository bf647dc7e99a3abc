#include "record/encoding_chunk.h"

#include <string.h>

#include "record/encoding_syllable.h"

bool encoding_separates(int32_t character)
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

bool encoding_opens(int32_t character)
{
    return character == 0x2018 || character == 0x201C || character == 0x201E;
}

bool encoding_is_letter(int32_t character)
{
    if (character < 0xC0)
        return encoding_letter_of(character).base != 0;
    return character != 0xD7 && character != 0xF7 && !(character >= 0x2000 && character < 0x2C00) &&
           !(character >= 0xE000 && character < 0xF900) && character != 0xFEFF;
}

static bool is_sign(int32_t character)
{
    return character > 0x7F && !encoding_separates(character) && !encoding_is_letter(character);
}

/* What a sign beside letters makes of a word: m², N°, «trích» are ordinary; in Unicode Windows®, 1ª and
 * notes¹ too, as far as no font reads them as a letter. */
static enum encoding_word judge_sign(enum encoding_reading reading, int32_t before, int32_t sign,
                                     int32_t behind)
{
    bool letter_before = encoding_is_letter(before), letter_behind = encoding_is_letter(behind);
    if (!letter_before && !letter_behind)
        return is_sign(behind) ? WORD_BAD : WORD_NEUTRAL;
    if (letter_behind)
        return sign == 0xAB && !letter_before ? WORD_NEUTRAL : WORD_BAD;
    if (sign == 0xB2 || sign == 0xB3 || sign == 0xBB ||
        ((sign == 0xB0 || sign == 0xBA) && before < 0x80 && strchr("NnCF", before)))
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

static bool has_vowel(const struct encoding_letter *letters, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (letters[i].base && strchr("aABeEioOPuUy", letters[i].base))
            return true;
    return false;
}

static enum encoding_word judge_word(enum encoding_reading reading, const int32_t *characters, size_t count)
{
    struct encoding_letter letters[CHUNK_BYTES];
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
    case SYLLABLE_ABBREVIATION: /* with a vowel, CÊP may be a word in a font's capitals */
        return unicode && count > 1 && has_vowel(letters, count) ? WORD_SLIP : WORD_ABBREVIATION;
    case SYLLABLE_TONELESS:
        return unicode ? WORD_SLIP : WORD_BAD;
    default:
        return unicode && looks_foreign(characters, letters, count) ? WORD_FOREIGN : WORD_BAD;
    }
}

/* The worst of the words in a chunk, or the best when none is worse than neutral. */
static enum encoding_word judge_chunk(enum encoding_reading reading, const int32_t *characters, size_t count)
{
    enum encoding_word worst = WORD_GOOD;
    enum encoding_word best = WORD_NEUTRAL;
    for (size_t i = 0; i < count;) {
        size_t start = i;
        while (i < count && encoding_is_letter(characters[i]))
            i++;
        if (i > start) {
            enum encoding_word word = judge_word(reading, characters + start, i - start);
            if (word > best)
                best = word;
            if (word < worst)
                worst = word;
            continue;
        }
        i++;
        int32_t sign = characters[start], behind = i < count ? characters[i] : 0;
        int32_t before = start ? characters[start - 1] : 0;
        if (encoding_separates(sign) &&
            !(encoding_opens(sign) && encoding_is_letter(before) && encoding_is_letter(behind)))
            continue;
        enum encoding_word word = sign < 0x20 ? WORD_BAD : judge_sign(reading, before, sign, behind);
        if (reading == READING_UTF8 && sign == 0xB5 && start == 0 && count <= 3)
            word = WORD_NEUTRAL; /* µm, µg */
        if (word < worst)
            worst = word;
    }
    return worst < WORD_NEUTRAL ? worst : best;
}

void encoding_chunk_read(enum encoding_reading reading, const unsigned char *bytes, size_t length,
                         struct encoding_chunk *chunk)
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

void encoding_chunk_judge(struct encoding_chunk *chunk)
{
    chunk->word = judge_chunk(READING_UTF8, chunk->characters, chunk->count);
}

bool encoding_chunk_same(const struct encoding_chunk *left, const struct encoding_chunk *right)
{
    return left->count && left->count == right->count &&
           memcmp(left->characters, right->characters, left->count * sizeof *left->characters) == 0;
}

/* QĐ, TTĐT: capitals with a Đ and no vowel. */
static bool is_dd_abbreviation(const struct encoding_chunk *chunk)
{
    struct encoding_letter letters[CHUNK_BYTES];
    bool stroke = false;
    for (size_t i = 0; i < chunk->count; i++) {
        letters[i] = encoding_letter_of(chunk->characters[i]);
        if (!letters[i].upper)
            return false;
        stroke |= letters[i].base == 'D';
    }
    return stroke && chunk->count > 1 && !has_vowel(letters, chunk->count);
}

/* Is it a word that speaks for its reading against one that reads it badly? Words that ran together only
 * where an ASCII capital tells so: a font's capital in a foreign word ("NiĐo") does not. */
bool encoding_chunk_speaks(const struct encoding_chunk *chunk)
{
    if (chunk->word == WORD_ABBREVIATION)
        return is_dd_abbreviation(chunk);
    bool capital = false, small = false;
    for (size_t i = 1; i < chunk->count; i++) {
        capital |= chunk->characters[i] >= 'A' && chunk->characters[i] <= 'Z';
        small |= chunk->characters[i] >= 'a' && chunk->characters[i] <= 'z';
    }
    return chunk->word == WORD_GOOD || (chunk->word == WORD_GLUED && capital && small);
}

bool encoding_chunk_signs(const struct encoding_chunk *chunk)
{
    for (size_t i = 0; i < chunk->count; i++)
        if (chunk->characters[i] >= 0x80 && !encoding_is_letter(chunk->characters[i]))
            return true;
    return false;
}

bool encoding_chunk_common(const struct encoding_chunk *chunk)
{
    struct encoding_letter letters[CHUNK_BYTES];
    for (size_t i = 0; i < chunk->count; i++)
        letters[i] = encoding_letter_of(chunk->characters[i]);
    return chunk->word == WORD_GOOD && encoding_syllable_common(letters, chunk->count);
}
