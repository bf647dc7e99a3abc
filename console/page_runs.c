/* Runs, and one run as a flow: what was seen, accepted, sent, published, and what fell out on the way. */
#include <stdlib.h>
#include <string.h>

#include "console/console_inside.h"
#include "console/list.h"
#include "report/output_word.h"
#include "store/browse.h"
#include "store/report.h"

enum status page_runs(struct page *page, struct error *error)
{
    const struct list_column columns[] = {
        { "run", _("run"), LIST_RUN },
        { "started_at", _("started (Vietnam, UTC+7)"), LIST_TIME },
        { "command", _("command"), LIST_TEXT },
        { "operator", _("operator"), LIST_TEXT },
        { "exit_code", _("exit"), LIST_TEXT },
        { "seen", _("seen"), LIST_COUNT },
        { "changed", _("changed"), LIST_COUNT },
        { "accepted", _("accepted"), LIST_COUNT },
        { "rejected", _("rejected"), LIST_COUNT },
        { "held", _("held"), LIST_COUNT },
        { "published", _("published"), LIST_COUNT },
        { "withdrawn", _("withdrawn"), LIST_COUNT },
        { "missing", _("absent"), LIST_COUNT },
        { "why", _("why"), LIST_TEXT },
    };
    struct browse_window window;
    struct list list = {
        "luot-chay", NULL, LIST_COLUMNS(columns), value_list(page->arena), -1, _("Nothing has been run yet.")
    };
    struct value *all;
    int64_t skipped = 0;
    page->title = text_of(_("Runs"));
    if (list_window(page, &list, &window, error) ||
        report_runs(page->store, page->arena, window.offset + window.limit, &all, error))
        return error->status;
    list.total = value_number_of(all->first, "run");
    for (const struct value *row = all->first; row; row = row->next)
        if (skipped++ >= window.offset)
            value_append(list.rows, value_copy(page->arena, row));
    return list_put(page, &list, error);
}

/* ---- one run ---- */

/* What fell out behind a step: its member of audit_runs, and the page that shows it (NULL: this one). */
struct fallout {
    const char *member, *words, *address;
};

static void put_fallout(struct page *page, const struct value *run, const struct fallout *fallout,
                        size_t count)
{
    bool any = false;
    for (size_t i = 0; i < count; i++) {
        struct text number = value_text_of(run, fallout[i].member);
        if (!number.length || text_is(number, "0"))
            continue;
        if (!any)
            html_literal(page->out, "<ul>");
        html_literal(page->out, "<li>");
        page_link(page,
                  fallout[i].address ? page_address(page, fallout[i].address, TEXT_NONE, NULL)
                                     : page_address_here(page, "xem", fallout[i].member),
                  text_format(page->arena, "%s: " TEXT_PRINT, _(fallout[i].words),
                              TEXT_ARG(page_count(page, strtoll(number.bytes, NULL, 10)))));
        html_literal(page->out, "</li>");
        any = true;
    }
    if (any)
        html_literal(page->out, "</ul>");
}

static void put_step(struct page *page, const struct value *run, const char *member, const char *words,
                     bool linked, const struct fallout *fallout, size_t count)
{
    struct text number = value_text_of(run, member);
    struct text shown = page_count(page, value_number_of(run, member));
    html_literal(page->out, "<li>");
    if (linked && number.length && !text_is(number, "0")) {
        html_literal(page->out, "<b>");
        page_link(page, page_address_here(page, "xem", member), shown);
        html_literal(page->out, "</b> ");
    } else {
        html_element(page->out, "b", shown);
        buffer_char(page->out, ' ');
    }
    html_element(page->out, "span", text_of(words));
    put_fallout(page, run, fallout, count);
    html_literal(page->out, "</li>\n");
}

static void put_flow(struct page *page, const struct value *run)
{
    static const struct fallout seen[] = { { "missing", N_("absent"), NULL } },
                                checked[] = { { "rejected", N_("rejected"), NULL },
                                              { "held", N_("held"), NULL } },
                                sent[] = { { "refused", N_("refused"), NULL },
                                           { "conflict", N_("conflict"), NULL },
                                           { "unknown", N_("unknown"), NULL },
                                           { "failed", N_("failed"), NULL } },
                                waiting[] = { { "waiting", N_("waiting for approval"), "/phe-duyet" } };
    page_heading(page, "dong-chay", _("What became of it"));
    html_literal(page->out, "<ol class=\"flow\">\n");
    put_step(page, run, "seen", _("records seen"), false, seen, 1);
    put_step(page, run, "changed", _("new or changed"), false, NULL, 0);
    put_step(page, run, "accepted", _("accepted"), true, checked, 2);
    put_step(page, run, "sent", _("sent"), true, waiting, 1);
    put_step(page, run, "published", _("published"), true, sent, 4);
    struct text withdrawn = value_text_of(run, "withdrawn");
    if (withdrawn.length && !text_is(withdrawn, "0"))
        put_step(page, run, "withdrawn", _("withdrawn"), true, NULL, 0);
    html_literal(page->out, "</ol>\n");
}

