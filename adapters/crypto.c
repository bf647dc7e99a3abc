#include "adapters/crypto.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/memory.h"

struct crypto_hash {
    EVP_MD_CTX *context;
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t thread_end;
static EVP_MD *sha256; /* fetched once: an implicit fetch at each digest costs more than a short digest */
static _Thread_local EVP_MD_CTX *thread_context;

/* Without a digest or chance nothing can be proved or sent, and there is no lesser way to go on. */
/* not covered: OpenSSL without memory, which scripts/torture gives it */
static _Noreturn void give_up(const char *what)
{
    char reason[256];
    ERR_error_string_n(ERR_get_error(), reason, sizeof reason);
    fprintf(stderr,
            _("OpenSSL cannot do %s (%s). Check the machine's OpenSSL installation and configuration.\n"),
            what, reason);
    _exit(error_exit_code(STATUS_FATAL));
}

static void need(bool done, const char *what)
{
    if (!done)
        give_up(what); /* not covered: as that */
}

static void free_context(void *context)
{
    EVP_MD_CTX_free(context);
    thread_context = NULL;
}

/* A context of our own: where there is no memory for it, OpenSSL 3.0 says so; of its default one it does not look, and
 * goes through NULL. */
static void set_up(void)
{
    OSSL_LIB_CTX *library = OSSL_LIB_CTX_new();
    need(library, "SHA-256");
    sha256 = EVP_MD_fetch(library, "SHA256", NULL);
    need(sha256, "SHA-256");
    need(pthread_key_create(&thread_end, free_context) == 0, "SHA-256");
}

static EVP_MD_CTX *new_context(void)
{
    pthread_once(&once, set_up);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    need(context, "SHA-256");
    return context;
}

static EVP_MD_CTX *context_of_thread(void)
{
    if (!thread_context) {
        thread_context = new_context();
        pthread_setspecific(thread_end, thread_context);
    }
    return thread_context;
}

static void start(EVP_MD_CTX *context)
{
    need(EVP_DigestInit_ex2(context, sha256, NULL) == 1, "SHA-256");
}

static void feed(EVP_MD_CTX *context, const void *bytes, size_t length)
{
    need(!length || EVP_DigestUpdate(context, bytes, length) == 1, "SHA-256");
}

static struct digest finish(EVP_MD_CTX *context)
{
    struct digest digest;
    unsigned length = 0;
    need(EVP_DigestFinal_ex(context, digest.bytes, &length) == 1 && length == DIGEST_SIZE, "SHA-256");
    return digest;
}

struct digest crypto_sha256(struct text text)
{
    return crypto_sha256_parts(&text, 1);
}

struct digest crypto_sha256_parts(const struct text *parts, size_t count)
{
    EVP_MD_CTX *context = context_of_thread();
    start(context);
    for (size_t i = 0; i < count; i++)
        feed(context, parts[i].bytes, parts[i].length);
    return finish(context);
}

struct crypto_hash *crypto_hash_open(void)
{
    struct crypto_hash *hash = memory_new(struct crypto_hash);
    hash->context = new_context();
    start(hash->context);
    return hash;
}

void crypto_hash_feed(struct crypto_hash *hash, const void *bytes, size_t length)
{
    feed(hash->context, bytes, length);
}

struct digest crypto_hash_finish(struct crypto_hash *hash)
{
    struct digest digest = finish(hash->context);
    start(hash->context);
    return digest;
}

void crypto_hash_close(struct crypto_hash *hash)
{
    if (!hash)
        return;
    EVP_MD_CTX_free(hash->context);
    free(hash);
}

void crypto_random(void *bytes, size_t length)
{
    unsigned char *at = bytes;
    while (length) {
        int part = length > INT_MAX ? INT_MAX : (int)length;
        need(RAND_bytes(at, part) == 1, "random bytes");
        at += part;
        length -= (size_t)part;
    }
}

/* EVP's blocks take an int and write a NUL behind: pieces on the stack avoid both. */
#define PIECE 3072

void crypto_base64(struct buffer *out, struct text bytes)
{
    unsigned char piece[PIECE / 3 * 4 + 1];
    for (size_t at = 0; at < bytes.length; at += PIECE) {
        size_t length = bytes.length - at < PIECE ? bytes.length - at : PIECE;
        int written = EVP_EncodeBlock(piece, (const unsigned char *)bytes.bytes + at, (int)length);
        buffer_put(out, piece, (size_t)written);
    }
}

static int base64_digit(char byte)
{
    if (byte >= 'A' && byte <= 'Z')
        return byte - 'A';
    if (byte >= 'a' && byte <= 'z')
        return byte - 'a' + 26;
    if (byte >= '0' && byte <= '9')
        return byte - '0' + 52;
    return byte == '+' ? 62 : byte == '/' ? 63 : -1;
}

/* EVP_DecodeBlock forgives blanks at the ends, padding in the middle and bits behind the end; two texts that
 * differ must not be taken for one signature or key. */
static bool base64_strict(struct text base64, size_t *padding)
{
    *padding = 0;
    if (base64.length % 4)
        return false;
    while (*padding < 2 && *padding < base64.length && base64.bytes[base64.length - 1 - *padding] == '=')
        ++*padding;
    size_t digits = base64.length - *padding;
    for (size_t i = 0; i < digits; i++)
        if (base64_digit(base64.bytes[i]) < 0)
            return false;
    int unused = *padding == 2 ? 0x0f : *padding == 1 ? 0x03 : 0;
    return !unused || (base64_digit(base64.bytes[digits - 1]) & unused) == 0;
}

bool crypto_base64_decode(struct arena *arena, struct text base64, struct text *bytes)
{
    size_t padding;
    *bytes = TEXT_NONE;
    if (!base64_strict(base64, &padding))
        return false;
    size_t capacity = base64.length / 4 * 3;
    unsigned char *out = arena_alloc(arena, capacity + 1);
    for (size_t at = 0; at < base64.length; at += PIECE) {
        size_t length = base64.length - at < PIECE ? base64.length - at : PIECE;
        if (EVP_DecodeBlock(out + at / 4 * 3, (const unsigned char *)base64.bytes + at, (int)length) < 0)
            return false;
    }
    out[capacity - padding] = 0;
    *bytes = (struct text){ (const char *)out, capacity - padding };
    return true;
}

static EVP_PKEY *private_key(const unsigned char seed[CRYPTO_KEY_SIZE])
{
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, CRYPTO_KEY_SIZE);
    need(key, "Ed25519");
    return key;
}

