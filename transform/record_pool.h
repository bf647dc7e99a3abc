/* Many records worked at once: by threads, or by processes that have nothing but the configuration.
 *
 * A process that dies, or says nothing for two minutes, has each record of its batch tried once more, alone, in a fresh
 * one; one that ends that, too, is kept back with the reason ("record.died", "record.killed").
 */
#ifndef TRANSFORM_RECORD_POOL_H
#define TRANSFORM_RECORD_POOL_H

#include "transform/record_message.h"
#include "transform/transform_request.h"

struct record_batch {
    struct record_work works[RECORD_BATCH];
    struct transform_item items[RECORD_BATCH];
    size_t count;
    struct arena arena; /* the items' texts */
};

struct record_pool;

/* Processes where the request has a spawner. */
struct record_pool *record_pool_open(const struct transform_request *request);
void record_pool_close(struct record_pool *pool); /* NULL is no error; what is under way is given up */

/* The batch that is being filled: empty after record_pool_send. */
struct record_batch *record_pool_filling(struct record_pool *pool);
/* Sends it on its way; `means` are those of the source of this number; processes have their own map and rules. Batches come back in the
 * order in which they were sent: `*ready` is the one that had to be waited for, NULL where there was room. It is to be
 * used before the next one is filled. STATUS_STOP without words: the run was told to stop, and nothing is known of it. */
enum status record_pool_send(struct record_pool *pool, const struct record_work_means *means, size_t source,
                             struct record_batch **ready, struct error *error);
/* The same for those that are still under way, one at each call; NULL: there is none any more. */
enum status record_pool_collect(struct record_pool *pool, struct record_batch **ready, struct error *error);

/* In such a process: works batches until nobody sends one any more. `lock` is called when the rules are compiled, and
 * before anything foreign is read. */
void record_pool_serve(struct channel *channel, const struct transform_request *request, void (*lock)(void));

#endif
