#include "transform/transform.h"

#include <stdlib.h>
#include <string.h>

#include "adapters/crypto.h"
#include "core/canonical.h"
#include "core/finding_words.h"
#include "core/memory.h"
#include "store/field_presence.h"
#include "transform/cross_record_rules.h"
#include "transform/record_pool.h"

#define GROUP 16 /* batches in one transaction */

enum status transform_check(const struct transform_request *request, struct digest *rules_digest,
                            struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct rule_set *rules = NULL;
    enum status status = transform_rules(request, &arena, &rules, rules_digest, error);
    rule_free_all(rules);
    if (status && !setting_goes_on(request->context, error))
        return status;
    for (size_t i = 0; i < request->source_count; i++) {
        struct map *map;
        struct digest transform_digest;
        if (!request->sources[i].map) /* told already */
            continue;
        enum status one = map_compile(request->context, &request->sources[i], request->lists,
                                      &request->defaults, &map, &transform_digest, error);
        if (one == STATUS_OK)
            map_free(map);
        else if (!setting_goes_on(request->context, error))
            return one;
        status = one ? one : status;
    }
    return status;
}

/* ---- one run ---- */

struct transform {
    const struct transform_request *request;
    struct transform_counts counts;
    struct record_pool *pool; /* NULL: nothing is under way */
    struct arena arena;
    struct rule_set *rules; /* NULL: not compiled yet */
    struct date today;      /* … when they were */
    struct digest rules_digest;
    /* The source whose records are worked; NULL: none yet. */
    const struct source *source;
    struct map *map;
    struct digest map_digest;
    struct record_work_means means;
    struct transform_digests transform_digests;
};

struct transform *transform_open(const struct transform_request *request)
{
    struct transform *transform = memory_new(struct transform);
    transform->request = request;
    return transform;
}

/* What is under way stands in the queue. */
static void give_up(void *user_data)
{
    struct transform *transform = user_data;
    record_pool_close(transform->pool);
    transform->pool = NULL;
}

static void forget(struct transform *transform)
{
    give_up(transform);
    map_free(transform->map);
    rule_free_all(transform->rules);
    arena_free(&transform->arena);
    *transform = (struct transform){ .request = transform->request, .counts = transform->counts };
}

void transform_close(struct transform *transform)
{
    forget(transform);
    free(transform);
}

static bool stopped(const struct transform_request *request)
{
    return request->stop && *request->stop;
}

static enum status prepare(struct transform *transform, struct error *error)
{
    const struct transform_request *request = transform->request;
    if (!transform->rules) {
        transform->today = transform_today(request);
        if (transform_rules(request, &transform->arena, &transform->rules, &transform->rules_digest, error))
            return error->status;
        transform->means = (struct record_work_means){ .rules = transform->rules,
                                                       .language = language_named(request->language) };
    }
    if (!transform->pool)
        transform->pool = record_pool_open(request);
    return STATUS_OK;
}

/* Nothing of the source before it is under way any more. */
static enum status turn_to(struct transform *transform, const struct source *source, struct error *error)
{
    const struct transform_request *request = transform->request;
    transform->source = NULL;
    map_free(transform->map);
    transform->map = NULL;
    if (map_compile(request->context, source, request->lists, &request->defaults, &transform->map,
                    &transform->map_digest, error))
        return error->status;
    transform->means.map = transform->map;
    transform->source = source;
    return STATUS_OK;
}

/* ---- the way of a record ---- */

static enum status write_batch(struct store *store, struct transform *transform,
                               const struct record_batch *batch, struct error *error)
{
    for (size_t i = 0; i < batch->count; i++) {
        const struct record_work *work = &batch->works[i];
        const struct transform_item *item = &batch->items[i];
        struct transform_result result = {
            .record = item->record,
            .code = work->code,
            .status = work->status,
            .content = work->content.length ? buffer_view(&work->content) : TEXT_NONE,
            .digest = work->digest,
            .known_content = item->kind == WORK_CHECK ? item->content : 0,
            .projection = work->projection.length ? buffer_view(&work->projection) : TEXT_NONE,
            .gave = work->gave,
            .mapped = item->kind == WORK_MAP,
            .department = work->department,
            .fresh = item->fresh,
            .findings = &work->findings,
            .language = transform->means.language,
        };
        if (work->other_bytes)
            return error_set(error, STATUS_LEDGER,
                             _("%s: the bytes of a record are not those that were kept (its number is %lld); "
                               "run \"congkhai audit verify\" and restore a backup of the store"),
                             store_path(store), (long long)item->record);
        normalise_add(&transform->counts.repairs, &work->repairs);
        if (transform_queue_put(store, &result, &transform->transform_digests, error))
            return error->status;
    }
    return STATUS_OK;
}

