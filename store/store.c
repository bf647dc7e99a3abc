#include "store/store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "adapters/crypto.h"
#include "adapters/deflate.h"
#include "adapters/private_file.h"
#include "core/memory.h"
#include "store/merkle.h"
#include "store/schema.h"
#include "store/schema_pair.h"
#include "store/sql.h"
#include "store/untouched.h"

#define STATEMENTS 512 /* a power of two, well above the number of literals */

struct store {
    struct sqlite *database;
    struct clock *clock;
    char *path;
    struct file_lock lock, inside; /* by its name, and by itself */
    bool locked;
    struct untouched untouched;
    int64_t run, version;
    unsigned snapshots; /* that are open, one within another */
    struct merkle_tree tree;
    uint64_t written; /* the size of the tree on disk */
    bool lost;        /* the tree could not be read again after a rollback: nothing more is written */
    struct buffer scratch[2];
    uint64_t rows_changed[STORE_LARGE];
    struct store_memory memory;
    struct store_unpacking unpacking;
    const struct audit_settings *sealing;
    store_sign *sign;
    struct {
        const char *literal;
        struct sqlite_statement *statement;
    } statements[STATEMENTS];
};

/* SQLite makes these itself, beside the file. */
static enum status look_at_journal(const struct store *store, struct error *error)
{
    static const char *const ends[] = { "-wal", "-shm" };
    for (size_t i = 0; i < 2; i++) {
        BUFFER_OWNED struct buffer path = { 0 };
        buffer_printf(&path, "%s%s", store->path, ends[i]);
        if (private_file_look(path.bytes, error))
            return error->status;
    }
    return STATUS_OK;
}

enum file_lock_look store_look_at_lock_of(const char *path)
{
    BUFFER_OWNED struct buffer lock = { 0 };
    buffer_printf(&lock, "%s.lock", path);
    return file_lock_look(lock.bytes);
}

enum file_lock_look store_look_at_lock(const struct store *store)
{
    return store_look_at_lock_of(store->path);
}

static enum status take_lock(struct store *store, struct error *error)
{
    char path[4096];
    if ((size_t)snprintf(path, sizeof path, "%s.lock", store->path) >= sizeof path)
        return error_set(error, STATUS_USAGE, _("the store's path is too long: %s"), store->path);
    if (file_lock_take(path, &store->lock, error)) {
        if (error->status == STATUS_BUSY)
            (void)error_add(error, _("another run holds the store %s"), store->path);
        return error->status;
    }
    store->locked = true;
    if (file_lock_take_inside(store->path, &store->inside, error))
        return error->status;
    return look_at_journal(store, error);
}

/* A store that is named by a link is the file at its end, with all that stands beside it. */
static enum status find_place(const char *path, char **place, struct error *error)
{
    *place = NULL;
    if (!file_is_link(path)) {
        *place = memory_copy_string(path);
        return STATUS_OK;
    }
    *place = realpath(path, NULL);
    if (*place)
        return STATUS_OK;
    return error_set(error, STATUS_USAGE,
                     _("the store %s is a symbolic link that leads nowhere; nothing is created through one"),
                     path);
}

static bool has_head(const char *path)
{
    BUFFER_OWNED struct buffer head = { 0 };
    buffer_printf(&head, "%s.checkpoint", path);
    return file_exists(head.bytes);
}

bool store_is_new(const char *path)
{
    return !file_exists(path) && errno != EACCES && !has_head(path);
}

enum status store_check_file(const char *path, struct error *error)
{
    struct stat info;
    if (has_head(path))
        return STATUS_OK;
    if (!stat(path, &info) && !S_ISREG(info.st_mode))
        return error_set(error, STATUS_USAGE, _("%s is no regular file"), path);
    if (!sqlite_is_foreign(path))
        return STATUS_OK;
    return error_set(error, STATUS_USAGE, _("%s is no store: it is no SQLite database. Check the path"),
                     path);
}

enum status store_check_place(const char *path, struct error *error)
{
    char *place;
    if (find_place(path, &place, error))
        return error->status;
    enum status status = private_file_check_place(place, error);
    if (!status)
        status = store_check_file(place, error);
    free(place);
    return status;
}

static enum status make_folder(const char *path, struct error *error)
{
    const char *slash = strrchr(path, '/');
    if (!slash || slash == path)
        return STATUS_OK;
    char *folder = memory_copy_string(path);
    folder[slash - path] = 0;
    enum status status = file_make_folders(folder, FILE_OURS, error);
    free(folder);
    return status;
}

