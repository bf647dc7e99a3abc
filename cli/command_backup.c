/* backup, restore. */
#include <stdio.h>
#include <string.h>

#include "adapters/private_file.h"
#include "cli/ledger_setup.h"
#include "cli/run.h"
#include "store/restoration.h"

static enum status verify(struct session *session, const char *path, struct arena *arena,
                          struct audit_report *report, struct error *error)
{
    struct audit_request request = { .settings = &session->configuration.sealing.audit };
    struct store *store;
    if (store_open_untouched(path, STORE_EXAMINE, session->clock, &store, error))
        return error->status;
    enum status status = audit_verify(store, &request, arena, report, error);
    if (!status)
        status = store_check_untouched(store, error);
    store_close(store);
    if (status == STATUS_FATAL) /* what cannot be read does not verify */
        status = error->status = STATUS_LEDGER;
    if (!status && !report->holds)
        status = error_set(error, STATUS_LEDGER, "%s: %s %s", path, report->sentence,
                           report->first ? report->first->message : "");
    return status;
}

static void say(struct session *session, struct value *document, const char *sentence)
{
    if (session->invocation->json)
        output_json(document);
    else
        puts(sentence);
}

/* ---- backup ---- */

static enum status copy(struct session *session, const char *partial, struct error *error)
{
    struct store *store;
    if (run_read_store(session, STORE_READ_OLDER, &store, error))
        return error->status;
    cli_end_in_order();
    file_remove(partial);
    enum status status = restoration_copy(store, partial, &cli_stop, error);
    store_close(store);
    return status;
}

enum status command_backup(struct session *session, struct error *error, int *exit_code)
{
    ARENA_OWNED struct arena arena = { 0 };
    const char *path = session->invocation->arguments[0];
    struct audit_report report;
    (void)exit_code;
    if (file_exists(path) || file_is_link(path))
        return error_set(error, STATUS_USAGE, _("%s is there already: a backup is never written over"), path);
    if (ledger_setup_read_keys(&session->configuration, NULL, 0, error))
        return error->status;
    const char *partial = text_format(&arena, "%s.partial", path).bytes;
    enum status status = copy(session, partial, error);
    struct error reason = { 0 };
    /* Is it the disk, or the store? */
    if (status == STATUS_FATAL &&
        verify(session, session->configuration.store, &arena, &report, &reason) == STATUS_LEDGER)
        status = error_copy(error, STATUS_LEDGER, &reason);
    if (!status)
        status = verify(session, partial, &arena, &report, error);
    if (!status)
        status = file_move(partial, path, error);
    if (status) {
        file_remove(partial);
        return status == STATUS_FATAL ? (error->status = STATUS_STOP) : status;
    }
    struct value *document = value_object(&arena);
    value_set(document, "backup", value_string(&arena, path));
    value_set(document, "events", value_integer(&arena, report.events));
    value_set(document, "root", value_digest(&arena, &report.root));
    say(session, document,
        text_format(&arena, _("%s: events 1 to %lld, verified; \"congkhai restore\" takes it as the store"),
                    path, (long long)report.events)
            .bytes);
    return STATUS_OK;
}

/* ---- restore ---- */

/* Heads that were copied into folders; other ways lead out of the machine. */
static void look_at_copies(struct session *session, struct restoration *restoration, struct arena *arena)
{
    const struct ledger_setup *settings = &session->configuration.sealing;
    for (size_t i = 0; i < settings->copy_count; i++) {
        struct file_list list;
        struct error unread = { 0 };
        struct text bytes;
        if (!settings->copies[i].folder ||
            file_list_folder(arena, settings->copies[i].folder, "*.checkpoint", &list, &unread))
            continue;
        for (size_t file = 0; file < list.count; file++)
            if (!file_read(arena, list.paths[file], NOTE_SIZE_MAX, &bytes, &unread))
                restoration_take(restoration, bytes, &settings->audit, arena);
    }
}

/* What the backup is, and what is known of the ledger that it replaces. */
static enum status examine(struct session *session, const char *path, struct restoration *restoration,
                           struct arena *arena, struct error *error)
{
    const char *place = session->configuration.store;
    struct audit_report report;
    struct store *backup;
    if (!file_exists(path))
        return error_set(error, STATUS_USAGE, _("there is no file or folder %s"), path);
    if (store_check_file(path, error) || verify(session, path, arena, &report, error) ||
        store_open_untouched(path, STORE_EXAMINE, session->clock, &backup, error))
        return error->status;
    enum status status = restoration_head(backup, &restoration->head, error);
    restoration->head.origin = text_copy(arena, report.origin);
    store_close(backup);
    if (status)
        return status;
    const char *newest = text_format(arena, "%s.checkpoint", place).bytes;
    if (!private_file_may_read(newest))
        return private_file_tell_denied(newest, STATUS_STOP, error);
    restoration_look(restoration, place, &session->configuration.sealing.audit, session->clock, arena);
    look_at_copies(session, restoration, arena);
    restoration->known = restoration->known && !restoration->endless;
    return STATUS_OK;
}

