/* The indices of Decision 766/QĐ-TTg that rest on our data: 1.1, 1.2, 1.3, 3.1. */
#include <stdio.h>

#include "report/report_parts.h"
#include "report/report_steps.h"
#include "store/report_view.h"

#define JUDGED_DAYS                                                                                          \
    180 /* an effective day longer before the signature is not that of the document announced */

/* One code in the period. */
struct verdicts {
    struct text code;
    enum report_verdict announced, published;
    struct date published_due; /* of the decision judged last */
    bool has_announced, has_published;
};

/* Index 1.1: from the signature to the latest effective day of the legal bases, 20 or 5 working days; by
 * shortened procedure at most 3 working days behind the latest day of issue. */
static enum report_verdict judge_announcement(const struct report_request *request,
                                              const struct value *version)
{
    /* Without the year's holidays days are counted that were none: a term that was kept all the
     * same was kept, a distance that is too short all the same is too short; the rest is not known. */
    struct date signed_on, legal;
    if (!request->calendar || !report_date(version, "signed_on", &signed_on))
        return REPORT_NOT_JUDGED;
    if (report_says(version, "shortened", "yes"))
        return !report_date(version, "legal_issued", &legal)            ? REPORT_NOT_JUDGED
               : workday_within(request->calendar, legal, signed_on, 3) ? REPORT_IN_TIME
               : workday_knows(request->calendar, legal)                ? REPORT_LATE
                                                                        : REPORT_NOT_JUDGED;
    enum agency_kind kind = report_agency_kind(request, version);
    if (kind == AGENCY_UNKNOWN || !report_date(version, "legal_effective", &legal) ||
        date_days(legal) < date_days(signed_on) - JUDGED_DAYS)
        return REPORT_NOT_JUDGED;
    return workday_between(request->calendar, signed_on, legal) < (kind == AGENCY_MINISTRY ? 20 : 5)
               ? REPORT_LATE
           : workday_knows(request->calendar, signed_on) ? REPORT_IN_TIME
                                                         : REPORT_NOT_JUDGED;
}

/* One late decision makes the procedure late. */
static void add_announcement(const struct report_request *request, struct verdicts *of,
                             const struct value *version)
{
    enum report_verdict verdict = judge_announcement(request, version);
    of->has_announced = true;
    if (verdict == REPORT_LATE || (verdict == REPORT_IN_TIME && of->announced == REPORT_NOT_JUDGED))
        of->announced = verdict;
}

/* Index 1.2: of what was published in the period and due in it, the latest publication counts. */
static void add_publication(const struct report_request *request, struct verdicts *of,
                            const struct report_step *step)
{
    const struct value *version = step->version;
    struct date due, day;
    char text[DATE_TEXT];
    if (!report_within(request, value_text_of(version, "day")) || !report_date(version, "day", &day))
        return;
    if (!report_publication_due(request, version, &due)) {
        /* Whether it was due in the period nobody knows: it takes no place of one that was. */
        of->has_published = true;
        return;
    }
    date_write(due, text);
    if (!report_within(request, text_of(text)))
        return;
    of->has_published = true;
    of->published = report_step_judge(request, step, day);
}

static void finish_code(struct arena *arena, struct value *announced, struct value *published,
                        const struct verdicts *of)
{
    static const char *const figure[] = {
        [REPORT_NOT_JUDGED] = "not_judged", [REPORT_IN_TIME] = "in_time", [REPORT_LATE] = "offenders"
    };
    if (of->has_announced)
        report_count(arena, announced, figure[of->announced], of->code);
    if (of->has_published)
        report_count(arena, published, figure[of->published], of->code);
}

static void judge_steps(const struct report_request *request, struct arena *arena,
                        const struct report_steps *steps, struct value *announced, struct value *published)
{
    struct verdicts of = { .code = TEXT_NONE };
    for (size_t i = 0; i < steps->count; i++) {
        const struct report_step *step = &steps->step[i];
        struct text code = value_text_of(step->version, "code");
        if (!of.code.bytes || !text_equal(of.code, code)) {
            finish_code(arena, announced, published, &of);
            of = (struct verdicts){ .code = code };
        }
        if (!step->has_term)
            continue;
        if (report_within(request, value_text_of(step->version, "signed_on")))
            add_announcement(request, &of, step->version);
        add_publication(request, &of, step);
    }
    finish_code(arena, announced, published, &of);
}

