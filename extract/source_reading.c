#include "extract/source_reading.h"

#include <stdio.h>
#include <string.h>

#include "adapters/crypto.h"
#include "adapters/secrets.h"
#include "core/canonical.h"
#include "extract/answers.h"
#include "extract/decode_child.h"
#include "extract/fetch.h"
#include "extract/fetch_child.h"
#include "extract/ingest.h"
#include "extract/listing_memory.h"
#include "extract/vanished_folders.h"
#include "store/ledger.h"
#include "store/rekey.h"
#include "store/source_state.h"

#define VANISHED_FOLDER "vanished_folder"

/* One source while it is read. */
struct reading {
    const struct extract_request *request;
    const struct source *source;
    struct store *store;
    struct staging *staging;
    struct ingest *ingest;
    struct extract_result *result;
    struct fetch *fetch;
    struct listing listing;              /* what speaks against its being whole */
    struct listing_memory memory, found; /* of the last whole listing; of this one */
    size_t unended_capacity;
    struct folder_names gave; /* folders whose documents gave records */
    bool detailed;            /* each item of a listing is a document */
    struct answers answers;   /* … and what these gave */
    struct arena *arena;
    bool through;                   /* all was read, though not everything could be */
    int64_t given, skipped, passed; /* passed: rows that the decoder left out, as the source wants it */
    bool spoken;                    /* something was said of what was read */
    bool taken;                     /* a record of it was taken apart */
    int64_t *patience;
    struct decode_child *child; /* NULL: documents are taken apart here */
    struct key_child *keys;
    struct deaths deaths;
};

static void notice(void *user_data, const char *locator, const char *message)
{
    struct reading *reading = user_data;
    char line[ERROR_MESSAGE_SIZE + 600];
    reading->spoken = true;
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

enum status source_reading_key(struct arena *arena, const struct setting_context *context,
                               const struct source *source, struct record_address **key, struct error *error)
{
    *key = NULL;
    if (!source->key || !*source->key)
        return STATUS_OK;
    if (record_address_compile(arena, &source->record, text_of(source->key), key, error))
        return setting_place(context, value_find(source->tree, "key"), error);
    return STATUS_OK;
}

/* Bytes of a document's name. What is longer is shortened once, for all who compare names with locators. */
#define NAME_HEAD 400
#define NAME_TAIL 40
#define NAME_MOST (NAME_HEAD + sizeof "…" + NAME_TAIL)

static const char *name_of(struct arena *arena, const char *name)
{
    struct text whole = secrets_cover(arena, text_of(name), false);
    if (whole.length <= NAME_MOST)
        return text_string(arena, whole);
    struct text tail = text_slice(whole, whole.length - NAME_TAIL, whole.length);
    while (tail.length && ((unsigned char)tail.bytes[0] & 0xc0) == 0x80)
        tail = text_slice(tail, 1, tail.length);
    return text_string(arena, text_format(arena, TEXT_PRINT "…" TEXT_PRINT, (int)text_cut(whole, NAME_HEAD),
                                          whole.bytes, TEXT_ARG(tail)));
}

/* A long name is cut, never the number behind it. */
void source_reading_locate(const struct document *document, const struct decoded *decoded, char *locator,
                           size_t size)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct text sheet = secrets_cover(&arena, text_of(decoded->sheet), false);
    int length = (int)text_cut(text_of(document->name), NAME_MOST);
    if (!decoded->number)
        snprintf(locator, size, "%.*s", length, document->name);
    else if (decoded->sheet)
        snprintf(locator, size, "%.*s:%.*s!%ld", length, document->name, (int)text_cut(sheet, 80),
                 sheet.bytes, decoded->number);
    else
        snprintf(locator, size, "%.*s%c%ld", length, document->name, decoded->mark, decoded->number);
}

static bool stopped(const struct extract_request *request)
{
    return request->stop && *request->stop;
}

static enum status put_memory(const struct reading *reading, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    return source_state_put(reading->store, reading->source->name,
                            listing_memory_write(&reading->memory, &arena), error);
}

