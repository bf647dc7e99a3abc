#include "adapters/http_server.h"

#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "adapters/crypto.h"
#include "adapters/http_server_socket.h"
#include "adapters/unicode.h"
#include "core/clock.h"
#include "core/memory.h"

#define SWEEP_MS    500
#define SPOOL_BLOCK ((size_t)64 * 1024)

/* A connection that is open, so that it can be ended when its time is over. */
struct line {
    struct line *next, *previous;
    int descriptor;
    int64_t ends; /* CLOCK_MONOTONIC, seconds */
};

struct http_server {
    struct http_server_settings settings;
    struct MHD_Daemon *daemon;
    struct http_server_socket socket;
    pthread_mutex_t mutex; /* of the lines and of `closing` */
    pthread_cond_t awake;
    pthread_t sweeper;
    struct line *lines;
    bool closing, sweeping;
};

/* Nothing but the page itself and its style is ever loaded, from here alone; nothing runs, nothing is framed, no form leaves. */
static const char *const always[][2] = {
    { "Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
                                 "base-uri 'none'; frame-ancestors 'none'" },
    { "X-Content-Type-Options", "nosniff" },
    { "X-Frame-Options", "DENY" },
    { "Referrer-Policy", "no-referrer" },
    { "Cross-Origin-Opener-Policy", "same-origin" },
    { "Cross-Origin-Resource-Policy", "same-origin" },
    { "Permissions-Policy", "camera=(), geolocation=(), microphone=()" },
};

/* ---- the time of connections ---- */

static void on_connection(void *user_data, struct MHD_Connection *connection, void **context,
                          enum MHD_ConnectionNotificationCode code)
{
    struct http_server *server = user_data;
    struct line *line = *context;
    pthread_mutex_lock(&server->mutex);
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        line = memory_new(struct line);
        line->descriptor = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
        line->ends = clock_steady_ms() / 1000 + HTTP_SERVER_LIFE_SECONDS;
        line->next = server->lines;
        if (line->next)
            line->next->previous = line;
        server->lines = line;
        *context = line;
    } else if (line) {
        if (line->next)
            line->next->previous = line->previous;
        *(line->previous ? &line->previous->next : &server->lines) = line->next;
        free(line);
        *context = NULL;
    }
    pthread_mutex_unlock(&server->mutex);
}

/* Whoever sends or reads a byte now and then keeps a connection from being idle, not from ending. */
static void *sweep(void *user_data)
{
    struct http_server *server = user_data;
    pthread_mutex_lock(&server->mutex);
    while (!server->closing) {
        struct timespec until = clock_after(SWEEP_MS);
        int64_t now = clock_steady_ms() / 1000;
        for (struct line *line = server->lines; line; line = line->next)
            if (line->ends <= now)
                shutdown(line->descriptor, SHUT_RDWR);
        pthread_cond_timedwait(&server->awake, &server->mutex, &until);
    }
    pthread_mutex_unlock(&server->mutex);
    return NULL;
}

/* ---- a request ---- */

struct text http_server_parameter(const struct http_server_request *request, const char *name)
{
    return text_of(MHD_lookup_connection_value(request->wire, MHD_GET_ARGUMENT_KIND, name));
}

struct visiting {
    void (*visit)(void *user_data, struct text name, struct text value);
    void *user_data;
};

static enum MHD_Result visit_one(void *user_data, enum MHD_ValueKind kind, const char *name,
                                 const char *value)
{
    const struct visiting *visiting = user_data;
    (void)kind;
    visiting->visit(visiting->user_data, text_of(name), text_of(value));
    return MHD_YES;
}

void http_server_parameters(const struct http_server_request *request,
                            void (*visit)(void *user_data, struct text name, struct text value),
                            void *user_data)
{
    struct visiting visiting = { visit, user_data };
    MHD_get_connection_values(request->wire, MHD_GET_ARGUMENT_KIND, visit_one, &visiting);
}

