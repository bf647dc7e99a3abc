/* The outbox: what should stand at the portal, what stands there, and what is under way between the two.
 *
 * One row a procedure (table procedure_state). transform writes what is wanted; load writes intents and
 * answers; the ledger gets an event for each. An intent is committed before its request leaves; so whatever
 * the outbox does not know as `intended` has not been sent.
 *
 *     state       means                                                     goes on by
 *     idle        nothing under way; pending when something is wanted       load
 *     intended    an intent is committed, its outcome is not known          load asks the portal first
 *     unknown     sent, and the portal could not be asked                   load asks the portal first
 *     failed      attempts used up and not there, or unknown and ordered    load, first in line
 *                 to be sent again by `retry`
 *     refused     the portal refused this very content                      a changed record, or `retry`
 *     conflict    the portal holds what we did not put there                an operator (`reconcile`)
 */
#ifndef STORE_OUTBOX_H
#define STORE_OUTBOX_H

#include "core/digest.h"
#include "store/store.h"

enum outbox_action { OUTBOX_PUBLISH, OUTBOX_WITHDRAW };

enum outbox_state {
    OUTBOX_IDLE,
    OUTBOX_INTENDED,
    OUTBOX_UNKNOWN,
    OUTBOX_FAILED,
    OUTBOX_REFUSED,
    OUTBOX_CONFLICT
};

struct outbox_item {
    struct text code;
    enum outbox_state state;
    /* wanted */
    bool wanted;
    enum outbox_action action;
    int64_t content; /* payload of the canonical procedure */
    struct digest digest;
    /* held: what the portal acknowledged last */
    bool held, held_abolished;
    bool held_absent;          /* it was to be withdrawn, and the portal never had it */
    bool has_held_digest;      /* false: what was withdrawn had not been published from this store */
    struct digest held_digest; /* what was published last; it stays readable when it is withdrawn */
    int64_t held_content;
    struct text version, etag; /* as the portal gave them; bytes NULL: none */
    /* the intent under way, when the state is intended, unknown or failed */
    struct text key;
    enum outbox_action intent_action;
    int64_t intent_content;
    struct digest intent_digest;
    struct text intent_base; /* the etag or version it replaces, as sent; bytes NULL: none */
    int64_t attempts;
    /* what an operator decided */
    int64_t ordered;    /* the event of a withdrawal that stands, whatever the source says; 0: none */
    bool has_dismissed; /* this content is not to be published */
    struct digest dismissed;
    struct text overwrite; /* what If-Match says, whatever we believe to stand there; bytes NULL: nothing */
};

bool outbox_is_open(const struct outbox_item *item);      /* an intent is under way or left over */
bool outbox_is_intended(const struct outbox_item *item);  /* the intent is what is wanted */
bool outbox_is_satisfied(const struct outbox_item *item); /* what is wanted stands at the portal already */

struct outbox_filter {
    const struct text *codes; /* count 0: all */
    size_t code_count;
    const char *const *sources;
    size_t source_count;
};

/* Codes to look at, in the order of work: left over (intended, unknown), then failed, then pending (wanted,
 * idle; those last that were recalled with words, because a run stopped at them). Texts live in the arena. A
 * withdrawal that an operator ordered counts as wanted. */
enum status outbox_list(struct store *store, const struct outbox_filter *filter, struct arena *arena,
                        struct text **codes, size_t *count, struct error *error);
/* The state of one procedure. STATUS_END when there is none. Texts live in the arena. */
enum status outbox_find(struct store *store, struct arena *arena, struct text code, struct outbox_item *item,
                        struct error *error);

/* Inside a transaction: makes the item's wanted action an intent under a new idempotency key
 * ("congkhai-<store>-<seq>-<random>"), with `base` the etag or version it replaces. Fills the item's intent.
 */
enum status outbox_intend(struct store *store, struct arena *arena, struct outbox_item *item,
                          struct text base, struct error *error);

enum outbox_outcome {
    OUTBOX_PUBLISHED,
    OUTBOX_WITHDRAWN,
    OUTBOX_REFUSED_BY_PORTAL,
    OUTBOX_IN_CONFLICT,
    OUTBOX_STILL_UNKNOWN,
    OUTBOX_HAS_FAILED,
    OUTBOX_RECALLED, /* the intent certainly never left (the run ended first): back to pending, not counted as
                        sent */
    /* What stands there is `earlier`, which was sent from here before: that is published now, and the intent is
     * recalled. What is wanted begins anew on top of it. */
    OUTBOX_SUPERSEDED,
    OUTBOX_ABSENT, /* nothing to withdraw: the portal does not know the procedure; not counted as sent */
};

/* How a delivery ended in this run, with its evidence. */
struct outbox_answer {
    enum outbox_outcome outcome;
    int64_t attempts;          /* requests made for it in this run, asking included */
    int64_t started_at;        /* milliseconds: the first request of this run left */
    long status;               /* the deciding HTTP status; 0: none */
    struct text version, etag; /* what the portal holds now, as it said */
    struct text message;       /* the portal's own words, or what went wrong; at most 2,000 bytes are kept */
    bool asked;                /* learned by asking, not from the answer to the request */
    struct text answer_digest; /* hex SHA-256 of the answer's body; bytes NULL: none */
    struct digest earlier;     /* OUTBOX_SUPERSEDED: what stands there */
};
/* Was this content ever sent from here, as the ledger has it? STATUS_END: no. */
enum status outbox_sent_before(struct store *store, struct text code, const struct digest *digest,
                               struct error *error);
/* Inside a transaction: the outcome into the outbox and the ledger. */
enum status outbox_answer(struct store *store, struct outbox_item *item, const struct outbox_answer *answer,
                          struct error *error);

/* An attempt that decided nothing (503, a reset, …): evidence only. Inside a transaction. */
enum status outbox_attempt(struct store *store, const struct outbox_item *item, int64_t attempt,
                           int64_t started_at, long status, struct text message, struct error *error);

/* What transform wants. Inside a transaction. What an operator decided comes first: content that was
 * dismissed is not wanted; against a withdrawal that was ordered, the same content is not wanted and a new
 * one is a conflict (event "withheld"); a source that comes to say abolished itself ends the order. */
enum status outbox_want(struct store *store, struct text code, int64_t record, enum outbox_action action,
                        int64_t content, const struct digest *digest, struct error *error);
/* Nothing is wanted any more of a procedure whose record is `record` (it was rejected, held, became a draft,
 * or has another code now); what stands at the portal stays. */
enum status outbox_unwant(struct store *store, struct text code, int64_t record, struct error *error);

const char *outbox_state_name(enum outbox_state state);
const char *outbox_action_name(enum outbox_action action); /* "publish", "withdraw" */

#endif
