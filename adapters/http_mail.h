/* Mail by SMTP, through libcurl: one text to some addresses.
 *
 * With user and password only over TLS (smtps, or STARTTLS), except to this machine. Addresses, subject and
 * body come from a configuration and from the ledger: line breaks in addresses and headers are refused, the subject
 * is an encoded word (RFC 2047), the body base64.
 */
#ifndef ADAPTERS_HTTP_MAIL_H
#define ADAPTERS_HTTP_MAIL_H

#include <stdbool.h>

#include "core/error.h"
#include "core/text.h"

struct http_mail {
    const char *server;          /* smtp://host[:port], smtps://host[:port] */
    const char *user, *password; /* NULL: none */
    const char *from;
    const struct text *to;
    size_t to_count;
    struct text subject, body;
    long timeout_ms;
};

/* Is it one address, fit to stand in a header? */
bool http_mail_is_address(struct text address);

/* STATUS_RETRY with the server's words. */
enum status http_mail_send(const struct http_mail *mail, struct error *error);

#endif
