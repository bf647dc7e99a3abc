/* The door to libcurl: HTTP(S) requests, many at once on kept connections (multi interface).
 *
 * One client serves one thread. Requests are submitted and come back, finished, in any order. The client
 * knows nothing of retries or outcomes: it says what happened and, where nothing came back, whether the
 * request can have left (an intent that certainly did not leave needs no question).
 */
#ifndef ADAPTERS_HTTP_H
#define ADAPTERS_HTTP_H

#include <stdbool.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/error.h"
#include "core/text.h"

enum http_failure {
    HTTP_ANSWERED = 0, /* a whole answer came */
    /* name not found, connection refused or timed out while connecting, handshake broken off: nothing left */
    HTTP_NOT_SENT,
    HTTP_TLS,     /* a certificate (theirs or ours) or the protocol failed: nothing left that was looked at */
    HTTP_TIMEOUT, /* no whole answer in time: what happened is unknown */
    HTTP_RESET,   /* the connection broke, or the answer was cut: unknown */
    HTTP_TOO_LARGE, /* the answer passed the ceiling: unknown */
    HTTP_PROTOCOL,  /* the answer is no HTTP: unknown */
    HTTP_USAGE,     /* the request cannot be made (bad URL, forbidden scheme or redirect) */
};

struct http_options {
    long in_flight;                /* connections and requests at once; more are queued */
    long timeout_ms;               /* a whole request */
    long connect_timeout_ms;       /* 0: the same as timeout, at most 30 s */
    size_t answer_limit;           /* bytes of a body (after decompression); 0: 16 MiB */
    long slow_seconds;             /* under 64 bytes a second for so long is a timeout; 0: not watched */
    const char *ca_file;           /* NULL: the system's */
    const char *certificate, *key; /* client certificate, PEM; a key alone: the SSH key of sftp */
    const char *user_agent;
    /* Only GET and HEAD follow redirects, at most 5; where they may not, the answer 3xx comes back. Schemes
     * other than http and https, and more than 5, are HTTP_USAGE. */
    bool follow_same_host; /* to the same scheme, host and port */
    bool follow_any_host;  /* to other hosts too, unless there is a body; they see no credentials (client
                            * certificate included) and few headers (Accept, If-…) */
    bool decompress;       /* asks for packed answers; what comes packed unasked is unpacked, too */
    const char *schemes;   /* "http,https" when NULL; "http,https,ftp,sftp,file" for sources that allow it */
    const char *known_hosts;      /* sftp: the keys of hosts that are believed; NULL: ~/.ssh/known_hosts */
    bool unencrypted_credentials; /* unused by the client itself; see load/portal.h */
};

struct http_header {
    const char *name;
    struct text value;
};

struct http_request {
    const char *method; /* "GET", "PUT", … */
    const char *url;
    const struct http_header *headers; /* header values must hold no line break: refused as HTTP_USAGE */
    size_t header_count;
    struct text body;            /* bytes NULL: none. Borrowed until the answer */
    const char *user, *password; /* basic auth; NULL: none */
    bool stranger;               /* the URL is of a host that sees no credentials and few headers, as below */
    long timeout_ms;             /* 0: the client's */
    void *owner;                 /* comes back with the answer */
};

struct http_response {
    enum http_failure failure;
    bool dropped;     /* of HTTP_NOT_SENT: a connection stood, and was broken off before anything left */
    char why[256];    /* libcurl's words when failure is not HTTP_ANSWERED; never holds a secret */
    long status;      /* HTTP status, 0 if none came */
    struct text body; /* borrowed until the next call of http_next or http_close; NUL behind it */
    struct text etag; /* verbatim header values, bytes NULL if absent; borrowed like the body */
    struct text content_type;
    struct text last_modified, date;
    struct text location;
    struct text content_digest;
    struct text content_range;
    int64_t retry_after_ms;    /* -1: none; a date is turned into the time from now */
    int64_t took_us;           /* from start to end of the transfer */
    const char *effective_url; /* after redirects; borrowed like the body */
    bool stranger;             /* credentials were kept from where it came from, or from a host on the way */
    void *owner;
};

struct http_client;

enum status http_open(const struct http_options *options, struct http_client **client, struct error *error);
void http_close(struct http_client *client); /* what is under way is broken off */

/* Queues; http_next sends. STATUS_USAGE without a URL or a proper method; any other fault of the request
 * comes back as an answer HTTP_USAGE. Everything but the body is copied. */
enum status http_submit(struct http_client *client, const struct http_request *request, struct error *error);

/* From now on http_next returns early, too, when this descriptor can be read. For the whole process. */
void http_watch(int descriptor);
/* From now on it is told when another request is about to leave, whatever client has it. For the whole process. */
void http_tell(void (*leaving)(void));

/* The next finished request: STATUS_OK with *answer; STATUS_END when none finished within wait_ms (0: do not
 * wait) or none is pending. */
enum status http_next(struct http_client *client, long wait_ms, struct http_response *answer,
                      struct error *error);

/* One request, waited for, whatever else is pending. *answer is valid until the next call on the client; an
 * answer of http_next stays valid. */
enum status http_once(struct http_client *client, const struct http_request *request,
                      struct http_response *answer, struct error *error);

/* As http_once, but the body of an answer 2xx goes to the sink piece by piece (answer_limit holds for their
 * sum); any other body comes in the answer. A status of the sink other than OK ends the transfer and is
 * returned with the error that the sink filled. What a broken transfer gave before has been given: look at
 * answer->failure. */
enum status http_download(struct http_client *client, const struct http_request *request,
                          enum status (*sink)(void *user_data, struct text chunk, struct error *error),
                          void *user_data, struct http_response *answer, struct error *error);

/* Can libcurl read it? NULL: yes; else libcurl's words of what is wrong. */
const char *http_url_fault(const char *url);
struct http_url {
    bool web;       /* http or https, with a host */
    bool signed_in; /* it holds a user's name */
    bool here;      /* it leads to this machine (localhost, 127.0.0.0/8, ::1): nobody on the way can read */
};
/* All false where there is a fault. */
struct http_url http_url_read(const char *url);

/* Percent-encodes one path segment or query value. */
void http_escape(struct buffer *out, struct text text);

#endif
