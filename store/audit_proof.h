/* Evidence that can be checked without the store: single events with their way to a head, and bundles. */
#ifndef STORE_AUDIT_PROOF_H
#define STORE_AUDIT_PROOF_H

#include "core/date.h"
#include "store/audit.h"
#include "store/merkle.h"

/* The recorded leaf hashes of a store, for store/merkle; roots of larger subtrees are kept once they are
 * known. */
struct audit_leaves;
enum status audit_leaves_open(struct store *store, struct audit_leaves **leaves, struct error *error);
const struct merkle_source *audit_leaves_source(struct audit_leaves *leaves);
void audit_leaves_close(struct audit_leaves *leaves);

/* What stood at the portal at the end of a day in Vietnam, with its proof: an object of
 *     format (1), code, on, known_at (where the day is not over, or later than the last event: the time of that
 *                event), status, head (the note of the newest head), tree_size, root,
 *     events[]   {event: its canonical JSON as a text, leaf, path[]: hex}: the publication, and the
 *                withdrawal if there was one
 *     content    the canonical bytes as a text
 * STATUS_END: nothing stood there. STATUS_STOP: the event stands behind the last head. */
enum status audit_prove(struct store *store, struct arena *arena, struct text code, struct date on,
                        struct value **proof, struct error *error);

/* Where a bundle goes: bytes appended to a file of that name; calls for one file follow one another. */
struct audit_sink {
    enum status (*put)(void *user_data, const char *name, struct text bytes, struct error *error);
    void *user_data;
};

struct audit_bundle {
    int64_t run;         /* in */
    int64_t first, last; /* out: events */
    int64_t payloads, forgotten;
    struct audit_head head;
};

/* The events of a run (0: all), their proofs, heads, payloads, rules and configuration; docs/audit.md lists
 * the files. STATUS_USAGE: there is no such run, or no head stands behind it yet. Texts live in the arena. */
enum status audit_bundle_write(struct store *store, struct arena *arena, const struct audit_sink *sink,
                               struct audit_bundle *bundle, struct error *error);

#endif
