#include "console/recent.h"

#include <pthread.h>
#include <stdlib.h>

#include "core/memory.h"

struct made {
    struct buffer address, body;
    const char *type; /* never freed */
    unsigned refresh;
    int64_t at; /* 0: no page */
};

struct recent {
    pthread_mutex_t mutex;
    struct made pages[RECENT_PAGES];
};

struct recent *recent_open(void)
{
    struct recent *recent = memory_new(struct recent);
    pthread_mutex_init(&recent->mutex, NULL);
    return recent;
}

static void forget(struct made *page)
{
    buffer_free(&page->address);
    buffer_free(&page->body);
    *page = (struct made){ 0 };
}

void recent_close(struct recent *recent)
{
    if (!recent)
        return;
    for (size_t i = 0; i < RECENT_PAGES; i++)
        forget(&recent->pages[i]);
    pthread_mutex_destroy(&recent->mutex);
    free(recent);
}

static void put_part(struct buffer *address, struct text part)
{
    buffer_printf(address, "%zu:", part.length);
    buffer_text(address, part);
}

static void put_parameter(void *user_data, struct text name, struct text value)
{
    put_part(user_data, name);
    put_part(user_data, value);
}

/* Lengths stand before the parts: nothing in one can look like another. */
static void put_address(const struct http_server_request *request, struct buffer *address)
{
    put_part(address, request->path);
    http_server_parameters(request, put_parameter, address);
}

bool recent_get(struct recent *recent, const struct http_server_request *request, int64_t now,
                struct http_server_answer *answer)
{
    BUFFER_OWNED struct buffer address = { 0 };
    bool found = false;
    put_address(request, &address);
    pthread_mutex_lock(&recent->mutex);
    for (size_t i = 0; i < RECENT_PAGES && !found; i++) {
        struct made *page = &recent->pages[i];
        if (page->at && now - page->at >= RECENT_MS)
            forget(page);
        found = page->at && text_equal(buffer_view(&page->address), buffer_view(&address));
        if (!found)
            continue;
        buffer_text(&answer->body, buffer_view(&page->body));
        answer->status = 200;
        answer->type = page->type;
        answer->refresh = page->refresh;
    }
    pthread_mutex_unlock(&recent->mutex);
    return found;
}

void recent_put(struct recent *recent, const struct http_server_request *request, int64_t now,
                const struct http_server_answer *answer)
{
    BUFFER_OWNED struct buffer address = { 0 };
    if (answer->status != 200 || answer->file_name || answer->location || !answer->body.length ||
        answer->body.length > RECENT_BYTES)
        return;
    put_address(request, &address);
    pthread_mutex_lock(&recent->mutex);
    struct made *page = &recent->pages[0]; /* in the place of the same, or of the oldest */
    for (size_t i = 0; i < RECENT_PAGES; i++) {
        struct made *one = &recent->pages[i];
        bool same = one->at && text_equal(buffer_view(&one->address), buffer_view(&address));
        if (same || one->at < page->at)
            page = one;
        if (same)
            break;
    }
    forget(page);
    buffer_text(&page->address, buffer_view(&address));
    buffer_text(&page->body, buffer_view(&answer->body));
    page->type = answer->type;
    page->refresh = answer->refresh;
    page->at = now;
    pthread_mutex_unlock(&recent->mutex);
}
