#include "adapters/csv_write.h"

#include <string.h>

#include "adapters/visible.h"

void csv_write_begin(struct buffer *out)
{
    buffer_string(out, "\xef\xbb\xbf");
}

void csv_write_number(struct buffer *out, bool first, struct text digits)
{
    if (!first)
        buffer_char(out, ',');
    buffer_text(out, digits);
}

void csv_write_cell(struct buffer *out, bool first, struct text text)
{
    bool quoted = false, formula = text.length && strchr("=+-@\t\r", text.bytes[0]);
    for (size_t i = 0; i < text.length && !quoted; i++)
        quoted = strchr(",\"\r\n", text.bytes[i]) != NULL;
    if (!first)
        buffer_char(out, ',');
    if (quoted)
        buffer_char(out, '"');
    if (formula)
        buffer_char(out, '\'');
    for (size_t at = 0; at < text.length;) {
        char room[16];
        struct text one = visible_next(text, &at, room);
        if (one.bytes[0] == '"')
            buffer_char(out, '"');
        buffer_text(out, one);
    }
    if (quoted)
        buffer_char(out, '"');
}

void csv_write_end_row(struct buffer *out)
{
    buffer_string(out, "\r\n");
}
