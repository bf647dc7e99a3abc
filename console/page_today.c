/* Today: the last night, what stopped, what is new, what stands at the portal. */
#include <string.h>

#include "console/console_inside.h"
#include "console/list.h"
#include "report/output_word.h"
#include "store/kept.h"
#include "store/night.h"
#include "store/reconciliation.h"
#include "store/report.h"
#include "store/restoration.h"
#include "store/rule_report.h"
#include "store/store_run.h"

#define NEW_ROWS  10
#define SOON_DAYS 7

struct today {
    struct value *night, *broken, *published, *fresh, *terms, *reconciled;
    int64_t fresh_points, fresh_records;
    struct store_kept_back kept;
    bool compared; /* or a restored backup, of which so many were not asked for */
    int64_t uncompared;
};

static enum status gather(struct page *page, struct today *today, struct error *error)
{
    struct store *store = page->store;
    struct arena *arena = page->arena;
    struct kept_filter filter = { .limit = NEW_ROWS };
    char day[DATE_TEXT], until[DATE_TEXT];
    date_write(page->today, day);
    date_write(date_from_days(date_days(page->today) + SOON_DAYS), until);
    if (night_report(store, arena, &today->night, error) ||
        report_broken_listings(store, arena, &today->broken, error) ||
        report_published(store, arena, &today->published, error) ||
        store_kept_back(store, &today->kept, error) ||
        rule_report_deadlines(store, arena, day, until, &today->terms, error) ||
        reconciliation_last(store, arena, &today->reconciled, error) > STATUS_END ||
        restoration_compared(store, &today->compared, &today->uncompared, error) ||
        night_before(store, &filter.since, error) ||
        kept_rows(store, &filter, arena, &today->fresh, &today->fresh_points, &today->fresh_records, error))
        return error->status;
    return page_say(page, today->fresh, error);
}

static struct text how_it_ended(const struct page *page, const struct value *night, const char *code,
                                const char *why)
{
    struct text exit_code = value_text_of(night, code), words = value_text_of(night, why);
    if (!exit_code.bytes)
        return text_of(words.length ? _("It was broken off: nobody is at work.")
                                    : _("It has not ended: it is at work, or was broken off."));
    const char *what = text_is(exit_code, "0")   ? _("Done, nothing is kept back.")
                       : text_is(exit_code, "1") ? _("Done; some records are kept back.")
                       : text_is(exit_code, "5") ? _("The ledger stopped it.")
                                                 : _("It stopped before the end; the same command goes on.");
    return words.length ? text_format(page->arena, "%s " TEXT_PRINT, what, TEXT_ARG(words)) : text_of(what);
}

static void put_night(struct page *page, const struct today *today)
{
    const struct value *night = today->night;
    page_heading(page, "dem", _("The last night"));
    if (!night) {
        page_paragraph(page, "warning", text_of(_("There has been no night yet: no run of everything.")));
        return;
    }
    struct text exit_code = value_text_of(night, "exit_code");
    page_paragraph(page,
                   text_is(exit_code, "0")   ? "state good"
                   : text_is(exit_code, "1") ? "state open"
                                             : "state bad",
                   how_it_ended(page, night, "exit_code", "why"));
    struct text last = value_text_of(night, "last_run");
    page_facts_begin(page);
    page_fact(page, _("Night of"), page_date(page, value_text_of(night, "day")));
    page_fact_link(page, _("Run"), last, page_address(page, "/luot-chay", last, NULL));
    page_fact(page, _("Began"), page_time(page, value_text_of(night, "started_at")));
    page_fact(page, _("Ended"), page_time(page, value_text_of(night, "finished_at")));
    struct text worst = value_text_of(night, "worst_run");
    if (worst.bytes) {
        page_fact_link(page, _("The worst of its runs"), worst,
                       page_address(page, "/luot-chay", worst, NULL));
        page_fact(page, "", how_it_ended(page, night, "worst_exit_code", "worst_why"));
    }
    struct text since = value_text_of(night, "commands_since");
    if (since.length && !text_is(since, "0"))
        page_fact(page, _("Smaller commands since"), since);
    if (value_find(night, "lies_ahead"))
        page_fact(page, _("The clock"), text_of(_("the night bears a time that lies ahead of now")));
    if (value_text_of(night, "clock_went_back_at_run").bytes)
        page_fact(page, _("The clock went back at run"), value_text_of(night, "clock_went_back_at_run"));
    page_facts_end(page);
}

/* A figure that leads to what it counts. */
static void put_figure(struct page *page, const char *words, int64_t count, const char *address, bool bad)
{
    html_open(page->out, "li", "class", bad && count ? "bad" : NULL, NULL);
    html_open(page->out, "a", "href", address, NULL);
    html_element(page->out, "b", page_count(page, count));
    html_literal(page->out, " ");
    html_element(page->out, "span", text_of(words));
    html_literal(page->out, "</a></li>\n");
}

static int64_t number_of(const struct value *object, const char *name)
{
    int64_t number = 0;
    struct text text = value_text_of(object, name);
    for (size_t i = 0; i < text.length && text.bytes[i] >= '0' && text.bytes[i] <= '9'; i++)
        number = number * 10 + (text.bytes[i] - '0');
    return number;
}

static const char *kept_address(const struct page *page, const char *outcome)
{
    return page_address(page, "/giu-lai", TEXT_NONE, "ket-qua", outcome, NULL);
}

