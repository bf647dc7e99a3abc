#include "store/merkle.h"

#include <string.h>

#include "adapters/crypto.h"
#include "tests/support/test.h"

#define MOST 130

static struct digest leaves[MOST];
static struct digest roots[MOST + 1]; /* by the definition, not by the code under test */

static struct digest from_hex(const char *hex)
{
    struct digest digest = { { 0 } };
    CHECK(digest_from_hex(text_of(hex), &digest));
    return digest;
}

static void check_digest(const struct digest *seen, const char *expected)
{
    char hex[DIGEST_HEX];
    digest_hex(seen, hex);
    CHECK_STRING(hex, expected);
}

/* MTH(D[from:to]) word for word from §2.1.1. */
static struct digest naive_root(size_t from, size_t to)
{
    if (from == to)
        return crypto_sha256(TEXT_NONE);
    if (to - from == 1)
        return leaves[from];
    size_t k = 1;
    while (k * 2 < to - from)
        k *= 2;
    struct digest left = naive_root(from, from + k), right = naive_root(from + k, to);
    char pair[1 + 2 * DIGEST_SIZE] = { 1 };
    memcpy(pair + 1, left.bytes, DIGEST_SIZE);
    memcpy(pair + 1 + DIGEST_SIZE, right.bytes, DIGEST_SIZE);
    return crypto_sha256((struct text){ pair, sizeof pair });
}

static void number_leaves(void)
{
    for (size_t i = 0; i < MOST; i++) {
        char data[2] = { (char)i, (char)(i / 7) };
        leaves[i] = merkle_leaf((struct text){ data, sizeof data });
    }
    for (size_t size = 0; size <= MOST; size++)
        roots[size] = naive_root(0, size);
}

/* certificate-transparency's reference leaves. */
static void known_leaves(void)
{
    static const struct text data[] = {
        { "", 0 },
        { "\x00", 1 },
        { "\x10", 1 },
        { "\x20\x21", 2 },
        { "\x30\x31", 2 },
        { "\x40\x41\x42\x43", 4 },
        { "\x50\x51\x52\x53\x54\x55\x56\x57", 8 },
        { "\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f", 16 },
    };
    for (size_t i = 0; i < 8; i++)
        leaves[i] = merkle_leaf(data[i]);
}

static const char *const known_roots[] = {
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
};

struct log {
    uint64_t size;
    uint64_t asked; /* one behind the last leaf that was asked for */
    size_t reads, finds, keeps;
    bool out_of_order;
    uint64_t fail_at;
    struct digest cache[16][8];
    bool cached[16][8];
};

static enum status log_leaf(void *user_data, uint64_t index, struct digest *leaf, struct error *error)
{
    struct log *log = user_data;
    if (index == log->fail_at)
        return error_set(error, STATUS_FATAL, "leaf %d cannot be read", (int)index);
    if (index < log->asked || index >= log->size)
        log->out_of_order = true;
    log->asked = index + 1;
    log->reads++;
    if (index < MOST)
        *leaf = leaves[index];
    else
        *leaf = merkle_leaf((struct text){ (const char *)&index, sizeof index });
    return STATUS_OK;
}

static bool log_find(void *user_data, unsigned level, uint64_t index, struct digest *root)
{
    struct log *log = user_data;
    CHECK(level >= MERKLE_CACHE_LEVEL);
    if (!log->cached[level][index])
        return false;
    *root = log->cache[level][index];
    log->finds++;
    return true;
}

static void log_keep(void *user_data, unsigned level, uint64_t index, const struct digest *root)
{
    struct log *log = user_data;
    log->cache[level][index] = *root;
    log->cached[level][index] = true;
    log->keeps++;
}

static struct error error;

