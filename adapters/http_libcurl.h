/* What the files of the libcurl door share; adapters/http*.c alone include it. */
#ifndef ADAPTERS_HTTP_LIBCURL_H
#define ADAPTERS_HTTP_LIBCURL_H

#include <curl/curl.h>
#include <stdatomic.h>

#include "adapters/http.h"
#include "adapters/inflate.h"

#define HTTP_NOWHERE SIZE_MAX

/* What kind of request libcurl is told to make; the method's name is set beside it. */
enum http_kind { HTTP_KIND_NONE, HTTP_KIND_GET, HTTP_KIND_HEAD, HTTP_KIND_BODY };

enum http_field {
    HTTP_FIELD_ETAG,
    HTTP_FIELD_TYPE,
    HTTP_FIELD_MODIFIED,
    HTTP_FIELD_DATE,
    HTTP_FIELD_LOCATION,
    HTTP_FIELD_DIGEST,
    HTTP_FIELD_RETRY,
    HTTP_FIELD_ENCODING,
    HTTP_FIELD_RANGE,
    HTTP_FIELD_COUNT
};

/* What becomes of a body. libcurl could unpack it, but takes packed bytes that break off for whole ones. */
enum http_packing { HTTP_AS_IT_IS, HTTP_UNPACKED, HTTP_DAMAGED, HTTP_STRANGE };

/* An easy handle and the options that it remembers: setting an option again costs more than looking. */
struct http_line {
    CURL *easy;
    struct http_client *client;
    struct http_transfer *transfer;
    struct http_line *next, *every;
    enum http_kind kind;
    struct inflate *inflate; /* of a client that unpacks */
    long timeout_ms;
    bool custom;      /* a CUSTOMREQUEST is set */
    bool credentials; /* USERNAME and PASSWORD are set */
    bool stranger;    /* the client certificate is taken off */
    char words[CURL_ERROR_SIZE];
};

struct http_transfer {
    struct http_transfer *next, *every;
    struct http_line *line; /* while under way, and until the answer is given back */
    void *owner;
    /* The request. Texts are offsets into `texts`, terminated; HTTP_NOWHERE for none. */
    struct buffer texts;
    size_t url, method, user, password;
    size_t *headers; /* "Name: value" */
    size_t header_count, header_capacity;
    struct curl_slist *nodes; /* as many as headers and two more */
    struct text body;
    enum http_kind kind;
    bool safe; /* GET or HEAD: sending it twice changes nothing */
    bool has_type;
    long timeout_ms;
    /* How far it came. */
    bool left; /* the connection stood and the request was begun on it */
    bool finished;
    bool stranger; /* the host must not see credentials */
    int redirects;
    int64_t spent_us; /* in the hops before this one */
    /* The answer. */
    bool too_large;
    bool begun; /* the body */
    enum http_packing packing;
    size_t taken; /* bytes of the body */
    struct buffer answer_body;
    struct buffer answer_head;
    struct {
        size_t at, length;
    } found[HTTP_FIELD_COUNT];
    enum status (*sink)(void *user_data, struct text chunk, struct error *error);
    void *sink_own;
    struct error *sink_error;
    enum status sink_status;
    struct http_response answer;
};

struct http_transfers {
    struct http_transfer *first, *last;
};

struct http_client {
    CURLM *multi;
    long in_flight, timeout_ms, connect_timeout_ms, slow_seconds;
    size_t answer_limit;
    char *ca_file, *certificate, *key, *user_agent, *schemes, *known_hosts, *no_proxy;
    bool follow_same_host, follow_any_host, decompress;
    struct http_transfers queue, finished;
    /* Whose answers the caller may be looking at: from http_next, and from http_once in between. */
    struct http_transfer *returned, *returned_once;
    struct http_transfer *idle, *every;
    struct http_line *idle_lines, *every_line;
    long active;
    size_t pending;
};

static inline const char *http_string(const struct http_transfer *transfer, size_t at)
{
    return at == HTTP_NOWHERE ? NULL : transfer->texts.bytes + at;
}

/* The scheme is http or https: the only ones whose answers have a status and header fields. */
bool http_is_web(const struct http_transfer *transfer);

/* http_line.c: a handle with the options of the client, which stay; then those of one transfer. */
struct http_line *http_line_new(struct http_client *client, CURLcode *code);
CURLcode http_line_set(struct http_client *client, struct http_transfer *transfer, struct http_line *line);

/* http_response.c: what a transfer came to, once libcurl has ended it with `code`. */
void http_response_fill(struct http_transfer *transfer, CURLcode code);
/* `words` as the answer's why, or `instead` when they hold a credential. */
void http_response_why(struct http_transfer *transfer, const char *words, const char *instead);
void http_response_refuse(struct http_transfer *transfer, const char *why);

/* http_redirect.c: true when the answer redirects to where the client may follow: the transfer's URL is
 * changed. When it must not be followed at all the answer has become HTTP_USAGE. */
bool http_redirected(const struct http_client *client, struct http_transfer *transfer);

#endif
