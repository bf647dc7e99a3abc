/* A bundle of evidence: what one needs to check a run, or all of the ledger, on another machine. */
#include <stdio.h>
#include <stdlib.h>

#include "core/canonical.h"
#include "store/approval_rows.h"
#include "store/audit_proof.h"
#include "store/audit_scan.h"
#include "store/sql.h"

struct bundling {
    struct store *store;
    struct arena *arena;
    const struct audit_sink *sink;
    struct audit_bundle *bundle;
    struct audit_leaves *leaves;
    struct buffer line, sums;
};

static enum status put(struct bundling *bundling, const char *name, struct text bytes, struct error *error)
{
    return bundling->sink->put(bundling->sink->user_data, name, bytes, error);
}

static enum status put_value(struct bundling *bundling, const char *name, const struct value *value,
                             struct error *error)
{
    buffer_clear(&bundling->line);
    canonical_pretty(&bundling->line, value);
    buffer_char(&bundling->line, '\n');
    return put(bundling, name, buffer_view(&bundling->line), error);
}

static void add_path(struct buffer *out, const struct merkle_proof *proof)
{
    char hex[DIGEST_HEX];
    buffer_string(out, "\"path\":[");
    for (size_t i = 0; i < proof->count; i++) {
        digest_hex(&proof->path[i], hex);
        buffer_printf(out, "%s\"%s\"", i ? "," : "", hex);
    }
    buffer_char(out, ']');
}

/* ---- which events ---- */

static enum status find_events(struct bundling *bundling, struct error *error)
{
    struct audit_bundle *bundle = bundling->bundle;
    struct sqlite_statement *row;
    if (sql_row(bundling->store, "SELECT min(seq), max(seq) FROM ledger WHERE run = ?1 OR ?1 = 0",
                SQL_WITH(SQL_NUMBER(bundle->run)), &row, error))
        return error->status;
    bundle->first = sqlite_number(row, 0);
    bundle->last = sqlite_number(row, 1);
    sqlite_reset_statement(row);
    if (!bundle->last)
        return error_set(error, STATUS_USAGE, _("%s: there is no run %lld"), store_path(bundling->store),
                         (long long)bundle->run);
    return STATUS_OK;
}

/* The newest head: what was forgotten of a run later, and where it ended, stand before it too. Events behind it are left
 * out. */
static enum status find_head(struct bundling *bundling, struct error *error)
{
    struct audit_bundle *bundle = bundling->bundle;
    enum status status = audit_head(bundling->store, bundling->arena, 0, &bundle->head, error);
    if (status > STATUS_END)
        return status;
    if (status == STATUS_END || bundle->head.size < (uint64_t)bundle->first)
        return error_set(error, STATUS_USAGE,
                         _("%s: no head stands behind these events yet; a run's end makes one"),
                         store_path(bundling->store));
    if ((uint64_t)bundle->last > bundle->head.size)
        bundle->last = (int64_t)bundle->head.size;
    return STATUS_OK;
}

/* ---- events and proofs ---- */

static enum status put_proof(struct bundling *bundling, int64_t event, struct error *error)
{
    struct merkle_proof proof;
    if (merkle_inclusion(audit_leaves_source(bundling->leaves), (uint64_t)event - 1,
                         bundling->bundle->head.size, &proof, error))
        return error->status;
    buffer_clear(&bundling->line);
    buffer_char(&bundling->line, '{');
    add_path(&bundling->line, &proof);
    buffer_printf(&bundling->line, ",\"seq\":%lld}\n", (long long)event);
    return put(bundling, "proofs.ndjson", buffer_view(&bundling->line), error);
}

static bool is_whole(const struct audit_bundle *bundle)
{
    return bundle->first == 1 && (uint64_t)bundle->last == bundle->head.size;
}

static enum status was_changed(int64_t event, struct error *error)
{
    return error_set(error, STATUS_LEDGER, _("event %lld was changed; run \"congkhai audit verify\""),
                     (long long)event);
}

