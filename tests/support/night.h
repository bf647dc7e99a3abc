/* Nights through the store's own functions, without sources and without a portal: what extract, transform and
 * load would leave in a store. For tests and measurements.
 *
 *     struct night night = { 0 };
 *     night_open(&night, path, NULL);
 *     night_begin(&night);
 *     night_record(&night, "1.000001", "Cấp giấy phép", "1");   as many as the listing has
 *     night_work(&night);                                        transform
 *     night_deliver(&night);                                     load: everything pending is published
 *     night_end(&night);
 *     night_close(&night);
 *
 * Every step ends the program when it fails.
 */
#ifndef TESTS_SUPPORT_NIGHT_H
#define TESTS_SUPPORT_NIGHT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/crypto.h"
#include "core/canonical.h"
#include "store/audit.h"
#include "store/outbox.h"
#include "store/resolution.h"
#include "store/staging.h"
#include "store/store_run.h"
#include "store/transform_queue.h"

struct night_clock {
    struct clock clock;
    int64_t now; /* milliseconds; moves on by one at each look */
    uint64_t chance;
};

struct night {
    struct night_clock clock;
    struct store *store;
    struct staging *staging;
    struct run_counts counts;
    int64_t run;
    const char *source; /* NULL: "so-tu-phap" */
    const char *filler; /* NULL: none; a long text for the contents */
    const char *rules;  /* NULL: "{}" */
    const char *portal; /* the version the portal answers with; NULL: the run's number */
    bool rich;          /* contents of as many parts as a real one's, warnings, departments */
    struct arena arena;
};

static int64_t night_now(struct clock *clock)
{
    return ((struct night_clock *)(void *)clock)->now++;
}

static int64_t night_ticks(struct clock *clock)
{
    return ((struct night_clock *)(void *)clock)->now++ * 1000;
}

static void night_sleep(struct clock *clock, int64_t milliseconds)
{
    ((struct night_clock *)(void *)clock)->now += milliseconds;
}

static uint64_t night_random(struct clock *clock)
{
    uint64_t *chance = &((struct night_clock *)(void *)clock)->chance;
    return *chance = *chance * 6364136223846793005u + 1442695040888963407u;
}

#define NIGHT_FIRST INT64_C(1767286800000) /* 2026-01-02T00:00+07:00, that is 2026-01-01T17:00Z */

static void night_must(enum status status, const struct error *error, const char *what)
{
    if (status == STATUS_OK || status == STATUS_END)
        return;
    fprintf(stderr, "night: %s: %s\n", what, error->message);
    exit(2);
}

static void night_open(struct night *night, const char *path, const struct audit_settings *settings)
{
    struct error error = { 0 };
    if (!night->clock.now)
        night->clock = (struct night_clock){ { night_now, night_ticks, night_sleep, night_random },
                                             NIGHT_FIRST,
                                             0x5eed };
    night_must(store_open(path, STORE_RUN, &night->clock.clock, &night->store, &error), &error, "open");
    if (settings)
        night_must(audit_open(night->store, settings, &error), &error, "audit_open");
}

static void night_close(struct night *night)
{
    store_close(night->store);
    night->store = NULL;
    arena_free(&night->arena);
}

/* What a query gives in its first row; -1: it has none. */
static inline int64_t night_number(const struct night *night, const char *sql)
{
    struct sqlite_statement *row;
    struct error error = { 0 };
    int64_t value = -1;
    night_must(sqlite_prepare(store_database(night->store), sql, &row, &error), &error, sql);
    enum status status = sqlite_step(row, &error);
    night_must(status, &error, sql);
    if (status == STATUS_OK)
        value = sqlite_number(row, 0);
    sqlite_finish(row);
    return value;
}

static const char *night_source(const struct night *night)
{
    return night->source ? night->source : "so-tu-phap";
}

static enum status night_try_begin(struct night *night, struct error *error)
{
    struct text configuration = TEXT("{\"agency\":{\"code\":\"H13\"}}");
    struct text rules = text_of(night->rules ? night->rules : "{}");
    night->counts = (struct run_counts){ 0 };
    return store_run_begin(night->store,
                           &(struct run_start){ .command = "run",
                                                .operator_ = "lan",
                                                .host = "may-chu",
                                                .version = "0",
                                                .config_digest = crypto_sha256(configuration),
                                                .rules_digest = crypto_sha256(rules),
                                                .configuration = configuration,
                                                .rules = rules },
                           &night->run, error);
}

