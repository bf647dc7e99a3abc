/* What a transfer came to. */
#include "adapters/http_libcurl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "adapters/unicode.h"

/* With TLS 1.3 a server refuses the client's certificate only after the client has begun to send, and says so
 * in an alert, which OpenSSL counts from 1000 (RFC 8446, 6.2). What was sent has not been looked at. */
static bool certificate_refused(const struct http_line *line)
{
    long status = 0;
    const char *code = strstr(line->words, "error:0A"); /* OpenSSL's SSL errors, in hexadecimal */
    curl_easy_getinfo(line->easy, CURLINFO_RESPONSE_CODE, &status);
    if (!code || status)
        return false;
    switch ((strtoul(code + strlen("error:"), NULL, 16) & 0x7fffff) - 1000) {
    case 40:  /* handshake_failure */
    case 42:  /* bad_certificate */
    case 43:  /* unsupported_certificate */
    case 44:  /* certificate_revoked */
    case 45:  /* certificate_expired */
    case 46:  /* certificate_unknown */
    case 48:  /* unknown_ca */
    case 49:  /* access_denied */
    case 116: /* certificate_required */
        return true;
    default:
        return false;
    }
}

#define UNEXPECTED_EOF 294 /* SSL_R_UNEXPECTED_EOF_WHILE_READING */

/* A reset or an end of file during the handshake: an outage, which says nothing of trust. OpenSSL has an error
 * of its own for everything else that fails there. */
static bool handshake_dropped(const struct http_line *line)
{
    const char *code = strstr(line->words, "error:0A");
    return !code || (strtoul(code + strlen("error:"), NULL, 16) & 0x7fffff) == UNEXPECTED_EOF;
}

static enum http_failure classify(const struct http_line *line, CURLcode code)
{
    const struct http_transfer *transfer = line->transfer;
    long sent = 0;
    if (code == CURLE_OK)
        return HTTP_ANSWERED;
    if (transfer->too_large)
        return HTTP_TOO_LARGE;
    curl_easy_getinfo(line->easy, CURLINFO_REQUEST_SIZE, &sent);
    bool left = transfer->left && sent > 0;
    switch (code) {
    case CURLE_SSL_CONNECT_ERROR:
        return handshake_dropped(line) ? HTTP_NOT_SENT : HTTP_TLS;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CRL_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_ENGINE_NOTFOUND:
    case CURLE_SSL_ENGINE_SETFAILED:
    case CURLE_SSL_ENGINE_INITFAILED:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_CLIENTCERT:
    case CURLE_USE_SSL_FAILED:
        return HTTP_TLS;
    case CURLE_URL_MALFORMAT:
    case CURLE_NOT_BUILT_IN:
    case CURLE_BAD_FUNCTION_ARGUMENT:
    case CURLE_FAILED_INIT:
    case CURLE_LOGIN_DENIED:
    case CURLE_REMOTE_ACCESS_DENIED:
    case CURLE_REMOTE_FILE_NOT_FOUND:
    case CURLE_FILE_COULDNT_READ_FILE:
    case CURLE_FTP_COULDNT_RETR_FILE:
        return HTTP_USAGE;
    case CURLE_UNSUPPORTED_PROTOCOL: /* of the URL, or an HTTP version in the answer */
        return left ? HTTP_PROTOCOL : HTTP_USAGE;
    case CURLE_OPERATION_TIMEDOUT:
        return left ? HTTP_TIMEOUT : HTTP_NOT_SENT;
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING:
    case CURLE_WRITE_ERROR:
        return HTTP_PROTOCOL;
    default:
        if (certificate_refused(line))
            return HTTP_TLS;
        return left ? HTTP_RESET : HTTP_NOT_SENT;
    }
}

/* The part of a URL before its host, as "user:password", empty when there is none. */
static struct text userinfo_of(const char *url)
{
    const char *from = strstr(url, "://");
    from = from ? from + 3 : url;
    const char *end = from + strcspn(from, "?#");
    const char *at = memrchr(from, '@', (size_t)(end - from));
    return at ? (struct text){ from, (size_t)(at - from) } : TEXT_NONE;
}

static bool holds_secret(const struct http_transfer *transfer, const char *why)
{
    struct text words = text_of(why), userinfo = userinfo_of(http_string(transfer, transfer->url));
    const char *password = http_string(transfer, transfer->password);
    size_t at;
    if (password && *password && strstr(why, password))
        return true;
    while (userinfo.length) { /* each piece of it: what a wrong URL splits it into is not known */
        size_t length = 0;
        while (length < userinfo.length && !memchr(":/@", userinfo.bytes[length], 3))
            length++;
        struct text piece = text_slice(userinfo, 0, length);
        if (piece.length && text_find(words, piece, &at))
            return true;
        userinfo = text_slice(userinfo, length + 1, userinfo.length);
    }
    return false;
}

