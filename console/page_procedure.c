/* One procedure: what stands at the portal, or stood on a day; its versions, where they came from, what was sent. */
#include <stdlib.h>
#include <string.h>

#include "console/console_inside.h"
#include "console/content.h"
#include "console/list.h"
#include "core/canonical.h"
#include "report/against_words.h"
#include "report/output_word.h"
#include "store/audit_proof.h"
#include "store/history.h"

struct procedure {
    struct text code;
    struct value *page, *versions; /* history_show; history_versions, empty where there is none */
    const struct value *held;      /* the version that the page is about; NULL: none */
    struct date day;               /* year 0: now */
    struct text known_at, begins;  /* history_begins: nothing is known of the day */
    struct value *against;         /* history_against, of the day or now */
};

static enum status read_procedure(struct page *page, struct procedure *procedure, struct error *error)
{
    struct value *held = NULL;
    enum status status = history_show(page->store, page->arena, procedure->code, &procedure->page, error);
    if (status)
        return status;
    status = history_versions(page->store, page->arena, procedure->code, &procedure->versions, error);
    if (status > STATUS_END || page_day(page, "ngay", &procedure->day, error))
        return error->status;
    bool stands = status == STATUS_OK && !value_find(procedure->versions->last, "to_at");
    procedure->held = stands ? procedure->versions->last : NULL;
    if (history_against(page->store, page->arena, procedure->code,
                        procedure->day.year ? &procedure->day : NULL, &procedure->against, error))
        return error->status;
    if (!procedure->day.year)
        return STATUS_OK;
    status = history_on(page->store, page->arena, procedure->code, NULL, procedure->day, &held, error);
    if (status > STATUS_END ||
        history_known_at(page->store, page->arena, procedure->day, &procedure->known_at, error) ||
        history_begins(page->store, page->arena, procedure->day, &procedure->begins, error))
        return error->status;
    procedure->held = status == STATUS_OK ? held : NULL;
    return STATUS_OK;
}

/* ---- what stands, or stood ---- */

static const char *day_text(const struct page *page, struct date day)
{
    char *text = arena_alloc(page->arena, DATE_TEXT);
    date_write(day, text);
    return text;
}

static void put_day_form(struct page *page, const struct procedure *procedure)
{
    html_open(page->out, "form", "class", "filters", "action",
              page_address(page, "/thu-tuc", procedure->code, NULL), NULL);
    html_literal(page->out, "<div>");
    html_open(page->out, "label", "for", "ngay", NULL);
    html_string(page->out, _("what citizens saw at the end of the day"));
    html_literal(page->out, "</label>");
    html_open(page->out, "input", "type", "date", "id", "ngay", "name", "ngay", "value",
              day_text(page, procedure->day.year ? procedure->day : page->today), NULL);
    html_literal(page->out, "</div><button>");
    html_string(page->out, _("Show"));
    html_literal(page->out, "</button>");
    if (procedure->day.year) {
        html_literal(page->out, " ");
        page_link(page, page_address(page, "/thu-tuc", procedure->code, NULL),
                  text_of(_("as it stands now")));
    }
    html_literal(page->out, "</form>\n");
}

static void put_state(struct page *page, const struct procedure *procedure)
{
    const struct value *held = procedure->held;
    struct text day = page_date(page, text_of(day_text(page, procedure->day)));
    struct text status = output_word(value_text_of(held, "status"));
    struct text at = page_time(page, value_text_of(held, "published_at"));
    struct text words;
    if (!held && procedure->begins.bytes)
        words = text_format(page->arena,
                            _("What stood at the portal at the end of " TEXT_PRINT
                              " is not known: the ledger begins on " TEXT_PRINT "."),
                            TEXT_ARG(day), TEXT_ARG(page_date(page, procedure->begins)));
    else if (procedure->day.year && procedure->known_at.bytes)
        words = held ? text_format(page->arena,
                                   _("On " TEXT_PRINT ", as known at " TEXT_PRINT ": " TEXT_PRINT
                                     ", since " TEXT_PRINT "."),
                                   TEXT_ARG(day), TEXT_ARG(page_time(page, procedure->known_at)),
                                   TEXT_ARG(status), TEXT_ARG(at))
                     : text_format(page->arena,
                                   _("On " TEXT_PRINT ", as known at " TEXT_PRINT
                                     ": nothing that was acknowledged stood at the portal."),
                                   TEXT_ARG(day), TEXT_ARG(page_time(page, procedure->known_at)));
    else if (procedure->day.year)
        words = held ? text_format(page->arena,
                                   _("At the end of " TEXT_PRINT " (24:00 in Vietnam): " TEXT_PRINT
                                     ", since " TEXT_PRINT "."),
                                   TEXT_ARG(day), TEXT_ARG(status), TEXT_ARG(at))
                     : text_format(page->arena,
                                   _("At the end of " TEXT_PRINT
                                     " nothing that was acknowledged stood at the portal."),
                                   TEXT_ARG(day));
    else
        words = held ? text_format(page->arena, _("At the portal: " TEXT_PRINT ", since " TEXT_PRINT "."),
                                   TEXT_ARG(status), TEXT_ARG(at))
                     : text_of(_("At the portal: nothing that was acknowledged"));
    page_paragraph(page,
                   !held                                                 ? "state open"
                   : text_is(value_text_of(held, "status"), "abolished") ? "state bad"
                                                                         : "state good",
                   words);
}