static inline void night_begin(struct night *night)
{
    struct error error = { 0 };
    night_must(night_try_begin(night, &error), &error, "begin");
    night_must(staging_open(night->store, night_source(night), NULL, &night->staging, &error), &error,
               "staging");
}

/* A record as a source would give it: its bytes hold the code, the status, the name and a number of a legal
 * basis. */
static void night_stage(struct night *night, const char *code, const char *status, const char *name,
                        const char *number)
{
    struct error error = { 0 };
    BUFFER_OWNED struct buffer bytes = { 0 };
    char locator[80];
    bool known;
    buffer_printf(&bytes, "%s\t%s\t%s\t%s\t%s", code, status, name, number,
                  night->filler ? night->filler : "");
    struct digest digest = crypto_sha256(buffer_view(&bytes));
    snprintf(locator, sizeof locator, "ho-so/%s.json", code);
    night_must(staging_known(night->staging, &digest, text_of(locator), &known, &error), &error, "known");
    if (known)
        return;
    struct staged_record record = {
        .key = text_of(code), .locator = text_of(locator), .bytes = buffer_view(&bytes), .digest = digest
    };
    night_must(staging_put(night->staging, &record, &error), &error, "put");
}

static inline void night_record(struct night *night, const char *code, const char *name, const char *number)
{
    night_stage(night, code, "announced", name, number);
}

static struct text night_field(struct text bytes, int number)
{
    struct text rest = bytes;
    size_t at;
    for (int i = 0; i < number && text_find(rest, TEXT("\t"), &at); i++)
        rest = text_slice(rest, at + 1, rest.length);
    return text_find(rest, TEXT("\t"), &at) ? text_slice(rest, 0, at) : rest;
}

/* Parts as real procedures have them; the filler is shared out among them. */
static void night_enrich(struct night *night, struct value *content)
{
    struct arena *arena = &night->arena;
    struct text filler = text_of(night->filler);
    static const char *const lists[] = { "steps", "dossier", "methods" };
    struct value *agency = value_set(content, "agency", value_object(arena));
    value_set(agency, "code", value_string(arena, "H13"));
    value_set(agency, "name", value_string(arena, "UBND thành phố Cần Thơ"));
    struct value *decision = value_set(content, "decision", value_object(arena));
    value_set(decision, "number", value_string(arena, "9/QĐ-UBND"));
    value_set(decision, "signed_on", value_string(arena, "2026-01-02"));
    value_append(value_set(content, "fields", value_list(arena)), value_string(arena, "Hộ tịch"));
    value_append(value_set(content, "levels", value_list(arena)), value_string(arena, "province"));
    value_append(value_set(content, "subjects", value_list(arena)), value_string(arena, "Cá nhân"));
    value_append(value_set(content, "executing_agencies", value_list(arena)),
                 value_string(arena, "Sở Tư pháp"));
    struct value *service =
        value_append(value_set(content, "services", value_list(arena)), value_object(arena));
    value_set(service, "code", value_copy(arena, value_find(content, "code")));
    value_set(service, "level", value_string(arena, "partial"));
    for (size_t i = 0; i < 3; i++) {
        struct value *list = value_set(content, lists[i], value_list(arena));
        for (size_t j = 0; j < 6; j++) {
            size_t length = text_cut(filler, strlen(night->filler) / 18);
            struct value *part = value_append(list, value_object(arena));
            value_set(part, "name", value_string(arena, lists[i]));
            value_set(part, "description", value_text(arena, text_slice(filler, 0, length)));
            filler = text_slice(filler, length, filler.length);
        }
    }
}

