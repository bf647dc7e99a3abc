#include "report/report_parts.h"

#include <stdlib.h>

#include "adapters/unicode.h"
#include "core/field_words.h"

#include <stdio.h>
#include <string.h>

void report_column(struct arena *arena, struct value *table, const char *name, const char *heading,
                   const char *kind)
{
    struct value *columns = value_find(table, "columns");
    if (!columns)
        columns = value_set(table, "columns", value_list(arena));
    struct value *column = value_append(columns, value_object(arena));
    value_set(column, "name", value_string(arena, name));
    value_set(column, "heading", value_string(arena, heading));
    value_set(column, "kind", value_string(arena, kind));
}

bool report_says(const struct value *row, const char *name, const char *word)
{
    return text_is(value_text_of(row, name), word);
}

struct value *report_row(struct arena *arena, struct value *rows, const char *name, struct text text)
{
    struct value *before = NULL;
    for (struct value *row = rows->first; row; row = row->next) {
        struct text has = value_text_of(row, name);
        int order = text_compare(has, text);
        if (!order)
            return row;
        if (order < 0)
            before = row;
        else
            break;
    }
    struct value *row = value_object(arena);
    value_set(row, name, value_text(arena, text.bytes ? text : TEXT("")));
    row->next = before ? before->next : rows->first;
    if (before)
        before->next = row;
    else
        rows->first = row;
    if (!row->next)
        rows->last = row;
    rows->count++;
    return row;
}

struct value *report_group_row(struct arena *arena, struct value *rows, struct text group)
{
    struct value *row = report_row(arena, rows, "key", unicode_fold(arena, group));
    if (!value_find(row, "group"))
        value_set(row, "group", value_text(arena, group));
    return row;
}

struct text report_plain(struct arena *arena, struct text text)
{
    struct text apart = unicode_nfd(arena, unicode_lower(arena, text));
    BUFFER_OWNED struct buffer out = { 0 };
    for (size_t at = 0; at < apart.length;) {
        size_t from = at;
        int32_t character = unicode_next(apart, &at);
        if (character == 0x111)
            buffer_char(&out, 'd');
        else if (!unicode_is_mark(character))
            buffer_text(&out, text_slice(apart, from, at - from));
    }
    return text_copy(arena, buffer_view(&out));
}

struct sorted {
    struct text key;
    size_t place;
    struct value *row;
};

static int by_key(const void *left, const void *right)
{
    const struct sorted *a = left, *b = right;
    int order = text_compare(a->key, b->key);
    return order ? order : a->place < b->place ? -1 : a->place > b->place;
}

static struct text sort_key(struct arena *arena, const struct value *columns, const struct value *row)
{
    BUFFER_OWNED struct buffer key = { 0 };
    for (const struct value *column = columns->first; column; column = column->next)
        if (text_is(value_text_of(column, "kind"), "text")) {
            const struct value *cell = value_find_text(row, value_text_of(column, "name"));
            if (cell && cell->kind == VALUE_TEXT)
                buffer_text(&key, report_plain(arena, cell->text));
            buffer_char(&key, 1);
        }
    return text_copy(arena, buffer_view(&key));
}

void report_sort(struct arena *arena, struct value *document)
{
    const struct value *columns = value_find(document, "columns");
    struct value *rows = value_find(document, "rows");
    size_t count = 0;
    struct sorted *sorted = arena_array(arena, struct sorted, rows->count + 1);
    for (struct value *row = rows->first; row; row = row->next, count++) {
        report_forget(row, "key");
        sorted[count] = (struct sorted){ sort_key(arena, columns, row), count, row };
    }
    qsort(sorted, count, sizeof *sorted, by_key);
    for (size_t i = 0; i < count; i++)
        sorted[i].row->next = i + 1 < count ? sorted[i + 1].row : NULL;
    rows->first = count ? sorted[0].row : NULL;
    rows->last = count ? sorted[count - 1].row : NULL;
}

struct value *report_figure(struct arena *arena, struct value *row, const char *name)
{
    struct value *figure = value_find(row, name);
    if (figure)
        return figure;
    figure = value_set(row, name, value_object(arena));
    value_set(figure, "count", value_integer(arena, 0));
    value_set(figure, "codes", value_list(arena));
    return figure;
}

void report_count(struct arena *arena, struct value *row, const char *name, struct text code)
{
    struct value *figure = report_figure(arena, row, name), *codes = value_find(figure, "codes");
    value_append(codes, value_text(arena, code));
    value_find(figure, "count")->text = text_format(arena, "%zu", codes->count);
}

int64_t report_count_of(const struct value *row, const char *name)
{
    const struct value *codes = value_find(value_find(row, name), "codes");
    return codes ? (int64_t)codes->count : 0;
}

bool report_counts_last(const struct value *row, const char *name, struct text code)
{
    const struct value *codes = value_find(value_find(row, name), "codes");
    return codes && codes->last && text_equal(codes->last->text, code);
}

void report_percent(struct arena *arena, struct value *row, const char *name, int64_t numerator,
                    int64_t denominator)
{
    struct value *figure = value_set(row, name, value_object(arena));
    value_set(figure, "numerator", value_integer(arena, numerator));
    value_set(figure, "denominator", value_integer(arena, denominator));
    if (!denominator) {
        value_set(figure, "missing", value_string(arena, "N/A"));
        return;
    }
    int64_t hundredths = (numerator * 20000 + denominator) / (2 * denominator);
    value_set(figure, "percent",
              value_text(arena, text_format(arena, "%lld.%02lld", (long long)(hundredths / 100),
                                            (long long)(hundredths % 100))));
}

void report_unknown(struct arena *arena, struct value *row, const char *name, const char *why)
{
    value_set(value_set(row, name, value_object(arena)), "missing", value_string(arena, why));
}

