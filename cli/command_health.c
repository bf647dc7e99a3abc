/* health: one line and an exit code for a monitor. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli/approval_status.h"
#include "cli/ledger_setup.h"
#include "cli/run.h"
#include "core/date.h"
#include "core/setting.h"
#include "store/audit.h"
#include "store/kept.h"
#include "store/night.h"
#include "store/report.h"
#include "store/report_view.h"
#include "store/rule_report.h"
#include "store/store_run.h"

enum health { HEALTH_OK, HEALTH_WARNING, HEALTH_CRITICAL, HEALTH_UNKNOWN };

#define MAX_AGE   "26h"
#define NEAR_DAYS 7
#define EVENTS    100000 /* that are all hashed, in half a second; of more, those of the last runs */

struct examination {
    enum health health;
    struct buffer words;
    int64_t age, max_age; /* seconds; age -1: there was no night */
    int64_t kept, fresh, near, overdue;
};

static void found(struct examination *of, enum health health, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void found(struct examination *of, enum health health, const char *format, ...)
{
    char words[400];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
    /* A monitor reads one line, and what stands behind "|" as numbers. */
    for (char *at = words; *at; at++)
        if (*at == '|' || *at == '\n')
            *at = ' ';
    buffer_printf(&of->words, "%s%s", of->words.length ? "; " : "", words);
    if (health > of->health)
        of->health = health;
}

static enum status examine_night(struct store *store, struct arena *arena, int64_t now,
                                 struct examination *of, struct error *error)
{
    struct value *night;
    int64_t began = 0;
    if (night_report(store, arena, &night, error) > STATUS_END)
        return error->status;
    of->age = -1;
    if (!night || !clock_parse(value_text_of(night, "started_at"), &began)) {
        found(of, HEALTH_CRITICAL, "%s", _("there has been no night yet"));
        return STATUS_OK;
    }
    struct text day = value_text_of(night, "day"), code = value_text_of(night, "exit_code"),
                why = value_text_of(night, "why");
    of->age = now > began ? (now - began) / 1000 : 0;
    if (of->age > of->max_age)
        found(of, HEALTH_CRITICAL, _("the last night (%.*s) is too old"), TEXT_ARG(day));
    /* By such a time no night would be too old until then. */
    if (value_find(night, "lies_ahead"))
        found(of, (began - now) / 1000 > of->max_age ? HEALTH_CRITICAL : HEALTH_WARNING,
              _("the last night (%.*s) bears a time that lies ahead of now: look at the machine's clock"),
              TEXT_ARG(day));
    bool broken_off = value_find(night, "broken_off");
    if (!code.bytes)
        found(of, broken_off || of->age > 6 * 3600 ? HEALTH_CRITICAL : HEALTH_OK,
              broken_off ? _("the night of %.*s was broken off: nobody is at work")
                         : _("the night of %.*s has not ended"),
              TEXT_ARG(day));
    else if (!text_is(code, "0") && !text_is(code, "1"))
        found(of, HEALTH_CRITICAL, _("the night of %.*s stopped (exit %.*s): %.*s"), TEXT_ARG(day),
              TEXT_ARG(code), TEXT_ARG(why));
    else
        found(of, HEALTH_OK, _("the night of %.*s ended with exit %.*s"), TEXT_ARG(day), TEXT_ARG(code));
    return STATUS_OK;
}

static enum status examine_kept(struct store *store, struct arena *arena, const char *today,
                                struct examination *of, struct error *error)
{
    struct value *rows;
    struct date day;
    char until[DATE_TEXT];
    int64_t before, untold;
    date_read(text_of(today), &day);
    date_write(date_from_days(date_days(day) + NEAR_DAYS), until);
    if (store_run_untold(store, &untold, error))
        return error->status;
    if (untold)
        found(of, HEALTH_WARNING,
              _("whether run %lld is still at work cannot be told: the store's lock may not be read"),
              (long long)untold);
    if (night_before(store, &before, error) ||
        kept_count(store, before, arena, &of->kept, &of->fresh, error) ||
        rule_report_deadlines(store, arena, today, until, &rows, error))
        return error->status;
    for (const struct value *row = rows->first; row; row = row->next) {
        if (value_is_true(row, "overdue"))
            of->overdue++;
        else
            of->near++;
    }
    if (of->fresh)
        found(of, HEALTH_WARNING, _("%lld newly kept back"), (long long)of->fresh);
    if (of->overdue || of->near)
        found(of, HEALTH_WARNING, _("%lld terms are over, %lld end within %d days"), (long long)of->overdue,
              (long long)of->near, NEAR_DAYS);
    return STATUS_OK;
}

static enum status examine_approval(const struct session *session, struct store *store, struct arena *arena,
                                    struct examination *of, struct error *error)
{
    struct value *view;
    struct error ledger = { 0 };
    enum status status = approval_status_read(session, store, arena, &view, &ledger);
    if (status == STATUS_LEDGER)
        found(of, HEALTH_CRITICAL, "%s", ledger.message);
    if (status)
        return status == STATUS_LEDGER ? STATUS_OK : error_copy(error, status, &ledger);
    const struct value *counts = value_find(view, "counts"), *proposed = value_find(view, "proposed");
    struct text waiting = value_text_of(counts, "waiting"),
                unsubmitted = value_text_of(counts, "unsubmitted");
    if (!text_is(waiting, "0"))
        found(of, HEALTH_OK, _("%.*s wait for approval"), TEXT_ARG(waiting));
    if (!text_is(unsubmitted, "0"))
        found(of, HEALTH_OK, _("%.*s are to be submitted for approval"), TEXT_ARG(unsubmitted));
    if (value_is_true(proposed, "recovers"))
        found(of, HEALTH_CRITICAL, _("the rules of approval are being recovered (list %.*s)"),
              TEXT_ARG(value_text_of(proposed, "list")));
    return STATUS_OK;
}

static enum status examine_ledger(struct session *session, struct store *store, struct examination *of,
                                  struct error *error)
{
    int64_t events = 0;
    struct error ledger = { 0 };
    if (ledger_setup_read_keys(&session->configuration, NULL, 0, error) ||
        report_view_events(store, &events, error))
        return error->status;
    enum status status = audit_standing_check(store, &session->configuration.sealing.audit, &ledger);
    if (!status && events <= EVENTS)
        status = audit_read_check(store, TEXT_NONE, &ledger);
    if (status == STATUS_STOP)
        return error_copy(error, status, &ledger);
    if (status)
        found(of, HEALTH_CRITICAL, _("the ledger does not verify: %s"), ledger.message);
    else if (events > EVENTS)
        found(
            of, HEALTH_OK,
            _("of %lld events those of the last runs were looked at; \"congkhai audit verify\" looks at all"),
            (long long)events);
    return STATUS_OK;
}

static enum status examine(struct session *session, struct store *store, struct arena *arena,
                           struct examination *of, struct error *error)
{
    int64_t now = session->clock->now(session->clock);
    char today[DATE_TEXT];
    clock_format_date(now, today);
    if (examine_ledger(session, store, of, error) || examine_night(store, arena, now, of, error))
        return error->status;
    if (examine_kept(store, arena, today, of, error))
        return error->status;
    return examine_approval(session, store, arena, of, error);
}

static const char *const names[] = { "OK", "WARNING", "CRITICAL", "UNKNOWN" };

int health_of_error(enum status status)
{
    return status == STATUS_LEDGER ? HEALTH_CRITICAL : HEALTH_UNKNOWN;
}

void health_tell_error(const struct error *error)
{
    struct examination of = { .health = HEALTH_OK };
    found(&of, (enum health)health_of_error(error->status), "%s", error->message);
    printf("CONGKHAI %s - %s\n", names[of.health], of.words.bytes);
    buffer_free(&of.words);
}

static void print_json(struct arena *arena, const struct examination *of, const char *state)
{
    struct value *document = value_object(arena);
    value_set(document, "state", value_string(arena, state));
    value_set(document, "message", value_string(arena, of->words.bytes));
    value_set(document, "exit_code", value_integer(arena, (int64_t)of->health));
    value_set(document, "age", value_integer(arena, of->age));
    value_set(document, "max_age", value_integer(arena, of->max_age));
    value_set(document, "kept", value_integer(arena, of->kept));
    value_set(document, "new", value_integer(arena, of->fresh));
    value_set(document, "due", value_integer(arena, of->near));
    value_set(document, "overdue", value_integer(arena, of->overdue));
    output_json(document);
}

enum status command_health(struct session *session, struct error *error, int *exit_code)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct examination of = { .health = HEALTH_OK };
    const char *given = session->invocation->max_age ? session->invocation->max_age : MAX_AGE;
    struct store *store;
    if (!setting_duration(text_of(given), &of.max_age) || of.max_age <= 0)
        return error_set(error, STATUS_USAGE, _("--max-age wants a duration such as 26h, not \"%s\""), given);
    of.max_age /= 1000;
    if (run_read_store(session, STORE_READ, &store, error))
        return error->status;
    enum status status = examine(session, store, &arena, &of, error);
    status = run_close_read(store, status, error);
    if (status == STATUS_OK) {
        *exit_code = (int)of.health;
        if (session->invocation->json)
            print_json(&arena, &of, names[of.health]);
        else
            printf("CONGKHAI %s - %s | age=%llds;;%lld kept=%lld new=%lld;0 due=%lld;0 overdue=%lld;0\n",
                   names[of.health], of.words.bytes, (long long)of.age, (long long)of.max_age,
                   (long long)of.kept, (long long)of.fresh, (long long)of.near, (long long)of.overdue);
    }
    buffer_free(&of.words);
    return status;
}
