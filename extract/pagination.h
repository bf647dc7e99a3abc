/* A listing's pages as requests: page_walk.h decides which is next and what ends them, here that becomes a
 * URL, a parameter or a cursor, and an answer becomes what the walk has to know. */
#ifndef EXTRACT_PAGINATION_H
#define EXTRACT_PAGINATION_H

#include "extract/page_walk.h"
#include "extract/url_client.h"

struct pagination_page {
    int64_t position; /* COUNT, OFFSET */
    struct text link; /* NEXT, CURSOR: what led here; bytes NULL on the first page */
    bool number;      /* the link is a number in the answer's JSON */
    bool stranger;    /* the link leads to another host, or one gave it */
    struct text url;  /* it came from */
    struct text etag, modified;
    int64_t rows;
};

struct pagination {
    const struct url_settings *settings;
    struct arena *arena;
    struct page_walk walk;
    int64_t number;              /* of the page that is next, from 1; for messages */
    struct pagination_page next; /* what the page that is next is asked by */
    struct pagination_page page; /* the one that came last */
    struct page_fact fact;       /* of it */
    struct text follow;          /* the link that it holds */
    bool follow_number, follow_stranger;
    bool ended; /* the walk did */
    size_t count, capacity;
    struct pagination_page *pages; /* all that came with rows, and what else could be asked again */
    bool forgetful;                /* one of them cannot be asked whether it changed */
};

void pagination_begin(struct pagination *chain, const struct url_settings *settings, struct listing *listing,
                      struct arena *arena);
void pagination_free(struct pagination *chain);

/* Fills the ask for the page that is next, or with `known` for one of another night. */
void pagination_ask(const struct pagination *chain, const struct pagination_page *known,
                    struct page_request *ask);
/* An answer came that may be a page: keeps what is known of it, and finds its link and its total. STATUS_STOP
 * when the link is none; the listing is doubted then. */
enum status pagination_answer(struct pagination *chain, struct spool_file *content,
                              const struct url_reply *reply, struct error *error);
/* What the page came to: its rows and their keys. True: another is to be asked for. */
bool pagination_take(struct pagination *chain, enum page_kind kind, int64_t rows, const uint64_t *keys);

/* What is to be remembered of a whole walk, as JSON in the arena; TEXT_NONE when the server gave no
 * validators for every page, when rows might come where it was not asked, or secrets would have to be kept. */
struct text pagination_remember(const struct pagination *chain);
/* The pages as they were remembered; count 0: nothing that is of use. */
size_t pagination_recall(struct arena *arena, struct text remembered, struct pagination_page **pages);

#endif
