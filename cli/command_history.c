/* history, show: the past of one procedure, and all about it. */
#include <stdio.h>
#include <string.h>

#include "cli/run.h"
#include "core/canonical.h"
#include "core/count.h"
#include "report/against_words.h"
#include "report/rule_words.h"
#include "store/history.h"

/* ---- history ---- */

static void print_changes(const struct value *changes)
{
    const struct output_column columns[] = {
        { "at", _("when (Vietnam, UTC+7)"), OUTPUT_TIME },
        { "run", _("run"), 0 },
        { "field", _("field"), 40 },
        { "old", _("before"), 40 },
        { "new", _("after"), 40 },
        { "operator", _("operator"), 16 },
        { "locator", _("source file"), 40 },
        { "rules_digest", _("rules"), 12 },
    };
    output_table(changes, columns, sizeof columns / sizeof *columns);
}

static void print_changes_json(struct arena *arena, struct text code, struct value *changes)
{
    struct value *document = value_object(arena);
    value_set(document, "code", value_text(arena, code));
    value_set(document, "changes", changes);
    output_json(document);
}

static void print_line(const char *name, struct text text)
{
    if (text.bytes)
        printf("%s: %.*s\n", name, (int)text.length, text.bytes);
}

static void print_against(struct arena *arena, const struct value *against)
{
    if (!against || !against->count)
        return;
    puts(_("What the ledger knows against it:"));
    for (const struct value *row = against->first; row; row = row->next)
        printf("  %.*s\n", TEXT_ARG(against_words(arena, row)));
    puts("");
}

static void print_held(struct arena *arena, const struct value *held)
{
    struct text known = value_text_of(held, "known_at");
    if (known.bytes)
        printf(_("%.*s as it stood at the portal on %.*s, as known at %.*s: the ledger says nothing of "
                 "later\n\n"),
               TEXT_ARG(value_text_of(held, "code")), TEXT_ARG(value_text_of(held, "on")),
               TEXT_ARG(output_time(arena, known)));
    else
        printf(_("%.*s as it stood at the portal at the end of %.*s (24:00 in Vietnam, UTC+7)\n\n"),
               TEXT_ARG(value_text_of(held, "code")), TEXT_ARG(value_text_of(held, "on")));
    print_against(arena, value_find(held, "against"));
    print_line(_("status"), output_word(value_text_of(held, "status")));
    print_line(_("acknowledged"), output_time(arena, value_text_of(held, "published_at")));
    print_line(_("run"), value_text_of(held, "run"));
    print_line(_("operator"), value_text_of(held, "operator"));
    print_line(_("put there by another hand, taken over by"), value_text_of(held, "adopted_by"));
    print_line(_("reason"), value_text_of(held, "reason"));
    print_line(_("source"), value_text_of(held, "source"));
    print_line(_("source file"), value_text_of(held, "locator"));
    print_line(_("version at the portal"), value_text_of(held, "portal_version"));
    print_line(_("content digest (SHA-256)"), value_text_of(held, "content_digest"));
    print_line(_("digest of the rules"), value_text_of(held, "rules_digest"));
    const struct value *procedure = value_find(held, "procedure"), *fields = value_find(held, "fields");
    for (const struct value *field = fields ? fields->first : NULL; field; field = field->next)
        printf("%s%.*s: %.*s\n", field == fields->first ? "\n" : "", TEXT_ARG(field->name),
               TEXT_ARG(field->text));
    if (!procedure)
        return;
    putchar('\n');
    output_json(procedure);
}

/* Canonical, so that the procedure's bytes are the very ones that have the digest. */
static void print_canonical(const struct value *value)
{
    BUFFER_OWNED struct buffer bytes = { 0 };
    canonical_write(&bytes, value);
    fwrite(bytes.bytes, 1, bytes.length, stdout);
    putchar('\n');
}

/* Nothing that was acknowledged stood there: of a procedure that is known, an answer like any other. */
static enum status show_absence(struct session *session, struct store *store, struct arena *arena,
                                struct text code, struct text known, struct text begins,
                                struct value *against, struct error *error)
{
    struct value *page;
    enum status status = history_show(store, arena, code, &page, error);
    if (status)
        return status == STATUS_END ? run_tell_unknown(code, error) : status;
    if (!session->invocation->json) {
        struct error words;
        (void)against_absence(&words, code, session->invocation->on,
                              known.bytes ? output_time(arena, known) : known, begins);
        puts(words.message);
        print_against(arena, against);
        return STATUS_OK;
    }
    struct value *document = value_object(arena);
    value_set(document, "code", value_text(arena, code));
    value_set(document, "on", value_string(arena, session->invocation->on));
    value_set(document, "status", value_null(arena));
    value_put(arena, document, "known_at", known);
    value_put(arena, document, "ledger_begins", begins);
    if (against->count)
        value_set(document, "against", against);
    output_json(document);
    return STATUS_OK;
}

