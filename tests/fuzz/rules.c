/* A file of rules: what compiles decides on a procedure, in bounded time, and says the same twice. */
#include "transform/rule.h"

#include <stdlib.h>

#include "adapters/json.h"
#include "adapters/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char procedure[] =
    "{\"code\":\"1.000001\",\"decision\":{\"number\":\"12/"
    "QĐ-UBND\",\"signed_on\":\"2020-02-01\"},\"kind\":\"public\","
    "\"legal_bases\":[{\"number\":\"63/2010/NĐ-CP\"},{\"title\":\"Luật\"}],\"name\":\"Đăng ký Сhuyên\","
    "\"status\":\"announced\",\"steps\":[{\"text\":\"Nộp\\nNhận\"}],\"time_limit\":\"05 ngày\"}";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ARENA_OWNED struct arena arena = { 0 };
    BUFFER_OWNED struct buffer out = { 0 };
    struct value *tree, *value;
    struct rule_set *rules = NULL; /* made, and to be freed, also where it does not compile */
    struct digest digest;
    struct error error;
    if (yaml_parse(&arena, (struct text){ (const char *)data, size }, "fuzz", &tree, &error))
        return 0;
    struct rule_file file = { "fuzz", tree };
    struct rule_options options = { .language = "vi", .today = { 2026, 11, 28 } };
    if (rule_compile_all(&arena, &file, 1, &options, &rules, &digest, &error)) {
        rule_free_all(rules);
        return 0;
    }
    struct findings one = { 0 }, two = { 0 };
    if (json_parse(&arena, text_of(procedure), &value, &error))
        abort();
    rule_run(rules, &arena, value, &one);
    rule_run(rules, &arena, value, &two);
    if (one.errors != two.errors || one.warnings != two.warnings)
        abort();
    rule_project(rules, value, &out);
    if (out.length && json_parse(&arena, buffer_view(&out), &value, &error))
        abort();
    rule_free_all(rules);
    return 0;
}
