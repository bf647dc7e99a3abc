#include "extract/xlsx_book.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/unicode.h"
#include "core/memory.h"

#define STRINGS_MAX   8000000
#define STRINGS_BYTES ((size_t)512 << 20)
#define FORMATS_MAX   100000
#define RELATIONS_MAX 20000
#define SHEETS_LISTED 10
#define CODE_MAX      1000

/* ---- parts ---- */

enum status xlsx_part_open(struct xlsx_book *book, struct text member, struct xlsx_part *part,
                           struct error *error)
{
    *part = (struct xlsx_part){ 0 };
    const struct archive_member *found = archive_find(book->archive, member);
    if (!found)
        return error_set(error, STATUS_REJECT,
                         _(TEXT_PRINT " lacks its part " TEXT_PRINT "; save it as .xlsx again"),
                         TEXT_ARG(book->name), TEXT_ARG(member));
    enum status status = archive_member_open(book->archive, found, &part->stream, error);
    if (status)
        return status;
    status = xml_events_open(&part->stream, &part->events, error);
    if (status)
        xlsx_part_close(part);
    return status;
}

static enum status next_of_part(struct xlsx_part *part, const struct xml_event **event, struct error *error)
{
    enum status status = xml_events_next(part->events, event, error);
    if (status != STATUS_STOP)
        return status;
    if (error)
        error->status = STATUS_REJECT;
    return STATUS_REJECT;
}

void xlsx_part_close(struct xlsx_part *part)
{
    xml_events_close(part->events);
    if (part->stream.close)
        part->stream.close(&part->stream);
    *part = (struct xlsx_part){ 0 };
}

bool xlsx_is(const struct xml_event *event, enum xml_event_kind kind, const char *name)
{
    return event->kind == kind && !strcmp(event->name, name);
}

bool xlsx_digits(struct text text, size_t most, size_t *number)
{
    size_t value = 0;
    if (!text.length || text.length > 9)
        return false;
    for (size_t i = 0; i < text.length; i++) {
        if (text.bytes[i] < '0' || text.bytes[i] > '9')
            return false;
        value = value * 10 + (size_t)(text.bytes[i] - '0');
    }
    *number = value;
    return value <= most;
}

static int hex_digit(char byte)
{
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    byte = (char)(byte | 0x20);
    return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

/* "_x000D_" at the beginning of the text, as a UTF-16 unit, or -1. */
static int32_t escaped_unit(struct text text)
{
    int32_t unit = 0;
    if (text.length < 7 || text.bytes[0] != '_' || text.bytes[1] != 'x' || text.bytes[6] != '_')
        return -1;
    for (size_t i = 2; i < 6; i++) {
        int digit = hex_digit(text.bytes[i]);
        if (digit < 0)
            return -1;
        unit = unit * 16 + digit;
    }
    return unit;
}

void xlsx_unescape(struct buffer *out, struct text text)
{
    while (text.length) {
        const char *mark = memchr(text.bytes, '_', text.length);
        size_t plain = mark ? (size_t)(mark - text.bytes) : text.length;
        buffer_put(out, text.bytes, plain);
        text = text_slice(text, plain, text.length);
        if (!text.length)
            break;
        int32_t unit = escaped_unit(text);
        size_t taken = 7;
        if (unit >= 0xD800 && unit < 0xDC00) {
            int32_t low = escaped_unit(text_slice(text, 7, text.length));
            unit = low >= 0xDC00 && low < 0xE000 ? 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00) : -1;
            taken = 14;
        } else if (unit >= 0xDC00 && unit < 0xE000)
            unit = -1;
        char bytes[4];
        if (unit <= 0) { /* no escape after all; a NUL stays as it is written */
            buffer_char(out, '_');
            taken = 1;
        } else
            buffer_put(out, bytes, unicode_put(unit, bytes));
        text = text_slice(text, taken, text.length);
    }
}

/* ---- relations between parts ---- */

struct relation {
    struct text id, type, target; /* the target is a member's name */
};

struct relations {
    size_t count, capacity;
    struct relation *list;
};

