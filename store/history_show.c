/* The one page on a procedure. */
#include "adapters/json.h"
#include "core/count.h"
#include "store/approval_view.h"
#include "store/finding_row.h"
#include "store/history.h"
#include "store/history_rows.h"
#include "store/outbox.h"
#include "store/said.h"
#include "store/sql.h"

void history_text(struct arena *arena, struct value *out, const char *name, struct sqlite_statement *row,
                  int at)
{
    if (!sqlite_is_null(row, at))
        value_set(out, name, value_text(arena, sqlite_take_text(arena, row, at)));
}

void history_number(struct arena *arena, struct value *out, const char *name, struct sqlite_statement *row,
                    int at)
{
    if (!sqlite_is_null(row, at))
        value_set(out, name, value_integer(arena, sqlite_number(row, at)));
}

/* The column holds JSON. */
static enum status put_json(struct arena *arena, struct value *out, const char *name,
                            struct sqlite_statement *row, int at, struct error *error)
{
    struct value *value;
    if (sqlite_is_null(row, at))
        return STATUS_OK;
    if (json_parse(arena, sqlite_column_text(row, at), &value, error)) {
        error->status = STATUS_LEDGER;
        return error->status;
    }
    value_set(out, name, value);
    return STATUS_OK;
}

/* COLUMN_FINDINGS: the number of a record, and its findings are meant. COLUMN_SAID: what is kept beside the words. */
enum column_kind { COLUMN_TEXT, COLUMN_NUMBER, COLUMN_JSON, COLUMN_FINDINGS, COLUMN_SAID };

struct column {
    const char *name;
    enum column_kind kind;
};

static void say_anew(struct arena *arena, struct value *object, const char *name,
                     struct sqlite_statement *row, int at)
{
    struct value *words = value_find(object, name);
    if (words)
        words->text = said_now(arena, words->text, sqlite_column_text(row, at));
}

static enum status add_findings(struct store *store, struct arena *arena, struct value *object,
                                int64_t record, struct error *error)
{
    struct value *findings;
    if (finding_row_list(store, arena, record, &findings, error))
        return error->status;
    value_set(object, "findings", findings);
    return STATUS_OK;
}

/* The rows of a statement with the code as its only parameter, as a list of objects. */
static enum status list_rows(struct store *store, struct arena *arena, struct text code, const char *sql,
                             const struct column *columns, int count, struct value *list, struct error *error)
{
    struct sqlite_statement *row;
    if (sql_rows(store, sql, SQL_WITH(SQL_TEXT(code)), &row, error))
        return error->status;
    enum status status;
    while ((status = sqlite_step(row, error)) == STATUS_OK) {
        struct value *object = value_append(list, value_object(arena));
        for (int i = 0; i < count && !status; i++) {
            if (columns[i].kind == COLUMN_TEXT)
                history_text(arena, object, columns[i].name, row, i);
            else if (columns[i].kind == COLUMN_NUMBER)
                history_number(arena, object, columns[i].name, row, i);
            else if (columns[i].kind == COLUMN_SAID)
                say_anew(arena, object, columns[i].name, row, i);
            else if (columns[i].kind == COLUMN_FINDINGS)
                status = add_findings(store, arena, object, sqlite_number(row, i), error);
            else
                status = put_json(arena, object, columns[i].name, row, i, error);
        }
        if (status) {
            sqlite_reset_statement(row);
            return status;
        }
    }
    return status == STATUS_END ? STATUS_OK : status;
}

#define HEX(column) "CASE WHEN " column " IS NOT NULL THEN lower(hex(" column ")) END"

static enum status add_records(struct store *store, struct arena *arena, struct text code, struct value *page,
                               struct error *error)
{
    static const struct column columns[] = {
        { "source", COLUMN_TEXT },        { "key", COLUMN_TEXT },          { "locator", COLUMN_TEXT },
        { "source_digest", COLUMN_TEXT }, { "present", COLUMN_JSON },      { "outcome", COLUMN_TEXT },
        { "status", COLUMN_TEXT },        { "fault", COLUMN_TEXT },        { "content_digest", COLUMN_TEXT },
        { "waits", COLUMN_JSON },         { "findings", COLUMN_FINDINGS }, { "read_at", COLUMN_TEXT },
    };
    return list_rows(
        store, arena, code,
        "SELECT s.name, r.key, r.locator, " HEX(
            "r.source_digest") ","
                               " CASE WHEN r.present THEN 'true' ELSE 'false' END, r.outcome, r.status, "
                               "r.fault,"
                               " (SELECT " HEX(
                                   "p.digest") " FROM payload p WHERE p.id = r.content),"
                                               " CASE WHEN r.work > 0 THEN 'true' ELSE 'false' END,"
                                               " r.id,"
                                               " (SELECT e.at FROM ledger e WHERE e.event = 'listed' AND"
                                               "  e.source = s.name AND json_extract(e.detail, '$.unchanged')"
                                               "  IS NULL ORDER BY e.seq DESC LIMIT 1)"
                                               " FROM record r JOIN source s ON s.id = r.source WHERE r.code "
                                               "= ?1 ORDER BY r.id",
        columns, (int)COUNT(columns), value_set(page, "records", value_list(arena)), error);
}

