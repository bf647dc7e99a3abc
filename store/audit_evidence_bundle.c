/* A bundle: events in a row with their ways to the head, and what stands beside them. */
#include "store/audit_evidence.h"

#include <stdlib.h>

#include "core/memory.h"

static void put_number(struct evidence_numbers *numbers, int64_t number)
{
    numbers->items = memory_more(numbers->items, numbers->count, &numbers->room, sizeof *numbers->items);
    numbers->items[numbers->count++] = number;
}

static int by_number(const void *left, const void *right)
{
    int64_t one = *(const int64_t *)left, other = *(const int64_t *)right;
    return (one > other) - (one < other);
}

static enum status read_head(struct evidence *evidence, const char *name, bool may_be_unsigned,
                             struct audit_head *head, struct error *error)
{
    struct text bytes;
    if (file_read(evidence->pass->arena, evidence_place(evidence, name), NOTE_SIZE_MAX, &bytes, error))
        return error->status;
    return evidence_head(evidence, bytes, name, may_be_unsigned, head, error);
}

/* ---- events ---- */

/* What statements beside the events rest on: bytes that an event forgot, rules of approval that one recovers. */
static bool take_named(struct evidence *evidence)
{
    const struct audit_scan *scan = &evidence->scan;
    const struct value *list = value_find(scan->detail, "digests");
    struct digest digest;
    if (text_is(scan->entry.event, "approval-recovered") ||
        (text_is(scan->entry.event, "submitted") && value_is_true(scan->detail, "recover")))
        put_number(&evidence->recoveries, scan->entry.seq);
    if (!text_is(scan->entry.event, "forgotten"))
        return true;
    if (!list || list->kind != VALUE_LIST)
        return false;
    for (const struct value *name = list->first; name; name = name->next)
        if (name->kind == VALUE_TEXT && evidence_digest(name->text, &digest))
            evidence_put_digest(&evidence->named, &digest);
    return true;
}

static enum status take_event(struct evidence *evidence, int64_t expected, struct error *error)
{
    struct audit_scan *scan = &evidence->scan;
    struct digest digest;
    audit_scan_check(scan, true);
    if (scan->entry.seq != expected)
        return error_set(error, STATUS_REJECT, _("events %lld to %lld are gone"), (long long)expected,
                         (long long)expected);
    audit_take_event(evidence->pass, scan);
    if (scan->entry.has_digest)
        evidence_put_spoken(evidence, &scan->entry.digest, true);
    for (int i = 0; i < AUDIT_NAMED; i++)
        if (evidence_digest(evidence_text(scan->detail, audit_named[i]), &digest))
            evidence_put_spoken(evidence, &digest, i > 0);
    if (!take_named(evidence) || !evidence_take_decision(evidence))
        return evidence_malformed(_("an event"), error);
    if (expected == evidence->first) {
        evidence->starts = text_is(scan->entry.event, "run-started");
        evidence->has_config =
            evidence_digest(evidence_text(scan->detail, "config_digest"), &evidence->config);
        evidence->has_rules = evidence_digest(evidence_text(scan->detail, "rules_digest"), &evidence->rules);
    }
    return STATUS_OK;
}

/* The proof beside an event: the same line of another file. */
static enum status take_way(struct evidence *evidence, struct evidence_lines *ways, struct arena *arena,
                            struct error *error)
{
    struct text line;
    struct value *way;
    int64_t seq;
    enum status status = evidence_lines_next(ways, &line, error);
    if (status)
        return status == STATUS_END ? evidence_malformed("proofs.ndjson", error) : status;
    if (evidence_parse(arena, line, "proofs.ndjson", &way, error))
        return error->status;
    evidence_members(evidence, way, EVIDENCE_NAMES("path", "seq"));
    evidence_claim(evidence, evidence_number(way, "seq", &seq) && seq == evidence->scan.entry.seq,
                   "proofs.ndjson");
    return evidence_check_way(evidence, value_find(way, "path"), error);
}

static enum status walk(struct evidence *evidence, struct evidence_lines *events, struct evidence_lines *ways,
                        struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct text line;
    enum status status = STATUS_OK;
    int64_t expected = evidence->first;
    for (; !status && expected <= evidence->last; expected++) {
        arena_clear(&arena);
        status = evidence_lines_next(events, &line, error);
        if (status == STATUS_END)
            return evidence_malformed("events.ndjson", error);
        status = status ? status : evidence_read_event(evidence, &arena, line, error);
        if (!status && !evidence->whole)
            status = take_way(evidence, ways, &arena, error);
        status = status ? status : take_event(evidence, expected, error);
    }
    if (status)
        return status;
    status = evidence_lines_next(events, &line, error);
    if (status == STATUS_OK)
        return evidence_malformed("events.ndjson", error);
    if (status == STATUS_END && !evidence->whole) {
        status = evidence_lines_next(ways, &line, error);
        evidence_claim(evidence, status == STATUS_END, "proofs.ndjson");
    }
    return status > STATUS_END ? status : STATUS_OK;
}

