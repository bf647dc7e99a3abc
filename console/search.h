/* The search index at hand: what lies beside the store, or one made here, in the temporary folder, where that is missing or of another head. For
 * console/ only. */
#ifndef CONSOLE_SEARCH_H
#define CONSOLE_SEARCH_H

#include "core/value.h"
#include "store/store.h"

struct search;

struct search *search_open(void);
void search_close(struct search *search);

/* The codes (store/search_index.h) in the index of the head with this root, in the open snapshot of the store. */
enum status search_find(struct search *search, struct store *store, struct text root, struct text question,
                        struct arena *arena, struct value **codes, struct error *error);

#endif
