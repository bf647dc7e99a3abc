/* What a monitor wants to know of the store, in the text format of Prometheus (node-exporter's textfile
 * collector): the last run and the last that went well, procedures by state, what is kept back, terms, the age of each
 * source's last whole listing, the store's size. Times are seconds since 1970. */
#ifndef STORE_METRICS_H
#define STORE_METRICS_H

#include "store/store.h"

/* A night that ended before a run began: of it the ledger has nothing. */
struct metrics_attempt {
    int64_t at; /* milliseconds */
    int exit_code;
};

/* `today` is the day in Vietnam, yyyy-mm-dd; `sources` the names of those that are asked for, a list of texts (NULL: all that were
 * ever read). The last run is `attempt` where that is not NULL; then `store` may be NULL:
 * nothing more is known. */
enum status metrics_write(struct store *store, const struct metrics_attempt *attempt, const char *today,
                          const struct value *sources, const char *version, struct buffer *out,
                          struct error *error);

#endif
