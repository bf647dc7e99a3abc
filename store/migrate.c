#include "store/migrate.h"

#include "store/ledger.h"
#include "store/merkle.h"
#include "store/migrate_outbox.h"
#include "store/schema.h"
#include "store/schema_pair.h"
#include "store/schema_versions.h"
#include "store/sql.h"

/* ---- what is carried over ---- */

static bool is_carried(const struct schema_object *object)
{
    static const char *const kept[] = { "ledger", "payload", "tree", "checkpoint" };
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        if (text_is(object->name, kept[i]))
            return false;
    return text_is(object->type, "table");
}

/* Each row is a leaf: the table's name, then its values as SQLite's quote() writes them. */
static enum status bind_table(struct schema_pair *schemas, const struct schema_object *table,
                              struct merkle_tree *tree, int64_t *count, struct error *error)
{
    BUFFER_OWNED struct buffer sql = { 0 }, line = { 0 };
    struct sqlite_statement *rows;
    buffer_printf(&sql, "SELECT * FROM main.\"%.*s\"", TEXT_ARG(table->name));
    if (sqlite_prepare(schemas->database, sql.bytes, &rows, error))
        return error->status;
    buffer_clear(&sql);
    for (int i = 0; i < sqlite_columns(rows); i++)
        buffer_printf(&sql, "%squote(\"%s\")", i ? " || ',' || " : "SELECT ", sqlite_column_title(rows, i));
    sqlite_finish(rows);
    buffer_printf(&sql, " FROM main.\"%.*s\"", TEXT_ARG(table->name));
    if (sqlite_prepare(schemas->database, sql.bytes, &rows, error))
        return error->status;
    enum status status;
    while ((status = sqlite_step(rows, error)) == STATUS_OK) {
        buffer_clear(&line);
        buffer_text(&line, table->name);
        buffer_char(&line, ' ');
        buffer_text(&line, sqlite_column_text(rows, 0));
        struct digest leaf = merkle_leaf(buffer_view(&line));
        merkle_append(tree, &leaf);
        (*count)++;
    }
    sqlite_finish(rows);
    return status == STATUS_END ? STATUS_OK : status;
}

static enum status bind_rows(struct schema_pair *schemas, struct value *detail, struct error *error)
{
    struct merkle_tree tree = { 0 };
    struct value *carried = value_object(&schemas->arena), *rows = value_object(&schemas->arena);
    for (size_t i = 0; i < schemas->theirs.count; i++) {
        const struct schema_object *table = &schemas->theirs.items[i];
        int64_t count = 0;
        if (!is_carried(table))
            continue;
        if (bind_table(schemas, table, &tree, &count, error))
            return error->status;
        value_set(rows, text_string(&schemas->arena, table->name), value_integer(&schemas->arena, count));
    }
    struct digest root = merkle_root(&tree);
    value_set(carried, "root", value_digest(&schemas->arena, &root));
    value_set(carried, "rows", rows);
    value_set(detail, "carried", carried);
    return STATUS_OK;
}

/* ---- what SQL cannot do ---- */

static enum status unpack_one(struct store *store, int64_t payload, struct text bytes, struct error *error)
{
    return sql_run(store, "UPDATE payload SET bytes = ?2, encoding = 0 WHERE id = ?1",
                   SQL_WITH(SQL_NUMBER(payload), SQL_BYTES(bytes)), error);
}

static enum status carry_out_1(struct store *store, struct error *error)
{
    struct sqlite_statement *row;
    int64_t after = 0;
    for (;;) {
        struct text bytes;
        if (store_sql(store,
                      "SELECT bytes, encoding, size, digest, id FROM payload WHERE kept = 1 AND encoding = 1 "
                      "AND id > ?1"
                      " ORDER BY id LIMIT 1",
                      &row, error))
            return error->status;
        sqlite_bind_number(row, 1, after);
        enum status status = sqlite_step(row, error);
        if (status)
            return status == STATUS_END ? migrate_outbox(store, error) : status;
        after = sqlite_number(row, 4);
        status = store_payload_column(store, row, 0, &bytes, error);
        sqlite_reset_statement(row); /* unpacked bytes are the store's, not the row's */
        if (!status)
            status = unpack_one(store, after, bytes, error);
        if (status > STATUS_END)
            return status;
    }
}

/* ---- bringing up to date ---- */

static enum status drop_views(struct schema_pair *schemas, struct error *error)
{
    for (size_t i = 0; i < schemas->theirs.count; i++) {
        const struct schema_object *object = &schemas->theirs.items[i];
        if ((text_is(object->type, "view") || text_is(object->type, "trigger")) &&
            schema_pair_run(schemas, error, "DROP %.*s \"%.*s\"", TEXT_ARG(object->type),
                            TEXT_ARG(object->name)))
            return error->status;
    }
    return STATUS_OK;
}

static enum status prepare_steps(struct schema_pair *schemas, int64_t version, struct error *error)
{
    for (const struct schema_version *step = schema_versions; step->maker; step++)
        if (step->version >= version && step->before && sqlite_run(schemas->database, step->before, error))
            return error->status;
    return schema_pair_list(schemas, error);
}

static enum status drop_indexes(struct schema_pair *schemas, struct error *error)
{
    for (size_t i = 0; i < schemas->theirs.count; i++) {
        const struct schema_object *object = &schemas->theirs.items[i];
        const struct schema_object *table = schema_pair_find(&schemas->theirs, "table", object->table);
        if (text_is(object->type, "index") &&
            ((table && table->anew) || !schema_pair_is_same(&schemas->ours, object)) &&
            schema_pair_run(schemas, error, "DROP INDEX \"%.*s\"", TEXT_ARG(object->name)))
            return error->status;
    }
    return STATUS_OK;
}

