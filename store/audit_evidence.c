/* Bundles and proofs, held against the events that they show: the same rules as scripts/verify-ledger. */
#include <stdlib.h>
#include <string.h>

#include "adapters/crypto.h"
#include "adapters/json.h"
#include "core/canonical.h"
#include "core/memory.h"
#include "store/audit_verify.h"

#define LINE_MAX  ((size_t)64 << 20)
#define FILE_MAX  ((size_t)64 << 20)
#define BYTES_MAX ((int64_t)1 << 30)

struct spoken {
    struct digest digest;
    int64_t event; /* the first that speaks of it */
    bool content, old, misnamed;
};

struct digests {
    struct digest *items;
    size_t count, room;
};

struct numbers {
    int64_t *items;
    size_t count, room;
};

struct evidence {
    struct audit_pass *pass;
    const char *folder;
    struct arena arena;
    struct value *about;
    struct audit_head head;
    int64_t first, last, run; /* run 0: all of the ledger */
    bool whole;               /* from the first event to the head: the events themselves give its root */
    struct audit_scan scan;
    struct spoken *spoken;
    size_t spoken_count, spoken_room;
    struct digests named; /* by events "forgotten" that are shown */
    struct numbers
        recoveries; /* events by which rules of approval are to be recovered, or were, that are shown */
    bool starts, end_shown;      /* the first event begins the run; the one behind the last begins the next */
    struct digest config, rules; /* of the run's beginning */
    bool has_config, has_rules;
};

/* ---- files ---- */

struct lines {
    struct file_stream stream;
    struct buffer buffer; /* what was read and not given yet */
    size_t at;
    bool open, ended;
};

static const char *place(struct evidence *evidence, const char *name)
{
    return text_format(&evidence->arena, "%s/%s", evidence->folder, name).bytes;
}

static enum status lines_open(struct evidence *evidence, const char *name, struct lines *lines,
                              struct error *error)
{
    *lines = (struct lines){ 0 };
    enum status status = file_stream_open(&evidence->arena, place(evidence, name), &lines->stream, error);
    lines->open = status == STATUS_OK;
    return status;
}

static void lines_close(struct lines *lines)
{
    if (lines->open)
        lines->stream.close(&lines->stream);
    lines->open = false;
    buffer_free(&lines->buffer);
}

/* Without its line break. STATUS_END; STATUS_REJECT: cut, or too long. */
static enum status lines_next(struct lines *lines, struct text *line, struct error *error)
{
    size_t seen = lines->at;
    for (;;) {
        const char *end = lines->buffer.length > seen
                              ? memchr(lines->buffer.bytes + seen, '\n', lines->buffer.length - seen)
                              : NULL;
        if (end) {
            *line = (struct text){ lines->buffer.bytes + lines->at,
                                   (size_t)(end - lines->buffer.bytes) - lines->at };
            lines->at = (size_t)(end - lines->buffer.bytes) + 1;
            return STATUS_OK;
        }
        if (lines->ended && lines->at == lines->buffer.length)
            return STATUS_END;
        if (lines->ended || lines->buffer.length - lines->at > LINE_MAX)
            return error_set(error, STATUS_REJECT, _("%s: a line is cut, or too long"), lines->stream.name);
        if (lines->at)
            memmove(lines->buffer.bytes, lines->buffer.bytes + lines->at, lines->buffer.length - lines->at);
        lines->buffer.length -= lines->at;
        lines->at = 0;
        seen = lines->buffer.length;
        size_t got;
        char *room = buffer_room(&lines->buffer, 65536);
        if (lines->stream.read(&lines->stream, room, 65536, &got, error))
            return error->status;
        lines->buffer.length += got;
        lines->ended = !got;
    }
}

/* ---- what is said ---- */

static void claim(struct evidence *evidence, bool holds, const char *what)
{
    if (!holds)
        audit_find(evidence->pass, AUDIT_STATEMENT, 0, _("%s: the events that are shown do not say so"),
                   what);
}

