/* What a delivery to the portal is asked for (load/load.h). */
#ifndef LOAD_LOAD_REQUEST_H
#define LOAD_LOAD_REQUEST_H

#include <signal.h>

#include "adapters/child.h"
#include "core/setting.h"
#include "store/approval.h"
#include "store/outbox.h"

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
    struct approval_setting approval; /* what the configuration says of it */
    struct approval_news *news;       /* what of it took effect; may be NULL */
    const char *actor;                /* who gave the command */
    const char *command;              /* which, for messages */
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

#endif
