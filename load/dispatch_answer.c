/* What came back from the portal, on its way into the store. */
#include "load/dispatch_inside.h"

#include "load/stop_reason.h"

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
                                                      dispatcher->now, dispatcher_chance(dispatcher));
    /* Attempts that were used up without a connection, or while the portal said nothing to anyone, are not
     * the record's fault. */
    bool spent = is_failure(event) && (asked || event != EVENT_INDETERMINATE) &&
                 delivery_is_spent(delivery, &dispatcher->portal->settings->retry);
    if (fault == CONGESTION_UNRESPONSIVE && event != EVENT_NOT_LEFT)
        dispatch_probe_resign(dispatcher);
    bool unresponsive = congestion_is_unresponsive_for(&dispatcher->congestion, &delivery_task->mark);
    /* One that is left over does not speak for the portal: it may be that one alone that it is silent about. Nor
     * does one that ends our own process before it can ask. */
    if (fault == CONGESTION_NONE && spent &&
        (event == EVENT_NOT_LEFT || (unresponsive && !delivery_task->left_over && !report->futile)))
        fault = CONGESTION_UNRESPONSIVE;
    struct portal_response last = *report;
    if (fault == CONGESTION_NOT_ACCEPTING &&
        delivery_task->message.length) /* why nothing is taken, not what the question found */
        last.message = buffer_view(&delivery_task->message);
    if (fault != CONGESTION_NONE)
        dispatcher_stop_for(dispatcher, fault, &last);
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

enum status dispatch_answer_judge(struct dispatcher *dispatcher, struct dispatch_answer *answer,
                                  struct error *error)
{
    struct portal_response *report = &answer->report;
    struct delivery_task *delivery_task = report->request->owner;
    if (delivery_task_weigh(dispatcher->store, delivery_task, report, &dispatcher->evidence, &answer->event,
                            error))
        return error->status;
    warn_of_digests(dispatcher, delivery_task, &report->remote);
    if (answer->event == EVENT_CLOSED)
        dispatcher_stop_for(dispatcher, CONGESTION_NONE, report);
    else
        judge_portal(dispatcher, delivery_task, report, answer->event);
    answer->free = congestion_is_down(&dispatcher->congestion);
    return STATUS_OK;
}

void dispatch_answer_frees(struct dispatcher *dispatcher, const struct portal_response *report)
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
        struct delivery_terms terms = dispatcher_terms(dispatcher);
        struct portal_response report = delivery_task_awaited(parked);
        enum delivery_event event = dispatcher->evidence.etags ? EVENT_TAKEN : EVENT_INDETERMINATE;
        if (delivery_step(&parked->delivery, event, &terms) == DELIVERY_WAIT)
            dispatch_queues_wait(&dispatcher->lists, parked, dispatcher->now);
        else if (dispatcher_finish(dispatcher, parked, &report, false, error))
            return error->status;
    }
    return STATUS_OK;
}

enum status dispatch_answer_take_in(struct dispatcher *dispatcher, struct dispatch_answer *answer,
                                    struct error *error)
{
    struct portal_response *report = &answer->report;
    struct delivery_task *delivery_task = report->request->owner;
    enum delivery_event event = answer->event;
    if (event != EVENT_TAKEN)
        dispatch_answer_frees(dispatcher, report);
    struct delivery_terms terms = dispatcher_terms(dispatcher);
    terms.at_least = report->retry_after > 0 ? report->retry_after : 0;
    terms.free = dispatcher->stopping || answer->free;
    terms.lag = report->prompt ? 0 : terms.lag;
    terms.futile = report->futile;
    /* A gateway says so, too, of what it has lost sight of; who names a time has turned it away. */
    terms.unsure = (report->status == 503 || report->status == 408) && report->retry_after < 0;
    if (event == EVENT_MISMATCH)
        delivery_task->mismatch = report->status;
    if (event == EVENT_TAKEN)
        report->message = TEXT_NONE;
    if (event == EVENT_INDETERMINATE && !report->message.length)
        stop_reason_of_doubt(report, &dispatcher->kept, delivery_task);
    if (is_failure(event) || event == EVENT_ACCEPTED)
        delivery_task_note(delivery_task, report);
    /* What was taken and is only to be seen has not failed. */
    struct said said = portal_said(report);
    if (is_failure(event) && (report->said != RESULT_TAKEN || report->remote.failed)) {
        if (dispatcher_open_group(dispatcher, error) ||
            outbox_attempt(dispatcher->store, &delivery_task->item, delivery_task->requests,
                           delivery_task->started_at, report->status, &said, error))
            return error->status;
    }
    if (event == EVENT_INDETERMINATE && park(dispatcher, delivery_task, report))
        return STATUS_OK;
    bool proves = delivery_task == dispatcher->prover;
    enum delivery_action action = delivery_step(&delivery_task->delivery, event, &terms);
    if (action == DELIVERY_WAIT && terms.at_least > CONGESTION_LONGEST_PAUSE) /* a matter of a later run */
        action = delivery_step(&delivery_task->delivery, EVENT_STOP, &terms);
    if (delivery_task->delivery.state == DELIVERY_UNKNOWN &&
        stop_reason_of_unknown(report, &dispatcher->kept, delivery_task, event))
        delivery_task_note(delivery_task, report);
    if (action == DELIVERY_WAIT)
        dispatch_queues_wait(&dispatcher->lists, delivery_task, dispatcher->now);
    else if (dispatcher_finish(dispatcher, delivery_task, report, action == DELIVERY_HALT, error))
        return error->status;
    return proves && is_question(report) ? release_parked(dispatcher, error) : STATUS_OK;
}
