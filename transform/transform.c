#include "transform/transform.h"

#include <string.h>

#include "adapters/crypto.h"
#include "adapters/json.h"
#include "core/canonical.h"
#include "core/finding_words.h"
#include "core/thread_pool.h"
#include "store/field_presence.h"
#include "transform/cross_record_rules.h"

#define BATCH    64         /* records that are computed while as many are written */
#define GROUP    16         /* batches in one transaction */
#define KEEP_MAX (1u << 20) /* bytes of an arena that are worth keeping for the next record */

/* What a record came to, until it is written. */
struct job {
    struct transform_item item;
    struct arena arena; /* what of it is no buffer: findings, code, status */
    struct findings findings;
    struct normalise_counts repairs;
    struct buffer content, projection;
    struct digest digest;
    struct text code, status, gave, department;
    bool other_bytes; /* the store gave others than it was told to keep */
};

struct batch {
    struct job jobs[BATCH];
    struct transform_item items[BATCH];
    size_t count;
    struct arena arena; /* the items' texts */
};

/* Where one thread takes a record apart: as many as there are threads, not as there are records, so that what
 * is in use stays small and near. Threads share no cache line. */
struct worker_scratch {
    struct arena arena;
    char apart[128 - sizeof(struct arena)];
};

/* One source with its map. */
struct working {
    const struct transform_request *request;
    const struct source *source;
    struct map *map;
    const struct rule_set *rules;
    struct transform_digests transform_digests;
    struct thread_pool *thread_pool;
    struct worker_scratch *worker_scratches; /* one a thread */
    struct batch *batches;                   /* two */
};

static bool wanted_source(const struct transform_request *request, const struct source *source)
{
    for (size_t i = 0; i < request->name_count; i++)
        if (!strcmp(request->names[i], source->name))
            return true;
    return !request->name_count;
}

/* What no rule can waive. A rule that already says so in its own words is enough. */
static void check_required(struct arena *arena, const struct value *procedure, struct findings *findings)
{
    for (size_t i = 0; i < procedure_root.count; i++) {
        const struct field *field = &procedure_root.fields[i];
        if (!field->required || value_find(procedure, field->name))
            continue;
        bool said = false;
        for (const struct finding *finding = findings->first; finding; finding = finding->next)
            said = said || (finding->is_error && text_is(finding->field, field->name));
        if (!said)
            finding_add(arena, findings, true, TEXT("congkhai/required"), field->name, TEXT_NONE,
                        &(const struct reason){ .id = "missing" });
    }
}

static void check_procedure(struct job *job, struct arena *arena, const struct rule_set *rules,
                            const struct value *procedure, struct findings *findings)
{
    rule_run(rules, arena, procedure, findings);
    rule_project(rules, procedure, &job->projection);
    check_required(arena, procedure, findings);
    struct text code = value_text_of(procedure, "code"), status = value_text_of(procedure, "status");
    job->code = code.length ? text_copy(&job->arena, code) : TEXT_NONE;
    job->status = status.length ? text_copy(&job->arena, status) : TEXT_NONE;
}

static void map_job(struct job *job, struct arena *arena, const struct working *working,
                    struct findings *findings)
{
    struct map_result result;
    map_run(working->map, arena, job->item.bytes, job->item.context, &result);
    *findings = result.findings;
    job->repairs = result.repairs;
    job->gave = text_copy(&job->arena, text_of(result.gave));
    job->department = result.department.bytes ? text_copy(&job->arena, result.department) : TEXT_NONE;
    if (!result.procedure)
        return;
    canonical_write(&job->content, result.procedure);
    job->digest = crypto_sha256(buffer_view(&job->content));
    check_procedure(job, arena, working->rules, result.procedure, findings);
}

static void check_job(struct job *job, struct arena *arena, const struct working *working,
                      struct findings *findings)
{
    struct value *procedure;
    struct error error;
    if (json_parse(arena, job->item.bytes, &procedure, &error) == STATUS_OK)
        check_procedure(job, arena, working->rules, procedure, findings);
}

static void clear_arena(struct arena *arena)
{
    if (arena->total > KEEP_MAX)
        arena_free(arena);
    arena_clear(arena);
}

/* What lay in the store until now is believed by its digest alone. A record with a fault may have bytes that
 * were never kept. */
static bool has_other_bytes(const struct transform_item *item)
{
    if (item->fresh || item->fault.bytes)
        return false;
    struct digest digest = crypto_sha256(item->bytes);
    return !digest_equal(&digest, &item->digest);
}

/* The bytes may still say whose it is. */
static void set_aside(struct job *job, struct arena *arena, const struct working *working,
                      struct findings *findings)
{
    bool secret = text_is(job->item.fault, RECORD_SECRET);
    struct reason reason = secret ? (struct reason)REASON("record.secret", TEXT_NONE)
                                  : (struct reason)REASON("record.unreadable", job->item.fault, TEXT_NONE);
    struct text department = map_department(working->map, arena, job->item.bytes, job->item.context);
    job->department = department.bytes ? text_copy(&job->arena, department) : TEXT_NONE;
    finding_add(arena, findings, true, secret ? TEXT("congkhai/secret-in-record") : TEXT("congkhai/decode"),
                NULL, TEXT_NONE, &reason);
}

