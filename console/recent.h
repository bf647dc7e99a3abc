/* Pages that were made a moment ago, while a run is at work: each of its commits makes another store, of which every reader
 * would have a page of his own made and the store looked at anew. So whoever asks for the same page within a second
 * gets the same one, of the same snapshot. When the run has ended, nothing is given out again. For console/ only.
 */
#ifndef CONSOLE_RECENT_H
#define CONSOLE_RECENT_H

#include "adapters/http_server.h"

#define RECENT_MS    1000
#define RECENT_PAGES 32                  /* that are kept, each … */
#define RECENT_BYTES ((size_t)512 << 10) /* … of so many bytes at most */

struct recent;

struct recent *recent_open(void);
void recent_close(struct recent *recent); /* NULL: nothing */

/* `now`: milliseconds of a clock that only goes forward. May be called from several threads. */
bool recent_get(struct recent *recent, const struct http_server_request *request, int64_t now,
                struct http_server_answer *answer);
/* An answer of 200 with a body; the others are not kept. */
void recent_put(struct recent *recent, const struct http_server_request *request, int64_t now,
                const struct http_server_answer *answer);

#endif
