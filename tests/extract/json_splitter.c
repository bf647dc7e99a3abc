#include "extract/json_splitter.h"

#include <string.h>

#include "tests/support/stepped_stream.h"
#include "tests/support/test.h"

static struct error error;

/* All items, a bar behind each, and how it ended. */
static const char *split_by(bool drip, const char *json, const char *records, size_t limit)
{
    struct file_stream stream;
    struct json_splitter splitter;
    struct json_pointer pointer;
    struct text item;
    struct buffer out = { 0 };
    enum status status;
    if (drip)
        stepped_stream_open(text_of(json), "t", &stream);
    else
        file_stream_memory(text_of(json), "t", &stream);
    CHECK_INT(json_pointer_compile(&test_arena, text_of(records), &pointer, &error), STATUS_OK);
    json_splitter_open(&splitter, &stream, &pointer, limit);
    while ((status = json_splitter_next(&splitter, &item, &error)) == STATUS_OK || status == STATUS_REJECT) {
        buffer_text(&out, status == STATUS_OK ? item : TEXT("!"));
        buffer_char(&out, '|');
    }
    if (status == STATUS_STOP) {
        buffer_string(&out, "STOP ");
        buffer_text(&out, item);
    }
    json_splitter_close(&splitter);
    const char *text = text_string(&test_arena, buffer_view(&out));
    buffer_free(&out);
    return text;
}

static const char *split(const char *json, const char *records)
{
    const char *whole = split_by(false, json, records, 1000);
    CHECK_STRING(split_by(true, json, records, 1000), whole);
    return whole;
}

TEST("a list at the root gives its items, whatever blanks stand between them")
{
    CHECK_STRING(split(" [ {\"a\":1} ,\n{\"a\":[1,{}]}\t] \n", ""), "{\"a\":1}|{\"a\":[1,{}]}|");
    CHECK_STRING(split("[]", ""), "");
    CHECK_STRING(split("\xef\xbb\xbf[1,\"b\",null,true]", ""), "1|\"b\"|null|true|");
}

TEST("what is no list is itself the one item")
{
    CHECK_STRING(split("{\"a\":[1]}", ""), "{\"a\":[1]}|");
    CHECK_STRING(split("{\"r\":{\"a\":1},\"b\":2}", "/r"), "{\"a\":1}|");
}

TEST("quotes, brackets and backslashes inside texts divide nothing")
{
    CHECK_STRING(split("[\"]\",\"\\\"],[\",\"\\\\\",{\"}\":\"{\"}]", ""),
                 "\"]\"|\"\\\"],[\"|\"\\\\\"|{\"}\":\"{\"}|");
}

TEST("a pointer leads past other members, however they are written")
{
    const char *json = "{\"x\":{\"items\":[9]},\"d\\u0061ta\":{\"n\":[[0],[0]],\"items\":[1,2]},\"z\":\"]\"}";
    CHECK_STRING(split(json, "/data/items"), "1|2|");
    CHECK_STRING(split("[[1],[2,3]]", "/1"), "2|3|");
    CHECK_STRING(split("{\"a/b\":{\"m~n\":[5]}}", "/a~1b/m~0n"), "5|");
}

TEST("a null, a text or a number where the list should be is no list")
{
    CHECK_STRING(split("{\"items\":null}", "/items"), "STOP null");
    CHECK_CONTAINS(error.message, "where the list should be stands null (see \"records\")");
    CHECK_STRING(split("{\"items\":\"\"}", "/items"), "STOP \"\"");
    CHECK_STRING(split("{\"items\":12}", "/items"), "STOP 12");
    CHECK_STRING(split("null", ""), "null|");
}

