/* Procedures written beside a rule: what they may say, and how rules that ask the store are tried on them. */
#include "transform/rule_example.h"

#include "tests/transform/rule_tools.h"

static int examples, wrong;
static struct text value;

static void look(void *user_data, const struct rule_example *example)
{
    (void)user_data;
    examples++;
    wrong += example->held != example->should_pass;
    if (example->finding)
        value = text_copy(&test_arena, example->finding->value);
}

static enum status try_all(const char *members)
{
    examples = wrong = 0;
    value = TEXT_NONE;
    if (!CHECK_INT(compile_one(members), STATUS_OK))
        CHECK_STRING(error.message, "");
    enum status status = rule_examples(rules, look, NULL, &error);
    rule_free_all(rules);
    return status;
}

TEST("a query is tried on the example and the others that it names, and on nothing else")
{
    CHECK_INT(
        try_all("check: { sql: \"SELECT a.code, b.code AS value FROM procedure a JOIN procedure b"
                " ON b.code <> a.code AND b.name = a.name WHERE b.status = 'announced'\" },\n"
                "      examples: {\n"
                "        pass: [{ code: \"1.000001\", name: A },\n"
                "               { code: \"1.000001\", name: A, others: [{ code: \"1.000002\", name: B }] },\n"
                "               { code: \"1.000001\", name: A, others: [{ code: \"1.000002\", name: A,"
                " status: abolished }] }],\n"
                "        fail: [{ code: \"1.000001\", name: A, others: [{ code: \"1.000003\", name: B },"
                " { code: \"1.000002\", name: A, status: announced }] }] }"),
        STATUS_OK);
    CHECK_INT(examples, 4);
    CHECK_INT(wrong, 0);
    CHECK_TEXT(value, TEXT("1.000002"));
}

TEST("a query that fails on an example is told with its place, and without the file that there is none of")
{
    CHECK_INT(try_all("check: { sql: \"SELECT code FROM procedure WHERE json_extract(name, '$') = 1\" }, "
                      "examples: { pass: [{ code: A, name: 'no JSON' }] }"),
              STATUS_USAGE);
    CHECK_CONTAINS(error.message, "rules.yaml:2:");
    CHECK_CONTAINS(error.message, "malformed JSON");
    CHECK(!strstr(error.message, "memory"));
}

TEST("an example that cannot be read is refused with its place")
{
    static const struct {
        const char *examples, *words;
    } rows[] = {
        { "pass: [7]", "an object of fields and values is expected" },
        { "pass: [{ name: [A] }]", "one value is expected" },
        { "fail: [{ decision: { signed_on: 14/10/2010 } }]", "\"14/10/2010\" is no day such as 2010-10-14" },
        { "pass: [{ today: soon }]", "\"today\" must be a day such as 2010-10-14" },
        { "pass: [{ name: A, published: [2010-10-14] }]", "\"published\" must be a day" },
        { "pass: [{ name: A, others: 7 }]", "\"others\" is a list of procedures" },
        { "pass: [{ name: A, others: [{ nmae: A }] }]", "did you mean \"name\"?" },
        { "passes: [{ name: A }]", "unknown key \"passes\"; did you mean \"pass\"?" },
        { "x: [{ name: A }]", "unknown key \"x\"; did you mean \"pass\"?" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CHECK_INT(try_all(text_format(&test_arena, "field: name, check: { required: true }, examples: { %s }",
                                      rows[i].examples)
                              .bytes),
                  STATUS_USAGE);
        CHECK_CONTAINS(error.message, rows[i].words);
        CHECK_CONTAINS(error.message, "rules.yaml:2:");
        CHECK_INT(examples, 0);
    }
}

TEST("a field that is written empty is one that is absent")
{
    CHECK_INT(try_all("field: name, check: { required: true }, examples: { fail: [{ code: A, name: '' }] }"),
              STATUS_OK);
    CHECK_INT(examples, 1);
    CHECK_INT(wrong, 0);
}
