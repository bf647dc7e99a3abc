/* What the store and --json keep as ids and in UTC, for people: on a terminal and on pages. */
#ifndef REPORT_OUTPUT_WORD_H
#define REPORT_OUTPUT_WORD_H

#include "core/arena.h"
#include "core/text.h"

/* What the store and --json call "accepted", "publish", "conflict", … in the language spoken now; a word that is none of
 * these stays. */
struct text output_word(struct text word);
/* "2026-11-23 11:05:06 +07" of what is kept in UTC; what is no time stays. */
struct text output_time(struct arena *arena, struct text at);

#endif
