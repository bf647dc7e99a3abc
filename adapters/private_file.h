/* What the program creates is its own: 0600 (folders 0700), or of a group that may read it, 0640 (0750),
 * whatever the umask says; no symbolic link is followed, and no folder in which strangers can put something
 * in its place is worked in. */
#ifndef ADAPTERS_PRIVATE_FILE_H
#define ADAPTERS_PRIVATE_FILE_H

#include <stdbool.h>

#include "core/error.h"

/* The group of what is created from here on; NULL: none. STATUS_USAGE when there is no such group. */
enum status private_file_set_group(const char *name, struct error *error);

unsigned private_file_mode(void);
unsigned private_file_folder_mode(void);

/* Gives a file or folder that was just created its rights and its group; an errno, 0 for none. */
int private_file_own(int descriptor, bool folder);

/* Gives what root has just made at the path, or is about to put there, to whoever works there: the owner of the file it takes
 * the place of, else of the file it stands beside (<file>.checkpoint, <file>-wal), else of the folder. Nothing is done for
 * others than root, and nothing in a folder where everybody may write. */
void private_file_hand_over(int descriptor, const char *path);

/* May this process read what stands at the path, as far as its rights go? What is not there may be read. */
bool private_file_may_read(const char *path);
/* Says of what may not be opened whose it is and what gives it back. It asks who users are: not for locked processes. */
enum status private_file_tell_denied(const char *path, enum status status, struct error *error);

/* Opens a regular file to read and write, created when it is not there, at the end of no symbolic link and
 * under no second name when `alone`. In a folder where everybody may write (sticky) it must be ours or root's.
 * STATUS_USAGE for one that is not as it should be, STATUS_FATAL when it cannot be opened. */
enum status private_file_open(const char *path, bool alone, int *descriptor, struct error *error);

/* Looks at a file that another library opens by its name, as private_file_open would; one that is not there is
 * no error, and created when there is a group to give it to (root's SQLite does that itself). */
enum status private_file_look(const char *path, struct error *error);

/* May strangers put something in the place of the files of this folder? Then STATUS_USAGE. One that is not
 * there yet is no error. */
enum status private_file_check_folder(const char *folder, struct error *error);
/* So of the path's folder; nor may what stands at the path be anything but a file. */
enum status private_file_check_place(const char *path, struct error *error);

#endif
