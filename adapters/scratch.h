/* A file without a name: bytes that are too many for memory, for as long as they are needed. It lies in
 * $TMPDIR or /var/tmp and is gone with its last user, whatever happens to the process. */
#ifndef ADAPTERS_SCRATCH_H
#define ADAPTERS_SCRATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "adapters/file.h"

#define SCRATCH_PATH 40

struct scratch {
    bool open; /* a zeroed one is closed */
    int descriptor;
    uint64_t length;
};

/* STATUS_FATAL when it cannot be made. */
enum status scratch_open(struct scratch *scratch, struct error *error);
/* Appends. STATUS_FATAL when it cannot be written (the disk is full). */
enum status scratch_put(struct scratch *scratch, struct text bytes, struct error *error);
void scratch_clear(struct scratch *scratch);
/* All of it from the beginning; several streams may be read at once, while nothing is appended. Closing the
 * stream leaves the scratch open. */
void scratch_stream(struct scratch *scratch, const char *name, struct file_stream *stream);
/* The first bytes, at most `most`; in the arena. */
enum status scratch_start(struct scratch *scratch, struct arena *arena, size_t most, struct text *bytes,
                          struct error *error);
/* A path that this process can open while the scratch is. */
void scratch_path(const struct scratch *scratch, char path[SCRATCH_PATH]);
void scratch_close(struct scratch *scratch);

#endif
