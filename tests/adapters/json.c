#include "adapters/json.h"
#include "adapters/json_guard.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/canonical.h"
#include "tests/support/test.h"

static struct error error;

static struct value *parse(struct text text)
{
    struct value *value;
    error = (struct error){ 0 };
    enum status status = json_parse(&test_arena, text, &value, &error);
    CHECK((status == STATUS_OK) == (value != NULL));
    return value;
}

static struct text canonical(struct text text)
{
    struct value *value = parse(text);
    if (!value)
        return text_of(error.message);
    struct buffer out BUFFER_OWNED = { 0 };
    canonical_write(&out, value);
    return text_copy(&test_arena, buffer_view(&out));
}

/* Refused as what the record's source wrote, with this in the message. */
static bool refused(struct text text, const char *message)
{
    struct value *value;
    error = (struct error){ 0 };
    bool held = CHECK_INT(json_parse(&test_arena, text, &value, &error), STATUS_REJECT) &&
                CHECK_INT(error.status, STATUS_REJECT) && CHECK_CONTAINS(error.message, message) &&
                CHECK(!value);
    if (!held)
        printf("  %.*s\n", (int)text.length, text.bytes);
    return held;
}

TEST("a text of every kind of value comes back as it was")
{
    CHECK_TEXT(canonical(TEXT(" {\"b\": [true, false, null, 1, -20, \"ế\"],\t\"a\": {}, \"c\": [] }\r\n")),
               TEXT("{\"a\":{},\"b\":[true,false,null,1,-20,\"ế\"],\"c\":[]}"));
    CHECK_TEXT(canonical(TEXT("\"\"")), TEXT("\"\""));
    CHECK_TEXT(canonical(TEXT("7")), TEXT("7"));
    CHECK_TEXT(canonical(TEXT("null")), TEXT("null"));
    struct value *value = parse(TEXT("{\"\":[true,false]}"));
    CHECK_INT(value->kind, VALUE_OBJECT);
    CHECK_INT(value->count, 1);
    CHECK(value->first == value->last && value->first->name.bytes && value->first->name.length == 0);
    CHECK(value->first->first->truth && !value->first->last->truth);
    CHECK(value->first->first->kind == VALUE_BOOLEAN && value->first->last->kind == VALUE_BOOLEAN);
}

TEST("numbers keep their digits as written")
{
    struct value *list =
        parse(TEXT("[9007199254740993,1.001640,-0,0,1E400,0.1e-2,123456789012345678901234567890,1e+5]"));
    static const char *const expected[] = {
        "9007199254740993", "1.001640", "-0", "0", "1E400", "0.1e-2", "123456789012345678901234567890", "1e+5"
    };
    CHECK_INT(list->count, 8);
    const struct value *item = list->first;
    for (size_t i = 0; item && i < 8; item = item->next, i++) {
        CHECK_INT(item->kind, VALUE_NUMBER);
        CHECK_TEXT(item->text, text_of(expected[i]));
    }
}

TEST("a number and a text of the same digits stay apart, also with an escaped control character in front")
{
    struct value *list = parse(TEXT("[1,\"1\",\"\\u00011\",\"\\u00ff1\",\"\xc3\xbf\",{\"\\u0001\":2}]"));
    CHECK_INT(list->first->kind, VALUE_NUMBER);
    CHECK_INT(list->first->next->kind, VALUE_TEXT);
    CHECK_TEXT(list->first->next->next->text, TEXT("\x01"
                                                   "1"));
    CHECK_TEXT(list->first->next->next->next->text, TEXT("ÿ1"));
    CHECK_TEXT(list->last->first->name, TEXT("\x01"));
    CHECK_TEXT(list->last->first->text, TEXT("2"));
}

