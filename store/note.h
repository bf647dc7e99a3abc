/* Signed notes and checkpoints: C2SP signed-note (c2sp.org/signed-note) and tlog-checkpoint
 * (c2sp.org/tlog-checkpoint).
 *
 *     example.com/log                                    the text: here a checkpoint: origin,
 *     20852163                                           size,
 *     CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=       root, perhaps lines of extension,
 *                                                        an empty line, which is not signed,
 *     — example.com/log Az3grlgtzPICa5OS8npV…            signatures: — name base64(key id ‖ signature)
 *
 * A key's id is the first four bytes of SHA-256(name ‖ 0x0A ‖ 0x01 ‖ public key). Only Ed25519 (0x01) is made
 * and verified; signatures of other keys and kinds are carried along unread.
 *
 * A note that is malformed or does not verify is STATUS_LEDGER; a key that is no key is STATUS_USAGE.
 */
#ifndef STORE_NOTE_H
#define STORE_NOTE_H

#include <stddef.h>
#include <stdint.h>

#include "adapters/crypto.h"
#include "core/arena.h"
#include "core/digest.h"
#include "core/error.h"
#include "core/text.h"

#define NOTE_SIZE_MAX       1000000 /* bytes of a note */
#define NOTE_SIGNATURES_MAX 100
#define NOTE_NAME_MAX       255 /* bytes of a key's name */
#define NOTE_ID_SIZE        4

/* Who may sign: what a verifier knows. */
struct note_key {
    char name[NOTE_NAME_MAX + 1];
    unsigned char id[NOTE_ID_SIZE];
    unsigned char key[CRYPTO_KEY_SIZE]; /* public */
};

/* Who signs. The seed is a secret. */
struct note_signer {
    struct note_key key;
    unsigned char seed[CRYPTO_KEY_SIZE];
};

struct note_signature {
    struct text name;
    unsigned char id[NOTE_ID_SIZE];
    struct text bytes; /* what follows the id */
};

struct note {
    struct text text; /* with its last line break: what is signed */
    size_t count;
    struct note_signature *signatures;
};

/* A name: valid UTF-8, not empty, no blanks (of any script), no control characters, no plus. */
enum status note_signer_init(struct note_signer *signer, struct text name,
                             const unsigned char seed[CRYPTO_KEY_SIZE], struct error *error);

/* Keys as one word: "name+<id in hex>+base64(0x01 ‖ public key)", and for the signer
 * "PRIVATE+KEY+name+<id in hex>+base64(0x01 ‖ seed)". Parsing checks the id; blanks and line breaks around
 * the word are forgiven, because keys stand in files. No message repeats a private key. */
void note_key_write(const struct note_key *key, struct buffer *out);
enum status note_key_parse(struct text word, struct note_key *key, struct error *error);
void note_signer_write(const struct note_signer *signer, struct buffer *out);
enum status note_signer_parse(struct text word, struct note_signer *signer, struct error *error);

/* Writes the text (not empty, ending in a line break) signed by each signer in turn, at least one. */
enum status note_sign(struct buffer *out, struct text text, const struct note_signer *signers, size_t count,
                      struct error *error);

/* Takes a note apart; everything borrows from `bytes`, or lives in the arena. Strict: valid UTF-8, no control
 * characters but line breaks, a last line break, the last empty line before one signature at least. */
enum status note_parse(struct arena *arena, struct text bytes, struct note *note, struct error *error);

/* Every signature of a known key (same name and id) must verify, and there must be one; signatures of unknown
 * keys are ignored. `by`, where not NULL, is the first key that had signed. */
enum status note_verify(const struct note *note, const struct note_key *keys, size_t count,
                        const struct note_key **by, struct error *error);

/* What a checkpoint says. */
struct note_checkpoint {
    struct text origin; /* which log: one line, not empty */
    uint64_t size;
    struct digest root;
    struct text extensions; /* further lines, each not empty and with its line break; or none */
};

/* The text of the checkpoint, to be signed. STATUS_USAGE: the origin or an extension is not what it must be.
 */
enum status note_checkpoint_write(const struct note_checkpoint *checkpoint, struct buffer *out,
                                  struct error *error);
/* Borrows from `text`. The size is decimal without leading zeros, the root strict base64 of 32 bytes. */
enum status note_checkpoint_parse(struct text text, struct note_checkpoint *checkpoint, struct error *error);

#endif