/* What came back is written; of what a signal interrupted nothing is known. */
static enum status take_back(struct store *store, struct transform *transform, enum status status,
                             const struct record_batch *ready, struct error *error)
{
    if (status == STATUS_STOP && stopped(transform->request)) {
        give_up(transform);
        return STATUS_OK;
    }
    return status || !ready ? status : write_batch(store, transform, ready, error);
}

/* The batch that was filled is sent; while it is worked, the one that comes back is written and the next one filled. */
static enum status send(struct store *store, struct transform *transform, struct error *error)
{
    struct record_batch *ready;
    size_t source = (size_t)(transform->source - transform->request->sources);
    enum status status = record_pool_send(transform->pool, &transform->means, source, &ready, error);
    return take_back(store, transform, status, ready, error);
}

/* Until nothing is under way. */
static enum status settle(void *user_data, struct store *store, struct error *error)
{
    struct transform *transform = user_data;
    struct record_batch *ready = NULL;
    if (transform->pool && record_pool_filling(transform->pool)->count && send(store, transform, error))
        return error->status;
    while (transform->pool) {
        enum status status = record_pool_collect(transform->pool, &ready, error);
        if (!status && !ready)
            break;
        if (take_back(store, transform, status, ready, error))
            return error->status;
    }
    return STATUS_OK;
}

/* ---- from extract ---- */

static enum status find_source(struct store *store, struct transform *transform, const char *name,
                               struct error *error)
{
    const struct transform_request *request = transform->request;
    size_t at = 0;
    if (transform->source && !strcmp(transform->source->name, name))
        return STATUS_OK;
    while (strcmp(request->sources[at].name, name))
        at++;
    if (turn_to(transform, &request->sources[at], error))
        return error->status;
    return transform_queue_recipes(store, &transform->map_digest, &transform->rules_digest,
                                   &transform->transform_digests, error);
}

static enum status take_staged(void *user_data, struct store *store, const char *source, int64_t record,
                               const struct staged_record *staged, struct error *error)
{
    struct transform *transform = user_data;
    const struct transform_request *request = transform->request;
    if (stopped(request) ||
        !transform_queue_wants(request->codes, request->code_count, TEXT_NONE, staged->key))
        return STATUS_OK;
    if (prepare(transform, error) || find_source(store, transform, source, error))
        return error->status;
    struct record_batch *batch = record_pool_filling(transform->pool);
    struct text context = batch->count ? batch->items[batch->count - 1].context : TEXT_NONE;
    if (!staged->context.bytes || !text_equal(context, staged->context))
        context = staged->context.bytes ? text_copy(&batch->arena, staged->context) : TEXT_NONE;
    batch->items[batch->count++] = (struct transform_item){
        .record = record,
        .kind = WORK_MAP,
        .bytes = text_copy(&batch->arena, staged->bytes),
        .digest = staged->digest,
        .context = context,
        .fault = staged->fault ? text_copy(&batch->arena, text_of(staged->fault)) : TEXT_NONE,
        .fresh = true,
    };
    bool full = batch->count == RECORD_BATCH || batch->arena.total >= TRANSFORM_QUEUE_BYTES;
    return full ? send(store, transform, error) : STATUS_OK;
}

struct staging_sink transform_sink(struct transform *transform)
{
    return (struct staging_sink){ take_staged, settle, give_up, transform };
}

/* ---- from the queue ---- */