void report_forget(struct value *row, const char *name)
{
    for (struct value **link = &row->first; *link; link = &(*link)->next)
        if (text_is((*link)->name, name)) {
            *link = (*link)->next;
            row->count--;
            break;
        }
    row->last = row->first;
    while (row->last && row->last->next)
        row->last = row->last->next;
}

void report_note(struct arena *arena, struct value *document, const char *text)
{
    struct value *notes = value_find(document, "notes");
    if (!notes)
        notes = value_set(document, "notes", value_list(arena));
    value_append(notes, value_string(arena, text));
}

struct value *report_list(struct arena *arena, struct value *document, const char *name, const char *heading)
{
    struct value *lists = value_find(document, "lists");
    if (!lists)
        lists = value_set(document, "lists", value_list(arena));
    struct value *list = value_append(lists, value_object(arena));
    value_set(list, "name", value_string(arena, name));
    value_set(list, "heading", value_string(arena, heading));
    value_set(list, "rows", value_list(arena));
    return list;
}

#define CODES_TOLD 5

struct text report_first_codes(struct arena *arena, const struct value *rows)
{
    struct buffer BUFFER_OWNED codes = { 0 };
    size_t count = 0;
    struct text last = TEXT_NONE;
    for (const struct value *row = rows->first; row; row = row->next) {
        struct text code = value_text_of(row, "code");
        if (code.length && !text_equal(code, last) && ++count <= CODES_TOLD)
            buffer_text(&codes, text_format(arena, "%s" TEXT_PRINT, count > 1 ? ", " : "", TEXT_ARG(code)));
        last = code;
    }
    if (count > CODES_TOLD)
        buffer_string(&codes, ", …");
    return text_copy(arena, buffer_view(&codes));
}

static struct text name_of(const struct value *item)
{
    struct text name = value_text_of(item, "name");
    return name.bytes ? name : value_text_of(item, "code");
}

/* A field that is named twice is one. */
static void group_by_fields(struct arena *arena, const struct value *procedure, struct report_groups *groups)
{
    const struct value *fields = value_find(procedure, "fields");
    for (const struct value *field = fields ? fields->first : NULL; field && groups->count < 64;
         field = field->next) {
        struct text name = name_of(field);
        size_t at = 0;
        while (at < groups->count &&
               !text_equal(unicode_fold(arena, groups->name[at]), unicode_fold(arena, name)))
            at++;
        if (name.length && at == groups->count)
            groups->name[groups->count++] = name;
    }
}

static void group_by_levels(struct arena *arena, const struct value *procedure, struct report_groups *groups)
{
    static const char *const levels[] = { "ministry", "province", "district", "commune", "other" };
    const struct field *field = field_words_find(TEXT("levels[]"));
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
        if (text_is(value_text_of(procedure, levels[i]), "1"))
            groups->name[groups->count++] =
                field_words_value(arena, field, text_of(levels[i]), language_of_process());
}

struct text report_agency_of(const struct report_request *request, const struct value *procedure)
{
    struct text name = value_text_of(procedure, "agency"), code = value_text_of(procedure, "agency_code");
    bool others = code.length && !text_equal(code, text_of(request->agency_code));
    return name.bytes ? name : others ? code : text_of(request->agency_name);
}

void report_groups_of(const struct report_request *request, struct arena *arena,
                      const struct value *procedure, struct report_groups *groups)
{
    static const char *const unnamed[] = { N_("(none)"), N_("(no field stated)"), N_("(no level stated)"),
                                           N_("(none)") };
    *groups = (struct report_groups){ .count = 0 };
    if (request->by == REPORT_BY_FIELD) {
        group_by_fields(arena, procedure, groups);
    } else if (request->by == REPORT_BY_LEVEL) {
        group_by_levels(arena, procedure, groups);
    } else {
        struct text name = request->by == REPORT_BY_DEPARTMENT ? value_text_of(procedure, "department")
                                                               : report_agency_of(request, procedure);
        groups->name[0] = name;
        groups->count = name.length > 0;
    }
    if (!groups->count)
        groups->name[groups->count++] = text_of(_(unnamed[request->by]));
}

const char *report_by_heading(enum report_by by)
{
    static const char *const headings[] = { N_("agency"), N_("field of work"), N_("level"),
                                            N_("department") };
    return _(headings[by]);
}

bool report_date(const struct value *row, const char *name, struct date *date)
{
    struct text text = value_text_of(row, name);
    return text.bytes && date_read(text, date);
}

enum agency_kind report_agency_kind(const struct report_request *request, const struct value *version)
{
    return agency_kind_beside(value_text_of(version, "agency_code"), text_of(request->agency_code),
                              request->agency_kind);
}

bool report_publication_due(const struct report_request *request, const struct value *version,
                            struct date *due)
{
    struct date signed_on;
    bool shortened = text_is(value_text_of(version, "shortened"), "yes");
    enum agency_kind kind = report_agency_kind(request, version);
    return request->calendar && (shortened || kind != AGENCY_UNKNOWN) &&
           report_date(version, "signed_on", &signed_on) &&
           workday_add(request->calendar, signed_on,
                       shortened                 ? 2
                       : kind == AGENCY_MINISTRY ? 10
                                                 : 5,
                       due);
}

enum report_verdict report_publication_judge(const struct report_request *request,
                                             const struct value *version, struct date day)
{
    struct date signed_on, due;
    if (!report_publication_due(request, version, &due) || !report_date(version, "signed_on", &signed_on))
        return REPORT_NOT_JUDGED;
    return date_compare(day, due) <= 0                   ? REPORT_IN_TIME
           : workday_knows(request->calendar, signed_on) ? REPORT_LATE
                                                         : REPORT_NOT_JUDGED;
}
