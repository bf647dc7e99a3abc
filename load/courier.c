#include "load/courier.h"

#include <stdarg.h>
#include <stdio.h>

#include "load/courier_lists.h"
#include "load/courier_reason.h"
#include "load/pace.h"
#include "load/parcel.h"

#define LOOK_MS       100  /* how often the stop flag and the progress bar are looked at */
#define FLUSH_MS      250  /* so long may an answer be off the disk */
#define DRAIN_MS      5000 /* so long are answers waited for when the run stops */
#define GROUP_MOST    2048 /* rows */
#define AHEAD_LEAST   64   /* intents that are written before they can leave */
#define AHEAD_MOST    1024
#define PREPARE_CHUNK 32 /* between two looks at the network */
#define REPORTS_CHUNK 64
#define ALIVE_BYTES   ((size_t)16 << 20)
#define BATCH_BYTES   ((size_t)8 << 20)
#define BATCH_MOST    500

struct courier {
    struct store *store;
    const struct load_request *request;
    struct portal *portal;
    struct clock *clock;
    struct run_counts *counts, committed;
    struct arena arena, scratch;
    struct arena kept; /* of the answers of a round */
    struct pace pace;
    int64_t now;     /* milliseconds that only go forward */
    uint64_t chance; /* the clock's, once; then what it leads to */
    /* what there is to do */
    struct text *codes;
    size_t code_count, code_next, done;
    /* deliveries by what they wait for: the commit, a free lane (questions first), their time */
    struct courier_lists lists;
    int64_t out, out_sends; /* submissions under way */
    size_t ahead;
    size_t answered; /* in the last round */
    /* the group */
    bool group;
    size_t rows;
    int64_t group_since, committed_at;
    int64_t progress_at;
    /* the end */
    bool stopping;
    int64_t drain_until;
    struct error *error; /* why the run stops */
};

/* An answer, between its arrival and its place in the store. */
struct answer {
    struct portal_report report;
    enum delivery_event event;
    bool free; /* the portal was down when it came: no failure of this delivery */
};

static int64_t ticks_ms(struct courier *courier)
{
    return courier->now = courier->clock->ticks(courier->clock) / 1000;
}

/* splitmix64: a wait needs no better chance, and the clock's own costs a system call. */
static uint64_t chance(struct courier *courier)
{
    uint64_t bits = courier->chance += 0x9E3779B97F4A7C15u;
    bits = (bits ^ bits >> 30) * 0xBF58476D1CE4E5B9u;
    bits = (bits ^ bits >> 27) * 0x94D049BB133111EBu;
    return bits ^ bits >> 31;
}

static struct delivery_terms terms_of(struct courier *courier)
{
    return (struct delivery_terms){ .retry = &courier->portal->settings->retry,
                                    .now = courier->now,
                                    .chance = chance(courier) };
}

/* ---- the group ---- */

static enum status open_group(struct courier *courier, struct error *error)
{
    courier->rows++;
    if (courier->group)
        return STATUS_OK;
    courier->group = true;
    courier->group_since = courier->now;
    return store_begin(courier->store, error);
}

/* More intents are written ahead where commits follow one another closely. */
static void adapt_ahead(struct courier *courier)
{
    int64_t since = courier->now - courier->committed_at;
    const struct portal_settings *settings = courier->portal->settings;
    size_t window = (size_t)(settings->in_flight * settings->batch);
    size_t least = 2 * window > AHEAD_LEAST ? 2 * window : AHEAD_LEAST;
    size_t most = 4 * window > AHEAD_MOST ? 4 * window : AHEAD_MOST;
    if (since < FLUSH_MS / 2 && courier->ahead < most)
        courier->ahead *= 2;
    else if (since > 4 * FLUSH_MS && courier->ahead > least)
        courier->ahead /= 2;
    if (courier->ahead < least)
        courier->ahead = least;
}

