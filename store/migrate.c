#include "store/migrate.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "store/ledger.h"
#include "store/merkle.h"
#include "store/migrate_outbox.h"
#include "store/schema.h"

/* A column of today that no old column says by its name: an expression over the old row `s`. */
struct derived {
    const char *table, *column, *expression;
};

struct step {
    int64_t from;
    const char *maker;             /* the program that made such stores */
    const char *schema;            /* their schema's digest */
    const struct derived *derived; /* ends with an empty one; NULL: none */
    const char *before;            /* NULL: nothing */
    const char *carry;             /* NULL: nothing more */
    enum status (*carry_out)(struct store *store, struct error *error); /* NULL: nothing */
};

/* ---- 1 to 2 ---- */

/* 0.1.0 kept the run of what it wanted and held, and the number of an intent alone: the events say the rest. */
#define LAST(condition) "(SELECT max(e.seq) FROM main.ledger e WHERE e.code = s.code AND (" condition "))"

static const struct derived derived_1[] = {
    { "procedure_state", "wanted_event",
      "CASE WHEN s.wanted_action IS NOT NULL THEN " LAST(
          "e.digest = s.wanted_digest AND"
          " e.event IN ('accepted', 'withdrawal-ordered', 'overwrite-ordered', 'recalled')") " END" },
    { "procedure_state", "held_event",
      "CASE WHEN s.held_status IS NOT NULL THEN " LAST(
          "e.event IN ('published', 'withdrawn') OR e.event = 'recalled' AND json_extract(e.detail, "
          "'$.absent')") " END" },
    { "procedure_state", "intent_event", "s.intent_seq" },
    { "procedure_state", "dismissed_event",
      "CASE WHEN s.dismissed IS NOT NULL THEN " LAST(
          "e.event = 'withdrawal-ordered' OR e.event = 'published' AND json_extract(e.detail, '$.adopted')"
          " OR e.event = 'accepted' AND e.digest = s.dismissed") " END" },
    { "procedure_state", "overwrite_event",
      "CASE WHEN s.overwrite IS NOT NULL THEN " LAST("e.event = 'overwrite-ordered'") " END" },
    { "payload", "kept", "s.kind IN (1, 3)" },
    { "record", "nameless", "s.fault IS NOT NULL AND substr(s.key, 1, 1) = '@'" },
    { 0 },
};

/* 0.1.0 gave bytes one kind (0 a source's, 1 a content, 2 a context, 3 a configuration or rules), that of their first use: a source's record whose bytes were its canonical content was
 * packed as the one, so that no view could read it as the other. */
static const char before_1[] = "ALTER TABLE payload RENAME COLUMN kind TO kept";
static const char carry_1[] =
    "UPDATE payload SET kept = kept = 3 WHERE kept > 1;"
    "UPDATE payload SET kept = 1 WHERE kept = 0 AND (digest IN (SELECT digest FROM ledger WHERE digest IS "
    "NOT NULL)"
    " OR lower(hex(digest)) IN (SELECT json_extract(detail, '$.config_digest') FROM ledger WHERE event = "
    "'run-started'"
    "  UNION SELECT json_extract(detail, '$.rules_digest') FROM ledger WHERE event = 'run-started'));";

static enum status unpack_one(struct store *store, int64_t payload, struct text bytes, struct error *error)
{
    struct sqlite_statement *write;
    if (store_sql(store, "UPDATE payload SET bytes = ?2, encoding = 0 WHERE id = ?1", &write, error))
        return error->status;
    sqlite_bind_number(write, 1, payload);
    sqlite_bind_bytes(write, 2, bytes);
    return sqlite_execute(write, error);
}

static enum status carry_out_1(struct store *store, struct error *error)
{
    struct sqlite_statement *row;
    int64_t after = 0;
    for (;;) {
        struct text bytes;
        if (store_sql(
                store,
                "SELECT bytes, encoding, size, id FROM payload WHERE kept = 1 AND encoding = 1 AND id > ?1"
                " ORDER BY id LIMIT 1",
                &row, error))
            return error->status;
        sqlite_bind_number(row, 1, after);
        enum status status = sqlite_step(row, error);
        if (status)
            return status == STATUS_END ? migrate_outbox(store, error) : status;
        after = sqlite_number(row, 3);
        status = store_payload_column(store, row, 0, &bytes, error);
        sqlite_reset_statement(row); /* unpacked bytes are the store's, not the row's */
        if (!status)
            status = unpack_one(store, after, bytes, error);
        if (status > STATUS_END)
            return status;
    }
}

static const struct step steps[] = {
    { .from = 1,
      .maker = "0.1.0",
      .schema = "8117b58b316f0571d600c66f18b54746761c0044b880f0bdaa521ab3c305cda2",
      .derived = derived_1,
      .before = before_1,
      .carry = carry_1,
      .carry_out = carry_out_1 },
};

/* ---- what is known of versions ---- */

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
    const char *aside; /* in front of the names of the store's tables, once they are set aside */
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

