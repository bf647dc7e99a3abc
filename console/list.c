#include "console/list.h"

#include <stdio.h>
#include <stdlib.h>

#include "console/export.h"
#include "core/canonical.h"
#include "report/output_word.h"
#include "report/report_write.h"

#define CELL_BYTES 400
#define FILE_BYTES ((size_t)1 << 30)

/* *wanted: a download is asked for, and of this list. STATUS_USAGE for a format that is none. */
static enum status read_format(const struct page *page, const char *name, bool *wanted,
                               enum export_format *format, struct error *error)
{
    struct text asked = page_parameter(page, "tai"), list = page_parameter(page, "bang");
    *wanted = asked.bytes && (!list.bytes || text_is(list, name));
    for (*format = 0; *wanted && *format < EXPORT_FORMATS; (*format)++)
        if (text_is(asked, export_ending(*format)))
            return STATUS_OK;
    if (!*wanted)
        return STATUS_OK;
    return error_set(error, STATUS_USAGE,
                     _("\"" TEXT_PRINT "\" is no download; there are csv, xlsx and json"), TEXT_ARG(asked));
}

enum status list_window(struct page *page, const struct list *list, struct browse_window *window,
                        struct error *error)
{
    int64_t number;
    bool wanted;
    enum export_format format;
    *window = (struct browse_window){ .limit = LIST_PAGE };
    if (page_number(page, "trang", &number, error) || read_format(page, list->name, &wanted, &format, error))
        return error->status;
    if (!wanted) {
        window->offset = number ? (number - 1) * LIST_PAGE : 0;
        return STATUS_OK;
    }
    if (export_open(page, list, format, &page->export, error))
        return error->status;
    page->rows = (struct row_visit){ export_row, page->export };
    *window = (struct browse_window){ .limit = LIST_ALL, .visit = &page->rows };
    return STATUS_OK;
}

/* ---- downloads ---- */

void list_downloads(struct page *page, const char *name)
{
    html_literal(page->out, "<p class=\"download\">");
    html_string(page->out, _("Download:"));
    for (enum export_format format = 0; format < EXPORT_FORMATS; format++) {
        char *capitals = text_string(page->arena, text_of(export_ending(format)));
        for (char *at = capitals; *at; at++)
            *at = (char)(*at - 'a' + 'A');
        const char *address = page_address_here(page, "tai", export_ending(format));
        struct text whole = text_format(page->arena, "%s&bang=%s", address, name);
        buffer_char(page->out, ' ');
        page_link(page, text_string(page->arena, whole), text_of(capitals));
    }
    html_literal(page->out, "</p>\n");
}

/* The head that it rests on, and how many events of a run at work stand behind it, are part of its name: a table has no
 * other place for them. */
static void name_download(struct page *page, const char *name, enum export_format format)
{
    struct text root = value_text_of(page->head, "root");
    page->is_download = true;
    page->answer->status = 200;
    page->answer->type = export_type(format);
    struct text behind = page->behind ? text_format(page->arena, "+%lld", (long long)page->behind) : TEXT("");
    page->answer->file_name = text_format(page->arena, "%s-" TEXT_PRINT TEXT_PRINT "-%.12s.%s", name,
                                          TEXT_ARG(value_text_of(page->head, "events")), TEXT_ARG(behind),
                                          root.length ? root.bytes : "0", export_ending(format))
                                  .bytes;
}

enum status list_download(struct page *page, const char *name, const struct value *document, bool *done,
                          struct error *error)
{
    struct buffer *out = &page->answer->body;
    enum export_format format;
    *done = false;
    if (page->is_download || read_format(page, name, done, &format, error))
        return page->is_download ? STATUS_OK : error->status;
    if (!*done)
        return STATUS_OK;
    if (format == EXPORT_CSV)
        report_csv_write(out, document);
    else if (format == EXPORT_JSON)
        canonical_pretty(out, document), buffer_char(out, '\n');
    else if (report_xlsx_write(document, language_name(page->language), &page->answer->spool, error))
        return error->status;
    name_download(page, name, format);
    return STATUS_OK;
}

