/* The walk over pages as a table: what comes, where it asks, and what it says of the listing. */
#include "extract/page_walk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "tests/support/test.h"

/* Pages, one word each: "10@1" has the keys 1 to 10, "e" is an empty list, "n" no list and no fault, "b" is not
 * there, "l" is lost. Behind it a link: ">" new, "=" the same, "<" seen before; and "t25": so many there are. */
struct walked {
    const char *name;
    enum page_walk_kind kind;
    const char *pages;
    const char *asked; /* positions, by place */
    const char *why;   /* a part of it; NULL: the listing is whole */
    bool repeats;
};

static const struct walked cases[] = {
    { "a short page, then nothing", WALK_OFFSET, "10@1 5@11 e", "0 10 15", NULL, false },
    { "a full page, then nothing, twice", WALK_OFFSET, "10@1 10@11 e e", "0 10 20 30", NULL, false },
    { "nothing at all", WALK_OFFSET, "e e", "0 10", NULL, false },
    { "not there behind the end", WALK_OFFSET, "10@1 5@11 b", "0 10 15", NULL, false },
    { "no list behind the end", WALK_OFFSET, "10@1 5@11 n", "0 10 15", NULL, false },
    { "the last page again", WALK_OFFSET, "10@1 5@11 5@11", "0 10 15", NULL, false },
    { "a full last page again", WALK_OFFSET, "10@1 10@11 10@11", "0 10 20", NULL, false },
    { "the first page behind the end", WALK_OFFSET, "10@1 5@11 10@1", "0 10 15", "same as a page before",
      false },
    { "the last page behind an empty one", WALK_OFFSET, "10@1 10@11 e 10@11", "0 10 20 30", NULL, false },
    { "old rows behind an empty page", WALK_OFFSET, "10@1 10@11 e 10@1 e e e", "0 10 20 30 20 40 50",
      "though there are rows", true },
    { "pages that do not turn", WALK_OFFSET, "10@1 10@1", "0 10", "does not turn the pages", false },
    { "another page's answer", WALK_OFFSET, "10@1 10@11 10@1", "0 10 20", "same as a page before", false },
    { "a cap", WALK_OFFSET, "4@1 4@5 2@9 e", "0 4 8 10", NULL, false },
    { "a page that is empty once", WALK_OFFSET, "10@1 e 5@21 10@11 e", "0 10 20 10 25", NULL, false },
    { "a page that is empty for good", WALK_OFFSET, "10@1 e 5@21 e e", "0 10 20 10 25",
      "though there are rows", false },
    { "a page that comes back short", WALK_OFFSET, "10@1 e 5@21 7@11 e", "0 10 20 10 25", "too short",
      false },
    { "a lost page", WALK_OFFSET, "10@1 l 5@21 e", "0 10 20 25", "lost", false },
    { "a server that is down", WALK_OFFSET, "10@1 l l", "0 10 20", "lost", false },
    { "a first page that is lost", WALK_OFFSET, "l", "0", "lost", false },
    { "a row on two pages", WALK_OFFSET, "10@1 10@10 e e", "0 10 20 30", NULL, true },
    { "two pages of old rows", WALK_OFFSET, "10@1 10@11 5@1 5@6", "0 10 20 25", "turn in a circle", true },
    { "so many as there are", WALK_OFFSET, "10@1t15 5@11t15", "0 10", NULL, false },
    { "so many, and full", WALK_OFFSET, "10@1t20 10@11t20", "0 10", NULL, false },
    { "none, and that is said", WALK_OFFSET, "et0", "0", NULL, false },
    { "fewer than there are", WALK_OFFSET, "10@1t20 5@11t20 et20", "0 10 15", "15 rows came", false },
    { "a number that moves", WALK_OFFSET, "10@1t16 5@11t15", "0 10", "changed while it was read", false },
    { "no number", WALK_OFFSET, "10@1t15 5@11", "0 10", "does not say how many", false },
    { "counted up to an empty one", WALK_COUNT, "10@1 10@11 5@21 e", "1 2 3 4", NULL, false },
    { "counted, full to the end", WALK_COUNT, "10@1 10@11 e e", "1 2 3 4", NULL, false },
    { "counted, one page for ever", WALK_COUNT, "10@1 10@1", "1 2", "does not turn the pages", false },
    { "counted, the last page for ever", WALK_COUNT, "10@1 5@11 5@11", "1 2 3", NULL, false },
    { "counted, empty once", WALK_COUNT, "10@1 e 5@21 10@11 e", "1 2 3 2 4", NULL, false },
    { "no link", WALK_LINK, "10@1> 5@11", NULL, NULL, false },
    { "a cursor that ends on an empty page", WALK_LINK, "10@1> e=", NULL, NULL, false },
    { "a cursor that stands still", WALK_LINK, "10@1> 10@11=", NULL, "turn in a circle", false },
    { "a link that leads back", WALK_LINK, "10@1> 10@11> 10@21<", NULL, "turn in a circle", false },
    { "an empty page with a link", WALK_LINK, "10@1> e> 5@11", NULL, NULL, false },
    { "no list, asked once more", WALK_LINK, "10@1> n n", NULL, NULL, false },
    { "no list once", WALK_LINK, "10@1> n 5@11", NULL, NULL, false },
    { "a link that leads nowhere", WALK_LINK, "10@1> l", NULL, "lost", false },
    { "the page before once more", WALK_LINK, "10@1> 10@1> 5@21", NULL, "same as a page before", true },
    { "links and a number", WALK_LINK, "10@1>t15 5@11>t15", NULL, NULL, false },
    { "one answer", WALK_SINGLE, "25@1", NULL, NULL, false },
    { "one that has no content", WALK_SINGLE, "n n", NULL, NULL, false },
};

