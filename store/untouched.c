#include "store/untouched.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ATTEMPTS   5
#define PATH_SIZE  4200
#define BLOCK      ((size_t)1 << 20)
#define COUNTER_AT 24 /* https://www.sqlite.org/fileformat.html, 1.3.5 */

static const char *const ends[] = { "", "-wal" };

static bool read_counter(const char *path, unsigned char counter[4])
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return false;
    memset(counter, 0, 4); /* a file that is too short to have one is told by SQLite */
    bool read = pread(descriptor, counter, 4, COUNTER_AT) >= 0;
    close(descriptor);
    return read;
}

/* ---- as it lies ---- */

static enum status open_still(const char *path, struct untouched *untouched, struct sqlite **database,
                              struct error *error)
{
    if (file_look(path, &untouched->state, error) || !read_counter(path, untouched->counter))
        return error->status
                   ? error->status
                   : error_set(error, STATUS_FATAL, _("%s cannot be read: %s"), path, words_errno(errno));
    untouched->still = true;
    return sqlite_open_file(path, SQLITE_READ_STILL, database, error);
}

enum status untouched_check(const char *path, const struct untouched *untouched, struct error *error)
{
    struct file_state now;
    unsigned char counter[4];
    if (!untouched->still)
        return STATUS_OK;
    if (file_look(path, &now, NULL) == STATUS_OK && file_state_equal(&now, &untouched->state) &&
        read_counter(path, counter) && !memcmp(counter, untouched->counter, sizeof counter))
        return STATUS_OK;
    return error_set(error, STATUS_STOP,
                     _("%s was written to while it was read: what was shown may be of two moments; give the "
                       "command again"),
                     path);
}

/* ---- a copy ---- */

static bool copy_bytes(int from, int to)
{
    char *block = malloc(BLOCK);
    ssize_t count = block ? 1 : -1;
    while (count > 0) {
        count = read(from, block, BLOCK);
        for (ssize_t done = 0, wrote; count > 0 && done < count; done += wrote)
            if ((wrote = write(to, block + done, (size_t)(count - done))) < 0)
                count = -1, wrote = 0;
    }
    free(block);
    return count == 0;
}

static enum status copy_file(const char *from, const char *to, struct error *error)
{
    int in = open(from, O_RDONLY | O_CLOEXEC);
    if (in < 0)
        return error_set(error, errno == ENOENT ? STATUS_END : STATUS_FATAL, _("%s cannot be read: %s"), from,
                         words_errno(errno));
    int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool copied = out >= 0 && copy_bytes(in, out);
    int code = errno;
    close(in);
    if (out >= 0 && close(out) < 0)
        copied = false;
    if (copied)
        return STATUS_OK;
    return error_set(error, STATUS_FATAL,
                     _("%s cannot be copied to %s to be read there: %s; name a folder with room with TMPDIR"),
                     from, to, words_errno(code));
}

/* A folder of our own; false: none can be made. */
static bool make_folder(char folder[PATH_SIZE])
{
    const char *named = getenv("TMPDIR");
    const char *const places[] = { named, "/var/tmp", "/tmp" };
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        if (!places[i] || !*places[i])
            continue;
        if (snprintf(folder, PATH_SIZE, "%s/congkhai-XXXXXX", places[i]) < PATH_SIZE - 20 && mkdtemp(folder))
            return true;
    }
    return false; /* not covered: a machine without /var/tmp and /tmp */
}

static void forget_copy(const char *folder)
{
    static const char *const left[] = { "/copy", "/copy-wal", "/copy-shm", "/copy-journal" };
    char path[PATH_SIZE + 20];
    for (size_t i = 0; i < sizeof left / sizeof *left; i++) {
        snprintf(path, sizeof path, "%s%s", folder, left[i]);
        (void)unlink(path);
    }
    (void)rmdir(folder);
}

/* Both files as they were at one moment: neither changed while they were copied. STATUS_END: they did. */
static enum status copy_both(const char *path, const char *folder, struct error *error)
{
    struct file_state before[2], after[2];
    char from[PATH_SIZE], to[PATH_SIZE + 20];
    for (size_t i = 0; i < 2; i++) {
        snprintf(from, sizeof from, "%s%s", path, ends[i]);
        if (file_look(from, &before[i], error))
            return i ? STATUS_END : error->status;
    }
    for (size_t i = 0; i < 2; i++) {
        snprintf(from, sizeof from, "%s%s", path, ends[i]);
        snprintf(to, sizeof to, "%s/copy%s", folder, ends[i]);
        enum status status = copy_file(from, to, error);
        if (status)
            return status;
    }
    for (size_t i = 0; i < 2; i++) {
        snprintf(from, sizeof from, "%s%s", path, ends[i]);
        if (file_look(from, &after[i], error) || !file_state_equal(&before[i], &after[i]))
            return STATUS_END; /* not covered: somebody who writes while a copy is made */
    }
    return STATUS_OK;
}

/* The log is folded into the copy, which then needs no name: whatever becomes of the process, nothing is left. */
static enum status open_copy(const char *path, struct sqlite **database, struct error *error)
{
    char folder[PATH_SIZE], copy[PATH_SIZE + 20];
    if (!make_folder(folder))
        /* not covered: a machine without /var/tmp and /tmp */
        return error_set(error, STATUS_FATAL,
                         _("no temporary folder can be made in $TMPDIR, /var/tmp or /tmp: %s"),
                         words_errno(errno));
    enum status status = copy_both(path, folder, error);
    snprintf(copy, sizeof copy, "%s/copy", folder);
    if (status == STATUS_OK)
        status = sqlite_open_file(copy, SQLITE_WRITE, database, error);
    if (status == STATUS_FATAL || status == STATUS_USAGE)
        status = error_add(error, "%s", path);
    if (status == STATUS_OK)
        status =
            sqlite_run(*database, "PRAGMA locking_mode = EXCLUSIVE; PRAGMA wal_checkpoint(TRUNCATE)", error);
    forget_copy(folder);
    if (status != STATUS_OK && *database) {
        sqlite_close_file(*database);
        *database = NULL;
    }
    return status;
}

enum status untouched_open(const char *path, struct untouched *untouched, struct sqlite **database,
                           struct error *error)
{
    char log[PATH_SIZE], index[PATH_SIZE];
    *database = NULL;
    *untouched = (struct untouched){ .still = false };
    if (snprintf(log, sizeof log, "%s-wal", path) >= PATH_SIZE - 20)
        return error_set(error, STATUS_USAGE, _("the store's path is too long: %s"), path);
    snprintf(index, sizeof index, "%s-shm", path);
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        enum status status;
        if (!file_exists(log)) {
            status = open_still(path, untouched, database, error);
            if (status != STATUS_OK || !file_exists(log))
                return status;
            sqlite_close_file(*database); /* not covered: a run that begins between two calls */
            *untouched = (struct untouched){ .still = false }; /* not covered: the same */
        }
        if (file_exists(index) && sqlite_open_file(path, SQLITE_READ_SHARED, database, NULL) == STATUS_OK)
            return STATUS_OK;
        status = open_copy(path, database, error);
        if (status != STATUS_END)
            return status;
    }
    /* not covered: somebody who writes into each of five copies while it is made */
    return error_set(
        error, STATUS_STOP,
        _("%s is written to all the time and its log's index cannot be used: no copy of one moment can be "
          "made; try again later"),
        path);
}
