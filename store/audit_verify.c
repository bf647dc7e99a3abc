#include "store/audit_verify.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/unicode.h"
#include "core/memory.h"
#include "store/schema.h"
#include "store/schema_versions.h"
#include "store/sql.h"

#define STEPS_LEAST  ((int64_t)50000000)
#define STEPS_A_BYTE 125 /* what an honest file takes, many times over */

/* What stands in a damaged store may be no text at all. */
static const char *clean(struct audit_pass *pass, const char *message)
{
    struct error mended;
    (void)error_set(&mended, STATUS_LEDGER, "%s", message);
    return text_string(pass->arena, text_of(mended.message));
}

__attribute__((format(printf, 4, 0))) static struct audit_finding *
make(struct audit_pass *pass, const char *kind, int64_t event, const char *format, va_list arguments)
{
    char message[1600];
    vsnprintf(message, sizeof message, format, arguments);
    struct audit_finding *finding = arena_new(pass->arena, struct audit_finding);
    finding->kind = kind;
    finding->event = event;
    finding->message = clean(pass, message);
    return finding;
}

void audit_find(struct audit_pass *pass, const char *kind, int64_t event, const char *format, ...)
{
    struct audit_report *report = pass->report;
    va_list arguments;
    report->holds = false;
    bool of_ledger = strcmp(kind, AUDIT_STATE) != 0;
    report->ledger_holds = report->ledger_holds && !of_ledger;
    if (of_ledger && event && (!report->from_event || event < report->from_event))
        report->from_event = event;
    if (report->count++ >= AUDIT_FINDINGS_MAX)
        return;
    va_start(arguments, format);
    struct audit_finding *finding = make(pass, kind, event, format, arguments);
    va_end(arguments);
    if (report->last)
        report->last->next = finding;
    else
        report->first = finding;
    report->last = finding;
}

void audit_not_proven(struct audit_pass *pass, const char *format, ...)
{
    struct audit_report *report = pass->report;
    va_list arguments;
    if (report->not_proven_count++ >= AUDIT_FINDINGS_MAX)
        return;
    va_start(arguments, format);
    struct audit_finding *finding = make(pass, "", 0, format, arguments);
    va_end(arguments);
    if (report->last_not_proven)
        report->last_not_proven->next = finding;
    else
        report->not_proven = finding;
    report->last_not_proven = finding;
}

void audit_note(struct audit_pass *pass, const char *format, ...)
{
    struct audit_report *report = pass->report;
    va_list arguments;
    va_start(arguments, format);
    struct audit_finding *remark = make(pass, "", 0, format, arguments);
    va_end(arguments);
    if (report->last_remark)
        report->last_remark->next = remark;
    else
        report->notes_ = remark;
    report->last_remark = remark;
}

/* One from before there was a key, or one that was damaged: whose it is nobody can tell. */
void audit_not_signed(struct audit_pass *pass, const char *name)
{
    audit_not_proven(pass, _("%s is not signed, though a key is known: whose head it is"), name);
}

/* ---- the file as a database ---- */

static void schema_found(void *user_data, const char *sentence)
{
    audit_find(user_data, AUDIT_SCHEMA, 0, "%s", sentence);
}

static enum status check_schema(struct audit_pass *pass, bool *ours, struct error *error)
{
    struct sqlite *database = store_database(pass->store);
    int64_t version = store_version(pass->store);
    enum schema_standing standing;
    if (schema_judge(database, version, &standing, error))
        return error->status;
    *ours = standing != SCHEMA_FOREIGN;
    if (!*ours)
        return schema_differences(database, version, schema_found, pass, error);
    if (version < STORE_VERSION)
        audit_note(pass, _("the store is as congkhai %s made it: the first run brings it up to date"),
                   schema_version_maker(version));
    else if (standing == SCHEMA_OLDER)
        audit_note(pass, _("its tables and views are those of another congkhai of this version, as the "
                           "ledger says: the first run makes them anew"));
    return STATUS_OK;
}

/* SQLite puts the pages of a rollback journal back when it may next write, and what was verified is another file then. The store
 * never has one: its log is a write-ahead log. One that begins with a zero byte has ended. */
static void check_journal(struct audit_pass *pass)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct text path = text_format(&arena, "%s-journal", store_path(pass->store));
    struct file_stream stream;
    char first = 0;
    size_t got = 0;
    if (!file_exists(path.bytes))
        return;
    bool ended = !file_stream_open(&arena, path.bytes, &stream, NULL);
    if (ended) {
        ended = !stream.read(&stream, &first, 1, &got, NULL) && !first;
        stream.close(&stream);
    }
    if (!ended)
        audit_find(pass, AUDIT_DATABASE, 0,
                   _("%s lies beside the store: SQLite would put other pages in the place of the file's"),
                   path.bytes);
}

