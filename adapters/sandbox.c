#include "adapters/sandbox.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <net/if.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/text.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

/* ---- Landlock: the kernel's interface, newer than the headers that it is built with ---- */

#define CREATE_RULESET 444
#define ADD_RULE       445
#define RESTRICT_SELF  446
#define GET_VERSION    1u
#define RULE_PATH      1

struct ruleset {
    uint64_t files, network, scoped;
};

struct path_rule {
    uint64_t allowed;
    int32_t folder;
} __attribute__((packed));

#define FILE_EXECUTE  (1ull << 0)
#define FILE_WRITE    (1ull << 1)
#define FILE_READ     (1ull << 2)
#define FOLDER_READ   (1ull << 3)
#define FOLDER_CHANGE (((1ull << 13) - 1) & ~((1ull << 4) - 1)) /* remove and make, of every kind */
#define FILE_RENAME   (1ull << 13)                              /* ABI 2 */
#define FILE_TRUNCATE (1ull << 14)                              /* ABI 3 */
#define FILE_DEVICE   (1ull << 15)                              /* ABI 5 */
#define NET_BIND      (1ull << 0)                               /* ABI 4 */
#define NET_CONNECT   (1ull << 1)
#define SCOPE_SOCKETS (1ull << 0) /* ABI 6: abstract Unix sockets of others, signals to others */
#define SCOPE_SIGNALS (1ull << 1)
/* Folders alone know these: a rule for a file that names them is refused. */
#define FILE_RIGHTS (FILE_EXECUTE | FILE_WRITE | FILE_READ | FILE_TRUNCATE | FILE_DEVICE)

static int landlock_version(void)
{
    long version = syscall(CREATE_RULESET, NULL, (size_t)0, GET_VERSION);
    return version < 0 ? 0 : (int)version;
}

static int allow_path(int rules, const char *path, uint64_t rights)
{
    struct stat info;
    struct path_rule rule = { .allowed = rights, .folder = open(path, O_PATH | O_CLOEXEC) };
    if (rule.folder < 0)
        return errno == ENOENT || errno == ENOTDIR || errno == EACCES ? 0 : -1;
    if (!fstat(rule.folder, &info) && !S_ISDIR(info.st_mode))
        rule.allowed &= FILE_RIGHTS;
    long code = syscall(ADD_RULE, rules, RULE_PATH, &rule, 0);
    close(rule.folder);
    return (int)code;
}

#define ENTRIES_MAX 20000 /* of a folder with something hidden in it: the rest of it stays shut */

enum hiding { HIDES_NOTHING, HIDES_SOMETHING, IS_HIDDEN };

static enum hiding hiding_of(const char *path, const char *const *hide)
{
    enum hiding found = HIDES_NOTHING;
    size_t length = strlen(path);
    for (size_t i = 0; hide && hide[i]; i++) {
        size_t most = strlen(hide[i]);
        if (!strncmp(path, hide[i], most) && !strchr(path + most, '/'))
            return IS_HIDDEN;
        if (!strncmp(hide[i], path, length) && (path[length - 1] == '/' || hide[i][length] == '/'))
            found = HIDES_SOMETHING;
    }
    return found;
}

/* Landlock cannot take away what a folder gives: so all that is beside what is hidden is named. A symbolic link is not: where
 * it leads counts. What cannot be named stays shut. */
static int allow_around(int rules, const char *path, const char *const *hide, uint64_t rights)
{
    enum hiding hiding = hiding_of(path, hide);
    char below[PATH_MAX];
    struct dirent *entry;
    struct stat info;
    if (hiding == HIDES_NOTHING)
        return allow_path(rules, path, rights);
    DIR *folder = hiding == HIDES_SOMETHING ? opendir(path) : NULL;
    for (size_t i = 0; folder && i < ENTRIES_MAX && (entry = readdir(folder)); i++) {
        int length = snprintf(below, sizeof below, "%s/%s", path[1] ? path : "", entry->d_name);
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..") || length >= (int)sizeof below ||
            lstat(below, &info) ||
            (!S_ISDIR(info.st_mode) && !S_ISREG(info.st_mode) && !S_ISCHR(info.st_mode)))
            continue;
        (void)allow_around(rules, below, hide, rights);
    }
    if (folder)
        closedir(folder);
    return 0;
}

