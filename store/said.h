/* What is said of a delivery: words, and whose they are. An event keeps them in `words`, as they were that night, and beside
 * them `said`: {by: "portal"}, or {by: "program"} with `id` and `parts` as core/error_value.h has them. Older events do
 * not say whose their words are. */
#ifndef STORE_SAID_H
#define STORE_SAID_H

#include "core/arena.h"
#include "core/error.h"
#include "core/text.h"
#include "core/value.h"

struct said {
    struct text words; /* bytes NULL: nothing is said */
    const struct error
        *why; /* what they were made of, where this program made them; NULL: they are the portal's */
};
/* What this program says. */
struct said said_of(const struct error *why);

/* No more of them than is kept. */
struct text said_bounded(struct text words);

void said_put(struct arena *arena, struct value *detail, const struct said *said);

/* The words for a reader of now; `said` is the JSON kept beside them, or an error or a list of them (core/error_value.h),
 * bytes NULL: they stay as they are. The portal's own are marked as such. */
struct text said_now(struct arena *arena, struct text words, struct text said);

/* For SQL: what is kept beside these words of a procedure. */
#define SAID_OF(code, words)                                                                                 \
    "(SELECT json_extract(l.detail, '$.said') FROM ledger l WHERE l.code = " code                            \
    " AND json_extract(l.detail, '$.words') = " words " ORDER BY l.seq DESC LIMIT 1)"

#endif
