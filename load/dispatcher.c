#include "load/dispatch_inside.h"

#include "store/restoration.h"
#include "store/store_run.h"

#define LOOK_MS       100  /* how often the stop flag and the progress bar are looked at */
#define FLUSH_MS      250  /* so long may an answer be off the disk */
#define GROUP_MAX     2048 /* rows */
#define AHEAD_LEAST   64   /* intents that are written before they can leave */
#define AHEAD_MAX     1024
#define COMMIT_LEAST  32 /* intents, unless nothing else is ready to leave: a commit waits for the disk */
#define PREPARE_CHUNK 2  /* between two looks at the network: what is ready to leave must not wait for long */
#define REPORTS_CHUNK 4
#define ALIVE_BYTES   ((size_t)16 << 20)
#define BATCH_BYTES   ((size_t)8 << 20)
#define BATCH_MAX     500

static int64_t ticks_ms(struct dispatcher *dispatcher)
{
    return dispatcher->now = dispatcher->clock->ticks(dispatcher->clock) / 1000;
}

/* splitmix64: a wait needs no better chance, and the clock's own costs a system call. */
uint64_t dispatcher_chance(struct dispatcher *dispatcher)
{
    uint64_t bits = dispatcher->chance += 0x9E3779B97F4A7C15u;
    bits = (bits ^ bits >> 30) * 0xBF58476D1CE4E5B9u;
    bits = (bits ^ bits >> 27) * 0x94D049BB133111EBu;
    return bits ^ bits >> 31;
}

struct delivery_terms dispatcher_terms(struct dispatcher *dispatcher)
{
    return (struct delivery_terms){ .retry = &dispatcher->portal->settings->retry,
                                    .now = dispatcher->now,
                                    .lag = dispatcher->portal->settings->lag,
                                    .chance = dispatcher_chance(dispatcher) };
}

/* ---- the group ---- */

enum status dispatcher_open_group(struct dispatcher *dispatcher, struct error *error)
{
    dispatcher->rows++;
    if (dispatcher->group)
        return STATUS_OK;
    dispatcher->group = true;
    dispatcher->group_since = dispatcher->now;
    return store_begin(dispatcher->store, error);
}

/* So many deliveries may be under way. */
static size_t window(const struct dispatcher *dispatcher)
{
    return (size_t)(dispatcher->portal->settings->in_flight * dispatcher->portal->settings->batch);
}

/* Is there a procedure left to begin with, and room for it among those that wait? */
static bool has_room(const struct dispatcher *dispatcher)
{
    const struct dispatch_queues *lists = &dispatcher->lists;
    size_t waiting = lists->written.count + lists->sends.count + lists->asks.count + lists->later.count;
    return dispatcher->code_next < dispatcher->code_count && waiting < dispatcher->ahead &&
           lists->weight < ALIVE_BYTES;
}

/* More intents are written ahead where commits follow one another closely. */
static void adapt_ahead(struct dispatcher *dispatcher)
{
    int64_t since = dispatcher->now - dispatcher->committed_at;
    size_t wide = window(dispatcher);
    size_t least = 2 * wide > AHEAD_LEAST ? 2 * wide : AHEAD_LEAST;
    size_t most = 4 * wide > AHEAD_MAX ? 4 * wide : AHEAD_MAX;
    if (since < FLUSH_MS / 2 && dispatcher->ahead < most)
        dispatcher->ahead *= 2;
    else if (since > 4 * FLUSH_MS && dispatcher->ahead > least)
        dispatcher->ahead /= 2;
    if (dispatcher->ahead < least)
        dispatcher->ahead = least;
}

/* Nothing but a question can say what would be replaced. What an operator has overwritten was looked at. */
static bool is_base_unknown(const struct dispatcher *dispatcher, const struct delivery_task *delivery_task)
{
    const struct outbox_item *item = &delivery_task->item;
    bool any = text_is(item->intent_base, "*") && !item->overwrite.length;
    bool withdraws = item->intent_action == OUTBOX_WITHDRAW;
    return delivery_task->unasked || dispatcher->portal->driver->unconditional || any ||
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
        struct delivery_terms terms = dispatcher_terms(dispatcher);
        delivery_step(&delivery_task->delivery,
                      is_base_unknown(dispatcher, delivery_task) ? EVENT_BASE_UNKNOWN : EVENT_COMMITTED,
                      &terms);
        dispatch_queues_wait(&dispatcher->lists, delivery_task, dispatcher->now);
    }
    return STATUS_OK;
}

