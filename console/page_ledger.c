/* The ledger: its events, its heads, and its verification with how far it is. */
#include <stdlib.h>

#include "adapters/json.h"
#include "console/console_inside.h"
#include "console/list.h"
#include "core/canonical.h"
#include "report/output_word.h"
#include "store/browse.h"

#define DETAIL_MOST 200000 /* bytes that a page shows */

static enum status read_filter(const struct page *page, struct browse_events *filter, struct error *error)
{
    struct text event = page_parameter(page, "loai"), code = page_parameter(page, "ma");
    *filter = (struct browse_events){ .event = event.bytes ? text_string(page->arena, event) : NULL,
                                      .code = code.bytes ? text_string(page->arena, code) : NULL };
    if (page_number(page, "luot", &filter->run, error))
        return error->status;
    return page_number(page, "su-kien", &filter->seq, error);
}

static void put_input(struct page *page, const char *name, const char *label, const char *size)
{
    struct text value = page_parameter(page, name);
    html_literal(page->out, "<div>");
    html_open(page->out, "label", "for", name, NULL);
    html_string(page->out, label);
    html_literal(page->out, "</label>");
    html_open(page->out, "input", "id", name, "name", name, "size", size, "value",
              value.bytes ? text_string(page->arena, value) : NULL, NULL);
    html_literal(page->out, "</div>");
}

static enum status put_form(struct page *page, struct error *error)
{
    struct value *names;
    if (browse_event_names(page->store, page->arena, &names, error))
        return error->status;
    html_open(page->out, "form", "class", "filters", "action", page_address(page, "/so-cai", TEXT_NONE, NULL),
              NULL);
    html_literal(page->out, "<div>");
    html_open(page->out, "label", "for", "loai", NULL);
    html_string(page->out, _("event"));
    html_literal(page->out, "</label><select id=\"loai\" name=\"loai\">");
    html_open(page->out, "option", "value", "", NULL);
    html_string(page->out, _("(all)"));
    html_close(page->out, "option");
    for (const struct value *name = names->first; name; name = name->next) {
        html_open(page->out, "option", "value", text_string(page->arena, name->text), "selected",
                  text_equal(name->text, page_parameter(page, "loai")) ? "" : NULL, NULL);
        html_text(page->out, output_word(name->text));
        html_close(page->out, "option");
    }
    html_literal(page->out, "</select></div>");
    put_input(page, "ma", _("code"), "16");
    put_input(page, "luot", _("run"), "6");
    put_input(page, "su-kien", _("number of the event"), "8");
    html_literal(page->out, "<button>");
    html_string(page->out, _("Show"));
    html_literal(page->out, "</button></form>\n");
    return STATUS_OK;
}

static enum status put_heads(struct page *page, struct error *error)
{
    const struct list_column columns[] = {
        { "run", _("run"), LIST_RUN },
        { "at", _("when (Vietnam, UTC+7)"), LIST_TIME },
        { "events", _("events"), LIST_COUNT },
        { "root", _("root"), LIST_DIGEST },
        { "note", _("the head as it is kept (C2SP checkpoint)"), LIST_TEXT },
    };
    struct browse_window window;
    struct list list = { "dau-so", NULL, LIST_COLUMNS(columns), NULL, -1, _("There is no head yet.") };
    if (list_window(page, &list, &window, error) ||
        browse_heads(page->store, page->arena, &window, &list.rows, error))
        return error->status;
    list.total = window.total;
    return list_put(page, &list, error);
}

/* What the event says, as it was hashed. */
static void put_detail(struct page *page, struct text detail)
{
    BUFFER_OWNED struct buffer out = { 0 };
    struct value *value;
    struct error ignored;
    if (json_parse(page->arena, detail, &value, &ignored) == STATUS_OK)
        canonical_pretty(&out, value);
    page_heading(page, "chi-tiet", _("Detail"));
    html_element(page->out, "pre", page_cut(page, out.length ? buffer_view(&out) : detail, DETAIL_MOST));
}

