/* What one record comes to by itself: mapped, made canonical, checked by the rules that look at it alone. No store, so
 * that it can be done by many threads, and in a process that has none.
 */
#ifndef TRANSFORM_RECORD_WORK_H
#define TRANSFORM_RECORD_WORK_H

#include "store/transform_queue.h"
#include "transform/map.h"
#include "transform/rule.h"

/* Of one source; shared by all threads. */
struct record_work_means {
    const struct map *map;
    const struct rule_set *rules;
    enum language language; /* of the findings' words */
};

/* Zeroed to begin with, used again for the next record; all of it lives until then. */
struct record_work {
    struct arena arena; /* what is no buffer: findings, code, status, gave */
    struct findings findings;
    struct normalise_counts repairs;
    struct buffer content, projection; /* empty: there is none */
    struct digest digest;              /* of the content; record_work_seal */
    struct text code, status, gave;
    struct text department; /* who mends it; bytes NULL: it does not say */
    bool other_bytes;       /* the store gave others than it was told to keep; record_work_seal */
};

/* `scratch` is emptied first; it is the thread's. */
void record_work_run(const struct record_work_means *means, const struct transform_item *item,
                     struct arena *scratch, struct record_work *work);
void record_work_clear(struct record_work *work); /* keeps its memory */
/* What only the owner of the store may say: the digest of what is to be kept, whether what it gave is what it was told to
 * keep, and whether it holds a secret, which only the owner knows. */
void record_work_seal(const struct transform_item *item, enum language language, struct record_work *work);
void record_work_free(struct record_work *work);

/* What no rule can waive. A rule that already says so in its own words is enough. */
void record_work_require(struct arena *arena, const struct value *procedure, struct findings *findings);

#endif
