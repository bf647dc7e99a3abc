/* Linked into build/congkhai-torture alone: the program's own objects, with the calls in between that give it memory, files,
 * processes and sockets, so that each can be made to fail where it is called (scripts/torture).
 *
 * A place is the chain of the last callers, as a number that stays the same from run to run when addresses do (setarch -R).
 *
 *     TORTURE_LOG=FILE             at an ordinary end, one line a place: KIND PLACE CALLS, with those of its processes
 *     TORTURE_FAIL=KIND:PLACE:N    the Nth call of that kind from that place fails, as the system would say it
 *
 * Memory of libraries is a kind of its own ("memory-libcurl"): what core/memory.h gives out ends the program by itself and is
 * counted as "own-memory". Under a sanitizer, which has its own malloc, both are left alone.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <pthread.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif

enum {
    PLACES = 1 << 16,
    DEPTH = 6,
    MEMORY_DEPTH = 3
}; /* memory is asked for in too many ways to go through all */

/* Shared with the processes that come of this one. A kind's name lies where it lay before they were made. */
static struct place {
    _Atomic uint64_t number; /* 0: free */
    _Atomic size_t kind;     /* in kinds */
    atomic_ulong calls;
} * places;

static struct kinds {
    atomic_size_t count;
    char names[128][32];
} * kinds;

static pid_t first;
static int log_file = -1;
static const char *wanted_kind;
static uint64_t wanted_place;
static unsigned long wanted_call;
static atomic_bool ready;
static _Thread_local bool inside;

static uint64_t where(const char *kind)
{
    void *callers[DEPTH + 3];
    int count = backtrace(callers, kind[0] == 'm' && kind[1] == 'e' ? 3 + MEMORY_DEPTH : DEPTH + 3);
    uint64_t hash = 1469598103934665603u;
    for (const char *at = kind; *at; at++)
        hash = (hash ^ (unsigned char)*at) * 1099511628211u;
    for (int i = 3; i < count; i++)
        hash = (hash ^ (uint64_t)(uintptr_t)callers[i]) * 1099511628211u;
    return hash ? hash : 1;
}

static size_t kind_number(const char *kind)
{
    size_t at = 0, count = atomic_load(&kinds->count);
    while (at < count && strcmp(kinds->names[at], kind) != 0)
        at++;
    if (at < count)
        return at;
    at = atomic_fetch_add(&kinds->count, 1) %
         128; /* twice from two threads: one kind more with the same name */
    snprintf(kinds->names[at], sizeof kinds->names[at], "%s", kind);
    return at;
}

static unsigned long count_call(const char *kind, uint64_t number)
{
    for (size_t i = number % PLACES, tries = 0; tries < PLACES; i = (i + 1) % PLACES, tries++) {
        uint64_t free_place = 0;
        if (atomic_compare_exchange_strong(&places[i].number, &free_place, number))
            atomic_store(&places[i].kind, kind_number(kind));
        if (atomic_load(&places[i].number) == number)
            return atomic_fetch_add(&places[i].calls, 1) + 1;
    }
    return 0;
}

/* Not inlined, so that the frames above the caller are the same number for each kind. */
__attribute__((noinline)) static bool fails(const char *kind, int how)
{
    if (!atomic_load(&ready) || inside)
        return false;
    inside = true;
    uint64_t place = where(kind);
    unsigned long call = count_call(kind, place);
    bool failed = wanted_kind && place == wanted_place && call == wanted_call && !strcmp(kind, wanted_kind);
    inside = false;
    if (failed)
        errno = how;
    return failed;
}

/* The calls below name the C library's own, which the linker would give back to themselves. */
#define NEXT(name) __typeof__(name) *next = (__typeof__(name) *)(uintptr_t)dlsym(RTLD_NEXT, #name)

/* ---- memory ---- */

#ifndef SANITIZED
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);

extern const char __executable_start, etext;

/* "own-memory", or "memory" with the library's name. */
static const char *memory_kind(const void *caller)
{
    static char names[64][32];
    static atomic_int count;
    Dl_info info;
    if (!atomic_load(&ready) || inside ||
        ((const char *)caller >= &__executable_start && (const char *)caller < &etext))
        return "own-memory";
    inside = true;
    const char *file = dladdr(caller, &info) ? strrchr(info.dli_fname, '/') : NULL;
    int length = file ? (int)strcspn(++file, ".") : 0, at = 0;
    for (at = 0; at < atomic_load(&count); at++)
        if (!strncmp(names[at] + 7, file, (size_t)length) && !names[at][7 + length])
            break;
    if (at == 64 || !length || length > 20)
        at = 0;
    else if (at == atomic_load(&count)) {
        snprintf(names[at], sizeof names[at], "memory-%.*s", length, file);
        atomic_fetch_add(&count, 1);
    }
    inside = false;
    return names[at];
}

