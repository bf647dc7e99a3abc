/* status, runs, show: what people ask in the morning. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/file.h"
#include "cli/rule_words.h"
#include "cli/run.h"
#include "core/date.h"
#include "store/audit.h"
#include "store/reconciliation.h"
#include "store/report.h"
#include "store/rule_report.h"
#include "store/store_run.h"

#define SHOWN 200 /* rows of a table; --json has them all */

static void heading(const char *text)
{
    printf("\n%s\n", text);
}

static void print_kept(struct arena *arena, struct value *records)
{
    const struct output_column columns[] = {
        { "source", _("source"), 20 }, { "key", _("key"), 24 },     { "outcome", _("outcome"), OUTPUT_WORD },
        { "rule", _("rule"), 24 },     { "place", _("field"), 40 }, { "value", _("value"), 30 },
        { "why", _("why"), 160 },
    };
    if (!records->count)
        return;
    rule_words_join(arena, records);
    heading(_("Records that are kept back"));
    output_table(records, columns, sizeof columns / sizeof *columns);
}

static void print_deliveries(const struct value *deliveries)
{
    const struct output_column columns[] = {
        { "code", _("code"), 26 },
        { "state", _("state"), OUTPUT_WORD },
        { "action", _("action"), OUTPUT_WORD },
        { "run", _("run"), 0 },
        { "words", _("why"), 100 },
    };
    if (!deliveries->count)
        return;
    heading(_("Deliveries that did not end"));
    output_table(deliveries, columns, sizeof columns / sizeof *columns);
}

static void print_missing(const struct value *missing)
{
    const struct output_column columns[] = {
        { "source", _("source"), 20 },
        { "key", _("key"), 24 },
        { "code", _("code"), 26 },
        { "locator", _("last seen in"), 60 },
    };
    if (!missing->count)
        return;
    heading(_("Missing from their source (nothing is withdrawn by itself)"));
    output_table(missing, columns, sizeof columns / sizeof *columns);
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
        { "missing", _("missing"), 0 },
    };
    output_table(runs, columns, sizeof columns / sizeof *columns);
}

struct situation {
    struct value *runs, *sources, *records, *deliveries, *missing, *published;
    struct store_kept_back kept;
    struct error ledger;      /* why no run would begin: the ledger does not verify; status OK: it does */
    struct value *reconciled; /* NULL: never */
};

