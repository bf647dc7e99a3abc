#include "store/transform_queue.h"

#include <stdlib.h>

#include "core/memory.h"
#include "store/finding_row.h"
#include "store/ledger.h"
#include "store/sql.h"

static enum status transform_digest_number(struct store *store, const struct digest *digest, int64_t *number,
                                           struct error *error)
{
    struct sqlite_statement *statement;
    if (sql_run(store, "INSERT OR IGNORE INTO recipe (digest) VALUES (?1)", SQL_WITH(SQL_DIGEST(digest)),
                error))
        return error->status;
    enum status status = sql_row(store, "SELECT id FROM recipe WHERE digest = ?1",
                                 SQL_WITH(SQL_DIGEST(digest)), &statement, error);
    if (status == STATUS_OK)
        *number = sqlite_number(statement, 0);
    sqlite_reset_statement(statement);
    return status;
}

/* ---- what is left to be done ---- */

/* What is left to be done when there is something to be done again: the earliest step of both. */
static enum transform_work earliest(enum transform_work left, enum transform_work wanted)
{
    return left == WORK_DONE || wanted < left ? wanted : left;
}

struct work_row {
    int64_t record;
    enum transform_work left, wanted;
};

static enum status save_work(struct store *store, const struct work_row *row, struct error *error)
{
    enum transform_work raised = earliest(row->left, row->wanted);
    if (raised == row->left)
        return STATUS_OK;
    return sql_run(store, "UPDATE record SET work = ?2 WHERE id = ?1",
                   SQL_WITH(SQL_NUMBER(row->record), SQL_NUMBER(raised)), error);
}

/* Rows of id, work, what is wanted of it. */
static enum status raise_rows(struct store *store, struct sqlite_statement *statement, struct error *error)
{
    struct work_row *rows = NULL;
    size_t count = 0, capacity = 0;
    enum status status;
    while ((status = sqlite_step(statement, error)) == STATUS_OK) {
        rows = memory_more(rows, count, &capacity, sizeof *rows);
        rows[count++] = (struct work_row){ .record = sqlite_number(statement, 0),
                                           .left = (enum transform_work)sqlite_number(statement, 1),
                                           .wanted = (enum transform_work)sqlite_number(statement, 2) };
    }
    status = status == STATUS_END ? STATUS_OK : status;
    for (size_t i = 0; !status && i < count; i++)
        status = save_work(store, &rows[i], error);
    free(rows);
    return status;
}

enum status transform_queue_raise(struct store *store, int64_t record, enum transform_work wanted,
                                  struct error *error)
{
    struct sqlite_statement *statement;
    if (sql_rows(store, "SELECT id, work, ?2 FROM record WHERE id = ?1",
                 SQL_WITH(SQL_NUMBER(record), SQL_NUMBER(wanted)), &statement, error))
        return error->status;
    return raise_rows(store, statement, error);
}

enum status transform_queue_share(struct store *store, const struct transform_shared *shared,
                                  struct error *error)
{
    struct sqlite_statement *statement;
    if (sql_rows(store,
                 "SELECT id, work, ?3 FROM record WHERE code = ?1 AND id <> ?2 AND present = 1"
                 " AND (status = 'abolished' OR NOT ?4) AND (outcome = 'rejected' OR NOT ?5)",
                 SQL_WITH(SQL_TEXT(shared->code), SQL_NUMBER(shared->but), SQL_NUMBER(WORK_RESOLVE),
                          SQL_NUMBER(shared->abolished), SQL_NUMBER(shared->rejected)),
                 &statement, error))
        return error->status;
    return raise_rows(store, statement, error);
}

enum status transform_queue_recipes(struct store *store, const struct digest *map, const struct digest *rules,
                                    struct transform_digests *transform_digests, struct error *error)
{
    if (transform_digest_number(store, map, &transform_digests->map, error))
        return error->status;
    return transform_digest_number(store, rules, &transform_digests->rules, error);
}

