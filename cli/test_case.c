#include "cli/test_case.h"

#include <stddef.h>
#include <string.h>

#include "core/canonical.h"
#include "core/count.h"

#define SHOWN 120 /* bytes of a value in a difference */

#define AT(member) offsetof(struct test_case, member)
static const struct setting test_settings[] = {
    { "name", SETTING_TEXT, AT(name), .required = true, .help = N_("what the test shows, in a sentence") },
    { "source", SETTING_TEXT, AT(source), .help = N_("the source whose map is tried") },
    { "record", SETTING_OBJECT, AT(record),
      .help = N_("file: a document of the source; or inline: a record") },
    { "procedure", SETTING_OBJECT, AT(procedure),
      .help = N_("a canonical procedure, when only rules are tried") },
    { "others", SETTING_TREE, AT(others), .help = N_("further procedures that are in the store") },
    { "today", SETTING_TEXT, AT(today), .help = N_("the day of the test") },
    { "published", SETTING_TEXT, AT(published), .help = N_("the day on which the portal acknowledged it") },
    { "baseline", SETTING_TEXT, AT(baseline), .help = N_("what was decided before this day is not late") },
    { "expect", SETTING_OBJECT, AT(expect), .required = true,
      .help = N_("procedure, fields, rules, rejected: what must come out") },
};

struct expectation {
    const struct value *procedure, *fields, *rules;
    bool rejected;
};

static const struct setting expect_settings[] = {
    { "procedure", SETTING_OBJECT, offsetof(struct expectation, procedure),
      .help = N_("the whole procedure") },
    { "fields", SETTING_OBJECT, offsetof(struct expectation, fields), .help = N_("some of its fields") },
    { "rules", SETTING_TREE, offsetof(struct expectation, rules),
      .help = N_("the ids of all rules that are broken") },
    { "rejected", SETTING_BOOLEAN, offsetof(struct expectation, rejected),
      .help = N_("is the record kept back?") },
};

enum status test_case_read(const struct setting_context *context, const struct value *tree,
                           struct test_case *test, struct error *error)
{
    *test = (struct test_case){ .tree = tree };
    if (setting_read(context, test_settings, COUNT(test_settings), tree, "tests", test, error))
        return error->status;
    if (!test->record == !test->procedure)
        return setting_fault(context, tree, error, _("a test gives either a \"record\" or a \"procedure\""));
    if (test->record && !test->source)
        return setting_fault(context, test->record, error,
                             _("a \"record\" needs the \"source\" that it belongs to"));
    return STATUS_OK;
}

/* ---- what is given ---- */

static const struct source *find_source(const struct extract_request *request, const char *name)
{
    for (size_t i = 0; i < request->source_count; i++)
        if (!strcmp(request->sources[i].name, name))
            return &request->sources[i];
    return NULL;
}

static enum status no_source(const struct setting_context *context, const struct test_case *test,
                             const struct extract_request *request, struct error *error)
{
    const char *names[64];
    size_t count = 0;
    for (; count < request->source_count && count < 64; count++)
        names[count] = request->sources[count].name;
    const char *nearest = text_nearest(text_of(test->source), names, count);
    return setting_fault(context, value_find(test->tree, "source"), error,
                         nearest ? _("there is no source \"%s\"; did you mean \"%s\"?")
                                 : _("there is no source \"%s\""),
                         test->source, nearest);
}

static void put_cell(struct buffer *row, struct text cell)
{
    buffer_char(row, '"');
    for (size_t i = 0; i < cell.length; i++) {
        if (cell.bytes[i] == '"')
            buffer_char(row, '"');
        buffer_char(row, cell.bytes[i]);
    }
    buffer_char(row, '"');
}

