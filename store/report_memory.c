#include "store/report_memory.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/json.h"
#include "core/date.h"
#include "core/memory.h"

#define COLUMNS_MAX 48
#define STEP        64 /* codes that are read while others wait */

enum packed { PACKED_TEXT = 1, PACKED_NUMBER, PACKED_LIST };

/* A row: for each column that is there its number, its kind, its length, its bytes and a NUL. */
struct version {
    char day[DATE_TEXT], to_day[DATE_TEXT]; /* empty: it stands still */
    struct buffer packed;
};

struct known {
    struct buffer code;
    struct version *versions;
    size_t count;
};

struct report_memory {
    pthread_mutex_t mutex;
    bool none; /* too much to be kept */
    char *titles[COLUMNS_MAX];
    int title_count;
    struct known *known; /* in order of code */
    size_t count, room, bytes;
    struct buffer *waiting; /* codes that are to be read, from `next` on */
    size_t waiting_count, waiting_room, next;
    int64_t last, run; /* the event that was followed to; the run of the head that stood then, 0: none */
    struct buffer hash, root;
};

struct report_memory *report_memory_open(void)
{
    struct report_memory *memory = memory_new(struct report_memory);
    pthread_mutex_init(&memory->mutex, NULL);
    return memory;
}

static void forget_versions(struct report_memory *memory, struct known *known)
{
    for (size_t i = 0; i < known->count; i++) {
        memory->bytes -= known->versions[i].packed.capacity + sizeof *known->versions;
        buffer_free(&known->versions[i].packed);
    }
    free(known->versions);
    known->versions = NULL;
    known->count = 0;
}

static void forget(struct report_memory *memory)
{
    for (size_t i = 0; i < memory->count; i++) {
        forget_versions(memory, &memory->known[i]);
        buffer_free(&memory->known[i].code);
    }
    for (size_t i = 0; i < memory->waiting_count; i++)
        buffer_free(&memory->waiting[i]);
    memory->count = memory->waiting_count = memory->next = 0;
    memory->last = memory->run = 0;
}

void report_memory_close(struct report_memory *memory)
{
    if (!memory)
        return;
    forget(memory);
    free(memory->known);
    free(memory->waiting);
    for (int i = 0; i < memory->title_count; i++)
        free(memory->titles[i]);
    buffer_free(&memory->hash);
    buffer_free(&memory->root);
    pthread_mutex_destroy(&memory->mutex);
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
    if (store_sql(store,
                  "SELECT (SELECT coalesce(max(seq), 0) FROM ledger), (SELECT hash FROM ledger WHERE seq = ?1),"
                  " (SELECT root FROM checkpoint WHERE run = ?2)",
                  &row, error))
        return error->status;
    sqlite_bind_number(row, 1, memory->last);
    sqlite_bind_number(row, 2, memory->run);
    if (sqlite_step(row, error))
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
    if (store_sql(store,
                  "SELECT l.seq, l.hash, c.run, c.root FROM ledger l LEFT JOIN checkpoint c"
                  " ON c.run = (SELECT max(run) FROM checkpoint) ORDER BY l.seq DESC LIMIT 1",
                  &row, error))
        return error->status;
    enum status status = sqlite_step(row, error);
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
    if (memory->waiting_count == memory->waiting_room) {
        memory->waiting_room = memory->waiting_room ? 2 * memory->waiting_room : 256;
        memory->waiting = memory_grow(memory->waiting, memory->waiting_room, sizeof *memory->waiting);
    }
    struct buffer *kept = &memory->waiting[memory->waiting_count++];
    *kept = (struct buffer){ 0 };
    buffer_text(kept, code);
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
    if (!same)
        forget(memory);
    if (newest == memory->last)
        return STATUS_OK;
    if (store_sql(store, "SELECT DISTINCT code FROM ledger WHERE seq > ?1 AND code IS NOT NULL ORDER BY code",
                  &row, error))
        return error->status;
    sqlite_bind_number(row, 1, memory->last);
    while ((status = sqlite_step(row, error)) == STATUS_OK)
        wait_for(memory, sqlite_column_text(row, 0));
    if (status != STATUS_END)
        return status;
    status = stand_at_end(memory, store, error);
    return status == STATUS_END ? STATUS_OK : status;
}

/* ---- reading ---- */

static bool is_list(const char *title)
{
    return !strcmp(title, "fields") || !strcmp(title, "executing") || !strcmp(title, "services");
}

static void pack(const struct report_memory *memory, struct sqlite_statement *row, struct version *version)
{
    for (int i = 0; i < memory->title_count; i++) {
        if (sqlite_is_null(row, i))
            continue;
        struct text text = sqlite_column_text(row, i);
        const char kind[] = { (char)i, (char)(sqlite_is_integer(row, i)      ? PACKED_NUMBER
                                              : is_list(memory->titles[i]) ? PACKED_LIST
                                                                           : PACKED_TEXT) };
        if (!strcmp(memory->titles[i], "day"))
            snprintf(version->day, sizeof version->day, "%.*s", (int)text.length, text.bytes);
        if (!strcmp(memory->titles[i], "to_day"))
            snprintf(version->to_day, sizeof version->to_day, "%.*s", (int)text.length, text.bytes);
        buffer_put(&version->packed, kind, sizeof kind);
        buffer_put(&version->packed, &text.length, sizeof text.length);
        buffer_text(&version->packed, text);
        buffer_put(&version->packed, "", 1);
    }
}

