/* status, runs, show: what people ask in the morning. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/file.h"
#include "cli/approval_status.h"
#include "cli/run.h"
#include "core/date.h"
#include "report/rule_words.h"
#include "store/audit.h"
#include "store/kept.h"
#include "store/night.h"
#include "store/reconciliation.h"
#include "store/report.h"
#include "store/restoration.h"
#include "store/rule_report.h"
#include "store/store_run.h"

#define SHOWN  8  /* rows of a list at most: status is one screen */
#define SCREEN 40 /* lines, where no terminal says */

static void heading(const char *text)
{
    printf("\n%s\n", text);
}

/* The lists of a status share the screen. */
struct shared_screen {
    struct arena *arena;
    int64_t each; /* rows of a list */
};

/* Prints the first rows of a list, and says how many there are, and what shows all. */
static void print_first(const struct shared_screen *screen, const char *title, const char *all,
                        const struct value *rows, int64_t total, const struct output_column *columns,
                        size_t count)
{
    if (!rows->count)
        return;
    struct value *first = value_list(screen->arena);
    int64_t shown = 0;
    for (const struct value *row = rows->first; row && shown < screen->each; row = row->next, shown++)
        value_append(first, value_copy(screen->arena, row));
    if (total > shown)
        printf(_("\n%s (%lld of %lld; all: %s)\n"), title, (long long)shown, (long long)total, all);
    else
        heading(title);
    output_lines(first, columns, count);
}

/* "By rule: ND63-8.2a 20, congkhai/codes 3 (2 of 18)": what keeps most back. */
static void print_counts(const char *title, const struct value *rows)
{
    size_t shown = 0, named = 0;
    for (const struct value *row = rows->first; row; row = row->next)
        named += value_find(row, "name") != NULL;
    if (!named)
        return;
    fputs(title, stdout);
    for (const struct value *row = rows->first; row && shown < 5; row = row->next) {
        struct text name = value_text_of(row, "name");
        if (name.length)
            printf("%s " TEXT_PRINT " " TEXT_PRINT, shown++ ? "," : "", TEXT_ARG(name),
                   TEXT_ARG(value_text_of(row, "records")));
    }
    if (named > shown)
        printf(_(" (%zu of %zu)"), shown, named);
    putchar('\n');
}

static void print_kept(const struct shared_screen *screen, struct value *records, int64_t total)
{
    const struct output_column columns[] = {
        { "source", _("source"), 20 }, { "key", _("key"), 24 },     { "outcome", _("outcome"), OUTPUT_WORD },
        { "rule", _("rule"), 24 },     { "place", _("field"), 40 }, { "value", _("value"), 30 },
        { "why", _("why"), 160 },
    };
    rule_words_join(screen->arena, records);
    print_first(screen, _("Records that are kept back, a line a reason"), "congkhai kept", records, total,
                columns, sizeof columns / sizeof *columns);
}

static void print_deliveries(const struct shared_screen *screen, const struct value *deliveries,
                             int64_t total)
{
    const struct output_column columns[] = {
        { "code", _("code"), 26 },
        { "state", _("state"), OUTPUT_WORD },
        { "action", _("action"), OUTPUT_WORD },
        { "run", _("run"), 0 },
        { "words", _("why"), 100 },
    };
    print_first(screen, _("Deliveries that did not end"), "congkhai kept", deliveries, total, columns,
                sizeof columns / sizeof *columns);
}

static void print_missing(const struct shared_screen *screen, const struct value *missing, int64_t total)
{
    const struct output_column columns[] = {
        { "source", _("source"), 20 },
        { "key", _("key"), 24 },
        { "code", _("code"), 26 },
        { "locator", _("last seen in"), 60 },
    };
    print_first(screen, _("Missing from their source (nothing is withdrawn by itself)"),
                "congkhai --json status", missing, total, columns, sizeof columns / sizeof *columns);
}