TEST("numbers outside the grammar are refused")
{
    static const char *const wrong[] = { "01",       "-",         "-01", "1.",  ".5",    "1.e5", "1e", "1e+",
                                         "0x10",     "1_000",     "+1",  "--1", "1.2.3", "00",   "1a", "NaN",
                                         "Infinity", "-Infinity", "1,5", "1 2", "1e5.5", "1-2" };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        refused(text_of(wrong[i]), "line 1, column ");
    refused(TEXT("{\"a\": 007}"),
            "line 1, column 7: this number is not written as JSON wants it: no zeros in front");
    refused(TEXT("[1,\n 2.]"), "line 2, column 2: this number");
    refused(TEXT("[1\"a\"]"), "line 1, column 3: \"\"\" is not expected here");
    refused(TEXT("[1 2]"), "line 1, column 4: \"2\" is not expected here");
    refused(TEXT("[123456,789,x]"), "line 1, column 13: \"x\" is not expected here");
}

TEST("a number in place of a name is refused where it stands")
{
    refused(TEXT("{\"a\":[1,{\"b\":2}],\n 3:4}"), "line 2, column 2: a number stands where a name must");
    refused(TEXT("{1:2}"), "line 1, column 2: a number stands where a name must; names stand in quotes");
}

TEST("a name that occurs twice in one object is refused where it stands the second time")
{
    refused(TEXT("{\"a\":1,\n \"b\":{\"a\":[\"a\",2]},\n  \"a\":3}"),
            "line 3, column 3: the name \"a\" occurs twice in one object");
    refused(TEXT("[{\"ế\":\"\\\"\\\\\",\"ế\":1}]"), "line 1, column 14: the name \"ế\" occurs twice");
    refused(TEXT("{\"a\":1,\"\\u0061\":2}"), "line 1, column 8: the name \"a\" occurs twice");
    refused(TEXT("{\"\":1,\"\":2}"), "the name \"\" occurs twice");
    CHECK(parse(TEXT("[{\"a\":1},{\"a\":1}]")) != NULL);
    CHECK(parse(TEXT("{\"a\":{\"a\":{\"a\":1}}}")) != NULL);
}

TEST("names are compared exactly: case and normal form tell them apart")
{
    struct value *value =
        parse(TEXT("{\"Ten\":1,\"ten\":2,\"TEN\":3,\"\xc3\xaa\":4,\"e\xcc\x82\":5,\"ten \":6}"));
    if (!CHECK(value != NULL))
        return;
    CHECK_INT(value->count, 6);
    CHECK_TEXT(value_text_of(value, "ten"), TEXT("2"));
    CHECK_TEXT(value_text_of(value, "TEN"), TEXT("3"));
}

static void put_members(struct buffer *out, size_t count, size_t repeated)
{
    buffer_char(out, '{');
    for (size_t i = 0; i < count; i++)
        buffer_printf(out, "%s\"n%zu\":%zu", i ? "," : "", i, i);
    if (repeated < count)
        buffer_printf(out, ",\n\"n%zu\":0", repeated);
    buffer_char(out, '}');
}

TEST("a repeated name is found in objects of any size, quickly")
{
    static const size_t counts[] = { 1, 15, 16, 17, 200, 100000 };
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        struct buffer text BUFFER_OWNED = { 0 };
        put_members(&text, counts[i], SIZE_MAX);
        struct value *value = parse(buffer_view(&text));
        if (CHECK(value != NULL))
            CHECK_INT(value->count, counts[i]);
        for (size_t repeated = 0; repeated < counts[i]; repeated += counts[i] / 3 + 1) {
            char message[64];
            buffer_clear(&text);
            put_members(&text, counts[i], repeated);
            snprintf(message, sizeof message, "line 2, column 1: the name \"n%zu\" occurs twice", repeated);
            refused(buffer_view(&text), message);
        }
    }
}

