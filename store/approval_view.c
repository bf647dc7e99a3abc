#include "store/approval_view.h"

#include <stdlib.h>

#include "core/canonical.h"
#include "store/approval.h"
#include "store/approval_rows.h"
#include "store/outbox_scan.h"
#include "store/sql.h"
#include "store/statement_rows.h"

struct viewing {
    struct approval_gate gate;
    struct arena *arena;
    struct value *steps;
    int64_t counts[APPROVAL_LAPSED + 1];
};

static const char *const standing_names[] = {
    [APPROVAL_FREE] = "free",           [APPROVAL_UNSUBMITTED] = "unsubmitted",
    [APPROVAL_WAITING] = "waiting",     [APPROVAL_APPROVED] = "approved",
    [APPROVAL_SENT_BACK] = "sent-back", [APPROVAL_USED] = "unsubmitted",
    [APPROVAL_LAPSED] = "unsubmitted",
};

static void set(struct viewing *viewing, struct value *object, const char *name, struct text text)
{
    if (text.bytes)
        value_set(object, name, value_text(viewing->arena, text_copy(viewing->arena, text)));
}

static void set_time(struct viewing *viewing, struct value *object, const char *name, int64_t at)
{
    char text[CLOCK_TEXT];
    clock_format(at, text);
    set(viewing, object, name, text_of(text));
}

/* ---- steps ---- */

static enum status put_about(struct viewing *viewing, const struct outbox_item *item, struct value *step,
                             struct error *error)
{
    struct sqlite_statement *row;
    enum status status =
        sql_row(viewing->gate.store, APPROVAL_ABOUT_STEP,
                SQL_WITH(SQL_NUMBER(item->wanted_event), SQL_NUMBER(item->record),
                         SQL_NUMBER(item->action == OUTBOX_PUBLISH ? item->content : item->held_content)),
                &row, error);
    if (status == STATUS_OK) {
        if (!value_find(step, "run"))
            value_set(step, "run", value_integer(viewing->arena, sqlite_number(row, 0)));
        static const char *const names[] = { "name", "department", "due" };
        for (int i = 0; i < 3; i++)
            if (!sqlite_is_null(row, i + 1))
                set(viewing, step, names[i], sqlite_column_text(row, i + 1));
    }
    return sql_end(row, status);
}

static void put_entry(struct viewing *viewing, struct value *step, enum approval_standing standing,
                      const struct approval_entry *entry)
{
    value_set(step, "list", value_integer(viewing->arena, entry->list->number));
    set(viewing, step, "submitter", entry->list->submitter);
    if (standing == APPROVAL_WAITING)
        return;
    set(viewing, step, "by", entry->by);
    set_time(viewing, step, "at", entry->at);
    if (standing == APPROVAL_APPROVED)
        set_time(viewing, step, "until", entry->until);
    if (standing != APPROVAL_SENT_BACK)
        return;
    set(viewing, step, "reason", entry->reason);
    set(viewing, step, "field", entry->field);
    value_set(step, "run", value_integer(viewing->arena, entry->run));
}

static enum status take_item(struct viewing *viewing, const struct outbox_item *item, struct error *error)
{
    enum approval_standing standing;
    const struct approval_entry *entry;
    if (!item->wanted || item->state != OUTBOX_IDLE)
        return STATUS_OK;
    if (approval_gate_judge(&viewing->gate, item, &standing, &entry, error))
        return error->status;
    viewing->counts[standing]++;
    if (standing == APPROVAL_FREE)
        return STATUS_OK;
    struct value *step = value_append(viewing->steps, value_object(viewing->arena));
    set(viewing, step, "code", item->code);
    value_set(step, "action", value_string(viewing->arena, outbox_action_name(item->action)));
    value_set(step, "standing", value_string(viewing->arena, standing_names[standing]));
    bool decided =
        standing == APPROVAL_WAITING || standing == APPROVAL_APPROVED || standing == APPROVAL_SENT_BACK;
    if (decided && entry)
        put_entry(viewing, step, standing, entry);
    else if (entry && (standing == APPROVAL_LAPSED || entry->standing == APPROVAL_LAPSED))
        value_set(step, "lapsed", value_integer(viewing->arena, entry->list->number));
    return put_about(viewing, item, step, error);
}

static enum status take_items(struct viewing *viewing, struct error *error)
{
    ARENA_OWNED struct arena own = { 0 };
    struct outbox_filter all = { .code_count = 0 };
    struct outbox_scan pass;
    struct outbox_item item;
    if (outbox_scan_open(&pass, viewing->gate.store, &all, error))
        return error->status;
    enum status status;
    while ((status = outbox_scan_next(&pass, &own, &item, error)) == STATUS_OK) {
        if (take_item(viewing, &item, error))
            break;
        arena_clear(&own);
    }
    outbox_scan_close(&pass);
    return status == STATUS_END ? STATUS_OK : error->status;
}

