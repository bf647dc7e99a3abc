/* What transform has to do, and what became of it.
 *
 * A record goes through two steps. `transform_queue_put` writes what mapping and checking alone say of it. Then records
 * are settled: those that share a code are looked at together, each gets its outcome (accepted, rejected,
 * held), the ledger its event and the outbox what is wanted. A death between the two leaves the record to be
 * settled.
 */
#ifndef STORE_TRANSFORM_QUEUE_H
#define STORE_TRANSFORM_QUEUE_H

#include "core/finding.h"
#include "store/outbox.h"
#include "store/store.h"

enum transform_work { WORK_DONE = 0, WORK_MAP = 1, WORK_CHECK = 2, WORK_RESOLVE = 3 };

/* The one pen of record.work: what is to be done again never makes what is left less. Inside a transaction. */
enum status transform_queue_raise(struct store *store, int64_t record, enum transform_work wanted,
                                  struct error *error);
/* Those that are in their sources now and give this code, but one (0: none), are resolved again; where `abolished`, only
 * those that say so, where `rejected`, only those that were. */
struct transform_shared {
    struct text code;
    int64_t but;
    bool abolished, rejected;
};
enum status transform_queue_share(struct store *store, const struct transform_shared *shared,
                                  struct error *error);
enum status transform_queue_resolved(struct store *store, int64_t record, const char *outcome,
                                     struct error *error);

/* The numbers under which recipes are known; and the records of a source marked that another recipe made: all to be
 * mapped, or only to be checked anew. Inside a transaction. */
struct transform_digests {
    int64_t map, rules;
};
enum status transform_queue_recipes(struct store *store, const struct digest *map, const struct digest *rules,
                                    struct transform_digests *transform_digests, struct error *error);
enum status transform_queue_mark(struct store *store, const char *source,
                                 const struct transform_digests *transform_digests, struct error *error);

struct transform_item {
    int64_t record;
    enum transform_work kind;
    struct text bytes;    /* of the source, or, to be checked only, the canonical procedure */
    struct digest digest; /* that the bytes must have */
    struct text context;  /* bytes NULL: none */
    struct text fault;    /* extract's reason against it; bytes NULL: none */
    int64_t content;      /* WORK_CHECK: its payload */
    bool fresh;           /* never worked before: nothing of it has to be taken back */
};

/* Of these codes? By the code that it had last, or its key. `count` 0: all are wanted. */
bool transform_queue_wants(const struct text *codes, size_t count, struct text code, struct text key);

#define TRANSFORM_QUEUE_BYTES ((size_t)2 << 20) /* of the records given out at once; one may exceed it */
/* The next records to be mapped (WORK_MAP) or only checked (WORK_CHECK), in order of their numbers, after
 * `after`; texts live in the arena. */
enum status transform_queue_next(struct store *store, const char *source, enum transform_work kind,
                                 const struct text *codes, size_t code_count, int64_t after,
                                 struct arena *arena, struct transform_item *items, size_t most,
                                 size_t *count, struct error *error);

/* What mapping and checking say of one record. Inside a transaction. */
struct transform_result {
    int64_t record;
    struct text code;   /* bytes NULL: it has none */
    struct text status; /* draft, announced, abolished; bytes NULL: none */
    struct text
        content; /* canonical bytes; bytes NULL: it could not be read, and keeps the code that it had */
    struct digest digest;  /* of the content */
    int64_t known_content; /* WORK_CHECK: the payload it has already */
    bool fresh;
    struct text gave; /* which of the map's addresses gave something; bytes NULL: as before (WORK_CHECK) */
    bool mapped;      /* WORK_MAP: what follows was looked for */
    struct text department; /* who mends it; bytes NULL: its source's name says it */
    struct text projection; /* what the rules over the store look at; bytes NULL: nothing */
    const struct findings *findings;
    enum language language; /* of what the store itself has to say of it */
};
/* A record that gives up a code which stands at the portal is told so: event `recoded`, and a warning beside its own. */
enum status transform_queue_put(struct store *store, const struct transform_result *result,
                                const struct transform_digests *transform_digests, struct error *error);
/* For store/ only: a finding of a record as it stands now; `stage` 1: of the record alone, 2: by a rule over
 * the store. Since when it stands is taken over from the same one of before. */
enum status transform_queue_put_finding(struct store *store, int64_t record, const struct finding *finding,
                                        int stage, struct error *error);

#endif