/* What ended the processes that worked it is tried again by another version, and what was killed by the next run.
 * What could not be decoded before is mapped again under new rules too: it has no content to be checked. So is what
 * the map itself had something to say of: the content alone does not show it. */
enum status transform_queue_mark(struct store *store, const char *source,
                                 const struct transform_digests *transform_digests, struct error *error)
{
    struct sqlite_statement *statement;
    if (sql_rows(
            store,
            "SELECT id, work, CASE WHEN mapped_by IS NOT ?2 OR content IS NULL OR EXISTS (SELECT 1"
            " FROM finding f WHERE f.record = record.id AND f.stage = 1 AND f.rule GLOB 'congkhai/*')"
            " THEN 1 ELSE 2 END FROM record"
            " WHERE source = (SELECT id FROM source WHERE name = ?1) AND work IN (0, 2, 3) AND present = 1"
            " AND (mapped_by IS NOT ?2 OR checked_by IS NOT ?3 OR (code IS NULL AND EXISTS (SELECT 1 FROM "
            "finding f"
            " WHERE f.record = record.id AND f.rule = 'congkhai/decode' AND ((f.reason = 'record.killed' AND "
            "f.since_run < ?5)"
            " OR (f.reason = 'record.died' AND f.arguments IS NOT ?4)))))",
            SQL_WITH(SQL_TEXT(text_of(source)), SQL_NUMBER(transform_digests->map),
                     SQL_NUMBER(transform_digests->rules), SQL_TEXT(TEXT("[\"" CONGKHAI_VERSION "\"]")),
                     SQL_NUMBER(store_run(store))),
            &statement, error))
        return error->status;
    return raise_rows(store, statement, error);
}

enum status transform_queue_resolved(struct store *store, int64_t record, const char *outcome,
                                     struct error *error)
{
    return sql_run(store, "UPDATE record SET outcome = ?2, work = 0 WHERE id = ?1",
                   SQL_WITH(SQL_NUMBER(record), SQL_TEXT(text_of(outcome))), error);
}

/* ---- the queue ---- */

bool transform_queue_wants(const struct text *codes, size_t count, struct text code, struct text key)
{
    return !count || text_among(code, codes, count) || text_among(key, codes, count);
}

static enum status copy_payload(struct store *store, struct arena *arena, struct sqlite_statement *row,
                                int at, struct text *bytes, struct error *error)
{
    enum status status = store_payload_column(store, row, at, bytes, error);
    *bytes = status ? TEXT_NONE : text_copy(arena, *bytes);
    return status == STATUS_END ? STATUS_OK : status;
}

/* One statement a kind: each walks the index of its kind in order. */
#define WORK_COLUMNS(payload, named)                                                                         \
    "SELECT r.id, r.fault, r.content, r.code, r.key, r.mapped_by IS NULL,"                                   \
    " p.bytes, p.encoding, p.size, p.digest, c.bytes, c.encoding, c.size, c.digest, r." named                \
    " FROM record r"                                                                                         \
    " LEFT JOIN payload p ON p.id = r." payload " LEFT JOIN payload c ON c.id = r.context"                   \
    " WHERE r.source = (SELECT id FROM source WHERE name = ?1) AND r.work > 0 AND r.present = 1 AND r.id > " \
    "?2 AND r." payload " IS NOT NULL"

