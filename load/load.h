/* load: procedures to the portal. */
#ifndef LOAD_LOAD_H
#define LOAD_LOAD_H

#include "load/load_request.h"
#include "store/store_run.h"

/* Reads and checks the settings of portal and brakes without touching anything (also for `check`). Secrets
 * are resolved. */
enum status load_check(const struct load_request *request, struct error *error);

/* Asks the portal something that changes nothing. STATUS_STOP when it does not answer as it should. */
enum status load_trial(const struct load_request *request, struct error *error);

/* Delivers what is wanted and, where approval is in force, approved: the gate (store/approval.h) stands before each
 * intent. Fills the counts of sent … withdrawn and pending. STATUS_OK even when records are
 * refused; STATUS_STOP on outage, refused credentials, a brake or a signal, with everything pending; at a brake,
 * what is approved goes all the same. */
enum status load_run(struct store *store, const struct load_request *request, struct run_counts *counts,
                     struct error *error);

#endif
