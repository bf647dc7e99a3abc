#include "extract/decode.h"

#include <stdio.h>

#include "adapters/unicode.h"
#include "core/canonical.h"
#include "extract/decode_child.h"
#include "extract/transcode.h"

#define DRIVER(id, name, shape) [id] = &decode_##name,
static const struct decode_driver *const drivers[] = { SOURCE_FORMATS(DRIVER) };

const struct decode_driver *decode_find(enum source_format format)
{
    return drivers[format];
}

enum status decode_begin(struct decode *decode, struct error *error)
{
    decode->driver = decode_find((enum source_format)decode->source->format);
    if (decode->child && !decode->document->rows)
        decode->driver = &decode_in_child;
    else if (transcode_open(decode->arena, decode->source, decode->document, &decode->unicode, error))
        return error->status;
    return decode->driver->open(decode, error);
}

static bool same_heading(struct arena *arena, struct text left, struct text right)
{
    return text_equal(unicode_fold(arena, left), unicode_fold(arena, right));
}

/* "x (2)" is the second of two columns called x. */
static bool is_numbered(struct text heading)
{
    return heading.length > 4 && heading.bytes[heading.length - 1] == ')';
}

size_t decode_key_column(const struct decode *decode, const struct text *headings, size_t count)
{
    struct text key = text_of(decode->source->key);
    return key.length ? unicode_find_folded(key, headings, count) : count;
}

enum status decode_check_key(const struct decode *decode, const struct text *headings, size_t count,
                             struct error *error)
{
    BUFFER_OWNED struct buffer known = { 0 };
    struct text key = text_of(decode->source->key);
    if (!key.length || text_is(key, ".") || is_numbered(key) ||
        decode_key_column(decode, headings, count) < count)
        return STATUS_OK;
    for (size_t i = 0; i < count && known.length < 400; i++)
        if (headings[i].length)
            buffer_printf(&known, "%s\"%.*s\"", known.length ? ", " : "", TEXT_ARG(headings[i]));
    return error_set(error, STATUS_STOP, _("the table has no column \"%s\", which is the key; it has %s"),
                     decode->source->key, known.length ? known.bytes : _("no heading"));
}

static bool holds(struct arena *arena, const struct value *address, struct text heading)
{
    if (address->kind == VALUE_TEXT)
        return same_heading(arena, address->text, heading);
    for (const struct value *child = address->first; child; child = child->next)
        if (holds(arena, child, heading))
            return true;
    return false;
}

static bool names_code(struct arena *arena, const struct value *map, struct text heading)
{
    for (const struct value *child = map->first; child; child = child->next) {
        bool code = text_is(child->name, "code") || text_ends(child->name, TEXT(".code"));
        if (code ? holds(arena, child, heading) : names_code(arena, child, heading))
            return true;
    }
    return false;
}

bool decode_is_code(const struct source *source, struct text heading)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct text folded = unicode_fold(&arena, heading);
    return (source->key && same_heading(&arena, text_of(source->key), heading)) ||
           (source->map && names_code(&arena, source->map, heading)) || text_starts(folded, TEXT("mã ")) ||
           text_is(folded, "mã") || text_is(folded, "code");
}

bool decode_lost_zeros(struct text number, bool here, char code[DECODE_CODE])
{
    bool shape = number.length > (here ? 2 : 5) && number.length <= 8 && number.bytes[0] >= '1' &&
                 number.bytes[0] <= '6' && number.bytes[1] == '.';
    for (size_t i = 2; shape && i < number.length; i++)
        shape = number.bytes[i] >= '0' && number.bytes[i] <= '9';
    if (shape)
        snprintf(code, DECODE_CODE, "%.*s%.*s", (int)number.length, number.bytes, 8 - (int)number.length,
                 "000000");
    return shape;
}

void decode_put_cell(struct buffer *out, struct text cell, bool number)
{
    if (number && canonical_is_number(cell))
        buffer_text(out, cell);
    else
        canonical_text(out, cell);
}

struct text decode_list(struct arena *arena, const struct text *texts, size_t count)
{
    struct buffer bytes = { 0 };
    buffer_char(&bytes, '[');
    for (size_t i = 0; i < count; i++) {
        if (i)
            buffer_char(&bytes, ',');
        canonical_text(&bytes, texts[i]);
    }
    buffer_char(&bytes, ']');
    struct text list = text_copy(arena, buffer_view(&bytes));
    buffer_free(&bytes);
    return list;
}
