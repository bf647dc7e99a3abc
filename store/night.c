#include "store/night.h"

#include <string.h>

#include "store/said.h"
#include "store/sql.h"
#include "store/store_run.h"

#define HOUR     INT64_C(3600000)
#define DAY      (24 * HOUR)
#define VIETNAM  (7 * HOUR)
#define RUNS_MAX 2000 /* that are looked at: years of nights */

static int64_t day_number(int64_t moment)
{
    int64_t day = moment / DAY;
    return moment % DAY < 0 ? day - 1 : day;
}

/* Noon is where the day of a night begins. */
static struct date night_day(int64_t began)
{
    return date_from_days((int)day_number(began + VIETNAM + DAY / 2));
}

static bool is_again(const struct night *night, int64_t began)
{
    return date_days(night->day) == day_number(began + VIETNAM) &&
           began < night->first_began + DAY - 2 * HOUR;
}

/* How bad: not ended at all is the worst, then the ledger, then a stop. */
static int badness(int exit_code)
{
    static const int order[] = { 0, 1, 2, 3, 2, 4 };
    return exit_code < 0 ? 5 : exit_code < 6 ? order[exit_code] : 4;
}

static bool is_of(const struct night *night, int64_t began)
{
    return night->known && (!date_compare(night->day, night_day(began)) || is_again(night, began));
}

/* `ending`: the run that says how it ended. */
static void take(struct night *night, const struct night_run *run, const struct night_run *begins,
                 const struct night_run *ending, bool staged)
{
    if (night->staged != staged || !is_of(night, begins->started)) {
        int64_t clock_back = night->clock_back;
        *night = (struct night){ .known = true,
                                 .staged = staged,
                                 .day = night_day(begins->started),
                                 .first = begins->run,
                                 .first_began = begins->started,
                                 .worst = ending->run,
                                 .worst_exit = ending->exit_code,
                                 .clock_back = clock_back };
    }
    night->runs++;
    night->since = 0;
    night->last = run->run;
    night->ending = ending->run;
    night->last_exit = ending->exit_code;
    if (badness(ending->exit_code) > badness(night->worst_exit)) {
        night->worst = ending->run;
        night->worst_exit = ending->exit_code;
    }
}

/* What is merely kept back the load counts itself. */
static const struct night_run *find_ending(const struct night_run *load,
                                           const struct night_run *const *stages)
{
    const struct night_run *ending = load;
    for (size_t i = 0; i < 2; i++)
        if (stages[i] && stages[i]->exit_code != 0 && stages[i]->exit_code != 1 &&
            badness(stages[i]->exit_code) > badness(ending->exit_code))
            ending = stages[i];
    return ending;
}

struct night night_last(const struct night_run *runs, size_t count)
{
    struct night night = { 0 };
    const struct night_run *extract = NULL,
                           *stages[2] = { NULL, NULL }; /* extract, transform: the last of each */
    for (size_t i = 0; i < count; i++) {
        const struct night_run *run = &runs[i];
        if (i && run->started < runs[i - 1].started)
            night.clock_back = run->run;
        bool taken = !run->filtered && run->command == NIGHT_RUN;
        if (taken) {
            take(&night, run, run, run, false);
            extract = stages[0] = stages[1] = NULL;
        } else if (!run->filtered && run->command == NIGHT_LOAD) {
            /* Without a new extract it goes on with what the night's own one left. */
            const struct night_run *begins = extract ? extract : run;
            taken = is_of(&night, begins->started) ? night.staged : extract != NULL;
            if (taken)
                take(&night, run, begins, find_ending(run, stages), true);
            extract = NULL;
        } else if (!run->filtered && run->command == NIGHT_EXTRACT) {
            extract = stages[0] = run;
            stages[1] = NULL; /* what it left undone is done with this one's records */
        } else if (!run->filtered && run->command == NIGHT_TRANSFORM) {
            stages[1] = run;
        }
        night.since += !taken;
    }
    return night;
}

/* ---- of a store ---- */

static const char newest[] =
    "SELECT s.run, s.at, f.at, json_extract(s.detail, '$.command'), json_type(s.detail, '$.filter') IS NOT "
    "NULL,"
    " json_extract(f.detail, '$.exit_code') FROM ledger s"
    " LEFT JOIN ledger f ON f.run = s.run AND f.event = 'run-finished'"
    " WHERE s.event = 'run-started' AND s.run > (SELECT max(run) FROM ledger) - ?1 ORDER BY s.run";

static enum status read_runs(struct store *store, struct night_run *runs, size_t *count, struct error *error)
{
    struct sqlite_statement *row;
    *count = 0;
    if (sql_rows(store, newest, SQL_WITH(SQL_NUMBER(RUNS_MAX)), &row, error))
        return error->status;
    enum status status;
    while ((status = sqlite_step(row, error)) == STATUS_OK && *count < RUNS_MAX) {
        struct text command = sqlite_column_text(row, 3);
        struct night_run *run = &runs[(*count)++];
        *run = (struct night_run){ .run = sqlite_number(row, 0), .finished = -1, .exit_code = -1 };
        clock_parse(sqlite_column_text(row, 1), &run->started);
        if (!sqlite_is_null(row, 2))
            clock_parse(sqlite_column_text(row, 2), &run->finished);
        run->command = text_is(command, "run")         ? NIGHT_RUN
                       : text_is(command, "extract")   ? NIGHT_EXTRACT
                       : text_is(command, "transform") ? NIGHT_TRANSFORM
                       : text_is(command, "load")      ? NIGHT_LOAD
                                                       : NIGHT_OTHER;
        run->filtered = sqlite_number(row, 4);
        if (!sqlite_is_null(row, 5))
            run->exit_code = (int)sqlite_number(row, 5);
    }
    return status == STATUS_END ? STATUS_OK : status;
}

