/* The listing of what the portal holds, a page at a time. */
#include "load/portal_rest.h"

#include "load/portal_answer.h"

static enum status read_page(struct rest *rest, const struct value *body, struct arena *arena,
                             struct portal_page *page, struct error *error)
{
    const struct value *items = value_find(body, "items"), *next = value_find(body, "next");
    if (!items || items->kind != VALUE_LIST)
        return error_set(error, STATUS_STOP,
                         _("the portal %s lists nothing that can be read: it has no \"items\""),
                         rest->portal->settings->shown);
    page->entries = arena_array(arena, struct portal_entry, items->count + 1);
    for (const struct value *item = items->first; item; item = item->next) {
        struct portal_entry *entry = &page->entries[page->count];
        entry->code = value_text_of(item, "code");
        if (!entry->code.length || !portal_answer_held(item, entry->code, &entry->remote))
            return error_set(
                error, STATUS_STOP,
                _("the portal %s lists something that is no procedure: an item without \"code\""),
                rest->portal->settings->shown);
        page->count++;
    }
    if (next && next->kind == VALUE_TEXT && next->text.length)
        page->next = next->text;
    return STATUS_OK;
}

void rest_list_put_path(struct rest *rest, struct text after, int limit)
{
    const char *agency = rest->portal->agency;
    buffer_string(&rest->url, "/procedures?agency=");
    http_escape(&rest->url, text_of(agency ? agency : ""));
    buffer_printf(&rest->url, "&limit=%d", limit);
    if (after.bytes) {
        buffer_string(&rest->url, "&after=");
        http_escape(&rest->url, after);
    }
}

enum status rest_list(struct portal *portal, struct text after, struct arena *arena, struct portal_page *page,
                      struct error *error)
{
    struct rest *rest = portal->user_data;
    struct portal_request request = { .kind = PORTAL_LIST, .code = after };
    struct portal_response report;
    *page = (struct portal_page){ .count = 0 };
    enum status status = portal_ask(portal, &request, &report, error);
    if (status == STATUS_END)
        return error_set(error, STATUS_STOP, _("the portal %s has no listing: check portal.url"),
                         portal->settings->shown);
    return status ? status : read_page(rest, value_copy(arena, rest->body), arena, page, error);
}
