/* Threads for work that is only computing: a batch of items is handed out, the caller goes on (or waits).
 *
 * Threads touch nothing but the items they were given; the store, the network and the terminal belong to the
 * caller's thread. One batch at a time: thread_pool_start, then thread_pool_wait.
 */
#ifndef CORE_THREAD_POOL_H
#define CORE_THREAD_POOL_H

#include <stddef.h>

struct thread_pool;

/* `count` threads; 0: as many as the machine has processors, at most 8. */
struct thread_pool *thread_pool_open(unsigned count);
void thread_pool_close(struct thread_pool *thread_pool);
unsigned
thread_pool_count(const struct thread_pool *thread_pool); /* 1 when none could be had: the caller works */

/* Calls work(own, index, thread) for index 0 … items-1, in any order, thread below thread_pool_count. Returns at
 * once. */
void thread_pool_start(struct thread_pool *thread_pool,
                       void (*work)(void *user_data, size_t index, unsigned thread), void *user_data,
                       size_t items);
void thread_pool_wait(struct thread_pool *thread_pool);

#endif