void *malloc(size_t size)
{
    return fails(memory_kind(__builtin_return_address(0)), ENOMEM) ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return fails(memory_kind(__builtin_return_address(0)), ENOMEM) ? NULL : __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size)
{
    return fails(memory_kind(__builtin_return_address(0)), ENOMEM) ? NULL : __libc_realloc(memory, size);
}
#endif

/* ---- files ---- */

static bool is_file(int descriptor)
{
    struct stat info;
    return descriptor > 2 && fstat(descriptor, &info) == 0 && S_ISREG(info.st_mode);
}

ssize_t read(int descriptor, void *bytes, size_t length)
{
    if (fails(is_file(descriptor) ? "read" : "read-pipe", EIO))
        return -1;
    return (ssize_t)syscall(SYS_read, descriptor, bytes, length);
}

ssize_t pread64(int descriptor, void *bytes, size_t length, off64_t at)
{
    return fails("read", EIO) ? -1 : (ssize_t)syscall(SYS_pread64, descriptor, bytes, length, at);
}

ssize_t write(int descriptor, const void *bytes, size_t length)
{
    if (descriptor > 2 &&
        fails(is_file(descriptor) ? "write" : "write-pipe", is_file(descriptor) ? ENOSPC : EPIPE))
        return -1;
    return (ssize_t)syscall(SYS_write, descriptor, bytes, length);
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t length, off64_t at)
{
    return fails("write", ENOSPC) ? -1 : (ssize_t)syscall(SYS_pwrite64, descriptor, bytes, length, at);
}

int fsync(int descriptor)
{
    return fails("sync", EIO) ? -1 : (int)syscall(SYS_fsync, descriptor);
}

int fdatasync(int descriptor)
{
    return fails("sync", EIO) ? -1 : (int)syscall(SYS_fdatasync, descriptor);
}

int ftruncate64(int descriptor, off64_t length)
{
    return fails("truncate", EIO) ? -1 : (int)syscall(SYS_ftruncate, descriptor, length);
}

int rename(const char *from, const char *to)
{
    return fails("rename", EACCES) ? -1 : (int)syscall(SYS_rename, from, to);
}

int unlink(const char *path)
{
    return fails("unlink", EACCES) ? -1 : (int)syscall(SYS_unlink, path);
}

int mkdir(const char *path, mode_t mode)
{
    return fails("mkdir", EACCES) ? -1 : (int)syscall(SYS_mkdir, path, mode);
}

static int open_at(int folder, const char *path, int flags, va_list arguments)
{
    bool needs_mode = flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE;
    mode_t mode = needs_mode ? va_arg(arguments, mode_t) : 0;
    return (int)syscall(SYS_openat, folder, path, flags, mode);
}

#define OPEN(name, folder, ...)                                                                              \
    int name(__VA_ARGS__, int flags, ...)                                                                    \
    {                                                                                                        \
        va_list arguments;                                                                                   \
        if (fails("open", EMFILE))                                                                           \
            return -1;                                                                                       \
        va_start(arguments, flags);                                                                          \
        int descriptor = open_at(folder, path, flags, arguments);                                            \
        va_end(arguments);                                                                                   \
        return descriptor;                                                                                   \
    }
OPEN(open, AT_FDCWD, const char *path)
OPEN(open64, AT_FDCWD, const char *path)
OPEN(openat, at, int at, const char *path)
OPEN(openat64, at, int at, const char *path)

FILE *fopen(const char *path, const char *mode)
{
    NEXT(fopen);
    return fails("open", EMFILE) ? NULL : next(path, mode);
}

FILE *fopen64(const char *path, const char *mode)
{
    NEXT(fopen64);
    return fails("open", EMFILE) ? NULL : next(path, mode);
}

DIR *opendir(const char *path)
{
    NEXT(opendir);
    return fails("open", EMFILE) ? NULL : next(path);
}

struct dirent64 *readdir64(DIR *folder)
{
    NEXT(readdir64);
    return fails("read-folder", EIO) ? NULL : next(folder);
}

struct dirent *readdir(DIR *folder)
{
    NEXT(readdir);
    return fails("read-folder", EIO) ? NULL : next(folder);
}

int linkat(int from_folder, const char *from, int to_folder, const char *to, int flags)
{
    return fails("rename", EACCES) ? -1 : (int)syscall(SYS_linkat, from_folder, from, to_folder, to, flags);
}

