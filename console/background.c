#include "console/background.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/memory.h"

#define NICENESS 10 /* readers and the night come first */

struct background {
    struct background_task tasks[BACKGROUND_TASKS];
    pthread_t thread;
    bool threaded, closing, woken;
    pthread_mutex_t mutex;
    pthread_cond_t awake;
};

static void wait_a_second(struct background *background)
{
    struct timespec until = clock_after(1000);
    pthread_mutex_lock(&background->mutex);
    if (!background->closing && !background->woken)
        pthread_cond_timedwait(&background->awake, &background->mutex, &until);
    background->woken = false;
    pthread_mutex_unlock(&background->mutex);
}

static void *work(void *user_data)
{
    struct background *background = user_data;
    (void)setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), NICENESS);
    while (!background_is_closing(background)) {
        bool any = false;
        for (size_t i = 0; i < BACKGROUND_TASKS; i++)
            any = background->tasks[i].work(background->tasks[i].user_data, background) || any;
        if (!any)
            wait_a_second(background);
    }
    return NULL;
}

enum status background_open(const struct background_task tasks[BACKGROUND_TASKS],
                            struct background **background, struct error *error)
{
    struct background *made = memory_new(struct background);
    memcpy(made->tasks, tasks, sizeof made->tasks);
    pthread_mutex_init(&made->mutex, NULL);
    pthread_cond_init(&made->awake, NULL);
    made->threaded = !pthread_create(&made->thread, NULL, work, made);
    if (!made->threaded) {
        background_close(made);
        return error_set(error, STATUS_STOP, _("no thread is to be had for the verification of the ledger"));
    }
    *background = made;
    return STATUS_OK;
}

void background_wake(struct background *background)
{
    pthread_mutex_lock(&background->mutex);
    background->woken = true;
    pthread_cond_signal(&background->awake);
    pthread_mutex_unlock(&background->mutex);
}

bool background_is_closing(struct background *background)
{
    pthread_mutex_lock(&background->mutex);
    bool closing = background->closing;
    pthread_mutex_unlock(&background->mutex);
    return closing;
}

void background_close(struct background *background)
{
    if (!background)
        return;
    pthread_mutex_lock(&background->mutex);
    background->closing = true;
    pthread_cond_signal(&background->awake);
    pthread_mutex_unlock(&background->mutex);
    if (background->threaded)
        pthread_join(background->thread, NULL);
    pthread_cond_destroy(&background->awake);
    pthread_mutex_destroy(&background->mutex);
    free(background);
}
