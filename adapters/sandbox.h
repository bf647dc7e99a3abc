/* The doors of a process are locked, from inside and for good: seccomp (the door to libseccomp), Landlock by its system
 * calls, and limits of the kernel. What is not named here is refused with EPERM; nothing that is refused ends the
 * process.
 *
 *     static const char *const read[] = { SANDBOX_LIBRARY_FILES, "/srv/data", NULL };
 *     const struct sandbox sandbox = { .allow = SANDBOX_OPEN | SANDBOX_ACCEPT, .read = read };
 *     if (sandbox_enter(&sandbox, error)) …      before any thread is started
 *
 * Always there: what is open already (read, write, receive, send, lock, map, cut off), memory, clocks, chance, waiting,
 * signals to itself, the end. Never: another program, a signal to another process, tracing, mounts, other users, keys,
 * io_uring, user namespaces.
 *
 * seccomp says which calls there are, Landlock (ABI 1 and later; what a newer one knows is used) which paths they
 * reach. Where one is not there the other holds alone: see sandbox_missing.
 */
#ifndef ADAPTERS_SANDBOX_H
#define ADAPTERS_SANDBOX_H

#include <stddef.h>

#include "core/arena.h"
#include "core/error.h"

enum sandbox_allow {
    SANDBOX_OPEN = 1 << 0,  /* open files and folders under `read` for reading */
    SANDBOX_WRITE = 1 << 1, /* make, write, rename and remove files under `write`; needs SANDBOX_OPEN */
    SANDBOX_CONNECT =
        1 << 2, /* make sockets (IPv4, IPv6, and what tells the machine's addresses) and connect */
    SANDBOX_LOCAL = 1 << 7,  /* with SANDBOX_CONNECT: Unix sockets, too (databases on this machine) */
    SANDBOX_ACCEPT = 1 << 3, /* take connections on a socket that listens already */
    SANDBOX_THREADS = 1 << 4,
    SANDBOX_CODE =
        1 << 5, /* memory that can be executed: modules of iconv and NSS, ODBC drivers, PCRE2's JIT */
    SANDBOX_FORK =
        1 << 6, /* another process of the same program, in the same sandbox, which may end with it */
};

struct sandbox {
    unsigned allow; /* of enum sandbox_allow */
    const char *const
        *read; /* files and folders with all below; NULL at the end. One that is not there is no fault */
    /* Stays shut under `read`, each with what lies beside it and begins with its name (a store's log); real paths. Then what
     * is made later in a folder that holds one of them stays shut, too. NULL: none. Needs Landlock. */
    const char *const *hide;
    const char *const *write; /* folders, read and written; NULL: none */
    size_t memory; /* bytes of address space; 0: as before. Not under a sanitizer, whose shadow is larger */
    unsigned processor; /* seconds; 0: as before */
    unsigned files;     /* descriptors; 0: as before */
    size_t file_size;   /* of a file that is written; 0: as before */
};

/* What libraries look for in read only: themselves, modules of iconv and NSS, catalogues of messages, time zones. */
#define SANDBOX_LIBRARY_FILES                                                                                \
    "/usr/lib", "/lib", "/usr/lib64", "/lib64", "/usr/local/lib", "/etc/ld.so.cache", "/usr/share/locale",   \
        "/usr/local/share/locale", "/usr/share/zoneinfo", "/etc/localtime", "/dev/null", "/dev/urandom"
/* What looking up names and checking certificates reads. */
#define SANDBOX_NETWORK_FILES                                                                                \
    "/etc/resolv.conf", "/etc/hosts", "/etc/host.conf", "/etc/nsswitch.conf", "/etc/gai.conf",               \
        "/etc/services", "/etc/protocols", "/etc/ssl", "/etc/pki", "/etc/ca-certificates",                   \
        "/usr/share/ca-certificates", "/usr/local/share/ca-certificates", "/run/systemd/resolve",            \
        "/run/resolvconf", "/var/run/nscd", "/etc/passwd"

/* Ends core dumps and what /proc shows others of this process, too. STATUS_FATAL where something that is there cannot
 * be used; the process must not go on then. */
enum status sandbox_enter(const struct sandbox *sandbox, struct error *error);

/* What this machine does not have: a sentence for a person; NULL: all is there. In the arena. */
const char *sandbox_missing(struct arena *arena);

#endif
