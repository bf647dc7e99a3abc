/* SHA-256 digests as values. They are computed in adapters/crypto. */
#ifndef CORE_DIGEST_H
#define CORE_DIGEST_H

#include <stdbool.h>

#include "core/text.h"

#define DIGEST_SIZE 32
#define DIGEST_HEX  65 /* with the NUL */

struct digest {
    unsigned char bytes[DIGEST_SIZE];
};

void digest_hex(const struct digest *digest, char hex[DIGEST_HEX]); /* lower case */
bool digest_from_hex(struct text hex, struct digest *digest);       /* lower case; false if it is no digest */
bool digest_from_typed(struct text hex, struct digest *digest);     /* either case: of what a person typed */
bool digest_equal(const struct digest *left, const struct digest *right);

#endif
