#include "load/pace.h"

#define FIRST_WINDOW 16
#define LEAST_DOWN   5
#define MOST_DOWN    16

void pace_start(struct pace *pace, const struct retry *retry, int64_t in_flight, int64_t timeout)
{
    *pace = (struct pace){
        .retry = retry,
        .most = in_flight,
        .timeout = timeout,
        .window = (double)(in_flight < FIRST_WINDOW ? in_flight : FIRST_WINDOW),
        .searching = true,
        .silence = 1,
        .drought = 1,
    };
}

static int64_t threshold(const struct pace *pace)
{
    return pace->most < LEAST_DOWN ? LEAST_DOWN : pace->most < MOST_DOWN ? pace->most : MOST_DOWN;
}

static bool is_silent(const struct pace *pace)
{
    return pace->silent >= threshold(pace);
}

static bool is_barren(const struct pace *pace)
{
    return pace->barren >= threshold(pace);
}

bool pace_is_down(const struct pace *pace)
{
    return is_silent(pace) || is_barren(pace);
}

bool pace_is_silent_for(const struct pace *pace, const struct pace_mark *mark)
{
    return mark->known && mark->answers == pace->answers;
}

bool pace_allows(const struct pace *pace, bool question, int64_t out, int64_t out_sends, int64_t now)
{
    if (now < pace->until)
        return false;
    if (is_silent(pace))
        return out == 0 && now >= pace->next_probe;
    if (is_barren(pace) && !question)
        return out_sends == 0 && now >= pace->next_probe;
    return out < (int64_t)pace->window;
}

int64_t pace_pause(const struct pace *pace, int64_t now)
{
    int64_t until = pace->until;
    if (pace_is_down(pace) && pace->next_probe > until)
        until = pace->next_probe;
    return until > now ? until - now : 0;
}

void pace_left(struct pace *pace, struct pace_mark *mark, bool question)
{
    if (!mark->known)
        mark->answers = pace->answers;
    mark->known = true;
    mark->leaving = ++pace->leaving;
    if (!question)
        mark->sending = mark->leaving;
}

static void narrow(struct pace *pace, const struct pace_mark *mark)
{
    pace->searching = false;
    if (mark->leaving <= pace->narrowed) /* it left before the window was narrowed last */
        return;
    pace->window = pace->window / 2 > 1 ? pace->window / 2 : 1;
    pace->narrowed = pace->leaving;
}

static void widen(struct pace *pace)
{
    pace->window += pace->searching ? 1 : 1 / pace->window;
    if (pace->window > (double)pace->most)
        pace->window = (double)pace->most;
}

static bool is_failure(enum delivery_event event)
{
    return event == EVENT_DOUBT || event == EVENT_NOT_LEFT || event == EVENT_BUSY;
}

static void note_answer(struct pace *pace)
{
    pace->answers++;
    pace->silent = 0;
    pace->silence++;
    if (!is_barren(pace))
        pace->probes = 0;
}

static void note_success(struct pace *pace)
{
    note_answer(pace);
    pace->barren = 0;
    pace->drought++;
    pace->probes = 0;
}

static void put_off(struct pace *pace, int64_t now, uint64_t chance)
{
    pace->next_probe = now + retry_delay(pace->retry, pace->probes + 1, chance);
}

static void note_failure(struct pace *pace, struct pace_mark *mark, bool silent, bool barren, int64_t now,
                         uint64_t chance)
{
    bool was_down = pace_is_down(pace);
    bool counted = false;
    if (silent && (mark->silence != pace->silence || is_silent(pace))) {
        mark->silence = pace->silence;
        pace->silent++;
        counted = true;
    }
    if (barren && (mark->drought != pace->drought || is_barren(pace))) {
        mark->drought = pace->drought;
        pace->barren++;
        counted = true;
    }
    if (!counted || !pace_is_down(pace))
        return;
    if (!was_down)
        pace->down_since = pace->leaving;
    else if ((barren ? mark->sending : mark->leaving) > pace->down_since)
        pace->probes++;
    put_off(pace, now, chance);
}

static void note_load(struct pace *pace, const struct pace_mark *mark, const struct pace_report *report)
{
    bool congested = report->slow || (report->event == EVENT_BUSY && report->shared) ||
                     (pace->timeout > 0 && report->took > pace->timeout / 2);
    if (congested)
        narrow(pace, mark);
    else if (!is_failure(report->event))
        widen(pace);
}

enum pace_fault pace_answered(struct pace *pace, struct pace_mark *mark, const struct pace_report *report,
                              int64_t now, uint64_t chance)
{
    enum delivery_event event = report->event;
    if (event == EVENT_NOT_LEFT && !pace->answers)
        return PACE_ABSENT;
    if (is_failure(event) && report->retry_after > PACE_LONGEST_PAUSE)
        return PACE_RESTING;
    note_load(pace, mark, report);
    if (report->shared && report->retry_after > 0 && now + report->retry_after > pace->until)
        pace->until = now + report->retry_after;
    if (report->spoke)
        note_answer(pace);
    else if (report->asked && is_failure(event))
        note_failure(pace, mark, true, false, now, chance);
    else if (event == EVENT_NOT_LEFT || event == EVENT_BUSY)
        note_failure(pace, mark, true, !report->left_over, now, chance);
    else if (event == EVENT_DOUBT && pace_is_down(pace)) /* a probe: its question will tell */
        put_off(pace, now, chance);
    else if (event == EVENT_DOUBT)
        return PACE_WELL;
    else if (report->asked && event != EVENT_OURS) {
        note_answer(pace);
        if (report->sent_before && !report->left_over && (event == EVENT_NOTHING || event == EVENT_BASE))
            note_failure(pace, mark, false, true, now, chance);
    } else {
        note_success(pace);
    }
    if (!pace_is_down(pace) || pace->probes < pace->retry->attempts)
        return PACE_WELL;
    return is_silent(pace) ? PACE_SILENT : PACE_BARREN;
}
