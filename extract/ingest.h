/* What takes the records of one source in: from the decoder to the staging, in groups, so that threads make
 * digests and find keys while the store is written and the next records are read.
 *
 * A record whose digest is known costs its digest and a look-up; only others are opened for their keys.
 */
#ifndef EXTRACT_INGEST_H
#define EXTRACT_INGEST_H

#include "core/thread_pool.h"
#include "extract/key_child.h"
#include "extract/skip.h"
#include "record/source.h"
#include "store/staging.h"

struct ingest_options {
    struct staging *staging;
    struct thread_pool *thread_pool;
    const struct source *source;
    const struct record_address *key; /* NULL: the document's name is the key */
    const struct skip *skip;          /* rows that are no records; NULL: none are */
    struct key_child *child;          /* finds keys (key_child.h); NULL: threads do */
    const struct deaths *deaths;      /* what ended such processes before; where `child` is one */
    const struct text *codes;         /* only records known under these codes, or whose key is one */
    size_t code_count;                /* 0: all */
    bool anew;                        /* secrets are looked for in known records, too */
    bool wants_keys;                  /* of all records, also of those that are known (ingest_keys) */
    void (*notice)(void *user_data, const char *locator, const char *message);
    void *user_data;
};

/* All is copied when it is put. */
struct ingest_record {
    struct text bytes, context; /* context: bytes NULL for none */
    const char *locator;
    const char *document; /* its name */
    bool whole;           /* the record is the whole document */
    const char *fault;    /* why it cannot be read: it is set aside; NULL: it can */
    const char
        *kept; /* why it is kept back under its key, though it can be read, unless an operator took these
                           * very bytes (retry); NULL: it is not */
    bool cut;  /* … because what follows may be lacking */
};

struct ingest;

struct ingest *ingest_open(const struct ingest_options *options);
enum status ingest_put(struct ingest *ingest, const struct ingest_record *record, struct error *error);
/* The key that bytes have, or, without one, their document's name; `ingest` is the ingest (a rekey_find). */
enum status ingest_find_key(void *ingest, struct text bytes, struct text context, struct text locator,
                            struct arena *arena, struct text *key, struct error *error);
/* Everything that was put is staged. */
enum status ingest_finish(struct ingest *ingest, struct error *error);
/* How many rows were no records, since the start. */
int64_t ingest_skipped(const struct ingest *ingest);
/* After ingest_finish: a number for the key of each record that was put since the last call, in their order, the
 * same for the same key, none 0. Borrowed until the next record is put. */
const uint64_t *ingest_keys(struct ingest *ingest, size_t *count);
/* A record could not be identified, so that what is absent may only be unreadable; after ingest_finish. */
bool ingest_is_doubtful(const struct ingest *ingest);
void ingest_close(struct ingest *ingest);

#endif
