#include "extract/pagination.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/json.h"
#include "core/canonical.h"
#include "core/memory.h"
#include "extract/url_answer.h"

#define REMEMBERED ((size_t)1 << 20) /* bytes: more pages than fit are asked for anew each time */

void pagination_begin(struct pagination *chain, const struct url_settings *settings, struct arena *arena)
{
    struct pagination_page *pages = chain->pages;
    size_t capacity = chain->capacity;
    *chain = (struct pagination){
        .settings = settings, .arena = arena, .number = 1, .pages = pages, .capacity = capacity
    };
    chain->position = settings->paging.kind == URL_PAGES_COUNT ? settings->paging.first : 0;
}

void pagination_free(struct pagination *chain)
{
    free(chain->pages);
    *chain = (struct pagination){ 0 };
}

void pagination_ask(const struct pagination *chain, struct page_request *ask)
{
    const struct url_pages *paging = &chain->settings->paging;
    *ask = (struct page_request){ .request = &chain->settings->request, .shown = chain->settings->shown };
    if (paging->kind == URL_PAGES_NONE ||
        (!chain->link.bytes && paging->kind != URL_PAGES_COUNT && paging->kind != URL_PAGES_OFFSET))
        return;
    if (paging->kind == URL_PAGES_NEXT) {
        ask->url = chain->link.bytes;
        ask->stranger = chain->stranger;
        return;
    }
    if (paging->name)
        ask->parameter = paging->name;
    else
        ask->into = &paging->into;
    ask->number = paging->kind != URL_PAGES_CURSOR || chain->link_is_number;
    ask->value = paging->kind == URL_PAGES_CURSOR
                     ? chain->link
                     : text_format(chain->arena, "%lld", (long long)chain->position);
}

/* ---- what a page says of the next ---- */

/* Taken for the end, it would make a whole listing of the first page. */
static enum status refuse_link(const struct url_settings *settings, enum value_kind kind, struct error *error)
{
    const char *what = kind == VALUE_OBJECT ? _("an object") : kind == VALUE_LIST ? _("a list") : "true";
    return error_set(error, STATUS_STOP,
                     _("%s: the pointer in \"pages\" leads to %s, which is no link to a next page"),
                     settings->shown, what);
}

static enum status take_link(struct pagination *chain, struct spool_file *content,
                             const struct url_reply *reply, struct pagination_page *page, struct error *error)
{
    const struct url_settings *settings = chain->settings;
    const struct url_pages *paging = &settings->paging;
    struct text found;
    enum value_kind kind;
    if ((paging->kind != URL_PAGES_NEXT && paging->kind != URL_PAGES_CURSOR) || reply->empty)
        return STATUS_OK;
    enum status status = url_answer_find(content, chain->arena, &paging->from, &found, &kind, error);
    if (status == STATUS_END)
        return STATUS_OK;
    if (status)
        return error_add(error, "%s", settings->shown);
    if (kind == VALUE_OBJECT || kind == VALUE_LIST || (kind == VALUE_BOOLEAN && text_is(found, "true")))
        return refuse_link(settings, kind, error);
    if (!found.length || kind == VALUE_BOOLEAN)
        return STATUS_OK;
    if (paging->kind == URL_PAGES_CURSOR) {
        page->link = text_copy(chain->arena, found);
        page->number = kind == VALUE_NUMBER;
        return STATUS_OK;
    }
    BUFFER_OWNED struct buffer url = { 0 };
    if (kind == VALUE_NUMBER || !url_resolve(reply->url, found, &url))
        return error_set(error, STATUS_STOP, _("%s: the link to the next page is no URL: %.*s"),
                         settings->shown, TEXT_ARG(found));
    chain->stranger = !url_same_host(url.bytes, reply->url);
    if (chain->stranger && settings->redirects != URL_REDIRECTS_ANY)
        return error_set(
            error, STATUS_STOP,
            _("%s: the link to the next page leads to another host (%.*s); allow it with \"redirects: any\""),
            settings->shown, TEXT_ARG(found));
    if (chain->stranger && !text_starts(buffer_view(&url), TEXT("http")))
        return error_set(error, STATUS_STOP, _("%s: the link to the next page is no web address: %.*s"),
                         settings->shown, TEXT_ARG(found));
    page->link = text_copy(chain->arena, buffer_view(&url));
    return STATUS_OK;
}

static enum status refuse_circle(const struct pagination *chain, const struct pagination_page *page,
                                 const char *shown, struct error *error)
{
    for (size_t i = 0; i < chain->count; i++) {
        if (digest_equal(&chain->pages[i].request, &page->request))
            return error_set(error, STATUS_STOP,
                             _("%s: page %lld leads back to page %zu: the pages turn in a circle"), shown,
                             (long long)chain->number - 1, i + 1);
        if (digest_equal(&chain->pages[i].content, &page->content))
            return error_set(error, STATUS_STOP,
                             _("%s: page %lld is the same as page %zu: the server does not turn the pages; "
                               "check \"pages\""),
                             shown, (long long)chain->number, i + 1);
    }
    return STATUS_OK;
}