/* What is said beyond these is bound to nothing. */
#define NAMES(...) ((const char *const[]){ __VA_ARGS__, NULL })
static void check_members(struct evidence *evidence, const struct value *object, const char *const *known)
{
    for (const struct value *member = object->first; member; member = member->next) {
        const char *const *name = known;
        while (*name && !text_is(member->name, *name))
            name++;
        if (!*name)
            claim(evidence, false, text_string(&evidence->arena, member->name));
    }
}

static enum status malformed(const char *what, struct error *error)
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

/* JSON as events are written: integers alone. */
static enum status parse(struct arena *arena, struct text text, const char *name, struct value **value,
                         struct error *error)
{
    struct error reason = { 0 };
    if (text_starts(text, TEXT("\xef\xbb\xbf")) || json_parse(arena, text, value, &reason) ||
        (*value)->kind != VALUE_OBJECT || !is_plain(*value))
        return error_set(error, STATUS_REJECT, "%s: %s", name, *reason.message ? reason.message : "?");
    return STATUS_OK;
}

static bool is_number(const struct value *object, const char *name, int64_t *number)
{
    const struct value *member = value_find(object, name);
    if (!member || member->kind != VALUE_NUMBER)
        return false;
    *number = strtoll(member->text.bytes, NULL, 10);
    return true;
}

static struct text text_member(const struct value *object, const char *name)
{
    const struct value *member = object ? value_find(object, name) : NULL;
    return member && member->kind == VALUE_TEXT ? member->text : TEXT_NONE;
}

static bool read_digest(struct text text, struct digest *digest)
{
    return text.length == DIGEST_HEX - 1 && digest_from_hex(text, digest);
}

static bool read_path(const struct value *list, struct merkle_proof *proof)
{
    proof->count = 0;
    if (!list || list->kind != VALUE_LIST || list->count > MERKLE_LEVELS)
        return false;
    for (const struct value *step = list->first; step; step = step->next)
        if (step->kind != VALUE_TEXT || !read_digest(step->text, &proof->path[proof->count++]))
            return false;
    return true;
}

static void put_digest(struct digests *digests, const struct digest *digest)
{
    if (digests->count == digests->room) {
        digests->room = digests->room * 2 + 64;
        digests->items = memory_grow(digests->items, digests->room, sizeof *digests->items);
    }
    digests->items[digests->count++] = *digest;
}

static void put_number(struct numbers *numbers, int64_t number)
{
    if (numbers->count == numbers->room) {
        numbers->room = numbers->room * 2 + 16;
        numbers->items = memory_grow(numbers->items, numbers->room, sizeof *numbers->items);
    }
    numbers->items[numbers->count++] = number;
}

static int by_number(const void *left, const void *right)
{
    int64_t one = *(const int64_t *)left, other = *(const int64_t *)right;
    return (one > other) - (one < other);
}

static int by_digest(const void *left, const void *right)
{
    return memcmp(left, right, DIGEST_SIZE);
}

static bool has_digest(const struct digests *digests, const struct digest *digest)
{
    return digests->count &&
           bsearch(digest, digests->items, digests->count, sizeof *digests->items, by_digest);
}

static void sort(struct digests *digests)
{
    if (digests->count)
        qsort(digests->items, digests->count, sizeof *digests->items, by_digest);
}

/* ---- heads ---- */

static enum status take_head(struct evidence *evidence, struct text bytes, const char *name,
                             struct audit_head *head, struct error *error)
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
    if (!head->is_signed)
        audit_find(pass, AUDIT_SIGNATURE, 1, _("%s is not signed"), name);
    else if (note_verify(&note, settings->keys, settings->key_count, &by, &reason))
        audit_find(pass, AUDIT_SIGNATURE, 1, "%s: %s", name, reason.message);
    else
        audit_signed_by(pass, by);
    return STATUS_OK;
}

