#include "adapters/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/memory.h"

#define BLOCK   ((size_t)256 << 10) /* asked for at once */
#define LOOK_MS 100                 /* how often the stop flag is looked at */
#define LINE    3                   /* a child's descriptor */
#define KEEP    ((size_t)4 << 20)   /* of a buffer that is worth keeping */

/* ---- messages ---- */

union ancillary {
    char bytes[CMSG_SPACE(sizeof(int))];
    struct cmsghdr align;
};

static ssize_t put_bytes(int socket, const char *bytes, size_t length, int descriptor, int flags)
{
    struct iovec piece = { (void *)(uintptr_t)bytes, length };
    union ancillary ancillary = { 0 };
    struct msghdr message = { .msg_iov = &piece, .msg_iovlen = 1 };
    if (descriptor >= 0) {
        message.msg_control = ancillary.bytes;
        message.msg_controllen = sizeof ancillary.bytes;
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        *header = (struct cmsghdr){ .cmsg_level = SOL_SOCKET,
                                    .cmsg_type = SCM_RIGHTS,
                                    .cmsg_len = CMSG_LEN(sizeof descriptor) };
        memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
    }
    return sendmsg(socket, &message, flags | MSG_NOSIGNAL);
}

static ssize_t get_bytes(int socket, char *bytes, size_t length, int *descriptor, int flags)
{
    struct iovec piece = { bytes, length };
    union ancillary ancillary;
    struct msghdr message = { .msg_iov = &piece,
                              .msg_iovlen = 1,
                              .msg_control = ancillary.bytes,
                              .msg_controllen = sizeof ancillary.bytes };
    ssize_t got = recvmsg(socket, &message, flags | MSG_CMSG_CLOEXEC);
    struct cmsghdr *header = got >= 0 ? CMSG_FIRSTHDR(&message) : NULL;
    if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS &&
        header->cmsg_len == CMSG_LEN(sizeof *descriptor)) {
        if (*descriptor >= 0)
            close(*descriptor);
        memcpy(descriptor, CMSG_DATA(header), sizeof *descriptor);
    }
    return got;
}

/* Until the socket can do one of these, someone hangs up, or `late`. */
static enum status wait_for(const struct channel *channel, short events, int64_t late)
{
    for (;;) {
        struct pollfd waiting = { .fd = channel->socket, .events = events };
        if (channel->stop && *channel->stop)
            return STATUS_STOP;
        int64_t left = late ? late - clock_steady_ms() : LOOK_MS;
        int ready = poll(&waiting, 1, left < 0 ? 0 : left > LOOK_MS ? LOOK_MS : (int)left);
        if (ready > 0)
            return STATUS_OK;
        if (late && clock_steady_ms() >= late)
            return STATUS_RETRY;
    }
}

/* STATUS_OK: some bytes; STATUS_RETRY: there are none now; STATUS_END. */
static enum status fill(struct channel *channel, size_t lacking)
{
    struct buffer *in = &channel->in;
    if (channel->at) {
        in->length -= channel->at;
        memmove(in->bytes, in->bytes + channel->at, in->length);
        channel->at = 0;
    }
    if (!in->length && in->capacity > KEEP && lacking < BLOCK)
        buffer_free(in);
    /* No more room than what came has earned: what a message says of its length is only said. */
    size_t room = lacking > BLOCK ? (lacking < in->length + BLOCK ? lacking : in->length + BLOCK) : BLOCK;
    ssize_t got = get_bytes(channel->socket, buffer_room(in, room), room, &channel->descriptor, MSG_DONTWAIT);
    if (got > 0)
        in->length += (size_t)got;
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return STATUS_RETRY;
    return got > 0 ? STATUS_OK : STATUS_END;
}

static int64_t late_of(const struct channel *channel, long wait)
{
    return wait >= 0           ? clock_steady_ms() + wait
           : channel->patience ? clock_steady_ms() + channel->patience
                               : 0;
}

