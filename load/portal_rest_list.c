/* What the portal holds: its listing, and one procedure with its content. One request at a time, waited for.
 */
#include "load/portal_rest.h"

#include <stdio.h>

#include "adapters/json.h"
#include "core/canonical.h"
#include "load/portal_answer.h"

#define PAGE_MAX 1000 /* as the contract allows */

/* A GET, made again as long as the portal is busy or silent. STATUS_OK with 200 and its body, or with 410 and
 * none; STATUS_END: the portal says that it does not know what was asked for. */
static enum status read_answer(struct rest *rest, const struct http_response *answer, struct arena *arena,
                               struct value **body, bool *again, struct error *error)
{
    struct error fault = { 0 };
    const char *url = rest->portal->settings->shown;
    *body = NULL;
    if (!answer->failure && answer->body.length && json_parse(arena, answer->body, body, &fault))
        *body = NULL;
    enum portal_result said = answer->failure ? RESULT_LOST : portal_answer_said(answer->status, *body);
    bool failed = portal_answer_failed(*body);
    if (said == RESULT_TAKEN && *body && (*body)->kind == VALUE_OBJECT && !failed)
        return STATUS_OK;
    if (said == RESULT_GONE) {
        *body = NULL;
        return STATUS_OK;
    }
    if (said == RESULT_UNKNOWN)
        return STATUS_END;
    bool shut = answer->failure == HTTP_TLS || answer->failure == HTTP_USAGE || said == RESULT_CLOSED ||
                said == RESULT_REFUSED;
    *again = !shut;
    struct text message = answer->failure ? text_of(answer->why)
                          : said == RESULT_TAKEN && !failed
                              ? text_of(_("the answer cannot be read"))
                              : portal_answer_words(arena, answer->status, *body, answer->body);
    return error_set(error, STATUS_STOP,
                     _("the portal %s does not say what it holds (" TEXT_PRINT "); nothing was changed"), url,
                     TEXT_ARG(message));
}

static enum status ask_once(struct rest *rest, struct arena *arena, struct value **body,
                            struct http_response *answer, bool *again, struct error *error)
{
    struct http_header headers[2] = { { "Accept", TEXT("application/json") } };
    struct auth *auth = &rest->portal->settings->auth;
    *again = false;
    if (auth_renew(auth, rest->portal->clock, false, error))
        return error->status;
    struct http_request request = {
        .method = "GET", .url = rest->url.bytes, .headers = headers, .header_count = 1
    };
    auth_apply(auth, &request, headers);
    if (http_once(rest->client, &request, answer, error))
        return error->status;
    return read_answer(rest, answer, arena, body, again, error);
}

static enum status ask(struct rest *rest, struct arena *arena, struct value **body,
                       struct http_response *answer, struct error *error)
{
    struct auth *auth = &rest->portal->settings->auth;
    struct clock *clock = rest->portal->clock;
    const struct backoff *retry = &rest->portal->settings->retry;
    unsigned refusals = 0;
    for (int64_t tries = 1;; tries++) {
        bool again;
        enum status status = ask_once(rest, arena, body, answer, &again, error);
        while (status == STATUS_STOP && !answer->failure && answer->status == 401) {
            enum status renewed = auth_refused(auth, auth->generation, &refusals, clock, error);
            if (renewed)
                return error->status = STATUS_STOP;
            status = ask_once(rest, arena, body, answer, &again, error);
        }
        if (!answer->failure)
            auth_accepted(auth);
        if (status != STATUS_STOP || !again || tries >= retry->attempts)
            return status;
        int64_t wait = backoff_delay(retry, tries, clock->random(clock));
        clock->sleep(clock, answer->retry_after_ms > wait ? answer->retry_after_ms : wait);
    }
}

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

void rest_list_url(struct rest *rest, int limit)
{
    const char *agency = rest->portal->agency;
    buffer_clear(&rest->url);
    buffer_text(&rest->url, rest->base);
    buffer_string(&rest->url, "/procedures?agency=");
    http_escape(&rest->url, text_of(agency ? agency : ""));
    buffer_printf(&rest->url, "&limit=%d", limit);
}

enum status rest_list(struct portal *portal, struct text after, struct arena *arena, struct portal_page *page,
                      struct error *error)
{
    struct rest *rest = portal->user_data;
    struct http_response answer = { .failure = HTTP_ANSWERED };
    struct value *body;
    *page = (struct portal_page){ .count = 0 };
    rest_list_url(rest, PAGE_MAX);
    if (after.bytes) {
        buffer_string(&rest->url, "&after=");
        http_escape(&rest->url, after);
    }
    enum status status = ask(rest, arena, &body, &answer, error);
    if (status == STATUS_END)
        return error_set(error, STATUS_STOP, _("the portal %s has no listing: check portal.url"),
                         portal->settings->shown);
    return status ? status : read_page(rest, body, arena, page, error);
}

enum status rest_look(struct portal *portal, struct text code, struct arena *arena,
                      struct portal_holding *holding, struct error *error)
{
    struct rest *rest = portal->user_data;
    struct http_response answer = { .failure = HTTP_ANSWERED };
    struct value *body;
    *holding = (struct portal_holding){ .content = TEXT_NONE };
    if (!rest_can_name(code))
        return STATUS_END;
    buffer_clear(&rest->url);
    buffer_text(&rest->url, rest->base);
    buffer_string(&rest->url, "/procedures/");
    http_escape(&rest->url, code);
    enum status status = ask(rest, arena, &body, &answer, error);
    if (status)
        return status;
    if (!body) { /* 410 */
        holding->remote.standing = REMOTE_ABOLISHED;
        return STATUS_OK;
    }
    portal_answer_etag(text_copy(arena, answer.etag), &holding->remote);
    if (!portal_answer_held(body, code, &holding->remote))
        return error_set(error, STATUS_STOP,
                         _("the portal %s answers about another procedure than " TEXT_PRINT),
                         portal->settings->shown, TEXT_ARG(code));
    const struct value *content = value_find(body, "content");
    if (content && content->kind == VALUE_OBJECT) {
        BUFFER_OWNED struct buffer bytes = { 0 };
        canonical_write(&bytes, content);
        holding->content = text_copy(arena, buffer_view(&bytes));
    }
    return STATUS_OK;
}
