/* The versions that were released, and what of their stores equal names do not say: data alone. Who adds a step: see
 * store/migrate.h.
 */
#ifndef STORE_SCHEMA_VERSIONS_H
#define STORE_SCHEMA_VERSIONS_H

#include <stdint.h>

#include "core/digest.h"

#define STORE_VERSION 2 /* 1: 0.1.0; store/migrate.h says what raising it means */

/* A column of today that no old column says by its name: an expression over the old row `s`. */
struct schema_derived {
    const char *table, *column, *expression;
};

struct schema_version {
    int64_t version;
    const char *maker;                    /* the program that made such stores, for messages: "0.1.0" */
    const char *schema;                   /* their schema's digest */
    const struct schema_derived *derived; /* ends with an empty one; NULL: none */
    const char *before;                   /* SQL; NULL: nothing */
    const char *carry;                    /* SQL; NULL: nothing more */
};

/* In their order; the one behind the last has no maker. */
extern const struct schema_version schema_versions[];

const char *schema_version_maker(int64_t version);
/* The schema of a version that was released, to the letter? */
bool schema_version_knows(int64_t version, const struct digest *schema);

#endif
