#include "store/ledger.h"

#include <string.h>

#include "adapters/secrets.h"
#include "adapters/unicode.h"
#include "core/canonical.h"
#include "store/audit_scan.h"
#include "store/merkle.h"
#include "store/sql.h"

static enum status insert(struct store *store, const struct ledger_entry *entry, struct error *error)
{
    return sql_run(store,
                   "INSERT INTO ledger (seq, at, run, event, source, code, digest, actor, detail, hash)"
                   " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
                   SQL_WITH(SQL_NUMBER(entry->seq), SQL_TEXT(entry->at), SQL_NUMBER(entry->run),
                            SQL_TEXT(entry->event), SQL_TEXT(entry->source), SQL_TEXT(entry->code),
                            SQL_DIGEST(entry->has_digest ? &entry->digest : NULL), SQL_TEXT(entry->actor),
                            SQL_TEXT(entry->detail), SQL_DIGEST(&entry->hash)),
                   error);
}

/* As the verifiers will look at it: what they would refuse must never stand in a table that nothing is deleted from. */
static enum status check_entry(const struct ledger_entry *entry, struct text bytes,
                               const struct value *detail, struct error *error)
{
    struct audit_scan scan = { .entry = *entry };
    struct text others[] = { entry->source, entry->code, entry->actor };
    if (detail->kind == VALUE_OBJECT && canonical_reads_back(detail))
        audit_scan_check_written(&scan, detail);
    else
        audit_scan_check_detail(&scan);
    const char *fault = *scan.fault ? scan.fault : NULL;
    if (unicode_invalid_at(bytes) < bytes.length)
        fault = _("it is no UTF-8");
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (others[i].length && memchr(others[i].bytes, 0, others[i].length))
            fault = _("a NUL stands inside a text; take it out");
    if (fault)
        (void)error_set(
            error, STATUS_FATAL,
            _("the event \"%.*s\" cannot be written, because nobody could verify it: %s. This is a "
              "fault of the program; report it"),
            TEXT_ARG(entry->event), fault);
    audit_scan_close(&scan);
    return fault ? STATUS_FATAL : STATUS_OK;
}

/* What is said in words, by whomever, and no other place of the store has to agree with: here it is looked through once more, as
 * the values that an error keeps are not. Nothing else is, or the program's own names would be taken for secrets; what
 * comes from outside (versions, codes, keys, locators, findings, reasons) was where it came in, before the state was made of it. */
static const char *const in_words[] = { "copy", "error", "errors", "said", "why", "words" };

static void cover(struct arena *arena, struct value *value)
{
    if (value->kind == VALUE_TEXT && !text_is(value->name, "id") && !text_is(value->name, "by"))
        value->text = secrets_cover(arena, value->text, false);
    if (value->kind == VALUE_OBJECT || value->kind == VALUE_LIST)
        for (struct value *child = value->first; child; child = child->next)
            cover(arena, child);
}

static const struct value *covered(struct arena *arena, const struct value *detail)
{
    struct value *copy = NULL;
    if (!detail)
        return value_object(arena);
    for (size_t i = 0; i < sizeof in_words / sizeof *in_words; i++)
        if (value_find(detail, in_words[i])) {
            copy = copy ? copy : value_copy(arena, detail);
            cover(arena, value_find(copy, in_words[i]));
        }
    return copy ? copy : detail;
}

static enum status append(struct store *store, int64_t run, const struct ledger_event *event, int64_t *seq,
                          struct error *error)
{
    struct merkle_tree *tree = store_tree(store);
    struct buffer *detail = store_scratch(store, 0), *bytes = store_scratch(store, 1);
    struct clock *clock = store_clock(store);
    ARENA_OWNED struct arena arena = { 0 };
    char at[CLOCK_TEXT];
    clock_format(clock->now(clock), at);
    const struct value *written = covered(&arena, event->detail);
    buffer_clear(detail);
    canonical_write(detail, written);
    struct ledger_entry entry = {
        .seq = (int64_t)tree->size + 1,
        .run = run,
        .at = text_of(at),
        .event = text_of(event->event),
        .source = text_of(event->source),
        .code = event->code,
        .actor = event->actor ? unicode_mend(&arena, text_of(event->actor)) : TEXT_NONE,
        .detail = buffer_view(detail),
        .has_digest = event->digest != NULL,
    };
    if (event->digest)
        entry.digest = *event->digest;
    ledger_canonical(bytes, &entry);
    if (check_entry(&entry, buffer_view(bytes), written, error))
        return STATUS_FATAL;
    entry.hash = merkle_leaf(buffer_view(bytes));
    if (insert(store, &entry, error)) {
        if (error && error->status == STATUS_FATAL)
            error->status = STATUS_LEDGER;
        return error_add(error, _("the ledger cannot be written"));
    }
    merkle_append(tree, &entry.hash);
    if (seq)
        *seq = entry.seq;
    return STATUS_OK;
}

enum status ledger_append(struct store *store, const struct ledger_event *event, int64_t *seq,
                          struct error *error)
{
    return append(store, store_run(store), event, seq, error);
}

enum status ledger_append_alone(struct store *store, const struct ledger_event *event, struct error *error)
{
    if (store_begin(store, error))
        return error->status;
    return store_end(store, ledger_append(store, event, NULL, error), error);
}

enum status ledger_append_to(struct store *store, int64_t run, const struct ledger_event *event,
                             struct error *error)
{
    return append(store, run, event, NULL, error);
}
