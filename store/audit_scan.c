#include "store/audit_scan.h"

#include <stdio.h>
#include <string.h>

#include "adapters/json.h"
#include "adapters/unicode.h"
#include "core/canonical.h"

const char *const audit_named[AUDIT_NAMED] = { "source_digest", "config_digest",    "rules_digest",
                                               "text_digest",   "signature_digest", "revoked_digest" };

/* A column of another type would give the same bytes to be hashed and yet be passed over by the views. To be
 * asked before anything is read: reading may convert what it reads. */
static bool has_types(struct sqlite_statement *row)
{
    static const struct {
        int at;
        bool may_be_null;
    } message[] = { { 1, false }, { 3, false }, { 4, true }, { 5, true }, { 7, true }, { 8, false } };
    for (size_t i = 0; i < sizeof message / sizeof *message; i++)
        if (!sqlite_is_text(row, message[i].at) &&
            !(message[i].may_be_null && sqlite_is_null(row, message[i].at)))
            return false;
    return sqlite_is_integer(row, 2) && sqlite_is_blob(row, 9) &&
           (sqlite_is_null(row, 6) || sqlite_is_blob(row, 6));
}

static bool is_time(struct text text)
{
    static const char form[] = "dddd-dd-ddTdd:dd:dd.dddZ";
    if (text.length != sizeof form - 1)
        return false;
    for (size_t i = 0; i < text.length; i++)
        if (form[i] == 'd' ? text.bytes[i] < '0' || text.bytes[i] > '9' : text.bytes[i] != form[i])
            return false;
    return true;
}

void audit_scan_begin(struct audit_scan *scan, int64_t after, int64_t run)
{
    *scan = (struct audit_scan){ .expected = after + 1, .run = run };
}

enum status audit_scan_open(struct audit_scan *scan, struct store *store, int64_t after, int64_t run,
                            struct error *error)
{
    audit_scan_begin(scan, after, run);
    scan->store = store;
    if (sqlite_prepare(store_database(store),
                       "SELECT seq, at, run, event, source, code, digest, actor, detail, hash"
                       " FROM ledger WHERE seq > ?1 ORDER BY seq",
                       &scan->rows, error))
        return error->status;
    sqlite_bind_number(scan->rows, 1, after ? after : INT64_MIN);
    return STATUS_OK;
}

void audit_scan_close(struct audit_scan *scan)
{
    if (scan->rows)
        sqlite_finish(scan->rows);
    scan->rows = NULL;
    buffer_free(&scan->bytes);
    buffer_free(&scan->written);
    arena_free(&scan->arena);
}

static void blame(struct audit_scan *scan, const char *sentence)
{
    if (!*scan->fault)
        snprintf(scan->fault, sizeof scan->fault, "%s", sentence);
}

static void check_run(struct audit_scan *scan)
{
    const struct ledger_entry *entry = &scan->entry;
    bool starts = text_is(entry->event, "run-started"), ends = text_is(entry->event, "run-finished");
    if (starts) {
        if (entry->run != scan->run + 1)
            blame(scan, _("it starts a run, but not the one that comes next"));
        scan->run = entry->run;
        scan->run_open = true;
    } else if (entry->run != scan->run || scan->run == 0) {
        blame(scan, _("it belongs to a run that had not started or was over"));
    } else if (!scan->run_open && !text_is(entry->event, "copy-failed")) {
        blame(scan, _("it was added to a run that had ended"));
    }
    if (ends)
        scan->run_open = false;
}

/* The detail is hashed as it stands between its neighbours: it must be canonical JSON, and not reach over into them. Where
 * it names bytes, it names them by a digest. */
void audit_scan_check_detail(struct audit_scan *scan)
{
    struct value *detail;
    struct error unread = { 0 };
    arena_clear(&scan->arena);
    scan->detail = value_object(&scan->arena);
    scan->fault[0] = 0;
    buffer_clear(&scan->written);
    bool read = json_parse(&scan->arena, scan->entry.detail, &detail, &unread) == STATUS_OK &&
                detail->kind == VALUE_OBJECT;
    if (read)
        canonical_write(&scan->written, detail);
    if (!read || !text_equal(buffer_view(&scan->written), scan->entry.detail)) {
        blame(scan, is_time(scan->entry.at) ? _("its detail is not one JSON object in canonical form")
                                            : _("its time is no time"));
        return;
    }
    audit_scan_check_written(scan, detail);
}

