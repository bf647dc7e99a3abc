#include "store/report_memory.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/date.h"
#include "core/memory.h"
#include "store/sql.h"
#include "store/statement_rows.h"

const char *const report_lists[] = { "fields", "executing", "services", NULL };

#define STEP 64 /* codes that are read while others wait */

struct version {
    char day[DATE_TEXT], to_day[DATE_TEXT]; /* empty: it stands still */
    struct value *row;
};

struct known {
    struct text code;
    struct version *versions;
    size_t count, bytes;
};

struct report_memory {
    pthread_rwlock_t lock;
    bool none;           /* too much to be kept */
    struct arena arena;  /* of what is known and waits */
    size_t waste;        /* bytes in it of what is known no longer */
    struct known *known; /* in order of code */
    size_t count, room;
    struct text *waiting; /* codes that are to be read, from `next` on */
    size_t waiting_count, waiting_room, next;
    int64_t last, run; /* the event that was followed to; the run of the head that stood then, 0: none */
    struct buffer hash, root;
};

struct report_memory *report_memory_open(void)
{
    struct report_memory *memory = memory_new(struct report_memory);
    pthread_rwlock_init(&memory->lock, NULL);
    return memory;
}

static void forget(struct report_memory *memory)
{
    arena_free(&memory->arena);
    memory->count = memory->waiting_count = memory->next = memory->waste = 0;
    memory->last = memory->run = 0;
}

void report_memory_close(struct report_memory *memory)
{
    if (!memory)
        return;
    forget(memory);
    free(memory->known);
    free(memory->waiting);
    buffer_free(&memory->hash);
    buffer_free(&memory->root);
    pthread_rwlock_destroy(&memory->lock);
    free(memory);
}

/* ---- where it stands ---- */

static void keep(struct buffer *to, struct text bytes)
{
    buffer_clear(to);
    buffer_text(to, bytes);
}

/* *same: the ledger that it followed is the beginning of the one that is there, or the whole of it. */
static enum status look_at(const struct report_memory *memory, struct store *store, int64_t *newest,
                           bool *same, struct error *error)
{
    struct sqlite_statement *row;
    if (sql_row(store,
                "SELECT (SELECT coalesce(max(seq), 0) FROM ledger), (SELECT hash FROM ledger WHERE seq = ?1),"
                " (SELECT root FROM checkpoint WHERE run = ?2)",
                SQL_WITH(SQL_NUMBER(memory->last), SQL_NUMBER(memory->run)), &row, error))
        return error->status;
    *newest = sqlite_number(row, 0);
    *same = memory->last && text_equal(sqlite_bytes(row, 1), buffer_view(&memory->hash)) &&
            (!memory->run || text_equal(sqlite_bytes(row, 2), buffer_view(&memory->root)));
    sqlite_reset_statement(row);
    return STATUS_OK;
}

/* STATUS_END: the ledger is empty. */
static enum status stand_at_end(struct report_memory *memory, struct store *store, struct error *error)
{
    struct sqlite_statement *row;
    enum status status = sql_row(store,
                                 "SELECT l.seq, l.hash, c.run, c.root FROM ledger l LEFT JOIN checkpoint c"
                                 " ON c.run = (SELECT max(run) FROM checkpoint) ORDER BY l.seq DESC LIMIT 1",
                                 NULL, &row, error);
    if (status)
        return status;
    memory->last = sqlite_number(row, 0);
    memory->run = sqlite_is_null(row, 2) ? 0 : sqlite_number(row, 2);
    keep(&memory->hash, sqlite_bytes(row, 1));
    keep(&memory->root, sqlite_bytes(row, 3));
    sqlite_reset_statement(row);
    return STATUS_OK;
}

static void wait_for(struct report_memory *memory, struct text code)
{
    memory->waiting =
        memory_more(memory->waiting, memory->waiting_count, &memory->waiting_room, sizeof *memory->waiting);
    memory->waiting[memory->waiting_count++] = text_copy(&memory->arena, code);
}

/* Which codes are to be read. STATUS_END: the snapshot is older than the memory. */
static enum status look_ahead(struct report_memory *memory, struct store *store, struct error *error)
{
    struct sqlite_statement *row;
    int64_t newest;
    bool same;
    enum status status;
    if (look_at(memory, store, &newest, &same, error))
        return error->status;
    if (memory->last && !same && newest < memory->last)
        return STATUS_END; /* an older snapshot, or an older ledger: who has a newer one finds out */
    if (!same || memory->waste > memory->arena.total / 2)
        forget(memory);
    if (newest == memory->last)
        return STATUS_OK;
    if (sql_rows(store, "SELECT DISTINCT code FROM ledger WHERE seq > ?1 AND code IS NOT NULL ORDER BY code",
                 SQL_WITH(SQL_NUMBER(memory->last)), &row, error))
        return error->status;
    while ((status = sqlite_step(row, error)) == STATUS_OK)
        wait_for(memory, sqlite_column_text(row, 0));
    if (status != STATUS_END)
        return status;
    status = stand_at_end(memory, store, error);
    return status == STATUS_END ? STATUS_OK : status;
}

