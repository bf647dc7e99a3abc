#include "record/record.h"

#include <stdio.h>
#include <string.h>

#include "adapters/json.h"
#include "adapters/unicode.h"
#include "core/json_pointer.h"
#include "record/csv.h"
#include "record/encoding.h"

struct record_address {
    enum record_shape shape;
    struct text text; /* NFC and trimmed for a column */
    bool self;
    struct json_pointer pointer;
    struct xml_path *path;
};

enum status record_address_compile(struct arena *arena, const struct record_format *format, struct text text,
                                   struct record_address **address, struct error *error)
{
    struct record_address *made = arena_new(arena, struct record_address);
    made->shape = format->shape;
    made->text = text_copy(arena, text);
    made->self = !text.length || text_is(text, ".");
    *address = made;
    if (made->self)
        return STATUS_OK;
    switch (format->shape) {
    case RECORD_JSON:
        if (text.bytes[0] != '/')
            return error_set(
                error, STATUS_USAGE,
                _("\"%.*s\" is no JSON Pointer: it starts with \"/\" (or is \".\", the item itself)"),
                TEXT_ARG(text));
        return json_pointer_compile(arena, text, &made->pointer, error);
    case RECORD_TABLE:
    case RECORD_CSV:
        made->text = unicode_nfc(arena, text_trim(made->text));
        return STATUS_OK;
    case RECORD_XML:
    case RECORD_HTML:
        return xml_path_compile(text, format->namespaces, format->namespace_count, &made->path, error);
    case RECORD_TEXT:
        break;
    }
    return error_set(error, STATUS_USAGE, _("the item is a text: only \".\" can address it, not \"%.*s\""),
                     TEXT_ARG(text));
}

struct text record_address_text(const struct record_address *address)
{
    return address->text;
}

void record_address_free(struct record_address *address)
{
    if (address && address->path)
        xml_path_free(address->path);
    if (address)
        address->path = NULL;
}

/* A heading with its blanks and line breaks made one; mostly it is so already. */
static struct text clean_heading(struct arena *arena, struct text heading)
{
    struct buffer BUFFER_OWNED name = { 0 };
    bool blank = true, clean = true;
    for (size_t i = 0; i < heading.length && clean; i++) {
        bool space = heading.bytes[i] && strchr(" \t\r\n", heading.bytes[i]);
        clean = !space || (!blank && heading.bytes[i] == ' ');
        blank = space;
    }
    if (clean && !(blank && heading.length))
        return unicode_nfc(arena, heading);
    blank = true;
    for (size_t i = 0; i < heading.length; i++) {
        bool space = heading.bytes[i] && strchr(" \t\r\n", heading.bytes[i]);
        if (!space || !blank)
            buffer_char(&name, space ? ' ' : heading.bytes[i]);
        blank = space;
    }
    return unicode_nfc(arena, text_copy(arena, text_trim(buffer_view(&name))));
}

/* The names that the headings before have taken: open addressing, at most half full. */
struct taken {
    struct text *names; /* bytes NULL: free */
    size_t mask;
};

static void taken_open(struct arena *arena, size_t count, struct taken *taken)
{
    size_t room = 8;
    while (room < 2 * count)
        room *= 2;
    taken->names = arena_alloc_zeroed(arena, room * sizeof *taken->names);
    taken->mask = room - 1;
}

/* False when it is there already. */
static bool taken_put(struct taken *taken, struct text name)
{
    uint64_t hash = text_hash(name);
    size_t at = (size_t)(hash ^ hash >> 32) & taken->mask;
    while (taken->names[at].bytes) {
        if (text_equal(taken->names[at], name))
            return false;
        at = (at + 1) & taken->mask;
    }
    taken->names[at] = name.bytes ? name : TEXT("");
    return true;
}

/* The second heading of a name is numbered. */
static struct text heading_name(struct arena *arena, struct taken *taken, struct text heading)
{
    struct text clean = clean_heading(arena, heading), unique = clean;
    for (int number = 2; !taken_put(taken, unique); number++)
        unique = text_format(arena, "%.*s (%d)", TEXT_ARG(clean), number);
    return unique;
}

