#include "adapters/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "adapters/secrets.h"
#include "adapters/unicode.h"
#include "core/clock.h"

struct child {
    pid_t process;
    int input, output; /* our ends; -1 when closed */
    struct text rest;  /* of the input */
    size_t said;
    struct process_result *result;
};

static void shut(int *descriptor)
{
    if (*descriptor >= 0)
        close(*descriptor);
    *descriptor = -1;
}

static int spawn(struct child *child, const char *const *argv, int input, int output)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t defaults, none;
    sigemptyset(&none);
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    sigaddset(&defaults, SIGINT);
    sigaddset(&defaults, SIGTERM);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setsigmask(&attributes, &none);
    ARENA_OWNED struct arena arena = { 0 };
    char *words[64];
    size_t count = 0;
    for (; argv[count] && count < 63; count++)
        words[count] = strdup(argv[count]);
    words[count] = NULL;
    int code =
        posix_spawnp(&child->process, argv[0], &actions, &attributes, words, secrets_environment(&arena));
    while (count)
        free(words[--count]);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return code;
}

static enum status start(struct child *child, const char *const *argv, struct error *error)
{
    int input[2], output[2];
    if (pipe2(input, O_CLOEXEC))
        return error_set(error, STATUS_RETRY, _("%s cannot be started: %s"), argv[0], words_errno(errno));
    if (pipe2(output, O_CLOEXEC)) {
        int code = errno;
        close(input[0]);
        close(input[1]);
        return error_set(error, STATUS_RETRY, _("%s cannot be started: %s"), argv[0], words_errno(code));
    }
    int code = spawn(child, argv, input[0], output[1]);
    close(input[0]);
    close(output[1]);
    child->input = input[1];
    child->output = output[0];
    fcntl(child->input, F_SETFL, O_NONBLOCK);
    fcntl(child->output, F_SETFL, O_NONBLOCK);
    if (!code)
        return STATUS_OK;
    shut(&child->input);
    shut(&child->output);
    return error_set(error, STATUS_RETRY, _("%s cannot be started: %s"), argv[0], words_errno(code));
}

static void feed(struct child *child)
{
    ssize_t written = write(child->input, child->rest.bytes, child->rest.length);
    if (written > 0)
        child->rest = text_slice(child->rest, (size_t)written, child->rest.length);
    bool broken = written < 0 && errno != EAGAIN && errno != EINTR; /* it need not read what it is given */
    if (broken || !child->rest.length)
        shut(&child->input);
}

static void listen_to(struct child *child)
{
    char bytes[4096];
    ssize_t got = read(child->output, bytes, sizeof bytes);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
        shut(&child->output);
    if (got <= 0)
        return;
    size_t capacity = PROCESS_WORDS - child->said, length = (size_t)got < capacity ? (size_t)got : capacity;
    memcpy(child->result->words + child->said, bytes, length);
    child->said += length;
}

/* Until its output ends; a grandchild that keeps it open is left to the time limit. */
static bool attend(struct child *child, int64_t late)
{
    while (child->output >= 0) {
        struct pollfd polls[2] = { { .fd = child->output, .events = POLLIN },
                                   { .fd = child->input, .events = POLLOUT } };
        int64_t left = late - clock_steady_ms();
        if (left <= 0)
            return false;
        int ready = poll(polls, 2, left > 1000 ? 1000 : (int)left);
        if (ready < 0 && errno != EINTR)
            return false;
        if (ready <= 0)
            continue;
        if (child->input >= 0 && polls[1].revents)
            feed(child);
        if (polls[0].revents)
            listen_to(child);
    }
    return true;
}

static void tidy(struct child *child)
{
    char *words = child->result->words;
    words[child->said] = 0;
    struct text text = { words, child->said };
    text.length = unicode_invalid_at(text);
    text = text_trim(text);
    memmove(words, text.bytes, text.length);
    words[text.length] = 0;
}

enum status process_run(const char *const *argv, struct text input, long milliseconds,
                        struct process_result *result, struct error *error)
{
    struct child child = { .rest = input, .result = result, .input = -1, .output = -1 };
    *result = (struct process_result){ 0 };
    if (start(&child, argv, error))
        return error->status;
    if (!child.rest.length)
        shut(&child.input);
    int64_t late = clock_steady_ms() + milliseconds;
    bool ended = attend(&child, late);
    shut(&child.input);
    shut(&child.output);
    int code = 0;
    pid_t gone = 0;
    while (ended && !(gone = waitpid(child.process, &code, WNOHANG)) && clock_steady_ms() < late)
        nanosleep(&(struct timespec){ .tv_nsec = 2000000 }, NULL);
    tidy(&child);
    if (!gone) {
        kill(-child.process, SIGKILL);
        waitpid(child.process, &code, 0);
        return error_set(error, STATUS_RETRY, _("%s did not end within %ld s and was killed"), argv[0],
                         milliseconds / 1000);
    }
    result->exit_code = WIFEXITED(code) ? WEXITSTATUS(code) : -1;
    return STATUS_OK;
}
