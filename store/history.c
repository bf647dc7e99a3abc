#include "store/history.h"

#include <string.h>

#include "adapters/json.h"
#include "core/diff.h"
#include "core/procedure.h"
#include "store/history_rows.h"
#include "store/report_view.h"
#include "store/sql.h"

/* One acknowledgement of the portal. */
struct version {
    int64_t event, run;
    bool withdrawn;
    bool has_digest;
    struct digest digest; /* of what was published last */
    struct text at, portal_version;
};

static struct version read_version(struct arena *arena, struct sqlite_statement *row)
{
    struct version version = { .event = sqlite_number(row, 0), .run = sqlite_number(row, 1) };
    version.at = sqlite_take_text(arena, row, 2);
    version.withdrawn = text_is(sqlite_column_text(row, 3), "withdrawn");
    version.has_digest = sqlite_digest(row, 4, &version.digest);
    version.portal_version = sqlite_take_text(arena, row, 5);
    return version;
}

/* ---- where a version came from ---- */

static enum status add_run(struct store *store, struct arena *arena, int64_t run, bool transform_digest,
                           struct value *out, struct error *error)
{
    struct sqlite_statement *row;
    enum status status = sql_row(
        store,
        "SELECT actor, json_extract(detail, '$.rules_digest'), json_extract(detail, '$.config_digest')"
        " FROM ledger WHERE run = ?1 AND event = 'run-started'",
        SQL_WITH(SQL_NUMBER(run)), &row, error);
    if (status == STATUS_OK && !transform_digest)
        history_text(arena, out, "operator", row, 0);
    if (status == STATUS_OK && transform_digest) {
        history_text(arena, out, "rules_digest", row, 1);
        history_text(arena, out, "config_digest", row, 2);
    }
    return sql_end(row, status);
}

/* What an operator took over was put there by another hand. */
static enum status add_adoption(struct store *store, struct arena *arena, const struct version *version,
                                struct value *out, struct error *error)
{
    struct sqlite_statement *row;
    enum status status = sql_row(store,
                                 "SELECT actor, json_extract(detail, '$.reason') FROM ledger WHERE seq = ?1"
                                 " AND json_extract(detail, '$.adopted')",
                                 SQL_WITH(SQL_NUMBER(version->event)), &row, error);
    if (status)
        return status == STATUS_END ? STATUS_OK : status;
    history_text(arena, out, "adopted_by", row, 0);
    history_text(arena, out, "reason", row, 1);
    sqlite_reset_statement(row);
    return STATUS_OK;
}

/* The last time that transform accepted these very bytes before the portal took them. */
static enum status add_origin(struct store *store, struct arena *arena, struct text code,
                              const struct version *version, struct value *out, struct error *error)
{
    struct sqlite_statement *row;
    if (add_run(store, arena, version->run, false, out, error) ||
        add_adoption(store, arena, version, out, error))
        return error->status;
    enum status status = sql_row(
        store,
        "SELECT a.source, json_extract(a.detail, '$.key'), json_extract(a.detail, '$.locator'),"
        " json_extract(a.detail, '$.source_digest'), a.run FROM ledger e JOIN ledger a ON a.code = e.code"
        " AND a.event = 'accepted' AND a.digest = e.digest AND a.seq < e.seq"
        " WHERE e.seq = ?1 AND e.code = ?2 ORDER BY a.seq DESC LIMIT 1",
        SQL_WITH(SQL_NUMBER(version->event), SQL_TEXT(code)), &row, error);
    if (status)
        return status == STATUS_END ? STATUS_OK : status;
    int64_t run = sqlite_number(row, 4);
    history_text(arena, out, "source", row, 0);
    history_text(arena, out, "source_key", row, 1);
    history_text(arena, out, "locator", row, 2);
    history_text(arena, out, "source_digest", row, 3);
    history_number(arena, out, "source_run", row, 4);
    sqlite_reset_statement(row);
    return add_run(store, arena, run, true, out, error);
}

enum status history_content(struct store *store, struct arena *arena, const struct digest *digest,
                            struct value **content, struct error *error)
{
    struct text bytes;
    enum status status = store_payload_by_digest(store, arena, digest, &bytes, error);
    if (status == STATUS_END)
        return error_set(
            error, STATUS_LEDGER,
            _("%s: a content that the portal acknowledged is not there; run \"congkhai audit verify\""),
            store_path(store));
    if (status)
        return status;
    if (json_parse(arena, bytes, content, error)) {
        error->status = STATUS_LEDGER;
        return error_add(error, "%s", store_path(store));
    }
    return STATUS_OK;
}

static enum status read_content(struct store *store, struct arena *arena, const struct version *version,
                                struct value **content, struct error *error)
{
    *content = NULL;
    return version->has_digest ? history_content(store, arena, &version->digest, content, error) : STATUS_OK;
}

