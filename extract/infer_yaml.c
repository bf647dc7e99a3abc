#include "extract/infer_yaml.h"

#include <string.h>

#include "adapters/yaml.h"

static const char code_pattern[] =
    "([1-6]\\\\.[0-9]{6}(?:\\\\.[0-9]{3}\\\\.[0-9]{2}\\\\.[0-9]{2})?(?:\\\\.[GH][0-9]{2})?)";

/* A number of the query under one of these names. */
static bool find_parameter(struct text url, const char *const *names, struct text *name, uint64_t *number)
{
    size_t at, end;
    struct text rest = text_find(url, TEXT("?"), &at) ? text_slice(url, at + 1, url.length) : TEXT("");
    while (rest.length) {
        struct text one = text_find(rest, TEXT("&"), &end) ? text_slice(rest, 0, end) : rest;
        rest = text_slice(rest, one.length + 1, rest.length);
        if (!text_find(one, TEXT("="), &at) ||
            !infer_shape_number(text_slice(one, at + 1, one.length), number))
            continue;
        *name = text_slice(one, 0, at);
        if (infer_shape_is_one_of(*name, names))
            return true;
    }
    return false;
}

/* One page that is taken for all of them loses the others in silence: where it says that there are more, and not how they are
 * got, the configuration does not hold before somebody has said it. */
static void put_pages(struct buffer *out, const struct inferred *inferred)
{
    static const char *const numbers[] = { "page",    "p",           "pageNumber", "pageIndex", "pageNo",
                                           "page_no", "page_number", "trang",      NULL };
    static const char *const offsets[] = { "offset", "skip", "start", "from", "$skip", NULL };
    const struct infer_shape_found *shape = &inferred->shape;
    struct text name;
    uint64_t number;
    if (shape->next.length) {
        buffer_string(out, ", pages: { next: ");
        yaml_put_scalar(out, shape->next);
    } else if (find_parameter(inferred->address, numbers, &name, &number)) {
        buffer_string(out, ", pages: { parameter: ");
        yaml_put_scalar(out, name);
        buffer_printf(out, ", from: %llu", (unsigned long long)number);
    } else if (shape->rows && find_parameter(inferred->address, offsets, &name, &number) &&
               number % shape->rows == 0) { /* ?from=20260101 is a day, not a place among the rows */
        buffer_string(out, ", pages: { offset: ");
        yaml_put_scalar(out, name);
        buffer_printf(out, ", size: %zu", shape->rows);
    } else if (shape->more) {
        buffer_string(out, ", pages: { next: \"<trang sau lấy thế nào? / how is the next page got?>\"");
    } else {
        return;
    }
    if (shape->total.length) {
        buffer_string(out, ", total: ");
        yaml_put_scalar(out, shape->total);
    }
    buffer_string(out, " }");
}

void infer_yaml_source(struct buffer *out, const struct inferred *inferred)
{
    const struct infer_shape_found *shape = &inferred->shape;
    buffer_string(out, "  - name: ");
    yaml_put_scalar(out, inferred->name);
    buffer_string(out, "\n    fetch: ");
    buffer_text(out, buffer_view(&inferred->fetch));
    if (inferred->url)
        put_pages(out, inferred);
    buffer_printf(out, " }\n    format: %s\n", source_format_name(shape->format));
    if (shape->encoding)
        buffer_printf(out, "    encoding: %s\n", shape->encoding);
    if (shape->uri.length) {
        buffer_string(out, "    namespaces: { n: ");
        yaml_put_quoted(out, shape->uri);
        buffer_string(out, " }\n");
    }
    if (inferred->sheet.length) {
        buffer_string(out, "    sheet: ");
        yaml_put_quoted(out, inferred->sheet);
        buffer_char(out, '\n');
    }
    if (shape->format == SOURCE_JSON || shape->format == SOURCE_XML || shape->format == SOURCE_HTML) {
        buffer_string(out, "    records: ");
        yaml_put_scalar(out, shape->records);
        buffer_char(out, '\n');
    }
}

static void put_sample(struct buffer *out, const struct infer_field *field)
{
    if (field->sample.length)
        buffer_string(out, "   "), yaml_put_comment(out, field->sample);
    buffer_char(out, '\n');
}

/* ---- values of the map ---- */

static void put_code(struct buffer *out, const struct infer_field *field)
{
    if (field->codes || !field->inside) {
        yaml_put_scalar(out, field->address);
        return;
    }
    buffer_string(out, "{ from: ");
    yaml_put_scalar(out, field->address);
    buffer_printf(out, ", match: \"%s\" }", code_pattern);
}

