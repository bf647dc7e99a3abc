#include "adapters/crypto.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "tests/support/test.h"

static const char *hex_of(struct digest digest)
{
    static char hex[DIGEST_HEX];
    digest_hex(&digest, hex);
    return hex;
}

static void from_hex(const char *hex, unsigned char *bytes)
{
    for (size_t i = 0; hex[2 * i]; i++) {
        char pair[3] = { hex[2 * i], hex[2 * i + 1], 0 };
        bytes[i] = (unsigned char)strtoul(pair, NULL, 16);
    }
}

TEST("SHA-256 gives the digests of FIPS 180-4")
{
    CHECK_STRING(hex_of(crypto_sha256(TEXT("abc"))),
                 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK_STRING(hex_of(crypto_sha256(TEXT("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"))),
                 "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    CHECK_STRING(hex_of(crypto_sha256(TEXT(""))),
                 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK_STRING(hex_of(crypto_sha256(TEXT_NONE)),
                 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST("parts one behind the other have the digest of the whole")
{
    struct text parts[] = { TEXT("a"), TEXT(""), TEXT_NONE, TEXT("bc") };
    CHECK_STRING(hex_of(crypto_sha256_parts(parts, 4)),
                 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST("a digest that is fed a million times is that of FIPS 180-4, and starts again when it is finished")
{
    struct crypto_hash *hash = crypto_hash_open();
    for (int i = 0; i < 1000000; i++)
        crypto_hash_feed(hash, "a", 1);
    CHECK_STRING(hex_of(crypto_hash_finish(hash)),
                 "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    crypto_hash_feed(hash, "abc", 3);
    CHECK_STRING(hex_of(crypto_hash_finish(hash)),
                 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    crypto_hash_close(hash);
    crypto_hash_close(NULL);
}

static void *digest_many(void *failures)
{
    struct digest expected = crypto_sha256(TEXT("abc"));
    for (int i = 0; i < 2000; i++) {
        struct digest digest = crypto_sha256(TEXT("abc"));
        if (!digest_equal(&digest, &expected))
            ++*(int *)failures;
    }
    return NULL;
}

TEST("threads make digests side by side")
{
    pthread_t threads[4];
    int failures[4] = { 0 };
    for (int i = 0; i < 4; i++)
        CHECK_INT(pthread_create(&threads[i], NULL, digest_many, &failures[i]), 0);
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        CHECK_INT(failures[i], 0);
    }
}

static const struct {
    const char *seed, *key, *message, *signature;
} vectors[] = {
    /* RFC 8032 §7.1, TEST 1 to 3 and TEST SHA(abc) */
    { "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
      "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5"
      "f0595bbe"
      "24655141438e7a100b" },
    { "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
      "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2e"
      "aeb4302a"
      "eeb00d291612bb0c00" },
    { "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
      "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
      "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15"
      "e9716ed2"
      "8dc027beceea1ec40a" },
    { "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
      "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
      "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d44"
      "23643ce8"
      "0e2a9ac94fa54ca49f",
      "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca17"
      "9c138ac1"
      "7ad9bef1177331a704" },
};

TEST("Ed25519 gives the keys and signatures of RFC 8032 and accepts them")
{
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        unsigned char seed[32], key[32], signature[64], message[64], seen[64];
        struct error error = { 0 };
        from_hex(vectors[i].seed, seed);
        from_hex(vectors[i].key, key);
        from_hex(vectors[i].message, message);
        from_hex(vectors[i].signature, signature);
        struct text text = { (const char *)message, strlen(vectors[i].message) / 2 };
        crypto_ed25519_public(seed, seen);
        CHECK(memcmp(seen, key, 32) == 0);
        CHECK_INT(crypto_ed25519_sign(seed, text, seen, &error), STATUS_OK);
        CHECK(memcmp(seen, signature, 64) == 0);
        CHECK(crypto_ed25519_verify(key, text, signature));
    }
}

TEST("Ed25519 refuses another message, another key and any changed bit of a signature")
{
    unsigned char seed[32], key[32], other[32], signature[64];
    struct error error = { 0 };
    from_hex(vectors[1].seed, seed);
    crypto_ed25519_public(seed, key);
    from_hex(vectors[0].key, other);
    CHECK_INT(crypto_ed25519_sign(seed, TEXT("công khai"), signature, &error), STATUS_OK);
    CHECK(crypto_ed25519_verify(key, TEXT("công khai"), signature));
    CHECK(!crypto_ed25519_verify(key, TEXT("công khái"), signature));
    CHECK(!crypto_ed25519_verify(key, TEXT(""), signature));
    CHECK(!crypto_ed25519_verify(key, TEXT_NONE, signature));
    CHECK(!crypto_ed25519_verify(other, TEXT("công khai"), signature));
    for (int bit = 0; bit < 512; bit++) {
        signature[bit / 8] = (unsigned char)(signature[bit / 8] ^ 1 << bit % 8);
        CHECK(!crypto_ed25519_verify(key, TEXT("công khai"), signature));
        signature[bit / 8] = (unsigned char)(signature[bit / 8] ^ 1 << bit % 8);
    }
    memset(key, 0xff, sizeof key);
    CHECK(!crypto_ed25519_verify(key, TEXT("công khai"), signature));
}

static struct text encoded(struct text bytes)
{
    struct buffer out = { 0 };
    crypto_base64(&out, bytes);
    struct text copy = text_copy(&test_arena, buffer_view(&out));
    buffer_free(&out);
    return copy;
}

TEST("Ed25519 refuses a key that is not written as RFC 8032 writes it")
{
    unsigned char key[32] = { 1 },
                  signature[64] = { 1 }; /* of the point at infinity, which signs everything with 0 */
    CHECK(crypto_ed25519_verify(key, TEXT("công khai"), signature));
    memset(key, 0xff, sizeof key);
    key[31] = 0x7f;
    key[0] = 0xee; /* the same point, and the prime */
    CHECK(!crypto_ed25519_verify(key, TEXT("công khai"), signature));
    memset(key, 0, sizeof key);
    key[0] = 1;
    key[31] = 0x80; /* the same, with a sign that zero does not have */
    CHECK(!crypto_ed25519_verify(key, TEXT("công khai"), signature));
    memset(key, 0xff, sizeof key);
    key[0] = 0xec;                  /* and of the other point whose x is zero */
    for (int i = 0; i < 256; i++) { /* half of all messages would do */
        char message[] = { (char)i };
        CHECK(!crypto_ed25519_verify(key, (struct text){ message, 1 }, signature));
    }
}

TEST("base64 gives the examples of RFC 4648 and reads them back")
{
    static const char *const pairs[][2] = { { "", "" },
                                            { "f", "Zg==" },
                                            { "fo", "Zm8=" },
                                            { "foo", "Zm9v" },
                                            { "foob", "Zm9vYg==" },
                                            { "fooba", "Zm9vYmE=" },
                                            { "foobar", "Zm9vYmFy" } };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        struct text back;
        CHECK_TEXT(encoded(text_of(pairs[i][0])), text_of(pairs[i][1]));
        CHECK(crypto_base64_decode(&test_arena, text_of(pairs[i][1]), &back));
        CHECK_TEXT(back, text_of(pairs[i][0]));
    }
}

TEST("base64 of every length up to beyond two pieces comes back as it was")
{
    unsigned char bytes[7000];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)(i * 31 + i / 256);
    for (size_t length = 0; length <= sizeof bytes;
         length += length < 80 || (length > 3060 && length < 3080) ? 1 : 61) {
        struct text in = { (const char *)bytes, length }, back;
        CHECK(crypto_base64_decode(&test_arena, encoded(in), &back));
        if (!CHECK_TEXT(back, in))
            return;
        arena_clear(&test_arena);
    }
}

TEST("base64 is refused when a byte of it could be written otherwise")
{
    static const char *const wrong[] = {
        "Z",     "Zg",    "Zg=",      "Zg===",      "====", "Z===",    "Zh==", "Zm9=", " Zg==",   "Zg==\n",
        "Zm 9v", "Zm9v=", "Zg==Zg==", "Zm9v\nZm9v", "Zm-_", "Zm9\x80", "=Zg=", "Z=g=", "Zm9v    "
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct text bytes = TEXT("untouched");
        if (!CHECK(!crypto_base64_decode(&test_arena, text_of(wrong[i]), &bytes)))
            printf("  %s\n", wrong[i]);
        CHECK_INT(bytes.length, 0);
    }
}

TEST("random bytes fill all the room and differ from call to call")
{
    unsigned char first[64] = { 0 }, second[64] = { 0 };
    crypto_random(first, 63);
    crypto_random(second, 64);
    CHECK_INT(first[63], 0);
    CHECK(memcmp(first, second, 63) != 0);
    crypto_random(NULL, 0);
}
