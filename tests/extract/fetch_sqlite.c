#include "adapters/sqlite.h"

#include "tests/extract/nightly.h"

static void make_database(const char *folder, const char *sql)
{
    struct sqlite *database;
    CHECK_INT(sqlite_open_file(file_path(&test_arena, folder, "src.db"), SQLITE_CREATE, &database, &error),
              STATUS_OK);
    CHECK_INT(sqlite_run(database, sql, &error), STATUS_OK);
    sqlite_close_file(database);
}

#define ROWS(query)                                                                                          \
    "- { name: s, fetch: { sqlite: src.db, query: \"" query                                                  \
    "\", timeout: 300ms }, format: rows, key: ma, map: {} }\n"

TEST("rows of a query are records: their cells as they are, their titles shared")
{
    const char *folder = begin_nights();
    make_database(folder,
                  "CREATE TABLE t (ma TEXT, ten TEXT, so REAL, b BLOB);"
                  "INSERT INTO t VALUES ('1.000001', 'Tên', 1.5, NULL), ('1.000002', 'b', 2, x'c3a1');");
    CHECK_INT(night(folder, ROWS("SELECT ma, ten AS \\\"Tên thủ tục\\\", so, b FROM t ORDER BY ma")),
              STATUS_OK);
    CHECK(result->whole);
    CHECK_TEXT(stored(KEYS), TEXT("1.000001 1.000002"));
    CHECK_TEXT(stored(LOCATORS), TEXT("src.db#1 src.db#2"));
    CHECK_TEXT(
        stored("SELECT group_concat(CAST(p.bytes AS TEXT)) FROM record r JOIN payload p ON p.id = r.payload"),
        TEXT("[\"1.000001\",\"Tên\",1.5,null],[\"1.000002\",\"b\",2.0,\"á\"]"));
    CHECK_TEXT(
        stored("SELECT CAST(bytes AS TEXT) FROM payload WHERE id = (SELECT context FROM record LIMIT 1)"),
        TEXT("[\"ma\",\"Tên thủ tục\",\"so\",\"b\"]"));
    make_database(folder, "DELETE FROM t WHERE ma = '1.000001'");
    CHECK_INT(night(folder, ROWS("SELECT ma, ten AS \\\"Tên thủ tục\\\", so, b FROM t ORDER BY ma")),
              STATUS_OK);
    CHECK_INT(result->counts.missing, 1);
    end_nights();
}

TEST("a code that a database keeps as a number is warned of, and a number elsewhere is not")
{
    const char *folder = begin_nights();
    make_database(folder, "CREATE TABLE t (ma REAL, phi REAL); INSERT INTO t VALUES (1.001640, 2.5);");
    CHECK_INT(night(folder, ROWS("SELECT ma, phi FROM t")), STATUS_OK);
    CHECK_CONTAINS(noticed(), "the column \"ma\" holds the number 1.00164 where a code belongs; it may have "
                              "been 1.001640 before");
    CHECK(!strstr(noticed(), "phi"));
    make_database(folder, "CREATE TABLE v (ma REAL); INSERT INTO v VALUES (77.0);");
    CHECK_INT(night(folder, ROWS("SELECT ma FROM v")), STATUS_OK);
    CHECK_CONTAINS(noticed(),
                   "the column \"ma\" holds the number 77.0 where a code belongs: a database drops zeros");
    make_database(folder, "CREATE TABLE u (ma TEXT); INSERT INTO u VALUES ('1.001640');");
    CHECK_INT(night(folder, ROWS("SELECT ma FROM u")), STATUS_OK);
    CHECK_STRING(noticed(), "");
    CHECK_INT(night(folder, ROWS("SELECT ma AS code FROM u")), STATUS_STOP);
    CHECK_CONTAINS(error.message, "no column \"ma\", which is the key; it has \"code\"");
    end_nights();
}

TEST("bytes that are no text set their row aside")
{
    const char *folder = begin_nights();
    make_database(
        folder,
        "CREATE TABLE t (ma TEXT, b BLOB); INSERT INTO t VALUES ('1', x'ff00'), ('2', x'6100'), ('3', 'c');");
    CHECK_INT(night(folder, ROWS("SELECT ma, b FROM t")), STATUS_OK);
    CHECK_INT(result->counts.seen, 3);
    CHECK_CONTAINS(stored(FAULTS).bytes, "the column \"b\" holds bytes that are no text");
    end_nights();
}

TEST("the database is only read, and a query that does not end is broken off with its listing standing")
{
    const char *folder = begin_nights();
    make_database(folder, "CREATE TABLE t (ma TEXT); INSERT INTO t VALUES ('1'), ('2');");
    CHECK_INT(night(folder, ROWS("SELECT ma FROM t")), STATUS_OK);
    CHECK_INT(night(folder, ROWS("DELETE FROM t")), STATUS_USAGE);
    CHECK_CONTAINS(error.message, "query: only one SELECT");
    CHECK_INT(night(folder, ROWS("WITH c AS (SELECT 1) DELETE FROM t")), STATUS_USAGE);
    CHECK_CONTAINS(error.message, "with DELETE it writes");
    CHECK_INT(night(folder, ROWS("SELECT ma FROM t; DROP TABLE t")), STATUS_USAGE);
    CHECK_INT(night(folder, ROWS("SELECT nothing FROM t")), STATUS_STOP);
    CHECK_CONTAINS(error.message, "nothing");
    CHECK_INT(
        night(folder,
              ROWS("SELECT 1 AS ma UNION ALL SELECT ma FROM (WITH RECURSIVE c(ma) AS (SELECT 5 UNION ALL "
                   "SELECT ma FROM c) SELECT ma FROM c WHERE ma > 5)")),
        STATUS_STOP);
    CHECK(!result->whole);
    CHECK_INT(result->counts.missing, 0);
    CHECK_CONTAINS(result->why, "src.db");
    CHECK_INT(night(folder, ROWS("SELECT ma FROM t")), STATUS_OK);
    CHECK(result->whole);
    CHECK_INT(
        night(folder,
              "- { name: s, fetch: { sqlite: none.db, query: SELECT 1 }, format: rows, key: a, map: {} }\n"),
        STATUS_STOP);
    CHECK_CONTAINS(error.message, "none.db");
    end_nights();
}
