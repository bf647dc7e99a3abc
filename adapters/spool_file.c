#include "adapters/spool_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Where the file system has no O_TMPFILE the name is taken away at once. */
static int open_in(const char *folder)
{
    char path[4096];
    int descriptor = open(folder, O_RDWR | O_TMPFILE | O_EXCL | O_CLOEXEC, 0600);
    if (descriptor >= 0)
        return descriptor;
    int length = snprintf(path, sizeof path, "%s/congkhai-XXXXXX", folder);
    if (length < 0 || (size_t)length >= sizeof path)
        return -1;
    descriptor = mkostemp(path, O_CLOEXEC);
    if (descriptor >= 0)
        unlink(path);
    return descriptor;
}

#define RESERVE_MAX 16

static int reserve[RESERVE_MAX];
static size_t reserved;
static bool reserves;

enum status spool_file_reserve(size_t count, struct error *error)
{
    for (size_t i = 0; i < count && i < RESERVE_MAX; i++) {
        struct spool_file spool;
        if (spool_file_open(&spool, error))
            return error->status;
        reserve[i] = spool.descriptor;
    }
    reserved = count;
    reserves = true;
    return STATUS_OK;
}

enum status spool_file_open(struct spool_file *scratch, struct error *error)
{
    const char *named = getenv("TMPDIR");
    const char *const folders[] = { named, "/var/tmp", "/tmp" };
    int code = 0;
    if (reserved) {
        *scratch = (struct spool_file){ .open = true, .descriptor = reserve[--reserved] };
        return STATUS_OK;
    }
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        if (!folders[i] || !*folders[i])
            continue;
        int descriptor = open_in(folders[i]);
        if (descriptor >= 0) {
            *scratch = (struct spool_file){ .open = true, .descriptor = descriptor };
            return STATUS_OK;
        }
        code = errno;
    }
    return error_set(error, STATUS_FATAL, _("no temporary file can be made in $TMPDIR, /var/tmp or /tmp: %s"),
                     words_errno(code));
}

enum status spool_file_put(struct spool_file *scratch, struct text bytes, struct error *error)
{
    while (bytes.length) {
        ssize_t count = pwrite(scratch->descriptor, bytes.bytes, bytes.length, (off_t)scratch->length);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return error_set(error, STATUS_FATAL,
                             _("a temporary file cannot be written: %s; name another folder with TMPDIR"),
                             words_errno(errno));
        scratch->length += (uint64_t)count;
        bytes = text_slice(bytes, (size_t)count, bytes.length - (size_t)count);
    }
    return STATUS_OK;
}

void spool_file_clear(struct spool_file *scratch)
{
    if (scratch->length && ftruncate(scratch->descriptor, 0) == 0)
        scratch->length = 0;
    scratch->length = 0;
}

/* Where a stream stands is kept in rest.length: the stream has no bytes in memory. */
static enum status read_scratch(struct file_stream *stream, void *bytes, size_t length, size_t *got,
                                struct error *error)
{
    const struct spool_file *scratch = stream->user_data;
    uint64_t left = scratch->length - stream->rest.length;
    ssize_t count;
    do
        count = pread(scratch->descriptor, bytes, length < left ? length : (size_t)left,
                      (off_t)stream->rest.length);
    while (count < 0 && errno == EINTR);
    if (count < 0)
        return error_set(error, STATUS_FATAL, _("a temporary file cannot be read: %s"), words_errno(errno));
    stream->rest.length += (size_t)count;
    *got = (size_t)count;
    return STATUS_OK;
}

static void close_stream(struct file_stream *stream)
{
    stream->close = NULL;
}

void spool_file_stream(struct spool_file *scratch, const char *name, struct file_stream *stream)
{
    *stream = (struct file_stream){
        .read = read_scratch, .close = close_stream, .name = name, .user_data = scratch
    };
}

enum status spool_file_start(struct spool_file *scratch, struct arena *arena, size_t most, struct text *bytes,
                             struct error *error)
{
    struct file_stream stream;
    size_t length = scratch->length < most ? (size_t)scratch->length : most, got = 0;
    char *content = arena_alloc(arena, length + 1);
    spool_file_stream(scratch, "", &stream);
    *bytes = (struct text){ content, 0 };
    while (bytes->length < length) {
        if (read_scratch(&stream, content + bytes->length, length - bytes->length, &got, error))
            return error->status;
        if (!got)
            break;
        bytes->length += got;
    }
    content[bytes->length] = 0;
    return STATUS_OK;
}

void spool_file_path(const struct spool_file *scratch, char path[SPOOL_FILE_PATH])
{
    snprintf(path, SPOOL_FILE_PATH, "/proc/self/fd/%d", scratch->descriptor);
}

int spool_file_reopen(const char *path)
{
    static const char folder[] = "/proc/self/fd/";
    if (strncmp(path, folder, strlen(folder)) != 0)
        return -1;
    return fcntl(atoi(path + strlen(folder)), F_DUPFD_CLOEXEC, 0);
}

enum status spool_file_take(struct spool_file *scratch, int descriptor, struct error *error)
{
    struct stat info;
    if (fstat(descriptor, &info) || !S_ISREG(info.st_mode))
        return error_set(error, STATUS_REJECT, _("a process of this program says what makes no sense"));
    *scratch =
        (struct spool_file){ .open = true, .descriptor = descriptor, .length = (uint64_t)info.st_size };
    return STATUS_OK;
}

void spool_file_close(struct spool_file *scratch)
{
    if (scratch->open && reserves && reserved < RESERVE_MAX && !ftruncate(scratch->descriptor, 0))
        reserve[reserved++] = scratch->descriptor;
    else if (scratch->open)
        close(scratch->descriptor);
    *scratch = (struct spool_file){ 0 };
}
