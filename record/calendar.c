#include "record/calendar.h"

const struct code *calendar_read(struct arena *arena, const struct code_list *list, struct calendar *calendar)
{
    static const char *const words[] = { "working", "proposed" };
    struct date *holidays = arena_array(arena, struct date, list->count + 1);
    struct date *moved = arena_array(arena, struct date, list->count + 1);
    size_t holiday_count = 0, moved_count = 0;
    *calendar = (struct calendar){ .last_year = 0 };
    for (const struct code *code = list->first; code; code = code->after) {
        struct date date;
        bool working = text_is(code->to, words[0]), proposed = text_is(code->to, words[1]);
        if (!date_read(code->from, &date) || (!working && !proposed && text_nearest(code->to, words, 2)))
            return code;
        if (proposed)
            continue;
        if (working)
            moved[moved_count++] = date;
        else
            holidays[holiday_count++] = date;
        if (date.year > calendar->last_year)
            calendar->last_year = date.year;
    }
    calendar->days = (struct workday_calendar){ holidays, workday_sort(holidays, holiday_count), moved,
                                                workday_sort(moved, moved_count) };
    return NULL;
}