/* Beside the content, so that nobody takes it for what was seen. */
static void put_against(struct page *page, const struct procedure *procedure)
{
    for (const struct value *row = procedure->against->first; row; row = row->next)
        page_paragraph(page, "state bad", against_words(page->arena, row));
}

static void put_pending(struct page *page, const struct procedure *procedure)
{
    const struct value *pending = value_find(procedure->page, "pending");
    if (!pending || procedure->day.year)
        return;
    struct text words = value_text_of(pending, "words");
    if (!value_find(pending, "action")) { /* nothing is to be sent */
        page_paragraph(page, "state open",
                       text_format(page->arena, _("Kept back (" TEXT_PRINT ")%s" TEXT_PRINT),
                                   TEXT_ARG(output_word(value_text_of(procedure->page, "state"))),
                                   words.length ? ": " : "", TEXT_ARG(words)));
        return;
    }
    if (value_find(pending, "approval"))
        words = value_text_of(pending, "approval");
    struct text state = value_text_of(procedure->page, "state");
    bool begun = !text_is(state, "idle"); /* that nothing was begun is no word for people */
    page_paragraph(
        page, "state open",
        text_format(page->arena,
                    _("To be sent: " TEXT_PRINT " since run " TEXT_PRINT "%s" TEXT_PRINT "%s%s" TEXT_PRINT),
                    TEXT_ARG(output_word(value_text_of(pending, "action"))),
                    TEXT_ARG(value_text_of(pending, "since_run")), begun ? " (" : "",
                    TEXT_ARG(begun ? output_word(state) : TEXT("")), begun ? ")" : "",
                    words.length ? ": " : "", TEXT_ARG(words)));
}

/* Who put it there, from which file, under which rules. */
static void put_provenance(struct page *page, const struct procedure *procedure)
{
    const struct value *held = procedure->held;
    if (!held)
        return;
    struct text run = value_text_of(held, "run"), read = value_text_of(held, "source_run");
    struct text event = value_text_of(held, "event");
    page_heading(page, "nguon-goc", _("Where this version comes from"));
    page_facts_begin(page);
    page_fact(page, _("Put there by"), value_text_of(held, "operator"));
    page_fact_link(page, _("In run"), run, page_address(page, "/luot-chay", run, NULL));
    page_fact_link(
        page, _("Event of the ledger"), event,
        page_address(page, "/so-cai", TEXT_NONE, "su-kien", text_string(page->arena, event), NULL));
    page_fact(page, _("Put there by another hand, taken over by"), value_text_of(held, "adopted_by"));
    page_fact(page, _("Reason"), value_text_of(held, "reason"));
    page_fact(page, _("Source"), value_text_of(held, "source"));
    page_fact(page, _("Source file"), value_text_of(held, "locator"));
    page_fact(page, _("Key in the source"), value_text_of(held, "source_key"));
    page_fact_link(page, _("Read in run"), read,
                   read.bytes ? page_address(page, "/luot-chay", read, NULL) : NULL);
    page_fact(page, _("Version at the portal"), value_text_of(held, "portal_version"));
    page_fact(page, _("Content (SHA-256)"), value_text_of(held, "content_digest"));
    page_fact(page, _("Bytes in the source (SHA-256)"), value_text_of(held, "source_digest"));
    page_fact(page, _("Rules and code lists (SHA-256)"), value_text_of(held, "rules_digest"));
    page_fact(page, _("Configuration (SHA-256)"), value_text_of(held, "config_digest"));
    page_facts_end(page);
    const char *day = day_text(page, procedure->day.year ? procedure->day : page->today);
    html_literal(page->out, "<p class=\"download\">");
    html_string(page->out, _("Download:"));
    buffer_char(page->out, ' ');
    page_link(page, page_address(page, "/thu-tuc", procedure->code, "tai", "chung-minh", "ngay", day, NULL),
              text_of(_("the proof that this stood there, for verify-ledger")));
    buffer_char(page->out, ' ');
    page_link(page,
              page_address(page, "/thu-tuc", procedure->code, "tai", "json", "bang", "noi-dung", "ngay",
                           procedure->day.year ? day : NULL, NULL),
              text_of(_("the content as JSON")));
    html_literal(page->out, "</p>\n");
}

