#include "record/calendar.h"

const struct workday_calendar *calendar_of(struct arena *arena, const struct code_list *lists)
{
    const struct code_list *list = codes_find(lists, TEXT("holidays"));
    if (!list)
        return NULL;
    struct workday_calendar *calendar = arena_new(arena, struct workday_calendar);
    struct date *holidays = arena_array(arena, struct date, list->count + 1);
    struct date *moved = arena_array(arena, struct date, list->count + 1);
    size_t holiday_count = 0, moved_count = 0;
    for (const struct code *code = list->first; code; code = code->after) {
        struct date date;
        if (!date_read(code->from, &date))
            continue;
        if (text_is(code->to, "holiday"))
            holidays[holiday_count++] = date;
        else if (text_is(code->to, "working"))
            moved[moved_count++] = date;
    }
    *calendar = (struct workday_calendar){ holidays, workday_sort(holidays, holiday_count), moved,
                                           workday_sort(moved, moved_count) };
    return calendar;
}
