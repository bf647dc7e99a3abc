#include "adapters/atomic_directory.h"

#include <dirent.h>
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

#define MAKING     ".making"
#define HIDDEN_MAX 256 /* NAME_MAX and its NUL */

struct atomic_directory {
    char *folder, *name;
    char hidden[HIDDEN_MAX];
    int place, user_data; /* descriptors of the folder, and of the hidden one in it */
    bool sealed;
};

static enum status fault(const char *folder, const char *name, int code, struct error *error)
{
    if (code == ENOSPC || code == EDQUOT)
        return error_set(error, STATUS_STOP,
                         _("%s/%s cannot be written: the disk is full. Free space and run again"), folder,
                         name);
    return error_set(error, STATUS_STOP, _("%s/%s cannot be written: %s"), folder, name, words_errno(code));
}

static int open_folder(int place, const char *name)
{
    return openat(place, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static void hand_over(int descriptor, const char *folder, const char *name)
{
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/%s", folder, name) < (int)sizeof path)
        private_file_hand_over(descriptor, path);
}

/* A bundle has files only. */
static int remove_folder(int place, const char *name)
{
    int folder = open_folder(place, name);
    DIR *list = folder < 0 ? NULL : fdopendir(folder);
    if (!list) {
        int code = errno;
        if (folder >= 0)
            close(folder);
        return code == ENOENT ? 0 : code;
    }
    int code = 0;
    for (struct dirent *entry; !code && (errno = 0, entry = readdir(list));)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
            unlinkat(dirfd(list), entry->d_name, 0) < 0)
            code = errno;
    if (!code)
        code = errno;
    closedir(list);
    if (!code && unlinkat(place, name, AT_REMOVEDIR) < 0)
        code = errno;
    return code;
}

static int hide(const char *name, char hidden[HIDDEN_MAX])
{
    int length = snprintf(hidden, HIDDEN_MAX, ".%s" MAKING, name);
    if (length < 0 || length >= HIDDEN_MAX)
        return ENAMETOOLONG;
    return *name && *name != '.' && !strchr(name, '/') ? 0 : EINVAL;
}

static enum status begin(struct atomic_directory *bundle, struct error *error)
{
    int code = hide(bundle->name, bundle->hidden);
    if (!code && (bundle->place = open(bundle->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
        code = errno;
    if (!code)
        code = remove_folder(bundle->place, bundle->hidden);
    if (!code && mkdirat(bundle->place, bundle->hidden, 0777) < 0)
        code = errno;
    if (!code && (bundle->user_data = open_folder(bundle->place, bundle->hidden)) < 0)
        code = errno;
    if (code)
        return fault(bundle->folder, bundle->name, code, error);
    hand_over(bundle->user_data, bundle->folder, bundle->hidden);
    return STATUS_OK;
}

enum status atomic_directory_begin(const char *folder, const char *name, struct atomic_directory **bundle,
                                   struct error *error)
{
    struct atomic_directory *begun = memory_new(struct atomic_directory);
    begun->folder = memory_copy_string(folder);
    begun->name = memory_copy_string(name);
    begun->place = begun->user_data = -1;
    if (begin(begun, error)) {
        atomic_directory_close(begun);
        *bundle = NULL;
        return error->status;
    }
    *bundle = begun;
    return STATUS_OK;
}

enum status atomic_directory_put(struct atomic_directory *bundle, const char *file, struct text bytes,
                                 struct error *error)
{
    int code = 0;
    int descriptor =
        openat(bundle->user_data, file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, (mode_t)0666);
    if (descriptor < 0)
        return fault(bundle->folder, bundle->name, errno, error);
    char path[HIDDEN_MAX + NAME_MAX];
    if (snprintf(path, sizeof path, "%s/%s", bundle->hidden, file) < (int)sizeof path)
        hand_over(descriptor, bundle->folder, path);
    while (bytes.length && !code) {
        ssize_t count = write(descriptor, bytes.bytes, bytes.length);
        if (count < 0 && errno != EINTR)
            code = errno;
        else if (count > 0)
            bytes = text_slice(bytes, (size_t)count, bytes.length);
    }
    if (close(descriptor) < 0 && !code && errno != EINTR)
        code = errno;
    return code ? fault(bundle->folder, bundle->name, code, error) : STATUS_OK;
}

/* One call for all files: a package has hundreds of small ones. */
enum status atomic_directory_seal(struct atomic_directory *bundle, struct error *error)
{
    if (syncfs(bundle->user_data) < 0 || fsync(bundle->user_data) < 0)
        return fault(bundle->folder, bundle->name, errno, error);
    bundle->sealed = true;
    return STATUS_OK;
}

static int show(int place, const char *hidden, const char *name)
{
    struct stat info;
    if (fstatat(place, name, &info, AT_SYMLINK_NOFOLLOW) == 0)
        return EEXIST;
    if (renameat(place, hidden, place, name) < 0)
        return errno;
    return fsync(place) < 0 && errno != EINVAL ? errno : 0;
}

enum status atomic_directory_show(struct atomic_directory *bundle, struct error *error)
{
    int code = show(bundle->place, bundle->hidden, bundle->name);
    return code ? fault(bundle->folder, bundle->name, code, error) : STATUS_OK;
}

void atomic_directory_close(struct atomic_directory *bundle)
{
    if (!bundle)
        return;
    if (bundle->user_data >= 0) {
        close(bundle->user_data);
        if (!bundle->sealed)
            remove_folder(bundle->place, bundle->hidden);
    }
    if (bundle->place >= 0)
        close(bundle->place);
    free(bundle->folder);
    free(bundle->name);
    free(bundle);
}

/* ---- what a death left ---- */

enum status atomic_directory_left(struct arena *arena, const char *folder, const char ***names, size_t *count,
                                  struct error *error)
{
    DIR *list = opendir(folder);
    size_t capacity = 0;
    *names = NULL;
    *count = 0;
    if (!list)
        return error_set(error, STATUS_STOP, _("the folder %s cannot be read: %s"), folder,
                         words_errno(errno));
    for (struct dirent *entry; (errno = 0, entry = readdir(list));) {
        struct text name = text_of(entry->d_name);
        if (name.length < sizeof MAKING + 1 || name.bytes[0] != '.' || !text_ends(name, TEXT(MAKING)))
            continue;
        if (*count == capacity) {
            const char **larger = arena_array(arena, const char *, capacity = capacity ? capacity * 2 : 8);
            if (*count)
                memcpy(larger, *names, *count * sizeof *larger);
            *names = larger;
        }
        (*names)[(*count)++] = text_string(arena, text_slice(name, 1, name.length - sizeof MAKING));
    }
    int code = errno;
    closedir(list);
    if (code)
        return error_set(error, STATUS_STOP, _("the folder %s cannot be read: %s"), folder,
                         words_errno(code));
    return STATUS_OK;
}

static enum status end_left(const char *folder, const char *name, bool shown, struct error *error)
{
    char hidden[HIDDEN_MAX];
    int code = hide(name, hidden);
    int place = code ? -1 : open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (!code && place < 0)
        code = errno;
    if (!code)
        code = shown ? show(place, hidden, name) : remove_folder(place, hidden);
    if (place >= 0)
        close(place);
    return code ? fault(folder, name, code, error) : STATUS_OK;
}

enum status atomic_directory_show_left(const char *folder, const char *name, struct error *error)
{
    return end_left(folder, name, true, error);
}

enum status atomic_directory_drop_left(const char *folder, const char *name, struct error *error)
{
    return end_left(folder, name, false, error);
}
