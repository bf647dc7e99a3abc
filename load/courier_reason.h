/* Words for a person: why a run stops (one sentence with the portal's address, without what goes on
 * afterwards), and why an answer decides nothing. */
#ifndef LOAD_COURIER_REASON_H
#define LOAD_COURIER_REASON_H

#include "load/pace.h"
#include "load/portal.h"

#define COURIER_REASON_MOST 1200

/* PACE_WELL: the report's answer itself stops the run. */
void courier_reason(char reason[COURIER_REASON_MOST], const char *url, enum pace_fault fault,
                    const struct portal_report *report);

/* Why an answer that could be read leaves everything in doubt. */
const char *courier_reason_of_doubt(enum delivery_said said);

#endif
