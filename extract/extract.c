#include "extract/extract.h"

#include <stdio.h>
#include <string.h>

#include "adapters/crypto.h"
#include "adapters/unicode.h"
#include "extract/decode.h"
#include "extract/fetch.h"

/* One source while it is read. */
struct reading {
    const struct extract_request *request;
    const struct source *source;
    struct staging *staging;
    struct record_address *key;
    struct arena record; /* cleared for each record */
    bool doubtful;       /* a record could not be identified: what is absent may only be unreadable */
    struct extract_result *result;
};

static bool wanted_source(const struct extract_request *request, const struct source *source)
{
    for (size_t i = 0; i < request->name_count; i++)
        if (!strcmp(request->names[i], source->name))
            return true;
    return !request->name_count;
}

static void notice(const struct reading *reading, const char *locator, const char *message)
{
    char line[ERROR_MESSAGE_SIZE + 600];
    if (!reading->request->notice)
        return;
    snprintf(line, sizeof line, "%s%s%s: %s", reading->source->name, locator && *locator ? " " : "",
             locator ? locator : "", message);
    reading->request->notice(reading->request->own, line);
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
    for (size_t i = 0; i < request->name_count; i++) {
        size_t at = 0;
        const char *names[64];
        while (at < request->source_count && strcmp(request->sources[at].name, request->names[i]))
            at++;
        if (at < request->source_count)
            continue;
        for (at = 0; at < request->source_count && at < 64; at++)
            names[at] = request->sources[at].name;
        const char *nearest = text_nearest(text_of(request->names[i]), names, at);
        return error_set(error, STATUS_USAGE,
                         nearest ? _("there is no source \"%s\"; did you mean \"%s\"?")
                                 : _("there is no source \"%s\""),
                         request->names[i], nearest);
    }
    for (size_t i = 0; i < request->source_count; i++) {
        const struct source *source = &request->sources[i];
        struct fetch fetch;
        struct record_address *key;
        if (!wanted_source(request, source))
            continue;
        if (fetch_prepare(request->context->arena, request->context, request->folder, source, &fetch,
                          error) ||
            compile_key(request->context->arena, request->context, source, &key, error))
            return error->status;
        record_address_free(key);
        if (!decode_find((enum source_format)source->format))
            return setting_fault(request->context, value_find(source->tree, "format"), error,
                                 _("the format %s is not served"),
                                 source_format_name((enum source_format)source->format));
    }
    return STATUS_OK;
}

static void locate(const struct document *document, const struct decoded *decoded, char *locator, size_t size)
{
    if (!decoded->number)
        snprintf(locator, size, "%s", document->name);
    else if (decoded->sheet)
        snprintf(locator, size, "%s:%s!%ld", document->name, decoded->sheet, decoded->number);
    else
        snprintf(locator, size, "%s%c%ld", document->name, decoded->mark, decoded->number);
}

/* The key as the record has it. STATUS_REJECT with the reason when it has none. */
static enum status find_key(struct reading *reading, const struct decoded *decoded, struct text *key,
                            struct error *error)
{
    struct record record;
    struct record_items items;
    if (record_open(&reading->record, &reading->source->record, decoded->bytes, decoded->context, &record,
                    error))
        return error->status;
    enum status status = record_select(&record, &record.root, reading->key, &reading->record, &items, error);
    if (status == STATUS_OK && items.count)
        status = record_item_text(&record, &items.items[0], &reading->record, key, error);
    if (status == STATUS_OK) {
        *key = items.count ? unicode_nfc(&reading->record, text_trim(text_copy(&reading->record, *key)))
                           : TEXT_NONE;
        if (!key->length)
            status = error_set(error, STATUS_REJECT,
                               items.unknown ? _("the table has no column \"%s\", which is the key")
                                             : _("the key %s is missing or empty"),
                               reading->source->key);
    }
    record_close(&record);
    return status;
}

static bool wanted_code(const struct reading *reading, struct text key)
{
    for (size_t i = 0; i < reading->request->code_count; i++)
        if (text_equal(reading->request->codes[i], key))
            return true;
    return !reading->request->code_count;
}

/* Stages what could not be read, under the name of the document or of its bytes, so that it is counted and
 * shown. */