static enum status commit_in_time(struct dispatcher *dispatcher, struct error *error)
{
    const struct dispatch_queues *lists = &dispatcher->lists;
    if (!dispatcher->group)
        return STATUS_OK;
    bool probe = lists->written.count && congestion_is_silent(&dispatcher->congestion);
    size_t ready = lists->sends.count + lists->asks.count;
    bool many = lists->written.count >= COMMIT_LEAST || !has_room(dispatcher);
    bool hungry = lists->written.count && ready <= window(dispatcher) && (many || !ready);
    if (probe || hungry || dispatcher->rows >= GROUP_MAX ||
        dispatcher->now - dispatcher->group_since >= FLUSH_MS)
        return commit(dispatcher, error);
    return STATUS_OK;
}

/* ---- the beginning and the end of a delivery ---- */

/* The one place where it is asked whether something may be sent at all. What an earlier run left open is asked about in
 * any case; what is not there is sent again if it may be sent today. */
static enum status pass_gate(struct dispatcher *dispatcher, struct delivery_task *delivery_task,
                             enum delivery_event event, bool *passes, struct error *error)
{
    const struct dispatch_gate *gate = dispatcher->gate;
    enum approval_standing standing;
    const struct approval_entry *entry;
    struct outbox_item *item = &delivery_task->item;
    *passes = !gate->approved_only;
    if (event == EVENT_SETTLE || !gate->approval->bound)
        return STATUS_OK;
    if (approval_gate_judge(gate->approval, item, &standing, &entry, error))
        return error->status;
    bool approved = standing == APPROVAL_APPROVED;
    item->approval = approved ? entry->event : 0;
    if (approved)
        delivery_task->until = dispatcher->now + entry->until - dispatcher->clock->now(dispatcher->clock);
    else if (standing != APPROVAL_FREE) {
        delivery_task->until = DELIVERY_NEVER;
        delivery_task->delivery.kept = false; /* what is not there goes back to its approvers */
    }
    *passes = approved || (standing == APPROVAL_FREE ? !gate->approved_only : event == EVENT_RESUME);
    return STATUS_OK;
}

/* What was sent last may not show yet; where the clock was set back, it is as if sent now. What an operator has
 * sent again need not wait. */
static enum status allow_for_lag(struct dispatcher *dispatcher, struct delivery_task *delivery_task,
                                 struct error *error)
{
    struct clock *clock = store_clock(dispatcher->store);
    int64_t lag = dispatcher->portal->settings->lag, at;
    if (!lag || delivery_task->delivery.ordered)
        return STATUS_OK;
    enum status status = outbox_last_word(dispatcher->store, delivery_task->item.code, &at, error);
    if (status)
        return status == STATUS_END ? STATUS_OK : status;
    int64_t age = clock->now(clock) - at;
    if (age < lag)
        delivery_task->delivery.shows_by = dispatcher->now + lag - (age > 0 ? age : 0);
    return STATUS_OK;
}

