/* A JSON list is cut into the same items whatever the sizes of the reads; what json_parse takes as a list is
 * cut into just its items, and the items of what is cut without a fault are all of the list. */
#include "extract/json_splitter.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/json.h"
#include "core/arena.h"
#include "core/value.h"
#include "tests/support/stepped_stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool held)
{
    if (!held)
        abort();
}

/* The items, each with its length in front, and the status that ended them. */
static enum status split(struct text json, const struct json_pointer *pointer, size_t limit,
                         struct buffer *out, size_t *count)
{
    struct file_stream stream;
    struct json_splitter splitter;
    struct error error = { 0 };
    struct text item;
    enum status status;
    stepped_stream_open(json, "fuzz", &stream);
    json_splitter_open(&splitter, &stream, pointer, limit);
    *count = 0;
    while ((status = json_splitter_next(&splitter, &item, &error)) == STATUS_OK || status == STATUS_REJECT) {
        buffer_printf(out, "%d %zu:", status, item.length);
        buffer_text(out, item);
        require(item.length <= limit);
        ++*count;
        require(*count <= json.length + 1);
    }
    require(status == STATUS_END || (status == STATUS_STOP && error.message[0]));
    require(json_splitter_next(&splitter, &item, &error) == STATUS_END);
    json_splitter_close(&splitter);
    return status;
}

static void compare(struct text json, const struct json_pointer *pointer, size_t limit)
{
    struct buffer whole BUFFER_OWNED = { 0 }, pieces BUFFER_OWNED = { 0 };
    size_t count, again;
    stepped_stream_bytes = SIZE_MAX;
    enum status status = split(json, pointer, limit, &whole, &count);
    stepped_stream_bytes = 1;
    require(split(json, pointer, limit, &pieces, &again) == status);
    require(text_equal(buffer_view(&whole), buffer_view(&pieces)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena ARENA_OWNED = { 0 };
    struct buffer out BUFFER_OWNED = { 0 };
    struct json_pointer root = { 0 }, items;
    struct text json = { (const char *)data, size };
    struct value *value;
    struct error error = { 0 };
    size_t count;
    require(json_pointer_compile(&arena, TEXT("/data/items"), &items, &error) == STATUS_OK);
    compare(json, &root, 1 << 20);
    compare(json, &items, 1 << 20);
    compare(json, &root, 8);
    stepped_stream_bytes = SIZE_MAX;
    if (json_parse(&arena, json, &value, &error) != STATUS_OK)
        return 0;
    require(split(json, &root, SIZE_MAX, &out, &count) == STATUS_END);
    require(count == (value->kind == VALUE_LIST ? value->count : 1));
    const struct value *found = json_pointer_find(&items, value);
    if (!found || found->kind != VALUE_LIST)
        return 0;
    require(split(json, &items, SIZE_MAX, &out, &count) == STATUS_END);
    require(count == found->count);
    return 0;
}
