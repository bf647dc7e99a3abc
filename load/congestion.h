/* How fast the portal is asked for things: requests at once, pauses, and when it counts as down.
 *
 * The window of requests grows with every answer and is halved when the portal says it is busy or is about to
 * time out, between 1 and the configuration's in_flight (additive increase, multiplicative decrease). A
 * portal that answers nothing, or takes nothing, is noticed after as many deliveries as may be under way (but
 * 5 to 16): from then on single probes go out with backoff, and when the attempts are used up the run stops.
 *
 * No input or output; time and chance come in by parameter.
 */
#ifndef LOAD_CONGESTION_H
#define LOAD_CONGESTION_H

#include <stdbool.h>
#include <stdint.h>

#include "core/backoff.h"
#include "load/delivery.h"

#define CONGESTION_LONGEST_PAUSE                                                                             \
    ((int64_t)3600 * 1000) /* milliseconds: a portal that asks for more stops the run */

enum congestion_fault {
    CONGESTION_NONE,
    CONGESTION_UNREACHABLE,   /* no connection at the first try */
    CONGESTION_UNRESPONSIVE,  /* no proper answer to anything any more */
    CONGESTION_NOT_ACCEPTING, /* questions are answered, but nothing is taken any more */
    CONGESTION_PAUSED,        /* it asked for a pause that is too long */
};

struct congestion {
    const struct backoff *retry;
    int64_t most;    /* in_flight */
    int64_t timeout; /* milliseconds, of a request */
    double window;
    bool searching;        /* the window still doubles: nothing has spoken against it yet */
    uint64_t leaving;      /* number of the request that left last */
    uint64_t narrowed;     /* requests up to this number do not narrow the window again */
    int64_t until;         /* milliseconds: nothing leaves before */
    uint64_t answers;      /* proper ones, of any kind */
    int64_t silent;        /* deliveries since then that got none */
    int64_t not_accepting; /* deliveries since the last success that were not taken */
    uint64_t unresponsive_epoch,
        rejecting_epoch; /* numbers of these two spells, so that each delivery counts once */
    uint64_t down_since; /* what left up to this number says nothing new about a portal that is down */
    int64_t probes;      /* that failed since the portal went down */
    int64_t next_probe;  /* milliseconds */
};

/* What the pace remembers of a delivery. A zeroed one is ready. */
struct congestion_mark {
    bool known;
    uint64_t answers;          /* of the pace, when its first request left */
    uint64_t leaving, sending; /* numbers of its last request, and of its last that was no question */
    uint64_t unresponsive_epoch, rejecting_epoch;
};

struct congestion_report {
    enum delivery_event event;
    bool asked;          /* it was a question */
    bool sent_before;    /* of a question: a request of this run had left */
    bool left_over;      /* it began in an earlier run: that it fails again says nothing about the portal */
    bool spoke;          /* of a question: it was answered, though the answer decides nothing */
    bool shared;         /* the wait that it asks for holds for all (429, 503) */
    bool slow;           /* a timeout */
    bool dropped;        /* of EVENT_NOT_LEFT: somebody is there, a connection stood */
    int64_t retry_after; /* milliseconds; -1: none */
    int64_t took;        /* milliseconds */
};

void congestion_start(struct congestion *congestion, const struct backoff *retry, int64_t in_flight,
                      int64_t timeout);

/* May another request leave now, with so many out (of them so many that are no questions)? */
bool congestion_allows(const struct congestion *congestion, bool question, int64_t out, int64_t out_sends,
                       int64_t now);
/* Milliseconds until a pause ends; 0: there is none. */
int64_t congestion_pause(const struct congestion *congestion, int64_t now);
void congestion_left(struct congestion *congestion, struct congestion_mark *mark, bool question);

/* Takes in what became of a request. Anything but CONGESTION_NONE: the run must stop. */
enum congestion_fault congestion_answered(struct congestion *congestion, struct congestion_mark *mark,
                                          const struct congestion_report *report, int64_t now,
                                          uint64_t chance);

bool congestion_is_down(const struct congestion *congestion);
bool congestion_is_silent(const struct congestion *congestion); /* down, and for questions too */
/* This delivery is one of those by whose silence that is known. */
bool congestion_has_counted(const struct congestion *congestion, const struct congestion_mark *mark);
/* Nothing was answered properly since this delivery's first request left: its failures are not its own. */
bool congestion_is_unresponsive_for(const struct congestion *congestion, const struct congestion_mark *mark);

#endif
