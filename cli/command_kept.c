/* kept: what is kept back, all of it, and the lists that departments are handed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/file.h"
#include "cli/kept_folder.h"
#include "cli/report_output.h"
#include "cli/run.h"
#include "report/report_kept.h"
#include "report/rule_words.h"
#include "store/department.h"
#include "store/kept.h"
#include "store/night.h"
#include "store/report_view.h"
#include "store/store_run.h"

#define SHOWN 200 /* rows of a table, unless --limit says otherwise */

struct lists {
    struct session *session;
    struct arena *arena;
    struct store *store;
    struct report_kept kept;
    struct value *rows, *head;
    int64_t total, records;
    enum report_format format;
    bool all; /* no filter: who is not among the rows has mended everything */
    struct kept_folder folder;
    struct value *files, *taken; /* objects: a department's file without its ending; and those files */
    bool checking;               /* whether the files can be written; none is */
};

static enum status read_number(const char *text, const char *option, int64_t *number, struct error *error)
{
    char *end;
    long long value = text ? strtoll(text, &end, 10) : 0;
    *number = value;
    if (text && (!*text || *end || value < 0))
        return error_set(error, STATUS_USAGE, _("%s wants a number, not \"%s\""), option, text);
    return STATUS_OK;
}

static enum status check_limit(const struct invocation *invocation, const struct kept_filter *filter,
                               struct error *error)
{
    return !invocation->limit || filter->limit
               ? STATUS_OK
               : error_set(error, STATUS_USAGE, _("--limit 0 shows nothing: give a number from 1 on"));
}

static enum status read_filter(struct session *session, struct store *store, struct kept_filter *filter,
                               enum report_format *format, struct error *error)
{
    const struct invocation *invocation = session->invocation;
    const struct configuration *configuration = &session->configuration;
    *filter = (struct kept_filter){ .sources = invocation->sources,
                                    .source_count = invocation->source_count,
                                    .codes = invocation->codes,
                                    .code_count = invocation->code_count,
                                    .rule = invocation->rule,
                                    .department = invocation->department,
                                    .outcome = invocation->outcome };
    if (report_output_format(invocation, format, error))
        return error->status;
    if (invocation->output && !invocation->format)
        *format = REPORT_XLSX; /* what is handed over; --json is about what is said here */
    if (invocation->output && *format == REPORT_TABLE)
        return error_set(error, STATUS_USAGE,
                         _("--output writes files: choose --format csv, xlsx, html or json"));
    if (read_number(invocation->since, "--since", &filter->since, error) ||
        read_number(invocation->limit, "--limit", &filter->limit, error) ||
        check_limit(invocation, filter, error) ||
        source_check_names(configuration->sources, configuration->source_count, invocation->sources,
                           invocation->source_count, error))
        return error->status;
    if (run_check_codes(session, store, error) || run_check_rule(session, store, error) ||
        run_check_run(store, filter->since, error))
        return error->status;
    if (!invocation->fresh)
        return STATUS_OK;
    if (invocation->since)
        return error_set(error, STATUS_USAGE, _("--new and --since say the same: use one of them"));
    return night_before(store, &filter->since, error);
}

/* A department that is misspelt would silently match nothing. */
static enum status check_department(const struct lists *lists, const char *department, struct error *error)
{
    const char *known[256];
    size_t count = 0;
    struct departments departments;
    if (!department)
        return STATUS_OK;
    if (department_read(lists->store, lists->arena, &departments, error))
        return error->status;
    if (department_called(lists->arena, &departments, text_of(department)).bytes)
        return STATUS_OK;
    for (const struct value *name = departments.called->first; name && count < sizeof known / sizeof *known;
         name = name->next)
        known[count++] = text_string(lists->arena, name->text);
    const char *nearest = text_nearest(text_of(department), known, count);
    return error_set(error, STATUS_USAGE,
                     nearest ? _("no record is of the department \"%s\"; did you mean \"%s\"?")
                             : _("no record is of the department \"%s\""),
                     department, nearest);
}

static void print_table(struct lists *lists)
{
    const struct output_column columns[] = {
        { "department", _("department"), 20 },
        { "code", _("code"), 26 },
        { "key", _("key"), 20 },
        { "outcome", _("outcome"), OUTPUT_WORD },
        { "rule", _("rule"), 24 },
        { "field", _("field"), 24 },
        { "value", _("value"), 30 },
        { "why", _("why"), 80 },
        { "since_run", _("run"), 0 },
    };
    rule_words_join(lists->arena, lists->rows);
    output_table(lists->rows, columns, sizeof columns / sizeof *columns);
    printf(_("\n%lld of %lld points shown, of %lld records and procedures\n"), (long long)lists->rows->count,
           (long long)lists->total, (long long)lists->records);
}

