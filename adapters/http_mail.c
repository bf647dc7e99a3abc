#include "adapters/http_mail.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "adapters/crypto.h"
#include "adapters/http.h"

bool http_mail_is_address(struct text address)
{
    size_t at = 0;
    if (!text_find(address, TEXT("@"), &at) || !at || at + 1 == address.length || address.length > 254)
        return false;
    for (size_t i = 0; i < address.length; i++)
        if ((unsigned char)address.bytes[i] <= ' ' || address.bytes[i] == 0x7f ||
            strchr("<>,;\"()\\", address.bytes[i]))
            return false;
    return true;
}

/* Encoded words of at most 75 characters, none of which cuts a letter (RFC 2047, 2 and 5). */
static void put_subject(struct buffer *out, struct text subject)
{
    buffer_string(out, "Subject: ");
    for (bool first = true; first || subject.length; first = false) {
        BUFFER_OWNED struct buffer word = { 0 };
        size_t length = text_cut(subject, 42);
        crypto_base64(&word, text_slice(subject, 0, length));
        buffer_printf(out, "%s=?UTF-8?B?%s?=\r\n", first ? "" : " ", word.length ? word.bytes : "");
        subject = text_slice(subject, length, subject.length);
        if (!length)
            break;
    }
}

static void put_message(struct buffer *out, const struct http_mail *mail)
{
    char date[64];
    unsigned char chance[12];
    time_t now = time(NULL);
    struct tm moment;
    BUFFER_OWNED struct buffer body = { 0 };
    gmtime_r(&now, &moment);
    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S +0000", &moment);
    crypto_random(chance, sizeof chance);
    buffer_printf(out, "Date: %s\r\nFrom: %s\r\nTo: ", date, mail->from);
    for (size_t i = 0; i < mail->to_count; i++)
        buffer_printf(out, "%s%.*s", i ? ",\r\n " : "", TEXT_ARG(mail->to[i]));
    buffer_string(out, "\r\nMessage-ID: <");
    for (size_t i = 0; i < sizeof chance; i++)
        buffer_printf(out, "%02x", chance[i]);
    buffer_printf(out, "@congkhai>\r\n");
    put_subject(out, mail->subject);
    buffer_string(out, "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
                       "Content-Transfer-Encoding: base64\r\nAuto-Submitted: auto-generated\r\n\r\n");
    crypto_base64(&body, mail->body);
    for (size_t at = 0; at < body.length; at += 76) {
        buffer_text(out, text_slice(buffer_view(&body), at, 76));
        buffer_string(out, "\r\n");
    }
}

struct reader {
    struct text rest;
};

static size_t read_message(char *bytes, size_t size, size_t count, void *user_data)
{
    struct reader *reader = user_data;
    size_t length = size * count < reader->rest.length ? size * count : reader->rest.length;
    if (length)
        memcpy(bytes, reader->rest.bytes, length);
    reader->rest = text_slice(reader->rest, length, reader->rest.length);
    return length;
}

enum status http_mail_send(const struct http_mail *mail, struct error *error)
{
    BUFFER_OWNED struct buffer message = { 0 };
    char why[CURL_ERROR_SIZE] = "", address[300];
    struct curl_slist *to = NULL;
    CURL *curl = curl_easy_init();
    if (!curl)
        return error_set(error, STATUS_RETRY, _("no mail can be sent: there is no memory"));
    put_message(&message, mail);
    struct reader reader = { buffer_view(&message) };
    for (size_t i = 0; i < mail->to_count; i++) {
        snprintf(address, sizeof address, "<%.*s>", TEXT_ARG(mail->to[i]));
        to = curl_slist_append(to, address);
    }
    snprintf(address, sizeof address, "<%s>", mail->from);
    curl_easy_setopt(curl, CURLOPT_URL, mail->server);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(curl, CURLOPT_MAIL_FROM, address);
    curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, to);
    curl_easy_setopt(curl, CURLOPT_READFUNCTION, read_message);
    curl_easy_setopt(curl, CURLOPT_READDATA, &reader);
    curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, mail->timeout_ms);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, why);
    curl_easy_setopt(curl, CURLOPT_USE_SSL,
                     mail->user && !http_url_read(mail->server).here ? (long)CURLUSESSL_ALL
                                                                     : (long)CURLUSESSL_TRY);
    if (mail->user) {
        curl_easy_setopt(curl, CURLOPT_USERNAME, mail->user);
        curl_easy_setopt(curl, CURLOPT_PASSWORD, mail->password ? mail->password : "");
    }
    CURLcode code = curl_easy_perform(curl);
    curl_slist_free_all(to);
    curl_easy_cleanup(curl);
    return code ? error_set(error, STATUS_RETRY, _("the mail server did not take it: %s"),
                            *why ? why : curl_easy_strerror(code))
                : STATUS_OK;
}
