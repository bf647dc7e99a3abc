#include "store/outbox.h"

#include <stdlib.h>
#include <string.h>

#include "core/canonical.h"
#include "store/ledger.h"
#include "store/sql.h"

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

/* ---- the row ---- */

static enum status read_state(struct sqlite_statement *row, int at, enum outbox_state *state,
                              struct error *error)
{
    struct text name = sqlite_column_text(row, at);
    for (size_t i = 0; i < sizeof state_names / sizeof *state_names; i++)
        if (text_is(name, state_names[i])) {
            *state = (enum outbox_state)i;
            return STATUS_OK;
        }
    return error_set(error, STATUS_LEDGER,
                     _("the store holds the unknown state \"" TEXT_PRINT
                       "\" of a procedure; restore a backup of the store"),
                     TEXT_ARG(name));
}

static enum outbox_action read_action(struct sqlite_statement *row, int at)
{
    return text_is(sqlite_column_text(row, at), action_names[OUTBOX_WITHDRAW]) ? OUTBOX_WITHDRAW
                                                                               : OUTBOX_PUBLISH;
}

enum status outbox_read(struct sqlite_statement *row, struct arena *arena, struct outbox_item *item,
                        struct error *error)
{
    struct text held = sqlite_column_text(row, 6);
    item->stored = true;
    item->record = sqlite_number(row, 0);
    item->wanted = !sqlite_is_null(row, 2);
    item->action = read_action(row, 2);
    item->content = sqlite_number(row, 3);
    sqlite_digest(row, 4, &item->digest);
    item->wanted_event = sqlite_number(row, 5);
    item->held_abolished = text_is(held, "abolished");
    item->held_absent = text_is(held, "absent");
    item->held = item->held_abolished || text_is(held, "published");
    item->held_content = sqlite_number(row, 7);
    item->has_held_digest = sqlite_digest(row, 8, &item->held_digest);
    item->version = sqlite_take_text(arena, row, 9);
    item->etag = sqlite_take_text(arena, row, 10);
    item->held_event = sqlite_number(row, 11);
    item->key = sqlite_take_text(arena, row, 12);
    item->intent_action = read_action(row, 13);
    item->intent_content = sqlite_number(row, 14);
    sqlite_digest(row, 15, &item->intent_digest);
    item->intent_base = sqlite_take_text(arena, row, 16);
    item->intent_event = sqlite_number(row, 17);
    item->attempts = sqlite_number(row, 18);
    item->message = sqlite_take_text(arena, row, 19);
    item->ordered = sqlite_number(row, 20);
    item->has_dismissed = sqlite_digest(row, 21, &item->dismissed);
    item->dismissed_event = sqlite_number(row, 22);
    item->overwrite = sqlite_take_text(arena, row, 23);
    item->overwrite_event = sqlite_number(row, 24);
    item->behind = sqlite_number(row, 25);
    return read_state(row, 1, &item->state, error);
}

enum status outbox_find(struct store *store, struct arena *arena, struct text code, struct outbox_item *item,
                        struct error *error)
{
    struct sqlite_statement *row;
    *item = (struct outbox_item){ .code = text_copy(arena, code) };
    enum status status = sql_row(store, "SELECT " OUTBOX_COLUMNS " FROM procedure_state WHERE code = ?1",
                                 SQL_WITH(SQL_TEXT(code)), &row, error);
    if (status)
        return status;
    status = outbox_read(row, arena, item, error);
    sqlite_reset_statement(row);
    return status;
}

static void bind_event(struct sqlite_statement *statement, int at, int64_t event)
{
    if (event)
        sqlite_bind_number(statement, at, event);
}

static void bind_wanted(struct sqlite_statement *statement, const struct outbox_item *item)
{
    if (!item->wanted)
        return;
    sqlite_bind_text(statement, 4, text_of(action_names[item->action]));
    sqlite_bind_number(statement, 5, item->content);
    sqlite_bind_digest(statement, 6, &item->digest);
    bind_event(statement, 7, item->wanted_event);
}

