/* load: procedures to the portal. */
#ifndef LOAD_LOAD_H
#define LOAD_LOAD_H

#include <signal.h>

#include "adapters/child.h"
#include "core/setting.h"
#include "store/outbox.h"
#include "store/store_run.h"

/* What the command asks for. */
struct load_request {
    struct outbox_filter filter;
    const struct value *portal; /* the configuration's `portal`; NULL: STATUS_USAGE */
    const struct value *brakes; /* the configuration's `brakes`; may be NULL */
    const char *const *sources; /* all that are configured: for the brakes */
    size_t source_count;
    const char *plan;            /* the digest of the plan to be sent; NULL: whatever is wanted */
    const char *const *released; /* brakes that a person releases, with the reason */
    size_t released_count;
    const char *reason;
    const char *actor;   /* who gave the command */
    const char *command; /* which, for messages */
    const char *agency_code;
    const char *folder; /* paths and secrets are relative to it */
    const struct setting_context *context;
    struct spawner *spawner;           /* a process of its own talks to the portal; NULL: it is done here */
    const volatile sig_atomic_t *stop; /* set by a signal: end in order, STATUS_STOP */
    /* Called now and then for a progress bar; may be NULL. */
    void (*progress)(void *user_data, int64_t done, int64_t total);
    /* A sentence for a person that is no error ("the portal takes no batches"); may be NULL. */
    void (*notice)(void *user_data, const char *message);
    void *user_data;
};

/* Reads and checks the settings of portal and brakes without touching anything (also for `check`). Secrets
 * are resolved. */
enum status load_check(const struct load_request *request, struct error *error);

/* Asks the portal something that changes nothing. STATUS_STOP when it does not answer as it should. */
enum status load_trial(const struct load_request *request, struct error *error);

/* Delivers what is wanted. Fills the counts of sent … withdrawn and pending. STATUS_OK even when records are
 * refused; STATUS_STOP on outage, refused credentials, a brake or a signal, with everything pending. */
enum status load_run(struct store *store, const struct load_request *request, struct run_counts *counts,
                     struct error *error);

#endif