static enum status gather(const struct session *session, struct store *store, struct arena *arena,
                          int64_t most, struct situation *situation, struct error *error)
{
    struct rule_words words;
    audit_quick_check(store, NULL, &situation->ledger);
    if (report_runs(store, arena, 1, &situation->runs, error) ||
        report_sources(store, arena, &situation->sources, error) ||
        report_kept_records(store, arena, most, &situation->records, error) ||
        report_kept_deliveries(store, arena, most, &situation->deliveries, error) ||
        report_missing(store, arena, most, &situation->missing, error) ||
        report_published(store, arena, &situation->published, error) ||
        store_kept_back(store, &situation->kept, error) ||
        reconciliation_last(store, arena, &situation->reconciled, error) > STATUS_END ||
        rule_words_open(session, store, arena, &words, error))
        return error->status;
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
    value_set(document, "last_run", situation->runs->first ? situation->runs->first : value_null(arena));
    value_set(document, "published", situation->published);
    value_set(document, "reconciled", situation->reconciled ? situation->reconciled : value_null(arena));
    value_set(document, "kept_back", kept);
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

static void print_situation(struct arena *arena, const struct situation *situation)
{
    const struct output_column columns[] = {
        { "source", _("source"), 30 },    { "present", _("records"), 0 }, { "accepted", _("accepted"), 0 },
        { "rejected", _("rejected"), 0 }, { "held", _("held"), 0 },       { "missing", _("missing"), 0 },
    };
    const struct value *last = situation->runs->first;
    if (situation->ledger.status)
        printf("%s\n\n", situation->ledger.message);
    if (last) {
        const struct value *exit_code = value_find(last, "exit_code");
        struct text run = value_text_of(last, "run"),
                    at = output_time(arena, value_text_of(last, "started_at")),
                    command = value_text_of(last, "command");
        if (exit_code)
            printf(_("Last run: %.*s (%.*s, %.*s), exit %.*s\n"), TEXT_ARG(run), TEXT_ARG(command),
                   TEXT_ARG(at), TEXT_ARG(exit_code->text));
        else
            printf(_("Last run: %.*s (%.*s, %.*s) has not ended: it is at work, or was broken off\n"),
                   TEXT_ARG(run), TEXT_ARG(command), TEXT_ARG(at));
    }
    printf(_("At the portal: %.*s published, %.*s abolished; %lld pending\n\n"),
           TEXT_ARG(value_text_of(situation->published, "published")),
           TEXT_ARG(value_text_of(situation->published, "abolished")), (long long)situation->kept.pending);
    print_reconciled(arena, situation->reconciled);
    output_table(situation->sources, columns, sizeof columns / sizeof *columns);
    print_kept(arena, situation->records);
    print_deliveries(situation->deliveries);
    print_missing(situation->missing);
}

#define SOON_DAYS 7 /* terms that run out so soon are shown */

static void print_rules(struct arena *arena, struct value *rules, const struct value *deadlines)
{
    const struct output_column columns[] = {
        { "rule", _("rule"), 24 },          { "severity", _("severity"), OUTPUT_WORD },
        { "kept_back", _("kept back"), 0 }, { "records", _("records"), 0 },
        { "source", _("source"), 24 },      { "department", _("department"), 40 },
        { "since_run", _("since run"), 0 }, { "since", _("since (Vietnam, UTC+7)"), OUTPUT_TIME },
        { "why", _("why"), 160 },
    };
    const struct output_column terms[] = {
        { "due", _("due"), 0 },
        { "overdue", _("overdue"), 0 },
        { "code", _("code"), 26 },
        { "outcome", _("outcome"), OUTPUT_WORD },
        { "department", _("department"), 40 },
        { "rule", _("rule"), 24 },
        { "name", _("name"), 60 },
    };
    rule_words_join(arena, rules);
    output_table(rules, columns, sizeof columns / sizeof *columns);
    if (!deadlines->count)
        return;
    heading(_("Terms that run out"));
    output_table(deadlines, terms, sizeof terms / sizeof *terms);
}

/* status --rules: which rules keep back how many records, whose, since when; and the terms of the law. */
static enum status status_of_rules(struct session *session, struct store *store, struct arena *arena,
                                   struct error *error)
{
    struct value *rules, *deadlines;
    struct rule_words words;
    char today[DATE_TEXT], until[DATE_TEXT];
    struct date day;
    clock_format_date(session->clock->now(session->clock), today);
    date_read(text_of(today), &day);
    date_write(date_from_days(date_days(day) + SOON_DAYS), until);
    if (rule_report(store, arena, &rules, error) ||
        rule_report_deadlines(store, arena, today, until, &deadlines, error) ||
        rule_words_open(session, store, arena, &words, error) || rule_words_put_all(&words, rules, 0, error))
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
    if (file_exists(session->configuration.store))
        return false;
    if (!session->invocation->json)
        printf(_("nothing has been run yet: there is no store %s\n"), session->configuration.store);
    return true;
}

static void print_empty_situation(struct arena *arena)
{
    struct value *published = value_object(arena);
    value_set(published, "abolished", value_integer(arena, 0));
    value_set(published, "pending", value_integer(arena, 0));
    value_set(published, "published", value_integer(arena, 0));
    struct situation situation = { .runs = value_list(arena),
                                   .sources = value_list(arena),
                                   .records = value_list(arena),
                                   .deliveries = value_list(arena),
                                   .missing = value_list(arena),
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
        store_close(store);
        return told;
    }
    bool json = session->invocation->json;
    enum status status = gather(session, store, &arena, json ? INT64_MAX : SHOWN, &situation, error);
    if (status == STATUS_OK && json)
        print_situation_json(&arena, &situation);
    else if (status == STATUS_OK)
        print_situation(&arena, &situation);
    if (!status && situation.ledger.status)
        *exit_code = error_exit_code(situation.ledger.status);
    store_close(store);
    return status;
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
            output_json(value_list(&arena));
        return STATUS_OK;
    }
    if (run_read_store(session, STORE_READ_OLDER, &store, error))
        return error->status;
    enum status status = report_runs(store, &arena, most, &runs, error);
    if (status == STATUS_OK && session->invocation->json)
        output_json(runs);
    else if (status == STATUS_OK)
        print_runs(runs);
    store_close(store);
    return status;
}