static enum status commit(struct courier *courier, struct error *error)
{
    if (!courier->group)
        return STATUS_OK;
    if (store_commit(courier->store, error))
        return error->status;
    courier->group = false;
    courier->rows = 0;
    courier->committed = *courier->counts;
    ticks_ms(courier);
    adapt_ahead(courier);
    courier->committed_at = courier->now;
    for (struct parcel *parcel; (parcel = courier_lists_take(&courier->lists.written));) {
        struct delivery_terms terms = terms_of(courier);
        bool blind = parcel->item.intent_action == OUTBOX_WITHDRAW && !parcel->item.intent_base.bytes;
        delivery_step(&parcel->delivery, blind ? EVENT_BLIND : EVENT_COMMITTED, &terms);
        courier_lists_wait(&courier->lists, parcel, courier->now);
    }
    return STATUS_OK;
}

static enum status commit_in_time(struct courier *courier, struct error *error)
{
    const struct courier_lists *lists = &courier->lists;
    if (!courier->group)
        return STATUS_OK;
    const struct portal_settings *settings = courier->portal->settings;
    size_t low = (size_t)(settings->in_flight * settings->batch);
    bool hungry = lists->written.count && lists->sends.count + lists->asks.count <= low;
    if (hungry || courier->rows >= GROUP_MOST || courier->now - courier->group_since >= FLUSH_MS)
        return commit(courier, error);
    return STATUS_OK;
}

/* ---- the beginning and the end of a delivery ---- */

static enum status prepare(struct courier *courier, struct text code, bool *begun, struct error *error)
{
    enum delivery_event event;
    struct parcel *parcel = courier_lists_new(&courier->lists);
    enum status status = parcel_fill(courier->store, &courier->scratch, code, parcel, &event, error);
    *begun = status == STATUS_OK;
    if (status) {
        courier_lists_release(&courier->lists, parcel);
        return status == STATUS_END ? STATUS_OK : status;
    }
    struct delivery_terms terms = terms_of(courier);
    if (delivery_step(&parcel->delivery, event, &terms) != DELIVERY_INTEND) {
        courier_lists_weigh(&courier->lists, parcel);
        courier_lists_wait(&courier->lists, parcel, courier->now);
        return STATUS_OK;
    }
    if (open_group(courier, error) || parcel_intend(courier->store, &courier->scratch, parcel, error))
        return error->status;
    courier_lists_weigh(&courier->lists, parcel);
    courier_lists_put(&courier->lists.written, parcel);
    return STATUS_OK;
}

static enum status prepare_some(struct courier *courier, struct error *error)
{
    struct courier_lists *lists = &courier->lists;
    /* More than was answered, so that there is a stock when the commit comes. */
    size_t batch = (size_t)courier->portal->settings->batch, chunk = PREPARE_CHUNK + 3 * courier->answered;
    chunk = chunk > batch ? chunk : batch;
    if (pace_pause(&courier->pace, courier->now) > FLUSH_MS)
        return STATUS_OK;
    for (size_t i = 0; i < chunk && courier->code_next < courier->code_count; i++) {
        size_t waiting = lists->written.count + lists->sends.count + lists->asks.count + lists->later.count;
        bool begun;
        if (waiting >= courier->ahead || lists->weight >= ALIVE_BYTES)
            break;
        if (prepare(courier, courier->codes[courier->code_next++], &begun, error))
            return error->status;
        courier->done += !begun;
    }
    return STATUS_OK;
}

/* What was left over is settled: now what is wanted instead has its turn. */
static enum status finish(struct courier *courier, struct parcel *parcel, const struct portal_report *report,
                          struct error *error)
{
    bool again = false;
    if (parcel->delivery.state != DELIVERY_UNTOUCHED) {
        if (open_group(courier, error) ||
            parcel_answer(courier->store, parcel, report, courier->counts, error))
            return error->status;
        bool wanted = parcel->item.wanted && parcel->item.state == OUTBOX_IDLE;
        if (wanted && !courier->stopping && prepare(courier, parcel->item.code, &again, error))
            return error->status;
    }
    courier->done += !again;
    courier_lists_release(&courier->lists, parcel);
    return STATUS_OK;
}

/* ---- the end of the run ---- */

__attribute__((format(printf, 2, 3))) static void stop(struct courier *courier, const char *format, ...)
{
    char why[1200];
    va_list arguments;
    if (courier->stopping)
        return;
    va_start(arguments, format);
    vsnprintf(why, sizeof why, format, arguments);
    va_end(arguments);
    courier->stopping = true;
    courier->drain_until = courier->now + DRAIN_MS;
    error_set(courier->error, STATUS_STOP, _("%s; everything stays pending and the same command goes on"),
              why);
}

