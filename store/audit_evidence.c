/* What bundles and proofs have in common: documents whose members are bound to events, heads, events with their way to a head. */
#include "store/audit_evidence.h"

#include <stdlib.h>

#include "adapters/json.h"
#include "core/canonical.h"

#define LISTS_MOST 100000 /* lists and objects of a document */

/* ---- what is said ---- */

void evidence_claim(struct evidence *evidence, bool holds, const char *what)
{
    if (!holds)
        audit_find(evidence->pass, AUDIT_STATEMENT, 0, _("%s: the events that are shown do not say so"),
                   what);
}

/* What is said beyond these is bound to nothing. */
void evidence_members(struct evidence *evidence, const struct value *object, const char *const *known)
{
    for (const struct value *member = object->first; member; member = member->next) {
        const char *const *name = known;
        while (*name && !text_is(member->name, *name))
            name++;
        if (!*name)
            evidence_claim(evidence, false, text_string(&evidence->arena, member->name));
    }
}

enum status evidence_malformed(const char *what, struct error *error)
{
    return error_set(error, STATUS_REJECT, _("%s is malformed"), what);
}

static bool is_plain(const struct value *value)
{
    if (value->kind == VALUE_NUMBER) {
        BUFFER_OWNED struct buffer out = { 0 };
        canonical_write(&out, value);
        return text_equal(buffer_view(&out), value->text);
    }
    for (const struct value *child = value->first; child; child = child->next)
        if (!is_plain(child))
            return false;
    return true;
}

/* What a document of this size could hold would fill the memory. */
static bool has_too_many(struct text text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.length; i++)
        count += text.bytes[i] == '[' || text.bytes[i] == '{';
    return count >= LISTS_MOST;
}

/* JSON as events are written: integers alone. */
enum status evidence_parse(struct arena *arena, struct text text, const char *name, struct value **value,
                           struct error *error)
{
    struct error reason = { 0 };
    if (text_starts(text, TEXT("\xef\xbb\xbf")) || has_too_many(text) ||
        json_parse(arena, text, value, &reason) || (*value)->kind != VALUE_OBJECT || !is_plain(*value))
        return error_set(error, STATUS_REJECT, "%s: %s", name, *reason.message ? reason.message : "?");
    return STATUS_OK;
}

bool evidence_number(const struct value *object, const char *name, int64_t *number)
{
    const struct value *member = value_find(object, name);
    if (!member || member->kind != VALUE_NUMBER)
        return false;
    *number = strtoll(member->text.bytes, NULL, 10);
    return true;
}

struct text evidence_text(const struct value *object, const char *name)
{
    const struct value *member = object ? value_find(object, name) : NULL;
    return member && member->kind == VALUE_TEXT ? member->text : TEXT_NONE;
}

bool evidence_digest(struct text text, struct digest *digest)
{
    return text.length == DIGEST_HEX - 1 && digest_from_hex(text, digest);
}

bool evidence_path(const struct value *list, struct merkle_proof *proof)
{
    proof->count = 0;
    if (!list || list->kind != VALUE_LIST || list->count > MERKLE_LEVELS)
        return false;
    for (const struct value *step = list->first; step; step = step->next)
        if (step->kind != VALUE_TEXT || !evidence_digest(step->text, &proof->path[proof->count++]))
            return false;
    return true;
}

/* ---- heads ---- */

enum status evidence_head(struct evidence *evidence, struct text bytes, const char *name,
                          bool may_be_unsigned, struct audit_head *head, struct error *error)
{
    struct audit_pass *pass = evidence->pass;
    const struct audit_settings *settings = pass->request->settings;
    struct note note;
    const struct note_key *by = NULL;
    struct error reason = { 0 };
    if (audit_head_parse(pass->arena, bytes, head, &note, error))
        return error_add(error, "%s", name);
    if (!settings->key_count)
        return STATUS_OK;
    if (!head->is_signed && may_be_unsigned)
        audit_not_signed(pass, name);
    else if (!head->is_signed)
        audit_find(pass, AUDIT_SIGNATURE, 1, _("%s is not signed"), name);
    else if (note_verify(&note, settings->keys, settings->key_count, &by, &reason))
        audit_find(pass, AUDIT_SIGNATURE, 1, "%s: %s", name, reason.message);
    else
        audit_signed_by(pass, by);
    return STATUS_OK;
}