/* ---- reading ---- */

static struct known *find(struct report_memory *memory, struct text code)
{
    size_t low = 0, high = memory->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (text_compare(memory->known[middle].code, code) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < memory->count && text_equal(memory->known[low].code, code))
        return &memory->known[low];
    memory->known = memory_more(memory->known, memory->count, &memory->room, sizeof *memory->known);
    memmove(&memory->known[low + 1], &memory->known[low], (memory->count++ - low) * sizeof *memory->known);
    memory->known[low] = (struct known){ .code = text_copy(&memory->arena, code) };
    return &memory->known[low];
}

static void copy_day(char *to, const struct value *row, const char *name)
{
    struct text day = value_text_of(row, name);
    snprintf(to, DATE_TEXT, "%.*s", (int)day.length, day.length ? day.bytes : "");
}

static enum status read_code(struct report_memory *memory, struct store *store, struct text code,
                             struct error *error)
{
    struct sqlite_statement *statement;
    struct value *rows;
    size_t i = 0, before = memory->arena.total;
    if (sql_rows(store, "SELECT * FROM report_procedures WHERE code = ?1 ORDER BY number",
                 SQL_WITH(SQL_TEXT(code)), &statement, error))
        return error->status;
    if (statement_rows(statement, &memory->arena, report_lists, &rows, error))
        return error->status;
    struct version *versions = arena_array(&memory->arena, struct version, rows->count);
    for (struct value *row = rows->first; row; row = row->next) {
        copy_day(versions[i].day, row, "day");
        copy_day(versions[i].to_day, row, "to_day");
        versions[i++].row = row;
    }
    struct known *known = find(memory, code);
    memory->waste += known->bytes;
    *known = (struct known){ known->code, versions, rows->count, memory->arena.total - before };
    return STATUS_OK;
}

/* With the lock. */
static enum status follow(struct report_memory *memory, struct store *store, size_t most, struct error *error)
{
    enum status status = memory->none ? STATUS_END : look_ahead(memory, store, error);
    if (status)
        return status;
    for (size_t i = 0; i < most && memory->next < memory->waiting_count; i++, memory->next++)
        if (read_code(memory, store, memory->waiting[memory->next], error))
            return error->status;
    if (memory->arena.total > REPORT_MEMORY_BYTES) {
        forget(memory);
        memory->none = true;
        return STATUS_END;
    }
    if (memory->next < memory->waiting_count)
        return STATUS_OK;
    memory->waiting_count = memory->next = 0;
    return STATUS_END;
}

enum status report_memory_follow(struct report_memory *memory, struct store *store, size_t most,
                                 struct error *error)
{
    enum status status = STATUS_OK;
    for (size_t left = most ? most : SIZE_MAX; left && !status;) {
        size_t step = left < STEP ? left : STEP;
        pthread_rwlock_wrlock(&memory->lock);
        status = follow(memory, store, step, error);
        pthread_rwlock_unlock(&memory->lock);
        left -= step;
    }
    return status;
}

/* ---- rows ---- */

/* With the lock: does it know what the snapshot says? STATUS_END: not, or not yet. */
static enum status is_there(const struct report_memory *memory, struct store *store, struct error *error)
{
    int64_t newest = 0;
    bool same = false;
    if (memory->none)
        return STATUS_END;
    if (look_at(memory, store, &newest, &same, error))
        return error->status;
    return same && newest == memory->last && memory->next == memory->waiting_count ? STATUS_OK : STATUS_END;
}

enum status report_memory_hold(struct report_memory *memory, struct store *store, struct error *error)
{
    enum status status = STATUS_END;
    for (int i = 0; i < 2 && status == STATUS_END; i++) {
        pthread_rwlock_rdlock(&memory->lock);
        status = is_there(memory, store, error);
        if (!status)
            return status;
        pthread_rwlock_unlock(&memory->lock);
        if (status == STATUS_END && !i) {
            enum status followed = report_memory_follow(memory, store, 0, error);
            if (followed != STATUS_END)
                return followed;
        }
    }
    return status;
}

void report_memory_release(struct report_memory *memory)
{
    pthread_rwlock_unlock(&memory->lock);
}

struct value *report_memory_rows(const struct report_memory *memory, const char *day, bool standing,
                                 struct arena *arena)
{
    struct value *rows = value_list(arena);
    for (size_t i = 0; i < memory->count; i++)
        for (size_t j = 0; j < memory->known[i].count; j++) {
            const struct version *version = &memory->known[i].versions[j];
            if (strcmp(version->day, day) > 0 ||
                (standing && *version->to_day && strcmp(version->to_day, day) <= 0))
                continue;
            struct value *row = arena_alloc(arena, sizeof *row);
            *row = *version->row;
            row->next = NULL;
            value_append(rows, row);
        }
    return rows;
}
