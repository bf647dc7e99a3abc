/* A folder of files that is there whole or not at all, and survives the death of the machine.
 *
 * It grows under a hidden name beside its own (".NAME.making"), is sealed (all of it has reached the disk,
 * still hidden), then shown (renamed). Between sealing and showing the caller can write down that it exists:
 * after a death, what was written down is shown, and what was not is dropped, so that there is never half a
 * bundle.
 */
#ifndef ADAPTERS_ATOMIC_DIRECTORY_H
#define ADAPTERS_ATOMIC_DIRECTORY_H

#include <stdbool.h>

#include "core/arena.h"
#include "core/error.h"
#include "core/text.h"

struct atomic_directory;

/* Begins folder/name; what an earlier death left under its hidden name is dropped. */
enum status atomic_directory_begin(const char *folder, const char *name, struct atomic_directory **bundle,
                                   struct error *error);
enum status atomic_directory_put(struct atomic_directory *bundle, const char *file, struct text bytes,
                                 struct error *error);
enum status atomic_directory_seal(struct atomic_directory *bundle, struct error *error);
enum status atomic_directory_show(struct atomic_directory *bundle, struct error *error);
/* Ends it; what is not sealed yet is removed. NULL does nothing. */
void atomic_directory_close(struct atomic_directory *bundle);

/* The names of bundles that stand hidden in a folder. */
enum status atomic_directory_left(struct arena *arena, const char *folder, const char ***names, size_t *count,
                                  struct error *error);
enum status atomic_directory_show_left(const char *folder, const char *name, struct error *error);
enum status atomic_directory_drop_left(const char *folder, const char *name, struct error *error);

#endif
