/* A web server for the tests of url sources: what each path answers is decided by the test's own function. */
#ifndef TESTS_EXTRACT_WEB_H
#define TESTS_EXTRACT_WEB_H

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/extract/nightly.h"

struct web_request {
    struct MHD_Connection *connection;
    const char *path, *method, *body;
};

struct web_answer {
    unsigned status; /* 0: 200 */
    struct buffer body;
    const char *names[4], *values[4]; /* headers, NULL ends */
};

static struct MHD_Daemon *web;
static unsigned web_port;
static int web_requests;      /* since web_begin */
static struct buffer web_log; /* "GET /path?query body\n" */
static void (*web_answers)(const struct web_request *request, struct web_answer *answer);

static inline const char *web_parameter(const struct web_request *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection, MHD_GET_ARGUMENT_KIND, name);
}

static inline const char *web_header(const struct web_request *request, const char *name)
{
    const char *value = MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
    return value ? value : "";
}

static inline int web_number(const struct web_request *request, const char *name, int otherwise)
{
    const char *value = web_parameter(request, name);
    return value ? atoi(value) : otherwise;
}

static inline void web_set(struct web_answer *answer, const char *name, const char *value)
{
    size_t at = 0;
    while (answer->names[at])
        at++;
    answer->names[at] = name;
    answer->values[at] = value;
}

/* {"items":[{"ma":FROM},…],…} without its end. */
static inline void web_items(struct web_answer *answer, int from, int to)
{
    buffer_string(&answer->body, "{\"items\":[");
    for (int i = from; i < to; i++)
        buffer_printf(&answer->body, "%s{\"ma\":%d}", i > from ? "," : "", i);
    buffer_string(&answer->body, "]");
}

static inline enum MHD_Result web_log_argument(void *user_data, enum MHD_ValueKind kind, const char *name,
                                               const char *value)
{
    (void)kind;
    buffer_printf(user_data, " %s=%s", name, value ? value : "");
    return MHD_YES;
}

static inline enum MHD_Result web_handle(void *user_data, struct MHD_Connection *connection, const char *url,
                                         const char *method, const char *version, const char *upload,
                                         size_t *upload_size, void **context)
{
    struct buffer *body = *context;
    (void)user_data, (void)version;
    if (!body) {
        *context = calloc(1, sizeof *body);
        return *context ? MHD_YES : MHD_NO;
    }
    if (*upload_size) {
        buffer_put(body, upload, *upload_size);
        *upload_size = 0;
        return MHD_YES;
    }
    struct web_request request = { connection, url, method, body->bytes ? body->bytes : "" };
    struct web_answer answer = { .status = 200 };
    web_requests++;
    buffer_printf(&web_log, "%s %s", method, url);
    MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, web_log_argument, &web_log);
    buffer_printf(&web_log, " %s\n", request.body);
    web_answers(&request, &answer);
    struct MHD_Response *response =
        MHD_create_response_from_buffer(answer.body.length, answer.body.bytes, MHD_RESPMEM_MUST_COPY);
    for (int i = 0; i < 4 && answer.names[i]; i++)
        MHD_add_response_header(response, answer.names[i], answer.values[i]);
    enum MHD_Result queued = MHD_queue_response(connection, answer.status, response);
    MHD_destroy_response(response);
    buffer_free(&answer.body);
    buffer_free(body);
    free(body);
    *context = NULL;
    return queued;
}

/* The folder of this test; the server answers with the function. */
static inline const char *web_begin(void (*answers)(const struct web_request *, struct web_answer *))
{
    const char *folder = begin_nights();
    web_answers = answers;
    web_requests = 0;
    buffer_clear(&web_log);
    if (!web) {
        web = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD, 0, NULL, NULL, web_handle, NULL,
                               MHD_OPTION_END);
        if (!web)
            exit(2);
        web_port = MHD_get_daemon_info(web, MHD_DAEMON_INFO_BIND_PORT)->port;
    }
    return folder;
}

static inline const char *web_logged(void)
{
    return web_log.bytes ? web_log.bytes : "";
}

/* A source of JSON: `fetch` behind the URL of a path, `more` behind the key. */
static inline const char *web_source(const char *path, const char *fetch, const char *more)
{
    return text_format(&test_arena,
                       "- { name: s, fetch: { url: 'http://127.0.0.1:%u%s'%s }, format: json, key: /ma, map: "
                       "{}%s }\n",
                       web_port, path, fetch, more)
        .bytes;
}

#endif
