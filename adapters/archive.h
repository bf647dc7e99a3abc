/* The door to libarchive: the members of a zip file, as an office document is one. Nothing is ever unpacked
 * to disk.
 *
 * The input is hostile: names that could lead out of a folder, two members of one name, encryption, too many
 * members and more bytes than allowed are STATUS_REJECT with the reason, whether the directory of the zip
 * says so or the bytes do. A zip without its directory (cut in transfer) is refused. Only zip is read.
 */
#ifndef ADAPTERS_ARCHIVE_H
#define ADAPTERS_ARCHIVE_H

#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/error.h"
#include "core/text.h"

struct file_stream;

struct archive_limits {
    size_t members;
    uint64_t member_bytes; /* one member unpacked */
    uint64_t total_bytes;  /* all members unpacked */
    uint64_t ratio;        /* unpacked bytes for one packed byte … */
    uint64_t ratio_from;   /* … counted once a member has given this many */
};

struct archive_member {
    struct text name; /* in the archive's arena; a file's, never a folder's */
    uint64_t bytes;   /* unpacked, as the directory says */
};

/* An archive: its directory is read and checked when it is opened. */
struct archive_file;

/* From a path, or from bytes (borrowed until the close) when `path` is NULL; `name` is for messages. `limits`
 * NULL: the default ones. STATUS_REJECT when it cannot be read or is refused. */
enum status archive_open(const char *path, struct text bytes, const char *name,
                         const struct archive_limits *limits, struct archive_file **archive,
                         struct error *error);
/* By its name, else by its name in another case of ASCII letters; NULL when there is none. */
const struct archive_member *archive_find(const struct archive_file *archive, struct text name);
/* A stream over the unpacked bytes; several may be open at once. Its reads refuse what is beyond the limits,
 * a member that is cut, and one whose checksum is wrong. The archive must stay open until the stream is
 * closed. */
enum status archive_member_open(struct archive_file *archive, const struct archive_member *member,
                                struct file_stream *stream, struct error *error);
void archive_close(struct archive_file *archive); /* NULL is fine */

#endif
