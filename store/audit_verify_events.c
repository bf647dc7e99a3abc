/* Every event, the tree that they give, and the heads that it must give. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/crypto.h"
#include "adapters/json.h"
#include "core/memory.h"
#include "store/audit_verify.h"
#include "store/sql.h"

struct heads {
    struct sqlite_statement *rows;
    struct audit_row row;
    bool has_row;
};

static enum status next_row(struct heads *heads, struct error *error)
{
    enum status status = audit_row_next(heads->rows, &heads->row, error);
    heads->has_row = status == STATUS_OK;
    return status == STATUS_END ? STATUS_OK : status;
}

/* ---- one head ---- */

static bool check_signature(struct audit_pass *pass, const struct audit_row *row,
                            const struct audit_head *head, const struct note *note)
{
    const struct audit_settings *settings = pass->request->settings;
    struct error reason = { 0 };
    if (!head->is_signed) {
        if (pass->seen_signed)
            audit_find(pass, AUDIT_SIGNATURE, pass->proven + 1,
                       _("the head of run %lld is not signed, though heads before it are"),
                       (long long)row->run);
        return false;
    }
    pass->seen_signed = true;
    pass->report->signed_heads++;
    if (!settings->key_count)
        return false;
    const struct note_key *by = NULL;
    if (note_verify(note, settings->keys, settings->key_count, &by, &reason) == STATUS_OK) {
        audit_signed_by(pass, by);
        return true;
    }
    audit_find(pass, AUDIT_SIGNATURE, pass->proven + 1, _("the head of run %lld: %s"), (long long)row->run,
               reason.message);
    return false;
}

/* Its text, its columns and its frontier say the same. */
static bool is_whole(struct audit_pass *pass, const struct audit_row *row, const struct audit_head *head)
{
    struct merkle_tree tree;
    if (!row->types || head->size != (uint64_t)row->size || !digest_equal(&head->root, &row->root) ||
        !merkle_read(row->frontier, &tree) || tree.size != head->size)
        return false;
    struct digest root = merkle_root(&tree);
    return digest_equal(&root, &row->root) &&
           (!pass->report->origin.bytes || text_equal(head->origin, pass->report->origin));
}

static bool gives(const struct audit_pass *pass, const struct digest *root)
{
    struct digest computed = merkle_root(&pass->computed);
    if (digest_equal(&computed, root))
        return true;
    struct digest recorded = merkle_root(&pass->recorded);
    return pass->diverged && digest_equal(&recorded, root);
}

static void check_root(struct audit_pass *pass, const struct audit_row *row, bool believed)
{
    long long first = (long long)pass->proven + 1, last = (long long)pass->computed.size,
              run = (long long)row->run;
    if (gives(pass, &row->root)) {
        pass->proven = (int64_t)pass->computed.size;
        if (!pass->faulty)
            pass->report->proven = pass->proven;
        return;
    }
    pass->broken = true;
    if (pass->faulty)
        return;
    if (believed)
        audit_find(
            pass, AUDIT_EVENT, first,
            _("events %lld to %lld do not give the head of run %lld, whose signature is genuine: among them, "
              "events were changed, removed or put in after the run"),
            first, last, run);
    else
        audit_find(pass, AUDIT_HEAD, first,
                   _("events %lld to %lld do not give the head of run %lld: they or the head were changed "
                     "after the run"),
                   first, last, run);
}

static void check_head(struct audit_pass *pass, const struct audit_row *row)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct audit_report *report = pass->report;
    struct error reason = { 0 };
    struct audit_head head;
    struct note note;
    report->heads++;
    if (row->size > pass->last_seal)
        pass->last_seal = row->size;
    if (audit_head_parse(&arena, row->note, &head, &note, &reason)) {
        audit_find(pass, AUDIT_HEAD, pass->proven + 1, _("the head of run %lld: %s"), (long long)row->run,
                   reason.message);
        return;
    }
    pass->last_note = text_copy(pass->arena, row->note);
    bool believed = check_signature(pass, row, &head, &note);
    if (!is_whole(pass, row, &head)) {
        audit_find(pass, AUDIT_HEAD, pass->proven + 1,
                   _("the head of run %lld was altered: what its note and its row say differs"),
                   (long long)row->run);
        return;
    }
    if ((uint64_t)row->size == pass->computed.size && !pass->broken)
        check_root(pass, row, believed);
}

/* ---- heads along the events ---- */

