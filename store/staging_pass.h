/* What one pass over a source knows, shared by the files of store/staging.h. For these only. */
#ifndef STORE_STAGING_PASS_H
#define STORE_STAGING_PASS_H

#include "core/bits.h"
#include "store/counters.h"
#include "store/fingerprints.h"
#include "store/staging.h"

struct staging {
    struct store *store;
    const char *name;
    const struct staging_sink *sink; /* NULL: none */
    int64_t source;
    struct staging_counts counts;
    struct bits seen, before; /* a bit for each record of the store, by number; before: in the first walk */
    int64_t context;          /* the payload of the context staged last */
    struct digest context_digest;
    bool has_context;
    int in_group;
    /* A source that had no record before: what this pass staged is all there is, and most look-ups are
     * spared. */
    bool fresh;
    struct fingerprints staged;
    int64_t last; /* the record that was seen last: a listing mostly goes on with the one after it */
    struct counters numbers; /* of a key that came more than once: the next "KEY (n)" to be tried */
    char shared[80];         /* the first of these */
    struct counters places; /* of the same bytes in a document without keys: the last record that took them */
};

static inline bool staging_has_seen(const struct staging *staging, int64_t record)
{
    return bits_has(&staging->seen, record);
}

static inline void staging_mark_seen(struct staging *staging, int64_t record)
{
    bits_add(&staging->seen, record);
}

/* What the sink took is written. */
enum status staging_settle_sink(const struct staging *staging, struct error *error);
void staging_free(struct staging *staging);

#endif
