/* What the ledger knows against what was acknowledged (history_against), as a sentence. */
#ifndef REPORT_AGAINST_WORDS_H
#define REPORT_AGAINST_WORDS_H

#include "core/error.h"
#include "core/value.h"

/* With the time it was seen, as people read it. */
struct text against_words(struct arena *arena, const struct value *row);

/* Says, under STATUS_USAGE, that nothing acknowledged stood there at the end of `day`; of a day before the ledger `begins` (bytes
 * NULL: it is none) that nothing is known. `known`: when the last event was, where the day is not over (history_known_at). */
enum status against_absence(struct error *error, struct text code, const char *day, struct text known,
                            struct text begins);

#endif
