#include "extract/ingest.h"

#include <stdlib.h>
#include <string.h>

#include "adapters/crypto.h"
#include "adapters/deflate.h"
#include "adapters/secrets.h"
#include "adapters/unicode.h"
#include "core/memory.h"

#define GROUP       64
#define GROUP_BYTES ((size_t)512 << 10) /* with so many a group is full before it has GROUP records */
#define KEEP_MAX    ((size_t)256 << 10) /* of an arena that is worth keeping for the next record */
#define GROUPS      3

struct item {
    struct text bytes, context, key;
    const char *locator, *document, *fault, *kept;
    struct digest digest;
    bool whole;
    bool secret;   /* it holds a secret: its place and its key are all that is kept of it */
    bool withheld; /* … and are all that is left here */
    bool known;    /* staged before, or nothing that was asked for: there is nothing left to do */
    bool cut;
    bool skipped; /* it is no record */
    bool again;   /* the same bytes are on their way already */
    struct arena arena;
    struct buffer packed; /* the bytes, where that makes them fewer */
    struct error error;
};

struct group {
    struct item items[GROUP];
    size_t count, bytes;
    struct arena arena;
};

/* A group is filled; then it is hashed while the next one is filled; then its unknown records are looked for
 * in the store, their bytes looked through for secrets and packed and their keys found while the one after it is filled;
 * then it is staged. */
struct ingest {
    struct ingest_options options;
    struct group groups[GROUPS];
    struct group *filling, *hashing, *keying;
    bool working, doubtful;
    uint64_t *keys;
    size_t key_count, key_capacity;
    int64_t skipped;
    struct record_key *key;
    struct key_ask asks[2 * GROUP];
    struct item *asked[2 * GROUP]; /* whose ask it is */
    size_t ask_count;
    struct deflate **deflates; /* one a thread */
    struct arena scratch, kept;
};

struct ingest *ingest_open(const struct ingest_options *options)
{
    struct ingest *ingest = memory_new(struct ingest);
    ingest->options = *options;
    ingest->filling = &ingest->groups[0];
    ingest->hashing = &ingest->groups[1];
    ingest->keying = &ingest->groups[2];
    ingest->key = record_key_open(options->source, options->key, options->skip);
    ingest->deflates = arena_array(&ingest->kept, struct deflate *, thread_pool_count(options->thread_pool));
    for (unsigned i = 0; i < thread_pool_count(options->thread_pool); i++)
        ingest->deflates[i] = deflate_open();
    return ingest;
}

static void wait_for_threads(struct ingest *ingest)
{
    if (ingest->working)
        thread_pool_wait(ingest->options.thread_pool);
    ingest->working = false;
}

void ingest_close(struct ingest *ingest)
{
    if (!ingest)
        return;
    wait_for_threads(ingest);
    for (size_t i = 0; i < GROUPS; i++) {
        for (size_t j = 0; j < GROUP; j++) {
            arena_free(&ingest->groups[i].items[j].arena);
            buffer_free(&ingest->groups[i].items[j].packed);
        }
        arena_free(&ingest->groups[i].arena);
    }
    for (unsigned i = 0; i < thread_pool_count(ingest->options.thread_pool); i++)
        deflate_close(ingest->deflates[i]);
    arena_free(&ingest->scratch);
    arena_free(&ingest->kept);
    record_key_close(ingest->key);
    free(ingest->keys);
    free(ingest);
}

bool ingest_is_doubtful(const struct ingest *ingest)
{
    return ingest->doubtful;
}

/* ---- what threads, or a process, do ---- */

/* In this very moment: for the few that cannot wait. */
static enum status find_now(const struct ingest *ingest, struct text bytes, struct text context, bool whole,
                            struct arena *arena, struct text *key, struct error *error)
{
    if (!ingest->options.child)
        return record_key_find(ingest->key, bytes, context, whole, arena, key, error);
    struct key_ask ask = {
        .bytes = bytes, .context = context, .wants_key = true, .whole = whole, .arena = arena, .error = error
    };
    key_child_ask(ingest->options.child, &ask, 1);
    enum status status = key_child_answer(ingest->options.child, error);
    *key = ask.key;
    if (status == STATUS_STOP)
        return error_set(error, STATUS_STOP, _("a signal ended the run"));
    return status ? status : ask.status;
}