/* ---- field by field ---- */

static struct text without_numbers(struct arena *arena, struct text path)
{
    char *plain = arena_alloc(arena, path.length + 1);
    size_t length = 0;
    for (size_t i = 0; i < path.length; i++)
        if (path.bytes[i] < '0' || path.bytes[i] > '9' || !length || (plain[length - 1] != '['))
            plain[length++] = path.bytes[i];
    return (struct text){ plain, length };
}

/* Does a path lie at or below what was asked for? */
static bool field_matches(struct text path, struct text asked)
{
    size_t at = 0;
    for (size_t i = 0; i < asked.length; i++, at++) {
        if (at >= path.length || path.bytes[at] != asked.bytes[i])
            return false;
        if (asked.bytes[i] == '[' && i + 1 < asked.length && asked.bytes[i + 1] == ']')
            while (at + 1 < path.length && path.bytes[at + 1] >= '0' && path.bytes[at + 1] <= '9')
                at++;
    }
    return at == path.length || path.bytes[at] == '.' || path.bytes[at] == '[';
}

static enum status check_field(struct arena *arena, const char *field, struct error *error)
{
    struct field_path path;
    if (!field)
        return STATUS_OK;
    return field_path_compile(&procedure_root, without_numbers(arena, text_of(field)), &path, error);
}

struct changes {
    struct store *store;
    struct arena *arena;
    struct text code, field; /* field.bytes NULL: all */
    struct value *list;
};

static void add_change(struct changes *changes, const struct version *version, const struct value *origin,
                       const struct diff *difference)
{
    struct arena *arena = changes->arena;
    struct value *change = value_append(changes->list, value_object(arena));
    value_set(change, "event", value_integer(arena, version->event));
    value_set(change, "run", value_integer(arena, version->run));
    value_set(change, "at", value_text(arena, version->at));
    value_set(change, "field", value_text(arena, difference->field));
    value_put(arena, change, "old", difference->before);
    value_put(arena, change, "new", difference->after);
    for (const struct value *member = origin->first; member; member = member->next)
        value_set_text(change, member->name, value_copy(arena, member));
    value_put(arena, change, "portal_version", version->portal_version);
}

/* A withdrawal leaves what is readable there as it is, but for its status. */
static struct value *abolish(struct arena *arena, const struct value *content)
{
    struct value *copy = content ? value_copy(arena, content) : value_object(arena);
    struct value *status = copy->first;
    while (status && !text_is(status->name, "status"))
        status = status->next;
    if (!status)
        status = value_set(copy, "status", value_string(arena, ""));
    status->text = TEXT("abolished");
    return copy;
}

static enum status add_version(struct changes *changes, const struct version *version, struct value **held,
                               struct error *error)
{
    struct arena *arena = changes->arena;
    struct value *content, *origin = value_object(arena);
    if (read_content(changes->store, arena, version, &content, error) ||
        add_origin(changes->store, arena, changes->code, version, origin, error))
        return error->status;
    if (version->withdrawn)
        content = abolish(arena, content);
    for (const struct diff *difference = diff_find(arena, *held, content); difference;
         difference = difference->next)
        if (!changes->field.bytes || field_matches(difference->field, changes->field))
            add_change(changes, version, origin, difference);
    *held = content;
    return STATUS_OK;
}

#define VERSIONS "SELECT seq, run, at, event, digest, portal_version FROM audit_versions WHERE code = ?1 "

static enum status read_versions(struct store *store, struct arena *arena, struct text code,
                                 struct version **versions, size_t *count, struct error *error)
{
    struct sqlite_statement *row;
    size_t capacity = 0;
    *count = 0;
    *versions = NULL;
    if (sql_rows(store, VERSIONS "ORDER BY seq", SQL_WITH(SQL_TEXT(code)), &row, error))
        return error->status;
    enum status status;
    while ((status = sqlite_step(row, error)) == STATUS_OK) {
        if (*count == capacity) {
            struct version *more = arena_array(arena, struct version, capacity = capacity * 2 + 16);
            if (*count)
                memcpy(more, *versions, *count * sizeof *more);
            *versions = more;
        }
        (*versions)[(*count)++] = read_version(arena, row);
    }
    return status == STATUS_END ? STATUS_OK : status;
}

enum status history_changes(struct store *store, struct arena *arena, struct text code, const char *field,
                            struct value **changes, struct error *error)
{
    struct changes user_data = { store, arena, code, text_of(field), value_list(arena) };
    struct version *versions;
    size_t count;
    struct value *held = NULL;
    if (check_field(arena, field, error) || read_versions(store, arena, code, &versions, &count, error))
        return error->status;
    for (size_t i = 0; i < count; i++)
        if (add_version(&user_data, &versions[i], &held, error))
            return error->status;
    *changes = user_data.list;
    return count ? STATUS_OK : STATUS_END;
}

/* ---- on a day ---- */

