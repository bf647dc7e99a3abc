/* The door to the file system: whole files, streams, folders, locks, atomic writes. */
#ifndef ADAPTERS_FILE_H
#define ADAPTERS_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/error.h"
#include "core/text.h"

/* The whole of a regular file, at most `limit` bytes. STATUS_REJECT with path and reason otherwise. */
enum status file_read(struct arena *arena, const char *path, size_t limit, struct text *bytes,
                      struct error *error);

/* A stream of bytes; other sources of bytes (a transfer, a zip member) can stand behind the same struct. */
struct file_stream {
    /* Up to `length` bytes into `bytes`; *got 0 at the end. */
    enum status (*read)(struct file_stream *stream, void *bytes, size_t length, size_t *got,
                        struct error *error);
    void (*close)(struct file_stream *stream);
    const char *name; /* for messages and locators */
    void *user_data;
    struct text rest; /* of a stream over memory: what is still to be read */
};
#define FILE_BLOCK ((size_t)64 << 10) /* so much of a stream is read at once */
/* Reads so much behind the buffer's content; *got 0 at the end. */
enum status file_stream_more(struct file_stream *stream, struct buffer *buffer, size_t *got,
                             struct error *error);
enum status file_stream_open(struct arena *arena, const char *path, struct file_stream *stream,
                             struct error *error);
/* A stream over bytes in memory, borrowed. */
void file_stream_memory(struct text bytes, const char *name, struct file_stream *stream);

/* The regular files in a folder whose names match a shell pattern (an ending without signs of it in any case), sorted bytewise. `match` goes down where
 * it holds slashes, each part matching names of one level, a part "**" any number of folders (also none);
 * NULL or "" is "*". Hidden entries and "~$…" are skipped. Symbolic links to folders are not followed, links
 * to files are when they stay under the folder. What matches and is neither file nor folder (a link that
 * leads nowhere, round in a circle or out of the folder, a pipe, a device) is named apart. A folder below that
 * cannot be read is named too: the list is not whole then. A folder that cannot be read itself is STATUS_STOP: a
 * listing must never be guessed; so are more than 1,000,000 files. A match that leaves the folder ("..") is
 * STATUS_USAGE.
 */
#define FILE_UNREAD_SAID 10

struct file_list {
    size_t count;
    const char **paths; /* folder/name, as opened */
    const char **names; /* relative to the folder */
    size_t odd_count;
    const char **odd; /* what is neither file nor folder, relative to the folder */
    size_t unread_count;
    struct error *unread; /* folders below that cannot be read, the first FILE_UNREAD_SAID of them */
};
enum status file_list_folder(struct arena *arena, const char *folder, const char *match,
                             struct file_list *list, struct error *error);

/* What tells whether a file was written to. Times in nanoseconds since 1970. */
struct file_state {
    uint64_t device, number;
    int64_t size, modified, changed;
};
/* STATUS_REJECT when there is no such regular file. */
enum status file_look(const char *path, struct file_state *state, struct error *error);
/* Of the file that a stream of file_stream_open reads. */
enum status file_stream_look(const struct file_stream *stream, struct file_state *state, struct error *error);
bool file_state_equal(const struct file_state *left, const struct file_state *right);

/* Writes path atomically: a temporary file beside it, synced, renamed, the folder synced. mode as open(2), or
 * FILE_OURS. */
#define FILE_OURS 0 /* as private_file.h has it */
enum status file_write(const char *path, struct text bytes, unsigned mode, struct error *error);
enum status file_write_stream(const char *path, struct file_stream *stream, unsigned mode,
                              struct error *error); /* all that it gives */
/* mkdir -p; mode as mkdir(2), or FILE_OURS. */
enum status file_make_folders(const char *path, unsigned mode, struct error *error);
bool file_exists(const char *path);
bool file_is_link(const char *path); /* a symbolic one */
void file_remove(const char *path);
/* rename(2), on disk when it returns. */
enum status file_move(const char *from, const char *to, struct error *error);
/* A second name for a file; STATUS_END where something has that name already. */
enum status file_name_again(const char *path, const char *name, struct error *error);

/* A lock that dies with its process (open file description lock). STATUS_BUSY when another process holds it,
 * with its number when it can be told. The file is created as ours; one that is a link, or has a second name,
 * is STATUS_USAGE. */
struct file_lock {
    int descriptor;
    bool inside; /* file_lock_take_inside: the file is not the lock's */
};
enum status file_lock_take(const char *path, struct file_lock *lock, struct error *error);
/* A lock on a file itself, whatever it is called: on one byte far behind its end, which SQLite does not use.
 * Creates an empty file as ours when there is none. Because closing any descriptor of a file takes away SQLite's
 * locks of this process on it, it is taken before SQLite opens the file and dropped after it has closed it. */
enum status file_lock_take_inside(const char *path, struct file_lock *lock, struct error *error);
void file_lock_drop(struct file_lock *lock);
/* Who holds the file of file_lock_take? */
enum file_lock_look {
    FILE_LOCK_NONE, /* there is no such file */
    FILE_LOCK_FREE,
    FILE_LOCK_HELD,
    FILE_LOCK_UNTOLD, /* it is there, and may not be looked at */
};
enum file_lock_look file_lock_look(const char *path);

/* `path` relative to `folder` unless it is absolute; lives in the arena. */
const char *file_path(struct arena *arena, const char *folder, const char *path);

/* The folder that the path lies in, "." where it names none. */
const char *file_folder(struct arena *arena, const char *path);

#endif
