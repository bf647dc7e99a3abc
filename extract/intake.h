/* What takes the records of one source in: from the decoder to the staging, in groups, so that threads make
 * digests and find keys while the store is written and the next records are read.
 *
 * A record whose digest is known costs its digest and a look-up; only others are opened for their keys.
 */
#ifndef EXTRACT_INTAKE_H
#define EXTRACT_INTAKE_H

#include "core/workers.h"
#include "record/source.h"
#include "store/staging.h"

struct intake_options {
    struct staging *staging;
    struct workers *workers;
    const struct source *source;
    const struct record_address *key; /* NULL: the document's name is the key */
    const struct text *codes;         /* only records known under these codes, or whose key is one */
    size_t code_count;                /* 0: all */
    void (*notice)(void *own, const char *locator, const char *message);
    void *own;
};

/* All is copied when it is put. */
struct intake_record {
    struct text bytes, context; /* context: bytes NULL for none */
    const char *locator;
    const char *document; /* its name */
    bool whole;           /* the record is the whole document */
    const char *fault;    /* why it cannot be read: it is set aside; NULL: it can */
};

struct intake;

struct intake *intake_open(const struct intake_options *options);
enum status intake_put(struct intake *intake, const struct intake_record *record, struct error *error);
/* Everything that was put is staged. */
enum status intake_finish(struct intake *intake, struct error *error);
/* A record could not be identified, so that what is absent may only be unreadable; after intake_finish. */
bool intake_is_doubtful(const struct intake *intake);
void intake_close(struct intake *intake);

#endif
