#include "console/console.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "console/console_inside.h"
#include "console/export.h"
#include "console/follower.h"
#include "console/recent.h"
#include "console/search.h"
#include "console/style.h"
#include "console/verifier.h"
#include "core/memory.h"
#include "store/report_view.h"

#define SETTLED_S 2
#define TRIES     3 /* to look at the store and open a snapshot before somebody changes it in between */

const struct console_page console_pages[] = {
    { "/", N_("Today"), false, page_today },
    { "/giu-lai", N_("Kept back"), false, page_kept },
    { "/thu-tuc", N_("Procedures"), false, page_procedures },
    { "/thu-tuc", NULL, true, page_procedure },
    { "/thoi-han", N_("Terms"), false, page_deadlines },
    { "/phe-duyet", N_("Approvals"), false, page_approvals },
    { "/luot-chay", N_("Runs"), false, page_runs },
    { "/luot-chay", NULL, true, page_run },
    { "/nguon", N_("Sources"), false, page_sources },
    { "/bao-cao", N_("Reports"), false, page_reports },
    { "/bao-cao", NULL, true, page_report },
    { "/so-cai", N_("Ledger"), false, page_ledger },
    { "/so-cai/kiem-tra", NULL, false, page_verification },
    { NULL, NULL, false, NULL },
};

/* A store that serves one request at a time. */
struct reader {
    struct store *store;
    struct verifier_files opened; /* as they were */
    int64_t changes;              /* of the store as it was looked at; 0: not yet */
    struct verifier_files looked;
    struct reader *next;
};

struct console {
    struct console_settings settings;
    struct http_server *server;
    struct verifier *verifier;
    struct search *search;
    struct recent *recent;
    struct report_memory *reports;
    struct follower follower;
    struct background *background;
    pthread_mutex_t making; /* of pages, while a run is at work */
    pthread_mutex_t mutex;  /* of what follows */
    struct reader *readers;
    struct verifier_files looked; /* the store when it was looked at last; and what was found */
    struct error found;
    bool settled;         /* then (is_settled) */
    int downloads, files; /* that are being made; that are not sent yet */
};

/* ---- readers ---- */

static void close_reader(struct reader *reader)
{
    store_close(reader->store);
    free(reader);
}

static struct reader *take_spare(struct console *console)
{
    pthread_mutex_lock(&console->mutex);
    struct reader *reader = console->readers;
    if (reader)
        console->readers = reader->next;
    pthread_mutex_unlock(&console->mutex);
    return reader;
}

/* Does it read the files that are there now? Another may have been put in the store's place; and what is read as it lies,
 * or from a copy (store/untouched.h), does not follow what is written. */
static bool is_of(struct reader *reader, const struct verifier_files *files)
{
    int64_t changes;
    struct error ignored;
    if (verifier_same_files(files, &reader->opened))
        return true;
    return reader->opened.store.device == files->store.device &&
           reader->opened.store.number == files->store.number &&
           (verifier_same_files(files, &reader->looked) ||
            (store_changes(reader->store, &changes, &ignored) == STATUS_OK && changes != reader->changes));
}

static enum status take_reader(struct console *console, struct reader **reader, struct error *error)
{
    struct verifier_files files = verifier_look_at_files(console->settings.store);
    while ((*reader = take_spare(console))) {
        if (is_of(*reader, &files))
            return STATUS_OK;
        close_reader(*reader);
    }
    struct reader *made = memory_new(struct reader);
    made->opened = files;
    if (console->settings.open(console->settings.user_data, STORE_READ, &made->store, error)) {
        free(made);
        return error->status;
    }
    if (store_sort_on_disk(made->store, error)) {
        close_reader(made);
        return error->status;
    }
    *reader = made;
    return STATUS_OK;
}

/* What was made of a store that is no longer to be read is not kept. */
static void give_back(struct console *console, struct reader *reader, bool keep)
{
    if (!keep) {
        close_reader(reader);
        return;
    }
    pthread_mutex_lock(&console->mutex);
    reader->next = console->readers;
    console->readers = reader;
    pthread_mutex_unlock(&console->mutex);
}

/* Has nobody written for so long that another state of the files would have another time? Of files that were just written
 * SQLite's own number tells; but of a log whose writer died it gives another number each time. */
