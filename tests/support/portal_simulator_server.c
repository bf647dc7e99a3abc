#include <arpa/inet.h>
#include <microhttpd.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "adapters/file.h"
#include "core/memory.h"
#include "tests/support/portal_simulator.h"
#include "tests/support/portal_simulator_timer.h"

#define CONNECTIONS_MAX  8192
#define CONNECTION_BYTES (96 * 1024) /* headers and the pieces in which a body arrives */
#define SPARES_MAX       256
#define SPARE_BYTES      (256 * 1024)
#define HOLD_LOOK_MS     100 /* how soon it is noticed that a client of "timeout" has left */
#define TLS_FILE_MAX     (1 << 20)

enum stage {
    STAGE_BODY,    /* collecting */
    STAGE_PERFORM, /* begun; a pause may lie before it */
    STAGE_SEND,    /* performed; a pause may lie before it */
    STAGE_HELD,    /* never answered */
};

struct exchange {
    struct simulator_request request; /* first: the two are converted into each other */
    struct simulator_server *server;
    struct exchange *spare; /* in the list of those that are free */
    enum stage stage;
    bool counted;  /* in in_flight */
    bool dripping; /* a pause has been made for the next byte */
};

struct simulator_server {
    struct simulator *simulator;
    struct MHD_Daemon *daemon;
    struct simulator_timer *timer;
    struct exchange *spares; /* used by the wire's thread alone */
    size_t spare_count;
    struct arena arena;
};

static void resume(void *connection)
{
    MHD_resume_connection(connection);
}

/* False when the server is closing: nobody would wake it. */
static bool pause_for(struct exchange *exchange, int64_t milliseconds)
{
    if (simulator_timer_closing(exchange->server->timer))
        return false;
    struct MHD_Connection *connection = exchange->request.connection;
    MHD_suspend_connection(connection);
    if (simulator_timer_set(exchange->server->timer, milliseconds, connection))
        return true;
    MHD_resume_connection(connection);
    return false;
}

struct text simulator_request_header(const struct simulator_request *request, const char *name)
{
    return text_of(MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name));
}

struct text simulator_request_parameter(const struct simulator_request *request, const char *name)
{
    return text_of(MHD_lookup_connection_value(request->connection, MHD_GET_ARGUMENT_KIND, name));
}

static struct exchange *exchange_open(struct simulator_server *server, struct MHD_Connection *connection,
                                      const char *path, const char *method)
{
    struct exchange *exchange = server->spares;
    if (exchange) {
        server->spares = exchange->spare;
        server->spare_count--;
    } else {
        exchange = memory_new(struct exchange);
    }
    struct simulator_request *request = &exchange->request;
    exchange->server = server;
    request->simulator = server->simulator;
    request->connection = connection;
    request->method = text_string(&request->arena, text_of(method));
    request->path = text_copy(&request->arena, text_of(path));
    return exchange;
}

/* Keeps the memory of an ordinary request for the next one. */
static void exchange_close(struct exchange *exchange)
{
    struct simulator_server *server = exchange->server;
    struct simulator_request *request = &exchange->request;
    if (exchange->counted)
        server->simulator->statistics.in_flight--;
    bool keep = server->spare_count < SPARES_MAX && request->body.capacity <= SPARE_BYTES &&
                request->answer.body.capacity <= SPARE_BYTES && request->arena.total <= SPARE_BYTES;
    if (!keep) {
        buffer_free(&request->body);
        buffer_free(&request->answer.body);
        arena_free(&request->arena);
        free(exchange);
        return;
    }
    buffer_clear(&request->body);
    buffer_clear(&request->answer.body);
    arena_clear(&request->arena);
    *exchange = (struct exchange){
        .request = { .arena = request->arena,
                     .body = request->body,
                     .answer = { .body = request->answer.body } },
        .server = server,
        .spare = server->spares,
    };
    server->spares = exchange;
    server->spare_count++;
}

static void completed(void *user_data, struct MHD_Connection *connection, void **context,
                      enum MHD_RequestTerminationCode code)
{
    (void)user_data;
    (void)connection;
    (void)code;
    if (*context)
        exchange_close(*context);
    *context = NULL;
}

