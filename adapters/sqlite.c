#include "adapters/sqlite.h"

/* sqlite3.h has a macro SQLITE_READ (an authorizer code): our enumerators are given other names before it
 * comes. */
enum { MODE_READ = SQLITE_READ, MODE_CREATE = SQLITE_CREATE };

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "adapters/private_file.h"
#include "core/clock.h"
#include "core/memory.h"

#define IN_MEMORY      ":memory:"
#define LOCK_WAIT_MS   5000
#define OPCODES_A_LOOK 2000 /* some ten microseconds between two looks at the time */
#define GUARDED_VALUE  (64 << 20)
#define GUARDED_LIKE   1000
#define PAGES_A_STEP   2000 /* of a copy, between two looks at signals */

struct sqlite {
    sqlite3 *handle;
    char *path;
    bool read_only;
    bool guarded;
    bool damaged;        /* its pages are none of SQLite's */
    int64_t steps;       /* that are left: sqlite_allow */
    int64_t allowed_ns;  /* for one statement */
    int64_t deadline_ns; /* of the step that is running */
    const volatile sig_atomic_t *stop;
    void (*changed)(void *watcher, const char *table); /* sqlite_watch_rows */
    void *watcher;
    int log_pages, log_most;          /* sqlite_fold_log … */
    int log_seen, log_next, log_wait; /* … so long it was last; the next time for each of the two */
    struct sqlite_statement *begin, *commit, *rollback;
};

struct sqlite_statement {
    struct sqlite *database;
    sqlite3_stmt *handle;
    int bind_failure; /* the first since the last reset, SQLITE_OK for none */
    int64_t spent_ns; /* in the steps since the last reset, when guarded */
};

/* What SQLite cannot do, in its words, with what a person can do about it. `sql` may be NULL. */
static enum status report(struct sqlite *database, int result, const char *sql, struct error *error)
{
    const char *path = database->path;
    const char *words = database->handle ? sqlite3_errmsg(database->handle) : sqlite3_errstr(result);
    bool full = (result & 0xff) == SQLITE_FULL || (database->handle && (result & 0xff) == SQLITE_IOERR &&
                                                   (sqlite3_system_errno(database->handle) == ENOSPC ||
                                                    sqlite3_system_errno(database->handle) == EDQUOT));
    if (full)
        return error_set(error, STATUS_FATAL, _("%s: the disk is full (%s). Free space and run again"), path,
                         words);
    switch (result & 0xff) {
    case SQLITE_BUSY:
        return error_set(
            error, STATUS_BUSY,
            _("%s: another process holds the database (%s). Wait until it has ended and run again"), path,
            words);
    case SQLITE_READONLY:
    case SQLITE_PERM:
        return error_set(
            error, STATUS_FATAL,
            _("%s: the database cannot be written (%s). Check the permissions of the file and its folder "
              "and run again"),
            path, words);
    case SQLITE_IOERR:
        return error_set(error, STATUS_FATAL,
                         _("%s: the disk cannot be read or written (%s, %s). Check the disk and "
                           "run again"),
                         path, words, sqlite3_errstr(result));
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        database->damaged = true;
        return error_set(
            error, STATUS_FATAL,
            _("%s: the database is damaged (%s). Keep a copy of it, restore a backup and run again"), path,
            words);
    case SQLITE_CANTOPEN:
        return error_set(
            error, STATUS_FATAL,
            _("%s: the database cannot be opened (%s). Check that the file and its folder exist and can "
              "be read and written"),
            path, words);
    case SQLITE_INTERRUPT:
        if (database->steps < 0)
            return error_set(
                error, STATUS_STOP,
                _("%s: a query takes more than a file of this size can: something in it never ends"), path);
        if (database->stop && *database->stop)
            return error_set(error, STATUS_STOP, _("%s: a signal ended a query"), path);
        if (!database->guarded) /* what we ask ourselves: whoever waits for it wrote no query */
            return error_set(
                error, STATUS_STOP,
                _("%s: what was asked for took longer than %lld ms and was broken off. The machine is "
                  "busy, or it is very much: ask again in a moment, or for less"),
                path, (long long)(database->allowed_ns / 1000000));
        return error_set(error, STATUS_STOP,
                         _("%s: a query took longer than %lld ms and was broken off: " TEXT_PRINT
                           ". Make it simpler or allow it more time"),
                         path, (long long)(database->allowed_ns / 1000000), TEXT_ARG(text_of(sql)));
    case SQLITE_AUTH:
        return error_set(error, STATUS_USAGE, _("%s: only SELECT is allowed here (%s): " TEXT_PRINT), path,
                         words, TEXT_ARG(text_of(sql)));
    default:
        return error_set(error, database->guarded ? STATUS_USAGE : STATUS_FATAL, _("%s: %s in: " TEXT_PRINT),
                         path, words, TEXT_ARG(text_of(sql)));
    }
}

