#include "core/thread_pool.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/memory.h"

#define MOST 8

struct thread_pool {
    pthread_t threads[MOST];
    unsigned count;
    pthread_mutex_t lock;
    pthread_cond_t start, done;
    unsigned long batch; /* counts up with each start */
    unsigned busy;
    bool ending;
    void (*work)(void *user_data, size_t index, unsigned thread);
    void *user_data;
    size_t items;
    atomic_size_t next;
    atomic_uint numbers; /* hands each thread its number */
};

static void *run(void *argument)
{
    struct thread_pool *thread_pool = argument;
    unsigned thread = atomic_fetch_add(&thread_pool->numbers, 1);
    unsigned long seen = 0;
    pthread_mutex_lock(&thread_pool->lock);
    for (;;) {
        while (!thread_pool->ending && thread_pool->batch == seen)
            pthread_cond_wait(&thread_pool->start, &thread_pool->lock);
        if (thread_pool->ending)
            break;
        seen = thread_pool->batch;
        pthread_mutex_unlock(&thread_pool->lock);
        size_t index;
        while ((index = atomic_fetch_add(&thread_pool->next, 1)) < thread_pool->items)
            thread_pool->work(thread_pool->user_data, index, thread);
        pthread_mutex_lock(&thread_pool->lock);
        if (!--thread_pool->busy)
            pthread_cond_signal(&thread_pool->done);
    }
    pthread_mutex_unlock(&thread_pool->lock);
    return NULL;
}

struct thread_pool *thread_pool_open(unsigned count)
{
    struct thread_pool *thread_pool = memory_new(struct thread_pool);
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    sigset_t all, before;
    if (!count)
        count = processors < 1 ? 1 : processors > MOST ? MOST : (unsigned)processors;
    pthread_mutex_init(&thread_pool->lock, NULL);
    pthread_cond_init(&thread_pool->start, NULL);
    pthread_cond_init(&thread_pool->done, NULL);
    /* Signals are for the thread that acts on them. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (thread_pool->count < count && thread_pool->count < MOST &&
           !pthread_create(&thread_pool->threads[thread_pool->count], NULL, run, thread_pool))
        thread_pool->count++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return thread_pool;
}

void thread_pool_close(struct thread_pool *thread_pool)
{
    if (!thread_pool)
        return;
    pthread_mutex_lock(&thread_pool->lock);
    thread_pool->ending = true;
    pthread_cond_broadcast(&thread_pool->start);
    pthread_mutex_unlock(&thread_pool->lock);
    for (unsigned i = 0; i < thread_pool->count; i++)
        pthread_join(thread_pool->threads[i], NULL);
    pthread_mutex_destroy(&thread_pool->lock);
    pthread_cond_destroy(&thread_pool->start);
    pthread_cond_destroy(&thread_pool->done);
    free(thread_pool);
}

unsigned thread_pool_count(const struct thread_pool *thread_pool)
{
    return thread_pool->count ? thread_pool->count : 1;
}

void thread_pool_start(struct thread_pool *thread_pool,
                       void (*work)(void *user_data, size_t index, unsigned thread), void *user_data,
                       size_t items)
{
    /* Where no thread could be made, the caller does the work. */
    if (!thread_pool->count) {
        for (size_t i = 0; i < items; i++)
            work(user_data, i, 0);
        return;
    }
    pthread_mutex_lock(&thread_pool->lock);
    thread_pool->work = work;
    thread_pool->user_data = user_data;
    thread_pool->items = items;
    atomic_store(&thread_pool->next, 0);
    thread_pool->busy = thread_pool->count;
    thread_pool->batch++;
    pthread_cond_broadcast(&thread_pool->start);
    pthread_mutex_unlock(&thread_pool->lock);
}

void thread_pool_wait(struct thread_pool *thread_pool)
{
    pthread_mutex_lock(&thread_pool->lock);
    while (thread_pool->busy)
        pthread_cond_wait(&thread_pool->done, &thread_pool->lock);
    pthread_mutex_unlock(&thread_pool->lock);
}
