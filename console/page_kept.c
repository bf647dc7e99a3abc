/* What is kept back: by what is said of it with counts, and point by point. */
#include "console/console_inside.h"
#include "console/list.h"
#include "core/field_words.h"
#include "report/output_word.h"
#include "store/department.h"
#include "store/kept.h"
#include "store/night.h"

static const char *const outcomes[] = { "rejected", "held",   "refused", "conflict",
                                        "unknown",  "failed", "waiting", "sent-back" };
#define OUTCOMES (sizeof outcomes / sizeof *outcomes)

/* NULL where it is not given. */
static const char *string_of(const struct page *page, const char *name)
{
    struct text value = page_parameter(page, name);
    return value.bytes ? text_string(page->arena, value) : NULL;
}

static enum status read_filter(struct page *page, struct kept_filter *filter, struct error *error)
{
    *filter = (struct kept_filter){ .rule = string_of(page, "luat"),
                                    .department = string_of(page, "don-vi"),
                                    .outcome = string_of(page, "ket-qua"),
                                    .reason = string_of(page, "ly-do"),
                                    .message = string_of(page, "loi") };
    size_t outcome;
    if (page_choice(page, "ket-qua", outcomes, OUTCOMES, &outcome, error))
        return error->status;
    if (page_parameter(page, "ma").bytes) {
        struct text *code = arena_new(page->arena, struct text);
        *code = page_parameter(page, "ma");
        filter->codes = code;
        filter->code_count = 1;
    }
    if (page_parameter(page, "nguon").bytes) {
        const char **source = arena_new(page->arena, const char *);
        *source = string_of(page, "nguon");
        filter->sources = source;
        filter->source_count = 1;
    }
    return page_parameter(page, "moi").bytes ? night_before(page->store, &filter->since, error) : STATUS_OK;
}

/* ---- the filters ---- */

static void put_choice(struct page *page, const char *value, struct text words, struct text chosen)
{
    html_open(page->out, "option", "value", value, "selected", text_is(chosen, value) ? "" : NULL, NULL);
    html_text(page->out, words);
    html_close(page->out, "option");
}

static void begin_choices(struct page *page, const char *name, const char *label)
{
    html_literal(page->out, "<div>");
    html_open(page->out, "label", "for", name, NULL);
    html_string(page->out, label);
    html_literal(page->out, "</label>");
    html_open(page->out, "select", "id", name, "name", name, NULL);
    put_choice(page, "", text_of(_("(all)")), page_parameter(page, name));
}

static void put_input(struct page *page, const char *name, const char *label)
{
    struct text value = page_parameter(page, name);
    html_literal(page->out, "<div>");
    html_open(page->out, "label", "for", name, NULL);
    html_string(page->out, label);
    html_literal(page->out, "</label>");
    html_open(page->out, "input", "id", name, "name", name, "value",
              value.bytes ? text_string(page->arena, value) : NULL, NULL);
    html_literal(page->out, "</div>");
}

static enum status put_filters(struct page *page, struct error *error)
{
    struct departments departments;
    struct value *names, *rules;
    struct text asked = page_parameter(page, "don-vi");
    if (department_read(page->store, page->arena, &departments, error) ||
        department_names(page->store, page->arena, &departments, &names, error) ||
        kept_rules(page->store, page->arena, &rules, error))
        return error->status;
    html_open(page->out, "form", "class", "filters", "action",
              page_address(page, "/giu-lai", TEXT_NONE, NULL), NULL);
    begin_choices(page, "don-vi", _("department"));
    if (asked.bytes)
        asked = department_called(page->arena, &departments, asked);
    for (const struct value *name = names->first; name; name = name->next)
        put_choice(page, text_string(page->arena, name->text), page_cut(page, name->text, 80), asked);
    html_literal(page->out, "</select></div>");
    begin_choices(page, "ket-qua", _("outcome"));
    for (size_t i = 0; i < OUTCOMES; i++)
        put_choice(page, outcomes[i], output_word(text_of(outcomes[i])), page_parameter(page, "ket-qua"));
    html_literal(page->out, "</select></div>");
    begin_choices(page, "luat", _("rule"));
    for (const struct value *rule = rules->first; rule; rule = rule->next)
        put_choice(page, text_string(page->arena, rule->text), page_cut(page, rule->text, 80),
                   page_parameter(page, "luat"));
    html_literal(page->out, "</select></div>");
    put_input(page, "ma", _("code"));
    html_literal(page->out, "<div class=\"check\">");
    html_open(page->out, "input", "type", "checkbox", "id", "moi", "name", "moi", "value", "1", "checked",
              page_parameter(page, "moi").bytes ? "" : NULL, NULL);
    html_open(page->out, "label", "for", "moi", NULL);
    html_string(page->out, _("only what is new"));
    html_literal(page->out, "</label></div><button>");
    html_string(page->out, _("Show"));
    html_literal(page->out, "</button></form>\n");
    return STATUS_OK;
}

/* ---- groups ---- */

/* A place among all records: its numbers say nothing. */
static struct text without_numbers(struct arena *arena, struct text path)
{
    BUFFER_OWNED struct buffer out = { 0 };
    bool inside = false;
    for (size_t i = 0; i < path.length; i++) {
        inside = path.bytes[i] == '[' || (inside && path.bytes[i] != ']');
        if (!inside || path.bytes[i] == '[')
            buffer_char(&out, path.bytes[i]);
    }
    return text_copy(arena, buffer_view(&out));
}

