#include "extract/infer_field.h"

#include <string.h>

#include "adapters/json.h"
#include "adapters/unicode.h"
#include "core/date.h"
#include "extract/infer_html.h"

#define SAMPLE 60 /* bytes */
#define DEPTH  3
#define NODES  60 /* children of an XML element */

struct text infer_fold(struct arena *arena, struct text name)
{
    struct text plain = unicode_nfd(arena, unicode_lower(arena, name));
    char *out = arena_alloc(arena, plain.length + 1);
    size_t length = 0;
    for (size_t at = 0; at < plain.length;) {
        int32_t character = unicode_next(plain, &at);
        if (character == 0x111)
            character = 'd';
        if ((character >= 'a' && character <= 'z') || (character >= '0' && character <= '9'))
            out[length++] = (char)character;
    }
    out[length] = 0;
    return (struct text){ out, length };
}

/* [1-6].000000 at this place, and no digit behind it. */
static bool code_at(struct text text, size_t at)
{
    bool code =
        at + 8 <= text.length && text.bytes[at] >= '1' && text.bytes[at] <= '6' && text.bytes[at + 1] == '.';
    for (size_t i = at + 2; code && i < at + 8; i++)
        code = text.bytes[i] >= '0' && text.bytes[i] <= '9';
    return code && (at + 8 == text.length || text.bytes[at + 8] < '0' || text.bytes[at + 8] > '9');
}

static bool is_code(struct text text)
{
    text = text_trim(text);
    return code_at(text, 0) && (text.length == 8 || text.bytes[8] == '.');
}

static bool holds_code(struct text text)
{
    for (size_t at = 0; at + 8 <= text.length; at++)
        if (code_at(text, at) && (!at || text.bytes[at - 1] < '0' || text.bytes[at - 1] > '9'))
            return true;
    return false;
}

static struct text one_line(struct arena *arena, struct text text)
{
    char *bytes = arena_alloc(arena, SAMPLE + 4);
    size_t length = text_cut(text_trim(text), SAMPLE), at = 0;
    const char *from = text_trim(text).bytes;
    for (size_t i = 0; i < length; i++)
        bytes[at++] = (unsigned char)from[i] < 0x20 ? ' ' : from[i];
    if (length < text_trim(text).length) {
        memcpy(bytes + at, "…", 3);
        at += 3;
    }
    return (struct text){ bytes, at };
}

struct infer_field *infer_add(struct infer_fields *fields, struct text address, struct text name)
{
    for (size_t i = 0; i < fields->count; i++)
        if (text_equal(fields->list[i].address, address))
            return &fields->list[i];
    if (fields->count == INFER_FIELDS)
        return NULL;
    if (!fields->list)
        fields->list = arena_array(fields->arena, struct infer_field, INFER_FIELDS);
    struct infer_field *field = &fields->list[fields->count++];
    field->address = text_copy(fields->arena, address);
    field->key = infer_fold(fields->arena, name);
    return field;
}

const char *const infer_date_formats[] = {
    "d/M/yyyy", "d-M-yyyy", "yyyy-MM-dd", "\"yyyy-MM-dd'T'HH:mm:ssX\"", "yyyyMMddHHmmss", "epoch_ms", NULL
};

static unsigned date_forms(struct text text)
{
    static const char *const formats[] = { "d/M/yyyy",       "d-M-yyyy",
                                           "yyyy-MM-dd",     "yyyy-MM-dd'T'HH:mm:ssX",
                                           "yyyyMMddHHmmss", "epoch_ms" };
    struct date date;
    for (unsigned i = 0; i < sizeof formats / sizeof *formats; i++)
        if (date_parse(text, text_of(formats[i]), &date) && date.year > 1900 && date.year < 2100)
            return 1u << i;
    return 0;
}

static void look_at_list(struct infer_fields *fields, struct infer_field *field, const struct value *list);

/* A list that a table keeps as JSON in a cell. */
static bool take_json(struct infer_fields *fields, struct infer_field *field, struct text text)
{
    struct value *list;
    struct error error;
    if (!text_starts(text, TEXT("[")) || json_parse(fields->arena, text, &list, &error) ||
        list->kind != VALUE_LIST)
        return false;
    field->parsed = true;
    look_at_list(fields, field, list);
    return true;
}

