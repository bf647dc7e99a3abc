/* The rows of a statement as values: what people ask the store for, as a table or as JSON. For store/ only. */
#ifndef STORE_STATEMENT_ROWS_H
#define STORE_STATEMENT_ROWS_H

#include "adapters/sqlite.h"
#include "core/arena.h"
#include "core/value.h"
#include "store/row_visit.h"

/* A column with the title said_of_NAME is about the column NAME before it (store/said.h): the words are made anew. */
#define STATEMENT_SAID "said_of_"

/* All rows of a statement whose parameters are bound: a list of objects, a member a column by its title, integers as
 * numbers, NULLs left out. `lists`: titles of columns that hold JSON, ended by NULL (NULL: none); one that cannot be
 * read stays a text. */
enum status statement_rows(struct sqlite_statement *statement, struct arena *arena, const char *const *lists,
                           struct value **rows, struct error *error);
/* The same, one by one. */
enum status statement_each(struct sqlite_statement *statement, const char *const *lists,
                           const struct row_visit *visit, struct error *error);

#endif
