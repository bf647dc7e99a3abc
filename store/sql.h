/* Questions to the store and orders: a literal of SQL (store_sql) with its parameters, in their order. For store/ only.
 *
 *     sql_run(store, "UPDATE source SET usual = ?2 WHERE name = ?1", SQL_WITH(SQL_TEXT(name), SQL_NUMBER(usual)), error)
 *     sql_number(store, "SELECT seq FROM ledger WHERE code = ?1 …", SQL_WITH(SQL_TEXT(code)), &event, error)
 *
 * What is bound is borrowed as by sqlite_bind_…; NULL for the values: there are none.
 */
#ifndef STORE_SQL_H
#define STORE_SQL_H

#include "store/store.h"

struct sql_value {
    enum sql_kind { SQL_NO_MORE, SQL_IS_NUMBER, SQL_IS_TEXT, SQL_IS_BYTES, SQL_IS_DIGEST } kind;
    union {
        int64_t number;
        struct text text;
        const struct digest *digest;
    };
};

#define SQL_NUMBER(value) ((struct sql_value){ .kind = SQL_IS_NUMBER, .number = (value) })
#define SQL_TEXT(value)   ((struct sql_value){ .kind = SQL_IS_TEXT, .text = (value) })
#define SQL_BYTES(value)  ((struct sql_value){ .kind = SQL_IS_BYTES, .text = (value) })
#define SQL_DIGEST(value) ((struct sql_value){ .kind = SQL_IS_DIGEST, .digest = (value) })
#define SQL_WITH(...)     ((const struct sql_value[]){ __VA_ARGS__, { .kind = SQL_NO_MORE } })

/* Something that gives no rows. */
enum status sql_run(struct store *store, const char *literal, const struct sql_value *values,
                    struct error *error);
/* For who steps through the rows. */
enum status sql_rows(struct store *store, const char *literal, const struct sql_value *values,
                     struct sqlite_statement **rows, struct error *error);
/* One row: it stands ready when this is STATUS_OK; STATUS_END: there is none. The caller ends it: sql_end, or
 * sqlite_reset_statement; there is nothing to end where it is another status, and no harm in it. */
enum status sql_row(struct store *store, const char *literal, const struct sql_value *values,
                    struct sqlite_statement **row, struct error *error);
/* Ends a row or rows. That there are none, or no more, is STATUS_OK. */
enum status sql_end(struct sqlite_statement *row, enum status status);
/* The first column of the one row; 0 where there is none. */
enum status sql_number(struct store *store, const char *literal, const struct sql_value *values,
                       int64_t *number, struct error *error);
/* Appends the first column of every row to a list, as text in the arena. */
enum status sql_texts(struct store *store, struct arena *arena, const char *literal,
                      const struct sql_value *values, struct value *list, struct error *error);
/* Is there a row? */
enum status sql_any(struct store *store, const char *literal, const struct sql_value *values, bool *any,
                    struct error *error);

#endif
