#include "store/statement_rows.h"

#include <string.h>

#include "adapters/json.h"
#include "store/said.h"

static struct value *read_column(struct sqlite_statement *statement, int at, struct arena *arena,
                                 struct text title, const char *const *lists)
{
    struct text text = sqlite_take_text(arena, statement, at);
    struct value *list;
    if (sqlite_is_integer(statement, at))
        return value_number(arena, text);
    for (; lists && *lists; lists++)
        if (text_is(title, *lists) && json_parse(arena, text, &list, NULL) == STATUS_OK)
            return list;
    return value_text(arena, text);
}

static struct text *read_titles(struct sqlite_statement *statement, struct arena *arena)
{
    int count = sqlite_columns(statement);
    struct text *titles = arena_array(arena, struct text, (size_t)count);
    for (int i = 0; i < count; i++)
        titles[i] = text_copy(arena, text_of(sqlite_column_title(statement, i)));
    return titles;
}

/* True: the column is about the words before it, which are made anew. */
static bool say_anew(struct sqlite_statement *statement, int at, struct arena *arena, struct text title,
                     struct value *row)
{
    if (!text_starts(title, TEXT(STATEMENT_SAID)))
        return false;
    struct value *words = value_find_text(row, text_slice(title, strlen(STATEMENT_SAID), title.length));
    if (words)
        words->text = said_now(arena, words->text, sqlite_column_text(statement, at));
    return true;
}

static struct value *read_row(struct sqlite_statement *statement, struct arena *arena,
                              const struct text *titles, const char *const *lists)
{
    struct value *row = value_object(arena);
    for (int i = 0; i < sqlite_columns(statement); i++)
        if (!sqlite_is_null(statement, i) && !say_anew(statement, i, arena, titles[i], row))
            value_set_text(row, titles[i], read_column(statement, i, arena, titles[i], lists));
    return row;
}

enum status statement_rows(struct sqlite_statement *statement, struct arena *arena, const char *const *lists,
                           struct value **rows, struct error *error)
{
    enum status status;
    struct text *titles = NULL;
    *rows = value_list(arena);
    while ((status = sqlite_step(statement, error)) == STATUS_OK) {
        titles = titles ? titles : read_titles(statement, arena);
        value_append(*rows, read_row(statement, arena, titles, lists));
    }
    return status == STATUS_END ? STATUS_OK : status;
}

enum status statement_each(struct sqlite_statement *statement, const char *const *lists,
                           const struct row_visit *visit, struct error *error)
{
    ARENA_OWNED struct arena named = { 0 };
    ARENA_OWNED struct arena arena = { 0 };
    enum status status;
    struct text *titles = NULL;
    while ((status = sqlite_step(statement, error)) == STATUS_OK) {
        titles = titles ? titles : read_titles(statement, &named);
        arena_clear(&arena);
        status = visit->row(visit->user_data, read_row(statement, &arena, titles, lists), &arena, error);
        if (status) {
            sqlite_reset_statement(statement);
            return status;
        }
    }
    return status == STATUS_END ? STATUS_OK : status;
}
