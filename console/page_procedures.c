/* Procedures: all of them, or those that a question finds. */
#include <string.h>

#include "console/console_inside.h"
#include "console/list.h"
#include "store/browse.h"

static const struct {
    const char *id, *words;
} states[] = {
    { "published", N_("published") }, { "abolished", N_("abolished") },       { "pending", N_("to be sent") },
    { "kept", N_("kept back") },      { "nowhere", N_("not at the portal") },
};
#define STATES (sizeof states / sizeof *states)

static enum status read_state(const struct page *page, const char **state, struct error *error)
{
    struct text asked = page_parameter(page, "trang-thai");
    *state = NULL;
    for (size_t i = 0; i < STATES; i++)
        if (text_is(asked, states[i].id))
            *state = states[i].id;
    if (asked.bytes && !*state)
        return error_set(error, STATUS_USAGE, _("\"" TEXT_PRINT "\" is no state of a procedure"),
                         TEXT_ARG(asked));
    return STATUS_OK;
}

static void put_form(struct page *page, struct text question, const char *state)
{
    html_open(page->out, "form", "class", "filters", "action",
              page_address(page, "/thu-tuc", TEXT_NONE, NULL), NULL);
    html_literal(page->out, "<div>");
    html_open(page->out, "label", "for", "q", NULL);
    html_string(page->out, _("code, name, agency or department; marks may be left out"));
    html_literal(page->out, "</label>");
    html_open(page->out, "input", "type", "search", "id", "q", "name", "q", "size", "44", "maxlength", "200",
              "value", question.bytes ? text_string(page->arena, question) : NULL, NULL);
    html_literal(page->out, "</div><div>");
    html_open(page->out, "label", "for", "trang-thai", NULL);
    html_string(page->out, _("state"));
    html_literal(page->out, "</label><select id=\"trang-thai\" name=\"trang-thai\">");
    html_open(page->out, "option", "value", "", NULL);
    html_string(page->out, _("(all)"));
    html_close(page->out, "option");
    for (size_t i = 0; i < STATES; i++) {
        html_open(page->out, "option", "value", states[i].id, "selected",
                  state && !strcmp(state, states[i].id) ? "" : NULL, NULL);
        html_string(page->out, _(states[i].words));
        html_close(page->out, "option");
    }
    html_literal(page->out, "</select></div><button>");
    html_string(page->out, _("Find"));
    html_literal(page->out, "</button></form>\n");
}

enum status page_procedures(struct page *page, struct error *error)
{
    const struct list_column columns[] = {
        { "code", _("code"), LIST_CODE },
        { "name", _("name"), LIST_TEXT },
        { "status", _("at the portal"), LIST_WORD },
        { "since", _("since (Vietnam, UTC+7)"), LIST_TIME },
        { "action", _("to be sent"), LIST_WORD },
        { "state", _("delivery"), LIST_WORD },
        { "outcome", _("record"), LIST_WORD },
        { "department", _("department"), LIST_TEXT },
    };
    struct text question = page_parameter(page, "q");
    struct list list = { "thu-tuc", NULL, LIST_COLUMNS(columns),
                         NULL,      -1,   _("No procedure is found by these words.") };
    struct browse_window window;
    struct value *codes = NULL;
    const char *state;
    page->title = text_of(_("Procedures"));
    if (read_state(page, &state, error) || list_window(page, &list, &window, error) ||
        (question.bytes && console_find(page, question, &codes, error)) ||
        browse_procedures(page->store, page->arena, codes, state, &window, &list.rows, error))
        return error->status;
    put_form(page, question, state);
    page_paragraph(
        page, "lead",
        text_format(page->arena, _(TEXT_PRINT " procedures"), TEXT_ARG(page_count(page, window.total))));
    list.total = window.total;
    return list_put(page, &list, error);
}
