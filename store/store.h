/* The store: one SQLite file in which the stages leave each other their work, and the ledger of all that
 * happened.
 *
 * The ledger is the truth; what else the store holds (what is staged, what is wanted, what is under way) only
 * helps the stages to decide quickly and can be compared with the ledger. SQL stands in store/ alone.
 *
 * WAL; times are RFC 3339 UTC. One run at a time: a lock file beside the store (`<store>.lock`) that dies
 * with its process. Readers need no lock.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "adapters/file.h"
#include "adapters/sqlite.h"
#include "core/arena.h"
#include "core/clock.h"
#include "core/digest.h"
#include "core/error.h"
#include "core/value.h"
#include "store/schema_versions.h"

struct audit_settings;
struct deflate;
struct merkle_tree;
struct store;

enum store_mode {
    STORE_READ,       /* STATUS_USAGE when there is none yet, or it is of an older version */
    STORE_READ_OLDER, /* one of an older version too, as it is */
    STORE_EXAMINE,    /* the same, whatever its schema is: for who verifies it */
    STORE_RUN,        /* made when absent; takes the lock: STATUS_BUSY when another run has it */
};

/* Neither it nor a head beside it: nothing was run yet. Not where that may not be looked at. */
bool store_is_new(const char *path);

/* STATUS_USAGE: the file is something else and never was a store; a damaged one (a checkpoint stands beside it) is not
 * that. */
enum status store_check_file(const char *path, struct error *error);
/* Before anything is touched: STATUS_USAGE where strangers could put something in the store's place, or something else
 * stands there. */
enum status store_check_place(const char *path, struct error *error);

/* STATUS_USAGE for a database that is no store or one of a newer version ("made by a newer congkhai"); an
 * older one is brought up to date by store_run_begin. STATUS_LEDGER for what is no database, for one whose schema
 * was edited when it is to be read, and where it is to be written and cannot be; and where none is there, or an
 * empty file, but a head lies beside its place. */
enum status store_open(const char *path, enum store_mode mode, struct clock *clock, struct store **store,
                       struct error *error);
/* The same, for a mode that reads, without a trace (store/untouched.h): on a medium or in a folder where nothing can be
 * written, beside a run, after a crash. store_open reads so by itself where it may not write. */
enum status store_open_untouched(const char *path, enum store_mode mode, struct clock *clock,
                                 struct store **store, struct error *error);
/* To be asked when all was read: STATUS_STOP where that may be of two moments. */
enum status store_check_untouched(const struct store *store, struct error *error);
/* What reading ended with: STATUS_LEDGER in a fatal one's place where the file is damaged, or no database. One that merely
 * cannot be reached says nothing of its ledger. */
enum status store_blame(const struct store *store, enum status status, struct error *error);
void store_close(struct store *store);

const char *store_path(const struct store *store);
/* Does a run hold the store? A copy has no lock beside it (FILE_LOCK_NONE). */
enum file_lock_look store_look_at_lock(const struct store *store);
enum file_lock_look store_look_at_lock_of(const char *path); /* of the store there */
struct sqlite *store_database(struct store *store);          /* for store/ only */
struct clock *store_clock(struct store *store);
int64_t store_run(const struct store *store); /* the run that is open; 0: none */
/* For store/ only: a run begins or ends; it has brought the file up to date; how its head is signed (borrowed), and by
 * what the tree is with each commit. */
void store_set_run(struct store *store, int64_t run);
void store_set_version(struct store *store, int64_t version);
typedef enum status store_sign(struct store *store, const struct audit_settings *settings,
                               struct buffer *note, struct error *error);
void store_seal_with(struct store *store, const struct audit_settings *settings, store_sign *sign);
const struct audit_settings *store_sealing(const struct store *store);
int64_t store_version(const struct store *store); /* of the file; 1: 0.1.0, until the first run */
struct merkle_tree *
store_tree(struct store *store); /* for store/ only: the ledger's tree, ahead of the disk in a group */
/* For store/ only: the tables of a row for each record or procedure, and how often this connection has written or deleted
 * one of their rows. SQLite tells of the first two; who writes another says so. */