static int lock_paths(const struct sandbox *sandbox)
{
    int version = landlock_version();
    struct ruleset set = { .files = FILE_RENAME - 1 };
    if (!version)
        return 0;
    set.files |= (version >= 2 ? FILE_RENAME : 0) | (version >= 3 ? FILE_TRUNCATE : 0) |
                 (version >= 5 ? FILE_DEVICE : 0);
    set.network = version >= 4 ? NET_BIND | (sandbox->allow & SANDBOX_CONNECT ? 0 : NET_CONNECT) : 0;
    set.scoped = version >= 6 ? SCOPE_SOCKETS | SCOPE_SIGNALS : 0;
    size_t size = version >= 6 ? sizeof set : version >= 4 ? 2 * sizeof(uint64_t) : sizeof(uint64_t);
    int rules = (int)syscall(CREATE_RULESET, &set, size, 0);
    if (rules < 0)
        return -1;
    long code = 0;
    uint64_t read = FILE_READ | FOLDER_READ;
    for (size_t i = 0; !code && sandbox->allow & SANDBOX_OPEN && sandbox->read && sandbox->read[i]; i++)
        code = allow_around(rules, sandbox->read[i], sandbox->hide, read);
    for (size_t i = 0; !code && sandbox->allow & SANDBOX_WRITE && sandbox->write && sandbox->write[i]; i++)
        code = allow_path(rules, sandbox->write[i],
                          (read | FILE_WRITE | FOLDER_CHANGE | FILE_RENAME | FILE_TRUNCATE) & set.files);
    if (!code)
        code = syscall(RESTRICT_SELF, rules, 0);
    close(rules);
    return (int)code;
}

/* ---- seccomp ---- */

#define CALL(name) SCMP_SYS(name)

static const int always[] = {
    CALL(read),
    CALL(write),
    CALL(readv),
    CALL(writev),
    CALL(pread64),
    CALL(pwrite64),
    CALL(preadv),
    CALL(pwritev),
    CALL(recvfrom),
    CALL(recvmsg),
    CALL(sendto),
    CALL(sendmsg),
    CALL(recvmmsg),
    CALL(sendmmsg),
    CALL(shutdown),
    CALL(poll),
    CALL(ppoll),
    CALL(select),
    CALL(pselect6),
    CALL(epoll_create1),
    CALL(epoll_ctl),
    CALL(epoll_wait),
    CALL(epoll_pwait),
    CALL(eventfd2),
    CALL(pipe2),
    CALL(close),
    CALL(close_range),
    CALL(dup),
    CALL(dup2),
    CALL(dup3),
    CALL(flock),
    CALL(fstat),
    CALL(newfstatat),
    CALL(fstatfs),
    CALL(lseek),
    CALL(ftruncate),
    CALL(fsync),
    CALL(fdatasync),
    CALL(fallocate),
    CALL(fadvise64),
    CALL(brk),
    CALL(munmap),
    CALL(mremap),
    CALL(madvise),
    CALL(msync),
    CALL(mincore),
    CALL(membarrier),
    CALL(futex),
    CALL(set_robust_list),
    CALL(rseq),
    CALL(sched_yield),
    CALL(sched_getaffinity),
    CALL(getcpu),
    CALL(rt_sigaction),
    CALL(rt_sigprocmask),
    CALL(rt_sigreturn),
    CALL(rt_sigtimedwait),
    CALL(sigaltstack),
    CALL(restart_syscall),
    CALL(clock_gettime),
    CALL(clock_getres),
    CALL(clock_nanosleep),
    CALL(nanosleep),
    CALL(gettimeofday),
    CALL(time),
    CALL(times),
    CALL(getrandom),
    CALL(getpid),
    CALL(getppid),
    CALL(gettid),
    CALL(getuid),
    CALL(geteuid),
    CALL(getgid),
    CALL(getegid),
    CALL(getgroups),
    CALL(getrusage),
    CALL(sysinfo),
    CALL(uname),
    CALL(getcwd),
    CALL(exit),
    CALL(exit_group),
};
static const int opening[] = { CALL(stat),       CALL(lstat),      CALL(statx),  CALL(access),
                               CALL(faccessat),  CALL(faccessat2), CALL(statfs), CALL(readlink),
                               CALL(readlinkat), CALL(getdents64) };