/* From the first record on that is staged, what the last whole listing was like holds no longer: a pass that dies, or that only some
 * codes were asked for, leaves what that listing did not give. */
static enum status forget(struct reading *reading, struct error *error)
{
    reading->taken = true;
    if (!reading->memory.validators.length)
        return STATUS_OK;
    reading->memory.validators = TEXT_NONE;
    return put_memory(reading, error);
}

static enum decode_end end_of(const struct source *source)
{
    return decode_find((enum source_format)source->format)->end;
}

static enum status take(struct reading *reading, const struct document *document,
                        const struct decoded *decoded, const char *fault, struct error *error)
{
    char locator[EXTRACT_LOCATOR];
    const char *kept = decoded->kept;
    if (!reading->taken && forget(reading, error))
        return error->status;
    bool cut = document->unended && document->wants_end && !fault;
    if (cut && end_of(reading->source) == DECODE_END_PAGE)
        kept = _("the page ends before </html>: it may have been cut here. If it is whole, say so with "
                 "\"congkhai retry\"");
    else if (cut)
        kept = _("the last row has no line end, though the last row had one before: the file may have been "
                 "cut. If it is whole, say so with \"congkhai retry\"");
    source_reading_locate(document, decoded, locator, sizeof locator);
    if (decoded->warning)
        notice(reading, locator, decoded->warning);
    struct ingest_record record = {
        .bytes = decoded->bytes,
        .context = decoded->context,
        .locator = locator,
        .document = document->name,
        .whole = !decoded->number,
        .fault = fault,
        .kept = kept,
        .cut = cut,
    };
    return ingest_put(reading->ingest, &record, error);
}

/* The document is broken from here on. A file is set aside by its name, whatever it holds: nobody knows what
 * was to follow. A page, or a query's result, did not come. */
static enum status take_broken(struct reading *reading, struct decode *decode, const struct decoded *decoded,
                               struct error *reason, struct error *error)
{
    char locator[EXTRACT_LOCATOR];
    if (!decoded->number && source_is_whole(reading->source))
        return take(reading, decode->document, decoded, reason->message, error);
    source_reading_locate(decode->document, decoded, locator, sizeof locator);
    if (!strstr(reason->message, decode->document->name))
        (void)error_add(reason, "%s", locator);
    listing_doubt(&reading->listing, !reading->fetch->driver->files, reason);
    if (!reading->fetch->driver->files)
        return STATUS_OK;
    struct decoded whole = { .bytes = decoded->bytes, .context = decoded->context };
    return take(reading, decode->document, &whole, reason->message, error);
}

/* STATUS_END: to its end. */
static enum status read_records(struct reading *reading, struct decode *decode, bool *broken,
                                struct error *error)
{
    struct decoded decoded;
    struct error reason = { 0 };
    for (unsigned long count = 0; !stopped(reading->request); count++) {
        enum status status = decode->driver->next(decode, &decoded, &reason);
        if (status == STATUS_END)
            return STATUS_END;
        if (status == STATUS_STOP) {
            *broken = true;
            return take_broken(reading, decode, &decoded, &reason, error);
        }
        if (status != STATUS_OK && status != STATUS_REJECT)
            return error_copy(error, status, &reason);
        reading->given++;
        if (take(reading, decode->document, &decoded, status ? reason.message : NULL, error))
            return error->status;
        if (reading->request->progress && count % 256 == 0)
            reading->request->progress(reading->request->user_data, reading->source->name,
                                       staging_seen(reading->staging));
    }
    return STATUS_OK;
}

/* A document of lines: does its last one end, and did it when it was read before? A page is to end, unless it was taken as it
 * is before. */
static enum status recall_end(struct reading *reading, struct document *document, enum decode_end end,
                              struct error *error)
{
    const struct listing_memory *memory = &reading->memory;
    document->wants_end = end == DECODE_END_PAGE;
    if (!document->wants_end &&
        staging_has_document(reading->staging, text_of(document->name), &document->wants_end, error))
        return error->status;
    for (size_t i = 0; i < memory->unended_count; i++)
        if (text_is(memory->unended[i], document->name))
            document->wants_end = false;
    return STATUS_OK;
}

