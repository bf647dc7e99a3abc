/* A delivery task: one delivery with all it needs on its way, from the outbox and back into it. */
#ifndef LOAD_DELIVERY_TASK_H
#define LOAD_DELIVERY_TASK_H

#include "load/congestion.h"
#include "load/delivery.h"
#include "load/portal.h"
#include "store/outbox.h"
#include "store/store_run.h"

#define DELIVERY_NEVER (-1) /* `until` of what may be asked about and not sent */

struct delivery_task {
    struct delivery delivery;
    struct outbox_item item; /* its texts, like the body, lie in `bytes` */
    struct portal_request request;
    struct congestion_mark mark;
    struct buffer bytes;
    bool left_over; /* its intent is an earlier run's */
    bool
        unasked; /* the store is a backup, and the portal was not asked for it since: it does not leave unasked */
    bool elsewhere; /* likewise, as portal.url has changed (load/evidence.h) */
    int64_t until;  /* milliseconds: the end of its approval, after which it is not sent; 0: it has none */
    /* Evidence */
    int64_t requests;      /* of this run, questions included */
    int64_t started_at;    /* milliseconds: when the first of them left */
    struct buffer message; /* of the last request that decided nothing */
    struct error *why;     /* what this program made it of; NULL: it is the portal's */
    long words_status;     /* and its HTTP status */
    long mismatch;         /* the HTTP status that began a dispute; 0: none */
    /* Versions and ETags that proved nothing by themselves: its own request's, and those of the question
     * before it. */
    struct buffer answered_version, answered_etag, base_version, base_etag;
    long answered_status;
    bool again;                 /* a question did not find it: what is sent then is read back */
    bool vouched;               /* and what it was answered is evidence but for that */
    bool replayed;              /* that answer may be one of earlier given once more */
    bool superseded;            /* it has begun anew once in this run */
    enum delivery_event meant;  /* what the last answer meant */
    size_t place, weight;       /* the dispatcher's: among those that are alive */
    struct delivery_task *next; /* in the list it is in */
};

struct delivery_task *delivery_task_new(void);
void delivery_task_free(struct delivery_task *delivery_task);

/* What is there to do for a procedure: an event for a delivery that begins, in *event. STATUS_END: nothing
 * (any more). `scratch` is cleared. STATUS_FATAL when the store lost the content. */
enum status delivery_task_fill(struct store *store, struct arena *scratch, struct text code,
                               struct delivery_task *delivery_task, enum delivery_event *event,
                               struct error *error);
/* Inside a transaction: the intent of a delivery that EVENT_BEGIN has begun. */
enum status delivery_task_intend(struct store *store, struct arena *scratch,
                                 struct delivery_task *delivery_task, struct error *error);

/* What the store has of a delivery task's request: `content` of struct portal, with the store as its `own`. */
enum status delivery_task_content(void *user_data, const struct portal_request *request,
                                  enum portal_content_kind kind, struct arena *arena,
                                  struct portal_content *content, struct error *error);

/* Makes the request what the action says. */
void delivery_task_address(struct delivery_task *delivery_task, enum delivery_action action);

/* What a run learns of its portal. */
struct delivery_evidence {
    bool confirm; /* portal.confirm: read */
    bool etags;   /* they are evidence: evidence_shows_etag */
    bool useless; /* one was asked about, and they are not */
    bool odd;     /* the portal's digests are not those of its contents, and that was told */
};

/* What an answer means to the delivery; remembers what it showed. STATUS_FATAL when the ledger cannot be read. */
enum status delivery_task_weigh(struct store *store, struct delivery_task *delivery_task,
                                const struct portal_response *report, struct delivery_evidence *evidence,
                                enum delivery_event *event, struct error *error);
/* Would this answer be evidence if ETags were? Then one question answers for all that wait for it. */
bool delivery_task_awaits_etags(const struct delivery_task *delivery_task,
                                const struct portal_response *report,
                                const struct delivery_evidence *evidence);
/* What is known of an answer that waited, as if it came now. */
struct portal_response delivery_task_awaited(struct delivery_task *delivery_task);

/* Remembers why a request decided nothing. */
void delivery_task_note(struct delivery_task *delivery_task, const struct portal_response *report);

/* Inside a transaction: the end of the delivery. `report` is what ended it; NULL: the run did. `stopped`: the run
 * stops at it. Counts it. */
enum status delivery_task_answer(struct store *store, struct delivery_task *delivery_task,
                                 const struct portal_response *report, bool stopped,
                                 struct run_counts *counts, struct error *error);

#endif