struct look {
    unsigned hosts;
    bool has_body, is_text;
    struct text host;
};

static enum MHD_Result look_at_header(void *user_data, enum MHD_ValueKind kind, const char *name,
                                      const char *value)
{
    struct look *look = user_data;
    (void)kind;
    if (!strcasecmp(name, "Host")) {
        look->hosts++;
        look->host = text_of(value);
    }
    if (!strcasecmp(name, "Transfer-Encoding") || (!strcasecmp(name, "Content-Length") && strcmp(value, "0")))
        look->has_body = true;
    return MHD_YES;
}

static enum MHD_Result look_at_argument(void *user_data, enum MHD_ValueKind kind, const char *name,
                                        const char *value)
{
    struct look *look = user_data;
    struct text texts[] = { text_of(name), text_of(value) };
    (void)kind;
    for (size_t i = 0; i < 2; i++)
        look->is_text = look->is_text && unicode_invalid_at(texts[i]) == texts[i].length;
    return MHD_YES;
}

/* Behind the name only a port may stand; which one does not matter: a tunnel may have its own. */
static bool names_this_machine(const struct http_server *server, struct text host)
{
    const char *const names[] = { "127.0.0.1", "localhost", "[::1]", server->socket.host };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t length = strlen(names[i]);
        if (host.length < length || strncasecmp(host.bytes, names[i], length))
            continue;
        struct text port = text_slice(host, length, host.length);
        if (!port.length)
            return true;
        if (port.bytes[0] == ':' && port.length > 1 && port.length <= 6 &&
            strspn(port.bytes + 1, "0123456789") == port.length - 1)
            return true;
    }
    return false;
}

/* What is decoded becomes a C string: an encoded NUL would hide what stands behind it, so it becomes what is no UTF-8. */
static size_t decode(void *user_data, struct MHD_Connection *wire, char *text)
{
    (void)user_data, (void)wire;
    for (char *at = strstr(text, "%00"); at; at = strstr(at, "%00"))
        memcpy(at, "%ff", 3);
    return MHD_http_unescape(text);
}

static void refuse(struct http_server_answer *answer, unsigned status, const char *words)
{
    answer->status = status;
    answer->type = "text/plain; charset=utf-8";
    buffer_string(&answer->body, words);
    buffer_char(&answer->body, '\n');
}

/* False: it is answered already. */
static bool is_fit(struct http_server *server, struct MHD_Connection *wire, const char *path,
                   const char *method, struct http_server_answer *answer)
{
    struct look look = { .is_text = true };
    MHD_get_connection_values(wire, MHD_HEADER_KIND, look_at_header, &look);
    MHD_get_connection_values(wire, MHD_GET_ARGUMENT_KIND, look_at_argument, &look);
    if (!server->socket.is_unix && (look.hosts != 1 || !names_this_machine(server, look.host)))
        refuse(answer, 400, "This is http://127.0.0.1 and no other host.");
    else if (strcmp(method, "GET") && strcmp(method, "HEAD"))
        refuse(answer, 405, "Nothing can be written here: only GET and HEAD.");
    else if (look.has_body)
        refuse(answer, 413, "A request has no body here.");
    else if (!look.is_text || unicode_invalid_at(text_of(path)) != strlen(path))
        refuse(answer, 400, "The address is no UTF-8.");
    return answer->status == 0;
}

/* ---- an answer ---- */

static void put_header(struct MHD_Response *response, const char *name, const char *value)
{
    if (value)
        MHD_add_response_header(response, name, value);
}

/* A spool on its way. */
struct sending {
    struct spool_file spool;
    void (*sent)(void *user_data);
    void *user_data;
};

static ssize_t read_spool(void *user_data, uint64_t position, char *bytes, size_t most)
{
    const struct sending *sending = user_data;
    ssize_t count;
    do
        count = pread(sending->spool.descriptor, bytes, most, (off_t)position);
    while (count < 0 && errno == EINTR);
    return count > 0 ? count : MHD_CONTENT_READER_END_WITH_ERROR;
}

