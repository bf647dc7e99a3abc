#include "store/schema.h"

#include <string.h>

#include "store/store.h"

#define APPLICATION 0x63686b31 /* "chk1": tells a store from other SQLite files */

static enum status read_number(struct sqlite *database, const char *sql, int64_t *number, struct error *error)
{
    struct sqlite_statement *statement;
    if (sqlite_prepare(database, sql, &statement, error))
        return error->status;
    enum status status = sqlite_step(statement, error);
    *number = status == STATUS_OK ? sqlite_number(statement, 0) : 0;
    sqlite_finish(statement);
    return status == STATUS_END ? STATUS_OK : status;
}

static enum status create(struct sqlite *database, struct error *error)
{
    if (sqlite_run(database, "BEGIN IMMEDIATE", error))
        return error->status;
    if (sqlite_run(database, schema_tables, error) || sqlite_run(database, schema_views, error) ||
        sqlite_run(database, "PRAGMA application_id = 1667787569; PRAGMA user_version = 1; COMMIT", error)) {
        sqlite_run(database, "ROLLBACK", NULL);
        return error->status;
    }
    return STATUS_OK;
}

_Static_assert(APPLICATION == 1667787569, "the pragma above writes the number out");

enum status schema_prepare(struct sqlite *database, bool may_write, const char *path, struct error *error)
{
    int64_t application, version, tables;
    if (read_number(database, "PRAGMA application_id", &application, error) ||
        read_number(database, "PRAGMA user_version", &version, error) ||
        read_number(database, "SELECT count(*) FROM sqlite_master", &tables, error))
        return error->status;
    if (!application && !version && !tables) {
        if (!may_write)
            return error_set(error, STATUS_USAGE, _("%s is empty: no run has been made yet"), path);
        return create(database, error);
    }
    if (application != APPLICATION)
        return error_set(error, STATUS_USAGE,
                         _("%s is a SQLite file, but no store of congkhai; name another file with \"store\""),
                         path);
    if (version > STORE_VERSION)
        return error_set(error, STATUS_USAGE,
                         _("%s was made by a newer congkhai (its version is %lld, this program knows %d); "
                           "use that program"),
                         path, (long long)version, STORE_VERSION);
    return STATUS_OK;
}
