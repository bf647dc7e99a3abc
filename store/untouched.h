/* A store's file read without a trace: nothing is written to it, beside it or in its folder.
 *
 * Where SQLite's index of the write-ahead log (-shm) is there it is used, read only. Where there is a log and no index
 * that can be used, file and log are copied to a private temporary file, which has no name any more once it is open.
 * Only where there is no log the file is read as it lies; then the caller asks at the end whether it still does.
 */
#ifndef STORE_UNTOUCHED_H
#define STORE_UNTOUCHED_H

#include "adapters/file.h"
#include "adapters/sqlite.h"

struct untouched {
    bool still; /* read as it lies */
    struct file_state state;
    unsigned char counter[4]; /* SQLite's file change counter */
};

/* STATUS_STOP when somebody writes so much that no copy of one moment can be made; else as sqlite_open_file. */
enum status untouched_open(const char *path, struct untouched *untouched, struct sqlite **database,
                           struct error *error);
/* STATUS_STOP when the file that was read as it lies was written to since. */
enum status untouched_check(const char *path, const struct untouched *untouched, struct error *error);

#endif
