/* Reads files of a public suite with the program's own readers, for scripts/suites: a line for each,
 *
 *     accept|reject <TAB> hex of what was read, or why not <TAB> path
 *
 *     json, xml        the document is read whole
 *     jcs              JSON, written canonically
 *     html             the text that a paragraph with these bytes shows
 *     csv              the cells as JSON: a list of rows
 *     merkle           a proof of inclusion or consistency as transparency-dev/merkle writes them: accepted where it holds
 *     ed25519          {"key", "msg", "sig"} as C2SP/CCTV writes them: accepted where the signature holds
 *     key              a verifier key of signed notes
 *     note             a key, a line break, a note: accepted where the key signed it
 *     head             a checkpoint, signed or not
 *     xlsx             of the first sheet that is shown {"name": …, "rows": [[number, [cell, …]], …], "titles": [number, …]}; a
 *                      cell is its kind's mark (" tndbeu", as enum xlsx_kind has them), "^" when it is of a merged range, its text
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/crypto.h"
#include "adapters/file.h"
#include "adapters/json.h"
#include "adapters/xml.h"
#include "core/canonical.h"
#include "extract/xlsx.h"
#include "record/csv.h"
#include "store/audit.h"
#include "store/merkle.h"

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

static bool read_digest(struct arena *arena, const struct value *value, struct digest *digest)
{
    struct text bytes;
    if (!value || value->kind != VALUE_TEXT || !crypto_base64_decode(arena, value->text, &bytes) ||
        bytes.length != DIGEST_SIZE)
        return false;
    memcpy(digest->bytes, bytes.bytes, DIGEST_SIZE);
    return true;
}

static uint64_t read_number(const struct value *vector, const char *name)
{
    struct text text = value_text_of(vector, name);
    return text.bytes ? strtoull(text.bytes, NULL, 10) : 0;
}

static bool read_way(struct arena *arena, const struct value *vector, struct merkle_proof *proof)
{
    const struct value *list = value_find(vector, "proof");
    proof->count = 0;
    for (const struct value *step = list ? list->first : NULL; step; step = step->next)
        if (proof->count == MERKLE_LEVELS || !read_digest(arena, step, &proof->path[proof->count++]))
            return false;
    return true;
}

static enum status read_merkle(struct arena *arena, struct text bytes, struct buffer *out,
                               struct error *error)
{
    struct value *vector;
    struct merkle_proof proof;
    struct digest one, other;
    if (json_parse(arena, bytes, &vector, error))
        return error->status;
    bool inclusion = value_find(vector, "leafHash") != NULL;
    bool holds = read_way(arena, vector, &proof) &&
                 read_digest(arena, value_find(vector, inclusion ? "leafHash" : "root1"), &one) &&
                 read_digest(arena, value_find(vector, inclusion ? "root" : "root2"), &other);
    if (holds && inclusion)
        holds = merkle_inclusion_holds(&one, read_number(vector, "leafIdx"), read_number(vector, "treeSize"),
                                       &proof, &other);
    else if (holds)
        holds = merkle_consistency_holds(read_number(vector, "size1"), &one, read_number(vector, "size2"),
                                         &other, &proof);
    (void)out;
    return holds ? STATUS_OK : error_set(error, STATUS_REJECT, "it does not hold");
}

static bool read_hex(const struct value *vector, const char *name, unsigned char *bytes, size_t size)
{
    struct text hex = value_text_of(vector, name);
    for (size_t i = 0; i < size; i++) {
        unsigned byte;
        if (hex.length != 2 * size || sscanf(hex.bytes + 2 * i, "%2x", &byte) != 1)
            return false;
        bytes[i] = (unsigned char)byte;
    }
    return true;
}

static enum status read_ed25519(struct arena *arena, struct text bytes, struct buffer *out,
                                struct error *error)
{
    unsigned char key[CRYPTO_KEY_SIZE], signature[CRYPTO_SIGNATURE_SIZE];
    struct value *vector;
    (void)out;
    if (json_parse(arena, bytes, &vector, error))
        return error->status;
    return read_hex(vector, "key", key, sizeof key) && read_hex(vector, "sig", signature, sizeof signature) &&
                   crypto_ed25519_verify(key, value_text_of(vector, "msg"), signature)
               ? STATUS_OK
               : error_set(error, STATUS_REJECT, "it does not hold");
}

static enum status read_key(struct arena *arena, struct text bytes, struct buffer *out, struct error *error)
{
    struct note_key key;
    (void)arena, (void)out;
    return note_key_parse(bytes, &key, error);
}

static enum status read_note(struct arena *arena, struct text bytes, struct buffer *out, struct error *error)
{
    struct note_key key;
    struct note note;
    size_t end = 0;
    (void)out;
    if (!text_find(bytes, TEXT("\n"), &end))
        return error_set(error, STATUS_REJECT, "no key stands in front of it");
    if (note_key_parse(text_slice(bytes, 0, end), &key, error) ||
        note_parse(arena, text_slice(bytes, end + 1, bytes.length), &note, error))
        return error->status;
    return note_verify(&note, &key, 1, NULL, error);
}

static enum status read_head(struct arena *arena, struct text bytes, struct buffer *out, struct error *error)
{
    struct audit_head head;
    struct note note;
    (void)out;
    return audit_head_parse(arena, bytes, &head, &note, error);
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
    { "json", read_json }, { "jcs", read_json },  { "xml", read_xml },       { "html", read_html },
    { "csv", read_csv },   { "xlsx", read_xlsx }, { "merkle", read_merkle }, { "ed25519", read_ed25519 },
    { "key", read_key },   { "note", read_note }, { "head", read_head },
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
        fprintf(stderr,
                "usage: suite_reader json|jcs|xml|html|csv|merkle|ed25519|key|note|head|xlsx FILE…\n");
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
