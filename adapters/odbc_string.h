/* ODBC's connection strings, `KEY=value;KEY={value};…`, with secrets named inside (see secret.h). Knows
 * nothing of unixODBC.
 */
#ifndef ADAPTERS_ODBC_STRING_H
#define ADAPTERS_ODBC_STRING_H

#include <stdbool.h>

#include "core/arena.h"
#include "core/error.h"
#include "core/text.h"

struct odbc_string {
    struct text connection; /* with its secrets */
    struct text *secrets;   /* what no message may hold: the secrets named, and what is written out as one */
    size_t secret_count;
};

/* Puts the secrets in. One that is the whole value of a key may hold anything (it is put into braces where it
 * must be); one that is more than a value (the whole string in a file) is put in as it is. STATUS_USAGE. */
enum status odbc_string_resolve(struct arena *arena, const char *folder, struct text text,
                                struct odbc_string *string, struct error *error);

/* The same words with every secret as "***", whatever its case, also one that the end cuts. */
struct text odbc_string_hide(struct arena *arena, const struct odbc_string *string, struct text words);

/* As configured: is a password (PWD, Password, …) written out; and the text with "***" for those that are. */
bool odbc_string_has_password(struct text text);
struct text odbc_string_show(struct arena *arena, struct text text);
/* A short name for locators from DSN, server and database, as configured: "motcua", "10.0.0.5/motcua". */
const char *odbc_string_name(struct arena *arena, struct text text);

#endif
