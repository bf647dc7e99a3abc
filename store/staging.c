#include "store/staging.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/crypto.h"
#include "core/bits.h"
#include "core/error_value.h"
#include "core/memory.h"
#include "store/counters.h"
#include "store/fingerprints.h"
#include "store/ledger.h"
#include "store/sql.h"
#include "store/transform_queue.h"

#define GROUP 1000 /* records in one transaction */

struct staging {
    struct store *store;
    const char *name;
    const struct staging_sink *sink; /* NULL: none */
    int64_t source;
    struct staging_counts counts;
    struct bits seen, before; /* a bit for each record of the store, by number; before: in the first walk */
    int64_t context;          /* the payload of the context staged last */
    struct digest context_digest;
    bool has_context;
    int in_group;
    /* A source that had no record before: what this pass staged is all there is, and most look-ups are
     * spared. */
    bool fresh;
    struct fingerprints staged;
    int64_t last; /* the record that was seen last: a listing mostly goes on with the one after it */
    struct counters numbers; /* of a key that came more than once: the next "KEY (n)" to be tried */
    char shared[80];         /* the first of these */
    struct counters places; /* of the same bytes in a document without keys: the last record that took them */
};

static bool is_seen(const struct staging *staging, int64_t record)
{
    return bits_has(&staging->seen, record);
}

static void mark_seen(struct staging *staging, int64_t record)
{
    bits_add(&staging->seen, record);
}

static enum status settle(const struct staging *staging, struct error *error)
{
    const struct staging_sink *sink = staging->sink;
    return sink ? sink->settle(sink->user_data, staging->store, error) : STATUS_OK;
}

/* What the first walk staged may be staged anew. */
enum status staging_walk_again(struct staging *staging, struct error *error)
{
    if (settle(staging, error))
        return error->status;
    bits_free(&staging->before);
    staging->before = staging->seen;
    staging->seen = (struct bits){ 0 };
    counters_free(&staging->numbers);
    counters_free(&staging->places);
    staging->counts.seen = 0;
    return STATUS_OK;
}

static void free_staging(struct staging *staging)
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
    free_staging(staging);
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
    mark_seen(staging, record);
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
    while (status == STATUS_OK && is_seen(staging, sqlite_number(statement, 0)));
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
        found->taken = is_seen(staging, found->record) || sqlite_number(statement, 2) != nameless;
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
    mark_seen(staging, staging->last);
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

enum status staging_key_at(struct staging *staging, struct arena *arena, struct text locator,
                           struct text *key, struct error *error)
{
    struct sqlite_statement *statement;
    *key = TEXT_NONE;
    enum status status =
        sql_row(staging->store,
                "SELECT key FROM record WHERE source = ?1 AND locator = ?2 AND present = 1 AND nameless = 0"
                " LIMIT 1",
                SQL_WITH(SQL_NUMBER(staging->source), SQL_TEXT(locator)), &statement, error);
    if (status == STATUS_OK)
        *key = sqlite_take_text(arena, statement, 0);
    return sql_end(statement, status);
}

enum status staging_doubt(struct staging *staging, struct text key, const struct digest *digest,
                          enum staging_doubt *doubt, struct error *error)
{
    struct sqlite_statement *statement;
    *doubt = STAGING_NO_DOUBT;
    enum status status = sql_row(
        staging->store, "SELECT doubt FROM record WHERE source = ?1 AND key = ?2 AND source_digest = ?3",
        SQL_WITH(SQL_NUMBER(staging->source), SQL_TEXT(key), SQL_DIGEST(digest)), &statement, error);
    if (status == STATUS_OK)
        *doubt = (enum staging_doubt)sqlite_number(statement, 0);
    return sql_end(statement, status);
}

static enum status is_there(struct sqlite_statement *statement, bool *is, struct error *error)
{
    enum status status = sqlite_step(statement, error);
    *is = status == STATUS_OK;
    return sql_end(statement, status);
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
    return sql_end(statement, status);
}

enum status staging_settle(struct staging *staging, struct error *error)
{
    return sql_run(
        staging->store, "UPDATE record SET doubt = ?2 WHERE source = ?1 AND doubt = ?3",
        SQL_WITH(SQL_NUMBER(staging->source), SQL_NUMBER(STAGING_NO_DOUBT), SQL_NUMBER(STAGING_HIDES)),
        error);
}

