/* Linked into build/congkhai-faults alone: the program's own objects, with the system calls that change
 * something put in between, so that it can be made to die or to fail at any of them.
 *
 * What a process leaves behind changes only by its system calls; so a death at any instruction is a death
 * before one of them, and their numbers are all the crash points there are. The C library's symbols that the
 * program and its libraries (SQLite, libcurl) refer to are found here first.
 *
 *     CONGKHAI_FAULT=kind@number[,…]     number from 1
 *         kill@n       SIGKILL before the nth call
 *         torn@n       SIGKILL in the middle of the nth call, when that is a write to a file
 *         eio@n        the nth write, sync or truncation of a file fails: EIO
 *         short@n      the nth write to a file writes half of it, and the next one finds the disk full
 *         full@n       from the nth on, writes to files fail: ENOSPC
 *         memory@n     the nth allocation fails
 *         clock@n:ms   from the nth look on, the clock is ms ahead (or behind)
 *     CONGKHAI_FAULT_FILE=FILE           bytes that reach a child of the program (its name is what ps shows) with
 *         congkhai-fault:CHILD:crash, :hang, :memory or :probe........ in them have it do so; a probe tries what it must
 *         not, FILE among it, and writes what came of it over the dots: r refused, D done
 *     CONGKHAI_FAULT_FAST=N              patience ends N times as fast
 *     CONGKHAI_FAULT_LOG=FILE            says what happened, and at an ordinary end how many calls there were
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/memory.h"

static unsigned long kill_at, torn_at, fail_at, short_at, full_at, jump_at;
static long long jump;
static atomic_ulong calls, disk, looks;
static atomic_bool is_full;
static const char *log_path;
static int64_t (*true_now)(struct clock *clock);

static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void say(const char *format, ...)
{
    char line[200];
    va_list arguments;
    if (!log_path)
        return;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    long file = syscall(SYS_openat, AT_FDCWD, log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (file < 0)
        return;
    syscall(SYS_write, file, line, (size_t)length);
    syscall(SYS_close, file);
}

static void die(const char *what, unsigned long number)
{
    say("killed before call %lu: %s\n", number, what);
    kill(getpid(), SIGKILL);
    for (;;)
        pause();
}

/* Any call that changes something. */
static unsigned long pass(const char *what)
{
    unsigned long number = atomic_fetch_add(&calls, 1) + 1;
    if (number == kill_at)
        die(what, number);
    return number;
}

static bool is_file(int descriptor)
{
    struct stat info;
    return descriptor > 2 && fstat(descriptor, &info) == 0 && S_ISREG(info.st_mode);
}

/* Does this call on a file fail? Then errno says how. */
static bool fails(const char *what, bool is_write)
{
    unsigned long number = atomic_fetch_add(&disk, 1) + 1;
    if (number == fail_at) {
        say("failed: %s\n", what);
        errno = EIO;
        return true;
    }
    if (is_write && (atomic_load(&is_full) || (full_at && number >= full_at))) {
        say("full: %s\n", what);
        errno = ENOSPC;
        return true;
    }
    return false;
}

/* How much of a write is done; the rest is lost. */
static size_t portion(unsigned long number, size_t length)
{
    if (number == torn_at)
        return length / 2;
    if (short_at && atomic_load(&disk) == short_at && length > 1) {
        say("short\n");
        atomic_store(&is_full, true);
        return length / 2;
    }
    return length;
}

static ssize_t end_write(unsigned long number, const char *what, long written)
{
    if (number == torn_at)
        die(what, number);
    return (ssize_t)written;
}

/* ---- what the program and its libraries call ---- */

ssize_t write(int descriptor, const void *bytes, size_t length)
{
    if (!is_file(descriptor))
        return (ssize_t)syscall(SYS_write, descriptor, bytes, length);
    unsigned long number = pass("write");
    if (fails("write", true))
        return -1;
    return end_write(number, "write", syscall(SYS_write, descriptor, bytes, portion(number, length)));
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t length, off64_t at)
{
    unsigned long number = pass("pwrite");
    if (fails("pwrite", true))
        return -1;
    return end_write(number, "pwrite", syscall(SYS_pwrite64, descriptor, bytes, portion(number, length), at));
}

int fsync(int descriptor)
{
    pass("fsync");
    return fails("fsync", false) ? -1 : (int)syscall(SYS_fsync, descriptor);
}

int fdatasync(int descriptor)
{
    pass("fdatasync");
    return fails("fdatasync", false) ? -1 : (int)syscall(SYS_fdatasync, descriptor);
}

int ftruncate64(int descriptor, off64_t length)
{
    pass("ftruncate");
    return fails("ftruncate", false) ? -1 : (int)syscall(SYS_ftruncate, descriptor, length);
}

int rename(const char *from, const char *to)
{
    pass("rename");
    return fails("rename", false) ? -1 : (int)syscall(SYS_rename, from, to);
}

int unlink(const char *path)
{
    pass("unlink");
    return (int)syscall(SYS_unlink, path);
}

int mkdir(const char *path, mode_t mode)
{
    pass("mkdir");
    return (int)syscall(SYS_mkdir, path, mode);
}

