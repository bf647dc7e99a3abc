#include "report/report_steps.h"

#include <string.h>

#include "report/report_parts.h"
#include "store/report_view.h"

#define EVER "9999-12-31"

bool report_within(const struct report_request *request, struct text day)
{
    return day.bytes && text_compare(day, text_of(request->from)) >= 0 &&
           text_compare(day, text_of(request->to)) <= 0;
}

static const char *what_it_is(const struct value *version, const struct value *before, struct text baseline)
{
    static const char *const said[] = { "new", "amended", "replaced", "abolished" };
    struct text announcement = value_text_of(version, "announcement");
    if (baseline.bytes && text_compare(value_text_of(version, "day"), baseline) <= 0)
        return "baseline";
    if (report_says(version, "status", "abolished"))
        return "abolished";
    bool stood = before && report_says(before, "status", "published");
    struct text decision = value_text_of(version, "decision");
    if (stood && decision.bytes && text_equal(decision, value_text_of(before, "decision")))
        return "correction";
    for (size_t i = 0; i < sizeof said / sizeof *said; i++)
        if (text_is(announcement, said[i]) && strcmp(said[i], "abolished"))
            return said[i];
    return stood ? "amended" : "new";
}

static void note_baseline(struct arena *arena, struct value *document, struct text day, bool proposed)
{
    if (!day.bytes)
        return;
    struct value *baseline = value_set(document, "baseline", value_object(arena));
    value_set(baseline, "day", value_text(arena, day));
    value_set(baseline, "proposed", value_boolean(arena, proposed));
    if (proposed)
        report_note(
            arena, document,
            text_string(arena,
                        text_format(arena,
                                    _("Baseline: the day of the first publication in the ledger. Write "
                                      "\"baseline: " TEXT_PRINT "\" into the configuration to confirm "
                                      "it, or another day."),
                                    TEXT_ARG(day))));
}

enum status report_steps_read(const struct report_request *request, struct arena *arena,
                              struct value *document, struct report_steps *steps, struct error *error)
{
    struct value *versions;
    struct text baseline = text_of(request->baseline);
    if (report_view_versions(request->store, request->memory, arena, EVER, &versions, error) ||
        report_view_wanted(request->store, arena, &steps->wanted, error) ||
        (!baseline.bytes && report_view_first_day(request->store, arena, &baseline, error)))
        return error->status;
    note_baseline(arena, document, baseline, request->baseline == NULL);
    steps->step = arena_array(arena, struct report_step, versions->count + 1);
    steps->count = 0;
    const struct value *before = NULL;
    for (const struct value *version = versions->first; version; before = version, version = version->next) {
        if (before && !text_equal(value_text_of(before, "code"), value_text_of(version, "code")))
            before = NULL;
        steps->step[steps->count++] = (struct report_step){
            .version = version,
            .later = text_compare(value_text_of(version, "day"), text_of(request->to)) > 0,
            .what = what_it_is(version, before, baseline),
        };
    }
    return STATUS_OK;
}

const struct report_step *report_steps_find(const struct report_steps *steps, struct text code)
{
    size_t low = 0, high = steps->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (text_compare(value_text_of(steps->step[middle].version, "code"), code) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < steps->count && text_equal(value_text_of(steps->step[low].version, "code"), code)
               ? &steps->step[low]
               : NULL;
}
