/* People's signatures in a bundle, as of their events: by the rules of approval that each names, which in all of the ledger are
 * those in force. What had to be approved only the store can tell. */
#include "store/audit_evidence.h"

#include "adapters/crypto.h"
#include "store/approval_signature.h"
#include "store/approval_state.h"

struct evidence_decision {
    int64_t event, at;
    struct text kind, actor;
    struct digest digest;
    const struct value *detail;
    struct evidence_decision *next;
};

/* What is judged by them, or by which others are judged. */
static bool has_members(const struct evidence_decision *decision, bool has_digest)
{
    const struct value *list = value_find(decision->detail, "list"),
                       *kind = value_find(decision->detail, "kind");
    bool submitted = text_is(decision->kind, "submitted"), approved = text_is(decision->kind, "approved");
    bool named = list && list->kind != VALUE_LIST && list->kind != VALUE_OBJECT;
    if (submitted)
        return kind && (named || !text_is(value_text_of(decision->detail, "kind"), "people"));
    return has_digest && (named || !approved);
}

bool evidence_take_decision(struct evidence *evidence)
{
    const struct audit_scan *scan = &evidence->scan;
    struct arena *arena = &evidence->arena;
    if (!approval_is_decision(scan->entry.event))
        return true;
    struct evidence_decision *decision = arena_new(arena, struct evidence_decision);
    *decision = (struct evidence_decision){ .event = scan->entry.seq,
                                            .kind = text_copy(arena, scan->entry.event),
                                            .actor = text_copy(arena, scan->entry.actor),
                                            .digest = scan->entry.digest,
                                            .detail = value_copy(arena, scan->detail) };
    clock_parse(scan->entry.at, &decision->at);
    if (evidence->last_decision)
        evidence->last_decision->next = decision;
    else
        evidence->decisions = decision;
    evidence->last_decision = decision;
    return has_members(decision, scan->entry.has_digest);
}

/* Bytes that do not have their digest are told with the payloads. */
static enum status read_payload(void *user_data, struct arena *arena, const struct digest *digest,
                                struct text *bytes, struct error *error)
{
    struct evidence *evidence = user_data;
    char name[DIGEST_HEX + 16] = "payloads/";
    digest_hex(digest, name + 9);
    const char *path = evidence_place(evidence, name);
    return file_exists(path) ? file_read(arena, path, EVIDENCE_FILE_MAX, bytes, error) : STATUS_END;
}

static bool read_named(struct evidence *evidence, struct arena *arena, const struct value *detail,
                       const char *member, struct digest *digest, struct text *bytes)
{
    struct error unread = { 0 };
    return evidence_digest(evidence_text(detail, member), digest) &&
           !read_payload(evidence, arena, digest, bytes, &unread);
}

/* NULL, or a sentence. `force`: the rules in force, where all of the ledger is shown. */
static const char *judge(struct evidence *evidence, struct arena *arena,
                         const struct evidence_decision *decision, const struct digest *force,
                         struct error *reason)
{
    struct approval_payloads payloads = { read_payload, evidence };
    struct approval_signature signature = { .document = decision->digest,
                                            .detail = decision->detail,
                                            .at = decision->at };
    struct approval_rules rules;
    struct digest digest, text;
    struct text bytes;
    struct value *document;
    if (!read_named(evidence, arena, decision->detail, "rules_digest", &digest, &bytes) ||
        evidence_parse(arena, bytes, "rules", &document, reason) ||
        !approval_rules_parse(arena, document, &digest, &rules))
        return _("it names no rules of approval that can be read");
    if (evidence->whole && !(force && digest_equal(force, &digest)))
        return _("it does not name the rules that were in force");
    signature.authorities = rules.authorities;
    signature.person = approval_rules_find(&rules, decision->actor);
    if (!signature.person)
        return _("nobody of that name is in the list of people in force");
    if (!signature.person->approves)
        return _("this person may submit, not approve");
    if (!read_named(evidence, arena, decision->detail, "text_digest", &text, &signature.text))
        return _("the words that were signed are gone or were changed");
    return approval_signature_verify(&payloads, &signature, reason) ? reason->message : NULL;
}

static bool is_of_people(const struct evidence *evidence, const struct evidence_decision *decision)
{
    for (const struct evidence_decision *list = evidence->decisions; list != decision; list = list->next)
        if (text_is(list->kind, "submitted") && text_is(value_text_of(list->detail, "kind"), "people") &&
            text_equal(value_text_of(list->detail, "list"), value_text_of(decision->detail, "list")))
            return true;
    return false;
}

void evidence_check_people(struct evidence *evidence)
{
    struct audit_pass *pass = evidence->pass;
    const struct digest *force = NULL;
    int64_t held = 0;
    for (const struct evidence_decision *decision = evidence->decisions; decision;
         decision = decision->next) {
        ARENA_OWNED struct arena arena = { 0 };
        struct error reason = { 0 };
        if (text_is(decision->kind, "submitted"))
            continue;
        bool approved = text_is(decision->kind, "approved");
        const char *sentence = approved ? judge(evidence, &arena, decision, force, &reason) : NULL;
        if (sentence)
            audit_find(pass, AUDIT_APPROVAL, decision->event, _("event %lld, of approval: %s"),
                       (long long)decision->event, sentence);
        held += approved && !sentence;
        if (!approved || is_of_people(evidence, decision))
            force = &decision->digest;
    }
    if (held)
        audit_note(pass,
                   _("%lld signatures of people under lists and rules of approval were verified, as of their "
                     "events"),
                   (long long)held);
    if (evidence->decisions)
        audit_note(pass, _("what had to be approved, only the store can tell"));
}