static void print_runs(const struct value *runs)
{
    const struct output_column columns[] = {
        { "run", _("run"), 0 },
        { "started_at", _("started (Vietnam, UTC+7)"), OUTPUT_TIME },
        { "command", _("command"), 0 },
        { "operator", _("operator"), 16 },
        { "exit_code", _("exit"), 0 },
        { "seen", _("seen"), 0 },
        { "changed", _("changed"), 0 },
        { "accepted", _("accepted"), 0 },
        { "rejected", _("rejected"), 0 },
        { "held", _("held"), 0 },
        { "sent", _("sent"), 0 },
        { "published", _("published"), 0 },
        { "withdrawn", _("withdrawn"), 0 },
        { "refused", _("refused"), 0 },
        { "conflict", _("conflict"), 0 },
        { "unknown", _("unknown"), 0 },
        { "failed", _("failed"), 0 },
        { "missing", _("absent"), 0 },
        { "why", _("why"), 160 },
    };
    output_table(runs, columns, sizeof columns / sizeof *columns);
}

struct situation {
    struct value *runs, *sources, *records, *deliveries, *missing, *published;
    struct value *broken, *by[KEPT_BYS]; /* listings that broke off; what is kept back, counted */
    struct value *terms;                 /* that run out */
    struct value *approval;              /* what waits for whom */
    struct value *night;                 /* NULL: none yet */
    struct store_kept_back kept;
    struct error ledger;      /* why no run would begin: the ledger does not verify; status OK: it does */
    struct value *reconciled; /* NULL: never */
    bool compared;      /* false: restored from a backup, and the portal was not asked for all of it since */
    int64_t uncompared; /* so many it was not asked for */
};

#define SOON_DAYS 7 /* terms that run out so soon are shown */

/* The terms of the law that ran out, or will within days. */
static enum status read_terms(const struct session *session, struct store *store, struct arena *arena,
                              struct value **terms, struct error *error)
{
    char today[DATE_TEXT], until[DATE_TEXT];
    struct date day;
    clock_format_date(session->clock->now(session->clock), today);
    date_read(text_of(today), &day);
    date_write(date_from_days(date_days(day) + SOON_DAYS), until);
    return rule_report_deadlines(store, arena, today, until, terms, error);
}

static void print_terms(const struct shared_screen *screen, const struct value *rows)
{
    const struct output_column terms[] = {
        { "due", _("due"), 0 },
        { "overdue", _("overdue"), 0 },
        { "code", _("code"), 26 },
        { "outcome", _("outcome"), OUTPUT_WORD },
        { "department", _("department"), 40 },
        { "rule", _("rule"), 24 },
        { "name", _("name"), 60 },
    };
    print_first(screen, _("Terms that run out"), "congkhai status --rules", rows, (int64_t)rows->count, terms,
                sizeof terms / sizeof *terms);
}

static enum status read_counts(struct store *store, struct arena *arena, struct situation *situation,
                               struct error *error)
{
    for (int by = 0; by < KEPT_BYS; by++)
        if (kept_counts(store, (enum kept_by)by, arena, &situation->by[by], error))
            return error->status;
    return STATUS_OK;
}

static enum status gather(const struct session *session, struct store *store, struct arena *arena,
                          int64_t most, struct situation *situation, struct error *error)
{
    struct rule_words words;
    if (audit_quick_check(store, NULL, &situation->ledger) == STATUS_STOP)
        return error_copy(error, STATUS_STOP, &situation->ledger);
    if (report_runs(store, arena, 1, &situation->runs, error) ||
        night_report(store, arena, &situation->night, error) ||
        report_broken_listings(store, arena, &situation->broken, error) ||
        read_counts(store, arena, situation, error) ||
        read_terms(session, store, arena, &situation->terms, error) ||
        report_sources(store, arena, &situation->sources, error) ||
        report_kept_records(store, arena, most, &situation->records, error) ||
        report_kept_deliveries(store, arena, most, &situation->deliveries, error) ||
        report_missing(store, arena, most, &situation->missing, error) ||
        report_published(store, arena, &situation->published, error) ||
        store_kept_back(store, &situation->kept, error) ||
        approval_status_read(session, store, arena, &situation->approval, error) ||
        reconciliation_last(store, arena, &situation->reconciled, error) > STATUS_END ||
        restoration_compared(store, &situation->compared, &situation->uncompared, error) ||
        rule_words_open(session->configuration.rules_text, session->language, store, arena, &words, error))
        return error->status;
    for (struct value *delivery = situation->deliveries->first; delivery; delivery = delivery->next)
        rule_words_put_broken_off(arena, delivery, "state", "words");
    return rule_words_put_all(&words, situation->records, 0, error);
}