static void print_json(struct lists *lists)
{
    struct value *document = value_object(lists->arena);
    value_set(document, "schema", value_string(lists->arena, "congkhai/kept/1"));
    value_set(document, "total", value_integer(lists->arena, lists->total));
    value_set(document, "records", value_integer(lists->arena, lists->records));
    value_set(document, "shown", value_integer(lists->arena, (int64_t)lists->rows->count));
    value_set(document, "rows", lists->rows);
    output_json(document);
}

/* ---- a file a department ---- */

#define OPERATOR "nguoi-van-hanh"

static struct text file_of(struct lists *lists, struct text department)
{
    const struct value *known = value_find_text(lists->files, department);
    if (known)
        return known->text;
    struct text plain = report_kept_file(lists->arena, department), file = plain;
    for (int number = 2; value_find_text(lists->taken, file); number++)
        file = text_format(lists->arena, TEXT_PRINT "-%d", TEXT_ARG(plain), number);
    value_set_text(lists->taken, file, value_boolean(lists->arena, true));
    value_set_text(lists->files, department, value_text(lists->arena, file));
    return file;
}

/* Of all departments, whoever is asked for and whoever has mended everything: a file that is sent somewhere each morning stays
 * that department's. */
static enum status name_files(struct lists *lists, struct error *error)
{
    struct departments departments;
    struct value *names;
    lists->files = value_object(lists->arena);
    lists->taken = value_object(lists->arena);
    value_set(lists->taken, OPERATOR, value_boolean(lists->arena, true));
    if (department_read(lists->store, lists->arena, &departments, error) ||
        department_first_seen(lists->store, lists->arena, &names, error))
        return error->status;
    for (const struct value *name = names->first; name; name = name->next)
        (void)file_of(lists, department_called(lists->arena, &departments, name->text));
    return STATUS_OK;
}

static enum status write_list(struct lists *lists, struct value *names, struct text file, struct value *rows,
                              const char *department, struct error *error)
{
    BUFFER_OWNED struct buffer out = { 0 };
    struct report_kept kept = lists->kept;
    struct text name =
        text_format(lists->arena, TEXT_PRINT ".%s", TEXT_ARG(file), report_output_ending(lists->format));
    value_set_text(names, name, value_integer(lists->arena, (int64_t)rows->count));
    if (lists->checking)
        return kept_folder_check(&lists->folder, name, error);
    kept.rows = rows;
    kept.department = department;
    if (report_output_bytes(lists->session, report_kept_make(&kept, lists->arena), lists->format, &out,
                            error))
        return error->status;
    return kept_folder_put(&lists->folder, name, buffer_view(&out), error);
}

static void say_files(const struct lists *lists, const struct value *names,
                      const struct kept_folder_swept *swept)
{
    struct value *document = value_object(lists->arena), *files = value_list(lists->arena);
    for (const struct value *name = names->first; name; name = name->next) {
        struct value *file = value_append(files, value_object(lists->arena));
        value_set(file, "file", value_text(lists->arena, name->name));
        value_set(file, "rows", value_copy(lists->arena, name));
        if (!lists->session->invocation->json)
            printf("%.*s: %.*s\n", TEXT_ARG(name->name), TEXT_ARG(name->text));
    }
    if (!names->count)
        output_message(lists->session, _("nothing that was asked for is kept back: no list was written"));
    value_set(document, "folder", value_string(lists->arena, lists->session->invocation->output));
    value_set(document, "files", files);
    value_set(document, "removed", swept->removed);
    value_set(document, "left", swept->left);
    for (const struct value *name = swept->removed->first; name && !lists->session->invocation->json;
         name = name->next)
        printf(_("%.*s: removed, it was of an earlier list\n"), TEXT_ARG(name->text));
    for (const struct value *name = swept->left->first; name; name = name->next)
        output_message(lists->session, _("%.*s is of an earlier list and lies there still"),
                       TEXT_ARG(name->text));
    if (lists->session->invocation->json)
        output_json(document);
}

