#include "console/list.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/canonical.h"
#include "report/output_word.h"
#include "report/report_write.h"

#define CELL_BYTES 400
#define FILE_BYTES ((size_t)1 << 30)

static const char *const formats[] = { "csv", "xlsx", "json" };
static const char *const types[] = { "text/csv; charset=utf-8",
                                     "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
                                     "application/json" };
#define FORMATS (sizeof formats / sizeof *formats)

/* -1: no download is asked for, or one of another list; STATUS_USAGE for a format that is none. */
static enum status read_format(const struct page *page, const char *name, int *format, struct error *error)
{
    struct text asked = page_parameter(page, "tai"), list = page_parameter(page, "bang");
    *format = -1;
    if (!asked.bytes || (list.bytes && !text_is(list, name)))
        return STATUS_OK;
    for (size_t i = 0; i < FORMATS; i++)
        if (text_is(asked, formats[i])) {
            *format = (int)i;
            return STATUS_OK;
        }
    return error_set(error, STATUS_USAGE,
                     _("\"" TEXT_PRINT "\" is no download; there are csv, xlsx and json"), TEXT_ARG(asked));
}

enum status list_window(struct page *page, const char *name, int64_t *offset, int64_t *limit,
                        struct error *error)
{
    int64_t number;
    int format;
    if (page_number(page, "trang", &number, error) || read_format(page, name, &format, error))
        return error->status;
    *offset = format < 0 && number ? (number - 1) * LIST_PAGE : 0;
    *limit = format < 0 ? LIST_PAGE : LIST_MAX;
    return STATUS_OK;
}

/* ---- downloads ---- */

void list_downloads(struct page *page, const char *name)
{
    html_literal(page->out, "<p class=\"download\">");
    html_string(page->out, _("Download:"));
    for (size_t i = 0; i < FORMATS; i++) {
        char *capitals = text_string(page->arena, text_of(formats[i]));
        for (char *at = capitals; *at; at++)
            *at = (char)(*at - 'a' + 'A');
        const char *address = page_address_here(page, "tai", formats[i]);
        struct text whole = text_format(page->arena, "%s&bang=%s", address, name);
        buffer_char(page->out, ' ');
        page_link(page, text_string(page->arena, whole), text_of(capitals));
    }
    html_literal(page->out, "</p>\n");
}

static enum status write_document(struct page *page, int format, const char *name,
                                  const struct value *document, struct error *error)
{
    struct buffer *out = &page->answer->body;
    if (format == 0) {
        report_csv_write(out, document);
    } else if (format == 2) {
        canonical_pretty(out, document);
        buffer_char(out, '\n');
    } else {
        struct spool_file spool = { 0 };
        struct text bytes;
        if (report_xlsx_write(document, language_name(page->language), &spool, error))
            return error->status;
        enum status status = spool_file_start(&spool, page->arena, FILE_BYTES, &bytes, error);
        spool_file_close(&spool);
        if (status)
            return status;
        buffer_text(out, bytes);
    }
    page->is_download = true;
    page->answer->status = 200;
    page->answer->type = types[format];
    page->answer->file_name = text_format(page->arena, "%s.%s", name, formats[format]).bytes;
    return STATUS_OK;
}

enum status list_download(struct page *page, const char *name, const struct value *document, bool *done,
                          struct error *error)
{
    int format;
    *done = false;
    if (page->is_download || read_format(page, name, &format, error))
        return page->is_download ? STATUS_OK : error->status;
    *done = format >= 0;
    return format < 0 ? STATUS_OK : write_document(page, format, name, document, error);
}

/* What a cell shows; JSON keeps what the store has. */
static struct text shown(const struct page *page, const struct list_column *column, const struct value *cell)
{
    if (!cell || cell->kind == VALUE_NULL)
        return TEXT("");
    if (cell->kind == VALUE_BOOLEAN)
        return text_of(cell->truth ? _("yes") : _("no"));
    if (!value_is_scalar(cell))
        return TEXT("");
    if (column->kind == LIST_WORD)
        return output_word(cell->text);
    if (column->kind == LIST_TIME)
        return output_time(page->arena, cell->text);
    return cell->text;
}

/* The list as a document of report/report.h. */
static struct value *make_document(const struct page *page, const struct list *list, bool raw)
{
    struct arena *arena = page->arena;
    struct value *document = value_object(arena);
    value_set(document, "schema", value_string(arena, "congkhai/list/1"));
    value_set(document, "report", value_string(arena, list->name));
    value_set(document, "title", value_text(arena, list->heading ? text_of(list->heading) : page->title));
    struct value *agency = value_set(document, "agency", value_object(arena));
    value_set(agency, "code", value_string(arena, page->settings->agency_code));
    value_set(agency, "name", value_string(arena, page->settings->agency_name));
    char *today = arena_alloc(arena, DATE_TEXT);
    date_write(page->today, today);
    struct value *period = value_set(document, "period", value_object(arena));
    value_set(period, "as_of", value_string(arena, today));
    value_set(document, "rests_on", value_copy(arena, page->head));
    struct value *columns = value_set(document, "columns", value_list(arena));
    for (size_t i = 0; i < list->count; i++) {
        struct value *column = value_append(columns, value_object(arena));
        value_set(column, "name", value_string(arena, list->columns[i].member));
        value_set(column, "heading", value_string(arena, list->columns[i].heading));
        value_set(column, "kind", value_string(arena, "text"));
    }
    if (raw) {
        value_set(document, "rows", value_copy(arena, list->rows));
        return document;
    }
    struct value *rows = value_set(document, "rows", value_list(arena));
    for (const struct value *row = list->rows->first; row; row = row->next) {
        struct value *told = value_append(rows, value_object(arena));
        for (size_t i = 0; i < list->count; i++) {
            const struct list_column *column = &list->columns[i];
            struct text text = shown(page, column, value_find(row, column->member));
            if (text.length)
                value_set(told, column->member, value_text(arena, text));
        }
    }
    return document;
}

