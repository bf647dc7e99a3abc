#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "adapters/crypto.h"
#include "adapters/file.h"
#include "tests/support/portal_simulator.h"

/* Sources to fetch from: files, pages, and the ways in which pages go wrong. */

#define FILE_MAX ((size_t)1 << 30)
#define PAGE_MAX 10000
#define LARGE    (256 * 1024 * 1024)

typedef void answerer(struct simulator_request *request, struct text path);

static answerer answer_file, answer_pages, answer_loop, answer_endless, answer_redirect, answer_large,
    answer_token;

static const struct {
    const char *path;
    bool below; /* what follows the path belongs to it */
    enum simulator_operation operation;
    answerer *answer;
} places[] = {
    { "/files/", true, OPERATION_FILES, answer_file },
    { "/pages", false, OPERATION_PAGES, answer_pages },
    { "/loop", false, OPERATION_PAGES, answer_loop },
    { "/endless", false, OPERATION_PAGES, answer_endless },
    { "/redirect", false, OPERATION_OTHER, answer_redirect },
    { "/large", false, OPERATION_FILES, answer_large },
    { "/token", false, OPERATION_TOKEN, answer_token },
};
#define PLACES (sizeof places / sizeof places[0])

static const char *const mirrors[] = { "/oauth", "/bearer", "/basic" };
#define MIRRORS (sizeof mirrors / sizeof mirrors[0])

/* The path behind a mirror's name, and which mirror it is (MIRRORS: none). */
static struct text inner_path(struct text path, size_t *mirror)
{
    for (*mirror = 0; *mirror < MIRRORS; ++*mirror) {
        struct text name = text_of(mirrors[*mirror]);
        if (text_starts(path, name) && path.length > name.length && path.bytes[name.length] == '/')
            return text_slice(path, name.length, path.length);
    }
    return path;
}

static size_t place_of(struct text path)
{
    size_t at = 0;
    while (at < PLACES &&
           !(places[at].below ? text_starts(path, text_of(places[at].path)) : text_is(path, places[at].path)))
        at++;
    return at;
}

bool simulator_files_claims(struct simulator_request *request)
{
    size_t mirror = 0, place = place_of(inner_path(request->path, &mirror));
    if (place == PLACES)
        return false;
    request->operation = places[place].operation;
    return true;
}

static bool admitted(struct simulator_request *request, size_t mirror)
{
    const struct simulator_options *options = &request->simulator->options;
    bool good = true;
    if (mirror == 0)
        good = simulator_access_issued(request);
    else if (mirror == 1)
        good = text_is(simulator_request_header(request, "Authorization"),
                       text_string(&request->arena, text_format(&request->arena, "Bearer %s",
                                                                options->token ? options->token : "")));
    else if (mirror == 2)
        good = options->basic && simulator_access_basic(request, options->basic);
    if (!good)
        simulator_access_refuse(request, mirror == 2 ? "Basic" : "Bearer");
    return good;
}

void simulator_files_answer(struct simulator_request *request)
{
    size_t mirror = 0;
    struct text path = inner_path(request->path, &mirror);
    size_t place = place_of(path);
    if (admitted(request, mirror))
        places[place].answer(request, text_slice(path, strlen(places[place].path), path.length));
}

static void answer_token(struct simulator_request *request, struct text path)
{
    (void)path;
    simulator_token_answer(request);
}

static const char *type_of(struct text path)
{
    static const char *const types[][2] = {
        { ".json", "application/json" },
        { ".ndjson", "application/x-ndjson" },
        { ".xml", "application/xml" },
        { ".html", "text/html" },
        { ".csv", "text/csv" },
        { ".txt", "text/plain" },
        { ".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" },
    };
    for (size_t at = 0; at < sizeof types / sizeof types[0]; at++) {
        if (text_ends(path, text_of(types[at][0])))
            return types[at][1];
    }
    return "application/octet-stream";
}

/* An entity tag counts before a date, as RFC 9110 has it. */
static bool unchanged(const struct simulator_request *request, struct text tag, time_t modified)
{
    struct text known = simulator_request_header(request, "If-None-Match");
    struct text since = simulator_request_header(request, "If-Modified-Since");
    size_t at = 0;
    if (known.bytes)
        return text_is(known, "*") || text_find(known, tag, &at);
    struct tm parts = { 0 };
    if (!since.bytes || !strptime(since.bytes, "%a, %d %b %Y %H:%M:%S GMT", &parts))
        return false;
    return modified <= timegm(&parts);
}

static bool safe(struct text path)
{
    size_t at = 0;
    return path.length > 0 && path.bytes[0] != '/' && !text_starts(path, TEXT("../")) &&
           !text_is(path, "..") && !text_find(path, TEXT("/../"), &at) && !text_ends(path, TEXT("/.."));
}

static void answer_file(struct simulator_request *request, struct text path)
{
    const char *folder = request->simulator->options.serve_folder;
    struct arena *arena = &request->arena;
    struct text bytes;
    struct stat status;
    const char *name = folder && safe(path) ? file_path(arena, folder, text_string(arena, path)) : NULL;
    if (!name || stat(name, &status) != 0 || file_read(arena, name, FILE_MAX, &bytes, NULL) != STATUS_OK) {
        simulator_answer_problem(request, 404, NULL, "There is no file " TEXT_PRINT " to serve.",
                                 TEXT_ARG(path));
        return;
    }
    struct digest digest = crypto_sha256(bytes);
    char hex[DIGEST_HEX], date[40];
    digest_hex(&digest, hex);
    struct text tag = text_format(arena, "\"%.32s\"", hex);
    struct tm parts;
    gmtime_r(&status.st_mtime, &parts);
    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", &parts);
    bool same = unchanged(request, tag, status.st_mtime);
    struct buffer *body = simulator_answer_start(request, same ? 304 : 200, same ? NULL : type_of(path));
    simulator_answer_header(request, "ETag", tag);
    simulator_answer_header(request, "Last-Modified", text_of(date));
    if (!same)
        buffer_text(body, bytes);
}

