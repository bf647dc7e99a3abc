/* The schema of the store against the program's own: a view that was edited shows what its editor wants. */
#include <stdio.h>
#include <string.h>

#include "store/audit_scan.h"
#include "store/schema.h"

/* Statistics are SQLite's own business (ANALYZE). */
#define OBJECTS                                                                                              \
    "SELECT type, name, coalesce(sql, '') FROM sqlite_master WHERE name NOT LIKE 'sqlite_stat%'"             \
    " ORDER BY name, type"

struct object {
    struct text type, name, sql;
};

static enum status next(struct sqlite_statement *rows, struct object *object, struct error *error)
{
    enum status status = sqlite_step(rows, error);
    if (status == STATUS_OK)
        *object = (struct object){ sqlite_column_text(rows, 0), sqlite_column_text(rows, 1),
                                   sqlite_column_text(rows, 2) };
    return status;
}

static enum status compare(struct sqlite_statement *ours, struct sqlite_statement *theirs,
                           void (*found)(void *user_data, const char *sentence), void *user_data,
                           struct error *error)
{
    struct object our, their;
    char sentence[600];
    enum status has_our = next(ours, &our, error), has_their = next(theirs, &their, error);
    while (has_our <= STATUS_END && has_their <= STATUS_END) {
        if (has_our == STATUS_END && has_their == STATUS_END)
            return STATUS_OK;
        int order = has_our == STATUS_END     ? 1
                    : has_their == STATUS_END ? -1
                                              : text_compare(our.name, their.name);
        if (order == 0 && (!text_equal(our.type, their.type) || !text_equal(our.sql, their.sql))) {
            snprintf(sentence, sizeof sentence,
                     _("the %.*s %.*s was changed: it is not what the program makes"), TEXT_ARG(their.type),
                     TEXT_ARG(their.name));
            found(user_data, sentence);
        } else if (order < 0) {
            snprintf(sentence, sizeof sentence, _("the %.*s %.*s is gone"), TEXT_ARG(our.type),
                     TEXT_ARG(our.name));
            found(user_data, sentence);
        } else if (order > 0) {
            snprintf(sentence, sizeof sentence, _("the %.*s %.*s does not come from the program"),
                     TEXT_ARG(their.type), TEXT_ARG(their.name));
            found(user_data, sentence);
        }
        if (order <= 0)
            has_our = next(ours, &our, error);
        if (order >= 0)
            has_their = next(theirs, &their, error);
    }
    return has_our > STATUS_END ? has_our : has_their;
}

enum status audit_schema_check(struct store *store, void (*found)(void *user_data, const char *sentence),
                               void *user_data, struct error *error)
{
    struct sqlite *model;
    struct sqlite_statement *ours = NULL, *theirs = NULL;
    if (sqlite_open_file(":memory:", SQLITE_CREATE, &model, error))
        return error->status;
    enum status status = STATUS_OK;
    if (!sqlite_run(model, schema_tables, error) && !sqlite_run(model, schema_views, error) &&
        !sqlite_prepare(model, OBJECTS, &ours, error) &&
        !sqlite_prepare(store_database(store), OBJECTS, &theirs, error))
        status = compare(ours, theirs, found, user_data, error);
    else
        status = error->status;
    if (ours)
        sqlite_finish(ours);
    if (theirs)
        sqlite_finish(theirs);
    sqlite_close_file(model);
    return status;
}
