/* Rules that look at all records: what the store shows them, and what it keeps of what they found. */
#ifndef STORE_CROSS_RECORD_H
#define STORE_CROSS_RECORD_H

#include "core/date.h"
#include "core/finding.h"
#include "store/store.h"

/* A term that runs and has not been met. */
struct cross_record_deadline {
    struct text rule;
    struct date due;
    struct cross_record_deadline *next;
};

/* A record that is in its source now. Everything lives in the arena of the page. */
struct cross_record_row {
    int64_t record;
    struct text code;         /* bytes NULL: none */
    struct text label;        /* source and locator */
    struct text projection;   /* canonical JSON; bytes NULL: nothing is watched */
    int64_t checked_by;       /* the recipe of the rules that watched it */
    bool judged;              /* mapped and checked: to be settled, or settled */
    struct findings findings; /* as they were kept last */
    struct cross_record_deadline *deadlines;
};

/* The records after `after`, in order of their numbers, with what was found last. */
enum status cross_record_page(struct store *store, int64_t after, struct arena *arena,
                              struct cross_record_row *records, size_t most, size_t *count,
                              struct error *error);
/* Is anything kept from earlier nights? */
enum status cross_record_kept(struct store *store, bool *kept, struct error *error);

/* Keeps what a record's rules find now, in the place of what they found before; nothing is written when that
 * is the same. When findings differ, the record is marked to be settled. Opens a transaction with the first
 * write. */
enum status cross_record_put(struct store *store, const struct cross_record_row *record,
                             const struct findings *findings, const struct cross_record_deadline *deadlines,
                             struct error *error);
enum status cross_record_flush(struct store *store,
                               struct error *error); /* commits what cross_record_put wrote */

struct cross_record_procedure {
    struct text code;
    bool abolished;        /* then a withdrawal is meant, not a publication */
    struct date signed_on; /* of its decision; year 0: not known */
};
/* The first day, in Vietnam and not before `from`, on which the portal acknowledged the procedure: a content
 * that bears this very decision (an older one sent again is not its publication), or the withdrawal of an
 * abolished one; what never stood there, or was withdrawn before, is withdrawn from the start. Of one that is abolished under the
 * decision that published it, the publication: no decision does both. STATUS_END: none. */
enum status cross_record_published(struct store *store, const struct cross_record_procedure *procedure,
                                   struct date from, struct date *day, struct error *error);

/* The portal acknowledged this content: the terms of the records that give it are met. (One that runs on all the same is there
 * again after the next transform.) */
enum status cross_record_close_terms(struct store *store, struct text code, const struct digest *content,
                                     struct error *error);

/* The day, in Vietnam, of the first publication in the ledger. STATUS_END: none. */
enum status cross_record_first_publication(struct store *store, struct date *day, struct error *error);

/* ---- SQL of rules ---- */

struct cross_record_hit {
    struct text code, value; /* borrowed; bytes NULL: none */
};
typedef void cross_record_visitor(void *user_data, const struct cross_record_hit *row);

/* Prepares the query on an empty store. STATUS_USAGE: SQLite's words, or that it would write, or that it has
 * no column `code`. */
enum status cross_record_query_check(struct text query, struct error *error);
/* Runs it on a connection that can only read. STATUS_STOP when it takes longer than `limit_ms`, or when `stop`
 * (NULL: none) is set. */
enum status cross_record_query(struct store *store, struct text query, int64_t limit_ms,
                               const volatile sig_atomic_t *stop, cross_record_visitor *visit,
                               void *user_data, struct error *error);

/* The same over procedures that are in no store: for the examples of rules. */
struct cross_record_sample {
    struct text code, status, content; /* content: canonical JSON */
};
enum status cross_record_query_samples(const struct cross_record_sample *samples, size_t count,
                                       struct text query, cross_record_visitor *visit, void *user_data,
                                       struct error *error);

#endif