/* "a.json" of "a.json#3", "a.xml" of "a.xml:12" (source_reading_locate). */
static struct text document_of(struct text locator)
{
    size_t at = locator.length;
    while (at && locator.bytes[at - 1] >= '0' && locator.bytes[at - 1] <= '9')
        at--;
    bool numbered = at > 1 && at < locator.length && strchr(":#", locator.bytes[at - 1]);
    return numbered ? text_slice(locator, 0, at - 1) : locator;
}

enum status ingest_find_key(void *ingest, struct text bytes, struct text context, struct text locator,
                            struct arena *arena, struct text *key, struct error *error)
{
    const struct ingest_options *options = &((const struct ingest *)ingest)->options;
    if (!options->key) {
        *key = document_of(locator);
        return STATUS_OK;
    }
    ARENA_OWNED struct arena own = { 0 };
    struct text found = TEXT_NONE;
    if (find_now(ingest, bytes, context, false, &own, &found, error))
        return error->status;
    *key = text_copy(arena, found);
    return STATUS_OK;
}

/* Nothing that could give the secret away goes further: not even a digest, which would confirm a guess. */
static void withhold(const struct ingest *ingest, struct item *item)
{
    bool keyed =
        ingest->options.key && !item->fault &&
        !find_now(ingest, item->bytes, item->context, true, &item->arena, &item->key, &item->error) &&
        !record_holds_secret(item->key);
    if (!keyed)
        item->key = TEXT_NONE;
    item->bytes = text_of(item->locator); /* in its place, so that its digest is of what is stored */
    item->context = TEXT_NONE;
    item->digest = crypto_sha256(item->bytes);
    item->skipped = item->known = false;
    item->withheld = true;
    item->fault = RECORD_SECRET;
}

static void withhold_all(const struct ingest *ingest, struct group *group)
{
    for (size_t i = 0; i < group->count; i++)
        if (group->items[i].secret && !group->items[i].withheld)
            withhold(ingest, &group->items[i]);
}

/* What is staged was looked through when it came. A row that is to be skipped goes no further, so it is looked at at once. */
static bool looks_at_all(const struct ingest_options *options)
{
    return options->anew || options->skip;
}

static bool wants_key(const struct ingest *ingest, const struct item *item)
{
    return (!item->known || ingest->options.wants_keys) && !item->fault && ingest->options.key;
}

/* Where nothing was known before tonight, nothing can be missing, and no record need be read to its end. */
static bool looks_to_the_end(const struct ingest *ingest, const struct item *item)
{
    return !item->known && !staging_is_fresh(ingest->options.staging);
}

static void take_key(struct item *item, enum status status)
{
    if (status && !item->known)
        item->fault = item->error.message;
}

static void work(void *user_data, size_t index, unsigned thread)
{
    const struct ingest *ingest = user_data;
    const struct ingest_options *options = &ingest->options;
    if (index < ingest->hashing->count) {
        struct item *item = &ingest->hashing->items[index];
        item->secret =
            record_holds_secret(item->context) || (looks_at_all(options) && record_holds_secret(item->bytes));
        item->digest = crypto_sha256(item->bytes);
        item->skipped = !item->secret && !options->child && !item->fault &&
                        record_key_skips(ingest->key, item->bytes, item->context, &item->arena);
        item->known = item->skipped;
        return;
    }
    struct item *item = &ingest->keying->items[index - ingest->hashing->count];
    buffer_clear(&item->packed);
    if (!item->known && !looks_at_all(options))
        item->secret = item->secret || record_holds_secret(item->bytes);
    if (!item->known && item->secret == item->withheld)
        (void)deflate_pack(ingest->deflates[thread], item->bytes, &item->packed);
    if (!options->child && wants_key(ingest, item))
        take_key(item,
                 record_key_find(ingest->key, item->bytes, item->context, looks_to_the_end(ingest, item),
                                 &item->arena, &item->key, &item->error));
}

/* One that ended two processes is not given to a third, unless an operator asks for it. */
static enum status is_deadly(const struct ingest *ingest, struct item *item, bool *deadly,
                             struct error *error)
{
    bool taken = false;
    const struct death *before = deaths_find(ingest->options.deaths, item->bytes);
    *deadly = false;
    if (!before)
        return STATUS_OK;
    if (staging_is_taken_up(ingest->options.staging, text_of(item->locator), &taken, error))
        return error->status;
    *deadly = !taken;
    if (*deadly)
        take_key(item, deaths_words(&(struct child_death){ .signal = (int)before->signal }, &item->error));
    return STATUS_OK;
}

