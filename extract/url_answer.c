#include "extract/url_answer.h"

#include <string.h>
#include <strings.h>

#include "adapters/json.h"
#include "adapters/regex.h"
#include "adapters/unicode.h"
#include "adapters/xml.h"
#include "core/canonical.h"
#include "extract/json_splitter.h"

#define LOOKED_AT ((size_t)64 * 1024) /* of an answer, for what it is */
#define SCALAR    ((size_t)64 * 1024) /* a cursor, a URL, an error's words */
#define WRAPPED   ((size_t)32 << 20)  /* a whole answer inside a text: it must pass through memory */

/* ---- by its status ---- */

static bool starts_with(struct text text, const char *start)
{
    return text.length >= strlen(start) && !strncasecmp(text.bytes, start, strlen(start));
}

static enum status judge_failure(const struct page_request *ask, const struct http_response *answer,
                                 struct error *error)
{
    enum status status = STATUS_STOP;
    if (answer->failure == HTTP_NOT_SENT || answer->failure == HTTP_TIMEOUT || answer->failure == HTTP_RESET)
        status = STATUS_RETRY;
    if (answer->failure == HTTP_TLS && strncasecmp(ask->shown, "sftp", 4) == 0)
        return error_set(
            error, status,
            _("%s: the host's key is not among those that are believed: compare the key that ssh-keyscan "
              "shows with the server's owner, then put it into the file of \"known_hosts\" (%s)"),
            ask->shown, answer->why);
    if (answer->failure == HTTP_TLS)
        return error_set(error, status,
                         _("%s: no safe connection: %s (an issuer of certificates that the system does not "
                           "know goes into \"ca\")"),
                         ask->shown, answer->why);
    if (answer->failure == HTTP_TIMEOUT)
        return error_set(error, status, _("%s: %s (see \"stall\" and \"timeout\")"), ask->shown, answer->why);
    if (answer->failure == HTTP_TOO_LARGE)
        return error_set(error, status, _("%s: %s (see \"limit\")"), ask->shown, answer->why);
    return error_set(error, status, "%s: %s", ask->shown, answer->why);
}

static enum status judge_redirect(const struct url_settings *settings, const struct page_request *ask,
                                  const struct http_response *answer, struct error *error)
{
    const char *method = ask->request->method;
    if (!answer->location.length)
        return error_set(error, STATUS_STOP, _("%s redirects (HTTP %ld) and does not say where to"),
                         ask->shown, answer->status);
    if (strcmp(method, "GET") != 0)
        return error_set(error, STATUS_STOP,
                         _("%s redirects a %s to %.*s, and only a GET is sent on; put that URL into the "
                           "configuration"),
                         ask->shown, method, TEXT_ARG(answer->location));
    if (settings->redirects == URL_REDIRECTS_ANY && ask->request->body.count)
        return url_answer_keep_body(ask->shown, answer->location, error);
    return error_set(error, STATUS_STOP,
                     _("%s redirects to %.*s, which \"redirects\" does not allow; put that URL into the "
                       "configuration, or \"redirects: any\""),
                     ask->shown, TEXT_ARG(answer->location));
}

enum status url_answer_keep_body(const char *shown, struct text target, struct error *error)
{
    return error_set(
        error, STATUS_STOP,
        _("%s leads on to another host (%.*s), and the body of a request is sent to none but the "
          "configured one; put that host into the configuration, or leave out \"body\""),
        shown, TEXT_ARG(target));
}

/* RFC 9110, 15.3: which answers hold all that was asked for. */
static enum status judge_success(const struct url_settings *settings, const struct page_request *ask,
                                 const struct http_response *answer, struct error *error)
{
    long status = answer->status;
    if (status == 200 || status == 201 || status == 203 || status == 204 ||
        ask->request == &settings->login_request)
        return STATUS_OK;
    if (status == 202)
        return error_set(error, STATUS_RETRY,
                         _("%s: the server has taken the request, but has no answer yet (HTTP 202)"),
                         ask->shown);
    if (status == 206 && ask->partial && answer->content_range.length &&
        !starts_with(answer->content_range, "bytes"))
        return STATUS_OK;
    return error_set(error, STATUS_STOP, _("%s: the answer is not all that was asked for (HTTP %ld)"),
                     ask->shown, status);
}