static enum status put_events(struct bundling *bundling, struct error *error)
{
    struct audit_scan scan;
    enum status status = audit_scan_open(&scan, bundling->store, bundling->bundle->first - 1, 0, error);
    int64_t event = bundling->bundle->first;
    for (; !status && !(status = audit_scan_next(&scan, error)) && scan.entry.seq <= bundling->bundle->last;
         event++) {
        if (scan.entry.seq != event || !digest_equal(&scan.leaf, &scan.entry.hash)) {
            status = was_changed(event, error);
            break;
        }
        buffer_char(&scan.bytes, '\n');
        status = put(bundling, "events.ndjson", buffer_view(&scan.bytes), error);
    }
    audit_scan_close(&scan);
    if (status > STATUS_END || is_whole(bundling->bundle))
        return status > STATUS_END ? status : STATUS_OK;
    status = STATUS_OK;
    for (event = bundling->bundle->first; !status && event <= bundling->bundle->last; event++)
        status = put_proof(bundling, event, error);
    return status;
}

/* ---- payloads ---- */

/* Every digest that one of the events speaks of. */
#define SPOKEN                                                                                               \
    "WITH e AS (SELECT digest, event, detail FROM ledger WHERE seq BETWEEN ?1 AND ?2)"                       \
    " SELECT lower(hex(digest)) FROM e WHERE digest IS NOT NULL"                                             \
    " UNION SELECT d.value FROM e, json_each(json_array(json_extract(e.detail, '$.source_digest'),"          \
    "   json_extract(e.detail, '$.config_digest'), json_extract(e.detail, '$.rules_digest'))) d"             \
    "  WHERE d.value IS NOT NULL AND e.event IN ('accepted', 'rejected', 'held', 'run-started')"             \
    " UNION SELECT d.value FROM e, json_each(json_array(json_extract(e.detail, '$.text_digest'),"            \
    "   json_extract(e.detail, '$.signature_digest'), json_extract(e.detail, '$.revoked_digest'), "          \
    "json_extract(e.detail, "                                                                                \
    "'$.rules_digest'))) d"                                                                                  \
    "  WHERE d.value IS NOT NULL AND e.event IN ('submitted', 'approved')"

static enum status put_payload(struct bundling *bundling, const struct digest *digest,
                               struct value *forgotten, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct text bytes;
    char hex[DIGEST_HEX], name[DIGEST_HEX + 16];
    digest_hex(digest, hex);
    enum status status = store_payload_by_digest(bundling->store, &arena, digest, &bytes, error);
    if (status == STATUS_END) {
        bundling->bundle->forgotten++;
        value_append(forgotten, value_text(bundling->arena, text_copy(bundling->arena, text_of(hex))));
        return STATUS_OK;
    }
    if (status)
        return status;
    bundling->bundle->payloads++;
    snprintf(name, sizeof name, "payloads/%s", hex);
    buffer_printf(&bundling->sums, "%s  %s\n", hex, name);
    return put(bundling, name, bytes, error);
}

static enum status put_payloads(struct bundling *bundling, struct value *forgotten, struct error *error)
{
    struct sqlite_statement *rows;
    if (sql_rows(bundling->store, SPOKEN,
                 SQL_WITH(SQL_NUMBER(bundling->bundle->first), SQL_NUMBER(bundling->bundle->last)), &rows,
                 error))
        return error->status;
    enum status status;
    while ((status = sqlite_step(rows, error)) == STATUS_OK) {
        struct digest digest;
        if (digest_from_hex(sqlite_column_text(rows, 0), &digest) &&
            put_payload(bundling, &digest, forgotten, error))
            break;
    }
    sqlite_reset_statement(rows);
    return status == STATUS_END ? put(bundling, "payloads.sha256", buffer_view(&bundling->sums), error)
                                : error->status;
}

/* ---- events of other runs ---- */

