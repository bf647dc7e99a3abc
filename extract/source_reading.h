/* One source of a night: its documents taken apart into records, its listing judged, and what is to be remembered
 * of it. extract.c takes the sources in turn. */
#ifndef EXTRACT_SOURCE_READING_H
#define EXTRACT_SOURCE_READING_H

#include "core/thread_pool.h"
#include "extract/decode.h"
#include "extract/extract.h"

/* STATUS_OK also when the source broke off: its result says so. Anything else is a fault of the store. `patience`
 * is what is left of the time that files which move are waited for, in milliseconds. */
enum status source_reading_run(struct store *store, const struct extract_request *request,
                               const struct source *source, struct thread_pool *thread_pool,
                               int64_t *patience, struct extract_result *result, struct error *error);

/* NULL in *key where the source has none: the document's name is the key. STATUS_USAGE with the place. */
enum status source_reading_key(struct arena *arena, const struct setting_context *context,
                               const struct source *source, struct record_address **key, struct error *error);

/* Where a record stands, for people: a long name is cut, never the number behind it. */
void source_reading_locate(const struct document *document, const struct decoded *decoded, char *locator,
                           size_t size);

#endif
