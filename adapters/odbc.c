#include "adapters/odbc.h"

#ifdef CONGKHAI_ODBC

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "adapters/odbc_session.h"
#include "core/clock.h"
#include "core/memory.h"

#define LOOK_MS  100  /* how often the stop flag is looked at */
#define GRACE_MS 2000 /* so much longer than allowed: a driver that keeps its time says itself why it ended */
#define TOGETHER 32768 /* bytes that are written at once */
#define PIPE     3     /* the process's end */
#define TITLES   65536 /* bytes of a title, at most */

/* What the process says: a letter, a length, so many bytes. */
enum said {
    SAID_CONNECTED = 'c',
    SAID_COLUMN = 'h', /* its title, and before that one byte: its kind */
    SAID_STARTED = 's',
    SAID_ROW = 'r',
    SAID_NULL = 'n',
    SAID_CELL = 'v',
    SAID_BAD_CELL = 'x', /* why */
    SAID_BROKEN = 'e',   /* why; nothing comes behind it */
    SAID_END = 'd',
};

/* ---- in the process ---- */

struct telling {
    struct buffer out;
};

/* Nobody listens any more: then there is nothing left to do. */
static void flush(struct telling *telling)
{
    for (size_t at = 0; at < telling->out.length;) {
        ssize_t count = write(PIPE, telling->out.bytes + at, telling->out.length - at);
        if (count < 0 && errno != EINTR)
            _exit(0);
        at += count > 0 ? (size_t)count : 0;
    }
    buffer_clear(&telling->out);
}

static void tell(struct telling *telling, enum said said, struct text bytes)
{
    uint64_t length = bytes.length;
    buffer_char(&telling->out, (char)said);
    buffer_put(&telling->out, (const char *)&length, sizeof length);
    buffer_text(&telling->out, bytes);
    if (telling->out.length >= TOGETHER)
        flush(telling);
}

static void tell_columns(struct telling *telling, const struct odbc_session *session)
{
    for (size_t i = 0; i < odbc_session_columns(session); i++) {
        BUFFER_OWNED struct buffer column = { 0 };
        buffer_char(&column, (char)odbc_session_kind(session, i));
        buffer_string(&column, odbc_session_title(session, i));
        tell(telling, SAID_COLUMN, buffer_view(&column));
    }
    tell(telling, SAID_STARTED, TEXT(""));
}

static enum status tell_row(struct telling *telling, struct odbc_session *session, struct error *error)
{
    enum status status = odbc_session_next(session, error);
    if (status)
        return status;
    tell(telling, SAID_ROW, TEXT(""));
    for (size_t i = 0; i < odbc_session_columns(session); i++) {
        struct text cell;
        status = odbc_session_cell(session, i, &cell, error);
        if (status == STATUS_REJECT)
            tell(telling, SAID_BAD_CELL, text_of(error->message));
        else if (status)
            return status;
        else
            tell(telling, cell.bytes ? SAID_CELL : SAID_NULL, cell.bytes ? cell : TEXT(""));
    }
    return STATUS_OK;
}

static void serve(const struct odbc_query *query)
{
    struct telling telling = { 0 };
    struct odbc_session *session = NULL;
    struct error error = { 0 };
    enum status status = odbc_session_open(query, &session, &error);
    if (status == STATUS_OK) {
        tell(&telling, SAID_CONNECTED, TEXT(""));
        flush(&telling);
        status = odbc_session_start(session, &error);
    }
    if (status == STATUS_OK) {
        tell_columns(&telling, session);
        flush(&telling);
    }
    while (status == STATUS_OK)
        status = tell_row(&telling, session, &error);
    tell(&telling, status == STATUS_END ? SAID_END : SAID_BROKEN,
         status == STATUS_END ? TEXT("") : text_of(error.message));
    flush(&telling);
    odbc_session_close(session); /* rolls back */
}

/* Nothing of ours is open in it but its pipe, neither the store nor its lock; no signal finds our handlers. */
static void become_process(const struct odbc_query *query, int pipe, pid_t parent)
{
    /* Those of a crash too: a sanitizer would make an exit of it. */
    static const int ours[] = { SIGINT, SIGTERM, SIGHUP, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT };
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        signal(ours[i], SIG_DFL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent || dup2(pipe, PIPE) < 0)
        _exit(1);
    for (long descriptor = sysconf(_SC_OPEN_MAX) < 65536 ? sysconf(_SC_OPEN_MAX) : 65536;
         --descriptor > PIPE;)
        close((int)descriptor);
    fcntl(PIPE, F_SETFD, FD_CLOEXEC);
    serve(query);
    _exit(0);
}

/* ---- in the program ---- */

struct odbc {
    const struct odbc_query *query;
    pid_t process;
    int pipe;
    int64_t waited_ms; /* for the connection, then for the query */
    char block[TOGETHER];
    size_t at, end; /* of the block */
    struct buffer bytes;
    size_t count;
    struct column {
        char *title;
        enum odbc_kind kind;
    } * columns;
    bool row_open; /* of the row that stands ready, not everything is read */
    size_t cell;   /* the next of it */
    enum status ended;
    struct error why;
};

