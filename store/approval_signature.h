/* A person's signature under a list, as of the event that keeps it: Ed25519 over the words (detail.signature, base64), as a
 * signed note has it, or a detached CMS signature of them (detail.signature_digest, that of a payload). */
#ifndef STORE_APPROVAL_SIGNATURE_H
#define STORE_APPROVAL_SIGNATURE_H

#include "store/approval_rules.h"
#include "store/store.h"

struct approval_signature {
    const struct approval_person *person;
    struct text authorities;    /* PEM, of the rules in force */
    struct text text;           /* the words that are signed */
    struct digest document;     /* which they name in their last line */
    const struct value *detail; /* of the event: signature, or signature_digest and revoked_digest */
    int64_t at;
};
/* Where the bytes stand that a detail names. STATUS_END: nothing of this digest is there. */
struct approval_payloads {
    enum status (*read)(void *user_data, struct arena *arena, const struct digest *digest, struct text *bytes,
                        struct error *error);
    void *user_data;
};
struct approval_payloads approval_payloads_of(struct store *store);
/* STATUS_REJECT with what is wrong. */
enum status approval_signature_verify(const struct approval_payloads *payloads,
                                      const struct approval_signature *signature, struct error *error);

/* The name under which a person signs notes: without blanks and plus. */
struct text approval_signature_name(struct arena *arena, struct text person);

#endif
