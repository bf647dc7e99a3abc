#include "store/staging.h"

#include <stdio.h>
#include <stdlib.h>

#include "adapters/crypto.h"
#include "core/memory.h"
#include "store/ledger.h"
#include "store/sql.h"
#include "store/staging_pass.h"
#include "store/transform_queue.h"

#define GROUP 1000 /* records in one transaction */

enum status staging_settle_sink(const struct staging *staging, struct error *error)
{
    const struct staging_sink *sink = staging->sink;
    return sink ? sink->settle(sink->user_data, staging->store, error) : STATUS_OK;
}

/* What the first walk staged may be staged anew. */
enum status staging_walk_again(struct staging *staging, struct error *error)
{
    if (staging_settle_sink(staging, error))
        return error->status;
    bits_free(&staging->before);
    staging->before = staging->seen;
    staging->seen = (struct bits){ 0 };
    counters_free(&staging->numbers);
    counters_free(&staging->places);
    staging->counts.seen = 0;
    return STATUS_OK;
}

void staging_free(struct staging *staging)
{
    bits_free(&staging->seen);
    bits_free(&staging->before);
    fingerprints_free(&staging->staged);
    counters_free(&staging->numbers);
    counters_free(&staging->places);
    free(staging);
}

static enum status find_source(struct store *store, const char *name, int64_t *source, struct error *error)
{
    struct sqlite_statement *statement;
    enum status status = sql_row(store, "SELECT id FROM source WHERE name = ?1",
                                 SQL_WITH(SQL_TEXT(text_of(name))), &statement, error);
    if (status == STATUS_OK) {
        *source = sqlite_number(statement, 0);
        sqlite_reset_statement(statement);
        return STATUS_OK;
    }
    if (status != STATUS_END)
        return status;
    if (sql_run(store, "INSERT INTO source (name) VALUES (?1)", SQL_WITH(SQL_TEXT(text_of(name))), error))
        return error->status;
    *source = sqlite_last_row(store_database(store));
    return STATUS_OK;
}

static enum status look_if_fresh(struct staging *staging, struct error *error)
{
    struct sqlite_statement *statement;
    enum status status = sql_row(staging->store, "SELECT 1 FROM record WHERE source = ?1 LIMIT 1",
                                 SQL_WITH(SQL_NUMBER(staging->source)), &statement, error);
    staging->fresh = status == STATUS_END;
    return sql_end(statement, status);
}

/* Certainly not in the store under this source. */
static bool is_new(const struct staging *staging, struct text bytes)
{
    return staging->fresh && !fingerprints_has(&staging->staged, bytes);
}

static struct text digest_text(const struct digest *digest)
{
    return (struct text){ (const char *)digest->bytes, 8 };
}

enum status staging_open(struct store *store, const char *source, const struct staging_sink *sink,
                         struct staging **staging, struct error *error)
{
    if (store_begin(store, error))
        return error->status;
    struct staging *made = memory_new(struct staging);
    made->store = store;
    made->name = source;
    made->sink = sink;
    if (find_source(store, source, &made->source, error) || look_if_fresh(made, error)) {
        staging_abandon(made);
        return error->status;
    }
    *staging = made;
    return STATUS_OK;
}

void staging_abandon(struct staging *staging)
{
    if (staging->sink)
        staging->sink->give_up(staging->sink->user_data);
    store_rollback(staging->store);
    staging_free(staging);
}

static enum status append_returned(struct staging *staging, struct text key, struct text code,
                                   struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct value *detail = value_object(&arena);
    value_set(detail, "key", value_text(&arena, key));
    staging->counts.returned++;
    return ledger_append(staging->store,
                         &(struct ledger_event){
                             .event = "returned", .source = staging->name, .code = code, .detail = detail },
                         NULL, error);
}

/* What was kept back, was gone and comes back is kept back anew, from this run on. */
static enum status find_anew(struct staging *staging, int64_t record, struct error *error)
{
    return sql_run(staging->store, "UPDATE finding SET since_run = ?2 WHERE record = ?1",
                   SQL_WITH(SQL_NUMBER(record), SQL_NUMBER(store_run(staging->store))), error);
}

