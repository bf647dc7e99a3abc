#include "core/value.h"

#include "tests/support/test.h"

static struct value *sample(void)
{
    struct value *object = value_object(&test_arena);
    value_set(object, "code", value_string(&test_arena, "1.001612"));
    value_set(object, "originals", value_integer(&test_arena, 2));
    struct value *list = value_set(object, "levels", value_list(&test_arena));
    value_append(list, value_string(&test_arena, "province"));
    value_append(list, value_boolean(&test_arena, true));
    value_append(list, value_null(&test_arena));
    return object;
}

TEST("children are found by their exact name")
{
    struct value *object = sample();
    CHECK_INT(object->count, 3);
    CHECK_TEXT(value_find(object, "code")->text, TEXT("1.001612"));
    CHECK(!value_find(object, "Code"));
    CHECK(!value_find(object, "cod"));
    CHECK(!value_find(object, ""));
    CHECK(!value_find(NULL, "code"));
    CHECK(!value_find(value_find(object, "levels"), "code"));
    CHECK(!value_find(value_find(object, "code"), "code"));
    value_set_text(object, TEXT("a\0b"), value_null(&test_arena));
    value_set_text(object, TEXT(""), value_boolean(&test_arena, false));
    CHECK(value_find_text(object, TEXT("a\0b")) != NULL);
    CHECK(!value_find_text(object, TEXT("a\0c")));
    CHECK(value_find(object, "") == object->last);
}

TEST("the text of a child is that of a text or a number alone")
{
    struct value *object = sample();
    CHECK_TEXT(value_text_of(object, "code"), TEXT("1.001612"));
    CHECK_TEXT(value_text_of(object, "originals"), TEXT("2"));
    CHECK(!value_text_of(object, "levels").bytes);
    CHECK(!value_text_of(object, "absent").bytes);
}

TEST("integers are written whole from the least to the greatest")
{
    CHECK_TEXT(value_integer(&test_arena, INT64_MIN)->text, TEXT("-9223372036854775808"));
    CHECK_TEXT(value_integer(&test_arena, INT64_MAX)->text, TEXT("9223372036854775807"));
    CHECK_TEXT(value_integer(&test_arena, 0)->text, TEXT("0"));
    CHECK_TEXT(value_integer(&test_arena, -10)->text, TEXT("-10"));
}

TEST("scalars are told from lists and objects")
{
    CHECK(value_is_scalar(value_null(&test_arena)));
    CHECK(value_is_scalar(value_number(&test_arena, TEXT("1e3"))));
    CHECK(!value_is_scalar(value_list(&test_arena)));
    CHECK(!value_is_scalar(value_object(&test_arena)));
    CHECK(!value_is_scalar(NULL));
}

TEST("a copy is deep and outlives what it was copied from")
{
    struct arena other = { 0 };
    struct value *object = value_object(&other);
    struct value *inner = value_set_text(object, text_copy(&other, TEXT("steps")), value_list(&other));
    inner->line = 7;
    value_append(inner, value_text(&other, text_copy(&other, TEXT("Nộp hồ sơ"))));
    struct value *copy = value_copy(&test_arena, object);
    arena_free(&other);
    CHECK_INT(copy->count, 1);
    CHECK_TEXT(copy->first->name, TEXT("steps"));
    CHECK_INT(copy->first->line, 7);
    CHECK_TEXT(copy->first->first->text, TEXT("Nộp hồ sơ"));
    CHECK(copy->first->last == copy->first->first && !copy->first->next);
    CHECK(!value_copy(&test_arena, NULL));
}

TEST("a copy of a child leaves its siblings behind")
{
    struct value *object = sample();
    struct value *copy = value_copy(&test_arena, object->first);
    CHECK(!copy->next);
    CHECK_TEXT(copy->name, TEXT("code"));
}

TEST("equal values are equal in any order of names, but lists keep theirs")
{
    struct value *one = sample(), *other = value_object(&test_arena);
    CHECK(value_equal(one, value_copy(&test_arena, one)));
    value_set(other, "levels", value_copy(&test_arena, value_find(one, "levels")));
    value_set(other, "code", value_string(&test_arena, "1.001612"));
    value_set(other, "originals", value_integer(&test_arena, 2));
    CHECK(value_equal(one, other) && value_equal(other, one));
    value_find(other, "originals")->text = TEXT("3");
    CHECK(!value_equal(one, other));
    value_find(other, "originals")->text = TEXT("2");
    value_find(other, "code")->name = TEXT("kode");
    CHECK(!value_equal(one, other));
    struct value *left = value_list(&test_arena), *right = value_list(&test_arena);
    value_append(left, value_integer(&test_arena, 1));
    value_append(left, value_integer(&test_arena, 2));
    value_append(right, value_integer(&test_arena, 2));
    value_append(right, value_integer(&test_arena, 1));
    CHECK(!value_equal(left, right));
}

TEST("values of different kinds are never equal")
{
    CHECK(!value_equal(value_string(&test_arena, "1"), value_integer(&test_arena, 1)));
    CHECK(!value_equal(value_null(&test_arena), NULL));
    CHECK(value_equal(NULL, NULL));
    CHECK(!value_equal(value_boolean(&test_arena, true), value_boolean(&test_arena, false)));
    CHECK(!value_equal(value_list(&test_arena), value_object(&test_arena)));
    CHECK(!value_equal(value_number(&test_arena, TEXT("1.0")), value_number(&test_arena, TEXT("1"))));
    struct value *longer = value_list(&test_arena);
    value_append(longer, value_null(&test_arena));
    CHECK(!value_equal(longer, value_list(&test_arena)));
}

TEST("comparing objects of very many names in opposite orders does not take forever")
{
    struct value *one = value_object(&test_arena), *other = value_object(&test_arena);
    for (int i = 0; i < 50000; i++) {
        value_set_text(one, text_format(&test_arena, "n%d", i), value_null(&test_arena));
        value_set_text(other, text_format(&test_arena, "n%d", 49999 - i), value_null(&test_arena));
    }
    CHECK(value_equal(one, other));
}
