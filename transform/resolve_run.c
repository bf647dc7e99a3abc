/* The second step of transform's work over the store: outcomes, by code. */
#include <string.h>

#include "core/diff.h"
#include "store/outbox.h"
#include "transform/resolve.h"

#define GROUP    1000 /* records in one transaction */
#define COMPARED 8    /* members of a group that are compared field by field, each with each */

struct resolving {
    struct store *store;
    const struct resolve_precedence *precedence;
    int64_t rules; /* those in force */
    struct resolve_counts *counts;
    struct arena arena; /* of one code */
    struct resolve_party *parties;
    size_t count;
};

/* ---- what the store is asked before ---- */

/* Is it to be withdrawn from the portal, and does not say by which decision? Where nothing of ours stands, or
 * an operator has named the decision, there is nothing to ask for. */
static enum status lacks_decision(struct resolving *resolving, const struct resolution_member *member,
                                  bool *lacks, struct error *error)
{
    struct outbox_item item;
    struct value *content;
    *lacks = false;
    if (member->rejected || !text_is(member->status, "abolished") || !member->has_content)
        return STATUS_OK;
    if (resolution_content(resolving->store, &resolving->arena, member, &content, error))
        return error->status;
    if (value_text_of(value_find(content, "decision"), "number").length)
        return STATUS_OK;
    if (outbox_find(resolving->store, &resolving->arena, member->code, &item, error) > STATUS_END)
        return error->status;
    bool arriving = outbox_is_open(&item) && item.intent_action == OUTBOX_PUBLISH;
    *lacks = !item.ordered && (arriving || (item.held && !item.held_abolished));
    return STATUS_OK;
}

static enum status take_parties(struct resolving *resolving, const struct resolution_member *members,
                                struct error *error)
{
    resolving->count = 0;
    for (const struct resolution_member *member = members; member; member = member->next)
        resolving->count++;
    resolving->parties = arena_array(&resolving->arena, struct resolve_party, resolving->count);
    for (size_t i = 0; members; members = members->next, i++) {
        resolving->parties[i] = (struct resolve_party){ .member = members };
        if (lacks_decision(resolving, members, &resolving->parties[i].lacks_decision, error) ||
            resolution_revives(resolving->store, members, &resolving->parties[i].revives, error))
            return error->status;
        if (members->rejected && resolving->count > 1 &&
            resolution_stands(resolving->store, members, &resolving->parties[i].spoke, error))
            return error->status;
    }
    resolve_decide(resolving->parties, resolving->count, resolving->precedence);
    return STATUS_OK;
}

/* ---- what each is told ---- */

/* In which fields the loser differs from the winner: an official sees at once whether it matters. */
static enum status name_differences(struct resolving *resolving, const struct resolution_member *before,
                                    const struct resolution_member *after, struct text *fields,
                                    struct error *error)
{
    BUFFER_OWNED struct buffer out = { 0 };
    struct value *values[2];
    if (resolution_content(resolving->store, &resolving->arena, before, &values[0], error) ||
        resolution_content(resolving->store, &resolving->arena, after, &values[1], error))
        return error->status;
    const char *separator = "";
    for (const struct diff *found = diff_find(&resolving->arena, values[0], values[1]);
         found && out.length < 400; found = found->next, separator = ", ") {
        buffer_string(&out, separator);
        buffer_text(&out, found->field);
    }
    *fields = out.length ? text_copy(&resolving->arena, buffer_view(&out)) : TEXT("");
    return STATUS_OK;
}

/* Who else gives the code, in what fields it says something else, and how many more there are. */
static enum status name_others(struct resolving *resolving, const struct resolution_member *self,
                               struct reason *reason, struct error *error)
{
    struct text fields = TEXT("");
    if (resolving->count < 2)
        return STATUS_OK;
    const struct resolution_member *other = resolving->parties[resolving->parties[0].member == self].member;
    size_t more = resolving->count - 2;
    if (resolving->count <= COMPARED && other->has_content && self->has_content &&
        name_differences(resolving, other, self, &fields, error))
        return error->status;
    reason_set(reason, "same-code", other->source, other->locator, fields,
               more ? text_format(&resolving->arena, "%zu", more) : TEXT(""));
    return STATUS_OK;
}