static enum status lost(struct odbc *odbc, struct error *error)
{
    int how = 0;
    while (waitpid(odbc->process, &how, 0) < 0 && errno == EINTR)
        ;
    odbc->process = 0;
    if (odbc->query->stop && *odbc->query->stop)
        return error_set(error, STATUS_STOP, _("a signal ended the run"));
    if (WIFSIGNALED(how))
        return error_set(error, STATUS_STOP,
                         _("the ODBC driver crashed (signal %d); see whether there is a newer one"),
                         WTERMSIG(how));
    return error_set(error, STATUS_STOP,
                     _("the ODBC driver ended its process; see whether there is a newer one"));
}

/* Some bytes of what the process says, when it says some. */
static enum status fill(struct odbc *odbc, struct error *error)
{
    for (;;) {
        struct pollfd waiting = { .fd = odbc->pipe, .events = POLLIN };
        int64_t since = clock_steady_ms();
        if (odbc->query->stop && *odbc->query->stop)
            return error_set(error, STATUS_STOP, _("a signal ended the run"));
        if (poll(&waiting, 1, LOOK_MS) == 1) {
            ssize_t count = read(odbc->pipe, odbc->block, sizeof odbc->block);
            if (count > 0) {
                odbc->at = 0;
                odbc->end = (size_t)count;
                odbc->waited_ms += clock_steady_ms() - since;
                return STATUS_OK;
            }
            if (!count)
                return lost(odbc, error);
        }
        odbc->waited_ms += clock_steady_ms() - since;
        if (odbc->waited_ms > odbc->query->timeout + GRACE_MS)
            return error_set(error, STATUS_STOP,
                             _("the ODBC driver has not answered for %lld ms, although it may take %lld, and "
                               "was left; look at the database, or allow it more time (see \"timeout\")"),
                             (long long)odbc->waited_ms, (long long)odbc->query->timeout);
    }
}

static enum status take(struct odbc *odbc, void *bytes, size_t length, struct error *error)
{
    for (char *into = bytes; length;) {
        if (odbc->at == odbc->end && fill(odbc, error))
            return error->status;
        size_t some = odbc->end - odbc->at < length ? odbc->end - odbc->at : length;
        memcpy(into, odbc->block + odbc->at, some);
        odbc->at += some;
        into += some;
        length -= some;
    }
    return STATUS_OK;
}

/* The process holds foreign code: what it says is believed as far as it makes sense. */
static enum status hear(struct odbc *odbc, enum said *said, struct error *error)
{
    char letter;
    uint64_t length, most = odbc->query->cell_most > TITLES ? odbc->query->cell_most : TITLES;
    if (take(odbc, &letter, 1, error) || take(odbc, &length, sizeof length, error))
        return error->status;
    *said = (enum said)letter;
    if (length > most)
        return error_set(error, STATUS_STOP, _("the ODBC driver's process says what makes no sense"));
    buffer_clear(&odbc->bytes);
    while (length) {
        char some[4096];
        size_t part = length < sizeof some ? (size_t)length : sizeof some;
        if (take(odbc, some, part, error))
            return error->status;
        buffer_put(&odbc->bytes, some, part);
        length -= part;
    }
    if (*said == SAID_BROKEN)
        return error_set(error, STATUS_STOP, "%.*s", TEXT_ARG(buffer_view(&odbc->bytes)));
    return STATUS_OK;
}

/* Ends it, and says the same from now on. */
static enum status give_up(struct odbc *odbc, struct error *error)
{
    odbc->ended = error->status;
    odbc->why = *error;
    return error->status;
}

static enum status nonsense(struct odbc *odbc, struct error *error)
{
    (void)error_set(error, STATUS_STOP, _("the ODBC driver's process says what makes no sense"));
    return give_up(odbc, error);
}

static enum status read_columns(struct odbc *odbc, struct error *error)
{
    enum said said;
    while (!hear(odbc, &said, error)) {
        if (said == SAID_STARTED)
            return STATUS_OK;
        if (said != SAID_COLUMN || !odbc->bytes.length || odbc->count == ODBC_COLUMNS)
            return nonsense(odbc, error);
        odbc->columns = memory_grow(odbc->columns, odbc->count + 1, sizeof *odbc->columns);
        unsigned char kind = (unsigned char)odbc->bytes.bytes[0];
        odbc->columns[odbc->count].kind = kind <= ODBC_REAL ? (enum odbc_kind)kind : ODBC_OTHER;
        odbc->columns[odbc->count++].title = memory_copy_string(odbc->bytes.bytes + 1);
    }
    return error->status;
}