/* A body that is too long is still read to its end: a client that is sending would miss the answer. */
static void collect(struct simulator_request *request, const char *bytes, size_t length)
{
    request->body_size += (int64_t)length;
    if (request->body_over || request->body.length + length > request->simulator->options.body_most)
        request->body_over = true;
    else
        buffer_put(&request->body, bytes, length);
}

static int descriptor_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info ? info->connect_fd : -1;
}

/* "Connecting" a TCP socket to nowhere drops its connection with a reset at once, where a close with
 * SO_LINGER 0 would come behind the orderly end that the library sends first. */
static void reset(struct MHD_Connection *connection)
{
    struct sockaddr nowhere = { .sa_family = AF_UNSPEC };
    connect(descriptor_of(connection), &nowhere, sizeof nowhere);
}

static void send_no_http(struct MHD_Connection *connection)
{
    static const char bytes[] = "220 mail.example ESMTP\r\n500 what?\r\n";
    if (send(descriptor_of(connection), bytes, sizeof bytes - 1, MSG_NOSIGNAL) < 0)
        perror("portal-simulator: send");
}

static bool client_left(struct MHD_Connection *connection)
{
    struct pollfd look = { .fd = descriptor_of(connection), .events = POLLRDHUP };
    return poll(&look, 1, 0) > 0 && (look.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

/* Half of the body, then the end, under a Content-Length for all of it. */
static ssize_t read_cut(void *user_data, uint64_t position, char *bytes, size_t most)
{
    const struct buffer *body = &((struct exchange *)user_data)->request.answer.body;
    size_t half = body->length / 2;
    if (position >= half)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    size_t length = half - (size_t)position < most ? half - (size_t)position : most;
    memcpy(bytes, body->bytes + position, length);
    return (ssize_t)length;
}

static ssize_t read_drip(void *user_data, uint64_t position, char *bytes, size_t most)
{
    struct exchange *exchange = user_data;
    (void)most;
    if (!exchange->dripping) {
        if (!pause_for(exchange, exchange->request.decision.number))
            return MHD_CONTENT_READER_END_WITH_ERROR;
        exchange->dripping = true;
        return 0;
    }
    exchange->dripping = false;
    bytes[0] = exchange->request.answer.body.bytes[position];
    return 1;
}

static enum MHD_Result send_answer(struct exchange *exchange)
{
    struct simulator_request *request = &exchange->request;
    struct simulator_answer *answer = &request->answer;
    struct buffer *body = &answer->body;
    enum simulator_fault_kind kind = request->decision.kind;
    struct MHD_Response *response = NULL;
    if (body->length > 0 && kind == FAULT_CUT)
        response = MHD_create_response_from_callback(body->length, 4096, read_cut, exchange, NULL);
    else if (body->length > 0 && kind == FAULT_DRIP)
        response = MHD_create_response_from_callback(body->length, 64, read_drip, exchange, NULL);
    else
        response = MHD_create_response_from_buffer(body->length, body->bytes, MHD_RESPMEM_PERSISTENT);
    if (!response)
        return MHD_NO;
    if (answer->content_type)
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, answer->content_type);
    for (size_t at = 0; at < answer->header_count; at++)
        MHD_add_response_header(response, answer->headers[at].name, answer->headers[at].value);
    enum MHD_Result result = MHD_queue_response(request->connection, (unsigned)answer->status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result finish(struct exchange *exchange)
{
    struct MHD_Connection *connection = exchange->request.connection;
    switch (exchange->request.limited ? FAULT_NONE : exchange->request.decision.kind) {
    case FAULT_RESET:
        reset(connection);
        return MHD_NO;
    case FAULT_NO_HTTP:
        send_no_http(connection);
        return MHD_NO;
    case FAULT_TIMEOUT:
        exchange->stage = STAGE_HELD;
        if (client_left(connection) || !pause_for(exchange, HOLD_LOOK_MS))
            return MHD_NO;
        return MHD_YES;
    default:
        return send_answer(exchange);
    }
}

/* Called again after each pause, where the stage says it stopped. */
static enum MHD_Result advance(struct exchange *exchange)
{
    struct simulator_request *request = &exchange->request;
    struct simulator_statistics *statistics = &request->simulator->statistics;
    if (exchange->stage == STAGE_BODY) {
        simulator_begin(request);
        if (request->operation != OPERATION_CONTROL) {
            exchange->counted = true;
            if (++statistics->in_flight > statistics->in_flight_most)
                statistics->in_flight_most = statistics->in_flight;
        }
        exchange->stage = STAGE_PERFORM;
        if (request->decision.pause_before > 0 && pause_for(exchange, request->decision.pause_before))
            return MHD_YES;
    }
    if (exchange->stage == STAGE_PERFORM) {
        simulator_perform(request);
        exchange->stage = STAGE_SEND;
        if (request->decision.pause_after > 0 && pause_for(exchange, request->decision.pause_after))
            return MHD_YES;
    }
    return finish(exchange);
}

static enum MHD_Result handle(void *user_data, struct MHD_Connection *connection, const char *path,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_length, void **context)
{
    (void)version;
    struct exchange *exchange = *context;
    if (!exchange) {
        *context = exchange_open(user_data, connection, path, method);
        return MHD_YES;
    }
    if (*upload_length > 0) {
        collect(&exchange->request, upload, *upload_length);
        *upload_length = 0;
        return MHD_YES;
    }
    return advance(exchange);
}

__attribute__((format(printf, 2, 0))) static void log_message(void *user_data, const char *format,
                                                              va_list arguments)
{
    const struct simulator_server *server = user_data;
    if (server->simulator->options.verbose)
        vfprintf(stderr, format, arguments);
}

static enum status start(struct simulator_server *server, struct error *error)
{
    const struct simulator_options *options = &server->simulator->options;
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)options->port) };
    if (inet_pton(AF_INET, options->address, &address.sin_addr) != 1)
        return error_set(error, STATUS_USAGE, "--address %s is no IPv4 address", options->address);
    struct text key = TEXT_NONE, certificate = TEXT_NONE;
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
    if (options->tls_certificate) {
        enum status status =
            file_read(&server->arena, options->tls_certificate, TLS_FILE_MAX, &certificate, error);
        if (status == STATUS_OK)
            status = file_read(&server->arena, options->tls_key, TLS_FILE_MAX, &key, error);
        if (status != STATUS_OK)
            return error_add(error, "TLS");
        flags |= MHD_USE_TLS;
    }
    struct MHD_OptionItem extra[] = {
        { MHD_OPTION_HTTPS_MEM_KEY, 0, text_string(&server->arena, key) },
        { MHD_OPTION_HTTPS_MEM_CERT, 0, text_string(&server->arena, certificate) },
        { MHD_OPTION_END, 0, NULL },
    };
    server->daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, handle, server, MHD_OPTION_EXTERNAL_LOGGER, log_message, server,
        MHD_OPTION_SOCK_ADDR, &address, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES, MHD_OPTION_LISTEN_BACKLOG_SIZE, 1024u,
        MHD_OPTION_NOTIFY_COMPLETED, completed, NULL, MHD_OPTION_ARRAY,
        options->tls_certificate ? extra : &extra[2], MHD_OPTION_END);
    if (!server->daemon)
        return error_set(error, STATUS_STOP,
                         "cannot listen on %s port %d%s: another program may hold the port", options->address,
                         options->port, options->tls_certificate ? " with this certificate and key" : "");
    return STATUS_OK;
}

enum status simulator_server_open(struct simulator *simulator, struct simulator_server **opened, int *port,
                                  struct error *error)
{
    struct simulator_server *server = memory_new(struct simulator_server);
    server->simulator = simulator;
    server->timer = simulator_timer_open(resume);
    enum status status = start(server, error);
    if (status != STATUS_OK) {
        simulator_server_close(server);
        return status;
    }
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT);
    *port = info ? info->port : simulator->options.port;
    *opened = server;
    return STATUS_OK;
}

void simulator_server_close(struct simulator_server *server)
{
    /* Whatever is suspended must run again before the library may stop. */
    simulator_timer_ring_all(server->timer);
    if (server->daemon)
        MHD_stop_daemon(server->daemon);
    simulator_timer_close(server->timer);
    while (server->spares) {
        struct exchange *next = server->spares->spare;
        buffer_free(&server->spares->request.body);
        buffer_free(&server->spares->request.answer.body);
        arena_free(&server->spares->request.arena);
        free(server->spares);
        server->spares = next;
    }
    arena_free(&server->arena);
    free(server);
}
