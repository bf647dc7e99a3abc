#include "store/migrate.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "store/ledger.h"
#include "store/merkle.h"
#include "store/migrate_outbox.h"
#include "store/schema.h"

struct step {
    int64_t from;
    const char *maker;  /* the program that made such stores */
    const char *schema; /* their schema's digest */
    const char *carry;  /* NULL: equal names say it all */
    enum status (*carry_out)(struct store *store, struct error *error); /* NULL: nothing */
};

static const struct step steps[] = {
    { .from = 1,
      .maker = "0.1.0",
      .schema = "8117b58b316f0571d600c66f18b54746761c0044b880f0bdaa521ab3c305cda2",
      .carry_out = migrate_outbox },
};

bool migrate_knows(int64_t version, const struct digest *schema)
{
    char hex[DIGEST_HEX];
    digest_hex(schema, hex);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        if (steps[i].from == version && !strcmp(steps[i].schema, hex))
            return true;
    return false;
}

const char *migrate_maker(int64_t version)
{
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        if (steps[i].from == version)
            return steps[i].maker;
    return "?";
}

/* ---- two schemas side by side ---- */

struct object {
    struct text type, name, table, sql;
    bool anew; /* of the store: a table that is made anew */
};

struct objects {
    struct object *items;
    size_t count;
};

struct schemas {
    struct arena arena;
    struct sqlite *model, *database;
    struct objects ours, theirs;
};

#define OBJECTS                                                                                              \
    "SELECT type, name, tbl_name, sql FROM main.sqlite_master WHERE sql IS NOT NULL AND NOT"                 \
    " (type = 'table' AND name IN ('sqlite_stat1', 'sqlite_stat4')) ORDER BY rowid"
#define OBJECTS_MAX 1000

static enum status list_objects(struct schemas *schemas, struct sqlite *database, struct objects *objects,
                                struct error *error)
{
    struct sqlite_statement *rows;
    objects->items = arena_array(&schemas->arena, struct object, OBJECTS_MAX);
    if (sqlite_prepare(database, OBJECTS, &rows, error))
        return error->status;
    enum status status;
    while ((status = sqlite_step(rows, error)) == STATUS_OK && objects->count < OBJECTS_MAX)
        objects->items[objects->count++] = (struct object){
            .type = text_copy(&schemas->arena, sqlite_column_text(rows, 0)),
            .name = text_copy(&schemas->arena, sqlite_column_text(rows, 1)),
            .table = text_copy(&schemas->arena, sqlite_column_text(rows, 2)),
            .sql = text_copy(&schemas->arena, sqlite_column_text(rows, 3)),
        };
    sqlite_finish(rows);
    return status == STATUS_END ? STATUS_OK : status;
}

static void close_schemas(struct schemas *schemas)
{
    if (schemas->model)
        sqlite_close_file(schemas->model);
    arena_free(&schemas->arena);
}

static const struct object *find_object(const struct objects *objects, const char *type, struct text name)
{
    for (size_t i = 0; i < objects->count; i++)
        if (text_is(objects->items[i].type, type) && text_equal(objects->items[i].name, name))
            return &objects->items[i];
    return NULL;
}

static bool is_same(const struct objects *objects, const struct object *object)
{
    for (size_t i = 0; i < objects->count; i++)
        if (text_equal(objects->items[i].type, object->type) &&
            text_equal(objects->items[i].name, object->name))
            return text_equal(objects->items[i].sql, object->sql);
    return false;
}

static enum status open_schemas(struct schemas *schemas, struct sqlite *database, struct error *error)
{
    schemas->database = database;
    if (schema_model(&schemas->model, error) ||
        list_objects(schemas, schemas->model, &schemas->ours, error) ||
        list_objects(schemas, database, &schemas->theirs, error))
        return error->status;
    for (size_t i = 0; i < schemas->theirs.count; i++) {
        struct object *object = &schemas->theirs.items[i];
        object->anew = text_is(object->type, "table") && !is_same(&schemas->ours, object);
    }
    return STATUS_OK;
}

/* TEXT_ARG is for messages: it cuts what is long. */
#define WHOLE(text) (int)(text).length, (text).bytes

/* SQL that is put together from names: those of a schema that a version of this program wrote. */
__attribute__((format(printf, 3, 4))) static enum status
run_format(struct schemas *schemas, struct error *error, const char *format, ...)
{
    BUFFER_OWNED struct buffer sql = { 0 };
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    vsnprintf(buffer_room(&sql, (size_t)length), (size_t)length + 1, format, again);
    va_end(arguments);
    va_end(again);
    return sqlite_run(schemas->database, sql.bytes, error);
}

