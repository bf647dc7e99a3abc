#include "adapters/odbc.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "adapters/unicode.h"
#include "extract/fetch.h"
#include "extract/rows.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

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

/* ---- the query is one SELECT ---- */

/* Behind the blanks, comments and texts in quotes that begin at `at`, or `at` when none does. */
static size_t behind_quiet(struct text sql, size_t at)
{
    struct text rest = text_slice(sql, at, sql.length);
    size_t end = rest.length;
    if (text_starts(rest, TEXT("--")))
        return text_find(rest, TEXT("\n"), &end) ? at + end + 1 : sql.length;
    if (text_starts(rest, TEXT("/*")))
        return text_find(rest, TEXT("*/"), &end) ? at + end + 2 : sql.length;
    return rest.length && strchr(" \t\r\n", rest.bytes[0]) ? at + 1 : at;
}

static size_t skip_quiet(struct text sql, size_t at)
{
    for (size_t next = at; (next = behind_quiet(sql, at)) > at;)
        at = next;
    return at;
}

static size_t behind_quotes(struct text sql, size_t at)
{
    char quote = sql.bytes[at] == '[' ? ']' : sql.bytes[at];
    for (at++; at < sql.length && sql.bytes[at] != quote; at++)
        ;
    return at < sql.length ? at + 1 : at;
}

/* The first place from `at` on that is in no comment and no quotes; the end when there is none. */
static size_t next_bare(struct text sql, size_t at)
{
    while (at < sql.length) {
        size_t next = skip_quiet(sql, at);
        if (next == at && strchr("'\"`[", sql.bytes[at]))
            next = behind_quotes(sql, at);
        if (next == at)
            return at;
        at = next;
    }
    return at;
}

static bool is_in_name(char letter)
{
    return isalnum((unsigned char)letter) || strchr("_$#@", letter) || (unsigned char)letter >= 0x80;
}

static bool begins_with(struct text sql, size_t at, const char *word)
{
    size_t behind = at + strlen(word);
    return sql.length >= behind && !strncasecmp(sql.bytes + at, word, behind - at) &&
           (sql.length == behind || !is_in_name(sql.bytes[behind]));
}

/* The rollback undoes what a driver lets pass; what follows keeps it from being tried, and from what commits
 * itself or lies where nothing is rolled back (a table without transactions, a file of INTO OUTFILE). */

/* The word that makes a SELECT, or what stands behind its WITH, a write; NULL when it only reads. Behind a
 * point it is a column; before a parenthesis a function, INSERT(text, …). */
static const char *writing_word(struct text sql)
{
    static const char *const words[] = { "INTO", "INSERT", "UPDATE", "DELETE" };
    for (size_t at = next_bare(sql, 0); at < sql.length; at = next_bare(sql, at + 1)) {
        if (at && (sql.bytes[at - 1] == '.' || is_in_name(sql.bytes[at - 1])))
            continue;
        for (size_t i = 0; i < COUNT(words); i++) {
            size_t behind = at + strlen(words[i]);
            if (begins_with(sql, at, words[i]) && sql.bytes[skip_quiet(sql, behind)] != '(')
                return words[i];
        }
    }
    return NULL;
}

static bool is_one_select(struct text sql)
{
    size_t at = skip_quiet(sql, 0);
    while (at < sql.length && sql.bytes[at] == '(')
        at = skip_quiet(sql, at + 1);
    if (!begins_with(sql, at, "SELECT") && !begins_with(sql, at, "WITH"))
        return false;
    for (at = next_bare(sql, at); at < sql.length; at = next_bare(sql, at + 1))
        if (sql.bytes[at] == ';')
            return skip_quiet(sql, at + 1) == sql.length;
    return true;
}

static enum status check_odbc(struct fetch *fetch, struct error *error)
{
    struct odbc_settings *given = fetch->settings;
    struct text query = text_of(given->query), connection = text_of(given->odbc);
    const struct value *at = value_find(fetch->source->fetch, "query");
    if (!is_one_select(query))
        return setting_fault(
            fetch->context, at, error,
            _("query: only one SELECT is allowed here (it may begin with WITH), and no \";\" "
              "with more behind it"));
    const char *writes = writing_word(query);
    if (writes)
        return setting_fault(
            fetch->context, at, error,
            _("query: with %s it writes, and the database is only read; a column of that name "
              "must stand in quotes"),
            writes);
    at = value_find(fetch->source->fetch, "odbc");
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

static bool is_real(const struct rows *rows, size_t at)
{
    return odbc_is_real(rows->user_data, at);
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
                                 .is_real = is_real };
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
    .foreign = true,
};