void audit_scan_check_written(struct audit_scan *scan, const struct value *detail)
{
    struct digest digest;
    scan->fault[0] = 0;
    if (!is_time(scan->entry.at))
        blame(scan, _("its time is no time"));
    scan->detail = detail;
    for (size_t i = 0; i < AUDIT_NAMED; i++) {
        const struct value *named = value_find(detail, audit_named[i]);
        if (named && (named->kind != VALUE_TEXT || named->text.length != DIGEST_HEX - 1 ||
                      !digest_from_hex(named->text, &digest)))
            blame(scan, _("it names bytes by what is no digest"));
    }
}

void audit_scan_check(struct audit_scan *scan, bool typed)
{
    struct ledger_entry *entry = &scan->entry;
    scan->gap = entry->seq > scan->expected;
    audit_scan_check_detail(scan);
    if (entry->seq < scan->expected)
        blame(scan, _("its number is below 1"));
    if (!typed)
        blame(scan, _("a column holds a value of another type than the program writes, which hides it from "
                      "the views"));
    ledger_canonical(&scan->bytes, entry);
    if (unicode_invalid_at(buffer_view(&scan->bytes)) < scan->bytes.length)
        blame(scan, _("it is no UTF-8"));
    scan->leaf = merkle_leaf(buffer_view(&scan->bytes));
    if (!digest_equal(&scan->leaf, &entry->hash))
        blame(scan, _("its content does not give its recorded hash"));
    check_run(scan);
    scan->expected = entry->seq + 1;
}

enum status audit_scan_next(struct audit_scan *scan, struct error *error)
{
    struct sqlite_statement *rows = scan->rows;
    struct ledger_entry *entry = &scan->entry;
    enum status status = sqlite_step(rows, error);
    if (status)
        return status;
    bool typed = has_types(rows);
    *entry = (struct ledger_entry){ .seq = sqlite_number(rows, 0), .run = sqlite_number(rows, 2) };
    entry->at = sqlite_column_text(rows, 1);
    entry->event = sqlite_column_text(rows, 3);
    entry->source = sqlite_column_text(rows, 4);
    entry->code = sqlite_column_text(rows, 5);
    entry->has_digest = sqlite_digest(rows, 6, &entry->digest);
    typed = typed && (entry->has_digest || sqlite_is_null(rows, 6));
    entry->actor = sqlite_column_text(rows, 7);
    entry->detail = sqlite_column_text(rows, 8);
    typed = sqlite_digest(rows, 9, &entry->hash) && typed;
    audit_scan_check(scan, typed);
    return STATUS_OK;
}

enum status audit_scan_event(struct audit_scan *scan, struct store *store, int64_t event, struct error *error)
{
    enum status status = audit_scan_open(scan, store, event - 1, 0, error);
    if (!status)
        status = audit_scan_next(scan, error);
    if (!status && (scan->entry.seq != event || !digest_equal(&scan->leaf, &scan->entry.hash)))
        status = STATUS_END;
    return status;
}

enum status audit_row_open(struct store *store, int64_t from_run, struct sqlite_statement **rows,
                           struct error *error)
{
    if (sqlite_prepare(
            store_database(store),
            "SELECT run, size, root, frontier, note, typeof(size) = 'integer' AND typeof(root) = 'blob' AND"
            " typeof(frontier) = 'blob' AND typeof(note) = 'text' FROM checkpoint WHERE run >= ?1"
            " ORDER BY run",
            rows, error))
        return error->status;
    sqlite_bind_number(*rows, 1, from_run);
    return STATUS_OK;
}

enum status audit_row_next(struct sqlite_statement *rows, struct audit_row *row, struct error *error)
{
    enum status status = sqlite_step(rows, error);
    if (status)
        return status;
    *row = (struct audit_row){ .run = sqlite_number(rows, 0), .size = sqlite_number(rows, 1) };
    bool whole = sqlite_digest(rows, 2, &row->root);
    row->frontier = sqlite_bytes(rows, 3);
    row->note = sqlite_column_text(rows, 4);
    row->types = whole && sqlite_number(rows, 5);
    return STATUS_OK;
}
