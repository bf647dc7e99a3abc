/* What a run wants to know of the ledger before it writes one more event: the same proofs as audit_verify,
 * from the last head but one on. */
#include <string.h>

#include "adapters/private_file.h"
#include "store/audit.h"
#include "store/audit_scan.h"
#include "store/restoration.h"
#include "store/schema.h"
#include "store/sql.h"
#include "store/steering.h"

#define EVENTS_MAX 50000 /* of the last run; a larger one is only followed from its head on */

struct quick {
    struct store *store;
    const struct audit_settings *settings;
    struct arena arena;
    struct merkle_tree tree; /* grows along the events */
    int64_t run;             /* of the head it starts from */
    bool has_last;
    struct audit_head last; /* the newest head */
    uint64_t kept_size;     /* of the tree as the store keeps it */
    struct text kept;
    struct text file;          /* the head beside the store; bytes NULL: none */
    struct merkle_tree before; /* the run that the events belong to */
    int64_t restored_from,
        restored_to; /* a backup was restored by one of these events: heads between these are the replaced ledger's */
};

static enum status fail(const struct quick *quick, struct error *error, const char *sentence)
{
    return error_set(
        error, STATUS_LEDGER,
        _("%s: the ledger does not verify: %s; nothing is sent. \"congkhai audit verify\" looks at all of "
          "it; keep a copy of the file and restore a backup"),
        store_path(quick->store), sentence);
}

static enum status fail_event(const struct quick *quick, struct error *error, int64_t event,
                              const char *sentence)
{
    return error_set(
        error, STATUS_LEDGER,
        _("%s: the ledger does not verify from event %lld on: %s; nothing is sent. \"congkhai audit "
          "verify\" looks at all of it; keep a copy of the file and restore a backup"),
        store_path(quick->store), (long long)event, sentence);
}

struct schema_fault {
    const struct quick *quick;
    struct error *error;
    bool found;
};

static void schema_found(void *user_data, const char *sentence)
{
    struct schema_fault *fault = user_data;
    if (!fault->found)
        (void)fail(fault->quick, fault->error, sentence);
    fault->found = true;
}

static enum status check_schema(const struct quick *quick, struct error *error)
{
    struct schema_fault fault = { quick, error, false };
    struct sqlite *database = store_database(quick->store);
    int64_t version = store_version(quick->store);
    enum schema_standing standing;
    enum status status = schema_judge(database, version, &standing, error);
    if (!status && standing == SCHEMA_FOREIGN)
        status = schema_differences(database, version, schema_found, &fault, error);
    return fault.found ? STATUS_LEDGER : status;
}

/* The tree as it is kept must be as large as the ledger. */
static enum status read_kept(struct quick *quick, struct error *error)
{
    struct sqlite_statement *row;
    struct merkle_tree tree;
    enum status status =
        sql_row(quick->store,
                "SELECT coalesce((SELECT max(seq) FROM ledger), 0), frontier, size FROM (SELECT 1)"
                " LEFT JOIN tree ON id = 1",
                NULL, &row, error);
    if (status)
        return status;
    uint64_t events = (uint64_t)sqlite_number(row, 0);
    quick->kept = text_copy(&quick->arena, sqlite_bytes(row, 1));
    uint64_t size = (uint64_t)sqlite_number(row, 2);
    sqlite_reset_statement(row);
    if (!quick->kept.bytes && !events)
        return STATUS_OK;
    if (!quick->kept.bytes || !merkle_read(quick->kept, &tree) || tree.size != size)
        return fail(quick, error, _("the tree's head is damaged or gone"));
    quick->kept_size = tree.size;
    if (tree.size > events)
        return fail_event(quick, error, (int64_t)events + 1, _("events were cut off at its end"));
    if (tree.size < events)
        return fail_event(quick, error, (int64_t)tree.size + 1,
                          _("events were added that the tree does not know"));
    return STATUS_OK;
}

/* A row is only worth something when its text, its columns and its frontier say the same. */
static enum status read_row(struct quick *quick, const struct audit_row *row, struct merkle_tree *tree,
                            struct audit_head *head, struct error *error)
{
    struct error reason = { 0 };
    struct note note;
    struct text bytes = text_copy(&quick->arena, row->note);
    if (!row->types || audit_head_parse(&quick->arena, bytes, head, &note, &reason) ||
        head->size != (uint64_t)row->size || !digest_equal(&head->root, &row->root) ||
        !merkle_read(row->frontier, tree) || tree->size != head->size)
        return fail(quick, error, _("a head of an earlier run was altered"));
    struct digest root = merkle_root(tree);
    if (!digest_equal(&root, &head->root))
        return fail(quick, error, _("a head of an earlier run was altered"));
    head->run = row->run;
    const struct audit_settings *settings = quick->settings;
    if (settings && settings->key_count && head->is_signed &&
        note_verify(&note, settings->keys, settings->key_count, NULL, &reason))
        return fail(quick, error, reason.message);
    return STATUS_OK;
}

