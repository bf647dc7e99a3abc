#include "store/note.h"

#include <string.h>

#include "adapters/unicode.h"

#define ED25519     0x01
#define PRIVATE_KEY TEXT("PRIVATE+KEY+")
#define DASH        TEXT("\xe2\x80\x94 ") /* U+2014 and a blank */

static bool is_space(int32_t character)
{
    return (character >= 0x09 && character <= 0x0D) || character == 0x20 || character == 0x85 ||
           character == 0xA0 || character == 0x1680 || (character >= 0x2000 && character <= 0x200A) ||
           character == 0x2028 || character == 0x2029 || character == 0x202F || character == 0x205F ||
           character == 0x3000;
}

static bool name_valid(struct text name)
{
    if (!name.length || name.length > NOTE_NAME_MAX || unicode_invalid_at(name) != name.length)
        return false;
    for (size_t at = 0; at < name.length;) {
        int32_t character = unicode_next(name, &at);
        if (character < 0x20 || character == '+' || is_space(character))
            return false;
    }
    return true;
}

static void key_id(struct text name, const unsigned char key[CRYPTO_KEY_SIZE], unsigned char id[NOTE_ID_SIZE])
{
    static const char kind[] = { '\n', ED25519 };
    struct digest digest = crypto_sha256_parts(
        (struct text[]){ name, { kind, sizeof kind }, { (const char *)key, CRYPTO_KEY_SIZE } }, 3);
    memcpy(id, digest.bytes, NOTE_ID_SIZE);
}

static enum status init_key(struct note_key *key, struct text name,
                            const unsigned char bytes[CRYPTO_KEY_SIZE], struct error *error)
{
    *key = (struct note_key){ 0 };
    if (!name_valid(name))
        return error_set(error, STATUS_USAGE,
                         _("A signing key cannot be called \"%.*s\": give a name of 1 to %d bytes without "
                           "blanks and without +, such as "
                           "congkhai.example.gov.vn"),
                         TEXT_ARG(name), NOTE_NAME_MAX);
    memcpy(key->name, name.bytes, name.length);
    memcpy(key->key, bytes, CRYPTO_KEY_SIZE);
    key_id(name, bytes, key->id);
    return STATUS_OK;
}

enum status note_signer_init(struct note_signer *signer, struct text name,
                             const unsigned char seed[CRYPTO_KEY_SIZE], struct error *error)
{
    unsigned char key[CRYPTO_KEY_SIZE];
    *signer = (struct note_signer){ 0 };
    crypto_ed25519_public(seed, key);
    enum status status = init_key(&signer->key, name, key, error);
    if (status == STATUS_OK)
        memcpy(signer->seed, seed, CRYPTO_KEY_SIZE);
    return status;
}

static void word_write(struct buffer *out, const struct note_key *key,
                       const unsigned char bytes[CRYPTO_KEY_SIZE])
{
    char tagged[1 + CRYPTO_KEY_SIZE] = { ED25519 };
    memcpy(tagged + 1, bytes, CRYPTO_KEY_SIZE);
    buffer_printf(out, "%s+%02x%02x%02x%02x+", key->name, key->id[0], key->id[1], key->id[2], key->id[3]);
    crypto_base64(out, (struct text){ tagged, sizeof tagged });
    explicit_bzero(tagged, sizeof tagged);
}

void note_key_write(const struct note_key *key, struct buffer *out)
{
    word_write(out, key, key->key);
}

void note_signer_write(const struct note_signer *signer, struct buffer *out)
{
    buffer_text(out, PRIVATE_KEY);
    word_write(out, &signer->key, signer->seed);
}

static bool cut_at(struct text *rest, char mark, struct text *part)
{
    const char *place = rest->length ? memchr(rest->bytes, mark, rest->length) : NULL;
    if (!place)
        return false;
    *part = text_slice(*rest, 0, (size_t)(place - rest->bytes));
    *rest = text_slice(*rest, part->length + 1, rest->length);
    return true;
}