static enum status add_ask(struct ingest *ingest, struct item *item, bool key, struct error *error)
{
    bool deadly;
    if (is_deadly(ingest, item, &deadly, error))
        return error->status;
    if (deadly)
        return STATUS_OK;
    ingest->asked[ingest->ask_count] = item;
    ingest->asks[ingest->ask_count++] = (struct key_ask){ .bytes = item->bytes,
                                                          .context = item->context,
                                                          .wants_key = key,
                                                          .wants_skip = !key,
                                                          .whole = looks_to_the_end(ingest, item),
                                                          .arena = &item->arena,
                                                          .error = &item->error };
    return STATUS_OK;
}

static enum status ask_child(struct ingest *ingest, struct error *error)
{
    struct group *skipping = ingest->options.skip ? ingest->hashing : NULL;
    ingest->ask_count = 0;
    for (size_t i = 0; skipping && i < skipping->count; i++)
        if (!skipping->items[i].fault && add_ask(ingest, &skipping->items[i], false, error))
            return error->status;
    for (size_t i = 0; i < ingest->keying->count; i++)
        if (wants_key(ingest, &ingest->keying->items[i]) &&
            add_ask(ingest, &ingest->keying->items[i], true, error))
            return error->status;
    if (ingest->ask_count)
        key_child_ask(ingest->options.child, ingest->asks, ingest->ask_count);
    return STATUS_OK;
}

/* What was told to stop gives nothing further: no more is staged then. */
static enum status hear_child(struct ingest *ingest, struct error *error)
{
    enum status status = ingest->ask_count ? key_child_answer(ingest->options.child, error) : STATUS_OK;
    for (size_t i = 0; i < ingest->ask_count && status == STATUS_OK; i++) {
        struct item *item = ingest->asked[i];
        const struct key_ask *ask = &ingest->asks[i];
        if (ask->wants_key) {
            item->key = ask->key;
            take_key(item, ask->status);
        } else {
            item->skipped = item->known = ask->skipped && !item->secret;
            if (ask->status)
                item->fault = item->error.message;
        }
    }
    ingest->ask_count = 0;
    return status == STATUS_STOP ? error_set(error, STATUS_STOP, _("a signal ended the run")) : status;
}

/* ---- what the store says ---- */

static bool wanted(const struct ingest_options *options, struct text key)
{
    return !options->code_count || text_among(key, options->codes, options->code_count);
}

static bool is_on_its_way(const struct group *group, size_t count, const struct digest *digest)
{
    for (size_t i = 0; i < count; i++)
        if (!group->items[i].known && digest_equal(&group->items[i].digest, digest))
            return true;
    return false;
}

static enum status look_up(struct ingest *ingest, struct group *group, const struct group *before,
                           struct error *error)
{
    const struct ingest_options *options = &ingest->options;
    const struct item *last = NULL;
    for (size_t i = 0; i < group->count; i++) {
        struct item *item = &group->items[i];
        if (item->fault || item->skipped || item->kept)
            continue;
        if ((!last || item->context.bytes != last->context.bytes) &&
            staging_context(options->staging, item->context, error))
            return error->status;
        last = item;
        if (!options->key)
            item->key = text_of(item->document);
        else if (is_on_its_way(before, before->count, &item->digest) ||
                 is_on_its_way(group, i, &item->digest)) {
            item->again = true;
            continue;
        }
        if (!options->key && !wanted(options, item->key))
            continue;
        if (options->key
                ? staging_known(options->staging, &item->digest, text_of(item->locator), &item->known, error)
                : staging_known_in(options->staging, &item->digest, item->key, NULL, text_of(item->locator),
                                   &item->known, error))
            return error->status;
    }
    return STATUS_OK;
}

/* What has no key goes by that of the record that stood in its place, by its document, by its bytes, or
 * where none were taken by its place. */