static bool is_settled(const struct verifier_files *files)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    int64_t before = ((int64_t)now.tv_sec - SETTLED_S) * 1000000000;
    return files->store.modified < before && files->store.changed < before && files->wal.modified < before;
}

/* The look is made anew when anybody has changed the file, through SQLite or past it; what one reader has found of these
 * files holds for the others. A look that took too long has found nothing. */
static enum status look_at(struct console *console, struct reader *reader, int64_t *changes,
                           struct error *error)
{
    struct error found = { 0 };
    struct verifier_files files = verifier_look_at_files(console->settings.store);
    bool settled = is_settled(&files);
    if (store_changes(reader->store, changes, error))
        return error->status;
    pthread_mutex_lock(&console->mutex);
    bool known =
        verifier_same_files(&files, &console->looked) &&
        (*changes == reader->changes || console->settled || !verifier_same_files(&files, &reader->looked));
    if (known && console->found.status)
        (void)error_copy(&found, console->found.status, &console->found);
    pthread_mutex_unlock(&console->mutex);
    if (!known && audit_quick_check(reader->store, console->settings.audit, &found) == STATUS_STOP)
        return error_copy(error, found.status, &found);
    pthread_mutex_lock(&console->mutex);
    console->settled = known ? console->settled : settled;
    console->looked = files;
    console->found = found;
    pthread_mutex_unlock(&console->mutex);
    reader->changes = *changes;
    reader->looked = files;
    return found.status ? error_copy(error, found.status, &found) : STATUS_OK;
}

/* A snapshot of what was looked at. */
static enum status begin(struct console *console, struct reader *reader, long milliseconds,
                         struct error *error)
{
    for (int i = 0; i < TRIES; i++) {
        int64_t before, after;
        store_limit_time(reader->store, CONSOLE_DOWNLOAD_MS);
        if (look_at(console, reader, &before, error))
            return error->status;
        store_limit_time(reader->store, milliseconds);
        if (store_snapshot_begin(reader->store, error))
            return error->status;
        if (store_changes(reader->store, &after, error)) {
            store_snapshot_end(reader->store);
            return error->status;
        }
        struct verifier_files files = verifier_look_at_files(console->settings.store);
        if (before == after || i == TRIES - 1 ||
            (is_settled(&files) && verifier_same_files(&files, &reader->looked)))
            return STATUS_OK;
        store_snapshot_end(reader->store);
    }
    return STATUS_OK;
}

/* ---- downloads ---- */

static enum status begin_download(struct console *console, struct error *error)
{
    pthread_mutex_lock(&console->mutex);
    bool room = console->downloads < CONSOLE_DOWNLOADS && console->files < CONSOLE_FILES;
    console->downloads += room;
    console->files += room;
    pthread_mutex_unlock(&console->mutex);
    return room ? STATUS_OK
                : error_set(error, STATUS_BUSY, _("other downloads are being made; ask again in a moment"));
}

static void end_file(void *user_data)
{
    struct console *console = user_data;
    pthread_mutex_lock(&console->mutex);
    console->files--;
    pthread_mutex_unlock(&console->mutex);
}

static void end_download(struct console *console, struct http_server_answer *answer)
{
    pthread_mutex_lock(&console->mutex);
    console->downloads--;
    pthread_mutex_unlock(&console->mutex);
    if (answer->spool.open) {
        answer->sent = end_file;
        answer->user_data = console;
    } else
        end_file(console);
}

/* ---- a request ---- */

/* The page at a path, and what stands behind its own. */
static const struct console_page *find_page(struct text path, struct text *rest)
{
    const struct console_page *found = NULL;
    for (const struct console_page *page = console_pages; page->path; page++) {
        size_t length = strlen(page->path);
        if (!page->names && text_is(path, page->path)) {
            *rest = TEXT_NONE;
            return page;
        }
        if (page->names && path.length > length + 1 && text_starts(path, text_of(page->path)) &&
            path.bytes[length] == '/') {
            *rest = text_slice(path, length + 1, path.length);
            found = page;
        }
    }
    return found;
}

