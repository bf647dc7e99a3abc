/* Reading the ledger the way a verifier does: every event in order, held against the rules of docs/audit.md.
 */
#ifndef STORE_AUDIT_SCAN_H
#define STORE_AUDIT_SCAN_H

#include "store/ledger_entry.h"
#include "store/merkle.h"
#include "store/store.h"

/* Members of a detail that name bytes by their digest. The first are a source's; what the others name is kept as it is. */
#define AUDIT_NAMED 6
extern const char *const audit_named[AUDIT_NAMED];

struct audit_scan {
    struct store *store;
    struct sqlite_statement *rows;
    struct ledger_entry entry; /* borrowed until the next step */
    struct digest leaf;        /* of the entry's bytes, recomputed */
    struct buffer bytes;       /* its canonical JSON */
    int64_t expected;          /* the number the next event must have */
    /* the run that the events belong to */
    int64_t run;
    bool run_open;
    char fault[400]; /* of this event; empty: none */
    struct arena arena;
    const struct value *detail; /* of the entry; an empty object where it cannot be read */
    struct buffer written;
    bool gap; /* events are missing in front of this one */
};

/* From the event behind `after` on; the scan believes that the events up to there belong to runs up to `run`,
 * the last of which has ended. */
enum status audit_scan_open(struct audit_scan *scan, struct store *store, int64_t after, int64_t run,
                            struct error *error);
/* STATUS_OK: an event stands ready, perhaps with a fault; STATUS_END. */
enum status audit_scan_next(struct audit_scan *scan, struct error *error);
void audit_scan_close(struct audit_scan *scan);
/* Opens the scan for one event, which stands ready. STATUS_END: it is gone, or does not give its hash. Close it whatever the
 * status. */
enum status audit_scan_event(struct audit_scan *scan, struct store *store, int64_t event,
                             struct error *error);

/* For events that come from elsewhere, put into `entry` one by one: the same rules. */
void audit_scan_begin(struct audit_scan *scan, int64_t after, int64_t run);
void audit_scan_check(struct audit_scan *scan, bool typed);
/* Of the entry alone, wherever it stands: its time and its detail. */
void audit_scan_check_detail(struct audit_scan *scan);
/* The same where it is known what its detail reads back as: of an event that is about to be written. */
void audit_scan_check_written(struct audit_scan *scan, const struct value *detail);

/* Does the head's text say what its row says? NULL: yes; else what is wrong. */
struct audit_row {
    int64_t run, size;
    struct digest root;
    struct text frontier, note;
    bool types; /* every column has the type it should have */
};
enum status audit_row_open(struct store *store, int64_t from_run, struct sqlite_statement **rows,
                           struct error *error);
enum status audit_row_next(struct sqlite_statement *rows, struct audit_row *row, struct error *error);

#endif