/* Leaves the tree at the head to start from: the last but one, or the last. */
static enum status read_heads(struct quick *quick, struct error *error)
{
    struct sqlite_statement *rows;
    struct audit_row row;
    struct merkle_tree tree, before = { 0 };
    struct audit_head head, first = { 0 };
    if (store_sql(
            quick->store,
            "SELECT run, size, root, frontier, note, typeof(size) = 'integer' AND typeof(root) = 'blob' AND"
            " typeof(frontier) = 'blob' AND typeof(note) = 'text' FROM checkpoint ORDER BY run DESC LIMIT 2",
            &rows, error))
        return error->status;
    enum status status;
    while ((status = audit_row_next(rows, &row, error)) == STATUS_OK) {
        if (read_row(quick, &row, &tree, &head, error)) {
            sqlite_reset_statement(rows);
            return STATUS_LEDGER;
        }
        if (quick->has_last) {
            before = tree;
            first = head;
        } else {
            quick->has_last = true;
            quick->last = head;
            quick->tree = tree;
        }
    }
    if (status != STATUS_END || !quick->has_last)
        return status == STATUS_END ? STATUS_OK : status;
    quick->run = quick->last.run;
    if (quick->last.size > quick->kept_size)
        return fail_event(quick, error, (int64_t)quick->kept_size + 1,
                          _("the last head knows events that are not there"));
    if (first.run && (first.size >= quick->last.size || (first.is_signed && !quick->last.is_signed)))
        return fail(quick, error, _("a head of an earlier run was altered"));
    if (quick->last.size - first.size <= EVENTS_MAX) {
        quick->tree = before;
        quick->run = first.run;
    }
    return STATUS_OK;
}

/* A run's end has a head that ends with it. */
static enum status compare_head(const struct quick *quick, const struct ledger_entry *entry, int64_t first,
                                struct error *error)
{
    bool ends = text_is(entry->event, "run-finished"),
         head = quick->has_last && quick->tree.size == quick->last.size;
    if (ends != head)
        return fail_event(quick, error, first,
                          _("a run's end and its head do not meet: a head is gone or was replaced"));
    if (!head)
        return STATUS_OK;
    struct digest root = merkle_root(&quick->tree);
    if (entry->run != quick->last.run || !digest_equal(&root, &quick->last.root))
        return fail_event(quick, error, first, _("the events of the last run do not give its head"));
    return STATUS_OK;
}

static enum status follow_events(struct quick *quick, struct error *error)
{
    struct audit_scan scan;
    int64_t start = (int64_t)quick->tree.size;
    enum status status = audit_scan_open(&scan, quick->store, start, quick->run, error);
    while (!status && !(status = audit_scan_next(&scan, error))) {
        if (scan.gap)
            status = fail_event(quick, error, (int64_t)quick->tree.size + 1, _("it is gone"));
        else if (*scan.fault)
            status = fail_event(quick, error, scan.entry.seq, scan.fault);
        if (status)
            break;
        if (text_is(scan.entry.event, "run-started"))
            quick->before = quick->tree;
        if (text_is(scan.entry.event, "restored") &&
            !restoration_read(&scan.entry, &quick->before, &quick->restored_from, &quick->restored_to))
            quick->restored_to = 0;
        merkle_append(&quick->tree, &scan.leaf);
        status = compare_head(quick, &scan.entry, start + 1, error);
    }
    audit_scan_close(&scan);
    return status == STATUS_END ? STATUS_OK : status;
}

static enum status compare_kept(struct quick *quick, struct error *error)
{
    BUFFER_OWNED struct buffer grown = { 0 };
    if (!quick->kept.bytes)
        return STATUS_OK;
    merkle_write(&quick->tree, &grown);
    if (text_equal(buffer_view(&grown), quick->kept))
        return STATUS_OK;
    return fail_event(quick, error, (int64_t)(quick->has_last ? quick->last.size : 0) + 1,
                      _("the events do not give the tree as it is kept"));
}

/* Whoever may write the file could add events, hashes and tree, or a head that is not there: what no run with the key
 * wrote is not sealed. */
static enum status check_tail(const struct quick *quick, struct error *error)
{
    const struct audit_settings *settings = quick->settings;
    struct sqlite_statement *row;
    if (!settings || !settings->key_count || !quick->has_last || !quick->last.is_signed ||
        store_version(quick->store) < 2)
        return STATUS_OK;
    enum status status = sql_row(quick->store, "SELECT note FROM tree WHERE id = 1", NULL, &row, error);
    if (status > STATUS_END)
        return status;
    bool ours = status == STATUS_OK && audit_signs_tree(sqlite_column_text(row, 0), &quick->tree, settings);
    sqlite_reset_statement(row);
    return ours ? STATUS_OK
                : fail_event(
                      quick, error, (int64_t)quick->last.size + 1,
                      quick->tree.size > quick->last.size
                          ? _("what stands behind the last head was written by no run with the ledger's key")
                          : _("the head of the tree as it is kept was altered"));
}

