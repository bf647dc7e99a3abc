/* A run: its beginning and its end in the ledger, what it was configured by, and what is kept back behind it. It
 * stands above the ledger, its heads and the migrations, none of which know of it.
 */
#ifndef STORE_STORE_RUN_H
#define STORE_STORE_RUN_H

#include "core/digest.h"
#include "store/store.h"

/* A run: an entry in the ledger with its beginning and its end. */
struct run_start {
    const char *command;   /* "run", "load", … */
    const char *operator_; /* who started it */
    const char *host;
    const char *version;
    const struct value *filter; /* the sources and codes it is held to; NULL: all */
    struct digest config_digest, rules_digest;
    struct text configuration; /* canonical JSON without secrets: kept as a payload */
    struct text rules;         /* the same of rules and code lists */
};

struct run_counts {
    int64_t seen, changed, accepted, rejected, held;
    int64_t sent, published, refused, conflict, unknown, failed, withdrawn, missing;
    int64_t waiting;             /* for approval, when the run ended */
    int64_t pending;             /* still to be sent when the run ended */
    const struct value *repairs; /* of texts, by their kind: an object of counts; NULL: none */
};

/* STATUS_LEDGER when the ledger's last head does not verify (audit_quick_check): then nothing is begun. */
enum status store_run_begin(struct store *store, const struct run_start *start, int64_t *run,
                            struct error *error);
/* The run's end and the ledger's head after it are one commit; then the head goes to `<store>.checkpoint`.
 * Unsigned unless audit_open has said with which key. */
enum status store_run_end(struct store *store, int exit_code, const struct run_counts *counts,
                          const struct error *why, struct error *error);

/* The run that another process is making at this moment: its deliveries are under way, and nothing keeps them back. 0: none,
 * or it is this store's own. */
enum status store_run_elsewhere(struct store *store, int64_t *run, struct error *error);
/* One that has not ended and of which cannot be told whether it is still at work, since the lock may not be looked at:
 * what it sent counts as unknown, and whoever shows it says so. 0: there is none. */
enum status store_run_untold(struct store *store, int64_t *run, struct error *error);

/* Of a run that has not ended: where nobody makes it any more, for another began behind it, or nobody holds the store, what is
 * told of it gets broken_off (true) and why. */
enum status store_run_tell_broken_off(struct store *store, struct arena *arena, int64_t run,
                                      struct value *told, struct error *error);

/* What keeps records back now: rejected, held, refused, failed, conflict, unknown (for exit code 1), and what waits for
 * approval. */
struct store_kept_back {
    int64_t rejected, held, refused, failed, conflict, unknown, pending, missing;
    int64_t waiting, sent_back; /* of the pending: for approval; to be mended */
    int64_t unread;             /* staged and not to be read: the next transform rejects them */
};
enum status store_kept_back(struct store *store, struct store_kept_back *kept, struct error *error);
bool store_keeps(const struct store_kept_back *kept); /* anything but what is only pending: exit 1 */

#endif
