#include "extract/page_walk.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/error.h"
#include "core/memory.h"

/* ---- keys ---- */

static bool has(const struct page_keys *set, uint64_t key)
{
    for (size_t at = key & (set->capacity - 1); set->capacity && set->slots[at];
         at = (at + 1) & (set->capacity - 1))
        if (set->slots[at] == key)
            return true;
    return false;
}

static void put(struct page_keys *set, uint64_t key)
{
    size_t at = key & (set->capacity - 1);
    while (set->slots[at] && set->slots[at] != key)
        at = (at + 1) & (set->capacity - 1);
    set->count += !set->slots[at];
    set->slots[at] = key;
}

static void add(struct page_keys *set, uint64_t key)
{
    if (set->count * 2 >= set->capacity) {
        struct page_keys larger = { .capacity = set->capacity ? set->capacity * 2 : 1024 };
        larger.slots = memory_grow(NULL, larger.capacity, sizeof *larger.slots);
        for (size_t i = 0; i < larger.capacity; i++)
            larger.slots[i] = 0;
        for (size_t i = 0; i < set->capacity; i++)
            if (set->slots[i])
                put(&larger, set->slots[i]);
        free(set->slots);
        *set = larger;
    }
    put(set, key);
}

static uint64_t mix(uint64_t hash, uint64_t key)
{
    hash = (hash ^ key) * 0x9e3779b97f4a7c15;
    return hash ^ hash >> 29;
}

static uint64_t hash_of(const struct page_fact *page)
{
    uint64_t hash = 1;
    for (size_t i = 0; i < page->key_count; i++)
        hash = mix(hash, page->keys[i]);
    return hash;
}

/* ---- what a page is ---- */

void page_walk_begin(struct page_walk *walk)
{
    page_walk_free(walk);
    *walk = (struct page_walk){ .kind = walk->kind,
                                .first = walk->first,
                                .size = walk->size,
                                .most = walk->most,
                                .wants_total = walk->wants_total,
                                .listing = walk->listing,
                                .shown = walk->shown,
                                .position = walk->first,
                                .full = walk->kind == WALK_OFFSET ? walk->size : 0,
                                .total = -1 };
}

void page_walk_free(struct page_walk *walk)
{
    free(walk->seen.slots);
    free(walk->pages.slots);
    walk->seen = walk->pages = (struct page_keys){ 0 };
}

static bool end(struct page_walk *walk)
{
    struct error reason;
    if (walk->wants_total && walk->total >= 0 && walk->rows != walk->total) {
        (void)error_set(&reason, STATUS_STOP,
                        _("%s: %lld rows came, and the server says that there are %lld"), walk->shown,
                        (long long)walk->rows, (long long)walk->total);
        listing_doubt(walk->listing, true, &reason);
    }
    return false;
}

/* A reason against the page that came last. */
__attribute__((format(printf, 2, 3))) static void page_doubt(struct page_walk *walk, const char *format, ...)
{
    struct error reason;
    va_list values;
    va_start(values, format);
    (void)error_set_list(&reason, STATUS_STOP, format, values);
    va_end(values);
    (void)error_add(&reason, _("%s page %lld"), walk->shown, (long long)walk->asked);
    listing_doubt(walk->listing, true, &reason);
}

/* … which ends the walk. */
#define doubt_end(walk, ...) (page_doubt(walk, __VA_ARGS__), end(walk))

static bool by_place(const struct page_walk *walk)
{
    return walk->kind == WALK_COUNT || walk->kind == WALK_OFFSET;
}

/* How far a page reaches: as far as the last one that had rows did. */
static int64_t reach(const struct page_walk *walk)
{
    if (walk->kind == WALK_COUNT)
        return 1;
    return walk->last_rows ? walk->last_rows : walk->size;
}

/* Those of the page are counted: a key of a page before is a repeat. */
static void count(struct page_walk *walk, const struct page_fact *page)
{
    walk->rows += page->rows;
    for (size_t i = 0; i < page->key_count; i++)
        if (has(&walk->seen, page->keys[i]))
            walk->repeats = mix(walk->repeats + 1, page->keys[i]);
    for (size_t i = 0; i < page->key_count; i++)
        add(&walk->seen, page->keys[i]);
    if (!page->rows)
        return;
    walk->filled++;
    walk->last_rows = page->rows;
    walk->last_keys = hash_of(page);
    add(&walk->pages, walk->last_keys | 1);
}

static size_t fresh(const struct page_walk *walk, const struct page_fact *page)
{
    size_t number = 0;
    for (size_t i = 0; i < page->key_count; i++)
        number += !has(&walk->seen, page->keys[i]);
    return number;
}

static bool is_same(const struct page_walk *walk, const struct page_fact *page)
{
    return walk->filled && page->rows && page->rows == walk->last_rows && page->key_count &&
           hash_of(page) == walk->last_keys;
}

/* As some page before it? A procedure may be listed twice; a page that is, is another's answer. */
static bool came_before(const struct page_walk *walk, const struct page_fact *page)
{
    return page->rows && page->key_count && has(&walk->pages, hash_of(page) | 1);
}

/* ---- by place ---- */

static bool is_short(const struct page_walk *walk, int64_t rows)
{
    return rows < walk->full;
}

