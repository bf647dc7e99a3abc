/* Time, sleep and chance come in by parameter, so that tests own them. */
#ifndef CORE_CLOCK_H
#define CORE_CLOCK_H

#include <stdint.h>
#include <time.h>

#include "core/text.h"

struct clock {
    int64_t (*now)(struct clock *clock);                      /* milliseconds since 1970, UTC */
    int64_t (*ticks)(struct clock *clock);                    /* microseconds that only go forward */
    void (*sleep)(struct clock *clock, int64_t milliseconds); /* a signal ends it early */
    uint64_t (*random)(struct clock *clock);
};

struct clock *clock_system(void);

/* The system's own, for who measures what something costs or gives up waiting: what only goes forward, and the moment so long
 * from now as pthread_cond_timedwait wants it. */
int64_t clock_steady_ns(void);
int64_t clock_steady_ms(void);
struct timespec clock_after(int64_t milliseconds);

#define CLOCK_TEXT 25                                           /* "2026-11-23T04:05:06.789Z" with its NUL */
void clock_format(int64_t milliseconds, char text[CLOCK_TEXT]); /* RFC 3339, UTC */
void clock_format_local(int64_t milliseconds,
                        char text[32]);                      /* "2026-11-23 11:05:06 +07": Asia/Ho_Chi_Minh */
void clock_format_date(int64_t milliseconds, char text[11]); /* the day in Vietnam, yyyy-mm-dd */
int clock_parse(struct text text, int64_t *milliseconds);    /* RFC 3339; 0 when it is none */
/* Moments outside the years 1 to 9999 are written as the nearest one inside. */

#endif
