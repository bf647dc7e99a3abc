/* One procedure of the outbox, and what every event does to it: pure functions over one row, without store or
 * portal. docs/delivery.md has the states; what is decided here is saved by outbox_save and by nothing else.
 *
 * What is wanted, ordered, dismissed, held, overwritten and under way names the event of the ledger that says so (its
 * number): whatever the row says, nothing leaves that its events do not say too (store/outbox_proof.h).
 */
#ifndef STORE_OUTBOX_ITEM_H
#define STORE_OUTBOX_ITEM_H

#include <stdbool.h>
#include <stdint.h>

#include "core/digest.h"

enum outbox_action { OUTBOX_PUBLISH, OUTBOX_WITHDRAW };

enum outbox_state {
    OUTBOX_IDLE,     /* nothing under way; pending when something is wanted */
    OUTBOX_INTENDED, /* an intent is committed, its outcome is not known */
    OUTBOX_UNKNOWN,  /* sent, and the portal could not be asked */
    OUTBOX_FAILED,   /* attempts used up and not there; or unknown, and ordered to be sent again (retry) */
    OUTBOX_REFUSED,  /* the portal refused this very content */
    OUTBOX_CONFLICT  /* the portal holds what we did not put there */
};

struct outbox_item {
    struct text code;
    bool stored;    /* it has a row */
    int64_t record; /* who speaks for it; 0: nobody did yet */
    enum outbox_state state;
    /* wanted */
    bool wanted;
    enum outbox_action action;
    int64_t content; /* payload of the canonical procedure, or of an order */
    struct digest digest;
    int64_t wanted_event; /* "accepted", "withdrawal-ordered", "overwrite-ordered", or "recalled" */
    /* held: what the portal acknowledged last */
    bool held, held_abolished;
    bool held_absent;          /* it was to be withdrawn, and the portal never had it; or it is gone there */
    bool has_held_digest;      /* false: what was withdrawn had not been published from this store */
    struct digest held_digest; /* what was published last; it stays readable when it is withdrawn */
    int64_t held_content;
    struct text version, etag; /* as the portal gave them; bytes NULL: none */
    int64_t held_event;        /* "published", "withdrawn", or "recalled" (absent) */
    /* the intent under way, when the state is intended, unknown or failed; a refusal keeps its own, by which
     * the same content is known again */
    struct text key;
    enum outbox_action intent_action;
    int64_t intent_content;
    struct digest intent_digest;
    struct text intent_base; /* the etag or version it replaces, as sent; bytes NULL: none */
    int64_t intent_event;    /* "intended" */
    int64_t approval; /* "approved", by which it is being intended; 0: nobody was asked. The event keeps it */
    int64_t attempts; /* of that intent; 0 in the state failed: an operator has it sent again */
    struct text message; /* why it is not where it should be; bytes NULL: nothing is said */
    int64_t
        behind; /* a run stopped at it, with the ledger at this event: it goes behind all others, and behind
                          * those that a run stopped at before; 0: none did */
    /* what an operator decided */
    int64_t ordered;    /* the event of a withdrawal that stands, whatever the source says; 0: none */
    bool has_dismissed; /* this content is not to be published */
    struct digest dismissed;
    int64_t dismissed_event; /* "withdrawal-ordered", "published" (adopted), or "accepted" under an order */
    struct text overwrite;   /* what If-Match says, whatever we believe to stand there; bytes NULL: nothing */
    int64_t overwrite_event;
};

bool outbox_is_open(const struct outbox_item *item);     /* an intent is under way or left over */
bool outbox_is_intended(const struct outbox_item *item); /* the intent is what is wanted */
/* An operator has it sent again: it did not fail by itself. */
bool outbox_is_retried(const struct outbox_item *item);
/* What is wanted stands at the portal already, as far as it has acknowledged. */
bool outbox_is_satisfied(const struct outbox_item *item);

/* What is to stand at the portal, and the event that says so. */
struct outbox_wish {
    enum outbox_action action;
    int64_t content;
    struct digest digest;
    int64_t event;
};