/* Rows of a place that is in its turn. */
static bool go_on(struct page_walk *walk, const struct page_fact *page)
{
    int64_t before = walk->last_rows;
    walk->stale = fresh(walk, page) ? 0 : walk->stale + 1;
    if (walk->stale > 1)
        return doubt_end(walk, _("holds only what pages before it held: the pages turn in a "
                                 "circle; check \"pages\""));
    if (walk->state == WALK_BEHIND_SHORT && !walk->stale)
        walk->full = before; /* less than `size`, but not the end: so many are a full page here */
    if (!walk->full)
        walk->full = page->rows;
    count(walk, page);
    walk->position += walk->kind == WALK_OFFSET ? page->rows : 1;
    walk->state = is_short(walk, page->rows) ? WALK_BEHIND_SHORT : WALK_GOING;
    return true;
}

static bool take_empty(struct page_walk *walk)
{
    if (walk->state != WALK_GOING)
        return end(walk);
    walk->state = WALK_BEHIND_EMPTY;
    walk->hole = walk->position;
    walk->position += reach(walk);
    return true;
}

/* The page before once more: its rows are no others. */
static bool confirm(struct page_walk *walk, const struct page_fact *page)
{
    walk->confirming = page->rows;
    return end(walk);
}

/* The page behind an empty one has rows: the empty one was no end. */
static bool take_behind_hole(struct page_walk *walk, const struct page_fact *page)
{
    if (is_same(walk, page))
        return confirm(walk, page);
    walk->resume = walk->position + (walk->kind == WALK_OFFSET ? page->rows : 1);
    count(walk, page);
    walk->behind = page->rows;
    walk->position = walk->hole;
    walk->state = WALK_AGAIN;
    return true;
}

static bool take_hole(struct page_walk *walk, const struct page_fact *page)
{
    bool filled = page->kind == PAGE_LIST && page->rows;
    int64_t gap = walk->resume - walk->hole - (walk->kind == WALK_OFFSET ? walk->behind : 1);
    if (filled)
        count(walk, page);
    if (!filled || (walk->kind == WALK_OFFSET && page->rows < gap))
        page_doubt(walk, _("is empty or too short, though there are rows behind it"));
    walk->last_rows = walk->behind;
    walk->position = walk->resume;
    walk->state = is_short(walk, walk->behind) ? WALK_BEHIND_SHORT : WALK_GOING;
    return true;
}

static bool take_at_place(struct page_walk *walk, const struct page_fact *page)
{
    if (walk->state == WALK_AGAIN)
        return take_hole(walk, page);
    if (page->kind == PAGE_LOST) {
        if (walk->asked == 1 || walk->lost > 1)
            return end(walk);
        count(walk, page);
        walk->position += reach(walk);
        walk->state = WALK_GOING;
        return true;
    }
    if (!page->rows)
        return take_empty(walk);
    if (walk->state == WALK_BEHIND_EMPTY)
        return take_behind_hole(walk, page);
    if (!came_before(walk, page))
        return go_on(walk, page);
    if (!is_same(walk, page))
        return doubt_end(walk, _("is the same as a page before it; check \"pages\""));
    if (walk->state == WALK_BEHIND_SHORT)
        return confirm(walk, page);
    /* Behind a full first page nothing tells a server that gives its last page for ever from one that does not
     * turn the pages. */
    if (walk->filled == 1)
        return doubt_end(walk, _("is the same as page 1: the server does not turn the pages; check "
                                 "\"pages\""));
    return confirm(walk, page);
}

/* ---- by link ---- */

static bool take_by_link(struct page_walk *walk, const struct page_fact *page)
{
    if (page->kind == PAGE_LOST || page->kind == PAGE_BEHIND)
        return end(walk);
    if (page->kind == PAGE_NOTHING) { /* beside no list nothing is said: asked once more, it is an end */
        bool again = walk->state == WALK_AGAIN;
        walk->state = WALK_AGAIN;
        return again ? end(walk) : true;
    }
    walk->state = WALK_GOING;
    if (page->rows > 1 && came_before(walk, page))
        page_doubt(walk, _("is the same as a page before it; check \"pages\""));
    count(walk, page);
    if (walk->kind == WALK_SINGLE || page->link == LINK_NONE || (page->link == LINK_SAME && !page->rows))
        return end(walk);
    if (page->link == LINK_NEW)
        return true;
    return doubt_end(walk, _("leads back to a page before it: the pages turn in a circle"));
}

/* ---- */

static void take_total(struct page_walk *walk, const struct page_fact *page)
{
    struct error reason;
    if (!walk->wants_total || page->kind != PAGE_LIST)
        return;
    if (!page->has_total)
        page_doubt(walk, _("does not say how many rows there are (\"total\")"));
    else if (walk->total >= 0 && page->total != walk->total) {
        (void)error_set(
            &reason, STATUS_STOP,
            _("%s: the server says that there are %lld rows, and on page %lld that there are %lld: it "
              "changed while it was read"),
            walk->shown, (long long)walk->total, (long long)walk->asked, (long long)page->total);
        listing_doubt(walk->listing, true, &reason);
    }
    if (page->has_total)
        walk->total = page->total;
}

bool page_walk_take(struct page_walk *walk, const struct page_fact *page)
{
    struct error reason;
    walk->asked++;
    walk->lost = page->kind == PAGE_LOST ? walk->lost + 1 : 0;
    take_total(walk, page);
    bool more = by_place(walk) ? take_at_place(walk, page) : take_by_link(walk, page);
    if (!more)
        return false;
    if (walk->wants_total && walk->total >= 0 && walk->rows == walk->total && page->kind == PAGE_LIST &&
        walk->state != WALK_AGAIN)
        return false;
    if (walk->asked < walk->most)
        return true;
    (void)error_set(
        &reason, STATUS_STOP,
        _("%s: more than %lld pages: either the chain has no end, or \"pages\" needs a larger \"most\""),
        walk->shown, (long long)walk->most);
    listing_doubt(walk->listing, true, &reason);
    return false;
}