enum status page_ledger(struct page *page, struct error *error)
{
    const struct list_column columns[] = {
        { "seq", _("number"), LIST_EVENT },    { "at", _("when (Vietnam, UTC+7)"), LIST_TIME },
        { "run", _("run"), LIST_RUN },         { "event", _("event"), LIST_WORD },
        { "code", _("code"), LIST_CODE },      { "source", _("source"), LIST_TEXT },
        { "actor", _("operator"), LIST_TEXT }, { "digest", _("content"), LIST_DIGEST },
        { "hash", _("hash"), LIST_DIGEST },    { "detail", _("detail"), LIST_HIDDEN },
    };
    struct browse_events filter;
    struct browse_window window;
    struct list list = { "so-cai", NULL, LIST_COLUMNS(columns), NULL, -1, _("There is no such event.") };
    static const char *const views[] = { "dau-so" };
    size_t view;
    if (page_choice(page, "xem", views, 1, &view, error))
        return error->status;
    bool heads = !view || text_is(page_parameter(page, "bang"), "dau-so");
    page->title = heads ? text_of(_("Ledger: heads")) : text_of(_("Ledger: events"));
    html_literal(page->out, "<p>");
    page_link(page, page_address(page, "/so-cai/kiem-tra", TEXT_NONE, NULL), text_of(_("Verification")));
    html_literal(page->out, " · ");
    if (heads)
        page_link(page, page_address(page, "/so-cai", TEXT_NONE, NULL), text_of(_("Events")));
    else
        page_link(page, page_address(page, "/so-cai", TEXT_NONE, "xem", "dau-so", NULL), text_of(_("Heads")));
    html_literal(page->out, "</p>\n");
    if (heads)
        return put_heads(page, error);
    if (read_filter(page, &filter, error) || list_window(page, &list, &window, error) ||
        browse_events(page->store, page->arena, &filter, &window, &list.rows, error) || put_form(page, error))
        return error->status;
    list.total = window.total;
    enum status status = list_put(page, &list, error);
    if (!status && filter.seq && !page->is_download && list.rows->first)
        put_detail(page, value_text_of(list.rows->first, "detail"));
    return status;
}

/* ---- verification ---- */

static void put_messages(struct page *page, const char *heading, const struct value *messages)
{
    if (!messages || !messages->count)
        return;
    html_element(page->out, "h2", text_of(heading));
    html_literal(page->out, "<ul>");
    for (const struct value *message = messages->first; message; message = message->next)
        html_element(page->out, "li", value_text_of(message, "message"));
    html_literal(page->out, "</ul>\n");
}

static void put_progress(struct page *page, const struct verdict *verdict)
{
    const char *done = text_format(page->arena, "%lld", (long long)verdict->done).bytes;
    const char *total = text_format(page->arena, "%lld", (long long)verdict->total).bytes;
    page->answer->refresh = 1;
    html_literal(page->out, "<p><label for=\"tien-do\">");
    html_string(page->out, _("The ledger is being verified."));
    html_literal(page->out, "</label><br>");
    html_open(page->out, "progress", "id", "tien-do", "value", verdict->total ? done : NULL, "max",
              verdict->total ? total : NULL, NULL);
    html_literal(page->out, "</progress> ");
    if (verdict->total)
        html_text(page->out, text_format(page->arena, _("%lld of %lld events"), (long long)verdict->done,
                                         (long long)verdict->total));
    html_literal(page->out, "</p>\n");
}

enum status page_verification(struct page *page, struct error *error)
{
    static const char *const classes[] = { [VERDICT_NONE] = "state open",
                                           [VERDICT_HOLDS] = "state good",
                                           [VERDICT_HELD] = "state open",
                                           [VERDICT_FAILS] = "alarm",
                                           [VERDICT_UNREADABLE] = "alarm" };
    const struct verdict *verdict = &page->verdict;
    const struct value *report = verdict->report;
    (void)error;
    page->title = text_of(_("Verification of the ledger"));
    page_paragraph(
        page, "lead",
        text_of(
            _("Every event, every stored content, every head and what the program works with are computed "
              "anew and compared, beside the pages; it begins by itself when the store has changed.")));
    if (verdict->working)
        put_progress(page, verdict);
    if (verdict->sentence.length)
        page_paragraph(page, classes[verdict->kind], verdict->sentence);
    else if (!verdict->working)
        page_paragraph(page, "state open",
                       text_of(_("A run is at work: the ledger is verified when it has ended.")));
    page_facts_begin(page);
    page_fact(page, _("Verified at"), page_time(page, verdict->at));
    page_fact(page, _("Name of the log"), value_text_of(report, "origin"));
    page_fact(page, _("Root"), value_text_of(report, "root"));
    page_fact(page, _("Events"), value_text_of(report, "events"));
    page_fact(page, _("Runs"), value_text_of(report, "runs"));
    page_fact(page, _("Contents"), value_text_of(report, "payloads"));
    page_fact(page, _("Heads, signed among them"),
              report ? text_format(page->arena, TEXT_PRINT " / " TEXT_PRINT,
                                   TEXT_ARG(value_text_of(report, "heads")),
                                   TEXT_ARG(value_text_of(report, "signed_heads")))
                     : TEXT_NONE);
    page_facts_end(page);
    put_messages(page, _("What does not hold"), value_find(report, "findings"));
    put_messages(page, _("Remarks"), value_find(report, "remarks"));
    page_paragraph(
        page, NULL,
        text_of(
            _("Whether something was cut off or written anew before this program looked at it is proven only "
              "by an earlier head that was kept elsewhere: congkhai audit verify --checkpoint FILE.")));
    return STATUS_OK;
}
