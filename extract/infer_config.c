#include "extract/infer_config.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "adapters/file.h"
#include "adapters/sqlite.h"
#include "adapters/unicode.h"
#include "adapters/yaml.h"
#include "core/memory.h"
#include "extract/decode.h"
#include "extract/fetch.h"
#include "extract/infer_field.h"
#include "extract/infer_shape.h"
#include "extract/infer_yaml.h"
#include "extract/transcode.h"

#define LOOKED_AT ((size_t)4 << 20) /* bytes of a document */
#define FILES     10                /* of a folder */
#define RECORDS   40                /* of all documents together */
#define SHEETS    10                /* of a workbook */

/* ---- where it is ---- */

static void put_member(struct buffer *out, const char *name, struct text value)
{
    buffer_printf(out, "%s%s: ", out->bytes[out->length - 1] == ' ' ? "" : ", ", name);
    yaml_put_quoted(out, value);
}

/* Secrets of a URL go into the environment, of this process too: so they appear neither in the proposal nor
 * in a message. */
static void hide(struct buffer *out, int *count, struct text secret)
{
    char name[64];
    snprintf(name, sizeof name, *count ? "CONGKHAI_SOURCE_SECRET_%d" : "CONGKHAI_SOURCE_SECRET", *count + 1);
    ++*count;
    char *value = memory_take(secret.length + 1);
    memcpy(value, secret.bytes, secret.length);
    value[secret.length] = 0;
    setenv(name, value, 1);
    free(value);
    buffer_printf(out, "${env:%s}", name);
}

static void put_url(struct buffer *out, struct text url, int *count)
{
    static const char *const names[] = { "token=",        "key=",      "apikey=", "api_key=",
                                         "access_token=", "password=", "secret=" };
    size_t from = 0;
    for (size_t at = 0; at < url.length; at++) {
        if (url.bytes[at] != '?' && url.bytes[at] != '&')
            continue;
        for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
            size_t begin = at + 1 + strlen(names[i]), end = begin;
            if (!text_starts(text_slice(url, at + 1, url.length), text_of(names[i])))
                continue;
            while (end < url.length && url.bytes[end] != '&' && url.bytes[end] != '#')
                end++;
            buffer_text(out, text_slice(url, from, begin - from));
            if (end > begin)
                hide(out, count, text_slice(url, begin, end - begin));
            from = end;
        }
    }
    buffer_text(out, text_slice(url, from, url.length));
}

/* `fetch` for a URL: user and password are taken out of it. */
static void put_url_fetch(struct buffer *fetch, struct text url)
{
    struct buffer clean = { 0 }, password = { 0 };
    struct text user = TEXT_NONE;
    size_t scheme, colon;
    int count = 0;
    if (text_find(url, TEXT("://"), &scheme)) {
        size_t host = scheme + 3, end = host;
        while (end < url.length && !strchr("/?#", url.bytes[end]))
            end++;
        const char *at = memrchr(url.bytes + host, '@', end - host);
        if (at) {
            user = text_slice(url, host, (size_t)(at - url.bytes) - host);
            buffer_text(&clean, text_slice(url, 0, host));
            url = text_slice(url, (size_t)(at - url.bytes) + 1, url.length);
        }
    }
    put_url(&clean, url, &count);
    buffer_string(fetch, "{ ");
    put_member(fetch, "url", buffer_view(&clean));
    if (user.length) {
        struct text name = text_find(user, TEXT(":"), &colon) ? text_slice(user, 0, colon) : user;
        hide(&password, &count, text_slice(user, name.length + 1, user.length));
        buffer_string(fetch, ", auth: { basic: { ");
        put_member(fetch, "user", name);
        put_member(fetch, "password", buffer_view(&password));
        buffer_string(fetch, " } }");
    }
    buffer_free(&clean);
    buffer_free(&password);
}

