#include "store/approval_signature.h"

#include "adapters/crypto_cms.h"
#include "store/note.h"

struct text approval_signature_name(struct arena *arena, struct text person)
{
    BUFFER_OWNED struct buffer name = { 0 };
    for (size_t i = 0; i < person.length; i++)
        buffer_char(&name, person.bytes[i] == ' ' || person.bytes[i] == '+' ? '-' : person.bytes[i]);
    return text_copy(arena, buffer_view(&name));
}

/* The words say which list they are about. */
static bool names_document(const struct approval_signature *signature)
{
    char end[DIGEST_HEX + 1];
    digest_hex(&signature->document, end);
    end[DIGEST_HEX - 1] = '\n';
    end[DIGEST_HEX] = 0;
    return text_ends(signature->text, text_of(end));
}

static enum status verify_key(struct arena *arena, const struct approval_signature *signature,
                              struct text base64, struct error *error)
{
    struct note_key key;
    struct text bytes;
    struct error reason;
    if (signature->person->key.length && !note_key_parse(signature->person->key, &key, &reason) &&
        crypto_base64_decode(arena, base64, &bytes) && bytes.length == CRYPTO_SIGNATURE_SIZE &&
        crypto_ed25519_verify(key.key, signature->text, (const unsigned char *)bytes.bytes))
        return STATUS_OK;
    return error_set(error, STATUS_REJECT, _("it is not signed with the key of this person"));
}

static enum status read_of_store(void *user_data, struct arena *arena, const struct digest *digest,
                                 struct text *bytes, struct error *error)
{
    return store_payload_by_digest(user_data, arena, digest, bytes, error);
}

struct approval_payloads approval_payloads_of(struct store *store)
{
    return (struct approval_payloads){ read_of_store, store };
}

static enum status read_payload(const struct approval_payloads *payloads, struct arena *arena,
                                const struct value *detail, const char *member, struct text *bytes,
                                struct error *error)
{
    struct digest digest;
    if (!digest_from_hex(value_text_of(detail, member), &digest))
        return error_set(error, STATUS_REJECT, _("it names no signature"));
    enum status status = payloads->read(payloads->user_data, arena, &digest, bytes, error);
    struct digest seen = crypto_sha256(status ? TEXT("") : *bytes);
    if (status > STATUS_END)
        return status;
    return status || !digest_equal(&seen, &digest)
               ? error_set(error, STATUS_REJECT, _("the bytes of its signature are gone or were changed"))
               : STATUS_OK;
}

static enum status verify_cms(const struct approval_payloads *payloads, struct arena *arena,
                              const struct approval_signature *signature, struct error *error)
{
    struct crypto_cms cms = { .content = signature->text,
                              .authorities = signature->authorities,
                              .revoked = TEXT(""),
                              .at = signature->at };
    if (!crypto_base64_decode(arena, signature->person->certificate, &cms.certificate))
        return error_set(error, STATUS_REJECT, _("no certificate of this person is known"));
    if (read_payload(payloads, arena, signature->detail, "signature_digest", &cms.signature, error))
        return error->status;
    if (value_text_of(signature->detail, "revoked_digest").bytes &&
        read_payload(payloads, arena, signature->detail, "revoked_digest", &cms.revoked, error))
        return error->status;
    return crypto_cms_verify(&cms, error);
}

enum status approval_signature_verify(const struct approval_payloads *payloads,
                                      const struct approval_signature *signature, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct text base64 = value_text_of(signature->detail, "signature");
    if (!names_document(signature))
        return error_set(error, STATUS_REJECT, _("what is signed is not the list that it is said to be"));
    return base64.bytes ? verify_key(&arena, signature, base64, error)
                        : verify_cms(payloads, &arena, signature, error);
}
