#include "core/workers.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/memory.h"

#define MOST 8

struct workers {
    pthread_t threads[MOST];
    unsigned count;
    pthread_mutex_t lock;
    pthread_cond_t start, done;
    unsigned long batch; /* counts up with each start */
    unsigned busy;
    bool ending;
    void (*work)(void *own, size_t index, unsigned thread);
    void *own;
    size_t items;
    atomic_size_t next;
    atomic_uint numbers; /* hands each thread its number */
};

static void *run(void *argument)
{
    struct workers *workers = argument;
    unsigned thread = atomic_fetch_add(&workers->numbers, 1);
    unsigned long seen = 0;
    pthread_mutex_lock(&workers->lock);
    for (;;) {
        while (!workers->ending && workers->batch == seen)
            pthread_cond_wait(&workers->start, &workers->lock);
        if (workers->ending)
            break;
        seen = workers->batch;
        pthread_mutex_unlock(&workers->lock);
        size_t index;
        while ((index = atomic_fetch_add(&workers->next, 1)) < workers->items)
            workers->work(workers->own, index, thread);
        pthread_mutex_lock(&workers->lock);
        if (!--workers->busy)
            pthread_cond_signal(&workers->done);
    }
    pthread_mutex_unlock(&workers->lock);
    return NULL;
}

struct workers *workers_open(unsigned count)
{
    struct workers *workers = memory_new(struct workers);
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    sigset_t all, before;
    if (!count)
        count = processors < 1 ? 1 : processors > MOST ? MOST : (unsigned)processors;
    pthread_mutex_init(&workers->lock, NULL);
    pthread_cond_init(&workers->start, NULL);
    pthread_cond_init(&workers->done, NULL);
    /* Signals are for the thread that acts on them. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (workers->count < count && workers->count < MOST &&
           !pthread_create(&workers->threads[workers->count], NULL, run, workers))
        workers->count++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return workers;
}

void workers_close(struct workers *workers)
{
    if (!workers)
        return;
    pthread_mutex_lock(&workers->lock);
    workers->ending = true;
    pthread_cond_broadcast(&workers->start);
    pthread_mutex_unlock(&workers->lock);
    for (unsigned i = 0; i < workers->count; i++)
        pthread_join(workers->threads[i], NULL);
    pthread_mutex_destroy(&workers->lock);
    pthread_cond_destroy(&workers->start);
    pthread_cond_destroy(&workers->done);
    free(workers);
}

void workers_start(struct workers *workers, void (*work)(void *own, size_t index, unsigned thread), void *own,
                   size_t items)
{
    /* Where no thread could be made, the caller does the work. */
    if (!workers->count) {
        for (size_t i = 0; i < items; i++)
            work(own, i, 0);
        return;
    }
    pthread_mutex_lock(&workers->lock);
    workers->work = work;
    workers->own = own;
    workers->items = items;
    atomic_store(&workers->next, 0);
    workers->busy = workers->count;
    workers->batch++;
    pthread_cond_broadcast(&workers->start);
    pthread_mutex_unlock(&workers->lock);
}

void workers_wait(struct workers *workers)
{
    pthread_mutex_lock(&workers->lock);
    while (workers->busy)
        pthread_cond_wait(&workers->done, &workers->lock);
    pthread_mutex_unlock(&workers->lock);
}
