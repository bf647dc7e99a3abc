#include "core/procedure.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/test.h"

static struct error error;

TEST("a path that is none is refused with the nearest field")
{
    static const struct {
        const char *path, *words;
    } cases[] = {
        { "nmae", "did you mean \"name\"" },
        { "decision.numer", "did you mean \"number\"" },
        { "legal_bases.number", "write \"legal_bases[]\"" },
        { "name[]", "is no list" },
        { "name.x", "goes deeper" },
        { "", "no field" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct field_path path;
        CHECK_INT(field_path_compile(&procedure_root, text_of(cases[i].path), &path, &error), STATUS_USAGE);
        CHECK_CONTAINS(error.message, cases[i].words);
    }
}

static void check_sorted(const struct field *group)
{
    for (size_t i = 0; i < group->count; i++) {
        const struct field *field = &group->fields[i];
        if (i)
            CHECK(strcmp(group->fields[i - 1].name, field->name) < 0);
        if (field->kind == FIELD_GROUP)
            check_sorted(field);
        if (field->kind == FIELD_LIST && field->item->kind == FIELD_GROUP)
            check_sorted(field->item);
    }
}

TEST("every table of fields is sorted by name, as canonical bytes want it")
{
    check_sorted(&procedure_root);
    CHECK_INT(procedure_root.count, 27);
}