/* From the query or, asked with POST, from the body. */
static bool asked_number(struct simulator_request *request, const char *name, int64_t least, int64_t most,
                         int64_t otherwise, int64_t *number)
{
    const struct value *body = request->body.length > 0 ? simulator_request_json(request, NULL) : NULL;
    struct text text = body ? value_text_of(body, name) : TEXT_NONE;
    if (!text.bytes)
        return simulator_request_number(request, name, least, most, otherwise, number);
    *number = strtoll(text_string(&request->arena, text), NULL, 10);
    return *number >= least && *number <= most;
}

/* next is a link of the same kind as the question: by page, by offset or by cursor. */
static void write_next(struct simulator_request *request, struct buffer *body, const char *kind, int64_t next,
                       int64_t size)
{
    struct text host = simulator_request_header(request, "Host");
    const char *scheme = request->simulator->options.tls_certificate ? "https" : "http";
    bool absolute = text_is(simulator_request_parameter(request, "absolute"), "1");
    buffer_string(body, ",\"next\":\"");
    if (absolute)
        buffer_printf(body, "%s://%.*s", scheme, (int)host.length, host.bytes ? host.bytes : "");
    buffer_text(body, request->path);
    buffer_printf(body, "?%s=%lld&size=%lld%s\"", kind, (long long)next, (long long)size,
                  absolute ? "&absolute=1" : "");
    if (strcmp(kind, "cursor") == 0)
        buffer_printf(body, ",\"cursor\":\"%lld\"", (long long)next);
}

static void answer_pages(struct simulator_request *request, struct text path)
{
    (void)path;
    const struct value *list = request->simulator->pages;
    int64_t size = 0, page = 0, offset = 0, cursor = 0, most = INT32_MAX;
    if (!list) {
        simulator_answer_problem(request, 404, NULL, "The simulator was started without --pages.");
        return;
    }
    if (!asked_number(request, "size", 1, PAGE_MAX, 100, &size) ||
        !asked_number(request, "page", 0, most, 0, &page) ||
        !asked_number(request, "offset", 0, most, -1, &offset) ||
        !asked_number(request, "cursor", 0, most, -1, &cursor)) {
        simulator_answer_problem(request, 400, NULL,
                                 "page, offset, cursor and size are numbers; size is at most %d.", PAGE_MAX);
        return;
    }
    const char *kind = offset >= 0 ? "offset" : cursor >= 0 ? "cursor" : "page";
    page = page > 0 ? page : 1;
    int64_t from = offset >= 0 ? offset : cursor >= 0 ? cursor : (page - 1) * size, at = 0;
    int64_t count = (int64_t)list->count;
    bool plain = text_is(simulator_request_parameter(request, "plain"), "1");
    struct buffer *body = simulator_answer_json(request, 200);
    buffer_string(body, plain ? "[" : "{\"items\":[");
    for (const struct value *item = list->first; item; item = item->next, at++) {
        if (at < from || at >= from + size)
            continue;
        buffer_string(body, at == from ? "\n" : ",\n");
        simulator_json_write(body, item);
    }
    buffer_char(body, ']');
    if (plain)
        return;
    buffer_printf(body, ",\"total\":%lld", (long long)count);
    if (from + size < count)
        write_next(request, body, kind, strcmp(kind, "page") == 0 ? page + 1 : from + size, size);
    buffer_char(body, '}');
}

static void answer_loop(struct simulator_request *request, struct text path)
{
    (void)path;
    struct buffer *body = simulator_answer_json(request, 200);
    buffer_printf(body, "{\"items\":[{\"ma_thu_tuc\":\"1.900001\"}],\"next\":\"%.*s\",\"cursor\":\"1\"}",
                  (int)request->path.length, request->path.bytes);
}

static void answer_endless(struct simulator_request *request, struct text path)
{
    (void)path;
    int64_t page = 1;
    simulator_request_number(request, "page", 1, INT32_MAX, 1, &page);
    struct buffer *body = simulator_answer_json(request, 200);
    buffer_printf(
        body, "{\"items\":[{\"ma_thu_tuc\":\"1.%06lld\"}],\"next\":\"%.*s?page=%lld\",\"cursor\":\"%lld\"}",
        (long long)(page % 1000000), (int)request->path.length, request->path.bytes, (long long)page + 1,
        (long long)page + 1);
}

static void answer_redirect(struct simulator_request *request, struct text path)
{
    (void)path;
    int64_t status = 302;
    struct text to = simulator_request_parameter(request, "to");
    if (!to.length || !simulator_request_number(request, "status", 300, 399, 302, &status)) {
        simulator_answer_problem(request, 400, NULL, "to (a URL) is required; status is from 300 to 399.");
        return;
    }
    simulator_answer_json(request, (int)status);
    simulator_answer_header(request, "Location", to);
}

static void answer_large(struct simulator_request *request, struct text path)
{
    (void)path;
    int64_t bytes = 0;
    if (!simulator_request_number(request, "bytes", 15, LARGE, LARGE, &bytes)) {
        simulator_answer_problem(request, 400, NULL, "bytes is a number from 15 to %d.", LARGE);
        return;
    }
    struct buffer *body = simulator_answer_json(request, 200);
    buffer_string(body, "[{\"filler\":\"");
    size_t filler = (size_t)bytes - 15;
    memset(buffer_room(body, filler + 1), 'x', filler);
    body->length += filler;
    buffer_string(body, "\"}]");
}
