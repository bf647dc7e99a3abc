/* Reads files of a public suite with the program's own readers, for scripts/suites: a line for each,
 *
 *     accept|reject <TAB> hex of what was read, or why not <TAB> path
 *
 *     json, xml        the document is read whole
 *     jcs              JSON, written canonically
 *     html             the text that a paragraph with these bytes shows
 *     csv              the cells as JSON: a list of rows
 *     xlsx             of the first sheet that is shown {"name": …, "rows": [[number, [cell, …]], …], "titles": [number, …]}; a
 *                      cell is its kind's mark (" tndbeu", as enum xlsx_kind has them), "^" when it is of a merged range, its text
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/file.h"
#include "adapters/json.h"
#include "adapters/xml.h"
#include "core/canonical.h"
#include "extract/xlsx.h"
#include "record/csv.h"

static enum status read_json(struct arena *arena, struct text bytes, struct buffer *out, struct error *error)
{
    struct value *value;
    enum status status = json_parse(arena, bytes, &value, error);
    if (!status)
        canonical_write(out, value);
    return status;
}

static enum status read_xml(struct arena *arena, struct text bytes, struct buffer *out, struct error *error)
{
    struct file_stream stream;
    struct xml_reader *reader;
    struct text record;
    long line;
    (void)arena;
    file_stream_memory(bytes, "suite", &stream);
    enum status status = xml_reader_open(&stream, TEXT(""), NULL, 0, NULL, (size_t)64 << 20, &reader, error);
    while (!status && !(status = xml_reader_next(reader, &record, &line, error)))
        buffer_text(out, record);
    xml_reader_close(status == STATUS_USAGE ? NULL : reader);
    return status == STATUS_END ? STATUS_OK : status;
}

static enum status read_html(struct arena *arena, struct text bytes, struct buffer *out, struct error *error)
{
    BUFFER_OWNED struct buffer page = { 0 };
    struct xml_document *document;
    struct xml_path *path;
    struct xml_result found = { 0 };
    buffer_string(&page, "<!DOCTYPE html><html><head><title>t</title></head><body><pre>x");
    buffer_text(&page, bytes);
    buffer_string(&page, "x</pre></body></html>");
    enum status status = xml_parse(buffer_view(&page), true, "UTF-8", &document, error);
    if (status)
        return status;
    if (!xml_path_compile(TEXT("string(//pre)"), NULL, 0, &path, error)) {
        if (!xml_path_select(path, document, NULL, arena, &found, error))
            buffer_text(out, text_slice(found.text, 1, found.text.length > 1 ? found.text.length - 2 : 0));
        xml_path_free(path);
    }
    xml_document_free(document);
    return STATUS_OK;
}

static enum status read_csv(struct arena *arena, struct text bytes, struct buffer *out, struct error *error)
{
    struct file_stream stream;
    struct csv_reader reader;
    struct text row, *cells;
    enum status status;
    size_t count, rows = 0;
    file_stream_memory(bytes, "suite", &stream);
    csv_reader_open(&reader, &stream, (size_t)1 << 20);
    buffer_char(out, '[');
    while (!(status = csv_reader_next(&reader, &row, error))) {
        if ((status = csv_cells(arena, row, ',', &cells, &count, error)))
            break;
        buffer_string(out, rows++ ? ",[" : "[");
        for (size_t i = 0; i < count; i++) {
            buffer_string(out, i ? "," : "");
            canonical_text(out, cells[i]);
        }
        buffer_char(out, ']');
    }
    buffer_char(out, ']');
    csv_reader_close(&reader);
    return status == STATUS_END ? STATUS_OK : status;
}

#define COLUMNS 256

/* With names for its columns a sheet needs no headings, and all of its rows come. */
static void name_columns(struct arena *arena, struct xlsx_options *options)
{
    struct text *names = arena_array(arena, struct text, COLUMNS);
    for (size_t i = 0; i < COLUMNS; i++)
        names[i] = text_format(arena, "column %zu", i + 1);
    *options = (struct xlsx_options){ .header = names, .header_count = COLUMNS };
}

static void put_row(struct buffer *out, const struct xlsx_row *row)
{
    static const char marks[] = " tndbeu";
    size_t count = row->count;
    while (count && !row->cells[count - 1].kind)
        count--;
    buffer_printf(out, "[%zu,[", row->number);
    for (size_t i = 0; i < count; i++) {
        BUFFER_OWNED struct buffer cell = { 0 };
        buffer_char(&cell, marks[row->cells[i].kind]);
        buffer_string(&cell, row->cells[i].merged ? "^" : "");
        buffer_text(&cell, row->cells[i].text);
        buffer_string(out, i ? "," : "");
        canonical_text(out, buffer_view(&cell));
    }
    buffer_string(out, "]]");
}

static enum status read_xlsx(struct arena *arena, struct text bytes, struct buffer *out, struct error *error)
{
    BUFFER_OWNED struct buffer titles = { 0 };
    struct xlsx_options options;
    struct xlsx_row row;
    struct xlsx *xlsx;
    size_t rows = 0;
    name_columns(arena, &options);
    enum status status = xlsx_open(NULL, bytes, "suite", &options, &xlsx, error);
    if (status)
        return status;
    buffer_string(out, "{\"name\":");
    canonical_text(out, xlsx_sheet_name(xlsx));
    buffer_string(out, ",\"rows\":[");
    while (!(status = xlsx_next(xlsx, &row, error)) || status == STATUS_REJECT) {
        if (status)
            continue;
        if (row.title)
            buffer_printf(&titles, "%s%zu", titles.length ? "," : "", row.number);
        buffer_string(out, rows++ ? "," : "");
        put_row(out, &row);
    }
    xlsx_close(xlsx);
    buffer_string(out, "],\"titles\":[");
    buffer_text(out, buffer_view(&titles));
    buffer_string(out, "]}");
    return status == STATUS_END ? STATUS_OK : status;
}

static const struct {
    const char *name;
    enum status (*read)(struct arena *arena, struct text bytes, struct buffer *out, struct error *error);
} kinds[] = {
    { "json", read_json }, { "jcs", read_json }, { "xml", read_xml },
    { "html", read_html }, { "csv", read_csv },  { "xlsx", read_xlsx },
};

static void put_line(enum status status, struct text words, const char *path)
{
    printf("%s\t", status ? "reject" : "accept");
    for (size_t i = 0; i < words.length; i++)
        printf("%02x", (unsigned char)words.bytes[i]);
    printf("\t%s\n", path);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    size_t kind = 0, count = sizeof kinds / sizeof *kinds;
    while (argc > 2 && kind < count && strcmp(argv[1], kinds[kind].name) != 0)
        kind++;
    if (argc < 3 || kind == count) {
        fprintf(stderr, "usage: suite_reader json|jcs|xml|html|csv|xlsx FILE…\n");
        return 2;
    }
    xml_start();
    for (int i = 2; i < argc; i++) {
        ARENA_OWNED struct arena arena = { 0 };
        BUFFER_OWNED struct buffer out = { 0 };
        struct error error = { 0 };
        struct text bytes;
        enum status status = file_read(&arena, argv[i], (size_t)256 << 20, &bytes, &error);
        if (!status)
            status = kinds[kind].read(&arena, bytes, &out, &error);
        put_line(status, status ? text_of(error.message) : buffer_view(&out), argv[i]);
    }
    xml_stop();
    return 0;
}
