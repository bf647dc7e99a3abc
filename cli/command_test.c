/* test: the configuration's own tests and the examples beside its rules; no network, no store. */
#include <stdio.h>
#include <string.h>

#include "adapters/file.h"
#include "adapters/yaml.h"
#include "cli/run.h"
#include "cli/test_case.h"

#define FILE_LIMIT (16u << 20)

struct testing {
    struct session *session;
    struct arena *arena;
    struct test_tools tools;
    struct value *tests, *examples; /* for --json: what failed, and each test */
    int64_t passed, failed, examples_passed, examples_failed;
};

static enum status run_test(struct testing *testing, const struct setting_context *context,
                            const struct value *tree, const char *folder, struct error *error)
{
    struct arena *arena = testing->arena;
    struct test_case test;
    struct value *differences = value_list(arena), *row = value_object(arena);
    testing->tools.folder = folder;
    if (test_case_read(context, tree, &test, error) ||
        test_case_run(context, &test, &testing->tools, differences, error))
        return error->status;
    if (differences->count)
        testing->failed++;
    else
        testing->passed++;
    value_set(row, "name", value_string(arena, test.name));
    value_set(row, "passed", value_boolean(arena, !differences->count));
    value_set(row, "place", value_text(arena, text_format(arena, "%s:%u", context->file, tree->line)));
    if (differences->count)
        value_set(row, "differences", differences);
    value_append(testing->tests, row);
    return STATUS_OK;
}

static enum status run_file(struct testing *testing, const char *path, struct error *error)
{
    struct setting_context context = { testing->arena, path, NULL };
    struct text bytes;
    struct value *tree;
    if (file_read(testing->arena, path, FILE_LIMIT, &bytes, error)) {
        error->status = STATUS_USAGE;
        return error->status;
    }
    if (yaml_parse(testing->arena, bytes, path, &tree, error))
        return error->status;
    const struct value *list = value_find(tree, "tests");
    if (!list || list->kind != VALUE_LIST || tree->count != 1)
        return setting_fault(&context, tree, error,
                             _("a file of tests has a list \"tests\" and nothing else"));
    for (const struct value *item = list->first; item; item = item->next)
        if (run_test(testing, &context, item, file_folder(testing->arena, path), error))
            return error->status;
    return STATUS_OK;
}

static enum status list_files(struct configuration *configuration, struct arena *arena,
                              const struct value *item, struct file_list *list, struct error *error)
{
    const char *match = text_string(arena, item->text);
    if (file_list_folder(arena, configuration->folder, match, list, error))
        return setting_place(&configuration->context, item, error);
    if (list->unread_count)
        return setting_fault(&configuration->context, item, error, "%s", list->unread[0].message);
    if (!list->count)
        return setting_fault(&configuration->context, item, error, _("tests: no file matches \"%s\""), match);
    return STATUS_OK;
}

/* Where none of a pattern's files has been written yet nothing is wrong: `test` says that there is nothing to try. */
static bool names_a_file(const struct value *item)
{
    bool matches = false;
    for (size_t i = 0; i < item->text.length; i++)
        matches = matches || strchr("*?[", item->text.bytes[i]);
    return item->kind == VALUE_TEXT && !text_starts(item->text, TEXT("/")) && !matches;
}

enum status command_test_check(struct configuration *configuration, struct arena *arena, struct error *error)
{
    const struct value *tests = configuration->tests;
    const struct value *item = tests && tests->kind == VALUE_LIST ? tests->first : tests;
    enum status all = STATUS_OK;
    for (; item; item = tests->kind == VALUE_LIST ? item->next : NULL) {
        struct file_list list;
        enum status status =
            names_a_file(item) ? list_files(configuration, arena, item, &list, error) : STATUS_OK;
        if (!setting_step(&configuration->context, &all, status, error))
            break;
    }
    return all;
}

static enum status run_files(struct testing *testing, const struct value *item, struct error *error)
{
    struct file_list list;
    if (text_starts(item->text, TEXT("/")))
        return run_file(testing, text_string(testing->arena, item->text), error);
    if (list_files(&testing->session->configuration, testing->arena, item, &list, error))
        return error->status;
    for (size_t i = 0; i < list.count; i++)
        if (run_file(testing, list.paths[i], error))
            return error->status;
    return STATUS_OK;
}

