#include "extract/pagination.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/json.h"
#include "core/canonical.h"
#include "core/memory.h"
#include "extract/url_answer.h"
#include "extract/url_resolve.h"

#define REMEMBERED ((size_t)1 << 20) /* bytes: more pages than fit are asked for anew each time */

static enum page_walk_kind kind_of(enum url_paging kind)
{
    switch (kind) {
    case URL_PAGES_COUNT:
        return WALK_COUNT;
    case URL_PAGES_OFFSET:
        return WALK_OFFSET;
    case URL_PAGES_NEXT:
    case URL_PAGES_CURSOR:
        return WALK_LINK;
    default:
        return WALK_SINGLE;
    }
}

void pagination_begin(struct pagination *chain, const struct url_settings *settings, struct listing *listing,
                      struct arena *arena)
{
    const struct url_pages *paging = &settings->paging;
    struct pagination_page *pages = chain->pages;
    struct page_walk walk = chain->walk;
    size_t capacity = chain->capacity;
    *chain = (struct pagination){
        .settings = settings, .arena = arena, .number = 1, .pages = pages, .capacity = capacity, .walk = walk
    };
    chain->walk.kind = kind_of(paging->kind);
    chain->walk.first = paging->kind == URL_PAGES_COUNT ? paging->first : 0;
    chain->walk.size = paging->size;
    chain->walk.most = paging->most;
    chain->walk.wants_total = paging->has_total;
    chain->walk.listing = listing;
    chain->walk.shown = settings->shown;
    page_walk_begin(&chain->walk);
    chain->next.position = chain->walk.position;
}

void pagination_free(struct pagination *chain)
{
    page_walk_free(&chain->walk);
    free(chain->pages);
    *chain = (struct pagination){ 0 };
}