static enum status read_head(struct evidence *evidence, const char *name, struct audit_head *head,
                             struct error *error)
{
    struct text bytes;
    if (file_read(evidence->pass->arena, place(evidence, name), NOTE_SIZE_MAX, &bytes, error))
        return error->status;
    return take_head(evidence, bytes, name, head, error);
}

static void judge_outside(struct evidence *evidence)
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
static enum status read_event(struct evidence *evidence, struct arena *arena, struct text line,
                              struct error *error)
{
    struct ledger_entry *entry = &evidence->scan.entry;
    struct value *event;
    BUFFER_OWNED struct buffer written = { 0 };
    static const char *const texts[] = { "actor", "at", "code", "event", "source" };
    struct text *const members[] = { &entry->actor, &entry->at, &entry->code, &entry->event, &entry->source };
    if (parse(arena, line, "events", &event, error))
        return error->status;
    *entry = (struct ledger_entry){ 0 };
    bool typed = is_number(event, "seq", &entry->seq) && is_number(event, "run", &entry->run);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        *members[i] = text_member(event, texts[i]);
        typed = typed && (members[i]->bytes || !value_find(event, texts[i]));
    }
    const struct value *detail = value_find(event, "detail"), *digest = value_find(event, "digest");
    entry->has_digest = digest && digest->kind == VALUE_TEXT && read_digest(digest->text, &entry->digest);
    if (!typed || !entry->at.bytes || !entry->event.bytes || !detail || (digest && !entry->has_digest))
        return malformed(_("an event"), error);
    canonical_write(&written, detail);
    entry->detail = text_copy(arena, buffer_view(&written));
    entry->hash = merkle_leaf(line);
    ledger_canonical(&written, entry);
    return text_equal(buffer_view(&written), line) ? STATUS_OK : malformed(_("an event"), error);
}

/* Its way to the root of the head. */
static enum status check_way(struct evidence *evidence, const struct value *path, struct error *error)
{
    const struct ledger_entry *entry = &evidence->scan.entry;
    struct merkle_proof proof;
    if (!read_path(path, &proof) || entry->seq < 1 || (uint64_t)entry->seq > evidence->head.size)
        return malformed(_("a proof"), error);
    if (!merkle_inclusion_holds(&entry->hash, (uint64_t)entry->seq - 1, evidence->head.size, &proof,
                                &evidence->head.root))
        audit_find(evidence->pass, AUDIT_EVENT, entry->seq,
                   _("the proof of event %lld does not lead to the root"), (long long)entry->seq);
    return STATUS_OK;
}

/* What statements beside the events rest on: bytes that an event forgot, rules of approval that one recovers. */
static bool take_named(struct evidence *evidence)
{
    const struct audit_scan *scan = &evidence->scan;
    const struct value *list = value_find(scan->detail, "digests"),
                       *recover = value_find(scan->detail, "recover");
    struct digest digest;
    if (text_is(scan->entry.event, "approval-recovered") ||
        (text_is(scan->entry.event, "submitted") && recover && recover->truth))
        put_number(&evidence->recoveries, scan->entry.seq);
    if (!text_is(scan->entry.event, "forgotten"))
        return true;
    if (!list || list->kind != VALUE_LIST)
        return false;
    for (const struct value *name = list->first; name; name = name->next)
        if (name->kind == VALUE_TEXT && read_digest(name->text, &digest))
            put_digest(&evidence->named, &digest);
    return true;
}

