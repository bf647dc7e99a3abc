/* The handles: what libcurl is told, and what it calls back. */
#include "adapters/http_libcurl.h"

#include <string.h>
#include <strings.h>

#include "core/memory.h"

#define LEAST_SPEED 64 /* bytes a second */

static const struct text field_names[HTTP_FIELD_COUNT] = {
    [HTTP_FIELD_ETAG] = { "etag", 4 },
    [HTTP_FIELD_TYPE] = { "content-type", 12 },
    [HTTP_FIELD_MODIFIED] = { "last-modified", 13 },
    [HTTP_FIELD_DATE] = { "date", 4 },
    [HTTP_FIELD_LOCATION] = { "location", 8 },
    [HTTP_FIELD_DIGEST] = { "content-digest", 14 },
    [HTTP_FIELD_RETRY] = { "retry-after", 11 },
    [HTTP_FIELD_ENCODING] = { "content-encoding", 16 },
    [HTTP_FIELD_RANGE] = { "content-range", 13 },
};

/* ---- what libcurl calls ---- */

static size_t take_header(char *bytes, size_t one, size_t length, void *user_data)
{
    (void)one;
    struct http_transfer *transfer = ((struct http_line *)user_data)->transfer;
    if (!transfer) /* what a server says while its connection is closed belongs to no transfer */
        return length;
    if (length > 5 &&
        memcmp(bytes, "HTTP/", 5) == 0) { /* another answer: the last before was 100 or its kin */
        memset(transfer->found, 0, sizeof transfer->found);
        buffer_clear(&transfer->answer_head);
        return length;
    }
    if (transfer->taken || !memchr("cCdDeElLrR", bytes[0], 10)) /* behind the body stand trailers */
        return length;
    for (int i = 0; i < HTTP_FIELD_COUNT; i++) {
        struct text name = field_names[i];
        if (length <= name.length || bytes[name.length] != ':' || transfer->found[i].at ||
            strncasecmp(bytes, name.bytes, name.length) != 0)
            continue;
        struct text value = text_trim((struct text){ bytes + name.length + 1, length - name.length - 1 });
        buffer_char(&transfer->answer_head, 0); /* so that no value stands at 0, which says "not found" */
        transfer->found[i].at = transfer->answer_head.length;
        transfer->found[i].length = value.length;
        buffer_text(&transfer->answer_head, value);
        break;
    }
    return length;
}

bool http_is_web(const struct http_transfer *transfer)
{
    return strncasecmp(http_string(transfer, transfer->url), "http", 4) == 0;
}

static bool for_sink(struct http_line *line)
{
    long status = 0;
    curl_easy_getinfo(line->easy, CURLINFO_RESPONSE_CODE, &status);
    return (status >= 200 && status < 300) || !http_is_web(line->transfer);
}

static bool keep_piece(void *user_data, struct text piece)
{
    struct http_line *line = user_data;
    struct http_transfer *transfer = line->transfer;
    if (piece.length > line->client->answer_limit - transfer->taken) {
        transfer->too_large = true;
        return false;
    }
    transfer->taken += piece.length;
    if (!transfer->sink || !for_sink(line)) {
        buffer_text(&transfer->answer_body, piece);
        return true;
    }
    transfer->sink_status = transfer->sink(transfer->sink_own, piece, transfer->sink_error);
    return !transfer->sink_status;
}

static bool is_word(struct text text, const char *word)
{
    return text.length == strlen(word) && !strncasecmp(text.bytes, word, text.length);
}

static void begin_body(struct http_line *line)
{
    struct http_transfer *transfer = line->transfer;
    transfer->begun = true;
    if (!transfer->found[HTTP_FIELD_ENCODING].length)
        return;
    struct text name = { transfer->answer_head.bytes + transfer->found[HTTP_FIELD_ENCODING].at,
                         transfer->found[HTTP_FIELD_ENCODING].length };
    bool gzip = is_word(name, "gzip") || is_word(name, "x-gzip");
    if (is_word(name, "identity"))
        return;
    transfer->packing = gzip || is_word(name, "deflate") ? HTTP_UNPACKED : HTTP_STRANGE;
    if (!line->inflate)
        line->inflate = inflate_open();
    inflate_begin(line->inflate, gzip ? INFLATE_GZIP : INFLATE_DEFLATE);
}

