#include "extract/url_settings.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "adapters/file.h"
#include "adapters/http.h"
#include "adapters/regex.h"
#include "adapters/xml.h"
#include "core/count.h"
#include "extract/url_resolve.h"

static const char *const redirect_choices[] = { "same-host", "any", "none", NULL };
static const char *const base_choices[] = { "answer", "configured", NULL };

#define AT(member) offsetof(struct url_settings, member)
const struct setting url_settings_table[URL_SETTINGS] = {
    { "url", SETTING_TEXT, AT(url), .required = true, .help = N_("http, https, sftp, ftp or file") },
    { "method", SETTING_TEXT, AT(method), .help = N_("GET, or POST where there is a body") },
    { "headers", SETTING_OBJECT, AT(headers), .help = N_("of the request: names and values") },
    { "body", SETTING_TEXT, AT(body), .help = N_("of the request") },
    { "auth", SETTING_OBJECT, AT(auth), .help = N_("basic, bearer, oauth2, certificate and key") },
    { "login", SETTING_OBJECT, AT(login),
      .help = N_("a request whose answer holds the session for ${session}") },
    { "pages", SETTING_OBJECT, AT(pages), .help = N_("how one page leads to the next") },
    { "detail", SETTING_OBJECT, AT(detail),
      .help = N_("a request for each item of the listing: ${item:/id}") },
    { "success", SETTING_OBJECT, AT(success), .help = N_("what an answer holds that is no error") },
    { "unwrap", SETTING_TEXT, AT(unwrap),
      .help = N_("where a facade's answer has the true answer as a text") },
    { "redirects", SETTING_CHOICE, AT(redirects), .fallback = "same-host", .choices = redirect_choices,
      .help = N_("whereto an answer may redirect") },
    { "base", SETTING_CHOICE, AT(base), .fallback = "answer", .choices = base_choices,
      .help = N_("whose scheme and host the links in answers have: answer (their own), or configured") },
    { "conditional", SETTING_BOOLEAN, AT(conditional), .fallback = "true",
      .help = N_("asks only for what changed (ETag, Last-Modified)") },
    { "reread", SETTING_DURATION, AT(reread), .fallback = "7d", .minimum = 1000,
      .maximum = INT64_C(366) * 24 * 3600 * 1000,
      .help = N_("at least so often everything is read, whatever is said to be unchanged") },
    { "ca", SETTING_TEXT, AT(ca),
      .help = N_("the certificates that are believed, a PEM file; the system's") },
    { "known_hosts", SETTING_TEXT, AT(known_hosts), .help = N_("sftp: the keys of hosts that are believed") },
    { "limit", SETTING_SIZE, AT(limit), .fallback = "2G", .minimum = 1024, .maximum = INT64_MAX,
      .help = N_("bytes of one answer, unpacked") },
    { "timeout", SETTING_DURATION, AT(timeout), .fallback = "10m", .minimum = 100,
      .maximum = 24 * 3600 * 1000, .help = N_("for one request and its whole answer") },
    { "stall", SETTING_DURATION, AT(stall), .fallback = "30s", .minimum = 1000, .maximum = 3600 * 1000,
      .help = N_("how long hardly anything may come") },
    { "pause", SETTING_DURATION, AT(pause), .fallback = "0", .help = N_("between two requests") },
    { "retry", SETTING_OBJECT, AT(retry), .help = N_("of what may pass: attempts, first, most") },
};

static const struct setting retry_settings[] = {
    { "attempts", SETTING_NUMBER, offsetof(struct backoff, attempts), .fallback = "3", .minimum = 1,
      .maximum = 100, .help = N_("of one request") },
    { "first", SETTING_DURATION, offsetof(struct backoff, first), .fallback = "1s",
      .help = N_("the first wait; each is twice the one before") },
    { "most", SETTING_DURATION, offsetof(struct backoff, most), .fallback = "60s",
      .help = N_("the longest wait") },
};