bool staging_is_fresh(const struct staging *staging)
{
    return staging->fresh;
}

enum status staging_is_taken_up(struct staging *staging, struct text locator, bool *taken,
                                struct error *error)
{
    struct sqlite_statement *statement;
    if (sql_rows(staging->store,
                 "SELECT 1 FROM record WHERE source = ?1 AND locator = ?2 AND fault IS NOT NULL AND work = 1"
                 " LIMIT 1",
                 SQL_WITH(SQL_NUMBER(staging->source), SQL_TEXT(locator)), &statement, error))
        return error->status;
    return is_there(statement, taken, error);
}

enum status staging_has_document(struct staging *staging, struct text document, bool *many,
                                 struct error *error)
{
    struct sqlite_statement *statement;
    if (sql_rows(staging->store,
                 "SELECT 1 FROM record WHERE source = ?1 AND present = 1 AND nameless = 0"
                 " AND substr(locator, 1, length(?2) + 1) IN (?2 || ':', ?2 || '#') LIMIT 1",
                 SQL_WITH(SQL_NUMBER(staging->source), SQL_TEXT(document)), &statement, error))
        return error->status;
    return is_there(statement, many, error);
}

enum status staging_has_key(struct staging *staging, struct text key, bool *has, struct error *error)
{
    struct sqlite_statement *statement;
    *has = false;
    if (sql_rows(staging->store, "SELECT 1 FROM record WHERE source = ?1 AND key = ?2 AND nameless = 0",
                 SQL_WITH(SQL_NUMBER(staging->source), SQL_TEXT(key)), &statement, error))
        return error->status;
    return is_there(statement, has, error);
}

enum status staging_has_code(struct staging *staging, struct text key, const struct text *codes, size_t count,
                             bool *its, struct error *error)
{
    struct sqlite_statement *statement;
    *its = false;
    enum status status = sql_row(staging->store, "SELECT code FROM record WHERE source = ?1 AND key = ?2",
                                 SQL_WITH(SQL_NUMBER(staging->source), SQL_TEXT(key)), &statement, error);
    for (size_t i = 0; status == STATUS_OK && i < count; i++)
        *its = *its || text_equal(sqlite_column_text(statement, 0), codes[i]);
    return sql_end(statement, status);
}

int64_t staging_seen(const struct staging *staging)
{
    return staging->counts.seen;
}

void staging_seen_again(struct staging *staging, int64_t records)
{
    staging->counts.seen -= records < staging->counts.seen ? records : staging->counts.seen;
}

size_t staging_shared_keys(const struct staging *staging, const char **first)
{
    *first = staging->shared;
    return *staging->shared ? staging->numbers.count : 0;
}

int64_t staging_records(const struct staging *staging)
{
    return staging->seen.set;
}

enum status staging_unchanged(struct staging *staging, struct error *error)
{
    struct sqlite_statement *statement;
    if (sql_rows(staging->store,
                 "SELECT id FROM record WHERE source = ?1 AND id NOT IN"
                 " (SELECT id FROM record WHERE source = ?1 AND present = 0)",
                 SQL_WITH(SQL_NUMBER(staging->source)), &statement, error))
        return error->status;
    enum status status;
    while (!(status = sqlite_step(statement, error))) {
        mark_seen(staging, sqlite_number(statement, 0));
        staging->counts.seen++;
    }
    return status == STATUS_END ? STATUS_OK : status;
}

/* A publication of this very record that is still to be sent. */
static enum status is_pending(struct staging *staging, int64_t record, struct text code, bool *pending,
                              struct error *error)
{
    return sql_any(
        staging->store,
        "SELECT 1 FROM procedure_state WHERE code = ?1 AND record = ?2 AND wanted_action = 'publish'",
        SQL_WITH(SQL_TEXT(code), SQL_NUMBER(record)), pending, error);
}

/* Those that lose their place may free a code for others: whoever shares it is settled again. */
static enum status lose(struct staging *staging, int64_t record, bool nameless, struct text key,
                        struct text code, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    if (sql_run(staging->store, "UPDATE record SET present = 0 WHERE id = ?1", SQL_WITH(SQL_NUMBER(record)),
                error))
        return error->status;
    struct transform_shared shared = { .code = code, .but = record };
    if (code.bytes && transform_queue_share(staging->store, &shared, error))
        return error->status;
    if (nameless)
        return STATUS_OK;
    bool pending = false;
    if (code.bytes && is_pending(staging, record, code, &pending, error))
        return error->status;
    staging->counts.orphaned += pending;
    struct value *detail = value_object(&arena);
    value_set(detail, "key", value_text(&arena, key));
    if (pending)
        value_set(detail, "pending", value_boolean(&arena, true));
    return ledger_append(
        staging->store,
        &(struct ledger_event){ .event = "missing", .source = staging->name, .code = code, .detail = detail },
        NULL, error);
}