static enum status open_viewing(struct viewing *viewing, struct store *store, struct arena *arena,
                                struct error *error)
{
    *viewing = (struct viewing){ .arena = arena };
    viewing->steps = value_list(arena);
    enum status status = approval_gate_open(store, &viewing->gate, error);
    return status || !viewing->gate.bound ? status : take_items(viewing, error);
}

/* ---- lists and people ---- */

/* What of the list is still open; false: nothing is. */
static bool count_list(const struct viewing *viewing, const struct value *made, int64_t counts[3],
                       struct text *due)
{
    bool any = false;
    for (const struct value *step = viewing->steps->first; step; step = step->next) {
        struct text standing = value_text_of(step, "standing"), term = value_text_of(step, "due");
        if (!text_equal(value_text_of(step, "list"), value_text_of(made, "list")))
            continue;
        any = true;
        counts[text_is(standing, "waiting") ? 0 : text_is(standing, "approved") ? 1 : 2]++;
        if (term.bytes && (!due->bytes || text_compare(term, *due) < 0))
            *due = term;
    }
    return any;
}

static void put_lists(struct viewing *viewing, struct value *lists)
{
    static const char *const names[] = { "waiting", "approved", "sent_back" };
    const struct approval_state *state = &viewing->gate.state;
    for (const struct approval_list *list = state->lists; list; list = list->next) {
        int64_t counts[3] = { 0 };
        struct text due = TEXT_NONE;
        struct value *made = value_object(viewing->arena);
        value_set(made, "list", value_integer(viewing->arena, list->number));
        if (list->people || !count_list(viewing, made, counts, &due))
            continue;
        set(viewing, made, "submitter", list->submitter);
        set(viewing, made, "number", list->title);
        set_time(viewing, made, "at", list->at);
        for (int i = 0; i < 3; i++)
            value_set(made, names[i], value_integer(viewing->arena, counts[i]));
        set(viewing, made, "due", due);
        value_append(lists, made);
    }
}

static void put_people(struct viewing *viewing, struct value *view)
{
    const struct approval_state *state = &viewing->gate.state;
    struct value *people = value_set(view, "people", value_list(viewing->arena));
    for (size_t i = 0; state->founded && i < state->force.person_count; i++) {
        const struct approval_person *person = &state->force.people[i];
        struct value *made = value_append(people, value_object(viewing->arena));
        set(viewing, made, "name", person->name);
        value_set(made, "role", value_string(viewing->arena, person->approves ? "approver" : "submitter"));
        value_set(made, "login", value_copy(viewing->arena, person->logins));
    }
    const struct approval_list *proposed = approval_state_people(state);
    int64_t due;
    if (!proposed)
        return;
    struct value *made = value_set(view, "proposed", value_object(viewing->arena));
    value_set(made, "list", value_integer(viewing->arena, proposed->number));
    set(viewing, made, "submitter", proposed->submitter);
    set_time(viewing, made, "at", proposed->at);
    value_set(made, "recovers", value_boolean(viewing->arena, proposed->recovers));
    if (proposed->recovers && approval_state_recovery(state, &due) == proposed)
        set_time(viewing, made, "due", due);
}

enum status approval_view(struct store *store, struct arena *arena, struct value **view, struct error *error)
{
    struct viewing viewing;
    enum status status = open_viewing(&viewing, store, arena, error);
    *view = value_object(arena);
    if (!status) {
        const int64_t *counts = viewing.counts;
        value_set(*view, "in_force", value_boolean(arena, viewing.gate.bound));
        if (viewing.gate.state.founded)
            value_set(*view, "rules", value_digest(arena, &viewing.gate.state.force.digest));
        put_people(&viewing, *view);
        put_lists(&viewing, value_set(*view, "lists", value_list(arena)));
        value_set(*view, "steps", viewing.steps);
        struct value *made = value_set(*view, "counts", value_object(arena));
        value_set(made, "unsubmitted",
                  value_integer(arena, counts[APPROVAL_UNSUBMITTED] + counts[APPROVAL_LAPSED]));
        value_set(made, "waiting", value_integer(arena, counts[APPROVAL_WAITING]));
        value_set(made, "approved", value_integer(arena, counts[APPROVAL_APPROVED]));
        value_set(made, "sent_back", value_integer(arena, counts[APPROVAL_SENT_BACK]));
    }
    approval_gate_close(&viewing.gate);
    return status;
}