static enum status show_day(struct session *session, struct store *store, struct arena *arena,
                            struct text code, struct error *error)
{
    const struct invocation *invocation = session->invocation;
    struct value *held, *against;
    struct date on;
    if (!date_read(text_of(invocation->on), &on))
        return error_set(error, STATUS_USAGE, _("--on wants a date such as 2026-03-12, not \"%s\""),
                         invocation->on);
    struct text known, begins;
    if (history_known_at(store, arena, on, &known, error) ||
        history_begins(store, arena, on, &begins, error) ||
        history_against(store, arena, code, &on, &against, error))
        return error->status;
    enum status status = history_on(store, arena, code, invocation->field, on, &held, error);
    if (status == STATUS_END)
        return show_absence(session, store, arena, code, known, begins, against, error);
    if (status)
        return status;
    value_put(arena, held, "known_at", known);
    if (against->count)
        value_set(held, "against", against);
    if (invocation->json) {
        value_set(held, "schema", value_string(arena, output_schema()));
        print_canonical(held);
    } else
        print_held(arena, held);
    return STATUS_OK;
}

enum status command_history(struct session *session, struct error *error, int *exit_code)
{
    ARENA_OWNED struct arena arena = { 0 };
    const struct invocation *invocation = session->invocation;
    struct text code = text_of(invocation->arguments[0]);
    struct value *changes;
    struct store *store;
    (void)exit_code;
    if (run_read_events(session, STORE_READ_OLDER, code, &store, error))
        return error->status;
    enum status status;
    if (invocation->on) {
        status = show_day(session, store, &arena, code, error);
    } else {
        status = history_changes(store, &arena, code, invocation->field, &changes, error);
        if (status == STATUS_END)
            status = error_set(error, STATUS_USAGE, _("the portal never acknowledged anything of \"%.*s\""),
                               TEXT_ARG(code));
        else if (!status && invocation->json)
            print_changes_json(&arena, code, changes);
        else if (!status)
            print_changes(changes);
    }
    return run_close_read(store, status, error);
}

/* ---- show ---- */

static const char *why_pending(struct text state)
{
    static const struct {
        const char *state, *why;
    } reasons[] = {
        { "idle", N_("waits for the next load") },
        { "intended", N_("a request was meant to leave and no answer is known: the portal is asked first") },
        { "unknown", N_("sent, but the portal could not be asked what became of it: it is asked first") },
        { "failed", N_("every attempt failed and the portal does not have it: first in line next time") },
        { "refused",
          N_("the portal refused this content: waits until the record changes, or for \"retry\"") },
        { "conflict", N_("what the portal shows and what is wanted there do not fit: an operator decides "
                         "(\"reconcile\")") },
    };
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (text_is(state, reasons[i].state))
            return _(reasons[i].why);
    return "";
}

static void print_now(struct arena *arena, const struct value *page)
{
    const struct value *held = value_find(page, "held"), *pending = value_find(page, "pending");
    struct text name = value_text_of(page, "name");
    printf("%.*s  %.*s\n\n", TEXT_ARG(value_text_of(page, "code")), (int)name.length,
           name.bytes ? name.bytes : "");
    if (held)
        printf(_("At the portal: %.*s since %.*s (run %.*s, version %.*s)\n"),
               TEXT_ARG(output_word(value_text_of(held, "status"))),
               TEXT_ARG(output_time(arena, value_text_of(held, "published_at"))),
               TEXT_ARG(value_text_of(held, "run")), TEXT_ARG(value_text_of(held, "portal_version")));
    else
        puts(_("At the portal: nothing that was acknowledged"));
    print_against(arena, value_find(page, "against"));
    if (!pending)
        return;
    struct text words = value_text_of(pending, "words");
    if (!value_find(pending, "action")) { /* nothing is to be sent */
        printf(_("Kept back: %s%s%.*s\n"), why_pending(value_text_of(page, "state")),
               words.length ? " — " : "", TEXT_ARG(words));
        return;
    }
    struct text waits = value_text_of(pending, "approval");
    printf(_("Pending: %.*s since run %.*s: %s%s%.*s\n"),
           TEXT_ARG(output_word(value_text_of(pending, "action"))),
           TEXT_ARG(value_text_of(pending, "since_run")),
           waits.bytes ? text_string(arena, waits) : why_pending(value_text_of(page, "state")),
           words.length ? " — " : "", TEXT_ARG(words));
}

static void print_section(const char *heading, const struct value *rows, const struct output_column *columns,
                          size_t count)
{
    if (!rows->count)
        return;
    printf("\n%s\n", heading);
    output_table(rows, columns, count);
}