static enum status prepare(struct dispatcher *dispatcher, struct text code, bool superseded, bool *begun,
                           struct error *error)
{
    enum delivery_event event;
    struct delivery_task *delivery_task = dispatch_queues_new(&dispatcher->lists);
    enum status status =
        delivery_task_fill(dispatcher->store, &dispatcher->scratch, code, delivery_task, &event, error);
    *begun = status == STATUS_OK;
    if (!status)
        status = pass_gate(dispatcher, delivery_task, event, begun, error);
    if (status || !*begun) {
        dispatch_queues_release(&dispatcher->lists, delivery_task);
        return status == STATUS_END ? STATUS_OK : status;
    }
    bool asked = true;
    if ((dispatcher->restored || dispatcher->moved) &&
        restoration_asked(dispatcher->store, code, dispatcher->moved, &asked, error))
        return error->status;
    delivery_task->unasked = !asked;
    delivery_task->elsewhere = !asked && dispatcher->moved;
    delivery_task->superseded = superseded;
    if (allow_for_lag(dispatcher, delivery_task, error))
        return error->status;
    struct delivery_terms terms = dispatcher_terms(dispatcher);
    if (delivery_step(&delivery_task->delivery, event, &terms) != DELIVERY_INTEND) {
        dispatch_queues_weigh(&dispatcher->lists, delivery_task);
        dispatch_queues_wait(&dispatcher->lists, delivery_task, dispatcher->now);
        return STATUS_OK;
    }
    if (dispatcher_open_group(dispatcher, error) ||
        delivery_task_intend(dispatcher->store, &dispatcher->scratch, delivery_task, error))
        return error->status;
    dispatch_queues_weigh(&dispatcher->lists, delivery_task);
    dispatch_queues_put(&dispatcher->lists.written, delivery_task);
    return STATUS_OK;
}

static enum status prepare_some(struct dispatcher *dispatcher, struct error *error)
{
    /* More than was answered, so that there is a stock when the commit comes. */
    size_t batch = (size_t)dispatcher->portal->settings->batch,
           chunk = (dispatcher->out ? PREPARE_CHUNK : COMMIT_LEAST) + 2 * dispatcher->answered;
    chunk = chunk > batch ? chunk : batch;
    if (congestion_pause(&dispatcher->congestion, dispatcher->now) > FLUSH_MS)
        return STATUS_OK;
    for (size_t i = 0; i < chunk && (dispatch_probe_draw(dispatcher) || has_room(dispatcher)); i++) {
        bool begun;
        if (prepare(dispatcher, dispatcher->codes[dispatcher->code_next++], false, &begun, error))
            return error->status;
        dispatcher->done += !begun;
    }
    return STATUS_OK;
}

