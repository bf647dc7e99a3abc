#include "store/approval_state.h"

#include <stdlib.h>
#include <string.h>

#include "adapters/crypto.h"
#include "core/canonical.h"

/* ---- a step ---- */

void approval_step_of(const struct outbox_item *item, struct approval_step *step)
{
    bool stands = item->held && !item->held_absent;
    *step = (struct approval_step){ .code = item->code,
                                    .withdraws = item->action == OUTBOX_WITHDRAW,
                                    .digest = item->digest,
                                    .replaces = stands && item->has_held_digest,
                                    .abolished = stands && item->held_abolished,
                                    .overwrites = item->overwrite };
    if (step->replaces)
        step->replaced = item->held_digest;
}

struct value *approval_step_value(struct arena *arena, const struct approval_step *step)
{
    struct value *value = value_object(arena);
    if (step->abolished)
        value_set(value, "abolished", value_boolean(arena, true));
    value_set(value, "action", value_string(arena, step->withdraws ? "withdraw" : "publish"));
    value_set(value, "code", value_text(arena, step->code));
    value_set(value, "digest", value_digest(arena, &step->digest));
    value_put(arena, value, "overwrites", step->overwrites);
    if (step->replaces)
        value_set(value, "replaces", value_digest(arena, &step->replaced));
    return value;
}

bool approval_step_parse(const struct value *value, struct approval_step *step)
{
    const struct value *replaces = value_find(value, "replaces");
    struct text action = value_text_of(value, "action");
    *step = (struct approval_step){ .code = value_text_of(value, "code"),
                                    .withdraws = text_is(action, "withdraw"),
                                    .abolished = value_is_true(value, "abolished"),
                                    .replaces = replaces != NULL,
                                    .overwrites = value_text_of(value, "overwrites") };
    return step->code.length && (step->withdraws || text_is(action, "publish")) &&
           digest_from_hex(value_text_of(value, "digest"), &step->digest) &&
           (!replaces || digest_from_hex(value_text_of(value, "replaces"), &step->replaced));
}

/* SHA-256 of its RFC 8785 bytes. */
static struct digest id_of(const struct approval_step *step)
{
    ARENA_OWNED struct arena arena = { 0 };
    BUFFER_OWNED struct buffer out = { 0 };
    canonical_write(&out, approval_step_value(&arena, step));
    return crypto_sha256(buffer_view(&out));
}

bool approval_step_same(const struct approval_step *one, const struct approval_step *other)
{
    struct digest left = id_of(one), right = id_of(other);
    return digest_equal(&left, &right);
}

/* ---- lists ---- */

struct approval_list *approval_state_list(const struct approval_state *state, int64_t number)
{
    struct approval_list *list = state->lists;
    while (list && list->number != number)
        list = list->next;
    return list;
}

static struct approval_list *list_named(const struct approval_state *state, const struct value *detail)
{
    return approval_state_list(state, value_number_of(detail, "list"));
}

static struct text keep(struct approval_state *state, struct text text)
{
    return text_copy(state->arena, text);
}

/* The steps of a document; false: it is no list of steps, or names a procedure twice. */
static bool read_steps(struct approval_state *state, const struct value *document, struct approval_list *list)
{
    const struct value *steps = value_find(document, "steps");
    if (!steps || steps->kind != VALUE_LIST)
        return false;
    list->entries = arena_array(state->arena, struct approval_entry, steps->count + 1);
    for (const struct value *item = steps->first; item; item = item->next) {
        struct approval_entry *entry = &list->entries[list->count++];
        if (!approval_step_parse(item, &entry->step))
            return false;
        entry->step.code = keep(state, entry->step.code);
        entry->step.overwrites = keep(state, entry->step.overwrites);
        entry->id = id_of(&entry->step);
        entry->list = list;
        entry->standing = APPROVAL_WAITING;
        entry->event = list->event;
        entry->at = list->at;
        entry->by = list->submitter;
    }
    return true;
}

/* ---- events ---- */

bool approval_is_decision(struct text event)
{
    return text_is(event, "approval-founded") || text_is(event, "submitted") || text_is(event, "approved") ||
           text_is(event, "approval-recovered");
}

static void add_period(struct approval_state *state, int64_t event)
{
    struct approval_period *period = arena_new(state->arena, struct approval_period);
    const struct approval_scope *scope = state->force.scope_count == 1 ? state->force.scopes : NULL;
    period->event = event;
    if (scope && !scope->source.bytes && !scope->department.bytes)
        period->reach = scope->reach == APPROVAL_CHANGES ? APPROVAL_WITHDRAWALS : scope->reach;
    if (state->last_period)
        state->last_period->next = period;
    else
        state->periods = period;
    state->last_period = period;
}