static enum status set_aside(struct reading *reading, const struct document *document,
                             const struct decoded *decoded, const char *locator, const char *fault,
                             struct error *error)
{
    char name[DIGEST_HEX + 1] = "@";
    struct staged_record staged = { .locator = text_of(locator), .bytes = decoded->bytes, .fault = fault };
    staged.digest = crypto_sha256(decoded->bytes.bytes ? decoded->bytes : text_of(locator));
    staged.context = decoded->context;
    digest_hex(&staged.digest, name + 1);
    name[17] = 0;
    bool known, whole_document = !decoded->number;
    staged.key = text_of(name);
    if (whole_document) {
        struct text key;
        if (staging_key_at(reading->staging, &reading->record, staged.locator, &key, error))
            return error->status;
        staged.key = key.bytes ? key : text_format(&reading->record, "@%s", document->name);
    }
    if (reading->request->code_count)
        return STATUS_OK;
    if (staging_known(reading->staging, &staged.digest, staged.key, staged.locator, &known, error))
        return error->status;
    notice(reading, locator, fault);
    if (known)
        return STATUS_OK;
    reading->doubtful = reading->doubtful || !whole_document;
    return staging_put(reading->staging, &staged, error);
}

static enum status take(struct reading *reading, const struct document *document,
                        const struct decoded *decoded, struct error *error)
{
    char locator[600];
    bool known;
    locate(document, decoded, locator, sizeof locator);
    struct staged_record staged = {
        .locator = text_of(locator),
        .bytes = decoded->bytes,
        .context = decoded->context,
        .digest = crypto_sha256(decoded->bytes),
        .key = reading->key ? TEXT_NONE : text_of(document->name),
    };
    if (decoded->warning)
        notice(reading, locator, decoded->warning);
    if (reading->key || wanted_code(reading, staged.key)) {
        if (staging_known(reading->staging, &staged.digest, staged.key, staged.locator, &known, error))
            return error->status;
        if (known)
            return STATUS_OK;
    }
    if (reading->key && find_key(reading, decoded, &staged.key, error)) {
        if (error->status != STATUS_REJECT)
            return error->status;
        struct error reason = *error;
        return set_aside(reading, document, decoded, locator, reason.message, error);
    }
    if (!wanted_code(reading, staged.key)) {
        bool its;
        if (staging_has_code(reading->staging, staged.key, reading->request->codes,
                             reading->request->code_count, &its, error) ||
            !its)
            return error->status;
    }
    return staging_put(reading->staging, &staged, error);
}

static bool stopped(const struct extract_request *request)
{
    return request->stop && *request->stop;
}

/* Why a source's listing is not whole; the first reason is kept. */
static void broke_off(struct reading *reading, bool outage, const char *message)
{
    reading->result->outage = reading->result->outage || outage;
    if (!*reading->result->why)
        snprintf(reading->result->why, sizeof reading->result->why, "%.*s",
                 (int)text_cut(text_of(message), sizeof reading->result->why - 1), message);
    reading->result->whole = false;
}

static enum status read_records(struct reading *reading, struct decode *decode, struct error *error)
{
    struct decoded decoded;
    char locator[600];
    struct error reason = { 0 };
    for (unsigned long count = 0; !stopped(reading->request); count++) {
        arena_clear(&reading->record);
        enum status status = decode->driver->next(decode, &decoded, &reason);
        if (status == STATUS_END)
            return STATUS_OK;
        if (status == STATUS_OK) {
            status = take(reading, decode->document, &decoded, error);
        } else if (status == STATUS_REJECT || status == STATUS_STOP) {
            locate(decode->document, &decoded, locator, sizeof locator);
            bool broken = status == STATUS_STOP;
            status = set_aside(reading, decode->document, &decoded, locator, reason.message, error);
            if (broken && decoded.number) {
                error_add(&reason, "%s", locator);
                broke_off(reading, false, reason.message);
            }
            if (broken)
                return status;
        } else {
            return error_set(error, status, "%s", reason.message);
        }
        if (status)
            return status;
        if (reading->request->progress && count % 256 == 0)
            reading->request->progress(reading->request->own, reading->source->name,
                                       staging_seen(reading->staging));
    }
    return STATUS_OK;
}

static enum status read_document(struct reading *reading, struct document *document, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct error reason = { 0 };
    struct decode decode = { .driver = decode_find((enum source_format)reading->source->format),
                             .source = reading->source,
                             .document = document,
                             .arena = &arena };
    enum status status = decode.driver->open(&decode, &reason);
    if (status == STATUS_OK) {
        status = read_records(reading, &decode, error);
    } else if (status == STATUS_STOP || status == STATUS_REJECT) {
        struct decoded nothing = { 0 };
        broke_off(reading, false, reason.message);
        status = set_aside(reading, document, &nothing, document->name, reason.message, error);
    } else {
        error_set(error, status, "%s", reason.message);
    }
    if (decode.own)
        decode.driver->close(&decode);
    return status;
}

