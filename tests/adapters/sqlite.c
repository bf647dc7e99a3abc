#include "adapters/sqlite.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "adapters/file.h"
#include "tests/support/test.h"

static struct error error;

static void database_close(struct sqlite **database)
{
    sqlite_close_file(*database);
}
static void statement_finish(struct sqlite_statement **statement)
{
    sqlite_finish(*statement);
}
#define DATABASE_OWNED  __attribute__((cleanup(database_close)))
#define STATEMENT_OWNED __attribute__((cleanup(statement_finish)))

static const char *fresh_path(void)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/test.db", test_folder());
    return path;
}

static struct sqlite *open_as(const char *path, enum sqlite_mode mode)
{
    struct sqlite *database;
    if (CHECK_INT(sqlite_open_file(path, mode, &database, &error), STATUS_OK))
        return database;
    printf("%s\n", error.message);
    abort();
}

static void run(struct sqlite *database, const char *sql)
{
    if (!CHECK_INT(sqlite_run(database, sql, &error), STATUS_OK))
        printf("%s\n", error.message);
}

static struct sqlite_statement *prepared(struct sqlite *database, const char *sql)
{
    struct sqlite_statement *statement;
    if (CHECK_INT(sqlite_prepare(database, sql, &statement, &error), STATUS_OK))
        return statement;
    printf("%s\n", error.message);
    abort();
}

static int64_t number_of(struct sqlite *database, const char *sql)
{
    STATEMENT_OWNED struct sqlite_statement *statement = prepared(database, sql);
    CHECK_INT(sqlite_step(statement, &error), STATUS_OK);
    return sqlite_number(statement, 0);
}

/* ---- values ---- */

TEST("every kind of value comes back as it was bound")
{
    DATABASE_OWNED struct sqlite *database = open_as(fresh_path(), SQLITE_CREATE);
    run(database, "CREATE TABLE t (n, w, b, d, e, x)");
    STATEMENT_OWNED struct sqlite_statement *insert =
        prepared(database, "INSERT INTO t VALUES (?,?,?,?,?,?)");
    struct digest digest, again;
    memset(digest.bytes, 0xab, sizeof digest.bytes);
    for (int i = 0; i < 2; i++) {
        sqlite_bind_number(insert, 1, INT64_MIN);
        sqlite_bind_text(insert, 2, TEXT("đất\0đai"));
        sqlite_bind_bytes(insert, 3, TEXT("\xff\0"));
        sqlite_bind_digest(insert, 4, &digest);
        sqlite_bind_text(insert, 5, TEXT(""));
        CHECK_INT(sqlite_execute(insert, &error), STATUS_OK);
        CHECK_INT(sqlite_last_row(database), i + 1);
        CHECK_INT(sqlite_changed_rows(database), 1);
    }
    CHECK_INT(sqlite_execute(insert, &error), STATUS_OK); /* parameters were cleared */
    STATEMENT_OWNED struct sqlite_statement *select = prepared(database, "SELECT * FROM t");
    CHECK_INT(sqlite_columns(select), 6);
    CHECK_STRING(sqlite_column_title(select, 1), "w");
    CHECK_INT(sqlite_step(select, &error), STATUS_OK);
    CHECK(sqlite_number(select, 0) == INT64_MIN);
    CHECK_TEXT(sqlite_column_text(select, 1), TEXT("đất\0đai"));
    CHECK(!sqlite_is_blob(select, 1) && sqlite_is_blob(select, 2));
    CHECK_TEXT(sqlite_bytes(select, 2), TEXT("\xff\0"));
    CHECK(sqlite_digest(select, 3, &again) && digest_equal(&digest, &again));
    CHECK_INT(sqlite_column_text(select, 4).length, 0);
    CHECK(sqlite_column_text(select, 4).bytes && !sqlite_is_null(select, 4));
    CHECK(sqlite_is_null(select, 5) && !sqlite_column_text(select, 5).bytes &&
          !sqlite_bytes(select, 5).bytes);
    CHECK(!sqlite_digest(select, 5, &again) && !sqlite_digest(select, 2, &again));
    CHECK_INT(sqlite_step(select, &error), STATUS_OK);
    CHECK_INT(sqlite_step(select, &error), STATUS_OK);
    CHECK(sqlite_is_null(select, 0));
    CHECK_INT(sqlite_step(select, &error), STATUS_END);
    CHECK_INT(sqlite_step(select, &error), STATUS_OK); /* it was reset and starts again */
}