static void put_spoken(struct evidence *evidence, const struct digest *digest, bool content)
{
    struct audit_pass *pass = evidence->pass;
    if (evidence->spoken_count == evidence->spoken_room) {
        evidence->spoken_room = evidence->spoken_room * 2 + 64;
        evidence->spoken = memory_grow(evidence->spoken, evidence->spoken_room, sizeof *evidence->spoken);
    }
    evidence->spoken[evidence->spoken_count++] =
        (struct spoken){ *digest, evidence->scan.entry.seq, content, pass->of_first_version,
                         !content && audit_is_misnamed(pass, &evidence->scan, digest) };
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
        put_spoken(evidence, &scan->entry.digest, true);
    for (int i = 0; i < AUDIT_NAMED; i++)
        if (read_digest(text_member(scan->detail, audit_named[i]), &digest))
            put_spoken(evidence, &digest, i > 0);
    if (!take_named(evidence))
        return malformed(_("an event"), error);
    if (expected == evidence->first) {
        evidence->starts = text_is(scan->entry.event, "run-started");
        evidence->has_config = read_digest(text_member(scan->detail, "config_digest"), &evidence->config);
        evidence->has_rules = read_digest(text_member(scan->detail, "rules_digest"), &evidence->rules);
    }
    return STATUS_OK;
}

/* The proof beside an event: the same line of another file. */
static enum status take_way(struct evidence *evidence, struct lines *ways, struct arena *arena,
                            struct error *error)
{
    struct text line;
    struct value *way;
    int64_t seq;
    enum status status = lines_next(ways, &line, error);
    if (status)
        return status == STATUS_END ? malformed("proofs.ndjson", error) : status;
    if (parse(arena, line, "proofs.ndjson", &way, error))
        return error->status;
    check_members(evidence, way, NAMES("path", "seq"));
    claim(evidence, is_number(way, "seq", &seq) && seq == evidence->scan.entry.seq, "proofs.ndjson");
    return check_way(evidence, value_find(way, "path"), error);
}

static enum status walk(struct evidence *evidence, struct lines *events, struct lines *ways,
                        struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct text line;
    enum status status = STATUS_OK;
    int64_t expected = evidence->first;
    for (; !status && expected <= evidence->last; expected++) {
        arena_clear(&arena);
        status = lines_next(events, &line, error);
        if (status == STATUS_END)
            return malformed("events.ndjson", error);
        status = status ? status : read_event(evidence, &arena, line, error);
        if (!status && !evidence->whole)
            status = take_way(evidence, ways, &arena, error);
        status = status ? status : take_event(evidence, expected, error);
    }
    if (status)
        return status;
    status = lines_next(events, &line, error);
    if (status == STATUS_OK)
        return malformed("events.ndjson", error);
    if (status == STATUS_END && !evidence->whole) {
        status = lines_next(ways, &line, error);
        claim(evidence, status == STATUS_END, "proofs.ndjson");
    }
    return status > STATUS_END ? status : STATUS_OK;
}

static enum status check_events(struct evidence *evidence, struct error *error)
{
    struct audit_pass *pass = evidence->pass;
    struct lines events = { 0 }, ways = { 0 };
    audit_scan_begin(&evidence->scan, evidence->first - 1, evidence->run ? evidence->run - 1 : 0);
    enum status status = lines_open(evidence, "events.ndjson", &events, error);
    if (!status && !evidence->whole)
        status = lines_open(evidence, "proofs.ndjson", &ways, error);
    status = status ? status : walk(evidence, &events, &ways, error);
    lines_close(&events);
    lines_close(&ways);
    struct digest root = merkle_root(&pass->computed);
    if (!status && evidence->whole && !digest_equal(&root, &evidence->head.root))
        audit_find(pass, AUDIT_EVENT, 1, _("events %lld to %lld do not give the head"), 1LL,
                   (long long)evidence->head.size);
    return status;
}

