/* The end of a pass: who is missing, who is out of date, and the event that says so. */
#include <stdlib.h>

#include "core/error_value.h"
#include "core/memory.h"
#include "store/ledger.h"
#include "store/sql.h"
#include "store/staging_pass.h"
#include "store/transform_queue.h"

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
        staging_mark_seen(staging, sqlite_number(statement, 0));
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

/* Those that lose their place may free a code for others: whoever shares it is settled again. `told`: they know of it. */
static enum status lose(struct staging *staging, int64_t record, bool nameless, struct text key,
                        struct text code, bool told, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    if (sql_run(staging->store, "UPDATE record SET present = 0 WHERE id = ?1", SQL_WITH(SQL_NUMBER(record)),
                error))
        return error->status;
    struct transform_shared shared = { .code = code, .but = record };
    if (code.bytes && !told && transform_queue_share(staging->store, &shared, error))
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
    losses->list = memory_more(losses->list, losses->count, &losses->capacity, sizeof *losses->list);
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
        bool told = i && text_equal(lost->code, lost[-1].code);
        status = lose(staging, lost->record, lost->nameless, lost->key, lost->code, told, error);
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
    return staging_has_seen(staging, record) || bits_has(&staging->before, record);
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
        if (any_walk_saw(staging, record))
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
    if (staging_settle_sink(staging, error) ||
        (verdict->full && (verdict->whole || verdict->through) &&
         find_missing(staging, verdict->whole, error)) ||
        (!verdict->full && verdict->whole && find_outdated(staging, error)) ||
        append_listed(staging, verdict, error) || store_commit(staging->store, error)) {
        staging_abandon(staging);
        return error->status;
    }
    staging->counts.skipped = verdict->skipped;
    *counts = staging->counts;
    staging_free(staging);
    return STATUS_OK;
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
    staging_free(staging);
    return STATUS_OK;
}
