#include "core/canonical.h"

#include <string.h>

#include "tests/support/test.h"

static struct text canonical_of(const struct value *value)
{
    struct buffer BUFFER_OWNED out = { 0 };
    canonical_write(&out, value);
    return text_copy(&test_arena, buffer_view(&out));
}

static struct text quoted(struct text text)
{
    struct buffer BUFFER_OWNED out = { 0 };
    canonical_text(&out, text);
    return text_copy(&test_arena, buffer_view(&out));
}

static struct text pretty(const struct value *value)
{
    struct buffer BUFFER_OWNED out = { 0 };
    canonical_pretty(&out, value);
    return text_copy(&test_arena, buffer_view(&out));
}

static struct text number(const char *lexeme)
{
    return canonical_of(value_number(&test_arena, text_of(lexeme)));
}

static void set(struct value *object, const char *name, const char *text)
{
    value_set(object, name, value_string(&test_arena, text));
}

TEST("the string of RFC 8785 section 3.2.2 is written as there")
{
    CHECK_TEXT(quoted(TEXT("\xe2\x82\xac$\x0f\nA'B\"\\\\\"/")), TEXT("\"€$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\""));
}

TEST("every control character has the escape that ECMAScript gives it")
{
    char all[32];
    for (int i = 0; i < 32; i++)
        all[i] = (char)i;
    CHECK_TEXT(
        quoted((struct text){ all, 32 }),
        TEXT("\"\\u0000\\u0001\\u0002\\u0003\\u0004\\u0005\\u0006\\u0007\\b\\t\\n\\u000b\\f\\r\\u000e\\u000f"
             "\\u0010\\u0011\\u0012\\u0013\\u0014\\u0015\\u0016\\u0017\\u0018\\u0019\\u001a\\u001b\\u001c"
             "\\u001d\\u001e\\u001f\""));
}

TEST("what need not be escaped is not: DEL, slash, C1, U+2028, letters beyond the first plane")
{
    CHECK_TEXT(quoted(TEXT("\x7f/\xc2\x80\xe2\x80\xa8\xef\xbf\xbf😀ạ")),
               TEXT("\"\x7f/\xc2\x80\xe2\x80\xa8\xef\xbf\xbf😀ạ\""));
    CHECK_TEXT(quoted(TEXT("")), TEXT("\"\""));
    CHECK_TEXT(quoted(TEXT_NONE), TEXT("\"\""));
}

TEST("a special byte is escaped wherever it stands in a word of eight, whatever its neighbours are")
{
    static const char specials[] = { 0, 1, 0x1f, '"', '\\', '\n' };
    static const char neighbours[] = {
        ' ', '!', '#', '[', ']', 'a', 0x7f, (char)0x80, (char)0xa0, (char)0xff
    };
    for (size_t s = 0; s < sizeof specials; s++)
        for (size_t n = 0; n < sizeof neighbours; n++)
            for (size_t length = 1; length < 28; length++)
                for (size_t at = 0; at < length; at++) {
                    char bytes[32], expected[64];
                    memset(bytes, neighbours[n], length);
                    bytes[at] = specials[s];
                    struct text escaped = quoted((struct text){ specials + s, 1 });
                    size_t inner = escaped.length - 2;
                    memset(expected, neighbours[n], sizeof expected);
                    expected[0] = '"';
                    memcpy(expected + 1 + at, escaped.bytes + 1, inner);
                    expected[length + inner] = '"';
                    if (!CHECK_TEXT(quoted((struct text){ bytes, length }),
                                    ((struct text){ expected, length + inner + 1 })))
                        return;
                }
}

TEST("the names of RFC 8785 section 3.2.3 are sorted as there")
{
    struct value *object = value_object(&test_arena);
    set(object, "€", "Euro Sign");
    set(object, "\r", "Carriage Return");
    set(object, "\xef\xac\xb3", "Hebrew Letter Dalet With Dagesh");
    set(object, "1", "One");
    set(object, "\xf0\x9f\x98\x80", "Emoji: Grinning Face");
    set(object, "\xc2\x80", "Control");
    set(object, "ö", "Latin Small Letter O With Diaeresis");
    CHECK_TEXT(canonical_of(object),
               TEXT("{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\xc2\x80\":\"Control\","
                    "\"ö\":\"Latin Small Letter O With Diaeresis\",\"€\":\"Euro Sign\","
                    "\"😀\":\"Emoji: Grinning Face\",\"\xef\xac\xb3\":\"Hebrew Letter Dalet With Dagesh\"}"));
}

TEST("surrogate pairs sort behind U+D7FF and before U+E000")
{
    struct value *object = value_object(&test_arena);
    set(object, "\xf4\x8f\xbf\xbf", "10FFFF");
    set(object, "\xef\xbf\xbf", "FFFF");
    set(object, "\xf0\x90\x80\x80", "10000");
    set(object, "\xee\x80\x80", "E000");
    set(object, "\xed\x9f\xbf", "D7FF");
    CHECK_TEXT(canonical_of(object), TEXT("{\"\xed\x9f\xbf\":\"D7FF\",\"\xf0\x90\x80\x80\":\"10000\","
                                          "\"\xf4\x8f\xbf\xbf\":\"10FFFF\",\"\xee\x80\x80\":\"E000\","
                                          "\"\xef\xbf\xbf\":\"FFFF\"}"));
}