static void print_situation_json(struct arena *arena, const struct situation *situation)
{
    struct value *document = value_object(arena), *kept = value_object(arena);
    const struct store_kept_back *counts = &situation->kept;
    value_set(kept, "rejected", value_integer(arena, counts->rejected));
    value_set(kept, "held", value_integer(arena, counts->held));
    value_set(kept, "refused", value_integer(arena, counts->refused));
    value_set(kept, "failed", value_integer(arena, counts->failed));
    value_set(kept, "conflict", value_integer(arena, counts->conflict));
    value_set(kept, "unknown", value_integer(arena, counts->unknown));
    value_set(kept, "pending", value_integer(arena, counts->pending));
    value_set(kept, "missing", value_integer(arena, counts->missing));
    value_set(kept, "waiting", value_integer(arena, counts->waiting));
    value_set(kept, "sent_back", value_integer(arena, counts->sent_back));
    value_set(kept, "unread", value_integer(arena, counts->unread));
    value_set(document, "last_run", situation->runs->first ? situation->runs->first : value_null(arena));
    value_set(document, "night", situation->night ? situation->night : value_null(arena));
    value_set(document, "not_whole", situation->broken);
    value_set(document, "deadlines", situation->terms);
    value_set(document, "published", situation->published);
    value_set(document, "compared", value_boolean(arena, situation->compared));
    value_set(document, "not_compared", value_integer(arena, situation->uncompared));
    value_set(document, "reconciled", situation->reconciled ? situation->reconciled : value_null(arena));
    value_set(document, "kept_back", kept);
    value_set(document, "approval", situation->approval);
    struct value *by = value_set(document, "kept_by", value_object(arena));
    value_set(by, "outcome", situation->by[KEPT_BY_OUTCOME]);
    value_set(by, "rule", situation->by[KEPT_BY_RULE]);
    value_set(by, "department", situation->by[KEPT_BY_DEPARTMENT]);
    value_set(document, "sources", situation->sources);
    value_set(document, "records", situation->records);
    value_set(document, "deliveries", situation->deliveries);
    value_set(document, "missing", situation->missing);
    struct value *ledger = value_set(document, "ledger", value_object(arena));
    value_set(ledger, "holds", value_boolean(arena, !situation->ledger.status));
    if (situation->ledger.status)
        value_set(ledger, "message", value_string(arena, situation->ledger.message));
    output_json(document);
}

static void print_reconciled(struct arena *arena, const struct value *last)
{
    if (!last)
        return;
    printf(_("Reconciled with the portal: run %.*s (%.*s), %.*s the same, %.*s differ, %.*s missing there, "
             "%.*s only "
             "there\n\n"),
           TEXT_ARG(value_text_of(last, "run")), TEXT_ARG(output_time(arena, value_text_of(last, "at"))),
           TEXT_ARG(value_text_of(last, "same")), TEXT_ARG(value_text_of(last, "differs")),
           TEXT_ARG(value_text_of(last, "missing")), TEXT_ARG(value_text_of(last, "only")));
}

static void print_end(const struct value *exit_code, bool broken_off, struct text why)
{
    if (exit_code)
        printf(_("exit %.*s"), TEXT_ARG(exit_code->text));
    else
        printf("%s", broken_off ? _("broken off: nobody is at work")
                                : _("not ended: it is at work, or was broken off"));
    if (exit_code && why.length)
        printf(": %.*s", (int)why.length, why.bytes);
    printf("\n");
}

