#include "adapters/private_file.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct {
    bool set;
    gid_t id;
} group;

enum status private_file_set_group(const char *name, struct error *error)
{
    group.set = false;
    if (!name)
        return STATUS_OK;
    errno = 0;
    const struct group *found = getgrnam(name);
    if (!found)
        return error_set(error, STATUS_USAGE,
                         _("there is no group \"%s\" here; create it, or take \"group\" out"), name);
    group.set = true;
    group.id = found->gr_gid;
    return STATUS_OK;
}

unsigned private_file_mode(void)
{
    return group.set ? 0640 : 0600;
}

unsigned private_file_folder_mode(void)
{
    return group.set ? 0750 : 0700;
}

int private_file_own(int descriptor, bool folder)
{
    if (group.set && fchown(descriptor, (uid_t)-1, group.id) < 0)
        return errno;
    return fchmod(descriptor, folder ? private_file_folder_mode() : private_file_mode()) < 0 ? errno : 0;
}

/* ---- folders ---- */

static void folder_of(const char *path, char folder[PATH_MAX])
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        snprintf(folder, PATH_MAX, ".");
    else
        snprintf(folder, PATH_MAX, "%.*s", slash == path ? 1 : (int)(slash - path), path);
}

static bool is_open_to_all(const char *folder, bool *sticky)
{
    struct stat info;
    if (stat(folder, &info) < 0)
        return false;
    *sticky = info.st_mode & S_ISVTX;
    return info.st_mode & S_IWOTH;
}

enum status private_file_check_folder(const char *folder, struct error *error)
{
    bool sticky;
    if (is_open_to_all(folder, &sticky) && !sticky)
        return error_set(
            error, STATUS_USAGE,
            _("everybody may write in the folder %s, and so put other files in the place of ours; "
              "take that right away: chmod o-w %s"),
            folder, folder);
    return STATUS_OK;
}

enum status private_file_check_place(const char *path, struct error *error)
{
    char folder[PATH_MAX];
    struct stat info;
    if (!stat(path, &info) && !S_ISREG(info.st_mode))
        return error_set(error, STATUS_USAGE, _("%s is no regular file"), path);
    folder_of(path, folder);
    return private_file_check_folder(folder, error);
}

/* ---- whose it is ---- */

/* A file whose owner what is put at the path is to have: one of that name, or of a name that goes on with . or -. */
static bool find_model(const char *path, const struct stat *made, struct stat *model)
{
    char name[PATH_MAX];
    size_t length = strlen(path);
    const char *slash = strrchr(path, '/');
    size_t least = slash ? (size_t)(slash + 2 - path) : 1;
    if (length >= sizeof name)
        return false;
    memcpy(name, path, length + 1);
    for (; length >= least; length--) {
        if (path[length] && path[length] != '.' && path[length] != '-')
            continue;
        name[length] = 0;
        if (!lstat(name, model) && S_ISREG(model->st_mode) &&
            (model->st_dev != made->st_dev || model->st_ino != made->st_ino))
            return true;
    }
    return false;
}

void private_file_hand_over(int descriptor, const char *path)
{
    char folder[PATH_MAX];
    struct stat made, model;
    bool sticky;
    if (geteuid())
        return;
    folder_of(path, folder);
    if (fstat(descriptor, &made) || is_open_to_all(folder, &sticky) ||
        (!find_model(path, &made, &model) && stat(folder, &model)))
        return;
    /* A file system that knows no owners, or a root that may give nothing away, is no reason to write nothing. */
    if (model.st_uid != made.st_uid && fchown(descriptor, model.st_uid, (gid_t)-1) < 0)
        errno = 0;
}

bool private_file_may_read(const char *path)
{
    return !faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) || errno != EACCES;
}

static void name_of(uid_t user, char *name, size_t size)
{
    char room[4096];
    struct passwd entry, *found = NULL;
    if (getpwuid_r(user, &entry, room, sizeof room, &found) || !found)
        snprintf(name, size, "%lu", (unsigned long)user);
    else
        snprintf(name, size, "%s", found->pw_name);
}

enum status private_file_tell_denied(const char *path, enum status status, struct error *error)
{
    char owner[64], user[64];
    struct stat info;
    if (stat(path, &info) || info.st_uid == geteuid())
        return error_set(error, status, _("%s cannot be opened: %s"), path, words_errno(EACCES));
    name_of(info.st_uid, owner, sizeof owner);
    name_of(geteuid(), user, sizeof user);
    return error_set(
        error, status,
        _("%s cannot be opened: it belongs to %s, and %s may not. Give the command as %s; or, where the "
          "nights run as %s, give the file back: chown %s %s"),
        path, owner, user, owner, user, user, path);
}

/* ---- files ---- */

static enum status look_at(const char *path, int descriptor, bool alone, struct error *error)
{
    struct stat info;
    char folder[PATH_MAX];
    bool sticky;
    if (fstat(descriptor, &info) < 0)
        return error_set(error, STATUS_FATAL, _("%s cannot be looked at: %s"), path, words_errno(errno));
    if (!S_ISREG(info.st_mode))
        return error_set(error, STATUS_USAGE, _("%s is no regular file"), path);
    if (alone && info.st_nlink > 1)
        return error_set(error, STATUS_USAGE,
                         _("%s has a second name, so that what is written to it would be written there too; "
                           "take it away"),
                         path);
    folder_of(path, folder);
    if (is_open_to_all(folder, &sticky) && info.st_uid && info.st_uid != geteuid())
        return error_set(
            error, STATUS_USAGE,
            _("%s belongs to somebody else, in a folder where everybody may write; take it away"), path);
    return STATUS_OK;
}

static enum status cannot_open(const char *path, int code, struct error *error)
{
    if (code == ELOOP)
        return error_set(error, STATUS_USAGE,
                         _("%s is a symbolic link, and nothing of ours is written through one; take it away"),
                         path);
    if (code == EACCES)
        return private_file_tell_denied(path, STATUS_FATAL, error);
    if (code == EISDIR || code == ENXIO)
        return error_set(error, STATUS_USAGE, _("%s is no regular file"), path);
    return error_set(error, STATUS_FATAL, _("%s cannot be opened: %s"), path, words_errno(code));
}

enum status private_file_open(const char *path, bool alone, int *descriptor, struct error *error)
{
    const int flags = O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW;
    int code = 0;
    *descriptor = -1;
    /* Another run may create it, or take it away, between the two. */
    for (int attempt = 0; *descriptor < 0 && attempt < 100; attempt++) {
        *descriptor = open(path, flags | O_CREAT | O_EXCL, (mode_t)private_file_mode());
        if (*descriptor >= 0) {
            code = private_file_own(*descriptor, false);
            private_file_hand_over(*descriptor, path);
        } else if (errno == EEXIST)
            *descriptor = open(path, flags);
        if (*descriptor < 0 && (code = errno) != ENOENT)
            break;
    }
    if (*descriptor < 0 || code) {
        if (*descriptor >= 0)
            close(*descriptor);
        *descriptor = -1;
        return cannot_open(path, code, error);
    }
    if (look_at(path, *descriptor, alone, error)) {
        close(*descriptor);
        *descriptor = -1;
        return error->status;
    }
    return STATUS_OK;
}

enum status private_file_look(const char *path, struct error *error)
{
    struct stat info;
    int descriptor;
    if (lstat(path, &info) < 0 &&
        (!group.set || !geteuid())) /* as root SQLite gives it the file's owner and group */
        return STATUS_OK;
    if (private_file_open(path, false, &descriptor, error))
        return error->status;
    close(descriptor);
    return STATUS_OK;
}
