/* What an answer amounts to, and what goes into a request from the answer before. */
#ifndef EXTRACT_URL_ANSWER_H
#define EXTRACT_URL_ANSWER_H

#include "adapters/http.h"
#include "adapters/spool_file.h"
#include "core/digest.h"
#include "extract/url_settings.h"

/* What is asked for. */
struct page_request {
    const struct url_request *request;
    const struct value *item; /* for ${item:…} */
    const char *url;          /* instead of the request's, from an answer; NULL: the request's own */
    bool stranger;            /* that URL is of another host, or one gave it: it sees no credentials */
    /* A value that changes from page to page: a parameter of the query or a place in the body. */
    const char *parameter;
    const struct json_pointer *into;
    struct text value;
    bool number;                /* in a body: a number, not a text */
    struct text etag, modified; /* of the answer before: bytes NULL for none */
    const char *shown;          /* for messages */
    bool partial;               /* a part of the list may come as 206, when its range is not in bytes */
};

struct url_reply {
    bool unchanged; /* 304 */
    bool empty;     /* 204: there is no content, and that is all right */
    bool lacking;   /* with STATUS_REJECT: the server answers, but has no such thing (404, 410, 400, 422, or
                     * `success` does not hold) */
    bool behind;    /* with STATUS_REJECT: there is nothing at this place (404, 410, 416) */
    struct text etag, modified; /* in the arena; bytes NULL: none */
    const char *url;            /* it came from, in the arena; may hold secrets */
    bool stranger;              /* that is another host's, or one led there */
    struct digest request;      /* of the URL and body that were sent */
    struct digest digest;       /* of the content */
};

/* By failure and status alone. STATUS_OK: 2xx or 304. STATUS_RETRY: may pass. STATUS_BUSY: the credentials or
 * the session are refused and may have expired. STATUS_REJECT: no such thing. STATUS_STOP. */
enum status url_answer_judge(const struct url_settings *settings, const struct page_request *ask,
                             const struct http_response *answer, struct error *error);
/* By what it holds, of a source of this format: STATUS_STOP for a page of HTML where something else was to come, or a firewall's page;
 * STATUS_BUSY (and reply->lacking) when `success` does not hold. */
enum status url_answer_check(const struct url_settings *settings, const struct page_request *ask,
                             struct spool_file *content, enum source_format format, struct url_reply *reply,
                             struct error *error);

/* With `unwrap`: the true answer takes the place of the facade's. */
enum status url_answer_unwrap(const struct url_settings *settings, const struct page_request *ask,
                              struct spool_file *content, struct error *error);

/* The scalar at a place in the JSON of an answer, in the arena, and what it is there (`kind`; NULL: of no
 * interest); empty for null and what is no scalar; an empty list or object is null. STATUS_END: it is not
 * there. STATUS_STOP: no JSON up to there. */
enum status url_answer_find(struct spool_file *content, struct arena *arena,
                            const struct json_pointer *pointer, struct text *text, enum value_kind *kind,
                            struct error *error);

/* The text at a place in an answer, in the arena. STATUS_END: there is none. STATUS_STOP: it cannot be read. */
enum status url_answer_at(struct spool_file *content, struct arena *arena, const struct url_place *place,
                          struct text *text, struct error *error);

/* STATUS_STOP: what answered leads to a URL of another host, and the request has a body, which may hold a
 * secret. */
enum status url_answer_keep_body(const char *shown, struct text target, struct error *error);

/* Replaces or adds a parameter of a URL's query. */
void url_put_parameter(struct buffer *url, const char *name, struct text value);
/* Replaces or adds a member of a JSON body. STATUS_STOP when there is no place for it. */
enum status url_put_into_body(struct buffer *body, const struct json_pointer *into, struct text value,
                              bool number, struct error *error);

#endif
