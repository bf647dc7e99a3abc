#include "tests/support/portal_simulator_timer.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "core/memory.h"

struct alarm {
    int64_t at; /* microseconds, monotonic */
    void *what;
};

struct simulator_timer {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct alarm *heap; /* the earliest first */
    size_t count, capacity;
    bool closing, ended;
    void (*ring)(void *what);
};

static int64_t monotonic(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void push(struct simulator_timer *timer, struct alarm alarm)
{
    if (timer->count == timer->capacity) {
        timer->capacity = timer->capacity ? timer->capacity * 2 : 64;
        timer->heap = memory_grow(timer->heap, timer->capacity, sizeof *timer->heap);
    }
    size_t at = timer->count++;
    while (at > 0 && timer->heap[(at - 1) / 2].at > alarm.at) {
        timer->heap[at] = timer->heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    timer->heap[at] = alarm;
}

static struct alarm pop(struct simulator_timer *timer)
{
    struct alarm first = timer->heap[0];
    struct alarm last = timer->heap[--timer->count];
    size_t at = 0;
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= timer->count)
            break;
        if (child + 1 < timer->count && timer->heap[child + 1].at < timer->heap[child].at)
            child++;
        if (timer->heap[child].at >= last.at)
            break;
        timer->heap[at] = timer->heap[child];
        at = child;
    }
    timer->heap[at] = last;
    return first;
}

static void *timer_run(void *user_data)
{
    struct simulator_timer *timer = user_data;
    pthread_mutex_lock(&timer->lock);
    while (!timer->ended) {
        if (timer->count == 0) {
            pthread_cond_wait(&timer->changed, &timer->lock);
            continue;
        }
        int64_t at = timer->heap[0].at;
        if (at > monotonic()) {
            struct timespec until = { .tv_sec = at / 1000000, .tv_nsec = at % 1000000 * 1000 };
            pthread_cond_timedwait(&timer->changed, &timer->lock, &until);
            continue;
        }
        /* Rung under the lock: closing must not overtake an alarm that is on its way. */
        timer->ring(pop(timer).what);
    }
    pthread_mutex_unlock(&timer->lock);
    return NULL;
}

struct simulator_timer *simulator_timer_open(void (*ring)(void *what))
{
    struct simulator_timer *timer = memory_new(struct simulator_timer);
    timer->ring = ring;
    pthread_mutex_init(&timer->lock, NULL);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&timer->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    if (pthread_create(&timer->thread, NULL, timer_run, timer) != 0)
        abort();
    return timer;
}

bool simulator_timer_set(struct simulator_timer *timer, int64_t milliseconds, void *what)
{
    struct alarm alarm = { monotonic() + milliseconds * 1000, what };
    pthread_mutex_lock(&timer->lock);
    bool open = !timer->closing;
    if (open) {
        push(timer, alarm);
        if (timer->heap[0].what == what)
            pthread_cond_signal(&timer->changed);
    }
    pthread_mutex_unlock(&timer->lock);
    return open;
}

bool simulator_timer_closing(struct simulator_timer *timer)
{
    pthread_mutex_lock(&timer->lock);
    bool closing = timer->closing;
    pthread_mutex_unlock(&timer->lock);
    return closing;
}

void simulator_timer_ring_all(struct simulator_timer *timer)
{
    pthread_mutex_lock(&timer->lock);
    timer->closing = true;
    while (timer->count > 0)
        timer->ring(pop(timer).what);
    pthread_mutex_unlock(&timer->lock);
}

void simulator_timer_close(struct simulator_timer *timer)
{
    simulator_timer_ring_all(timer);
    pthread_mutex_lock(&timer->lock);
    timer->ended = true;
    pthread_cond_signal(&timer->changed);
    pthread_mutex_unlock(&timer->lock);
    pthread_join(timer->thread, NULL);
    pthread_cond_destroy(&timer->changed);
    pthread_mutex_destroy(&timer->lock);
    free(timer->heap);
    free(timer);
}
