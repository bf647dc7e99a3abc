/* VIQR, RFC 1456: Vietnamese in ASCII. "^" "(" "+" give a letter its shape, "`" "'" "?" "~" "." its tone,
 * "dd" is đ, and a backslash lets the next character stand for itself. */
#ifndef RECORD_ENCODING_VIQR_H
#define RECORD_ENCODING_VIQR_H

#include "core/text.h"
#include "record/encoding_detect.h"

/* Appends UTF-8. A full stop, question mark, apostrophe or bracket at the end of a word stays one when the
 * word would be no syllable with it and is one without ("theo."), or is known so ("ho^` so+."), as long as
 * the text does not escape such signs. Read, too: a star for the horn, the tone before the shape, "d-" in
 * front of a vowel. False at the first byte beyond ASCII, or at a word with "ddd" that may be two things,
 * `at`.
 */
bool encoding_viqr_decode(struct text viqr, struct buffer *out, size_t *at);

/* How much in a text looks like VIQR. Addresses of the web and of mail are passed over, words beside letters
 * beyond ASCII too. */
struct encoding_viqr {
    size_t decisive;             /* syllables whose marks no other text has: "Vie^.t", "tru+o+`ng" */
    size_t weak;                 /* syllables with marks that may be something else: "Tho+", "xa~" */
    size_t faint;                /* syllables with an inner full stop, question mark or apostrophe: "ca'c" */
    size_t tails;                /* … with one at their end that is odd there: "Tu'", "thu? tuc" */
    size_t opposed;              /* such marks in what is no syllable */
    size_t strange;              /* words without marks that are no syllables */
    struct encoding_place place; /* the first of the syllables that weigh most */
};

bool encoding_viqr_possible(struct text text); /* quick: false where no word can be decisive */
void encoding_viqr_survey(struct text text, struct encoding_viqr *survey);

#endif