/* That it has none is remembered with the listing. */
static void remember_unended(struct reading *reading, const struct document *document)
{
    struct listing_memory *memory = &reading->found;
    if (memory->unended_count == reading->unended_capacity) {
        size_t capacity = reading->unended_capacity * 2 + 16;
        struct text *larger = arena_array(reading->arena, struct text, capacity);
        for (size_t i = 0; i < memory->unended_count; i++)
            larger[i] = memory->unended[i];
        memory->unended = larger;
        reading->unended_capacity = capacity;
    }
    memory->unended[memory->unended_count++] = text_copy(reading->arena, text_of(document->name));
}

/* That it has one again, at once: its last row was taken, whatever becomes of the listing. */
static enum status remember_ended(struct reading *reading, const struct document *document,
                                  struct error *error)
{
    struct listing_memory *memory = &reading->memory;
    size_t kept = 0;
    for (size_t i = 0; i < memory->unended_count; i++)
        if (!text_is(memory->unended[i], document->name))
            memory->unended[kept++] = memory->unended[i];
    if (kept == memory->unended_count)
        return STATUS_OK;
    memory->unended_count = kept;
    return put_memory(reading, error);
}

/* While what came of this document is staged, the next one is taken apart. */
static void send_ahead(struct reading *reading)
{
    struct fetch *fetch = reading->fetch;
    const struct document *next =
        reading->child && fetch->driver->ahead && !reading->deaths.count ? fetch->driver->ahead(fetch) : NULL;
    /* The process is told the name as it will be. */
    ARENA_OWNED struct arena arena = { 0 };
    if (next && !strcmp(next->name, name_of(&arena, next->name)))
        decode_child_ahead(reading->child, next);
}

/* *broken: the document was not read to its end. */
static enum status read_document(struct reading *reading, struct document *document, bool *broken,
                                 struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct error reason = { 0 };
    struct decode decode = {
        .source = reading->source, .document = document, .arena = &arena, .child = reading->child
    };
    reading->given = 0;
    *broken = false;
    enum decode_end end = end_of(reading->source);
    if ((end != DECODE_END_UNTOLD && recall_end(reading, document, end, error)) ||
        (reading->deaths.count &&
         staging_is_taken_up(reading->staging, text_of(document->name), &document->taken_up, error)))
        return error->status;
    enum status status = decode_begin(&decode, &reason);
    if (status == STATUS_OK) {
        send_ahead(reading);
        status = read_records(reading, &decode, broken, error);
    } else if (status == STATUS_STOP || status == STATUS_REJECT) {
        struct decoded nothing = { 0 };
        *broken = true;
        status = take_broken(reading, &decode, &nothing, &reason, error);
    } else {
        (void)error_copy(error, status, &reason);
    }
    if (decode.user_data)
        decode.driver->close(&decode);
    if (document->unended)
        remember_unended(reading, document);
    else if (status == STATUS_END && reading->given)
        status = remember_ended(reading, document, error);
    if (status == STATUS_END)
        status = STATUS_OK;
    reading->passed += document->skipped;
    if (reading->fetch->root && (reading->given || !*broken))
        vanished_folders_gave(&reading->gave, reading->arena, document->name,
                              reading->given ? NULL : reading->fetch->root);
    /* Here, not by the caller: what was put before the stream lives in this arena. */
    if (document->stream.close)
        document->stream.close(&document->stream);
    document->stream.close = NULL;
    return status;
}

/* What the map makes of records is asked of the records: a listing's meaning does not hang on it. But which rows of a workbook are
 * struck out is asked of the cells that the map reads. */
static bool is_only_mapped(const struct source *source, struct text name)
{
    return (text_is(name, "map") && source->format != SOURCE_XLSX) ||
           (text_is(name, "nothing") && !source->skip);
}

/* All that the meaning of a listing hangs on, and what no record may hold: when it changes, what was remembered is void. */
static struct digest transform_digest_of(const struct source *source, struct text secrets)
{
    struct buffer text = { 0 };
    buffer_string(&text, CONGKHAI_VERSION);
    canonical_text(&text, secrets);
    for (const struct value *member = source->tree->first; member; member = member->next) {
        if (is_only_mapped(source, member->name))
            continue;
        canonical_text(&text, member->name);
        canonical_write(&text, member);
    }
    struct digest digest = crypto_sha256(buffer_view(&text));
    buffer_free(&text);
    return digest;
}

