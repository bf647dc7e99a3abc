#include "adapters/odbc.h"

#include <stddef.h>
#include <string.h>

#include "adapters/unicode.h"
#include "core/count.h"
#include "extract/fetch.h"
#include "extract/query.h"
#include "extract/rows.h"

struct odbc_settings {
    const char *odbc, *query;
    int64_t timeout;
    struct odbc_string string; /* `odbc` with its secrets */
};

struct odbc_state {
    struct odbc_query query;
    struct odbc *odbc;
    struct rows rows;
    const char *name;
    bool given;
};

#define AT(member) offsetof(struct odbc_settings, member)
static const struct setting settings[] = {
    { "odbc", SETTING_TEXT, AT(odbc), .required = true,
      .help = N_("the connection string (DSN=…, or Driver=…;Server=…); the database is only read") },
    { "query", SETTING_TEXT, AT(query), .required = true,
      .help = N_("one SELECT; its columns are the addresses of the map") },
    { "timeout", SETTING_DURATION, AT(timeout), .fallback = "60s", .minimum = 1, .maximum = 24 * 3600 * 1000,
      .help = N_("how long the query may work") },
};

static enum status check_odbc(struct fetch *fetch, struct error *error)
{
    struct odbc_settings *given = fetch->settings;
    struct text connection = text_of(given->odbc);
    if (query_only_reads(fetch, given->query, error))
        return error->status;
    const struct value *at = value_find(fetch->source->fetch, "odbc");
    if (odbc_string_resolve(fetch->context->arena, fetch->folder, connection, &given->string, error))
        return setting_place(fetch->context, at, error);
    if (!memchr(given->string.connection.bytes, '=', given->string.connection.length) ||
        unicode_invalid_at(given->string.connection) < given->string.connection.length)
        return setting_fault(fetch->context, at, error,
                             _("odbc: this is no connection string; write DSN=NAME, or "
                               "Driver={NAME};Server=…;Database=…;UID=…;PWD=${file:…}"));
    return STATUS_OK;
}

/* ---- its result ---- */

static const char *title_of(const struct rows *rows, size_t at)
{
    return odbc_title(rows->user_data, at);
}

static enum status next_row(struct rows *rows, struct error *error)
{
    return odbc_next(rows->user_data, error);
}

static enum status cell_at(struct rows *rows, size_t at, struct text *cell, struct error *error)
{
    return odbc_cell(rows->user_data, at, cell, error);
}

static enum rows_kind kind_of(const struct rows *rows, size_t at)
{
    static const enum rows_kind kinds[] = {
        [ODBC_OTHER] = ROWS_TEXT, [ODBC_EXACT] = ROWS_NUMBER, [ODBC_REAL] = ROWS_REAL
    };
    return kinds[odbc_kind(rows->user_data, at)];
}

static void close_odbc(struct fetch *fetch)
{
    struct odbc_state *state = fetch->user_data;
    if (!state)
        return;
    odbc_close(state->odbc);
    state->odbc = NULL;
}

static enum status open_odbc(struct fetch *fetch, struct error *error)
{
    const struct odbc_settings *given = fetch->settings;
    struct odbc_state *state = arena_new(fetch->arena, struct odbc_state);
    fetch->user_data = state;
    state->name = odbc_string_name(fetch->arena, text_of(given->odbc));
    state->query = (struct odbc_query){ .string = &given->string,
                                        .query = given->query,
                                        .timeout = given->timeout,
                                        .stop = fetch->stop,
                                        .cell_most = (size_t)fetch->source->record_limit };
    if (odbc_open(&state->query, &state->odbc, error)) {
        error->status = STATUS_STOP; /* the other sources need no ODBC */
        return error_add(error, "%s", state->name);
    }
    state->rows = (struct rows){ .user_data = state->odbc,
                                 .columns = odbc_columns(state->odbc),
                                 .title = title_of,
                                 .next = next_row,
                                 .cell = cell_at,
                                 .kind = kind_of };
    return STATUS_OK;
}

static enum status next_odbc(struct fetch *fetch, struct document *document, struct error *error)
{
    struct odbc_state *state = fetch->user_data;
    (void)error;
    fetch->whole = state->given && !fetch->broken;
    if (state->given)
        return STATUS_END;
    state->given = true;
    *document = (struct document){ .name = state->name, .rows = &state->rows };
    return STATUS_OK;
}

/* Whatever its driver and the driver manager look into. */
static void list_files(const struct fetch *fetch, void (*add)(void *user_data, const char *path),
                       void *user_data)
{
    (void)fetch;
    add(user_data, "/");
}

static int64_t silence(const struct fetch *fetch)
{
    return ((const struct odbc_settings *)fetch->settings)->timeout;
}

const struct fetch_driver fetch_odbc = {
    .name = "odbc",
    .settings = settings,
    .setting_count = COUNT(settings),
    .size = sizeof(struct odbc_settings),
    .formats = 1u << SOURCE_ROWS,
    .check = check_odbc,
    .open = open_odbc,
    .next = next_odbc,
    .close = close_odbc,
    .reads = list_files,
    .silence = silence,
    .foreign = true,
};
