#include "adapters/odbc_session.h"

#ifdef CONGKHAI_ODBC

#include <sql.h>
#include <sqlext.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/unicode.h"
#include "core/clock.h"
#include "core/memory.h"

#define PIECE         16384 /* UTF-16 units of one SQLGetData */
#define MESSAGE_UNITS 2048  /* units of a driver's message */
#define TITLE         512
#define RECORDS       4 /* of diagnostics that are shown */
#define SQLSTATE      5
#define SURROGATE(c)  (((c)&0xf800) == 0xd800)

_Static_assert(sizeof(SQLWCHAR) == 2, "unixODBC is built with UTF-16 characters");

struct column {
    char *title;
    bool binary;
    enum odbc_kind kind;
};

struct odbc_session {
    const struct odbc_query *query;
    SQLHENV environment;
    SQLHDBC connection;
    SQLHSTMT statement;
    bool connected;
    size_t count;
    struct column *columns;
    struct buffer cell;
    int64_t spent_ns;
    SQLWCHAR piece[PIECE];
};

static bool is_good(SQLRETURN result)
{
    return result == SQL_SUCCESS || result == SQL_SUCCESS_WITH_INFO;
}

/* ---- UTF-16 ---- */

static SQLWCHAR *to_wide(struct text text, SQLINTEGER *length)
{
    SQLWCHAR *wide = memory_grow(NULL, text.length + 1, sizeof *wide);
    size_t at = 0, units = 0;
    while (at < text.length) {
        int32_t character = unicode_next(text, &at);
        if (character >= 0x10000) {
            wide[units++] = (SQLWCHAR)(0xd7c0 + (character >> 10));
            character = 0xdc00 | (character & 0x3ff);
        }
        wide[units++] = (SQLWCHAR)character;
    }
    wide[units] = 0;
    *length = (SQLINTEGER)units;
    return wide;
}

/* `high` is the half of a pair that the units before ended with, and the one that these end with. False: a
 * half without its other. */
static bool from_wide(const SQLWCHAR *wide, size_t count, int32_t *high, struct buffer *out)
{
    char bytes[4];
    for (size_t i = 0; i < count; i++) {
        int32_t unit = wide[i];
        bool low = SURROGATE(unit) && unit >= 0xdc00;
        if (low != (*high != 0))
            return false;
        if (SURROGATE(unit) && !low) {
            *high = unit;
            continue;
        }
        if (low)
            unit = 0x10000 + ((*high & 0x3ff) << 10) + (unit & 0x3ff);
        *high = 0;
        buffer_put(out, bytes, unicode_put(unit, bytes));
    }
    return true;
}

/* For titles and messages, where a half is no reason to fail. */
static void put_wide(const SQLWCHAR *wide, size_t count, struct buffer *out)
{
    int32_t high = 0;
    for (size_t i = 0; i < count; i++)
        if (!from_wide(wide + i, 1, &high, out))
            high = 0, buffer_char(out, '?');
}

/* ---- what the driver says ---- */

/* Its SQLSTATEs and words, one behind the other, without secrets. */
static struct text diagnostics(const struct odbc_session *session, struct arena *arena, SQLSMALLINT kind,
                               SQLHANDLE handle, char state[SQLSTATE + 1])
{
    struct buffer BUFFER_OWNED out = { 0 };
    SQLWCHAR code[SQLSTATE + 1], words[MESSAGE_UNITS];
    *state = 0;
    for (SQLSMALLINT i = 1; i <= RECORDS; i++) {
        struct buffer BUFFER_OWNED said = { 0 };
        SQLINTEGER native;
        SQLSMALLINT length = 0;
        if (!is_good(SQLGetDiagRecW(kind, handle, i, code, &native, words, MESSAGE_UNITS, &length)))
            break;
        size_t count = length < 0 ? 0 : (size_t)length;
        put_wide(words, count < MESSAGE_UNITS ? count : MESSAGE_UNITS - 1, &said);
        if (out.length)
            buffer_string(&out, "; ");
        for (int k = 0; k < SQLSTATE; k++) {
            char letter = code[k] < 0x80 && code[k] > ' ' ? (char)code[k] : '?';
            buffer_char(&out, letter);
            if (i == 1)
                state[k] = letter;
        }
        state[SQLSTATE] = 0;
        buffer_char(&out, ' ');
        buffer_text(&out, odbc_string_hide(arena, session->query->string, text_trim(buffer_view(&said))));
    }
    return text_copy(arena, out.length ? buffer_view(&out) : text_of(_("the driver gives no reason")));
}