struct request_settings {
    const char *url, *method, *body, *where;
    const struct value *headers;
};
#define REQUEST_SETTINGS(name, meaning)                                                                      \
    {                                                                                                        \
        { "url", SETTING_TEXT, offsetof(struct request_settings, url), .required = true,                     \
          .help = N_("where the request goes") },                                                            \
            { "method", SETTING_TEXT, offsetof(struct request_settings, method),                             \
              .help = N_("GET, or POST where there is a body") },                                            \
            { "headers", SETTING_OBJECT, offsetof(struct request_settings, headers),                         \
              .help = N_("of the request: names and values") },                                              \
            { "body", SETTING_TEXT, offsetof(struct request_settings, body), .help = N_("of the request") }, \
            { name, SETTING_TEXT, offsetof(struct request_settings, where), .required = true,                \
              .help = meaning },                                                                             \
    }
static const struct setting login_settings[] =
    REQUEST_SETTINGS("session", N_("where the answer has the session"));
static const struct setting detail_settings[] =
    REQUEST_SETTINGS("items", N_("where a page of the listing has its items"));

/* ---- requests ---- */

static enum status compile(const struct fetch *fetch, const struct value *object, const char *name,
                           const char *text, struct url_template *template, struct error *error)
{
    if (url_template_compile(fetch->context->arena, fetch->folder, text, template, error))
        return setting_place(fetch->context, value_find(object, name), error);
    return STATUS_OK;
}

static enum status read_headers(const struct fetch *fetch, const struct value *headers,
                                struct url_request *request, struct error *error)
{
    struct arena *arena = fetch->context->arena;
    size_t capacity = (headers ? headers->count : 0) + 1;
    bool typed = false;
    request->header_names = arena_array(arena, const char *, capacity);
    request->headers = arena_array(arena, struct url_template, capacity);
    for (const struct value *header = headers ? headers->first : NULL; header; header = header->next) {
        struct url_template *template = &request->headers[request->header_count];
        if (header->kind != VALUE_TEXT)
            return setting_fault(fetch->context, header, error, _("headers: \"%.*s\" must be a text"),
                                 TEXT_ARG(header->name));
        const char *name = text_string(arena, header->name);
        if (url_template_compile(arena, fetch->folder, text_string(arena, header->text), template, error))
            return setting_place(fetch->context, header, error);
        typed = typed || !strcasecmp(name, "Content-Type");
        request->header_names[request->header_count++] = name;
    }
    struct text start = request->body.count ? text_trim(request->body.pieces[0].text) : TEXT_NONE;
    if (typed || !start.length || (start.bytes[0] != '{' && start.bytes[0] != '['))
        return STATUS_OK;
    request->header_names[request->header_count] = "Content-Type";
    return url_template_compile(arena, "", "application/json", &request->headers[request->header_count++],
                                error);
}

static enum status read_request(const struct fetch *fetch, const struct value *object, const char *url,
                                const char *method, const char *body, const struct value *headers,
                                struct url_request *request, struct error *error)
{
    request->method = method ? method : body ? "POST" : "GET";
    if (compile(fetch, object, "url", url, &request->url, error) ||
        compile(fetch, object, "body", body, &request->body, error))
        return error->status;
    return read_headers(fetch, headers, request, error);
}

enum status url_settings_pointer(const struct fetch *fetch, const struct value *object, const char *name,
                                 const char *text, struct json_pointer *pointer, struct error *error)
{
    if (json_pointer_compile(fetch->context->arena, text_of(text), pointer, error))
        return setting_place(fetch->context, value_find(object, name), error);
    return STATUS_OK;
}

static enum status read_side_request(const struct fetch *fetch, const struct value *object, const char *what,
                                     const struct setting *table, struct url_request *request,
                                     struct json_pointer *where, struct error *error)
{
    struct request_settings given = { 0 };
    if (setting_read(fetch->context, table, COUNT(login_settings), object, what, &given, error) ||
        read_request(fetch, object, given.url, given.method, given.body, given.headers, request, error))
        return error->status;
    return url_settings_pointer(fetch, object, table[COUNT(login_settings) - 1].name, given.where, where,
                                error);
}

/* ---- the rest ---- */

/* A fault that would only be told at night; parts that are not known yet stand for themselves. */
static enum status check_url(const struct fetch *fetch, const struct value *object,
                             const struct url_template *template, struct error *error)
{
    struct buffer url = { 0 };
    for (size_t i = 0; i < template->count; i++)
        if (template->pieces[i].kind == URL_TEMPLATE_TEXT)
            buffer_text(&url, template->pieces[i].text);
        else
            buffer_char(&url, '1');
    url_encode(&url);
    const char *fault = http_url_fault(url.bytes ? url.bytes : "");
    buffer_free(&url);
    if (!fault)
        return STATUS_OK;
    return setting_fault(fetch->context, value_find(object, "url"), error, _("the URL cannot be read: %s"),
                         fault);
}