static struct known *find(struct report_memory *memory, struct text code)
{
    size_t low = 0, high = memory->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (text_compare(buffer_view(&memory->known[middle].code), code) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < memory->count && text_equal(buffer_view(&memory->known[low].code), code))
        return &memory->known[low];
    if (memory->count == memory->room) {
        memory->room = memory->room ? 2 * memory->room : 256;
        memory->known = memory_grow(memory->known, memory->room, sizeof *memory->known);
    }
    memmove(&memory->known[low + 1], &memory->known[low], (memory->count++ - low) * sizeof *memory->known);
    memory->known[low] = (struct known){ 0 };
    buffer_text(&memory->known[low].code, code);
    return &memory->known[low];
}

static enum status read_code(struct report_memory *memory, struct store *store, struct text code,
                             struct error *error)
{
    struct sqlite_statement *row;
    struct known read = { 0 };
    size_t room = 0;
    enum status status;
    if (store_sql(store, "SELECT * FROM report_procedures WHERE code = ?1 ORDER BY number", &row, error))
        return error->status;
    for (; memory->title_count < sqlite_columns(row) && memory->title_count < COLUMNS_MAX;
         memory->title_count++)
        memory->titles[memory->title_count] = memory_copy_string(sqlite_column_title(row, memory->title_count));
    sqlite_bind_text(row, 1, code);
    while ((status = sqlite_step(row, error)) == STATUS_OK) {
        if (read.count == room) {
            room = room ? 2 * room : 4;
            read.versions = memory_grow(read.versions, room, sizeof *read.versions);
        }
        struct version *version = &read.versions[read.count++];
        *version = (struct version){ 0 };
        pack(memory, row, version);
        memory->bytes += version->packed.capacity + sizeof *version;
    }
    if (status != STATUS_END) {
        forget_versions(memory, &read);
        return status;
    }
    struct known *known = find(memory, code);
    forget_versions(memory, known);
    known->versions = read.versions;
    known->count = read.count;
    return STATUS_OK;
}

/* With the mutex. */
static enum status follow(struct report_memory *memory, struct store *store, size_t most, struct error *error)
{
    enum status status = memory->none ? STATUS_END : look_ahead(memory, store, error);
    if (status)
        return status;
    for (size_t i = 0; i < most && memory->next < memory->waiting_count; i++) {
        struct buffer *code = &memory->waiting[memory->next];
        if (read_code(memory, store, buffer_view(code), error))
            return error->status;
        buffer_free(code);
        *code = (struct buffer){ 0 };
        memory->next++;
    }
    if (memory->bytes > REPORT_MEMORY_BYTES) {
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
        pthread_mutex_lock(&memory->mutex);
        status = follow(memory, store, step, error);
        pthread_mutex_unlock(&memory->mutex);
        left -= step;
    }
    return status;
}

/* ---- rows ---- */

static bool is_wanted(const char *title, const char *const *columns)
{
    if (!columns)
        return true;
    for (; *columns; columns++)
        if (!strcmp(*columns, title))
            return true;
    return false;
}

static struct value *unpack(const struct version *version, char *const *titles, const bool *wanted,
                            struct arena *arena)
{
    struct value *row = value_object(arena), *list;
    struct text bytes = text_copy(arena, buffer_view(&version->packed));
    for (size_t at = 0; at < bytes.length;) {
        struct text text = TEXT_NONE;
        int column = bytes.bytes[at], kind = bytes.bytes[at + 1];
        memcpy(&text.length, bytes.bytes + at + 2, sizeof text.length);
        text.bytes = bytes.bytes + at + 2 + sizeof text.length;
        at += 2 + sizeof text.length + text.length + 1;
        if (!wanted[column])
            continue;
        struct value *value = kind == PACKED_NUMBER ? value_number(arena, text)
                              : kind == PACKED_LIST && json_parse(arena, text, &list, NULL) == STATUS_OK
                                  ? list
                                  : value_text(arena, text);
        value_set(row, titles[column], value);
    }
    return row;
}

/* With the mutex. */
static void put_rows(struct report_memory *memory, const char *day, bool standing, const char *const *columns,
                     struct arena *arena, struct value *rows)
{
    bool wanted[COLUMNS_MAX];
    for (int i = 0; i < memory->title_count; i++)
        wanted[i] = is_wanted(memory->titles[i], columns);
    for (size_t i = 0; i < memory->count; i++)
        for (size_t j = 0; j < memory->known[i].count; j++) {
            const struct version *version = &memory->known[i].versions[j];
            if (strcmp(version->day, day) > 0 ||
                (standing && *version->to_day && strcmp(version->to_day, day) <= 0))
                continue;
            value_append(rows, unpack(version, memory->titles, wanted, arena));
        }
}

enum status report_memory_rows(struct report_memory *memory, struct store *store, const char *day,
                               bool standing, const char *const *columns, struct arena *arena,
                               struct value **rows, struct error *error)
{
    enum status status;
    *rows = value_list(arena);
    while ((status = report_memory_follow(memory, store, STEP, error)) == STATUS_OK)
        ;
    if (status != STATUS_END)
        return status;
    /* Another may have followed a newer snapshot since. */
    pthread_mutex_lock(&memory->mutex);
    int64_t newest = 0;
    bool same = false;
    status = look_at(memory, store, &newest, &same, error);
    if (!status && (!same || newest != memory->last || memory->next < memory->waiting_count))
        status = STATUS_END;
    if (!status)
        put_rows(memory, day, standing, columns, arena, *rows);
    pthread_mutex_unlock(&memory->mutex);
    return status;
}
