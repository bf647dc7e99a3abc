/* What the fetching of a source wants to find again on the next night (such as ETags): bytes that only it
 * understands. They belong to the last whole listing. */
#ifndef STORE_SOURCE_STATE_H
#define STORE_SOURCE_STATE_H

#include "store/store.h"

/* TEXT_NONE when nothing is kept. The state lives in the arena. */
enum status source_state_get(struct store *store, struct arena *arena, const char *source, struct text *state,
                             struct error *error);
/* Inside a transaction, for a source that staging knows. TEXT_NONE: what was kept is forgotten. */
enum status source_state_put(struct store *store, const char *source, struct text state, struct error *error);

#endif