/* Events of other runs that statements rest on: the beginning of the next run, what was forgotten since. */
static enum status check_further(struct evidence *evidence, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct lines lines;
    struct text line;
    struct value *part;
    if (!file_exists(place(evidence, "further.ndjson")))
        return STATUS_OK;
    enum status status = lines_open(evidence, "further.ndjson", &lines, error);
    while (!status && !(status = lines_next(&lines, &line, error))) {
        arena_clear(&arena);
        struct ledger_entry *entry = &evidence->scan.entry;
        if ((status = parse(&arena, line, "further.ndjson", &part, error)) ||
            (status = read_event(evidence, &arena, text_member(part, "event"), error)) ||
            (status = check_way(evidence, value_find(part, "path"), error)))
            break;
        check_members(evidence, part, NAMES("event", "path"));
        audit_scan_check_detail(&evidence->scan);
        if (*evidence->scan.fault || !take_named(evidence))
            status = malformed(_("an event"), error);
        if (entry->seq == evidence->last + 1 && text_is(entry->event, "run-started") &&
            entry->run == evidence->run + 1)
            evidence->end_shown = true;
    }
    lines_close(&lines);
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
        claim(evidence, !file_exists(place(evidence, "head-before")), "head-before");
        return STATUS_OK;
    }
    if (said->kind != VALUE_OBJECT || !is_number(said, "size", &size) ||
        !read_path(value_find(said, "path"), &proof))
        return malformed("bundle.json", error);
    if (read_head(evidence, "head-before", &before, error))
        return error->status;
    if (!text_equal(before.origin, evidence->head.origin) || (int64_t)before.size != size ||
        (int64_t)before.size >= evidence->first ||
        !merkle_consistency_holds(before.size, &before.root, evidence->head.size, &evidence->head.root,
                                  &proof))
        audit_find(pass, AUDIT_HEAD, 1, _("the ledger of the head does not go on from head-before"));
    check_members(evidence, said, NAMES("path", "run", "size"));
    if (value_find(said, "run"))
        audit_not_proven(pass, _("head-before: of which run it is"));
    return STATUS_OK;
}

static enum status hash_file(struct evidence *evidence, const char *name, struct digest *digest,
                             int64_t *size, struct error *error)
{
    char bytes[65536];
    struct file_stream stream;
    size_t got = 1;
    *size = 0;
    if (file_stream_open(&evidence->arena, place(evidence, name), &stream, error))
        return error->status;
    struct crypto_hash *hash = crypto_hash_open();
    enum status status = STATUS_OK;
    while (!status && got && *size <= BYTES_MAX) {
        status = stream.read(&stream, bytes, sizeof bytes, &got, error);
        if (!status)
            crypto_hash_feed(hash, bytes, got);
        *size += status ? 0 : (int64_t)got;
    }
    *digest = crypto_hash_finish(hash);
    crypto_hash_close(hash);
    stream.close(&stream);
    return !status && *size > BYTES_MAX ? malformed(name, error) : status;
}

static enum status check_copy(struct evidence *evidence, const char *name, bool known,
                              const struct digest *wanted, struct error *error)
{
    struct digest digest;
    int64_t size;
    if (!file_exists(place(evidence, name)))
        return STATUS_OK;
    if (hash_file(evidence, name, &digest, &size, error))
        return error->status;
    claim(evidence, evidence->run && known && digest_equal(&digest, wanted), name);
    return STATUS_OK;
}

/* ---- payloads ---- */

static int by_spoken(const void *left, const void *right)
{
    const struct spoken *one = left, *other = right;
    int order = memcmp(one->digest.bytes, other->digest.bytes, DIGEST_SIZE);
    return order ? order : (one->event > other->event) - (one->event < other->event);
}

/* Each digest once: the first event that speaks of it, and whether any calls it a content. */
static void join_spoken(struct evidence *evidence)
{
    size_t count = 0;
    if (evidence->spoken_count)
        qsort(evidence->spoken, evidence->spoken_count, sizeof *evidence->spoken, by_spoken);
    for (size_t i = 0; i < evidence->spoken_count; i++) {
        struct spoken *last = count ? &evidence->spoken[count - 1] : NULL;
        if (last && digest_equal(&last->digest, &evidence->spoken[i].digest)) {
            last->content = last->content || evidence->spoken[i].content;
            last->misnamed = last->misnamed || evidence->spoken[i].misnamed;
        } else {
            evidence->spoken[count++] = evidence->spoken[i];
        }
    }
    evidence->spoken_count = count;
}

