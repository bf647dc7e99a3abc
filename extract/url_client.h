/* One request after the other, each until its answer is whole: credentials and session renewed, what may pass
 * tried again, what is no answer (a firewall's page, an error with status 200) refused. */
#ifndef EXTRACT_URL_CLIENT_H
#define EXTRACT_URL_CLIENT_H

#include "extract/url_answer.h"

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