/* An index that was edited hides rows from whoever asks by it, without a byte of the table changed. */
static enum status check_database(struct audit_pass *pass, struct error *error)
{
    struct sqlite_statement *rows;
    check_journal(pass);
    if (sqlite_prepare(store_database(pass->store), "PRAGMA integrity_check(10)", &rows, error))
        return error->status;
    enum status status;
    while ((status = sqlite_step(rows, error)) == STATUS_OK) {
        struct text line = sqlite_column_text(rows, 0);
        if (!text_is(line, "ok"))
            audit_find(pass, AUDIT_DATABASE, 0, _("the file is damaged or its pages were edited: %.*s"),
                       TEXT_ARG(line));
    }
    sqlite_finish(rows);
    return status == STATUS_END ? STATUS_OK : status;
}

/* ---- heads kept elsewhere ---- */

static int by_size(const void *left, const void *right)
{
    const struct audit_kept_head *one = left, *other = right;
    return (one->head.size > other->head.size) - (one->head.size < other->head.size);
}

static bool read_outside(struct audit_pass *pass, const struct audit_outside *outside,
                         struct audit_kept_head *kept)
{
    const struct audit_settings *settings = pass->request->settings;
    struct error reason = { 0 };
    struct note note;
    kept->name = outside->name;
    if (audit_head_parse(pass->arena, outside->bytes, &kept->head, &note, &reason)) {
        audit_find(pass, AUDIT_OUTSIDE, 0, "%s: %s", outside->name, reason.message);
        return false;
    }
    if (!settings->key_count)
        audit_note(pass, _("%s: its signature was not checked, because no key is known"), outside->name);
    else if (!kept->head.is_signed)
        audit_not_signed(pass, outside->name);
    else if (note_verify(&note, settings->keys, settings->key_count, NULL, &reason))
        audit_find(pass, AUDIT_OUTSIDE, 0, "%s: %s", outside->name, reason.message);
    return true;
}

static void read_all_outside(struct audit_pass *pass)
{
    const struct audit_request *request = pass->request;
    pass->outside = arena_array(pass->arena, struct audit_kept_head, request->outside_count + 1);
    for (size_t i = 0; i < request->outside_count; i++)
        pass->outside_count += read_outside(pass, &request->outside[i], &pass->outside[pass->outside_count]);
    qsort(pass->outside, pass->outside_count, sizeof *pass->outside, by_size);
}

void audit_check_origin(struct audit_pass *pass)
{
    for (size_t i = 0; i < pass->outside_count; i++)
        if (pass->report->origin.bytes && !text_equal(pass->outside[i].head.origin, pass->report->origin))
            audit_find(pass, AUDIT_OUTSIDE, 0,
                       _("%s is the head of another ledger, \"%.*s\"; this one is \"%.*s\""),
                       pass->outside[i].name, TEXT_ARG(pass->outside[i].head.origin),
                       TEXT_ARG(pass->report->origin));
}

static enum status verify_outside(struct audit_pass *pass, struct error *error)
{
    struct sqlite_statement *row;
    read_all_outside(pass);
    enum status status =
        sql_row(pass->store,
                "SELECT (SELECT value FROM setting WHERE name = 'origin'), (SELECT max(seq) FROM ledger)",
                NULL, &row, error);
    if (status)
        return status;
    if (!sqlite_is_null(row, 0))
        pass->report->origin = text_copy(pass->arena, unicode_mend(pass->arena, sqlite_column_text(row, 0)));
    pass->total = sqlite_number(row, 1);
    sqlite_reset_statement(row);
    audit_check_origin(pass);
    audit_read_beside(pass);
    return STATUS_OK;
}

/* ---- what the first version did wrong ---- */

static void note_first_version(struct audit_pass *pass)
{
    if (pass->misnamed_count)
        audit_note(
            pass,
            _("%zu events of runs of congkhai 0.1.0 name input without bytes (empty, or too large to be "
              "kept) by "
              "a digest of where it stood, the first is event %lld: a fault of that version, not a change"),
            pass->misnamed_count, (long long)pass->first_misnamed);
    if (pass->unreadable)
        audit_note(
            pass,
            _("%lld contents of which events of runs of congkhai 0.1.0 speak were packed or forgotten as a "
              "source's bytes, the first is that of event %lld: a fault of that version, not a change"),
            (long long)pass->unreadable, (long long)pass->first_unreadable);
}