static enum status check_events(struct evidence *evidence, struct error *error)
{
    struct audit_pass *pass = evidence->pass;
    struct evidence_lines events = { 0 }, ways = { 0 };
    audit_scan_begin(&evidence->scan, evidence->first - 1, evidence->run ? evidence->run - 1 : 0);
    enum status status = evidence_lines_open(evidence, "events.ndjson", &events, error);
    if (!status && !evidence->whole)
        status = evidence_lines_open(evidence, "proofs.ndjson", &ways, error);
    status = status ? status : walk(evidence, &events, &ways, error);
    evidence_lines_close(&events);
    evidence_lines_close(&ways);
    struct digest root = merkle_root(&pass->computed);
    if (!status && evidence->whole && !digest_equal(&root, &evidence->head.root))
        audit_find(pass, AUDIT_EVENT, 1, _("events %lld to %lld do not give the head"), 1LL,
                   (long long)evidence->head.size);
    return status;
}

/* Each is shown once, there or among the run's own. */
static void judge_further(struct evidence *evidence)
{
    const struct evidence_numbers *further = &evidence->further;
    bool once = true;
    if (further->count)
        qsort(further->items, further->count, sizeof *further->items, by_number);
    for (size_t i = 0; i < further->count; i++)
        once = once && (!i || further->items[i] != further->items[i - 1]) &&
               (further->items[i] < evidence->first || further->items[i] > evidence->last);
    evidence_claim(evidence, once, "further.ndjson");
}

/* Events of other runs that statements rest on: the beginning of the next run, what was forgotten since. */
static enum status check_further(struct evidence *evidence, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct evidence_lines lines;
    struct text line;
    struct value *part;
    if (!file_exists(evidence_place(evidence, "further.ndjson")))
        return STATUS_OK;
    enum status status = evidence_lines_open(evidence, "further.ndjson", &lines, error);
    while (!status && !(status = evidence_lines_next(&lines, &line, error))) {
        arena_clear(&arena);
        struct ledger_entry *entry = &evidence->scan.entry;
        if ((status = evidence_parse(&arena, line, "further.ndjson", &part, error)) ||
            (status = evidence_read_event(evidence, &arena, evidence_text(part, "event"), error)) ||
            (status = evidence_check_way(evidence, value_find(part, "path"), error)))
            break;
        evidence_members(evidence, part, EVIDENCE_NAMES("event", "path"));
        put_number(&evidence->further, entry->seq);
        audit_scan_check_detail(&evidence->scan);
        if (*evidence->scan.fault || !take_named(evidence))
            status = evidence_malformed(_("an event"), error);
        if (entry->seq == evidence->last + 1 && text_is(entry->event, "run-started") &&
            entry->run == evidence->run + 1)
            evidence->end_shown = true;
    }
    evidence_lines_close(&lines);
    judge_further(evidence);
    return status == STATUS_END ? STATUS_OK : status;
}

/* ---- what stands beside the events ---- */

static enum status check_before(struct evidence *evidence, struct error *error)
{
    struct audit_pass *pass = evidence->pass;
    const struct value *said = value_find(evidence->about, "before");
    struct audit_head before;
    struct merkle_proof proof;
    int64_t size;
    if (!said) {
        evidence_claim(evidence, !file_exists(evidence_place(evidence, "head-before")), "head-before");
        return STATUS_OK;
    }
    if (said->kind != VALUE_OBJECT || !evidence_number(said, "size", &size) ||
        !evidence_path(value_find(said, "path"), &proof))
        return evidence_malformed("bundle.json", error);
    /* The proof binds it to the signed head; one of before there was a key bears no name. */
    if (read_head(evidence, "head-before", true, &before, error))
        return error->status;
    if (!text_equal(before.origin, evidence->head.origin) || (int64_t)before.size != size ||
        (int64_t)before.size >= evidence->first ||
        !merkle_consistency_holds(before.size, &before.root, evidence->head.size, &evidence->head.root,
                                  &proof))
        audit_find(pass, AUDIT_HEAD, 1, _("the ledger of the head does not go on from head-before"));
    evidence_members(evidence, said, EVIDENCE_NAMES("path", "run", "size"));
    if (value_find(said, "run"))
        audit_not_proven(pass, _("head-before: of which run it is"));
    return STATUS_OK;
}

