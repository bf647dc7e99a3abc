/* Rules that look at all records: what the store shows them, and what it keeps of what they found. */
#ifndef STORE_RULE_SET_H
#define STORE_RULE_SET_H

#include "core/date.h"
#include "core/finding.h"
#include "store/store.h"

/* A term that runs and has not been met. */
struct rule_set_deadline {
    struct text rule;
    struct date due;
    struct rule_set_deadline *next;
};

/* A record that is in its source now. Everything lives in the arena of the page. */
struct rule_set_record {
    int64_t record;
    struct text code;         /* bytes NULL: none */
    struct text label;        /* source and locator */
    struct text watched;      /* canonical JSON; bytes NULL: nothing is watched */
    int64_t checked_by;       /* the recipe of the rules that watched it */
    bool judged;              /* mapped and checked: to be settled, or settled */
    struct findings findings; /* as they were kept last */
    struct rule_set_deadline *deadlines;
};

/* The records after `after`, in order of their numbers, with what was found last. */
enum status rule_set_page(struct store *store, int64_t after, struct arena *arena,
                          struct rule_set_record *records, size_t most, size_t *count, struct error *error);
/* Is anything kept from earlier nights? */
enum status rule_set_kept(struct store *store, bool *kept, struct error *error);

/* Keeps what a record's rules find now, in the place of what they found before; nothing is written when that
 * is the same. When findings differ, the record is marked to be settled. Opens a transaction with the first
 * write. */
enum status rule_set_put(struct store *store, const struct rule_set_record *record,
                         const struct findings *findings, const struct rule_set_deadline *deadlines,
                         struct error *error);
enum status rule_set_flush(struct store *store, struct error *error); /* commits what rule_set_put wrote */

/* The first day, in Vietnam and not before `from`, on which the portal acknowledged the code. STATUS_END:
 * none. */
enum status rule_set_published(struct store *store, struct text code, struct date from, struct date *day,
                               struct error *error);

/* ---- SQL of rules ---- */

struct rule_set_row {
    struct text code, value; /* borrowed; bytes NULL: none */
};
typedef void rule_set_visitor(void *own, const struct rule_set_row *row);

/* Prepares the query on an empty store. STATUS_USAGE: SQLite's words, or that it would write, or that it has
 * no column `code`. */
enum status rule_set_query_check(struct text query, struct error *error);
/* Runs it on a connection that can only read. STATUS_STOP when it takes longer than `limit_ms`. */
enum status rule_set_query(struct store *store, struct text query, int64_t limit_ms, rule_set_visitor *visit,
                           void *own, struct error *error);

/* The same over procedures that are in no store: for the examples of rules. */
struct rule_set_sample {
    struct text code, status, content; /* content: canonical JSON */
};
enum status rule_set_query_samples(const struct rule_set_sample *samples, size_t count, struct text query,
                                   rule_set_visitor *visit, void *own, struct error *error);

#endif
