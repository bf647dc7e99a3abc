#include "store/outbox.h"

#include <stdlib.h>
#include <string.h>

#include "store/ledger.h"

static const char *const state_names[] = {
    [OUTBOX_IDLE] = "idle",     [OUTBOX_INTENDED] = "intended", [OUTBOX_UNKNOWN] = "unknown",
    [OUTBOX_FAILED] = "failed", [OUTBOX_REFUSED] = "refused",   [OUTBOX_CONFLICT] = "conflict",
};

static const char *const action_names[] = { [OUTBOX_PUBLISH] = "publish", [OUTBOX_WITHDRAW] = "withdraw" };

const char *outbox_state_name(enum outbox_state state)
{
    return state_names[state];
}

const char *outbox_action_name(enum outbox_action action)
{
    return action_names[action];
}

/* ---- reading ---- */

static enum status read_state(struct sqlite_statement *row, int at, enum outbox_state *state,
                              struct error *error)
{
    struct text name = sqlite_column_text(row, at);
    for (size_t i = 0; i < sizeof state_names / sizeof *state_names; i++)
        if (text_is(name, state_names[i])) {
            *state = (enum outbox_state)i;
            return STATUS_OK;
        }
    return error_set(error, STATUS_FATAL,
                     _("the store holds the unknown state \"" TEXT_PRINT
                       "\" of a procedure; restore a backup of the store"),
                     TEXT_ARG(name));
}

static enum outbox_action read_action(struct sqlite_statement *row, int at)
{
    return text_is(sqlite_column_text(row, at), action_names[OUTBOX_WITHDRAW]) ? OUTBOX_WITHDRAW
                                                                               : OUTBOX_PUBLISH;
}

static void read_held(struct sqlite_statement *row, int at, struct arena *arena, struct outbox_item *item)
{
    struct text status = sqlite_column_text(row, at);
    item->held_abolished = text_is(status, "abolished");
    item->held_absent = text_is(status, "absent");
    item->held = item->held_abolished || text_is(status, "published");
    item->held_content = sqlite_number(row, at + 1);
    item->has_held_digest = sqlite_digest(row, at + 2, &item->held_digest);
    item->version = text_copy(arena, sqlite_column_text(row, at + 3));
    item->etag = text_copy(arena, sqlite_column_text(row, at + 4));
}

static void read_intent(struct sqlite_statement *row, int at, struct arena *arena, struct outbox_item *item)
{
    item->key = text_copy(arena, sqlite_column_text(row, at));
    item->intent_action = read_action(row, at + 1);
    item->intent_content = sqlite_number(row, at + 2);
    sqlite_digest(row, at + 3, &item->intent_digest);
    item->intent_base = text_copy(arena, sqlite_column_text(row, at + 4));
    item->attempts = sqlite_number(row, at + 5);
}

enum status outbox_find(struct store *store, struct arena *arena, struct text code, struct outbox_item *item,
                        struct error *error)
{
    struct sqlite_statement *row;
    if (store_sql(store,
                  "SELECT state, wanted_action, wanted_content, wanted_digest,"
                  " held_status, held_content, held_digest, held_version, held_etag,"
                  " intent_key, intent_action, intent_content, intent_digest, intent_base, attempts,"
                  " ordered, dismissed, overwrite FROM procedure_state WHERE code = ?1",
                  &row, error))
        return error->status;
    sqlite_bind_text(row, 1, code);
    enum status status = sqlite_step(row, error);
    if (status)
        return status;
    *item = (struct outbox_item){ .code = text_copy(arena, code) };
    status = read_state(row, 0, &item->state, error);
    item->wanted = !sqlite_is_null(row, 1);
    item->action = read_action(row, 1);
    item->content = sqlite_number(row, 2);
    sqlite_digest(row, 3, &item->digest);
    read_held(row, 4, arena, item);
    read_intent(row, 9, arena, item);
    item->ordered = sqlite_number(row, 15);
    item->has_dismissed = sqlite_digest(row, 16, &item->dismissed);
    item->overwrite = text_copy(arena, sqlite_column_text(row, 17));
    sqlite_reset_statement(row);
    return status;
}

struct code_list {
    struct arena *arena;
    struct text *codes;
    size_t count, capacity;
};

static void list_add(struct code_list *list, struct text code)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? list->capacity * 2 : 64;
        struct text *codes = arena_array(list->arena, struct text, capacity);
        if (list->count)
            memcpy(codes, list->codes, list->count * sizeof *codes);
        list->codes = codes;
        list->capacity = capacity;
    }
    list->codes[list->count++] = text_copy(list->arena, code);
}

