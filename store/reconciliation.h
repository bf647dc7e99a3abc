/* What the store believes to stand at the portal, against what the portal says, or against what is wanted.
 *
 *     same       what is believed to stand there does, by its digest, content, version or ETag
 *     differs    something else stands there: a conflict, for an operator to settle
 *     missing    it was acknowledged and is not there: it goes back to pending, unless it was withdrawn or refused
 *     only       it stands there, and the store does not know of it
 *     untold     it stands there, and the portal does not say what
 */
#ifndef STORE_RECONCILIATION_H
#define STORE_RECONCILIATION_H

#include "store/outbox.h"

struct reconciliation_counts {
    int64_t same, differs, missing, only, untold;
    int64_t listed;    /* by the portal */
    int64_t conflict;  /* newly marked as conflicts */
    int64_t pending;   /* put back to pending */
    int64_t refused;   /* the portal refused what is wanted in its place: nothing is sent */
    int64_t gone;      /* withdrawn, and missing: nothing is sent */
    int64_t refreshed; /* the same content under another version: that is what the next change replaces */
};

/* ---- against the portal; inside a run ---- */

struct reconciliation_entry {
    struct text code, version;   /* version bytes NULL: unsaid */
    const struct digest *digest; /* NULL: unsaid */
    const char *status;          /* "published", "abolished"; NULL: unsaid */
};
/* Forgets the last listing. */
enum status reconciliation_listing_begin(struct store *store, struct error *error);
/* Inside a transaction. *added false: it was listed before. */
enum status reconciliation_listing_put(struct store *store, const struct reconciliation_entry *entry,
                                       bool *added, struct error *error);
/* The listing is whole: of which codes (objects with `code`) would it be said that they differ or are missing? A question to
 * the portal decides about each. */
enum status reconciliation_doubtful(struct store *store, struct arena *arena, struct value **codes,
                                    struct error *error);
/* Inside a transaction: what the portal said to that, and under which ETag (bytes NULL: none); NULL: it does not know it. */
enum status reconciliation_told(struct store *store, struct text code,
                                const struct reconciliation_entry *entry, struct text etag,
                                struct error *error);
/* The listing is whole: compares it with the outbox, marks conflicts (event "differs"), puts back what is
 * missing (event "recalled", absent and reconciled), writes the event "reconciled". One transaction. */
enum status reconciliation_compare(struct store *store, struct reconciliation_counts *counts,
                                   struct error *error);

/* ---- reading ---- */

/* The same sets of what is believed against what is wanted; needs no run and no portal. */
enum status reconciliation_beliefs(struct store *store, struct reconciliation_counts *counts,
                                   struct error *error);

/* Each row of the sets other than `same`, in the order of codes: of the last reconciliation with the portal,
 * or of beliefs. An object of set, code, and as far as known believed_digest, believed_version,
 * believed_status, there_digest, there_version, there_status, wanted_action, wanted_digest; it lives until
 * the function returns. */
enum status reconciliation_rows(struct store *store, bool online,
                                enum status (*visit)(void *user_data, const struct value *row,
                                                     struct error *error),
                                void *user_data, struct error *error);

/* The last reconciliation with the portal: run, at and the counts. STATUS_END: there was none. */
enum status reconciliation_last(struct store *store, struct arena *arena, struct value **last,
                                struct error *error);

/* ---- settling; inside a run, each in a transaction of its own ---- */

struct reconciliation_decision {
    struct text code;
    const char *actor, *reason;
    /* what the portal says now */
    struct text version, etag;
    bool abolished;
    bool strange; /* a status that is neither */
    bool has_digest;
    struct digest digest;
    struct text content; /* canonical; bytes NULL: unsaid */
    struct text base;    /* what If-Match must say; of an overwriting */
};

/* What there is to settle: *believed, when the store takes to stand there what the portal says and wants
 * nothing else; *ours, when what an overwriting would put there stands there already. */
enum status reconciliation_weigh(struct store *store, const struct reconciliation_decision *decision,
                                 bool *believed, bool *ours, struct error *error);

/* What the portal holds is what we believe to be held, and what was wanted in its place is dismissed until
 * the record changes (event "published" or "withdrawn" with adopted: true). STATUS_END: its bytes cannot be
 * had. */
enum status reconciliation_adopt(struct store *store, const struct reconciliation_decision *decision,
                                 struct error *error);

/* What is wanted, or was acknowledged before, replaces what the portal holds (event "overwrite-ordered").
 * STATUS_END: there is nothing to put in its place. */
enum status reconciliation_overwrite(struct store *store, const struct reconciliation_decision *decision,
                                     struct error *error);

/* The portal does not know what it acknowledged: back to pending. *wanted false: it was withdrawn, and
 * nothing of it is to stand there. */
enum status reconciliation_missing(struct store *store, const struct reconciliation_decision *decision,
                                   bool *wanted, struct error *error);

#endif
