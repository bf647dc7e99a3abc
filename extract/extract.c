#include "extract/extract.h"

#include <stdio.h>
#include <string.h>

#include "extract/decode.h"
#include "extract/fetch.h"
#include "extract/skip.h"
#include "extract/source_reading.h"
#include "store/staging.h"

bool extract_wants(const struct extract_request *request, const struct source *source)
{
    for (size_t i = 0; i < request->name_count; i++)
        if (!strcmp(request->names[i], source->name))
            return true;
    return !request->name_count;
}

static enum status check_fetch(const struct extract_request *request, const struct source *source,
                               struct error *error)
{
    struct fetch fetch;
    if (!source->fetch) /* told already */
        return STATUS_OK;
    if (fetch_prepare(request->context->arena, request->context, request->folder, source, &fetch, error))
        return error->status;
    if (fetch.driver->close)
        fetch.driver->close(&fetch);
    return STATUS_OK;
}

static enum status check_key(const struct extract_request *request, const struct source *source,
                             struct error *error)
{
    struct record_address *key;
    if (source_reading_key(request->context->arena, request->context, source, &key, error))
        return error->status;
    record_address_free(key);
    return STATUS_OK;
}

static enum status check_skip(const struct extract_request *request, const struct source *source,
                              struct error *error)
{
    struct skip *skip;
    if (skip_compile(request->context->arena, request->context, source, &skip, error))
        return error->status;
    skip_free(skip);
    return STATUS_OK;
}

static enum status check_records(const struct extract_request *request, const struct source *source,
                                 struct error *error)
{
    const struct decode_driver *decoder = decode_find((enum source_format)source->format);
    if (!source->unformatted && decoder->check && decoder->check(request->context->arena, source, error))
        return setting_place(request->context, value_find(source->tree, "records"), error);
    return STATUS_OK;
}

static enum status check_source(const struct extract_request *request, const struct source *source,
                                struct error *error)
{
    const struct setting_context *context = request->context;
    enum status all = STATUS_OK;
    (void)(setting_step(context, &all, check_fetch(request, source, error), error) &&
           setting_step(context, &all, check_key(request, source, error), error) &&
           setting_step(context, &all, check_skip(request, source, error), error) &&
           setting_step(context, &all, check_records(request, source, error), error));
    return all;
}

enum status extract_check(const struct extract_request *request, struct error *error)
{
    if (source_check_names(request->sources, request->source_count, request->names, request->name_count,
                           error))
        return error->status;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < request->source_count; i++) {
        if (!extract_wants(request, &request->sources[i]) ||
            check_source(request, &request->sources[i], error) == STATUS_OK)
            continue;
        status = error->status;
        if (!setting_goes_on(request->context, error))
            return status;
    }
    return status;
}

static enum status run_sources(struct store *store, const struct extract_request *request,
                               struct thread_pool *thread_pool, struct extract_result *results, size_t *count,
                               struct error *broken, struct error *error)
{
    int64_t patience = FETCH_PATIENCE;
    for (size_t i = 0; i < request->source_count && !(request->stop && *request->stop); i++) {
        if (!extract_wants(request, &request->sources[i]))
            continue;
        struct extract_result *result = &results[(*count)++];
        if (source_reading_run(store, request, &request->sources[i], thread_pool, &patience, result, error))
            return error->status;
        if (result->broken && !broken->status)
            (void)error_set(broken, STATUS_STOP, _("source \"%s\" was not read to its end: %s"),
                            result->source, result->why);
    }
    return STATUS_OK;
}

static bool is_configured(const struct extract_request *request, struct text name)
{
    for (size_t i = 0; i < request->source_count; i++)
        if (text_equal(text_of(request->sources[i].name), name))
            return true;
    return false;
}

/* A source that was renamed or taken out: what it gave once would hold back, as another record of the same code, all
 * that is changed where those records come from now. */
static enum status leave_sources(struct store *store, const struct extract_request *request,
                                 struct error *error)
{
    struct arena *arena = request->context->arena;
    struct text *names = NULL;
    size_t count = 0;
    if (request->name_count || request->code_count)
        return STATUS_OK;
    enum status status = staging_sources(store, arena, &names, &count, error);
    for (size_t i = 0; !status && i < count; i++) {
        if (is_configured(request, names[i]))
            continue;
        int64_t missing = 0;
        const char *name = text_string(arena, names[i]);
        status = staging_leave(store, name, &missing, error);
        if (status == STATUS_OK && request->notice)
            request->notice(request->user_data,
                            text_format(arena,
                                        _("the source \"%s\" is not in the configuration any more: its %lld "
                                          "records count as missing; nothing is withdrawn by itself"),
                                        name, (long long)missing)
                                .bytes);
    }
    return status;
}

enum status extract_run(struct store *store, const struct extract_request *request,
                        struct extract_result **results, size_t *count, struct error *error)
{
    struct error broken = { 0 };
    struct thread_pool *thread_pool = thread_pool_open(0);
    *results = arena_array(request->context->arena, struct extract_result, request->source_count + 1);
    *count = 0;
    enum status status = leave_sources(store, request, error);
    if (status == STATUS_OK)
        status = run_sources(store, request, thread_pool, *results, count, &broken, error);
    thread_pool_close(thread_pool);
    if (status || !broken.status)
        return status;
    return error_copy(error, STATUS_STOP, &broken);
}

/* The first document's first record. */
static enum status first_record(const struct source *source, struct document *document, struct arena *arena,
                                struct text *bytes, struct text *context, char locator[EXTRACT_LOCATOR],
                                struct error *error)
{
    struct decoded decoded = { 0 };
    struct decode decode = { .source = source, .document = document, .arena = arena };
    enum status status = decode_begin(&decode, error);
    if (status == STATUS_OK)
        status = decode.driver->next(&decode, &decoded, error);
    if (status == STATUS_OK) {
        *bytes = text_copy(arena, decoded.bytes);
        *context = text_copy(arena, decoded.context);
        source_reading_locate(document, &decoded, locator, EXTRACT_LOCATOR);
    }
    if (decode.user_data)
        decode.driver->close(&decode);
    return status;
}

static void pass_over(void *user_data, const char *message)
{
    (void)user_data, (void)message;
}

enum status extract_first(const struct extract_request *request, const struct source *source,
                          struct arena *arena, struct text *bytes, struct text *context,
                          char locator[EXTRACT_LOCATOR], struct error *error)
{
    struct fetch fetch;
    if (fetch_prepare(arena, request->context, request->folder, source, &fetch, error))
        return error->status;
    fetch.notice = pass_over;
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
            (void)error_add(error, "%s", document.name);
        if (document.stream.close)
            document.stream.close(&document.stream);
    }
    if (fetch.driver->close)
        fetch.driver->close(&fetch);
    if (status == STATUS_END && fetch.listing->doubts)
        return error_set(error, STATUS_STOP, "%s", fetch.listing->why);
    return status == STATUS_OK ? found : status;
}