TEST("what was bound for one use of a statement is not bound for the next")
{
    DATABASE_OWNED struct sqlite *database = open_as(fresh_path(), SQLITE_CREATE);
    STATEMENT_OWNED struct sqlite_statement *select = prepared(database, "SELECT 1 WHERE ?1 IS ?2");
    for (int i = 0; i < 2; i++) { /* reset by its end, and by hand */
        sqlite_bind_number(select, 1, 7);
        sqlite_bind_number(select, 2, 7 + i);
        CHECK_INT(sqlite_step(select, &error), i ? STATUS_END : STATUS_OK);
        sqlite_reset_statement(select);
        sqlite_bind_number(select, 1, 7);
        CHECK_INT(sqlite_step(select, &error), STATUS_END);
    }
}

TEST("a number is read as SQLite prints it, and an empty blob is not NULL")
{
    DATABASE_OWNED struct sqlite *database = open_as(fresh_path(), SQLITE_CREATE);
    STATEMENT_OWNED struct sqlite_statement *select = prepared(database, "SELECT 42, 1.5, x'', NULL");
    CHECK_INT(sqlite_step(select, &error), STATUS_OK);
    CHECK_TEXT(sqlite_column_text(select, 0), TEXT("42"));
    CHECK_TEXT(sqlite_column_text(select, 1), TEXT("1.5"));
    CHECK(sqlite_bytes(select, 2).bytes && sqlite_is_blob(select, 2));
}

TEST("a parameter that does not exist is reported by the step, not lost")
{
    DATABASE_OWNED struct sqlite *database = open_as(fresh_path(), SQLITE_CREATE);
    STATEMENT_OWNED struct sqlite_statement *select = prepared(database, "SELECT ?");
    sqlite_bind_number(select, 2, 1);
    CHECK_INT(sqlite_step(select, &error), STATUS_FATAL);
    CHECK_CONTAINS(error.message, "SELECT ?");
    sqlite_bind_number(select, 1, 7);
    CHECK_INT(sqlite_step(select, &error), STATUS_OK);
    CHECK_INT(sqlite_number(select, 0), 7);
}

TEST("wrong SQL is reported with its text, and two statements are not taken for one")
{
    DATABASE_OWNED struct sqlite *database = open_as(fresh_path(), SQLITE_CREATE);
    struct sqlite_statement *statement;
    CHECK_INT(sqlite_prepare(database, "SELEC 1", &statement, &error), STATUS_FATAL);
    CHECK_CONTAINS(error.message, "near \"SELEC\": syntax error in: SELEC 1");
    CHECK_INT(sqlite_prepare(database, "SELECT 1; DELETE FROM t", &statement, &error), STATUS_FATAL);
    CHECK_CONTAINS(error.message, "more than one SQL statement");
    CHECK_INT(sqlite_prepare(database, " -- nothing", &statement, &error), STATUS_FATAL);
    CHECK_CONTAINS(error.message, "there is no SQL statement");
    sqlite_finish(prepared(database, "SELECT 1; -- one; only\n"));
    CHECK_INT(sqlite_run(database, "INSERT INTO none VALUES (1)", &error), STATUS_FATAL);
    CHECK_CONTAINS(error.message, "no such table: none");
}

/* ---- transactions ---- */

TEST("a transaction is kept by a commit and undone by a rollback")
{
    DATABASE_OWNED struct sqlite *database = open_as(fresh_path(), SQLITE_CREATE);
    run(database, "CREATE TABLE t (n)");
    for (int i = 0; i < 3; i++) {
        CHECK(!sqlite_in_transaction(database));
        CHECK_INT(sqlite_begin(database, &error), STATUS_OK);
        CHECK(sqlite_in_transaction(database));
        run(database, "INSERT INTO t VALUES (1)");
        CHECK_INT(i == 1 ? sqlite_rollback(database, &error) : sqlite_commit(database, &error), STATUS_OK);
    }
    CHECK_INT(number_of(database, "SELECT count(*) FROM t"), 2);
    CHECK_INT(sqlite_rollback(database, &error), STATUS_OK);
    CHECK_INT(sqlite_commit(database, &error), STATUS_FATAL);
    CHECK_CONTAINS(error.message, "no transaction is active");
}

