/* Where the old encodings keep the letters of Vietnamese, and what the letters are made of.
 *
 * Sources of the tables: VISCII: RFC 1456. TCVN 5712:1993 (VN1; the ABC fonts use its small letters).
 * Windows-1258 and Windows-1252: the Unicode Consortium's mapping files. VPS: the Vietnamese Professionals
 * Society's font encoding with its capitals among the control characters. VNI: the VNI fonts for Windows.
 */
#ifndef RECORD_ENCODING_TABLES_H
#define RECORD_ENCODING_TABLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A way to read bytes. Two readings stand behind ENCODING_TCVN3: the ABC fonts with Windows' punctuation, and
 * the standard's own first table (what iconv writes), whose capitals lie where the fonts have punctuation. */
enum encoding_reading {
    READING_UTF8,
    READING_TCVN3,
    READING_TCVN1,
    READING_VNI,
    READING_VISCII,
    READING_VPS,
    READING_CP1258,
    READING_COUNT,
};

/* The character at `at`, tones composed, and `at` moved behind it; 0 (and `at` unmoved) where the bytes mean
 * nothing in this reading: an unassigned byte, or a tone behind what cannot carry it. */
int32_t encoding_read(enum encoding_reading reading, const unsigned char *bytes, size_t length, size_t *at);

/* The byte that a Windows-1252 program shows as this character, U+0080–U+009F included; -1 when there is
 * none. */
int encoding_windows_byte(int32_t character);

enum { TONE_NONE, TONE_GRAVE, TONE_ACUTE, TONE_HOOK, TONE_TILDE, TONE_DOT };

/* A letter taken apart. `base` is a small ASCII letter, or a capital one for the letters with a shape: A ă, B
 * â, D đ, E ê, O ô, P ơ, U ư; 0 when it is no letter of Vietnamese. */
struct encoding_letter {
    char base;
    uint8_t tone;
    bool upper;
    bool caseless; /* see encoding_caseless; not set by encoding_letter_of */
};

/* Capitals that lie under their small letter in this reading's usual fonts: a small one may stand for either.
 */
bool encoding_caseless(enum encoding_reading reading, struct encoding_letter letter);

struct encoding_letter encoding_letter_of(int32_t character);
int32_t encoding_letter_compose(char base, unsigned tone, bool upper); /* 0 when there is no such letter */

#endif
