#include "extract/ingest.h"

#include <stdlib.h>
#include <string.h>

#include "adapters/crypto.h"
#include "adapters/deflate.h"
#include "adapters/json.h"
#include "adapters/secrets.h"
#include "adapters/unicode.h"
#include "core/memory.h"
#include "extract/json_splitter.h"
#include "record/encoding.h"
#include "record/record.h"

#define GROUP       64
#define GROUP_BYTES ((size_t)512 << 10) /* with so many a group is full before it has GROUP records */
#define KEEP_MAX    ((size_t)256 << 10) /* of an arena that is worth keeping for the next record */
#define GROUPS      3
#define KEY_MAX     ((size_t)64 << 10)

struct item {
    struct text bytes, context, key;
    const char *locator, *document, *fault, *kept;
    struct digest digest;
    bool whole;
    bool secret; /* it holds a secret: its place and its key are all that is kept of it */
    bool known;  /* staged before, or nothing that was asked for: there is nothing left to do */
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
 * in the store, their keys found and their bytes packed while the one after it is filled; then it is staged. */
struct ingest {
    struct ingest_options options;
    struct group groups[GROUPS];
    struct group *filling, *hashing, *keying;
    bool working, doubtful;
    uint64_t *keys;
    size_t key_count, key_capacity;
    int64_t skipped;
    bool seeks; /* the key of a JSON record can be found without reading all of it */
    struct json_pointer pointer;
    struct deflate **deflates; /* one a thread */
    struct arena scratch, kept;
};

static bool is_unicode(const char *encoding)
{
    enum encoding named;
    return !encoding || (encoding_named(text_of(encoding), &named) &&
                         (named == ENCODING_UTF8 || named == ENCODING_UTF16 || named == ENCODING_UTF16LE ||
                          named == ENCODING_UTF16BE));
}

struct ingest *ingest_open(const struct ingest_options *options)
{
    struct ingest *ingest = memory_new(struct ingest);
    struct error error;
    ingest->options = *options;
    ingest->filling = &ingest->groups[0];
    ingest->hashing = &ingest->groups[1];
    ingest->keying = &ingest->groups[2];
    ingest->deflates = arena_array(&ingest->kept, struct deflate *, thread_pool_count(options->thread_pool));
    for (unsigned i = 0; i < thread_pool_count(options->thread_pool); i++)
        ingest->deflates[i] = deflate_open();
    ingest->seeks = options->key && options->source->record.shape == RECORD_JSON &&
                    is_unicode(options->source->encoding) &&
                    json_pointer_compile(&ingest->kept, text_of(options->source->key), &ingest->pointer,
                                         &error) == STATUS_OK &&
                    ingest->pointer.count && ingest->pointer.count <= JSON_SPLITTER_DEPTH;
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
    free(ingest->keys);
    free(ingest);
}

bool ingest_is_doubtful(const struct ingest *ingest)
{
    return ingest->doubtful;
}

/* ---- what threads do ---- */

/* The key of a JSON record without reading the rest of it: a record that is broken elsewhere keeps its key,
 * and transform says what is wrong with it. False: the long way finds the key, or why there is none. */
static bool seek_key(const struct ingest *ingest, struct item *item)
{
    struct file_stream stream;
    struct json_splitter splitter;
    struct text lexeme;
    struct value *value;
    struct error *error = &item->error;
    if (!ingest->seeks)
        return false;
    file_stream_memory(item->bytes, "", &stream);
    json_splitter_open(&splitter, &stream, &ingest->pointer, KEY_MAX);
    bool found = json_splitter_find(&splitter, &lexeme, error) == STATUS_OK &&
                 json_parse(&item->arena, lexeme, &value, error) == STATUS_OK &&
                 (value->kind == VALUE_TEXT || value->kind == VALUE_NUMBER);
    if (found)
        item->key = unicode_nfc(&item->arena, text_trim(value->text));
    json_splitter_close(&splitter);
    return found && item->key.length;
}

static enum status find_key(const struct ingest *ingest, struct item *item)
{
    const struct ingest_options *options = &ingest->options;
    struct record record;
    struct record_items items;
    struct arena *arena = &item->arena;
    struct error *error = &item->error;
    if (seek_key(ingest, item))
        return STATUS_OK;
    if (record_open(arena, &options->source->record, item->bytes, item->context, &record, error))
        return error->status;
    enum status status = record_select(&record, &record.root, options->key, arena, &items, error);
    if (status == STATUS_OK && items.count)
        status = record_item_text(&record, &items.items[0], arena, &item->key, error);
    if (status == STATUS_OK) {
        item->key = items.count ? unicode_nfc(arena, text_trim(text_copy(arena, item->key))) : TEXT_NONE;
        if (!item->key.length)
            status = error_set(error, STATUS_REJECT,
                               items.unknown ? _("the table has no column \"%s\", which is the key")
                                             : _("the key %s is missing or empty"),
                               options->source->key);
    }
    record_close(&record);
    return status;
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
    struct item item = { .bytes = bytes, .context = context };
    enum status status = find_key(ingest, &item);
    *key = status ? TEXT_NONE : text_copy(arena, item.key);
    arena_free(&item.arena);
    return status ? error_set(error, status, "%s", item.error.message) : STATUS_OK;
}

/* Nothing that could give the secret away goes further: not even a digest, which would confirm a guess. */
static void withhold(const struct ingest *ingest, struct item *item)
{
    bool keyed = ingest->options.key && !item->fault && find_key(ingest, item) == STATUS_OK &&
                 !secrets_named_in(item->key);
    if (!keyed)
        item->key = TEXT_NONE;
    item->bytes = text_of(item->locator); /* in its place, so that its digest is of what is stored */
    item->context = TEXT_NONE;
    item->secret = true;
    item->fault = RECORD_SECRET;
}

static void work(void *user_data, size_t index, unsigned thread)
{
    const struct ingest *ingest = user_data;
    if (index < ingest->hashing->count) {
        struct item *item = &ingest->hashing->items[index];
        if (secrets_named_in(item->bytes) || secrets_named_in(item->context))
            withhold(ingest, item);
        item->digest = crypto_sha256(item->bytes);
        item->skipped = ingest->options.skip && !item->fault &&
                        skip_matches(ingest->options.skip, ingest->options.source, item->bytes, item->context,
                                     &item->arena);
        item->known = item->skipped;
        return;
    }
    struct item *item = &ingest->keying->items[index - ingest->hashing->count];
    buffer_clear(&item->packed);
    if (!item->known)
        (void)deflate_pack(ingest->deflates[thread], item->bytes, &item->packed);
    if ((item->known && !ingest->options.wants_keys) || item->fault || !ingest->options.key)
        return;
    if (find_key(ingest, item) && !item->known)
        item->fault = item->error.message;
}

/* ---- what the store says ---- */

static bool wanted(const struct ingest_options *options, struct text key)
{
    for (size_t i = 0; i < options->code_count; i++)
        if (text_equal(options->codes[i], key))
            return true;
    return !options->code_count;
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
        if (options->key ? staging_known(options->staging, &item->digest, TEXT_NONE, text_of(item->locator),
                                         &item->known, error)
                         : staging_known_in(options->staging, &item->digest, item->key,
                                            text_of(item->locator), &item->known, error))
            return error->status;
    }
    return STATUS_OK;
}

