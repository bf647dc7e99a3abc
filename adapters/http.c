#include "adapters/http.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "adapters/http_libcurl.h"
#include "core/clock.h"
#include "core/memory.h"

#define LARGEST_BODY ((size_t)16 << 20)
#define TIMEOUT_MS   60000
#define CONNECT_MS   30000
#define KEPT_BODY    ((size_t)1 << 20) /* a larger buffer is not kept for the next answer */

/* ---- the life of a transfer ---- */

static int watched = -1;           /* http_watch */
static void (*tell_leaving)(void); /* http_tell */

static void append(struct http_transfers *list, struct http_transfer *transfer)
{
    transfer->next = NULL;
    if (list->last)
        list->last->next = transfer;
    else
        list->first = transfer;
    list->last = transfer;
}

static void settle(struct http_client *client, struct http_transfer *transfer)
{
    transfer->finished = true;
    append(&client->finished, transfer);
}

static struct http_transfer *take_first(struct http_transfers *list)
{
    struct http_transfer *transfer = list->first;
    if (transfer && !(list->first = transfer->next))
        list->last = NULL;
    return transfer;
}

static void clear_answer(struct http_transfer *transfer)
{
    transfer->taken = 0;
    transfer->too_large = transfer->left = transfer->begun = false;
    transfer->packing = HTTP_AS_IT_IS;
    buffer_clear(&transfer->answer_body);
    buffer_clear(&transfer->answer_head);
    memset(transfer->found, 0, sizeof transfer->found);
}

static void start(struct http_client *client, struct http_transfer *transfer)
{
    CURLcode code = CURLE_OK;
    struct http_line *line = transfer->line ? transfer->line : client->idle_lines;
    if (!line)
        line = http_line_new(client, &code);
    else if (!transfer->line)
        client->idle_lines = line->next;
    transfer->line = line;
    line->transfer = transfer;
    clear_answer(transfer);
    if (!code)
        code = http_line_set(client, transfer, line);
    if (!code && curl_multi_add_handle(client->multi, line->easy))
        code = CURLE_FAILED_INIT;
    if (!code) {
        client->active++;
        return;
    }
    transfer->answer = (struct http_response){ .failure = HTTP_USAGE,
                                               .body = TEXT(""),
                                               .retry_after_ms = -1,
                                               .effective_url = http_string(transfer, transfer->url),
                                               .owner = transfer->owner };
    http_response_why(transfer, curl_easy_strerror(code), "");
    settle(client, transfer);
}

static void finish(struct http_client *client, struct http_line *line, CURLcode code)
{
    struct http_transfer *transfer = line->transfer;
    http_response_fill(transfer, code);
    curl_multi_remove_handle(client->multi, line->easy);
    client->active--;
    if (!http_redirected(client, transfer)) {
        settle(client, transfer);
        return;
    }
    transfer->spent_us = transfer->answer.took_us;
    start(client, transfer);
}

/* Starts what is queued, lets libcurl work, and takes in what came to its end. */
static enum status work(struct http_client *client, struct error *error)
{
    while (client->queue.first && client->active < client->in_flight)
        start(client, take_first(&client->queue));
    int running, left;
    CURLMcode code = curl_multi_perform(client->multi, &running);
    if (code)
        return error_set(error, STATUS_FATAL, _("requests cannot be worked on: %s"),
                         curl_multi_strerror(code));
    for (CURLMsg *message; (message = curl_multi_info_read(client->multi, &left));) {
        char *line = NULL;
        CURLcode result = message->data.result;
        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &line);
        finish(client, (struct http_line *)(void *)line, result);
    }
    return STATUS_OK;
}

static void recycle(struct http_client *client, struct http_transfer *transfer)
{
    if (!transfer)
        return;
    if (transfer->line) {
        transfer->line->transfer = NULL;
        transfer->line->next = client->idle_lines;
        client->idle_lines = transfer->line;
        transfer->line = NULL;
    }
    if (transfer->answer_body.capacity > KEPT_BODY)
        buffer_free(&transfer->answer_body);
    transfer->next = client->idle;
    client->idle = transfer;
}

