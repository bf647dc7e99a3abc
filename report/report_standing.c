/* Reports of what stands at the portal on a day: how many, how far online, internal ones. */
#include <string.h>

#include "adapters/unicode.h"
#include "report/report_parts.h"
#include "store/report_view.h"

static void columns(struct arena *arena, struct value *table, const char *const (*names)[2], size_t count)
{
    for (size_t i = 0; i < count; i++)
        report_column(arena, table, names[i][0], _(names[i][1]), "count");
}

static void figures(struct arena *arena, struct value *row, const char *const (*names)[2], size_t count)
{
    for (size_t i = 0; i < count; i++)
        report_figure(arena, row, names[i][0]);
}

/* ---- so-luong ---- */

static const char *const quantities[][2] = {
    { "total", N_("total") },       { "ministry", N_("ministry") },     { "province", N_("province") },
    { "commune", N_("commune") },   { "both", N_("both levels") },      { "other", N_("other levels") },
    { "internal", N_("internal") }, { "public", N_("for the public") },
};
#define QUANTITIES (sizeof quantities / sizeof *quantities)

/* Each procedure has one place, so that the levels add up to the total. */
static const char *level_of(const struct value *row)
{
    bool province = report_says(row, "province", "1"), commune = report_says(row, "commune", "1");
    if (report_says(row, "ministry", "1"))
        return "ministry";
    if (province && commune)
        return "both";
    return province ? "province" : commune ? "commune" : "other";
}

static bool has_level(const struct value *row)
{
    return report_says(row, "ministry", "1") || report_says(row, "province", "1") ||
           report_says(row, "district", "1") || report_says(row, "commune", "1") ||
           report_says(row, "other", "1");
}

static void count_quantity(struct arena *arena, struct value *row, const struct value *procedure)
{
    struct text code = value_text_of(procedure, "code");
    figures(arena, row, quantities, QUANTITIES);
    report_count(arena, row, "total", code);
    if (has_level(procedure))
        report_count(arena, row, level_of(procedure), code);
    report_count(arena, row, report_says(procedure, "kind", "internal") ? "internal" : "public", code);
}

enum status report_make_quantity(const struct report_request *request, struct arena *arena,
                                 struct value *document, struct error *error)
{
    struct value *standing, *rows = value_find(document, "rows");
    if (report_view_standing(request->store, request->memory, arena, request->as_of, &standing, error))
        return error->status;
    report_column(arena, document, "group", report_by_heading(request->by), "text");
    columns(arena, document, quantities, QUANTITIES);
    struct value *total = value_set(document, "total", value_object(arena));
    value_set(total, "group", value_string(arena, _("Total")));
    figures(arena, total, quantities, QUANTITIES);
    bool repeated = false, levelless = false;
    for (const struct value *procedure = standing->first; procedure; procedure = procedure->next) {
        struct report_groups groups;
        if (!report_says(procedure, "status", "published"))
            continue;
        count_quantity(arena, total, procedure);
        report_groups_of(request, arena, procedure, &groups);
        repeated = repeated || groups.count > 1;
        levelless = levelless || !has_level(procedure);
        for (size_t i = 0; i < groups.count; i++) {
            struct text group = groups.name[i];
            if (!has_level(procedure) && request->by != REPORT_BY_LEVEL)
                group = text_format(arena, TEXT_PRINT " %s", TEXT_ARG(group), _("(no level stated)"));
            count_quantity(arena, report_group_row(arena, rows, group), procedure);
        }
    }
    if (repeated)
        report_note(arena, document,
                    _("A procedure with several of these stands in each row, and once in the total."));
    if (levelless)
        report_note(arena, document, _("Procedures without a level have a row of their own."));
    report_sort(arena, document);
    return STATUS_OK;
}

/* ---- dich-vu-cong ---- */

static const char *const online[][2] = {
    { "total", N_("procedures") }, { "full", N_("full") },           { "partial", N_("partial") },
    { "none", N_("not online") },  { "unstated", N_("not stated") },
};
#define ONLINE (sizeof online / sizeof *online)
static const char *const services[][2] = {
    { "services", N_("services") },
    { "services_full", N_("full services") },
    { "services_partial", N_("partial services") },
    { "without_services", N_("online, but no service listed") },
};
#define SERVICES (sizeof services / sizeof *services)

