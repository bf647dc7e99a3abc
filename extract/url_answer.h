/* What an answer amounts to, and what goes into a request from the answer before. */
#ifndef EXTRACT_URL_ANSWER_H
#define EXTRACT_URL_ANSWER_H

#include "extract/url_client.h"

/* By failure and status alone. STATUS_OK: 2xx or 304. STATUS_RETRY: may pass. STATUS_BUSY: the credentials or
 * the session are refused and may have expired. STATUS_REJECT: no such thing. STATUS_STOP. */
enum status url_answer_judge(const struct url_client *client, const struct page_request *ask,
                             const struct http_response *answer, struct error *error);
/* By what it holds: STATUS_STOP for a page of HTML where something else was to come, or a firewall's page;
 * STATUS_BUSY (and reply->lacking) when `success` does not hold. */
enum status url_answer_check(const struct url_client *client, const struct page_request *ask,
                             struct spool_file *content, const struct http_response *answer,
                             struct url_reply *reply, struct error *error);

/* With `unwrap`: the true answer takes the place of the facade's. */
enum status url_answer_unwrap(const struct url_client *client, const struct page_request *ask,
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

/* Replaces or adds a parameter of a URL's query. */
void url_put_parameter(struct buffer *url, const char *name, struct text value);
/* Replaces or adds a member of a JSON body. STATUS_STOP when there is no place for it. */
enum status url_put_into_body(struct buffer *body, const struct json_pointer *into, struct text value,
                              bool number, struct error *error);

#endif