/* A target, seen from the part that names it, as a member's name: "../a/./b" from "x/y.xml" is "a/b". */
static struct text resolve(struct arena *arena, struct text from, struct text target)
{
    BUFFER_OWNED struct buffer path = { 0 };
    if (!text_starts(target, TEXT("/"))) {
        size_t folder = from.length;
        while (folder && from.bytes[folder - 1] != '/')
            folder--;
        buffer_text(&path, text_slice(from, 0, folder));
    }
    while (target.length) {
        const char *slash = memchr(target.bytes, '/', target.length);
        struct text step = text_slice(target, 0, slash ? (size_t)(slash - target.bytes) : target.length);
        target = text_slice(target, step.length + 1, target.length);
        if (!step.length || text_is(step, "."))
            continue;
        if (text_is(step, "..")) {
            if (path.length)
                path.length--;
            while (path.length && path.bytes[path.length - 1] != '/')
                path.length--;
            continue;
        }
        buffer_text(&path, step);
        if (slash)
            buffer_char(&path, '/');
    }
    return text_copy(arena, buffer_view(&path));
}

static struct text relations_part(struct arena *arena, struct text of)
{
    size_t name = of.length;
    while (name && of.bytes[name - 1] != '/')
        name--;
    BUFFER_OWNED struct buffer path = { 0 };
    buffer_text(&path, text_slice(of, 0, name));
    buffer_string(&path, "_rels/");
    buffer_text(&path, text_slice(of, name, of.length));
    buffer_string(&path, ".rels");
    return text_copy(arena, buffer_view(&path));
}

static enum status add_relation(struct xlsx_book *book, struct text of, const struct xml_event *event,
                                struct relations *relations, struct error *error)
{
    struct text target = TEXT_NONE, mode = TEXT_NONE;
    struct relation relation = { 0 };
    xml_event_attribute(event, "Id", &relation.id);
    xml_event_attribute(event, "Type", &relation.type);
    xml_event_attribute(event, "Target", &target);
    if (xml_event_attribute(event, "TargetMode", &mode) && text_is(mode, "External"))
        return STATUS_OK; /* a hyperlink, or a file that nobody fetches */
    if (relations->count == RELATIONS_MAX)
        return error_set(error, STATUS_REJECT, _(TEXT_PRINT " has more than %d parts and is refused"),
                         TEXT_ARG(book->name), RELATIONS_MAX);
    relations->list =
        memory_more(relations->list, relations->count, &relations->capacity, sizeof *relations->list);
    relation.id = text_copy(&book->arena, relation.id);
    relation.type = text_copy(&book->arena, relation.type);
    relation.target = resolve(&book->arena, of, target);
    relations->list[relations->count++] = relation;
    return STATUS_OK;
}

static enum status read_relations(struct xlsx_book *book, struct text of, struct relations *relations,
                                  struct error *error)
{
    struct xlsx_part part;
    const struct xml_event *event;
    enum status status = xlsx_part_open(book, relations_part(&book->arena, of), &part, error);
    while (!status && !(status = next_of_part(&part, &event, error)))
        if (xlsx_is(event, XML_EVENT_START, "Relationship"))
            status = add_relation(book, of, event, relations, error);
    xlsx_part_close(&part);
    return status == STATUS_END ? STATUS_OK : status;
}

/* Types end alike in both kinds of the standard ("strict" and "transitional"). */
static struct text target_of(const struct relations *relations, const char *type_end)
{
    for (size_t i = 0; i < relations->count; i++)
        if (text_ends(relations->list[i].type, text_of(type_end)))
            return relations->list[i].target;
    return TEXT_NONE;
}

/* ---- the sheets ---- */

static void add_sheet(struct xlsx_book *book, const struct xml_event *event,
                      const struct relations *relations, size_t *capacity)
{
    struct text id = TEXT_NONE, state = TEXT_NONE, name = TEXT_NONE;
    book->sheets = memory_more(book->sheets, book->sheet_count, capacity, sizeof *book->sheets);
    struct xlsx_book_sheet *sheet = &book->sheets[book->sheet_count++];
    xml_event_attribute(event, "name", &name);
    xml_event_attribute(event, "id", &id);
    BUFFER_OWNED struct buffer plain = { 0 };
    xlsx_unescape(&plain, name);
    *sheet = (struct xlsx_book_sheet){ .name = text_copy(&book->arena, buffer_view(&plain)) };
    sheet->hidden = xml_event_attribute(event, "state", &state) && !text_is(state, "visible");
    for (size_t i = 0; i < relations->count; i++)
        if (text_equal(relations->list[i].id, id) && text_ends(relations->list[i].type, TEXT("/worksheet")))
            sheet->part = relations->list[i].target;
}