void infer_take(struct infer_fields *fields, struct infer_field *field, struct text text)
{
    if (!field || !text_trim(text).length || unicode_invalid_at(text) < text.length ||
        take_json(fields, field, text_trim(text)))
        return;
    field->dates |= date_forms(text_trim(text));
    if (!field->filled++)
        field->sample = one_line(fields->arena, text);
    field->codes += is_code(text);
    field->inside += holds_code(text);
    if (field->shape == PROBE_TEXT && memchr(text_trim(text).bytes, '\n', text_trim(text).length))
        field->shape = PROBE_LINES;
}

/* ---- JSON and tables ---- */

static struct text pointer_to(struct arena *arena, struct text parent, struct text name)
{
    struct buffer out = { 0 };
    buffer_text(&out, parent);
    buffer_char(&out, '/');
    for (size_t i = 0; i < name.length; i++) {
        if (name.bytes[i] == '~')
            buffer_string(&out, "~0");
        else if (name.bytes[i] == '/')
            buffer_string(&out, "~1");
        else
            buffer_char(&out, name.bytes[i]);
    }
    struct text text = text_copy(arena, buffer_view(&out));
    buffer_free(&out);
    return text;
}

static void look_at_value(struct infer_fields *fields, const struct value *object, struct text parent,
                          int depth, bool table);

static void look_at_list(struct infer_fields *fields, struct infer_field *field, const struct value *list)
{
    if (!field || !list->first)
        return;
    field->filled++;
    field->shape = list->first->kind == VALUE_OBJECT ? PROBE_OBJECTS : PROBE_TEXTS;
    if (list->first->kind == VALUE_OBJECT) {
        struct infer_fields inner = {
            .arena = fields->arena, .list = field->inner, .count = field->inner_count, .uri = fields->uri
        };
        look_at_value(&inner, list->first, TEXT_NONE, 1, false);
        field->inner = inner.list;
        field->inner_count = inner.count;
    } else if (value_is_scalar(list->first) && !field->sample.length) {
        field->sample = one_line(fields->arena, list->first->text);
    }
}

/* Of a heading of two rows, "Thông tin chung / Tên", the lower one says what it is. */
static struct text lower_heading(struct text heading)
{
    for (size_t i = heading.length; i > 3; i--)
        if (!memcmp(heading.bytes + i - 3, " / ", 3))
            return text_slice(heading, i, heading.length);
    return heading;
}

static void look_at_value(struct infer_fields *fields, const struct value *object, struct text parent,
                          int depth, bool table)
{
    for (const struct value *member = object->first; member; member = member->next) {
        struct text address = table ? member->name : pointer_to(fields->arena, parent, member->name);
        if (member->kind == VALUE_OBJECT && !table) {
            if (depth < DEPTH)
                look_at_value(fields, member, address, depth + 1, table);
            continue;
        }
        struct infer_field *field =
            infer_add(fields, address, table ? lower_heading(member->name) : member->name);
        if (field && member->kind == VALUE_LIST)
            look_at_list(fields, field, member);
        else if (member->kind == VALUE_TEXT || member->kind == VALUE_NUMBER)
            infer_take(fields, field, member->text);
        else if (member->kind == VALUE_BOOLEAN)
            infer_take(fields, field, member->truth ? TEXT("true") : TEXT("false"));
    }
}

/* ---- XML ---- */

struct text infer_ask(struct infer_fields *fields, struct xml_document *document, struct xml_node *node,
                      struct text expression)
{
    struct xml_path *path;
    struct xml_result result = { 0 };
    struct error error;
    if (xml_path_compile(expression, NULL, 0, &path, &error))
        return TEXT("");
    enum status status = xml_path_select(path, document, node, fields->arena, &result, &error);
    xml_path_free(path);
    return status == STATUS_OK && !result.nodes ? result.text : TEXT("");
}

/* Names with a prefix are addressed without it: which prefixes there are is the document's business. */
static struct text step_of(struct infer_fields *fields, struct xml_document *document, struct xml_node *node,
                           int at, const char *below)
{
    struct text local =
        infer_ask(fields, document, node, text_format(fields->arena, "local-name(*[%d]%s)", at, below));
    struct text uri =
        infer_ask(fields, document, node, text_format(fields->arena, "namespace-uri(*[%d]%s)", at, below));
    if (!uri.length)
        return local;
    return text_equal(uri, fields->uri)
               ? text_format(fields->arena, "n:%.*s", TEXT_ARG(local))
               : text_format(fields->arena, "*[local-name()='%.*s']", TEXT_ARG(local));
}

