#include "adapters/crypto_key.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>
#include <string.h>

#define SALT_SIZE 16
#define SCRYPT_N  (1 << 14) /* 16 MB: OpenSSL allows itself 32 */
#define SCRYPT_R  8
#define SCRYPT_P  1

static X509_SIG *seal(EVP_PKEY *key, struct text passphrase)
{
    unsigned char salt[SALT_SIZE];
    X509_SIG *sealed = NULL;
    crypto_random(salt, sizeof salt);
    PKCS8_PRIV_KEY_INFO *plain = EVP_PKEY2PKCS8(key);
    X509_ALGOR *way =
        PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), salt, sizeof salt, NULL, SCRYPT_N, SCRYPT_R, SCRYPT_P);
    if (plain && way)
        sealed = PKCS8_set0_pbe(passphrase.bytes, (int)passphrase.length, plain, way);
    if (!sealed)
        X509_ALGOR_free(way); /* not covered: as below */
    PKCS8_PRIV_KEY_INFO_free(plain);
    return sealed;
}

/* not covered: OpenSSL without memory */
static enum status refused(struct error *error)
{
    char reason[256];
    ERR_error_string_n(ERR_get_error(), reason, sizeof reason);
    ERR_clear_error();
    return error_set(error, STATUS_USAGE, _("OpenSSL cannot seal the key (%s)"), reason);
}

enum status crypto_key_seal(const unsigned char seed[CRYPTO_KEY_SIZE], struct text passphrase,
                            struct buffer *pem, struct error *error)
{
    EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, CRYPTO_KEY_SIZE);
    X509_SIG *sealed = key ? seal(key, passphrase) : NULL;
    BIO *out = BIO_new(BIO_s_mem());
    char *bytes = NULL;
    bool done = sealed && out && PEM_write_bio_PKCS8(out, sealed) == 1;
    long length = done ? BIO_get_mem_data(out, &bytes) : 0;
    if (done)
        buffer_put(pem, bytes, (size_t)length);
    BIO_free(out);
    X509_SIG_free(sealed);
    EVP_PKEY_free(key);
    return done ? STATUS_OK : refused(error);
}

static int give(char *out, int size, int writing, void *user_data)
{
    const struct text *passphrase = user_data;
    (void)writing;
    if (passphrase->length > (size_t)size)
        return -1;
    memcpy(out, passphrase->bytes, passphrase->length);
    return (int)passphrase->length;
}

enum status crypto_key_open(struct text pem, struct text passphrase, unsigned char seed[CRYPTO_KEY_SIZE],
                            struct error *error)
{
    size_t length = CRYPTO_KEY_SIZE;
    BIO *in = BIO_new_mem_buf(pem.bytes, (int)pem.length);
    EVP_PKEY *key = in ? PEM_read_bio_PrivateKey(in, NULL, give, &passphrase) : NULL;
    bool done = key && EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519 &&
                EVP_PKEY_get_raw_private_key(key, seed, &length) == 1 && length == CRYPTO_KEY_SIZE;
    EVP_PKEY_free(key);
    BIO_free(in);
    ERR_clear_error();
    if (done)
        return STATUS_OK;
    return error_set(
        error, STATUS_USAGE,
        _("the key cannot be opened: the passphrase is another one, or the file holds no Ed25519 "
          "key made by \"congkhai audit key\""));
}