static enum status write_lists(struct lists *lists, struct value *names, struct error *error)
{
    struct value *mine = value_list(lists->arena);
    for (const struct value *row = lists->rows->first; row; row = row->next)
        if (!report_kept_is_departments(row))
            value_append(mine, value_copy(lists->arena, row));
    if (mine->count && write_list(lists, names, TEXT(OPERATOR), mine, _("(the operator)"), error))
        return error->status;
    for (const struct value *row = lists->rows->first; row;) {
        struct text department = value_text_of(row, "department");
        struct value *theirs = value_list(lists->arena);
        for (; row && text_equal(value_text_of(row, "department"), department); row = row->next)
            if (report_kept_is_departments(row))
                value_append(theirs, value_copy(lists->arena, row));
        if (theirs->count && write_list(lists, names, file_of(lists, department), theirs,
                                        text_string(lists->arena, department), error))
            return error->status;
    }
    return STATUS_OK;
}

static enum status fill_folder(struct lists *lists, struct error *error)
{
    struct value *names = value_object(lists->arena);
    struct kept_folder_swept swept = { .ending = TEXT_NONE };
    struct error unsaid = { 0 };
    if (lists->all)
        swept.ending = text_format(lists->arena, ".%s", report_output_ending(lists->format));
    lists->checking = true;
    if (name_files(lists, error) ||
        kept_folder_open(&lists->folder, lists->arena, lists->session->invocation->output, error) ||
        write_lists(lists, value_object(lists->arena), error))
        return error->status;
    lists->checking = false;
    enum status status = write_lists(lists, names, error);
    if (status)
        swept.ending = TEXT_NONE;
    enum status closed = kept_folder_close(&lists->folder, &swept, status ? &unsaid : error);
    if (!status && !closed)
        say_files(lists, names, &swept);
    return status ? status : closed;
}

static enum status answer(struct lists *lists, struct error *error)
{
    if (lists->session->invocation->output)
        return fill_folder(lists, error);
    if (lists->format == REPORT_TABLE) {
        print_table(lists);
        return STATUS_OK;
    }
    if (lists->format == REPORT_JSON) {
        print_json(lists);
        return STATUS_OK;
    }
    lists->kept.rows = lists->rows;
    return report_output_print(lists->session, lists->arena, report_kept_make(&lists->kept, lists->arena),
                               lists->format, error);
}

static enum status gather(struct lists *lists, struct error *error)
{
    struct kept_filter filter;
    struct rule_words words;
    char today[DATE_TEXT];
    int64_t untold;
    const struct configuration *configuration = &lists->session->configuration;
    if (read_filter(lists->session, lists->store, &filter, &lists->format, error) ||
        check_department(lists, filter.department, error))
        return error->status;
    if (lists->format == REPORT_TABLE && !filter.limit)
        filter.limit = SHOWN;
    if (store_run_untold(lists->store, &untold, error))
        return error->status;
    if (untold)
        output_message(lists->session,
                       _("whether run %lld is still at work cannot be told: the store's lock may not be "
                         "read; what it sent without an answer is shown as unknown"),
                       (long long)untold);
    if (kept_rows(lists->store, &filter, lists->arena, &lists->rows, &lists->total, &lists->records, error) ||
        report_view_head(lists->store, lists->arena, &lists->head, error) ||
        rule_words_open(lists->session->configuration.rules_text, lists->session->language, lists->store,
                        lists->arena, &words, error) ||
        rule_words_put_all(&words, lists->rows, 0, error))
        return error->status;
    lists->all = !filter.source_count && !filter.code_count && !filter.rule && !filter.department &&
                 !filter.outcome && !filter.since && !filter.limit;
    clock_format_date(lists->session->clock->now(lists->session->clock), today);
    lists->kept = (struct report_kept){ .agency_code = configuration->agency_code,
                                        .agency_name = configuration->agency_name,
                                        .calendar = report_output_calendar(lists->session, lists->arena),
                                        .head = lists->head };
    date_read(text_of(today), &lists->kept.today);
    return STATUS_OK;
}

static enum status run_kept(struct session *session, bool as_report, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct lists lists = { .session = session, .arena = &arena };
    if (run_read_store(session, STORE_READ, &lists.store, error))
        return error->status;
    enum status status = gather(&lists, error);
    if (status == STATUS_OK && as_report) {
        lists.kept.rows = lists.rows;
        status =
            report_output_print(session, &arena, report_kept_make(&lists.kept, &arena), lists.format, error);
    } else if (status == STATUS_OK) {
        status = answer(&lists, error);
    }
    return run_close_read(lists.store, status, error);
}

enum status command_kept(struct session *session, struct error *error, int *exit_code)
{
    (void)exit_code;
    return run_kept(session, false, error);
}

enum status command_kept_report(struct session *session, struct error *error)
{
    if (session->invocation->by)
        output_message(session,
                       _("The rows of this report are no groups of procedures: --by changes nothing."));
    return run_kept(session, true, error);
}