/* The name of a source from a path or URL: so-tu-phap. */
static struct text name_source(struct arena *arena, const char *what)
{
    struct text path = text_of(what), folded = TEXT("");
    size_t at;
    if (text_find(path, TEXT("?"), &at))
        path.length = at;
    while (!folded.length && path.length) {
        while (path.length && path.bytes[path.length - 1] == '/')
            path.length--;
        const char *slash = path.length ? memrchr(path.bytes, '/', path.length) : NULL;
        size_t from = slash ? (size_t)(slash - path.bytes) + 1 : 0;
        struct text last = text_slice(path, from, path.length);
        const char *user = last.length ? memrchr(last.bytes, '@', last.length) : NULL;
        if (user)
            last = text_slice(last, (size_t)(user - last.bytes) + 1, last.length);
        const char *dot = last.length ? memrchr(last.bytes, '.', last.length) : NULL;
        if (dot && dot != last.bytes)
            last.length = (size_t)(dot - last.bytes);
        folded = infer_fold(arena, last);
        path.length = from ? from - 1 : 0;
    }
    return folded.length ? folded : TEXT("nguon");
}

/* What holds data most likely; a share has a readme.txt and a Thumbs.db beside it. */
static bool is_data(const char *name)
{
    static const char *const endings[] = { ".json", ".ndjson", ".jsonl", ".xml", ".html",
                                           ".htm",  ".csv",    ".tsv",   ".xlsx" };
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot && i < sizeof endings / sizeof *endings; i++)
        if (!strcasecmp(dot, endings[i]))
            return true;
    return false;
}

static bool holds_data(const struct file_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        if (is_data(list->names[i]))
            return true;
    return false;
}

static enum status look_in_folder(struct arena *arena, const char *folder, struct inferred *inferred,
                                  struct error *error)
{
    struct file_list list, below;
    if (file_list_folder(arena, folder, "*", &list, error))
        return error->status;
    if (!holds_data(&list)) {
        if (file_list_folder(arena, folder, "**/*", &below, error))
            return error->status;
        if (!list.count || holds_data(&below))
            list = below;
    }
    bool data = holds_data(&list);
    size_t best = 0, most = 0;
    for (size_t i = 0; i < list.count && i < 1000; i++) {
        const char *dot = strrchr(list.names[i], '.');
        size_t same = 0;
        if (data && !is_data(list.names[i]))
            continue;
        for (size_t j = 0; dot && j < list.count && j < 1000; j++)
            same += text_ends(text_of(list.names[j]), text_of(dot));
        if (same > most) {
            most = same;
            best = i;
        }
    }
    if (!list.count)
        return error_set(error, STATUS_USAGE, _("the folder %s holds no file to look at"), folder);
    const char *ending = strrchr(list.names[best], '.');
    char *pattern = memory_copy_string(ending ? ending : "");
    for (char *at = pattern; *at; at++) /* what means something in a pattern, or is no letter at all */
        if (strchr("*?[]{}\\", *at) || (unsigned char)*at < ' ' || (unsigned char)*at >= 0x7f)
            *at = '?';
    bool deep = strchr(list.names[best], '/') != NULL;
    buffer_string(&inferred->fetch, "{ ");
    put_member(&inferred->fetch, "folder", text_of(folder));
    put_member(&inferred->fetch, "match", text_format(arena, "%s*%s", deep ? "**/" : "", pattern));
    free(pattern);
    inferred->paths = arena_array(arena, const char *, FILES);
    for (size_t i = 0; i < list.count && inferred->path_count < FILES; i++)
        if (!ending || text_ends(text_of(list.names[i]), text_of(ending)))
            inferred->paths[inferred->path_count++] = list.paths[i];
    return STATUS_OK;
}

static enum status check_utf8(const char *name, struct error *error)
{
    if (unicode_invalid_at(text_of(name)) == strlen(name))
        return STATUS_OK;
    return error_set(error, STATUS_USAGE,
                     _("the name %s is not UTF-8 and cannot stand in a configuration; rename it"), name);
}