struct lost {
    int64_t record;
    bool nameless;
    struct text key, code;
    struct text of; /* the key that it shares with others; none: its own */
};

struct losses {
    struct arena arena;
    struct lost *list;
    size_t count, capacity;
};

/* A row of "id, key, code, nameless". */
static void add_loss(struct losses *losses, struct sqlite_statement *row, struct text of)
{
    if (losses->count == losses->capacity)
        losses->list =
            memory_grow(losses->list, losses->capacity = losses->capacity * 2 + 64, sizeof *losses->list);
    losses->list[losses->count++] =
        (struct lost){ sqlite_number(row, 0), sqlite_number(row, 3), sqlite_take_text(&losses->arena, row, 1),
                       sqlite_take_text(&losses->arena, row, 2), of };
}

/* `status`: of what listed them. */
static enum status lose_all(struct staging *staging, struct losses *losses, enum status status,
                            struct error *error)
{
    status = status == STATUS_END ? STATUS_OK : status;
    for (size_t i = 0; !status && i < losses->count; i++) {
        const struct lost *lost = &losses->list[i];
        status = lose(staging, lost->record, lost->nameless, lost->key, lost->code, error);
    }
    free(losses->list);
    arena_free(&losses->arena);
    return status;
}

/* Mostly nothing is missing, and that a count shows. */
static enum status is_complete(struct staging *staging, bool *complete, struct error *error)
{
    struct sqlite_statement *statement;
    enum status status = sql_row(staging->store, "SELECT count(*) FROM record WHERE source = ?1",
                                 SQL_WITH(SQL_NUMBER(staging->source)), &statement, error);
    *complete = status == STATUS_OK && sqlite_number(statement, 0) == staging->seen.set;
    sqlite_reset_statement(statement);
    return status;
}

static bool any_walk_saw(const struct staging *staging, int64_t record)
{
    return is_seen(staging, record) || bits_has(&staging->before, record);
}

/* `named`: those that can be told by a key, too. */
static enum status find_missing(struct staging *staging, bool named, struct error *error)
{
    bool complete = false;
    enum status status = is_complete(staging, &complete, error);
    if (status || complete)
        return status;
    struct losses losses = { 0 };
    struct sqlite_statement *statement;
    if (sql_rows(staging->store,
                 "SELECT id, key, code, nameless, present FROM record WHERE source = ?1 ORDER BY id",
                 SQL_WITH(SQL_NUMBER(staging->source)), &statement, error))
        return error->status;
    while (!(status = sqlite_step(statement, error))) {
        bool nameless = sqlite_number(statement, 3);
        if (any_walk_saw(staging, sqlite_number(statement, 0)) || (!nameless && !named))
            continue;
        staging->counts.missing += !nameless;
        if (sqlite_number(statement, 4))
            add_loss(&losses, statement, TEXT_NONE);
    }
    return lose_all(staging, &losses, status, error);
}

/* Of "KEY (n)": KEY; of another key: none. */
static struct text repeated_key(struct text key)
{
    size_t at = key.length;
    if (!at || key.bytes[--at] != ')')
        return TEXT_NONE;
    while (at && key.bytes[at - 1] >= '0' && key.bytes[at - 1] <= '9')
        at--;
    bool numbered = at > 2 && at + 1 < key.length && key.bytes[at - 1] == '(' && key.bytes[at - 2] == ' ';
    return numbered ? text_slice(key, 0, at - 2) : TEXT_NONE;
}

/* The records of one key, as "KEY" and "KEY (n)" are where they give one code. */
struct repeats {
    struct losses losses;
    struct counters came; /* of a key: 1: no record of it was seen; 2: one was */
};

