/* Whether letters make a syllable of Vietnamese: an initial consonant, a rhyme, a tone that the rhyme can
 * carry, on the vowel where it is written. The grammar is that of the standard spelling; what only stands in
 * names of places and of the smaller peoples (Đắk Lắk, Krông, Pleiku) or is an old way to place the tone is
 * rare. */
#ifndef RECORD_ENCODING_SYLLABLE_H
#define RECORD_ENCODING_SYLLABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "record/encoding_tables.h"

#define SYLLABLE_LETTERS 12 /* longer words are no syllables */

enum encoding_syllable {
    SYLLABLE_NONE,         /* no syllable */
    SYLLABLE_TONELESS,     /* one but for the missing tone before c, ch, p, t: a slip of the pen */
    SYLLABLE_ABBREVIATION, /* QĐ, TTĐT, đ: capitals, or a single letter */
    SYLLABLE_RARE,
    SYLLABLE_GLUED, /* several that ran together: only from encoding_syllables */
    SYLLABLE_GOOD,
};

enum encoding_syllable encoding_syllable(const struct encoding_letter *letters, size_t count);

/* The same of a word, or of words that ran together and can be told by their capitals ("tờMẫu", "CPNghị"):
 * the worst of them, or glued when all are good. */
enum encoding_syllable encoding_syllables(const struct encoding_letter *letters, size_t count);

/* One of the few hundred that most texts of the administration are made of, as far as it has letters beyond
 * ASCII. */
bool encoding_syllable_common(const struct encoding_letter *letters, size_t count);

/* "hồ sơ", "tự do": two words that stand together often, of which the second has no tone and would be
 * another syllable with one. */
bool encoding_syllable_phrase(const struct encoding_letter *first, size_t first_count,
                              const struct encoding_letter *second, size_t second_count);

#endif
