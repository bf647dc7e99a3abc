#include "store/steering.h"

#include <string.h>

#include "adapters/crypto.h"
#include "adapters/json.h"
#include "store/sql.h"
#include "store/state_proof.h"

#define FORM 16                 /* hexadecimal digits */
#define FEED ((size_t)16 << 10) /* bytes of rows that are hashed at once */

/* Beside them stand ledger, payloads and heads. A payload goes by a number, behind which another could be put: that of a
 * context has no other name; the other numbers stand beside their digests, and audit_verify_state.c compares them. */
static const char *const tables[] = {
    [STORE_RECORD] =
        ("SELECT *, (SELECT digest FROM payload WHERE id = context) AS context_digest FROM record"
         " ORDER BY id"),
    [STORE_FINDING] = "SELECT * FROM finding ORDER BY rowid",
    [STORE_PROCEDURE] = "SELECT * FROM procedure_state ORDER BY code",
    "SELECT * FROM deadline ORDER BY record, rule",
    "SELECT * FROM source ORDER BY id",
    "SELECT * FROM source_state ORDER BY source",
    "SELECT * FROM recipe ORDER BY id",
    "SELECT * FROM superseded ORDER BY payload",
    "SELECT * FROM portal_listing ORDER BY code",
    "SELECT * FROM setting ORDER BY name",
};

struct hashing {
    struct crypto_hash *rows, *all, *form; /* of one table, of their digests, of their columns */
    struct buffer lines;                   /* not fed yet */
};

/* Most values are small numbers, and SQLite's own way to write them takes as long as all else here. */
static struct text decimal_of(int64_t number, char *end)
{
    uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    char *at = end;
    do
        *--at = (char)('0' + rest % 10);
    while (rest /= 10);
    if (number < 0)
        *--at = '-';
    return (struct text){ at, (size_t)(end - at) };
}

static void put_bytes(struct buffer *line, char kind, struct text bytes)
{
    const char head[5] = { kind, (char)(bytes.length >> 24), (char)(bytes.length >> 16),
                           (char)(bytes.length >> 8), (char)bytes.length };
    char *place = buffer_room(line, sizeof head + bytes.length);
    if (!place)
        return;
    memcpy(place, head, sizeof head);
    if (bytes.length)
        memcpy(place + sizeof head, bytes.bytes, bytes.length);
    line->length += sizeof head + bytes.length;
}

static void put_value(struct buffer *line, struct sqlite_statement *row, int at)
{
    char digits[24];
    int64_t number = 0;
    struct text bytes = TEXT_NONE;
    switch (sqlite_column(row, at, &number, &bytes)) {
    case SQLITE_NOTHING:
        buffer_char(line, 'n');
        break;
    case SQLITE_WHOLE_NUMBER:
        put_bytes(line, 'i', decimal_of(number, digits + sizeof digits));
        break;
    case SQLITE_REAL_NUMBER:
        put_bytes(line, 'r', bytes);
        break;
    case SQLITE_WORDS:
        put_bytes(line, 't', bytes);
        break;
    case SQLITE_RAW_BYTES:
        put_bytes(line, 'b', bytes);
        break;
    }
}

static void feed_lines(struct hashing *hashing)
{
    if (hashing->lines.length)
        crypto_hash_feed(hashing->rows, hashing->lines.bytes, hashing->lines.length);
    buffer_clear(&hashing->lines);
}

static enum status feed_rows(struct hashing *hashing, struct sqlite_statement *rows, struct error *error)
{
    int columns = sqlite_columns(rows);
    enum status status;
    while ((status = sqlite_step(rows, error)) == STATUS_OK) {
        for (int i = 0; i < columns; i++)
            put_value(&hashing->lines, rows, i);
        buffer_char(&hashing->lines, '.');
        if (hashing->lines.length >= FEED)
            feed_lines(hashing);
    }
    feed_lines(hashing);
    return status == STATUS_END ? STATUS_OK : status;
}

/* The large ones are remembered while no row of them is written. A store that is still to be brought up to date gets other
 * columns, which no row says. */
static struct store_rows_memory *memory_of(struct store *store, size_t table)
{
    return table < STORE_LARGE && store_version(store) == STORE_VERSION ? &store_memory(store)->rows[table]
                                                                        : NULL;
}

static enum status digest_rows(struct hashing *hashing, struct store *store, size_t table,
                               struct sqlite_statement *rows, bool remembered, struct digest *digest,
                               struct error *error)
{
    struct store_rows_memory *memory = memory_of(store, table);
    if (remembered && memory && memory->known && memory->changed == store_rows_changed(store, table)) {
        *digest = memory->digest;
        return STATUS_OK;
    }
    hashing->rows = crypto_hash_open();
    enum status status = feed_rows(hashing, rows, error);
    *digest = crypto_hash_finish(hashing->rows);
    crypto_hash_close(hashing->rows);
    if (memory)
        *memory = (struct store_rows_memory){ *digest, store_rows_changed(store, table), !status };
    return status;
}

