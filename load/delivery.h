/* The life of one delivery in one run: a state machine without input or output (INTERFACE §5,
 * docs/delivery.md).
 *
 * The caller tells what happened (an event) and does what it is told (an action); time and chance come in by
 * parameter. What an answer proves, and so which event it is, load/evidence.h decides.
 */
#ifndef LOAD_DELIVERY_H
#define LOAD_DELIVERY_H

#include <stdbool.h>
#include <stdint.h>

#include "core/backoff.h"
#include "core/digest.h"
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
    /* To be asked before anything leaves: a withdrawal of what was never published from here, a replacement at
     * a portal without versions, and whatever goes to a portal that knows no conditions. */
    DELIVERY_BASE_UNKNOWN,
    DELIVERY_CHECKING_BASE, /* the question of BASE_UNKNOWN is under way */
    /* ends */
    DELIVERY_DONE, /* published or withdrawn */
    DELIVERY_REFUSED,
    DELIVERY_CONFLICT,
    DELIVERY_UNKNOWN,
    DELIVERY_FAILED,
    DELIVERY_RECALLED,
    DELIVERY_ABSENT,
    DELIVERY_SUPERSEDED, /* what we sent earlier has come there late: that is held, and this begins anew */
    DELIVERY_UNTOUCHED,  /* stays in the outbox as this run found it */
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
    EVENT_TAKEN,         /* 200 or 201 that shows evidence */
    EVENT_ACCEPTED,      /* 202: it may be done later */
    EVENT_INDETERMINATE, /* reset, timeout, cut, 5xx, no evidence, unreadable: nothing is known */
    EVENT_NOT_LEFT,      /* no connection: certainly nothing arrived */
    EVENT_REFUSED,       /* 400, 413, 415, 422 */
    EVENT_MISMATCH,      /* 409, 412 */
    EVENT_BUSY,          /* 408, 425, 429, 503 */
    EVENT_CLOSED,        /* 401, 403, 404, 405, TLS, a redirect, an outage: the run stops */
    EVENT_ABSENT,        /* a withdrawal of what the portal never had */
    EVENT_GONE,          /* the portal does not know what it acknowledged before */
    EVENT_CARRIED, /* it is on its way by hand; so long as that has not come back, nothing more can be learned
                    */
    EVENT_UNSENT,  /* of a question: it certainly never left, and nothing is known of what the portal holds */
    /* what the portal holds */
    EVENT_OURS,    /* what this delivery wants to stand there */
    EVENT_BASE,    /* still what it replaces */
    EVENT_NOTHING, /* the procedure is not there */
    EVENT_OTHER,   /* something else */
    EVENT_EARLIER, /* what was sent from here earlier, and came there late */
    EVENT_UNTOLD,  /* something, and nothing tells what: another version, with neither digest nor content */
    EVENT_NOT_YET, /* of the machine's own: "not there", said before it could be seen there */
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
    bool kept;     /* by an earlier run, whose request may have been taken: it keeps its intent and key */
    bool noted;    /* the outbox says already that its outcome is unknown */
    bool replaces; /* the intent names a base */
    bool ordered;  /* an operator has it sent again, once, although nothing tells whether it is there */
    bool rests; /* something is held, and nothing else is wanted: the store goes on saying that it stands */
    /* Answered 202: "not there" only says "not yet", for this run; where nothing else is to follow, for later ones too. */
    bool queued;
    int64_t shows_by; /* milliseconds: until then likewise; at first counted from what was sent last */
    int64_t due;      /* milliseconds, in the waiting states */
};

/* What a step depends on besides state and event. */
struct delivery_terms {
    const struct backoff *retry;
    int64_t now;      /* milliseconds */
    int64_t at_least; /* milliseconds to wait at least (Retry-After) */
    int64_t lag;      /* milliseconds that the portal may take to show what it has taken */
    uint64_t chance;
    bool futile; /* it is not to be sent again in this run */
    bool unsure; /* of EVENT_BUSY: who answers so stands in between, and it may have been taken behind him */
    bool free; /* the failure is the portal's, not this delivery's: it does not count against its attempts */
};

enum delivery_action delivery_step(struct delivery *delivery, enum delivery_event event,
                                   const struct delivery_terms *terms);
/* One more failure would use up its attempts. */
bool delivery_is_spent(const struct delivery *delivery, const struct backoff *retry);

/* What If-Match says: what an operator ordered to be overwritten; for a procedure that is held its ETag, else
 * its version as an entity tag, else (or where it can be none) "*"; bytes NULL when it is not held. `quoted` gives room and lives as long as
 * the result. */
#define DELIVERY_BASE_MAX 320
struct text delivery_base(const struct outbox_item *item, char quoted[DELIVERY_BASE_MAX]);

/* False for DELIVERY_UNTOUCHED: there is nothing to write. */
bool delivery_outcome(enum delivery_state end, enum outbox_action action, enum outbox_outcome *outcome);

#endif