static void compute(void *user_data, size_t index, unsigned thread)
{
    const struct working *working = ((void **)user_data)[0];
    struct batch *batch = ((void **)user_data)[1];
    struct job *job = &batch->jobs[index];
    struct arena *arena = &working->worker_scratches[thread].arena;
    struct findings findings = { 0 };
    clear_arena(arena);
    clear_arena(&job->arena);
    buffer_clear(&job->content);
    buffer_clear(&job->projection);
    job->item = batch->items[index];
    job->repairs = (struct normalise_counts){ 0 };
    job->code = job->status = job->gave = job->department = TEXT_NONE;
    job->other_bytes = has_other_bytes(&job->item);
    if (job->item.fault.bytes)
        set_aside(job, arena, working, &findings);
    else if (job->item.kind == WORK_CHECK)
        check_job(job, arena, working, &findings);
    else
        map_job(job, arena, working, &findings);
    finding_words_say(arena, &findings, language_named(working->request->language));
    findings_copy(&job->arena, &findings, &job->findings);
}

static enum status write_batch(struct store *store, const struct working *working, const struct batch *batch,
                               struct transform_counts *counts, struct error *error)
{
    for (size_t i = 0; i < batch->count; i++) {
        const struct job *job = &batch->jobs[i];
        struct transform_result result = {
            .record = job->item.record,
            .code = job->code,
            .status = job->status,
            .content = job->content.length ? buffer_view(&job->content) : TEXT_NONE,
            .digest = job->digest,
            .known_content = job->item.kind == WORK_CHECK ? job->item.content : 0,
            .projection = job->projection.length ? buffer_view(&job->projection) : TEXT_NONE,
            .gave = job->gave,
            .mapped = job->item.kind == WORK_MAP,
            .department = job->department,
            .fresh = job->item.fresh,
            .findings = &job->findings,
            .language = language_named(working->request->language),
        };
        if (job->other_bytes)
            return error_set(error, STATUS_LEDGER,
                             _("%s: the bytes of a record are not those that were kept (its number is %lld); "
                               "run \"congkhai audit verify\" and restore a backup of the store"),
                             store_path(store), (long long)job->item.record);
        normalise_add(&counts->repairs, &job->repairs);
        if (transform_queue_put(store, &result, &working->transform_digests, error))
            return error->status;
    }
    return STATUS_OK;
}

static bool stopped(const struct transform_request *request)
{
    return request->stop && *request->stop;
}

/* While the threads compute one batch, the one before is written and the next one read. A transaction takes
 * several batches: pages that many records share are then written once. */
static enum status work_batches(struct store *store, struct working *working, enum transform_work kind,
                                struct transform_counts *counts, struct error *error)
{
    const struct transform_request *request = working->request;
    struct batch *computed = NULL;
    int64_t after = 0, done = 0;
    unsigned written = 0;
    for (int turn = 0;; turn ^= 1) {
        struct batch *batch = &working->batches[turn];
        void *user_data[2] = { working, batch };
        arena_clear(&batch->arena);
        if (transform_queue_next(store, working->source->name, kind, request->codes, request->code_count,
                                 after, &batch->arena, batch->items, BATCH, &batch->count, error))
            return error->status;
        if (stopped(request))
            batch->count = 0;
        if (batch->count) {
            after = batch->items[batch->count - 1].record;
            thread_pool_start(working->thread_pool, compute, user_data, batch->count);
        }
        enum status status = computed ? write_batch(store, working, computed, counts, error) : STATUS_OK;
        if (status == STATUS_OK && ++written % GROUP == 0 &&
            (status = store_commit(store, error)) == STATUS_OK)
            status = store_begin(store, error);
        if (batch->count)
            thread_pool_wait(working->thread_pool);
        if (status || !batch->count)
            return status;
        computed = batch;
        done += (int64_t)batch->count;
        if (request->progress)
            request->progress(request->user_data, working->source->name, done);
    }
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
                                    .agency_kind = request->agency_kind };
    clock_format_date(request->clock->now(request->clock), today);
    date_read(text_of(today), &options.today);
    return rule_compile_all(arena, request->rule_files, request->rule_file_count, &options, rules,
                            transform_digest, error);
}

enum status transform_check(const struct transform_request *request, struct digest *rules_digest,
                            struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct rule_set *rules = NULL;
    enum status status = compile_rules(request, &arena, &rules, rules_digest, error);
    rule_free_all(rules);
    for (size_t i = 0; status == STATUS_OK && i < request->source_count; i++) {
        struct map *map;
        struct digest transform_digest;
        status = map_compile(request->context, &request->sources[i], request->lists, &request->defaults, &map,
                             &transform_digest, error);
        if (status == STATUS_OK)
            map_free(map);
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
        enum status status = work_source(store, working, &map_digest, rules_digest, counts, error);
        map_free(working->map);
        if (status)
            return status;
    }
    return STATUS_OK;
}

static void open_working(struct working *working, struct arena *arena)
{
    working->thread_pool = thread_pool_open(0);
    working->worker_scratches =
        arena_array(arena, struct worker_scratch, thread_pool_count(working->thread_pool));
    working->batches = arena_array(arena, struct batch, 2);
}

static void close_working(struct working *working)
{
    for (size_t i = 0; i < 2 * BATCH; i++) {
        struct job *job = &working->batches[i / BATCH].jobs[i % BATCH];
        arena_free(&job->arena);
        buffer_free(&job->content);
        buffer_free(&job->projection);
    }
    for (unsigned i = 0; i < thread_pool_count(working->thread_pool); i++)
        arena_free(&working->worker_scratches[i].arena);
    arena_free(&working->batches[0].arena);
    arena_free(&working->batches[1].arena);
    thread_pool_close(working->thread_pool);
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
        working.rules = rules;
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
            check_required(arena, scene.procedure, &findings);
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
