/* A file without a name: bytes that are too many for memory, for as long as they are needed. It lies in
 * $TMPDIR or /var/tmp and is gone with its last user, whatever happens to the process. */
#ifndef ADAPTERS_SPOOL_FILE_H
#define ADAPTERS_SPOOL_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "adapters/file.h"

#define SPOOL_FILE_PATH 40

struct spool_file {
    bool open; /* a zeroed one is closed */
    int descriptor;
    uint64_t length;
};

/* For who may make no file later: so many that spool_file_open takes from, and spool_file_close gives back to. STATUS_FATAL
 * as that. */
enum status spool_file_reserve(size_t count, struct error *error);
/* STATUS_FATAL when it cannot be made. */
enum status spool_file_open(struct spool_file *scratch, struct error *error);
/* Appends. STATUS_FATAL when it cannot be written (the disk is full). */
enum status spool_file_put(struct spool_file *scratch, struct text bytes, struct error *error);
void spool_file_clear(struct spool_file *scratch);
/* All of it from the beginning; several streams may be read at once, while nothing is appended. Closing the
 * stream leaves the scratch open. */
void spool_file_stream(struct spool_file *scratch, const char *name, struct file_stream *stream);
/* The first bytes, at most `most`; in the arena. */
enum status spool_file_start(struct spool_file *scratch, struct arena *arena, size_t most, struct text *bytes,
                             struct error *error);
/* A path that this process can open while the scratch is. */
void spool_file_path(const struct spool_file *scratch, char path[SPOOL_FILE_PATH]);
/* Another descriptor of what such a path names, for who may open nothing; -1: it is no such path. */
int spool_file_reopen(const char *path);
/* A file that another process opened and handed over; the descriptor is the spool's from now on. STATUS_REJECT: it is
 * no regular file. */
enum status spool_file_take(struct spool_file *scratch, int descriptor, struct error *error);
void spool_file_close(struct spool_file *scratch);

#endif
