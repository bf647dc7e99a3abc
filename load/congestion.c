#include "load/congestion.h"

#define FIRST_WINDOW 16
#define LEAST_DOWN   5
#define MOST_DOWN    16

void congestion_start(struct congestion *congestion, const struct backoff *retry, int64_t in_flight,
                      int64_t timeout)
{
    *congestion = (struct congestion){
        .retry = retry,
        .most = in_flight,
        .timeout = timeout,
        .window = (double)(in_flight < FIRST_WINDOW ? in_flight : FIRST_WINDOW),
        .searching = true,
        .unresponsive_epoch = 1,
        .rejecting_epoch = 1,
    };
}

static int64_t threshold(const struct congestion *congestion)
{
    return congestion->most < LEAST_DOWN  ? LEAST_DOWN
           : congestion->most < MOST_DOWN ? congestion->most
                                          : MOST_DOWN;
}

bool congestion_is_silent(const struct congestion *congestion)
{
    return congestion->silent >= threshold(congestion);
}

bool congestion_has_counted(const struct congestion *congestion, const struct congestion_mark *mark)
{
    return mark->unresponsive_epoch == congestion->unresponsive_epoch;
}

static bool is_barren(const struct congestion *congestion)
{
    return congestion->not_accepting >= threshold(congestion);
}

bool congestion_is_down(const struct congestion *congestion)
{
    return congestion_is_silent(congestion) || is_barren(congestion);
}

bool congestion_is_unresponsive_for(const struct congestion *congestion, const struct congestion_mark *mark)
{
    return mark->known && mark->answers == congestion->answers;
}

bool congestion_allows(const struct congestion *congestion, bool question, int64_t out, int64_t out_sends,
                       int64_t now)
{
    if (now < congestion->until)
        return false;
    if (congestion_is_silent(congestion))
        return out == 0 && now >= congestion->next_probe;
    if (is_barren(congestion) && !question)
        return out_sends == 0 && now >= congestion->next_probe;
    return out < (int64_t)congestion->window;
}

int64_t congestion_pause(const struct congestion *congestion, int64_t now)
{
    int64_t until = congestion->until;
    if (congestion_is_down(congestion) && congestion->next_probe > until)
        until = congestion->next_probe;
    return until > now ? until - now : 0;
}

void congestion_left(struct congestion *congestion, struct congestion_mark *mark, bool question)
{
    if (!mark->known)
        mark->answers = congestion->answers;
    mark->known = true;
    mark->leaving = ++congestion->leaving;
    if (!question)
        mark->sending = mark->leaving;
}

static void narrow(struct congestion *congestion, const struct congestion_mark *mark)
{
    congestion->searching = false;
    if (mark->leaving <= congestion->narrowed) /* it left before the window was narrowed last */
        return;
    congestion->window = congestion->window / 2 > 1 ? congestion->window / 2 : 1;
    congestion->narrowed = congestion->leaving;
}

static void widen(struct congestion *congestion)
{
    congestion->window += congestion->searching ? 1 : 1 / congestion->window;
    if (congestion->window > (double)congestion->most)
        congestion->window = (double)congestion->most;
}

static bool is_failure(enum delivery_event event)
{
    return event == EVENT_INDETERMINATE || event == EVENT_NOT_LEFT || event == EVENT_BUSY;
}

static void note_answer(struct congestion *congestion)
{
    congestion->answers++;
    congestion->silent = 0;
    congestion->unresponsive_epoch++;
    if (!is_barren(congestion))
        congestion->probes = 0;
}

static void note_success(struct congestion *congestion)
{
    note_answer(congestion);
    congestion->not_accepting = 0;
    congestion->rejecting_epoch++;
    congestion->probes = 0;
}

static void put_off(struct congestion *congestion, int64_t now, uint64_t chance)
{
    congestion->next_probe = now + backoff_delay(congestion->retry, congestion->probes + 1, chance);
}

static void note_failure(struct congestion *congestion, struct congestion_mark *mark, bool silent,
                         bool not_accepting, int64_t now, uint64_t chance)
{
    bool was_down = congestion_is_down(congestion);
    bool counted = false;
    if (silent && (!congestion_has_counted(congestion, mark) || congestion_is_silent(congestion))) {
        mark->unresponsive_epoch = congestion->unresponsive_epoch;
        congestion->silent++;
        counted = true;
    }
    if (not_accepting && (mark->rejecting_epoch != congestion->rejecting_epoch || is_barren(congestion))) {
        mark->rejecting_epoch = congestion->rejecting_epoch;
        congestion->not_accepting++;
        counted = true;
    }
    if (!counted || !congestion_is_down(congestion))
        return;
    if (!was_down)
        congestion->down_since = congestion->leaving;
    else if ((not_accepting ? mark->sending : mark->leaving) > congestion->down_since)
        congestion->probes++;
    put_off(congestion, now, chance);
}

static void note_load(struct congestion *congestion, const struct congestion_mark *mark,
                      const struct congestion_report *report)
{
    bool congested = report->slow || (report->event == EVENT_BUSY && report->shared) ||
                     (congestion->timeout > 0 && report->took > congestion->timeout / 2);
    if (congested)
        narrow(congestion, mark);
    else if (!is_failure(report->event))
        widen(congestion);
}

enum congestion_fault congestion_answered(struct congestion *congestion, struct congestion_mark *mark,
                                          const struct congestion_report *report, int64_t now,
                                          uint64_t chance)
{
    enum delivery_event event = report->event;
    if (event == EVENT_NOT_LEFT && !report->dropped && !congestion->answers)
        return CONGESTION_UNREACHABLE;
    if (is_failure(event) && report->retry_after > CONGESTION_LONGEST_PAUSE)
        return CONGESTION_PAUSED;
    note_load(congestion, mark, report);
    if (report->shared && report->retry_after > 0 && now + report->retry_after > congestion->until)
        congestion->until = now + report->retry_after;
    if (report->spoke)
        note_answer(congestion);
    else if (report->asked && is_failure(event))
        note_failure(congestion, mark, true, false, now, chance);
    else if (event == EVENT_NOT_LEFT || event == EVENT_BUSY)
        note_failure(congestion, mark, true, !report->left_over, now, chance);
    else if (event == EVENT_INDETERMINATE &&
             congestion_is_down(congestion)) /* a probe: its question will tell */
        put_off(congestion, now, chance);
    else if (event == EVENT_INDETERMINATE)
        return CONGESTION_NONE;
    else if (report->asked && event != EVENT_OURS) {
        note_answer(congestion);
        if (report->sent_before && !report->left_over && (event == EVENT_NOTHING || event == EVENT_BASE))
            note_failure(congestion, mark, false, true, now, chance);
    } else {
        note_success(congestion);
    }
    if (!congestion_is_down(congestion) || congestion->probes < congestion->retry->attempts)
        return CONGESTION_NONE;
    return congestion_is_silent(congestion) ? CONGESTION_UNRESPONSIVE : CONGESTION_NOT_ACCEPTING;
}
