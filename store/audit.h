/* The ledger's head, and proof that the ledger is what it was.
 *
 * At each run's end the head of the tree becomes a checkpoint (C2SP tlog-checkpoint): a row of the table
 * `checkpoint`, in the same commit as the run's last event, and the file `<store>.checkpoint`. With a key it
 * is a signed note; without one it is the checkpoint's text alone, which proves nothing against whoever can
 * write the store. docs/audit.md tells auditors the same.
 */
#ifndef STORE_AUDIT_H
#define STORE_AUDIT_H

#include "core/digest.h"
#include "store/note.h"
#include "store/store.h"

struct audit_settings {
    const char *agency; /* its code: part of the log's name */
    const char
        *origin; /* the log's name; NULL: "congkhai/<agency>/<store>", or what the store is called already */
    bool has_signer;
    struct note_signer signer; /* its name is the log's */
    const struct note_key
        *keys; /* whose signatures are believed when heads are verified, the signer's own too */
    size_t key_count;
};

/* Runs that end from here on are sealed by these settings, borrowed until the store is closed. STATUS_USAGE
 * when the key or the configured name is that of another log, or heads are signed and there is no key to go on with. */
enum status audit_open(struct store *store, const struct audit_settings *settings, struct error *error);
/* The same question of a store that may be open to be read alone. */
enum status audit_check_settings(struct store *store, const struct audit_settings *settings,
                                 struct error *error);

/* The log's name: fixed when it is first asked for in a store that may be written. */
enum status audit_origin(struct store *store, const struct audit_settings *settings, struct buffer *origin,
                         struct error *error);

/* For store_run_end: the head after the last event, inside its transaction; then the file, after the commit.
 */
enum status audit_seal(struct store *store, const struct audit_settings *settings, struct error *error);
enum status audit_write_head(struct store *store, struct error *error);
/* Does such a note give this tree, signed by a known key? */
bool audit_signs_tree(struct text note, const struct merkle_tree *tree,
                      const struct audit_settings *settings);
/* For store_run_begin: writes the file again when it is behind (a run died between its end and its file) or
 * gone. */
enum status audit_mend_head(struct store *store, struct error *error);

struct audit_head {
    int64_t run; /* 0: not known */
    struct text origin;
    uint64_t size; /* events */
    struct digest root;
    struct text note; /* the whole of it */
    bool is_signed;
};
/* The head of a run, or of the last sealed one (run 0). STATUS_END: there is none. */
enum status audit_head(struct store *store, struct arena *arena, int64_t run, struct audit_head *head,
                       struct error *error);
/* Takes a head apart: a signed note, or a checkpoint's text alone; `note` (may be NULL) is filled when it is
 * signed. STATUS_LEDGER when it is neither. */
enum status audit_head_parse(struct arena *arena, struct text bytes, struct audit_head *head,
                             struct note *note, struct error *error);
/* May it be one of the log of this name? Where keys are known, one of them has signed it. */
bool audit_head_is_of(const struct audit_head *head, const struct note *note, struct text origin,
                      const struct audit_settings *settings);
/* `<store>.checkpoint` */
void audit_head_path(const struct store *store, struct buffer *path);

/* The store calls its ledger what its last head does; else STATUS_LEDGER. */
enum status audit_check_name(struct store *store, struct error *error);
/* Before a run: the ledger has its name, the schema is the program's, the last run's events give the last head, which goes on from the
 * one before, events written after it (a run that died) give the tree as it is kept, which where heads are signed
 * bears the signature of a run with the ledger's key, and the head's file is not ahead of the store. Writes nothing, works
 * on a store opened to be read too. STATUS_LEDGER with what does not hold; STATUS_STOP where the head's file may not be read. */
enum status audit_quick_check(struct store *store, const struct audit_settings *settings,
                              struct error *error);
/* The same for a monitor, who has no run to begin: besides, what the stages work with is as the last run left it, and
 * each content that stands at the portal has its bytes (they are hashed: some 4 us a content). */
enum status audit_standing_check(struct store *store, const struct audit_settings *settings,
                                 struct error *error);

