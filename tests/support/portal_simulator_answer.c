#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/json.h"
#include "core/canonical.h"
#include "core/clock.h"
#include "tests/support/portal_simulator.h"
#include "tests/support/portal_simulator_change.h"

void simulator_answer_header(struct simulator_request *request, const char *name, struct text value)
{
    struct simulator_answer *answer = &request->answer;
    if (answer->header_count < SIMULATOR_HEADERS_MAX)
        answer->headers[answer->header_count++] =
            (struct simulator_header){ name, text_string(&request->arena, value) };
}

struct buffer *simulator_answer_start(struct simulator_request *request, int status, const char *content_type)
{
    struct simulator_answer *answer = &request->answer;
    answer->status = status;
    answer->content_type = content_type;
    answer->header_count = 0;
    buffer_clear(&answer->body);
    return &answer->body;
}

struct buffer *simulator_answer_json(struct simulator_request *request, int status)
{
    return simulator_answer_start(request, status, "application/json");
}

void simulator_answer_problem(struct simulator_request *request, int status, const char *type,
                              const char *format, ...)
{
    char detail[800];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(detail, sizeof detail, format, arguments);
    va_end(arguments);
    struct buffer *body = simulator_answer_start(request, status, "application/problem+json");
    simulator_problem_write(body, status, type, detail, TEXT_NONE);
}

const char *simulator_status_title(int status)
{
    static const struct {
        int status;
        const char *title;
    } titles[] = {
        { 200, "OK" },
        { 201, "Created" },
        { 304, "Not Modified" },
        { 400, "Bad Request" },
        { 401, "Unauthorized" },
        { 403, "Forbidden" },
        { 404, "Not Found" },
        { 405, "Method Not Allowed" },
        { 408, "Request Timeout" },
        { 409, "Conflict" },
        { 412, "Precondition Failed" },
        { 413, "Content Too Large" },
        { 415, "Unsupported Media Type" },
        { 422, "Unprocessable Content" },
        { 425, "Too Early" },
        { 429, "Too Many Requests" },
        { 500, "Internal Server Error" },
        { 502, "Bad Gateway" },
        { 503, "Service Unavailable" },
        { 504, "Gateway Timeout" },
    };
    for (size_t at = 0; at < sizeof titles / sizeof titles[0]; at++) {
        if (titles[at].status == status)
            return titles[at].title;
    }
    return "Error";
}

static void write_children(struct buffer *out, const struct value *value)
{
    for (const struct value *child = value->first; child; child = child->next) {
        if (child != value->first)
            buffer_char(out, ',');
        if (value->kind == VALUE_OBJECT) {
            canonical_text(out, child->name);
            buffer_char(out, ':');
        }
        simulator_json_write(out, child);
    }
}

void simulator_json_write(struct buffer *out, const struct value *value)
{
    switch (value->kind) {
    case VALUE_NULL:
        buffer_string(out, "null");
        break;
    case VALUE_BOOLEAN:
        buffer_string(out, value->truth ? "true" : "false");
        break;
    case VALUE_NUMBER:
        buffer_text(out, value->text);
        break;
    case VALUE_TEXT:
        canonical_text(out, value->text);
        break;
    case VALUE_LIST:
        buffer_char(out, '[');
        write_children(out, value);
        buffer_char(out, ']');
        break;
    case VALUE_OBJECT:
        buffer_char(out, '{');
        write_children(out, value);
        buffer_char(out, '}');
        break;
    }
}

void simulator_json_string(struct buffer *out, const char *name, struct text value)
{
    buffer_char(out, '"');
    buffer_string(out, name);
    buffer_string(out, "\":");
    canonical_text(out, value);
}

const struct value *simulator_request_json(struct simulator_request *request, struct error *error)
{
    if (!request->json) {
        struct value *parsed = NULL;
        if (json_parse(&request->arena, buffer_view(&request->body), &parsed, error) == STATUS_OK)
            request->json = parsed;
    }
    return request->json;
}

bool simulator_request_number(const struct simulator_request *request, const char *name, int64_t least,
                              int64_t most, int64_t otherwise, int64_t *number)
{
    *number = otherwise;
    struct text value = simulator_request_parameter(request, name);
    if (!value.bytes)
        return true;
    char *end = NULL;
    long long parsed = strtoll(value.bytes, &end, 10);
    if (value.length == 0 || end != value.bytes + value.length || parsed < least || parsed > most)
        return false;
    *number = parsed;
    return true;
}

void simulator_request_code(struct simulator_request *request, struct text code)
{
    /* Grown by doubling: a batch has hundreds. */
    size_t count = request->code_count;
    if ((count & (count - 1)) == 0) {
        struct text *grown = arena_array(&request->arena, struct text, count ? count * 2 : 1);
        if (count)
            memcpy(grown, request->codes, count * sizeof *grown);
        request->codes = grown;
    }
    request->codes[request->code_count++] = text_copy(&request->arena, code);
}

struct text simulator_now(struct arena *arena)
{
    char *text = arena_alloc(arena, CLOCK_TEXT);
    clock_format(clock_system()->now(clock_system()), text);
    return text_of(text);
}
