/* `pages` and `success`: what makes a listing of answers. */
#include "extract/url_settings.h"

#include <stddef.h>

#include "adapters/regex.h"
#include "core/count.h"

struct pages_settings {
    const char *next, *parameter, *offset, *cursor, *into, *total;
    int64_t from, size, most, again;
};
static const struct setting pages_settings[] = {
    { "next", SETTING_TEXT, offsetof(struct pages_settings, next),
      .help = N_("where the answer has the next page's URL") },
    { "parameter", SETTING_TEXT, offsetof(struct pages_settings, parameter),
      .help = N_("that counts the pages, up to an empty one") },
    { "from", SETTING_NUMBER, offsetof(struct pages_settings, from), .fallback = "1", .minimum = 0,
      .maximum = INT32_MAX, .help = N_("the first page's number") },
    { "offset", SETTING_TEXT, offsetof(struct pages_settings, offset),
      .help = N_("the parameter that rises by size, up to a short page") },
    { "size", SETTING_NUMBER, offsetof(struct pages_settings, size), .minimum = 1, .maximum = INT32_MAX,
      .help = N_("records of a page") },
    { "cursor", SETTING_TEXT, offsetof(struct pages_settings, cursor),
      .help = N_("what the answer gives for the next request") },
    { "into", SETTING_TEXT, offsetof(struct pages_settings, into),
      .help = N_("where the cursor goes: a place in the JSON body, or a parameter") },
    { "total", SETTING_TEXT, offsetof(struct pages_settings, total),
      .help = N_("where an answer says how many records there are") },
    { "again", SETTING_NUMBER, offsetof(struct pages_settings, again), .fallback = "1", .minimum = 0,
      .maximum = 1, .help = N_("walks once more where a record came twice, and before one is missing") },
    { "most", SETTING_NUMBER, offsetof(struct pages_settings, most), .fallback = "10000", .minimum = 1,
      .maximum = 1000000, .help = N_("pages; more are a fault of the source") },
};

struct success_settings {
    const char *from, *at, *matches, *message;
    const struct value *is;
};
static const struct setting success_settings[] = {
    { "from", SETTING_TEXT, offsetof(struct success_settings, from),
      .help = N_("where the answer says how it went") },
    { "at", SETTING_TEXT, offsetof(struct success_settings, at), .help = N_("the same as from") },
    { "is", SETTING_LIST, offsetof(struct success_settings, is),
      .help = N_("what stands there when all is well") },
    { "matches", SETTING_TEXT, offsetof(struct success_settings, matches),
      .help = N_("an expression for what stands there when all is well") },
    { "message", SETTING_TEXT, offsetof(struct success_settings, message),
      .help = N_("where the answer has its words for a fault") },
};

/* A JSON Pointer where an answer is JSON, an XPath where it is XML or HTML. */
static enum status read_place(const struct fetch *fetch, const struct value *object, const char *name,
                              const char *text, struct url_place *place, struct error *error)
{
    const struct url_settings *settings = fetch->settings;
    const struct source *source = fetch->source;
    *place = (struct url_place){ .html = source->format == SOURCE_HTML };
    if (source->format == SOURCE_JSON || settings->detail)
        return url_settings_pointer(fetch, object, name, text, &place->pointer, error);
    if (source->format != SOURCE_XML && source->format != SOURCE_HTML)
        return setting_fault(fetch->context, value_find(object, name), error,
                             _("\"%s\" is found in the formats json, xml and html, not in %s"), name,
                             source_format_name((enum source_format)source->format));
    if (xml_path_compile(text_of(text), source->record.namespaces, source->record.namespace_count,
                         &place->path, error))
        return setting_place(fetch->context, value_find(object, name), error);
    return STATUS_OK;
}

