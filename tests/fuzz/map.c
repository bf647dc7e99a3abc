/* A map, a NUL, and a record of JSON: what compiles gives canonical bytes or findings, the same ones each time. */
#include "transform/map.h"

#include <stdlib.h>
#include <string.h>

#include "adapters/json.h"
#include "adapters/yaml.h"
#include "core/canonical.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void run(const struct map *map, struct arena *arena, struct text record, struct buffer *out)
{
    struct map_result result = { 0 };
    map_run(map, arena, record, TEXT_NONE, &result);
    for (const struct finding *finding = result.findings.first; finding; finding = finding->next)
        if (!finding->rule.length || finding->value.length > FINDING_VALUE)
            abort();
    if (result.procedure)
        canonical_write(out, result.procedure);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ARENA_OWNED struct arena arena = { 0 };
    BUFFER_OWNED struct buffer first = { 0 };
    BUFFER_OWNED struct buffer again = { 0 };
    struct text all = { (const char *)data, size };
    const char *end = size ? memchr(data, 0, size) : NULL;
    struct setting_context context = { &arena, "fuzz", NULL };
    struct map_defaults defaults = { TEXT("H13"), TEXT("Cần Thơ") };
    struct value *map_tree, *record;
    struct source *sources;
    struct map *map;
    struct digest digest;
    struct error error;
    size_t count, length = end ? (size_t)(end - all.bytes) : size;
    struct value *tree = NULL;
    if (yaml_parse(&arena, text_slice(all, 0, length), "fuzz", &map_tree, &error) ||
        yaml_parse(&arena, TEXT("[{ name: s, fetch: { folder: . }, format: json, key: /c }]"), "fuzz", &tree,
                   &error))
        return 0;
    value_set(tree->first, "map", map_tree);
    if (source_read_all(&context, tree, &sources, &count, &error) ||
        map_compile(&context, sources, NULL, &defaults, &map, &digest, &error))
        return 0;
    struct text bytes = text_slice(all, length + 1, size);
    run(map, &arena, bytes, &first);
    run(map, &arena, bytes, &again);
    if (!text_equal(buffer_view(&first), buffer_view(&again)) ||
        (first.length && json_parse(&arena, buffer_view(&first), &record, &error)))
        abort();
    map_free(map);
    return 0;
}
