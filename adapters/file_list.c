/* Listing folders. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "adapters/file.h"
#include "core/memory.h"

#define MOST_ENTRIES  1000000
#define MOST_SEGMENTS 63 /* of a match: one bit each, and one for "all matched" */
#define MOST_DEPTH    100

/* The match's segments are the states of a small automaton, a bit each: so a folder is entered once, however
 * many ways "**" finds to it. */
struct listing {
    struct arena *arena;
    const char *root; /* as the caller named it, without a slash at its end */
    char *real_root;  /* where it truly is, or NULL when that cannot be told */
    char *segments[MOST_SEGMENTS];
    unsigned segment_count;
    struct path_list {
        const char **paths;
        size_t count, capacity;
    } files, odd;
    struct error *unread;
    size_t unread_count;
    struct error *error;
};

static bool any_depth(const struct listing *listing, unsigned segment)
{
    return strcmp(listing->segments[segment], "**") == 0;
}

/* Standing before "**" is standing behind it too: it may match no folder at all. */
static uint64_t spread(const struct listing *listing, uint64_t states)
{
    for (unsigned i = 0; i + 1 < listing->segment_count; i++)
        if (states >> i & 1 && any_depth(listing, i))
            states |= (uint64_t)1 << (i + 1);
    return states;
}

/* An ending counts in any case: who saves LIST.XLSX, or has a system that writes so, means a workbook. */
static bool fits(const char *pattern, const char *name)
{
    if (fnmatch(pattern, name, FNM_PERIOD) == 0)
        return true;
    const char *ending = strrchr(pattern, '.'), *given = strrchr(name, '.');
    char same[NAME_MAX + 1];
    if (!ending || !given || strpbrk(ending, "*?[\\") || strcasecmp(ending, given) != 0 ||
        strlen(name) >= sizeof same)
        return false;
    snprintf(same, sizeof same, "%.*s%s", (int)(given - name), name, ending);
    return fnmatch(pattern, same, FNM_PERIOD) == 0;
}

/* The states behind an entry of this name. Bit segment_count says that a file of this name is listed. */
static uint64_t advance(const struct listing *listing, uint64_t states, const char *name)
{
    uint64_t next = 0;
    for (unsigned i = 0; i < listing->segment_count; i++) {
        if (!(states >> i & 1))
            continue;
        if (any_depth(listing, i)) {
            next |= (uint64_t)1 << i;
            if (i + 1 == listing->segment_count)
                next |= (uint64_t)1 << (i + 1);
        } else if (fits(listing->segments[i], name)) {
            next |= (uint64_t)1 << (i + 1);
        }
    }
    return next;
}

static enum status split_match(struct listing *listing, const char *match)
{
    char *rest = text_string(listing->arena, text_of(match && *match ? match : "*"));
    for (char *segment; (segment = strsep(&rest, "/"));) {
        if (!*segment || strcmp(segment, ".") == 0)
            continue;
        if (strcmp(segment, "..") == 0)
            return error_set(
                listing->error, STATUS_USAGE,
                _("%s: the match %s leaves the folder. Name the other folder instead of using \"..\""),
                listing->root, match);
        if (listing->segment_count && strcmp(segment, "**") == 0 &&
            any_depth(listing, listing->segment_count - 1))
            continue;
        if (listing->segment_count == MOST_SEGMENTS)
            return error_set(listing->error, STATUS_USAGE, _("%s: the match %s has more than %d parts"),
                             listing->root, match, MOST_SEGMENTS);
        listing->segments[listing->segment_count++] = segment;
    }
    if (!listing->segment_count)
        return error_set(listing->error, STATUS_USAGE, _("%s: the match \"%s\" names no files. Try \"*\""),
                         listing->root, match);
    return STATUS_OK;
}

static enum status unreadable(struct listing *listing, const char *path, int code)
{
    return error_set(listing->error, STATUS_STOP,
                     _("the folder %s cannot be read: %s. Check its path and permissions and run again"),
                     path, words_errno(code));
}

/* One below: the others are listed all the same. */
static enum status pass_over(struct listing *listing, const char *path, int code)
{
    struct error *error = listing->error;
    if (!listing->unread)
        listing->unread = arena_array(listing->arena, struct error, FILE_UNREAD_SAID);
    if (listing->unread_count < FILE_UNREAD_SAID) {
        listing->error = &listing->unread[listing->unread_count];
        (void)unreadable(listing, path, code);
        listing->error = error;
    }
    listing->unread_count++;
    return STATUS_OK;
}

static enum status add_path(struct listing *listing, struct path_list *list, const char *path)
{
    if (list->count == MOST_ENTRIES)
        return error_set(
            listing->error, STATUS_STOP,
            _("the folder %s holds more than %d files that match. Move what is done away, or match less"),
            listing->root, MOST_ENTRIES);
    list->paths = memory_more(list->paths, list->count, &list->capacity, sizeof *list->paths);
    list->paths[list->count++] = text_string(listing->arena, text_of(path));
    return STATUS_OK;
}

static bool stays_inside(const struct listing *listing, const char *path)
{
    if (!listing->real_root)
        return false;
    char *real = realpath(path, NULL);
    size_t length = strcmp(listing->real_root, "/") == 0 ? 0 : strlen(listing->real_root);
    bool inside =
        real && strncmp(real, listing->real_root, length) == 0 && (real[length] == '/' || !real[length]);
    free(real);
    return inside;
}

enum entry { ENTRY_FILE, ENTRY_FOLDER, ENTRY_FOREIGN_FOLDER, ENTRY_ODD, ENTRY_NOTHING };