static struct merkle_proof inclusion(uint64_t index, uint64_t size)
{
    struct log log = { .size = size, .fail_at = UINT64_MAX };
    struct merkle_source source = { &log, log_leaf, NULL, NULL };
    struct merkle_proof proof;
    CHECK_INT(merkle_inclusion(&source, index, size, &proof, &error), STATUS_OK);
    CHECK(!log.out_of_order);
    CHECK_INT(log.reads, size - 1);
    return proof;
}

static struct merkle_proof consistency(uint64_t first, uint64_t second)
{
    struct log log = { .size = second, .fail_at = UINT64_MAX };
    struct merkle_source source = { &log, log_leaf, NULL, NULL };
    struct merkle_proof proof;
    CHECK_INT(merkle_consistency(&source, first, second, &proof, &error), STATUS_OK);
    CHECK(!log.out_of_order);
    return proof;
}

TEST("the roots are those of certificate-transparency's test vectors")
{
    known_leaves();
    struct merkle_tree tree = { 0 };
    for (size_t size = 0; size <= 8; size++) {
        struct digest root = merkle_root(&tree);
        check_digest(&root, known_roots[size]);
        if (size < 8)
            merkle_append(&tree, &leaves[size]);
    }
}

static void check_proof(const struct merkle_proof *proof, size_t count, const char *const *expected)
{
    if (!CHECK_INT(proof->count, count))
        return;
    for (size_t i = 0; i < count; i++)
        check_digest(&proof->path[i], expected[i]);
}

TEST("the inclusion proofs are those of certificate-transparency's test vectors")
{
    static const struct {
        uint64_t index, size;
        size_t count;
        const char *path[3];
    } known[] = {
        { 0, 1, 0, { NULL } },
        { 0,
          8,
          3,
          { "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4" } },
        { 5,
          8,
          3,
          { "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7" } },
        { 2, 3, 1, { "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125" } },
        { 1,
          5,
          3,
          { "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b" } },
    };
    known_leaves();
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        struct merkle_proof proof = inclusion(known[i].index, known[i].size);
        check_proof(&proof, known[i].count, known[i].path);
        struct digest root = from_hex(known_roots[known[i].size]);
        CHECK(merkle_inclusion_holds(&leaves[known[i].index], known[i].index, known[i].size, &proof, &root));
    }
}

TEST("the consistency proofs are those of certificate-transparency's test vectors")
{
    static const struct {
        uint64_t first, second;
        size_t count;
        const char *path[3];
    } known[] = {
        { 1, 1, 0, { NULL } },
        { 1,
          8,
          3,
          { "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4" } },
        { 6,
          8,
          3,
          { "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7" } },
        { 2,
          5,
          2,
          { "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b" } },
        { 6,
          7,
          3,
          { "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7" } },
    };
    known_leaves();
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        struct merkle_proof proof = consistency(known[i].first, known[i].second);
        check_proof(&proof, known[i].count, known[i].path);
        struct digest first = from_hex(known_roots[known[i].first]);
        struct digest second = from_hex(known_roots[known[i].second]);
        CHECK(merkle_consistency_holds(known[i].first, &first, known[i].second, &second, &proof));
    }
}

TEST("appending gives the root of the definition at every size")
{
    number_leaves();
    struct merkle_tree tree = { 0 };
    for (size_t size = 0; size <= MOST; size++) {
        struct digest root = merkle_root(&tree);
        CHECK(digest_equal(&root, &roots[size]));
        if (size < MOST)
            merkle_append(&tree, &leaves[size]);
    }
}

TEST("every leaf of every size is proved to be where it is, and at no other place of a small tree")
{
    number_leaves();
    for (uint64_t size = 1; size <= MOST; size++) {
        for (uint64_t index = 0; index < size; index++) {
            struct merkle_proof proof = inclusion(index, size);
            if (!CHECK(merkle_inclusion_holds(&leaves[index], index, size, &proof, &roots[size])))
                return;
            CHECK(!merkle_inclusion_holds(&leaves[index], size, size, &proof, &roots[size]));
            struct merkle_tree front;
            merkle_in_front(index, size, &proof, &front);
            struct digest root = merkle_root(&front);
            CHECK(front.size == index && digest_equal(&root, &roots[index]));
            for (uint64_t other = 0; other < size && size <= 64; other++)
                CHECK(other == index ||
                      !merkle_inclusion_holds(&leaves[index], other, size, &proof, &roots[size]));
            CHECK(size == MOST ||
                  !merkle_inclusion_holds(&leaves[index], index, size, &proof, &roots[size + 1]));
        }
    }
}