/* The views use json_extract, which SQLite does not let an untrusted schema call. A page cache of 8 MiB and a
 * log that is folded back every 2,000 pages (32 MB), and waits for its readers from 256 MB on, keep memory and disk flat
 * however much is staged and whoever reads beside it. */
#define LOG_PAGES 2000
#define LOG_MOST  16384
static const char *const pragmas = "PRAGMA trusted_schema = ON; PRAGMA journal_mode = WAL; PRAGMA "
                                   "synchronous = NORMAL; PRAGMA cache_size = -8192;"
                                   "PRAGMA temp_store = MEMORY;"
                                   "PRAGMA journal_size_limit = 67108864";

static enum status read_tree(struct store *store, struct error *error);

/* A file in the store's place that cannot be read is a ledger that does not verify; one that cannot be
 * written, a ledger that cannot. */
static enum status open_file(struct store *store, enum sqlite_mode mode, struct error *error)
{
    enum status status = sqlite_open_file(store->path, mode, &store->database, error);
    if (status == STATUS_USAGE)
        status = error->status = STATUS_LEDGER;
    return status;
}

static void row_changed(void *user_data, const char *table)
{
    struct store *store = user_data;
    store->rows_changed[STORE_RECORD] += !strcmp(table, "record");
    store->rows_changed[STORE_FINDING] += !strcmp(table, "finding");
}

static enum status tell_lost(const struct store *store, struct error *error)
{
    return error_set(error, STATUS_LEDGER,
                     _("the store %s is lost: it is not there, or is none of ours, and the head beside it "
                       "(%s.checkpoint) says that runs were made. Restore a backup"),
                     store->path, store->path);
}

/* An empty store takes no lost one's place: it would be believed. */
static enum status open_or_make(struct store *store, struct error *error)
{
    bool made = has_head(store->path);
    if (open_file(store, made ? SQLITE_WRITE : SQLITE_CREATE, error))
        return error->status;
    enum status status = schema_prepare(store->database, !made, store->path, &store->version, error);
    return status == STATUS_USAGE && made && store->version <= STORE_VERSION ? tell_lost(store, error)
                                                                             : status;
}

static enum status open_to_write(struct store *store, struct error *error)
{
    /* A store that merely cannot be opened says nothing against its ledger. */
    if (store_check_file(store->path, error) || make_folder(store->path, error) ||
        private_file_check_place(store->path, error))
        return error->status;
    if (has_head(store->path) && !file_exists(store->path)) /* the lock makes the file */
        return tell_lost(store, error);
    if (take_lock(store, error))
        return error->status;
    if (open_or_make(store, error) || sqlite_run(store->database, pragmas, error) || read_tree(store, error))
        return error->status == STATUS_FATAL ? (error->status = STATUS_LEDGER) : error->status;
    sqlite_watch_rows(store->database, row_changed, store);
    sqlite_fold_log(store->database, LOG_PAGES, LOG_MOST);
    return STATUS_OK;
}

static void first_difference(void *user_data, const char *sentence)
{
    struct buffer *first = user_data;
    if (!first->length)
        buffer_string(first, sentence);
}

/* Before anything is said: a view that was edited shows what its editor wants. */
static enum status check_schema(struct store *store, enum store_mode mode, struct error *error)
{
    BUFFER_OWNED struct buffer first = { 0 };
    enum schema_standing standing;
    enum status status = schema_judge(store->database, store->version, &standing, error);
    if (mode == STORE_EXAMINE && (status || standing == SCHEMA_FOREIGN))
        return STATUS_OK; /* what is wrong with it is for the verifier to find and to tell */
    if (status || standing == SCHEMA_OURS)
        return status;
    if (standing == SCHEMA_FOREIGN) {
        if (schema_differences(store->database, store->version, first_difference, &first, error))
            return error->status;
        return error_set(error, STATUS_LEDGER,
                         _("%s: %s; what it shows cannot be believed. \"congkhai audit verify\" looks at all "
                           "of it; keep a copy of the file and restore a backup"),
                         store->path, first.length ? first.bytes : "?");
    }
    if (mode == STORE_READ && store->version < STORE_VERSION)
        return error_set(
            error, STATUS_USAGE,
            _("%s was made by congkhai %s; \"congkhai run\", as every command that writes, "
              "brings it up to date (\"audit\", \"history\", \"runs\" and \"show\" read it as it "
              "is)"),
            store->path, schema_version_maker(store->version));
    return schema_pair_read_older(store->database, store->version, error);
}