/* A row of a table is written as columns and values. */
static enum status inline_row(const struct setting_context *context, const struct value *tree, bool csv,
                              struct text *bytes, struct text *shared, struct error *error)
{
    struct arena *arena = context->arena;
    struct value *headings = value_list(arena), *cells = value_list(arena);
    struct buffer row = { 0 };
    if (tree->kind != VALUE_OBJECT)
        return setting_fault(context, tree, error, _("a row is written as columns and their values"));
    for (const struct value *member = tree->first; member; member = member->next) {
        if (!value_is_scalar(member))
            return setting_fault(context, member, error, _("a cell holds one value"));
        value_append(headings, value_text(arena, member->name));
        value_append(cells, value_text(arena, member->text));
        if (row.length)
            buffer_char(&row, ',');
        put_cell(&row, member->text);
    }
    *bytes = csv ? text_copy(arena, buffer_view(&row)) : canonical_copy(arena, cells);
    buffer_free(&row);
    if (csv) {
        struct value *object = value_object(arena);
        value_set(object, "header", headings);
        value_set(object, "separator", value_string(arena, ","));
        *shared = canonical_copy(arena, object);
    } else {
        *shared = canonical_copy(arena, headings);
    }
    return STATUS_OK;
}

static enum status inline_record(const struct setting_context *context, const struct source *source,
                                 const struct value *tree, struct text *bytes, struct text *shared,
                                 struct error *error)
{
    *shared = TEXT_NONE;
    switch (source->record.shape) {
    case RECORD_CSV:
        return inline_row(context, tree, true, bytes, shared, error);
    case RECORD_TABLE:
        return inline_row(context, tree, false, bytes, shared, error);
    case RECORD_JSON:
        *bytes = tree->kind == VALUE_TEXT ? tree->text : canonical_copy(context->arena, tree);
        return STATUS_OK;
    case RECORD_XML:
    case RECORD_HTML:
    case RECORD_TEXT:
        break;
    }
    *bytes = tree->text;
    if (tree->kind != VALUE_TEXT)
        return setting_fault(context, tree, error, _("a record of this source is written as a text"));
    return STATUS_OK;
}

static enum status file_record(const struct setting_context *context, const struct source *source,
                               const struct value *file, const struct test_tools *tools, struct text *bytes,
                               struct text *shared, struct error *error)
{
    struct arena *arena = context->arena;
    struct source copy = *source;
    struct value *fetch = value_object(arena);
    char locator[EXTRACT_LOCATOR];
    const char *path = file_path(arena, tools->folder, text_string(arena, file->text));
    struct value *place = value_set(fetch, "file", value_string(arena, path));
    place->line = file->line;
    place->column = file->column;
    copy.fetch = fetch;
    struct extract_request request = *tools->extract;
    request.folder = path[0] == '/' ? "/" : ".";
    enum status status = extract_first(&request, &copy, arena, bytes, shared, locator, error);
    if (status == STATUS_END)
        return setting_fault(context, file, error, _("%s: there is no record in it"), path);
    if (status) {
        error->status = STATUS_USAGE;
        return setting_place(context, file, error);
    }
    return STATUS_OK;
}

static enum status take_record(const struct setting_context *context, const struct test_case *test,
                               const struct test_tools *tools, const struct source *source,
                               struct text *bytes, struct text *shared, struct error *error)
{
    const struct value *file = value_find(test->record, "file"), *tree = value_find(test->record, "inline");
    for (const struct value *member = test->record->first; member; member = member->next)
        if (member != file && member != tree)
            return setting_fault(context, member, error,
                                 _("record: unknown key \"%.*s\"; known are file and inline"),
                                 TEXT_ARG(member->name));
    if (!file == !tree)
        return setting_fault(context, test->record, error, _("a record is either a \"file\" or \"inline\""));
    if (tree)
        return inline_record(context, source, tree, bytes, shared, error);
    if (file->kind != VALUE_TEXT)
        return setting_fault(context, file, error, _("\"file\" is a path"));
    return file_record(context, source, file, tools, bytes, shared, error);
}

/* ---- how it differs ---- */

static struct text shown(struct arena *arena, const struct value *value)
{
    if (!value)
        return text_of(_("nothing"));
    struct text text = canonical_copy(arena, value);
    size_t kept = text_cut(text, SHOWN);
    return kept < text.length ? text_format(arena, "%.*s…", (int)kept, text.bytes) : text;
}

