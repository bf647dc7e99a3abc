/* Rules written in a test: compiled, and tried on procedures written beside them. */
#ifndef TESTS_TRANSFORM_RULE_TOOLS_H
#define TESTS_TRANSFORM_RULE_TOOLS_H

#include <stdio.h>
#include <string.h>

#include "adapters/file.h"
#include "adapters/yaml.h"
#include "tests/support/test.h"
#include "transform/rule_example.h"

static struct rule_set *rules;
static struct digest transform_digest;
static struct error error;
static struct code_list *lists;
static struct date today = { 2026, 3, 9 };
static struct text own_agency; /* see rule_options */
static enum agency_kind own_kind;

static struct code_list *list_of(const char *name, const char *csv)
{
    struct setting_context context = { &test_arena, "test.yaml", NULL };
    struct value *object = value_object(&test_arena);
    const char *path = text_format(&test_arena, "%s/%s.csv", test_folder(), name).bytes;
    struct code_list *list = NULL;
    CHECK_INT(file_write(path, text_of(csv), 0644, &error), STATUS_OK);
    value_set(object, name, value_string(&test_arena, path));
    CHECK_INT(codes_load(&context, "/", object, &list, &error), STATUS_OK);
    return list;
}

__attribute__((unused)) static void with_list(const char *name, const char *csv)
{
    struct code_list *list = list_of(name, csv);
    list->next = lists;
    lists = list;
}

static enum status compile(const char *yaml)
{
    struct value *tree;
    struct rule_options options = {
        .lists = lists, .language = "en", .today = today, .agency = own_agency, .agency_kind = own_kind
    };
    if (yaml_parse(&test_arena, text_of(yaml), "rules.yaml", &tree, &error))
        return error.status;
    struct rule_file file = { "rules.yaml", tree };
    return rule_compile_all(&test_arena, &file, 1, &options, &rules, &transform_digest, &error);
}

/* A rule R of one line: "field: name, check: { required: true }". */
static enum status compile_one(const char *members)
{
    return compile(text_format(&test_arena, "rules:\n  - { id: R, %s }\n", members).bytes);
}

static struct findings play(const char *procedure)
{
    struct setting_context context = { &test_arena, "procedure.yaml", NULL };
    struct findings findings = { 0 };
    struct rule_scene scene;
    struct value *tree;
    if (!CHECK_INT(yaml_parse(&test_arena, text_of(procedure), "procedure.yaml", &tree, &error), STATUS_OK) ||
        !CHECK_INT(rule_scene_read(&context, tree, &scene, &error), STATUS_OK) ||
        !CHECK_INT(rule_scene_play(rules, &scene, &test_arena, &findings, &error), STATUS_OK))
        CHECK_STRING(error.message, "");
    return findings;
}

/* What the rule says of the procedure: "field: message" of the first finding, "" when it holds. */
__attribute__((unused)) static const char *says(const char *members, const char *procedure)
{
    if (!CHECK_INT(compile_one(members), STATUS_OK)) {
        CHECK_STRING(error.message, "");
        return "?";
    }
    struct findings findings = play(procedure);
    const struct finding *finding = findings.first;
    const char *said = "";
    if (finding)
        said = text_format(&test_arena, "%.*s: %.*s", TEXT_ARG(finding->field), TEXT_ARG(finding->message))
                   .bytes;
    rule_free_all(rules);
    return said;
}

/* The message of a rule that does not compile. */
__attribute__((unused)) static const char *refused(const char *members)
{
    CHECK_INT(compile_one(members), STATUS_USAGE);
    rule_free_all(rules);
    return error.message;
}

__attribute__((unused)) static void forget_lists(void)
{
    lists = NULL;
}

#endif
