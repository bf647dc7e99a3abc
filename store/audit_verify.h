/* The parts of audit_verify; for store/audit_verify*.c only. */
#ifndef STORE_AUDIT_VERIFY_H
#define STORE_AUDIT_VERIFY_H

#include "store/audit.h"
#include "store/audit_scan.h"

/* What a digest stands for in the store: nothing; bytes that are packed or forgotten; bytes as they are; those of a content. */
enum audit_presence { AUDIT_GONE, AUDIT_UNREADABLE, AUDIT_HELD, AUDIT_KEPT };

#define AUDIT_NEAR ((size_t)1 << 17) /* payloads that were read or looked up lately */

struct audit_near {
    int64_t id;
    struct digest digest;
    enum audit_presence presence;
};

struct audit_kept_head {
    const char *name;
    struct audit_head head;
    bool reached, fits;
    int64_t restored; /* an event "restored" says that the ledger goes on from here instead; 0: none does */
};

struct audit_pass {
    struct store *store;
    const struct audit_request *request;
    struct arena *arena;
    struct audit_report *report;
    /* The tree over the hashes as recorded and, from the first event that does not give its own, the one over
     * the hashes as computed: which of the two gives a head tells whether the event or its hash was changed.
     */
    struct merkle_tree recorded, computed;
    bool diverged;
    bool faulty; /* an event was found wrong: a head that does not fit from here on needs no other reason */
    bool broken; /* no later head can fit */
    int64_t proven;    /* events up to here give a stored head */
    int64_t last_seal; /* the size of the newest stored head */
    struct text last_note;
    struct text file; /* the head beside the store, read before the snapshot; bytes NULL: none */
    struct audit_kept_head
        beside; /* the same, where it can be one of this ledger or of one that a backup replaced */
    bool seen_signed;
    bool unbound;                    /* no digest binds what only steers the stages */
    int64_t total;                   /* events, for progress */
    struct audit_kept_head *outside; /* by size */
    size_t outside_count, outside_at;
    bool outside_fits;                  /* one of them at least */
    struct merkle_tree before;          /* the run that the events belong to */
    struct sqlite_statement *near_rows; /* payloads, read along with the events; NULL: all are read */
    int64_t near_read, near_used;       /* up to which number; the newest that an event spoke of */
    struct audit_near near[AUDIT_NEAR];
    /* What 0.1.0 did wrong is told as its fault, not as tampering: its runs name no schema when they begin. */
    const struct note_key *signers[8];
    size_t signer_count;
    char last_at[32], now[32];
    int64_t back, ahead; /* events before the one in front of them, and later than now */
    /* The schema that the run names, and the one before it (in hex; empty: none was seen). */
    char schema[DIGEST_HEX], schema_before[DIGEST_HEX];
    bool of_first_version;   /* the run that the events belong to */
    struct digest *misnamed; /* "digests" of input that had no bytes: those of where it stood */
    size_t misnamed_count, misnamed_room;
    int64_t first_misnamed, unreadable, first_unreadable; /* events; contents that it packed or forgot */
};

void audit_find(struct audit_pass *pass, const char *kind, int64_t event, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void audit_note(struct audit_pass *pass, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A head that bears no signature, where keys are known and it need not have one: not proven. */
void audit_not_signed(struct audit_pass *pass, const char *name);
void audit_not_proven(struct audit_pass *pass, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Who signed is said. */
void audit_signed_by(struct audit_pass *pass, const struct note_key *key);

/* What is common to a store and what was taken out of one: an event that the scan has checked. */
void audit_take_event(struct audit_pass *pass, const struct audit_scan *scan);
void audit_take_restored(struct audit_pass *pass, const struct ledger_entry *entry);
void audit_follow_schema(struct audit_pass *pass, const struct audit_scan *scan);
/* Did 0.1.0 call these bytes of the event by a digest of where they stood? */
bool audit_is_misnamed(const struct audit_pass *pass, const struct audit_scan *scan,
                       const struct digest *source_digest);
void audit_conclude_outside(struct audit_pass *pass);
enum status audit_verify_evidence(struct audit_pass *pass, const char *path, bool folder,
                                  struct error *error);

/* Each finds what it can; a status other than OK: reading is not possible. */
enum status audit_verify_events(struct audit_pass *pass, struct error *error);
/* Between the first and the last, what stands behind a digest. */
enum status audit_open_near(struct audit_pass *pass, struct error *error);
void audit_close_near(struct audit_pass *pass);
enum status audit_find_payload(struct audit_pass *pass, const struct digest *digest,
                               enum audit_presence *presence, struct error *error);
/* What was wrong with it is told: from here on it is as it should be. */
void audit_told_payload(struct audit_pass *pass, const struct digest *digest);
enum status audit_verify_payloads(struct audit_pass *pass, struct error *error);
enum status audit_verify_state(struct audit_pass *pass, struct error *error);
/* What people submitted, approved and sent back, their signatures, and what was sent by them. */
enum status audit_verify_approval(struct audit_pass *pass, struct error *error);
/* The head beside the store, before the snapshot; what it may be, once the ledger's name is known; and what it says in the end. */
void audit_read_file(struct audit_pass *pass);
void audit_read_beside(struct audit_pass *pass);
void audit_check_file(struct audit_pass *pass);
/* Holds the log's name of heads that were kept elsewhere against the report's. */
void audit_check_origin(struct audit_pass *pass);

#endif