static void bind_held(struct sqlite_statement *statement, const struct outbox_item *item)
{
    const char *status = item->held_abolished ? "abolished"
                         : item->held         ? "published"
                         : item->held_absent  ? "absent"
                                              : NULL;
    sqlite_bind_text(statement, 8, text_of(status));
    if (item->has_held_digest) {
        sqlite_bind_number(statement, 9, item->held_content);
        sqlite_bind_digest(statement, 10, &item->held_digest);
    }
    sqlite_bind_text(statement, 11, item->version);
    sqlite_bind_text(statement, 12, item->etag);
    bind_event(statement, 13, item->held_event);
}

static void bind_intent(struct sqlite_statement *statement, const struct outbox_item *item)
{
    if (item->key.bytes) {
        sqlite_bind_text(statement, 14, item->key);
        sqlite_bind_text(statement, 15, text_of(action_names[item->intent_action]));
        sqlite_bind_number(statement, 16, item->intent_content);
        sqlite_bind_digest(statement, 17, &item->intent_digest);
        sqlite_bind_text(statement, 18, item->intent_base);
        bind_event(statement, 19, item->intent_event);
    }
    sqlite_bind_number(statement, 20, item->attempts);
    sqlite_bind_text(statement, 21, item->message);
}

static void bind_decided(struct sqlite_statement *statement, const struct outbox_item *item)
{
    bind_event(statement, 22, item->ordered);
    if (item->has_dismissed) {
        sqlite_bind_digest(statement, 23, &item->dismissed);
        bind_event(statement, 24, item->dismissed_event);
    }
    sqlite_bind_text(statement, 25, item->overwrite);
    bind_event(statement, 26, item->overwrite_event);
    bind_event(statement, 27, item->behind);
}

enum status outbox_save(struct store *store, struct outbox_item *item, struct error *error)
{
    struct sqlite_statement *statement;
    if (sql_rows(store,
                 item->stored
                     ? "UPDATE procedure_state SET (" OUTBOX_COLUMNS
                       ") = (?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11,"
                       " ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27)"
                       " WHERE code = ?1"
                     : "INSERT INTO procedure_state (code, " OUTBOX_COLUMNS
                       ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7,"
                       " ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24,"
                       " ?25, ?26, ?27)",
                 SQL_WITH(SQL_TEXT(item->code)), &statement, error))
        return error->status;
    bind_event(statement, 2, item->record);
    sqlite_bind_text(statement, 3, text_of(state_names[item->state]));
    bind_wanted(statement, item);
    bind_held(statement, item);
    bind_intent(statement, item);
    bind_decided(statement, item);
    item->stored = true;
    store_row_changed(store, STORE_PROCEDURE); /* a table without row numbers: SQLite does not tell */
    return sqlite_execute(statement, error);
}

/* ---- the list ---- */

static struct text write_list(struct arena *arena, const struct text *texts, size_t count)
{
    if (!count)
        return TEXT_NONE;
    struct value *list = value_list(arena);
    for (size_t i = 0; i < count; i++)
        value_append(list, value_text(arena, texts[i]));
    return canonical_copy(arena, list);
}

struct text outbox_filter_codes(struct arena *arena, const struct outbox_filter *filter)
{
    return write_list(arena, filter->codes, filter->code_count);
}

