/* A table is cut into the same rows whatever the sizes of the reads; rows lie one behind the other in the
 * file, and their cells hold nothing that the row does not. */
#include "record/csv.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/stepped_stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool held)
{
    if (!held)
        abort();
}

static void look_at_cells(struct text row, char separator)
{
    struct arena arena ARENA_OWNED = { 0 };
    struct error error = { 0 };
    struct text *cells;
    size_t count = 0, total = 0;
    enum status status = csv_cells(&arena, row, separator, &cells, &count, &error);
    bool nul = row.length && memchr(row.bytes, 0, row.length);
    require(nul ? status == STATUS_REJECT
                : status == STATUS_OK ||
                      (status == STATUS_REJECT && strncmp(error.message, "cell ", 5) == 0));
    for (size_t i = 0; i < count && status == STATUS_OK; i++)
        total += cells[i].length;
    require(total <= row.length && count <= row.length + 1);
}

static void read_table(struct text csv, char separator, size_t limit, struct buffer *out)
{
    struct file_stream stream;
    struct csv_reader reader;
    struct error error = { 0 };
    struct text row;
    enum status status;
    size_t total = 0;
    long line = 0;
    stepped_stream_open(csv, "fuzz", &stream);
    csv_reader_open(&reader, &stream, limit);
    reader.separator = separator;
    while ((status = csv_reader_next(&reader, &row, &error)) == STATUS_OK || status == STATUS_REJECT) {
        require(reader.line > line);
        line = reader.line;
        buffer_printf(out, "%d %ld ", status, line);
        if (status == STATUS_REJECT)
            continue;
        buffer_printf(out, "%zu:", row.length);
        buffer_text(out, row);
        total += row.length;
        require(row.length && row.length <= limit && total <= csv.length);
        look_at_cells(row, separator ? separator : csv_guess_separator(row));
    }
    require(status == STATUS_END || (status == STATUS_STOP && error.message[0]));
    csv_reader_close(&reader);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char separators[] = { 0, ',', ';', '\t' };
    struct text csv = { (const char *)data, size };
    for (size_t i = 0; i < 2 * sizeof separators; i++) {
        struct buffer whole BUFFER_OWNED = { 0 }, pieces BUFFER_OWNED = { 0 };
        size_t limit = i < sizeof separators ? 1 << 20 : 12;
        stepped_stream_bytes = SIZE_MAX;
        read_table(csv, separators[i % sizeof separators], limit, &whole);
        stepped_stream_bytes = 1;
        read_table(csv, separators[i % sizeof separators], limit, &pieces);
        require(text_equal(buffer_view(&whole), buffer_view(&pieces)));
    }
    return 0;
}