enum status pagination_take(struct pagination *chain, struct spool_file *content,
                            const struct url_reply *reply, const char *shown, struct error *error)
{
    struct pagination_page page = {
        .request = reply->request, .content = reply->digest, .etag = reply->etag, .modified = reply->modified
    };
    if (refuse_circle(chain, &page, shown, error) || take_link(chain, content, reply, &page, error))
        return error->status;
    if (chain->count == chain->capacity)
        chain->pages =
            memory_grow(chain->pages, chain->capacity = chain->capacity * 2 + 16, sizeof *chain->pages);
    page.etag = text_copy(chain->arena, page.etag);
    page.modified = text_copy(chain->arena, page.modified);
    chain->pages[chain->count++] = page;
    return STATUS_OK;
}

/* ---- on to the next ---- */

static enum status follow_link(struct pagination *chain, const struct pagination_page *page,
                               struct error *error)
{
    (void)error;
    if (!page->link.length)
        return STATUS_END;
    if (chain->settings->paging.kind == URL_PAGES_CURSOR) {
        if (text_equal(page->link, chain->link))
            return STATUS_END;
        chain->link_is_number = page->number;
    }
    chain->link = page->link;
    return STATUS_OK;
}

static enum status go_on(struct pagination *chain, const struct pagination_page *page, struct error *error)
{
    const struct url_pages *paging = &chain->settings->paging;
    if (chain->number >= paging->most)
        return error_set(
            error, STATUS_STOP,
            _("%s: more than %lld pages: either the chain has no end, or \"pages\" needs a larger \"most\""),
            chain->settings->shown, (long long)paging->most);
    chain->number++;
    chain->position += paging->kind == URL_PAGES_OFFSET ? paging->size : 1;
    return paging->kind == URL_PAGES_COUNT || paging->kind == URL_PAGES_OFFSET
               ? STATUS_OK
               : follow_link(chain, page, error);
}

enum status pagination_advance(struct pagination *chain, int64_t given, struct error *error)
{
    const struct url_pages *paging = &chain->settings->paging;
    const struct pagination_page *page = &chain->pages[chain->count - 1];
    bool ended =
        paging->kind == URL_PAGES_NONE || (paging->kind == URL_PAGES_COUNT && !given) ||
        (paging->kind == URL_PAGES_OFFSET && given < paging->size) ||
        (paging->kind == URL_PAGES_CURSOR && !given) ||
        ((paging->kind == URL_PAGES_NEXT || paging->kind == URL_PAGES_CURSOR) && !page->link.length) ||
        (paging->kind == URL_PAGES_CURSOR && text_equal(page->link, chain->link));
    return ended ? STATUS_END : go_on(chain, page, error);
}

/* ---- between two nights ---- */

static bool may_be_kept(const struct pagination *chain)
{
    const struct url_settings *settings = chain->settings;
    bool linked = settings->paging.kind == URL_PAGES_NEXT || settings->paging.kind == URL_PAGES_CURSOR;
    bool secret =
        settings->request.url.secret || settings->request.url.session || settings->request.body.secret;
    return !strcmp(settings->request.method, "GET") && !settings->has_detail && chain->count &&
           !(linked && chain->count > 1 && secret);
}

struct text pagination_remember(const struct pagination *chain)
{
    if (!may_be_kept(chain))
        return TEXT_NONE;
    struct value *list = value_list(chain->arena);
    for (size_t i = 0; i < chain->count; i++) {
        const struct pagination_page *page = &chain->pages[i];
        if (!page->etag.length && !page->modified.length)
            return TEXT_NONE;
        struct value *kept = value_append(list, value_object(chain->arena));
        if (page->etag.length)
            value_set(kept, "etag", value_text(chain->arena, page->etag));
        if (page->modified.length)
            value_set(kept, "modified", value_text(chain->arena, page->modified));
        if (page->link.length && i + 1 < chain->count)
            value_set(kept, "link",
                      page->number ? value_number(chain->arena, page->link)
                                   : value_text(chain->arena, page->link));
    }
    struct buffer bytes = { 0 };
    canonical_write(&bytes, list);
    struct text text = bytes.length <= REMEMBERED ? text_copy(chain->arena, buffer_view(&bytes)) : TEXT_NONE;
    buffer_free(&bytes);
    return text;
}

size_t pagination_recall(struct arena *arena, struct text remembered, struct pagination_page **pages)
{
    struct value *list;
    struct error error;
    size_t count = 0;
    *pages = NULL;
    if (!remembered.length || json_parse(arena, remembered, &list, &error) || list->kind != VALUE_LIST)
        return 0;
    *pages = arena_array(arena, struct pagination_page, list->count + 1);
    for (const struct value *kept = list->first; kept; kept = kept->next) {
        const struct value *link = value_find(kept, "link");
        (*pages)[count++] = (struct pagination_page){ .etag = value_text_of(kept, "etag"),
                                                      .modified = value_text_of(kept, "modified"),
                                                      .link = link ? link->text : TEXT_NONE,
                                                      .number = link && link->kind == VALUE_NUMBER };
    }
    return count;
}

enum status pagination_follow(struct pagination *chain, const struct pagination_page *page,
                              struct error *error)
{
    return go_on(chain, page, error);
}