enum status channel_send(struct channel *channel, int descriptor)
{
    enum status status = STATUS_OK;
    int64_t late = late_of(channel, -1);
    for (size_t at = 0; at < channel->out.length && status == STATUS_OK;) {
        ssize_t put = put_bytes(channel->socket, channel->out.bytes + at, channel->out.length - at,
                                descriptor, MSG_DONTWAIT);
        if (put > 0) {
            at += (size_t)put;
            descriptor = -1;
            late = late_of(channel, -1);
        } else if (put < 0 && errno != EAGAIN && errno != EINTR) {
            /* Half a message is none: both ends see the line's end, also one that only waits for an answer. */
            shutdown(channel->socket, SHUT_RDWR);
            status = STATUS_END;
        } else {
            status = wait_for(channel, POLLIN | POLLOUT, late);
            struct pollfd reading = { .fd = channel->socket, .events = POLLIN };
            if (status == STATUS_OK && poll(&reading, 1, 0) == 1 && fill(channel, 0) == STATUS_END)
                status = STATUS_END;
        }
    }
    buffer_clear(&channel->out);
    if (channel->out.capacity > KEEP)
        buffer_free(&channel->out);
    return status;
}

enum status channel_receive(struct channel *channel, long wait, struct message *message)
{
    int64_t late = late_of(channel, wait);
    for (;;) {
        size_t lacking;
        struct text have = text_slice(buffer_view(&channel->in), channel->at, channel->in.length);
        enum status status = message_read(&have, channel->most, message, &lacking);
        if (status == STATUS_OK)
            channel->at = channel->in.length - have.length;
        if (status != STATUS_END)
            return status;
        status = fill(channel, lacking);
        if (status == STATUS_RETRY && wait != 0)
            status = wait_for(channel, POLLIN, late);
        if (status != STATUS_OK)
            return status;
    }
}

int channel_take_descriptor(struct channel *channel)
{
    int taken = channel->descriptor;
    channel->descriptor = -1;
    return taken;
}

static void channel_close(struct channel *channel)
{
    if (channel->socket >= 0)
        close(channel->socket);
    if (channel->descriptor >= 0)
        close(channel->descriptor);
    buffer_free(&channel->in);
    buffer_free(&channel->out);
    channel->socket = channel->descriptor = -1;
}

/* ---- the spawner ---- */

struct order {
    pid_t end; /* a child to be ended and waited for; 0: one is to be made */
    size_t role;
    int64_t argument;
};

struct answer {
    pid_t process; /* of the child that was made; below 0: it could not be */
    int how;       /* as waitpid has it */
};

struct spawner {
    int socket;
    pid_t process;
};

static void become(const char *name, int line, pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_NAME, name);
    if (getppid() != parent || (line != LINE && dup2(line, LINE) < 0))
        _exit(1);
    close_range(LINE + 1, ~0u, 0);
    fcntl(LINE, F_SETFD, FD_CLOEXEC);
}

static pid_t make_child(const struct child_role *role, void *user_data, int line, int64_t argument)
{
    pid_t parent = getpid(), process = fork();
    if (process)
        return process;
    become(role->name, line, parent);
    struct channel channel = { .socket = LINE, .descriptor = -1, .most = UINT32_MAX };
    role->run(user_data, &channel, argument);
    _exit(0);
}

static void serve(const struct child_role *roles, size_t count, void *user_data)
{
    for (;;) {
        struct order order;
        struct answer answer = { 0 };
        int line = -1;
        ssize_t got = get_bytes(LINE, (char *)&order, sizeof order, &line, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got != (ssize_t)sizeof order || order.role >= count)
            _exit(0);
        if (order.end > 0) {
            kill(order.end, SIGKILL);
            while (waitpid(order.end, &answer.how, 0) < 0 && errno == EINTR)
                ;
        } else {
            answer.process = make_child(&roles[order.role], user_data, line, order.argument);
        }
        if (line >= 0)
            close(line);
        if (send(LINE, &answer, sizeof answer, MSG_NOSIGNAL) != (ssize_t)sizeof answer)
            _exit(0);
    }
}

