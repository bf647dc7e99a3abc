#include "console/page.h"

#include <stdlib.h>
#include <string.h>

#include "adapters/http.h"
#include "console/style.h"
#include "report/output_word.h"
#include "report/report_write.h"

/* ---- what the address asks for ---- */

struct text page_parameter(const struct page *page, const char *name)
{
    struct text value = text_trim(http_server_parameter(page->request, name));
    return value.length ? value : TEXT_NONE;
}

enum status page_choice(const struct page *page, const char *name, const char *const *words, size_t count,
                        size_t *chosen, struct error *error)
{
    BUFFER_OWNED struct buffer all = { 0 };
    struct text value = page_parameter(page, name);
    for (*chosen = 0; *chosen < count; ++*chosen) {
        if (text_is(value, words[*chosen]))
            return STATUS_OK;
        buffer_printf(&all, "%s%s", *chosen ? ", " : "", words[*chosen]);
    }
    return value.bytes ? error_set(error, STATUS_USAGE, _("%s \"%s\": it takes one of %s"), name,
                                   text_string(page->arena, value), all.bytes)
                       : STATUS_OK;
}

enum status page_number(const struct page *page, const char *name, int64_t *number, struct error *error)
{
    struct text value = page_parameter(page, name);
    *number = 0;
    for (size_t i = 0; i < value.length; i++) {
        if (value.bytes[i] < '0' || value.bytes[i] > '9' || *number > 100000000)
            return error_set(error, STATUS_USAGE, _("\"" TEXT_PRINT "\" is no number"), TEXT_ARG(value));
        *number = *number * 10 + (value.bytes[i] - '0');
    }
    return STATUS_OK;
}

enum status page_day(const struct page *page, const char *name, struct date *day, struct error *error)
{
    struct text value = page_parameter(page, name);
    *day = (struct date){ 0 };
    if (!value.bytes || date_read(value, day) || date_parse(value, TEXT("d/M/yyyy"), day))
        return STATUS_OK;
    return error_set(error, STATUS_USAGE, _("\"" TEXT_PRINT "\" is no day such as 2026-03-12"),
                     TEXT_ARG(value));
}

static enum status open_words(struct page *page, struct error *error)
{
    if (!page->has_words && rule_words_open(page->settings->rules_text, language_name(page->language),
                                            page->store, page->arena, &page->words, error))
        return error->status;
    page->has_words = true;
    return STATUS_OK;
}

enum status page_say(struct page *page, struct value *rows, struct error *error)
{
    return open_words(page, error) ? error->status : rule_words_put_all(&page->words, rows, 0, error);
}

enum status page_say_row(struct page *page, struct value *row, struct arena *arena, struct error *error)
{
    return open_words(page, error) ? error->status : rule_words_put(&page->words, row, 0, arena, error);
}

/* ---- addresses ---- */

static void put_pair(struct buffer *out, struct text name, struct text value)
{
    bool first = !memchr(out->bytes, '?', out->length);
    buffer_char(out, first ? '?' : '&');
    http_escape(out, name);
    buffer_char(out, '=');
    http_escape(out, value);
}

const char *page_address(const struct page *page, const char *path, struct text name, ...)
{
    BUFFER_OWNED struct buffer out = { 0 };
    va_list pairs;
    const char *parameter;
    buffer_string(&out, page->prefix);
    buffer_string(&out, path);
    if (name.bytes) {
        buffer_char(&out, '/');
        http_escape(&out, name);
    }
    va_start(pairs, name);
    while ((parameter = va_arg(pairs, const char *))) {
        const char *value = va_arg(pairs, const char *);
        if (value && *value)
            put_pair(&out, text_of(parameter), text_of(value));
    }
    va_end(pairs);
    return text_string(page->arena, buffer_view(&out));
}

struct here {
    struct buffer *out;
    const char *const *without;
};

static void put_parameter(void *user_data, struct text name, struct text value)
{
    const struct here *here = user_data;
    for (const char *const *left = here->without; *left; left++)
        if (text_is(name, *left))
            return;
    if (value.length)
        put_pair(here->out, name, value);
}

/* The path without its slashes encoded: names in it have none but those that they brought. */
static const char *this_address(const struct page *page, const char *prefix, const char *const *without,
                                const char *name, const char *value)
{
    BUFFER_OWNED struct buffer out = { 0 };
    struct here here = { &out, without };
    struct text path = page->path;
    buffer_string(&out, prefix);
    while (path.length) {
        size_t end = 1;
        while (end < path.length && path.bytes[end] != '/')
            end++;
        buffer_char(&out, '/');
        http_escape(&out, text_slice(path, 1, end - 1));
        path = text_slice(path, end, path.length);
    }
    http_server_parameters(page->request, put_parameter, &here);
    if (value)
        put_pair(&out, text_of(name), text_of(value));
    return text_string(page->arena, buffer_view(&out));
}