enum status sqlite_look_at(const char *path, struct error *error)
{
    struct stat info;
    if (stat(path, &info) < 0)
        return error_set(error, STATUS_FATAL, _("%s: the database cannot be opened: %s. Check the path"),
                         path, words_errno(errno));
    if (!S_ISREG(info.st_mode))
        return error_set(error, STATUS_USAGE, _("%s is no file, so it cannot be an SQLite database"), path);
    static const char *const ends[] = { "-wal", "-shm", "-journal" };
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        BUFFER_OWNED struct buffer beside = { 0 };
        buffer_printf(&beside, "%s%s", path, ends[i]);
        if (stat(beside.bytes, &info) == 0 && !S_ISREG(info.st_mode))
            return error_set(error, STATUS_USAGE, _("%s is no file, so it cannot be an SQLite database"),
                             beside.bytes);
    }
    return STATUS_OK;
}

static void harden(sqlite3 *handle)
{
    sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
}

/* RFC 3986; whatever is more than a path's plain bytes is escaped. */
static void put_uri(struct buffer *uri, const char *path, const char *parameter)
{
    buffer_string(uri, *path == '/' ? "file://" : "file:./");
    for (; *path; path++)
        if (strchr("/._-~", *path) || (*path >= '0' && *path <= '9') ||
            ((*path | 32) >= 'a' && (*path | 32) <= 'z'))
            buffer_char(uri, *path);
        else
            buffer_printf(uri, "%%%02x", (unsigned)(unsigned char)*path);
    buffer_printf(uri, "?%s", parameter);
}

enum status sqlite_open_file(const char *path, enum sqlite_mode mode, struct sqlite **database,
                             struct error *error)
{
    *database = NULL;
    if (path && (int)mode != MODE_CREATE) {
        enum status status = sqlite_look_at(path, error);
        if (status)
            return status;
    }
    struct sqlite *opened = memory_new(struct sqlite);
    opened->path = memory_copy_string(path ? path : IN_MEMORY);
    opened->read_only = (int)mode == MODE_READ || mode >= SQLITE_READ_SHARED;
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    flags |= opened->read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
    flags |= (int)mode == MODE_CREATE ? SQLITE_OPEN_CREATE : 0;
    BUFFER_OWNED struct buffer name = { 0 };
    if (mode >= SQLITE_READ_SHARED) {
        flags |= SQLITE_OPEN_URI;
        put_uri(&name, path, mode == SQLITE_READ_STILL ? "immutable=1" : "readonly_shm=1");
    } else if (path) {
        /* "file:a.db" would be a URI, ":memory:" no file, "" one that is thrown away: a path with a folder is neither. */
        buffer_printf(&name, "%s%s", *path == '/' ? "" : "./", path);
    } else {
        buffer_string(&name, IN_MEMORY);
    }
    int result = sqlite3_open_v2(name.bytes, &opened->handle, flags, NULL);
    if (result == SQLITE_OK) {
        harden(opened->handle);
        sqlite3_busy_timeout(opened->handle, LOCK_WAIT_MS);
        /* Opening reads nothing: only a first look tells whether this is a database. */
        result = sqlite3_exec(opened->handle, "SELECT count(*) FROM sqlite_schema", NULL, NULL, NULL);
    }
    if (result == SQLITE_OK) {
        *database = opened;
        return STATUS_OK;
    }
    enum status status = report(opened, result, NULL, error);
    if (result == SQLITE_NOTADB)
        status = error_set(error, STATUS_USAGE, _("%s is no SQLite database (%s). Check the path"), path,
                           sqlite3_errmsg(opened->handle));
    else if (opened->damaged && error)
        status = error->status = STATUS_USAGE;
    sqlite_close_file(opened);
    return status;
}