TEST("invalid UTF-8 is refused with its place")
{
    refused(TEXT("{\"a\":\n\"ế\xff\"}"), "line 2, column 3: the bytes are no valid UTF-8 here");
    refused(TEXT("[\"\xc0\x80\"]"), "line 1, column 3: the bytes are no valid UTF-8");
    refused(TEXT("[\"\xed\xa0\x80\"]"), "no valid UTF-8");
    refused(TEXT("[\"a\xe1\xba"), "line 1, column 4: the bytes are no valid UTF-8");
    refused(TEXT("\xff\xfe{\0}\0"), "line 1, column 1: the bytes are no valid UTF-8");
}

TEST("a NUL is refused inside a text, between values and behind the end")
{
    refused(TEXT("[\"a\0b\"]"), "line 1, column 4: a NUL stands inside a text");
    refused(TEXT("[1,\0 2]"), "line 1, column 4: a NUL stands between the values");
    refused(TEXT("{}\0"), "line 1, column 3: a NUL stands between the values");
    refused(TEXT("{}\0{}"), "a NUL stands between the values");
    refused(TEXT("{\"a\":1}\0trailing"), "line 1, column 8: a NUL");
    refused(TEXT("[\"\\u0000\"]"), "line 1, column 3: \\u0000 stands in a text");
}

TEST("raw control characters in a text are refused, each with what to do")
{
    refused(TEXT("[\"a\nb\"]"), "line 1, column 4: a line break stands inside a text; write \\n");
    refused(TEXT("[\"a\tb\"]"), "line 1, column 4: a tab stands inside a text; write \\t");
    for (char byte = 1; byte < 0x20; byte++) {
        char text[] = { '[', '"', 'a', byte, '"', ']' };
        refused((struct text){ text, sizeof text }, "stands inside a text");
        char outside[] = { '[', byte, ']' };
        if (byte != '\t' && byte != '\n' && byte != '\r')
            refused((struct text){ outside, sizeof outside },
                    "a control character stands between the values");
    }
    struct value *value = parse(TEXT("[\"\\n\\t\\r\\b\\f\\/\\\\\\\"\\u001f\x7f\"]"));
    CHECK(value && text_equal(value->first->text, TEXT("\n\t\r\b\f/\\\"\x1f\x7f")));
}

TEST("a control character is found at every place of a long text")
{
    char text[100];
    for (size_t i = 2; i < sizeof text - 2; i++) {
        memset(text, 'a', sizeof text);
        text[0] = '[', text[1] = '"', text[sizeof text - 2] = '"', text[sizeof text - 1] = ']';
        CHECK(parse((struct text){ text, sizeof text }) != NULL);
        text[i] = 0x1f;
        refused((struct text){ text, sizeof text }, "a control character stands inside a text");
        text[i] = '"';
        CHECK((parse((struct text){ text, sizeof text }) != NULL) == (i == sizeof text - 2));
        text[i] = '\\';
        CHECK(!parse((struct text){ text, sizeof text }));
    }
}

TEST("escapes outside the grammar are refused")
{
    static const char *const wrong[] = { "[\"\\x\"]", "[\"\\u12\"]", "[\"\\u12g4\"]", "[\"\\U0041\"]",
                                         "[\"\\'\"]", "[\"\\",       "[\"\\u",        "[\"\\u004" };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        refused(text_of(wrong[i]), "line 1, column 3: this escape is none of JSON's");
    refused(TEXT("[\"a\\"), "line 1, column 4: this escape");
}

TEST("unpaired surrogate escapes are refused, pairs are one character")
{
    static const char *const wrong[] = { "[\"\\ud800\"]",        "[\"\\udc00\"]",
                                         "[\"\\ud800\\ud800\"]", "[\"\\udc00\\ud800\"]",
                                         "[\"\\ud83dx\"]",       "[\"\\ud83d\\n\"]",
                                         "[\"\\ud83d\\u0041\"]", "[\"\\uDBFF\\uE000\"]" };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        refused(text_of(wrong[i]), "line 1, column 3: half a surrogate pair stands alone");
    struct value *value = parse(TEXT("[\"\\ud83d\\ude00\\uDBFF\\uDFFF\\u1ebf\"]"));
    CHECK(value && text_equal(value->first->text, TEXT("\xf0\x9f\x98\x80\xf4\x8f\xbf\xbfế")));
}

