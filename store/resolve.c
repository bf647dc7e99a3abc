/* The second step of transform's work: outcomes, by code. */
#include <stdio.h>
#include <string.h>

#include "adapters/json.h"
#include "core/diff.h"
#include "store/finding_row.h"
#include "store/ledger.h"
#include "store/outbox.h"
#include "store/transform_queue.h"

#define GROUP 1000 /* records in one transaction */

struct member {
    int64_t record, content;
    struct text source, key, locator, code, status, outcome, fields;
    struct digest source_digest, content_digest;
    bool has_content, rejected, waits; /* waits: to be settled */
    bool found, shared;                /* a rule, or another record's code, has something to say */
    struct member *next;
};

struct settling {
    struct store *store;
    const struct resolve_precedence *precedence;
    int64_t rules; /* those in force */
    struct resolve_counts *counts;
    struct arena arena; /* of one code */
};

#define MEMBER_COLUMNS                                                                                       \
    "SELECT r.id, r.content, s.name, r.key, r.locator, r.code, r.status, r.outcome, r.source_digest, "       \
    "r.content_digest,"                                                                                      \
    " EXISTS (SELECT 1 FROM finding f WHERE f.record = r.id AND f.severity = 'error' AND f.stage < 3), "     \
    "r.work,"                                                                                                \
    " EXISTS (SELECT 1 FROM finding f WHERE f.record = r.id),"                                               \
    " EXISTS (SELECT 1 FROM finding f WHERE f.record = r.id AND f.stage = 3)"                                \
    " FROM record r JOIN source s ON s.id = r.source "

static struct text take(struct arena *arena, struct sqlite_statement *statement, int at)
{
    return sqlite_is_null(statement, at) ? TEXT_NONE : text_copy(arena, sqlite_column_text(statement, at));
}

static struct member *read_member(struct arena *arena, struct sqlite_statement *statement)
{
    struct member *member = arena_new(arena, struct member);
    member->record = sqlite_number(statement, 0);
    member->content = sqlite_number(statement, 1);
    member->source = take(arena, statement, 2);
    member->key = take(arena, statement, 3);
    member->locator = take(arena, statement, 4);
    member->code = take(arena, statement, 5);
    member->status = take(arena, statement, 6);
    member->outcome = take(arena, statement, 7);
    sqlite_digest(statement, 8, &member->source_digest);
    member->has_content = sqlite_digest(statement, 9, &member->content_digest);
    member->rejected = sqlite_number(statement, 10);
    member->waits = sqlite_number(statement, 11) == WORK_RESOLVE;
    member->found = sqlite_number(statement, 12);
    member->shared = sqlite_number(statement, 13);
    return member;
}

static enum status finding_list(struct settling *settling, int64_t record, struct value **list,
                                struct error *error)
{
    struct sqlite_statement *statement;
    struct arena *arena = &settling->arena;
    *list = value_list(arena);
    if (store_sql(settling->store, "SELECT " FINDING_COLUMNS " FROM finding WHERE record = ?1 ORDER BY rowid",
                  &statement, error))
        return error->status;
    sqlite_bind_number(statement, 1, record);
    enum status status;
    while ((status = sqlite_step(statement, error)) == STATUS_OK) {
        struct finding finding;
        finding_row_take(arena, statement, 0, &finding);
        value_append(*list, finding_value(arena, &finding));
        settling->counts->warnings += !finding.is_error;
    }
    return status == STATUS_END ? STATUS_OK : status;
}

static enum status append_outcome(struct settling *settling, const struct member *member, const char *outcome,
                                  bool has_findings, int64_t *event, struct error *error)
{
    struct arena *arena = &settling->arena;
    struct value *detail = value_object(arena), *findings;
    char *hex = arena_alloc(arena, DIGEST_HEX);
    digest_hex(&member->source_digest, hex);
    if (has_findings || member->found) {
        if (finding_list(settling, member->record, &findings, error))
            return error->status;
        if (findings->count)
            value_set(detail, "findings", findings);
    }
    value_set(detail, "key", value_text(arena, member->key));
    value_set(detail, "locator", value_text(arena, member->locator));
    value_set(detail, "source_digest", value_string(arena, hex));
    if (member->has_content && member->status.bytes) /* what it is to come to at the portal */
        value_set(detail, "status", value_text(arena, member->status));
    return ledger_append(
        settling->store,
        &(struct ledger_event){ .event = outcome,
                                .source = text_string(arena, member->source),
                                .code = member->code,
                                .digest = member->has_content ? &member->content_digest : NULL,
                                .detail = detail },
        event, error);
}

