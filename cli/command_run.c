/* run, extract, transform, load: the stages as one run of the ledger. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/json.h"
#include "cli/approval_lists.h"
#include "cli/ledger_setup.h"
#include "cli/run.h"
#include "extract/digests_ahead.h"
#include "extract/extract.h"
#include "load/brakes.h"
#include "load/load.h"
#include "store/report.h"
#include "store/search_ahead.h"
#include "store/store_run.h"
#include "transform/transform.h"

struct night {
    struct session *session;
    bool extract, transform, load;
    struct extract_request extracting;
    struct transform_request transforming;
    struct transform *transformer;
    struct load_request loading;
    struct extract_result *results;
    size_t result_count;
    struct transform_counts transformed;
    struct run_counts counts;
    int64_t run;
    struct approval_news news;
    struct error outage; /* what ends with exit 3 though the stages behind it went on */
};

static void show_extract(void *user_data, const char *source, int64_t seen)
{
    const struct night *night = user_data;
    output_progress(night->session, source, seen, 0);
}

static void show_transform(void *user_data, const char *source, int64_t done)
{
    const struct night *night = user_data;
    output_progress(night->session, source, done, 0);
}

static void show_load(void *user_data, int64_t done, int64_t total)
{
    const struct night *night = user_data;
    output_progress(night->session, _("publishing"), done, total);
}

static void show_notice(void *user_data, const char *message)
{
    const struct night *night = user_data;
    output_message(night->session, "%s", message);
}

static void prepare(struct night *night, struct session *session)
{
    const struct invocation *invocation = session->invocation;
    const char *command = invocation->command;
    bool all = !strcmp(command, "run");
    night->session = session;
    night->extract = all || !strcmp(command, "extract");
    night->transform = all || !strcmp(command, "transform");
    night->load = all || !strcmp(command, "load");
    night->extracting = run_extract_request(session);
    night->extracting.progress = show_extract;
    night->extracting.notice = show_notice;
    night->extracting.user_data = night;
    night->transforming = run_transform_request(session);
    night->transforming.progress = show_transform;
    night->transforming.user_data = night;
    night->loading = run_load_request(session);
    night->loading.news = &night->news;
    night->loading.progress = show_load;
    night->loading.notice = show_notice;
    night->loading.user_data = night;
}

/* Everything that can be wrong with the configuration, before anything is touched. */
static enum status check_all(struct night *night, struct digest *rules, struct error *error)
{
    struct brakes_request released = { .released = night->extracting.released,
                                       .released_count = night->extracting.released_count,
                                       .reason = night->extracting.reason };
    if (brakes_check_released(&released, error))
        return error->status;
    if (ledger_setup_check(&night->session->configuration, error) ||
        extract_check(&night->extracting, error) || transform_check(&night->transforming, rules, error))
        return error->status;
    return night->load ? load_check(&night->loading, error) : STATUS_OK;
}

static void say(const struct night *night, const char *line)
{
    const struct invocation *invocation = night->session->invocation;
    output_progress_end(night->session);
    if (!invocation->json && !invocation->quiet) {
        puts(line);
        fflush(stdout);
    }
}

static enum status run_extract(struct night *night, struct store *store, struct error *error)
{
    char line[512];
    struct error reason = { 0 };
    int64_t staged = 0, skipped = 0;
    enum status status =
        extract_run(store, &night->extracting, &night->results, &night->result_count, &reason);
    for (size_t i = 0; i < night->result_count; i++) {
        night->counts.seen += night->results[i].counts.seen;
        night->counts.missing += night->results[i].counts.missing;
        staged += night->results[i].counts.changed;
        skipped += night->results[i].counts.skipped;
    }
    if (!night->transform)
        night->counts.changed = staged;
    snprintf(line, sizeof line, _("extract: %lld records in %zu sources, %lld new or changed, %lld absent"),
             (long long)night->counts.seen, night->result_count, (long long)staged,
             (long long)night->counts.missing);
    say(night, line);
    if (skipped) {
        snprintf(line, sizeof line, _("  rows that are no records (\"skip\"): %lld"), (long long)skipped);
        say(night, line);
    }
    if (status == STATUS_STOP) {
        night->outage = reason;
        return cli_stop ? error_copy(error, status, &reason) : STATUS_OK;
    }
    return status ? error_copy(error, status, &reason) : STATUS_OK;
}

static const struct {
    const char *name, *words;
    size_t offset;
} repair_kinds[] = {
    { "blanks", N_("blanks"), offsetof(struct normalise_counts, blanks) },
    { "bullets", N_("bullets"), offsetof(struct normalise_counts, bullets) },
    { "composed", N_("composed letters"), offsetof(struct normalise_counts, composed) },
    { "d_stroke", N_("letters Đ"), offsetof(struct normalise_counts, d_stroke) },
    { "invisible", N_("invisible characters"), offsetof(struct normalise_counts, invisible) },
    { "line_breaks", N_("line breaks"), offsetof(struct normalise_counts, line_breaks) },
};
#define REPAIR_KINDS (sizeof repair_kinds / sizeof *repair_kinds)

