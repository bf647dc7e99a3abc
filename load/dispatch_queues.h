/* Where the dispatcher's delivery tasks wait. */
#ifndef LOAD_DISPATCH_QUEUES_H
#define LOAD_DISPATCH_QUEUES_H

#include "load/delivery_task.h"

struct dispatch_queue {
    struct delivery_task *first, *last;
    size_t count;
};

/* Zeroed it is ready. */
struct dispatch_queues {
    struct dispatch_queue written;     /* for the commit of their intent */
    struct dispatch_queue asks, sends; /* for a free lane */
    struct dispatch_queue later;       /* for their time */
    int64_t due;                       /* milliseconds: the first of `later` */
    struct delivery_task **alive;      /* all of them, those under way too */
    size_t alive_count, alive_capacity;
    size_t weight; /* bytes that they hold */
    struct dispatch_queue idle;
};

struct delivery_task *dispatch_queues_new(struct dispatch_queues *lists);
void dispatch_queues_release(struct dispatch_queues *lists,
                             struct delivery_task *delivery_task); /* it is in no list */
void dispatch_queues_free(struct dispatch_queues *lists);

/* Once, when the delivery task is filled. */
void dispatch_queues_weigh(struct dispatch_queues *lists, struct delivery_task *delivery_task);
void dispatch_queues_put(struct dispatch_queue *list, struct delivery_task *delivery_task);
struct delivery_task *
dispatch_queues_take(struct dispatch_queue *list); /* the first; NULL when there is none */

/* Moves the last that has never been sent to the front: it stands furthest from what failed. False: there is none. */
bool dispatch_queues_prefer_fresh(struct dispatch_queue *list);
/* Of questions: the first of this run's own that has not counted as silent. False: there is none. */
bool dispatch_queues_prefer_unheard(struct dispatch_queue *list, const struct congestion *congestion);

/* Puts a delivery task that is due at some time where it belongs. */
void dispatch_queues_wait(struct dispatch_queues *lists, struct delivery_task *delivery_task, int64_t now);
/* Moves whose time has come to the front of those that wait for a lane. */
void dispatch_queues_wake(struct dispatch_queues *lists, int64_t now);

#endif