TEST("a name sorts before those it begins, and order inside nested objects is made too")
{
    struct value *outer = value_object(&test_arena);
    struct value *inner = value_set(outer, "b", value_object(&test_arena));
    set(inner, "aa", "3");
    set(inner, "a", "2");
    set(inner, "", "1");
    struct value *list = value_set(outer, "a", value_list(&test_arena));
    value_append(list, value_integer(&test_arena, 56));
    struct value *last = value_append(list, value_object(&test_arena));
    value_set(last, "d", value_boolean(&test_arena, true));
    value_set(last, "10", value_null(&test_arena));
    value_set(last, "1", value_list(&test_arena));
    value_set(last, "9", value_object(&test_arena));
    CHECK_TEXT(canonical_of(outer), TEXT("{\"a\":[56,{\"1\":[],\"10\":null,\"9\":{},\"d\":true}],"
                                         "\"b\":{\"\":\"1\",\"a\":\"2\",\"aa\":\"3\"}}"));
}

TEST("writing does not change the tree, and any order of many names gives the same bytes")
{
    struct value *up = value_object(&test_arena), *down = value_object(&test_arena);
    for (int i = 0; i < 200; i++) {
        value_set_text(up, text_format(&test_arena, "n%03d", i), value_boolean(&test_arena, i & 1));
        value_set_text(down, text_format(&test_arena, "n%03d", 199 - i),
                       value_boolean(&test_arena, (199 - i) & 1));
    }
    CHECK_TEXT(canonical_of(down), canonical_of(up));
    CHECK_TEXT(down->first->name, TEXT("n199"));
    CHECK_INT(down->count, 200);
}

TEST("integers up to 2^53 - 1 are numbers")
{
    CHECK_TEXT(number("0"), TEXT("0"));
    CHECK_TEXT(number("-0"), TEXT("0"));
    CHECK_TEXT(number("-1"), TEXT("-1"));
    CHECK_TEXT(number("333333333"), TEXT("333333333"));
    CHECK_TEXT(number("9007199254740991"), TEXT("9007199254740991"));
    CHECK_TEXT(number("-9007199254740991"), TEXT("-9007199254740991"));
}

TEST("any other lexeme is a text, so that no digit is lost")
{
    static const char *const lexemes[] = { "9007199254740992",
                                           "-9007199254740992",
                                           "10000000000000000",
                                           "1.0",
                                           "1e3",
                                           "01",
                                           "-",
                                           "",
                                           "+1",
                                           "1.001640",
                                           "--1",
                                           "NaN" };
    for (size_t i = 0; i < sizeof lexemes / sizeof *lexemes; i++)
        CHECK_TEXT(number(lexemes[i]), text_format(&test_arena, "\"%s\"", lexemes[i]));
}

TEST("pretty documents are indented by two in the order given, empty ones stay short")
{
    struct value *object = value_object(&test_arena);
    set(object, "name", "Cấp \"bản sao\"");
    struct value *list = value_set(object, "levels", value_list(&test_arena));
    value_append(list, value_string(&test_arena, "province"));
    struct value *inner = value_append(list, value_object(&test_arena));
    value_set(inner, "share", value_number(&test_arena, TEXT("-0.5e+3")));
    value_set(object, "empty", value_list(&test_arena));
    value_set(object, "also", value_object(&test_arena));
    value_set(object, "big", value_number(&test_arena, TEXT("12345678901234567890")));
    value_set(object, "none", value_null(&test_arena));
    CHECK_TEXT(pretty(object), TEXT("{\n"
                                    "  \"name\": \"Cấp \\\"bản sao\\\"\",\n"
                                    "  \"levels\": [\n"
                                    "    \"province\",\n"
                                    "    {\n"
                                    "      \"share\": -0.5e+3\n"
                                    "    }\n"
                                    "  ],\n"
                                    "  \"empty\": [],\n"
                                    "  \"also\": {},\n"
                                    "  \"big\": 12345678901234567890,\n"
                                    "  \"none\": null\n"
                                    "}"));
}

TEST("what is no JSON number is quoted in a pretty document")
{
    static const char *const lexemes[] = { "1.", ".5", "1e", "1e+", "01", "0x1", "1 ", "-", "", "1.5.2" };
    for (size_t i = 0; i < sizeof lexemes / sizeof *lexemes; i++)
        CHECK_TEXT(pretty(value_number(&test_arena, text_of(lexemes[i]))),
                   text_format(&test_arena, "\"%s\"", lexemes[i]));
    CHECK_TEXT(pretty(value_number(&test_arena, TEXT("1E5"))), TEXT("1E5"));
    CHECK_TEXT(pretty(value_number(&test_arena, TEXT("0.25"))), TEXT("0.25"));
}

TEST("bytes that do not fit under a limit are noticed")
{
    struct buffer BUFFER_OWNED out = { .limit = 10 };
    struct value *list = value_list(&test_arena);
    value_append(list, value_string(&test_arena, "longer than ten"));
    canonical_write(&out, list);
    CHECK(out.over);
    CHECK(out.length <= 10);
}

TEST("what is certain to read back")
{
    struct value *object = value_object(&test_arena),
                 *list = value_set(object, "list", value_list(&test_arena));
    value_set(object, "a", value_string(&test_arena, "Đ\n\"\\"));
    value_append(list, value_number(&test_arena, TEXT("0.5")));
    CHECK(canonical_reads_back(object));
    value_set(object, "a", value_integer(&test_arena, 2));
    CHECK(!canonical_reads_back(object)); /* a name that is there twice is read once */
    CHECK(!canonical_reads_back(value_text(&test_arena, (struct text){ "a\0b", 3 })));
    struct value *deep = list;
    for (int i = 0; i < 20; i++)
        deep = value_append(deep, value_list(&test_arena));
    CHECK(!canonical_reads_back(list));
}