static struct text night_content(struct night *night, struct text bytes)
{
    struct arena *arena = &night->arena;
    struct value *content = value_object(arena), *basis = value_object(arena);
    value_set(content, "code", value_text(arena, night_field(bytes, 0)));
    if (text_is(night_field(bytes, 1), "abolished")) /* without a decision nothing is withdrawn */
        value_set(value_set(content, "decision", value_object(arena)), "number",
                  value_string(arena, "9/QĐ-UBND"));
    value_set(content, "kind", value_string(arena, "public"));
    struct value *bases = value_set(content, "legal_bases", value_list(arena));
    value_set(value_append(bases, basis), "number", value_text(arena, night_field(bytes, 3)));
    value_set(value_append(bases, value_object(arena)), "number", value_string(arena, "63/2010/NĐ-CP"));
    value_set(content, "name", value_text(arena, night_field(bytes, 2)));
    value_set(content, "status", value_text(arena, night_field(bytes, 1)));
    if (night->rich)
        night_enrich(night, content);
    else if (night->filler)
        value_set(content, "time_limit", value_string(arena, night->filler));
    BUFFER_OWNED struct buffer out = { 0 };
    canonical_write(&out, content);
    return text_copy(arena, buffer_view(&out));
}

static void night_warn(struct night *night, struct findings *findings)
{
    static const char *const rules[] = { "KT-1", "KT-2", "KT-3", "KT-4", "KT-5", "KT-6", "KT-7" };
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        struct finding *finding =
            finding_add(&night->arena, findings, false, text_of(rules[i]), "steps[2].name", TEXT("steps"),
                        &(const struct reason){ .id = "missing" });
        finding->message = TEXT("Thiếu nội dung này");
        finding->cites = TEXT("Nghị định 63/2010/NĐ-CP, Điều 8");
    }
}

/* A record without a name is rejected. */
static void night_transform(struct night *night, const struct transform_item *item,
                            const struct transform_digests *transform_digests)
{
    struct error error = { 0 };
    struct findings findings = { 0 };
    struct text content = night_content(night, item->bytes);
    if (!night_field(item->bytes, 2).length) {
        struct finding *finding = finding_add(&night->arena, &findings, true, TEXT("ND63-8.2a"), "name",
                                              TEXT_NONE, &(const struct reason){ .id = "missing" });
        finding->message = TEXT("Thiếu tên thủ tục");
        finding->cites = TEXT("Nghị định 63/2010/NĐ-CP, Điều 8 khoản 2 điểm a");
    }
    if (night->rich)
        night_warn(night, &findings);
    struct transform_result result = { .record = item->record,
                                       .mapped = night->rich,
                                       .department = night->rich ? text_format(&night->arena, "Phòng %lld",
                                                                               (long long)item->record % 20)
                                                                 : TEXT_NONE,
                                       .code = night_field(item->bytes, 0),
                                       .status = night_field(item->bytes, 1),
                                       .content = content,
                                       .digest = crypto_sha256(content),
                                       .fresh = item->fresh,
                                       .findings = &findings };
    night_must(transform_queue_put(night->store, &result, transform_digests, &error), &error, "work_put");
}

/* Each code has one record here: a rule has something against it, or it speaks for its code. */
static inline void night_resolve(struct night *night, int64_t rules)
{
    struct error error = { 0 };
    struct resolution_waiting list[200];
    size_t count;
    int64_t warnings = 0;
    night->counts.changed = night->counts.accepted = night->counts.rejected = 0;
    do {
        arena_clear(&night->arena);
        night_must(store_begin(night->store, &error), &error, "begin");
        night_must(resolution_waiting(night->store, rules, &night->arena, list, 200, &count, &error), &error,
                   "waiting");
        for (size_t i = 0; i < count; i++) {
            struct resolution_member *member;
            bool written;
            night_must(resolution_single(night->store, &night->arena, list[i].record, &member, &error),
                       &error, "single");
            struct resolution resolution = { .outcome =
                                                 member->rejected ? RESOLUTION_REJECTED : RESOLUTION_ACCEPTED,
                                             .speaks = true };
            night_must(resolution_write(night->store, &night->arena, member, &resolution, &written, &warnings,
                                        &error),
                       &error, "resolve");
            night->counts.changed++;
            night->counts.accepted += !member->rejected;
            night->counts.rejected += member->rejected;
        }
        night_must(store_commit(night->store, &error), &error, "commit");
    } while (count);
}

