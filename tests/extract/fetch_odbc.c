#include <locale.h>
#include <stdlib.h>

#include "tests/extract/nightly.h"
#include "tests/support/odbc.h"

#define QUERY "SELECT ma, ten AS \\\"Tên thủ tục\\\", so, ma AS ma FROM t ORDER BY ma"
#define ROWS(fetch, query)                                                                                   \
    "- { name: s, fetch: { " fetch ", query: \"" query "\" }, format: rows, key: ma, map: {} }\n"
#define ODBC   "odbc: \"Driver=${env:ODBC_DRIVER};Database=${env:ODBC_FILE};PWD=${env:ODBC_SECRET}\""
#define SECRET "rat;bi}mat"
#define PAYLOADS                                                                                             \
    "SELECT group_concat(CAST(bytes AS TEXT), ' ') FROM (SELECT p.bytes FROM record r JOIN payload p "       \
    "ON p.id = r.payload OR p.id = r.context ORDER BY r.id, p.id)"

/* NULL where there is no driver. */
/* A sanitizer's allocator may be locked by another thread at the fork that ODBC's process begins with: such a build
 * hangs now and then, where glibc's own does not. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif

static const char *begin_odbc(void)
{
#ifdef SANITIZED
    printf("skipped: a sanitizer's allocator does not outlive a fork\n");
    return NULL;
#endif
    if (!odbc_driver())
        return NULL;
    setlocale(LC_CTYPE, "C.UTF-8");
    const char *folder = begin_nights();
    setenv("ODBC_DRIVER", odbc_driver(), 1);
    setenv("ODBC_FILE", file_path(&test_arena, folder, "src.db"), 1);
    setenv("ODBC_SECRET", SECRET, 1);
    odbc_database(folder, "CREATE TABLE t (ma TEXT, ten TEXT, so REAL, b BLOB);"
                          "INSERT INTO t VALUES ('1.001640', 'Đăng ký kết ho\xcc\x82n', 1.5, NULL), "
                          "('1.001641', NULL, 2, x'ff00');");
    return folder;
}

TEST("rows are the same through ODBC as through SQLite")
{
    const char *folder = begin_odbc();
    if (!folder)
        return;
    CHECK_INT(night(folder, ROWS(ODBC, QUERY)), STATUS_OK);
    CHECK(result->whole);
    CHECK_TEXT(stored(KEYS), TEXT("1.001640 1.001641"));
    CHECK_TEXT(stored(LOCATORS), TEXT("${env:ODBC_FILE}#1 ${env:ODBC_FILE}#2"));
    struct text through = stored(PAYLOADS);
    CHECK_CONTAINS(through.bytes, "[\"1.001640\",\"Đăng ký kết ho\xcc\x82n\",1.5,\"1.001640\"]");
    CHECK_CONTAINS(through.bytes, "[\"1.001641\",null,2.0,\"1.001641\"]");
    end_nights();
    const char *other = begin_odbc();
    CHECK_INT(night(other, ROWS("sqlite: src.db", QUERY)), STATUS_OK);
    CHECK_TEXT(stored(PAYLOADS), through);
    end_nights();
}

TEST("a bad cell sets its row aside, a bad query leaves the last listing standing, nothing tells the secret")
{
    const char *folder = begin_odbc();
    if (!folder)
        return;
    CHECK_INT(night(folder, ROWS(ODBC, "SELECT ma, b FROM t")), STATUS_OK);
    CHECK_INT(result->counts.seen, 2);
    CHECK_CONTAINS(stored(FAULTS).bytes, "the column \"b\" holds bytes that are no text");
    CHECK_INT(night(folder, ROWS(ODBC, QUERY)), STATUS_OK);
    CHECK(result->whole);
    CHECK_INT(night(folder, ROWS(ODBC, "SELECT khong_co FROM t")), STATUS_STOP);
    CHECK_CONTAINS(error.message, "${env:ODBC_FILE}: the database refuses the query: HY000 ");
    CHECK_CONTAINS(error.message, "no such column: khong_co");
    CHECK_INT(result->counts.missing, 0);
    setenv("ODBC_DRIVER", "/nowhere/" SECRET ".so", 1);
    CHECK_INT(night(folder, ROWS(ODBC, QUERY)), STATUS_STOP);
    CHECK_CONTAINS(error.message, "ODBC cannot connect");
    CHECK(!strstr(error.message, SECRET) && !strstr(noticed(), SECRET));
    CHECK_INT(result->counts.missing, 0);
    CHECK_TEXT(stored(KEYS), TEXT("1.001640 1.001641"));
    end_nights();
}

TEST("a connection that breaks half-way leaves the last listing standing")
{
    const char *folder = begin_odbc();
    if (!folder)
        return;
    CHECK_INT(night(folder, ROWS(ODBC, QUERY)), STATUS_OK);
    setenv("ODBC_DRIVER", odbc_bad_driver(), 1);
    CHECK_INT(night(folder,
                    "- { name: s, fetch: { " ODBC ", query: SELECT x }, format: rows, key: Tên, map: {} }\n"),
              STATUS_STOP);
    CHECK_CONTAINS(error.message, "the result broke off: 08S01 ");
    CHECK_INT(result->counts.seen, 4);
    CHECK_INT(result->counts.missing, 0);
    CHECK(!result->whole);
    CHECK(!strstr(error.message, SECRET) && !strstr(noticed(), SECRET));
    CHECK_CONTAINS(stored(KEYS).bytes, "1.001640 1.001641");
    end_nights();
}

TEST("a result without rows is a whole listing")
{
    const char *folder = begin_odbc();
    if (!folder)
        return;
    CHECK_INT(night(folder, ROWS(ODBC, QUERY)), STATUS_OK);
    CHECK_INT(night(folder, ROWS(ODBC, "SELECT * FROM t WHERE ma = 'x'")), STATUS_OK);
    CHECK(result->whole);
    CHECK_INT(result->counts.missing, 2);
    end_nights();
}

static void refused(const char *folder, const char *query, const char *words)
{
    const char *yaml =
        text_format(&test_arena,
                    "- { name: s, fetch: { odbc: DSN=x, query: \"%s\" }, format: rows, key: ma, "
                    "map: {} }\n",
                    query)
            .bytes;
    enum status expected = words ? STATUS_USAGE : STATUS_OK;
    if (!CHECK_INT(check_sources(folder, yaml), expected))
        printf("%s\n%s\n", query, error.message);
    if (words)
        CHECK_CONTAINS(error.message, words);
}

TEST("only one SELECT is a query")
{
    const char *folder = begin_nights(), *words = "c.yaml:1:36: query: only one SELECT is allowed here";
    refused(folder, "SELECT a FROM t; ", NULL);
    refused(folder, "-- ghi chú\\n (select '--;', \\\"a;b\\\" /* ; */ FROM t) ; -- hết", NULL);
    refused(folder, "WITH x AS (SELECT 1) SELECT * FROM x", NULL);
    refused(folder, "SELECT[a] FROM t", NULL);
    refused(folder, "SELECT 1; DELETE FROM t", words);
    refused(folder, "DELETE FROM t", words);
    refused(folder, "INSERT INTO t SELECT 1", words);
    refused(folder, "UPDATE t SET a = 1", words);
    refused(folder, "DROP TABLE t", words);
    refused(folder, "/* SELECT */ EXEC xoa", words);
    refused(folder, "SELECTED", words);
    refused(folder, "SELECT a INTO b FROM t", "c.yaml:1:36: query: with INTO it writes");
    refused(folder, "WITH x AS (SELECT 1) delete FROM t",
            "with DELETE it writes, and the database is only read");
    refused(folder, "WITH x AS (UPDATE t SET a = 1 RETURNING a) SELECT a FROM x", "with UPDATE it writes");
    refused(folder, "WITH x AS (SELECT 1)/**/INSERT INTO t SELECT 1", "with INSERT it writes");
    refused(folder, "SELECT a FROM t FOR UPDATE", "with UPDATE it writes");
    refused(folder, "SELECT [delete], \\\"into\\\", `update`, 'insert into', t.update FROM t -- into", NULL);
    refused(folder, "SELECT insert(a, 1, 2, b), into_1, updated, nintoạ, intoạ FROM t", NULL);
    refused(folder, "", "query\" is missing");
    refused(folder, " ; ", words);
    end_nights();
}

TEST("what cannot be a connection string is told with its place")
{
    const char *folder = begin_nights();
    CHECK_INT(check_sources(folder, ROWS("odbc: motcua", "SELECT 1")), STATUS_USAGE);
    CHECK_CONTAINS(error.message, "c.yaml:1:23: odbc: this is no connection string; write DSN=NAME");
    CHECK_INT(check_sources(folder, ROWS("odbc: \"DSN=x;PWD=${env:KHONG_CO}\"", "SELECT 1")), STATUS_USAGE);
    CHECK_CONTAINS(error.message, "c.yaml:1:23: the environment variable \"KHONG_CO\" is not set");
    CHECK_INT(check_sources(folder, ROWS("obdc: DSN=x", "SELECT 1")), STATUS_USAGE);
    CHECK_CONTAINS(error.message, "did you mean \"odbc\"?");
    CHECK_INT(check_sources(folder, ROWS("odbc: DSN=x, qery: y", "SELECT 1")), STATUS_USAGE);
    CHECK_CONTAINS(error.message, "did you mean \"query\"?");
    end_nights();
}