const char *page_address_here(const struct page *page, const char *name, const char *value)
{
    const char *without[] = { name, "tai", "bang", NULL };
    return this_address(page, page->prefix, without, name, value);
}

void page_link(struct page *page, const char *address, struct text words)
{
    html_open(page->out, "a", "href", address, NULL);
    html_text(page->out, words);
    html_close(page->out, "a");
}

/* ---- words ---- */

struct text page_count(const struct page *page, int64_t number)
{
    return report_number(page->arena, number, language_name(page->language));
}

struct text page_date(const struct page *page, struct text day)
{
    return report_day(page->arena, day, language_name(page->language));
}

struct text page_time(const struct page *page, struct text at)
{
    return output_time(page->arena, at);
}

struct text page_cut(const struct page *page, struct text text, size_t most)
{
    size_t length = text_cut(text, most);
    if (length == text.length)
        return text;
    BUFFER_OWNED struct buffer out = { 0 };
    buffer_put(&out, text.bytes, length);
    buffer_string(&out, "…");
    return text_copy(page->arena, buffer_view(&out));
}

/* ---- pieces ---- */

void page_heading(struct page *page, const char *id, const char *words)
{
    html_open(page->out, "h2", "id", id, NULL);
    html_string(page->out, words);
    html_close(page->out, "h2");
}

void page_paragraph(struct page *page, const char *class, struct text words)
{
    html_open(page->out, "p", "class", class, NULL);
    html_text(page->out, words);
    html_close(page->out, "p");
}

void page_facts_begin(struct page *page)
{
    html_literal(page->out, "<dl>");
}

void page_fact_link(struct page *page, const char *name, struct text value, const char *address)
{
    if (!value.length)
        return;
    html_element(page->out, "dt", text_of(name));
    html_literal(page->out, "<dd>");
    if (address)
        page_link(page, address, value);
    else
        html_text(page->out, value);
    html_literal(page->out, "</dd>");
}

void page_fact(struct page *page, const char *name, struct text value)
{
    page_fact_link(page, name, value, NULL);
}

void page_facts_end(struct page *page)
{
    html_literal(page->out, "</dl>\n");
}

/* ---- around it ---- */

static void put_head(struct page *page, struct buffer *out)
{
    html_literal(out, "<!DOCTYPE html>\n");
    html_open(out, "html", "lang", language_name(page->language), NULL);
    html_literal(out, "<head><meta charset=\"utf-8\"><meta name=\"viewport\" "
                      "content=\"width=device-width, initial-scale=1\">");
    html_element(
        out, "title",
        text_format(page->arena, TEXT_PRINT " · %s", TEXT_ARG(page->title), page->settings->agency_name));
    html_open(out, "link", "rel", "stylesheet", "href", style_address(), NULL);
    html_literal(out, "</head>\n<body>");
    html_open(out, "a", "class", "skip", "href", "#noi-dung", NULL);
    html_string(out, _("To the content"));
    html_literal(out, "</a>\n");
}

static void put_navigation(struct page *page, struct buffer *out)
{
    html_open(out, "nav", "aria-label", _("Pages"), NULL);
    html_literal(out, "<ul>");
    for (const struct console_page *item = console_pages; item->path; item++) {
        if (!item->title)
            continue;
        bool here = text_is(page->path, item->path) ||
                    (strlen(item->path) > 1 && text_starts(page->path, text_of(item->path)));
        html_literal(out, "<li>");
        html_open(out, "a", "href", page_address(page, item->path, TEXT_NONE, NULL), "aria-current",
                  here ? "page" : NULL, NULL);
        html_string(out, _(item->title));
        html_literal(out, "</a></li>");
    }
    html_literal(out, "</ul></nav>\n");
}

