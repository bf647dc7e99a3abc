/* Intents and answers: what load does with the outbox, and the ledger's events of it. */
#include "store/outbox.h"

#include <stdio.h>

#include "store/ledger.h"
#include "store/merkle.h"

#define WORDS_MAX 2000 /* bytes of a portal's words that are kept */
#define KEY_MAX   96

/* Both that did not leave and what was not there are recalled: neither left anything at the portal. */
static const char *const event_names[] = {
    [OUTBOX_PUBLISHED] = "published",       [OUTBOX_WITHDRAWN] = "withdrawn",
    [OUTBOX_REFUSED_BY_PORTAL] = "refused", [OUTBOX_IN_CONFLICT] = "conflict",
    [OUTBOX_STILL_UNKNOWN] = "unknown",     [OUTBOX_HAS_FAILED] = "failed",
    [OUTBOX_RECALLED] = "recalled",         [OUTBOX_ABSENT] = "recalled",
    [OUTBOX_SUPERSEDED] = "recalled",
};

static void add_text(struct arena *arena, struct value *detail, const char *name, struct text text)
{
    if (text.bytes)
        value_set(detail, name, value_text(arena, text));
}

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
    if (store_sql(store, "SELECT value FROM setting WHERE name = 'store'", &statement, error))
        return error->status;
    enum status status = sqlite_step(statement, error);
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
    if (store_sql(store, "INSERT INTO setting (name, value) VALUES ('store', ?1)", &statement, error))
        return error->status;
    sqlite_bind_text(statement, 1, text_of(name));
    return sqlite_execute(statement, error);
}

static enum status write_intent(struct store *store, const struct outbox_item *item, int64_t seq,
                                struct error *error)
{
    struct sqlite_statement *statement;
    if (store_sql(
            store,
            "UPDATE procedure_state SET state = 'intended', intent_key = ?2, intent_action = ?3,"
            " intent_content = ?4, intent_digest = ?5, intent_base = ?6, intent_run = ?7, intent_seq = ?8,"
            " attempts = 0, words = NULL WHERE code = ?1",
            &statement, error))
        return error->status;
    sqlite_bind_text(statement, 1, item->code);
    sqlite_bind_text(statement, 2, item->key);
    sqlite_bind_text(statement, 3, text_of(outbox_action_name(item->intent_action)));
    sqlite_bind_number(statement, 4, item->intent_content);
    sqlite_bind_digest(statement, 5, &item->intent_digest);
    sqlite_bind_text(statement, 6, item->intent_base);
    sqlite_bind_number(statement, 7, store_run(store));
    sqlite_bind_number(statement, 8, seq);
    return sqlite_execute(statement, error);
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
    item->state = OUTBOX_INTENDED;
    item->key = text_copy(arena, text_of(key));
    item->intent_action = item->action;
    item->intent_content = item->content;
    item->intent_digest = item->digest;
    item->intent_base = base;
    item->attempts = 0;
    struct value *detail = value_object(arena);
    value_set(detail, "action", value_string(arena, outbox_action_name(item->intent_action)));
    add_text(arena, detail, "base", base);
    value_set(detail, "key", value_text(arena, item->key));
    struct ledger_event event = {
        .event = "intended", .code = item->code, .digest = &item->intent_digest, .detail = detail
    };
    if (ledger_append(store, &event, NULL, error))
        return error->status;
    return write_intent(store, item, seq, error);
}

static struct text bounded(struct text message)
{
    return text_slice(message, 0, text_cut(message, WORDS_MAX));
}

static enum status append_answer(struct store *store, const struct outbox_item *item,
                                 const struct outbox_answer *answer, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct value *detail = value_object(&arena);
    value_set(detail, "action", value_string(&arena, outbox_action_name(item->intent_action)));
    if (answer->asked)
        value_set(detail, "asked", value_boolean(&arena, true));
    if (answer->outcome == OUTBOX_ABSENT)
        value_set(detail, "absent", value_boolean(&arena, true));
    add_text(&arena, detail, "answer_digest", answer->answer_digest);
    value_set(detail, "attempt", value_integer(&arena, answer->attempts));
    add_text(&arena, detail, "base", item->intent_base);
    add_text(&arena, detail, "etag", answer->etag);
    add_text(&arena, detail, "key", item->key);
    add_time(&arena, detail, "started_at", answer->started_at);
    if (answer->status)
        value_set(detail, "status", value_integer(&arena, answer->status));
    add_text(&arena, detail, "version", answer->version.bytes ? answer->version : answer->etag);
    add_text(&arena, detail, "words", bounded(answer->message));
    struct ledger_event event = { .event = event_names[answer->outcome],
                                  .code = item->code,
                                  .digest = &item->intent_digest,
                                  .detail = detail };
    return ledger_append(store, &event, NULL, error);
}

