/* Vietnamese letters without a Unicode library: enough to know a handful of words whatever their case.
 *
 * Texts are NFC, as the normaliser leaves them: a letter whose tone stands apart is not known, and tone
 * placement is not folded. Anything beyond known words belongs to adapters/unicode. Bytes that are not UTF-8
 * count as U+FFFD, one by one.
 */
#ifndef CORE_VIETNAMESE_H
#define CORE_VIETNAMESE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/text.h"

uint32_t vietnamese_next(struct text text, size_t *at); /* the character at `at`, and `at` moved behind it */
bool vietnamese_is_letter(uint32_t character); /* A–Z, the Latin letters of U+00C0–U+01B0, U+1EA0–U+1EF9 */
uint32_t vietnamese_lower(uint32_t character); /* other characters are their own */

bool vietnamese_is(struct text text, const char *words); /* the same but for case */
/* The bytes that `words` takes at the text's start, whatever the case, when no letter or digit follows; 0:
 * none. */
size_t vietnamese_starts(struct text text, const char *words);
/* Takes the words and the blanks behind them off the front; false and nothing taken when they do not stand
 * there. */
bool vietnamese_take(struct text *rest, const char *words);

#endif