static void put_figures(struct page *page, const struct today *today)
{
    const struct store_kept_back *kept = &today->kept;
    page_heading(page, "so-lieu", _("What stands, and what is kept back"));
    if (!today->compared)
        page_paragraph(
            page, "warning",
            text_format(
                page->arena,
                _("Restored from a backup, and not compared: the portal was not asked for %lld of the "
                  "procedures that it believes to stand there. \"congkhai reconcile\" compares all"),
                (long long)today->uncompared));
    html_literal(page->out, "<ul class=\"figures\">");
    put_figure(page, _("published"), number_of(today->published, "published"),
               page_address(page, "/thu-tuc", TEXT_NONE, "trang-thai", "published", NULL), false);
    put_figure(page, _("abolished"), number_of(today->published, "abolished"),
               page_address(page, "/thu-tuc", TEXT_NONE, "trang-thai", "abolished", NULL), false);
    put_figure(page, _("to be sent"), kept->pending,
               page_address(page, "/thu-tuc", TEXT_NONE, "trang-thai", "pending", NULL), false);
    put_figure(page, _("records rejected"), kept->rejected, kept_address(page, "rejected"), true);
    put_figure(page, _("records held"), kept->held, kept_address(page, "held"), true);
    put_figure(page, _("procedures refused"), kept->refused, kept_address(page, "refused"), true);
    put_figure(page, _("in conflict"), kept->conflict, kept_address(page, "conflict"), true);
    put_figure(page, _("procedures unknown"), kept->unknown, kept_address(page, "unknown"), true);
    put_figure(page, _("procedures failed"), kept->failed, kept_address(page, "failed"), true);
    if (kept->waiting || kept->sent_back) {
        put_figure(page, _("waiting for approval"), kept->waiting,
                   page_address(page, "/phe-duyet", TEXT_NONE, NULL), true);
        put_figure(page, _("sent back"), kept->sent_back, kept_address(page, "sent-back"), true);
    }
    put_figure(page, _("records missing from their source"), kept->missing,
               page_address(page, "/nguon", TEXT_NONE, NULL), true);
    html_literal(page->out, "</ul>\n");
}

static enum status put_broken(struct page *page, const struct today *today, struct error *error)
{
    const struct list_column columns[] = { { "source", _("source"), LIST_TEXT },
                                           { "run", _("run"), LIST_RUN },
                                           { "why", _("why"), LIST_TEXT } };
    const struct list list = {
        "chua-doc-het", _("Sources that were not read whole"), LIST_COLUMNS(columns), today->broken, -1, NULL
    };
    return today->broken->count || page_parameter(page, "bang").bytes ? list_put(page, &list, error)
                                                                      : STATUS_OK;
}

static enum status put_fresh(struct page *page, const struct today *today, struct error *error)
{
    const struct list_column columns[] = {
        { "department", _("department"), LIST_TEXT },
        { "code", _("code"), LIST_CODE },
        { "name", _("name"), LIST_TEXT },
        { "outcome", _("outcome"), LIST_WORD },
        { "place", _("field"), LIST_TEXT },
        { "message", _("why"), LIST_TEXT },
    };
    const struct list list = { "moi-giu-lai",
                               _("Newly kept back"),
                               LIST_COLUMNS(columns),
                               today->fresh,
                               -1,
                               _("Nothing is newly kept back.") };
    if (list_put(page, &list, error))
        return error->status;
    if (today->fresh_points > (int64_t)today->fresh->count) {
        html_literal(page->out, "<p>");
        page_link(page, page_address(page, "/giu-lai", TEXT_NONE, "moi", "1", NULL),
                  text_format(page->arena, _("%lld of %lld points are shown: all of them"),
                              (long long)today->fresh->count, (long long)today->fresh_points));
        html_literal(page->out, "</p>\n");
    }
    return STATUS_OK;
}

static enum status put_terms(struct page *page, const struct today *today, struct error *error)
{
    const struct list_column columns[] = {
        { "due", _("due"), LIST_DAY },
        { "overdue", _("overdue"), LIST_TEXT },
        { "code", _("code"), LIST_CODE },
        { "name", _("name"), LIST_TEXT },
        { "department", _("department"), LIST_TEXT },
    };
    const struct list list = { "sap-het-han",
                               _("Terms that run out"),
                               LIST_COLUMNS(columns),
                               today->terms,
                               -1,
                               _("No term runs out within 7 days.") };
    return list_put(page, &list, error);
}

static void put_reconciled(struct page *page, const struct today *today)
{
    const struct value *last = today->reconciled;
    if (!last)
        return;
    page_heading(page, "doi-chieu", _("The last reconciliation with the portal"));
    page_facts_begin(page);
    page_fact_link(page, _("Run"), value_text_of(last, "run"),
                   page_address(page, "/luot-chay", value_text_of(last, "run"), NULL));
    page_fact(page, _("At"), page_time(page, value_text_of(last, "at")));
    page_fact(page, _("The same"), value_text_of(last, "same"));
    page_fact(page, _("Different"), value_text_of(last, "differs"));
    page_fact(page, _("Missing there"), value_text_of(last, "missing"));
    page_fact(page, _("Only there"), value_text_of(last, "only"));
    page_facts_end(page);
}

enum status page_today(struct page *page, struct error *error)
{
    struct today today = { 0 };
    page->title = text_of(_("Today"));
    if (gather(page, &today, error))
        return error->status;
    put_night(page, &today);
    put_figures(page, &today);
    if (put_broken(page, &today, error) || put_fresh(page, &today, error) || put_terms(page, &today, error))
        return error->status;
    put_reconciled(page, &today);
    return STATUS_OK;
}