void evidence_judge_outside(struct evidence *evidence)
{
    struct audit_pass *pass = evidence->pass;
    for (size_t i = 0; i < pass->outside_count; i++)
        if (pass->outside[i].head.size != evidence->head.size ||
            !digest_equal(&pass->outside[i].head.root, &evidence->head.root))
            audit_not_proven(pass, _("%s: what is shown are single events, not all behind that head"),
                             pass->outside[i].name);
}

/* ---- events ---- */

/* An event as canonical JSON: into the scan. */
enum status evidence_read_event(struct evidence *evidence, struct arena *arena, struct text line,
                                struct error *error)
{
    struct ledger_entry *entry = &evidence->scan.entry;
    struct value *event;
    BUFFER_OWNED struct buffer written = { 0 };
    static const char *const texts[] = { "actor", "at", "code", "event", "source" };
    struct text *const members[] = { &entry->actor, &entry->at, &entry->code, &entry->event, &entry->source };
    if (evidence_parse(arena, line, "events", &event, error))
        return error->status;
    *entry = (struct ledger_entry){ 0 };
    bool typed = evidence_number(event, "seq", &entry->seq) && evidence_number(event, "run", &entry->run);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        *members[i] = evidence_text(event, texts[i]);
        typed = typed && (members[i]->bytes || !value_find(event, texts[i]));
    }
    const struct value *detail = value_find(event, "detail"), *digest = value_find(event, "digest");
    entry->has_digest = digest && digest->kind == VALUE_TEXT && evidence_digest(digest->text, &entry->digest);
    if (!typed || !entry->at.bytes || !entry->event.bytes || !detail || (digest && !entry->has_digest))
        return evidence_malformed(_("an event"), error);
    canonical_write(&written, detail);
    entry->detail = text_copy(arena, buffer_view(&written));
    entry->hash = merkle_leaf(line);
    ledger_canonical(&written, entry);
    return text_equal(buffer_view(&written), line) ? STATUS_OK : evidence_malformed(_("an event"), error);
}

/* Its way to the root of the head. */
enum status evidence_check_way(struct evidence *evidence, const struct value *path, struct error *error)
{
    const struct ledger_entry *entry = &evidence->scan.entry;
    struct merkle_proof proof;
    if (!evidence_path(path, &proof) || entry->seq < 1 || (uint64_t)entry->seq > evidence->head.size)
        return evidence_malformed(_("a proof"), error);
    if (!merkle_inclusion_holds(&entry->hash, (uint64_t)entry->seq - 1, evidence->head.size, &proof,
                                &evidence->head.root))
        audit_find(evidence->pass, AUDIT_EVENT, entry->seq,
                   _("the proof of event %lld does not lead to the root"), (long long)entry->seq);
    else if (entry->seq == evidence->first)
        merkle_in_front((uint64_t)entry->seq - 1, evidence->head.size, &proof, &evidence->pass->computed);
    return STATUS_OK;
}

/* ---- the whole ---- */

enum status audit_verify_evidence(struct audit_pass *pass, const char *path, bool folder, struct error *error)
{
    struct evidence evidence = { .pass = pass, .folder = path };
    enum status status =
        folder ? evidence_check_bundle(&evidence, error) : evidence_check_proof(&evidence, path, error);
    free(evidence.spoken);
    free(evidence.named.items);
    free(evidence.recoveries.items);
    free(evidence.further.items);
    audit_scan_close(&evidence.scan);
    if (status > STATUS_END)
        audit_find(pass, AUDIT_STATEMENT, 0, "%s", error->message);
    if (folder && evidence.last) {
        pass->report->events = evidence.last - evidence.first + 1;
        pass->report->shown =
            text_format(pass->arena, "%lld-%lld", (long long)evidence.first, (long long)evidence.last).bytes;
    }
    pass->report->head_size = (int64_t)evidence.head.size;
    pass->report->proven = status || pass->report->count ? 0 : evidence.last;
    arena_free(&evidence.arena);
    return STATUS_OK;
}