static enum status recall(struct reading *reading, struct store *store, struct fetch *fetch,
                          struct error *error)
{
    struct text state;
    if (source_state_get(store, fetch->arena, reading->source->name, &state, error))
        return error->status;
    listing_memory_read(state, fetch->arena, &reading->memory);
    reading->found.recipe = reading->deaths.recipe =
        transform_digest_of(reading->source, reading->request->secrets);
    reading->deaths.count = reading->memory.death_count;
    for (size_t i = 0; i < reading->deaths.count; i++)
        reading->deaths.list[i] = reading->memory.deaths[i];
    int64_t present;
    if (reading->request->code_count || reading->request->anew ||
        !digest_equal(&reading->memory.recipe, &reading->found.recipe) ||
        (fetch->driver->files && !reading->memory.plain))
        return STATUS_OK;
    /* What it left may have gone since: a source that was not configured for a while. */
    if (staging_present(store, reading->source->name, &present, error))
        return error->status;
    if (reading->source->listing == SOURCE_FULL && present != reading->memory.records)
        return STATUS_OK;
    fetch->remembered = reading->memory.validators;
    fetch->read_at = reading->memory.read_at;
    return STATUS_OK;
}

/* After a listing that is not whole everything is read anew; what the last whole one taught stays. */
static enum status remember(struct reading *reading, struct store *store, const struct fetch *fetch,
                            bool whole, struct error *error)
{
    struct listing_memory *found = whole ? &reading->found : &reading->memory;
    /* What was given back with a secret in it is not worth keeping: it is read anew. */
    bool clean = !secrets_in(fetch->remember);
    found->deaths = reading->deaths.list;
    found->death_count = reading->deaths.count;
    found->validators = whole && clean ? fetch->remember : TEXT_NONE;
    found->records = whole ? staging_records(reading->staging) : 0;
    found->plain = whole && !reading->spoken && !reading->passed && !ingest_skipped(reading->ingest) &&
                   !reading->deaths.count && found->records == staging_seen(reading->staging) &&
                   reading->source->listing == SOURCE_FULL;
    found->read_at = whole ? fetch->clock->now(fetch->clock) : 0;
    return source_state_put(store, reading->source->name, listing_memory_write(found, fetch->arena), error);
}

/* One walk over the documents. STATUS_OK also for a source that broke off: its listing is doubted. Anything
 * else is a fault of the store. */
static enum status walk_documents(struct reading *reading, struct fetch *fetch, struct error *error)
{
    const struct extract_request *request = reading->request;
    struct error reason = { 0 };
    enum status status = STATUS_OK, kept = STATUS_OK;
    while (status == STATUS_OK && kept == STATUS_OK && !stopped(request)) {
        struct document document = { 0 };
        status = fetch->driver->next(fetch, &document, &reason);
        if (status != STATUS_OK)
            break;
        ARENA_OWNED struct arena named = { 0 };
        document.name = name_of(&named, document.name);
        kept = read_document(reading, &document, &fetch->broken, error);
        fetch->given = reading->given;
        fetch->nothing = document.nothing;
        if (kept == STATUS_OK && (fetch->wants_keys || reading->detailed)) {
            size_t count;
            kept = ingest_finish(reading->ingest, error);
            const uint64_t *keys = ingest_keys(reading->ingest, &count);
            if (fetch->wants_keys)
                fetch->keys = keys;
            else
                answers_take(&reading->answers, reading->arena, document.name, keys, count);
        }
    }
    if (kept == STATUS_OK && status == STATUS_FATAL)
        return error_copy(error, status, &reason);
    if (kept == STATUS_OK && status != STATUS_OK && status != STATUS_END)
        listing_doubt(&reading->listing, true, &reason);
    return kept == STATUS_OK ? ingest_finish(reading->ingest, error) : kept;
}