/* What is announced and does not stand at the portal yet was announced all the same. */
static void judge_wanted(const struct report_request *request, struct arena *arena,
                         const struct report_steps *steps, struct value *announced)
{
    static const char *const figure[] = {
        [REPORT_NOT_JUDGED] = "not_judged", [REPORT_IN_TIME] = "in_time", [REPORT_LATE] = "offenders"
    };
    struct text last = TEXT_NONE; /* two sources may give one */
    for (const struct value *wanted = steps->wanted->first; wanted; wanted = wanted->next) {
        struct text code = value_text_of(wanted, "code");
        bool seen = report_says(wanted, "status", "draft") || text_equal(code, last) ||
                    report_steps_decided_before(steps, wanted) ||
                    !report_within(request, value_text_of(wanted, "signed_on"));
        const struct report_step *step = report_steps_find(steps, code), *end = steps->step + steps->count;
        for (; !seen && step && step < end && text_equal(value_text_of(step->version, "code"), code); step++)
            seen = report_within(request, value_text_of(step->version, "signed_on"));
        if (seen)
            continue;
        report_count(arena, announced, figure[judge_announcement(request, wanted)], code);
        last = code;
    }
}

static struct value *index_row(struct arena *arena, struct value *rows, const char *index, const char *what)
{
    static const char *const figures[] = { "in_time", "denominator", "offenders", "not_judged" };
    struct value *row = value_append(rows, value_object(arena));
    value_set(row, "index", value_string(arena, index));
    value_set(row, "what", value_string(arena, what));
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++)
        report_figure(arena, row, figures[i]);
    return row;
}

/* The denominator of a term is what was judged; its codes are those of both sides. */
static void finish_term(struct arena *arena, struct value *row)
{
    static const char *const sides[] = { "in_time", "offenders" };
    for (size_t i = 0; i < 2; i++) {
        const struct value *codes = value_find(value_find(row, sides[i]), "codes");
        for (const struct value *code = codes->first; code; code = code->next)
            report_count(arena, row, "denominator", code->text);
    }
}

static void count_standing(struct arena *arena, struct value *row, const char *figure, struct text code)
{
    report_count(arena, row, figure, code);
    report_count(arena, row, "denominator", code);
}

static enum status judge_standing(const struct report_request *request, struct arena *arena,
                                  struct value *complete, struct value *share, struct value *full,
                                  struct error *error)
{
    struct value *standing;
    if (report_view_standing(request->store, request->memory, arena, request->to, &standing, error))
        return error->status;
    for (const struct value *row = standing->first; row; row = row->next) {
        struct text code = value_text_of(row, "code");
        if (!report_says(row, "status", "published"))
            continue;
        bool is_full = report_says(row, "online_service", "full");
        bool online = is_full || report_says(row, "online_service", "partial");
        /* The shares are of all, so that silence makes none better; who says nothing is named, and no offender. */
        const char *otherwise = value_text_of(row, "online_service").bytes ? "offenders" : "not_judged";
        count_standing(arena, complete, report_says(row, "complete", "1") ? "in_time" : "offenders", code);
        count_standing(arena, share, online ? "in_time" : otherwise, code);
        struct text eligible = value_text_of(row, "full_online_eligible");
        if (!eligible.bytes)
            report_count(arena, full, "not_judged", code);
        else if (text_is(eligible, "yes"))
            count_standing(arena, full, is_full ? "in_time" : otherwise, code);
    }
    return STATUS_OK;
}

enum status report_make_index_766(const struct report_request *request, struct arena *arena,
                                  struct value *document, struct error *error)
{
    struct report_steps steps;
    struct value *rows = value_find(document, "rows");
    if (report_steps_read(request, arena, document, &steps, error))
        return error->status;
    report_column(arena, document, "index", _("index"), "text");
    report_column(arena, document, "what", _("what it measures"), "text");
    report_column(arena, document, "in_time", _("numerator"), "count");
    report_column(arena, document, "denominator", _("denominator"), "count");
    report_column(arena, document, "percent", "%", "percent");
    report_column(arena, document, "offenders", _("offenders"), "count");
    report_column(arena, document, "not_judged", _("not judged"), "count");
    struct value *announced = index_row(arena, rows, "1.1", _("announced in time"));
    struct value *published = index_row(arena, rows, "1.2", _("published in time"));
    struct value *complete = index_row(arena, rows, "1.3", _("complete"));
    struct value *share = index_row(arena, rows, "3.1", _("online, full and partial, among all"));
    struct value *full = index_row(arena, rows, "3.1", _("fully online, among those eligible for it"));
    judge_steps(request, arena, &steps, announced, published);
    judge_wanted(request, arena, &steps, announced);
    if (judge_standing(request, arena, complete, share, full, error))
        return error->status;
    finish_term(arena, announced);
    finish_term(arena, published);
    for (struct value *row = rows->first; row; row = row->next)
        report_percent(arena, row, "percent", report_count_of(row, "in_time"),
                       report_count_of(row, "denominator"));
    report_note(arena, document,
                _("Indices that rest on dossiers (1.4, 2.x, 3.2 and others) are not in this data and are not "
                  "computed."));
    if (!request->calendar)
        report_note(arena, document,
                    _("No calendar of holidays is configured (codes: holidays): terms cannot be judged."));
    return STATUS_OK;
}
