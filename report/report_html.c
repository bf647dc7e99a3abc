/* A report as a page: for the screen and for A4 paper, without script, without another host. */
#include <stdlib.h>
#include <string.h>

#include "adapters/html_write.h"
#include "adapters/unicode.h"
#include "report/report_write.h"

static const char style[] =
    "body{font:15px/1.5 \"Noto Serif\",\"Times New Roman\",serif;color:#111;max-width:72rem;margin:1.5rem "
    "auto;padding:0 1rem}"
    "h1{font-size:1.35rem;text-align:center;margin:1rem 0 .2rem}h2{font-size:1.1rem;margin:1.6rem 0 .4rem}"
    ".agency{font-weight:bold;text-transform:uppercase}.sub{text-align:center;margin:0 0 1rem}"
    "table{border-collapse:collapse;width:100%}th,td{border:1px solid #555;padding:.25rem "
    ".45rem;vertical-align:top;"
    "text-align:left}td.k{white-space:nowrap}td.w{overflow-wrap:anywhere;min-width:7rem}th{background:#eee}"
    "td.n{text-align:right;"
    "white-space:nowrap}"
    "tr.total td{font-weight:bold;border-top:2px solid #111}.wide{overflow-x:auto}"
    "figure{margin:1rem 0}figcaption{font-style:italic}svg{width:100%;height:auto}svg text{font:12px "
    "sans-serif;fill:#111}"
    ".signs{display:flex;justify-content:space-between;margin:2rem 0 4rem;break-inside:avoid}.signs "
    "div{width:20rem;text-align:center;align-self:end}"
    ".foot{font-size:.9rem;color:#333}"
    ".codes{font-size:.9rem;margin:.2rem 0}a{color:#023e8a}"
    "@media print{body{margin:0;max-width:none;font-size:11pt}a{color:inherit;text-decoration:none}"
    "tr,figure{break-inside:avoid}h2{break-after:avoid}thead{display:table-header-group}}@page{size:A4 "
    "landscape;margin:15mm}";

struct page {
    struct buffer *out;
    struct arena *arena;
    const char *language;
    const struct value *document;
};

static const char *anchor(struct page *page, size_t row, struct text column)
{
    return text_string(page->arena, text_format(page->arena, "c%zu-" TEXT_PRINT, row, TEXT_ARG(column)));
}

#define WORD_MOST 20 /* letters of a word that a column is made as wide as */

static bool has_long_word(struct text text)
{
    size_t letters = 0, at = 0;
    while (at < text.length) {
        bool between = text.bytes[at] == ' ' || text.bytes[at] == '\n';
        letters = between ? 0 : letters + 1;
        if (letters > WORD_MOST)
            return true;
        unicode_next(text, &at);
    }
    return false;
}

static void put_cell(struct page *page, const struct value *column, const struct value *row, size_t number)
{
    struct text name = value_text_of(column, "name");
    const struct value *cell = value_find_text(row, name), *codes = value_find(cell, "codes");
    struct text text = report_cell_text(page->arena, cell, page->language, false);
    bool is_text = text_is(value_text_of(column, "kind"), "text");
    bool is_key = is_text && (text_is(name, "code") || text_is(name, "decision"));
    html_open(page->out, "td", "class",
              !is_text              ? "n"
              : has_long_word(text) ? "w"
              : is_key              ? "k"
                                    : NULL,
              "data-label", text_string(page->arena, value_text_of(column, "heading")), NULL);
    bool linked = number && codes && codes->count;
    if (linked)
        html_open(page->out, "a", "href",
                  text_string(page->arena, text_format(page->arena, "#%s", anchor(page, number, name))),
                  NULL);
    html_text(page->out, text);
    if (linked)
        html_close(page->out, "a");
    html_close(page->out, "td");
}

static void put_row(struct page *page, const struct value *columns, const struct value *row, size_t number,
                    const char *class)
{
    html_open(page->out, "tr", "class", class, NULL);
    for (const struct value *column = columns->first; column; column = column->next)
        put_cell(page, column, row, number);
    html_close(page->out, "tr");
    buffer_char(page->out, '\n');
}

