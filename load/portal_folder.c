/* The driver of offices without a wire: packages for a carrier, and receipts that come back. */
#include "load/portal_folder.h"

#include <stdlib.h>
#include <string.h>

#include "core/count.h"
#include "core/memory.h"
#include "load/portal_answer.h"

#define SUBMISSION_MAX 500 /* the dispatcher hands over no more */
#define LANES          16

static const struct setting settings_of_folder[] = {
    { "folder", SETTING_TEXT, offsetof(struct folder_settings, packages), .required = true,
      .help = N_("where packages are written to") },
    { "receipts", SETTING_TEXT, offsetof(struct folder_settings, receipts), .required = true,
      .help = N_("where receipts come back to") },
    { "register", SETTING_TEXT, offsetof(struct folder_settings, registered),
      .help = N_("where it is remembered which packages were written; beside \"folder\" when not given") },
    { "marker", SETTING_TEXT, offsetof(struct folder_settings, marker),
      .help = N_("a file in \"folder\" that tells that the medium is there: without it nothing is written or "
                 "made") },
    { "records", SETTING_NUMBER, offsetof(struct folder_settings, records), .fallback = "999", .minimum = 1,
      .maximum = FOLDER_RECORDS_MAX, .help = N_("records in one package at most") },
};

struct folder_submission {
    size_t left;
};

/* An request that waits for its package, or for the caller. */
struct folder_entry {
    struct portal_request *request;
    struct folder_submission *submission;
    struct portal_response report;
    struct folder_entry *next;
};

struct folder_entries {
    struct folder_entry *first, *last;
    size_t count;
};

struct folder {
    bool started;
    struct file_lock lock;
    struct folder_register registered;
    struct folder_receipts receipts;
    bool receipts_read;
    struct folder_entries pending, ready;
    struct error refusal; /* why nothing can be written any more: what is pending was never taken */
    struct arena arena;   /* entries, submissions and words, while there are any */
    size_t strays;        /* unknown, and in no package of the register */
};

static const struct folder_settings *settings_of(const struct portal *portal)
{
    return (const struct folder_settings *)portal->settings;
}

static enum status check_folder(struct portal *portal, const struct setting_context *context,
                                const struct value *tree, struct error *error)
{
    struct folder_settings *settings = (struct folder_settings *)portal->settings;
    static const char *const foreign[] = { "url", "auth", "ca_file" };
    struct arena *arena = context->arena;
    const char *base = settings->common.folder;
    for (size_t i = 0; i < COUNT(foreign); i++)
        if (value_find(tree, foreign[i]))
            return setting_fault(context, value_find(tree, foreign[i]), error,
                                 _("the driver folder speaks to no portal, so it has no \"%s\""), foreign[i]);
    if (!*settings->packages || !*settings->receipts)
        return setting_fault(context, tree, error, _("\"folder\" and \"receipts\" must name folders"));
    struct text path = text_of(file_path(arena, base, settings->packages));
    while (path.length > 1 && path.bytes[path.length - 1] == '/')
        path.length--;
    settings->packages = text_string(arena, path);
    settings->receipts = file_path(arena, base, settings->receipts);
    settings->registered = settings->registered && *settings->registered
                               ? file_path(arena, base, settings->registered)
                               : text_format(arena, "%s.register", settings->packages).bytes;
    if (strcmp(settings->packages, settings->receipts) == 0 ||
        strcmp(settings->packages, settings->registered) == 0 ||
        strcmp(settings->receipts, settings->registered) == 0)
        return setting_fault(context, tree, error,
                             _("\"folder\", \"receipts\" and \"register\" must be different folders"));
    settings->common.shown = settings->packages;
    /* So much at once that the dispatcher hands over what makes a package. */
    settings->common.in_flight = LANES;
    settings->common.batch = SUBMISSION_MAX;
    return STATUS_OK;
}

static enum status open_folder(struct portal *portal, struct error *error)
{
    struct folder *folder = memory_new(struct folder);
    (void)error;
    folder->lock.descriptor = -1;
    portal->user_data = folder;
    return STATUS_OK;
}

