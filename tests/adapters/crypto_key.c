#include "adapters/crypto_key.h"

#include <string.h>

#include "tests/support/test.h"

TEST("a key opens with its passphrase and with no other")
{
    unsigned char seed[CRYPTO_KEY_SIZE], seen[CRYPTO_KEY_SIZE];
    struct buffer pem = { 0 };
    struct error error;
    memset(seed, 7, sizeof seed);
    CHECK_INT(crypto_key_seal(seed, TEXT("mật khẩu dài"), &pem, &error), STATUS_OK);
    CHECK_CONTAINS(pem.bytes, "-----BEGIN ENCRYPTED PRIVATE KEY-----");
    CHECK_INT(crypto_key_open(buffer_view(&pem), TEXT("mật khẩu dài"), seen, &error), STATUS_OK);
    CHECK(!memcmp(seed, seen, sizeof seed));
    CHECK_INT(crypto_key_open(buffer_view(&pem), TEXT("mật khẩu"), seen, &error), STATUS_USAGE);
    CHECK_CONTAINS(error.message, "the passphrase is another one");
    CHECK_INT(crypto_key_open(TEXT("no key"), TEXT("x"), seen, &error), STATUS_USAGE);
    CHECK_INT(crypto_key_open(TEXT(""), TEXT("x"), seen, &error), STATUS_USAGE);
    char longer[2000];
    memset(longer, 'x', sizeof longer);
    CHECK_INT(crypto_key_open(buffer_view(&pem), (struct text){ longer, sizeof longer }, seen, &error),
              STATUS_USAGE);
    buffer_free(&pem);
}
