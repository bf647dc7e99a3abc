/* An event of the ledger as it is kept, and the bytes that are hashed for it (store/ledger.h has their form). */
#ifndef STORE_LEDGER_ENTRY_H
#define STORE_LEDGER_ENTRY_H

#include <stdbool.h>
#include <stdint.h>

#include "core/digest.h"
#include "core/text.h"

struct ledger_entry {
    int64_t seq, run;
    struct text at, event, source, code, actor, detail; /* bytes NULL: absent */
    bool has_digest;
    struct digest digest, hash;
};
void ledger_canonical(struct buffer *out, const struct ledger_entry *entry);

#endif
