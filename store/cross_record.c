#include "store/cross_record.h"

#include <stdio.h>
#include <string.h>

#include "adapters/json.h"
#include "adapters/unicode.h"
#include "store/finding_row.h"
#include "store/schema.h"
#include "store/sql.h"
#include "store/transform_queue.h"

#define ROWS_MAX     1000000 /* of one query */
#define SAMPLE_LIMIT 10000   /* milliseconds */

static enum status read_records(struct store *store, int64_t after, struct arena *arena,
                                struct cross_record_row *records, size_t most, size_t *count,
                                struct error *error)
{
    struct sqlite_statement *statement;
    *count = 0;
    if (sql_rows(
            store,
            "SELECT r.id, r.code, s.name || ' ' || r.locator, r.watched, r.checked_by, r.work FROM record r"
            " JOIN source s ON s.id = r.source WHERE r.id > ?1 AND r.present = 1 ORDER BY r.id",
            SQL_WITH(SQL_NUMBER(after)), &statement, error))
        return error->status;
    enum status status = STATUS_OK;
    while (*count < most && (status = sqlite_step(statement, error)) == STATUS_OK) {
        int64_t work = sqlite_number(statement, 5);
        records[(*count)++] = (struct cross_record_row){
            .record = sqlite_number(statement, 0),
            .code = sqlite_take_text(arena, statement, 1),
            .label = sqlite_take_text(arena, statement, 2),
            .projection = sqlite_take_text(arena, statement, 3),
            .checked_by = sqlite_number(statement, 4),
            .judged = work == WORK_DONE || work == WORK_RESOLVE,
        };
    }
    return sql_end(statement, status);
}

/* Rows come in the order of records: the record that a row belongs to is never before the one of the last
 * row. */
static struct cross_record_row *owner(struct cross_record_row *records, size_t count, size_t *at,
                                      int64_t record)
{
    while (*at < count && records[*at].record < record)
        ++*at;
    return *at < count && records[*at].record == record ? &records[*at] : NULL;
}

/* The statement's ?1 and ?2 are the first and the last record of a page. */
static enum status open_page(struct store *store, const char *literal, const struct cross_record_row *records,
                             size_t count, struct sqlite_statement **statement, struct error *error)
{
    if (store_sql(store, literal, statement, error))
        return error->status;
    sqlite_bind_number(*statement, 1, records[0].record);
    sqlite_bind_number(*statement, 2, records[count - 1].record);
    return STATUS_OK;
}

static enum status read_findings(struct store *store, struct arena *arena, struct cross_record_row *records,
                                 size_t count, struct error *error)
{
    struct sqlite_statement *statement;
    if (open_page(store,
                  "SELECT record, " FINDING_COLUMNS " FROM finding"
                  " WHERE record BETWEEN ?1 AND ?2 AND stage = 2 ORDER BY record, rowid",
                  records, count, &statement, error))
        return error->status;
    enum status status;
    size_t at = 0;
    while ((status = sqlite_step(statement, error)) == STATUS_OK) {
        struct cross_record_row *record = owner(records, count, &at, sqlite_number(statement, 0));
        if (!record)
            continue;
        struct finding kept, *finding;
        finding_row_take(arena, statement, 1, &kept);
        finding =
            finding_add(arena, &record->findings, kept.is_error, kept.rule, NULL, kept.value, &kept.reason);
        if (!finding)
            continue;
        finding->field = kept.field;
        finding->message = kept.message;
        finding->cites = kept.cites;
    }
    return status == STATUS_END ? STATUS_OK : status;
}

static enum status read_deadlines(struct store *store, struct arena *arena, struct cross_record_row *records,
                                  size_t count, struct error *error)
{
    struct sqlite_statement *statement;
    if (open_page(store,
                  "SELECT record, rule, due FROM deadline WHERE record BETWEEN ?1 AND ?2 ORDER BY record, "
                  "rule DESC",
                  records, count, &statement, error))
        return error->status;
    enum status status;
    size_t at = 0;
    while ((status = sqlite_step(statement, error)) == STATUS_OK) {
        struct cross_record_row *record = owner(records, count, &at, sqlite_number(statement, 0));
        if (!record)
            continue;
        struct cross_record_deadline *deadline = arena_new(arena, struct cross_record_deadline);
        deadline->rule = sqlite_take_text(arena, statement, 1);
        date_read(sqlite_column_text(statement, 2), &deadline->due);
        deadline->next = record->deadlines;
        record->deadlines = deadline;
    }
    return status == STATUS_END ? STATUS_OK : status;
}

