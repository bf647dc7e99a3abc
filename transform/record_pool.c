#include "transform/record_pool.h"

#include <stdlib.h>
#include <unistd.h>

#include "core/finding_words.h"
#include "core/memory.h"
#include "core/thread_pool.h"

#define PATIENCE  120000 /* milliseconds that a batch may take */
#define SLOTS_MAX 8
#define CHILD_MAX ((int64_t)512 << 20) /* bytes that one process works, at least */

/* Where one thread takes a record apart: as many as there are threads, not as there are records, so that what
 * is in use stays small and near. Threads share no cache line. */
struct scratch {
    struct arena arena;
    char apart[128 - sizeof(struct arena)];
};

struct slot {
    const struct record_work_means *means;
    size_t source;
    struct record_batch *batch; /* NULL: none is under way */
    struct child *child;        /* NULL: none is there now */
    int64_t worked;             /* bytes that it was given */
    enum status sent;
};

struct record_pool {
    const struct transform_request *request;
    struct thread_pool *thread_pool; /* NULL: processes do it */
    struct scratch scratches[SLOTS_MAX];
    struct slot slots[SLOTS_MAX];
    size_t count;
    struct record_batch *batches; /* one more than there are slots */
    size_t sent, came;            /* batches, since the start */
    bool filling;
};

struct record_pool *record_pool_open(const struct transform_request *request)
{
    struct record_pool *pool = memory_new(struct record_pool);
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    pool->request = request;
    pool->count = processors < 1 ? 1 : processors > SLOTS_MAX ? SLOTS_MAX : (size_t)processors;
    if (!request->spawner) {
        pool->thread_pool = thread_pool_open(0);
        pool->count = 1;
    }
    pool->batches = memory_take_zeroed(pool->count + 1, sizeof *pool->batches);
    return pool;
}

void record_pool_close(struct record_pool *pool)
{
    if (!pool)
        return;
    if (pool->slots[0].batch && pool->thread_pool)
        thread_pool_wait(pool->thread_pool);
    thread_pool_close(pool->thread_pool);
    for (size_t i = 0; i < SLOTS_MAX; i++) {
        arena_free(&pool->scratches[i].arena);
        child_close(pool->slots[i].child, NULL);
    }
    for (size_t i = 0; i <= pool->count; i++) {
        for (size_t at = 0; at < RECORD_BATCH; at++)
            record_work_free(&pool->batches[i].works[at]);
        arena_free(&pool->batches[i].arena);
    }
    free(pool->batches);
    free(pool);
}

/* ---- threads ---- */

static void compute(void *user_data, size_t index, unsigned thread)
{
    struct record_pool *pool = user_data;
    const struct slot *slot = &pool->slots[0];
    record_work_run(slot->means, &slot->batch->items[index], &pool->scratches[thread].arena,
                    &slot->batch->works[index]);
    record_work_seal(&slot->batch->items[index], slot->means->language, &slot->batch->works[index]);
}

/* ---- processes ---- */

static enum status give(const struct record_pool *pool, struct slot *slot, const struct transform_item *items,
                        size_t count, struct error *error)
{
    if (slot->child && slot->worked > CHILD_MAX) {
        child_close(slot->child, NULL);
        slot->child = NULL;
    }
    if (!slot->child) {
        if (child_open(pool->request->spawner, CHILD_MAP, 0, &slot->child, error))
            return error->status;
        slot->child->channel.patience = PATIENCE;
        slot->child->channel.stop = pool->request->stop;
        slot->worked = 0;
    }
    record_message_put_items(&slot->child->channel.out, slot->source, items, count);
    slot->worked += (int64_t)slot->child->channel.out.length;
    slot->sent =
        channel_send(&slot->child->channel, -1); /* what it means is seen when the answer is waited for */
    return STATUS_OK;
}

/* STATUS_OK; STATUS_STOP; STATUS_END: the process has died of them, and is buried. */
static enum status hear(const struct record_pool *pool, struct slot *slot, struct record_work *works,
                        size_t count, struct child_death *death)
{
    struct message message;
    *death = (struct child_death){ 0 };
    enum status status = slot->sent ? slot->sent : channel_receive(&slot->child->channel, -1, &message);
    if (status == STATUS_OK && record_message_take_works(&message, works, count))
        return STATUS_OK;
    child_close(slot->child, death);
    slot->child = NULL;
    if (status == STATUS_OK || status == STATUS_REJECT)
        *death = (struct child_death){ .code = 1 };
    death->hung = status == STATUS_RETRY;
    return status == STATUS_STOP || (pool->request->stop && *pool->request->stop) ? STATUS_STOP : STATUS_END;
}

static void keep_back(struct record_work *work, const struct child_death *death, enum language language)
{
    bool outside = death->hung || death->signal == SIGKILL || death->signal == SIGTERM;
    record_work_clear(work);
    finding_add(&work->arena, &work->findings, true, TEXT("congkhai/decode"), NULL, TEXT_NONE,
                outside ? &(const struct reason)REASON("record.killed", TEXT_NONE)
                        : &(const struct reason)REASON("record.died", TEXT(CONGKHAI_VERSION), TEXT_NONE));
    finding_words_say(&work->arena, &work->findings, language);
}