static const int writing[] = { CALL(mkdir),     CALL(mkdirat), CALL(rename),    CALL(renameat),
                               CALL(renameat2), CALL(unlink),  CALL(unlinkat),  CALL(rmdir),
                               CALL(linkat),    CALL(chmod),   CALL(fchmod),    CALL(fchmodat),
                               CALL(fchown),    CALL(umask),   CALL(utimensat), CALL(truncate) };
static const int connecting[] = { CALL(connect),     CALL(bind),       CALL(getsockname),
                                  CALL(getpeername), CALL(getsockopt), CALL(setsockopt) };
static const int accepting[] = { CALL(accept),      CALL(accept4),    CALL(getsockname),
                                 CALL(getpeername), CALL(getsockopt), CALL(setsockopt) };
static const int forking[] = { CALL(clone), CALL(fork), CALL(vfork), CALL(wait4), CALL(waitid) };

static int add(scmp_filter_ctx filter, const int *calls, size_t count)
{
    int code = 0;
    for (size_t i = 0; i < count && !code; i++)
        if (calls[i] >= 0) /* one that this machine does not have */
            code = seccomp_rule_add_exact(filter, SCMP_ACT_ALLOW, calls[i], 0);
    return code;
}
#define ADD(filter, calls) add(filter, calls, sizeof(calls) / sizeof *(calls))

/* Only with none of these bits in an argument. */
static int add_without(scmp_filter_ctx filter, int call, unsigned argument, uint64_t bits)
{
    return call < 0 ? 0
                    : seccomp_rule_add_exact(filter, SCMP_ACT_ALLOW, call, 1,
                                             SCMP_CMP(argument, SCMP_CMP_MASKED_EQ, bits, 0));
}

/* Only with one of these values in an argument. */
static int add_with(scmp_filter_ctx filter, int call, unsigned argument, const uint64_t *values, size_t count)
{
    int code = 0;
    for (size_t i = 0; i < count && !code; i++)
        code = seccomp_rule_add_exact(filter, SCMP_ACT_ALLOW, call, 1,
                                      SCMP_CMP(argument, SCMP_CMP_EQ, values[i], 0));
    return code;
}
#define ADD_WITH(filter, call, argument, values)                                                             \
    add_with(filter, call, argument, values, sizeof(values) / sizeof *(values))

static int add_opening(scmp_filter_ctx filter, bool writes)
{
    uint64_t changes =
        writes ? 0 : O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | O_APPEND | (O_TMPFILE & ~O_DIRECTORY);
    int code = ADD(filter, opening);
    code = code ? code : add_without(filter, CALL(openat), 2, changes);
    return code ? code : add_without(filter, CALL(open), 1, changes);
}

static int add_sockets(scmp_filter_ctx filter, bool local)
{
    static const uint64_t families[] = { AF_INET, AF_INET6, AF_NETLINK },
                          here[] = { AF_UNIX }, asked[] = { FIONREAD,    FIONBIO,     SIOCGIFINDEX,
                                                            SIOCGIFNAME, SIOCGIFCONF, SIOCGIFADDR };
    int code = ADD(filter, connecting);
    code = code ? code : ADD_WITH(filter, CALL(socket), 0, families);
    code = code ? code : ADD_WITH(filter, CALL(ioctl), 1, asked);
    code = code ? code : ADD_WITH(filter, CALL(socketpair), 0, here);
    return code || !local ? code : ADD_WITH(filter, CALL(socket), 0, here);
}

