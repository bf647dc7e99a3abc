/* The small parts of url sources: references, parameters, bodies, templates. */
#include <stdlib.h>

#include "extract/url_answer.h"
#include "extract/url_resolve.h"
#include "tests/support/test.h"

static struct error error;

static const char *resolve(const char *base, const char *reference)
{
    struct buffer url = { 0 };
    const char *text =
        url_resolve(base, text_of(reference), &url) ? text_string(&test_arena, buffer_view(&url)) : "none";
    buffer_free(&url);
    return text;
}

TEST("a reference is resolved against the URL it came from")
{
    static const char base[] = "https://u@h.example:8/a/b?c=d#e";
    CHECK_STRING(resolve(base, "https://x/y"), "https://x/y");
    CHECK_STRING(resolve(base, "//x/y"), "https://x/y");
    CHECK_STRING(resolve(base, "/y?z"), "https://u@h.example:8/y?z");
    CHECK_STRING(resolve(base, "y"), "https://u@h.example:8/a/y");
    CHECK_STRING(resolve(base, "?page=2"), "https://u@h.example:8/a/b?page=2");
    CHECK_STRING(resolve("http://h", "y"), "http://h/y");
    CHECK_STRING(resolve("http://h?q", "y"), "http://h/y");
    CHECK_STRING(resolve(base, "file:///etc/passwd"), "file:///etc/passwd");
    CHECK_STRING(resolve(base, "a b"), "none");
    CHECK_STRING(resolve(base, "a\r\nHost: x"), "none");
    CHECK_STRING(resolve(base, ""), "none");
    CHECK_STRING(resolve("no url", "y"), "none");
}

TEST("the same host means scheme, name and port")
{
    CHECK(url_same_host("http://h/a", "http://H:80?b"));
    CHECK(url_same_host("https://u:p@h", "https://h:443/"));
    CHECK(!url_same_host("http://h", "https://h"));
    CHECK(!url_same_host("http://h", "http://h:81"));
    CHECK(!url_same_host("http://h", "http://h.evil"));
    CHECK(!url_same_host("http://h", "http://evil@h2"));
    CHECK(!url_same_host("http://h", "file:///h"));
}

static const char *parameter(const char *url, const char *name, const char *value)
{
    struct buffer out = { 0 };
    buffer_string(&out, url);
    url_put_parameter(&out, name, text_of(value));
    const char *text = text_string(&test_arena, buffer_view(&out));
    buffer_free(&out);
    return text;
}

TEST("a parameter is replaced where it stands and added where it does not")
{
    CHECK_STRING(parameter("http://h/a", "p", "1"), "http://h/a?p=1");
    CHECK_STRING(parameter("http://h/a?x=1&p=3&y#f", "p", "a b&"), "http://h/a?x=1&y&p=a%20b%26#f");
    CHECK_STRING(parameter("http://h/a?pp=1&p", "p", "2"), "http://h/a?pp=1&p=2");
    CHECK_STRING(parameter("http://h/?", "p", "2"), "http://h/?p=2");
}

static const char *body(const char *json, const char *into, const char *value, bool number)
{
    struct buffer out = { 0 };
    struct json_pointer pointer;
    buffer_string(&out, json);
    CHECK_INT(json_pointer_compile(&test_arena, text_of(into), &pointer, &error), STATUS_OK);
    enum status status = url_put_into_body(&out, &pointer, text_of(value), number, &error);
    const char *text = status ? error.message : text_string(&test_arena, buffer_view(&out));
    buffer_free(&out);
    return text;
}

TEST("a cursor goes into its place of the body, which is made where it is missing")
{
    CHECK_STRING(body("{\"limit\":100,\"a\":{\"b\":[1]}}", "/a/b", "x\"y", false),
                 "{\n  \"limit\": 100,\n  \"a\": {\n    \"b\": \"x\\\"y\"\n  }\n}");
    CHECK_STRING(body("{}", "/q/last", "7", true), "{\n  \"q\": {\n    \"last\": 7\n  }\n}");
    CHECK_CONTAINS(body("[1]", "/a", "7", true), "there is no object that \"a\" could go into");
    CHECK_CONTAINS(body("no", "/a", "7", true), "body: ");
}

static const char *fill(const struct url_template *template, enum url_template_place place,
                        const struct value *item)
{
    struct buffer out = { 0 };
    enum status status = url_template_fill(template, place, TEXT("S/1"), item, &out, &error);
    const char *text = status ? error.message : text_string(&test_arena, buffer_view(&out));
    buffer_free(&out);
    return text;
}

TEST("templates put session and item in as their place wants it, and show neither secrets nor users")
{
    struct url_template template;
    struct buffer shown = { 0 };
    struct value *item = value_object(&test_arena);
    value_set(item, "id", value_string(&test_arena, "a/\"b"));
    CHECK_INT(setenv("CONGKHAI_TEST_SECRET", "s3cret", 1), 0);
    CHECK_INT(url_template_compile(&test_arena, ".",
                                   "https://u:p@h/x?k=${env:CONGKHAI_TEST_SECRET}&s=${session}&i=${item:/id}",
                                   &template, &error),
              STATUS_OK);
    CHECK(template.secret && template.session && template.item);
    CHECK_STRING(fill(&template, URL_TEMPLATE_URL, item), "https://u:p@h/x?k=s3cret&s=S%2F1&i=a%2F%22b");
    CHECK_STRING(fill(&template, URL_TEMPLATE_JSON, item), "https://u:p@h/x?k=s3cret&s=S/1&i=a/\\\"b");
    CHECK_CONTAINS(fill(&template, URL_TEMPLATE_URL, NULL), "an item of the listing lacks");
    url_template_show(&template, item, &shown);
    CHECK_TEXT(buffer_view(&shown), TEXT("https://h/x?k=${env:CONGKHAI_TEST_SECRET}&s=${session}&i=a/\"b"));
    buffer_free(&shown);
    CHECK_INT(url_template_compile(&test_arena, ".", "${item:/a", &template, &error), STATUS_USAGE);
    CHECK_CONTAINS(error.message, "is not closed");
    CHECK_INT(url_template_compile(&test_arena, ".", "${item:a}", &template, &error), STATUS_USAGE);
    CHECK_INT(url_template_compile(&test_arena, ".", "${env:CONGKHAI_TEST_NOT_SET}", &template, &error),
              STATUS_USAGE);
    value_set(item, "line", value_string(&test_arena, "a\nb"));
    CHECK_INT(url_template_compile(&test_arena, ".", "${item:/line}", &template, &error), STATUS_OK);
    CHECK_CONTAINS(fill(&template, URL_TEMPLATE_RAW, item), "a header cannot hold a line break");
}