static bool feed(struct page_walk *walk, const char *word)
{
    uint64_t keys[64];
    struct page_fact page = { .kind = PAGE_LIST };
    char *rest = (char *)(uintptr_t)word;
    if (*word == 'n' || *word == 'b' || *word == 'l') {
        page.kind = *word == 'n' ? PAGE_NOTHING : *word == 'b' ? PAGE_BEHIND : PAGE_LOST;
        if (*word == 'l')
            listing_doubt(walk->listing, true, &(struct error){ .message = "lost" });
        rest++;
    } else if (*word == 'e') {
        rest++;
    } else {
        page.rows = strtol(word, &rest, 10);
        long first = strtol(rest + 1, &rest, 10);
        for (int64_t i = 0; i < page.rows; i++)
            keys[i] = (uint64_t)(first + i) * 2654435761u;
        page.keys = keys;
        page.key_count = (size_t)page.rows;
    }
    page.link = *rest == '>' ? LINK_NEW : *rest == '=' ? LINK_SAME : *rest == '<' ? LINK_SEEN : LINK_NONE;
    rest += page.link != LINK_NONE;
    page.has_total = *rest == 't';
    page.total = page.has_total ? strtol(rest + 1, NULL, 10) : 0;
    return page_walk_take(walk, &page);
}

static void check(const struct walked *walked)
{
    struct listing listing = { 0 };
    struct page_walk walk = { .kind = walked->kind,
                              .first = walked->kind == WALK_COUNT,
                              .size = walked->kind == WALK_OFFSET ? 10 : 0,
                              .most = 100,
                              .wants_total = strchr(walked->pages, 't') != NULL,
                              .listing = &listing,
                              .shown = "s" };
    BUFFER_OWNED struct buffer asked = { 0 };
    char words[200];
    snprintf(words, sizeof words, "%s", walked->pages);
    page_walk_begin(&walk);
    bool more = true;
    for (char *rest = words, *word; (word = strsep(&rest, " "));) {
        if (!more)
            printf("%s: it ended before %s\n", walked->name, word);
        CHECK(more);
        buffer_printf(&asked, "%s%lld", asked.length ? " " : "", (long long)walk.position);
        more = feed(&walk, word);
    }
    if (more || (listing.doubts > 0) != (walked->why != NULL))
        printf("%s: %s%s\n", walked->name, more ? "it goes on; " : "", listing.why);
    CHECK(!more);
    CHECK_INT(listing.doubts > 0, walked->why != NULL);
    if (walked->why)
        CHECK_CONTAINS(listing.why, walked->why);
    if (walked->asked)
        CHECK_STRING(asked.bytes, walked->asked);
    CHECK_INT(walk.repeats != 0, walked->repeats);
    page_walk_free(&walk);
}

TEST("pages end where something confirms it, and a listing is whole or doubted")
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check(&cases[i]);
}

TEST("repeats are the same when they come in the same order")
{
    struct listing listing = { 0 };
    uint64_t repeats[3];
    static const char *const walks[] = { "10@1 10@10 e e", "10@1 10@10 e e", "10@1 10@9 e e" };
    for (int i = 0; i < 3; i++) {
        struct page_walk walk = {
            .kind = WALK_OFFSET, .size = 10, .most = 9, .listing = &listing, .shown = "s"
        };
        char words[40];
        snprintf(words, sizeof words, "%s", walks[i]);
        page_walk_begin(&walk);
        for (char *rest = words, *word; (word = strsep(&rest, " "));)
            feed(&walk, word);
        repeats[i] = walk.repeats;
        page_walk_free(&walk);
    }
    CHECK(repeats[0] && repeats[0] == repeats[1] && repeats[0] != repeats[2]);
}

TEST("a thousand pages end at the ceiling, and reasons against a listing are told once each")
{
    struct listing listing = { 0 };
    struct page_walk walk = { .kind = WALK_LINK, .most = 3, .listing = &listing, .shown = "s" };
    page_walk_begin(&walk);
    CHECK(feed(&walk, "2@1>") && feed(&walk, "2@3>") && !feed(&walk, "2@5>"));
    CHECK_CONTAINS(listing.why, "more than 3 pages");
    page_walk_free(&walk);
    listing_doubt(&listing, false, &(struct error){ .message = "another" });
    listing_doubt(&listing, false, &(struct error){ .message = "another" });
    CHECK_INT(listing.doubts, 2);
    for (int i = 0; i < 1000; i++) {
        struct error reason;
        (void)error_set(&reason, STATUS_STOP, "lý do thứ %d", i);
        listing_doubt(&listing, false, &reason);
    }
    CHECK(strlen(listing.why) < LISTING_WHY);
    CHECK_INT(listing.reason_count, LISTING_REASONS);
}
