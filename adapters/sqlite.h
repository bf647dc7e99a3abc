/* The door to SQLite. SQL comes from store/ (the program's), from a source's `query` and from rules (`sql`,
 * an operator's, always on a read-only connection with a time limit). */
#ifndef ADAPTERS_SQLITE_H
#define ADAPTERS_SQLITE_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/digest.h"
#include "core/error.h"
#include "core/text.h"

struct sqlite;
struct sqlite_statement;

enum sqlite_mode {
    SQLITE_READ,
    SQLITE_WRITE,
    SQLITE_CREATE,
    SQLITE_READ_SHARED, /* reads, with a write-ahead log whose index (-shm) is there and only read, too */
    SQLITE_READ_STILL,  /* reads a file that nobody changes: no lock, no log; the caller sees to that */
};

/* One connection serves one thread. Waits up to 5 s for another's lock. `path` is a file's, whatever SQLite else takes such a
 * name for; NULL: a database in memory, gone when it is closed. SQLITE_READ and SQLITE_WRITE want the file to exist.
 * STATUS_USAGE when the file is no SQLite database or a damaged one, STATUS_FATAL when it cannot be opened, STATUS_BUSY. Views
 * and triggers of the file may not call functions with effects (the file may be a stranger's). */
enum status sqlite_open_file(const char *path, enum sqlite_mode mode, struct sqlite **database,
                             struct error *error);
void sqlite_close_file(struct sqlite *database);
/* As sqlite_open_file does first: SQLite would make a database of an empty path, or wait for a pipe's writer. STATUS_USAGE where
 * this, or what stands beside it as log, index or journal, is no file. */
enum status sqlite_look_at(const char *path, struct error *error);
/* A regular file that holds something, and does not begin as SQLite begins its files. */
bool sqlite_is_foreign(const char *path);

/* Only SELECT may run from here on: writes, ATTACH, PRAGMA and load_extension are refused by the authorizer
 * when the statement is prepared (STATUS_USAGE, as is any other fault of the SQL then: it is an operator's).
 * A statement that spends more than `milliseconds` inside SQLite, from its first step to its reset, is
 * interrupted, and so is one that works when `stop` (NULL: none) is set: STATUS_STOP. Texts and blobs are
 * held to 64 MiB. */
void sqlite_guard(struct sqlite *database, long milliseconds, const volatile sig_atomic_t *stop);

/* All that is asked from here on ends together, after so many milliseconds: STATUS_STOP. 0: no such end any more. Not on a
 * guarded connection. */
void sqlite_limit_time(struct sqlite *database, long milliseconds);

/* From here on all statements together may take so many of SQLite's steps: what then still works is broken off, STATUS_STOP
 * (a view that never ends, a check that was put in). 0: any number. */
void sqlite_allow(struct sqlite *database, int64_t steps);

/* Runs statements without results. STATUS_FATAL with the file, SQLite's words and what to do; STATUS_BUSY
 * when another process holds the file. So with every function below that returns a status. */
enum status sqlite_run(struct sqlite *database, const char *sql, struct error *error);

/* A transaction: BEGIN IMMEDIATE (BEGIN on a read-only connection: one snapshot), COMMIT, ROLLBACK; they are
 * prepared once and kept. A failed commit leaves the transaction open, unless SQLite itself rolled it back.
 * Rolling back without a transaction is no error. */
enum status sqlite_begin(struct sqlite *database, struct error *error);
enum status sqlite_commit(struct sqlite *database, struct error *error);
enum status sqlite_rollback(struct sqlite *database, struct error *error);
bool sqlite_in_transaction(struct sqlite *database);
/* Did SQLite say of the file that it is damaged, or no database? */
bool sqlite_is_damaged(const struct sqlite *database);

/* A copy of the whole database in a new file of ours, as it stands in one snapshot, whoever writes meanwhile; the
 * copy is one file, without a write-ahead log, and on disk when this returns. STATUS_STOP when `stop` was set. */
enum status sqlite_copy(struct sqlite *database, const char *path, const volatile sig_atomic_t *stop,
                        struct error *error);

