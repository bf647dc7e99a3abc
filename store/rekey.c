#include "store/rekey.h"

#include "store/counters.h"
#include "store/ledger.h"
#include "store/sql.h"
#include "store/transform_queue.h"

struct spoken {
    struct text code;
    struct spoken *next;
};

struct moved {
    int64_t record;
    struct text key, was, code;
    struct spoken *spoken; /* other codes for which it spoke last: it had them before */
    struct moved *next;
};

struct rekey {
    struct store *store;
    const char *name;
    int64_t source;
    struct arena arena, record; /* of the whole, of one record */
    struct moved *first, **last;
    struct counters numbers;
};

static enum status is_known_by(struct rekey *rekey, const char *address, bool *same, struct error *error)
{
    struct sqlite_statement *row;
    *same = true; /* a source that nobody has read yet has nothing to be renamed */
    enum status status = sql_row(rekey->store, "SELECT id, keyed_by FROM source WHERE name = ?1",
                                 SQL_WITH(SQL_TEXT(text_of(rekey->name))), &row, error);
    if (status == STATUS_OK) {
        rekey->source = sqlite_number(row, 0);
        *same = !sqlite_is_null(row, 1) && text_is(sqlite_column_text(row, 1), address);
    }
    return sql_end(row, status);
}

static enum status copy_payload(struct rekey *rekey, struct sqlite_statement *row, int at, struct text *bytes,
                                struct error *error)
{
    enum status status = store_payload_column(rekey->store, row, at, bytes, error);
    *bytes = status ? TEXT_NONE : text_copy(&rekey->record, *bytes);
    return status;
}

/* "KEY", or "KEY (2)" where others had it before. */
static bool bears(struct text was, struct text key)
{
    return text_equal(was, key) ||
           (text_starts(was, key) && text_starts(text_slice(was, key.length, was.length), TEXT(" (")));
}

static enum status look_at(struct rekey *rekey, struct sqlite_statement *row, rekey_find *find,
                           void *user_data, struct error *error)
{
    struct error reason = { 0 };
    struct text bytes, context, key = TEXT_NONE;
    arena_clear(&rekey->record);
    enum status status = copy_payload(rekey, row, 3, &bytes, error), shared = STATUS_OK;
    if (!status)
        shared = copy_payload(rekey, row, 7, &context, error);
    if (status > STATUS_END || shared > STATUS_END)
        return error->status;
    if (status == STATUS_END) /* forgotten: its bytes tell nothing any more */
        return STATUS_OK;
    struct text locator = sqlite_take_text(&rekey->record, row, 11);
    status = find(user_data, bytes, context, locator, &rekey->record, &key, &reason);
    if (status > STATUS_REJECT)
        return error_copy(error, status, &reason);
    struct text was = sqlite_column_text(row, 1);
    if (status || !key.length || bears(was, key))
        return STATUS_OK;
    struct moved *moved = arena_new(&rekey->arena, struct moved);
    *moved = (struct moved){ .record = sqlite_number(row, 0),
                             .key = text_copy(&rekey->arena, key),
                             .was = text_copy(&rekey->arena, was),
                             .code = sqlite_is_null(row, 2) ? TEXT_NONE
                                                            : sqlite_take_text(&rekey->arena, row, 2) };
    *rekey->last = moved;
    rekey->last = &moved->next;
    return STATUS_OK;
}

static enum status find_moved(struct rekey *rekey, rekey_find *find, void *user_data, struct error *error)
{
    struct sqlite_statement *rows;
    if (sql_rows(
            rekey->store,
            "SELECT r.id, r.key, r.code, p.bytes, p.encoding, p.size, p.digest, c.bytes, c.encoding, c.size,"
            " c.digest, r.locator FROM record r JOIN payload p ON p.id = r.payload LEFT JOIN payload c ON "
            "c.id = "
            "r.context"
            " WHERE r.source = ?1 AND r.nameless = 0 ORDER BY r.id",
            SQL_WITH(SQL_NUMBER(rekey->source)), &rows, error))
        return error->status;
    enum status status;
    while ((status = sqlite_step(rows, error)) == STATUS_OK)
        if ((status = look_at(rekey, rows, find, user_data, error)))
            break;
    return sql_end(rows, status);
}