/* What ran last, whatever it was. */
static void print_last(struct arena *arena, const struct value *last)
{
    printf(_("Last run: %.*s (%.*s, %.*s), "), TEXT_ARG(value_text_of(last, "run")),
           TEXT_ARG(value_text_of(last, "command")),
           TEXT_ARG(output_time(arena, value_text_of(last, "started_at"))));
    print_end(value_find(last, "exit_code"), value_find(last, "broken_off"), value_text_of(last, "why"));
}

static void print_night(struct arena *arena, const struct situation *situation)
{
    const struct value *night = situation->night, *last = situation->runs->first;
    if (!night && last)
        printf("%s\n", _("There has been no night yet: no run of everything, and no load of everything "
                         "behind an extract"));
    if (!night) {
        if (last)
            print_last(arena, last);
        return;
    }
    printf(_("The night of %.*s: run %.*s, began %.*s, "), TEXT_ARG(value_text_of(night, "day")),
           TEXT_ARG(value_text_of(night, "last_run")),
           TEXT_ARG(output_time(arena, value_text_of(night, "started_at"))));
    print_end(value_find(night, "exit_code"), value_find(night, "broken_off"), value_text_of(night, "why"));
    if (value_find(night, "worst_run")) {
        printf(_("  the worst of its %.*s runs: run %.*s, "), TEXT_ARG(value_text_of(night, "runs")),
               TEXT_ARG(value_text_of(night, "worst_run")));
        print_end(value_find(night, "worst_exit_code"), !value_find(night, "worst_exit_code"),
                  value_text_of(night, "worst_why"));
    }
    if (!text_is(value_text_of(night, "commands_since"), "0")) {
        printf(_("  smaller commands since: %.*s\n"), TEXT_ARG(value_text_of(night, "commands_since")));
        if (last)
            print_last(arena, last);
    }
    if (value_find(night, "lies_ahead"))
        printf(_("  it bears a time that lies ahead of now; look at the machine's clock\n"));
    if (value_find(night, "clock_went_back_at_run"))
        printf(_("  the clock went back: run %.*s began before the run before it did; look at the machine's "
                 "clock\n"),
               TEXT_ARG(value_text_of(night, "clock_went_back_at_run")));
}

static void print_broken(const struct shared_screen *screen, const struct value *broken)
{
    const struct output_column columns[] = {
        { "source", _("source"), 30 },
        { "run", _("run"), 0 },
        { "why", _("why"), 160 },
    };
    print_first(
        screen, _("Sources that were not read whole the last time (nothing of them is reported missing)"),
        "congkhai --json status", broken, (int64_t)broken->count, columns, sizeof columns / sizeof *columns);
}

/* Each count says what it counts. */
static void print_back(const struct store_kept_back *kept)
{
    const struct {
        const char *words;
        int64_t count;
    } parts[] = {
        { _("records rejected"), kept->rejected },          { _("records held"), kept->held },
        { _("procedures refused"), kept->refused },         { _("in conflict"), kept->conflict },
        { _("procedures unknown"), kept->unknown },         { _("procedures failed"), kept->failed },
        { _("waiting for approval"), kept->waiting },       { _("sent back"), kept->sent_back },
        { _("records that cannot be read"), kept->unread },
    };
    const char *comma = "";
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (!parts[i].count)
            continue;
        printf("%s%s %lld", *comma ? comma : _("\nKept back: "), parts[i].words, (long long)parts[i].count);
        comma = ", ";
    }
    if (*comma)
        printf("\n");
}

/* Points of records that are kept back. */
static int64_t points(const struct situation *situation)
{
    int64_t sum = 0;
    for (const struct value *row = situation->by[KEPT_BY_OUTCOME]->first; row; row = row->next) {
        struct text name = value_text_of(row, "name");
        if (text_is(name, "rejected") || text_is(name, "held"))
            sum += value_number_of(row, "points");
    }
    return sum;
}

static int64_t open_deliveries(const struct store_kept_back *kept)
{
    return kept->refused + kept->failed + kept->conflict + kept->unknown;
}

