/* What a row of the outbox says, against the events of its procedure.
 *
 * The ledger is the truth, and the row only spares reading it: what is wanted must be what its event says (and no
 * later event overrules), what is held what the last answer says, an intent the one that is open, an order or a
 * conflict that stands must stand. So whoever writes into the table publishes nothing: what he writes is named by no
 * event. The hash of each event that a row rests on is computed anew; whether the ledger as a whole holds is the
 * business of store/audit.h.
 */
#ifndef STORE_OUTBOX_PROOF_H
#define STORE_OUTBOX_PROOF_H

#include "store/outbox.h"

/* A row that does not follow from the events: `event` is the one it should follow from (0: there is none).
 * Any other status than STATUS_OK ends the pass and is its result. */
typedef enum status outbox_doubt(void *user_data, struct text code, int64_t event, const char *sentence,
                                 struct error *error);

/* At a run's beginning: were there no rows then, and has nobody else written into the file since, all rows are this run's
 * own, written in the same transactions as their events. */
enum status outbox_remember(struct store *store, struct error *error);

/* Every row that load would do something about, or (filter NULL) every row, in the order of codes; of the former none
 * where all are this run's own. One statement, in memory that does not grow with the rows. */
enum status outbox_prove(struct store *store, const struct outbox_filter *filter, outbox_doubt *doubt,
                         void *user_data, struct error *error);

#endif
