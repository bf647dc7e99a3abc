/* Notices that a way could not give. They wait beside what was told (`<store>.notices`), and are given with the next night's, the
 * oldest first and for a week: what was told to nobody must not count as told. */
#ifndef NOTIFY_UNTOLD_H
#define NOTIFY_UNTOLD_H

#include <stdint.h>

#include "notify/sink.h"

struct untold {
    struct arena *arena;
    struct value *list; /* of objects: way, at, subject, body, type, file */
    int64_t now;
};

/* Takes the list over as it was kept (NULL or no list: none waits), without what is too old. */
void untold_open(struct untold *untold, struct arena *arena, const struct value *kept, int64_t now);
/* What waits for this way up to the first that fails, then `message` (NULL: nothing new); where that goes through, the rest of what
 * waits, so that one notice which is never taken holds up no other. What failed goes on waiting: the first's status and words. */
enum status untold_send(struct untold *untold, const struct sink *sink, const struct sink_message *message,
                        struct error *error);
/* What is to be kept: no more than so many bytes, the newest. */
struct value *untold_kept(const struct untold *untold);

#endif