TEST("a database that another connection writes is BUSY after a while, and a reader still reads")
{
    const char *path = fresh_path();
    DATABASE_OWNED struct sqlite *writer = open_as(path, SQLITE_CREATE);
    run(writer, "PRAGMA journal_mode=WAL; CREATE TABLE t (n); INSERT INTO t VALUES (1)");
    CHECK_INT(sqlite_begin(writer, &error), STATUS_OK);
    run(writer, "INSERT INTO t VALUES (2)");
    DATABASE_OWNED struct sqlite *second = open_as(path, SQLITE_WRITE);
    run(second, "PRAGMA busy_timeout = 50");
    CHECK_INT(sqlite_begin(second, &error), STATUS_BUSY);
    CHECK_CONTAINS(error.message, "another process holds the database");
    DATABASE_OWNED struct sqlite *reader = open_as(path, SQLITE_READ);
    CHECK_INT(sqlite_begin(reader, &error), STATUS_OK);
    CHECK_INT(number_of(reader, "SELECT count(*) FROM t"), 1);
    CHECK_INT(sqlite_commit(writer, &error), STATUS_OK);
    CHECK_INT(number_of(reader, "SELECT count(*) FROM t"), 1); /* its snapshot */
    CHECK_INT(sqlite_commit(reader, &error), STATUS_OK);
    CHECK_INT(number_of(reader, "SELECT count(*) FROM t"), 2);
    CHECK_INT(sqlite_run(reader, "INSERT INTO t VALUES (3)", &error), STATUS_FATAL);
    CHECK_CONTAINS(error.message, "the database cannot be written");
}

/* Two readers of whom one is always within a snapshot. */
static atomic_bool reading;

static void *read_without_a_pause(void *user_data)
{
    struct error unused;
    struct sqlite *readers[2];
    for (int i = 0; i < 2; i++)
        if (sqlite_open_file(user_data, SQLITE_READ, &readers[i], &unused))
            abort();
    for (int i = 0; reading; i++) {
        struct sqlite *next = readers[i % 2], *last = readers[(i + 1) % 2];
        if (sqlite_begin(next, &unused) || sqlite_run(next, "SELECT count(*) FROM t", &unused))
            abort();
        usleep(2000);
        (void)sqlite_rollback(last, &unused);
    }
    sqlite_close_file(readers[0]);
    sqlite_close_file(readers[1]);
    return NULL;
}

TEST("readers who come without a pause do not make the log grow for ever")
{
    const char *path = fresh_path();
    char log[300];
    struct stat info;
    pthread_t thread;
    int64_t longest = 0;
    DATABASE_OWNED struct sqlite *database = open_as(path, SQLITE_CREATE);
    run(database,
        "PRAGMA journal_mode = WAL; CREATE TABLE t (n, bytes); INSERT INTO t VALUES (1, zeroblob(9))");
    sqlite_fold_log(database, 20, 100);
    snprintf(log, sizeof log, "%s", path);
    reading = true;
    CHECK_INT(pthread_create(&thread, NULL, read_without_a_pause, log), 0);
    BUFFER_OWNED struct buffer beside = { 0 };
    buffer_printf(&beside, "%s-wal", path);
    for (int i = 0; i < 400; i++) {
        run(database, "UPDATE t SET bytes = randomblob(20000)");
        usleep(500);
        if (!stat(beside.bytes, &info) && info.st_size > longest)
            longest = info.st_size;
    }
    reading = false;
    pthread_join(thread, NULL);
    CHECK(longest >= 50 * 4096 && longest < 1000 * 4096); /* of 2,000 that were written */
}

TEST("a full disk is said to be full, and what to do")
{
    DATABASE_OWNED struct sqlite *database = open_as(fresh_path(), SQLITE_CREATE);
    run(database, "CREATE TABLE t (b); PRAGMA max_page_count = 10");
    CHECK_INT(sqlite_run(database, "INSERT INTO t VALUES (zeroblob(1000000))", &error), STATUS_FATAL);
    CHECK_CONTAINS(error.message, "test.db: the disk is full");
    CHECK_CONTAINS(error.message, "Free space and run again");
}

/* ---- opening ---- */