enum status transform_queue_next(struct store *store, const char *source, enum transform_work kind,
                                 const struct text *codes, size_t code_count, int64_t after,
                                 struct arena *arena, struct transform_item *items, size_t most,
                                 size_t *count, struct error *error)
{
    struct sqlite_statement *statement;
    *count = 0;
    if (sql_rows(store,
                 kind == WORK_CHECK
                     ? WORK_COLUMNS("content", "content_digest") " AND r.work = 2 ORDER BY r.id"
                     : WORK_COLUMNS("payload", "source_digest") " AND r.work = 1 ORDER BY r.id",
                 SQL_WITH(SQL_TEXT(text_of(source)), SQL_NUMBER(after)), &statement, error))
        return error->status;
    enum status status = STATUS_OK;
    while (*count < most && arena->total < TRANSFORM_QUEUE_BYTES &&
           (status = sqlite_step(statement, error)) == STATUS_OK) {
        if (!transform_queue_wants(codes, code_count, sqlite_column_text(statement, 3),
                                   sqlite_column_text(statement, 4)))
            continue;
        struct transform_item *item = &items[(*count)++];
        *item = (struct transform_item){
            .record = sqlite_number(statement, 0),
            .kind = kind,
            .fault = text_copy(arena, sqlite_bytes(statement, 1)),
            .content = sqlite_number(statement, 2),
            .fresh = sqlite_number(statement, 5),
        };
        sqlite_digest(statement, 14, &item->digest);
        if (sqlite_is_null(statement, 9))
            status = error_set(error, STATUS_LEDGER,
                               _("%s: the bytes of the record %.*s are gone: another hand has changed them. "
                                 "\"congkhai audit verify\" looks at all of it; keep a copy of the file and "
                                 "restore a backup"),
                               store_path(store), TEXT_ARG(sqlite_column_text(statement, 4)));
        if (status)
            break;
        status = copy_payload(store, arena, statement, 6, &item->bytes, error);
        if (!status)
            status = copy_payload(store, arena, statement, 10, &item->context, error);
        if (status)
            break;
    }
    return sql_end(statement, status);
}

/* Those that stepped aside for it say since when it stands; a record that is new has none. The + keeps SQLite
 * from the index over rule and severity, which it takes for the narrower one: it holds a row of each record. */
static enum status insert_finding(struct store *store, int64_t record, const struct finding *finding,
                                  int stage, bool fresh, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct sqlite_statement *statement;
    if (sql_rows(store,
                 fresh ? "INSERT INTO finding (record, since_run, stage, " FINDING_COLUMNS ")"
                         " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"
                       : "INSERT INTO finding (record, since_run, stage, " FINDING_COLUMNS ")"
                         " VALUES (?1, coalesce((SELECT min(since_run) FROM finding"
                         " WHERE record = ?1 AND stage = -?3 AND +rule = ?4 AND +severity = ?5"
                         " AND field IS ?6), ?2), ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
                 SQL_WITH(SQL_NUMBER(record), SQL_NUMBER(store_run(store)), SQL_NUMBER(stage)), &statement,
                 error))
        return error->status;
    finding_row_bind(&arena, statement, 4, finding);
    return sqlite_execute(statement, error);
}

enum status transform_queue_put_finding(struct store *store, int64_t record, const struct finding *finding,
                                        int stage, struct error *error)
{
    return insert_finding(store, record, finding, stage, false, error);
}

/* Findings that stay keep the run since which they stand: the old ones step aside until the new ones are
 * written. */
static enum status put_findings(struct store *store, const struct transform_result *result,
                                struct error *error)
{
    bool had = false;
    if (!result->fresh) {
        if (sql_run(store, "UPDATE finding SET stage = -1 WHERE record = ?1 AND stage = 1",
                    SQL_WITH(SQL_NUMBER(result->record)), error))
            return error->status;
        had = sqlite_changed_rows(store_database(store)) > 0;
    }
    for (const struct finding *finding = result->findings->first; finding; finding = finding->next)
        if (insert_finding(store, result->record, finding, 1, result->fresh, error))
            return error->status;
    return had ? sql_run(store, "DELETE FROM finding WHERE record = ?1 AND stage = -1",
                         SQL_WITH(SQL_NUMBER(result->record)), error)
               : STATUS_OK;
}

