#include "console/verifier.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "adapters/file.h"
#include "core/memory.h"

#define WAIT_MS  1000  /* that a page waits for a verification */
#define QUIET_MS 10000 /* that a store must have been left alone when a run seems to be at work: it died */
#define NICENESS 10

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
    pthread_t thread;
    bool threaded;
    pthread_mutex_t mutex;
    pthread_cond_t changed; /* something is wanted, has gone on, or has ended */
    bool closing;
    bool wanted, working;
    enum language language;     /* in which it is wanted */
    struct verifier_files seen; /* when it was wanted */
    int64_t seen_at;            /* since when the files are so: CLOCK_MONOTONIC, ms */
    bool at_work;
    int64_t done, total;
    struct result results[LANGUAGES];
};

static int64_t now_ms(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

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

static void verify(struct verifier *verifier, struct result *result)
{
    struct error error = { 0 };
    struct store *store = NULL;
    struct audit_report report;
    const struct console_settings *settings = verifier->settings;
    struct audit_request request = { .settings = settings->audit,
                                     .progress = progress,
                                     .user_data = verifier };
    result->files = verifier_look_at_files(settings->store);
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
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += milliseconds / 1000;
    until.tv_nsec += milliseconds % 1000 * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_cond_timedwait(&verifier->changed, &verifier->mutex, &until);
}

/* With the mutex. */
static bool is_due(const struct verifier *verifier)
{
    return verifier->wanted && (!verifier->at_work || now_ms() - verifier->seen_at >= QUIET_MS);
}

static void *work(void *user_data)
{
    struct verifier *verifier = user_data;
    (void)setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid),
                      NICENESS); /* readers and the night come first */
    pthread_mutex_lock(&verifier->mutex);
    while (!verifier->closing) {
        if (!is_due(verifier)) {
            wait_until(verifier, 1000);
            continue;
        }
        struct result made = { 0 };
        enum language language = verifier->language;
        verifier->wanted = false;
        verifier->working = true;
        verifier->done = verifier->total = 0;
        pthread_mutex_unlock(&verifier->mutex);
        words_speak(language);
        verify(verifier, &made);
        pthread_mutex_lock(&verifier->mutex);
        arena_free(&verifier->results[language].arena);
        verifier->results[language] = made;
        verifier->working = false;
        pthread_cond_broadcast(&verifier->changed);
    }
    pthread_mutex_unlock(&verifier->mutex);
    return NULL;
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
        verifier->seen_at = verifier_same_files(&verifier->seen, files) ? verifier->seen_at : now_ms();
        verifier->seen = *files;
    }
    verifier->wanted = true;
    verifier->at_work = at_work;
    verifier->language = language;
    pthread_cond_broadcast(&verifier->changed);
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
    int64_t until = now_ms() + WAIT_MS;
    *verdict = (struct verdict){ 0 };
    pthread_mutex_lock(&verifier->mutex);
    const struct result *result = find_result(verifier, &files, language);
    bool in_language = result == &verifier->results[language];
    if ((!result || !in_language) && !verifier->working)
        want(verifier, &files, at_work, language);
    while (!result && wait && !at_work && now_ms() < until && (verifier->working || verifier->wanted)) {
        wait_until(verifier, until - now_ms());
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

enum status verifier_open(const struct console_settings *settings, struct verifier **verifier,
                          struct error *error)
{
    struct verifier *made = memory_new(struct verifier);
    struct verifier_files files = verifier_look_at_files(settings->store);
    made->settings = settings;
    pthread_mutex_init(&made->mutex, NULL);
    pthread_cond_init(&made->changed, NULL);
    want(made, &files, false, settings->language);
    made->threaded = !pthread_create(&made->thread, NULL, work, made);
    if (!made->threaded) {
        verifier_close(made);
        return error_set(error, STATUS_STOP, _("no thread is to be had for the verification of the ledger"));
    }
    *verifier = made;
    return STATUS_OK;
}

void verifier_close(struct verifier *verifier)
{
    if (!verifier)
        return;
    pthread_mutex_lock(&verifier->mutex);
    verifier->closing = true;
    pthread_cond_broadcast(&verifier->changed);
    pthread_mutex_unlock(&verifier->mutex);
    if (verifier->threaded)
        pthread_join(verifier->thread, NULL);
    for (int i = 0; i < LANGUAGES; i++)
        arena_free(&verifier->results[i].arena);
    pthread_cond_destroy(&verifier->changed);
    pthread_mutex_destroy(&verifier->mutex);
    free(verifier);
}
