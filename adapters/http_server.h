/* The door to libmicrohttpd: answers GET and HEAD, to be read by a browser on this machine or a proxy before it.
 *
 * It listens on loopback or on a Unix socket, nowhere else. Over TCP the Host header must name this machine, so that no
 * page of a stranger's can be made to read ours. What is answered without the handler being asked: 400 (no or another
 * Host, bytes that are no UTF-8, two of a header that may come once), 405 (another method), 413 (a body), 414 and 431
 * (more than REQUEST_BYTES), 503 (more than CONNECTIONS at once). A connection ends after IDLE_SECONDS of silence and in
 * any case after LIFE_SECONDS, however slowly its other end reads.
 *
 * The handler is called in one of HTTP_SERVER_THREADS threads and gives the whole answer before its first byte leaves.
 */
#ifndef ADAPTERS_HTTP_SERVER_H
#define ADAPTERS_HTTP_SERVER_H

#include <stdbool.h>

#include "adapters/spool_file.h"
#include "core/arena.h"
#include "core/error.h"
#include "core/text.h"

#define HTTP_SERVER_THREADS       4
#define HTTP_SERVER_CONNECTIONS   1000
#define HTTP_SERVER_REQUEST_BYTES (32 * 1024)
#define HTTP_SERVER_IDLE_SECONDS  60 /* that one waits for its turn counts, too */
#define HTTP_SERVER_LIFE_SECONDS  120

struct http_server;

/* Everything is valid UTF-8; the path is decoded and starts with "/". */
struct http_server_request {
    struct text path;
    struct arena *arena; /* of this request */
    void *wire;          /* for http_server_parameter */
};
/* Of the address's query, decoded; bytes NULL: not given. The first where there are several. */
struct text http_server_parameter(const struct http_server_request *request, const char *name);

/* Each of them, in the order of the address. */
void http_server_parameters(const struct http_server_request *request,
                            void (*visit)(void *user_data, struct text name, struct text value),
                            void *user_data);

struct http_server_answer {
    unsigned status;
    const char *type;              /* Content-Type; NULL: no body */
    struct buffer body;            /* becomes the server's */
    struct spool_file spool;       /* the same, instead of a body, where it is too much for memory */
    void (*sent)(void *user_data); /* called when the spool is sent, or given up; NULL: nobody */
    void *user_data;
    const char
        *file_name; /* a download of this name: ASCII letters, digits, "-", "." and "_"; NULL: to be shown */
    const char *location; /* of a redirection, already encoded; NULL: none */
    unsigned refresh;     /* seconds after which the page is to be asked for again; 0: not */
    bool lasting;         /* may be kept for a day; else it is asked for each time, by its ETag */
};

struct http_server_settings {
    const char *listen; /* "127.0.0.1:8630", "[::1]:8630", "localhost:8630", port 0: any; "unix:PATH" */
    int descriptor;     /* a socket that listens already (systemd's); -1: none */
    void (*answer)(void *user_data, const struct http_server_request *request,
                   struct http_server_answer *answer);
    void *user_data;
};

/* Listens: whoever comes waits until it is started. STATUS_USAGE where it may not listen, STATUS_STOP where it cannot. */
enum status http_server_open(const struct http_server_settings *settings, struct http_server **server,
                             struct error *error);
/* Starts its threads. */
enum status http_server_start(struct http_server *server, struct error *error);
/* "http://127.0.0.1:8630/", "unix:PATH" */
const char *http_server_address(const struct http_server *server);
void http_server_close(struct http_server *server); /* NULL: nothing */

#endif