/* STATUS_OK also for a source that broke off: its result says so. Anything else is a fault of the store. */
static enum status read_source(struct reading *reading, struct arena *arena, struct error *error)
{
    const struct extract_request *request = reading->request;
    struct fetch fetch;
    struct error reason = { 0 };
    if (fetch_prepare(arena, request->context, request->folder, reading->source, &fetch, error) ||
        compile_key(arena, request->context, reading->source, &reading->key, error))
        return error->status;
    fetch.stop = request->stop;
    enum status status = fetch.driver->open(&fetch, &reason), kept = STATUS_OK;
    while (status == STATUS_OK && kept == STATUS_OK && !stopped(request)) {
        struct document document;
        status = fetch.driver->next(&fetch, &document, &reason);
        if (status != STATUS_OK)
            break;
        kept = read_document(reading, &document, error);
        if (document.stream.close)
            document.stream.close(&document.stream);
    }
    if (status != STATUS_OK && status != STATUS_END) {
        notice(reading, NULL, reason.message);
        broke_off(reading, true, reason.message);
    }
    if (stopped(request))
        broke_off(reading, true, _("a signal ended the run"));
    if (!fetch.whole)
        reading->result->whole = false;
    if (fetch.driver->close)
        fetch.driver->close(&fetch);
    return kept;
}

static enum status run_source(struct store *store, const struct extract_request *request,
                              const struct source *source, struct extract_result *result, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct reading reading = { .request = request, .source = source, .result = result };
    result->source = source->name;
    result->whole = !request->code_count;
    if (staging_open(store, source->name, &reading.staging, error))
        return error->status;
    enum status status = read_source(&reading, &arena, error);
    record_address_free(reading.key);
    arena_free(&reading.record);
    if (status) {
        staging_abandon(reading.staging);
        return status;
    }
    if (reading.doubtful && result->whole)
        notice(&reading, NULL,
               _("some records cannot be read, so nothing is reported missing this time: mend them first"));
    return staging_finish(reading.staging, result->whole && !reading.doubtful, source->listing == SOURCE_FULL,
                          result->why, &result->counts, error);
}

enum status extract_run(struct store *store, const struct extract_request *request,
                        struct extract_result **results, size_t *count, struct error *error)
{
    struct extract_result *made =
        arena_array(request->context->arena, struct extract_result, request->source_count + 1);
    struct error broken = { 0 };
    *results = made;
    *count = 0;
    for (size_t i = 0; i < request->source_count && !stopped(request); i++) {
        if (!wanted_source(request, &request->sources[i]))
            continue;
        struct extract_result *result = &made[(*count)++];
        if (run_source(store, request, &request->sources[i], result, error))
            return error->status;
        if (result->outage && !broken.status)
            error_set(&broken, STATUS_STOP, _("source \"%s\" was not read to its end: %s"), result->source,
                      result->why);
    }
    if (!broken.status)
        return STATUS_OK;
    return error_set(error, STATUS_STOP, "%s", broken.message);
}

enum status extract_first(const struct extract_request *request, const struct source *source,
                          struct arena *arena, struct text *bytes, struct text *context, char locator[512],
                          struct error *error)
{
    struct fetch fetch;
    struct document document = { 0 };
    struct decoded decoded = { 0 };
    if (fetch_prepare(arena, request->context, request->folder, source, &fetch, error))
        return error->status;
    enum status status = fetch.driver->open(&fetch, error);
    if (status == STATUS_OK)
        status = fetch.driver->next(&fetch, &document, error);
    if (status == STATUS_OK) {
        struct decode decode = { decode_find((enum source_format)source->format), source, &document, arena,
                                 NULL };
        status = decode.driver->open(&decode, error);
        if (status == STATUS_OK)
            status = decode.driver->next(&decode, &decoded, error);
        if (status == STATUS_OK) {
            *bytes = text_copy(arena, decoded.bytes);
            *context = text_copy(arena, decoded.context);
            locate(&document, &decoded, locator, 512);
        }
        if (decode.own)
            decode.driver->close(&decode);
        if (document.stream.close)
            document.stream.close(&document.stream);
    }
    if (fetch.driver->close)
        fetch.driver->close(&fetch);
    return status;
}