static void put_table(struct page *page, const struct value *table, bool linked)
{
    const struct value *columns = value_find(table, "columns"), *rows = value_find(table, "rows");
    const struct value *total = value_find(table, "total");
    size_t number = 0;
    html_literal(page->out, "<div class=\"wide\" tabindex=\"0\"><table><thead><tr>");
    for (const struct value *column = columns->first; column; column = column->next) {
        bool is_text = text_is(value_text_of(column, "kind"), "text");
        html_open(page->out, "th", "scope", "col", "class", is_text ? NULL : "n", NULL);
        html_text(page->out, value_text_of(column, "heading"));
        html_close(page->out, "th");
    }
    html_literal(page->out, "</tr></thead>\n<tbody>\n");
    for (const struct value *row = rows->first; row; row = row->next)
        put_row(page, columns, row, linked ? ++number : 0, NULL);
    if (total)
        put_row(page, columns, total, 0, "total");
    html_literal(page->out, "</tbody></table></div>\n");
}

/* ---- bars ---- */

#define BAR_ROWS  20
#define LABEL_MAX 54 /* bytes, some 40 letters: as wide as the place beside the bars */

static double value_of(struct page *page, const struct value *cell)
{
    struct text text = value_text_of(cell, "count");
    if (!text.bytes)
        text = value_text_of(cell, "percent");
    return text.bytes ? strtod(text_string(page->arena, text), NULL) : 0;
}

/* Counts of different wholes (indices) cannot stand side by side: their shares can. */
static const struct value *column_of_bars(const struct value *document)
{
    const struct value *column = value_find(document, "columns")->first;
    bool shares = value_find(value_find(document, "rows")->first, "denominator") != NULL;
    while (column && !text_is(value_text_of(column, "kind"), shares ? "percent" : "count"))
        column = column->next;
    return column;
}

static struct text label_of(struct page *page, const struct value *row)
{
    const struct value *columns = value_find(page->document, "columns");
    struct text label = report_cell_text(
        page->arena, value_find_text(row, value_text_of(columns->first, "name")), page->language, false);
    size_t cut = text_cut(label, LABEL_MAX);
    return cut < label.length ? text_format(page->arena, "%.*s…", (int)cut, label.bytes) : label;
}

/* A bar a row: lengths and numbers say it, colour does not have to. */
static void put_bars(struct page *page)
{
    const struct value *rows = value_find(page->document, "rows"), *figure = column_of_bars(page->document);
    double most = 0;
    size_t count = 0;
    if (!figure || rows->count < 2)
        return;
    struct text name = value_text_of(figure, "name");
    for (const struct value *row = rows->first; row && count < BAR_ROWS; row = row->next, count++) {
        double value = value_of(page, value_find_text(row, name));
        most = value > most ? value : most;
    }
    if (most <= 0)
        return;
    html_literal(page->out, "<figure><svg role=\"img\"");
    buffer_printf(page->out, " viewBox=\"0 0 800 %zu\"><title>", count * 24 + 8);
    html_text(page->out, value_text_of(figure, "heading"));
    html_literal(page->out, "</title>\n");
    size_t at = 0;
    for (const struct value *row = rows->first; row && at < count; row = row->next, at++) {
        const struct value *cell = value_find_text(row, name);
        double length = value_of(page, cell) / most * 430;
        buffer_printf(page->out, "<text x=\"292\" y=\"%zu\" text-anchor=\"end\">", at * 24 + 18);
        html_text(page->out, label_of(page, row));
        buffer_printf(page->out,
                      "</text><rect x=\"300\" y=\"%zu\" width=\"%.1f\" height=\"16\" fill=\"#9db4c0\" "
                      "stroke=\"#111\"/><text x=\"%.1f\" y=\"%zu\">",
                      at * 24 + 5, length < 0 ? 0 : length, 306 + (length < 0 ? 0 : length), at * 24 + 18);
        html_text(page->out, report_cell_text(page->arena, cell, page->language, false));
        html_literal(page->out, "</text>\n");
    }
    html_literal(page->out, "</svg><figcaption>");
    html_text(page->out, value_text_of(figure, "heading"));
    if (rows->count > BAR_ROWS)
        html_text(page->out,
                  text_format(page->arena, _(" (the first %d of %zu rows)"), BAR_ROWS, rows->count));
    html_literal(page->out, "</figcaption></figure>\n");
}

/* ---- the codes ---- */

static bool has_codes(const struct value *row)
{
    for (const struct value *cell = row ? row->first : NULL; cell; cell = cell->next)
        if (value_find(cell, "codes"))
            return true;
    return false;
}

