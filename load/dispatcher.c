#include "load/dispatcher.h"

#include <stdarg.h>
#include <stdio.h>

#include "load/congestion.h"
#include "load/delivery_task.h"
#include "load/dispatch_queues.h"
#include "load/stop_reason.h"
#include "store/restoration.h"
#include "store/store_run.h"

#define LOOK_MS       100  /* how often the stop flag and the progress bar are looked at */
#define FLUSH_MS      250  /* so long may an answer be off the disk */
#define DRAIN_MS      5000 /* so long are answers waited for when the run stops */
#define GROUP_MAX     2048 /* rows */
#define AHEAD_LEAST   64   /* intents that are written before they can leave */
#define AHEAD_MAX     1024
#define PREPARE_CHUNK 32 /* between two looks at the network */
#define REPORTS_CHUNK 64
#define ALIVE_BYTES   ((size_t)16 << 20)
#define BATCH_BYTES   ((size_t)8 << 20)
#define BATCH_MAX     500

struct dispatcher {
    struct store *store;
    const struct load_request *request;
    struct portal *portal;
    struct clock *clock;
    struct run_counts *counts, committed;
    struct arena arena, scratch;
    struct arena kept; /* of the answers of a round */
    struct congestion congestion;
    bool restored;   /* the store is a backup, and the portal was not asked since: nothing leaves unasked */
    int64_t now;     /* milliseconds that only go forward */
    uint64_t chance; /* the clock's, once; then what it leads to */
    /* what there is to do */
    struct text *codes;
    size_t code_count, code_next, done;
    /* deliveries by what they wait for: the commit, a free lane (questions first), their time */
    struct dispatch_queues lists;
    int64_t out, out_sends; /* submissions under way */
    size_t ahead;
    size_t answered; /* in the last round */
    /* the group */
    bool group;
    size_t rows;
    int64_t group_since, committed_at;
    int64_t progress_at;
    /* the end */
    struct delivery_evidence evidence;
    struct delivery_task *prover; /* is asked whether ETags are evidence */
    struct dispatch_queue parked; /* wait for that */
    bool stopping;
    int64_t drain_until;
    struct error *error; /* why the run stops */
};

/* An answer, between its arrival and its place in the store. */
struct answer {
    struct portal_response report;
    enum delivery_event event;
    bool free; /* the portal was down when it came: no failure of this delivery */
};

static int64_t ticks_ms(struct dispatcher *dispatcher)
{
    return dispatcher->now = dispatcher->clock->ticks(dispatcher->clock) / 1000;
}

/* splitmix64: a wait needs no better chance, and the clock's own costs a system call. */
static uint64_t chance(struct dispatcher *dispatcher)
{
    uint64_t bits = dispatcher->chance += 0x9E3779B97F4A7C15u;
    bits = (bits ^ bits >> 30) * 0xBF58476D1CE4E5B9u;
    bits = (bits ^ bits >> 27) * 0x94D049BB133111EBu;
    return bits ^ bits >> 31;
}

static struct delivery_terms terms_of(struct dispatcher *dispatcher)
{
    return (struct delivery_terms){ .retry = &dispatcher->portal->settings->retry,
                                    .now = dispatcher->now,
                                    .lag = dispatcher->portal->settings->lag,
                                    .chance = chance(dispatcher) };
}

/* ---- the group ---- */

static enum status open_group(struct dispatcher *dispatcher, struct error *error)
{
    dispatcher->rows++;
    if (dispatcher->group)
        return STATUS_OK;
    dispatcher->group = true;
    dispatcher->group_since = dispatcher->now;
    return store_begin(dispatcher->store, error);
}

/* More intents are written ahead where commits follow one another closely. */
static void adapt_ahead(struct dispatcher *dispatcher)
{
    int64_t since = dispatcher->now - dispatcher->committed_at;
    const struct portal_settings *settings = dispatcher->portal->settings;
    size_t window = (size_t)(settings->in_flight * settings->batch);
    size_t least = 2 * window > AHEAD_LEAST ? 2 * window : AHEAD_LEAST;
    size_t most = 4 * window > AHEAD_MAX ? 4 * window : AHEAD_MAX;
    if (since < FLUSH_MS / 2 && dispatcher->ahead < most)
        dispatcher->ahead *= 2;
    else if (since > 4 * FLUSH_MS && dispatcher->ahead > least)
        dispatcher->ahead /= 2;
    if (dispatcher->ahead < least)
        dispatcher->ahead = least;
}

