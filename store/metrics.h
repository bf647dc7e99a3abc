/* What a monitor wants to know of the store, in the text format of Prometheus (node-exporter's textfile
 * collector): the last run and the last that went well, procedures by state, what is kept back, terms, the age of each
 * source's last whole listing, the store's size. Times are seconds since 1970. */
#ifndef STORE_METRICS_H
#define STORE_METRICS_H

#include "store/store.h"

/* `today` is the day in Vietnam, yyyy-mm-dd. */
enum status metrics_write(struct store *store, const char *today, const char *version, struct buffer *out,
                          struct error *error);

#endif
