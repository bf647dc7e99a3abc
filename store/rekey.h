/* Another `key:` in the configuration of a source.
 *
 * Records are known by their keys. When the key stands at another address, those that are here get the key that their
 * bytes have there, each with an event `rekeyed` (key, was) under its code and under each that it had before and spoke for last, and are settled anew under it: else every one would be
 * missing, and another, with the same code, be new.
 */
#ifndef STORE_REKEY_H
#define STORE_REKEY_H

#include "store/store.h"

/* The key of a record's bytes; where none is configured, what it goes by at this locator. STATUS_REJECT: it has none
 * there, and keeps the one it has. */
typedef enum status rekey_find(void *user_data, struct text bytes, struct text context, struct text locator,
                               struct arena *arena, struct text *key, struct error *error);

/* `address` of the key as configured; NULL: none. Costs a look where it is that of the last time. Inside a transaction, before anything of the source is staged. */
enum status rekey_source(struct store *store, const char *source, const char *address, rekey_find *find,
                         void *user_data, struct error *error);

#endif