/* A medium that is not there, or was taken away, must not be taken for an empty one. */
static enum status check_medium(const struct folder_settings *settings, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    if (!settings->marker || !*settings->marker)
        return STATUS_OK;
    if (file_exists(file_path(&arena, settings->packages, settings->marker)) &&
        file_exists(settings->receipts))
        return STATUS_OK;
    return error_set(
        error, STATUS_STOP,
        _("the medium is not there: %s has no file \"%s\", or there is no folder %s; put it in (or mark "
          "a new one with that file)"),
        settings->packages, settings->marker, settings->receipts);
}

static enum status make_folders(const struct folder_settings *settings, struct error *error)
{
    bool made = settings->marker && *settings->marker;
    if (check_medium(settings, error))
        return error->status;
    if (made && file_make_folders(settings->registered, 0777, error))
        return error->status = STATUS_STOP;
    if (made)
        return STATUS_OK;
    if (file_exists(settings->registered) && !file_exists(settings->packages))
        return error_set(
            error, STATUS_STOP,
            _("the folder %s is gone, although packages were written there before (%s): a medium may "
              "not be there; make it again if it was meant to go"),
            settings->packages, settings->registered);
    if (file_make_folders(settings->packages, 0777, error) ||
        file_make_folders(settings->receipts, 0777, error) ||
        file_make_folders(settings->registered, 0777, error))
        return error->status = STATUS_STOP;
    return STATUS_OK;
}

/* Before the first request; a run that has none touches nothing. */
static enum status start(struct portal *portal, struct error *error)
{
    struct folder *folder = portal->user_data;
    const struct folder_settings *settings = settings_of(portal);
    if (folder->started)
        return STATUS_OK;
    if (make_folders(settings, error))
        return error->status;
    if (file_lock_take(file_path(&folder->arena, settings->registered, "lock"), &folder->lock, error))
        return error->status = STATUS_STOP;
    if (folder_package_recover(settings, error) || folder_register_read(settings, &folder->registered, error))
        return error->status;
    folder->started = true;
    return STATUS_OK;
}

/* Also in a run that had nothing to ask: what came meanwhile is told. */
static void tell_receipts(struct portal *portal)
{
    struct folder *folder = portal->user_data;
    const struct folder_settings *settings = settings_of(portal);
    struct error fault = { .status = STATUS_OK };
    bool quiet = !folder->started && (!portal->content || !file_exists(settings->registered));
    if (quiet)
        return;
    if (start(portal, &fault) ||
        (!folder->receipts_read && folder_receipts_read(portal, &folder->receipts, &fault)) ||
        folder_receipts_tell(portal, &folder->receipts, &folder->registered, &fault))
        portal_notice(portal, "%s", fault.message);
}

static void close_folder(struct portal *portal)
{
    struct folder *folder = portal->user_data;
    if (!folder)
        return;
    if (folder->strays)
        portal_notice(
            portal,
            _("%zu deliveries have an unknown outcome, but stand in no package of the register %s: another "
              "driver or register had them. A receipt {\"key\": …, \"status\": \"lost\"} gives one up"),
            folder->strays, settings_of(portal)->registered);
    tell_receipts(portal);
    file_lock_drop(&folder->lock);
    folder_register_free(&folder->registered);
    folder_receipts_free(&folder->receipts);
    arena_free(&folder->arena);
    free(folder);
    portal->user_data = NULL;
}

static size_t most_folder(const struct portal *portal)
{
    (void)portal;
    return SUBMISSION_MAX;
}

/* ---- entries ---- */

static void put(struct folder_entries *entries, struct folder_entry *entry)
{
    entry->next = NULL;
    if (entries->last)
        entries->last->next = entry;
    else
        entries->first = entry;
    entries->last = entry;
    entries->count++;
}

static struct folder_entry *take(struct folder_entries *entries)
{
    struct folder_entry *entry = entries->first;
    if (!entry)
        return NULL;
    entries->first = entry->next;
    if (!entries->first)
        entries->last = NULL;
    entries->count--;
    return entry;
}

/* ---- questions ---- */