static void stop_for(struct courier *courier, enum pace_fault fault, const struct portal_report *report)
{
    char reason[COURIER_REASON_MOST];
    courier_reason(reason, courier->portal->settings->shown, fault, report);
    stop(courier, "%s", reason);
}

static enum status end_one(struct courier *courier, struct parcel *parcel, struct error *error)
{
    struct delivery_terms terms = terms_of(courier);
    enum delivery_action action = delivery_step(&parcel->delivery, EVENT_STOP, &terms);
    return action == DELIVERY_FINISH ? finish(courier, parcel, NULL, error) : STATUS_OK;
}

static enum status end_waiting(struct courier *courier, struct error *error)
{
    struct courier_list *lists[] = { &courier->lists.written, &courier->lists.asks, &courier->lists.sends,
                                     &courier->lists.later };
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        for (struct parcel *parcel; (parcel = courier_lists_take(lists[i]));)
            if (end_one(courier, parcel, error))
                return error->status;
    return STATUS_OK;
}

/* ---- out ---- */

static void note_leaving(struct courier *courier, struct parcel *parcel, bool question)
{
    struct delivery_terms terms = terms_of(courier);
    parcel_address(parcel, delivery_step(&parcel->delivery, EVENT_DUE, &terms));
    pace_left(&courier->pace, &parcel->mark, question);
    if (!parcel->requests++)
        parcel->started_at = courier->clock->now(courier->clock);
}

/* Nothing left, and the run stops: the errands are as if they had never been taken. */
static void take_back(struct courier *courier, struct portal_errand *const *errands, size_t count,
                      const struct error *why)
{
    for (size_t i = 0; i < count; i++) {
        struct parcel *parcel = errands[i]->owner;
        struct delivery_terms terms = terms_of(courier);
        terms.free = true;
        delivery_step(&parcel->delivery, EVENT_NOT_LEFT, &terms);
        courier_lists_wait(&courier->lists, parcel, courier->now);
    }
    stop(courier, "%s", why->message);
}

static enum status submit(struct courier *courier, struct portal_errand *const *errands, size_t count,
                          bool question, struct error *error)
{
    struct error why = { 0 };
    enum status status = courier->portal->driver->submit(courier->portal, errands, count, &why);
    if (status == STATUS_STOP) {
        take_back(courier, errands, count, &why);
        return STATUS_OK;
    }
    if (status)
        return error_set(error, status, "%s", why.message);
    courier->out++;
    courier->out_sends += !question;
    return STATUS_OK;
}

static size_t most_with(struct courier *courier, struct parcel *parcel)
{
    parcel_address(parcel, DELIVERY_SEND);
    size_t most = courier->portal->driver->most(courier->portal, &parcel->errand);
    return most < BATCH_MOST ? most : BATCH_MOST;
}

static enum status send_next(struct courier *courier, struct error *error)
{
    struct portal_errand *errands[BATCH_MOST];
    struct courier_list *sends = &courier->lists.sends;
    if (pace_is_down(&courier->pace)) /* what failed already makes a poor probe */
        courier_lists_prefer_fresh(sends);
    size_t count = 0, bytes = 0, most = most_with(courier, sends->first);
    while (sends->first && count < most) {
        size_t own = most_with(courier, sends->first), size = sends->first->errand.body.length;
        if (count && (own == 1 || bytes + size > BATCH_BYTES))
            break;
        struct parcel *parcel = courier_lists_take(sends);
        bytes += size;
        note_leaving(courier, parcel, false);
        errands[count++] = &parcel->errand;
    }
    return submit(courier, errands, count, false, error);
}

static enum status dispatch(struct courier *courier, struct error *error)
{
    struct courier_lists *lists = &courier->lists;
    while (!courier->stopping) {
        if (lists->asks.first &&
            pace_allows(&courier->pace, true, courier->out, courier->out_sends, courier->now)) {
            struct parcel *parcel = courier_lists_take(&lists->asks);
            struct portal_errand *errand = &parcel->errand;
            note_leaving(courier, parcel, true);
            if (submit(courier, &errand, 1, true, error))
                return error->status;
        } else if (lists->sends.first &&
                   pace_allows(&courier->pace, false, courier->out, courier->out_sends, courier->now)) {
            if (send_next(courier, error))
                return error->status;
        } else {
            break;
        }
    }
    return STATUS_OK;
}

