#include "console/search.h"

#include <pthread.h>
#include <stdlib.h>

#include "adapters/file.h"
#include "adapters/spool_file.h"
#include "core/memory.h"
#include "store/search_index.h"

struct search {
    pthread_mutex_t mutex;
    struct spool_file own; /* that was made here, in the temporary folder; closed: there was no need */
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
    spool_file_close(&search->own);
    pthread_mutex_destroy(&search->mutex);
    free(search);
}

static enum status make_own(struct search *search, struct store *store, struct error *error)
{
    spool_file_close(&search->own);
    return spool_file_open(&search->own, error) || search_index_make(store, &search->own, error)
               ? error->status
               : STATUS_OK;
}

/* What lies beside the store, else what was made here, else it is made: of each no more than this request is in memory. */
static enum status read_index(struct search *search, struct store *store, struct text root,
                              struct arena *arena, struct text *index, struct error *error)
{
    BUFFER_OWNED struct buffer path = { 0 };
    struct error ignored;
    search_index_path(store, &path);
    if (file_exists(path.bytes) && !file_read(arena, path.bytes, SEARCH_INDEX_BYTES, index, &ignored) &&
        search_index_is_of(*index, root))
        return STATUS_OK;
    for (int again = 0; again < 2; again++) {
        if (search->own.open && spool_file_start(&search->own, arena, SEARCH_INDEX_BYTES, index, error))
            return error->status;
        if (search->own.open && (again || search_index_is_of(*index, root)))
            break;
        if (make_own(search, store, error))
            return error->status;
    }
    return STATUS_OK;
}

enum status search_find(struct search *search, struct store *store, struct text root, struct text question,
                        struct arena *arena, struct value **codes, struct error *error)
{
    ARENA_OWNED struct arena read = { 0 };
    struct text index;
    pthread_mutex_lock(&search->mutex);
    enum status status = read_index(search, store, root, &read, &index, error);
    pthread_mutex_unlock(&search->mutex);
    if (!status)
        *codes = search_index_find(index, question, arena);
    return status;
}
