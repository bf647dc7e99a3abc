#include "load/courier_lists.h"

#include <stdlib.h>

#include "core/memory.h"

#define IDLE_MOST 256 /* kept for the next ones */

void courier_lists_put(struct courier_list *list, struct parcel *parcel)
{
    parcel->next = NULL;
    if (list->last)
        list->last->next = parcel;
    else
        list->first = parcel;
    list->last = parcel;
    list->count++;
}

static void put_first(struct courier_list *list, struct parcel *parcel)
{
    parcel->next = list->first;
    list->first = parcel;
    if (!list->last)
        list->last = parcel;
    list->count++;
}

struct parcel *courier_lists_take(struct courier_list *list)
{
    struct parcel *parcel = list->first;
    if (!parcel)
        return NULL;
    list->first = parcel->next;
    if (!list->first)
        list->last = NULL;
    list->count--;
    return parcel;
}

void courier_lists_prefer_fresh(struct courier_list *list)
{
    struct parcel *before = list->first;
    if (!before || !before->requests)
        return;
    while (before->next && before->next->requests)
        before = before->next;
    struct parcel *fresh = before->next;
    if (!fresh)
        return;
    before->next = fresh->next;
    if (list->last == fresh)
        list->last = before;
    list->count--;
    put_first(list, fresh);
}

struct parcel *courier_lists_new(struct courier_lists *lists)
{
    struct parcel *parcel = courier_lists_take(&lists->idle);
    if (!parcel)
        parcel = parcel_new();
    if (lists->alive_count == lists->alive_capacity) {
        lists->alive_capacity = lists->alive_capacity ? lists->alive_capacity * 2 : 256;
        lists->alive = memory_grow(lists->alive, lists->alive_capacity, sizeof *lists->alive);
    }
    parcel->place = lists->alive_count;
    parcel->weight = 0;
    lists->alive[lists->alive_count++] = parcel;
    return parcel;
}

void courier_lists_release(struct courier_lists *lists, struct parcel *parcel)
{
    struct parcel *last = lists->alive[--lists->alive_count];
    lists->alive[parcel->place] = last;
    last->place = parcel->place;
    lists->weight -= parcel->weight;
    if (lists->idle.count < IDLE_MOST)
        courier_lists_put(&lists->idle, parcel);
    else
        parcel_free(parcel);
}

void courier_lists_weigh(struct courier_lists *lists, struct parcel *parcel)
{
    parcel->weight = parcel->bytes.length;
    lists->weight += parcel->weight;
}

void courier_lists_free(struct courier_lists *lists)
{
    for (size_t i = 0; i < lists->alive_count; i++)
        parcel_free(lists->alive[i]);
    for (struct parcel *parcel; (parcel = courier_lists_take(&lists->idle));)
        parcel_free(parcel);
    free(lists->alive);
    *lists = (struct courier_lists){ .alive = NULL };
}

static struct courier_list *lane_of(struct courier_lists *lists, const struct parcel *parcel)
{
    return parcel->delivery.state == DELIVERY_INTENDED ? &lists->sends : &lists->asks;
}

void courier_lists_wait(struct courier_lists *lists, struct parcel *parcel, int64_t now)
{
    if (parcel->delivery.due <= now) {
        /* What an earlier run left over is first in line, once: then it waits its turn like any other. */
        bool first =
            parcel->left_over && parcel->delivery.state == DELIVERY_INTENDED && !parcel->delivery.left;
        (first ? put_first : courier_lists_put)(lane_of(lists, parcel), parcel);
        return;
    }
    if (!lists->later.first || parcel->delivery.due < lists->due)
        lists->due = parcel->delivery.due;
    courier_lists_put(&lists->later, parcel);
}

void courier_lists_wake(struct courier_lists *lists, int64_t now)
{
    if (!lists->later.first || now < lists->due)
        return;
    struct courier_list waiting = lists->later;
    lists->later = (struct courier_list){ .count = 0 };
    for (struct parcel *parcel; (parcel = courier_lists_take(&waiting));) {
        if (parcel->delivery.due <= now)
            put_first(lane_of(lists, parcel), parcel);
        else
            courier_lists_wait(lists, parcel, now);
    }
}