static enum status name_unread(struct ingest *ingest, const struct item *item, struct staged_record *staged,
                               struct error *error)
{
    char name[DIGEST_HEX + 1];
    staged->key = TEXT_NONE;
    if (item->whole &&
        staging_key_at(ingest->options.staging, &ingest->scratch, staged->locator, &staged->key, error))
        return error->status;
    staged->nameless = !staged->key.bytes;
    if (!staged->nameless)
        return STATUS_OK;
    digest_hex(&staged->digest, name);
    staged->key = item->whole          ? text_format(&ingest->scratch, "@%s", item->document)
                  : item->bytes.length ? text_format(&ingest->scratch, "@%.16s", name)
                                       : text_format(&ingest->scratch, "@%s", item->locator);
    return STATUS_OK;
}

static struct staged_record staged_of(const struct item *item, const char *fault)
{
    return (struct staged_record){
        .key = item->key,
        .locator = text_of(item->locator),
        .bytes = item->bytes,
        .packed = item->packed.length ? buffer_view(&item->packed) : TEXT_NONE,
        .digest = item->digest,
        .context = item->context,
        .fault = fault,
    };
}

/* Stages what could not be read, so that it is counted and shown. */
static enum status set_aside(struct ingest *ingest, const struct item *item, struct error *error)
{
    const struct ingest_options *options = &ingest->options;
    bool known, named = item->key.length, hides = !(item->secret && named);
    if (options->code_count && !(named && wanted(options, item->key)))
        return STATUS_OK;
    struct staged_record staged = staged_of(item, item->fault);
    if (!named && name_unread(ingest, item, &staged, error))
        return error->status;
    if (staging_context(options->staging, item->context, error) ||
        (hides && staging_hides(options->staging, staged.key, &staged.digest, staged.fault, &hides, error)) ||
        staging_known_in(options->staging, &staged.digest, staged.key, staged.fault, staged.locator, &known,
                         error))
        return error->status;
    ingest->doubtful = ingest->doubtful || hides;
    options->notice(options->user_data, item->locator, item->fault);
    staged.doubt = hides ? STAGING_HIDES : STAGING_NO_DOUBT;
    return known ? STATUS_OK : staging_put(options->staging, &staged, error);
}

/* A key that nobody had before may be the beginning of one. */
static enum status name_cut(struct ingest *ingest, const struct item *item, struct staged_record *staged,
                            struct error *error)
{
    bool known;
    if (staging_has_key(ingest->options.staging, item->key, &known, error) || known)
        return known ? STATUS_OK : error->status;
    return name_unread(ingest, item, staged, error);
}

/* What may have been cut, or is struck out, stands under its key, where that can be told, so that nothing is missing
 * for it. */
static enum status keep_back(struct ingest *ingest, struct item *item, struct error *error)
{
    const struct ingest_options *options = &ingest->options;
    enum staging_doubt doubt = STAGING_NO_DOUBT;
    bool known = false;
    if (item->fault || !item->key.length) {
        item->fault = item->fault ? item->fault : item->kept;
        ingest->doubtful = ingest->doubtful || item->cut;
        return set_aside(ingest, item, error);
    }
    if (!wanted(options, item->key))
        return STATUS_OK;
    struct staged_record staged = staged_of(item, item->kept);
    staged.doubt = STAGING_DOUBTED;
    if ((item->cut && name_cut(ingest, item, &staged, error)) ||
        staging_context(options->staging, item->context, error) ||
        staging_doubt(options->staging, staged.key, &item->digest, &doubt, error) ||
        (doubt &&
         staging_known_in(options->staging, &item->digest, staged.key,
                          doubt == STAGING_TAKEN ? NULL : item->kept, staged.locator, &known, error)))
        return error->status;
    if (known && doubt == STAGING_TAKEN)
        return STATUS_OK;
    ingest->doubtful = ingest->doubtful || item->cut;
    options->notice(options->user_data, item->locator, item->kept);
    return known ? STATUS_OK : staging_put(options->staging, &staged, error);
}

static enum status stage(struct ingest *ingest, struct item *item, struct error *error)
{
    const struct ingest_options *options = &ingest->options;
    if (item->again &&
        (staging_context(options->staging, item->context, error) ||
         staging_known(options->staging, &item->digest, text_of(item->locator), &item->known, error)))
        return error->status;
    ingest->skipped += item->skipped;
    if (item->known)
        return STATUS_OK;
    if (item->kept)
        return keep_back(ingest, item, error);
    if (item->fault)
        return set_aside(ingest, item, error);
    if (!wanted(options, item->key)) {
        bool its;
        if (staging_has_code(options->staging, item->key, options->codes, options->code_count, &its, error) ||
            !its)
            return error->status;
    }
    struct staged_record staged = staged_of(item, NULL);
    return staging_put(options->staging, &staged, error);
}