static void count_services(struct arena *arena, struct value *row, const struct value *procedure)
{
    const struct value *list = value_find(procedure, "services");
    size_t number = 0;
    for (const struct value *service = list ? list->first : NULL; service; service = service->next) {
        struct text code = value_text_of(service, "code");
        number++;
        if (!code.bytes)
            code =
                text_format(arena, TEXT_PRINT " (%zu)", TEXT_ARG(value_text_of(procedure, "code")), number);
        report_count(arena, row, "services", code);
        if (report_says(service, "level", "full") || report_says(service, "level", "partial"))
            report_count(arena, row,
                         report_says(service, "level", "full") ? "services_full" : "services_partial", code);
    }
    if (!number && (report_says(procedure, "online_service", "full") ||
                    report_says(procedure, "online_service", "partial")))
        report_count(arena, row, "without_services", value_text_of(procedure, "code"));
}

static void count_online(struct arena *arena, struct value *row, const struct value *procedure)
{
    struct text code = value_text_of(procedure, "code"), level = value_text_of(procedure, "online_service");
    figures(arena, row, online, ONLINE);
    figures(arena, row, services, SERVICES);
    report_count(arena, row, "total", code);
    report_count(arena, row,
                 text_is(level, "full")      ? "full"
                 : text_is(level, "partial") ? "partial"
                 : text_is(level, "none")    ? "none"
                                             : "unstated",
                 code);
    count_services(arena, row, procedure);
}

/* A share needs its parts; services are not known where every online procedure lists none. */
static void finish_online(struct arena *arena, struct value *row)
{
    report_percent(arena, row, "share", report_count_of(row, "full") + report_count_of(row, "partial"),
                   report_count_of(row, "total"));
    if (report_count_of(row, "services") || !report_count_of(row, "without_services"))
        return;
    for (size_t i = 0; i < SERVICES - 1; i++) {
        report_forget(row, services[i][0]);
        report_unknown(arena, row, services[i][0], _("not known"));
    }
}

static void list_partial(struct arena *arena, struct value *rows, const struct value *procedure)
{
    const struct value *list = value_find(procedure, "services");
    for (const struct value *service = list ? list->first : NULL; service; service = service->next) {
        static const char *const members[] = { "code", "name", "reason", "provision" };
        if (!report_says(service, "level", "partial"))
            continue;
        struct value *row = value_append(rows, value_object(arena));
        value_set(row, "procedure", value_text(arena, value_text_of(procedure, "code")));
        for (size_t i = 0; i < sizeof members / sizeof *members; i++)
            if (value_text_of(service, members[i]).bytes)
                value_set(row, members[i], value_text(arena, value_text_of(service, members[i])));
    }
}

enum status report_make_online(const struct report_request *request, struct arena *arena,
                               struct value *document, struct error *error)
{
    struct value *standing, *rows = value_find(document, "rows");
    if (report_view_standing(request->store, request->memory, arena, request->as_of, &standing, error))
        return error->status;
    report_column(arena, document, "group", report_by_heading(request->by), "text");
    columns(arena, document, online, ONLINE);
    report_column(arena, document, "share", _("online, %"), "percent");
    columns(arena, document, services, SERVICES);
    struct value *total = value_set(document, "total", value_object(arena));
    value_set(total, "group", value_string(arena, _("Total")));
    figures(arena, total, online, ONLINE);
    figures(arena, total, services, SERVICES);
    struct value *list = report_list(arena, document, "partial", _("Partial services, and why"));
    report_column(arena, list, "procedure", _("procedure"), "text");
    report_column(arena, list, "code", _("service"), "text");
    report_column(arena, list, "name", _("name"), "text");
    report_column(arena, list, "reason", _("why it is not full"), "text");
    report_column(arena, list, "provision", _("the provision that demands it"), "text");
    bool repeated = false;
    for (const struct value *procedure = standing->first; procedure; procedure = procedure->next) {
        struct report_groups groups;
        if (!report_says(procedure, "status", "published"))
            continue;
        count_online(arena, total, procedure);
        list_partial(arena, value_find(list, "rows"), procedure);
        report_groups_of(request, arena, procedure, &groups);
        repeated = repeated || groups.count > 1;
        for (size_t i = 0; i < groups.count; i++)
            count_online(arena, report_group_row(arena, rows, groups.name[i]), procedure);
    }
    for (struct value *row = rows->first; row; row = row->next)
        finish_online(arena, row);
    finish_online(arena, total);
    if (repeated)
        report_note(arena, document,
                    _("A procedure with several of these stands in each row, and once in the total."));
    report_sort(arena, document);
    return STATUS_OK;
}

