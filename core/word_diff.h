/* Two texts, word by word: which stand in both, which only in one of them. */
#ifndef CORE_WORD_DIFF_H
#define CORE_WORD_DIFF_H

#include "core/arena.h"
#include "core/text.h"

enum word_side { WORD_BOTH, WORD_BEFORE, WORD_AFTER };

/* A stretch of words with the blanks behind them, in the order in which both texts are read. */
struct word_piece {
    enum word_side side;
    struct text text; /* borrowed from its text; of both: from `after` */
    struct word_piece *next;
};

/* NULL: both are empty. Texts whose middles are too long to compare (WORD_DIFF_CELLS) are told apart as wholes, but for
 * the words that they begin and end with. */
#define WORD_DIFF_CELLS 4000000
struct word_piece *word_diff(struct arena *arena, struct text before, struct text after);

#endif