TEST("trailing bytes and second values are refused")
{
    refused(TEXT("{} x"), "line 1, column 4: \"x\" stands behind the end of the value");
    refused(TEXT("{}{}"), "line 1, column 3: \"{\" stands behind the end of the value");
    refused(TEXT("{}\n{}"),
            "line 2, column 1: \"{\" stands behind the end of the value; put one value in a text");
    refused(TEXT("[],"), "line 1, column 3");
    refused(TEXT("[]]"), "line 1, column 3");
    refused(TEXT("\"a\" \"b\""), "line 1, column 5");
    refused(TEXT("truex"), "line 1, column 5");
    refused(TEXT("nullnull"), "line 1, column 5");
    CHECK(parse(TEXT("[] \t\r\n")) != NULL);
}

TEST("a text that ends too early is refused, and so is one without a value")
{
    refused(TEXT("{\"a\":[1,2"), "line 1, column 10: the JSON text ends too early");
    refused(TEXT("{\"a\":"), "the JSON text ends too early");
    refused(TEXT("{\"a\""), "the JSON text ends too early");
    refused(TEXT("["), "the JSON text ends too early");
    refused(TEXT("[1,"), "the JSON text ends too early");
    refused(TEXT("[\"abc"), "line 1, column 2: the quotes that open here are not closed");
    refused(TEXT(""), "line 1, column 1: the JSON text is empty");
    refused(TEXT_NONE, "the JSON text is empty");
    refused(TEXT(" \n\t"), "the JSON text is empty");
    refused(TEXT("\xef\xbb\xbf"), "the JSON text is empty");
}