TEST("every size is proved to begin with every smaller one, and a small one with no other")
{
    number_leaves();
    for (uint64_t second = 0; second <= MOST; second++) {
        for (uint64_t first = 0; first <= second; first++) {
            struct merkle_proof proof = consistency(first, second);
            if (!CHECK(merkle_consistency_holds(first, &roots[first], second, &roots[second], &proof)))
                return;
            for (uint64_t other = 0; other <= MOST && second <= 64; other++) {
                CHECK(other == first ||
                      !merkle_consistency_holds(first, &roots[other], second, &roots[second], &proof));
                CHECK(other == second || first == 0 ||
                      !merkle_consistency_holds(first, &roots[first], second, &roots[other], &proof));
            }
        }
    }
}

TEST("a proof with a bit turned, a step too few or a step too many does not hold")
{
    number_leaves();
    for (uint64_t size = 2; size <= 40; size++) {
        for (uint64_t at = 1; at < size; at++) {
            struct merkle_proof good = inclusion(at, size), bad = good;
            for (size_t i = 0; i < good.count; i++) {
                bad.path[i].bytes[i] ^= 0x10;
                CHECK(!merkle_inclusion_holds(&leaves[at], at, size, &bad, &roots[size]));
                bad = good;
            }
            bad.count--;
            CHECK(!merkle_inclusion_holds(&leaves[at], at, size, &bad, &roots[size]));
            bad.count += 2;
            CHECK(!merkle_inclusion_holds(&leaves[at], at, size, &bad, &roots[size]));

            good = bad = consistency(at, size);
            for (size_t i = 0; i < good.count; i++) {
                bad.path[i].bytes[i] ^= 0x10;
                CHECK(!merkle_consistency_holds(at, &roots[at], size, &roots[size], &bad));
                bad = good;
            }
            bad.count--;
            CHECK(!merkle_consistency_holds(at, &roots[at], size, &roots[size], &bad));
            bad.count += 2;
            CHECK(!merkle_consistency_holds(at, &roots[at], size, &roots[size], &bad));
        }
    }
}

TEST("a proof longer than any can be is not read beyond its end")
{
    number_leaves();
    struct merkle_proof proof = { .count = MERKLE_LEVELS + 1 };
    CHECK(!merkle_inclusion_holds(&leaves[0], 0, UINT64_MAX, &proof, &roots[1]));
    CHECK(!merkle_consistency_holds(1, &roots[1], UINT64_MAX, &roots[2], &proof));
}

TEST("a rewritten leaf breaks consistency with the checkpoint taken before")
{
    number_leaves();
    struct digest before = roots[100];
    leaves[37].bytes[0] ^= 1;
    struct merkle_proof proof = consistency(100, 130);
    struct digest after = naive_root(0, 130);
    CHECK(!merkle_consistency_holds(100, &before, 130, &after, &proof));
}

TEST("a tree survives being written and read at every size")
{
    number_leaves();
    struct merkle_tree tree = { 0 };
    for (size_t size = 0; size <= MOST; size++) {
        BUFFER_OWNED struct buffer bytes = { 0 };
        merkle_write(&tree, &bytes);
        CHECK(bytes.length <= MERKLE_BYTES_MAX);
        struct merkle_tree read;
        CHECK(merkle_read(buffer_view(&bytes), &read));
        CHECK_INT(read.size, size);
        struct digest root = merkle_root(&read);
        CHECK(digest_equal(&root, &roots[size]));
        if (size < MOST)
            merkle_append(&tree, &leaves[size]);
    }
}