static const char *set_force(struct approval_state *state, const struct approval_event *event)
{
    struct approval_rules rules;
    const struct value *document = event->document ? value_copy(state->arena, event->document) : NULL;
    if (!event->has_digest || !approval_rules_parse(state->arena, document, &event->digest, &rules))
        return N_("it names no rules of approval that can be read");
    state->force = rules;
    state->founded = true;
    state->force_event = event->seq;
    add_period(state, event->seq);
    /* What was submitted on top of other rules is overtaken. */
    for (struct approval_list *list = state->lists; list; list = list->next)
        list->decided = list->decided || list->people;
    return NULL;
}

static const char *take_founded(struct approval_state *state, const struct approval_event *event)
{
    if (state->founded && state->force.person_count)
        return N_("rules of approval are in force already: only one of their approvers can change them");
    return set_force(state, event);
}

static const char *take_submitted(struct approval_state *state, const struct approval_event *event)
{
    struct approval_list *list = arena_new(state->arena, struct approval_list);
    *list = (struct approval_list){ .number = value_number_of(event->detail, "list"),
                                    .event = event->seq,
                                    .run = event->run,
                                    .at = event->at,
                                    .people = text_is(value_text_of(event->detail, "kind"), "people"),
                                    .recovers = value_is_true(event->detail, "recover"),
                                    .submitter = keep(state, event->actor),
                                    .title = keep(state, value_text_of(event->detail, "number")),
                                    .reason = keep(state, value_text_of(event->detail, "reason")),
                                    .document = event->digest,
                                    .next = state->lists };
    if (list->number != state->list_count + 1)
        return N_("it has not the number that comes next");
    if (!event->has_digest || !digest_from_hex(value_text_of(event->detail, "text_digest"), &list->text) ||
        !digest_from_hex(value_text_of(event->detail, "rules_digest"), &list->rules) || !state->founded ||
        !digest_equal(&list->rules, &state->force.digest))
        return N_("it does not name the rules that were in force");
    if (!list->recovers && !approval_rules_find(&state->force, list->submitter))
        return N_("nobody of that name is in the list of people in force");
    if (!list->people && event->document && !read_steps(state, event->document, list))
        return N_("it names no list of steps that can be read");
    list->needless = !list->people && !event->document;
    state->lists = list;
    state->list_count++;
    return NULL;
}

const struct approval_person *approval_state_approver(const struct approval_state *state,
                                                      const struct approval_list *list, struct text name,
                                                      const char **why)
{
    const struct approval_person *person = state->founded ? approval_rules_find(&state->force, name) : NULL;
    *why = !person             ? N_("nobody of that name is in the list of people in force")
           : !person->approves ? N_("this person may submit, not approve")
           : text_equal(person->name, list->submitter) ? N_("who submitted a list cannot approve it")
                                                       : NULL;
    return *why ? NULL : person;
}

/* A part names its steps in the list's order: each is looked for from where the one before was found. */
static struct approval_entry *entry_of(struct approval_list *list, const struct approval_step *step,
                                       size_t *from)
{
    struct digest id = id_of(step);
    for (size_t i = 0; i < list->count; i++) {
        size_t at = (*from + i) % list->count;
        if (!digest_equal(&list->entries[at].id, &id))
            continue;
        *from = at + 1;
        return &list->entries[at];
    }
    return NULL;
}

static void approve(struct approval_state *state, struct approval_entry *entry,
                    const struct approval_event *event)
{
    entry->standing = APPROVAL_APPROVED;
    entry->event = entry->approved = event->seq;
    entry->run = event->run;
    entry->at = event->at;
    entry->until = event->at + state->force.expires;
    entry->by = keep(state, event->actor);
}

static const char *approve_steps(struct approval_state *state, struct approval_list *list,
                                 const struct approval_event *event)
{
    const struct value *steps = value_find(event->document, "steps");
    if (list->needless)
        return NULL;
    if (!steps || steps->kind != VALUE_LIST)
        return N_("it names no list of steps that can be read");
    struct approval_entry **named = arena_array(state->arena, struct approval_entry *, steps->count + 1);
    size_t count = 0, fresh = 0, from = 0;
    for (const struct value *item = steps->first; item; item = item->next) {
        struct approval_step step;
        named[count] = approval_step_parse(item, &step) ? entry_of(list, &step, &from) : NULL;
        if (!named[count])
            return N_("it approves a step that is not in the list");
        fresh += named[count++]->standing == APPROVAL_WAITING;
    }
    if (!fresh)
        return N_("the list was decided before");
    for (size_t i = 0; i < count; i++)
        if (named[i]->standing == APPROVAL_WAITING)
            approve(state, named[i], event);
    return NULL;
}