/* Seen again with the same bytes: only where it stands, or that it is back, can be new. */
static enum status touch(struct staging *staging, int64_t record, bool moved, bool present,
                         struct text locator, struct text key, struct text code, struct error *error)
{
    staging_mark_seen(staging, record);
    staging->last = record;
    staging->counts.seen++;
    if (!moved && present)
        return STATUS_OK;
    if (sql_run(staging->store, "UPDATE record SET locator = ?2, present = 1 WHERE id = ?1",
                SQL_WITH(SQL_NUMBER(record), SQL_TEXT(locator)), error) ||
        (!present && (transform_queue_raise(staging->store, record, WORK_RESOLVE, error) ||
                      find_anew(staging, record, error))))
        return error->status;
    return present ? STATUS_OK : append_returned(staging, key, code, error);
}

enum status staging_context(struct staging *staging, struct text context, struct error *error)
{
    if (!context.bytes) {
        staging->has_context = false;
        staging->context = 0;
        return STATUS_OK;
    }
    struct digest digest = crypto_sha256(context);
    if (staging->has_context && digest_equal(&digest, &staging->context_digest))
        return STATUS_OK;
    staging->has_context = true;
    staging->context_digest = digest;
    return store_payload_put(staging->store, PAYLOAD_SOURCE, &digest, context, &staging->context, error);
}

/* A record that was missing for so long that its bytes were forgotten is staged again. */
#define KNOWN_COLUMNS                                                                                        \
    "SELECT id, locator, present, key, code, source_digest, context, present = 0 AND EXISTS"                 \
    " (SELECT 1 FROM payload p WHERE p.id = record.payload AND p.bytes IS NULL) FROM record"

#define OF_DIGEST "(SELECT id FROM payload WHERE digest = ?1)"

/* The row that stands ready: is it these very bytes, in the same context? */
static enum status take_row(struct staging *staging, struct sqlite_statement *statement,
                            const struct digest *digest, struct text locator, bool *known,
                            struct error *error)
{
    struct digest staged;
    if (!sqlite_digest(statement, 5, &staged) || !digest_equal(&staged, digest) ||
        sqlite_number(statement, 6) != staging->context || sqlite_number(statement, 7)) {
        sqlite_reset_statement(statement);
        return STATUS_OK;
    }
    ARENA_OWNED struct arena arena = { 0 };
    int64_t record = sqlite_number(statement, 0);
    bool moved = !text_equal(sqlite_column_text(statement, 1), locator);
    bool present = sqlite_number(statement, 2);
    struct text own_key = TEXT_NONE, code = TEXT_NONE;
    if (!present) {
        own_key = sqlite_take_text(&arena, statement, 3);
        if (!sqlite_is_null(statement, 4))
            code = sqlite_take_text(&arena, statement, 4);
    }
    sqlite_reset_statement(statement);
    *known = true;
    return touch(staging, record, moved, present, locator, own_key, code, error);
}

/* Steps to the row, and takes it where there is one. */
static enum status take_first(struct staging *staging, struct sqlite_statement *statement,
                              const struct digest *digest, struct text locator, bool *known,
                              struct error *error)
{
    enum status status = sqlite_step(statement, error);
    if (status)
        return status == STATUS_END ? STATUS_OK : status;
    return take_row(staging, statement, digest, locator, known, error);
}

/* One record on from the last: beside it in the file, where the way over the digest leads to any place in it. */
static enum status is_next(struct staging *staging, const struct digest *digest, struct text locator,
                           bool *known, struct error *error)
{
    struct sqlite_statement *statement;
    if (sql_rows(staging->store, KNOWN_COLUMNS " WHERE id = ?1 AND source = ?2 AND fault IS NULL",
                 SQL_WITH(SQL_NUMBER(staging->last + 1), SQL_NUMBER(staging->source)), &statement, error))
        return error->status;
    return take_first(staging, statement, digest, locator, known, error);
}

enum status staging_known(struct staging *staging, const struct digest *digest, struct text locator,
                          bool *known, struct error *error)
{
    struct sqlite_statement *statement;
    *known = false;
    if (is_new(staging, digest_text(digest)))
        return STATUS_OK;
    if (is_next(staging, digest, locator, known, error) || *known)
        return *known ? STATUS_OK : error->status;
    if (sql_rows(staging->store,
                 KNOWN_COLUMNS " WHERE payload = " OF_DIGEST " AND source = ?2 AND context IS ?3"
                               " AND fault IS NULL",
                 SQL_WITH(SQL_DIGEST(digest), SQL_NUMBER(staging->source)), &statement, error))
        return error->status;
    if (staging->context)
        sqlite_bind_number(statement, 3, staging->context);
    return take_first(staging, statement, digest, locator, known, error);
}