/* For who is about to tell what events say: those of a code (bytes NULL: all) have their hashes, and all hashes together give the
 * last head. STATUS_LEDGER otherwise. Some 0.5 us an event of the ledger and 10 for each of those that are hashed. */
enum status audit_read_check(struct store *store, struct text code, struct error *error);

/* A copy of the head could not be made: into the ledger, behind the run's end. Makes its own transaction. */
enum status audit_copy_failed(struct store *store, int64_t run, const char *copy, const struct error *why,
                              struct error *error);

/* ---- the whole ---- */

struct audit_outside {
    const char *name; /* for messages */
    struct text bytes;
};

struct audit_request {
    const struct audit_settings *settings;
    const struct audit_outside *outside; /* heads kept elsewhere */
    size_t outside_count;
    void (*progress)(void *user_data, int64_t done, int64_t total); /* NULL: none */
    bool (*stop)(void *user_data); /* asked now and then; true: it ends with STATUS_BUSY; NULL: none */
    void *user_data;
};

/* What a finding is about: the words are stable. */
#define AUDIT_EVENT     "event" /* an event was changed, removed, added or moved */
#define AUDIT_HEAD      "head"  /* a stored head does not fit the events, or is not the head it should be */
#define AUDIT_SIGNATURE "signature" /* a head is signed by nobody we know, or not at all */
#define AUDIT_OUTSIDE   "outside"   /* a head kept elsewhere does not fit */
#define AUDIT_PAYLOAD   "payload"   /* bytes do not have their digest, or are not there */
#define AUDIT_SCHEMA    "schema"    /* a table, view, index or trigger is not the program's */
#define AUDIT_STATE     "state"     /* what the stages work with says something else than the ledger */
#define AUDIT_APPROVAL                                                                                       \
    "approval" /* what people decided, or what was sent by it, is not as the rules in force ask */
#define AUDIT_STATEMENT "statement" /* of a bundle or a proof: the events do not say so */
#define AUDIT_DATABASE  "database"  /* the file is damaged */

struct audit_finding {
    const char *kind;
    int64_t event; /* from which on the ledger is in doubt; 0: not a matter of one event */
    const char *message;
    struct audit_finding *next;
};

#define AUDIT_FINDINGS_MAX 100 /* kept; what comes after is only counted */

struct audit_report {
    bool holds;
    bool ledger_holds;    /* perhaps what the stages work with does not agree with it */
    const char *sentence; /* what holds and what does not */
    int64_t from_event;   /* the first that is in doubt; 0: none, or none in particular */
    int64_t proven;       /* events up to here are without fault and give a stored head */
    struct audit_finding *first, *last;
    size_t count;
    int64_t events, runs, payloads, forgotten, heads, signed_heads, unsealed;
    const char
        *shown; /* of a bundle or a proof: which events, "10-15" or "5, 14"; NULL: none in particular */
    int64_t head_size; /* of the head that they give */
    struct text origin;
    struct digest root;
    struct audit_finding *not_proven, *last_not_proven; /* it holds, but nothing proves these: exit code 1 */
    size_t not_proven_count;
    struct audit_finding *notes_, *last_remark; /* what a reader should know though nothing is wrong */
};

/* Recomputes everything, in one snapshot of the store and in memory that does not grow with it. STATUS_OK
 * also when the report says that it does not hold; anything else: the store could not be read. Texts live in
 * the arena. */
enum status audit_verify(struct store *store, const struct audit_request *request, struct arena *arena,
                         struct audit_report *report, struct error *error);

/* A bundle's folder or a proof's file: each statement is bound to the events that are shown, or told as not proven. */
enum status audit_verify_shown(const char *path, bool folder, const struct audit_request *request,
                               struct arena *arena, struct audit_report *report, struct error *error);

/* As `audit verify --json` gives it: the members of the report by their names, findings[] and remarks[] of kind, event
 * and message. Borrows from the report. */
struct value *audit_report_value(struct arena *arena, const struct audit_report *report);

#endif