/* With the old way of ALTER TABLE what other tables say of the one renamed stays as it is written. */
static enum status set_tables_aside(struct schema_pair *schemas, struct error *error)
{
    if (sqlite_run(schemas->database, "PRAGMA legacy_alter_table = ON", error))
        return error->status;
    for (size_t i = 0; i < schemas->theirs.count; i++) {
        const struct schema_object *object = &schemas->theirs.items[i];
        if (object->anew && schema_pair_run(schemas, error, "ALTER TABLE \"%.*s\" RENAME TO \"was_%.*s\"",
                                            TEXT_ARG(object->name), TEXT_ARG(object->name)))
            return error->status;
    }
    schemas->aside = "was_";
    return sqlite_run(schemas->database, "PRAGMA legacy_alter_table = OFF", error);
}

static enum status fill(struct schema_pair *schemas, int64_t version, struct text table, struct error *error)
{
    BUFFER_OWNED struct buffer values = { 0 };
    if (!schema_pair_find(&schemas->theirs, "table", table))
        return STATUS_OK;
    if (schema_pair_columns(schemas, version, table, &values, error))
        return error->status;
    return schema_pair_run(schemas, error, "INSERT INTO \"%.*s\" SELECT %s FROM \"was_%.*s\" s",
                           TEXT_ARG(table), values.bytes, TEXT_ARG(table));
}

static bool is_there(const struct schema_pair *schemas, const struct schema_object *object)
{
    const struct schema_object *table = schema_pair_find(&schemas->theirs, "table", object->table);
    bool dropped =
        text_is(object->type, "view") || text_is(object->type, "trigger") || (table && table->anew);
    return !dropped && schema_pair_is_same(&schemas->theirs, object);
}

static enum status make(struct schema_pair *schemas, const char *type, struct error *error)
{
    for (size_t i = 0; i < schemas->ours.count; i++) {
        const struct schema_object *object = &schemas->ours.items[i];
        if (text_is(object->type, type) && !is_there(schemas, object) &&
            schema_pair_run(schemas, error, "%.*s", SCHEMA_WHOLE(object->sql)))
            return error->status;
    }
    return STATUS_OK;
}

static enum status fill_tables(struct schema_pair *schemas, int64_t version, struct error *error)
{
    for (size_t i = 0; i < schemas->ours.count; i++) {
        const struct schema_object *object = &schemas->ours.items[i];
        if (text_is(object->type, "table") && !is_there(schemas, object) &&
            fill(schemas, version, object->name, error))
            return error->status;
    }
    return STATUS_OK;
}

static enum status take_steps(struct store *store, int64_t version, struct error *error)
{
    for (const struct schema_version *step = schema_versions; step->maker; step++) {
        if (step->version < version)
            continue;
        if (step->carry && sqlite_run(store_database(store), step->carry, error))
            return error->status;
        if (step->version == 1 && carry_out_1(store, error))
            return error->status;
    }
    return STATUS_OK;
}

static enum status drop_set_aside(struct schema_pair *schemas, struct error *error)
{
    for (size_t i = 0; i < schemas->theirs.count; i++) {
        const struct schema_object *object = &schemas->theirs.items[i];
        if (object->anew &&
            schema_pair_run(schemas, error, "DROP TABLE \"was_%.*s\"", TEXT_ARG(object->name)))
            return error->status;
    }
    return schema_pair_run(schemas, error, "PRAGMA user_version = %d", STORE_VERSION);
}

static enum status change(struct store *store, struct schema_pair *schemas, int64_t version,
                          struct error *error)
{
    if (drop_views(schemas, error) || prepare_steps(schemas, version, error) ||
        drop_indexes(schemas, error) || set_tables_aside(schemas, error) || make(schemas, "table", error) ||
        fill_tables(schemas, version, error) || make(schemas, "index", error) ||
        take_steps(store, version, error) || drop_set_aside(schemas, error) ||
        make(schemas, "trigger", error) || make(schemas, "view", error))
        return error->status;
    return STATUS_OK;
}

static enum status append_migrated(struct store *store, const struct value *detail, struct error *error)
{
    return ledger_append(store, &(struct ledger_event){ .event = "migrated", .detail = detail }, NULL, error);
}

enum status migrate_to_date(struct store *store, int64_t version, struct error *error)
{
    struct sqlite *database = store_database(store);
    struct schema_pair schemas = { 0 };
    struct digest before, ours, after;
    if (schema_digest(database, &before, error) || schema_own(&ours, error))
        return error->status;
    if (version == STORE_VERSION && digest_equal(&before, &ours))
        return STATUS_OK;
    enum status status = schema_pair_open(&schemas, database, error);
    if (!status) {
        struct value *detail = value_object(&schemas.arena);
        value_set(detail, "from", value_integer(&schemas.arena, version));
        value_set(detail, "to", value_integer(&schemas.arena, STORE_VERSION));
        value_set(detail, "schema_before", value_digest(&schemas.arena, &before));
        value_set(detail, "schema", value_digest(&schemas.arena, &ours));
        status = bind_rows(&schemas, detail, error);
        status = status ? status : change(store, &schemas, version, error);
        status = status ? status : schema_digest(database, &after, error);
        if (!status && !digest_equal(&after, &ours))
            status = error_set(error, STATUS_FATAL,
                               _("%s cannot be given the tables of this program; nothing was changed. Report "
                                 "it, and use the program that made it until then"),
                               store_path(store));
        status = status ? status : append_migrated(store, detail, error);
    }
    schema_pair_close(&schemas);
    return status;
}