/* Each run that has ended has a head that ends with it. */
static enum status at_run_end(struct audit_pass *pass, struct heads *heads, int64_t run, struct error *error)
{
    while (heads->has_row && heads->row.run < run) {
        audit_find(pass, AUDIT_HEAD, pass->proven + 1, _("there is a head of run %lld, which has no end"),
                   (long long)heads->row.run);
        if (next_row(heads, error))
            return error->status;
    }
    int64_t event = (int64_t)pass->computed.size;
    if (!heads->has_row || heads->row.run != run) {
        audit_find(pass, AUDIT_HEAD, pass->proven + 1,
                   _("run %lld has ended with event %lld, but its head is gone"), (long long)run,
                   (long long)event);
        return STATUS_OK;
    }
    if (heads->row.size != event && !pass->faulty)
        audit_find(
            pass, AUDIT_HEAD, pass->proven + 1,
            _("the head of run %lld ends with event %lld, but the run with event %lld: it is another head"),
            (long long)run, (long long)heads->row.size, (long long)event);
    check_head(pass, &heads->row);
    return next_row(heads, error);
}

static enum status rest_of_heads(struct audit_pass *pass, struct heads *heads, struct error *error)
{
    int64_t events = pass->report->events;
    while (heads->has_row) {
        if (heads->row.size > events && !pass->broken)
            audit_find(pass, AUDIT_EVENT, events + 1,
                       _("the head of run %lld knows %lld events, but the ledger ends at event %lld: its end "
                         "was cut off"),
                       (long long)heads->row.run, (long long)heads->row.size, (long long)events);
        else if (!pass->broken)
            audit_find(pass, AUDIT_HEAD, pass->proven + 1, _("there is a head of run %lld, which has no end"),
                       (long long)heads->row.run);
        check_head(pass, &heads->row);
        if (next_row(heads, error))
            return error->status;
    }
    return STATUS_OK;
}

static void check_outside(struct audit_pass *pass)
{
    while (pass->outside_at < pass->outside_count &&
           pass->outside[pass->outside_at].head.size <= pass->computed.size) {
        struct audit_kept_head *kept = &pass->outside[pass->outside_at++];
        kept->reached = true;
        kept->fits = gives(pass, &kept->head.root);
    }
}

void audit_conclude_outside(struct audit_pass *pass)
{
    int64_t proven = 0, events = pass->report->events;
    for (size_t i = 0; i < pass->outside_count; i++) {
        const struct audit_kept_head *kept = &pass->outside[i];
        long long size = (long long)kept->head.size;
        pass->outside_fits = pass->outside_fits || kept->fits;
        if (kept->fits)
            proven = size;
        else if (kept->restored)
            audit_not_proven(pass,
                             _("%s: the ledger holds to event %lld and from it, where a backup was restored; "
                               "events %lld to %lld of that head are not proven"),
                             kept->name, (long long)kept->restored, (long long)kept->restored + 1, size);
        else if (!kept->reached)
            audit_find(pass, AUDIT_OUTSIDE, events + 1,
                       _("the head in %s knows %llu events, but the ledger ends at event %lld: its end was "
                         "cut off, or an older file was put in its place"),
                       kept->name, (unsigned long long)kept->head.size, (long long)events);
        else if (!pass->broken)
            audit_find(
                pass, AUDIT_OUTSIDE, proven < size ? proven + 1 : size,
                _("events %lld to %lld do not give the head in %s: the ledger was made anew after that "
                  "head"),
                proven < size ? (long long)proven + 1 : size, size, kept->name);
    }
}

/* ---- one event ---- */

static enum status check_source(struct audit_pass *pass, int64_t event, const struct digest *digest,
                                struct error *error)
{
    char hex[DIGEST_HEX];
    enum audit_presence presence;
    if (audit_find_payload(pass, digest, &presence, error))
        return error->status;
    if (presence != AUDIT_GONE)
        return STATUS_OK;
    digest_hex(digest, hex);
    audit_find(pass, AUDIT_PAYLOAD, event, _("event %lld speaks of the bytes %s, which are not in the store"),
               (long long)event, hex);
    return STATUS_OK;
}