/* Rows may have moved from page to page while they were read: then one came twice, and another not at all. */
static enum status walk_again(struct reading *reading, struct fetch *fetch, struct error *error)
{
    uint64_t repeats = fetch->repeats;
    int64_t absent = 0;
    struct error reason = { 0 };
    if (!fetch->driver->again || !fetch->may_walk_again || reading->listing.doubts || fetch->unchanged ||
        reading->request->code_count || stopped(reading->request))
        return STATUS_OK;
    if (reading->source->listing == SOURCE_FULL && !ingest_is_doubtful(reading->ingest) &&
        staging_absent(reading->staging, NULL, NULL, &absent, error))
        return error->status;
    if (!absent && (!repeats || repeats == reading->memory.repeats))
        return STATUS_OK;
    if (staging_walk_again(reading->staging, error))
        return error->status;
    reading->skipped = ingest_skipped(reading->ingest); /* not counted twice */
    reading->found.unended_count = 0;
    enum status status = fetch->driver->again(fetch, &reason);
    if (status == STATUS_OK && walk_documents(reading, fetch, error))
        return error->status;
    if (!status && fetch->repeats != repeats)
        status = error_set(&reason, STATUS_STOP,
                           _("rows came on more than one page, others when the pages were read again: the "
                             "listing changed while it was read"));
    if (status)
        listing_doubt(&reading->listing, true, &reason);
    return STATUS_OK;
}

static enum status read_documents(struct reading *reading, struct fetch *fetch, struct error *error)
{
    struct error reason = { 0 };
    enum status status = fetch->driver->open(fetch, &reason);
    if (status == STATUS_FATAL)
        return error_copy(error, status, &reason);
    if (status)
        listing_doubt(&reading->listing, true, &reason);
    else if (walk_documents(reading, fetch, error) || walk_again(reading, fetch, error))
        return error->status;
    if (stopped(reading->request)) {
        (void)error_set(&reason, STATUS_STOP, _("a signal ended the run"));
        listing_doubt(&reading->listing, true, &reason);
    }
    reading->found.repeats = fetch->repeats;
    staging_seen_again(reading->staging, fetch->confirming);
    return STATUS_OK;
}

static bool is_released(const struct extract_request *request)
{
    for (size_t i = 0; i < request->released_count; i++)
        if (!strcmp(request->released[i], VANISHED_FOLDER))
            return true;
    return false;
}

static enum status write_release(struct store *store, const struct reading *reading,
                                 const struct folder_names *vanished, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct value *detail = value_object(&arena), *held = value_list(&arena);
    for (size_t i = 0; i < vanished->count; i++) {
        struct value *one = value_append(held, value_object(&arena));
        value_set(one, "folder", value_text(&arena, vanished->names[i]));
        value_set(one, "source", value_string(&arena, reading->source->name));
    }
    value_set(detail, "brake", value_string(&arena, VANISHED_FOLDER));
    value_set(detail, "held", held);
    value_set(detail, "reason", value_string(&arena, reading->request->reason));
    struct ledger_event event = { .event = "brake-released",
                                  .source = reading->source->name,
                                  .actor = reading->request->actor,
                                  .detail = detail };
    return ledger_append(store, &event, NULL, error);
}

/* Released, what the folder gave is missing from now on like any other, and the folder is forgotten with it. */
static enum status hold_vanished(struct reading *reading, struct store *store, const struct fetch *fetch,
                                 struct error *error)
{
    const struct extract_request *request = reading->request;
    struct folder_names vanished = { 0 };
    if (!fetch->root || request->code_count || fetch->newest || fetch->same || reading->listing.doubts ||
        reading->source->listing != SOURCE_FULL || request->vanished_folder == EXTRACT_OFF)
        return STATUS_OK;
    if (vanished_folders_find(reading->staging, &reading->gave, &vanished, reading->arena, error))
        return error->status;
    if (!vanished.count)
        return STATUS_OK;
    const char *words = vanished_folders_words(&vanished, reading->arena);
    if (is_released(request))
        return write_release(store, reading, &vanished, error);
    struct error reason;
    (void)error_set(&reason, STATUS_STOP,
                    _("gave records before and gives none now: %s. A share may not be mounted. If it is gone "
                      "for good, say why: --release-brake vanished_folder --reason \"…\""),
                    words);
    if (request->vanished_folder == EXTRACT_WARN)
        notice(reading, NULL, reason.message);
    else
        listing_doubt(&reading->listing, true, &reason);
    return STATUS_OK;
}

