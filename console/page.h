/* What a page is made with. For console/ only.
 *
 * A page's function reads the store within the snapshot that is open, and puts the inside of its <main> into page->out;
 * around it, head, navigation and foot are put by page_finish. Everything lives in the arena of the request.
 */
#ifndef CONSOLE_PAGE_H
#define CONSOLE_PAGE_H

#include "adapters/html_write.h"
#include "adapters/http_server.h"
#include "console/console_settings.h"
#include "console/verifier.h"
#include "core/date.h"
#include "report/rule_words.h"
#include "store/row_visit.h"

struct export;

struct page {
    const struct console_settings *settings;
    struct console *console;
    const struct http_server_request *request;
    struct http_server_answer *answer;
    struct arena *arena;
    struct store *store;
    enum language language;
    const char *prefix;       /* "/en", "/vi" where the address said so, else "" */
    struct text path;         /* without the prefix, decoded */
    struct text rest;         /* behind the page's own path: "1.001640" of /thu-tuc/1.001640 */
    struct date today;        /* in Vietnam */
    const struct value *head; /* report_view_head */
    int64_t behind;           /* events behind it: a run is at work, or died */
    struct verdict verdict;
    struct text title;
    struct buffer *out;
    bool is_download;      /* the answer is made already, and is no page */
    struct export *export; /* that is being written (console/export.h); NULL: none */
    struct row_visit rows; /* who takes its rows */
    /* Gives a row of a download its words, in the arena; NULL: it has them. */
    enum status (*say)(struct page *page, struct value *row, struct arena *arena, struct error *error);
    struct rule_words words;
    bool has_words;
};

/* A page's function: STATUS_END when there is no such thing (404); STATUS_USAGE when the address asks for something that
 * cannot be (400). */
typedef enum status page_show(struct page *page, struct error *error);

/* The pages that there are, the navigation's order (console/console.c). */
struct console_page {
    const char *path;
    const char *title; /* in the navigation, English msgid; NULL: not there */
    bool names;        /* more may stand behind the path: page->rest */
    page_show *show;
};
extern const struct console_page console_pages[]; /* ends with a path of NULL */

/* The parameter, trimmed; bytes NULL when it is not given or empty. */
struct text page_parameter(const struct page *page, const char *name);
/* Which of these words it is; `count` where it is not given. STATUS_USAGE for another. */
enum status page_choice(const struct page *page, const char *name, const char *const *words, size_t count,
                        size_t *chosen, struct error *error);
/* STATUS_USAGE when it is given and is no number from 1 to a billion; 0 when it is not given. */
enum status page_number(const struct page *page, const char *name, int64_t *number, struct error *error);
/* STATUS_USAGE when it is given and is no day; year 0 when it is not. Takes yyyy-mm-dd and dd/MM/yyyy. */
enum status page_day(const struct page *page, const char *name, struct date *day, struct error *error);

/* Findings and rows of them get their words in the page's language (report/rule_words.h). */
enum status page_say(struct page *page, struct value *rows, struct error *error);
/* One row, as it stands now; the words live in the arena. */
enum status page_say_row(struct page *page, struct value *row, struct arena *arena, struct error *error);

/* The address of a page of ours: its path, a name behind it (bytes NULL: none), and pairs of parameters that end with
 * NULL; a pair whose value is NULL or empty is left out. */
const char *page_address(const struct page *page, const char *path, struct text name, ...)
    __attribute__((sentinel));
/* The address of this page with this parameter changed; NULL: without it. No download. */
const char *page_address_here(const struct page *page, const char *name, const char *value);
void page_link(struct page *page, const char *address, struct text words);

void page_heading(struct page *page, const char *id, const char *words); /* a section's <h2> */
void page_paragraph(struct page *page, const char *class, struct text words);
/* A line of a list of facts: <dt> and <dd>; nothing where the value is empty. */
void page_facts_begin(struct page *page);
void page_fact(struct page *page, const char *name, struct text value);
void page_fact_link(struct page *page, const char *name, struct text value, const char *address);
void page_facts_end(struct page *page);

/* "1.515", "31/03/2026", "2026-11-23 11:05:06 +07", in the page's language. */
struct text page_count(const struct page *page, int64_t number);
struct text page_date(const struct page *page, struct text day);
struct text page_time(const struct page *page, struct text at);
/* Cut at a letter, with "…" where something was left out. */
struct text page_cut(const struct page *page, struct text text, size_t most);

/* Puts head, navigation and foot around what is in page->out. `status` is HTTP's. */
void page_finish(struct page *page, unsigned status);

#endif
