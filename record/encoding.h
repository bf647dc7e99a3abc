/* Vietnamese texts in the encodings of the nineties, into UTF-8 (NFC).
 *
 * Supported: utf-8, utf-16 (with or without a byte order mark; utf-16le, utf-16be), cp1258 (base letters with
 * combining tones: composed), viscii, tcvn3 (ABC; the capitals font by an option; TCVN 5712-1's own capitals
 * are read too), vni, vps, viq/viqr, and auto. Tables are the project's own (glibc's iconv lacks VNI and
 * VPS).
 *
 * Auto reads each word that has letters beyond ASCII in every encoding and compares how many different words
 * come out as syllables of Vietnamese. It takes an encoding when at least two words speak for it, the next
 * best that gives another text stands clearly below, and no word is bad in it but good in another one;
 * everything else is doubtful. What cannot be told at all: VIQR whose only marks are full stops or question
 * marks at words' ends ("ha."), or whose only letter is a "dd" alone, is ASCII; a typed cell all of whose
 * words are Vietnamese as they stand is Unicode; a word of another encoding that is a word in this one, too,
 * is one of this; VIQR's full stop behind a vowel is a tone where no backslash and no phrase says otherwise.
 */
#ifndef RECORD_ENCODING_H
#define RECORD_ENCODING_H

#include "core/arena.h"
#include "core/error.h"
#include "core/text.h"
#include "record/encoding_finding.h"

struct encoding_options {
    bool capitals; /* tcvn3: everything is in the capitals font (case is lost otherwise and said so) */
};

/* Decodes. STATUS_REJECT with the evidence when the text is doubtful, mixed (two encodings in one text),
 * holds bytes that the named encoding does not have, or a NUL: never a guess, nothing replaced by U+FFFD. A
 * named old encoding is believed as far as no word speaks against it. Auto also sees what is wrong inside
 * valid UTF-8: texts typed in an old font (decoded as encoding_decode_typed does), UTF-8 that was read as
 * Windows-1252 and encoded again, letters lost to U+FFFD or to a question mark, letters of a far script
 * inside a word, control characters (rejected). `finding` and `error` may be NULL. The result lives in the
 * arena, or is the text itself (without a byte order mark) when it is UTF-8 in NFC. */
enum status encoding_decode(struct arena *arena, enum encoding encoding,
                            const struct encoding_options *options, struct text bytes, struct text *utf8,
                            struct encoding_finding *finding, struct error *error);

/* Texts typed with an old font inside a Unicode file (a spreadsheet): each character up to U+00FF stands for
 * its byte (and Windows-1252's characters for theirs). Decodes such a text; ENCODING_AUTO decides whether it
 * is one, and gives the text back unchanged when it is ordinary Vietnamese. */
enum status encoding_decode_typed(struct arena *arena, enum encoding encoding,
                                  const struct encoding_options *options, struct text utf8, struct text *out,
                                  struct encoding_finding *finding, struct error *error);

/* A text that is Unicode because its source says so: STATUS_REJECT with the evidence where letters were
 * spoilt before it came here, beyond doubt: UTF-8 that was encoded twice, U+FFFD, several words with a
 * question mark in the place of a letter. Quick where there is nothing of that. */
enum status encoding_check(struct text utf8, struct error *error);

#endif
