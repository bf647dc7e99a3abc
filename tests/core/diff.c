#include "core/diff.h"

#include "tests/support/test.h"

static struct value *procedure(const char *name, const char *first, const char *second)
{
    struct value *object = value_object(&test_arena), *list = value_list(&test_arena);
    value_set(object, "name", value_string(&test_arena, name));
    const char *numbers[] = { first, second };
    for (int i = 0; i < 2; i++)
        if (numbers[i]) {
            struct value *item = value_append(list, value_object(&test_arena));
            value_set(item, "number", value_string(&test_arena, numbers[i]));
        }
    value_set(object, "legal_bases", list);
    return object;
}

TEST("equal procedures have no difference")
{
    CHECK(!diff_find(&test_arena, procedure("a", "1", NULL), procedure("a", "1", NULL)));
    CHECK(!diff_find(&test_arena, NULL, NULL));
}

TEST("a changed text is one difference with its path, old and new")
{
    struct diff *found = diff_find(&test_arena, procedure("a", "1", "2"), procedure("a", "1", "3"));
    if (!CHECK(found))
        return;
    CHECK_TEXT(found->field, TEXT("legal_bases[1].number"));
    CHECK_TEXT(found->before, TEXT("2"));
    CHECK_TEXT(found->after, TEXT("3"));
    CHECK(!found->next);
}

TEST("what is only on one side has nothing on the other")
{
    struct diff *found = diff_find(&test_arena, procedure("a", "1", NULL), procedure("a", "1", "2"));
    if (!CHECK(found))
        return;
    CHECK_TEXT(found->field, TEXT("legal_bases[1].number"));
    CHECK(!found->before.bytes);
    CHECK_TEXT(found->after, TEXT("2"));
    found = diff_find(&test_arena, procedure("a", "1", NULL), NULL);
    CHECK_TEXT(found->field, TEXT("name"));
    CHECK(!found->after.bytes);
}