static void differ(struct value *differences, struct arena *arena, const char *path,
                   const struct value *expected, const struct value *seen)
{
    struct text want = shown(arena, expected), got = shown(arena, seen);
    value_append(differences,
                 value_text(arena, text_format(arena, _("%s: expected %.*s, got %.*s"), path,
                                               (int)want.length, want.bytes, (int)got.length, got.bytes)));
}

static void compare(struct value *differences, struct arena *arena, const char *path,
                    const struct value *expected, const struct value *seen);

static void compare_lists(struct value *differences, struct arena *arena, const char *path,
                          const struct value *expected, const struct value *seen)
{
    const struct value *want = expected->first, *got = seen->first;
    for (size_t i = 0; want || got; i++) {
        struct text at = text_format(arena, "%s[%zu]", path, i);
        compare(differences, arena, text_string(arena, at), want, got);
        want = want ? want->next : NULL;
        got = got ? got->next : NULL;
    }
}

static void compare_objects(struct value *differences, struct arena *arena, const char *path,
                            const struct value *expected, const struct value *seen)
{
    const char *dot = *path ? "." : "";
    for (const struct value *want = expected->first; want; want = want->next) {
        struct text at = text_format(arena, "%s%s%.*s", path, dot, TEXT_ARG(want->name));
        compare(differences, arena, text_string(arena, at), want, value_find_text(seen, want->name));
    }
    for (const struct value *got = seen->first; got; got = got->next) {
        struct text at = text_format(arena, "%s%s%.*s", path, dot, TEXT_ARG(got->name));
        if (!value_find_text(expected, got->name))
            differ(differences, arena, text_string(arena, at), NULL, got);
    }
}

static void compare(struct value *differences, struct arena *arena, const char *path,
                    const struct value *expected, const struct value *seen)
{
    if (!expected || !seen || expected->kind != seen->kind || value_is_scalar(expected)) {
        if (!value_equal(expected, seen))
            differ(differences, arena, path, expected, seen);
    } else if (expected->kind == VALUE_LIST) {
        compare_lists(differences, arena, path, expected, seen);
    } else {
        compare_objects(differences, arena, path, expected, seen);
    }
}

static enum status expect_fields(const struct setting_context *context, const struct value *fields,
                                 const struct value *procedure, struct value *differences,
                                 struct error *error)
{
    struct arena *arena = context->arena;
    for (const struct value *member = fields->first; member; member = member->next) {
        struct field_path path;
        struct value *expected;
        if (field_path_compile(&procedure_root, member->name, &path, error))
            return setting_place(context, member, error);
        const struct value *seen = procedure;
        for (size_t i = 0; i < path.count; i++) {
            if (path.each[i])
                return setting_fault(context, member, error, _("name a whole list, without []"));
            seen = value_find(seen, path.steps[i]->name);
        }
        if (rule_scene_value(context, path.steps[path.count - 1], member, &expected, error))
            return error->status;
        compare(differences, arena, text_string(arena, member->name), expected, seen);
    }
    return STATUS_OK;
}

static bool has_rule(const struct findings *findings, struct text id)
{
    for (const struct finding *finding = findings->first; finding; finding = finding->next)
        if (text_equal(finding->rule, id))
            return true;
    return false;
}

/* Exactly these: what is expected and silent, and what speaks unexpected. */
static enum status expect_rules(const struct setting_context *context, const struct value *list,
                                const struct findings *findings, struct value *differences,
                                struct error *error)
{
    struct arena *arena = context->arena;
    struct text *ids;
    size_t count;
    if (setting_texts(context, list, &ids, &count, error))
        return error->status;
    for (size_t i = 0; i < count; i++)
        if (!has_rule(findings, ids[i]))
            value_append(differences,
                         value_text(arena, text_format(arena, _("the rule %.*s should be broken, and is not"),
                                                       TEXT_ARG(ids[i]))));
    for (const struct finding *finding = findings->first; finding; finding = finding->next) {
        size_t i = 0;
        while (i < count && !text_equal(ids[i], finding->rule))
            i++;
        if (i == count)
            value_append(
                differences,
                value_text(arena, text_format(arena, _("the rule %.*s is broken, unexpectedly: %.*s: %.*s"),
                                              TEXT_ARG(finding->rule), TEXT_ARG(finding->field),
                                              TEXT_ARG(finding->message))));
    }
    return STATUS_OK;
}

