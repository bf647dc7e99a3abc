#include <stdlib.h>
#include <string.h>

#include "adapters/crypto.h"
#include "adapters/json.h"
#include "core/memory.h"
#include "extract/json_splitter.h"
#include "extract/pagination.h"

#define ITEM_LIMIT  ((size_t)8 << 20) /* bytes of an item of a listing */
#define LACKING_MAX 20 /* items in a row without a detail: then the listing itself is doubted */

struct url_state {
    struct url_client client;
    struct pagination chain;
    struct spool_file page, detail;
    bool recalled;     /* what was remembered has been tried, or is too old */
    bool given_out;    /* a page was, and what it came to is not judged yet */
    bool walked_again; /* this is the second walk */
    /* with `detail`: the listing's page that is being gone through */
    struct file_stream stream;
    struct json_splitter items;
    bool listing;
    int64_t item_count, key_capacity;
    uint64_t *keys; /* of those items */
    int lacking;    /* items in a row without a detail */
    bool incomplete;
    const char *answered; /* the detail that was given out, as it is shown; its records are not counted yet */
    struct arena item_arena; /* cleared for each item */
    char path[SPOOL_FILE_PATH];
};

static enum status open_url(struct fetch *fetch, struct error *error)
{
    struct url_state *state = arena_new(fetch->arena, struct url_state);
    fetch->user_data = state;
    if (url_client_open(&state->client, fetch, error) || spool_file_open(&state->page, error))
        return error->status;
    pagination_begin(&state->chain, fetch->settings, fetch->listing, fetch->arena);
    const struct url_settings *settings = fetch->settings;
    fetch->wants_keys = settings->paging.kind != URL_PAGES_NONE && !settings->has_detail;
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
        free(state->keys);
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
    const struct url_settings *settings = fetch->settings;
    struct page_request ask;
    pagination_ask(&state->chain, known, &ask);
    ask.shown = shown_page(fetch, state);
    ask.partial = settings->paging.kind == URL_PAGES_COUNT || settings->paging.kind == URL_PAGES_OFFSET;
    enum status status = url_client_ask(&state->client, &ask, &state->page, fetch->arena, reply, error);
    if (status || reply->unchanged)
        return status;
    return pagination_answer(&state->chain, &state->page, reply, error);
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
        state->chain.number = (int64_t)i + 1;
        enum status status = ask_page(fetch, state, &pages[i], &reply, error);
        if (status == STATUS_FATAL || (fetch->stop && *fetch->stop))
            return status;
        if (status == STATUS_OK && reply.unchanged && i + 1 == count)
            return STATUS_END;
        if (status == STATUS_OK && reply.unchanged)
            continue;
        *ready = !i && status == STATUS_OK && !reply.empty;
        break;
    }
    struct pagination_page first = state->chain.page;
    struct page_fact fact = state->chain.fact;
    struct text follow = state->chain.follow;
    bool number = state->chain.follow_number, stranger = state->chain.follow_stranger;
    pagination_begin(&state->chain, fetch->settings, fetch->listing, fetch->arena);
    if (*ready) {
        state->chain.page = first;
        state->chain.fact = fact;
        state->chain.follow = follow;
        state->chain.follow_number = number;
        state->chain.follow_stranger = stranger;
    }
    return STATUS_OK;
}

static enum status end_walk(struct fetch *fetch, struct url_state *state)
{
    const struct url_settings *settings = fetch->settings;
    fetch->whole = !state->incomplete && !fetch->listing->broken;
    fetch->remember = fetch->whole && settings->conditional ? pagination_remember(&state->chain) : TEXT_NONE;
    fetch->repeats = state->chain.walk.repeats;
    fetch->confirming = state->chain.walk.confirming;
    fetch->may_walk_again =
        settings->paging.kind != URL_PAGES_NONE && settings->paging.again && !state->walked_again;
    return STATUS_END;
}

static bool is_fresh(const struct fetch *fetch)
{
    const struct url_settings *settings = fetch->settings;
    int64_t age = fetch->clock->now(fetch->clock) - fetch->read_at;
    return settings->conditional && fetch->remembered.length && age >= 0 && age < settings->reread;
}

/* What a page came to that gives no document. STATUS_OK: the walk goes on. */
static enum status judge_failure(struct fetch *fetch, struct url_state *state, enum status status,
                                 const struct url_reply *reply, struct error *error)
{
    enum page_kind kind = PAGE_LOST;
    bool linked = state->chain.walk.kind == WALK_SINGLE || state->chain.walk.kind == WALK_LINK;
    if (status == STATUS_FATAL || (fetch->stop && *fetch->stop))
        return status;
    if (status == STATUS_REJECT && reply->behind && state->chain.walk.asked && !linked)
        kind = PAGE_BEHIND;
    else
        listing_doubt(fetch->listing, true, error);
    return pagination_take(&state->chain, kind, 0, NULL) ? STATUS_OK : end_walk(fetch, state);
}

/* The next page into state->page; `given` records with these keys were in the one before. */
static enum status next_page(struct fetch *fetch, struct url_state *state, int64_t given,
                             const uint64_t *keys, bool broken, bool nothing, struct error *error)
{
    bool ready = false;
    bool first = !state->recalled;
    state->recalled = true;
    if (first && is_fresh(fetch)) {
        enum status status = ask_for_changes(fetch, state, &ready, error);
        if (status == STATUS_END)
            fetch->unchanged = fetch->whole = true;
        if (status || ready) {
            state->given_out = true;
            return status;
        }
    }
    if (state->given_out) {
        enum page_kind kind = broken ? PAGE_LOST : nothing ? PAGE_NOTHING : PAGE_LIST;
        state->given_out = false;
        if (!pagination_take(&state->chain, kind, given, keys))
            return end_walk(fetch, state);
    }
    for (;;) {
        struct url_reply reply;
        enum status status = ask_page(fetch, state, NULL, &reply, error);
        if (status == STATUS_OK && !reply.empty) {
            state->given_out = true;
            return STATUS_OK;
        }
        if (status != STATUS_OK) {
            status = judge_failure(fetch, state, status, &reply, error);
            if (status)
                return status;
        } else if (!pagination_take(&state->chain, PAGE_NOTHING, 0, NULL)) {
            return end_walk(fetch, state);
        }
    }
}

