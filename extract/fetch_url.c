#include <string.h>

#include "adapters/json.h"
#include "extract/json_splitter.h"
#include "extract/pagination.h"

#define ITEM_LIMIT  ((size_t)8 << 20) /* bytes of an item of a listing */
#define LACKING_MAX 20 /* items in a row without a detail: then the listing itself is doubted */

struct url_state {
    struct url_client client;
    struct pagination chain;
    struct spool_file page, detail;
    bool begun;    /* a page was asked for */
    bool recalled; /* what was remembered has been tried */
    /* with `detail`: the listing's page that is being gone through */
    struct file_stream stream;
    struct json_splitter items;
    bool listing;
    int64_t item_count;
    int lacking; /* items in a row without a detail */
    bool incomplete;
    struct arena item_arena; /* cleared for each item */
    char path[SPOOL_FILE_PATH];
};

static enum status open_url(struct fetch *fetch, struct error *error)
{
    struct url_state *state = arena_new(fetch->arena, struct url_state);
    fetch->user_data = state;
    if (url_client_open(&state->client, fetch, error) || spool_file_open(&state->page, error))
        return error->status;
    pagination_begin(&state->chain, fetch->settings, fetch->arena);
    return STATUS_OK;
}

static void end_listing(struct url_state *state)
{
    if (state->listing)
        json_splitter_close(&state->items);
    state->listing = false;
}

static void close_url(struct fetch *fetch)
{
    struct url_state *state = fetch->user_data;
    if (state) {
        end_listing(state);
        url_client_close(&state->client);
        pagination_free(&state->chain);
        spool_file_close(&state->page);
        spool_file_close(&state->detail);
        arena_free(&state->item_arena);
    }
    url_settings_free(fetch->settings);
    fetch->user_data = NULL;
}

static const char *shown_page(struct fetch *fetch, const struct url_state *state)
{
    const struct url_settings *settings = fetch->settings;
    if (settings->paging.kind == URL_PAGES_NONE)
        return settings->shown;
    return text_format(fetch->arena, "%s page %lld", settings->shown, (long long)state->chain.number).bytes;
}

/* ---- pages ---- */

static enum status ask_page(struct fetch *fetch, struct url_state *state, const struct pagination_page *known,
                            struct url_reply *reply, struct error *error)
{
    struct page_request ask;
    pagination_ask(&state->chain, &ask);
    ask.shown = shown_page(fetch, state);
    if (known) {
        ask.etag = known->etag;
        ask.modified = known->modified;
    }
    enum status status = url_client_ask(&state->client, &ask, &state->page, fetch->arena, reply, error);
    state->begun = true;
    if (status == STATUS_REJECT)
        error->status = status = STATUS_STOP;
    if (status || reply->unchanged)
        return status;
    return pagination_take(&state->chain, &state->page, reply, ask.shown, error);
}

/* Asks for each remembered page whether it changed. STATUS_END: none did. STATUS_OK: the first page is new
 * and stands ready, or all must be asked for anew. */
static enum status ask_for_changes(struct fetch *fetch, struct url_state *state, bool *ready,
                                   struct error *error)
{
    struct pagination_page *pages;
    size_t count = pagination_recall(fetch->arena, fetch->remembered, &pages);
    *ready = false;
    for (size_t i = 0; i < count; i++) {
        struct url_reply reply;
        if (ask_page(fetch, state, &pages[i], &reply, error))
            return error->status;
        if (!reply.unchanged) {
            *ready = !i && !reply.empty;
            break;
        }
        if (i + 1 == count)
            return STATUS_END;
        enum status status = pagination_follow(&state->chain, &pages[i], error);
        if (status == STATUS_STOP)
            return status;
        if (status == STATUS_END)
            break;
    }
    if (!*ready) {
        pagination_begin(&state->chain, fetch->settings, fetch->arena);
        state->begun = false;
    }
    return STATUS_OK;
}

static enum status end_whole(struct fetch *fetch, struct url_state *state)
{
    fetch->whole = !state->incomplete;
    if (fetch->whole)
        fetch->remember = pagination_remember(&state->chain);
    return STATUS_END;
}

/* The next page into state->page. */
static enum status next_page(struct fetch *fetch, struct url_state *state, int64_t given, struct error *error)
{
    struct url_reply reply;
    bool ready = false;
    if (!state->begun && !state->recalled && fetch->remembered.length) {
        state->recalled = true;
        enum status status = ask_for_changes(fetch, state, &ready, error);
        if (status == STATUS_END) {
            fetch->unchanged = fetch->whole = true;
            return STATUS_END;
        }
        if (status || ready)
            return status;
    }
    do {
        if (state->begun) {
            enum status status = pagination_advance(&state->chain, given, error);
            if (status == STATUS_END)
                return end_whole(fetch, state);
            if (status)
                return status;
        }
        if (ask_page(fetch, state, NULL, &reply, error))
            return error->status;
        given = 0;
    } while (reply.empty);
    return STATUS_OK;
}