static void expect_outcome(struct arena *arena, bool rejected, const struct findings *findings,
                           struct value *differences)
{
    if (rejected && !findings->errors)
        value_append(differences, value_string(arena, _("the record should be kept back, and is not")));
    for (const struct finding *finding = findings->first; !rejected && finding; finding = finding->next)
        if (finding->is_error)
            value_append(
                differences,
                value_text(arena, text_format(arena, _("the record is kept back by %.*s: %.*s: %.*s"),
                                              TEXT_ARG(finding->rule), TEXT_ARG(finding->field),
                                              TEXT_ARG(finding->message))));
}

static enum status judge(const struct setting_context *context, const struct test_case *test,
                         const struct transform_one *one, struct value *differences, struct error *error)
{
    struct expectation expectation = { 0 };
    struct rule_scene scene;
    if (setting_read(context, expect_settings, COUNT(expect_settings), test->expect, "expect", &expectation,
                     error))
        return error->status;
    if (!test->expect->count)
        return setting_fault(context, test->expect, error,
                             _("\"expect\" says nothing: procedure, fields, rules or rejected"));
    if (expectation.procedure) {
        if (rule_scene_read(context, expectation.procedure, &scene, error))
            return error->status;
        compare(differences, context->arena, "", scene.procedure, one->procedure);
    }
    if (expectation.fields && expect_fields(context, expectation.fields, one->procedure, differences, error))
        return error->status;
    if (expectation.rules && expect_rules(context, expectation.rules, &one->findings, differences, error))
        return error->status;
    if (value_find(test->expect, "rejected"))
        expect_outcome(context->arena, expectation.rejected, &one->findings, differences);
    return STATUS_OK;
}

/* Days and other procedures are written as those of a rule's example are. */
static enum status read_scene(const struct setting_context *context, const struct test_case *test,
                              struct rule_scene *scene, struct error *error)
{
    static const char *const names[] = { "today", "published", "baseline", "others" };
    struct value *tree =
        test->procedure ? value_copy(context->arena, test->procedure) : value_object(context->arena);
    for (size_t i = 0; i < COUNT(names); i++) {
        const struct value *member = value_find(test->tree, names[i]);
        if (member)
            value_set(tree, names[i], value_copy(context->arena, member));
    }
    return rule_scene_read(context, tree, scene, error);
}

/* The rules in force are those of the test's day. */
struct fixed_clock {
    struct clock clock;
    int64_t moment;
};

static int64_t fixed_now(struct clock *clock)
{
    return ((struct fixed_clock *)(void *)clock)->moment;
}

enum status test_case_run(const struct setting_context *context, const struct test_case *test,
                          const struct test_tools *tools, struct value *differences, struct error *error)
{
    const struct source *source = NULL;
    struct text bytes = TEXT_NONE, shared = TEXT_NONE;
    struct rule_scene scene;
    struct transform_one one;
    struct transform_request request = *tools->transform;
    struct fixed_clock fixed = { .clock = *request.clock };
    if (test->record) {
        source = find_source(tools->extract, test->source);
        if (!source)
            return no_source(context, test, tools->extract, error);
        if (take_record(context, test, tools, source, &bytes, &shared, error))
            return error->status;
    }
    if (read_scene(context, test, &scene, error))
        return error->status;
    if (scene.today.year) {
        fixed.clock.now = fixed_now;
        fixed.moment = date_days(scene.today) * 86400000;
        request.clock = &fixed.clock;
    }
    if (transform_play(&request, source, context->arena, bytes, shared, &scene, &one, error))
        return error->status;
    return judge(context, test, &one, differences, error);
}
