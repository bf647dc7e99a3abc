#include "store/restoration.h"

#include <stdlib.h>

#include "adapters/json.h"
#include "store/ledger.h"
#include "store/merkle.h"
#include "store/sql.h"
#include "store/statement_rows.h"

enum status restoration_copy(struct store *store, const char *path, const volatile sig_atomic_t *stop,
                             struct error *error)
{
    return sqlite_copy(store_database(store), path, stop, error);
}

/* The last connection to close does it. */
void restoration_fold(const char *path)
{
    struct error unread;
    struct sqlite *database;
    if (!sqlite_open_file(path, SQLITE_WRITE, &database, &unread))
        sqlite_close_file(database);
}

enum status restoration_head(struct store *store, struct audit_head *head, struct error *error)
{
    struct sqlite_statement *row;
    struct merkle_tree tree = { 0 };
    enum status status = sql_row(store, "SELECT frontier FROM tree WHERE id = 1", NULL, &row, error);
    bool whole = status == STATUS_OK && merkle_read(sqlite_bytes(row, 0), &tree);
    sqlite_reset_statement(row);
    if (status > STATUS_END)
        return status;
    if (!whole || !tree.size)
        return error_set(error, STATUS_LEDGER, _("%s: nothing stands in its ledger"), store_path(store));
    *head = (struct audit_head){ .size = tree.size, .root = merkle_root(&tree) };
    return STATUS_OK;
}

/* ---- the newest head that is known ---- */

static void take(struct restoration *restoration, const struct audit_head *head)
{
    if (!restoration->known || head->size > restoration->newest.size)
        restoration->newest = *head;
    if (restoration->newest.size < restoration->head.size)
        restoration->newest = restoration->head;
    restoration->known = true;
}

void restoration_take(struct restoration *restoration, struct text bytes,
                      const struct audit_settings *settings, struct arena *arena)
{
    struct audit_head head;
    struct note note;
    struct error unread = { 0 };
    if (!audit_head_parse(arena, bytes, &head, &note, &unread) &&
        audit_head_is_of(&head, &note, restoration->head.origin, settings))
        take(restoration, &head);
}

static void look_inside(struct restoration *restoration, struct store *store,
                        const struct audit_settings *settings, struct arena *arena)
{
    struct sqlite_statement *rows;
    struct error unread = { 0 };
    if (store_sql(store,
                  "SELECT note FROM (SELECT note FROM checkpoint ORDER BY run DESC LIMIT 1)"
                  " UNION ALL SELECT note FROM tree WHERE note IS NOT NULL",
                  &rows, &unread))
        return;
    while (sqlite_step(rows, &unread) == STATUS_OK)
        restoration_take(restoration, sqlite_take_text(arena, rows, 0), settings, arena);
    sqlite_reset_statement(rows);
    struct audit_head tree;
    if (!settings->key_count && restoration->known && !restoration_head(store, &tree, &unread))
        take(restoration, &tree);
}

/* The backup that is taken now may be of before these. */
#define REPLACED                                                                                             \
    "SELECT json_extract(detail, '$.newest.size'), json_extract(detail, '$.newest.root') FROM ledger"        \
    " WHERE event = 'restored' AND seq <= ?1 AND (seq > ?2 OR NOT EXISTS"                                    \
    "  (SELECT 1 FROM checkpoint WHERE size = ?2 AND root = ?3))"

/* A ledger that was restored itself knows how far the one went that it replaced; heads of that are kept elsewhere still. */
static void look_at_replaced(struct restoration *restoration, struct store *store,
                             const struct audit_settings *settings, struct arena *arena)
{
    struct sqlite_statement *rows;
    struct error unread = { 0 };
    struct audit_head last, head;
    struct note note;
    if (audit_head(store, arena, 0, &last, &unread) ||
        audit_head_parse(arena, last.note, &head, &note, &unread) ||
        !audit_head_is_of(&head, &note, restoration->head.origin, settings) ||
        audit_read_check(store, TEXT_NONE, &unread) || store_sql(store, REPLACED, &rows, &unread))
        return;
    sqlite_bind_number(rows, 1, (int64_t)last.size);
    sqlite_bind_number(rows, 2, (int64_t)restoration->head.size);
    sqlite_bind_digest(rows, 3, &restoration->head.root);
    while (sqlite_step(rows, &unread) == STATUS_OK) {
        struct audit_head newest = { .size = (uint64_t)sqlite_number(rows, 0) };
        if (digest_from_hex(sqlite_column_text(rows, 1), &newest.root))
            take(restoration, &newest);
        else
            restoration->endless = true;
    }
    sqlite_reset_statement(rows);
}

