#include "tests/support/portal_simulator_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/sqlite.h"
#include "core/canonical.h"
#include "core/memory.h"

enum statement {
    STATEMENT_BEGIN,
    STATEMENT_COMMIT,
    STATEMENT_ROLLBACK,
    STATEMENT_FIND,
    STATEMENT_HOLD,
    STATEMENT_KEY,
    STATEMENT_KEEP_KEY,
    STATEMENT_EFFECT,
    STATEMENT_LOG,
    STATEMENT_LIST,
    STATEMENT_EFFECTS,
    STATEMENT_COUNT_EFFECTS,
    STATEMENTS
};

static const char *const statements[STATEMENTS] = {
    [STATEMENT_BEGIN] = "BEGIN IMMEDIATE",
    [STATEMENT_COMMIT] = "COMMIT",
    [STATEMENT_ROLLBACK] = "ROLLBACK",
    [STATEMENT_FIND] =
        "SELECT code, version, digest, status, updated_at, agency, form, content FROM held WHERE code = ?1",
    [STATEMENT_HOLD] =
        "INSERT INTO held (code, version, digest, status, updated_at, agency, form, content)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (code) DO UPDATE SET"
        " version = ?2, digest = ?3, status = ?4, updated_at = ?5, agency = ?6, form = ?7, content = ?8",
    [STATEMENT_KEY] =
        "SELECT fingerprint, answer, code, version, digest, status, updated_at FROM keys WHERE key = ?1",
    [STATEMENT_KEEP_KEY] =
        "INSERT INTO keys (key, fingerprint, answer, code, version, digest, status, updated_at)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    [STATEMENT_EFFECT] = "INSERT INTO effects (at, code, action, key, digest, version, source)"
                         " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [STATEMENT_LOG] =
        "INSERT INTO requests (at, method, path, key, status, fault) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    [STATEMENT_LIST] =
        "SELECT code, version, digest, status, updated_at, agency, form,"
        " CASE WHEN ?4 THEN content END FROM held"
        " WHERE code > ?2 AND (?1 IS NULL OR agency = ?1 OR agency IS NULL) ORDER BY code LIMIT ?3",
    [STATEMENT_EFFECTS] = "SELECT id, at, code, action, key, digest, version, source FROM effects"
                          " WHERE id > ?2 AND (?1 IS NULL OR code = ?1) ORDER BY id LIMIT ?3",
    [STATEMENT_COUNT_EFFECTS] = "SELECT action, count(*) FROM effects GROUP BY action ORDER BY action",
};

/* The triggers keep the two logs what tests take them for: what was written stays. */
static const char schema[] =
    "CREATE TABLE IF NOT EXISTS held (code TEXT PRIMARY KEY, version INTEGER NOT NULL, digest TEXT NOT NULL,"
    " status TEXT NOT NULL, updated_at TEXT NOT NULL, agency TEXT, form TEXT NOT NULL, content BLOB NOT "
    "NULL);"
    "CREATE TABLE IF NOT EXISTS keys (key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, answer INTEGER NOT "
    "NULL,"
    " code TEXT NOT NULL, version INTEGER NOT NULL, digest TEXT NOT NULL, status TEXT NOT NULL,"
    " updated_at TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS effects (id INTEGER PRIMARY KEY, at TEXT NOT NULL, code TEXT NOT NULL,"
    " action TEXT NOT NULL, key TEXT, digest TEXT NOT NULL, version INTEGER NOT NULL, source TEXT NOT NULL);"
    "CREATE TABLE IF NOT EXISTS requests (id INTEGER PRIMARY KEY, at TEXT NOT NULL, method TEXT NOT NULL,"
    " path TEXT NOT NULL, key TEXT, status INTEGER NOT NULL, fault TEXT);"
    "CREATE TRIGGER IF NOT EXISTS effects_change BEFORE UPDATE ON effects"
    " BEGIN SELECT raise(ABORT, 'effects is append-only'); END;"
    "CREATE TRIGGER IF NOT EXISTS effects_remove BEFORE DELETE ON effects"
    " BEGIN SELECT raise(ABORT, 'effects is append-only'); END;"
    "CREATE TRIGGER IF NOT EXISTS requests_change BEFORE UPDATE ON requests"
    " BEGIN SELECT raise(ABORT, 'requests is append-only'); END;"
    "CREATE TRIGGER IF NOT EXISTS requests_remove BEFORE DELETE ON requests"
    " BEGIN SELECT raise(ABORT, 'requests is append-only'); END;";

