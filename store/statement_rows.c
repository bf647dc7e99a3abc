#include "store/statement_rows.h"

#include "adapters/json.h"

static struct value *read_column(struct sqlite_statement *statement, int at, struct arena *arena,
                                 struct text title, const char *const *lists)
{
    struct text text = text_copy(arena, sqlite_column_text(statement, at));
    struct value *list;
    if (sqlite_is_integer(statement, at))
        return value_number(arena, text);
    for (; lists && *lists; lists++)
        if (text_is(title, *lists) && json_parse(arena, text, &list, NULL) == STATUS_OK)
            return list;
    return value_text(arena, text);
}

enum status statement_rows(struct sqlite_statement *statement, struct arena *arena, const char *const *lists,
                           struct value **rows, struct error *error)
{
    enum status status;
    struct text *titles = NULL;
    *rows = value_list(arena);
    while ((status = sqlite_step(statement, error)) == STATUS_OK) {
        int count = sqlite_columns(statement);
        struct value *row = value_append(*rows, value_object(arena));
        if (!titles) {
            titles = arena_array(arena, struct text, (size_t)count);
            for (int i = 0; i < count; i++)
                titles[i] = text_copy(arena, text_of(sqlite_column_title(statement, i)));
        }
        for (int i = 0; i < count; i++)
            if (!sqlite_is_null(statement, i))
                value_set_text(row, titles[i], read_column(statement, i, arena, titles[i], lists));
    }
    return status == STATUS_END ? STATUS_OK : status;
}
