#include "transform/transform.h"

#include <string.h>

#include "adapters/crypto.h"
#include "core/canonical.h"
#include "core/finding_words.h"
#include "store/field_presence.h"
#include "transform/cross_record_rules.h"
#include "transform/record_pool.h"

#define GROUP 16 /* batches in one transaction */

/* One source with its map. */
struct working {
    const struct transform_request *request;
    const struct source *source;
    struct map *map;
    struct record_work_means means;
    struct transform_digests transform_digests;
    struct record_pool *pool;
    struct record_batch *batches; /* one more than the pool has slots */
};

static bool wanted_source(const struct transform_request *request, const struct source *source)
{
    for (size_t i = 0; i < request->name_count; i++)
        if (!strcmp(request->names[i], source->name))
            return true;
    return !request->name_count;
}

static enum status write_batch(struct store *store, const struct working *working,
                               const struct record_batch *batch, struct transform_counts *counts,
                               struct error *error)
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
            .language = language_named(working->request->language),
        };
        if (work->other_bytes)
            return error_set(error, STATUS_LEDGER,
                             _("%s: the bytes of a record are not those that were kept (its number is %lld); "
                               "run \"congkhai audit verify\" and restore a backup of the store"),
                             store_path(store), (long long)item->record);
        normalise_add(&counts->repairs, &work->repairs);
        if (transform_queue_put(store, &result, &working->transform_digests, error))
            return error->status;
    }
    return STATUS_OK;
}

static bool stopped(const struct transform_request *request)
{
    return request->stop && *request->stop;
}

/* The next of the batches, if there are any left, on its way. */
static enum status start_batch(struct store *store, struct working *working, enum transform_work kind,
                               size_t turn, int64_t *after, struct error *error)
{
    const struct transform_request *request = working->request;
    size_t slots = record_pool_slots(working->pool);
    struct record_batch *batch = &working->batches[turn % (slots + 1)];
    arena_clear(&batch->arena);
    batch->count = 0;
    if (!stopped(request) &&
        transform_queue_next(store, working->source->name, kind, request->codes, request->code_count, *after,
                             &batch->arena, batch->items, RECORD_BATCH, &batch->count, error))
        return error->status;
    if (batch->count)
        *after = batch->items[batch->count - 1].record;
    return STATUS_OK;
}

/* While batches are computed, one for each slot, the one before them is written and the next one read. A transaction
 * takes several batches: pages that many records share are then written once. */
static enum status work_batches(struct store *store, struct working *working, enum transform_work kind,
                                struct transform_counts *counts, struct error *error)
{
    const struct transform_request *request = working->request;
    size_t slots = record_pool_slots(working->pool), source = (size_t)(working->source - request->sources);
    int64_t after = 0, done = 0;
    unsigned written = 0;
    bool more = true;
    for (size_t turn = 0, begun = 0; more || turn < begun + slots; turn++) {
        struct record_batch *fresh = &working->batches[turn % (slots + 1)];
        struct record_batch *ready = turn >= slots ? &working->batches[(turn - slots) % (slots + 1)] : NULL;
        if (more && start_batch(store, working, kind, turn, &after, error))
            return error->status;
        more = more && fresh->count;
        begun = more ? turn + 1 : begun;
        enum status status = ready ? record_pool_wait(working->pool, turn % slots, error) : STATUS_OK;
        if (status == STATUS_STOP && stopped(request))
            return STATUS_OK; /* nothing is known of it */
        if (more)
            record_pool_start(working->pool, turn % slots, &working->means, source, fresh);
        if (status == STATUS_OK && ready)
            status = write_batch(store, working, ready, counts, error);
        if (status == STATUS_OK && ready && ++written % GROUP == 0 &&
            (status = store_commit(store, error)) == STATUS_OK)
            status = store_begin(store, error);
        if (status)
            return status;
        done += ready ? (int64_t)ready->count : 0;
        if (request->progress && ready)
            request->progress(request->user_data, working->source->name, done);
    }
    return STATUS_OK;
}

static enum status transform_work(struct store *store, struct working *working, enum transform_work kind,
                                  struct transform_counts *counts, struct error *error)
{
    if (store_begin(store, error))
        return error->status;
    if (work_batches(store, working, kind, counts, error) || store_commit(store, error)) {
        store_rollback(store);
        return error->status;
    }
    return STATUS_OK;
}

/* Absence means nothing in a listing of changes, and little where only some records were asked for. */
static enum status count_fields(struct store *store, const struct working *working, struct error *error)
{
    size_t count;
    const struct text *addresses = map_addresses(working->map, &count);
    if (working->source->listing != SOURCE_FULL || working->request->code_count || stopped(working->request))
        return STATUS_OK;
    if (store_begin(store, error))
        return error->status;
    if (field_presence_count(store, working->source->name, working->transform_digests.map, addresses, count,
                             error) ||
        store_commit(store, error)) {
        store_rollback(store);
        return error->status;
    }
    return STATUS_OK;
}

