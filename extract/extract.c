#include "extract/extract.h"

#include <stdio.h>
#include <string.h>

#include "adapters/crypto.h"
#include "adapters/secrets.h"
#include "core/canonical.h"
#include "extract/decode.h"
#include "extract/fetch.h"
#include "extract/ingest.h"
#include "extract/transcode.h"
#include "store/source_state.h"

/* One source while it is read. */
struct reading {
    const struct extract_request *request;
    const struct source *source;
    struct staging *staging;
    struct ingest *ingest;
    struct extract_result *result;
    int64_t given;
};

static bool wanted_source(const struct extract_request *request, const struct source *source)
{
    for (size_t i = 0; i < request->name_count; i++)
        if (!strcmp(request->names[i], source->name))
            return true;
    return !request->name_count;
}

static void notice(void *user_data, const char *locator, const char *message)
{
    const struct reading *reading = user_data;
    char line[ERROR_MESSAGE_SIZE + 600];
    if (!reading->request->notice)
        return;
    snprintf(line, sizeof line, "%s%s%s: %s", reading->source->name, locator && *locator ? " " : "",
             locator ? locator : "", message);
    reading->request->notice(reading->request->user_data, line);
}

static void notice_of_fetch(void *user_data, const char *message)
{
    notice(user_data, NULL, message);
}

static enum status compile_key(struct arena *arena, const struct setting_context *context,
                               const struct source *source, struct record_address **key, struct error *error)
{
    *key = NULL;
    if (!source->key || !*source->key)
        return STATUS_OK;
    if (record_address_compile(arena, &source->record, text_of(source->key), key, error))
        return setting_place(context, value_find(source->tree, "key"), error);
    return STATUS_OK;
}

enum status extract_check(const struct extract_request *request, struct error *error)
{
    if (source_check_names(request->sources, request->source_count, request->names, request->name_count,
                           error))
        return error->status;
    for (size_t i = 0; i < request->source_count; i++) {
        const struct source *source = &request->sources[i];
        struct fetch fetch;
        struct record_address *key;
        if (!wanted_source(request, source))
            continue;
        if (fetch_prepare(request->context->arena, request->context, request->folder, source, &fetch, error))
            return error->status;
        if (fetch.driver->close)
            fetch.driver->close(&fetch);
        if (compile_key(request->context->arena, request->context, source, &key, error))
            return error->status;
        record_address_free(key);
        const struct decode_driver *decoder = decode_find((enum source_format)source->format);
        if (decoder->check && decoder->check(request->context->arena, source, error))
            return setting_place(request->context, value_find(source->tree, "records"), error);
    }
    return STATUS_OK;
}

/* A long name is cut, never the number behind it. */
static void locate(const struct document *document, const struct decoded *decoded, char *locator, size_t size)
{
    int length = (int)text_cut(text_of(document->name), 400);
    if (!decoded->number)
        snprintf(locator, size, "%.*s", length, document->name);
    else if (decoded->sheet)
        snprintf(locator, size, "%.*s:%.*s!%ld", length, document->name,
                 (int)text_cut(text_of(decoded->sheet), 80), decoded->sheet, decoded->number);
    else
        snprintf(locator, size, "%.*s%c%ld", length, document->name, decoded->mark, decoded->number);
}

static bool stopped(const struct extract_request *request)
{
    return request->stop && *request->stop;
}

/* Why a source's listing is not whole; the first reason is kept. */
static void broke_off(struct reading *reading, bool broken, const char *message)
{
    reading->result->broken = reading->result->broken || broken;
    if (!*reading->result->why)
        snprintf(reading->result->why, sizeof reading->result->why, "%.*s",
                 (int)text_cut(text_of(message), sizeof reading->result->why - 1), message);
    reading->result->whole = false;
}

static enum status take(struct reading *reading, const struct document *document,
                        const struct decoded *decoded, const char *fault, struct error *error)
{
    char locator[600];
    locate(document, decoded, locator, sizeof locator);
    if (decoded->warning)
        notice(reading, locator, decoded->warning);
    struct ingest_record record = {
        .bytes = decoded->bytes,
        .context = decoded->context,
        .locator = locator,
        .document = document->name,
        .whole = !decoded->number,
        .fault = fault,
    };
    return ingest_put(reading->ingest, &record, error);
}