static int compare_codes(const void *left, const void *right)
{
    return text_compare(*(const struct text *)left, *(const struct text *)right);
}

static bool wants_source(const struct outbox_filter *filter, struct text source)
{
    for (size_t i = 0; i < filter->source_count; i++)
        if (text_is(source, filter->sources[i]))
            return true;
    return filter->source_count == 0;
}

/* The second form costs two look-ups a row and is used only when a filter names sources. */
#define LIST(condition, order)                                                                               \
    {                                                                                                        \
        "SELECT code FROM procedure_state p WHERE " condition " ORDER BY " order,                            \
            "SELECT p.code, s.name FROM procedure_state p JOIN record r ON r.id = p.record"                  \
            " JOIN source s ON s.id = r.source WHERE " condition " ORDER BY " order                          \
    }

enum status outbox_list(struct store *store, const struct outbox_filter *filter, struct arena *arena,
                        struct text **codes, size_t *count, struct error *error)
{
    static const char *const lists[][2] = {
        LIST("p.state <> 'idle' AND p.state IN ('intended', 'unknown')", "p.code"),
        LIST("p.state <> 'idle' AND p.state = 'failed'", "p.code"),
        /* What was recalled with words (a run stopped at it) must not keep the others from their turn. */
        LIST("p.wanted_action IS NOT NULL AND p.state = 'idle'", "p.words IS NOT NULL, p.code"),
    };
    struct code_list list = { .arena = arena };
    struct text *wanted = NULL;
    if (filter->code_count) {
        wanted = arena_array(arena, struct text, filter->code_count);
        memcpy(wanted, filter->codes, filter->code_count * sizeof *wanted);
        qsort(wanted, filter->code_count, sizeof *wanted, compare_codes);
    }
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        struct sqlite_statement *row;
        if (store_sql(store, lists[i][filter->source_count > 0], &row, error))
            return error->status;
        enum status status;
        while ((status = sqlite_step(row, error)) == STATUS_OK) {
            struct text code = sqlite_column_text(row, 0);
            if (filter->source_count && !wants_source(filter, sqlite_column_text(row, 1)))
                continue;
            if (!wanted || bsearch(&code, wanted, filter->code_count, sizeof *wanted, compare_codes))
                list_add(&list, code);
        }
        if (status != STATUS_END)
            return status;
    }
    *codes = list.codes;
    *count = list.count;
    return STATUS_OK;
}

/* ---- what is wanted ---- */

bool outbox_is_open(const struct outbox_item *item)
{
    return item->state == OUTBOX_INTENDED || item->state == OUTBOX_UNKNOWN || item->state == OUTBOX_FAILED;
}

bool outbox_is_intended(const struct outbox_item *item)
{
    return item->wanted && item->action == item->intent_action &&
           digest_equal(&item->digest, &item->intent_digest);
}

bool outbox_is_satisfied(const struct outbox_item *item)
{
    if (item->action == OUTBOX_WITHDRAW)
        return item->held_abolished || (item->held_absent && item->has_held_digest &&
                                        digest_equal(&item->held_digest, &item->digest));
    return item->held && !item->held_abolished && item->has_held_digest &&
           digest_equal(&item->held_digest, &item->digest);
}

static enum status write_wanted(struct store *store, const struct outbox_item *item, int64_t record,
                                struct error *error)
{
    struct sqlite_statement *statement;
    if (store_sql(
            store,
            "INSERT INTO procedure_state (code, record, wanted_action, wanted_content, wanted_digest,"
            " wanted_run, state) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (code) DO UPDATE SET"
            " record = ?2, wanted_action = ?3, wanted_content = ?4, wanted_digest = ?5, wanted_run = ?6,"
            " state = ?7, dismissed = CASE WHEN ?8 THEN dismissed END",
            &statement, error))
        return error->status;
    sqlite_bind_text(statement, 1, item->code);
    sqlite_bind_number(statement, 2, record);
    if (item->wanted) {
        sqlite_bind_text(statement, 3, text_of(action_names[item->action]));
        sqlite_bind_number(statement, 4, item->content);
        sqlite_bind_digest(statement, 5, &item->digest);
        sqlite_bind_number(statement, 6, store_run(store));
    }
    sqlite_bind_text(statement, 7, text_of(state_names[item->state]));
    sqlite_bind_number(statement, 8, item->has_dismissed);
    return sqlite_execute(statement, error);
}

/* ---- against an operator's order ---- */

