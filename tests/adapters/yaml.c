#include "adapters/yaml.h"

#include <stdio.h>
#include <string.h>

#include "core/canonical.h"
#include "tests/support/test.h"

static struct error error;

static struct value *parse(const char *text)
{
    struct value *value;
    error = (struct error){ 0 };
    enum status status = yaml_parse(&test_arena, text_of(text), "congkhai.yaml", &value, &error);
    CHECK((status == STATUS_OK) == (value != NULL));
    return value;
}

static struct text canonical(const char *text)
{
    struct value *value = parse(text);
    if (!value)
        return text_of(error.message);
    struct buffer out BUFFER_OWNED = { 0 };
    canonical_write(&out, value);
    return text_copy(&test_arena, buffer_view(&out));
}

static bool refused_text(struct text text, const char *message)
{
    struct value *value;
    error = (struct error){ 0 };
    bool held = CHECK_INT(yaml_parse(&test_arena, text, "congkhai.yaml", &value, &error), STATUS_USAGE) &&
                CHECK_INT(error.status, STATUS_USAGE) && CHECK_CONTAINS(error.message, message) &&
                CHECK(!value);
    if (!held)
        printf("  %.*s\n", (int)text.length, text.bytes);
    return held;
}

static bool refused(const char *text, const char *message)
{
    return refused_text(text_of(text), message);
}

TEST("mappings, lists and texts come in the order and with the words of the file")
{
    CHECK_TEXT(
        canonical("agency: { code: H13, name: UBND thành phố Cần Thơ }\n"
                  "sources:\n"
                  "  - name: so-tu-phap\n"
                  "    nothing: [\"\", \"Không có thông tin\"]\n"
                  "  - a: 'it''s'\n"
                  "    text: |\n"
                  "      một\n"
                  "      hai\n"),
        TEXT("{\"agency\":{\"code\":\"H13\",\"name\":\"UBND thành phố Cần "
             "Thơ\"},\"sources\":[{\"name\":\"so-tu-phap\","
             "\"nothing\":[\"\",\"Không có thông tin\"]},{\"a\":\"it's\",\"text\":\"một\\nhai\\n\"}]}"));
}

TEST("every scalar is a text, and an unquoted one says so")
{
    struct value *value = parse("a: 30\nb: \"30\"\nc: true\nd: '~'\ne:\nf: 1.001640\ng: >\n  x\n");
    static const bool plain[] = { true, false, true, false, true, true, false };
    const struct value *member = value->first;
    for (size_t i = 0; member && i < 7; member = member->next, i++) {
        CHECK_INT(member->kind, VALUE_TEXT);
        CHECK_INT(member->plain, plain[i]);
    }
    CHECK_TEXT(value_text_of(value, "f"), TEXT("1.001640"));
    CHECK_TEXT(value_text_of(value, "c"), TEXT("true"));
    CHECK(value_find(value, "e") && value_find(value, "e")->text.length == 0);
}

TEST("a member has the place of its name, an item of a list its own")
{
    struct value *value = parse("# first\na: 1\nđ: {ế: 2, f: 3}\nlist:\n  - x\n  -   y\n");
    const struct value *flow = value_find(value, "đ"), *list = value_find(value, "list");
    CHECK_INT(value->line, 2);
    CHECK_INT(value->first->line, 2);
    CHECK_INT(value->first->column, 1);
    CHECK_INT(flow->first->column, 5);
    CHECK_INT(flow->last->line, 3);
    CHECK_INT(flow->last->column, 11);
    CHECK_INT(list->line, 4);
    CHECK_INT(list->column, 1);
    CHECK_INT(list->first->line, 5);
    CHECK_INT(list->last->line, 6);
    CHECK_INT(list->last->column, 7);
}

TEST("an empty document gives an empty object")
{
    static const char *const empty[] = { "",           "\n\n",         "# nothing\n", "---\n",
                                         "---\n...\n", "\xef\xbb\xbf", "  " };
    for (size_t i = 0; i < sizeof empty / sizeof *empty; i++)
        CHECK_TEXT(canonical(empty[i]), TEXT("{}"));
    struct value *value;
    CHECK_INT(yaml_parse(&test_arena, TEXT_NONE, "x", &value, &error), STATUS_OK);
    CHECK_TEXT(canonical("''"), TEXT("\"\""));
    CHECK_TEXT(canonical("\xef\xbb\xbf"
                         "a: 1"),
               TEXT("{\"a\":\"1\"}"));
}

TEST("a name that occurs twice in a mapping is refused where it stands the second time")
{
    refused("a: 1\nb:\n  c: 1\n  d: 2\n  c: 3\n",
            "congkhai.yaml:5:3: the name \"c\" occurs twice in one mapping; keep one");
    refused("{a: 1, b: 2, \"a\": 3}", "congkhai.yaml:1:14: the name \"a\" occurs twice");
    CHECK(parse("a: {a: {a: 1}}\nA: 2\n") != NULL);
}

TEST("a second document is refused")
{
    refused("a: 1\n---\nb: 2\n", "congkhai.yaml:2:1: a second document begins here; put one document");
    CHECK(parse("---\na: 1\n...\n") != NULL);
}

TEST("merge keys are refused, a quoted name of the same letters is a name")
{
    refused("a: &a {x: 1}\nb:\n  <<: *a\n",
            "congkhai.yaml:3:3: merge keys (<<) are not used here; write the settings out");
    CHECK(parse("\"<<\": 1\n") != NULL);
}

