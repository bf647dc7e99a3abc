#include "store/resolution.h"

#include "adapters/json.h"
#include "store/finding_row.h"
#include "store/ledger.h"
#include "store/outbox.h"
#include "store/sql.h"
#include "store/transform_queue.h"

/* ---- reading ---- */

#define COLUMNS                                                                                              \
    "SELECT r.id, r.content, s.name, r.key, r.locator, r.code, r.status, r.outcome, r.source_digest,"        \
    " r.content_digest,"                                                                                     \
    " (SELECT 1 | 2 * max(f.stage = 3) | 4 * max(f.severity = 'error' AND f.stage < 3)"                      \
    "  FROM finding f WHERE f.record = r.id), r.work, r.department,"                                         \
    " (SELECT f.rule FROM finding f WHERE f.record = r.id AND f.stage = 3)"                                  \
    " FROM record r JOIN source s ON s.id = r.source "

static struct resolution_member *read_member(struct arena *arena, struct sqlite_statement *statement)
{
    struct resolution_member *member = arena_new(arena, struct resolution_member);
    member->record = sqlite_number(statement, 0);
    member->content = sqlite_number(statement, 1);
    member->source = sqlite_take_text(arena, statement, 2);
    member->key = sqlite_take_text(arena, statement, 3);
    member->locator = sqlite_take_text(arena, statement, 4);
    member->code = sqlite_take_text(arena, statement, 5);
    member->status = sqlite_take_text(arena, statement, 6);
    member->outcome = sqlite_take_text(arena, statement, 7);
    sqlite_digest(statement, 8, &member->source_digest);
    member->has_content = sqlite_digest(statement, 9, &member->content_digest);
    int64_t findings = sqlite_number(statement, 10); /* NULL, which is 0: there is none */
    member->found = findings & 1;
    member->shared = findings & 2;
    member->rejected = findings & 4;
    member->waits = sqlite_number(statement, 11) == WORK_RESOLVE;
    member->department = sqlite_take_text(arena, statement, 12);
    member->shared_rule = sqlite_take_text(arena, statement, 13);
    return member;
}

enum status resolution_waiting(struct store *store, int64_t rules, struct arena *arena,
                               struct resolution_waiting *list, size_t most, size_t *count,
                               struct error *error)
{
    struct sqlite_statement *row;
    *count = 0;
    if (sql_rows(store,
                 "SELECT min(id), code FROM (SELECT id, code FROM record WHERE work = 3 AND work > 0 AND"
                 " present = 1 AND checked_by = ?2 LIMIT ?1) GROUP BY ifnull(code, id) ORDER BY 1",
                 SQL_WITH(SQL_NUMBER((int64_t)most), SQL_NUMBER(rules)), &row, error))
        return error->status;
    enum status status;
    while ((status = sqlite_step(row, error)) == STATUS_OK)
        list[(*count)++] =
            (struct resolution_waiting){ sqlite_number(row, 0), sqlite_take_text(arena, row, 1) };
    return status == STATUS_END ? STATUS_OK : status;
}

enum status resolution_group(struct store *store, struct arena *arena, struct text code, int64_t rules,
                             struct resolution_member **members, struct error *error)
{
    struct sqlite_statement *row;
    struct resolution_member **tail = members;
    *members = NULL;
    if (sql_rows(store,
                 COLUMNS "WHERE r.code = ?1 AND r.present = 1 AND (r.work = 0 OR r.work = 3 AND"
                         " r.checked_by = ?2) ORDER BY r.id",
                 SQL_WITH(SQL_TEXT(code), SQL_NUMBER(rules)), &row, error))
        return error->status;
    enum status status;
    while ((status = sqlite_step(row, error)) == STATUS_OK) {
        *tail = read_member(arena, row);
        tail = &(*tail)->next;
    }
    return status == STATUS_END ? STATUS_OK : status;
}

enum status resolution_single(struct store *store, struct arena *arena, int64_t record,
                              struct resolution_member **member, struct error *error)
{
    struct sqlite_statement *row;
    enum status status = sql_row(store, COLUMNS "WHERE r.id = ?1", SQL_WITH(SQL_NUMBER(record)), &row, error);
    if (status == STATUS_OK)
        *member = read_member(arena, row);
    sqlite_reset_statement(row);
    return status;
}