static bool id_read(struct text hex, unsigned char id[NOTE_ID_SIZE])
{
    if (hex.length != 2 * NOTE_ID_SIZE)
        return false;
    for (size_t i = 0; i < hex.length; i++) {
        const char *digits = "0123456789abcdef", *digit = strchr(digits, hex.bytes[i]);
        if (!digit || !*digit)
            return false;
        unsigned value = (unsigned)(digit - digits);
        id[i / 2] = (unsigned char)(i % 2 ? id[i / 2] | value : value << 4);
    }
    return true;
}

/* name+id+base64(kind ‖ 32 bytes) */
static bool word_read(struct text word, struct text *name, unsigned char id[NOTE_ID_SIZE],
                      unsigned char bytes[CRYPTO_KEY_SIZE])
{
    ARENA_OWNED struct arena arena = { 0 };
    struct text hex, tagged;
    if (!cut_at(&word, '+', name) || !cut_at(&word, '+', &hex) || !name_valid(*name) || !id_read(hex, id) ||
        word.length > 1024 || !crypto_base64_decode(&arena, word, &tagged))
        return false;
    bool valid = tagged.length == 1 + CRYPTO_KEY_SIZE && tagged.bytes[0] == ED25519;
    if (valid)
        memcpy(bytes, tagged.bytes + 1, CRYPTO_KEY_SIZE);
    if (tagged.length)
        explicit_bzero((void *)(uintptr_t)tagged.bytes, tagged.length);
    return valid;
}

enum status note_key_parse(struct text word, struct note_key *key, struct error *error)
{
    unsigned char id[NOTE_ID_SIZE], bytes[CRYPTO_KEY_SIZE];
    struct text name;
    *key = (struct note_key){ 0 };
    word = text_trim(word);
    if (text_starts(word, PRIVATE_KEY))
        return error_set(
            error, STATUS_USAGE,
            _("This is a private key, and a public one is wanted: name+id+base64. Keep the private "
              "key where only the program can read it"));
    if (!word_read(word, &name, id, bytes))
        return error_set(error, STATUS_USAGE,
                         _("\"%.*s\" is no Ed25519 verifier key: it should look like "
                           "name+1a2b3c4d+base64"),
                         TEXT_ARG(word));
    enum status status = init_key(key, name, bytes, error);
    if (status == STATUS_OK && memcmp(key->id, id, NOTE_ID_SIZE) != 0) {
        *key = (struct note_key){ 0 };
        return error_set(error, STATUS_USAGE,
                         _("The verifier key \"%.*s\" does not fit its own id: a letter of it was lost or "
                           "changed; copy it again"),
                         TEXT_ARG(word));
    }
    return status;
}

enum status note_signer_parse(struct text word, struct note_signer *signer, struct error *error)
{
    unsigned char id[NOTE_ID_SIZE], seed[CRYPTO_KEY_SIZE];
    struct text name;
    *signer = (struct note_signer){ 0 };
    word = text_trim(word);
    if (!text_starts(word, PRIVATE_KEY) ||
        !word_read(text_slice(word, PRIVATE_KEY.length, word.length), &name, id, seed))
        return error_set(
            error, STATUS_USAGE,
            _("This is no Ed25519 signing key: it should look like PRIVATE+KEY+name+1a2b3c4d+base64"));
    enum status status = note_signer_init(signer, name, seed, error);
    explicit_bzero(seed, sizeof seed);
    if (status == STATUS_OK && memcmp(signer->key.id, id, NOTE_ID_SIZE) != 0) {
        explicit_bzero(signer, sizeof *signer);
        return error_set(
            error, STATUS_USAGE,
            _("The signing key of %.*s does not fit its own id: a letter of it was lost or changed; "
              "restore it from its copy"),
            TEXT_ARG(name));
    }
    return status;
}