static enum status report(const struct odbc_session *session, SQLSMALLINT kind, SQLHANDLE handle,
                          const char *what, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    char state[SQLSTATE + 1];
    struct text words = diagnostics(session, &arena, kind, handle, state);
    return error_set(error, STATUS_STOP, "%s: %.*s", what, (int)text_cut(words, 1200), words.bytes);
}

static enum status report_connection(const struct odbc_session *session, struct error *error)
{
    return report(session, SQL_HANDLE_DBC, session->connection,
                  _("ODBC cannot connect; check the connection string, and that its driver is installed "
                    "(odbcinst -q -d lists them)"),
                  error);
}

static enum status report_query(const struct odbc_session *session, const char *what, struct error *error)
{
    return report(session, SQL_HANDLE_STMT, session->statement, what, error);
}

/* ---- the connection ---- */

static void *number(int64_t value)
{
    return (void *)(intptr_t)value; /* ODBC passes numbers as pointers */
}

/* Read-only is a wish (drivers may let writes pass): the rollback is what holds. */
static enum status prepare_reading(struct odbc_session *session, struct error *error)
{
    SQLUSMALLINT capable = SQL_TC_ALL;
    SQLSetConnectAttrW(session->connection, SQL_ATTR_ACCESS_MODE, number(SQL_MODE_READ_ONLY), 0);
    if (is_good(SQLSetConnectAttrW(session->connection, SQL_ATTR_AUTOCOMMIT, number(SQL_AUTOCOMMIT_OFF), 0)))
        return STATUS_OK;
    /* At once: the next call forgets why this one failed. */
    enum status status = report(session, SQL_HANDLE_DBC, session->connection,
                                _("the driver refuses a transaction that can be rolled back"), error);
    if (is_good(SQLGetInfoW(session->connection, SQL_TXN_CAPABLE, &capable, sizeof capable, NULL)) &&
        capable == SQL_TC_NONE)
        return STATUS_OK;
    return status;
}

static enum status connect_to(struct odbc_session *session, struct error *error)
{
    int64_t seconds = (session->query->timeout + 999) / 1000;
    if (!is_good(SQLAllocHandle(SQL_HANDLE_ENV, SQL_NULL_HANDLE, &session->environment)) ||
        !is_good(SQLSetEnvAttr(session->environment, SQL_ATTR_ODBC_VERSION, number(SQL_OV_ODBC3), 0)) ||
        !is_good(SQLAllocHandle(SQL_HANDLE_DBC, session->environment, &session->connection)))
        return error_set(error, STATUS_STOP, _("unixODBC cannot start"));
    SQLSetConnectAttrW(session->connection, SQL_ATTR_LOGIN_TIMEOUT, number(seconds), 0);
    SQLSetConnectAttrW(session->connection, SQL_ATTR_ACCESS_MODE, number(SQL_MODE_READ_ONLY), 0);
    SQLINTEGER length;
    SQLWCHAR *wide = to_wide(session->query->string->connection, &length);
    SQLRETURN result = length > INT16_MAX
                           ? SQL_ERROR
                           : SQLDriverConnectW(session->connection, NULL, wide, (SQLSMALLINT)length, NULL, 0,
                                               NULL, SQL_DRIVER_NOPROMPT);
    explicit_bzero(wide, (size_t)length * sizeof *wide);
    free(wide);
    session->connected = is_good(result);
    return session->connected ? prepare_reading(session, error) : report_connection(session, error);
}

/* ---- the query ---- */

static bool in_time(struct odbc_session *session, int64_t since)
{
    session->spent_ns += clock_steady_ns() - since;
    return session->spent_ns / 1000000 <= session->query->timeout;
}

static enum status too_slow(const struct odbc_session *session, struct error *error)
{
    return error_set(error, STATUS_STOP,
                     _("the query took longer than %lld ms and was broken off; make it simpler or allow it "
                       "more time (see \"timeout\")"),
                     (long long)session->query->timeout);
}

