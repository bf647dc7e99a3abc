#include "store/schema.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "adapters/crypto.h"
#include "store/schema_versions.h"

#define APPLICATION 0x63686b31 /* "chk1": tells a store from other SQLite files */

/* Statistics are SQLite's own business (ANALYZE): only what it makes itself, to the letter. */
#define OBJECTS                                                                                              \
    "SELECT type, name, coalesce(sql, '') FROM main.sqlite_master WHERE NOT (type = 'table' AND"             \
    " sql IN ('CREATE TABLE sqlite_stat1(tbl,idx,stat)',"                                                    \
    " 'CREATE TABLE sqlite_stat4(tbl,idx,neq,nlt,ndlt,sample)'))"                                            \
    " ORDER BY name, type"

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
    char mark[100];
    snprintf(mark, sizeof mark, "PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT", APPLICATION,
             STORE_VERSION);
    /* Two or three contents fill a page of 16 KiB; in one of 4 KiB each takes pages of its own. */
    if (sqlite_run(database, "PRAGMA page_size = 16384", error) ||
        sqlite_run(database, "BEGIN IMMEDIATE", error))
        return error->status;
    if (sqlite_run(database, schema_tables, error) || sqlite_run(database, schema_views, error) ||
        sqlite_run(database, mark, error)) {
        (void)sqlite_run(database, "ROLLBACK", NULL);
        return error->status;
    }
    return STATUS_OK;
}

enum status schema_prepare(struct sqlite *database, bool may_write, const char *path, int64_t *version,
                           struct error *error)
{
    int64_t application, tables;
    if (read_number(database, "PRAGMA application_id", &application, error) ||
        read_number(database, "PRAGMA user_version", version, error) ||
        read_number(database, "SELECT count(*) FROM sqlite_master", &tables, error))
        return error->status;
    if (!application && !*version && !tables) {
        if (!may_write)
            return error_set(error, STATUS_USAGE, _("%s is empty: no run has been made yet"), path);
        *version = STORE_VERSION;
        return create(database, error);
    }
    if (application != APPLICATION || *version < 1)
        return error_set(error, STATUS_USAGE,
                         _("%s is a SQLite file, but no store of congkhai; name another file"), path);
    if (*version > STORE_VERSION)
        return error_set(error, STATUS_USAGE,
                         _("%s was made by a newer congkhai (its version is %lld, this program knows %d); "
                           "use that program"),
                         path, (long long)*version, STORE_VERSION);
    return STATUS_OK;
}

enum status schema_model(struct sqlite **model, struct error *error)
{
    if (sqlite_open_file(NULL, SQLITE_CREATE, model, error))
        return error->status;
    if (sqlite_run(*model, "PRAGMA trusted_schema = ON", error) || sqlite_run(*model, schema_tables, error) ||
        sqlite_run(*model, schema_views, error)) {
        sqlite_close_file(*model);
        *model = NULL;
        return error->status;
    }
    return STATUS_OK;
}

enum status schema_digest(struct sqlite *database, struct digest *digest, struct error *error)
{
    BUFFER_OWNED struct buffer lines = { 0 };
    struct sqlite_statement *rows;
    if (sqlite_prepare(database, OBJECTS, &rows, error))
        return error->status;
    enum status status;
    while ((status = sqlite_step(rows, error)) == STATUS_OK)
        for (int i = 0; i < 3; i++) {
            buffer_text(&lines, sqlite_is_text(rows, i) ? sqlite_column_text(rows, i) : TEXT("?"));
            buffer_char(&lines, i < 2 ? ' ' : '\n');
        }
    sqlite_finish(rows);
    *digest = crypto_sha256(buffer_view(&lines));
    return status == STATUS_END ? STATUS_OK : status;
}

/* Every command wants to know, and making the model takes longer than all else that a small one does. */
enum status schema_own(struct digest *digest, struct error *error)
{
    static struct digest own;
    static bool known;
    struct sqlite *model;
    if (!known) {
        if (schema_model(&model, error))
            return error->status;
        enum status status = schema_digest(model, &own, error);
        sqlite_close_file(model);
        if (status)
            return status;
        known = true;
    }
    *digest = own;
    return STATUS_OK;
}

/* Only a table that is the program's own to the letter is asked: a view of that name could say anything, or
 * never end. */