enum status resolution_shared(struct store *store, struct arena *arena, struct value *codes,
                              struct error *error)
{
    return sql_texts(
        store, arena,
        "SELECT c.code FROM (SELECT r.code FROM finding f JOIN record r ON r.id = f.record WHERE f.rule IN "
        "('congkhai/same-code', 'congkhai/precedence') AND f.stage = 3 AND r.present = 1"
        " UNION SELECT r.code FROM record r WHERE r.outcome = 'rejected' AND r.present = 1 AND EXISTS"
        " (SELECT 1 FROM record o WHERE o.code = r.code AND o.id <> r.id AND o.present = 1)) c WHERE NOT "
        "EXISTS (SELECT 1 FROM record o WHERE o.code = c.code AND o.present = 1 AND o.work > 0)",
        NULL, codes, error);
}

enum status resolution_content(struct store *store, struct arena *arena,
                               const struct resolution_member *member, struct value **content,
                               struct error *error)
{
    struct text bytes;
    return store_payload(store, arena, member->content, &bytes, error)
               ? error->status
               : json_parse(arena, bytes, content, error);
}

enum status resolution_speaks(struct store *store, const struct resolution_member *member, bool *speaks,
                              struct error *error)
{
    return sql_any(store, "SELECT 1 FROM procedure_state WHERE code = ?1 AND record = ?2",
                   SQL_WITH(SQL_TEXT(member->code), SQL_NUMBER(member->record)), speaks, error);
}

enum status resolution_stands(struct store *store, const struct resolution_member *member, bool *stands,
                              struct error *error)
{
    return sql_any(store,
                   "SELECT 1 FROM procedure_state WHERE code = ?1 AND record = ?2"
                   " AND (held_status IN ('published', 'abolished') OR state NOT IN ('idle', 'refused'))",
                   SQL_WITH(SQL_TEXT(member->code), SQL_NUMBER(member->record)), stands, error);
}

enum status resolution_revives(struct store *store, const struct resolution_member *member, bool *revives,
                               struct error *error)
{
    char source_digest[DIGEST_HEX];
    *revives = false;
    if (member->rejected || !member->has_content || !text_is(member->status, "announced"))
        return STATUS_OK;
    digest_hex(&member->source_digest, source_digest);
    return sql_any(
        store,
        "WITH gone AS (SELECT s.code, CASE WHEN s.held_status = 'abolished' THEN s.held_event ELSE "
        "  s.wanted_event END AS since"
        " FROM procedure_state s JOIN record w ON w.id = s.record AND (w.present = 0 OR w.code IS NOT "
        "s.code)"
        " WHERE s.code = ?1 AND s.ordered IS NULL AND s.record <> ?2 AND (s.held_status = 'abolished' OR"
        "  s.wanted_action = 'withdraw' AND (s.held_status = 'published' OR s.state <> 'idle')))"
        " SELECT 1 FROM gone g WHERE EXISTS (SELECT 1 FROM ledger e WHERE e.code = g.code AND e.source = "
        "?3"
        "  AND e.event IN ('accepted', 'held') AND (e.seq < g.since OR"
        "  instr(e.detail, '\"congkhai/abolished\"')) AND (e.digest = ?4 OR json_extract(e.detail, "
        "'$.source_digest') = ?5))"
        " AND NOT EXISTS (SELECT 1 FROM ledger e WHERE e.code = g.code AND e.event = 'retried' AND"
        "  e.source = ?3 AND e.seq > g.since)",
        SQL_WITH(SQL_TEXT(member->code), SQL_NUMBER(member->record), SQL_TEXT(member->source),
                 SQL_DIGEST(&member->content_digest), SQL_TEXT(text_of(source_digest))),
        revives, error);
}

/* ---- writing ---- */

const char *resolution_name(enum resolution_outcome outcome)
{
    static const char *const names[] = {
        [RESOLUTION_ACCEPTED] = "accepted", [RESOLUTION_REJECTED] = "rejected", [RESOLUTION_HELD] = "held"
    };
    return names[outcome];
}

static enum status finding_list(struct store *store, struct arena *arena, int64_t record, struct value **list,
                                int64_t *warnings, struct error *error)
{
    struct sqlite_statement *row;
    *list = value_list(arena);
    if (sql_rows(store, "SELECT " FINDING_COLUMNS " FROM finding WHERE record = ?1 ORDER BY rowid",
                 SQL_WITH(SQL_NUMBER(record)), &row, error))
        return error->status;
    enum status status;
    while ((status = sqlite_step(row, error)) == STATUS_OK) {
        struct finding finding;
        finding_row_take(arena, row, 0, &finding);
        value_append(*list, finding_value(arena, &finding));
        *warnings += !finding.is_error;
    }
    return status == STATUS_END ? STATUS_OK : status;
}

