#include "core/setting.h"

#include "tests/support/test.h"

struct sample {
    const char *name;
    int64_t count, wait, size;
    double share;
    bool on;
    int choice;
};

static const char *const choices[] = { "red", "green", NULL };
#define AT(member) offsetof(struct sample, member)
static const struct setting table[] = {
    { "name", SETTING_TEXT, AT(name), .required = true },
    { "count", SETTING_NUMBER, AT(count), .fallback = "8", .minimum = 1, .maximum = 10 },
    { "wait", SETTING_DURATION, AT(wait), .fallback = "60s" },
    { "size", SETTING_SIZE, AT(size), .fallback = "1M" },
    { "share", SETTING_SHARE, AT(share), .fallback = "30%" },
    { "on", SETTING_BOOLEAN, AT(on), .fallback = "false" },
    { "choice", SETTING_CHOICE, AT(choice), .fallback = "green", .choices = choices },
};

static struct setting_context context = { &test_arena, "c.yaml", NULL };
static struct error error;
static struct sample sample;

static enum status read(const char *name, const char *value)
{
    struct value *object = value_object(&test_arena);
    object->line = 1, object->column = 1;
    value_set(object, "name", value_string(&test_arena, "x"));
    if (name) {
        struct value *member = value_set(object, name, value_string(&test_arena, value));
        member->line = 3, member->column = 5;
    }
    sample = (struct sample){ 0 };
    return setting_read(&context, table, sizeof table / sizeof *table, object, "sample", &sample, &error);
}

TEST("defaults are read as they would be written")
{
    CHECK_INT(read(NULL, NULL), STATUS_OK);
    CHECK_INT(sample.count, 8);
    CHECK_INT(sample.wait, 60000);
    CHECK_INT(sample.size, 1 << 20);
    CHECK(sample.share > 0.299 && sample.share < 0.301);
    CHECK_INT(sample.choice, 1);
    CHECK(!sample.on);
}

TEST("every kind of value is read in its units")
{
    CHECK_INT(read("wait", "500ms"), STATUS_OK);
    CHECK_INT(sample.wait, 500);
    CHECK_INT(read("wait", "2h"), STATUS_OK);
    CHECK_INT(sample.wait, 7200000);
    CHECK_INT(read("size", "64k"), STATUS_OK);
    CHECK_INT(sample.size, 65536);
    CHECK_INT(read("share", "0.05"), STATUS_OK);
    CHECK(sample.share > 0.049 && sample.share < 0.051);
    CHECK_INT(read("on", "true"), STATUS_OK);
    CHECK(sample.on);
}

TEST("what is wrong is named with file, line, column and what is right")
{
    static const struct {
        const char *name, *value, *words;
    } cases[] = {
        { "cuont", "1", "did you mean \"count\"" },
        { "count", "x", "must be a whole number" },
        { "count", "11", "between 1 and 10" },
        { "wait", "5 minutes", "a duration such as" },
        { "size", "1T", "a size such as" },
        { "share", "130%", "a share such as" },
        { "on", "maybe", "must be true or false" },
        { "choice", "blue", "one of: red, green" },
        { "wait", "-1s", "a duration" },
        { "count", "99999999999999999999", "must be a whole number" },
        { "zzzzzzzzzzzzzz", "1", "known are: name, count" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK_INT(read(cases[i].name, cases[i].value), STATUS_USAGE);
        CHECK_CONTAINS(error.message, cases[i].words);
        CHECK_CONTAINS(error.message, "c.yaml:3:5: ");
    }
}

TEST("a missing key that is required is said where its object stands")
{
    struct value *object = value_object(&test_arena);
    object->line = 7, object->column = 2;
    CHECK_INT(setting_read(&context, table, 7, object, "sample", &sample, &error), STATUS_USAGE);
    CHECK_CONTAINS(error.message, "c.yaml:7:2: sample: \"name\" is missing");
}

TEST("an object's own settings are read into the same struct, with defaults where it is left out")
{
    static const struct setting inner[] = {
        { "count", SETTING_NUMBER, AT(count), .fallback = "8", .minimum = 1, .maximum = 10 },
        { "wait", SETTING_DURATION, AT(wait), .fallback = "60s" },
    };
    static const struct setting outer[] = {
        { "name", SETTING_TEXT, AT(name), .fallback = NULL },
        { "retry", SETTING_OBJECT, .members = inner, .member_count = 2 },
    };
    struct value *object = value_object(&test_arena);
    sample = (struct sample){ 0 };
    CHECK_INT(setting_read(&context, outer, 2, object, "portal", &sample, &error), STATUS_OK);
    CHECK_INT(sample.count, 8);
    struct value *retry = value_set(object, "retry", value_object(&test_arena));
    value_set(retry, "count", value_string(&test_arena, "3"));
    CHECK_INT(setting_read(&context, outer, 2, object, "portal", &sample, &error), STATUS_OK);
    CHECK_INT(sample.count, 3);
    CHECK_INT(sample.wait, 60000);
    value_set(retry, "cuont", value_string(&test_arena, "3"));
    CHECK_INT(setting_read(&context, outer, 2, object, "portal", &sample, &error), STATUS_USAGE);
    CHECK_CONTAINS(error.message, "portal.retry: unknown key \"cuont\"; did you mean \"count\"");
    *retry = *value_string(&test_arena, "often");
    retry->name = TEXT("retry");
    CHECK_INT(setting_read(&context, outer, 2, object, "portal", &sample, &error), STATUS_USAGE);
    CHECK_CONTAINS(error.message, "\"portal.retry\" must be an object");
}
