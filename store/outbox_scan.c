#include "store/outbox_scan.h"

#include "store/sql.h"

static void bind_filter(struct arena *arena, struct sqlite_statement *statement,
                        const struct outbox_filter *filter)
{
    sqlite_bind_text(statement, 1, outbox_filter_codes(arena, filter));
    sqlite_bind_text(statement, 2, outbox_filter_sources(arena, filter));
}

enum status outbox_scan_open(struct outbox_scan *pass, struct store *store,
                             const struct outbox_filter *filter, struct error *error)
{
    *pass = (struct outbox_scan){ .rows = NULL };
    if (sqlite_prepare(store_database(store),
                       "SELECT " OUTBOX_COLUMNS
                       ", p.code FROM procedure_state p WHERE " OUTBOX_TO_DO OUTBOX_FILTERED
                       " ORDER BY p.code",
                       &pass->rows, error))
        return error->status;
    bind_filter(&pass->arena, pass->rows, filter);
    return STATUS_OK;
}

enum status outbox_scan_next(struct outbox_scan *pass, struct arena *arena, struct outbox_item *item,
                             struct error *error)
{
    enum status status = sqlite_step(pass->rows, error);
    if (status)
        return status;
    *item = (struct outbox_item){ .code = sqlite_take_text(arena, pass->rows, OUTBOX_COLUMN_COUNT) };
    return outbox_read(pass->rows, arena, item, error);
}

void outbox_scan_close(struct outbox_scan *pass)
{
    sqlite_finish(pass->rows);
    arena_free(&pass->arena);
    *pass = (struct outbox_scan){ .rows = NULL };
}

static enum status count_published(struct store *store, int64_t *count, struct error *error)
{
    return sql_number(store, "SELECT count(*) FROM procedure_state WHERE held_status = 'published'", NULL,
                      count, error);
}

/* Whether a code took another's place nothing says where keys are codes; that as many went as came does. What went
 * before the last load that sent something, and before the first of the new ones was seen, has nothing to do with them. */
static enum status count_left(struct store *store, int64_t first_seen, int64_t *count, struct error *error)
{
    struct sqlite_statement *row;
    enum status status =
        sql_row(store,
                "SELECT count(DISTINCT e.code) FROM ledger e JOIN procedure_state p ON p.code = e.code"
                " WHERE e.run > coalesce((SELECT max(i.run) FROM ledger i WHERE i.run < ?1"
                "  AND i.event = 'intended'), 0) AND e.event IN ('missing', 'recoded')"
                " AND p.held_status = 'published'"
                " AND NOT EXISTS (SELECT 1 FROM record r WHERE r.code = e.code AND r.present = 1)",
                SQL_WITH(SQL_NUMBER(first_seen)), &row, error);
    *count = status ? 0 : sqlite_number(row, 0);
    sqlite_reset_statement(row);
    return status;
}

static enum status count_fresh(struct store *store, const struct outbox_filter *filter,
                               struct outbox_extent *extent, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct sqlite_statement *row;
    if (store_sql(store,
                  "SELECT count(*), min((SELECT min(e.run) FROM ledger e WHERE e.code = p.code))"
                  " FROM procedure_state p WHERE p.wanted_action = 'publish' AND p.held_status IS NULL"
                  " AND p.state IN ('idle', 'intended', 'unknown', 'failed') AND NOT EXISTS"
                  " (SELECT 1 FROM ledger h WHERE h.code = p.code AND h.event = 'published')" OUTBOX_FILTERED,
                  &row, error))
        return error->status;
    bind_filter(&arena, row, filter);
    enum status status = sqlite_step(row, error);
    extent->fresh = status ? 0 : sqlite_number(row, 0);
    int64_t first_seen = status ? 0 : sqlite_number(row, 1);
    sqlite_reset_statement(row);
    return status || !extent->fresh ? status : count_left(store, first_seen, &extent->left, error);
}

int64_t outbox_extent_recoded(const struct outbox_extent *extent)
{
    return extent->fresh < extent->left ? extent->fresh : extent->left;
}

int64_t outbox_extent_replaced(const struct outbox_extent *extent)
{
    return extent->changes + outbox_extent_recoded(extent);
}

