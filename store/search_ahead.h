/* The lines of the index for searching (store/search_index.h), written by a thread with a connection of its own while the run
 * settles and publishes what was mapped: at the run's end a line is taken from here if it is made of the same rows.
 *
 *     ahead = search_ahead_open(store)            what is mapped is committed
 *     … the run …
 *     search_index_write(store, ahead, error)
 *     search_ahead_close(ahead)
 *
 * It holds no snapshot for longer than a thousand codes take, so the log can be folded back meanwhile.
 */
#ifndef STORE_SEARCH_AHEAD_H
#define STORE_SEARCH_AHEAD_H

#include "store/search_lines.h"
#include "store/store.h"

struct search_ahead;

/* NULL: too little is to be settled and published to be worth it, or there is no thread, or no room for what it would write. */
struct search_ahead *search_ahead_open(struct store *store);
/* Waits for the thread. True: the line of this code (without its line feed), made of just this; codes are asked for in
 * their order. */
bool search_ahead_find(struct search_ahead *ahead, struct text code, struct search_origin origin,
                       struct text *line);
void search_ahead_close(struct search_ahead *ahead); /* NULL: nothing */

#endif