void crypto_ed25519_public(const unsigned char seed[CRYPTO_KEY_SIZE], unsigned char key[CRYPTO_KEY_SIZE])
{
    EVP_PKEY *pair = private_key(seed);
    size_t length = CRYPTO_KEY_SIZE;
    need(EVP_PKEY_get_raw_public_key(pair, key, &length) == 1 && length == CRYPTO_KEY_SIZE, "Ed25519");
    EVP_PKEY_free(pair);
}

/* not covered: OpenSSL without memory */
static enum status cannot_sign(struct error *error)
{
    char reason[256];
    ERR_error_string_n(ERR_get_error(), reason, sizeof reason);
    ERR_clear_error();
    return error_set(error, STATUS_LEDGER,
                     _("OpenSSL cannot sign with the Ed25519 key (%s). Check the signing key of the ledger."),
                     reason);
}

enum status crypto_ed25519_sign(const unsigned char seed[CRYPTO_KEY_SIZE], struct text message,
                                unsigned char signature[CRYPTO_SIGNATURE_SIZE], struct error *error)
{
    EVP_PKEY *pair = private_key(seed);
    EVP_MD_CTX *context = new_context();
    size_t length = CRYPTO_SIGNATURE_SIZE;
    bool signed_ = EVP_DigestSignInit(context, NULL, NULL, NULL, pair) == 1 &&
                   EVP_DigestSign(context, signature, &length, (const unsigned char *)message.bytes,
                                  message.length) == 1 &&
                   length == CRYPTO_SIGNATURE_SIZE;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(pair);
    if (signed_)
        return STATUS_OK;
    return cannot_sign(error); /* not covered: as that */
}

/* RFC 8032, 5.1.3: a number y below the field's prime, 2^255 - 19, and no sign where x is zero (y is 1 or -1). OpenSSL takes the
 * others, too. */
static bool is_canonical(const unsigned char key[CRYPTO_KEY_SIZE])
{
    unsigned char last = key[CRYPTO_KEY_SIZE - 1];
    bool ones = (last & 0x7f) == 0x7f, zeros = !(last & 0x7f);
    for (int i = 1; i < CRYPTO_KEY_SIZE - 1; i++) {
        ones = ones && key[i] == 0xff;
        zeros = zeros && !key[i];
    }
    bool no_sign = (zeros && key[0] == 1) || (ones && key[0] == 0xec);
    return !(ones && key[0] >= 0xed) && !(no_sign && last & 0x80);
}

bool crypto_ed25519_verify(const unsigned char key[CRYPTO_KEY_SIZE], struct text message,
                           const unsigned char signature[CRYPTO_SIGNATURE_SIZE])
{
    EVP_PKEY *public_key =
        is_canonical(key) ? EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key, CRYPTO_KEY_SIZE) : NULL;
    EVP_MD_CTX *context = new_context();
    bool verified = public_key && EVP_DigestVerifyInit(context, NULL, NULL, NULL, public_key) == 1 &&
                    EVP_DigestVerify(context, signature, CRYPTO_SIGNATURE_SIZE,
                                     (const unsigned char *)message.bytes, message.length) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(public_key);
    ERR_clear_error();
    return verified;
}