/* In which fields the loser differs from the winner: an official sees at once whether it matters. */
static enum status name_differences(struct settling *settling, const struct member *best,
                                    const struct member *member, struct buffer *out, struct error *error)
{
    struct text bytes[2];
    struct value *values[2];
    int64_t contents[2] = { best->content, member->content };
    for (int i = 0; i < 2; i++)
        if (store_payload(settling->store, &settling->arena, contents[i], &bytes[i], error) ||
            json_parse(&settling->arena, bytes[i], &values[i], error))
            return error->status;
    const char *separator = "";
    for (const struct diff *found = diff_find(&settling->arena, values[0], values[1]);
         found && out->length < 400; found = found->next, separator = ", ") {
        buffer_string(out, separator);
        buffer_text(out, found->field);
    }
    return STATUS_OK;
}

/* What one member of a group has to be told: its outcome, and the finding that says why. */
struct verdict {
    const char *outcome, *rule, *field, *cites; /* rule NULL: nothing is to be said */
    bool is_error;
    struct reason reason; /* its values live in the arena of the code */
};

/* Replaces the finding that says what only settling can know. */
static enum status replace_finding(struct settling *settling, const struct member *member,
                                   const struct verdict *verdict, struct error *error)
{
    struct sqlite_statement *statement;
    if (store_sql(settling->store, "DELETE FROM finding WHERE record = ?1 AND stage = 3", &statement, error))
        return error->status;
    sqlite_bind_number(statement, 1, member->record);
    enum status status = sqlite_execute(statement, error);
    if (status || !verdict->rule)
        return status;
    struct finding finding = { .rule = text_of(verdict->rule),
                               .is_error = verdict->is_error,
                               .field = text_of(verdict->field ? verdict->field : "code"),
                               .value = verdict->field ? TEXT_NONE : member->code,
                               .reason = verdict->reason,
                               .cites = text_of(verdict->cites) };
    finding.message = reason_words(&settling->arena, &finding.reason, finding.field, REASON_WHAT,
                                   settling->precedence->language);
    return transform_queue_put_finding(settling->store, member->record, &finding, 3, error);
}

static enum status set_outcome(struct settling *settling, const struct member *member, const char *outcome,
                               struct error *error)
{
    struct sqlite_statement *statement;
    if (store_sql(settling->store, "UPDATE record SET outcome = ?2, work = 0 WHERE id = ?1", &statement,
                  error))
        return error->status;
    sqlite_bind_number(statement, 1, member->record);
    sqlite_bind_text(statement, 2, text_of(outcome));
    return sqlite_execute(statement, error);
}

static enum status tell_outbox(struct settling *settling, const struct member *member, const char *outcome,
                               int64_t event, struct error *error)
{
    struct outbox_wish wish = { .content = member->content,
                                .digest = member->content_digest,
                                .event = event };
    if (!member->code.bytes)
        return STATUS_OK;
    bool accepted = !strcmp(outcome, "accepted");
    if (accepted && (text_is(member->status, "announced") || text_is(member->status, "abolished"))) {
        wish.action = text_is(member->status, "abolished") ? OUTBOX_WITHDRAW : OUTBOX_PUBLISH;
        return outbox_want(settling->store, member->code, member->record, &wish, error);
    }
    return outbox_unwant(settling->store, member->code, member->record, error);
}

static enum status give_outcome(struct settling *settling, const struct member *member, const char *outcome,
                                bool has_findings, struct error *error)
{
    if (!member->waits && text_is(member->outcome, outcome))
        return STATUS_OK;
    settling->counts->changed++;
    if (!strcmp(outcome, "accepted"))
        settling->counts->accepted++;
    else if (!strcmp(outcome, "rejected"))
        settling->counts->rejected++;
    else
        settling->counts->held++;
    int64_t event;
    if (append_outcome(settling, member, outcome, has_findings, &event, error) ||
        set_outcome(settling, member, outcome, error) || tell_outbox(settling, member, outcome, event, error))
        return error->status;
    return STATUS_OK;
}

