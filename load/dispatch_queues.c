#include "load/dispatch_queues.h"

#include <stdlib.h>

#include "core/memory.h"

#define IDLE_MAX 256 /* kept for the next ones */

void dispatch_queues_put(struct dispatch_queue *list, struct delivery_task *delivery_task)
{
    delivery_task->next = NULL;
    if (list->last)
        list->last->next = delivery_task;
    else
        list->first = delivery_task;
    list->last = delivery_task;
    list->count++;
}

static void put_first(struct dispatch_queue *list, struct delivery_task *delivery_task)
{
    delivery_task->next = list->first;
    list->first = delivery_task;
    if (!list->last)
        list->last = delivery_task;
    list->count++;
}

struct delivery_task *dispatch_queues_take(struct dispatch_queue *list)
{
    struct delivery_task *delivery_task = list->first;
    if (!delivery_task)
        return NULL;
    list->first = delivery_task->next;
    if (!list->first)
        list->last = NULL;
    list->count--;
    return delivery_task;
}

static void move_first(struct dispatch_queue *list, struct delivery_task *before, struct delivery_task *moved)
{
    if (!before)
        return;
    before->next = moved->next;
    if (list->last == moved)
        list->last = before;
    list->count--;
    put_first(list, moved);
}

bool dispatch_queues_prefer_fresh(struct dispatch_queue *list)
{
    struct delivery_task *before = NULL, *fresh = NULL, *last = NULL;
    for (struct delivery_task *task = list->first; task; last = task, task = task->next)
        if (!task->requests) {
            fresh = task;
            before = last;
        }
    if (fresh)
        move_first(list, before, fresh);
    return fresh;
}

bool dispatch_queues_prefer_unheard(struct dispatch_queue *list, const struct congestion *congestion)
{
    struct delivery_task *before = NULL, *task = list->first;
    while (task && (task->left_over || congestion_has_counted(congestion, &task->mark))) {
        before = task;
        task = task->next;
    }
    if (task)
        move_first(list, before, task);
    return task;
}

struct delivery_task *dispatch_queues_new(struct dispatch_queues *lists)
{
    struct delivery_task *delivery_task = dispatch_queues_take(&lists->idle);
    if (!delivery_task)
        delivery_task = delivery_task_new();
    lists->alive =
        memory_more(lists->alive, lists->alive_count, &lists->alive_capacity, sizeof *lists->alive);
    delivery_task->place = lists->alive_count;
    delivery_task->weight = 0;
    lists->alive[lists->alive_count++] = delivery_task;
    return delivery_task;
}

void dispatch_queues_release(struct dispatch_queues *lists, struct delivery_task *delivery_task)
{
    struct delivery_task *last = lists->alive[--lists->alive_count];
    lists->alive[delivery_task->place] = last;
    last->place = delivery_task->place;
    lists->weight -= delivery_task->weight;
    if (lists->idle.count < IDLE_MAX)
        dispatch_queues_put(&lists->idle, delivery_task);
    else
        delivery_task_free(delivery_task);
}

void dispatch_queues_weigh(struct dispatch_queues *lists, struct delivery_task *delivery_task)
{
    delivery_task->weight = delivery_task->bytes.length;
    lists->weight += delivery_task->weight;
}

void dispatch_queues_free(struct dispatch_queues *lists)
{
    for (size_t i = 0; i < lists->alive_count; i++)
        delivery_task_free(lists->alive[i]);
    for (struct delivery_task *delivery_task; (delivery_task = dispatch_queues_take(&lists->idle));)
        delivery_task_free(delivery_task);
    free(lists->alive);
    *lists = (struct dispatch_queues){ .alive = NULL };
}

static struct dispatch_queue *lane_of(struct dispatch_queues *lists,
                                      const struct delivery_task *delivery_task)
{
    return delivery_task->delivery.state == DELIVERY_INTENDED ? &lists->sends : &lists->asks;
}

void dispatch_queues_wait(struct dispatch_queues *lists, struct delivery_task *delivery_task, int64_t now)
{
    if (delivery_task->delivery.due <= now) {
        /* What an earlier run left over is first in line, once: then it waits its turn like any other. */
        bool first = delivery_task->left_over && delivery_task->delivery.state == DELIVERY_INTENDED &&
                     !delivery_task->delivery.left;
        (first ? put_first : dispatch_queues_put)(lane_of(lists, delivery_task), delivery_task);
        return;
    }
    if (!lists->later.first || delivery_task->delivery.due < lists->due)
        lists->due = delivery_task->delivery.due;
    dispatch_queues_put(&lists->later, delivery_task);
}

void dispatch_queues_wake(struct dispatch_queues *lists, int64_t now)
{
    if (!lists->later.first || now < lists->due)
        return;
    struct dispatch_queue waiting = lists->later;
    lists->later = (struct dispatch_queue){ .count = 0 };
    for (struct delivery_task *delivery_task; (delivery_task = dispatch_queues_take(&waiting));) {
        if (delivery_task->delivery.due <= now)
            put_first(lane_of(lists, delivery_task), delivery_task);
        else
            dispatch_queues_wait(lists, delivery_task, now);
    }
}
