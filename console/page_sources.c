/* Sources and what is missing from them; terms of the law. */
#include "console/console_inside.h"
#include "console/list.h"
#include "store/report.h"
#include "store/rule_report.h"

enum status page_sources(struct page *page, struct error *error)
{
    const struct list_column columns[] = {
        { "source", _("source"), LIST_TEXT },
        { "present", _("records"), LIST_COUNT },
        { "accepted", _("accepted"), LIST_COUNT },
        { "rejected", _("rejected"), LIST_COUNT },
        { "held", _("held"), LIST_COUNT },
        { "missing", _("missing"), LIST_COUNT },
        { "read_at", _("read (Vietnam, UTC+7)"), LIST_TIME },
        { "whole_at", _("whole last (Vietnam, UTC+7)"), LIST_TIME },
        { "why", _("why it is not whole"), LIST_TEXT },
    };
    const struct list_column missing_columns[] = { { "source", _("source"), LIST_TEXT },
                                                   { "key", _("key"), LIST_TEXT },
                                                   { "code", _("code"), LIST_CODE },
                                                   { "locator", _("last seen in"), LIST_TEXT } };
    struct value *sources, *missing;
    page->title = text_of(_("Sources"));
    if (report_sources(page->store, page->arena, &sources, error) ||
        report_missing(page->store, page->arena, LIST_ALL, &missing, error))
        return error->status;
    const struct list all = { "nguon", NULL, LIST_COLUMNS(columns),
                              sources, -1,   _("No source has been read yet.") };
    const struct list gone = { "thieu",
                               _("Missing from their source (nothing is withdrawn by itself)"),
                               LIST_COLUMNS(missing_columns),
                               missing,
                               -1,
                               _("Nothing is missing.") };
    return list_put(page, &all, error) ? error->status : list_put(page, &gone, error);
}

enum status page_deadlines(struct page *page, struct error *error)
{
    const struct list_column columns[] = {
        { "due", _("due"), LIST_DAY },          { "overdue", _("overdue"), LIST_TEXT },
        { "code", _("code"), LIST_CODE },       { "name", _("name"), LIST_TEXT },
        { "outcome", _("outcome"), LIST_WORD }, { "department", _("department"), LIST_TEXT },
        { "rule", _("rule"), LIST_TEXT },
    };
    char today[DATE_TEXT];
    struct value *rows;
    date_write(page->today, today);
    page->title = text_of(_("Terms"));
    if (rule_report_deadlines(page->store, page->arena, today, NULL, &rows, error))
        return error->status;
    page_paragraph(page, "lead",
                   text_of(_("Terms of the law that run, of what the portal has not acknowledged yet; the "
                             "nearest first.")));
    const struct list list = { "thoi-han", NULL, LIST_COLUMNS(columns), rows, -1, _("No term runs.") };
    return list_put(page, &list, error);
}
