/* Debian's ODBC driver for SQLite (libsqliteodbc), for the tests; where it is not installed they are skipped.
 */
#ifndef TESTS_SUPPORT_ODBC_H
#define TESTS_SUPPORT_ODBC_H

#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "adapters/sqlite.h"
#include "tests/support/test.h"

static inline bool odbc_is_built(void)
{
#ifdef CONGKHAI_ODBC
    return true;
#else
    printf("skipped: this is built without ODBC (Debian: unixodbc-dev)\n");
    return false;
#endif
}

/* Its file, or NULL. */
static inline const char *odbc_driver(void)
{
    static char path[256];
    glob_t found;
    if (!odbc_is_built())
        return NULL;
    if (!*path && glob("/usr/lib/*/odbc/libsqlite3odbc.so", 0, NULL, &found) == 0) {
        snprintf(path, sizeof path, "%s", found.gl_pathv[0]);
        globfree(&found);
    }
    if (!*path)
        printf("skipped: there is no ODBC driver for SQLite here (Debian: libsqliteodbc)\n");
    return *path ? path : NULL;
}

/* The driver that misbehaves (odbc_driver.c), which stands beside the test's folder. */
static inline const char *odbc_bad_driver(void)
{
    char program[512] = "";
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    program[length > 0 ? length : 0] = 0;
    *strrchr(program, '/') = 0;
    return text_format(&test_arena, "%s/../support/odbc_driver.so", program).bytes;
}

/* Runs statements on src.db of the folder. */
static inline void odbc_database(const char *folder, const char *sql)
{
    struct sqlite *database;
    struct error why;
    struct text path = text_format(&test_arena, "%s/src.db", folder);
    if (!CHECK_INT(sqlite_open_file(path.bytes, SQLITE_CREATE, &database, &why), STATUS_OK))
        return;
    if (!CHECK_INT(sqlite_run(database, sql, &why), STATUS_OK))
        printf("%s\n", why.message);
    sqlite_close_file(database);
}

#endif
