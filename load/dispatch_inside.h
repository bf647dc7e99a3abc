/* Inside of the dispatcher: what its loop (dispatcher.c) and the taking in of answers (dispatch_answer.c) share. */
#ifndef LOAD_DISPATCH_INSIDE_H
#define LOAD_DISPATCH_INSIDE_H

#include "load/congestion.h"
#include "load/delivery_task.h"
#include "load/dispatch_queues.h"
#include "load/dispatcher.h"

struct dispatcher {
    struct store *store;
    const struct load_request *request;
    const struct dispatch_gate *gate;
    struct portal *portal;
    struct clock *clock;
    struct run_counts *counts, committed;
    struct arena arena, scratch;
    struct arena kept; /* of the answers of a round */
    struct congestion congestion;
    bool restored;   /* the store is a backup, and the portal was not asked for all of it since */
    int64_t moved;   /* the last run under another portal.url; 0: none */
    int64_t now;     /* milliseconds that only go forward */
    uint64_t chance; /* the clock's, once; then what it leads to */
    /* what there is to do */
    struct text *codes;
    size_t code_count, code_next, done;
    size_t code_pending,
        code_behind;   /* where those begin that are not left over, and those a run stopped at */
    struct text drawn; /* the last probe's */
    /* deliveries by what they wait for: the commit, a free lane (questions first), their time */
    struct dispatch_queues lists;
    int64_t out, out_sends; /* submissions under way */
    size_t ahead;
    size_t answered; /* in the last round */
    /* the group */
    bool group;
    size_t rows;
    int64_t group_since, committed_at;
    int64_t progress_at;
    /* the end */
    struct delivery_evidence evidence;
    struct delivery_task *prover; /* is asked whether ETags are evidence */
    struct dispatch_queue parked; /* wait for that */
    bool stopping;
    bool resigned; /* stopping, and yet everything is done that could be: dispatch_probe_resign */
    int64_t drain_until;
    struct error *error; /* why the run stops */
};

struct delivery_terms dispatcher_terms(struct dispatcher *dispatcher);
uint64_t dispatcher_chance(struct dispatcher *dispatcher);
/* Before each row that is written: the group's transaction stands. */
enum status dispatcher_open_group(struct dispatcher *dispatcher, struct error *error);
/* The end of a delivery, into the store; what is wanted instead of one that was left over has its turn. `stopped`: the
 * run stops at it. */
enum status dispatcher_finish(struct dispatcher *dispatcher, struct delivery_task *delivery_task,
                              const struct portal_response *report, bool stopped, struct error *error);

/* Nothing leaves any more; what is out is waited for, for a while. The first reason counts. */
void dispatcher_stop(struct dispatcher *dispatcher, const struct error *why);
void dispatcher_stop_as_told(struct dispatcher *dispatcher);
/* CONGESTION_NONE: for what the answer itself says. */
void dispatcher_stop_for(struct dispatcher *dispatcher, enum congestion_fault fault,
                         const struct portal_response *report);
/* A delivery ends here, as what is known of it by now. */
enum status dispatcher_end_one(struct dispatcher *dispatcher, struct delivery_task *delivery_task,
                               struct error *error);
/* All that waits. */
enum status dispatcher_end_waiting(struct dispatcher *dispatcher, struct error *error);

/* A portal that is down is probed by what is pending: what has failed makes a poor probe, and what was left over comes first
 * and may be all that it is silent about. */
enum dispatch_turn { DISPATCH_USUAL, DISPATCH_SEND, DISPATCH_NOBODY };
enum dispatch_turn dispatch_probe_turn(struct dispatcher *dispatcher);
/* The next code is to be prepared whether there is room or not, as a probe. */
bool dispatch_probe_draw(struct dispatcher *dispatcher);
/* Before a stop: where others were answered in this run, and nothing is there any more but what earlier runs left over,
 * that ends as unknown, and it is no outage. */
void dispatch_probe_resign(struct dispatcher *dispatcher);

/* An answer, between its arrival and its place in the store. */
struct dispatch_answer {
    struct portal_response report;
    enum delivery_event event;
    bool free; /* the portal was down when it came: no failure of this delivery */
};

/* What it means, for the delivery and for the congestion: at once and in the order of the answers, for what it forbids must
 * not leave. */
enum status dispatch_answer_judge(struct dispatcher *dispatcher, struct dispatch_answer *answer,
                                  struct error *error);
/* Its lane is free again. */
void dispatch_answer_frees(struct dispatcher *dispatcher, const struct portal_response *report);
/* Takes it into the delivery, the group and the queues. */
enum status dispatch_answer_take_in(struct dispatcher *dispatcher, struct dispatch_answer *answer,
                                    struct error *error);

#endif
