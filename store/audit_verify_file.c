/* The head beside the store: the newest of this ledger; or one that a death left there, or somebody put back. */
#include <unistd.h>

#include "store/audit_verify.h"
#include "store/sql.h"

#define FILE_LOOKS 5 /* a run that ended just now may be about to write it */

/* TEXT_NONE: there is none, or none that this reader may read. What is there and cannot be read as a file is no head: an empty text. */
static struct text read_file(struct audit_pass *pass)
{
    BUFFER_OWNED struct buffer path = { 0 };
    struct error unread;
    struct text bytes;
    audit_head_path(pass->store, &path);
    if (access(path.bytes, R_OK))
        return TEXT_NONE;
    return file_read(pass->arena, path.bytes, NOTE_SIZE_MAX, &bytes, &unread) ? TEXT("") : bytes;
}

/* Is it one that may have been this ledger's, by its name and the known keys? */
void audit_read_beside(struct audit_pass *pass)
{
    struct audit_head *head = &pass->beside.head;
    struct error unread = { 0 };
    struct note note;
    bool ours = pass->file.length && !audit_head_parse(pass->arena, pass->file, head, &note, &unread) &&
                audit_head_is_of(head, &note, pass->report->origin, pass->request->settings);
    head->size = ours ? head->size : 0;
}

static bool is_older_head(struct audit_pass *pass, struct text note, int64_t *run)
{
    struct sqlite_statement *row;
    struct error unread;
    bool found = sql_row(pass->store, "SELECT run FROM checkpoint WHERE note = ?1", SQL_WITH(SQL_TEXT(note)),
                         &row, &unread) == STATUS_OK;
    *run = found ? sqlite_number(row, 0) : 0;
    sqlite_reset_statement(row);
    return found;
}

/* A run that ends while this verification goes on writes the file a moment after its commit. */
static bool file_moves(struct audit_pass *pass)
{
    struct clock *clock = store_clock(pass->store);
    for (int look = 1; look < FILE_LOOKS; look++) {
        clock->sleep(clock, 50);
        if (!text_equal(read_file(pass), pass->file))
            return true;
    }
    return false;
}

void audit_check_file(struct audit_pass *pass)
{
    struct audit_report *report = pass->report;
    struct error reason = { 0 };
    struct audit_head head;
    int64_t run;
    struct text bytes = pass->file;
    if (!bytes.bytes && pass->last_note.bytes && !pass->outside_fits)
        audit_not_proven(pass,
                         _("%s.checkpoint is not there, or may not be read: whether the end of the ledger "
                           "was cut off; name a "
                           "head with --checkpoint"),
                         store_path(pass->store));
    if (!bytes.bytes || text_equal(bytes, pass->last_note) || file_moves(pass))
        return;
    if (audit_head_parse(pass->arena, bytes, &head, NULL, &reason))
        audit_find(pass, AUDIT_HEAD, 0, "%s.checkpoint: %s", store_path(pass->store), reason.message);
    else if (pass->beside.restored && !is_older_head(pass, bytes, &run))
        audit_not_proven(
            pass,
            _("the head beside the store is one of the ledger that a backup replaced at event %lld (events 1 "
              "to %llu): \"restore\" ended before it wrote the new one (the next run does), or it was put "
              "back. Events %lld to %llu of it are not proven"),
            (long long)pass->beside.restored, (unsigned long long)head.size,
            (long long)pass->beside.restored + 1, (unsigned long long)head.size);
    else if ((int64_t)head.size > report->events)
        audit_find(pass, AUDIT_EVENT, report->events + 1,
                   _("the head beside the store knows %llu events, but the ledger ends at event %lld: its "
                     "end was cut "
                     "off, or an older file was put in its place"),
                   (unsigned long long)head.size, (long long)report->events);
    else if (is_older_head(pass, bytes, &run))
        audit_not_proven(
            pass,
            _("the head beside the store is an older one of this ledger, of run %lld (events 1 to %llu): the "
              "last run died before it wrote the newest (the next run does), or it was put back. Whether the "
              "end was cut off, a head kept elsewhere tells: --checkpoint"),
            (long long)run, (unsigned long long)head.size);
    else
        audit_find(pass, AUDIT_HEAD, pass->proven + 1,
                   _("the head beside the store is none of this ledger's"));
}

void audit_read_file(struct audit_pass *pass)
{
    pass->file = read_file(pass);
}