static void remember_key(struct ingest *ingest, const struct item *item)
{
    uint64_t key;
    struct digest digest = item->digest;
    if (item->key.length)
        digest = crypto_sha256(item->key);
    memcpy(&key, digest.bytes, sizeof key);
    ingest->keys = memory_more(ingest->keys, ingest->key_count, &ingest->key_capacity, sizeof *ingest->keys);
    ingest->keys[ingest->key_count++] = key | 1;
}

int64_t ingest_skipped(const struct ingest *ingest)
{
    return ingest->skipped;
}

const uint64_t *ingest_keys(struct ingest *ingest, size_t *count)
{
    *count = ingest->key_count;
    ingest->key_count = 0;
    return ingest->keys;
}

/* ---- groups ---- */

static void empty(struct group *group)
{
    for (size_t i = 0; i < group->count; i++) {
        if (group->items[i].arena.total > KEEP_MAX)
            arena_free(&group->items[i].arena);
        if (group->items[i].packed.capacity > KEEP_MAX)
            buffer_free(&group->items[i].packed);
        arena_clear(&group->items[i].arena);
    }
    arena_clear(&group->arena);
    group->count = group->bytes = 0;
}

/* Every group goes one step on. */
static enum status turn(struct ingest *ingest, struct error *error)
{
    struct group *staging = ingest->keying;
    wait_for_threads(ingest);
    if (ingest->options.child && hear_child(ingest, error))
        return error->status;
    withhold_all(ingest, ingest->hashing);
    withhold_all(ingest, staging);
    if (look_up(ingest, ingest->hashing, staging, error))
        return error->status;
    ingest->keying = ingest->hashing;
    ingest->hashing = ingest->filling;
    ingest->working = ingest->hashing->count + ingest->keying->count > 0;
    if (ingest->working)
        thread_pool_start(ingest->options.thread_pool, work, ingest,
                          ingest->hashing->count + ingest->keying->count);
    if (ingest->options.child && ask_child(ingest, error))
        return error->status;
    for (size_t i = 0; i < staging->count; i++) {
        if (ingest->options.wants_keys)
            remember_key(ingest, &staging->items[i]);
        if (stage(ingest, &staging->items[i], error))
            return error->status;
    }
    arena_clear(&ingest->scratch);
    empty(staging);
    ingest->filling = staging;
    return STATUS_OK;
}

enum status ingest_put(struct ingest *ingest, const struct ingest_record *record, struct error *error)
{
    struct group *group = ingest->filling;
    const struct item *before = group->count ? &group->items[group->count - 1] : NULL;
    struct item *item = &group->items[group->count++];
    struct arena arena = item->arena;
    struct buffer packed = item->packed;
    *item = (struct item){
        .arena = arena,
        .packed = packed,
        .bytes = text_copy(&group->arena, record->bytes),
        .locator = text_string(&group->arena, unicode_mend(&group->arena, text_of(record->locator))),
        .fault = record->fault ? text_string(&group->arena, text_of(record->fault)) : NULL,
        .cut = record->cut,
        .kept = record->kept ? text_string(&group->arena, text_of(record->kept)) : NULL,
        .whole = record->whole,
    };
    /* The name of a file may be of an old encoding: it is told to people and stands in the ledger. */
    item->document = before && !strcmp(before->document, record->document)
                         ? before->document
                         : text_string(&group->arena, unicode_mend(&group->arena, text_of(record->document)));
    item->context = before && text_equal(before->context, record->context)
                        ? before->context
                        : text_copy(&group->arena, record->context);
    group->bytes += record->bytes.length;
    return group->count == GROUP || group->bytes >= GROUP_BYTES ? turn(ingest, error) : STATUS_OK;
}

enum status ingest_finish(struct ingest *ingest, struct error *error)
{
    for (int i = 0; i < GROUPS; i++)
        if (turn(ingest, error))
            return error->status;
    wait_for_threads(ingest);
    return STATUS_OK;
}