bool sqlite_is_foreign(const char *path)
{
    static const char begins[16] = "SQLite format 3";
    struct stat info;
    char head[sizeof begins] = "";
    if (stat(path, &info) || !S_ISREG(info.st_mode) || !info.st_size)
        return false;
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    size_t length = fread(head, 1, sizeof head, file);
    fclose(file);
    return memcmp(head, begins, length < sizeof head ? length : sizeof head) != 0;
}

void sqlite_close_file(struct sqlite *database)
{
    if (!database)
        return;
    sqlite_finish(database->begin);
    sqlite_finish(database->commit);
    sqlite_finish(database->rollback);
    sqlite3_close_v2(database->handle);
    free(database->path);
    free(database);
}

static int authorize(void *user_data, int action, const char *first, const char *second, const char *schema,
                     const char *trigger)
{
    (void)user_data, (void)first, (void)schema, (void)trigger;
    switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_RECURSIVE:
        return SQLITE_OK;
    case SQLITE_FUNCTION:
        return second && sqlite3_stricmp(second, "load_extension") == 0 ? SQLITE_DENY : SQLITE_OK;
    default:
        return SQLITE_DENY;
    }
}

static int look_at_time(void *user_data)
{
    const struct sqlite *database = user_data;
    return clock_steady_ns() > database->deadline_ns || (database->stop && *database->stop);
}

void sqlite_guard(struct sqlite *database, long milliseconds, const volatile sig_atomic_t *stop)
{
    database->stop = stop;
    database->guarded = true;
    database->allowed_ns = (int64_t)milliseconds * 1000000;
    database->deadline_ns = INT64_MAX; /* until a statement starts */
    /* One opcode can build a value or match a pattern: no look at the time comes in between, so they are
     * bounded. */
    sqlite3_limit(database->handle, SQLITE_LIMIT_LENGTH, GUARDED_VALUE);
    sqlite3_limit(database->handle, SQLITE_LIMIT_LIKE_PATTERN_LENGTH, GUARDED_LIKE);
    sqlite3_limit(database->handle, SQLITE_LIMIT_ATTACHED, 0);
    /* A table function is connected when it is first used, which SQLite asks leave for as for an update. */
    sqlite3_exec(database->handle, "SELECT 1 FROM json_each('[]'), json_tree('[]')", NULL, NULL, NULL);
    sqlite3_set_authorizer(database->handle, authorize, NULL);
    sqlite3_progress_handler(database->handle, OPCODES_A_LOOK, look_at_time, database);
}

void sqlite_limit_time(struct sqlite *database, long milliseconds)
{
    database->allowed_ns = (int64_t)milliseconds * 1000000;
    database->deadline_ns = clock_steady_ns() + database->allowed_ns;
    sqlite3_progress_handler(database->handle, milliseconds ? OPCODES_A_LOOK : 0, look_at_time, database);
}

static int take_steps(void *user_data)
{
    struct sqlite *database = user_data;
    database->steps -= OPCODES_A_LOOK;
    return database->steps < 0;
}

void sqlite_allow(struct sqlite *database, int64_t steps)
{
    database->steps = steps;
    sqlite3_progress_handler(database->handle, steps ? OPCODES_A_LOOK : 0, steps ? take_steps : NULL,
                             database);
}

enum status sqlite_run(struct sqlite *database, const char *sql, struct error *error)
{
    if (database->guarded)
        database->deadline_ns = clock_steady_ns() + database->allowed_ns;
    int result = sqlite3_exec(database->handle, sql, NULL, NULL, NULL);
    return result == SQLITE_OK ? STATUS_OK : report(database, result, sql, error);
}

static enum status transact(struct sqlite *database, struct sqlite_statement **statement, const char *sql,
                            struct error *error)
{
    if (!*statement) {
        enum status status = sqlite_prepare_persistent(database, sql, statement, error);
        if (status)
            return status;
    }
    return sqlite_execute(*statement, error);
}

enum status sqlite_begin(struct sqlite *database, struct error *error)
{
    return transact(database, &database->begin, database->read_only ? "BEGIN" : "BEGIN IMMEDIATE", error);
}

enum status sqlite_commit(struct sqlite *database, struct error *error)
{
    return transact(database, &database->commit, "COMMIT", error);
}

enum status sqlite_rollback(struct sqlite *database, struct error *error)
{
    if (!sqlite_in_transaction(database))
        return STATUS_OK;
    return transact(database, &database->rollback, "ROLLBACK", error);
}

