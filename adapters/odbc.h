/* The door to unixODBC: one query of one connection, read once from its first row to its last.
 *
 * Nothing is written to the database: the connection asks for SQL_MODE_READ_ONLY, works in a transaction of
 * its own, and rolls it back when it is closed. A driver that cannot leave autocommit, although its database
 * has transactions, is refused.
 *
 * Every column but a binary one is asked for as SQL_C_WCHAR (UTF-16), also those of a narrow type: what
 * SQL_C_CHAR gives depends on a setting that each driver has elsewhere (NLS_LANG, ClientCharset, CHARSET),
 * and where it is wrong '?' stands where Vietnamese letters were. So are numbers, which come as the database
 * (or its driver) writes them and never pass through a double, and dates, which ODBC wants as yyyy-mm-dd and
 * yyyy-mm-dd hh:mm:ss[.f]. For a driver that has no wide functions (SQLite's, some old ones) unixODBC
 * converts queries, titles and messages by LC_CTYPE: the program's is C.UTF-8.
 *
 * What a driver says is shown with its SQLSTATE and without the secrets of the connection string.
 *
 * Where unixODBC was not there when the program was built, odbc_open says so and nothing else is different:
 * the library is linked, not loaded by name, so that scripts/check-layers sees who calls it.
 */
#ifndef ADAPTERS_ODBC_H
#define ADAPTERS_ODBC_H

#include <stdbool.h>
#include <stdint.h>

#include "adapters/odbc_string.h"

#define ODBC_COLUMNS 4096 /* of a result; SQL Server's own ceiling */

struct odbc;

struct odbc_query {
    const struct odbc_string *string;
    const char *query;
    int64_t timeout;  /* milliseconds: for the connection, and for the query's work from its start to its end.
                       * A driver that knows no SQL_ATTR_QUERY_TIMEOUT is stopped when it comes back. */
    size_t cell_most; /* bytes of a cell, UTF-8 */
};

/* Connects and runs the query. The query's parts must live until odbc_close. STATUS_STOP with the SQLSTATE
 * and the driver's words; STATUS_USAGE when the program was built without unixODBC. */
enum status odbc_open(const struct odbc_query *query, struct odbc **odbc, struct error *error);
void odbc_close(struct odbc *odbc); /* NULL is no error */

size_t odbc_columns(const struct odbc *odbc);
const char *odbc_title(const struct odbc *odbc, size_t at);
bool odbc_is_real(const struct odbc *odbc, size_t at); /* a column of REAL, FLOAT or DOUBLE */

/* STATUS_OK: a row stands ready; STATUS_END; STATUS_STOP. */
enum status odbc_next(struct odbc *odbc, struct error *error);
/* A cell, from 0, borrowed until the next call; each once, from left to right. TEXT_NONE: NULL. A binary cell
 * gives its bytes. STATUS_REJECT: this cell is larger than cell_most, no Unicode, or the driver cannot
 * convert it; STATUS_STOP. */
enum status odbc_cell(struct odbc *odbc, size_t at, struct text *cell, struct error *error);

#endif
