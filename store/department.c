#include "store/department.h"

#include "adapters/unicode.h"
#include "core/canonical.h"
#include "store/sql.h"

static struct text fold(struct arena *arena, struct text name)
{
    return unicode_invalid_at(name) == name.length ? unicode_fold(arena, name) : name;
}

enum status department_read(struct store *store, struct arena *arena, struct departments *departments,
                            struct error *error)
{
    struct sqlite_statement *row;
    struct value *others = value_object(arena);
    *departments = (struct departments){ .called = value_object(arena) };
    if (sql_rows(store,
                 "SELECT name FROM (SELECT coalesce(r.department, s.name) AS name, 1 AS n FROM record r"
                 " JOIN source s ON s.id = r.source UNION ALL SELECT name, 0 FROM source)"
                 " GROUP BY name ORDER BY sum(n) DESC, name",
                 NULL, &row, error))
        return error->status;
    enum status status;
    while ((status = sqlite_step(row, error)) == STATUS_OK) {
        struct text name = sqlite_take_text(arena, row, 0), key = fold(arena, name);
        const struct value *called = value_find_text(departments->called, key);
        if (called)
            value_set_text(others, name, value_text(arena, called->text));
        else
            value_set_text(departments->called, key, value_text(arena, name));
    }
    if (others->count)
        departments->others = canonical_copy(arena, others);
    return status == STATUS_END ? STATUS_OK : status;
}

struct text department_called(struct arena *arena, const struct departments *departments, struct text name)
{
    const struct value *called = value_find_text(departments->called, fold(arena, name));
    return called ? called->text : TEXT_NONE;
}

enum status department_names(struct store *store, struct arena *arena, const struct departments *departments,
                             struct value **names, struct error *error)
{
    struct text called = canonical_copy(arena, departments->called);
    *names = value_list(arena);
    return sql_texts(store, arena, "SELECT value FROM json_each(?1) ORDER BY value",
                     SQL_WITH(SQL_TEXT(called)), *names, error);
}

enum status department_first_seen(struct store *store, struct arena *arena, struct value **names,
                                  struct error *error)
{
    *names = value_list(arena);
    return sql_texts(
        store, arena,
        "SELECT name FROM (SELECT coalesce(r.department, s.name) AS name, r.id AS first FROM record r"
        " JOIN source s ON s.id = r.source UNION ALL SELECT name, NULL FROM source)"
        " GROUP BY name ORDER BY min(first) IS NULL, min(first), name",
        NULL, *names, error);
}