enum status outbox_extent(struct store *store, const struct outbox_filter *filter,
                          struct outbox_extent *extent, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct sqlite_statement *row;
    *extent = (struct outbox_extent){ .published = 0 };
    if (count_published(store, &extent->published, error))
        return error->status;
    if (!extent->published) /* the first night: nothing can be replaced or withdrawn */
        return STATUS_OK;
    if (store_sql(store,
                  "SELECT count(*) FILTER (WHERE p.wanted_action = 'publish' AND p.wanted_digest IS NOT"
                  "  p.held_digest), count(*) FILTER (WHERE p.wanted_action = 'withdraw')"
                  " FROM procedure_state p WHERE p.wanted_action IS NOT NULL AND p.held_status = 'published'"
                  " AND p.state IN ('idle', 'intended', 'unknown', 'failed')" OUTBOX_FILTERED,
                  &row, error))
        return error->status;
    bind_filter(&arena, row, filter);
    enum status status = sqlite_step(row, error);
    extent->changes = status ? 0 : sqlite_number(row, 0);
    extent->withdrawals = status ? 0 : sqlite_number(row, 1);
    sqlite_reset_statement(row);
    return status ? status : count_fresh(store, filter, extent, error);
}

enum status outbox_usual(struct store *store, const char *source, bool *known, int64_t *records,
                         struct error *error)
{
    struct sqlite_statement *row;
    enum status status = sql_row(store, "SELECT usual FROM source WHERE name = ?1 AND usual IS NOT NULL",
                                 SQL_WITH(SQL_TEXT(text_of(source))), &row, error);
    *known = status == STATUS_OK;
    *records = *known ? sqlite_number(row, 0) : 0;
    return sql_end(row, status);
}

enum status outbox_set_usual(struct store *store, const char *source, int64_t records, struct error *error)
{
    return sql_run(store, "UPDATE source SET usual = ?2 WHERE name = ?1",
                   SQL_WITH(SQL_TEXT(text_of(source)), SQL_NUMBER(records)), error);
}

enum status outbox_plan_sent(struct store *store, const char *digest, int64_t *event, struct error *error)
{
    struct sqlite_statement *row;
    enum status status = sql_row(store,
                                 "SELECT coalesce(max(seq), 0) FROM ledger WHERE event = 'plan-sent' AND"
                                 " json_extract(detail, '$.plan') = ?1",
                                 SQL_WITH(SQL_TEXT(text_of(digest))), &row, error);
    *event = status ? 0 : sqlite_number(row, 0);
    sqlite_reset_statement(row);
    return status;
}

enum status outbox_scan_answers_open(struct outbox_scan_answers *answers, struct store *store, int64_t event,
                                     struct error *error)
{
    if (sqlite_prepare(
            store_database(store),
            "SELECT code, json_extract(detail, '$.action'), digest, json_extract(detail, '$.base'),"
            " min(seq) FROM ledger WHERE seq > ?1 AND code IS NOT NULL AND event IN ('published',"
            " 'withdrawn', 'refused', 'conflict', 'failed', 'unknown', 'recalled') GROUP BY code"
            " ORDER BY code",
            &answers->rows, error))
        return error->status;
    sqlite_bind_number(answers->rows, 1, event);
    return STATUS_OK;
}

enum status outbox_scan_answers_next(struct outbox_scan_answers *answers, struct arena *arena,
                                     struct outbox_scan_answer *answer, struct error *error)
{
    enum status status = sqlite_step(answers->rows, error);
    if (status)
        return status;
    *answer = (struct outbox_scan_answer){ .code = sqlite_take_text(arena, answers->rows, 0) };
    answer->action = text_is(sqlite_column_text(answers->rows, 1), outbox_action_name(OUTBOX_WITHDRAW))
                         ? OUTBOX_WITHDRAW
                         : OUTBOX_PUBLISH;
    sqlite_digest(answers->rows, 2, &answer->digest);
    if (!sqlite_is_null(answers->rows, 3))
        answer->base = sqlite_take_text(arena, answers->rows, 3);
    return STATUS_OK;
}

void outbox_scan_answers_close(struct outbox_scan_answers *answers)
{
    sqlite_finish(answers->rows);
    answers->rows = NULL;
}