static enum odbc_kind kind_of(SQLSMALLINT type)
{
    switch (type) {
    case SQL_REAL:
    case SQL_FLOAT:
    case SQL_DOUBLE:
        return ODBC_REAL;
    case SQL_NUMERIC:
    case SQL_DECIMAL:
    case SQL_TINYINT:
    case SQL_SMALLINT:
    case SQL_INTEGER:
    case SQL_BIGINT:
        return ODBC_EXACT;
    default:
        return ODBC_OTHER;
    }
}

static enum status describe(struct odbc_session *session, struct error *error)
{
    SQLSMALLINT count = 0;
    if (!is_good(SQLNumResultCols(session->statement, &count)))
        return report_query(session, _("the query cannot be read"), error);
    if (count < 1)
        return error_set(error, STATUS_STOP, _("the query gives no rows: it must be one SELECT"));
    if (count > ODBC_COLUMNS)
        return error_set(error, STATUS_STOP, _("the query gives %d columns; at most %d are read"), count,
                         ODBC_COLUMNS);
    session->columns = memory_take_zeroed((size_t)count, sizeof *session->columns);
    for (session->count = 0; session->count < (size_t)count; session->count++) {
        struct column *column = &session->columns[session->count];
        struct buffer BUFFER_OWNED title = { 0 };
        SQLWCHAR name[TITLE];
        SQLSMALLINT length = 0, type = 0, digits, nullable;
        SQLULEN size;
        if (!is_good(SQLDescribeColW(session->statement, (SQLUSMALLINT)(session->count + 1), name, TITLE,
                                     &length, &type, &size, &digits, &nullable)))
            return report_query(session, _("the query cannot be read"), error);
        put_wide(name, length < TITLE ? (size_t)length : TITLE - 1, &title);
        column->title = memory_copy_string(title.length ? title.bytes : "");
        column->binary = type == SQL_BINARY || type == SQL_VARBINARY || type == SQL_LONGVARBINARY;
        column->kind = kind_of(type);
    }
    return STATUS_OK;
}

enum status odbc_session_start(struct odbc_session *session, struct error *error)
{
    int64_t seconds = (session->query->timeout + 999) / 1000, since = clock_steady_ns();
    if (!is_good(SQLAllocHandle(SQL_HANDLE_STMT, session->connection, &session->statement)))
        return report_connection(session, error);
    SQLSetStmtAttrW(session->statement, SQL_ATTR_QUERY_TIMEOUT, number(seconds), 0);
    SQLINTEGER length;
    SQLWCHAR *wide = to_wide(text_of(session->query->query), &length);
    SQLRETURN result = SQLExecDirectW(session->statement, wide, length);
    free(wide);
    if (!is_good(result) && result != SQL_NO_DATA)
        return report_query(session, _("the database refuses the query"), error);
    if (!in_time(session, since))
        return too_slow(session, error);
    return describe(session, error);
}

enum status odbc_session_open(const struct odbc_query *query, struct odbc_session **session,
                              struct error *error)
{
    struct odbc_session *opened = memory_new(struct odbc_session);
    opened->query = query;
    opened->cell.limit = query->cell_most;
    if (connect_to(opened, error)) {
        odbc_session_close(opened);
        return error->status;
    }
    *session = opened;
    return STATUS_OK;
}

void odbc_session_close(struct odbc_session *session)
{
    if (!session)
        return;
    if (session->statement)
        SQLFreeHandle(SQL_HANDLE_STMT, session->statement);
    if (session->connected) {
        SQLEndTran(SQL_HANDLE_DBC, session->connection, SQL_ROLLBACK);
        SQLDisconnect(session->connection);
    }
    if (session->connection)
        SQLFreeHandle(SQL_HANDLE_DBC, session->connection);
    if (session->environment)
        SQLFreeHandle(SQL_HANDLE_ENV, session->environment);
    for (size_t i = 0; i < session->count; i++)
        free(session->columns[i].title);
    free(session->columns);
    buffer_free(&session->cell);
    free(session);
}

/* ---- the result ---- */

