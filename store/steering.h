/* What only steers the stages (what is staged, mapped, found, waits, what is known of sources), bound by a digest in the
 * event "run-finished": so that nobody who writes into the file between two runs decides what the next one works on.
 *
 * The digest is the SHA-256 of each row of the tables in `steering.c`, in order: a byte for each value's kind, its
 * length, its bytes. `state_form` names tables and columns; a digest of another form is not compared. Where the last
 * run died there is none. docs/audit.md tells the same.
 */
#ifndef STORE_STEERING_H
#define STORE_STEERING_H

#include "adapters/crypto.h"
#include "store/store.h"

/* What the check at a run's beginning leaves for its end, where no row of `record` and `finding` was written in between:
 * the digest as far as these two, which are most of it. Whoever compares reads every row. */
struct steering_memory {
    struct crypto_hash *rows;
    uint64_t changes; /* store_rows_changed then */
};
void steering_forget(struct steering_memory *memory);

/* Puts `state_digest` and `state_form` into the detail of "run-finished". Inside a transaction. */
enum status steering_put(struct store *store, struct arena *arena, struct value *detail, struct error *error);

/* Is everything as the last run left it? *same is true where there is nothing to compare with. */
enum status steering_compare(struct store *store, bool *same, int64_t *run, struct error *error);
/* For the beginning of a run: STATUS_LEDGER when it is not. */
enum status steering_check(struct store *store, struct error *error);

#endif
