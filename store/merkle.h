/* The Merkle tree of the ledger: RFC 9162 §2.1 over SHA-256.
 *
 *     leaf  SHA-256(0x00 ‖ data)        node  SHA-256(0x01 ‖ left ‖ right)        empty tree  SHA-256()
 *
 * struct merkle_tree is all that appending needs: the size and, for each bit set in it, the root of the
 * perfect subtree of so many leaves. It fits into one row; a zeroed tree is the empty one.
 */
#ifndef STORE_MERKLE_H
#define STORE_MERKLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/digest.h"
#include "core/error.h"
#include "core/text.h"

#define MERKLE_LEVELS   64
#define MERKLE_SIZE_MAX ((uint64_t)1 << 62) /* leaves */

struct merkle_tree {
    uint64_t size; /* leaves */
    struct digest
        frontier[MERKLE_LEVELS]; /* [k]: of 2^k leaves, where bit k of size is set; the rest is zero */
};

struct digest merkle_leaf(struct text data);

void merkle_append(struct merkle_tree *tree, const struct digest *leaf);
struct digest merkle_root(const struct merkle_tree *tree);

/* The tree as bytes: its size (8 bytes, big-endian), then the frontier's digests, the largest subtree first.
 * merkle_read is strict: false, and the tree empty, when the length does not fit the size. */
#define MERKLE_BYTES_MAX (8 + MERKLE_LEVELS * DIGEST_SIZE)
void merkle_write(const struct merkle_tree *tree, struct buffer *out);
bool merkle_read(struct text bytes, struct merkle_tree *tree);

/* Where proofs get their leaves. */
struct merkle_source {
    void *user_data;
    /* The hash of leaf `index`. Within one proof leaves are asked for once at most, in rising order, so that
     * a statement may step through them. */
    enum status (*leaf)(void *user_data, uint64_t index, struct digest *leaf, struct error *error);
    /* Both or neither. The root of leaves index·2^level … (index+1)·2^level−1: found earlier, or to be kept.
     * Only complete subtrees of at least 2^MERKLE_CACHE_LEVEL leaves are asked for and offered; they never
     * change. */
    bool (*find)(void *user_data, unsigned level, uint64_t index, struct digest *root);
    void (*keep)(void *user_data, unsigned level, uint64_t index, const struct digest *root);
};
#define MERKLE_CACHE_LEVEL 8

struct merkle_proof {
    size_t count;
    struct digest path[MERKLE_LEVELS];
};

/* PATH(index, D[size]) of §2.1.3.1 and PROOF(first, D[second]) of §2.1.4.1 in one pass over the leaves, or
 * over what the cache does not know. Between equal sizes, and from size 0, the proof is empty. STATUS_LEDGER:
 * there is no such leaf, or first > second; else what `leaf` returns. */
enum status merkle_inclusion(const struct merkle_source *source, uint64_t index, uint64_t size,
                             struct merkle_proof *proof, struct error *error);
enum status merkle_consistency(const struct merkle_source *source, uint64_t first, uint64_t second,
                               struct merkle_proof *proof, struct error *error);

/* §2.1.3.2: whether the leaf is at `index` of the tree of `size` leaves with that root. */
bool merkle_inclusion_holds(const struct digest *leaf, uint64_t index, uint64_t size,
                            const struct merkle_proof *proof, const struct digest *root);

/* The tree of the leaves in front of `index`: what stands on the left of a way that holds (merkle_inclusion_holds). */
void merkle_in_front(uint64_t index, uint64_t size, const struct merkle_proof *proof,
                     struct merkle_tree *tree);

/* §2.1.4.2: whether the tree of `second` leaves begins with the tree of `first`. What the RFC leaves open:
 * equal sizes want equal roots, first = 0 wants the empty tree's root, and both an empty proof. */
bool merkle_consistency_holds(uint64_t first, const struct digest *first_root, uint64_t second,
                              const struct digest *second_root, const struct merkle_proof *proof);

#endif