size_t odbc_session_columns(const struct odbc_session *session)
{
    return session->count;
}

const char *odbc_session_title(const struct odbc_session *session, size_t at)
{
    return session->columns[at].title;
}

enum odbc_kind odbc_session_kind(const struct odbc_session *session, size_t at)
{
    return session->columns[at].kind;
}

enum status odbc_session_next(struct odbc_session *session, struct error *error)
{
    int64_t since = clock_steady_ns();
    SQLRETURN result = SQLFetch(session->statement);
    if (result == SQL_NO_DATA)
        return STATUS_END;
    if (!is_good(result))
        return report_query(session, _("the result broke off"), error);
    return in_time(session, since) ? STATUS_OK : too_slow(session, error);
}

/* Class 22 is the value's fault, 07 the conversion's; HY000 and HYC00 are said of either. If it was the
 * connection after all, the next row tells. */
static bool is_about_value(const char *state)
{
    return !strncmp(state, "22", 2) || !strncmp(state, "07", 2) || !strcmp(state, "HY000") ||
           !strcmp(state, "HYC00");
}

static enum status report_cell(const struct odbc_session *session, size_t at, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    char state[SQLSTATE + 1];
    struct text words = diagnostics(session, &arena, SQL_HANDLE_STMT, session->statement, state);
    return error_set(error, is_about_value(state) ? STATUS_REJECT : STATUS_STOP,
                     _("the column \"%s\" cannot be read: " TEXT_PRINT), session->columns[at].title,
                     TEXT_ARG(words));
}

/* The bytes of a piece that SQLGetData left: what it says is what remained before it, or that it does not
 * know. A driver may leave a piece shorter than it could (not to cut a letter): its terminator tells. */
static size_t piece_length(const struct odbc_session *session, bool binary, SQLRETURN result, SQLLEN said)
{
    size_t capacity = sizeof session->piece - (binary ? 0 : sizeof(SQLWCHAR));
    if (said >= 0 && (size_t)said <= capacity)
        return (size_t)said;
    if (binary)
        return capacity;
    size_t units = PIECE - 1;
    if (said == SQL_NO_TOTAL && result == SQL_SUCCESS) {
        units = 0;
        while (units < PIECE - 1 && session->piece[units])
            units++;
    }
    while (units && !session->piece[units - 1] && units > PIECE - 5)
        units--;
    return units * sizeof(SQLWCHAR);
}

enum status odbc_session_cell(struct odbc_session *session, size_t at, struct text *cell, struct error *error)
{
    const struct column *column = &session->columns[at];
    int32_t high = 0;
    *cell = TEXT_NONE;
    buffer_clear(&session->cell);
    for (bool first = true;; first = false) {
        SQLLEN said = 0;
        int64_t since = clock_steady_ns();
        memset(session->piece + PIECE - 4, 0, 4 * sizeof *session->piece);
        SQLRETURN result = SQLGetData(session->statement, (SQLUSMALLINT)(at + 1),
                                      column->binary ? SQL_C_BINARY : SQL_C_WCHAR, session->piece,
                                      sizeof session->piece, &said);
        if (!in_time(session, since))
            return too_slow(session, error);
        if (result == SQL_NO_DATA)
            break;
        if (!is_good(result))
            return report_cell(session, at, error);
        if (said == SQL_NULL_DATA && first)
            return STATUS_OK;
        size_t length = piece_length(session, column->binary, result, said);
        if (column->binary)
            buffer_put(&session->cell, session->piece, length);
        else if (!from_wide(session->piece, length / sizeof *session->piece, &high, &session->cell))
            return error_set(error, STATUS_REJECT, _("the column \"%s\" holds half a UTF-16 character"),
                             column->title);
        if (session->cell.over)
            return error_set(error, STATUS_REJECT,
                             _("the column \"%s\" is larger than %zu bytes (see \"record_limit\")"),
                             column->title, session->query->cell_most);
        if (result == SQL_SUCCESS || !length)
            break;
    }
    if (high)
        return error_set(error, STATUS_REJECT, _("the column \"%s\" holds half a UTF-16 character"),
                         column->title);
    *cell = buffer_view(&session->cell);
    return STATUS_OK;
}

#endif
