#include "adapters/odbc.h"

#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/support/odbc.h"

static struct error error;
static struct odbc_string string;
static struct odbc_query query;
static const char *folder;
static int64_t allowed = 10000;
static volatile sig_atomic_t stop;

/* ---- connection strings ---- */

static const char *resolved(const char *text)
{
    setenv("ODBC_WORD", "gi;au}x", 1);
    setenv("ODBC_PLAIN", "giaukin", 1);
    setenv("ODBC_WHOLE", "DSN=x;PWD={de;p};Server=may1", 1);
    if (odbc_string_resolve(&test_arena, "", text_of(text), &string, &error))
        return error.message;
    return string.connection.bytes;
}

TEST("a secret stands in its connection string so that its signs are its own")
{
    CHECK_STRING(resolved("DSN=x;PWD=${env:ODBC_PLAIN};UID=a"), "DSN=x;PWD=giaukin;UID=a");
    CHECK_STRING(resolved("DSN=x;PWD=${env:ODBC_WORD};UID=a"), "DSN=x;PWD={gi;au}}x};UID=a");
    CHECK_STRING(resolved("DSN=x;PWD={${env:ODBC_WORD}}"), "DSN=x;PWD={gi;au}}x}");
    CHECK_STRING(resolved("${env:ODBC_WHOLE}"), "DSN=x;PWD={de;p};Server=may1");
    CHECK_CONTAINS(resolved("DSN=x;PWD=${env:ODBC_NOT_THERE}"), "ODBC_NOT_THERE");
    CHECK_CONTAINS(resolved("DSN=x;PWD=${env:ODBC_PLAIN"), "has no }");
}

static const char *hidden(const char *words)
{
    return odbc_string_hide(&test_arena, &string, text_of(words)).bytes;
}

TEST("no message holds a secret: not as written, not quoted, not in other case, not cut by the message's end")
{
    resolved("DSN=x;PWD=${env:ODBC_WORD};UID=a");
    CHECK_STRING(hidden("login with gi;au}x failed"), "login with *** failed");
    CHECK_STRING(hidden("in DSN=x;PWD={gi;au}}x};UID=a"), "in DSN=x;PWD=***;UID=a");
    CHECK_STRING(hidden("GI;AU}X, gi;a"), "***, ***");
    resolved("DSN=x;PWD=viet-ra");
    CHECK_STRING(hidden("DSN=x;PWD=viet-ra"), "DSN=x;PWD=***");
    resolved("${env:ODBC_WHOLE}");
    CHECK_STRING(hidden("server may1 refuses de;p"), "server *** refuses ***");
}

TEST("a password that is written out is found and hidden, one that is named is not")
{
    CHECK(odbc_string_has_password(TEXT("DSN=x;pwd=abc")));
    CHECK(odbc_string_has_password(TEXT("DSN=x; Password = {a;b} ;UID=y")));
    CHECK(odbc_string_has_password(TEXT("DSN=x;PWD=${env:A}b")));
    CHECK(!odbc_string_has_password(TEXT("DSN=x;PWD=${env:A};UID=y")));
    CHECK(!odbc_string_has_password(TEXT("DSN=x;PWD={${env:A}};UID=PWD")));
    CHECK(!odbc_string_has_password(TEXT("${env:A}")));
    CHECK(!odbc_string_has_password(TEXT("DSN=x;PWD=;UID={PWD=3}")));
    CHECK_TEXT(odbc_string_show(&test_arena, TEXT("DSN=x;PWD=a b;UID=${env:U};Password={c;d}")),
               TEXT("DSN=x;PWD=***;UID=${env:U};Password={***}"));
}

TEST("a source is called by its server and database, never by who asks")
{
    CHECK_STRING(odbc_string_name(&test_arena, TEXT("DSN=motcua;UID=a;PWD=b")), "motcua");
    CHECK_STRING(odbc_string_name(&test_arena, TEXT("Driver={X};Server=10.0.0.5;Database={mot;cua};UID=a")),
                 "10.0.0.5/mot;cua");
    CHECK_STRING(odbc_string_name(&test_arena, TEXT("${env:ALL}")), "odbc");
}

/* ---- results ---- */

static enum status opened(const char *sql, struct odbc **odbc)
{
    setlocale(LC_CTYPE, "C.UTF-8"); /* as the program does */
    struct text text = text_format(&test_arena, "Driver=%s;Database=%s/src.db", odbc_driver(), folder);
    CHECK_INT(odbc_string_resolve(&test_arena, "", text, &string, &error), STATUS_OK);
    query = (struct odbc_query){ &string, sql, allowed, 1 << 20, &stop };
    return odbc_open(&query, odbc, &error);
}