static void take_language(struct page *page)
{
    static const char *const prefixes[LANGUAGES] = { [LANGUAGE_VI] = "/vi", [LANGUAGE_EN] = "/en" };
    for (int i = 0; i < LANGUAGES; i++) {
        size_t length = strlen(prefixes[i]);
        if (!text_starts(page->path, text_of(prefixes[i])) ||
            (page->path.length > length && page->path.bytes[length] != '/'))
            continue;
        page->language = (enum language)i;
        page->prefix = prefixes[i];
        page->path =
            page->path.length > length ? text_slice(page->path, length, page->path.length) : TEXT("/");
        return;
    }
}

static const char *heading_of(enum status status)
{
    switch (status) {
    case STATUS_USAGE:
        return _("This cannot be shown");
    case STATUS_LEDGER:
        return _("The store cannot be believed");
    case STATUS_STOP:
    case STATUS_BUSY:
        return _("Not now");
    default:
        return _("The store cannot be read");
    }
}

enum status console_find(struct page *page, struct text question, struct value **codes, struct error *error)
{
    return search_find(page->console->search, page->store, value_text_of(page->head, "root"), question,
                       page->arena, codes, error);
}

struct report_memory *console_reports(const struct page *page)
{
    return page->console->reports;
}

static void show_error(struct page *page, bool asked_wrongly, const struct error *error)
{
    bool ledger = error->status == STATUS_LEDGER;
    buffer_clear(page->out);
    buffer_clear(&page->answer->body);
    spool_file_close(&page->answer->spool);
    page->answer->file_name = NULL;
    page->title = text_of(heading_of(error->status));
    html_open(page->out, "div", "class", ledger ? "alarm" : "warning", "role", "alert", NULL);
    page_paragraph(page, NULL, text_of(error->message));
    if (!asked_wrongly)
        page_paragraph(page, NULL, text_of(_("Nothing of the store is shown until this is settled.")));
    html_close(page->out, "div");
    page_finish(page, asked_wrongly ? 400 : 503);
}

static void show_nothing_there(struct page *page)
{
    buffer_clear(page->out);
    page->title = text_of(_("There is no such page"));
    page_paragraph(
        page, NULL,
        text_of(_("Nothing is known by this address. Look for it by its code or its name above.")));
    page_finish(page, 404);
}

/* What does not verify is not shown. */
static enum status judge(struct page *page, struct error *error)
{
    int64_t events = 0;
    if (page->store && report_view_events(page->store, &events, error))
        return error->status;
    bool at_work = page->store && events > value_number_of(page->head, "events");
    page->behind = value_number_of(page->head, "events_behind");
    verifier_look(page->console->verifier, at_work, page->store != NULL, page->language, page->arena,
                  &page->verdict);
    if (page->store && (page->verdict.kind == VERDICT_FAILS || page->verdict.kind == VERDICT_UNREADABLE))
        return error_set(error, STATUS_LEDGER, "%.*s", TEXT_ARG(page->verdict.sentence));
    return STATUS_OK;
}

static enum status fill(struct page *page, const struct console_page *which, struct error *error)
{
    struct value *head;
    if (report_view_head(page->store, page->arena, &head, error))
        return error->status;
    page->head = head;
    if (judge(page, error))
        return error->status;
    enum status status = which->show(page, error);
    return !status && !page->is_download && page_parameter(page, "tai").bytes ? STATUS_END : status;
}

static void show_from_store(struct page *page, const struct console_page *which, bool download)
{
    struct error error = { 0 };
    struct reader *reader = NULL;
    struct console *console = page->console;
    if (take_reader(console, &reader, &error) ||
        begin(console, reader, download ? CONSOLE_DOWNLOAD_MS : CONSOLE_SNAPSHOT_MS, &error)) {
        show_error(page, false, &error);
        if (reader)
            give_back(console, reader, error.status == STATUS_LEDGER);
        return;
    }
    page->store = reader->store;
    enum status status = fill(page, which, &error);
    store_snapshot_end(reader->store);
    if (!status)
        status = store_check_untouched(reader->store, &error);
    store_limit_time(reader->store, 0);
    if (status == STATUS_END)
        show_nothing_there(page);
    else if (status)
        show_error(page, status == STATUS_USAGE, &error);
    else if (!page->is_download)
        page_finish(page, 200);
    give_back(console, reader, status != STATUS_FATAL);
}