static const char *take_approved(struct approval_state *state, const struct approval_event *event)
{
    struct approval_list *list = list_named(state, event->detail);
    struct digest text;
    const char *why;
    if (!list)
        return N_("it approves a list that was never submitted");
    if (!approval_state_approver(state, list, event->actor, &why))
        return why;
    bool part = value_is_true(event->detail, "part");
    if (!event->has_digest || !digest_from_hex(value_text_of(event->detail, "text_digest"), &text) ||
        (!part && (!digest_equal(&text, &list->text) || !digest_equal(&event->digest, &list->document))))
        return N_("it approves something else than what was submitted");
    if (list->people && list->decided)
        return N_("the list was decided before");
    why = list->people ? set_force(state, event) : approve_steps(state, list, event);
    if (why)
        return why;
    list->decided = true;
    state->signed_event = event->seq;
    return NULL;
}

static const char *take_sent_back(struct approval_state *state, const struct approval_event *event)
{
    struct approval_list *list = list_named(state, event->detail);
    const char *why;
    if (!list)
        return N_("it sends back what was never submitted");
    if (!approval_state_approver(state, list, event->actor, &why))
        return why;
    if (list->people) {
        list->decided = true;
        return NULL;
    }
    for (size_t i = 0; i < list->count; i++) {
        struct approval_entry *entry = &list->entries[i];
        if (!text_equal(entry->step.code, event->code))
            continue;
        entry->standing = APPROVAL_SENT_BACK;
        entry->event = event->seq;
        entry->run = event->run;
        entry->at = event->at;
        entry->by = keep(state, event->actor);
        entry->reason = keep(state, value_text_of(event->detail, "reason"));
        entry->field = keep(state, value_text_of(event->detail, "field"));
        return NULL;
    }
    return list->needless ? NULL : N_("it sends back a step that is not in the list");
}

static const char *take_retried(struct approval_state *state, const struct approval_event *event)
{
    for (struct approval_list *list = state->lists; list; list = list->next)
        for (size_t i = 0; i < list->count; i++)
            if (list->entries[i].standing == APPROVAL_SENT_BACK &&
                text_equal(list->entries[i].step.code, event->code)) {
                struct text reason = value_text_of(event->detail, "reason");
                list->entries[i].again = keep(state, reason.bytes ? reason : TEXT(""));
            }
    return NULL;
}

static const char *take_lapsed(struct approval_state *state, const struct approval_event *event)
{
    struct approval_list *list = list_named(state, event->detail);
    int64_t approved = value_number_of(event->detail, "approved");
    for (size_t i = 0; list && i < list->count; i++)
        if (list->entries[i].standing == APPROVAL_APPROVED && list->entries[i].event == approved)
            list->entries[i].standing = APPROVAL_LAPSED;
    return NULL;
}

const struct approval_list *approval_state_recovery(const struct approval_state *state, int64_t *due)
{
    for (const struct approval_list *list = state->lists; list; list = list->next)
        if (list->recovers && !list->decided) {
            *due = list->at + APPROVAL_RECOVERY_MS;
            return state->signed_event > list->event ? NULL : list;
        }
    return NULL;
}

const struct approval_list *approval_state_people(const struct approval_state *state)
{
    const struct approval_list *list = state->lists;
    while (list && (!list->people || list->decided))
        list = list->next;
    return list;
}

static const char *take_recovered(struct approval_state *state, const struct approval_event *event)
{
    int64_t due = 0;
    const struct approval_list *list = approval_state_recovery(state, &due);
    if (!list || list->number != value_number_of(event->detail, "list"))
        return N_("nobody asked for these rules to be recovered, or an approver has signed since");
    if (event->at < due)
        return N_("72 hours had not passed since it was asked for");
    if (!event->has_digest || !digest_equal(&event->digest, &list->document))
        return N_("it names other rules than those that were submitted");
    return set_force(state, event);
}