static enum status run_tests(struct testing *testing, struct error *error)
{
    struct configuration *configuration = &testing->session->configuration;
    const struct value *tests = configuration->tests;
    const struct value *item = tests && tests->kind == VALUE_LIST ? tests->first : tests;
    struct setting_context context = { testing->arena, configuration->path, NULL };
    for (; item; item = tests->kind == VALUE_LIST ? item->next : NULL) {
        enum status status = item->kind == VALUE_TEXT
                                 ? run_files(testing, item, error)
                                 : run_test(testing, &context, item, configuration->folder, error);
        if (status)
            return status;
    }
    return STATUS_OK;
}

static void take_example(void *user_data, const struct rule_example *example)
{
    struct testing *testing = user_data;
    struct arena *arena = testing->arena;
    if (example->held == example->should_pass) {
        testing->examples_passed++;
        return;
    }
    testing->examples_failed++;
    struct value *row = value_append(testing->examples, value_object(arena));
    value_set(row, "rule", value_text(arena, text_copy(arena, example->rule)));
    value_set(
        row, "place",
        value_text(arena, text_format(arena, "%s:%u:%u", example->file, example->line, example->column)));
    value_set(row, "expected", value_string(arena, example->should_pass ? "pass" : "fail"));
    value_set(row, "number", value_integer(arena, (int64_t)example->number));
    if (example->finding) {
        value_set(row, "field", value_text(arena, text_copy(arena, example->finding->field)));
        value_set(row, "message", value_text(arena, text_copy(arena, example->finding->message)));
    }
}

static void print(const struct testing *testing)
{
    for (const struct value *row = testing->tests->first; row; row = row->next) {
        const struct value *differences = value_find(row, "differences");
        if (!differences)
            continue;
        printf(_("FAILED %.*s (%.*s)\n"), TEXT_ARG(value_text_of(row, "name")),
               TEXT_ARG(value_text_of(row, "place")));
        for (const struct value *difference = differences->first; difference; difference = difference->next)
            printf("  %.*s\n", (int)difference->text.length, difference->text.bytes);
    }
    for (const struct value *row = testing->examples->first; row; row = row->next) {
        bool pass = text_is(value_text_of(row, "expected"), "pass");
        printf(pass ? _("FAILED %.*s: the rule %.*s breaks an example that should pass\n")
                    : _("FAILED %.*s: the rule %.*s lets an example pass that should fail\n"),
               TEXT_ARG(value_text_of(row, "place")), TEXT_ARG(value_text_of(row, "rule")));
        if (value_find(row, "message"))
            printf("  %.*s: %.*s\n", TEXT_ARG(value_text_of(row, "field")),
                   TEXT_ARG(value_text_of(row, "message")));
    }
    printf(_("%lld tests and %lld examples passed, %lld tests and %lld examples failed\n"),
           (long long)testing->passed, (long long)testing->examples_passed, (long long)testing->failed,
           (long long)testing->examples_failed);
}

static void print_json(const struct testing *testing)
{
    struct arena *arena = testing->arena;
    struct value *document = value_object(arena);
    value_set(document, "passed", value_integer(arena, testing->passed));
    value_set(document, "failed", value_integer(arena, testing->failed));
    value_set(document, "tests", testing->tests);
    value_set(document, "examples_passed", value_integer(arena, testing->examples_passed));
    value_set(document, "examples_failed", value_integer(arena, testing->examples_failed));
    value_set(document, "failed_examples", testing->examples);
    output_json(document);
}

enum status command_test(struct session *session, struct error *error, int *exit_code)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct transform_request transform = run_transform_request(session);
    struct extract_request extract = run_extract_request(session);
    struct testing testing = { .session = session,
                               .arena = &arena,
                               .tools = { .extract = &extract, .transform = &transform },
                               .tests = value_list(&arena),
                               .examples = value_list(&arena) };
    struct digest rules;
    if (transform_check(&transform, &rules, error) || run_tests(&testing, error) ||
        transform_review(&transform, NULL, take_example, &testing, error))
        return error->status;
    if (session->invocation->json)
        print_json(&testing);
    else
        print(&testing);
    if (testing.failed || testing.examples_failed)
        *exit_code = 1;
    return STATUS_OK;
}