/* Nothing but a question can say what would be replaced. What an operator has overwritten was looked at. */
static bool is_base_unknown(const struct dispatcher *dispatcher, const struct outbox_item *item)
{
    bool any = text_is(item->intent_base, "*") && !item->overwrite.length;
    bool withdraws = item->intent_action == OUTBOX_WITHDRAW;
    return dispatcher->restored || dispatcher->portal->driver->unconditional || any ||
           (withdraws && !item->intent_base.bytes);
}

static enum status commit(struct dispatcher *dispatcher, struct error *error)
{
    if (!dispatcher->group)
        return STATUS_OK;
    if (store_commit(dispatcher->store, error))
        return error->status;
    dispatcher->group = false;
    dispatcher->rows = 0;
    dispatcher->committed = *dispatcher->counts;
    ticks_ms(dispatcher);
    adapt_ahead(dispatcher);
    dispatcher->committed_at = dispatcher->now;
    for (struct delivery_task *delivery_task;
         (delivery_task = dispatch_queues_take(&dispatcher->lists.written));) {
        struct delivery_terms terms = terms_of(dispatcher);
        delivery_step(
            &delivery_task->delivery,
            is_base_unknown(dispatcher, &delivery_task->item) ? EVENT_BASE_UNKNOWN : EVENT_COMMITTED, &terms);
        dispatch_queues_wait(&dispatcher->lists, delivery_task, dispatcher->now);
    }
    return STATUS_OK;
}

static enum status commit_in_time(struct dispatcher *dispatcher, struct error *error)
{
    const struct dispatch_queues *lists = &dispatcher->lists;
    if (!dispatcher->group)
        return STATUS_OK;
    const struct portal_settings *settings = dispatcher->portal->settings;
    size_t low = (size_t)(settings->in_flight * settings->batch);
    bool hungry = lists->written.count && lists->sends.count + lists->asks.count <= low;
    if (hungry || dispatcher->rows >= GROUP_MAX || dispatcher->now - dispatcher->group_since >= FLUSH_MS)
        return commit(dispatcher, error);
    return STATUS_OK;
}

/* ---- the beginning and the end of a delivery ---- */

static enum status prepare(struct dispatcher *dispatcher, struct text code, bool superseded, bool *begun,
                           struct error *error)
{
    enum delivery_event event;
    struct delivery_task *delivery_task = dispatch_queues_new(&dispatcher->lists);
    enum status status =
        delivery_task_fill(dispatcher->store, &dispatcher->scratch, code, delivery_task, &event, error);
    *begun = status == STATUS_OK;
    if (status) {
        dispatch_queues_release(&dispatcher->lists, delivery_task);
        return status == STATUS_END ? STATUS_OK : status;
    }
    delivery_task->superseded = superseded;
    struct delivery_terms terms = terms_of(dispatcher);
    if (delivery_step(&delivery_task->delivery, event, &terms) != DELIVERY_INTEND) {
        dispatch_queues_weigh(&dispatcher->lists, delivery_task);
        dispatch_queues_wait(&dispatcher->lists, delivery_task, dispatcher->now);
        return STATUS_OK;
    }
    if (open_group(dispatcher, error) ||
        delivery_task_intend(dispatcher->store, &dispatcher->scratch, delivery_task, error))
        return error->status;
    dispatch_queues_weigh(&dispatcher->lists, delivery_task);
    dispatch_queues_put(&dispatcher->lists.written, delivery_task);
    return STATUS_OK;
}

