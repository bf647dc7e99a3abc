/* Procedures by their words, found without marks: "dang ky khai sinh" finds "Đăng ký khai sinh".
 *
 * The index is text: a first line with the head that it was made from, then a line a code, in the order of codes: the
 * code, a tab, and its words (code, name, agencies, fields, department, source) folded: without case, marks, signs. It lies
 * beside the store (`<store>.search`), written when a run has ended; it is only believed to say where to look.
 */
#ifndef STORE_SEARCH_INDEX_H
#define STORE_SEARCH_INDEX_H

#include "core/value.h"
#include "store/store.h"

#define SEARCH_INDEX_BYTES ((size_t)256 << 20)

void search_index_path(const struct store *store, struct buffer *path);

/* Of the store as it is. What `old` (bytes NULL: none) already has, and no event since concerns, is taken from there. */
enum status search_index_make(struct store *store, struct text old, struct buffer *index,
                              struct error *error);
/* The same beside the store, from what lies there; that stays as it is, with its older head, where no event since concerns
 * a code. */
enum status search_index_write(struct store *store, struct error *error);

/* Was it made from the head with this root (64 hex digits)? */
bool search_index_is_of(struct text index, struct text root);

/* The codes whose words hold every word of the question, those first that hold it as it stands; a list of texts, in the
 * arena. */
struct value *search_index_find(struct text index, struct text question, struct arena *arena);

#endif
