#include "store/merkle.h"

#include <string.h>

#include "adapters/crypto.h"

struct digest merkle_leaf(struct text data)
{
    return crypto_sha256_parts((struct text[]){ { "\0", 1 }, data }, 2);
}

static struct digest node(const struct digest *left, const struct digest *right)
{
    char bytes[1 + 2 * DIGEST_SIZE];
    bytes[0] = 1;
    memcpy(bytes + 1, left->bytes, DIGEST_SIZE);
    memcpy(bytes + 1 + DIGEST_SIZE, right->bytes, DIGEST_SIZE);
    return crypto_sha256((struct text){ bytes, sizeof bytes });
}

void merkle_append(struct merkle_tree *tree, const struct digest *leaf)
{
    struct digest subtree = *leaf;
    unsigned level = 0;
    for (; tree->size >> level & 1; level++) {
        subtree = node(&tree->frontier[level], &subtree);
        memset(&tree->frontier[level], 0, sizeof tree->frontier[level]);
    }
    tree->frontier[level] = subtree;
    tree->size++;
}

struct digest merkle_root(const struct merkle_tree *tree)
{
    struct digest root = { { 0 } };
    bool first = true;
    for (unsigned level = 0; level < MERKLE_LEVELS; level++) {
        if (!(tree->size >> level & 1))
            continue;
        root = first ? tree->frontier[level] : node(&tree->frontier[level], &root);
        first = false;
    }
    return first ? crypto_sha256(TEXT_NONE) : root;
}

void merkle_write(const struct merkle_tree *tree, struct buffer *out)
{
    for (int shift = 56; shift >= 0; shift -= 8)
        buffer_char(out, (char)(unsigned char)(tree->size >> shift));
    for (unsigned level = MERKLE_LEVELS; level-- > 0;)
        if (tree->size >> level & 1)
            buffer_put(out, tree->frontier[level].bytes, DIGEST_SIZE);
}

bool merkle_read(struct text bytes, struct merkle_tree *tree)
{
    memset(tree, 0, sizeof *tree);
    if (bytes.length < 8)
        return false;
    uint64_t size = 0;
    for (size_t at = 0; at < 8; at++)
        size = size << 8 | (unsigned char)bytes.bytes[at];
    size_t subtrees = (size_t)__builtin_popcountll(size);
    if (size > MERKLE_SIZE_MAX || bytes.length != 8 + subtrees * DIGEST_SIZE)
        return false;
    const char *next = bytes.bytes + 8;
    for (unsigned level = MERKLE_LEVELS; level-- > 0;) {
        if (!(size >> level & 1))
            continue;
        memcpy(tree->frontier[level].bytes, next, DIGEST_SIZE);
        next += DIGEST_SIZE;
    }
    tree->size = size;
    return true;
}

/* The root of the complete subtree of 2^level leaves that begins at index·2^level. */
static enum status perfect_root(const struct merkle_source *source, unsigned level, uint64_t index,
                                struct digest *root, struct error *error)
{
    if (level == 0)
        return source->leaf(source->user_data, index, root, error);
    bool cached = level >= MERKLE_CACHE_LEVEL && source->find;
    if (cached && source->find(source->user_data, level, index, root))
        return STATUS_OK;
    struct digest left, right;
    enum status status = perfect_root(source, level - 1, index * 2, &left, error);
    if (status == STATUS_OK)
        status = perfect_root(source, level - 1, index * 2 + 1, &right, error);
    if (status != STATUS_OK)
        return status;
    *root = node(&left, &right);
    if (cached && source->keep)
        source->keep(source->user_data, level, index, root);
    return STATUS_OK;
}

/* MTH(D[from:to]). The RFC's splits put every such range at a multiple of the power of two that holds it, so
 * it falls into complete subtrees of falling size, each at a multiple of its own. */
static enum status range_root(const struct merkle_source *source, uint64_t from, uint64_t to,
                              struct digest *root, struct error *error)
{
    struct digest pieces[MERKLE_LEVELS];
    size_t count = 0;
    while (from < to) {
        unsigned level = 63 - (unsigned)__builtin_clzll(to - from);
        enum status status = perfect_root(source, level, from >> level, &pieces[count], error);
        if (status != STATUS_OK)
            return status;
        count++;
        from += (uint64_t)1 << level;
    }
    if (!count) {
        *root = crypto_sha256(TEXT_NONE);
        return STATUS_OK;
    }
    *root = pieces[--count];
    while (count--)
        *root = node(&pieces[count], root);
    return STATUS_OK;
}

/* A proof names subtrees; they are found first and hashed afterwards, because their order in the proof is not
 * the order of their leaves. */
struct plan {
    size_t count;
    struct plan_range {
        uint64_t from, to;
    } ranges[MERKLE_LEVELS];
};

static void plan_add(struct plan *plan, uint64_t from, uint64_t to)
{
    plan->ranges[plan->count++] = (struct plan_range){ from, to };
}

static enum status plan_hash(const struct merkle_source *source, const struct plan *plan,
                             struct merkle_proof *proof, struct error *error)
{
    size_t order[MERKLE_LEVELS];
    for (size_t i = 0; i < plan->count; i++) {
        size_t place = i;
        for (; place > 0 && plan->ranges[order[place - 1]].from > plan->ranges[i].from; place--)
            order[place] = order[place - 1];
        order[place] = i;
    }
    for (size_t i = 0; i < plan->count; i++) {
        const struct plan_range *range = &plan->ranges[order[i]];
        enum status status = range_root(source, range->from, range->to, &proof->path[order[i]], error);
        if (status != STATUS_OK)
            return status;
    }
    proof->count = plan->count;
    return STATUS_OK;
}