static int64_t repaired(const struct night *night, size_t kind)
{
    return *(const int64_t *)(const void *)((const char *)&night->transformed.repairs +
                                            repair_kinds[kind].offset);
}

/* Those that there were, or all kinds. */
static struct value *describe_repairs(const struct night *night, struct arena *arena, bool all)
{
    struct value *object = value_object(arena);
    for (size_t i = 0; i < REPAIR_KINDS; i++)
        if (all || repaired(night, i))
            value_set(object, repair_kinds[i].name, value_integer(arena, repaired(night, i)));
    return object;
}

static void say_repairs(const struct night *night)
{
    BUFFER_OWNED struct buffer line = { 0 };
    for (size_t i = 0; i < REPAIR_KINDS; i++)
        if (repaired(night, i))
            buffer_printf(&line, "%s %s %lld", line.length ? "," : _("  texts repaired:"),
                          _(repair_kinds[i].words), (long long)repaired(night, i));
    if (line.length)
        say(night, line.bytes);
}

static enum status run_transform(struct night *night, struct store *store, struct error *error)
{
    char line[512];
    struct resolve_counts *work = &night->transformed.work;
    int64_t repairs = 0;
    if (night->load)
        night->session->search_ahead = search_ahead_open(store);
    if (transform_run(store, night->transformer, &night->transformed, error))
        return error->status;
    night->counts.changed = work->changed;
    night->counts.accepted = work->accepted;
    night->counts.rejected = work->rejected;
    night->counts.held = work->held;
    for (size_t i = 0; i < REPAIR_KINDS; i++)
        repairs += repaired(night, i);
    snprintf(line, sizeof line,
             _("transform: %lld worked: %lld accepted, %lld rejected, %lld held; %lld warnings, %lld repairs "
               "of text"),
             (long long)work->changed, (long long)work->accepted, (long long)work->rejected,
             (long long)work->held, (long long)work->warnings, (long long)repairs);
    say(night, line);
    say_repairs(night);
    return STATUS_OK;
}

/* What the store says of one portal says nothing of another; and one that has moved is the same. Nobody but a person knows. */
static void warn_of_another_portal(const struct night *night, struct store *store)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct value *then, *now;
    struct error ignored;
    if (report_acknowledged_under(store, &arena, &then, &ignored) ||
        json_parse(&arena, night->session->configuration.masked, &now, &ignored))
        return;
    struct text before = value_text_of(value_find(then, "portal"), "url"),
                here = value_text_of(value_find(now, "portal"), "url");
    if (!before.length || !here.length || text_equal(before, here))
        return;
    output_message(
        night->session,
        _("portal.url was " TEXT_PRINT " when the portal acknowledged something last, and is " TEXT_PRINT
          " now. If this is another portal, it has nothing of what this store says: give it a store of "
          "its own, or let \"congkhai reconcile\" ask it"),
        TEXT_ARG(before), TEXT_ARG(here));
}

static enum status run_load(struct night *night, struct store *store, struct error *error)
{
    char line[512];
    struct run_counts *counts = &night->counts;
    warn_of_another_portal(night, store);
    if (!night->transform)
        night->session->search_ahead = search_ahead_open(store);
    enum status status = load_run(store, &night->loading, counts, error);
    approval_lists_say_news(night->session, &night->news);
    snprintf(line, sizeof line,
             _("load: %lld sent: %lld published, %lld withdrawn, %lld refused, %lld in conflict, %lld "
               "unknown, %lld failed; %lld pending"),
             (long long)counts->sent, (long long)counts->published, (long long)counts->withdrawn,
             (long long)counts->refused, (long long)counts->conflict, (long long)counts->unknown,
             (long long)counts->failed, (long long)counts->pending);
    say(night, line);
    return status;
}

/* What extract stages is mapped and checked while it goes on, where both are to be done. */
static enum status run_until_load(struct night *night, struct store *store, struct error *error)
{
    night->transformer = transform_open(&night->transforming);
    struct staging_sink sink = transform_sink(night->transformer);
    if (night->transform)
        night->extracting.sink = &sink;
    enum status status = night->extract ? run_extract(night, store, error) : STATUS_OK;
    /* What was not read may know the code. */
    if (status == STATUS_OK && night->extract && !night->outage.status)
        status = run_check_codes(night->session, store, error);
    if (status == STATUS_OK && night->transform)
        status = run_transform(night, store, error);
    transform_close(night->transformer);
    return status;
}

static enum status run_stages(struct night *night, struct store *store, struct error *error)
{
    if (run_until_load(night, store, error))
        return error->status;
    if (night->load && run_load(night, store, error))
        return error->status;
    if (cli_stop)
        return error_set(error, STATUS_STOP,
                         _("a signal ended the run; the same command goes on where it stopped"));
    return STATUS_OK;
}

