#include "core/json_pointer.h"

#include "tests/support/test.h"

static struct error error;

static const struct value *at(const struct value *value, const char *text)
{
    struct json_pointer pointer;
    if (json_pointer_compile(&test_arena, text_of(text), &pointer, &error))
        return NULL;
    return json_pointer_find(&pointer, value);
}

static struct text text_at(const struct value *value, const char *text)
{
    const struct value *found = at(value, text);
    return found ? found->text : TEXT("(not there)");
}

static void set(struct value *object, const char *name, int64_t number)
{
    value_set(object, name, value_integer(&test_arena, number));
}

/* The document of RFC 6901 section 5. */
static struct value *document(void)
{
    struct value *object = value_object(&test_arena);
    struct value *list = value_set(object, "foo", value_list(&test_arena));
    value_append(list, value_string(&test_arena, "bar"));
    value_append(list, value_string(&test_arena, "baz"));
    static const char *const names[] = { "", "a/b", "c%d", "e^f", "g|h", "i\\j", "k\"l", " ", "m~n" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        set(object, names[i], (int64_t)i);
    return object;
}

TEST("the examples of RFC 6901 find what they say")
{
    struct value *object = document();
    CHECK(at(object, "") == object);
    CHECK(at(object, "/foo") == object->first);
    CHECK_TEXT(text_at(object, "/foo/0"), TEXT("bar"));
    CHECK_TEXT(text_at(object, "/"), TEXT("0"));
    CHECK_TEXT(text_at(object, "/a~1b"), TEXT("1"));
    CHECK_TEXT(text_at(object, "/c%d"), TEXT("2"));
    CHECK_TEXT(text_at(object, "/e^f"), TEXT("3"));
    CHECK_TEXT(text_at(object, "/g|h"), TEXT("4"));
    CHECK_TEXT(text_at(object, "/i\\j"), TEXT("5"));
    CHECK_TEXT(text_at(object, "/k\"l"), TEXT("6"));
    CHECK_TEXT(text_at(object, "/ "), TEXT("7"));
    CHECK_TEXT(text_at(object, "/m~0n"), TEXT("8"));
}

TEST("a dot is the whole value")
{
    struct value *item = value_string(&test_arena, "Nộp hồ sơ");
    CHECK(at(item, ".") == item);
    CHECK(at(item, "") == item);
}

TEST("~01 is ~1 and not /")
{
    struct value *object = value_object(&test_arena);
    set(object, "~1", 1);
    set(object, "/", 2);
    CHECK_TEXT(text_at(object, "/~01"), TEXT("1"));
    CHECK_TEXT(text_at(object, "/~1"), TEXT("2"));
}

TEST("an item is named by its digits alone")
{
    struct value *object = document();
    CHECK_TEXT(text_at(object, "/foo/1"), TEXT("baz"));
    static const char *const none[] = { "/foo/2",
                                        "/foo/-",
                                        "/foo/00",
                                        "/foo/01",
                                        "/foo/+1",
                                        "/foo/-1",
                                        "/foo/",
                                        "/foo/1e0",
                                        "/foo/ 1",
                                        "/foo/0/0",
                                        "/foo/bar",
                                        "/foo/18446744073709551616",
                                        "/foo/99999999999999999999999999" };
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        if (!CHECK(!at(object, none[i])))
            CHECK_STRING(none[i], "not there");
}

TEST("what is not there is not found, on the way or at its end")
{
    struct value *object = document();
    CHECK(!at(object, "/absent"));
    CHECK(!at(object, "/absent/deeper"));
    CHECK(!at(object, "/foo/0/bar"));
    CHECK(!at(object, "//"));
    CHECK(!at(NULL, "/foo"));
}

TEST("a text that is no pointer is refused with what to write instead")
{
    struct json_pointer pointer;
    CHECK_INT(json_pointer_compile(&test_arena, TEXT("ma_thu_tuc"), &pointer, &error), STATUS_USAGE);
    CHECK_CONTAINS(error.message, "\"ma_thu_tuc\" is no JSON Pointer");
    CHECK_CONTAINS(error.message, "write \"/ma_thu_tuc\"");
    static const char *const wrong[] = { "/a~", "/a~2", "/~/b", "/~~0" };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        CHECK_INT(json_pointer_compile(&test_arena, text_of(wrong[i]), &pointer, &error), STATUS_USAGE);
        CHECK_CONTAINS(error.message, wrong[i]);
        CHECK_CONTAINS(error.message, "after ~ only 0 or 1 may stand");
        CHECK_INT(pointer.count, 0);
    }
}

TEST("a compiled pointer does not borrow from its text")
{
    struct json_pointer pointer;
    char text[] = "/foo/1";
    CHECK_INT(json_pointer_compile(&test_arena, text_of(text), &pointer, &error), STATUS_OK);
    text[1] = text[5] = 'x';
    CHECK_TEXT(json_pointer_find(&pointer, document())->text, TEXT("baz"));
}
