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
    /* Evidence */
    int64_t requests;    /* of this run, questions included */
    int64_t started_at;  /* milliseconds: when the first of them left */
    int64_t asked_at;    /* when the one under way left */
    struct parcel *next; /* in the list it is in */
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

/* Makes the errand what the action says. */
void parcel_address(struct parcel *parcel, enum delivery_action action);

/* Inside a transaction: the end of the delivery. */
enum status parcel_answer(struct store *store, struct parcel *parcel, const struct portal_report *report,
                          struct text words, enum outbox_outcome *outcome, bool *counted,
                          struct error *error);

#endif