/* What was left over is settled: now what is wanted instead has its turn. */
enum status dispatcher_finish(struct dispatcher *dispatcher, struct delivery_task *delivery_task,
                              const struct portal_response *report, bool stopped, struct error *error)
{
    bool again = false;
    if (delivery_task->delivery.state != DELIVERY_UNTOUCHED || stopped) {
        if (dispatcher_open_group(dispatcher, error) ||
            delivery_task_answer(dispatcher->store, delivery_task, report, stopped, dispatcher->counts,
                                 error))
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

/* ---- out ---- */

static void note_leaving(struct dispatcher *dispatcher, struct delivery_task *delivery_task, bool question)
{
    struct delivery_terms terms = dispatcher_terms(dispatcher);
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
        struct delivery_terms terms = dispatcher_terms(dispatcher);
        terms.free = true;
        delivery_step(&delivery_task->delivery, EVENT_NOT_LEFT, &terms);
        dispatch_queues_wait(&dispatcher->lists, delivery_task, dispatcher->now);
    }
    dispatcher_stop(dispatcher, why);
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
    const struct portal *portal = dispatcher->portal;
    bool alone = !portal->driver->most ||
                 (portal->driver->alone && portal->driver->alone(portal, &delivery_task->request));
    size_t most = alone ? 1 : portal->driver->most(portal);
    return most < BATCH_MAX ? most : BATCH_MAX;
}

/* The end of its approval has come before its turn. */
static bool is_too_late(const struct dispatcher *dispatcher, const struct delivery_task *delivery_task)
{
    return delivery_task && delivery_task->until && dispatcher->now > delivery_task->until;
}

static enum status send_next(struct dispatcher *dispatcher, struct error *error)
{
    struct portal_request *requests[BATCH_MAX];
    struct dispatch_queue *sends = &dispatcher->lists.sends;
    size_t count = 0, bytes = 0, most = most_with(dispatcher, sends->first);
    while (sends->first && count < most && !is_too_late(dispatcher, sends->first)) {
        size_t batch = most_with(dispatcher, sends->first), size = sends->first->request.body.length;
        if (count && (batch == 1 || bytes + size > BATCH_BYTES))
            break;
        struct delivery_task *delivery_task = dispatch_queues_take(sends);
        bytes += size;
        note_leaving(dispatcher, delivery_task, false);
        requests[count++] = &delivery_task->request;
    }
    return count ? submit(dispatcher, requests, count, false, error) : STATUS_OK;
}

static enum status dispatch(struct dispatcher *dispatcher, struct error *error)
{
    struct dispatch_queues *lists = &dispatcher->lists;
    while (!dispatcher->stopping) {
        enum dispatch_turn turn = dispatch_probe_turn(dispatcher);
        if (turn == DISPATCH_NOBODY)
            break;
        if (is_too_late(dispatcher, lists->sends.first)) {
            if (dispatcher_end_one(dispatcher, dispatch_queues_take(&lists->sends), error))
                return error->status;
        } else if (lists->asks.first && turn != DISPATCH_SEND &&
                   congestion_allows(&dispatcher->congestion, true, dispatcher->out, dispatcher->out_sends,
                                     dispatcher->now)) {
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
    bool more = has_room(dispatcher) && !dispatcher->stopping && !pause;
    return more || until <= dispatcher->now ? 0 : (long)(until - dispatcher->now);
}

/* What was taken frees its lane at once, and the next delivery is on its way while answers are written down.
 */
static enum status collect(struct dispatcher *dispatcher, struct error *error)
{
    struct portal_response report;
    struct dispatch_answer answers[REPORTS_CHUNK];
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
        if (status == STATUS_STOP) { /* what is out gets no answer any more, and ends as such */
            dispatcher_stop(dispatcher, error);
            dispatcher->drain_until = dispatcher->now;
            break;
        }
        if (status)
            return status;
        ticks_ms(dispatcher);
        if (report.not_taken) {
            dispatch_answer_frees(dispatcher, &report);
            take_back(dispatcher, &report.request, 1, report.not_taken);
            continue;
        }
        portal_response_keep(&report, &dispatcher->kept);
        struct dispatch_answer *answer = &answers[dispatcher->answered++];
        *answer = (struct dispatch_answer){ .report = report };
        if (dispatch_answer_judge(dispatcher, answer, error))
            return error->status;
        if (answer->event != EVENT_TAKEN)
            continue;
        dispatch_answer_frees(dispatcher, &report);
        if (dispatch(dispatcher, error))
            return error->status;
    }
    for (size_t i = 0; i < dispatcher->answered; i++)
        if (dispatch_answer_take_in(dispatcher, &answers[i], error) || dispatch(dispatcher, error))
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
            dispatcher_stop_as_told(dispatcher);
        dispatch_queues_wake(&dispatcher->lists, dispatcher->now);
        if (dispatcher->stopping ? dispatcher_end_waiting(dispatcher, error)
                                 : prepare_some(dispatcher, error))
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
        if (dispatcher_end_one(dispatcher, dispatcher->lists.alive[dispatcher->lists.alive_count - 1], error))
            return error->status;
    return commit(dispatcher, error);
}

enum status dispatcher_run(struct store *store, const struct load_request *request,
                           const struct dispatch_gate *gate, struct portal *portal, struct run_counts *counts,
                           struct error *error)
{
    struct error why = { 0 };
    struct dispatcher dispatcher = { .store = store,
                                     .request = request,
                                     .gate = gate,
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
    struct outbox_work work = { .count = 0 };
    enum status status = outbox_list(store, &request->filter, &dispatcher.arena, &work, error);
    dispatcher.codes = work.codes;
    dispatcher.code_count = work.count;
    dispatcher.code_pending = work.pending;
    dispatcher.code_behind = work.behind;
    bool compared = true;
    int64_t left;
    if (!status)
        status = restoration_compared(store, &compared, &left, error);
    if (!status)
        status = restoration_moved(store, &dispatcher.moved, error);
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
    bool whole = !dispatcher.stopping || dispatcher.resigned;
    return status || whole ? status : error_copy(error, STATUS_STOP, &why);
}