bool sqlite_is_damaged(const struct sqlite *database)
{
    return database->damaged;
}

bool sqlite_in_transaction(struct sqlite *database)
{
    return !sqlite3_get_autocommit(database->handle);
}

/* ---- a copy ---- */

/* The snapshot is held through all steps: a commit of another process does not make the copy begin again. */
static enum status copy_pages(struct sqlite *from, struct sqlite *to, const volatile sig_atomic_t *stop,
                              struct error *error)
{
    sqlite3_backup *copy = sqlite3_backup_init(to->handle, "main", from->handle, "main");
    int result = copy ? SQLITE_OK : sqlite3_errcode(to->handle);
    while (result == SQLITE_OK && !(stop && *stop))
        result = sqlite3_backup_step(copy, PAGES_A_STEP);
    int end = copy ? sqlite3_backup_finish(copy) : result;
    if (result == SQLITE_OK)
        return error_set(error, STATUS_STOP, _("%s: a signal ended the copy"), to->path);
    if (result != SQLITE_DONE || end != SQLITE_OK)
        return report(to, result == SQLITE_DONE ? end : result, NULL, error);
    return sqlite_run(to, "PRAGMA journal_mode = DELETE", error);
}

enum status sqlite_copy(struct sqlite *database, const char *path, const volatile sig_atomic_t *stop,
                        struct error *error)
{
    struct sqlite *copy;
    int descriptor;
    /* Empty, for nobody else to read: SQLite writes into it, and would create one as the umask says. */
    if (private_file_open(path, true, &descriptor, error))
        return error->status;
    close(descriptor);
    if (sqlite_open_file(path, (enum sqlite_mode)MODE_CREATE, &copy, error))
        return error->status;
    bool begun = !sqlite_in_transaction(database);
    enum status status = sqlite_run(copy, "PRAGMA synchronous = FULL", error);
    if (!status && begun)
        status = sqlite_begin(database, error);
    if (!status)
        status = sqlite_run(database, "SELECT count(*) FROM sqlite_schema", error);
    if (!status)
        status = copy_pages(database, copy, stop, error);
    if (begun)
        (void)sqlite_rollback(database, NULL);
    sqlite_close_file(copy);
    return status;
}

static enum status refuse_sql(struct sqlite *database, const char *sql, const char *reason,
                              struct error *error)
{
    return error_set(error, database->guarded ? STATUS_USAGE : STATUS_FATAL, _("%s: %s: " TEXT_PRINT),
                     database->path, reason, TEXT_ARG(text_of(sql)));
}

static enum status prepare(struct sqlite *database, const char *sql, unsigned flags,
                           struct sqlite_statement **statement, struct error *error)
{
    *statement = NULL;
    sqlite3_stmt *handle = NULL, *second = NULL;
    const char *rest = NULL;
    int result = sqlite3_prepare_v3(database->handle, sql, -1, flags, &handle, &rest);
    if (result != SQLITE_OK)
        return report(database, result, sql, error);
    if (!handle)
        return refuse_sql(database, sql, _("there is no SQL statement"), error);
    if (database->guarded && !sqlite3_stmt_readonly(handle)) {
        sqlite3_finalize(handle);
        return refuse_sql(database, sql, _("only SELECT is allowed here"), error);
    }
    /* Only preparing the rest tells a comment from a second statement, which would silently not run. */
    while (result == SQLITE_OK && !second && *rest)
        result = sqlite3_prepare_v3(database->handle, rest, -1, 0, &second, &rest);
    if (result != SQLITE_OK || second) {
        sqlite3_finalize(second);
        sqlite3_finalize(handle);
        return refuse_sql(database, sql, _("more than one SQL statement"), error);
    }
    *statement = memory_new(struct sqlite_statement);
    (*statement)->database = database;
    (*statement)->handle = handle;
    return STATUS_OK;
}

enum status sqlite_prepare(struct sqlite *database, const char *sql, struct sqlite_statement **statement,
                           struct error *error)
{
    return prepare(database, sql, 0, statement, error);
}

enum status sqlite_prepare_persistent(struct sqlite *database, const char *sql,
                                      struct sqlite_statement **statement, struct error *error)
{
    return prepare(database, sql, SQLITE_PREPARE_PERSISTENT, statement, error);
}

