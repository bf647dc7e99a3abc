#include "extract/infer_shape.h"

#include <string.h>
#include <strings.h>

#include "adapters/json.h"
#include "adapters/unicode.h"
#include "adapters/xml.h"
#include "extract/infer_field.h"
#include "extract/json_splitter.h"
#include "record/encoding.h"

#define DEPTH 3
#define PATHS 64

/* ---- encoding ---- */

static bool is_utf8(struct text text, bool whole)
{
    size_t invalid = unicode_invalid_at(text);
    return invalid == text.length || (!whole && invalid + 4 > text.length);
}

static struct text decode(struct arena *arena, struct text start, bool whole, struct infer_shape_found *found)
{
    struct encoding_finding finding = { 0 };
    struct error error = { 0 };
    struct text text;
    if (text_starts(start, TEXT("\xef\xbb\xbf")))
        start = text_slice(start, 3, start.length);
    if (text_starts(start, TEXT("\xff\xfe")) || text_starts(start, TEXT("\xfe\xff"))) {
        found->encoding = "utf-16";
        start.length &= ~(size_t)1;
        return encoding_decode(arena, ENCODING_UTF16, NULL, start, &text, &finding, &error) ? start : text;
    }
    if (is_utf8(start, whole))
        return start;
    found->encoding = "auto";
    if (encoding_decode(arena, ENCODING_AUTO, NULL, start, &text, &finding, &error)) {
        found->doubt = text_string(arena, text_of(error.message));
        return start;
    }
    found->encoding = encoding_name(finding.encoding);
    return text;
}

/* ---- JSON ---- */

static struct text join(struct arena *arena, struct text parent, struct text name)
{
    return text_format(arena, "%.*s/%.*s", TEXT_ARG(parent), TEXT_ARG(name));
}

/* A record, not an envelope: it has a code, or a name among its own texts. */
static bool is_record(struct arena *arena, const struct value *object)
{
    struct record_format format = { .shape = RECORD_JSON };
    struct record record = { .format = &format, .root.value = object };
    struct infer_fields fields = { .arena = arena };
    infer_look(&fields, &record);
    return infer_guess(fields.list, fields.count, "name") && infer_guess(fields.list, fields.count, "code");
}

static void find_list(struct arena *arena, const struct value *object, struct text path, int depth,
                      size_t *most, struct text *best)
{
    for (const struct value *member = object->first; member; member = member->next) {
        struct text address = join(arena, path, member->name);
        if (member->kind == VALUE_LIST && member->first && member->first->kind == VALUE_OBJECT &&
            member->count > *most) {
            *most = member->count;
            *best = address;
        }
        if (member->kind == VALUE_OBJECT && depth < DEPTH)
            find_list(arena, member, address, depth + 1, most, best);
    }
}

bool infer_shape_is_one_of(struct text name, const char *const *names)
{
    for (; *names; names++)
        if (text_is(name, *names))
            return true;
    return false;
}

bool infer_shape_number(struct text text, uint64_t *number)
{
    *number = 0;
    for (size_t i = 0; i < text.length; i++) {
        if (text.bytes[i] < '0' || text.bytes[i] > '9' || i == 15)
            return false;
        *number = *number * 10 + (uint64_t)(text.bytes[i] - '0');
    }
    return text.length > 0;
}

/* No link, as on the last page, is one; a number or a token goes into the next request in another way. */
static bool is_link(const struct value *value)
{
    size_t at;
    return value->kind == VALUE_NULL ||
           (value->kind == VALUE_TEXT && (!value->text.length || text_starts(value->text, TEXT("?")) ||
                                          text_find(value->text, TEXT("/"), &at)));
}

/* Links and numbers stand at the top, or in an object of their own (links, meta, paging). */
static void find_paging(struct arena *arena, const struct value *object, struct text path, int depth,
                        struct infer_shape_found *found)
{
    static const char *const links[] = { "next",     "nextPage",        "next_page_url", "nextPageUrl",
                                         "nextLink", "@odata.nextLink", "next_url",      NULL };
    static const char *const totals[] = { "total",
                                          "totalCount",
                                          "totalElements",
                                          "totalItems",
                                          "totalRecords",
                                          "total_count",
                                          "total_records",
                                          "recordsTotal",
                                          "@odata.count",
                                          "count",
                                          "tongSo",
                                          "tong_so",
                                          NULL };
    for (const struct value *member = object->first; member; member = member->next) {
        struct text address = join(arena, path, member->name);
        const struct value *inside = member->kind == VALUE_OBJECT ? value_find(member, "href") : NULL;
        uint64_t number;
        if (!found->next.length && infer_shape_is_one_of(member->name, links) &&
            is_link(inside ? inside : member))
            found->next = inside ? join(arena, address, TEXT("href")) : address;
        if (value_is_scalar(member) && infer_shape_is_one_of(member->name, totals) &&
            infer_shape_number(member->text, &number) && number >= found->rows &&
            (!found->total.length || !found->more)) {
            found->total = address;
            found->more = number > found->rows;
        }
        if (member->kind == VALUE_OBJECT && !inside && depth < DEPTH)
            find_paging(arena, member, address, depth + 1, found);
    }
}