static enum status add_outcomes(struct store *store, struct arena *arena, struct text code,
                                struct value *page, struct error *error)
{
    static const struct column columns[] = {
        { "event", COLUMN_NUMBER },        { "at", COLUMN_TEXT },
        { "run", COLUMN_NUMBER },          { "outcome", COLUMN_TEXT },
        { "source", COLUMN_TEXT },         { "source_key", COLUMN_TEXT },
        { "locator", COLUMN_TEXT },        { "source_digest", COLUMN_TEXT },
        { "content_digest", COLUMN_TEXT }, { "findings", COLUMN_JSON },
    };
    return list_rows(
        store, arena, code,
        "SELECT seq, at, run, event, source, json_extract(detail, '$.key'),"
        " json_extract(detail, '$.locator'), json_extract(detail, '$.source_digest'), " HEX(
            "digest") ","
                      " json_extract(detail, '$.findings') FROM ledger"
                      " WHERE code = ?1 AND event IN ('accepted', 'rejected', 'held') ORDER BY seq",
        columns, (int)COUNT(columns), value_set(page, "outcomes", value_list(arena)), error);
}

#define DELIVERY_EVENTS                                                                                      \
    "('intended', 'attempted', 'published', 'withdrawn', 'refused', 'conflict', 'unknown', 'failed', "       \
    "'recalled')"

static enum status add_requests(struct store *store, struct arena *arena, struct text code,
                                struct value *page, struct error *error)
{
    static const struct column columns[] = {
        { "event", COLUMN_NUMBER },        { "at", COLUMN_TEXT },
        { "run", COLUMN_NUMBER },          { "outcome", COLUMN_TEXT },
        { "action", COLUMN_TEXT },         { "idempotency_key", COLUMN_TEXT },
        { "content_digest", COLUMN_TEXT }, { "attempt", COLUMN_NUMBER },
        { "started_at", COLUMN_TEXT },     { "http_status", COLUMN_NUMBER },
        { "portal_version", COLUMN_TEXT }, { "answer_digest", COLUMN_TEXT },
        { "base", COLUMN_TEXT },           { "asked", COLUMN_JSON },
        { "words", COLUMN_TEXT },          { "words", COLUMN_SAID },
    };
    return list_rows(
        store, arena, code,
        "SELECT seq, at, run, event, json_extract(detail, '$.action'), json_extract(detail, '$.key'),"
        " " HEX("digest") ", json_extract(detail, '$.attempt'), json_extract(detail, '$.started_at'),"
                          " json_extract(detail, '$.status'), json_extract(detail, '$.version'),"
                          " json_extract(detail, '$.answer_digest'), json_extract(detail, '$.base'),"
                          " CASE json_extract(detail, '$.asked') WHEN 1 THEN 'true' END, "
                          "json_extract(detail, '$.words'), json_extract(detail, '$.said')"
                          " FROM ledger WHERE code = ?1 AND event IN " DELIVERY_EVENTS " ORDER BY seq",
        columns, (int)COUNT(columns), value_set(page, "requests", value_list(arena)), error);
}

static enum status add_others(struct store *store, struct arena *arena, struct text code, struct value *page,
                              struct error *error)
{
    static const struct column columns[] = {
        { "event", COLUMN_NUMBER }, { "at", COLUMN_TEXT },     { "run", COLUMN_NUMBER },
        { "what", COLUMN_TEXT },    { "source", COLUMN_TEXT }, { "actor", COLUMN_TEXT },
        { "detail", COLUMN_JSON },
    };
    return list_rows(store, arena, code,
                     "SELECT seq, at, run, event, source, actor, detail FROM ledger WHERE code = ?1"
                     " AND event NOT IN ('accepted', 'rejected', 'held') AND event NOT IN " DELIVERY_EVENTS
                     " ORDER BY seq",
                     columns, (int)COUNT(columns), value_set(page, "others", value_list(arena)), error);
}

/* What people ordered and approved of it. A store that was not brought up to date yet has no such view. */
static enum status add_orders(struct store *store, struct arena *arena, struct text code, struct value *page,
                              struct error *error)
{
    static const struct column columns[] = {
        { "run", COLUMN_NUMBER },  { "at", COLUMN_TEXT },
        { "order", COLUMN_TEXT },  { "actor", COLUMN_TEXT },
        { "reason", COLUMN_TEXT }, { "decision", COLUMN_TEXT },
        { "plan", COLUMN_TEXT },   { "content_digest", COLUMN_TEXT },
    };
    struct value *orders = value_set(page, "orders", value_list(arena));
    if (store_version(store) < STORE_VERSION)
        return STATUS_OK;
    return list_rows(store, arena, code,
                     "SELECT run, at, \"order\", actor, reason, decision, plan, digest FROM audit_orders"
                     " WHERE code = ?1 ORDER BY at, run",
                     columns, (int)COUNT(columns), orders, error);
}