/* Who may not make the log's index beside the file reads without. */
static enum status open_reading(struct store *store, bool untouched, struct error *error)
{
    struct error refused = { 0 };
    enum status status = STATUS_FATAL;
    if (!untouched)
        status = open_file(store, SQLITE_READ, &refused);
    if (status == STATUS_FATAL)
        status = untouched_open(store->path, &store->untouched, &store->database, error);
    if (status && refused.status)
        return error_copy(error, refused.status, &refused);
    if (status == STATUS_USAGE)
        status = STATUS_LEDGER;
    if (status && error)
        error->status = status;
    return status;
}

enum status store_blame(const struct store *store, enum status status, struct error *error)
{
    if (status == STATUS_FATAL && store->database && sqlite_is_damaged(store->database))
        status = error->status = STATUS_LEDGER;
    return status;
}

static enum status read_store(struct store *store, enum store_mode mode, bool untouched, struct error *error)
{
    if (!file_exists(store->path) && errno == EACCES) /* who may not look is not told that nothing is there */
        return error_set(error, STATUS_FATAL, _("%s cannot be opened: %s"), store->path, words_errno(EACCES));
    if (!file_exists(store->path))
        return store_is_new(store->path)
                   ? error_set(error, STATUS_USAGE, _("there is no store %s yet: nothing has been run"),
                               store->path)
                   : tell_lost(store, error);
    if (!private_file_may_read(store->path))
        return private_file_tell_denied(store->path, STATUS_FATAL, error);
    if (open_reading(store, untouched, error) ||
        sqlite_run(store->database, "PRAGMA trusted_schema = ON; PRAGMA temp_store = MEMORY", error))
        return store_blame(store, error->status, error);
    enum status status = schema_prepare(store->database, false, store->path, &store->version, error);
    if (status == STATUS_USAGE && store->version <= STORE_VERSION && has_head(store->path))
        return tell_lost(store, error);
    if (status)
        return store_blame(store, status, error);
    return store_blame(store, check_schema(store, mode, error), error);
}

/* The file is looked at past SQLite only where SQLite could not read it: to close any descriptor of it takes away the locks
 * that other readers of this process have on it. */
static enum status open_to_read(struct store *store, enum store_mode mode, bool untouched,
                                struct error *error)
{
    enum status status = read_store(store, mode, untouched, error);
    bool unread = status == STATUS_LEDGER || status == STATUS_USAGE;
    return unread && mode != STORE_EXAMINE && store_check_file(store->path, error) ? error->status : status;
}

static enum status open_any(const char *path, enum store_mode mode, bool untouched, struct clock *clock,
                            struct store **store, struct error *error)
{
    struct store *made = memory_new(struct store);
    made->clock = clock;
    if (find_place(path, &made->path, error) ||
        (mode == STORE_RUN ? open_to_write(made, error) : open_to_read(made, mode, untouched, error))) {
        store_close(made);
        return error->status;
    }
    *store = made;
    return STATUS_OK;
}

enum status store_open(const char *path, enum store_mode mode, struct clock *clock, struct store **store,
                       struct error *error)
{
    return open_any(path, mode, false, clock, store, error);
}

enum status store_open_untouched(const char *path, enum store_mode mode, struct clock *clock,
                                 struct store **store, struct error *error)
{
    return open_any(path, mode, true, clock, store, error);
}

enum status store_check_untouched(const struct store *store, struct error *error)
{
    return untouched_check(store->path, &store->untouched, error);
}

void store_close(struct store *store)
{
    if (!store)
        return;
    for (size_t i = 0; i < STATEMENTS; i++)
        if (store->statements[i].statement)
            sqlite_finish(store->statements[i].statement);
    if (store->database)
        sqlite_close_file(store->database);
    if (store->locked) {
        file_lock_drop(&store->inside);
        file_lock_drop(&store->lock);
    }
    buffer_free(&store->scratch[0]);
    buffer_free(&store->scratch[1]);
    buffer_free(&store->unpacking.bytes);
    deflate_close(store->unpacking.deflate);
    free(store->path);
    free(store);
}

const char *store_path(const struct store *store)
{
    return store->path;
}

uint64_t store_rows_changed(const struct store *store, size_t table)
{
    return store->rows_changed[table];
}

void store_row_changed(struct store *store, enum store_large table)
{
    store->rows_changed[table]++;
}

struct store_memory *store_memory(struct store *store)
{
    return &store->memory;
}

struct sqlite *store_database(struct store *store)
{
    return store->database;
}

struct clock *store_clock(struct store *store)
{
    return store->clock;
}

int64_t store_version(const struct store *store)
{
    return store->version;
}

int64_t store_run(const struct store *store)
{
    return store->run;
}

void store_set_run(struct store *store, int64_t run)
{
    store->run = run;
}

void store_set_version(struct store *store, int64_t version)
{
    store->version = version;
}