static enum status check_copy(struct evidence *evidence, const char *name, bool known,
                              const struct digest *wanted, struct error *error)
{
    struct digest digest;
    int64_t size;
    if (!file_exists(evidence_place(evidence, name)))
        return STATUS_OK;
    if (evidence_hash_file(evidence, name, &digest, &size, error))
        return error->status;
    evidence_claim(evidence, evidence->run && known && digest_equal(&digest, wanted), name);
    return STATUS_OK;
}

/* ---- a bundle ---- */

static void check_recoveries(struct evidence *evidence)
{
    const struct value *list = value_find(evidence->about, "recoveries"), *said = list ? list->first : NULL;
    struct evidence_numbers *shown = &evidence->recoveries;
    bool same = list ? list->kind == VALUE_LIST && list->count == shown->count : !shown->count;
    if (shown->count)
        qsort(shown->items, shown->count, sizeof *shown->items, by_number);
    for (size_t i = 0; same && i < shown->count; i++, said = said->next)
        same = said->kind == VALUE_NUMBER && strtoll(said->text.bytes, NULL, 10) == shown->items[i];
    evidence_claim(evidence, same, "recoveries");
}

static enum status read_about(struct evidence *evidence, struct evidence_digests *forgotten,
                              struct error *error)
{
    struct text bytes;
    int64_t size = 0, format;
    if (file_read(&evidence->arena, evidence_place(evidence, "bundle.json"), EVIDENCE_FILE_MAX, &bytes,
                  error) ||
        evidence_parse(&evidence->arena, bytes, "bundle.json", &evidence->about, error) ||
        read_head(evidence, "head", false, &evidence->head, error))
        return error->status;
    const struct value *about = evidence->about, *list = value_find(about, "forgotten");
    const struct value *run = value_find(about, "run");
    if (!evidence_number(about, "first", &evidence->first) ||
        !evidence_number(about, "last", &evidence->last) ||
        (run && (!evidence_number(about, "run", &evidence->run) || evidence->run < 1)) ||
        evidence->first < 1 || evidence->last < evidence->first || !list || list->kind != VALUE_LIST)
        return evidence_malformed("bundle.json", error);
    for (const struct value *name = list->first; name; name = name->next) {
        struct digest digest;
        if (name->kind != VALUE_TEXT || !evidence_digest(name->text, &digest))
            return evidence_malformed("bundle.json", error);
        evidence_put_digest(forgotten, &digest);
    }
    evidence->whole = evidence->first == 1 && (uint64_t)evidence->last == evidence->head.size;
    evidence->pass->report->origin = evidence->head.origin;
    audit_check_origin(evidence->pass);
    evidence_claim(evidence,
                   text_equal(evidence_text(about, "origin"), evidence->head.origin) &&
                       evidence_number(about, "size", &size) && (uint64_t)size == evidence->head.size,
                   "origin, size");
    evidence_members(evidence, about,
                     EVIDENCE_NAMES("before", "first", "forgotten", "format", "last", "origin", "recoveries",
                                    "run", "size"));
    bool known = evidence_number(about, "format", &format) && (format == 1 || format == 2);
    evidence_claim(evidence, known, "format");
    if (known && format == 1)
        audit_not_proven(evidence->pass, _("format 1, of congkhai 0.1.0: what it says beyond its events"));
    evidence_claim(evidence, evidence->whole || evidence->run, "first, last");
    return STATUS_OK;
}

enum status evidence_check_bundle(struct evidence *evidence, struct error *error)
{
    struct audit_pass *pass = evidence->pass;
    struct evidence_digests forgotten = { 0 };
    enum status status = read_about(evidence, &forgotten, error);
    status = status ? status : check_events(evidence, error);
    status = status ? status : check_further(evidence, error);
    if (!status && evidence->run) {
        evidence_claim(evidence, evidence->starts, "first");
        evidence_claim(evidence, evidence->scan.run == evidence->run, "run");
        if ((uint64_t)evidence->last != evidence->head.size && !evidence->end_shown)
            audit_not_proven(pass, _("whether run %lld went on behind event %lld"), (long long)evidence->run,
                             (long long)evidence->last);
    }
    if (!status)
        check_recoveries(evidence);
    status = status ? status : check_before(evidence, error);
    status = status
                 ? status
                 : check_copy(evidence, "configuration.json", evidence->has_config, &evidence->config, error);
    status =
        status ? status : check_copy(evidence, "rules.json", evidence->has_rules, &evidence->rules, error);
    status = status ? status : evidence_check_payloads(evidence, &forgotten, error);
    if (!status)
        evidence_check_people(evidence);
    if (!status && evidence->whole)
        audit_conclude_outside(pass);
    else if (!status)
        evidence_judge_outside(evidence);
    audit_note(
        pass,
        _("README.txt, key.pub, verify-ledger and whatever else lies in the folder were not looked at"));
    free(forgotten.items);
    return status;
}
