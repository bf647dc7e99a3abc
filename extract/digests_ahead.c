#include "extract/digests_ahead.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/memory.h"
#include "extract/fetch.h"
#include "extract/listing_memory.h"
#include "store/source_state.h"

#define FILES 16384 /* whose digests are kept; the others are read by who asks */
#define NEAR  64    /* how far behind the last one that was found the next is sought */
#define TICK  100   /* milliseconds between two looks for a signal */

struct known {
    const char *path;
    struct file_state state;
    struct digest digest;
};

struct digests_ahead {
    struct arena arena;
    struct fetch *fetches;
    int64_t *patience;
    size_t count;
    struct known *known;
    size_t known_count, at;
    volatile sig_atomic_t stop;
    const volatile sig_atomic_t *asked_to_stop;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t end;
    bool ended;
};

static void *run(void *argument)
{
    struct digests_ahead *ahead = argument;
    struct error ignored; /* it is said by who reads the source */
    for (size_t i = 0; i < ahead->count && !ahead->stop; i++) {
        struct fetch *fetch = &ahead->fetches[i];
        (void)fetch->driver->open(fetch, &ignored);
        fetch->driver->close(fetch);
    }
    pthread_mutex_lock(&ahead->lock);
    ahead->ended = true;
    pthread_cond_signal(&ahead->end);
    pthread_mutex_unlock(&ahead->lock);
    return NULL;
}

/* Only where the last listing was whole and plain can the next one be the same. */
static bool may_be_the_same(struct digests_ahead *ahead, struct store *store, const struct source *source,
                            struct fetch *fetch)
{
    struct error ignored;
    struct text state;
    struct listing_memory memory;
    if (!fetch->driver->files || source_state_get(store, &ahead->arena, source->name, &state, &ignored))
        return false;
    listing_memory_read(state, &ahead->arena, &memory);
    fetch->remembered = memory.plain ? memory.validators : TEXT_NONE;
    return fetch->remembered.length;
}

static bool is_worth_it(struct digests_ahead *ahead, struct store *store,
                        const struct extract_request *request, const struct source *source,
                        struct fetch *fetch)
{
    struct error ignored;
    if (fetch_prepare(&ahead->arena, request->context, request->folder, source, fetch, &ignored))
        return false;
    if (!may_be_the_same(ahead, store, source, fetch)) {
        if (fetch->driver->close)
            fetch->driver->close(fetch);
        return false;
    }
    if (request->clock)
        fetch->clock = request->clock;
    fetch->patience = ahead->patience; /* none: what still moves is read later */
    fetch->stop = &ahead->stop;
    fetch->ahead = ahead;
    fetch->looks_ahead = true;
    return true;
}

struct digests_ahead *digests_ahead_open(struct store *store, const struct extract_request *request)
{
    if (request->anew || request->code_count || store_version(store) != STORE_VERSION)
        return NULL;
    struct digests_ahead *ahead = memory_new(struct digests_ahead);
    ahead->asked_to_stop = request->stop;
    ahead->fetches = arena_array(&ahead->arena, struct fetch, request->source_count + 1);
    ahead->patience = arena_new(&ahead->arena, int64_t);
    for (size_t i = 0; i < request->source_count; i++)
        ahead->count +=
            extract_wants(request, &request->sources[i]) &&
            is_worth_it(ahead, store, request, &request->sources[i], &ahead->fetches[ahead->count]);
    if (ahead->count)
        ahead->known = memory_take_zeroed(FILES, sizeof *ahead->known);
    pthread_mutex_init(&ahead->lock, NULL);
    pthread_cond_init(&ahead->end, NULL);
    if (ahead->count && !pthread_create(&ahead->thread, NULL, run, ahead))
        return ahead;
    ahead->count = 0;
    digests_ahead_close(ahead);
    return NULL;
}

void digests_ahead_close(struct digests_ahead *ahead)
{
    if (!ahead)
        return;
    ahead->stop = 1;
    if (ahead->count)
        pthread_join(ahead->thread, NULL);
    pthread_mutex_destroy(&ahead->lock);
    pthread_cond_destroy(&ahead->end);
    free(ahead->known);
    arena_free(&ahead->arena);
    free(ahead);
}

static void wait_for(struct digests_ahead *ahead)
{
    pthread_mutex_lock(&ahead->lock);
    while (!ahead->ended && !ahead->stop) {
        struct timespec late = clock_after(TICK);
        pthread_cond_timedwait(&ahead->end, &ahead->lock, &late);
        ahead->stop = ahead->asked_to_stop && *ahead->asked_to_stop;
    }
    pthread_mutex_unlock(&ahead->lock);
}

bool digests_ahead_find(struct digests_ahead *ahead, const char *path, const struct file_state *state,
                        struct digest *digest)
{
    wait_for(ahead);
    if (!ahead->ended)
        return false;
    for (size_t i = ahead->at; i < ahead->known_count && i < ahead->at + NEAR; i++) {
        const struct known *known = &ahead->known[i];
        if (strcmp(known->path, path) != 0)
            continue;
        ahead->at = i + 1;
        *digest = known->digest;
        return file_state_equal(&known->state, state);
    }
    return false;
}

void digests_ahead_put(struct digests_ahead *ahead, const char *path, const struct file_state *state,
                       const struct digest *digest)
{
    if (ahead->known_count < FILES)
        ahead->known[ahead->known_count++] = (struct known){ path, *state, *digest };
}