struct text outbox_filter_sources(struct arena *arena, const struct outbox_filter *filter)
{
    struct text *sources = arena_array(arena, struct text, filter->source_count + 1);
    for (size_t i = 0; i < filter->source_count; i++)
        sources[i] = text_of(filter->sources[i]);
    return write_list(arena, sources, filter->source_count);
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
                        struct outbox_work *work, struct error *error)
{
    static const char *const lists[][2] = {
        LIST("p.state <> 'idle' AND p.state IN ('intended', 'unknown') AND p.behind IS NULL", "p.code"),
        LIST("p.state <> 'idle' AND p.state = 'failed' AND p.behind IS NULL", "p.code"),
        LIST("p.wanted_action IS NOT NULL AND p.state = 'idle' AND p.behind IS NULL", "p.code"),
        /* What a run stopped at must not keep the others from their turn. */
        LIST("p.behind IS NOT NULL AND (p.state IN ('intended', 'unknown', 'failed')"
             "  OR (p.wanted_action IS NOT NULL AND p.state = 'idle'))",
             "p.behind, p.code"),
    };
    struct code_list list = { .arena = arena };
    size_t begins[sizeof lists / sizeof *lists];
    struct text *wanted = NULL;
    if (filter->code_count) {
        wanted = arena_array(arena, struct text, filter->code_count);
        memcpy(wanted, filter->codes, filter->code_count * sizeof *wanted);
        qsort(wanted, filter->code_count, sizeof *wanted, compare_codes);
    }
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        struct sqlite_statement *row;
        begins[i] = list.count;
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
    *work = (struct outbox_work){
        .codes = list.codes, .count = list.count, .pending = begins[2], .behind = begins[3]
    };
    return STATUS_OK;
}

/* ---- what transform wants ---- */

static enum status append_note(struct store *store, const struct outbox_item *item, const char *event,
                               int64_t ordered, const struct digest *content, const struct error *why,
                               struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct value *detail = value_object(&arena);
    value_set(detail, "ordered", value_integer(&arena, ordered));
    if (item->message.bytes)
        said_put(&arena, detail, &(struct said){ item->message, why });
    struct ledger_event note = { .event = event, .code = item->code, .digest = content, .detail = detail };
    return ledger_append(store, &note, NULL, error);
}

enum status outbox_want(struct store *store, struct text code, int64_t record, const struct outbox_wish *wish,
                        struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct outbox_item item;
    struct error why;
    if (outbox_find(store, &arena, code, &item, error) > STATUS_END)
        return error->status;
    int64_t ordered = item.ordered;
    (void)error_set(
        &why, STATUS_REJECT,
        _("an operator ordered its withdrawal, but its source still says announced, now with another "
          "content: mend the source, or publish it again with \"congkhai retry --code\""));
    enum outbox_note note = outbox_item_want(&item, record, wish, text_of(why.message));
    if (note == OUTBOX_NOTE_WITHHELD &&
        append_note(store, &item, "withheld", ordered, &wish->digest, &why, error))
        return error->status;
    if (note == OUTBOX_NOTE_ORDER_ENDED &&
        append_note(store, &item, "order-ended", ordered, &wish->digest, &why, error))
        return error->status;
    return outbox_save(store, &item, error);
}

enum status outbox_unwant(struct store *store, struct text code, int64_t record, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct outbox_item item;
    struct error why;
    enum status status = outbox_find(store, &arena, code, &item, error);
    struct digest lost = item.digest;
    bool was_wanted = item.wanted, in_conflict = item.state == OUTBOX_CONFLICT;
    (void)error_set(&why, STATUS_REJECT,
                    _("the portal holds something else, and what was to overwrite it is kept back or gone "
                      "since then: mend its "
                      "record, or decide again with \"congkhai reconcile\""));
    if (status || !outbox_item_unwant(&item, record, text_of(why.message)))
        return status == STATUS_END ? STATUS_OK : status;
    if (item.state == OUTBOX_CONFLICT && !in_conflict &&
        append_note(store, &item, "withheld", item.overwrite_event, was_wanted ? &lost : NULL, &why, error))
        return error->status;
    return outbox_save(store, &item, error);
}

enum status outbox_said(struct store *store, const struct outbox_item *item, bool *said,
                        struct digest *digest, struct error *error)
{
    struct sqlite_statement *row;
    enum status status = sql_row(
        store,
        "SELECT p.digest FROM record r JOIN payload p ON p.id = r.content WHERE r.id = ?1 AND r.code = ?2",
        SQL_WITH(SQL_NUMBER(item->record), SQL_TEXT(item->code)), &row, error);
    *said = status == STATUS_OK && sqlite_digest(row, 0, digest);
    return sql_end(row, status);
}
