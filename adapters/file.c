#include "adapters/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "adapters/private_file.h"
#include "core/memory.h"

/* ---- reading ---- */

/* O_NONBLOCK, so that a pipe without a writer does not hold the program until it is known to be no file. */
static enum status open_regular(const char *path, int *descriptor, struct stat *info, struct error *error)
{
    int opened = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (opened < 0)
        return error_set(error, STATUS_REJECT, _("%s cannot be opened: %s"), path, words_errno(errno));
    if (fstat(opened, info) < 0) {
        enum status status =
            error_set(error, STATUS_REJECT, _("%s cannot be looked at: %s"), path, words_errno(errno));
        close(opened);
        return status;
    }
    if (!S_ISREG(info->st_mode)) {
        close(opened);
        return error_set(error, STATUS_REJECT, _("%s is no regular file"), path);
    }
    *descriptor = opened;
    return STATUS_OK;
}

static enum status read_some(int descriptor, const char *path, void *bytes, size_t length, size_t *got,
                             struct error *error)
{
    ssize_t count;
    do
        count = read(descriptor, bytes, length);
    while (count < 0 && errno == EINTR);
    if (count < 0)
        return error_set(error, STATUS_REJECT, _("%s cannot be read: %s"), path, words_errno(errno));
    *got = (size_t)count;
    return STATUS_OK;
}

static enum status too_large(const char *path, size_t limit, struct error *error)
{
    return error_set(error, STATUS_REJECT, _("%s is larger than the limit of %zu bytes"), path, limit);
}

/* One byte more than the size is asked for, so that the end is seen and a file that grows is not cut. */
static enum status read_whole(struct arena *arena, int descriptor, const char *path, size_t size,
                              size_t limit, struct text *bytes, struct error *error)
{
    size_t capacity = size + 1, length = 0, got = 0;
    char *content = arena_alloc(arena, capacity + 1);
    for (;;) {
        enum status status = read_some(descriptor, path, content + length, capacity - length, &got, error);
        if (status)
            return status;
        length += got;
        if (length > limit)
            return too_large(path, limit, error);
        if (!got)
            break;
        if (length == capacity) { /* such files as those of /proc say that their size is 0 */
            char *larger = arena_alloc(arena, capacity * 2 + 4096 + 1);
            memcpy(larger, content, length);
            content = larger;
            capacity = capacity * 2 + 4096;
        }
    }
    content[length] = 0;
    *bytes = (struct text){ content, length };
    return STATUS_OK;
}

enum status file_read(struct arena *arena, const char *path, size_t limit, struct text *bytes,
                      struct error *error)
{
    int descriptor;
    struct stat before, after;
    enum status status = open_regular(path, &descriptor, &before, error);
    if (status)
        return status;
    if ((uintmax_t)before.st_size > limit)
        status = too_large(path, limit, error);
    else
        status = read_whole(arena, descriptor, path, (size_t)before.st_size, limit, bytes, error);
    if (!status && fstat(descriptor, &after) == 0 &&
        (after.st_size != before.st_size || after.st_mtim.tv_sec != before.st_mtim.tv_sec ||
         after.st_mtim.tv_nsec != before.st_mtim.tv_nsec))
        status = error_set(
            error, STATUS_REJECT,
            _("%s was written to while it was read. Let its writer end (or write beside it and rename) "
              "and run again"),
            path);
    close(descriptor);
    return status;
}

/* ---- streams ---- */

static enum status stream_read_file(struct file_stream *stream, void *bytes, size_t length, size_t *got,
                                    struct error *error)
{
    return read_some((int)(intptr_t)stream->user_data, stream->name, bytes, length, got, error);
}

static void stream_close_file(struct file_stream *stream)
{
    if (stream->read == stream_read_file)
        close((int)(intptr_t)stream->user_data);
    stream->read = NULL;
}

enum status file_stream_more(struct file_stream *stream, struct buffer *buffer, size_t *got,
                             struct error *error)
{
    enum status status = stream->read(stream, buffer_room(buffer, FILE_BLOCK), FILE_BLOCK, got, error);
    buffer->length += status ? 0 : *got;
    return status;
}