static enum status look_for(struct arena *arena, const char *what, struct inferred *inferred,
                            struct error *error)
{
    char path[PATH_MAX];
    if (check_utf8(what, error))
        return error->status;
    inferred->name = name_source(arena, what);
    if (strstr(what, "://")) {
        inferred->url = true;
        inferred->address = text_of(what);
        put_url_fetch(&inferred->fetch, text_of(what));
        return STATUS_OK;
    }
    if (!realpath(what, path))
        return error_set(error, STATUS_USAGE, _("there is no file or folder %s"), what);
    if (check_utf8(path, error))
        return error->status;
    const char *whole = text_string(arena, text_of(path));
    struct file_stream stream;
    if (file_stream_open(arena, whole, &stream, error))
        return look_in_folder(arena, whole, inferred, error);
    stream.close(&stream);
    buffer_string(&inferred->fetch, "{ ");
    put_member(&inferred->fetch, "file", text_of(whole));
    inferred->paths = arena_array(arena, const char *, 1);
    inferred->paths[inferred->path_count++] = whole;
    return STATUS_OK;
}

/* ---- what it holds ---- */

static enum status read_start(struct arena *arena, const char *path, struct text *start, bool *whole,
                              struct error *error)
{
    struct file_stream stream;
    if (file_stream_open(arena, path, &stream, error))
        return error->status = STATUS_USAGE;
    char *bytes = arena_alloc(arena, LOOKED_AT + 1);
    size_t length = 0, got = 1;
    enum status status = STATUS_OK;
    while (status == STATUS_OK && got && length < LOOKED_AT) {
        status = stream.read(&stream, bytes + length, LOOKED_AT - length, &got, error);
        length += status == STATUS_OK ? got : 0;
    }
    stream.close(&stream);
    bytes[length] = 0;
    *start = (struct text){ bytes, length };
    *whole = !got;
    return status;
}

static void look_at_records(struct arena *arena, struct decode *decode, struct inferred *inferred)
{
    struct decoded decoded;
    struct error error;
    for (int tries = 0; inferred->fields.records < RECORDS && tries < 2 * RECORDS; tries++) {
        struct record record;
        enum status status = decode->driver->next(decode, &decoded, &error);
        if (status == STATUS_END || status == STATUS_STOP)
            return;
        if (status != STATUS_OK)
            continue;
        if (decoded.sheet && inferred->sheet.length)
            inferred->sheet = text_copy(arena, text_of(decoded.sheet));
        struct text bytes = text_copy(arena, decoded.bytes), context = text_copy(arena, decoded.context);
        if (record_open(arena, &decode->source->record, bytes, context, &record, &error))
            continue;
        infer_look(&inferred->fields, &record);
        record_close(&record);
    }
}

static void look_at_document(struct arena *arena, const struct source *source, const char *path,
                             struct inferred *inferred)
{
    ARENA_OWNED struct arena memory = { 0 };
    struct document document = { .name = path, .path = path };
    struct error error = { 0 };
    if (file_stream_open(arena, path, &document.stream, &error))
        return;
    struct decode decode = { .driver = decode_find((enum source_format)source->format),
                             .source = source,
                             .document = &document,
                             .arena = &memory };
    if (transcode_open(&memory, source, &document, &decode.unicode, &error) == STATUS_OK &&
        decode.driver->open(&decode, &error) == STATUS_OK)
        look_at_records(arena, &decode, inferred);
    else
        inferred->doubt = text_string(arena, text_of(error.message));
    if (decode.user_data)
        decode.driver->close(&decode);
    if (document.stream.close)
        document.stream.close(&document.stream);
}

