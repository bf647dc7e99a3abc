#include "cli/report_output.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "adapters/visible.h"
#include "core/canonical.h"
#include "record/calendar.h"
#include "report/report_write.h"

#define FILE_BYTES ((size_t)1 << 30)
#define LIST_SHOWN 20

static const char *const formats[] = { "table", "csv", "xlsx", "html", "json" };
#define FORMATS (sizeof formats / sizeof *formats)

enum status report_output_format(const struct invocation *invocation, enum report_format *format,
                                 struct error *error)
{
    *format = invocation->json ? REPORT_JSON : REPORT_TABLE;
    if (!invocation->format)
        return STATUS_OK;
    for (size_t i = 0; i < FORMATS; i++)
        if (!strcmp(invocation->format, formats[i])) {
            *format = (enum report_format)i;
            return STATUS_OK;
        }
    return error_set(error, STATUS_USAGE, _("%s \"%s\": it takes one of %s"), "--format", invocation->format,
                     "table, csv, xlsx, html, json");
}

const char *report_output_ending(enum report_format format)
{
    return formats[format];
}

const struct workday_calendar *report_output_calendar(const struct session *session, struct arena *arena)
{
    const struct code_list *list = codes_find(session->configuration.lists, TEXT("holidays"));
    struct calendar *calendar = arena_new(arena, struct calendar);
    return list && !calendar_read(arena, list, calendar) ? &calendar->days : NULL;
}

/* The lists that notes speak of; what else stands behind the figures is for the other forms. */
static void print_list(const struct value *document, const char *name)
{
    const struct value *lists = value_find(document, "lists");
    const struct value *list = lists ? lists->first : NULL;
    while (list && !text_is(value_text_of(list, "name"), name))
        list = list->next;
    if (!list)
        return;
    const struct value *rows = value_find(list, "rows"), *row = rows->first;
    printf("%.*s\n", TEXT_ARG(value_text_of(list, "heading")));
    for (size_t shown = 0; row && shown < LIST_SHOWN; row = row->next, shown++) {
        const char *between = "  ";
        for (const struct value *column = value_find(list, "columns")->first; column; column = column->next) {
            const struct value *cell = value_find_text(row, value_text_of(column, "name"));
            if (!cell || !cell->text.length)
                continue;
            printf("%s%.*s", between, TEXT_ARG(cell->text));
            between = "; ";
        }
        putchar('\n');
    }
    if (row)
        printf(_("… and %zu more: %s\n"), rows->count - LIST_SHOWN, "--format html, xlsx, json");
}

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
    struct text department = report_department_words(arena, document);
    printf("%.*s\n", TEXT_ARG(value_text_of(document, "title")));
    if (department.bytes)
        printf("%.*s\n", TEXT_ARG(department));
    printf("%.*s\n\n", TEXT_ARG(report_period_words(arena, document, session->language)));
    output_table(rows, shown, count);
    report_foot(arena, document, session->language, lines, &lines_count);
    putchar('\n');
    for (size_t i = 0; i < lines_count; i++)
        printf("%.*s\n", TEXT_ARG(lines[i]));
    puts(value_text_of(document, "definition")
             .bytes); /* whole: it is longer than what TEXT_ARG lets through */
    for (const struct value *note = notes ? notes->first : NULL; note; note = note->next)
        printf("%.*s\n", TEXT_ARG(note->text));
    print_list(document, "moved");
    print_list(document, "against");
}

enum status report_output_bytes(const struct session *session, const struct value *document,
                                enum report_format format, struct buffer *out, struct error *error)
{
    if (format == REPORT_CSV) {
        report_csv_write(out, document);
    } else if (format == REPORT_HTML) {
        report_html_write(out, document, session->language);
    } else if (format == REPORT_JSON) {
        canonical_pretty(out, document);
        buffer_char(out, '\n');
    } else {
        ARENA_OWNED struct arena arena = { 0 };
        struct spool_file spool = { 0 };
        struct text bytes;
        if (report_xlsx_write(document, session->language, &spool, error))
            return error->status;
        enum status status = spool_file_start(&spool, &arena, FILE_BYTES, &bytes, error);
        spool_file_close(&spool);
        if (status)
            return status;
        buffer_text(out, bytes);
    }
    return STATUS_OK;
}

enum status report_output_print(struct session *session, struct arena *arena, const struct value *document,
                                enum report_format format, struct error *error)
{
    BUFFER_OWNED struct buffer out = { 0 };
    if (format == REPORT_TABLE) {
        print_table(session, arena, document);
        return STATUS_OK;
    }
    if (format == REPORT_JSON) {
        output_json(document);
        return STATUS_OK;
    }
    if (format == REPORT_XLSX && isatty(STDOUT_FILENO))
        return error_set(error, STATUS_USAGE,
                         _("a workbook is no text for a terminal: send it to a file, as in "
                           "congkhai report so-luong --format xlsx > so-luong.xlsx"));
    if (report_output_bytes(session, document, format, &out, error))
        return error->status;
    visible_raw(stdout, STDOUT_FILENO, buffer_view(&out));
    return STATUS_OK;
}