/* The first of them. A key that reads like that of a repeated one is not, where it gives another code. */
static enum status look_at_first(struct staging *staging, struct repeats *repeats, struct text key,
                                 struct text code, int64_t *came, struct error *error)
{
    struct sqlite_statement *row;
    enum status status =
        sql_row(staging->store,
                "SELECT id, key, code, nameless, present FROM record WHERE source = ?1 AND key = ?2 AND"
                " nameless = 0 AND coalesce(code, ?3, '') = coalesce(?3, code, '')",
                SQL_WITH(SQL_NUMBER(staging->source), SQL_TEXT(key), SQL_TEXT(code)), &row, error);
    if (status == STATUS_OK) {
        bool seen = any_walk_saw(staging, sqlite_number(row, 0));
        if (!seen && !*came && sqlite_number(row, 4))
            add_loss(&repeats->losses, row, key);
        *came = seen || *came == 2 ? 2 : 1;
    }
    return sql_end(row, status);
}

static enum status look_at_repeat(struct staging *staging, struct repeats *repeats,
                                  struct sqlite_statement *row, struct error *error)
{
    struct text key = repeated_key(sqlite_column_text(row, 1));
    if (!key.bytes)
        return STATUS_OK;
    key = text_copy(&repeats->losses.arena, key);
    struct text code = sqlite_column_text(row, 2);
    int64_t came = 0;
    counters_get(&repeats->came, key, &came);
    if (look_at_first(staging, repeats, key, code, &came, error))
        return error->status;
    if (!came)
        return STATUS_OK;
    if (any_walk_saw(staging, sqlite_number(row, 0)))
        came = 2;
    else
        add_loss(&repeats->losses, row, key);
    counters_set(&repeats->came, key, came);
    return STATUS_OK;
}

static void keep_those_that_came(struct repeats *repeats)
{
    struct losses *losses = &repeats->losses;
    size_t kept = 0;
    for (size_t i = 0; i < losses->count; i++) {
        int64_t came = 2;
        if (!losses->list[i].nameless)
            counters_get(&repeats->came, losses->list[i].of, &came);
        if (came == 2)
            losses->list[kept++] = losses->list[i];
    }
    losses->count = kept;
}

/* Where only changes come, absence means nothing, but for two kinds that would stay for ever. A key that came has come for all
 * records that bear it: those of a reading in which it came several times are out of date. What could not be identified never
 * comes under its name again: it goes when an operator says that it is dealt with (retry). */
static enum status find_outdated(struct staging *staging, struct error *error)
{
    struct repeats repeats = { 0 };
    struct sqlite_statement *row;
    if (sql_rows(staging->store,
                 "SELECT id, key, code, nameless FROM record WHERE source = ?1 AND present = 1 AND"
                 " (nameless = 1 AND work = ?2 AND outcome = 'rejected' OR nameless = 0 AND key LIKE '% "
                 "(_%)') ORDER BY id",
                 SQL_WITH(SQL_NUMBER(staging->source), SQL_NUMBER(WORK_MAP)), &row, error))
        return error->status;
    enum status status;
    while (!(status = sqlite_step(row, error))) {
        if (!sqlite_number(row, 3))
            status = look_at_repeat(staging, &repeats, row, error);
        else if (!any_walk_saw(staging, sqlite_number(row, 0)))
            add_loss(&repeats.losses, row, TEXT_NONE);
        if (status)
            break;
    }
    keep_those_that_came(&repeats);
    counters_free(&repeats.came);
    return lose_all(staging, &repeats.losses, status, error);
}

enum status staging_absent(struct staging *staging, void (*each)(void *user_data, struct text locator),
                           void *user_data, int64_t *absent, struct error *error)
{
    struct sqlite_statement *statement;
    *absent = 0;
    if (sql_rows(staging->store,
                 "SELECT id, locator FROM record WHERE source = ?1 AND present = 1 AND nameless = 0",
                 SQL_WITH(SQL_NUMBER(staging->source)), &statement, error))
        return error->status;
    enum status status;
    while (!(status = sqlite_step(statement, error))) {
        int64_t record = sqlite_number(statement, 0);
        if (is_seen(staging, record) || bits_has(&staging->before, record))
            continue;
        ++*absent;
        if (each)
            each(user_data, sqlite_column_text(statement, 1));
    }
    return status == STATUS_END ? STATUS_OK : status;
}

