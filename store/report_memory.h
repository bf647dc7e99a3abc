/* What the view report_procedures says of each version, kept from one report to the next: JSON is what reports spend their
 * time on, and a version that stood once goes on having stood. Only the codes of which the ledger says something new are
 * read again. For who makes many reports of one store; any thread may call.
 *
 * It follows a ledger that grows. Where the event that it followed to, or the head that stood then, is no longer the same,
 * it is another ledger, and everything is read anew. More than REPORT_MEMORY_BYTES are not kept: then there is no memory.
 */
#ifndef STORE_REPORT_MEMORY_H
#define STORE_REPORT_MEMORY_H

#include "core/value.h"
#include "store/store.h"

#define REPORT_MEMORY_BYTES ((size_t)128 << 20)

extern const char *const report_lists[]; /* columns that are lists; ends with NULL */

struct report_memory;

struct report_memory *report_memory_open(void);
void report_memory_close(struct report_memory *memory); /* NULL: nothing */

/* Reads at most `most` codes (0: all) of those of which something is new in the store's open snapshot. STATUS_END: there is
 * nothing left to be read, or nothing to be kept. */
enum status report_memory_follow(struct report_memory *memory, struct store *store, size_t most,
                                 struct error *error);

/* Brings it up to the store's open snapshot and holds it there until it is released. STATUS_END, and nothing is held: it
 * does not know, the snapshot is older than what it followed to, or there is no memory. */
enum status report_memory_hold(struct report_memory *memory, struct store *store, struct error *error);
void report_memory_release(struct report_memory *memory);

/* While it is held: the rows of report_procedures in order of code and number; `standing`: what stood at the end of the day,
 * else every version up to it. What rows hold is the memory's: to be read, until the release. */
struct value *report_memory_rows(const struct report_memory *memory, const char *day, bool standing,
                                 struct arena *arena);

#endif