/* What the change is to leave in the ledger beside the event that caused it. */
enum outbox_note {
    OUTBOX_NOTE_NOTHING,
    OUTBOX_NOTE_WITHHELD,    /* against an order: a new content waits for an operator */
    OUTBOX_NOTE_ORDER_ENDED, /* the source says abolished itself */
};

/* The record that speaks for the procedure was accepted. What an operator decided comes first: content that
 * was dismissed is not wanted; against a withdrawal that was ordered, the same content is not wanted and a
 * new one is a conflict with `message`; a source that comes to say abolished itself ends the order. */
enum outbox_note outbox_item_want(struct outbox_item *item, int64_t record, const struct outbox_wish *wish,
                                  struct text message);
/* The record `record` says nothing any more (it was rejected, held, became a draft, or has another code now):
 * what it wanted is not wanted; what stands at the portal and what is under way stay. Where an operator ordered that to
 * overwrite what the portal holds, it is in conflict again, with `message`, until something is wanted; an order for what
 * was acknowledged before stands. False: it is another record that speaks, or an order stands; nothing changed. */
bool outbox_item_unwant(struct outbox_item *item, int64_t record, struct text message);

/* load: what is wanted becomes the intent `event`, under its key, on top of `base`. */
void outbox_item_intend(struct outbox_item *item, struct text key, struct text base, int64_t event);

enum outbox_outcome {
    OUTBOX_PUBLISHED,
    OUTBOX_WITHDRAWN,
    OUTBOX_REFUSED_BY_PORTAL,
    OUTBOX_IN_CONFLICT,
    OUTBOX_STILL_UNKNOWN,
    OUTBOX_HAS_FAILED,
    OUTBOX_RECALLED, /* the intent certainly never left (the run ended first): back to pending, not counted as
                        sent */
    /* What stands there is what was sent from here earlier, and the intent is recalled: outbox_item_supersede
     * follows. */
    OUTBOX_SUPERSEDED,
    OUTBOX_ABSENT, /* nothing to withdraw: the portal does not know the procedure; not counted as sent */
};
struct outbox_ending {
    enum outbox_outcome outcome;
    int64_t attempts;
    bool stopped;              /* the run stops at it */
    struct text version, etag; /* what the portal holds now, as it said */
    struct text message;
    int64_t event;
};
void outbox_item_answer(struct outbox_item *item, const struct outbox_ending *ending);

/* An operator takes up what was refused or is in conflict; what failed, is unknown or was under way in a run that died
 * keeps its intent, for it may have arrived after all, and is sent again under its key. */
void outbox_item_retry(struct outbox_item *item);
/* An operator's decision (a withdrawal, an adoption) holds no longer. */
void outbox_item_lift(struct outbox_item *item);
/* An operator orders a withdrawal. `said` is what the record says at this moment (NULL: nothing): it is
 * overruled, and only something else is news. */
void outbox_item_order(struct outbox_item *item, const struct outbox_wish *order, const struct digest *said);

/* What stands at the portal. */
struct outbox_standing {
    bool abolished;
    int64_t content;
    struct digest digest;
    struct text version, etag;
    int64_t event;
};
/* It was sent from here earlier and came late. What is wanted is wanted on top of it. */
void outbox_item_supersede(struct outbox_item *item, const struct outbox_standing *standing);
/* It is taken over. A withdrawal that is wanted stays wanted, on top of it; a publication, wanted or said by
 * the record, is dismissed until the record changes. */
void outbox_item_adopt(struct outbox_item *item, const struct outbox_standing *standing,
                       const struct digest *said);
/* It is to be replaced, whatever we believed: If-Match will say `base` (bytes NULL: what we believe stands there). */
void outbox_item_overwrite(struct outbox_item *item, const struct outbox_wish *wish, struct text base);
/* It is something else than was acknowledged: an operator must settle it. */
void outbox_item_differ(struct outbox_item *item, struct text message);
/* The portal does not know what it acknowledged (event "recalled", absent): what was published is wanted
 * again, what was withdrawn is not. */
void outbox_item_lose(struct outbox_item *item, int64_t event);
/* The same content stands there under another version (event "refreshed"). */
void outbox_item_refresh(struct outbox_item *item, struct text version);

#endif