static int open_file(const char *path, int flags, mode_t mode)
{
    if (flags & O_CREAT) {
        pass("open");
        if (fails("open", false))
            return -1;
    }
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int open(const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = flags & O_CREAT ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    return open_file(path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = flags & O_CREAT ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    return open_file(path, flags, mode);
}

ssize_t send(int socket, const void *bytes, size_t length, int flags)
{
    pass("send");
    return (ssize_t)syscall(SYS_sendto, socket, bytes, length, flags, NULL, 0);
}

/* ---- children ---- */

static const char *probed_file;
static long fast = 1;

static char tried(long result)
{
    return result < 0 ? 'r' : 'D';
}

static void probe(char *dots)
{
    const char *const arguments[] = { "/bin/true", NULL };
    const struct {
        char *at;
        long result;
    } tries[] = {
        { dots, syscall(SYS_socket, AF_INET, SOCK_STREAM, 0) },
        { dots + 1, syscall(SYS_socket, AF_UNIX, SOCK_STREAM, 0) },
        { dots + 2, syscall(SYS_openat, AT_FDCWD, probed_file, O_RDONLY) },
        { dots + 3, syscall(SYS_openat, AT_FDCWD, probed_file, O_RDWR) },
        { dots + 4, syscall(SYS_openat, AT_FDCWD, "/tmp/congkhai-probed", O_WRONLY | O_CREAT, 0600) },
        { dots + 5, syscall(SYS_kill, getppid(), SIGCONT) },
        { dots + 6, syscall(SYS_ptrace, 16 /* PTRACE_ATTACH */, getppid(), 0, 0) },
        { dots + 7, syscall(SYS_execve, arguments[0], arguments, NULL) },
    };
    for (size_t i = 0; i < sizeof tries / sizeof *tries; i++)
        *tries[i].at = tried(tries[i].result);
}

/* What came from outside of the program, or from another process of it. */
static void look_for_order(char *bytes, ssize_t length)
{
    static const char mark[] = "congkhai-fault:";
    char name[32] = "", what[64];
    if (!probed_file || length <= 0 || !memmem(bytes, (size_t)length, mark, strlen(mark)))
        return;
    prctl(PR_GET_NAME, name);
    const char *const orders[] = { "crash", "hang", "memory", "probe" };
    for (size_t i = 0; i < 4; i++) {
        snprintf(what, sizeof what, "%s%s:%s", mark, name, orders[i]);
        char *found = memmem(bytes, (size_t)length, what, strlen(what));
        if (found && i == 0)
            abort();
        while (found && i == 1)
            pause();
        while (found && i == 2)
            memory_take((size_t)256 << 20);
        if (found && found + strlen(what) + 8 <= bytes + length)
            probe(found + strlen(what));
    }
}

ssize_t recvmsg(int socket, struct msghdr *message, int flags)
{
    ssize_t got = (ssize_t)syscall(SYS_recvmsg, socket, message, flags);
    if (message->msg_iovlen)
        look_for_order(message->msg_iov[0].iov_base, got);
    return got;
}

ssize_t pread64(int descriptor, void *bytes, size_t length, off64_t at)
{
    ssize_t got = (ssize_t)syscall(SYS_pread64, descriptor, bytes, length, at);
    look_for_order(bytes, got);
    return got;
}

int clock_gettime(clockid_t clock, struct timespec *time)
{
    static int64_t began;
    int code = (int)syscall(SYS_clock_gettime, clock, time);
    if (clock != CLOCK_MONOTONIC || fast == 1)
        return code;
    int64_t now = (int64_t)time->tv_sec * 1000000000 + time->tv_nsec;
    began = began ? began : now;
    now = began + (now - began) * fast;
    *time = (struct timespec){ now / 1000000000, now % 1000000000 };
    return code;
}

/* After an answer has come, and before anything is made of it. */
ssize_t recv(int socket, void *bytes, size_t length, int flags)
{
    pass("recv");
    ssize_t got = (ssize_t)syscall(SYS_recvfrom, socket, bytes, length, flags, NULL, NULL);
    look_for_order(bytes, got);
    return got;
}

/* ---- time, and the beginning ---- */

static int64_t jumping_now(struct clock *clock)
{
    unsigned long number = atomic_fetch_add(&looks, 1) + 1;
    return true_now(clock) + (jump_at && number >= jump_at ? jump : 0);
}

static void read_one(const char *fault)
{
    const char *at = strchr(fault, '@');
    if (!at)
        return;
    char *end;
    unsigned long number = strtoul(at + 1, &end, 10);
    size_t length = (size_t)(at - fault);
    const struct {
        const char *name;
        unsigned long *number;
    } kinds[] = { { "kill", &kill_at },   { "torn", &torn_at }, { "eio", &fail_at },
                  { "short", &short_at }, { "full", &full_at }, { "clock", &jump_at } };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strlen(kinds[i].name) == length && !strncmp(kinds[i].name, fault, length))
            *kinds[i].number = number;
    if (*end == ':')
        jump = strtoll(end + 1, NULL, 10);
    if (length == 6 && !strncmp(fault, "memory", 6))
        memory_fail_at(number);
}

__attribute__((constructor)) static void begin(void)
{
    const char *faults = getenv("CONGKHAI_FAULT");
    struct clock *clock = clock_system();
    log_path = getenv("CONGKHAI_FAULT_LOG");
    probed_file = getenv("CONGKHAI_FAULT_FILE");
    fast = getenv("CONGKHAI_FAULT_FAST") ? atol(getenv("CONGKHAI_FAULT_FAST")) : 1;
    true_now = clock->now;
    clock->now = jumping_now;
    while (faults && *faults) {
        read_one(faults);
        faults = strchr(faults, ',');
        faults = faults ? faults + 1 : NULL;
    }
}

__attribute__((destructor)) static void end(void)
{
    say("ended: %lu calls, %lu on files, %lu looks at the clock\n", atomic_load(&calls), atomic_load(&disk),
        atomic_load(&looks));
}