/* The columns of a table of today as the store's table gives them: `names` lists those that both have, `values`
 * all of them, with the default for those that are new. */
static enum status match_columns(struct schemas *schemas, struct text table, struct buffer *names,
                                 struct buffer *values, struct error *error)
{
    static const char columns[] = "SELECT name, dflt_value FROM pragma_table_info(?1)";
    static const char has[] = "SELECT 1 FROM pragma_table_info(?1, 'main') WHERE name = ?2";
    struct sqlite_statement *ours = NULL, *theirs = NULL;
    enum status status = sqlite_prepare(schemas->model, columns, &ours, error);
    if (!status)
        status = sqlite_prepare(schemas->database, has, &theirs, error);
    if (!status)
        sqlite_bind_text(ours, 1, table);
    while (!status && !(status = sqlite_step(ours, error))) {
        struct text name = sqlite_column_text(ours, 0);
        sqlite_bind_text(theirs, 1, table);
        sqlite_bind_text(theirs, 2, name);
        enum status found = sqlite_step(theirs, error);
        sqlite_reset_statement(theirs);
        if (found > STATUS_END) {
            status = found;
            break;
        }
        const char *comma = values->length ? ", " : "";
        if (found == STATUS_OK) {
            buffer_printf(names, "%s\"%.*s\"", names->length ? ", " : "", TEXT_ARG(name));
            buffer_printf(values, "%s\"%.*s\"", comma, TEXT_ARG(name));
        } else {
            struct text value = sqlite_is_null(ours, 1) ? TEXT("NULL") : sqlite_column_text(ours, 1);
            buffer_printf(values, "%s%.*s AS \"%.*s\"", comma, TEXT_ARG(value), TEXT_ARG(name));
        }
    }
    if (ours)
        sqlite_finish(ours);
    if (theirs)
        sqlite_finish(theirs);
    return status == STATUS_END ? STATUS_OK : status;
}

/* ---- reading an older store ---- */

static enum status view_object(struct schemas *schemas, const struct object *object, struct error *error)
{
    BUFFER_OWNED struct buffer names = { 0 }, values = { 0 };
    if (text_is(object->type, "view"))
        return run_format(schemas, error, "CREATE TEMP %.*s",
                          WHOLE(text_slice(object->sql, 7, object->sql.length)));
    if (!text_is(object->type, "table") || is_same(&schemas->theirs, object))
        return STATUS_OK;
    if (!find_object(&schemas->theirs, "table", object->name))
        return run_format(schemas, error, "CREATE TEMP %.*s",
                          WHOLE(text_slice(object->sql, 7, object->sql.length)));
    if (match_columns(schemas, object->name, &names, &values, error))
        return error->status;
    return run_format(schemas, error, "CREATE TEMP VIEW \"%.*s\" AS SELECT %s FROM main.\"%.*s\"",
                      TEXT_ARG(object->name), values.bytes, TEXT_ARG(object->name));
}

enum status migrate_read_older(struct sqlite *database, struct error *error)
{
    struct schemas schemas = { 0 };
    enum status status = open_schemas(&schemas, database, error);
    for (size_t i = 0; !status && i < schemas.ours.count; i++)
        status = view_object(&schemas, &schemas.ours.items[i], error);
    close_schemas(&schemas);
    return status;
}

/* ---- what is carried over ---- */

static bool is_carried(const struct object *object)
{
    static const char *const kept[] = { "ledger", "payload", "tree", "checkpoint" };
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        if (text_is(object->name, kept[i]))
            return false;
    return text_is(object->type, "table");
}

/* Each row is a leaf: the table's name, then its values as SQLite's quote() writes them. */
static enum status bind_table(struct schemas *schemas, const struct object *table, struct merkle_tree *tree,
                              int64_t *count, struct error *error)
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