/* What stands above and below the lists, and a title and a heading for each of them, leave so many rows to each. */
static struct shared_screen share_screen(struct arena *arena, const struct situation *situation)
{
    const struct value *const lists[] = { situation->sources,    situation->broken,  situation->records,
                                          situation->deliveries, situation->missing, situation->terms };
    int64_t left = output_height(SCREEN) - 12, count = 0;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        count += lists[i]->count > 0;
    left = count ? (left - 3 * count) / count : SHOWN;
    return (struct shared_screen){ arena, left < 1 ? 1 : left > SHOWN ? SHOWN : left };
}

static void print_situation(struct arena *arena, const struct situation *situation)
{
    const struct output_column columns[] = {
        { "source", _("source"), 30 },
        { "present", _("records"), 0 },
        { "accepted", _("accepted"), 0 },
        { "rejected", _("rejected"), 0 },
        { "held", _("held"), 0 },
        { "missing", _("missing"), 0 },
        { "read_at", _("read (Vietnam, UTC+7)"), OUTPUT_TIME },
    };
    if (situation->ledger.status)
        printf("%s\n\n", situation->ledger.message);
    print_night(arena, situation);
    struct text drafts = value_text_of(situation->published, "drafts");
    printf(
        _("At the portal: %.*s published, %.*s abolished; %lld pending; %.*s drafts wait to be announced\n"),
        TEXT_ARG(value_text_of(situation->published, "published")),
        TEXT_ARG(value_text_of(situation->published, "abolished")), (long long)situation->kept.pending,
        TEXT_ARG(drafts.bytes ? drafts : TEXT("0")));
    struct text without = value_text_of(situation->published, "without_record");
    if (without.length && !text_is(without, "0"))
        printf(_("  %.*s of the published no record gives now (its record took another code, or cannot be "
                 "read, or "
                 "there never was one): \"congkhai reconcile --offline\" names them\n"),
               TEXT_ARG(without));
    if (!situation->compared)
        printf(
            _("Restored from a backup, and not compared: the portal was not asked for %lld of the procedures "
              "that it believes to stand there. \"congkhai load\" asks before it sends, but not for what it "
              "does not send; \"congkhai reconcile\" compares all\n"),
            (long long)situation->uncompared);
    print_reconciled(arena, situation->reconciled);
    struct shared_screen screen = share_screen(arena, situation);
    print_first(&screen, _("Sources"), "congkhai --json status", situation->sources,
                (int64_t)situation->sources->count, columns, sizeof columns / sizeof *columns);
    print_broken(&screen, situation->broken);
    print_back(&situation->kept);
    print_counts(_("  by rule:"), situation->by[KEPT_BY_RULE]);
    print_counts(_("  by department:"), situation->by[KEPT_BY_DEPARTMENT]);
    approval_status_print(arena, situation->approval);
    print_kept(&screen, situation->records, points(situation));
    print_deliveries(&screen, situation->deliveries, open_deliveries(&situation->kept));
    print_missing(&screen, situation->missing, situation->kept.missing);
    print_terms(&screen, situation->terms);
}

static void print_rules(struct arena *arena, struct value *rules, const struct value *deadlines)
{
    const struct output_column columns[] = {
        { "rule", _("rule"), 24 },          { "severity", _("severity"), OUTPUT_WORD },
        { "kept_back", _("kept back"), 0 }, { "records", _("records"), 0 },
        { "source", _("source"), 24 },      { "department", _("department"), 40 },
        { "since_run", _("since run"), 0 }, { "since", _("since (Vietnam, UTC+7)"), OUTPUT_TIME },
        { "why", _("why"), 160 },
    };
    rule_words_join(arena, rules);
    output_table(rules, columns, sizeof columns / sizeof *columns);
    print_terms(&(struct shared_screen){ arena, INT64_MAX }, deadlines);
}