static void look_at_attributes(struct infer_fields *fields, struct xml_document *document,
                               struct xml_node *node)
{
    for (int at = 1; at <= NODES; at++) {
        struct text name = infer_ask(fields, document, node, text_format(fields->arena, "name(@*[%d])", at));
        if (!name.length)
            return;
        struct text address = text_format(fields->arena, "@%.*s", TEXT_ARG(name));
        if (!memchr(name.bytes, ':', name.length))
            infer_take(fields, infer_add(fields, address, name),
                       infer_ask(fields, document, node, text_format(fields->arena, "string(@*[%d])", at)));
    }
}

static void look_at_node(struct infer_fields *fields, struct xml_document *document, struct xml_node *node,
                         bool inner)
{
    look_at_attributes(fields, document, node);
    for (int at = 1; at <= NODES; at++) {
        struct text local =
            infer_ask(fields, document, node, text_format(fields->arena, "local-name(*[%d])", at));
        if (!local.length)
            return;
        struct text step = step_of(fields, document, node, at, "");
        struct text children =
            infer_ask(fields, document, node, text_format(fields->arena, "count(*[%d]/*)", at));
        struct text text = infer_ask(fields, document, node, text_format(fields->arena, "string(*[%d])", at));
        if (text_is(children, "0") || inner) {
            infer_take(fields, infer_add(fields, step, local), text);
            continue;
        }
        /* A list: <trinhTu><item>…</item></trinhTu>. */
        struct xml_path *path;
        struct xml_result result;
        struct error error;
        if (xml_path_compile(text_format(fields->arena, "*[%d]/*[1]", at), NULL, 0, &path, &error))
            continue;
        enum status status = xml_path_select(path, document, node, fields->arena, &result, &error);
        xml_path_free(path);
        if (status || !result.nodes || !result.count)
            continue;
        struct xml_node *item = result.nodes[0];
        struct text item_step = step_of(fields, document, node, at, "/*[1]");
        struct infer_field *field = infer_add(
            fields, text_format(fields->arena, "%.*s/%.*s", TEXT_ARG(step), TEXT_ARG(item_step)), local);
        if (!field)
            return;
        field->filled++;
        struct infer_fields below = {
            .arena = fields->arena, .list = field->inner, .count = field->inner_count, .uri = fields->uri
        };
        look_at_node(&below, document, item, true);
        field->shape = below.count ? PROBE_OBJECTS : PROBE_TEXTS;
        field->inner = below.list;
        field->inner_count = below.count;
        if (!below.count && !field->sample.length)
            field->sample = one_line(fields->arena, text);
    }
}

void infer_look(struct infer_fields *fields, const struct record *record)
{
    if (record->root.node && record->format->shape == RECORD_HTML) {
        infer_html_look(fields, record);
        return;
    }
    fields->records++;
    if (record->root.node)
        look_at_node(fields, record->document, record->root.node, false);
    else if (record->root.value && record->root.value->kind == VALUE_OBJECT)
        look_at_value(fields, record->root.value, TEXT_NONE, 0, record->format->shape != RECORD_JSON);
}

/* ---- what it may mean ---- */