void pagination_ask(const struct pagination *chain, const struct pagination_page *known,
                    struct page_request *ask)
{
    const struct url_pages *paging = &chain->settings->paging;
    const struct pagination_page *page = known ? known : &chain->next;
    bool by_place = paging->kind == URL_PAGES_COUNT || paging->kind == URL_PAGES_OFFSET;
    *ask = (struct page_request){ .request = &chain->settings->request, .shown = chain->settings->shown };
    if (known) {
        ask->etag = known->etag;
        ask->modified = known->modified;
    }
    if (paging->kind == URL_PAGES_NONE || (!by_place && !page->link.bytes))
        return;
    if (paging->kind == URL_PAGES_NEXT) {
        ask->url = page->link.bytes;
        ask->stranger = page->stranger;
        return;
    }
    if (paging->name)
        ask->parameter = paging->name;
    else
        ask->into = &paging->into;
    ask->number = by_place || page->number;
    ask->value = by_place ? text_format(chain->arena, "%lld", (long long)page->position) : page->link;
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

static enum status resolve_link(struct pagination *chain, struct text found, enum value_kind kind,
                                struct error *error)
{
    const struct url_settings *settings = chain->settings;
    const char *from = chain->page.url.bytes;
    BUFFER_OWNED struct buffer url = { 0 };
    if (kind == VALUE_NUMBER || !url_resolve(from, found, &url))
        return error_set(error, STATUS_STOP, _("%s: the link to the next page is no URL: %.*s"),
                         settings->shown, TEXT_ARG(found));
    if (settings->base == URL_BASE_CONFIGURED)
        url_put_origin(&url, from);
    bool leaves = !url_same_host(url.bytes, from);
    if (leaves && settings->redirects != URL_REDIRECTS_ANY)
        return error_set(
            error, STATUS_STOP,
            _("%s: the link to the next page leads to another host (%.*s); allow it with \"redirects: any\", "
              "or keep to the configured one with \"base: configured\""),
            settings->shown, TEXT_ARG(found));
    if (leaves && settings->request.body.count)
        return url_answer_keep_body(settings->shown, found, error);
    if (leaves && !text_starts(buffer_view(&url), TEXT("http")))
        return error_set(error, STATUS_STOP, _("%s: the link to the next page is no web address: %.*s"),
                         settings->shown, TEXT_ARG(found));
    chain->follow_stranger = chain->follow_stranger || leaves;
    chain->follow = text_copy(chain->arena, buffer_view(&url));
    return STATUS_OK;
}

static enum page_link judge_link(const struct pagination *chain)
{
    struct text link = chain->follow;
    bool next = chain->settings->paging.kind == URL_PAGES_NEXT;
    if (!link.length)
        return LINK_NONE;
    if (text_equal(link, chain->page.link) || (next && text_equal(link, chain->page.url)))
        return LINK_SAME;
    for (size_t i = 0; i < chain->count; i++)
        if (text_equal(link, chain->pages[i].link) || (next && text_equal(link, chain->pages[i].url)))
            return LINK_SEEN;
    return LINK_NEW;
}

static enum status take_link(struct pagination *chain, struct spool_file *content, struct error *error)
{
    const struct url_settings *settings = chain->settings;
    const struct url_pages *paging = &settings->paging;
    struct text found;
    enum value_kind kind;
    chain->follow = TEXT_NONE;
    if (paging->kind != URL_PAGES_NEXT && paging->kind != URL_PAGES_CURSOR)
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
    if (paging->kind == URL_PAGES_NEXT)
        return resolve_link(chain, found, kind, error);
    chain->follow = text_copy(chain->arena, found);
    chain->follow_number = kind == VALUE_NUMBER;
    return STATUS_OK;
}

static enum status take_total(struct pagination *chain, struct spool_file *content, struct error *error)
{
    const struct url_pages *paging = &chain->settings->paging;
    struct text found;
    if (!paging->has_total)
        return STATUS_OK;
    enum status status = url_answer_at(content, chain->arena, &paging->total, &found, error);
    if (status == STATUS_FATAL)
        return status;
    found = status == STATUS_OK ? text_trim(found) : TEXT("");
    if (text_ends(found, TEXT(".0"))) /* a whole number, as programs write it that know no others */
        found = text_slice(found, 0, found.length - 2);
    if (found.length && found.length < 16 && strspn(found.bytes, "0123456789") >= found.length) {
        chain->fact.has_total = true;
        chain->fact.total = strtoll(text_string(chain->arena, found), NULL, 10);
    }
    return STATUS_OK;
}

enum status pagination_answer(struct pagination *chain, struct spool_file *content,
                              const struct url_reply *reply, struct error *error)
{
    chain->page = chain->next;
    chain->page.etag = text_copy(chain->arena, reply->etag);
    chain->page.modified = text_copy(chain->arena, reply->modified);
    chain->page.url = text_of(reply->url);
    chain->fact = (struct page_fact){ .kind = PAGE_LIST };
    chain->follow = TEXT_NONE;
    chain->follow_stranger = reply->stranger; /* a stranger must not choose where credentials go */
    if (reply->empty)
        return STATUS_OK;
    if (take_link(chain, content, error) || take_total(chain, content, error)) {
        if (error->status == STATUS_STOP)
            listing_doubt(chain->walk.listing, true, error);
        return error->status;
    }
    chain->fact.link = judge_link(chain);
    return STATUS_OK;
}

/* ---- on to the next ---- */

static void keep(struct pagination *chain)
{
    chain->pages = memory_more(chain->pages, chain->count, &chain->capacity, sizeof *chain->pages);
    chain->pages[chain->count++] = chain->page;
}

bool pagination_take(struct pagination *chain, enum page_kind kind, int64_t rows, const uint64_t *keys)
{
    struct page_fact fact = chain->fact;
    bool answered = kind == PAGE_LIST || kind == PAGE_NOTHING;
    fact.kind = kind;
    fact.rows = rows;
    fact.keys = keys;
    fact.key_count = keys ? (size_t)rows : 0;
    if (!answered)
        chain->page = chain->next;
    bool can = answered && (chain->page.etag.length || chain->page.modified.length);
    /* Where a page that ended the walk cannot be asked again, only a short one before it tells that nothing was
     * added. */
    if (!can && (rows || chain->walk.state == WALK_GOING || chain->walk.state == WALK_AGAIN))
        chain->forgetful = true;
    chain->page.rows = rows;
    if (answered && (rows || chain->follow.length || (can && chain->walk.state == WALK_GOING)))
        keep(chain);
    chain->number++;
    chain->ended = !page_walk_take(&chain->walk, &fact);
    if (chain->ended)
        return false;
    chain->next.position = chain->walk.position;
    if (fact.kind == PAGE_LIST && fact.link == LINK_NEW) {
        chain->next.link = chain->follow;
        chain->next.number = chain->follow_number;
        chain->next.stranger = chain->follow_stranger;
    }
    return true;
}

/* ---- between two nights ---- */

static bool may_be_kept(const struct pagination *chain)
{
    const struct url_settings *settings = chain->settings;
    bool linked = settings->paging.kind == URL_PAGES_NEXT || settings->paging.kind == URL_PAGES_CURSOR;
    bool secret =
        settings->request.url.secret || settings->request.url.session || settings->request.body.secret;
    return !strcmp(settings->request.method, "GET") && !settings->has_detail && chain->count &&
           !chain->forgetful && !(linked && chain->count > 1 && secret);
}

struct text pagination_remember(const struct pagination *chain)
{
    if (!may_be_kept(chain))
        return TEXT_NONE;
    struct value *list = value_list(chain->arena);
    for (size_t i = 0; i < chain->count; i++) {
        const struct pagination_page *page = &chain->pages[i];
        struct value *kept = value_append(list, value_object(chain->arena));
        value_set(kept, "at", value_integer(chain->arena, page->position));
        if (page->etag.length)
            value_set(kept, "etag", value_text(chain->arena, page->etag));
        if (page->modified.length)
            value_set(kept, "modified", value_text(chain->arena, page->modified));
        if (page->link.length) {
            value_set(kept, "stranger", value_boolean(chain->arena, page->stranger));
            value_set(kept, "link",
                      page->number ? value_number(chain->arena, page->link)
                                   : value_text(chain->arena, page->link));
        }
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
        /* As older programs wrote it: whose the link is cannot be told any more. */
        if (link && !value_find(kept, "stranger"))
            return 0;
        (*pages)[count++] = (struct pagination_page){ .position = value_number_of(kept, "at"),
                                                      .etag = value_text_of(kept, "etag"),
                                                      .modified = value_text_of(kept, "modified"),
                                                      .link = link ? text_copy(arena, link->text) : TEXT_NONE,
                                                      .number = link && link->kind == VALUE_NUMBER,
                                                      .stranger = value_is_true(kept, "stranger") };
    }
    return count;
}
