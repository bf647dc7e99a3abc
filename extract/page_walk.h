/* The walk over a listing's pages: where the next one is, and what confirms the end. It decides by what came,
 * and asks nobody: pagination.c makes requests of its decisions.
 *
 * By place (COUNT, OFFSET): behind a short or an empty page the following place is asked once. The end is an
 * empty page there, nothing there (404, 410, 416), or the page before once more. New rows behind a short page
 * mean that the server gives less than `size`; rows behind an empty one that this was no end: it is asked
 * again. By link (NEXT, CURSOR): a page without a link, or an unchanged one on an empty page, is the end.
 * Where the server says how many rows there are (`total`), so many must come, and nothing more is asked.
 *
 * The same key on two pages is a repeat. A second walk shows whether it is the source's own, or rows moved
 * from page to page while they were read. */
#ifndef EXTRACT_PAGE_WALK_H
#define EXTRACT_PAGE_WALK_H

#include <stdint.h>

#include "extract/listing.h"

enum page_walk_kind { WALK_SINGLE, WALK_LINK, WALK_COUNT, WALK_OFFSET };

enum page_kind {
    PAGE_LIST,    /* a list, with rows or empty */
    PAGE_NOTHING, /* no list where none may be (204; null, where `success` holds): an empty page */
    PAGE_BEHIND,  /* the server has no such page (404, 410, 416) */
    PAGE_LOST,    /* it could not be read, or not to its end; the listing was doubted already */
};

enum page_link { LINK_NONE, LINK_NEW, LINK_SAME /* as the one that led here */, LINK_SEEN };

/* One page, as it came. */
struct page_fact {
    enum page_kind kind;
    int64_t rows;
    const uint64_t *keys; /* of its rows, in their order, none 0; as many as `key_count` */
    size_t key_count;
    enum page_link link;
    bool has_total;
    int64_t total;
};

enum page_walk_state { WALK_GOING, WALK_BEHIND_SHORT, WALK_BEHIND_EMPTY, WALK_AGAIN };

struct page_keys {
    uint64_t *slots;
    size_t count, capacity;
};

struct page_walk {
    enum page_walk_kind kind;
    int64_t first, size, most; /* the first position; OFFSET: rows of a page; pages at most */
    bool wants_total;
    struct listing *listing;
    const char *shown; /* for messages */

    enum page_walk_state state;
    int64_t position;             /* of the page that is next */
    int64_t asked, filled;        /* pages, and those of them that had rows */
    int64_t rows;                 /* that came */
    int64_t confirming;           /* those of the page that came once more, and so is the end */
    int64_t full, last_rows;      /* rows of a full page; of the last page that had some */
    int64_t hole, resume, behind; /* an empty page with rows behind it; where to go on; how many those are */
    int64_t total;                /* -1: not said yet */
    int lost, stale;              /* pages in a row that were lost; that gave nothing new */
    uint64_t last_keys;
    struct page_keys seen, pages; /* the keys; the pages, by their keys */
    uint64_t repeats;             /* which keys came on more than one page, in their order; 0: none */
};

/* Begins at the first page, also once more; what stands in the upper half above is the caller's. */
void page_walk_begin(struct page_walk *walk);
/* True: the page at walk->position (by link: the next one) is to be asked for. False: the walk has ended. */
bool page_walk_take(struct page_walk *walk, const struct page_fact *page);
void page_walk_free(struct page_walk *walk);

#endif