static enum status work_source(struct store *store, struct working *working, const struct digest *map_digest,
                               const struct digest *rules_digest, struct transform_counts *counts,
                               struct error *error)
{
    if (store_begin(store, error))
        return error->status;
    if (transform_queue_mark(store, working->source->name, map_digest, rules_digest,
                             &working->transform_digests, error)) {
        store_rollback(store);
        return error->status;
    }
    if (store_commit(store, error) || transform_work(store, working, WORK_MAP, counts, error) ||
        transform_work(store, working, WORK_CHECK, counts, error))
        return error->status;
    return count_fields(store, working, error);
}

static enum status compile_rules(const struct transform_request *request, struct arena *arena,
                                 struct rule_set **rules, struct digest *transform_digest,
                                 struct error *error)
{
    char today[11];
    struct rule_options options = { .lists = request->lists,
                                    .language = request->language,
                                    .baseline = request->baseline,
                                    .agency = request->defaults.agency_code,
                                    .agency_kind = request->agency_kind,
                                    .faults = request->context->faults };
    clock_format_date(request->clock->now(request->clock), today);
    date_read(text_of(today), &options.today);
    return rule_compile_all(arena, request->rule_files, request->rule_file_count, &options, rules,
                            transform_digest, error);
}

enum status transform_rules(const struct transform_request *request, struct arena *arena,
                            struct rule_set **rules)
{
    struct digest digest;
    struct error error;
    return compile_rules(request, arena, rules, &digest, &error);
}

enum status transform_check(const struct transform_request *request, struct digest *rules_digest,
                            struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct rule_set *rules = NULL;
    enum status status = compile_rules(request, &arena, &rules, rules_digest, error);
    rule_free_all(rules);
    if (status && !setting_goes_on(request->context, error))
        return status;
    for (size_t i = 0; i < request->source_count; i++) {
        struct map *map;
        struct digest transform_digest;
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

static enum status work_sources(struct store *store, const struct transform_request *request,
                                struct working *working, const struct digest *rules_digest,
                                struct transform_counts *counts, struct error *error)
{
    for (size_t i = 0; i < request->source_count && !stopped(request); i++) {
        struct digest map_digest;
        working->source = &request->sources[i];
        if (!wanted_source(request, working->source))
            continue;
        if (map_compile(request->context, working->source, request->lists, &request->defaults, &working->map,
                        &map_digest, error))
            return error->status;
        working->means.map = working->map;
        enum status status = work_source(store, working, &map_digest, rules_digest, counts, error);
        map_free(working->map);
        if (status)
            return status;
    }
    return STATUS_OK;
}

static void open_working(struct working *working, struct arena *arena)
{
    working->pool = record_pool_open(working->request);
    working->batches = arena_array(arena, struct record_batch, record_pool_slots(working->pool) + 1);
}

static void close_working(struct working *working)
{
    size_t count = record_pool_slots(working->pool) + 1;
    record_pool_close(working->pool); /* nothing is under way any more */
    for (size_t i = 0; i < count; i++) {
        for (size_t at = 0; at < RECORD_BATCH; at++)
            record_work_free(&working->batches[i].works[at]);
        arena_free(&working->batches[i].arena);
    }
}

enum status transform_run(struct store *store, const struct transform_request *request,
                          struct transform_counts *counts, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct rule_set *rules = NULL;
    struct digest rules_digest;
    struct working working = { .request = request };
    enum status status = compile_rules(request, &arena, &rules, &rules_digest, error);
    if (status == STATUS_OK) {
        working.means =
            (struct record_work_means){ .rules = rules, .language = language_named(request->language) };
        open_working(&working, &arena);
        status = work_sources(store, request, &working, &rules_digest, counts, error);
        close_working(&working);
    }
    /* Each step rests on the whole of the one before: what was interrupted decides nothing. */
    if (status == STATUS_OK && !stopped(request))
        status = cross_record_rules_run(store, rules, working.transform_digests.rules, request->stop, error);
    rule_free_all(rules);
    if (status == STATUS_OK && !stopped(request))
        status = resolve_all(store, &request->precedence, working.transform_digests.rules, request->stop,
                             &counts->work, error);
    if (stopped(request) && (status == STATUS_OK || status == STATUS_STOP))
        return error_set(error, STATUS_STOP,
                         _("a signal ended the run; the same command goes on where it stopped"));
    return status;
}

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
    enum status status = compile_rules(request, arena, &rules, &transform_digest, error);
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

enum status transform_review(const struct transform_request *request,
                             void (*say)(void *user_data, const char *remark), rule_example_visitor *visit,
                             void *user_data, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct rule_set *rules = NULL;
    struct digest transform_digest;
    enum status status = compile_rules(request, &arena, &rules, &transform_digest, error);
    if (status == STATUS_OK && say)
        rule_lint(rules, say, user_data);
    if (status == STATUS_OK && visit)
        status = rule_examples(rules, visit, user_data, error);
    rule_free_all(rules);
    return status;
}
