/* The XML reader: a first line with the path of the records, then a document. What it cuts out must be XML
 * again. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/file.h"
#include "adapters/xml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct drip {
    struct text bytes;
    size_t step;
};

static enum status drip_read(struct file_stream *stream, void *bytes, size_t length, size_t *got,
                             struct error *error)
{
    struct drip *drip = stream->user_data;
    (void)error;
    *got = length < drip->step ? length : drip->step;
    *got = *got < drip->bytes.length ? *got : drip->bytes.length;
    memcpy(bytes, drip->bytes.bytes, *got);
    drip->bytes = text_slice(drip->bytes, *got, drip->bytes.length);
    return STATUS_OK;
}

static void use_record(struct arena *arena, const struct xml_path *path, struct text bytes)
{
    struct xml_document *document;
    struct xml_result result;
    struct error error;
    if (xml_parse(bytes, false, "utf-8", &document, &error)) {
        fprintf(stderr, "a record is not XML: %s\n%.*s\n", error.message, (int)bytes.length, bytes.bytes);
        abort();
    }
    if (path && !xml_path_select(path, document, NULL, arena, &result, &error))
        for (size_t i = 0; result.nodes && i < result.count && i < 100; i++) {
            xml_node_text(arena, result.nodes[i], false);
            xml_node_bytes(arena, document, result.nodes[i]);
        }
    xml_document_free(document);
}

static void read_events(struct text bytes, size_t step)
{
    struct drip drip = { bytes, step };
    struct file_stream stream = { .read = drip_read, .user_data = &drip };
    struct xml_events *events;
    const struct xml_event *event;
    if (xml_events_open(&stream, &events, NULL))
        return;
    while (!xml_events_next(events, &event, NULL))
        ;
    xml_events_close(events);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct xml_namespace namespaces[] = { { "p", "urn:p" } };
    struct text all = { (const char *)data, size };
    const char *end = size ? memchr(data, '\n', size) : NULL;
    if (!end)
        return 0;
    xml_start();
    struct arena arena = { 0 };
    struct text line = text_slice(all, 0, (size_t)(end - all.bytes)), record;
    struct text bytes = text_slice(all, line.length + 1, size);
    struct drip drip = { bytes, size % 3 ? 65536 : 1 + size % 50 };
    struct file_stream stream = { .read = drip_read, .name = "fuzz.xml", .user_data = &drip };
    struct xml_path *path = NULL;
    struct xml_reader *reader = NULL;
    struct error error;
    long number;
    if (xml_path_compile(line, namespaces, 1, &path, &error))
        path = NULL;
    enum status status = xml_reader_open(&stream, line, namespaces, 1, NULL, 2000, &reader, &error);
    while (!status || status == STATUS_REJECT) {
        status = xml_reader_next(reader, &record, &number, &error);
        if (!status)
            use_record(&arena, path, record);
        arena_clear(&arena);
    }
    xml_reader_close(reader);
    xml_path_free(path);
    read_events(bytes, drip.step);
    arena_free(&arena);
    return 0;
}
