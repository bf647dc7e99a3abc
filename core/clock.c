#include "core/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "core/date.h"

#define DAY_MS    INT64_C(86400000)
#define MINUTE_MS INT64_C(60000)

static int64_t system_now(struct clock *clock)
{
    (void)clock;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t system_ticks(struct clock *clock)
{
    (void)clock;
    return clock_steady_ns() / 1000;
}

int64_t clock_steady_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t clock_steady_ms(void)
{
    return clock_steady_ns() / 1000000;
}

struct timespec clock_after(int64_t milliseconds)
{
    struct timespec moment;
    clock_gettime(CLOCK_REALTIME, &moment);
    moment.tv_sec += milliseconds / 1000;
    moment.tv_nsec += milliseconds % 1000 * 1000000;
    moment.tv_sec += moment.tv_nsec / 1000000000;
    moment.tv_nsec %= 1000000000;
    return moment;
}

/* Not taken up again after a signal: whoever waits must get to see that the run is to end. */
static void system_sleep(struct clock *clock, int64_t milliseconds)
{
    (void)clock;
    if (milliseconds <= 0)
        return;
    struct timespec length = { .tv_sec = milliseconds / 1000,
                               .tv_nsec = (long)(milliseconds % 1000) * 1000000 };
    nanosleep(&length, NULL);
}

static uint64_t system_random(struct clock *clock)
{
    (void)clock;
    uint64_t number;
    ssize_t got;
    do
        got = getrandom(&number, sizeof number, 0);
    while (got < 0 && errno == EINTR);
    if (got != (ssize_t)sizeof number)
        abort(); /* keys made of anything else could meet */
    return number;
}

struct clock *clock_system(void)
{
    static struct clock clock = { system_now, system_ticks, system_sleep, system_random };
    return &clock;
}

struct moment {
    struct date date;
    int hour, minute, second, millisecond;
};

static struct moment moment_of(int64_t milliseconds)
{
    const int64_t first = INT64_C(-62135596800000), last = INT64_C(253402300799999);
    if (milliseconds < first)
        milliseconds = first;
    if (milliseconds > last)
        milliseconds = last;
    int64_t days = milliseconds / DAY_MS - (milliseconds % DAY_MS < 0);
    int rest = (int)(milliseconds - days * DAY_MS);
    return (struct moment){ .date = date_from_days(days),
                            .hour = rest / 3600000,
                            .minute = rest / 60000 % 60,
                            .second = rest / 1000 % 60,
                            .millisecond = rest % 1000 };
}

static struct moment local_moment_of(int64_t milliseconds)
{
    int64_t local;
    if (__builtin_add_overflow(milliseconds, DATE_ZONE_MINUTES * MINUTE_MS, &local))
        local = INT64_MAX;
    return moment_of(local);
}

static void put_two(char *text, int number)
{
    text[0] = (char)('0' + number / 10);
    text[1] = (char)('0' + number % 10);
}

/* "yyyy-mm-dd?hh:mm:ss", 19 bytes. */
static void put_moment(char *text, const struct moment *moment, char between)
{
    date_write(moment->date, text);
    text[10] = between;
    put_two(text + 11, moment->hour);
    text[13] = ':';
    put_two(text + 14, moment->minute);
    text[16] = ':';
    put_two(text + 17, moment->second);
}

void clock_format(int64_t milliseconds, char text[CLOCK_TEXT])
{
    struct moment moment = moment_of(milliseconds);
    put_moment(text, &moment, 'T');
    text[19] = '.';
    text[20] = (char)('0' + moment.millisecond / 100);
    put_two(text + 21, moment.millisecond % 100);
    memcpy(text + 23, "Z", 2);
}

void clock_format_local(int64_t milliseconds, char text[32])
{
    struct moment moment = local_moment_of(milliseconds);
    put_moment(text, &moment, ' ');
    memcpy(text + 19, " +07", 5);
}

void clock_format_date(int64_t milliseconds, char text[11])
{
    date_write(local_moment_of(milliseconds).date, text);
}

/* Two digits at `at` and, where it is not NUL, the byte behind them. */
static bool read_two(struct text text, size_t at, int highest, char behind, int *number)
{
    if (text.length < at + 2 + (behind != 0))
        return false;
    const char *digits = text.bytes + at;
    if (digits[0] < '0' || digits[0] > '9' || digits[1] < '0' || digits[1] > '9' ||
        (behind && digits[2] != behind))
        return false;
    *number = (digits[0] - '0') * 10 + digits[1] - '0';
    return *number <= highest;
}

int clock_parse(struct text text, int64_t *milliseconds)
{
    struct date date;
    int hour, minute, second, fraction = 0, offset_hours = 0, offset_minutes = 0;
    if (!date_read(text_slice(text, 0, 10), &date) || text.length < 20 || (text.bytes[10] | 0x20) != 't' ||
        !read_two(text, 11, 23, ':', &hour) || !read_two(text, 14, 59, ':', &minute) ||
        !read_two(text, 17, 60, 0, &second))
        return 0;
    size_t at = 19;
    if (text.bytes[at] == '.') {
        size_t from = ++at;
        for (int weight = 100; at < text.length && text.bytes[at] >= '0' && text.bytes[at] <= '9';
             weight /= 10)
            fraction += (text.bytes[at++] - '0') * weight;
        if (at == from)
            return 0;
    }
    if (at >= text.length)
        return 0;
    char zone = text.bytes[at++];
    if (zone == '+' || zone == '-') {
        if (!read_two(text, at, 23, ':', &offset_hours) || !read_two(text, at + 3, 59, 0, &offset_minutes))
            return 0;
        at += 5;
    } else if ((zone | 0x20) != 'z') {
        return 0;
    }
    if (at != text.length)
        return 0;
    int offset = (offset_hours * 60 + offset_minutes) * (zone == '-' ? -1 : 1);
    *milliseconds = date_days(date) * DAY_MS + ((int64_t)hour * 60 + minute - offset) * MINUTE_MS +
                    (int64_t)second * 1000 + fraction;
    return 1;
}
