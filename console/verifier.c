#include "console/verifier.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "adapters/file.h"
#include "core/clock.h"
#include "core/memory.h"

#define WAIT_MS  1000  /* that a page waits for a verification */
#define QUIET_MS 10000 /* that a store must have been left alone when a run seems to be at work: it died */
#define LOG_MOST (32 << 20) /* bytes that a run may write while its log cannot be folded back */

struct result {
    bool known;
    struct verifier_files files;
    enum status status; /* other than OK: it could not be read, and the sentence says why */
    bool holds;
    int64_t events;
    char at[CLOCK_TEXT];
    struct arena arena; /* of the report */
    struct value *report;
    const char *sentence;
};

struct verifier {
    const struct console_settings *settings;
    struct background *background; /* NULL: it has not worked yet */
    pthread_mutex_t mutex;
    pthread_cond_t changed; /* it has ended */
    bool wanted, working;
    struct verifier_files begun; /* what is being verified */
    enum language language;      /* in which it is wanted */
    struct verifier_files seen;  /* when it was wanted */
    int64_t seen_at;             /* since when the files are so: CLOCK_MONOTONIC, ms */
    bool at_work;
    int64_t done, total;
    struct result results[LANGUAGES];
};

bool verifier_same_files(const struct verifier_files *left, const struct verifier_files *right)
{
    return file_state_equal(&left->store, &right->store) && file_state_equal(&left->wal, &right->wal);
}

struct verifier_files verifier_look_at_files(const char *path)
{
    BUFFER_OWNED struct buffer wal = { 0 };
    struct verifier_files files = { 0 };
    struct error ignored;
    buffer_printf(&wal, "%s-wal", path);
    if (file_look(path, &files.store, &ignored))
        files.store = (struct file_state){ 0 };
    /* Whoever opens the store makes an empty one, and the last to close it takes it away. */
    if (file_look(wal.bytes, &files.wal, &ignored) || !files.wal.size)
        files.wal = (struct file_state){ 0 };
    files.wal.changed = 0; /* SQLite of root gives the file to the store's owner each time it opens it */
    return files;
}

/* ---- the thread ---- */

static void progress(void *user_data, int64_t done, int64_t total)
{
    struct verifier *verifier = user_data;
    pthread_mutex_lock(&verifier->mutex);
    verifier->done = done;
    verifier->total = total;
    pthread_mutex_unlock(&verifier->mutex);
}

/* Asked within a verification. */
static bool gives_way(void *user_data)
{
    struct verifier *verifier = user_data;
    struct verifier_files now = verifier_look_at_files(verifier->settings->store);
    return now.wal.size - verifier->begun.wal.size > LOG_MOST || background_is_closing(verifier->background);
}

static void verify(struct verifier *verifier, struct result *result)
{
    struct error error = { 0 };
    struct store *store = NULL;
    struct audit_report report;
    const struct console_settings *settings = verifier->settings;
    struct audit_request request = {
        .settings = settings->audit, .progress = progress, .stop = gives_way, .user_data = verifier
    };
    result->files = verifier->begun = verifier_look_at_files(settings->store);
    result->status = settings->open(settings->user_data, STORE_EXAMINE, &store, &error);
    if (!result->status)
        result->status = audit_verify(store, &request, &result->arena, &report, &error);
    store_close(store);
    clock_format(settings->clock->now(settings->clock), result->at);
    result->known = true;
    if (result->status) {
        result->sentence = text_string(&result->arena, text_of(error.message));
        return;
    }
    result->holds = report.holds;
    result->events = report.events;
    result->sentence = report.sentence;
    result->report = audit_report_value(&result->arena, &report);
}

static void wait_until(struct verifier *verifier, int64_t milliseconds)
{
    struct timespec until = clock_after(milliseconds);
    pthread_cond_timedwait(&verifier->changed, &verifier->mutex, &until);
}

/* With the mutex. */
static bool is_due(const struct verifier *verifier)
{
    return verifier->wanted && (!verifier->at_work || clock_steady_ms() - verifier->seen_at >= QUIET_MS);
}

/* With the mutex: a run is at work, and it begins anew when that has ended. */
static void put_off(struct verifier *verifier)
{
    verifier->wanted = verifier->at_work = true;
    verifier->seen = verifier_look_at_files(verifier->settings->store);
    verifier->seen_at = clock_steady_ms();
}

