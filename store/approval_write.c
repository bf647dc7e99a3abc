/* What is written of approval. What may be written is asked of the very functions that read it: an event that the next
 * reading would doubt is refused before it is one. */
#include <string.h>

#include "adapters/crypto.h"
#include "adapters/json.h"
#include "core/canonical.h"
#include "store/approval.h"
#include "store/approval_rows.h"
#include "store/approval_signature.h"
#include "store/ledger.h"
#include "store/merkle.h"
#include "store/sql.h"

struct writing {
    struct store *store;
    struct arena arena;
    struct approval_state state;
};

static enum status open_writing(struct writing *writing, struct store *store, struct error *error)
{
    struct approval_reading reading = { .all = false };
    *writing = (struct writing){ .store = store };
    return approval_read(store, &writing->arena, &reading, &writing->state, error);
}

static void set(struct writing *writing, struct value *detail, const char *name, struct text text)
{
    value_put(&writing->arena, detail, name, text);
}

/* What has the digest already may have been edited: nobody is to sign that. */
static enum status keep(struct writing *writing, struct text bytes, struct digest *digest,
                        struct error *error)
{
    int64_t payload;
    struct text kept;
    *digest = crypto_sha256(bytes);
    if (store_payload_put(writing->store, PAYLOAD_KEPT, digest, bytes, &payload, error))
        return error->status;
    enum status status = store_payload(writing->store, &writing->arena, payload, &kept, error);
    if (status > STATUS_END)
        return status;
    if (!status && text_equal(kept, bytes))
        return STATUS_OK;
    return error_set(
        error, STATUS_LEDGER,
        _("%s: what was submitted was changed in the store: nobody can sign it. Run \"congkhai audit "
          "verify\""),
        store_path(writing->store));
}

/* Would it be believed? */
static enum status may(struct writing *writing, const struct ledger_event *event,
                       const struct value *document, struct error *error)
{
    struct clock *clock = store_clock(writing->store);
    struct approval_event next = { .seq = (int64_t)store_tree(writing->store)->size + 1,
                                   .run = store_run(writing->store),
                                   .at = clock->now(clock),
                                   .event = text_of(event->event),
                                   .code = event->code,
                                   .actor = text_of(event->actor),
                                   .detail = event->detail,
                                   .has_digest = event->digest != NULL,
                                   .document = document };
    if (event->digest)
        next.digest = *event->digest;
    const char *sentence = approval_state_take(&writing->state, &next);
    return sentence ? error_set(error, STATUS_USAGE, "%s", _(sentence)) : STATUS_OK;
}

/* ---- without a person ---- */

static enum status found(struct writing *writing, const struct approval_setting *setting, const char *actor,
                         struct approval_news *news, struct error *error)
{
    struct value *document;
    struct digest digest;
    struct approval_rules rules;
    bool empty = !writing->state.founded || !writing->state.force.person_count;
    if (!empty || !setting->document.bytes)
        return STATUS_OK;
    if (json_parse(&writing->arena, setting->document, &document, error))
        return error->status;
    if (!approval_rules_parse(&writing->arena, document, &setting->digest, &rules) ||
        !approval_rules_bind(&rules) ||
        (writing->state.founded && digest_equal(&writing->state.force.digest, &setting->digest)))
        return STATUS_OK;
    struct ledger_event event = { .event = "approval-founded", .digest = &digest, .actor = actor };
    if (keep(writing, setting->document, &digest, error) || may(writing, &event, document, error) ||
        ledger_append(writing->store, &event, NULL, error))
        return error->status;
    news->founded = true;
    return STATUS_OK;
}