static void look_at_json(struct arena *arena, const struct value *root, struct infer_shape_found *found)
{
    if (root->kind == VALUE_LIST)
        found->rows = root->count;
    if (root->kind != VALUE_OBJECT || is_record(arena, root))
        return;
    find_list(arena, root, TEXT(""), 0, &found->rows, &found->records);
    find_paging(arena, root, TEXT(""), 0, found);
}

/* The start of a long text: the places where lists usually are. */
static void try_places(struct arena *arena, struct text start, struct infer_shape_found *found)
{
    static const char *const places[] = { "/items",   "/data",      "/data/items", "/result", "/results",
                                          "/records", "/data/list", "/content",    "/value",  "/rows" };
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        struct file_stream stream;
        struct json_splitter splitter;
        struct json_pointer pointer;
        struct text item;
        struct error error;
        file_stream_memory(start, "", &stream);
        if (json_pointer_compile(arena, text_of(places[i]), &pointer, &error))
            continue;
        json_splitter_open(&splitter, &stream, &pointer, start.length);
        bool there = json_splitter_next(&splitter, &item, &error) == STATUS_OK && splitter.index &&
                     text_starts(item, TEXT("{"));
        json_splitter_close(&splitter);
        if (there) {
            found->records = text_of(places[i]);
            return;
        }
    }
}

/* One JSON object a line? */
static bool is_ndjson(struct arena *arena, struct text start)
{
    struct value *first, *second;
    struct error error;
    size_t at;
    if (!text_find(start, TEXT("\n"), &at) || !at)
        return false;
    struct text rest = text_trim(text_slice(start, at, start.length));
    if (json_parse(arena, text_trim(text_slice(start, 0, at)), &first, &error) ||
        first->kind != VALUE_OBJECT || !text_starts(rest, TEXT("{")))
        return false;
    if (!text_find(rest, TEXT("\n"), &at))
        return true;
    return json_parse(arena, text_trim(text_slice(rest, 0, at)), &second, &error) == STATUS_OK;
}

/* ---- XML ---- */

struct path {
    char name[128];
    unsigned depth;
    size_t count;
    bool holds; /* elements */
    bool attributes;
};

static struct path *path_of(struct path *paths, size_t *count, const struct path *parent, const char *name,
                            unsigned depth)
{
    char whole[128];
    size_t length = strlen(parent ? parent->name : "");
    if (length + strlen(name) + 2 > sizeof whole)
        return NULL;
    memcpy(whole, parent ? parent->name : "", length);
    whole[length] = '/';
    strcpy(whole + length + 1, name);
    for (size_t i = 0; i < *count; i++)
        if (!strcmp(paths[i].name, whole))
            return &paths[i];
    if (*count == PATHS)
        return NULL;
    strcpy(paths[*count].name, whole);
    paths[*count].depth = depth;
    return &paths[(*count)++];
}

/* What stands in quotes behind a mark; empty: the mark is not there. */
static struct text quoted_behind(struct text text, const char *mark)
{
    size_t at, end;
    if (!text_find(text, text_of(mark), &at))
        return TEXT("");
    text = text_slice(text, at + strlen(mark), text.length);
    if (!text.length || (text.bytes[0] != '"' && text.bytes[0] != '\''))
        return TEXT("");
    const char quote[2] = { text.bytes[0], 0 };
    text = text_slice(text, 1, text.length);
    return text_find(text, text_of(quote), &end) ? text_slice(text, 0, end) : TEXT("");
}