static enum status prepare_some(struct dispatcher *dispatcher, struct error *error)
{
    struct dispatch_queues *lists = &dispatcher->lists;
    /* More than was answered, so that there is a stock when the commit comes. */
    size_t batch = (size_t)dispatcher->portal->settings->batch,
           chunk = PREPARE_CHUNK + 3 * dispatcher->answered;
    chunk = chunk > batch ? chunk : batch;
    if (congestion_pause(&dispatcher->congestion, dispatcher->now) > FLUSH_MS)
        return STATUS_OK;
    for (size_t i = 0; i < chunk && dispatcher->code_next < dispatcher->code_count; i++) {
        size_t waiting = lists->written.count + lists->sends.count + lists->asks.count + lists->later.count;
        bool begun;
        if (waiting >= dispatcher->ahead || lists->weight >= ALIVE_BYTES)
            break;
        if (prepare(dispatcher, dispatcher->codes[dispatcher->code_next++], false, &begun, error))
            return error->status;
        dispatcher->done += !begun;
    }
    return STATUS_OK;
}

/* What was left over is settled: now what is wanted instead has its turn. */
static enum status finish(struct dispatcher *dispatcher, struct delivery_task *delivery_task,
                          const struct portal_response *report, bool stopped, struct error *error)
{
    bool again = false;
    if (delivery_task->delivery.state != DELIVERY_UNTOUCHED || stopped) {
        if (open_group(dispatcher, error) || delivery_task_answer(dispatcher->store, delivery_task, report,
                                                                  stopped, dispatcher->counts, error))
            return error->status;
        bool wanted = delivery_task->item.wanted && delivery_task->item.state == OUTBOX_IDLE;
        bool superseded = delivery_task->delivery.state == DELIVERY_SUPERSEDED;
        if (wanted && !dispatcher->stopping &&
            prepare(dispatcher, delivery_task->item.code, superseded, &again, error))
            return error->status;
    }
    dispatcher->done += !again;
    dispatch_queues_release(&dispatcher->lists, delivery_task);
    return STATUS_OK;
}

/* ---- the end of the run ---- */

__attribute__((format(printf, 2, 3))) static void stop(struct dispatcher *dispatcher, const char *format, ...)
{
    char why[1200];
    va_list arguments;
    if (dispatcher->stopping)
        return;
    va_start(arguments, format);
    vsnprintf(why, sizeof why, format, arguments);
    va_end(arguments);
    dispatcher->stopping = true;
    dispatcher->drain_until = dispatcher->now + DRAIN_MS;
    (void)error_set(dispatcher->error, STATUS_STOP,
                    _("%s; everything stays pending and the same command goes on"), why);
}

static void stop_for(struct dispatcher *dispatcher, enum congestion_fault fault,
                     const struct portal_response *report)
{
    char reason[STOP_REASON_MAX];
    stop_reason(reason, dispatcher->portal->settings->shown, fault, report);
    stop(dispatcher, "%s", reason);
}

static enum status end_one(struct dispatcher *dispatcher, struct delivery_task *delivery_task,
                           struct error *error)
{
    struct delivery_terms terms = terms_of(dispatcher);
    enum delivery_action action = delivery_step(&delivery_task->delivery, EVENT_STOP, &terms);
    return action == DELIVERY_FINISH ? finish(dispatcher, delivery_task, NULL, false, error) : STATUS_OK;
}

static enum status end_waiting(struct dispatcher *dispatcher, struct error *error)
{
    struct dispatch_queue *lists[] = { &dispatcher->lists.written, &dispatcher->lists.asks,
                                       &dispatcher->lists.sends, &dispatcher->lists.later,
                                       &dispatcher->parked };
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        for (struct delivery_task *delivery_task; (delivery_task = dispatch_queues_take(lists[i]));)
            if (end_one(dispatcher, delivery_task, error))
                return error->status;
    return STATUS_OK;
}

/* ---- out ---- */

static void note_leaving(struct dispatcher *dispatcher, struct delivery_task *delivery_task, bool question)
{
    struct delivery_terms terms = terms_of(dispatcher);
    delivery_task_address(delivery_task, delivery_step(&delivery_task->delivery, EVENT_DUE, &terms));
    congestion_left(&dispatcher->congestion, &delivery_task->mark, question);
    if (!delivery_task->requests++)
        delivery_task->started_at = dispatcher->clock->now(dispatcher->clock);
}