static void put_date(struct buffer *out, const struct infer_field *field)
{
    bool first = true;
    buffer_string(out, "{ from: ");
    yaml_put_scalar(out, field->address);
    buffer_string(out, ", date: [");
    for (unsigned i = 0; infer_date_formats[i]; i++) {
        if (!(field->dates & 1u << i) && (field->dates || i))
            continue;
        buffer_printf(out, "%s%s", first ? "" : ", ", infer_date_formats[i]);
        first = false;
    }
    buffer_string(out, "] }");
}

/* The members of an item that is an object: as many as can be guessed. */
static void put_inner(struct buffer *out, struct infer_field *field, const char *const *members,
                      const char *main)
{
    bool first = true;
    buffer_string(out, "{ ");
    for (; *members; members++) {
        char target[32] = ".";
        strncat(target, *members, sizeof target - 2);
        struct infer_field *inner = infer_guess(field->inner, field->inner_count, target);
        if (!inner)
            continue;
        buffer_printf(out, "%s%s: ", first ? "" : ", ", *members);
        if (!strcmp(*members, "issued_on"))
            put_date(out, inner);
        else
            yaml_put_scalar(out, inner->address);
        first = false;
    }
    if (first) {
        buffer_printf(out, "%s: ", main);
        yaml_put_scalar(out, field->inner_count ? field->inner[0].address : TEXT("."));
    }
    buffer_string(out, " }");
}

static void put_list(struct buffer *out, struct infer_field *field, const char *const *members,
                     const char *main)
{
    bool list = field->shape == PROBE_TEXTS || field->shape == PROBE_OBJECTS;
    buffer_printf(out, "{ %s: ", list && !field->parsed ? "each" : "from");
    yaml_put_scalar(out, field->address);
    if (field->parsed)
        buffer_string(out, ", parse: json");
    if (field->shape == PROBE_LINES)
        buffer_string(out, ", split: \"\\n\"");
    buffer_string(out, ", map: ");
    if (field->shape == PROBE_OBJECTS)
        put_inner(out, field, members, main);
    else
        buffer_printf(out, "{ %s: . }", main);
    buffer_string(out, " }");
}

/* ---- the map ---- */

enum kind { SCALAR, CODE, DATE, LIST };

static const char *const coded[] = { "code", "name", NULL };
static const char *const steps[] = { "text", NULL };
static const char *const dossier[] = { "code", "name", "form", "originals", "copies", NULL };
static const char *const bases[] = { "number", "title", "issued_on", NULL };

static const struct {
    const char *target;
    enum kind kind;
    const char *const *members;
    const char *main;
} targets[] = {
    { "code", CODE, NULL, NULL },
    { "name", SCALAR, NULL, NULL },
    { "agency.code", SCALAR, NULL, NULL },
    { "agency.name", SCALAR, NULL, NULL },
    { "decision.number", SCALAR, NULL, NULL },
    { "decision.signed_on", DATE, NULL, NULL },
    { "decision.effective_on", DATE, NULL, NULL },
    { "fields", LIST, coded, "name" },
    { "subjects", LIST, coded, "name" },
    { "executing_agencies", LIST, coded, "name" },
    { "competent_agencies", LIST, coded, "name" },
    { "coordinating_agencies", LIST, coded, "name" },
    { "steps", LIST, steps, "text" },
    { "methods", LIST, steps, "text" },
    { "dossier", LIST, dossier, "name" },
    { "time_limit", SCALAR, NULL, NULL },
    { "results", LIST, coded, "name" },
    { "legal_bases", LIST, bases, "title" },
    { "conditions", SCALAR, NULL, NULL },
    { "notes", SCALAR, NULL, NULL },
};
#define TARGETS (sizeof targets / sizeof *targets)

static void put_target(struct buffer *out, size_t at, struct infer_field *field)
{
    buffer_printf(out, "      %s: ", targets[at].target);
    if (targets[at].kind == LIST)
        put_list(out, field, targets[at].members, targets[at].main);
    else if (targets[at].kind == CODE)
        put_code(out, field);
    else if (targets[at].kind == DATE)
        put_date(out, field);
    else
        yaml_put_scalar(out, field->address);
    put_sample(out, field);
}

static void put_guess(struct buffer *out, const char *target, const char *what)
{
    buffer_printf(out, "      %s: { value: \"\" }   # %s\n", target, what);
}

static bool put_coded(struct buffer *out, struct infer_fields *fields, const char *target, const char *list)
{
    struct infer_field *field = infer_guess(fields->list, fields->count, target);
    if (!field)
        return false;
    buffer_printf(out, "      %s: { from: ", target);
    yaml_put_scalar(out, field->address);
    buffer_printf(out, ", codes: %s }", list);
    put_sample(out, field);
    return true;
}

/* What a column says decides: an abolished procedure that is published as announced sends people on their way with its papers. What the
 * list does not know is kept back. */