/* Those that were staged with these bytes, this context and this fault under ?4, or under "?4 (n)". */
#define ALIKE                                                                                                \
    " WHERE payload = " OF_DIGEST " AND source = ?2 AND context IS ?3 AND fault IS ?5"                       \
    " AND (key = ?4 OR substr(key, 1, length(?4) + 2) = ?4 || ' (')"

static void bind_alike(const struct staging *staging, struct sqlite_statement *statement,
                       const struct digest *digest, struct text key, const char *fault)
{
    sqlite_bind_digest(statement, 1, digest);
    sqlite_bind_number(statement, 2, staging->source);
    if (staging->context)
        sqlite_bind_number(statement, 3, staging->context);
    sqlite_bind_text(statement, 4, key);
    sqlite_bind_text(statement, 5, text_of(fault));
}

static enum status step_to_unseen(const struct staging *staging, struct sqlite_statement *statement,
                                  struct error *error)
{
    enum status status;
    do
        status = sqlite_step(statement, error);
    while (status == STATUS_OK && staging_has_seen(staging, sqlite_number(statement, 0)));
    return status;
}

enum status staging_known_in(struct staging *staging, const struct digest *digest, struct text key,
                             const char *fault, struct text locator, bool *known, struct error *error)
{
    BUFFER_OWNED struct buffer place = { 0 };
    struct sqlite_statement *statement;
    int64_t last = 0;
    *known = false;
    if (is_new(staging, digest_text(digest)))
        return STATUS_OK;
    buffer_put(&place, digest->bytes, sizeof digest->bytes);
    buffer_put(&place, &staging->context, sizeof staging->context);
    buffer_text(&place, key);
    buffer_string(&place, fault ? fault : "");
    counters_get(&staging->places, buffer_view(&place), &last);
    if (store_sql(staging->store, KNOWN_COLUMNS ALIKE " AND id > ?6 ORDER BY id", &statement, error))
        return error->status;
    bind_alike(staging, statement, digest, key, fault);
    sqlite_bind_number(statement, 6, last);
    enum status status = step_to_unseen(staging, statement, error);
    if (status)
        return status == STATUS_END ? STATUS_OK : status;
    counters_set(&staging->places, buffer_view(&place), sqlite_number(statement, 0));
    return take_row(staging, statement, digest, locator, known, error);
}

enum status staging_hides(struct staging *staging, struct text key, const struct digest *digest,
                          const char *fault, bool *hides, struct error *error)
{
    struct sqlite_statement *statement;
    if (store_sql(staging->store, "SELECT id FROM record" ALIKE " AND present = 1 AND doubt <> ?6",
                  &statement, error))
        return error->status;
    bind_alike(staging, statement, digest, key, fault);
    sqlite_bind_number(statement, 6, STAGING_HIDES);
    enum status status = step_to_unseen(staging, statement, error);
    *hides = status == STATUS_END;
    sqlite_reset_statement(statement);
    return status == STATUS_END ? STATUS_OK : status;
}

static enum status next_group(struct staging *staging, struct error *error)
{
    if (++staging->in_group < GROUP)
        return STATUS_OK;
    staging->in_group = 0;
    if (store_commit(staging->store, error))
        return error->status;
    return store_begin(staging->store, error);
}

/* A name that was made never takes the place of a key that is like it, nor the other way. */
struct keyed {
    int64_t record; /* 0: nobody has the key */
    bool present, taken;
};

static enum status find_key(struct staging *staging, struct text key, bool nameless, struct keyed *found,
                            struct error *error)
{
    struct sqlite_statement *statement;
    *found = (struct keyed){ 0 };
    if (is_new(staging, key))
        return STATUS_OK;
    enum status status =
        sql_row(staging->store, "SELECT id, present, nameless FROM record WHERE source = ?1 AND key = ?2",
                SQL_WITH(SQL_NUMBER(staging->source), SQL_TEXT(key)), &statement, error);
    if (status == STATUS_OK) {
        found->record = sqlite_number(statement, 0);
        found->present = sqlite_number(statement, 1);
        found->taken = staging_has_seen(staging, found->record) || sqlite_number(statement, 2) != nameless;
    }
    return sql_end(statement, status);
}

