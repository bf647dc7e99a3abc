/* Why a run stops, for a person: one sentence with the portal's address, without what goes on afterwards. */
#ifndef LOAD_COURIER_REASON_H
#define LOAD_COURIER_REASON_H

#include "load/pace.h"
#include "load/portal.h"

#define COURIER_REASON_MOST 1200

/* PACE_WELL: the report's answer itself stops the run. */
void courier_reason(char reason[COURIER_REASON_MOST], const char *url, enum pace_fault fault,
                    const struct portal_report *report);

#endif
