/* Which of a map's addresses gave something in a source's last whole listing: for the brake vanished_field. A key
 * that is renamed at the source wipes a field of every record, and no record is wrong for it. */
#ifndef STORE_FIELD_PRESENCE_H
#define STORE_FIELD_PRESENCE_H

#include "store/store.h"
#include "store/transform_queue.h"

/* Counts over the records of the last listing, those that did not change included, as the map saw them: record.gave has a
 * byte for each address. A listing that is not whole, or that was not read because nothing changed, is not counted: what
 * the last one gave stands, under the same map. Opens no transaction. */
enum status field_presence_count(struct store *store, const char *source,
                                 const struct transform_digests *transform_digests,
                                 const struct text *addresses, size_t count, struct error *error);

/* No record was written since they were counted, by the same map and under the same rules, and none waits for another
 * version or another run: then none is to be marked either (transform_queue.h), and the count is what it was. */
enum status field_presence_stands(struct store *store, const char *source,
                                  const struct transform_digests *transform_digests, bool *stands,
                                  struct error *error);

/* The addresses (a list of texts in the arena) that gave something in at least 90 % of at least 10 records when load
 * last went on from a listing, and nothing in those counted now, as many. NULL: none, or not the same map. */
enum status field_presence_vanished(struct store *store, const char *source, struct arena *arena,
                                    struct value **vanished, int64_t *records, struct error *error);

/* What was counted last is what is usual. Inside a transaction. */
enum status field_presence_settle(struct store *store, const char *source, struct error *error);

#endif