TEST("tags are refused wherever they stand")
{
    refused("a: !!int 3\n", "congkhai.yaml:1:4: tags (!…) are not used here; leave it out");
    refused("a: !secret x\n", "congkhai.yaml:1:4: tags");
    refused("a: ! x\n", "tags");
    refused("a: !!seq [1]\n", "congkhai.yaml:1:4: tags");
    refused("!!map {a: 1}\n", "congkhai.yaml:1:1: tags");
    refused("!x a: 1\n", "tags");
}

TEST("names must be texts without anchors")
{
    refused("? [a]\n: 1\n", "congkhai.yaml:1:3: a name must be a text here, not a list");
    refused("{{a: 1}: 2}", "a name must be a text here");
    refused("a: &x b\n*x : 2\n", "congkhai.yaml:2:1: a name must be a text here");
    refused("&x a: 1\n", "an anchor (&…) stands before a name");
}

TEST("an alias stands for a copy of what its anchor named last")
{
    CHECK_TEXT(canonical("a: &x {b: [1, 2]}\nc: *x\nd: [*x, &x 5, *x]\n"),
               TEXT("{\"a\":{\"b\":[\"1\",\"2\"]},\"c\":{\"b\":[\"1\",\"2\"]},\"d\":[{\"b\":[\"1\",\"2\"]},"
                    "\"5\",\"5\"]}"));
    refused("a: *x\n", "congkhai.yaml:1:4: no anchor &x stands before this alias");
    refused("a: &x [*x]\n", "congkhai.yaml:1:8: no anchor &x stands before this alias");
}

TEST("anchors that multiply are stopped at ten thousand nodes")
{
    struct buffer text BUFFER_OWNED = { 0 };
    buffer_string(&text, "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
    for (int i = 1; i < 10; i++)
        buffer_printf(&text, "a%d: &a%d [*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d]\n", i, i, i - 1, i - 1,
                      i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
    refused_text(buffer_view(&text), "stand for more than 10,000 values");
}

TEST("a hundred levels are read, one more is refused, also when aliases make it")
{
    struct buffer text BUFFER_OWNED = { 0 };
    for (int i = 0; i < 100; i++)
        buffer_char(&text, '[');
    for (int i = 0; i < 100; i++)
        buffer_char(&text, ']');
    CHECK(parse(text.bytes) != NULL);
    buffer_clear(&text);
    for (int i = 0; i < 5000; i++)
        buffer_char(&text, '[');
    refused_text(buffer_view(&text),
                 "congkhai.yaml:1:101: lists and mappings are nested more than 100 levels deep");
    buffer_clear(&text);
    buffer_string(&text, "a: &a ");
    for (int level = 0; level < 2; level++) {
        for (int i = 0; i < 60; i++)
            buffer_char(&text, '[');
        buffer_string(&text, level ? "*a" : "1");
        for (int i = 0; i < 60; i++)
            buffer_char(&text, ']');
        buffer_string(&text, "\nb: ");
    }
    refused_text(buffer_view(&text), "nested more than 100 levels deep");
}

TEST("invalid UTF-8 and control characters are refused with their place")
{
    refused("a: 1\nế: \xff\n",
            "congkhai.yaml:2:4: the bytes are no valid UTF-8 here; save the file as UTF-8");
    refused_text(TEXT("a: 1\nb: x\0y\n"), "congkhai.yaml:2:5: a control character stands here; take it out");
    refused_text(TEXT("a: 1\0"), "congkhai.yaml:1:5: a control character");
    refused("a: \"x\\0y\"\n", "congkhai.yaml:1:4: a NUL (\\0) stands in this text; take it out");
    refused("\"x\\0y\": a\n", "congkhai.yaml:1:1: a NUL (\\0) stands in this text");
    refused("a: \"\\ud800\"\n", "congkhai.yaml:1:");
    refused("a: \x1b[0m\n", "congkhai.yaml:1:4: a control character");
    refused("a: b\xef\xbb\xbf\n", "congkhai.yaml:1:5: a byte order mark stands inside the text");
}

TEST("a tab in the indentation is named")
{
    refused("a:\n\tb: 1\n", "congkhai.yaml:2:1: ");
    CHECK_CONTAINS(error.message, "Indent with blanks, not with tabs.");
}

TEST("quotes that are not closed are named")
{
    refused("a: \"x\nb: 1\n", "congkhai.yaml:");
    CHECK_CONTAINS(error.message, "Look for quotes that are not closed.");
    refused("a: 'x\n", "Look for quotes that are not closed.");
}

TEST("brackets, colons, indentation and escapes that are wrong come with what to look for")
{
    refused("a: [1, 2\nb: 3\n", "Look for a bracket [ or { that is not closed, or for a missing comma.");
    refused("a: b: c\n", "congkhai.yaml:1:5: ");
    CHECK_CONTAINS(error.message,
                   "Put texts that contain a colon and a blank in quotes, or check the indentation.");
    refused("a: 1\n b: 2\n", "congkhai.yaml:2:");
    refused("a:\n  b: 1\n c: 2\n", "Check that neighbours are indented alike and that quotes are closed.");
    refused("a: @x\n", "Put texts that begin with such a character in quotes.");
    refused("a: \"\\d\"\n", "Write a backslash twice inside double quotes, or use single quotes.");
    refused("a: 1\nb\nc: 2\n", "A name is followed by a colon and a blank");
    refused("a: 1\n]\n", "congkhai.yaml:2:1: ");
    refused("%YAML 9.9\n---\na: 1\n", "congkhai.yaml:");
}