static struct odbc *run(const char *sql)
{
    struct odbc *odbc;
    if (CHECK_INT(opened(sql, &odbc), STATUS_OK))
        return odbc;
    printf("%s\n", error.message);
    abort();
}

static struct text cell(struct odbc *odbc, size_t at)
{
    struct text text;
    if (!CHECK_INT(odbc_cell(odbc, at, &text, &error), STATUS_OK))
        printf("%s\n", error.message);
    return text.bytes ? text_copy(&test_arena, text) : text;
}

TEST("texts keep their letters and their form, numbers their signs, NULL is nothing")
{
    if (!odbc_driver())
        return;
    odbc_database(folder = test_folder(),
                  "CREATE TABLE t (\"Mã số\" TEXT, nfd TEXT, so REAL, n DECIMAL(12,6), i INTEGER, x TEXT, "
                  "e TEXT, ngay DATE, luc TIMESTAMP, b BLOB, sao TEXT);"
                  "INSERT INTO t VALUES ('1.001640', 'Đặng Tie\xcc\x82\xcc\x81ng Vie\xcc\xa3\xcc\x82t', 1.5, "
                  "'1.001640', 9007199254740993, NULL, '', '2026-01-31', '2026-01-31 07:08:09', "
                  "x'e1baa500ff', '𠀋 ơ')");
    struct odbc *odbc = run("SELECT *, \"Mã số\" FROM t");
    CHECK_INT(odbc_columns(odbc), 12);
    CHECK_STRING(odbc_title(odbc, 0), "Mã số");
    CHECK_STRING(odbc_title(odbc, 11), "Mã số");
    CHECK_INT(odbc_next(odbc, &error), STATUS_OK);
    CHECK_TEXT(cell(odbc, 0), TEXT("1.001640"));
    CHECK_TEXT(cell(odbc, 1), TEXT("Đặng Tie\xcc\x82\xcc\x81ng Vie\xcc\xa3\xcc\x82t"));
    CHECK_TEXT(cell(odbc, 2), TEXT("1.5"));
    cell(odbc, 3); /* SQLite itself makes a number of it: 1.00164 */
    CHECK_TEXT(cell(odbc, 4), TEXT("9007199254740993"));
    CHECK(!cell(odbc, 5).bytes);
    struct text empty = cell(odbc, 6);
    CHECK(empty.bytes && !empty.length);
    CHECK_TEXT(cell(odbc, 7), TEXT("2026-01-31"));
    CHECK_TEXT(cell(odbc, 8), TEXT("2026-01-31 07:08:09"));
    CHECK_TEXT(cell(odbc, 9), TEXT("ấ\0\xff"));
    CHECK_TEXT(cell(odbc, 10), TEXT("𠀋 ơ"));
    CHECK_INT(odbc_next(odbc, &error), STATUS_END);
    odbc_close(odbc);
}

TEST("a long text comes in pieces and is whole, up to the ceiling of a cell")
{
    if (!odbc_driver())
        return;
    odbc_database(folder = test_folder(),
                  "CREATE TABLE t (x TEXT, y TEXT, z BLOB);"
                  "INSERT INTO t SELECT replace(hex(zeroblob(33333)), '0', 'ế'), 'sau', "
                  "CAST(replace(hex(zeroblob(33333)), '0', 'ế') AS BLOB);"
                  "INSERT INTO t SELECT replace(hex(zeroblob(300000)), '0', 'ế'), 'sau', NULL");
    struct odbc *odbc = run("SELECT x, y, z FROM t");
    struct text text;
    {
        CHECK_INT(odbc_next(odbc, &error), STATUS_OK);
        text = cell(odbc, 0);
        CHECK_INT(text.length, 66666 * 3);
        bool same = true;
        for (size_t k = 0; k + 3 <= text.length; k += 3)
            same = same && !memcmp(text.bytes + k, "ế", 3);
        CHECK(same);
        CHECK_TEXT(cell(odbc, 1), TEXT("sau"));
        CHECK_TEXT(cell(odbc, 2), text);
    }
    CHECK_INT(odbc_next(odbc, &error), STATUS_OK);
    CHECK_INT(odbc_cell(odbc, 0, &text, &error), STATUS_REJECT);
    CHECK_STRING(error.message, "the column \"x\" is larger than 1048576 bytes (see \"record_limit\")");
    CHECK_TEXT(cell(odbc, 1), TEXT("sau")); /* what comes behind it is still there */
    odbc_close(odbc);
}

