/* What the files of the rest driver share; load/portal_rest*.c alone include it. */
#ifndef LOAD_PORTAL_REST_H
#define LOAD_PORTAL_REST_H

#include "adapters/http.h"
#include "load/portal.h"

#define REST_PAGE 1000 /* items, as the contract allows */

/* One submission of the caller: the calls that come of it. */
struct rest_submission {
    size_t left; /* reports still to be given */
    struct rest_submission *next, *every;
};

/* One request, with what it is about. */
struct rest_call {
    struct portal_request **requests;
    size_t count, capacity;
    bool batch;
    struct rest_submission *submission;
    struct buffer body;  /* of a batch */
    unsigned generation; /* of the token that it carried */
    unsigned refusals;   /* of its tokens */
    bool proving;        /* a bare 404 came: the listing is asked whether the procedure is there */
    struct rest_call *next, *every;
};

struct rest {
    struct portal *portal;
    struct http_client *client;
    struct buffer url, digest;
    struct arena arena; /* of the answer that is being reported */
    struct value *body; /* of it, in JSON; NULL when it is none */
    struct rest_call *idle, *every;
    struct rest_submission *idle_submissions, *every_submission;
    struct rest_call *unnameable; /* of codes that no path can name: refused here */
    /* The answer to a batch, given back item by item. */
    struct rest_call *answered;
    size_t given;
    struct portal_response report; /* of the whole, the start of each item's */
    const struct value *items;     /* NULL: the whole is said of each */
    const struct value *item;      /* the next one, when they come in order */
    struct error refusal;          /* why there is no token any more; STATUS_OK: there is one */
    /* Batches */
    bool no_batches;
    double batch_most; /* adapted to 413 and to time */
    double batch_knee; /* was too large the last time; 0: not known */
};

struct rest_call *rest_call_new(struct rest *rest, struct rest_submission *submission);
void rest_call_free(struct rest *rest, struct rest_call *call);
void rest_call_add(struct rest_call *call, struct portal_request *request);
enum status rest_call_submit(struct rest *rest, struct rest_call *call, struct error *error);

/* "." and ".." lead elsewhere, escaped or not (RFC 3986, 5.2.4 and 6.2.2.2). */
bool rest_can_name(struct text code);

/* load/portal_rest_batch.c */
void rest_batch_write(struct rest_call *call);
/* What became of a record that went alone: where even two were too large together, they are tried again in
 * time. */
void rest_batch_took_one(struct rest *rest, const struct portal_response *report);
size_t rest_batch_most(const struct rest *rest);
bool rest_batch_alone(const struct portal *portal, const struct portal_request *request);
/* The answer to a batch: true when it was dealt with (made again in other pieces), false when it is to be
 * reported from rest->answered. */
enum status rest_batch_answered(struct rest *rest, struct rest_call *call, const struct http_response *answer,
                                bool *again, struct error *error);
void rest_batch_report(struct rest *rest, struct portal_response *report);

/* load/portal_rest_list.c */
/* Behind the base in rest->url. */
void rest_list_put_path(struct rest *rest, struct text after);
/* Where a page begins that has `code` if the portal does: bytes NULL is the beginning. */
struct text rest_list_before(struct text code);
enum rest_listed { REST_UNTOLD, REST_LISTED, REST_UNLISTED };
enum rest_listed rest_list_finds(const struct value *page, struct text code);
enum status rest_list(struct portal *portal, struct text after, struct arena *arena, struct portal_page *page,
                      struct error *error);

#endif