static enum status check_payload(struct evidence *evidence, const struct spoken *spoken, bool forgotten,
                                 struct digests *there, struct error *error)
{
    struct audit_pass *pass = evidence->pass;
    struct error unread = { 0 };
    struct digest digest;
    char name[DIGEST_HEX + 16] = "payloads/";
    int64_t size;
    (void)error;
    digest_hex(&spoken->digest, name + 9);
    bool exists = file_exists(place(evidence, name));
    if (exists)
        put_digest(there, &spoken->digest);
    bool holds = exists && !hash_file(evidence, name, &digest, &size, &unread) &&
                 (digest_equal(&digest, &spoken->digest) || (!size && spoken->misnamed));
    if (forgotten && !exists && (!spoken->content || spoken->old)) {
        pass->report->forgotten++;
        if (!has_digest(&evidence->named, &spoken->digest))
            audit_not_proven(pass, _("that the bytes %s were forgotten"), name + 9);
    } else if (!holds) {
        audit_find(pass, AUDIT_PAYLOAD, spoken->event, _("the bytes %s, of which event %lld speaks: %s"),
                   name + 9, (long long)spoken->event,
                   exists ? _("they were changed, they do not have this digest") : _("they are gone"));
    }
    return STATUS_OK;
}

static enum status read_sums(struct evidence *evidence, struct digests *listed, struct error *error)
{
    struct lines lines;
    struct text line;
    enum status status = lines_open(evidence, "payloads.sha256", &lines, error);
    bool whole = true;
    while (!status && !(status = lines_next(&lines, &line, error))) {
        struct digest digest = { { 0 } };
        bool right =
            line.length == 2 * (DIGEST_HEX - 1) + 11 &&
            read_digest(text_slice(line, 0, DIGEST_HEX - 1), &digest) &&
            text_starts(text_slice(line, DIGEST_HEX - 1, line.length), TEXT("  payloads/")) &&
            text_equal(text_slice(line, DIGEST_HEX + 10, line.length), text_slice(line, 0, DIGEST_HEX - 1));
        whole = whole && right;
        put_digest(listed, &digest);
    }
    lines_close(&lines);
    claim(evidence, whole, "payloads.sha256");
    sort(listed);
    return status == STATUS_END ? STATUS_OK : status;
}

static bool same_digests(const struct digests *left, const struct digests *right)
{
    if (left->count != right->count)
        return false;
    for (size_t i = 0; i < left->count; i++)
        if (!digest_equal(&left->items[i], &right->items[i]))
            return false;
    return true;
}

static enum status check_payloads(struct evidence *evidence, struct digests *forgotten, struct error *error)
{
    struct digests there = { 0 }, listed = { 0 }, unseen = { 0 };
    join_spoken(evidence);
    sort(&evidence->named);
    enum status status = STATUS_OK;
    for (size_t i = 0; !status && i < evidence->spoken_count; i++) {
        const struct spoken *spoken = &evidence->spoken[i];
        status = check_payload(evidence, spoken, has_digest(forgotten, &spoken->digest), &there, error);
        evidence->pass->report->payloads++;
        put_digest(&unseen, &spoken->digest);
    }
    status = status ? status : read_sums(evidence, &listed, error);
    if (!status) {
        bool all = true;
        for (size_t i = 0; i < forgotten->count; i++)
            all =
                all && has_digest(&unseen, &forgotten->items[i]) && !has_digest(&there, &forgotten->items[i]);
        claim(evidence, same_digests(&there, &listed), "payloads.sha256");
        claim(evidence, all, "forgotten");
    }
    free(there.items);
    free(listed.items);
    free(unseen.items);
    return status;
}

/* ---- a bundle ---- */