/* ---- the sentence ---- */

void audit_signed_by(struct audit_pass *pass, const struct note_key *key)
{
    for (size_t i = 0; i < pass->signer_count; i++)
        if (pass->signers[i] == key)
            return;
    if (pass->signer_count < sizeof pass->signers / sizeof *pass->signers)
        pass->signers[pass->signer_count++] = key;
}

/* Whose key, and what nobody looked at. */
static void tell(struct audit_pass *pass, struct buffer *out)
{
    if (pass->report->forgotten)
        buffer_printf(out, _(" Of %lld further payloads the bytes were forgotten, and events say so."),
                      (long long)pass->report->forgotten);
    for (size_t i = 0; i < pass->signer_count; i++) {
        const unsigned char *id = pass->signers[i]->id;
        buffer_printf(out, i ? ", %s+%02x%02x%02x%02x" : _(" Signed by %s+%02x%02x%02x%02x"),
                      pass->signers[i]->name, id[0], id[1], id[2], id[3]);
    }
    buffer_string(out, pass->signer_count ? "." : "");
    if (pass->back || pass->ahead)
        audit_note(
            pass,
            _("clocks: %lld events bear a time before that of the event in front of them, %lld one that "
              "lies ahead of now"),
            (long long)pass->back, (long long)pass->ahead);
}

static void conclude(struct audit_pass *pass)
{
    struct audit_report *report = pass->report;
    const struct audit_settings *settings = pass->request->settings;
    BUFFER_OWNED struct buffer out = { 0 };
    report->root = merkle_root(&pass->recorded);
    report->unsealed = report->events > pass->last_seal ? report->events - pass->last_seal : 0;
    /* With a key, that it holds says that the tree is signed: check_tail. */
    if (report->unsealed && report->holds)
        audit_note(
            pass,
            pass->seen_signed && settings->key_count && store_version(pass->store) > 1
                ? _("events %lld to %lld stand behind the last head (a run that is under way or died, a "
                    "copy of the head that failed): they are signed with the tree; that none was cut off "
                    "behind them only the next head proves")
                : _("events %lld to %lld stand behind the last head (a run that is under way or died, a "
                    "copy of the head that failed): nothing proves them before the next head is made"),
            (long long)pass->last_seal + 1, (long long)report->events);
    if (pass->unbound)
        audit_note(pass,
                   _("what only steers the stages was not compared: the last run died, or was of another "
                     "version"));
    note_first_version(pass);
    if (!report->signed_heads && report->heads && !settings->key_count)
        audit_note(
            pass,
            _("no head is signed: whoever may write the file could have made all of it anew; only a head "
              "kept elsewhere can tell"));
    else if (report->signed_heads && !settings->key_count)
        audit_note(pass, _("signatures were not checked, because no key is known; name one with --key"));
    if (report->holds) {
        buffer_printf(
            &out,
            _("The ledger holds: %lld events of %lld runs and %lld payloads give the %lld heads, %lld of "
              "them signed."),
            (long long)report->events, (long long)report->runs,
            (long long)(report->payloads - report->forgotten), (long long)report->heads,
            (long long)report->signed_heads);
        size_t fitting = 0;
        for (size_t i = 0; i < pass->outside_count; i++)
            fitting += pass->outside[i].fits;
        buffer_printf(&out, _(" Heads prove events 1 to %lld."), (long long)report->proven);
        if (fitting)
            buffer_printf(&out, _(" It goes on from the %zu heads kept elsewhere."), fitting);
        tell(pass, &out);
    } else if (report->from_event) {
        buffer_printf(
            &out,
            _("The ledger does not hold from event %lld on (%zu faults); heads prove it up to event %lld."),
            (long long)report->from_event, report->count,
            (long long)(report->proven < report->from_event ? report->proven : report->from_event - 1));
    } else if (report->ledger_holds) {
        buffer_printf(
            &out, _("The ledger holds, but what the stages work with does not agree with it (%zu faults)."),
            report->count);
    } else {
        buffer_printf(
            &out,
            _("The ledger does not hold (%zu faults): not an event, but what is kept beside them is "
              "wrong."),
            report->count);
    }
    report->sentence = text_string(pass->arena, buffer_view(&out));
}

