/* A parcel: one delivery with all it needs on its way, from the outbox and back into it. */
#ifndef LOAD_PARCEL_H
#define LOAD_PARCEL_H

#include "load/delivery.h"
#include "load/pace.h"
#include "load/portal.h"
#include "store/outbox.h"

struct parcel {
    struct delivery delivery;
    struct outbox_item item; /* its texts, like the body, lie in `bytes` */
    struct portal_errand errand;
    struct pace_mark mark;
    struct buffer bytes;
    bool left_over; /* its intent is an earlier run's */
    /* Evidence */
    int64_t requests;     /* of this run, questions included */
    int64_t started_at;   /* milliseconds: when the first of them left */
    struct buffer words;  /* of the last request that decided nothing */
    long words_status;    /* and its HTTP status */
    long mismatch;        /* the HTTP status that began a dispute; 0: none */
    size_t place, weight; /* the courier's: among those that are alive */
    struct parcel *next;  /* in the list it is in */
};

struct parcel *parcel_new(void);
void parcel_free(struct parcel *parcel);

/* What is there to do for a procedure: an event for a delivery that begins, in *event. STATUS_END: nothing
 * (any more). `scratch` is cleared. STATUS_FATAL when the store lost the content. */
enum status parcel_fill(struct store *store, struct arena *scratch, struct text code, struct parcel *parcel,
                        enum delivery_event *event, struct error *error);
/* Inside a transaction: the intent of a delivery that EVENT_BEGIN has begun. */
enum status parcel_intend(struct store *store, struct arena *scratch, struct parcel *parcel,
                          struct error *error);

/* What the store has of a parcel's errand: `content` of struct portal, with the store as its `own`. */
enum status parcel_content(void *own, const struct portal_errand *errand, enum portal_content_kind kind,
                           struct arena *arena, struct portal_content *content, struct error *error);

/* Makes the errand what the action says. */
void parcel_address(struct parcel *parcel, enum delivery_action action);

/* Remembers why a request decided nothing. */
void parcel_note(struct parcel *parcel, const struct portal_report *report);

/* Inside a transaction: the end of the delivery. `report` is what ended it; NULL: the run did. Counts it. */
enum status parcel_answer(struct store *store, struct parcel *parcel, const struct portal_report *report,
                          struct run_counts *counts, struct error *error);

#endif