enum store_large { STORE_RECORD, STORE_FINDING, STORE_PROCEDURE, STORE_LARGE };
uint64_t store_rows_changed(const struct store *store, size_t table);
void store_row_changed(struct store *store, enum store_large table);
/* For store/ only: what was seen when a run began, so that it is not read again in it. */
struct store_memory {
    struct store_rows_memory {
        struct digest digest; /* steering.c: of the table's rows … */
        uint64_t changed;     /* … while store_rows_changed is still this */
        bool known;
    } rows[STORE_LARGE];
    bool outbox_empty; /* outbox_proof.c: so all rows of it are the run's own … */
    int64_t changes; /* … while store_changes is still this: nobody else has written into the file since */
};
struct store_memory *store_memory(struct store *store);
struct buffer *store_scratch(struct store *store, int which); /* for store/ only: 0 or 1 */
/* For store/ only: what packed payloads are read with, opened for the first of them. */
struct store_unpacking {
    struct deflate *deflate;
    struct buffer bytes;
};
struct store_unpacking *store_unpacking(struct store *store);

/* Work is written in groups: begin … commit. A commit survives the death of the process; while the store is
 * set to be durable (the intents and the answers of deliveries) it has reached the disk when it returns. */
enum status store_begin(struct store *store, struct error *error);
enum status store_commit(struct store *store, struct error *error);
void store_rollback(struct store *store);
/* Ends what store_begin began: commits where `status` is STATUS_OK, and takes it back where it is another or the commit
 * fails. Gives what came of it. */
enum status store_end(struct store *store, enum status status, struct error *error);
enum status store_durable(struct store *store, bool durable, struct error *error);

/* The statement of a literal, prepared once and kept for the life of the store. For store/ only. */
enum status store_sql(struct store *store, const char *literal, struct sqlite_statement **statement,
                      struct error *error);

/* One snapshot for all that is read until the end; within another it is that one, so that who answers a question need not
 * know whether it is part of a larger one. Each begin that was STATUS_OK has its end. */
enum status store_snapshot_begin(struct store *store, struct error *error);
void store_snapshot_end(struct store *store);

/* All that is read from here on ends together, after so many milliseconds, with STATUS_STOP; 0: no such end any more. */
void store_limit_time(struct store *store, long milliseconds);
/* What is sorted and is more than 16 MiB goes to $TMPDIR, not into memory. Outside of a snapshot. */
enum status store_sort_on_disk(struct store *store, struct error *error);
/* Another number whenever somebody else has changed the store since the last time it was asked. */
enum status store_changes(struct store *store, int64_t *number, struct error *error);

/* Bytes kept by their digest, which is that of the bytes and of nothing else. They have no kind: what they are used
 * for stands with who refers to them, and the same bytes may be a source's record and a content. PAYLOAD_SOURCE may be
 * packed, and forgotten by retention; what was once put as PAYLOAD_KEPT (a canonical content, a configuration, rules)
 * stays as it is, for the views and for ever. */
enum payload_use { PAYLOAD_SOURCE, PAYLOAD_KEPT };
/* Gives the number of the payload, new or already there. */
enum status store_payload_put(struct store *store, enum payload_use use, const struct digest *digest,
                              struct text bytes, int64_t *payload, struct error *error);
/* The same for `size` bytes of a source that were packed already (adapters/deflate.h): by another thread than the one
 * that writes. */
enum status store_payload_put_packed(struct store *store, const struct digest *digest, size_t size,
                                     struct text packed, int64_t *payload, struct error *error);
/* STATUS_END: not there, or forgotten by retention. STATUS_LEDGER: these are not the bytes that had this digest. The bytes
 * live in the arena. */
enum status store_payload(struct store *store, struct arena *arena, int64_t payload, struct text *bytes,
                          struct error *error);
/* The same of a payload that must have this digest; any other is STATUS_LEDGER. */
enum status store_payload_of(struct store *store, struct arena *arena, int64_t payload,
                             const struct digest *digest, struct text *bytes, struct error *error);
/* For store/ only, the same of a row that has the columns bytes, encoding, size and digest from `at` on. Borrowed until
 * the statement's next step or the next such call. */
enum status store_payload_column(struct store *store, struct sqlite_statement *row, int at,
                                 struct text *bytes, struct error *error);
/* … without the digest: for a verifier, who has more to say of what was changed. */
enum status store_payload_unpack(struct store *store, struct sqlite_statement *row, int at,
                                 struct text *bytes, struct error *error);
enum status store_payload_by_digest(struct store *store, struct arena *arena, const struct digest *digest,
                                    struct text *bytes, struct error *error);

#endif