TEST("bytes that are no tree are not taken for one")
{
    number_leaves();
    struct merkle_tree tree = { 0 }, read;
    for (size_t i = 0; i < 11; i++)
        merkle_append(&tree, &leaves[i]);
    BUFFER_OWNED struct buffer bytes = { 0 };
    merkle_write(&tree, &bytes);
    CHECK_INT(bytes.length, 8 + 3 * DIGEST_SIZE);
    for (size_t length = 0; length < bytes.length; length++)
        CHECK(!merkle_read((struct text){ bytes.bytes, length }, &read));
    CHECK_INT(read.size, 0);
    buffer_char(&bytes, 0);
    CHECK(!merkle_read(buffer_view(&bytes), &read));
    CHECK(!merkle_read(TEXT_NONE, &read));
    /* 2^63 leaves and one digest for it */
    char huge[8 + DIGEST_SIZE] = { (char)0x80 };
    CHECK(!merkle_read((struct text){ huge, sizeof huge }, &read));
}

TEST("what is asked for beyond the end is answered with the sizes")
{
    struct log log = { .size = 8, .fail_at = UINT64_MAX };
    struct merkle_source source = { &log, log_leaf, NULL, NULL };
    struct merkle_proof proof;
    struct digest root;
    CHECK_INT(merkle_inclusion(&source, 8, 8, &proof, &error), STATUS_LEDGER);
    CHECK_CONTAINS(error.message, "A ledger of 8 events has no event at place 8");
    CHECK_INT(merkle_inclusion(&source, 0, 0, &proof, &error), STATUS_LEDGER);
    CHECK_INT(merkle_consistency(&source, 9, 8, &proof, &error), STATUS_LEDGER);
    CHECK_CONTAINS(error.message, "A ledger of 8 events cannot continue one of 9");
    CHECK_INT(log.reads, 0);
    CHECK(!merkle_consistency_holds(9, &root, 8, &root, &proof));
}

TEST("a leaf that cannot be read ends the proof with its own error")
{
    number_leaves();
    struct log log = { .size = 100, .fail_at = 50 };
    struct merkle_source source = { &log, log_leaf, NULL, NULL };
    struct merkle_proof proof;
    CHECK_INT(merkle_inclusion(&source, 3, 100, &proof, &error), STATUS_FATAL);
    CHECK_CONTAINS(error.message, "leaf 50 cannot be read");
    log.asked = 0;
    CHECK_INT(merkle_consistency(&source, 70, 100, &proof, &error), STATUS_FATAL);
}

TEST("a cache spares the leaves that it has seen and changes nothing else")
{
    number_leaves();
    struct log log = { .size = 1200, .fail_at = UINT64_MAX };
    struct merkle_source plain = { &log, log_leaf, NULL, NULL };
    struct merkle_source cached = { &log, log_leaf, log_find, log_keep };
    struct merkle_proof expected, proof;
    CHECK_INT(merkle_consistency(&plain, 777, 1200, &expected, &error), STATUS_OK);
    log.asked = 0;
    CHECK_INT(merkle_consistency(&cached, 777, 1200, &proof, &error), STATUS_OK);
    CHECK(log.keeps > 0);
    CHECK_INT(proof.count, expected.count);
    CHECK(memcmp(&proof, &expected, sizeof proof) == 0);
    log.reads = 0;
    log.asked = 0;
    CHECK_INT(merkle_consistency(&cached, 777, 1200, &proof, &error), STATUS_OK);
    CHECK(memcmp(&proof, &expected, sizeof proof) == 0);
    CHECK(log.finds > 0);
    CHECK(log.reads < 2 * (1u << MERKLE_CACHE_LEVEL));
    CHECK(!log.out_of_order);
}