/* ---- versions ---- */

static const struct value *version_of(const struct value *versions, int64_t number)
{
    for (const struct value *version = versions->first; version; version = version->next)
        if (--number == 0)
            return version;
    return NULL;
}

static const char *number_text(const struct page *page, int64_t number)
{
    return text_format(page->arena, "%lld", (long long)number).bytes;
}

/* A version's day in Vietnam, as the address of a day wants it. */
static const char *day_of(const struct page *page, struct text at)
{
    int64_t moment;
    char *day = arena_alloc(page->arena, DATE_TEXT);
    if (!clock_parse(at, &moment))
        return NULL;
    clock_format_date(moment, day);
    return day;
}

static void put_versions(struct page *page, const struct procedure *procedure)
{
    int64_t number = (int64_t)procedure->versions->count;
    const struct value *versions = procedure->versions;
    if (!number)
        return;
    page_heading(page, "phien-ban", _("What stood there, the newest first"));
    html_literal(page->out, "<ol class=\"line\" reversed>\n");
    for (; number > 0; number--) {
        const struct value *version = version_of(versions, number);
        struct text at = value_text_of(version, "published_at"), to = value_text_of(version, "to_at");
        bool gone = text_is(value_text_of(version, "status"), "abolished");
        bool here = text_equal(value_text_of(version, "event"), value_text_of(procedure->held, "event"));
        html_open(page->out, "li", "class", here ? gone ? "gone here" : "here" : gone ? "gone" : NULL, NULL);
        page_link(page, page_address(page, "/thu-tuc", procedure->code, "ngay", day_of(page, at), NULL),
                  page_time(page, at));
        html_text(page->out, text_format(page->arena, " — " TEXT_PRINT,
                                         TEXT_ARG(to.bytes ? page_time(page, to) : text_of(_("until now")))));
        html_literal(page->out, " <span class=\"what\">");
        html_text(page->out, output_word(value_text_of(version, "status")));
        html_text(page->out, text_format(page->arena, _(", run " TEXT_PRINT ", version " TEXT_PRINT),
                                         TEXT_ARG(value_text_of(version, "run")),
                                         TEXT_ARG(value_text_of(version, "portal_version"))));
        html_literal(page->out, "</span>");
        if (number > 1) {
            buffer_char(page->out, ' ');
            page_link(page,
                      page_address(page, "/thu-tuc", procedure->code, "tu", number_text(page, number - 1),
                                   "den", number_text(page, number), NULL),
                      text_of(_("what changed")));
        }
        html_literal(page->out, "</li>\n");
    }
    html_literal(page->out, "</ol>\n");
}

/* What is abolished goes on holding its content: its status says the rest. */
static const struct value *content_of(const struct page *page, const struct value *version)
{
    const struct value *procedure = value_find(version, "procedure");
    struct value *copy = procedure ? value_copy(page->arena, procedure) : value_object(page->arena);
    struct value *status = value_find(copy, "status");
    if (text_is(value_text_of(version, "status"), "abolished") && status)
        status->text = TEXT("abolished");
    return copy;
}

