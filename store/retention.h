/* Housekeeping of payloads at a run's end: packing, and forgetting.
 *
 * The bytes of sources are packed (zlib): mostly on their way in, and what was not, once the run that brought it is
 * over. When the configuration says how long they are kept, those that no record has needed for so long are forgotten:
 * an event names their digests, their rows stay with digest and size, and every proof goes on holding. What a record
 * still is made of, and what an event calls a content, is never forgotten.
 */
#ifndef STORE_RETENTION_H
#define STORE_RETENTION_H

#include "store/store.h"

struct retention_settings {
    int64_t source_ms; /* since a record last needed the bytes; 0: for ever */
    int64_t budget_ms; /* for packing, 200 payloads at least; the rest goes on in the next run. 0: no limit */
};

struct retention_done {
    int64_t packed, bytes_before, bytes_after;
    int64_t forgotten;
};

/* Inside a run, outside a transaction. */
enum status retention_run(struct store *store, const struct retention_settings *settings,
                          struct retention_done *done, struct error *error);

#endif