static void close_spool(struct spool_file *spool, void (*sent)(void *user_data), void *user_data)
{
    spool_file_close(spool);
    if (sent)
        sent(user_data);
}

static void end_sending(void *user_data)
{
    struct sending *sending = user_data;
    close_spool(&sending->spool, sending->sent, sending->user_data);
    free(sending);
}

/* `"` and the first half of the digest of what is sent. */
static void make_tag(const struct http_server_answer *answer, char tag[DIGEST_HEX])
{
    char hex[DIGEST_HEX], bytes[16384];
    struct digest digest = crypto_sha256(buffer_view(&answer->body));
    if (answer->spool.open) {
        struct crypto_hash *hash = crypto_hash_open();
        uint64_t at = 0;
        ssize_t count;
        while ((count = pread(answer->spool.descriptor, bytes, sizeof bytes, (off_t)at)) > 0) {
            crypto_hash_feed(hash, bytes, (size_t)count);
            at += (uint64_t)count;
        }
        digest = crypto_hash_finish(hash);
        crypto_hash_close(hash);
    }
    digest_hex(&digest, hex);
    snprintf(tag, DIGEST_HEX, "\"%.32s\"", hex);
}

/* What it is made of is the response's, or is given back. */
static struct MHD_Response *make_response(struct http_server_answer *answer)
{
    struct MHD_Response *response;
    if (!answer->spool.open) {
        response =
            MHD_create_response_from_buffer(answer->body.length, answer->body.bytes, MHD_RESPMEM_MUST_FREE);
        if (!response)
            buffer_free(&answer->body);
        return response;
    }
    struct sending *sending = memory_new(struct sending);
    *sending = (struct sending){ answer->spool, answer->sent, answer->user_data };
    response = MHD_create_response_from_callback(answer->spool.length, SPOOL_BLOCK, read_spool, sending,
                                                 end_sending);
    if (!response)
        end_sending(sending);
    return response;
}

static bool has_tag(const char *sent, const char *tag)
{
    return sent && (!strcmp(sent, "*") || strstr(sent, tag));
}

static enum MHD_Result send_answer(struct MHD_Connection *wire, struct http_server_answer *answer)
{
    char tag[DIGEST_HEX], refresh[16];
    bool is_page = answer->status == 200;
    make_tag(answer, tag);
    if (is_page && has_tag(MHD_lookup_connection_value(wire, MHD_HEADER_KIND, "If-None-Match"), tag)) {
        answer->status = 304;
        buffer_free(&answer->body);
        answer->body = (struct buffer){ 0 };
        if (answer->spool.open)
            close_spool(&answer->spool, answer->sent, answer->user_data);
    }
    struct MHD_Response *response = make_response(answer);
    if (!response)
        return MHD_NO;
    for (size_t i = 0; i < sizeof always / sizeof *always; i++)
        put_header(response, always[i][0], always[i][1]);
    if (answer->status != 304)
        put_header(response, "Content-Type", answer->type);
    put_header(response, "Location", answer->location);
    put_header(response, "Allow", answer->status == 405 ? "GET, HEAD" : NULL);
    if (is_page)
        put_header(response, "ETag", tag);
    put_header(response, "Cache-Control", answer->lasting ? "private, max-age=86400" : "private, no-cache");
    if (answer->refresh) {
        snprintf(refresh, sizeof refresh, "%u", answer->refresh);
        put_header(response, "Refresh", refresh);
    }
    if (answer->file_name) {
        char disposition[300];
        snprintf(disposition, sizeof disposition, "attachment; filename=\"%s\"", answer->file_name);
        put_header(response, "Content-Disposition", disposition);
    }
    if (answer->status == 405 || answer->status == 413 || answer->status == 400)
        put_header(response, "Connection", "close");
    enum MHD_Result sent = MHD_queue_response(wire, answer->status, response);
    MHD_destroy_response(response);
    return sent;
}

