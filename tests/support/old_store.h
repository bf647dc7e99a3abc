/* A store as 0.1.0 left it, and what else 0.1.0 might have written into it: for tests of what becomes of it. */
#ifndef TESTS_SUPPORT_OLD_STORE_H
#define TESTS_SUPPORT_OLD_STORE_H

#include <stdio.h>
#include <unistd.h>

#include "adapters/crypto.h"
#include "adapters/file.h"
#include "adapters/sqlite.h"
#include "store/ledger_entry.h"
#include "store/merkle.h"
#include "tests/support/test.h"

/* A store as 0.1.0 left it after two nights: three records published, one of them changed and one missing since, one
 * whose bytes are its canonical content (0.1.0 packed it), one rejected, one empty file. */
#define OLD_STORE "tests/store/stores/0.1.0.sql"

static inline const char *old_store_make(void)
{
    struct error error = { 0 };
    struct text sql;
    struct sqlite *database;
    const char *path = text_format(&test_arena, "%s/old.db", test_folder()).bytes;
    unlink(path);
    CHECK_INT(file_read(&test_arena, OLD_STORE, 1 << 20, &sql, &error), STATUS_OK);
    CHECK_INT(sqlite_open_file(path, SQLITE_CREATE, &database, &error), STATUS_OK);
    if (!CHECK_INT(sqlite_run(database, text_string(&test_arena, sql), &error), STATUS_OK))
        fprintf(stderr, "%s\n", error.message);
    sqlite_close_file(database);
    return path;
}

static inline void old_store_forge(const char *path, const char *sql)
{
    struct error error = { 0 };
    struct sqlite *database;
    CHECK_INT(sqlite_open_file(path, SQLITE_WRITE, &database, &error), STATUS_OK);
    if (!CHECK_INT(sqlite_run(database, sql, &error), STATUS_OK))
        fprintf(stderr, "%s\n", error.message);
    sqlite_close_file(database);
}

/* An event as 0.1.0 wrote it behind those that are there, in a run 3 that died. */
static inline void old_store_append(struct sqlite *database, const char *event, const char *source,
                                    const char *code, const struct digest *digest, const char *detail)
{
    struct error error = { 0 };
    struct sqlite_statement *row;
    BUFFER_OWNED struct buffer bytes = { 0 };
    CHECK_INT(sqlite_prepare(database, "SELECT max(seq) + 1 FROM ledger", &row, &error), STATUS_OK);
    CHECK_INT(sqlite_step(row, &error), STATUS_OK);
    struct ledger_entry entry = { .seq = sqlite_number(row, 0),
                                  .run = 3,
                                  .at = TEXT("2026-11-29T23:39:45.000Z"),
                                  .event = text_of(event),
                                  .source = text_of(source),
                                  .code = text_of(code),
                                  .has_digest = digest != NULL,
                                  .digest = digest ? *digest : (struct digest){ .bytes = { 0 } },
                                  .actor = text_of(source ? NULL : "root"),
                                  .detail = text_of(detail) };
    sqlite_finish(row);
    ledger_canonical(&bytes, &entry);
    entry.hash = merkle_leaf(buffer_view(&bytes));
    CHECK_INT(
        sqlite_prepare(database,
                       "INSERT INTO ledger (seq, at, run, event, source, code, digest, actor, detail, hash)"
                       " VALUES (?1, ?2, 3, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                       &row, &error),
        STATUS_OK);
    sqlite_bind_number(row, 1, entry.seq);
    sqlite_bind_text(row, 2, entry.at);
    sqlite_bind_text(row, 3, entry.event);
    sqlite_bind_text(row, 4, entry.source);
    sqlite_bind_text(row, 5, entry.code);
    sqlite_bind_digest(row, 6, digest);
    sqlite_bind_text(row, 7, entry.actor);
    sqlite_bind_text(row, 8, entry.detail);
    sqlite_bind_digest(row, 9, &entry.hash);
    CHECK_INT(sqlite_execute(row, &error), STATUS_OK);
    sqlite_finish(row);
}

/* The tree on disk knows what was appended. */
static inline void old_store_settle(struct sqlite *database)
{
    struct error error = { 0 };
    struct sqlite_statement *row;
    struct merkle_tree tree = { 0 };
    BUFFER_OWNED struct buffer frontier = { 0 };
    CHECK_INT(sqlite_prepare(database, "SELECT hash FROM ledger ORDER BY seq", &row, &error), STATUS_OK);
    while (sqlite_step(row, &error) == STATUS_OK) {
        struct digest hash;
        CHECK(sqlite_digest(row, 0, &hash));
        merkle_append(&tree, &hash);
    }
    sqlite_finish(row);
    merkle_write(&tree, &frontier);
    CHECK_INT(sqlite_prepare(database, "UPDATE tree SET size = ?1, frontier = ?2", &row, &error), STATUS_OK);
    sqlite_bind_number(row, 1, (int64_t)tree.size);
    sqlite_bind_bytes(row, 2, buffer_view(&frontier));
    CHECK_INT(sqlite_execute(row, &error), STATUS_OK);
    sqlite_finish(row);
}

/* A content, the event that accepts it, and what is wanted since; 0.1.0 said neither status nor event. */
static inline void old_store_want(struct sqlite *database, int payload, const char *code, const char *action,
                                  const char *content)
{
    struct error error = { 0 };
    struct sqlite_statement *row;
    struct digest digest = crypto_sha256(text_of(content));
    old_store_append(database, "accepted", "one", code, &digest,
                     text_format(&test_arena, "{\"key\":\"%s\"}", code).bytes);
    CHECK_INT(sqlite_prepare(database,
                             "INSERT INTO payload (id, digest, kind, encoding, size, run, bytes)"
                             " VALUES (?1, ?2, 1, 0, length(?3), 3, ?3)",
                             &row, &error),
              STATUS_OK);
    sqlite_bind_number(row, 1, payload);
    sqlite_bind_digest(row, 2, &digest);
    sqlite_bind_bytes(row, 3, text_of(content));
    CHECK_INT(sqlite_execute(row, &error), STATUS_OK);
    sqlite_finish(row);
    CHECK_INT(sqlite_prepare(
                  database,
                  "UPDATE procedure_state SET wanted_action = ?2, wanted_content = ?3, wanted_digest = ?4,"
                  " wanted_run = 3 WHERE code = ?1",
                  &row, &error),
              STATUS_OK);
    sqlite_bind_text(row, 1, text_of(code));
    sqlite_bind_text(row, 2, text_of(action));
    sqlite_bind_number(row, 3, payload);
    sqlite_bind_digest(row, 4, &digest);
    CHECK_INT(sqlite_execute(row, &error), STATUS_OK);
    sqlite_finish(row);
}

#endif