static enum status feed_table(struct hashing *hashing, struct store *store, size_t table, bool remembered,
                              struct error *error)
{
    struct sqlite_statement *statement;
    struct digest digest;
    if (sqlite_prepare(store_database(store), tables[table], &statement, error))
        return error->status;
    int columns = sqlite_columns(statement);
    crypto_hash_feed(hashing->form, tables[table], strlen(tables[table]) + 1);
    for (int i = 0; i < columns; i++) {
        const char *title = sqlite_column_title(statement, i);
        crypto_hash_feed(hashing->form, title, strlen(title) + 1);
    }
    enum status status = digest_rows(hashing, store, table, statement, remembered, &digest, error);
    sqlite_finish(statement);
    crypto_hash_feed(hashing->all, digest.bytes, sizeof digest.bytes);
    return status;
}

static enum status compute(struct store *store, bool remembered, char digest[DIGEST_HEX],
                           char form[DIGEST_HEX], struct error *error)
{
    struct hashing hashing = { .all = crypto_hash_open(), .form = crypto_hash_open() };
    enum status status = STATUS_OK;
    for (size_t i = 0; !status && i < sizeof tables / sizeof *tables; i++)
        status = feed_table(&hashing, store, i, remembered, error);
    struct digest all = crypto_hash_finish(hashing.all), names = crypto_hash_finish(hashing.form);
    digest_hex(&all, digest);
    digest_hex(&names, form);
    form[FORM] = 0;
    crypto_hash_close(hashing.all);
    crypto_hash_close(hashing.form);
    buffer_free(&hashing.lines);
    return status;
}

enum status steering_put(struct store *store, struct arena *arena, struct value *detail, struct error *error)
{
    char digest[DIGEST_HEX], form[DIGEST_HEX];
    if (compute(store, true, digest, form, error))
        return error->status;
    value_set(detail, "state_digest", value_text(arena, text_copy(arena, text_of(digest))));
    value_set(detail, "state_form", value_text(arena, text_copy(arena, text_of(form))));
    return STATUS_OK;
}

/* The end of the last run, when nothing stands behind it but copies that failed. STATUS_END otherwise. */
static enum status find_end(struct store *store, struct arena *arena, struct value **detail, int64_t *run,
                            struct error *error)
{
    struct sqlite_statement *row;
    enum status status = sql_row(
        store, "SELECT run, detail, event FROM ledger WHERE event <> 'copy-failed' ORDER BY seq DESC LIMIT 1",
        NULL, &row, error);
    if (status)
        return status;
    *run = sqlite_number(row, 0);
    if (!text_is(sqlite_column_text(row, 2), "run-finished"))
        status = STATUS_END;
    else if (json_parse(arena, sqlite_take_text(arena, row, 1), detail, error))
        status = error->status = STATUS_LEDGER;
    sqlite_reset_statement(row);
    return status;
}

enum status steering_compare(struct store *store, enum steering *standing, int64_t *run, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct value *detail;
    char digest[DIGEST_HEX], form[DIGEST_HEX];
    *standing = STEERING_UNBOUND;
    enum status status = find_end(store, &arena, &detail, run, error);
    if (status)
        return status == STATUS_END ? STATUS_OK : status;
    struct text bound = value_text_of(detail, "state_digest");
    if (!bound.bytes)
        return STATUS_OK;
    if (compute(store, false, digest, form, error))
        return error->status;
    if (text_is(value_text_of(detail, "state_form"), form))
        *standing = text_is(bound, digest) ? STEERING_SAME : STEERING_CHANGED;
    return STATUS_OK;
}

static enum status doubt(void *user_data, struct text what, int64_t event, const char *sentence,
                         struct error *error)
{
    return error_set(error, STATUS_LEDGER,
                     _("%s: " TEXT_PRINT
                       ": %s (event %lld); nothing is sent. \"congkhai audit verify\" looks at all of it; "
                       "keep a copy of the file and restore a backup"),
                     store_path(user_data), TEXT_ARG(what), sentence, (long long)event);
}

enum status steering_check(struct store *store, struct error *error)
{
    enum steering standing;
    int64_t run;
    if (steering_compare(store, &standing, &run, error))
        return error->status;
    if (standing == STEERING_SAME)
        return STATUS_OK;
    if (standing == STEERING_UNBOUND && store_version(store) < STORE_VERSION)
        return STATUS_OK; /* its columns are another version's; load proves what it is about to send */
    if (standing == STEERING_UNBOUND) {
        enum status status = state_prove(store, doubt, store, error);
        if (status == STATUS_FATAL) /* what cannot be read cannot be believed */
            status = error->status = STATUS_LEDGER;
        return status;
    }
    return error_set(
        error, STATUS_LEDGER,
        _("%s: what the stages work with is not as run %lld left it: another hand has changed it; nothing is "
          "sent. \"congkhai audit verify\" looks at all of it; keep a copy of the file and restore a backup"),
        store_path(store), (long long)run);
}
