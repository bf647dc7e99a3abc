/* What is accepted is written canonically, read again and is the same; what is refused says where. */
#include "adapters/json.h"

#include <stdlib.h>
#include <string.h>

#include "adapters/unicode.h"
#include "core/canonical.h"
#include "core/value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Canonical JSON writes other numbers than integers as texts, and has no -0. */
static void numbers_to_texts(struct value *value)
{
    if (value->kind == VALUE_NUMBER)
        value->kind = VALUE_TEXT;
    if (value->kind == VALUE_TEXT && text_is(value->text, "-0"))
        value->text = TEXT("0");
    for (struct value *child = value->first; child; child = child->next)
        numbers_to_texts(child);
}

static void require(bool held)
{
    if (!held)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena ARENA_OWNED = { 0 };
    struct buffer out BUFFER_OWNED = { 0 }, again_out BUFFER_OWNED = { 0 };
    struct value *value, *again;
    struct error error = { 0 };
    struct text text = { (const char *)data, size };
    enum status status = json_parse(&arena, text, &value, &error);
    if (status != STATUS_OK) {
        require(status == STATUS_REJECT && !value);
        require(strncmp(error.message, "line ", 5) == 0 && strstr(error.message, ", column "));
        require(unicode_invalid_at(text_of(error.message)) == strlen(error.message));
        return 0;
    }
    require(unicode_invalid_at(text) == size);
    canonical_write(&out, value);
    require(json_parse(&arena, buffer_view(&out), &again, &error) == STATUS_OK);
    canonical_write(&again_out, again);
    require(text_equal(buffer_view(&out), buffer_view(&again_out)));
    numbers_to_texts(value);
    numbers_to_texts(again);
    require(value_equal(value, again));
    return 0;
}