/* What was not taken already, when the rows were read, is all in memory. */
static enum status finish_download(struct page *page, const struct list *list, enum export_format format,
                                   struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    if (!page->export && export_open(page, list, format, &page->export, error))
        return error->status;
    for (struct value *row = list->rows ? list->rows->first : NULL; row; row = row->next) {
        arena_clear(&arena);
        if (export_row(page->export, row, &arena, error))
            return error->status;
    }
    if (export_finish(page->export, &page->answer->spool, error))
        return error->status;
    name_download(page, list->name, format);
    return STATUS_OK;
}

struct text list_shown(struct arena *arena, const struct list_column *column, const struct value *row)
{
    const struct value *cell = value_find(row, column->member);
    if (!cell || cell->kind == VALUE_NULL)
        return TEXT("");
    if (cell->kind == VALUE_BOOLEAN)
        return text_of(cell->truth ? _("yes") : _("no"));
    if (!value_is_scalar(cell))
        return TEXT("");
    if (column->kind == LIST_WORD)
        return output_word(cell->text);
    if (column->kind == LIST_TIME)
        return output_time(arena, cell->text);
    return cell->text;
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
    struct text whole = list_shown(page->arena, column, row);
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

static void put_table(struct page *page, const struct list *list, int64_t first)
{
    int64_t at = 0;
    html_literal(page->out, "<div class=\"wide\" tabindex=\"0\"><table>");
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
    for (const struct value *row = list->rows->first; row && at < first + LIST_PAGE; row = row->next) {
        if (at++ < first)
            continue;
        html_literal(page->out, "<tr>");
        for (size_t i = 0; i < list->count; i++)
            if (list->columns[i].kind != LIST_HIDDEN)
                put_cell(page, &list->columns[i], row);
        html_literal(page->out, "</tr>\n");
    }
    html_literal(page->out, "</tbody></table></div>\n");
}

static void put_page_link(struct page *page, const char *name, int64_t number, const char *words,
                          const char *rel)
{
    char digits[24];
    snprintf(digits, sizeof digits, "%lld", (long long)number);
    html_open(page->out, "a", "rel", rel, "href", page_address_here(page, name, digits), NULL);
    html_string(page->out, words);
    html_literal(page->out, "</a> ");
}

static void put_pages(struct page *page, const char *name, int64_t first, int64_t shown, int64_t total)
{
    int64_t number = first / LIST_PAGE + 1;
    if (!first && shown >= total)
        return;
    html_open(page->out, "nav", "class", "pages", "aria-label", _("Pages of the list"), NULL);
    bool behind = first && !shown; /* the last page */
    if (behind && total)
        number = (total - 1) / LIST_PAGE + 2;
    if (first)
        put_page_link(page, name, number - 1, _("← before"), "prev");
    if (behind)
        html_string(page->out, _("The list ends before this page."));
    else
        html_text(page->out, text_format(page->arena, _("%lld to %lld of %lld"), (long long)first + 1,
                                         (long long)(first + shown), (long long)total));
    buffer_char(page->out, ' ');
    if (first + shown < total)
        put_page_link(page, name, number + 1, _("further →"), "next");
    html_literal(page->out, "</nav>\n");
}

enum status list_put(struct page *page, const struct list *list, struct error *error)
{
    bool wanted,
        whole = list->total < 0; /* the rows are of all pages: each such list of a page has its own number */
    enum export_format format;
    const char *name = whole ? text_format(page->arena, "trang-%s", list->name).bytes : "trang";
    int64_t number;
    if (page->is_download)
        return STATUS_OK;
    if (read_format(page, list->name, &wanted, &format, error))
        return error->status;
    if (wanted)
        return finish_download(page, list, format, error);
    if (page_number(page, name, &number, error))
        return error->status;
    if (list->heading)
        page_heading(page, list->name, list->heading);
    int64_t count = (int64_t)list->rows->count, first = number ? (number - 1) * LIST_PAGE : 0;
    int64_t shown = !whole                      ? count
                    : first >= count            ? 0
                    : count - first < LIST_PAGE ? count - first
                                                : LIST_PAGE;
    if (!shown && !first) {
        page_paragraph(page, "none", text_of(list->none ? list->none : _("(none)")));
        return STATUS_OK;
    }
    put_table(page, list, whole ? first : 0);
    put_pages(page, name, first, shown, whole ? count : list->total);
    list_downloads(page, list->name);
    return STATUS_OK;
}