static const char *rule_of(enum resolve_verdict verdict)
{
    static const char *const rules[] = {
        [RESOLVE_ACCEPTED] = NULL,
        [RESOLVE_REJECTED] = NULL,
        [RESOLVE_NO_DECISION] = "congkhai/decision",
        [RESOLVE_OUTRANKED] = "congkhai/precedence",
        [RESOLVE_OVERRULED] = "congkhai/precedence",
        [RESOLVE_REVIVES] = "congkhai/abolished",
        [RESOLVE_SAME_CODE] = "congkhai/same-code",
    };
    return rules[verdict];
}

static enum status say(struct resolving *resolving, const struct resolve_party *party,
                       struct finding *finding, struct error *error)
{
    const struct resolution_member *member = party->member;
    struct text fields = TEXT("");
    *finding = (struct finding){ .rule = text_of(rule_of(party->verdict)),
                                 .is_error = true,
                                 .field = TEXT("code"),
                                 .value = member->code };
    switch (party->verdict) {
    case RESOLVE_ACCEPTED:
    case RESOLVE_REJECTED:
        return STATUS_OK;
    case RESOLVE_NO_DECISION:
        finding->field = TEXT("decision.number");
        finding->value = TEXT_NONE;
        finding->cites = TEXT("điểm c khoản 2 Điều 14 Nghị định số 63/2010/NĐ-CP");
        reason_set(&finding->reason, "decision.missing", member->code);
        break;
    case RESOLVE_OUTRANKED:
        reason_set(&finding->reason, "precedence.rejected", party->other->source, party->other->locator,
                   fields);
        break;
    case RESOLVE_OVERRULED:
        finding->is_error = false;
        if (name_differences(resolving, party->other, member, &fields, error))
            return error->status;
        reason_set(&finding->reason, "precedence.other", party->other->source, party->other->locator, fields);
        break;
    case RESOLVE_REVIVES:
        finding->field = TEXT("status");
        finding->value = TEXT_NONE;
        reason_set(&finding->reason, "abolished.before", member->code);
        break;
    case RESOLVE_SAME_CODE:
        if (name_others(resolving, member, &finding->reason, error))
            return error->status;
        break;
    }
    finding->message = reason_words(&resolving->arena, &finding->reason, finding->field, REASON_WHAT,
                                    resolving->precedence->language);
    return STATUS_OK;
}

static enum resolution_outcome outcome_of(enum resolve_verdict verdict)
{
    static const enum resolution_outcome outcomes[] = {
        [RESOLVE_ACCEPTED] = RESOLUTION_ACCEPTED, [RESOLVE_OVERRULED] = RESOLUTION_ACCEPTED,
        [RESOLVE_REJECTED] = RESOLUTION_REJECTED, [RESOLVE_NO_DECISION] = RESOLUTION_REJECTED,
        [RESOLVE_SAME_CODE] = RESOLUTION_HELD,    [RESOLVE_OUTRANKED] = RESOLUTION_HELD,
        [RESOLVE_REVIVES] = RESOLUTION_HELD,
    };
    return outcomes[verdict];
}

/* ---- writing ---- */

static enum status put(struct resolving *resolving, const struct resolution_member *member,
                       const struct resolution *resolution, struct error *error)
{
    struct resolve_counts *counts = resolving->counts;
    bool written;
    if (resolution_write(resolving->store, &resolving->arena, member, resolution, &written, &counts->warnings,
                         error))
        return error->status;
    counts->changed += written;
    counts->accepted += written && resolution->outcome == RESOLUTION_ACCEPTED;
    counts->rejected += written && resolution->outcome == RESOLUTION_REJECTED;
    counts->held += written && resolution->outcome == RESOLUTION_HELD;
    return STATUS_OK;
}

/* One that comes to speak for the code without anything about it being new is wanted all the same. */
static enum status speaks_anew(struct resolving *resolving, const struct resolve_party *party, bool *anew,
                               struct error *error)
{
    bool speaks = true;
    if (party->speaks && party->verdict == RESOLVE_ACCEPTED && !party->member->waits &&
        resolving->count > 1 && resolution_speaks(resolving->store, party->member, &speaks, error))
        return error->status;
    *anew = !speaks;
    return STATUS_OK;
}