/* ---- the table ---- */

static const char *address_of(const struct page *page, const struct list_column *column, struct text text)
{
    if (column->kind == LIST_CODE)
        return page_address(page, "/thu-tuc", text, NULL);
    if (column->kind == LIST_RUN)
        return page_address(page, "/luot-chay", text, NULL);
    if (column->kind == LIST_EVENT)
        return page_address(page, "/so-cai", TEXT_NONE, "su-kien", text_string(page->arena, text), NULL);
    if (column->kind == LIST_RULE)
        return page_address(page, "/giu-lai", TEXT_NONE, "luat", text_string(page->arena, text), NULL);
    return NULL;
}

static void put_cell(struct page *page, const struct list_column *column, const struct value *row)
{
    struct text whole = shown(page, column, value_find(row, column->member));
    struct text text = page_cut(page, whole, CELL_BYTES);
    bool number = column->kind == LIST_COUNT;
    if (number && whole.length)
        text = page_count(page, strtoll(text_string(page->arena, whole), NULL, 10));
    if (column->kind == LIST_DAY)
        text = page_date(page, text);
    if (column->kind == LIST_DIGEST && whole.length > 12)
        text = page_cut(page, whole, 12);
    html_open(page->out, "td", "class",
              number                        ? "n"
              : column->kind == LIST_TIME   ? "t"
              : column->kind == LIST_CODE   ? "c"
              : column->kind == LIST_DIGEST ? "d"
                                            : NULL,
              "title", column->kind == LIST_DIGEST ? text_string(page->arena, whole) : NULL, "data-label",
              column->heading, NULL);
    const char *address = whole.length ? address_of(page, column, whole) : NULL;
    if (address)
        page_link(page, address, text);
    else
        html_text(page->out, text);
    html_literal(page->out, "</td>");
}

static void put_table(struct page *page, const struct list *list)
{
    html_literal(page->out, "<div class=\"wide\"><table>");
    if (list->heading) {
        html_literal(page->out, "<caption class=\"hidden\">");
        html_string(page->out, list->heading);
        html_literal(page->out, "</caption>");
    }
    html_literal(page->out, "<thead><tr>");
    for (size_t i = 0; i < list->count; i++) {
        if (list->columns[i].kind == LIST_HIDDEN)
            continue;
        html_open(page->out, "th", "scope", "col", "class", list->columns[i].kind == LIST_COUNT ? "n" : NULL,
                  NULL);
        html_string(page->out, list->columns[i].heading);
        html_close(page->out, "th");
    }
    html_literal(page->out, "</tr></thead>\n<tbody>");
    for (const struct value *row = list->rows->first; row; row = row->next) {
        html_literal(page->out, "<tr>");
        for (size_t i = 0; i < list->count; i++)
            if (list->columns[i].kind != LIST_HIDDEN)
                put_cell(page, &list->columns[i], row);
        html_literal(page->out, "</tr>\n");
    }
    html_literal(page->out, "</tbody></table></div>\n");
}

static void put_page_link(struct page *page, int64_t number, const char *words, const char *rel)
{
    char digits[24];
    snprintf(digits, sizeof digits, "%lld", (long long)number);
    html_open(page->out, "a", "rel", rel, "href", page_address_here(page, "trang", digits), NULL);
    html_string(page->out, words);
    html_literal(page->out, "</a> ");
}

static enum status put_pages(struct page *page, const struct list *list, struct error *error)
{
    int64_t number;
    if (list->total < 0 || page_number(page, "trang", &number, error))
        return list->total < 0 ? STATUS_OK : error->status;
    number = number ? number : 1;
    int64_t first = (number - 1) * LIST_PAGE, last = first + (int64_t)list->rows->count;
    if (!first && last >= list->total)
        return STATUS_OK;
    html_open(page->out, "nav", "class", "pages", "aria-label", _("Pages of the list"), NULL);
    if (first)
        put_page_link(page, number - 1, _("← before"), "prev");
    html_text(page->out, text_format(page->arena, _("%lld to %lld of %lld"), (long long)first + 1,
                                     (long long)last, (long long)list->total));
    buffer_char(page->out, ' ');
    if (last < list->total)
        put_page_link(page, number + 1, _("further →"), "next");
    html_literal(page->out, "</nav>\n");
    return STATUS_OK;
}

enum status list_put(struct page *page, const struct list *list, struct error *error)
{
    bool done;
    int format;
    if (page->is_download)
        return STATUS_OK;
    if (read_format(page, list->name, &format, error) ||
        (format >= 0 &&
         list_download(page, list->name, make_document(page, list, format == 2), &done, error)))
        return error->status;
    if (page->is_download)
        return STATUS_OK;
    if (list->heading)
        page_heading(page, list->name, list->heading);
    if (!list->rows->count) {
        page_paragraph(page, "none", text_of(list->none ? list->none : _("(none)")));
        return STATUS_OK;
    }
    put_table(page, list);
    if (put_pages(page, list, error))
        return error->status;
    list_downloads(page, list->name);
    return STATUS_OK;
}
