#include "adapters/xml.h"
#include "extract/decode.h"
#include "extract/transcode.h"
#include "record/encoding.h"

#define PAGE_LIMIT ((size_t)64 << 20) /* of a page that holds many records: it is parsed as a whole */

struct page {
    struct text bytes;
    struct xml_document *document;
    struct xml_path *path;
    struct xml_result found;
    size_t at;
    bool given, cut; /* cut: it does not come to its end */
    struct arena record;
};

static enum status read_page(struct decode *decode, size_t limit, struct text *bytes, struct error *error)
{
    struct file_stream *stream = &decode->document->stream;
    BUFFER_OWNED struct buffer page = { 0 };
    for (;;) {
        size_t got;
        if (file_stream_more(stream, &page, &got, error))
            return error->status = STATUS_STOP;
        if (!got)
            break;
        if (page.length > limit)
            return error_set(error, STATUS_REJECT,
                             _("the page is larger than %zu bytes (see \"record_limit\")"), limit);
    }
    *bytes = text_copy(decode->arena, buffer_view(&page));
    ((struct page *)decode->user_data)->cut = !xml_page_ends(*bytes);
    return STATUS_OK;
}

static enum status check_html(struct arena *arena, const struct source *source, struct error *error)
{
    struct xml_path *path;
    (void)arena;
    if (xml_path_compile(text_of(source->records), NULL, 0, &path, error))
        return error->status;
    xml_path_free(path);
    return STATUS_OK;
}

/* The path without its last step; empty where there is none that could be looked for. */
static struct text parent_of(struct text records)
{
    size_t depth = 0;
    char quote = 0;
    for (size_t at = records.length; at--;) {
        char byte = records.bytes[at];
        if (quote || byte == '"' || byte == '\'')
            quote = !quote ? byte : byte == quote ? 0 : quote;
        else if (byte == ']' || byte == ')')
            depth++;
        else if ((byte == '[' || byte == '(') && depth)
            depth--;
        else if (byte == '/' && !depth) {
            while (at && records.bytes[at - 1] == '/')
                at--;
            return text_slice(records, 0, at);
        }
    }
    return TEXT("");
}

/* Does a page that holds nothing have it, too? */
static bool is_everywhere(const struct xml_path *parent, struct arena *arena)
{
    struct xml_document *nothing;
    struct xml_result found = { 0 };
    struct error unused;
    bool there = xml_parse(TEXT("<html><head><title>-</title></head><body>-</body></html>"), true, "utf-8",
                           &nothing, &unused) == STATUS_OK &&
                 xml_path_select(parent, nothing, NULL, arena, &found, &unused) == STATUS_OK && found.count;
    xml_document_free(nothing);
    return there;
}

/* None of the records is there: is the list, which has none? */
static enum status check_parent(struct decode *decode, struct page *page, struct error *error)
{
    struct xml_path *path = NULL;
    struct xml_result found = { 0 };
    struct text parent = parent_of(text_of(decode->source->records));
    if (page->found.count)
        return STATUS_OK;
    if (!parent.length || xml_path_compile(parent, NULL, 0, &path, error) ||
        is_everywhere(path, decode->arena)) {
        xml_path_free(path);
        return xml_no_place(error);
    }
    enum status status = xml_path_select(path, page->document, NULL, decode->arena, &found, error);
    xml_path_free(path);
    if (status || found.count)
        return status;
    return error_set(error, STATUS_STOP, _("there is no \"%.*s\" in the page (see \"records\")"),
                     TEXT_ARG(parent));
}

static enum status open_html(struct decode *decode, struct error *error)
{
    struct page *page = arena_new(decode->arena, struct page);
    const struct source *source = decode->source;
    decode->user_data = page;
    if (source_is_whole(source))
        return STATUS_OK;
    if (read_page(decode, PAGE_LIMIT, &page->bytes, error))
        return error->status;
    enum encoding encoding = ENCODING_UTF8;
    if (source->encoding && encoding_named(text_of(source->encoding), &encoding) && encoding != ENCODING_UTF8)
        page->bytes = transcode_widen(decode->arena, page->bytes);
    if (xml_path_compile(text_of(source->records), NULL, 0, &page->path, error) ||
        xml_parse(page->bytes, true, source->encoding ? "utf-8" : NULL, &page->document, error))
        return error->status;
    if (xml_path_select(page->path, page->document, NULL, decode->arena, &page->found, error))
        return error->status;
    if (page->cut && !page->found.count)
        return error_set(error, STATUS_STOP, _("the page ends before </html>: it may have been cut"));
    if (page->found.nodes && xml_spread_rows(page->document, page->found.nodes, page->found.count, error))
        return error->status;
    return check_parent(decode, page, error);
}

static enum status next_html(struct decode *decode, struct decoded *decoded, struct error *error)
{
    struct page *page = decode->user_data;
    *decoded = (struct decoded){ .mark = '#' };
    if (source_is_whole(decode->source)) {
        if (page->given)
            return STATUS_END;
        page->given = true;
        enum status status = read_page(decode, (size_t)decode->source->record_limit, &decoded->bytes, error);
        decode->document->unended = page->cut;
        return status;
    }
    if (page->at == page->found.count)
        return STATUS_END;
    decoded->number = (long)++page->at;
    decode->document->unended = page->cut && page->at == page->found.count;
    decoded->context = TEXT(RECORD_HTML_ELEMENT);
    if (!page->found.nodes)
        return error_set(error, STATUS_STOP, _("\"records\" must find elements of the page, not a text"));
    arena_clear(&page->record);
    decoded->bytes = xml_node_bytes(&page->record, page->document, page->found.nodes[page->at - 1]);
    if (decoded->bytes.length <= (size_t)decode->source->record_limit)
        return STATUS_OK;
    decoded->bytes = TEXT("");
    return error_set(error, STATUS_REJECT, _("the element is larger than %lld bytes (see \"record_limit\")"),
                     (long long)decode->source->record_limit);
}

static void close_html(struct decode *decode)
{
    struct page *page = decode->user_data;
    xml_document_free(page->document);
    xml_path_free(page->path);
    arena_free(&page->record);
}

const struct decode_driver decode_html = {
    .end = DECODE_END_PAGE, .check = check_html, .open = open_html, .next = next_html, .close = close_html
};
