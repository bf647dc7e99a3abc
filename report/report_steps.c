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

bool report_steps_decided_before(const struct report_steps *steps, const struct value *version)
{
    struct text signed_on = value_text_of(version, "signed_on");
    return signed_on.bytes && steps->baseline.bytes && text_compare(signed_on, steps->baseline) < 0;
}

#define YEAR_LENGTH 4 /* of yyyy-mm-dd */

bool report_steps_same_decision(const struct value *one, const struct value *other)
{
    struct text number = value_text_of(one, "decision");
    if (!number.bytes || !text_equal(number, value_text_of(other, "decision")))
        return false;
    struct text day = value_text_of(one, "signed_on"), its_day = value_text_of(other, "signed_on");
    /* What was acknowledged without a day bore no decision that was signed later. */
    if (!day.bytes || !its_day.bytes) {
        struct text signed_on = day.bytes ? day : its_day,
                    seen = value_text_of(day.bytes ? other : one, "day");
        return !signed_on.bytes || !seen.bytes || text_compare(signed_on, seen) <= 0;
    }
    if (text_equal(day, its_day))
        return true;
    /* Another day of the same year may be a slip of the pen that was mended, but not where another signed. */
    struct text issuer = value_text_of(one, "issuer"), its_issuer = value_text_of(other, "issuer");
    return text_equal(text_slice(day, 0, YEAR_LENGTH), text_slice(its_day, 0, YEAR_LENGTH)) &&
           (!issuer.bytes || !its_issuer.bytes || text_equal(issuer, its_issuer));
}

static bool bore_decision(const struct value *first, const struct value *version, struct text status)
{
    for (const struct value *earlier = first; earlier != version; earlier = earlier->next)
        if (text_equal(status, value_text_of(earlier, "status")) &&
            report_steps_same_decision(version, earlier))
            return true;
    return false;
}

/* `first`: the code's first version; `before`: the one before this, NULL: there is none. */
static const char *what_it_is(const struct report_steps *steps, const struct value *first,
                              const struct value *before, const struct value *version)
{
    static const char *const said[] = { "new", "amended", "replaced", "abolished" };
    struct text announcement = value_text_of(version, "announcement");
    bool abolished = report_says(version, "status", "abolished");
    if (steps->baseline.bytes && text_compare(value_text_of(version, "day"), steps->baseline) <= 0)
        return "baseline";
    if (bore_decision(first, version, value_text_of(version, "status")))
        return abolished || text_equal(value_text_of(before, "content_digest"),
                                       value_text_of(version, "content_digest"))
                   ? "again"
                   : "correction";
    if (abolished)
        return "abolished";
    if (report_steps_decided_before(steps, version))
        return "baseline";
    for (size_t i = 0; i < sizeof said / sizeof *said; i++)
        if (text_is(announcement, said[i]) && strcmp(said[i], "abolished"))
            return said[i];
    return before && report_says(before, "status", "published") ? "amended" : "new";
}

/* No decision publishes a procedure and abolishes it: of an abolition whose record still bears the one that published it
 * nobody knows by which decision it was, nor when that was signed. */
static bool has_term(const struct report_steps *steps, const struct value *first,
                     const struct report_step *step)
{
    return strcmp(step->what, "baseline") && strcmp(step->what, "correction") &&
           strcmp(step->what, "again") && !report_steps_decided_before(steps, step->version) &&
           (strcmp(step->what, "abolished") || !bore_decision(first, step->version, TEXT("published")));
}

static void note_baseline(const struct report_request *request, struct arena *arena, struct value *document,
                          struct text day)
{
    bool proposed = request->baseline == NULL;
    if (!day.bytes)
        return;
    struct value *baseline = value_set(document, "baseline", value_object(arena));
    value_set(baseline, "day", value_text(arena, day));
    value_set(baseline, "proposed", value_boolean(arena, proposed));
    report_note(
        arena, document,
        text_string(arena,
                    text_format(arena,
                                proposed ? _("Baseline: the day of the first publication in the "
                                             "ledger. Write \"baseline: " TEXT_PRINT
                                             "\" into the configuration to confirm it, or another day.")
                                         : _("Baseline: " TEXT_PRINT
                                             ", by the configuration. What was acknowledged up to that "
                                             "day, or decided before it, is neither new nor late."),
                                TEXT_ARG(day))));
    if (text_compare(day, text_of(request->to)) > 0)
        report_note(arena, document,
                    _("The baseline day lies behind the end of the period: of all of it nothing is new or "
                      "late for that."));
}

enum status report_steps_read(const struct report_request *request, struct arena *arena,
                              struct value *document, struct report_steps *steps, struct error *error)
{
    struct value *versions, *adopted;
    steps->baseline = text_of(request->baseline);
    if (report_view_versions(request->store, request->memory, arena, EVER, &versions, error) ||
        report_view_wanted(request->store, arena, &steps->wanted, error) ||
        report_view_adopted(request->store, arena, &adopted, error) ||
        (!steps->baseline.bytes && report_view_first_day(request->store, arena, &steps->baseline, error)))
        return error->status;
    note_baseline(request, arena, document, steps->baseline);
    steps->step = arena_array(arena, struct report_step, versions->count + 1);
    steps->count = 0;
    const struct value *before = NULL, *first = versions->first,
                       *taken = adopted->first; /* in the same order */
    for (const struct value *version = versions->first; version; before = version, version = version->next) {
        if (!text_equal(value_text_of(first, "code"), value_text_of(version, "code"))) {
            first = version;
            before = NULL;
        }
        struct report_step *step = &steps->step[steps->count++];
        *step = (struct report_step){
            .version = version,
            .later = text_compare(value_text_of(version, "day"), text_of(request->to)) > 0,
            .what = what_it_is(steps, first, before, version),
        };
        step->has_term = has_term(steps, first, step);
        step->adopted = taken && text_equal(value_text_of(taken, "seq"), value_text_of(version, "seq"));
        taken = step->adopted ? taken->next : taken;
    }
    return STATUS_OK;
}

enum report_verdict report_step_judge(const struct report_request *request, const struct report_step *step,
                                      struct date day)
{
    enum report_verdict verdict = report_publication_judge(request, step->version, day);
    return step->adopted && verdict == REPORT_LATE ? REPORT_NOT_JUDGED : verdict;
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