static enum MHD_Result on_request(void *user_data, struct MHD_Connection *wire, const char *path,
                                  const char *method, const char *version, const char *body,
                                  size_t *body_length, void **context)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct http_server *server = user_data;
    struct http_server_answer answer = { 0 };
    (void)version, (void)body, (void)body_length, (void)context;
    if (is_fit(server, wire, path, method, &answer)) {
        struct http_server_request request = { .path = text_of(path), .arena = &arena, .wire = wire };
        server->settings.answer(server->settings.user_data, &request, &answer);
    }
    return send_answer(wire, &answer);
}

/* What libmicrohttpd itself has to complain of is the other side's. */
__attribute__((format(printf, 2, 0))) static void say_nothing(void *user_data, const char *format,
                                                              va_list arguments)
{
    (void)user_data, (void)format, (void)arguments;
}

/* ---- open, close ---- */

/* The library would abort. It says so where a pipe of its own cannot be written any more. */
static void give_up(void *user_data, const char *file, unsigned line, const char *reason)
{
    (void)user_data, (void)file, (void)line;
    dprintf(STDERR_FILENO, "congkhai: libmicrohttpd: %s\n", reason ? reason : "?");
    _exit(3);
}

static bool start(struct http_server *server)
{
    MHD_set_panic_func(give_up, NULL);
    server->daemon = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ITC | MHD_USE_ERROR_LOG, 0, NULL, NULL, on_request, server,
        MHD_OPTION_EXTERNAL_LOGGER, say_nothing, NULL, MHD_OPTION_LISTEN_SOCKET, server->socket.descriptor,
        MHD_OPTION_THREAD_POOL_SIZE, (unsigned)HTTP_SERVER_THREADS, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)HTTP_SERVER_CONNECTIONS, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)HTTP_SERVER_REQUEST_BYTES, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)HTTP_SERVER_IDLE_SECONDS,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, server, MHD_OPTION_UNESCAPE_CALLBACK, decode, server,
        MHD_OPTION_END);
    return server->daemon != NULL;
}

enum status http_server_open(const struct http_server_settings *settings, struct http_server **server,
                             struct error *error)
{
    struct http_server *made = memory_new(struct http_server);
    made->settings = *settings;
    pthread_mutex_init(&made->mutex, NULL);
    pthread_cond_init(&made->awake, NULL);
    if (http_server_socket_open(settings->listen, settings->descriptor, &made->socket, error)) {
        http_server_close(made);
        return error->status;
    }
    *server = made;
    return STATUS_OK;
}

enum status http_server_start(struct http_server *server, struct error *error)
{
    server->sweeping = !pthread_create(&server->sweeper, NULL, sweep, server);
    if (server->sweeping && start(server))
        return STATUS_OK;
    return error_set(error, STATUS_STOP,
                     _("the server of pages cannot be started: no threads or memory are to be had"));
}

const char *http_server_address(const struct http_server *server)
{
    return server->socket.address;
}

void http_server_close(struct http_server *server)
{
    if (!server)
        return;
    if (server->daemon) {
        /* The daemon would shut the socket down, and one that was handed over goes on listening there. */
        int descriptor = MHD_quiesce_daemon(server->daemon);
        MHD_stop_daemon(server->daemon);
        if (descriptor >= 0)
            close(descriptor);
    } else
        http_server_socket_abandon(&server->socket);
    if (server->sweeping) {
        pthread_mutex_lock(&server->mutex);
        server->closing = true;
        pthread_cond_signal(&server->awake);
        pthread_mutex_unlock(&server->mutex);
        pthread_join(server->sweeper, NULL);
    }
    http_server_socket_forget(&server->socket);
    pthread_cond_destroy(&server->awake);
    pthread_mutex_destroy(&server->mutex);
    free(server);
}