/* The cells under their headings. `others`: those of them that are no texts; NULL: none. */
static enum status open_cells(struct arena *arena, const struct value *shared, const struct text *cells,
                              struct value *const *others, size_t count, struct record *record,
                              struct error *error)
{
    const struct value *header = shared->kind == VALUE_LIST ? shared : value_find(shared, "header");
    if (!header)
        return error_set(error, STATUS_REJECT, _("the table has no heading"));
    size_t filled = count;
    while (filled && !text_trim(cells[filled - 1]).length)
        filled--;
    if (filled > header->count || (count < header->count && shared->kind == VALUE_OBJECT))
        return error_set(
            error, STATUS_REJECT,
            _("the row has %zu cells, the heading %zu: a separator or a quote is missing or too many"), count,
            header->count);
    struct value *table = value_object(arena);
    struct taken taken;
    size_t at = 0;
    taken_open(arena, header->count, &taken);
    for (const struct value *name = header->first; name; name = name->next, at++)
        value_set_text(table, heading_name(arena, &taken, name->text),
                       at < count && others && others[at]
                           ? others[at]
                           : value_text(arena, at < count ? cells[at] : TEXT_NONE));
    record->root.value = table;
    return STATUS_OK;
}

static enum status open_csv(struct arena *arena, struct text bytes, const struct value *shared,
                            struct record *record, struct error *error)
{
    struct text separator = value_text_of(shared, "separator"), *cells;
    size_t count;
    if (csv_cells(arena, bytes, separator.length ? separator.bytes[0] : ',', &cells, &count, error))
        return error->status;
    return open_cells(arena, shared, cells, NULL, count, record, error);
}

static enum status open_table(struct arena *arena, struct text bytes, const struct value *shared,
                              struct record *record, struct error *error)
{
    struct value *row;
    if (json_parse(arena, bytes, &row, error))
        return error->status;
    struct text *cells = arena_array(arena, struct text, row->count);
    struct value **others = arena_array(arena, struct value *, row->count);
    size_t count = 0;
    for (const struct value *cell = row->first; cell; cell = cell->next) {
        bool other = cell->kind == VALUE_NUMBER || cell->kind == VALUE_OBJECT;
        others[count] = other ? value_copy(arena, cell) : NULL;
        cells[count++] = cell->text;
    }
    return open_cells(arena, shared, cells, others, count, record, error);
}

static bool has(struct text text, const char *part)
{
    size_t at;
    return text_find(text, text_of(part), &at);
}

/* Valid UTF-8 where an old encoding was named, or may be: single texts may be typed in its font. The record
 * as a whole tells better than a short text which one it is. */
static void decode_unicode(struct arena *arena, struct record *record, enum encoding encoding,
                           struct text likely, struct text bytes)
{
    struct encoding_options options = { .capitals = record->format->capitals };
    struct encoding_finding finding;
    struct text whole;
    struct error error;
    enum encoding found;
    record->typed = true;
    record->encoding = (int)encoding;
    if (encoding != ENCODING_AUTO)
        return;
    if (encoding_decode_typed(arena, encoding, &options, bytes, &whole, &finding, &error)) {
        if (encoding_named(likely, &found))
            record->encoding = (int)found;
        return;
    }
    if (finding.encoding != ENCODING_UTF8)
        record->encoding = (int)finding.encoding;
    else /* what an escape hides was not looked at */
        record->typed = has(bytes, "\\u") || has(bytes, "&#");
}

/* Bytes into UTF-8, or a note that single texts are typed in an old font inside a Unicode document. `likely`
 * is what `auto` found for the whole document. */
static enum status decode(struct arena *arena, struct record *record, struct text likely, struct text *bytes,
                          struct error *error)
{
    const struct record_format *format = record->format;
    size_t invalid = unicode_invalid_at(*bytes);
    enum encoding encoding = ENCODING_UTF8, found;
    if (format->encoding)
        encoding_named(text_of(format->encoding), &encoding);
    bool unicode = encoding == ENCODING_UTF8 || encoding == ENCODING_UTF16 || encoding == ENCODING_UTF16LE ||
                   encoding == ENCODING_UTF16BE;
    if (unicode && invalid < bytes->length)
        return error_set(error, STATUS_REJECT,
                         _("byte %zu (0x%02X) is not UTF-8; if the source uses another encoding, name it "
                           "with \"encoding\""),
                         invalid, (unsigned char)bytes->bytes[invalid]);
    if (unicode)
        return STATUS_OK;
    if (invalid == bytes->length) {
        decode_unicode(arena, record, encoding, likely, *bytes);
        return STATUS_OK;
    }
    struct encoding_options options = { .capitals = format->capitals };
    enum status status = encoding_decode(arena, encoding, &options, *bytes, bytes, NULL, error);
    if (status && encoding == ENCODING_AUTO && encoding_named(likely, &found))
        status = encoding_decode(arena, found, &options, *bytes, bytes, NULL, error);
    return status;
}