static void hold(struct outbox_item *item, const struct outbox_answer *answer)
{
    item->held = answer->outcome != OUTBOX_ABSENT;
    item->held_absent = answer->outcome == OUTBOX_ABSENT;
    item->held_abolished = answer->outcome == OUTBOX_WITHDRAWN;
    /* A withdrawn procedure stays readable: the portal goes on holding what was published last. */
    if (answer->outcome != OUTBOX_WITHDRAWN) {
        item->held_digest = item->intent_digest;
        item->held_content = item->intent_content;
        item->has_held_digest = true;
    }
    item->version = answer->version;
    item->etag = answer->etag;
    item->overwrite = TEXT_NONE;
}

static void settle(struct outbox_item *item, const struct outbox_answer *answer)
{
    bool same = outbox_is_intended(item);
    switch (answer->outcome) {
    case OUTBOX_PUBLISHED:
    case OUTBOX_WITHDRAWN:
    case OUTBOX_ABSENT:
        hold(item, answer);
        item->state = OUTBOX_IDLE;
        item->wanted = item->wanted && !same;
        break;
    case OUTBOX_REFUSED_BY_PORTAL: /* this very content: what is wanted since then has its own chance */
        item->state = same ? OUTBOX_REFUSED : OUTBOX_IDLE;
        break;
    case OUTBOX_IN_CONFLICT:
        item->state = OUTBOX_CONFLICT;
        break;
    case OUTBOX_STILL_UNKNOWN:
        item->state = OUTBOX_UNKNOWN;
        break;
    case OUTBOX_HAS_FAILED:
        item->state = OUTBOX_FAILED;
        break;
    case OUTBOX_RECALLED:
    case OUTBOX_SUPERSEDED:
        item->state = OUTBOX_IDLE;
        break;
    }
    item->attempts = outbox_is_open(item) ? item->attempts + answer->attempts : 0;
    /* What an operator ordered to be overwritten is not what we believe to stand there. */
    if (item->state == OUTBOX_IDLE && item->wanted && outbox_is_satisfied(item) && !item->overwrite.length)
        item->wanted = false;
}

static const char *held_status(const struct outbox_item *item)
{
    return item->held_abolished ? "abolished"
           : item->held         ? "published"
           : item->held_absent  ? "absent"
                                : NULL;
}

/* The answer's event is the ledger's newest: its time is the one that counts, also when the clock jumps. */
static enum status write_held(struct store *store, const struct outbox_item *item, struct error *error)
{
    struct sqlite_statement *statement;
    if (store_sql(
            store,
            "UPDATE procedure_state SET state = ?2, attempts = ?3, words = NULL,"
            " wanted_action = CASE WHEN ?4 THEN wanted_action END,"
            " wanted_content = CASE WHEN ?4 THEN wanted_content END,"
            " wanted_digest = CASE WHEN ?4 THEN wanted_digest END,"
            " wanted_run = CASE WHEN ?4 THEN wanted_run END,"
            " intent_key = NULL, intent_action = NULL, intent_content = NULL, intent_digest = NULL,"
            " intent_base = NULL, intent_run = NULL, intent_seq = NULL,"
            " held_status = ?5, held_content = ?6, held_digest = ?7, held_version = ?8, held_etag = ?9,"
            " held_run = ?10, held_at = (SELECT at FROM ledger ORDER BY seq DESC LIMIT 1), overwrite = NULL"
            " WHERE code = ?1",
            &statement, error))
        return error->status;
    sqlite_bind_text(statement, 1, item->code);
    sqlite_bind_text(statement, 2, text_of(outbox_state_name(item->state)));
    sqlite_bind_number(statement, 3, item->attempts);
    sqlite_bind_number(statement, 4, item->wanted);
    sqlite_bind_text(statement, 5, text_of(held_status(item)));
    if (item->has_held_digest) {
        sqlite_bind_number(statement, 6, item->held_content);
        sqlite_bind_digest(statement, 7, &item->held_digest);
    }
    sqlite_bind_text(statement, 8, item->version);
    sqlite_bind_text(statement, 9, item->etag);
    sqlite_bind_number(statement, 10, store_run(store));
    return sqlite_execute(statement, error);
}