static enum status check_file(const struct fetch *fetch, const char *name, const char *path,
                              struct error *error)
{
    if (!path || file_exists(path))
        return STATUS_OK;
    return setting_fault(fetch->context, value_find(fetch->source->fetch, name), error,
                         _("there is no file %s"), path);
}

static const struct scheme {
    const char *start, *schemes;
    bool open;
} known_schemes[] = {
    { "https://", "http,https", false }, { "http://", "http,https", true }, { "sftp://", "sftp", false },
    { "ftps://", "ftps", false },        { "ftp://", "ftp", true },         { "file://", "file", false },
};

/* What it begins with; NULL after a fault. */
static const struct scheme *find_scheme(const struct fetch *fetch, const struct value *object,
                                        const struct url_template *template, struct error *error)
{
    struct text start = template->count && template->pieces[0].kind == URL_TEMPLATE_TEXT
                            ? template->pieces[0].text
                            : TEXT("");
    for (size_t i = 0; i < COUNT(known_schemes); i++) {
        size_t length = strlen(known_schemes[i].start);
        if (start.length >= length && !strncasecmp(start.bytes, known_schemes[i].start, length))
            return &known_schemes[i];
    }
    (void)setting_fault(fetch->context, value_find(object, "url"), error,
                        _("\"url\" must begin with http://, https://, sftp://, ftp:// or file://"));
    return NULL;
}

static enum status check_scheme(const struct fetch *fetch, struct url_settings *settings, struct error *error)
{
    const struct url_template *url = &settings->request.url;
    const struct scheme *scheme = find_scheme(fetch, fetch->source->fetch, url, error);
    if (!scheme)
        return error->status;
    const char *start = text_string(fetch->context->arena, url->pieces[0].text);
    settings->schemes = scheme->schemes;
    settings->readable = scheme->open && !http_url_read(start).here &&
                         (auth_is_readable(&settings->credentials) || url->secret ||
                          settings->request.body.secret || settings->has_login);
    return STATUS_OK;
}

/* Of a login and of details: what an item gives is escaped, so it makes no URL of its own. */
static enum status check_side_url(const struct fetch *fetch, const struct value *object,
                                  const struct url_request *request, struct error *error)
{
    if (!object)
        return STATUS_OK;
    return find_scheme(fetch, object, &request->url, error) ? check_url(fetch, object, &request->url, error)
                                                            : error->status;
}

static enum status read_retry(const struct fetch *fetch, struct url_settings *settings, struct error *error)
{
    enum status all = STATUS_OK;
    if (setting_step(fetch->context, &all,
                     setting_read(fetch->context, retry_settings, COUNT(retry_settings), settings->retry,
                                  "retry", &settings->backoff, error),
                     error))
        (void)setting_step(fetch->context, &all,
                           backoff_check(fetch->context, settings->retry, &settings->backoff, error), error);
    return all;
}

static const char *shown_url(struct arena *arena, const struct url_template *template)
{
    struct buffer shown = { 0 };
    url_template_show(template, NULL, &shown);
    const char *text = text_string(arena, buffer_view(&shown));
    buffer_free(&shown);
    return text;
}

static enum status check_uses(const struct fetch *fetch, const struct url_settings *settings,
                              struct error *error)
{
    const struct url_request *request = &settings->request;
    bool session = request->url.session || request->body.session || settings->detail_request.url.session ||
                   settings->detail_request.body.session;
    for (size_t i = 0; i < request->header_count; i++)
        session = session || request->headers[i].session;
    if (session && !settings->has_login)
        return setting_fault(fetch->context, fetch->source->fetch, error,
                             _("${session} stands for the session of a \"login\", which is missing"));
    if (request->url.item || request->body.item)
        return setting_fault(fetch->context, fetch->source->fetch, error,
                             _("${item:…} belongs into \"detail\""));
    return STATUS_OK;
}

