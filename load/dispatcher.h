/* The dispatcher brings deliveries to the portal: many at once, each as its state machine says, in step with the
 * store.
 *
 * Intents and answers are written in groups, one commit for many: a group is written to while answers come
 * in, and committed before the deliveries that may leave run out, or after 250 ms. Nothing leaves before the
 * commit of its intent has returned. An answer that says "taken" frees its lane before it is written down, so
 * that the portal does not wait for the store.
 */
#ifndef LOAD_DISPATCHER_H
#define LOAD_DISPATCHER_H

#include "load/load_request.h"
#include "load/portal.h"
#include "store/store_run.h"

/* Before an intent. */
struct dispatch_gate {
    struct approval_gate *approval;
    bool approved_only; /* a brake holds what nobody approved */
};

/* As load_run, with the portal read and opened. Counts what it sent. */
enum status dispatcher_run(struct store *store, const struct load_request *request,
                           const struct dispatch_gate *gate, struct portal *portal, struct run_counts *counts,
                           struct error *error);

#endif
