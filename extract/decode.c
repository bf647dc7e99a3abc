#include "extract/decode.h"

#include "core/canonical.h"

static const struct decode_driver *const drivers[] = {
    [SOURCE_JSON] = &decode_json, [SOURCE_NDJSON] = &decode_ndjson, [SOURCE_XML] = &decode_xml,
    [SOURCE_HTML] = &decode_html, [SOURCE_CSV] = &decode_csv,       [SOURCE_XLSX] = &decode_xlsx,
    [SOURCE_ROWS] = &decode_rows,
};

const struct decode_driver *decode_find(enum source_format format)
{
    return drivers[format];
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