static void release(struct http_client *client, struct http_transfer **returned)
{
    recycle(client, *returned);
    *returned = NULL;
}

enum status http_next(struct http_client *client, long wait_ms, struct http_response *answer,
                      struct error *error)
{
    release(client, &client->returned);
    release(client, &client->returned_once);
    int64_t until = wait_ms > 0 ? clock_steady_ms() + wait_ms : 0;
    for (;;) {
        struct http_transfer *transfer = take_first(&client->finished);
        if (transfer) {
            client->returned = transfer;
            client->pending--;
            *answer = transfer->answer;
            return STATUS_OK;
        }
        enum status status = work(client, error);
        if (status)
            return status;
        if (client->finished.first)
            continue;
        int64_t left = until ? until - clock_steady_ms() : 0;
        if (!client->pending || left <= 0)
            return STATUS_END;
        struct curl_waitfd other = { .fd = watched, .events = CURL_WAIT_POLLIN };
        curl_multi_poll(client->multi, &other, watched >= 0, left > 1000 ? 1000 : (int)left, NULL);
        if (other.revents && !work(client, error) && !client->finished.first)
            return STATUS_END;
    }
}

void http_watch(int descriptor)
{
    watched = descriptor;
}

void http_tell(void (*leaving)(void))
{
    tell_leaving = leaving;
}

/* Takes one out of the middle: the others' answers wait in their list. */
static void take_this(struct http_transfers *list, struct http_transfer *wanted)
{
    struct http_transfer *before = NULL;
    for (struct http_transfer *at = list->first; at != wanted; at = at->next)
        before = at;
    if (before)
        before->next = wanted->next;
    else
        list->first = wanted->next;
    if (list->last == wanted)
        list->last = before;
}

static enum status wait_for(struct http_client *client, struct http_transfer *wanted,
                            struct http_response *answer, struct error *error)
{
    while (!wanted->finished) {
        enum status status = work(client, error);
        if (status) {
            wanted->sink = NULL; /* nobody waits behind it any more */
            return status;
        }
        if (!wanted->finished)
            curl_multi_poll(client->multi, NULL, 0, 1000, NULL);
    }
    take_this(&client->finished, wanted);
    client->returned_once = wanted;
    client->pending--;
    *answer = wanted->answer;
    return STATUS_OK;
}

/* ---- requests ---- */

static size_t put_string(struct http_transfer *transfer, const char *string)
{
    if (!string)
        return HTTP_NOWHERE;
    size_t at = transfer->texts.length;
    buffer_put(&transfer->texts, string, strlen(string) + 1);
    return at;
}

