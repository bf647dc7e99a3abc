/* An ODBC driver that misbehaves, for tests/adapters/odbc.c and tests/extract/fetch_odbc.c: a shared object
 * of its own that unixODBC loads.
 *
 * It tells its whole connection string in every message. Its rows have one column of a narrow type:
 * 1  "ắ𠀋" in pieces that are shorter than they could be, of a length that it does not say
 * 2  a value that it cannot convert (22018)
 * 3  half a UTF-16 character
 * 4  "cuối", and then the connection breaks (08S01)
 * The query "SELECT login" is refused; a connection with LOGIN=refused, too. With DATA=slow each piece takes
 * 0.6 s; LOGIN=hangs, QUERY=hangs and DATA=hangs hold their caller and every signal but SIGKILL; QUERY=crashes
 * crashes. */
#define _DEFAULT_SOURCE
#include <signal.h>
#include <sql.h>
#include <sqlext.h>
#include <sqlucode.h>
#include <string.h>
#include <unistd.h>

static SQLWCHAR told[1024];
static char state[6];
static int row, piece;

static SQLRETURN fail(const char *code)
{
    strcpy(state, code);
    return SQL_ERROR;
}

static size_t length_of(const SQLWCHAR *wide)
{
    size_t length = 0;
    while (wide[length])
        length++;
    return length;
}

static int holds(const SQLWCHAR *wide, const char *word)
{
    for (; *wide; wide++) {
        size_t i = 0;
        while (word[i] && wide[i] == (SQLWCHAR)word[i])
            i++;
        if (!word[i])
            return 1;
    }
    return 0;
}

SQLRETURN SQLAllocHandle(SQLSMALLINT kind, SQLHANDLE parent, SQLHANDLE *handle)
{
    static char handles[4];
    (void)parent;
    *handle = &handles[kind & 3];
    return SQL_SUCCESS;
}

SQLRETURN SQLFreeHandle(SQLSMALLINT kind, SQLHANDLE handle)
{
    (void)kind, (void)handle;
    return SQL_SUCCESS;
}

static void hang(void)
{
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    for (;;)
        sleep(1000);
}

SQLRETURN SQLSetEnvAttr(SQLHENV environment, SQLINTEGER name, SQLPOINTER value, SQLINTEGER length)
{
    (void)environment, (void)name, (void)value, (void)length;
    return SQL_SUCCESS;
}

SQLRETURN SQLSetConnectAttrW(SQLHDBC connection, SQLINTEGER name, SQLPOINTER value, SQLINTEGER length)
{
    (void)connection, (void)name, (void)value, (void)length;
    return name == SQL_ATTR_AUTOCOMMIT && holds(told, "AUTOCOMMIT=only") ? fail("HYC00") : SQL_SUCCESS;
}

SQLRETURN SQLSetStmtAttrW(SQLHSTMT statement, SQLINTEGER name, SQLPOINTER value, SQLINTEGER length)
{
    (void)statement, (void)name, (void)value, (void)length;
    return fail("HYC00");
}

SQLRETURN SQLGetInfoW(SQLHDBC connection, SQLUSMALLINT what, SQLPOINTER value, SQLSMALLINT most,
                      SQLSMALLINT *length)
{
    (void)connection, (void)length;
    memset(value, 0, (size_t)most);
    if (what == SQL_TXN_CAPABLE)
        *(SQLUSMALLINT *)value = SQL_TC_ALL;
    return SQL_SUCCESS;
}

SQLRETURN SQLConnectW(SQLHDBC connection, SQLWCHAR *name, SQLSMALLINT a, SQLWCHAR *user, SQLSMALLINT b,
                      SQLWCHAR *password, SQLSMALLINT c)
{
    (void)connection, (void)name, (void)a, (void)user, (void)b, (void)password, (void)c;
    return SQL_SUCCESS;
}

SQLRETURN SQLDriverConnectW(SQLHDBC connection, SQLHWND window, SQLWCHAR *in, SQLSMALLINT length,
                            SQLWCHAR *out, SQLSMALLINT most, SQLSMALLINT *written, SQLUSMALLINT completion)
{
    (void)connection, (void)window, (void)out, (void)most, (void)completion;
    size_t count = length == SQL_NTS ? length_of(in) : (size_t)length;
    count = count < 1023 ? count : 1023;
    memcpy(told, in, count * sizeof *told);
    told[count] = 0;
    if (written)
        *written = 0;
    row = 0;
    if (holds(told, "LOGIN=hangs"))
        hang();
    return holds(told, "LOGIN=refused") ? fail("28000") : SQL_SUCCESS;
}

SQLRETURN SQLDisconnect(SQLHDBC connection)
{
    (void)connection;
    return SQL_SUCCESS;
}

