/* The digests of files that are probably those of the last night, made by a thread while the caller checks the store's
 * state: on a quiet night these two are half of the work, and neither needs the other.
 *
 *     request.ahead = digests_ahead_open(store, &request)      before the run begins
 *     … extract_run(store, &request, …) …                      finds them
 *     digests_ahead_close(request.ahead)
 *
 * A digest is of a file as it stood: whoever asks has looked at the file, and reads it where it stands otherwise. The
 * store is read by digests_ahead_open alone, before anybody knows that its state holds: that only chooses what is read.
 */
#ifndef EXTRACT_DIGESTS_AHEAD_H
#define EXTRACT_DIGESTS_AHEAD_H

#include "adapters/file.h"
#include "core/digest.h"
#include "extract/extract.h"

/* NULL: no source is worth it, or there is no thread. The request is borrowed. */
struct digests_ahead *digests_ahead_open(struct store *store, const struct extract_request *request);
void digests_ahead_close(struct digests_ahead *ahead); /* NULL: nothing */

/* For the caller: waits until the thread is through, or a signal came. Files are asked for in the order in which their
 * sources and folders list them. */
bool digests_ahead_find(struct digests_ahead *ahead, const char *path, const struct file_state *state,
                        struct digest *digest);
/* For the thread: `path` lives as long as its fetch. */
void digests_ahead_put(struct digests_ahead *ahead, const char *path, const struct file_state *state,
                       const struct digest *digest);

#endif