void sqlite_finish(struct sqlite_statement *statement)
{
    if (!statement)
        return;
    sqlite3_finalize(statement->handle);
    free(statement);
}

static inline void bound(struct sqlite_statement *statement, int result)
{
    if (result != SQLITE_OK && statement->bind_failure == SQLITE_OK)
        statement->bind_failure = result;
}

void sqlite_bind_number(struct sqlite_statement *statement, int at, int64_t number)
{
    bound(statement, sqlite3_bind_int64(statement->handle, at, number));
}

void sqlite_bind_text(struct sqlite_statement *statement, int at, struct text text)
{
    bound(statement, text.bytes ? sqlite3_bind_text64(statement->handle, at, text.bytes, text.length,
                                                      SQLITE_STATIC, SQLITE_UTF8)
                                : sqlite3_bind_null(statement->handle, at));
}

void sqlite_bind_bytes(struct sqlite_statement *statement, int at, struct text bytes)
{
    bound(statement,
          bytes.bytes ? sqlite3_bind_blob64(statement->handle, at, bytes.bytes, bytes.length, SQLITE_STATIC)
                      : sqlite3_bind_null(statement->handle, at));
}

void sqlite_bind_digest(struct sqlite_statement *statement, int at, const struct digest *digest)
{
    bound(statement, digest
                         ? sqlite3_bind_blob(statement->handle, at, digest->bytes, DIGEST_SIZE, SQLITE_STATIC)
                         : sqlite3_bind_null(statement->handle, at));
}

static int step_guarded(struct sqlite_statement *statement)
{
    struct sqlite *database = statement->database;
    int64_t start = clock_steady_ns();
    database->deadline_ns = start + database->allowed_ns - statement->spent_ns;
    int result = sqlite3_step(statement->handle);
    statement->spent_ns += clock_steady_ns() - start;
    database->deadline_ns = INT64_MAX;
    return result;
}

enum status sqlite_step(struct sqlite_statement *statement, struct error *error)
{
    int result = statement->bind_failure;
    if (result == SQLITE_OK) {
        result = statement->database->guarded ? step_guarded(statement) : sqlite3_step(statement->handle);
        if (result == SQLITE_ROW)
            return STATUS_OK;
    }
    enum status status = STATUS_END;
    if (result != SQLITE_DONE)
        status = report(statement->database, result, sqlite3_sql(statement->handle), error);
    sqlite_reset_statement(statement);
    return status;
}

void sqlite_reset_statement(struct sqlite_statement *statement)
{
    if (!statement)
        return;
    sqlite3_reset(statement->handle);
    sqlite3_clear_bindings(statement->handle);
    statement->bind_failure = SQLITE_OK;
    statement->spent_ns = 0;
}

enum status sqlite_execute(struct sqlite_statement *statement, struct error *error)
{
    enum status status = sqlite_step(statement, error);
    if (status == STATUS_OK)
        sqlite_reset_statement(statement);
    return status == STATUS_END ? STATUS_OK : status;
}

int sqlite_columns(struct sqlite_statement *statement)
{
    return sqlite3_column_count(statement->handle);
}

const char *sqlite_column_title(struct sqlite_statement *statement, int at)
{
    return sqlite3_column_name(statement->handle, at);
}

bool sqlite_is_null(struct sqlite_statement *statement, int at)
{
    return sqlite3_column_type(statement->handle, at) == SQLITE_NULL;
}

bool sqlite_is_blob(struct sqlite_statement *statement, int at)
{
    return sqlite3_column_type(statement->handle, at) == SQLITE_BLOB;
}

bool sqlite_is_real(struct sqlite_statement *statement, int at)
{
    return sqlite3_column_type(statement->handle, at) == SQLITE_FLOAT;
}

bool sqlite_is_text(struct sqlite_statement *statement, int at)
{
    return sqlite3_column_type(statement->handle, at) == SQLITE_TEXT;
}

bool sqlite_is_integer(struct sqlite_statement *statement, int at)
{
    return sqlite3_column_type(statement->handle, at) == SQLITE_INTEGER;
}