static inline void night_work(struct night *night)
{
    struct error error = { 0 };
    struct staging_counts staged;
    struct transform_digests transform_digests;
    struct transform_item items[200];
    size_t count;
    int64_t after = 0;
    struct digest digest = crypto_sha256(TEXT("recipe"));
    night_must(staging_finish(night->staging, &(struct staging_verdict){ .whole = true, .full = true },
                              &staged, &error),
               &error, "finish");
    night->staging = NULL;
    night_must(store_begin(night->store, &error), &error, "begin");
    night_must(transform_queue_recipes(night->store, &digest, &digest, &transform_digests, &error), &error,
               "recipes");
    night_must(transform_queue_mark(night->store, night_source(night), &transform_digests, &error), &error,
               "mark");
    night_must(store_commit(night->store, &error), &error, "commit");
    do {
        arena_clear(&night->arena);
        night_must(transform_queue_next(night->store, night_source(night), WORK_MAP, NULL, 0, after,
                                        &night->arena, items, 200, &count, &error),
                   &error, "work_next");
        night_must(store_begin(night->store, &error), &error, "begin");
        for (size_t i = 0; i < count; i++) {
            night_transform(night, &items[i], &transform_digests);
            after = items[i].record;
        }
        night_must(store_commit(night->store, &error), &error, "commit");
    } while (count);
    night_resolve(night, transform_digests.rules);
    night->counts.seen = staged.seen;
    night->counts.missing = staged.missing;
}

/* Commits the intents of up to `most` pending procedures, and gives them. */
static struct outbox_item *night_intend(struct night *night, size_t most, size_t *count)
{
    struct error error = { 0 };
    struct outbox_work work;
    arena_clear(&night->arena);
    night_must(outbox_list(night->store, &(struct outbox_filter){ 0 }, &night->arena, &work, &error), &error,
               "list");
    *count = work.count < most ? work.count : most;
    struct outbox_item *items = arena_array(&night->arena, struct outbox_item, *count + 1);
    night_must(store_begin(night->store, &error), &error, "begin");
    for (size_t i = 0; i < *count; i++) {
        night_must(outbox_find(night->store, &night->arena, work.codes[i], &items[i], &error), &error,
                   "find");
        if (items[i].state == OUTBOX_IDLE || items[i].state == OUTBOX_FAILED)
            night_must(outbox_intend(night->store, &night->arena, &items[i],
                                     items[i].etag.bytes ? items[i].etag : TEXT_NONE, &error),
                       &error, "intend");
    }
    night_must(store_commit(night->store, &error), &error, "commit");
    return items;
}

static void night_answer(struct night *night, struct outbox_item *item, enum outbox_outcome outcome,
                         long status, const char *message)
{
    struct error error = { 0 };
    char version[32];
    snprintf(version, sizeof version, "%lld", (long long)night->run);
    struct outbox_answer answer = { .outcome = outcome,
                                    .attempts = 1,
                                    .started_at = night->clock.now,
                                    .status = status,
                                    .version = text_of(night->portal ? night->portal : version),
                                    .said.words = text_of(message) };
    night->clock.now += 20;
    night_must(outbox_answer(night->store, item, &answer, &error), &error, "answer");
    night->counts.sent++;
    night->counts.published += outcome == OUTBOX_PUBLISHED;
    night->counts.withdrawn += outcome == OUTBOX_WITHDRAWN;
    night->counts.refused += outcome == OUTBOX_REFUSED_BY_PORTAL;
    night->counts.unknown += outcome == OUTBOX_STILL_UNKNOWN;
    night->counts.failed += outcome == OUTBOX_HAS_FAILED;
}

static inline void night_deliver(struct night *night)
{
    struct error error = { 0 };
    size_t count;
    struct outbox_item *items = night_intend(night, SIZE_MAX, &count);
    night_must(store_begin(night->store, &error), &error, "begin");
    for (size_t i = 0; i < count; i++)
        night_answer(night, &items[i],
                     items[i].intent_action == OUTBOX_WITHDRAW ? OUTBOX_WITHDRAWN : OUTBOX_PUBLISHED, 200,
                     NULL);
    night_must(store_commit(night->store, &error), &error, "commit");
}

static inline void night_end(struct night *night)
{
    struct error error = { 0 };
    night_must(store_run_end(night->store, 0, &night->counts, NULL, &error), &error, "end");
    night->clock.now += INT64_C(86400000) - night->clock.now % 86400000 + 17 * INT64_C(3600000);
}

#endif
