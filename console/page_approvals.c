/* What waits for whom, what was sent back, and who decides. */
#include "console/console_inside.h"
#include "console/list.h"
#include "store/approval_view.h"

static enum status put_steps(struct page *page, struct value *steps, struct error *error)
{
    const struct list_column columns[] = {
        { "code", _("code"), LIST_CODE },
        { "name", _("name"), LIST_TEXT },
        { "action", _("action"), LIST_WORD },
        { "standing", _("approval"), LIST_WORD },
        { "list", _("list"), LIST_TEXT },
        { "submitter", _("submitted by"), LIST_TEXT },
        { "by", _("decided by"), LIST_TEXT },
        { "at", _("when (Vietnam, UTC+7)"), LIST_TIME },
        { "until", _("holds until (Vietnam, UTC+7)"), LIST_TIME },
        { "reason", _("reason"), LIST_TEXT },
        { "department", _("department"), LIST_TEXT },
        { "due", _("due"), LIST_DAY },
    };
    const struct list list = {
        "buoc", _("Steps"), LIST_COLUMNS(columns), steps, -1, _("Nothing waits for approval."),
    };
    return list_put(page, &list, error);
}

static enum status put_lists(struct page *page, struct value *lists, struct error *error)
{
    const struct list_column columns[] = {
        { "list", _("list"), LIST_TEXT },
        { "number", _("document"), LIST_TEXT },
        { "submitter", _("submitted by"), LIST_TEXT },
        { "at", _("when (Vietnam, UTC+7)"), LIST_TIME },
        { "waiting", _("waiting"), LIST_COUNT },
        { "approved", _("approved"), LIST_COUNT },
        { "sent_back", _("sent-back"), LIST_COUNT },
        { "due", _("due"), LIST_DAY },
    };
    const struct list list = { "danh-sach", _("Lists that are open"), LIST_COLUMNS(columns), lists,
                               -1,          _("No list is open.") };
    return list_put(page, &list, error);
}

static enum status put_people(struct page *page, struct value *people, struct error *error)
{
    const struct list_column columns[] = {
        { "name", _("name"), LIST_TEXT },
        { "role", _("role"), LIST_WORD },
    };
    const struct list list = {
        "nguoi", _("Who submits, and who approves"), LIST_COLUMNS(columns), people, -1, _("Nobody is named.")
    };
    return list_put(page, &list, error);
}

/* Rules or people that are not in force yet. */
static void put_proposed(struct page *page, const struct value *proposed)
{
    page_heading(page, "de-nghi", _("Other rules and people are proposed"));
    page_facts_begin(page);
    page_fact(page, _("list"), value_text_of(proposed, "list"));
    page_fact(page, _("submitted by"), value_text_of(proposed, "submitter"));
    page_fact(page, _("when (Vietnam, UTC+7)"), page_time(page, value_text_of(proposed, "at")));
    struct text due = value_text_of(proposed, "due");
    if (due.bytes)
        page_fact(page, _("takes effect, unless an approver signs anything"), page_time(page, due));
    page_facts_end(page);
}

enum status page_approvals(struct page *page, struct error *error)
{
    struct value *view;
    page->title = text_of(_("Approvals"));
    if (approval_view(page->store, page->arena, &view, error))
        return error->status;
    if (!value_find(view, "rules") && !page->is_download) {
        page_paragraph(page, "none", text_of(_("Nothing of this office needs approval, and never did.")));
        return STATUS_OK;
    }
    if (!value_is_true(view, "in_force"))
        page_paragraph(page, "lead", text_of(_("Approval is off: what is wanted is sent without it.")));
    if (value_find(view, "proposed"))
        put_proposed(page, value_find(view, "proposed"));
    if (put_steps(page, value_find(view, "steps"), error) ||
        put_lists(page, value_find(view, "lists"), error))
        return error->status;
    return put_people(page, value_find(view, "people"), error);
}