static enum entry look_at_entry(const struct listing *listing, int folder, const struct dirent *entry,
                                const char *path)
{
    if (entry->d_type == DT_REG)
        return ENTRY_FILE;
    if (entry->d_type == DT_DIR)
        return ENTRY_FOLDER;
    struct stat info;
    if (fstatat(folder, entry->d_name, &info, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT ? ENTRY_NOTHING : ENTRY_ODD;
    if (S_ISREG(info.st_mode))
        return ENTRY_FILE;
    if (S_ISDIR(info.st_mode))
        return ENTRY_FOLDER;
    if (!S_ISLNK(info.st_mode) || fstatat(folder, entry->d_name, &info, 0) < 0)
        return ENTRY_ODD;
    if (S_ISDIR(info.st_mode))
        return stays_inside(listing, path) ? ENTRY_NOTHING : ENTRY_FOREIGN_FOLDER;
    return S_ISREG(info.st_mode) && stays_inside(listing, path) ? ENTRY_FILE : ENTRY_ODD;
}

static enum status walk(struct listing *listing, int descriptor, char *path, uint64_t states, int depth);

static enum status walk_entry(struct listing *listing, int folder, const struct dirent *entry, char *path,
                              uint64_t states, int depth)
{
    uint64_t listed = (uint64_t)1 << listing->segment_count;
    uint64_t next = advance(listing, states, entry->d_name);
    if (!next)
        return STATUS_OK;
    enum entry kind = look_at_entry(listing, folder, entry, path);
    if (kind == ENTRY_FILE || kind == ENTRY_ODD)
        return next & listed ? add_path(listing, kind == ENTRY_FILE ? &listing->files : &listing->odd, path)
                             : STATUS_OK;
    if (!(next & ~listed) || kind == ENTRY_NOTHING)
        return STATUS_OK;
    if (kind == ENTRY_FOREIGN_FOLDER)
        return add_path(listing, &listing->odd, path); /* it may hold what is to be read */
    if (depth == MOST_DEPTH)
        return error_set(listing->error, STATUS_STOP, _("the folder %s lies deeper than %d folders in %s"),
                         path, MOST_DEPTH, listing->root);
    int below = openat(folder, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (below < 0)
        return pass_over(listing, path, errno);
    return walk(listing, below, path, next & ~listed, depth + 1);
}

/* `path` is one buffer of PATH_MAX for all levels; every level cuts it back to its own name. */
static enum status walk(struct listing *listing, int descriptor, char *path, uint64_t states, int depth)
{
    DIR *folder = fdopendir(descriptor);
    if (!folder) {
        enum status failed = unreadable(listing, path, errno);
        close(descriptor);
        return failed;
    }
    enum status status = STATUS_OK;
    size_t length = strlen(path);
    states = spread(listing, states);
    while (!status) {
        errno = 0;
        const struct dirent *entry = readdir(folder);
        if (!entry) {
            if (errno)
                status = depth ? pass_over(listing, path, errno) : unreadable(listing, path, errno);
            break;
        }
        /* "~$" begins the name of what Office puts beside a document while somebody has it open. */
        if (entry->d_name[0] == '.' || strncmp(entry->d_name, "~$", 2) == 0)
            continue;
        int written = snprintf(path + length, PATH_MAX - length, "/%s", entry->d_name);
        if (written < 0 || (size_t)written >= PATH_MAX - length)
            status = pass_over(listing, path, ENAMETOOLONG);
        else
            status = walk_entry(listing, descriptor, entry, path, states, depth);
        path[length] = 0;
    }
    closedir(folder);
    return status;
}

static int compare_paths(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static const char **hand_over(struct arena *arena, struct path_list *list, size_t skip)
{
    const char **paths = arena_array(arena, const char *, list->count);
    if (list->count)
        qsort(list->paths, list->count, sizeof *list->paths, compare_paths);
    for (size_t i = 0; i < list->count; i++)
        paths[i] = list->paths[i] + skip;
    return paths;
}

enum status file_list_folder(struct arena *arena, const char *folder, const char *match,
                             struct file_list *list, struct error *error)
{
    char path[PATH_MAX];
    *list = (struct file_list){ 0 };
    struct listing listing = { .arena = arena, .error = error };
    size_t length = strlen(folder);
    while (length && folder[length - 1] == '/') /* "/" becomes "": paths are made by putting "/name" behind */
        length--;
    listing.root = *folder ? text_string(arena, (struct text){ folder, length }) : ".";
    enum status status = split_match(&listing, match);
    if (status)
        return status;
    if (strlen(listing.root) >= sizeof path)
        return unreadable(&listing, folder, ENAMETOOLONG);
    int descriptor = open(*folder ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0)
        return unreadable(&listing, folder, errno);
    listing.real_root = realpath(*folder ? folder : ".", NULL);
    memcpy(path, listing.root, strlen(listing.root) + 1);
    status = walk(&listing, descriptor, path, 1, 0);
    if (!status) {
        size_t prefix = strlen(listing.root) + 1;
        list->count = listing.files.count;
        list->paths = hand_over(arena, &listing.files, 0);
        list->names = hand_over(arena, &listing.files, prefix);
        list->odd_count = listing.odd.count;
        list->odd = hand_over(arena, &listing.odd, prefix);
        list->unread_count = listing.unread_count;
        list->unread = listing.unread;
    }
    free(listing.files.paths);
    free(listing.odd.paths);
    free(listing.real_root);
    return status;
}
