#include "console/follower.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "console/verifier.h"
#include "core/memory.h"

#define NICENESS 10
#define CODES    64 /* of one snapshot */

struct follower {
    const struct console_settings *settings;
    struct report_memory *memory;
    pthread_t thread;
    bool threaded, closing;
    pthread_mutex_t mutex;
    pthread_cond_t end;
};

static bool is_closing(struct follower *follower)
{
    pthread_mutex_lock(&follower->mutex);
    bool closing = follower->closing;
    pthread_mutex_unlock(&follower->mutex);
    return closing;
}

static void wait_a_second(struct follower *follower)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec++;
    pthread_mutex_lock(&follower->mutex);
    if (!follower->closing)
        pthread_cond_timedwait(&follower->end, &follower->mutex, &until);
    pthread_mutex_unlock(&follower->mutex);
}

/* What fails here is told by the page that asks for it. */
static void follow(struct follower *follower)
{
    struct store *store;
    struct error ignored;
    enum status status = STATUS_OK;
    if (follower->settings->open(follower->settings->user_data, STORE_READ, &store, &ignored))
        return;
    while (!status && !is_closing(follower)) {
        status = store_snapshot_begin(store, &ignored);
        if (status)
            break;
        status = report_memory_follow(follower->memory, store, CODES, &ignored);
        store_snapshot_end(store);
    }
    store_close(store);
}

static void *work(void *user_data)
{
    struct follower *follower = user_data;
    const char *path = follower->settings->store;
    struct verifier_files before = { 0 }, followed = { 0 };
    (void)setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), NICENESS);
    for (bool first = true; !is_closing(follower); first = false) {
        struct verifier_files now = verifier_look_at_files(path);
        if ((first || verifier_same_files(&now, &before)) && !verifier_same_files(&now, &followed)) {
            follow(follower);
            followed = now;
        }
        before = now;
        wait_a_second(follower);
    }
    return NULL;
}

enum status follower_open(const struct console_settings *settings, struct report_memory *memory,
                          struct follower **follower, struct error *error)
{
    struct follower *made = memory_new(struct follower);
    made->settings = settings;
    made->memory = memory;
    pthread_mutex_init(&made->mutex, NULL);
    pthread_cond_init(&made->end, NULL);
    made->threaded = !pthread_create(&made->thread, NULL, work, made);
    if (!made->threaded) {
        follower_close(made);
        return error_set(error, STATUS_STOP, _("reports cannot follow the ledger: no thread is to be had"));
    }
    *follower = made;
    return STATUS_OK;
}

void follower_close(struct follower *follower)
{
    if (!follower)
        return;
    pthread_mutex_lock(&follower->mutex);
    follower->closing = true;
    pthread_cond_broadcast(&follower->end);
    pthread_mutex_unlock(&follower->mutex);
    if (follower->threaded)
        pthread_join(follower->thread, NULL);
    pthread_cond_destroy(&follower->end);
    pthread_mutex_destroy(&follower->mutex);
    free(follower);
}