enum status file_stream_open(struct arena *arena, const char *path, struct file_stream *stream,
                             struct error *error)
{
    int descriptor;
    struct stat info;
    enum status status = open_regular(path, &descriptor, &info, error);
    if (status)
        return status;
    posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL);
    *stream = (struct file_stream){
        .read = stream_read_file,
        .close = stream_close_file,
        .name = text_string(arena, text_of(path)),
        .user_data = (void *)(intptr_t)descriptor,
    };
    return STATUS_OK;
}

static void take_state(const struct stat *info, struct file_state *state)
{
    const int64_t second = 1000000000;
    *state = (struct file_state){ .device = (uint64_t)info->st_dev,
                                  .number = (uint64_t)info->st_ino,
                                  .size = (int64_t)info->st_size,
                                  .modified = (int64_t)info->st_mtim.tv_sec * second + info->st_mtim.tv_nsec,
                                  .changed = (int64_t)info->st_ctim.tv_sec * second + info->st_ctim.tv_nsec };
}

enum status file_look(const char *path, struct file_state *state, struct error *error)
{
    struct stat info;
    if (stat(path, &info) < 0)
        return error_set(error, STATUS_REJECT, _("%s cannot be opened: %s"), path, words_errno(errno));
    if (!S_ISREG(info.st_mode))
        return error_set(error, STATUS_REJECT, _("%s is no regular file"), path);
    take_state(&info, state);
    return STATUS_OK;
}

enum status file_stream_look(const struct file_stream *stream, struct file_state *state, struct error *error)
{
    struct stat info;
    if (stream->read != stream_read_file || fstat((int)(intptr_t)stream->user_data, &info) < 0)
        return error_set(error, STATUS_REJECT, _("%s cannot be looked at: %s"), stream->name,
                         words_errno(errno));
    take_state(&info, state);
    return STATUS_OK;
}

bool file_state_equal(const struct file_state *left, const struct file_state *right)
{
    return left->device == right->device && left->number == right->number && left->size == right->size &&
           left->modified == right->modified && left->changed == right->changed;
}

static enum status stream_read_memory(struct file_stream *stream, void *bytes, size_t length, size_t *got,
                                      struct error *error)
{
    (void)error;
    *got = length < stream->rest.length ? length : stream->rest.length;
    if (*got)
        memcpy(bytes, stream->rest.bytes, *got);
    stream->rest = text_slice(stream->rest, *got, stream->rest.length - *got);
    return STATUS_OK;
}

static void stream_close_memory(struct file_stream *stream)
{
    stream->rest = TEXT_NONE;
}

void file_stream_memory(struct text bytes, const char *name, struct file_stream *stream)
{
    *stream = (struct file_stream){
        .read = stream_read_memory, .close = stream_close_memory, .name = name, .rest = bytes
    };
}

/* ---- writing ---- */

static enum status cannot_write(const char *path, int code, struct error *error)
{
    if (code == ENOSPC || code == EDQUOT)
        return error_set(error, STATUS_FATAL,
                         _("%s cannot be written: the disk is full. Free space and run again"), path);
    return error_set(error, STATUS_FATAL, _("%s cannot be written: %s"), path, words_errno(code));
}

static int write_all(int descriptor, struct text bytes)
{
    while (bytes.length) {
        ssize_t count = write(descriptor, bytes.bytes, bytes.length);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return errno;
        bytes = text_slice(bytes, (size_t)count, bytes.length - (size_t)count);
    }
    return 0;
}

/* A hidden name in the same folder: a listing skips it, and renaming never crosses a file system. */
static int open_beside(const char *path, unsigned mode, char temporary[PATH_MAX], int *descriptor)
{
    static unsigned long serial;
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    for (int attempt = 0; attempt < 100; attempt++) {
        int written = snprintf(temporary, PATH_MAX, "%.*s.%s.%ld-%lu.new", (int)(name - path), path, name,
                               (long)getpid(), __atomic_add_fetch(&serial, 1, __ATOMIC_RELAXED));
        if (written < 0 || written >= PATH_MAX)
            return ENAMETOOLONG;
        *descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                           (mode_t)(mode == FILE_OURS ? private_file_mode() : mode));
        if (*descriptor >= 0) {
            private_file_hand_over(*descriptor, path);
            return mode == FILE_OURS ? private_file_own(*descriptor, false) : 0;
        }
        if (errno != EEXIST)
            return errno;
    }
    return EEXIST;
}