/* The table with the most columns whose names say something; its SELECT is the query. */
static enum status look_at_database(struct arena *arena, const char *path, struct inferred *inferred,
                                    struct error *error)
{
    struct sqlite *database;
    struct sqlite_statement *statement;
    if (sqlite_open_file(path, SQLITE_READ, &database, error))
        return error->status = STATUS_USAGE;
    struct text best = TEXT_NONE;
    int64_t most = 0;
    enum status status =
        sqlite_prepare(database,
                       "SELECT m.name, count(*) FROM sqlite_master m JOIN pragma_table_info(m.name) c"
                       " WHERE m.type IN ('table', 'view') GROUP BY 1 ORDER BY 1",
                       &statement, error);
    while (status == STATUS_OK && sqlite_step(statement, error) == STATUS_OK)
        if (sqlite_number(statement, 1) > most) {
            most = sqlite_number(statement, 1);
            best = sqlite_take_text(arena, statement, 0);
        }
    sqlite_finish(status == STATUS_OK ? statement : NULL);
    if (status == STATUS_OK && !best.length)
        status = error_set(error, STATUS_USAGE, _("%s holds no table"), path);
    if (status == STATUS_OK) {
        struct text query = text_format(arena, "SELECT * FROM %s", sqlite_quote_name(arena, best));
        buffer_clear(&inferred->fetch);
        buffer_string(&inferred->fetch, "{ ");
        put_member(&inferred->fetch, "sqlite", text_of(path));
        put_member(&inferred->fetch, "query", query);
        status = sqlite_prepare(database, query.bytes, &statement, error);
    }
    if (status == STATUS_OK) {
        static const struct record_format format = { .shape = RECORD_TABLE };
        while (inferred->fields.records < RECORDS && sqlite_step(statement, error) == STATUS_OK) {
            struct value *row = value_object(arena);
            for (int i = 0; i < sqlite_columns(statement); i++)
                value_set_text(row, text_copy(arena, text_of(sqlite_column_title(statement, i))),
                               value_text(arena, sqlite_take_text(arena, statement, i)));
            struct record record = { .format = &format, .root.value = row };
            infer_look(&inferred->fields, &record);
        }
        sqlite_finish(statement);
    }
    sqlite_close_file(database);
    return status;
}

/* A source that can be decoded with, before its key and map are known. */
static enum status make_source(struct arena *arena, const struct setting_context *context,
                               const struct inferred *inferred, struct source **source, struct error *error)
{
    struct buffer text = { 0 };
    struct value *tree;
    size_t count;
    buffer_string(&text, "sources:\n");
    infer_yaml_source(&text, inferred);
    buffer_string(&text, "    key: \".\"\n    map: {}\n");
    enum status status = yaml_parse(arena, text_copy(arena, buffer_view(&text)), "probe", &tree, error);
    buffer_free(&text);
    if (status == STATUS_OK)
        status = source_read_all(context, value_find(tree, "sources"), source, &count, error);
    return status;
}

static bool has_codes(const struct infer_fields *fields)
{
    for (size_t i = 0; i < fields->count; i++)
        if (fields->list[i].codes)
            return true;
    return false;
}

/* The first sheet is often a cover: the one that has codes is meant. */
static enum status look_at_sheets(struct arena *arena, const struct setting_context *context,
                                  struct inferred *inferred, struct error *error)
{
    for (int number = 1; number <= SHEETS; number++) {
        struct source *source;
        struct inferred other = *inferred;
        other.fields = (struct infer_fields){ .arena = arena };
        other.sheet = text_format(arena, "%d", number);
        if (make_source(arena, context, &other, &source, error))
            return error->status;
        look_at_document(arena, source, inferred->paths[0], &other);
        if (has_codes(&other.fields)) {
            *inferred = other;
            inferred->doubt = NULL;
            return STATUS_OK;
        }
    }
    return STATUS_OK;
}

static enum status refuse_nothing(const struct inferred *inferred, const char *what, struct error *error)
{
    for (size_t i = 0; i < inferred->fields.count; i++)
        if (inferred->fields.list[i].filled)
            return STATUS_OK;
    if (inferred->shape.format == SOURCE_HTML)
        return STATUS_OK;
    if (inferred->doubt)
        return error_set(error, STATUS_USAGE, _("no record was found in %s: %s"), what, inferred->doubt);
    return error_set(
        error, STATUS_USAGE,
        _("no record was found in %s; is it whole, and what it should be? \"congkhai init\" alone "
          "writes a configuration to fill in"),
        what);
}