static bool wanted_source(const struct transform_request *request, const struct source *source)
{
    for (size_t i = 0; i < request->name_count; i++)
        if (!strcmp(request->names[i], source->name))
            return true;
    return !request->name_count;
}

/* A transaction takes several batches: pages that many records share are then written once. */
static enum status send_all(struct store *store, struct transform *transform, enum transform_work kind,
                            struct error *error)
{
    const struct transform_request *request = transform->request;
    int64_t after = 0, done = 0;
    for (unsigned sent = 1; !stopped(request); sent++) {
        struct record_batch *batch = record_pool_filling(transform->pool);
        if (transform_queue_next(store, transform->source->name, kind, request->codes, request->code_count,
                                 after, &batch->arena, batch->items, RECORD_BATCH, &batch->count, error))
            return error->status;
        if (!batch->count)
            break;
        after = batch->items[batch->count - 1].record;
        done += (int64_t)batch->count;
        if (send(store, transform, error) ||
            (sent % GROUP == 0 && (store_commit(store, error) || store_begin(store, error))))
            return error->status;
        if (request->progress)
            request->progress(request->user_data, transform->source->name, done);
    }
    return settle(transform, store, error);
}

static enum status work_queue(struct store *store, struct transform *transform, enum transform_work kind,
                              struct error *error)
{
    if (store_begin(store, error))
        return error->status;
    enum status status = store_end(store, send_all(store, transform, kind, error), error);
    if (status)
        give_up(transform);
    return status;
}

/* Absence means nothing in a listing of changes, and little where only some records were asked for. */
static enum status count_fields(struct store *store, const struct transform *transform, struct error *error)
{
    size_t count;
    const struct text *addresses = map_addresses(transform->map, &count);
    if (transform->source->listing != SOURCE_FULL || transform->request->code_count ||
        stopped(transform->request))
        return STATUS_OK;
    if (store_begin(store, error))
        return error->status;
    return store_end(store,
                     field_presence_count(store, transform->source->name, &transform->transform_digests,
                                          addresses, count, error),
                     error);
}

static enum status work_source(struct store *store, struct transform *transform, struct error *error)
{
    struct transform_digests *digests = &transform->transform_digests;
    const char *source = transform->source->name;
    bool stands;
    if (store_begin(store, error))
        return error->status;
    enum status marked =
        transform_queue_recipes(store, &transform->map_digest, &transform->rules_digest, digests, error);
    if (!marked)
        marked = field_presence_stands(store, source, digests, &stands, error);
    if (!marked && !stands)
        marked = transform_queue_mark(store, source, digests, error);
    if (store_end(store, marked, error) || work_queue(store, transform, WORK_MAP, error) ||
        work_queue(store, transform, WORK_CHECK, error))
        return error->status;
    return stands ? STATUS_OK : count_fields(store, transform, error);
}

static enum status work_sources(struct store *store, struct transform *transform, struct error *error)
{
    const struct transform_request *request = transform->request;
    for (size_t i = 0; i < request->source_count && !stopped(request); i++)
        if (wanted_source(request, &request->sources[i]) &&
            (turn_to(transform, &request->sources[i], error) || work_source(store, transform, error)))
            return error->status;
    return STATUS_OK;
}

enum status transform_run(struct store *store, struct transform *transform, struct transform_counts *counts,
                          struct error *error)
{
    const struct transform_request *request = transform->request;
    /* Rules may begin to hold at midnight. */
    if (transform->rules && date_compare(transform->today, transform_today(request)))
        forget(transform);
    enum status status = prepare(transform, error);
    if (status == STATUS_OK)
        status = work_sources(store, transform, error);
    give_up(transform);
    /* Each step rests on the whole of the one before: what was interrupted decides nothing. */
    if (status == STATUS_OK && !stopped(request))
        status = cross_record_rules_run(store, transform->rules, transform->transform_digests.rules,
                                        request->stop, error);
    if (status == STATUS_OK && !stopped(request))
        status = resolve_all(store, &request->precedence, transform->transform_digests.rules, request->stop,
                             &transform->counts.work, error);
    *counts = transform->counts;
    if (stopped(request) && (status == STATUS_OK || status == STATUS_STOP))
        return error_set(error, STATUS_STOP,
                         _("a signal ended the run; the same command goes on where it stopped"));
    return status;
}