void store_seal_with(struct store *store, const struct audit_settings *settings, store_sign *sign)
{
    store->sealing = settings;
    store->sign = sign;
}

const struct audit_settings *store_sealing(const struct store *store)
{
    return store->sealing;
}

enum status store_sql(struct store *store, const char *literal, struct sqlite_statement **statement,
                      struct error *error)
{
    size_t at = ((uintptr_t)literal >> 3) * 0x9E3779B97F4A7C15u >> 55 & (STATEMENTS - 1);
    while (store->statements[at].literal && store->statements[at].literal != literal)
        at = (at + 1) & (STATEMENTS - 1);
    if (!store->statements[at].literal) {
        if (sqlite_prepare_persistent(store->database, literal, &store->statements[at].statement, error))
            return error->status;
        store->statements[at].literal = literal;
    }
    *statement = store->statements[at].statement;
    return STATUS_OK;
}

static enum status read_tree(struct store *store, struct error *error)
{
    struct sqlite_statement *statement;
    store->tree = (struct merkle_tree){ 0 };
    if (store_sql(store, "SELECT frontier FROM tree WHERE id = 1", &statement, error))
        return error->status;
    enum status status = sqlite_step(statement, error);
    if (status == STATUS_END)
        return STATUS_OK;
    if (status)
        return status;
    bool whole = merkle_read(sqlite_bytes(statement, 0), &store->tree);
    sqlite_reset_statement(statement);
    if (!whole)
        return error_set(error, STATUS_LEDGER,
                         _("%s: the ledger's head is damaged; run \"congkhai audit verify\""), store->path);
    store->written = store->tree.size;
    return STATUS_OK;
}

static enum status write_tree(struct store *store, struct error *error)
{
    if (store->written == store->tree.size)
        return STATUS_OK;
    struct buffer *bytes = &store->scratch[0];
    buffer_clear(bytes);
    merkle_write(&store->tree, bytes);
    BUFFER_OWNED struct buffer note = { 0 };
    if (store->sign && store->sign(store, store->sealing, &note, error))
        return error->status;
    return sql_run(store, "INSERT OR REPLACE INTO tree (id, size, frontier, note) VALUES (1, ?1, ?2, ?3)",
                   SQL_WITH(SQL_NUMBER((int64_t)store->tree.size), SQL_BYTES(buffer_view(bytes)),
                            SQL_TEXT(note.length ? buffer_view(&note) : TEXT_NONE)),
                   error);
}

enum status store_begin(struct store *store, struct error *error)
{
    if (store->lost)
        return error_set(
            error, STATUS_LEDGER,
            _("%s: the ledger's head cannot be read again after a fault; nothing more is written. Mend "
              "the disk and run again"),
            store->path);
    return sqlite_begin(store->database, error);
}

enum status store_commit(struct store *store, struct error *error)
{
    if (write_tree(store, error) || sqlite_commit(store->database, error))
        return error->status;
    store->written = store->tree.size;
    return STATUS_OK;
}

void store_rollback(struct store *store)
{
    struct error untold = { 0 };
    (void)sqlite_rollback(store->database, NULL);
    /* What is written on a tree that is not the disk's would be a ledger that does not verify. */
    store->lost = read_tree(store, &untold) != STATUS_OK;
}

enum status store_end(struct store *store, enum status status, struct error *error)
{
    if (!status)
        status = store_commit(store, error);
    if (status)
        store_rollback(store);
    return status;
}

enum status store_snapshot_begin(struct store *store, struct error *error)
{
    if (!store->snapshots && sqlite_begin(store->database, error))
        return error->status;
    store->snapshots++;
    return STATUS_OK;
}

void store_snapshot_end(struct store *store)
{
    if (!--store->snapshots)
        (void)sqlite_rollback(store->database, NULL);
}

void store_limit_time(struct store *store, long milliseconds)
{
    sqlite_limit_time(store->database, milliseconds);
}

enum status store_sort_on_disk(struct store *store, struct error *error)
{
    return sqlite_run(store->database, "PRAGMA temp_store = FILE; PRAGMA cache_size = -16384", error);
}

enum status store_changes(struct store *store, int64_t *number, struct error *error)
{
    return sql_number(store, "PRAGMA data_version", NULL, number, error);
}

enum status store_durable(struct store *store, bool durable, struct error *error)
{
    return sqlite_run(store->database, durable ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL",
                      error);
}

struct merkle_tree *store_tree(struct store *store)
{
    return &store->tree;
}

struct buffer *store_scratch(struct store *store, int which)
{
    return &store->scratch[which];
}

struct store_unpacking *store_unpacking(struct store *store)
{
    return &store->unpacking;
}