static enum status put_comparison(struct page *page, const struct procedure *procedure, int64_t from,
                                  int64_t to, struct error *error)
{
    const struct value *before = version_of(procedure->versions, from),
                       *after = version_of(procedure->versions, to);
    if (!before || !after)
        return error_set(error, STATUS_USAGE, _("there are %zu versions, from 1 on"),
                         procedure->versions->count);
    struct text left = text_format(page->arena, _("version %lld, " TEXT_PRINT), (long long)from,
                                   TEXT_ARG(page_time(page, value_text_of(before, "published_at"))));
    struct text right = text_format(page->arena, _("version %lld, " TEXT_PRINT), (long long)to,
                                    TEXT_ARG(page_time(page, value_text_of(after, "published_at"))));
    page_heading(page, "so-sanh", _("Two versions side by side"));
    html_literal(page->out, "<p class=\"lead\">");
    html_string(page->out, _("Struck out and red: only before. Underlined and green: only after."));
    html_literal(page->out, "</p>\n");
    content_put_beside(page, content_of(page, before), content_of(page, after),
                       text_string(page->arena, left), text_string(page->arena, right));
    return STATUS_OK;
}

/* ---- what happened to it ---- */

static struct value *all_findings(struct page *page, const struct value *records)
{
    struct value *all = value_list(page->arena);
    for (const struct value *record = records->first; record; record = record->next) {
        const struct value *findings = value_find(record, "findings");
        for (const struct value *finding = findings ? findings->first : NULL; finding;
             finding = finding->next) {
            struct value *copy = value_append(all, value_copy(page->arena, finding));
            value_set(copy, "source", value_text(page->arena, value_text_of(record, "source")));
        }
    }
    return all;
}

static enum status put_records(struct page *page, const struct procedure *procedure, struct error *error)
{
    const struct list_column columns[] = {
        { "source", _("source"), LIST_TEXT },
        { "key", _("key"), LIST_TEXT },
        { "locator", _("source file"), LIST_TEXT },
        { "read_at", _("source read (Vietnam, UTC+7)"), LIST_TIME },
        { "present", _("present"), LIST_TEXT },
        { "status", _("status"), LIST_WORD },
        { "outcome", _("outcome"), LIST_WORD },
    };
    const struct list_column finding_columns[] = {
        { "severity", _("severity"), LIST_WORD }, { "place", _("field"), LIST_TEXT },
        { "value", _("value"), LIST_TEXT },       { "message", _("why"), LIST_TEXT },
        { "to_do", _("what to do"), LIST_TEXT },  { "cites", _("cites"), LIST_TEXT },
        { "rule", _("rule"), LIST_RULE },
    };
    struct value *records = value_find(procedure->page, "records"), *findings = all_findings(page, records);
    const struct list now = { "ban-ghi", _("Where it comes from now"), LIST_COLUMNS(columns), records,
                              -1,        _("No source has it now.") };
    const struct list said = {
        "loi", _("What the rules say of it"), LIST_COLUMNS(finding_columns), findings, -1, NULL
    };
    if (page_say(page, findings, error) || list_put(page, &now, error))
        return error->status;
    return findings->count || page->is_download ? list_put(page, &said, error) : STATUS_OK;
}

static enum status put_deliveries(struct page *page, const struct procedure *procedure, struct error *error)
{
    const struct list_column columns[] = {
        { "at", _("when (Vietnam, UTC+7)"), LIST_TIME },
        { "run", _("run"), LIST_RUN },
        { "action", _("action"), LIST_WORD },
        { "outcome", _("outcome"), LIST_WORD },
        { "attempt", _("attempts"), LIST_TEXT },
        { "http_status", _("HTTP"), LIST_TEXT },
        { "portal_version", _("version"), LIST_TEXT },
        { "words", _("why"), LIST_TEXT },
        { "idempotency_key", _("key"), LIST_DIGEST },
    };
    const struct list_column other_columns[] = {
        { "at", _("when (Vietnam, UTC+7)"), LIST_TIME },
        { "run", _("run"), LIST_RUN },
        { "what", _("event"), LIST_WORD },
        { "source", _("source"), LIST_TEXT },
        { "actor", _("operator"), LIST_TEXT },
        { "reason", _("reason"), LIST_TEXT },
    };
    const struct list_column order_columns[] = {
        { "at", _("when (Vietnam, UTC+7)"), LIST_TIME },
        { "run", _("run"), LIST_RUN },
        { "order", _("order"), LIST_WORD },
        { "actor", _("who"), LIST_TEXT },
        { "decision", _("decision"), LIST_TEXT },
        { "reason", _("reason"), LIST_TEXT },
        { "plan", _("list"), LIST_DIGEST },
    };
    struct value *others = value_find(procedure->page, "others"),
                 *orders = value_find(procedure->page, "orders");
    for (struct value *other = others->first; other; other = other->next)
        value_set(other, "reason",
                  value_text(page->arena, value_text_of(value_find(other, "detail"), "reason")));
    const struct list sent = {
        "gui", _("Requests and answers"), LIST_COLUMNS(columns), value_find(procedure->page, "requests"),
        -1,    _("Nothing was sent.")
    };
    const struct list more = { "khac", _("Other events"), LIST_COLUMNS(other_columns), others, -1, NULL };
    const struct list ordered = {
        "lenh", _("What people ordered and approved"), LIST_COLUMNS(order_columns), orders, -1, NULL
    };
    if (list_put(page, &sent, error) ||
        ((orders->count || page->is_download) && list_put(page, &ordered, error)))
        return error->status;
    return others->count || page->is_download ? list_put(page, &more, error) : STATUS_OK;
}