static void put_status(struct buffer *out, struct infer_fields *fields)
{
    if (!put_coded(out, fields, "status", "statuses"))
        buffer_string(out, "      status: { value: announced }   # hoặc một cột với bảng mã | or a column "
                           "with a code list\n");
    (void)put_coded(out, fields, "kind", "kinds");
}

/* Those of a list that is used stand behind its address. */
static void put_unused(struct buffer *out, const struct infer_field *list, size_t count, struct text of,
                       bool *first)
{
    for (size_t i = 0; i < count; i++) {
        const struct infer_field *field = &list[i];
        if (field->taken && !of.length && field->shape == PROBE_OBJECTS)
            put_unused(out, field->inner, field->inner_count, field->address, first);
        if (field->taken || !field->filled)
            continue;
        if (*first)
            buffer_string(out, "      # Chưa dùng | not used yet:\n");
        *first = false;
        buffer_string(out, "      #   ");
        if (of.length)
            yaml_put_scalar(out, of), buffer_string(out, ": ");
        yaml_put_scalar(out, field->address);
        put_sample(out, field);
    }
}

static void put_map(struct buffer *out, struct inferred *inferred, struct infer_field *code)
{
    struct infer_fields *fields = &inferred->fields;
    buffer_string(out, inferred->shape.format == SOURCE_HTML
                           ? "    map:   # địa chỉ là XPath, hãy sửa | addresses are XPath, correct them\n"
                           : "    map:\n");
    for (size_t i = 0; i < TARGETS; i++) {
        struct infer_field *field =
            targets[i].kind == CODE ? code : infer_guess(fields->list, fields->count, targets[i].target);
        if (field)
            put_target(out, i, field);
        else if (targets[i].kind == CODE && inferred->shape.format == SOURCE_HTML)
            buffer_printf(out, "      code: { from: /html/body, match: \"%s\" }\n", code_pattern);
        else if (i < 2)
            put_guess(out, targets[i].target,
                      "KHÔNG ĐOÁN ĐƯỢC: điền địa chỉ | NOT FOUND: put its address here");
        if (i == 1)
            put_status(out, fields);
    }
    bool first = true;
    put_unused(out, fields->list, fields->count, TEXT(""), &first);
}

/* What identifies a record: its code, or what is called so. */
static void put_key(struct buffer *out, const struct inferred *inferred, const struct infer_field *code)
{
    const struct infer_fields *fields = &inferred->fields;
    const struct infer_field *key = code && code->codes ? code : NULL;
    static const char *const names[] = { "id", "ma", "key", "madinhdanh", "link", "url" };
    for (size_t i = 0; !key && i < sizeof names / sizeof *names; i++)
        for (size_t j = 0; !key && j < fields->count; j++)
            if (text_is(fields->list[j].key, names[i]))
                key = &fields->list[j];
    if (!key)
        key = code ? code : fields->count ? &fields->list[0] : NULL;
    if (inferred->shape.format == SOURCE_HTML && !inferred->shape.records.length)
        return; /* the page's name is its key */
    buffer_string(out, "    key: ");
    yaml_put_scalar(out, key ? key->address : TEXT("."));
    buffer_string(out, "   # phân biệt các hồ sơ của nguồn | what identifies a record of the source\n");
}

static void put_remark(struct buffer *out, struct text remark)
{
    buffer_string(out, "  ");
    yaml_put_comment(out, remark);
    buffer_char(out, '\n');
}

struct text infer_yaml_write(struct arena *arena, const char *what, struct inferred *inferred)
{
    struct buffer out = { 0 };
    struct infer_fields *fields = &inferred->fields;
    struct infer_field *code = infer_guess(fields->list, fields->count, "code");
    put_remark(&out,
               TEXT("Đề xuất từ dữ liệu thật: xem lại từng dòng, rồi chạy \"congkhai check --online\"."));
    put_remark(&out,
               TEXT("Proposed from real input: look at each line, then run \"congkhai check --online\"."));
    if (!inferred->url)
        put_remark(&out, text_format(arena, "Nguồn | source: %s; %zu hồ sơ đã xem | records looked at", what,
                                     fields->records));
    if (inferred->shape.doubt)
        put_remark(&out, text_format(arena, "Bảng mã không chắc chắn | the encoding is not certain: %s",
                                     inferred->shape.doubt));
    if (inferred->doubt)
        put_remark(&out, text_of(inferred->doubt));
    infer_yaml_source(&out, inferred);
    put_key(&out, inferred, code);
    buffer_string(&out, "    listing: full   # vắng mặt thì báo mất; changes: thì không | full: what is "
                        "absent is reported missing\n"
                        "    nothing: [\"\", \"Không có thông tin\"]\n");
    put_map(&out, inferred, code);
    struct text yaml = text_copy(arena, buffer_view(&out));
    buffer_free(&out);
    return yaml;
}