/* The document is broken from here on. What stands for one record is set aside; of a list nobody knows what
 * was to follow. */
static enum status take_broken(struct reading *reading, struct decode *decode, const struct decoded *decoded,
                               struct error *reason, struct error *error)
{
    char locator[600];
    const struct source *source = reading->source;
    bool list =
        decoded->number || (source->records && *source->records) ||
        (source->format != SOURCE_JSON && source->format != SOURCE_XML && source->format != SOURCE_HTML);
    if (!list || decoded->bytes.length)
        if (take(reading, decode->document, decoded, reason->message, error))
            return error->status;
    if (list) {
        locate(decode->document, decoded, locator, sizeof locator);
        if (!strstr(reason->message, decode->document->name))
            error_add(reason, "%s", locator);
        broke_off(reading, true, reason->message);
        notice(reading, NULL, reason->message);
    }
    return STATUS_OK;
}

static enum status read_records(struct reading *reading, struct decode *decode, bool *broken,
                                struct error *error)
{
    struct decoded decoded;
    struct error reason = { 0 };
    for (unsigned long count = 0; !stopped(reading->request); count++) {
        enum status status = decode->driver->next(decode, &decoded, &reason);
        if (status == STATUS_END)
            return STATUS_OK;
        if (status == STATUS_STOP) {
            *broken = true;
            return take_broken(reading, decode, &decoded, &reason, error);
        }
        if (status != STATUS_OK && status != STATUS_REJECT)
            return error_set(error, status, "%s", reason.message);
        reading->given++;
        if (take(reading, decode->document, &decoded, status ? reason.message : NULL, error))
            return error->status;
        if (reading->request->progress && count % 256 == 0)
            reading->request->progress(reading->request->user_data, reading->source->name,
                                       staging_seen(reading->staging));
    }
    return STATUS_OK;
}

/* *broken: the document was not read to its end. */
static enum status read_document(struct reading *reading, struct document *document, bool *broken,
                                 struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct error reason = { 0 };
    struct decode decode = { .driver = decode_find((enum source_format)reading->source->format),
                             .source = reading->source,
                             .document = document,
                             .arena = &arena };
    reading->given = 0;
    *broken = false;
    enum status status = transcode_open(&arena, reading->source, document, &decode.unicode, &reason);
    if (status == STATUS_OK)
        status = decode.driver->open(&decode, &reason);
    if (status == STATUS_OK) {
        status = read_records(reading, &decode, broken, error);
    } else if (status == STATUS_STOP || status == STATUS_REJECT) {
        struct decoded nothing = { 0 };
        *broken = true;
        status = take_broken(reading, &decode, &nothing, &reason, error);
    } else {
        error_set(error, status, "%s", reason.message);
    }
    if (decode.user_data)
        decode.driver->close(&decode);
    /* Here, not by the caller: what was put before the stream lives in this arena. */
    if (document->stream.close)
        document->stream.close(&document->stream);
    document->stream.close = NULL;
    return status;
}

/* All that the meaning of a listing hangs on but the map: when it changes, what was remembered is void. */
static struct digest transform_digest_of(const struct source *source)
{
    struct buffer text = { 0 };
    buffer_string(&text, CONGKHAI_VERSION);
    for (const struct value *member = source->tree->first; member; member = member->next) {
        if (text_is(member->name, "map") || text_is(member->name, "nothing"))
            continue;
        canonical_text(&text, member->name);
        canonical_write(&text, member);
    }
    struct digest digest = crypto_sha256(buffer_view(&text));
    buffer_free(&text);
    return digest;
}

/* What was remembered bears its recipe in front. */
static enum status recall(struct reading *reading, struct store *store, struct fetch *fetch,
                          struct error *error)
{
    struct digest transform_digest = transform_digest_of(reading->source);
    struct text state;
    if (source_state_get(store, fetch->arena, reading->source->name, &state, error))
        return error->status;
    if (!reading->request->code_count && state.length > DIGEST_SIZE &&
        !memcmp(state.bytes, transform_digest.bytes, DIGEST_SIZE))
        fetch->remembered = text_slice(state, DIGEST_SIZE, state.length);
    return STATUS_OK;
}