/* One event with its way to the head, for a statement that rests on it. */
static enum status put_further(struct bundling *bundling, int64_t event, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct audit_scan scan;
    struct merkle_proof proof;
    enum status status = audit_scan_event(&scan, bundling->store, event, error);
    if (status == STATUS_END)
        status = was_changed(event, error);
    if (!status)
        status = merkle_inclusion(audit_leaves_source(bundling->leaves), (uint64_t)event - 1,
                                  bundling->bundle->head.size, &proof, error);
    if (!status) {
        struct value *entry = value_object(&arena);
        value_set(entry, "event", value_text(&arena, buffer_view(&scan.bytes)));
        buffer_clear(&bundling->line);
        canonical_write(&bundling->line, entry);
        bundling->line.length--; /* the path comes behind it */
        buffer_char(&bundling->line, ',');
        add_path(&bundling->line, &proof);
        buffer_string(&bundling->line, "}\n");
        status = put(bundling, "further.ndjson", buffer_view(&bundling->line), error);
    }
    audit_scan_close(&scan);
    return status;
}

/* The beginning of the next run shows where this one ended; the events that forgot bytes of it, that they did. */
static enum status put_all_further(struct bundling *bundling, struct error *error)
{
    const struct audit_bundle *bundle = bundling->bundle;
    struct sqlite_statement *rows;
    int64_t events[1000];
    size_t count = 0;
    if (!bundle->run)
        return STATUS_OK;
    if (sql_rows(
            bundling->store,
            "SELECT ?2 + 1 WHERE ?2 < ?3 UNION SELECT p.forgotten FROM payload p WHERE p.bytes IS NULL"
            " AND p.forgotten NOT BETWEEN ?1 AND ?2 AND p.forgotten <= ?3 AND lower(hex(p.digest)) IN"
            " (SELECT json_extract(e.detail, '$.source_digest') FROM ledger e WHERE e.seq BETWEEN ?1 AND ?2"
            "  AND e.event IN ('accepted', 'rejected', 'held')) ORDER BY 1 LIMIT 1000",
            SQL_WITH(SQL_NUMBER(bundle->first), SQL_NUMBER(bundle->last),
                     SQL_NUMBER((int64_t)bundle->head.size)),
            &rows, error))
        return error->status;
    enum status status;
    while ((status = sqlite_step(rows, error)) == STATUS_OK)
        events[count++] = sqlite_number(rows, 0);
    sqlite_reset_statement(rows);
    status = status == STATUS_END ? STATUS_OK : status;
    for (size_t i = 0; !status && i < count; i++)
        status = put_further(bundling, events[i], error);
    return status;
}

/* Every bundle tells by which events rules of approval were to be recovered, or were, whatever run it is of. */
static enum status put_recoveries(struct bundling *bundling, struct value *about, struct error *error)
{
    static const char sql[] =
        "SELECT seq FROM ledger WHERE " APPROVAL_EVENTS " AND seq <= ?1 AND (event = 'approval-recovered'"
        "  OR (event = 'submitted' AND json_extract(detail, '$.recover'))) ORDER BY seq";
    const struct audit_bundle *bundle = bundling->bundle;
    struct sqlite_statement *row;
    struct value *list = value_list(bundling->arena);
    if (sql_rows(bundling->store, sql, SQL_WITH(SQL_NUMBER((int64_t)bundle->head.size)), &row, error))
        return error->status;
    enum status status;
    while ((status = sqlite_step(row, error)) == STATUS_OK) {
        int64_t event = sqlite_number(row, 0);
        value_append(list, value_integer(bundling->arena, event));
        if ((event < bundle->first || event > bundle->last) && put_further(bundling, event, error))
            break;
    }
    sqlite_reset_statement(row);
    if (list->count)
        value_set(about, "recoveries", list);
    return status == STATUS_END ? STATUS_OK : error->status;
}

/* ---- the rest ---- */

