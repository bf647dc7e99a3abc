/* What a verification found, as a value. */
#include "store/audit.h"

static struct value *finding_list(struct arena *arena, const struct audit_finding *findings)
{
    struct value *list = value_list(arena);
    for (const struct audit_finding *finding = findings; finding; finding = finding->next) {
        struct value *entry = value_append(list, value_object(arena));
        if (*finding->kind)
            value_set(entry, "kind", value_string(arena, finding->kind));
        if (finding->event)
            value_set(entry, "event", value_integer(arena, finding->event));
        value_set(entry, "message", value_string(arena, finding->message));
    }
    return list;
}

struct value *audit_report_value(struct arena *arena, const struct audit_report *report)
{
    struct value *document = value_object(arena);
    value_set(document, "holds", value_boolean(arena, report->holds));
    value_set(document, "ledger_holds", value_boolean(arena, report->ledger_holds));
    value_set(document, "sentence", value_string(arena, report->sentence));
    if (report->from_event)
        value_set(document, "from_event", value_integer(arena, report->from_event));
    value_set(document, "proven", value_integer(arena, report->proven));
    value_set(document, "origin",
              report->origin.bytes ? value_text(arena, report->origin) : value_null(arena));
    value_set(document, "root", value_digest(arena, &report->root));
    value_set(document, "events", value_integer(arena, report->events));
    value_set(document, "runs", value_integer(arena, report->runs));
    value_set(document, "payloads", value_integer(arena, report->payloads));
    value_set(document, "forgotten", value_integer(arena, report->forgotten));
    value_set(document, "heads", value_integer(arena, report->heads));
    value_set(document, "signed_heads", value_integer(arena, report->signed_heads));
    value_set(document, "unsealed", value_integer(arena, report->unsealed));
    value_set(document, "faults", value_integer(arena, (int64_t)report->count));
    value_set(document, "findings", finding_list(arena, report->first));
    value_set(document, "not_proven", finding_list(arena, report->not_proven));
    value_set(document, "remarks", finding_list(arena, report->notes_));
    return document;
}