/* A pointer into JSON, or an XPath (//…) into an envelope of XML. */
static enum status read_unwrap(const struct fetch *fetch, struct url_settings *settings, struct error *error)
{
    const struct value *object = fetch->source->fetch;
    struct xml_path *path;
    if (!settings->unwrap || !text_starts(text_of(settings->unwrap), TEXT("//")))
        return url_settings_pointer(fetch, object, "unwrap", settings->unwrap, &settings->wrapped, error);
    if (xml_path_compile(text_of(settings->unwrap), NULL, 0, &path, error))
        return setting_fault(fetch->context, value_find(object, "unwrap"), error, "%s", error->message);
    xml_path_free(path);
    return STATUS_OK;
}

/* What is asked for, and how the answers are read. */
static enum status read_parts(struct fetch *fetch, struct url_settings *settings, struct error *error)
{
    const struct setting_context *context = fetch->context;
    enum status all = STATUS_OK;
    (void)(setting_step(context, &all,
                        read_request(fetch, fetch->source->fetch, settings->url, settings->method,
                                     settings->body, settings->headers, &settings->request, error),
                        error) &&
           (!settings->login ||
            setting_step(context, &all,
                         read_side_request(fetch, settings->login, "login", login_settings,
                                           &settings->login_request, &settings->session, error),
                         error)) &&
           (!settings->detail ||
            setting_step(context, &all,
                         read_side_request(fetch, settings->detail, "detail", detail_settings,
                                           &settings->detail_request, &settings->items, error),
                         error)) &&
           setting_step(context, &all, read_unwrap(fetch, settings, error), error) &&
           setting_step(context, &all, url_settings_pages(fetch, error), error) &&
           setting_step(context, &all, url_settings_success(fetch, error), error) &&
           setting_step(context, &all, read_retry(fetch, settings, error), error));
    return all ? all : check_uses(fetch, settings, error);
}

/* Whom we ask, and as whom. */
static enum status read_access(struct fetch *fetch, struct url_settings *settings, struct error *error)
{
    const struct setting_context *context = fetch->context;
    struct arena *arena = context->arena;
    enum status all = STATUS_OK;
    if (settings->ca)
        settings->ca = file_path(arena, fetch->folder, settings->ca);
    if (settings->known_hosts)
        settings->known_hosts = file_path(arena, fetch->folder, settings->known_hosts);
    bool ssh = strncasecmp(settings->url, "sftp://", 7) == 0;
    (void)(setting_step(
               context, &all,
               auth_read(context, fetch->folder, settings->auth, "auth", ssh, &settings->credentials, error),
               error) &&
           (!*settings->shown ||
            (setting_step(context, &all, check_scheme(fetch, settings, error), error) &&
             setting_step(context, &all,
                          check_url(fetch, fetch->source->fetch, &settings->request.url, error), error))) &&
           setting_step(context, &all,
                        check_side_url(fetch, settings->login, &settings->login_request, error), error) &&
           setting_step(context, &all,
                        check_side_url(fetch, settings->detail, &settings->detail_request, error), error) &&
           setting_step(context, &all, check_file(fetch, "ca", settings->ca, error), error) &&
           setting_step(context, &all, check_file(fetch, "known_hosts", settings->known_hosts, error),
                        error));
    settings->credentials.ca_file = settings->ca;
    settings->credentials.token_shown =
        text_string(arena, value_text_of(value_find(settings->auth, "oauth2"), "token_url"));
    return all;
}

enum status url_settings_check(struct fetch *fetch, struct error *error)
{
    struct url_settings *settings = fetch->settings;
    enum status all = STATUS_OK;
    settings->has_login = settings->login != NULL;
    settings->has_detail = settings->detail != NULL;
    bool on = setting_step(fetch->context, &all, read_parts(fetch, settings, error), error);
    settings->shown = all ? "" : shown_url(fetch->context->arena, &settings->request.url);
    if (on)
        (void)setting_step(fetch->context, &all, read_access(fetch, settings, error), error);
    if (all)
        url_settings_free(settings);
    return all;
}

void url_settings_free(struct url_settings *settings)
{
    auth_free(&settings->credentials);
    xml_path_free(settings->paging.total.path);
    xml_path_free(settings->wanted.from.path);
    xml_path_free(settings->wanted.message.path);
    regex_free(settings->wanted.matches);
    settings->paging.total.path = settings->wanted.from.path = settings->wanted.message.path = NULL;
    settings->wanted.matches = NULL;
}