void *mmap64(void *address, size_t length, int protection, int flags, int descriptor, off64_t at)
{
    if (descriptor >= 0 && fails("map", ENOMEM))
        return MAP_FAILED;
    return (void *)syscall(SYS_mmap, address, length, protection, flags, descriptor, at);
}

/* ---- processes, threads, pipes, sockets ---- */

pid_t fork(void)
{
    NEXT(fork);
    return fails("fork", EAGAIN) ? -1 : next();
}

int posix_spawnp(pid_t *process, const char *file, const posix_spawn_file_actions_t *actions,
                 const posix_spawnattr_t *attributes, char *const arguments[], char *const environment[])
{
    NEXT(posix_spawnp);
    return fails("fork", EAGAIN) ? EAGAIN : next(process, file, actions, attributes, arguments, environment);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *own)
{
    NEXT(pthread_create);
    return fails("thread", EAGAIN) ? EAGAIN : next(thread, attributes, run, own);
}

int pipe(int descriptors[2])
{
    return fails("pipe", EMFILE) ? -1 : (int)syscall(SYS_pipe2, descriptors, 0);
}

int pipe2(int descriptors[2], int flags)
{
    return fails("pipe", EMFILE) ? -1 : (int)syscall(SYS_pipe2, descriptors, flags);
}

int socketpair(int domain, int type, int protocol, int descriptors[2])
{
    return fails("pipe", EMFILE) ? -1 : (int)syscall(SYS_socketpair, domain, type, protocol, descriptors);
}

int socket(int domain, int type, int protocol)
{
    return fails("socket", EMFILE) ? -1 : (int)syscall(SYS_socket, domain, type, protocol);
}

ssize_t send(int descriptor, const void *bytes, size_t length, int flags)
{
    return fails("send", ECONNRESET)
               ? -1
               : (ssize_t)syscall(SYS_sendto, descriptor, bytes, length, flags, NULL, 0);
}

ssize_t recv(int descriptor, void *bytes, size_t length, int flags)
{
    return fails("receive", ECONNRESET)
               ? -1
               : (ssize_t)syscall(SYS_recvfrom, descriptor, bytes, length, flags, NULL, NULL);
}

ssize_t sendmsg(int descriptor, const struct msghdr *message, int flags)
{
    return fails("send", ECONNRESET) ? -1 : (ssize_t)syscall(SYS_sendmsg, descriptor, message, flags);
}

ssize_t recvmsg(int descriptor, struct msghdr *message, int flags)
{
    return fails("receive", ECONNRESET) ? -1 : (ssize_t)syscall(SYS_recvmsg, descriptor, message, flags);
}

int connect(int descriptor, const struct sockaddr *address, socklen_t length)
{
    return fails("connect", ECONNREFUSED) ? -1 : (int)syscall(SYS_connect, descriptor, address, length);
}

int accept4(int descriptor, struct sockaddr *address, socklen_t *length, int flags)
{
    return fails("accept", EMFILE) ? -1 : (int)syscall(SYS_accept4, descriptor, address, length, flags);
}

/* ---- the beginning and the end ---- */

__attribute__((constructor)) static void begin(void)
{
    static char kind[32];
    void *callers[2];
    const char *wanted = getenv("TORTURE_FAIL");
    const char *log_path = getenv("TORTURE_LOG");
    places = mmap(NULL, PLACES * sizeof *places, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    kinds = mmap(NULL, sizeof *kinds, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (places == MAP_FAILED || kinds == MAP_FAILED)
        abort();
    first = getpid();
    /* Now: at the end a locked process could not open it. */
    if (log_path)
        log_file =
            (int)syscall(SYS_openat, AT_FDCWD, log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (log_file >= 0)
        log_file = fcntl(log_file, F_DUPFD_CLOEXEC, 200);
    if (wanted && sscanf(wanted, "%31[^:]:%lx:%lu", kind, (unsigned long *)&wanted_place, &wanted_call) == 3)
        wanted_kind = kind;
    (void)backtrace(callers, 2); /* loads what it needs now, and not inside of an allocation */
    atomic_store(&ready, true);
}

__attribute__((destructor)) static void end(void)
{
    atomic_store(&ready, false);
    if (log_file < 0 || getpid() != first)
        return;
    for (size_t i = 0; i < PLACES; i++)
        if (atomic_load(&places[i].number))
            dprintf(log_file, "%s %lx %lu\n", kinds->names[atomic_load(&places[i].kind)],
                    (unsigned long)atomic_load(&places[i].number), atomic_load(&places[i].calls));
}
