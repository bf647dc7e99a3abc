#include "transform/record_work.h"

#include <string.h>

#include "adapters/crypto.h"
#include "adapters/json.h"
#include "adapters/secrets.h"
#include "core/canonical.h"
#include "core/finding_words.h"

#define KEEP_MAX (1u << 20) /* bytes of an arena that are worth keeping for the next record */

/* What no rule can waive. A rule that already says so in its own words is enough. */
void record_work_require(struct arena *arena, const struct value *procedure, struct findings *findings)
{
    for (size_t i = 0; i < procedure_root.count; i++) {
        const struct field *field = &procedure_root.fields[i];
        if (!field->required || value_find(procedure, field->name))
            continue;
        bool said = false;
        for (const struct finding *finding = findings->first; finding; finding = finding->next)
            said = said || (finding->is_error && text_is(finding->field, field->name));
        if (!said)
            finding_add(arena, findings, true, TEXT("congkhai/required"), field->name, TEXT_NONE,
                        &(const struct reason){ .id = "missing" });
    }
}

/* The same place, or the one lies in the other. */
static bool is_about(struct text field, struct text other)
{
    struct text longer = field.length > other.length ? field : other,
                shorter = field.length > other.length ? other : field;
    return shorter.length && text_starts(longer, shorter) &&
           (longer.length == shorter.length || strchr(".[", longer.bytes[shorter.length]));
}

static bool is_unread(const struct findings *findings, const struct finding *last, const struct finding *said)
{
    static const char *const absent[] = { "missing", "count.least", "count.between" };
    bool lacks = false;
    for (size_t i = 0; i < sizeof absent / sizeof *absent; i++)
        lacks = lacks || text_is(text_of(said->reason.id), absent[i]);
    for (const struct finding *finding = findings->first; lacks && finding; finding = finding->next) {
        if (finding->is_error && is_about(said->field, finding->field))
            return true;
        if (finding == last)
            break;
    }
    return false;
}

/* What the map could not read, up to `last`, is not there for the rules: that it is missing is not so. */
static void forget_unread(struct findings *findings, struct finding *last)
{
    struct finding *before = last, *next;
    for (struct finding *finding = last->next; finding; finding = next) {
        next = finding->next;
        if (!is_unread(findings, last, finding)) {
            before = finding;
            continue;
        }
        before->next = next;
        findings->errors -= finding->is_error;
        findings->warnings -= !finding->is_error;
    }
    findings->last = before;
}

static void check_procedure(struct record_work *work, struct arena *arena, const struct rule_set *rules,
                            const struct value *procedure, struct findings *findings)
{
    struct finding *last = findings->last;
    rule_run(rules, arena, procedure, findings);
    if (last)
        forget_unread(findings, last);
    rule_project(rules, procedure, &work->projection);
    record_work_require(arena, procedure, findings);
    struct text code = value_text_of(procedure, "code"), status = value_text_of(procedure, "status");
    work->code = code.length ? text_copy(&work->arena, code) : TEXT_NONE;
    work->status = status.length ? text_copy(&work->arena, status) : TEXT_NONE;
}

static void map_record(const struct record_work_means *means, const struct transform_item *item,
                       struct arena *arena, struct record_work *work, struct findings *findings)
{
    struct map_result result;
    map_run(means->map, arena, item->bytes, item->context, &result);
    *findings = result.findings;
    work->repairs = result.repairs;
    work->gave = text_copy(&work->arena, text_of(result.gave));
    work->department = result.department.bytes ? text_copy(&work->arena, result.department) : TEXT_NONE;
    if (!result.procedure)
        return;
    canonical_write(&work->content, result.procedure);
    check_procedure(work, arena, means->rules, result.procedure, findings);
}

static void check_record(const struct record_work_means *means, const struct transform_item *item,
                         struct arena *arena, struct record_work *work, struct findings *findings)
{
    struct value *procedure;
    struct error error;
    if (json_parse(arena, item->bytes, &procedure, &error) == STATUS_OK)
        check_procedure(work, arena, means->rules, procedure, findings);
}

static void clear_arena(struct arena *arena)
{
    if (arena->total > KEEP_MAX)
        arena_free(arena);
    arena_clear(arena);
}

/* What lay in the store until now is believed by its digest alone. A record with a fault may have bytes that
 * were never kept. */
static bool has_other_bytes(const struct transform_item *item)
{
    if (item->fresh || item->fault.bytes)
        return false;
    struct digest digest = crypto_sha256(item->bytes);
    return !digest_equal(&digest, &item->digest);
}

void record_work_clear(struct record_work *work)
{
    clear_arena(&work->arena);
    buffer_clear(&work->content);
    buffer_clear(&work->projection);
    work->findings = (struct findings){ 0 };
    work->repairs = (struct normalise_counts){ 0 };
    work->code = work->status = work->gave = work->department = TEXT_NONE;
    work->other_bytes = false;
}

/* What was hidden between marks or signs that nobody sees stands there in plain letters now. */
static void withhold(struct record_work *work, enum language language)
{
    record_work_clear(work);
    finding_add(&work->arena, &work->findings, true, TEXT("congkhai/secret-in-record"), NULL, TEXT_NONE,
                &(const struct reason)REASON("record.secret", TEXT_NONE));
    finding_words_say(&work->arena, &work->findings, language);
}

void record_work_seal(const struct transform_item *item, enum language language, struct record_work *work)
{
    if (secrets_named_in(buffer_view(&work->content)))
        withhold(work, language);
    work->other_bytes = has_other_bytes(item);
    if (work->content.length)
        work->digest = crypto_sha256(buffer_view(&work->content));
}

/* The bytes may still say whose it is. */
static void set_aside(const struct record_work_means *means, const struct transform_item *item,
                      struct arena *arena, struct record_work *work, struct findings *findings)
{
    bool secret = text_is(item->fault, RECORD_SECRET);
    struct reason reason = secret ? (struct reason)REASON("record.secret", TEXT_NONE)
                                  : (struct reason)REASON("record.unreadable", item->fault, TEXT_NONE);
    struct text department = map_department(means->map, arena, item->bytes, item->context);
    work->department = department.bytes ? text_copy(&work->arena, department) : TEXT_NONE;
    finding_add(arena, findings, true, secret ? TEXT("congkhai/secret-in-record") : TEXT("congkhai/decode"),
                NULL, TEXT_NONE, &reason);
}

void record_work_run(const struct record_work_means *means, const struct transform_item *item,
                     struct arena *scratch, struct record_work *work)
{
    struct findings findings = { 0 };
    clear_arena(scratch);
    record_work_clear(work);
    if (item->fault.bytes)
        set_aside(means, item, scratch, work, &findings);
    else if (item->kind == WORK_CHECK)
        check_record(means, item, scratch, work, &findings);
    else
        map_record(means, item, scratch, work, &findings);
    finding_words_say(scratch, &findings, means->language);
    findings_copy(&work->arena, &findings, &work->findings);
}

void record_work_free(struct record_work *work)
{
    arena_free(&work->arena);
    buffer_free(&work->content);
    buffer_free(&work->projection);
}
