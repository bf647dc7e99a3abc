/* What is accepted holds valid, uniquely named texts, and as JSON (which is YAML) is read as the same again.
 */
#include "adapters/yaml.h"

#include <stdlib.h>
#include <string.h>

#include "adapters/json.h"
#include "adapters/unicode.h"
#include "core/canonical.h"
#include "core/value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool held)
{
    if (!held)
        abort();
}

static void inspect(const struct value *value, int depth)
{
    require(depth <= 101 && value->line > 0 && value->column > 0);
    require(unicode_invalid_at(value->text) == value->text.length);
    require(unicode_invalid_at(value->name) == value->name.length);
    require(value->kind == VALUE_TEXT || value->kind == VALUE_LIST || value->kind == VALUE_OBJECT);
    size_t count = 0;
    for (const struct value *child = value->first; child; child = child->next, count++)
        inspect(child, depth + 1);
    require(count == value->count);
    require(value->kind != VALUE_OBJECT || !json_repeated_name(value));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena ARENA_OWNED = { 0 };
    struct buffer out BUFFER_OWNED = { 0 };
    struct value *value, *again;
    struct error error = { 0 };
    enum status status =
        yaml_parse(&arena, (struct text){ (const char *)data, size }, "fuzz", &value, &error);
    if (status != STATUS_OK) {
        require(status == STATUS_USAGE && !value && strncmp(error.message, "fuzz:", 5) == 0);
        require(unicode_invalid_at(text_of(error.message)) == strlen(error.message));
        return 0;
    }
    inspect(value, 0);
    canonical_write(&out, value);
    require(json_parse(&arena, buffer_view(&out), &again, &error) == STATUS_OK);
    require(value_equal(value, again));
    return 0;
}