/* The text is the author's own, so a fault in it is not the ledger's. */
static const char *text_fault(struct text text)
{
    if (!text.length)
        return N_("it is empty");
    if (unicode_invalid_at(text) != text.length)
        return N_("it is not valid UTF-8");
    for (size_t i = 0; i < text.length; i++)
        if ((unsigned char)text.bytes[i] < 0x20 && text.bytes[i] != '\n')
            return N_("it has a control character");
    if (text.bytes[text.length - 1] != '\n')
        return N_("its last line has no line break");
    return NULL;
}

enum status note_sign(struct buffer *out, struct text text, const struct note_signer *signers, size_t count,
                      struct error *error)
{
    const char *fault = text_fault(text);
    if (!fault && (!count || count > NOTE_SIGNATURES_MAX))
        fault = N_("it has no signer, or too many");
    if (fault)
        return error_set(error, STATUS_LEDGER, _("The note cannot be signed: %s"), _(fault));
    buffer_text(out, text);
    buffer_char(out, '\n');
    for (size_t i = 0; i < count; i++) {
        char bytes[NOTE_ID_SIZE + CRYPTO_SIGNATURE_SIZE];
        memcpy(bytes, signers[i].key.id, NOTE_ID_SIZE);
        enum status status =
            crypto_ed25519_sign(signers[i].seed, text, (unsigned char *)bytes + NOTE_ID_SIZE, error);
        if (status != STATUS_OK)
            return status;
        buffer_text(out, DASH);
        buffer_string(out, signers[i].key.name);
        buffer_char(out, ' ');
        crypto_base64(out, (struct text){ bytes, sizeof bytes });
        buffer_char(out, '\n');
    }
    return STATUS_OK;
}

static bool signature_parse(struct arena *arena, struct text line, struct note_signature *signature)
{
    struct text bytes;
    if (!text_starts(line, DASH))
        return false;
    line = text_slice(line, DASH.length, line.length);
    if (!cut_at(&line, ' ', &signature->name) || !name_valid(signature->name) ||
        !crypto_base64_decode(arena, line, &bytes) || bytes.length <= NOTE_ID_SIZE)
        return false;
    memcpy(signature->id, bytes.bytes, NOTE_ID_SIZE);
    signature->bytes = text_slice(bytes, NOTE_ID_SIZE, bytes.length);
    return true;
}

enum status note_parse(struct arena *arena, struct text bytes, struct note *note, struct error *error)
{
    *note = (struct note){ 0 };
    if (bytes.length > NOTE_SIZE_MAX)
        return error_set(error, STATUS_LEDGER, _("The note is larger than %d bytes"), NOTE_SIZE_MAX);
    const char *fault = text_fault(bytes);
    if (fault)
        return error_set(error, STATUS_LEDGER, _("The note is malformed: %s"), _(fault));
    size_t split = bytes.length;
    while (split > 1 && memcmp(bytes.bytes + split - 2, "\n\n", 2) != 0)
        split--;
    if (split < 2 || split == bytes.length)
        return error_set(error, STATUS_LEDGER,
                         _("The note is not signed: no empty line stands before lines of signatures"));
    struct text rest = text_slice(bytes, split, bytes.length), line;
    note->signatures = arena_array(arena, struct note_signature, NOTE_SIGNATURES_MAX);
    while (cut_at(&rest, '\n', &line)) {
        if (note->count == NOTE_SIGNATURES_MAX)
            return error_set(error, STATUS_LEDGER, _("The note has more than %d signatures"),
                             NOTE_SIGNATURES_MAX);
        if (!signature_parse(arena, line, &note->signatures[note->count++]))
            return error_set(error, STATUS_LEDGER,
                             _("The note is malformed: \"%.*s\" is no line of a signature"), TEXT_ARG(line));
    }
    note->text = text_slice(bytes, 0, split - 1);
    return STATUS_OK;
}

static const struct note_key *find_key(const struct note_key *keys, size_t count,
                                       const struct note_signature *signature)
{
    for (size_t i = 0; i < count; i++)
        if (memcmp(keys[i].id, signature->id, NOTE_ID_SIZE) == 0 && text_is(signature->name, keys[i].name))
            return &keys[i];
    return NULL;
}

