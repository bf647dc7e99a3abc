/* HTML and XPath: a first line with an expression, then a page. */
#include <stdint.h>
#include <string.h>

#include "adapters/xml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use_page(struct arena *arena, struct text line, struct text page, bool html)
{
    struct xml_document *document = NULL, *again = NULL;
    struct xml_path *path = NULL;
    struct xml_result result;
    struct error error;
    if (!xml_parse(page, html, NULL, &document, &error) && !xml_path_compile(line, NULL, 0, &path, &error) &&
        !xml_path_select(path, document, NULL, arena, &result, &error))
        for (size_t i = 0; result.nodes && i < result.count && i < 20; i++) {
            xml_node_text(arena, result.nodes[i], true);
            struct text bytes = xml_node_bytes(arena, document, result.nodes[i]);
            if (!xml_parse(bytes, html, "utf-8", &again, &error))
                xml_node_text(arena, xml_document_root(again), html);
            xml_document_free(again);
        }
    xml_path_free(path);
    xml_document_free(document);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text all = { (const char *)data, size };
    const char *end = size ? memchr(data, '\n', size) : NULL;
    if (!end)
        return 0;
    xml_start();
    struct arena arena = { 0 };
    struct text line = text_slice(all, 0, (size_t)(end - all.bytes));
    struct text page = text_slice(all, line.length + 1, size);
    use_page(&arena, line, page, true);
    use_page(&arena, line, page, false);
    arena_free(&arena);
    return 0;
}