TEST("a file that is no database, a folder, a pipe and a missing file are each called what they are")
{
    const char *path = fresh_path();
    struct sqlite *database;
    (void)file_write(
        path, TEXT("{\"this\": \"is JSON, and long enough to be looked at as a header of a database\"}"),
        0600, &error);
    CHECK_INT(sqlite_open_file(path, SQLITE_READ, &database, &error), STATUS_USAGE);
    CHECK_CONTAINS(error.message, "test.db is no SQLite database");
    CHECK(!database);
    CHECK_INT(sqlite_open_file(path, SQLITE_CREATE, &database, &error), STATUS_USAGE);
    unlink(path);
    CHECK_INT(sqlite_open_file(path, SQLITE_READ, &database, &error), STATUS_FATAL);
    CHECK_CONTAINS(error.message, "cannot be opened: No such file");
    CHECK_INT(sqlite_open_file(path, SQLITE_WRITE, &database, &error), STATUS_FATAL);
    CHECK(!file_exists(path));
    mkfifo(path, 0600);
    CHECK_INT(sqlite_open_file(path, SQLITE_READ, &database, &error), STATUS_USAGE);
    CHECK_CONTAINS(error.message, "is no file");
    CHECK_INT(sqlite_open_file("/nonexistent/a.db", SQLITE_CREATE, &database, &error), STATUS_FATAL);
    CHECK_CONTAINS(error.message, "unable to open database file");
}

TEST("a path is a file's, whatever SQLite would take such a name for")
{
    char before[1024];
    CHECK(getcwd(before, sizeof before) && chdir(test_folder()) == 0);
    static const char *const names[] = { "file:a.db", "file:b.db?mode=memory", ":memory:" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct sqlite *database = open_as(names[i], SQLITE_CREATE);
        run(database, "CREATE TABLE t (i); INSERT INTO t VALUES (7)");
        sqlite_close_file(database);
        CHECK(file_exists(names[i]));
        static const enum sqlite_mode modes[] = { SQLITE_READ, SQLITE_READ_STILL };
        for (size_t j = 0; j < sizeof modes / sizeof *modes; j++) {
            database = open_as(names[i], modes[j]);
            CHECK_INT(number_of(database, "SELECT i FROM t"), 7);
            sqlite_close_file(database);
        }
        unlink(names[i]);
    }
    CHECK(!file_exists("a.db"));
    CHECK(!file_exists("b.db"));
    struct sqlite *database;
    CHECK_INT(sqlite_open_file("", SQLITE_CREATE, &database, &error), STATUS_FATAL);
    CHECK(chdir(before) == 0);
}

TEST("a damaged database is said to be damaged")
{
    const char *path = fresh_path();
    struct sqlite *database = open_as(path, SQLITE_CREATE);
    run(database, "CREATE TABLE t (b); INSERT INTO t VALUES (zeroblob(20000)), (zeroblob(20000))");
    sqlite_close_file(database);
    struct text bytes;
    (void)file_read(&test_arena, path, 1 << 20, &bytes, &error);
    char *damaged = text_string(&test_arena, bytes);
    memset(damaged + 4096, 0x5a, 4096);
    (void)file_write(path, (struct text){ damaged, bytes.length }, 0600, &error);
    database = open_as(path, SQLITE_READ);
    CHECK_INT(sqlite_run(database, "SELECT sum(length(b)) FROM t", &error), STATUS_FATAL);
    CHECK_CONTAINS(error.message, "test.db: the database is damaged");
    sqlite_close_file(database);
}

/* ---- the guard ---- */

static struct sqlite *guarded(long milliseconds)
{
    const char *path = fresh_path();
    struct sqlite *database = open_as(path, SQLITE_CREATE);
    run(database, "CREATE TABLE t (n); INSERT INTO t VALUES (1), (2); CREATE VIEW v AS SELECT n FROM t");
    sqlite_guard(database, milliseconds, NULL);
    return database;
}

