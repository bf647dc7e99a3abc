/* The tables and views of the store as this program makes them, and what a file's schema is beside them.
 *
 * A schema is known by its digest: SHA-256 over one line "TYPE NAME SQL\n" for each row of sqlite_master, in the
 * order of name and type (SQL may be empty), without SQLite's own statistics tables, which are told by their
 * exact text. Every run says in its first event (`schema`) which schema the store has; so a store that another
 * version left is told from one that somebody edited.
 */
#ifndef STORE_SCHEMA_H
#define STORE_SCHEMA_H

#include "adapters/sqlite.h"
#include "core/error.h"

extern const char schema_tables[];
extern const char schema_views[];

/* Makes the schema in an empty file, or reads which version a store has. `path` is for messages. STATUS_USAGE
 * for a database that is no store, one of a newer version, and an empty one that may not be written. */
enum status schema_prepare(struct sqlite *database, bool may_write, const char *path, int64_t *version,
                           struct error *error);

/* An empty store in memory: the program's own schema. The caller closes it. */
enum status schema_model(struct sqlite **model, struct error *error);

enum status schema_digest(struct sqlite *database, struct digest *digest, struct error *error);
/* The model's; made once in a process, by one thread. */
enum status schema_own(struct digest *digest, struct error *error);

enum schema_standing {
    SCHEMA_OURS,    /* the program's own, to the letter */
    SCHEMA_OLDER,   /* as an older version made it: one that is known, or one that the ledger names */
    SCHEMA_FOREIGN, /* edited: no version made it so */
};
enum status schema_judge(struct sqlite *database, int64_t version, enum schema_standing *standing,
                         struct error *error);

/* Are the tables that a verifier reads tables of rows, without columns that are computed? A view of that name could say
 * anything, or never end. */
enum status schema_is_plain(struct sqlite *database, bool *plain, struct error *error);

/* Calls `found` with a sentence for every object that is not the program's; with one for the whole when the
 * store is of an older version. */
enum status schema_differences(struct sqlite *database, int64_t version,
                               void (*found)(void *user_data, const char *sentence), void *user_data,
                               struct error *error);

#endif
