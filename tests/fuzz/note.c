/* Signed notes, checkpoints and keys: what is taken apart is the same again when it is written. */
#include "store/note.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_key(struct text bytes)
{
    BUFFER_OWNED struct buffer out = { 0 };
    struct note_key key, again;
    struct error error;
    if (note_key_parse(bytes, &key, &error))
        return;
    note_key_write(&key, &out);
    if (note_key_parse(buffer_view(&out), &again, &error))
        abort();
}

static void check_checkpoint(struct text bytes)
{
    BUFFER_OWNED struct buffer out = { 0 };
    struct note_checkpoint checkpoint;
    struct error error;
    if (note_checkpoint_parse(bytes, &checkpoint, &error))
        return;
    if (note_checkpoint_write(&checkpoint, &out, &error) || !text_equal(buffer_view(&out), bytes))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct text bytes = { (const char *)data, size };
    struct note_signer signer;
    struct note note;
    struct error error;
    unsigned char seed[CRYPTO_KEY_SIZE] = { 1 };
    if (note_signer_init(&signer, TEXT("fuzz.example"), seed, &error))
        abort();
    check_key(bytes);
    check_checkpoint(bytes);
    if (!note_parse(&arena, bytes, &note, &error)) {
        const struct note_key *by = NULL;
        check_checkpoint(note.text);
        (void)note_verify(&note, &signer.key, 1, &by, &error);
    }
    return 0;
}