/* Nothing left, and the run stops: the requests are as if they had never been taken. */
static void take_back(struct dispatcher *dispatcher, struct portal_request *const *requests, size_t count,
                      const struct error *why)
{
    for (size_t i = 0; i < count; i++) {
        struct delivery_task *delivery_task = requests[i]->owner;
        struct delivery_terms terms = terms_of(dispatcher);
        terms.free = true;
        delivery_step(&delivery_task->delivery, EVENT_NOT_LEFT, &terms);
        dispatch_queues_wait(&dispatcher->lists, delivery_task, dispatcher->now);
    }
    stop(dispatcher, "%s", why->message);
}

static enum status submit(struct dispatcher *dispatcher, struct portal_request *const *requests, size_t count,
                          bool question, struct error *error)
{
    struct error why = { 0 };
    enum status status = dispatcher->portal->driver->submit(dispatcher->portal, requests, count, &why);
    if (status == STATUS_STOP) {
        take_back(dispatcher, requests, count, &why);
        return STATUS_OK;
    }
    if (status)
        return error_copy(error, status, &why);
    dispatcher->out++;
    dispatcher->out_sends += !question;
    return STATUS_OK;
}

static size_t most_with(struct dispatcher *dispatcher, struct delivery_task *delivery_task)
{
    delivery_task_address(delivery_task, DELIVERY_SEND);
    size_t most = dispatcher->portal->driver->most(dispatcher->portal, &delivery_task->request);
    return most < BATCH_MAX ? most : BATCH_MAX;
}

static enum status send_next(struct dispatcher *dispatcher, struct error *error)
{
    struct portal_request *requests[BATCH_MAX];
    struct dispatch_queue *sends = &dispatcher->lists.sends;
    if (congestion_is_down(&dispatcher->congestion)) /* what failed already makes a poor probe */
        dispatch_queues_prefer_fresh(sends);
    size_t count = 0, bytes = 0, most = most_with(dispatcher, sends->first);
    while (sends->first && count < most) {
        size_t batch = most_with(dispatcher, sends->first), size = sends->first->request.body.length;
        if (count && (batch == 1 || bytes + size > BATCH_BYTES))
            break;
        struct delivery_task *delivery_task = dispatch_queues_take(sends);
        bytes += size;
        note_leaving(dispatcher, delivery_task, false);
        requests[count++] = &delivery_task->request;
    }
    return submit(dispatcher, requests, count, false, error);
}

