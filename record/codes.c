#include "record/codes.h"

#include <stdio.h>
#include <string.h>

#include "adapters/crypto.h"
#include "adapters/file.h"
#include "adapters/unicode.h"
#include "record/csv.h"

#define LIST_LIMIT (64u << 20)

static const struct code *find_key(const struct code_list *list, struct text key)
{
    const struct code *code = list->buckets[text_hash(key) % list->bucket_count];
    while (code && !text_equal(code->key, key))
        code = code->next;
    return code;
}

/* Most texts are written as they are in the list, and need not be folded. */
const struct code *codes_lookup(const struct code_list *list, struct arena *scratch, struct text text)
{
    if (!list->count)
        return NULL;
    for (const struct code *code = list->written[text_hash(text) % list->bucket_count]; code;
         code = code->next_written)
        if (text_equal(code->from, text))
            return code->same;
    return find_key(list, unicode_fold(scratch, text));
}

const struct code_list *codes_find(const struct code_list *lists, struct text name)
{
    for (; lists; lists = lists->next)
        if (text_is(name, lists->name))
            return lists;
    return NULL;
}

struct columns {
    size_t from, to, name, count;
};

static bool find_columns(const struct text *cells, size_t count, struct columns *columns)
{
    columns->from = columns->to = columns->name = SIZE_MAX;
    columns->count = count;
    for (size_t i = 0; i < count; i++) {
        struct text title = text_trim(cells[i]);
        if (text_is(title, "from"))
            columns->from = i;
        else if (text_is(title, "to"))
            columns->to = i;
        else if (text_is(title, "name"))
            columns->name = i;
    }
    return columns->from != SIZE_MAX;
}

static struct text cell_at(struct arena *arena, const struct text *cells, size_t count, size_t at)
{
    return at < count ? unicode_nfc(arena, text_copy(arena, text_trim(cells[at]))) : TEXT_NONE;
}

static void index_list(struct arena *arena, struct code_list *list)
{
    list->bucket_count = list->count * 2 + 1;
    list->buckets = arena_array(arena, struct code *, list->bucket_count);
    list->written = arena_array(arena, struct code *, list->bucket_count);
    for (struct code *code = list->first; code; code = code->after) {
        struct code **bucket = &list->buckets[text_hash(code->key) % list->bucket_count];
        struct code **written = &list->written[text_hash(code->from) % list->bucket_count];
        code->next = *bucket;
        *bucket = code;
        code->next_written = *written;
        *written = code;
    }
    for (struct code *code = list->first; code; code = code->after)
        code->same = find_key(list, code->key);
}

static enum status check_doubles(const struct code_list *list, struct error *error)
{
    for (const struct code *code = list->first; code; code = code->after)
        for (const struct code *other = code->next; other; other = other->next)
            if (text_equal(code->key, other->key) && !text_equal(code->to, other->to))
                return error_set(error, STATUS_USAGE,
                                 _("%s:%ld: \"%.*s\" is mapped both to \"%.*s\" and to \"%.*s\"; keep one of "
                                   "them"),
                                 list->path, code->line, TEXT_ARG(code->from), TEXT_ARG(code->to),
                                 TEXT_ARG(other->to));
    return STATUS_OK;
}

static enum status read_rows(struct arena *arena, struct code_list *list, struct csv_reader *reader,
                             struct error *error)
{
    struct text row;
    struct columns columns = { 0 };
    bool heading = true;
    struct code **tail = &list->first;
    enum status status;
    while (!(status = csv_reader_next(reader, &row, error))) {
        struct text *cells;
        size_t count;
        if (text_starts(row, TEXT("#")))
            continue;
        if (csv_cells(arena, row, ',', &cells, &count, error)) {
            error->status = STATUS_USAGE;
            return error_add(error, "%s:%ld", list->path, reader->line);
        }
        if (heading) {
            heading = false;
            if (!find_columns(cells, count, &columns))
                return error_set(error, STATUS_USAGE,
                                 _("%s:%ld: a code list needs the columns from,to[,name]"), list->path,
                                 reader->line);
            continue;
        }
        bool lacks_code = columns.to != SIZE_MAX && columns.to >= count;
        if (count > columns.count || columns.from >= count || lacks_code)
            return error_set(error, STATUS_USAGE, _("%s:%ld: the row has %zu cells, the heading %zu"),
                             list->path, reader->line, count, columns.count);
        struct code *code = arena_new(arena, struct code);
        code->from = cell_at(arena, cells, count, columns.from);
        code->to = columns.to == SIZE_MAX ? code->from : cell_at(arena, cells, count, columns.to);
        code->name = cell_at(arena, cells, count, columns.name);
        code->key = unicode_fold(arena, code->from);
        code->line = reader->line;
        *tail = code;
        tail = &code->after;
        list->count++;
    }
    if (status == STATUS_END)
        return STATUS_OK;
    error->status = STATUS_USAGE;
    return error_add(error, "%s", list->path);
}

static enum status load_list(const struct setting_context *context, const char *path, struct code_list *list,
                             struct error *error)
{
    struct text bytes;
    list->path = path;
    if (file_read(context->arena, path, LIST_LIMIT, &bytes, error)) {
        error->status = STATUS_USAGE;
        return error->status;
    }
    size_t invalid = unicode_invalid_at(bytes);
    if (invalid < bytes.length)
        return error_set(error, STATUS_USAGE, _("%s: byte %zu is not UTF-8; save the list as UTF-8"), path,
                         invalid);
    list->digest = crypto_sha256(bytes);
    struct file_stream stream;
    file_stream_memory(bytes, path, &stream);
    struct csv_reader reader;
    csv_reader_open(&reader, &stream, LIST_LIMIT);
    enum status status = read_rows(context->arena, list, &reader, error);
    csv_reader_close(&reader);
    if (status)
        return status;
    index_list(context->arena, list);
    return check_doubles(list, error);
}

static enum status add_list(const struct setting_context *context, const char *folder,
                            const struct value *member, struct code_list **lists, struct error *error)
{
    if (member->kind != VALUE_TEXT)
        return setting_fault(context, member, error, _("codes: \"%.*s\" must be the path of a CSV file"),
                             TEXT_ARG(member->name));
    struct code_list *list = arena_new(context->arena, struct code_list);
    list->name = text_string(context->arena, member->name);
    const char *path = file_path(context->arena, folder, text_string(context->arena, member->text));
    if (load_list(context, path, list, error))
        return setting_place(context, member, error);
    list->next = *lists;
    *lists = list;
    return STATUS_OK;
}

enum status codes_load(const struct setting_context *context, const char *folder, const struct value *object,
                       struct code_list **lists, struct error *error)
{
    enum status status = STATUS_OK;
    *lists = NULL;
    for (const struct value *member = object ? object->first : NULL; member; member = member->next) {
        if (add_list(context, folder, member, lists, error) == STATUS_OK)
            continue;
        status = error->status;
        if (!setting_goes_on(context, error))
            return status;
    }
    return status;
}