static enum status remember(struct reading *reading, struct store *store, const struct text *wanted,
                            struct error *error)
{
    struct digest transform_digest = transform_digest_of(reading->source);
    struct buffer state = { 0 };
    ARENA_OWNED struct arena arena = { 0 };
    if (!text_equal(secrets_cover(&arena, *wanted, false),
                    *wanted)) /* nothing asked for again is worth that */
        wanted = &TEXT_NONE;
    if (wanted->length) {
        buffer_put(&state, transform_digest.bytes, DIGEST_SIZE);
        buffer_text(&state, *wanted);
    }
    enum status status = source_state_put(store, reading->source->name,
                                          wanted->length ? buffer_view(&state) : TEXT_NONE, error);
    buffer_free(&state);
    return status;
}

/* STATUS_OK also for a source that broke off: its result says so. Anything else is a fault of the store. */
static enum status read_documents(struct reading *reading, struct fetch *fetch, struct error *error)
{
    const struct extract_request *request = reading->request;
    struct error reason = { 0 };
    enum status status = fetch->driver->open(fetch, &reason), kept = STATUS_OK;
    while (status == STATUS_OK && kept == STATUS_OK && !stopped(request)) {
        struct document document;
        status = fetch->driver->next(fetch, &document, &reason);
        if (status != STATUS_OK)
            break;
        ARENA_OWNED struct arena named = { 0 };
        document.name = text_string(&named, secrets_cover(&named, text_of(document.name), false));
        kept = read_document(reading, &document, &fetch->broken, error);
        fetch->given = reading->given;
    }
    if (kept == STATUS_OK && status == STATUS_FATAL)
        return error_set(error, status, "%s", reason.message);
    if (kept == STATUS_OK && status != STATUS_OK && status != STATUS_END) {
        notice(reading, NULL, reason.message);
        broke_off(reading, true, reason.message);
    }
    if (stopped(request))
        broke_off(reading, true, _("a signal ended the run"));
    if (!fetch->whole)
        reading->result->whole = false;
    return kept == STATUS_OK ? ingest_finish(reading->ingest, error) : kept;
}

static enum status finish(struct reading *reading, struct store *store, const struct fetch *fetch,
                          struct error *error)
{
    struct extract_result *result = reading->result;
    bool doubtful = ingest_is_doubtful(reading->ingest);
    if (fetch->unchanged && staging_unchanged(reading->staging, error))
        return error->status;
    if (doubtful && result->whole)
        notice(reading, NULL,
               _("some records cannot be read, so nothing is reported missing this time: mend them first"));
    bool whole = result->whole && !doubtful;
    if (whole && !fetch->unchanged && !staging_seen(reading->staging))
        notice(
            reading, NULL,
            _("no record was found; if there should be some, look at \"match\", \"records\" or \"query\""));
    if (!fetch->unchanged || !whole)
        return remember(reading, store, whole ? &fetch->remember : &TEXT_NONE, error);
    return STATUS_OK;
}

static enum status read_source(struct reading *reading, struct store *store, struct arena *arena,
                               struct thread_pool *thread_pool, struct error *error)
{
    const struct extract_request *request = reading->request;
    struct fetch fetch;
    struct record_address *key;
    if (fetch_prepare(arena, request->context, request->folder, reading->source, &fetch, error) ||
        recall(reading, store, &fetch, error) ||
        compile_key(arena, request->context, reading->source, &key, error))
        return error->status;
    fetch.stop = request->stop;
    fetch.notice = notice_of_fetch;
    fetch.notice_own = reading;
    if (request->clock)
        fetch.clock = request->clock;
    struct ingest_options options = { .staging = reading->staging,
                                      .thread_pool = thread_pool,
                                      .source = reading->source,
                                      .key = key,
                                      .codes = request->codes,
                                      .code_count = request->code_count,
                                      .notice = notice,
                                      .user_data = reading };
    reading->ingest = ingest_open(&options);
    enum status status = read_documents(reading, &fetch, error);
    if (status == STATUS_OK)
        status = finish(reading, store, &fetch, error);
    if (fetch.driver->close)
        fetch.driver->close(&fetch);
    reading->result->whole = reading->result->whole && !ingest_is_doubtful(reading->ingest);
    ingest_close(reading->ingest);
    record_address_free(key);
    return status;
}