/* Several items may stand for one record; where one lacks its own that was known, the listing is doubted. */
static enum status judge_answers(struct reading *reading, struct error *error)
{
    const struct answers *answers = &reading->answers;
    const char *document = NULL;
    size_t mixed = reading->request->code_count ? 0 : answers_keep_mixed(&reading->answers);
    struct error reason;
    if (!mixed)
        return STATUS_OK;
    if (!reading->listing.doubts && reading->source->listing == SOURCE_FULL &&
        answers_find_absent(answers, reading->staging, &document, error))
        return error->status;
    if (document) {
        (void)error_set(&reason, STATUS_STOP,
                        _("%s: the listing has it, and its answer is the record of another item"), document);
        listing_doubt(&reading->listing, true, &reason);
        return STATUS_OK;
    }
    (void)error_set(
        &reason, STATUS_STOP,
        _("%zu items were answered with the record of another one, such as %s beside %s: if they are "
          "not the same procedure, a record did not come; look at \"url\" of \"detail\" and at the "
          "server"),
        mixed, answers->list[1].document, answers->list[0].document);
    notice(reading, NULL, reason.message);
    return STATUS_OK;
}

static bool is_as_before(const struct fetch *fetch)
{
    return fetch->unchanged || fetch->same;
}

/* Where one of them goes, nobody can tell which. */
static void warn_of_shared_keys(struct reading *reading)
{
    const char *first;
    char message[400];
    size_t count = staging_shared_keys(reading->staging, &first);
    if (!count || !reading->source->key || !*reading->source->key)
        return;
    text_print(message, sizeof message,
               _("%zu keys, such as \"%s\", came with records that differ: give as \"key\" what identifies a "
                 "record, "
                 "or one that goes is taken for another"),
               count, first);
    notice(reading, NULL, message);
}

static enum status finish(struct reading *reading, struct store *store, const struct fetch *fetch,
                          struct error *error)
{
    struct extract_result *result = reading->result;
    struct listing *listing = &reading->listing;
    if (is_as_before(fetch) && staging_unchanged(reading->staging, error))
        return error->status;
    if (ingest_is_doubtful(reading->ingest)) {
        struct error reason;
        int64_t absent;
        if (staging_absent(reading->staging, NULL, NULL, &absent, error) ||
            (!absent && staging_settle(reading->staging, error)))
            return error->status;
        (void)error_set(
            &reason, STATUS_REJECT,
            _("some records cannot be read, so nothing is reported missing this time: mend them first"));
        if (!listing->doubts) {
            reading->through = fetch->whole;
            notice(reading, NULL, reason.message);
            listing_doubt(listing, false, &reason);
        }
    }
    if (hold_vanished(reading, store, fetch, error) || judge_answers(reading, error))
        return error->status;
    warn_of_shared_keys(reading);
    result->whole = result->whole && fetch->whole && !listing->doubts;
    result->broken = listing->broken;
    result->unchanged = fetch->unchanged;
    result->same = fetch->same;
    snprintf(result->why, sizeof result->why, "%s", listing->why);
    if (listing->broken)
        notice(reading, NULL, listing->why);
    if (result->whole && !fetch->unchanged && !staging_seen(reading->staging))
        notice(
            reading, NULL,
            _("no record was found; if there should be some, look at \"match\", \"records\" or \"query\""));
    if (reading->request->code_count || (is_as_before(fetch) && result->whole))
        return STATUS_OK;
    return remember(reading, store, fetch, result->whole, error);
}