/* ---- back ---- */

static bool is_failure(enum delivery_event event)
{
    return event == EVENT_DOUBT || event == EVENT_NOT_LEFT || event == EVENT_BUSY;
}

static bool is_question(const struct portal_report *report)
{
    return report->errand->kind == PORTAL_ASK;
}

/* What the answer says of the portal as a whole. */
static void judge_portal(struct courier *courier, struct parcel *parcel, const struct portal_report *report,
                         enum delivery_event event)
{
    bool asked = is_question(report);
    struct pace_report told = { .event = event,
                                .asked = asked,
                                .sent_before = parcel->delivery.left,
                                .left_over = parcel->left_over,
                                .spoke = event == EVENT_DOUBT && report->said == SAID_HELD,
                                .shared = report->shared,
                                .slow = report->slow,
                                .retry_after = report->retry_after,
                                .took = report->took };
    enum pace_fault fault =
        pace_answered(&courier->pace, &parcel->mark, &told, courier->now, chance(courier));
    /* Attempts that were used up without a connection, or while the portal said nothing to anyone, are not
     * the record's fault. */
    bool spent = is_failure(event) && (asked || event != EVENT_DOUBT) &&
                 delivery_is_spent(&parcel->delivery, &courier->portal->settings->retry);
    if (fault == PACE_WELL && spent &&
        (event == EVENT_NOT_LEFT || pace_is_silent_for(&courier->pace, &parcel->mark)))
        fault = PACE_SILENT;
    struct portal_report last = *report;
    if (fault == PACE_BARREN && parcel->words.length) /* why nothing is taken, not what the question found */
        last.words = buffer_view(&parcel->words);
    if (fault != PACE_WELL)
        stop_for(courier, fault, &last);
}

/* What it means for the pace: at once and in the order of the answers, for what it forbids must not leave. */
static void judge(struct courier *courier, struct answer *answer)
{
    struct portal_report *report = &answer->report;
    struct parcel *parcel = report->errand->owner;
    answer->event = delivery_judge(&parcel->item, &parcel->errand.body_digest, is_question(report),
                                   report->said, &report->sight);
    if (answer->event == EVENT_CLOSED)
        stop_for(courier, PACE_WELL, report);
    else
        judge_portal(courier, parcel, report, answer->event);
    answer->free = pace_is_down(&courier->pace);
}

static void free_lane(struct courier *courier, const struct portal_report *report)
{
    courier->out -= report->last;
    courier->out_sends -= report->last && !is_question(report);
}

static enum status take_in(struct courier *courier, struct answer *answer, struct error *error)
{
    struct portal_report *report = &answer->report;
    struct parcel *parcel = report->errand->owner;
    enum delivery_event event = answer->event;
    if (event != EVENT_TAKEN)
        free_lane(courier, report);
    struct delivery_terms terms = terms_of(courier);
    terms.at_least = report->retry_after > 0 ? report->retry_after : 0;
    terms.free = courier->stopping || answer->free;
    if (event == EVENT_MISMATCH)
        parcel->mismatch = report->status;
    if (event == EVENT_DOUBT && !report->words.length)
        report->words = text_of(courier_reason_of_doubt(report->said));
    if (is_failure(event)) {
        parcel_note(parcel, report);
        if (open_group(courier, error) ||
            outbox_attempt(courier->store, &parcel->item, parcel->requests, parcel->started_at,
                           report->status, report->words, error))
            return error->status;
    }
    if (delivery_step(&parcel->delivery, event, &terms) != DELIVERY_WAIT)
        return finish(courier, parcel, report, error);
    courier_lists_wait(&courier->lists, parcel, courier->now);
    return STATUS_OK;
}

/* How long nothing needs to be done but to wait for answers. */
static long patience(struct courier *courier)
{
    const struct courier_lists *lists = &courier->lists;
    int64_t until = courier->now + LOOK_MS;
    if (courier->group && courier->group_since + FLUSH_MS < until)
        until = courier->group_since + FLUSH_MS;
    if (lists->later.first && lists->due < until)
        until = lists->due;
    int64_t pause = pace_pause(&courier->pace, courier->now);
    if (pause && courier->now + pause < until)
        until = courier->now + pause;
    size_t waiting = lists->written.count + lists->sends.count + lists->asks.count + lists->later.count;
    bool more = courier->code_next < courier->code_count && waiting < courier->ahead &&
                lists->weight < ALIVE_BYTES && !courier->stopping && !pause;
    return more || until <= courier->now ? 0 : (long)(until - courier->now);
}