static enum status read_workbook(struct xlsx_book *book, struct text member,
                                 const struct relations *relations, struct error *error)
{
    struct xlsx_part part;
    const struct xml_event *event;
    struct text value;
    size_t capacity = 0;
    enum status status = xlsx_part_open(book, member, &part, error);
    while (!status && !(status = next_of_part(&part, &event, error)))
        if (xlsx_is(event, XML_EVENT_START, "workbookPr")) {
            if (xml_event_attribute(event, "date1904", &value))
                book->since_1904 = text_is(value, "1") || text_is(value, "true");
        } else if (xlsx_is(event, XML_EVENT_START, "sheet") && book->sheet_count < RELATIONS_MAX)
            add_sheet(book, event, relations, &capacity);
    xlsx_part_close(&part);
    return status == STATUS_END ? STATUS_OK : status;
}

static enum status no_such_sheet(const struct xlsx_book *book, struct text wanted, struct error *error)
{
    BUFFER_OWNED struct buffer names = { 0 };
    for (size_t i = 0; i < book->sheet_count && i < SHEETS_LISTED; i++)
        buffer_printf(&names, "%s\"" TEXT_PRINT "\"", i ? ", " : "", TEXT_ARG(book->sheets[i].name));
    if (book->sheet_count > SHEETS_LISTED)
        buffer_string(&names, ", …");
    return error_set(error, STATUS_REJECT, _(TEXT_PRINT " has no sheet \"" TEXT_PRINT "\"; it has %s"),
                     TEXT_ARG(book->name), TEXT_ARG(wanted), names.length ? names.bytes : _("none"));
}

enum status xlsx_book_find(const struct xlsx_book *book, struct text wanted,
                           const struct xlsx_book_sheet **sheet, struct error *error)
{
    size_t number;
    *sheet = NULL;
    for (size_t i = 0; i < book->sheet_count && !*sheet; i++) {
        const struct xlsx_book_sheet *here = &book->sheets[i];
        if (wanted.length ? text_equal(here->name, wanted) : here->part.length && !here->hidden)
            *sheet = here;
    }
    for (size_t i = 0; i < book->sheet_count && !*sheet && !wanted.length; i++)
        if (book->sheets[i].part.length)
            *sheet = &book->sheets[i];
    if (!*sheet && xlsx_digits(wanted, book->sheet_count, &number) && number)
        *sheet = &book->sheets[number - 1];
    if (!*sheet && wanted.length) { /* in another case, or typed with other accents */
        struct arena arena = { 0 };
        struct text folded =
            unicode_invalid_at(wanted) == wanted.length ? unicode_fold(&arena, wanted) : wanted;
        for (size_t i = 0; i < book->sheet_count && !*sheet; i++)
            if (text_equal(unicode_fold(&arena, book->sheets[i].name), folded))
                *sheet = &book->sheets[i];
        arena_free(&arena);
    }
    if (!*sheet)
        return no_such_sheet(book, wanted, error);
    if (!(*sheet)->part.length)
        return error_set(error, STATUS_REJECT, _(TEXT_PRINT ": the sheet \"" TEXT_PRINT "\" is no table"),
                         TEXT_ARG(book->name), TEXT_ARG((*sheet)->name));
    return STATUS_OK;
}

/* ---- the shared texts ---- */

static bool is_strike(const struct xml_event *event)
{
    struct text value;
    bool off = xml_event_attribute(event, "val", &value) && (text_is(value, "0") || text_is(value, "false"));
    return !off;
}

void xlsx_runs_take(struct xlsx_runs *runs, const struct xml_event *event)
{
    if (event->kind == XML_EVENT_TEXT) {
        bool blank = !text_trim(event->text).length;
        runs->marks |= blank ? 0 : !runs->own ? XLSX_AS_CELL : runs->struck ? XLSX_STRUCK : XLSX_UNSTRUCK;
    } else if (!strcmp(event->name, "r"))
        runs->own = runs->struck = false;
    else if (xlsx_is(event, XML_EVENT_START, "rPr"))
        runs->own = true;
    else if (xlsx_is(event, XML_EVENT_START, "strike"))
        runs->struck = is_strike(event);
}