/* What stood under the code goes on standing at the portal. */
static enum status tell_recoded(struct store *store, const struct transform_result *result, struct text old,
                                struct text source, struct text key, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct value *detail = value_object(&arena);
    struct finding finding = { .rule = TEXT("congkhai/code-changed"),
                               .field = TEXT("code"),
                               .value = result->code };
    value_set(detail, "became", value_text(&arena, result->code));
    value_set(detail, "key", value_text(&arena, key));
    reason_set(&finding.reason, "code.changed", old);
    finding.message = reason_words(&arena, &finding.reason, finding.field, REASON_WHAT, result->language);
    if (transform_queue_put_finding(store, result->record, &finding, 1, error))
        return error->status;
    return ledger_append(
        store,
        &(struct ledger_event){
            .event = "recoded", .source = text_string(&arena, source), .code = old, .detail = detail },
        NULL, error);
}

/* A record that gives up a code frees it for others and wants nothing for it any more. */
static enum status leave_code(struct store *store, const struct transform_result *result, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct sqlite_statement *statement;
    struct outbox_item item;
    enum status status =
        sql_row(store,
                "SELECT r.code, s.name, r.key FROM record r JOIN source s ON s.id = r.source"
                " WHERE r.id = ?1 AND r.code IS NOT NULL AND r.code IS NOT ?2",
                SQL_WITH(SQL_NUMBER(result->record), SQL_TEXT(result->code)), &statement, error);
    if (status)
        return status == STATUS_END ? STATUS_OK : status;
    struct text old = sqlite_take_text(&arena, statement, 0), source = sqlite_take_text(&arena, statement, 1),
                key = sqlite_take_text(&arena, statement, 2);
    sqlite_reset_statement(statement);
    struct transform_shared shared = { .code = old, .but = result->record };
    if (transform_queue_share(store, &shared, error) || outbox_unwant(store, old, result->record, error))
        return error->status;
    status = outbox_find(store, &arena, old, &item, error);
    if (status || !result->code.bytes || !item.held || item.held_abolished)
        return status == STATUS_END ? STATUS_OK : status;
    return tell_recoded(store, result, old, source, key, error);
}

enum status transform_queue_put(struct store *store, const struct transform_result *result,
                                const struct transform_digests *transform_digests, struct error *error)
{
    struct sqlite_statement *statement;
    int64_t content = result->known_content;
    if (!content && result->content.bytes &&
        store_payload_put(store, PAYLOAD_KEPT, &result->digest, result->content, &content, error))
        return error->status;
    /* What cannot be read does not say that it is another procedure's now. */
    bool unread = !content;
    if (put_findings(store, result, error) ||
        (!result->fresh && !unread && leave_code(store, result, error)) ||
        store_sql(
            store,
            "UPDATE record SET code = CASE WHEN ?13 THEN code ELSE ?2 END, content = ?3, status = ?4, "
            "mapped_by = ?5, checked_by = ?6,"
            " work = 3, watched = ?7, gave = coalesce(?10, gave),"
            " department = CASE WHEN ?11 THEN ?12 ELSE department END, content_digest = CASE WHEN ?9 THEN "
            "content_digest ELSE ?8 END"
            " WHERE id = ?1",
            &statement, error))
        return error->status;
    sqlite_bind_number(statement, 1, result->record);
    sqlite_bind_text(statement, 2, result->code);
    if (content)
        sqlite_bind_number(statement, 3, content);
    sqlite_bind_text(statement, 4, result->status);
    sqlite_bind_number(statement, 5, transform_digests->map);
    sqlite_bind_number(statement, 6, transform_digests->rules);
    sqlite_bind_text(statement, 7, result->projection);
    if (content)
        sqlite_bind_digest(statement, 8, &result->digest);
    sqlite_bind_number(statement, 9, result->known_content != 0);
    sqlite_bind_text(statement, 10, result->gave);
    sqlite_bind_number(statement, 11, result->mapped);
    sqlite_bind_text(statement, 12, result->department);
    sqlite_bind_number(statement, 13, unread);
    return sqlite_execute(statement, error);
}