enum status url_answer_judge(const struct url_settings *settings, const struct page_request *ask,
                             const struct http_response *answer, struct error *error)
{
    long status = answer->status;
    if (answer->failure)
        return judge_failure(ask, answer, error);
    if (status == 304 && !ask->etag.bytes && !ask->modified.bytes)
        return error_set(error, STATUS_STOP,
                         _("%s answers 304 (not modified) to a request without condition"), ask->shown);
    if (status >= 200 && status < 300)
        return judge_success(settings, ask, answer, error);
    if (status == 304)
        return STATUS_OK;
    if (status >= 300 && status < 400)
        return judge_redirect(settings, ask, answer, error);
    switch (status) {
    case 401:
    case 403:
        return error_set(error, STATUS_BUSY, _("%s refuses the request (HTTP %ld); check \"auth\""),
                         ask->shown, status);
    case 400:
    case 422:
        return error_set(error, STATUS_REJECT,
                         _("%s: the server does not take the request (HTTP %ld); check the URL, headers and "
                           "body"),
                         ask->shown, status);
    case 404:
    case 410:
    case 416:
        return error_set(error, STATUS_REJECT, _("%s: the server has no such thing (HTTP %ld)"), ask->shown,
                         status);
    case 408:
    case 425:
    case 429:
    case 500:
    case 502:
    case 503:
    case 504:
        return error_set(error, STATUS_RETRY, _("%s: the server is not able to answer now (HTTP %ld)"),
                         ask->shown, status);
    default:
        return error_set(error, STATUS_STOP, _("%s answers HTTP %ld"), ask->shown, status);
    }
}

/* ---- by what it holds ---- */

/* Behind what may stand before the first tag. */
static struct text first_tag(struct text start)
{
    if (text_starts(start, TEXT("\xef\xbb\xbf")))
        start = text_slice(start, 3, start.length);
    for (;;) {
        size_t end;
        start = text_trim(start);
        bool comment = text_starts(start, TEXT("<!--")), declaration = text_starts(start, TEXT("<?"));
        if (!comment && !declaration)
            return start;
        struct text mark = comment ? TEXT("-->") : TEXT("?>");
        if (!text_find(start, mark, &end))
            return TEXT("");
        start = text_slice(start, end + mark.length, start.length);
    }
}

static bool is_html(struct text start)
{
    start = first_tag(start);
    return starts_with(start, "<!doctype html") || starts_with(start, "<html") ||
           starts_with(start, "<head") || starts_with(start, "<body");
}

static bool find_folded(struct text text, const char *words, size_t *at)
{
    size_t length = strlen(words);
    for (*at = 0; *at + length <= text.length; ++*at)
        if (!strncasecmp(text.bytes + *at, words, length))
            return true;
    return false;
}

/* The page's title in one line, or empty. */
static struct text title_of(struct arena *arena, struct text page)
{
    size_t at, end;
    if (!find_folded(page, "<title", &at))
        return TEXT("");
    struct text rest = text_slice(page, at, page.length);
    const char *close = memchr(rest.bytes, '>', rest.length);
    if (!close)
        return TEXT("");
    rest = text_slice(rest, (size_t)(close - rest.bytes) + 1, 400);
    if (find_folded(rest, "</title", &end))
        rest = text_slice(rest, 0, end);
    struct buffer line = { 0 };
    for (size_t i = 0; i < rest.length; i++)
        buffer_char(&line, (unsigned char)rest.bytes[i] < 0x20 ? ' ' : rest.bytes[i]);
    struct text title = text_copy(arena, text_trim(buffer_view(&line)));
    buffer_free(&line);
    return title;
}

static enum status refuse_page(const struct page_request *ask, struct arena *arena, struct text page,
                               struct error *error)
{
    struct text title = title_of(arena, page);
    return error_set(error, STATUS_STOP,
                     _("%s answers with a web page (\"%.*s\") where data was expected: a firewall, a login "
                       "page or a wrong URL"),
                     ask->shown, TEXT_ARG(title.length ? title : TEXT("…")));
}

/* Of the first bytes at `pointer`; empty for what is no scalar. A list or an object of nothing is null: some
 * programs write an empty text or object so. */
static enum status find_scalar(struct spool_file *content, struct arena *arena,
                               const struct json_pointer *pointer, size_t limit, struct text *text,
                               enum value_kind *kind, struct error *error)
{
    struct file_stream stream;
    struct json_splitter splitter;
    struct text lexeme;
    struct value *value;
    struct error reason = { 0 };
    spool_file_stream(content, "", &stream);
    json_splitter_open(&splitter, &stream, pointer, limit);
    enum status status = json_splitter_find(&splitter, &lexeme, &reason);
    if (status == STATUS_OK)
        status = json_parse(arena, lexeme, &value, &reason);
    json_splitter_close(&splitter);
    if (status == STATUS_END)
        return STATUS_END;
    if (status)
        return error_copy(error, status == STATUS_FATAL ? status : STATUS_STOP, &reason);
    if (kind)
        *kind = value_is_scalar(value) || value->first ? value->kind : VALUE_NULL;
    if (value->kind == VALUE_BOOLEAN)
        *text = value->truth ? TEXT("true") : TEXT("false");
    else
        *text = value_is_scalar(value) && value->kind != VALUE_NULL ? value->text : TEXT("");
    return STATUS_OK;
}