/* The findings of all records in one list, each with its record's source. */
static struct value *all_findings(struct arena *arena, const struct value *records)
{
    struct value *all = value_list(arena);
    for (const struct value *record = records->first; record; record = record->next) {
        const struct value *findings = value_find(record, "findings");
        for (const struct value *finding = findings ? findings->first : NULL; finding;
             finding = finding->next) {
            struct value *copy = value_append(all, value_copy(arena, finding));
            value_set(copy, "source", value_text(arena, value_text_of(record, "source")));
        }
    }
    rule_words_join(arena, all);
    return all;
}

static void print_page(struct arena *arena, const struct value *page)
{
    const struct output_column records[] = {
        { "source", _("source"), 20 },   { "key", _("key"), 24 },       { "locator", _("source file"), 50 },
        { "read_at", _("source read (Vietnam, UTC+7)"), OUTPUT_TIME },
        { "present", _("present"), 0 },  { "status", _("status"), OUTPUT_WORD },  { "outcome", _("outcome"), OUTPUT_WORD },
    }, findings[] = {
        { "source", _("source"), 20 }, { "severity", _("severity"), OUTPUT_WORD }, { "rule", _("rule"), 24 },
        { "place", _("field"), 40 },   { "value", _("value"), 30 },      { "why", _("why"), 400 },
        { "to_do", _("what to do"), 100 }, { "cites", _("cites"), 60 },
    }, outcomes[] = {
        { "at", _("when (Vietnam, UTC+7)"), OUTPUT_TIME }, { "run", _("run"), 0 },          { "outcome", _("outcome"), OUTPUT_WORD },
        { "source", _("source"), 20 },           { "locator", _("source file"), 50 },
    }, requests[] = {
        { "at", _("when (Vietnam, UTC+7)"), OUTPUT_TIME }, { "run", _("run"), 0 },
        { "action", _("action"), OUTPUT_WORD },            { "outcome", _("outcome"), OUTPUT_WORD },
        { "attempt", _("attempts"), 0 },         { "http_status", _("HTTP"), 0 },
        { "portal_version", _("version"), 16 },  { "idempotency_key", _("key"), 60 },
        { "words", _("why"), 60 },
    }, others[] = {
        { "at", _("when (Vietnam, UTC+7)"), OUTPUT_TIME }, { "run", _("run"), 0 },      { "what", _("event"), OUTPUT_WORD },
        { "source", _("source"), 20 },           { "actor", _("operator"), 16 },
    }, orders[] = {
        { "at", _("when (Vietnam, UTC+7)"), OUTPUT_TIME }, { "run", _("run"), 0 },      { "order", _("order"), OUTPUT_WORD },
        { "actor", _("who"), 30 },               { "decision", _("decision"), 30 },     { "reason", _("reason"), 100 },
    };
    print_now(arena, page);
    print_section(_("Where it comes from"), value_find(page, "records"), records, COUNT(records));
    print_section(_("What the rules say of it"), all_findings(arena, value_find(page, "records")), findings,
                  COUNT(findings));
    print_section(_("Outcomes"), value_find(page, "outcomes"), outcomes, COUNT(outcomes));
    print_section(_("Requests and answers"), value_find(page, "requests"), requests, COUNT(requests));
    print_section(_("What people ordered and approved"), value_find(page, "orders"), orders, COUNT(orders));
    print_section(_("Other events"), value_find(page, "others"), others, COUNT(others));
}

/* What the rules say now, and what they said in each run, in the language asked for. */
static enum status say_findings(const struct session *session, struct store *store, struct arena *arena,
                                struct value *page, struct error *error)
{
    struct rule_words words;
    if (rule_words_open(session->configuration.rules_text, session->language, store, arena, &words, error))
        return error->status;
    for (struct value *record = value_find(page, "records")->first; record; record = record->next)
        if (rule_words_put_all(&words, value_find(record, "findings"), 0, error))
            return error->status;
    for (struct value *outcome = value_find(page, "outcomes")->first; outcome; outcome = outcome->next)
        if (rule_words_put_all(&words, value_find(outcome, "findings"), value_number_of(outcome, "run"),
                               error))
            return error->status;
    return STATUS_OK;
}

enum status command_show(struct session *session, struct error *error, int *exit_code)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct text code = text_of(session->invocation->arguments[0]);
    struct value *page;
    struct store *store;
    (void)exit_code;
    if (run_read_events(session, STORE_READ_OLDER, code, &store, error))
        return error->status;
    enum status status = history_show(store, &arena, code, &page, error);
    if (status == STATUS_OK)
        status = say_findings(session, store, &arena, page, error);
    if (status == STATUS_END)
        status = run_tell_unknown(code, error);
    else if (!status && session->invocation->json)
        output_json(page);
    else if (!status)
        print_page(&arena, page);
    return run_close_read(store, status, error);
}
