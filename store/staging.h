/* Staging: what extract leaves for transform. A record is written only when its bytes are new. */
#ifndef STORE_STAGING_H
#define STORE_STAGING_H

#include "core/digest.h"
#include "store/store.h"

/* Of an event `listed` as `e`: a listing, and not a look for some codes. */
#define STAGING_A_LISTING(e) e ".event = 'listed' AND json_extract(" e ".detail, '$.partial') IS NULL"

/* Of a record as `r`: it left its source, no other record gives its code now, and what stood there is not withdrawn. */
#define STAGING_MISSING(r)                                                                                   \
    r ".present = 0 AND " r ".nameless = 0 AND NOT EXISTS (SELECT 1 FROM record o WHERE o.code = " r ".code" \
      " AND o.present = 1) AND NOT EXISTS (SELECT 1 FROM procedure_state h WHERE h.code = " r ".code"        \
      " AND h.held_status = 'abolished' AND h.wanted_action IS NULL)"

/* One pass over one source. */
struct staging;

/* What is said of a record with its very bytes. */
enum staging_doubt {
    STAGING_NO_DOUBT,
    STAGING_DOUBTED, /* it is kept back, though it can be read */
    STAGING_TAKEN,   /* … and an operator took it as it is */
    STAGING_HIDES,   /* it cannot be read, and since it came records were absent that may stand in it */
};

struct staged_record {
    struct text key;     /* what identifies it in its source */
    struct text locator; /* file and line or index, for people */
    struct text bytes;
    struct text packed;   /* the bytes as adapters/deflate.h packs them; bytes NULL: not packed */
    struct digest digest; /* of the bytes */
    struct text context;  /* what the listing's records share (a heading row), or none */
    const char *fault;    /* extract's reason against it; NULL: none */
    bool nameless; /* it could not be identified: the key is a name made of its document or its bytes */
    enum staging_doubt doubt;
};

struct staging_counts {
    int64_t seen;     /* records in the listing */
    int64_t changed;  /* of these: staged, because new or changed */
    int64_t missing;  /* known, but not in the listing (whole ones only) */
    int64_t returned; /* were missing, are back */
    int64_t orphaned; /* of those missing anew: their publication is still to be sent */
    int64_t skipped;  /* rows that are no records; set by the caller */
};

/* What a pass came to, as its caller sees it. */
struct staging_verdict {
    bool whole;   /* the listing is */
    bool full;    /* … and what it lacks is missing */
    bool through; /* not whole, but read to its end: what could not be read before and is not there is gone */
    bool unchanged;  /* nothing was read: the source says that nothing changed */
    bool partial;    /* only some codes were asked for: it is no listing, and says nothing of the source */
    int64_t skipped; /* rows that are no records */
    const char *why; /* it is not whole */
    const struct error *reasons; /* … and what these words are made of */
    size_t reason_count;         /* 0: the words are all there is */
};

/* Who may go on at once with what was staged: a short cut, since the queue says all of it. All is called inside the
 * transaction of the pass. Only records that the store did not have are told of: nothing hangs on them yet. */
struct staging_sink {
    /* Under the key that it was given; copy what is to stay. */
    enum status (*take)(void *user_data, struct store *store, const char *source, int64_t record,
                        const struct staged_record *staged, struct error *error);
    /* What was taken is written: from now on its rows may change, and another source may come. */
    enum status (*settle)(void *user_data, struct store *store, struct error *error);
    /* What was taken is not to be written: its rows may be gone. */
    void (*give_up)(void *user_data);
    void *user_data;
};

/* `sink` (may be NULL) is borrowed. */
enum status staging_open(struct store *store, const char *source, const struct staging_sink *sink,
                         struct staging **staging, struct error *error);

/* What the records that follow share; TEXT_NONE: nothing. One that was staged with something else is not
 * known: its bytes may mean something else now. */
enum status staging_context(struct staging *staging, struct text context, struct error *error);

/* Are these very bytes staged from this source already? Then the record is seen and *known is true. By the digest alone,
 * of what had no fault. */
enum status staging_known(struct staging *staging, const struct digest *digest, struct text locator,
                          bool *known, struct error *error);