static enum status run_source(struct store *store, const struct extract_request *request,
                              const struct source *source, struct thread_pool *thread_pool,
                              struct extract_result *result, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct reading reading = { .request = request, .source = source, .result = result };
    result->source = source->name;
    result->whole = !request->code_count;
    if (staging_open(store, source->name, &reading.staging, error))
        return error->status;
    enum status status = read_source(&reading, store, &arena, thread_pool, error);
    if (status) {
        staging_abandon(reading.staging);
        return status;
    }
    return staging_finish(reading.staging, result->whole, source->listing == SOURCE_FULL, result->why,
                          &result->counts, error);
}

static enum status run_sources(struct store *store, const struct extract_request *request,
                               struct thread_pool *thread_pool, struct extract_result *results, size_t *count,
                               struct error *broken, struct error *error)
{
    for (size_t i = 0; i < request->source_count && !stopped(request); i++) {
        if (!wanted_source(request, &request->sources[i]))
            continue;
        struct extract_result *result = &results[(*count)++];
        if (run_source(store, request, &request->sources[i], thread_pool, result, error))
            return error->status;
        if (result->broken && !broken->status)
            error_set(broken, STATUS_STOP, _("source \"%s\" was not read to its end: %s"), result->source,
                      result->why);
    }
    return STATUS_OK;
}

enum status extract_run(struct store *store, const struct extract_request *request,
                        struct extract_result **results, size_t *count, struct error *error)
{
    struct error broken = { 0 };
    struct thread_pool *thread_pool = thread_pool_open(0);
    *results = arena_array(request->context->arena, struct extract_result, request->source_count + 1);
    *count = 0;
    enum status status = run_sources(store, request, thread_pool, *results, count, &broken, error);
    thread_pool_close(thread_pool);
    if (status || !broken.status)
        return status;
    return error_set(error, STATUS_STOP, "%s", broken.message);
}

/* The first document's first record. */
static enum status first_record(const struct source *source, struct document *document, struct arena *arena,
                                struct text *bytes, struct text *context, char locator[512],
                                struct error *error)
{
    struct decoded decoded = { 0 };
    struct decode decode = { .driver = decode_find((enum source_format)source->format),
                             .source = source,
                             .document = document,
                             .arena = arena };
    enum status status = transcode_open(arena, source, document, &decode.unicode, error);
    if (status == STATUS_OK)
        status = decode.driver->open(&decode, error);
    if (status == STATUS_OK)
        status = decode.driver->next(&decode, &decoded, error);
    if (status == STATUS_OK) {
        *bytes = text_copy(arena, decoded.bytes);
        *context = text_copy(arena, decoded.context);
        locate(document, &decoded, locator, 512);
    }
    if (decode.user_data)
        decode.driver->close(&decode);
    return status;
}

enum status extract_first(const struct extract_request *request, const struct source *source,
                          struct arena *arena, struct text *bytes, struct text *context, char locator[512],
                          struct error *error)
{
    struct fetch fetch;
    if (fetch_prepare(arena, request->context, request->folder, source, &fetch, error))
        return error->status;
    fetch.stop = request->stop;
    if (request->clock)
        fetch.clock = request->clock;
    enum status status = fetch.driver->open(&fetch, error), found = STATUS_END;
    /* An empty page may be followed by others; a document that is broken ends the search. */
    while (status == STATUS_OK && found == STATUS_END) {
        struct document document = { 0 };
        status = fetch.driver->next(&fetch, &document, error);
        if (status != STATUS_OK)
            break;
        found = first_record(source, &document, arena, bytes, context, locator, error);
        if (found > STATUS_END && !strstr(error->message, document.name))
            error_add(error, "%s", document.name);
        if (document.stream.close)
            document.stream.close(&document.stream);
    }
    if (fetch.driver->close)
        fetch.driver->close(&fetch);
    return status == STATUS_OK ? found : status;
}