static enum status append_outcome(struct store *store, struct arena *arena,
                                  const struct resolution_member *member, const struct resolution *resolution,
                                  int64_t *event, int64_t *warnings, struct error *error)
{
    struct value *detail = value_object(arena), *findings;
    if (resolution->finding || member->found) {
        if (finding_list(store, arena, member->record, &findings, warnings, error))
            return error->status;
        if (findings->count)
            value_set(detail, "findings", findings);
    }
    value_put(arena, detail, "department", member->department);
    value_set(detail, "key", value_text(arena, member->key));
    value_set(detail, "locator", value_text(arena, member->locator));
    value_set(detail, "source_digest", value_digest(arena, &member->source_digest));
    if (resolution->speaks && member->has_content && member->status.bytes)
        value_set(detail, "status", value_text(arena, member->status));
    return ledger_append(store,
                         &(struct ledger_event){
                             .event = resolution_name(resolution->outcome),
                             .source = text_string(arena, member->source),
                             .code = member->code,
                             .digest = member->has_content ? &member->content_digest : NULL,
                             .detail = detail,
                         },
                         event, error);
}

/* Is that said of the record already? Words of another night's language are no news. */
static enum status says_already(struct store *store, struct arena *arena,
                                const struct resolution_member *member, const struct finding *finding,
                                bool *already, struct error *error)
{
    struct sqlite_statement *row;
    struct finding kept, said = finding_row_covered(arena, finding);
    *already = false;
    enum status status =
        sql_row(store, "SELECT " FINDING_COLUMNS " FROM finding WHERE record = ?1 AND stage = 3",
                SQL_WITH(SQL_NUMBER(member->record)), &row, error);
    if (status)
        return status == STATUS_END ? STATUS_OK : status;
    finding_row_take(arena, row, 0, &kept);
    *already = finding_row_same(&kept, &said);
    sqlite_reset_statement(row);
    return STATUS_OK;
}

/* Replaces what is said of the record because of its code. The old one steps aside until the new one is written, which
 * stands since then where it says the same. */
static enum status replace_finding(struct store *store, const struct resolution_member *member,
                                   const struct finding *finding, struct error *error)
{
    enum status status = sql_run(store, "UPDATE finding SET stage = -3 WHERE record = ?1 AND stage = 3",
                                 SQL_WITH(SQL_NUMBER(member->record)), error);
    if (!status && finding)
        status = transform_queue_put_finding(store, member->record, finding, 3, error);
    return status ? status
                  : sql_run(store, "DELETE FROM finding WHERE record = ?1 AND stage = -3",
                            SQL_WITH(SQL_NUMBER(member->record)), error);
}

static enum status tell_outbox(struct store *store, const struct resolution_member *member,
                               const struct resolution *resolution, int64_t event, struct error *error)
{
    bool abolished = text_is(member->status, "abolished");
    if (!member->code.bytes)
        return STATUS_OK;
    if (resolution->outcome != RESOLUTION_ACCEPTED || !resolution->speaks ||
        (!abolished && !text_is(member->status, "announced")))
        return outbox_unwant(store, member->code, member->record, error);
    struct outbox_wish wish = { .action = abolished ? OUTBOX_WITHDRAW : OUTBOX_PUBLISH,
                                .content = member->content,
                                .digest = member->content_digest,
                                .event = event };
    return outbox_want(store, member->code, member->record, &wish, error);
}

enum status resolution_write(struct store *store, struct arena *arena, const struct resolution_member *member,
                             const struct resolution *resolution, bool *written, int64_t *warnings,
                             struct error *error)
{
    int64_t event;
    bool says = resolution->finding != NULL, already = !says;
    if (says && member->shared && says_already(store, arena, member, resolution->finding, &already, error))
        return error->status;
    *written = member->waits || resolution->anew || says != member->shared || !already ||
               !text_is(member->outcome, resolution_name(resolution->outcome));
    if (!*written)
        return STATUS_OK;
    if ((says || member->shared) && replace_finding(store, member, resolution->finding, error))
        return error->status;
    if (append_outcome(store, arena, member, resolution, &event, warnings, error) ||
        transform_queue_resolved(store, member->record, resolution_name(resolution->outcome), error))
        return error->status;
    return tell_outbox(store, member, resolution, event, error);
}
