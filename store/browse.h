/* The store page by page, for whoever looks through it: procedures, what a run did, events, heads. Rows are objects
 * whose members are named here; what is nothing is absent. */
#ifndef STORE_BROWSE_H
#define STORE_BROWSE_H

#include "core/value.h"
#include "store/row_visit.h"
#include "store/store.h"

struct browse_window {
    int64_t offset, limit;
    const struct row_visit *visit; /* takes the rows, and *rows is NULL; NULL: nobody does */
    int64_t total;                 /* out: rows without the window */
};

/* Every code that the ledger or a source knows: code, name, status (published, abolished; absent: nothing stands there),
 * since (of that, RFC 3339), action (what is to be sent), state (of a delivery that did not end), outcome (of its record),
 * source, department. `codes`: only these, in this order (NULL: all, in order of code). `which`: published, abolished,
 * pending, kept, nowhere; NULL: any. */
enum status browse_procedures(struct store *store, struct arena *arena, const struct value *codes,
                              const char *which, struct browse_window *window, struct value **rows,
                              struct error *error);

/* The records of a run that ended so (accepted, rejected, held): code, name, source, source_key, locator,
 * content_digest, event. */
enum status browse_run_records(struct store *store, struct arena *arena, int64_t run, const char *outcome,
                               struct browse_window *window, struct value **rows, struct error *error);

/* The deliveries of a run (`outcome` NULL: any): code, action, outcome, attempt, http_status, portal_version,
 * finished_at, error. */
enum status browse_run_deliveries(struct store *store, struct arena *arena, int64_t run, const char *outcome,
                                  struct browse_window *window, struct value **rows, struct error *error);

struct browse_events {
    const char *event, *code; /* NULL: any */
    int64_t run, seq;         /* 0: any */
};
/* Events, the newest first: seq, at, run, event, source, code, digest, actor, hash, detail (JSON as a text). */
enum status browse_events(struct store *store, struct arena *arena, const struct browse_events *filter,
                          struct browse_window *window, struct value **rows, struct error *error);
/* Their names, in order: a list of texts. */
enum status browse_event_names(struct store *store, struct arena *arena, struct value **names,
                               struct error *error);

/* Heads, the newest first: run, events, root, signed (a boolean), note. */
enum status browse_heads(struct store *store, struct arena *arena, struct browse_window *window,
                         struct value **rows, struct error *error);

#endif