static int sync_folder_of(const char *path)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    if (!slash)
        snprintf(folder, sizeof folder, ".");
    else
        snprintf(folder, sizeof folder, "%.*s", slash == path ? 1 : (int)(slash - path), path);
    int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0)
        return errno == EACCES ? 0 : errno; /* a folder that may be written but not read cannot be synced */
    int code = fsync(descriptor) < 0 && errno != EINVAL ? errno : 0;
    close(descriptor);
    return code;
}

enum status file_write(const char *path, struct text bytes, unsigned mode, struct error *error)
{
    struct file_stream stream;
    file_stream_memory(bytes, path, &stream);
    return file_write_stream(path, &stream, mode, error);
}

static enum status write_stream(int descriptor, struct file_stream *stream, int *code, struct error *error)
{
    char block[FILE_BLOCK];
    size_t got;
    do {
        if (stream->read(stream, block, sizeof block, &got, error))
            return error->status;
        *code = write_all(descriptor, (struct text){ block, got });
    } while (got && !*code);
    return STATUS_OK;
}

enum status file_write_stream(const char *path, struct file_stream *stream, unsigned mode,
                              struct error *error)
{
    char temporary[PATH_MAX];
    int descriptor;
    int code = open_beside(path, mode, temporary, &descriptor);
    if (code)
        return cannot_write(path, code, error);
    enum status status = write_stream(descriptor, stream, &code, error);
    if (!code && fsync(descriptor) < 0)
        code = errno;
    if (close(descriptor) < 0 && !code && errno != EINTR)
        code = errno;
    if (!code && !status && rename(temporary, path) < 0)
        code = errno;
    if (code || status)
        unlink(temporary);
    else
        code = sync_folder_of(path);
    if (status)
        return status;
    return code ? cannot_write(path, code, error) : STATUS_OK;
}

/* A folder is made with no more rights than it is to have, and then given its group. */
static int make_folder(const char *path, unsigned mode)
{
    if (mkdir(path, (mode_t)(mode == FILE_OURS ? private_file_folder_mode() : mode)) < 0)
        return errno == EEXIST ? 0 : errno;
    int descriptor = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (descriptor < 0)
        return mode == FILE_OURS ? errno : 0;
    private_file_hand_over(descriptor, path);
    int code = mode == FILE_OURS ? private_file_own(descriptor, true) : 0;
    close(descriptor);
    return code;
}

enum status file_make_folders(const char *path, unsigned mode, struct error *error)
{
    char *part = memory_copy_string(path);
    int code = 0;
    for (char *at = part + 1; *part && !code; at++) {
        if (*at && *at != '/')
            continue;
        char kept = *at;
        *at = 0;
        code = make_folder(part, mode);
        *at = kept;
        if (!kept)
            break;
    }
    free(part);
    struct stat info;
    if (!code && stat(path, &info) < 0)
        code = errno;
    else if (!code && !S_ISDIR(info.st_mode))
        code = ENOTDIR;
    if (code)
        return error_set(error, STATUS_FATAL, _("the folder %s cannot be made: %s"), path, words_errno(code));
    return STATUS_OK;
}

bool file_exists(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0;
}

bool file_is_link(const char *path)
{
    struct stat info;
    return lstat(path, &info) == 0 && S_ISLNK(info.st_mode);
}

void file_remove(const char *path)
{
    unlink(path);
}

enum status file_move(const char *from, const char *to, struct error *error)
{
    int code = rename(from, to) < 0 ? errno : sync_folder_of(to);
    return code ? cannot_write(to, code, error) : STATUS_OK;
}

enum status file_name_again(const char *path, const char *name, struct error *error)
{
    if (link(path, name) < 0)
        return errno == EEXIST ? STATUS_END : cannot_write(name, errno, error);
    return STATUS_OK;
}

/* ---- the lock ---- */

/* The kernel does not tell who holds such a lock: the holder has written its number into the file. */
static enum status held_by_another(const char *path, int descriptor, struct error *error)
{
    char number[32];
    ssize_t count = pread(descriptor, number, sizeof number - 1, 0);
    number[count > 0 ? count : 0] = 0;
    long process = strtol(number, NULL, 10);
    if (process > 0)
        return error_set(error, STATUS_BUSY, _("another run (process %ld) holds %s. Wait until it has ended"),
                         process, path);
    return error_set(error, STATUS_BUSY, _("another run holds %s. Wait until it has ended"), path);
}