static void check_recoveries(struct evidence *evidence)
{
    const struct value *list = value_find(evidence->about, "recoveries"), *said = list ? list->first : NULL;
    struct numbers *shown = &evidence->recoveries;
    bool same = list ? list->kind == VALUE_LIST && list->count == shown->count : !shown->count;
    if (shown->count)
        qsort(shown->items, shown->count, sizeof *shown->items, by_number);
    for (size_t i = 0; same && i < shown->count; i++, said = said->next)
        same = said->kind == VALUE_NUMBER && strtoll(said->text.bytes, NULL, 10) == shown->items[i];
    claim(evidence, same, "recoveries");
}

static enum status read_about(struct evidence *evidence, struct digests *forgotten, struct error *error)
{
    struct text bytes;
    int64_t size = 0, format;
    if (file_read(&evidence->arena, place(evidence, "bundle.json"), FILE_MAX, &bytes, error) ||
        parse(&evidence->arena, bytes, "bundle.json", &evidence->about, error) ||
        read_head(evidence, "head", &evidence->head, error))
        return error->status;
    const struct value *about = evidence->about, *list = value_find(about, "forgotten");
    const struct value *run = value_find(about, "run");
    if (!is_number(about, "first", &evidence->first) || !is_number(about, "last", &evidence->last) ||
        (run && (!is_number(about, "run", &evidence->run) || evidence->run < 1)) || evidence->first < 1 ||
        evidence->last < evidence->first || !list || list->kind != VALUE_LIST)
        return malformed("bundle.json", error);
    for (const struct value *name = list->first; name; name = name->next) {
        struct digest digest;
        if (name->kind != VALUE_TEXT || !read_digest(name->text, &digest))
            return malformed("bundle.json", error);
        put_digest(forgotten, &digest);
    }
    evidence->whole = evidence->first == 1 && (uint64_t)evidence->last == evidence->head.size;
    evidence->pass->report->origin = evidence->head.origin;
    audit_check_origin(evidence->pass);
    claim(evidence,
          text_equal(text_member(about, "origin"), evidence->head.origin) &&
              is_number(about, "size", &size) && (uint64_t)size == evidence->head.size,
          "origin, size");
    check_members(
        evidence, about,
        NAMES("before", "first", "forgotten", "format", "last", "origin", "recoveries", "run", "size"));
    bool known = is_number(about, "format", &format) && (format == 1 || format == 2);
    claim(evidence, known, "format");
    if (known && format == 1)
        audit_not_proven(evidence->pass, _("format 1, of congkhai 0.1.0: what it says beyond its events"));
    claim(evidence, evidence->whole || evidence->run, "first, last");
    return STATUS_OK;
}

