/* What only steers the stages (what is staged, mapped, found, waits, what is known of sources), bound by a digest in the
 * event "run-finished": so that nobody who writes into the file between two runs decides what the next one works on.
 *
 * The digest is the SHA-256 of the digests of the tables in `steering.c`, in order; a table's, of each of its rows: a byte
 * for each value's kind, its length, its bytes. `state_form` names tables and columns; a digest of another form is not compared. Where the last
 * run died there is none. docs/audit.md tells the same.
 */
#ifndef STORE_STEERING_H
#define STORE_STEERING_H

#include "adapters/crypto.h"
#include "store/store.h"

/* Puts `state_digest` and `state_form` into the detail of "run-finished". Inside a transaction. */
enum status steering_put(struct store *store, struct arena *arena, struct value *detail, struct error *error);

enum steering { STEERING_SAME, STEERING_CHANGED, STEERING_UNBOUND };

/* Is everything as the run *run left it? Unbound: the last run died, was of another form, or there was none. */
enum status steering_compare(struct store *store, enum steering *standing, int64_t *run, struct error *error);
/* For the beginning of a run: STATUS_LEDGER when it is not, or, where nothing binds it, does not follow from the ledger
 * (store/state_proof.h). */
enum status steering_check(struct store *store, struct error *error);

#endif