/* The first of "KEY", "KEY (2)", … that this pass has not seen yet. */
static enum status free_key(struct staging *staging, struct arena *arena, bool nameless, struct text *key,
                            struct keyed *found, struct error *error)
{
    struct text base = *key;
    int64_t number = 2;
    enum status status = find_key(staging, base, nameless, found, error);
    if (status || !found->taken)
        return status;
    for (counters_get(&staging->numbers, base, &number); !status && found->taken; number++) {
        struct buffer named = { 0 };
        buffer_text(&named, base);
        buffer_printf(&named, " (%lld)", (long long)number);
        *key = text_copy(arena, buffer_view(&named));
        buffer_free(&named);
        status = find_key(staging, *key, nameless, found, error);
    }
    if (!nameless && !*staging->shared)
        snprintf(staging->shared, sizeof staging->shared, TEXT_PRINT,
                 (int)text_cut(base, sizeof staging->shared - 1), base.bytes);
    counters_set(&staging->numbers, base, number);
    return status;
}

static enum status write_record(struct staging *staging, const struct staged_record *record, struct text key,
                                int64_t known, int64_t payload, struct error *error)
{
    struct sqlite_statement *statement;
    if (sql_rows(
            staging->store,
            known
                ? "UPDATE record SET key = ?2, locator = ?3, source_digest = ?4, payload = ?5, context = ?6,"
                  " fault = ?7, nameless = ?8, doubt = ?9, present = 1 WHERE id = ?1"
                : "INSERT INTO record (source, key, locator, source_digest, payload, context, fault, "
                  "nameless, doubt)"
                  " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            SQL_WITH(SQL_NUMBER(known ? known : staging->source), SQL_TEXT(key), SQL_TEXT(record->locator),
                     SQL_DIGEST(&record->digest), SQL_NUMBER(payload)),
            &statement, error))
        return error->status;
    if (record->context.bytes)
        sqlite_bind_number(statement, 6, staging->context);
    sqlite_bind_text(statement, 7, text_of(record->fault));
    sqlite_bind_number(statement, 8, record->nameless);
    sqlite_bind_number(statement, 9, record->doubt);
    if (sqlite_execute(statement, error) ||
        (known && transform_queue_raise(staging->store, known, WORK_MAP, error)))
        return error->status;
    staging->last = known ? known : sqlite_last_row(store_database(staging->store));
    staging_mark_seen(staging, staging->last);
    if (staging->fresh) {
        fingerprints_add(&staging->staged, key);
        fingerprints_add(&staging->staged, digest_text(&record->digest));
    }
    return STATUS_OK;
}

static enum status put_bytes(struct staging *staging, const struct staged_record *record, int64_t *payload,
                             struct error *error)
{
    if (record->packed.bytes)
        return store_payload_put_packed(staging->store, &record->digest, record->bytes.length, record->packed,
                                        payload, error);
    return store_payload_put(staging->store, PAYLOAD_SOURCE, &record->digest, record->bytes, payload, error);
}

static enum status tell_sink(const struct staging *staging, const struct staged_record *record,
                             struct text key, struct error *error)
{
    const struct staging_sink *sink = staging->sink;
    struct staged_record staged = *record;
    staged.key = key;
    return sink ? sink->take(sink->user_data, staging->store, staging->name, staging->last, &staged, error)
                : STATUS_OK;
}

enum status staging_put(struct staging *staging, const struct staged_record *record, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct text key = record->key;
    struct keyed found;
    int64_t payload = 0;
    if (free_key(staging, &arena, record->nameless, &key, &found, error) ||
        put_bytes(staging, record, &payload, error) || staging_context(staging, record->context, error))
        return error->status;
    if (found.record && !found.present &&
        (find_anew(staging, found.record, error) ||
         (!record->nameless && append_returned(staging, key, TEXT_NONE, error))))
        return error->status;
    if (write_record(staging, record, key, found.record, payload, error) ||
        (!found.record && tell_sink(staging, record, key, error)))
        return error->status;
    staging->counts.seen++;
    staging->counts.changed++;
    return next_group(staging, error);
}
