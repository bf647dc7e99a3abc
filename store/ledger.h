/* The ledger: every event as canonical JSON, its RFC 9162 leaf hash beside it, appended only.
 *
 * An event's canonical JSON (RFC 8785) has the members actor, at, code, detail, digest, event, run, seq,
 * source; those that are nothing are absent, digest is lower-case hex, detail is always an object. The leaf
 * hash is SHA-256(0x00 || that JSON); the leaf's index in the tree is seq - 1. docs/audit.md tells the same
 * to auditors.
 */
#ifndef STORE_LEDGER_H
#define STORE_LEDGER_H

#include "core/digest.h"
#include "store/store.h"

struct ledger_event {
    const char *event;           /* "accepted", "published", … */
    const char *source;          /* NULL: none */
    struct text code;            /* bytes NULL: none */
    const struct digest *digest; /* of the content it is about; NULL: none */
    const char *actor;           /* a person's name; NULL: none */
    const struct value *detail;  /* an object; NULL: {} */
};

/* Inside a transaction. STATUS_LEDGER when it cannot be written; STATUS_FATAL for what the verifiers would refuse
 * (a NUL, what is not UTF-8: names of files, words of others, texts cut inside a letter are mended where they come in). */
enum status ledger_append(struct store *store, const struct ledger_event *event, int64_t *seq,
                          struct error *error);

/* The same in a transaction of its own. */
enum status ledger_append_alone(struct store *store, const struct ledger_event *event, struct error *error);

/* The same for a run that has ended: only what could not be known before its head was made. */
enum status ledger_append_to(struct store *store, int64_t run, const struct ledger_event *event,
                             struct error *error);

#endif
