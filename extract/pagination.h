/* The chain of a listing's pages: what is asked for next, and where it ends. What would make it endless is a
 * clear STATUS_STOP: a page that came before, a link or cursor that was followed before, too many pages. */
#ifndef EXTRACT_PAGINATION_H
#define EXTRACT_PAGINATION_H

#include "extract/url_client.h"

struct pagination_page {
    struct digest request, content;
    struct text etag, modified, link; /* link: to the next page (NEXT, CURSOR) */
    bool number;                      /* the link is a number in the answer's JSON */
};

struct pagination {
    const struct url_settings *settings;
    struct arena *arena;
    int64_t number;   /* of the page that is next, from 1 */
    int64_t position; /* COUNT, OFFSET: what stands for it */
    struct text link; /* NEXT: its URL, CURSOR: its cursor; bytes NULL on the first page */
    bool link_is_number;
    bool stranger; /* the link leads to another host */
    size_t count, capacity;
    struct pagination_page *pages; /* all so far */
};

void pagination_begin(struct pagination *chain, const struct url_settings *settings, struct arena *arena);
void pagination_free(struct pagination *chain);

/* Fills the ask for the page that is next. */
void pagination_ask(const struct pagination *chain, struct page_request *ask);
/* The page came: keeps what is known of it, and finds its link. STATUS_STOP when the chain turns in a circle
 * or the link is none. */
enum status pagination_take(struct pagination *chain, struct spool_file *content,
                            const struct url_reply *reply, const char *shown, struct error *error);
/* Goes on to the next page: STATUS_END when there is none. `given` is the number of records that the last
 * page had. */
enum status pagination_advance(struct pagination *chain, int64_t given, struct error *error);

/* What is to be remembered of a whole chain, as JSON in the arena; TEXT_NONE when the server gave no
 * validators for every page, or secrets would have to be kept. */
struct text pagination_remember(const struct pagination *chain);
/* The pages as they were remembered; count 0: nothing that is of use. */
size_t pagination_recall(struct arena *arena, struct text remembered, struct pagination_page **pages);
/* Pretends that page `number` was taken with this link, so that the ask for the one after can be made. */
enum status pagination_follow(struct pagination *chain, const struct pagination_page *page,
                              struct error *error);

#endif