/* ---- downloads ---- */

static struct text file_name(const struct page *page, struct text code, const char *what, const char *day)
{
    char *name = text_string(page->arena, text_format(page->arena, "%s-%.*s-%s.json", what,
                                                      (int)text_cut(code, 60), code.bytes, day));
    for (char *at = name; *at; at++)
        if (!((*at >= '0' && *at <= '9') || (*at >= 'A' && *at <= 'Z') || (*at >= 'a' && *at <= 'z') ||
              *at == '.'))
            *at = '-';
    return text_of(name);
}

static void give_json(struct page *page, const struct value *document, bool canonical, struct text name)
{
    struct buffer *out = &page->answer->body;
    if (canonical)
        canonical_write(out, document);
    else
        canonical_pretty(out, document);
    if (!canonical)
        buffer_char(out, '\n');
    page->answer->status = 200;
    page->answer->type = "application/json";
    page->answer->file_name = name.bytes;
    page->is_download = true;
}

/* *given: the download was one of these. */
static enum status give_download(struct page *page, const struct procedure *procedure, struct error *error)
{
    struct date day = procedure->day.year ? procedure->day : page->today;
    struct value *proof;
    if (text_is(page_parameter(page, "bang"), "noi-dung") && procedure->held &&
        value_find(procedure->held, "procedure")) {
        give_json(page, value_find(procedure->held, "procedure"), true,
                  file_name(page, procedure->code, "noi-dung", day_text(page, day)));
        return STATUS_OK;
    }
    if (!text_is(page_parameter(page, "tai"), "chung-minh"))
        return STATUS_OK;
    enum status status = audit_prove(page->store, page->arena, procedure->code, day, &proof, error);
    if (!status)
        give_json(page, proof, false, file_name(page, procedure->code, "chung-minh", day_text(page, day)));
    return status;
}

enum status page_procedure(struct page *page, struct error *error)
{
    struct procedure procedure = { .code = page->rest, .versions = value_list(page->arena) };
    int64_t from, to;
    enum status status = read_procedure(page, &procedure, error);
    if (status)
        return status;
    struct text name = value_text_of(procedure.page, "name");
    const struct value *then = value_find(procedure.held, "procedure");
    if (procedure.day.year && value_text_of(then, "name").length)
        name = value_text_of(then, "name");
    page->title = page_cut(page, name.length ? name : procedure.code, 1000);
    status = give_download(page, &procedure, error);
    if (status || page->is_download)
        return status;
    if (page_number(page, "tu", &from, error) || page_number(page, "den", &to, error))
        return error->status;
    html_literal(page->out, "<p class=\"lead\"><span class=\"c\">");
    html_text(page->out, page_cut(page, procedure.code, 200));
    html_literal(page->out, "</span></p>\n");
    if (from || to) {
        status = put_comparison(page, &procedure, from, to, error);
        put_versions(page, &procedure);
        return status;
    }
    put_day_form(page, &procedure);
    put_state(page, &procedure);
    put_against(page, &procedure);
    put_pending(page, &procedure);
    if (then) {
        page_heading(page, "noi-dung-tthc", _("Content"));
        content_put(page, content_of(page, procedure.held));
    }
    put_provenance(page, &procedure);
    put_versions(page, &procedure);
    if (put_records(page, &procedure, error) || put_deliveries(page, &procedure, error))
        return error->status;
    return STATUS_OK;
}