struct simulator_state {
    struct sqlite *database;
    struct sqlite_statement *prepared[STATEMENTS];
    bool open; /* a transaction */
    struct error failure;
};

static enum status prepare(struct simulator_state *state, struct error *error)
{
    for (size_t at = 0; at < STATEMENTS; at++) {
        enum status status = sqlite_prepare(state->database, statements[at], &state->prepared[at], error);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

static void finish(struct simulator_state *state)
{
    for (size_t at = 0; at < STATEMENTS; at++) {
        if (state->prepared[at])
            sqlite_finish(state->prepared[at]);
        state->prepared[at] = NULL;
    }
}

enum status simulator_state_open(const char *path, bool sync, struct simulator_state **opened,
                                 struct error *error)
{
    struct simulator_state *state = memory_new(struct simulator_state);
    enum status status = sqlite_open_file(path, SQLITE_CREATE, &state->database, error);
    if (status == STATUS_OK && path)
        status = sqlite_run(state->database, "PRAGMA journal_mode = WAL", error);
    if (status == STATUS_OK)
        status = sqlite_run(state->database,
                            sync ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL", error);
    if (status == STATUS_OK)
        status = sqlite_run(state->database, schema, error);
    if (status == STATUS_OK)
        status = prepare(state, error);
    if (status != STATUS_OK) {
        simulator_state_close(state);
        return error_add(error, "the simulator's state in %s", path ? path : "memory");
    }
    *opened = state;
    return STATUS_OK;
}

void simulator_state_close(struct simulator_state *state)
{
    finish(state);
    if (state->database)
        sqlite_close_file(state->database);
    free(state);
}

static void execute(struct simulator_state *state, enum statement statement)
{
    if (state->failure.status == STATUS_OK)
        (void)sqlite_execute(state->prepared[statement], &state->failure);
    else
        sqlite_reset_statement(state->prepared[statement]);
}

static bool step(struct simulator_state *state, enum statement statement)
{
    if (state->failure.status != STATUS_OK)
        return false;
    enum status status = sqlite_step(state->prepared[statement], &state->failure);
    /* END may be left in the error by the door; it is no failure. */
    if (status == STATUS_END)
        state->failure.status = STATUS_OK;
    return status == STATUS_OK;
}

void simulator_state_begin(struct simulator_state *state)
{
    execute(state, STATEMENT_BEGIN);
    state->open = state->failure.status == STATUS_OK;
}

enum status simulator_state_end(struct simulator_state *state, bool commit, struct error *error)
{
    if (state->open && (!commit || state->failure.status != STATUS_OK)) {
        struct error undone = { 0 };
        (void)sqlite_execute(state->prepared[STATEMENT_ROLLBACK], &undone);
    } else if (state->open) {
        execute(state, STATEMENT_COMMIT);
    }
    state->open = false;
    enum status status = state->failure.status;
    if (status != STATUS_OK && error)
        *error = state->failure;
    state->failure = (struct error){ 0 };
    return status;
}

static struct text words(struct simulator_state *state, struct arena *arena, enum statement statement, int at)
{
    struct sqlite_statement *prepared = state->prepared[statement];
    return sqlite_is_null(prepared, at) ? TEXT_NONE : text_copy(arena, sqlite_column_text(prepared, at));
}

static void read_held(struct simulator_state *state, struct arena *arena, enum statement statement,
                      struct simulator_held *held)
{
    struct sqlite_statement *row = state->prepared[statement];
    *held = (struct simulator_held){
        .code = words(state, arena, statement, 0),
        .version = sqlite_number(row, 1),
        .digest = words(state, arena, statement, 2),
        .status = words(state, arena, statement, 3),
        .updated_at = words(state, arena, statement, 4),
        .agency = words(state, arena, statement, 5),
        .form = words(state, arena, statement, 6),
    };
    if (!sqlite_is_null(row, 7))
        held->content = text_copy(arena, sqlite_bytes(row, 7));
}

bool simulator_state_find(struct simulator_state *state, struct arena *arena, struct text code,
                          struct simulator_held *held)
{
    struct sqlite_statement *row = state->prepared[STATEMENT_FIND];
    sqlite_bind_text(row, 1, code);
    bool found = step(state, STATEMENT_FIND);
    if (found)
        read_held(state, arena, STATEMENT_FIND, held);
    sqlite_reset_statement(row);
    return found;
}

void simulator_state_hold(struct simulator_state *state, const struct simulator_held *held)
{
    struct sqlite_statement *row = state->prepared[STATEMENT_HOLD];
    sqlite_bind_text(row, 1, held->code);
    sqlite_bind_number(row, 2, held->version);
    sqlite_bind_text(row, 3, held->digest);
    sqlite_bind_text(row, 4, held->status);
    sqlite_bind_text(row, 5, held->updated_at);
    sqlite_bind_text(row, 6, held->agency);
    sqlite_bind_text(row, 7, held->form);
    sqlite_bind_bytes(row, 8, held->content);
    execute(state, STATEMENT_HOLD);
}

bool simulator_state_key(struct simulator_state *state, struct arena *arena, struct text key,
                         struct simulator_key *answer)
{
    struct sqlite_statement *row = state->prepared[STATEMENT_KEY];
    sqlite_bind_text(row, 1, key);
    bool found = step(state, STATEMENT_KEY);
    if (found) {
        *answer = (struct simulator_key){
            .key = key,
            .fingerprint = words(state, arena, STATEMENT_KEY, 0),
            .answer = (int)sqlite_number(row, 1),
            .held = { .code = words(state, arena, STATEMENT_KEY, 2),
                      .version = sqlite_number(row, 3),
                      .digest = words(state, arena, STATEMENT_KEY, 4),
                      .status = words(state, arena, STATEMENT_KEY, 5),
                      .updated_at = words(state, arena, STATEMENT_KEY, 6) },
        };
    }
    sqlite_reset_statement(row);
    return found;
}

void simulator_state_keep_key(struct simulator_state *state, const struct simulator_key *answer)
{
    struct sqlite_statement *row = state->prepared[STATEMENT_KEEP_KEY];
    sqlite_bind_text(row, 1, answer->key);
    sqlite_bind_text(row, 2, answer->fingerprint);
    sqlite_bind_number(row, 3, answer->answer);
    sqlite_bind_text(row, 4, answer->held.code);
    sqlite_bind_number(row, 5, answer->held.version);
    sqlite_bind_text(row, 6, answer->held.digest);
    sqlite_bind_text(row, 7, answer->held.status);
    sqlite_bind_text(row, 8, answer->held.updated_at);
    execute(state, STATEMENT_KEEP_KEY);
}

void simulator_state_effect(struct simulator_state *state, const struct simulator_held *held,
                            const char *action, struct text key, const char *source)
{
    struct sqlite_statement *row = state->prepared[STATEMENT_EFFECT];
    sqlite_bind_text(row, 1, held->updated_at);
    sqlite_bind_text(row, 2, held->code);
    sqlite_bind_text(row, 3, text_of(action));
    sqlite_bind_text(row, 4, key);
    sqlite_bind_text(row, 5, held->digest);
    sqlite_bind_number(row, 6, held->version);
    sqlite_bind_text(row, 7, text_of(source));
    execute(state, STATEMENT_EFFECT);
}

void simulator_state_log(struct simulator_state *state, struct text at, const char *method, struct text path,
                         struct text key, int status, struct text fault)
{
    struct sqlite_statement *row = state->prepared[STATEMENT_LOG];
    sqlite_bind_text(row, 1, at);
    sqlite_bind_text(row, 2, text_of(method));
    sqlite_bind_text(row, 3, path);
    sqlite_bind_text(row, 4, key);
    sqlite_bind_number(row, 5, status);
    sqlite_bind_text(row, 6, fault.length ? fault : TEXT_NONE);
    execute(state, STATEMENT_LOG);
}

size_t simulator_state_list(struct simulator_state *state, struct arena *arena, struct text agency,
                            struct text after, size_t limit, bool content, struct simulator_held *list)
{
    struct sqlite_statement *row = state->prepared[STATEMENT_LIST];
    sqlite_bind_text(row, 1, agency);
    sqlite_bind_text(row, 2, after.bytes ? after : TEXT(""));
    sqlite_bind_number(row, 3, (int64_t)limit);
    sqlite_bind_number(row, 4, content);
    size_t count = 0;
    while (count < limit && step(state, STATEMENT_LIST))
        read_held(state, arena, STATEMENT_LIST, &list[count++]);
    sqlite_reset_statement(row);
    return count;
}

void simulator_state_write_effects(struct simulator_state *state, struct buffer *out, struct text code,
                                   int64_t after, int64_t limit)
{
    struct sqlite_statement *row = state->prepared[STATEMENT_EFFECTS];
    sqlite_bind_text(row, 1, code);
    sqlite_bind_number(row, 2, after);
    sqlite_bind_number(row, 3, limit);
    buffer_char(out, '[');
    for (bool more = false; step(state, STATEMENT_EFFECTS); more = true) {
        buffer_string(out, more ? ",\n" : "\n");
        for (int at = 0; at < sqlite_columns(row); at++) {
            const char *title = sqlite_column_title(row, at);
            buffer_printf(out, "%s\"%s\":", at ? "," : "{", title);
            bool number = strcmp(title, "id") == 0;
            if (sqlite_is_null(row, at))
                buffer_string(out, "null");
            else if (number)
                buffer_text(out, sqlite_column_text(row, at));
            else
                canonical_text(out, sqlite_column_text(row, at));
        }
        buffer_char(out, '}');
    }
    buffer_string(out, "]");
    sqlite_reset_statement(row);
}

int64_t simulator_state_count(struct simulator_state *state, const char *table)
{
    char sql[80];
    snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", table);
    struct sqlite_statement *row = NULL;
    if (sqlite_prepare(state->database, sql, &row, &state->failure) != STATUS_OK)
        return -1;
    int64_t count = sqlite_step(row, &state->failure) == STATUS_OK ? sqlite_number(row, 0) : -1;
    sqlite_finish(row);
    return count;
}

void simulator_state_write_effect_counts(struct simulator_state *state, struct buffer *out)
{
    struct sqlite_statement *row = state->prepared[STATEMENT_COUNT_EFFECTS];
    for (bool more = false; step(state, STATEMENT_COUNT_EFFECTS); more = true) {
        buffer_string(out, more ? "," : "");
        canonical_text(out, sqlite_column_text(row, 0));
        buffer_printf(out, ":%lld", (long long)sqlite_number(row, 1));
    }
    sqlite_reset_statement(row);
}

void simulator_state_clear(struct simulator_state *state)
{
    /* Dropped, not emptied: the triggers refuse to delete rows. The statements compile themselves again. */
    if (state->failure.status == STATUS_OK)
        (void)sqlite_run(state->database,
                         "BEGIN IMMEDIATE; DROP TABLE held; DROP TABLE keys; DROP TABLE effects; DROP TABLE "
                         "requests; COMMIT;",
                         &state->failure);
    if (state->failure.status == STATUS_OK)
        (void)sqlite_run(state->database, schema, &state->failure);
}