static size_t rank(const struct resolve_precedence *precedence, struct text source)
{
    for (size_t i = 0; i < precedence->count; i++)
        if (text_is(source, precedence->sources[i]))
            return i;
    return SIZE_MAX;
}

/* The rejected record whose source's word would count; NULL: none. What others say must not take its place:
 * it would be published tonight and taken back when the record is mended. */
static const struct member *outranked(const struct settling *settling, const struct member *members,
                                      const struct member *best)
{
    for (const struct member *member = members; member; member = member->next)
        if (member->rejected &&
            rank(settling->precedence, member->source) < rank(settling->precedence, best->source))
            return member;
    return NULL;
}

/* Who speaks for the code: the only one, the first of several that say the same, or the one whose source
 * wins. NULL: nobody, all that are not rejected are held. */
static const struct member *winner(const struct settling *settling, const struct member *members)
{
    const struct member *best = NULL;
    bool same = true, tied = false;
    for (const struct member *member = members; member; member = member->next) {
        if (member->rejected)
            continue;
        if (!best) {
            best = member;
            continue;
        }
        same = same && digest_equal(&member->content_digest, &best->content_digest);
        size_t mine = rank(settling->precedence, member->source),
               its = rank(settling->precedence, best->source);
        if (mine < its)
            best = member;
        tied = mine == its || (tied && mine > its);
    }
    if (!best || outranked(settling, members, best))
        return NULL;
    if (same)
        return best;
    return rank(settling->precedence, best->source) == SIZE_MAX || tied ? NULL : best;
}

#define COMPARED 8 /* members of a group that are compared field by field, each with each */

/* Who else gives the code, in what fields it says something else, and how many more there are. */
static enum status name_others(struct settling *settling, const struct member *members,
                               const struct member *self, struct reason *reason, struct error *error)
{
    const struct member *other = NULL;
    size_t count = 0, more = 0;
    BUFFER_OWNED struct buffer fields = { 0 };
    for (const struct member *member = members; member; member = member->next)
        count++;
    for (const struct member *member = members; member; member = member->next) {
        if (member == self || member->rejected)
            continue;
        more += other != NULL;
        other = other ? other : member;
    }
    if (!other)
        return STATUS_OK;
    if (count <= COMPARED && name_differences(settling, other, self, &fields, error))
        return error->status;
    struct arena *arena = &settling->arena;
    reason_set(reason, "same-code", other->source, other->locator,
               fields.length ? text_copy(arena, buffer_view(&fields)) : TEXT(""),
               more ? text_format(arena, "%zu", more) : TEXT(""));
    return STATUS_OK;
}

/* Is it to be withdrawn from the portal, and does not say by which decision? Where nothing of ours stands, or
 * an operator has named the decision, there is nothing to ask for. */
static enum status lacks_decision(struct settling *settling, const struct member *member, bool *lacks,
                                  struct error *error)
{
    struct outbox_item item;
    struct text bytes;
    struct value *content;
    *lacks = false;
    if (!text_is(member->status, "abolished") || !member->has_content)
        return STATUS_OK;
    if (store_payload(settling->store, &settling->arena, member->content, &bytes, error) ||
        json_parse(&settling->arena, bytes, &content, error))
        return error->status;
    if (value_text_of(value_find(content, "decision"), "number").length)
        return STATUS_OK;
    enum status status = outbox_find(settling->store, &settling->arena, member->code, &item, error);
    if (status)
        return status == STATUS_END ? STATUS_OK : status;
    bool arriving = outbox_is_open(&item) && item.intent_action == OUTBOX_PUBLISH;
    *lacks = !item.ordered && (arriving || (item.held && !item.held_abolished));
    return STATUS_OK;
}

static void say_decision(const struct member *member, struct verdict *verdict)
{
    verdict->outcome = "rejected";
    verdict->rule = "congkhai/decision";
    verdict->is_error = true;
    verdict->field = "decision.number";
    verdict->cites = "điểm c khoản 2 Điều 14 Nghị định số 63/2010/NĐ-CP";
    reason_set(&verdict->reason, "decision.missing", member->code);
}