static void give(struct url_state *state, struct spool_file *content, const char *name,
                 struct document *document)
{
    *document = (struct document){ .name = name };
    spool_file_stream(content, name, &document->stream);
    spool_file_path(content, state->path);
    document->path = state->path;
    document->spool = content;
}

static enum status again_url(struct fetch *fetch, struct error *error)
{
    struct url_state *state = fetch->user_data;
    (void)error;
    end_listing(state);
    pagination_begin(&state->chain, fetch->settings, fetch->listing, fetch->arena);
    state->walked_again = true;
    state->given_out = state->incomplete = false;
    return STATUS_OK;
}

/* ---- details ---- */

static void begin_listing(struct fetch *fetch, struct url_state *state)
{
    const struct url_settings *settings = fetch->settings;
    spool_file_stream(&state->page, settings->shown, &state->stream);
    json_splitter_open(&state->items, &state->stream, &settings->items, ITEM_LIMIT);
    state->items.null_is_empty = settings->wanted.given;
    state->listing = true;
    state->item_count = 0;
}

static void add_key(struct url_state *state, struct text item)
{
    struct digest digest = crypto_sha256(item);
    if (state->item_count == state->key_capacity)
        state->keys = memory_grow(state->keys, (size_t)(state->key_capacity = state->key_capacity * 2 + 128),
                                  sizeof *state->keys);
    uint64_t key;
    memcpy(&key, digest.bytes, sizeof key);
    state->keys[state->item_count++] = key | 1;
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
            add_key(state, bytes);
            status = json_parse(&state->item_arena, bytes, item, error);
            if (status == STATUS_OK)
                return STATUS_OK;
        }
        bool broken = status != STATUS_END, nothing = state->listing && state->items.nothing;
        if (broken) {
            if (status == STATUS_FATAL)
                return status;
            (void)error_add(error, "%s", shown_page(fetch, state));
            listing_doubt(fetch->listing, true, error);
        }
        end_listing(state);
        status = next_page(fetch, state, state->item_count, state->keys, broken, nothing, error);
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

/* The listing names the item, so an answer without a record does not say that there is none. */
static void judge_detail(struct fetch *fetch, struct url_state *state)
{
    struct error reason;
    if (!state->answered || fetch->given || fetch->broken)
        return;
    state->incomplete = true;
    (void)error_set(&reason, STATUS_STOP, _("%s: the listing has it, and its answer holds no record"),
                    state->answered);
    listing_doubt(fetch->listing, true, &reason);
}

static enum status next_detail(struct fetch *fetch, struct url_state *state, struct document *document,
                               struct error *error)
{
    const struct url_settings *settings = fetch->settings;
    judge_detail(fetch, state);
    state->answered = NULL;
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
            state->answered = ask.shown;
            give(state, &state->detail, ask.shown, document);
            return STATUS_OK;
        }
        if (status == STATUS_FATAL || (fetch->stop && *fetch->stop))
            return status;
        /* One that went between the listing and now is no reason to leave the others; a server that is down, one
         * after three. */
        state->incomplete = true;
        listing_doubt(fetch->listing, true, error);
        state->lacking += status == STATUS_REJECT ? 1 : LACKING_MAX / 2;
        if (state->lacking > LACKING_MAX)
            return error->status = STATUS_STOP;
    }
}

static enum status next_url(struct fetch *fetch, struct document *document, struct error *error)
{
    struct url_state *state = fetch->user_data;
    const struct url_settings *settings = fetch->settings;
    if (settings->has_detail)
        return next_detail(fetch, state, document, error);
    enum status status =
        next_page(fetch, state, fetch->given, fetch->keys, fetch->broken, fetch->nothing, error);
    if (status == STATUS_OK)
        give(state, &state->page, shown_page(fetch, state), document);
    if (status == STATUS_OK)
        document->null_is_empty = settings->wanted.given;
    return status;
}

static void list_files(const struct fetch *fetch, void (*add)(void *user_data, const char *path),
                       void *user_data)
{
    static const char file[] = "file://";
    const struct url_settings *settings = fetch->settings;
    const char *home = getenv("HOME");
    const char *const paths[] = { settings->ca, settings->credentials.certificate, settings->credentials.key,
                                  settings->known_hosts };
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        if (paths[i])
            add(user_data, paths[i]);
    if (!settings->known_hosts && home)
        add(user_data, text_format(fetch->arena, "%s/.ssh/known_hosts", home).bytes);
    /* As a template it names no file; libcurl reads what stands between percent signs. */
    if (!strncmp(settings->url, file, strlen(file)))
        add(user_data, file_folder(fetch->arena, settings->url + strlen(file)));
}

/* One request, and the wait before it. */
static int64_t silence(const struct fetch *fetch)
{
    const struct url_settings *settings = fetch->settings;
    return settings->timeout + settings->pause + settings->backoff.most;
}

const struct fetch_driver fetch_url = {
    .name = "url",
    .settings = url_settings_table,
    .setting_count = URL_SETTINGS,
    .size = sizeof(struct url_settings),
    .check = url_settings_check,
    .open = open_url,
    .next = next_url,
    .again = again_url,
    .close = close_url,
    .reads = list_files,
    .silence = silence,
};