TEST("a pointer that leads nowhere is said, with the name that is missing")
{
    CHECK_STRING(split("{\"error\":\"busy\"}", "/data/items"), "STOP ");
    CHECK_CONTAINS(error.message, "there is no \"data\" in the document (see \"records\")");
    CHECK_STRING(split("{\"data\":\"x\"}", "/data/items"), "STOP ");
    CHECK_CONTAINS(error.message, "there is no \"items\"");
    CHECK_STRING(split("[1]", "/7"), "STOP ");
    CHECK_STRING(split("[1]", "/x"), "STOP ");
}

TEST("a text that was cut gives what is whole, then says so")
{
    CHECK_STRING(split("[{\"a\":1},{\"b\":", ""), "{\"a\":1}|STOP {\"b\":");
    CHECK_CONTAINS(error.message, "the file was cut");
    CHECK_STRING(split("[{\"a\":1}", ""), "{\"a\":1}|STOP ");
    CHECK_STRING(split("{\"items\":[1]", "/items"), "1|STOP ");
    CHECK_STRING(split("{\"items\"", "/items"), "STOP ");
    CHECK_STRING(split("", ""), "STOP ");
    CHECK_CONTAINS(error.message, "the document is empty");
}

TEST("junk between and behind the items is not passed over")
{
    CHECK_STRING(split("[1 2]", ""), "1|STOP ");
    CHECK_CONTAINS(error.message, "\",\" was expected");
    CHECK_STRING(split("[1,]", ""), "1|STOP ");
    CHECK_CONTAINS(error.message, "a comma stands before the closing");
    CHECK_STRING(split("[1] x", ""), "1|STOP ");
    CHECK_CONTAINS(error.message, "something stands behind the end");
    CHECK_STRING(split("[,1]", ""), "STOP ");
    CHECK_CONTAINS(error.message, "a value is missing");
}

TEST("a second list of the same name is refused, not read or left out")
{
    CHECK_STRING(split("{\"items\":[1],\"items\":[2]}", "/items"), "1|STOP ");
    CHECK_CONTAINS(error.message, "the name \"items\" occurs twice");
}

TEST("an item over the limit is set aside, and the next one is read")
{
    CHECK_STRING(split_by(false, "[\"aaaaaaaaaaaaaaaaaaaa\",\"b\"]", "", 10), "!|\"b\"|");
    CHECK_CONTAINS(error.message, "larger than 10 bytes (see \"record_limit\")");
    CHECK_STRING(split_by(true, "[\"aaaaaaaaaaaaaaaaaaaa\",\"b\"]", "", 10), "!|\"b\"|");
}

TEST("ten thousand levels are followed without recursion")
{
    struct buffer deep = { 0 };
    buffer_char(&deep, '[');
    for (int i = 0; i < 10000; i++)
        buffer_char(&deep, '[');
    for (int i = 0; i < 10000; i++)
        buffer_char(&deep, ']');
    buffer_string(&deep, ",1]");
    const char *items = split_by(false, deep.bytes, "", 100000);
    CHECK(text_ends(text_of(items), TEXT("]|1|")));
    buffer_free(&deep);
}

TEST("one value can be found without the rest")
{
    struct file_stream stream;
    struct json_splitter splitter;
    struct json_pointer pointer;
    struct text value = TEXT_NONE;
    file_stream_memory(TEXT("{\"a\":[1,2],\"next\":\"/p?2\", broken"), "t", &stream);
    CHECK_INT(json_pointer_compile(&test_arena, TEXT("/next"), &pointer, &error), STATUS_OK);
    json_splitter_open(&splitter, &stream, &pointer, 100);
    CHECK_INT(json_splitter_find(&splitter, &value, &error), STATUS_OK);
    CHECK_TEXT(value, TEXT("\"/p?2\""));
    json_splitter_close(&splitter);
    file_stream_memory(TEXT("{\"a\":[1,2]}"), "t", &stream);
    json_splitter_open(&splitter, &stream, &pointer, 100);
    CHECK_INT(json_splitter_find(&splitter, &value, &error), STATUS_END);
    json_splitter_close(&splitter);
}