static void say_precedence(const struct member *winner, bool is_error, struct text fields,
                           struct verdict *verdict)
{
    verdict->rule = "congkhai/precedence";
    verdict->is_error = is_error;
    reason_set(&verdict->reason, is_error ? "precedence.rejected" : "precedence.other", winner->source,
               winner->locator, fields);
}

static enum status judge(struct settling *settling, const struct member *members, const struct member *best,
                         const struct member *member, struct verdict *verdict, struct error *error)
{
    const struct member *master;
    *verdict = (struct verdict){ .outcome = "accepted" };
    bool lacks = false;
    if (!member->rejected && best && lacks_decision(settling, member, &lacks, error))
        return error->status;
    if (member->rejected) {
        verdict->outcome = "rejected";
    } else if (!best && (master = outranked(settling, members, member)) != NULL) {
        verdict->outcome = "held";
        say_precedence(master, true, TEXT(""), verdict);
    } else if (!best) {
        verdict->outcome = "held";
        verdict->rule = "congkhai/same-code";
        verdict->is_error = true;
        return name_others(settling, members, member, &verdict->reason, error);
    } else if (member != best && !digest_equal(&member->content_digest, &best->content_digest)) {
        BUFFER_OWNED struct buffer fields = { 0 };
        if (name_differences(settling, best, member, &fields, error))
            return error->status;
        say_precedence(best, false, text_copy(&settling->arena, buffer_view(&fields)), verdict);
    } else if (lacks) {
        say_decision(member, verdict);
    }
    return STATUS_OK;
}

static enum status settle_group(struct settling *settling, struct member *members, struct error *error)
{
    const struct member *best = winner(settling, members);
    for (const struct member *member = members; member; member = member->next) {
        struct verdict verdict;
        if (judge(settling, members, best, member, &verdict, error) ||
            ((verdict.rule || member->shared) && replace_finding(settling, member, &verdict, error)))
            return error->status;
        /* Accepted beside the one that speaks for the code: one record is enough for the outbox. */
        struct member quiet = *member;
        quiet.waits = quiet.waits || (verdict.rule != NULL) != quiet.shared;
        if (member != best && !strcmp(verdict.outcome, "accepted"))
            quiet.status = TEXT_NONE;
        if (give_outcome(settling, &quiet, verdict.outcome, verdict.rule != NULL, error))
            return error->status;
    }
    return STATUS_OK;
}

static enum status read_group(struct settling *settling, struct text code, struct member **members,
                              struct error *error)
{
    struct sqlite_statement *statement;
    struct member **tail = members;
    *members = NULL;
    if (store_sql(settling->store,
                  MEMBER_COLUMNS "WHERE r.code = ?1 AND r.present = 1 AND (r.work = 0 OR r.work = 3 AND "
                                 "r.checked_by = ?2) ORDER BY r.id",
                  &statement, error))
        return error->status;
    sqlite_bind_text(statement, 1, code);
    sqlite_bind_number(statement, 2, settling->rules);
    enum status status;
    while ((status = sqlite_step(statement, error)) == STATUS_OK) {
        *tail = read_member(&settling->arena, statement);
        tail = &(*tail)->next;
    }
    return status == STATUS_END ? STATUS_OK : status;
}

struct waiting {
    int64_t record;
    struct text code;
};

/* Those that wait next; they are settled one by one, each with all that share its code. */
static enum status list_waiting(struct settling *settling, struct arena *arena, struct waiting *list,
                                size_t *count, struct error *error)
{
    struct sqlite_statement *statement;
    *count = 0;
    if (store_sql(
            settling->store,
            "SELECT id, code FROM record WHERE work = 3 AND work > 0 AND present = 1 AND checked_by = ?2"
            " LIMIT ?1",
            &statement, error))
        return error->status;
    sqlite_bind_number(statement, 1, GROUP);
    sqlite_bind_number(statement, 2, settling->rules);
    enum status status;
    while ((status = sqlite_step(statement, error)) == STATUS_OK)
        list[(*count)++] = (struct waiting){ sqlite_number(statement, 0), take(arena, statement, 1) };
    return status == STATUS_END ? STATUS_OK : status;
}

