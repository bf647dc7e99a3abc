/* Lists of a page: a table to read, page by page, and all of it as CSV, XLSX or JSON. For console/ only. */
#ifndef CONSOLE_LIST_H
#define CONSOLE_LIST_H

#include "console/page.h"
#include "store/browse.h"

#define LIST_PAGE 100
#define LIST_ALL  ((int64_t)1 << 40) /* rows */

enum list_kind {
    LIST_TEXT,   /* as it is, cut where it is long */
    LIST_WORD,   /* one of the interface's words */
    LIST_TIME,   /* kept in UTC */
    LIST_DAY,    /* yyyy-mm-dd */
    LIST_COUNT,  /* a number */
    LIST_CODE,   /* a procedure's: leads to its page */
    LIST_RUN,    /* leads to the run's page */
    LIST_DIGEST, /* its first letters, the whole behind them */
    LIST_EVENT,  /* its number: leads to the event */
    LIST_HIDDEN, /* of downloads only */
    LIST_RULE,   /* leads to what the rule keeps back */
};

struct list_column {
    const char *member, *heading;
    enum list_kind kind;
};

struct list {
    const char *name;    /* of the download: "giu-lai" */
    const char *heading; /* NULL: the page's own */
    const struct list_column *columns;
    size_t count;
    struct value *rows; /* of this page, or all there are; NULL: a download took them */
    int64_t total;      /* of all pages; -1: the rows are all there are, and the list pages them itself */
    const char *none;   /* what is said where there is nothing */
};

#define LIST_COLUMNS(array) (array), sizeof(array) / sizeof *(array)

/* What of a list of which the rows are still to be read is wanted: rows from `offset` on, `limit` at most; where it is to
 * be taken away, who takes all of them. Borrows the list. STATUS_USAGE for a format that is none. */
enum status list_window(struct page *page, const struct list *list, struct browse_window *window,
                        struct error *error);

/* Puts the list into the page, or makes the download of it that was asked for. */
enum status list_put(struct page *page, const struct list *list, struct error *error);
/* What a cell shows; JSON has what the store has. */
struct text list_shown(struct arena *arena, const struct list_column *column, const struct value *row);

/* A report's document (report/report.h) as the download that was asked for; false: none was. */
enum status list_download(struct page *page, const char *name, const struct value *document, bool *done,
                          struct error *error);
/* The links to the downloads of this page. */
void list_downloads(struct page *page, const char *name);

#endif