static enum status start_process(struct odbc *odbc, struct error *error)
{
    int ends[2];
    pid_t parent = getpid();
    if (pipe2(ends, O_CLOEXEC) < 0)
        return error_set(error, STATUS_STOP, _("no process can be started for the ODBC driver: %s"),
                         words_errno(errno));
    odbc->pipe = ends[0];
    odbc->process = fork();
    if (!odbc->process)
        become_process(odbc->query, ends[1], parent);
    int code = errno;
    close(ends[1]);
    if (odbc->process < 0) {
        odbc->process = 0;
        return error_set(error, STATUS_STOP, _("no process can be started for the ODBC driver: %s"),
                         words_errno(code));
    }
    return STATUS_OK;
}

enum status odbc_open(const struct odbc_query *query, struct odbc **odbc, struct error *error)
{
    struct odbc *opened = memory_new(struct odbc);
    enum said said;
    opened->query = query;
    opened->pipe = -1;
    *odbc = NULL;
    enum status status = start_process(opened, error);
    if (status == STATUS_OK)
        status = hear(opened, &said, error);
    opened->waited_ms = 0;
    if (status == STATUS_OK)
        status = said == SAID_CONNECTED ? read_columns(opened, error) : nonsense(opened, error);
    if (status) {
        odbc_close(opened);
        return status;
    }
    *odbc = opened;
    return STATUS_OK;
}

void odbc_close(struct odbc *odbc)
{
    if (!odbc)
        return;
    if (odbc->pipe >= 0)
        close(
            odbc->pipe); /* where no signal may be sent to it, it ends of itself: now, or with this process */
    if (odbc->process) {
        kill(odbc->process, SIGKILL);
        /* One that a dead network drive holds in the kernel is left to whoever comes after us. */
        for (int turn = 0; turn < 100 && !waitpid(odbc->process, NULL, WNOHANG); turn++)
            poll(NULL, 0, 10);
    }
    for (size_t i = 0; i < odbc->count; i++)
        free(odbc->columns[i].title);
    free(odbc->columns);
    buffer_free(&odbc->bytes);
    free(odbc);
}

size_t odbc_columns(const struct odbc *odbc)
{
    return odbc->count;
}

const char *odbc_title(const struct odbc *odbc, size_t at)
{
    return odbc->columns[at].title;
}

enum odbc_kind odbc_kind(const struct odbc *odbc, size_t at)
{
    return odbc->columns[at].kind;
}

static enum status say_again(const struct odbc *odbc, struct error *error)
{
    if (odbc->ended != STATUS_END)
        *error = odbc->why;
    return odbc->ended;
}

enum status odbc_next(struct odbc *odbc, struct error *error)
{
    enum said said;
    if (odbc->ended)
        return say_again(odbc, error);
    do { /* past the cells that nobody asked for */
        if (hear(odbc, &said, error))
            return give_up(odbc, error);
    } while (odbc->row_open && odbc->cell++ < odbc->count &&
             (said == SAID_CELL || said == SAID_NULL || said == SAID_BAD_CELL));
    odbc->row_open = said == SAID_ROW;
    odbc->cell = 0;
    if (said == SAID_END)
        return odbc->ended = STATUS_END;
    return said == SAID_ROW ? STATUS_OK : nonsense(odbc, error);
}

enum status odbc_cell(struct odbc *odbc, size_t at, struct text *cell, struct error *error)
{
    enum said said;
    *cell = TEXT_NONE;
    if (odbc->ended)
        return say_again(odbc, error);
    do {
        if (odbc->cell == odbc->count)
            return nonsense(odbc, error);
        if (hear(odbc, &said, error))
            return give_up(odbc, error);
    } while (odbc->cell++ < at && (said == SAID_CELL || said == SAID_NULL || said == SAID_BAD_CELL));
    if (said == SAID_BAD_CELL)
        return error_set(error, STATUS_REJECT, "%.*s", TEXT_ARG(buffer_view(&odbc->bytes)));
    if (said == SAID_CELL)
        *cell = odbc->bytes.length ? buffer_view(&odbc->bytes) : TEXT("");
    return said == SAID_CELL || said == SAID_NULL ? STATUS_OK : nonsense(odbc, error);
}

#else

enum status odbc_open(const struct odbc_query *query, struct odbc **odbc, struct error *error)
{
    (void)query;
    *odbc = NULL;
    return error_set(
        error, STATUS_USAGE,
        _("this congkhai was built without ODBC; install unixodbc-dev, then \"make clean all\""));
}

void odbc_close(struct odbc *odbc)
{
    (void)odbc;
}

size_t odbc_columns(const struct odbc *odbc)
{
    (void)odbc;
    return 0;
}

const char *odbc_title(const struct odbc *odbc, size_t at)
{
    (void)odbc, (void)at;
    return "";
}

enum odbc_kind odbc_kind(const struct odbc *odbc, size_t at)
{
    (void)odbc, (void)at;
    return ODBC_OTHER;
}

enum status odbc_next(struct odbc *odbc, struct error *error)
{
    (void)odbc, (void)error;
    return STATUS_END;
}

enum status odbc_cell(struct odbc *odbc, size_t at, struct text *cell, struct error *error)
{
    (void)odbc, (void)at, (void)error;
    *cell = TEXT_NONE;
    return STATUS_OK;
}

#endif