/* One statement is prepared once and used again; more than one in `sql`, or none, is an error. The second
 * form is for statements that live as long as the connection (SQLite then allocates them elsewhere). Finish
 * before closing. */
enum status sqlite_prepare(struct sqlite *database, const char *sql, struct sqlite_statement **statement,
                           struct error *error);
enum status sqlite_prepare_persistent(struct sqlite *database, const char *sql,
                                      struct sqlite_statement **statement, struct error *error);
void sqlite_finish(struct sqlite_statement *statement);

/* Parameters are counted from 1. Texts and blobs are borrowed until the statement is reset. A text whose
 * bytes are NULL binds NULL. A parameter that cannot be bound (no such number, too long) is reported by the
 * next step. */
void sqlite_bind_number(struct sqlite_statement *statement, int at, int64_t number);
void sqlite_bind_text(struct sqlite_statement *statement, int at, struct text text);
void sqlite_bind_bytes(struct sqlite_statement *statement, int at, struct text bytes);
void sqlite_bind_digest(struct sqlite_statement *statement, int at,
                        const struct digest *digest); /* NULL: NULL */

/* STATUS_OK: a row stands ready; STATUS_END: done, and the statement is reset. Errors reset it too. */
enum status sqlite_step(struct sqlite_statement *statement, struct error *error);
/* NULL: nothing. Clears its parameters, too: what is not bound for the next use is NULL, and nothing borrowed is held. */
void sqlite_reset_statement(struct sqlite_statement *statement);
/* Steps a statement that gives no rows, then resets it. */
enum status sqlite_execute(struct sqlite_statement *statement, struct error *error);

/* Columns are counted from 0 and borrowed until the next step or reset. */
int sqlite_columns(struct sqlite_statement *statement);
const char *sqlite_column_title(struct sqlite_statement *statement, int at);
bool sqlite_is_null(struct sqlite_statement *statement, int at);
bool sqlite_is_blob(struct sqlite_statement *statement, int at);
bool sqlite_is_integer(struct sqlite_statement *statement, int at);
bool sqlite_is_real(struct sqlite_statement *statement, int at);
bool sqlite_is_text(struct sqlite_statement *statement, int at);
enum sqlite_kind { SQLITE_NOTHING, SQLITE_WHOLE_NUMBER, SQLITE_REAL_NUMBER, SQLITE_WORDS, SQLITE_RAW_BYTES };
/* What stands there, whatever it is: a whole number goes to `number`, words, raw bytes and a real number (as SQLite prints
 * it) to `bytes`. */
enum sqlite_kind sqlite_column(struct sqlite_statement *statement, int at, int64_t *number,
                               struct text *bytes);
int64_t sqlite_number(struct sqlite_statement *statement, int at);
/* Numbers as SQLite prints them; NULL gives TEXT_NONE. */
struct text sqlite_column_text(struct sqlite_statement *statement, int at);
struct text sqlite_take_text(struct arena *arena, struct sqlite_statement *statement,
                             int at); /* a copy of it */
struct text sqlite_bytes(struct sqlite_statement *statement, int at);
bool sqlite_digest(struct sqlite_statement *statement, int at, struct digest *digest); /* false when NULL */

int64_t sqlite_last_row(struct sqlite *database);
/* Is told of each row that this connection writes or deletes, in tables that have a row number (not WITHOUT ROWID), but not
 * of a DELETE without WHERE. */
void sqlite_watch_rows(struct sqlite *database, void (*changed)(void *user_data, const char *table),
                       void *user_data);
int64_t sqlite_changed_rows(struct sqlite *database);
/* Folds the write-ahead log back after a commit that finds so many pages in it, or so many more than the last time: as far as
 * its readers let it; from `most` on
 * the commit waits for the readers of older pages (at most 5 s, and again when the log is longer by as many), so that readers who
 * come without a pause cannot make it grow for ever. */
void sqlite_fold_log(struct sqlite *database, int pages, int most);

/* The door into SQL for a name that is not ours: in double quotes, in the arena. Values are bound. */
const char *sqlite_quote_name(struct arena *arena, struct text name);

#endif