static void show_page(struct page *page, const struct console_page *which)
{
    struct error error = { 0 };
    bool download = page_parameter(page, "tai").bytes;
    if (which->show == page_verification) { /* it tells of a store that cannot be opened, too */
        (void)judge(page, &error);
        (void)page_verification(page, &error);
        page_finish(page, 200);
    } else if (download && begin_download(page->console, &error)) {
        show_error(page, false, &error);
    } else {
        show_from_store(page, which, download);
        if (download)
            end_download(page->console, page->answer);
    }
}

/* While a run is at work, a page of a moment ago is as good as one of now, and they are made one at a time: each looks at all
 * that the run has written. */
static void show_recent(struct page *page, const struct console_page *which)
{
    struct console *console = page->console;
    struct clock *clock = console->settings.clock;
    if (store_look_at_lock_of(console->settings.store) != FILE_LOCK_HELD ||
        page_parameter(page, "tai").bytes || which->show == page_verification) {
        show_page(page, which);
        return;
    }
    if (recent_get(console->recent, page->request, clock->ticks(clock) / 1000, page->answer))
        return;
    pthread_mutex_lock(&console->making);
    if (!recent_get(console->recent, page->request, clock->ticks(clock) / 1000, page->answer)) {
        show_page(page, which);
        if (page->behind)
            recent_put(console->recent, page->request, clock->ticks(clock) / 1000, page->answer);
    }
    pthread_mutex_unlock(&console->making);
}

static void show_style(struct http_server_answer *answer)
{
    buffer_text(&answer->body, style_text());
    answer->status = 200;
    answer->type = "text/css; charset=utf-8";
    answer->lasting = true;
}

static void answer_request(void *user_data, const struct http_server_request *request,
                           struct http_server_answer *answer)
{
    BUFFER_OWNED struct buffer inside = { 0 };
    struct console *console = user_data;
    char today[DATE_TEXT];
    if (text_is(request->path, "/kieu.css")) {
        show_style(answer);
        return;
    }
    struct page page = { .settings = &console->settings,
                         .console = console,
                         .request = request,
                         .answer = answer,
                         .arena = request->arena,
                         .language = console->settings.language,
                         .prefix = "",
                         .path = request->path,
                         .out = &inside };
    take_language(&page);
    words_speak(page.language);
    clock_format_date(console->settings.clock->now(console->settings.clock), today);
    date_read(text_of(today), &page.today);
    const struct console_page *which = find_page(page.path, &page.rest);
    if (which)
        show_recent(&page, which);
    else
        show_nothing_there(&page);
    export_close(page.export);
}

/* ---- open, close ---- */

static enum status begin_background(struct console *console, struct error *error)
{
    console->verifier = verifier_open(&console->settings);
    console->follower = (struct follower){ .settings = &console->settings, .memory = console->reports };
    const struct background_task tasks[BACKGROUND_TASKS] = { { follower_work, &console->follower },
                                                             { verifier_work, console->verifier } };
    return background_open(tasks, &console->background, error);
}

enum status console_open(const struct console_settings *settings, struct console **console,
                         struct error *error)
{
    struct console *made = memory_new(struct console);
    made->settings = *settings;
    made->search = search_open();
    made->recent = recent_open();
    made->reports = report_memory_open();
    pthread_mutex_init(&made->making, NULL);
    pthread_mutex_init(&made->mutex, NULL);
    struct http_server_settings server = { .listen = settings->listen,
                                           .descriptor = settings->descriptor,
                                           .answer = answer_request,
                                           .user_data = made };
    if (http_server_open(&server, &made->server, error) ||
        (settings->lock && settings->lock(settings->user_data, error)) || begin_background(made, error) ||
        http_server_start(made->server, error)) {
        console_close(made);
        return error->status;
    }
    *console = made;
    return STATUS_OK;
}

const char *console_address(const struct console *console)
{
    return http_server_address(console->server);
}

void console_close(struct console *console)
{
    if (!console)
        return;
    http_server_close(console->server);
    background_close(console->background);
    verifier_close(console->verifier);
    search_close(console->search);
    recent_close(console->recent);
    report_memory_close(console->reports);
    for (struct reader *reader = console->readers, *next; reader; reader = next) {
        next = reader->next;
        close_reader(reader);
    }
    pthread_mutex_destroy(&console->making);
    pthread_mutex_destroy(&console->mutex);
    free(console);
}