void restoration_look(struct restoration *restoration, const char *path,
                      const struct audit_settings *settings, struct clock *clock, struct arena *arena)
{
    struct store *store;
    struct error unread = { 0 };
    struct text bytes;
    const char *beside = text_format(arena, "%s.checkpoint", path).bytes;
    if (file_exists(beside) && file_read(arena, beside, NOTE_SIZE_MAX, &bytes, &unread) == STATUS_OK)
        restoration_take(restoration, bytes, settings, arena);
    if (store_open(path, STORE_EXAMINE, clock, &store, &unread))
        return;
    look_inside(restoration, store, settings, arena);
    look_at_replaced(restoration, store, settings, arena);
    store_close(store);
}

/* ---- the event ---- */

static struct value *head_value(struct arena *arena, const struct audit_head *head)
{
    struct value *value = value_object(arena);
    value_set(value, "root", value_digest(arena, &head->root));
    value_set(value, "size", value_integer(arena, (int64_t)head->size));
    return value;
}

enum status restoration_append(struct store *store, const struct restoration *restoration,
                               struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct value *detail = value_object(&arena);
    value_set(detail, "head", head_value(&arena, &restoration->head));
    value_set(detail, "newest",
              restoration->known ? head_value(&arena, &restoration->newest)
                                 : value_string(&arena, "unknown"));
    value_set(detail, "reason", value_string(&arena, restoration->reason));
    struct ledger_event event = { .event = "restored", .actor = restoration->actor, .detail = detail };
    return ledger_append_alone(store, &event, error);
}

/* The event since which the portal is to be asked; no row where it never was restored, or has been reconciled since. */
#define RESTORED                                                                                             \
    "(SELECT max(seq) AS seq, max(run) AS run FROM ledger WHERE event = 'restored'"                          \
    " HAVING max(seq) > coalesce((SELECT max(seq) FROM ledger WHERE event = 'reconciled'), 0))"
/* What a delivery or a decision says that has asked before. */
#define ASKED_UNTIL(code, until)                                                                             \
    "EXISTS (SELECT 1 FROM ledger a WHERE a.code = " code " AND a.seq > r.seq AND a.at < " until " AND"      \
    " (a.event IN ('published',"                                                                             \
    " 'withdrawn', 'refused', 'conflict', 'failed', 'overwrite-ordered') OR (a.event = 'recalled'"           \
    " AND json_extract(a.detail, '$.absent') IS NOT NULL)))"
#define ASKED(code) ASKED_UNTIL(code, "'~'") /* behind every time */

enum status restoration_compared(struct store *store, bool *compared, int64_t *left, struct error *error)
{
    static const char sql[] =
        "SELECT EXISTS (SELECT 1 FROM ledger s JOIN ledger c ON c.run = s.run AND c.event = 'run-finished'"
        "  WHERE s.event = 'run-started' AND s.run > r.run AND json_extract(s.detail, '$.command') IN"
        "  ('run', 'load') AND json_type(s.detail, '$.filter') IS NULL"
        "  AND json_extract(c.detail, '$.exit_code') IN (0, 1)),"
        " (SELECT count(*) FROM procedure_state p WHERE p.held_status IN ('published', 'abolished') AND "
        "NOT " ASKED("p.code") ")"
                               " FROM " RESTORED " r";
    struct sqlite_statement *row;
    *compared = true;
    *left = 0;
    enum status status = sql_row(store, sql, NULL, &row, error);
    if (status == STATUS_OK) {
        *left = sqlite_number(row, 1);
        *compared = sqlite_number(row, 0) && !*left;
    }
    return sql_end(row, status);
}

static enum status portal_url(struct store *store, struct arena *arena, struct text digest, struct text *url,
                              struct error *error)
{
    struct digest known;
    struct text bytes;
    struct value *document;
    *url = TEXT_NONE;
    if (!digest_from_hex(digest, &known))
        return STATUS_OK;
    enum status status = store_payload_by_digest(store, arena, &known, &bytes, error);
    if (status || json_parse(arena, bytes, &document, error))
        return status == STATUS_END ? STATUS_OK : error->status;
    *url = value_text_of(value_find(document, "portal"), "url");
    return STATUS_OK;
}

