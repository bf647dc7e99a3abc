/* How a run ends before everything is done. */
#include "load/dispatch_inside.h"

#include "load/stop_reason.h"

#define DRAIN_MS 5000 /* so long are answers waited for when the run stops */

void dispatcher_stop(struct dispatcher *dispatcher, const struct error *why)
{
    struct error reason = *why; /* it may be the dispatcher's own */
    if (dispatcher->stopping)
        return;
    dispatcher->stopping = true;
    dispatcher->drain_until = dispatcher->now + DRAIN_MS;
    if (!reason.length) { /* words alone, which stay as they are */
        (void)error_set(dispatcher->error, STATUS_STOP,
                        _("%s; everything stays pending and the same command goes on"), reason.message);
        return;
    }
    (void)error_set(dispatcher->error, STATUS_STOP,
                    _("the run stops; everything stays pending and the same command goes on"));
    (void)error_before(dispatcher->error, &reason);
}

void dispatcher_stop_as_told(struct dispatcher *dispatcher)
{
    struct error told;
    (void)error_set(&told, STATUS_STOP, _("the run was told to stop"));
    dispatcher_stop(dispatcher, &told);
}

void dispatcher_stop_for(struct dispatcher *dispatcher, enum congestion_fault fault,
                         const struct portal_response *report)
{
    struct error reason;
    stop_reason(&reason, dispatcher->portal->settings->shown, fault, report);
    dispatcher_stop(dispatcher, &reason);
}

enum status dispatcher_end_one(struct dispatcher *dispatcher, struct delivery_task *delivery_task,
                               struct error *error)
{
    struct delivery_terms terms = dispatcher_terms(dispatcher);
    enum delivery_action action = delivery_step(&delivery_task->delivery, EVENT_STOP, &terms);
    return action == DELIVERY_FINISH ? dispatcher_finish(dispatcher, delivery_task, NULL, false, error)
                                     : STATUS_OK;
}

enum status dispatcher_end_waiting(struct dispatcher *dispatcher, struct error *error)
{
    struct dispatch_queue *lists[] = { &dispatcher->lists.written, &dispatcher->lists.asks,
                                       &dispatcher->lists.sends, &dispatcher->lists.later,
                                       &dispatcher->parked };
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        for (struct delivery_task *delivery_task; (delivery_task = dispatch_queues_take(lists[i]));)
            if (dispatcher_end_one(dispatcher, delivery_task, error))
                return error->status; /* not covered: a disk that is full while a run stops */
    return STATUS_OK;
}