static enum status named_by_ledger(struct sqlite *database, struct digest *named, struct error *error)
{
    static const char table[] = "SELECT sql FROM main.sqlite_master WHERE type = 'table' AND name = 'ledger'";
    static const char named_last[] =
        "SELECT CASE WHEN json_valid(detail) THEN json_extract(detail, '$.schema') END FROM main.ledger"
        " WHERE event = 'run-started' ORDER BY run DESC LIMIT 1";
    struct sqlite_statement *row;
    if (sqlite_prepare(database, table, &row, error))
        return error->status;
    enum status status = sqlite_step(row, error);
    struct text sql = status == STATUS_OK ? sqlite_column_text(row, 0) : TEXT_NONE;
    const char *ours = strstr(schema_tables, "CREATE TABLE ledger (");
    bool same = ours && sql.length && !strncmp(ours, sql.bytes, sql.length) && ours[sql.length] == ';';
    sqlite_finish(row);
    if (status || !same)
        return status ? status : STATUS_END;
    if (sqlite_prepare(database, named_last, &row, error))
        return error->status;
    status = sqlite_step(row, error);
    if (status == STATUS_OK && !digest_from_hex(sqlite_column_text(row, 0), named))
        status = STATUS_END;
    sqlite_finish(row);
    return status;
}

enum status schema_judge(struct sqlite *database, int64_t version, enum schema_standing *standing,
                         struct error *error)
{
    struct digest theirs, ours, named;
    *standing = SCHEMA_FOREIGN;
    if (schema_digest(database, &theirs, error) || schema_own(&ours, error))
        return error->status;
    if (version == STORE_VERSION && digest_equal(&theirs, &ours))
        *standing = SCHEMA_OURS;
    else if (schema_version_knows(version, &theirs))
        *standing = SCHEMA_OLDER;
    if (*standing == SCHEMA_OLDER ||
        version < STORE_VERSION) /* of another version only what was released is known */
        return STATUS_OK;
    enum status status = named_by_ledger(database, &named, error);
    bool same = status == STATUS_OK && digest_equal(&theirs, &named);
    if (status == STATUS_OK && (same || *standing == SCHEMA_OURS)) /* what the last run named, or nothing */
        *standing = same && *standing == SCHEMA_OURS ? SCHEMA_OURS : same ? SCHEMA_OLDER : SCHEMA_FOREIGN;
    return status == STATUS_END ? STATUS_OK : status;
}

static bool has_word_as(struct text sql)
{
    for (size_t i = 1; i + 2 < sql.length; i++) {
        bool as = (sql.bytes[i] | 32) == 'a' && (sql.bytes[i + 1] | 32) == 's';
        if (as && !isalnum((unsigned char)sql.bytes[i - 1]) && sql.bytes[i - 1] != '_' &&
            !isalnum((unsigned char)sql.bytes[i + 2]) && sql.bytes[i + 2] != '_')
            return true;
    }
    return false;
}

enum status schema_is_plain(struct sqlite *database, bool *plain, struct error *error)
{
    static const char sql[] = "SELECT sql FROM main.sqlite_master WHERE type = 'table' AND name IN ('ledger',"
                              " 'payload', 'checkpoint', 'tree', 'setting')";
    struct sqlite_statement *rows;
    int found = 0;
    if (sqlite_prepare(database, sql, &rows, error))
        return error->status;
    enum status status;
    while ((status = sqlite_step(rows, error)) == STATUS_OK) {
        struct text text = sqlite_column_text(rows, 0);
        bool is_virtual = text.length > 14 && !strncasecmp(text.bytes, "create virtual", 14);
        found += !is_virtual && !has_word_as(text);
    }
    sqlite_finish(rows);
    *plain = found == 5;
    return status == STATUS_END ? STATUS_OK : status;
}

/* ---- what differs, by name ---- */

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

enum status schema_differences(struct sqlite *database, int64_t version,
                               void (*found)(void *user_data, const char *sentence), void *user_data,
                               struct error *error)
{
    struct sqlite *model;
    struct sqlite_statement *ours = NULL, *theirs = NULL;
    if (version != STORE_VERSION) {
        char sentence[300];
        snprintf(sentence, sizeof sentence,
                 _("its tables, views, indexes and triggers are not those of a store of version %lld"),
                 (long long)version);
        found(user_data, sentence);
        return STATUS_OK;
    }
    if (schema_model(&model, error))
        return error->status;
    enum status status = STATUS_OK;
    if (!sqlite_prepare(model, OBJECTS, &ours, error) && !sqlite_prepare(database, OBJECTS, &theirs, error))
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
