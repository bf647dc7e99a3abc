/* The folder that departments' lists are written to: it holds the newest lists and nothing older of ours, and what
 * is not ours is not written over.
 *
 *     struct kept_folder folder;
 *     if (kept_folder_open(&folder, arena, path, error)) …
 *     if (kept_folder_check(&folder, name, error)) …              for each name, before the first is written
 *     while (…) status = kept_folder_put(&folder, name, bytes, error);
 *     kept_folder_close(&folder, &swept, error)                   whatever became of the others
 *
 * KEPT_FOLDER_INDEX in it says which files are ours, each with its digest: who changes one makes it his.
 */
#ifndef CLI_KEPT_FOLDER_H
#define CLI_KEPT_FOLDER_H

#include "core/arena.h"
#include "core/error.h"
#include "core/value.h"

#define KEPT_FOLDER_INDEX ".congkhai-lists"

struct kept_folder {
    struct arena *arena;
    const char *path;
    struct value *earlier, *now; /* name to digest in hex */
};

/* Makes the folder where there is none. */
enum status kept_folder_open(struct kept_folder *folder, struct arena *arena, const char *path,
                             struct error *error);

/* STATUS_USAGE where another's file has the name. */
enum status kept_folder_check(const struct kept_folder *folder, struct text name, struct error *error);

enum status kept_folder_put(struct kept_folder *folder, struct text name, struct text bytes,
                            struct error *error);

/* Of the earlier lists that were not made anew, `removed` are those whose name ends so (bytes NULL: none is removed), and
 * `left` those that lie there still. */
struct kept_folder_swept {
    struct text ending;
    struct value *removed, *left; /* lists of names */
};
enum status kept_folder_close(struct kept_folder *folder, struct kept_folder_swept *swept,
                              struct error *error);

#endif