static void give(struct url_state *state, struct spool_file *content, const char *name,
                 struct document *document)
{
    *document = (struct document){ .name = name };
    spool_file_stream(content, name, &document->stream);
    spool_file_path(content, state->path);
    document->path = state->path;
}

/* ---- details ---- */

static void begin_listing(struct fetch *fetch, struct url_state *state)
{
    const struct url_settings *settings = fetch->settings;
    spool_file_stream(&state->page, settings->shown, &state->stream);
    json_splitter_open(&state->items, &state->stream, &settings->items, ITEM_LIMIT);
    state->listing = true;
    state->item_count = 0;
}

/* The next item of the listing, page after page. */
static enum status next_item(struct fetch *fetch, struct url_state *state, struct value **item,
                             struct error *error)
{
    for (;;) {
        struct text bytes;
        enum status status = STATUS_END;
        if (state->listing)
            status = json_splitter_next(&state->items, &bytes, error);
        if (status == STATUS_OK) {
            state->item_count++;
            status = json_parse(&state->item_arena, bytes, item, error);
            if (status == STATUS_OK)
                return STATUS_OK;
        }
        if (status != STATUS_END) {
            error->status = STATUS_STOP;
            return error_add(error, "%s", shown_page(fetch, state));
        }
        end_listing(state);
        status = next_page(fetch, state, state->item_count, error);
        if (status)
            return status;
        begin_listing(fetch, state);
    }
}

static const char *shown_detail(struct fetch *fetch, struct url_state *state, const struct value *item)
{
    const struct url_settings *settings = fetch->settings;
    const struct url_request *request = &settings->detail_request;
    struct buffer shown = { 0 };
    url_template_show(&request->url, item, &shown);
    for (size_t i = 0; !request->url.item && i < request->body.count; i++) {
        const struct url_template_piece *piece = &request->body.pieces[i];
        const struct value *found =
            piece->kind == URL_TEMPLATE_ITEM ? json_pointer_find(&piece->pointer, item) : NULL;
        if (found && value_is_scalar(found)) {
            buffer_char(&shown, ' ');
            buffer_text(&shown, found->text);
        }
    }
    const char *text = text_string(&state->item_arena, buffer_view(&shown));
    buffer_free(&shown);
    return text;
}

static enum status next_detail(struct fetch *fetch, struct url_state *state, struct document *document,
                               struct error *error)
{
    const struct url_settings *settings = fetch->settings;
    if (!state->detail.open && spool_file_open(&state->detail, error))
        return error->status;
    for (;;) {
        struct value *item;
        struct url_reply reply;
        arena_clear(&state->item_arena);
        enum status status = next_item(fetch, state, &item, error);
        if (status)
            return status;
        struct page_request ask = { .request = &settings->detail_request,
                                    .item = item,
                                    .shown = shown_detail(fetch, state, item) };
        status = url_client_ask(&state->client, &ask, &state->detail, &state->item_arena, &reply, error);
        if (status == STATUS_OK) {
            state->lacking = 0;
            give(state, &state->detail, ask.shown, document);
            return STATUS_OK;
        }
        if (status != STATUS_REJECT)
            return status;
        /* One that went between the listing and now is no reason to leave the others. */
        state->incomplete = true;
        if (++state->lacking > LACKING_MAX)
            return error->status = STATUS_STOP;
        if (fetch->notice)
            fetch->notice(fetch->notice_own, error->message);
    }
}

static enum status next_url(struct fetch *fetch, struct document *document, struct error *error)
{
    struct url_state *state = fetch->user_data;
    const struct url_settings *settings = fetch->settings;
    if (fetch->broken && !settings->has_detail)
        return STATUS_END; /* how many records the page has is not known: nor is the page after it */
    if (settings->has_detail)
        return next_detail(fetch, state, document, error);
    enum status status = next_page(fetch, state, fetch->given, error);
    if (status == STATUS_OK)
        give(state, &state->page, shown_page(fetch, state), document);
    return status;
}

const struct fetch_driver fetch_url = {
    .name = "url",
    .settings = url_settings_table,
    .setting_count = URL_SETTINGS,
    .size = sizeof(struct url_settings),
    .check = url_settings_check,
    .open = open_url,
    .next = next_url,
    .close = close_url,
};
