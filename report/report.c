#include "report/report.h"

#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "report/against_words.h"
#include "report/report_kept.h"
#include "report/report_parts.h"
#include "report/report_write.h"
#include "store/history.h"
#include "store/report_view.h"

/* clang-format off */
const struct report_kind report_kinds[] = {
    { "so-luong", N_("Number of administrative procedures"), false, true, report_make_quantity,
      N_("Procedures that stood at the portal at the end of the day and were not abolished. Whoever has more than one level "
         "is counted once in the total; \"both levels\" are those of province and commune.") },
    { "dich-vu-cong", N_("Online public services"), false, true, report_make_online,
      N_("Procedures by the highest level of their online services, and the services themselves (a procedure may have "
         "several): services = full + partial. Share: procedures with a full or partial service among all.") },
    { "cong-bo", N_("Announced, amended and abolished procedures"), true, false, report_make_announced,
      N_("Decisions signed in the period, with the procedures that they concern; in time: published within 10 (ministry), "
         "5 (province) or 2 (shortened procedure) working days of the signature, Article 24(2) of Decree 63/2010/NĐ-CP as "
         "amended by Decree 92/2017/NĐ-CP. Not yet: announced by a source, and at the end of the period not at the portal, "
         "whatever holds it back; what is overdue stands under late as well. What was loaded up to the baseline "
         "day, or decided before it, is no new announcement and not late. A procedure stands once under a decision.") },
    { "bien-dong", N_("Changes of the published procedures"), true, true, report_make_changes,
      N_("What stood at the portal at the end of the day before the period, and at the end of its last day; changed: "
         "another content under the same code.") },
    { "chi-so-766", N_("Indices of Decision 766/QĐ-TTg"), true, false, report_make_index_766,
      N_("1.1 announced in time, 1.2 published in time, 1.3 complete in points a to g of Article 8(2) of Decree 63/2010/NĐ-CP "
         "as amended, 3.1 online. What cannot be judged stands in its own column, outside numerator and denominator; of 3.1 what says "
         "nothing of its online service is named there and counts in the denominator. Rounded half up to two decimals; a "
         "denominator of 0 is N/A.") },
    { "noi-bo", N_("Internal procedures"), false, false, report_make_internal,
      N_("Internal procedures by field and executing agency, in the two groups of Decision 1085/QĐ-TTg: between agencies, "
         "and within one. Announced: by a decision, whether they stand at the portal yet or not; published and abolished: as "
         "the portal acknowledged it.") },
    { NULL, NULL, false, false, NULL, NULL },
};
/* clang-format on */

static enum status read_day(const char *text, const char *option, struct date *day, struct error *error)
{
    if (!date_read(text_of(text), day))
        return error_set(error, STATUS_USAGE, _("%s wants a date such as 2026-03-31, not \"%s\""), option,
                         text);
    return STATUS_OK;
}

const char *report_names(struct arena *arena, const char *between)
{
    BUFFER_OWNED struct buffer names = { 0 };
    for (const struct report_kind *kind = report_kinds; kind->name; kind++)
        buffer_printf(&names, "%s%s", kind->name, between);
    buffer_string(&names, REPORT_KEPT);
    return text_string(arena, buffer_view(&names));
}

static const struct report_kind *kind_of(const struct report_request *request, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    for (const struct report_kind *kind = report_kinds; kind->name; kind++)
        if (text_is(request->name, kind->name))
            return kind;
    (void)error_set(error, STATUS_USAGE, _("there is no report \"%.*s\"; there are: %s"),
                    TEXT_ARG(request->name), report_names(&arena, ", "));
    return NULL;
}

/* The period in the request's words; where they do not say when it begins, the quarter of its end, which is today by default. */
static enum status settle_period(const struct report_kind *kind, struct report_request *request,
                                 struct arena *arena, struct value *document, struct error *error)
{
    struct date first, last = request->today;
    struct value *period = value_set(document, "period", value_object(arena));
    char *from = arena_alloc(arena, DATE_TEXT), *to = arena_alloc(arena, DATE_TEXT);
    if (!kind->period && (request->from || request->to))
        return error_set(error, STATUS_USAGE,
                         _("%s is of one day: use --as-of in the place of --from and --to"), kind->name);
    if (kind->period && request->as_of)
        return error_set(error, STATUS_USAGE,
                         _("%s is over a period: use --from and --to in the place of --as-of"), kind->name);
    if ((request->to && read_day(request->to, "--to", &last, error)) ||
        (request->as_of && read_day(request->as_of, "--as-of", &last, error)))
        return error->status;
    first = (struct date){ last.year, (last.month - 1) / 3 * 3 + 1, 1 };
    if (request->from && read_day(request->from, "--from", &first, error))
        return error->status;
    if (kind->period && date_compare(last, first) < 0)
        return error_set(error, STATUS_USAGE, _("the period ends before it begins"));
    date_write(first, from);
    date_write(last, to);
    request->from = from;
    request->to = request->as_of = to;
    if (kind->period) {
        value_set(period, "from", value_string(arena, from));
        value_set(period, "to", value_string(arena, to));
    } else {
        value_set(period, "as_of", value_string(arena, to));
    }
    return STATUS_OK;
}

static enum status rest_on(const struct report_request *request, struct arena *arena, struct value *document,
                           struct error *error)
{
    struct value *head;
    struct date last;
    if (report_view_head(request->store, arena, &head, error))
        return error->status;
    /* A day that is not over, or later than the last event, is answered as far as the ledger knows. */
    struct text at = value_text_of(head, "at");
    int64_t moment;
    char known[DATE_TEXT];
    if (date_read(text_of(request->to), &last) && clock_parse(at, &moment)) {
        clock_format_date(moment, known);
        if (date_compare(last, request->today) >= 0 || text_compare(text_of(known), text_of(request->to)) < 0)
            value_set(value_find(document, "period"), "known_at", value_text(arena, at));
    }
    if (value_find(head, "root"))
        value_set(document, "rests_on", head);
    return STATUS_OK;
}