static void put_facts(struct page *page, const struct value *run)
{
    struct text code = value_text_of(run, "exit_code"), why = value_text_of(run, "why");
    bool broken_off = value_find(run, "broken_off");
    page_paragraph(page,
                   text_is(code, "0")                                   ? "state good"
                   : !broken_off && (!code.bytes || text_is(code, "1")) ? "state open"
                                                                        : "state bad",
                   broken_off    ? text_of(_("It was broken off: nobody is at work."))
                   : !code.bytes ? text_of(_("It has not ended: it is at work, or was broken off."))
                                 : text_format(page->arena, _("exit " TEXT_PRINT "%s" TEXT_PRINT),
                                               TEXT_ARG(code), why.length ? ": " : "", TEXT_ARG(why)));
    page_facts_begin(page);
    page_fact(page, _("Command"), value_text_of(run, "command"));
    page_fact(page, _("Began"), page_time(page, value_text_of(run, "started_at")));
    page_fact(page, _("Ended"), page_time(page, value_text_of(run, "finished_at")));
    page_fact(page, _("Operator"), value_text_of(run, "operator"));
    page_fact(page, _("Machine"), value_text_of(run, "host"));
    page_fact(page, _("Program"), value_text_of(run, "version"));
    page_fact(page, _("Configuration (SHA-256)"), value_text_of(run, "config_digest"));
    page_fact(page, _("Rules and code lists (SHA-256)"), value_text_of(run, "rules_digest"));
    page_facts_end(page);
    html_literal(page->out, "<p>");
    page_link(page,
              page_address(page, "/so-cai", TEXT_NONE, "luot",
                           text_string(page->arena, value_text_of(run, "run")), NULL),
              text_of(_("The events of this run")));
    html_literal(page->out, "</p>\n");
}

static enum status put_records(struct page *page, int64_t run, const char *outcome, struct error *error)
{
    const struct list_column columns[] = {
        { "code", _("code"), LIST_CODE },           { "name", _("name"), LIST_TEXT },
        { "source", _("source"), LIST_TEXT },       { "source_key", _("key"), LIST_TEXT },
        { "locator", _("source file"), LIST_TEXT }, { "content_digest", _("content"), LIST_DIGEST },
        { "event", _("event"), LIST_EVENT },
    };
    struct browse_window window;
    char *heading = text_string(page->arena, text_format(page->arena, _("Records: " TEXT_PRINT),
                                                         TEXT_ARG(output_word(text_of(outcome)))));
    struct list list = { outcome, heading, LIST_COLUMNS(columns), NULL, -1, NULL };
    if (list_window(page, &list, &window, error) ||
        browse_run_records(page->store, page->arena, run, outcome, &window, &list.rows, error))
        return error->status;
    list.total = window.total;
    return list_put(page, &list, error);
}

static enum status put_deliveries(struct page *page, int64_t run, const char *outcome, struct error *error)
{
    const struct list_column columns[] = {
        { "code", _("code"), LIST_CODE },
        { "action", _("action"), LIST_WORD },
        { "outcome", _("outcome"), LIST_WORD },
        { "attempt", _("attempts"), LIST_TEXT },
        { "http_status", _("HTTP"), LIST_TEXT },
        { "portal_version", _("version"), LIST_TEXT },
        { "finished_at", _("when (Vietnam, UTC+7)"), LIST_TIME },
        { "error", _("why"), LIST_TEXT },
    };
    struct browse_window window;
    struct list list = { "gui", _("Deliveries"), LIST_COLUMNS(columns), NULL, -1, _("Nothing was sent.") };
    if (list_window(page, &list, &window, error) ||
        browse_run_deliveries(page->store, page->arena, run, outcome, &window, &list.rows, error))
        return error->status;
    list.total = window.total;
    return list_put(page, &list, error);
}

static enum status put_missing(struct page *page, int64_t run, struct error *error)
{
    const struct list_column columns[] = { { "code", _("code"), LIST_CODE },
                                           { "source", _("source"), LIST_TEXT },
                                           { "seq", _("event"), LIST_EVENT },
                                           { "detail", _("detail"), LIST_TEXT } };
    const struct browse_events filter = { .event = "missing", .run = run };
    struct browse_window window;
    struct list list = {
        "missing",
        _("Absent from their source's listing (nothing is withdrawn by itself; the code may be there "
          "under another key)"),
        LIST_COLUMNS(columns),
        NULL,
        -1,
        NULL
    };
    if (list_window(page, &list, &window, error) ||
        browse_events(page->store, page->arena, &filter, &window, &list.rows, error))
        return error->status;
    list.total = window.total;
    return list_put(page, &list, error);
}

enum status page_run(struct page *page, struct error *error)
{
    enum { OF_RECORDS = 3, OF_DELIVERIES = 9, MISSING = OF_DELIVERIES };
    static const char *const views[] = { "accepted",  "rejected", "held",     "published",
                                         "withdrawn", "refused",  "conflict", "unknown",
                                         "failed",    "missing",  "sent" };
    struct value *run;
    size_t view;
    char *end, *digits = text_string(page->arena, page->rest);
    int64_t number = strtoll(digits, &end, 10);
    if (!page->rest.length || *end || number < 1)
        return STATUS_END;
    enum status status = report_run(page->store, page->arena, number, &run, error);
    if (status || page_choice(page, "xem", views, sizeof views / sizeof *views, &view, error))
        return status ? status : error->status;
    page->title = text_format(page->arena, _("Run %lld"), (long long)number);
    put_facts(page, run);
    put_flow(page, run);
    if (view == MISSING)
        return put_missing(page, number, error);
    return view < OF_RECORDS ? put_records(page, number, views[view], error)
                             : put_deliveries(page, number, view < OF_DELIVERIES ? views[view] : NULL, error);
}
