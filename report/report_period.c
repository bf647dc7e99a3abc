/* Reports of what changed in a period: decisions, and movements. */
#include <stdio.h>
#include <string.h>

#include "adapters/unicode.h"
#include "report/report_parts.h"
#include "report/report_steps.h"
#include "store/report_view.h"

/* ---- cong-bo ---- */

static const char *const announced[][2] = {
    { "new", N_("new") },
    { "amended", N_("amended") },
    { "replaced", N_("replaced") },
    { "abolished", N_("abolished") },
    { "correction", N_("corrections") },
    { "in_time", N_("published in time") },
    { "late", N_("late") },
    { "not_yet", N_("not yet") },
    { "baseline", N_("baseline") },
};
#define ANNOUNCED (sizeof announced / sizeof *announced)

#define NUMBER_WIDTH 8

static struct value *decision_row(const struct report_request *request, struct arena *arena,
                                  struct value *rows, const struct value *version)
{
    struct text signed_on = value_text_of(version, "signed_on"),
                decision = value_text_of(version, "decision");
    struct text issuer = value_text_of(version, "issuer");
    if (!issuer.bytes)
        issuer = report_agency_of(request, version);
    struct text folded = unicode_fold(arena, issuer);
    /* 9/QĐ-UBND stands in front of 10/QĐ-UBND */
    size_t digits = 0;
    while (digits < decision.length && decision.bytes[digits] >= '0' && decision.bytes[digits] <= '9')
        digits++;
    struct text key = text_format(arena, "%.*s\x01%*zu%.*s\x01%.*s", (int)signed_on.length, signed_on.bytes,
                                  NUMBER_WIDTH, digits, (int)decision.length,
                                  decision.bytes ? decision.bytes : "", (int)folded.length, folded.bytes);
    struct value *row = report_row(arena, rows, "key", key);
    if (value_find(row, "decision"))
        return row;
    value_set(row, "decision", value_text(arena, decision.bytes ? decision : TEXT("")));
    value_set(row, "signed_on", value_text(arena, signed_on));
    value_set(row, "agency", value_text(arena, issuer));
    for (size_t i = 0; i < ANNOUNCED; i++)
        report_figure(arena, row, announced[i][0]);
    struct date due, known;
    char day[DATE_TEXT];
    if (!report_publication_due(request, version, &due)) {
        report_unknown(arena, row, "due",
                       request->calendar ? _("not known: ministry or province?")
                                         : _("no calendar of holidays"));
    } else if (!report_date(version, "signed_on", &known) || !workday_knows(request->calendar, known)) {
        report_unknown(arena, row, "due", _("no calendar of that year"));
    } else {
        date_write(due, day);
        value_set(row, "due", value_text(arena, text_copy(arena, text_of(day))));
    }
    return row;
}

/* NULL: not judged. */
static const char *in_time(const struct report_request *request, const struct report_step *step)
{
    static const char *const names[] = {
        [REPORT_NOT_JUDGED] = NULL, [REPORT_IN_TIME] = "in_time", [REPORT_LATE] = "late"
    };
    struct date day;
    return report_date(step->version, "day", &day) ? names[report_step_judge(request, step, day)] : NULL;
}

/* A procedure stands once under a decision, however often it was corrected. */
static void count_step(const struct report_request *request, struct arena *arena, struct value *document,
                       const struct report_step *step)
{
    struct text code = value_text_of(step->version, "code");
    struct value *both[] = { decision_row(request, arena, value_find(document, "rows"), step->version),
                             value_find(document, "total") };
    if (report_counts_last(both[0], step->what, code))
        return;
    const char *judged = step->has_term ? in_time(request, step) : NULL;
    for (int i = 0; i < 2; i++) {
        report_count(arena, both[i], step->what, code);
        if (judged)
            report_count(arena, both[i], judged, code);
    }
}

/* On the last day that the report knows of. */
static bool is_overdue(const struct report_request *request, const struct value *wanted)
{
    struct date to;
    return date_read(text_of(request->to), &to) &&
           report_publication_judge(request, wanted, request->today) == REPORT_LATE &&
           report_publication_judge(request, wanted, to) == REPORT_LATE;
}

/* Up to the end of the period, or at all; of what came up to the baseline day it was by other means. */
static bool was_published(const struct report_steps *steps, const struct value *version, bool at_all)
{
    struct text code = value_text_of(version, "code");
    const struct report_step *step = report_steps_find(steps, code), *end = steps->step + steps->count;
    for (; step && step < end && text_equal(value_text_of(step->version, "code"), code); step++)
        if ((at_all || !step->later ||
             text_compare(value_text_of(step->version, "day"), steps->baseline) <= 0) &&
            report_steps_same_decision(step->version, version))
            return true;
    return false;
}

