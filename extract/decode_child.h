/* Documents taken apart in a process of its own, which has nothing but the document: both ends of the line to it.
 *
 * The process is used again for the next document, and replaced when it has read much. One that dies, or says nothing
 * for two minutes, has its document given once more to a fresh one; what had come of it before is not given out twice.
 * The second death ends the document: see deaths.h.
 */
#ifndef EXTRACT_DECODE_CHILD_H
#define EXTRACT_DECODE_CHILD_H

#include "extract/deaths.h"
#include "extract/decode.h"

#define DECODE_PATIENCE  120000               /* milliseconds without a word */
#define DECODE_CHILD_MAX ((int64_t)256 << 20) /* bytes that one process reads, at least */

struct decode_child; /* of one source */

/* `number`: the source's place in the configuration. `deaths` lives longer. */
struct decode_child *decode_child_open(struct spawner *spawner, size_t number, struct deaths *deaths,
                                       const volatile sig_atomic_t *stop);
void decode_child_close(struct decode_child *child); /* NULL is no error */

/* Behind the document that is open, before its first record is asked for: the one that is opened next is on its way
 * already, unless something ended a process before. Its bytes lie in memory and stay where they are. */
void decode_child_ahead(struct decode_child *child, const struct document *document);

/* `decode->child` does the work. */
extern const struct decode_driver decode_in_child;

/* In the process: reads documents of the source until nobody sends one any more. */
void decode_child_run(struct channel *channel, const struct source *source);

#endif