static enum status write_order(struct store *store, const struct outbox_item *item, const char *message,
                               struct error *error)
{
    struct sqlite_statement *statement;
    if (store_sql(store,
                  "UPDATE procedure_state SET ordered = ?2, dismissed = ?3, words = ?4 WHERE code = ?1",
                  &statement, error))
        return error->status;
    sqlite_bind_text(statement, 1, item->code);
    if (item->ordered)
        sqlite_bind_number(statement, 2, item->ordered);
    if (item->has_dismissed)
        sqlite_bind_digest(statement, 3, &item->dismissed);
    sqlite_bind_text(statement, 4, text_of(message));
    return sqlite_execute(statement, error);
}

static enum status append_withheld(struct store *store, const struct outbox_item *item, const char *message,
                                   struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct value *detail = value_object(&arena);
    value_set(detail, "ordered", value_integer(&arena, item->ordered));
    value_set(detail, "words", value_string(&arena, message));
    struct ledger_event event = {
        .event = "withheld", .code = item->code, .digest = &item->digest, .detail = detail
    };
    return ledger_append(store, &event, NULL, error);
}

/* The withdrawal is still to be made: what the source says meanwhile is noted and nothing else. */
static enum status want_before_order(struct store *store, struct outbox_item *item, int64_t record,
                                     enum outbox_action action, const struct digest *digest,
                                     struct error *error)
{
    if (action == OUTBOX_PUBLISH) {
        item->has_dismissed = true;
        item->dismissed = *digest;
    }
    return write_wanted(store, item, record, error) || write_order(store, item, NULL, error) ? error->status
                                                                                             : STATUS_OK;
}

static enum status want_after_order(struct store *store, struct outbox_item *item, int64_t record,
                                    enum outbox_action action, int64_t content, const struct digest *digest,
                                    struct error *error)
{
    const char *message =
        _("an operator ordered its withdrawal, but its source still says announced, now with another "
          "content: mend the source, or publish it again with \"congkhai retry --code\"");
    bool known = item->has_dismissed && digest_equal(&item->dismissed, digest);
    bool was_withheld = item->state == OUTBOX_CONFLICT;
    item->wanted = action == OUTBOX_PUBLISH && !known;
    item->action = action;
    item->content = content;
    item->digest = *digest;
    if (action == OUTBOX_WITHDRAW) {
        item->ordered = 0;
        item->has_dismissed = false;
    }
    item->state = item->wanted ? OUTBOX_CONFLICT : OUTBOX_IDLE;
    if (item->wanted && !was_withheld && append_withheld(store, item, message, error))
        return error->status;
    if (write_wanted(store, item, record, error))
        return error->status;
    return write_order(store, item, item->wanted ? message : NULL, error);
}

enum status outbox_want(struct store *store, struct text code, int64_t record, enum outbox_action action,
                        int64_t content, const struct digest *digest, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct outbox_item item;
    enum status status = outbox_find(store, &arena, code, &item, error);
    if (status == STATUS_END)
        item = (struct outbox_item){ .code = code, .state = OUTBOX_IDLE };
    else if (status)
        return status;
    bool ordered_again = item.wanted && item.action == OUTBOX_WITHDRAW && item.overwrite.length;
    if (item.ordered && (item.held_abolished || item.held_absent) && !ordered_again)
        return want_after_order(store, &item, record, action, content, digest, error);
    if (item.ordered)
        return want_before_order(store, &item, record, action, digest, error);
    item.has_dismissed =
        item.has_dismissed && action == OUTBOX_PUBLISH && digest_equal(&item.dismissed, digest);
    item.wanted = true;
    item.action = action;
    item.content = content;
    item.digest = *digest;
    /* What is under way, and what an operator must settle, goes on as it is; load compares it with what is
     * wanted. */
    if (item.state == OUTBOX_REFUSED && !outbox_is_intended(&item))
        item.state = OUTBOX_IDLE;
    if (item.state == OUTBOX_IDLE)
        item.wanted = (!outbox_is_satisfied(&item) || item.overwrite.length) && !item.has_dismissed;
    return write_wanted(store, &item, record, error);
}

enum status outbox_unwant(struct store *store, struct text code, int64_t record, struct error *error)
{
    struct sqlite_statement *statement;
    if (store_sql(
            store,
            "UPDATE procedure_state SET wanted_action = NULL, wanted_content = NULL, wanted_digest = NULL,"
            " wanted_run = NULL, state = CASE WHEN state = 'refused' OR (state = 'conflict' AND ordered IS "
            "NOT"
            " NULL) THEN 'idle' ELSE state END"
            " WHERE code = ?1 AND record = ?2 AND NOT (ordered IS NOT NULL AND wanted_action IS 'withdraw')",
            &statement, error))
        return error->status;
    sqlite_bind_text(statement, 1, code);
    sqlite_bind_number(statement, 2, record);
    return sqlite_execute(statement, error);
}
