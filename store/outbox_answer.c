/* Intents and answers: what load does with the outbox, and the ledger's events of it. */
#include "store/outbox.h"

#include <stdio.h>

#include "store/cross_record.h"
#include "store/ledger.h"
#include "store/merkle.h"
#include "store/sql.h"

#define KEY_MAX 96

/* Both that did not leave and what was not there are recalled: neither left anything at the portal. */
static const char *const event_names[] = {
    [OUTBOX_PUBLISHED] = "published",       [OUTBOX_WITHDRAWN] = "withdrawn",
    [OUTBOX_REFUSED_BY_PORTAL] = "refused", [OUTBOX_IN_CONFLICT] = "conflict",
    [OUTBOX_STILL_UNKNOWN] = "unknown",     [OUTBOX_HAS_FAILED] = "failed",
    [OUTBOX_RECALLED] = "recalled",         [OUTBOX_ABSENT] = "recalled",
    [OUTBOX_SUPERSEDED] = "recalled",
};

static void add_time(struct arena *arena, struct value *detail, const char *name, int64_t at)
{
    if (!at)
        return;
    char *text = arena_alloc(arena, CLOCK_TEXT);
    clock_format(at, text);
    value_set(detail, name, value_string(arena, text));
}

/* A name for this store that outlives it in the portal's log of keys: two stores never share a key. */
static enum status store_name(struct store *store, char name[17], struct error *error)
{
    struct sqlite_statement *statement;
    enum status status =
        sql_row(store, "SELECT value FROM setting WHERE name = 'store'", NULL, &statement, error);
    if (status == STATUS_OK) {
        struct text value = sqlite_column_text(statement, 0);
        snprintf(name, 17, TEXT_PRINT, TEXT_ARG(value));
        sqlite_reset_statement(statement);
        return STATUS_OK;
    }
    if (status != STATUS_END)
        return status;
    struct clock *clock = store_clock(store);
    snprintf(name, 17, "%012llx", (unsigned long long)clock->random(clock) >> 16);
    return sql_run(store, "INSERT INTO setting (name, value) VALUES ('store', ?1)",
                   SQL_WITH(SQL_TEXT(text_of(name))), error);
}

enum status outbox_intend(struct store *store, struct arena *arena, struct outbox_item *item,
                          struct text base, struct error *error)
{
    char name[17], key[KEY_MAX];
    int64_t seq = (int64_t)store_tree(store)->size + 1; /* that of the event below, which names the key */
    struct clock *clock = store_clock(store);
    if (store_name(store, name, error))
        return error->status;
    snprintf(key, sizeof key, "congkhai-%s-%lld-%016llx", name, (long long)seq,
             (unsigned long long)clock->random(clock));
    outbox_item_intend(item, text_copy(arena, text_of(key)), base, seq);
    struct value *detail = value_object(arena);
    value_set(detail, "action", value_string(arena, outbox_action_name(item->intent_action)));
    if (item->approval)
        value_set(detail, "approval", value_integer(arena, item->approval));
    value_put(arena, detail, "base", base);
    value_set(detail, "key", value_text(arena, item->key));
    value_set(detail, "wanted", value_integer(arena, item->wanted_event));
    struct ledger_event event = {
        .event = "intended", .code = item->code, .digest = &item->intent_digest, .detail = detail
    };
    return ledger_append(store, &event, NULL, error) ? error->status : outbox_save(store, item, error);
}

static enum status append_answer(struct store *store, const struct outbox_item *item,
                                 const struct outbox_answer *answer, int64_t *seq, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct value *detail = value_object(&arena);
    value_set(detail, "action", value_string(&arena, outbox_action_name(item->intent_action)));
    if (answer->asked)
        value_set(detail, "asked", value_boolean(&arena, true));
    if (answer->outcome == OUTBOX_ABSENT)
        value_set(detail, "absent", value_boolean(&arena, true));
    value_put(&arena, detail, "answer_digest", answer->answer_digest);
    value_set(detail, "attempt", value_integer(&arena, answer->attempts));
    value_put(&arena, detail, "base", item->intent_base);
    value_put(&arena, detail, "etag", answer->etag);
    value_put(&arena, detail, "key", item->key);
    add_time(&arena, detail, "started_at", answer->started_at);
    if (answer->status)
        value_set(detail, "status", value_integer(&arena, answer->status));
    value_put(&arena, detail, "version", answer->version.bytes ? answer->version : answer->etag);
    said_put(&arena, detail, &answer->said);
    struct ledger_event event = { .event = event_names[answer->outcome],
                                  .code = item->code,
                                  .digest = &item->intent_digest,
                                  .detail = detail };
    return ledger_append(store, &event, seq, error);
}

/* ---- what was sent earlier, and came late ---- */

#define SENT                                                                                                 \
    "SELECT p.id, json_extract(e.detail, '$.key') FROM ledger e JOIN payload p ON p.digest = e.digest"       \
    " WHERE e.code = ?1 AND e.event = 'intended' AND e.digest = ?2"                                          \
    " AND json_extract(e.detail, '$.action') = 'publish' ORDER BY e.seq DESC LIMIT 1"

static enum status find_sent(struct store *store, struct text code, const struct digest *digest,
                             struct sqlite_statement **row, struct error *error)
{
    return sql_row(store, SENT, SQL_WITH(SQL_TEXT(code), SQL_DIGEST(digest)), row, error);
}