/* The namespace of the first element of that name, as far as the text alone tells. */
static struct text namespace_of(struct arena *arena, struct text start, const char *name)
{
    struct text plain = text_format(arena, "<%s", name), prefixed = text_format(arena, ":%s", name);
    size_t at, from;
    if (text_find(start, plain, &at))
        return quoted_behind(text_slice(start, 0, at + 1000), "xmlns=");
    if (!text_find(start, prefixed, &at))
        return TEXT("");
    for (from = at; from && start.bytes[from - 1] != '<' && start.bytes[from - 1] != '/'; from--)
        ;
    struct text prefix = text_slice(start, from, at - from);
    return quoted_behind(start, text_format(arena, "xmlns:%.*s=", TEXT_ARG(prefix)).bytes);
}

/* A path with the element above the records: by that an empty list is known. */
static struct text beneath(struct arena *arena, struct text start, const struct path *path, struct text uri)
{
    const char *name = strrchr(path->name, '/'), *above = name;
    while (above > path->name && above[-1] != '/')
        above--;
    struct text parent = text_format(arena, "%.*s", (int)(name - above), above);
    bool same = text_equal(namespace_of(arena, start, parent.bytes), uri);
    return text_format(arena, same ? "//n:%s/n:%s" : "//*[local-name()='%s']/n:%s", parent.bytes, name + 1);
}

/* The shallowest element that comes again and again and holds others; where there is none, attributes. */
static void look_at_xml(struct arena *arena, struct text start, struct infer_shape_found *found)
{
    struct path *paths = arena_array(arena, struct path, PATHS), *open[8] = { NULL };
    size_t count = 0;
    struct file_stream stream;
    struct xml_events *events;
    const struct xml_event *event;
    struct error error;
    file_stream_memory(start, "", &stream);
    if (xml_events_open(&stream, &events, &error))
        return;
    while (xml_events_next(events, &event, &error) == STATUS_OK) {
        if (event->kind != XML_EVENT_START || event->depth >= 8)
            continue;
        struct path *parent = event->depth > 1 ? open[event->depth - 1] : NULL;
        if (event->depth > 1 && !parent)
            continue;
        struct path *path = path_of(paths, &count, parent, event->name, event->depth);
        open[event->depth] = path;
        if (path) {
            path->count++;
            path->attributes = path->attributes || event->count > 1;
        }
        if (parent)
            parent->holds = true;
    }
    xml_events_close(events);
    const struct path *best = NULL;
    for (size_t i = 0; i < count; i++)
        if (paths[i].count > 1 && paths[i].holds && (!best || paths[i].depth < best->depth))
            best = &paths[i];
    for (size_t i = 0; i < count && !best; i++) /* <p code="1" name="a"/> */
        if (paths[i].count > 1 && paths[i].attributes)
            best = &paths[i];
    if (!best)
        return;
    const char *name = strrchr(best->name, '/') + 1;
    found->uri = namespace_of(arena, start, name);
    found->records =
        found->uri.length ? beneath(arena, start, best, found->uri) : text_copy(arena, text_of(best->name));
}

void infer_shape_find(struct arena *arena, struct text start, bool whole, struct infer_shape_found *found)
{
    *found = (struct infer_shape_found){
        .records = TEXT(""), .uri = TEXT(""), .next = TEXT(""), .total = TEXT("")
    };
    found->database = text_starts(start, TEXT("SQLite format 3"));
    /* An old .xls, or a workbook with a password: the reader of workbooks says what to do. */
    bool old = text_starts(start, TEXT("\xd0\xcf\x11\xe0"));
    if (text_starts(start, TEXT("PK\3\4")) || old || found->database) {
        found->format = found->database ? SOURCE_ROWS : SOURCE_XLSX;
        return;
    }
    struct text text = text_trim(decode(arena, start, whole, found));
    struct value *root;
    struct error error;
    if (text_starts(text, TEXT("{")) && is_ndjson(arena, text)) {
        found->format = SOURCE_NDJSON;
    } else if (text_starts(text, TEXT("{")) || text_starts(text, TEXT("["))) {
        found->format = SOURCE_JSON;
        if (whole && json_parse(arena, text, &root, &error) == STATUS_OK)
            look_at_json(arena, root, found);
        else if (text_starts(text, TEXT("{")))
            try_places(arena, text, found);
    } else if (text.length > 5 &&
               (!strncasecmp(text.bytes, "<!doc", 5) || !strncasecmp(text.bytes, "<html", 5))) {
        found->format = SOURCE_HTML;
    } else if (text_starts(text, TEXT("<"))) {
        found->format = SOURCE_XML;
        look_at_xml(arena, text, found);
    } else {
        found->format = SOURCE_CSV;
    }
}
