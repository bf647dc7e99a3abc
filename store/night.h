/* Which runs are the last night.
 *
 * A night is known by its day D: all unfiltered `run`s that began between noon of D-1 and noon of D, by Vietnam's
 * clocks. Its end is that of the last of them, and beside it stands the worst. An unfiltered `run` later on D is
 * run again by somebody: it belongs to the night of D and opens no new one, unless it begins when the next night is
 * due, which is a day after this one began, or up to two hours before. In a stretch without a `run`, an unfiltered
 * `load` behind an unfiltered `extract` that began since the night before stands for it, and so does each one behind it
 * in that night, which goes on with what that extract left; a `load` alone never does. Where the extract or the transform
 * that it goes on from stopped, it ended as these did, as one `run` of the three would have. What ran since, smaller commands,
 * is counted.
 */
#ifndef STORE_NIGHT_H
#define STORE_NIGHT_H

#include "core/date.h"
#include "store/store.h"

enum night_command { NIGHT_RUN, NIGHT_EXTRACT, NIGHT_TRANSFORM, NIGHT_LOAD, NIGHT_OTHER };

#define NIGHT_AHEAD INT64_C(300000) /* milliseconds: a clock that is set may jump as far */

struct night_run {
    int64_t run, started, finished; /* milliseconds; finished -1: at work, or died */
    enum night_command command;
    bool filtered;
    int exit_code; /* -1: none */
};

struct night {
    bool known;
    bool staged; /* extract and load stand for it */
    struct date day;
    int64_t first, last; /* run numbers */
    int64_t first_began;
    int64_t runs; /* how many `run`s, or `load`s of stages */
    int64_t
        ending; /* the run that says how the last of them ended: itself, or a stage before it that stopped */
    int last_exit, worst_exit;
    int64_t worst;      /* the run that ended worst */
    int64_t since;      /* commands behind the last of them */
    int64_t clock_back; /* the newest run that began before the one before it did; 0: none */
};

/* `runs` in the order of their numbers. */
struct night night_last(const struct night_run *runs, size_t count);

/* The night as a value: day, first_run, last_run, runs, staged, started_at, finished_at, exit_code (absent: it has
 * not ended), broken_off (true: and nobody makes it any more), why, worst_exit_code and worst_run (where that is another), worst_why, commands_since,
 * clock_went_back_at_run, lies_ahead (true: it began more than five minutes from now). NULL when there has been none. */
enum status night_report(struct store *store, struct arena *arena, struct value **night, struct error *error);

/* The last run of the night before the last one; 0: there was none. What stands since a later run is new. */
enum status night_before(struct store *store, int64_t *run, struct error *error);
/* The runs that began a whole number of weeks before the night of `now` or, where there was no night that day, before one
 * since the night of the run `before`: a JSON list of numbers. What stands since one of them is told again. */
enum status night_weeks_ago(struct store *store, int64_t now, int64_t before, struct arena *arena,
                            struct text *runs, struct error *error);

#endif
