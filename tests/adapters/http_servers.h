/* Two servers for the tests of the HTTP door: one that speaks HTTP well (libmicrohttpd) and one that says
 * what it is told, and a client's few words. Each test program has its own. */
#ifndef TESTS_ADAPTERS_HTTP_SERVERS_H
#define TESTS_ADAPTERS_HTTP_SERVERS_H

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "adapters/http.h"
#include "tests/support/test.h"

static struct error error;

/* ---- a server that speaks HTTP ---- */

static struct MHD_Daemon *server;
static unsigned server_port;
static atomic_int connections;

static const unsigned char zipped[] = { /* "thủ tục " a hundred times */
                                        0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0x2b,
                                        0xc9, 0x78, 0xb8, 0x7b, 0xb9, 0x42, 0xc9, 0xc3, 0xdd, 0x4b, 0x93,
                                        0x15, 0x4a, 0x46, 0xd9, 0xa3, 0xec, 0x51, 0xf6, 0x28, 0x7b, 0x10,
                                        0xb3, 0x01, 0xf6, 0xd5, 0xa6, 0x47, 0xb0, 0x04, 0x00, 0x00
};

static inline void count_connection(void *user_data, struct MHD_Connection *connection, void **context,
                                    enum MHD_ConnectionNotificationCode code)
{
    (void)user_data, (void)connection, (void)context;
    if (code == MHD_CONNECTION_NOTIFY_STARTED)
        atomic_fetch_add(&connections, 1);
}

static inline enum MHD_Result echo_header(void *user_data, enum MHD_ValueKind kind, const char *name,
                                          const char *value)
{
    (void)kind;
    buffer_printf(user_data, "%s: %s\n", name, value ? value : "");
    return MHD_YES;
}

static inline enum MHD_Result reply(struct MHD_Connection *connection, unsigned status, struct text body,
                                    const char *header, const char *value)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(body.length, (void *)(uintptr_t)body.bytes, MHD_RESPMEM_MUST_COPY);
    if (header)
        MHD_add_response_header(response, header, value);
    enum MHD_Result result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static inline enum MHD_Result reply_retry_date(struct MHD_Connection *connection)
{
    char date[64];
    time_t at = time(NULL) + 90;
    struct tm parts;
    gmtime_r(&at, &parts);
    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", &parts);
    return reply(connection, 503, TEXT("later"), "Retry-After", date);
}

static inline enum MHD_Result reply_to(struct MHD_Connection *connection, const char *url, const char *method,
                                       const struct buffer *body)
{
    static char large[100000];
    char there[128];
    if (strcmp(url, "/etag") == 0)
        return reply(connection, 200, TEXT("{}"), "ETag", "W/\"a, b\"");
    if (strcmp(url, "/retry-seconds") == 0)
        return reply(connection, 429, TEXT("later"), "Retry-After", "7");
    if (strcmp(url, "/retry-date") == 0)
        return reply_retry_date(connection);
    if (strcmp(url, "/large") == 0)
        return reply(connection, 200, (struct text){ large, sizeof large }, NULL, NULL);
    if (strcmp(url, "/missing") == 0)
        return reply(connection, 404, TEXT("no such thing"), NULL, NULL);
    if (strcmp(url, "/gzip") == 0)
        return reply(connection, 200, (struct text){ (const char *)zipped, sizeof zipped },
                     "Content-Encoding", "gzip");
    if (strcmp(url, "/gzip-cut") == 0)
        return reply(connection, 200, (struct text){ (const char *)zipped, sizeof zipped - 9 },
                     "Content-Encoding", "GZIP");
    if (strcmp(url, "/gzip-damaged") == 0)
        return reply(connection, 200, (struct text){ (const char *)zipped + 1, sizeof zipped - 1 },
                     "Content-Encoding", "gzip");
    if (strcmp(url, "/packed-strangely") == 0)
        return reply(connection, 200, TEXT("{}"), "Content-Encoding", "br");
    if (strcmp(url, "/packed-nothing") == 0)
        return reply(connection, 200, TEXT(""), "Content-Encoding", "gzip");
    if (strcmp(url, "/identity") == 0)
        return reply(connection, 200, TEXT("{}"), "Content-Encoding", "identity");
    if (strcmp(url, "/redirect") == 0)
        return reply(connection, 302, TEXT("over there"), "Location", "echo?hop=1");
    if (strcmp(url, "/loop") == 0)
        return reply(connection, 302, TEXT(""), "Location", "/loop");
    if (strcmp(url, "/redirect-file") == 0)
        return reply(connection, 302, TEXT(""), "Location", "file:///etc/passwd");
    if (strcmp(url, "/redirect-other") == 0) {
        snprintf(there, sizeof there, "http://localhost:%u/redirect", server_port);
        return reply(connection, 302, TEXT("over there"), "Location", there);
    }
    BUFFER_OWNED struct buffer echo = { 0 };
    buffer_printf(&echo, "%s %s\n", method, url);
    MHD_get_connection_values(connection, MHD_HEADER_KIND, echo_header, &echo);
    buffer_string(&echo, "\n");
    buffer_text(&echo, buffer_view(body));
    return reply(connection, 200, buffer_view(&echo), NULL, NULL);
}

static inline enum MHD_Result handle(void *user_data, struct MHD_Connection *connection, const char *url,
                                     const char *method, const char *version, const char *upload,
                                     size_t *upload_size, void **context)
{
    (void)user_data, (void)version;
    struct buffer *body = *context;
    if (!body) {
        *context = calloc(1, sizeof *body);
        return *context ? MHD_YES : MHD_NO;
    }
    if (*upload_size) {
        buffer_put(body, upload, *upload_size);
        *upload_size = 0;
        return MHD_YES;
    }
    return reply_to(connection, url, method, body);
}