/* ---- without a store ---- */

struct playing {
    const struct source *source;
    struct text bytes, context;
    const struct rule_scene *scene; /* NULL: the rules of one record are enough */
    enum language language;         /* of what is found */
};

static enum status play(const struct playing *playing, const struct map *map, const struct rule_set *rules,
                        struct arena *arena, struct transform_one *one, struct error *error)
{
    struct map_result result = { 0 };
    struct rule_scene scene = playing->scene ? *playing->scene : (struct rule_scene){ 0 };
    struct buffer content = { 0 };
    enum status status = STATUS_OK;
    if (map) {
        map_run(map, arena, playing->bytes, playing->context, &result);
        scene.procedure = result.procedure;
    }
    struct findings findings = result.findings;
    if (scene.procedure) {
        one->procedure = value_copy(arena, scene.procedure);
        canonical_write(&content, scene.procedure);
        one->digest = crypto_sha256(buffer_view(&content));
        buffer_free(&content);
        if (playing->scene)
            status = rule_scene_play(rules, &scene, arena, &findings, error);
        else
            rule_run(rules, arena, scene.procedure, &findings);
        if (map)
            record_work_require(arena, scene.procedure, &findings);
    }
    finding_words_say(arena, &findings, playing->language);
    findings_copy(arena, &findings, &one->findings);
    return status;
}

static enum status compile_and_play(const struct transform_request *request, const struct playing *playing,
                                    struct arena *arena, struct transform_one *one, struct error *error)
{
    struct rule_set *rules = NULL;
    struct map *map = NULL;
    struct digest transform_digest;
    *one = (struct transform_one){ 0 };
    enum status status = transform_rules(request, arena, &rules, &transform_digest, error);
    if (status == STATUS_OK && playing->source)
        status = map_compile(request->context, playing->source, request->lists, &request->defaults, &map,
                             &transform_digest, error);
    if (status == STATUS_OK)
        status = play(playing, map, rules, arena, one, error);
    rule_free_all(rules);
    map_free(map);
    return status;
}

enum status transform_try(const struct transform_request *request, const struct source *source,
                          struct arena *arena, struct text bytes, struct text context,
                          struct transform_one *one, struct error *error)
{
    struct playing playing = { source, bytes, context, NULL, language_named(request->language) };
    return compile_and_play(request, &playing, arena, one, error);
}

enum status transform_play(const struct transform_request *request, const struct source *source,
                           struct arena *arena, struct text bytes, struct text context,
                           const struct rule_scene *scene, struct transform_one *one, struct error *error)
{
    struct playing playing = { source, bytes, context, scene, language_named(request->language) };
    return compile_and_play(request, &playing, arena, one, error);
}

static enum status review_maps(const struct transform_request *request, struct arena *arena,
                               void (*say)(void *user_data, const char *remark), void *user_data,
                               struct error *error)
{
    struct map **maps = arena_array(arena, struct map *, request->source_count + 1);
    enum status status = STATUS_OK;
    size_t count = 0;
    for (; status == STATUS_OK && count < request->source_count; count += status == STATUS_OK) {
        struct digest digest;
        status = map_compile(request->context, &request->sources[count], request->lists, &request->defaults,
                             &maps[count], &digest, error);
    }
    if (status == STATUS_OK)
        map_lint(maps, count, request->lists, say, user_data);
    while (count)
        map_free(maps[--count]);
    return status;
}

enum status transform_review(const struct transform_request *request,
                             void (*say)(void *user_data, const char *remark), rule_example_visitor *visit,
                             void *user_data, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct rule_set *rules = NULL;
    struct digest transform_digest;
    enum status status = transform_rules(request, &arena, &rules, &transform_digest, error);
    if (status == STATUS_OK && say)
        rule_lint(rules, say, user_data);
    if (status == STATUS_OK && say)
        status = review_maps(request, &arena, say, user_data, error);
    if (status == STATUS_OK && visit)
        status = rule_examples(rules, visit, user_data, error);
    rule_free_all(rules);
    return status;
}