static enum status put_named(struct bundling *bundling, const char *member, const char *name,
                             struct error *error)
{
    struct sqlite_statement *row;
    struct digest digest;
    struct text bytes;
    enum status status =
        sql_row(bundling->store,
                "SELECT json_extract(detail, ?2) FROM ledger WHERE run = ?1 AND event = 'run-started'",
                SQL_WITH(SQL_NUMBER(bundling->bundle->run), SQL_TEXT(text_of(member))), &row, error);
    bool known = status == STATUS_OK && digest_from_hex(sqlite_column_text(row, 0), &digest);
    sqlite_reset_statement(row);
    if (!known)
        return status == STATUS_END ? STATUS_OK : status;
    status = store_payload_by_digest(bundling->store, bundling->arena, &digest, &bytes, error);
    if (status)
        return status == STATUS_END ? STATUS_OK : status;
    return put(bundling, name, bytes, error);
}

/* The head before the run: that it is the beginning of this one is proved beside it. */
static enum status put_before(struct bundling *bundling, struct value *about, struct error *error)
{
    struct sqlite_statement *row;
    struct audit_head before;
    struct merkle_proof proof;
    enum status status =
        sql_row(bundling->store, "SELECT run FROM checkpoint WHERE run < ?1 ORDER BY run DESC LIMIT 1",
                SQL_WITH(SQL_NUMBER(bundling->bundle->run)), &row, error);
    int64_t run = status == STATUS_OK ? sqlite_number(row, 0) : 0;
    sqlite_reset_statement(row);
    if (!run)
        return status == STATUS_END ? STATUS_OK : status;
    if (audit_head(bundling->store, bundling->arena, run, &before, error) ||
        merkle_consistency(audit_leaves_source(bundling->leaves), before.size, bundling->bundle->head.size,
                           &proof, error) ||
        put(bundling, "head-before", before.note, error))
        return error->status;
    struct arena *arena = bundling->arena;
    struct value *object = value_set(about, "before", value_object(arena)), *path;
    value_set(object, "size", value_integer(arena, (int64_t)before.size));
    path = value_set(object, "path", value_list(arena));
    for (size_t i = 0; i < proof.count; i++)
        value_append(path, value_digest(arena, &proof.path[i]));
    return STATUS_OK;
}

static enum status write_all(struct bundling *bundling, struct error *error)
{
    struct audit_bundle *bundle = bundling->bundle;
    struct arena *arena = bundling->arena;
    struct value *about = value_object(arena), *forgotten = value_list(arena);
    if (find_events(bundling, error) || find_head(bundling, error) ||
        audit_leaves_open(bundling->store, &bundling->leaves, error) || put_events(bundling, error) ||
        put(bundling, "head", bundle->head.note, error) || put_all_further(bundling, error) ||
        put_payloads(bundling, forgotten, error))
        return error->status;
    value_set(about, "format", value_integer(arena, 2));
    value_set(about, "origin", value_text(arena, bundle->head.origin));
    if (bundle->run)
        value_set(about, "run", value_integer(arena, bundle->run));
    value_set(about, "first", value_integer(arena, bundle->first));
    value_set(about, "last", value_integer(arena, bundle->last));
    value_set(about, "size", value_integer(arena, (int64_t)bundle->head.size));
    value_set(about, "forgotten", forgotten);
    if (put_recoveries(bundling, about, error))
        return error->status;
    if (bundle->run &&
        (put_named(bundling, "$.config_digest", "configuration.json", error) ||
         put_named(bundling, "$.rules_digest", "rules.json", error) || put_before(bundling, about, error)))
        return error->status;
    return put_value(bundling, "bundle.json", about, error);
}

enum status audit_bundle_write(struct store *store, struct arena *arena, const struct audit_sink *sink,
                               struct audit_bundle *bundle, struct error *error)
{
    struct bundling bundling = { .store = store, .arena = arena, .sink = sink, .bundle = bundle };
    enum status status = store_snapshot_begin(store, error);
    if (status)
        return status;
    status = write_all(&bundling, error);
    store_snapshot_end(store);
    audit_leaves_close(bundling.leaves);
    buffer_free(&bundling.line);
    buffer_free(&bundling.sums);
    return status;
}