/* What is abolished and does not stand there (never did, or was withdrawn before its source said so): nothing is left to be
 * done, and the rules of Article 24 ask for nothing. */
static bool stands_so(const struct report_steps *steps, const struct value *wanted)
{
    struct text code = value_text_of(wanted, "code");
    const struct report_step *step = report_steps_find(steps, code), *end = steps->step + steps->count;
    bool published = false;
    for (; step && step < end && text_equal(value_text_of(step->version, "code"), code) && !step->later;
         step++)
        published = report_says(step->version, "status", "published");
    return !published && report_says(wanted, "status", "abolished");
}

/* Whatever holds it back. What is overdue is late as well. */
static void count_waiting(const struct report_request *request, struct arena *arena, struct value *document,
                          const struct report_steps *steps, const struct value *version)
{
    struct text code = value_text_of(version, "code");
    struct value *both[] = { decision_row(request, arena, value_find(document, "rows"), version),
                             value_find(document, "total") };
    if (report_counts_last(both[0], "not_yet", code))
        return;
    for (int i = 0; i < 2; i++) {
        report_count(arena, both[i], "not_yet", code);
        if (!report_steps_decided_before(steps, version) && is_overdue(request, version))
            report_count(arena, both[i], "late", code);
    }
}

static void count_all_waiting(const struct report_request *request, struct arena *arena,
                              struct value *document, const struct report_steps *steps)
{
    for (size_t i = 0; i < steps->count; i++)
        if (steps->step[i].later && !steps->step[i].adopted &&
            report_within(request, value_text_of(steps->step[i].version, "signed_on")) &&
            !was_published(steps, steps->step[i].version, false))
            count_waiting(request, arena, document, steps, steps->step[i].version);
    for (const struct value *wanted = steps->wanted->first; wanted; wanted = wanted->next)
        if (!report_says(wanted, "status", "draft") &&
            report_within(request, value_text_of(wanted, "signed_on")) &&
            !was_published(steps, wanted, true) && !stands_so(steps, wanted))
            count_waiting(request, arena, document, steps, wanted);
}

static size_t count_undated(const struct report_steps *steps)
{
    size_t count = 0;
    for (const struct value *wanted = steps->wanted->first; wanted; wanted = wanted->next)
        count += !value_text_of(wanted, "signed_on").bytes && !report_says(wanted, "status", "draft");
    return count;
}

enum status report_make_announced(const struct report_request *request, struct arena *arena,
                                  struct value *document, struct error *error)
{
    struct report_steps steps;
    struct value *rows = value_find(document, "rows"), *total;
    size_t undated = 0;
    if (report_steps_read(request, arena, document, &steps, error))
        return error->status;
    report_column(arena, document, "decision", _("decision"), "text");
    report_column(arena, document, "signed_on", _("signed on"), "date");
    report_column(arena, document, "agency", _("agency"), "text");
    for (size_t i = 0; i < ANNOUNCED; i++)
        report_column(arena, document, announced[i][0], _(announced[i][1]), "count");
    report_column(arena, document, "due", _("due"), "date");
    total = value_set(document, "total", value_object(arena));
    value_set(total, "decision", value_string(arena, _("Total")));
    for (size_t i = 0; i < ANNOUNCED; i++)
        report_figure(arena, total, announced[i][0]);
    for (size_t i = 0; i < steps.count; i++) {
        const struct value *version = steps.step[i].version;
        struct text signed_on = value_text_of(version, "signed_on");
        undated += !signed_on.bytes && report_within(request, value_text_of(version, "day"));
        if (!steps.step[i].later && report_within(request, signed_on) && strcmp(steps.step[i].what, "again"))
            count_step(request, arena, document, &steps.step[i]);
    }
    count_all_waiting(request, arena, document, &steps);
    for (struct value *row = rows->first; row; row = row->next)
        report_forget(row, "key");
    if (undated)
        report_note(arena, document,
                    text_string(arena, text_format(arena,
                                                   _("%zu acknowledgements of the period name no day of "
                                                     "signature and stand under no decision."),
                                                   undated)));
    size_t waiting = count_undated(&steps);
    if (waiting)
        report_note(
            arena, document,
            text_string(arena, text_format(arena,
                                           _("%zu procedures that the portal does not have name no day "
                                             "of signature that could be read and stand under no "
                                             "decision."),
                                           waiting)));
    if (!request->calendar)
        report_note(arena, document,
                    _("No calendar of holidays is configured (codes: holidays): terms cannot be judged."));
    return STATUS_OK;
}

/* ---- bien-dong ---- */