enum status cross_record_page(struct store *store, int64_t after, struct arena *arena,
                              struct cross_record_row *records, size_t most, size_t *count,
                              struct error *error)
{
    if (read_records(store, after, arena, records, most, count, error))
        return error->status;
    if (*count && (read_findings(store, arena, records, *count, error) ||
                   read_deadlines(store, arena, records, *count, error)))
        return error->status;
    return STATUS_OK;
}

enum status cross_record_kept(struct store *store, bool *kept, struct error *error)
{
    struct sqlite_statement *statement;
    if (store_sql(store,
                  "SELECT EXISTS (SELECT 1 FROM finding WHERE stage = 2) OR EXISTS (SELECT 1 FROM deadline)",
                  &statement, error) ||
        sqlite_step(statement, error))
        return error->status;
    *kept = sqlite_number(statement, 0);
    sqlite_reset_statement(statement);
    return STATUS_OK;
}

static bool same_findings(const struct findings *kept, const struct findings *found)
{
    ARENA_OWNED struct arena arena = { 0 };
    const struct finding *one = kept->first, *other = found->first;
    for (; one && other; one = one->next, other = other->next) {
        struct finding said = finding_row_covered(&arena, other);
        if (!finding_row_same(one, &said) || !text_equal(one->message, said.message))
            return false;
    }
    return !one && !other;
}

static bool same_deadlines(const struct cross_record_deadline *one, const struct cross_record_deadline *other)
{
    while (one && other && text_equal(one->rule, other->rule) && !date_compare(one->due, other->due)) {
        one = one->next;
        other = other->next;
    }
    return !one && !other;
}

/* What stays keeps the run since which it stands. */
static enum status replace_findings(struct store *store, int64_t record, const struct findings *findings,
                                    struct error *error)
{
    if (sql_run(store, "UPDATE finding SET stage = -2 WHERE record = ?1 AND stage = 2",
                SQL_WITH(SQL_NUMBER(record)), error))
        return error->status;
    for (const struct finding *finding = findings->first; finding; finding = finding->next)
        if (transform_queue_put_finding(store, record, finding, 2, error))
            return error->status;
    if (sql_run(store, "DELETE FROM finding WHERE record = ?1 AND stage = -2", SQL_WITH(SQL_NUMBER(record)),
                error))
        return error->status;
    return transform_queue_raise(store, record, WORK_RESOLVE, error);
}

static enum status replace_deadlines(struct store *store, int64_t record,
                                     const struct cross_record_deadline *deadlines, struct error *error)
{
    if (sql_run(store, "DELETE FROM deadline WHERE record = ?1", SQL_WITH(SQL_NUMBER(record)), error))
        return error->status;
    for (; deadlines; deadlines = deadlines->next) {
        char due[DATE_TEXT];
        date_write(deadlines->due, due);
        if (sql_run(store, "INSERT OR REPLACE INTO deadline (record, rule, due) VALUES (?1, ?2, ?3)",
                    SQL_WITH(SQL_NUMBER(record), SQL_TEXT(deadlines->rule), SQL_TEXT(text_of(due))), error))
            return error->status;
    }
    return STATUS_OK;
}

enum status cross_record_put(struct store *store, const struct cross_record_row *record,
                             const struct findings *findings, const struct cross_record_deadline *deadlines,
                             struct error *error)
{
    bool found = !same_findings(&record->findings, findings),
         due = !same_deadlines(record->deadlines, deadlines);
    if (!found && !due)
        return STATUS_OK;
    if (!sqlite_in_transaction(store_database(store)) && store_begin(store, error))
        return error->status;
    if ((found && replace_findings(store, record->record, findings, error)) ||
        (due && replace_deadlines(store, record->record, deadlines, error))) {
        store_rollback(store);
        return error->status;
    }
    return STATUS_OK;
}

enum status cross_record_flush(struct store *store, struct error *error)
{
    return sqlite_in_transaction(store_database(store)) ? store_commit(store, error) : STATUS_OK;
}

/* A day in Vietnam begins at 17:00 UTC of the day before. */
static void write_beginning(struct date day, char out[DATE_TEXT + 12])
{
    char text[DATE_TEXT];
    date_write(date_from_days(date_days(day) - 1), text);
    snprintf(out, DATE_TEXT + 12, "%sT17:00:00", text);
}

static bool read_moment(struct text at, struct date *day)
{
    int64_t moment;
    char text[11];
    if (!clock_parse(at, &moment))
        return false;
    clock_format_date(moment, text);
    return date_read(text_of(text), day);
}

/* What a content says of its decision. One that cannot be read any more published what is announced, and tells nothing of an abolition. */
static bool bears_decision(struct store *store, const struct digest *content,
                           const struct cross_record_procedure *procedure)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct error unheard;
    struct text bytes;
    struct value *read;
    struct date own;
    if (store_payload_by_digest(store, &arena, content, &bytes, &unheard) ||
        json_parse(&arena, bytes, &read, &unheard))
        return !procedure->abolished;
    return date_read(value_text_of(value_find(read, "decision"), "signed_on"), &own) &&
           date_compare(own, procedure->signed_on) == 0;
}

