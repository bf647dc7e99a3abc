/* Alarms: a thread that calls back when a moment has come. */
#ifndef TESTS_SUPPORT_PORTAL_SIMULATOR_TIMER_H
#define TESTS_SUPPORT_PORTAL_SIMULATOR_TIMER_H

#include <stdbool.h>
#include <stdint.h>

struct simulator_timer;

struct simulator_timer *simulator_timer_open(void (*ring)(void *what));
/* False once the timer is being closed: nothing will ring any more. */
bool simulator_timer_set(struct simulator_timer *timer, int64_t milliseconds, void *what);
bool simulator_timer_closing(struct simulator_timer *timer);
void simulator_timer_ring_all(struct simulator_timer *timer); /* rings what is set, now, and refuses more */
void simulator_timer_close(struct simulator_timer *timer);

#endif