/* A refusal keeps its intent: that is how the same content is known when it comes again. */
static enum status write_state(struct store *store, const struct outbox_item *item, struct text message,
                               struct error *error)
{
    struct sqlite_statement *statement;
    bool keeps = outbox_is_open(item) || item->state == OUTBOX_REFUSED;
    if (store_sql(store,
                  "UPDATE procedure_state SET state = ?2, attempts = ?3, words = ?4,"
                  " wanted_action = CASE WHEN ?5 THEN wanted_action END,"
                  " wanted_content = CASE WHEN ?5 THEN wanted_content END,"
                  " wanted_digest = CASE WHEN ?5 THEN wanted_digest END,"
                  " wanted_run = CASE WHEN ?5 THEN wanted_run END,"
                  " intent_key = CASE WHEN ?6 THEN intent_key END,"
                  " intent_action = CASE WHEN ?6 THEN intent_action END,"
                  " intent_content = CASE WHEN ?6 THEN intent_content END,"
                  " intent_digest = CASE WHEN ?6 THEN intent_digest END,"
                  " intent_base = CASE WHEN ?6 THEN intent_base END,"
                  " intent_run = CASE WHEN ?6 THEN intent_run END,"
                  " intent_seq = CASE WHEN ?6 THEN intent_seq END,"
                  " overwrite = CASE WHEN ?2 <> 'conflict' THEN overwrite END WHERE code = ?1",
                  &statement, error))
        return error->status;
    sqlite_bind_text(statement, 1, item->code);
    sqlite_bind_text(statement, 2, text_of(outbox_state_name(item->state)));
    sqlite_bind_number(statement, 3, item->attempts);
    sqlite_bind_text(statement, 4, message);
    sqlite_bind_number(statement, 5, item->wanted);
    sqlite_bind_number(statement, 6, keeps);
    return sqlite_execute(statement, error);
}

/* ---- what was sent earlier, and came late ---- */

#define SENT                                                                                                 \
    "SELECT p.id, json_extract(e.detail, '$.key') FROM ledger e JOIN payload p ON p.digest = e.digest"       \
    " WHERE e.code = ?1 AND e.event = 'intended' AND e.digest = ?2"                                          \
    " AND json_extract(e.detail, '$.action') = 'publish' ORDER BY e.seq DESC LIMIT 1"

static enum status find_sent(struct store *store, struct text code, const struct digest *digest,
                             struct sqlite_statement **row, struct error *error)
{
    if (store_sql(store, SENT, row, error))
        return error->status;
    sqlite_bind_text(*row, 1, code);
    sqlite_bind_digest(*row, 2, digest);
    return sqlite_step(*row, error);
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

static enum status supersede(struct store *store, struct outbox_item *item,
                             const struct outbox_answer *answer, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct sqlite_statement *row;
    struct outbox_item earlier = *item;
    enum status status = find_sent(store, item->code, &answer->earlier, &row, error);
    if (status == STATUS_END)
        return error_set(error, STATUS_FATAL, _("the store has lost the content of " TEXT_PRINT),
                         TEXT_ARG(item->code));
    if (status)
        return status;
    earlier.intent_content = sqlite_number(row, 0);
    earlier.key = text_copy(&arena, sqlite_column_text(row, 1));
    sqlite_reset_statement(row);
    earlier.intent_action = OUTBOX_PUBLISH;
    earlier.intent_digest = answer->earlier;
    earlier.intent_base = TEXT_NONE;
    struct outbox_answer published = *answer;
    published.outcome = OUTBOX_PUBLISHED;
    published.message = TEXT_NONE;
    if (append_answer(store, &earlier, &published, error))
        return error->status;
    hold(&earlier, &published);
    earlier.state = OUTBOX_IDLE;
    earlier.attempts = 0;
    earlier.wanted = item->wanted && !outbox_is_satisfied(&earlier);
    *item = earlier;
    item->key = TEXT_NONE;
    return write_held(store, item, error);
}

enum status outbox_answer(struct store *store, struct outbox_item *item, const struct outbox_answer *answer,
                          struct error *error)
{
    if (append_answer(store, item, answer, error))
        return error->status;
    if (answer->outcome == OUTBOX_SUPERSEDED)
        return supersede(store, item, answer, error);
    settle(item, answer);
    if (answer->outcome == OUTBOX_PUBLISHED || answer->outcome == OUTBOX_WITHDRAWN ||
        answer->outcome == OUTBOX_ABSENT)
        return write_held(store, item, error);
    bool said = item->state != OUTBOX_IDLE || answer->outcome == OUTBOX_RECALLED;
    return write_state(store, item, said ? bounded(answer->message) : TEXT_NONE, error);
}

enum status outbox_attempt(struct store *store, const struct outbox_item *item, int64_t attempt,
                           int64_t started_at, long status, struct text message, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct value *detail = value_object(&arena);
    value_set(detail, "action", value_string(&arena, outbox_action_name(item->intent_action)));
    value_set(detail, "attempt", value_integer(&arena, attempt));
    add_text(&arena, detail, "key", item->key);
    add_time(&arena, detail, "started_at", started_at);
    if (status)
        value_set(detail, "status", value_integer(&arena, status));
    add_text(&arena, detail, "words", bounded(message));
    struct ledger_event event = {
        .event = "attempted", .code = item->code, .digest = &item->intent_digest, .detail = detail
    };
    return ledger_append(store, &event, NULL, error);
}