/* What was taken frees its lane at once, and the next delivery is on its way while answers are written down.
 */
static enum status collect(struct courier *courier, struct error *error)
{
    struct portal_report report;
    struct answer answers[REPORTS_CHUNK];
    long wait = patience(courier);
    courier->answered = 0;
    arena_clear(&courier->kept);
    if (!courier->out) { /* nothing can come */
        if (wait)
            courier->clock->sleep(courier->clock, wait);
        return STATUS_OK;
    }
    for (; courier->answered < REPORTS_CHUNK; wait = 0) {
        enum status status = courier->portal->driver->next(courier->portal, wait, &report, error);
        if (status == STATUS_END)
            break;
        if (status)
            return status;
        ticks_ms(courier);
        portal_report_keep(&report, &courier->kept);
        struct answer *answer = &answers[courier->answered++];
        *answer = (struct answer){ .report = report };
        judge(courier, answer);
        if (answer->event != EVENT_TAKEN)
            continue;
        free_lane(courier, &report);
        if (dispatch(courier, error))
            return error->status;
    }
    for (size_t i = 0; i < courier->answered; i++)
        if (take_in(courier, &answers[i], error) || dispatch(courier, error))
            return error->status;
    return STATUS_OK;
}

/* ---- the loop ---- */

static void show_progress(struct courier *courier)
{
    if (!courier->request->progress || courier->now - courier->progress_at < LOOK_MS)
        return;
    courier->progress_at = courier->now;
    courier->request->progress(courier->request->own, (int64_t)courier->done, (int64_t)courier->code_count);
}

static enum status bring(struct courier *courier, struct error *error)
{
    const struct load_request *request = courier->request;
    for (;;) {
        ticks_ms(courier);
        if (request->stop && *request->stop)
            stop(courier, _("the run was told to stop"));
        courier_lists_wake(&courier->lists, courier->now);
        if (courier->stopping ? end_waiting(courier, error) : prepare_some(courier, error))
            return error->status;
        if (commit_in_time(courier, error) || dispatch(courier, error))
            return error->status;
        if (courier->stopping && (!courier->lists.alive_count || courier->now >= courier->drain_until))
            break;
        if (!courier->lists.alive_count && courier->code_next == courier->code_count)
            break;
        if (collect(courier, error))
            return error->status;
        show_progress(courier);
    }
    while (courier->lists.alive_count) /* only what no answer came to in time */
        if (end_one(courier, courier->lists.alive[courier->lists.alive_count - 1], error))
            return error->status;
    return commit(courier, error);
}

enum status courier_run(struct store *store, const struct load_request *request, struct portal *portal,
                        struct run_counts *counts, struct error *error)
{
    struct error why = { 0 };
    struct courier courier = { .store = store,
                               .request = request,
                               .portal = portal,
                               .clock = store_clock(store),
                               .counts = counts,
                               .committed = *counts,
                               .error = &why };
    const struct portal_settings *settings = portal->settings;
    pace_start(&courier.pace, &settings->retry, settings->in_flight, settings->timeout);
    ticks_ms(&courier);
    courier.chance = courier.clock->random(courier.clock);
    courier.committed_at = courier.now;
    adapt_ahead(&courier);
    enum status status =
        outbox_list(store, &request->filter, &courier.arena, &courier.codes, &courier.code_count, error);
    if (!status)
        status = bring(&courier, error);
    if (courier.group) { /* what was not written down does not count */
        store_rollback(store);
        *counts = courier.committed;
    }
    courier_lists_free(&courier.lists);
    arena_free(&courier.scratch);
    arena_free(&courier.kept);
    arena_free(&courier.arena);
    if (!status && request->progress)
        request->progress(request->own, (int64_t)courier.done, (int64_t)courier.code_count);
    return status || !courier.stopping ? status : error_set(error, STATUS_STOP, "%s", why.message);
}