static enum status recover(struct writing *writing, struct approval_news *news, struct error *error)
{
    struct clock *clock = store_clock(writing->store);
    int64_t due;
    struct value *document, *detail = value_object(&writing->arena);
    const struct approval_list *list = approval_state_recovery(&writing->state, &due);
    if (!list || clock->now(clock) < due ||
        approval_document(writing->store, &writing->arena, &list->document, &document, error))
        return STATUS_OK;
    value_set(detail, "list", value_integer(&writing->arena, list->number));
    struct ledger_event event = { .event = "approval-recovered",
                                  .digest = &list->document,
                                  .detail = detail };
    if (may(writing, &event, document, error) || ledger_append(writing->store, &event, NULL, error))
        return error->status;
    news->recovered = true;
    return STATUS_OK;
}

/* When did a run look at this last? What lapsed before it was told by it. */
static enum status find_last_look(struct store *store, int64_t *at, struct error *error)
{
    struct sqlite_statement *row;
    *at = 0;
    enum status status =
        sql_row(store,
                "SELECT s.at FROM ledger s JOIN ledger f ON f.run = s.run AND f.event = 'run-finished'"
                " WHERE s.event = 'run-started' AND s.run < ?1 AND json_extract(s.detail, '$.command') IN"
                " ('run', 'load', 'submit') AND json_extract(f.detail, '$.exit_code') IN (0, 1)"
                " ORDER BY s.run DESC LIMIT 1",
                SQL_WITH(SQL_NUMBER(store_run(store))), &row, error);
    if (status == STATUS_OK)
        clock_parse(sqlite_column_text(row, 0), at);
    return sql_end(row, status);
}

static enum status append_lapsed(struct writing *writing, const struct approval_list *list, int64_t approved,
                                 struct value *codes, struct error *error)
{
    struct value *detail = value_object(&writing->arena);
    value_set(detail, "approved", value_integer(&writing->arena, approved));
    value_set(detail, "codes", codes);
    value_set(detail, "list", value_integer(&writing->arena, list->number));
    struct ledger_event event = { .event = "approval-lapsed", .detail = detail };
    return ledger_append(writing->store, &event, NULL, error);
}

/* Each approval of a list lapses by itself: its parts may have been approved on different days. */
static enum status lapse_one(struct writing *writing, const struct approval_list *list, size_t first,
                             struct error *error)
{
    int64_t approved = list->entries[first].event;
    struct value *codes = value_list(&writing->arena);
    for (size_t i = first; i < list->count; i++) {
        struct approval_entry *entry = &list->entries[i];
        bool used;
        if (entry->standing != APPROVAL_APPROVED || entry->event != approved)
            continue;
        if (approval_was_used(writing->store, entry, &used, error))
            return error->status;
        entry->standing = APPROVAL_LAPSED;
        if (!used)
            value_append(codes, value_text(&writing->arena, entry->step.code));
    }
    return codes->count ? append_lapsed(writing, list, approved, codes, error) : STATUS_OK;
}

static enum status lapse(struct writing *writing, struct error *error)
{
    struct clock *clock = store_clock(writing->store);
    int64_t now = clock->now(clock), looked;
    if (!writing->state.lists)
        return STATUS_OK;
    if (find_last_look(writing->store, &looked, error))
        return error->status;
    for (const struct approval_list *list = writing->state.lists; list; list = list->next)
        for (size_t i = 0; i < list->count; i++) {
            const struct approval_entry *entry = &list->entries[i];
            if (entry->standing == APPROVAL_APPROVED && entry->until < now && entry->until >= looked &&
                lapse_one(writing, list, i, error))
                return error->status;
        }
    return STATUS_OK;
}

enum status approval_settle(struct store *store, const struct approval_setting *setting, const char *actor,
                            struct approval_news *news, struct error *error)
{
    struct writing writing;
    *news = (struct approval_news){ .founded = false };
    enum status status = open_writing(&writing, store, error);
    if (!status && !(status = store_begin(store, error))) {
        if (found(&writing, setting, actor, news, error) || recover(&writing, news, error) ||
            lapse(&writing, error))
            status = error->status;
        status = store_end(store, status, error);
    }
    arena_free(&writing.arena);
    return status;
}