/* Names as they are met in departments' data, folded; in order of preference. */
static const struct {
    const char *target;
    const char *names; /* blank separated; a name that ends in * may go on */
} guesses[] = {
    { "code", "mathutuc mattthc matthc masotthc masothutuc maquocgia maso ma code procedurecode mahoso" },
    { "name", "tenthutuc tentthc tenthutuchanhchinh ten name title tieude tengoi" },
    { "status", "trangthaithutuc trangthaicongkhai trangthaihieuluc trangthai tinhtranghieuluc "
                "tinhtrangcongkhai tinhtrang status" },
    { "kind", "loaithutuc loaitthc" },
    { "agency.code", "macoquancongbo macoquanbanhanh departmentpromulgatecode macoquan" },
    { "agency.name", "coquancongbo tencoquancongbo coquanbanhanh" },
    { "decision.number",
      "soquyetdinh soqd quyetdinhcongbo soquyetdinhcongbo decisionnumber proposalnumber quyetdinh" },
    { "decision.signed_on", "ngayquyetdinh ngayky ngaybanhanh ngayqd ngaykyquyetdinh decisiondate" },
    { "decision.effective_on", "ngayhieuluc ngaycohieuluc hieuluc effectivedate" },
    { "fields", "linhvuc tenlinhvuc linhvucthuchien category field categoriesdetails" },
    { "subjects", "doituongthuchien doituong subjects subjecttypesdetails subject" },
    { "executing_agencies",
      "coquanthuchien coquangiaiquyet donvithuchien coquanthuchientthc implementingagency donvi coquan" },
    { "competent_agencies", "coquancothamquyen coquanthamquyen coquanquyetdinh" },
    { "coordinating_agencies", "coquanphoihop coquanduocuyquyen" },
    { "steps",
      "trinhtuthuchien trinhtu proceduresteps executionsteps steps cacbuoc cacbuocthuchien buoc quytrinh" },
    { "methods", "cachthucthuchien cachthuc executionmethods methods hinhthucnop hinhthuc" },
    { "dossier", "thanhphanhoso hoso giayto thanhphan requireddocuments dossier" },
    { "time_limit", "thoihangiaiquyet thoigiangiaiquyet thoihan thoigian processingtime timelimit" },
    { "results", "ketquathuchien ketquagiaiquyet ketquaxuly ketqua resultsdetails results result" },
    { "legal_bases", "cancuphaply cosophaply cancu legalbasisesdetails legalbasis legalbases" },
    { "conditions",
      "yeucaudieukien yeucaudieukienthuchien dieukienthuchien yeucau dieukien conditions requirements" },
    { "notes", "ghichu notes note" },
    /* inside lists */
    { ".text", "mota noidung tentrinhtu description text noidungthuchien ten name" },
    { ".name", "ten name tengiayto tenketqua tendonvi tenlinhvuc tendoituong loaigiayto noidung mota" },
    { ".code", "ma code magiayto maketqua madonvi malinhvuc madoituong" },
    { ".number", "so sokyhieu sohieu sovanban sohieuvanban sokyhieuvanban kyhieu mavanban number code" },
    { ".title", "ten trichyeu tenvanban name title" },
    { ".issued_on", "ngay ngaybanhanh ngayky date" },
    { ".form", "mau maudon tenmaudon maudontokhai bieumau form" },
    { ".originals", "banchinh sobanchinh originalqty soluongbanchinh" },
    { ".copies", "bansao sobansao copyqty soluongbansao" },
};

static struct infer_field *named(struct infer_field *list, size_t count, struct text name)
{
    for (size_t i = 0; i < count; i++)
        if (!list[i].taken && list[i].filled && text_equal(list[i].key, name))
            return &list[i];
    return NULL;
}

/* Whose values are codes, whatever it is called. */
static struct infer_field *coded(struct infer_field *list, size_t count)
{
    struct infer_field *best = NULL;
    for (size_t i = 0; i < count; i++)
        if (list[i].codes && list[i].codes * 2 >= list[i].filled && (!best || list[i].codes > best->codes))
            best = &list[i];
    return best;
}

/* Or, short of that, hold one: a link, a heading. */
static struct infer_field *code_holder(struct infer_field *list, size_t count)
{
    struct infer_field *best = NULL;
    for (size_t i = 0; i < count; i++)
        if (list[i].inside && list[i].inside * 2 >= list[i].filled &&
            (!best || list[i].sample.length < best->sample.length))
            best = &list[i];
    return best;
}

bool infer_is_known(struct text key)
{
    for (size_t i = 0; i < sizeof guesses / sizeof *guesses; i++)
        for (const char *name = guesses[i].names; guesses[i].target[0] != '.' && *name;) {
            size_t length = strcspn(name, " ");
            if (text_equal(key, (struct text){ name, length }))
                return true;
            name += length + (name[length] == ' ');
        }
    return false;
}

struct infer_field *infer_guess(struct infer_field *list, size_t count, const char *target)
{
    struct infer_field *found = !strcmp(target, "code") ? coded(list, count) : NULL;
    for (size_t i = 0; !found && i < sizeof guesses / sizeof *guesses; i++) {
        if (strcmp(guesses[i].target, target) != 0)
            continue;
        for (const char *name = guesses[i].names; !found && *name;) {
            size_t length = strcspn(name, " ");
            found = named(list, count, (struct text){ name, length });
            name += length + (name[length] == ' ');
        }
    }
    if (!strcmp(target, "code") && (!found || !found->codes)) {
        struct infer_field *holder = code_holder(list, count);
        found = holder ? holder : found;
    }
    if (found)
        found->taken = true;
    return found;
}
