#include "adapters/http_server_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/text.h"

#define BACKLOG 1024

union address {
    struct sockaddr any;
    struct sockaddr_in four;
    struct sockaddr_in6 six;
    struct sockaddr_un local;
};

static bool is_loopback(const union address *address)
{
    return (address->any.sa_family == AF_INET && ntohl(address->four.sin_addr.s_addr) >> 24 == 127) ||
           (address->any.sa_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&address->six.sin6_addr));
}

static enum status refuse_place(const char *listen_at, struct error *error)
{
    return error_set(
        error, STATUS_USAGE,
        _("--listen %s: pages are shown to this machine alone; use 127.0.0.1:8630 or unix:PATH and put a "
          "proxy with accounts before it (docs/console.md)"),
        listen_at);
}

/* What it is called, of a socket that listens. */
static enum status name_socket(struct http_server_socket *made, struct error *error)
{
    union address address = { 0 };
    socklen_t length = sizeof address;
    char host[INET6_ADDRSTRLEN] = "";
    if (getsockname(made->descriptor, &address.any, &length))
        return error_set(error, STATUS_STOP, _("the socket cannot be listened at: %s"), words_errno(errno));
    if (address.any.sa_family == AF_UNIX) {
        made->is_unix = true;
        snprintf(made->address, sizeof made->address, "unix:%s", address.local.sun_path);
        return STATUS_OK;
    }
    bool six = address.any.sa_family == AF_INET6;
    inet_ntop(address.any.sa_family, six ? (void *)&address.six.sin6_addr : (void *)&address.four.sin_addr,
              host, sizeof host);
    snprintf(made->host, sizeof made->host, six ? "[%s]" : "%s", host);
    if (!is_loopback(&address)) /* what --listen says was looked at before */
        return error_set(
            error, STATUS_USAGE,
            _("the socket that was handed over listens at %s: pages are shown to this machine alone; "
              "in its unit write ListenStream=127.0.0.1:8630 or a path, and put a proxy with "
              "accounts before it (docs/console.md)"),
            made->host);
    snprintf(made->address, sizeof made->address, "http://%s:%u/", made->host,
             (unsigned)ntohs(six ? address.six.sin6_port : address.four.sin_port));
    return STATUS_OK;
}

/* Only a socket at which nobody answers is a left-over. */
static enum status remove_left_over(const union address *address, socklen_t length, const char *listen_at,
                                    struct error *error)
{
    struct stat found;
    if (lstat(address->local.sun_path, &found))
        return STATUS_OK;
    if (!S_ISSOCK(found.st_mode))
        return error_set(error, STATUS_USAGE,
                         _("--listen %s: what stands there is no socket; name a path where nothing is"),
                         listen_at);
    int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (probe < 0)
        return STATUS_OK;
    if (connect(probe, &address->any, length) && errno == ECONNREFUSED)
        unlink(address->local.sun_path);
    close(probe);
    return STATUS_OK;
}

static enum status bind_to(struct http_server_socket *made, const union address *address, socklen_t length,
                           const char *listen_at, struct error *error)
{
    int on = 1;
    made->descriptor = socket(address->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (made->descriptor >= 0 && address->any.sa_family != AF_UNIX)
        setsockopt(made->descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (made->descriptor < 0 || bind(made->descriptor, &address->any, length))
        return errno == EADDRINUSE
                   ? error_set(error, STATUS_STOP, _("--listen %s: %s; is a console running already?"),
                               listen_at, words_errno(errno))
                   : error_set(error, STATUS_STOP, _("--listen %s: %s"), listen_at, words_errno(errno));
    if (address->any.sa_family == AF_UNIX) {
        made->is_ours = true;
        memcpy(made->path, address->local.sun_path, sizeof made->path);
    }
    if (listen(made->descriptor, BACKLOG))
        return error_set(error, STATUS_STOP, _("the socket cannot be listened at: %s"), words_errno(errno));
    return STATUS_OK;
}

static enum status open_unix(const char *listen_at, struct http_server_socket *made, struct error *error)
{
    const char *path = listen_at + strlen("unix:");
    union address address = { .local = { .sun_family = AF_UNIX } };
    size_t length = strlen(path);
    if (!length || length >= sizeof address.local.sun_path)
        return error_set(error, STATUS_USAGE, _("--listen %s: a socket's path has 1 to %zu bytes"), listen_at,
                         sizeof address.local.sun_path - 1);
    memcpy(address.local.sun_path, path, length);
    if (remove_left_over(&address, sizeof address.local, listen_at, error))
        return error->status;
    mode_t mask = umask(0117);
    enum status status = bind_to(made, &address, sizeof address.local, listen_at, error);
    umask(mask);
    return status;
}

static enum status open_tcp(const char *listen_at, struct http_server_socket *made, struct error *error)
{
    char host[64];
    const char *colon = strrchr(listen_at, ':');
    size_t length = colon ? (size_t)(colon - listen_at) : 0;
    if (!length || length >= sizeof host || !colon[1] ||
        strspn(colon + 1, "0123456789") != strlen(colon + 1) || strtoll(colon + 1, NULL, 10) > 65535)
        return error_set(error, STATUS_USAGE,
                         _("--listen %s: it wants HOST:PORT, such as 127.0.0.1:8630, or unix:PATH"),
                         listen_at);
    bool bracketed = listen_at[0] == '[' && listen_at[length - 1] == ']';
    snprintf(host, sizeof host, "%.*s", (int)(length - 2 * bracketed), listen_at + bracketed);
    struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM },
                    *found;
    if (getaddrinfo(strcmp(host, "localhost") ? host : "127.0.0.1", colon + 1, &hints, &found))
        return refuse_place(listen_at, error);
    union address address = { 0 };
    socklen_t size = found->ai_addrlen;
    memcpy(&address, found->ai_addr, size);
    freeaddrinfo(found);
    if (!is_loopback(&address))
        return refuse_place(listen_at, error);
    return bind_to(made, &address, size, listen_at, error);
}

enum status http_server_socket_open(const char *listen_at, int given, struct http_server_socket *made,
                                    struct error *error)
{
    *made = (struct http_server_socket){ .descriptor = given };
    enum status status = given >= 0                        ? STATUS_OK
                         : !strncmp(listen_at, "unix:", 5) ? open_unix(listen_at, made, error)
                                                           : open_tcp(listen_at, made, error);
    return status ? status : name_socket(made, error);
}

void http_server_socket_abandon(struct http_server_socket *made)
{
    if (made->descriptor >= 0)
        close(made->descriptor);
    made->descriptor = -1;
}

void http_server_socket_forget(struct http_server_socket *made)
{
    if (made->is_ours)
        unlink(made->path);
}