TEST("what other parsers forgive is refused")
{
    static const char *const wrong[] = {
        "[1,]",    "{\"a\":1,}", "[,1]",   "{a:1}",      "{'a':1}",     "[1 /* */]", "// x\n1",
        "True",    "nul",        "tru",    "[}",         "{]",          "{\"a\" 1}", "{\"a\":1 \"b\":2}",
        "{\"a\"}", "{\"a\":}",   "{,}",    "{:1}",       "}",           "]",         "{true:1}",
        "{[]:1}",  "[\"a\":1]",  "<html>", "\"a\"\"b\"", "[\"a\"\"b\"]"
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        refused(text_of(wrong[i]), "line ");
    refused(TEXT("{\"a\":[1,2],\n b:1}"),
            "line 2, column 2: \"b\" is not expected here, but a value, a name");
    refused(TEXT("[1,{x}]"), "line 1, column 5: \"x\" is not expected here");
    refused(TEXT("{\"a{\\\"\":1,[\"b\":2}"), "line 1, column 11: \"[\" is not expected here");
    refused(TEXT("[1,[x]]"), "line 1, column 5: \"x\" is not expected here");
    refused(TEXT("{,}"), "line 1, column 2: \",\" is not expected here");
    refused(TEXT("[{} {}]"), "line 1, column 5: \"{\" is not expected here");
    refused(TEXT("[{}x]"), "line 1, column 4: \"x\" is not expected here");
    refused(TEXT("[{\"a\":1,}]"),
            "line 1, column 9: a comma stands before this closing bracket; take it out");
    refused(TEXT("{\"a\":1,\n}"), "line 2, column 1: a comma stands before this closing bracket");
    refused(TEXT("[1, ]"), "line 1, column 5: a comma stands before this closing bracket");
    refused(TEXT("[“a”]"),
            "line 1, column 2: a character stands outside of quotes here that JSON knows only inside");
    refused(TEXT("[1,\xc2\xa0"
                 "2]"),
            "line 1, column 4: a character stands outside of quotes");
}

TEST("one byte order mark at the start is skipped, no other")
{
    CHECK(parse(TEXT("\xef\xbb\xbf{}")) != NULL);
    refused(TEXT("\xef\xbb\xbf\xef\xbb\xbf{}"), "line 1, column 1: a character stands outside of quotes");
    refused(TEXT("\xef\xbb\xbf{x}"), "line 1, column 2: \"x\" is not expected here");
}

TEST("as many levels as the header says are read, one more is refused, a million do no harm")
{
    struct buffer text BUFFER_OWNED = { 0 };
    for (int i = 0; i < JSON_DEPTH; i++)
        buffer_string(&text, i % 2 ? "{\"a\":" : "[");
    buffer_char(&text, '1');
    for (int i = JSON_DEPTH; i-- > 0;)
        buffer_char(&text, i % 2 ? '}' : ']');
    CHECK(parse(buffer_view(&text)) != NULL);

    buffer_clear(&text);
    for (int i = 0; i < 1000000; i++)
        buffer_char(&text, '[');
    refused(buffer_view(&text), "line 1, column 201: lists and objects are nested more than 200 levels deep");
    text.length = JSON_DEPTH + 1;
    refused(buffer_view(&text), "nested more than 200 levels deep");
}

TEST("the tree borrows nothing from the text and outlives the next parse")
{
    char text[] = "{\"name\":[\"value\",123]}";
    struct value *value = parse((struct text){ text, sizeof text - 1 });
    memset(text, 'x', sizeof text);
    for (int i = 0; i < 100; i++)
        CHECK(parse(TEXT("{\"zzzz\":[\"zzzzz\",999]}")) != NULL);
    CHECK_TEXT(value->first->name, TEXT("name"));
    CHECK_TEXT(value->first->first->text, TEXT("value"));
    CHECK_TEXT(value->first->last->text, TEXT("123"));
}

TEST("an error may be left out by who wants the status alone")
{
    struct value *value;
    CHECK_INT(json_parse(&test_arena, TEXT("{"), &value, NULL), STATUS_REJECT);
    CHECK_INT(json_parse(&test_arena, TEXT("[\"\\x\"]"), &value, NULL), STATUS_REJECT);
    CHECK_INT(json_parse(&test_arena, TEXT("{\"a\":1,\"a\":2}"), &value, NULL), STATUS_REJECT);
}

TEST("a long name in a message is cut at a letter")
{
    struct buffer text BUFFER_OWNED = { 0 };
    for (int i = 0; i < 2; i++) {
        buffer_string(&text, i ? ",\"" : "{\"");
        for (int j = 0; j < 1000; j++)
            buffer_string(&text, "ế");
        buffer_string(&text, "\":1");
    }
    buffer_char(&text, '}');
    refused(buffer_view(&text), "ế\" occurs twice in one object");
    CHECK(strlen(error.message) < 300);
}

static void *parse_many(void *number)
{
    struct arena arena ARENA_OWNED = { 0 };
    for (int i = 0; i < 500; i++) {
        char text[128];
        struct value *value;
        struct error user_data;
        int length =
            snprintf(text, sizeof text, "{\"thread\":%d,\"list\":[%d,\"%d\",true]}", *(int *)number, i, i);
        if (json_parse(&arena, (struct text){ text, (size_t)length }, &value, &user_data) != STATUS_OK ||
            atoi(value_text_of(value, "thread").bytes) != *(int *)number ||
            atoi(value_find(value, "list")->first->text.bytes) != i)
            return number;
        if (json_parse(&arena, (struct text){ text, (size_t)length - 1 }, &value, &user_data) !=
            STATUS_REJECT)
            return number;
        arena_clear(&arena);
    }
    return NULL;
}

TEST("threads parse side by side")
{
    pthread_t threads[4];
    int numbers[4] = { 1, 2, 3, 4 };
    for (int i = 0; i < 4; i++)
        CHECK_INT(pthread_create(&threads[i], NULL, parse_many, &numbers[i]), 0);
    for (int i = 0; i < 4; i++) {
        void *failed;
        pthread_join(threads[i], &failed);
        CHECK(!failed);
    }
}