TEST("what the database refuses is told with its SQLSTATE and words")
{
    struct odbc *odbc;
    if (!odbc_driver())
        return;
    odbc_database(folder = test_folder(), "CREATE TABLE t (x TEXT)");
    CHECK_INT(opened("SELECT khong_co FROM t", &odbc), STATUS_STOP);
    CHECK(!odbc);
    CHECK_CONTAINS(error.message, "the database refuses the query: ");
    CHECK_CONTAINS(error.message, "no such column: khong_co");
    CHECK_INT(
        odbc_string_resolve(&test_arena, "", TEXT("Driver=/nowhere/libx.so;PWD=nowhere"), &string, &error),
        STATUS_OK);
    CHECK_INT(odbc_open(&query, &odbc, &error), STATUS_STOP);
    CHECK_CONTAINS(error.message, "ODBC cannot connect; check the connection string");
    CHECK_CONTAINS(error.message, "01000 [unixODBC]");
    CHECK_CONTAINS(error.message, "/***/libx.so");
    CHECK(!strstr(error.message, "nowhere"));
}

TEST("a query that takes longer than it may is stopped when its driver comes back")
{
    struct odbc *odbc;
    if (!odbc_driver())
        return;
    odbc_database(folder = test_folder(), "CREATE TABLE t (x TEXT)");
    odbc_close(run("SELECT 1"));
    query.timeout = 1;
    query.query =
        "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT 100000) SELECT max(n) FROM c";
    CHECK_INT(odbc_open(&query, &odbc, &error), STATUS_STOP);
    CHECK_CONTAINS(error.message, "the query took longer than 1 ms and was broken off");
}

TEST("a write is rolled back")
{
    struct odbc *odbc, *reader;
    if (!odbc_driver())
        return;
    odbc_database(folder = test_folder(), "CREATE TABLE t (x TEXT); INSERT INTO t VALUES ('1'), ('2')");
    if (opened("DELETE FROM t", &odbc) == STATUS_OK)
        odbc_close(odbc);
    reader = run("SELECT count(*) FROM t");
    CHECK_INT(odbc_next(reader, &error), STATUS_OK);
    CHECK_TEXT(cell(reader, 0), TEXT("2"));
    odbc_close(reader);
}

/* ---- a driver that misbehaves ---- */

static enum status misled(const char *more, const char *sql, struct odbc **odbc)
{
    setenv("ODBC_WORD", "gi;au}x", 1);
    struct text text = text_format(&test_arena, "Driver=%s;%s;PWD=${env:ODBC_WORD}", odbc_bad_driver(), more);
    CHECK_INT(odbc_string_resolve(&test_arena, "", text, &string, &error), STATUS_OK);
    query = (struct odbc_query){ &string, sql, allowed, 1 << 20, &stop };
    return odbc_open(&query, odbc, &error);
}

TEST("a driver that tells its connection string does not tell the secret")
{
    struct odbc *odbc;
    if (!odbc_is_built())
        return;
    CHECK_INT(misled("LOGIN=refused", "SELECT x", &odbc), STATUS_STOP);
    CHECK_CONTAINS(error.message, ": 28000 ");
    CHECK_CONTAINS(error.message, "LOGIN=refused;PWD=***");
    CHECK(!strstr(error.message, "gi;au"));
    CHECK_INT(misled("X=1", "SELECT login", &odbc), STATUS_STOP);
    CHECK_CONTAINS(error.message, "the database refuses the query: 42000 ");
    CHECK_CONTAINS(error.message, "PWD=***");
}

TEST("a database that would keep what is written is not asked")
{
    struct odbc *odbc;
    if (!odbc_is_built())
        return;
    CHECK_INT(misled("AUTOCOMMIT=only", "SELECT x", &odbc), STATUS_STOP);
    CHECK_CONTAINS(error.message, "the driver refuses a transaction that can be rolled back: HYC00 ");
}

TEST("a value that comes too slowly counts as the query's time")
{
    struct odbc *odbc;
    struct text text;
    if (!odbc_is_built())
        return;
    allowed = 500;
    CHECK_INT(misled("DATA=slow", "SELECT x", &odbc), STATUS_OK);
    allowed = 10000;
    CHECK_INT(odbc_next(odbc, &error), STATUS_OK);
    CHECK_INT(odbc_cell(odbc, 0, &text, &error), STATUS_STOP);
    CHECK_CONTAINS(error.message, "the query took longer than 500 ms and was broken off");
    odbc_close(odbc);
}

