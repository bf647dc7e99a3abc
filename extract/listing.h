/* Is a listing whole? One verdict for each source and night, whatever feeds it: pages, folders, files,
 * databases. It is whole as long as nobody doubts it and its reader came to an end that something confirmed
 * (INTERFACE §2, "A listing is whole, or it is not"). Only a whole one may say that a record is missing, or
 * let a brake go. */
#ifndef EXTRACT_LISTING_H
#define EXTRACT_LISTING_H

#include <stdbool.h>
#include <stddef.h>

#include "core/error.h"

#define LISTING_WHY     1024
#define LISTING_REASONS 4

struct listing {
    bool broken; /* something could not be read: exit 3 */
    size_t doubts;
    char why[LISTING_WHY]; /* the reasons in words, first come first, as many as fit */
    size_t reason_count;
    struct error reasons[LISTING_REASONS]; /* the first of them, as what they are made of */
};

/* A reason against it. `broken`: a part could not be read, or what came contradicts itself; not broken: a row
 * or a file that did come cannot be understood, and is kept back by its name. A reason given twice counts
 * once. */
void listing_doubt(struct listing *listing, bool broken, const struct error *reason);

#endif