static void put_group(struct page *page, const struct value *group)
{
    struct text rule = value_text_of(group, "rule"), field = value_text_of(group, "field");
    struct text message = value_text_of(group, "message"), told = value_text_of(group, "told");
    const char *address = page_address(
        page, "/giu-lai", TEXT_NONE, "ket-qua", text_string(page->arena, value_text_of(group, "outcome")),
        "luat", rule.bytes ? text_string(page->arena, rule) : NULL, "ly-do",
        value_text_of(group, "reason").bytes ? text_string(page->arena, value_text_of(group, "reason"))
                                             : NULL,
        "loi", !rule.bytes && told.length && told.length < 2000 ? text_string(page->arena, told) : NULL,
        "moi", page_parameter(page, "moi").bytes ? "1" : NULL, "don-vi", string_of(page, "don-vi"), NULL);
    html_literal(page->out, "<tr>");
    html_open(page->out, "td", "class", "n", "data-label", _("records"), NULL);
    page_link(page, address, text_of(text_string(page->arena, value_text_of(group, "records"))));
    html_literal(page->out, "</td>");
    html_open(page->out, "td", "data-label", _("outcome"), NULL);
    html_text(page->out, output_word(value_text_of(group, "outcome")));
    html_literal(page->out, "</td>");
    html_open(page->out, "td", "data-label", _("field"), NULL);
    if (field.length)
        html_text(page->out,
                  field_words_place(page->arena, without_numbers(page->arena, field), page->language));
    html_literal(page->out, "</td>");
    html_open(page->out, "td", "data-label", _("why, of one of them"), NULL);
    page_link(page, address, page_cut(page, message.length ? message : TEXT("?"), 300));
    html_literal(page->out, "</td>");
    html_open(page->out, "td", "data-label", _("what to do"), NULL);
    html_text(page->out, value_text_of(group, "to_do"));
    html_literal(page->out, "</td>");
    html_open(page->out, "td", "data-label", _("rule"), NULL);
    html_text(page->out, rule);
    html_literal(page->out, "</td></tr>\n");
}

/* Of all, or of what the filters leave. */
static const char *nothing(const struct page *page)
{
    static const char *const filters[] = {
        "don-vi", "ket-qua", "luat", "ly-do", "loi", "ma", "nguon", "moi"
    };
    for (size_t i = 0; i < sizeof filters / sizeof *filters; i++)
        if (page_parameter(page, filters[i]).bytes)
            return _("Nothing that is kept back is as asked for.");
    return _("Nothing is kept back.");
}

static enum status put_groups(struct page *page, const struct kept_filter *filter, struct error *error)
{
    struct value *groups;
    if (kept_groups(page->store, filter, page->arena, &groups, error) || page_say(page, groups, error))
        return error->status;
    page_heading(page, "nhom", _("By what is said of them"));
    if (!groups->count) {
        page_paragraph(page, "none", text_of(nothing(page)));
        return STATUS_OK;
    }
    html_literal(page->out, "<div class=\"wide\" tabindex=\"0\"><table><thead><tr>");
    const char *const headings[] = { _("records"),    _("outcome"), _("field"), _("why, of one of them"),
                                     _("what to do"), _("rule") };
    for (size_t i = 0; i < sizeof headings / sizeof *headings; i++) {
        html_open(page->out, "th", "scope", "col", "class", i ? NULL : "n", NULL);
        html_string(page->out, headings[i]);
        html_close(page->out, "th");
    }
    html_literal(page->out, "</tr></thead>\n<tbody>");
    for (const struct value *group = groups->first; group; group = group->next)
        put_group(page, group);
    html_literal(page->out, "</tbody></table></div>\n");
    return STATUS_OK;
}

enum status page_kept(struct page *page, struct error *error)
{
    const struct list_column columns[] = {
        { "department", _("department"), LIST_TEXT },
        { "code", _("code"), LIST_CODE },
        { "name", _("name"), LIST_TEXT },
        { "outcome", _("outcome"), LIST_WORD },
        { "place", _("field"), LIST_TEXT },
        { "value", _("value"), LIST_TEXT },
        { "message", _("why"), LIST_TEXT },
        { "to_do", _("what to do"), LIST_TEXT },
        { "cites", _("cites"), LIST_TEXT },
        { "since_run", _("since run"), LIST_RUN },
        { "due", _("due"), LIST_DAY },
        { "key", _("key"), LIST_TEXT },
        { "locator", _("source file"), LIST_TEXT },
    };
    struct list list = { "giu-lai", _("Point by point"), LIST_COLUMNS(columns), NULL, -1, nothing(page) };
    struct browse_window window;
    struct kept_filter filter;
    int64_t records;
    page->title = text_of(_("Kept back"));
    page->say = page_say_row;
    if (read_filter(page, &filter, error) || list_window(page, &list, &window, error))
        return error->status;
    filter.offset = window.offset;
    filter.limit = window.limit;
    filter.visit = window.visit;
    if (kept_rows(page->store, &filter, page->arena, &list.rows, &list.total, &records, error))
        return error->status;
    if (window.visit)
        return list_put(page, &list, error);
    if (page_say(page, list.rows, error))
        return error->status;
    page_paragraph(page, "lead",
                   text_format(page->arena, _(TEXT_PRINT " points of " TEXT_PRINT " records and procedures"),
                               TEXT_ARG(page_count(page, list.total)), TEXT_ARG(page_count(page, records))));
    bool alone = filter.reason || filter.message;
    if (put_filters(page, error) || (!alone && put_groups(page, &filter, error)))
        return error->status;
    return list_put(page, &list, error);
}
