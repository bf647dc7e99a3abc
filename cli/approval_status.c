#include "cli/approval_status.h"

#include <stdio.h>
#include <string.h>

#include "cli/report_output.h"
#include "core/date.h"
#include "store/approval_view.h"

#define SHOWN 8 /* rows of a list: status is one screen */

static void put_left(const struct session *session, struct arena *arena, struct value *rows)
{
    const struct workday_calendar *calendar = report_output_calendar(session, arena);
    struct date today, due;
    char text[DATE_TEXT];
    clock_format_date(session->clock->now(session->clock), text);
    date_read(text_of(text), &today);
    for (struct value *row = rows->first; row; row = row->next) {
        if (!date_read(value_text_of(row, "due"), &due))
            continue;
        int64_t days = calendar ? workday_left(calendar, today, due) : date_days(due) - date_days(today);
        value_set(row, "left", value_integer(arena, days));
    }
}

/* Rules that are only configured bind nobody: not before they are used first, or signed. */
static bool differs(const struct session *session, const struct value *view)
{
    const struct approval_setting *setting = &session->configuration.approval.setting;
    char hex[DIGEST_HEX];
    if (!session->configured)
        return false;
    if (!setting->document.bytes)
        return value_is_true(view, "in_force");
    digest_hex(&setting->digest, hex);
    return value_find(view, "rules") && !text_is(value_text_of(view, "rules"), hex);
}

enum status approval_status_read(const struct session *session, struct store *store, struct arena *arena,
                                 struct value **view, struct error *error)
{
    if (approval_view(store, arena, view, error))
        return error->status;
    if (!value_find(*view, "in_force"))
        return STATUS_OK;
    value_set(*view, "differs", value_boolean(arena, differs(session, *view)));
    put_left(session, arena, value_find(*view, "steps"));
    put_left(session, arena, value_find(*view, "lists"));
    return STATUS_OK;
}

static void print_lists(const struct value *lists)
{
    int shown = 0;
    for (const struct value *list = lists->first; list && shown < SHOWN; list = list->next, shown++) {
        struct text number = value_text_of(list, "number"); /* of the paper, where there is one */
        number = number.length ? number : TEXT("-");
        printf(_("  list %.*s (%.*s) of %.*s: %.*s wait for an approver, %.*s are approved, %.*s sent back"),
               TEXT_ARG(value_text_of(list, "list")), TEXT_ARG(number),
               TEXT_ARG(value_text_of(list, "submitter")), TEXT_ARG(value_text_of(list, "waiting")),
               TEXT_ARG(value_text_of(list, "approved")), TEXT_ARG(value_text_of(list, "sent_back")));
        struct text left = value_text_of(list, "left"), due = value_text_of(list, "due");
        if (text_starts(left, TEXT("-")))
            printf(_("; due %.*s, %.*s working days over"), TEXT_ARG(due),
                   TEXT_ARG(text_slice(left, 1, left.length - 1)));
        else if (left.length)
            printf(_("; %.*s working days left, due %.*s"), TEXT_ARG(left), TEXT_ARG(due));
        printf("\n");
    }
    if ((size_t)shown < lists->count)
        printf(_("  (%d of %zu lists; all: congkhai --json status)\n"), shown, lists->count);
}

/* Who can sign, where something waits for it. */
static void print_approvers(const struct value *people)
{
    const char *comma = _("  approvers: ");
    for (const struct value *person = people->first; person; person = person->next)
        if (text_is(value_text_of(person, "role"), "approver")) {
            printf("%s%.*s", comma, TEXT_ARG(value_text_of(person, "name")));
            comma = ", ";
        }
    printf("\n");
}

static void print_rules(struct arena *arena, const struct value *view)
{
    const struct value *proposed = value_find(view, "proposed");
    if (value_is_true(view, "differs"))
        printf(
            "%s\n",
            _("  the rules in force are not those of the configuration: submit them with \"congkhai submit "
              "--people\""));
    if (!proposed)
        return;
    struct text due = value_text_of(proposed, "due");
    printf(_("  list %.*s proposes other rules and people, by %.*s: it waits for an approver\n"),
           TEXT_ARG(value_text_of(proposed, "list")), TEXT_ARG(value_text_of(proposed, "submitter")));
    if (due.bytes)
        printf(_("  it is to recover approval, and takes effect at %.*s unless an approver signs anything\n"),
               TEXT_ARG(output_time(arena, due)));
}

void approval_status_print(struct arena *arena, const struct value *view)
{
    const struct value *counts = value_find(view, "counts");
    if (!value_find(view, "rules"))
        return;
    if (value_is_true(view, "in_force"))
        printf(_("\nApproval: %.*s to be submitted, %.*s waiting for an approver, %.*s approved, %.*s sent "
                 "back\n"),
               TEXT_ARG(value_text_of(counts, "unsubmitted")), TEXT_ARG(value_text_of(counts, "waiting")),
               TEXT_ARG(value_text_of(counts, "approved")), TEXT_ARG(value_text_of(counts, "sent_back")));
    else
        printf("%s", _("\nApproval is off\n"));
    print_lists(value_find(view, "lists"));
    if (!text_is(value_text_of(counts, "waiting"), "0"))
        print_approvers(value_find(view, "people"));
    print_rules(arena, view);
}