/* A parameter of the query, or with "/" in front a place in the JSON body. */
static enum status read_target(const struct fetch *fetch, const struct value *object, const char *member,
                               const char *name, struct url_pages *pages, struct error *error)
{
    const struct url_settings *settings = fetch->settings;
    pages->name = name;
    if (name[0] != '/')
        return STATUS_OK;
    pages->name = NULL;
    if (!settings->body)
        return setting_fault(fetch->context, value_find(object, member), error,
                             _("\"%s\" names a place in the body, but the request has no \"body\""), member);
    return url_settings_pointer(fetch, object, member, name, &pages->into, error);
}

enum status url_settings_pages(struct fetch *fetch, struct error *error)
{
    struct url_settings *settings = fetch->settings;
    struct pages_settings given = { 0 };
    struct url_pages *pages = &settings->paging;
    const struct value *object = settings->pages;
    if (setting_read(fetch->context, pages_settings, COUNT(pages_settings), object, "pages", &given, error))
        return error->status;
    pages->most = given.most;
    if (!object)
        return STATUS_OK;
    pages->again = given.again;
    pages->has_total = given.total != NULL;
    if (given.total && read_place(fetch, object, "total", given.total, &pages->total, error))
        return error->status;
    if ((given.next != NULL) + (given.parameter != NULL) + (given.offset != NULL) + (given.cursor != NULL) !=
        1)
        return setting_fault(fetch->context, object, error,
                             _("\"pages\" takes one of next, parameter, offset and cursor"));
    if (!given.cursor != !given.into)
        return setting_fault(fetch->context, object, error, _("\"cursor\" and \"into\" belong together"));
    if (!given.offset != !given.size)
        return setting_fault(fetch->context, object, error, _("\"offset\" and \"size\" belong together"));
    bool json = fetch->source->format == SOURCE_JSON || settings->detail;
    if ((given.next || given.cursor) && !json)
        return setting_fault(fetch->context, object, error,
                             _("\"%s\" reads JSON: the format %s can be paged with parameter or offset"),
                             given.next ? "next" : "cursor",
                             source_format_name((enum source_format)fetch->source->format));
    pages->first = given.from;
    pages->size = given.size;
    if (given.next) {
        pages->kind = URL_PAGES_NEXT;
        return url_settings_pointer(fetch, object, "next", given.next, &pages->from, error);
    }
    if (given.parameter) {
        pages->kind = URL_PAGES_COUNT;
        return read_target(fetch, object, "parameter", given.parameter, pages, error);
    }
    if (given.offset) {
        pages->kind = URL_PAGES_OFFSET;
        return read_target(fetch, object, "offset", given.offset, pages, error);
    }
    pages->kind = URL_PAGES_CURSOR;
    if (url_settings_pointer(fetch, object, "cursor", given.cursor, &pages->from, error))
        return error->status;
    return read_target(fetch, object, "into", given.into, pages, error);
}

enum status url_settings_success(struct fetch *fetch, struct error *error)
{
    struct url_settings *settings = fetch->settings;
    struct success_settings given = { 0 };
    struct url_success *wanted = &settings->wanted;
    const struct value *object = settings->success;
    if (!object)
        return STATUS_OK;
    if (setting_read(fetch->context, success_settings, COUNT(success_settings), object, "success", &given,
                     error))
        return error->status;
    if (!given.from == !given.at)
        return setting_fault(fetch->context, object, error,
                             _("\"success\" says with \"from\" where the answer says how it went"));
    if (!given.is == !given.matches)
        return setting_fault(fetch->context, object, error, _("\"success\" takes one of is and matches"));
    const char *name = given.from ? "from" : "at";
    if (read_place(fetch, object, name, given.from ? given.from : given.at, &wanted->from, error) ||
        (given.message && read_place(fetch, object, "message", given.message, &wanted->message, error)) ||
        (given.is && setting_texts(fetch->context, given.is, &wanted->is, &wanted->count, error)))
        return error->status;
    if (given.matches && regex_compile(text_of(given.matches), &wanted->matches, error))
        return setting_place(fetch->context, value_find(object, "matches"), error);
    wanted->given = true;
    wanted->has_message = given.message != NULL;
    return STATUS_OK;
}