static int add_special(scmp_filter_ctx filter, unsigned allow)
{
    /* Not those that have the kernel send signals (F_SETOWN). */
    static const uint64_t orders[] = { F_DUPFD,  F_DUPFD_CLOEXEC, F_GETFD,     F_SETFD,
                                       F_GETFL,  F_SETFL,         F_GETLK,     F_SETLK,
                                       F_SETLKW, F_OFD_GETLK,     F_OFD_SETLK, F_OFD_SETLKW };
    const uint64_t own[] = { (uint64_t)getpid() };
    static const uint64_t nothing[] = { 0 }, naming[] = { PR_SET_NAME, PR_GET_NAME },
                          ending[] = { PR_SET_PDEATHSIG };
    uint64_t code_bit = allow & SANDBOX_CODE ? 0 : PROT_EXEC;
    int code = add_without(filter, CALL(mmap), 2, code_bit);
    code = code ? code : add_without(filter, CALL(mprotect), 2, code_bit);
    code = code ? code : ADD_WITH(filter, CALL(fcntl), 1, orders);
    code = code ? code : ADD_WITH(filter, CALL(tgkill), 0, own);        /* abort() */
    code = code ? code : ADD_WITH(filter, CALL(prlimit64), 2, nothing); /* looked at, not set */
    code = code ? code : ADD_WITH(filter, CALL(prctl), 0, naming);
    /* With "there is no such call" libc takes the older one, whose flags can be seen. */
    code = code ? code : seccomp_rule_add_exact(filter, SCMP_ACT_ERRNO(ENOSYS), CALL(clone3), 0);
    if (!code && allow & SANDBOX_FORK) {
        code = ADD(filter, forking);
        code = code ? code : ADD_WITH(filter, CALL(prctl), 0, ending);
    }
    if (!code && !(allow & SANDBOX_FORK) && allow & SANDBOX_THREADS)
        code =
            seccomp_rule_add_exact(filter, SCMP_ACT_ALLOW, CALL(clone), 1,
                                   SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD | CLONE_NEWUSER, CLONE_THREAD));
    return code;
}

static int lock_calls(unsigned allow)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (!filter)
        return -ENOMEM; /* not covered: libseccomp without memory */
    int code = ADD(filter, always);
    code = code ? code : add_special(filter, allow);
    if (!code && allow & SANDBOX_OPEN)
        code = add_opening(filter, allow & SANDBOX_WRITE);
    if (!code && allow & SANDBOX_WRITE)
        code = ADD(filter, writing);
    if (!code && allow & SANDBOX_CONNECT)
        code = add_sockets(filter, allow & SANDBOX_LOCAL);
    if (!code && allow & SANDBOX_ACCEPT)
        code = ADD(filter, accepting);
    code = code ? code : seccomp_load(filter);
    seccomp_release(filter);
    return code;
}

static bool has_seccomp(void)
{
    return prctl(PR_GET_SECCOMP) >= 0;
}

/* ---- all of it ---- */

static void limit(int resource, rlim_t most)
{
    struct rlimit now;
    if (getrlimit((__rlimit_resource_t)resource, &now))
        return;
    if (now.rlim_max != RLIM_INFINITY && now.rlim_max < most)
        most = now.rlim_max;
    now.rlim_cur = now.rlim_max = most;
    (void)setrlimit((__rlimit_resource_t)resource, &now);
}

enum status sandbox_enter(const struct sandbox *sandbox, struct error *error)
{
    limit(RLIMIT_CORE, 0);
    if (sandbox->memory && !SANITIZED)
        limit(RLIMIT_AS, sandbox->memory);
    if (sandbox->processor)
        limit(RLIMIT_CPU, sandbox->processor);
    if (sandbox->files)
        limit(RLIMIT_NOFILE, sandbox->files);
    if (sandbox->file_size)
        limit(RLIMIT_FSIZE, sandbox->file_size);
    prctl(PR_SET_DUMPABLE, 0);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        return error_set(error, STATUS_FATAL,
                         _("a process cannot be confined: %s; \"sandbox: off\" runs it as it is"),
                         words_errno(errno));
    int code = lock_paths(sandbox) ? -errno : 0;
    if (!code && has_seccomp())
        code = lock_calls(sandbox->allow);
    if (code)
        return error_set(error, STATUS_FATAL,
                         _("a process cannot be confined: %s; \"sandbox: off\" runs it as it is"),
                         words_errno(-code));
    return STATUS_OK;
}

const char *sandbox_missing(struct arena *arena)
{
    bool paths = landlock_version() > 0, calls = has_seccomp();
    if (paths && calls)
        return NULL;
    /* not covered: the machine that counts has both */
    if (calls)
        return _("this machine has no Landlock: processes that read foreign bytes can read files, though not "
                 "write them");
    /* not covered: as above */
    return text_format(
               arena, "%s",
               paths
                   ? _("this machine has no seccomp: processes that read foreign bytes are confined to their "
                       "files, not to their system calls")
                   : _("this machine has neither seccomp nor Landlock: processes that read foreign bytes are "
                       "apart, but not confined"))
        .bytes;
}