/* libcurl's words can hold bytes of a hostile answer. */
void http_response_why(struct http_transfer *transfer, const char *words, const char *instead)
{
    char *why = transfer->answer.why;
    if (holds_secret(transfer, words))
        words = instead;
    size_t length = text_cut(text_of(words), sizeof transfer->answer.why - 1);
    memcpy(why, words, length);
    why[length] = 0;
    struct text text = { why, length };
    bool ascii_only = unicode_invalid_at(text) < text.length;
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)why[i] < 0x20 || why[i] == 0x7f || (ascii_only && (unsigned char)why[i] >= 0x80))
            why[i] = '?';
}

static struct text found_text(const struct http_transfer *transfer, enum http_field field)
{
    if (!transfer->found[field].at)
        return TEXT_NONE;
    return (struct text){ transfer->answer_head.bytes + transfer->found[field].at,
                          transfer->found[field].length };
}

/* RFC 9110, 10.2.3: a number of seconds or a date. */
static int64_t retry_after_ms(struct text value)
{
    if (!value.bytes || !value.length)
        return -1;
    size_t digits = 0;
    int64_t seconds = 0;
    for (; digits < value.length && value.bytes[digits] >= '0' && value.bytes[digits] <= '9'; digits++)
        seconds = seconds > INT32_MAX ? seconds : seconds * 10 + (value.bytes[digits] - '0');
    if (digits == value.length)
        return seconds * 1000;
    char date[64];
    if (digits || value.length >= sizeof date)
        return -1;
    memcpy(date, value.bytes, value.length);
    date[value.length] = 0;
    time_t at = curl_getdate(date, NULL);
    if (at == -1)
        return -1;
    int64_t now = time(NULL);
    return at > now ? ((int64_t)at - now) * 1000 : 0;
}

/* What libcurl knows nothing of: the packed bytes within a body that came whole. */
static bool is_cut(const struct http_transfer *transfer, CURLcode code)
{
    return code == CURLE_OK && transfer->packing == HTTP_UNPACKED &&
           !inflate_is_whole(transfer->line->inflate);
}

static const char *packing_words(const struct http_transfer *transfer)
{
    if (transfer->packing == HTTP_STRANGE)
        return _("the answer is packed in a way that was not asked for (Content-Encoding)");
    if (transfer->packing == HTTP_DAMAGED)
        return _("the answer is packed (Content-Encoding), and what is packed is damaged");
    return _("the answer is packed (Content-Encoding), and what is packed breaks off: it was cut");
}

void http_response_fill(struct http_transfer *transfer, CURLcode code)
{
    struct http_response *answer = &transfer->answer;
    struct http_line *line = transfer->line;
    curl_off_t took = 0;
    char *url = NULL;
    *answer = (struct http_response){ .failure = classify(line, code), .owner = transfer->owner };
    answer->dropped = answer->failure == HTTP_NOT_SENT && code != CURLE_COULDNT_CONNECT &&
                      code != CURLE_COULDNT_RESOLVE_HOST && code != CURLE_COULDNT_RESOLVE_PROXY &&
                      code != CURLE_OPERATION_TIMEDOUT;
    curl_easy_getinfo(line->easy, CURLINFO_RESPONSE_CODE, &answer->status);
    curl_easy_getinfo(line->easy, CURLINFO_TOTAL_TIME_T, &took);
    curl_easy_getinfo(line->easy, CURLINFO_EFFECTIVE_URL, &url);
    if (code == CURLE_OK && !http_is_web(transfer))
        answer->status = 200;
    bool cut = is_cut(transfer, code);
    if (cut)
        answer->failure = HTTP_RESET;
    answer->took_us = transfer->spent_us + took;
    answer->effective_url = url ? url : http_string(transfer, transfer->url);
    answer->stranger = transfer->stranger;
    answer->body = transfer->answer_body.length ? buffer_view(&transfer->answer_body) : TEXT("");
    answer->etag = found_text(transfer, HTTP_FIELD_ETAG);
    answer->content_type = found_text(transfer, HTTP_FIELD_TYPE);
    answer->last_modified = found_text(transfer, HTTP_FIELD_MODIFIED);
    answer->date = found_text(transfer, HTTP_FIELD_DATE);
    answer->location = found_text(transfer, HTTP_FIELD_LOCATION);
    answer->content_digest = found_text(transfer, HTTP_FIELD_DIGEST);
    answer->content_range = found_text(transfer, HTTP_FIELD_RANGE);
    answer->retry_after_ms = retry_after_ms(found_text(transfer, HTTP_FIELD_RETRY));
    const char *words = line->words[0] ? line->words : curl_easy_strerror(code);
    if (answer->failure == HTTP_TOO_LARGE)
        snprintf(answer->why, sizeof answer->why, _("the answer is larger than %zu bytes"),
                 line->client->answer_limit);
    else if (cut || transfer->packing > HTTP_UNPACKED)
        http_response_why(transfer, packing_words(transfer), "");
    else if (code == CURLE_ABORTED_BY_CALLBACK)
        http_response_why(transfer, _("the kept connection broke before an answer came"), "");
    else if (code)
        http_response_why(transfer, words, curl_easy_strerror(code));
}

void http_response_refuse(struct http_transfer *transfer, const char *why)
{
    transfer->answer.failure = HTTP_USAGE;
    snprintf(transfer->answer.why, sizeof transfer->answer.why, "%s", why);
}
