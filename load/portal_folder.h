/* What the files of the folder driver share; load/portal_folder*.c alone include it.
 *
 * Publications and withdrawals are written into packages that somebody carries; receipts come back later, as
 * files in another folder (docs/drivers.md has both forms). What is in a package is not acknowledged: it is
 * carried (RESULT_CARRIED), until a receipt says what became of it.
 *
 * The register remembers every package that was ever written, so that one that was carried away is not
 * written again. A package goes from sealed (whole, hidden) to registered to shown; what a death left sealed
 * is shown when it is registered, and dropped otherwise.
 */
#ifndef LOAD_PORTAL_FOLDER_H
#define LOAD_PORTAL_FOLDER_H

#include "adapters/file.h"
#include "load/portal.h"

#define FOLDER_RECORDS_MAX 999 /* files are named by three digits */

struct folder_settings {
    struct portal_settings common;
    const char *packages, *receipts, *registered; /* folders */
    const char *marker; /* a file in `packages` that tells that the medium is there; NULL: none */
    int64_t records;    /* at most in a package */
};

/* ---- receipts ---- */

enum folder_verdict {
    FOLDER_PUBLISHED,
    FOLDER_WITHDRAWN,
    FOLDER_REFUSED,
    FOLDER_CONFLICT, /* the portal holds something else */
    FOLDER_LOST,     /* never arrived: it is to be sent again */
    FOLDER_VERDICTS
};

struct folder_receipt {
    const char *file; /* relative to the folder of receipts */
    const struct digest *file_digest;
    size_t number; /* in its file, from 1 */
    enum folder_verdict verdict;
    const struct value *entry;
    struct text package, key, code; /* bytes NULL: it does not say */
    bool has_digest;
    struct digest digest;
};

/* One receipt a line of the index; sorted by key, then by code. */
struct folder_receipts {
    struct arena arena;
    struct folder_receipt *list;
    size_t count, capacity;
    bool told; /* what cannot be used */
    /* Which of them a delivery asked for and got, also when they are read anew. */
    struct folder_used {
        struct digest file;
        size_t number;
    } * used;
    size_t used_count, used_capacity;
};

/* Reads all of them anew. What cannot be used is told as a notice, the first time, and left out. STATUS_STOP
 * when the folder cannot be read. */
enum status folder_receipts_read(struct portal *portal, struct folder_receipts *receipts,
                                 struct error *error);
void folder_receipts_free(struct folder_receipts *receipts);
bool folder_receipt_used(const struct folder_receipts *receipts, const struct folder_receipt *receipt);
const char *folder_verdict_name(enum folder_verdict verdict);

/* ---- the register ---- */

struct folder_package {
    int64_t number; /* rises with each package */
    struct text name;
    const struct value *before; /* files with receipts that lay there when it was made: {name: digest} */
};

struct folder_item {
    struct text key, code;
    struct digest digest, content; /* of the file; of the content that it is about */
    int64_t number;                /* in its package, from 1 */
    const struct folder_package *package;
};

struct folder_register {
    struct arena arena;
    struct folder_item *items; /* sorted by key, then by package */
    size_t count, capacity;
    int64_t last; /* the highest number of a package */
};

/* STATUS_STOP when a part of it cannot be read: nothing may be guessed. */
enum status folder_register_read(const struct folder_settings *settings, struct folder_register *registered,
                                 struct error *error);
void folder_register_free(struct folder_register *registered);
/* The newest package that it is in; NULL: it is in none. */
const struct folder_item *folder_register_find(const struct folder_register *registered, struct text key);

/* What receipts say of an item: STATUS_END: nothing. Two that contradict one another: STATUS_REJECT with
 * words.
 */
enum status folder_receipts_find(struct folder_receipts *receipts, const struct folder_item *item,
                                 const struct folder_receipt **receipt, struct error *error);
/* Tells, once, which of them fit no delivery and which came when theirs was settled. */
enum status folder_receipts_tell(struct portal *portal, const struct folder_receipts *receipts,
                                 const struct folder_register *registered, struct error *error);
/* A receipt that gives up what no package has, by its key. */
bool folder_receipts_give_up(struct folder_receipts *receipts, struct text key);

/* ---- packages ---- */

/* Writes one; `name` gets its name. STATUS_STOP when it cannot be: then none of it is there and `name`
 * is none, or it is registered and will be shown. */
enum status folder_package_write(struct portal *portal, const struct folder_receipts *receipts,
                                 struct portal_request *const *requests, size_t count, int64_t number,
                                 struct arena *arena, struct text *name, struct error *error);
/* Ends what a death left half done. */
enum status folder_package_recover(const struct folder_settings *settings, struct error *error);

#endif