static enum status open_json(struct arena *arena, struct text bytes, struct record *record,
                             struct error *error)
{
    struct value *root;
    if (json_parse(arena, bytes, &root, error))
        return error->status;
    record->root.value = root;
    return STATUS_OK;
}

/* The parser puts an element that stands alone into a page; the record begins at the element. */
static enum status find_element(struct arena *arena, struct record *record, struct error *error)
{
    struct xml_path *path;
    struct xml_result result;
    if (xml_path_compile(TEXT("(/html/body/*|/html/head/*|/html)[last()]"), NULL, 0, &path, error))
        return error->status;
    enum status status = xml_path_select(path, record->document, NULL, arena, &result, error);
    if (status == STATUS_OK && result.nodes && result.count)
        record->root.node = result.nodes[0];
    xml_path_free(path);
    return status;
}

static enum status open_tree(struct arena *arena, struct text bytes, struct text context,
                             struct record *record, struct error *error)
{
    bool html = record->format->shape == RECORD_HTML;
    if (xml_parse(bytes, html, "UTF-8", &record->document, error))
        return error->status;
    record->root.node = xml_document_root(record->document);
    if (html && text_is(context, RECORD_HTML_ELEMENT) && find_element(arena, record, error)) {
        record_close(record);
        return error->status;
    }
    return STATUS_OK;
}

enum status record_open(struct arena *arena, const struct record_format *format, struct text bytes,
                        struct text context, struct record *record, struct error *error)
{
    struct value *shared = NULL;
    *record = (struct record){ .format = format };
    if ((format->shape == RECORD_CSV || format->shape == RECORD_TABLE) &&
        json_parse(arena, context, &shared, error))
        return error_add(error, _("heading"));
    if (decode(arena, record, value_text_of(shared, "encoding"), &bytes, error))
        return error->status;
    switch (format->shape) {
    case RECORD_JSON:
        return open_json(arena, bytes, record, error);
    case RECORD_CSV:
        return open_csv(arena, bytes, shared, record, error);
    case RECORD_TABLE:
        return open_table(arena, bytes, shared, record, error);
    case RECORD_XML:
    case RECORD_HTML:
        return open_tree(arena, bytes, context, record, error);
    case RECORD_TEXT:
        break;
    }
    record->root.text = bytes;
    return STATUS_OK;
}

void record_close(struct record *record)
{
    if (record->document)
        xml_document_free(record->document);
    record->document = NULL;
}

static void add_one(struct arena *arena, struct record_items *items, struct record_item item)
{
    items->items = arena_new(arena, struct record_item);
    items->items[0] = item;
    items->count = 1;
}

static const struct value *find_column(const struct value *table, struct arena *arena, struct text name)
{
    const struct value *cell = value_find_text(table, name);
    if (cell)
        return cell;
    struct text folded = unicode_fold(arena, name);
    for (cell = table->first; cell; cell = cell->next)
        if (text_equal(unicode_fold(arena, cell->name), folded))
            return cell;
    return NULL;
}

static enum status select_xml(const struct record *record, const struct record_item *from,
                              const struct record_address *address, struct arena *arena,
                              struct record_items *items, struct error *error)
{
    struct xml_result result;
    if (xml_path_select(address->path, record->document, from->node, arena, &result, error))
        return error->status;
    if (!result.nodes) {
        if (result.text.length)
            add_one(arena, items, (struct record_item){ .text = result.text });
        return STATUS_OK;
    }
    items->items = arena_array(arena, struct record_item, result.count);
    items->count = result.count;
    for (size_t i = 0; i < result.count; i++)
        items->items[i].node = result.nodes[i];
    return STATUS_OK;
}

/* Null, and what some programs write in its place: an object or a list that holds nothing. */
static bool is_nothing(const struct value *value)
{
    return value->kind == VALUE_NULL || (!value_is_scalar(value) && !value->count);
}