static enum status take_lock(const char *path, int descriptor, off_t start, off_t length, struct error *error)
{
    struct flock range = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = start, .l_len = length };
    if (fcntl(descriptor, F_OFD_SETLK, &range) == 0)
        return STATUS_OK;
    if (errno == EAGAIN || errno == EACCES)
        return STATUS_BUSY;
    return error_set(error, STATUS_FATAL, _("the lock %s cannot be taken: %s"), path, words_errno(errno));
}

/* Is what was locked still what has this name? */
static bool is_still(const char *path, int descriptor)
{
    struct stat there, here;
    return !stat(path, &there) && !fstat(descriptor, &here) && there.st_dev == here.st_dev &&
           there.st_ino == here.st_ino;
}

static enum status open_and_lock(const char *path, bool alone, off_t start, off_t length, int *descriptor,
                                 struct error *error)
{
    for (int attempt = 0; attempt < 100; attempt++) {
        if (private_file_open(path, alone, descriptor, error))
            return error->status;
        enum status status = take_lock(path, *descriptor, start, length, error);
        if (status || is_still(path, *descriptor))
            return status;
        close(*descriptor);
    }
    *descriptor = -1;
    return error_set(error, STATUS_FATAL, _("the lock %s cannot be taken: %s"), path, words_errno(EAGAIN));
}

enum status file_lock_take(const char *path, struct file_lock *lock, struct error *error)
{
    int descriptor;
    *lock = (struct file_lock){ .descriptor = -1 };
    enum status status = open_and_lock(path, true, 0, 0, &descriptor, error);
    if (status == STATUS_BUSY)
        (void)held_by_another(path, descriptor, error);
    if (status) {
        if (descriptor >= 0)
            close(descriptor);
        return status;
    }
    char number[32];
    int length = snprintf(number, sizeof number, "%ld\n", (long)getpid());
    /* The number only serves the message: a full disk must not keep a run from reading its store. */
    if (ftruncate(descriptor, 0) == 0 && pwrite(descriptor, number, (size_t)length, 0) < 0)
        errno = 0;
    lock->descriptor = descriptor;
    return STATUS_OK;
}

enum status file_lock_take_inside(const char *path, struct file_lock *lock, struct error *error)
{
    const off_t far = (off_t)1 << 40;
    lock->descriptor = -1;
    enum status status = open_and_lock(path, false, far, 1, &lock->descriptor, error);
    if (status == STATUS_BUSY)
        (void)error_set(
            error, status,
            _("another run works with %s under another name of it, or its lock file was taken away. Wait "
              "until it has ended"),
            path);
    if (status && lock->descriptor >= 0)
        close(lock->descriptor);
    lock->descriptor = status ? -1 : lock->descriptor;
    lock->inside = true;
    return status;
}

enum file_lock_look file_lock_look(const char *path)
{
    struct flock range = { .l_type = F_RDLCK, .l_whence = SEEK_SET };
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (descriptor < 0)
        return errno == ENOENT ? FILE_LOCK_NONE : FILE_LOCK_UNTOLD;
    bool is_free = fcntl(descriptor, F_OFD_GETLK, &range) == 0 && range.l_type == F_UNLCK;
    close(descriptor);
    return is_free ? FILE_LOCK_FREE : FILE_LOCK_HELD;
}

void file_lock_drop(struct file_lock *lock)
{
    if (lock->descriptor < 0)
        return;
    /* The file stays: removing it would let two runs each hold a file of this name. */
    if (!lock->inside && ftruncate(lock->descriptor, 0) < 0)
        errno = 0;
    close(lock->descriptor);
    lock->descriptor = -1;
}

const char *file_path(struct arena *arena, const char *folder, const char *path)
{
    if (*path == '/' || !folder || !*folder || strcmp(folder, ".") == 0)
        return text_string(arena, text_of(path));
    const char *slash = folder[strlen(folder) - 1] == '/' ? "" : "/";
    return text_format(arena, "%s%s%s", folder, slash, path).bytes;
}

const char *file_folder(struct arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return ".";
    return text_string(arena, (struct text){ path, slash == path ? 1 : (size_t)(slash - path) });
}