static enum status dispatch(struct dispatcher *dispatcher, struct error *error)
{
    struct dispatch_queues *lists = &dispatcher->lists;
    while (!dispatcher->stopping) {
        if (lists->asks.first && congestion_allows(&dispatcher->congestion, true, dispatcher->out,
                                                   dispatcher->out_sends, dispatcher->now)) {
            struct delivery_task *delivery_task = dispatch_queues_take(&lists->asks);
            struct portal_request *request = &delivery_task->request;
            note_leaving(dispatcher, delivery_task, true);
            if (submit(dispatcher, &request, 1, true, error))
                return error->status;
        } else if (lists->sends.first && congestion_allows(&dispatcher->congestion, false, dispatcher->out,
                                                           dispatcher->out_sends, dispatcher->now)) {
            if (send_next(dispatcher, error))
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
    return event == EVENT_INDETERMINATE || event == EVENT_NOT_LEFT || event == EVENT_BUSY;
}

static bool is_question(const struct portal_response *report)
{
    return report->request->kind == PORTAL_ASK;
}

/* What the answer says of the portal as a whole. */
static void judge_portal(struct dispatcher *dispatcher, struct delivery_task *delivery_task,
                         const struct portal_response *report, enum delivery_event event)
{
    bool asked = is_question(report);
    const struct delivery *delivery = &delivery_task->delivery;
    struct congestion_report told = { .event = event,
                                      .asked = asked,
                                      .sent_before = delivery->left && !delivery->queued &&
                                                     dispatcher->now >= delivery->shows_by,
                                      .left_over = delivery_task->left_over,
                                      .spoke = event == EVENT_INDETERMINATE && report->said == RESULT_HELD,
                                      .shared = report->shared,
                                      .slow = report->slow,
                                      .dropped = report->dropped,
                                      .retry_after = report->retry_after,
                                      .took = report->took };
    enum congestion_fault fault = congestion_answered(&dispatcher->congestion, &delivery_task->mark, &told,
                                                      dispatcher->now, chance(dispatcher));
    /* Attempts that were used up without a connection, or while the portal said nothing to anyone, are not
     * the record's fault. */
    bool spent = is_failure(event) && (asked || event != EVENT_INDETERMINATE) &&
                 delivery_is_spent(delivery, &dispatcher->portal->settings->retry);
    bool unresponsive = congestion_is_unresponsive_for(&dispatcher->congestion, &delivery_task->mark);
    /* One that is left over does not speak for the portal: it may be that one alone that it is silent about. */
    if (fault == CONGESTION_NONE && spent &&
        (event == EVENT_NOT_LEFT || (unresponsive && !delivery_task->left_over)))
        fault = CONGESTION_UNRESPONSIVE;
    struct portal_response last = *report;
    if (fault == CONGESTION_NOT_ACCEPTING &&
        delivery_task->message.length) /* why nothing is taken, not what the question found */
        last.message = buffer_view(&delivery_task->message);
    if (fault != CONGESTION_NONE)
        stop_for(dispatcher, fault, &last);
}

/* One warning a run: contents are compared, and digests that are of something else are of no use. */
static void warn_of_digests(struct dispatcher *dispatcher, const struct delivery_task *delivery_task,
                            const struct remote_state *remote)
{
    struct evidence_facts facts = { .item = &delivery_task->item };
    if (dispatcher->evidence.odd || !evidence_is_odd(&facts, remote))
        return;
    dispatcher->evidence.odd = true;
    portal_notice(
        dispatcher->portal,
        _("the portal %s names digests that are not those of the contents it shows (first of " TEXT_PRINT
          "): contents are compared instead"),
        dispatcher->portal->settings->shown, TEXT_ARG(delivery_task->item.code));
}

/* What it means for the congestion: at once and in the order of the answers, for what it forbids must not
 * leave. */
static enum status judge(struct dispatcher *dispatcher, struct answer *answer, struct error *error)
{
    struct portal_response *report = &answer->report;
    struct delivery_task *delivery_task = report->request->owner;
    if (delivery_task_weigh(dispatcher->store, delivery_task, report, &dispatcher->evidence, &answer->event,
                            error))
        return error->status;
    warn_of_digests(dispatcher, delivery_task, &report->remote);
    if (answer->event == EVENT_CLOSED)
        stop_for(dispatcher, CONGESTION_NONE, report);
    else
        judge_portal(dispatcher, delivery_task, report, answer->event);
    answer->free = congestion_is_down(&dispatcher->congestion);
    return STATUS_OK;
}

static void free_lane(struct dispatcher *dispatcher, const struct portal_response *report)
{
    dispatcher->out -= report->last;
    dispatcher->out_sends -= report->last && !is_question(report);
}

/* ETags are asked about once a run: the first answer that rests on one is followed by a question, and those that
 * come meanwhile wait for what it shows. */
static bool park(struct dispatcher *dispatcher, struct delivery_task *delivery_task,
                 const struct portal_response *report)
{
    if (dispatcher->stopping || !delivery_task_awaits_etags(delivery_task, report, &dispatcher->evidence))
        return false;
    if (dispatcher->prover)
        dispatch_queues_put(&dispatcher->parked, delivery_task);
    else
        dispatcher->prover = delivery_task;
    return dispatcher->prover != delivery_task;
}

static enum status release_parked(struct dispatcher *dispatcher, struct error *error)
{
    struct delivery_task *parked;
    dispatcher->prover = NULL;
    dispatcher->evidence.useless = !dispatcher->evidence.etags;
    while ((parked = dispatch_queues_take(&dispatcher->parked))) {
        struct delivery_terms terms = terms_of(dispatcher);
        struct portal_response report = delivery_task_awaited(parked);
        enum delivery_event event = dispatcher->evidence.etags ? EVENT_TAKEN : EVENT_INDETERMINATE;
        if (delivery_step(&parked->delivery, event, &terms) == DELIVERY_WAIT)
            dispatch_queues_wait(&dispatcher->lists, parked, dispatcher->now);
        else if (finish(dispatcher, parked, &report, false, error))
            return error->status;
    }
    return STATUS_OK;
}

static enum status take_in(struct dispatcher *dispatcher, struct answer *answer, struct error *error)
{
    struct portal_response *report = &answer->report;
    struct delivery_task *delivery_task = report->request->owner;
    enum delivery_event event = answer->event;
    if (event != EVENT_TAKEN)
        free_lane(dispatcher, report);
    struct delivery_terms terms = terms_of(dispatcher);
    terms.at_least = report->retry_after > 0 ? report->retry_after : 0;
    terms.free = dispatcher->stopping || answer->free;
    terms.lag = report->prompt ? 0 : terms.lag;
    terms.futile = report->futile;
    if (event == EVENT_MISMATCH)
        delivery_task->mismatch = report->status;
    if (event == EVENT_TAKEN)
        report->message = TEXT_NONE;
    if (event == EVENT_INDETERMINATE && !report->message.length)
        report->message = text_of(stop_reason_of_doubt(report->said));
    if (is_failure(event) || event == EVENT_ACCEPTED)
        delivery_task_note(delivery_task, report);
    /* What was taken and is only to be seen has not failed. */
    if (is_failure(event) && (report->said != RESULT_TAKEN || report->remote.failed)) {
        if (open_group(dispatcher, error) ||
            outbox_attempt(dispatcher->store, &delivery_task->item, delivery_task->requests,
                           delivery_task->started_at, report->status, report->message, error))
            return error->status;
    }
    if (event == EVENT_INDETERMINATE && park(dispatcher, delivery_task, report))
        return STATUS_OK;
    bool proves = delivery_task == dispatcher->prover;
    enum delivery_action action = delivery_step(&delivery_task->delivery, event, &terms);
    struct text why = delivery_task->delivery.state == DELIVERY_UNKNOWN
                          ? stop_reason_of_unknown(&dispatcher->kept, delivery_task, report, event)
                          : TEXT_NONE;
    if (why.bytes) {
        report->message = why;
        delivery_task_note(delivery_task, report);
    }
    if (action == DELIVERY_WAIT)
        dispatch_queues_wait(&dispatcher->lists, delivery_task, dispatcher->now);
    else if (finish(dispatcher, delivery_task, report, action == DELIVERY_HALT, error))
        return error->status;
    return proves && is_question(report) ? release_parked(dispatcher, error) : STATUS_OK;
}

/* How long nothing needs to be done but to wait for answers. */
static long patience(struct dispatcher *dispatcher)
{
    const struct dispatch_queues *lists = &dispatcher->lists;
    int64_t until = dispatcher->now + LOOK_MS;
    if (dispatcher->group && dispatcher->group_since + FLUSH_MS < until)
        until = dispatcher->group_since + FLUSH_MS;
    if (lists->later.first && lists->due < until)
        until = lists->due;
    int64_t pause = congestion_pause(&dispatcher->congestion, dispatcher->now);
    if (pause && dispatcher->now + pause < until)
        until = dispatcher->now + pause;
    size_t waiting = lists->written.count + lists->sends.count + lists->asks.count + lists->later.count;
    bool more = dispatcher->code_next < dispatcher->code_count && waiting < dispatcher->ahead &&
                lists->weight < ALIVE_BYTES && !dispatcher->stopping && !pause;
    return more || until <= dispatcher->now ? 0 : (long)(until - dispatcher->now);
}

/* What was taken frees its lane at once, and the next delivery is on its way while answers are written down.
 */
static enum status collect(struct dispatcher *dispatcher, struct error *error)
{
    struct portal_response report;
    struct answer answers[REPORTS_CHUNK];
    long wait = patience(dispatcher);
    dispatcher->answered = 0;
    arena_clear(&dispatcher->kept);
    if (!dispatcher->out) { /* nothing can come */
        if (wait)
            dispatcher->clock->sleep(dispatcher->clock, wait);
        return STATUS_OK;
    }
    for (; dispatcher->answered < REPORTS_CHUNK; wait = 0) {
        enum status status = dispatcher->portal->driver->next(dispatcher->portal, wait, &report, error);
        if (status == STATUS_END)
            break;
        if (status)
            return status;
        ticks_ms(dispatcher);
        if (report.not_taken) {
            free_lane(dispatcher, &report);
            take_back(dispatcher, &report.request, 1, report.not_taken);
            continue;
        }
        portal_response_keep(&report, &dispatcher->kept);
        struct answer *answer = &answers[dispatcher->answered++];
        *answer = (struct answer){ .report = report };
        if (judge(dispatcher, answer, error))
            return error->status;
        if (answer->event != EVENT_TAKEN)
            continue;
        free_lane(dispatcher, &report);
        if (dispatch(dispatcher, error))
            return error->status;
    }
    for (size_t i = 0; i < dispatcher->answered; i++)
        if (take_in(dispatcher, &answers[i], error) || dispatch(dispatcher, error))
            return error->status;
    return STATUS_OK;
}

/* ---- the loop ---- */

static void show_progress(struct dispatcher *dispatcher)
{
    if (!dispatcher->request->progress || dispatcher->now - dispatcher->progress_at < LOOK_MS)
        return;
    dispatcher->progress_at = dispatcher->now;
    dispatcher->request->progress(dispatcher->request->user_data, (int64_t)dispatcher->done,
                                  (int64_t)dispatcher->code_count);
}

static enum status bring(struct dispatcher *dispatcher, struct error *error)
{
    const struct load_request *request = dispatcher->request;
    for (;;) {
        ticks_ms(dispatcher);
        if (request->stop && *request->stop)
            stop(dispatcher, _("the run was told to stop"));
        dispatch_queues_wake(&dispatcher->lists, dispatcher->now);
        if (dispatcher->stopping ? end_waiting(dispatcher, error) : prepare_some(dispatcher, error))
            return error->status;
        if (commit_in_time(dispatcher, error) || dispatch(dispatcher, error))
            return error->status;
        if (dispatcher->stopping &&
            (!dispatcher->lists.alive_count || dispatcher->now >= dispatcher->drain_until))
            break;
        if (!dispatcher->lists.alive_count && dispatcher->code_next == dispatcher->code_count)
            break;
        if (collect(dispatcher, error))
            return error->status;
        show_progress(dispatcher);
    }
    while (dispatcher->lists.alive_count) /* only what no answer came to in time */
        if (end_one(dispatcher, dispatcher->lists.alive[dispatcher->lists.alive_count - 1], error))
            return error->status;
    return commit(dispatcher, error);
}

enum status dispatcher_run(struct store *store, const struct load_request *request, struct portal *portal,
                           struct run_counts *counts, struct error *error)
{
    struct error why = { 0 };
    struct dispatcher dispatcher = { .store = store,
                                     .request = request,
                                     .portal = portal,
                                     .clock = store_clock(store),
                                     .counts = counts,
                                     .committed = *counts,
                                     .error = &why };
    const struct portal_settings *settings = portal->settings;
    dispatcher.evidence.confirm = settings->confirm == PORTAL_CONFIRM_READ;
    congestion_start(&dispatcher.congestion, &settings->retry, settings->in_flight, settings->timeout);
    ticks_ms(&dispatcher);
    dispatcher.chance = dispatcher.clock->random(dispatcher.clock);
    dispatcher.committed_at = dispatcher.now;
    adapt_ahead(&dispatcher);
    enum status status = outbox_list(store, &request->filter, &dispatcher.arena, &dispatcher.codes,
                                     &dispatcher.code_count, error);
    bool compared = true;
    if (!status)
        status = restoration_compared(store, &compared, error);
    dispatcher.restored = !compared;
    if (!status)
        status = bring(&dispatcher, error);
    if (dispatcher.group) { /* what was not written down does not count */
        store_rollback(store);
        *counts = dispatcher.committed;
    }
    dispatch_queues_free(&dispatcher.lists);
    arena_free(&dispatcher.scratch);
    arena_free(&dispatcher.kept);
    arena_free(&dispatcher.arena);
    if (!status && request->progress)
        request->progress(request->user_data, (int64_t)dispatcher.done, (int64_t)dispatcher.code_count);
    return status || !dispatcher.stopping ? status : error_copy(error, STATUS_STOP, &why);
}