/* Stages what could not be read, under the name of the document or of its bytes, so that it is counted and
 * shown. */
static enum status set_aside(struct ingest *ingest, const struct item *item, struct error *error)
{
    const struct ingest_options *options = &ingest->options;
    char name[DIGEST_HEX + 1] = "@";
    bool known;
    if (options->code_count)
        return STATUS_OK;
    struct staged_record staged = {
        .key = text_of(name),
        .locator = text_of(item->locator),
        .bytes = item->bytes,
        .packed = item->packed.length ? buffer_view(&item->packed) : TEXT_NONE,
        .digest = item->digest,
        .context = item->context,
        .fault = item->fault,
        .nameless = true,
    };
    digest_hex(&staged.digest, name + 1);
    name[17] = 0;
    if (item->secret && item->key.length) {
        staged.key = item->key;
        staged.nameless = false;
    } else if (item->whole) {
        if (staging_key_at(options->staging, &ingest->scratch, staged.locator, &staged.key, error))
            return error->status;
        staged.nameless = !staged.key.bytes;
        if (staged.nameless) {
            bool many;
            staged.key = text_format(&ingest->scratch, "@%s", item->document);
            /* Records that once stood in it may still do so. */
            if (staging_has_document(options->staging, text_of(item->document), &many, error))
                return error->status;
            ingest->doubtful = ingest->doubtful || many;
        }
    }
    if (staging_context(options->staging, item->context, error) ||
        staging_known(options->staging, &staged.digest, staged.key, staged.locator, &known, error))
        return error->status;
    options->notice(options->user_data, item->locator, item->fault);
    if (known)
        return STATUS_OK;
    ingest->doubtful = ingest->doubtful || !(item->whole || (item->secret && item->key.length));
    return staging_put(options->staging, &staged, error);
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
    if (staging_context(options->staging, item->context, error) ||
        staging_doubt(options->staging, item->key, &item->digest, &doubt, error) ||
        (doubt &&
         staging_known(options->staging, &item->digest, item->key, text_of(item->locator), &known, error)))
        return error->status;
    if (known && doubt == STAGING_TAKEN)
        return STATUS_OK;
    ingest->doubtful = ingest->doubtful || item->cut;
    options->notice(options->user_data, item->locator, item->kept);
    struct staged_record staged = {
        .key = item->key,
        .locator = text_of(item->locator),
        .bytes = item->bytes,
        .packed = item->packed.length ? buffer_view(&item->packed) : TEXT_NONE,
        .digest = item->digest,
        .context = item->context,
        .fault = item->kept,
        .doubt = true,
    };
    return known ? STATUS_OK : staging_put(options->staging, &staged, error);
}

static enum status stage(struct ingest *ingest, struct item *item, struct error *error)
{
    const struct ingest_options *options = &ingest->options;
    if (item->again && (staging_context(options->staging, item->context, error) ||
                        staging_known(options->staging, &item->digest, TEXT_NONE, text_of(item->locator),
                                      &item->known, error)))
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
    struct staged_record staged = {
        .key = item->key,
        .locator = text_of(item->locator),
        .bytes = item->bytes,
        .packed = item->packed.length ? buffer_view(&item->packed) : TEXT_NONE,
        .digest = item->digest,
        .context = item->context,
    };
    return staging_put(options->staging, &staged, error);
}

static void remember_key(struct ingest *ingest, const struct item *item)
{
    uint64_t key;
    struct digest digest = item->digest;
    if (item->key.length)
        digest = crypto_sha256(item->key);
    memcpy(&key, digest.bytes, sizeof key);
    if (ingest->key_count == ingest->key_capacity)
        ingest->keys = memory_grow(ingest->keys, ingest->key_capacity = ingest->key_capacity * 2 + 256,
                                   sizeof *ingest->keys);
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
    if (look_up(ingest, ingest->hashing, staging, error))
        return error->status;
    ingest->keying = ingest->hashing;
    ingest->hashing = ingest->filling;
    ingest->working = ingest->hashing->count + ingest->keying->count > 0;
    if (ingest->working)
        thread_pool_start(ingest->options.thread_pool, work, ingest,
                          ingest->hashing->count + ingest->keying->count);
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