static enum status write_parties(struct resolving *resolving, struct error *error)
{
    for (size_t i = 0; i < resolving->count; i++) {
        const struct resolve_party *party = &resolving->parties[i];
        struct finding finding;
        struct resolution resolution = { .outcome = outcome_of(party->verdict), .speaks = party->speaks };
        if (say(resolving, party, &finding, error) || speaks_anew(resolving, party, &resolution.anew, error))
            return error->status;
        resolution.finding = finding.rule.bytes ? &finding : NULL;
        if (put(resolving, party->member, &resolution, error))
            return error->status;
    }
    return STATUS_OK;
}

static enum status resolve_code(struct resolving *resolving, struct text code, struct error *error)
{
    struct resolution_member *members;
    if (resolution_group(resolving->store, &resolving->arena, code, resolving->rules, &members, error) ||
        take_parties(resolving, members, error))
        return error->status;
    return write_parties(resolving, error);
}

static enum status resolve_one(struct resolving *resolving, const struct resolution_waiting *waiting,
                               struct error *error)
{
    struct resolution_member *member;
    arena_clear(&resolving->arena);
    if (waiting->code.bytes)
        return resolve_code(resolving, waiting->code, error);
    if (resolution_single(resolving->store, &resolving->arena, waiting->record, &member, error))
        return error->status;
    return put(resolving, member, &(struct resolution){ .outcome = RESOLUTION_REJECTED }, error);
}

static enum status resolve_some(struct resolving *resolving, size_t *count, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct resolution_waiting *list = arena_array(&arena, struct resolution_waiting, GROUP);
    if (store_begin(resolving->store, error))
        return error->status;
    enum status status =
        resolution_waiting(resolving->store, resolving->rules, &arena, list, GROUP, count, error);
    for (size_t i = 0; status == STATUS_OK && i < *count; i++)
        status = resolve_one(resolving, &list[i], error);
    return store_end(resolving->store, status, error);
}

/* ---- when `precedence` is another than it was ---- */

/* Would the records of one code be told something else now? What a decision lacks is not of this kind. */
static bool is_stale(const struct resolving *resolving)
{
    for (size_t i = 0; i < resolving->count; i++) {
        const struct resolve_party *party = &resolving->parties[i];
        const struct resolution_member *member = party->member;
        struct text rule = text_of(rule_of(party->verdict));
        bool of_decision = party->verdict == RESOLVE_NO_DECISION ||
                           (!member->rejected && text_is(member->outcome, "rejected"));
        if (!of_decision && (!text_equal(rule, member->shared_rule) ||
                             !text_is(member->outcome, resolution_name(outcome_of(party->verdict)))))
            return true;
    }
    return false;
}

static enum status resolve_stale(struct resolving *resolving, struct text code, struct error *error)
{
    struct resolution_member *members;
    arena_clear(&resolving->arena);
    if (resolution_group(resolving->store, &resolving->arena, code, resolving->rules, &members, error) ||
        take_parties(resolving, members, error))
        return error->status;
    return is_stale(resolving) ? write_parties(resolving, error) : STATUS_OK;
}

/* A winner that was named or changed since counts for what was resolved before, too. */
static enum status resolve_shared(struct resolving *resolving, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct value *codes = value_list(&arena);
    enum status status = resolution_shared(resolving->store, &arena, codes, error);
    if (status || !codes->count)
        return status;
    if (store_begin(resolving->store, error))
        return error->status;
    for (const struct value *code = codes->first; status == STATUS_OK && code; code = code->next)
        status = resolve_stale(resolving, code->text, error);
    return store_end(resolving->store, status, error);
}

enum status resolve_all(struct store *store, const struct resolve_precedence *precedence, int64_t rules,
                        const volatile sig_atomic_t *stop, struct resolve_counts *counts, struct error *error)
{
    struct resolving resolving = {
        .store = store, .precedence = precedence, .rules = rules, .counts = counts
    };
    enum status status = STATUS_OK;
    for (size_t count = 1; status == STATUS_OK && count;)
        status = stop && *stop ? error_set(error, STATUS_STOP, _("a signal ended the run"))
                               : resolve_some(&resolving, &count, error);
    if (status == STATUS_OK)
        status = resolve_shared(&resolving, error);
    arena_free(&resolving.arena);
    return status;
}