static enum status is_known(const struct quick *quick, bool *known, struct error *error)
{
    return sql_any(quick->store, "SELECT 1 FROM checkpoint WHERE note = ?1", SQL_WITH(SQL_TEXT(quick->file)),
                   known, error);
}

/* A restore that died before it wrote its own head left that of the ledger that it replaced. */
static bool was_replaced(const struct quick *quick, const struct audit_head *head, const struct note *note)
{
    return head->size > (uint64_t)quick->restored_from && head->size <= (uint64_t)quick->restored_to &&
           audit_head_is_of(head, note, quick->last.origin, quick->settings);
}

/* Before the snapshot of the store: a run that ends in between makes the file older, never newer, than what
 * is seen. */
static enum status read_file(struct quick *quick, struct error *error)
{
    BUFFER_OWNED struct buffer path = { 0 };
    struct error reason = { 0 };
    audit_head_path(quick->store, &path);
    if (!file_exists(path.bytes))
        return STATUS_OK;
    if (!private_file_may_read(path.bytes)) /* says nothing against the ledger */
        return private_file_tell_denied(path.bytes, STATUS_STOP, error);
    if (file_read(&quick->arena, path.bytes, NOTE_SIZE_MAX, &quick->file, &reason))
        return fail(quick, error, reason.message);
    return STATUS_OK;
}

/* A file that knows more than the store belongs to a newer store than this one. */
static enum status compare_file(struct quick *quick, struct error *error)
{
    struct error reason = { 0 };
    struct audit_head head;
    struct note note;
    bool known = false;
    if (!quick->file.bytes)
        return STATUS_OK;
    if (audit_head_parse(&quick->arena, quick->file, &head, &note, &reason))
        return fail(quick, error, reason.message);
    if (is_known(quick, &known, error))
        return error->status;
    if (known || was_replaced(quick, &head, &note))
        return STATUS_OK;
    if (head.size > quick->kept_size)
        return fail_event(
            quick, error, (int64_t)quick->kept_size + 1,
            _("the head beside the store knows more events: an older file was put in the store's place, or "
              "its end was cut off"));
    return fail(quick, error, _("the head beside the store is that of another ledger"));
}

enum status audit_quick_check(struct store *store, const struct audit_settings *settings, struct error *error)
{
    struct quick quick = { .store = store, .settings = settings };
    struct error user_data;
    error = error ? error : &user_data;
    enum status status = read_file(&quick, error);
    if (!status)
        status = store_snapshot_begin(store, error);
    if (!status) {
        status = audit_check_name(store, error);
        status = status ? status : check_schema(&quick, error);
        status = status ? status : read_kept(&quick, error);
        status = status ? status : read_heads(&quick, error);
        status = status ? status : follow_events(&quick, error);
        status = status ? status : compare_kept(&quick, error);
        status = status ? status : compare_file(&quick, error);
        status = status ? status : check_tail(&quick, error);
        store_snapshot_end(store);
    }
    arena_free(&quick.arena);
    if (status == STATUS_FATAL) /* what cannot be read cannot be believed */
        status = error->status = STATUS_LEDGER;
    return status;
}

/* ---- for a monitor ---- */

static enum status check_contents(struct store *store, struct error *error)
{
    struct sqlite_statement *row;
    struct text bytes;
    if (store_sql(store,
                  "SELECT p.bytes, p.encoding, p.size, p.digest, q.code FROM procedure_state q"
                  " LEFT JOIN payload p ON p.id = q.held_content WHERE q.held_content IS NOT NULL",
                  &row, error))
        return error->status;
    enum status status;
    while ((status = sqlite_step(row, error)) == STATUS_OK) {
        status = store_payload_column(store, row, 0, &bytes, error);
        if (status == STATUS_END)
            status = error_set(error, STATUS_LEDGER,
                               _("%s: the content of " TEXT_PRINT " that stands at the portal is gone"),
                               store_path(store), TEXT_ARG(sqlite_column_text(row, 4)));
        if (status)
            break;
    }
    return sql_end(row, status);
}

static enum status check_standing(struct store *store, struct error *error)
{
    enum steering standing = STEERING_SAME;
    int64_t run = 0;
    if (store_version(store) == STORE_VERSION && steering_compare(store, &standing, &run, error))
        return error->status;
    if (standing == STEERING_CHANGED)
        return error_set(error, STATUS_LEDGER, _("%s: what the stages work with is not as run %lld left it"),
                         store_path(store), (long long)run);
    return check_contents(store, error);
}

enum status audit_standing_check(struct store *store, const struct audit_settings *settings,
                                 struct error *error)
{
    if (audit_quick_check(store, settings, error) || store_snapshot_begin(store, error))
        return error->status;
    /* One moment: a run that begins meanwhile changes the state that the end of the last one bound. */
    enum status status = check_standing(store, error);
    store_snapshot_end(store);
    return status;
}