static const char *against_note(struct arena *arena, const struct value *against)
{
    bool restored = false;
    for (const struct value *row = against->first; row; row = row->next)
        restored = restored || report_says(row, "what", "restored");
    struct text codes = report_first_codes(arena, against);
    if (!codes.length && !restored)
        return _("The figures rest on what the portal acknowledged. It held more when it was asked, which is "
                 "in no "
                 "figure: the list \"What the ledger knows against it\" says how many.");
    if (!codes.length)
        return _(
            "The figures rest on what the portal acknowledged last, in a store that is a backup: since when "
            "what stood there is not known, the list \"What the ledger knows against it\" says.");
    return text_format(
               arena,
               _("The figures rest on what the portal acknowledged last. The ledger knows something against "
                 "that (" TEXT_PRINT "): the list \"What the ledger knows against it\" says what."),
               TEXT_ARG(codes))
        .bytes;
}

/* The figures count what was acknowledged; what the ledger knows against that stands beside them. */
static enum status tell_against(const struct report_request *request, struct arena *arena,
                                struct value *document, struct error *error)
{
    struct value *against;
    struct date day;
    if (!date_read(text_of(request->to), &day))
        return STATUS_OK;
    if (history_against_all(request->store, arena, day, &against, error))
        return error->status;
    if (!against->count)
        return STATUS_OK;
    report_note(arena, document, against_note(arena, against));
    struct value *list = report_list(arena, document, "against", _("What the ledger knows against it"));
    report_column(arena, list, "code", _("code"), "text");
    report_column(arena, list, "words", _("what was seen"), "text");
    for (const struct value *row = against->first; row; row = row->next) {
        struct value *told = value_append(value_find(list, "rows"), value_object(arena));
        if (value_find(row, "code"))
            value_set(told, "code", value_text(arena, value_text_of(row, "code")));
        value_set(told, "words", value_text(arena, against_words(arena, row)));
    }
    return STATUS_OK;
}

/* `all`: also what is counted of the records of now, which are not those of that day. */
static void forget_figures(struct arena *arena, const struct value *columns, struct value *row, bool all)
{
    for (const struct value *column = columns->first; row && column; column = column->next) {
        const char *name = text_string(arena, value_text_of(column, "name"));
        const struct value *figure = value_find(row, name);
        if (figure && value_find(figure, "codes") && (all || !report_count_of(row, name))) {
            report_forget(row, name);
            report_unknown(arena, row, name, _("not known"));
        }
    }
}

/* What stood at the portal before the ledger began nobody knows, which is not 0. */
static enum status tell_beginning(const struct report_kind *kind, const struct report_request *request,
                                  struct arena *arena, struct value *document, struct error *error)
{
    struct text day;
    if (report_view_beginning(request->store, arena, &day, error))
        return error->status;
    bool compares = kind->make == report_make_changes; /* with the day before the period */
    if (!day.bytes ||
        text_compare(text_of(kind->period ? request->from : request->to), day) >= (compares ? 1 : 0))
        return STATUS_OK;
    const char *said = language_of_process() == LANGUAGE_VI ? "vi" : "en";
    report_note(
        arena, document,
        text_string(arena, text_format(arena,
                                       _("The ledger begins on " TEXT_PRINT
                                         ": of what stood at the portal before that day nothing is known."),
                                       TEXT_ARG(report_day(arena, day, said)))));
    if (compares)
        report_note(
            arena, document,
            _("What was added, abolished or changed can be told of a period that begins after that day."));
    if (text_compare(text_of(request->to), day) >= 0)
        return STATUS_OK;
    const struct value *columns = value_find(document, "columns");
    bool all =
        kind->make != report_make_index_766; /* what was announced in time does not rest on the portal */
    for (struct value *row = value_find(document, "rows")->first; row; row = row->next)
        forget_figures(arena, columns, row, all);
    forget_figures(arena, columns, value_find(document, "total"), all);
    return STATUS_OK;
}

static enum report_by usual_by(const struct report_request *request)
{
    return request->by == REPORT_BY_DEFAULT ? REPORT_BY_AGENCY : request->by;
}

enum status report_make(const struct report_request *asked, struct arena *arena, struct value **document,
                        struct error *error)
{
    struct report_request request = *asked;
    const struct report_kind *kind = kind_of(asked, error);
    if (!kind)
        return error->status;
    struct value *made = *document = value_object(arena);
    value_set(made, "schema", value_string(arena, "congkhai/report/1"));
    value_set(made, "report", value_string(arena, kind->name));
    value_set(made, "title", value_string(arena, _(kind->title)));
    value_set(made, "unit", value_string(arena, _("procedures")));
    value_set(made, "definition", value_string(arena, _(kind->definition)));
    struct value *agency = value_set(made, "agency", value_object(arena));
    value_set(agency, "code", value_string(arena, request.agency_code));
    value_set(agency, "name", value_string(arena, request.agency_name));
    request.by = usual_by(&request);
    if (settle_period(kind, &request, arena, made, error) || rest_on(&request, arena, made, error))
        return error->status;
    value_set(made, "columns", value_list(arena));
    value_set(made, "rows", value_list(arena));
    enum status status = kind->make(&request, arena, made, error);
    if (asked->by != REPORT_BY_DEFAULT && !kind->grouped)
        report_note(arena, made,
                    _("The rows of this report are no groups of procedures: --by changes nothing."));
    if (!status)
        status = tell_beginning(kind, &request, arena, made, error);
    return status ? status : tell_against(&request, arena, made, error);
}