const char *approval_state_take(struct approval_state *state, const struct approval_event *event)
{
    static const struct {
        const char *event;
        const char *(*take)(struct approval_state *state, const struct approval_event *event);
    } takes[] = {
        { "approval-founded", take_founded }, { "submitted", take_submitted },
        { "approved", take_approved },        { "sent-back", take_sent_back },
        { "approval-lapsed", take_lapsed },   { "approval-recovered", take_recovered },
    };
    for (size_t i = 0; i < sizeof takes / sizeof *takes; i++)
        if (text_is(event->event, takes[i].event))
            return takes[i].take(state, event);
    if (text_is(event->event, "retried") && text_is(value_text_of(event->detail, "state"), "sent-back"))
        return take_retried(state, event);
    return NULL;
}

/* ---- questions ---- */

static int order_ids(const void *left, const void *right)
{
    const struct approval_entry *one = *(struct approval_entry *const *)left;
    const struct approval_entry *other = *(struct approval_entry *const *)right;
    int order = memcmp(one->id.bytes, other->id.bytes, DIGEST_SIZE);
    return order ? order
                 : (one->list->number > other->list->number) - (one->list->number < other->list->number);
}

static int compare_contents(const struct approval_step *one, const struct approval_step *other)
{
    int order = text_compare(one->code, other->code);
    if (!order)
        order = (int)one->withdraws - (int)other->withdraws;
    return order ? order : memcmp(one->digest.bytes, other->digest.bytes, DIGEST_SIZE);
}

static int order_contents(const void *left, const void *right)
{
    const struct approval_entry *one = *(struct approval_entry *const *)left;
    const struct approval_entry *other = *(struct approval_entry *const *)right;
    int order = compare_contents(&one->step, &other->step);
    return order ? order
                 : (one->list->number > other->list->number) - (one->list->number < other->list->number);
}

void approval_state_close(struct approval_state *state)
{
    size_t count = 0, at = 0;
    for (struct approval_list *list = state->lists; list; list = list->next)
        count += list->count;
    state->by_id = arena_array(state->arena, struct approval_entry *, count + 1);
    state->by_content = arena_array(state->arena, struct approval_entry *, count + 1);
    for (struct approval_list *list = state->lists; list; list = list->next)
        for (size_t i = 0; i < list->count; i++, at++)
            state->by_id[at] = state->by_content[at] = &list->entries[i];
    state->entry_count = count;
    qsort(state->by_id, count, sizeof *state->by_id, order_ids);
    qsort(state->by_content, count, sizeof *state->by_content, order_contents);
}

/* The newest entry of the same step, or of the same content; NULL: none. */
static const struct approval_entry *newest(const struct approval_state *state,
                                           const struct approval_step *step, const struct digest *id)
{
    size_t low = 0, high = state->entry_count;
    struct approval_entry **entries = id ? state->by_id : state->by_content;
    while (low < high) { /* the first that is greater */
        size_t middle = low + (high - low) / 2;
        const struct approval_entry *entry = entries[middle];
        int order =
            id ? memcmp(entry->id.bytes, id->bytes, DIGEST_SIZE) : compare_contents(&entry->step, step);
        if (order <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (!low)
        return NULL;
    const struct approval_entry *found = entries[low - 1];
    bool same = id ? digest_equal(&found->id, id) : !compare_contents(&found->step, step);
    return same ? found : NULL;
}

enum approval_standing approval_state_judge(const struct approval_state *state,
                                            const struct approval_step *step, bool needed, int64_t now,
                                            const struct approval_entry **entry)
{
    struct digest id = id_of(step);
    const struct approval_entry *content = newest(state, step, NULL);
    *entry = content;
    if (content && content->standing == APPROVAL_SENT_BACK)
        return content->again.bytes ? APPROVAL_UNSUBMITTED : APPROVAL_SENT_BACK;
    const struct approval_entry *same = newest(state, step, &id);
    *entry = same;
    bool ours = same && digest_equal(&same->list->rules, &state->force.digest);
    if (same && same->standing == APPROVAL_WAITING &&
        (needed || ours)) /* tonight's share may be a smaller one */
        /* What nobody but its submitter could decide is as if it had not been submitted, and somebody else may. */
        return approval_rules_others_approve(&state->force, same->list->submitter) ? APPROVAL_WAITING
                                                                                   : APPROVAL_UNSUBMITTED;
    if (same && same->standing == APPROVAL_APPROVED && now <= same->until)
        return APPROVAL_APPROVED;
    if (!needed)
        return APPROVAL_FREE;
    return same && same->standing == APPROVAL_APPROVED ? APPROVAL_LAPSED : APPROVAL_UNSUBMITTED;
}