enum status cross_record_close_terms(struct store *store, struct text code, const struct digest *content,
                                     struct error *error)
{
    return sql_run(store,
                   "DELETE FROM deadline WHERE record IN"
                   " (SELECT id FROM record WHERE code = ?1 AND content_digest = ?2)",
                   SQL_WITH(SQL_TEXT(code), SQL_DIGEST(content)), error);
}

/* As far as the ledger knows. STATUS_END: nothing of it stands published there, so that nothing is left to be withdrawn. */
static enum status stands_published(struct store *store, struct text code, struct error *error)
{
    struct sqlite_statement *statement;
    enum status status = sql_row(
        store,
        "SELECT event = 'published' FROM ledger WHERE code = ?1 AND (event IN ('published', 'withdrawn')"
        " OR (event = 'recalled' AND json_extract(detail, '$.absent'))) ORDER BY seq DESC LIMIT 1",
        SQL_WITH(SQL_TEXT(code)), &statement, error);
    if (!status && !sqlite_number(statement, 0))
        status = STATUS_END;
    sqlite_reset_statement(statement);
    return status;
}

/* The first such event that is not before `from`; a publication counts where its content bears this very decision. */
static enum status first_event(struct store *store, const struct cross_record_procedure *procedure,
                               bool withdrawn, struct date from, struct date *day, struct error *error)
{
    struct sqlite_statement *statement;
    char beginning[DATE_TEXT + 12];
    enum status status;
    if (store_sql(store,
                  "SELECT at, digest FROM ledger WHERE code = ?1 AND event = ?2 AND at >= ?3 ORDER BY seq",
                  &statement, error))
        return error->status;
    write_beginning(from, beginning);
    sqlite_bind_text(statement, 1, procedure->code);
    sqlite_bind_text(statement, 2, withdrawn ? TEXT("withdrawn") : TEXT("published"));
    sqlite_bind_text(statement, 3, text_of(beginning));
    while ((status = sqlite_step(statement, error)) == STATUS_OK) {
        struct digest content;
        bool other = !withdrawn && procedure->signed_on.year && sqlite_digest(statement, 1, &content) &&
                     !bears_decision(store, &content, procedure);
        if (!other && read_moment(sqlite_column_text(statement, 0), day))
            break;
    }
    sqlite_reset_statement(statement);
    return status;
}

enum status cross_record_published(struct store *store, const struct cross_record_procedure *procedure,
                                   struct date from, struct date *day, struct error *error)
{
    enum status status = STATUS_END;
    /* The decision that published it is not the one that abolishes it: which that is, and when it was signed, nobody knows. */
    if (!procedure->abolished || procedure->signed_on.year)
        status = first_event(store, procedure, false, from, day, error);
    if (status == STATUS_END && procedure->abolished)
        status = first_event(store, procedure, true, from, day, error);
    if (status != STATUS_END || !procedure->abolished)
        return status;
    /* It was withdrawn before the decision that its source names, or never stood there. */
    status = stands_published(store, procedure->code, error);
    *day = from;
    return status == STATUS_END ? STATUS_OK : status == STATUS_OK ? STATUS_END : status;
}

enum status cross_record_first_publication(struct store *store, struct date *day, struct error *error)
{
    struct sqlite_statement *statement;
    enum status status =
        sql_row(store, "SELECT at FROM ledger WHERE event = 'published' ORDER BY seq LIMIT 1", NULL,
                &statement, error);
    bool known = status == STATUS_OK && read_moment(sqlite_column_text(statement, 0), day);
    sqlite_reset_statement(statement);
    return status == STATUS_OK && !known ? STATUS_END : status;
}

/* ---- SQL of rules ---- */

/* The views use json_extract, which SQLite does not let an untrusted schema call. */
static const char trust[] = "PRAGMA trusted_schema = ON";

/* The adapter puts the file's name in front, and an empty store has none. */
static enum status without_file(struct error *error)
{
    static const char name[] = ":memory:: ";
    size_t length = sizeof name - 1;
    if (!strncmp(error->message, name, length))
        memmove(error->message, error->message + length, strlen(error->message + length) + 1);
    return error->status;
}

struct columns {
    int code, value; /* -1: none */
};