/* What is known of a procedure names the record that spoke for it, also where that has another code by now. */
static enum status find_spoken(struct rekey *rekey, struct error *error)
{
    struct sqlite_statement *rows;
    struct moved *moved = rekey->first;
    if (sql_rows(rekey->store,
                 "SELECT r.id, p.code FROM procedure_state p JOIN record r ON r.id = p.record"
                 " WHERE r.source = ?1 AND r.code IS NOT p.code ORDER BY r.id, p.code DESC",
                 SQL_WITH(SQL_NUMBER(rekey->source)), &rows, error))
        return error->status;
    enum status status;
    while ((status = sqlite_step(rows, error)) == STATUS_OK) {
        while (moved && moved->record < sqlite_number(rows, 0))
            moved = moved->next;
        if (!moved || moved->record != sqlite_number(rows, 0))
            continue;
        struct spoken *spoken = arena_new(&rekey->arena, struct spoken);
        *spoken = (struct spoken){ sqlite_take_text(&rekey->arena, rows, 1), moved->spoken };
        moved->spoken = spoken;
    }
    return sql_end(rows, status);
}

static enum status is_free(struct rekey *rekey, struct text key, bool *is, struct error *error)
{
    struct sqlite_statement *row;
    enum status status = sql_row(rekey->store, "SELECT 1 FROM record WHERE source = ?1 AND key = ?2",
                                 SQL_WITH(SQL_NUMBER(rekey->source), SQL_TEXT(key)), &row, error);
    sqlite_reset_statement(row);
    *is = status == STATUS_END;
    return status == STATUS_END ? STATUS_OK : status;
}

static enum status free_key(struct rekey *rekey, struct text base, struct text *key, struct error *error)
{
    bool is;
    int64_t number = 2;
    *key = base;
    if (is_free(rekey, *key, &is, error))
        return error->status;
    for (counters_get(&rekey->numbers, base, &number); !is; number++) {
        *key = text_format(&rekey->arena, "%.*s (%lld)", (int)base.length, base.bytes, (long long)number);
        if (is_free(rekey, *key, &is, error))
            return error->status;
        counters_set(&rekey->numbers, base, number + 1);
    }
    return STATUS_OK;
}

static enum status set_key(struct rekey *rekey, int64_t record, struct text key, struct error *error)
{
    if (sql_run(rekey->store, "UPDATE record SET key = coalesce(?2, char(1) || id) WHERE id = ?1",
                SQL_WITH(SQL_NUMBER(record), SQL_TEXT(key)), error))
        return error->status;
    return transform_queue_raise(rekey->store, record, WORK_RESOLVE, error);
}

static enum status give_key(struct rekey *rekey, const struct moved *moved, struct error *error)
{
    struct text key;
    if (free_key(rekey, moved->key, &key, error) || set_key(rekey, moved->record, key, error))
        return error->status;
    arena_clear(&rekey->record);
    struct value *detail = value_object(&rekey->record);
    value_set(detail, "key", value_text(&rekey->record, key));
    value_set(detail, "was", value_text(&rekey->record, moved->was));
    struct ledger_event event = {
        .event = "rekeyed", .source = rekey->name, .code = moved->code, .detail = detail
    };
    enum status status = ledger_append(rekey->store, &event, NULL, error);
    for (const struct spoken *spoken = moved->spoken; !status && spoken; spoken = spoken->next) {
        event.code = spoken->code;
        status = ledger_append(rekey->store, &event, NULL, error);
    }
    return status;
}

static enum status remember(struct rekey *rekey, const char *address, struct error *error)
{
    return sql_run(rekey->store,
                   "INSERT INTO source (name, keyed_by) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET "
                   "keyed_by = ?2",
                   SQL_WITH(SQL_TEXT(text_of(rekey->name)), SQL_TEXT(text_of(address))), error);
}

/* All leave their old keys before any takes its new one, which may have been another's. */
static enum status move(struct rekey *rekey, struct error *error)
{
    const struct moved *moved;
    for (moved = rekey->first; moved; moved = moved->next)
        if (set_key(rekey, moved->record, TEXT_NONE, error))
            return error->status;
    for (moved = rekey->first; moved; moved = moved->next)
        if (give_key(rekey, moved, error))
            return error->status;
    return STATUS_OK;
}

enum status rekey_source(struct store *store, const char *source, const char *address, rekey_find *find,
                         void *user_data, struct error *error)
{
    struct rekey rekey = { .store = store, .name = source };
    bool same;
    const char *by = address ? address : "";
    rekey.last = &rekey.first;
    enum status status = is_known_by(&rekey, by, &same, error);
    if (status || same)
        return status;
    if (rekey.source)
        status = find_moved(&rekey, find, user_data, error);
    if (!status && rekey.first)
        status = find_spoken(&rekey, error);
    status = status ? status : move(&rekey, error);
    status = status ? status : remember(&rekey, by, error);
    counters_free(&rekey.numbers);
    arena_free(&rekey.arena);
    arena_free(&rekey.record);
    return status;
}