static enum status list_theirs(struct schemas *schemas, struct error *error)
{
    schemas->theirs.count = 0;
    if (list_objects(schemas, schemas->database, &schemas->theirs, error))
        return error->status;
    for (size_t i = 0; i < schemas->theirs.count; i++) {
        struct object *object = &schemas->theirs.items[i];
        object->anew = text_is(object->type, "table") && !is_same(&schemas->ours, object);
    }
    return STATUS_OK;
}

static enum status open_schemas(struct schemas *schemas, struct sqlite *database, struct error *error)
{
    schemas->database = database;
    schemas->aside = "";
    if (schema_model(&schemas->model, error) || list_objects(schemas, schemas->model, &schemas->ours, error))
        return error->status;
    return list_theirs(schemas, error);
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

static const char *find_derived(int64_t version, struct text table, struct text column)
{
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        for (const struct derived *derived = steps[i].derived;
             steps[i].from >= version && derived && derived->table; derived++)
            if (text_is(table, derived->table) && text_is(column, derived->column))
                return derived->expression;
    return NULL;
}

/* A table of today as the store's table `s` gives it: columns that both have, what a step derives, the default. */
static enum status select_columns(struct schemas *schemas, int64_t version, struct text table,
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

static enum status view_object(struct schemas *schemas, int64_t version, const struct object *object,
                               struct error *error)
{
    BUFFER_OWNED struct buffer values = { 0 };
    if (text_is(object->type, "view"))
        return run_format(schemas, error, "CREATE TEMP %.*s",
                          WHOLE(text_slice(object->sql, 7, object->sql.length)));
    if (!text_is(object->type, "table") || is_same(&schemas->theirs, object))
        return STATUS_OK;
    if (!find_object(&schemas->theirs, "table", object->name))
        return run_format(schemas, error, "CREATE TEMP %.*s",
                          WHOLE(text_slice(object->sql, 7, object->sql.length)));
    if (select_columns(schemas, version, object->name, &values, error))
        return error->status;
    return run_format(schemas, error, "CREATE TEMP VIEW \"%.*s\" AS SELECT %s FROM main.\"%.*s\" s",
                      TEXT_ARG(object->name), values.bytes, TEXT_ARG(object->name));
}

enum status migrate_read_older(struct sqlite *database, int64_t version, struct error *error)
{
    struct schemas schemas = { 0 };
    enum status status = open_schemas(&schemas, database, error);
    for (size_t i = 0; !status && i < schemas.ours.count; i++)
        status = view_object(&schemas, version, &schemas.ours.items[i], error);
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

static enum status drop_views(struct schemas *schemas, struct error *error)
{
    for (size_t i = 0; i < schemas->theirs.count; i++) {
        const struct object *object = &schemas->theirs.items[i];
        if ((text_is(object->type, "view") || text_is(object->type, "trigger")) &&
            run_format(schemas, error, "DROP %.*s \"%.*s\"", TEXT_ARG(object->type), TEXT_ARG(object->name)))
            return error->status;
    }
    return STATUS_OK;
}

static enum status prepare_steps(struct schemas *schemas, int64_t version, struct error *error)
{
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        if (steps[i].from >= version && steps[i].before &&
            sqlite_run(schemas->database, steps[i].before, error))
            return error->status;
    return list_theirs(schemas, error);
}

static enum status drop_indexes(struct schemas *schemas, struct error *error)
{
    for (size_t i = 0; i < schemas->theirs.count; i++) {
        const struct object *object = &schemas->theirs.items[i];
        const struct object *table = find_object(&schemas->theirs, "table", object->table);
        if (text_is(object->type, "index") && ((table && table->anew) || !is_same(&schemas->ours, object)) &&
            run_format(schemas, error, "DROP INDEX \"%.*s\"", TEXT_ARG(object->name)))
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
    schemas->aside = "was_";
    return sqlite_run(schemas->database, "PRAGMA legacy_alter_table = OFF", error);
}

static enum status fill(struct schemas *schemas, int64_t version, struct text table, struct error *error)
{
    BUFFER_OWNED struct buffer values = { 0 };
    if (!find_object(&schemas->theirs, "table", table))
        return STATUS_OK;
    if (select_columns(schemas, version, table, &values, error))
        return error->status;
    return run_format(schemas, error, "INSERT INTO \"%.*s\" SELECT %s FROM \"was_%.*s\" s", TEXT_ARG(table),
                      values.bytes, TEXT_ARG(table));
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

static enum status fill_tables(struct schemas *schemas, int64_t version, struct error *error)
{
    for (size_t i = 0; i < schemas->ours.count; i++) {
        const struct object *object = &schemas->ours.items[i];
        if (text_is(object->type, "table") && !is_there(schemas, object) &&
            fill(schemas, version, object->name, error))
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
    struct schemas schemas = { 0 };
    struct digest before, ours, after;
    if (schema_digest(database, &before, error) || schema_own(&ours, error))
        return error->status;
    if (version == STORE_VERSION && digest_equal(&before, &ours))
        return STATUS_OK;
    enum status status = open_schemas(&schemas, database, error);
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
    close_schemas(&schemas);
    return status;
}
