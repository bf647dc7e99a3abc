/* One request after the other, each until its answer is whole: credentials and session renewed, what may pass
 * tried again, what is no answer (a firewall's page, an error with status 200) refused. */
#ifndef EXTRACT_URL_CLIENT_H
#define EXTRACT_URL_CLIENT_H

#include "adapters/http.h"
#include "adapters/spool_file.h"
#include "core/digest.h"
#include "extract/url_settings.h"

/* What is asked for. */
struct page_request {
    const struct url_request *request;
    const struct value *item; /* for ${item:…} */
    const char *url;          /* instead of the request's, from an answer; NULL: the request's own */
    bool stranger;            /* that URL is of another host: it sees no credentials */
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
    struct digest request;      /* of the URL and body that were sent */
    struct digest digest;       /* of the content */
};

struct url_client {
    struct fetch *fetch;
    const struct url_settings *settings;
    struct auth *credentials;
    struct http_client *http;
    struct buffer session;
    bool asked; /* something was, so that a pause is due */
};

enum status url_client_open(struct url_client *client, struct fetch *fetch, struct error *error);
void url_client_close(struct url_client *client);

/* The content of the answer into the scratch. STATUS_OK. STATUS_REJECT: only this answer is none (see
 * `lacking`). STATUS_STOP: the source cannot be read. STATUS_FATAL. */
enum status url_client_ask(struct url_client *client, const struct page_request *ask,
                           struct spool_file *content, struct arena *arena, struct url_reply *reply,
                           struct error *error);

#endif