/* RFC 9110, 5.6.2: a token. */
static bool is_token(const char *name)
{
    size_t length =
        strspn(name, "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
    return length && !name[length];
}

static bool is_header_value(struct text value)
{
    for (size_t i = 0; i < value.length; i++)
        if (value.bytes[i] == '\r' || value.bytes[i] == '\n' || value.bytes[i] == 0)
            return false;
    return true;
}

static const char *put_headers(struct http_transfer *transfer, const struct http_request *request)
{
    if (request->header_count > transfer->header_capacity || !transfer->nodes) {
        transfer->header_capacity = request->header_count + 8;
        transfer->headers =
            memory_grow(transfer->headers, transfer->header_capacity, sizeof *transfer->headers);
        transfer->nodes =
            memory_grow(transfer->nodes, transfer->header_capacity + 2, sizeof *transfer->nodes);
    }
    transfer->header_count = 0;
    transfer->has_type = false;
    for (size_t i = 0; i < request->header_count; i++) {
        const struct http_header *header = &request->headers[i];
        if (!is_token(header->name))
            return _("a header has a name that HTTP does not allow");
        if (!is_header_value(header->value))
            return _("a header's value holds a line break");
        transfer->has_type |= strcasecmp(header->name, "Content-Type") == 0;
        transfer->headers[transfer->header_count++] = transfer->texts.length;
        buffer_string(&transfer->texts, header->name);
        buffer_string(&transfer->texts,
                      header->value.length ? ": " : ";"); /* libcurl's form of an empty one */
        buffer_text(&transfer->texts, header->value);
        buffer_char(&transfer->texts, 0);
    }
    return NULL;
}

static struct http_transfer *transfer_for(struct http_client *client, const struct http_request *request)
{
    struct http_transfer *transfer = client->idle;
    if (transfer) {
        client->idle = transfer->next;
    } else {
        transfer = memory_new(struct http_transfer);
        transfer->every = client->every;
        client->every = transfer;
    }
    const char *method = request->method;
    bool has_body = request->body.bytes || strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0 ||
                    strcmp(method, "PATCH") == 0;
    buffer_clear(&transfer->texts);
    transfer->owner = request->owner;
    transfer->url = put_string(transfer, request->url);
    transfer->method = put_string(transfer, method);
    transfer->user = put_string(transfer, request->user);
    transfer->password = put_string(transfer, request->password);
    transfer->body = request->body;
    transfer->kind = strcmp(method, "HEAD") == 0 ? HTTP_KIND_HEAD : has_body ? HTTP_KIND_BODY : HTTP_KIND_GET;
    transfer->safe = transfer->kind == HTTP_KIND_HEAD || strcmp(method, "GET") == 0;
    transfer->timeout_ms = request->timeout_ms > 0 ? request->timeout_ms : client->timeout_ms;
    transfer->stranger = request->stranger;
    transfer->finished = false;
    transfer->redirects = 0;
    transfer->spent_us = 0;
    transfer->sink = NULL;
    transfer->sink_status = STATUS_OK;
    return transfer;
}

static struct http_transfer *submit(struct http_client *client, const struct http_request *request,
                                    struct error *error)
{
    if (!request->url || !*request->url || !request->method || !is_token(request->method)) {
        (void)error_set(error, STATUS_USAGE, _("a request needs a URL and a method such as GET"));
        return NULL;
    }
    struct http_transfer *transfer = transfer_for(client, request);
    const char *unusable = put_headers(transfer, request);
    client->pending++;
    if (!unusable) {
        if (tell_leaving)
            tell_leaving();
        append(&client->queue, transfer);
        return transfer;
    }
    transfer->answer = (struct http_response){ .body = TEXT(""),
                                               .retry_after_ms = -1,
                                               .effective_url = http_string(transfer, transfer->url),
                                               .owner = transfer->owner };
    http_response_refuse(transfer, unusable);
    settle(client, transfer);
    return transfer;
}

enum status http_submit(struct http_client *client, const struct http_request *request, struct error *error)
{
    return submit(client, request, error) ? STATUS_OK : STATUS_USAGE;
}

enum status http_download(struct http_client *client, const struct http_request *request,
                          enum status (*sink)(void *user_data, struct text chunk, struct error *error),
                          void *user_data, struct http_response *answer, struct error *error)
{
    release(client, &client->returned_once);
    struct http_transfer *transfer = submit(client, request, error);
    if (!transfer)
        return STATUS_USAGE;
    transfer->sink = sink;
    transfer->sink_own = user_data;
    transfer->sink_error = error;
    enum status status = wait_for(client, transfer, answer, error);
    return status ? status : transfer->sink_status;
}

enum status http_once(struct http_client *client, const struct http_request *request,
                      struct http_response *answer, struct error *error)
{
    return http_download(client, request, NULL, NULL, answer, error);
}

/* ---- the client ---- */

static pthread_once_t curl_started = PTHREAD_ONCE_INIT;

static void start_curl(void)
{
    curl_global_init(CURL_GLOBAL_ALL);
}

static char *copy_of(const char *string)
{
    return string && *string ? memory_copy_string(string) : NULL;
}

/* What is meant for this machine must not go to another, which a proxy of the environment is: beside what the
 * environment excepts from it. */
static char *exceptions(void)
{
    const char *names[] = { "no_proxy", "NO_PROXY" }, *told = NULL;
    struct buffer BUFFER_OWNED list = { 0 };
    for (size_t i = 0; i < 2 && !told; i++)
        told = getenv(names[i]);
    if (told && strcmp(told, "*") == 0)
        return memory_copy_string(told);
    buffer_string(&list, "localhost,127.0.0.0/8,::1");
    if (told && *told)
        buffer_printf(&list, ",%s", told);
    return memory_copy_string(list.bytes);
}

static void copy_options(struct http_client *client, const struct http_options *options)
{
    client->in_flight = options->in_flight > 0 ? options->in_flight : 1;
    client->timeout_ms = options->timeout_ms > 0 ? options->timeout_ms : TIMEOUT_MS;
    client->connect_timeout_ms = options->connect_timeout_ms;
    if (client->connect_timeout_ms <= 0)
        client->connect_timeout_ms = client->timeout_ms < CONNECT_MS ? client->timeout_ms : CONNECT_MS;
    client->answer_limit = options->answer_limit ? options->answer_limit : LARGEST_BODY;
    client->slow_seconds = options->slow_seconds;
    client->follow_same_host = options->follow_same_host;
    client->follow_any_host = options->follow_any_host;
    client->decompress = options->decompress;
    client->ca_file = copy_of(options->ca_file);
    client->certificate = copy_of(options->certificate);
    client->key = copy_of(options->key);
    client->user_agent = copy_of(options->user_agent);
    client->schemes = memory_copy_string(options->schemes ? options->schemes : "http,https");
    client->no_proxy = exceptions();
    const char *home = getenv("HOME");
    char path[4096];
    snprintf(path, sizeof path, "%s/.ssh/known_hosts", home ? home : "");
    client->known_hosts = memory_copy_string(options->known_hosts ? options->known_hosts : path);
}

enum status http_open(const struct http_options *options, struct http_client **client, struct error *error)
{
    *client = NULL;
    pthread_once(&curl_started, start_curl);
    struct http_client *opened = memory_new(struct http_client);
    copy_options(opened, options);
    opened->multi = curl_multi_init();
    CURLcode code = CURLE_FAILED_INIT;
    if (opened->multi) {
        curl_multi_setopt(opened->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
        curl_multi_setopt(opened->multi, CURLMOPT_MAXCONNECTS, opened->in_flight);
        curl_multi_setopt(opened->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, opened->in_flight);
        opened->idle_lines = http_line_new(opened, &code); /* the first shows whether the options hold */
    }
    if (code) {
        http_close(opened);
        return error_set(error, STATUS_USAGE,
                         _("connections cannot be set up (schemes, certificate, key): %s"),
                         curl_easy_strerror(code));
    }
    *client = opened;
    return STATUS_OK;
}

static void transfer_free(struct http_transfer *transfer)
{
    buffer_free(&transfer->texts);
    buffer_free(&transfer->answer_body);
    buffer_free(&transfer->answer_head);
    free(transfer->headers);
    free(transfer->nodes);
    free(transfer);
}

void http_close(struct http_client *client)
{
    if (!client)
        return;
    for (struct http_line *line = client->every_line, *next; line; line = next) {
        next = line->every;
        curl_multi_remove_handle(client->multi, line->easy);
        curl_easy_cleanup(line->easy);
        inflate_close(line->inflate);
        free(line);
    }
    for (struct http_transfer *transfer = client->every, *next; transfer; transfer = next) {
        next = transfer->every;
        transfer_free(transfer);
    }
    if (client->multi)
        curl_multi_cleanup(client->multi);
    free(client->ca_file);
    free(client->certificate);
    free(client->key);
    free(client->user_agent);
    free(client->schemes);
    free(client->known_hosts);
    free(client->no_proxy);
    free(client);
}
