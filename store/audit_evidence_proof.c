/* A proof: one or two events of a procedure, and what is said of it by them. */
#include "store/audit_evidence.h"

#include <string.h>

#include "adapters/crypto.h"
#include "core/date.h"

static bool is_kind(size_t at, size_t count, struct text status, struct text event)
{
    bool last = at + 1 == count;
    if (text_is(status, "abolished"))
        return text_is(event, last ? "withdrawn" : "published");
    return text_is(status, "published") && count == 1 && text_is(event, "published");
}

static bool has_form(struct text text, const char *form)
{
    if (text.length != strlen(form))
        return false;
    for (size_t i = 0; i < text.length; i++)
        if (form[i] == 'd' ? text.bytes[i] < '0' || text.bytes[i] > '9' : text.bytes[i] != form[i])
            return false;
    return true;
}

static enum status check_proven(struct evidence *evidence, const struct value *proof, struct error *error)
{
    struct audit_pass *pass = evidence->pass;
    const struct value *events = value_find(proof, "events");
    struct text status = evidence_text(proof, "status"), code = evidence_text(proof, "code"),
                on = evidence_text(proof, "on"), content = evidence_text(proof, "content"),
                known = evidence_text(proof, "known_at");
    struct text end = text_format(&evidence->arena, "%.*sT17:00:00.000Z", TEXT_ARG(on));
    const struct ledger_entry *entry = &evidence->scan.entry;
    struct date day;
    bool kinds = true, codes = code.bytes, days = date_read(on, &day), contents = true;
    bool early = value_find(proof, "known_at") != NULL;
    bool knows = !early || (has_form(known, "dddd-dd-ddTdd:dd:dd.dddZ") && text_compare(known, end) < 0);
    int64_t before = 0, first = 0;
    size_t at = 0;
    for (const struct value *part = events->first; part; part = part->next, at++) {
        struct digest leaf, digest = crypto_sha256(content);
        if (part->kind != VALUE_OBJECT ||
            evidence_read_event(evidence, &evidence->arena, evidence_text(part, "event"), error) ||
            evidence_check_way(evidence, value_find(part, "path"), error))
            return error->status ? error->status : evidence_malformed(_("a proof"), error);
        audit_scan_check_detail(&evidence->scan);
        if (*evidence->scan.fault)
            return evidence_malformed(_("an event"), error);
        evidence_members(evidence, part, EVIDENCE_NAMES("event", "leaf", "path"));
        evidence_claim(
            evidence,
            evidence_digest(evidence_text(part, "leaf"), &leaf) && digest_equal(&leaf, &entry->hash), "leaf");
        kinds = kinds && is_kind(at, events->count, status, entry->event) && entry->seq > before;
        codes = codes && text_equal(entry->code, code);
        days = days && text_compare(entry->at, end) < 0;
        knows = knows && (!early || text_compare(entry->at, known) <= 0);
        if (!at && value_find(proof, "content"))
            contents = content.bytes && text_is(entry->event, "published") && entry->has_digest &&
                       digest_equal(&digest, &entry->digest);
        before = entry->seq;
        first = at ? first : before;
        pass->report->events++;
    }
    evidence_claim(evidence, kinds, "status");
    evidence_claim(evidence, codes, "code");
    evidence_claim(evidence, days, "on");
    evidence_claim(evidence, knows, "known_at");
    evidence_claim(evidence, contents, "content");
    pass->report->payloads = value_find(proof, "content") != NULL;
    pass->report->shown =
        first == before ? text_format(pass->arena, "%lld", (long long)before).bytes
                        : text_format(pass->arena, "%lld, %lld", (long long)first, (long long)before).bytes;
    audit_not_proven(pass,
                     early ? _("that nothing came behind event %lld (%.*s) until %.*s: only the whole ledger "
                               "can prove it")
                           : _("that nothing came behind event %lld (%.*s) until the end of %.*s: only the "
                               "whole ledger can prove it"),
                     (long long)before, TEXT_ARG(entry->at), TEXT_ARG(early ? known : on));
    return STATUS_OK;
}

enum status evidence_check_proof(struct evidence *evidence, const char *path, struct error *error)
{
    struct value *proof;
    struct text bytes, note;
    struct digest root;
    int64_t size = 0, format;
    if (file_read(&evidence->arena, path, EVIDENCE_FILE_MAX, &bytes, error) ||
        evidence_parse(&evidence->arena, bytes, path, &proof, error))
        return error->status;
    const struct value *events = value_find(proof, "events");
    note = text_copy(evidence->pass->arena, evidence_text(proof, "head")); /* the report shows its origin */
    if (!events || events->kind != VALUE_LIST || events->count < 1 || events->count > 2)
        return evidence_malformed(path, error);
    if (evidence_head(evidence, note, "head", false, &evidence->head, error))
        return error->status;
    evidence->pass->report->origin = evidence->head.origin;
    audit_check_origin(evidence->pass);
    evidence_claim(evidence,
                   evidence_number(proof, "tree_size", &size) && (uint64_t)size == evidence->head.size &&
                       evidence_digest(evidence_text(proof, "root"), &root) &&
                       digest_equal(&root, &evidence->head.root),
                   "tree_size, root");
    evidence_members(evidence, proof,
                     EVIDENCE_NAMES("code", "content", "events", "format", "head", "known_at", "on", "root",
                                    "status", "tree_size"));
    evidence_claim(evidence, evidence_number(proof, "format", &format) && format == 1, "format");
    evidence_judge_outside(evidence);
    return check_proven(evidence, proof, error);
}