/* The text of the element that the XPath leads to; empty: there is none. `count`: of such elements. */
static enum status unwrap_xml(struct spool_file *content, struct arena *arena, const char *expression,
                              struct text *inner, size_t *count, struct error *error)
{
    struct text bytes;
    struct xml_document *document = NULL;
    struct xml_path *path = NULL;
    struct xml_result result = { 0 };
    enum status status = spool_file_start(content, arena, WRAPPED, &bytes, error);
    if (status == STATUS_OK)
        status = xml_parse(bytes, false, NULL, &document, error);
    if (status == STATUS_OK)
        status = xml_path_compile(text_of(expression), NULL, 0, &path, error);
    if (status == STATUS_OK)
        status = xml_path_select(path, document, NULL, arena, &result, error);
    if (status == STATUS_OK && result.count)
        *inner = result.nodes ? xml_node_text(arena, result.nodes[0], false) : result.text;
    *count = status == STATUS_OK && result.nodes ? result.count : 1;
    xml_path_free(path);
    xml_document_free(document);
    return status;
}

enum status url_answer_at(struct spool_file *content, struct arena *arena, const struct url_place *place,
                          struct text *text, struct error *error)
{
    struct text bytes;
    struct xml_document *document = NULL;
    struct xml_result result = { 0 };
    *text = TEXT_NONE;
    if (!place->path)
        return find_scalar(content, arena, &place->pointer, SCALAR, text, NULL, error);
    enum status status = spool_file_start(content, arena, WRAPPED, &bytes, error);
    if (status == STATUS_OK)
        status = xml_parse(bytes, place->html, NULL, &document, error);
    if (status == STATUS_OK)
        status = xml_path_select(place->path, document, NULL, arena, &result, error);
    if (status == STATUS_OK && !result.count)
        status = STATUS_END;
    if (status == STATUS_OK)
        *text = text_copy(arena, result.nodes ? xml_node_text(arena, result.nodes[0], false) : result.text);
    xml_document_free(document);
    if (status == STATUS_OK || status == STATUS_END || status == STATUS_FATAL)
        return status;
    return error->status = STATUS_STOP;
}

static bool is_success(const struct url_success *wanted, struct text found)
{
    struct error error;
    found = text_trim(found);
    if (wanted->matches)
        return regex_search(wanted->matches, found, 0, NULL, &error) == STATUS_OK;
    return text_among(found, wanted->is, wanted->count);
}

static enum status check_success(const struct url_settings *settings, const struct page_request *ask,
                                 struct spool_file *content, struct arena *arena, struct url_reply *reply,
                                 struct error *error)
{
    const struct url_success *wanted = &settings->wanted;
    struct text found, words = TEXT_NONE;
    struct error other;
    enum status status = url_answer_at(content, arena, &wanted->from, &found, error);
    if (status == STATUS_STOP || status == STATUS_FATAL)
        return error_add(error, "%s", ask->shown);
    if (status == STATUS_OK && is_success(wanted, found))
        return STATUS_OK;
    if (wanted->has_message && url_answer_at(content, arena, &wanted->message, &words, &other) != STATUS_OK)
        words = TEXT_NONE;
    reply->lacking = true;
    return error_set(error, STATUS_BUSY, _("%s answers with an error: %.*s%s%.*s"), ask->shown,
                     TEXT_ARG(status == STATUS_OK ? found : TEXT("…")), words.length ? ", " : "",
                     TEXT_ARG(words));
}

