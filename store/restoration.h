/* A backup that was taken as the store: what the ledger says of it.
 *
 * The event "restored" stands behind the run's first event. `head` is the tree as the backup had it (`size` N, `root`):
 * the ledger goes on from there. `newest` is the newest head of the replaced ledger that was known (`size` M, `root`), or
 * the word "unknown". Events N+1 to M of the replaced ledger are not in this one: a head kept elsewhere that knows some
 * of them is told as not proven, one that goes beyond them does not hold (store/audit.h).
 */
#ifndef STORE_RESTORATION_H
#define STORE_RESTORATION_H

#include "store/audit.h"
#include "store/ledger_entry.h"

struct restoration {
    struct audit_head head;   /* of the backup: size and root */
    bool known;               /* a head of the replaced ledger was found */
    struct audit_head newest; /* not older than `head` */
    bool endless;             /* the replaced ledger had replaced one of which is not known how far it went */
    const char *reason, *actor;
};

/* The whole of an open store in a new file of ours: one snapshot, whoever writes meanwhile. STATUS_STOP when `stop` was
 * set. */
enum status restoration_copy(struct store *store, const char *path, const volatile sig_atomic_t *stop,
                             struct error *error);
/* Folds the journal of the store in `path` back into it, as far as it can be read. */
void restoration_fold(const char *path);

/* The tree of a store as it is kept, whatever stands behind its last head. */
enum status restoration_head(struct store *store, struct audit_head *head, struct error *error);

/* The newest head that the store in `path` and the file beside it know, believed only with one of the keys where there
 * are any; an unreadable store knows none. Where its own events hold, heads of ledgers that it replaced count too. Takes it into `restoration` when it is newer than what is known. */
void restoration_look(struct restoration *restoration, const char *path,
                      const struct audit_settings *settings, struct clock *clock, struct arena *arena);
/* The same of a head's bytes. */
void restoration_take(struct restoration *restoration, struct text note,
                      const struct audit_settings *settings, struct arena *arena);

/* Inside a run: the event. Makes its own transaction. */
enum status restoration_append(struct store *store, const struct restoration *restoration,
                               struct error *error);

/* Has the portal been asked since the store was last restored, for all that the backup believes to stand there? By a
 * reconciliation; or by deliveries of each of these, and an unfiltered `run` or `load` that went through (0, 1): each
 * asks before it sends. True where it never was restored. *left: how many it was not asked for. */
enum status restoration_compared(struct store *store, bool *compared, int64_t *left, struct error *error);
/* The last run of which the configuration had another portal.url than the newest run's; 0: none. What was acknowledged until
 * then says nothing of the portal that is there now. */
enum status restoration_moved(struct store *store, int64_t *run, struct error *error);
/* The same of one procedure, whether it is believed to stand there or not, and since that run (0: there was no such). */
enum status restoration_asked(struct store *store, struct text code, int64_t moved, bool *asked,
                              struct error *error);

/* What backups that became the store leave unknown of what stood at the portal at the moment `until` (as the ledger writes
 * times): of each an object as history_against has it. Of one procedure, or (code bytes NULL) of all that the store
 * believes to stand there. */
enum status restoration_gaps(struct store *store, struct arena *arena, struct text code, struct text until,
                             struct value **gaps, struct error *error);

/* What an event "restored" says; false when it is none, or not in its place: `before` is the tree in front of the run
 * that it stands in. *to is INT64_MAX when the newest head is not known. */
bool restoration_read(const struct ledger_entry *entry, const struct merkle_tree *before, int64_t *from,
                      int64_t *to);

#endif