TEST("short pieces are whole, a bad value is its row's, a connection that breaks ends the result")
{
    struct odbc *odbc;
    struct text text;
    if (!odbc_is_built())
        return;
    if (!CHECK_INT(misled("X=1", "SELECT x", &odbc), STATUS_OK)) {
        printf("%s\n", error.message);
        return;
    }
    CHECK_STRING(odbc_title(odbc, 0), "Tên");
    CHECK_INT(odbc_next(odbc, &error), STATUS_OK);
    text = cell(odbc, 0);
    CHECK_INT(text.length % 3, 1);
    CHECK_TEXT(text_slice(text, text.length - 7, 7), TEXT("ắ𠀋"));
    CHECK_INT(odbc_next(odbc, &error), STATUS_OK);
    CHECK_INT(odbc_cell(odbc, 0, &text, &error), STATUS_REJECT);
    CHECK_CONTAINS(error.message, "the column \"Tên\" cannot be read: 22018 ");
    CHECK_INT(odbc_next(odbc, &error), STATUS_OK);
    CHECK_INT(odbc_cell(odbc, 0, &text, &error), STATUS_REJECT);
    CHECK_STRING(error.message, "the column \"Tên\" holds half a UTF-16 character");
    CHECK_INT(odbc_next(odbc, &error), STATUS_OK);
    CHECK_TEXT(cell(odbc, 0), TEXT("cuối"));
    CHECK_INT(odbc_next(odbc, &error), STATUS_STOP);
    CHECK_CONTAINS(error.message, "the result broke off: 08S01 ");
    odbc_close(odbc);
}

static int64_t seconds_since(time_t begun)
{
    return (int64_t)(time(NULL) - begun);
}

TEST("a driver that hangs is left, whatever it hangs in")
{
    static const char *const places[] = { "LOGIN=hangs", "QUERY=hangs" };
    struct odbc *odbc;
    time_t begun = time(NULL);
    if (!odbc_is_built())
        return;
    allowed = 100;
    for (size_t i = 0; i < 2; i++) {
        CHECK_INT(misled(places[i], "SELECT x", &odbc), STATUS_STOP);
        CHECK_CONTAINS(error.message, "the ODBC driver has not answered for ");
    }
    CHECK_INT(misled("DATA=hangs", "SELECT x", &odbc), STATUS_OK);
    CHECK_INT(odbc_next(odbc, &error), STATUS_STOP);
    CHECK_CONTAINS(error.message, "the ODBC driver has not answered for ");
    CHECK_INT(odbc_next(odbc, &error), STATUS_STOP);
    odbc_close(odbc);
    allowed = 10000;
    CHECK(seconds_since(begun) < 15);
}

static void set_stop(int number)
{
    (void)number;
    stop = 1;
}

TEST("a driver that hangs is left at a signal")
{
    struct odbc *odbc;
    time_t begun = time(NULL);
    if (!odbc_is_built())
        return;
    allowed = 600000;
    signal(SIGALRM, set_stop);
    alarm(1);
    CHECK_INT(misled("QUERY=hangs", "SELECT x", &odbc), STATUS_STOP);
    CHECK_STRING(error.message, "a signal ended the run");
    stop = 0;
    allowed = 10000;
    CHECK(seconds_since(begun) < 10);
}

TEST("a driver that crashes takes nothing with it")
{
    struct odbc *odbc;
    if (!odbc_is_built())
        return;
    CHECK_INT(misled("QUERY=crashes", "SELECT x", &odbc), STATUS_STOP);
    CHECK_CONTAINS(error.message, "the ODBC driver crashed (signal ");
}

TEST("cells that nobody asks for are passed over")
{
    struct odbc *odbc;
    if (!odbc_driver())
        return;
    odbc_database(folder = test_folder(),
                  "CREATE TABLE t (x TEXT, y TEXT); INSERT INTO t VALUES ('a', 'b'), ('c', 'd')");
    odbc = run("SELECT x, y FROM t ORDER BY x");
    CHECK_INT(odbc_next(odbc, &error), STATUS_OK);
    CHECK_INT(odbc_next(odbc, &error), STATUS_OK);
    CHECK_TEXT(cell(odbc, 1), TEXT("d"));
    CHECK_INT(odbc_next(odbc, &error), STATUS_END);
    CHECK_INT(odbc_next(odbc, &error), STATUS_END);
    odbc_close(odbc);
}

#ifndef CONGKHAI_ODBC
TEST("a program that was built without ODBC says what to install")
{
    struct odbc *odbc;
    CHECK_INT(misled("X=1", "SELECT x", &odbc), STATUS_USAGE);
    CHECK_CONTAINS(error.message, "this congkhai was built without ODBC; install unixodbc-dev");
}
#endif
