/* Procedures by their words, found without marks: "dang ky khai sinh" finds "Đăng ký khai sinh".
 *
 * The index is text: a first line with the head that it was made from, then a line a code, in the order of codes: the
 * code, a tab, and its words (code, name, agencies, fields, department, source) folded: without case, marks, signs. It lies
 * beside the store (`<store>.search`), written when a run has ended; it is only believed to say where to look.
 */
#ifndef STORE_SEARCH_INDEX_H
#define STORE_SEARCH_INDEX_H

#include "adapters/spool_file.h"
#include "core/value.h"
#include "store/search_ahead.h"

#define SEARCH_INDEX_BYTES ((size_t)256 << 20) /* of one that is searched, which happens in memory */

void search_index_path(const struct store *store, struct buffer *path);

/* Into an open spool, of the store as it is, in the caller's snapshot. What lies beside the store already has, and no event
 * since concerns, is taken from there. */
enum status search_index_make(struct store *store, struct spool_file *index, struct error *error);
/* The same beside the store; what lies there stays as it is, with its older head, where no event since concerns a code.
 * `ahead` (NULL: none): lines that are written already. */
enum status search_index_write(struct store *store, struct search_ahead *ahead, struct error *error);

/* Was it made from the head with this root (64 hex digits)? */
bool search_index_is_of(struct text index, struct text root);

/* The codes whose words hold every word of the question, those first that hold it as it stands; a list of texts, in the
 * arena. */
struct value *search_index_find(struct text index, struct text question, struct arena *arena);

#endif