/* ---- submitting ---- */

enum status approval_next(struct store *store, int64_t *list, struct error *error)
{
    struct writing writing;
    enum status status = open_writing(&writing, store, error);
    *list = writing.state.list_count + 1;
    arena_free(&writing.arena);
    return status;
}

/* With the same name, and a login that is this person's: by the rules in force, or by those that are to recover them. */
static enum status check_login(const struct approval_rules *rules, struct text name, struct text login,
                               struct error *error)
{
    const struct approval_person *person = approval_rules_find(rules, name);
    if (!person)
        return error_set(
            error, STATUS_USAGE,
            _("\"" TEXT_PRINT "\" is nobody in the list of people in force; \"congkhai status\" shows it"),
            TEXT_ARG(name));
    if (!approval_person_logs_in(person, login))
        return error_set(
            error, STATUS_USAGE,
            _("\"" TEXT_PRINT "\" is not the login of \"" TEXT_PRINT "\" in the list of people in force"),
            TEXT_ARG(login), TEXT_ARG(name));
    return STATUS_OK;
}

/* A role decides: who may approve submits no steps, and rules only where somebody else can approve them. */
static enum status check_role(const struct approval_rules *rules,
                              const struct approval_submission *submission, struct error *error)
{
    const struct approval_person *person = approval_rules_find(rules, submission->name);
    if (!person || !person->approves || submission->recovers)
        return STATUS_OK;
    if (!submission->people)
        return error_set(error, STATUS_USAGE,
                         _("\"" TEXT_PRINT "\" may approve, not submit: a submitter of the list of people "
                           "submits it with \"congkhai submit --as NAME\""),
                         TEXT_ARG(submission->name));
    if (approval_rules_others_approve(rules, submission->name))
        return STATUS_OK;
    return error_set(error, STATUS_USAGE,
                     _("nobody but \"" TEXT_PRINT "\" could approve these rules: a submitter of the list of "
                       "people submits them"),
                     TEXT_ARG(submission->name));
}

enum status approval_check_submitter(const struct approval_rules *rules,
                                     const struct approval_submission *submission, struct error *error)
{
    return check_login(rules, submission->name, submission->login, error)
               ? error->status
               : check_role(rules, submission, error);
}

static enum status check_submitter(struct writing *writing, const struct approval_submission *submission,
                                   const struct value *document, const struct digest *digest,
                                   struct error *error)
{
    struct approval_rules rules = writing->state.force;
    if (!writing->state.founded)
        return error_set(error, STATUS_USAGE, _("no rules of approval are in force"));
    if (submission->recovers && !approval_rules_parse(&writing->arena, document, digest, &rules))
        return error_set(error, STATUS_USAGE, _("the configuration's approval cannot be read back"));
    return approval_check_submitter(&rules, submission, error);
}

static struct value *submission_detail(struct writing *writing, const struct approval_submission *submission,
                                       const struct digest *text)
{
    struct arena *arena = &writing->arena;
    struct value *detail = value_object(arena);
    value_set(detail, "kind", value_string(arena, submission->people ? "people" : "steps"));
    value_set(detail, "list", value_integer(arena, writing->state.list_count + 1));
    set(writing, detail, "login", submission->login);
    set(writing, detail, "number", text_of(submission->title));
    set(writing, detail, "reason", text_of(submission->reason));
    if (submission->recovers)
        value_set(detail, "recover", value_boolean(arena, true));
    value_set(detail, "rules_digest", value_digest(arena, &writing->state.force.digest));
    value_set(detail, "text_digest", value_digest(arena, text));
    return detail;
}

