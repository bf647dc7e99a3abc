/* A person's Ed25519 key in a file: PKCS #8 under a passphrase (PBES2 with scrypt and AES-256-CBC), as PEM. `openssl pkey`
 * reads it too. Behind OpenSSL's door (adapters/crypto.h). */
#ifndef ADAPTERS_CRYPTO_KEY_H
#define ADAPTERS_CRYPTO_KEY_H

#include "adapters/crypto.h"

enum status crypto_key_seal(const unsigned char seed[CRYPTO_KEY_SIZE], struct text passphrase,
                            struct buffer *pem, struct error *error);
/* STATUS_USAGE: another passphrase, or no such key. The seed is a secret: wipe it. */
enum status crypto_key_open(struct text pem, struct text passphrase, unsigned char seed[CRYPTO_KEY_SIZE],
                            struct error *error);

#endif