static void put_header(struct page *page, struct buffer *out)
{
    static const char *const nothing[] = { NULL };
    bool english = page->language == LANGUAGE_EN;
    html_literal(out, "<header><div class=\"top\">");
    html_open(out, "p", "class", "agency", NULL);
    html_string(out, page->settings->agency_name);
    html_literal(out, "</p>");
    html_open(out, "form", "role", "search", "action", page_address(page, "/thu-tuc", TEXT_NONE, NULL), NULL);
    html_open(out, "label", "for", "tim", NULL);
    html_string(out, _("Find a procedure"));
    html_literal(out, "</label>");
    html_open(out, "input", "type", "search", "id", "tim", "name", "q", "maxlength", "200", NULL);
    html_literal(out, "<button>");
    html_string(out, _("Find"));
    html_literal(out, "</button></form>");
    html_open(out, "a", "class", "language", "lang", english ? "vi" : "en", "hreflang", english ? "vi" : "en",
              "href", this_address(page, english ? "/vi" : "/en", nothing, NULL, NULL), NULL);
    html_string(out, english ? "Tiếng Việt" : "English");
    html_literal(out, "</a></div>\n");
    put_navigation(page, out);
    html_literal(out, "</header>\n");
}

static struct text verdict_words(const struct page *page)
{
    const struct verdict *verdict = &page->verdict;
    struct text at = page_time(page, verdict->at), events = page_count(page, verdict->events);
    switch (verdict->kind) {
    case VERDICT_HOLDS:
        return text_format(
            page->arena,
            _("The whole ledger was verified at " TEXT_PRINT ": all " TEXT_PRINT " events hold."),
            TEXT_ARG(at), TEXT_ARG(events));
    case VERDICT_HELD:
        return text_format(page->arena,
                           _("Last verified at " TEXT_PRINT ": its " TEXT_PRINT
                             " events of then hold; what came since "
                             "is verified as soon as no run is at work."),
                           TEXT_ARG(at), TEXT_ARG(events));
    case VERDICT_FAILS:
    case VERDICT_UNREADABLE:
        return verdict->sentence;
    default:
        return text_of(_("The ledger has not been verified yet: what is shown is as the store says it."));
    }
}

/* What is known of it. */
static void put_verdict(struct page *page, struct buffer *out)
{
    static const char *const classes[] = { [VERDICT_NONE] = "verdict open",
                                           [VERDICT_HOLDS] = "verdict good",
                                           [VERDICT_HELD] = "verdict open",
                                           [VERDICT_FAILS] = "verdict bad",
                                           [VERDICT_UNREADABLE] = "verdict bad" };
    if (!page->head && page->verdict.kind == VERDICT_NONE)
        return;
    html_open(out, "p", "class", classes[page->verdict.kind], NULL);
    html_text(out, verdict_words(page));
    buffer_char(out, ' ');
    html_open(out, "a", "href", page_address(page, "/so-cai/kiem-tra", TEXT_NONE, NULL), NULL);
    html_string(out, _("Verification"));
    html_literal(out, "</a></p>\n");
}

/* Which ledger the page was drawn from, and what is known of it. */
static void put_footer(struct page *page, struct buffer *out)
{
    struct text root = value_text_of(page->head, "root");
    html_literal(out, "<footer>");
    if (root.bytes) {
        html_literal(out, "<p>");
        html_text(out, text_format(
                           page->arena,
                           _("Drawn from the ledger up to event " TEXT_PRINT " (run " TEXT_PRINT "), head "),
                           TEXT_ARG(value_text_of(page->head, "events")),
                           TEXT_ARG(value_text_of(page->head, "run"))));
        html_literal(out, "<code>");
        html_text(out, root);
        html_literal(out, "</code>");
        if (page->behind)
            html_text(out,
                      text_format(page->arena,
                                  _("; behind it stand " TEXT_PRINT " events of a run that has not ended"),
                                  TEXT_ARG(page_count(page, page->behind))));
        html_literal(out, "</p>");
    } else if (page->head) {
        html_element(out, "p", text_of(_("Drawn from a ledger that has no head yet.")));
    }
    put_verdict(page, out);
    html_literal(out, "<p>");
    html_text(out,
              text_format(page->arena, _("congkhai %s. These pages only show; nothing can be changed here."),
                          CONGKHAI_VERSION));
    html_literal(out, "</p></footer>\n");
}

void page_finish(struct page *page, unsigned status)
{
    struct buffer *out = &page->answer->body;
    put_head(page, out);
    put_header(page, out);
    html_literal(out, "<main id=\"noi-dung\" tabindex=\"-1\">\n");
    html_element(out, "h1", page->title);
    buffer_char(out, '\n');
    buffer_text(out, buffer_view(page->out));
    html_literal(out, "</main>\n");
    put_footer(page, out);
    html_literal(out, "</body></html>\n");
    page->answer->status = status;
    page->answer->type = "text/html; charset=utf-8";
}
