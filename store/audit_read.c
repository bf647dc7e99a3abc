/* What a reader of events wants to know before it tells what they say: that these are the events the last head was made of. */
#include "store/audit.h"
#include "store/audit_scan.h"
#include "store/sql.h"

struct reading {
    struct store *store;
    struct merkle_tree tree;
    struct audit_head head; /* the last; size 0: there is none */
};

static enum status fail(const struct reading *reading, int64_t event, const char *sentence,
                        struct error *error)
{
    return error_set(
        error, STATUS_LEDGER,
        _("%s: the ledger does not verify from event %lld on: %s, and what it says is not shown. "
          "\"congkhai audit verify\" looks at all of it; keep a copy of the file and restore a "
          "backup"),
        store_path(reading->store), (long long)event, sentence);
}

static enum status take_leaf(struct reading *reading, const struct digest *leaf, struct error *error)
{
    merkle_append(&reading->tree, leaf);
    if (reading->tree.size != reading->head.size)
        return STATUS_OK;
    struct digest root = merkle_root(&reading->tree);
    return digest_equal(&root, &reading->head.root)
               ? STATUS_OK
               : fail(reading, 1, _("the events do not give the last head"), error);
}

static enum status take_all(struct reading *reading, struct error *error)
{
    struct audit_scan scan;
    enum status status = audit_scan_open(&scan, reading->store, 0, 0, error);
    while (!status && !(status = audit_scan_next(&scan, error))) {
        if (scan.gap)
            status = fail(reading, (int64_t)reading->tree.size + 1, _("it is gone"), error);
        else if (*scan.fault)
            status = fail(reading, scan.entry.seq, scan.fault, error);
        status = status ? status : take_leaf(reading, &scan.leaf, error);
    }
    audit_scan_close(&scan);
    return status == STATUS_END ? STATUS_OK : status;
}

/* As they stand in their rows: a tenth of the work. */
static enum status take_leaves(struct reading *reading, struct error *error)
{
    struct sqlite_statement *rows;
    struct digest leaf;
    if (store_sql(reading->store, "SELECT seq, hash FROM ledger ORDER BY seq", &rows, error))
        return error->status;
    enum status status;
    while ((status = sqlite_step(rows, error)) == STATUS_OK) {
        int64_t expected = (int64_t)reading->tree.size + 1;
        if (sqlite_number(rows, 0) != expected || !sqlite_digest(rows, 1, &leaf))
            status = fail(reading, expected, _("it is gone"), error);
        else
            status = take_leaf(reading, &leaf, error);
        if (status)
            break;
    }
    return sql_end(rows, status);
}

static enum status check_event(const struct reading *reading, int64_t event, struct error *error)
{
    struct audit_scan scan;
    enum status status = audit_scan_event(&scan, reading->store, event, error);
    audit_scan_close(&scan);
    return status == STATUS_END ? fail(reading, event, _("it was changed"), error) : status;
}

static enum status check_code(struct reading *reading, struct text code, struct error *error)
{
    struct sqlite_statement *rows;
    if (sql_rows(reading->store, "SELECT seq FROM ledger WHERE code = ?1 ORDER BY seq",
                 SQL_WITH(SQL_TEXT(code)), &rows, error))
        return error->status;
    enum status status;
    while ((status = sqlite_step(rows, error)) == STATUS_OK)
        if ((status = check_event(reading, sqlite_number(rows, 0), error)))
            break;
    return sql_end(rows, status);
}

static enum status check(struct reading *reading, struct arena *arena, struct text code, struct error *error)
{
    enum status status = audit_head(reading->store, arena, 0, &reading->head, error);
    if (status == STATUS_END)
        status = STATUS_OK;
    if (!status)
        status = code.bytes ? take_leaves(reading, error) : take_all(reading, error);
    if (!status && reading->tree.size < reading->head.size)
        status = fail(reading, (int64_t)reading->tree.size + 1, _("events were cut off at its end"), error);
    return status || !code.bytes ? status : check_code(reading, code, error);
}

enum status audit_read_check(struct store *store, struct text code, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct reading reading = { .store = store };
    if (store_snapshot_begin(store, error))
        return error->status;
    enum status status = check(&reading, &arena, code, error);
    store_snapshot_end(store);
    return status;
}