static enum status check_content(struct audit_pass *pass, int64_t event, const struct digest *digest,
                                 struct error *error)
{
    char hex[DIGEST_HEX];
    enum audit_presence presence;
    if (audit_find_payload(pass, digest, &presence, error))
        return error->status;
    if (presence == AUDIT_KEPT || (presence == AUDIT_HELD && store_version(pass->store) == 1))
        return STATUS_OK;
    digest_hex(digest, hex);
    if (presence == AUDIT_GONE) {
        audit_find(pass, AUDIT_PAYLOAD, event,
                   _("event %lld speaks of the bytes %s, which are not in the store"), (long long)event, hex);
    } else if (presence == AUDIT_UNREADABLE && pass->of_first_version) {
        pass->first_unreadable = pass->unreadable++ ? pass->first_unreadable : event;
        audit_told_payload(pass, digest);
    } else {
        audit_find(
            pass, AUDIT_PAYLOAD, event,
            _("event %lld calls the bytes %s a content, but they are not kept as one: packed, forgotten, or "
              "marked as a source's"),
            (long long)event, hex);
    }
    return STATUS_OK;
}

/* 0.1.0 gave input without bytes (empty, or too large to be kept) the digest of its locator. */
bool audit_is_misnamed(const struct audit_pass *pass, const struct audit_scan *scan,
                       const struct digest *source_digest)
{
    struct text locator = value_text_of(scan->detail, "locator");
    struct digest of_locator = crypto_sha256(locator);
    return pass->of_first_version && !scan->entry.code.bytes && locator.length &&
           digest_equal(&of_locator, source_digest);
}

static void note_misnamed(struct audit_pass *pass, const struct audit_scan *scan,
                          const struct digest *source_digest)
{
    if (!audit_is_misnamed(pass, scan, source_digest))
        return;
    pass->misnamed =
        memory_more(pass->misnamed, pass->misnamed_count, &pass->misnamed_room, sizeof *pass->misnamed);
    pass->misnamed[pass->misnamed_count++] = *source_digest;
    pass->first_misnamed = pass->first_misnamed ? pass->first_misnamed : scan->entry.seq;
}

static enum status check_references(struct audit_pass *pass, const struct audit_scan *scan,
                                    struct error *error)
{
    const struct ledger_entry *entry = &scan->entry;
    struct digest digest;
    if (entry->has_digest && check_content(pass, entry->seq, &entry->digest, error))
        return error->status;
    if (digest_from_hex(value_text_of(scan->detail, audit_named[0]), &digest)) {
        note_misnamed(pass, scan, &digest);
        if (check_source(pass, entry->seq, &digest, error))
            return error->status;
    }
    for (size_t i = 1; i < AUDIT_NAMED; i++)
        if (digest_from_hex(value_text_of(scan->detail, audit_named[i]), &digest) &&
            check_content(pass, entry->seq, &digest, error))
            return error->status;
    return STATUS_OK;
}

static void grow(struct audit_pass *pass, const struct audit_scan *scan)
{
    if (!pass->diverged && !digest_equal(&scan->leaf, &scan->entry.hash)) {
        pass->recorded = pass->computed;
        pass->diverged = true;
    }
    merkle_append(&pass->computed, &scan->leaf);
    if (pass->diverged)
        merkle_append(&pass->recorded, &scan->entry.hash);
}

static void look_at_clock(struct audit_pass *pass, struct text at)
{
    if (text_compare(at, text_of(pass->last_at)) < 0)
        pass->back++;
    if (text_compare(at, text_of(pass->now)) > 0)
        pass->ahead++;
    snprintf(pass->last_at, sizeof pass->last_at, "%.*s", TEXT_ARG(at));
}

void audit_take_event(struct audit_pass *pass, const struct audit_scan *scan)
{
    struct audit_report *report = pass->report;
    int64_t event = scan->entry.seq;
    if (scan->gap)
        audit_find(pass, AUDIT_EVENT, report->events + 1, _("events %lld to %lld are gone"),
                   (long long)report->events + 1, (long long)event - 1);
    if (*scan->fault)
        audit_find(pass, AUDIT_EVENT, event, _("event %lld: %s"), (long long)event, scan->fault);
    pass->broken = pass->broken || scan->gap;
    pass->faulty = pass->faulty || scan->gap || *scan->fault;
    if (text_is(scan->entry.event, "run-started")) {
        pass->before = pass->computed;
        report->runs++;
        pass->of_first_version = !value_find(scan->detail, "schema");
    }
    audit_follow_schema(pass, scan);
    grow(pass, scan);
    report->events = event;
    look_at_clock(pass, scan->entry.at);
    if (text_is(scan->entry.event, "restored"))
        audit_take_restored(pass, &scan->entry);
    check_outside(pass);
}