static void put_codes(struct page *page)
{
    const struct value *columns = value_find(page->document, "columns");
    const struct value *rows = value_find(page->document, "rows");
    size_t number = 0;
    if (!has_codes(rows->first))
        return;
    html_element(page->out, "h2", text_of(_("The codes behind each figure")));
    for (const struct value *row = rows->first; row; row = row->next) {
        number++;
        struct text label = report_cell_text(
            page->arena, value_find_text(row, value_text_of(columns->first, "name")), page->language, false);
        for (const struct value *column = columns->first; column; column = column->next) {
            struct text name = value_text_of(column, "name");
            const struct value *codes = value_find(value_find_text(row, name), "codes");
            if (!codes || !codes->count)
                continue;
            html_open(page->out, "p", "class", "codes", "id", anchor(page, number, name), NULL);
            html_literal(page->out, "<b>");
            html_text(page->out, label);
            html_literal(page->out, ": ");
            html_text(page->out, value_text_of(column, "heading"));
            html_text(page->out, text_format(page->arena, " (%zu)", codes->count));
            html_literal(page->out, "</b> ");
            for (const struct value *code = codes->first; code; code = code->next) {
                html_text(page->out, code->text);
                html_string(page->out, code->next ? ", " : "");
            }
            html_literal(page->out, "</p>\n");
        }
    }
}

static void put_heading(struct page *page)
{
    html_open(page->out, "p", "class", "agency", NULL);
    html_text(page->out, value_text_of(value_find(page->document, "agency"), "name"));
    html_literal(page->out, "</p>\n");
    html_element(page->out, "h1", value_text_of(page->document, "title"));
}

static void put_period(struct page *page)
{
    const struct value *document = page->document;
    html_literal(page->out, "<p class=\"sub\">");
    if (value_text_of(document, "department").bytes) {
        html_text(page->out, report_department_words(page->arena, document));
        html_literal(page->out, "<br>");
    }
    html_text(page->out, report_period_words(page->arena, document, page->language));
    html_literal(page->out, "<br>");
    html_text(page->out,
              text_format(page->arena, _("Unit: " TEXT_PRINT), TEXT_ARG(value_text_of(document, "unit"))));
    html_literal(page->out, "</p>\n");
}

/* Place and day are written by hand, as the name is. */
static void put_signature(struct page *page, const char *day, const char *who)
{
    html_literal(page->out, "<p>");
    if (day) {
        html_literal(page->out, "<em>");
        html_string(page->out, day);
        html_literal(page->out, "</em><br>");
    }
    html_string(page->out, who);
    html_literal(page->out, "<br><em>");
    html_string(page->out, _("(signature, full name)"));
    html_literal(page->out, "</em></p>");
}

static void put_foot(struct page *page)
{
    const struct value *notes = value_find(page->document, "notes");
    struct text lines[4];
    size_t count;
    report_foot(page->arena, page->document, page->language, lines, &count);
    html_literal(page->out, "<div class=\"signs\"><div>");
    put_signature(page, NULL, _("Drawn up by"));
    html_literal(page->out, "</div><div>");
    put_signature(page, _("…, the … day of …, …"), _("Head of the agency"));
    html_literal(page->out, "</div></div>\n<div class=\"foot\">");
    for (size_t i = 0; i < count; i++)
        html_element(page->out, "p", lines[i]);
    html_element(page->out, "p", value_text_of(page->document, "definition"));
    for (const struct value *note = notes ? notes->first : NULL; note; note = note->next)
        html_element(page->out, "p", note->text);
    html_literal(page->out, "</div>\n");
}

static void put_inside(struct page *page)
{
    const struct value *lists = value_find(page->document, "lists");
    put_period(page);
    put_table(page, page->document, true);
    put_bars(page);
    put_foot(page);
    for (const struct value *list = lists ? lists->first : NULL; list; list = list->next) {
        html_element(page->out, "h2", value_text_of(list, "heading"));
        if (value_find(list, "rows")->count)
            put_table(page, list, false);
        else
            html_element(page->out, "p", text_of(_("(none)")));
    }
    put_codes(page);
}

void report_html_inside(struct buffer *out, const struct value *document, const char *language)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct page page = { out, &arena, language, document };
    put_inside(&page);
}

void report_html_write(struct buffer *out, const struct value *document, const char *language)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct page page = { out, &arena, language, document };
    html_literal(out, "<!DOCTYPE html>\n");
    html_open(out, "html", "lang", language, NULL);
    html_literal(out,
                 "<head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">");
    html_element(out, "title", value_text_of(document, "title"));
    html_literal(out, "<style>");
    buffer_string(out, style);
    html_literal(out, "</style></head>\n<body><main>\n");
    put_heading(&page);
    put_inside(&page);
    html_literal(out, "</main></body></html>\n");
}