/* Each of them alone: whoever has ended a process ends a second one. */
static enum status try_alone(struct record_pool *pool, struct slot *slot, struct record_batch *batch,
                             struct error *error)
{
    struct child_death death;
    for (size_t i = 0; i < batch->count; i++) {
        if (give(pool, slot, &batch->items[i], 1, error))
            return error->status;
        enum status status = hear(pool, slot, &batch->works[i], 1, &death);
        if (status == STATUS_STOP)
            return status;
        if (status)
            keep_back(&batch->works[i], &death, slot->means->language);
    }
    return STATUS_OK;
}

/* ---- both ---- */

static void start(struct record_pool *pool, struct slot *slot, struct record_batch *batch)
{
    struct error error;
    slot->batch = batch;
    if (pool->thread_pool)
        thread_pool_start(pool->thread_pool, compute, pool, batch->count);
    else if (give(pool, slot, batch->items, batch->count, &error))
        slot->sent = STATUS_FATAL;
}

static enum status wait_for(struct record_pool *pool, struct slot *slot, struct error *error)
{
    struct record_batch *batch = slot->batch;
    struct child_death death;
    if (pool->thread_pool) {
        thread_pool_wait(pool->thread_pool);
        slot->batch = NULL;
        return STATUS_OK;
    }
    slot->batch = NULL;
    /* No process could be had then: it is told now. */
    enum status status = slot->sent == STATUS_FATAL && !slot->child
                             ? give(pool, slot, batch->items, batch->count, error)
                             : STATUS_OK;
    if (status == STATUS_OK)
        status = hear(pool, slot, batch->works, batch->count, &death);
    if (status == STATUS_END)
        status = try_alone(pool, slot, batch, error);
    for (size_t i = 0; i < batch->count && status == STATUS_OK; i++)
        record_work_seal(&batch->items[i], slot->means->language, &batch->works[i]);
    return status;
}

enum status record_pool_collect(struct record_pool *pool, struct record_batch **ready, struct error *error)
{
    *ready = NULL;
    if (pool->came == pool->sent)
        return STATUS_OK;
    size_t turn = pool->came++;
    *ready = &pool->batches[turn % (pool->count + 1)];
    return wait_for(pool, &pool->slots[turn % pool->count], error);
}

struct record_batch *record_pool_filling(struct record_pool *pool)
{
    struct record_batch *batch = &pool->batches[pool->sent % (pool->count + 1)];
    if (!pool->filling) {
        arena_clear(&batch->arena);
        batch->count = 0;
    }
    pool->filling = true;
    return batch;
}

enum status record_pool_send(struct record_pool *pool, const struct record_work_means *means, size_t source,
                             struct record_batch **ready, struct error *error)
{
    struct record_batch *batch = record_pool_filling(pool);
    struct slot *slot = &pool->slots[pool->sent % pool->count];
    *ready = NULL;
    enum status status = slot->batch ? record_pool_collect(pool, ready, error) : STATUS_OK;
    if (status)
        return status;
    slot->means = means;
    slot->source = source;
    start(pool, slot, batch);
    pool->filling = false;
    pool->sent++;
    return STATUS_OK;
}

/* ---- in the process ---- */

struct serving {
    const struct transform_request *request;
    struct record_work_means means;
    struct map *map; /* of the source that came last */
    size_t source;
    struct arena arena;
    struct record_work works[RECORD_BATCH];
};

static bool find_map(struct serving *serving, size_t source)
{
    struct digest digest;
    struct error error;
    const struct transform_request *request = serving->request;
    if (serving->map && serving->source == source)
        return true;
    map_free(serving->map);
    serving->map = NULL;
    serving->source = source;
    if (source >= request->source_count ||
        map_compile(request->context, &request->sources[source], request->lists, &request->defaults,
                    &serving->map, &digest, &error))
        return false;
    serving->means.map = serving->map;
    return true;
}

void record_pool_serve(struct channel *channel, const struct transform_request *request, void (*lock)(void))
{
    struct serving *serving = memory_new(struct serving);
    struct transform_item items[RECORD_BATCH];
    struct rule_set *rules;
    struct digest digest;
    struct error error;
    struct message message;
    struct arena arena = { 0 };
    size_t source, count;
    serving->request = request;
    if (transform_rules(request, &arena, &rules, &digest, &error))
        return;
    serving->means =
        (struct record_work_means){ .rules = rules, .language = language_named(request->language) };
    lock();
    while (channel_receive(channel, -1, &message) == STATUS_OK &&
           record_message_take_items(&message, &source, items, &count) && find_map(serving, source)) {
        for (size_t i = 0; i < count; i++)
            record_work_run(&serving->means, &items[i], &serving->arena, &serving->works[i]);
        record_message_put_works(&channel->out, serving->works, count);
        if (channel_send(channel, -1))
            return;
    }
}
