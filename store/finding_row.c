#include "store/finding_row.h"

#include <string.h>

#include "adapters/json.h"
#include "adapters/secrets.h"
#include "core/canonical.h"
#include "store/sql.h"

static void read_arguments(struct arena *arena, struct text json, struct reason *reason)
{
    struct value *list;
    struct error ignored;
    if (!json.length || json_parse(arena, json, &list, &ignored) || list->kind != VALUE_LIST)
        return;
    for (const struct value *item = list->first; item && reason->count < REASON_VALUES; item = item->next)
        reason->values[reason->count++] = item->text;
}

static void read_reason(struct arena *arena, struct text id, struct text arguments, struct reason *reason)
{
    *reason = (struct reason){ 0 };
    if (!id.length)
        return;
    reason->id = text_string(arena, id);
    read_arguments(arena, arguments, reason);
}

void finding_row_take(struct arena *arena, struct sqlite_statement *row, int at, struct finding *finding)
{
    *finding = (struct finding){
        .rule = sqlite_take_text(arena, row, at),
        .is_error = text_is(sqlite_column_text(row, at + 1), "error"),
        .field = sqlite_take_text(arena, row, at + 2),
        .value = sqlite_take_text(arena, row, at + 3),
        .message = sqlite_take_text(arena, row, at + 6),
        .cites = sqlite_take_text(arena, row, at + 7),
    };
    read_reason(arena, sqlite_take_text(arena, row, at + 4), sqlite_take_text(arena, row, at + 5),
                &finding->reason);
}

struct finding finding_row_covered(struct arena *arena, const struct finding *finding)
{
    struct finding covered = *finding;
    covered.value = secrets_cover(arena, covered.value, false);
    covered.message = secrets_cover(arena, covered.message, false);
    for (size_t i = 0; i < covered.reason.count; i++)
        covered.reason.values[i] = secrets_cover(arena, covered.reason.values[i], false);
    return covered;
}

void finding_row_bind(struct arena *arena, struct sqlite_statement *statement, int at,
                      const struct finding *found)
{
    const struct finding kept = finding_row_covered(arena, found), *finding = &kept;
    const struct value *arguments = value_find(finding_value(arena, finding), "arguments");
    sqlite_bind_text(statement, at, finding->rule);
    sqlite_bind_text(statement, at + 1, finding->is_error ? TEXT("error") : TEXT("warning"));
    sqlite_bind_text(statement, at + 2, finding->field);
    sqlite_bind_text(statement, at + 3, finding->value);
    sqlite_bind_text(statement, at + 4, text_of(finding->reason.id));
    sqlite_bind_text(statement, at + 5, arguments ? canonical_copy(arena, arguments) : TEXT_NONE);
    sqlite_bind_text(statement, at + 6, finding->message.bytes ? finding->message : TEXT(""));
    sqlite_bind_text(statement, at + 7, finding->cites);
}

static bool same_reason(const struct reason *left, const struct reason *right)
{
    if (!text_equal(text_of(left->id), text_of(right->id)) || left->count != right->count)
        return false;
    for (size_t i = 0; i < left->count; i++)
        if (!text_equal(left->values[i], right->values[i]))
            return false;
    return true;
}

bool finding_row_same(const struct finding *left, const struct finding *right)
{
    return left->is_error == right->is_error && text_equal(left->rule, right->rule) &&
           text_equal(left->field, right->field) && text_equal(left->value, right->value) &&
           same_reason(&left->reason, &right->reason) && text_equal(left->cites, right->cites);
}

/* By the columns' names: a store of an older version has fewer. */
static struct value *read_named(struct arena *arena, struct sqlite_statement *row)
{
    struct finding finding = { 0 };
    struct text reason = TEXT_NONE, arguments = TEXT_NONE;
    int64_t since = 0;
    for (int i = 0; i < sqlite_columns(row); i++) {
        const char *name = sqlite_column_title(row, i);
        struct text text = sqlite_take_text(arena, row, i),
                    *target = !strcmp(name, "rule")        ? &finding.rule
                              : !strcmp(name, "field")     ? &finding.field
                              : !strcmp(name, "value")     ? &finding.value
                              : !strcmp(name, "message")   ? &finding.message
                              : !strcmp(name, "cites")     ? &finding.cites
                              : !strcmp(name, "reason")    ? &reason
                              : !strcmp(name, "arguments") ? &arguments
                                                           : NULL;
        if (target)
            *target = text;
        if (!strcmp(name, "severity"))
            finding.is_error = text_is(text, "error");
        if (!strcmp(name, "since_run"))
            since = sqlite_number(row, i);
    }
    read_reason(arena, reason, arguments, &finding.reason);
    struct value *object = finding_value(arena, &finding);
    value_set(object, "since_run", value_integer(arena, since));
    return object;
}

enum status finding_row_list(struct store *store, struct arena *arena, int64_t record, struct value **list,
                             struct error *error)
{
    struct sqlite_statement *row;
    *list = value_list(arena);
    if (sql_rows(store, "SELECT * FROM finding WHERE record = ?1 ORDER BY rowid",
                 SQL_WITH(SQL_NUMBER(record)), &row, error))
        return error->status;
    enum status status;
    while ((status = sqlite_step(row, error)) == STATUS_OK)
        value_append(*list, read_named(arena, row));
    return status == STATUS_END ? STATUS_OK : status;
}
