/* What the two ends of portal_child.h say to one another: what one of these functions puts, the one beside it takes. */
#ifndef LOAD_PORTAL_WIRE_H
#define LOAD_PORTAL_WIRE_H

#include "core/message.h"
#include "load/portal.h"

enum portal_wire {
    SAID_OPENED = 1, /* to the owner: the portal can be spoken to, or why not */
    SAID_NOTICE,
    SAID_SECRET, /* one that was given on the way */
    SAID_ASK_CONTENT,
    SAID_REPORT,
    SAID_NOT_TAKEN, /* a submission, and why */
    SAID_BROKEN,    /* the driver cannot go on */
    SAID_SUBMIT,    /* to the child */
    SAID_CONTENT
};

/* `number` is the owner's for a request. What is taken lives in the arena. */
void portal_wire_put_request(struct buffer *out, int64_t number, const struct portal_request *request);
void portal_wire_take_request(struct message *message, struct arena *arena, int64_t *number,
                              struct portal_request *request);

/* A whole message; `most`: requests that a submission takes from now on. Of `own`, what a driver remembers of its request.
 * Texts are borrowed from the message, what its words were made of from `why`. False: it makes no sense. */
void portal_wire_put_report(struct buffer *out, size_t most, int64_t number,
                            const struct portal_response *report);
bool portal_wire_take_report(struct message *message, struct error *why, size_t *most, int64_t *number,
                             struct portal_request *own, struct portal_response *report);

/* A whole message; taken from behind its status, when that says that there is one. */
void portal_wire_put_content(struct buffer *out, enum status status, const struct portal_content *content,
                             const struct error *error);
void portal_wire_take_content(struct message *message, struct arena *arena, struct portal_content *content);

#endif