/* The same of what is called by a key beforehand: a document's name where there are no keys, or what cannot be read.
 * `fault`: the one it had then (NULL: none): what is broken in another way, or was whole, is not known. Equal ones keep
 * their places: the first is the first. */
enum status staging_known_in(struct staging *staging, const struct digest *digest, struct text key,
                             const char *fault, struct text locator, bool *known, struct error *error);

/* Stages a record that is not known. A second record with the key of one seen before in this pass is kept
 * beside it under the key "KEY (2)"; transform holds both when they give one code. */
enum status staging_put(struct staging *staging, const struct staged_record *record, struct error *error);

/* The key of the record that was staged from this very place before (a document of one record); bytes NULL:
 * none, or it was nameless. */
enum status staging_key_at(struct staging *staging, struct arena *arena, struct text locator,
                           struct text *key, struct error *error);
/* Of the record of this key. */
enum status staging_doubt(struct staging *staging, struct text key, const struct digest *digest,
                          enum staging_doubt *doubt, struct error *error);
/* May what cannot be read, with this key, these bytes and this fault, hold records that are absent? Not where it stood there
 * already when none was (staging_settle). To be asked in its context and before the record is seen. */
enum status staging_hides(struct staging *staging, struct text key, const struct digest *digest,
                          const char *fault, bool *hides, struct error *error);
/* No record is absent: what could not be read tonight holds none of them, as long as it stays as it is. */
enum status staging_settle(struct staging *staging, struct error *error);
/* The source had no record before this pass. */
bool staging_is_fresh(const struct staging *staging);
/* Does an operator ask for what was set aside from this place (retry)? */
enum status staging_is_taken_up(struct staging *staging, struct text locator, bool *taken,
                                struct error *error);
/* Are there identified records that stood in this document of many records, in the last whole listing? */
enum status staging_has_document(struct staging *staging, struct text document, bool *many,
                                 struct error *error);
/* Had a record this key before? */
enum status staging_has_key(struct staging *staging, struct text key, bool *has, struct error *error);
/* Is the record of this key known under one of the codes? */
enum status staging_has_code(struct staging *staging, struct text key, const struct text *codes, size_t count,
                             bool *its, struct error *error);
int64_t staging_seen(const struct staging *staging);
void staging_seen_again(struct staging *staging,
                        int64_t records); /* so many of these came twice, and count once */
/* How many keys more than one of the records had that were staged in this pass, and one of them. */
size_t staging_shared_keys(const struct staging *staging, const char **first);
int64_t staging_records(const struct staging *staging); /* … each once, however often it came */

/* Begins a second walk over the source in the same pass: what the first one saw is not missing, but counts are
 * those of the second. */
enum status staging_walk_again(struct staging *staging, struct error *error);
/* How many records of the last whole listing no walk has seen; `each` (may be NULL) is told where they stood. */
enum status staging_absent(struct staging *staging, void (*each)(void *user_data, struct text locator),
                           void *user_data, int64_t *absent, struct error *error);

/* Nothing changed since the source's last whole listing: what was in that is seen. */
enum status staging_unchanged(struct staging *staging, struct error *error);

/* Ends the pass, in the ledger too. Only after a whole and full listing are absent records missing; those that
 * never could be identified just go. Frees the staging. */
enum status staging_finish(struct staging *staging, const struct staging_verdict *verdict,
                           struct staging_counts *counts, struct error *error);
/* The sources whose records count: those that some listing gave and no whole one since lacked. */
enum status staging_sources(struct store *store, struct arena *arena, struct text **names, size_t *count,
                            struct error *error);
/* Nobody reads the source any more: what it gave is missing, and holds back no record of another source. */
enum status staging_leave(struct store *store, const char *source, int64_t *missing, struct error *error);
/* Ends it without a trace (a fault of ours): what was not committed is rolled back. */
void staging_abandon(struct staging *staging);

/* Was the source's last listing whole? One that never was listed is. */
enum status staging_was_whole(struct store *store, const char *source, bool *whole, struct error *error);
/* How many records of the source were in its last whole listing. */
enum status staging_present(struct store *store, const char *source, int64_t *present, struct error *error);

#endif
