/* A folder of files that is there whole or not at all, and survives the death of the machine.
 *
 * It grows under a hidden name beside its own (".NAME.making"), is sealed (all of it has reached the disk,
 * still hidden), then shown (renamed). Between sealing and showing the caller can write down that it exists:
 * after a death, what was written down is shown, and what was not is dropped, so that there is never half a
 * bundle.
 */
#ifndef ADAPTERS_FILE_BUNDLE_H
#define ADAPTERS_FILE_BUNDLE_H

#include <stdbool.h>

#include "core/arena.h"
#include "core/error.h"
#include "core/text.h"

struct file_bundle;

/* Begins folder/name; what an earlier death left under its hidden name is dropped. */
enum status file_bundle_begin(const char *folder, const char *name, struct file_bundle **bundle,
                              struct error *error);
enum status file_bundle_put(struct file_bundle *bundle, const char *file, struct text bytes,
                            struct error *error);
enum status file_bundle_seal(struct file_bundle *bundle, struct error *error);
enum status file_bundle_show(struct file_bundle *bundle, struct error *error);
/* Ends it; what is not sealed yet is removed. NULL does nothing. */
void file_bundle_close(struct file_bundle *bundle);

/* The names of bundles that stand hidden in a folder. */
enum status file_bundle_left(struct arena *arena, const char *folder, const char ***names, size_t *count,
                             struct error *error);
enum status file_bundle_show_left(const char *folder, const char *name, struct error *error);
enum status file_bundle_drop_left(const char *folder, const char *name, struct error *error);

#endif