static enum status read_source(struct reading *reading, struct store *store, struct arena *arena,
                               struct thread_pool *thread_pool, struct error *error)
{
    const struct extract_request *request = reading->request;
    struct fetch fetch;
    struct record_address *key;
    struct skip *skip;
    if (fetch_prepare(arena, request->context, request->folder, reading->source, &fetch, error) ||
        recall(reading, store, &fetch, error) ||
        skip_compile(arena, request->context, reading->source, &skip, error) ||
        source_reading_key(arena, request->context, reading->source, &key, error))
        return error->status;
    reading->fetch = &fetch;
    reading->arena = arena;
    fetch.listing = &reading->listing;
    fetch.patience = reading->patience;
    fetch.ahead = request->ahead;
    fetch.stop = request->stop;
    fetch.notice = notice_of_fetch;
    fetch.notice_own = reading;
    if (request->clock)
        fetch.clock = request->clock;
    fetch_child_use(&fetch, request->spawner, (size_t)(reading->source - request->sources));
    if (request->spawner)
        reading->child = decode_child_open(request->spawner, (size_t)(reading->source - request->sources),
                                           &reading->deaths, request->stop);
    if (request->spawner)
        reading->keys = key_child_open(request->spawner, (size_t)(reading->source - request->sources),
                                       &reading->deaths, request->stop);
    bool paged = reading->source->fetch && value_find(reading->source->fetch, "pages");
    reading->detailed = reading->source->fetch && value_find(reading->source->fetch, "detail");
    struct ingest_options options = { .anew = request->anew ||
                                              !digest_equal(&reading->memory.recipe, &reading->found.recipe),
                                      .wants_keys = paged || reading->detailed,
                                      .staging = reading->staging,
                                      .thread_pool = thread_pool,
                                      .source = reading->source,
                                      .key = key,
                                      .skip = skip,
                                      .child = reading->keys,
                                      .deaths = &reading->deaths,
                                      .codes = request->codes,
                                      .code_count = request->code_count,
                                      .notice = notice,
                                      .user_data = reading };
    reading->ingest = ingest_open(&options);
    enum status status = rekey_source(store, reading->source->name, key ? reading->source->key : NULL,
                                      ingest_find_key, reading->ingest, error);
    if (status == STATUS_OK)
        status = read_documents(reading, &fetch, error);
    if (status == STATUS_OK)
        status = finish(reading, store, &fetch, error);
    if (fetch.driver->close)
        fetch.driver->close(&fetch);
    reading->skipped = ingest_skipped(reading->ingest) - reading->skipped + reading->passed;
    ingest_close(reading->ingest);
    answers_free(&reading->answers);
    decode_child_close(reading->child);
    key_child_close(reading->keys);
    record_address_free(key);
    skip_free(skip);
    return status;
}

enum status source_reading_run(struct store *store, const struct extract_request *request,
                               const struct source *source, struct thread_pool *thread_pool,
                               int64_t *patience, struct extract_result *result, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct reading reading = {
        .request = request, .source = source, .store = store, .result = result, .patience = patience
    };
    result->source = source->name;
    result->whole = !request->code_count;
    if (staging_open(store, source->name, request->sink, &reading.staging, error))
        return error->status;
    enum status status = read_source(&reading, store, &arena, thread_pool, error);
    if (status) {
        staging_abandon(reading.staging);
        return status;
    }
    struct staging_verdict verdict = { .whole = result->whole,
                                       .full = source->listing == SOURCE_FULL,
                                       .through = reading.through && reading.listing.doubts == 1 &&
                                                  !request->code_count,
                                       .unchanged = result->unchanged,
                                       .partial = request->code_count > 0,
                                       .skipped = reading.skipped,
                                       .why = result->why,
                                       .reasons = reading.listing.reasons,
                                       .reason_count = reading.listing.doubts == reading.listing.reason_count
                                                           ? reading.listing.reason_count
                                                           : 0 };
    if (staging_finish(reading.staging, &verdict, &result->counts, error))
        return error->status;
    if (result->counts.orphaned) {
        char message[300];
        text_print(message, sizeof message,
                   _("%lld records have gone whose publication is still to be sent: \"congkhai plan\" shows "
                     "them; what they say last is sent unless an operator withdraws it"),
                   (long long)result->counts.orphaned);
        notice(&reading, NULL, message);
    }
    return STATUS_OK;
}