static size_t take_body(char *bytes, size_t one, size_t length, void *user_data)
{
    (void)one;
    struct http_line *line = user_data;
    struct http_transfer *transfer = line->transfer;
    struct text piece = { bytes, length };
    enum inflate_result result = INFLATE_FINE;
    if (!transfer)
        return length;
    if (!transfer->begun)
        begin_body(line);
    if (transfer->packing == HTTP_AS_IT_IS)
        return keep_piece(line, piece) ? length : CURL_WRITEFUNC_ERROR;
    if (transfer->packing == HTTP_UNPACKED)
        result = inflate_feed(line->inflate, piece, keep_piece, line);
    if (result == INFLATE_DAMAGED)
        transfer->packing = HTTP_DAMAGED;
    return result == INFLATE_FINE && transfer->packing == HTTP_UNPACKED ? length : CURL_WRITEFUNC_ERROR;
}

/* Called when a connection stands, before the request is sent on it. A second time for one request means that
 * libcurl found a kept connection dead and would silently send again what may have arrived. */
static int about_to_send(void *user_data, char *remote, char *local, int remote_port, int local_port)
{
    (void)remote, (void)local, (void)remote_port, (void)local_port;
    struct http_line *line = user_data;
    struct http_transfer *transfer = line->transfer;
    long sent = 0;
    if (transfer->left && !transfer->safe)
        curl_easy_getinfo(line->easy, CURLINFO_REQUEST_SIZE, &sent);
    transfer->left = true;
    return sent > 0 ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

/* ---- handles ---- */

#define SET(option, value)                                                                                   \
    do {                                                                                                     \
        if (!code)                                                                                           \
            code = curl_easy_setopt(line->easy, option, value);                                              \
    } while (0)

static CURLcode set_for_good(struct http_client *client, struct http_line *line)
{
    CURLcode code = CURLE_OK;
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_PROTOCOLS_STR, client->schemes);
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
    SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    SET(CURLOPT_TCP_KEEPALIVE, 1L);
    SET(CURLOPT_CONNECTTIMEOUT_MS, client->connect_timeout_ms);
    SET(CURLOPT_ERRORBUFFER, line->words);
    SET(CURLOPT_HEADERFUNCTION, take_header);
    SET(CURLOPT_HEADERDATA, line);
    SET(CURLOPT_WRITEFUNCTION, take_body);
    SET(CURLOPT_WRITEDATA, line);
    SET(CURLOPT_PREREQFUNCTION, about_to_send);
    SET(CURLOPT_PREREQDATA, line);
    SET(CURLOPT_PRIVATE, line);
    if (client->slow_seconds > 0) {
        SET(CURLOPT_LOW_SPEED_LIMIT, (long)LEAST_SPEED);
        SET(CURLOPT_LOW_SPEED_TIME, client->slow_seconds);
    }
    SET(CURLOPT_NOPROXY, client->no_proxy);
    if (client->ca_file)
        SET(CURLOPT_CAINFO, client->ca_file);
    if (client->certificate)
        SET(CURLOPT_SSLCERT, client->certificate);
    if (client->key)
        SET(CURLOPT_SSLKEY, client->key);
    if (client->key && !client->certificate)
        SET(CURLOPT_SSH_PRIVATE_KEYFILE, client->key);
    if (client->user_agent)
        SET(CURLOPT_USERAGENT, client->user_agent);
    if (client->known_hosts) /* without it libcurl would believe any SSH host */
        SET(CURLOPT_SSH_KNOWNHOSTS, client->known_hosts);
    if (client->decompress) {
        SET(CURLOPT_ACCEPT_ENCODING, "gzip, deflate");
        SET(CURLOPT_HTTP_CONTENT_DECODING, 0L);
    }
    return code;
}

struct http_line *http_line_new(struct http_client *client, CURLcode *code)
{
    struct http_line *line = memory_new(struct http_line);
    line->client = client;
    line->every = client->every_line;
    client->every_line = line;
    line->easy = curl_easy_init();
    *code = line->easy ? set_for_good(client, line) : CURLE_FAILED_INIT;
    return line;
}

