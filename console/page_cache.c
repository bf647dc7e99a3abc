#include "console/page_cache.h"

#include <pthread.h>
#include <stdlib.h>

#include "core/memory.h"

#define ENTRIES     64
#define ENTRY_BYTES ((size_t)4 << 20)

struct page_cache {
    pthread_mutex_t mutex;
    struct {
        struct buffer key, bytes;
    } entries[ENTRIES];
    size_t next; /* the oldest */
};

struct page_cache *page_cache_open(void)
{
    struct page_cache *cache = memory_new(struct page_cache);
    pthread_mutex_init(&cache->mutex, NULL);
    return cache;
}

void page_cache_close(struct page_cache *cache)
{
    if (!cache)
        return;
    for (size_t i = 0; i < ENTRIES; i++) {
        buffer_free(&cache->entries[i].key);
        buffer_free(&cache->entries[i].bytes);
    }
    pthread_mutex_destroy(&cache->mutex);
    free(cache);
}

bool page_cache_find(struct page_cache *cache, struct text key, struct buffer *out)
{
    bool found = false;
    pthread_mutex_lock(&cache->mutex);
    for (size_t i = 0; i < ENTRIES && !found; i++) {
        found = text_equal(buffer_view(&cache->entries[i].key), key);
        if (found)
            buffer_text(out, buffer_view(&cache->entries[i].bytes));
    }
    pthread_mutex_unlock(&cache->mutex);
    return found;
}

void page_cache_put(struct page_cache *cache, struct text key, struct text bytes)
{
    if (bytes.length > ENTRY_BYTES)
        return;
    pthread_mutex_lock(&cache->mutex);
    struct buffer *kept_key = &cache->entries[cache->next].key, *kept = &cache->entries[cache->next].bytes;
    cache->next = (cache->next + 1) % ENTRIES;
    buffer_free(kept_key);
    buffer_free(kept);
    *kept_key = *kept = (struct buffer){ 0 };
    buffer_text(kept_key, key);
    buffer_text(kept, bytes);
    pthread_mutex_unlock(&cache->mutex);
}
