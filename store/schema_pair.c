#include "store/schema_pair.h"

#include <stdarg.h>
#include <stdio.h>

#include "store/schema.h"
#include "store/schema_versions.h"

#define OBJECTS                                                                                              \
    "SELECT type, name, tbl_name, sql FROM main.sqlite_master WHERE sql IS NOT NULL AND NOT"                 \
    " (type = 'table' AND name IN ('sqlite_stat1', 'sqlite_stat4')) ORDER BY rowid"
#define OBJECTS_MAX 1000

static enum status list_objects(struct schema_pair *schemas, struct sqlite *database,
                                struct schema_objects *objects, struct error *error)
{
    struct sqlite_statement *rows;
    objects->items = arena_array(&schemas->arena, struct schema_object, OBJECTS_MAX);
    if (sqlite_prepare(database, OBJECTS, &rows, error))
        return error->status;
    enum status status;
    while ((status = sqlite_step(rows, error)) == STATUS_OK && objects->count < OBJECTS_MAX)
        objects->items[objects->count++] = (struct schema_object){
            .type = sqlite_take_text(&schemas->arena, rows, 0),
            .name = sqlite_take_text(&schemas->arena, rows, 1),
            .table = sqlite_take_text(&schemas->arena, rows, 2),
            .sql = sqlite_take_text(&schemas->arena, rows, 3),
        };
    sqlite_finish(rows);
    return status == STATUS_END ? STATUS_OK : status;
}

void schema_pair_close(struct schema_pair *schemas)
{
    if (schemas->model)
        sqlite_close_file(schemas->model);
    arena_free(&schemas->arena);
}

const struct schema_object *schema_pair_find(const struct schema_objects *objects, const char *type,
                                             struct text name)
{
    for (size_t i = 0; i < objects->count; i++)
        if (text_is(objects->items[i].type, type) && text_equal(objects->items[i].name, name))
            return &objects->items[i];
    return NULL;
}

bool schema_pair_is_same(const struct schema_objects *objects, const struct schema_object *object)
{
    for (size_t i = 0; i < objects->count; i++)
        if (text_equal(objects->items[i].type, object->type) &&
            text_equal(objects->items[i].name, object->name))
            return text_equal(objects->items[i].sql, object->sql);
    return false;
}

enum status schema_pair_list(struct schema_pair *schemas, struct error *error)
{
    schemas->theirs.count = 0;
    if (list_objects(schemas, schemas->database, &schemas->theirs, error))
        return error->status;
    for (size_t i = 0; i < schemas->theirs.count; i++) {
        struct schema_object *object = &schemas->theirs.items[i];
        object->anew = text_is(object->type, "table") && !schema_pair_is_same(&schemas->ours, object);
    }
    return STATUS_OK;
}

enum status schema_pair_open(struct schema_pair *schemas, struct sqlite *database, struct error *error)
{
    schemas->database = database;
    schemas->aside = "";
    if (schema_model(&schemas->model, error) || list_objects(schemas, schemas->model, &schemas->ours, error))
        return error->status;
    return schema_pair_list(schemas, error);
}

enum status schema_pair_run(struct schema_pair *schemas, struct error *error, const char *format, ...)
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

static const char *find_derived(int64_t from, struct text table, struct text column)
{
    for (const struct schema_version *step = schema_versions; step->maker; step++)
        for (const struct schema_derived *derived = step->derived;
             step->version >= from && derived && derived->table; derived++)
            if (text_is(table, derived->table) && text_is(column, derived->column))
                return derived->expression;
    return NULL;
}

enum status schema_pair_columns(struct schema_pair *schemas, int64_t version, struct text table,
                                struct buffer *values, struct error *error)
{
    static const char columns[] = "SELECT name, dflt_value FROM pragma_table_info(?1)";
    static const char has[] = "SELECT 1 FROM pragma_table_info(?1, 'main') WHERE name = ?2";
    struct sqlite_statement *ours = NULL, *theirs = NULL;
    struct text was = text_format(&schemas->arena, "%s%.*s", schemas->aside, TEXT_ARG(table));
    enum status status = sqlite_prepare(schemas->model, columns, &ours, error);
    if (!status)
        status = sqlite_prepare(schemas->database, has, &theirs, error);
    if (!status)
        sqlite_bind_text(ours, 1, table);
    while (!status && !(status = sqlite_step(ours, error))) {
        struct text name = sqlite_column_text(ours, 0);
        sqlite_bind_text(theirs, 1, was);
        sqlite_bind_text(theirs, 2, name);
        enum status found = sqlite_step(theirs, error);
        sqlite_reset_statement(theirs);
        if (found > STATUS_END) {
            status = found;
            break;
        }
        const char *expression = find_derived(version, table, name);
        buffer_string(values, values->length ? ", " : "");
        if (expression)
            buffer_string(values, expression);
        else if (found == STATUS_OK)
            buffer_printf(values, "s.\"%.*s\"", TEXT_ARG(name));
        else
            buffer_text(values, sqlite_is_null(ours, 1) ? TEXT("NULL") : sqlite_column_text(ours, 1));
        buffer_printf(values, " AS \"%.*s\"", TEXT_ARG(name));
    }
    if (ours)
        sqlite_finish(ours);
    if (theirs)
        sqlite_finish(theirs);
    return status == STATUS_END ? STATUS_OK : status;
}

/* ---- reading an older store ---- */

static enum status view_object(struct schema_pair *schemas, int64_t version,
                               const struct schema_object *object, struct error *error)
{
    BUFFER_OWNED struct buffer values = { 0 };
    if (text_is(object->type, "view"))
        return schema_pair_run(schemas, error, "CREATE TEMP %.*s",
                               SCHEMA_WHOLE(text_slice(object->sql, 7, object->sql.length)));
    if (!text_is(object->type, "table") || schema_pair_is_same(&schemas->theirs, object))
        return STATUS_OK;
    if (!schema_pair_find(&schemas->theirs, "table", object->name))
        return schema_pair_run(schemas, error, "CREATE TEMP %.*s",
                               SCHEMA_WHOLE(text_slice(object->sql, 7, object->sql.length)));
    if (schema_pair_columns(schemas, version, object->name, &values, error))
        return error->status;
    return schema_pair_run(schemas, error, "CREATE TEMP VIEW \"%.*s\" AS SELECT %s FROM main.\"%.*s\" s",
                           TEXT_ARG(object->name), values.bytes, TEXT_ARG(object->name));
}

enum status schema_pair_read_older(struct sqlite *database, int64_t version, struct error *error)
{
    struct schema_pair schemas = { 0 };
    enum status status = schema_pair_open(&schemas, database, error);
    for (size_t i = 0; !status && i < schemas.ours.count; i++)
        status = view_object(&schemas, version, &schemas.ours.items[i], error);
    schema_pair_close(&schemas);
    return status;
}
