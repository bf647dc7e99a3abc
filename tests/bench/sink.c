/* The portal of scripts/bench: takes everything at once, or after so many milliseconds. sink PORT [MILLISECONDS]
 *
 * Answers each request 201 with {"code": the path's last step, "version": a number that rises}, which is what a portal
 * without digests has to say; GET /stats tells how many requests came. One thread, epoll, nothing but libc. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <netinet/tcp.h>

#define CODE_MAX 80
#define ROOM     (1 << 16)

struct connection {
    int socket;
    unsigned life; /* rises when the place is taken by another connection */
    size_t length, capacity;
    char *bytes;
};

/* Answers that wait leave in the order in which their requests came. */
struct waiting {
    struct connection *connection;
    unsigned life;
    double due;
    char code[CODE_MAX];
    struct waiting *next;
};

static struct waiting *first, **last = &first;
static unsigned long requests;
static double delay;

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void answer(const struct connection *connection, int status, const char *body)
{
    char text[512];
    int length = snprintf(text, sizeof text,
                          "HTTP/1.1 %d OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
                          status, strlen(body), body);
    for (int sent = 0; sent < length;) {
        ssize_t put = send(connection->socket, text + sent, (size_t)(length - sent), MSG_NOSIGNAL);
        if (put > 0)
            sent += (int)put;
        else if (put < 0 && errno != EAGAIN)
            return;
    }
}

static void take(const struct connection *connection, const char *code)
{
    char body[200];
    snprintf(body, sizeof body, "{\"code\":\"%s\",\"version\":\"%lu\"}", code, requests);
    answer(connection, 201, body);
}

/* The path's last step, where it may stand between quotes. */
static void read_code(const char *head, char code[CODE_MAX])
{
    const char *path = strchr(head, ' '), *end = path ? strpbrk(path + 1, " ?") : NULL, *start = end;
    size_t length = 0;
    while (start && start > path && start[-1] != '/')
        start--;
    while (start && start < end && length < CODE_MAX - 1 && *start != '"' && *start != '\\')
        code[length++] = *start++;
    code[length] = 0;
}

static void handle(struct connection *connection, const char *head)
{
    char body[100];
    if (!strncmp(head, "GET /stats", 10)) {
        snprintf(body, sizeof body, "{\"req\":%lu}", requests);
        answer(connection, 200, body);
        return;
    }
    struct waiting *waiting = calloc(1, sizeof *waiting);
    if (!waiting)
        exit(1);
    requests++;
    read_code(head, waiting->code);
    waiting->connection = connection;
    waiting->life = connection->life;
    waiting->due = now() + delay;
    if (delay <= 0) {
        take(connection, waiting->code);
        free(waiting);
        return;
    }
    *last = waiting;
    last = &waiting->next;
}

/* One request out of the connection's bytes; 0: it is not whole yet. */
static size_t one_request(struct connection *connection)
{
    connection->bytes[connection->length] = 0;
    char *end = strstr(connection->bytes, "\r\n\r\n");
    if (!end)
        return 0;
    size_t head = (size_t)(end - connection->bytes) + 4, body = 0;
    for (char *line = connection->bytes; line < end && (line = strstr(line, "\r\n")); line += 2)
        if (!strncasecmp(line + 2, "content-length:", 15))
            body = strtoul(line + 17, NULL, 10);
    if (connection->length < head + body)
        return 0;
    handle(connection, connection->bytes);
    return head + body;
}

static void end(struct connection *connection)
{
    close(connection->socket);
    connection->socket = -1;
    connection->life++;
    connection->length = 0;
}

static void read_from(struct connection *connection)
{
    if (connection->capacity - connection->length <= ROOM) {
        connection->capacity = connection->capacity * 2 + 2 * ROOM;
        connection->bytes = realloc(connection->bytes, connection->capacity + 1);
        if (!connection->bytes)
            exit(1);
    }
    ssize_t got = recv(connection->socket, connection->bytes + connection->length, ROOM, MSG_DONTWAIT);
    if (got <= 0) {
        if (got == 0 || errno != EAGAIN)
            end(connection);
        return;
    }
    connection->length += (size_t)got;
    for (size_t used; connection->length && (used = one_request(connection)); connection->length -= used)
        memmove(connection->bytes, connection->bytes + used, connection->length - used);
}

static void release(void)
{
    double time = now();
    while (first && first->due <= time) {
        struct waiting *due = first;
        first = due->next;
        if (!first)
            last = &first;
        if (due->connection->life == due->life)
            take(due->connection, due->code);
        free(due);
    }
}

static int listen_on(int port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((unsigned short)port) };
    int listening = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(listening, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(listening, (struct sockaddr *)&address, sizeof address) || listen(listening, 1024)) {
        perror("sink");
        exit(1);
    }
    return listening;
}

static struct connection *accept_one(int listening)
{
    struct connection *connection = calloc(1, sizeof *connection);
    int yes = 1;
    if (!connection)
        exit(1);
    connection->socket = accept(listening, NULL, NULL);
    setsockopt(connection->socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    return connection;
}

int main(int count, char **words)
{
    if (count < 2)
        return 2;
    delay = count > 2 ? atof(words[2]) / 1e3 : 0;
    int listening = listen_on(atoi(words[1])), epoll = epoll_create1(0);
    struct epoll_event event = { .events = EPOLLIN }, events[256];
    epoll_ctl(epoll, EPOLL_CTL_ADD, listening, &event);
    for (;;) {
        int ready = epoll_wait(epoll, events, 256, first ? 1 : -1);
        for (int i = 0; i < ready; i++) {
            if (events[i].data.ptr) {
                read_from(events[i].data.ptr);
                continue;
            }
            event.data.ptr = accept_one(listening);
            epoll_ctl(epoll, EPOLL_CTL_ADD, ((struct connection *)event.data.ptr)->socket, &event);
        }
        release();
    }
}
