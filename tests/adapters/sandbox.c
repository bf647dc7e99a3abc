#include "adapters/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/test.h"

/* What a confined process tried, and what came of it: a line each, "what: 0" or "what: errno". */
static struct text tried(const struct sandbox *sandbox, void (*try)(int out))
{
    int ends[2];
    char *words = arena_alloc_zeroed(&test_arena, 4096);
    size_t length = 0;
    CHECK_INT(pipe(ends), 0);
    pid_t process = fork();
    if (!process) {
        struct error error = { 0 };
        if (sandbox_enter(sandbox, &error)) {
            dprintf(ends[1], "%s", error.message);
            _exit(1);
        }
        try(ends[1]);
        _exit(0);
    }
    close(ends[1]);
    for (ssize_t got; length < 4095 && (got = read(ends[0], words + length, 4095 - length)) > 0;)
        length += (size_t)got;
    close(ends[0]);
    int how = 0;
    waitpid(process, &how, 0);
    CHECK_INT(how, 0);
    return (struct text){ words, length };
}

static void tell(int out, const char *what, long result)
{
    dprintf(out, "%s: %s\n", what, result < 0 ? strerrorname_np(errno) : "done");
}

static void try_everything(int out)
{
    char *const arguments[] = { (char *)(uintptr_t) "true", NULL };
    tell(out, "read", open("/etc/hostname", O_RDONLY));
    tell(out, "write", open("/tmp/congkhai-sandbox-test", O_WRONLY | O_CREAT, 0600));
    tell(out, "internet", socket(AF_INET, SOCK_STREAM, 0));
    tell(out, "unix", socket(AF_UNIX, SOCK_STREAM, 0));
    tell(out, "program", execv("/bin/true", arguments));
    tell(out, "fork", fork());
    tell(out, "signal", kill(getppid(), SIGCONT));
    tell(out, "owner", fcntl(out, F_SETOWN, getppid()));
    tell(out, "code",
         mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1 : 0);
    struct rlimit more = { 1000, 1000 };
    tell(out, "limit", setrlimit(RLIMIT_NOFILE, &more));
}

TEST("without a word more nothing is left but what is open, memory and time")
{
    struct text said = tried(&(const struct sandbox){ .files = 64 }, try_everything);
    CHECK_STRING(said.bytes,
                 "read: EPERM\nwrite: EPERM\ninternet: EPERM\nunix: EPERM\nprogram: EPERM\nfork: EPERM\n"
                 "signal: EPERM\nowner: EPERM\ncode: EPERM\nlimit: EPERM\n");
}

static char folder[] = "/tmp/congkhai-sandbox-XXXXXX";

static const char *inside(const char *name)
{
    return text_format(&test_arena, "%s/%s", folder, name).bytes;
}

static void try_files(int out)
{
    tell(out, "read", open(inside("a"), O_RDONLY));
    tell(out, "other", open("/etc/hostname", O_RDONLY));
    tell(out, "write", open(inside("a"), O_WRONLY));
    tell(out, "make", open(inside("b"), O_WRONLY | O_CREAT, 0600));
    tell(out, "rename", rename(inside("b"), inside("c")));
    tell(out, "internet", socket(AF_INET, SOCK_STREAM, 0));
}

TEST("files are read, and written, below what was named alone")
{
    ARENA_OWNED struct arena arena = { 0 };
    if (sandbox_missing(&arena))
        return;
    CHECK(mkdtemp(folder) != NULL);
    close(open(inside("a"), O_WRONLY | O_CREAT, 0600));
    const char *const here[] = { folder, "/not there", NULL };
    CHECK_STRING(tried(&(const struct sandbox){ .allow = SANDBOX_OPEN, .read = here }, try_files).bytes,
                 "read: done\nother: EACCES\nwrite: EPERM\nmake: EPERM\nrename: EPERM\ninternet: EPERM\n");
    CHECK_STRING(
        tried(&(const struct sandbox){ .allow = SANDBOX_OPEN | SANDBOX_WRITE, .write = here }, try_files)
            .bytes,
        "read: done\nother: EACCES\nwrite: done\nmake: done\nrename: done\ninternet: EPERM\n");
    unlink(inside("a"));
    unlink(inside("c"));
    rmdir(folder);
}

static void try_network(int out)
{
    struct sockaddr_in here = { .sin_family = AF_INET,
                                .sin_port = htons(9),
                                .sin_addr = { htonl(INADDR_LOOPBACK) } };
    int opened = socket(AF_INET, SOCK_STREAM, 0);
    tell(out, "connect", connect(opened, (const struct sockaddr *)&here, sizeof here));
    tell(out, "listen", listen(opened, 1));
    tell(out, "unix", socket(AF_UNIX, SOCK_STREAM, 0));
    tell(out, "raw", socket(AF_PACKET, SOCK_RAW, 0));
}

static char hidden_folder[] = "/tmp/congkhai-hidden-XXXXXX";

static void try_folder(int out)
{
    static const char *const names[] = { "store.db",   "store.db-wal", "storeroom",
                                         "other/file", "link",         "later" };
    char path[128];
    int made = openat(AT_FDCWD, hidden_folder, O_TMPFILE | O_RDWR, 0600);
    tell(out, "writing", made);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", hidden_folder, names[i]);
        tell(out, names[i], open(path, O_RDONLY));
    }
    tell(out, "elsewhere", open("/etc/hostname", O_RDONLY));
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    tell(out, "fork", fork());
}

TEST("what is hidden stays shut with what belongs to it, and what lies beside it is open")
{
    static const char *const files[] = { "store.db", "store.db-wal", "storeroom", "other/file" };
    char store[128], path[128];
    if (!CHECK(mkdtemp(hidden_folder)))
        return;
    snprintf(path, sizeof path, "%s/other", hidden_folder);
    CHECK_INT(mkdir(path, 0700), 0);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        snprintf(path, sizeof path, "%s/%s", hidden_folder, files[i]);
        close(open(path, O_WRONLY | O_CREAT, 0600));
    }
    snprintf(store, sizeof store, "%s/store.db", hidden_folder);
    snprintf(path, sizeof path, "%s/link", hidden_folder);
    CHECK_INT(symlink(store, path), 0);
    const struct sandbox sandbox = { .allow = SANDBOX_OPEN | SANDBOX_FORK,
                                     .read = (const char *const[]){ "/", NULL },
                                     .hide = (const char *const[]){ store, NULL } };
    struct text said = tried(&sandbox, try_folder);
    if (!sandbox_missing(&test_arena))
        CHECK_STRING(said.bytes,
                     "writing: EPERM\nstore.db: EACCES\nstore.db-wal: EACCES\nstoreroom: done\n"
                     "other/file: done\nlink: EACCES\nlater: ENOENT\nelsewhere: done\nfork: done\n"
                     "fork: done\n");
    snprintf(path, sizeof path, "rm -r %s", hidden_folder);
    CHECK_INT(system(path), 0);
}

TEST("who may connect may not listen, nor reach the sockets of this machine")
{
    CHECK_STRING(tried(&(const struct sandbox){ .allow = SANDBOX_CONNECT }, try_network).bytes,
                 "connect: ECONNREFUSED\nlisten: EPERM\nunix: EPERM\nraw: EPERM\n");
}