SQLRETURN SQLEndTran(SQLSMALLINT kind, SQLHANDLE handle, SQLSMALLINT how)
{
    (void)kind, (void)handle, (void)how;
    return SQL_SUCCESS;
}

SQLRETURN SQLExecDirectW(SQLHSTMT statement, SQLWCHAR *query, SQLINTEGER length)
{
    (void)statement, (void)length;
    if (holds(told, "QUERY=hangs"))
        hang();
    if (holds(told, "QUERY=crashes"))
        __builtin_trap(); /* no raise(): in a sandbox a forked process may send no signal, not even to itself */
    return holds(query, "login") ? fail("42000") : SQL_SUCCESS;
}

SQLRETURN SQLNumResultCols(SQLHSTMT statement, SQLSMALLINT *count)
{
    (void)statement;
    *count = 1;
    return SQL_SUCCESS;
}

SQLRETURN SQLDescribeColW(SQLHSTMT statement, SQLUSMALLINT at, SQLWCHAR *name, SQLSMALLINT most,
                          SQLSMALLINT *length, SQLSMALLINT *type, SQLULEN *size, SQLSMALLINT *digits,
                          SQLSMALLINT *nullable)
{
    static const SQLWCHAR title[] = { 'T', 0x00ea, 'n', 0 };
    (void)statement, (void)at, (void)most, (void)size, (void)digits, (void)nullable;
    memcpy(name, title, sizeof title);
    *length = 3;
    *type = SQL_VARCHAR;
    return SQL_SUCCESS;
}

SQLRETURN SQLFetch(SQLHSTMT statement)
{
    (void)statement;
    piece = 0;
    return ++row <= 4 ? SQL_SUCCESS : fail("08S01");
}

SQLRETURN SQLGetData(SQLHSTMT statement, SQLUSMALLINT at, SQLSMALLINT type, SQLPOINTER into, SQLLEN most,
                     SQLLEN *said)
{
    static const SQLWCHAR half[] = { 'a', 0xd840, 0 }, last[] = { 'c', 'u', 0x1ed1, 'i', 0 };
    SQLWCHAR *wide = into;
    size_t capacity = (size_t)most / sizeof *wide - 1;
    (void)statement, (void)at;
    if (holds(told, "DATA=hangs"))
        hang();
    if (holds(told, "DATA=slow"))
        usleep(600000);
    if (type != SQL_C_WCHAR || row == 2)
        return fail(row == 2 ? "22018" : "07006");
    if (row == 1 && piece++ == 0) { /* one unit less than there is room for */
        for (size_t i = 0; i < capacity - 1; i++)
            wide[i] = 0x1eaf;
        wide[capacity - 1] = 0;
        *said = SQL_NO_TOTAL;
        strcpy(state, "01004");
        return SQL_SUCCESS_WITH_INFO;
    }
    if (row == 1) {
        static const SQLWCHAR pair[] = { 0xd840, 0xdc0b, 0 };
        if (piece > 2)
            return SQL_NO_DATA;
        memcpy(wide, pair, sizeof pair);
        *said = SQL_NO_TOTAL;
        return SQL_SUCCESS;
    }
    memcpy(wide, row == 3 ? half : last, row == 3 ? sizeof half : sizeof last);
    *said = row == 3 ? 4 : 8;
    return SQL_SUCCESS;
}

SQLRETURN SQLGetDiagRecW(SQLSMALLINT kind, SQLHANDLE handle, SQLSMALLINT at, SQLWCHAR *code,
                         SQLINTEGER *native, SQLWCHAR *words, SQLSMALLINT most, SQLSMALLINT *length)
{
    (void)kind, (void)handle;
    if (at > 1 || !*state)
        return SQL_NO_DATA;
    for (int i = 0; i < 6; i++)
        code[i] = (SQLWCHAR)state[i];
    if (native)
        *native = 7;
    size_t count = length_of(told);
    *length = (SQLSMALLINT)count;
    if (count >= (size_t)most)
        count = (size_t)most - 1;
    memcpy(words, told, count * sizeof *words);
    words[count] = 0;
    return SQL_SUCCESS;
}

SQLRETURN SQLGetDiagFieldW(SQLSMALLINT kind, SQLHANDLE handle, SQLSMALLINT at, SQLSMALLINT what,
                           SQLPOINTER value, SQLSMALLINT most, SQLSMALLINT *length)
{
    (void)kind, (void)handle, (void)at, (void)most, (void)length;
    if (what == SQL_DIAG_NUMBER)
        *(SQLINTEGER *)value = 1;
    return what == SQL_DIAG_NUMBER ? SQL_SUCCESS : SQL_NO_DATA;
}
