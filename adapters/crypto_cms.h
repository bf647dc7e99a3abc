/* Detached CMS signatures (RFC 5652) and the certificates behind them (RFC 5280), as `openssl cms -sign -binary` makes
 * them. Behind OpenSSL's door (adapters/crypto.h). All input is hostile. */
#ifndef ADAPTERS_CRYPTO_CMS_H
#define ADAPTERS_CRYPTO_CMS_H

#include "adapters/crypto.h"

#define CRYPTO_PEM_MAX ((size_t)1 << 20)

/* The first certificate of a file (PEM or DER), as DER in the arena. STATUS_USAGE: there is none. */
enum status crypto_certificate(struct arena *arena, struct text file, struct text *der, struct error *error);
/* Whose it is, in one line (RFC 2253), and until when: milliseconds. */
enum status crypto_certificate_about(struct arena *arena, struct text der, struct text *subject,
                                     int64_t *until, struct error *error);
/* Only the certificates of a PEM file, or only its revocation lists, as PEM in the arena; "" where there are none. */
enum status crypto_pem_certificates(struct arena *arena, struct text file, struct text *pem,
                                    struct error *error);
enum status crypto_pem_revocations(struct arena *arena, struct text file, struct text *pem,
                                   struct error *error);

struct crypto_cms {
    struct text content;     /* what was signed, byte for byte */
    struct text signature;   /* DER */
    struct text certificate; /* DER: the signer's must be this very one */
    struct text
        authorities;     /* PEM: where its chain must end; certificates between may stand in the signature */
    struct text revoked; /* PEM: revocation lists. "": there are none, and nothing is said of revocation */
    int64_t at;          /* milliseconds: everything is judged as of then */
};
/* The signature of a file (PEM, DER, S/MIME) as DER in the arena. STATUS_USAGE: it is none. */
enum status crypto_cms_read(struct arena *arena, struct text file, struct text *der, struct error *error);
/* STATUS_REJECT with what is wrong. Where there are revocation lists, the certificate's issuer must have one among them
 * that was in force. */
enum status crypto_cms_verify(const struct crypto_cms *cms, struct error *error);

#endif