static enum status settle_one(struct settling *settling, const struct waiting *waiting, struct error *error)
{
    struct sqlite_statement *statement;
    struct member *members = NULL;
    arena_clear(&settling->arena);
    if (waiting->code.bytes)
        return read_group(settling, waiting->code, &members, error) ? error->status
               : members                                            ? settle_group(settling, members, error)
                                                                    : STATUS_OK;
    if (store_sql(settling->store, MEMBER_COLUMNS "WHERE r.id = ?1", &statement, error))
        return error->status;
    sqlite_bind_number(statement, 1, waiting->record);
    enum status status = sqlite_step(statement, error);
    if (status != STATUS_OK)
        return status;
    struct member *member = read_member(&settling->arena, statement);
    sqlite_reset_statement(statement);
    return give_outcome(settling, member, "rejected", true, error);
}

static enum status settle_some(struct settling *settling, size_t *count, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct waiting *list = arena_array(&arena, struct waiting, GROUP);
    if (store_begin(settling->store, error))
        return error->status;
    enum status status = list_waiting(settling, &arena, list, count, error);
    for (size_t i = 0; status == STATUS_OK && i < *count; i++)
        status = settle_one(settling, &list[i], error);
    if (status == STATUS_OK)
        status = store_commit(settling->store, error);
    if (status)
        store_rollback(settling->store);
    return status;
}

/* ---- when `precedence` is another than it was ---- */

/* Would the records of one code be told something else now? What a decision lacks is not of this kind. */
static enum status is_stale(struct settling *settling, const struct member *members, bool *stale,
                            struct error *error)
{
    const struct member *best = winner(settling, members);
    *stale = false;
    for (const struct member *member = members; member && !*stale; member = member->next) {
        struct verdict verdict;
        if (judge(settling, members, best, member, &verdict, error))
            return error->status;
        bool of_decision = (verdict.rule && !strcmp(verdict.rule, "congkhai/decision")) ||
                           (!member->rejected && text_is(member->outcome, "rejected"));
        *stale = !of_decision &&
                 ((verdict.rule != NULL) != member->shared || !text_is(member->outcome, verdict.outcome));
    }
    return STATUS_OK;
}

/* Only codes that several records give, and of which all are worked. */
static enum status list_shared(struct settling *settling, struct arena *arena, struct value *codes,
                               struct error *error)
{
    struct sqlite_statement *statement;
    if (store_sql(settling->store,
                  "SELECT DISTINCT r.code FROM finding f JOIN record r ON r.id = f.record WHERE f.rule IN "
                  "('congkhai/same-code', 'congkhai/precedence') AND f.stage = 3 AND r.present = 1 AND NOT "
                  "EXISTS (SELECT 1 FROM record o WHERE o.code = r.code AND o.present = 1 AND o.work > 0)",
                  &statement, error))
        return error->status;
    enum status status;
    while ((status = sqlite_step(statement, error)) == STATUS_OK)
        value_append(codes, value_text(arena, take(arena, statement, 0)));
    return status == STATUS_END ? STATUS_OK : status;
}

/* A winner that was named or changed since counts for what was settled before, too. */
static enum status settle_shared(struct settling *settling, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct value *codes = value_list(&arena);
    enum status status = list_shared(settling, &arena, codes, error);
    if (status || !codes->count)
        return status;
    if (store_begin(settling->store, error))
        return error->status;
    for (const struct value *code = codes->first; status == STATUS_OK && code; code = code->next) {
        struct member *members;
        bool stale = false;
        arena_clear(&settling->arena);
        status = read_group(settling, code->text, &members, error);
        if (status == STATUS_OK)
            status = is_stale(settling, members, &stale, error);
        if (status == STATUS_OK && stale)
            status = settle_group(settling, members, error);
    }
    if (status == STATUS_OK)
        status = store_commit(settling->store, error);
    if (status)
        store_rollback(settling->store);
    return status;
}

enum status resolve_all(struct store *store, const struct resolve_precedence *precedence, int64_t rules,
                        const volatile sig_atomic_t *stop, struct resolve_counts *counts, struct error *error)
{
    struct settling settling = { .store = store, .precedence = precedence, .rules = rules, .counts = counts };
    enum status status = STATUS_OK;
    for (size_t count = 1; status == STATUS_OK && count;)
        status = stop && *stop ? error_set(error, STATUS_STOP, _("a signal ended the run"))
                               : settle_some(&settling, &count, error);
    if (status == STATUS_OK)
        status = settle_shared(&settling, error);
    arena_free(&settling.arena);
    return status;
}