static enum status find_version(struct store *store, struct arena *arena, struct text code, struct text until,
                                struct version *version, struct error *error)
{
    struct sqlite_statement *row;
    enum status status = sql_row(store, VERSIONS "AND at < ?2 AND (to_at IS NULL OR to_at >= ?2)",
                                 SQL_WITH(SQL_TEXT(code), SQL_TEXT(until)), &row, error);
    if (status == STATUS_OK)
        *version = read_version(arena, row);
    sqlite_reset_statement(row);
    return status;
}

/* 24:00 in Vietnam. */
static int64_t end_of_day(struct date day)
{
    return (date_days(day) + 1) * INT64_C(86400000) - DATE_ZONE_MINUTES * INT64_C(60000);
}

void history_end_of_day(struct date day, char text[CLOCK_TEXT])
{
    clock_format(end_of_day(day), text);
}

enum status history_known_at(struct store *store, struct arena *arena, struct date on, struct text *at,
                             struct error *error)
{
    struct sqlite_statement *row;
    int64_t last;
    *at = TEXT_NONE;
    enum status status = sql_row(store, "SELECT at FROM ledger ORDER BY seq DESC LIMIT 1", NULL, &row, error);
    if (status)
        return status == STATUS_END ? STATUS_OK : status;
    if (clock_parse(sqlite_column_text(row, 0), &last) && last < end_of_day(on))
        *at = sqlite_take_text(arena, row, 0);
    sqlite_reset_statement(row);
    return STATUS_OK;
}

enum status history_begins(struct store *store, struct arena *arena, struct date on, struct text *begins,
                           struct error *error)
{
    char day[DATE_TEXT];
    date_write(on, day);
    if (report_view_beginning(store, arena, begins, error))
        return error->status;
    if (begins->bytes && text_compare(text_of(day), *begins) >= 0)
        *begins = TEXT_NONE;
    return STATUS_OK;
}

/* The leaves of one field, as audit_fields has them. */
static struct value *pick_field(struct arena *arena, const struct value *content, const char *field)
{
    struct value *fields = value_object(arena);
    for (const struct diff *leaf = diff_find(arena, NULL, content); leaf; leaf = leaf->next)
        if (field_matches(leaf->field, text_of(field)))
            value_set_text(fields, leaf->field, value_text(arena, leaf->after));
    return fields;
}

/* What stood since a version was acknowledged; what of it is `field`'s, or all. */
static enum status tell_version(struct store *store, struct arena *arena, struct text code, const char *field,
                                const struct version *version, struct value *out, struct error *error)
{
    struct value *content;
    if (read_content(store, arena, version, &content, error))
        return error->status;
    value_set(out, "status", value_string(arena, version->withdrawn ? "abolished" : "published"));
    value_set(out, "event", value_integer(arena, version->event));
    value_set(out, "run", value_integer(arena, version->run));
    value_set(out, "published_at", value_text(arena, version->at));
    value_put(arena, out, "portal_version", version->portal_version);
    if (version->has_digest)
        value_set(out, "content_digest", value_digest(arena, &version->digest));
    if (add_origin(store, arena, code, version, out, error))
        return error->status;
    if (field)
        value_set(out, "fields",
                  pick_field(arena, version->withdrawn ? abolish(arena, content) : content, field));
    else if (content)
        value_set(out, "procedure", content);
    return STATUS_OK;
}

enum status history_on(struct store *store, struct arena *arena, struct text code, const char *field,
                       struct date on, struct value **held, struct error *error)
{
    struct version version;
    struct value *out = value_object(arena);
    char until[CLOCK_TEXT], *day = arena_alloc(arena, DATE_TEXT);
    history_end_of_day(on, until);
    if (check_field(arena, field, error))
        return error->status;
    enum status status = find_version(store, arena, code, text_of(until), &version, error);
    if (status)
        return status;
    date_write(on, day);
    value_set(out, "code", value_text(arena, code));
    value_set(out, "on", value_string(arena, day));
    value_set(out, "until", value_text(arena, text_copy(arena, text_of(until))));
    *held = out;
    return tell_version(store, arena, code, field, &version, out, error);
}

enum status history_versions(struct store *store, struct arena *arena, struct text code,
                             struct value **versions, struct error *error)
{
    struct version *version;
    size_t count;
    if (read_versions(store, arena, code, &version, &count, error))
        return error->status;
    *versions = value_list(arena);
    for (size_t i = 0; i < count; i++) {
        struct value *told = value_append(*versions, value_object(arena));
        value_set(told, "number", value_integer(arena, (int64_t)i + 1));
        if (i + 1 < count)
            value_set(told, "to_at", value_text(arena, version[i + 1].at));
        if (tell_version(store, arena, code, NULL, &version[i], told, error))
            return error->status;
    }
    return count ? STATUS_OK : STATUS_END;
}