enum status record_select(const struct record *record, const struct record_item *from,
                          const struct record_address *address, struct arena *arena,
                          struct record_items *items, struct error *error)
{
    *items = (struct record_items){ 0 };
    if (address->self) {
        add_one(arena, items, *from);
        return STATUS_OK;
    }
    const struct value *found = NULL;
    if (from->node) {
        return select_xml(record, from, address, arena, items, error);
    } else if (from->value && (address->shape == RECORD_TABLE || address->shape == RECORD_CSV)) {
        found = from->value->kind == VALUE_OBJECT ? find_column(from->value, arena, address->text) : NULL;
        items->unknown = !found;
    } else if (from->value) {
        found = json_pointer_find(&address->pointer, from->value);
    }
    if (found && !is_nothing(found))
        add_one(arena, items, (struct record_item){ .value = found });
    return STATUS_OK;
}

void record_items_open(struct arena *arena, const struct record_items *from, struct record_items *items)
{
    size_t total = 0, lists = 0;
    for (size_t i = 0; i < from->count; i++) {
        const struct value *value = from->items[i].value;
        bool is_list = value && value->kind == VALUE_LIST;
        total += is_list ? value->count : 1;
        lists += is_list;
    }
    if (!lists) {
        items->items = from->items;
        items->count = from->count;
        return;
    }
    struct record_item *opened = arena_array(arena, struct record_item, total);
    size_t count = 0;
    for (size_t i = 0; i < from->count; i++) {
        const struct value *value = from->items[i].value;
        if (!value || value->kind != VALUE_LIST) {
            opened[count++] = from->items[i];
            continue;
        }
        for (const struct value *item = value->first; item; item = item->next)
            if (!is_nothing(item))
                opened[count++] = (struct record_item){ .value = item };
    }
    items->items = opened;
    items->count = count;
}

static enum status typed_text(const struct record *record, struct arena *arena, struct text *text,
                              struct error *error)
{
    struct encoding_options options = { .capitals = record->format->capitals };
    return encoding_decode_typed(arena, (enum encoding)record->encoding, &options, *text, text, NULL, error);
}

static enum status refuse_object(const struct record *record, const struct value *value, struct error *error)
{
    struct text fault = value_text_of(value, "error"), merged = value_text_of(value, "merged");
    if (record->format->shape != RECORD_TABLE || value == record->root.value)
        return error_set(error, STATUS_REJECT, _("the value is an object, not a text"));
    if (merged.length)
        return error_set(
            error, STATUS_REJECT,
            _("the cell under \"%.*s\" is merged with row %.*s, which is set aside: mend that one"),
            TEXT_ARG(value->name), TEXT_ARG(merged));
    if (fault.length)
        return error_set(error, STATUS_REJECT,
                         _("the cell under \"%.*s\" holds the error %.*s of its formula"),
                         TEXT_ARG(value->name), TEXT_ARG(fault));
    return error_set(error, STATUS_REJECT,
                     _("the cell under \"%.*s\" holds a formula without its result; open the workbook in a "
                       "spreadsheet program and save it"),
                     TEXT_ARG(value->name));
}

enum status record_item_text(const struct record *record, const struct record_item *item, struct arena *arena,
                             struct text *text, bool *plain, struct error *error)
{
    if (plain)
        *plain = false;
    if (item->node) {
        *text = xml_node_text(arena, item->node, record->format->shape == RECORD_HTML);
    } else if (!item->value) {
        *text = item->text;
    } else {
        switch (item->value->kind) {
        case VALUE_TEXT:
        case VALUE_NUMBER:
            *text = item->value->text;
            break;
        case VALUE_BOOLEAN:
            *text = item->value->truth ? TEXT("true") : TEXT("false");
            return STATUS_OK;
        case VALUE_NULL:
            *text = TEXT_NONE;
            return STATUS_OK;
        case VALUE_LIST:
            return error_set(error, STATUS_REJECT, _("the value is a list, not a text"));
        case VALUE_OBJECT:
            return refuse_object(record, item->value, error);
        }
    }
    if (record->typed)
        return typed_text(record, arena, text, error);
    bool is_plain = unicode_is_plain(*text);
    if (plain)
        *plain = is_plain;
    return is_plain ? STATUS_OK : encoding_check(*text, error);
}

enum status record_item_parse(struct arena *arena, enum record_shape shape,
                              const struct record_format *format, struct text text, struct record *inner,
                              struct error *error)
{
    struct record_format *own = arena_new(arena, struct record_format);
    own->shape = shape;
    own->namespaces = format->namespaces;
    own->namespace_count = format->namespace_count;
    return record_open(arena, own, text, TEXT_NONE, inner, error);
}
