/* Whom a silent portal is asked for. */
#include <string.h>

#include "load/dispatch_inside.h"

/* Where what is pending begins of which nothing is prepared yet; `code_behind`: there is none. */
static size_t first_pending(const struct dispatcher *dispatcher)
{
    return dispatcher->code_next > dispatcher->code_pending ? dispatcher->code_next
                                                            : dispatcher->code_pending;
}

static bool waits(const struct dispatch_queue *list, struct text code)
{
    for (const struct delivery_task *task = list->first; task; task = task->next)
        if (!task->requests && text_equal(task->item.code, code))
            return true;
    return false;
}

static bool is_drawn(const struct dispatcher *dispatcher)
{
    const struct dispatch_queues *lists = &dispatcher->lists;
    return waits(&lists->written, dispatcher->drawn) || waits(&lists->sends, dispatcher->drawn) ||
           waits(&lists->asks, dispatcher->drawn);
}

bool dispatch_probe_draw(struct dispatcher *dispatcher)
{
    size_t next = dispatcher->code_next, from = first_pending(dispatcher);
    if (!congestion_is_silent(&dispatcher->congestion) || from >= dispatcher->code_behind ||
        is_drawn(dispatcher))
        return false;
    /* Any of them: what the portal stumbles over often has neighbouring codes. */
    size_t drawn = from + dispatcher_chance(dispatcher) % (dispatcher->code_behind - from);
    dispatcher->drawn = dispatcher->codes[drawn];
    memmove(&dispatcher->codes[next + 1], &dispatcher->codes[next],
            (drawn - next) * sizeof dispatcher->drawn);
    dispatcher->codes[next] = dispatcher->drawn;
    dispatcher->code_pending += next < dispatcher->code_pending;
    return true;
}

enum dispatch_turn dispatch_probe_turn(struct dispatcher *dispatcher)
{
    struct dispatch_queues *lists = &dispatcher->lists;
    bool silent = congestion_is_silent(&dispatcher->congestion);
    if (!congestion_is_down(&dispatcher->congestion) ||
        (silent && dispatch_queues_prefer_unheard(&lists->asks, &dispatcher->congestion)))
        return DISPATCH_USUAL;
    bool more = first_pending(dispatcher) < dispatcher->code_behind && !is_drawn(dispatcher);
    if (silent && (lists->written.count || more))
        return DISPATCH_NOBODY; /* a probe is on its way to the queue */
    bool fresh = dispatch_queues_prefer_fresh(&lists->sends);
    return silent && fresh ? DISPATCH_SEND : DISPATCH_USUAL;
}

void dispatch_probe_resign(struct dispatcher *dispatcher)
{
    bool done = dispatcher->congestion.answers && dispatcher->code_next == dispatcher->code_count;
    for (size_t i = 0; done && i < dispatcher->lists.alive_count; i++)
        done = dispatcher->lists.alive[i]->left_over;
    dispatcher->resigned = done;
}