static enum status look_at_files(struct arena *arena, const struct setting_context *context,
                                 struct inferred *inferred, struct error *error)
{
    struct text start;
    struct source *source;
    bool whole;
    if (read_start(arena, inferred->paths[0], &start, &whole, error))
        return error->status;
    infer_shape_find(arena, start, whole, &inferred->shape);
    if (inferred->shape.database)
        return look_at_database(arena, inferred->paths[0], inferred, error);
    inferred->fields.uri = inferred->shape.uri;
    if (make_source(arena, context, inferred, &source, error))
        return error->status;
    for (size_t i = 0; i < inferred->path_count; i++)
        look_at_document(arena, source, inferred->paths[i], inferred);
    if (inferred->fields.table.length)
        inferred->shape.records = inferred->fields.table;
    return inferred->shape.format == SOURCE_XLSX && !has_codes(&inferred->fields)
               ? look_at_sheets(arena, context, inferred, error)
               : STATUS_OK;
}

/* The first answer, kept by the driver in a file without a name. A page of HTML is let through: it may be
 * what was meant. */
static enum status look_at_url(struct arena *arena, const struct setting_context *context,
                               struct inferred *inferred, struct error *error)
{
    struct buffer text = { 0 };
    struct value *tree;
    struct source *source;
    struct fetch fetch;
    struct document document;
    size_t count;
    buffer_string(&text, "- { name: probe, format: html, map: {}, fetch: ");
    buffer_text(&text, buffer_view(&inferred->fetch));
    buffer_string(&text, " } }\n");
    enum status status = yaml_parse(arena, text_copy(arena, buffer_view(&text)), "probe", &tree, error);
    buffer_free(&text);
    if (status || source_read_all(context, tree, &source, &count, error) ||
        fetch_prepare(arena, context, ".", source, &fetch, error))
        return error->status;
    status = fetch.driver->open(&fetch, error);
    if (status == STATUS_OK)
        status = fetch.driver->next(&fetch, &document, error);
    if (status == STATUS_END && fetch.listing->doubts)
        status = error_set(error, STATUS_STOP, "%s", fetch.listing->why);
    else if (status == STATUS_END)
        status = error_set(error, STATUS_USAGE, _("%.*s gives nothing"), TEXT_ARG(inferred->name));
    if (status == STATUS_OK) {
        inferred->paths = arena_array(arena, const char *, 1);
        inferred->paths[inferred->path_count++] = document.path;
        status = look_at_files(arena, context, inferred, error);
    }
    fetch.driver->close(&fetch);
    return status;
}

static bool is_taken(const struct value *beside, struct text name)
{
    for (const struct value *source = beside ? beside->first : NULL; source; source = source->next)
        if (text_equal(value_text_of(source, "name"), name))
            return true;
    return false;
}

enum status infer_config_write(struct arena *arena, const char *what, const struct value *beside,
                               struct text *yaml, struct error *error)
{
    struct inferred inferred = { .fields.arena = arena };
    struct setting_context context = { arena, what, NULL };
    enum status status = look_for(arena, what, &inferred, error);
    if (status == STATUS_OK)
        status = inferred.url ? look_at_url(arena, &context, &inferred, error)
                              : look_at_files(arena, &context, &inferred, error);
    if (status == STATUS_OK)
        status = refuse_nothing(&inferred, inferred.url ? inferred.name.bytes : what, error);
    struct text name = inferred.name;
    for (int number = 2; is_taken(beside, inferred.name); number++)
        inferred.name = text_format(arena, TEXT_PRINT "-%d", TEXT_ARG(name), number);
    if (status == STATUS_OK)
        *yaml = infer_yaml_write(arena, what, &inferred);
    buffer_free(&inferred.fetch);
    return status;
}
