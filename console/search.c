#include "console/search.h"

#include <pthread.h>
#include <stdlib.h>

#include "adapters/file.h"
#include "core/memory.h"
#include "store/search_index.h"

struct search {
    pthread_mutex_t mutex;
    struct buffer index;
};

struct search *search_open(void)
{
    struct search *search = memory_new(struct search);
    pthread_mutex_init(&search->mutex, NULL);
    return search;
}

void search_close(struct search *search)
{
    if (!search)
        return;
    buffer_free(&search->index);
    pthread_mutex_destroy(&search->mutex);
    free(search);
}

static enum status refresh(struct search *search, struct store *store, struct text root, struct arena *arena,
                           struct error *error)
{
    BUFFER_OWNED struct buffer path = { 0 };
    BUFFER_OWNED struct buffer made = { 0 };
    struct text beside = TEXT_NONE;
    struct error ignored;
    search_index_path(store, &path);
    if (file_exists(path.bytes) && file_read(arena, path.bytes, SEARCH_INDEX_BYTES, &beside, &ignored))
        beside = TEXT_NONE;
    if (search_index_is_of(beside, root))
        buffer_text(&made, beside);
    else if (search_index_make(store, beside, &made, error))
        return error->status;
    buffer_clear(&search->index);
    buffer_text(&search->index, buffer_view(&made));
    return STATUS_OK;
}

enum status search_find(struct search *search, struct store *store, struct text root, struct text question,
                        struct arena *arena, struct value **codes, struct error *error)
{
    enum status status = STATUS_OK;
    pthread_mutex_lock(&search->mutex);
    if (!search_index_is_of(buffer_view(&search->index), root))
        status = refresh(search, store, root, arena, error);
    if (!status)
        *codes = search_index_find(buffer_view(&search->index), question, arena);
    pthread_mutex_unlock(&search->mutex);
    return status;
}
