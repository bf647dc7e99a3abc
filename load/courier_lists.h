/* Where the courier's parcels wait. */
#ifndef LOAD_COURIER_LISTS_H
#define LOAD_COURIER_LISTS_H

#include "load/parcel.h"

struct courier_list {
    struct parcel *first, *last;
    size_t count;
};

/* Zeroed it is ready. */
struct courier_lists {
    struct courier_list written;     /* for the commit of their intent */
    struct courier_list asks, sends; /* for a free lane */
    struct courier_list later;       /* for their time */
    int64_t due;                     /* milliseconds: the first of `later` */
    struct parcel **alive;           /* all of them, those under way too */
    size_t alive_count, alive_capacity;
    size_t weight; /* bytes that they hold */
    struct courier_list idle;
};

struct parcel *courier_lists_new(struct courier_lists *lists);
void courier_lists_release(struct courier_lists *lists, struct parcel *parcel); /* it is in no list */
void courier_lists_free(struct courier_lists *lists);

/* Once, when the parcel is filled. */
void courier_lists_weigh(struct courier_lists *lists, struct parcel *parcel);
void courier_lists_put(struct courier_list *list, struct parcel *parcel);
struct parcel *courier_lists_take(struct courier_list *list); /* the first; NULL when there is none */

/* Moves the first that has never been sent to the front. */
void courier_lists_prefer_fresh(struct courier_list *list);

/* Puts a parcel that is due at some time where it belongs. */
void courier_lists_wait(struct courier_lists *lists, struct parcel *parcel, int64_t now);
/* Moves whose time has come to the front of those that wait for a lane. */
void courier_lists_wake(struct courier_lists *lists, int64_t now);

#endif