static enum status bind_rows(struct schemas *schemas, struct value *detail, struct error *error)
{
    struct merkle_tree tree = { 0 };
    struct value *carried = value_object(&schemas->arena), *rows = value_object(&schemas->arena);
    for (size_t i = 0; i < schemas->theirs.count; i++) {
        const struct object *table = &schemas->theirs.items[i];
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

/* ---- bringing up to date ---- */

static enum status drop_what_differs(struct schemas *schemas, struct error *error)
{
    for (size_t i = 0; i < schemas->theirs.count; i++) {
        const struct object *object = &schemas->theirs.items[i];
        const struct object *table = find_object(&schemas->theirs, "table", object->table);
        bool goes =
            text_is(object->type, "view") || text_is(object->type, "trigger") ||
            (text_is(object->type, "index") && ((table && table->anew) || !is_same(&schemas->ours, object)));
        if (goes &&
            run_format(schemas, error, "DROP %.*s \"%.*s\"", TEXT_ARG(object->type), TEXT_ARG(object->name)))
            return error->status;
    }
    return STATUS_OK;
}

/* With the old way of ALTER TABLE what other tables say of the one renamed stays as it is written. */
static enum status set_tables_aside(struct schemas *schemas, struct error *error)
{
    if (sqlite_run(schemas->database, "PRAGMA legacy_alter_table = ON", error))
        return error->status;
    for (size_t i = 0; i < schemas->theirs.count; i++) {
        const struct object *object = &schemas->theirs.items[i];
        if (object->anew && run_format(schemas, error, "ALTER TABLE \"%.*s\" RENAME TO \"was_%.*s\"",
                                       TEXT_ARG(object->name), TEXT_ARG(object->name)))
            return error->status;
    }
    return sqlite_run(schemas->database, "PRAGMA legacy_alter_table = OFF", error);
}

static enum status fill(struct schemas *schemas, struct text table, struct error *error)
{
    BUFFER_OWNED struct buffer names = { 0 }, values = { 0 };
    const struct object *was = find_object(&schemas->theirs, "table", table);
    if (!was)
        return STATUS_OK;
    if (match_columns(schemas, table, &names, &values, error))
        return error->status;
    return run_format(schemas, error, "INSERT INTO \"%.*s\" (%s) SELECT %s FROM \"was_%.*s\"",
                      TEXT_ARG(table), names.bytes, names.bytes, TEXT_ARG(table));
}

static bool is_there(const struct schemas *schemas, const struct object *object)
{
    const struct object *table = find_object(&schemas->theirs, "table", object->table);
    bool dropped =
        text_is(object->type, "view") || text_is(object->type, "trigger") || (table && table->anew);
    return !dropped && is_same(&schemas->theirs, object);
}

static enum status make(struct schemas *schemas, const char *type, struct error *error)
{
    for (size_t i = 0; i < schemas->ours.count; i++) {
        const struct object *object = &schemas->ours.items[i];
        if (text_is(object->type, type) && !is_there(schemas, object) &&
            run_format(schemas, error, "%.*s", WHOLE(object->sql)))
            return error->status;
    }
    return STATUS_OK;
}

static enum status fill_tables(struct schemas *schemas, struct error *error)
{
    for (size_t i = 0; i < schemas->ours.count; i++) {
        const struct object *object = &schemas->ours.items[i];
        if (text_is(object->type, "table") && !is_there(schemas, object) &&
            fill(schemas, object->name, error))
            return error->status;
    }
    return STATUS_OK;
}

static enum status take_steps(struct store *store, int64_t version, struct error *error)
{
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        if (steps[i].from < version)
            continue;
        if (steps[i].carry && sqlite_run(store_database(store), steps[i].carry, error))
            return error->status;
        if (steps[i].carry_out && steps[i].carry_out(store, error))
            return error->status;
    }
    return STATUS_OK;
}

static enum status drop_set_aside(struct schemas *schemas, struct error *error)
{
    for (size_t i = 0; i < schemas->theirs.count; i++) {
        const struct object *object = &schemas->theirs.items[i];
        if (object->anew && run_format(schemas, error, "DROP TABLE \"was_%.*s\"", TEXT_ARG(object->name)))
            return error->status;
    }
    return run_format(schemas, error, "PRAGMA user_version = %d", STORE_VERSION);
}

static enum status change(struct store *store, struct schemas *schemas, int64_t version, struct error *error)
{
    if (drop_what_differs(schemas, error) || set_tables_aside(schemas, error) ||
        make(schemas, "table", error) || fill_tables(schemas, error) || make(schemas, "index", error) ||
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
    struct schemas schemas = { 0 };
    struct digest before, ours, after;
    enum status status = open_schemas(&schemas, database, error);
    status = status ? status : schema_digest(database, &before, error);
    status = status ? status : schema_digest(schemas.model, &ours, error);
    if (!status && (version != STORE_VERSION || !digest_equal(&before, &ours))) {
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
    close_schemas(&schemas);
    return status;
}
