/* A connection of ODBC and its one query, as the process of adapters/odbc.c has them: here unixODBC is called.
 *
 * Every column but a binary one is asked for as SQL_C_WCHAR (UTF-16), also those of a narrow type: what
 * SQL_C_CHAR gives depends on a setting that each driver has elsewhere (NLS_LANG, ClientCharset, CHARSET),
 * and where it is wrong '?' stands where Vietnamese letters were. So are numbers, which come as the database
 * (or its driver) writes them and never pass through a double, and dates, which ODBC wants as yyyy-mm-dd and
 * yyyy-mm-dd hh:mm:ss[.f]. For a driver that has no wide functions (SQLite's, some old ones) unixODBC
 * converts queries, titles and messages by LC_CTYPE: the program's is C.UTF-8.
 *
 * What a driver says is shown with its SQLSTATE and without the secrets of the connection string. Any call
 * may hang for as long as the driver likes.
 */
#ifndef ADAPTERS_ODBC_SESSION_H
#define ADAPTERS_ODBC_SESSION_H

#include "adapters/odbc.h"

struct odbc_session;

/* Connects. STATUS_STOP with the SQLSTATE and the driver's words, as with the others. */
enum status odbc_session_open(const struct odbc_query *query, struct odbc_session **session,
                              struct error *error);
/* Runs the query; then its columns are known. */
enum status odbc_session_start(struct odbc_session *session, struct error *error);
void odbc_session_close(struct odbc_session *session);

size_t odbc_session_columns(const struct odbc_session *session);
const char *odbc_session_title(const struct odbc_session *session, size_t at);
enum odbc_kind odbc_session_kind(const struct odbc_session *session, size_t at);

/* As odbc_next and odbc_cell; a cell is borrowed until the next call. */
enum status odbc_session_next(struct odbc_session *session, struct error *error);
enum status odbc_session_cell(struct odbc_session *session, size_t at, struct text *cell,
                              struct error *error);

#endif
