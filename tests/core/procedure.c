#include "core/procedure.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/test.h"

static struct error error;
static char seen[512];

static bool note(void *own, const struct value *value, const char *where)
{
    (void)own;
    size_t length = strlen(seen);
    snprintf(seen + length, sizeof seen - length, "%s=%.*s;", where, value ? (int)value->text.length : 1,
             value ? (value->text.bytes ? value->text.bytes : "") : "-");
    return true;
}

static void visit(const char *path, const struct value *procedure)
{
    struct field_path compiled;
    seen[0] = 0;
    if (CHECK_INT(field_path_compile(&procedure_root, text_of(path), &compiled, &error), STATUS_OK))
        field_path_visit(&compiled, procedure, note, NULL);
}

static struct value *sample(void)
{
    struct value *procedure = value_object(&test_arena), *bases = value_list(&test_arena);
    value_set(procedure, "name", value_string(&test_arena, "x"));
    for (int i = 0; i < 2; i++)
        value_set(value_append(bases, value_object(&test_arena)), i ? "title" : "number",
                  value_string(&test_arena, i ? "Luật" : "1/2020"));
    value_set(procedure, "legal_bases", bases);
    return procedure;
}

TEST("a path visits a field, each of a list with its number, and what is absent as nothing")
{
    visit("name", sample());
    CHECK_STRING(seen, "name=x;");
    visit("legal_bases[].number", sample());
    CHECK_STRING(seen, "legal_bases[0].number=1/2020;legal_bases[1].number=-;");
    visit("decision.number", sample());
    CHECK_STRING(seen, "decision.number=-;");
    visit("steps[].text", sample());
    CHECK_STRING(seen, "");
}

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
    CHECK_INT(procedure_root.count, 22);
}