/* status --rules: which rules keep back how many records, whose, since when; and the terms of the law. */
static enum status status_of_rules(struct session *session, struct store *store, struct arena *arena,
                                   struct error *error)
{
    struct value *rules, *deadlines;
    struct rule_words words;
    if (rule_report(store, arena, &rules, error) || read_terms(session, store, arena, &deadlines, error) ||
        rule_words_open(session->configuration.rules_text, session->language, store, arena, &words, error) ||
        rule_words_put_all(&words, rules, 0, error))
        return error->status;
    if (!session->invocation->json) {
        print_rules(arena, rules, deadlines);
        return STATUS_OK;
    }
    struct value *document = value_object(arena);
    value_set(document, "rules", rules);
    value_set(document, "deadlines", deadlines);
    output_json(document);
    return STATUS_OK;
}

/* Before the first run there is no store, and nothing wrong with that. */
static bool nothing_is_run(const struct session *session)
{
    if (session->invocation->store || !store_is_new(session->configuration.store))
        return false;
    if (!session->invocation->json)
        printf(_("nothing has been run yet: there is no store %s\n"), session->configuration.store);
    return true;
}

static void print_empty_situation(struct arena *arena)
{
    struct value *published = value_object(arena);
    value_set(published, "abolished", value_integer(arena, 0));
    value_set(published, "drafts", value_integer(arena, 0));
    value_set(published, "pending", value_integer(arena, 0));
    value_set(published, "published", value_integer(arena, 0));
    value_set(published, "without_record", value_integer(arena, 0));
    struct situation situation = { .runs = value_list(arena),
                                   .approval = value_object(arena),
                                   .sources = value_list(arena),
                                   .records = value_list(arena),
                                   .deliveries = value_list(arena),
                                   .missing = value_list(arena),
                                   .broken = value_list(arena),
                                   .by = { value_list(arena), value_list(arena), value_list(arena) },
                                   .terms = value_list(arena),
                                   .published = published };
    print_situation_json(arena, &situation);
}

enum status command_status(struct session *session, struct error *error, int *exit_code)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct store *store;
    struct situation situation = { 0 };
    if (!session->invocation->rules && nothing_is_run(session)) {
        if (session->invocation->json)
            print_empty_situation(&arena);
        return STATUS_OK;
    }
    if (run_read_store(session, STORE_READ, &store, error))
        return error->status;
    if (session->invocation->rules) {
        enum status told = status_of_rules(session, store, &arena, error);
        return run_close_read(store, told, error);
    }
    bool json = session->invocation->json;
    enum status status = gather(session, store, &arena, json ? INT64_MAX : SHOWN, &situation, error);
    if (status == STATUS_OK && json)
        print_situation_json(&arena, &situation);
    else if (status == STATUS_OK)
        print_situation(&arena, &situation);
    if (!status && situation.ledger.status)
        *exit_code = error_exit_code(situation.ledger.status);
    return run_close_read(store, status, error);
}

static void print_runs_json(struct arena *arena, struct value *runs)
{
    struct value *document = value_object(arena);
    value_set(document, "runs", runs);
    output_json(document);
}

enum status command_runs(struct session *session, struct error *error, int *exit_code)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct store *store;
    struct value *runs;
    int64_t most = 10;
    (void)exit_code;
    if (session->invocation->argument_count) {
        char *end;
        most = strtoll(session->invocation->arguments[0], &end, 10);
        if (*end || most < 1 || most > 1000000)
            return error_set(error, STATUS_USAGE, _("\"%s\" is no number of runs"),
                             session->invocation->arguments[0]);
    }
    if (nothing_is_run(session)) {
        if (session->invocation->json)
            print_runs_json(&arena, value_list(&arena));
        return STATUS_OK;
    }
    if (run_read_store(session, STORE_READ_OLDER, &store, error))
        return error->status;
    enum status status = report_runs(store, &arena, most, &runs, error);
    if (status == STATUS_OK && session->invocation->json)
        print_runs_json(&arena, runs);
    else if (status == STATUS_OK)
        print_runs(runs);
    return run_close_read(store, status, error);
}
