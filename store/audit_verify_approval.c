/* Approval against the ledger: every event of it, every signature, and that what was sent under it had one. */
#include <stdlib.h>

#include "store/approval.h"
#include "store/audit_verify.h"
#include "store/sql.h"

struct examination {
    struct audit_pass *pass;
    struct approval_state state;
};

static enum status doubt(void *user_data, int64_t event, const char *sentence, struct error *error)
{
    struct examination *examination = user_data;
    (void)error;
    audit_find(examination->pass, AUDIT_APPROVAL, event, _("event %lld, of approval: %s"), (long long)event,
               sentence);
    return STATUS_OK;
}

static int order(const void *left, const void *right)
{
    const struct approval_entry *one = *(struct approval_entry *const *)left;
    const struct approval_entry *other = *(struct approval_entry *const *)right;
    int by_event = (one->approved > other->approved) - (one->approved < other->approved);
    return by_event ? by_event : text_compare(one->step.code, other->step.code);
}

/* The step that this event approved; NULL: none. */
static const struct approval_entry *find(const struct examination *examination, int64_t approved,
                                         struct text code)
{
    struct approval_entry key = { .approved = approved, .step.code = code }, *wanted = &key, **found;
    const struct approval_state *state = &examination->state;
    found = bsearch(&wanted, state->by_id, state->entry_count, sizeof *state->by_id, order);
    return found ? *found : NULL;
}

static void check_used(struct examination *examination, struct sqlite_statement *row)
{
    int64_t event = sqlite_number(row, 0), approved = sqlite_number(row, 4), at = 0;
    struct digest digest = { { 0 } };
    struct text code = sqlite_column_text(row, 1);
    const struct approval_entry *entry = find(examination, approved, code);
    bool same = entry && sqlite_digest(row, 2, &digest) && digest_equal(&digest, &entry->step.digest) &&
                text_is(sqlite_column_text(row, 3), entry->step.withdraws ? "withdraw" : "publish");
    clock_parse(sqlite_column_text(row, 5), &at);
    if (!same || approved >= event)
        audit_find(examination->pass, AUDIT_APPROVAL, event,
                   _("event %lld sends " TEXT_PRINT
                     " by an approval (event %lld) that is not there, or approves something else"),
                   (long long)event, TEXT_ARG(code), (long long)approved);
    else if (at - APPROVAL_STAMP_MS > entry->until)
        audit_find(examination->pass, AUDIT_APPROVAL, event,
                   _("event %lld sends " TEXT_PRINT " by an approval (event %lld) that had expired"),
                   (long long)event, TEXT_ARG(code), (long long)approved);
    else if (sqlite_number(row, 6))
        audit_find(examination->pass, AUDIT_APPROVAL, event,
                   _("event %lld sends " TEXT_PRINT " by an approval (event %lld) that was used before"),
                   (long long)event, TEXT_ARG(code), (long long)approved);
}

/* An earlier intent by the same approval that was not recalled has used it. */
static const char used[] =
    "WITH i AS (SELECT seq, at, code, digest, json_extract(detail, '$.action') AS action,"
    "  json_extract(detail, '$.approval') AS approval, json_extract(detail, '$.key') AS key FROM ledger"
    "  WHERE event = 'intended' AND seq > ?1 AND instr(detail, '\"approval\":') > 0)"
    " SELECT i.seq, i.code, i.digest, i.action, i.approval, i.at, EXISTS (SELECT 1 FROM ledger o WHERE "
    "o.code = i.code"
    "  AND o.event = 'intended' AND o.seq < i.seq AND o.seq > i.approval"
    "  AND json_extract(o.detail, '$.approval') = i.approval AND NOT EXISTS (SELECT 1 FROM ledger r WHERE "
    "r.code = i.code"
    "   AND r.event = 'recalled' AND r.seq > o.seq AND json_extract(r.detail, '$.key') = "
    "json_extract(o.detail, '$.key')"
    "   AND json_extract(r.detail, '$.absent') IS NULL)) FROM i ORDER BY i.seq";

static const char unapproved[] =
    "SELECT seq, code FROM ledger WHERE event = 'intended' AND seq > ?1 AND (?2 = 0 OR seq < ?2)"
    " AND instr(detail, '\"approval\":') = 0 AND (?3 = 1 OR json_extract(detail, '$.action') = 'withdraw') "
    "ORDER BY seq";

static enum status check_period(struct examination *examination, const struct approval_period *period,
                                struct error *error)
{
    struct sqlite_statement *row;
    int64_t end = period->next ? period->next->event : 0;
    if (period->reach == APPROVAL_NONE)
        return STATUS_OK;
    if (sql_rows(
            examination->pass->store, unapproved,
            SQL_WITH(SQL_NUMBER(period->event), SQL_NUMBER(end), SQL_NUMBER(period->reach == APPROVAL_ALL)),
            &row, error))
        return error->status;
    enum status status;
    while ((status = sqlite_step(row, error)) == STATUS_OK) {
        struct text code = sqlite_column_text(row, 1);
        audit_find(examination->pass, AUDIT_APPROVAL, sqlite_number(row, 0),
                   _("event %lld sends " TEXT_PRINT " without an approval, which the rules in force ask for"),
                   (long long)sqlite_number(row, 0), TEXT_ARG(code));
    }
    return status == STATUS_END ? STATUS_OK : status;
}

static enum status check_sent(struct examination *examination, struct error *error)
{
    struct sqlite_statement *row;
    struct approval_state *state = &examination->state;
    qsort(state->by_id, state->entry_count, sizeof *state->by_id, order);
    if (sql_rows(examination->pass->store, used,
                 SQL_WITH(SQL_NUMBER(state->periods ? state->periods->event : 0)), &row, error))
        return error->status;
    enum status status;
    while ((status = sqlite_step(row, error)) == STATUS_OK)
        check_used(examination, row);
    for (const struct approval_period *period = state->periods; status == STATUS_END && period;
         period = period->next)
        if (check_period(examination, period, error))
            return error->status;
    return status == STATUS_END ? STATUS_OK : status;
}

enum status audit_verify_approval(struct audit_pass *pass, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct examination examination = { .pass = pass };
    struct approval_reading reading = { .all = true, .doubt = doubt, .user_data = &examination };
    if (approval_read(pass->store, &arena, &reading, &examination.state, error))
        return error->status;
    if (!examination.state.founded)
        return STATUS_OK;
    if (reading.verified)
        audit_note(pass,
                   _("%lld signatures of people under lists and rules of approval were verified, as of their "
                     "events"),
                   (long long)reading.verified);
    return check_sent(&examination, error);
}