enum status note_verify(const struct note *note, const struct note_key *keys, size_t count,
                        const struct note_key **by, struct error *error)
{
    const struct note_key *first = NULL;
    for (size_t i = 0; i < note->count; i++) {
        const struct note_signature *signature = &note->signatures[i];
        const struct note_key *key = find_key(keys, count, signature);
        if (!key)
            continue;
        if (signature->bytes.length != CRYPTO_SIGNATURE_SIZE ||
            !crypto_ed25519_verify(key->key, note->text, (const unsigned char *)signature->bytes.bytes))
            return error_set(error, STATUS_LEDGER,
                             _("The signature of %s does not fit: the note was altered after it was signed"),
                             key->name);
        first = first ? first : key;
    }
    if (!first)
        return error_set(error, STATUS_LEDGER, _("The note bears no signature of a known key"));
    if (by)
        *by = first;
    return STATUS_OK;
}

static bool lines_valid(struct text lines)
{
    return !lines.length ||
           (!text_fault(lines) && lines.bytes[0] != '\n' && !text_find(lines, TEXT("\n\n"), NULL));
}

enum status note_checkpoint_write(const struct note_checkpoint *checkpoint, struct buffer *out,
                                  struct error *error)
{
    struct text origin = checkpoint->origin;
    BUFFER_OWNED struct buffer line = { 0 };
    buffer_text(&line, origin);
    buffer_char(&line, '\n');
    if (!origin.length || !lines_valid(buffer_view(&line)) || memchr(origin.bytes, '\n', origin.length))
        return error_set(error, STATUS_USAGE,
                         _("\"%.*s\" cannot be the origin of a checkpoint: give one line of text, such as "
                           "congkhai.example.gov.vn"),
                         TEXT_ARG(origin));
    if (!lines_valid(checkpoint->extensions))
        return error_set(
            error, STATUS_USAGE,
            _("The lines of extension of a checkpoint must not be empty and must end in line breaks"));
    buffer_text(out, buffer_view(&line));
    buffer_printf(out, "%llu\n", (unsigned long long)checkpoint->size);
    crypto_base64(out, (struct text){ (const char *)checkpoint->root.bytes, DIGEST_SIZE });
    buffer_char(out, '\n');
    buffer_text(out, checkpoint->extensions);
    return STATUS_OK;
}

static bool size_parse(struct text text, uint64_t *size)
{
    *size = 0;
    if (!text.length || (text.bytes[0] == '0' && text.length > 1))
        return false;
    for (size_t i = 0; i < text.length; i++) {
        unsigned digit = (unsigned)(text.bytes[i] - '0');
        if (digit > 9 || *size > (UINT64_MAX - digit) / 10)
            return false;
        *size = *size * 10 + digit;
    }
    return true;
}

enum status note_checkpoint_parse(struct text text, struct note_checkpoint *checkpoint, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct text size, root, bytes;
    *checkpoint = (struct note_checkpoint){ 0 };
    if (!lines_valid(text) || !cut_at(&text, '\n', &checkpoint->origin) || !cut_at(&text, '\n', &size) ||
        !cut_at(&text, '\n', &root))
        return error_set(
            error, STATUS_LEDGER,
            _("The note is no checkpoint: it must have lines of origin, size and root, none of them "
              "empty"));
    if (!size_parse(size, &checkpoint->size))
        return error_set(error, STATUS_LEDGER, _("The checkpoint's size \"%.*s\" is no number"),
                         TEXT_ARG(size));
    if (root.length > 64 || !crypto_base64_decode(&arena, root, &bytes) || bytes.length != DIGEST_SIZE)
        return error_set(error, STATUS_LEDGER, _("The checkpoint's root \"%.*s\" is no digest in base64"),
                         TEXT_ARG(root));
    memcpy(checkpoint->root.bytes, bytes.bytes, DIGEST_SIZE);
    checkpoint->extensions = text;
    return STATUS_OK;
}
