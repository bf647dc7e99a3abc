/* Threads for work that is only computing: a batch of items is handed out, the caller goes on (or waits).
 *
 * Threads touch nothing but the items they were given; the store, the network and the terminal belong to the
 * caller's thread. One batch at a time: workers_start, then workers_wait.
 */
#ifndef CORE_WORKERS_H
#define CORE_WORKERS_H

#include <stddef.h>

struct workers;

/* `count` threads; 0: as many as the machine has processors, at most 8. */
struct workers *workers_open(unsigned count);
void workers_close(struct workers *workers);
unsigned workers_count(const struct workers *workers); /* 1 when none could be had: the caller works */

/* Calls work(own, index, thread) for index 0 … items-1, in any order, thread below workers_count. Returns at
 * once. */
void workers_start(struct workers *workers, void (*work)(void *own, size_t index, unsigned thread), void *own,
                   size_t items);
void workers_wait(struct workers *workers);

#endif