static enum status append_listed(struct staging *staging, const struct staging_verdict *verdict,
                                 struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct value *detail = value_object(&arena);
    value_set(detail, "changed", value_integer(&arena, staging->counts.changed));
    value_set(detail, "missing", value_integer(&arena, staging->counts.missing));
    value_set(detail, "returned", value_integer(&arena, staging->counts.returned));
    value_set(detail, "seen", value_integer(&arena, staging->counts.seen));
    if (verdict->skipped)
        value_set(detail, "skipped", value_integer(&arena, verdict->skipped));
    if (verdict->partial)
        value_set(detail, "partial", value_boolean(&arena, true));
    if (verdict->unchanged)
        value_set(detail, "unchanged", value_boolean(&arena, true));
    value_set(detail, "whole", value_boolean(&arena, verdict->whole));
    struct value *errors =
        verdict->reason_count ? error_values(&arena, verdict->reasons, verdict->reason_count) : NULL;
    if (errors)
        value_set(detail, "errors", errors);
    if (verdict->why && *verdict->why)
        value_set(detail, "why", value_string(&arena, verdict->why));
    return ledger_append(
        staging->store,
        &(struct ledger_event){ .event = "listed", .source = staging->name, .detail = detail }, NULL, error);
}

enum status staging_finish(struct staging *staging, const struct staging_verdict *verdict,
                           struct staging_counts *counts, struct error *error)
{
    if (settle(staging, error) ||
        (verdict->full && (verdict->whole || verdict->through) &&
         find_missing(staging, verdict->whole, error)) ||
        (!verdict->full && verdict->whole && find_outdated(staging, error)) ||
        append_listed(staging, verdict, error) || store_commit(staging->store, error)) {
        staging_abandon(staging);
        return error->status;
    }
    staging->counts.skipped = verdict->skipped;
    *counts = staging->counts;
    free_staging(staging);
    return STATUS_OK;
}

enum status staging_sources(struct store *store, struct arena *arena, struct text **names, size_t *count,
                            struct error *error)
{
    struct sqlite_statement *statement;
    struct text *found = NULL;
    size_t capacity = *count = 0;
    if (store_sql(
            store,
            "SELECT name FROM source s"
            " WHERE EXISTS (SELECT 1 FROM record r WHERE r.source = s.id AND r.present = 1) ORDER BY s.id",
            &statement, error))
        return error->status;
    enum status status;
    while (!(status = sqlite_step(statement, error))) {
        if (*count == capacity)
            found = memory_grow(found, capacity = capacity * 2 + 16, sizeof *found);
        found[(*count)++] = sqlite_take_text(arena, statement, 0);
    }
    *names = arena_array(arena, struct text, *count + 1);
    if (*count)
        memcpy(*names, found, *count * sizeof *found);
    free(found);
    return status == STATUS_END ? STATUS_OK : status;
}

enum status staging_leave(struct store *store, const char *source, int64_t *missing, struct error *error)
{
    struct staging *staging;
    if (staging_open(store, source, NULL, &staging, error))
        return error->status;
    if (find_missing(staging, true, error) || store_commit(store, error)) {
        staging_abandon(staging);
        return error->status;
    }
    *missing = staging->counts.missing;
    free_staging(staging);
    return STATUS_OK;
}

enum status staging_present(struct store *store, const char *source, int64_t *present, struct error *error)
{
    struct sqlite_statement *statement;
    enum status status = sql_row(store,
                                 "SELECT (SELECT count(*) FROM record WHERE source = s.id) -"
                                 " (SELECT count(*) FROM record WHERE source = s.id AND present = 0)"
                                 " FROM source s WHERE s.name = ?1",
                                 SQL_WITH(SQL_TEXT(text_of(source))), &statement, error);
    *present = status == STATUS_OK ? sqlite_number(statement, 0) : 0;
    sqlite_reset_statement(statement);
    return status;
}

enum status staging_was_whole(struct store *store, const char *source, bool *whole, struct error *error)
{
    struct sqlite_statement *statement;
    *whole = true;
    enum status status = sql_row(store,
                                 "SELECT json_extract(e.detail, '$.whole') FROM ledger e WHERE e.source = ?1 "
                                 "AND " STAGING_A_LISTING("e") " ORDER BY e.seq DESC LIMIT 1",
                                 SQL_WITH(SQL_TEXT(text_of(source))), &statement, error);
    if (status == STATUS_OK)
        *whole = sqlite_number(statement, 0);
    return sql_end(statement, status);
}
