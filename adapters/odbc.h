/* The door to unixODBC: one query of one connection, read once from its first row to its last.
 *
 * Drivers are foreign code: they hang for minutes whatever time they were given, obey no signal, and crash.
 * So each connection has a process of its own (odbc_session.h), which is left when it takes too long and
 * ends with the program; its rows come through a pipe.
 *
 * Nothing is written to the database: the connection asks for SQL_MODE_READ_ONLY, works in a transaction of
 * its own, and rolls it back when it is closed; a process that is ended breaks its connection, which every
 * database answers with a rollback. A driver that cannot leave autocommit, although its database has
 * transactions, is refused.
 *
 * Where unixODBC was not there when the program was built, odbc_open says so and nothing else is different:
 * the library is linked, not loaded by name, so that scripts/check-layers sees who calls it.
 */
#ifndef ADAPTERS_ODBC_H
#define ADAPTERS_ODBC_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "adapters/odbc_string.h"

#define ODBC_COLUMNS 4096 /* of a result; SQL Server's own ceiling */

struct odbc;

struct odbc_query {
    const struct odbc_string *string;
    const char *query;
    int64_t timeout;  /* milliseconds: for the connection, and for the query's work from its start to its end.
                       * Two seconds later its process is ended. */
    size_t cell_most; /* bytes of a cell, UTF-8 */
    const volatile sig_atomic_t *stop; /* NULL: none; looked at while the driver is waited for */
};

/* Connects and runs the query. The query's parts must live until odbc_close. STATUS_STOP with the SQLSTATE
 * and the driver's words, when it takes too long or is stopped; STATUS_USAGE when the program was built
 * without unixODBC. */
enum status odbc_open(const struct odbc_query *query, struct odbc **odbc, struct error *error);
void odbc_close(struct odbc *odbc); /* NULL is no error; never waits for the driver */

size_t odbc_columns(const struct odbc *odbc);
const char *odbc_title(const struct odbc *odbc, size_t at);
/* What a column holds: REAL, FLOAT or DOUBLE; integers and decimals; anything else. */
enum odbc_kind { ODBC_OTHER, ODBC_EXACT, ODBC_REAL };
enum odbc_kind odbc_kind(const struct odbc *odbc, size_t at);

/* STATUS_OK: a row stands ready; STATUS_END; STATUS_STOP. */
enum status odbc_next(struct odbc *odbc, struct error *error);
/* A cell, from 0, borrowed until the next call; each once, from left to right. TEXT_NONE: NULL. A binary cell
 * gives its bytes. STATUS_REJECT: this cell is larger than cell_most, no Unicode, or the driver cannot
 * convert it; STATUS_STOP. */
enum status odbc_cell(struct odbc *odbc, size_t at, struct text *cell, struct error *error);

#endif
