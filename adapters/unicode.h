/* The door to utf8proc: what is known about characters. Texts are valid UTF-8 unless said otherwise. */
#ifndef ADAPTERS_UNICODE_H
#define ADAPTERS_UNICODE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/text.h"

/* The byte offset of the first invalid sequence, or text.length when the text is valid UTF-8 (no surrogates).
 */
size_t unicode_invalid_at(struct text text);

/* For names that the machine or a file system gives, and what a query answers: bytes that are no UTF-8, and NULs, are
 * written out, as "<EA>" and "<00>". The text itself when there is none of them. */
struct text unicode_mend(struct arena *arena, struct text text);

/* The character at `at`, and `at` moved behind it. The text must be valid. */
int32_t unicode_next(struct text text, size_t *at);
size_t unicode_put(int32_t character, char bytes[4]); /* returns the length */
size_t unicode_length(struct text text);              /* characters */

bool unicode_nfc_certain(struct text text); /* quick: true is certain, false means "ask unicode_nfc" */
/* Quick: letters, signs, single blanks or line breaks between them, in NFC; nothing that is not seen or that spoilt
 * texts hold ("?", Ã, Ä, Å, Æ, U+FFFD, ð for đ). False means that somebody is to look closer. */
bool unicode_is_plain(struct text text);
struct text unicode_nfc(struct arena *arena, struct text text); /* the text itself when it already is */
struct text unicode_nfd(struct arena *arena, struct text text);
struct text unicode_lower(struct arena *arena,
                          struct text text); /* simple case folding of each character, NFC */
bool unicode_is_letter(int32_t character);
bool unicode_is_mark(int32_t character);
/* Not a control or format character (bidi, zero width), surrogate, or separator of lines or paragraphs. */
bool unicode_is_visible(int32_t character);

/* A key for matching: NFC, folded case, blanks to one and trimmed, tone placement made one (hoà = hòa, uỷ =
 * ủy). */
struct text unicode_fold(struct arena *arena, struct text text);
/* Which of the names is this one, folded; `count`: none. */
size_t unicode_find_folded(struct text name, const struct text *names, size_t count);

/* The English name of the block that a letter stands in ("Cyrillic"), or "other". */
const char *unicode_script(int32_t character);

/* Takes no room: soft hyphens, joiners, marks of direction. */
static inline bool unicode_is_unseen(int32_t character)
{
    return character == 0xad || (character >= 0x200b && character <= 0x200f) ||
           (character >= 0x202a && character <= 0x202e) || character == 0x2060 || character == 0xfeff;
}

#endif
