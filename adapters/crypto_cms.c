#include "adapters/crypto_cms.h"

#include <limits.h>
#include <openssl/bio.h>
#include <openssl/pem.h>

/* Behind pem.h: else it declares no PEM functions. */
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

static enum status is_none(struct error *error, const char *what)
{
    ERR_clear_error();
    return error_set(error, STATUS_USAGE, _("it holds no %s that can be read"), what);
}

static BIO *open_text(struct text text)
{
    return text.length && text.length <= INT_MAX ? BIO_new_mem_buf(text.bytes, (int)text.length) : NULL;
}

static struct text take_der(struct arena *arena, unsigned char *bytes, int length)
{
    struct text der =
        length > 0 ? text_copy(arena, (struct text){ (const char *)bytes, (size_t)length }) : TEXT_NONE;
    OPENSSL_free(bytes);
    return der;
}

static X509 *read_certificate(struct text file)
{
    BIO *in = open_text(file);
    X509 *certificate = in ? PEM_read_bio_X509(in, NULL, NULL, NULL) : NULL;
    BIO_free(in);
    const unsigned char *at = (const unsigned char *)file.bytes;
    if (!certificate && file.length && file.length <= LONG_MAX)
        certificate = d2i_X509(NULL, &at, (long)file.length);
    ERR_clear_error();
    return certificate;
}

enum status crypto_certificate(struct arena *arena, struct text file, struct text *der, struct error *error)
{
    unsigned char *bytes = NULL;
    X509 *certificate = read_certificate(file);
    int length = certificate ? i2d_X509(certificate, &bytes) : 0;
    *der = take_der(arena, bytes, length);
    X509_free(certificate);
    return der->length ? STATUS_OK : is_none(error, _("certificate"));
}

static struct text take_memory(struct arena *arena, BIO *out)
{
    char *bytes = NULL;
    long length = BIO_get_mem_data(out, &bytes);
    return length > 0 ? text_copy(arena, (struct text){ bytes, (size_t)length }) : TEXT("");
}

enum status crypto_certificate_about(struct arena *arena, struct text der, struct text *subject,
                                     int64_t *until, struct error *error)
{
    X509 *certificate = read_certificate(der);
    BIO *out = BIO_new(BIO_s_mem());
    int days = 0, seconds = 0;
    bool read = certificate && out &&
                X509_NAME_print_ex(out, X509_get_subject_name(certificate), 0,
                                   XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB) >= 0;
    ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
    if (read && ASN1_TIME_diff(&days, &seconds, epoch, X509_get0_notAfter(certificate)))
        *until = ((int64_t)days * 86400 + seconds) * 1000;
    *subject = read ? take_memory(arena, out) : TEXT("");
    ASN1_TIME_free(epoch);
    BIO_free(out);
    X509_free(certificate);
    return read ? STATUS_OK : is_none(error, _("certificate"));
}

static STACK_OF(X509_INFO) * read_all(struct text file)
{
    BIO *in = open_text(file);
    STACK_OF(X509_INFO) *all = in ? PEM_X509_INFO_read_bio(in, NULL, NULL, NULL) : NULL;
    BIO_free(in);
    ERR_clear_error();
    return all;
}

static enum status filter(struct arena *arena, struct text file, bool revocations, struct text *pem,
                          struct error *error)
{
    STACK_OF(X509_INFO) *all = read_all(file);
    BIO *out = BIO_new(BIO_s_mem());
    bool written = all && out;
    for (int i = 0; written && i < sk_X509_INFO_num(all); i++) {
        X509_INFO *one = sk_X509_INFO_value(all, i);
        if (revocations && one->crl)
            written = PEM_write_bio_X509_CRL(out, one->crl) == 1;
        else if (!revocations && one->x509)
            written = PEM_write_bio_X509(out, one->x509) == 1;
    }
    *pem = written ? take_memory(arena, out) : TEXT("");
    sk_X509_INFO_pop_free(all, X509_INFO_free);
    BIO_free(out);
    return written ? STATUS_OK : is_none(error, _("PEM"));
}

enum status crypto_pem_certificates(struct arena *arena, struct text file, struct text *pem,
                                    struct error *error)
{
    return filter(arena, file, false, pem, error);
}

enum status crypto_pem_revocations(struct arena *arena, struct text file, struct text *pem,
                                   struct error *error)
{
    return filter(arena, file, true, pem, error);
}