bool verifier_work(void *user_data, struct background *background)
{
    struct verifier *verifier = user_data;
    struct result made = { 0 };
    pthread_mutex_lock(&verifier->mutex);
    verifier->background = background;
    bool due = is_due(verifier);
    enum language language = verifier->language;
    if (due) {
        verifier->wanted = false;
        verifier->working = true;
        verifier->done = verifier->total = 0;
        pthread_mutex_unlock(&verifier->mutex);
        words_speak(language);
        verify(verifier, &made);
        pthread_mutex_lock(&verifier->mutex);
        verifier->working = false;
        if (made.status == STATUS_BUSY && gives_way(verifier)) {
            arena_free(&made.arena);
            put_off(verifier);
        } else {
            arena_free(&verifier->results[language].arena);
            verifier->results[language] = made;
        }
        pthread_cond_broadcast(&verifier->changed);
    }
    pthread_mutex_unlock(&verifier->mutex);
    return due;
}

/* ---- whoever asks ---- */

/* With the mutex: the result of these files, in the language if there is one. */
static const struct result *find_result(const struct verifier *verifier, const struct verifier_files *files,
                                        enum language language)
{
    for (int i = 0; i < LANGUAGES; i++) {
        const struct result *result = &verifier->results[((int)language + i) % LANGUAGES];
        if (result->known && (!files || verifier_same_files(&result->files, files)))
            return result;
    }
    return NULL;
}

/* With the mutex. */
static void want(struct verifier *verifier, const struct verifier_files *files, bool at_work,
                 enum language language)
{
    if (!verifier_same_files(&verifier->seen, files) || !verifier->wanted) {
        verifier->seen_at =
            verifier_same_files(&verifier->seen, files) ? verifier->seen_at : clock_steady_ms();
        verifier->seen = *files;
    }
    verifier->wanted = true;
    verifier->at_work = at_work;
    verifier->language = language;
    if (verifier->background)
        background_wake(verifier->background);
}

static void tell(struct verifier *verifier, const struct result *result, bool current, struct arena *arena,
                 struct verdict *verdict)
{
    verdict->working = verifier->working || verifier->wanted;
    verdict->done = verifier->done;
    verdict->total = verifier->total;
    if (!result)
        return;
    verdict->kind = result->status   ? VERDICT_UNREADABLE
                    : !result->holds ? VERDICT_FAILS
                    : current        ? VERDICT_HOLDS
                                     : VERDICT_HELD;
    verdict->sentence = text_copy(arena, text_of(result->sentence));
    verdict->at = text_copy(arena, text_of(result->at));
    verdict->events = result->events;
    verdict->report = result->report ? value_copy(arena, result->report) : NULL;
}

void verifier_look(struct verifier *verifier, bool at_work, bool wait, enum language language,
                   struct arena *arena, struct verdict *verdict)
{
    struct verifier_files files = verifier_look_at_files(verifier->settings->store);
    int64_t until = clock_steady_ms() + WAIT_MS;
    *verdict = (struct verdict){ 0 };
    pthread_mutex_lock(&verifier->mutex);
    const struct result *result = find_result(verifier, &files, language);
    bool in_language = result == &verifier->results[language];
    if ((!result || !in_language) && !verifier->working)
        want(verifier, &files, at_work, language);
    while (!result && wait && !at_work && clock_steady_ms() < until &&
           (verifier->working || verifier->wanted)) {
        wait_until(verifier, until - clock_steady_ms());
        result = find_result(verifier, &files, language);
        if (!result && !verifier->working)
            want(verifier, &files, at_work, language);
    }
    if (result)
        tell(verifier, result, true, arena, verdict);
    else
        tell(verifier, find_result(verifier, NULL, language), false, arena, verdict);
    pthread_mutex_unlock(&verifier->mutex);
    /* What was found of another store says nothing of this one. */
    if (!result && verdict->kind != VERDICT_HELD) {
        bool working = verdict->working;
        int64_t done = verdict->done, total = verdict->total;
        *verdict = (struct verdict){ .working = working, .done = done, .total = total };
    }
}

struct verifier *verifier_open(const struct console_settings *settings)
{
    struct verifier *made = memory_new(struct verifier);
    struct verifier_files files = verifier_look_at_files(settings->store);
    made->settings = settings;
    pthread_mutex_init(&made->mutex, NULL);
    pthread_cond_init(&made->changed, NULL);
    want(made, &files, false, settings->language);
    return made;
}

void verifier_close(struct verifier *verifier)
{
    if (!verifier)
        return;
    for (int i = 0; i < LANGUAGES; i++)
        arena_free(&verifier->results[i].arena);
    pthread_cond_destroy(&verifier->changed);
    pthread_mutex_destroy(&verifier->mutex);
    free(verifier);
}
