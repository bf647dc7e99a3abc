/* What a record's bytes say of themselves before they are staged: their key, and whether they are a record at all. */
#ifndef EXTRACT_RECORD_KEY_H
#define EXTRACT_RECORD_KEY_H

#include "extract/skip.h"
#include "record/record.h"
#include "record/source.h"

struct record_key;

/* Of one source; `address` NULL: its records have no key; `skip` NULL: all are records. They live longer. */
struct record_key *record_key_open(const struct source *source, const struct record_address *address,
                                   const struct skip *skip);
void record_key_close(struct record_key *key); /* NULL is no error */

/* Thread-safe for different arenas. STATUS_REJECT: there is none, and why; or, with `whole`, the record cannot be read to
 * its end, though a key was found: more than the record of that key may stand in it. Without `whole` no more of a record is
 * looked at than its key needs. */
enum status record_key_find(const struct record_key *key, struct text bytes, struct text context, bool whole,
                            struct arena *arena, struct text *found, struct error *error);
bool record_key_skips(const struct record_key *key, struct text bytes, struct text context,
                      struct arena *arena);

#endif