static const char *const movements[][2] = {
    { "before", N_("before") },       { "now", N_("now") },         { "added", N_("added") },
    { "abolished", N_("abolished") }, { "changed", N_("changed") },
};
#define MOVEMENTS (sizeof movements / sizeof *movements)

static void count_movement(const struct report_request *request, struct arena *arena, struct value *document,
                           const struct value *procedure, const char *what)
{
    struct value *rows = value_find(document, "rows"), *total = value_find(document, "total");
    struct report_groups groups;
    report_groups_of(request, arena, procedure, &groups);
    report_count(arena, total, what, value_text_of(procedure, "code"));
    for (size_t i = 0; i < groups.count; i++) {
        struct value *row = report_group_row(arena, rows, groups.name[i]);
        for (size_t j = 0; j < MOVEMENTS; j++)
            report_figure(arena, row, movements[j][0]);
        report_count(arena, row, what, value_text_of(procedure, "code"));
    }
}

static void list_movement(struct arena *arena, struct value *list, const struct value *procedure)
{
    static const char *const members[] = { "code", "name", "decision", "signed_on", "day" };
    struct value *row = value_append(value_find(list, "rows"), value_object(arena));
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        if (value_text_of(procedure, members[i]).bytes)
            value_set(row, members[i], value_text(arena, value_text_of(procedure, members[i])));
}

static struct value *movement_list(struct arena *arena, struct value *document, const char *name,
                                   const char *heading)
{
    struct value *list = report_list(arena, document, name, heading);
    report_column(arena, list, "code", _("code"), "text");
    report_column(arena, list, "name", _("name"), "text");
    report_column(arena, list, "decision", _("decision"), "text");
    report_column(arena, list, "signed_on", _("signed on"), "date");
    report_column(arena, list, "day", _("acknowledged on"), "date");
    return list;
}

/* Of what was before the ledger began, and so of what moved since, nothing is known. */
static void forget_movements(struct arena *arena, struct value *row)
{
    for (size_t i = 0; i < MOVEMENTS; i++) {
        if (!strcmp(movements[i][0], "now"))
            continue;
        report_forget(row, movements[i][0]);
        report_unknown(arena, row, movements[i][0], _("not known"));
    }
    report_unknown(arena, row, "net", _("not known"));
}

static void finish_net(struct arena *arena, struct value *row)
{
    struct value *net = value_set(row, "net", value_object(arena));
    value_set(net, "count",
              value_integer(arena, report_count_of(row, "now") - report_count_of(row, "before")));
    value_set(net, "codes", value_list(arena));
}

/* What was taken over did not come there on that day. */
static enum status note_adopted(const struct report_request *request, struct arena *arena,
                                struct value *document, const struct value *added, struct error *error)
{
    struct value *adopted, *told = value_list(arena);
    if (report_view_adopted(request->store, arena, &adopted, error))
        return error->status;
    const struct value *taken = adopted->first,
                       *row = value_find(added, "rows")->first; /* in order of code */
    while (row && taken) {
        int order = text_compare(value_text_of(row, "code"), value_text_of(taken, "code"));
        if (!order && report_says(taken, "first", "1") && report_within(request, value_text_of(taken, "day")))
            value_append(told, value_copy(arena, row));
        row = order < 0 ? row->next : row;
        taken = order < 0 ? taken : taken->next;
    }
    if (told->count)
        report_note(
            arena, document,
            text_format(arena,
                        _("%zu procedures were found at the portal and taken over in the period (" TEXT_PRINT
                          "): they count as added, though nobody knows since when they stood there."),
                        told->count, TEXT_ARG(report_first_codes(arena, told)))
                .bytes);
    return STATUS_OK;
}

struct movement_lists {
    struct value *added, *abolished, *changed, *moved; /* moved NULL: none is yet */
};

/* The names that the other groups have not. */
static struct text names_beside(struct arena *arena, const struct report_groups *groups,
                                const struct report_groups *others)
{
    struct buffer BUFFER_OWNED out = { 0 };
    for (size_t i = 0; i < groups->count; i++)
        if (unicode_find_folded(groups->name[i], others->name, others->count) == others->count)
            buffer_text(
                &out, text_format(arena, "%s" TEXT_PRINT, out.length ? ", " : "", TEXT_ARG(groups->name[i])));
    return text_copy(arena, buffer_view(&out));
}

/* What another group had before is neither added nor abolished: without this a row does not add up, and nothing says why. Only
 * another content has other groups. */
