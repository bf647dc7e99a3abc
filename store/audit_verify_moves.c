/* Where a ledger went on in another file, or under another schema: what the events say of it fits what stands before them. */
#include <stdio.h>
#include <string.h>

#include "store/audit_verify.h"
#include "store/restoration.h"
#include "store/schema_versions.h"

static void take_over(struct audit_kept_head *kept, int64_t from, int64_t to)
{
    if (!kept->fits && kept->head.size > (uint64_t)from && kept->head.size <= (uint64_t)to)
        kept->restored = from;
}

/* A backup was taken as the store: heads of the ledger that it replaced go on from elsewhere. */
void audit_take_restored(struct audit_pass *pass, const struct ledger_entry *entry)
{
    int64_t from, to;
    if (!restoration_read(entry, &pass->before, &from, &to)) {
        audit_find(pass, AUDIT_EVENT, entry->seq,
                   _("event %lld says that a backup was restored, but not what stands in front of it"),
                   (long long)entry->seq);
        return;
    }
    if (to == INT64_MAX)
        audit_note(pass,
                   _("a backup that ends with event %lld was restored (event %lld); how far the ledger "
                     "went that it replaced is not known"),
                   (long long)from, (long long)entry->seq);
    else
        audit_note(pass,
                   _("a backup that ends with event %lld was restored (event %lld); the ledger that it "
                     "replaced went to event %lld"),
                   (long long)from, (long long)entry->seq, (long long)to);
    for (size_t i = 0; i < pass->outside_count; i++)
        take_over(&pass->outside[i], from, to);
    take_over(&pass->beside, from, to);
}

static void write_digest(char hex[DIGEST_HEX], struct text text)
{
    snprintf(hex, DIGEST_HEX, "%.*s", TEXT_ARG(text));
}

/* A run names another schema than the one before it only where it says that it brought the store up to date. */
void audit_follow_schema(struct audit_pass *pass, const struct audit_scan *scan)
{
    struct text schema = value_text_of(scan->detail, "schema"), event = scan->entry.event;
    bool moved = *pass->schema_before && strcmp(pass->schema, pass->schema_before) != 0;
    if (text_is(event, "run-started")) {
        memcpy(pass->schema_before, pass->schema, sizeof pass->schema);
        write_digest(pass->schema, schema.bytes ? schema : text_of(schema_versions[0].schema));
    } else if (text_is(event, "migrated")) {
        bool fits = text_is(schema, pass->schema) &&
                    (!*pass->schema_before ||
                     (moved && text_is(value_text_of(scan->detail, "schema_before"), pass->schema_before)));
        if (!fits)
            audit_find(
                pass, AUDIT_EVENT, scan->entry.seq,
                _("event %lld says that the store was brought up to date, but not from the schema of the "
                  "runs before it to that of its own"),
                (long long)scan->entry.seq);
        pass->schema_before[0] = 0;
    } else if (moved && text_is(event, "run-finished")) {
        audit_find(
            pass, AUDIT_EVENT, scan->entry.seq,
            _("the run that ends with event %lld names another schema than the one before it, and no event "
              "says that the store was brought up to date"),
            (long long)scan->entry.seq);
    }
}
