/* What rules over the store remember of a procedure: the fields that they name, and nothing else. */
#include "core/canonical.h"
#include "tests/transform/rule_tools.h"
#include "transform/rule.h"

static struct text projected(const char *members, const char *procedure)
{
    struct setting_context context = { &test_arena, "procedure.yaml", NULL };
    BUFFER_OWNED struct buffer out = { 0 };
    struct rule_scene scene;
    struct value *tree;
    if (!CHECK_INT(compile_one(members), STATUS_OK))
        CHECK_STRING(error.message, "");
    CHECK_INT(yaml_parse(&test_arena, text_of(procedure), "procedure.yaml", &tree, &error), STATUS_OK);
    CHECK_INT(rule_scene_read(&context, tree, &scene, &error), STATUS_OK);
    rule_project(rules, scene.procedure, &out);
    rule_free_all(rules);
    return text_copy(&test_arena, buffer_view(&out));
}

#define PROCEDURE                                                                                            \
    "{ code: A, name: N, notes: long, dossier: [{ name: X, originals: 1 }, { originals: 2 }],"               \
    " decision: { number: 7/QĐ, signed_on: 2026-03-03 } }"

TEST("a field inside of a list is kept item by item, and the other members of its items are not")
{
    CHECK_TEXT(projected("field: 'dossier[].name', check: { unique: true }", PROCEDURE),
               TEXT("{\"dossier\":[{\"name\":\"X\"},{}]}"));
    CHECK_TEXT(projected("field: name, check: { unique: true }", PROCEDURE), TEXT("{\"name\":\"N\"}"));
    CHECK_TEXT(projected("field: conditions, check: { unique: true }", PROCEDURE), TEXT("{}"));
}

TEST("a rule that is in force for some days keeps the day of the record's own decision")
{
    CHECK_TEXT(projected("field: name, check: { unique: true }, in_force: { from: 2026-01-01 }", PROCEDURE),
               TEXT("{\"decision\":{\"signed_on\":\"2026-03-03\"},\"name\":\"N\"}"));
}

TEST("rules that look at one procedure alone keep nothing")
{
    CHECK_TEXT(projected("field: name, check: { required: true }", PROCEDURE), TEXT(""));
}