/* The copy, with the run that says so, beside the store's place. */
static enum status prepare(struct session *session, const char *backup, const char *made,
                           const struct restoration *restoration, int *exit_code, struct error *error)
{
    struct run_counts counts = { 0 };
    struct store *store;
    int64_t run;
    cli_end_in_order();
    if (store_open_untouched(backup, STORE_EXAMINE, session->clock, &store, error))
        return error->status;
    enum status status = restoration_copy(store, made, &cli_stop, error);
    store_close(store);
    if (status || store_open(made, STORE_RUN, session->clock, &store, error))
        return status ? status : error->status;
    if (run_begin(session, store, &run, error)) {
        store_close(store);
        return error->status;
    }
    status = restoration_append(store, restoration, error);
    return run_close(session, store, status, &counts, exit_code, error);
}

/* The replaced store is kept under another name, with what its journal held. */
static enum status set_aside(const char *place, struct arena *arena, const char **kept, struct error *error)
{
    *kept = NULL;
    if (!file_exists(place))
        return STATUS_OK;
    restoration_fold(place);
    enum status status = STATUS_END;
    for (int number = 1; status == STATUS_END && number < 10000; number++) {
        *kept = text_format(arena, "%s.replaced-%d", place, number).bytes;
        status = file_name_again(place, *kept, error);
    }
    const char *journal = text_format(arena, "%s-wal", place).bytes;
    if (!status && file_exists(journal))
        status = file_move(journal, text_format(arena, "%s-wal", *kept).bytes, error);
    file_remove(text_format(arena, "%s-shm", place).bytes);
    return status;
}

/* The store first: a death behind it leaves the replaced ledger's head beside it, which "restored" explains. */
static enum status put_in_place(const char *made, const char *place, struct arena *arena, struct error *error)
{
    static const char *const ends[] = { "", ".checkpoint", ".search" };
    file_remove(text_format(arena, "%s.search", place).bytes);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        const char *from = text_format(arena, "%s%s", made, ends[i]).bytes;
        if (file_exists(from) && file_move(from, text_format(arena, "%s%s", place, ends[i]).bytes, error))
            return error->status;
    }
    return STATUS_OK;
}

static void say_restored(struct session *session, const struct restoration *restoration, const char *kept,
                         struct arena *arena)
{
    struct value *document = value_object(arena);
    int64_t from = (int64_t)restoration->head.size, to = (int64_t)restoration->newest.size;
    struct text lost = !restoration->known ? text_of(_("how far the replaced ledger went is not known"))
                       : to == from
                           ? text_of(_("nothing behind it was known"))
                           : text_format(arena, _("events %lld to %lld of the replaced ledger are not in it"),
                                         (long long)from + 1, (long long)to);
    value_set(document, "head", value_integer(arena, from));
    value_set(document, "newest", restoration->known ? value_integer(arena, to) : value_null(arena));
    value_set(document, "replaced", kept ? value_string(arena, kept) : value_null(arena));
    say(session, document,
        text_format(arena,
                    _("Restored: the ledger goes on from event %lld; %s. The next \"congkhai load\" asks the "
                      "portal before it sends; \"congkhai reconcile\" compares all that stands there"),
                    (long long)from, lost.bytes)
            .bytes);
    if (kept)
        output_message(session, _("the replaced store is kept as %s"), kept);
}

static enum status restore(struct session *session, const char *backup, int *exit_code, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    const char *place = session->configuration.store, *kept;
    const char *made = text_format(&arena, "%s.restoring", place).bytes;
    static const char *const ends[] = { "", "-wal", "-shm", "-journal", ".checkpoint", ".search" };
    struct restoration restoration = { .reason = session->invocation->reason, .actor = run_operator() };
    if (examine(session, backup, &restoration, &arena, error))
        return error->status;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        file_remove(text_format(&arena, "%s%s", made, ends[i]).bytes);
    enum status status = prepare(session, backup, made, &restoration, exit_code, error);
    file_remove(text_format(&arena, "%s.lock", made).bytes);
    if (!status)
        status = set_aside(place, &arena, &kept, error);
    if (!status)
        status = put_in_place(made, place, &arena, error);
    if (!status)
        say_restored(session, &restoration, kept, &arena);
    return status;
}

enum status command_restore(struct session *session, struct error *error, int *exit_code)
{
    const char *place = session->configuration.store;
    struct file_lock lock, inside = { .descriptor = -1 };
    BUFFER_OWNED struct buffer path = { 0 };
    if (run_need_reason(session->invocation, error))
        return error->status;
    if (file_is_link(place))
        return error_set(error, STATUS_USAGE,
                         _("the store %s is a symbolic link: name the file at its end in the configuration"),
                         place);
    if (ledger_setup_read_keys(&session->configuration, NULL, 0, error) || store_check_place(place, error))
        return error->status;
    buffer_printf(&path, "%s.lock", place);
    const char *folder = file_folder(&session->configuration.arena, place);
    if (file_make_folders(folder, FILE_OURS, error) || file_lock_take(path.bytes, &lock, error))
        return error->status;
    bool there = file_exists(place);
    enum status status = there ? file_lock_take_inside(place, &inside, error) : STATUS_OK;
    if (!status)
        status = restore(session, session->invocation->arguments[0], exit_code, error);
    if (there && inside.descriptor >= 0)
        file_lock_drop(&inside);
    file_lock_drop(&lock);
    return status;
}