/* Signals of the terminal are for the owner, which ends its children in order. Those of a crash must look like one: a
 * sanitizer would make an exit of it. */
static void set_signals(void)
{
    static const int ours[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2 },
                     crashes[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGXFSZ };
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        signal(ours[i], SIG_IGN);
    for (size_t i = 0; i < sizeof crashes / sizeof *crashes; i++)
        signal(crashes[i], SIG_DFL);
}

static void close_streams(void)
{
#if !defined(__SANITIZE_ADDRESS__) && !defined(CONGKHAI_SANITIZED)
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int stream = STDIN_FILENO; stream <= STDERR_FILENO && nothing >= 0; stream++)
        dup2(nothing, stream);
#endif
}

enum status spawner_start(const struct child_role *roles, size_t count, void *user_data,
                          struct spawner **spawner, struct error *error)
{
    int ends[2];
    pid_t parent = getpid();
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
        return error_set(error, STATUS_FATAL, _("no process can be started: %s"), words_errno(errno));
    pid_t process = fork();
    if (!process) {
        close_streams();
        become("spawner", ends[1], parent);
        set_signals();
        serve(roles, count, user_data);
    }
    int code = errno;
    close(ends[1]);
    if (process < 0) {
        close(ends[0]);
        return error_set(error, STATUS_FATAL, _("no process can be started: %s"), words_errno(code));
    }
    *spawner = memory_new(struct spawner);
    **spawner = (struct spawner){ ends[0], process };
    return STATUS_OK;
}

void spawner_end(struct spawner *spawner)
{
    if (!spawner)
        return;
    close(spawner->socket);
    while (waitpid(spawner->process, NULL, 0) < 0 && errno == EINTR)
        ;
    free(spawner);
}

/* ---- children ---- */

static bool ask(const struct spawner *spawner, const struct order *order, int line, struct answer *answer)
{
    ssize_t got = put_bytes(spawner->socket, (const char *)order, sizeof *order, line, 0);
    if (got == (ssize_t)sizeof *order)
        do
            got = recv(spawner->socket, answer, sizeof *answer, 0);
        while (got < 0 && errno == EINTR);
    return got == (ssize_t)sizeof *answer;
}

enum status child_open(struct spawner *spawner, size_t role, int64_t argument, struct child **child,
                       struct error *error)
{
    int ends[2];
    struct answer answer = { 0 };
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
        return error_set(error, STATUS_FATAL, _("no process can be started: %s"), words_errno(errno));
    for (int i = 0; i < 2; i++)
        setsockopt(ends[i], SOL_SOCKET, SO_SNDBUF, &(int){ 1 << 20 }, sizeof(int));
    bool told = ask(spawner, &(struct order){ .role = role, .argument = argument }, ends[1], &answer);
    close(ends[1]);
    if (!told || answer.process <= 0) {
        close(ends[0]);
        return error_set(
            error, STATUS_FATAL,
            _("no process can be started: the one that starts them has ended, or this machine has "
              "too many"));
    }
    *child = memory_new(struct child);
    **child = (struct child){ .spawner = spawner,
                              .process = answer.process,
                              .channel = { .socket = ends[0], .descriptor = -1, .most = UINT32_MAX } };
    return STATUS_OK;
}

void child_close(struct child *child, struct child_death *death)
{
    struct answer answer = { 0 };
    if (!child)
        return;
    bool told = ask(child->spawner, &(struct order){ .end = child->process }, -1, &answer);
    if (death && told)
        *death = (struct child_death){ .signal = WIFSIGNALED(answer.how) ? WTERMSIG(answer.how) : 0,
                                       .code = WIFEXITED(answer.how) ? WEXITSTATUS(answer.how) : 0 };
    channel_close(&child->channel);
    free(child);
}
