/* Words for a person: why a run stops (one sentence with the portal's address, without what goes on
 * afterwards), and why an answer decides nothing. */
#ifndef LOAD_STOP_REASON_H
#define LOAD_STOP_REASON_H

#include "load/congestion.h"
#include "load/delivery_task.h"

/* CONGESTION_NONE: the report's answer itself stops the run. */
void stop_reason(struct error *reason, const char *url, enum congestion_fault fault,
                 const struct portal_response *report);

/* The report says why an answer that could be read leaves everything in doubt. */
void stop_reason_of_doubt(struct portal_response *report, struct arena *arena,
                          const struct delivery_task *delivery_task);

/* The report says why a delivery stays unknown although the portal has answered. False: it has not. */
bool stop_reason_of_unknown(struct portal_response *report, struct arena *arena,
                            const struct delivery_task *delivery_task, enum delivery_event event);

#endif