enum status url_answer_unwrap(const struct url_settings *settings, const struct page_request *ask,
                              struct spool_file *content, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct text inner = TEXT_NONE;
    size_t count = 1;
    if (!settings->unwrap)
        return STATUS_OK;
    enum status status = text_starts(text_of(settings->unwrap), TEXT("//"))
                             ? unwrap_xml(content, &arena, settings->unwrap, &inner, &count, error)
                             : find_scalar(content, &arena, &settings->wrapped, WRAPPED, &inner, NULL, error);
    if (status == STATUS_FATAL)
        return status;
    if (status == STATUS_OK && count > 1)
        return error_set(error, STATUS_STOP,
                         _("%s: %s leads to %zu elements, and only one can be the answer (see \"unwrap\")"),
                         ask->shown, settings->unwrap, count);
    if (status || !inner.length)
        return error_set(error, STATUS_STOP, _("%s: the answer has no text at %s (see \"unwrap\")"),
                         ask->shown, settings->unwrap);
    spool_file_clear(content);
    return spool_file_put(content, inner, error);
}

enum status url_answer_check(const struct url_settings *settings, const struct page_request *ask,
                             struct spool_file *content, enum source_format format, struct url_reply *reply,
                             struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct text start;
    size_t at;
    if (spool_file_start(content, &arena, LOOKED_AT, &start, error))
        return error->status;
    if (settings->has_detail && ask->request != &settings->detail_request)
        format = SOURCE_JSON;
    bool html = is_html(start);
    if (html && format != SOURCE_HTML)
        return refuse_page(ask, &arena, start, error);
    if (html && (find_folded(title_of(&arena, start), "request rejected", &at) ||
                 find_folded(start, "the requested url was rejected", &at)))
        return refuse_page(ask, &arena, start, error);
    if (url_answer_unwrap(settings, ask, content, error))
        return error->status;
    if (settings->wanted.given &&
        (settings->wanted.from.path ? format != SOURCE_JSON : format == SOURCE_JSON))
        return check_success(settings, ask, content, &arena, reply, error);
    return STATUS_OK;
}

enum status url_answer_find(struct spool_file *content, struct arena *arena,
                            const struct json_pointer *pointer, struct text *text, enum value_kind *kind,
                            struct error *error)
{
    return find_scalar(content, arena, pointer, SCALAR, text, kind, error);
}

/* ---- into the next request ---- */

void url_put_parameter(struct buffer *url, const char *name, struct text value)
{
    struct buffer key = { 0 }, out = { 0 };
    struct text whole = buffer_view(url), query = TEXT_NONE, fragment = TEXT_NONE;
    size_t at;
    http_escape(&key, text_of(name));
    if (text_find(whole, TEXT("#"), &at)) {
        fragment = text_slice(whole, at, whole.length);
        whole = text_slice(whole, 0, at);
    }
    if (text_find(whole, TEXT("?"), &at)) {
        query = text_slice(whole, at + 1, whole.length);
        whole = text_slice(whole, 0, at);
    }
    buffer_text(&out, whole);
    char mark = '?';
    while (query.length) {
        if (!text_find(query, TEXT("&"), &at))
            at = query.length;
        struct text pair = text_slice(query, 0, at);
        bool same = text_starts(pair, buffer_view(&key)) &&
                    (pair.length == key.length || pair.bytes[key.length] == '=');
        if (!same && pair.length) {
            buffer_char(&out, mark);
            buffer_text(&out, pair);
            mark = '&';
        }
        query = text_slice(query, at + 1, query.length);
    }
    buffer_char(&out, mark);
    buffer_text(&out, buffer_view(&key));
    buffer_char(&out, '=');
    http_escape(&out, value);
    buffer_text(&out, fragment);
    buffer_clear(url);
    buffer_text(url, buffer_view(&out));
    buffer_free(&key);
    buffer_free(&out);
}

enum status url_put_into_body(struct buffer *body, const struct json_pointer *into, struct text value,
                              bool number, struct error *error)
{
    ARENA_OWNED struct arena arena = { 0 };
    struct value *root;
    if (json_parse(&arena, buffer_view(body), &root, error)) {
        error->status = STATUS_STOP;
        return error_add(error, _("body"));
    }
    struct value *object = root;
    for (size_t i = 0; i < into->count; i++) {
        struct value *next = object->kind == VALUE_OBJECT ? value_find_text(object, into->tokens[i]) : NULL;
        bool last = i + 1 == into->count;
        if (object->kind != VALUE_OBJECT)
            return error_set(error, STATUS_STOP, _("body: there is no object that \"%.*s\" could go into"),
                             TEXT_ARG(into->tokens[i]));
        if (!next)
            next = value_set_text(object, into->tokens[i], last ? value_null(&arena) : value_object(&arena));
        object = next;
    }
    object->kind = number ? VALUE_NUMBER : VALUE_TEXT;
    object->text = value;
    object->first = object->last = NULL;
    object->count = 0;
    buffer_clear(body);
    canonical_pretty(body, root);
    return STATUS_OK;
}
