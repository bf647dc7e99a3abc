/* Which answers gave which records, where each item of a listing is asked for on its own (`detail`). An answer may be that of
 * another item (a cache, a redirect): then the item's own record did not come, though the listing names it. */
#ifndef EXTRACT_ANSWERS_H
#define EXTRACT_ANSWERS_H

#include "store/staging.h"

struct answer {
    uint64_t key;
    const char *document;
};
struct answers {
    struct answer *list;
    size_t count, capacity;
};

/* `keys`: of the document's records (ingest_keys). The name is copied into the arena. */
void answers_take(struct answers *answers, struct arena *arena, const char *document, const uint64_t *keys,
                  size_t count);

/* Forgets all records but those that several documents gave, sorts these by key, and says how many documents gave what another one
 * did. */
size_t answers_keep_mixed(struct answers *answers);

/* Of these: the name of a document that gave a record of the last whole listing, and now, in place of it, one that another document
 * gave, too. *document is NULL where there is none. */
enum status answers_find_absent(const struct answers *answers, struct staging *staging, const char **document,
                                struct error *error);

void answers_free(struct answers *answers);

#endif