static enum status check_bundle(struct evidence *evidence, struct error *error)
{
    struct audit_pass *pass = evidence->pass;
    struct digests forgotten = { 0 };
    enum status status = read_about(evidence, &forgotten, error);
    status = status ? status : check_events(evidence, error);
    status = status ? status : check_further(evidence, error);
    if (!status && evidence->run) {
        claim(evidence, evidence->starts, "first");
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
    status = status ? status : check_payloads(evidence, &forgotten, error);
    if (!status && evidence->whole)
        audit_conclude_outside(pass);
    else if (!status)
        judge_outside(evidence);
    audit_note(pass, _("README.txt, key.pub and verify-ledger were not looked at"));
    free(forgotten.items);
    return status;
}

/* ---- a proof ---- */

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
    struct text status = text_member(proof, "status"), code = text_member(proof, "code"),
                on = text_member(proof, "on"), content = text_member(proof, "content"),
                known = text_member(proof, "known_at");
    struct text end = text_format(&evidence->arena, "%.*sT17:00:00.000Z", TEXT_ARG(on));
    const struct ledger_entry *entry = &evidence->scan.entry;
    bool kinds = true, codes = code.bytes, days = has_form(on, "dddd-dd-dd"), contents = true;
    bool early = value_find(proof, "known_at") != NULL;
    bool knows = !early || (has_form(known, "dddd-dd-ddTdd:dd:dd.dddZ") && text_compare(known, end) < 0);
    int64_t before = 0;
    size_t at = 0;
    for (const struct value *part = events->first; part; part = part->next, at++) {
        struct digest leaf, digest = crypto_sha256(content);
        if (part->kind != VALUE_OBJECT ||
            read_event(evidence, &evidence->arena, text_member(part, "event"), error) ||
            check_way(evidence, value_find(part, "path"), error))
            return error->status ? error->status : malformed(_("a proof"), error);
        audit_scan_check_detail(&evidence->scan);
        if (*evidence->scan.fault)
            return malformed(_("an event"), error);
        check_members(evidence, part, NAMES("event", "leaf", "path"));
        claim(evidence, read_digest(text_member(part, "leaf"), &leaf) && digest_equal(&leaf, &entry->hash),
              "leaf");
        kinds = kinds && is_kind(at, events->count, status, entry->event) && entry->seq > before;
        codes = codes && text_equal(entry->code, code);
        days = days && text_compare(entry->at, end) < 0;
        knows = knows && (!early || text_compare(entry->at, known) <= 0);
        if (!at && value_find(proof, "content"))
            contents = content.bytes && text_is(entry->event, "published") && entry->has_digest &&
                       digest_equal(&digest, &entry->digest);
        before = entry->seq;
        pass->report->events++;
    }
    claim(evidence, kinds, "status");
    claim(evidence, codes, "code");
    claim(evidence, days, "on");
    claim(evidence, knows, "known_at");
    claim(evidence, contents, "content");
    audit_not_proven(pass,
                     early ? _("that nothing came behind event %lld (%.*s) until %.*s: only the whole ledger "
                               "can prove it")
                           : _("that nothing came behind event %lld (%.*s) until the end of %.*s: only the "
                               "whole ledger can prove it"),
                     (long long)before, TEXT_ARG(entry->at), TEXT_ARG(early ? known : on));
    return STATUS_OK;
}

static enum status check_proof(struct evidence *evidence, const char *path, struct error *error)
{
    struct value *proof;
    struct text bytes, note;
    struct digest root;
    int64_t size = 0, format;
    if (file_read(&evidence->arena, path, FILE_MAX, &bytes, error) ||
        parse(&evidence->arena, bytes, path, &proof, error))
        return error->status;
    const struct value *events = value_find(proof, "events");
    note = text_member(proof, "head");
    if (!events || events->kind != VALUE_LIST || events->count < 1 || events->count > 2)
        return malformed(path, error);
    if (take_head(evidence, note, "head", &evidence->head, error))
        return error->status;
    evidence->pass->report->origin = evidence->head.origin;
    audit_check_origin(evidence->pass);
    claim(evidence,
          is_number(proof, "tree_size", &size) && (uint64_t)size == evidence->head.size &&
              read_digest(text_member(proof, "root"), &root) && digest_equal(&root, &evidence->head.root),
          "tree_size, root");
    check_members(evidence, proof,
                  NAMES("code", "content", "events", "format", "head", "known_at", "on", "root", "status",
                        "tree_size"));
    claim(evidence, is_number(proof, "format", &format) && format == 1, "format");
    judge_outside(evidence);
    return check_proven(evidence, proof, error);
}

enum status audit_verify_evidence(struct audit_pass *pass, const char *path, bool folder, struct error *error)
{
    struct evidence evidence = { .pass = pass, .folder = path };
    enum status status = folder ? check_bundle(&evidence, error) : check_proof(&evidence, path, error);
    free(evidence.spoken);
    free(evidence.named.items);
    free(evidence.recoveries.items);
    audit_scan_close(&evidence.scan);
    if (status > STATUS_END)
        audit_find(pass, AUDIT_STATEMENT, 0, "%s", error->message);
    pass->report->proven = status || pass->report->count ? 0 : evidence.last;
    arena_free(&evidence.arena);
    return STATUS_OK;
}