/* What SQLite cannot read is a finding, not an end: the reader is to learn how far the ledger goes. */
static enum status forgive(struct audit_pass *pass, enum status status, int64_t event,
                           const struct error *error)
{
    if (status != STATUS_FATAL && status != STATUS_LEDGER && status != STATUS_STOP)
        return status;
    audit_find(pass, AUDIT_DATABASE, event, "%s", error->message);
    return STATUS_OK;
}

static int64_t file_size(struct audit_pass *pass)
{
    struct file_state state;
    struct error unread;
    return file_look(store_path(pass->store), &state, &unread) ? 0 : state.size;
}

/* The schema comes first: what is no plain table of rows is not read, and nothing that was put in is called. */
static enum status verify(struct audit_pass *pass, struct error *error)
{
    struct sqlite *database = store_database(pass->store);
    bool plain = false, ours = false;
    sqlite_allow(database, STEPS_LEAST + STEPS_A_BYTE * file_size(pass));
    enum status status = forgive(pass, check_schema(pass, &ours, error), 0, error);
    if (!status)
        status = forgive(pass, schema_is_plain(database, &plain, error), 0, error);
    if (!status && !plain)
        audit_find(pass, AUDIT_SCHEMA, 0,
                   _("events, payloads, heads or settings are no tables: what they show is computed"));
    if (status || !plain)
        return status;
    if (ours)
        status = forgive(pass, check_database(pass, error), 0, error);
    if (!status)
        status = verify_outside(pass, error);
    if (!status)
        status = forgive(pass, audit_verify_events(pass, error), pass->report->events + 1, error);
    if (!status)
        status = forgive(pass, audit_verify_payloads(pass, error), 0, error);
    if (!status)
        status = forgive(pass, audit_verify_approval(pass, error), 0, error);
    if (!status)
        status = audit_verify_state(pass, error);
    if (status == STATUS_LEDGER) { /* a value that the stages never write */
        audit_find(pass, AUDIT_STATE, 0, "%s", error->message);
        status = STATUS_OK;
    }
    status = forgive(pass, status, 0, error);
    if (!status)
        audit_check_file(pass);
    return status;
}

static struct audit_pass *begin(struct store *store, struct audit_request *request, struct arena *arena,
                                struct audit_report *report)
{
    static const struct audit_settings none = { 0 };
    struct clock *clock = store ? store_clock(store) : clock_system();
    request->settings = request->settings ? request->settings : &none;
    *report = (struct audit_report){ .holds = true, .ledger_holds = true };
    struct audit_pass *pass = memory_new(struct audit_pass);
    pass->store = store;
    pass->request = request;
    pass->arena = arena;
    pass->report = report;
    clock_format(clock->now(clock), pass->now);
    return pass;
}

static void end(struct audit_pass *pass)
{
    free(pass->misnamed);
    free(pass);
}

enum status audit_verify(struct store *store, const struct audit_request *request, struct arena *arena,
                         struct audit_report *report, struct error *error)
{
    struct audit_request own = *request;
    struct audit_pass *pass = begin(store, &own, arena, report);
    /* Events look up their payloads all over the file: a larger cache than a run needs halves the reading. */
    (void)sqlite_run(store_database(store), "PRAGMA cache_size = -32768", NULL);
    audit_read_file(pass);
    enum status status = sqlite_begin(store_database(store), error);
    if (!status) {
        status = verify(pass, error);
        if (!status)
            conclude(pass);
        sqlite_allow(store_database(store), 0);
        (void)sqlite_rollback(store_database(store), NULL);
    }
    end(pass);
    return status;
}

enum status audit_verify_shown(const char *path, bool folder, const struct audit_request *request,
                               struct arena *arena, struct audit_report *report, struct error *error)
{
    BUFFER_OWNED struct buffer out = { 0 };
    struct audit_request own = *request;
    struct audit_pass *pass = begin(NULL, &own, arena, report);
    read_all_outside(pass);
    enum status status = audit_verify_evidence(pass, path, folder, error);
    note_first_version(pass);
    if (report->holds)
        buffer_printf(
            &out,
            _("%s holds: %lld events of \"%.*s\" (%s) and %lld payloads are what the head of %lld events "
              "says."),
            path, (long long)report->events, TEXT_ARG(report->origin), report->shown,
            (long long)(report->payloads - report->forgotten), (long long)report->head_size);
    else
        buffer_printf(&out, _("%s does not hold (%zu faults)."), path, report->count);
    tell(pass, &out);
    if (!own.settings->key_count)
        audit_note(pass, _("signatures were not checked, because no key is known; name one with --key"));
    report->sentence = text_string(arena, buffer_view(&out));
    end(pass);
    return status;
}
