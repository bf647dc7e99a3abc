/* Two long texts beside each other, word by word: what stays, what goes, what comes. */
#ifndef CORE_WORD_DIFF_H
#define CORE_WORD_DIFF_H

#include "core/arena.h"
#include "core/text.h"

enum word_diff_kind { WORD_SAME, WORD_REMOVED, WORD_ADDED };

/* Pieces of `before` (same, removed) and `after` (added), in the order of reading; put together, the same and removed ones
 * give `before`, the same and added ones `after`. A word is what stands up to and with the blanks behind it. What lies
 * between the first and the last difference, and is more than WORD_DIFF_MAX words on both sides, is one removal and one
 * addition. */
#define WORD_DIFF_MAX 1000
typedef void word_diff_visitor(void *user_data, enum word_diff_kind kind, struct text piece);
void word_diff(struct arena *arena, struct text before, struct text after, word_diff_visitor *visit,
               void *user_data);

#endif
