/* What becomes of records that share a code: which of them speaks for it, and what the others are told.
 *
 * resolve_decide is pure; resolve_all runs it over everything in the store that waits. The only record of a code speaks
 * for it. Of several, those of the source that comes first in `precedence` do, if they say the same; where no source
 * is named, all must say the same; one that is rejected does not count, unless it is the one that spoke until now. A rejected record of a source that would win keeps the others back: what they say
 * would be published tonight and taken back when that record is mended. What was withdrawn is not published again because who said so is
 * gone: silence revives nothing.
 */
#ifndef TRANSFORM_RESOLVE_H
#define TRANSFORM_RESOLVE_H

#include <signal.h>

#include "store/resolution.h"

/* Whose word counts, in order; count 0: nobody's more than another's. */
struct resolve_precedence {
    const char *const *sources;
    size_t count;
    enum language language; /* of what is said of records that share a code, as the views keep it */
};

enum resolve_verdict {
    RESOLVE_ACCEPTED,    /* it speaks for the code, or says the same as who does */
    RESOLVE_OVERRULED,   /* accepted beside: it says something else than who speaks */
    RESOLVE_REJECTED,    /* by a rule */
    RESOLVE_NO_DECISION, /* rejected: it is to be withdrawn, and does not say by which decision */
    RESOLVE_SAME_CODE,   /* held: another says something else, and nobody's word counts */
    RESOLVE_OUTRANKED,   /* held: the record of the source that wins is rejected, or lacks its decision */
    RESOLVE_REVIVES, /* held: it was withdrawn on the word of a record that is gone, and this one says nothing new */
};

struct resolve_party {
    const struct resolution_member *member;
    bool lacks_decision; /* its withdrawal needs a decision that it does not name */
    bool revives; /* it would be published again only because the record is gone that had it withdrawn */
    bool spoke;   /* of a rejected one: what stands at the portal, or is on its way there, came of it */
    /* decided */
    enum resolve_verdict verdict;
    bool speaks;
    const struct resolution_member *other; /* who speaks (overruled), or would (outranked) */
};
void resolve_decide(struct resolve_party *parties, size_t count, const struct resolve_precedence *precedence);

struct resolve_counts {
    int64_t changed, accepted, rejected, held, warnings;
};

/* Everything that waits and was checked by `rules` (the number of the digest of those in force), and what another
 * `precedence` judges anew. Makes its own transactions, and ends with STATUS_STOP between two of them when `stop`
 * (NULL: none) is set. */
enum status resolve_all(struct store *store, const struct resolve_precedence *precedence, int64_t rules,
                        const volatile sig_atomic_t *stop, struct resolve_counts *counts,
                        struct error *error);

#endif
