/* The door to OpenSSL's libcrypto: digests, Ed25519 signatures, base64, random bytes. */
#ifndef ADAPTERS_CRYPTO_H
#define ADAPTERS_CRYPTO_H

#include <stdbool.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/digest.h"
#include "core/error.h"
#include "core/text.h"

/* SHA-256 of a text; thread-safe and without allocation after a thread's first call. */
struct digest crypto_sha256(struct text text);
/* SHA-256 of parts one behind the other. */
struct digest crypto_sha256_parts(const struct text *parts, size_t count);

struct crypto_hash; /* a digest that is fed */
struct crypto_hash *crypto_hash_open(void);
void crypto_hash_feed(struct crypto_hash *hash, const void *bytes, size_t length);
struct digest crypto_hash_finish(struct crypto_hash *hash); /* and start again */
void crypto_hash_close(struct crypto_hash *hash);

void crypto_random(void *bytes, size_t length);

void crypto_base64(struct buffer *out, struct text bytes);                              /* standard, padded */
bool crypto_base64_decode(struct arena *arena, struct text base64, struct text *bytes); /* strict */

#define CRYPTO_KEY_SIZE       32
#define CRYPTO_SIGNATURE_SIZE 64
/* RFC 8032. The seed is the private key. */
void crypto_ed25519_public(const unsigned char seed[CRYPTO_KEY_SIZE], unsigned char key[CRYPTO_KEY_SIZE]);
enum status crypto_ed25519_sign(const unsigned char seed[CRYPTO_KEY_SIZE], struct text message,
                                unsigned char signature[CRYPTO_SIGNATURE_SIZE], struct error *error);
bool crypto_ed25519_verify(const unsigned char key[CRYPTO_KEY_SIZE], struct text message,
                           const unsigned char signature[CRYPTO_SIGNATURE_SIZE]);

#endif