/* What speaks against it now; absent where nothing does. */
static enum status add_against(struct store *store, struct arena *arena, struct text code, struct value *page,
                               struct error *error)
{
    struct value *against;
    if (history_against(store, arena, code, NULL, &against, error))
        return error->status;
    if (against->count)
        value_set(page, "against", against);
    return STATUS_OK;
}

static enum status add_held(struct store *store, struct arena *arena, struct text code, struct value *page,
                            struct error *error)
{
    struct sqlite_statement *row;
    enum status status =
        sql_row(store,
                "SELECT name, status, content_digest, portal_version, published_at, run FROM audit_current"
                " WHERE code = ?1",
                SQL_WITH(SQL_TEXT(code)), &row, error);
    if (status)
        return status == STATUS_END ? STATUS_OK : status;
    struct digest digest;
    struct value *content;
    if (digest_from_hex(sqlite_column_text(row, 2), &digest) &&
        history_content(store, arena, &digest, &content, error)) {
        sqlite_reset_statement(row);
        return error->status;
    }
    history_text(arena, page, "name", row, 0);
    struct value *held = value_set(page, "held", value_object(arena));
    history_text(arena, held, "status", row, 1);
    history_text(arena, held, "content_digest", row, 2);
    history_text(arena, held, "portal_version", row, 3);
    history_text(arena, held, "published_at", row, 4);
    history_number(arena, held, "run", row, 5);
    sqlite_reset_statement(row);
    return STATUS_OK;
}

/* Of a procedure that never stood at the portal, the name that its record has. */
static enum status add_name(struct store *store, struct arena *arena, struct text code, struct value *page,
                            struct error *error)
{
    struct sqlite_statement *row;
    if (value_find(page, "name"))
        return STATUS_OK;
    enum status status =
        sql_row(store,
                "SELECT json_extract(CAST(p.bytes AS TEXT), '$.name') FROM record r JOIN payload p ON p.id "
                "= r.content"
                " WHERE r.code = ?1 ORDER BY r.present DESC, r.id DESC LIMIT 1",
                SQL_WITH(SQL_TEXT(code)), &row, error);
    if (status == STATUS_OK)
        history_text(arena, page, "name", row, 0);
    return sql_end(row, status);
}

/* clang-format off */
#define PENDING                                                                                              \
    "SELECT CASE q.state WHEN 'intended' THEN q.state ELSE " OUTBOX_SHOWN("q") " END,"                       \
    " coalesce(wanted_action, intent_action), " HEX("coalesce(wanted_digest, intent_digest)") ","            \
    " (SELECT e.run FROM ledger e WHERE e.seq = coalesce(" OUTBOX_WANTED_SINCE("wanted_event") ", intent_event))," \
    " words, attempts,"                                                                                      \
    " intent_key, wanted_action IS NOT NULL OR state <> 'idle', " SAID_OF("q.code", "q.words")               \
    " FROM procedure_state q WHERE code = ?1"
/* clang-format on */

static enum status add_state(struct store *store, struct arena *arena, struct text code, struct value *page,
                             struct error *error)
{
    struct sqlite_statement *row;
    enum status status = sql_row(store, PENDING, SQL_WITH(SQL_TEXT(code)), &row, error);
    if (status)
        return status == STATUS_END ? STATUS_OK : status;
    history_text(arena, page, "state", row, 0);
    struct value *pending = NULL;
    if (sqlite_number(row, 7)) {
        pending = value_set(page, "pending", value_object(arena));
        history_text(arena, pending, "action", row, 1);
        history_text(arena, pending, "content_digest", row, 2);
        history_number(arena, pending, "since_run", row, 3);
        history_text(arena, pending, "words", row, 4);
        say_anew(arena, pending, "words", row, 8);
        if (sqlite_number(row, 5))
            history_number(arena, pending, "attempts", row, 5);
        history_text(arena, pending, "idempotency_key", row, 6);
    }
    sqlite_reset_statement(row);
    struct text waits = TEXT_NONE;
    if (pending && approval_view_words(store, arena, code, &waits, error))
        return error->status;
    value_put(arena, pending, "approval", waits);
    return STATUS_OK;
}

enum status history_show(struct store *store, struct arena *arena, struct text code, struct value **page,
                         struct error *error)
{
    struct value *made = value_object(arena);
    value_set(made, "code", value_text(arena, code));
    enum status status = store_snapshot_begin(store, error);
    if (status)
        return status;
    if (add_held(store, arena, code, made, error) || add_name(store, arena, code, made, error) ||
        add_state(store, arena, code, made, error) || add_records(store, arena, code, made, error) ||
        add_outcomes(store, arena, code, made, error) || add_requests(store, arena, code, made, error) ||
        add_others(store, arena, code, made, error) || add_orders(store, arena, code, made, error) ||
        add_against(store, arena, code, made, error))
        status = error->status;
    store_snapshot_end(store);
    *page = made;
    if (status)
        return status;
    bool known = value_find(made, "records")->count || value_find(made, "outcomes")->count ||
                 value_find(made, "requests")->count || value_find(made, "others")->count ||
                 value_find(made, "state");
    return known ? STATUS_OK : STATUS_END;
}