/* ---- for what is kept back ---- */

static struct text words_of(struct viewing *viewing, const struct value *step)
{
    struct text standing = value_text_of(step, "standing");
    if (text_is(standing, "sent-back"))
        return value_text_of(step, "reason");
    struct text lapsed = value_text_of(step, "lapsed");
    if (lapsed.bytes)
        return text_format(viewing->arena,
                           _("its approval in list %.*s expired before it was sent: congkhai submit"),
                           TEXT_ARG(lapsed));
    if (text_is(standing, "unsubmitted"))
        return text_of(_("it needs approval, and is in no list yet: congkhai submit"));
    return text_format(viewing->arena, _("in list %.*s, submitted by %.*s: it waits for an approver"),
                       TEXT_ARG(value_text_of(step, "list")), TEXT_ARG(value_text_of(step, "submitter")));
}

enum status approval_view_kept(struct store *store, struct arena *arena, struct text *json,
                               struct error *error)
{
    struct viewing viewing;
    struct value *rows = value_list(arena);
    enum status status = open_viewing(&viewing, store, arena, error);
    for (const struct value *step = status ? NULL : viewing.steps->first; step; step = step->next) {
        struct text standing = value_text_of(step, "standing");
        if (text_is(standing, "approved"))
            continue;
        struct value *row = value_append(rows, value_object(arena));
        value_set(row, "code", value_text(arena, value_text_of(step, "code")));
        value_set(row, "outcome",
                  value_string(arena, text_is(standing, "sent-back") ? "sent-back" : "waiting"));
        value_set(row, "words", value_text(arena, words_of(&viewing, step)));
        set(&viewing, row, "field", value_text_of(step, "field"));
        set(&viewing, row, "run", value_text_of(step, "run"));
    }
    *json = rows->count ? canonical_copy(arena, rows) : TEXT_NONE;
    approval_gate_close(&viewing.gate);
    return status;
}

enum status approval_view_words(struct store *store, struct arena *arena, struct text code,
                                struct text *words, struct error *error)
{
    struct viewing viewing = { .arena = arena, .steps = value_list(arena) };
    struct outbox_item item;
    enum status status = approval_gate_open(store, &viewing.gate, error);
    *words = TEXT_NONE;
    if (!status && viewing.gate.bound &&
        (status = outbox_find(store, arena, code, &item, error)) == STATUS_OK)
        status = take_item(&viewing, &item, error);
    const struct value *step = viewing.steps->first;
    if (step && text_is(value_text_of(step, "standing"), "sent-back"))
        *words = text_format(arena, _("sent back by %.*s: %.*s"), TEXT_ARG(value_text_of(step, "by")),
                             TEXT_ARG(value_text_of(step, "reason")));
    else if (step && !text_is(value_text_of(step, "standing"), "approved"))
        *words = words_of(&viewing, step);
    approval_gate_close(&viewing.gate);
    return status == STATUS_END ? STATUS_OK : status;
}

/* ---- for notices ---- */

static const char *news_words(struct text event)
{
    return text_is(event, "approval-founded") ? _("the first rules of approval took effect")
           : text_is(event, "submitted") ? _("rules of approval are to be recovered: they take effect after "
                                             "72 hours, unless an approver signs")
                                         : _("recovered rules of approval took effect");
}

enum status approval_view_news(struct store *store, struct arena *arena, int64_t since, struct value **rows,
                               struct error *error)
{
    struct viewing viewing = { .arena = arena };
    struct sqlite_statement *row;
    char from[CLOCK_TEXT];
    *rows = value_list(arena);
    clock_format(since, from);
    if (sql_rows(
            store,
            "SELECT event, at, actor, json_extract(detail, '$.reason') FROM ledger WHERE " APPROVAL_EVENTS
            " AND at >= ?1 AND (event IN ('approval-founded', 'approval-recovered')"
            "  OR (event = 'submitted' AND json_extract(detail, '$.recover'))) ORDER BY seq",
            SQL_WITH(SQL_TEXT(text_of(from))), &row, error))
        return error->status;
    enum status status;
    while ((status = sqlite_step(row, error)) == STATUS_OK) {
        struct value *made = value_append(*rows, value_object(arena));
        value_set(made, "words", value_string(arena, news_words(sqlite_column_text(row, 0))));
        set(&viewing, made, "at", sqlite_column_text(row, 1));
        if (!sqlite_is_null(row, 2))
            set(&viewing, made, "actor", sqlite_column_text(row, 2));
        if (!sqlite_is_null(row, 3))
            set(&viewing, made, "reason", sqlite_column_text(row, 3));
    }
    return status == STATUS_END ? STATUS_OK : status;
}
