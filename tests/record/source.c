#include "record/source.h"

#include "adapters/yaml.h"
#include "tests/support/test.h"

static struct error error;
static struct source *sources;
static size_t count;

static enum status read(const char *yaml)
{
    static struct setting_context context;
    struct value *tree;
    context = (struct setting_context){ &test_arena, "c.yaml", NULL };
    CHECK_INT(yaml_parse(&test_arena, text_of(yaml), "c.yaml", &tree, &error), STATUS_OK);
    return source_read_all(&context, tree, &sources, &count, &error);
}

static void refuses(const char *yaml, const char *words)
{
    CHECK_INT(read(yaml), STATUS_USAGE);
    CHECK_CONTAINS(error.message, "c.yaml:");
    CHECK_CONTAINS(error.message, words);
}

TEST("a source is read with what is usual where nothing is said")
{
    CHECK_INT(read("- { name: a, fetch: { file: x }, format: ndjson, key: /id, map: {} }\n"
                   "- { name: b, fetch: { file: x }, format: xml, records: //p:x, key: p:y, namespaces: { p: "
                   "urn:p },\n"
                   "    listing: changes, encoding: tcvn3, font: capitals, map: {} }\n"),
              STATUS_OK);
    CHECK_INT(count, 2);
    CHECK_INT(sources[0].format, SOURCE_NDJSON);
    CHECK_INT(sources[0].listing, SOURCE_FULL);
    CHECK_INT(sources[0].record_limit, 8 << 20);
    CHECK_INT(sources[0].record.shape, RECORD_JSON);
    CHECK_INT(sources[1].listing, SOURCE_CHANGES);
    CHECK_INT(sources[1].order, 1);
    CHECK(sources[1].record.capitals);
    CHECK_STRING(sources[1].record.namespaces[0].uri, "urn:p");
    CHECK_STRING(source_format_name(SOURCE_XLSX), "xlsx");
}

TEST("separators and heading rows are read as they are meant")
{
    CHECK_INT(read("- { name: a, fetch: {}, format: csv, key: x, separator: tab, header: 12, map: {} }\n"
                   "- { name: b, fetch: {}, format: csv, key: x, separator: ';', header: [a, b], map: {} }\n"
                   "- { name: c, fetch: {}, format: csv, key: x, map: {} }\n"),
              STATUS_OK);
    CHECK_INT(source_separator(&sources[0]), '\t');
    CHECK_INT(source_header_row(&sources[0]), 12);
    CHECK_INT(source_separator(&sources[1]), ';');
    CHECK_INT(source_header_row(&sources[1]), 0);
    CHECK_INT(source_separator(&sources[2]), 0);
}

TEST("what cannot be meant is refused with its place and what would be right")
{
    refuses("- { name: a, fetch: {}, format: jsno, map: {} }", "one of: json, ndjson");
    refuses("- { name: a, fetch: {}, fromat: json, map: {} }", "did you mean \"format\"?");
    refuses("- { name: a, fetch: {}, format: ndjson, map: {} }", "needs a \"key\"");
    refuses("- { name: a, fetch: {}, format: json, records: /x, map: {} }", "needs a \"key\"");
    refuses("- { name: a, fetch: {}, format: csv, key: x, records: /x, map: {} }",
            "means nothing to format csv");
    refuses("- { name: a, fetch: {}, format: json, sheet: x, map: {} }", "means nothing to format json");
    refuses("- { name: a, fetch: {}, format: csv, key: x, separator: '::', map: {} }",
            "a separator is one character");
    refuses("- { name: a, fetch: {}, format: csv, key: x, header: first, map: {} }",
            "the number of a row, from 1");
    refuses("- { name: a, fetch: {}, format: csv, key: x, header: 0, map: {} }",
            "the number of a row, from 1");
    refuses("- { name: a, fetch: {}, format: csv, key: x, header: [a, [b]], map: {} }", "a list of names");
    refuses("- { name: a, fetch: {}, format: json, encoding: tcvn5, map: {} }", "did you mean \"tcvn3\"?");
    refuses("- { name: a, fetch: {}, format: json, font: bold, map: {} }",
            "\"font\" can only be \"capitals\"");
    refuses("- { name: a, fetch: {}, format: xml, namespaces: { p: [] }, map: {} }", "must be a URI");
    refuses(
        "- { name: a, fetch: {}, format: json, map: {} }\n- { name: a, fetch: {}, format: json, map: {} }",
        "two sources are called \"a\"");
    refuses("- { name: \"a\\tb\", fetch: {}, format: json, map: {} }", "control characters");
    refuses("{ name: a }", "\"sources\" must be a list");
    refuses("- { name: a, fetch: {}, format: json, record_limit: 1, map: {} }",
            "\"record_limit\" must be between");
}
