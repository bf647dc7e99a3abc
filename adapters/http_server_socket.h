/* Where the server listens: loopback, a Unix socket, or a socket that was handed to the process. For
 * adapters/http_server.c. */
#ifndef ADAPTERS_HTTP_SERVER_SOCKET_H
#define ADAPTERS_HTTP_SERVER_SOCKET_H

#include <stdbool.h>

#include "core/error.h"

struct http_server_socket {
    int descriptor;
    bool is_unix;
    bool is_ours;      /* a file that we made and take away */
    char path[108];    /* of a Unix socket */
    char address[160]; /* for people: "http://127.0.0.1:8630/", "unix:PATH" */
    char host[64];     /* "127.0.0.1", "[::1]" */
};

/* `given`: a descriptor that listens already, looked at as closely; -1: none. A socket's file is made for its owner and
 * group; one that nobody listens at any more is taken away first. STATUS_USAGE for an address that is none or is not
 * this machine's alone, STATUS_STOP when it cannot be had. */
enum status http_server_socket_open(const char *listen_at, int given, struct http_server_socket *socket,
                                    struct error *error);
/* Closes a descriptor that nobody else took over. */
void http_server_socket_abandon(struct http_server_socket *socket);
/* Takes the file away. */
void http_server_socket_forget(struct http_server_socket *socket);

#endif
