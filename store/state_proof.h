/* What decides, against the ledger: every row of the outbox (store/outbox_proof.h), and of every record its outcome, its code,
 * its findings, and whether it is in its source, as the last events say; behind each number of bytes the digest that stands
 * beside it. docs/audit.md lists every column.
 */
#ifndef STORE_STATE_PROOF_H
#define STORE_STATE_PROOF_H

#include "store/outbox_proof.h"

/* Calls `say` for what does not follow. Reads the whole ledger. */
enum status state_prove(struct store *store, outbox_doubt *say, void *user_data, struct error *error);

#endif