static CMS_ContentInfo *read_cms(struct text file)
{
    BIO *in = open_text(file);
    CMS_ContentInfo *cms = in ? PEM_read_bio_CMS(in, NULL, NULL, NULL) : NULL;
    if (!cms && in && BIO_reset(in) == 1)
        cms = SMIME_read_CMS(in, NULL);
    BIO_free(in);
    const unsigned char *at = (const unsigned char *)file.bytes;
    if (!cms && file.length && file.length <= LONG_MAX)
        cms = d2i_CMS_ContentInfo(NULL, &at, (long)file.length);
    ERR_clear_error();
    return cms;
}

enum status crypto_cms_read(struct arena *arena, struct text file, struct text *der, struct error *error)
{
    unsigned char *bytes = NULL;
    CMS_ContentInfo *cms = read_cms(file);
    int length = cms ? i2d_CMS_ContentInfo(cms, &bytes) : 0;
    *der = take_der(arena, bytes, length);
    CMS_ContentInfo_free(cms);
    return der->length ? STATUS_OK : is_none(error, _("CMS signature"));
}

/* ---- verification ---- */

static bool fill_store(X509_STORE *store, const struct crypto_cms *cms)
{
    STACK_OF(X509_INFO) *authorities = read_all(cms->authorities);
    STACK_OF(X509_INFO) *revoked = cms->revoked.length ? read_all(cms->revoked) : NULL;
    bool any = false;
    for (int i = 0; i < sk_X509_INFO_num(authorities); i++)
        if (sk_X509_INFO_value(authorities, i)->x509)
            any |= X509_STORE_add_cert(store, sk_X509_INFO_value(authorities, i)->x509) == 1;
    for (int i = 0; i < sk_X509_INFO_num(revoked); i++)
        if (sk_X509_INFO_value(revoked, i)->crl)
            X509_STORE_add_crl(store, sk_X509_INFO_value(revoked, i)->crl);
    sk_X509_INFO_pop_free(authorities, X509_INFO_free);
    sk_X509_INFO_pop_free(revoked, X509_INFO_free);
    return any;
}

static enum status verify_chain(const struct crypto_cms *cms, X509 *signer, STACK_OF(X509) * between,
                                struct error *error)
{
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    bool ready = store && context && fill_store(store, cms) &&
                 X509_STORE_CTX_init(context, store, signer, between) == 1;
    int verified = 0, why = X509_V_ERR_UNSPECIFIED;
    if (ready) {
        unsigned long flags = X509_V_FLAG_X509_STRICT;
        flags |= cms->revoked.length ? X509_V_FLAG_CRL_CHECK : 0;
        X509_STORE_CTX_set_flags(context, flags);
        X509_STORE_CTX_set_time(context, 0, (time_t)(cms->at / 1000));
        verified = X509_verify_cert(context);
        why = X509_STORE_CTX_get_error(context);
    }
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
    ERR_clear_error();
    if (verified == 1)
        return STATUS_OK;
    if (!ready)
        return error_set(error, STATUS_REJECT,
                         _("no authority is known to which its certificate could lead"));
    return error_set(error, STATUS_REJECT, _("its certificate does not stand: %s"),
                     X509_verify_cert_error_string(why));
}

static enum status verify_signer(const struct crypto_cms *cms, CMS_ContentInfo *info, X509 *expected,
                                 struct error *error)
{
    STACK_OF(X509) *signers = CMS_get0_signers(info), *between = CMS_get1_certs(info);
    enum status status = STATUS_OK;
    if (!signers || sk_X509_num(signers) != 1 || X509_cmp(sk_X509_value(signers, 0), expected))
        status = error_set(error, STATUS_REJECT, _("it is signed by another certificate than this person's"));
    if (!status && !(X509_get_key_usage(expected) & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION)))
        status = error_set(error, STATUS_REJECT, _("its certificate is not one to sign with"));
    if (!status)
        status = verify_chain(cms, expected, between, error);
    sk_X509_free(signers);
    sk_X509_pop_free(between, X509_free);
    return status;
}

enum status crypto_cms_verify(const struct crypto_cms *cms, struct error *error)
{
    CMS_ContentInfo *info = read_cms(cms->signature);
    X509 *expected = read_certificate(cms->certificate);
    STACK_OF(X509) *known = sk_X509_new_null();
    BIO *content = open_text(cms->content);
    bool signs =
        info && expected && known && content && sk_X509_push(known, expected) && CMS_is_detached(info) == 1 &&
        CMS_verify(info, known, NULL, content, NULL, CMS_BINARY | CMS_DETACHED | CMS_NO_SIGNER_CERT_VERIFY) ==
            1;
    ERR_clear_error();
    enum status status = signs ? verify_signer(cms, info, expected, error)
                               : error_set(error, STATUS_REJECT,
                                           _("it does not sign these bytes with this person's certificate"));
    BIO_free(content);
    sk_X509_free(known);
    X509_free(expected);
    CMS_ContentInfo_free(info);
    return status;
}