static inline void request_done(void *user_data, struct MHD_Connection *connection, void **context,
                                enum MHD_RequestTerminationCode code)
{
    (void)user_data, (void)connection, (void)code;
    struct buffer *body = *context;
    if (body)
        buffer_free(body);
    free(body);
}

static inline struct sockaddr_in loopback(void)
{
    return (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

static inline void server_stop(void)
{
    MHD_stop_daemon(server);
}

static inline const char *at(const char *path)
{
    static char url[256];
    if (!server) {
        struct sockaddr_in address = loopback();
        server =
            MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD, 0, NULL, NULL, handle, NULL,
                             MHD_OPTION_SOCK_ADDR, &address, MHD_OPTION_NOTIFY_CONNECTION, count_connection,
                             NULL, MHD_OPTION_NOTIFY_COMPLETED, request_done, NULL, MHD_OPTION_END);
        if (!server)
            abort();
        server_port = MHD_get_daemon_info(server, MHD_DAEMON_INFO_BIND_PORT)->port;
        atexit(server_stop);
    }
    snprintf(url, sizeof url, "http://127.0.0.1:%u%s", server_port, path);
    return url;
}

/* ---- a server that says what it is told ---- */

/* Each request that comes (its end is the blank line and `body` bytes) gets the next answer; NULL closes the
 * connection, "" keeps silent. After the last the server ends. */
struct script {
    const char *const *answers;
    size_t count, body;
    long drip_ms; /* between two bytes of an answer; 0: at once */
    bool any;     /* whatever comes is a request */
    int listener;
    unsigned port;
    pthread_t thread;
    atomic_int requests, connections;
    atomic_bool stop;
};

static inline bool readable(const struct script *script, int descriptor)
{
    struct pollfd wait = { .fd = descriptor, .events = POLLIN };
    while (!atomic_load(&script->stop))
        if (poll(&wait, 1, 20) > 0)
            return true;
    return false;
}

static inline bool read_request(const struct script *script, int connection)
{
    char bytes[8192];
    size_t length = 0;
    while (length < sizeof bytes - 1 && readable(script, connection)) {
        ssize_t got = read(connection, bytes + length, sizeof bytes - 1 - length);
        if (got <= 0)
            return false;
        length += (size_t)got;
        bytes[length] = 0;
        const char *end = strstr(bytes, "\r\n\r\n");
        if (script->any)
            return true;
        if (end && length >= (size_t)(end - bytes) + 4 + script->body)
            return true;
    }
    return false;
}

static inline void say(const struct script *script, int connection, const char *answer)
{
    size_t length = strlen(answer), step = script->drip_ms ? 1 : length;
    for (size_t i = 0; i < length && !atomic_load(&script->stop); i += step) {
        if (send(connection, answer + i, step, MSG_NOSIGNAL) < 0)
            return;
        usleep((useconds_t)script->drip_ms * 1000);
    }
}

static inline void *script_run(void *user_data)
{
    struct script *script = user_data;
    size_t next = 0;
    while (next < script->count && readable(script, script->listener)) {
        int connection = accept(script->listener, NULL, NULL);
        atomic_fetch_add(&script->connections, 1);
        while (next < script->count && read_request(script, connection)) {
            const char *answer = script->answers[next++];
            atomic_fetch_add(&script->requests, 1);
            if (!answer)
                break;
            say(script, connection, answer);
            if (!*answer)
                readable(script, connection);
        }
        close(connection);
    }
    return NULL;
}

static inline const char *script_start(struct script *script)
{
    static char url[64];
    struct sockaddr_in address = loopback();
    socklen_t size = sizeof address;
    script->listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(script->listener, (struct sockaddr *)&address, size) || listen(script->listener, 10) ||
        getsockname(script->listener, (struct sockaddr *)&address, &size))
        abort();
    script->port = ntohs(address.sin_port);
    pthread_create(&script->thread, NULL, script_run, script);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/x", script->port);
    return url;
}

static inline void script_stop(struct script *script)
{
    atomic_store(&script->stop, true);
    pthread_join(script->thread, NULL);
    close(script->listener);
}

/* ---- helpers ---- */

static inline void client_close(struct http_client **client)
{
    http_close(*client);
}
#define CLIENT_OWNED __attribute__((cleanup(client_close)))

static inline struct http_client *client_with(struct http_options options)
{
    static const char *const proxies[] = { "http_proxy", "https_proxy", "all_proxy", "HTTPS_PROXY",
                                           "ALL_PROXY" };
    struct http_client *client = NULL;
    for (size_t i = 0; i < sizeof proxies / sizeof *proxies; i++)
        unsetenv(proxies[i]);
    if (!options.timeout_ms)
        options.timeout_ms = 5000;
    if (!CHECK_INT(http_open(&options, &client, &error), STATUS_OK))
        abort();
    return client;
}

static inline struct http_response send_with(struct http_client *client, struct http_request request)
{
    struct http_response answer = { .failure = HTTP_USAGE };
    if (!CHECK_INT(http_once(client, &request, &answer, &error), STATUS_OK))
        printf("%s\n", error.message);
    return answer;
}

static inline struct http_response get(struct http_client *client, const char *url)
{
    return send_with(client, (struct http_request){ .method = "GET", .url = url });
}

static inline struct http_response put(struct http_client *client, const char *url, struct text body)
{
    return send_with(client, (struct http_request){ .method = "PUT", .url = url, .body = body });
}

static inline bool has(struct http_response answer, const char *part)
{
    return test_check_contains(answer.body.bytes, part, __FILE__, __LINE__, "the answer's body");
}

#define OK_ANSWER "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

#endif
