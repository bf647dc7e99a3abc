#include "store/sql.h"

enum status sql_rows(struct store *store, const char *literal, const struct sql_value *values,
                     struct sqlite_statement **rows, struct error *error)
{
    *rows = NULL;
    if (store_sql(store, literal, rows, error))
        return error->status;
    for (int at = 1; values && values->kind != SQL_NO_MORE; at++, values++)
        if (values->kind == SQL_IS_NUMBER)
            sqlite_bind_number(*rows, at, values->number);
        else if (values->kind == SQL_IS_TEXT)
            sqlite_bind_text(*rows, at, values->text);
        else if (values->kind == SQL_IS_BYTES)
            sqlite_bind_bytes(*rows, at, values->text);
        else
            sqlite_bind_digest(*rows, at, values->digest);
    return STATUS_OK;
}

enum status sql_run(struct store *store, const char *literal, const struct sql_value *values,
                    struct error *error)
{
    struct sqlite_statement *statement;
    return sql_rows(store, literal, values, &statement, error) ? error->status
                                                               : sqlite_execute(statement, error);
}

enum status sql_row(struct store *store, const char *literal, const struct sql_value *values,
                    struct sqlite_statement **row, struct error *error)
{
    return sql_rows(store, literal, values, row, error) ? error->status : sqlite_step(*row, error);
}

enum status sql_end(struct sqlite_statement *row, enum status status)
{
    sqlite_reset_statement(row);
    return status == STATUS_END ? STATUS_OK : status;
}

enum status sql_number(struct store *store, const char *literal, const struct sql_value *values,
                       int64_t *number, struct error *error)
{
    struct sqlite_statement *row;
    enum status status = sql_row(store, literal, values, &row, error);
    *number = status ? 0 : sqlite_number(row, 0);
    return sql_end(row, status);
}

enum status sql_any(struct store *store, const char *literal, const struct sql_value *values, bool *any,
                    struct error *error)
{
    struct sqlite_statement *row;
    enum status status = sql_row(store, literal, values, &row, error);
    *any = status == STATUS_OK;
    return sql_end(row, status);
}

enum status sql_texts(struct store *store, struct arena *arena, const char *literal,
                      const struct sql_value *values, struct value *list, struct error *error)
{
    struct sqlite_statement *row;
    if (sql_rows(store, literal, values, &row, error))
        return error->status;
    enum status status;
    while ((status = sqlite_step(row, error)) == STATUS_OK)
        value_append(list, value_text(arena, sqlite_take_text(arena, row, 0)));
    return status == STATUS_END ? STATUS_OK : status;
}