enum status outbox_sent_before(struct store *store, struct text code, const struct digest *digest,
                               struct error *error)
{
    struct sqlite_statement *row;
    enum status status = find_sent(store, code, digest, &row, error);
    if (status == STATUS_OK)
        sqlite_reset_statement(row);
    return status;
}

enum status outbox_last_word(struct store *store, struct text code, int64_t *at, struct error *error)
{
    struct sqlite_statement *row;
    enum status status =
        sql_row(store,
                "SELECT at FROM ledger WHERE code = ?1 AND event IN ('intended', 'attempted', 'unknown')"
                " ORDER BY seq DESC LIMIT 1",
                SQL_WITH(SQL_TEXT(code)), &row, error);
    if (!status && !clock_parse(sqlite_column_text(row, 0), at))
        status = STATUS_END;
    sqlite_reset_statement(row);
    return status;
}

enum status outbox_was_queued(struct store *store, const struct outbox_item *item, bool *queued,
                              struct error *error)
{
    return sql_any(
        store,
        "SELECT 1 FROM ledger WHERE code = ?1 AND event = 'unknown' AND json_extract(detail, '$.key') = ?2"
        " AND json_extract(detail, '$.status') = ?3 LIMIT 1",
        SQL_WITH(SQL_TEXT(item->code), SQL_TEXT(item->key), SQL_NUMBER(OUTBOX_QUEUED)), queued, error);
}

#define ANSWERED                                                                                             \
    "SELECT 1 FROM ledger WHERE code = ?1 AND event IN ('withdrawn', ?2) AND CASE"                           \
    " WHEN ?3 IS NULL AND ?4 IS NULL THEN event = ?2 AND (event = 'withdrawn' OR digest = ?5)"               \
    " ELSE ?3 IN (json_extract(detail, '$.version'), json_extract(detail, '$.etag'))"                        \
    " OR ?4 IN (json_extract(detail, '$.version'), json_extract(detail, '$.etag')) END LIMIT 1"

enum status outbox_answered_before(struct store *store, const struct outbox_item *item, struct text version,
                                   struct text etag, bool abolished, struct error *error)
{
    struct sqlite_statement *row;
    enum status status =
        sql_row(store, ANSWERED,
                SQL_WITH(SQL_TEXT(item->code), SQL_TEXT(abolished ? TEXT("withdrawn") : TEXT("published")),
                         SQL_TEXT(version), SQL_TEXT(etag), SQL_DIGEST(&item->intent_digest)),
                &row, error);
    sqlite_reset_statement(row);
    return status;
}

/* The intent is recalled already. */
static enum status supersede(struct store *store, struct outbox_item *item,
                             const struct outbox_answer *answer, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct sqlite_statement *row;
    enum status status = find_sent(store, item->code, &answer->earlier, &row, error);
    if (status == STATUS_END)
        return error_set(error, STATUS_FATAL, _("the store has lost the content of " TEXT_PRINT),
                         TEXT_ARG(item->code));
    if (status)
        return status;
    struct outbox_standing standing = { .content = sqlite_number(row, 0),
                                        .digest = answer->earlier,
                                        .version = answer->version,
                                        .etag = answer->etag };
    struct outbox_item earlier = { .code = item->code,
                                   .key = sqlite_take_text(&arena, row, 1),
                                   .intent_action = OUTBOX_PUBLISH,
                                   .intent_digest = answer->earlier };
    sqlite_reset_statement(row);
    struct outbox_answer published = *answer;
    published.outcome = OUTBOX_PUBLISHED;
    published.said = (struct said){ .words = TEXT_NONE };
    if (append_answer(store, &earlier, &published, &standing.event, error))
        return error->status;
    outbox_item_supersede(item, &standing);
    return outbox_save(store, item, error);
}

enum status outbox_put_behind(struct store *store, struct outbox_item *item, struct text message,
                              struct error *error)
{
    item->behind = (int64_t)store_tree(store)->size;
    item->message = said_bounded(message);
    return outbox_save(store, item, error);
}

enum status outbox_answer(struct store *store, struct outbox_item *item, const struct outbox_answer *answer,
                          struct error *error)
{
    struct outbox_ending ending = { .outcome = answer->outcome,
                                    .stopped = answer->stopped,
                                    .attempts = answer->attempts,
                                    .version = answer->version,
                                    .etag = answer->etag,
                                    .message = said_bounded(answer->said.words) };
    if (append_answer(store, item, answer, &ending.event, error))
        return error->status;
    outbox_item_answer(item, &ending);
    bool done = answer->outcome == OUTBOX_PUBLISHED || answer->outcome == OUTBOX_WITHDRAWN;
    if (done && cross_record_close_terms(store, item->code, &item->intent_digest, error))
        return error->status;
    if (answer->outcome == OUTBOX_SUPERSEDED)
        return supersede(store, item, answer, error);
    return outbox_save(store, item, error);
}

enum status outbox_attempt(struct store *store, const struct outbox_item *item, int64_t attempt,
                           int64_t started_at, long status, const struct said *said, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct value *detail = value_object(&arena);
    value_set(detail, "action", value_string(&arena, outbox_action_name(item->intent_action)));
    value_set(detail, "attempt", value_integer(&arena, attempt));
    value_put(&arena, detail, "key", item->key);
    add_time(&arena, detail, "started_at", started_at);
    if (status)
        value_set(detail, "status", value_integer(&arena, status));
    said_put(&arena, detail, said);
    struct ledger_event event = {
        .event = "attempted", .code = item->code, .digest = &item->intent_digest, .detail = detail
    };
    return ledger_append(store, &event, NULL, error);
}
