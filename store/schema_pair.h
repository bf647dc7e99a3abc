/* The program's own schema and that of a file, side by side: what is the same, what is not, and how a table of today is
 * read from one of an older version.
 */
#ifndef STORE_SCHEMA_PAIR_H
#define STORE_SCHEMA_PAIR_H

#include "adapters/sqlite.h"
#include "core/arena.h"

struct schema_object {
    struct text type, name, table, sql;
    bool anew; /* of the store: a table that is made anew */
};

struct schema_objects {
    struct schema_object *items;
    size_t count;
};

struct schema_pair {
    struct arena arena;
    struct sqlite *model, *database;
    struct schema_objects ours, theirs;
    const char *aside; /* in front of the names of the store's tables, once they are set aside */
};

/* To be closed, whatever comes of it. */
enum status schema_pair_open(struct schema_pair *pair, struct sqlite *database, struct error *error);
void schema_pair_close(struct schema_pair *pair);
/* The file's objects, as they are now. */
enum status schema_pair_list(struct schema_pair *pair, struct error *error);

const struct schema_object *schema_pair_find(const struct schema_objects *objects, const char *type,
                                             struct text name); /* NULL: there is none */
bool schema_pair_is_same(const struct schema_objects *objects, const struct schema_object *object);

/* TEXT_ARG is for messages: it cuts what is long. */
#define SCHEMA_WHOLE(text) (int)(text).length, (text).bytes
/* SQL that is put together from names: those of a schema that a version of this program wrote. */
enum status schema_pair_run(struct schema_pair *pair, struct error *error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A table of today as the file's table `s` of this version gives it: columns that both have, what a version derives,
 * the default. */
enum status schema_pair_columns(struct schema_pair *pair, int64_t version, struct text table,
                                struct buffer *values, struct error *error);

/* Gives a connection that only reads the shape of today, through temporary views: what an older store has not
 * got is its default, what it says is what it says. Nothing is written. */
enum status schema_pair_read_older(struct sqlite *database, int64_t version, struct error *error);

#endif