TEST("a guarded connection refuses all that is not SELECT")
{
    DATABASE_OWNED struct sqlite *database = guarded(10000);
    static const char *const refused[] = {
        "INSERT INTO t VALUES (3)",
        "UPDATE t SET n = 0",
        "DELETE FROM t",
        "DROP TABLE t",
        "CREATE TABLE u (n)",
        "CREATE TEMP TABLE u (n)",
        "ATTACH ':memory:' AS m",
        "PRAGMA journal_mode = OFF",
        "PRAGMA user_version",
        "VACUUM INTO '/tmp/stolen.db'",
        "BEGIN",
        "SAVEPOINT a",
        "ANALYZE",

        "SELECT load_extension('x')",
        "SELECT * FROM pragma_table_info('t')",
        "EXPLAIN DELETE FROM t",
        "WITH a AS (SELECT 1) INSERT INTO t SELECT * FROM a",
        "CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT 1; END",
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct sqlite_statement *statement = NULL;
        enum status status = sqlite_prepare(database, refused[i], &statement, &error);
        if (!status)
            status = sqlite_step(statement, &error);
        sqlite_finish(statement);
        if (!CHECK_INT(status, STATUS_USAGE))
            printf("  for %s\n", refused[i]);
    }
    CHECK_INT(sqlite_run(database, "DELETE FROM t", &error), STATUS_USAGE);
    CHECK_CONTAINS(error.message, "only SELECT is allowed here");
    CHECK_INT(number_of(database, "SELECT count(*) FROM t"), 2);
}

TEST("a guarded connection allows what a rule needs")
{
    DATABASE_OWNED struct sqlite *database = guarded(10000);
    CHECK_INT(number_of(database, "SELECT sum(v.n) FROM v JOIN t USING (n) WHERE upper('a') = 'A'"), 3);
    CHECK_INT(number_of(database, "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT 10) "
                                  "SELECT max(n) FROM c"),
              10);
    CHECK_INT(number_of(database, "SELECT sum(value) FROM json_each('[1,2,3]')"), 6);
    CHECK_INT(number_of(database, "SELECT n FROM t ORDER BY row_number() OVER (ORDER BY n DESC)"), 2);
    struct sqlite_statement *statement;
    CHECK_INT(sqlite_prepare(database, "SELECT missing FROM t", &statement, &error), STATUS_USAGE);
    CHECK_CONTAINS(error.message, "no such column: missing");
}

static const char endless[] =
    "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT n FROM c";

TEST("a runaway query is interrupted, and the next one has the whole time again")
{
    DATABASE_OWNED struct sqlite *database = guarded(200);
    struct timespec start, end;
    for (int i = 0; i < 2; i++) {
        STATEMENT_OWNED struct sqlite_statement *sum = prepared(
            database, "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT sum(n) FROM c");
        clock_gettime(CLOCK_MONOTONIC, &start);
        CHECK_INT(sqlite_step(sum, &error), STATUS_STOP);
        clock_gettime(CLOCK_MONOTONIC, &end);
        CHECK_CONTAINS(error.message, "took longer than 200 ms");
        int64_t took = (end.tv_sec - start.tv_sec) * 1000 + (end.tv_nsec - start.tv_nsec) / 1000000;
        CHECK(took >= 190 && took < 3000);
        CHECK_INT(number_of(database, "SELECT count(*) FROM t"), 2);
    }
    CHECK_INT(sqlite_run(database, endless, &error), STATUS_STOP);
}

TEST(
    "the time limit counts what a query takes over all its steps, and not what its reader takes between them")
{
    DATABASE_OWNED struct sqlite *database = guarded(100);
    STATEMENT_OWNED struct sqlite_statement *select = prepared(database, "SELECT n FROM t");
    CHECK_INT(sqlite_step(select, &error), STATUS_OK);
    usleep(150000);
    CHECK_INT(sqlite_step(select, &error), STATUS_OK);
    CHECK_INT(sqlite_step(select, &error), STATUS_END);
    STATEMENT_OWNED struct sqlite_statement *rows = prepared(database, endless);
    enum status status;
    while (!(status = sqlite_step(rows, &error)))
        ;
    CHECK_INT(status, STATUS_STOP);
}

TEST("whoever waits for what takes too long and wrote no query is told what to do, and shown none")
{
    DATABASE_OWNED struct sqlite *database = open_as(fresh_path(), SQLITE_CREATE);
    sqlite_limit_time(database, 50);
    CHECK_INT(
        sqlite_run(database,
                   "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT sum(n) FROM c",
                   &error),
        STATUS_STOP);
    CHECK_CONTAINS(error.message, "took longer than 50 ms");
    CHECK_CONTAINS(error.message, "ask again");
    CHECK(!strstr(error.message, "SELECT"));
}

TEST("a guarded query cannot build a value without end")
{
    DATABASE_OWNED struct sqlite *database = guarded(10000);
    CHECK_INT(sqlite_run(database, "SELECT zeroblob(900000000)", &error), STATUS_USAGE);
    CHECK_CONTAINS(error.message, "too big");
}