static enum status submit(struct writing *writing, const struct approval_submission *submission,
                          int64_t *list, struct error *error)
{
    struct digest digest, text;
    struct value *document;
    if (json_parse(&writing->arena, submission->document, &document, error) ||
        keep(writing, submission->document, &digest, error) ||
        keep(writing, submission->text, &text, error) ||
        check_submitter(writing, submission, document, &digest, error))
        return error->status;
    struct ledger_event event = { .event = "submitted",
                                  .digest = &digest,
                                  .actor = text_string(&writing->arena, submission->name),
                                  .detail = submission_detail(writing, submission, &text) };
    *list = writing->state.list_count + 1;
    if (may(writing, &event, document, error))
        return error->status;
    return ledger_append(writing->store, &event, NULL, error);
}

enum status approval_submit(struct store *store, const struct approval_submission *submission, int64_t *list,
                            struct error *error)
{
    struct writing writing;
    enum status status = open_writing(&writing, store, error);
    if (!status && !(status = store_begin(store, error)))
        status = store_end(store, submit(&writing, submission, list, error), error);
    arena_free(&writing.arena);
    return status;
}

/* ---- approving ---- */

static enum status find_list(struct writing *writing, int64_t number, const struct approval_list **list,
                             struct error *error)
{
    *list = approval_state_list(&writing->state, number);
    return *list ? STATUS_OK
                 : error_set(error, STATUS_USAGE,
                             _("there is no list %lld; \"congkhai status\" shows those that wait"),
                             (long long)number);
}

static enum status check_approver(struct writing *writing, const struct approval_list *list, struct text name,
                                  struct text login, const struct approval_person **person,
                                  struct error *error)
{
    const char *why;
    *person = approval_state_approver(&writing->state, list, name, &why);
    if (!*person)
        return error_set(error, STATUS_USAGE, _("list %lld, \"" TEXT_PRINT "\": %s"), (long long)list->number,
                         TEXT_ARG(name), _(why));
    return check_login(&writing->state.force, name, login, error);
}

static enum status put_signature(struct writing *writing, const struct approval_signing *signing,
                                 struct value *detail, struct error *error)
{
    struct digest digest;
    if (signing->signature.bytes) {
        set(writing, detail, "signature", signing->signature);
        return STATUS_OK;
    }
    if (keep(writing, signing->cms, &digest, error))
        return error->status;
    value_set(detail, "signature_digest", value_digest(&writing->arena, &digest));
    if (!signing->revoked.length)
        return STATUS_OK;
    if (keep(writing, signing->revoked, &digest, error))
        return error->status;
    value_set(detail, "revoked_digest", value_digest(&writing->arena, &digest));
    return STATUS_OK;
}

static enum status approve(struct writing *writing, const struct approval_signing *signing,
                           struct error *error)
{
    struct arena *arena = &writing->arena;
    struct digest digest, text;
    struct value *document, *detail = value_object(arena);
    const struct approval_list *list;
    const struct approval_person *person;
    struct clock *clock = store_clock(writing->store);
    if (find_list(writing, signing->list, &list, error) ||
        check_approver(writing, list, signing->name, signing->login, &person, error) ||
        json_parse(arena, signing->document, &document, error) ||
        keep(writing, signing->document, &digest, error) || keep(writing, signing->text, &text, error))
        return error->status;
    value_set(detail, "list", value_integer(arena, signing->list));
    set(writing, detail, "login", signing->login);
    if (signing->part)
        value_set(detail, "part", value_boolean(arena, true));
    value_set(detail, "rules_digest", value_digest(arena, &writing->state.force.digest));
    value_set(detail, "text_digest", value_digest(arena, &text));
    if (put_signature(writing, signing, detail, error))
        return error->status;
    struct approval_signature signature = { .person = person,
                                            .authorities = writing->state.force.authorities,
                                            .text = signing->text,
                                            .document = digest,
                                            .detail = detail,
                                            .at = clock->now(clock) };
    struct approval_payloads payloads = approval_payloads_of(writing->store);
    if (approval_signature_verify(&payloads, &signature, error)) {
        error->status = error->status == STATUS_REJECT ? STATUS_USAGE : error->status;
        return error_add(error, _("the signature of list %lld"), (long long)signing->list);
    }
    struct ledger_event event = {
        .event = "approved", .digest = &digest, .actor = text_string(arena, signing->name), .detail = detail
    };
    if (may(writing, &event, document, error))
        return error_add(error, _("list %lld"), (long long)signing->list);
    return ledger_append(writing->store, &event, NULL, error);
}

