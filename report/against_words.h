/* What the ledger knows against what was acknowledged (history_against), as a sentence. */
#ifndef REPORT_AGAINST_WORDS_H
#define REPORT_AGAINST_WORDS_H

#include "core/value.h"

/* With the time it was seen, as people read it. */
struct text against_words(struct arena *arena, const struct value *row);

#endif