/* The key stands for action and content, so a receipt without a digest speaks of ours, and so do code and digest where they
 * stand for the key: that digest says which delivery it is, not what stands there. One with a key and another digest says
 * that something else stands there, whatever version it gives: never what is replaced. */
static void say_held(struct folder *folder, struct folder_entry *entry, const struct folder_receipt *receipt)
{
    struct portal_response *report = &entry->report;
    struct remote_state *remote = &report->remote;
    const struct digest *ours = &entry->request->digest;
    bool told = receipt->has_digest && receipt->key.bytes;
    bool same = told ? digest_equal(&receipt->digest, ours) : receipt->verdict != FOLDER_CONFLICT;
    report->said = RESULT_HELD;
    if (same || receipt->verdict == FOLDER_WITHDRAWN) {
        portal_answer_held(receipt->entry, entry->request->code, remote);
        remote->version = text_copy(&folder->arena, remote->version);
    }
    remote->standing = receipt->verdict == FOLDER_WITHDRAWN ? REMOTE_ABOLISHED : REMOTE_PUBLISHED;
    remote->has_digest = true;
    if (same)
        remote->digest = *ours;
    else
        memset(&remote->digest, 0, sizeof remote->digest);
}

static void say_receipt(struct portal_response *report, struct folder *folder,
                        const struct folder_receipt *receipt)
{
    static const char *const names[] = { "words", "message", "reason", "error" };
    struct text message = TEXT_NONE;
    for (size_t i = 0; i < COUNT(names) && !message.length; i++)
        message = value_text_of(receipt->entry, names[i]);
    message = portal_answer_clean(&folder->arena, message, 1000);
    portal_say(report, &folder->arena, _("%s by the receipt %s, entry %zu%s" TEXT_PRINT),
               folder_verdict_name(receipt->verdict), receipt->file, receipt->number,
               message.length ? ": " : "", TEXT_ARG(message));
}

static void say_carried(struct portal_response *report, struct arena *arena, struct text package,
                        int64_t number)
{
    portal_say(report, arena, _("in package " TEXT_PRINT " as %03lld.json; no receipt has come back yet"),
               TEXT_ARG(package), (long long)number);
}

static bool is_done(const struct folder_entry *entry, const struct folder_receipt *receipt)
{
    if (entry->request->withdraws)
        return receipt->verdict == FOLDER_WITHDRAWN;
    return receipt->verdict == FOLDER_PUBLISHED &&
           digest_equal(&entry->report.remote.digest, &entry->request->digest);
}

static void answer_from_receipt(struct folder *folder, struct folder_entry *entry,
                                const struct folder_receipt *receipt)
{
    struct portal_response *report = &entry->report;
    report->answer_digest = value_digest(&folder->arena, receipt->file_digest)->text;
    say_receipt(report, folder, receipt);
    switch (receipt->verdict) {
    case FOLDER_REFUSED:
        report->said = RESULT_DENIED;
        break;
    case FOLDER_LOST:
        report->said = RESULT_UNSENT;
        break;
    default:
        say_held(folder, entry, receipt);
        /* As with an answer, words are for what went wrong; answer_digest says which receipt it was. */
        if (is_done(entry, receipt) && !report->remote.failed)
            report->message = TEXT_NONE;
        break;
    }
}

static void answer_question(struct portal *portal, struct folder_entry *entry)
{
    struct folder *folder = portal->user_data;
    const struct portal_request *request = entry->request;
    const struct folder_item *item = folder_register_find(&folder->registered, request->key);
    const struct folder_receipt *receipt;
    struct error why = { .status = STATUS_OK };
    struct portal_response *report = &entry->report;
    report->said = RESULT_UNSENT;
    if (!item) { /* written into no package: certainly, unless another driver or register had it */
        bool stray = request->unknown && !folder_receipts_give_up(&folder->receipts, request->key);
        folder->strays += stray;
        if (stray)
            report->said = RESULT_CARRIED;
        return;
    }
    enum status status = folder_receipts_find(&folder->receipts, item, &receipt, &why);
    report->said = RESULT_CARRIED;
    if (status == STATUS_OK)
        answer_from_receipt(folder, entry, receipt);
    else if (status == STATUS_END)
        say_carried(report, &folder->arena, item->package->name, item->number);
    else { /* the delivery stays as it is, so nothing else would say it */
        portal_say_error(report, &folder->arena, &why);
        portal_notice(portal, "%.*s: %s", TEXT_ARG(item->code), why.message);
    }
}

