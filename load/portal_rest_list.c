/* The listing of what the portal holds, a page at a time. */
#include "load/portal_rest.h"

#include "adapters/secrets.h"
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
        if (secrets_in(entry->code))
            return error_set(
                error, STATUS_STOP,
                _("the portal %s lists a code that holds a secret of the configuration; nothing was "
                  "compared. Take it out there, and change the secret"),
                rest->portal->settings->shown);
        page->count++;
    }
    if (next && next->kind != VALUE_NULL && next->kind != VALUE_TEXT)
        return error_set(error, STATUS_STOP,
                         _("the portal %s lists nothing that can be read: its \"next\" is no code"),
                         rest->portal->settings->shown);
    if (next && next->kind == VALUE_TEXT && next->text.length)
        page->next = next->text;
    return STATUS_OK;
}

void rest_list_put_path(struct rest *rest, struct text after)
{
    const char *agency = rest->portal->agency;
    buffer_string(&rest->url, "/procedures?agency=");
    http_escape(&rest->url, text_of(agency ? agency : ""));
    buffer_printf(&rest->url, "&limit=%d", REST_PAGE);
    if (after.bytes) {
        buffer_string(&rest->url, "&after=");
        http_escape(&rest->url, after);
    }
}

/* What begins a code comes before it in every order, and few others come between. */
struct text rest_list_before(struct text code)
{
    struct text before = text_slice(code, 0, text_cut(code, code.length - 1));
    return before.length ? before : TEXT_NONE;
}

/* A page is in order of code; of one that is not, only the last tells what is not there. */
enum rest_listed rest_list_finds(const struct value *page, struct text code)
{
    const struct value *items = value_find(page, "items"), *next = value_find(page, "next");
    if (!items || items->kind != VALUE_LIST)
        return REST_UNTOLD;
    bool last = !next || next->kind == VALUE_NULL, ordered = true;
    struct text before = TEXT_NONE;
    for (const struct value *item = items->first; item; item = item->next) {
        struct text listed = value_text_of(item, "code");
        if (!listed.length)
            return REST_UNTOLD;
        if (text_equal(listed, code))
            return REST_LISTED;
        ordered = ordered && text_compare(before, listed) < 0;
        before = listed;
    }
    return last || (ordered && text_compare(before, code) > 0) ? REST_UNLISTED : REST_UNTOLD;
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