static enum status find_columns(struct sqlite_statement *statement, struct columns *columns,
                                struct error *error)
{
    *columns = (struct columns){ -1, -1 };
    for (int i = sqlite_columns(statement) - 1; i >= 0; i--) {
        const char *title = sqlite_column_title(statement, i);
        if (!strcmp(title, "code"))
            columns->code = i;
        else if (!strcmp(title, "value"))
            columns->value = i;
    }
    if (columns->code < 0)
        return error_set(
            error, STATUS_USAGE,
            _("the query must give a column named \"code\" (and one named \"value\" for what stands "
              "there): SELECT code, name AS value FROM procedure"));
    return STATUS_OK;
}

static enum status visit_rows(struct sqlite *database, struct text query, cross_record_visitor *visit,
                              void *user_data, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 }, found = { 0 };
    struct sqlite_statement *statement;
    struct columns columns;
    int64_t rows = 0;
    if (memchr(query.bytes ? query.bytes : "", 0, query.length))
        return error_set(error, STATUS_USAGE, _("a NUL stands in the query"));
    if (sqlite_prepare(database, text_string(&arena, query), &statement, error))
        return error->status;
    enum status status = find_columns(statement, &columns, error);
    while (status == STATUS_OK && visit && (status = sqlite_step(statement, error)) == STATUS_OK) {
        struct cross_record_hit row = { TEXT_NONE, TEXT_NONE };
        arena_clear(&found);
        if (++rows > ROWS_MAX)
            status = error_set(error, STATUS_STOP, _("the query gives more than %d rows"), ROWS_MAX);
        if (!sqlite_is_null(statement, columns.code))
            row.code = unicode_mend(&found, sqlite_column_text(statement, columns.code));
        if (columns.value >= 0 && !sqlite_is_null(statement, columns.value))
            row.value = unicode_mend(&found, sqlite_column_text(statement, columns.value));
        if (status == STATUS_OK)
            visit(user_data, &row);
    }
    sqlite_finish(statement);
    return status == STATUS_END ? STATUS_OK : status;
}

enum status cross_record_query_check(struct text query, struct error *error)
{
    struct sqlite *database;
    if (schema_model(&database, error))
        return error->status;
    sqlite_guard(database, SAMPLE_LIMIT, NULL);
    enum status status = visit_rows(database, query, NULL, NULL, error);
    sqlite_close_file(database);
    if (status)
        (void)without_file(error);
    return status;
}

enum status cross_record_query(struct store *store, struct text query, int64_t limit_ms,
                               const volatile sig_atomic_t *stop, cross_record_visitor *visit,
                               void *user_data, struct error *error)
{
    struct sqlite *database;
    if (sqlite_open_file(store_path(store), SQLITE_READ, &database, error))
        return error->status;
    enum status status = sqlite_run(database, trust, error);
    sqlite_guard(database, (long)limit_ms, stop);
    if (status == STATUS_OK)
        status = visit_rows(database, query, visit, user_data, error);
    sqlite_close_file(database);
    return status;
}

static enum status insert_sample(struct sqlite *database, const struct cross_record_sample *sample,
                                 int64_t number, struct error *error)
{
    static const char *const statements[] = {
        "INSERT INTO payload (id, digest, kept, encoding, size, run, bytes)"
        " VALUES (?1, CAST(?1 AS BLOB), 1, 0, 0, 1, CAST(?4 AS BLOB))",
        "INSERT INTO record (id, source, key, locator, source_digest, payload, content, code, status, work)"
        " VALUES (?1, 1, ?1, ?1, x'00', ?1, ?1, ?2, ?3, 0)",
    };
    for (size_t i = 0; i < 2; i++) {
        struct sqlite_statement *statement;
        if (sqlite_prepare(database, statements[i], &statement, error))
            return error->status;
        sqlite_bind_number(statement, 1, number);
        if (i) {
            sqlite_bind_text(statement, 2, sample->code);
            sqlite_bind_text(statement, 3, sample->status);
        } else {
            sqlite_bind_text(statement, 4, sample->content);
        }
        enum status status = sqlite_execute(statement, error);
        sqlite_finish(statement);
        if (status)
            return status;
    }
    return STATUS_OK;
}

enum status cross_record_query_samples(const struct cross_record_sample *samples, size_t count,
                                       struct text query, cross_record_visitor *visit, void *user_data,
                                       struct error *error)
{
    struct sqlite *database;
    if (schema_model(&database, error))
        return error->status;
    enum status status = sqlite_run(database, "INSERT INTO source (id, name) VALUES (1, 'example')", error);
    for (size_t i = 0; status == STATUS_OK && i < count; i++)
        status = insert_sample(database, &samples[i], (int64_t)i + 1, error);
    sqlite_guard(database, SAMPLE_LIMIT, NULL);
    if (status == STATUS_OK)
        status = visit_rows(database, query, visit, user_data, error);
    sqlite_close_file(database);
    if (status)
        (void)without_file(error);
    return status;
}
