#include "load/delivery.h"

#include <stdio.h>

#define LEAST_WAIT 32 /* of what may show late: questions in that time at most */

/* ---- the table ---- */

/* What a move may depend on. */
enum guard {
    ALWAYS,
    MORE_SENDS, /* attempts are left to send */
    MORE_ASKS,  /* attempts are left to ask */
    IN_DOUBT,   /* some request of it may have been taken */
    HAS_LEFT,   /* a request of it left in this run */
    AS_FOUND,   /* nothing of it left in this run, and its outcome was unknown before */
    PATIENT, /* what may show late is asked for as long as that may take; a queue, so often as attempts say */
    REPLACES, /* something of ours should stand there */
    ORDERED,  /* an operator has it sent again */
    RESTS,    /* the store goes on saying what stands there, and nothing follows that would find out */
};

struct target {
    enum delivery_state state;
    enum delivery_action action;
};

struct move {
    bool possible;
    enum guard guard;
    struct target met, unmet;
};

#define GO(state, action)                                                                                    \
    {                                                                                                        \
        true, ALWAYS, { DELIVERY_##state, DELIVERY_##action },                                               \
        {                                                                                                    \
            DELIVERY_PENDING, DELIVERY_NOTHING                                                               \
        }                                                                                                    \
    }
#define IF(guard, state, action, otherwise, other_action)                                                    \
    {                                                                                                        \
        true, guard, { DELIVERY_##state, DELIVERY_##action },                                                \
        {                                                                                                    \
            DELIVERY_##otherwise, DELIVERY_##other_action                                                    \
        }                                                                                                    \
    }

/* Every cell that is not here cannot happen; delivery_step says what it does then. */
static const struct move table[DELIVERY_STATES][DELIVERY_EVENTS] = {
    [DELIVERY_PENDING] = {
        [EVENT_BEGIN] = GO(WRITTEN, INTEND),
        [EVENT_RESUME] = GO(INDETERMINATE, WAIT),
        [EVENT_SETTLE] = GO(STALE, WAIT),
        [EVENT_STOP] = GO(UNTOUCHED, FINISH),
    },
    [DELIVERY_WRITTEN] = {
        [EVENT_COMMITTED] = GO(INTENDED, WAIT),
        [EVENT_BASE_UNKNOWN] = GO(BASE_UNKNOWN, WAIT),
        [EVENT_STOP] = GO(RECALLED, FINISH),
    },
    [DELIVERY_INTENDED] = {
        [EVENT_DUE] = GO(SENT, SEND),
        [EVENT_STOP] = IF(IN_DOUBT, UNKNOWN, FINISH, RECALLED, FINISH),
    },
    [DELIVERY_SENT] = {
        [EVENT_TAKEN] = GO(DONE, FINISH),
        [EVENT_ACCEPTED] = GO(INDETERMINATE, WAIT),
        [EVENT_REFUSED] = GO(REFUSED, FINISH),
        [EVENT_ABSENT] = GO(ABSENT, FINISH),
        [EVENT_GONE] = GO(CONFLICT, FINISH),
        [EVENT_CARRIED] = GO(UNKNOWN, FINISH),
        [EVENT_INDETERMINATE] = GO(INDETERMINATE, WAIT),
        [EVENT_MISMATCH] = GO(DISPUTED, WAIT),
        [EVENT_NOT_LEFT] = IF(MORE_SENDS, INTENDED, WAIT, INDETERMINATE, WAIT),
        [EVENT_BUSY] = IF(MORE_SENDS, INTENDED, WAIT, INDETERMINATE, WAIT),
        [EVENT_CLOSED] = IF(IN_DOUBT, UNKNOWN, HALT, RECALLED, HALT),
        [EVENT_STOP] = GO(UNKNOWN, FINISH),
    },
    [DELIVERY_INDETERMINATE] = {
        [EVENT_DUE] = GO(ASKING, ASK),
        [EVENT_STOP] = IF(HAS_LEFT, UNKNOWN, FINISH, UNTOUCHED, FINISH),
    },
    [DELIVERY_ASKING] = {
        [EVENT_OURS] = GO(DONE, FINISH),
        [EVENT_BASE] = IF(MORE_SENDS, INTENDED, WAIT, FAILED, FINISH),
        [EVENT_NOTHING] = IF(MORE_SENDS, INTENDED, WAIT, FAILED, FINISH),
        [EVENT_NOT_YET] = IF(PATIENT, INDETERMINATE, WAIT, UNKNOWN, FINISH),
        [EVENT_OTHER] = GO(CONFLICT, FINISH),
        [EVENT_EARLIER] = GO(SUPERSEDED, FINISH),
        [EVENT_UNTOLD] = IF(ORDERED, INTENDED, WAIT, UNKNOWN, FINISH),
        [EVENT_ABSENT] = GO(ABSENT, FINISH),
        [EVENT_GONE] = GO(CONFLICT, FINISH),
        [EVENT_REFUSED] = GO(REFUSED, FINISH),
        [EVENT_CARRIED] = IF(AS_FOUND, UNTOUCHED, FINISH, UNKNOWN, FINISH),
        [EVENT_UNSENT] = IF(MORE_SENDS, INTENDED, WAIT, FAILED, FINISH),
        [EVENT_INDETERMINATE] = IF(MORE_ASKS, INDETERMINATE, WAIT, UNKNOWN, FINISH),
        [EVENT_NOT_LEFT] = IF(MORE_ASKS, INDETERMINATE, WAIT, UNKNOWN, FINISH),
        [EVENT_BUSY] = IF(MORE_ASKS, INDETERMINATE, WAIT, UNKNOWN, FINISH),
        [EVENT_CLOSED] = IF(HAS_LEFT, UNKNOWN, HALT, UNTOUCHED, HALT),
        [EVENT_STOP] = IF(HAS_LEFT, UNKNOWN, FINISH, UNTOUCHED, FINISH),
    },
    [DELIVERY_DISPUTED] = {
        [EVENT_DUE] = GO(CHECKING, ASK),
        [EVENT_STOP] = GO(UNKNOWN, FINISH),
    },
    [DELIVERY_CHECKING] = {
        [EVENT_OURS] = GO(DONE, FINISH),
        /* An earlier request of this very delivery may be what the portal found in the way. */
        [EVENT_BASE] = IF(IN_DOUBT, UNKNOWN, FINISH, CONFLICT, FINISH),
        [EVENT_UNTOLD] = IF(IN_DOUBT, UNKNOWN, FINISH, CONFLICT, FINISH),
        [EVENT_NOT_YET] = IF(PATIENT, DISPUTED, WAIT, UNKNOWN, FINISH),
        [EVENT_OTHER] = GO(CONFLICT, FINISH),
        [EVENT_EARLIER] = GO(SUPERSEDED, FINISH),
        /* Something is in the way, and nothing is there: the portal contradicts itself. */
        [EVENT_NOTHING] = GO(UNKNOWN, FINISH),
        [EVENT_ABSENT] = GO(UNKNOWN, FINISH),
        [EVENT_GONE] = GO(UNKNOWN, FINISH),
        [EVENT_INDETERMINATE] = IF(MORE_ASKS, DISPUTED, WAIT, UNKNOWN, FINISH),
        [EVENT_NOT_LEFT] = IF(MORE_ASKS, DISPUTED, WAIT, UNKNOWN, FINISH),
        [EVENT_BUSY] = IF(MORE_ASKS, DISPUTED, WAIT, UNKNOWN, FINISH),
        [EVENT_CLOSED] = GO(UNKNOWN, HALT),
        [EVENT_STOP] = GO(UNKNOWN, FINISH),
    },
    [DELIVERY_STALE] = {
        [EVENT_DUE] = GO(SETTLING, ASK),
        [EVENT_STOP] = GO(UNTOUCHED, FINISH),
    },
    [DELIVERY_SETTLING] = {
        [EVENT_OURS] = GO(DONE, FINISH),
        [EVENT_BASE] = GO(RECALLED, FINISH),
        /* Whether that is a conflict, the delivery of what is wanted now finds out, if anything is. */
        [EVENT_NOTHING] = IF(RESTS, UNKNOWN, FINISH, RECALLED, FINISH),
        [EVENT_OTHER] = IF(RESTS, CONFLICT, FINISH, RECALLED, FINISH),
        [EVENT_EARLIER] = GO(SUPERSEDED, FINISH),
        [EVENT_UNTOLD] = IF(ORDERED, RECALLED, FINISH, UNKNOWN, FINISH),
        [EVENT_NOT_YET] = IF(PATIENT, STALE, WAIT, UNKNOWN, FINISH),
        [EVENT_ABSENT] = IF(RESTS, UNKNOWN, FINISH, RECALLED, FINISH),
        [EVENT_GONE] = IF(RESTS, UNKNOWN, FINISH, RECALLED, FINISH),
        [EVENT_REFUSED] = GO(REFUSED, FINISH),
        [EVENT_CARRIED] = IF(AS_FOUND, UNTOUCHED, FINISH, UNKNOWN, FINISH),
        [EVENT_UNSENT] = GO(RECALLED, FINISH),
        [EVENT_INDETERMINATE] = IF(MORE_ASKS, STALE, WAIT, UNKNOWN, FINISH),
        [EVENT_NOT_LEFT] = IF(MORE_ASKS, STALE, WAIT, UNKNOWN, FINISH),
        [EVENT_BUSY] = IF(MORE_ASKS, STALE, WAIT, UNKNOWN, FINISH),
        [EVENT_CLOSED] = GO(UNTOUCHED, HALT),
        [EVENT_STOP] = GO(UNTOUCHED, FINISH),
    },
    [DELIVERY_BASE_UNKNOWN] = {
        [EVENT_DUE] = GO(CHECKING_BASE, ASK),
        [EVENT_STOP] = GO(RECALLED, FINISH),
    },
    [DELIVERY_CHECKING_BASE] = {
        [EVENT_OURS] = GO(DONE, FINISH),
        [EVENT_BASE] = GO(INTENDED, WAIT),
        [EVENT_NOTHING] = IF(REPLACES, CONFLICT, FINISH, INTENDED, WAIT),
        [EVENT_ABSENT] = GO(ABSENT, FINISH),
        [EVENT_GONE] = GO(CONFLICT, FINISH),
        [EVENT_OTHER] = GO(CONFLICT, FINISH),
        [EVENT_UNTOLD] = GO(CONFLICT, FINISH),
        [EVENT_EARLIER] = GO(SUPERSEDED, FINISH),
        [EVENT_NOT_YET] = IF(PATIENT, BASE_UNKNOWN, WAIT, UNKNOWN, FINISH),
        /* Nobody can look: the order goes, and whoever carries it out says what he found. */
        [EVENT_UNSENT] = GO(INTENDED, WAIT),
        [EVENT_INDETERMINATE] = IF(MORE_ASKS, BASE_UNKNOWN, WAIT, UNKNOWN, FINISH),
        [EVENT_NOT_LEFT] = IF(MORE_ASKS, BASE_UNKNOWN, WAIT, UNKNOWN, FINISH),
        [EVENT_BUSY] = IF(MORE_ASKS, BASE_UNKNOWN, WAIT, UNKNOWN, FINISH),
        [EVENT_CLOSED] = GO(RECALLED, HALT),
        [EVENT_STOP] = GO(RECALLED, FINISH),
    },
};

/* A request is out. */
static bool is_under_way(enum delivery_state state)
{
    return state == DELIVERY_SENT || state == DELIVERY_ASKING || state == DELIVERY_CHECKING ||
           state == DELIVERY_SETTLING || state == DELIVERY_CHECKING_BASE;
}

bool delivery_is_spent(const struct delivery *delivery, const struct backoff *retry)
{
    return (delivery->state == DELIVERY_SENT ? delivery->sends : delivery->asks) >= retry->attempts;
}

static bool holds(const struct delivery *delivery, enum guard guard, const struct backoff *retry)
{
    switch (guard) {
    case MORE_SENDS:
        return delivery->sends < retry->attempts;
    case MORE_ASKS:
        return delivery->asks < retry->attempts;
    case PATIENT:
        return delivery->asks < retry->attempts || !delivery->queued;
    case IN_DOUBT:
        return delivery->doubt;
    case HAS_LEFT:
        return delivery->left;
    case AS_FOUND:
        return delivery->noted && !delivery->left;
    case REPLACES:
        return delivery->replaces;
    case ORDERED:
        return delivery->ordered && delivery->sends < retry->attempts;
    case RESTS:
        return delivery->rests;
    case ALWAYS:
        break;
    }
    return true;
}

/* The counters, before the guards look at them. */
static void count(struct delivery *delivery, enum delivery_event event, const struct delivery_terms *terms)
{
    bool failed = event == EVENT_INDETERMINATE || event == EVENT_NOT_LEFT || event == EVENT_BUSY;
    if (delivery->state == DELIVERY_SENT) {
        bool may =
            event == EVENT_INDETERMINATE || event == EVENT_ACCEPTED || (event == EVENT_BUSY && terms->unsure);
        delivery->doubt |= may;
        delivery->left |= event != EVENT_NOT_LEFT;
        delivery->queued |= event == EVENT_ACCEPTED;
        if (terms->lag && (may || event == EVENT_MISMATCH))
            delivery->shows_by = terms->now + terms->lag;
        if (failed && terms->free && delivery->sends)
            delivery->sends--;
        if (terms->futile && delivery->sends < terms->retry->attempts)
            delivery->sends = terms->retry->attempts;
    } else if (is_under_way(delivery->state)) {
        if (!failed && event != EVENT_NOT_YET)
            delivery->asks = 0;
        else if (terms->free && delivery->asks)
            delivery->asks--;
    }
}

/* 202 and "not yet": from `first` to `most`, each twice the one before; the last one when it must show. */
static int64_t patience(const struct delivery *delivery, const struct delivery_terms *terms)
{
    const struct backoff *retry = terms->retry;
    int64_t wait = retry->first < retry->most ? retry->first : retry->most, tries = delivery->asks;
    for (; tries > 0 && wait && wait <= retry->most / 2; tries--)
        wait *= 2;
    wait = tries > 0 ? retry->most : wait;
    int64_t left = delivery->shows_by - terms->now, least = terms->lag / LEAST_WAIT + 1;
    if (delivery->queued || left <= 0)
        return wait;
    wait = wait < least ? least : wait;
    return wait < left ? wait : left;
}

static int64_t wait_after(const struct delivery *delivery, enum delivery_event event,
                          const struct delivery_terms *terms)
{
    int64_t tries = 0;
    switch (event) {
    case EVENT_ACCEPTED:
    case EVENT_NOT_YET:
        return patience(delivery, terms);
    case EVENT_BUSY:
    case EVENT_NOT_LEFT:
        tries = delivery->sends > delivery->asks ? delivery->sends : delivery->asks;
        tries = tries ? tries : 1;
        break;
    case EVENT_INDETERMINATE: /* of a request: it is asked at once; of a question: later */
        tries = delivery->asks;
        break;
    case EVENT_BASE:
    case EVENT_NOTHING: /* sent again; what was left over has not been sent by this run and need not wait */
        tries = delivery->sends;
        break;
    default:
        break;
    }
    return tries ? backoff_delay(terms->retry, tries, terms->chance) : 0;
}

static void set_due(struct delivery *delivery, enum delivery_event event, const struct delivery_terms *terms)
{
    int64_t wait = wait_after(delivery, event, terms);
    delivery->due = terms->now + (wait > terms->at_least ? wait : terms->at_least);
}

/* "Not there" and "still the old one" are no answers before it can be seen there; nor is one that is older still, not
 * even before anything is sent: what was sent last may not be seen yet. */
static bool is_early(const struct delivery *delivery, enum delivery_event event, int64_t now)
{
    bool missing = event == EVENT_NOTHING || event == EVENT_BASE || event == EVENT_GONE ||
                   event == EVENT_ABSENT || event == EVENT_UNTOLD || event == EVENT_EARLIER;
    bool after = delivery->state == DELIVERY_ASKING || delivery->state == DELIVERY_CHECKING ||
                 delivery->state == DELIVERY_SETTLING ||
                 (delivery->state == DELIVERY_CHECKING_BASE && event == EVENT_EARLIER);
    return missing && after && (now < delivery->shows_by || (delivery->queued && event != EVENT_UNTOLD));
}

enum delivery_action delivery_step(struct delivery *delivery, enum delivery_event event,
                                   const struct delivery_terms *terms)
{
    if (is_early(delivery, event, terms->now))
        event = EVENT_NOT_YET;
    else if (event == EVENT_NOTHING || event == EVENT_BASE)
        delivery->shows_by = 0;
    const struct move *move = &table[delivery->state][event];
    /* An answer that makes no sense to what was asked tells nothing; elsewhere nothing was asked. */
    if (!move->possible && is_under_way(delivery->state) && event > EVENT_STOP)
        move = &table[delivery->state][event = EVENT_INDETERMINATE];
    if (!move->possible)
        return DELIVERY_NOTHING;
    count(delivery, event, terms);
    struct target target = holds(delivery, move->guard, terms->retry) ? move->met : move->unmet;
    if (event == EVENT_UNSENT)
        delivery->kept = false;
    if (target.state == DELIVERY_RECALLED &&
        delivery->kept) /* certain is only what this run's requests left */
        target.state = delivery->left ? DELIVERY_UNKNOWN : DELIVERY_UNTOUCHED;
    delivery->state = target.state;
    if (target.action == DELIVERY_WAIT) {
        set_due(delivery, event, terms);
    } else if (target.action == DELIVERY_SEND) {
        delivery->sends++;
        delivery->ordered = false;
    } else if (target.action == DELIVERY_ASK) {
        delivery->asks++;
    }
    return target.action;
}

/* An entity tag has no quotation mark inside (RFC 9110, 8.8.3); a version may be written as one already. */
static struct text tag_of(struct text version, char quoted[DELIVERY_BASE_MAX])
{
    bool tag = version.length > 1 && version.bytes[0] == '"' && version.bytes[version.length - 1] == '"';
    struct text inner = tag ? text_slice(version, 1, version.length - 2) : version;
    if (text_find(inner, TEXT("\""), NULL))
        return TEXT("*");
    int length = snprintf(quoted, DELIVERY_BASE_MAX, "\"" TEXT_PRINT "\"", TEXT_ARG(inner));
    return length > 0 && length < DELIVERY_BASE_MAX ? text_of(quoted) : TEXT("*");
}

struct text delivery_base(const struct outbox_item *item, char quoted[DELIVERY_BASE_MAX])
{
    if (item->overwrite.length)
        return item->overwrite;
    if (!item->held)
        return TEXT_NONE;
    bool weak = text_starts(item->etag, TEXT("W/")); /* which If-Match never takes: RFC 9110, 13.1.1 */
    if (item->etag.length && !weak)
        return item->etag;
    return item->version.length ? tag_of(item->version, quoted) : TEXT("*");
}

bool delivery_outcome(enum delivery_state end, enum outbox_action action, enum outbox_outcome *outcome)
{
    switch (end) {
    case DELIVERY_DONE:
        *outcome = action == OUTBOX_WITHDRAW ? OUTBOX_WITHDRAWN : OUTBOX_PUBLISHED;
        return true;
    case DELIVERY_REFUSED:
        *outcome = OUTBOX_REFUSED_BY_PORTAL;
        return true;
    case DELIVERY_CONFLICT:
        *outcome = OUTBOX_IN_CONFLICT;
        return true;
    case DELIVERY_UNKNOWN:
        *outcome = OUTBOX_STILL_UNKNOWN;
        return true;
    case DELIVERY_FAILED:
        *outcome = OUTBOX_HAS_FAILED;
        return true;
    case DELIVERY_RECALLED:
        *outcome = OUTBOX_RECALLED;
        return true;
    case DELIVERY_ABSENT:
        *outcome = OUTBOX_ABSENT;
        return true;
    case DELIVERY_SUPERSEDED:
        *outcome = OUTBOX_SUPERSEDED;
        return true;
    default:
        return false;
    }
}