static void print_json(const struct night *night, int exit_code, const struct error *error,
                       const struct store_kept_back *kept)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct value *document = value_object(&arena), *sources = value_list(&arena),
                 *back = value_object(&arena);
    const struct run_counts *counts = &night->counts;
    const struct {
        const char *name;
        int64_t number;
    } numbers[] = {
        { "seen", counts->seen },           { "changed", counts->changed },   { "accepted", counts->accepted },
        { "rejected", counts->rejected },   { "held", counts->held },         { "sent", counts->sent },
        { "published", counts->published }, { "refused", counts->refused },   { "conflict", counts->conflict },
        { "unknown", counts->unknown },     { "failed", counts->failed },     { "withdrawn", counts->withdrawn },
        { "missing", counts->missing },     { "pending", counts->pending },   { "waiting", counts->waiting },
    }, still[] = {
        { "rejected", kept->rejected }, { "held", kept->held },         { "refused", kept->refused },
        { "failed", kept->failed },     { "conflict", kept->conflict }, { "unknown", kept->unknown },
        { "pending", kept->pending },   { "missing", kept->missing }, { "waiting", kept->waiting },
        { "sent_back", kept->sent_back },
        { "unread", kept->unread },
    };
    value_set(document, "run", value_integer(&arena, night->run));
    value_set(document, "command", value_string(&arena, night->session->invocation->command));
    value_set(document, "exit_code", value_integer(&arena, exit_code));
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        value_set(document, numbers[i].name, value_integer(&arena, numbers[i].number));
    for (size_t i = 0; i < sizeof still / sizeof *still; i++)
        value_set(back, still[i].name, value_integer(&arena, still[i].number));
    value_set(document, "kept_back", back);
    for (size_t i = 0; i < night->result_count; i++) {
        struct value *source = value_append(sources, value_object(&arena));
        const struct extract_result *result = &night->results[i];
        value_set(source, "source", value_string(&arena, result->source));
        value_set(source, "seen", value_integer(&arena, result->counts.seen));
        value_set(source, "changed", value_integer(&arena, result->counts.changed));
        value_set(source, "missing", value_integer(&arena, result->counts.missing));
        value_set(source, "skipped", value_integer(&arena, result->counts.skipped));
        value_set(source, "whole", value_boolean(&arena, result->whole));
        if (*result->why)
            value_set(source, "why", value_string(&arena, result->why));
    }
    value_set(document, "sources", sources);
    value_set(document, "repairs", describe_repairs(night, &arena, true));
    if (error->status && *error->message)
        output_error_members(document, &arena, error);
    output_json(document);
}

/* Exit 1 as long as anything is kept back, from tonight or before. */
static int exit_code_of(enum status status, const struct store_kept_back *kept)
{
    if (status)
        return error_exit_code(status);
    return store_keeps(kept) ? 1 : 0;
}

static enum status finish(struct night *night, struct store *store, enum status status, struct error *error,
                          int *exit_code)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct store_kept_back kept = { 0 };
    struct error late = { 0 };
    night->counts.repairs = describe_repairs(night, &arena, false);
    if (!status && night->outage.status) {
        status = night->outage.status;
        *error = night->outage;
    }
    bool readable = status != STATUS_FATAL && status != STATUS_LEDGER;
    if (readable && !store_kept_back(store, &kept, &late)) {
        *exit_code = exit_code_of(status, &kept);
        night->counts.pending = kept.pending;
        night->counts.waiting = kept.waiting;
    } else if (!status) {
        status = error_copy(error, late.status, &late);
    }
    status = run_end(night->session, store, status, &night->counts, exit_code, error);
    if (night->session->invocation->json)
        print_json(night, *exit_code, error, &kept);
    int64_t back = kept.rejected + kept.held + kept.refused + kept.failed + kept.conflict + kept.unknown +
                   kept.sent_back;
    if (kept.waiting)
        output_message(night->session,
                       _("%lld procedures wait for approval; \"congkhai status\" says for whose"),
                       (long long)kept.waiting);
    if (kept.unread)
        output_message(
            night->session,
            _("%lld records cannot be read; \"congkhai transform\" keeps them back, with what is wrong"),
            (long long)kept.unread);
    if (back)
        output_message(night->session,
                       _("%lld records and procedures are kept back; \"congkhai status\" says which and why"),
                       (long long)back);
    return status;
}

enum status command_run(struct session *session, struct error *error, int *exit_code)
{
    struct night night = { 0 };
    struct digest rules;
    struct store *store;
    if (session->invocation->dry_run)
        return command_plan(session, error, exit_code);
    prepare(&night, session);
    if (check_all(&night, &rules, error) ||
        store_open(session->configuration.store, STORE_RUN, session->clock, &store, error))
        return error->status;
    /* What extract brings may be new: asked behind it. */
    enum status status = night.extract ? STATUS_OK : run_check_codes(session, store, error);
    if (status == STATUS_OK && night.extract)
        night.extracting.ahead = digests_ahead_open(store, &night.extracting);
    if (status == STATUS_OK)
        status = run_begin(session, store, &night.run, error);
    if (status == STATUS_OK) {
        status = run_stages(&night, store, error);
        status = finish(&night, store, status, error, exit_code);
    }
    digests_ahead_close(night.extracting.ahead);
    store_close(store);
    return status;
}