/* ---- noi-bo ---- */

static const char *const internals[][2] = {
    { "announced", N_("announced") },
    { "published", N_("published") },
    { "abolished", N_("abolished") },
    { "between_agencies", N_("between agencies") },
    { "within_agency", N_("within an agency") },
    { "unstated", N_("group not stated") },
};
#define INTERNALS (sizeof internals / sizeof *internals)

static struct text first_name(const struct value *procedure, const char *list, const char *unnamed)
{
    const struct value *items = value_find(procedure, list);
    struct text name = items ? value_text_of(items->first, "name") : TEXT_NONE;
    if (!name.length && items)
        name = value_text_of(items->first, "code");
    return name.length ? name : text_of(unnamed);
}

/* What is published was announced; of both, the group. */
static void count_internal(struct arena *arena, struct value *row, const struct value *procedure,
                           const char *stage)
{
    struct text code = value_text_of(procedure, "code"), group = value_text_of(procedure, "internal_group");
    figures(arena, row, internals, INTERNALS);
    report_count(arena, row, stage, code);
    if (!strcmp(stage, "abolished"))
        return;
    if (strcmp(stage, "announced") != 0)
        report_count(arena, row, "announced", code);
    report_count(arena, row,
                 text_is(group, "between_agencies") ? "between_agencies"
                 : text_is(group, "within_agency")  ? "within_agency"
                                                    : "unstated",
                 code);
}

static void add_internal(struct arena *arena, struct value *document, const struct value *procedure,
                         const char *stage)
{
    struct text field = first_name(procedure, "fields", _("(no field stated)")),
                agency = first_name(procedure, "executing", _("(none)"));
    struct text what = unicode_fold(arena, field), who = unicode_fold(arena, agency);
    struct text key =
        text_format(arena, "%.*s\x01%.*s", (int)what.length, what.bytes, (int)who.length, who.bytes);
    struct value *row = report_row(arena, value_find(document, "rows"), "key", key);
    if (!value_find(row, "field")) {
        value_set(row, "field", value_text(arena, field));
        value_set(row, "executing", value_text(arena, agency));
    }
    count_internal(arena, row, procedure, stage);
    count_internal(arena, value_find(document, "total"), procedure, stage);
}

static void add_standing(struct arena *arena, struct value *document, const struct value *standing)
{
    for (const struct value *procedure = standing->first; procedure; procedure = procedure->next)
        if (report_says(procedure, "kind", "internal"))
            add_internal(arena, document, procedure,
                         report_says(procedure, "status", "published") ? "published" : "abolished");
}

/* Announced by the day, and not published yet. Both lists are in the order of codes. */
static void add_wanted(struct arena *arena, struct value *document, const struct value *standing,
                       const struct value *wanted, const char *day)
{
    const struct value *there = standing->first;
    for (const struct value *procedure = wanted->first; procedure; procedure = procedure->next) {
        struct text code = value_text_of(procedure, "code"),
                    signed_on = value_text_of(procedure, "signed_on");
        while (there && text_compare(value_text_of(there, "code"), code) < 0)
            there = there->next;
        bool stands = there && text_equal(value_text_of(there, "code"), code) &&
                      report_says(there, "status", "published");
        bool later = signed_on.bytes && text_compare(signed_on, text_of(day)) > 0;
        if (report_says(procedure, "kind", "internal") && report_says(procedure, "status", "announced") &&
            !stands && !later && !report_counts_last(value_find(document, "total"), "announced", code))
            add_internal(arena, document, procedure, "announced");
    }
}

enum status report_make_internal(const struct report_request *request, struct arena *arena,
                                 struct value *document, struct error *error)
{
    struct value *standing, *wanted;
    if (report_view_standing(request->store, request->memory, arena, request->as_of, &standing, error) ||
        report_view_wanted(request->store, arena, &wanted, error))
        return error->status;
    report_column(arena, document, "field", _("field of work"), "text");
    report_column(arena, document, "executing", _("executing agency"), "text");
    columns(arena, document, internals, INTERNALS);
    struct value *total = value_set(document, "total", value_object(arena));
    value_set(total, "field", value_string(arena, _("Total")));
    figures(arena, total, internals, INTERNALS);
    add_standing(arena, document, standing);
    add_wanted(arena, document, standing, wanted, request->as_of);
    report_sort(arena, document);
    return STATUS_OK;
}