static enum status take_event(struct audit_pass *pass, const struct audit_scan *scan, struct heads *heads,
                              struct error *error)
{
    int64_t event = scan->entry.seq;
    audit_take_event(pass, scan);
    if (check_references(pass, scan, error))
        return error->status;
    if (text_is(scan->entry.event, "run-finished") && at_run_end(pass, heads, scan->entry.run, error))
        return error->status;
    if (pass->request->progress && event % 10000 == 0)
        pass->request->progress(pass->request->user_data, event, pass->total);
    if (pass->request->stop && event % 1000 == 0 && pass->request->stop(pass->request->user_data))
        return error_set(error, STATUS_BUSY, _("the verification was broken off"));
    return STATUS_OK;
}

/* ---- the tree as it is kept ---- */

/* What stands behind the last head was written by a run with the ledger's key, or by whom nobody knows. */
static void check_tail(struct audit_pass *pass, struct text note)
{
    const struct audit_settings *settings = pass->request->settings;
    if (pass->seen_signed && settings->key_count && pass->report->events > pass->last_seal &&
        store_version(pass->store) > 1 && !audit_signs_tree(note, &pass->recorded, settings))
        audit_find(
            pass, AUDIT_SIGNATURE, pass->last_seal + 1,
            _("events %lld to %lld stand behind the last head, and no run with the ledger's key wrote them"),
            (long long)pass->last_seal + 1, (long long)pass->report->events);
}

static enum status check_kept(struct audit_pass *pass, struct error *error)
{
    BUFFER_OWNED struct buffer grown = { 0 };
    struct sqlite_statement *row;
    struct merkle_tree kept;
    enum status status =
        sql_row(pass->store,
                "SELECT frontier, size, note, typeof(size) = 'integer' AND typeof(frontier) = 'blob' FROM "
                "tree WHERE id = 1",
                NULL, &row, error);
    if (status > STATUS_END)
        return status;
    bool has = status == STATUS_OK;
    int64_t size = has ? sqlite_number(row, 1) : 0, events = pass->report->events;
    merkle_write(&pass->recorded, &grown);
    bool same = has && sqlite_number(row, 3) && text_equal(sqlite_bytes(row, 0), buffer_view(&grown)) &&
                size == events;
    bool readable = has && merkle_read(sqlite_bytes(row, 0), &kept) && (int64_t)kept.size == size;
    if (same && !pass->broken)
        check_tail(pass, sqlite_column_text(row, 2));
    sqlite_reset_statement(row);
    if (same || (!has && !events) || pass->broken)
        return STATUS_OK;
    if (!readable)
        audit_find(pass, AUDIT_HEAD, pass->proven + 1, _("the tree as it is kept was altered or is gone"));
    else if (size > events)
        audit_find(pass, AUDIT_EVENT, events + 1,
                   _("the tree as it is kept knows %lld events, but the ledger ends at event %lld: its end "
                     "was cut off"),
                   (long long)size, (long long)events);
    else if (size < events)
        audit_find(
            pass, AUDIT_EVENT, size + 1,
            _("the tree as it is kept knows %lld events: events %lld to %lld were put in by another hand"),
            (long long)size, (long long)size + 1, (long long)events);
    else
        audit_find(pass, AUDIT_EVENT, pass->proven + 1, _("the events do not give the tree as it is kept"));
    return STATUS_OK;
}

enum status audit_verify_events(struct audit_pass *pass, struct error *error)
{
    struct audit_scan scan;
    struct heads heads = { 0 };
    check_outside(pass);
    enum status status = audit_row_open(pass->store, INT64_MIN, &heads.rows, error);
    status = status ? status : next_row(&heads, error);
    status = status ? status : audit_open_near(pass, error);
    status = status ? status : audit_scan_open(&scan, pass->store, 0, 0, error);
    if (!status) {
        while (!(status = audit_scan_next(&scan, error)))
            if ((status = take_event(pass, &scan, &heads, error)))
                break;
        audit_scan_close(&scan);
        status = status == STATUS_END ? STATUS_OK : status;
    }
    if (!pass->diverged)
        pass->recorded = pass->computed;
    if (!status)
        status = rest_of_heads(pass, &heads, error);
    if (!status) {
        audit_conclude_outside(pass);
        status = check_kept(pass, error);
    }
    if (heads.rows)
        sqlite_finish(heads.rows);
    audit_close_near(pass);
    const struct audit_settings *settings = pass->request->settings;
    if (!status && settings->key_count && pass->report->heads && !pass->report->signed_heads)
        audit_find(pass, AUDIT_SIGNATURE, 1,
                   _("no head is signed, though a key is known: no run has ended since the key was made, or "
                     "the ledger "
                     "was made anew without it"));
    return status;
}
