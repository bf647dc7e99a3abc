#include "cli/notices.h"

#include <string.h>
#include <unistd.h>

#include "adapters/file.h"
#include "core/date.h"
#include "notify/notify.h"
#include "report/rule_words.h"
#include "store/approval_view.h"
#include "store/kept.h"
#include "store/metrics.h"
#include "store/night.h"
#include "store/report.h"
#include "store/rule_report.h"
#include "store/store_run.h"

#define NEAR_DAYS        7
#define NEW_MAX          1000
#define APPROVAL_TOLD_MS ((int64_t)7 * 24 * 3600 * 1000)

bool notices_concern(const struct session *session)
{
    const struct invocation *invocation = session->invocation;
    return invocation->command && !strcmp(invocation->command, "run") && !invocation->dry_run &&
           !invocation->source_count && !invocation->code_count;
}

static void warn(void *user_data, const char *way, const char *message)
{
    output_message(user_data, _("a notice could not be given (%s): %s"), way, message);
}

void notices_begin(struct session *session)
{
    notify_begin(&session->configuration.notify, warn, session);
}

struct gathering {
    struct session *session;
    struct store *store;
    struct arena *arena;
    struct notify_night *night;
    struct buffer metrics;
    char today[DATE_TEXT], until[DATE_TEXT];
};

static enum status gather_run(struct gathering *gathering, struct error *error)
{
    static const char *const counts[] = { "seen",    "changed",   "accepted",  "rejected", "held",
                                          "sent",    "published", "withdrawn", "refused",  "conflict",
                                          "unknown", "failed",    "missing" };
    struct value *runs;
    struct store_kept_back kept;
    struct notify_night *night = gathering->night;
    if (report_runs(gathering->store, gathering->arena, 1, &runs, error))
        return error->status;
    const struct value *run = runs->first;
    struct text ours = text_format(gathering->arena, "%lld", (long long)night->run);
    if (!run || !text_equal(value_text_of(run, "run"), ours))
        return STATUS_OK;
    clock_parse(value_text_of(run, "started_at"), &night->started);
    clock_parse(value_text_of(run, "finished_at"), &night->finished);
    struct value *of = value_object(gathering->arena);
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        if (value_find(run, counts[i]))
            value_set(of, counts[i], value_number(gathering->arena, value_text_of(run, counts[i])));
    if (store_kept_back(gathering->store, &kept, error))
        return error->status;
    value_set(of, "missing_now", value_integer(gathering->arena, kept.missing));
    night->counts = of;
    return STATUS_OK;
}

static enum status gather_kept(struct gathering *gathering, struct error *error)
{
    struct kept_filter all = { .limit = 1 }, fresh = { .limit = NEW_MAX };
    struct rule_words words;
    struct value *rows, *fresh_rows = value_list(gathering->arena), *still = value_list(gathering->arena);
    int64_t total, records;
    if (kept_rows(gathering->store, &all, gathering->arena, &rows, &total, &gathering->night->kept, error) ||
        night_before(gathering->store, &fresh.since, error) ||
        night_weeks_ago(gathering->store, gathering->night->started, fresh.since, gathering->arena,
                        &fresh.also, error) ||
        kept_rows(gathering->store, &fresh, gathering->arena, &rows, &total, &records, error) ||
        rule_words_open(gathering->session->configuration.rules_text, gathering->session->language,
                        gathering->store, gathering->arena, &words, error) ||
        rule_words_put_all(&words, rows, 0, error))
        return error->status;
    for (struct value *row = rows->first, *next; row; row = next) {
        next = row->next;
        bool old = value_text_of(row, "since_run").length && value_number_of(row, "since_run") <= fresh.since;
        value_append(old ? still : fresh_rows, row);
    }
    gathering->night->new_kept = fresh_rows;
    gathering->night->still_kept = still;
    return STATUS_OK;
}

static enum status write_metrics(struct gathering *gathering, struct error *error)
{
    const struct notify_night *night = gathering->night;
    struct metrics_attempt attempt = { .at = night->started, .exit_code = night->exit_code };
    buffer_clear(&gathering->metrics);
    const struct configuration *configuration = &gathering->session->configuration;
    struct value *sources = value_list(gathering->arena);
    for (size_t i = 0; i < configuration->source_count; i++)
        value_append(sources, value_string(gathering->arena, configuration->sources[i].name));
    bool ended = night->run && night->finished; /* else the ledger's last end is that of an older run */
    enum status status =
        metrics_write(gathering->store, ended ? NULL : &attempt, gathering->today,
                      night->exit_code == 2 ? NULL : sources, /* 2: they may not all be read */
                      CONGKHAI_VERSION, &gathering->metrics, error);
    gathering->night->metrics = status ? TEXT_NONE : buffer_view(&gathering->metrics);
    return status;
}

/* Where no run was begun, nothing is of this night but how it ended, and the terms that go on. */
static enum status gather(struct gathering *gathering, struct error *error)
{
    struct value *deadlines, *approval;
    struct date today;
    date_read(text_of(gathering->today), &today);
    date_write(date_from_days(date_days(today) + NEAR_DAYS), gathering->until);
    int64_t now = gathering->session->clock->now(gathering->session->clock);
    if (approval_view_news(gathering->store, gathering->arena, now - APPROVAL_TOLD_MS, &approval, error) ||
        (gathering->night->run && (gather_run(gathering, error) || gather_kept(gathering, error))) ||
        rule_report_deadlines(gathering->store, gathering->arena, gathering->today, gathering->until,
                              &deadlines, error))
        return error->status;
    gathering->night->deadlines = deadlines;
    gathering->night->approval = approval;
    return write_metrics(gathering, error);
}

void notices_end(struct session *session, int exit_code, const struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    const struct configuration *configuration = &session->configuration;
    char host[256] = "?";
    int64_t now = session->clock->now(session->clock);
    struct error fault = { 0 };
    if (!configuration->notify.count)
        return;
    gethostname(host, sizeof host - 1);
    struct notify_night night = {
        .store = configuration->store,
        .agency =
            text_of(configuration->agency_name ? configuration->agency_name : configuration->agency_code),
        .host = text_of(host),
        .run = session->run,
        .exit_code = exit_code,
        .why = exit_code > 1 ? text_of(error->message) : TEXT_NONE,
        .started = now,
    };
    struct gathering gathering = { .session = session, .arena = &arena, .night = &night };
    clock_format_date(now, gathering.today);
    if (configuration->store && file_exists(configuration->store) &&
        !store_open(configuration->store, STORE_READ, session->clock, &gathering.store, &fault)) {
        if (gather(&gathering, &fault))
            warn(session, configuration->store, fault.message);
        store_close(gathering.store);
        gathering.store = NULL;
    }
    if (!night.metrics.bytes)
        (void)write_metrics(&gathering, &fault); /* without a store it cannot fail */
    notify_end(&configuration->notify, &night, now, warn, session);
    buffer_free(&gathering.metrics);
}