enum status restoration_moved(struct store *store, int64_t *run, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 }, scratch = { 0 };
    struct sqlite_statement *rows;
    struct text here = TEXT_NONE, there;
    *run = 0;
    if (sql_rows(store,
                 "SELECT json_extract(detail, '$.config_digest') AS configuration, max(run) FROM ledger"
                 " WHERE event = 'run-started' GROUP BY configuration ORDER BY 2 DESC",
                 NULL, &rows, error))
        return error->status;
    enum status status;
    while (!*run && (status = sqlite_step(rows, error)) == STATUS_OK) {
        if ((status = portal_url(store, &scratch, sqlite_column_text(rows, 0), &there, error)))
            break;
        if (!here.length)
            here = text_copy(&arena, there);
        if (there.length && !text_equal(here, there))
            *run = sqlite_number(rows, 1);
        arena_clear(&scratch);
    }
    return sql_end(rows, status);
}

enum status restoration_asked(struct store *store, struct text code, int64_t moved, bool *asked,
                              struct error *error)
{
    struct sqlite_statement *row;
    *asked = true;
    enum status status =
        sql_row(store,
                "SELECT " ASKED("?1") " FROM (SELECT max(seq) AS seq FROM (SELECT seq FROM " RESTORED
                                      " UNION ALL SELECT max(seq) FROM ledger WHERE run = ?2 AND ?2 > "
                                      "coalesce((SELECT max(run) FROM ledger"
                                      "  WHERE event = 'reconciled'), 0)) HAVING max(seq) IS NOT NULL) r",
                SQL_WITH(SQL_TEXT(code), SQL_NUMBER(moved)), &row, error);
    if (status == STATUS_OK)
        *asked = sqlite_number(row, 0);
    return sql_end(row, status);
}

/* The hole opens with the backup's last event; for what was acknowledged before it, the first look closes it. */
#define GAPS                                                                                                 \
    "SELECT r.seq AS event, r.at, r.run, 'restored' AS what, r.n + 1 AS \"from\", r.m AS \"to\","            \
    " r.since FROM (SELECT seq, at, run, json_extract(detail, '$.head.size') AS n,"                          \
    "  json_extract(detail, '$.newest.size') AS m, (SELECT b.at FROM ledger b WHERE b.seq ="                 \
    "   json_extract(g.detail, '$.head.size')) AS since FROM ledger g WHERE event = 'restored') r"           \
    " WHERE r.since < ?2 AND r.m IS NOT r.n AND (?2 <= r.at OR (NOT EXISTS (SELECT 1 FROM ledger c WHERE"    \
    "  c.event = 'reconciled' AND c.seq > r.seq AND c.at < ?2) AND CASE WHEN ?1 IS NULL THEN"                \
    "  EXISTS (SELECT 1 FROM procedure_state p WHERE p.held_status IS NOT NULL AND NOT " ASKED_UNTIL(        \
        "p.code", "?2") ") ELSE NOT " ASKED_UNTIL("?1", "?2") " END)) ORDER BY r.seq"

enum status restoration_gaps(struct store *store, struct arena *arena, struct text code, struct text until,
                             struct value **gaps, struct error *error)
{
    struct sqlite_statement *rows;
    if (sql_rows(store, GAPS, SQL_WITH(SQL_TEXT(code), SQL_TEXT(until)), &rows, error))
        return error->status;
    return statement_rows(rows, arena, NULL, gaps, error);
}

/* ---- reading it ---- */

static bool read_size(const struct value *head, int64_t *size)
{
    const struct value *member = head && head->kind == VALUE_OBJECT ? value_find(head, "size") : NULL;
    struct digest root;
    if (!member || member->kind != VALUE_NUMBER || member->text.length > 15 ||
        !digest_from_hex(value_text_of(head, "root"), &root))
        return false;
    *size = strtoll(member->text.bytes, NULL, 10);
    return *size > 0;
}

bool restoration_read(const struct ledger_entry *entry, const struct merkle_tree *before, int64_t *from,
                      int64_t *to)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct error unread;
    struct value *detail;
    struct digest root, own = merkle_root(before);
    if (json_parse(&arena, entry->detail, &detail, &unread))
        return false;
    const struct value *head = value_find(detail, "head"), *newest = value_find(detail, "newest");
    if (!read_size(head, from) || (uint64_t)*from != before->size ||
        !digest_from_hex(value_text_of(head, "root"), &root) || !digest_equal(&root, &own))
        return false;
    *to = INT64_MAX;
    return text_is(value_text_of(detail, "newest"), "unknown") || (read_size(newest, to) && *to >= *from);
}
