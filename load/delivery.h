/* The life of one delivery in one run: a state machine without input or output (INTERFACE §5,
 * docs/delivery.md).
 *
 * The caller tells what happened (an event) and does what it is told (an action); time and chance come in by
 * parameter. Two pure functions stand beside the machine: one turns what the portal said into an event, the
 * other says what an end means to the outbox.
 */
#ifndef LOAD_DELIVERY_H
#define LOAD_DELIVERY_H

#include <stdbool.h>
#include <stdint.h>

#include "core/digest.h"
#include "load/backoff.h"
#include "store/outbox.h"

enum delivery_state {
    DELIVERY_PENDING,  /* nothing is written or asked yet */
    DELIVERY_WRITTEN,  /* the intent stands in a group that is not committed: nothing may leave */
    DELIVERY_INTENDED, /* the intent is on disk; it leaves, for the first time or again, when it is due */
    DELIVERY_SENT,     /* the request is under way */
    DELIVERY_INDETERMINATE, /* may stand at the portal: to be asked; what is not there is sent again */
    DELIVERY_ASKING,        /* the question of INDETERMINATE is under way */
    DELIVERY_DISPUTED,      /* answered 409 or 412: to be asked; what is not ours is a conflict */
    DELIVERY_CHECKING,      /* the question of DISPUTED is under way */
    DELIVERY_STALE,    /* left over from an earlier run and not wanted any more: to be asked, never sent */
    DELIVERY_SETTLING, /* the question of STALE is under way */
    DELIVERY_BASE_UNKNOWN, /* to be withdrawn without having been published from here: to be asked, never sent */
    DELIVERY_CHECKING_BASE, /* the question of BASE_UNKNOWN is under way */
    /* ends */
    DELIVERY_DONE, /* published or withdrawn */
    DELIVERY_REFUSED,
    DELIVERY_CONFLICT,
    DELIVERY_UNKNOWN,
    DELIVERY_FAILED,
    DELIVERY_RECALLED,
    DELIVERY_ABSENT,
    DELIVERY_UNTOUCHED, /* stays in the outbox as this run found it */
    DELIVERY_STATES
};

enum delivery_event {
    /* what the outbox and the run say */
    EVENT_BEGIN,        /* a new delivery */
    EVENT_RESUME,       /* an intent of an earlier run is open, and still what is wanted */
    EVENT_SETTLE,       /* an intent of an earlier run is open, and something else or nothing is wanted now */
    EVENT_COMMITTED,    /* the intent has reached the disk */
    EVENT_BASE_UNKNOWN, /* so it has, but nothing is known of what the portal holds */
    EVENT_DUE,          /* the time to wait is over and the portal's lane is free */
    EVENT_STOP, /* the run ends; told to what is under way only when no answer is waited for any more */
    /* what became of a request */
    EVENT_TAKEN,         /* 2xx, and nothing in it speaks against it */
    EVENT_INDETERMINATE, /* reset, timeout, cut, 5xx, another digest, unreadable: nothing is known */
    EVENT_NOT_LEFT,      /* no connection: certainly nothing arrived */
    EVENT_REFUSED,       /* 400, 413, 415, 422 */
    EVENT_MISMATCH,      /* 409, 412 */
    EVENT_BUSY,          /* 408, 425, 429, 503 */
    EVENT_CLOSED,        /* 401, 403, 404, 405, TLS, a redirect, an outage: the run stops */
    EVENT_ABSENT,        /* a withdrawal of what the portal never had */
    EVENT_CARRIED, /* it is on its way by hand; so long as that has not come back, nothing more can be learned
                    */
    EVENT_UNSENT,  /* of a question: it certainly never left, and nothing is known of what the portal holds */
    /* what the portal holds */
    EVENT_OURS,    /* what this delivery wants to stand there */
    EVENT_BASE,    /* still what it replaces */
    EVENT_NOTHING, /* the procedure is not there */
    EVENT_OTHER,   /* something else */
    DELIVERY_EVENTS
};

enum delivery_action {
    DELIVERY_NOTHING, /* go on waiting */
    DELIVERY_INTEND,  /* write the intent into the group */
    DELIVERY_WAIT,    /* until `due`, then say EVENT_DUE */
    DELIVERY_SEND,
    DELIVERY_ASK,
    DELIVERY_FINISH, /* the state is an end */
    DELIVERY_HALT,   /* the state is an end, and the run must stop */
};

struct delivery {
    enum delivery_state state;
    int64_t sends, asks; /* requests that count against the attempts: sent, and asked without an answer */
    bool left;           /* a request of this run may have arrived */
    bool doubt;          /* and may have been taken, for all that is known */
    bool noted;          /* the outbox says already that its outcome is unknown */
    int64_t due;         /* milliseconds, in the waiting states */
};

/* What a step depends on besides state and event. */
struct delivery_terms {
    const struct backoff *retry;
    int64_t now;      /* milliseconds */
    int64_t at_least; /* milliseconds to wait at least (Retry-After) */
    uint64_t chance;
    bool free; /* the failure is the portal's, not this delivery's: it does not count against its attempts */
};

enum delivery_action delivery_step(struct delivery *delivery, enum delivery_event event,
                                   const struct delivery_terms *terms);
bool delivery_is_end(enum delivery_state state);
bool delivery_is_under_way(enum delivery_state state); /* a request is out */
/* One more failure would use up its attempts. */
bool delivery_is_spent(const struct delivery *delivery, const struct backoff *retry);

/* ---- what the portal said ---- */

enum portal_result {
    RESULT_TAKEN,   /* a request was answered 2xx; the sight says what the answer says is held now */
    RESULT_HELD,    /* a question was answered; likewise */
    RESULT_UNKNOWN, /* the portal does not know the procedure */
    RESULT_REFUSED,
    RESULT_MISMATCH,
    RESULT_BUSY,
    RESULT_CLOSED,
    RESULT_LOST,
    RESULT_NOT_LEFT,
    RESULT_CARRIED, /* it is with a carrier: nobody has said yet what became of it */
    RESULT_UNSENT,  /* a question: the delivery never left, and the portal cannot be asked */
    RESULT_DENIED,  /* a question: the delivery was refused */
};

enum remote_status { REMOTE_UNSAID, REMOTE_PUBLISHED, REMOTE_ABOLISHED };

/* What the portal says it holds. A driver without digests compares contents and gives ours, or any other. */
struct remote_state {
    bool has_digest;
    struct digest digest;
    enum remote_status standing;
    struct text version, etag; /* bytes NULL: unsaid */
};

/* `body` is the digest of what was sent (of a withdrawal it is not that of a content). */
enum delivery_event delivery_classify(const struct outbox_item *item, const struct digest *body, bool asked,
                                      enum portal_result said, const struct remote_state *remote);

/* What If-Match says: what an operator ordered to be overwritten; for a procedure that is held its ETag, else
 * its version in quotes, else "*"; bytes NULL when it is not held. `quoted` gives room and lives as long as
 * the result. */
#define DELIVERY_BASE_MAX 320
struct text delivery_base(const struct outbox_item *item, char quoted[DELIVERY_BASE_MAX]);

/* False for DELIVERY_UNTOUCHED: there is nothing to write. */
bool delivery_outcome(enum delivery_state end, enum outbox_action action, enum outbox_outcome *outcome);

const char *delivery_state_name(enum delivery_state state);
const char *delivery_event_name(enum delivery_event event);

#endif