/* One look-up for kind, bytes and length: a digest of all rows asks for millions of columns. */
enum sqlite_kind sqlite_column(struct sqlite_statement *statement, int at, int64_t *number,
                               struct text *bytes)
{
    sqlite3_value *value = sqlite3_column_value(statement->handle, at);
    switch (sqlite3_value_type(value)) {
    case SQLITE_INTEGER:
        *number = sqlite3_value_int64(value);
        return SQLITE_WHOLE_NUMBER;
    case SQLITE_FLOAT:
        *bytes = sqlite_column_text(statement, at);
        return SQLITE_REAL_NUMBER;
    case SQLITE_TEXT:
        bytes->bytes = sqlite3_value_blob(value); /* sqlite3_value_text would copy it to put a NUL behind */
        bytes->length = (size_t)sqlite3_value_bytes(value);
        return SQLITE_WORDS;
    case SQLITE_BLOB:
        bytes->bytes = sqlite3_value_blob(value);
        bytes->length = (size_t)sqlite3_value_bytes(value);
        return SQLITE_RAW_BYTES;
    default:
        return SQLITE_NOTHING;
    }
}

int64_t sqlite_number(struct sqlite_statement *statement, int at)
{
    return sqlite3_column_int64(statement->handle, at);
}

struct text sqlite_column_text(struct sqlite_statement *statement, int at)
{
    const unsigned char *bytes = sqlite3_column_text(statement->handle, at);
    return (struct text){ (const char *)bytes, (size_t)sqlite3_column_bytes(statement->handle, at) };
}

struct text sqlite_take_text(struct arena *arena, struct sqlite_statement *statement, int at)
{
    return text_copy(arena, sqlite_column_text(statement, at));
}

struct text sqlite_bytes(struct sqlite_statement *statement, int at)
{
    const void *bytes = sqlite3_column_blob(statement->handle, at);
    if (!bytes) /* SQLite gives NULL for an empty blob too */
        return sqlite_is_null(statement, at) ? TEXT_NONE : TEXT("");
    return (struct text){ bytes, (size_t)sqlite3_column_bytes(statement->handle, at) };
}

bool sqlite_digest(struct sqlite_statement *statement, int at, struct digest *digest)
{
    const void *bytes = sqlite3_column_blob(statement->handle, at);
    if (!bytes || sqlite3_column_bytes(statement->handle, at) != DIGEST_SIZE)
        return false;
    memcpy(digest->bytes, bytes, DIGEST_SIZE);
    return true;
}

int64_t sqlite_last_row(struct sqlite *database)
{
    return sqlite3_last_insert_rowid(database->handle);
}

static void row_changed(void *user_data, int action, const char *schema, const char *table, sqlite3_int64 row)
{
    const struct sqlite *database = user_data;
    (void)action, (void)schema, (void)row;
    database->changed(database->watcher, table);
}

void sqlite_watch_rows(struct sqlite *database, void (*changed)(void *user_data, const char *table),
                       void *user_data)
{
    database->changed = changed;
    database->watcher = user_data;
    sqlite3_update_hook(database->handle, row_changed, database);
}

static int fold_log(void *user_data, sqlite3 *handle, const char *name, int pages)
{
    struct sqlite *database = user_data;
    if (pages < database->log_seen) { /* it has begun anew */
        database->log_next = database->log_pages;
        database->log_wait = database->log_most;
    }
    database->log_seen = pages;
    if (pages >= database->log_wait) {
        sqlite3_wal_checkpoint_v2(handle, name, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
        database->log_wait = pages + database->log_most;
    } else if (pages >= database->log_next) {
        sqlite3_wal_checkpoint_v2(handle, name, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
        database->log_next = pages + database->log_pages; /* readers may leave it as long as it is */
    }
    return SQLITE_OK; /* what was committed is: a log that stays long is no failure */
}

void sqlite_fold_log(struct sqlite *database, int pages, int most)
{
    database->log_pages = database->log_next = pages;
    database->log_most = database->log_wait = most;
    sqlite3_wal_hook(database->handle, fold_log, database);
}

int64_t sqlite_changed_rows(struct sqlite *database)
{
    return sqlite3_changes64(database->handle);
}

const char *sqlite_quote_name(struct arena *arena, struct text name)
{
    char *quoted = arena_alloc(arena, name.length * 2 + 3), *at = quoted;
    *at++ = '"';
    for (size_t i = 0; i < name.length; i++) {
        if (name.bytes[i] == '"')
            *at++ = '"';
        *at++ = name.bytes[i];
    }
    *at++ = '"';
    *at = 0;
    return quoted;
}
