/* report: the figures that officials owe, as a table, CSV, XLSX, HTML or JSON. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "adapters/visible.h"
#include "cli/run.h"
#include "record/codes.h"
#include "report/report.h"
#include "report/report_write.h"

/* The days of the code list "holidays": `to` says holiday or working. */
static const struct workday_calendar *read_calendar(struct arena *arena, const struct code_list *lists)
{
    const struct code_list *list = codes_find(lists, TEXT("holidays"));
    if (!list)
        return NULL;
    struct workday_calendar *calendar = arena_new(arena, struct workday_calendar);
    struct date *holidays = arena_array(arena, struct date, list->count + 1);
    struct date *moved = arena_array(arena, struct date, list->count + 1);
    size_t holiday_count = 0, moved_count = 0;
    for (const struct code *code = list->first; code; code = code->after) {
        struct date date;
        if (!date_read(code->from, &date))
            continue;
        if (text_is(code->to, "holiday"))
            holidays[holiday_count++] = date;
        else if (text_is(code->to, "working"))
            moved[moved_count++] = date;
    }
    *calendar = (struct workday_calendar){ holidays, workday_sort(holidays, holiday_count), moved,
                                           workday_sort(moved, moved_count) };
    return calendar;
}

static enum status choose(const char *given, const char *option, const char *const *names, size_t count,
                          size_t *chosen, struct error *error)
{
    struct buffer all = { 0 };
    for (size_t i = 0; i < count; i++) {
        if (!strcmp(given, names[i])) {
            *chosen = i;
            buffer_free(&all);
            return STATUS_OK;
        }
        buffer_printf(&all, "%s%s", i ? ", " : "", names[i]);
    }
    error_set(error, STATUS_USAGE, _("%s \"%s\": it takes one of %s"), option, given, all.bytes);
    buffer_free(&all);
    return error->status;
}

enum format { FORMAT_TABLE, FORMAT_CSV, FORMAT_XLSX, FORMAT_HTML, FORMAT_JSON };

static void print_table(struct session *session, struct arena *arena, const struct value *document)
{
    struct output_column shown[32];
    size_t count = 0, lines_count;
    struct text lines[4];
    const struct value *columns = value_find(document, "columns"), *notes = value_find(document, "notes");
    const struct value *total = value_find(document, "total");
    struct value *rows = value_list(arena);
    for (const struct value *column = columns->first; column && count < 32; column = column->next, count++)
        shown[count] = (struct output_column){ text_string(arena, value_text_of(column, "name")),
                                               text_string(arena, value_text_of(column, "heading")), 40 };
    for (const struct value *row = value_find(document, "rows")->first; row || total;) {
        const struct value *from = row ? row : total;
        struct value *flat = value_append(rows, value_object(arena));
        for (size_t i = 0; i < count; i++) {
            const struct value *cell = value_find(from, shown[i].member);
            struct text text = report_cell_text(arena, cell, session->language, false);
            value_set(flat, shown[i].member,
                      cell && report_cell_is_number(cell) ? value_number(arena, text)
                                                          : value_text(arena, text));
        }
        total = row ? total : NULL;
        row = row ? row->next : NULL;
    }
    printf("%.*s\n\n", TEXT_ARG(value_text_of(document, "title")));
    output_table(rows, shown, count);
    report_foot(arena, document, session->language, lines, &lines_count);
    putchar('\n');
    for (size_t i = 0; i < lines_count; i++)
        printf("%.*s\n", TEXT_ARG(lines[i]));
    for (const struct value *note = notes ? notes->first : NULL; note; note = note->next)
        printf("%.*s\n", TEXT_ARG(note->text));
}

static enum status print_xlsx(struct session *session, const struct value *document, struct error *error)
{
    struct spool_file spool = { 0 };
    struct file_stream stream;
    char bytes[65536];
    size_t got;
    if (isatty(STDOUT_FILENO))
        return error_set(error, STATUS_USAGE,
                         _("a workbook is no text for a terminal: send it to a file, as in "
                           "congkhai report so-luong --format xlsx > so-luong.xlsx"));
    if (report_xlsx_write(document, session->language, &spool, error))
        return error->status;
    enum status status = STATUS_OK;
    spool_file_stream(&spool, "xlsx", &stream);
    while ((status = stream.read(&stream, bytes, sizeof bytes, &got, error)) == STATUS_OK && got)
        visible_raw(stdout, STDOUT_FILENO, (struct text){ bytes, got });
    spool_file_close(&spool);
    return status;
}

static enum status print_document(struct session *session, struct arena *arena, const struct value *document,
                                  enum format format, struct error *error)
{
    BUFFER_OWNED struct buffer out = { 0 };
    if (format == FORMAT_TABLE)
        print_table(session, arena, document);
    else if (format == FORMAT_JSON)
        output_json(document);
    else if (format == FORMAT_XLSX)
        return print_xlsx(session, document, error);
    else if (format == FORMAT_CSV)
        report_csv_write(&out, document);
    else
        report_html_write(&out, document, session->language);
    visible_raw(stdout, STDOUT_FILENO, buffer_view(&out));
    return STATUS_OK;
}

enum status command_report(struct session *session, struct error *error, int *exit_code)
{
    static const char *const by[] = { "agency", "field", "level", "department" };
    static const char *const formats[] = { "table", "csv", "xlsx", "html", "json" };
    ARENA_OWNED struct arena arena = { 0 };
    const struct invocation *invocation = session->invocation;
    const struct configuration *configuration = &session->configuration;
    size_t grouped = REPORT_BY_DEFAULT, format = invocation->json ? FORMAT_JSON : FORMAT_TABLE;
    struct store *store;
    struct value *document;
    char today[DATE_TEXT];
    (void)exit_code;
    clock_format_date(session->clock->now(session->clock), today);
    if ((invocation->by && choose(invocation->by, "--by", by, 4, &grouped, error)) ||
        (invocation->format && choose(invocation->format, "--format", formats, 5, &format, error)) ||
        run_read_store(session, STORE_READ, &store, error))
        return error->status;
    struct report_request request = {
        .name = text_of(invocation->arguments[0]),
        .store = store,
        .from = invocation->from,
        .to = invocation->to,
        .as_of = invocation->as_of,
        .by = (enum report_by)grouped,
        .agency_code = configuration->agency_code,
        .agency_name = configuration->agency_name,
        .ministry = configuration->agency_code[0] == 'G',
        .calendar = read_calendar(&arena, configuration->lists),
    };
    date_read(text_of(today), &request.today);
    enum status status = report_make(&request, &arena, &document, error);
    if (status == STATUS_OK)
        status = print_document(session, &arena, document, (enum format)format, error);
    store_close(store);
    return status;
}