static enum status end_string(struct xlsx_book *book, struct buffer *scratch, struct xlsx_runs *runs,
                              size_t *capacity, struct error *error)
{
    if (book->string_count == STRINGS_MAX || book->strings.length + scratch->length > STRINGS_BYTES)
        return error_set(error, STATUS_REJECT,
                         _(TEXT_PRINT " has more than %d different texts, or %zu bytes of them"),
                         TEXT_ARG(book->name), STRINGS_MAX, STRINGS_BYTES);
    xlsx_unescape(&book->strings, buffer_view(scratch));
    buffer_clear(scratch);
    book->string_list =
        memory_more(book->string_list, book->string_count, capacity, sizeof *book->string_list);
    book->string_list[book->string_count++] = (struct xlsx_string){ book->strings.length, runs->marks };
    *runs = (struct xlsx_runs){ 0 };
    return STATUS_OK;
}

static enum status read_strings(struct xlsx_book *book, struct text member, struct error *error)
{
    struct xlsx_part part;
    const struct xml_event *event;
    BUFFER_OWNED struct buffer scratch = { 0 };
    size_t capacity = 0;
    struct xlsx_runs runs = { 0 };
    bool text = false, phonetic = false;
    enum status status = xlsx_part_open(book, member, &part, error);
    while (!status && !(status = next_of_part(&part, &event, error))) {
        if (event->kind != XML_EVENT_TEXT || (text && !phonetic))
            xlsx_runs_take(&runs, event);
        if (event->kind == XML_EVENT_TEXT) {
            if (text && !phonetic)
                buffer_text(&scratch, event->text);
        } else if (!strcmp(event->name, "t"))
            text = event->kind == XML_EVENT_START;
        else if (!strcmp(event->name, "rPh"))
            phonetic = event->kind == XML_EVENT_START;
        else if (xlsx_is(event, XML_EVENT_END, "si"))
            status = end_string(book, &scratch, &runs, &capacity, error);
        if (scratch.length > STRINGS_BYTES)
            status = end_string(book, &scratch, &runs, &capacity, error);
    }
    xlsx_part_close(&part);
    return status == STATUS_END ? STATUS_OK : status;
}

bool xlsx_book_string(const struct xlsx_book *book, struct text number, struct text *text, unsigned *marks)
{
    size_t index;
    if (!xlsx_digits(text_trim(number), STRINGS_MAX, &index) || index >= book->string_count)
        return false;
    size_t start = index ? book->string_list[index - 1].end : 0, end = book->string_list[index].end;
    *marks = book->string_list[index].marks;
    *text = start < end ? (struct text){ book->strings.bytes + start, end - start } : TEXT("");
    return true;
}

/* ---- the formats ---- */

struct code {
    size_t number;
    struct text text;
};

struct styles {
    size_t code_count, code_room, format_room;
    struct code *codes; /* of the workbook's own formats */
    bool cells;         /* inside <cellXfs>, which the cells refer to */
    bool fonts;         /* inside <fonts> */
    bool *struck;       /* of each font */
    size_t font_count, font_room;
};

static int by_number(const void *left, const void *right)
{
    const struct code *a = left, *b = right;
    return (a->number > b->number) - (a->number < b->number);
}

static void add_code(struct xlsx_book *book, struct styles *styles, const struct xml_event *event)
{
    struct text number = TEXT_NONE, text = TEXT_NONE;
    struct code code;
    xml_event_attribute(event, "numFmtId", &number);
    xml_event_attribute(event, "formatCode", &text);
    if (!xlsx_digits(number, FORMATS_MAX * 10, &code.number) || styles->code_count == FORMATS_MAX)
        return;
    styles->codes = memory_more(styles->codes, styles->code_count, &styles->code_room, sizeof *styles->codes);
    code.text = text_copy(&book->arena, text_slice(text, 0, CODE_MAX));
    styles->codes[styles->code_count++] = code;
}

static void add_format(struct xlsx_book *book, struct styles *styles, const struct xml_event *event)
{
    struct text text = TEXT_NONE;
    struct code key = { 0 };
    if (book->format_count == FORMATS_MAX)
        return;
    book->formats =
        memory_more(book->formats, book->format_count, &styles->format_room, sizeof *book->formats);
    if (xml_event_attribute(event, "numFmtId", &text))
        xlsx_digits(text, FORMATS_MAX * 10, &key.number);
    struct code *found =
        styles->code_count ? bsearch(&key, styles->codes, styles->code_count, sizeof key, by_number) : NULL;
    struct xlsx_format *format = &book->formats[book->format_count++];
    *format = xlsx_format_of(&book->arena, (unsigned)key.number, found ? found->text : TEXT_NONE);
    size_t font;
    if (xml_event_attribute(event, "fontId", &text) && xlsx_digits(text, FORMATS_MAX * 10, &font) &&
        font < styles->font_count)
        format->struck = styles->struck[font];
}