/* Of the headers that a caller gave, which a host that it did not mean may see. */
static bool for_strangers(const char *header)
{
    static const char *const names[] = { "Accept:", "Accept-Language:", "If-None-Match:",
                                         "If-Modified-Since:" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strncasecmp(header, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

/* libcurl only reads a header list, so its nodes are ours and cost no allocation. */
static struct curl_slist *header_list(struct http_transfer *transfer)
{
    static char no_expect[] = "Expect:", no_type[] = "Content-Type:";
    size_t count = 0;
    struct curl_slist *nodes = transfer->nodes;
    for (size_t i = 0; i < transfer->header_count; i++) {
        char *header = transfer->texts.bytes + transfer->headers[i];
        if (!transfer->stranger || for_strangers(header))
            nodes[count++].data = header;
    }
    if (transfer->kind == HTTP_KIND_BODY) {
        nodes[count++].data = no_expect; /* libcurl would wait for a 100 Continue before a large body */
        if (!transfer->has_type)
            nodes[count++].data = no_type; /* and call every body a form */
    }
    for (size_t i = 0; i < count; i++)
        nodes[i].next = i + 1 < count ? &nodes[i + 1] : NULL;
    return count ? nodes : NULL;
}

static CURLcode set_method(struct http_transfer *transfer, struct http_line *line)
{
    CURLcode code = CURLE_OK;
    const char *method = http_string(transfer, transfer->method);
    if (transfer->kind == HTTP_KIND_BODY) {
        SET(CURLOPT_POST, 1L);
        SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)transfer->body.length);
        SET(CURLOPT_POSTFIELDS, transfer->body.bytes ? transfer->body.bytes : "");
    } else if (line->kind != transfer->kind) {
        SET(CURLOPT_HTTPGET, 1L);
        if (transfer->kind == HTTP_KIND_HEAD)
            SET(CURLOPT_NOBODY, 1L);
    }
    line->kind = transfer->kind;
    static const char *const own_names[] = {
        [HTTP_KIND_NONE] = "", [HTTP_KIND_GET] = "GET", [HTTP_KIND_HEAD] = "HEAD", [HTTP_KIND_BODY] = "POST"
    };
    bool custom = strcmp(method, own_names[transfer->kind]) != 0;
    if (custom || line->custom)
        SET(CURLOPT_CUSTOMREQUEST, custom ? method : NULL);
    line->custom = custom;
    return code;
}

static void forget(struct http_client *client, struct http_line *line)
{
    curl_easy_reset(line->easy);
    line->kind = HTTP_KIND_NONE;
    line->timeout_ms = 0;
    line->custom = line->credentials = line->stranger = false;
    set_for_good(client, line);
}

CURLcode http_line_set(struct http_client *client, struct http_transfer *transfer, struct http_line *line)
{
    CURLcode code = set_method(transfer, line);
    SET(CURLOPT_URL, http_string(transfer, transfer->url));
    SET(CURLOPT_HTTPHEADER, header_list(transfer));
    bool credentials = transfer->user != HTTP_NOWHERE && !transfer->stranger;
    if (credentials || line->credentials) {
        SET(CURLOPT_USERNAME, credentials ? http_string(transfer, transfer->user) : NULL);
        SET(CURLOPT_PASSWORD, credentials ? http_string(transfer, transfer->password) : NULL);
        line->credentials = credentials;
    }
    if (transfer->stranger != line->stranger) {
        SET(CURLOPT_SSLCERT, transfer->stranger ? NULL : client->certificate);
        SET(CURLOPT_SSLKEY, transfer->stranger ? NULL : client->key);
        line->stranger = transfer->stranger;
    }
    long spent_ms = (long)(transfer->spent_us / 1000);
    long timeout_ms = transfer->timeout_ms > spent_ms ? transfer->timeout_ms - spent_ms : 1;
    if (timeout_ms != line->timeout_ms)
        SET(CURLOPT_TIMEOUT_MS, timeout_ms);
    line->timeout_ms = timeout_ms;
    line->words[0] = 0;
    if (code) /* halfway: what the handle remembers is not known, and may be another request's credentials */
        forget(client, line);
    return code;
}
