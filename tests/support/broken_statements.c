#include "tests/support/broken_statements.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/test.h"

#define ROUNDS_MAX 3000

static int left;
static bool armed, hit, opening;
static char where[200];
static sqlite3 *watched;

static bool strike(const char *words)
{
    if (left <= 0 || --left)
        return false;
    hit = true;
    snprintf(where, sizeof where, "%s", words);
    return true;
}

static int on_statement(unsigned event, void *user_data, void *statement, void *words)
{
    const char *sql = words;
    (void)event, (void)user_data, (void)statement;
    bool counted = strncmp(sql, "--", 2) != 0 && strncmp(sql, "ROLLBACK", 8) != 0;
    if (counted && strike(sql))
        armed = true;
    return 0;
}

/* A commit is not broken off behind its effect: on_commit refuses it in front. */
static int on_step(void *user_data)
{
    bool broken = armed && strncmp(where, "COMMIT", 6) != 0;
    (void)user_data;
    armed = armed && !broken;
    return broken;
}

static int on_commit(void *user_data)
{
    bool broken = armed;
    (void)user_data;
    armed = false;
    return broken;
}

static int on_prepare(void *user_data, int action, const char *first, const char *second, const char *file,
                      const char *trigger)
{
    (void)user_data, (void)second, (void)file, (void)trigger;
    bool counted = action == SQLITE_SELECT || action == SQLITE_INSERT || action == SQLITE_DELETE ||
                   action == SQLITE_UPDATE;
    return counted && strike(first ? first : "SELECT") ? SQLITE_DENY : SQLITE_OK;
}

static int on_open(sqlite3 *handle, char **words, const void *functions)
{
    (void)words, (void)functions;
    if (opening && !watched)
        watched = handle;
    sqlite3_trace_v2(handle, SQLITE_TRACE_STMT, on_statement, NULL);
    sqlite3_progress_handler(handle, 1, on_step, NULL);
    sqlite3_commit_hook(handle, on_commit, NULL);
    sqlite3_set_authorizer(handle, on_prepare, NULL);
    return SQLITE_OK;
}

static void play_once(const struct broken_work *work, int number)
{
    struct error error = { .status = STATUS_OK };
    watched = NULL;
    hit = armed = false;
    opening = true;
    work->open();
    opening = false;
    left = number;
    enum status status = work->work(&error);
    left = 0;
    bool told = !hit ? CHECK(status <= STATUS_END)
                     : CHECK(status > STATUS_END) && CHECK_INT(error.status, status) && CHECK(*error.message);
    if (watched && !CHECK(sqlite3_get_autocommit(watched)))
        told = false;
    if (!told)
        printf("  %d: %s: %d %s\n", number, where, (int)status, error.message);
    work->close();
}

int broken_statements_play(const struct broken_work *work)
{
    union {
        int (*taken)(sqlite3 *, char **, const void *);
        void (*given)(void);
    } entry = { on_open };
    int number = 0, stride = work->stride, played = 0;
    sqlite3_auto_extension(entry.given);
    do {
        *where = 0;
        number += stride;
        play_once(work, number);
        played += hit;
    } while (hit && number < ROUNDS_MAX);
    CHECK(!hit);
    sqlite3_cancel_auto_extension(entry.given);
    return played;
}
