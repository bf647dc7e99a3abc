#include "adapters/sqlite.h"
#include "core/count.h"

#include <stddef.h>

#include "extract/fetch.h"
#include "extract/query.h"
#include "extract/rows.h"

struct sqlite_settings {
    const char *sqlite, *query;
    int64_t timeout;
};

struct sqlite_state {
    struct sqlite *database;
    struct sqlite_statement *statement;
    struct rows rows;
    bool given;
};

#define AT(member) offsetof(struct sqlite_settings, member)
static const struct setting settings[] = {
    { "sqlite", SETTING_TEXT, AT(sqlite), .required = true,
      .help = N_("the database's file; it is only read") },
    { "query", SETTING_TEXT, AT(query), .required = true,
      .help = N_("one SELECT; its columns are the addresses of the map") },
    { "timeout", SETTING_DURATION, AT(timeout), .fallback = "60s", .minimum = 1, .maximum = 24 * 3600 * 1000,
      .help = N_("how long the query may work") },
};

static enum status check_sqlite(struct fetch *fetch, struct error *error)
{
    const struct sqlite_settings *given = fetch->settings;
    return query_only_reads(fetch, given->query, error);
}

static const char *title_of(const struct rows *rows, size_t at)
{
    return sqlite_column_title(rows->user_data, (int)at);
}

static enum status next_row(struct rows *rows, struct error *error)
{
    return sqlite_step(rows->user_data, error);
}

static enum status cell_at(struct rows *rows, size_t at, struct text *cell, struct error *error)
{
    struct sqlite_statement *statement = rows->user_data;
    (void)error;
    *cell = sqlite_is_blob(statement, (int)at) ? sqlite_bytes(statement, (int)at)
                                               : sqlite_column_text(statement, (int)at);
    return STATUS_OK;
}

static enum rows_kind kind_of(const struct rows *rows, size_t at)
{
    struct sqlite_statement *statement = rows->user_data;
    return sqlite_is_real(statement, (int)at)      ? ROWS_REAL
           : sqlite_is_integer(statement, (int)at) ? ROWS_NUMBER
                                                   : ROWS_TEXT;
}

static void close_sqlite(struct fetch *fetch)
{
    struct sqlite_state *state = fetch->user_data;
    if (!state)
        return;
    sqlite_finish(state->statement);
    if (state->database)
        sqlite_close_file(state->database);
    *state = (struct sqlite_state){ 0 };
}

static enum status open_sqlite(struct fetch *fetch, struct error *error)
{
    const struct sqlite_settings *given = fetch->settings;
    struct sqlite_state *state = arena_new(fetch->arena, struct sqlite_state);
    const char *path = file_path(fetch->arena, fetch->folder, given->sqlite);
    fetch->user_data = state;
    enum status status = sqlite_open_file(path, SQLITE_READ, &state->database, error);
    if (status == STATUS_OK) {
        sqlite_guard(state->database, (long)given->timeout, fetch->stop);
        status = sqlite_prepare(state->database, given->query, &state->statement, error);
    }
    if (status == STATUS_OK) {
        state->rows = (struct rows){ .user_data = state->statement,
                                     .columns = (size_t)sqlite_columns(state->statement),
                                     .title = title_of,
                                     .next = next_row,
                                     .cell = cell_at,
                                     .kind = kind_of };
        return STATUS_OK;
    }
    error->status = STATUS_STOP; /* whatever is wrong with a stranger's database is no fault of ours */
    return error_add(error, "%s", given->sqlite);
}

static enum status next_sqlite(struct fetch *fetch, struct document *document, struct error *error)
{
    const struct sqlite_settings *given = fetch->settings;
    struct sqlite_state *state = fetch->user_data;
    (void)error;
    fetch->whole = state->given && !fetch->broken;
    if (state->given)
        return STATUS_END;
    state->given = true;
    *document = (struct document){ .name = given->sqlite, .rows = &state->rows };
    return STATUS_OK;
}

/* Its log and its index, too, which lie beside it. */
static void list_files(const struct fetch *fetch, void (*add)(void *user_data, const char *path),
                       void *user_data)
{
    const struct sqlite_settings *given = fetch->settings;
    const char *path = file_path(fetch->arena, fetch->folder, given->sqlite);
    add(user_data, file_folder(fetch->arena, path));
}

static int64_t silence(const struct fetch *fetch)
{
    return ((const struct sqlite_settings *)fetch->settings)->timeout;
}

const struct fetch_driver fetch_sqlite = {
    .name = "sqlite",
    .settings = settings,
    .setting_count = COUNT(settings),
    .size = sizeof(struct sqlite_settings),
    .formats = 1u << SOURCE_ROWS,
    .check = check_sqlite,
    .open = open_sqlite,
    .next = next_sqlite,
    .close = close_sqlite,
    .reads = list_files,
    .silence = silence,
};