/* Proofs run from the leaves up, the plan was made from the root down. */
static void plan_turn(struct plan *plan)
{
    for (size_t i = 0; i < plan->count / 2; i++) {
        struct plan_range swapped = plan->ranges[i];
        plan->ranges[i] = plan->ranges[plan->count - 1 - i];
        plan->ranges[plan->count - 1 - i] = swapped;
    }
}

/* k of the RFC: the largest power of two smaller than the number of leaves, which is at least 2. */
static uint64_t split(uint64_t leaves)
{
    return (uint64_t)1 << (63 - (unsigned)__builtin_clzll(leaves - 1));
}

enum status merkle_inclusion(const struct merkle_source *source, uint64_t index, uint64_t size,
                             struct merkle_proof *proof, struct error *error)
{
    *proof = (struct merkle_proof){ 0 };
    if (index >= size || size > MERKLE_SIZE_MAX)
        return error_set(error, STATUS_LEDGER, _("A ledger of %llu events has no event at place %llu"),
                         (unsigned long long)size, (unsigned long long)index);
    struct plan plan = { 0 };
    uint64_t from = 0, to = size;
    while (to - from > 1) {
        uint64_t middle = from + split(to - from);
        if (index < middle) {
            plan_add(&plan, middle, to);
            to = middle;
        } else {
            plan_add(&plan, from, middle);
            from = middle;
        }
    }
    plan_turn(&plan);
    return plan_hash(source, &plan, proof, error);
}

enum status merkle_consistency(const struct merkle_source *source, uint64_t first, uint64_t second,
                               struct merkle_proof *proof, struct error *error)
{
    *proof = (struct merkle_proof){ 0 };
    if (first > second || second > MERKLE_SIZE_MAX)
        return error_set(
            error, STATUS_LEDGER,
            _("A ledger of %llu events cannot continue one of %llu: events were cut off its end"),
            (unsigned long long)second, (unsigned long long)first);
    if (first == 0 || first == second)
        return STATUS_OK;
    /* SUBPROOF(m, D[from:to], b) with m = first - from; b stays true until the first step to the right. */
    struct plan plan = { 0 };
    uint64_t from = 0, to = second;
    while (first != to) {
        uint64_t middle = from + split(to - from);
        if (first <= middle) {
            plan_add(&plan, middle, to);
            to = middle;
        } else {
            plan_add(&plan, from, middle);
            from = middle;
        }
    }
    if (from > 0)
        plan_add(&plan, from, to);
    plan_turn(&plan);
    return plan_hash(source, &plan, proof, error);
}

bool merkle_inclusion_holds(const struct digest *leaf, uint64_t index, uint64_t size,
                            const struct merkle_proof *proof, const struct digest *root)
{
    if (index >= size || proof->count > MERKLE_LEVELS)
        return false;
    uint64_t fn = index, sn = size - 1;
    struct digest r = *leaf;
    for (size_t i = 0; i < proof->count; i++) {
        const struct digest *p = &proof->path[i];
        if (sn == 0)
            return false;
        if (fn & 1 || fn == sn) {
            r = node(p, &r);
            while (!(fn & 1) && fn != 0) {
                fn >>= 1;
                sn >>= 1;
            }
        } else {
            r = node(&r, p);
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0 && digest_equal(&r, root);
}

void merkle_in_front(uint64_t index, uint64_t size, const struct merkle_proof *proof,
                     struct merkle_tree *tree)
{
    uint64_t fn = index, sn = size - 1;
    unsigned level = 0;
    *tree = (struct merkle_tree){ .size = index };
    for (size_t i = 0; i < proof->count && level < MERKLE_LEVELS; i++, fn >>= 1, sn >>= 1, level++) {
        if (!(fn & 1) && fn != sn)
            continue;
        for (; !(fn & 1) && fn; fn >>= 1, sn >>= 1)
            level++;
        tree->frontier[level] = proof->path[i];
    }
}

static bool consistency_path_holds(uint64_t first, const struct digest *first_root, uint64_t second,
                                   const struct digest *second_root, const struct merkle_proof *proof)
{
    uint64_t fn = first - 1, sn = second - 1;
    while (fn & 1) {
        fn >>= 1;
        sn >>= 1;
    }
    bool power_of_two = (first & (first - 1)) == 0;
    size_t next = power_of_two ? 0 : 1;
    struct digest fr = power_of_two ? *first_root : proof->path[0];
    struct digest sr = fr;
    for (; next < proof->count; next++) {
        const struct digest *c = &proof->path[next];
        if (sn == 0)
            return false;
        if (fn & 1 || fn == sn) {
            fr = node(c, &fr);
            sr = node(c, &sr);
            while (!(fn & 1) && fn != 0) {
                fn >>= 1;
                sn >>= 1;
            }
        } else {
            sr = node(&sr, c);
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0 && digest_equal(&fr, first_root) && digest_equal(&sr, second_root);
}

bool merkle_consistency_holds(uint64_t first, const struct digest *first_root, uint64_t second,
                              const struct digest *second_root, const struct merkle_proof *proof)
{
    if (first > second || proof->count > MERKLE_LEVELS)
        return false;
    if (first == 0 || first == second) {
        struct digest empty = crypto_sha256(TEXT_NONE);
        return proof->count == 0 && (first != 0 || digest_equal(first_root, &empty)) &&
               (first != second || digest_equal(first_root, second_root));
    }
    return proof->count > 0 && consistency_path_holds(first, first_root, second, second_root, proof);
}
