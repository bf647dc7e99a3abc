/* A subfolder that gave records and gives none now: a share that is not mounted, a folder that was moved away,
 * links that all lead nowhere. A folder is one of the source's folders by the names of its documents; the
 * source's own counts as one. */
#ifndef EXTRACT_VANISHED_FOLDERS_H
#define EXTRACT_VANISHED_FOLDERS_H

#include "core/arena.h"
#include "extract/listing.h"
#include "store/staging.h"

struct folder_names {
    struct text *names;
    size_t count, capacity;
};

/* A document of this name gave records; or, with `only`, none, which is enough where it stands in that folder. */
void vanished_folders_gave(struct folder_names *gave, struct arena *arena, const char *document,
                           const char *only);

/* The folders of records that are in no document now, when neither they nor a folder below them gave any. */
enum status vanished_folders_find(struct staging *staging, const struct folder_names *gave,
                                  struct folder_names *vanished, struct arena *arena, struct error *error);

/* "a", "b" and 3 more; in the arena. */
const char *vanished_folders_words(const struct folder_names *vanished, struct arena *arena);

#endif