/* What the ledger says of a run's beginning and end, under these names. */
static enum status put_run(struct store *store, struct arena *arena, int64_t run, const char *began,
                           const char *ended, const char *why, struct value *night, struct error *error)
{
    struct sqlite_statement *row;
    enum status status =
        sql_row(store,
                "SELECT s.at, f.at, json_extract(f.detail, '$.why'), json_extract(f.detail, '$.error')"
                " FROM ledger s LEFT JOIN ledger f"
                " ON f.run = s.run AND f.event = 'run-finished' WHERE s.run = ?1 AND s.event = 'run-started'",
                SQL_WITH(SQL_NUMBER(run)), &row, error);
    if (status)
        return status == STATUS_END ? STATUS_OK : status;
    const char *const names[] = { began, ended, why };
    for (int i = 0; i < 3; i++)
        if (names[i] && !sqlite_is_null(row, i)) {
            struct text words = sqlite_take_text(arena, row, i);
            if (i == 2)
                words = said_now(arena, words, sqlite_column_text(row, 3));
            value_set(night, names[i], value_text(arena, words));
        }
    sqlite_reset_statement(row);
    return STATUS_OK;
}

enum status night_report(struct store *store, struct arena *arena, struct value **night, struct error *error)
{
    struct night_run *runs = arena_array(arena, struct night_run, RUNS_MAX);
    size_t count;
    char *day = arena_alloc(arena, DATE_TEXT);
    *night = NULL;
    if (read_runs(store, runs, &count, error))
        return error->status;
    struct night last = night_last(runs, count);
    if (!last.known)
        return STATUS_OK;
    struct value *made = value_object(arena);
    date_write(last.day, day);
    value_set(made, "day", value_string(arena, day));
    value_set(made, "first_run", value_integer(arena, last.first));
    value_set(made, "last_run", value_integer(arena, last.last));
    value_set(made, "runs", value_integer(arena, last.runs));
    value_set(made, "staged", value_boolean(arena, last.staged));
    if (put_run(store, arena, last.first, "started_at", NULL, NULL, made, error) ||
        put_run(store, arena, last.last, NULL, "finished_at", NULL, made, error) ||
        put_run(store, arena, last.ending, NULL, NULL, "why", made, error))
        return error->status;
    if (last.last_exit < 0 && store_run_tell_broken_off(store, arena, last.ending, made, error))
        return error->status;
    if (last.last_exit >= 0)
        value_set(made, "exit_code", value_integer(arena, last.last_exit));
    if (last.worst != last.ending && badness(last.worst_exit) > badness(last.last_exit)) {
        value_set(made, "worst_run", value_integer(arena, last.worst));
        if (last.worst_exit >= 0)
            value_set(made, "worst_exit_code", value_integer(arena, last.worst_exit));
        else
            value_set(made, "worst_why", value_string(arena, _("broken off: nobody is at work")));
        if (put_run(store, arena, last.worst, NULL, NULL, "worst_why", made, error))
            return error->status;
    }
    value_set(made, "commands_since", value_integer(arena, last.since));
    if (last.first_began > store_clock(store)->now(store_clock(store)) + NIGHT_AHEAD)
        value_set(made, "lies_ahead", value_boolean(arena, true));
    if (last.clock_back)
        value_set(made, "clock_went_back_at_run", value_integer(arena, last.clock_back));
    *night = made;
    return STATUS_OK;
}

enum status night_before(struct store *store, int64_t *run, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct night_run *runs = arena_array(&arena, struct night_run, RUNS_MAX);
    size_t count, before = 0;
    *run = 0;
    if (read_runs(store, runs, &count, error))
        return error->status;
    struct night last = night_last(runs, count);
    while (before < count && runs[before].run < last.first)
        before++;
    struct night earlier = night_last(runs, before);
    if (earlier.known)
        *run = earlier.last;
    return STATUS_OK;
}

/* The day of the night that a moment belongs to, from noon to noon in Vietnam. */
#define NIGHT_DAY(seconds) "CAST((" seconds " + 68400) / 86400 AS INTEGER)"

enum status night_weeks_ago(struct store *store, int64_t now, int64_t before, struct arena *arena,
                            struct text *runs, struct error *error)
{
    struct sqlite_statement *row;
    enum status status =
        sql_row(store,
                "WITH begun AS (SELECT run, " NIGHT_DAY(
                    "strftime('%s', at)") " AS day FROM ledger WHERE event = 'run-started'),"
                                          " earlier AS (SELECT day FROM begun WHERE run = ?1)"
                                          " SELECT json_group_array(begun.run) FROM begun, earlier"
                                          " WHERE begun.day <= earlier.day"
                                          " AND (" NIGHT_DAY("?2") " - begun.day) / 7"
                                                                   "  > (earlier.day - begun.day) / 7",
                SQL_WITH(SQL_NUMBER(before), SQL_NUMBER(now / 1000)), &row, error);
    if (status == STATUS_OK)
        *runs = sqlite_take_text(arena, row, 0);
    sqlite_reset_statement(row);
    return status;
}