static void list_moved(const struct report_request *request, struct arena *arena, struct value *document,
                       struct movement_lists *lists, const struct value *before, const struct value *now)
{
    struct report_groups old, new;
    report_groups_of(request, arena, before, &old);
    report_groups_of(request, arena, now, &new);
    struct text from = names_beside(arena, &old, &new), to = names_beside(arena, &new, &old);
    if (!from.length && !to.length)
        return;
    if (!lists->moved) {
        lists->moved = report_list(arena, document, "moved", _("From one group to another"));
        report_column(arena, lists->moved, "code", _("code"), "text");
        report_column(arena, lists->moved, "from", _("from the group"), "text");
        report_column(arena, lists->moved, "to", _("to the group"), "text");
    }
    struct value *row = value_append(value_find(lists->moved, "rows"), value_object(arena));
    value_set(row, "code", value_text(arena, value_text_of(now, "code")));
    value_set(row, "from", value_text(arena, from));
    value_set(row, "to", value_text(arena, to));
}

/* `before` and `now` are the same code on two days; either may be NULL. */
static void compare(const struct report_request *request, struct arena *arena, struct value *document,
                    struct movement_lists *lists, const struct value *before, const struct value *now)
{
    bool stood = before && report_says(before, "status", "published"),
         stands = now && report_says(now, "status", "published");
    if (stood)
        count_movement(request, arena, document, before, "before");
    if (stands)
        count_movement(request, arena, document, now, "now");
    if (!stood && stands) {
        count_movement(request, arena, document, now, "added");
        list_movement(arena, lists->added, now);
    } else if (stood && now && !stands) { /* what only vanished there is told beside the figures: report.c */
        count_movement(request, arena, document, before, "abolished");
        list_movement(arena, lists->abolished, now);
    } else if (stood && stands &&
               !text_equal(value_text_of(before, "content_digest"), value_text_of(now, "content_digest"))) {
        count_movement(request, arena, document, now, "changed");
        list_movement(arena, lists->changed, now);
        list_moved(request, arena, document, lists, before, now);
    }
}

enum status report_make_changes(const struct report_request *request, struct arena *arena,
                                struct value *document, struct error *error)
{
    struct value *before, *now;
    struct text begins;
    struct date from;
    char eve[DATE_TEXT];
    if (!date_read(text_of(request->from), &from))
        return error_set(error, STATUS_USAGE, _("%s wants a date such as 2026-03-31, not \"%s\""), "--from",
                         request->from);
    date_write(date_from_days(date_days(from) - 1), eve);
    if (report_view_beginning(request->store, arena, &begins, error) ||
        report_view_standing(request->store, request->memory, arena, eve, &before, error) ||
        report_view_standing(request->store, request->memory, arena, request->to, &now, error))
        return error->status;
    report_column(arena, document, "group", report_by_heading(request->by), "text");
    for (size_t i = 0; i < MOVEMENTS; i++) {
        report_column(arena, document, movements[i][0], _(movements[i][1]), "count");
        if (i == 1)
            report_column(arena, document, "net", _("net"), "count");
    }
    struct value *total = value_set(document, "total", value_object(arena));
    value_set(total, "group", value_string(arena, _("Total")));
    for (size_t i = 0; i < MOVEMENTS; i++)
        report_figure(arena, total, movements[i][0]);
    struct movement_lists lists = {
        movement_list(arena, document, "added", _("Added")),
        movement_list(arena, document, "abolished", _("Abolished")),
        movement_list(arena, document, "changed", _("Changed")),
        NULL,
    };
    bool known = !begins.bytes || text_compare(text_of(eve), begins) >= 0;
    const struct value *old = before->first, *new = now->first;
    for (; !known && new; new = new->next) /* nobody knows with what to compare it */
        if (report_says(new, "status", "published"))
            count_movement(request, arena, document, new, "now");
    while (known && (old || new)) {
        int order = !old   ? 1
                    : !new ? -1
                           : text_compare(value_text_of(old, "code"), value_text_of(new, "code"));
        compare(request, arena, document, &lists, order <= 0 ? old : NULL, order >= 0 ? new : NULL);
        old = order <= 0 ? old->next : old;
        new = order >= 0 ? new->next : new;
    }
    if (note_adopted(request, arena, document, lists.added, error))
        return error->status;
    if (lists.moved)
        report_note(
            arena, document,
            text_format(
                arena,
                _("%zu procedures went from one group to another (" TEXT_PRINT "): they are in a group's "
                  "before, now and net, and neither added nor abolished; the list \"From one group to "
                  "another\" says from where to where."),
                value_find(lists.moved, "rows")->count,
                TEXT_ARG(report_first_codes(arena, value_find(lists.moved, "rows"))))
                .bytes);
    struct value *rows = value_find(document, "rows");
    for (struct value *row = rows->first; row; row = row->next)
        (known ? finish_net : forget_movements)(arena, row);
    (known ? finish_net : forget_movements)(arena, total);
    report_sort(arena, document);
    return STATUS_OK;
}