/* ---- in and out ---- */

static enum status submit_folder(struct portal *portal, struct portal_request *const *requests, size_t count,
                                 struct error *error)
{
    struct folder *folder = portal->user_data;
    bool asks = requests[0]->kind == PORTAL_ASK;
    if (start(portal, error))
        return error->status;
    if (asks && !folder->receipts_read && folder_receipts_read(portal, &folder->receipts, error))
        return error->status;
    folder->receipts_read |= asks;
    struct folder_submission *submission = arena_new(&folder->arena, struct folder_submission);
    submission->left = count;
    for (size_t i = 0; i < count; i++) {
        struct folder_entry *entry = arena_new(&folder->arena, struct folder_entry);
        entry->request = requests[i];
        entry->submission = submission;
        entry->report = (struct portal_response){ .request = requests[i], .retry_after = -1 };
        if (asks)
            answer_question(portal, entry);
        put(asks ? &folder->ready : &folder->pending, entry);
    }
    return STATUS_OK;
}

static enum status write_package(struct portal *portal, struct error *error)
{
    struct folder *folder = portal->user_data;
    ARENA_OWNED struct arena arena = { 0 };
    struct portal_request *requests[FOLDER_RECORDS_MAX];
    size_t count = 0, most = (size_t)settings_of(portal)->records;
    struct text name = TEXT_NONE;
    for (struct folder_entry *entry = folder->pending.first; entry && count < most; entry = entry->next)
        requests[count++] = entry->request;
    /* What has come since it was read last was there before this package, too. */
    if (check_medium(settings_of(portal), error) || folder_receipts_read(portal, &folder->receipts, error) ||
        folder_package_write(portal, &folder->receipts, requests, count, folder->registered.last + 1, &arena,
                             &name, error)) {
        if (name.bytes || error->status != STATUS_STOP) /* the register has it: the next run shows it */
            return error->status;
        folder->refusal = *error;
        return STATUS_OK;
    }
    folder->receipts_read = true;
    folder->registered.last++;
    for (size_t i = 0; i < count; i++) {
        struct folder_entry *entry = take(&folder->pending);
        entry->report.said = RESULT_CARRIED;
        say_carried(&entry->report, &folder->arena, name, (int64_t)i + 1);
        put(&folder->ready, entry);
    }
    return STATUS_OK;
}

static enum status next_folder(struct portal *portal, long wait, struct portal_response *report,
                               struct error *error)
{
    struct folder *folder = portal->user_data;
    bool full = folder->pending.count >= (size_t)settings_of(portal)->records;
    if (!folder->ready.count && !folder->pending.count)
        arena_clear(&folder->arena);
    /* Who waits has nothing more to hand over for now. */
    if (!folder->ready.count && folder->pending.count && (full || wait > 0) && !folder->refusal.status &&
        write_package(portal, error))
        return error->status;
    struct folder_entry *entry = take(&folder->ready);
    if (!entry && folder->refusal.status && (entry = take(&folder->pending)))
        entry->report.not_taken = &folder->refusal;
    if (!entry)
        return STATUS_END;
    *report = entry->report;
    report->last = --entry->submission->left == 0;
    return STATUS_OK;
}

static enum status probe_folder(struct portal *portal, struct error *error)
{
    return make_folders(settings_of(portal), error);
}

const struct portal_driver portal_folder = {
    .name = "folder",
    .help = N_("packages that a carrier brings to the portal, for offices without a wire and for dry runs"),
    .settings = settings_of_folder,
    .setting_count = COUNT(settings_of_folder),
    .size = sizeof(struct folder_settings),
    .check = check_folder,
    .open = open_folder,
    .close = close_folder,
    .most = most_folder,
    .submit = submit_folder,
    .next = next_folder,
    .probe = probe_folder,
};