/* Fonts stand before the formats that refer to them. */
static void add_font(struct styles *styles, const struct xml_event *event)
{
    if (xlsx_is(event, XML_EVENT_START, "font") && styles->font_count < FORMATS_MAX) {
        styles->struck =
            memory_more(styles->struck, styles->font_count, &styles->font_room, sizeof *styles->struck);
        styles->struck[styles->font_count++] = false;
    } else if (xlsx_is(event, XML_EVENT_START, "strike") && styles->font_count) {
        styles->struck[styles->font_count - 1] = is_strike(event);
    }
}

static enum status read_styles(struct xlsx_book *book, struct text member, struct error *error)
{
    struct xlsx_part part;
    const struct xml_event *event;
    struct styles styles = { 0 };
    enum status status = xlsx_part_open(book, member, &part, error);
    while (!status && !(status = next_of_part(&part, &event, error))) {
        if (xlsx_is(event, XML_EVENT_START, "numFmt"))
            add_code(book, &styles, event);
        else if (xlsx_is(event, XML_EVENT_START, "cellXfs")) {
            styles.cells = true;
            if (styles.code_count)
                qsort(styles.codes, styles.code_count, sizeof *styles.codes, by_number);
        } else if (xlsx_is(event, XML_EVENT_END, "cellXfs"))
            styles.cells = false;
        else if (styles.cells && xlsx_is(event, XML_EVENT_START, "xf"))
            add_format(book, &styles, event);
        else if (event->kind != XML_EVENT_TEXT && !strcmp(event->name, "fonts"))
            styles.fonts = event->kind == XML_EVENT_START;
        else if (styles.fonts)
            add_font(&styles, event);
    }
    free(styles.codes);
    free(styles.struck);
    xlsx_part_close(&part);
    return status == STATUS_END ? STATUS_OK : status;
}

/* ---- the book ---- */

static enum status read_book(struct xlsx_book *book, struct error *error)
{
    struct relations relations = { 0 };
    struct text workbook = TEXT_NONE;
    enum status status = STATUS_OK;
    if (!archive_find(book->archive, TEXT("_rels/.rels")))
        return error_set(error, STATUS_REJECT, _(TEXT_PRINT " is a zip file, but no .xlsx workbook"),
                         TEXT_ARG(book->name));
    status = read_relations(book, TEXT(""), &relations, error);
    if (!status)
        workbook = target_of(&relations, "/officeDocument");
    if (!status && !workbook.length)
        status = error_set(error, STATUS_REJECT, _(TEXT_PRINT " is a zip file, but no .xlsx workbook"),
                           TEXT_ARG(book->name));
    relations.count = 0;
    if (!status)
        status = read_relations(book, workbook, &relations, error);
    if (!status)
        status = read_workbook(book, workbook, &relations, error);
    struct text strings = target_of(&relations, "/sharedStrings"), styles = target_of(&relations, "/styles");
    if (!status && strings.length && archive_find(book->archive, strings))
        status = read_strings(book, strings, error);
    if (!status && styles.length && archive_find(book->archive, styles))
        status = read_styles(book, styles, error);
    free(relations.list);
    return status;
}

enum status xlsx_book_open(struct xlsx_book *book, const char *path, struct text bytes, const char *name,
                           const struct archive_limits *limits, struct error *error)
{
    *book = (struct xlsx_book){ 0 };
    book->name = text_copy(&book->arena, text_of(name ? name : path));
    enum status status = archive_open(path, bytes, name, limits, &book->archive, error);
    if (!status)
        status = read_book(book, error);
    if (status)
        xlsx_book_close(book);
    return status;
}

void xlsx_book_close(struct xlsx_book *book)
{
    archive_close(book->archive);
    buffer_free(&book->strings);
    free(book->string_list);
    free(book->formats);
    free(book->sheets);
    arena_free(&book->arena);
    *book = (struct xlsx_book){ 0 };
}
