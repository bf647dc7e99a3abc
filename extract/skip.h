/* Rows that are no records (totals, signatures, headings of groups): `skip` of a source. They are counted and
 * shown, never rejected.
 *
 *     skip: [{ from: ADDRESS, matches: EXPRESSION | is: TEXT or list | nothing: true }]     one that fits is enough
 */
#ifndef EXTRACT_SKIP_H
#define EXTRACT_SKIP_H

#include "record/source.h"

struct skip;

/* NULL in *skip where the source has none. STATUS_USAGE with the place. */
enum status skip_compile(struct arena *arena, const struct setting_context *context,
                         const struct source *source, struct skip **skip, struct error *error);
void skip_free(struct skip *skip); /* what the arena does not own */

/* Thread-safe for different arenas. What cannot be read as a record is not skipped. */
bool skip_matches(const struct skip *skip, const struct source *source, struct text bytes,
                  struct text context, struct arena *arena);

#endif
