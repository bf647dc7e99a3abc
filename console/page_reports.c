/* The reports that officials owe, with their bars, and each as a download. */
#include <string.h>

#include "console/console_inside.h"
#include "console/list.h"
#include "report/report.h"
#include "report/report_write.h"

static const char *const by[] = { "agency", "field", "level", "department" };
static const char *const by_words[] = { N_("by agency"), N_("by field"), N_("by level"),
                                        N_("by department") };

enum status page_reports(struct page *page, struct error *error)
{
    (void)error;
    page->title = text_of(_("Reports"));
    html_literal(page->out, "<dl class=\"reports\">");
    for (const struct report_kind *kind = report_kinds; kind->name; kind++) {
        html_literal(page->out, "<dt>");
        page_link(page, page_address(page, "/bao-cao", text_of(kind->name), NULL), text_of(_(kind->title)));
        html_literal(page->out, "</dt>");
        html_element(page->out, "dd", text_of(_(kind->definition)));
    }
    html_literal(page->out, "</dl>\n<p>");
    page_link(page, page_address(page, "/giu-lai", TEXT_NONE, NULL),
              text_of(_("What departments are to complete stands under \"kept back\", with its downloads.")));
    html_literal(page->out, "</p>\n");
    return STATUS_OK;
}

static void put_date(struct page *page, const char *name, const char *label, struct text value)
{
    html_literal(page->out, "<div>");
    html_open(page->out, "label", "for", name, NULL);
    html_string(page->out, label);
    html_literal(page->out, "</label>");
    html_open(page->out, "input", "type", "date", "id", name, "name", name, "value",
              text_string(page->arena, value), NULL);
    html_literal(page->out, "</div>");
}

static void put_grouping(struct page *page, size_t grouped)
{
    html_literal(page->out, "<div>");
    html_open(page->out, "label", "for", "theo", NULL);
    html_string(page->out, _("grouped"));
    html_literal(page->out, "</label><select id=\"theo\" name=\"theo\">");
    html_open(page->out, "option", "value", "", NULL);
    html_string(page->out, _("(as usual)"));
    html_close(page->out, "option");
    for (size_t i = 0; i < 4; i++) {
        html_open(page->out, "option", "value", by[i], "selected", grouped == i ? "" : NULL, NULL);
        html_string(page->out, _(by_words[i]));
        html_close(page->out, "option");
    }
    html_literal(page->out, "</select></div>");
}

static void put_form(struct page *page, const struct report_kind *kind, const struct value *document,
                     size_t grouped)
{
    const struct value *period = value_find(document, "period");
    html_open(page->out, "form", "class", "filters", "action",
              page_address(page, "/bao-cao", text_of(kind->name), NULL), NULL);
    if (kind->period) {
        put_date(page, "tu", _("from"), value_text_of(period, "from"));
        put_date(page, "den", _("to"), value_text_of(period, "to"));
    } else {
        put_date(page, "ngay", _("on"), value_text_of(period, "as_of"));
    }
    if (kind->grouped)
        put_grouping(page, grouped);
    html_literal(page->out, "<button>");
    html_string(page->out, _("Show"));
    html_literal(page->out, "</button></form>\n");
}

/* A day of the address in the form that reports take; NULL: not given. */
static enum status read_day(const struct page *page, const char *name, const char **day, struct error *error)
{
    struct date date;
    if (page_day(page, name, &date, error))
        return error->status;
    *day = NULL;
    if (date.year) {
        char *text = arena_alloc(page->arena, DATE_TEXT);
        date_write(date, text);
        *day = text;
    }
    return STATUS_OK;
}

static enum status put_report(struct page *page, const struct report_kind *kind,
                              const struct report_request *request, struct error *error)
{
    struct value *document;
    bool done;
    if (report_make(request, page->arena, &document, error) ||
        list_download(page, kind->name, document, &done, error))
        return error->status;
    if (done)
        return STATUS_OK;
    put_form(page, kind, document, request->by);
    report_html_inside(page->out, document, language_name(page->language));
    list_downloads(page, kind->name);
    return STATUS_OK;
}

enum status page_report(struct page *page, struct error *error)
{
    const struct console_settings *settings = page->settings;
    const struct report_kind *kind = report_kinds;
    size_t grouped;
    while (kind->name && !text_is(page->rest, kind->name))
        kind++;
    if (!kind->name)
        return STATUS_END;
    page->title = text_of(_(kind->title));
    if (page_choice(page, "theo", by, 4, &grouped, error))
        return error->status;
    if (grouped == 4)
        grouped = REPORT_BY_DEFAULT;
    struct report_request request = { .name = page->rest,
                                      .store = page->store,
                                      .by = (enum report_by)grouped,
                                      .agency_code = settings->agency_code,
                                      .agency_name = settings->agency_name,
                                      .agency_kind = settings->agency_kind,
                                      .baseline = settings->baseline,
                                      .calendar = settings->calendar,
                                      .today = page->today };
    if ((kind->period &&
         (read_day(page, "tu", &request.from, error) || read_day(page, "den", &request.to, error))) ||
        (!kind->period && read_day(page, "ngay", &request.as_of, error)))
        return error->status;
    enum status status = report_memory_hold(console_reports(page), page->store, error);
    if (status && status != STATUS_END)
        return status;
    request.memory = status ? NULL : console_reports(page);
    status = put_report(page, kind, &request, error);
    if (request.memory)
        report_memory_release(console_reports(page));
    return status;
}