enum status approval_approve(struct store *store, const struct approval_signing *signing, struct error *error)
{
    struct writing writing;
    enum status status = open_writing(&writing, store, error);
    if (!status && !(status = store_begin(store, error)))
        status = store_end(store, approve(&writing, signing, error), error);
    arena_free(&writing.arena);
    return status;
}

/* ---- sending back ---- */

static enum status append_return(struct writing *writing, const struct approval_return *back,
                                 const struct approval_entry *entry, struct error *error)
{
    struct arena *arena = &writing->arena;
    struct value *detail = value_object(arena);
    if (entry)
        value_set(detail, "action", value_string(arena, entry->step.withdraws ? "withdraw" : "publish"));
    set(writing, detail, "field", text_of(back->field));
    value_set(detail, "list", value_integer(arena, back->list));
    set(writing, detail, "login", back->login);
    set(writing, detail, "reason", text_of(back->reason));
    struct ledger_event event = { .event = "sent-back",
                                  .code = entry ? entry->step.code : TEXT_NONE,
                                  .digest = entry ? &entry->step.digest : NULL,
                                  .actor = text_string(arena, back->name),
                                  .detail = detail };
    if (may(writing, &event, NULL, error))
        return error->status;
    return ledger_append(writing->store, &event, NULL, error);
}

static bool is_named(const struct approval_return *back, struct text code)
{
    return !back->code_count || text_among(code, back->codes, back->code_count);
}

static const struct approval_entry *find_entry(const struct approval_list *list, struct text code)
{
    for (size_t i = 0; i < list->count; i++)
        if (text_equal(list->entries[i].step.code, code))
            return &list->entries[i];
    return NULL;
}

static enum status send_back(struct writing *writing, const struct approval_return *back, int64_t *count,
                             struct error *error)
{
    const struct approval_list *list;
    const struct approval_person *person;
    *count = 0;
    if (find_list(writing, back->list, &list, error) ||
        check_approver(writing, list, back->name, back->login, &person, error))
        return error->status;
    if (list->people)
        return append_return(writing, back, NULL, error);
    for (size_t i = 0; i < back->code_count; i++)
        if (!find_entry(list, back->codes[i]))
            return error_set(error, STATUS_USAGE, _("list %lld has no step of " TEXT_PRINT),
                             (long long)back->list, TEXT_ARG(back->codes[i]));
    for (size_t i = 0; i < list->count; i++) {
        const struct approval_entry *entry = &list->entries[i];
        bool open = entry->standing == APPROVAL_WAITING || entry->standing == APPROVAL_APPROVED, used = false;
        if (!open || !is_named(back, entry->step.code))
            continue;
        if (entry->standing == APPROVAL_APPROVED && approval_was_used(writing->store, entry, &used, error))
            return error->status;
        if (used)
            continue;
        if (append_return(writing, back, entry, error))
            return error->status;
        ++*count;
    }
    return *count ? STATUS_OK
                  : error_set(error, STATUS_USAGE, _("nothing of list %lld waits any more"),
                              (long long)back->list);
}

enum status approval_send_back(struct store *store, const struct approval_return *back, int64_t *count,
                               struct error *error)
{
    struct writing writing;
    enum status status = open_writing(&writing, store, error);
    if (!status && !(status = store_begin(store, error)))
        status = store_end(store, send_back(&writing, back, count, error), error);
    arena_free(&writing.arena);
    return status;
}
