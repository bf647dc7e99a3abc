#include "core/error_value.h"

#include <string.h>

#include "core/canonical.h"
#include "tests/support/test.h"

static struct error error;

static struct text written(const struct value *value)
{
    struct buffer bytes = { 0 };
    canonical_write(&bytes, value);
    struct text copy = text_copy(&test_arena, buffer_view(&bytes));
    buffer_free(&bytes);
    return copy;
}

TEST("an error is a name and values, and its words are made of them")
{
    (void)error_set(&error, STATUS_FATAL, _("%s is larger than the limit of %zu bytes"), "a.json",
                    (size_t)70000);
    (void)error_add(&error, "%s", "so-tu-phap");
    struct value *value = error_value(&test_arena, &error);
    CHECK_STRING(error_id(&error), "is-larger-than-the-limit-of-bytes");
    CHECK_TEXT(written(value),
               TEXT("{\"id\":\"is-larger-than-the-limit-of-bytes\",\"parts\":[{\"id\":\"place\",\"values\":["
                    "\"so-tu-phap\"]},"
                    "{\"id\":\"is-larger-than-the-limit-of-bytes\",\"values\":[\"a.json\",\"70000\"]}]}"));
    CHECK_TEXT(error_value_words(&test_arena, value), text_of(error.message));
}

TEST("slices, numbers and signs of a message are values as they were shown")
{
    (void)error_set(&error, STATUS_REJECT, _("a comma stands before the closing \"%c\""), ']');
    CHECK_TEXT(error_value_words(&test_arena, error_value(&test_arena, &error)), text_of(error.message));
    (void)error_set(&error, STATUS_USAGE, _("a procedure has no field \"%.*s\"; did you mean \"%s\"?"), 3,
                    "nam\x1bx", "name");
    CHECK_TEXT(error_value_words(&test_arena, error_value(&test_arena, &error)), text_of(error.message));
    CHECK_STRING(error.message, "a procedure has no field \"nam\"; did you mean \"name\"?");
}

TEST("what can be done is a part of its own")
{
    (void)error_set(&error, STATUS_USAGE, _("there is no command \"%s\"; see congkhai --help"), "a; b. c");
    CHECK_TEXT(error_hint(&test_arena, &error), TEXT("see congkhai --help"));
    (void)error_set(&error, STATUS_FATAL,
                    _("%s cannot be written: the disk is full. Free space and run again"), "a; b");
    CHECK_TEXT(error_hint(&test_arena, &error), TEXT("Free space and run again"));
    (void)error_set(&error, STATUS_FATAL, _("%s is no regular file"), "a; b");
    CHECK(!error_hint(&test_arena, &error).bytes);
}

TEST("what is too long to be kept as values is a message all the same")
{
    char longest[2000];
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = 0;
    (void)error_set(&error, STATUS_FATAL, _("%s is no regular file"), longest);
    CHECK(!error_value(&test_arena, &error));
    CHECK(strlen(error.message) > 1500);
    (void)error_add(&error, "%s", "x");
    CHECK(!error_value(&test_arena, &error));
    (void)error_set(&error, STATUS_FATAL, _("%s is no regular file"), "x");
    for (int i = 0; i < 11; i++)
        (void)error_add(&error, "%s", "places");
    CHECK(error_value(&test_arena, &error));
    for (int i = 0; i < 300; i++) {
        (void)error_add(&error, "%s", "places");
        CHECK(!error_value(&test_arena, &error));
    }
}

TEST("words are not made of what this program does not know")
{
    struct value *value = value_object(&test_arena), *parts = value_list(&test_arena),
                 *part = value_object(&test_arena);
    CHECK(!error_value_words(&test_arena, value).bytes);
    value_set(value, "parts", parts);
    CHECK(!error_value_words(&test_arena, value).bytes);
    value_append(parts, part);
    value_set(part, "id", value_string(&test_arena, "no-such-name"));
    value_set(part, "values", value_list(&test_arena));
    CHECK(!error_value_words(&test_arena, value).bytes);
}

TEST("every name is of one message, and every message has one name")
{
    CHECK_STRING(error_id_of("%s is no regular file"), "is-no-regular-file");
    CHECK_STRING(error_format_of("is-no-regular-file"), "%s is no regular file");
    CHECK(!error_id_of("no such message"));
    CHECK(!error_format_of("no-such-name"));
}
